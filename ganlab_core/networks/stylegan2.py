"""StyleGAN2 (Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN").

The style no longer normalises features but scales the convolution's weights, which are then divided by
the deviation they would give (weight demodulation, sec. 2.2). Nothing grows: every resolution adds its
part to one picture (skip connections, sec. 4.1), while the discriminator is residual.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from ganlab_core.networks.condition import Condition, WithoutAttention
from ganlab_core.networks.layers import (
    LARGEST_SIZE,
    LRELU_SLOPE,
    RELU_GAIN,
    EqualizedConv2d,
    EqualizedLinear,
    added,
    check_counts,
    check_resolution,
    check_sizes,
    downscaled,
    downscaling_conv,
    minibatch_stddev,
    normal,
    pixel_norm,
    upscaled,
    upscaling_conv,
)
from ganlab_core.recipe import Capabilities, Layer


@dataclass(frozen=True, slots=True)
class StyleGAN2Config:
    """Shape of a StyleGAN2; the defaults are those of the published config F.

    A discriminator reads the same settings: `mapping_*` and `label_features` are then those of the
    network that embeds its labels.

    Attributes
    ----------
    resolution
        Output side in pixels, a power of two, 8 to 1024.
    channel_base, channel_max
        Feature maps at r px are min(channel_base // r, channel_max).
    channel_list
        Feature maps at 4 px, 8 px, ... instead; empty = by the formula.
    z_dim, w_dim
        Sizes of the latent and of the style vector.
    mapping_layers, mapping_fmaps, mapping_lr
        Depth, hidden width and learning rate multiplier of the mapping network.
    label_size
        Number of classes; 0 = unconditional.
    label_kind
        `"concat"`: a matrix's row joins z before they are normalised together, and picks the
        discriminator's score (2020). `"embed"`: labels are embedded, normalised apart from z, and
        mapped on their own in the discriminator (ADA).
    label_features
        Width of the embedded labels; 0 = w_dim.
    normalize_latents
        Whether z is normalised.
    conv_clamp
        Where convolutions' outputs are cut off; None = nowhere.
    resample_filter
        Taps of the filter for up- and down-scaling, an even number of them.
    critic
        How the discriminator's blocks are joined: `"resnet"`, `"skip"` or `"orig"` (not at all).
    critic_dense, critic_map
        Widths of its last hidden layer and of its mapped labels; 0 = its feature maps at 4 px.
    mbstd_group_size, mbstd_features
        Its minibatch standard deviation; a group of None = the whole batch, 0 features = none.
    img_channels
        Of a picture: 1 grey, 3 colours, 4 colours and their opacity.
    const_size
        Height and width of the learned constant; others than (4, 4) make pictures that are no squares
        of `resolution`, which then only counts how often they are doubled.
    noise
        Whether convolutions add noise.
    """

    resolution: int = 1024
    channel_base: int = 32768
    channel_max: int = 512
    channel_list: tuple[int, ...] = ()
    z_dim: int = 512
    w_dim: int = 512
    mapping_layers: int = 8
    mapping_fmaps: int = 512
    mapping_lr: float = 0.01
    label_size: int = 0
    label_kind: str = "embed"
    label_features: int = 0
    normalize_latents: bool = True
    conv_clamp: float | None = None
    resample_filter: tuple[float, ...] = (1.0, 3.0, 3.0, 1.0)
    critic: str = "resnet"
    critic_dense: int = 0
    critic_map: int = 0
    mbstd_group_size: int | None = 4
    mbstd_features: int = 1
    img_channels: int = added(3)
    const_size: tuple[int, int] = added((4, 4))
    noise: bool = added(True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "channel_list", tuple(self.channel_list))
        object.__setattr__(self, "const_size", tuple(self.const_size))
        object.__setattr__(self, "resample_filter", tuple(self.resample_filter))

    def check(self) -> None:
        """Raise `ValueError` for sizes from which no network could or should be built."""
        check_sizes(self.channel_base, self.channel_max, self.z_dim, self.w_dim)
        check_sizes(self.mapping_fmaps, *self.channel_list)
        check_resolution(self.resolution)
        if not 0 <= self.mapping_layers <= 64 or not 0 <= self.label_features <= LARGEST_SIZE:
            raise ValueError("absurd size")
        if self.channel_list and len(self.channel_list) != self.levels - 1:
            raise ValueError("channel_list has another length than the network")
        check_counts(self.label_size, self.mbstd_group_size, self.mbstd_features)
        check_counts(self.critic_dense, self.critic_map)
        check_sizes(*(self.channels(level) for level in range(2, self.levels + 1)))
        if not 0.0 < self.mapping_lr <= 100.0:
            raise ValueError("absurd learning rate")
        if self.label_kind not in ("concat", "embed"):
            raise ValueError("unknown way of labels")
        if self.conv_clamp is not None and not 0.0 < self.conv_clamp < math.inf:
            raise ValueError("absurd clamp")
        if self.img_channels not in (1, 3, 4) or not all(1 <= s <= 64 for s in self.const_size):
            raise ValueError("absurd picture")
        taps = self.resample_filter
        if len(taps) not in range(2, 17, 2) or not 0.0 < abs(sum(taps)) < math.inf:
            raise ValueError("absurd filter")

    @property
    def levels(self) -> int:
        """Log2 of the resolution."""
        return self.resolution.bit_length() - 1

    @property
    def num_styles(self) -> int:
        """Styles of W+ (18 at 1024 px): one per convolution and one for the last toRGB."""
        return 2 * self.levels - 2

    def size(self, level: int) -> tuple[int, int]:
        """Height and width of features at 2^level px."""
        height, width = self.const_size
        return height << (level - 2), width << (level - 2)

    def channels(self, level: int) -> int:
        """Feature maps at 2^level px."""
        if self.channel_list:
            return self.channel_list[level - 2]
        return min(self.channel_base >> level, self.channel_max)


class StyleGAN2Mapping(nn.Module):
    """f: Z -> W (Karras et al. 2019, sec. 2), also from labels alone where `z_dim` is 0."""

    def __init__(self, config: StyleGAN2Config, z_dim: int, w_dim: int) -> None:
        super().__init__()
        self.label_size, self.joined = config.label_size, config.label_kind == "concat"
        self.normalizes, self.z_dim = config.normalize_latents, z_dim
        features = z_dim
        if config.label_size and self.joined:
            self.label_weight = nn.Parameter(normal(config.label_size, z_dim))
            features = 2 * z_dim
        elif config.label_size:
            width = config.label_features or w_dim
            self.embed = EqualizedLinear(config.label_size, width, gain=1.0)
            features = z_dim + width
        widths = [config.mapping_fmaps] * (config.mapping_layers - 1) + [w_dim]
        layers = []
        for width in widths[: config.mapping_layers]:
            layers.append(EqualizedLinear(features, width, 1.0, config.mapping_lr))
            features = width
        self.dense = nn.ModuleList(layers)

    def forward(
        self,
        z: Float[Tensor, "n z"] | None,
        labels: Float[Tensor, "n classes"] | None = None,
    ) -> Float[Tensor, "n w"]:
        """z (N, z_dim) and labels (N, label_size), one-hot or weights -> w (N, w_dim).

        Missing labels count as none of the classes; z is None where `z_dim` is 0.
        """
        if self.label_size and labels is None:
            assert z is not None
            labels = z.new_zeros(z.shape[0], self.label_size)
        w = self._joined(z, labels) if self.joined else self._embedded(z, labels)
        for layer in self.dense:
            w = activated(layer(w))
        return w

    def _joined(
        self, z: Float[Tensor, "n z"] | None, labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n d"]:
        assert z is not None
        if labels is not None and self.label_size:
            z = torch.cat([z, labels @ self.label_weight], dim=1)
        return pixel_norm(z) if self.normalizes else z

    def _embedded(
        self, z: Float[Tensor, "n z"] | None, labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n d"]:
        parts = []
        if z is not None:
            parts.append(pixel_norm(z) if self.normalizes else z)
        if labels is not None and self.label_size:
            parts.append(pixel_norm(self.embed(labels)))
        return torch.cat(parts, dim=1)


def activated(
    x: Float[Tensor, "*shape"], gain: float = 1.0, clamp: float | None = None
) -> Float[Tensor, "*shape"]:
    """Leaky ReLU times sqrt(2) and `gain`, cut off at `clamp` * gain on both sides."""
    return clamped(F.leaky_relu(x, LRELU_SLOPE) * (RELU_GAIN * gain), clamp, gain)


def clamped(
    x: Float[Tensor, "*shape"], clamp: float | None, gain: float = 1.0
) -> Float[Tensor, "*shape"]:
    """Cut off at `clamp` * gain on both sides; None = nowhere."""
    return x if clamp is None else x.clamp(-clamp * gain, clamp * gain)


def modulation(w_dim: int, features: int) -> EqualizedLinear:
    """A: w -> one scale per feature map, 1 at first."""
    layer = EqualizedLinear(w_dim, features, gain=1.0)
    assert layer.bias is not None
    nn.init.ones_(layer.bias)
    return layer


def modulated_conv(
    x: Float[Tensor, "n i _ _"],
    weight: Float[Tensor, "o i k k"],
    style: Float[Tensor, "n i"],
    bias: Float[Tensor, " o"],
    *,
    demodulate: bool = True,
    gain: float = 1.0,
    taps: tuple[float, ...] | None = None,
) -> Float[Tensor, "n o _ _"]:
    """Convolution with the weights w' = s w, divided by their length (sec. 2.2, eq. 1 and 3).

    Scaling features before and after the convolution is the same and costs less where there are
    fewer features than weights; a batch of several styles always goes that way.

    Parameters
    ----------
    x, weight, style, bias
        (N, I, H, W), (O, I, k, k), (N, I), (O,).
    demodulate
        Whether to divide.
    gain
        Factor on the result before the bias.
    taps
        Filter of an up-scaling convolution; None = same size.

    Returns
    -------
    Tensor
        (N, O, H, W), twice as large where up-scaled.
    """
    if x.shape[0] == 1 and weight.numel() < x.numel():
        own = weight * style[0, :, None, None]
        if demodulate:
            own = own * torch.rsqrt(own.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8)
        return _conv(x, own * gain, bias, taps)
    y = _conv(x * style[:, :, None, None].to(x.dtype), weight, None, taps)
    bias = bias[:, None, None]
    if not demodulate:
        return y * gain + bias
    # not as a matrix product, which autocast would compute in bfloat16
    energy = (style.square()[:, None] * weight.square().sum(dim=(2, 3))).sum(dim=2)
    return torch.addcmul(bias, y, (torch.rsqrt(energy + 1e-8) * gain)[:, :, None, None])


def _conv(
    x: Float[Tensor, "n i _ _"],
    weight: Float[Tensor, "o i k k"],
    bias: Float[Tensor, " o"] | None,
    taps: tuple[float, ...] | None,
) -> Float[Tensor, "n o _ _"]:
    if taps is not None:
        return upscaling_conv(x, weight, taps, bias)
    return F.conv2d(x, weight, bias, padding=weight.shape[2] // 2)


class StyleGAN2Layer(nn.Module):
    """Modulated convolution, noise, bias, leaky ReLU (sec. 2, fig. 2d); the first of a block up-scales."""

    def __init__(self, features: int, level: int, config: StyleGAN2Config, *, up: bool) -> None:
        super().__init__()
        channels = config.channels(level)
        self.taps = config.resample_filter if up else None
        self.clamp = config.conv_clamp
        self.style = modulation(config.w_dim, features)
        self.weight = nn.Parameter(normal(channels, features, 3, 3))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(
        self,
        x: Float[Tensor, "n i _ _"],
        w: Float[Tensor, "n w"],
        noise: Float[Tensor, "#n 1 a b"] | None,
    ) -> Float[Tensor, "n c a b"]:
        """Features of this layer.

        Shapes: x (N, I, H, W); w (N, w_dim); noise (1 or N, 1, r, r), or None for no noise ->
        (N, C, r, r).
        """
        bias, style = self.bias * RELU_GAIN, self.style(w)
        # lrelu(x) sqrt(2) = lrelu(x sqrt(2)): the gain is cheaper on the weights
        x = modulated_conv(x, self.weight, style, bias, gain=RELU_GAIN, taps=self.taps)
        if noise is not None:
            x = x.add_((noise * (self.noise_strength * RELU_GAIN)).to(x.dtype))
        return clamped(F.leaky_relu(x, LRELU_SLOPE, inplace=True), self.clamp)


class ToRGB(nn.Module):
    """Modulated 1x1 convolution to colours, without demodulation or noise (sec. 4.1)."""

    def __init__(self, features: int, config: StyleGAN2Config) -> None:
        super().__init__()
        self.clamp = config.conv_clamp
        self.scale = 1.0 / math.sqrt(features)
        self.style = modulation(config.w_dim, features)
        self.weight = nn.Parameter(normal(config.img_channels, features, 1, 1))
        self.bias = nn.Parameter(torch.zeros(config.img_channels))

    def forward(
        self, x: Float[Tensor, "n c a b"], w: Float[Tensor, "n w"]
    ) -> Float[Tensor, "n k a b"]:
        """(N, C, r, r) and w (N, w_dim) -> (N, 3, r, r)."""
        style = self.style(w) * self.scale
        return clamped(
            modulated_conv(x, self.weight, style, self.bias, demodulate=False), self.clamp
        )


class StyleGAN2Synthesis(nn.Module):
    """g: a learned constant and num_styles styles -> a picture, the sum of all resolutions' parts."""

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.config = config
        self.const = nn.Parameter(normal(1, config.channels(2), *config.const_size))
        layers = [StyleGAN2Layer(config.channels(2), 2, config, up=False)]
        for level in range(3, config.levels + 1):
            layers.append(StyleGAN2Layer(config.channels(level - 1), level, config, up=True))
            layers.append(StyleGAN2Layer(config.channels(level), level, config, up=False))
        self.layers = nn.ModuleList(layers)
        self.to_rgb = nn.ModuleList(
            ToRGB(config.channels(level), config) for level in range(2, config.levels + 1)
        )
        for index in range(len(layers)):
            size = config.size((index + 1) // 2 + 2)
            self.register_buffer(f"noise{index}", normal(1, 1, *size))

    def stored_noise(self, index: int) -> Float[Tensor, "1 1 a b"]:
        """The map kept with the network for layer `index`, (1, 1, r, r)."""
        return self.get_buffer(f"noise{index}")

    def forward(
        self, ws: Float[Tensor, "n styles w"], noises: Sequence[Float[Tensor, "#n 1 _ _"] | None]
    ) -> Float[Tensor, "n k a b"]:
        """ws (N, num_styles, w_dim), noises one per layer -> picture (N, 3, r, r), about -1..1."""
        x = self.const.expand(ws.shape[0], -1, -1, -1)
        image: Tensor | None = None
        for index, layer in enumerate(self.layers):
            x = layer(x, ws[:, index], noises[index])
            if index % 2 == 0:  # the last of its block
                part = self.to_rgb[index // 2](x, ws[:, index + 1])
                image = part if image is None else self.doubled(image) + part
        assert image is not None
        return image

    def doubled(self, image: Float[Tensor, "n k a b"]) -> Float[Tensor, "n k 2*a 2*b"]:
        """A picture at twice its side, by the network's filter."""
        return upscaled(image, self.config.resample_filter)


class StyleGAN2Generator(nn.Module):
    """Mapping and synthesis together, with the running mean of W that truncation leans on."""

    w_avg: Tensor

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.config = config
        self.mapping = StyleGAN2Mapping(config, config.z_dim, config.w_dim)
        self.synthesis = StyleGAN2Synthesis(config)
        self.register_buffer("w_avg", torch.zeros(config.w_dim))


class FilteredDownscaleConv2d(nn.Module):
    """Filter and 3x3 convolution of stride 2, with equalized learning rate: r px -> r/2 px."""

    def __init__(self, features: int, channels: int, taps: tuple[float, ...]) -> None:
        super().__init__()
        self.weight = nn.Parameter(normal(channels, features, 3, 3))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.scale = 1.0 / math.sqrt(features * 9)
        self.taps = taps

    def forward(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n o h//2 w//2"]:
        """(N, I, H, W) -> (N, O, H/2, W/2), linear."""
        return downscaling_conv(x, self.weight * self.scale, self.bias, self.taps)


class StyleGAN2DiscriminatorBlock(nn.Module):
    """2^level px -> 2^(level-1) px: two convolutions and, where residual, a short way around them."""

    def __init__(self, level: int, config: StyleGAN2Config) -> None:
        super().__init__()
        before, after = config.channels(level), config.channels(level - 1)
        self.config = config
        self.from_rgb = _from_rgb(level, config)
        self.conv0 = EqualizedConv2d(before, before, gain=1.0)
        self.conv1 = FilteredDownscaleConv2d(before, after, config.resample_filter)
        if config.critic == "resnet":
            self.skip = EqualizedConv2d(before, after, kernel=1, gain=1.0, bias=False)

    def forward(
        self, x: Float[Tensor, "n i a b"] | None, image: Float[Tensor, "n k _ _"]
    ) -> Float[Tensor, "n o _ _"]:
        """x (N, C, r, r), None at the top, and the picture -> (N, C', r/2, r/2).

        A block that reads no colours takes no notice of the picture and its side.
        """
        clamp = self.config.conv_clamp
        x = _joined(x, image, self.from_rgb, clamp)
        if self.config.critic != "resnet":
            return activated(self.conv1(activated(self.conv0(x), clamp=clamp)), clamp=clamp)
        short = self.skip(downscaled(x, self.config.resample_filter)) * math.sqrt(0.5)
        x = activated(self.conv0(x), clamp=clamp)
        total: Tensor = short + activated(self.conv1(x), math.sqrt(0.5), clamp)
        return total


def _from_rgb(level: int, config: StyleGAN2Config) -> EqualizedConv2d | None:
    """At the top, and at every resolution where the picture is looked at again."""
    if level == config.levels or config.critic == "skip":
        return EqualizedConv2d(config.img_channels, config.channels(level), kernel=1, gain=1.0)
    return None


def _joined(
    x: Float[Tensor, "n c a b"] | None,
    image: Float[Tensor, "n k _ _"],
    from_rgb: nn.Module | None,
    clamp: float | None,
) -> Float[Tensor, "n c a b"]:
    if from_rgb is not None:
        seen = activated(from_rgb(image), clamp=clamp)
        x = seen if x is None else x + seen
    assert x is not None
    return x


class StyleGAN2Discriminator(nn.Module):
    """Pictures at full resolution -> scores."""

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.config = config
        self.blocks = nn.ModuleList(
            StyleGAN2DiscriminatorBlock(level, config) for level in range(3, config.levels + 1)
        )
        top = config.channels(2)
        self.from_rgb = _from_rgb(2, config)
        self.conv = EqualizedConv2d(top + config.mbstd_features, top, gain=1.0)
        dense = config.critic_dense or top
        self.dense = EqualizedLinear(math.prod(config.const_size) * top, dense, gain=1.0)
        self.maps = config.label_size > 0 and config.label_kind == "embed"
        self.width = max(config.label_size, 1)
        if self.maps:
            self.width = config.critic_map or top
            self.mapping = StyleGAN2Mapping(config, 0, self.width)
        self.out = EqualizedLinear(dense, self.width, gain=1.0)

    def forward(
        self,
        image: Float[Tensor, "n k a b"],
        labels: Float[Tensor, "n classes"] | None = None,
        batches: int = 1,
    ) -> Float[Tensor, " n"]:
        """Scores of pictures: image (N, 3, R, R), labels (N, label_size) -> (N,).

        Missing labels count as none of the classes. `batches` says how many equal batches are stacked
        along N; the minibatch statistics stay within each.
        """
        x: Tensor | None = None
        for block in reversed(self.blocks):
            x = block(x, image)
            if self.config.critic == "skip":
                image = downscaled(image, self.config.resample_filter)
        score = self._summed_up(_joined(x, image, self.from_rgb, None), batches)
        if not self.config.label_size:
            return score[:, 0]
        if labels is None:
            labels = score.new_zeros(score.shape[0], self.config.label_size)
        if self.maps:
            labels = self.mapping(None, labels) / math.sqrt(self.width)
        return (score * labels).sum(dim=1)

    def layers(self) -> list[nn.Module]:
        """The layers that look at the picture, from the first one on; what sums up is not among them."""
        found: list[nn.Module] = []
        for block in reversed(self.blocks):
            found += [layer for layer in block.children() if layer is not None]
        return found

    def _summed_up(
        self, x: Float[Tensor, "n c 4 4"], batches: int = 1
    ) -> Float[Tensor, "n {self.width}"]:
        """Features at 4 px -> (N, width)."""
        features = self.config.mbstd_features
        if features:
            group = self.config.mbstd_group_size or x.shape[0]
            parts = [minibatch_stddev(part, group, features) for part in x.chunk(batches)]
            x = parts[0] if batches == 1 else torch.cat(parts)
        x = activated(self.conv(x), clamp=self.config.conv_clamp)
        score: Tensor = self.out(activated(self.dense(x.flatten(1))))
        return score


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where a stage stands: `kind` is `"conv"`, `"conv0"`, `"conv1"` or `"torgb"`."""

    level: int
    kind: str

    @property
    def w_plus_index(self) -> int:
        """Which style of W+ it takes; a toRGB shares that of the convolution after it."""
        first = 2 * self.level - 5  # of the block's up-scaling convolution
        return first + {"conv0": 0, "conv": 1, "conv1": 1, "torgb": 2}[self.kind]


class StyleGAN2Stages(WithoutAttention):
    """The stage chain of a `Generator`."""

    def __init__(self, generator: StyleGAN2Generator) -> None:
        self.module = generator
        self._colours = generator.config.img_channels
        self._stages = _stages(generator.config)
        self.stage_names = tuple(layer.name for layer in stylegan2_layers(generator.config))

    @property
    def truncation_centre(self) -> Float[Tensor, " d"]:
        """The running mean of W, (w_dim,)."""
        return self.module.w_avg

    def channels(self, resolution: int) -> int:
        """The features and the picture that a toRGB stage gives."""
        return self.module.config.channels(resolution.bit_length() - 1) + self._colours

    def map(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n w"]:
        """z (N, z_dim), labels (N, classes) -> w (N, w_dim)."""
        w: Tensor = self.module.mapping(z, labels)
        return w

    def stage_style(
        self, stage: int, vector: Float[Tensor, "n w"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n d"]:
        """Every stage takes w whole; the classes are in it already."""
        return vector

    def place(self, name: str) -> int:
        """The resolution whose stages a weight belongs to, in pixels; 0 = it comes before them."""
        part, kind, index, *_ = [*name.split("."), "", ""]
        if part != "synthesis":
            return 0
        if kind in ("to_rgb", "const"):
            return 4 << int(index or 0)
        layer = int(index if kind == "layers" else kind.removeprefix("noise"))
        return 4 << ((layer + 1) // 2)

    def style_matrix(self, stage: int) -> Float[Tensor, "rows w"]:
        """The weights from w to the scales of the features before the stage's kernel, (C, w_dim)."""
        place, synthesis = self._stages[stage], self.module.synthesis
        torgb = place.kind == "torgb"
        layer = synthesis.to_rgb[place.level - 2] if torgb else synthesis.layers[place.w_plus_index]
        weight: Tensor = layer.get_parameter("style.weight")
        return weight

    def stored_noise(self, stage: int) -> Float[Tensor, "1 1 a b"]:
        """The map kept in the model file, (1, 1, r, r); zeros for a toRGB, which adds none."""
        place = self._stages[stage]
        if place.kind == "torgb":
            return self.truncation_centre.new_zeros(1, 1, *self.module.config.size(place.level))
        return self.module.synthesis.stored_noise(place.w_plus_index)

    def run_stage(
        self, stage: int, features: Float[Tensor, "n i _ _"] | None, condition: Condition
    ) -> Float[Tensor, "n c a b"]:
        """One convolution or toRGB; the first stage takes None."""
        w, place, synthesis = condition.style, self._stages[stage], self.module.synthesis
        colours = self._colours
        assert w is not None
        if features is None:
            return self._convolved(stage, synthesis.const.expand(w.shape[0], -1, -1, -1), condition)
        if place.kind != "torgb":
            x, image = features[:, :-colours], features[:, -colours:]
            image = synthesis.doubled(image) if place.kind == "conv0" else image
            return torch.cat([self._convolved(stage, x, condition), image], dim=1)
        x = features if stage == 1 else features[:, :-colours]
        part = synthesis.to_rgb[place.level - 2](x, w)
        return torch.cat([x, part if stage == 1 else features[:, -colours:] + part], dim=1)

    def _convolved(
        self, stage: int, x: Float[Tensor, "n i _ _"], condition: Condition
    ) -> Float[Tensor, "n c a b"]:
        layer = self.module.synthesis.layers[self._stages[stage].w_plus_index]
        result: Tensor = layer(x, condition.style, condition.noise)
        return result

    def reads(self, resolution: int) -> bool:
        """Every resolution has added its part to the picture."""
        return True

    def to_rgb(
        self, resolution: int, features: Float[Tensor, "n c a b"]
    ) -> Float[Tensor, "n k a b"]:
        """The picture summed up to `resolution`, (N, 3, r, r)."""
        return features[:, -self._colours :]

    def to_uint8(self, image: Float[Tensor, "*shape"]) -> UInt8[Tensor, "*shape"]:
        """As published: the integer part of 127.5 x + 128, saturated."""
        return (image * 127.5 + 128.0).clamp(0.0, 255.0).to(torch.uint8)


def _stages(config: StyleGAN2Config) -> tuple[_Stage, ...]:
    kinds = ("conv0", "conv1", "torgb")
    later = [_Stage(level, kind) for level in range(3, config.levels + 1) for kind in kinds]
    return (_Stage(2, "conv"), _Stage(2, "torgb"), *later)


def stylegan2_layers(config: StyleGAN2Config) -> tuple[Layer, ...]:
    """The stages by the paper's names: 4x4/conv, 4x4/torgb, 8x8/conv0, 8x8/conv1, 8x8/torgb, ..."""
    return tuple(
        Layer(
            index,
            f"{2**stage.level}x{2**stage.level}/{stage.kind}",
            2**stage.level,
            noise=config.noise and stage.kind != "torgb",
            classes=config.label_size > 0,
            channels=config.channels(stage.level),
            w_plus=stage.w_plus_index,
        )
        for index, stage in enumerate(_stages(config))
    )


def stylegan2_capabilities(config: StyleGAN2Config, classes: tuple[str, ...]) -> Capabilities:
    """What a StyleGAN2 of this shape can do."""
    return Capabilities(
        architecture="stylegan2",
        resolution=config.resolution,
        layers=stylegan2_layers(config),
        classes=classes,
        z_dim=config.z_dim,
        w_dim=config.w_dim,
        has_w=True,
        has_noise=config.noise,
        has_growth=False,
        has_attention=False,
        img_channels=config.img_channels,
        const_size=config.const_size,
        has_extent=True,
    )
