"""The class mixer: which classes, how much of each, and others to choose from."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls.icon_button import IconButton
from ganlab.controls.label import Label
from ganlab.panels import mixing
from ganlab.panels.class_picker import ClassPicker
from ganlab.panels.class_row import PAPER, ClassRow
from ganlab_core.class_names import class_name
from ganlab_core.recipe import Classes

MOST_ROWS = 24
"""Rows drawn; a mix of more classes (a soft label) shows its largest weights."""


class ClassMixer(QWidget):
    """Rows of classes with their weights; `edited` carries the class mix a person wants.

    The weights are shown as they are; the line below says what they sum to.
    """

    edited = Signal(object)
    drag_started = Signal()
    drag_finished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._mix: Classes = mixing.FIRST
        self._replacing: int | None = None
        self._picker: ClassPicker | None = None
        self.rows: dict[int, ClassRow] = {}
        self.add = QPushButton("Mix in…")
        self.add.setAccessibleName("Mix in a class")
        style.set_tip(self.add, f"Find a class and mix it in, or show it alone {PAPER}.")
        self.dice = IconButton(
            "dice",
            "Random class",
            f"Show one class, thrown by the dice {PAPER}.",
            side=28,
            framed=True,
        )
        self.total = Label()
        self.even = QPushButton("make 1")
        self.even.setAccessibleName("Make the weights sum to 1")
        style.set_tip(self.even, "Divide all weights by their sum, so that they sum to 1.")
        self._build()
        self._connect()

    def _build(self) -> None:
        self.total.setFont(style.font("small"))
        style.set_tone(self.total, "muted")
        style.set_tip(self.total, f"The weights go into the network as they are {PAPER}.")
        self.even.setProperty("quiet", "true")
        self.even.setFont(style.font("small"))
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        below = QHBoxLayout()
        below.setSpacing(4)
        below.addWidget(self.total, 1)
        below.addWidget(self.even)
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        self.add.setFixedHeight(28)
        self.add.setProperty("raised", "true")
        for button in (self.add, self.even):
            button.setAutoDefault(False)
        buttons.addWidget(self.add, 1)
        buttons.addWidget(self.dice)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._list)
        column.addLayout(below)
        column.addLayout(buttons)

    def _connect(self) -> None:
        self.add.clicked.connect(self._on_add)
        self.dice.clicked.connect(self._on_dice)
        self.even.clicked.connect(self._on_even)

    def set_names(self, names: Sequence[str]) -> None:
        """Offer the classes of a model; rows are named anew when next shown."""
        if self._names != tuple(names):
            self._clear_rows()
        self._names = tuple(names)
        if self._picker is not None:
            self._picker.close()
            self._picker.deleteLater()
            self._picker = None

    @property
    def picker(self) -> ClassPicker:
        """The list of all classes, made when it is first asked for."""
        if self._picker is None:
            self._picker = ClassPicker(self._names, self)
            self._picker.chosen.connect(self._on_chosen)
            self._picker.chosen_alone.connect(self._on_chosen_alone)
        return self._picker

    def show_mix(self, classes: Classes, *, muted: bool = False) -> None:
        """Show a mix, an empty one as the first class; `muted` where it follows another; emits nothing."""
        known = tuple(pair for pair in classes if pair[0] < len(self._names))
        self._mix = known or mixing.FIRST
        largest = sorted(self._mix, key=lambda pair: -abs(pair[1]))[:MOST_ROWS]
        self._show_rows(sorted(index for index, _ in largest))
        for index, row in self.rows.items():
            row.show_weight(dict(self._mix)[index], implied=not known, muted=muted)
        self._show_total(implied=not known)

    def _show_rows(self, wanted: list[int]) -> None:
        """Rebuild the rows only when other classes are mixed, so that a drag keeps its slider."""
        if wanted == list(self.rows):
            return
        self._clear_rows()
        self.rows = {index: ClassRow(index, class_name(index, self._names)) for index in wanted}
        for row in self.rows.values():
            self._list.addWidget(row)
            row.name_pressed.connect(self._on_name)
            row.weighed.connect(self._on_weight)
            row.removed.connect(self._on_removed)
            row.drag_started.connect(self.drag_started)
            row.drag_finished.connect(self.drag_finished)
        self._order_tabs()

    def _clear_rows(self) -> None:
        for row in self.rows.values():
            row.hide()
            row.deleteLater()
        self.rows = {}

    def _order_tabs(self) -> None:
        """Rows made later come before the buttons below them."""
        last = list(self.rows.values())[-1].remove
        for before, after in pairwise((last, self.even, self.add, self.dice)):
            QWidget.setTabOrder(before, after)

    def _show_total(self, *, implied: bool) -> None:
        hidden = len(self._mix) - len(self.rows)
        total = sum(weight for _, weight in self._mix)
        words = f"weights as they are, sum {total:.2f}"
        if implied:
            words = "the first class, until you choose"
        elif hidden:
            words = f"and {hidden} more, sum {total:.2f}"
        self.total.setText(words)
        self.even.setVisible(not implied and abs(total - 1.0) >= 0.005)

    # --- propose -------------------------------------------------------------------------------------

    def _on_name(self, index: int) -> None:
        self._replacing = index
        self.picker.open_below(self.rows[index], "Put here")

    def _on_add(self) -> None:
        self._replacing = None
        self.picker.open_below(self.add, "Mix in")

    def _on_chosen(self, index: int) -> None:
        old = self._replacing
        if old is None or old not in dict(self._mix):
            self.edited.emit(mixing.added(self._mix, index))
        elif index not in dict(self._mix):
            self.edited.emit(mixing.replaced(self._mix, old, index))

    def _on_chosen_alone(self, index: int) -> None:
        self.edited.emit(((index, 1.0),))

    def _on_weight(self, index: int, weight: float) -> None:
        self.edited.emit(mixing.with_weight(self._mix, index, weight))

    def _on_removed(self, index: int) -> None:
        self.edited.emit(mixing.without(self._mix, index))

    def _on_dice(self) -> None:
        self.edited.emit(((secrets.randbelow(max(1, len(self._names))), 1.0),))

    def _on_even(self) -> None:
        self.edited.emit(mixing.evened(self._mix))
