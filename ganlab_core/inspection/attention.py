"""Where self-attention looks (Zhang et al. 2019, SAGAN, fig. 5)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from ganlab_core.errors import RenderError
from ganlab_core.model import Model
from ganlab_core.recipe import Recipe
from ganlab_core.rendering.renderer import Renderer


def attention_stages(model: Model) -> tuple[int, ...]:
    """The stages of self-attention, coarsest first; empty where there are none."""
    return tuple(layer.index for layer in model.capabilities.layers if layer.attention)


@torch.inference_mode()
def attention_map(renderer: Renderer, recipe: Recipe, stage: int) -> NDArray[np.float32]:
    """How much each position attends to each: (r, r, r/2, r/2), summing to 1 over the last two.

    The keys are max-pooled 2x2, hence half the side. Raises `RenderError` for other stages.
    """
    model = renderer.model
    if stage not in attention_stages(model):
        raise RenderError(f"Stage {stage} of this model is no self-attention.")
    features = torch.from_numpy(renderer.features(recipe, stage - 1))[None]
    table = model.network.attention(stage, features.to(model.network.truncation_centre.device))[0]
    side = features.shape[-1]
    array: NDArray[np.float32] = table.float().cpu().numpy()
    return array.reshape(side, side, side // 2, side // 2)


def attention_gamma(model: Model, stage: int) -> float:
    """The trained strength gamma of a self-attention stage (SAGAN, eq. 3); raises `RenderError`."""
    if stage not in attention_stages(model):
        raise RenderError(f"Stage {stage} of this model is no self-attention.")
    return model.network.gamma(stage)
