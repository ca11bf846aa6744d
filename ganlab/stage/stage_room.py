"""The room where a model is performed: builds the stage's panel and window, and joins them to the desk."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage, QKeyEvent
from PySide6.QtWidgets import QMenu

from ganlab.controls import ControlBadge, ScrollBox, controls_at, learnable_widgets, to_image
from ganlab.engine import BackgroundTasks, RenderWorker
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.stage.live import LivePerformance, heard_name
from ganlab.stage.stage_panel import (
    StagePanel,
    StageWindow,
    control_text,
    other_screen,
    source_text,
)
from ganlab.style import menu_text
from ganlab.window import MainWindow, Messages, ask_file, ask_to_save
from ganlab_core.errors import GanlabError
from ganlab_core.export import free_path, read_picture
from ganlab_core.files import write_bytes_atomically
from ganlab_core.performance import (
    GOOD_TOLERANCE,
    RECORDING_SUFFIX,
    BankScene,
    Mapping,
    PerformanceMap,
    Thinned,
    find_control,
    read_map,
    read_take,
    thinned,
    write_map,
)
from ganlab_core.performance import Signal as Heard
from ganlab_core.plain_text import plain_text
from ganlab_core.recipe import Capabilities, Recipe, fit, latent_text
from ganlab_core.rendering import Frame
from ganlab_core.timeline import RATES

OWNER = "scenes"
THUMBNAIL = 64
PACE_MS = 500
RATE = RATES[3]
"""Frames a second of a film made by playing: 30."""


class StageRoom(QObject):
    """Everything about playing before others; hidden until it is wanted.

    Parameters
    ----------
    session, window, worker, tasks, messages, settings
        What is played, where the panel goes, who draws, who handles files, where news are told, and
        where the map is kept from one day to the next.

    Signals
    -------
    film_recorded(Timeline, Path or None)
        A performance became a film, with its sound beside it.
    film_toggled(), film_scrubbed(float)
        A device plays or stops the film; puts it to a place, 0 to 1.
    """

    film_recorded = Signal(object, object)
    film_toggled = Signal()
    film_scrubbed = Signal(float)

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
        self._worker = worker
        self._tasks = tasks
        self._messages = messages
        self._settings = settings
        self._images: dict[Recipe, QImage] = {}
        self._learning = ""
        self._badges: dict[int, ControlBadge] = {}
        self.panel = StagePanel()
        self._dock = window.add_panel(
            "Stage", ScrollBox(self.panel), Qt.DockWidgetArea.RightDockWidgetArea
        )
        self.live = LivePerformance(session, worker, tasks, parent=self)
        self.stage_window: StageWindow | None = None
        self._pace = QTimer(self, interval=PACE_MS)
        self._pace.timeout.connect(self._on_pace)
        self._connect()
        self._show_window()
        tasks.start(partial(_kept_map, self._kept), self._on_kept)

    @property
    def map(self) -> PerformanceMap:
        """What is played."""
        return self.live.map

    @property
    def learning(self) -> str:
        """The control that waits to be taught; empty for none."""
        return self._learning

    @property
    def _kept(self) -> Path:
        return self._settings.folder / "stage.json"

    def stop(self) -> None:
        """End everything that runs."""
        self._pace.stop()
        if self.live.recording:
            self.live.end_recording(_nothing)
        self.live.stop()
        if self.stage_window is not None:
            self.stage_window.close()

    def _connect(self) -> None:
        panel, live, session = self.panel, self.live, self._session
        panel.map_edited.connect(self.set_map)
        panel.play_asked.connect(self.set_playing)
        panel.record_asked.connect(self.set_recording)
        panel.learn_asked.connect(self.learn)
        panel.window_asked.connect(self.open_window)
        panel.screen_asked.connect(self._on_screen)
        for signal, change in (
            (panel.black_asked, StageWindow.set_black), (panel.freeze_asked, StageWindow.set_frozen),
            (panel.caption_asked, StageWindow.set_captioned), (panel.fit_asked, StageWindow.set_fit),
        ):  # fmt: skip
            signal.connect(partial(self._change_window, change))
        panel.tell.editingFinished.connect(self._on_devices)
        panel.tapped.connect(self._on_tap)
        panel.scene_added.connect(self.add_scene)
        panel.pictures_dropped.connect(self.add_pictures)
        panel.scene_chosen.connect(live.recall)
        panel.open_asked.connect(self._on_open)
        panel.save_asked.connect(self._on_save)
        for toggle in (panel.midi, panel.osc, panel.sound):
            toggle.edited.connect(self._on_devices)
        live.heard.connect(self._on_heard)
        live.asked.connect(self._on_asked)
        live.devices_changed.connect(self._on_devices_changed)
        live.scene_begun.connect(self._on_scene)
        session.model_changed.connect(self._on_model_changed)
        self._worker.rendered.connect(self._on_rendered)
        self._worker.thumbnail_rendered.connect(self._on_thumbnail)
        actions = self._window.actions_
        actions["to_picture"].triggered.connect(self.give_up)
        actions["perform"].triggered.connect(self._on_perform)
        actions["record"].triggered.connect(lambda: self.set_recording(not self.live.recording))
        actions["stage_window"].triggered.connect(self.open_window)
        self._window.controls_asked.connect(self.control_menu)
        self._window.installEventFilter(self)
        self._window.canvas.installEventFilter(self)

    # --- the map ---------------------------------------------------------------------------------

    def set_map(self, own: PerformanceMap) -> None:
        """Play this map from now on, and keep it."""
        self.live.set_map(own)
        self.panel.show_map(own)
        self._show_scenes()
        self._show_badges()
        self._tasks.start(partial(_keep_map, self._kept, own), _nothing)

    def _on_kept(self, own: PerformanceMap | None) -> None:
        if own is not None and self.map == PerformanceMap():
            self.live.set_map(own)
            self.panel.show_map(own)
            self._show_scenes()

    def _on_open(self) -> None:
        ask_file(self._window, self._settings.last_folder, self.open_map)

    def open_map(self, path: str) -> None:
        """Play the map in a file."""
        self._tasks.start(partial(read_map, Path(path)), self._on_opened)

    def _on_opened(self, own: PerformanceMap) -> None:
        self.set_map(own)
        can = self._session.capabilities
        waiting = () if can is None else own.waiting(can)
        if waiting:
            count = len(waiting)
            self._messages.tell(
                f"{count} of {len(own.mappings)} mappings wait for a model that has their controls."
            )

    def _on_save(self) -> None:
        folder = self._settings.saving_folder("documents")
        suggested = free_path(folder, "stage")
        ask_to_save(
            self._window,
            "Save the map",
            suggested.with_name(f"{suggested.name}.json"),
            self.save_map,
        )

    def save_map(self, path: str) -> None:
        """Write the map to a file."""
        self._tasks.start(partial(_written, Path(path), self.map), self._on_saved)

    def _on_saved(self, path: Path) -> None:
        self._settings.keep_saving_folder("documents", path.parent)
        self._messages.tell(f"Saved {path.name}.", passing=True)

    # --- playing and recording -------------------------------------------------------------------

    def set_playing(self, on: bool) -> None:
        """Hear the devices that are chosen, or none."""
        if on and self._session.capabilities is not None:
            self._start()
            self._pace.start()
        else:
            self.live.stop()
            self._pace.stop()
            self.panel.pace.setText("")
        self.panel.play.set_value(self.live.playing)
        self.panel.show_devices(self.live.states())

    def _start(self) -> None:
        """Begin, with nobody told where that cannot be."""
        devices = self.panel.wanted_devices
        try:
            self.live.start(devices, tell=self.panel.whom_to_tell())
        except ValueError:
            self._messages.tell("OSC is sent to a host and a port, such as 127.0.0.1:9001.")
            self.live.start(devices)
        except GanlabError as error:
            self._messages.show_error(error)
            self.live.start(devices)

    def _on_perform(self) -> None:
        self._dock.show()
        self.set_playing(not self.live.playing)

    def _on_devices(self) -> None:
        if self.live.playing:
            self.set_playing(True)

    def _on_devices_changed(self) -> None:
        self.panel.show_devices(self.live.states())

    def _on_pace(self) -> None:
        pace, worst = self.live.pace.pace(), self.live.board.lost
        lost = f", {worst} messages lost" if worst else ""
        words = (
            ""
            if pace is None
            else f"{pace.fps:.0f} pictures a second, ± {pace.jitter:.1f} ms{lost}"
        )
        self.panel.pace.setText(words)
        if self.map.clock != "fixed":
            self.panel.tempo.set_value(self.live.clock.tempo)

    def _on_tap(self) -> None:
        self.live.tap()
        tempo = round(self.live.clock.tempo, 1)
        self.panel.tempo.set_value(tempo)
        self.live.map = msgspec.structs.replace(self.map, tempo=tempo)
        self.panel.show_map(self.map)

    def set_recording(self, on: bool) -> None:
        """Record everything that moves, or end it and make a film of it."""
        if on and not self.live.recording and self._session.capabilities is not None:
            folder = self._settings.saving_folder("videos")
            name = datetime.datetime.now().strftime("take-%Y%m%d-%H%M%S")
            self._tasks.start(partial(_made_folder, folder), partial(self._begin_recording, name))
        elif not on:
            self.live.end_recording(self._on_recorded)
        self.panel.record.set_value(self.live.recording)

    def _begin_recording(self, name: str, folder: Path) -> None:
        try:
            self.live.record(folder / f"{name}{RECORDING_SUFFIX}")
        except GanlabError as error:
            self._messages.show_error(error)
        self.panel.record.set_value(self.live.recording)

    def _on_recorded(self, path: Path) -> None:
        can = self._session.capabilities
        if can is not None:
            self._tasks.start(partial(_film_of, path, can), self._on_film)

    def _on_film(self, found: tuple[Thinned, Path | None, str]) -> None:
        film, sound, name = found
        self.film_recorded.emit(film.timeline, sound)
        self._messages.tell(f"{name} is on the timeline: {film.sentence}", passing=True)

    def _on_asked(self, name: str, value: float) -> None:
        if name == "film.play":
            self.film_toggled.emit()
        elif name == "film.position":
            self.film_scrubbed.emit(value)

    # --- scenes ----------------------------------------------------------------------------------

    def add_scene(self) -> None:
        """Keep what is on the desk as a scene."""
        recipe = self._session.recipe
        scene = BankScene(name=latent_text(recipe.latent)[:40], recipe=recipe)
        self.set_map(msgspec.structs.replace(self.map, scenes=(*self.map.scenes, scene)))

    def add_pictures(self, paths: list[Path]) -> None:
        """Make scenes of favourites and other pictures that carry their Recipe."""
        self._tasks.start(partial(_scenes_of, paths), self._add_scenes)

    def _add_scenes(self, scenes: tuple[BankScene, ...]) -> None:
        self.set_map(msgspec.structs.replace(self.map, scenes=(*self.map.scenes, *scenes)))

    def _show_scenes(self, marked: int = -1) -> None:
        fitted = self._fitted_scenes()
        self.panel.show_scenes([self._images.get(recipe) for recipe in fitted], marked)
        missing = [recipe for recipe in dict.fromkeys(fitted) if recipe not in self._images]
        if self._session.capabilities is not None:
            self._worker.request_thumbnails(OWNER, missing, THUMBNAIL)

    def _on_thumbnail(self, owner: str, recipe: Recipe, pixels: NDArray[np.uint8]) -> None:
        if owner != OWNER:
            return
        self._images[recipe] = image = to_image(pixels)
        for place, own in enumerate(self._fitted_scenes()):
            if own == recipe:
                self.panel.scenes.show_picture(place, image)

    def _fitted_scenes(self) -> list[Recipe]:
        """The scenes as the model on the desk can show them."""
        can, scenes = self._session.capabilities, self.map.scenes
        return [scene.recipe if can is None else fit(scene.recipe, can) for scene in scenes]

    def _on_scene(self, index: int) -> None:
        self.panel.scenes.set_marked(index)
        if self.stage_window is not None:
            self.stage_window.fade_over(self.panel.fade.value)

    # --- learning --------------------------------------------------------------------------------

    def learn(self, control: str) -> None:
        """Let the next thing that is moved on a device move this control; empty gives up."""
        if control and not self.live.playing:
            self.set_playing(True)
        self._learning = control if self.live.playing else ""
        self.live.board.take()  # what was moved before teaches nothing
        self.panel.show_learning(self._learning)
        self._show_badges()

    def give_up(self) -> None:
        """Learn nothing after all."""
        if self._learning:
            self.learn("")

    def _on_heard(self, signals: list[Heard]) -> None:
        name = heard_name(signals) if self._learning else ""
        if name:
            self._learned(name, self._learning)

    def _learned(self, source: str, control: str) -> None:
        """The mapping; one of the same two stays as it is, others of the control stand beside it."""
        self._learning = ""
        known = [own for own in self.map.mappings if (own.source, own.control) == (source, control)]
        if not known:
            made = Mapping(source=source, control=control)
            self.set_map(msgspec.structs.replace(self.map, mappings=(*self.map.mappings, made)))
        self.panel.show_learning("")
        self._show_badges()
        label = control_text(control, self._session.capabilities)
        self._messages.tell(f"{source_text(source)} moves {label}.", passing=True)

    def control_menu(self, names: tuple[str, ...], menu: QMenu | None = None) -> QMenu:
        """What can be done about what moves these controls, in a menu of its own or below another's."""
        if menu is None:
            menu = QMenu(self._window)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        elif not menu.isEmpty():
            menu.addSeparator()
        can = self._session.capabilities
        for name in names:
            if can is not None and find_control(name, can) is not None:
                label = menu_text(control_text(name, can))
                menu.addAction(f"Learn {label}").triggered.connect(partial(self._on_menu, name))
        for own in self.map.mappings:
            if own.control in names:
                text = menu_text(f"Forget {source_text(own.source)}")
                menu.addAction(text).triggered.connect(partial(self._forget, own))
        if self._learning:
            menu.addAction("Give up learning").triggered.connect(self.give_up)
        return menu

    def _on_menu(self, name: str) -> None:
        self._dock.show()
        self._dock.raise_()
        self.learn(name)

    def _forget(self, mapping: Mapping) -> None:
        rest = tuple(own for own in self.map.mappings if own is not mapping)
        self.set_map(msgspec.structs.replace(self.map, mappings=rest))

    def _show_badges(self) -> None:
        """Mark the controls that devices move, and the one that waits to be taught."""
        sources: dict[str, list[str]] = {}
        for own in self.map.mappings:
            if own.on:
                sources.setdefault(own.control, []).append(source_text(own.source))
        for widget in learnable_widgets(self._window):
            names = controls_at(widget)
            waiting = self._learning in names
            found = [text for name in names for text in sources.get(name, ())]
            more = f" +{len(found) - 1}" if len(found) > 1 else ""
            text = "move a knob" if waiting else f"{found[0]}{more}" if found else ""
            badge = widget.findChild(
                ControlBadge, options=Qt.FindChildOption.FindDirectChildrenOnly
            )
            if badge is None and text:
                badge = ControlBadge(widget)
            if badge is not None:
                badge.show_source(text, waiting=waiting)

    # --- the projector ---------------------------------------------------------------------------

    def open_window(self) -> StageWindow:
        """Show the projector's window, on another screen where there is one."""
        if self.stage_window is None:
            made = self.stage_window = StageWindow()
            made.closed.connect(self._on_window_closed)
            made.changed.connect(self._show_window)
            made.set_fit(self.panel.fit.value)
            image = self._window.canvas.image
            if not image.isNull():
                made.show_image(image)
            made.set_caption(self._caption())
            made.show()
            screen = other_screen(self._window)
            made.go_to(screen)
            if screen is not self._window.screen():
                made.set_full_screen(True)
        self.stage_window.raise_()
        self.stage_window.activateWindow()
        return self.stage_window

    def _on_window_closed(self) -> None:
        gone, self.stage_window = self.stage_window, None
        if gone is not None:
            gone.deleteLater()
        self._show_window()

    def _show_window(self) -> None:
        window = self.stage_window
        self.panel.show_window(
            there=window is not None,
            black=window is not None and window.black,
            frozen=window is not None and window.frozen,
            captioned=window is not None and window.captioned,
        )

    def _change_window(self, change: Callable[[StageWindow, Any], None], value: object) -> None:
        if self.stage_window is not None:
            change(self.stage_window, value)

    def _on_screen(self) -> None:
        """Go to the screen after the one it is on, round and round."""
        if self.stage_window is not None:
            screens = QGuiApplication.screens()
            now = screens.index(self.stage_window.screen())
            self.stage_window.go_to(screens[(now + 1) % len(screens)])

    def _caption(self) -> str:
        info, latent = self._session.info, self._session.recipe.latent
        return "" if info is None else f"{info.title or info.name}, {latent_text(latent)}"

    def _on_rendered(self, frame: Frame) -> None:
        if self.stage_window is not None:
            self.stage_window.show_pixels(frame.pixels)
            self.stage_window.set_caption(self._caption())

    # --- keys and models -------------------------------------------------------------------------

    def _on_model_changed(self) -> None:
        self._images = {}
        self.panel.set_capabilities(self._session.capabilities)
        self.give_up()
        self._show_scenes()
        QTimer.singleShot(0, self, self._show_badges)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys that the map knows, or that teach, play instead of what else they do."""
        kind = event.type()
        if not self.live.playing or not isinstance(event, QKeyEvent):
            return False
        key = event.text().lower()
        if kind == QEvent.Type.KeyRelease:
            key = key or chr(event.key()).lower() if event.key() < 128 else ""
        if not key.isalnum() or not self._plays(key) or event.modifiers() != _PLAIN:
            return False
        if kind == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if watched is self._window.canvas and not event.isAutoRepeat():
            self.live.press(key, down=kind == QEvent.Type.KeyPress)
        return True

    def _plays(self, key: str) -> bool:
        return bool(self._learning) or any(own.source == f"key/{key}" for own in self.map.mappings)


_PLAIN = Qt.KeyboardModifier.NoModifier


def _kept_map(path: Path) -> PerformanceMap | None:
    try:
        return read_map(path)
    except GanlabError:
        return None


def _keep_map(path: Path, own: PerformanceMap) -> None:
    write_bytes_atomically(path, own.to_json().encode())


def _written(path: Path, own: PerformanceMap) -> Path:
    write_map(path, own)
    return path


def _made_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _film_of(path: Path, can: Capabilities) -> tuple[Thinned, Path | None, str]:
    """The film of a recording, its sound, and its name."""
    take = read_take(path)
    recipes = [fit(recipe, can) for recipe in take.frames(RATE)]
    return thinned(recipes, RATE, can, GOOD_TOLERANCE), take.sound, path.name


def _scenes_of(paths: list[Path]) -> tuple[BankScene, ...]:
    """A scene of each picture, under the name of its file."""
    return tuple(
        BankScene(name=plain_text(path.stem)[:80] or "scene", recipe=read_picture(path).recipe)
        for path in paths
    )


def _nothing(_: object) -> None:
    """Nothing follows."""
