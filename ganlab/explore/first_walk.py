"""The first minute: the picture moves by itself until it is touched, and nothing of that is history."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from ganlab.controls import DICE_LIMIT
from ganlab.engine import RenderWorker
from ganlab.explore.latent_vectors import Vectors
from ganlab.session import Session
from ganlab.window import MainWindow
from ganlab_core.recipe import Latent, Recipe, Space, Vector, along

TICK_MS = 33
SPEED = 0.16
"""Pictures passed a second: slow enough to look at each."""

LONGEST = 180.0
"""Seconds after which it rests where it is: nobody looks."""

PICTURES = 8
NO_DRAFTS = 3600.0
"""Seconds that a frame may take: nobody's hand waits, so that every picture is a whole one."""

TOUCHES = (QEvent.Type.MouseButtonPress, QEvent.Type.KeyPress, QEvent.Type.Wheel, QEvent.Type.Drop,
           QEvent.Type.TouchBegin, QEvent.Type.ShortcutOverride)  # fmt: skip
BADGE = "first walk"


class FirstWalk(QObject):
    """Shows a closed walk from the picture on the desk through seeds, without editing anything.

    It asks the worker for pictures and leaves the session alone. The first touch ends it; the picture
    that is seen then is where the history begins.

    Parameters
    ----------
    session, window, worker, vectors
        What is on the desk, where it is seen and touched, who draws, who knows the places.
    source, clock
        Where seeds come from, unpredictable when None; tells the time in seconds.
    """

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        worker: RenderWorker,
        vectors: Vectors,
        source: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._window = session, window
        self._worker, self._vectors = worker, vectors
        self._source = source or random.SystemRandom()
        self._clock = clock
        self._shown = True
        self._draft_time = worker.draft_time
        self._began = 0.0
        self._space: Space | None = None
        self._points: list[Vector] = []
        self._recipe = Recipe()
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self.tick)
        worker.rendered.connect(self._on_rendered)
        session.recipe_changed.connect(self._on_edited)
        session.model_changed.connect(self._on_edited)

    @property
    def running(self) -> bool:
        """Whether the picture moves."""
        return self._timer.isActive()

    def start(self) -> None:
        """Move as soon as the places are known; only from a desk that nobody has touched."""
        if self._session.history.count() or self._session.capabilities is None:
            return
        start = self._session.fitted.latent
        seeds = [Latent(self._source.randrange(DICE_LIMIT)) for _ in range(PICTURES - 1)]
        self._vectors.when_known([start, *seeds], self._on_known)

    def _on_known(self, space: Space, vectors: list[Vector]) -> None:
        if self._session.history.count():
            return
        self._space, self._points = space, vectors
        self._recipe = self._session.fitted
        self._began = self._clock()
        self._shown = True
        self._draft_time = self._worker.draft_time
        self._worker.set_draft_time(NO_DRAFTS)
        self._timer.start()
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)
        self._window.canvas.badges.show_badge(
            BADGE, "\N{BLACK CIRCLE} wandering \N{MIDDLE DOT} touch to stay",
            "The picture walks through the latent space until you touch anything.", self.stop,
        )  # fmt: skip

    def tick(self) -> None:
        """Ask for the picture of this moment; not while one is under way."""
        passed = self._clock() - self._began
        if passed > LONGEST:
            self.stop()
        elif self._shown and self._space is not None:
            self._shown = False
            vector = along(self._space, self._point, passed * SPEED)
            latent = self._space.latent(vector, self._recipe.latent.seed)
            self._recipe = replace(self._recipe, latent=latent)
            self._worker.request(self._recipe)

    def _point(self, index: int) -> Vector:
        return self._points[index % len(self._points)]

    def stop(self) -> None:
        """Stay; what is seen is where the history begins."""
        if not self.running:
            return
        self._end()
        self._session.begin_with(self._recipe)

    def _end(self) -> None:
        self._timer.stop()
        self._worker.set_draft_time(self._draft_time)
        self._window.canvas.badges.hide_badge(BADGE)
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The first touch of the window ends it, and then does what it does."""
        touch = event.type() in TOUCHES and isinstance(watched, QWidget)
        if touch and watched.window() is self._window:  # type: ignore[attr-defined]
            self.stop()
        return False

    def _on_rendered(self) -> None:
        self._shown = True

    def _on_edited(self) -> None:
        """Something else moved the desk: that counts."""
        if self.running:
            self._end()
