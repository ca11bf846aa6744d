"""Making a film of a run's samples, in a process of its own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QProcess, Signal

from ganlab.workers.launcher import prepared


class Filming(QObject):
    """Films one run at a time.

    Signals
    -------
    filmed(Path), failed(str)
        The film is written; or why not, in one sentence.
    """

    filmed = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._out = Path()

    @property
    def is_filming(self) -> bool:
        """Whether a film is being made."""
        return self._process is not None

    def start(self, run: Path, out: Path) -> None:
        """Film the sample sheets of `run`, one frame each, into `out`; drops a film under way."""
        self.cancel()
        self._out = out
        process = prepared(
            ["video", str(run), "--kind", "timelapse", "--out", str(out), "--caption", "{time}"]
        )
        process.setParent(self)
        process.finished.connect(self._on_finished)
        self._process = process
        process.start()

    def cancel(self) -> None:
        """Give up what is under way."""
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._on_finished)
            process.terminate()
            if not process.waitForFinished(2000):
                process.kill()
                process.waitForFinished(2000)
            process.deleteLater()

    def _on_finished(self, status: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        told = bytes(process.readAllStandardError().data()).decode(errors="replace").strip()
        process.deleteLater()
        if status == 0:
            self.filmed.emit(self._out)
        else:
            words = told.splitlines()[-1] if told else "The film could not be made."
            self.failed.emit(words.removeprefix("ganlab: "))
