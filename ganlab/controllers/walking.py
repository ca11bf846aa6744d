"""Wandering: the latent walks by itself, at a speed in pictures per second."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer

from ganlab.controllers.gestures import DICE_LIMIT
from ganlab.controllers.vectors import Vectors
from ganlab.panels.walk import WalkPanel
from ganlab.session import Session
from ganlab.workers.render_worker import RenderWorker
from ganlab_core.recipe import Latent
from ganlab_core.wandering import Space, Vector, along

TICK_MS = 16
WAIT_FOR_FRAME = 0.5
"""Seconds after which the walk goes on though the last picture has not come."""

AHEAD = 6
"""How many pictures an endless walk knows in advance."""


class Walker(QObject):
    """Walks the session's latent along a smooth way through seeds.

    Its place depends on the time and the speed alone: a slow machine shows fewer pictures of the same
    walk. All of a walk is one step of the history; whatever moves the latent otherwise ends it.

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
        self._clock = clock
        self._space: Space | None = None
        self._points: list[Vector] = []
        self._closed = True
        self._walking = self._begun = self._asking = False
        self._place = self._then = self._waits_since = 0.0
        self._latent = Latent()
        self._shown = True
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self.tick)
        panel.walk_asked.connect(self.set_walking)
        worker.rendered.connect(self._on_rendered)
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
        self._timer.stop()
        self._panel.show_walking(False)

    def _start(self) -> None:
        self._closed = self._panel.returns.isChecked()
        self._latent = self._session.fitted.latent
        self._walking, self._begun, self._place = True, False, 0.0
        self._points = []
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
            self._then = self._clock()
            self._shown = True
            self._timer.start()
        self._points += vectors

    def tick(self) -> None:
        """Go on to where the walk is by now; at most one picture is under way."""
        now = self._clock()
        self._place += self._panel.speed.value * (now - self._then)
        self._then = now
        if not self._closed:
            self._look_ahead()
        if self._shown or now - self._waits_since > WAIT_FOR_FRAME:
            self._shown, self._waits_since = False, now
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
        moved = replace(recipe, latent=self._latent)
        if self._begun:
            self._session.drift(moved)
        else:
            self._begun = True
            self._session.end_drag()
            self._session.edit(moved, "wander")

    def _point(self, index: int) -> Vector:
        if self._closed:
            return self._points[index % len(self._points)]
        return self._points[min(max(index, 0), len(self._points) - 1)]

    def _on_rendered(self) -> None:
        self._shown = True

    def _on_recipe_changed(self) -> None:
        if self._walking and self._session.recipe.latent != self._latent:
            self.stop()
