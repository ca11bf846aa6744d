"""A block that is being faded in, taken apart (Karras et al. 2018, fig. 2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class FadeParts:
    """What goes into a picture on its way from one resolution to the next, all uint8 (r, r, 3).

    Attributes
    ----------
    resolution, alpha
        The newest block in pixels, and how far it is faded in.
    old, new
        The picture of the block before, its pixels doubled; the picture of the newest block.
    blend
        (1 - alpha) old + alpha new: what is shown.
    difference
        |new - old|: what the newest block adds.
    """

    resolution: int
    alpha: float
    old: Pixels
    new: Pixels
    blend: Pixels
    difference: Pixels


def difference(new: Pixels, old: Pixels) -> Pixels:
    """|new - old| of two pictures, uint8."""
    return np.abs(new.astype(np.int16) - old.astype(np.int16)).astype(np.uint8)
