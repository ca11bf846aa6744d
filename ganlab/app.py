"""The composition root: builds the session, the workers and the window, and connects them all."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSocketNotifier, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from ganlab.engine import BackgroundTasks, Engine, Garbage, Loaded, RenderWorker, TorchEngine
from ganlab.explore import ExploreRoom
from ganlab.film import FilmRoom
from ganlab.inside import InsideRoom
from ganlab.learn import LearnRoom
from ganlab.library import LibraryRoom, Opener
from ganlab.own import OwnRoom
from ganlab.perform import PerformRoom
from ganlab.play import PlayRoom
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.slices import Slices
from ganlab.style import apply_style
from ganlab.train import TrainRoom
from ganlab.window import (
    MainWindow,
    Messages,
    Notice,
    PreferencesDialog,
    Section,
    key_sections,
    model_sections,
)
from ganlab.workspace import Workspace, WorkspaceSaver
from ganlab_core.files import json_object, resources_dir, sweep_own_folders
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Recipe
from ganlab_core.version import ganlab_version

if TYPE_CHECKING:
    from ganlab_core.export import Embedded

ABOUT = Section(
    "ganlab",
    (
        ("What it is", "A desktop instrument for GANs: play ProGAN, StyleGAN and BigGAN by hand."),
        ("Version", ganlab_version()),
    ),
)


@dataclass(frozen=True, slots=True)
class Start:
    """What the command line asked for; empty and None = what was there last time."""

    model: str = ""
    recipe: Path | None = None
    paths: tuple[Path, ...] = ()


class App(QObject):
    """The running program: owns every part, and takes them down in order.

    Parameters
    ----------
    start
        What to begin with.
    settings
        Where things are remembered.
    engine
        What renders; torch when None.
    """

    def __init__(self, start: Start, settings: Settings, engine: Engine | None = None) -> None:
        super().__init__()
        self._start = start
        self._settings = settings
        self._running = True
        self._slices = Slices(self)
        self.messages = Messages(self)
        self.session = Session(parent=self)
        engine = engine or TorchEngine(settings.device or None, settings.precision)
        self.worker = RenderWorker(engine, parent=self)
        self.tasks = BackgroundTasks(self)
        self.window = MainWindow()
        session, window, worker, tasks = self.session, self.window, self.worker, self.tasks
        messages = self.messages
        self.play = PlayRoom(session, window, worker, tasks, messages, settings, self)
        self.opener = Opener(session, window, worker, tasks, messages, settings, self)
        self.train = TrainRoom(
            session, window, worker, self._models, tasks, messages, settings, self
        )
        self.explore = ExploreRoom(session, window, worker, tasks, self)
        self.film = FilmRoom(session, window, worker, self._models, tasks, messages, settings, self)
        self.library = LibraryRoom(
            session, window, worker, tasks, messages, self.play.saver.on_desk, self.opener, self
        )
        self.inside = InsideRoom(session, window, worker, tasks, messages, settings, self)
        self.perform = PerformRoom(session, window, worker, tasks, messages, settings, self)
        self.own = OwnRoom(session, window, worker, tasks, messages, settings, self)
        self.learn = LearnRoom(session, window, tasks, settings, worker, self)
        self.saver = WorkspaceSaver(
            Workspace(settings.workspace), session, self.film.filming, self.film.exporter.jobs,
            window, self.inside.panel.tabs, messages, self,
        )  # fmt: skip
        self._connect()
        self._connect_rooms()
        self._restore()

    def show(self) -> None:
        """Put the window on the screen; everything slow begins after it is painted."""
        self.window.show()
        self.window.canvas.setFocus()

    def leave(self) -> None:
        """Close without a question, as on a signal; a run that trains goes on."""
        self.film.exporter.ask_nothing()
        self.train.closing.ask_nothing()
        self.window.close()

    def stop(self) -> None:
        """Save the desk and end every thread; may be called twice."""
        if not self._running:
            return
        self._running = False
        self.play.saver.save_desk()
        self.saver.stop()
        self._settings.geometry = self.window.saveGeometry()
        self._settings.layout = json.dumps(self.window.workspaces.kept())
        self._settings.save()
        self.window.hide()
        self._slices.stop()
        self.perform.stop()
        self.film.stop()
        self.train.stop()
        self.own.stop()
        self.learn.stop()
        self.tasks.finish()
        self.worker.stop()
        for timer in self.findChildren(QTimer):  # what they would show has gone
            timer.stop()

    # --- wiring ----------------------------------------------------------------------------------

    def _connect(self) -> None:
        window, session, worker, messages = self.window, self.session, self.worker, self.messages
        worker.make_ready = self._make_ready
        window.recipe_edited.connect(session.edit)
        window.drag_started.connect(session.begin_drag)
        window.drag_finished.connect(session.end_drag)
        window.drag_finished.connect(window.catch_up)
        window.closing.connect(self.stop)
        window.canvas.painted.connect(self._on_first_paint)
        session.recipe_changed.connect(self._on_recipe_changed)
        session.model_changed.connect(self._on_model_changed)
        worker.rendered.connect(window.show_frame)
        worker.drafted.connect(window.show_draft)
        worker.probes_progressed.connect(self._on_probes)
        worker.counted.connect(window.status.show_cost)
        window.status.precision_wanted.connect(self._on_precision)
        self.tasks.failed.connect(messages.show_error)
        messages.noticed.connect(self._on_noticed)
        messages.crashed.connect(self._on_crashed)
        actions = window.actions_
        actions["smooth"].toggled.connect(self._on_smooth)
        actions["preferences"].triggered.connect(self._on_preferences)
        actions["help"].triggered.connect(self._on_help)
        actions["about"].triggered.connect(self._on_about)
        actions["model_info"].triggered.connect(self._on_model_info)

    def _connect_rooms(self) -> None:
        """What one room asks of another; none of them knows the others."""
        play, train, opener, desk = self.play, self.train, self.opener, self.play.desk
        play.saver.pasted.connect(self._on_pasted)
        desk.file_dropped.connect(opener.mix_in)
        play.second_ended.connect(opener.end_second)
        desk.lock_asked.connect(self.explore.locks.toggle)
        self.explore.locks.shown.connect(desk.show_locks)
        opener.invited.connect(desk.invite)
        opener.model_found.connect(train.run.leave)
        opener.run_found.connect(train.run.open)
        opener.pictures_found.connect(train.starter.open_with)
        opener.film_opened.connect(self.film.open)
        opener.own_picture_found.connect(self.own.bring_in)
        for room in (self.library, self.explore):
            room.labelled.connect(self.inside.label)
        self.own.film_made.connect(self.film.open)
        self.own.keyframe_wanted.connect(self.film.add_recipe)
        self.own.tuned.connect(self._on_tuned)
        self.learn.model_wanted.connect(opener.open_model)
        train.run.model_wanted.connect(opener.open_model)
        train.reached.connect(desk.show_reached)
        self.perform.film_toggled.connect(self.film.filming.toggle)
        self.perform.film_scrubbed.connect(self.film.scrub_to)
        self.perform.film_recorded.connect(self.film.open_recorded)
        train.overview.keep_wanted.connect(self.library.library_import.ask_for)

    def _models(self) -> list[ModelInfo]:
        """The models of the library, as far as they were found."""
        return self.opener.library

    def _restore(self) -> None:
        settings, window = self._settings, self.window
        if not self.saver.restore_layout():
            window.restoreGeometry(settings.geometry)
            if not window.workspaces.restore(json_object(settings.layout)):
                window.workspaces.reset()
        self.train.run.hide()
        window.actions_["smooth"].setChecked(settings.smooth)
        window.menus.show_recent(settings.recent)
        window.show_recipe(self.session.recipe)

    def _on_first_paint(self) -> None:
        self.saver.restore(self.play.saver.restore)
        self.worker.set_draft_time(self._settings.preview_budget / 1000)
        self.worker.start()
        self.library.load()
        last = (self.saver.model, self._settings.last_model)
        known = (path for path in last if path and Path(path).is_file())
        first = self._start.model or next(known, "")
        self.opener.start(first, self.saver.second_model if first == self.saver.model else "")
        if self._start.recipe or self._start.paths:
            self.film.filming.select(-1)  # what is opened now must not replace a keyframe
        elif not self._start.model and not self.train.find_again() and self._is_first_minute():
            self.worker.rendered.connect(self._on_first_picture)
        self.opener.open_all([path for path in (self._start.recipe, *self._start.paths) if path])
        self.tasks.start(sweep_own_folders, _swept)

    def _is_first_minute(self) -> bool:
        """Whether nobody has left anything on the desk, and things may move by themselves."""
        untouched = not self.session.history.count() and self.film.filming.film.empty
        return untouched and not self._settings.reduced_motion

    def _on_first_picture(self) -> None:
        self.worker.rendered.disconnect(self._on_first_picture)
        self.explore.first_walk.start()

    # --- the session's news ----------------------------------------------------------------------

    def _on_recipe_changed(self, recipe: Recipe) -> None:
        wanted = self.session.fitted
        self.window.status.note_edit(wanted)
        self.worker.request(wanted)  # drawn while the controls are brought up to date
        if self.session.is_dragged:
            self.window.follow(recipe)
        else:
            self.window.show_recipe(recipe)

    def _make_ready(self, loaded: Loaded, show: Callable[[], None]) -> None:
        if self._running:  # word of a model may still come after the window has closed
            self._slices.start(self.window.make_ready(loaded.can), show)

    def _on_model_changed(self) -> None:
        self.window.show_recipe(self.session.recipe)
        self.worker.request(self.session.fitted)
        self.window.status.show_choice(self._settings.precision)
        if self._settings.precision != "fp32":  # what it costs depends on the model
            self.worker.use_precision(self._settings.precision)

    def _on_precision(self, name: str) -> None:
        self._settings.precision = name
        self._settings.save()
        self.window.status.show_choice(name)
        self.worker.use_precision(name)

    # --- the worker's news -----------------------------------------------------------------------

    def _on_tuned(self, info: ModelInfo) -> None:
        """Put a model that was tuned to a picture on the desk."""
        self.opener.look_for_models()
        self.opener.open_model(str(info.path))

    def _on_pasted(self, found: Embedded) -> None:
        self.opener.show_picture(found, "paste picture")

    def _on_probes(self, fraction: float | None) -> None:
        words = "" if fraction is None else f"Learning previews: {100 * fraction:.0f} %"
        self.window.status.show_hint(words)

    # --- words -----------------------------------------------------------------------------------

    def _on_noticed(self, notice: Notice) -> None:
        self.window.show_notice(notice.text, notice.details, passing=notice.passing)

    def _on_crashed(self, report: str) -> None:
        """Save first, tell afterwards."""
        if self._running:
            self.play.saver.save_desk()
            self.saver.save_now()
            self.window.show_report(report)

    def _on_smooth(self, on: bool) -> None:
        self._settings.smooth = on

    def _on_preferences(self) -> None:
        before = self._settings.precision
        dialog = PreferencesDialog(self._settings, self.window)
        dialog.saved.connect(partial(self._on_preferred, before))
        dialog.open()

    def _on_preferred(self, precision: str) -> None:
        """What can change at once, does; `precision` is what it was."""
        if self._settings.precision != precision:
            self._on_precision(self._settings.precision)
        self.window.actions_["smooth"].setChecked(self._settings.smooth)
        self.worker.set_draft_time(self._settings.preview_budget / 1000)
        if self._settings.reduced_motion:
            self.explore.first_walk.stop()

    def _on_help(self) -> None:
        self.window.show_facts("Keys", key_sections(self.window.actions_))

    def _on_about(self) -> None:
        self.window.show_facts("About ganlab", [ABOUT])

    def _on_model_info(self) -> None:
        info, can = self.session.info, self.session.capabilities
        if info is not None and can is not None:
            self.window.show_facts("Model", model_sections(info, can))


def run(start: Start, qt: QApplication) -> int:
    """Open the window and stay until it is closed; returns the exit status."""
    qt.setApplicationName("ganlab")
    qt.setDesktopFileName("ganlab")
    qt.setWindowIcon(QIcon(str(resources_dir() / "ganlab.svg")))
    apply_style(qt)
    garbage = Garbage()
    garbage.start()
    app = App(start, Settings())
    app.messages.install()
    app.show()
    with quitting_on_signals(app.leave):
        status = qt.exec()
    app.stop()
    app.messages.uninstall()
    garbage.stop()
    return status


@contextlib.contextmanager
def quitting_on_signals(quit_: Callable[[], object]) -> Iterator[None]:
    """Call `quit_` on Ctrl+C in the terminal and on SIGTERM, as long as Qt's loop runs.

    Python looks at signals only between two of its own steps, and an idle window makes none; the
    socket that Python writes to on a signal wakes it.
    """
    listening, woken = socket.socketpair()
    woken.setblocking(False)
    notifier = QSocketNotifier(listening.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(quit_)
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, _ignored) for number in numbers]
    wakeup = signal.set_wakeup_fd(woken.fileno())
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
        notifier.setEnabled(False)
        listening.close()
        woken.close()


def _swept(_: None) -> None:
    """Litter of killed processes is nothing to tell of."""


def _ignored(_number: int, _frame: object) -> None:
    """Leave it to the socket."""
