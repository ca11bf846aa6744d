"""What becomes of a run that this window started when the window closes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from ganlab.controllers.steering import Steerer
from ganlab.dialogs.closing_dialog import ClosingDialog
from ganlab.main_window import MainWindow
from ganlab.settings import Settings
from ganlab_core.training.heartbeat import life_of


class Closing(QObject):
    """Asks once, or does what was chosen for good; a signal to end asks nothing."""

    def __init__(
        self,
        window: MainWindow,
        settings: Settings,
        steerer: Steerer,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window, self._settings, self._steerer = window, settings, steerer
        self._free = False
        self.dialog: ClosingDialog | None = None
        window.may_close = self.may_close

    def ask_nothing(self) -> None:
        """Let the window close from now on, and the run go on."""
        self._free = True

    def may_close(self) -> bool:
        """Whether the window may close now; otherwise a question is put, or is still there."""
        run = Path(self._settings.last_run) if self._settings.last_run else None
        if self._free or run is None or life_of(run) != "running":
            return True
        choice = self._settings.on_closing
        if choice:
            self._do(choice, run)
            return True
        if self.dialog is None:
            self.dialog = ClosingDialog(run.name, self._window)
            self.dialog.chosen.connect(self._on_chosen)
            self.dialog.finished.connect(self._on_finished)
            self.dialog.open()
        return False

    def _on_chosen(self, choice: str, always: bool) -> None:
        if always:
            self._settings.on_closing = choice
        self._do(choice, Path(self._settings.last_run))
        self._free = True
        self._window.close()

    def _do(self, choice: str, run: Path) -> None:
        if choice == "stop":
            self._steerer.folder = run
            self._steerer.stop()

    def _on_finished(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
