"""Small pieces of work with files, done beside the window's thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from ganlab.engine.threads import CLOSING_MS, end, lane, leave, tell

T = TypeVar("T")

STUCK = 3.0
"""Seconds after which a piece of work no longer keeps others waiting: its disk may never answer."""


class BackgroundTasks(QObject):
    """Does one piece of work after the other on another thread; one that hangs goes on beside them.

    Signals
    -------
    failed(Exception)
        A piece of work raised this.
    """

    failed = Signal(object)
    _done = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = lane()
        self._waiting: list[_Work] = []
        self._ended = False
        self._watch = QTimer(self, interval=round(1000 * STUCK / 4))
        self._watch.timeout.connect(self._on_watch)
        self._done.connect(self._on_done)

    def start(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        """Run `work` on the other thread, then `then` with its result on this object's thread.

        After `finish` nothing is started any more: what comes back then may no longer lead to more.
        """
        if self._ended:
            return
        one = _Work(work, then)
        self._waiting = [other for other in self._waiting if not other.is_over]
        self._waiting.append(one)
        self._begin(one)
        self._watch.start()

    def finish(self, milliseconds: int = CLOSING_MS) -> None:
        """Wait for everything that was started, but not for ever; nothing is started or told after."""
        self._ended = True
        self._watch.stop()
        end(self._pool, milliseconds)

    def _begin(self, one: _Work) -> None:
        # Not as a QRunnable: the pool now and then keeps one for ever that is done before `start` returns.
        self._pool.start(partial(one.do, self._done.emit, self.failed.emit))

    def _on_watch(self) -> None:
        """Let the others go on, on a thread of their own, where the first one hangs."""
        self._waiting = [one for one in self._waiting if not one.is_over]
        if not self._waiting:
            self._watch.stop()
        elif len(self._waiting) > 1 and self._waiting[0].seconds > STUCK:
            self._pool = leave(self._pool)
            del self._waiting[0]
            for one in self._waiting:
                self._begin(one)

    def _on_done(self, then: Callable[[object], None], result: object) -> None:
        if not self._ended:  # what would make use of it has stopped by now
            then(result)


class _Work:
    """What is to be done, once, and since when it is."""

    def __init__(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        self.work = work
        self.then = then
        self.is_over = False
        self._began: float | None = None
        self._once = threading.Lock()

    @property
    def seconds(self) -> float:
        """How long it has been under way; 0 while it waits."""
        return 0.0 if self._began is None else time.monotonic() - self._began

    def do(
        self, tell_result: Callable[[object, object], None], tell_error: Callable[[Exception], None]
    ) -> None:
        """Do it where nobody else has; its result or error goes out through a signal."""
        if not self._claim():
            return
        try:
            result = self.work()
        except Exception as error:  # noqa: BLE001 - the thread's edge
            tell(tell_error, error)
        else:
            tell(tell_result, self.then, result)
        finally:
            self.is_over = True

    def _claim(self) -> bool:
        """Whether it is the caller's to do: it may have been given to two threads."""
        if not self._once.acquire(blocking=False):
            return False
        self._began = time.monotonic()
        return True


# One piece of reading at a time on a thread that can be left behind.

CLOSING_SECONDS = 1.0
"""How long a closing window waits for a piece of reading; what still reads then is left behind."""


class Background(QObject):
    """Does work on another thread, one piece at a time, and never makes the window wait for it.

    A thread that waits in the system, for a disk on the network that is gone say, cannot be ended.
    It is left behind then: it ends with the process at the latest, and what it finds is not told.

    Signals
    -------
    done(subject, result)
        A piece of work that was not left behind is done; the result is the exception it raised.
    """

    done = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._piece: _Piece | None = None
        self._left: list[_Piece] = []

    @property
    def is_busy(self) -> bool:
        """Whether work is under way or not yet told."""
        return self._piece is not None

    def start(self, subject: object, work: Callable[[], object]) -> None:
        """Begin a piece of work, and leave behind the one that is under way."""
        self.leave()
        self._piece = piece = _Piece(subject, work)
        piece.told.connect(self._on_news)
        piece.runner.start()

    def leave(self) -> None:
        """Let what is under way come to nothing; returns at once."""
        self._left = [piece for piece in self._left if piece.runner.is_alive()]
        if self._piece is not None:
            self._left.append(self._piece)
        self._piece = None

    def wait(self, seconds: float | None = None) -> None:
        """Wait so long at most for every piece, else as long as a window that closes does.

        What one that was not left behind has found is told by the event loop.
        """
        until = time.monotonic() + (CLOSING_SECONDS if seconds is None else seconds)
        for piece in (*self._left, *([self._piece] if self._piece else [])):
            piece.runner.join(max(0.0, until - time.monotonic()))

    def _on_news(self, piece: _Piece, result: object) -> None:
        if piece is self._piece:
            self._piece = None
            piece.runner.join(CLOSING_SECONDS)  # it has nothing left to do
            self.done.emit(piece.subject, result)


class _Piece(QObject):
    """A piece of work; belongs to its thread as well, so that it is there as long as that runs."""

    told = Signal(object, object)

    def __init__(self, subject: object, work: Callable[[], object]) -> None:
        super().__init__()
        self.subject = subject
        self._work = work
        self.runner = threading.Thread(target=self._run, name="run-reader", daemon=True)

    def _run(self) -> None:
        try:
            result = self._work()
        except Exception as error:  # noqa: BLE001 - the thread's edge
            result = error
        self.told.emit(self, result)
