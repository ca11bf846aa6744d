"""What a Timeline's lanes show, as plain numbers: a curve through the film, words at the keyframes."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ganlab.style import COLOUR
from ganlab_core.recipe import LANES, Classes, Recipe
from ganlab_core.recipe_kinds import FULLEST
from ganlab_core.timeline import Keyframe, Timeline
from ganlab_core.timeline_easing import Point, segment_shares
from ganlab_core.timeline_lanes import moving_lanes

SAMPLES = 240

TITLES = {
    "latent": "style",
    "psi": "psi",
    "mix": "mixing",
    "noise": "noise",
    "growth": "growth",
    "classes": "class",
    "pushes": "push",
    "gains": "maps",
}
COLOURS = {
    "latent": COLOUR.STYLE,
    "psi": COLOUR.TRUNCATION,
    "mix": COLOUR.STYLE,
    "noise": COLOUR.NOISE,
    "growth": COLOUR.GROWTH,
    "classes": COLOUR.CLASS,
    "pushes": COLOUR.STYLE,
    "gains": COLOUR.TEXT,
}
SPACE_WORDS = {
    "w": "blend in W, in a straight line (lerp): W is made straight by the mapping network"
    " (StyleGAN, Karras et al. 2019, sec. 4.1).",
    "z": "blend in Z, along the sphere on which the network was trained (slerp, White 2016).",
}
ABOUT = {
    "psi": "The truncation psi moves as a number.",
    "noise": "The noise's strength moves as a number; its seed and kind change at the keyframe.",
    "growth": "The growth moves evenly in log2 of the picture's side.",
    "classes": "The weights of the classes cross, so their embeddings blend in a straight line.",
    "pushes": "Each push along a direction grows and shrinks by its amount.",
    "gains": "The gains of feature maps and of attention move as numbers.",
}
NOISE_WORDS = {"fresh": "fresh each frame", "loop": "goes round"}


@dataclass(frozen=True, slots=True)
class LaneShown:
    """One lane.

    Attributes
    ----------
    name, title, colour
        As the core calls it, as the screen does, and in which colour.
    heights
        Heights from 0 to 1 at even steps from the film's start to its end.
    marks
        Pairs (seconds, words): what begins to be at a keyframe.
    about
        What blends where, as a sentence; empty where there is nothing to say.
    own
        Indices of the keyframes from which it goes on in a way of its own.
    """

    name: str
    title: str
    colour: str
    heights: tuple[float, ...]
    marks: tuple[tuple[float, str], ...]
    about: str = ""
    own: tuple[int, ...] = ()


def lanes_of(timeline: Timeline, classes: Sequence[str] = ()) -> list[LaneShown]:
    """The lanes of everything that moves; numbers as they are, choices as going to and fro."""
    moving = moving_lanes(timeline)
    if not moving:
        return []
    return [_lane(name, timeline, _ways(timeline, name), classes) for name in moving]


def _lane(
    name: str, timeline: Timeline, ways: list[list[tuple[int, float]]], classes: Sequence[str]
) -> LaneShown:
    recipes = [keyframe.recipe for keyframe in timeline.keyframes]
    values = [_NUMBERS[name](recipe) for recipe in recipes] if name in _NUMBERS else []
    if name == "growth":
        full = timeline.full_growth or FULLEST
        values = [full if recipe.growth is None else recipe.growth for recipe in recipes]
    if len(set(values)) < 2:  # what moves is no one number
        values = _to_and_fro([_part(recipe, name) for recipe in recipes])
    heights = _normal([sum(values[index] * share for index, share in way) for way in ways])
    marks = _marks(timeline.keyframes, name, classes)
    if name == "noise" and timeline.noise != "frozen":
        heights, marks = _noise(timeline), [(0.0, NOISE_WORDS[timeline.noise])]
    own = [i for i, key in enumerate(timeline.keyframes) if key.easing_of(name) != key.easing]
    return LaneShown(
        name, TITLES[name], COLOURS[name], tuple(heights), tuple(marks), _about(timeline, name),
        tuple(own),
    )  # fmt: skip


def _about(timeline: Timeline, lane: str) -> str:
    """Which space a lane blends in, and why that is right."""
    space = {"latent": timeline.latent_space, "mix": timeline.mix_space}.get(lane)
    if space is not None:
        what = "Latents" if lane == "latent" else "Latents of mixes"
        return f"{what} {SPACE_WORDS[space]}"
    return ABOUT[lane]


def _ways(timeline: Timeline, lane: str) -> list[list[tuple[int, float]]]:
    """At each sample, which keyframes count how much in a lane."""
    points = [Point(k.time, k.recipe, k.easing_of(lane)) for k in timeline.keyframes]
    count = len(points)
    times = [point.time for point in points]

    def around(index: int) -> Point | None:
        if timeline.loop and count > 1:
            point = points[index % count]
            shift = timeline.duration * (index // count)
            return Point(point.time + shift, point.recipe, point.easing)
        return points[index] if 0 <= index < count else None

    def way(time: float) -> list[tuple[int, float]]:
        at = bisect_right(times, time) - 1
        near = [around(at + step) for step in (-1, 0, 1, 2)]
        if near[1] is None or near[2] is None:
            return [(min(max(at, 0), count - 1), 1.0)]
        where = {
            id(point): (at + step) % count for point, step in zip(near, (-1, 0, 1, 2), strict=True)
        }
        shares = segment_shares(near, time, near[1].easing)
        return [(where[id(point)], share) for point, share in shares]

    end = math.nextafter(timeline.duration, 0.0)
    return [way(end * step / (SAMPLES - 1)) for step in range(SAMPLES)]


def _part(recipe: Recipe, lane: str) -> tuple[object, ...]:
    return tuple(getattr(recipe, field) for field in LANES[lane])


def _to_and_fro(parts: list[tuple[object, ...]]) -> list[float]:
    """0 and 1 by turns, another whenever the part is another: the height says only that it changes."""
    heights, height = [], 0.0
    for index, part in enumerate(parts):
        if index and part != parts[index - 1]:
            height = 1.0 - height
        heights.append(height)
    return heights


def _normal(values: list[float]) -> list[float]:
    low, high = min(values), max(values)
    return [0.5 if high == low else (value - low) / (high - low) for value in values]


def _noise(timeline: Timeline) -> list[float]:
    """A wave for noise that goes round, a saw for noise that is another each frame."""
    if timeline.noise == "fresh":
        return [float(step % 2) for step in range(SAMPLES)]
    turns = 2.0 * math.pi * timeline.noise_turns
    return [0.5 + 0.5 * math.sin(turns * step / (SAMPLES - 1)) for step in range(SAMPLES)]


def _marks(
    keyframes: Sequence[Keyframe], lane: str, classes: Sequence[str]
) -> list[tuple[float, str]]:
    found, before = [], ""
    for keyframe in keyframes:
        words = _words(keyframe.recipe, lane, classes)
        if words != before:
            found.append((keyframe.time, words))
        before = words
    return found


def _words(recipe: Recipe, lane: str, classes: Sequence[str]) -> str:
    match lane:
        case "latent":
            latent = recipe.latent
            return f"seed {latent.seed}" if latent.is_seed else "place"
        case "psi":
            return f"{recipe.psi:.2f}"
        case "noise":
            return recipe.noise.mode
        case "growth":
            return "full" if recipe.growth is None else f"{2**recipe.growth:.0f} px"
        case "classes":
            return _class_words(recipe.classes, classes)
        case _:
            return ""


def _class_words(mix: Classes, names: Sequence[str]) -> str:
    if not mix:
        return names[0] if names else "class 0"
    index = max(mix, key=lambda pair: pair[1])[0]
    name = names[index] if index < len(names) else f"class {index}"
    return name if len(mix) == 1 else f"{name} +{len(mix) - 1}"


_NUMBERS: dict[str, Callable[[Recipe], float]] = {
    "psi": lambda recipe: recipe.psi,
    "noise": lambda recipe: recipe.noise.strength,
}
