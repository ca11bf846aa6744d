"""The room of what a person has: favourites, history, comparison, presets, and models of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QDockWidget

from ganlab.controls import ScrollBox, to_pixels
from ganlab.engine import BackgroundTasks, RenderWorker
from ganlab.library.compare import ComparePanel, Comparison, Still
from ganlab.library.history_strip import HistoryPanel, HistoryThumbnails
from ganlab.library.open_controller import Opener
from ganlab.library.shelves import FavouriteShelf, GalleryPanel, PresetShelf, PresetsPanel
from ganlab.session import Session
from ganlab.window import Command, MainWindow, Messages, ask_name
from ganlab_core.export import Favourite, as_command, as_python
from ganlab_core.models import ModelInfo, suggested_name
from ganlab_core.recipe import Recipe, fit, latent_text
from ganlab_core.rendering import Frame

NO_MODEL_TO_KEEP = "There is no model on the desk to keep."
SENTENCE = "The model is copied among your own, where lists and new trainings find it. Its name:"

BLEND_SENTENCE = (
    "The blend on the desk becomes a model of your own, with both parents in its header. Its name:"
)


class LibraryImport(QObject):
    """Asks for a name and keeps the model, beside the window's thread.

    Parameters
    ----------
    session, window, tasks, messages, opener
        What is on the desk, where to ask, who copies, where it is told, who lists models.
    """

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        tasks: BackgroundTasks,
        messages: Messages,
        opener: Opener,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._window = window
        self._tasks = tasks
        self._messages = messages
        self._opener = opener
        window.actions_["keep_model"].triggered.connect(self.ask)

    def ask(self) -> None:
        """Ask what the model should be called."""
        info = self._session.info
        if info is None:
            self._messages.tell(NO_MODEL_TO_KEEP, passing=True)
            return
        if info.second is not None and self._session.fitted.asks_for_second:
            self._ask_for_blend(info)
            return
        self.ask_for(info.path)

    def _ask_for_blend(self, info: ModelInfo) -> None:
        """Ask what the blend on the desk should be called as a model."""
        assert info.second is not None
        name = self._free(f"{info.name}-{info.second.name}")
        blend = partial(_kept_blend, info.path, info.second.path, self._session.fitted)
        ask_name(
            self._window, "Keep Model", BLEND_SENTENCE, name,
            lambda chosen: self._tasks.start(partial(blend, chosen), self._on_kept),
        )  # fmt: skip

    def ask_for(self, path: Path) -> None:
        """Ask what the model in a file should be called."""
        name = self._free(suggested_name(path))
        ask_name(self._window, "Keep Model", SENTENCE, name, partial(self.keep, path))

    def _free(self, name: str) -> str:
        """The name, or with a number behind it where a model has it."""
        taken = {info.name for info in self._opener.library}
        numbered = (f"{name} {number}" for number in range(2, len(taken) + 3))
        return next(free for free in (name, *numbered) if free not in taken)

    def keep(self, path: Path, name: str) -> None:
        """Keep the model in a file under a name."""
        self._tasks.start(partial(_kept, path, name), self._on_kept)

    def _on_kept(self, info: ModelInfo) -> None:
        self._messages.tell(f"Kept among your own models as {info.name}.", passing=True)
        self._opener.look_for_models()


def _kept_blend(first: Path, second: Path, recipe: Recipe, name: str) -> ModelInfo:
    """The weights of two models under a Recipe's amounts, as one of the person's own."""
    from ganlab_core.training import keep_blend

    return keep_blend(str(first), str(second), recipe, name)


def _kept(path: Path, name: str) -> ModelInfo:
    """The copy; torch is loaded by then, but not when this module is."""
    from ganlab_core.training import keep_model

    return keep_model(str(path), name)


RIGHT, BOTTOM = Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea


class LibraryRoom(QObject):
    """Everything that keeps pictures and finds them again; all of it is hidden at first.

    Parameters
    ----------
    session, window, worker, tasks, messages
        What is kept, where the panels go, who draws, who handles files, where failures are told.
    on_desk, opener
        Know the frame on the desk with its model, and the models.

    Signals
    -------
    labelled(Recipe, bool)
        A picture of the history or the favourites is liked, or not, for a slider to be made.
    """

    labelled = Signal(object, bool)

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        worker: RenderWorker,
        tasks: BackgroundTasks,
        messages: Messages,
        on_desk: Callable[[], tuple[Frame, ModelInfo] | None],
        opener: Opener,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._window = window
        self._messages = messages
        self._on_desk = on_desk
        self._opener = opener
        self.gallery_panel = GalleryPanel()
        self.history_panel = HistoryPanel()
        self.compare_panel = ComparePanel()
        self.presets_panel = PresetsPanel()
        window.add_panel("Favourites", ScrollBox(self.gallery_panel), RIGHT)
        window.add_panel("Compare", ScrollBox(self.compare_panel), RIGHT, on_picture=True)
        window.add_panel("Presets", ScrollBox(self.presets_panel), RIGHT)
        window.add_panel("History", self.history_panel, BOTTOM)
        self.gallery = FavouriteShelf(
            self.gallery_panel, tasks, messages, self._on_desk, self.show_favourite, self
        )
        self.history_thumbnails = HistoryThumbnails(session, worker, self.history_panel, self)
        self.comparison = Comparison(session, worker, self.compare_panel, self)
        self.presets = PresetShelf(session, self.presets_panel, tasks, messages, self)
        self.library_import = LibraryImport(session, window, tasks, messages, opener, self)
        window.commands.add(self._commands)
        self._connect()

    def _connect(self) -> None:
        actions = self._window.actions_
        for name, slot in {
            "keep": self.gallery.keep,
            "take_a": self.take_a,
            "copy_command": self.copy_command,
            "copy_python": self.copy_python,
        }.items():
            actions[name].triggered.connect(slot)
        self.gallery_panel.compared.connect(self.compare_favourite)
        self.history_panel.view.compared.connect(self.compare_step)
        self.gallery_panel.labelled.connect(self._on_favourite_labelled)
        self.history_panel.view.labelled.connect(self._on_step_labelled)
        self._session.model_changed.connect(self._on_model_changed)

    def load(self) -> None:
        """Read what was kept on other days."""
        self.gallery.load()
        self.presets.load()

    def _on_model_changed(self) -> None:
        self.end_wipe()
        self.gallery_panel.set_available()

    def _commands(self) -> Iterator[Command]:
        """What the palette offers of the library."""
        for info in self._opener.library:
            title = info.title or info.name
            also = f"{info.name} {info.architecture} {info.resolution} px network open"
            yield Command(title, "Model", "", partial(self._opener.open, info.path), also=also)
        for preset in self.presets.known:
            yield Command(preset.name, "Preset", "", partial(self.presets.apply, preset))
        for favourite in self.gallery.known:
            plain = latent_text(favourite.recipe.latent)
            name = favourite.name or f"{favourite.model_name} {plain}"
            words = " ".join((name, *favourite.tags))
            yield Command(words, "Favourite", "", partial(self.show_favourite, favourite))

    # --- favourites ------------------------------------------------------------------------------

    def show_favourite(self, favourite: Favourite) -> None:
        """Put a favourite on the desk, with its model where the library has it."""
        self._opener.show_picture(favourite, "favourite")

    def compare_favourite(self, favourite: Favourite) -> None:
        """Make A of a favourite; one of another model is compared by its small picture."""
        self._show("Compare")
        info = self._session.info
        if info is not None and info.fingerprint == favourite.fingerprint:
            self.comparison.draw_as_a(favourite.recipe)
            return
        pixels = to_pixels(QImage(str(favourite.path)))
        if pixels is not None:
            self.comparison.put_as_a(
                Still(favourite.recipe, pixels, favourite.model_name, favourite.fingerprint)
            )

    def _on_favourite_labelled(self, favourite: Favourite, liked: bool) -> None:
        """One of another model is no place among this one's."""
        info, can = self._session.info, self._session.capabilities
        if info is None or can is None:
            return
        if favourite.fingerprint != info.fingerprint:
            self._messages.tell(f"That picture is of {favourite.model_name or 'another model'}.")
            return
        self.labelled.emit(fit(favourite.recipe, can), liked)

    def _on_step_labelled(self, number: int, liked: bool) -> None:
        step, can = self._session.history.step(number), self._session.capabilities
        if step is not None and can is not None:
            self.labelled.emit(fit(step.recipe, can), liked)

    def compare_step(self, number: int) -> None:
        """Make A of a step of the history."""
        step, can = self._session.history.step(number), self._session.capabilities
        if step is not None and can is not None:
            self._show("Compare")
            self.comparison.draw_as_a(fit(step.recipe, can))

    def take_a(self) -> None:
        """Keep the desk as A, and show it to the left of a line over the picture; again ends that."""
        canvas = self._window.canvas
        if canvas.wipe is not None:
            self.end_wipe()
            return
        self.comparison.take_a()
        canvas.show_wipe(canvas.image)
        canvas.badges.show_badge(
            "wipe", "\N{BLACK CIRCLE} A | now \N{MIDDLE DOT} drag the line \N{MIDDLE DOT} press to end",
            "Left of the line is the picture as it was; the Compare panel shows both beside each other.",
            self.end_wipe,
        )  # fmt: skip

    def end_wipe(self) -> None:
        """Show the picture alone again; A stays in the Compare panel."""
        self._window.canvas.show_wipe(QImage())
        self._window.canvas.badges.hide_badge("wipe")

    def _show(self, name: str) -> None:
        dock = self._window.findChild(QDockWidget, f"{name.lower()}Dock")
        if dock is not None:
            dock.show()
            dock.raise_()

    # --- the clipboard ---------------------------------------------------------------------------

    def copy_command(self) -> None:
        """Copy a command that makes the picture on the desk."""
        self._copy(as_command, "The command is on the clipboard.")

    def copy_python(self) -> None:
        """Copy a Python program that makes the picture on the desk."""
        self._copy(as_python, "The program is on the clipboard.")

    def _copy(self, write: Callable[[ModelInfo, Recipe, str], str], said: str) -> None:
        found = self._on_desk()
        if found is None:
            self._messages.tell("There is no picture to copy yet.")
            return
        frame, info = found
        QGuiApplication.clipboard().setText(write(info, frame.recipe, frame.device))
        self._messages.tell(said, passing=True)
