"""The StyleGAN2 of lucidrains' stylegan2-pytorch, which goes ways of its own (after Karras et al. 2020).

One style a block serves both its convolutions and its toRGB. Features are doubled bilinearly before a
block, one uniform noise picture is cropped for all of them and painted by a dense layer for each pixel, and
the summed-up picture, from 0 to 1, is blurred each time it is doubled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from ganlab_core.networks.condition import Condition, WithoutAttention
from ganlab_core.networks.layers import LRELU_SLOPE, check_resolution, check_sizes, normal
from ganlab_core.recipe import Capabilities, Layer

MAPPING_RATE = 0.1
"""Learning rate multiplier of the mapping network."""


@dataclass(frozen=True, slots=True)
class LucidConfig:
    """Shape of such a network.

    Attributes
    ----------
    resolution
        Output side in pixels, a power of two, 8 to 1024.
    channel_list
        Feature maps of the constant, then of 4 px, 8 px, ...
    z_dim
        Size of the latent and of the style vector.
    mapping_layers
        Depth of the mapping network.
    img_channels
        Of a picture: 3 colours, 4 colours and their opacity.
    label_size
        0; there are no classes.
    """

    resolution: int
    channel_list: tuple[int, ...]
    z_dim: int = 512
    mapping_layers: int = 8
    img_channels: int = 3
    label_size: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "channel_list", tuple(self.channel_list))

    def check(self) -> None:
        """Raise `ValueError` for sizes from which no network could or should be built."""
        check_sizes(self.z_dim, *self.channel_list)
        check_resolution(self.resolution)
        if not 0 <= self.mapping_layers <= 64 or self.img_channels not in (1, 3, 4):
            raise ValueError("absurd size")
        if self.label_size or len(self.channel_list) != self.blocks + 1:
            raise ValueError("channel_list has another length than the network")

    @property
    def blocks(self) -> int:
        """How many there are, from 4 px on."""
        return self.resolution.bit_length() - 2


class LucidMapping(nn.Module):
    """f: Z -> W from the direction of z alone."""

    def __init__(self, config: LucidConfig) -> None:
        super().__init__()
        size = config.z_dim
        self.dense = nn.ModuleList(nn.Linear(size, size) for _ in range(config.mapping_layers))

    def forward(self, z: Float[Tensor, "n z"]) -> Float[Tensor, "n z"]:
        """z (N, z_dim) -> w (N, z_dim)."""
        w = F.normalize(z, dim=1)
        for layer in self.dense:
            w = F.leaky_relu(layer(w) * MAPPING_RATE, LRELU_SLOPE)
        return w


class LucidConv(nn.Module):
    """A convolution whose weights are scaled by 1 + style, then demodulated unless it paints colours."""

    def __init__(self, size: int, features: int, channels: int, kernel: int) -> None:
        super().__init__()
        self.style = nn.Linear(size, features)
        self.weight = nn.Parameter(normal(channels, features, kernel, kernel))

    def forward(self, x: Float[Tensor, "n i h w"], w: Float[Tensor, "n d"]) -> Tensor:
        """(N, I, H, W) and w (N, d) -> (N, O, H, W)."""
        style, kernel = self.style(w) + 1.0, self.weight.shape[2]
        y = F.conv2d(x * style[:, :, None, None].to(x.dtype), self.weight, padding=kernel // 2)
        if kernel == 1:
            return y
        energy = (style.square()[:, None] * self.weight.square().sum(dim=(2, 3))).sum(dim=2)
        return y * torch.rsqrt(energy + 1e-8)[:, :, None, None].to(y.dtype)


class LucidBlock(nn.Module):
    """Two convolutions with noise, and a toRGB, all under one style."""

    def __init__(self, config: LucidConfig, index: int) -> None:
        super().__init__()
        before, after = config.channel_list[index : index + 2]
        self.conv1 = LucidConv(config.z_dim, before, after, 3)
        self.conv2 = LucidConv(config.z_dim, after, after, 3)
        self.noise1 = nn.Linear(1, after)
        self.noise2 = nn.Linear(1, after)
        self.to_rgb = LucidConv(config.z_dim, after, config.img_channels, 1)

    def convolved(
        self, second: bool, x: Tensor, w: Tensor, noise: Float[Tensor, "#n 1 r r"] | None
    ) -> Float[Tensor, "n c r r"]:
        """The first or second convolution with its noise, a standard normal map; None is its mean."""
        conv, paint = (self.conv2, self.noise2) if second else (self.conv1, self.noise1)
        x = conv(x, w)
        even = torch.full((1, 1, 1, 1), 0.5, device=x.device) if noise is None else uniform(noise)
        painted = even * paint.weight[:, 0, None, None] + paint.bias[:, None, None]
        return F.leaky_relu(x + painted.to(x.dtype), LRELU_SLOPE)


def uniform(noise: Tensor) -> Tensor:
    """Standard normal numbers as uniform ones of 0 to 1, which this network was trained with."""
    return 0.5 * (1.0 + torch.erf(noise * math.sqrt(0.5)))


def as_normal(noise: Tensor) -> Tensor:
    """Uniform numbers of 0 to 1 as standard normal ones."""
    return torch.erfinv(2.0 * noise.clamp(1e-6, 1.0 - 1e-6) - 1.0) * math.sqrt(2.0)


def doubled(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c 2*h 2*w"]:
    """Bilinear x2."""
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def blurred_twice(image: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c 2*h 2*w"]:
    """Bilinear x2, then [1 2 1] in both directions, mirrored at the border."""
    x, channels = F.pad(doubled(image), (1, 1, 1, 1), mode="reflect"), image.shape[1]
    taps = torch.tensor([0.25, 0.5, 0.25], dtype=x.dtype, device=x.device)
    kernel = (taps[:, None] * taps).expand(channels, 1, 3, 3)
    return F.conv2d(x, kernel, groups=channels)


class LucidGenerator(nn.Module):
    """Mapping and blocks together, with the mean of W that truncation leans on."""

    w_avg: Tensor
    noise: Tensor

    def __init__(self, config: LucidConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channel_list[0]
        self.mapping = LucidMapping(config)
        self.const = nn.Parameter(normal(1, channels, 4, 4))
        self.start = nn.Conv2d(channels, channels, 3, padding=1)
        self.blocks = nn.ModuleList(LucidBlock(config, index) for index in range(config.blocks))
        self.register_buffer("w_avg", torch.zeros(config.z_dim))
        self.register_buffer("noise", normal(1, 1, config.resolution, config.resolution))


class LucidStages(WithoutAttention):
    """The stage chain: the start, then two convolutions and a toRGB of each block.

    A stage's tensor is the features with the picture so far behind them.
    """

    def __init__(self, generator: LucidGenerator) -> None:
        self.module = generator
        self._colours = generator.config.img_channels
        self.stage_names = tuple(layer.name for layer in lucid_layers(generator.config))

    @property
    def truncation_centre(self) -> Float[Tensor, " d"]:
        """The mean of W, (z_dim,)."""
        return self.module.w_avg

    def channels(self, resolution: int) -> int:
        """The features and the picture that a toRGB stage gives."""
        return self.module.config.channel_list[resolution.bit_length() - 2] + self._colours

    def map(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n w"]:
        """z (N, z_dim) -> w (N, z_dim)."""
        w: Tensor = self.module.mapping(z)
        return w

    def stage_style(
        self, stage: int, vector: Float[Tensor, "n w"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n d"] | None:
        """All but the start take w whole."""
        return vector if stage else None

    def style_matrix(self, stage: int) -> Float[Tensor, "rows w"] | None:
        """The weights from w to the scales of features, (C, z_dim); None of the start."""
        if not stage:
            return None
        part = ("conv1", "conv2", "to_rgb")[(stage - 1) % 3]
        weight: Tensor = self._block(stage).get_parameter(f"{part}.style.weight")
        return weight

    def place(self, name: str) -> int:
        """The resolution whose stages a weight belongs to, in pixels; 0 = it comes before them."""
        part, index, *_ = [*name.split("."), ""]
        if part in ("const", "start"):
            return 4
        return 4 << int(index) if part == "blocks" else 0  # one picture of noise for all stages

    def stored_noise(self, stage: int) -> Float[Tensor, "1 1 r r"]:
        """The kept picture of noise, cropped as every block crops it."""
        side = 4 << max(0, (stage - 1) // 3)
        return self.module.noise[:, :, :side, :side]

    def run_stage(
        self, stage: int, features: Float[Tensor, "n i _ _"] | None, condition: Condition
    ) -> Float[Tensor, "n c r r"]:
        """One convolution or toRGB; the first stage takes None."""
        if features is None:
            start: Tensor = self.module.start(self.module.const)
            return start
        block, kind, w = self._block(stage), (stage - 1) % 3, condition.style
        assert w is not None
        x, image = self._parted(stage, features)
        if kind == 0 and stage > 1:
            x = doubled(x)
            image = None if image is None else blurred_twice(image)
        if kind < 2:
            x = block.convolved(kind == 1, x, w, condition.noise)
        else:
            part = block.to_rgb(x, w)
            image = part if image is None else image + part
        return x if image is None else torch.cat([x, image], dim=1)

    def _parted(self, stage: int, features: Tensor) -> tuple[Tensor, Tensor | None]:
        """Features and the picture so far, which the first block has none of."""
        if stage < 4:
            return features, None
        return features[:, : -self._colours], features[:, -self._colours :]

    def _block(self, stage: int) -> LucidBlock:
        block = self.module.blocks[(stage - 1) // 3]
        assert isinstance(block, LucidBlock)
        return block

    def reads(self, resolution: int) -> bool:
        """Every resolution has added its part to the picture."""
        return True

    def to_rgb(
        self, resolution: int, features: Float[Tensor, "n c r r"]
    ) -> Float[Tensor, "n k r r"]:
        """The picture summed up to `resolution`, (N, C, r, r), from 0..1 brought to about -1..1."""
        return features[:, -self._colours :] * 2.0 - 1.0

    def to_uint8(self, image: Float[Tensor, "*shape"]) -> UInt8[Tensor, "*shape"]:
        """As published: of 0..1, rounded, saturated."""
        return (image * 127.5 + 128.0).clamp(0.0, 255.0).to(torch.uint8)


def lucid_layers(config: LucidConfig) -> tuple[Layer, ...]:
    """4x4/start, 4x4/conv1, 4x4/conv2, 4x4/torgb, 8x8/conv1, ..."""
    layers = [
        Layer(
            0, "4x4/start", 4, noise=False, style=False, channels=config.channel_list[0], w_plus=0
        )
    ]
    for block in range(config.blocks):
        side, channels = 4 << block, config.channel_list[block + 1]
        for kind in ("conv1", "conv2", "torgb"):
            name, noisy = f"{side}x{side}/{kind}", kind != "torgb"
            index = len(layers)
            layers.append(Layer(index, name, side, noise=noisy, channels=channels, w_plus=block))
    return tuple(layers)


def lucid_capabilities(config: LucidConfig, classes: tuple[str, ...]) -> Capabilities:
    """What such a network can do."""
    return Capabilities(
        architecture="stylegan2-lucid",
        resolution=config.resolution,
        layers=lucid_layers(config),
        classes=classes,
        z_dim=config.z_dim,
        w_dim=config.z_dim,
        has_w=True,
        has_noise=True,
        has_growth=False,
        has_attention=False,
        img_channels=config.img_channels,
    )
