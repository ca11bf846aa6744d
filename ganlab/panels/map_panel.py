"""The map of the latent space, with its buttons and how far it has filled in."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls.label import Label
from ganlab.controls.word_button import WordButton
from ganlab.panels.latent_map import MapView
from ganlab.panels.sections import NO_MODEL, section_title


class MapPanel(QFrame):
    """The map with its two buttons and how far it has filled in.

    `laid` asks for a map through the picture on the desk, with True in other directions; `shown` tells
    that the panel came into view or went.
    """

    laid = Signal(bool)
    shown = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Map")
        self.view = MapView()
        self.here = WordButton(
            "Lay it here", "Lay the map through the picture on the desk, in the middle."
        )
        self.turn = WordButton(
            "Other directions", "Lay the map here in two other directions, which the dice choose."
        )
        self._state = Label()
        self._state.setFont(style.font("small"))
        style.set_tone(self._state, "muted")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(
            section_title("MAP", "A closed surface through the latent space, without an edge.")
        )
        row.addWidget(self._state, 1)
        row.addWidget(self.here)
        row.addWidget(self.turn)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.view, 1)
        self.here.clicked.connect(lambda: self.laid.emit(False))
        self.turn.clicked.connect(lambda: self.laid.emit(True))
        self.set_available(NO_MODEL)

    def set_available(self, reason: str = "") -> None:
        """Grey the buttons out and say why; without a reason they work again."""
        for button in (self.here, self.turn):
            button.set_available(reason)

    def show_progress(self, known: int, total: int) -> None:
        """Tell how many of the pictures are there."""
        self._state.setText(f"{known} of {total}" if known < total else f"{total} pictures")

    def showEvent(self, event: object) -> None:
        """Tell that there is something to fill in for."""
        self.shown.emit(True)

    def hideEvent(self, event: object) -> None:
        """Tell that nobody looks."""
        self.shown.emit(False)
