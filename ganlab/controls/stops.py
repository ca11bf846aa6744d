"""A range of neighbouring stops, such as resolutions: from which one to which one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganlab import style
from ganlab.controls.range_control import by_keyboard
from ganlab.style import COLOUR, DISABLED, FOCUS, RADIUS, lit


class Stops(QWidget):
    """Chips in a row, of which a stretch is chosen.

    A click chooses one, dragging a stretch, a double click all. Left and Right move the last one
    chosen, with Shift the first one; Delete chooses all.

    Signals
    -------
    edited(int, int)
        The first and the last place that a person chose, counted from 0.
    """

    edited = Signal(int, int)

    def __init__(self, name: str, colour: str, tooltip: str) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ("4",)
        self._colour = colour
        self._first = self._last = 0
        self._pressed: int | None = None
        self._ring = False
        self._title = name
        self.setFont(style.font("small"))
        self.setAccessibleName(name)
        style.set_tip(self, tooltip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def value(self) -> tuple[int, int]:
        """The first and the last place shown as chosen."""
        return self._first, self._last

    def set_names(self, names: Sequence[str]) -> None:
        """Offer these stops; all are chosen."""
        if tuple(names) != self._names:
            self._names = tuple(names) or ("",)
            self.set_value(0, len(self._names) - 1)

    def set_value(self, first: int, last: int) -> None:
        """Show a stretch; emits nothing."""
        most = len(self._names) - 1
        self._first = min(max(first, 0), most)
        self._last = min(max(last, self._first), most)
        said = f"{self._names[self._first]} to {self._names[self._last]}"
        self.setAccessibleDescription(said)
        self.update()

    def sizeHint(self) -> QSize:
        """A row of chips."""
        return QSize(28 * len(self._names), 20)

    def minimumSizeHint(self) -> QSize:
        """Narrow chips."""
        return QSize(14 * len(self._names), 20)

    def chip(self, place: int) -> QRectF:
        """Where one stop stands."""
        wide = self.width() / len(self._names)
        return QRectF(place * wide, 0, wide, self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the groove, the stretch, the names and the ring."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLOUR.GROUND))
            painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
            stretch = self.chip(self._first).united(self.chip(self._last))
            painter.setBrush(QColor(lit(self._colour) if self.isEnabled() else COLOUR.LINE))
            painter.drawRoundedRect(stretch, RADIUS, RADIUS)
            for place, name in enumerate(self._names):
                inside = self._first <= place <= self._last
                ink = COLOUR.TEXT if inside else COLOUR.MUTED
                painter.setPen(QColor(ink if self.isEnabled() else DISABLED))
                painter.drawText(self.chip(place), Qt.AlignmentFlag.AlignCenter, name)
            if self._ring and self.hasFocus():
                painter.setPen(QPen(QColor(FOCUS), 1.0))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
                painter.drawRoundedRect(edge, RADIUS, RADIUS)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stretch."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._place(event)
            self.set_value(self._pressed, self._pressed)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw the stretch to the pointer."""
        if self._pressed is not None:
            place = self._place(event)
            self.set_value(min(self._pressed, place), max(self._pressed, place))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Tell what was chosen."""
        if self._pressed is not None:
            self._pressed = None
            self.edited.emit(self._first, self._last)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Choose all."""
        self._propose(0, len(self._names) - 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right move the last one, with Shift the first; Delete chooses all."""
        steps: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._propose(0, len(self._names) - 1)
        elif event.key() not in steps:
            event.ignore()
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._propose(min(self._first + steps[event.key()], self._last), self._last)
        else:
            self._propose(self._first, max(self._last + steps[event.key()], self._first))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring when the keyboard brought the focus."""
        self._ring = by_keyboard(event)
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:
        """Hide the ring."""
        self._ring = False
        self.update()

    def _place(self, event: QMouseEvent) -> int:
        share = event.position().x() / max(1, self.width())
        return min(len(self._names) - 1, max(0, int(share * len(self._names))))

    def _propose(self, first: int, last: int) -> None:
        before = self.value
        self.set_value(first, last)
        if self.value != before:
            self.edited.emit(*self.value)
