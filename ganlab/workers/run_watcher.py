"""Watches one training run's folder, reading only, and tells when there is something new."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from ganlab.workers.background import Background
from ganlab_core.errors import GanlabError, explain_os_error
from ganlab_core.training.run_reader import RunReader, RunStatus, open_run, read_sheet

PNG = b"\x89PNG"

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

    def __init__(self, interval_ms: int = 2000, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = Background(self)
        self._timer = QTimer(self)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self.look)
        self._folder: Path | None = None
        self._news: RunNews | None = None
        self._reader.done.connect(self._on_looked)

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
        return self._reader.is_busy

    def watch(self, folder: Path) -> None:
        """Look at this folder now and from now on."""
        self.let_go()
        self._folder = folder
        self._timer.start()
        self.look()

    def look(self) -> None:
        """Look once, unless a look is still under way."""
        if self._folder is None or self._reader.is_busy:
            return
        seen = self._news.sheet_stamp if self._news else None
        self._reader.start(self._folder, partial(_look, self._folder, seen))

    def let_go(self) -> None:
        """Watch no longer; a look that is under way is left behind."""
        self._timer.stop()
        self._folder = None
        self._news = None
        self._reader.leave()

    def stop(self) -> None:
        """Watch no longer; returns when no look is under way, or when one has waited too long."""
        self._reader.wait()
        self.let_go()

    def finish_looking(self) -> None:
        """Wait for a look that is under way; what it showed is told by the event loop."""
        self._reader.wait(60.0)

    def _on_looked(self, _folder: Path, result: RunNews | Exception) -> None:
        if isinstance(result, Exception):
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


def _look(folder: Path, seen: Stamp | None) -> RunNews:
    """What a look at the folder shows; raises `GanlabError`."""
    try:
        return _news_of(open_run(folder), seen)
    except OSError as error:
        raise GanlabError(explain_os_error(error, f"reading the run {folder.name}")) from None


def _news_of(run: RunReader, seen: Stamp | None) -> RunNews:
    model = run.model_path()
    sheet = run.newest_sheet()
    sheet_stamp = _stamp(run, sheet)
    image = (
        QImage()
        if sheet is None or sheet_stamp == seen
        else sheet_image(run.root, _name(run, sheet))
    )
    return RunNews(
        run.status(),
        model,
        _stamp(run, model),
        seen if image.isNull() else sheet_stamp,
        None if image.isNull() else image,
    )


def sheet_image(root: Path, name: str) -> QImage:
    """The picture in the file of a run's sheet; a null one where there is none."""
    try:
        data = read_sheet(root, name)
    except OSError:
        return QImage()
    return QImage.fromData(data) if data.startswith(PNG) else QImage()


def _stamp(run: RunReader, path: Path | None) -> Stamp | None:
    """The file's stamp; None when it is not there (any more)."""
    try:
        facts = run.files.stat(_name(run, path)) if path else None
    except OSError:
        return None
    return (str(path), facts.st_mtime_ns, facts.st_size) if facts else None


def _name(run: RunReader, path: Path) -> str:
    return path.relative_to(run.root).as_posix()
