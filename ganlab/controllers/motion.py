"""A motion by itself: how time passes in it, and how it enters the history."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from ganlab.session import Session
from ganlab.workers.render_worker import RenderWorker
from ganlab_core.recipe import Recipe

TICK_MS = 16
WAIT_FOR_FRAME = 0.5
"""Seconds after which a motion goes on though its last picture has not come."""


class Motion(QObject):
    """What wandering and moving noise share.

    A motion's place depends on the time alone: a slow machine shows fewer pictures of the same way,
    because at most one is under way. All of a motion is one step of the history.

    Parameters
    ----------
    session, worker
        Whose Recipe moves, and who draws it.
    tick
        Called 60 times a second from `start` to `stop`.
    clock
        Tells the time in seconds.
    """

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        tick: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.begun = False
        """Whether it has moved the Recipe since `begin`."""
        self.timer = QTimer(self, interval=TICK_MS)
        self.timer.timeout.connect(tick)
        self._session = session
        self._clock = clock
        self._then = self._asked_at = 0.0
        self._shown = True
        worker.rendered.connect(self._on_rendered)

    def begin(self) -> None:
        """From here on, it is another step of the history."""
        self.begun = False

    def start(self) -> None:
        """Let time pass, from now."""
        self._then = self._clock()
        self._shown = True
        self.timer.start()

    def stop(self) -> None:
        """Let no more time pass."""
        self.timer.stop()

    def passed(self) -> float:
        """Seconds since it was last asked, or since the start."""
        before, self._then = self._then, self._clock()
        return self._then - before

    def due(self) -> bool:
        """Whether the last picture has come or is given up; then the next counts as asked for."""
        if not self._shown and self._then - self._asked_at <= WAIT_FOR_FRAME:
            return False
        self._shown, self._asked_at = False, self._then
        return True

    def move(self, recipe: Recipe, label: str) -> None:
        """Show the next Recipe: the first as a new step called `label`, the others within it."""
        if self.begun:
            self._session.drift(recipe)
            return
        self.begun = True
        self._session.end_drag()
        self._session.edit(recipe, label)

    def _on_rendered(self) -> None:
        self._shown = True
