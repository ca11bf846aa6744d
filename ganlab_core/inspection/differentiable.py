"""The stage chain with gradients: from what the stages receive, as tensors, to features and pictures.

The renderer computes pictures and nothing else, so it may prepare a network however it likes. Whatever asks
how a picture would change (projection, dragging, the critic's eye) goes through the stages themselves, as
their papers write them, and nothing it does changes a weight.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from ganlab_core.models import Model
from ganlab_core.networks import Condition, split_growth
from ganlab_core.recipe import Extent, Gains, Recipe
from ganlab_core.rendering import (
    Conditioner,
    FeatureBender,
    StageInputs,
    reached_growth,
    stage_inputs,
)


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What one stage receives, each part a tensor that may ask for its gradient.

    Attributes
    ----------
    condition
        Style, noise and the rest.
    gains
        Factors on the first C feature maps after the stage, (N or 1, C); all others stay as they are.
    bend
        What bends the maps then, (N, C, r, r) to the same; None = nothing.
    """

    condition: Condition
    gains: Float[Tensor, "#n c"] | None = None
    bend: Callable[[Tensor], Tensor] | None = None


class DifferentiableChain:
    """The stages of one model, run so that gradients flow back to what they receive.

    Parameters
    ----------
    model
        Run on the device it lies on, in fp32, as far as its training has grown.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._level, self._alpha = split_growth(reached_growth(model))
        layers = model.capabilities.layers
        self.stages = 1 + max(one.index for one in layers if one.resolution <= 2**self._level)
        below = [one.index for one in layers if one.resolution < 2**self._level]
        self._before = max(below, default=-1)

    @property
    def device(self) -> torch.device:
        """Where the model lies."""
        return self._model.network.truncation_centre.device

    def given_by(self, recipe: Recipe) -> list[Given]:
        """What each stage receives under a Recipe, without gradients; raises `RenderError`."""
        recipe = replace(recipe, extent=Extent(), across=())  # gradients are of the trained picture
        inputs = stage_inputs(recipe, self._model.capabilities, self.stages)
        conditioner = Conditioner(self._model, self.device)
        with torch.no_grad():
            return [
                Given(
                    conditioner.condition(stage, one),
                    self._gains(one.gains),
                    self._bend(conditioner, stage, one),
                )
                for stage, one in enumerate(inputs)
            ]

    def features(
        self,
        given: Sequence[Given],
        stop: int,
        start: int = 0,
        before: Float[Tensor, "n i _ _"] | None = None,
    ) -> Float[Tensor, "n c r r"]:
        """The features after stage `stop` - 1, from those `before` stage `start`: (N, C, r, r)."""
        x = before
        for stage in range(start, stop):
            one = given[stage]
            x = self._model.network.run_stage(stage, x, one.condition)
            x = x if one.gains is None else _with_gains(x, one.gains)
            x = x if one.bend is None else one.bend(x)
        assert x is not None
        return x

    def picture(
        self,
        given: Sequence[Given],
        start: int = 0,
        before: Float[Tensor, "n i _ _"] | None = None,
    ) -> Float[Tensor, "n 3 r r"]:
        """The picture at the resolution reached, (N, 3, r, r), about -1 to 1 and not clipped.

        `before` are the features before stage `start`, where those are known already.
        """
        halfway = max(start, self._before + 1)
        x = self.features(given, halfway, start, before) if halfway > start else before
        old = x
        x = self.features(given, self.stages, halfway, x)
        image = self._model.network.to_rgb(2**self._level, x)
        if self._alpha < 1.0 and old is not None:
            smaller = self._model.network.to_rgb(2 ** (self._level - 1), old)
            doubled = F.interpolate(smaller, scale_factor=2.0)
            image = doubled + (image - doubled) * self._alpha
        return image

    @property
    def side(self) -> int:
        """Side of `picture`, in pixels."""
        return 1 << self._level

    def _bend(
        self, conditioner: Conditioner, stage: int, inputs: StageInputs
    ) -> Callable[[Tensor], Tensor] | None:
        """The stage's bends; what freezes hold is found once, and asks for no gradient."""
        if not inputs.bends:
            return None
        bender = FeatureBender(conditioner)
        frozen = [self._plain_features(conditioner, own) if own else None for own in inputs.frozen]

        def bent(x: Tensor) -> Tensor:
            for bend, held in zip(inputs.bends, frozen, strict=True):
                x = bender.bent_once(stage, x, bend, held)
            return x

        return bent

    def _plain_features(self, conditioner: Conditioner, inputs: Sequence[StageInputs]) -> Tensor:
        given = [
            Given(conditioner.condition(stage, one), self._gains(one.gains))
            for stage, one in enumerate(inputs)
        ]
        return self.features(given, len(given))

    def _gains(self, gains: Gains) -> Float[Tensor, "1 c"] | None:
        if not gains:
            return None
        factors = torch.ones(1, 1 + max(index for index, _ in gains), device=self.device)
        for index, gain in gains:
            factors[0, index] = gain
        return factors


def _with_gains(
    x: Float[Tensor, "n c r r"], gains: Float[Tensor, "#n g"]
) -> Float[Tensor, "n c r r"]:
    count = min(gains.shape[1], x.shape[1])
    factors = F.pad(gains[:, :count], (0, x.shape[1] - count), value=1.0)
    return x * factors[:, :, None, None]
