"""The XY pad's hand: four places, and the way between them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from ganlab.controllers.moves import travel
from ganlab.controllers.vectors import Vectors
from ganlab.controls.seed_box import thrown
from ganlab.panels.pad import PadPanel
from ganlab.session import Session
from ganlab.workers.errands import Errands
from ganlab.workers.render_worker import RenderWorker
from ganlab_core.recipe import Latent, Recipe, fit
from ganlab_core.wandering import Space, Vector, blend, corner_weights

OWNER = "pad"


class Blender(QObject):
    """Keeps the four places of the pad, and travels between them.

    Parameters
    ----------
    session, worker, vectors, errands, panel
        What is moved, who draws, who knows the places, who reads files, and the pad.
    locked
        Tells the resolutions whose strips keep their style.
    """

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        vectors: Vectors,
        errands: Errands,
        panel: PadPanel,
        locked: Callable[[], Collection[int]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._vectors = vectors
        self._errands = errands
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
        worker.sketched.connect(self._on_sketched)
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
            self._errands.start(partial(_latent_in, found), partial(self.set_corner, corner))

    def _draw_corners(self) -> None:
        missing = {}
        for corner, latent in enumerate(self._corners):
            if latent is not None and not self._panel.pad.has_corner(corner):
                fitted = self._session.fitted
                missing[Recipe(latent=latent, psi=fitted.psi, classes=fitted.classes)] = corner
        self._asked.update(missing)
        self._worker.request_sketches(OWNER, list(self._asked))

    def _on_sketched(self, owner: str, recipe: Recipe, pixels: NDArray[np.uint8]) -> None:
        if owner != OWNER or self._asked.pop(recipe, None) is None:
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
    from ganlab_core.export.png import read_png

    return read_png(path).recipe.latent
