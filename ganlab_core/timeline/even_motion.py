"""Even motion: how long the way between keyframes is, measured on small pictures.

Latents move evenly while pictures do not: a face may turn within a tenth of the way. A curve that is
taken by its arc length passes equal lengths in equal times; length here is what the eye is shown, the
difference of one picture from the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ganlab_core.recipe import Recipe
from ganlab_core.timeline.timeline import Timeline

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
