"""Watches one training run's folder, reading only, and tells when there is something new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, QThreadPool, QTimer, Signal
from PySide6.QtGui import QImage

from ganlab_core.errors import GanlabError, explain_os_error
from ganlab_core.training.run_reader import RunReader, RunStatus, open_run

Stamp = tuple[str, int, int]
"""Path, modification time in nanoseconds, size in bytes: equal stamps, equal file."""


@dataclass(frozen=True, slots=True)
class RunNews:
    """What a look at the folder showed.

    Attributes
    ----------
    status
        How far it is.
    model
        The newest model file, or None.
    model_stamp, sheet_stamp
        What tells a changed file from the same one.
    sheet
        The newest sample sheet when it is not the one seen last, else None.
    """

    status: RunStatus
    model: Path | None
    model_stamp: Stamp | None
    sheet_stamp: Stamp | None
    sheet: QImage | None


class RunWatcher(QObject):
    """Looks at a run's folder every few seconds, off the window's thread.

    Signals
    -------
    model_saved(Path)
        There is a newer model file.
    sheet_drawn(QImage), progressed(RunStatus)
        There is a newer sample sheet, or the run went on.
    failed(GanlabError)
        The folder cannot be read (any more); the watching has ended.
    """

    model_saved = Signal(object)
    sheet_drawn = Signal(object)
    progressed = Signal(object)
    failed = Signal(object)
    _looked = Signal(object, object)

    def __init__(self, interval_ms: int = 2000, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._timer = QTimer(self)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self.look)
        self._folder: Path | None = None
        self._news: RunNews | None = None
        self._looking = False
        self._looked.connect(self._on_looked)

    @property
    def folder(self) -> Path | None:
        """The folder that is watched, None when there is none."""
        return self._folder

    @property
    def model(self) -> Path | None:
        """The newest model file that was seen."""
        return self._news.model if self._news else None

    @property
    def status(self) -> RunStatus | None:
        """Where the run stood at the last look."""
        return self._news.status if self._news else None

    @property
    def is_looking(self) -> bool:
        """Whether a look is under way or not yet told."""
        return self._looking

    def watch(self, folder: Path) -> None:
        """Look at this folder now and from now on."""
        self._folder = folder
        self._news = None
        self._timer.start()
        self.look()

    def look(self) -> None:
        """Look once, unless a look is still under way."""
        if self._folder is None or self._looking:
            return
        self._looking = True
        seen = self._news.sheet_stamp if self._news else None
        self._pool.start(_Look(self._folder, seen, self._looked.emit))

    def stop(self) -> None:
        """Watch no longer; returns when no look is under way."""
        self._timer.stop()
        self._folder = None
        self.finish_looking()

    def finish_looking(self) -> None:
        """Wait for a look that is under way; what it showed is told by the event loop."""
        self._pool.waitForDone()

    def _on_looked(self, folder: Path, result: RunNews | Exception) -> None:
        self._looking = False
        if folder != self._folder:
            self.look()
        elif isinstance(result, Exception):
            self._timer.stop()
            self._folder = None
            self.failed.emit(result)
        else:
            self._tell(result)

    def _tell(self, news: RunNews) -> None:
        before, self._news = self._news, news
        if before is None or news.status != before.status:
            self.progressed.emit(news.status)
        if news.sheet is not None:
            self.sheet_drawn.emit(news.sheet)
        if news.model and (before is None or news.model_stamp != before.model_stamp):
            self.model_saved.emit(news.model)


class _Look(QRunnable):
    """One look at the folder; the result goes out through a signal."""

    def __init__(
        self, folder: Path, seen: Stamp | None, tell: Callable[[Path, RunNews | Exception], None]
    ) -> None:
        super().__init__()
        self._folder = folder
        self._seen = seen
        self._tell = tell

    def run(self) -> None:
        self._tell(self._folder, self._result())

    def _result(self) -> RunNews | Exception:
        try:
            return _news_of(open_run(self._folder), self._seen)
        except OSError as error:
            return GanlabError(explain_os_error(error, f"reading the run {self._folder.name}"))
        except Exception as error:  # noqa: BLE001 - the thread's edge
            return error


def _news_of(run: RunReader, seen: Stamp | None) -> RunNews:
    model = run.model_path()
    sheet = run.newest_sheet()
    sheet_stamp = _stamp(sheet)
    image = QImage(str(sheet)) if sheet and sheet_stamp != seen else QImage()
    return RunNews(
        run.status(),
        model,
        _stamp(model),
        seen if image.isNull() else sheet_stamp,
        None if image.isNull() else image,
    )


def _stamp(path: Path | None) -> Stamp | None:
    """The file's stamp; None when it is not there (any more)."""
    try:
        facts = path.stat() if path else None
    except OSError:
        return None
    return (str(path), facts.st_mtime_ns, facts.st_size) if facts else None
