"""Many small pictures with words below, as many beside each other as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from ganlab.inside.pictures import PictureBox
from ganlab.style import STEP

LEAST = 20 * STEP
"""The least width of one picture, in device-independent pixels."""


class PictureGrid(QWidget):
    """Pictures that can be pressed.

    Signals
    -------
    pressed(int)
        The place of the picture, counted from 0.
    """

    pressed = Signal(int)

    def __init__(self, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tooltip = tooltip
        self.boxes: list[PictureBox] = []
        self._across = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2 * STEP)

    def set_names(self, names: Sequence[str]) -> None:
        """Have one picture for each of these, by its accessible name."""
        while len(self.boxes) > len(names):
            box = self.boxes.pop()
            self._grid.removeWidget(box)
            box.hide()
            box.deleteLater()
        while len(self.boxes) < len(names):
            box = PictureBox("", self._tooltip, pressable=True, most=160)
            box.pressed.connect(partial(self.pressed.emit, len(self.boxes)))
            self.boxes.append(box)
            self._across = 0
        for box, name in zip(self.boxes, names, strict=True):
            box.setAccessibleName(name)
        self._arrange()

    def light(self, place: int, colour: str) -> None:
        """Frame one picture in a colour, -1 for none."""
        for at, box in enumerate(self.boxes):
            box.set_lit(at == place, colour)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put as many beside each other as there is room for."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        across = max(1, (self.width() + 2 * STEP) // (LEAST + 2 * STEP))
        if across == self._across:
            return
        self._across = across
        for place, box in enumerate(self.boxes):
            self._grid.addWidget(box, place // across, place % across)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 1 if column < across else 0)
