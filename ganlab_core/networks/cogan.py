"""CoGAN (Liu & Tuzel 2016): one latent, one picture in every domain, and no pairs to learn from.

A GAN for each domain, whose generators share their first layers, which decide what is drawn, and whose
discriminators share their last ones, which judge it; only the layers next to the picture are a
domain's own (sec. 3, fig. 1). Sharing alone makes the networks learn a joint distribution from
samples of the marginal ones: no picture is ever shown beside its counterpart.

Layers are DCGAN's with the paper's parametric ReLU (sec. 4). The domain is said as a class is, so that
the desk shows one z in any domain, and between two. Batch norm of shared layers sees all domains.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ganlab_core.networks.condition import Condition
from ganlab_core.networks.latent_stages import (
    LatentGenerator,
    LatentStages,
    latent_capabilities,
)
from ganlab_core.networks.layers import PerDomain, check_counts, check_sizes, init_convolutions
from ganlab_core.recipe import Capabilities, Layer

WIDEST = 16
"""Most units `channels` that a layer is wide."""


@dataclass(frozen=True, slots=True)
class CoGANConfig:
    """Shape of a CoGAN.

    Attributes
    ----------
    resolution
        Output side in pixels, a power of two from 8 to 128.
    channels
        Feature maps at half the resolution; each halving of the side doubles them, up to 16 times.
    z_dim
        Size of the latent.
    label_size
        Number of domains, at least 2.
    own_layers
        How many layers next to the picture each domain has for itself, in G and in D.
    """

    resolution: int = 32
    channels: int = 16
    z_dim: int = 100
    label_size: int = 2
    own_layers: int = 2

    def check(self) -> None:
        """Raise `ValueError` for sizes from which no network could or should be built."""
        if self.resolution not in (8, 16, 32, 64, 128):
            raise ValueError("impossible resolution")
        if self.label_size < 2:
            raise ValueError("a CoGAN has at least two domains")
        if not 1 <= self.own_layers < len(self.sides):
            raise ValueError("impossible number of own layers")
        check_counts(self.label_size)
        check_sizes(self.z_dim, *(self.maps(side) for side in self.sides))

    @property
    def img_channels(self) -> int:
        """Three colours."""
        return 3

    @property
    def sides(self) -> tuple[int, ...]:
        """4, 8, ..., the resolution."""
        return tuple(2**level for level in range(2, self.resolution.bit_length()))

    def maps(self, side: int) -> int:
        """Feature maps of this side in both networks; a picture has 3."""
        if side == self.resolution:
            return 3
        return self.channels * min(WIDEST, self.resolution // (2 * side))


class CoFractionalConv(nn.Module):
    """A fractionally-strided 4x4 convolution, batch norm and PReLU; the last one has neither."""

    def __init__(self, channels_in: int, channels: int, *, first: bool, last: bool) -> None:
        super().__init__()
        stride, padding = (1, 0) if first else (2, 1)
        self.conv = nn.ConvTranspose2d(channels_in, channels, 4, stride, padding, bias=False)
        self.norm = None if last else nn.BatchNorm2d(channels)
        self.slope = None if last else nn.PReLU()

    def forward(self, x: Float[Tensor, "n i *place"]) -> Float[Tensor, "n c r r"]:
        """z (N, z_dim) -> (N, C, 4, 4), or (N, C_in, r, r) -> (N, C, 2r, 2r)."""
        x = self.conv(x[:, :, None, None] if x.ndim == 2 else x)
        if self.norm is None or self.slope is None:
            return x
        return self.slope(self.norm(x))  # type: ignore[no-any-return]


class CoGANGenerator(LatentGenerator):
    """z and a domain -> picture: g_i(z) = g_i^(m)(... g^(1)(z)), the first layers the same for all i."""

    def __init__(self, config: CoGANConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.z_dim, *map(config.maps, config.sides)]
        last = len(config.sides) - 1
        layers: list[nn.Module] = []
        for index, (before, after) in enumerate(zip(widths, widths[1:], strict=False)):

            def one(b: int = before, a: int = after, i: int = index) -> nn.Module:
                return CoFractionalConv(b, a, first=i == 0, last=i == last)

            own = index > last - config.own_layers
            layers.append(PerDomain(one, config.label_size) if own else one())
        self.layers = nn.ModuleList(layers)
        init_convolutions(self)

    def forward(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None = None
    ) -> Float[Tensor, "n 3 r r"]:
        """z (N, z_dim), domain weights (N, domains) -> pictures (N, 3, R, R) from -1 to 1."""
        x = z
        for layer in self.layers:
            x = layer(x, domain_weights(z, labels, self.config)) if _own(layer) else layer(x)
        return self.picture(x)


class CoStridedConv(nn.Module):
    """A 4x4 convolution of stride 2, batch norm and PReLU; the first one has no norm."""

    def __init__(self, channels_in: int, channels: int, *, first: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels, 4, 2, 1, bias=first)
        self.norm = None if first else nn.BatchNorm2d(channels)
        self.slope = nn.PReLU()

    def forward(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n c h//2 w//2"]:
        """(N, C_in, H, W) -> (N, C, H/2, W/2)."""
        x = self.conv(x)
        return self.slope(x if self.norm is None else self.norm(x))  # type: ignore[no-any-return]


class CoGANDiscriminator(nn.Module):
    """Picture of a domain -> score; the layers behind the first ones are the same for all domains."""

    def __init__(self, config: CoGANConfig) -> None:
        super().__init__()
        self.config = config
        sides = config.sides[::-1]
        blocks: list[nn.Module] = []
        for index, (side, below) in enumerate(zip(sides, sides[1:], strict=False)):

            def one(a: int = side, b: int = below, i: int = index) -> nn.Module:
                return CoStridedConv(config.maps(a), config.maps(b), first=i == 0)

            own = index < config.own_layers
            blocks.append(PerDomain(one, config.label_size) if own else one())
        self.blocks = nn.ModuleList(blocks)
        self.score = nn.Conv2d(config.maps(4), 1, 4)
        init_convolutions(self)

    def forward(
        self,
        image: Float[Tensor, "n 3 r r"],
        labels: Float[Tensor, "n classes"] | None = None,
        batches: int = 1,
    ) -> Float[Tensor, " n"]:
        """Scores (N,); batch norm looks at each of `batches` equal batches by itself."""
        weights = domain_weights(image, labels, self.config)
        pairs = zip(image.chunk(batches), weights.chunk(batches), strict=True)
        return torch.cat([self._scores(x, y) for x, y in pairs])

    def _scores(self, x: Float[Tensor, "n 3 r r"], y: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        for block in self.blocks:
            x = block(x, y) if _own(block) else block(x)
        scores: Tensor = self.score(x)
        return scores[:, 0, 0, 0]


def domain_weights(
    like: Float[Tensor, "n ..."], labels: Float[Tensor, "n classes"] | None, config: CoGANConfig
) -> Float[Tensor, "n classes"]:
    """The weights of the domains, (N, domains); the first domain where none is named."""
    if labels is not None:
        return labels
    weights = like.new_zeros(len(like), config.label_size)
    weights[:, 0] = 1.0
    return weights


def _own(layer: nn.Module) -> bool:
    return isinstance(layer, PerDomain)


class CoGANStages(LatentStages):
    """The stage chain of a `CoGANGenerator`: the last layers take the domain."""

    def __init__(self, generator: CoGANGenerator) -> None:
        super().__init__(generator, cogan_layers(generator.config), generator.config)

    def run_stage(
        self, stage: int, features: Float[Tensor, "n i _ _"] | None, condition: Condition
    ) -> Float[Tensor, "n c r r"]:
        """One layer: (N, C_in, ., .), or the first stage's z (N, z_dim) -> (N, C, r, r)."""
        x = features if stage else condition.style
        assert x is not None
        layer = self.module.layers[stage]
        output: Tensor = layer(x, condition.style) if _own(layer) else layer(x)
        return output


def cogan_layers(config: CoGANConfig) -> tuple[Layer, ...]:
    """The layers: 4x4/shared, 8x8/shared, ..., and those that are a domain's own."""
    count = len(config.sides)
    return tuple(
        Layer(
            index,
            f"{side}x{side}/{'own' if index >= count - config.own_layers else 'shared'}",
            side,
            noise=False,
            style=index == 0,
            classes=index >= count - config.own_layers,
            channels=config.maps(side),
        )
        for index, side in enumerate(config.sides)
    )


def cogan_capabilities(config: CoGANConfig, classes: tuple[str, ...]) -> Capabilities:
    """What a CoGAN of this shape can do."""
    return latent_capabilities("cogan", config, cogan_layers(config), classes)
