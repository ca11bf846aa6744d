"""Playing live: what devices say is heard when a frame begins, and moves the desk; it can be recorded."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from ganlab.engine import BackgroundTasks, RenderWorker
from ganlab.session import Session
from ganlab_core.errors import GanlabError
from ganlab_core.performance import (
    OSC_PORT,
    AudioInput,
    BeatClock,
    DeviceHub,
    DeviceState,
    MidiInputs,
    OscInput,
    OscOutput,
    PerformanceMap,
    Performer,
    Samples,
    SignalBoard,
    TakeWriter,
    WavWriter,
    performance_clock,
    sound_beside,
)
from ganlab_core.performance import Signal as Heard
from ganlab_core.recipe import Recipe

TICK_MS = 2
"""How often is looked whether a frame may begin; looking costs next to nothing."""

FASTEST_FRAMES = 1 / 60
"""Seconds between two frames while nothing is heard."""

NO_FRAME = 0.5
"""Seconds after which another frame begins though the last has not come."""

NOT_LEARNED = ("audio/", "camera/", "clock/", "mod/")
"""Signals that move by themselves: nobody teaches with them."""

Devices = frozenset[str]
"""Which of midi, osc and audio are to be heard."""


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
        self._timer.start()

    def stop(self) -> None:
        """Hear nothing any more; the desk stays as it is."""
        self._timer.stop()
        hub, self._hub = self._hub, None
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
        if not signal.name.startswith(NOT_LEARNED) and signal.value > 0.0:
            return signal.name
    return ""
