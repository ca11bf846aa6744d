"""The room where one trains: the run that is watched, steered and gone on with."""

from __future__ import annotations

import dataclasses
import importlib
import math
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ganlab.controls import Label, ScrollBox
from ganlab.engine import (
    BackgroundTasks,
    RenderWorker,
    RunFollower,
    RunSnapshot,
    RunWatcher,
    SampleFilming,
    free_folder,
    is_starting,
    last_complaint,
    recipe_of_sample,
    resume_run,
    start_run,
)
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.style import STEP
from ganlab.train.new_training_controller import TrainingStarter
from ganlab.train.new_training_dialog import SteerDialog
from ganlab.train.run_overview import RunsOverview, TrainLongerDialog
from ganlab.train.sample_wall import FadeView
from ganlab.train.training_panel import TrainView, broke_text
from ganlab.window import (
    Arrangement,
    Command,
    MainWindow,
    Messages,
    Tile,
    ask_curves,
    ask_timelapse,
)
from ganlab_core.errors import GanlabError, TrainingError, explain_os_error
from ganlab_core.files import ConfinedFolder, bundled_pictures, runs_dir
from ganlab_core.models import ModelInfo
from ganlab_core.plain_text import plain_text
from ganlab_core.recipe import Recipe
from ganlab_core.training import (
    FULL,
    REMEDY,
    THREE_MINUTES,
    ControlFile,
    Finding,
    RunStatus,
    TrainConfig,
    Value,
    applied,
    is_full,
    known_runs,
    life_of,
    open_run,
    preset,
    read_control,
    read_record,
    remember_run,
    restart_from,
    trained_by,
    with_settings,
    write_control,
)


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
        self.view = TrainView()
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


class RunSteering(QObject):
    """The buttons of the training room as wishes in the run's folder; nothing else is written there.

    Attributes
    ----------
    folder
        The run that is open; None for none.
    """

    def __init__(
        self,
        window: MainWindow,
        view: TrainView,
        tasks: BackgroundTasks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._tasks = tasks
        self.folder: Path | None = None
        header = view.header
        header.pause_wanted.connect(self.pause)
        header.step_wanted.connect(self.step)
        header.stop_wanted.connect(self.stop)
        header.steer_wanted.connect(self._on_steer)

    def pause(self, on: bool) -> None:
        """Stand still, or go on."""
        self._request(lambda wishes: dataclasses.replace(wishes, paused=on))

    def step(self) -> None:
        """One more step while paused."""
        self._request(lambda wishes: dataclasses.replace(wishes, steps=wishes.steps + 1))

    def stop(self) -> None:
        """Write a checkpoint and end."""
        self._request(lambda wishes: dataclasses.replace(wishes, stop=True))

    def change(self, settings: dict[str, Value]) -> None:
        """Let these settings hold from the next step on."""

        def changed(wishes: ControlFile) -> ControlFile:
            merged = dict(wishes.settings) | settings
            return dataclasses.replace(wishes, settings=tuple(merged.items()))

        self._request(changed)

    def _request(self, change: Callable[[ControlFile], ControlFile]) -> None:
        if self.folder is not None:
            self._tasks.start(partial(_rewrite, self.folder, change), _nothing)

    def _on_steer(self) -> None:
        if self.folder is not None:
            self._tasks.start(partial(config_now, self.folder), self._ask)

    def _ask(self, config: TrainConfig) -> None:
        dialog = SteerDialog(config, self._window)
        dialog.chosen.connect(self.change)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def _rewrite(folder: Path, change: Callable[[ControlFile], ControlFile]) -> None:
    write_control(folder, change(read_control(folder)))


def _nothing(_done: None) -> None:
    """The list of runs is for the next time, and the trainer answers by its events."""


def config_now(folder: Path) -> TrainConfig:
    """The run's config with everything that was steered so far; raises `TrainingError`."""
    try:
        config = TrainConfig.from_json(ConfinedFolder(folder).read("config.json").decode())
    except (OSError, UnicodeDecodeError):
        raise TrainingError(f"The config of {folder.name} cannot be read.") from None
    for change in read_record(folder):
        config = applied(config, change)
    return config


class ClosingDialog(QDialog):
    """Let the run go on, stop it with a checkpoint, or stay.

    Signals
    -------
    chosen(str, bool)
        `"let_go"` or `"stop"`, and whether to do so from now on without asking.
    """

    chosen = Signal(str, bool)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("A run is training")
        words = Label(
            f"The run {name} is still training. It can go on without the window, and ganlab finds "
            "it again at the next start."
        )
        words.setWordWrap(True)
        self.always = QCheckBox("Do this from now on")
        self.let_go = QPushButton("Let it go on")
        self.stop = QPushButton("Stop it")
        self.stop.setToolTip("Write a checkpoint and end; the run can be resumed later.")
        stay = QPushButton("Stay")
        self.let_go.setDefault(True)
        for button in (self.stop, stay):
            button.setAutoDefault(False)
        self.let_go.clicked.connect(lambda: self._choose("let_go"))
        self.stop.clicked.connect(lambda: self._choose("stop"))
        stay.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(self.always, 1)
        for button in (stay, self.stop, self.let_go):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * STEP, 4 * STEP, 4 * STEP, 3 * STEP)
        column.setSpacing(4 * STEP)
        column.addWidget(words)
        column.addLayout(buttons)

    def _choose(self, choice: str) -> None:
        self.accept()
        self.chosen.emit(choice, self.always.isChecked())


class ClosingQuestion(QObject):
    """Asks once, or does what was chosen for good; a signal to end asks nothing."""

    def __init__(
        self,
        window: MainWindow,
        settings: Settings,
        steering: RunSteering,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window, self._settings, self._steerer = window, settings, steering
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


class RunBeside(QObject):
    """Another run beside the one that is watched: its curves dashed, its samples to the right.

    Attributes
    ----------
    folder
        The other run; None for none.
    """

    def __init__(
        self, view: TrainView, tasks: BackgroundTasks, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._view, self._tasks = view, tasks
        self._follower = RunFollower(2000, self)
        self._follower.told.connect(self._on_news)
        self._follower.sheet_loaded.connect(self._on_sheet)
        self.folder: Path | None = None

    def show(self, folder: Path | None) -> None:
        """Show this run beside the other; None = that alone."""
        self.folder = folder
        if folder is None:
            self._follower.let_go()
            self._view.leave_other()
        else:
            self._follower.follow(folder)
        self.list_runs()

    def list_runs(self) -> None:
        """Offer every run that is known."""
        self._tasks.start(known_runs, self._view.offer_runs)

    def look_at_moment(self) -> None:
        """Show the other's samples of the moment that is looked at."""
        path = self._view.other_sheet()
        if path is not None:
            self._follower.load_sheet(path)

    def stop(self) -> None:
        """Follow nothing any more."""
        self._follower.stop()

    def _on_news(self, told: RunSnapshot) -> None:
        if self.folder is not None:
            self._view.show_other(self.folder.name, told.history, told.diversity)
            self.look_at_moment()

    def _on_sheet(self, _path: Path, image: QImage) -> None:
        self._view.show_other_sheet(image)


POLL_MS = 300
NOT_BEGUN = "The training ended before it began."
STARTING = "A run is starting already; wait for its first word."
MOST_LETTERS = 80
ELSEWHERE = "The run's log names samples outside the run's own sheets; they are not looked for."
NO_MODEL_BEFORE = "The run has kept no model from before this."


class TrainRoom(QObject):
    """Joins the panel of the run that is watched with its folder and the process that trains.

    Attributes
    ----------
    starter
        The New Training window.
    closing
        What becomes of a run when the window closes.
    fade
        The panel that takes the newest block apart.
    run, view
        The run that is watched, and its panel.
    overview
        The window with all runs.

    Signals
    -------
    reached(float)
        The growth up to which the run's network has faded in.
    """

    reached = Signal(float)

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        worker: RenderWorker,
        library: Callable[[], list[ModelInfo]],
        tasks: BackgroundTasks,
        messages: Messages,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._window, self._worker = session, window, worker
        self._tasks, self._messages = tasks, messages
        self._settings = settings
        self._told: RunSnapshot | None = None
        self._starting: Path | None = None
        self._broke = ""
        self._poll = QTimer(self, interval=POLL_MS)
        self.run = WatchedRun(window, tasks, messages, self)
        self.view = self.run.view
        self.follower = RunFollower(parent=self)
        self.beside = RunBeside(self.view, tasks, self)
        self.starter = TrainingStarter(window, messages, settings, library, tasks, self)
        self.filming = SampleFilming(self)
        self.steering = RunSteering(window, self.view, tasks, self)
        self.closing = ClosingQuestion(window, settings, self.steering, self)
        self.fade = FadeView()
        window.add_panel("Fade", ScrollBox(self.fade), Qt.DockWidgetArea.RightDockWidgetArea)
        self._connect()
        self.overview = RunsOverview(window, self, tasks, messages, settings)
        window.commands.add(self._commands)

        window.workspaces.entered.connect(self._on_workspace)
        self._tasks.start(_planets, self._offer_beginning)

    def _offer_beginning(self, planets: QImage | None) -> None:
        """Offer on the start page what begins a training, and below it the runs there are."""
        new = Tile("Train on pictures", "a folder of your own", None, self.starter.open, "Folder")
        known = Tile("Open a run", "samples, curves", None, self._open_run, "Run")
        watch = Tile(WATCH, "planets, 3 minutes", planets, self.watch_a_network_learn)
        self._window.start_page.show_section("Begin", [watch, new, known])
        self._tasks.start(_run_tiles, self._offer_runs)

    def _on_workspace(self, entered: Arrangement) -> None:
        """Show the runs as they are by now when the start page is shown."""
        if entered.page:
            self._tasks.start(_run_tiles, self._offer_runs)

    def _offer_runs(self, found: list[tuple[Path, QImage | None]]) -> None:
        self._window.start_page.show_section(
            "Runs",
            [
                Tile(plain_text(folder.name, MOST_LETTERS), "a training run", sheet,
                     partial(self._go_to, folder))
                for folder, sheet in found
            ],
        )  # fmt: skip

    def watch_a_network_learn(self) -> None:
        """Train on the bundled pictures for three minutes, before one's eyes; one that trains is shown."""
        last = Path(self._settings.last_run or "")
        if last.name.startswith(WATCHED_RUN) and life_of(last) == "running":
            self._go_to(last)
            return
        if self._starting is not None:
            self._messages.tell(STARTING, passing=True)
            return
        folder = runs_dir() / WATCHED_RUN
        folder = free_folder(folder) if folder.exists() else folder
        try:
            start_run(watched_config().to_json(), folder)
        except OSError as error:
            self._messages.show_error(GanlabError(explain_os_error(error, "starting the run")))
            return
        self._window.workspaces.enter("Train")
        self._on_started(folder)

    def _open_run(self) -> None:
        self._window.actions_["open_run"].trigger()

    def _go_to(self, folder: Path) -> None:
        self._window.workspaces.enter("Train")
        self.open(folder)

    def _commands(self) -> Iterator[Command]:
        """What the palette offers of training: its settings, and the runs that are known."""
        also = "a network demo example three minutes planets worlds begin train tutorial see live"
        yield Command(WATCH, "Training", "", self.watch_a_network_learn, also=also)
        for item in dataclasses.fields(TrainConfig):
            told = item.metadata.get("help")
            if told:
                name = item.name.replace("_", " ").capitalize()
                yield Command(
                    name, "Training setting", "", self.starter.open, also=f"{told} train run"
                )
        for folder in known_runs():
            name = plain_text(folder.name, MOST_LETTERS)
            yield Command(name, "Run", "", partial(self.open, folder), also="training run watch")

    def _connect(self) -> None:
        train, header = self.view, self.view.header
        self._poll.timeout.connect(self._on_poll)
        self.starter.started.connect(self._on_started)
        train.nothing.watch_wanted.connect(self.watch_a_network_learn)
        train.nothing.new_wanted.connect(self.starter.open)
        train.nothing.open_wanted.connect(self._open_run)
        self.run.opened.connect(self._on_run_opened)
        self.run.watcher.progressed.connect(self._on_progressed)
        self.follower.told.connect(self._on_news)
        self.follower.sheet_loaded.connect(self._on_sheet_loaded)
        header.go_on_wanted.connect(self._on_go_on)
        train.sample_chosen.connect(self._on_sample)
        train.beside_wanted.connect(self.beside.show)
        header.longer_wanted.connect(self._on_longer)
        header.share_chosen.connect(self._share_out)
        self._window.installEventFilter(self)
        train.scrubbed.connect(self._on_scrubbed)
        train.live_wanted.connect(self._on_live)
        train.load_wanted.connect(self._on_load)
        train.last_good_wanted.connect(self._on_last_good)
        train.restart_wanted.connect(self._on_restart)
        train.export_wanted.connect(self._on_export)
        train.film_wanted.connect(self._on_film)
        self.filming.filmed.connect(self._on_filmed)
        self.filming.failed.connect(self._messages.tell)
        self.fade.wanted.connect(self._on_fade_wanted)
        self._worker.faded.connect(self.fade.show_parts)
        self._session.model_changed.connect(self.fade.ask)

    def find_again(self) -> bool:
        """Open the run that was left training when the window was closed last; False for none."""
        last = self._settings.last_run
        if not last or life_of(Path(last)) != "running":
            return False
        self.open(Path(last))
        return True

    def open(self, folder: Path) -> None:
        """Open the run in a folder, as a person would."""
        self._window.path_chosen.emit(folder)

    def stop(self) -> None:
        """End every thread; runs that train go on."""
        self.overview.stop()
        self._poll.stop()
        self.starter.stop()
        self.filming.cancel()
        self.follower.stop()
        self.beside.stop()
        self.run.watcher.stop()

    # --- beginning and going on --------------------------------------------------------------------

    def _on_started(self, folder: Path) -> None:
        self._settings.last_run = str(folder)
        self._settings.save()
        self.run.show(folder.name)
        self.view.header.show_starting(folder.name)
        self._starting = folder
        self._poll.start()

    def _on_go_on(self) -> None:
        if self.run.watcher.folder is not None:
            self.go_on(self.run.watcher.folder)

    def _on_longer(self) -> None:
        folder, status = self.run.watcher.folder, self.run.watcher.status
        if folder is not None and status is not None:
            self.ask_longer(folder, status.images, self._window)

    def ask_longer(self, folder: Path, images: int, parent: QWidget) -> TrainLongerDialog:
        """Ask for the new end of a run that has seen so many images, then let it go on to there."""
        dialog = TrainLongerDialog(plain_text(folder.name, MOST_LETTERS), images, parent)
        dialog.chosen.connect(partial(self.go_on, folder))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def go_on(self, folder: Path, images: int = 0) -> None:
        """Resume the run in a folder, until `images` where that is given, and watch it."""
        if self._starting is not None:
            self._messages.tell(STARTING, passing=True)
            return
        if self.run.watcher.folder != folder:
            self.open(folder)
        self._tasks.start(partial(_resumed, folder, images), partial(self._on_resumed, folder))

    def _on_resumed(self, folder: Path, refused: str) -> None:
        if refused:
            self.view.header.show_text(refused)
            self._messages.tell(refused)
            return
        self._settings.last_run = str(folder)
        self.view.header.show_text("Going on from the last checkpoint…")
        self._starting = folder
        self._poll.start()

    def _on_poll(self) -> None:
        """Wait for the first word of a run that was started, or for the end of its process."""
        folder = self._starting
        if folder is None:
            return
        if life_of(folder) == "running" and (folder / "events.jsonl").exists():
            self._arrived()
            if self.run.watcher.folder != folder:
                self.open(folder)
            else:
                self.run.watcher.look()
        elif not is_starting(folder):
            self._arrived()
            sentence = last_complaint(folder) or NOT_BEGUN
            if (folder / "events.jsonl").exists() and self.run.watcher.folder != folder:
                self.open(folder)  # so short that it is over already
            else:
                self.view.header.show_text(sentence)
                self._messages.tell(sentence)

    def _arrived(self) -> None:
        self._starting = None
        self._poll.stop()

    # --- the run's news --------------------------------------------------------------------------

    def _on_run_opened(self, folder: Path | None) -> None:
        self._told = None
        self.beside.show(None)
        self._share_out()
        self.steering.folder = folder
        if folder is None:
            self.follower.let_go()
        else:
            self.follower.follow(folder)
            load = partial(
                importlib.import_module, "ganlab.train.charts"
            )  # takes a fifth of a second
            self._tasks.start(load, lambda _: self.view.prepare_charts())

    def _share_out(self) -> None:
        """Leave a run that trains its part of the machine; otherwise the desk has all of it."""
        status = self.run.watcher.status
        trains = status is not None and status.state == "running"
        self._worker.set_share(self.view.header.share.value / 100.0 if trains else 1.0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """While the window is minimised, look at the run's state and at nothing else of it."""
        if watched is self._window and event.type() == QEvent.Type.WindowStateChange:
            hidden = self._window.isMinimized()
            self.follower.rest(hidden)
            self.run.rest(hidden)
        return False

    def _on_progressed(self, status: RunStatus) -> None:
        self._share_out()
        can = self._session.capabilities
        if self.view.time.is_live and can is not None and can.has_growth:
            growth = math.log2(max(4, status.resolution)) - 1.0 + status.alpha
            self.reached.emit(max(2.0, growth))
        if status.state in ("died", "failed"):
            self._broke = broke_text(status)
            self._messages.tell(self._broke)
        else:
            self._window.banner.withdraw(self._broke)

    def _on_news(self, told: RunSnapshot) -> None:
        before, self._told = self._told, told
        if told.history.passed_over and not (before and before.history.passed_over):
            self._messages.tell(ELSEWHERE, passing=True)
        self.view.show_history(told.history, told.diversity, told.findings, told.left, told.config)
        self.view.show_classes(told.classes, by_row=told.class_by_row, classified=told.classified)
        if not told.reals.isNull() and (before is None or before.reals.isNull()):
            self.view.wall.show_reals(told.reals)

    # --- time ------------------------------------------------------------------------------------

    def _on_scrubbed(self, kimg: float) -> None:
        sheet = self.view.time.sheet_at(kimg)
        if sheet is not None and self._told is not None:
            self.follower.load_sheet(self._told.history.root / sheet.path)
        self.beside.look_at_moment()

    def _on_sample(self, index: int) -> None:
        """Put a sample on the desk, with the network of the moment that is looked at."""
        folder, newest = self.run.watcher.folder, self.run.watcher.model
        if folder is None or self._told is None:
            return
        info = self._session.info
        if not self.view.time.is_live:
            self._on_load(self.view.time.kimg)
        elif newest is not None and (info is None or info.path != newest):
            self.run.follow_models(True)
        self._tasks.start(
            partial(recipe_of_sample, folder, index, len(self._told.classes)),
            partial(self._on_recipe, index),
        )

    def _on_recipe(self, index: int, recipe: Recipe) -> None:
        self._session.edit(recipe, f"sample {index + 1}")

    def _on_sheet_loaded(self, _path: Path, image: QImage) -> None:
        self.view.show_old_sheet(image)

    def _on_live(self) -> None:
        self.run.follow_models(True)
        self.beside.look_at_moment()
        if self._told is not None and self._told.history.sheets:
            self.follower.load_sheet(self._told.history.root / self._told.history.sheets[-1].path)

    def _on_load(self, kimg: float) -> None:
        models = self._models()
        if not models:
            self._messages.tell("The run has kept no model yet.", passing=True)
            return
        images, path = min(models, key=lambda one: abs(one[0] / 1000.0 - kimg))
        self.run.show_model(path)
        self._messages.tell(f"On the desk: the model at {images / 1000:.4g} kimg.", passing=True)

    def _on_last_good(self, since: int) -> None:
        good = [one for one in self._models() if one[0] <= since]
        if not good:
            self._messages.tell(NO_MODEL_BEFORE, passing=True)
            return
        self.view.time.leave_now(good[-1][0] / 1000.0)
        self._on_load(good[-1][0] / 1000.0)

    def _on_restart(self, finding: Finding) -> None:
        """Stop the run and begin another from its newest weights of before the finding."""
        folder = self.run.watcher.folder
        good = [one for one in self._models() if one[0] <= finding.since]
        if folder is None or not good:
            self._messages.tell(NO_MODEL_BEFORE, passing=True)
            return
        images, path = good[-1]
        again = free_folder(folder)
        try:
            config = config_now(folder)
            start_run(restart_from(config, finding.kind, path, images).to_json(), again)
        except (GanlabError, OSError) as error:
            self._messages.show_error(error)
            return
        if life_of(folder) == "running":
            self.steering.stop()
        self._on_started(again)
        self._messages.tell(f"{again.name} begins from {images / 1000:.4g} kimg.", passing=True)

    def _models(self) -> list[tuple[int, Path]]:
        """Every model file of the run with the images it has seen, the newest last."""
        if self._told is None:
            return []
        models = list(self._told.models)
        newest = self.run.watcher.model
        if newest is not None:
            models.append((self._told.history.last_images, newest))
        return models

    # --- alpha, curves ---------------------------------------------------------------------------

    def _on_fade_wanted(self) -> None:
        self._worker.request_fade(self._session.fitted)

    def _on_export(self, kind: str) -> None:
        folder = self.run.watcher.folder
        name = folder.name if folder is not None else "run"
        ask_curves(
            self._window,
            self._settings.saving_folder("pictures") / f"{name}.{kind}",
            self._save_curves,
        )

    def _save_curves(self, path: str) -> None:
        try:
            self.view.save_curves(Path(path))
        except OSError as error:
            self._messages.show_error(error)

    def _on_film(self) -> None:
        folder = self.run.watcher.folder
        if folder is not None:
            suggested = self._settings.saving_folder("videos") / f"{folder.name}.mp4"
            ask_timelapse(self._window, suggested, self._film_to)

    def _film_to(self, path: str) -> None:
        folder = self.run.watcher.folder
        if folder is not None:
            self.filming.start(folder, Path(path))
            self._messages.tell("The film is being made.", passing=True)

    def _on_filmed(self, path: Path) -> None:
        self._messages.tell(f"The film is {path}.", passing=True)


WATCH = "Watch it learn"
WATCHED_RUN = "planets"
"""The name of the run that somebody watches, and with a number of those after it."""

WATCHED: dict[str, object] = {
    "name": "Planets",
    "licence": "CC0-1.0",
    "attribution": "Procedural planets of ganlab",
}
"""What the run on the bundled pictures has besides its preset."""


def watched_config() -> TrainConfig:
    """The run that shows in three minutes how a network learns."""
    settings = preset(THREE_MINUTES) | WATCHED | {"data": str(bundled_pictures())}
    return with_settings(TrainConfig(), settings)


MOST_RUNS = 12
LARGEST_SHEET = 8 * 2**20


def _run_tiles() -> list[tuple[Path, QImage | None]]:
    """The known runs with their newest sheets of samples, read beside the window's thread."""
    return [(folder, _newest_sheet(folder)) for folder in known_runs()[:MOST_RUNS]]


def _planets() -> QImage | None:
    """Four of the bundled pictures in a square, read beside the window's thread; None without them."""
    try:
        with zipfile.ZipFile(bundled_pictures()) as file:
            names = file.namelist()
            some = [QImage.fromData(file.read(name)) for name in names[7 :: len(names) // 4][:4]]
    except (OSError, zipfile.BadZipFile):
        return None
    side = some[0].width()
    square = QImage(2 * side, 2 * side, QImage.Format.Format_RGB32)
    with QPainter(square) as painter:
        for index, picture in enumerate(some):
            painter.drawImage(index % 2 * side, index // 2 * side, picture)
    return square


def _newest_sheet(folder: Path) -> QImage | None:
    """The newest sheet's upper left quarter, large enough to see one sample; None for none."""
    try:
        names = sorted(path.name for path in (folder / "sheets").glob("*.png"))[-1:]
        files = ConfinedFolder(folder)
        data = [files.read(f"sheets/{name}", LARGEST_SHEET) for name in names]
    except OSError:
        return None
    image = QImage.fromData(data[0]) if data else QImage()
    return None if image.isNull() else image.copy(0, 0, image.width() // 2, image.height() // 2)


def _resumed(folder: Path, images: int) -> str:
    """Start the process that goes on with a run; a sentence where that cannot be."""
    if life_of(folder) == "running":
        return plain_text(f"{trained_by(folder)} is training {folder.name} already.")
    if is_full(folder):
        return f"{FULL} {REMEDY}"
    try:
        open_run(folder)  # one that has gone meanwhile is not made anew
        resume_run(folder, images)
    except GanlabError as error:
        return str(error)
    except OSError as error:
        return explain_os_error(error, f"going on with {folder.name}")
    return ""
