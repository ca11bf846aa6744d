"""Inspecting: joins the Inside panel to the render thread, and directions to their files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt

from ganlab.engine.background_tasks import BackgroundTasks
from ganlab.engine.render_worker import RenderWorker
from ganlab.inside.inside_panel import InsidePanel
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.window.file_dialogs import ask_directions, ask_where_for_directions
from ganlab.window.main_window import MainWindow
from ganlab.window.messages import Messages
from ganlab_core.errors import GanlabError
from ganlab_core.inspection import (
    DirectionSet,
    check_fits,
    keep_directions,
    kept_directions,
    load_directions,
    save_directions,
)


class InsideRoom(QObject):
    """Puts the Inside panel into the window, carries its questions, and keeps its directions.

    Parameters
    ----------
    session, window, worker, messages, settings
        What is looked into, where, by whom; where it is told.
    tasks
        Reads and writes files of directions.

    Attributes
    ----------
    panel
        The Inside panel.
    """

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        worker: RenderWorker,
        tasks: BackgroundTasks,
        messages: Messages,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._window = window
        self._tasks = tasks
        self._messages = messages
        self._settings = settings
        self._fingerprint = ""
        self._request: DirectionSet | None = None
        self.panel = InsidePanel()
        self.dock = window.add_panel("Inside", self.panel, Qt.DockWidgetArea.RightDockWidgetArea)
        self.panel.asked.connect(worker.look)
        self.panel.dropped.connect(worker.drop_look)
        worker.seen.connect(self.panel.show_answer)
        worker.looking.connect(self.panel.show_progress)
        worker.rendered.connect(self.panel.show_frame)
        worker.loaded.connect(self._on_loaded)
        directions = self.panel.directions
        directions.changed.connect(self._on_changed)
        directions.load_asked.connect(self._on_load_asked)
        directions.save_asked.connect(self._on_save_asked)

    # --- models ----------------------------------------------------------------------------------

    def _on_loaded(self) -> None:
        """Forget the model before, and take the directions that are kept for this one."""
        self.panel.forget()
        info = self._session.info
        self._fingerprint = info.fingerprint if info else ""
        work = partial(kept_directions, self._fingerprint)
        self._tasks.start(work, partial(self._on_kept, self._fingerprint))

    def _on_kept(self, fingerprint: str, found: DirectionSet | None) -> None:
        can = self._session.capabilities
        if found is None or can is None or fingerprint != self._fingerprint:
            return
        try:
            self.panel.directions.show_set(found, check_fits(found, fingerprint, can))
        except GanlabError:
            return  # they can be found again

    # --- files -----------------------------------------------------------------------------------

    def _on_changed(self, found: DirectionSet) -> None:
        self._tasks.start(partial(keep_directions, found), _ignore)

    def _on_load_asked(self) -> None:
        ask_directions(self._window, self._settings.last_folder, self._on_load_chosen)

    def _on_load_chosen(self, path: str) -> None:
        self.load(Path(path))

    def load(self, path: Path) -> None:
        """Show the directions of a file, or say why they cannot be used here."""
        self._settings.last_folder = path.parent
        self._tasks.start(partial(load_directions, path), self._on_read)

    def _on_read(self, found: DirectionSet) -> None:
        info, can = self._session.info, self._session.capabilities
        if info is None or can is None:
            return
        try:
            note = check_fits(found, info.fingerprint, can)
        except GanlabError as error:
            self._messages.show_error(error)
        else:
            self.panel.directions.show_set(found, note)

    def _on_save_asked(self, found: DirectionSet) -> None:
        self._request = found
        info = self._session.info
        name = f"{info.name if info else 'model'}-directions.json"
        suggested = self._settings.saving_folder("documents") / name
        ask_where_for_directions(self._window, suggested, self._on_save_chosen)

    def _on_save_chosen(self, path: str) -> None:
        if self._request is not None:
            self.save(self._request, Path(path))

    def save(self, found: DirectionSet, path: Path) -> None:
        """Write directions into a file."""
        self._settings.keep_saving_folder("documents", path.parent)
        self._tasks.start(partial(save_directions, found, path), partial(self._on_saved, path))

    def _on_saved(self, path: Path, _nothing: None) -> None:
        self._messages.tell(f"Saved {path.name}.", passing=True)


def _ignore(_result: object) -> None:
    """Whether it could be kept changes nothing now."""
