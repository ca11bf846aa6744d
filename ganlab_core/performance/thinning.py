"""From what was on the desk frame by frame to the keyframes that are needed, with the error stated.

Between two keyframes each lane of the film holds or goes along a straight line. A lane that did neither
gets a keyframe between. So a Timeline says what was played with few keyframes, and is edited as any other.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganlab_core.errors import PerformanceError
from ganlab_core.recipe import LANES, Capabilities, Recipe
from ganlab_core.timeline import Keyframe, Timeline

GOOD_TOLERANCE = 0.004
"""Of any number of a Recipe: psi 0.7 may come back as 0.704."""

MOST_KEPT = 4000
"""Keyframes, of 4096 that a film may have."""

LONGEST_SEGMENT = 300
"""Frames between two keyframes."""

OFF_CIRCLE = 0.06
"""How far a blend in Z is from going evenly, as a part of its way: its two keyframes weigh cos and sin."""

PLAIN = Recipe()
"""Has what a Recipe's JSON may leave out."""

Numbers = NDArray[np.float64]
Lane = tuple[object, Numbers]
"""What does not blend, as a value to compare, and the numbers that do."""


@dataclass(frozen=True, slots=True)
class Thinned:
    """A Timeline, and how far it is from what was played.

    Attributes
    ----------
    timeline
        Of which frame k is the Recipe at k / fps.
    error
        The most that any number of any frame's Recipe differs from the one played; 0 = none does.
    kept, frames
        Keyframes, and the frames they say.
    """

    timeline: Timeline
    error: float
    kept: int
    frames: int

    @property
    def sentence(self) -> str:
        """How well it was kept, for people."""
        exact = (
            "exactly as played"
            if self.error == 0.0
            else f"within {self.error:.2g} of what was played"
        )
        return f"{self.kept} keyframes for {self.frames} frames, every number {exact}."


def thinned(
    recipes: Sequence[Recipe],
    fps: Fraction,
    can: Capabilities,
    tolerance: float = GOOD_TOLERANCE,
) -> Thinned:
    """The Timeline of frames; numbers differ by at most `tolerance`, with 0 nothing does.

    Where more keyframes would be needed than a film may have, the tolerance grows until they suffice;
    `Thinned.error` says what came of it. Raises `PerformanceError` for no frame at all.
    """
    if not recipes:
        raise PerformanceError("Nothing was played.", "Record something first.")
    lanes = _Lanes(recipes)
    wanted = max(0.0, tolerance)
    while True:
        kept = list(lanes.keyframes(wanted))
        if len(kept) <= MOST_KEPT:
            break
        wanted = max(4.0 * wanted, 1e-4)
        if wanted > 100.0:
            raise PerformanceError(
                f"More was chosen anew than a film's {MOST_KEPT} keyframes can hold.",
                "Choose fewer frames a second, or a shorter part.",
            )
    space = "w" if can.has_w else "z"
    keyframes = tuple(
        Keyframe(
            float(frame / fps), recipes[frame], "linear", tuple((lane, "hold") for lane in held)
        )
        for frame, held in kept
    )
    timeline = Timeline(
        keyframes, float(len(recipes) / fps), False, fps,
        latent_space=space, mix_space=space, full_growth=float(can.full_growth),
    )  # fmt: skip
    return Thinned(timeline, lanes.error(kept, timeline), len(kept), len(recipes))


class _Lanes:
    """The frames lane by lane; a lane that stays as it is from frame to frame is one object."""

    def __init__(self, recipes: Sequence[Recipe]) -> None:
        self._count = len(recipes)
        known: dict[tuple[str, tuple[object, ...]], Lane] = {}
        self._lanes: dict[str, list[Lane]] = {lane: [] for lane in LANES}
        for recipe in recipes:
            keys = [(lane, tuple(getattr(recipe, name) for name in LANES[lane])) for lane in LANES]
            if any(key not in known for key in keys):
                found = _lanes_of(recipe)
                for key in keys:
                    known.setdefault(key, found[key[0]])
            for key in keys:
                self._lanes[key[0]].append(known[key])
        self._still = tuple(
            lane for lane, own in self._lanes.items() if all(one is own[0] for one in own)
        )

    def keyframes(self, tolerance: float) -> list[tuple[int, tuple[str, ...]]]:
        """Pairs (frame, lanes that hold from there), as far apart as the tolerance allows."""
        found = []
        frame = 0
        while frame < self._count - 1:
            segments = {
                lane: _Stretch(own, frame, tolerance)
                for lane, own in self._lanes.items()
                if lane not in self._still
            }
            following, held = self._reach(frame, segments)
            found.append((frame, (*self._still, *held)))
            frame = following
        return [*found, (self._count - 1, ())]

    def _reach(self, start: int, segments: dict[str, _Stretch]) -> tuple[int, tuple[str, ...]]:
        """The farthest frame that every lane reaches from `start`, and which lanes hold until then."""
        reached = start + 1
        held = tuple(lane for lane, segment in segments.items() if not segment.reaches(reached))
        last = min(self._count - 1, start + LONGEST_SEGMENT)
        for frame in range(start + 1, last + 1):
            if frame > reached and all(own.ends_at(frame) for own in segments.values()):
                reached = frame
                held = tuple(lane for lane, segment in segments.items() if segment.holds())
            if not all([segment.pass_over(frame) for segment in segments.values()]):
                break
        return reached, held

    def error(self, kept: Sequence[tuple[int, tuple[str, ...]]], timeline: Timeline) -> float:
        """The most that any number differs."""
        worst = 0.0
        for (start, held), (end, _) in zip(kept, kept[1:], strict=False):
            for lane in set(LANES) - set(held):
                own = self._lanes[lane][start : end + 1]
                if any(number.turns for number in _moves_of(own[0][0])):
                    worst = max(worst, _off_film(own, lane, start, timeline))
                else:
                    worst = max(worst, _off_line([numbers for _, numbers in own]))
        return worst


def _off_film(own: Sequence[Lane], lane: str, start: int, timeline: Timeline) -> float:
    """The most that a number of the film's Recipes differs from those played."""
    found = 0.0
    for step, (shape, numbers) in enumerate(own[1:-1], 1):
        told = _lanes_of(timeline.frame_recipe(start + step))[lane]
        same = told[0] == shape and len(numbers) > 0
        found = max(found, float(np.abs(told[1] - numbers).max()) if same else 0.0)
    return found


def _off_line(numbers: list[Numbers]) -> float:
    if len(numbers) < 3 or len({len(own) for own in numbers}) > 1 or not len(numbers[0]):
        return 0.0
    values = np.stack(numbers)
    way = np.linspace(0.0, 1.0, len(values))[:, None]
    return float(np.abs(values - (values[0] + way * (values[-1] - values[0]))).max())


class _Stretch:
    """One lane from a keyframe on: whether it holds, and which slopes of a line are still allowed.

    A line from the keyframe passes each frame between within the tolerance, so each frame narrows the
    slopes that it may have (the swinging door of process historians).
    """

    def __init__(self, lane: Sequence[Lane], start: int, tolerance: float) -> None:
        self._lane = lane
        self._start = start
        self._tolerance = tolerance
        self._shape, self._numbers = lane[start]
        moves = _moves_of(self._shape)
        self._rounds = [
            place for place, number in enumerate(moves) if number.name.endswith(".turn")
        ]
        self._circle = [place for place, number in enumerate(moves) if number.turns]
        if self._circle:
            self._tolerance = 0.5 * tolerance
        self._steady = self._straight = True
        self._low = np.full(len(self._numbers), -np.inf)
        self._high = np.full(len(self._numbers), np.inf)

    def holds(self) -> bool:
        """Whether nothing has moved in the frames passed over, so that the next may be another."""
        return self._steady

    def ends_at(self, frame: int) -> bool:
        """Whether the next keyframe may be this frame."""
        return self._steady or self.reaches(frame)

    def reaches(self, frame: int) -> bool:
        """Whether a line may end at this frame."""
        if not self._straight or not self._follows(frame):
            return False
        slope = self._slope(frame)
        way = np.abs(slope[self._circle]).sum() * (frame - self._start)
        if frame > self._start + 1 and OFF_CIRCLE * way > self._tolerance:
            return False
        return bool((slope >= self._low).all() and (slope <= self._high).all())

    def pass_over(self, frame: int) -> bool:
        """Let the frame lie between the keyframe and its successor; False when none is possible."""
        self._steady = self._steady and self._is_start(frame)
        self._straight = self._straight and self._tolerance > 0.0 and self._follows(frame)
        if self._straight:
            steps = frame - self._start
            slope = self._slope(frame)
            self._low = np.maximum(self._low, slope - self._tolerance / steps)
            self._high = np.minimum(self._high, slope + self._tolerance / steps)
            self._straight = bool((self._low <= self._high).all())
        return self._steady or self._straight

    def _slope(self, frame: int) -> Numbers:
        slope: Numbers = (self._lane[frame][1] - self._numbers) / (frame - self._start)
        return slope

    def _is_start(self, frame: int) -> bool:
        own, start = self._lane[frame], self._lane[self._start]
        return own is start or (own[0] == start[0] and np.array_equal(own[1], start[1]))

    def _follows(self, frame: int) -> bool:
        """Whether the frame is of the same shape, and no turn has gone past its end."""
        shape, numbers = self._lane[frame]
        if shape != self._shape:
            return False
        before = self._lane[frame - 1][1]
        return all(abs(float(numbers[place] - before[place])) <= 0.5 for place in self._rounds)


# --- Recipes as shapes and numbers -------------------------------------------------------------------


def _lanes_of(recipe: Recipe) -> dict[str, Lane]:
    fields = json.loads(recipe.to_json())
    found: dict[str, Lane] = {}
    for lane, names in LANES.items():
        numbers: list[float] = []
        own = {name: fields.get(name, getattr(PLAIN, name)) for name in names}
        shape = tuple(_shape(name, value, numbers) for name, value in own.items())
        found[lane] = (shape, np.array(numbers))
    return found


@dataclass(frozen=True, slots=True)
class _Moves:
    """In a shape, the place of a number that blends; weights in Z do so along a circle."""

    name: str
    turns: bool = False


def _shape(name: str, value: Any, numbers: list[float]) -> object:
    """What does not blend of a JSON value; its numbers that do are put at the end of `numbers`.

    Whole numbers are choices. A vector of Z does not go along a line, so it does not blend.
    """
    if isinstance(value, dict) and "blend" in value:
        return _blend_shape(value, numbers)
    if isinstance(value, dict):
        if value.get("space") == "z" and "vector" in value:
            return json.dumps(value)
        return tuple(
            (key, _shape(f"{name}.{key}", own, numbers)) for key, own in sorted(value.items())
        )
    if isinstance(value, list):
        return tuple(_shape(name, own, numbers) for own in value)
    if isinstance(value, float):
        numbers.append(value)
        return _Moves(name)
    return value


def _blend_shape(value: dict[str, Any], numbers: list[float]) -> object:
    """A blend's parts and their weights, as they are drawn; its own seed means nothing."""
    parts = sorted((json.dumps(part["latent"]), part["weight"]) for part in value["blend"])
    turns = value["space"] == "z"
    length = math.sqrt(sum(weight**2 for _, weight in parts)) if turns else 1.0
    numbers += [weight / length for _, weight in parts]
    latents = tuple((latent, _Moves("weight", turns)) for latent, _ in parts)
    return (value["space"], latents)


def _moves_of(shape: object) -> list[_Moves]:
    """The numbers of a shape, in their order."""
    if isinstance(shape, _Moves):
        return [shape]
    if isinstance(shape, tuple):
        return [number for own in shape for number in _moves_of(own)]
    return []
