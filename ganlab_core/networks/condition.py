"""Condition: what a stage of the chain receives besides the features before it."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from ganlab_core.recipe import Extent


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """What one stage receives besides the features before it.

    Attributes
    ----------
    style
        (N, D): w (StyleGAN), the class embedding with a part of z (BigGAN), z with the labels (the
        first stage of ProGAN); None where the stage takes nothing of the kind.
    noise
        (1 or N, 1, r, r) already scaled by its strength, or None for no noise.
    truncation
        Which of the batch norm's statistics apply (BigGAN), 0 to 1; others leave it alone.
    attention
        Factor on the strength gamma of a self-attention stage; 1 = as trained.
    placement
        (3, 3), the inverse of how the picture is turned and shifted (StyleGAN3's input); None = not.
    extent
        How much larger than trained features are; None = as trained. Only prepared stages know it.
    across
        (K, D), the styles to the right of `style` at equal distances; None = it holds everywhere.
    """

    style: Tensor | None
    noise: Tensor | None
    truncation: float = 1.0
    attention: float = 1.0
    placement: Tensor | None = None
    extent: Extent | None = None
    across: Tensor | None = None


class WithoutAttention:
    """A stage chain that has no self-attention: asking for it is a mistake."""

    def attention(
        self, stage: int, features: Float[Tensor, "n c a b"]
    ) -> Float[Tensor, "n r*r r*r//4"]:
        """Raises `LookupError`."""
        raise LookupError(stage)

    def gamma(self, stage: int) -> float:
        """Raises `LookupError`."""
        raise LookupError(stage)
