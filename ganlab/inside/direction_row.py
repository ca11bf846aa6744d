"""One direction: its name, its share of the variance, how far the picture is pushed along it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls.label import Label
from ganlab.controls.slider import ValueSlider
from ganlab.controls.stops import Stops
from ganlab.controls.value_field import ValueField
from ganlab.style import COLOUR
from ganlab_core.inspection.directions import Direction

REACH = 5.0
"""How far the sliders go, in standard deviations; Recipes may go further."""


class NameField(ValueField):
    """A name that can be typed over: with a click, or with Enter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setTextMargins(0, 1, 0, 0)
        self.setMaxLength(60)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter begins to type where nothing is typed yet."""
        if self.isReadOnly() and event.key() in (
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
            Qt.Key.Key_F2,
        ):
            self.begin()
        else:
            super().keyPressEvent(event)


class DirectionRow(QWidget):
    """A slider with a name that can be changed; its reach is offered while it is at hand.

    Signals
    -------
    moved(float), renamed(str), reached(int, int), taken()
        Standard deviations; a name; the first and last stop; the row is at hand now.
    """

    moved = Signal(float)
    renamed = Signal(str)
    reached = Signal(int, int)
    taken = Signal()
    drag_started = Signal()
    drag_finished = Signal()

    def __init__(self, direction: Direction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = ValueSlider(
            direction.name, -REACH, REACH, 0.0, 0.25, 2, COLOUR.STYLE,
            "How far the style is pushed along this direction, in standard deviations"
            " (GANSpace, Haerkoenen et al. 2020; SeFa, Shen & Zhou 2021).",
            origin=0.0,
        )  # fmt: skip
        self.name = NameField()
        self.share = Label()
        self.stops = Stops(
            "Acts on", COLOUR.STYLE,
            "The resolutions this direction acts on: coarse ones change shape, fine ones colour and"
            " texture (GANSpace, Haerkoenen et al. 2020, sec. 3).",
        )  # fmt: skip
        self._build()
        self.slider.edited.connect(self.moved)
        self.slider.drag_started.connect(self.drag_started)
        self.slider.drag_started.connect(self.taken)
        self.slider.drag_finished.connect(self.drag_finished)
        self.name.committed.connect(self._on_name)
        self.name.left.connect(self.slider.track.setFocus)
        self.stops.edited.connect(self.reached)
        self.show_direction(direction)

    def _build(self) -> None:
        self.share.setFont(style.font("small"))
        style.set_tone(self.share, "muted")
        style.set_tip(self.share, "Its share of the whole variance that was found.")
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.name, 1)
        row.addWidget(self.share)
        head.setFocusProxy(self.name)
        self.slider.lead_with(head)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.slider)
        column.addWidget(self.stops)
        QWidget.setTabOrder(self.name, self.slider.track)
        QWidget.setTabOrder(self.slider.track, self.stops)
        self.stops.hide()

    def show_direction(self, direction: Direction) -> None:
        """Show name and share."""
        name = direction.name or "a direction"
        self.name.show_text(name)
        self.name.setAccessibleName(f"Name of {name}")
        style.set_tip(self.name, f"{name}: press Enter or click to call it otherwise.")
        self.slider.track.setAccessibleName(name)
        self.stops.setAccessibleName(f"{name} acts on")
        self.share.setText(f"{100 * direction.share:.1f} %" if direction.share else "")

    def show_push(self, amount: float, first: int, last: int) -> None:
        """Show how far it is pushed, and on which stops."""
        self.slider.set_value(amount)
        self.slider.set_muted(amount == 0.0)
        self.stops.set_value(first, last)

    def set_at_hand(self, at_hand: bool, *, several: bool) -> None:
        """Offer the reach while this is the row at hand, where there are several stops."""
        self.stops.setVisible(at_hand and several)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The row itself takes no focus."""
        super().focusInEvent(event)
        self.taken.emit()

    def _on_name(self, text: str) -> None:
        if text.strip():
            self.renamed.emit(text.strip())
