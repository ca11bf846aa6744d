"""Wandering: the latent walks by itself, at a speed in pictures per second."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject

from ganlab.controllers.gestures import DICE_LIMIT
from ganlab.controllers.motion import Motion
from ganlab.controllers.vectors import Vectors
from ganlab.panels.walk import WalkPanel
from ganlab.session import Session
from ganlab.workers.render_worker import RenderWorker
from ganlab_core.recipe import Latent
from ganlab_core.wandering import Space, Vector, along

AHEAD = 6
"""How many pictures an endless walk knows in advance."""


class Walker(QObject):
    """Walks the session's latent along a smooth way through seeds.

    Whatever moves the latent otherwise ends the walk.

    Parameters
    ----------
    session, worker, vectors
        What is walked, who draws it, and who knows the places.
    panel
        The controls.
    source
        Where the seeds come from; unpredictable when None.
    clock
        Tells the time in seconds.
    """

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        vectors: Vectors,
        panel: WalkPanel,
        source: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._vectors = vectors
        self._panel = panel
        self._source = source or random.SystemRandom()
        self._space: Space | None = None
        self._points: list[Vector] = []
        self._closed = True
        self._walking = self._asking = False
        self._place = 0.0
        self._latent = Latent()
        self.motion = Motion(session, worker, self.tick, clock, parent=self)
        panel.walk_asked.connect(self.set_walking)
        session.recipe_changed.connect(self._on_recipe_changed)
        session.model_changed.connect(self.stop)

    @property
    def walking(self) -> bool:
        """Whether a walk is under way."""
        return self._walking

    def toggle(self) -> None:
        """Begin a walk from what is on the desk, or stop it."""
        self.set_walking(not self._walking)

    def set_walking(self, on: bool) -> None:
        """Begin or stop."""
        if on and not self._walking:
            self._start()
        elif not on:
            self.stop()

    def stop(self) -> None:
        """Stay where the walk is."""
        self._walking = False
        self.motion.stop()
        self._panel.show_walking(False)

    def _start(self) -> None:
        self._closed = self._panel.returns.isChecked()
        self._latent = self._session.fitted.latent
        self._walking, self._place = True, 0.0
        self._points = []
        self.motion.begin()
        self._panel.show_walking(True)
        count = round(self._panel.places.value) if self._closed else AHEAD
        self._ask([self._latent, *self._seeds(count - 1)])

    def _seeds(self, count: int) -> list[Latent]:
        return [Latent(self._source.randrange(DICE_LIMIT)) for _ in range(count)]

    def _ask(self, latents: list[Latent]) -> None:
        self._asking = True
        self._vectors.when_known(latents, self._on_known)

    def _on_known(self, space: Space, vectors: list[Vector]) -> None:
        self._asking = False
        if not self._walking:
            return
        self._space = space
        if not self._points:
            self.motion.start()
        self._points += vectors

    def tick(self) -> None:
        """Go on to where the walk is by now."""
        self._place += self._panel.speed.value * self.motion.passed()
        if not self._closed:
            self._look_ahead()
        if self.motion.due():
            self._step()

    def _look_ahead(self) -> None:
        """Know the next pictures of an endless walk in time; it waits at the last until they come."""
        last = len(self._points) - 2
        if self._place > last - AHEAD / 2 and not self._asking:
            self._ask(self._seeds(AHEAD))
        self._place = min(max(self._place, 0.0), float(last))

    def _step(self) -> None:
        assert self._space is not None
        vector = along(self._space, self._point, self._place)
        recipe = self._session.recipe
        self._latent = self._space.latent(vector, recipe.latent.seed)
        self.motion.move(replace(recipe, latent=self._latent), "wander")

    def _point(self, index: int) -> Vector:
        if self._closed:
            return self._points[index % len(self._points)]
        return self._points[min(max(index, 0), len(self._points) - 1)]

    def _on_recipe_changed(self) -> None:
        if self._walking and self._session.recipe.latent != self._latent:
            self.stop()
