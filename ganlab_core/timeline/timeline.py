"""The Timeline: Recipes at times, and how to go from one to the next.

A film's frame k is the Recipe at k / fps. Easings make of a moment between keyframes the weights of the
Recipes around it.

Even motion: latents move evenly while pictures do not; a face may turn within a tenth of the way. A curve
that is taken by its arc length passes equal lengths in equal times; length here is what the eye is shown,
the difference of one picture from the next, measured on small pictures.

Values only: no torch, no Qt, no knowledge of a particular model.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganlab_core.errors import TimelineError
from ganlab_core.files import Fields, canonical_json, parse_json, refuse_newer
from ganlab_core.recipe import (
    COUNTED_NOISE,
    LANES,
    SEED_MAX,
    TORCH_NOISE,
    Latent,
    Recipe,
    blend_recipes,
    read_generator,
)

EASINGS = ("linear", "smooth", "hold", "spline", "even")

LaneEasings = tuple[tuple[str, str], ...]
"""Pairs (lane, easing), each lane at most once, in the order of `LANES`."""


@dataclass(frozen=True, slots=True)
class Point:
    """A keyframe as it lies on an endless line of time.

    Attributes
    ----------
    time
        Seconds; below 0 or beyond the end for another round of a loop.
    recipe, easing, lanes, arc
        The keyframe's own.
    """

    time: float
    recipe: Recipe
    easing: str
    lanes: LaneEasings = ()
    arc: tuple[float, ...] = ()


def easing_of(easing: str, lanes: LaneEasings, lane: str) -> str:
    """How a lane goes on: its own way, else the keyframe's."""
    return dict(lanes).get(lane, easing)


def eased(easing: str, u: float) -> float:
    """How far the way is done, 0 to 1, when the part u of the time has passed (splines: the time)."""
    if easing == "hold":
        return 0.0 if u < 1.0 else 1.0
    return u * u * (3.0 - 2.0 * u) if easing == "smooth" else u


def way_along(arc: tuple[float, ...], u: float) -> float:
    """How far the blend is, 0 to 1, when the part u of an arc is behind; u itself without an arc.

    The arc's lengths at even parts of the blend are read backwards, straight from one to the next:
    a curve taken by its arc length, so that equal times pass equal lengths.
    """
    if not arc or not 0.0 < u < 1.0:
        return u
    behind = u * arc[-1]
    index = min(bisect_right(arc, behind), len(arc) - 1)
    before = arc[index - 1] if index else 0.0
    return (index + (behind - before) / (arc[index] - before)) / len(arc)


def segment_shares(
    near: Sequence[Point | None], time: float, easing: str
) -> list[tuple[Point, float]]:
    """Weights, adding up to 1, of the keyframes (before, start, end, after) of a segment at `time`.

    `start` comes first; where it alone counts it stands alone.
    """
    before, start, end, after = near
    if start is None or end is None:
        raise ValueError("a segment has two ends")
    u = (time - start.time) / (end.time - start.time)
    if u <= 0.0 or easing == "hold":
        return [(start, 1.0)]
    if u >= 1.0:
        return [(end, 1.0)]
    if easing == "spline":
        return spline_shares((before or start, start, end, after or end), u)
    way = way_along(start.arc, u) if easing == "even" else eased(easing, u)
    return [(start, 1.0 - way), (end, way)]


def spline_shares(points: tuple[Point, Point, Point, Point], u: float) -> list[tuple[Point, float]]:
    """The cubic Hermite curve from the second to the third point, as weights of the four.

    The slope at a point is that of the line through its neighbours (Catmull and Rom 1974), with the
    times as they are, so that keyframes need not be evenly spaced. At an open end the neighbour is
    the point itself.
    """
    before, start, end, after = points
    length = end.time - start.time
    into, out = end.time - before.time, after.time - start.time
    slope_start = u * (1.0 - u) ** 2 * length / into
    slope_end = u * u * (u - 1.0) * length / out
    at_end = u * u * (3.0 - 2.0 * u)
    shares = [
        (start, 1.0 - at_end - slope_end),
        (end, at_end + slope_start),
        (before, -slope_start),
        (after, slope_end),
    ]
    merged: dict[int, tuple[Point, float]] = {}
    for point, share in shares:
        merged[id(point)] = (point, merged.get(id(point), (point, 0.0))[1] + share)
    return list(merged.values())


# ------------------------------------------------------------------------------------------------
# A keyframe of a Timeline, and what its values may be.


LONGEST = 86_400.0
"""Seconds."""

FINEST_ARC = 1024


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A Recipe at a time.

    Attributes
    ----------
    time
        Seconds from the start, 0 to 86400.
    recipe
        What is shown then.
    easing
        How to go on to the next keyframe: `"even"` (equal steps of the picture in equal times, by the
        arc), `"linear"`, `"smooth"` (starts and ends slowly), `"hold"` (stay until then) or `"spline"`
        (one curve through the neighbours, Catmull and Rom 1974).
    lanes
        Pairs (lane, easing) of `LANES` and `EASINGS` for lanes that go on in a way of their own; kept
        in the order of `LANES`, the last of those of one lane wins.
    extra
        Fields this version does not know, as canonical JSON.
    arc
        How much the picture has changed since this keyframe at the 1st, 2nd, ... last of even parts of
        the blend towards the next one, as `arc_of` measures it; above 0 and rising, at most 1024. Empty =
        not measured: `"even"` is then `"linear"`.
    """

    time: float
    recipe: Recipe = Recipe()
    easing: str = "smooth"
    lanes: LaneEasings = ()
    extra: str = "{}"
    arc: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        check_range("A keyframe's time", self.time, 0.0, LONGEST)
        object.__setattr__(self, "time", float(self.time))
        check_choice("An easing", self.easing, EASINGS)
        for lane, easing in self.lanes:
            check_choice("A lane", lane, tuple(LANES))
            check_choice("An easing", easing, EASINGS)
        own = dict(self.lanes)
        object.__setattr__(self, "lanes", tuple((k, own[k]) for k in LANES if k in own))
        object.__setattr__(self, "arc", _checked_arc(self.arc))

    def easing_of(self, lane: str) -> str:
        """How a lane goes on to the next keyframe."""
        return easing_of(self.easing, self.lanes, lane)

    @property
    def is_even(self) -> bool:
        """Whether anything goes on evenly."""
        return "even" in (self.easing, *dict(self.lanes).values())

    def with_recipe(self, recipe: Recipe) -> Keyframe:
        """The keyframe with another Recipe; the way on from it has to be measured anew."""
        return self if recipe == self.recipe else replace(self, recipe=recipe, arc=())

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        known = {
            "time": self.time,
            "recipe": json.loads(self.recipe.to_json()),
            "easing": self.easing,
        }
        lanes = {"lanes": dict(self.lanes)} if self.lanes else {}
        arc = {"arc": list(self.arc)} if self.arc else {}
        return {**json.loads(self.extra), **known, **lanes, **arc}

    @staticmethod
    def from_dict(data: object) -> Keyframe:
        """The inverse of `to_dict`; raises `TimelineError`, or `RecipeError` for its Recipe."""
        fields = Fields("keyframe", data, TimelineError)
        return Keyframe(
            fields.number("time", 0.0),
            Recipe.from_json(json.dumps(fields.take("recipe", None))),
            fields.text("easing", "smooth"),
            _lanes(fields.take("lanes", {})),
            arc=_arc(fields.take("arc", [])),
            extra=canonical_json(fields.unknown()),
        )


def _lanes(data: object) -> LaneEasings:
    fields = Fields("keyframe's lanes", data, TimelineError)
    own = tuple((lane, fields.text(lane, "")) for lane in LANES if lane in fields.unknown())
    fields.refuse_unknown()
    return own


def _arc(data: object) -> tuple[float, ...]:
    if not isinstance(data, list) or any(type(own) not in (int, float) for own in data):
        raise TimelineError("A keyframe's arc is a list of numbers.")
    return tuple(data)


def _checked_arc(arc: tuple[float, ...]) -> tuple[float, ...]:
    lengths = tuple(map(float, arc))
    if len(lengths) > FINEST_ARC:
        raise TimelineError(f"A keyframe's arc has at most {FINEST_ARC} numbers.")
    if not all(a < b < math.inf for a, b in pairwise((0.0, *lengths))):  # NaN is not either
        raise TimelineError("The numbers of a keyframe's arc rise from above 0.")
    return lengths


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raise `TimelineError` unless `value` lies within [low, high]."""
    if not low <= value <= high:  # NaN is not either
        raise TimelineError(f"{name} must be from {low:g} to {high:g}.")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise `TimelineError` unless `value` is one of `choices`."""
    if value not in choices:
        raise TimelineError(f"{name} is one of {', '.join(choices)}, not {value[:40]!r}.")


# ------------------------------------------------------------------------------------------------
# Noise that a film moves from frame to frame, whatever its keyframes say.


NOISES = ("frozen", "fresh", "loop")


def with_fresh_noise(recipe: Recipe, seed: int, frame: int, generator: int) -> Recipe:
    """Random noise that only `seed` and the frame's number determine; noise that is off stays off."""
    if recipe.noise.mode == "off":
        return recipe
    own = _derived(seed, f"frame {frame}")
    fresh = replace(recipe.noise, mode="random", seed=own, other=None, generator=generator)
    return replace(recipe, noise=fresh)


def with_turning_noise(recipe: Recipe, seed: int, turn: float, generator: int) -> Recipe:
    """Random noise on the circle through `seed` and another; `turn` from 0 to 1 goes round once."""
    if recipe.noise.mode == "off":
        return recipe
    turning = replace(
        recipe.noise, mode="random", seed=seed, other=_derived(seed, "circle"), turn=turn,
        generator=generator,
    )  # fmt: skip
    return replace(recipe, noise=turning)


def _derived(seed: int, what: str) -> int:
    """A seed that only `seed` and `what` determine."""
    digest = hashlib.sha256(f"ganlab film noise {seed} {what}".encode()).digest()
    return int.from_bytes(digest[:4], "little") & SEED_MAX


# ------------------------------------------------------------------------------------------------
# Frames a second as exact fractions, and how they are written.


RATES = tuple(map(Fraction, ("24", "25", "30000/1001", "30", "50", "60")))
"""Rates worth offering."""

FASTEST = 240

NTSC = {
    text: Fraction(rate * 1000, 1001)
    for rate, texts in ((24, ("23.976", "23.98")), (30, ("29.97",)), (60, ("59.94",)))
    for text in texts
}
"""What is written as a decimal but means a fraction over 1001."""


def read_fps(value: object) -> Fraction:
    """Frames a second from a number or a text such as 25, 29.97 or 30000/1001; raises `TimelineError`."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Fraction):
        raise _wrong(value)
    text = str(value)
    match = re.fullmatch(r"(\d{1,7}(?:\.\d{1,6})?)(?:/(\d{1,7}))?", text.strip(), re.ASCII)
    if match is None or (match[2] is not None and int(match[2]) == 0):
        raise _wrong(value)
    rate = NTSC.get(match[0]) or Fraction(match[1]) / int(match[2] or 1)
    if not 0 < rate <= FASTEST or rate.denominator > 1_000_000:
        raise _wrong(value)
    return rate


def fps_text(fps: Fraction) -> str:
    """The exact rate, as `read_fps` reads it: 25 or 30000/1001."""
    return str(fps)


def fps_shown(fps: Fraction) -> str:
    """The rate as people write it: 25, 29.97."""
    return f"{float(fps):.3f}".rstrip("0").rstrip(".") if fps.denominator != 1 else str(fps)


def _wrong(value: object) -> TimelineError:
    shown = repr(value) if isinstance(value, str) else str(value)
    return TimelineError(
        f"{shown[:40]} is no number of frames a second.", f"Write one up to {FASTEST}, as 29.97."
    )


VERSION = 4
"""The newest version there is; a file with a higher one is refused. 2 brought easings by lane, 3 even
motion, 4 moving noise by another generator; a Timeline without them is still written as 1 or 2, so that
older programs read it."""

SPACES = ("w", "z")
MOST_FRAMES = 1_000_000
MOST_KEYFRAMES = 4096
LARGEST_TIMELINE = 64_000_000
"""Bytes of JSON; more is not read."""

MADE_WITH = "made_with"
"""In the file of a Timeline: the models it was made with. It plays with any, so it is no part of it."""

DEEPEST = 48
"""Lists and objects within each other, so that a Timeline fits into a film's note."""

_REMEDY = "Choose a film or .json saved by ganlab."


@dataclass(frozen=True, slots=True)
class Timeline:
    """Recipes at times, and everything else that decides which Recipe each frame of a film is.

    Attributes
    ----------
    keyframes
        At least one; kept in order of time, the last of those at one time wins.
    duration
        Seconds, above 0. In a loop every keyframe lies before it.
    loop
        Whether the last keyframe leads back to the first, so that the end meets the start.
    fps
        Frames a second, exact: 30000/1001 is 29.97.
    noise
        `"frozen"` (as the keyframes say), `"fresh"` (random noise, another seed each frame) or
        `"loop"` (random noise that goes round a circle through two seeds, `noise_turns` times). The
        latter two start from the first keyframe's seed, and leave noise alone that is off and layers
        with a noise of their own.
    noise_turns
        1 to 1000.
    noise_generator
        What draws the noise that moves, as `Noise.generator`; of a frozen one it says nothing.
    latent_space, mix_space
        Where latents, and the latents of mixes, blend: `"w"` or `"z"`. See `Latent.blend`.
    full_growth
        What a growth of None counts as between keyframes, log2 of the picture's side; None = 10.
    extra
        Fields this version does not know, as canonical JSON, kept so that saving loses nothing.
    """

    keyframes: tuple[Keyframe, ...] = (Keyframe(0.0),)
    duration: float = 4.0
    loop: bool = False
    fps: Fraction = Fraction(30)
    noise: str = "frozen"
    noise_turns: int = 1
    latent_space: str = "w"
    mix_space: str = "w"
    full_growth: float | None = None
    noise_generator: int = COUNTED_NOISE
    extra: str = "{}"

    def __post_init__(self) -> None:
        at = {keyframe.time: keyframe for keyframe in self.keyframes}
        object.__setattr__(self, "keyframes", tuple(at[time] for time in sorted(at)))
        object.__setattr__(self, "fps", read_fps(self.fps))
        check_range("A film's length in seconds", self.duration, 0.001, LONGEST)
        object.__setattr__(self, "duration", float(self.duration))
        check_choice("The noise of a film", self.noise, NOISES)
        check_choice("A space", self.latent_space, SPACES)
        check_choice("A space", self.mix_space, SPACES)
        check_range("The noise's turns", self.noise_turns, 1, 1000)
        check_range("The noise generator", self.noise_generator, TORCH_NOISE, COUNTED_NOISE)
        if self.noise == "frozen":
            object.__setattr__(self, "noise_generator", COUNTED_NOISE)
        if self.full_growth is not None:
            check_range("The full growth", self.full_growth, 2.0, 10.0)
            object.__setattr__(self, "full_growth", float(self.full_growth))
        self._check_keyframes()

    def _check_keyframes(self) -> None:
        if not 1 <= len(self.keyframes) <= MOST_KEYFRAMES:
            raise TimelineError(f"A film has from 1 to {MOST_KEYFRAMES} keyframes.")
        last = self.keyframes[-1].time
        if last > self.duration or (self.loop and last == self.duration):
            raise TimelineError(
                f"The last keyframe, at {last:g} s, lies beyond the film's end at"
                f" {self.duration:g} s.",
                "In a loop the end belongs to the first keyframe; make the film longer.",
            )
        if self.duration * self.fps > MOST_FRAMES:
            raise TimelineError(
                f"A film has at most {MOST_FRAMES} frames.", "Make it shorter, or choose fewer fps."
            )

    # --- frames ------------------------------------------------------------------------------------

    @property
    def frame_count(self) -> int:
        """How many frames the film has: the duration times fps, rounded; at least 1."""
        return max(1, math.floor(Fraction(self.duration) * self.fps + Fraction(1, 2)))

    def frame_time(self, frame: int) -> float:
        """When a frame is shown, in seconds: frame / fps."""
        return float(frame / self.fps)

    def frame_recipe(self, frame: int) -> Recipe:
        """The Recipe of a frame: `recipe_at(frame / fps)`."""
        return self.recipe_at(self.frame_time(frame))

    def recipe_at(self, time: float | Fraction) -> Recipe:
        """The Recipe at a time in seconds; a loop goes round, else the ends hold.

        At a keyframe's time it is that keyframe's own, but for the noise where that moves. Raises
        `TimelineError` for a time that is not finite.
        """
        moment = self._within(float(time))
        return self._with_noise(self._blended_at(moment), moment)

    def _blended_at(self, time: float) -> Recipe:
        """What the keyframes around a moment make of it, each lane by its easing."""
        index = bisect_right([keyframe.time for keyframe in self.keyframes], time) - 1
        near = [self._point(index + step) for step in (-1, 0, 1, 2)]
        _, start, end, _ = near
        if start is None or end is None:
            return self.keyframes[max(0, index)].recipe
        recipe = self._blended(near, time, start.easing)
        for easing in {easing for _, easing in start.lanes} - {start.easing}:
            other = self._blended(near, time, easing)
            fields = [name for lane, own in start.lanes if own == easing for name in LANES[lane]]
            recipe = replace(recipe, **{name: getattr(other, name) for name in fields})
        return recipe

    def _blended(self, near: Sequence[Point | None], time: float, easing: str) -> Recipe:
        """All lanes by one easing."""
        shares = [(point.recipe, share) for point, share in segment_shares(near, time, easing)]
        if len(shares) == 1:
            return shares[0][0]
        return blend_recipes(shares, self.latent_space, self.mix_space, self.full_growth)

    def _within(self, time: float) -> float:
        if not math.isfinite(time):
            raise TimelineError("A time of a film is a finite number of seconds.")
        if self.loop:
            return time % self.duration
        return min(self.duration, max(0.0, time))

    def _point(self, index: int) -> Point | None:
        """The keyframe of a number, in a loop that of an earlier or later round; None beyond the ends."""
        count = len(self.keyframes)
        rounds, own = divmod(index, count) if self.loop and count > 1 else (0, index)
        if not 0 <= own < count:
            return None
        key = self.keyframes[own]
        time = key.time + self.duration * rounds
        return Point(time, key.recipe, key.easing, key.lanes, key.arc)

    # --- even motion -------------------------------------------------------------------------------

    @property
    def unmeasured(self) -> tuple[int, ...]:
        """The keyframes that go on evenly to another one, but have no arc yet."""
        ways = range(len(self.keyframes) - (not self.loop or len(self.keyframes) == 1))
        return tuple(i for i in ways if self.keyframes[i].is_even and not self.keyframes[i].arc)

    def way_from(self, index: int, parts: int) -> list[Recipe]:
        """From a keyframe to the next one in so many even parts of the blend: parts + 1 Recipes.

        The pictures of these are what `arc_of` measures. All lanes go together; noise that the film
        moves does not count.
        """
        start = self.keyframes[index].recipe
        end = self.keyframes[(index + 1) % len(self.keyframes)].recipe
        shares = ([(start, 1.0 - part / parts), (end, part / parts)] for part in range(1, parts))
        spaces = (self.latent_space, self.mix_space)
        return [start, *(blend_recipes(two, *spaces, self.full_growth) for two in shares), end]

    def with_arcs(self, arcs: dict[int, tuple[float, ...]]) -> Timeline:
        """Give keyframes, by number, what was measured."""
        keys = (
            replace(key, arc=arcs[index]) if index in arcs else key
            for index, key in enumerate(self.keyframes)
        )
        return replace(self, keyframes=tuple(keys))

    def with_even_times(self) -> Timeline:
        """Move the keyframes so that the picture changes as fast all along, where all ways have arcs.

        The first keyframe, the length and the loop stay; a film of which a way is not even is left alone.
        """
        keys = self.keyframes
        ways = keys if self.loop else keys[:-1]
        if len(keys) < 2 or not all(key.easing == "even" and key.arc for key in ways):
            return self
        end = self.duration if self.loop else keys[-1].time
        first, whole = keys[0].time, sum(key.arc[-1] for key in ways)
        behind = accumulate((key.arc[-1] for key in ways), initial=0.0)
        times = [first + (end - first) * (length / whole) for length in behind]
        if not self.loop:
            times[-1] = end
        moved = (replace(key, time=time) for key, time in zip(keys, times, strict=False))
        return replace(self, keyframes=tuple(moved))

    def _with_noise(self, recipe: Recipe, time: float) -> Recipe:
        seed = self.keyframes[0].recipe.noise.seed
        if self.noise == "fresh":
            # a time that was frame / fps must find that frame again
            frame = math.floor(time * float(self.fps) + 1e-6)
            return with_fresh_noise(recipe, seed, frame, self.noise_generator)
        if self.noise == "loop":
            turn = (self.noise_turns * time / self.duration) % 1.0
            return with_turning_noise(recipe, seed, turn, self.noise_generator)
        return recipe

    # --- edits: each gives a new Timeline ------------------------------------------------------------

    def with_keyframe(self, keyframe: Keyframe) -> Timeline:
        """Add a keyframe, in place of one at the same time; the film grows to hold it."""
        rest = tuple(old for old in self.keyframes if old.time != keyframe.time)
        duration = self.duration
        if keyframe.time > duration or (self.loop and keyframe.time == duration):
            duration = keyframe.time + (1.0 if self.loop else 0.0)
        return self._with_keys((*rest, keyframe), duration)

    def without_keyframe(self, index: int) -> Timeline:
        """Take a keyframe out; raises `TimelineError` for the only one."""
        rest = self.keyframes[:index] + self.keyframes[index + 1 :]
        return self._with_keys(rest, self.duration)

    def _with_keys(self, keyframes: tuple[Keyframe, ...], duration: float) -> Timeline:
        """These keyframes; an arc is kept where it still leads from the same Recipe to the same."""
        line = replace(self, keyframes=keyframes, duration=duration)
        measured = {
            (key.arc, *ends) for key, ends in zip(self.keyframes, self._ends(), strict=True)
        }
        keys = (
            key if (key.arc, *ends) in measured else replace(key, arc=())
            for key, ends in zip(line.keyframes, line._ends(), strict=True)
        )
        return replace(line, keyframes=tuple(keys))

    def _ends(self) -> list[tuple[Recipe, Recipe]]:
        """The Recipes of each keyframe and of the next one, that after the last being the first."""
        recipes = [key.recipe for key in self.keyframes]
        return list(zip(recipes, [*recipes[1:], recipes[0]], strict=True))

    def with_keyframe_at(self, index: int, keyframe: Keyframe) -> Timeline:
        """Put a keyframe in place of the one of this number."""
        if len(self.keyframes) == 1:
            duration = max(self.duration, keyframe.time + (1.0 if self.loop else 0.0))
            return replace(self, keyframes=(keyframe,), duration=duration)
        return self.without_keyframe(index).with_keyframe(keyframe)

    def with_loop(self, *, on: bool) -> Timeline:
        """Close the loop or open it; a keyframe at the end makes room for the way back."""
        last = self.keyframes[-1].time
        if on and last >= self.duration:
            step = last / max(1, len(self.keyframes) - 1) or 1.0
            return replace(self, loop=True, duration=min(LONGEST, last + step))
        return replace(self, loop=on)

    def with_duration(self, seconds: float) -> Timeline:
        """Stretch or squeeze the film: every keyframe keeps its place relative to the whole."""
        check_range("A film's length in seconds", seconds, 0.001, LONGEST)
        factor = seconds / self.duration
        moved = tuple(
            replace(keyframe, time=min(seconds, keyframe.time * factor))
            for keyframe in self.keyframes
        )
        return replace(self, keyframes=moved, duration=seconds)

    def with_latents(self, latents: tuple[Latent, ...]) -> Timeline:
        """Give the keyframes these latents in turn, from the first again after the last."""
        moved = tuple(
            keyframe.with_recipe(replace(keyframe.recipe, latent=latents[i % len(latents)]))
            for i, keyframe in enumerate(self.keyframes)
        )
        return replace(self, keyframes=moved)

    # --- JSON --------------------------------------------------------------------------------------

    def to_json(self) -> str:
        """Canonical JSON, equal for equal Timelines; unknown fields that were read are written again."""
        counted = self.noise != "frozen" and self.noise_generator != TORCH_NOISE
        known: dict[str, Any] = {
            "ganlab_timeline": VERSION if counted else max(map(_version_of, self.keyframes)),
            "keyframes": [keyframe.to_dict() for keyframe in self.keyframes],
            "duration": self.duration,
            "loop": self.loop,
            "fps": fps_text(self.fps),
            "noise": self.noise,
            "noise_turns": self.noise_turns,
            "latent_space": self.latent_space,
            "mix_space": self.mix_space,
            "full_growth": self.full_growth,
            **({"noise_generator": self.noise_generator} if counted else {}),
        }
        return canonical_json({**json.loads(self.extra), **known})

    @staticmethod
    def from_json(text: str | bytes) -> Timeline:
        """Read what `to_json` wrote; raises `TimelineError` or `RecipeError`."""
        data = parse_json(text, "Timeline", TimelineError, _REMEDY, DEEPEST)
        fields = Fields("Timeline", data, TimelineError)
        version = fields.integer("ganlab_timeline", 0)
        if version < 1:
            raise _no_timeline()
        refuse_newer(version, VERSION, "This Timeline", TimelineError)
        fields.take(MADE_WITH, None)
        noise = fields.text("noise", "frozen")
        return Timeline(
            keyframes=fields.items("keyframes", Keyframe.from_dict, MOST_KEYFRAMES),
            duration=fields.number("duration", 4.0),
            loop=fields.flag("loop", default=False),
            fps=read_fps(fields.take("fps", "30")),
            noise=noise,
            noise_turns=fields.integer("noise_turns", 1),
            latent_space=fields.text("latent_space", "w"),
            mix_space=fields.text("mix_space", "w"),
            full_growth=fields.optional_number("full_growth"),
            noise_generator=read_generator(fields, "noise_generator", draws=noise != "frozen"),
            extra=canonical_json(fields.unknown()),
        )


def _version_of(key: Keyframe) -> int:
    """The oldest version that can say what a keyframe says."""
    if key.is_even or key.arc:
        return 3
    return 2 if key.lanes else 1


def _no_timeline() -> TimelineError:
    return TimelineError("This is not a ganlab Timeline.", _REMEDY)


# ------------------------------------------------------------------------------------------------
# Which lanes of a Timeline move.


def moving_lanes(timeline: Timeline) -> tuple[str, ...]:
    """The lanes in which any two keyframes differ, and noise where the film moves it."""
    recipes = [keyframe.recipe for keyframe in timeline.keyframes]
    return tuple(
        lane
        for lane, fields in LANES.items()
        if any(_part(recipe, fields) != _part(recipes[0], fields) for recipe in recipes)
        or (lane == "noise" and timeline.noise != "frozen")
    )


def _part(recipe: Recipe, fields: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(getattr(recipe, name) for name in fields)


PARTS = 48
"""Of the blend from a keyframe to the next one; one picture more is measured."""

MEASURED_SIDE = 64
"""Pixels of the pictures that are measured."""

LEAST = 0.01
"""What a part counts at least, of the mean of the parts, so that none is passed in no time."""


def difference_of(picture: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """The root of the mean squared difference of two pictures of one shape, in levels of 0 to 255."""
    off = picture.astype(np.float64) - other
    return float(np.sqrt(np.mean(off * off)))


def arc_of(pictures: Iterable[NDArray[np.uint8]]) -> tuple[float, ...]:
    """How much the picture has changed by each but the first, in thousandths of a level.

    The arc of a `Keyframe` for the pictures of `Timeline.way_from`. Pictures that are all alike have an
    even arc of length 0.002 a part.
    """
    steps = [difference_of(two, one) for one, two in pairwise(pictures)]
    least = max(0.002, LEAST * sum(steps) / max(1, len(steps)))
    return tuple(float(length) for length in np.cumsum([max(least, s) for s in steps]).round(3))


def measured(timeline: Timeline, picture: Callable[[Recipe], NDArray[np.uint8]]) -> Timeline:
    """The Timeline with an arc wherever it goes on evenly and has none yet.

    `picture` draws a Recipe, `MEASURED_SIDE` pixels wide and high; equal pictures give equal arcs.
    """
    ways = {index: timeline.way_from(index, PARTS) for index in timeline.unmeasured}
    return timeline.with_arcs({i: arc_of(map(picture, way)) for i, way in ways.items()})
