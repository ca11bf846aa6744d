"""The run that is watched: its panel, its newest samples there, and its newest model on the desk."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from ganlab.controls.dock import ScrollBox
from ganlab.engine.background_tasks import BackgroundTasks
from ganlab.engine.run_follower import RunWatcher
from ganlab.style import STEP
from ganlab.train.training_panel import SheetView, TrainView
from ganlab.window.main_window import MainWindow
from ganlab.window.messages import Messages
from ganlab_core.training import remember_run

WIDTH = 120 * STEP


class WatchedRun(QObject):
    """Follows a run from its opening until another, or a model by hand, takes its place.

    Parameters
    ----------
    window, tasks, messages
        Where the panel stands, who writes that it was opened, where failures are told.

    Attributes
    ----------
    view
        The panel.
    watcher
        What looks at the run's folder.

    Signals
    -------
    opened(Path or None)
        Another run is watched, or none any more.
    model_wanted(str)
        The path of a model of the run that is to be put on the desk.
    """

    opened = Signal(object)
    model_wanted = Signal(str)

    def __init__(
        self,
        window: MainWindow,
        tasks: BackgroundTasks,
        messages: Messages,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._tasks = tasks
        self.view = TrainView(SheetView())
        self.watcher = RunWatcher(parent=self)
        self._follows = True
        self._rests = False
        self._missed: Path | None = None
        area = Qt.DockWidgetArea.RightDockWidgetArea
        self._dock = window.add_panel("Run", ScrollBox(self.view), area)
        self.watcher.model_saved.connect(self._on_model)
        self.watcher.sheet_drawn.connect(self.view.show_sheet)
        self.watcher.progressed.connect(self.view.show_status)
        self.watcher.failed.connect(messages.show_error)

    def show(self, name: str) -> None:
        """Open the place where the samples of the run of this name are shown."""
        self.view.show_run(name)
        self._dock.show()
        self._dock.raise_()
        self._window.resizeDocks([self._dock], [WIDTH], Qt.Orientation.Horizontal)

    def hide(self) -> None:
        """Close the place where a run's samples are shown."""
        self._dock.hide()

    def open(self, folder: Path) -> None:
        """Watch the run in this folder, and remember it for the list of runs."""
        self._follows = True
        self._tasks.start(partial(remember_run, folder), _nothing)
        self.show(folder.name)
        self.watcher.watch(folder)
        self.opened.emit(folder)

    def leave(self) -> None:
        """Watch no run any more."""
        self.watcher.let_go()
        self.hide()
        self.opened.emit(None)

    def follow_models(self, on: bool) -> None:
        """Put every newer model of the run on the desk, or leave what is there."""
        self._follows = on
        newest = self.watcher.model
        if on and newest is not None:
            self.model_wanted.emit(str(newest))

    def show_model(self, path: Path) -> None:
        """Put an older model of the run on the desk; the Recipe stays."""
        self._follows = False
        self.model_wanted.emit(str(path))

    def rest(self, on: bool) -> None:
        """Open no newer models while nobody sees them; afterwards open the newest."""
        was, self._rests = self._rests, on
        newest = self.watcher.model
        if was and not on and self._follows and newest is not None and newest == self._missed:
            self.model_wanted.emit(str(newest))
        self._missed = None

    def _on_model(self, path: Path) -> None:
        if self._rests:
            self._missed = path
        elif self._follows:
            self.model_wanted.emit(str(path))


def _nothing(_done: None) -> None:
    """It is for the next time."""
