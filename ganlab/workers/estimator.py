"""Measuring what a run will take, in a process of its own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QProcess, Signal

from ganlab.workers.launcher import prepared
from ganlab_core.atomic import clear_away, new_scratch
from ganlab_core.errors import explain_os_error
from ganlab_core.places import scratch_dir
from ganlab_core.reading import json_object


class Estimator(QObject):
    """Measures one config at a time; the newest takes the place of the one before.

    Signals
    -------
    estimated(dict)
        What `ganlab_core.training.estimate` found, as JSON.
    failed(str)
        One sentence.
    """

    estimated = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._folder: Path | None = None

    def start(self, config: str, classes: int) -> None:
        """Measure a config given as JSON."""
        self.cancel()
        place = scratch_dir()
        try:
            place.mkdir(parents=True, exist_ok=True)
            self._folder = new_scratch(place / "estimate")
            path = self._folder / "config.json"
            path.write_text(config, encoding="utf-8")
        except OSError as error:
            self._tidy()
            self.failed.emit(explain_os_error(error, "measuring"))
            return
        process = prepared(
            ["train", "--config", str(path), "--estimate", "--classes", str(classes)]
        )
        process.setParent(self)
        process.finished.connect(self._on_finished)
        self._process = process
        process.start()

    @property
    def is_measuring(self) -> bool:
        """Whether steps are being measured now."""
        return self._process is not None

    def cancel(self) -> None:
        """Give up what is under way; nothing is told of it any more."""
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._on_finished)
            process.kill()
            process.waitForFinished(2000)
            process.deleteLater()
        self._tidy()

    def _tidy(self) -> None:
        if self._folder is not None:
            clear_away([self._folder])
            self._folder = None

    def _on_finished(self) -> None:
        process, self._process = self._process, None
        self._tidy()
        if process is None:
            return
        told = bytes(process.readAllStandardOutput().data())
        complaint = bytes(process.readAllStandardError().data()).decode(errors="replace").strip()
        process.deleteLater()
        found = json_object(told)
        if found is None:
            words = complaint.splitlines()[-1] if complaint else "The measurement failed."
            self.failed.emit(words.removeprefix("ganlab: "))
        else:
            self.estimated.emit(found)
