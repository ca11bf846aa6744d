"""SAGAN (Zhang, Goodfellow, Metaxas & Odena 2019, "Self-Attention Generative Adversarial Networks").

Residual blocks, spectral norm in both networks (sec. 4), batch norm in G with a gain and a bias for each
class, a projection of the class in D, and one layer of self-attention in each, x + gamma o(x) with gamma
learned from 0 (sec. 3): first the network learns by neighbourhoods, then to look further.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ganlab_core.networks.condition import Condition
from ganlab_core.networks.latent_stages import (
    LatentGenerator,
    LatentStages,
    latent_capabilities,
)
from ganlab_core.networks.layers import (
    ProjectionHead,
    SelfAttention,
    Spectral,
    SpectralConv2d,
    SpectralLinear,
    added,
    check_colours,
    check_counts,
    check_sizes,
    downscale,
    upscale,
)
from ganlab_core.recipe import Capabilities, Layer

WIDEST = 16
"""Most units `channels` that a layer is wide."""


@dataclass(frozen=True, slots=True)
class SAGANConfig:
    """Shape of a SAGAN; the defaults are the published ones.

    Attributes
    ----------
    resolution
        Output side in pixels, a power of two from 16 to 256.
    channels
        Feature maps at the full resolution; each halving of the side doubles them, up to 16 times.
    z_dim
        Size of the latent.
    label_size
        Number of classes; 0 = unconditional.
    attention
        Side in pixels after whose block self-attention comes, in both networks; 0 = none.
    spectral_norm
        False = the weights have been divided by their sigma once and for all.
    img_channels
        Of a picture: 1 grey, 3 colours, 4 colours and their opacity.
    """

    resolution: int = 128
    channels: int = 64
    z_dim: int = 128
    label_size: int = 0
    attention: int = 32
    spectral_norm: bool = True
    img_channels: int = added(3)

    def check(self) -> None:
        """Raise `ValueError` for sizes from which no network could or should be built."""
        if self.resolution not in (16, 32, 64, 128, 256):
            raise ValueError("impossible resolution")
        if self.attention and self.attention not in self.sides[1:-1]:
            raise ValueError("attention at a side that no inner block has")
        check_counts(self.label_size)
        check_colours(self.img_channels)
        check_sizes(self.z_dim, *(self.maps(side) for side in self.sides))
        if self.attention and self.maps(self.attention) < 8:
            raise ValueError("too few feature maps for attention")

    @property
    def sides(self) -> tuple[int, ...]:
        """4, 8, ..., the resolution."""
        return tuple(2**level for level in range(2, self.resolution.bit_length()))

    @property
    def spectral(self) -> Spectral:
        """How weights are normalised."""
        return Spectral(self.spectral_norm)

    def maps(self, side: int) -> int:
        """Feature maps of this side in both networks."""
        return self.channels * min(WIDEST, self.resolution // side)


class ClassBatchNorm(nn.Module):
    """Batch norm whose gain and bias are those of the class: (x - mean) / deviation * gain_y + bias_y."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = nn.Parameter(torch.ones(max(1, classes), channels))
        self.bias = nn.Parameter(torch.zeros(max(1, classes), channels))

    def forward(
        self, x: Float[Tensor, "n c h w"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n c h w"]:
        """Shapes: x (N, C, H, W), labels (N, classes), None = the one class there is."""
        labels = x.new_ones(len(x), 1) if labels is None else labels
        gain, bias = labels @ self.gain, labels @ self.bias
        return self.norm(x) * gain[:, :, None, None] + bias[:, :, None, None]  # type: ignore[no-any-return]


class SAGANFirst(nn.Module):
    """A dense layer from z to 4 px."""

    def __init__(self, config: SAGANConfig) -> None:
        super().__init__()
        self.dense = SpectralLinear(config.z_dim, 16 * config.maps(4), config.spectral)

    def forward(
        self, x: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n c 4 4"]:
        """(N, z_dim) -> (N, C, 4, 4)."""
        return self.dense(x).unflatten(1, (-1, 4, 4))  # type: ignore[no-any-return]


class SAGANUpBlock(nn.Module):
    """Norm, ReLU, up-scaling, conv, norm, ReLU, conv, beside an up-scaled 1x1 convolution."""

    def __init__(self, channels_in: int, channels: int, config: SAGANConfig) -> None:
        super().__init__()
        spectral, classes = config.spectral, config.label_size
        self.norm0 = ClassBatchNorm(channels_in, classes)
        self.conv0 = SpectralConv2d(channels_in, channels, 3, spectral)
        self.norm1 = ClassBatchNorm(channels, classes)
        self.conv1 = SpectralConv2d(channels, channels, 3, spectral)
        self.skip = SpectralConv2d(channels_in, channels, 1, spectral)

    def forward(
        self, x: Float[Tensor, "n i h w"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n c 2*h 2*w"]:
        """(N, C_in, H, W) -> (N, C, 2H, 2W)."""
        h = self.conv0(upscale(F.relu(self.norm0(x, labels))))
        h = self.conv1(F.relu(self.norm1(h, labels)))
        return h + upscale(self.skip(x))  # type: ignore[no-any-return]


class SAGANAttention(nn.Module):
    """Self-attention as a stage: it takes no class."""

    def __init__(self, channels: int, config: SAGANConfig) -> None:
        super().__init__()
        self.attend = SelfAttention(channels, config.spectral)

    def forward(
        self, x: Float[Tensor, "n c h w"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n c h w"]:
        """(N, C, H, W) -> (N, C, H, W)."""
        return self.attend(x)  # type: ignore[no-any-return]


class SAGANOutput(nn.Module):
    """Batch norm, ReLU, and a convolution to colours."""

    def __init__(self, config: SAGANConfig) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(config.channels)
        self.conv = SpectralConv2d(config.channels, config.img_channels, 3, config.spectral)

    def forward(
        self, x: Float[Tensor, "n c r r"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n k r r"]:
        """(N, C, R, R) -> (N, K, R, R)."""
        return self.conv(F.relu(self.norm(x)))  # type: ignore[no-any-return]


class SAGANGenerator(LatentGenerator):
    """z and class -> picture."""

    def __init__(self, config: SAGANConfig) -> None:
        super().__init__()
        self.config = config
        stages: list[nn.Module] = [SAGANFirst(config)]
        for before, side in zip(config.sides, config.sides[1:], strict=False):
            stages.append(SAGANUpBlock(config.maps(before), config.maps(side), config))
            if side == config.attention:
                stages.append(SAGANAttention(config.maps(side), config))
        self.layers = nn.ModuleList([*stages, SAGANOutput(config)])
        init_xavier(self)

    def forward(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None = None
    ) -> Float[Tensor, "n k r r"]:
        """z (N, z_dim), labels (N, classes) -> pictures (N, K, R, R) from -1 to 1."""
        x = z
        for layer in self.layers:
            x = layer(x, labels)
        return self.picture(x)


class SAGANDownBlock(nn.Module):
    """ReLU, conv, ReLU, conv, 2x2 mean, beside a 1x1 convolution; the first begins without the ReLU."""

    def __init__(
        self, channels_in: int, channels: int, config: SAGANConfig, *, first: bool
    ) -> None:
        super().__init__()
        self.first = first
        self.conv0 = SpectralConv2d(channels_in, channels, 3, config.spectral)
        self.conv1 = SpectralConv2d(channels, channels, 3, config.spectral)
        self.skip = SpectralConv2d(channels_in, channels, 1, config.spectral)

    def forward(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n c h//2 w//2"]:
        """(N, C_in, H, W) -> (N, C, H/2, W/2)."""
        h = self.conv1(F.relu(self.conv0(x if self.first else F.relu(x))))
        return downscale(h + self.skip(x))


class SAGANDiscriminator(nn.Module):
    """Picture and class -> score: sum-pooled features, linear plus projection on the class."""

    def __init__(self, config: SAGANConfig) -> None:
        super().__init__()
        self.config = config
        sides = config.sides[::-1]
        widths = [config.img_channels, *map(config.maps, sides[1:])]
        self.blocks = nn.ModuleList(
            SAGANDownBlock(before, after, config, first=index == 0)
            for index, (before, after) in enumerate(zip(widths, widths[1:], strict=False))
        )
        self.at = sides[1:].index(config.attention) if config.attention else -1
        self.attention = (
            SelfAttention(config.maps(config.attention), config.spectral)
            if config.attention
            else None
        )
        self.head = ProjectionHead(widths[-1], config.label_size, config.spectral)
        init_xavier(self)

    def forward(
        self,
        image: Float[Tensor, "n k r r"],
        labels: Float[Tensor, "n classes"] | None = None,
        batches: int = 1,
    ) -> Float[Tensor, " n"]:
        """Scores (N,); `batches` changes nothing, pictures do not meet in D."""
        x = image
        for index, block in enumerate(self.blocks):
            x = block(x)
            if self.attention is not None and index == self.at:
                x = self.attention(x)
        score: Tensor = self.head(x, labels)
        return score


def init_xavier(network: nn.Module) -> None:
    """Xavier-uniform weights for every layer with spectral norm."""
    for layer in network.modules():
        if isinstance(layer, SpectralConv2d | SpectralLinear) and not layer.weight.is_meta:
            nn.init.xavier_uniform_(layer.weight)


class SAGANStages(LatentStages):
    """The stage chain of a `SAGANGenerator`: blocks take the class, attention its factor."""

    def __init__(self, generator: SAGANGenerator) -> None:
        super().__init__(generator, sagan_layers(generator.config), generator.config)

    def style_matrix(self, stage: int) -> Float[Tensor, "rows w"] | None:
        """The first dense layer's weights, (rows, z_dim)."""
        first = self.module.layers[0]
        assert isinstance(first, SAGANFirst)
        return None if stage else first.dense.weight.detach()

    def attention(
        self, stage: int, features: Float[Tensor, "n c r r"]
    ) -> Float[Tensor, "n r*r r*r//4"]:
        """Where each position looks; raises `LookupError` for any other stage."""
        return self._attention(stage).attention(features)

    def gamma(self, stage: int) -> float:
        """The trained strength of self-attention; raises `LookupError` for any other stage."""
        return float(self._attention(stage).gamma)

    def run_stage(
        self, stage: int, features: Float[Tensor, "n i _ _"] | None, condition: Condition
    ) -> Float[Tensor, "n c r r"]:
        """One layer: (N, C_in, ., .), or the first stage's z (N, z_dim) -> (N, C, r, r)."""
        x = features if stage else condition.style
        assert x is not None
        if self._layers[stage].attention:
            return self._attention(stage)(x, condition.attention)  # type: ignore[no-any-return]
        output: Tensor = self.module.layers[stage](x, condition.style if stage else None)
        return output

    def _attention(self, stage: int) -> SelfAttention:
        layer = self.module.layers[stage]
        if not isinstance(layer, SAGANAttention):
            raise LookupError(stage)
        return layer.attend


def sagan_layers(config: SAGANConfig) -> tuple[Layer, ...]:
    """The layers: 4x4/dense, 8x8/block, ..., attention, and the output."""
    names: list[tuple[int, str]] = [(4, "dense")]
    for side in config.sides[1:]:
        names.append((side, "block"))
        if side == config.attention:
            names.append((side, "attention"))
    names.append((config.resolution, "output"))
    return tuple(_layer(index, side, kind, config) for index, (side, kind) in enumerate(names))


def _layer(index: int, side: int, kind: str, config: SAGANConfig) -> Layer:
    return Layer(
        index,
        f"{side}x{side}/{kind}",
        side,
        noise=False,
        style=index == 0,
        classes=kind == "block" and config.label_size > 0,
        attention=kind == "attention",
        channels=config.img_channels if kind == "output" else config.maps(side),
    )


def sagan_capabilities(config: SAGANConfig, classes: Sequence[str]) -> Capabilities:
    """What a SAGAN of this shape can do."""
    return latent_capabilities("sagan", config, sagan_layers(config), tuple(classes))
