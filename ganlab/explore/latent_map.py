"""Places of the latent space to move between by hand: a map, and a pad of four.

The map is a surface through the latent space, walked by dragging the picture. The XY pad holds four
places, and the way between them.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import (
    DICE_LIMIT,
    Canvas,
    Label,
    WordButton,
    XYPad,
    set_controls,
    thrown,
    to_image,
)
from ganlab.engine import BackgroundTasks, RenderWorker
from ganlab.explore.latent_vectors import Vectors, travel
from ganlab.explore.walk import WalkPanel
from ganlab.recipe_widget import NO_MODEL, section_title
from ganlab.session import Session
from ganlab.style import COLOUR, FOCUS
from ganlab_core.recipe import (
    Capabilities,
    Latent,
    Noise,
    Recipe,
    Space,
    Surface,
    Vector,
    blend,
    corner_weights,
    fit,
)

# The view of a map of the latent space: it has no edge, and fills in from coarse to fine.

TILES = 48
"""Pictures along one round; the map has the square of it."""

TILE = 32
"""Side of a picture in its own pixels."""

ROUND = 2 * math.pi
ZOOM_LOW, ZOOM_HIGH = 0.35, 4.0

Place = tuple[float, float]


def tile_place(column: int, row: int) -> Place:
    """The place in the middle of a tile, in radians; tile (0, 0) has the origin in its middle."""
    return column * ROUND / TILES, row * ROUND / TILES


class LatentMapView(QWidget):
    """The map itself: it goes round in both directions, so it has no edge.

    Dragging moves it, the wheel zooms, a click or Enter travels to a place. `travelled` tells that
    place in radians, `looked` that another part of the map is in view.
    """

    travelled = Signal(float, float)
    looked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixels = QPixmap()
        self._zoom = 1.0
        self._drawn: dict[tuple[int, int], tuple[QImage, int]] = {}
        self._middle: Place = (0.0, 0.0)
        self._here: Place | None = None
        self._on_it = True
        self._path: list[Place] = []
        self._aim: Place = (0.0, 0.0)
        self._pressed_at: QPointF | None = None
        self._last: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Map of the latent space")
        style.set_tip(
            self,
            "Click to travel there, drag to look around, turn the wheel to zoom; all places are"
            " as far from the average as the picture it was laid through.",
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # --- what is shown ---------------------------------------------------------------------------

    def clear(self) -> None:
        """Begin with an empty map, its origin in the middle."""
        self._pixels = QPixmap()
        self._drawn.clear()
        self._path = []
        self._here = None
        self._middle = self._aim = (0.0, 0.0)
        self.update()

    def show_tile(self, column: int, row: int, stride: int, pixels: NDArray[np.uint8]) -> None:
        """Show a picture at a tile, over `stride` tiles squared that are still empty or coarse."""
        if self._pixels.isNull():
            self._pixels = QPixmap(TILES * TILE, TILES * TILE)
            self._pixels.fill(QColor(COLOUR.GROUND))
        image = to_image(pixels)
        with QPainter(self._pixels) as painter:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            self._shrink(painter, column, row, stride)
            _put(painter, column, row, stride, image)
        self._drawn[column, row] = (image, stride)
        self.update()

    def _shrink(self, painter: QPainter, column: int, row: int, stride: int) -> None:
        """Where a coarser picture stood for this tile too, it stands four times, once for each."""
        coarse = 2 * stride
        corner = column - column % coarse, row - row % coarse
        image, drawn = self._drawn.get(corner, (QImage(), 0))
        if drawn == coarse:
            for across in (0, stride):
                for down in (0, stride):
                    _put(painter, corner[0] + across, corner[1] + down, stride, image)
            self._drawn[corner] = (image, stride)

    def show_here(self, place: Place, *, on_it: bool) -> None:
        """Mark where the picture on the desk is, or nearest to; the way there becomes the path."""
        if self._on_it and on_it and self._here is not None and place != self._here:
            self._path = [*self._path[-999:], self._here]
        self._here, self._on_it = place, on_it
        if not QRectF(self.rect()).contains(self._point_of(place)):
            self._look_at(place)
        self.setAccessibleDescription(f"at {place[0]:.2f}, {place[1]:.2f}")
        self.update()

    @property
    def path(self) -> list[Place]:
        """The places travelled through, oldest first."""
        return self._path

    def in_view_first(self, column: int, row: int) -> float:
        """How far a tile is from the middle of the view, in tiles; nearer ones are wanted first."""
        x, y = tile_place(column, row)
        across, down = _shortest(x - self._middle[0]), _shortest(y - self._middle[1])
        return math.hypot(across, down)

    # --- places ----------------------------------------------------------------------------------

    def _scale(self) -> float:
        """Device-independent pixels per radian."""
        return self._zoom * TILE * TILES / ROUND

    def _place_at(self, point: QPointF) -> Place:
        scale = self._scale()
        return (
            self._middle[0] + (point.x() - self.width() / 2) / scale,
            self._middle[1] + (point.y() - self.height() / 2) / scale,
        )

    def _point_of(self, place: Place) -> QPointF:
        """Where the nearest copy of a place lies."""
        scale = self._scale()
        return QPointF(
            self.width() / 2 + _shortest(place[0] - self._middle[0]) * scale,
            self.height() / 2 + _shortest(place[1] - self._middle[1]) * scale,
        )

    # --- painting --------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """A good part of a panel."""
        return QSize(320, 320)

    def minimumSizeHint(self) -> QSize:
        """Enough to see some pictures."""
        return QSize(160, 120)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the pictures, the path and the place."""
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(COLOUR.GROUND))
            if not self._pixels.isNull():
                self._paint_tiles(painter)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_path(painter)
            if self._here is not None:
                self._paint_mark(painter, self._point_of(self._here))
            if self.hasFocus():
                painter.setPen(QPen(QColor(FOCUS), 1, Qt.PenStyle.DotLine))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(self._point_of(self._aim), 10, 10)

    def _paint_tiles(self, painter: QPainter) -> None:
        """The picture of one round, repeated; a tile's middle is its place."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.scale(self._zoom, self._zoom)
        side = TILE * TILES
        left, top = self._place_at(QPointF(0, 0))
        offset = QPointF(
            (left / ROUND * side + TILE / 2) % side, (top / ROUND * side + TILE / 2) % side
        )
        shown = QRectF(0, 0, self.width() / self._zoom, self.height() / self._zoom)
        painter.drawTiledPixmap(shown, self._pixels, offset)
        painter.restore()

    def _paint_path(self, painter: QPainter) -> None:
        if not self._path or self._here is None:
            return
        way = QPainterPath()
        before: QPointF | None = None
        for place in (*self._path, self._here):
            point = self._point_of(place)
            if before is None or _apart(point, before) > math.pi * self._scale():
                way.moveTo(point)
            else:
                way.lineTo(point)
            before = point
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((COLOUR.GROUND, 4.0), (COLOUR.STYLE, 1.6)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawPath(way)

    def _paint_mark(self, painter: QPainter, point: QPointF) -> None:
        """A filled dot on the map; a hollow one where the desk is elsewhere and this only nearest."""
        painter.setPen(QPen(QColor(COLOUR.GROUND), 5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(point, 6, 6)
        painter.setPen(QPen(QColor(COLOUR.STYLE), 2))
        painter.setBrush(QColor(COLOUR.STYLE) if self._on_it else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(point, 6, 6)

    # --- hand ------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click, or a look around."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = self._last = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Look around."""
        if self._last is None:
            return
        pressed = self._pressed_at
        if pressed is not None:
            if (event.position() - pressed).manhattanLength() < QApplication.startDragDistance():
                return
            self._pressed_at = None
        moved = event.position() - self._last
        self._last = event.position()
        scale = self._scale()
        self._look_at((self._middle[0] - moved.x() / scale, self._middle[1] - moved.y() / scale))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Travel, where it was a click."""
        if self._pressed_at is not None:
            self._aim = self._place_at(event.position())
            self.travelled.emit(*self._aim)
        self._pressed_at = self._last = None

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer."""
        held = self._place_at(event.position())
        zoom = self._zoom * 2 ** (event.angleDelta().y() / 480)
        self._zoom = min(max(zoom, ZOOM_LOW), ZOOM_HIGH)
        after = self._place_at(event.position())
        self._look_at((self._middle[0] + held[0] - after[0], self._middle[1] + held[1] - after[1]))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the aim by one tile with the arrows, travel with Enter."""
        steps = {
            Qt.Key.Key_Left.value: (-1, 0),
            Qt.Key.Key_Right.value: (1, 0),
            Qt.Key.Key_Up.value: (0, -1),
            Qt.Key.Key_Down.value: (0, 1),
        }
        if event.key() in steps:
            across, down = (step * ROUND / TILES for step in steps[event.key()])
            self._aim = (self._aim[0] + across, self._aim[1] + down)
            self._look_at(self._aim)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.travelled.emit(*self._aim)
        else:
            event.ignore()

    def _look_at(self, middle: Place) -> None:
        self._middle = middle
        self.looked.emit()
        self.update()


def _put(painter: QPainter, column: int, row: int, stride: int, image: QImage) -> None:
    side = stride * TILE
    painter.drawImage(QRectF(column * TILE, row * TILE, side, side), image)


def _shortest(angle: float) -> float:
    """The same angle within -pi to pi."""
    return (angle + math.pi) % ROUND - math.pi


def _apart(one: QPointF, other: QPointF) -> float:
    """The larger of the distances across and down."""
    return max(abs(one.x() - other.x()), abs(one.y() - other.y()))


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
        self.view = LatentMapView()
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
        buttons = QHBoxLayout()  # all in one row would be cut in a narrow panel
        buttons.setSpacing(8)
        buttons.addWidget(self.here, 1)
        buttons.addWidget(self.turn, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(row)
        column.addLayout(buttons)
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


RADIANS_PER_PIXEL = 1 / 240
IN_FLIGHT = 16
"""Pictures of the map that are asked for at a time; the next ones are chosen by what is in view then."""

ON_IT = 1e-3
"""How far from the surface, relative to its radius, a latent may be and still count as on it."""

SETTLE_MS = 500
OWNER = "map"
STRIDES = (8, 4, 2, 1)

Tile = tuple[int, int, int]
"""Column, row, and how many tiles squared it stands for until finer ones come."""


class MapWalk(QObject):
    """Keeps one surface for the hand on the canvas and for the map, and fills the map in.

    Parameters
    ----------
    session, worker, vectors
        What is moved, who draws, who knows the places.
    canvas, walk, panel
        Where the hand is: the picture, the walk's controls, the map.
    source
        Where directions come from; unpredictable when None.
    """

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        vectors: Vectors,
        canvas: Canvas,
        walk: WalkPanel,
        panel: MapPanel,
        source: random.Random | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._vectors = vectors
        self._panel = panel
        self._source = source or random.SystemRandom()
        self._directions = self._three_seeds()
        self._surface: Surface | None = None
        self._seed = 0
        self._place = (0.0, 0.0)
        self._dragging = False
        self._look: tuple[object, ...] = ()
        self._todo: list[Tile] = []
        self._sorted = False
        self._asked: dict[Recipe, Tile] = {}
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._on_settled)
        canvas.walk_started.connect(self._on_drag_started)
        canvas.walked.connect(self._on_dragged)
        canvas.walk_finished.connect(self._on_drag_finished)
        walk.hand_asked.connect(canvas.set_walking)
        walk.turn_asked.connect(self._on_turn)
        panel.laid.connect(self._on_laid)
        panel.shown.connect(self._on_shown)
        panel.view.travelled.connect(self._on_travelled)
        panel.view.looked.connect(self._on_looked)
        worker.thumbnail_rendered.connect(self._on_thumbnail)
        session.recipe_changed.connect(self._on_recipe_changed)
        session.model_changed.connect(self._on_model_changed)

    @property
    def surface(self) -> Surface | None:
        """The surface in use, None before the first."""
        return self._surface

    # --- the surface -----------------------------------------------------------------------------

    def _three_seeds(self) -> list[Latent]:
        return [Latent(self._source.randrange(DICE_LIMIT)) for _ in range(3)]

    def lay(self, *, turn: bool = False) -> None:
        """Lay the surface through the picture on the desk; `turn` chooses other directions first."""
        if turn:
            self._directions = self._three_seeds()
        latent = self._session.fitted.latent
        self._seed = latent.seed
        self._vectors.when_known([latent, *self._directions], self._on_points)

    def _on_points(self, space: Space, points: list[Vector]) -> None:
        self._surface = Surface.through(space, points[0], points[1:])
        self._place = (0.0, 0.0)
        self._panel.view.clear()
        self._fill()
        self._mark()

    def _go_to(self, place: tuple[float, float], label: str) -> None:
        assert self._surface is not None
        self._place = place
        latent = self._surface.space.latent(self._surface.at(*place), self._seed)
        self._session.edit(replace(self._session.recipe, latent=latent), label)

    # --- the hand on the canvas ------------------------------------------------------------------

    def _on_drag_started(self) -> None:
        """Walk on from where the desk is: on the surface, else on a new one through it."""
        self._session.begin_drag()
        self._dragging = True
        self._vectors.when_known([self._session.fitted.latent], self._take_hold)

    def _take_hold(self, _space: Space, points: list[Vector]) -> None:
        if self._surface is not None and self._is_on(points[0]):
            self._place = self._surface.find(points[0])
        else:
            self._surface = None
            self.lay()

    def _is_on(self, vector: Vector) -> bool:
        assert self._surface is not None
        nearest = self._surface.at(*self._surface.find(vector))
        return float(np.linalg.norm(nearest - vector)) < ON_IT * self._surface.radius

    def _on_dragged(self, across: float, down: float) -> None:
        if self._surface is not None and self._dragging:
            x, y = self._place
            self._go_to(
                (x + across * RADIANS_PER_PIXEL, y + down * RADIANS_PER_PIXEL), "walk by hand"
            )

    def _on_drag_finished(self) -> None:
        self._dragging = False
        self._session.end_drag()

    def _on_turn(self) -> None:
        self.lay(turn=True)

    # --- the map ---------------------------------------------------------------------------------

    def _on_laid(self, turn: bool) -> None:
        self.lay(turn=turn)

    def _on_shown(self, shown: bool) -> None:
        if shown and self._surface is None:
            self.lay()
        elif shown:
            self._ask_for_more()
            self._mark()
        else:
            self._worker.request_thumbnails(OWNER, ())
            self._todo += self._asked.values()
            self._asked.clear()
            self._sorted = False

    def _on_travelled(self, x: float, y: float) -> None:
        if self._surface is not None:
            self._go_to((x, y), "travel on the map")

    def _fill(self) -> None:
        """Begin to fill the map in, coarse tiles first."""
        self._look = self._look_now()
        self._asked.clear()
        self._todo = list(_tiles())
        self._sorted = False
        self._panel.show_progress(0, TILES * TILES)
        self._ask_for_more()

    def _ask_for_more(self) -> None:
        """The next few tiles: the coarsest that are missing, those nearest to the view first."""
        if self._surface is None or self._asked or not self._todo or not self._panel.isVisible():
            return
        if not self._sorted:
            self._sort()
        batch, self._todo = self._todo[-IN_FLIGHT:], self._todo[:-IN_FLIGHT]
        batch.reverse()
        self._asked = {self._recipe_of(tile): tile for tile in batch}
        self._worker.request_thumbnails(OWNER, self._asked, TILE)

    def _sort(self) -> None:
        """The most wanted last, where they are taken from."""
        far = self._panel.view.in_view_first
        self._todo.sort(key=lambda tile: (tile[2], -far(tile[0], tile[1])))
        self._sorted = True

    def _on_looked(self) -> None:
        self._sorted = False

    def _recipe_of(self, tile: Tile) -> Recipe:
        """What a tile shows: its latent, with what the desk says of truncation and classes."""
        assert self._surface is not None
        vector = self._surface.at(*tile_place(tile[0], tile[1]))
        fitted = self._session.fitted
        return Recipe(
            latent=self._surface.space.latent(vector, self._seed),
            psi=fitted.psi,
            psi_at=fitted.psi_at,
            centre=fitted.centre,
            cutoff=fitted.cutoff,
            threshold=fitted.threshold,
            classes=fitted.classes,
            classes_at=fitted.classes_at,
            noise=Noise(fitted.noise.mode, 0, fitted.noise.strength),
        )

    def _look_now(self) -> tuple[object, ...]:
        fitted = self._session.fitted
        return (
            fitted.psi, fitted.psi_at, fitted.centre, fitted.cutoff, fitted.threshold, fitted.classes,
            fitted.classes_at, fitted.noise.mode, fitted.noise.strength,
        )  # fmt: skip

    def _on_thumbnail(self, owner: str, recipe: Recipe, pixels: NDArray[np.uint8]) -> None:
        tile = self._asked.pop(recipe, None) if owner == OWNER else None
        if tile is None:
            return
        column, row, stride = tile
        self._panel.view.show_tile(column, row, stride, pixels)
        if not self._asked:
            self._panel.show_progress(TILES * TILES - len(self._todo), TILES * TILES)
            self._ask_for_more()

    def _on_recipe_changed(self) -> None:
        self._mark()
        if self._surface is not None and self._look_now() != self._look:
            self._settle.start()

    def _on_settled(self) -> None:
        """Fill in anew with another psi or class, once the hand has let go of it."""
        if self._surface is not None and self._look_now() != self._look:
            self._worker.request_thumbnails(OWNER, ())
            self._fill()

    def _mark(self) -> None:
        """Show on the map where the desk is."""
        if self._surface is not None and self._panel.isVisible():
            self._vectors.when_known([self._session.fitted.latent], self._on_place_known)

    def _on_place_known(self, _space: Space, points: list[Vector]) -> None:
        if self._surface is not None:
            place = self._surface.find(points[0])
            self._panel.view.show_here(place, on_it=self._is_on(points[0]))

    def _on_model_changed(self) -> None:
        """Another model has another latent space."""
        self._surface = None
        self._todo, self._asked = [], {}
        self._panel.view.clear()
        self._panel.set_available()
        if self._panel.isVisible():
            self.lay()


def _tiles() -> Iterator[Tile]:
    """Every tile once, each with the coarsest stride it stands at."""
    for row in range(TILES):
        for column in range(TILES):
            stride = next(s for s in STRIDES if row % s == 0 and column % s == 0)
            yield column, row, stride


# The XY pad: travel between four saved places with one hand.

ALL = "all scales"


class PadPanel(QFrame):
    """The pad, and which scales it moves.

    `filled` asks for four new places by the dice.
    """

    filled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Pad")
        self.pad = XYPad(
            "Pad between four places",
            "Drag to travel between the corners; click a corner, or press 1 to 4, to put the place"
            " on the desk there, or drop a seed, a favourite or a saved PNG on it.",
        )
        set_controls(self.pad, "pad.x", "pad.y")
        self.first = self._choice("From", "The coarsest scale that the pad moves.")
        self.last = self._choice("to", "The finest scale that the pad moves.")
        self.dice = WordButton("Fill", "Put a random place into every corner that is still empty.")
        self.dice.clicked.connect(self.filled)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(section_title("PAD", "Between four places, blended in W (in Z without a W)."))
        top.addStretch(1)
        for label, box in (("from", self.first), ("to", self.last)):
            word = Label(label)
            word.setFont(style.font("small"))
            style.set_tone(word, "muted")
            top.addWidget(word)
            top.addWidget(box)
        top.addWidget(self.dice)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.pad, 1)
        self.set_capabilities(None)

    def _choice(self, name: str, tooltip: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(f"{name} scale")
        box.setFont(style.font("small"))
        style.set_tip(box, tooltip)
        return box

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer this model's scales; None when no model is open."""
        sides = () if can is None else can.resolutions
        for box, at in ((self.first, 0), (self.last, len(sides) - 1)):
            box.clear()
            box.addItems([f"{side} px" for side in sides])
            box.setCurrentIndex(at)
            box.setEnabled(can is not None and can.has_mixing)
        self.dice.set_available(NO_MODEL if can is None else "")

    def resolutions(self, can: Capabilities) -> tuple[int, ...] | None:
        """The scales the pad moves; None for all."""
        low, high = sorted((self.first.currentIndex(), self.last.currentIndex()))
        if not can.has_mixing or (low <= 0 and high >= len(can.resolutions) - 1):
            return None
        return can.resolutions[low : high + 1]


PAD_OWNER = "pad"


class PadBlend(QObject):
    """Keeps the four places of the pad, and travels between them.

    Parameters
    ----------
    session, worker, vectors, tasks, panel
        What is moved, who draws, who knows the places, who reads files, and the pad.
    locked
        Tells the resolutions whose strips keep their style.
    """

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        vectors: Vectors,
        tasks: BackgroundTasks,
        panel: PadPanel,
        locked: Callable[[], Collection[int]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._vectors = vectors
        self._tasks = tasks
        self._panel = panel
        self._locked = locked
        self._corners: list[Latent | None] = [None] * 4
        self._asked: dict[Recipe, int] = {}
        self._place: tuple[float, float] = (0.5, 0.5)
        panel.filled.connect(self.fill)
        panel.pad.corner_pressed.connect(self._on_corner)
        panel.pad.dropped.connect(self._on_dropped)
        panel.pad.drag_started.connect(session.begin_drag)
        panel.pad.drag_finished.connect(session.end_drag)
        panel.pad.moved.connect(self.move_to)
        worker.thumbnail_rendered.connect(self._on_thumbnail)
        session.model_changed.connect(self._on_model_changed)

    @property
    def corners(self) -> tuple[Latent | None, ...]:
        """The four places, top left first."""
        return tuple(self._corners)

    def set_corner(self, corner: int, latent: Latent) -> None:
        """Put a place into a corner."""
        self._corners[corner] = latent
        self._panel.pad.show_corner(corner, None)
        self._panel.pad.set_usable(None not in self._corners)
        self._draw_corners()

    def fill(self) -> None:
        """Put random places into the corners that are empty."""
        for corner, known in enumerate(self._corners):
            if known is None:
                self.set_corner(corner, Latent(thrown()))

    def move_to(self, x: float, y: float) -> None:
        """Travel to a place between the corners, once their vectors are known."""
        known = [latent for latent in self._corners if latent is not None]
        self._place = (x, y)
        if len(known) == 4:
            self._vectors.when_known(known, self._on_known)

    def _on_known(self, space: Space, vectors: list[Vector]) -> None:
        can = self._session.capabilities
        if can is None:
            return
        vector = blend(space, vectors, corner_weights(*self._place))
        recipe = self._session.recipe
        latent = space.latent(vector, recipe.latent.seed)
        sides = self._panel.resolutions(can)
        free = None if sides is None else [side for side in sides if side not in self._locked()]
        moved = travel(recipe, latent, free)
        self._session.edit(moved, "travel on the pad")

    def _on_corner(self, corner: int) -> None:
        self.set_corner(corner, self._session.fitted.latent)

    def _on_dropped(self, corner: int, found: int | Path) -> None:
        if isinstance(found, int):
            self.set_corner(corner, Latent(found))
        else:
            self._tasks.start(partial(_latent_in, found), partial(self.set_corner, corner))

    def _draw_corners(self) -> None:
        missing = {}
        for corner, latent in enumerate(self._corners):
            if latent is not None and not self._panel.pad.has_corner(corner):
                fitted = self._session.fitted
                missing[Recipe(latent=latent, psi=fitted.psi, classes=fitted.classes)] = corner
        self._asked.update(missing)
        self._worker.request_thumbnails(PAD_OWNER, list(self._asked))

    def _on_thumbnail(self, owner: str, recipe: Recipe, pixels: NDArray[np.uint8]) -> None:
        if owner != PAD_OWNER or self._asked.pop(recipe, None) is None:
            return
        for corner, latent in enumerate(self._corners):
            if latent == recipe.latent:
                self._panel.pad.show_corner(corner, pixels)

    def _on_model_changed(self) -> None:
        """The seeds still mean something to another model; their pictures are made anew."""
        can = self._session.capabilities
        self._panel.set_capabilities(can)
        self._asked.clear()
        for corner, latent in enumerate(self._corners):
            if latent is not None and can is not None:
                self._corners[corner] = fit(Recipe(latent=latent), can).latent
            self._panel.pad.show_corner(corner, None)
        self._draw_corners()


def _latent_in(path: Path) -> Latent:
    """The latent of a picture saved by ganlab; the decoder is loaded with the first one."""
    from ganlab_core.export import read_png

    return read_png(path).recipe.latent
