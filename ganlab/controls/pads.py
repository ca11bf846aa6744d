"""A square with a handle and a picture in each corner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganlab import style
from ganlab.controls.picture_grid import Picture, dropped_in, to_image
from ganlab.controls.sliders import RESETS, Resettable, Span, by_keyboard, resets
from ganlab.style import COLOUR, DISABLED, FOCUS, RADIUS, STEP

CORNER = 56
KEY_STEP = 0.02
EMPTY_HINT = "Click a corner to put the picture on the desk there, or fill the corners by the dice."
CORNERS = ("top left", "top right", "bottom left", "bottom right")


class XYPad(QWidget, Resettable):
    """A handle between four corners; x and y go from 0 to 1, y downwards.

    Delete, or a double click between the corners, puts it in the middle.

    Signals
    -------
    drag_started(), moved(float, float), drag_finished()
        The hand on the handle.
    corner_pressed(int)
        A corner's picture was clicked, or its number key pressed.
    dropped(int, object)
        A seed (int) or a PNG (`Path`) was let go on a corner.
    """

    drag_started = Signal()
    moved = Signal(float, float)
    drag_finished = Signal()
    corner_pressed = Signal(int)
    dropped = Signal(int, object)

    def __init__(self, name: str, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._x = self._y = 0.5
        self._pictures: list[QImage | None] = [None] * 4
        self._held = False
        self._usable = False
        self.setAccessibleName(name)
        style.set_tip(self, f"{tooltip} {RESETS}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_usable(self, usable: bool) -> None:
        """Whether all corners are known, so that the handle means something."""
        self._usable = usable
        self.update()

    def show_place(self, x: float, y: float) -> None:
        """Show the handle there; emits nothing."""
        self._x, self._y = x, y
        self.setAccessibleDescription(f"{x:.0%} to the right, {y:.0%} down")
        self.update()

    def show_corner(self, corner: int, picture: Picture | None) -> None:
        """Show a corner's picture, None for a quiet number."""
        self._pictures[corner] = None if picture is None else to_image(picture)
        self.update()

    def has_corner(self, corner: int) -> bool:
        """Whether a corner shows a picture."""
        return self._pictures[corner] is not None

    # --- places ----------------------------------------------------------------------------------

    def _field(self) -> QRectF:
        """Where the handle can be."""
        side = CORNER / 2
        return QRectF(self.rect()).adjusted(side, side, -side, -side)

    def corner_box(self, corner: int) -> QRectF:
        """Where a corner's picture lies."""
        left = 0 if corner % 2 == 0 else self.width() - CORNER
        top = 0 if corner < 2 else self.height() - CORNER
        return QRectF(left, top, CORNER, CORNER)

    def _handle(self) -> QPointF:
        field = self._field()
        return QPointF(field.x() + self._x * field.width(), field.y() + self._y * field.height())

    def _corner_at(self, point: QPointF) -> int | None:
        return next((i for i in range(4) if self.corner_box(i).contains(point)), None)

    def sizeHint(self) -> QSize:
        """Room to travel in."""
        return QSize(280, 280)

    def minimumSizeHint(self) -> QSize:
        """Four corners and some way between them."""
        return QSize(3 * CORNER, 3 * CORNER)

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the lines to the corners, their pictures, and the handle."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            ring = self.hasFocus() and not self._usable
            painter.setPen(QColor(FOCUS) if ring else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLOUR.GROUND))
            painter.drawRoundedRect(self._field(), RADIUS, RADIUS)
            weights = (
                (1 - self._x) * (1 - self._y),
                self._x * (1 - self._y),
                (1 - self._x) * self._y,
                self._x * self._y,
            )
            if self._usable:
                for corner, weight in enumerate(weights):
                    self._paint_thread(painter, corner, weight)
            for corner in range(4):
                self._paint_corner(painter, corner)
            if not self._usable:
                self._paint_hint(painter)
                return
            painter.setPen(QPen(QColor(FOCUS if self.hasFocus() else COLOUR.GROUND), 2))
            painter.setBrush(QColor(COLOUR.STYLE))
            painter.drawEllipse(self._handle(), 9, 9)

    def _paint_hint(self, painter: QPainter) -> None:
        """What to do first, in the middle of the empty pad."""
        room = self._field().adjusted(CORNER / 2, CORNER / 2, -CORNER / 2, -CORNER / 2)
        painter.setFont(style.font("small"))
        painter.setPen(QColor(COLOUR.MUTED))
        painter.drawText(
            room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap.value, EMPTY_HINT
        )

    def _paint_thread(self, painter: QPainter, corner: int, weight: float) -> None:
        """A line as wide as the corner's part in the picture."""
        colour = QColor(COLOUR.STYLE)
        colour.setAlphaF(0.15 + 0.6 * weight)
        painter.setPen(QPen(colour, 1 + 5 * weight))
        painter.drawLine(self._handle(), self.corner_box(corner).center())

    def _paint_corner(self, painter: QPainter, corner: int) -> None:
        box = self.corner_box(corner)
        painter.setPen(QPen(QColor(COLOUR.LINE), 1))
        painter.setBrush(QColor(COLOUR.STRIP))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        picture = self._pictures[corner]
        if picture is not None:
            painter.drawImage(box.adjusted(2, 2, -2, -2), picture)
        else:
            painter.setPen(QColor(COLOUR.MUTED))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(corner + 1))

    # --- hand ------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take a corner, or the handle."""
        near = (event.position() - self._handle()).manhattanLength() < 20
        corner = None if near else self._corner_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if corner is not None:
            self.corner_pressed.emit(corner)
        elif self._usable:
            self._held = True
            self.drag_started.emit()
            self._move_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Travel."""
        if self._held:
            self._move_to(event.position())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        if self._held:
            self._held = False
            self.drag_finished.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go to the middle; on a corner it is one more click."""
        if self._corner_at(event.position()) is not None:
            self.mousePressEvent(event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self.ask_default()

    def ask_default(self) -> None:
        """Go to the middle."""
        if self._usable:
            self._tell(0.5, 0.5)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Travel with the arrows, Delete goes to the middle; 1 to 4 press a corner."""
        steps = {
            Qt.Key.Key_Left.value: (-KEY_STEP, 0.0),
            Qt.Key.Key_Right.value: (KEY_STEP, 0.0),
            Qt.Key.Key_Up.value: (0.0, -KEY_STEP),
            Qt.Key.Key_Down.value: (0.0, KEY_STEP),
        }
        corner = event.key() - Qt.Key.Key_1.value
        if event.key() in steps and self._usable:
            across, down = steps[event.key()]
            self._tell(self._x + across, self._y + down)
        elif resets(event):
            self.ask_default()
        elif 0 <= corner < 4:
            self.corner_pressed.emit(corner)
        else:
            event.ignore()

    def _move_to(self, point: QPointF) -> None:
        field = self._field()
        self._tell(
            (point.x() - field.x()) / max(1.0, field.width()),
            (point.y() - field.y()) / max(1.0, field.height()),
        )

    def _tell(self, x: float, y: float) -> None:
        self.show_place(min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))
        self.moved.emit(self._x, self._y)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome a seed or a PNG."""
        if dropped_in(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell what was let go on which corner, the nearest one."""
        found = dropped_in(event.mimeData())
        if found is not None:
            event.acceptProposedAction()
            right = event.position().x() > self.width() / 2
            low = event.position().y() > self.height() / 2
            self.dropped.emit(int(right) + 2 * int(low), found)


# A curve through a few stops: drawn by hand, or moved point by point with the keys.

_LEFT, _SIDE, _BELOW, _ABOVE = 32, 20, 24, 10


@dataclass(frozen=True, slots=True)
class Stop:
    """One point of the curve: its name, its value, and whether that is its own or follows."""

    name: str
    value: float
    own: bool = False


class CurvePad(QWidget, Resettable):
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
        style.set_tip(self, f"{tooltip} {RESETS}")
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
        style.set_tip(self, reason or f"{self._tooltip} {RESETS}")

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

    def ask_default(self) -> None:
        """Let the stop at hand follow again."""
        if self.stops:
            self.default_asked.emit(self.at)

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
        elif resets(event):
            self.ask_default()
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
