"""BigGAN (Brock, Donahue & Simonyan 2019, "Large Scale GAN Training ... Image Synthesis", appendix B).

z is cut into chunks: the first makes the 4 px features, each of the others joins the class embedding in
the condition of one block. A block up-samples x2; its batch norms take gain and bias from the condition.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab_core.networks.biggan_base import (
    SharedConfig,
    StagedGenerator,
    Step,
    steps_of,
)
from ganlab_core.networks.biggan_judging import (
    Judgement,
    discriminator_sides,
    downs,
    judge_attention,
)
from ganlab_core.networks.biggan_layers import ConditionalBatchNorm
from ganlab_core.networks.layers import downscale, upscale
from ganlab_core.networks.spectral import (
    ClassTable,
    Spectral,
    SpectralConv2d,
    SpectralLinear,
    init_orthogonal,
)

GENERATOR = {
    32: (4, 4, 4, 4),
    64: (16, 16, 8, 4, 2),
    128: (16, 16, 8, 4, 2, 1),
    256: (16, 16, 8, 8, 4, 2, 1),
    512: (16, 16, 8, 8, 4, 2, 1, 1),
}
"""Resolution -> widths in ch: of the linear layer, then of each block (BigGAN-deep: each pair)."""

DISCRIMINATOR = {
    32: (4, 4, 4, 4),
    64: (1, 2, 4, 8, 16),
    128: (1, 2, 4, 8, 16, 16),
    256: (1, 2, 4, 8, 8, 16, 16),
    512: (1, 1, 2, 4, 8, 8, 16, 16),
}
"""Resolution -> widths in ch: of each block, or of BigGAN-deep's first convolution and pairs of blocks."""


@dataclass(frozen=True, slots=True)
class BigGANConfig(SharedConfig):
    """Shape of a BigGAN; the defaults are the published ones at 128 px.

    Attributes
    ----------
    hierarchical
        Whether z is cut into chunks; otherwise the first layer takes all of it.
    shared
        Whether the blocks share one class embedding; otherwise every batch norm has its own gains and
        biases for each class.
    wide
        Whether a discriminator block widens at its first convolution; otherwise at its second.
    """

    hierarchical: bool = True
    shared: bool = True
    wide: bool = True

    @property
    def chunk(self) -> int:
        """Length of one chunk of z; the first layer's share."""
        return self.z_dim // len(self.widths) if self.hierarchical else self.z_dim

    @property
    def widths(self) -> tuple[int, ...]:
        """Feature maps of the linear layer, then of each block."""
        return tuple(self.channels * unit for unit in GENERATOR[self.resolution])

    @property
    def condition_dim(self) -> int:
        """Length of a block's condition."""
        if not self.shared:
            return self.label_size
        return self.embedding_dim + (self.chunk if self.hierarchical else 0)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The stages of the generator."""
        widths = self.widths
        outline = [(8 << index, width) for index, width in enumerate(widths[1:])]
        after = self.attention_after
        if after is None:
            after = tuple(i + 1 for i, (side, _) in enumerate(outline) if side in self.attention)
        return steps_of(widths[0], outline, after, numbered=False)


class GeneratorBlock(nn.Module):
    """Residual block that up-samples x2 (fig. 15b)."""

    def __init__(self, channels_in: int, channels_out: int, config: BigGANConfig) -> None:
        super().__init__()
        norm, spectral, width = config.norm, config.spectral, config.condition_dim
        classes = not config.shared
        self.bn1 = ConditionalBatchNorm(channels_in, width, norm, spectral, classes=classes)
        self.conv1 = SpectralConv2d(channels_in, channels_out, 3, spectral)
        self.bn2 = ConditionalBatchNorm(channels_out, width, norm, spectral, classes=classes)
        self.conv2 = SpectralConv2d(channels_out, channels_out, 3, spectral)
        self.conv_sc = SpectralConv2d(channels_in, channels_out, 1, spectral)

    def forward(self, x: Tensor, y: Tensor, truncation: float = 1.0) -> Tensor:
        """x (N, C_in, r, r), y (N, D) -> (N, C_out, 2r, 2r)."""
        h = self.conv1.after_upscaling(F.relu(self.bn1(x, y, truncation), inplace=True))
        h = self.bn2(h, y, truncation)
        residual: Tensor = self.conv2(F.relu(h, inplace=True))
        shortcut: Tensor = upscale(self.conv_sc(x))  # 1x1: the same before and after up-scaling
        return residual + shortcut


class Generator(StagedGenerator):
    """z and class weights -> pictures."""

    config: BigGANConfig

    def __init__(self, config: BigGANConfig) -> None:
        super().__init__(config, config.steps)
        widths = config.widths
        self.linear = SpectralLinear(config.chunk, 16 * widths[0], config.spectral)
        self.blocks = nn.ModuleList(
            GeneratorBlock(before, after, config)
            for before, after in zip(widths, widths[1:], strict=False)
        )
        init_orthogonal(self)

    def _embedding(self) -> ClassTable | None:
        return super()._embedding() if self.config.shared else None

    def condition(self, step: Step, z: Tensor, embedding: Tensor) -> Tensor | None:
        """A chunk of z for the linear layer, embedding and chunk for a block."""
        chunk, hierarchical = self.config.chunk, self.config.hierarchical
        if step.kind == "linear":
            return z[:, :chunk]
        if step.kind != "block":
            return None
        start = chunk * (step.index + 1)
        return torch.cat([embedding, z[:, start : start + chunk]], 1) if hierarchical else embedding


class DiscriminatorBlock(nn.Module):
    """Residual block of the discriminator (fig. 15c); the first one has no activation before it."""

    def __init__(
        self, channels_in: int, channels_out: int, spectral: Spectral, *,
        first: bool, down: bool, wide: bool,
    ) -> None:  # fmt: skip
        super().__init__()
        hidden = channels_out if wide else channels_in
        self.first, self.down = first, down
        self.conv1 = SpectralConv2d(channels_in, hidden, 3, spectral)
        self.conv2 = SpectralConv2d(hidden, channels_out, 3, spectral)
        learnt = down or channels_in != channels_out
        self.conv_sc = SpectralConv2d(channels_in, channels_out, 1, spectral) if learnt else None

    def forward(self, x: Tensor) -> Tensor:
        """(N, C_in, r, r) -> (N, C_out, r/2, r/2), or r where it does not down-sample."""
        h = F.relu(self.conv1(x if self.first else F.relu(x)))
        shortcut = x if not self.down else downscale(x)  # 1x1: the same before and after pooling
        if self.conv_sc is not None:
            shortcut = self.conv_sc(shortcut)
        residual: Tensor = self.conv2.then_downscaling(h) if self.down else self.conv2(h)
        return residual + shortcut


class Discriminator(nn.Module):
    """The projection discriminator with sum pooling (table 4)."""

    def __init__(self, config: BigGANConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.channels * unit for unit in DISCRIMINATOR[config.resolution]]
        sides = discriminator_sides(config.resolution, len(widths))
        self.blocks = nn.ModuleList(
            DiscriminatorBlock(
                widths[index - 1] if index else 3, width, config.spectral,
                first=index == 0, down=downs(config.resolution, index), wide=config.wide,
            )
            for index, width in enumerate(widths)
        )  # fmt: skip
        self.attention = judge_attention(sides, widths, config)
        self.head = Judgement(widths[-1], config.label_size, config.spectral)
        init_orthogonal(self)

    def forward(self, image: Tensor, labels: Tensor | None = None) -> Tensor:
        """Scores: image (N, 3, R, R), labels (N, label_size) -> (N,)."""
        x = image.contiguous(memory_format=torch.channels_last)
        for index, block in enumerate(self.blocks, 1):
            x = block(x)
            if str(index) in self.attention:
                x = self.attention[str(index)](x)
        score: Tensor = self.head(x, labels)
        return score
