"""The performer: from what was heard since the last frame to the Recipe of the next one.

It knows no device, no window and no clock but the times it is given, so that a sound file offline and a
hand on a controller go the same way, and the same signals at the same times give the same Recipes. A
sound played by a Map without anybody playing gives the Recipe of every frame of its film.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from ganlab_core.errors import PerformanceError
from ganlab_core.performance.audio_features import HEARD_LATE, AudioAnalyser, Samples
from ganlab_core.performance.desk_controls import DeskControl, find_control, within
from ganlab_core.performance.mapping import BankScene, Mapping, PerformanceMap
from ganlab_core.performance.signals import BeatClock, Signal
from ganlab_core.performance.transform import TransformRun
from ganlab_core.recipe import (
    SEED_MAX,
    Capabilities,
    Latent,
    Recipe,
    blend_latents,
    blend_recipes,
    corner_weights,
    fit,
    spline_weights,
)

HEARD_BY_EXPRESSIONS = {
    "clock/beat": "beat",
    "clock/bar": "bar",
    "audio/level": "level",
    "audio/low": "low",
    "audio/mid": "mid",
    "audio/high": "high",
}
"""Signal -> what expressions call it."""


@dataclass(frozen=True, slots=True)
class Played:
    """What a frame shows.

    Attributes
    ----------
    recipe
        What is drawn.
    asked
        Pairs (control, value) that only a window can do: `("film.play", 1.0)`.
    moved
        Pairs (control, value) of all that mappings moved, for those who want to be told.
    """

    recipe: Recipe
    asked: tuple[tuple[str, float], ...] = ()
    moved: tuple[tuple[str, float], ...] = ()


class _MappingRun:
    """A mapping at work on a control that the model has."""

    def __init__(self, mapping: Mapping, control: DeskControl) -> None:
        self.mapping = mapping
        self.control = control
        self.transform = TransformRun(mapping.transform, control.low, control.high)
        self.put_last: float | None = None

    def added(self) -> float:
        """How much is added to the control; as much as its own range is wide, unless told otherwise."""
        how, control = self.mapping.transform, self.control
        low = 0.0 if how.low is None else how.low
        high = control.high - control.low if how.high is None else how.high
        return low + (high - low) * self.transform.unit_value()


# --- the latent's own motion -------------------------------------------------------------------------


class SeedWalk:
    """A smooth way through seeds: the place on the desk, then the next seeds, and back.

    Point 0 is where the walk began, point n the n-th seed after that one's. In W the way is a
    Catmull-Rom spline, in Z it goes along circles from point to point.
    """

    def __init__(self, can: Capabilities) -> None:
        self.space = "w" if can.has_w else "z"
        self.speed = 0.0
        self.direction = 1.0
        self.place = 0.0
        self._origin = Latent()
        self._shown: Latent | None = None

    def advance(self, seconds: float, latent: Latent) -> Latent | None:
        """Where the walk is after so many seconds, from the latent on the desk; None while it rests."""
        step = self.speed * self.direction * seconds
        if step == 0.0:
            return None
        if latent != self._shown:
            self._origin, self.place = latent, 0.0
        self.place += step
        self._shown = self._at(self.place)
        return self._shown

    def _point(self, index: int) -> Latent:
        if index == 0:
            return self._origin
        return Latent((self._origin.seed + index) % (SEED_MAX + 1))

    def _at(self, place: float) -> Latent:
        whole = math.floor(place)
        u = place - whole
        if u == 0.0:
            return self._point(whole)
        if self.space == "z":
            return blend_latents([(self._point(whole), 1.0 - u), (self._point(whole + 1), u)], "z")
        weights = spline_weights(u)
        points = [self._point(whole + step) for step in (-1, 0, 1, 2)]
        return blend_latents(list(zip(points, weights, strict=True)), "w")


class Pad:
    """A place between four latents."""

    def __init__(self, can: Capabilities) -> None:
        self.space = "w" if can.has_w else "z"
        self.x = self.y = 0.5

    def latent(self, corners: tuple[Latent, ...]) -> Latent:
        """The latent at the place; x and y go from 0 to 1, y down."""
        shares = zip(corners, corner_weights(self.x, self.y), strict=True)
        present = [(corner, weight) for corner, weight in shares if weight > 0.0]
        return present[0][0] if len(present) == 1 else blend_latents(present, self.space)


# --- scenes ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Going:
    """A transition under way or waiting for its beat."""

    scene: int
    begins: float
    seconds: float
    start: Recipe
    end: Recipe


class SceneBank:
    """Goes from scene to scene.

    Attributes
    ----------
    map
        Which scenes there are, and how to go to them.
    now
        The number of the scene gone to last, from 0; None before.
    """

    def __init__(self, own: PerformanceMap, can: Capabilities) -> None:
        self.map = own
        self._can = can
        self._going: _Going | None = None
        self.now: int | None = None

    @property
    def scenes(self) -> tuple[BankScene, ...]:
        """All there are."""
        return self.map.scenes

    @property
    def under_way(self) -> bool:
        """Whether a transition waits or goes on."""
        return self._going is not None

    def recall(self, index: int, time: float, clock: BeatClock, recipe: Recipe) -> None:
        """Go to a scene of this number, from 0; one that is not there is none."""
        if not 0 <= index < len(self.scenes):
            return
        how = self.map.transition
        end = fit(self.scenes[index].recipe, self._can)
        begins = clock.next_time(time, how.quantise)
        self._going = _Going(index, begins, how.seconds, recipe, end)
        self.now = index

    def step(self, by: int, time: float, clock: BeatClock, recipe: Recipe) -> None:
        """Go to the next scene, or the one before, round and round."""
        if self.scenes:
            now = -1 if self.now is None and by > 0 else (self.now or 0)
            self.recall((now + by) % len(self.scenes), time, clock, recipe)

    def advance(self, time: float, recipe: Recipe) -> Recipe:
        """The Recipe at a time; the one that is there unless a transition goes on."""
        going = self._going
        if going is None or time < going.begins:
            if going is not None:
                going.start = recipe
            return recipe
        u = (time - going.begins) / going.seconds if going.seconds else 1.0
        if u >= 1.0 or self.map.transition.curve == "hold":
            self._going = None if u >= 1.0 else going
            return going.end if u >= 1.0 else going.start
        share = u * u * (3.0 - 2.0 * u) if self.map.transition.curve == "smooth" else u
        space = "w" if self._can.has_w else "z"
        ends = [(going.start, 1.0 - share), (going.end, share)]
        return blend_recipes(ends, space, space, float(self._can.full_growth))

    def edited(self, change: Callable[[Recipe], Recipe]) -> None:
        """Whatever is changed meanwhile stays changed to the end of the way."""
        if self._going is not None:
            self._going.start = change(self._going.start)
            self._going.end = change(self._going.end)


# --- the performer -----------------------------------------------------------------------------------


class Performer:
    """Plays a map on a model: hears signals, and answers with the Recipe of the next frame.

    Parameters
    ----------
    own
        The map.
    can
        What the model can do; mappings to what it lacks wait.
    recipe
        What is on the desk when it begins.
    clock
        Counts the beats; made from the map when None.
    """

    def __init__(
        self,
        own: PerformanceMap,
        can: Capabilities,
        recipe: Recipe,
        clock: BeatClock | None = None,
    ) -> None:
        self.map = own
        self.clock = clock or BeatClock(own.tempo, own.beats_a_bar)
        self.scenes = SceneBank(own, can)
        self.walk = SeedWalk(can)
        self.pad = Pad(can)
        self._can = can
        self._base = self._last = recipe
        self._corners = own.corner_latents(recipe)
        self._time: float | None = None
        self._values: dict[str, float] = {}
        self._variables: dict[str, float] = {}
        self._triggered: dict[str, float] = {}
        self._asked: list[tuple[str, float]] = []
        self._moved: list[tuple[str, float]] = []
        self._runs: list[_MappingRun] = []
        self._by_source: dict[str, list[_MappingRun]] = {}
        self._connect({})

    def change_map(self, own: PerformanceMap) -> None:
        """Go on with another map; mappings that are in both remember what they heard."""
        if own.tempo != self.map.tempo:
            self.clock.set_tempo(own.tempo, self._time or 0.0)
        self.clock.beats_a_bar = own.beats_a_bar
        self.map = self.scenes.map = own
        self._connect({run.mapping: run for run in self._runs})

    def _connect(self, known: dict[Mapping, _MappingRun]) -> None:
        """Begin the mappings that are on and have a control."""
        self._runs, self._by_source = [], {}
        for mapping in self.map.mappings:
            control = find_control(mapping.control, self._can)
            if control is not None and mapping.on:
                run = known.pop(mapping, None) or _MappingRun(mapping, control)
                self._runs.append(run)
                self._by_source.setdefault(mapping.source, []).append(run)

    def moved_by_hand(self, recipe: Recipe) -> None:
        """Somebody edited the Recipe that was shown: what they changed stays, until it is moved again."""
        changed = {
            field.name: getattr(recipe, field.name)
            for field in dataclasses.fields(recipe)
            if getattr(recipe, field.name) != getattr(self._last, field.name)
        }
        if changed:
            self._edit(lambda own: replace(own, **changed))
        self._last = recipe

    def recall(self, index: int, time: float) -> None:
        """Go to a scene of the bank, from 0."""
        self.scenes.recall(index, time, self.clock, self._base)

    def frame(self, time: float, signals: Iterable[Signal] = ()) -> Played:
        """The Recipe at a time in seconds, which does not go back, after these signals in their order."""
        before = time if self._time is None else self._time
        time = max(time, before)
        self._asked, self._moved = [], []
        for signal in signals:
            self._hear(signal.name, signal.value, min(signal.time, time))
        self._hear_own(time)
        self._base = self.scenes.advance(time, self._base)
        for run in self._runs:
            self._work(run, time)
        self._walk(time - before)
        self._time = time
        self._last = self._with_added()
        return Played(self._last, tuple(self._asked), tuple(self._moved))

    # --- hearing ---------------------------------------------------------------------------------

    def _hear(self, name: str, value: float, time: float) -> None:
        before, self._values[name] = self._values.get(name, 0.0), value
        if before < 0.5 <= value:
            self._triggered[name] = time
        known = HEARD_BY_EXPRESSIONS.get(name)
        if known is not None:
            self._variables[known] = value
        if name.startswith(("clock/", "audio/")):
            self._keep_time(name, value, time)
        self._variables["t"] = time
        for run in self._by_source.get(name, ()):
            run.transform.hear(time, value, self._variables)

    def _keep_time(self, name: str, value: float, time: float) -> None:
        """Follow the tempo of whoever tells it in this map."""
        if self.map.clock == "midi" and name == "clock/tick":
            self.clock.midi_tick(time)
        elif self.map.clock == "midi" and name == "clock/start":
            self.clock.midi_start(time)
        elif self.map.clock == "audio" and name == "audio/tempo" and value > 0.0:
            self.clock.set_tempo(240.0 * value, time)
        elif self.map.clock == "audio" and name == "audio/beat" and value >= 0.5:
            self.clock.put_beat(time)

    def _hear_own(self, time: float) -> None:
        """What moves by itself: the clock and the modulators."""
        self._variables["tempo"] = self.clock.tempo
        for name, value in self.clock.signals(time).items():
            if name in self._by_source or name in HEARD_BY_EXPRESSIONS:
                self._hear(name, value, time)
        beats = self.clock.beats(time)
        for own in self.map.modulators:
            if own.kind != "envelope":
                self._hear(own.signal, own.at(time, beats), time)
            elif own.trigger in self._triggered:
                passed = time - self._triggered[own.trigger]
                self._hear(own.signal, own.after_trigger(passed), time)

    # --- moving ----------------------------------------------------------------------------------

    def _work(self, run: _MappingRun, time: float) -> None:
        if not run.transform.heard:
            return
        control, value = run.control, run.transform.value(time)
        if control.kind == "trigger":
            for _ in range(run.transform.take_rises()):
                self._do(control, 1.0, time)
        elif run.mapping.mode == "set" and value != run.put_last:
            run.put_last = value
            if control.kind == "switch":
                value = float(run.transform.unit_value() >= 0.5)
            self._do(control, value, time)

    def _do(self, control: DeskControl, value: float, time: float) -> None:
        put = control.put
        self._moved.append((control.name, value))
        if put is not None:
            self._edit(lambda recipe: put(recipe, value))
        elif control.name.startswith("scene"):
            self._recall(control.name, time)
        elif control.name == "tempo.tap":
            self.clock.tap(time)
        elif control.group == "latent":
            self._move_latent(control.name, value)
        else:
            self._asked.append((control.name, value))

    def _recall(self, name: str, time: float) -> None:
        if name in ("scene.next", "scene.back"):
            by = 1 if name == "scene.next" else -1
            self.scenes.step(by, time, self.clock, self._base)
        else:
            self.recall(int(name.partition("@")[2]) - 1, time)

    def _move_latent(self, name: str, value: float) -> None:
        match name:
            case "walk.speed":
                self.walk.speed = within(value, -20.0, 20.0)
            case "walk.direction":
                self.walk.direction = within(value, -1.0, 1.0)
            case "pad.x":
                self.pad.x = within(value, 0.0, 1.0)
            case "pad.y":
                self.pad.y = within(value, 0.0, 1.0)
        if name.startswith("pad"):
            latent = self.pad.latent(self._corners)
            self._edit(lambda recipe: replace(recipe, latent=latent))

    def _walk(self, seconds: float) -> None:
        latent = self.walk.advance(seconds, self._base.latent)
        if latent is not None:
            self._edit(lambda recipe: replace(recipe, latent=latent))

    def _edit(self, change: Callable[[Recipe], Recipe]) -> None:
        self._base = change(self._base)
        self.scenes.edited(change)

    def _with_added(self) -> Recipe:
        """The Recipe with what mappings add for as long as they last."""
        recipe = self._base
        for run in self._runs:
            put, get = run.control.put, run.control.get
            if run.mapping.mode == "add" and run.transform.heard and put and get:
                recipe = put(recipe, get(recipe) + run.added())
        return recipe


LONGEST_SONG = 3600.0
"""Seconds."""


def song_signals(samples: Samples, rate: int) -> Iterator[Signal]:
    """What is heard in a sound, at the times at which it is there.

    Live, things are told a little after they begin, for nobody hears what is to come; offline they are
    put where they began.
    """
    for heard in AudioAnalyser(rate).feed(samples):
        yield from heard.signals(max(0.0, heard.time - HEARD_LATE))


def song_recipes(
    samples: Samples,
    rate: int,
    own: PerformanceMap,
    can: Capabilities,
    recipe: Recipe,
    fps: Fraction,
    seconds: float | None = None,
) -> list[Recipe]:
    """The Recipe at k / fps for every frame k of a sound, float32 (N,), or of so many seconds.

    Beyond the sound its modulators go on alone. The same sound, map, model and Recipe give the same
    Recipes. Raises `PerformanceError` for no length at all and for more than an hour.
    """
    length = len(samples) / rate if seconds is None else seconds
    if not 0.0 < length <= LONGEST_SONG:
        raise PerformanceError(
            "A film of a sound lasts more than 0 and at most 3600 seconds.", "Choose another sound."
        )
    performer = Performer(own, can, recipe)
    signals = song_signals(samples[: int(length * rate) + rate], rate)
    following = next(signals, None)
    recipes = []
    for frame in range(max(1, round(length * fps))):
        time = float(frame / fps)
        due = []
        while following is not None and following.time <= time + 1e-9:
            due.append(following)
            following = next(signals, None)
        recipes.append(performer.frame(time, due).recipe)
    return recipes
