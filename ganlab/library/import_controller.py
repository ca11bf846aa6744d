"""Keeping the model on the desk among a person's own."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from ganlab.engine.background_tasks import BackgroundTasks
from ganlab.library.open_controller import Opener
from ganlab.session import Session
from ganlab.window.file_dialogs import ask_name
from ganlab.window.main_window import MainWindow
from ganlab.window.messages import Messages
from ganlab_core.models import ModelInfo, suggested_name

NO_MODEL = "There is no model on the desk to keep."
SENTENCE = "The model is copied among your own, where lists and new trainings find it. Its name:"


class LibraryImport(QObject):
    """Asks for a name and keeps the model, beside the window's thread.

    Parameters
    ----------
    session, window, tasks, messages, opener
        What is on the desk, where to ask, who copies, where it is told, who lists models.
    """

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        tasks: BackgroundTasks,
        messages: Messages,
        opener: Opener,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._window = window
        self._tasks = tasks
        self._messages = messages
        self._opener = opener
        window.actions_["keep_model"].triggered.connect(self.ask)

    def ask(self) -> None:
        """Ask what the model should be called."""
        info = self._session.info
        if info is None:
            self._messages.tell(NO_MODEL, passing=True)
            return
        self.ask_for(info.path)

    def ask_for(self, path: Path) -> None:
        """Ask what the model in a file should be called."""
        name = self._free(suggested_name(path))
        ask_name(self._window, "Keep Model", SENTENCE, name, partial(self.keep, path))

    def _free(self, name: str) -> str:
        """The name, or with a number behind it where a model has it."""
        taken = {info.name for info in self._opener.library}
        numbered = (f"{name} {number}" for number in range(2, len(taken) + 3))
        return next(free for free in (name, *numbered) if free not in taken)

    def keep(self, path: Path, name: str) -> None:
        """Keep the model in a file under a name."""
        self._tasks.start(partial(_kept, path, name), self._on_kept)

    def _on_kept(self, info: ModelInfo) -> None:
        self._messages.tell(f"Kept among your own models as {info.name}.", passing=True)
        self._opener.look_for_models()


def _kept(path: Path, name: str) -> ModelInfo:
    """The copy; torch is loaded by then, but not when this module is."""
    from ganlab_core.training import keep_model

    return keep_model(str(path), name)
