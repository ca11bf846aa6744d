"""The vectors behind latents, asked of the render thread once and then known."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QObject

from ganlab.session import Session
from ganlab.workers.render_loop import VectorsFound
from ganlab.workers.render_worker import RenderWorker
from ganlab_core.recipe import Classes, Latent
from ganlab_core.wandering import Space, Vector

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
