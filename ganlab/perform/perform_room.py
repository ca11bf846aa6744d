"""The room where a model is performed: builds its panel and the projector's window, and joins both.

What devices say is heard when a frame begins, and moves the desk; it can be recorded.
"""

from __future__ import annotations

import datetime
import statistics
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage, QKeyEvent
from PySide6.QtWidgets import QMenu

from ganlab.controls import (
    ControlBadge,
    ScrollBox,
    controls_at,
    learnable_widgets,
    to_image,
    to_pixels,
)
from ganlab.engine import BackgroundTasks, RenderWorker
from ganlab.perform.perform_panel import (
    PerformPanel,
    PictureWindow,
    control_text,
    other_screen,
    source_text,
)
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.style import menu_text
from ganlab.window import MainWindow, Messages, ask_file, ask_to_save
from ganlab_core.errors import GanlabError
from ganlab_core.export import free_path, read_picture
from ganlab_core.files import write_bytes_atomically
from ganlab_core.performance import (
    GOOD_TOLERANCE,
    OSC_PORT,
    RECORDING_SUFFIX,
    AudioInput,
    BankScene,
    BeatClock,
    CameraInput,
    DeviceHub,
    DeviceState,
    GamePads,
    Mapping,
    MidiInputs,
    OscInput,
    OscOutput,
    PerformanceMap,
    Performer,
    Samples,
    SignalBoard,
    TakeWriter,
    Thinned,
    VirtualCamera,
    WavWriter,
    find_control,
    performance_clock,
    read_map,
    read_take,
    sound_beside,
    thinned,
    write_map,
    write_picture,
)
from ganlab_core.performance import Signal as Heard
from ganlab_core.plain_text import plain_text
from ganlab_core.recipe import Capabilities, Recipe, fit, latent_text
from ganlab_core.rendering import Frame
from ganlab_core.timeline import RATES

TICK_MS = 2
"""How often is looked whether a frame may begin; looking costs next to nothing."""

FASTEST_FRAMES = 1 / 60
"""Seconds between two frames while nothing is heard."""

NO_FRAME = 0.5
"""Seconds after which another frame begins though the last has not come."""

NOT_LEARNED = ("audio/", "camera/", "clock/", "mod/")
"""Signals that move by themselves: nobody teaches with them."""

STICK_MOVED = 0.25
"""How far from its middle a game pad's stick counts as moved, so that one that rests teaches nothing."""

Devices = frozenset[str]
"""Which of midi, osc, audio, camera and pad are to be heard."""


@dataclass(frozen=True, slots=True)
class FramePace:
    """How steadily pictures come.

    Attributes
    ----------
    fps
        Pictures a second.
    jitter
        The standard deviation of the time between two, in milliseconds.
    """

    fps: float
    jitter: float


class PaceMeter:
    """Measures the pace of the last two seconds."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def hear(self, time: float) -> None:
        """A picture came."""
        self._times.append(time)
        while self._times and time - self._times[0] > 2.0:
            self._times.popleft()

    def pace(self) -> FramePace | None:
        """The pace; None while too few came."""
        if len(self._times) < 4:
            return None
        times = list(self._times)
        steps = [after - before for before, after in zip(times, times[1:], strict=False)]
        return FramePace(1.0 / statistics.fmean(steps), 1000.0 * statistics.pstdev(steps))


class LivePerformance(QObject):
    """Moves the session by what devices say.

    At most one frame is under way. When it has come, what was heard meanwhile is taken: of a number the
    latest, of strikes all. Whatever a person moves by hand stays until a device moves it again. All of a
    performance is one step of the history, until somebody edits by hand.

    Parameters
    ----------
    session, worker, tasks
        What is moved, who draws it, and who waits for drivers and disks.
    now
        Tells the time of the performance in seconds.

    Signals
    -------
    heard(list of Heard)
        What devices said since the last frame.
    asked(str, float)
        A control that only the window has, and its value: `"film.play"`.
    devices_changed()
        Some device is there, or gone, or cannot be heard.
    scene_begun(int)
        The desk goes to a scene of this number, from 0.
    """

    heard = Signal(object)
    asked = Signal(str, float)
    devices_changed = Signal()
    scene_begun = Signal(int)
    _hub_changed = Signal()

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        tasks: BackgroundTasks,
        now: Callable[[], float] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.board = SignalBoard()
        self.now = now or performance_clock()
        self.clock = BeatClock()
        self.pace = PaceMeter()
        self.map = PerformanceMap()
        self._session = session
        self._tasks = tasks
        self._performer: Performer | None = None
        self._hub: DeviceHub | None = None
        self._camera: CameraInput | None = None
        self._output: OscOutput | None = None
        self._recorder: Recorder | None = None
        self._playing = self._begun = self._own = False
        self._shown = True
        self._asked_at = 0.0
        self._scene: int | None = None
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        self._hub_changed.connect(self.devices_changed)
        session.recipe_changed.connect(self._on_recipe_changed)
        session.model_changed.connect(self._on_model_changed)
        worker.rendered.connect(self._on_rendered)

    # --- playing ---------------------------------------------------------------------------------

    @property
    def playing(self) -> bool:
        """Whether devices are heard."""
        return self._playing

    def start(
        self,
        devices: Devices,
        osc: tuple[str, int] = ("127.0.0.1", OSC_PORT),
        tell: tuple[str, int] | None = None,
    ) -> None:
        """Hear these devices, and let the map move the desk.

        OSC is heard on this host and port; what is moved is told over OSC to `tell`, where given. Raises
        `PerformanceError` where that cannot be.
        """
        self.stop()
        self._output = None if tell is None else OscOutput(*tell)
        self._playing, self._begun = True, False
        self._new_performer()
        self._hub = hub = DeviceHub(self._hub_changed.emit)
        if "midi" in devices:
            hub.add(MidiInputs(self.board, self.now))
        if "osc" in devices:
            hub.add(OscInput(self.board, self.now, *osc))
        if "audio" in devices:
            hub.add(AudioInput(self.board, self.now, keep=self._keep_sound))
        if "pad" in devices:
            hub.add(GamePads(self.board, self.now))
        if "camera" in devices:
            self._camera = CameraInput(self.board, self.now)
            hub.add(self._camera)
        self._timer.start()

    def stop(self) -> None:
        """Hear nothing any more; the desk stays as it is."""
        self._timer.stop()
        hub, self._hub, self._camera = self._hub, None, None
        if self._output is not None:
            self._output.close()
            self._output = None
        self._playing = False
        self._performer = None
        if hub is not None:
            self._tasks.start(hub.stop, _done)
            self.devices_changed.emit()

    def states(self) -> list[DeviceState]:
        """How the devices are."""
        return [] if self._hub is None else self._hub.states()

    def camera_picture(self) -> NDArray[np.uint8] | None:
        """What the camera sees now, uint8 (H, W, 3); None without one."""
        return None if self._camera is None else self._camera.picture()

    def set_map(self, own: PerformanceMap) -> None:
        """Play another map; what stays in it goes on."""
        if own.tempo != self.map.tempo:
            self.clock.set_tempo(own.tempo, self.now())
        self.map = own
        if self._performer is not None:
            self._performer.change_map(own)

    def recall(self, scene: int) -> None:
        """Go to a scene, from 0; without playing, it is an edit at once."""
        if not 0 <= scene < len(self.map.scenes):
            return
        if self._performer is not None:
            self._performer.recall(scene, self.now())
        else:
            own = self.map.scenes[scene]
            self._session.edit(own.recipe, f"scene {own.name}")
        self._tell_scene(scene)

    def tap(self) -> None:
        """A tap on the beat."""
        self.clock.tap(self.now())

    def press(self, key: str, *, down: bool) -> None:
        """A key of the keyboard, by its letter."""
        self.board.put(f"key/{key.lower()}", float(down), self.now())

    def tick(self) -> None:
        """Begin a frame, if none is under way and there is anything to show."""
        time, performer = self.now(), self._performer
        if performer is None or (not self._shown and time - self._asked_at < NO_FRAME):
            return
        signals = self.board.take()
        if not signals and time - self._asked_at < FASTEST_FRAMES:
            return
        self._asked_at = time
        if signals:
            self.heard.emit(signals)
        played = performer.frame(time, signals)
        if played.recipe != self._session.recipe:
            self._shown = False
            self._move(played.recipe)
        for name, value in played.asked:
            self.asked.emit(name, value)
        if self._output is not None:
            for name, value in played.moved:
                self._output.send(name, value)
        if performer.scenes.now != self._scene and performer.scenes.now is not None:
            self._tell_scene(performer.scenes.now)

    def _move(self, recipe: Recipe) -> None:
        self._own = True
        try:
            if self._begun:
                self._session.drift(recipe)
            else:
                self._begun = True
                self._session.end_drag()
                self._session.edit(recipe, "play")
        finally:
            self._own = False

    def _tell_scene(self, scene: int) -> None:
        self._scene = scene
        self.scene_begun.emit(scene)

    def _new_performer(self) -> None:
        can = self._session.capabilities
        self._performer = None
        if self._playing and can is not None:
            self._performer = Performer(self.map, can, self._session.recipe, self.clock)

    # --- news ------------------------------------------------------------------------------------

    def _on_recipe_changed(self, recipe: Recipe) -> None:
        if not self._own and self._performer is not None:
            self._performer.moved_by_hand(recipe)
            self._begun = True  # what devices move goes into the hand's step
        if self._recorder is not None:
            self._recorder.write(self.now(), self._session.fitted)

    def _on_model_changed(self) -> None:
        """Mappings to what the new model lacks wait; those to what it has begin."""
        self._new_performer()

    def _on_rendered(self) -> None:
        self._shown = True
        self.pace.hear(self.now())

    # --- recording -------------------------------------------------------------------------------

    @property
    def recording(self) -> bool:
        """Whether everything is being recorded."""
        return self._recorder is not None

    def record(self, path: Path) -> None:
        """Write whatever moves to this file from now on; raises `PerformanceError`."""
        info = self._session.info
        name, fingerprint = ("", "") if info is None else (info.name, info.fingerprint)
        self._recorder = Recorder(path, self.now(), name, fingerprint)
        self._recorder.write(self.now(), self._session.fitted)

    def end_recording(self, then: Callable[[Path], None]) -> None:
        """End the recording; `then` hears the file once all of it is on the disk."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            self._tasks.start(partial(recorder.close, self.now()), then)

    def _keep_sound(self, samples: Samples, rate: int) -> None:
        """On the thread that analyses the sound."""
        recorder = self._recorder
        if recorder is not None:
            recorder.hear(samples, rate)


class Recorder:
    """A recording under way: the Recipes in one file, the sound beside it.

    Parameters
    ----------
    path, model, fingerprint
        As for `TakeWriter`, whose errors it raises.
    began
        The time that counts as 0.
    """

    def __init__(self, path: Path, began: float, model: str, fingerprint: str) -> None:
        self.path = path
        self._began = began
        self._take = TakeWriter(path, model, fingerprint)
        self._sound: WavWriter | None = None
        self._sounds = True

    def write(self, time: float, recipe: Recipe) -> None:
        """What is on the desk from this time on."""
        self._take.write(time - self._began, recipe)

    def hear(self, samples: Samples, rate: int) -> None:
        """A piece of sound; where it cannot be written, the recording goes on without."""
        try:
            if self._sound is None and self._sounds:
                self._sound = WavWriter(sound_beside(self.path), rate)
            if self._sound is not None:
                self._sound.write(samples)
        except (GanlabError, OSError, ValueError):
            self._sounds, self._sound = False, None

    def close(self, time: float) -> Path:
        """The end; the file."""
        self._take.close(time - self._began)
        sound, self._sounds, self._sound = self._sound, False, None
        if sound is not None:
            sound.close()
        return self.path


def _done(_: None) -> None:
    """Nothing follows."""


def heard_name(signals: list[Heard]) -> str:
    """The signal that somebody moved to teach, the first that is no accident; empty for none."""
    for signal in signals:
        stick = "/axis/" in signal.name and abs(signal.value - 0.5) < STICK_MOVED
        if not signal.name.startswith(NOT_LEARNED) and signal.value > 0.0 and not stick:
            return signal.name
    return ""


OWNER = "scenes"
THUMBNAIL = 64
PACE_MS = 500
RATE = RATES[3]
"""Frames a second of a film made by playing: 30."""


class PerformRoom(QObject):
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
    _virtual_changed = Signal()

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
        self.panel = PerformPanel()
        self._dock = window.add_panel(
            "Perform", ScrollBox(self.panel), Qt.DockWidgetArea.RightDockWidgetArea
        )
        self.live = LivePerformance(session, worker, tasks, parent=self)
        self.picture_window: PictureWindow | None = None
        self._virtual: VirtualCamera | None = None
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
        self.set_virtual(False)
        if self.picture_window is not None:
            self.picture_window.close()

    def _connect(self) -> None:
        panel, live, session = self.panel, self.live, self._session
        panel.map_edited.connect(self.set_map)
        panel.play_asked.connect(self.set_playing)
        panel.record_asked.connect(self.set_recording)
        panel.learn_asked.connect(self.learn)
        panel.window_asked.connect(self.open_window)
        panel.screen_asked.connect(self._on_screen)
        for signal, change in (
            (panel.black_asked, PictureWindow.set_black),
            (panel.freeze_asked, PictureWindow.set_frozen),
            (panel.caption_asked, PictureWindow.set_captioned),
            (panel.fit_asked, PictureWindow.set_fit),
        ):
            signal.connect(partial(self._change_window, change))
        panel.picture_asked.connect(self.take_picture)
        panel.virtual_asked.connect(self.set_virtual)
        self._virtual_changed.connect(self._on_virtual)
        panel.tell.editingFinished.connect(self._on_devices)
        panel.tapped.connect(self._on_tap)
        panel.scene_added.connect(self.add_scene)
        panel.pictures_dropped.connect(self.add_pictures)
        panel.scene_chosen.connect(live.recall)
        panel.open_asked.connect(self._on_open)
        panel.save_asked.connect(self._on_save)
        for toggle in (panel.midi, panel.osc, panel.sound, panel.pads, panel.camera):
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
        actions["picture_window"].triggered.connect(self.open_window)
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
        suggested = free_path(folder, "map")
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
        if self.picture_window is not None:
            self.picture_window.fade_over(self.panel.fade.value)

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

    # --- the camera ------------------------------------------------------------------------------

    def take_picture(self) -> None:
        """Bring what the camera sees now into the model, as any picture that is opened."""
        pixels = self.live.camera_picture()
        if pixels is None:
            self._messages.tell("No camera is seen. Choose Camera, and Play, and look again.")
            return
        name = datetime.datetime.now().strftime("camera-%Y%m%d-%H%M%S")
        path = self._settings.saving_folder("pictures") / f"{name}.png"
        self._tasks.start(partial(write_picture, path, pixels), self._window.path_chosen.emit)

    # --- the projector ---------------------------------------------------------------------------

    def open_window(self) -> PictureWindow:
        """Show the projector's window, on another screen where there is one."""
        if self.picture_window is None:
            made = self.picture_window = PictureWindow()
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
        self.picture_window.raise_()
        self.picture_window.activateWindow()
        return self.picture_window

    def set_virtual(self, on: bool) -> None:
        """Let other programs take the picture from a virtual camera, or no more."""
        virtual, self._virtual = self._virtual, None
        if virtual is not None:
            self._tasks.start(virtual.close, _nothing)
        if on:
            self._virtual = VirtualCamera(self._virtual_changed.emit)
            self._show_virtual()
        self.panel.virtual.set_value(on)

    def _on_virtual(self) -> None:
        """It is there, or it cannot be, or it has gone."""
        if self._virtual is None:
            return
        state = self._virtual.state()
        if state.open:
            self._messages.tell(f"Other programs find the picture as {state.name}.", passing=True)
        else:
            self.set_virtual(False)
            self._messages.tell(state.sentence)

    def _show_virtual(self) -> None:
        """What the projector shows, without its window what the desk shows."""
        virtual, window = self._virtual, self.picture_window
        if virtual is None:
            return
        virtual.black = window is not None and window.black
        image = self._window.canvas.image if window is None else window.image
        pixels = to_pixels(image)
        if pixels is not None:
            virtual.show(pixels)

    def _on_window_closed(self) -> None:
        gone, self.picture_window = self.picture_window, None
        if gone is not None:
            gone.deleteLater()
        self._show_window()

    def _show_window(self) -> None:
        window = self.picture_window
        self.panel.show_window(
            there=window is not None,
            black=window is not None and window.black,
            frozen=window is not None and window.frozen,
            captioned=window is not None and window.captioned,
        )
        self._show_virtual()

    def _change_window(self, change: Callable[[PictureWindow, Any], None], value: object) -> None:
        if self.picture_window is not None:
            change(self.picture_window, value)

    def _on_screen(self) -> None:
        """Go to the screen after the one it is on, round and round."""
        if self.picture_window is not None:
            screens = QGuiApplication.screens()
            now = screens.index(self.picture_window.screen())
            self.picture_window.go_to(screens[(now + 1) % len(screens)])

    def _caption(self) -> str:
        info, latent = self._session.info, self._session.recipe.latent
        return "" if info is None else f"{info.title or info.name}, {latent_text(latent)}"

    def _on_rendered(self, frame: Frame) -> None:
        if self.picture_window is not None:
            self.picture_window.show_pixels(frame.pixels)
            self.picture_window.set_caption(self._caption())
        window = self.picture_window
        if self._virtual is not None and (window is None or not window.frozen):
            self._virtual.show(frame.pixels)

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
