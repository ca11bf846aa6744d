"""A slider with its title and its value, which can be typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractSlider,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls.label import Label
from ganlab.style import COLOUR, DISABLED, FOCUS, RADIUS, lit

# The numbers behind a slider: its range, its grid, and how a value is written and read.

_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)")


@dataclass(frozen=True, slots=True)
class Span:
    """What values a slider offers.

    Attributes
    ----------
    low, high
        Both ends; a person cannot leave them, though a value from elsewhere may lie outside.
    step
        One press of an arrow key.
    decimals
        The grid that dragging and typing keep to: 10 ** -decimals.
    """

    low: float
    high: float
    step: float
    decimals: int

    @property
    def grain(self) -> float:
        """The smallest difference a person can make."""
        return float(10.0**-self.decimals)

    def settle(self, value: float) -> float:
        """The nearest value that a person may choose."""
        return float(round(min(self.high, max(self.low, value)), self.decimals))

    def share(self, value: float) -> float:
        """Where a value lies between the ends, 0 to 1; one outside lies at its end."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def at(self, share: float) -> float:
        """The value a person means by a place between the ends."""
        return self.settle(self.low + share * (self.high - self.low))

    def moved(self, value: float, by: float) -> float:
        """`value` moved by `by`; a value already beyond that end stays where it is."""
        target = self.settle(value + by)
        return target if (target - value) * by > 0 else value


@dataclass(frozen=True, slots=True)
class Readout:
    """How a value is written beside its slider, and read back from what a person types there."""

    write: Callable[[float], str]
    read: Callable[[str], float | None]


def plain(decimals: int, suffix: str = "") -> Readout:
    """A decimal number with a unit behind it; a comma is read as a point."""

    def write(value: float) -> str:
        shown = round(value, decimals) + 0.0
        return f"{shown:.{decimals}f}{suffix}"

    return Readout(write, number_in)


def number_in(text: str) -> float | None:
    """The first number in a text, None when there is none."""
    found = _NUMBER.search(text)
    return float(found.group().replace(",", ".")) if found else None


# The way back, which every control of a number has.

RESETS = "Delete or a double click resets it."
"""What the tooltip of a control of a number ends with."""


class Resettable:
    """A control that goes back where it began: by a key, and by Reset in its menu."""

    def ask_default(self) -> None:
        """Take the default, as that key does."""
        raise NotImplementedError


def resets(event: QKeyEvent) -> bool:
    """Whether a key asks for the way back."""
    return event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


# What a horizontal slider and a vertical bar share: one number moved by hand, key or wheel.

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


if TYPE_CHECKING:
    _Focusable = QWidget
else:
    _Focusable = object


class KeyboardRing(_Focusable):
    """Of a widget that paints itself: `_ring` says whether to show where the keyboard's focus is."""

    _ring = False

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring when the keyboard brought the focus."""
        self._ring = by_keyboard(event)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the ring."""
        self._ring = False
        super().focusOutEvent(event)


class RangeControl(QAbstractSlider, Resettable):
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

    def ask_default(self) -> None:
        """Ask for the default, as Delete and a double click do."""
        self.default_asked.emit()

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
            self.ask_default()

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
        if resets(event):
            self.ask_default()
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


# The painted horizontal track of a slider.

_GROOVE = 4.0


class Track(RangeControl):
    """A groove filled up to a round handle; `compact` is lower and has a smaller handle."""

    def __init__(
        self, span: Span, colour: str, *, compact: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(span, colour, parent)
        self.origin: float | None = None
        self._radius = 4.0 if compact else 6.0
        self._height = 12 if compact else 16
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(80, self._height)

    def minimumSizeHint(self) -> QSize:
        """Enough to take hold of."""
        return QSize(40, self._height)

    def share_at(self, point: QPointF) -> float:
        """Where a point lies between the handle's two ends."""
        return (point.x() - self._radius) / max(1.0, self.width() - 2 * self._radius)

    def grabs(self, point: QPointF) -> bool:
        """Whether a point lies on the handle or just beside it."""
        return abs(point.x() - self.handle().x()) <= self._radius + 2

    def handle(self) -> QPointF:
        """The centre of the handle, in the widget's coordinates."""
        return QPointF(self._x_of(self.number), self.height() / 2)

    def _x_of(self, value: float) -> float:
        return self._radius + self.span.share(value) * (self.width() - 2 * self._radius)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the groove, the filled part, the handle and the ring."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            handle = self.handle()
            top = (self.height() - _GROOVE) / 2
            self._bar(painter, COLOUR.LINE, QRectF(0, top, self.width(), _GROOVE))
            if self.isEnabled():
                colour = COLOUR.MUTED if self.muted else self.colour
                begin = 0.0 if self.origin is None else self._x_of(self.origin)
                left, right = sorted((begin, handle.x()))
                self._bar(painter, colour, QRectF(left, top, right - left, _GROOVE))
            self._paint_handle(painter, handle)

    def _bar(self, painter: QPainter, colour: str, rect: QRectF) -> None:
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(rect, _GROOVE / 2, _GROOVE / 2)

    def _paint_handle(self, painter: QPainter, handle: QPointF) -> None:
        quiet = COLOUR.MUTED if self.muted else COLOUR.TEXT
        painter.setBrush(QColor(quiet if self.isEnabled() else DISABLED))
        painter.drawEllipse(handle, self._radius, self._radius)
        if self.ring and self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(FOCUS), 1.0))
            edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(edge, 4, 4)


class ValueField(QLineEdit):
    """Shows a value; Enter or leaving it tells what was typed, Escape forgets it."""

    committed = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setProperty("inline", "true")
        self.setReadOnly(True)
        self.setFont(style.font("small"))
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setTextMargins(0, 1, -4, 0)  # the digits end where the track below ends
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)

    def show_text(self, text: str) -> None:
        """Show a value; what a person is typing stays until they are done."""
        self._text = text
        if self.isReadOnly() and text != self.text():
            self.setText(text)

    def begin(self, typed: str = "") -> None:
        """Let a person type, starting with the key already struck."""
        self.setReadOnly(False)
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        if typed:
            self.setText(typed)
        else:
            self.selectAll()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to type."""
        if not self.isReadOnly():
            super().mousePressEvent(event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self.begin()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes what was typed, Escape forgets it."""
        if event.key() == Qt.Key.Key_Escape and not self.isReadOnly():
            self.setText(self._text)
            self._end()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self.isReadOnly():
            self._commit()
        elif self.isReadOnly():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take what was typed."""
        if not self.isReadOnly():
            self._commit()
        super().focusOutEvent(event)

    def _commit(self) -> None:
        text = self.text()
        self._end()
        if text != self._text:
            self.committed.emit(text)
        self.setText(self._text)

    def _end(self) -> None:
        """Back to showing; the one that owns this field may take the focus."""
        had_focus = self.hasFocus()
        self.setReadOnly(True)
        self.deselect()
        if had_focus:
            self.left.emit()


class ValueSlider(QWidget, Resettable):
    """Title left, value right, a track below.

    Dragging, arrow keys, Page Up/Down, Home, End and, with the focus, the wheel move it; Shift makes
    drag and arrows fine; a double click or Delete asks for the default. `edited` tells a person's
    change and nothing else: `set_value` never emits.

    Parameters
    ----------
    default
        What a double click or Delete gives; None leaves the answer to whoever hears
        `default_asked`.
    step, decimals
        One arrow key, and the grid that dragging and typing keep to.
    readout
        How the value is written and read; by default a plain number with `suffix`.
    origin
        From where the groove is filled; its low end when None.
    """

    edited = Signal(float)
    drag_started = Signal()
    drag_finished = Signal()
    default_asked = Signal()

    def __init__(
        self,
        title: str,
        low: float,
        high: float,
        default: float | None,
        step: float,
        decimals: int,
        colour: str,
        tooltip: str,
        suffix: str = "",
        *,
        readout: Readout | None = None,
        origin: float | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title, self._note = title, ""
        self._default = default
        self._tooltip = tooltip
        self._readout = readout or plain(decimals, suffix)
        self.track = Track(Span(low, high, step, decimals), colour)
        self.track.origin = origin
        self.field = ValueField()
        self._label = Label(title)
        self._build()
        self._connect()
        self._written: float | None = None
        self.set_value(low if default is None else default)

    def _build(self) -> None:
        self._label.setFont(style.font("small"))
        style.set_tone(self._label, "muted")
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_title(self._title)
        self._fit_field()
        self.field.setFixedHeight(self.field.fontMetrics().height() + 2)
        self._top = top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(4)
        top.addWidget(self._label, 1)
        top.addWidget(self.field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.track)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self.track)
        self.set_tooltip(self._tooltip)

    def _fit_field(self) -> None:
        """Make room for the widest value, so that nothing moves while it changes."""
        span = self.track.span
        values = [span.low, span.high, *(span.at(k / 7) for k in range(1, 7))]
        metrics = self.field.fontMetrics()
        widest = max(metrics.horizontalAdvance(self._readout.write(value)) for value in values)
        self.field.setFixedWidth(widest + 12)

    def _connect(self) -> None:
        self.track.edited.connect(self._on_track_edited)
        self.track.drag_started.connect(self.drag_started)
        self.track.drag_finished.connect(self.drag_finished)
        self.track.default_asked.connect(self._on_default_asked)
        self.track.typed.connect(self.field.begin)
        self.field.committed.connect(self._on_committed)
        self.field.left.connect(self._on_left)

    def ask_default(self) -> None:
        """Take the default, as a double click does."""
        self._on_default_asked()

    def type_value(self) -> None:
        """Let a person type the value."""
        self.field.begin()

    @property
    def value(self) -> float:
        """The value shown, which may lie beyond the ends."""
        return self.track.number

    def set_value(self, value: float) -> None:
        """Show a value, also one beyond the ends; emits nothing."""
        if value == self._written == self.track.number:
            return  # as it is for most sliders while one is dragged
        self.track.show_number(value)
        self._write(value)

    def _write(self, value: float) -> None:
        self._written = value
        self.field.show_text(self._readout.write(value))

    def set_span(self, low: float, high: float, readout: Readout | None = None) -> None:
        """Offer another range, and write values in another way; the value shown stays."""
        span = self.track.span
        self._readout = readout or self._readout
        self.track.set_span(Span(low, high, span.step, span.decimals))
        self._fit_field()
        self._write(self.value)

    def set_title(self, title: str) -> None:
        """Call the slider otherwise, to eyes and to screen readers."""
        self._title = title
        self._show_title()
        self.track.setAccessibleName(title)
        self.field.setAccessibleName(f"{title}, value")
        self.setAccessibleName(title)

    def set_default(self, default: float) -> None:
        """What a double click or Delete gives from now on."""
        self._default = default

    def lead_with(self, widget: QWidget) -> None:
        """Put a widget where the title stands; the title stays the slider's accessible name.

        The keyboard comes to it first.
        """
        self._label.hide()
        self._top.insertWidget(0, widget, 1)
        self.setFocusProxy(widget)

    def end_with(self, widget: QWidget) -> None:
        """Put a widget behind the value."""
        self._top.addWidget(widget)

    def set_muted(self, muted: bool, note: str = "") -> None:
        """Draw in grey what follows another setting, with a word that says so; still editable."""
        self.track.set_muted(muted)
        self._note = f" · {note}" if muted and note else ""
        self._show_title()
        style.set_tone(self.field, "muted" if muted else "text")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the note out where it has no room."""
        super().resizeEvent(event)
        self._show_title()

    def _show_title(self) -> None:
        whole = self._title + self._note
        measure = self._label.fontMetrics()
        fits = not self._note or measure.horizontalAdvance(whole) <= self._label.width()
        self._label.setText(whole if fits else self._title)

    def set_available(self, reason: str = "") -> None:
        """Grey the slider out and say why in its tooltip; without a reason it works again."""
        self.setEnabled(not reason)
        self._show_tooltip(reason or f"{self._tooltip} {RESETS}")

    def set_tooltip(self, tooltip: str) -> None:
        """Say what the slider does, wherever the pointer rests on it, and its way back."""
        self._tooltip = tooltip
        self._show_tooltip(f"{tooltip} {RESETS}")

    def _show_tooltip(self, tooltip: str) -> None:
        for part in (self, self.track, self.field, self._label):
            style.set_tip(part, tooltip)
        self.track.setAccessibleDescription(tooltip)

    def _on_track_edited(self, value: float) -> None:
        self._write(value)
        self.edited.emit(value)

    def _on_default_asked(self) -> None:
        if self._default is not None:
            self.track.propose(self._default)
        self.default_asked.emit()

    def _on_committed(self, text: str) -> None:
        value = self._readout.read(text)
        if value is not None:
            self.track.propose(self.track.span.settle(value))

    def _on_left(self) -> None:
        self.track.setFocus(Qt.FocusReason.OtherFocusReason)


# A vertical bar that fills from below, 0 to 1.

_BAR = 8.0


class FillBar(RangeControl):
    """A share of one, drawn as a level; dragged, turned and keyed like a slider.

    `set_value` shows a share without emitting; Delete or a double click asks for `default`.
    """

    def __init__(
        self,
        name: str,
        colour: str,
        tooltip: str,
        *,
        default: float = 1.0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Span(0.0, 1.0, 0.05, 3), colour, parent)
        self._default = default
        self.setOrientation(Qt.Orientation.Vertical)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        style.set_tip(self, f"{tooltip} {RESETS}")
        self.show_number(default)
        self.default_asked.connect(self._on_default_asked)

    def set_value(self, share: float) -> None:
        """Show a share, 0 to 1; emits nothing."""
        self.show_number(share)

    def sizeHint(self) -> QSize:
        """Slim and as tall as a picture."""
        return QSize(12, 80)

    def minimumSizeHint(self) -> QSize:
        """Half as tall."""
        return QSize(12, 40)

    def share_at(self, point: QPointF) -> float:
        """The level at a point: 1 at the top."""
        return 1.0 - point.y() / max(1.0, self.height())

    def grabs(self, point: QPointF) -> bool:
        """Nothing to take hold of: the level jumps to the pointer."""
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar, its level, and the ring."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            height = float(self.height())
            bar = QRectF(self.width() - _BAR, 0, _BAR, height)
            painter.setBrush(QColor(COLOUR.LINE))
            painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
            level = height * self.span.share(self.number)
            if level > 0:
                painter.setClipRect(QRectF(0, height - level, self.width(), level))
                painter.setBrush(QColor(self.colour if self.isEnabled() else DISABLED))
                painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
                painter.setClipping(False)
            if self.ring and self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(FOCUS), 1.0))
                painter.drawRoundedRect(bar.adjusted(-2.5, 0.5, -0.5, -0.5), 4, 4)

    def _on_default_asked(self) -> None:
        self.propose(self._default)


ALL_STOPS = "Delete or a double click chooses all."


class Stops(QWidget, Resettable):
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
        style.set_tip(self, f"{tooltip} {ALL_STOPS}")
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
        self.ask_default()

    def ask_default(self) -> None:
        """Choose all."""
        self._propose(0, len(self._names) - 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right move the last one, with Shift the first; Delete chooses all."""
        steps: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if resets(event):
            self.ask_default()
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
