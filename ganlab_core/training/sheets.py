"""Sample sheets: the averaged generator's pictures from latents that stay fixed for the whole run."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ganlab_core.architectures import ARCHITECTURES
from ganlab_core.atomic import atomic_path
from ganlab_core.networks.layers import upscale
from ganlab_core.training.state import TrainState


@torch.no_grad()
def sheet(state: TrainState, growth: float) -> Tensor:
    """uint8 (rows * side, columns * side, 3), each picture at the final resolution, nearest up-scaled."""
    config, average = state.config, state.average
    images = state.players.show(average, config, growth)
    stages = ARCHITECTURES[config.architecture].stages(average)
    while images.shape[-1] < config.resolution:
        images = upscale(images)
    rows = [
        stages.to_uint8(part).permute(2, 0, 3, 1).flatten(1, 2)  # (side, columns * side, 3)
        for part in images.split(config.sheet_columns)
    ]
    return torch.cat(rows).cpu()


def save_sheet(pixels: Tensor, path: Path) -> None:
    """Write a sheet as PNG, whole or not at all."""
    with atomic_path(path) as temporary:
        Image.fromarray(pixels.numpy()).save(temporary, format="PNG")
