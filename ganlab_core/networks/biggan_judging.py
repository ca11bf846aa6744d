"""What the discriminators of BigGAN and BigGAN-deep share: where they shrink and attend, and their head."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from ganlab_core.networks.biggan_base import SharedConfig
from ganlab_core.networks.biggan_layers import SelfAttention
from ganlab_core.networks.spectral import Spectral, SpectralLinear, SpectralTable


class Judgement(nn.Module):
    """The head of both discriminators: w . h + b + embedding . h, with h summed over positions.

    The second product is the projection on the class (Miyato & Koyama 2018).
    """

    def __init__(self, channels: int, label_size: int, spectral: Spectral) -> None:
        super().__init__()
        self.linear = SpectralLinear(channels, 1, spectral)
        self.embed = SpectralTable(label_size, channels, spectral) if label_size else None

    def forward(self, x: Tensor, labels: Tensor | None) -> Tensor:
        """Shapes: x (N, C, H, W), labels (N, label_size) -> (N,)."""
        h = F.relu(x).sum(dim=(2, 3))
        score: Tensor = self.linear(h)[:, 0]
        if self.embed is not None and labels is not None:
            score = score + (self.embed(labels) * h).sum(dim=1)
        return score


def judge_attention(
    sides: Sequence[int], widths: Sequence[int], config: SharedConfig
) -> nn.ModuleDict:
    """Self-attention of a discriminator by block: after every one that ends at a wanted side."""
    after = config.attention_after
    if after is None:
        after = tuple(index + 1 for index, side in enumerate(sides) if side in config.attention)
    return nn.ModuleDict(
        {str(index): SelfAttention(widths[index - 1], config.spectral) for index in after}
    )


def downs(resolution: int, index: int) -> bool:
    """Whether a discriminator's block (or stage) down-samples."""
    return resolution >> index > (8 if resolution == 32 else 4)


def discriminator_sides(resolution: int, count: int) -> list[int]:
    """Side after each block as attention counts it; published 32 px networks call them all 16."""
    if resolution == 32:
        return [16] * count
    return [max(4, resolution >> index) for index in range(1, count + 1)]
