"""Timelines as files: saved, opened, and taken out of the films they made."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from ganlab.controllers.filming import Filming
from ganlab.controllers.opening import Opener
from ganlab.dialogs.files import ask_timeline, ask_to_save
from ganlab.main_window import MainWindow
from ganlab.messages import Messages
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.workers.errands import Errands
from ganlab_core.atomic import write_bytes_atomically
from ganlab_core.reproduce import free_path, picture_stem
from ganlab_core.timeline import Timeline


class FilmFiles(QObject):
    """Saves the timeline and opens others.

    Parameters
    ----------
    session, filming, opener, window, errands, messages, settings
        The model it is named after; whose timeline; who opens files; where questions and news are
        shown; who writes.
    """

    def __init__(
        self,
        session: Session,
        filming: Filming,
        opener: Opener,
        window: MainWindow,
        errands: Errands,
        messages: Messages,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._filming = filming
        self._opener = opener
        self._window = window
        self._errands = errands
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
        self._errands.start(work, self._on_saved)

    def ask_what_to_open(self) -> None:
        """Let the person choose a timeline or a film."""
        ask_timeline(self._window, self._settings.last_folder, self.open)

    def open(self, path: str) -> None:
        """Open a timeline, or that of a film."""
        self._opener.open(Path(path))

    def _on_saved(self, path: Path) -> None:
        said = f"Saved {path.name}; drop it on this window to go on with it."
        self._messages.tell(said, passing=True)


def _write(path: Path, line: Timeline) -> Path:
    write_bytes_atomically(path, line.to_json().encode())
    return path
