"""Presets: files beside the window's thread, and laying one over the desk."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from ganlab.engine.background_tasks import BackgroundTasks
from ganlab.library.preset_panel import PresetsPanel
from ganlab.session import Session
from ganlab.window.messages import Messages
from ganlab_core.errors import GanlabError
from ganlab_core.files import presets_dir
from ganlab_core.recipe import Preset, read_presets, write_preset

Found = list[tuple[Path, Preset]]


class PresetShelf(QObject):
    """Knows the presets, and lets the panel show them.

    Parameters
    ----------
    session, panel, tasks, messages
        What presets are laid over, where they are seen, who handles files, where failures are told.
    """

    def __init__(
        self,
        session: Session,
        panel: PresetsPanel,
        tasks: BackgroundTasks,
        messages: Messages,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._panel = panel
        self._tasks = tasks
        self._messages = messages
        self._found: Found = []
        panel.chosen.connect(self.apply)
        panel.saved.connect(self.save)
        panel.deleted.connect(self.delete)

    @property
    def known(self) -> list[Preset]:
        """All presets, by name."""
        return [preset for _, preset in self._found]

    def load(self) -> None:
        """Read what is there."""
        self._tasks.start(partial(read_presets, presets_dir()), self._on_read)

    def apply(self, preset: Preset) -> None:
        """Lay a preset over the desk."""
        laid = preset.applied_to(self._session.recipe)
        self._session.edit(laid, f"preset {preset.name}")

    def save(self, name: str, parts: tuple[str, ...]) -> None:
        """Make a preset of some parts of the desk."""
        try:
            preset = Preset(name, parts, self._session.recipe)
        except GanlabError as error:
            self._messages.show_error(error)
            return
        self._tasks.start(partial(_save, presets_dir(), preset), self._on_read)

    def delete(self, preset: Preset) -> None:
        """Delete a preset's file."""
        paths = [path for path, known in self._found if known == preset]
        self._tasks.start(partial(_delete, presets_dir(), paths), self._on_read)

    def _on_read(self, found: Found) -> None:
        self._found = found
        self._panel.show_presets(self.known)


def _save(folder: Path, preset: Preset) -> Found:
    write_preset(folder, preset)
    return read_presets(folder)


def _delete(folder: Path, paths: list[Path]) -> Found:
    for path in paths:
        path.unlink(missing_ok=True)
    return read_presets(folder)
