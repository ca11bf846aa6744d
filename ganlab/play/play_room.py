"""The room where a model is played: master panel and desk, keys, and pictures saved and copied.

Kept are pictures as PNG, Recipes on the clipboard, and the desk itself from day to day.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QMimeData, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QDockWidget

from ganlab.controls import DICE_LIMIT, METHOD_NAMES, Picture, large_side, to_image
from ganlab.engine import BackgroundTasks, RenderWorker
from ganlab.play.desk import Desk
from ganlab.play.master import MasterPanel
from ganlab.recipe_widget import PSI_HIGH, PSI_LOW, PSI_STEP
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.window import ALSO, LAYOUT_VERSION, Actions, Command, MainWindow, Messages, ask_png
from ganlab_core.errors import GanlabError
from ganlab_core.export import free_path, picture_stem
from ganlab_core.files import write_bytes_atomically
from ganlab_core.models import ModelInfo, reset_to, start_recipe
from ganlab_core.recipe import (
    NOISE_MODES,
    RECIPE_BYTES,
    SEED_MAX,
    Capabilities,
    Latent,
    Recipe,
    read_recipe,
)
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


RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
BELOW = (Qt.DockWidgetArea.BottomDockWidgetArea, Qt.DockWidgetArea.TopDockWidgetArea)

LEAST_PICTURE = 316
"""Height that the desk leaves to the picture, in device-independent pixels."""

PICKS, FACES, PICK_SIDE = "picks", "classes", 64
"""Who asks for the pictures of picks, and their side in pixels."""

"""How far the keys walk psi; beyond, pictures fall apart, but typing reaches it."""

GROWTH_STEP = 0.25
GROWTH_LOW = 2.0


def dice(recipe: Recipe, source: random.Random) -> Recipe:
    """The same Recipe from a seed nobody chose."""
    return replace(recipe, latent=Latent(source.randrange(DICE_LIMIT)))


def step_seed(recipe: Recipe, steps: int) -> Recipe:
    """The seed so many places further on, around the end."""
    return replace(recipe, latent=Latent((recipe.latent.seed + steps) % (SEED_MAX + 1)))


def step_psi(recipe: Recipe, steps: int) -> Recipe:
    """The truncation psi so many steps of 0.05 up or down, within -1 to 2."""
    psi = round(recipe.psi + steps * PSI_STEP, 2)
    return replace(recipe, psi=min(max(psi, PSI_LOW), PSI_HIGH))


def step_growth(recipe: Recipe, steps: int, can: Capabilities) -> Recipe:
    """The growth so many quarters of a doubling up or down; the top is the finished network."""
    full = float(can.full_growth)
    now = full if recipe.growth is None else min(recipe.growth, full)
    growth = max(GROWTH_LOW, now + steps * GROWTH_STEP)
    return replace(recipe, growth=None if growth >= full else growth)


def cycle_noise(recipe: Recipe) -> Recipe:
    """The next of stored, random, off."""
    following = NOISE_MODES[(NOISE_MODES.index(recipe.noise.mode) + 1) % len(NOISE_MODES)]
    return replace(recipe, noise=replace(recipe.noise, mode=following))


def random_class(recipe: Recipe, can: Capabilities, source: random.Random) -> Recipe:
    """The same Recipe with one class that nobody chose."""
    return replace(recipe, classes=((source.randrange(len(can.classes)), 1.0),))


class PlayKeys(QObject):
    """Turns the actions of the group Play, and Reset All, into edits of the session.

    Parameters
    ----------
    session
        Whose Recipe is played.
    actions
        The window's actions.
    source
        Where the dice come from; unpredictable when None.
    """

    def __init__(
        self,
        session: Session,
        actions: Actions,
        source: random.Random | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._source = source or random.SystemRandom()
        for name, slot in {
            "reset": self.reset,
            "dice": self.dice,
            "random_class": self.random_class,
            "next_seed": self.next_seed,
            "previous_seed": self.previous_seed,
            "cycle_noise": self.cycle_noise,
            "psi_up": self.psi_up,
            "psi_down": self.psi_down,
            "growth_up": self.growth_up,
            "growth_down": self.growth_down,
        }.items():
            actions[name].triggered.connect(slot)

    def reset(self) -> None:
        """Go back to where the model starts, with the seed that is on the desk."""
        session = self._session
        session.edit(reset_to(session.start, session.recipe), "reset all")

    def dice(self) -> None:
        """Take a seed nobody chose."""
        self._session.edit(dice(self._session.recipe, self._source), "new seed")

    def random_class(self) -> None:
        """Take one class nobody chose."""
        can = self._session.capabilities
        if can is not None and can.classes:
            recipe = random_class(self._session.recipe, can, self._source)
            self._session.edit(recipe, "new class")

    def next_seed(self) -> None:
        """Go to the next seed."""
        self._step_seed(1)

    def previous_seed(self) -> None:
        """Go to the seed before."""
        self._step_seed(-1)

    def cycle_noise(self) -> None:
        """Go to the next of stored, random and off."""
        self._session.edit(cycle_noise(self._session.recipe), "noise")

    def psi_up(self) -> None:
        """Raise psi a step."""
        self._step_psi(1)

    def psi_down(self) -> None:
        """Lower psi a step."""
        self._step_psi(-1)

    def growth_up(self) -> None:
        """Grow a step."""
        self._step_growth(1)

    def growth_down(self) -> None:
        """Shrink a step."""
        self._step_growth(-1)

    def _step_seed(self, steps: int) -> None:
        self._session.edit(step_seed(self._session.recipe, steps), "seed")

    def _step_psi(self, steps: int) -> None:
        self._session.edit(step_psi(self._session.recipe, steps), "psi")

    def _step_growth(self, steps: int) -> None:
        can = self._session.capabilities
        if can is not None:
            self._session.edit(step_growth(self._session.recipe, steps, can), "growth")


class PlayPanels(QObject):
    """The master panel above the desk, beside the picture, in step with the model of the window.

    The desk may also be put below the picture; there it is as high as the window has room for.

    Parameters
    ----------
    window
        Where they stand.
    """

    def __init__(self, window: MainWindow, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.master = MasterPanel()
        self.desk = Desk()
        self._can: Capabilities | None = None
        self._window = window
        window.add_panel("Master", self.master, RIGHT, shown=True)
        self._dock = window.add_panel("Desk", self.desk, RIGHT, shown=True)
        self._dock.dockLocationChanged.connect(self._on_placed)
        self._on_placed(RIGHT)
        self._before: tuple[QByteArray, bool] | None = None
        self._alone, self._thin = window.actions_["picture_alone"], window.actions_["thin_desk"]
        self._alone.toggled.connect(self._on_alone)
        self._thin.toggled.connect(self._on_alone)
        window.installEventFilter(self)
        window.model_shown.connect(self.show_model)
        self.master.reset_asked.connect(window.actions_["reset"].trigger)

    def _on_alone(self) -> None:
        """Keep the folded desk below a picture that is alone, where that is wanted; then bring back."""
        window = self._window
        wanted = self._alone.isChecked() and self._thin.isChecked()
        if wanted and self._before is None:
            self._before = window.saveState(LAYOUT_VERSION), self.desk.folded
            window.addDockWidget(BELOW[0], self._dock)
            self.desk.set_folded(True)
            self._dock.show()
        elif not wanted and self._before is not None:
            state, folded = self._before
            self._before = None
            shown = [dock for dock in window.findChildren(QDockWidget) if not dock.isHidden()]
            window.restoreState(state, LAYOUT_VERSION)
            self.desk.set_folded(folded)
            if not self._alone.isChecked():
                for part in (*shown, window.rail):
                    part.show()
            window.workspaces.fit_soon()

    def _on_placed(self, area: Qt.DockWidgetArea) -> None:
        self.desk.set_side(area not in BELOW)
        layout = self._dock.widget().layout()
        if layout is not None:
            layout.activate()  # before the window takes the old form's height for the least

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell the desk how high it may be when another height is given to the window, or a panel."""
        if watched is self._window and event.type() in (
            QEvent.Type.Resize,
            QEvent.Type.LayoutRequest,
        ):
            self.desk.set_room(self._room())
        return False

    def _room(self) -> int:
        """The height that the bars, the picture and what else is below it leave to the desk."""
        window = self._window
        others = sum(
            dock.minimumSizeHint().height() + 4
            for dock in window.findChildren(
                QDockWidget, "", Qt.FindChildOption.FindDirectChildrenOnly
            )
            if dock is not self._dock
            and not dock.isHidden()
            and not dock.isFloating()
            and window.dockWidgetArea(dock) in BELOW
        )
        bars = window.top_bar.height() + window.statusBar().height()
        return window.height() - bars - LEAST_PICTURE - others

    def show_model(self, info: ModelInfo | None, can: Capabilities | None) -> None:
        """Draw small pictures anew, and show how far the model has grown and where it begins."""
        if info is not None and can == self._can:
            self.desk.forget_sources()
        self._can = can
        grows = info is not None and can is not None and can.has_growth
        self.desk.show_reached(info.growth if info is not None and grows else None)
        if info is not None and can is not None:
            self.master.show_start(start_recipe(info, can))


class PlayRoom(QObject):
    """Panels, keys and the saver of pictures together.

    Parameters
    ----------
    session, window, worker, tasks, messages, settings
        What is played, where, who draws, who writes files, where it is told, where one saves.

    Attributes
    ----------
    panels, master, desk, keys, saver
        Its parts.

    Signals
    -------
    second_ended()
        The second model should be taken away.
    """

    second_ended = Signal()

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
        self.panels = PlayPanels(window, self)
        self.master, self.desk = self.panels.master, self.panels.desk
        self.keys = PlayKeys(session, window.actions_, parent=self)
        window.commands.add(self._knobs)
        self._window = window
        self.saver = PictureSaver(session, window, tasks, messages, settings, self)
        self._worker = worker
        window.top_bar.picks_opened.connect(self._on_picks_opened)
        worker.thumbnail_rendered.connect(self._on_thumbnail)
        self.master.class_section.faces_wanted.connect(self._on_faces_wanted)
        self.desk.source_wanted.connect(worker.request_style_thumbnail)
        worker.style_thumbnail_rendered.connect(self.desk.show_source)
        worker.rendered.connect(self._on_rendered)
        section = self.master.second_section
        self.desk.second.clicked.connect(window.actions_["second_model"].trigger)
        section.second_asked.connect(window.actions_["second_model"].trigger)
        section.keep_asked.connect(window.actions_["keep_model"].trigger)
        section.end_asked.connect(self.second_ended)
        session.model_changed.connect(self._on_model_changed)
        self._session = session
        session.recipe_changed.connect(self._on_recipe)

    def _on_model_changed(self, info: ModelInfo | None) -> None:
        """Say which second model there is, in the panel and on the picture."""
        second = None if info is None else info.second
        self.master.second_section.show_second("" if second is None else second.title)
        badges = self._window.canvas.badges
        if info is None or second is None:
            badges.hide_badge("second")
            return
        words = f"B: {second.title}"
        tip = f"{info.title} and {second.title} share this desk; end it to play the first alone."
        badges.show_badge("second", words, tip, self.second_ended.emit)

    def _on_recipe(self, recipe: Recipe) -> None:
        """Say on the picture that it is bent; a press takes all bends away."""
        badges, count = self._window.canvas.badges, len(recipe.bends)
        if not count:
            badges.hide_badge("bends")
            return
        many = "1 bend" if count == 1 else f"{count} bends"
        text = f"\N{BLACK CIRCLE} {many} \N{MIDDLE DOT} press to take away"
        badges.show_badge("bends", text, f"Take away: {many} of feature maps.", self._unbend)

    def _unbend(self) -> None:
        self._session.edit(replace(self._session.recipe, bends=()), "without bends")

    def _on_picks_opened(self, recipes: list[Recipe]) -> None:
        self._worker.request_thumbnails(PICKS, recipes, PICK_SIDE)

    def _on_thumbnail(self, owner: str, recipe: Recipe, pixels: Picture) -> None:
        if owner == PICKS:
            self._window.top_bar.show_pick(recipe, to_image(pixels))
        elif owner == FACES:
            self.master.class_section.show_face(recipe, pixels)

    def _on_faces_wanted(self, recipes: list[Recipe]) -> None:
        self._worker.request_thumbnails(FACES, recipes, PICK_SIDE)

    def _knobs(self) -> Iterator[Command]:
        """What the palette offers of the desk: each knob, to be shown and given the keyboard."""
        style, noise = self.master.style_section, self.master.noise_section
        for name, control, also in (
            ("Seed", style.seed, "number z latent"),
            ("Truncation psi", style.psi, "trick quality variety wild tame average strength"),
            ("Cutoff layer", style.cutoff, "truncation layers"),
            ("Threshold", style.threshold, "truncation biggan"),
            (
                "Growth and alpha",
                style.growth,
                "fade alpha progressive grow blend resolution block",
            ),
            ("Noise strength", noise.strength, "grain detail amount"),
            ("Noise seed", noise.seed, "grain"),
            (
                "Second model",
                self.master.second_section.amount,
                "model b blend layer swapping",
            ),
            ("Classes", self.master.class_section, "category label condition conditional mix"),
        ):
            reason = "" if control.isVisibleTo(self.master) else "This model has none."
            run = partial(self._window.reveal, "Master", control)
            yield Command(name, "Knob", "", run, reason, also)
        for resolution, strip in self.desk.strips.items():
            run = partial(self._window.reveal, "Desk", strip.head.title)
            also = f"{resolution} scale resolution style mix mixing psi noise layer"
            yield Command(f"Strip {resolution} px", "Knob", "", run, also=also)
        fold = "Unfold the strips" if self.desk.folded else "Fold the strips"
        yield Command(fold, "Play", "", self.desk.fold.click, also=ALSO["fold_strips"])

    def _on_rendered(self, frame: Frame) -> None:
        self.saver.keep_frame(frame)
        self.desk.show_frame(frame)
