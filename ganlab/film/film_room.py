"""The room where films are made: builds the timeline and the exports, and joins them to the window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox

from ganlab.engine import BackgroundTasks, RenderWorker
from ganlab.film.export_controller import Exporter
from ganlab.film.film_controller import FilmEditor
from ganlab.film.timeline_panel import TimelinePanel
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.window import MainWindow, Messages, ask_timeline, ask_to_save
from ganlab_core.export import free_path, picture_stem
from ganlab_core.files import write_bytes_atomically
from ganlab_core.models import ModelInfo
from ganlab_core.timeline import Timeline


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
        The model it is named after; whose timeline; where questions and news are shown, and files
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
        work = partial(_write, target, self._filming.film.timeline)
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


def _write(path: Path, line: Timeline) -> Path:
    write_bytes_atomically(path, line.to_json().encode())
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
        self.filming = FilmEditor(session, worker, tasks, messages, self.panel, parent=self)
        self.undo_redo = UndoRedo(session, self.filming, window, self)
        self.files = FilmFiles(session, self.filming, window, tasks, messages, settings, self)
        self.exporter = Exporter(session, self.filming, library, window, messages, settings, self)
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
