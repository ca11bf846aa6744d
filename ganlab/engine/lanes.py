"""Threads that do one piece of work after the other, and can be left behind when one never ends."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from PySide6.QtCore import QThread, QThreadPool

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
