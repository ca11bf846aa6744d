"""`pytest --delay-threads SEED`: random waits wherever the window and its threads hand something over.

A test whose outcome hangs on which thread is first fails with some seeds and passes with others. The
waits change nothing else; a few seeds over tests/gui show whether a new test waits for the right thing.
"""

from __future__ import annotations

import functools
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

WAITS = (0.0, 0.0, 0.0, 0.002, 0.02, 0.1)
"""Seconds; the idle times that tests give their workers lie between."""

MOST = 10.0
"""Seconds that one test is delayed in all: some make thousands of pictures."""


class ThreadDelays:
    """Wraps functions so that they wait a moment before, and some after, what they do.

    By the seed it is the window's thread that is slow, or the others, or all of them.
    """

    def __init__(self, seed: str, patch: pytest.MonkeyPatch) -> None:
        self._random = random.Random(seed)
        self._left = MOST
        self._slow = self._random.choice(("window", "workers", "both"))
        self._lock = threading.Lock()
        self._patch = patch

    def before(self, owner: type, *names: str) -> None:
        """Wait before each call of these methods."""
        for name in names:
            self._wrap(owner, name, after=False)

    def around(self, owner: type, *names: str) -> None:
        """Wait before and after each call of these methods."""
        for name in names:
            self._wrap(owner, name, after=True)

    def _wrap(self, owner: type, name: str, *, after: bool) -> None:
        whole: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(whole)
        def delayed(*arguments: Any, **words: Any) -> Any:
            self._wait()
            answer = whole(*arguments, **words)
            if after:
                self._wait()
            return answer

        self._patch.setattr(owner, name, delayed)

    def _wait(self) -> None:
        here = "window" if threading.current_thread() is threading.main_thread() else "workers"
        if self._slow not in (here, "both"):
            return
        with self._lock:
            seconds = min(self._left, self._random.choice(WAITS))
            self._left -= seconds
        time.sleep(seconds)


def delay_the_window(seed: str, patch: pytest.MonkeyPatch) -> None:
    """Delay the render thread, its mailbox, and every piece of work on a pool."""
    from ganlab.engine.background_tasks import _Work
    from ganlab.engine.launcher import _Survey
    from ganlab.engine.render_worker import Mailbox, RenderLoop, RenderWorker

    delays = ThreadDelays(seed, patch)
    delays.before(Mailbox, "put", "poll", "take_between")
    delays.around(Mailbox, "take")
    delays.around(RenderWorker, "request", "request_thumbnails", "request_vectors", "look")
    delays.around(RenderLoop, "_done", "_load", "_fit_probes", "_add_previews")
    delays.around(_Work, "do")
    delays.around(_Survey, "run")
