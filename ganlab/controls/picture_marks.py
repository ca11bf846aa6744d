"""What a hand marks on a picture: points and where they shall go, a painted part, a square to cut out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganlab import style
from ganlab.controls.canvas import Canvas
from ganlab.controls.sliders import KeyboardRing
from ganlab.style import COLOUR, FOCUS, RADIUS, STEP

Arrow = tuple[float, float, float, float]
"""A point and where it shall go, x, y and x, y, in shares of the picture."""

MASK_SIDE = 128
"""Of what is painted, however large the picture is."""

NEAR = 12.0
"""How near to an end of an arrow it is taken hold of, in device-independent pixels."""

KEY_STEP, KEY_LEAP = 1 / 64, 1 / 8
"""Shares of the picture that an arrow key moves the cross, without and with Shift."""

KEY_STEPS: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Left.value: (-1, 0),
    Qt.Key.Key_Right.value: (1, 0),
    Qt.Key.Key_Up.value: (0, -1),
    Qt.Key.Key_Down.value: (0, 1),
}

VEIL = 0.62
"""How dark the part is made that was not painted."""

MOVING = 0.3
"""How much of that is left while things move, so that they are seen."""

TOOLS = ("points", "paint", "erase")


class PictureMarks(QWidget):
    """Lies over a canvas and takes the left button for one of its tools, the right one to take away.

    What it has no use for goes to the canvas. With the keyboard the arrow keys move a cross, Shift farther;
    Space sets a point and then where it shall go, or paints; Delete takes the last arrow away.

    Parameters
    ----------
    canvas
        What it lies on; it is as large as that.

    Signals
    -------
    changed()
        A hand has made or taken away a mark.
    """

    changed = Signal()

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._arrows: list[Arrow] = []
        self._paint = np.zeros((MASK_SIDE, MASK_SIDE), np.uint8)
        self._veil = QImage()
        self._tool = TOOLS[0]
        self._locked = False
        self._held: tuple[int, int] | None = None
        self._open = False
        self._stroke: tuple[float, float] | None = None
        self._cross: QPointF | None = None
        self.brush = 0.08
        """Radius of what is painted at a time, in shares of the picture."""
        self.setAccessibleName("Points on the picture")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setProperty("plain", "true")
        canvas.installEventFilter(self)
        self.setGeometry(canvas.rect())
        self.lower()
        self.hide()

    # --- what there is ---------------------------------------------------------------------------

    @property
    def arrows(self) -> tuple[Arrow, ...]:
        """The arrows that lead somewhere."""
        return tuple(arrow for arrow in self._arrows if arrow[:2] != arrow[2:])

    @property
    def painted(self) -> NDArray[np.float32] | None:
        """What is painted, float32 (128, 128) from 0 to 1; None where nothing is."""
        return self._paint.astype(np.float32) / 255.0 if self._paint.any() else None

    def show_arrows(self, arrows: Sequence[Arrow]) -> None:
        """Show these in the place of those there are."""
        self._arrows, self._open = list(arrows), False
        self._describe()
        self.update()

    def clear(self) -> None:
        """Take all marks away."""
        self._paint[:] = 0
        self._veil = QImage()
        self.show_arrows(())

    def set_tool(self, tool: str) -> None:
        """What the left button does: one of `TOOLS`."""
        self._tool = tool
        self._open = False

    def set_locked(self, locked: bool) -> None:
        """Let nobody change the marks while they move by themselves."""
        self._locked, self._held, self._stroke, self._open = locked, None, None, False
        self.update()

    # --- geometry --------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as the canvas."""
        if watched is self._canvas and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._canvas.rect())
        return False

    def place(self, x: float, y: float) -> QPointF:
        """Where a share of the picture lies on this widget."""
        rect = self._canvas.picture_rect()
        return QPointF(rect.x() + x * rect.width(), rect.y() + y * rect.height())

    def _share(self, place: QPointF) -> tuple[float, float]:
        """The share of the picture at a place, kept inside it."""
        rect = self._canvas.picture_rect()
        x, y = (place.x() - rect.x()) / rect.width(), (place.y() - rect.y()) / rect.height()
        return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)

    def _near(self, place: QPointF) -> tuple[int, int] | None:
        """The arrow and its end (0 = where it begins, 2 = where it leads) at a place, the newest first."""
        for index in reversed(range(len(self._arrows))):
            arrow = self._arrows[index]
            for end in (2, 0):
                away = self.place(arrow[end], arrow[end + 1]) - place
                if away.manhattanLength() <= NEAR:
                    return index, end
        return None

    # --- the hand --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin or take hold of an arrow, paint, or take an arrow away."""
        inside = self._canvas.picture_rect().contains(event.position())
        if self._locked or not inside or event.button() == Qt.MouseButton.MiddleButton:
            event.ignore()
        elif event.button() == Qt.MouseButton.RightButton:
            self._take_away(event)
        elif self._tool == "points":
            self._press(event.position())
        else:
            self._stroke = self._share(event.position())
            self._paint_to(*self._stroke)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Lead the end of an arrow, or paint on."""
        if self._held is not None:
            self._lead(*self._held, *self._share(event.position()))
        elif self._stroke is not None:
            place = self._share(event.position())
            self._paint_to(*place)
            self._stroke = place
        else:
            event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go; a point that was only pressed waits for where it shall go."""
        if self._held is None and self._stroke is None:
            event.ignore()
            return
        if self._held is not None:
            arrow = self._arrows[self._held[0]]
            self._open = arrow[:2] == arrow[2:]
        self._held = self._stroke = None
        self._describe()
        self.changed.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Is two presses here."""
        self.mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The right button belongs to arrows; elsewhere the picture's menu opens."""
        if self._near(QPointF(event.pos())) is None:
            event.ignore()

    def _press(self, place: QPointF) -> None:
        found = self._near(place)
        if self._open:
            self._held = (len(self._arrows) - 1, 2)
            self._open = False
            self._lead(*self._held, *self._share(place))
        elif found is not None:
            self._held = found
        else:
            here = self._share(place)
            self._arrows.append((*here, *here))
            self._held = (len(self._arrows) - 1, 2)
        self.update()

    def _lead(self, index: int, end: int, x: float, y: float) -> None:
        arrow = self._arrows[index]
        self._arrows[index] = (*arrow[:2], x, y) if end == 2 else (x, y, *arrow[2:])
        self.update()

    def _take_away(self, event: QMouseEvent) -> None:
        found = self._near(event.position())
        if found is None:
            event.ignore()
            return
        self._remove(found[0])

    def _remove(self, index: int) -> None:
        del self._arrows[index]
        self._open = False
        self._describe()
        self.changed.emit()
        self.update()

    def _paint_to(self, x: float, y: float) -> None:
        """Paint or take away what lies near the way from the last place: a fast hand leaves no gaps."""
        start_x, start_y = self._stroke or (x, y)
        steps = (np.arange(MASK_SIDE) + 0.5) / MASK_SIDE
        right, down = steps[None] - start_x, steps[:, None] - start_y
        way_x, way_y = x - start_x, y - start_y
        length = way_x**2 + way_y**2
        share = np.clip((right * way_x + down * way_y) / length, 0.0, 1.0) if length else 0.0
        near = np.hypot(right - share * way_x, down - share * way_y) <= self.brush
        self._paint[near] = 255 if self._tool == "paint" else 0
        self._veil = _veil_over(self._paint)
        self.update()

    # --- the keyboard ----------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Keep the keys that it has a use for from the window's shortcuts."""
        asks = event.type() == QEvent.Type.ShortcutOverride
        if asks and isinstance(event, QKeyEvent) and self._uses(event.key()):
            event.accept()
            return True
        return super().event(event)

    def _uses(self, key: int) -> bool:
        if self._locked:
            return False
        if key == Qt.Key.Key_Space:
            return self._cross is not None
        return key in KEY_STEPS or (key == Qt.Key.Key_Delete and bool(self._arrows))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cross, set a point or paint at it, take the last arrow away."""
        if not self._uses(event.key()):
            event.ignore()
        elif event.key() in KEY_STEPS:
            shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self._move_cross(*KEY_STEPS[event.key()], KEY_LEAP if shift else KEY_STEP)
        elif event.key() == Qt.Key.Key_Delete:
            self._remove(len(self._arrows) - 1)
        elif self._cross is not None:
            self._set_at(self._cross.x(), self._cross.y())

    def _move_cross(self, across: int, down: int, step: float) -> None:
        cross = self._cross or QPointF(0.5, 0.5)
        x, y = cross.x() + across * step, cross.y() + down * step
        self._cross = QPointF(min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))
        self._describe()
        self.update()

    def _set_at(self, x: float, y: float) -> None:
        if self._tool != "points":
            self._paint_to(x, y)
        elif self._open:
            self._lead(len(self._arrows) - 1, 2, x, y)
            self._open = False
        else:
            self._arrows.append((x, y, x, y))
            self._open = True
        self._describe()
        self.changed.emit()
        self.update()

    def _describe(self) -> None:
        """Say in words what is marked, and where the cross is."""
        count = len(self.arrows)
        said = f"{count} point{'s' * (count != 1)}"
        if self._cross is not None:
            said += f", cross at {100 * self._cross.x():.0f}, {100 * self._cross.y():.0f} percent"
        self.setAccessibleDescription(said)

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Darken what may not move, then the arrows and the cross."""
        rect = self._canvas.picture_rect()
        if rect.isEmpty():
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            if not self._veil.isNull():
                painter.setOpacity(MOVING if self._locked else 1.0)
                painter.drawImage(rect, self._veil)
                painter.setOpacity(1.0)
            for arrow in self._arrows:
                self._paint_arrow(painter, arrow)
            if self._cross is not None and self.hasFocus():
                self._paint_cross(painter, self.place(self._cross.x(), self._cross.y()))

    def _paint_arrow(self, painter: QPainter, arrow: Arrow) -> None:
        start, end = self.place(*arrow[:2]), self.place(*arrow[2:])
        for colour, width in ((COLOUR.GROUND, 5.0), (COLOUR.TEXT, 2.0)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawLine(start, end)
        painter.setPen(QPen(QColor(COLOUR.GROUND), 2))
        painter.setBrush(QColor(COLOUR.TRUNCATION))
        painter.drawEllipse(start, 7, 7)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if start == end:
            return
        for colour, width in ((COLOUR.GROUND, 6.0), (COLOUR.STYLE, 3.0)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawEllipse(end, 8, 8)

    def _paint_cross(self, painter: QPainter, at: QPointF) -> None:
        box = QRectF(at.x() - 10, at.y() - 10, 20, 20)
        for colour, width in ((COLOUR.GROUND, 4.0), (COLOUR.TEXT, 1.5)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawLine(QPointF(box.left(), at.y()), QPointF(box.right(), at.y()))
            painter.drawLine(QPointF(at.x(), box.top()), QPointF(at.x(), box.bottom()))


def _veil_over(painted: NDArray[np.uint8]) -> QImage:
    """Black over what is not painted; nothing where nothing is."""
    if not painted.any():
        return QImage()
    veil = np.zeros((*painted.shape, 4), np.uint8)
    veil[..., 3] = np.rint((255 - painted) * VEIL).astype(np.uint8)
    height, width = painted.shape
    return QImage(veil.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()


# A square on a picture, for what is to be cut out of it.

Square = tuple[float, float, float]
"""Its middle from the picture's middle, right and down, and its side; in shares of the shorter side."""

LARGEST: Square = (0.0, 0.0, 1.0)
"""In the middle, as large as fits."""

LEAST_SIDE, MOST_SIDE = 0.2, 2.0

SQUARE_STEP, SQUARE_LEAP = 0.02, 0.1
"""Shares of the shorter side that an arrow key moves the square, without and with Shift."""

NOTCH = 2**0.125
"""How much larger or smaller a notch of the wheel, or a key, makes it."""

_AROUND = 2 * STEP
"""Free space for the corners of a square that is as large as the picture."""

_CORNERS = ((-1, -1), (1, -1), (-1, 1), (1, 1))


class SquareView(KeyboardRing, QWidget):
    """A picture with a square on it: a drag moves it, its corners and the wheel resize it.

    The arrow keys move it too, Shift farther, + and - resize it; a double click, or Home, makes it as large
    as fits. A hand keeps it on the picture; one that is larger reaches out of it on both sides.

    Parameters
    ----------
    name, tooltip
        What it is, for screen readers, and how it is used.

    Signals
    -------
    edited(Square)
        A hand has moved or resized the square.
    """

    edited = Signal(object)

    def __init__(self, name: str, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image, self._guide = QImage(), QImage()
        self._ground = QColor(COLOUR.STRIP)
        self._square = LARGEST
        self._scale, self._middle = 1.0, QPointF()
        self._held: tuple[int, int] | None = None
        self._grip = QPointF()
        self.setAccessibleName(name)
        style.set_tip(self, tooltip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """As wide as a panel, and high enough to aim."""
        return QSize(63 * STEP, 45 * STEP)

    # --- what it shows ---------------------------------------------------------------------------

    @property
    def square(self) -> Square:
        """The square as it is."""
        return self._square

    def has_picture(self) -> bool:
        """Whether there is a picture to see."""
        return not self._image.isNull()

    def show_picture(self, image: QImage) -> None:
        """Show a picture, which may be transparent; a null one shows nothing."""
        self._image = image
        self._fit()

    def show_square(self, square: Square) -> None:
        """Show the square here; emits nothing."""
        self._square = square
        if self._held is None:
            self._fit()
        self._describe()
        self.update()

    def show_ground(self, ground: QColor, guide: QImage) -> None:
        """Show what fills the square outside the picture, and a faint drawing within it."""
        self._ground, self._guide = ground, guide
        self.update()

    def cut(self, side: int) -> QImage:
        """What lies in the square, side x side pixels, over the ground."""
        unit = min(self._image.width(), self._image.height())
        x, y, share = self._square
        edge = max(1, round(share * unit))
        left = round(self._image.width() / 2 + x * unit - edge / 2)
        top = round(self._image.height() / 2 + y * unit - edge / 2)
        part = self._image.copy(QRect(left, top, edge, edge))
        found = QImage(side, side, QImage.Format.Format_RGB32)
        found.fill(self._ground)
        smooth = Qt.TransformationMode.SmoothTransformation
        ratio = Qt.AspectRatioMode.IgnoreAspectRatio
        with QPainter(found) as painter:
            painter.drawImage(0, 0, part.scaled(side, side, ratio, smooth))
        return found

    # --- geometry, in shares of the shorter side from the picture's middle -----------------------

    @property
    def _extent(self) -> QSizeF:
        if self._image.isNull():
            return QSizeF(1.0, 1.0)
        unit = min(self._image.width(), self._image.height())
        return QSizeF(self._image.width() / unit, self._image.height() / unit)

    def _whole(self) -> QRectF:
        extent = self._extent
        return QRectF(QPointF(-extent.width() / 2, -extent.height() / 2), extent)

    def _fit(self) -> None:
        """Make room for the picture and the square, wherever that is."""
        x, y, side = self._square
        shown = self._whole().united(QRectF(x - side / 2, y - side / 2, side, side))
        room = QSizeF(self.size()) - QSizeF(2 * _AROUND, 2 * _AROUND)
        scale = min(room.width() / shown.width(), room.height() / shown.height())
        self._scale, self._middle = max(scale, 1e-3), shown.center()
        self.update()

    def place(self, x: float, y: float) -> QPointF:
        """Where a place lies on this widget."""
        centre = QRectF(self.rect()).center()
        return centre + (QPointF(x, y) - self._middle) * self._scale

    def _at(self, place: QPointF) -> QPointF:
        return (place - QRectF(self.rect()).center()) / self._scale + self._middle

    def _rect(self, part: QRectF) -> QRectF:
        return QRectF(self.place(part.x(), part.y()), part.size() * self._scale)

    def _square_rect(self) -> QRectF:
        x, y, side = self._square
        return self._rect(QRectF(x - side / 2, y - side / 2, side, side))

    def corner(self, right: int, down: int) -> QPointF:
        """Where a corner of the square lies on this widget; -1 or 1 each."""
        x, y, side = self._square
        return self.place(x + right * side / 2, y + down * side / 2)

    def _near(self, place: QPointF) -> tuple[int, int] | None:
        """The corner at a place, (0, 0) = within the square; None = nothing."""
        for corner in _CORNERS:
            if (self.corner(*corner) - place).manhattanLength() <= NEAR:
                return corner
        return (0, 0) if self._square_rect().contains(place) else None

    def _kept(self, x: float, y: float, side: float) -> Square:
        """The square nearest to this one that is on the picture, or around it."""
        side = min(max(side, LEAST_SIDE), MOST_SIDE)
        reach = [abs(extent - side) / 2 for extent in self._extent.toTuple()]
        x, y = (min(max(at, -far), far) for at, far in zip((x, y), reach, strict=True))
        return round(x, 3), round(y, 3), round(side, 3)

    def _edit(self, x: float, y: float, side: float) -> None:
        kept = self._kept(x, y, side)
        if self.has_picture() and kept != self._square:
            self.show_square(kept)
            self.edited.emit(kept)

    # --- the hand --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the square, or of a corner."""
        self._held = self._near(event.position()) if self.has_picture() else None
        if event.button() != Qt.MouseButton.LeftButton or self._held is None:
            self._held = None
            event.ignore()
            return
        x, y, _ = self._square
        self._grip = self._at(event.position()) - QPointF(x, y)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Lead what is held."""
        at = self._at(event.position())
        if self._held is None:
            self._show_cursor(self._near(event.position()))
        elif self._held == (0, 0):
            self._edit(*(at - self._grip).toTuple(), self._square[2])
        else:
            self._pull(at, *self._held)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self._held is None:
            event.ignore()
        self._held = None
        self._fit()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Make it as large as fits."""
        self._edit(*LARGEST)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Resize it about its middle."""
        x, y, side = self._square
        self._edit(x, y, side * NOTCH ** (-event.angleDelta().y() / 120))
        event.accept()

    def _pull(self, at: QPointF, right: int, down: int) -> None:
        """Resize it by a corner; the opposite one stays."""
        x, y, side = self._square
        fixed = QPointF(x - right * side / 2, y - down * side / 2)
        side = max(right * (at.x() - fixed.x()), down * (at.y() - fixed.y()))
        side = min(max(side, LEAST_SIDE), MOST_SIDE)
        self._edit(fixed.x() + right * side / 2, fixed.y() + down * side / 2, side)

    def _show_cursor(self, near: tuple[int, int] | None) -> None:
        if near is None or not self.has_picture():
            self.unsetCursor()
        elif near == (0, 0):
            self.setCursor(Qt.CursorShape.SizeAllCursor)
        else:
            falls = near[0] == near[1]
            shape = Qt.CursorShape.SizeFDiagCursor if falls else Qt.CursorShape.SizeBDiagCursor
            self.setCursor(shape)

    def event(self, event: QEvent) -> bool:
        """Keep the keys that it has a use for from the window's shortcuts."""
        asks = event.type() == QEvent.Type.ShortcutOverride
        if asks and isinstance(event, QKeyEvent) and self._moved_by(event) is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move it or resize it."""
        moved = self._moved_by(event)
        if moved is None:
            event.ignore()
        else:
            self._edit(*moved)

    def _moved_by(self, event: QKeyEvent) -> Square | None:
        """The square after a key; None where the key means nothing here."""
        x, y, side = self._square
        if event.key() in KEY_STEPS:
            shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            step = SQUARE_LEAP if shift else SQUARE_STEP
            right, down = KEY_STEPS[event.key()]
            return x + right * step, y + down * step, side
        resized: dict[int, Square] = {
            Qt.Key.Key_Plus.value: (x, y, side * NOTCH),
            Qt.Key.Key_Minus.value: (x, y, side / NOTCH),
            Qt.Key.Key_Home.value: LARGEST,
        }
        return resized.get(event.key())

    def _describe(self) -> None:
        """Say in words where the square is."""
        x, y, side = self._square
        self.setAccessibleDescription(f"side {side:.2f}, right {x:.2f}, down {y:.2f}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep all of it in sight."""
        super().resizeEvent(event)
        self._fit()

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the picture, darker outside the square, the guide and the frame."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            card = QPainterPath()
            card.addRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
            painter.fillPath(card, QColor(COLOUR.GROUND))
            if self.has_picture():
                painter.setClipPath(card)
                self._paint_square(painter, self._square_rect())
            if self._ring and self.hasFocus():
                painter.setPen(QPen(QColor(FOCUS), 1.0))
                edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
                painter.drawRoundedRect(edge, RADIUS, RADIUS)

    def _paint_square(self, painter: QPainter, square: QRectF) -> None:
        painter.fillRect(square, self._ground)
        painter.drawImage(self._rect(self._whole()), self._image)
        around = QPainterPath()
        around.addRect(QRectF(self.rect()))
        within = QPainterPath()
        within.addRect(square)
        veil = QColor(COLOUR.GROUND)
        veil.setAlphaF(VEIL)
        painter.fillPath(around.subtracted(within), veil)
        if not self._guide.isNull():
            painter.drawImage(square, self._guide)
        for colour, width in ((QColor(0, 0, 0, 110), 3.0), (QColor(COLOUR.TEXT), 1.25)):
            painter.setPen(QPen(colour, width))
            painter.drawRect(square)
        self._paint_corners(painter, min(4.0 * STEP, square.width() / 4))

    def _paint_corners(self, painter: QPainter, arm: float) -> None:
        """A heavier angle at each corner, which is taken hold of there."""
        pen = QPen(QColor(COLOUR.TEXT), 3.5)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        for right, down in _CORNERS:
            at = self.corner(right, down)
            across, along = QPointF(-right * arm, 0.0), QPointF(0.0, -down * arm)
            painter.drawPolyline([at + across, at, at + along])
