"""From a moment between keyframes to the weights of the Recipes around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ganlab_core.recipe import Recipe

EASINGS = ("linear", "smooth", "hold", "spline")

LaneEasings = tuple[tuple[str, str], ...]
"""Pairs (lane, easing), each lane at most once, in the order of `LANES`."""


@dataclass(frozen=True, slots=True)
class Point:
    """A keyframe as it lies on an endless line of time.

    Attributes
    ----------
    time
        Seconds; below 0 or beyond the end for another round of a loop.
    recipe, easing, lanes
        The keyframe's own.
    """

    time: float
    recipe: Recipe
    easing: str
    lanes: LaneEasings = ()


def easing_of(easing: str, lanes: LaneEasings, lane: str) -> str:
    """How a lane goes on: its own way, else the keyframe's."""
    return dict(lanes).get(lane, easing)


def eased(easing: str, u: float) -> float:
    """How far the way is done, 0 to 1, when the part u of the time has passed (splines: the time)."""
    if easing == "hold":
        return 0.0 if u < 1.0 else 1.0
    return u * u * (3.0 - 2.0 * u) if easing == "smooth" else u


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
    way = eased(easing, u)
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
