"""What can be asked about the inside of a model, as plain values that two threads can share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from ganlab_core.recipe import Recipe

PSIS = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 1.0, 1.2)
"""Where the strip over the truncation psi is drawn."""

PARTS = ("noise", "style")
"""What can be left out of a layer."""


@dataclass(frozen=True, slots=True)
class FindDirections:
    """Search directions of the latent space.

    Attributes
    ----------
    kind
        `"components"` (PCA; GANSpace) or `"factors"` (closed form; SeFa).
    first, last
        The styles whose weights the factors explain, both included.
    """

    quick: ClassVar[bool] = False
    kind: str
    first: int = 0
    last: int = 64


@dataclass(frozen=True, slots=True)
class SeeMaps:
    """The feature maps after a stage; `large` is the map wanted at its full size, None for none."""

    quick: ClassVar[bool] = True
    recipe: Recipe
    stage: int
    large: int | None = None


@dataclass(frozen=True, slots=True)
class MeasureEffects:
    """How much the picture changes without each of the feature maps after a stage."""

    quick: ClassVar[bool] = False
    recipe: Recipe
    stage: int


@dataclass(frozen=True, slots=True)
class SeeAttention:
    """Where one position of a self-attention stage looks; `row` and `column` are shares, 0 to 1."""

    quick: ClassVar[bool] = True
    recipe: Recipe
    stage: int
    row: float
    column: float


@dataclass(frozen=True, slots=True)
class CompareNoise:
    """The picture with and without noise, and how it varies over `draws` of the noise."""

    quick: ClassVar[bool] = False
    recipe: Recipe
    draws: int = 16


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """What the picture loses without the noise, or the style, of each layer in turn."""

    quick: ClassVar[bool] = False
    recipe: Recipe
    part: str = "noise"


@dataclass(frozen=True, slots=True)
class TryPsis:
    """The picture over the truncation psi."""

    quick: ClassVar[bool] = False
    recipe: Recipe
    psis: tuple[float, ...] = PSIS


@dataclass(frozen=True, slots=True)
class SeeSpectrum:
    """The power of the picture's frequencies, or with a `stage` of its feature maps' on average."""

    quick: ClassVar[bool] = True
    recipe: Recipe
    stage: int | None = None


@dataclass(frozen=True, slots=True)
class MapNetwork:
    """Shape, type, time and weights of every stage."""

    quick: ClassVar[bool] = False
    recipe: Recipe


Question = (
    FindDirections
    | SeeMaps
    | MeasureEffects
    | SeeAttention
    | CompareNoise
    | LeaveOut
    | TryPsis
    | SeeSpectrum
    | MapNetwork
)


def without_gains(recipe: Recipe, stage: int) -> Recipe:
    """The Recipe with the feature maps after one stage as the network makes them."""
    return replace(recipe, gains=tuple(pair for pair in recipe.gains if pair[0] != stage))
