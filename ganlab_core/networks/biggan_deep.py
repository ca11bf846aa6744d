"""BigGAN-deep (Brock, Donahue & Simonyan 2019, appendix B, fig. 16): twice as many, narrower blocks.

Every block is a bottleneck of four convolutions and takes the whole condition (class embedding, z). Where
a block narrows its shortcut drops channels; where the discriminator widens, a 1x1 convolution makes only
the channels that are missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab_core.networks.biggan import DISCRIMINATOR, GENERATOR
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
    Spectral,
    SpectralConv2d,
    SpectralLinear,
    init_orthogonal,
)

Blocks = tuple[tuple[bool, int, int], ...]
"""Whether a block up-samples, and its widths in and out, in ch."""


@dataclass(frozen=True, slots=True)
class BigGANDeepConfig(SharedConfig):
    """Shape of a BigGAN-deep; the defaults are the published ones at 128 px.

    Attributes
    ----------
    block_list
        The generator's blocks, for networks trained elsewhere: whether each up-samples, its widths in
        and out in ch; empty = two for each resolution, the second of which up-samples.
    """

    channels: int = 128
    z_dim: int = 128
    block_list: Blocks = ()

    def __post_init__(self) -> None:
        SharedConfig.__post_init__(self)
        listed = tuple((up, before, after) for up, before, after in self.block_list)
        object.__setattr__(self, "block_list", listed)

    @property
    def blocks(self) -> Blocks:
        """The generator's blocks."""
        if self.block_list:
            return self.block_list
        widths = GENERATOR[self.resolution]
        pairs = zip(widths, widths[1:], strict=False)
        return tuple(
            block
            for before, after in pairs
            for block in ((False, before, before), (True, before, after))
        )

    @property
    def condition_dim(self) -> int:
        """Length of the condition."""
        return self.embedding_dim + self.z_dim

    @property
    def steps(self) -> tuple[Step, ...]:
        """The stages of the generator."""
        side, outline, reached = 4, [], []
        for index, (up, _, after) in enumerate(self.blocks, 1):
            side *= 2 if up else 1
            outline.append((side, after * self.channels))
            if up and side in self.attention:
                reached.append(index)
        places = reached if self.attention_after is None else self.attention_after
        return steps_of(self.blocks[0][1] * self.channels, outline, places, numbered=True)


class GeneratorBlock(nn.Module):
    """Bottleneck block; `up` says whether it up-samples x2."""

    def __init__(
        self, channels_in: int, channels_out: int, config: BigGANDeepConfig, *, up: bool
    ) -> None:
        super().__init__()
        norm, spectral, width = config.norm, config.spectral, config.condition_dim
        hidden = channels_in // 4
        self.up, self.channels_out = up, channels_out
        self.bn1 = ConditionalBatchNorm(channels_in, width, norm, spectral)
        self.conv1 = SpectralConv2d(channels_in, hidden, 1, spectral)
        self.bn2 = ConditionalBatchNorm(hidden, width, norm, spectral)
        self.conv2 = SpectralConv2d(hidden, hidden, 3, spectral)
        self.bn3 = ConditionalBatchNorm(hidden, width, norm, spectral)
        self.conv3 = SpectralConv2d(hidden, hidden, 3, spectral)
        self.bn4 = ConditionalBatchNorm(hidden, width, norm, spectral)
        self.conv4 = SpectralConv2d(hidden, channels_out, 1, spectral)

    def forward(self, x: Tensor, y: Tensor, truncation: float = 1.0) -> Tensor:
        """x (N, C_in, r, r), y (N, D) -> (N, C_out, r, r), 2r where it up-samples."""
        h = self.conv1(F.relu(self.bn1(x, y, truncation), inplace=True))
        h = F.relu(self.bn2(h, y, truncation), inplace=True)
        x = x[:, : self.channels_out]
        if self.up:
            x = upscale(x)
        h = self.conv2.after_upscaling(h) if self.up else self.conv2(h)
        h = F.relu(self.bn3(h, y, truncation), inplace=True)
        h = F.relu(self.bn4(self.conv3(h), y, truncation), inplace=True)
        residual: Tensor = self.conv4(h)
        return residual + x


class Generator(StagedGenerator):
    """z and class weights -> pictures."""

    config: BigGANDeepConfig

    def __init__(self, config: BigGANDeepConfig) -> None:
        super().__init__(config, config.steps)
        unit = config.channels
        first = self.steps[0].channels
        self.linear = SpectralLinear(config.condition_dim, 16 * first, config.spectral)
        self.blocks = nn.ModuleList(
            GeneratorBlock(before * unit, after * unit, config, up=up)
            for up, before, after in config.blocks
        )
        init_orthogonal(self)

    def condition(self, step: Step, z: Tensor, embedding: Tensor) -> Tensor | None:
        """Embedding and z, for the linear layer and every block."""
        takes = step.kind in ("linear", "block")
        return torch.cat([embedding, z], dim=1) if takes else None


class DiscriminatorBlock(nn.Module):
    """Bottleneck block of the discriminator; `down` says whether it halves the side."""

    def __init__(
        self, channels_in: int, channels_out: int, spectral: Spectral, *, down: bool
    ) -> None:
        super().__init__()
        hidden, missing = channels_out // 4, channels_out - channels_in
        self.down = down
        self.conv1 = SpectralConv2d(channels_in, hidden, 1, spectral)
        self.conv2 = SpectralConv2d(hidden, hidden, 3, spectral)
        self.conv3 = SpectralConv2d(hidden, hidden, 3, spectral)
        self.conv4 = SpectralConv2d(hidden, channels_out, 1, spectral)
        self.conv_sc = SpectralConv2d(channels_in, missing, 1, spectral) if missing else None

    def forward(self, x: Tensor) -> Tensor:
        """(N, C_in, r, r) -> (N, C_out, r, r), r/2 where it down-samples."""
        h = self.conv2(F.relu(self.conv1(F.relu(x))))
        h = F.relu(self.conv3(F.relu(h)))
        if self.down:
            h, x = downscale(h), downscale(x)
        if self.conv_sc is not None:
            x = torch.cat([x, self.conv_sc(x)], dim=1)
        result: Tensor = self.conv4(h) + x
        return result


class Discriminator(nn.Module):
    """The projection discriminator with sum pooling; two blocks for each resolution."""

    def __init__(self, config: BigGANDeepConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.channels * unit for unit in DISCRIMINATOR[config.resolution]]
        spectral, stages = config.spectral, range(len(widths) - 1)
        self.input_conv = SpectralConv2d(3, widths[0], 3, spectral)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                DiscriminatorBlock(
                    widths[stage], widths[stage + 1], spectral, down=downs(config.resolution, stage)
                ),
                DiscriminatorBlock(widths[stage + 1], widths[stage + 1], spectral, down=False),
            )
            for stage in stages
        )
        sides = discriminator_sides(config.resolution, len(stages))
        self.attention = judge_attention(sides, widths[1:], config)
        self.head = Judgement(widths[-1], config.label_size, spectral)
        init_orthogonal(self)

    def forward(self, image: Tensor, labels: Tensor | None = None) -> Tensor:
        """Scores: image (N, 3, R, R), labels (N, label_size) -> (N,)."""
        x = self.input_conv(image.contiguous(memory_format=torch.channels_last))
        for index, stage in enumerate(self.blocks, 1):
            x = stage(x)
            if str(index) in self.attention:
                x = self.attention[str(index)](x)
        score: Tensor = self.head(x, labels)
        return score
