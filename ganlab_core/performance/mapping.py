"""Maps: which source moves which control, what scenes there are, and how time is counted.

A map is a value and a JSON file, `{"ganlab_map": 1, ...}`. It travels between models: a mapping to a
control that a model lacks waits. Whatever a file holds is checked here, and a wrong one is refused in a
sentence; a field that is not known would change what is played, so it is refused as well.

Its modulators are sources that need no device: slow waves, wandering values and envelopes. All are
functions of time alone, or of time and what triggers them, so that a film made offline moves as the
performance did.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from pathlib import Path
from typing import Any

import msgspec

from ganlab_core.errors import PerformanceError, explain_os_error
from ganlab_core.files import (
    canonical_json,
    parse_json,
    read_up_to,
    refuse_newer,
    write_bytes_atomically,
)
from ganlab_core.performance.desk_controls import CONTROL_NAME, find_control
from ganlab_core.performance.signals import FASTEST_TEMPO, SLOWEST
from ganlab_core.performance.transform import MapPart, Transform, check_finite, check_one_of
from ganlab_core.plain_text import plain_text
from ganlab_core.recipe import Capabilities, Latent, Recipe
from ganlab_core.timeline import EASINGS

MAP_VERSION = 1
"""Of the files; a map of a higher one is refused."""

LARGEST_MAP = 16_000_000
"""Bytes of JSON; more is not read."""

MOST_MAPPINGS = 512
MOST_MODULATORS = 64
MOST_SCENES = 256
LONGEST_SIGNAL = 200
"""Letters of a signal's name."""

DEEPEST_MAP = 48
CLOCKS = ("fixed", "midi", "audio")
QUANTISES = ("off", "beat", "bar")
SIGNAL_KINDS = ("midi", "osc", "audio", "camera", "pad", "key", "mod", "clock")

_REMEDY = "Choose a map saved by ganlab, or learn its mappings again."


def check_signal(name: str) -> None:
    """Raise `PerformanceError` for a name that no signal has."""
    kind, slash, rest = name.partition("/")
    right = slash and rest and kind in SIGNAL_KINDS and len(name) <= LONGEST_SIGNAL
    if not right or plain_text(name) != name:
        raise PerformanceError(
            f"{name[:60]!r} is no signal.",
            f"Signals are called {', '.join(f'{kind}/...' for kind in SIGNAL_KINDS)}.",
        )


class Mapping(MapPart, frozen=True, kw_only=True):
    """One source to one control.

    Attributes
    ----------
    source
        A signal: `"midi/1/cc/7"`, `"osc/fader"`, `"audio/low"`, `"mod/slow"`.
    control
        As `DeskControl.name`.
    transform
        What happens on the way.
    mode
        `"set"`: the control is put where the source says, and stays until somebody moves it again;
        `"add"`: the source's value is added while it lasts, to a number alone.
    on
        Whether it works.
    """

    source: str
    control: str
    transform: Transform = Transform()
    mode: str = "set"
    on: bool = True

    def __post_init__(self) -> None:
        check_signal(self.source)
        check_one_of("A mapping", self.mode, ("set", "add"))
        if CONTROL_NAME.fullmatch(self.control) is None:
            raise PerformanceError(
                f"{self.control[:40]!r} is no name of a control.", "Learn the mapping again."
            )


class BankScene(MapPart, frozen=True, kw_only=True):
    """A favourite in the bank: a name, and the Recipe that the desk goes to."""

    name: str
    recipe: Recipe

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= 80 or plain_text(self.name) != self.name:
            raise PerformanceError("A scene's name has 1 to 80 letters.", "Choose another.")


class Transition(MapPart, frozen=True, kw_only=True):
    """How the desk goes from scene to scene.

    Attributes
    ----------
    seconds
        0 to 600; 0 = at once.
    curve
        One of `EASINGS` but `"spline"`.
    quantise
        `"off"`, or it begins with the next `"beat"` or `"bar"`.
    """

    seconds: float = 2.0
    curve: str = "smooth"
    quantise: str = "off"

    def __post_init__(self) -> None:
        check_finite("A transition in seconds", self.seconds, 0.0, 600.0)
        check_one_of("A transition's curve", self.curve, EASINGS[:3])
        check_one_of("A transition waits for", self.quantise, QUANTISES)


class PerformanceMap(MapPart, frozen=True, kw_only=True):
    """Everything that says how a performance is played.

    Attributes
    ----------
    name
        As people call it; up to 80 letters.
    tempo
        Beats a minute, 20 to 400, until somebody taps or the clock tells another.
    beats_a_bar
        1 to 16.
    clock
        What tells the tempo: `"fixed"` (the number, or taps), `"midi"` or `"audio"`.
    modulators, mappings, scenes, transition
        Its parts. Of two modulators of one name there is only one.
    corners
        Four seeds between which the pad travels: top left, top right, bottom left, bottom right;
        empty = the seed on the desk and the next three.
    """

    name: str = ""
    tempo: float = 120.0
    beats_a_bar: int = 4
    clock: str = "fixed"
    modulators: tuple[Modulator, ...] = ()
    mappings: tuple[Mapping, ...] = ()
    scenes: tuple[BankScene, ...] = ()
    transition: Transition = Transition()
    corners: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.name) > 80 or plain_text(self.name) != self.name:
            raise PerformanceError("A map's name has at most 80 letters.", "Choose another.")
        check_finite("A tempo", self.tempo, SLOWEST, FASTEST_TEMPO)
        check_finite("The beats of a bar", self.beats_a_bar, 1, 16)
        check_one_of("A clock", self.clock, CLOCKS)
        for what, have, most in (
            ("mappings", len(self.mappings), MOST_MAPPINGS),
            ("modulators", len(self.modulators), MOST_MODULATORS),
            ("scenes", len(self.scenes), MOST_SCENES),
        ):
            if have > most:
                raise PerformanceError(f"A map has at most {most} {what}.", "Take some out.")
        names = [own.name for own in self.modulators]
        if len(set(names)) < len(names):
            raise PerformanceError("Two modulators have one name.", "Rename one of them.")
        if len(self.corners) not in (0, 4):
            raise PerformanceError("A pad has four corners.", "Name four seeds, or none.")
        for seed in self.corners:
            check_finite("A corner's seed", seed, 0, 2**32 - 1)

    # --- what it means for a model ---------------------------------------------------------------

    def waiting(self, can: Capabilities) -> tuple[Mapping, ...]:
        """The mappings to controls that such a model does not have; they do nothing meanwhile."""
        return tuple(own for own in self.mappings if find_control(own.control, can) is None)

    def conflicts(self) -> dict[str, tuple[Mapping, ...]]:
        """Control -> its mappings, for controls that several put in place: the last one moved wins."""
        setting: dict[str, tuple[Mapping, ...]] = {}
        for own in self.mappings:
            if own.on and own.mode == "set":
                setting[own.control] = (*setting.get(own.control, ()), own)
        return {control: owns for control, owns in setting.items() if len(owns) > 1}

    def corner_latents(self, recipe: Recipe) -> tuple[Latent, ...]:
        """Where the pad's corners are, for a Recipe on the desk."""
        first = recipe.latent.seed
        seeds = self.corners or tuple((first + step) % 2**32 for step in range(4))
        return tuple(map(Latent, seeds))

    # --- JSON ------------------------------------------------------------------------------------

    def to_json(self) -> str:
        """Canonical JSON, equal for equal maps."""
        return canonical_json({"ganlab_map": MAP_VERSION, **_plain(self)})

    @staticmethod
    def from_json(text: str | bytes) -> PerformanceMap:
        """Read what `to_json` wrote; raises `GanlabError` with a sentence for anything else."""
        data = parse_json(text, "map", PerformanceError, _REMEDY, DEEPEST_MAP)
        if not isinstance(data, dict) or type(data.get("ganlab_map")) is not int:
            raise PerformanceError("This is not a ganlab map.", _REMEDY)
        refuse_newer(data["ganlab_map"], MAP_VERSION, "This map", PerformanceError)
        fields = {name: value for name, value in data.items() if name != "ganlab_map"}
        try:
            return msgspec.convert(_with_recipes(fields), PerformanceMap)
        except msgspec.ValidationError as fault:
            raise _refusal(str(fault)) from None


def _plain(value: object) -> Any:
    """A part of a map as JSON has it."""
    match value:
        case msgspec.Struct():
            return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
        case Recipe():
            return json.loads(value.to_json())
        case tuple():
            return [_plain(part) for part in value]
    return value


def _with_recipes(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a map with the Recipes of its scenes read by their own rules."""
    scenes = fields.get("scenes")
    if not isinstance(scenes, list):
        return fields
    return {**fields, "scenes": [_with_recipe(scene) for scene in scenes]}


def _with_recipe(scene: object) -> object:
    if not isinstance(scene, dict) or "recipe" not in scene:
        return scene
    return {**scene, "recipe": Recipe.from_json(json.dumps(scene["recipe"]))}


def _refusal(fault: str) -> PerformanceError:
    """A sentence for what msgspec says, such as "Expected `int`, got `str` - at `$.tempo`"."""
    what, _, place = fault.partition(" - at ")
    where = place.strip("`").removeprefix("$").removeprefix(".")
    unknown = re.search(r"unknown field `(.*)`", what)
    if unknown is not None:
        inside = f" in its {where!r}" if where else ""
        return PerformanceError(
            f"The map has a field {unknown[1]!r}{inside} that this ganlab does not know.",
            "Update ganlab, or remove the field.",
        )
    said = f"{what[:1].lower()}{what[1:]}".replace("`", "'")
    return PerformanceError(
        f"The map is wrong{f' at {where!r}' if where else ''}: {said}.", _REMEDY
    )


def read_map(path: Path) -> PerformanceMap:
    """The map in a file; raises `GanlabError` with a sentence where there is none."""
    try:
        data = read_up_to(path, LARGEST_MAP)
    except OSError as error:
        raise PerformanceError(
            explain_os_error(error, "reading the map"), "Check the path."
        ) from None
    return PerformanceMap.from_json(data)


def write_map(path: Path, own: PerformanceMap) -> None:
    """Write a map, whole or not at all; raises `PerformanceError`."""
    try:
        write_bytes_atomically(path, f"{own.to_json()}\n".encode(), make_folder=False)
    except OSError as error:
        raise PerformanceError(
            explain_os_error(error, f"writing {path.name}"), "Choose another place."
        ) from None


MODULATORS = ("lfo", "noise", "envelope")
SHAPES = ("sine", "triangle", "saw", "square")
NAME_LENGTH = 40


class Modulator(MapPart, frozen=True, kw_only=True):
    """A source that moves by itself: the signal `mod/<name>`, 0 to 1.

    Attributes
    ----------
    name
        1 to 40 letters.
    kind
        `"lfo"` (a wave), `"noise"` (wanders smoothly from one random value to the next) or
        `"envelope"` (rises when `trigger` does, and falls again).
    shape
        Of a wave, one of `SHAPES`.
    seconds
        One round of a wave, or from one random value to the next; 0.01 to 3600.
    beats
        The same in beats, which then counts; 0 = in seconds.
    phase
        Where it begins, 0 to 1 of a round.
    seed
        Of the random values.
    trigger
        The signal that an envelope hears.
    attack, hold, release
        Seconds of an envelope, 0 to 60: up, at the top, and down again (along straight lines).
    """

    name: str
    kind: str = "lfo"
    shape: str = "sine"
    seconds: float = 8.0
    beats: float = 0.0
    phase: float = 0.0
    seed: int = 0
    trigger: str = ""
    attack: float = 0.02
    hold: float = 0.0
    release: float = 0.5

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= NAME_LENGTH or plain_text(self.name) != self.name:
            raise PerformanceError(
                f"A modulator's name has 1 to {NAME_LENGTH} letters.", "Choose another."
            )
        check_one_of("A modulator", self.kind, MODULATORS)
        check_one_of("A wave", self.shape, SHAPES)
        check_finite("A round in seconds", self.seconds, 0.01, 3600.0)
        check_finite("A round in beats", self.beats, 0.0, 1024.0)
        check_finite("A phase", self.phase, 0.0, 1.0)
        check_finite("A seed", self.seed, 0, 2**32 - 1)
        for what in ("attack", "hold", "release"):
            check_finite(f"An envelope's {what}", getattr(self, what), 0.0, 60.0)

    @property
    def signal(self) -> str:
        """What it is called among the signals."""
        return f"mod/{self.name}"

    def at(self, time: float, beats: float) -> float:
        """A wave's or a wandering value's place, 0 to 1, at a time in seconds and in beats."""
        rounds = (beats / self.beats if self.beats else time / self.seconds) + self.phase
        if self.kind == "noise":
            return self._wandering(rounds)
        return wave(self.shape, rounds % 1.0)

    def after_trigger(self, passed: float) -> float:
        """An envelope's height, 0 to 1, so many seconds after it was triggered."""
        if passed < self.attack:
            return passed / self.attack
        falling = passed - self.attack - self.hold
        if falling <= 0.0:
            return 1.0
        return max(0.0, 1.0 - falling / self.release) if self.release else 0.0

    def _wandering(self, rounds: float) -> float:
        whole = math.floor(rounds)
        u = rounds - whole
        u = u * u * (3.0 - 2.0 * u)
        return (1.0 - u) * self._random(whole) + u * self._random(whole + 1)

    def _random(self, index: int) -> float:
        digest = hashlib.sha256(f"ganlab modulator {self.seed} {index}".encode()).digest()
        return int.from_bytes(digest[:4], "little") / (2**32 - 1)


def wave(shape: str, phase: float) -> float:
    """The height, 0 to 1, of a wave that begins at its lowest; `phase` 0 to 1."""
    match shape:
        case "sine":
            return 0.5 - 0.5 * math.cos(2.0 * math.pi * phase)
        case "triangle":
            return 1.0 - abs(2.0 * phase - 1.0)
        case "saw":
            return phase
        case _:
            return float(phase >= 0.5)
