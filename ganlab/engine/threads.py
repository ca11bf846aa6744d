"""Threads that can be left behind when their work never ends, and garbage collected on the window's."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, QThreadPool, QTimer

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
