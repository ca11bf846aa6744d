"""The vectors behind latents, asked of the render thread once and then known."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject

from ganlab.engine import RenderWorker, VectorsFound
from ganlab.session import Session
from ganlab_core.recipe import Capabilities, Classes, Latent, Mix, Recipe, Space, Vector

KEPT = 512

Key = tuple[Latent, Classes, float | None]
Then = Callable[[Space, list[Vector]], None]


class Vectors(QObject):
    """Answers what the vectors of latents are, at once where they are known.

    Parameters
    ----------
    session
        Tells the model and the classes that take part in the mapping.
    worker
        Computes what is not known.
    """

    def __init__(
        self, session: Session, worker: RenderWorker, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._known: OrderedDict[Key, Vector] = OrderedDict()
        self._space: Space | None = None
        self._waiting: dict[str, Then] = {}
        self._asked = 0
        worker.vectors_found.connect(self._on_found)
        session.model_changed.connect(self._on_model_changed)

    def when_known(self, latents: Sequence[Latent], then: Then) -> None:
        """Call `then` with the space and the vectors: at once, or when the render thread has them.

        Without a model, or when another one comes first, it is never called.
        """
        if self._session.capabilities is None:
            return
        found = [self._find(latent) for latent in latents]
        known = [vector for vector in found if vector is not None]
        if self._space is not None and len(known) == len(found):
            then(self._space, known)
            return
        self._asked += 1
        owner = f"vectors {self._asked}"
        self._waiting[owner] = then
        recipe = self._session.fitted
        self._worker.request_vectors(owner, latents, recipe.classes, recipe.threshold)

    def _find(self, latent: Latent) -> Vector | None:
        if self._space is not None and latent.vector and latent.space == self._space.name:
            if len(latent.vector) == self._space.centre.size:
                return np.array(latent.vector, np.float64)
            return None
        recipe = self._session.fitted
        return self._known.get((latent, recipe.classes, recipe.threshold))

    def _on_found(self, found: VectorsFound) -> None:
        can, asked = self._session.capabilities, found.asked
        then = self._waiting.pop(asked.owner, None)
        if can is None or then is None:
            return
        self._space = Space("w" if can.has_w else "z", found.centre.astype(np.float64))
        vectors = [row.astype(np.float64) for row in found.vectors]
        for latent, vector in zip(asked.latents, vectors, strict=True):
            self._known[latent, asked.classes, asked.threshold] = vector
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        then(self._space, vectors)

    def _on_model_changed(self) -> None:
        self._known.clear()
        self._waiting.clear()
        self._space = None


# What exploring does to a Recipe: pure functions on places, strips and groups of strips.

GROUPS = ("coarse", "middle", "fine")
"""How StyleGAN's paper calls 4 to 8, 16 to 32, and 64 px upwards (Karras et al. 2019, sec. 3.1)."""


def group_of(resolution: int) -> str:
    """Which of the three groups a resolution belongs to."""
    return "coarse" if resolution <= 8 else "middle" if resolution <= 32 else "fine"


def resolutions_of(group: str, can: Capabilities) -> tuple[int, ...]:
    """The resolutions of a group that this model has."""
    return tuple(side for side in can.resolutions if group_of(side) == group)


def travel(recipe: Recipe, latent: Latent, resolutions: Iterable[int] | None = None) -> Recipe:
    """Put a latent everywhere, or with resolutions mix it fully in at these alone."""
    if resolutions is None:
        return replace(recipe, latent=latent)
    for resolution in resolutions:
        recipe = recipe.with_mix_at(resolution, Mix(latent))
    return recipe


def with_styles(recipe: Recipe, master: Latent, styles: Mapping[int, Latent]) -> Recipe:
    """A master latent and for some resolutions one of their own; equal ones follow the master."""
    recipe = replace(recipe, latent=master)
    for resolution, latent in styles.items():
        mix = None if latent == master else Mix(latent)
        recipe = recipe.with_mix_at(resolution, mix)
    return recipe


def pin(recipe: Recipe, resolution: int, latent: Latent) -> Recipe:
    """Let a strip keep this style whatever happens to the master."""
    return recipe.with_mix_at(resolution, Mix(latent))


def is_pinned(recipe: Recipe, resolution: int, by: Mix | None) -> bool:
    """Whether a strip still shows the very style it was pinned to."""
    return by is not None and dict(recipe.mix_at).get(resolution) == by
