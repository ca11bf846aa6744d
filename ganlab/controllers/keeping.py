"""Keeping: pictures as PNG, Recipes on the clipboard, and the desk itself from day to day."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication

from ganlab.controllers.paths import RECIPE_BYTES, read_recipe
from ganlab.dialogs.files import ask_png
from ganlab.main_window import MainWindow
from ganlab.messages import Messages
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.workers.errands import Errands
from ganlab_core.atomic import write_bytes_atomically
from ganlab_core.errors import GanlabError
from ganlab_core.frame import Frame
from ganlab_core.model_info import ModelInfo
from ganlab_core.recipe import Recipe
from ganlab_core.reproduce import picture_name

AUTOSAVE_MS = 2000


class Keeper(QObject):
    """Saves what is on the desk, when asked and by itself.

    Parameters
    ----------
    session, window, messages, settings
        What is kept, and where it is told.
    errands
        Writes the files.

    Attributes
    ----------
    frame
        The frame that is shown: it, and not a later Recipe, is what is saved.
    """

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        errands: Errands,
        messages: Messages,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._window = window
        self._errands = errands
        self._messages = messages
        self._settings = settings
        self.frame: Frame | None = None
        self._wish: tuple[Frame, ModelInfo] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(AUTOSAVE_MS)
        self._timer.timeout.connect(self._on_autosave)
        session.recipe_changed.connect(self._on_recipe_changed)
        for name, slot in {
            "save_png": self.ask_where_to_save,
            "copy_recipe": self.copy_recipe,
            "paste_recipe": self.paste_recipe,
        }.items():
            window.actions_[name].triggered.connect(slot)

    def keep_frame(self, frame: Frame) -> None:
        """Remember the frame that is shown."""
        self.frame = frame

    # --- pictures --------------------------------------------------------------------------------

    def ask_where_to_save(self) -> None:
        """Let the person choose a file for the picture as it is shown now."""
        frame, info = self.frame, self._session.info
        if frame is None or info is None or frame.fingerprint != info.fingerprint:
            self._messages.tell("There is no picture to save yet.")
            return
        self._wish = (frame, info)
        suggested = self._settings.last_folder / picture_name(info, frame.recipe)
        ask_png(self._window, suggested, self._on_png_chosen)

    def _on_png_chosen(self, path: str) -> None:
        if self._wish is not None:
            self.save_picture(Path(path), *self._wish)

    def save_picture(self, path: Path, frame: Frame, info: ModelInfo) -> None:
        """Write a frame with its Recipe inside."""
        self._settings.last_folder = path.parent
        work = partial(_save, path, frame, info)
        self._errands.start(work, self._on_saved)

    def _on_saved(self, path: Path) -> None:
        said = f"Saved {path.name}; drop it on this window to come back to it."
        self._messages.tell(said, passing=True)

    # --- the clipboard ---------------------------------------------------------------------------

    def copy_recipe(self) -> None:
        """Put the Recipe on the clipboard as JSON text."""
        QGuiApplication.clipboard().setText(self._session.recipe.to_json())

    def paste_recipe(self) -> None:
        """Take the Recipe from the clipboard."""
        text = QGuiApplication.clipboard().text()[:RECIPE_BYTES]
        try:
            recipe = Recipe.from_json(text)
        except GanlabError:
            self._messages.tell("The clipboard holds no Recipe; copy one with Ctrl+C first.")
        else:
            self._session.edit(recipe, "paste Recipe")

    # --- the desk --------------------------------------------------------------------------------

    def restore(self) -> Recipe | None:
        """The Recipe that was last on the desk; None when there is none that can be read."""
        try:
            return read_recipe(self._settings.recipe_file)
        except (GanlabError, OSError):
            return None

    def save_desk(self) -> None:
        """Write the Recipe now; a full disk must not stand in the way of what comes next."""
        self._timer.stop()
        try:
            _write_recipe(self._settings.recipe_file, self._session.recipe)
        except OSError as error:
            self._messages.show_error(error)

    def _on_recipe_changed(self) -> None:
        """A walk that never pauses is saved all the same."""
        if not self._timer.isActive():
            self._timer.start()

    def _on_autosave(self) -> None:
        path, recipe = self._settings.recipe_file, self._session.recipe
        self._errands.start(partial(_write_recipe, path, recipe), self._on_autosaved)

    def _on_autosaved(self, _nothing: None) -> None:
        self._settings.save()


def _save(path: Path, frame: Frame, info: ModelInfo) -> Path:
    """Write the PNG; the encoder is loaded with the first one."""
    from ganlab_core.export.png import save_png

    save_png(path, frame.pixels, frame.recipe, info)
    return path


def _write_recipe(path: Path, recipe: Recipe) -> None:
    write_bytes_atomically(path, recipe.to_json().encode())
