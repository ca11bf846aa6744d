"""The Frame: one rendered picture and what it took, as plain data that a window can show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganlab_core.recipe import Recipe


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """The picture as one scale of the network knows it.

    Attributes
    ----------
    pixels
        uint8, (r, r, 3).
    readout
        How it was read: `"fitted"` (linear read-out fitted to the final picture), `"phase"` (the
        network's own, kept from the end of that resolution's phase) or `"own"` (the network's
        current toRGB, stale at every resolution but the last).
    """

    pixels: NDArray[np.uint8]
    readout: str


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One rendered picture.

    Attributes
    ----------
    recipe
        What was rendered.
    pixels
        uint8, (resolution, resolution, 3), sRGB.
    previews
        Resolution in pixels -> `Preview`; empty when not asked for.
    stages_run, stages_total
        Names of the stages that had to be computed anew, in order; how many there are.
    milliseconds
        Wall time of the rendering.
    device, precision
        Where and how it was computed: `"cpu"`, `"fp32"`.
    fingerprint
        The model's fingerprint.
    """

    recipe: Recipe
    pixels: NDArray[np.uint8]
    previews: dict[int, Preview]
    stages_run: tuple[str, ...]
    stages_total: int
    milliseconds: float
    device: str
    precision: str
    fingerprint: str
