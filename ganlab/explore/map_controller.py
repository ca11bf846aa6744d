"""A surface through the latent space: walked by dragging the picture, and shown as a map."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from ganlab.controls.canvas import Canvas
from ganlab.controls.seed_box import DICE_LIMIT
from ganlab.engine.render_worker import RenderWorker
from ganlab.explore.latent_vectors import Vectors
from ganlab.explore.map_panel import TILE, TILES, MapPanel, tile_place
from ganlab.explore.walk_panel import WalkPanel
from ganlab.session import Session
from ganlab_core.recipe import Latent, Noise, Recipe, Space, Surface, Vector

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
