"""The dataset doctor beside the window's thread: progress, and an end at any moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from ganlab.workers.lanes import end
from ganlab_core.dataset.survey import Survey, survey


class Surveyor(QObject):
    """Surveys one folder or zip at a time; the newest takes the place of the one before.

    Signals
    -------
    progressed(int, int)
        (done, total) pictures.
    surveyed(Path, Survey), failed(Path, Exception)
        What came of it.
    """

    progressed = Signal(int, int)
    surveyed = Signal(object, object)
    failed = Signal(object, object)
    _done = Signal(object, object)
    _counted = Signal(object, int, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._job: _Survey | None = None
        self._done.connect(self._on_done)
        self._counted.connect(self._on_counted)

    def start(self, source: Path) -> None:
        """Survey `source`, and no other."""
        self.cancel()
        self._job = _Survey(source, self._done.emit, self._counted.emit)
        self._pool.start(self._job)

    def cancel(self) -> None:
        """Give up what is under way; nothing is told of it any more."""
        if self._job is not None:
            self._job.cancelled = True
            self._job = None

    def finish(self) -> None:
        """Give up, and wait until the thread has, but not for ever."""
        self.cancel()
        end(self._pool)

    def _on_counted(self, job: _Survey, done: int, total: int) -> None:
        if job is self._job:
            self.progressed.emit(done, total)

    def _on_done(self, job: _Survey, result: Survey | Exception) -> None:
        if job is not self._job:
            return
        self._job = None
        if isinstance(result, Exception):
            self.failed.emit(job.source, result)
        else:
            self.surveyed.emit(job.source, result)


class _Cancelled(Exception):
    """The person thought better of it."""


class _Survey(QRunnable):
    def __init__(
        self,
        source: Path,
        done: Callable[[object, object], None],
        counted: Callable[[object, int, int], None],
    ) -> None:
        super().__init__()
        self.setAutoDelete(False)
        self.source = source
        self.cancelled = False
        self._done, self._counted = done, counted

    def run(self) -> None:
        try:
            result: Survey | Exception = survey(self.source, self._on_progress)
        except _Cancelled:
            return
        except Exception as error:  # noqa: BLE001 - the thread's edge
            result = error
        self._done(self, result)

    def _on_progress(self, done: int, total: int) -> None:
        if self.cancelled:
            raise _Cancelled
        if done == total or done % 16 == 0:
            self._counted(self, done, total)
