"""Condition: what a stage of the chain receives besides the features before it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """What one stage receives besides the features before it.

    Attributes
    ----------
    style
        (N, w_dim), or None where the architecture has no styles.
    noise
        (1 or N, 1, r, r) already scaled by its strength, or None for no noise.
    """

    style: Tensor | None
    noise: Tensor | None
