"""Threads that can be left behind when their work never ends, steps made on one, and garbage collected."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Callable, Generator

from PySide6.QtCore import QObject, QThread, QThreadPool, QTimer, Signal

CLOSING_MS = 5000
"""How long the end of the program waits for work that is under way."""

_LEFT: list[QThreadPool | QThread] = []
"""Not to be destroyed: Qt would wait for them, or abort."""


def lane() -> QThreadPool:
    """One thread."""
    pool = QThreadPool()
    pool.setMaxThreadCount(1)
    return pool


def leave(pool: QThreadPool) -> QThreadPool:
    """Forget what waits for a thread, leave what it does to itself, and take a new one; never waits."""
    pool.clear()
    if not pool.waitForDone(0):
        _LEFT[:] = [one for one in _LEFT if _works(one)]
        _LEFT.append(pool)
    return lane()


def end(thread: QThreadPool | QThread, milliseconds: int = CLOSING_MS) -> bool:
    """Wait for a thread's end, but not for ever; tells whether it came."""
    if isinstance(thread, QThreadPool):
        ended = thread.waitForDone(milliseconds)
    else:
        ended = thread.wait(milliseconds)
    if not ended:
        thread.setParent(None)
        _LEFT.append(thread)
    return ended


def tell(emit: Callable[..., None], *what: object) -> None:
    """Emit a signal from a thread that may have outlived whoever sends it."""
    with contextlib.suppress(RuntimeError):  # "Signal source has been deleted"
        emit(*what)


def left_behind() -> bool:
    """Whether something still works that nobody waits for: the process then has to be ended at once."""
    return any(_works(one) for one in _LEFT)


def _works(thread: QThreadPool | QThread) -> bool:
    return not thread.waitForDone(0) if isinstance(thread, QThreadPool) else thread.isRunning()


class StepThread(QObject):
    """Asks a generator for step after step on a thread of its own, one generator at a time.

    While the window takes a step in, the next one is made already; the one after that waits, so nothing is
    lost and nothing piles up.

    Signals
    -------
    stepped(object)
        What the generator has yielded.
    ended()
        It has nothing more.
    failed(Exception)
        It ended with this.
    """

    stepped = Signal(object)
    ended = Signal()
    failed = Signal(object)
    _news = Signal(object, str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._piece: _StepPiece | None = None
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._news.connect(self._on_news)

    @property
    def is_running(self) -> bool:
        """Whether there is more to come, paused or not."""
        return self._piece is not None

    def start(self, steps: Callable[[], Generator[object, None, None]]) -> None:
        """Begin, and leave what is under way; `steps` is called on the thread."""
        self.leave()
        self._piece = piece = _StepPiece(steps)
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=self._work, args=(piece,), name="steps", daemon=True)
        self._threads.append(thread)
        thread.start()

    def set_paused(self, paused: bool) -> None:
        """Wait before the next step, or go on."""
        if self._piece is not None:
            (self._piece.may_go.clear if paused else self._piece.may_go.set)()

    def leave(self) -> None:
        """Let what is under way come to nothing; nothing more is told of it. Returns at once."""
        if self._piece is not None:
            self._piece.leave()
        self._piece = None

    def finish(self, seconds: float = CLOSING_MS / 1000) -> None:
        """Leave everything, and wait for the step that is under way, but not for ever."""
        self.leave()
        for thread in self._threads:
            thread.join(seconds)

    def _on_news(self, piece: _StepPiece, kind: str, what: object) -> None:
        piece.taken.set()
        if piece is not self._piece:
            return
        if kind == "stepped":
            self.stepped.emit(what)
            return
        self._piece = None
        if kind == "ended":
            self.ended.emit()
        else:
            self.failed.emit(what)

    # --- on the other thread ---------------------------------------------------------------------

    def _work(self, piece: _StepPiece) -> None:
        with self._lock:  # what was left may still be at its last step
            try:
                with contextlib.closing(piece.steps()) as steps:
                    for step in steps:
                        piece.taken.wait()
                        if piece.is_left:
                            return
                        piece.taken.clear()
                        tell(self._news.emit, piece, "stepped", step)
                        piece.may_go.wait()
            except Exception as error:  # noqa: BLE001 - the thread's edge
                tell(self._news.emit, piece, "failed", error)
            else:
                tell(self._news.emit, piece, "ended", None)


class _StepPiece:
    """One generator on its thread, and what it is told."""

    def __init__(self, steps: Callable[[], Generator[object, None, None]]) -> None:
        self.steps = steps
        self.is_left = False
        self.may_go, self.taken = threading.Event(), threading.Event()
        self.may_go.set()
        self.taken.set()

    def leave(self) -> None:
        self.is_left = True
        self.may_go.set()
        self.taken.set()


INTERVAL_MS = 250
LIMITS = (2000, 10, 10)
"""Objects that were made, collections of the youngest, and of the middle ones, before the next."""


class Garbage(QObject):
    """Takes Python's own collector's place, which works on whatever thread makes an object just then.

    There it would take apart a widget that belongs to a cycle while Qt paints on this thread, and it
    would hold the interpreter lock whenever it likes. What the large libraries made is frozen
    (`torch_loading`), so a whole collection takes a millisecond or two.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_on = False
        self._timer = QTimer(self, interval=INTERVAL_MS)
        self._timer.timeout.connect(self.collect)

    def start(self) -> None:
        """Collect here from now on."""
        self._was_on = self._was_on or gc.isenabled()
        gc.disable()
        self._timer.start()

    def stop(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        if self._was_on:
            gc.enable()

    def collect(self) -> None:
        """Collect the oldest generation whose turn it is; those younger go with it."""
        counts = gc.get_count()
        due = [age for age, limit in enumerate(LIMITS) if counts[age] > limit]
        if due:
            gc.collect(due[-1])
