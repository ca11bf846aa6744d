"""A keyframe of a Timeline, and what its values may be."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ganlab_core.errors import TimelineError
from ganlab_core.reading import Fields, canonical_json
from ganlab_core.recipe import LANES, Recipe
from ganlab_core.timeline_easing import EASINGS, LaneEasings, easing_of

LONGEST = 86_400.0
"""Seconds."""


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
        How to go on to the next keyframe: `"linear"`, `"smooth"` (starts and ends slowly), `"hold"`
        (stay until then) or `"spline"` (one curve through the neighbours, Catmull and Rom 1974).
    lanes
        Pairs (lane, easing) of `LANES` and `EASINGS` for lanes that go on in a way of their own; kept
        in the order of `LANES`, the last of those of one lane wins.
    extra
        Fields this version does not know, as canonical JSON.
    """

    time: float
    recipe: Recipe = Recipe()
    easing: str = "smooth"
    lanes: LaneEasings = ()
    extra: str = "{}"

    def __post_init__(self) -> None:
        check_range("A keyframe's time", self.time, 0.0, LONGEST)
        object.__setattr__(self, "time", float(self.time))
        check_choice("An easing", self.easing, EASINGS)
        for lane, easing in self.lanes:
            check_choice("A lane", lane, tuple(LANES))
            check_choice("An easing", easing, EASINGS)
        own = dict(self.lanes)
        object.__setattr__(self, "lanes", tuple((k, own[k]) for k in LANES if k in own))

    def easing_of(self, lane: str) -> str:
        """How a lane goes on to the next keyframe."""
        return easing_of(self.easing, self.lanes, lane)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        known = {
            "time": self.time,
            "recipe": json.loads(self.recipe.to_json()),
            "easing": self.easing,
        }
        lanes = {"lanes": dict(self.lanes)} if self.lanes else {}
        return {**json.loads(self.extra), **known, **lanes}

    @staticmethod
    def from_dict(data: object) -> Keyframe:
        """The inverse of `to_dict`; raises `TimelineError`, or `RecipeError` for its Recipe."""
        fields = Fields("keyframe", data, TimelineError)
        return Keyframe(
            fields.number("time", 0.0),
            Recipe.from_json(json.dumps(fields.take("recipe", None))),
            fields.text("easing", "smooth"),
            _lanes(fields.take("lanes", {})),
            canonical_json(fields.unknown()),
        )


def _lanes(data: object) -> LaneEasings:
    fields = Fields("keyframe's lanes", data, TimelineError)
    own = tuple((lane, fields.text(lane, "")) for lane in LANES if lane in fields.unknown())
    fields.refuse_unknown()
    return own


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raise `TimelineError` unless `value` lies within [low, high]."""
    if not low <= value <= high:  # NaN is not either
        raise TimelineError(f"{name} must be from {low:g} to {high:g}.")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise `TimelineError` unless `value` is one of `choices`."""
    if value not in choices:
        raise TimelineError(f"{name} is one of {', '.join(choices)}, not {value[:40]!r}.")
