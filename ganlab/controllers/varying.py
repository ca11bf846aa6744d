"""Variations: pictures around the one on the desk, each an ordinary Recipe."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from ganlab.controllers.gestures import DICE_LIMIT
from ganlab.controllers.moves import GROUPS, group_of, with_styles
from ganlab.controllers.vectors import Vectors
from ganlab.panels.variations import VariationsPanel
from ganlab.session import Session
from ganlab.workers.render_worker import RenderWorker
from ganlab_core.recipe import Latent, Mix, Recipe
from ganlab_core.wandering import Space, Vector, blend, mutate

OWNER = "variations"
SETTLE_MS = 150


class Varier(QObject):
    """Fills the sheet, and travels to the picture that is chosen.

    Parameters
    ----------
    session, worker, vectors, panel
        Whose Recipe is varied, who draws, who knows the places, and where the sheet is.
    locked
        Tells the resolutions whose strips keep their style.
    source
        Where the variations come from; unpredictable when None.
    """

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        vectors: Vectors,
        panel: VariationsPanel,
        locked: Callable[[], Collection[int]],
        source: random.Random | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._vectors = vectors
        self._panel = panel
        self._locked = locked
        self._source = source or random.SystemRandom()
        self._throw = self._source.randrange(DICE_LIMIT)
        self._base = Recipe()
        self._recipes: list[Recipe] = []
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.fill)
        panel.changed.connect(self._on_changed)
        panel.diced.connect(self._on_diced)
        panel.chosen.connect(self._on_chosen)
        panel.shown.connect(self._on_shown)
        worker.sketched.connect(self._on_sketched)
        session.recipe_changed.connect(self._on_changed)
        session.model_changed.connect(self._on_model_changed)

    @property
    def recipes(self) -> list[Recipe]:
        """The Recipes of the sheet, row by row; the desk's own in the middle."""
        return self._recipes

    def fill(self) -> None:
        """Make the sheet of what is on the desk now."""
        can = self._session.capabilities
        if can is None or not self._panel.isVisible():
            return
        self._base = self._session.fitted
        sources = [self._base.latent, *(mix.latent for _, mix in self._base.mix_at)]
        count = self._panel.side**2
        throws = np.random.default_rng(self._throw).integers(0, 2**32, (count, len(GROUPS)))
        others = [Latent(int(seed)) for seed in throws.flatten()]
        self._vectors.when_known([*sources, *others], self._on_known)

    def _on_known(self, space: Space, vectors: list[Vector]) -> None:
        count = self._panel.side**2
        sources = [self._base.latent, *(mix.latent for _, mix in self._base.mix_at)]
        if len(vectors) != len(sources) + count * len(GROUPS):
            return  # the size of the sheet has changed meanwhile
        known = dict(zip(sources, vectors, strict=False))
        others = vectors[len(sources) :]
        self._recipes = [
            self._base
            if index == count // 2
            else self._variation(space, known, others[3 * index : 3 * index + 3])
            for index in range(count)
        ]
        self._panel.show_empty()
        self._worker.request_sketches(OWNER, self._recipes)

    def _variation(self, space: Space, known: dict[Latent, Vector], others: list[Vector]) -> Recipe:
        """The desk's Recipe with each scale's style moved by its group's reach."""
        can, base = self._session.capabilities, self._base
        assert can is not None
        throws = dict(zip(GROUPS, others, strict=True))

        @functools.cache
        def moved(mix: Mix | None, group: str) -> Latent:
            """One latent for all the scales that share it, which keeps the Recipe small."""
            own, radius = known[base.latent], self._panel.radius(group)
            if mix is not None:
                own = blend(space, [own, known[mix.latent]], (1 - mix.amount, mix.amount))
            varied = own if radius == 0 else mutate(space, own, throws[group], radius)
            return space.latent(varied, base.latent.seed)

        master = moved(None, "coarse")
        if not can.has_mixing:
            return replace(base, latent=master)
        mixes, locked = dict(base.mix_at), self._locked()
        styles = {
            side: moved(mixes.get(side), group_of(side))
            for side in can.resolutions
            if side not in locked
        }
        return with_styles(base, master, styles)

    def _on_chosen(self, index: int) -> None:
        if index < len(self._recipes):
            chosen = self._recipes[index]
            if chosen != self._base:
                self._throw = self._source.randrange(DICE_LIMIT)
                self._session.edit(chosen, "variation")

    def _on_sketched(self, owner: str, recipe: Recipe, pixels: NDArray[np.uint8]) -> None:
        if owner != OWNER:
            return
        for index, own in enumerate(self._recipes):
            if own == recipe:
                self._panel.grid.show_picture(index, pixels)

    def _on_changed(self) -> None:
        if self._panel.isVisible():
            self._settle.start()

    def _on_diced(self) -> None:
        self._throw = self._source.randrange(DICE_LIMIT)
        self.fill()

    def _on_shown(self, shown: bool) -> None:
        if shown:
            self._settle.start()
        else:
            self._worker.request_sketches(OWNER, ())

    def _on_model_changed(self) -> None:
        self._panel.set_capabilities(self._session.capabilities)
        self._on_changed()
