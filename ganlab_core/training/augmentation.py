"""Differentiable augmentation for small sets (Zhao et al. 2020, "DiffAugment").

Applied alike to real and fake pictures in front of D; gradients pass through to G.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.training.distributed import StepRandom


def augment(images: Tensor, policy: str, random: StepRandom) -> Tensor:
    """Augment (N, 3, r, r) in -1..1 by a comma-separated policy of color, translation, cutout."""
    words = [word.strip() for word in policy.split(",")]
    if "color" in words:
        images = _color(images, random)
    if "translation" in words:
        images = _translation(images, random)
    if "cutout" in words:
        images = _cutout(images, random)
    return images


def _color(images: Tensor, random: StepRandom) -> Tensor:
    """Brightness by up to half the range, saturation 0 to 2, contrast 0.5 to 1.5."""
    n = images.shape[0]
    images = images + (random.uniform(n, 1, 1, 1) - 0.5)
    grey = images.mean(dim=1, keepdim=True)
    images = grey + (images - grey) * (2.0 * random.uniform(n, 1, 1, 1))
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (images - mean) * (0.5 + random.uniform(n, 1, 1, 1))


def _translation(images: Tensor, random: StepRandom) -> Tensor:
    """Shift by up to an eighth of the side, zeros (mid grey) moving in."""
    n, _, side, _ = images.shape
    reach = max(1, side // 8)
    shift = (random.uniform(n, 2) * (2 * reach + 1)).long().clamp(max=2 * reach)
    padded = F.pad(images, (reach, reach, reach, reach))
    steps = torch.arange(side, device=images.device)
    rows = (shift[:, 0, None] + steps)[:, None, :, None]
    columns = (shift[:, 1, None] + steps)[:, None, None, :]
    batch = torch.arange(n, device=images.device)[:, None, None, None]
    channels = torch.arange(images.shape[1], device=images.device)[None, :, None, None]
    return padded[batch, channels, rows, columns]


def _cutout(images: Tensor, random: StepRandom) -> Tensor:
    """Blank a square of half the side, centred anywhere."""
    n, _, side, _ = images.shape
    centre = random.uniform(n, 2) * side
    steps = torch.arange(side, device=images.device) + 0.5
    rows = (steps - centre[:, 0, None]).abs() < side / 4
    columns = (steps - centre[:, 1, None]).abs() < side / 4
    hole = (rows[:, :, None] & columns[:, None, :])[:, None]
    return images * (~hole).to(images.dtype)
