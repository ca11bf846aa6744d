"""The overview of runs: what is listed, and what its buttons do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox

from ganlab.engine.background_tasks import BackgroundTasks
from ganlab.engine.run_lister import RunLister, delete_for_good, trash_run
from ganlab.settings import Settings
from ganlab.train.run_overview import RunsDialog
from ganlab.window.main_window import MainWindow
from ganlab.window.messages import Messages, Notice
from ganlab_core.errors import GanlabError
from ganlab_core.files import runs_dir
from ganlab_core.plain_text import plain_text
from ganlab_core.training import RunFacts, size_words, sweep_removed

if TYPE_CHECKING:
    from ganlab.train.train_room import TrainRoom


class RunsOverview(QObject):
    """Owns the overview from its first opening on.

    Parameters
    ----------
    window, room, tasks, messages, settings
        Where it opens, who watches and trains a run, who handles files, where failures nobody
        thought of are told, which runs are remembered.

    Signals
    -------
    keep_wanted(Path)
        A model file is to be kept among the person's own.
    """

    keep_wanted = Signal(object)

    def __init__(
        self,
        window: MainWindow,
        room: TrainRoom,
        tasks: BackgroundTasks,
        messages: Messages,
        settings: Settings,
    ) -> None:
        super().__init__(room)
        self._window, self._room = window, room
        self._tasks, self._messages, self._settings = tasks, messages, settings
        self.lister = RunLister(parent=self)
        self.dialog: RunsDialog | None = None
        self.question: QMessageBox | None = None
        window.actions_["runs"].triggered.connect(self.open)
        self.lister.failed.connect(messages.show_error)
        messages.noticed.connect(self._on_noticed)
        tasks.start(partial(sweep_removed, runs_dir()), _nothing)

    def open(self) -> None:
        """Show every run; the one that is open is at hand."""
        if self.dialog is None:
            self.dialog = dialog = RunsDialog(self._window)
            dialog.seen.connect(self._on_seen)
            dialog.open_wanted.connect(self._on_open)
            dialog.go_on_wanted.connect(self._on_go_on)
            dialog.longer_wanted.connect(self._on_longer)
            dialog.keep_wanted.connect(self._on_keep)
            dialog.remove_wanted.connect(self._on_remove)
            dialog.new_wanted.connect(self._on_new)
            self.lister.listed.connect(dialog.show_runs)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def stop(self) -> None:
        """Close it, and look at nothing any more."""
        if self.dialog is not None:
            self.dialog.close()
        self.lister.stop()

    def _on_seen(self, seen: bool) -> None:
        if seen:
            self.lister.follow()
        else:
            self.lister.rest()

    def _on_noticed(self, notice: Notice) -> None:
        """Say it here as well: the window lies under the overview."""
        if self.dialog is not None and self.dialog.isVisible():
            self.dialog.show_text(notice.text)

    # --- one run -------------------------------------------------------------------------------------

    def _on_open(self, facts: RunFacts) -> None:
        self._close()
        self._room.open(facts.folder)

    def _on_go_on(self, facts: RunFacts) -> None:
        self._close()
        self._room.go_on(facts.folder)

    def _on_longer(self, facts: RunFacts) -> None:
        parent = self.dialog or self._window
        self._room.ask_longer(facts.folder, facts.images, parent).accepted.connect(self._close)

    def _on_keep(self, facts: RunFacts) -> None:
        self.keep_wanted.emit(facts.folder / "model.safetensors")

    def _on_new(self) -> None:
        self._close()
        self._window.actions_["new_training"].trigger()

    def _close(self) -> None:
        if self.dialog is not None:
            self.dialog.close()

    # --- removing ------------------------------------------------------------------------------------

    def _on_remove(self, facts: RunFacts) -> None:
        """Ask first: a run may hold days of work."""
        name = plain_text(facts.name, 80)
        size = f" ({size_words(facts.size)})" if facts.size else ""
        self._ask(
            "Remove the run?",
            f"The run {name} goes to the trash.",
            f"All that is in its folder goes with it{size}: samples, checkpoints, models. A model "
            "that was kept among your own stays.",
            "Remove",
            partial(self._remove, facts.folder, for_good=False),
        )

    def _ask(self, title: str, text: str, more: str, verb: str, then: partial[None]) -> None:
        box = QMessageBox(self.dialog or self._window)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setWindowTitle(title)
        box.setText(text)
        box.setInformativeText(more)
        stay = box.addButton("Keep It", QMessageBox.ButtonRole.RejectRole)
        go = box.addButton(verb, QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        go.clicked.connect(then)
        box.finished.connect(box.deleteLater)
        self.question = box
        box.open()

    def _remove(self, folder: Path, *, for_good: bool) -> None:
        if self._room.run.watcher.folder == folder:
            self._room.run.leave()
        self._say(f"Removing {plain_text(folder.name, 80)}…")
        work = delete_for_good if for_good else trash_run
        self._tasks.start(partial(_tried, work, folder), partial(self._on_removed, folder))

    def _on_removed(self, folder: Path, result: bool | GanlabError) -> None:
        if isinstance(result, GanlabError):
            self._say(str(result))
        elif result:
            if self._settings.last_run == str(folder):
                self._settings.last_run = ""
            self._say(f"{plain_text(folder.name, 80)} is removed.")
        else:
            self._say("")
            self._ask(
                "Delete the run for good?",
                f"There is no trash for the run {plain_text(folder.name, 80)}.",
                "It can be deleted for good, with its samples, checkpoints and models.",
                "Delete for Good",
                partial(self._remove, folder, for_good=True),
            )
        self.lister.look()

    def _say(self, sentence: str) -> None:
        if self.dialog is not None and self.dialog.isVisible():
            self.dialog.show_text(sentence)
        elif sentence:
            self._messages.tell(sentence, passing=True)


def _nothing(_done: None) -> None:
    """Nobody waits for it."""


def _tried(work: Callable[[Path], bool], folder: Path) -> bool | GanlabError:
    """What came of the work: a refusal is an answer, which belongs beside the list."""
    try:
        return work(folder)
    except GanlabError as error:
        return error
