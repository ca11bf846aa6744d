"""Small pieces of work with files, done beside the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

T = TypeVar("T")


class Errands(QObject):
    """Does one piece of work after the other on another thread.

    Signals
    -------
    failed(Exception)
        A piece of work raised this.
    """

    failed = Signal(object)
    _done = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._ended = False
        self._done.connect(self._on_done)

    def start(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        """Run `work` on the other thread, then `then` with its result on this object's thread.

        After `finish` nothing is started any more: what comes back then may no longer lead to more.
        """
        if self._ended:
            return
        self._pool.start(_Errand(work, then, self._done.emit, self.failed.emit))

    def finish(self) -> None:
        """Wait for everything that was started, and start nothing from then on."""
        self._ended = True
        self._pool.waitForDone()

    def _on_done(self, then: Callable[[object], None], result: object) -> None:
        then(result)


class _Errand(QRunnable):
    """One piece of work; its result or error goes out through a signal."""

    def __init__(
        self,
        work: Callable[[], T],
        then: Callable[[T], None],
        tell: Callable[[object, object], None],
        tell_failure: Callable[[Exception], None],
    ) -> None:
        super().__init__()
        self._work = work
        self._then = then
        self._tell = tell
        self._tell_failure = tell_failure

    def run(self) -> None:
        try:
            result = self._work()
        except Exception as error:  # noqa: BLE001 - the thread's edge
            self._tell_failure(error)
        else:
            self._tell(self._then, result)
