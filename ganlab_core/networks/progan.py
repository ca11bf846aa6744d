"""ProGAN (Karras, Aila, Laine & Lehtinen 2018, "Progressive Growing of GANs").

The generator turns a normalised latent into 4 px features and doubles their side block by block, the
discriminator mirrors it; both begin at 4 px and grow (sec. 2, table 2). `growth` is log2 of the
resolution reached: 4.37 means that the 32 px block is faded in by alpha = 0.37.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from ganlab_core.networks.condition import Condition, WithoutAttention
from ganlab_core.networks.layers import (
    LRELU_SLOPE,
    RELU_GAIN,
    DownscaleConv2d,
    EqualizedConv2d,
    EqualizedLinear,
    UpscaleConv2d,
    added,
    check_colours,
    check_counts,
    check_decay,
    check_resolution,
    check_sizes,
    downscale,
    leaky_relu,
    minibatch_stddev,
    pixel_norm,
    split_growth,
    upscale,
)
from ganlab_core.recipe import Capabilities, Layer


@dataclass(frozen=True, slots=True)
class ProGANConfig:
    """Shape of a ProGAN; the defaults are the published ones.

    Attributes
    ----------
    resolution
        Output side in pixels, a power of two, 4 to 1024.
    fmap_base, fmap_decay, fmap_max
        Channels of stage s are min(int(fmap_base / 2^(s * fmap_decay)), fmap_max); the block at
        2^r px uses stage r - 1.
    z_dim
        Size of the latent.
    label_size
        Number of classes; 0 = unconditional.
    fused
        Whether up- and down-scaling are one operation with their convolution. It changes pictures: the
        fused kinds read the kernel mirrored (G), and down-scale before the activation (D).
    mbstd_group_size
        Samples per group of the minibatch standard deviation; 0 or 1 = none.
    mbstd_grouping
        `"strided"` as published, or `"consecutive"` as in the PyTorch GAN zoo.
    channel_list
        Feature maps of stage 1, then of 4 px, 8 px, ...; empty = by the formula above.
    normalize_latents
        Whether the generator begins with a pixel norm over z and labels together.
    normalize_z_first
        Whether z has a pixel norm of its own before the labels join it, as in genforce.
    normalize_features
        Whether every layer of the generator ends with a pixel norm.
    epsilon
        What the pixel norm adds to the mean square.
    slope
        Of the leaky ReLU; 0 = ReLU.
    dense_bias
        The first layer's bias is one `"per map"` as published, or one `"per pixel"` of each map as in
        the PyTorch GAN zoo.
    normalize_first
        Whether the first layer ends with a pixel norm as well.
    img_channels
        Of a picture: 1 grey, 3 colours, 4 colours and their opacity.
    """

    resolution: int = 1024
    fmap_base: int = 8192
    fmap_decay: float = 1.0
    fmap_max: int = 512
    z_dim: int = 512
    label_size: int = 0
    fused: bool = True
    mbstd_group_size: int = 4
    mbstd_grouping: str = "strided"
    channel_list: tuple[int, ...] = ()
    normalize_latents: bool = True
    normalize_z_first: bool = False
    normalize_features: bool = True
    epsilon: float = 1e-8
    slope: float = LRELU_SLOPE
    dense_bias: str = "per map"
    normalize_first: bool = added(True)
    img_channels: int = added(3)

    def __post_init__(self) -> None:
        object.__setattr__(self, "channel_list", tuple(self.channel_list))

    def check(self) -> None:
        """Raise `ValueError` for sizes from which no network could or should be built."""
        check_resolution(self.resolution)
        if self.channel_list and len(self.channel_list) != self.levels:
            raise ValueError("channel_list has another length than the network")
        check_counts(self.label_size, self.mbstd_group_size)
        check_colours(self.img_channels)
        check_decay(self.fmap_decay)
        check_sizes(self.z_dim, *(self.channels(level) for level in range(1, self.levels + 1)))
        if not (0.0 <= self.epsilon <= 1.0 and -1.0 <= self.slope <= 1.0):
            raise ValueError("absurd arithmetic")

    @property
    def levels(self) -> int:
        """Log2 of the resolution."""
        return int(math.log2(self.resolution))

    @property
    def num_layers(self) -> int:
        """Layers of the generator: two per resolution (18 at 1024 px)."""
        return 2 * self.levels - 2

    def channels(self, level: int) -> int:
        """Feature maps of the block at 2^level px."""
        if self.channel_list:
            return self.channel_list[level - 1]
        return min(int(self.fmap_base / 2.0 ** ((level - 1) * self.fmap_decay)), self.fmap_max)


class DenseLayer(nn.Module):
    """The first layer: 4 px features from the latent, then bias, leaky ReLU, pixel norm (table 2)."""

    def __init__(self, config: ProGANConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels(2)
        gain = RELU_GAIN / 4.0  # as if it were a 4x4 convolution with that fan-in
        features = config.z_dim + config.label_size
        self.dense = EqualizedLinear(features, 16 * channels, gain, bias=False)
        per_pixel = config.dense_bias == "per pixel"
        self.bias = nn.Parameter(
            torch.zeros(channels, 4 if per_pixel else 1, 4 if per_pixel else 1)
        )

    def forward(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n c 4 4"]:
        """(N, D) -> (N, C, 4, 4)."""
        x = self.dense(x).unflatten(1, (-1, 4, 4))
        if self.training:  # channels last is fastest with batches; all later layers keep it
            x = x.contiguous(memory_format=torch.channels_last)
        x = x + self.bias.to(x.dtype)
        if not self.config.normalize_first:
            return leaky_relu(x, self.config.slope)
        return activate(x, self.config)


class ConvLayer(nn.Module):
    """A convolution, after an up-scaling where it opens a block; bias, leaky ReLU, pixel norm."""

    def __init__(self, channels_in: int, level: int, config: ProGANConfig, *, up: bool) -> None:
        super().__init__()
        self.config = config
        channels = config.channels(level)
        self.conv: nn.Module = (
            UpscaleConv2d(channels_in, channels, fused=config.fused, bias=True)
            if up
            else EqualizedConv2d(channels_in, channels)
        )

    def forward(self, x: Float[Tensor, "n i _ _"]) -> Float[Tensor, "n c r r"]:
        """(N, C_in, H, W) -> (N, C, r, r)."""
        return activate(self.conv(x), self.config)


def activate(x: Float[Tensor, "n c h w"], config: ProGANConfig) -> Float[Tensor, "n c h w"]:
    """How every layer of the generator ends: leaky ReLU, then pixel norm (sec. 4.2)."""
    x = leaky_relu(x, config.slope)
    return pixel_norm(x, config.epsilon) if config.normalize_features else x


class ProGANGenerator(nn.Module):
    """z and labels -> picture; layers 2k and 2k+1 work at 2^(k+2) px."""

    def __init__(self, config: ProGANConfig) -> None:
        super().__init__()
        self.config = config
        layers: list[nn.Module] = [DenseLayer(config)]
        layers.append(ConvLayer(config.channels(2), 2, config, up=False))
        for level in range(3, config.levels + 1):
            layers.append(ConvLayer(config.channels(level - 1), level, config, up=True))
            layers.append(ConvLayer(config.channels(level), level, config, up=False))
        self.layers = nn.ModuleList(layers)
        self.to_rgb = nn.ModuleList(
            EqualizedConv2d(config.channels(level), config.img_channels, kernel=1, gain=1.0)
            for level in range(2, config.levels + 1)
        )

    def first_matrix(self) -> Float[Tensor, "rows d"]:
        """What `start` is multiplied by first, (16 C, z_dim + label_size)."""
        first = self.layers[0]
        assert isinstance(first, DenseLayer)
        return first.dense.matrix()

    def start(
        self,
        z: Float[Tensor, "n {self.config.z_dim}"],
        labels: Float[Tensor, "n {self.config.label_size}"] | None = None,
    ) -> Float[Tensor, "n {self.config.z_dim+self.config.label_size}"]:
        """What the first layer takes: z with the labels, normalised (appendix A.1).

        Shapes: z (N, z_dim); labels (N, label_size), one-hot or weights, None = zeros
        -> (N, z_dim + label_size).
        """
        config = self.config
        if config.normalize_z_first:
            z = pixel_norm(z, config.epsilon)
        if config.label_size:
            z = torch.cat(
                [z, z.new_zeros(len(z), config.label_size) if labels is None else labels], 1
            )
        return pixel_norm(z, config.epsilon) if config.normalize_latents else z

    def forward(
        self,
        z: Float[Tensor, "n {self.config.z_dim}"],
        labels: Float[Tensor, "n {self.config.label_size}"] | None = None,
        growth: float | None = None,
    ) -> Float[Tensor, "n k r r"]:
        """Picture at the resolution that `growth` has reached (None = the full one).

        Shapes: z (N, z_dim), labels (N, label_size) -> (N, K, r, r), about -1..1.
        """
        level, alpha = split_growth(self.config.levels if growth is None else growth)
        before = x = self.start(z, labels)
        for index in range(2 * level - 2):
            if index == 2 * level - 4:
                before = x
            x = self.layers[index](x)
        image: Tensor = self.to_rgb[level - 2](x)
        if alpha < 1.0:
            old = upscale(self.to_rgb[level - 3](before))
            image = old + (image - old) * alpha
        return image


def consecutive_stddev(x: Float[Tensor, "n c h w"], group_size: int) -> Float[Tensor, "n c+1 h w"]:
    """The GAN zoo's minibatch standard deviation: consecutive groups, unbiased, one extra map.

    The whole batch is one group where its size is no multiple of `group_size`; one sample gets zeros.

    Shapes: (N, C, H, W) -> (N, C + 1, H, W).
    """
    n, _, h, w = x.shape
    group = min(group_size, n)
    group = group if n % group == 0 else n
    if group == 1:
        return torch.cat([x, x.new_zeros(n, 1, h, w)], dim=1)
    variance = x.unflatten(0, (n // group, group)).var(dim=1)
    deviation = (variance + 1e-8).sqrt().mean(dim=(1, 2, 3)).repeat_interleave(group)
    return torch.cat([x, deviation[:, None, None, None].expand(n, 1, h, w)], dim=1)


class ProGANDiscriminatorBlock(nn.Module):
    """Conv, then a convolution and a down-scaling: 2^level px -> 2^(level-1) px."""

    def __init__(self, level: int, config: ProGANConfig) -> None:
        super().__init__()
        self.fused, self.slope = config.fused, config.slope
        here, below = config.channels(level), config.channels(level - 1)
        self.conv0 = EqualizedConv2d(here, here)
        self.conv1 = DownscaleConv2d(here, below) if self.fused else EqualizedConv2d(here, below)

    def forward(self, x: Float[Tensor, "n i r r"]) -> Float[Tensor, "n o r//2 r//2"]:
        """(N, C_level, 2^level, 2^level) -> (N, C_(level-1), 2^(level-1), 2^(level-1))."""
        x = leaky_relu(self.conv1(leaky_relu(self.conv0(x), self.slope)), self.slope)
        return x if self.fused else downscale(x)


class ProGANDiscriminator(nn.Module):
    """The progressively grown critic, with an auxiliary classifier where there are classes."""

    def __init__(self, config: ProGANConfig) -> None:
        super().__init__()
        self.config = config
        self.from_rgb = nn.ModuleList(
            EqualizedConv2d(config.img_channels, config.channels(level), kernel=1)
            for level in range(2, config.levels + 1)
        )
        self.blocks = nn.ModuleList(
            ProGANDiscriminatorBlock(level, config) for level in range(3, config.levels + 1)
        )
        top = config.channels(2)
        self.conv = EqualizedConv2d(top + int(config.mbstd_group_size > 1), top)
        self.dense0 = EqualizedLinear(16 * top, config.channels(1))
        self.dense1 = EqualizedLinear(config.channels(1), 1 + config.label_size, gain=1.0)

    def forward(
        self, image: Float[Tensor, "n k r r"], growth: float | None = None, batches: int = 1
    ) -> Float[Tensor, "n {1+self.config.label_size}"]:
        """Scores, then the classes' logits, of pictures at the resolution that `growth` has reached.

        `batches` says how many equal batches are stacked along N: real and fake pictures can share
        one pass while the minibatch statistics stay within each.

        Shapes: image (N, K, r, r) -> (N, 1 + label_size).
        """
        scores: Tensor = self.dense1(self.features(image, growth, batches))
        return scores

    def features(
        self, image: Float[Tensor, "n k r r"], growth: float | None = None, batches: int = 1
    ) -> Float[Tensor, "n d"]:
        """What the last layer decides by, (N, channels(1)); arguments as of `forward`."""
        level, alpha = split_growth(self.config.levels if growth is None else growth)
        image = image.contiguous(memory_format=torch.channels_last)  # fastest with batches
        x = self._enter(image, level)
        for current in range(level, 2, -1):
            x = self.blocks[current - 3](x)
            if current == level and alpha < 1.0:
                old = self._enter(downscale(image), level - 1)
                x = old + (x - old) * alpha
        x = torch.cat([self._with_stddev(part) for part in x.chunk(batches)])
        x = leaky_relu(self.conv(x), self.config.slope)
        return leaky_relu(self.dense0(x.flatten(1)), self.config.slope)

    def _enter(self, image: Float[Tensor, "n k r r"], level: int) -> Float[Tensor, "n c r r"]:
        """A picture of 2^level px as features, (N, K, r, r) -> (N, C, r, r)."""
        return leaky_relu(self.from_rgb[level - 2](image), self.config.slope)

    def _with_stddev(self, x: Float[Tensor, "n _ h w"]) -> Float[Tensor, "n _ h w"]:
        size = self.config.mbstd_group_size
        if size <= 1:
            return x
        if self.config.mbstd_grouping == "consecutive":
            return consecutive_stddev(x, size)
        return minibatch_stddev(x, size)


class ProGANStages(WithoutAttention):
    """The stage chain of a `Generator`; only the first stage takes z and the classes."""

    def __init__(self, generator: ProGANGenerator) -> None:
        self.module = generator
        self.stage_names = tuple(layer.name for layer in progan_layers(generator.config))

    @property
    def truncation_centre(self) -> Float[Tensor, " d"]:
        """The mean of z, zeros (z_dim,)."""
        return next(self.module.parameters()).new_zeros(self.module.config.z_dim)

    def channels(self, resolution: int) -> int:
        """How many feature maps the layers at `resolution` give."""
        return self.module.config.channels(resolution.bit_length() - 1)

    def map(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n w"]:
        """z as it is, (N, z_dim): there is no W."""
        return z

    def stage_style(
        self, stage: int, vector: Float[Tensor, "n w"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n d"] | None:
        """z with the class weights, normalised, for the first stage; nothing for the others."""
        return None if stage else self.module.start(vector, labels)

    def place(self, name: str) -> int:
        """The resolution whose stages a weight belongs to, in pixels; 0 = it comes before them."""
        kind, index = name.split(".")[:2]
        layers = progan_layers(self.module.config)
        return layers[int(index)].resolution if kind == "layers" else 4 << int(index)

    def style_matrix(self, stage: int) -> Float[Tensor, "rows w"] | None:
        """The first dense layer's weights from z, (rows, z_dim)."""
        if stage:
            return None
        weight: Tensor = self.module.get_parameter("layers.0.dense.weight")
        return weight[:, : self.module.config.z_dim]

    def stored_noise(self, stage: int) -> Float[Tensor, "1 1 r r"]:
        """Raises `LookupError`: no layer adds noise."""
        raise LookupError("A ProGAN adds no noise.")

    def run_stage(
        self, stage: int, features: Float[Tensor, "n i _ _"] | None, condition: Condition
    ) -> Float[Tensor, "n c r r"]:
        """One layer: (N, C_in, ., .), or the first stage's style (N, D) -> (N, C, r, r)."""
        x = features if stage else condition.style
        assert x is not None
        output: Tensor = self.module.layers[stage](x)
        return output

    def reads(self, resolution: int) -> bool:
        """Every resolution has a toRGB."""
        return True

    def to_rgb(
        self, resolution: int, features: Float[Tensor, "n c r r"]
    ) -> Float[Tensor, "n k r r"]:
        """The network's own toRGB at `resolution`, (N, K, r, r)."""
        image: Tensor = self.module.to_rgb[resolution.bit_length() - 3](features)
        return image

    def to_uint8(self, image: Float[Tensor, "*shape"]) -> UInt8[Tensor, "*shape"]:
        """As published: 127.5 x + 127.5, rounded to even and saturated."""
        return (image * 127.5 + 127.5).round().clamp(0.0, 255.0).to(torch.uint8)


def progan_layers(config: ProGANConfig) -> tuple[Layer, ...]:
    """The layers by the paper's names: 4x4/dense, 4x4/conv, 8x8/conv0, 8x8/conv1, ..."""
    found = []
    for index in range(config.num_layers):
        side = 2 ** (index // 2 + 2)
        kind = ("dense", "conv")[index] if index < 2 else f"conv{index % 2}"
        found.append(
            Layer(
                index,
                f"{side}x{side}/{kind}",
                side,
                noise=False,
                style=index == 0,
                classes=index == 0 and config.label_size > 0,
                channels=config.channels(index // 2 + 2),
            )
        )
    return tuple(found)


def progan_capabilities(config: ProGANConfig, classes: tuple[str, ...]) -> Capabilities:
    """What a ProGAN of this shape can do."""
    return Capabilities(
        architecture="progan",
        resolution=config.resolution,
        layers=progan_layers(config),
        classes=classes,
        z_dim=config.z_dim,
        w_dim=0,
        has_w=False,
        has_noise=False,
        has_growth=True,
        has_attention=False,
        has_truncation=False,
        has_mixing=False,
        img_channels=config.img_channels,
    )
