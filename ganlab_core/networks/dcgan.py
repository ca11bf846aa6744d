"""DCGAN (Radford, Metz & Chintala 2016), and the critics that WGAN put in its place.

All convolutional: strides instead of pooling, batch norm in both networks but for G's last and D's first
layer, ReLU in G, leaky ReLU in D (sec. 3). WGAN (Arjovsky et al. 2017) trains the same two networks by
another loss, D's weights clipped to a box. WGAN-GP (Gulrajani et al. 2017) penalises its gradient instead,
which speaks of one picture, so that pictures may not meet in D: its batch norm becomes layer norm (sec. 4).

z is standard normal, as in WGAN; DCGAN drew it uniformly from -1..1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ganlab_core.networks.latent_stages import (
    LatentGenerator,
    LatentStages,
    latent_capabilities,
)
from ganlab_core.networks.layers import LRELU_SLOPE, added, check_colours, check_sizes
from ganlab_core.recipe import Capabilities, Layer

WIDEST = 16
"""Most units `channels` that a layer is wide."""

NORMS = ("batch", "layer", "none")
DEVIATION = 0.02
"""Of the weights that training begins with (sec. 4)."""


@dataclass(frozen=True, slots=True)
class DCGANConfig:
    """Shape of a DCGAN; the paper's at 64 px has 128 channels.

    Attributes
    ----------
    resolution
        Output side in pixels, a power of two from 8 to 256.
    channels
        Feature maps at half the resolution; each halving of the side doubles them, up to 16 times.
    z_dim
        Size of the latent.
    label_size
        0: a DCGAN knows no classes.
    critic_norm
        What normalises D's layers: `"batch"` (DCGAN, WGAN), `"layer"` (WGAN-GP) or `"none"`.
    img_channels
        Of a picture: 1 grey, 3 colours, 4 colours and their opacity.
    """

    resolution: int = 64
    channels: int = 128
    z_dim: int = 100
    label_size: int = 0
    critic_norm: str = "batch"
    img_channels: int = added(3)

    def check(self) -> None:
        """Raise `ValueError` for sizes from which no network could or should be built."""
        if self.resolution not in (8, 16, 32, 64, 128, 256):
            raise ValueError("impossible resolution")
        if self.label_size != 0 or self.critic_norm not in NORMS:
            raise ValueError("no such DCGAN")
        check_colours(self.img_channels)
        check_sizes(self.z_dim, *(self.maps(side) for side in self.sides))

    @property
    def sides(self) -> tuple[int, ...]:
        """4, 8, ..., the resolution."""
        return tuple(2**level for level in range(2, self.resolution.bit_length()))

    def maps(self, side: int) -> int:
        """Feature maps of this side in both networks; a picture has its channels."""
        if side == self.resolution:
            return self.img_channels
        return self.channels * min(WIDEST, self.resolution // (2 * side))


class FractionalConv(nn.Module):
    """A fractionally-strided 4x4 convolution, then batch norm and ReLU; the last one has neither."""

    def __init__(self, channels_in: int, channels: int, *, first: bool, last: bool) -> None:
        super().__init__()
        stride, padding = (1, 0) if first else (2, 1)
        self.conv = nn.ConvTranspose2d(channels_in, channels, 4, stride, padding, bias=False)
        self.norm = None if last else nn.BatchNorm2d(channels)

    def forward(self, x: Float[Tensor, "n i *place"]) -> Float[Tensor, "n c r r"]:
        """z (N, z_dim) -> (N, C, 4, 4), or (N, C_in, r, r) -> (N, C, 2r, 2r)."""
        x = self.conv(x[:, :, None, None] if x.ndim == 2 else x)
        return x if self.norm is None else torch.relu(self.norm(x))


class DCGANGenerator(LatentGenerator):
    """z -> picture (fig. 1)."""

    def __init__(self, config: DCGANConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.z_dim, *map(config.maps, config.sides)]
        last = len(config.sides) - 1
        self.layers = nn.ModuleList(
            FractionalConv(before, after, first=index == 0, last=index == last)
            for index, (before, after) in enumerate(zip(widths, widths[1:], strict=False))
        )
        init_normal(self)


class StridedConv(nn.Module):
    """A 4x4 convolution of stride 2, D's norm, leaky ReLU; the first one has no norm."""

    def __init__(self, channels_in: int, channels: int, norm: str) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels, 4, 2, 1, bias=norm == "none")
        self.norm: nn.Module = nn.Identity()
        if norm == "batch":
            self.norm = nn.BatchNorm2d(channels)
        elif norm == "layer":  # over all maps and places of one picture
            self.norm = nn.GroupNorm(1, channels)

    def forward(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n c h//2 w//2"]:
        """(N, C_in, H, W) -> (N, C, H/2, W/2)."""
        return nn.functional.leaky_relu(self.norm(self.conv(x)), LRELU_SLOPE)


class DCGANDiscriminator(nn.Module):
    """Picture -> score: the sigmoid's argument, or what a WGAN's critic says."""

    def __init__(self, config: DCGANConfig) -> None:
        super().__init__()
        self.config = config
        sides = config.sides[::-1]
        pairs = zip(sides, sides[1:], strict=False)
        self.blocks = nn.ModuleList(
            StridedConv(config.maps(a), config.maps(b), config.critic_norm if index else "none")
            for index, (a, b) in enumerate(pairs)
        )
        self.score = nn.Conv2d(config.maps(4), 1, 4)
        init_normal(self)

    def forward(
        self,
        image: Float[Tensor, "n k r r"],
        labels: Float[Tensor, "n classes"] | None = None,
        batches: int = 1,
    ) -> Float[Tensor, " n"]:
        """Scores (N,); batch norm looks at each of `batches` equal batches by itself."""
        return torch.cat([self._scores(part) for part in image.chunk(batches)])

    def _scores(self, x: Float[Tensor, "n k r r"]) -> Float[Tensor, " n"]:
        for block in self.blocks:
            x = block(x)
        scores: Tensor = self.score(x)
        return scores[:, 0, 0, 0]


def init_normal(network: nn.Module) -> None:
    """Weights from N(0, 0.02^2), gains of batch norms from N(1, 0.02^2), no biases."""
    for layer in network.modules():
        weight = getattr(layer, "weight", None)
        if not isinstance(weight, Tensor) or weight.is_meta:
            continue
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(weight, 1.0, DEVIATION)
        elif isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(weight, 0.0, DEVIATION)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


class DCGANStages(LatentStages):
    """The stage chain of a `DCGANGenerator`."""

    def __init__(self, generator: DCGANGenerator) -> None:
        super().__init__(generator, dcgan_layers(generator.config), generator.config)


def dcgan_layers(config: DCGANConfig) -> tuple[Layer, ...]:
    """The layers: 4x4/conv, 8x8/conv, ..., and the one that is the picture."""
    return tuple(
        Layer(
            index, f"{side}x{side}/conv", side,
            noise=False, style=index == 0, channels=config.maps(side),
        )
        for index, side in enumerate(config.sides)
    )  # fmt: skip


def dcgan_capabilities(config: DCGANConfig, classes: tuple[str, ...]) -> Capabilities:
    """What a DCGAN of this shape can do."""
    return latent_capabilities("dcgan", config, dcgan_layers(config), classes)
