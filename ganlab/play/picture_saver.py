"""Keeping: pictures as PNG, Recipes on the clipboard, and the desk itself from day to day."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage

from ganlab.controls import METHOD_NAMES, large_side
from ganlab.engine import BackgroundTasks
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.window import MainWindow, Messages, ask_png
from ganlab_core.errors import GanlabError
from ganlab_core.export import free_path, picture_stem
from ganlab_core.files import write_bytes_atomically
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import RECIPE_BYTES, Recipe, read_recipe
from ganlab_core.rendering import Frame

if TYPE_CHECKING:
    from ganlab_core.export import Embedded

AUTOSAVE_MS = 2000

PNG_TYPE, OWN_TYPE = "image/png", "application/x-ganlab-picture"
LARGEST_PASTED = 256 * 2**20
FOREIGN = (
    "The picture on the clipboard carries no ganlab Recipe; copy one here with Ctrl+C,"
    " or drop the file that ganlab saved."
)

Size = tuple[int, str] | None
"""Pixels of the larger side and the method that enlarges; None = as rendered."""


class PictureSaver(QObject):
    """Saves what is on the desk, when asked and by itself.

    Parameters
    ----------
    session, window, messages, settings
        What is kept, and where it is told.
    tasks
        Writes the files.

    Attributes
    ----------
    frame
        The frame that is shown: it, and not a later Recipe, is what is saved.

    Signals
    -------
    pasted(Embedded)
        The Recipe, and the model, of a picture that was pasted.
    """

    pasted = Signal(object)

    def __init__(
        self,
        session: Session,
        window: MainWindow,
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
        self.frame: Frame | None = None
        self._request: tuple[Frame, ModelInfo] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(AUTOSAVE_MS)
        self._timer.timeout.connect(self._on_autosave)
        session.recipe_changed.connect(self._on_recipe_changed)
        for name, slot in {
            "save_png": self.ask_where_to_save,
            "copy_picture": self.copy_picture,
            "copy_recipe": self.copy_recipe,
            "paste_recipe": self.paste_recipe,
        }.items():
            window.actions_[name].triggered.connect(slot)

    def keep_frame(self, frame: Frame) -> None:
        """Remember the frame that is shown."""
        self.frame = frame

    def on_desk(self) -> tuple[Frame, ModelInfo] | None:
        """The frame that is shown, and its model; None while there is none."""
        frame, info = self.frame, self._session.info
        if frame is None or info is None or frame.fingerprint != info.fingerprint:
            return None
        return frame, info

    # --- pictures --------------------------------------------------------------------------------

    def ask_where_to_save(self) -> None:
        """Let the person choose a file for the picture as it is shown now."""
        found = self.on_desk()
        if found is None:
            self._messages.tell("There is no picture to save yet.")
            return
        frame, info = found
        self._request = (frame, info)
        free = free_path(self._settings.saving_folder("pictures"), picture_stem(info, frame.recipe))
        sizes = sizes_of(frame)
        ask_png(
            self._window, free.with_name(f"{free.name}.png"), list(sizes),
            lambda path, size: self._on_png_chosen(path, list(sizes.values())[size]),
        )  # fmt: skip

    def _on_png_chosen(self, path: str, size: Size) -> None:
        if self._request is not None:
            self.save_picture(Path(path), *self._request, size)

    def save_picture(self, path: Path, frame: Frame, info: ModelInfo, size: Size = None) -> None:
        """Write a frame with its Recipe inside, enlarged or as it is."""
        self._settings.keep_saving_folder("pictures", path.parent)
        work = partial(_save, path, frame, info, size)
        self._tasks.start(work, self._on_saved)

    def _on_saved(self, path: Path) -> None:
        said = f"Saved {path.name}; drop it on this window to come back to it."
        self._messages.tell(said, passing=True)

    # --- the clipboard ---------------------------------------------------------------------------

    def copy_picture(self) -> None:
        """Put the picture on the clipboard, large, with its Recipe for whoever pastes it back."""
        found = self.on_desk()
        if found is None:
            self._messages.tell("There is no picture to copy yet.")
            return
        size = next(iter(sizes_of(found[0]).values()))
        self._tasks.start(partial(_encoded, *found, size), self._on_encoded)

    def _on_encoded(self, data: tuple[bytes, str, QImage]) -> None:
        png, text, image = data
        mime = QMimeData()
        mime.setImageData(image)
        mime.setData(PNG_TYPE, png)
        mime.setData(OWN_TYPE, text.encode())
        QGuiApplication.clipboard().setMimeData(mime)
        self._messages.tell("Copied the picture; Ctrl+V here brings it back.", passing=True)

    def copy_recipe(self) -> None:
        """Put the Recipe on the clipboard as JSON text."""
        QGuiApplication.clipboard().setText(self._session.recipe.to_json())

    def paste_recipe(self) -> None:
        """Take a picture's Recipe, a Recipe as text, or copied files from the clipboard."""
        mime: QMimeData | None = QGuiApplication.clipboard().mimeData()  # None when it is empty
        if mime is None:
            self._paste_text("")
            return
        files = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        if mime.hasFormat(OWN_TYPE) or mime.hasFormat(PNG_TYPE):
            own, png = (bytes(mime.data(kind).data()) for kind in (OWN_TYPE, PNG_TYPE))
            self._tasks.start(partial(_pasted, own, png), self._on_pasted)
        elif files:
            self._window.paths_dropped.emit(files)
        elif mime.hasImage():
            self._messages.tell(FOREIGN)
        else:
            self._paste_text(mime.text()[:RECIPE_BYTES])

    def _paste_text(self, text: str) -> None:
        try:
            recipe = Recipe.from_json(text)
        except GanlabError:
            self._messages.tell(
                "The clipboard holds neither a picture of ganlab nor a Recipe; copy one with Ctrl+C"
                " first."
            )
        else:
            self._session.edit(recipe, "paste Recipe")

    def _on_pasted(self, found: Embedded | None) -> None:
        if found is None:
            self._messages.tell(FOREIGN)
        else:
            self.pasted.emit(found)

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
        self._tasks.start(partial(_write_recipe, path, recipe), self._on_autosaved)

    def _on_autosaved(self, _nothing: None) -> None:
        self._settings.save()


def sizes_of(frame: Frame) -> dict[str, Size]:
    """The sizes to save a picture in, large first, each with what becomes of the pixels."""
    height, width = frame.pixels.shape[:2]
    native = max(height, width)
    large = large_side(native)
    found: dict[str, Size] = {}
    if large is not None:
        for method, name in METHOD_NAMES.items():
            found[f"{large} px, enlarged by {name}"] = (large, method)
    found[f"{native} px, as rendered"] = None
    return found


def _save(path: Path, frame: Frame, info: ModelInfo, size: Size) -> Path:
    """Write the PNG; the encoder is loaded with the first one."""
    from ganlab_core.export import Scaled, save_png

    save_png(path, frame.transparent, frame.recipe, info, None if size is None else Scaled(*size))
    return path


def _encoded(frame: Frame, info: ModelInfo, size: Size) -> tuple[bytes, str, QImage]:
    """The picture as a PNG, what it says of its making, and as programs take it that know no PNG."""
    from ganlab_core.export import Scaled, embedded_text, encode_png_with, resized

    scaled = None if size is None else Scaled(*size)
    text = embedded_text(frame.recipe, info, scaled)
    pixels = frame.transparent if size is None else resized(frame.transparent, *size)
    png = encode_png_with(pixels, text)
    return png, text, QImage.fromData(png)


def _pasted(own: bytes, png: bytes) -> Embedded | None:
    """What a picture on the clipboard says of its making; None for one of another program."""
    from ganlab_core.export import embedded, read_png_bytes

    try:
        if own:
            return embedded(Path("The picture"), own[:RECIPE_BYTES].decode("utf-8", "replace"))
        return read_png_bytes(png) if len(png) <= LARGEST_PASTED else None
    except GanlabError:
        return None


def _write_recipe(path: Path, recipe: Recipe) -> None:
    write_bytes_atomically(path, recipe.to_json().encode())
