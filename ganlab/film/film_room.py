"""The room where films are made: builds the timeline and the exports, and joins them to the window.

Exporting asks what and how, puts it on the list, and tells how the list goes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox

from ganlab.controls import Picture, bytes_text
from ganlab.engine import OVER, BackgroundTasks, Job, Jobs, RenderWorker
from ganlab.film.export_dialogs import (
    RESULT_SIDE,
    ExportFilmDialog,
    ExportPicturesDialog,
    JobShown,
    JobsPanel,
    ResultDialog,
)
from ganlab.film.film_controller import FilmEditor
from ganlab.film.timeline_panel import TimelinePanel
from ganlab.session import Session
from ganlab.settings import Kind, Settings
from ganlab.window import MainWindow, Messages, ask_timeline, ask_to_save
from ganlab_core.export import ExportJob, FilmJob, StillJob, free_path, picture_stem, plain_name
from ganlab_core.files import write_bytes_atomically
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Recipe, fit
from ganlab_core.timeline import Timeline

MOST_BESIDE = 8
"""Models worth seeing side by side."""

Kept = Literal["", "frames", "pictures"]


def title_of(export: ExportJob) -> str:
    """What an export is, for people."""
    name = export.target.name
    if isinstance(export, FilmJob):
        return f"Film {name}"
    return f"Pictures {name}" if kept_of(export) else name


def kept_of(export: ExportJob) -> Kept:
    """What stays of an export given up: frames, which are taken up again, pictures, or nothing."""
    if isinstance(export, FilmJob):
        return "frames" if export.codec == "png" else ""
    return "pictures" if isinstance(export, StillJob) and export.seeds else ""


STATES = {
    "waiting": "Waiting for its turn.",
    "paused": "Paused.",
    "stopping": "Clearing away…",
}
INTERRUPTED = {
    "": "Interrupted when ganlab ended; Try Again makes it from the start.",
    "frames": "Interrupted when ganlab ended; Try Again goes on after the finished frames.",
    "pictures": "Interrupted when ganlab ended; Try Again makes all of them.",
}
CANCELLED = {
    "": "Cancelled; nothing was left behind.",
    "frames": "Cancelled; the finished frames stay, and Try Again goes on after them.",
    "pictures": "Cancelled; the finished pictures stay.",
}


OWNER = "export"
"""Of the small pictures that windows of exports show."""


class Exporter(QObject):
    """Writes films and pictures in the background.

    Parameters
    ----------
    session, filming, worker, library, window, messages, settings
        What is exported; who draws it small; the library; where questions are asked and news told.

    Attributes
    ----------
    recorded
        The film that was recorded last with its sound, which goes with it as long as it is as long.
    """

    def __init__(
        self,
        session: Session,
        filming: FilmEditor,
        worker: RenderWorker,
        library: Callable[[], list[ModelInfo]],
        window: MainWindow,
        messages: Messages,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._filming = filming
        self._worker = worker
        self._shown: ResultDialog | None = None
        self._library = library
        self._window = window
        self._messages = messages
        self._settings = settings
        self.jobs = Jobs(self)
        self.panel = JobsPanel()
        self._dock = window.add_panel("Exports", self.panel, Qt.DockWidgetArea.RightDockWidgetArea)
        self.recorded: tuple[Timeline, Path | None] = (Timeline(), None)
        self._question: QMessageBox | None = None
        self._asks = True
        self._asked_before = window.may_close
        window.may_close = self._may_close
        self._connect()

    def _connect(self) -> None:
        panel, actions = self.panel, self._window.actions_
        self._worker.thumbnail_rendered.connect(self._on_thumbnail)
        actions["export_film"].triggered.connect(self.ask_film)
        actions["export_pictures"].triggered.connect(self.ask_pictures)
        self._filming.panel.export_asked.connect(self.ask_film)
        panel.film_asked.connect(self.ask_film)
        panel.pictures_asked.connect(self.ask_pictures)
        self.jobs.changed.connect(self._on_changed)
        self.jobs.finished.connect(self._on_finished)
        for signal, act in (
            (panel.pause_asked, self.jobs.pause),
            (panel.go_asked, self.jobs.go_on),
            (panel.cancel_asked, self.jobs.cancel),
            (panel.forget_asked, self.jobs.forget),
            (panel.again_asked, self.jobs.again),
            (panel.open_asked, self.open_exported),
            (panel.folder_asked, self.open_folder),
        ):
            signal.connect(lambda number, act=act: act(self._job(number)))

    def stop(self) -> None:
        """Cancel what runs and wait for it to clear away."""
        self.jobs.stop()

    def ask_nothing(self) -> None:
        """Let the window close without a question, as on a signal."""
        self._asks = False

    # --- films -----------------------------------------------------------------------------------

    def ask_film(self) -> None:
        """Ask how the film is to be written."""
        info, can = self._session.info, self._session.capabilities
        if info is None or can is None or self._filming.film.empty:
            self._messages.tell("There is no film yet; press K to add the first keyframe.")
            return
        line = self._filming.playable
        stem = f"{picture_stem(info, line.keyframes[0].recipe)}-film"
        suggested = self._free("videos", stem)
        film = FilmJob(
            models=(str(info.path),),
            second=None if info.second is None else str(info.second.path),
            out=suggested.with_name(f"{suggested.name}.mp4"),
            timeline=line,
            sound=self._sound(line),
            codec="h264",
        )
        dialog = ExportFilmDialog(
            film,
            can.resolution,
            self._beside(info),
            self._window,
            transparent=can.img_channels == 4,
        )
        dialog.ordered.connect(self.add)
        self._draw_results(dialog)
        dialog.open()

    def _sound(self, line: Timeline) -> Path | None:
        """What was recorded beside the film; None where the film is another one, or it has gone."""
        recorded, sound = self.recorded
        there = sound is not None and sound.is_file()
        return sound if there and line.duration == recorded.duration else None

    # --- pictures --------------------------------------------------------------------------------

    def ask_pictures(self) -> None:
        """Ask which pictures are to be written."""
        info, can = self._session.info, self._session.capabilities
        if info is None or can is None:
            self._messages.tell("There is no picture to save yet.")
            return
        recipe = fit(self._session.recipe, can)
        endings = {"batch": "pictures", "contact": "sheet", "compare": "comparison"}
        named = {
            kind: self._free("pictures", f"{plain_name(info.name)}-{ending}")
            for kind, ending in {**endings, "strip": "strip"}.items()
        }
        suggested = self._free("pictures", picture_stem(info, recipe))
        dialog = ExportPicturesDialog(
            suggested, can, recipe, self._beside(info), named, self._window,
            None if info.second is None else str(info.second.path),
        )  # fmt: skip
        dialog.ordered.connect(self.add)
        self._draw_results(dialog)
        QTimer.singleShot(0, dialog, dialog.open)  # making it is enough for one turn of the loop

    def _draw_results(self, dialog: ResultDialog) -> None:
        """Let a window of exports show what it would make."""
        self._shown = dialog
        dialog.pictures_wanted.connect(self._on_pictures_wanted)
        dialog.finished.connect(self._on_closed)
        dialog.ask_pictures()

    def _on_pictures_wanted(self, recipes: list[Recipe]) -> None:
        self._worker.request_thumbnails(OWNER, recipes, RESULT_SIDE)

    def _on_thumbnail(self, owner: str, recipe: Recipe, pixels: Picture) -> None:
        if owner == OWNER and self._shown is not None:
            self._shown.show_picture(recipe, pixels)

    def _on_closed(self) -> None:
        self._shown = None
        self._worker.request_thumbnails(OWNER, ())

    def _beside(self, info: ModelInfo) -> tuple[str, ...]:
        """The model and the others of the library, as many as are worth seeing side by side."""
        found = dict.fromkeys((info.path, *(own.path for own in self._library())))
        return tuple(map(str, list(found)[:MOST_BESIDE]))

    # --- the list --------------------------------------------------------------------------------

    def add(self, export: ExportJob) -> None:
        """Put an export on the list."""
        folder = export.target.absolute().parent
        kind: Kind = "videos" if isinstance(export, FilmJob) else "pictures"
        try:
            if folder == self._settings.saving_folder(kind):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._messages.show_error(error)
            return
        self._settings.keep_saving_folder(kind, folder)
        self._dock.show()
        self._dock.raise_()
        self.jobs.add(export)

    def _free(self, kind: Kind, name: str) -> Path:
        """A name, without ending, that neither a file nor an export on the list has."""
        taken = {job.export.target.stem for job in self.jobs.unfinished()}
        return free_path(self._settings.saving_folder(kind), name, taken)

    def _job(self, number: int) -> Job:
        return next(job for job in self.jobs.jobs if job.number == number)

    def open_exported(self, job: Job) -> None:
        """Play a film, or show a picture, in the system's own program."""
        target = job.export.target
        if not target.exists():
            self._messages.tell(f"{target.name} is gone; it may have been moved or renamed.")
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(target.absolute()))):
            self._messages.tell(f"No program here opens {target.name}; it lies in {target.parent}.")

    def open_folder(self, job: Job) -> None:
        """Show where the export lies, in the system's own window."""
        target = job.export.target
        folder = target if target.is_dir() else target.parent
        if not folder.is_dir():
            self._messages.tell(f"The folder {folder} is gone.")
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._messages.tell(f"It lies in {folder}.")

    def _on_changed(self) -> None:
        """What is still to be done stands above what is over."""
        jobs = sorted(self.jobs.jobs, key=lambda job: job.state in OVER)
        self.panel.show_jobs([shown(job) for job in jobs])

    def _on_finished(self, job: Job) -> None:
        if job.state == "failed":
            self._messages.tell(job.error)
        elif job.state == "done":
            name = job.export.target.name
            self._messages.tell(f"Exported {name}; drop it on this window to come back to it.",
                                passing=True)  # fmt: skip

    # --- closing ---------------------------------------------------------------------------------

    def _may_close(self) -> bool:
        """Ask before what is being written is given up."""
        if self._asked_before is not None and not self._asked_before():
            return False
        count = len(self.jobs.unfinished())
        if not self._asks or not count:
            return True
        if self._question is None:
            self._question = self._asked(count)
            self._question.open()
        return False

    def _asked(self, count: int) -> QMessageBox:
        what = "An export is" if count == 1 else f"{count} exports are"
        box = QMessageBox(self._window)
        box.setWindowTitle("Close ganlab?")
        box.setText(f"{what} still being written.")
        box.setInformativeText(
            "Closing ends them and leaves nothing half-written; the list keeps them, to try again."
        )
        stay = box.addButton("Keep Working", QMessageBox.ButtonRole.RejectRole)
        leave = box.addButton("End and Close", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        leave.clicked.connect(self._on_leave)
        box.finished.connect(self._on_answered)
        return box

    def _on_leave(self) -> None:
        self._asks = False
        self._window.close()

    def _on_answered(self) -> None:
        if self._question is not None:
            self._question.deleteLater()
            self._question = None


def shown(job: Job) -> JobShown:
    """A job in words."""
    progress = job.progress
    fraction = progress.done / progress.count if progress.count else None
    return JobShown(job.number, title_of(job.export), _detail(job), fraction, job.state)


def _detail(job: Job) -> str:
    progress = job.progress
    if job.state == "failed":
        return job.error
    if job.state == "done":
        return f"Done: {job.export.target}"
    if job.state == "cancelled":
        return CANCELLED[kept_of(job.export) if progress.done else ""]
    if job.state == "interrupted":
        return INTERRUPTED[kept_of(job.export)]
    if job.state != "running":
        return STATES[job.state]
    if not progress.count:
        return "Waking the network…"
    if progress.done == progress.count:
        return "All drawn; the file is being finished…"
    parts = [f"{progress.done} of {progress.count}"]
    if progress.seconds_left is not None:
        parts.append(f"{time_text(progress.seconds_left)} left")
    if progress.bytes_expected:
        parts.append(f"about {bytes_text(progress.bytes_expected)}")
    return ", ".join(parts)


def time_text(seconds: float) -> str:
    """A time as people say it: `"5 s"`, `"3 min"`, `"2 h 10 min"`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class UndoRedo(QObject):
    """Takes back what was done last; an edit of a keyframe on the desk is one thing with two halves.

    Parameters
    ----------
    session, filming
        Whose histories are walked.
    window
        Has the actions, and shows what they would do.
    """

    def __init__(
        self,
        session: Session,
        filming: FilmEditor,
        window: MainWindow,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._filming = filming
        self._window = window
        window.actions_["undo"].triggered.connect(self.undo)
        window.actions_["redo"].triggered.connect(self.redo)
        window.actions_["forget_history"].triggered.connect(self.ask_to_forget)
        session.history_changed.connect(self._on_changed)
        filming.history_changed.connect(self._on_changed)
        self._on_changed()

    def undo(self) -> None:
        """Take the last thing done back."""
        desk, film = self._undo_stamps()
        newest = max(desk, film)
        if newest:
            self._walk(desk == newest, film == newest, back=True)

    def redo(self) -> None:
        """Make again what was taken back last."""
        desk, film = self._redo_stamps()
        known = [stamp for stamp in (desk, film) if stamp]
        if known:
            self._walk(desk == min(known), film == min(known), back=False)

    def ask_to_forget(self) -> None:
        """Ask before every step of the desk is forgotten."""
        count = self._session.history.count()
        if not count:
            return
        box = QMessageBox(self._window)
        box.setWindowTitle("Forget the history?")
        box.setText(f"{count} step{'s' * (count != 1)} will be gone for good.")
        box.setInformativeText("The picture, the timeline and the favourites stay.")
        keep = box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        forget = box.addButton("Forget", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        forget.clicked.connect(self.forget)
        box.finished.connect(box.deleteLater)
        box.open()

    def forget(self) -> None:
        """Begin the history with what is on the desk; the film keeps its own."""
        self._filming.stop()
        with self._filming.showing.quietly():
            self._session.forget_history()
        self._filming.showing.begin_again()

    def _walk(self, desk: bool, film: bool, *, back: bool) -> None:
        """Go a step back or on in one history, or in both."""
        session, history = self._session, self._filming.history
        self._filming.stop()
        if film:
            history.undo() if back else history.redo()
            with self._filming.showing.quietly():
                if desk:
                    session.undo() if back else session.redo()
            self._filming.restored()
        else:
            session.undo() if back else session.redo()
        self._on_changed()

    def _undo_stamps(self) -> tuple[int, int]:
        """When the last step on the desk, and of the film, was made; 0 where there is none."""
        now = self._session.history.now
        desk = self._filming.stamps.of_desk(now.number) if now.parent is not None else 0
        return desk, self._filming.history.undo_stamp

    def _redo_stamps(self) -> tuple[int, int]:
        """The same of the steps that would come next; the film's only if nothing was done since."""
        towards = self._session.history.now.towards
        desk = 0 if towards is None else self._filming.stamps.of_desk(towards.number)
        film = self._filming.history.redo_stamp
        return desk, film if film > max(self._undo_stamps()) else 0

    def _on_changed(self) -> None:
        """Say in the menu what undo and redo would do."""
        session, film = self._session.history, self._filming.history
        desk_back, film_back = self._undo_stamps()
        desk_on, film_on = self._redo_stamps()
        undo = film.undo_label if film_back > desk_back else session.undo_label
        takes_film = film_on and (not desk_on or film_on < desk_on)
        self._window.show_history(undo, film.redo_label if takes_film else session.redo_label)


class FilmFiles(QObject):
    """Saves the timeline and opens others.

    Parameters
    ----------
    session, filming, window, tasks, messages, settings
        The models it is named after and of; whose timeline; where questions and news are shown, and files
        opened; who writes.
    """

    def __init__(
        self,
        session: Session,
        filming: FilmEditor,
        window: MainWindow,
        tasks: BackgroundTasks,
        messages: Messages,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._filming = filming
        self._window = window
        self._tasks = tasks
        self._messages = messages
        self._settings = settings
        for signal, slot in (
            (filming.panel.save_asked, self.ask_where_to_save),
            (filming.panel.open_asked, self.ask_what_to_open),
            (window.actions_["save_film"].triggered, self.ask_where_to_save),
            (window.actions_["open_film"].triggered, self.ask_what_to_open),
        ):
            signal.connect(slot)

    def ask_where_to_save(self) -> None:
        """Let the person choose a file for the timeline."""
        if self._filming.film.empty:
            self._messages.tell("The timeline is empty; press K to add the first keyframe.")
            return
        info = self._session.info
        first = self._filming.film.timeline.keyframes[0].recipe
        stem = "timeline" if info is None else f"{picture_stem(info, first)}-timeline"
        suggested = free_path(self._settings.saving_folder("videos"), stem)
        suggested = suggested.with_name(f"{suggested.name}.json")
        ask_to_save(self._window, "Save the timeline", suggested, self.save)

    def save(self, path: str) -> None:
        """Write the timeline."""
        target = Path(path)
        self._settings.keep_saving_folder("videos", target.parent)
        work = partial(_write, target, self._filming.kept, self._session.info)
        self._tasks.start(work, self._on_saved)

    def ask_what_to_open(self) -> None:
        """Let the person choose a timeline or a film."""
        ask_timeline(self._window, self._settings.last_folder, self.open)

    def open(self, path: str) -> None:
        """Open a timeline, or that of a film."""
        self._window.path_chosen.emit(Path(path))

    def _on_saved(self, path: Path) -> None:
        said = f"Saved {path.name}; drop it on this window to go on with it."
        self._messages.tell(said, passing=True)


def _write(path: Path, line: Timeline, info: ModelInfo | None) -> Path:
    """What knows of films' files is loaded with the first one."""
    from ganlab_core.export import timeline_json

    write_bytes_atomically(path, timeline_json(line, info).encode())
    return path


class FilmRoom(QObject):
    """Everything about films in the window; the timeline is hidden until it is wanted.

    Parameters
    ----------
    session, window, worker, library, tasks, messages, settings
        What films are made of, shown in, drawn by, and told through.
    """

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
        self._window = window
        self.panel = TimelinePanel()
        self._dock = window.add_panel(
            "Timeline", self.panel, Qt.DockWidgetArea.BottomDockWidgetArea
        )
        self._dock.dockLocationChanged.connect(self._on_placed)
        self.filming = FilmEditor(session, worker, tasks, messages, self.panel, parent=self)
        self.undo_redo = UndoRedo(session, self.filming, window, self)
        self.files = FilmFiles(session, self.filming, window, tasks, messages, settings, self)
        self.exporter = Exporter(
            session, self.filming, worker, library, window, messages, settings, self
        )
        self._connect_actions()

    def _connect_actions(self) -> None:
        actions = self._window.actions_
        actions["timeline"].toggled.connect(self._dock.setVisible)
        self._dock.toggleViewAction().toggled.connect(actions["timeline"].setChecked)
        actions["keyframe"].triggered.connect(self._on_keyframe)
        actions["play_film"].triggered.connect(self.filming.toggle)
        actions["new_film"].triggered.connect(self.filming.clear)

    def stop(self) -> None:
        """End everything that runs."""
        self.filming.stop()
        self.exporter.stop()

    def _on_keyframe(self) -> None:
        self._dock.show()
        self.filming.add_keyframe()

    def add_recipe(self, recipe: Recipe) -> None:
        """Keep a Recipe that may not be on the desk as a keyframe, and show the timeline."""
        self._dock.show()
        self.filming.add_recipe(recipe)

    def _on_placed(self, area: Qt.DockWidgetArea) -> None:
        areas = Qt.DockWidgetArea
        self.panel.set_beside(area in (areas.LeftDockWidgetArea, areas.RightDockWidgetArea))
        layout = self._dock.widget().layout()
        if layout is not None:
            layout.activate()  # before the window takes the old form's width for the least

    def open(self, line: Timeline) -> None:
        """Put a Timeline on the timeline, and show it."""
        self._dock.show()
        self.filming.open(line)

    def open_recorded(self, line: Timeline, sound: Path | None) -> None:
        """Put a performance on the timeline; films of it have its sound."""
        self.open(line)
        self.exporter.recorded = (line, sound)

    def scrub_to(self, part: float) -> None:
        """Put the playhead at a part of the film, 0 to 1."""
        film = self.filming.film
        if not film.empty:
            self.filming.scrub(part * film.timeline.duration)
