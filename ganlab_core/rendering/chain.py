"""A model's stages run under Recipes, and the pictures that can be read along the way."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.model import Model
from ganlab_core.networks.layers import split_growth
from ganlab_core.recipe import Gains, Recipe
from ganlab_core.rendering.conditions import Conditioner
from ganlab_core.rendering.pictures import Pictures
from ganlab_core.rendering.precision import arithmetic
from ganlab_core.rendering.stage_cache import StageCache
from ganlab_core.rendering.stage_inputs import StageInputs, stage_inputs


class Interrupted(Exception):
    """Somebody needs the device for something more urgent; what was reached so far is kept."""


class Chain:
    """The stages of one model with what they gave last; every tensor has a batch of 1.

    Parameters
    ----------
    model
        Run on the device it lies on.
    conditioner
        Turns what a stage should receive into tensors; chains of one model may share it.
    precision
        `"fp32"` or `"bf16"`, of the stages; pictures are always read in fp32.

    Attributes
    ----------
    go_on
        Asked before each stage; answering False raises `Interrupted`. None = nobody is asked.
    """

    def __init__(self, model: Model, conditioner: Conditioner, precision: str = "fp32") -> None:
        self._model = model
        self._conditioner = conditioner
        self._precision = precision
        self.go_on: Callable[[], bool] | None = None
        self._cache = StageCache()
        self._pictures = Pictures(model)

    def reach_stage(self, recipe: Recipe, stage: int) -> list[int]:
        """Make the stages up to and with `stage` hold for a Recipe; tells which had to be run."""
        inputs = stage_inputs(recipe, self._model.capabilities, stage + 1)
        return self._cache.reach(inputs, self._run_stage)

    def reach_level(self, recipe: Recipe, level: int) -> list[int]:
        """Make the stages up to 2^level px hold for a Recipe; tells which had to be run."""
        return self.reach_stage(recipe, self._last_stage(level))

    def features(self, stage: int) -> Tensor:
        """What a reached stage gave, (1, C, r, r)."""
        return self._cache.features(stage)

    def features_at(self, level: int) -> Tensor:
        """What the last stage at 2^level px gave, (1, C, r, r)."""
        return self.features(self._last_stage(level))

    def picture(self, level: int) -> Tensor:
        """The picture as the features at 2^level px know it, fp32 (1, 3, r, r)."""
        return self._pictures.picture(2**level, self.features_at(level))

    def can_read(self, level: int) -> bool:
        """Whether there is any read-out at 2^level px yet."""
        return self._pictures.can_read(2**level)

    def readout(self, level: int) -> str:
        """How `picture` reads at 2^level px: `"own"` or `"fitted"`."""
        return self._pictures.kind(2**level)

    def faded(self, growth: float) -> Tensor:
        """The picture at the growth's own resolution, (1, 3, r, r): lerp(up(old), new, alpha)."""
        level, alpha = split_growth(growth)
        image = self.picture(level)
        if alpha < 1.0:
            old = F.interpolate(self.picture(level - 1), scale_factor=2.0)
            image = old + (image - old) * alpha
        return image

    def forget(self) -> None:
        """Drop what the stages gave."""
        self._cache.forget()
        self._pictures.forget()

    def _last_stage(self, level: int) -> int:
        layers = self._model.capabilities.layers
        return max(layer.index for layer in layers if layer.resolution <= 2**level)

    def _run_stage(self, stage: int, features: Tensor | None, inputs: StageInputs) -> Tensor:
        if self.go_on is not None and not self.go_on():
            raise Interrupted
        condition = self._conditioner.condition(stage, inputs)
        with torch.inference_mode(), arithmetic(self._conditioner.device, self._precision):
            after = self._model.network.run_stage(stage, features, condition)
            return with_gains(after, inputs.gains)


def with_gains(features: Tensor, gains: Gains) -> Tensor:
    """Features (N, C, r, r) with single maps multiplied; maps that are not there are passed over."""
    inside = [(index, gain) for index, gain in gains if index < features.shape[1]]
    if not inside:
        return features
    factors = torch.ones(features.shape[1], dtype=features.dtype, device=features.device)
    for index, gain in inside:
        factors[index] = gain
    return features * factors[:, None, None]
