"""What several players have in common: the latents of the sheets, generators that can be cut."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import torch
from torch import Tensor

from ganlab_core.training.config import TrainConfig
from ganlab_core.training.randomness import seed_for


def fixed_latents(config: TrainConfig, z_dim: int, device: torch.device) -> Tensor:
    """The z of a run's sample sheets, (rows * columns, z_dim)."""
    count = config.sheet_rows * config.sheet_columns
    random = torch.Generator().manual_seed(seed_for(config.seed, "sheet"))
    return torch.randn(count, z_dim, generator=random).to(device)


def fixed_labels(average: Any, count: int) -> Tensor | None:
    """One-hot classes in turn, (count, classes), or None for an unconditional network."""
    size = average.config.label_size
    if not size:
        return None
    return torch.eye(size, device=next(average.parameters()).device)[torch.arange(count) % size]


def cut_generator(average: Any, level: int) -> Any:
    """A copy of a growing generator on the CPU that ends at 2^level px."""
    config = dataclasses.replace(average.config, resolution=2**level)
    whole = copy.deepcopy(average).cpu().state_dict()
    with torch.device("meta"):
        generator = type(average)(config)
    kept = {name: whole[name].clone() for name in generator.state_dict()}
    generator.load_state_dict(kept, assign=True)
    return generator.requires_grad_(requires_grad=False)
