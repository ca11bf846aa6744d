"""BigGAN and BigGAN-deep (Brock, Donahue & Simonyan 2019, "Large Scale GAN Training", appendix B).

From top to bottom: what both are told; batch norm that takes its gain and bias from a condition and keeps
statistics of several truncations; a generator as a list of steps; BigGAN, BigGAN-deep; how a trained one
is made ready to be rendered; and the chain of stages that the renderer runs.

In BigGAN z is cut into chunks: the first makes the 4 px features, each of the others joins the class
embedding in the condition of one block. In BigGAN-deep the whole of z joins it, for every block.
All tensors are NCHW; a condition is a vector y (N, D).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from ganlab_core.networks.condition import Condition
from ganlab_core.networks.layers import (
    CHANNELS_LAST,
    UPSCALING_ORDER,
    ClassEmbedding,
    ProjectionHead,
    SelfAttention,
    Spectral,
    SpectralConv2d,
    SpectralLinear,
    added,
    check_colours,
    check_sizes,
    downscale,
    folded_weights,
    init_orthogonal,
    upscale,
)
from ganlab_core.recipe import Capabilities, Layer

GENERATOR_WIDTHS = {
    32: (4, 4, 4, 4),
    64: (16, 16, 8, 4, 2),
    128: (16, 16, 8, 4, 2, 1),
    256: (16, 16, 8, 8, 4, 2, 1),
    512: (16, 16, 8, 8, 4, 2, 1, 1),
}
"""Resolution -> widths in ch: of the linear layer, then of each block (BigGAN-deep: each pair)."""


DISCRIMINATOR_WIDTHS = {
    32: (4, 4, 4, 4),
    64: (1, 2, 4, 8, 16),
    128: (1, 2, 4, 8, 16, 16),
    256: (1, 2, 4, 8, 8, 16, 16),
    512: (1, 1, 2, 4, 8, 8, 16, 16),
}
"""Resolution -> widths in ch: of each block, or of BigGAN-deep's first convolution and pairs of blocks."""


LEAST_ATTENDED = 8
"""Feature maps that self-attention needs, of which it makes keys of an eighth."""


@dataclass(frozen=True, slots=True)
class SharedConfig:
    """What BigGAN and BigGAN-deep both are told.

    Attributes
    ----------
    resolution
        Output side in pixels: 32, 64, 128, 256 or 512.
    channels
        The unit ch that all widths are multiples of; G and D may differ.
    z_dim
        Size of the latent.
    shared_dim
        Size of the class embedding that all blocks share.
    label_size
        Number of classes; 0 = unconditional.
    attention
        Sides in pixels after which self-attention comes.
    attention_after
        After how many blocks it comes instead, for networks trained elsewhere.
    bn_eps, output_eps, sn_eps
        Epsilons of the batch norms, of the output's, and of spectral norm.
    n_stats, stats_blend
        Sets of batch norm statistics, see `Norm`.
    spectral_norm
        False = the weights have been divided by their sigma once and for all.
    rounding
        To bytes: `"nearest"` of 127.5 x + 127.5, `"truncated"` the same without rounding, or
        `"truncated-256"`, the integer part of 128 x + 128.
    threshold
        Where z's normal distribution is cut when the network is sampled; None = nowhere.
    img_channels
        Of a picture: 1 grey, 3 colours, 4 colours and their opacity.
    """

    resolution: int = 128
    channels: int = 96
    z_dim: int = 120
    shared_dim: int = 128
    label_size: int = 1000
    attention: tuple[int, ...] = (64,)
    attention_after: tuple[int, ...] | None = None
    bn_eps: float = 1e-5
    output_eps: float = 1e-5
    sn_eps: float = 1e-6
    n_stats: int = 1
    stats_blend: str = "linear"
    spectral_norm: bool = True
    rounding: str = "nearest"
    threshold: float | None = None
    img_channels: int = added(3)

    def __post_init__(self) -> None:
        object.__setattr__(self, "attention", tuple(self.attention))
        if self.attention_after is not None:
            object.__setattr__(self, "attention_after", tuple(self.attention_after))

    def check(self) -> None:
        """Raise `ValueError` for sizes from which no network could or should be built."""
        check_sizes(self.channels, self.z_dim, self.shared_dim, self.n_stats)
        check_sizes(16 * 16 * self.channels)
        if self.label_size != 0:
            check_sizes(self.label_size)
        if self.resolution not in GENERATOR_WIDTHS:
            raise ValueError("impossible resolution")
        check_colours(self.img_channels)
        if self.rounding not in ROUNDINGS:
            raise ValueError("unknown rounding")
        if self.stats_blend not in ("linear", "swapped"):
            raise ValueError("unknown blend")
        if not all(0.0 < eps < 1.0 for eps in (self.bn_eps, self.output_eps, self.sn_eps)):
            raise ValueError("absurd epsilon")

    def check_attention(self, steps: tuple[BlockStep, ...]) -> None:
        """Where it comes, there are feature maps enough."""
        attention = [step for step in steps if step.kind == "attention"]
        if any(step.channels < LEAST_ATTENDED for step in attention):
            raise ValueError("too few feature maps for attention")
        if self.attention_after is not None and len(attention) != len(self.attention_after):
            raise ValueError("attention after blocks that are not there")

    @property
    def norm(self) -> Norm:
        """Batch norm inside the blocks."""
        return Norm(self.bn_eps, self.n_stats, self.stats_blend)

    @property
    def output_norm(self) -> Norm:
        """Batch norm before the picture."""
        return Norm(self.output_eps, self.n_stats, self.stats_blend)

    @property
    def spectral(self) -> Spectral:
        """How weights are normalised."""
        return Spectral(self.spectral_norm, self.sn_eps)

    @property
    def embedding_dim(self) -> int:
        """Length of the class embedding; 0 when unconditional."""
        return self.shared_dim if self.label_size else 0


MOMENTUM = 0.1
"""Weight of the newest batch in the running statistics."""


@dataclass(frozen=True, slots=True)
class Norm:
    """How batch norm works in a network.

    Attributes
    ----------
    eps
        Added to the variance.
    n_stats
        How many sets of statistics there are, on an even grid of truncations from 0 to 1.
    blend
        `"linear"` interpolation between them, or `"swapped"`: the two weights exchanged, as
        pretrained networks of pytorch-pretrained-BigGAN are run.
    """

    eps: float = 1e-5
    n_stats: int = 1
    blend: str = "linear"


class Exchange(Protocol):
    """Processes that share a batch, and can add up what each of them knows of it."""

    size: int

    def total(self, values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """The sum over the processes; gradients go back to all of them."""
        ...


class BatchNorm(nn.Module):
    """Batch normalisation with statistics for several truncations; gain and bias come from outside.

    Training uses the batch's own statistics and keeps a running mean of them in row `row`, by
    default the last: that of truncation 1.

    Attributes
    ----------
    exchange
        With whom the batch is shared while training; None = nobody.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int, norm: Norm) -> None:
        super().__init__()
        self.norm = norm
        self.row = -1
        self.momentum = MOMENTUM
        self.exchange: Exchange | None = None
        self.register_buffer("mean", torch.zeros(norm.n_stats, channels))
        self.register_buffer("variance", torch.ones(norm.n_stats, channels))

    def statistics(self, truncation: float) -> tuple[Float[Tensor, " c"], Float[Tensor, " c"]]:
        """Mean and variance for a truncation from 0 to 1, each (C,)."""
        last = self.norm.n_stats - 1
        if not last:
            return self.mean[0], self.variance[0]
        if self.norm.blend == "linear":
            fraction, index = math.modf(truncation * last)
        else:  # divided as published: 0.58 / 0.02 is a little less than 29 and falls to row 28
            fraction, index = math.modf(truncation / (1.0 / last))
        low = min(int(index), last)
        if fraction == 0.0:
            return self.mean[low], self.variance[low]
        high = min(low + 1, last)
        share = fraction if self.norm.blend == "linear" else 1.0 - fraction
        means, variances = self.mean, self.variance
        return (
            means[low] * (1.0 - share) + means[high] * share,
            variances[low] * (1.0 - share) + variances[high] * share,
        )

    def normalised(
        self,
        x: Float[Tensor, "n c h w"],
        gain: Float[Tensor, "#n c"],
        bias: Float[Tensor, "#n c"],
        truncation: float,
    ) -> Float[Tensor, "n c h w"]:
        """(x - mean) / sqrt(variance + eps) * gain + bias.

        Shapes: x (N, C, H, W), gain and bias (N or 1, C) -> (N, C, H, W).
        """
        if self.training:
            x = self._normalised_by_batch(x)
            scale, shift = gain.to(x.dtype), bias.to(x.dtype)
            return x.mul(scale[:, :, None, None]).add_(shift[:, :, None, None])
        count = x.shape[0]
        mean, variance = (row.repeat(count) for row in self.statistics(truncation))
        scale, shift = (part.to(mean.dtype).expand(count, -1).flatten() for part in (gain, bias))
        # every sample has a gain of its own, which one pass over (1, N * C, H, W) can apply
        flat = F.batch_norm(
            x.reshape(1, -1, *x.shape[2:]), mean, variance, scale, shift, eps=self.norm.eps
        )
        return flat.reshape(x.shape)

    def _normalised_by_batch(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """(x - mean) / sqrt(variance + eps) over the batch, which the running statistics take in."""
        mean, variance = self.mean[self.row], self.variance[self.row]
        if self.exchange is None:
            return F.batch_norm(
                x, mean, variance, training=True, momentum=self.momentum, eps=self.norm.eps
            )
        count = x.numel() // x.shape[1] * self.exchange.size
        centre = self.exchange.total(x.float().sum(dim=(0, 2, 3))) / count
        x = x - centre[:, None, None].to(x.dtype)
        spread = self.exchange.total(x.float().square().sum(dim=(0, 2, 3))) / count
        with torch.no_grad():
            mean.lerp_(centre, self.momentum)
            variance.lerp_(spread * (count / (count - 1)), self.momentum)
        return x * torch.rsqrt(spread + self.norm.eps)[:, None, None].to(x.dtype)


class ConditionalBatchNorm(BatchNorm):
    """Batch norm whose gain 1 + W_g y and bias W_b y come from the condition (appendix B.1).

    Parameters
    ----------
    channels
        Of the features.
    width
        Length of y.
    classes
        Whether y holds class weights, each class having a gain and a bias of its own that are not
        normalised; the paper's networks share one embedding instead.
    """

    def __init__(
        self, channels: int, width: int, norm: Norm, spectral: Spectral, *, classes: bool = False
    ) -> None:
        super().__init__(channels, norm)
        self.gain: nn.Module
        self.bias: nn.Module
        if classes:
            self.gain, self.bias = ClassEmbedding(width, channels), ClassEmbedding(width, channels)
        else:
            self.gain = SpectralLinear(width, channels, spectral, bias=False)
            self.bias = SpectralLinear(width, channels, spectral, bias=False)

    def forward(
        self, x: Float[Tensor, "n c h w"], y: Float[Tensor, "n d"], truncation: float = 1.0
    ) -> Float[Tensor, "n c h w"]:
        """Shapes: x (N, C, H, W), y (N, width) -> (N, C, H, W)."""
        return self.normalised(x, 1.0 + self.gain(y), self.bias(y), truncation)


class OutputBatchNorm(BatchNorm):
    """The last batch norm of a generator, with one gain and bias per feature map."""

    def __init__(self, channels: int, norm: Norm) -> None:
        super().__init__(channels, norm)
        self.gain = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(
        self, x: Float[Tensor, "n c h w"], truncation: float = 1.0
    ) -> Float[Tensor, "n c h w"]:
        """(N, C, H, W) -> (N, C, H, W)."""
        return self.normalised(x, self.gain[None], self.bias[None], truncation)


@dataclass(frozen=True, slots=True)
class BlockStep:
    """One stage of a generator.

    Attributes
    ----------
    kind
        `"linear"`, `"block"`, `"attention"` or `"output"`.
    name
        With the resolution of what it gives.
    index
        Which of the blocks; for attention, how many blocks come before it.
    resolution, channels
        Of what it gives.
    """

    kind: str
    name: str
    index: int
    resolution: int
    channels: int


Outline = Sequence[tuple[int, int]]
"""Side and feature maps of what each block gives."""


def steps_of(
    first: int, blocks: Outline, attention: Sequence[int], *, numbered: bool
) -> tuple[BlockStep, ...]:
    """The stages of a generator: linear, blocks and attention in their order, output.

    Parameters
    ----------
    first
        Feature maps of the linear layer at 4 px.
    blocks
        What each block gives.
    attention
        After how many blocks self-attention comes.
    numbered
        Whether blocks carry their number in their names, because a side may have several.
    """
    side, channels = 4, first
    steps = [BlockStep("linear", "4x4/linear", 0, side, channels)]
    for index in range(len(blocks) + 1):
        if index in attention:
            steps.append(BlockStep("attention", f"{side}x{side}/attention", index, side, channels))
        if index < len(blocks):
            side, channels = blocks[index]
            name = f"block{index}" if numbered else "block"
            steps.append(BlockStep("block", f"{side}x{side}/{name}", index, side, channels))
    steps.append(BlockStep("output", f"{side}x{side}/output", len(blocks), side, channels))
    return tuple(steps)


class StagedGenerator(nn.Module):
    """A generator that runs step by step; the architectures fill in its blocks and conditions.

    Attributes
    ----------
    config
        Its settings.
    steps
        Its stages in order.
    """

    steps: tuple[BlockStep, ...]
    config: SharedConfig
    linear: SpectralLinear
    blocks: nn.ModuleList

    def __init__(self, config: SharedConfig, steps: tuple[BlockStep, ...]) -> None:
        super().__init__()
        self.config = config
        self.steps = steps
        spectral = config.spectral
        self.attention = nn.ModuleDict(
            {
                str(step.index): SelfAttention(step.channels, spectral)
                for step in steps
                if step.kind == "attention"
            }
        )
        top = steps[-1].channels
        self.output_norm = OutputBatchNorm(top, config.output_norm)
        self.output_conv = SpectralConv2d(top, config.img_channels, 3, spectral)
        self.shared = self._embedding()

    def _embedding(self) -> ClassEmbedding | None:
        """The class embedding that all blocks share, None where there is none."""
        config = self.config
        return ClassEmbedding(config.label_size, config.shared_dim) if config.label_size else None

    def embed(
        self,
        labels: Float[Tensor, "n {self.config.label_size}"] | None,
        z: Float[Tensor, "n _"],
    ) -> Float[Tensor, "n d"]:
        """Class weights (N, classes) -> what blocks see of them, (N, D); empty when unconditional."""
        if not self.config.label_size:
            return z.new_zeros(z.shape[0], 0)
        if labels is None:
            labels = z.new_zeros(z.shape[0], self.config.label_size)
        if self.shared is None:
            return labels
        embedding: Tensor = self.shared(labels)
        return embedding

    def condition(
        self,
        step: BlockStep,
        z: Float[Tensor, "n {self.config.z_dim}"],
        embedding: Float[Tensor, "n d"],
    ) -> Float[Tensor, "n y"] | None:
        """What a step takes of z (N, z_dim) and the embedding (N, D), (N, any), or None."""
        raise NotImplementedError

    def run_step(
        self,
        step: BlockStep,
        x: Float[Tensor, "n i _ _"] | None,
        y: Float[Tensor, "n d"] | None,
        truncation: float = 1.0,
        attention: float = 1.0,
    ) -> Float[Tensor, "n c r r"]:
        """Features after a step, (N, C, r, r).

        Parameters
        ----------
        step
            One of `steps`.
        x
            The features before it; None for the first.
        y
            Its `condition`.
        truncation
            Which of the batch norm's statistics apply, 0 to 1.
        attention
            Factor on the strength of self-attention.
        """
        if step.kind == "linear":
            first: Tensor = self.linear(y)
            features = first.reshape(-1, step.channels, 4, 4)
            if self.training:  # channels last is fastest with batches
                return features.contiguous(memory_format=torch.channels_last)
            return features
        assert x is not None
        after: Tensor
        if step.kind == "block":
            after = self.blocks[step.index](x, y, truncation)
        elif step.kind == "attention":
            after = self.attention[str(step.index)](x, attention)
        else:
            after = F.relu(self.output_norm(x, truncation), inplace=True)
        return after

    def read(self, x: Float[Tensor, "n c r r"]) -> Float[Tensor, "n k r r"]:
        """The picture of the last features, (N, K, R, R) within -1..1."""
        return torch.tanh(self.output_conv(x))

    def forward(
        self,
        z: Float[Tensor, "n {self.config.z_dim}"],
        labels: Float[Tensor, "n {self.config.label_size}"] | None = None,
        truncation: float = 1.0,
    ) -> Float[Tensor, "n k r r"]:
        """Pictures: z (N, z_dim), labels (N, label_size) one-hot or weights -> (N, K, R, R)."""
        embedding = self.embed(labels, z)
        x: Tensor | None = None
        for step in self.steps:
            x = self.run_step(step, x, self.condition(step, z, embedding), truncation)
        assert x is not None
        return self.read(x)


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

    def check(self) -> None:
        """Raise `ValueError` for sizes from which no network could or should be built."""
        SharedConfig.check(self)
        if self.hierarchical and (not self.chunk or self.z_dim % len(self.widths)):
            raise ValueError("z cannot be cut into that many chunks")
        if not self.label_size and not (self.hierarchical and self.shared):
            raise ValueError("blocks without any condition")
        self.check_attention(self.steps)

    @property
    def chunk(self) -> int:
        """Length of one chunk of z; the first layer's share."""
        return self.z_dim // len(self.widths) if self.hierarchical else self.z_dim

    @property
    def widths(self) -> tuple[int, ...]:
        """Feature maps of the linear layer, then of each block."""
        return tuple(self.channels * unit for unit in GENERATOR_WIDTHS[self.resolution])

    @property
    def condition_dim(self) -> int:
        """Length of a block's condition."""
        if not self.shared:
            return self.label_size
        return self.embedding_dim + (self.chunk if self.hierarchical else 0)

    @property
    def steps(self) -> tuple[BlockStep, ...]:
        """The stages of the generator."""
        widths = self.widths
        outline = [(8 << index, width) for index, width in enumerate(widths[1:])]
        after = self.attention_after
        if after is None:
            after = tuple(i + 1 for i, (side, _) in enumerate(outline) if side in self.attention)
        return steps_of(widths[0], outline, after, numbered=False)


class BigGANGeneratorBlock(nn.Module):
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
        self.conv1.memory_order, self.conv2.memory_order = UPSCALING_ORDER, CHANNELS_LAST

    def forward(
        self, x: Float[Tensor, "n i r r"], y: Float[Tensor, "n d"], truncation: float = 1.0
    ) -> Float[Tensor, "n o 2*r 2*r"]:
        """x (N, C_in, r, r), y (N, D) -> (N, C_out, 2r, 2r)."""
        h = self.conv1.after_upscaling(F.relu(self.bn1(x, y, truncation), inplace=True))
        h = self.bn2(h, y, truncation)
        residual: Tensor = self.conv2(F.relu(h, inplace=True))
        shortcut: Tensor = upscale(self.conv_sc(x))  # 1x1: the same before and after up-scaling
        return residual + shortcut


class BigGANGenerator(StagedGenerator):
    """z and class weights -> pictures."""

    config: BigGANConfig

    def __init__(self, config: BigGANConfig) -> None:
        super().__init__(config, config.steps)
        widths = config.widths
        self.linear = SpectralLinear(config.chunk, 16 * widths[0], config.spectral)
        self.blocks = nn.ModuleList(
            BigGANGeneratorBlock(before, after, config)
            for before, after in zip(widths, widths[1:], strict=False)
        )
        init_orthogonal(self)

    def _embedding(self) -> ClassEmbedding | None:
        return super()._embedding() if self.config.shared else None

    def condition(
        self,
        step: BlockStep,
        z: Float[Tensor, "n {self.config.z_dim}"],
        embedding: Float[Tensor, "n d"],
    ) -> Float[Tensor, "n y"] | None:
        """A chunk of z for the linear layer, embedding and chunk for a block."""
        chunk, hierarchical = self.config.chunk, self.config.hierarchical
        if step.kind == "linear":
            return z[:, :chunk]
        if step.kind != "block":
            return None
        start = chunk * (step.index + 1)
        return torch.cat([embedding, z[:, start : start + chunk]], 1) if hierarchical else embedding


class BigGANDiscriminatorBlock(nn.Module):
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

    def forward(self, x: Float[Tensor, "n i r r"]) -> Float[Tensor, "n o _ _"]:
        """(N, C_in, r, r) -> (N, C_out, r/2, r/2), or r where it does not down-sample."""
        h = F.relu(self.conv1(x if self.first else F.relu(x)))
        shortcut = x if not self.down else downscale(x)  # 1x1: the same before and after pooling
        if self.conv_sc is not None:
            shortcut = self.conv_sc(shortcut)
        residual: Tensor = self.conv2.then_downscaling(h) if self.down else self.conv2(h)
        return residual + shortcut


def discriminator_attention(
    sides: Sequence[int], widths: Sequence[int], config: SharedConfig
) -> nn.ModuleDict:
    """Self-attention of a discriminator by block: after every one that ends at a wanted side.

    The config of a generator alone may tell places that only its own blocks have, which may be wider as
    well: raises `ValueError` where the discriminator has too few feature maps.
    """
    after = config.attention_after
    if after is None or any(index > len(widths) for index in after):
        after = tuple(index + 1 for index, side in enumerate(sides) if side in config.attention)
    for index in after:
        if widths[index - 1] < LEAST_ATTENDED:
            raise ValueError(
                f"its discriminator has {widths[index - 1]} feature maps at {sides[index - 1]} px, "
                f"and self-attention needs {LEAST_ATTENDED}"
            )
    return nn.ModuleDict(
        {str(index): SelfAttention(widths[index - 1], config.spectral) for index in after}
    )


def downscales(resolution: int, index: int) -> bool:
    """Whether a discriminator's block (or stage) down-samples."""
    return resolution >> index > (8 if resolution == 32 else 4)


def discriminator_sides(resolution: int, count: int) -> list[int]:
    """Side after each block as attention counts it; published 32 px networks call them all 16."""
    if resolution == 32:
        return [16] * count
    return [max(4, resolution >> index) for index in range(1, count + 1)]


class BigGANDiscriminator(nn.Module):
    """The projection discriminator with sum pooling (table 4)."""

    def __init__(self, config: BigGANConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.channels * unit for unit in DISCRIMINATOR_WIDTHS[config.resolution]]
        sides = discriminator_sides(config.resolution, len(widths))
        self.blocks = nn.ModuleList(
            BigGANDiscriminatorBlock(
                widths[index - 1] if index else config.img_channels, width, config.spectral,
                first=index == 0, down=downscales(config.resolution, index), wide=config.wide,
            )
            for index, width in enumerate(widths)
        )  # fmt: skip
        self.attention = discriminator_attention(sides, widths, config)
        self.head = ProjectionHead(widths[-1], config.label_size, config.spectral)
        init_orthogonal(self)

    def forward(
        self,
        image: Float[Tensor, "n k r r"],
        labels: Float[Tensor, "n classes"] | None = None,
    ) -> Float[Tensor, " n"]:
        """Scores: image (N, K, R, R), labels (N, label_size) -> (N,)."""
        x = image.contiguous(memory_format=torch.channels_last)
        for index, block in enumerate(self.blocks, 1):
            x = block(x)
            if str(index) in self.attention:
                x = self.attention[str(index)](x)
        score: Tensor = self.head(x, labels)
        return score


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

    def check(self) -> None:
        """Raise `ValueError` for sizes from which no network could or should be built."""
        SharedConfig.check(self)
        side, before = 4, 0
        if len(self.block_list) > 64:
            raise ValueError("absurd depth")
        for up, width, after in self.blocks:
            check_sizes(width, after, width * self.channels)
            if before not in (0, width) or after not in (width, width / 2):
                raise ValueError("blocks that do not fit together")
            side, before = side * (2 if up else 1), after
        if side != self.resolution:
            raise ValueError("another resolution than the blocks reach")
        self.check_attention(self.steps)

    @property
    def blocks(self) -> Blocks:
        """The generator's blocks."""
        if self.block_list:
            return self.block_list
        widths = GENERATOR_WIDTHS[self.resolution]
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
    def steps(self) -> tuple[BlockStep, ...]:
        """The stages of the generator."""
        side, outline, reached = 4, [], []
        for index, (up, _, after) in enumerate(self.blocks, 1):
            side *= 2 if up else 1
            outline.append((side, after * self.channels))
            if up and side in self.attention:
                reached.append(index)
        places = reached if self.attention_after is None else self.attention_after
        return steps_of(self.blocks[0][1] * self.channels, outline, places, numbered=True)


class BigGANDeepGeneratorBlock(nn.Module):
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
        self.conv2.memory_order = UPSCALING_ORDER if up else CHANNELS_LAST
        self.conv3.memory_order = CHANNELS_LAST

    def forward(
        self, x: Float[Tensor, "n i r r"], y: Float[Tensor, "n d"], truncation: float = 1.0
    ) -> Float[Tensor, "n o _ _"]:
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


class BigGANDeepGenerator(StagedGenerator):
    """z and class weights -> pictures."""

    config: BigGANDeepConfig

    def __init__(self, config: BigGANDeepConfig) -> None:
        super().__init__(config, config.steps)
        unit = config.channels
        first = self.steps[0].channels
        self.linear = SpectralLinear(config.condition_dim, 16 * first, config.spectral)
        self.blocks = nn.ModuleList(
            BigGANDeepGeneratorBlock(before * unit, after * unit, config, up=up)
            for up, before, after in config.blocks
        )
        init_orthogonal(self)

    def condition(
        self,
        step: BlockStep,
        z: Float[Tensor, "n {self.config.z_dim}"],
        embedding: Float[Tensor, "n d"],
    ) -> Float[Tensor, "n y"] | None:
        """Embedding and z, for the linear layer and every block."""
        takes = step.kind in ("linear", "block")
        return torch.cat([embedding, z], dim=1) if takes else None


class BigGANDeepDiscriminatorBlock(nn.Module):
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

    def forward(self, x: Float[Tensor, "n i r r"]) -> Float[Tensor, "n o _ _"]:
        """(N, C_in, r, r) -> (N, C_out, r, r), r/2 where it down-samples."""
        h = self.conv2(F.relu(self.conv1(F.relu(x))))
        h = F.relu(self.conv3(F.relu(h)))
        if self.down:
            h, x = downscale(h), downscale(x)
        if self.conv_sc is not None:
            x = torch.cat([x, self.conv_sc(x)], dim=1)
        result: Tensor = self.conv4(h) + x
        return result


class BigGANDeepDiscriminator(nn.Module):
    """The projection discriminator with sum pooling; two blocks for each resolution."""

    def __init__(self, config: BigGANDeepConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.channels * unit for unit in DISCRIMINATOR_WIDTHS[config.resolution]]
        spectral, stages = config.spectral, range(len(widths) - 1)
        self.input_conv = SpectralConv2d(config.img_channels, widths[0], 3, spectral)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                BigGANDeepDiscriminatorBlock(
                    widths[stage],
                    widths[stage + 1],
                    spectral,
                    down=downscales(config.resolution, stage),
                ),
                BigGANDeepDiscriminatorBlock(
                    widths[stage + 1], widths[stage + 1], spectral, down=False
                ),
            )
            for stage in stages
        )
        sides = discriminator_sides(config.resolution, len(stages))
        self.attention = discriminator_attention(sides, widths[1:], config)
        self.head = ProjectionHead(widths[-1], config.label_size, spectral)
        init_orthogonal(self)

    def forward(
        self,
        image: Float[Tensor, "n k r r"],
        labels: Float[Tensor, "n classes"] | None = None,
    ) -> Float[Tensor, " n"]:
        """Scores: image (N, K, R, R), labels (N, label_size) -> (N,)."""
        x = self.input_conv(image.contiguous(memory_format=torch.channels_last))
        for index, stage in enumerate(self.blocks, 1):
            x = stage(x)
            if str(index) in self.attention:
                x = self.attention[str(index)](x)
        score: Tensor = self.head(x, labels)
        return score


G = TypeVar("G", bound="StagedGenerator")


def ready_to_render(generator: G, n_stats: int = 1) -> G:
    """A copy that needs no power iteration, in evaluation mode, on the generator's device.

    Its weights are folded. It has `n_stats` sets of batch norm statistics, all as the generator's last
    until `measure_statistics` fills them.
    """
    config = dataclasses.replace(generator.config, spectral_norm=False, n_stats=n_stats)
    make: Any = type(generator)
    with torch.device("meta"):
        copy: G = make(config)
    weights = folded_weights(generator)
    for name, layer in generator.named_modules():
        if isinstance(layer, BatchNorm):
            weights[f"{name}.mean"] = layer.mean[-1:].expand(n_stats, -1)
            weights[f"{name}.variance"] = layer.variance[-1:].expand(n_stats, -1)
    own = {name: tensor.detach().clone() for name, tensor in weights.items()}
    copy.load_state_dict(own, assign=True)
    return copy.eval()


@torch.no_grad()
def measure_statistics(
    network: nn.Module, row: int, batches: int, run: Callable[[], object]
) -> None:
    """Standing statistics (appendix D): row `row` becomes the mean over `batches` calls of `run`.

    `run` sends one batch through the network, which is in training mode meanwhile; spectral norm
    must be folded, or its u would move.
    """
    norms = [layer for layer in network.modules() if isinstance(layer, BatchNorm)]
    training = network.training
    network.train()
    for batch in range(batches):
        for norm in norms:
            norm.row, norm.momentum = row, 1.0 / (batch + 1)
        run()
    for norm in norms:
        norm.row, norm.momentum = -1, MOMENTUM
    network.train(training)


ROUNDINGS = {
    "nearest": (127.5, 128.0),
    "truncated": (127.5, 127.5),
    "truncated-256": (128.0, 128.0),
}
"""Name -> factor and offset before the integer part is taken."""


class BigGANStages:
    """The stage chain of a generator; stage i is its step i."""

    def __init__(self, generator: StagedGenerator) -> None:
        self.module = generator
        self._steps = generator.steps
        self.stage_names = tuple(step.name for step in self._steps)
        self._channels = {step.resolution: step.channels for step in self._steps}

    @property
    def truncation_centre(self) -> Float[Tensor, " d"]:
        """The centre of z, (z_dim,)."""
        return self.module.linear.weight.new_zeros(self.module.config.z_dim)

    def channels(self, resolution: int) -> int:
        """How many feature maps the last stage at `resolution` gives."""
        return self._channels[resolution]

    def map(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n w"]:
        """There is no W: z itself."""
        return z

    def stage_style(
        self, stage: int, vector: Float[Tensor, "n w"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n d"] | None:
        """The class embedding with the stage's part of z, (N, D); None for attention and output."""
        return self.module.condition(self._steps[stage], vector, self.module.embed(labels, vector))

    def place(self, name: str) -> int:
        """The resolution whose stages a weight belongs to, in pixels; 0 = it comes before them."""
        part, index, *_ = [*name.split("."), ""]
        kinds = {"linear": "linear", "blocks": "block", "attention": "attention"}
        kind = "output" if part.startswith("output_") else kinds.get(part)
        of_kind = [step for step in self._steps if step.kind == kind]
        if kind in ("block", "attention"):
            of_kind = [step for step in of_kind if step.index == int(index)]
        return of_kind[0].resolution if of_kind else 0

    @torch.no_grad()
    def style_matrix(self, stage: int) -> Float[Tensor, "rows w"] | None:
        """The weights from z to the linear layer, or to a block's gains and biases, (rows, z_dim)."""
        step = self._steps[stage]
        module = self.module
        if step.kind not in ("linear", "block"):
            return None
        owner: nn.Module = module.linear if step.kind == "linear" else module.blocks[step.index]
        readers = [owner] if isinstance(owner, SpectralLinear) else _readers(owner)
        if not readers:
            return None
        weights = torch.cat([reader.normal_weight() for reader in readers])
        return weights @ self._selection(step, weights)

    def _selection(self, step: BlockStep, like: Tensor) -> Float[Tensor, "d z"]:
        """How the step's condition depends on z, (D, z_dim)."""
        size = self.module.config.z_dim
        points = torch.cat([torch.eye(size), torch.zeros(1, size)]).to(like)
        seen = self.module.condition(step, points, self.module.embed(None, points))
        assert seen is not None
        return (seen[:-1] - seen[-1:]).T

    def attention(
        self, stage: int, features: Float[Tensor, "n c r r"]
    ) -> Float[Tensor, "n r*r r*r//4"]:
        """Where the self-attention of `stage` looks, (N, r r, r r / 4); raises `LookupError`."""
        return self._attention(stage).attention(features)

    def gamma(self, stage: int) -> float:
        """The trained strength of the self-attention of `stage`; raises `LookupError`."""
        return float(self._attention(stage).gamma)

    def _attention(self, stage: int) -> SelfAttention:
        step = self._steps[stage]
        if step.kind != "attention":
            raise LookupError(stage)
        layer = self.module.attention[str(step.index)]
        assert isinstance(layer, SelfAttention)
        return layer

    def stored_noise(self, stage: int) -> Float[Tensor, "1 1 r r"]:
        """BigGAN has no noise maps; asking for one is a mistake."""
        raise LookupError(stage)

    def run_stage(
        self, stage: int, features: Float[Tensor, "n i _ _"] | None, condition: Condition
    ) -> Float[Tensor, "n c r r"]:
        """One step: (N, C_in, ., .) -> (N, C, r, r)."""
        return self.module.run_step(
            self._steps[stage],
            features,
            condition.style,
            condition.truncation,
            condition.attention,
        )

    def reads(self, resolution: int) -> bool:
        """Only the finished picture can be read."""
        return resolution == self.module.config.resolution

    def to_rgb(
        self, resolution: int, features: Float[Tensor, "n c r r"]
    ) -> Float[Tensor, "n k r r"]:
        """The last convolution and tanh, (N, K, R, R)."""
        return self.module.read(features)

    def to_uint8(self, image: Float[Tensor, "*shape"]) -> UInt8[Tensor, "*shape"]:
        """Rounded as the network's own project does."""
        factor, offset = ROUNDINGS[self.module.config.rounding]
        return (image * factor + offset).clamp(0.0, 255.0).to(torch.uint8)


def _readers(block: nn.Module) -> list[SpectralLinear]:
    """The layers of a block that turn its condition into gains and biases."""
    norms = [layer for layer in block.modules() if isinstance(layer, ConditionalBatchNorm)]
    parts = [part for norm in norms for part in (norm.gain, norm.bias)]
    return [part for part in parts if isinstance(part, SpectralLinear)]


def biggan_capabilities(config: BigGANConfig, classes: tuple[str, ...]) -> Capabilities:
    """What a BigGAN of this shape can do."""
    takes_z = ("linear", "block") if config.hierarchical else ("linear",)
    return _capabilities("biggan", config, config.steps, classes, takes_z, ("block",))


def biggan_deep_capabilities(config: BigGANDeepConfig, classes: tuple[str, ...]) -> Capabilities:
    """What a BigGAN-deep of this shape can do."""
    takes = ("linear", "block")
    return _capabilities("biggan-deep", config, config.steps, classes, takes, takes)


def _capabilities(
    architecture: str,
    config: SharedConfig,
    steps: tuple[BlockStep, ...],
    classes: tuple[str, ...],
    takes_z: tuple[str, ...],
    takes_classes: tuple[str, ...],
) -> Capabilities:
    """What it can do, given which kinds of steps take a part of z and the classes."""
    layers: list[Layer] = []
    w_plus_index = -1  # a step that takes no z counts with the part of z before it
    for index, step in enumerate(steps):
        w_plus_index += step.kind in takes_z
        layers.append(
            Layer(
                index,
                step.name,
                step.resolution,
                noise=False,
                style=step.kind in takes_z,
                classes=bool(classes) and step.kind in takes_classes,
                attention=step.kind == "attention",
                channels=step.channels,
                w_plus=w_plus_index,
                statistics=config.n_stats > 1 and step.kind in ("block", "output"),
            )
        )
    return Capabilities(
        architecture=architecture,
        resolution=config.resolution,
        layers=tuple(layers),
        classes=classes,
        z_dim=config.z_dim,
        w_dim=0,
        has_w=False,
        has_noise=False,
        has_growth=False,
        has_attention=any(layer.attention for layer in layers),
        threshold=config.threshold,
        img_channels=config.img_channels,
    )
