"""The figures of `ganlab evaluate`: every measure of a model, next to the same between real halves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganlab_core.evaluation.kid import kernel_distance
from ganlab_core.evaluation.sliced_wasserstein import sliced_wasserstein
from ganlab_core.evaluation.variety import diversity, memorising

Uint8 = NDArray[np.uint8]
Features = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a model, and the same of real pictures against other real ones."""

    model: float
    real: float


def pixel_measures(real: Uint8, fake: Uint8, other: Uint8) -> dict[str, Measure]:
    """Sliced Wasserstein distance x 1000 at each scale (Karras et al. 2018, sec. 5): `swd_<side>`."""
    ours, theirs = sliced_wasserstein(real, fake), sliced_wasserstein(real, other)
    return {f"swd_{side}": Measure(value, theirs[side]) for side, value in ours.items()}


def feature_measures(real: Features, fake: Features, other: Features) -> dict[str, Measure]:
    """Kernel distance, diversity, and distance to the nearest real picture, by features (N, d).

    `kid` is lower when better; `diversity` should be near that of the real pictures; `memorising` is
    1 for real pictures by definition, and far below it where samples repeat `real`.
    """
    return {
        "kid": Measure(kernel_distance(real, fake), kernel_distance(real, other)),
        "diversity": Measure(diversity(fake), diversity(other)),
        "memorising": Measure(memorising(fake, real, other), 1.0),
    }
