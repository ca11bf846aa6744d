"""A curve through a few stops: drawn by hand, or moved point by point with the keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganlab import style
from ganlab.controls.range_control import by_keyboard
from ganlab.controls.span import Span
from ganlab.style import COLOUR, DISABLED, FOCUS, RADIUS, STEP

_LEFT, _SIDE, _BELOW, _ABOVE = 32, 20, 24, 10


@dataclass(frozen=True, slots=True)
class Stop:
    """One point of the curve: its name, its value, and whether that is its own or follows."""

    name: str
    value: float
    own: bool = False


class CurvePad(QWidget):
    """A line through its stops; a point of its own is filled, one that follows is hollow.

    Signals
    -------
    drag_started(), moved(int, float), drag_finished()
        The hand draws: a stop and the value it is to have.
    default_asked(int)
        A stop is to follow again.
    """

    drag_started = Signal()
    moved = Signal(int, float)
    drag_finished = Signal()
    default_asked = Signal(int)

    def __init__(
        self, name: str, tooltip: str, span: Span, colour: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._tooltip = tooltip
        self._span = span
        self._colour = colour
        self.stops: tuple[Stop, ...] = ()
        self.at = 0
        self._held = self._ring = False
        self.setAccessibleName(name)
        style.set_tip(self, tooltip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_stops(self, stops: Sequence[Stop]) -> None:
        """Show these points, coarsest first; emits nothing."""
        self.stops = tuple(stops)
        self.at = min(self.at, max(0, len(stops) - 1))
        self._tell()
        self.update()

    def set_available(self, reason: str = "") -> None:
        """Grey the curve out and say why; without a reason it works again."""
        self.setEnabled(not reason)
        style.set_tip(self, reason or self._tooltip)

    def _tell(self) -> None:
        if self.stops:
            stop = self.stops[self.at]
            said = "" if stop.own else ", as the master"
            self.setAccessibleDescription(f"{stop.name}: {stop.value:.2f}{said}")

    # --- places ----------------------------------------------------------------------------------

    def _field(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_LEFT + _SIDE, _ABOVE, -_SIDE, -_BELOW)

    def point(self, place: int) -> QPointF:
        """Where a stop is drawn."""
        field, count = self._field(), max(1, len(self.stops) - 1)
        x = field.x() + field.width() * (place / count if len(self.stops) > 1 else 0.5)
        return QPointF(x, self._height_of(self.stops[place].value))

    def _height_of(self, value: float) -> float:
        field = self._field()
        return field.bottom() - field.height() * self._span.share(value)

    def _stop_at(self, x: float) -> int:
        field = self._field()
        share = (x - field.x()) / max(1.0, field.width())
        return min(len(self.stops) - 1, max(0, round(share * (len(self.stops) - 1))))

    def sizeHint(self) -> QSize:
        """Room to draw in."""
        return QSize(72 * STEP, 52 * STEP)

    def minimumSizeHint(self) -> QSize:
        """Enough to see which way it goes."""
        return QSize(44 * STEP, 32 * STEP)

    # --- the hand --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the nearest stop."""
        if self.stops and event.button() == Qt.MouseButton.LeftButton:
            self._held = True
            self.drag_started.emit()
            self._draw_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw on: every stop passed by takes the height of the hand."""
        if self._held:
            self._draw_to(event.position())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        if self._held:
            self._held = False
            self.drag_finished.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Let the stop follow again."""
        if self.stops:
            self.default_asked.emit(self._stop_at(event.position().x()))

    def _draw_to(self, position: QPointF) -> None:
        field = self._field()
        self.at = self._stop_at(position.x())
        share = (field.bottom() - position.y()) / max(1.0, field.height())
        self.moved.emit(self.at, self._span.at(min(1.0, max(0.0, share))))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right choose a stop, up and down move it, Delete lets it follow."""
        key = event.key()
        if not self.stops or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.at += 1 if key == Qt.Key.Key_Right else -1
            self.at = min(len(self.stops) - 1, max(0, self.at))
            self._tell()
            self.update()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            by = self._span.step if key == Qt.Key.Key_Up else -self._span.step
            self.moved.emit(self.at, self._span.moved(self.stops[self.at].value, by))
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.default_asked.emit(self.at)
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring when the keyboard brought the focus."""
        self._ring = by_keyboard(event)
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:
        """Hide the ring."""
        self._ring = False
        self.update()

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground with its scale, the line and its points."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(style.font("small"))
            self._paint_scale(painter)
            if self.stops:
                self._paint_line(painter)
            if self._ring and self.hasFocus():
                painter.setPen(QPen(QColor(FOCUS), 2.0))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)

    def _paint_scale(self, painter: QPainter) -> None:
        field, ink = self._field(), QColor(COLOUR.MUTED if self.isEnabled() else DISABLED)
        ground = field.adjusted(-_SIDE, -_ABOVE + 2, _SIDE, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(COLOUR.GROUND))
        painter.drawRoundedRect(ground, RADIUS, RADIUS)
        whole = range(round(self._span.low), round(self._span.high) + 1)
        for value in whole:
            y = self._height_of(value)
            painter.setPen(QPen(QColor(COLOUR.LINE), 1.0))
            painter.drawLine(QPointF(ground.left(), y), QPointF(ground.right(), y))
            painter.setPen(ink)
            box = QRectF(0, y - 8, ground.left() - STEP, 16)
            painter.drawText(
                box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(value)
            )
        for place, stop in enumerate(self.stops):
            lit = place == self.at and self.hasFocus()
            painter.setPen(QColor(COLOUR.TEXT) if lit else ink)
            box = QRectF(self.point(place).x() - 24, ground.bottom() + 2, 48, _BELOW - 8)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, stop.name)

    def _paint_line(self, painter: QPainter) -> None:
        colour = QColor(self._colour if self.isEnabled() else DISABLED)
        points = [self.point(place) for place in range(len(self.stops))]
        painter.setPen(QPen(colour, 2.0))
        painter.drawPolyline(points)
        for place, (point, stop) in enumerate(zip(points, self.stops, strict=True)):
            painter.setPen(QPen(colour, 2.0))
            painter.setBrush(colour if stop.own else QColor(COLOUR.PANEL))
            radius = 6.5 if place == self.at and self.hasFocus() else 5.0
            painter.drawEllipse(point, radius, radius)
