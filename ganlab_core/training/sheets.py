"""Sample sheets: the averaged generator's pictures from latents that stay fixed for the whole run."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ganlab_core.atomic import atomic_path
from ganlab_core.networks.growth import split_growth
from ganlab_core.networks.layers import upscale
from ganlab_core.networks.stylegan import Generator
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.randomness import seed_for


@torch.no_grad()
def sheet(average: Generator, config: TrainConfig, growth: float) -> Tensor:
    """uint8 (rows * side, columns * side, 3), each picture at the final resolution, nearest up-scaled."""
    count = config.sheet_rows * config.sheet_columns
    device = average.w_avg.device
    z = torch.randn(
        count, config.z_dim, generator=torch.Generator().manual_seed(seed_for(config.seed, "sheet"))
    ).to(device)
    w = average.mapping(z, fixed_labels(average, count))
    ws = torch.lerp(average.w_avg, w, config.sheet_psi)
    level, _ = split_growth(growth)
    layers = 2 * level - 2
    noises = [average.synthesis.stored_noise(index) for index in range(layers)]
    rows = []
    for part in ws.split(config.sheet_columns):
        image: Tensor = average.synthesis(part[:, None].expand(-1, layers, -1), noises, growth)
        while image.shape[-1] < config.resolution:
            image = upscale(image)
        pixels = (image * 127.5 + 128.0).clamp(0.0, 255.0).to(torch.uint8)
        rows.append(pixels.permute(2, 0, 3, 1).flatten(1, 2))  # (side, columns * side, 3)
    return torch.cat(rows).cpu()


def fixed_labels(average: Generator, count: int) -> Tensor | None:
    """One-hot classes in turn, (count, classes), or None for an unconditional network."""
    size = average.config.label_size
    if not size:
        return None
    return torch.eye(size, device=average.w_avg.device)[torch.arange(count) % size]


def save_sheet(pixels: Tensor, path: Path) -> None:
    """Write a sheet as PNG, whole or not at all."""
    with atomic_path(path) as temporary:
        Image.fromarray(pixels.numpy()).save(temporary, format="PNG")
