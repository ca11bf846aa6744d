"""What a horizontal slider and a vertical bar share: one number moved by hand, key or wheel."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QWidget

from ganlab.controls.span import Span

FINE = 0.1
"""How much slower everything moves while Shift is held."""

_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


def by_keyboard(event: QFocusEvent) -> bool:
    """Whether the focus came from the keyboard, so that a ring should show where it is."""
    return event.reason() in _KEYBOARD


class RangeControl(QAbstractSlider):
    """One number between two ends; only a person's hand emits `edited`.

    It is a `QAbstractSlider` so that screen readers know it as a slider; the integer inside counts
    grains of the span and is theirs alone.
    """

    edited = Signal(float)
    drag_started = Signal()
    drag_finished = Signal()
    default_asked = Signal()
    typed = Signal(str)

    def __init__(self, span: Span, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.colour = colour
        self.number = span.low
        self.muted = False
        self.ring = False
        self._dragging = False
        self._anchor = (0.0, 0.0)
        self._fine = False
        self._turned = 0
        self.set_span(span)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.valueChanged.connect(self._on_accessible_value)

    def set_span(self, span: Span) -> None:
        """Offer another range; the number shown stays, also when it lies beyond."""
        self.span = span
        with QSignalBlocker(self):
            self.setRange(0, max(1, round((span.high - span.low) / span.grain)))
            self.setValue(round(span.share(self.number) * self.maximum()))
        self.update()

    def show_number(self, number: float) -> None:
        """Show a number, also one beyond the ends; emits nothing."""
        if number == self.number:
            return
        self.number = number
        with QSignalBlocker(self):
            self.setValue(round(self.span.share(number) * self.maximum()))
        self.update()

    def set_muted(self, muted: bool) -> None:
        """Draw in grey what follows another setting; it stays editable."""
        if muted != self.muted:
            self.muted = muted
            self.update()

    def propose(self, number: float) -> None:
        """Show a person's choice and tell it, when it is another one."""
        if number != self.number:
            self.show_number(number)
            self.edited.emit(number)

    # --- what a subclass says ----------------------------------------------------------------------

    def share_at(self, point: QPointF) -> float:
        """Where a point of the widget lies between the ends; beyond them it is < 0 or > 1."""
        raise NotImplementedError

    def grabs(self, point: QPointF) -> bool:
        """Whether a point lies on the handle, so that pressing there moves nothing yet."""
        raise NotImplementedError

    # --- hand ----------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the handle, or bring it here."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._dragging = True
        self.drag_started.emit()
        at = self.share_at(event.position())
        grabbed = self.grabs(event.position())
        self._fine = _is_fine(event)
        self._anchor = (at, self.span.share(self.number) if grabbed else at)
        if not grabbed:
            self.propose(self.span.at(at))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand, ten times slower with Shift."""
        if not self._dragging:
            event.ignore()
            return
        at = self.share_at(event.position())
        if _is_fine(event) != self._fine:
            self._fine = not self._fine
            self._anchor = (at, self.span.share(self.number))
        pressed_at, share = self._anchor
        self.propose(self.span.at(share + (at - pressed_at) * (FINE if self._fine else 1.0)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._finish()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask for the default."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.default_asked.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """Let go of what can no longer be seen."""
        self._finish()
        super().hideEvent(event)

    def _finish(self) -> None:
        if self._dragging:
            self._dragging = False
            self.drag_finished.emit()
            self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turn the value, but only with the focus, so that scrolling past changes nothing."""
        if not self.hasFocus() or event.angleDelta().y() == 0:
            event.ignore()
            return
        self._turned += event.angleDelta().y()
        notches, self._turned = divmod(self._turned, 120)
        if notches:
            self.propose(self.span.moved(self.number, notches * self._stride(event.modifiers())))
        event.accept()

    # --- keys ----------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, reset or begin to type; other keys are left to the window."""
        commanded = event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        )
        if commanded or not (self._moved_by(event) or self._asked_by(event)):
            event.ignore()

    def _moved_by(self, event: QKeyEvent) -> bool:
        """Move as the key says; False when it says nothing about moving."""
        stride = self._stride(event.modifiers())
        steps: dict[int, float] = {
            Qt.Key.Key_Left: -stride,
            Qt.Key.Key_Down: -stride,
            Qt.Key.Key_Right: stride,
            Qt.Key.Key_Up: stride,
            Qt.Key.Key_PageDown: -10 * self.span.step,
            Qt.Key.Key_PageUp: 10 * self.span.step,
        }
        ends: dict[int, float] = {Qt.Key.Key_Home: self.span.low, Qt.Key.Key_End: self.span.high}
        key = event.key()
        if key in steps:
            self.propose(self.span.moved(self.number, steps[key]))
        elif key in ends:
            self.propose(ends[key])
        return key in steps or key in ends

    def _asked_by(self, event: QKeyEvent) -> bool:
        """Ask for the default, or for typing a number; False when the key means neither."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.default_asked.emit()
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.typed.emit("")
            return True
        if event.text() and event.text() in "0123456789-.,":
            self.typed.emit(event.text())
            return True
        return False

    def _stride(self, modifiers: Qt.KeyboardModifier) -> float:
        fine = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        return max(self.span.grain, self.span.step * FINE) if fine else self.span.step

    # --- focus and screen readers --------------------------------------------------------------------

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring when the keyboard brought the focus."""
        self.ring = by_keyboard(event)
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the ring, and forget a half-turned wheel."""
        self.ring = False
        self._turned = 0
        super().focusOutEvent(event)
        self.update()

    def _on_accessible_value(self, grains: int) -> None:
        self.propose(self.span.at(grains / self.maximum()))


def _is_fine(event: QMouseEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
