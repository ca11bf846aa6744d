"""StyleGAN (Karras, Laine & Aila 2019, "A Style-Based Generator Architecture for GANs").

Generator = mapping network f: Z -> W, then a synthesis network that starts from a learned constant
and receives one style per layer through AdaIN and one noise map per layer; both grow progressively
(Karras et al. 2018). `growth` is log2 of the resolution reached: 4.37 means that the 32 px block is
faded in by alpha = 0.37.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from ganlab_core.networks.condition import Condition, WithoutAttention
from ganlab_core.networks.layers import (
    DownscaleConv2d,
    EqualizedConv2d,
    EqualizedLinear,
    UpscaleConv2d,
    added,
    blur,
    check_colours,
    check_counts,
    check_decay,
    check_resolution,
    check_sizes,
    downscale,
    leaky_relu,
    leaky_relu_,
    minibatch_stddev,
    normal,
    pixel_norm,
    split_growth,
    upscale,
)
from ganlab_core.recipe import Capabilities, Layer


@dataclass(frozen=True, slots=True)
class StyleGANConfig:
    """Shape of a StyleGAN; the defaults are the published ones.

    Attributes
    ----------
    resolution
        Output side in pixels, a power of two, 8 to 1024.
    fmap_base, fmap_decay, fmap_max
        Channels of stage s are min(int(fmap_base / 2^(s * fmap_decay)), fmap_max); the block at
        2^r px uses stage r - 1.
    z_dim, w_dim
        Sizes of the latent and of the style vector.
    mapping_layers, mapping_fmaps
        Depth and hidden width of the mapping network.
    label_size
        Number of classes; 0 = unconditional.
    fused_scale
        `"auto"` (fused at 128 px and above, as published), `"always"` or `"never"`.
    mbstd_group_size, mbstd_features
        Minibatch standard deviation of the discriminator; 0 features = none.
    channel_list
        Feature maps of stage 1 (the discriminator's dense layer), then of 4 px, 8 px, ...; empty = by
        the formula above. Only networks trained elsewhere need it.
    blur
        Whether up- and down-scaling layers blur; the published networks do.
    normalize_latents
        Whether the mapping network begins with a pixel norm; the published networks do.
    norm_epsilon
        What AdaIN adds to the variance.
    bias_blurred
        Whether an up-scaling layer's bias is blurred with its features, so that it darkens borders.
    img_channels
        Of a picture: 1 grey, 3 colours, 4 colours and their opacity.
    const_size
        Height and width of the learned constant; others than (4, 4) make pictures that are no squares
        of `resolution`, which then only counts how often they are doubled.
    """

    resolution: int = 1024
    fmap_base: int = 8192
    fmap_decay: float = 1.0
    fmap_max: int = 512
    z_dim: int = 512
    w_dim: int = 512
    mapping_layers: int = 8
    mapping_fmaps: int = 512
    label_size: int = 0
    fused_scale: str = "auto"
    mbstd_group_size: int = 4
    mbstd_features: int = 1
    channel_list: tuple[int, ...] = ()
    blur: bool = True
    normalize_latents: bool = True
    norm_epsilon: float = added(1e-8)
    bias_blurred: bool = added(False)
    img_channels: int = added(3)
    const_size: tuple[int, int] = added((4, 4))

    def __post_init__(self) -> None:
        object.__setattr__(self, "channel_list", tuple(self.channel_list))
        object.__setattr__(self, "const_size", tuple(self.const_size))

    def check(self) -> None:
        """Raise `ValueError` for sizes from which no network could or should be built."""
        sizes = (self.fmap_base, self.fmap_max, self.z_dim, self.w_dim, self.mapping_fmaps)
        check_sizes(*sizes, *self.channel_list)
        check_resolution(self.resolution)
        if not 1 <= self.mapping_layers <= 64:
            raise ValueError("absurd depth")
        if self.channel_list and len(self.channel_list) != self.levels:
            raise ValueError("channel_list has another length than the network")
        check_counts(self.label_size, self.mbstd_group_size, self.mbstd_features)
        check_decay(self.fmap_decay)
        if not 0.0 <= self.norm_epsilon <= 1.0:
            raise ValueError("absurd arithmetic")
        check_colours(self.img_channels)
        if len(self.const_size) != 2 or not all(1 <= side <= 64 for side in self.const_size):
            raise ValueError("absurd picture")
        check_sizes(*(self.channels(level) for level in range(1, self.levels + 1)))

    @property
    def levels(self) -> int:
        """Log2 of the resolution."""
        return int(math.log2(self.resolution))

    @property
    def num_layers(self) -> int:
        """Style layers: two per resolution (18 at 1024 px)."""
        return 2 * self.levels - 2

    def size(self, level: int) -> tuple[int, int]:
        """Height and width of features at 2^level px."""
        height, width = self.const_size
        return height << (level - 2), width << (level - 2)

    def channels(self, level: int) -> int:
        """Feature maps of the block at 2^level px."""
        if self.channel_list:
            return self.channel_list[level - 1]
        return min(int(self.fmap_base / 2.0 ** ((level - 1) * self.fmap_decay)), self.fmap_max)

    def is_fused(self, level: int) -> bool:
        """Whether the up-scaling layer that ends at 2^level px is of the fused kind."""
        return self.fused_scale == "always" or (self.fused_scale == "auto" and level >= 7)


class StyleGANMapping(nn.Module):
    """f: Z -> W, eight dense layers with a hundredfold smaller learning rate (sec. 2, appendix C)."""

    def __init__(self, config: StyleGANConfig) -> None:
        super().__init__()
        self.label_size = config.label_size
        self.normalize_latents = config.normalize_latents
        features = config.z_dim
        if config.label_size:
            self.label_weight = nn.Parameter(normal(config.label_size, config.z_dim))
            features *= 2
        layers = []
        for index in range(config.mapping_layers):
            last = index == config.mapping_layers - 1
            width = config.w_dim if last else config.mapping_fmaps
            layers.append(EqualizedLinear(features, width, lr_multiplier=0.01))
            features = width
        self.dense = nn.ModuleList(layers)

    def forward(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None = None
    ) -> Float[Tensor, "n w"]:
        """z (N, z_dim) and labels (N, label_size), one-hot or weights -> w (N, w_dim)."""
        if self.label_size:
            if labels is None:
                labels = z.new_zeros(z.shape[0], self.label_size)
            z = torch.cat([z, labels @ self.label_weight], dim=1)
        w = pixel_norm(z) if self.normalize_latents else z
        for layer in self.dense:
            w = leaky_relu(layer(w))
        return w


def instance_norm_with_style(
    x: Float[Tensor, "n c h w"],
    scale: Float[Tensor, "n c"],
    bias: Float[Tensor, "n c"],
    epsilon: float = 1e-8,
) -> Float[Tensor, "n c h w"]:
    """AdaIN(x, y) = scale * (x - mean) / std + bias per sample and channel (sec. 2, eq. 1).

    Written as one batch normalisation over (1, N * C, H, W), which computes the same moments in one
    fused pass. Shapes: x (N, C, H, W), scale and bias (N, C).
    """
    n, c, h, w = x.shape
    flat = F.batch_norm(
        x.reshape(1, n * c, h, w),
        None,
        None,
        scale.reshape(-1).to(x.dtype),
        bias.reshape(-1).to(x.dtype),
        training=True,
        eps=epsilon,
    )
    return flat.reshape(n, c, h, w)


class _Regrouped(torch.autograd.Function):
    """Rows (A * B, C) that count B fastest -> (B * A, C) that count A fastest; its gradient, back again."""

    @staticmethod
    def forward(ctx: Any, rows: Float[Tensor, "rows c"], slowest: int) -> Float[Tensor, "rows c"]:
        ctx.fastest = len(rows) // slowest
        turned = torch.empty_like(rows, memory_format=torch.contiguous_format)
        parts = rows.view(slowest, ctx.fastest, -1).transpose(0, 1)
        turned.view(ctx.fastest, slowest, -1).copy_(parts)
        return turned

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return _regrouped(gradients[0].contiguous(), ctx.fastest), None


def _regrouped(rows: Float[Tensor, "rows c"], slowest: int) -> Float[Tensor, "rows c"]:
    apply: Callable[[Tensor, int], Tensor] = _Regrouped.apply
    return apply(rows, slowest)


def styled_channels_last(
    x: Float[Tensor, "n c h w"],
    noise: Float[Tensor, "#n 1 h w"] | None,
    noise_weight: Float[Tensor, " c"],
    bias: Float[Tensor, " c"] | None,
    scale: Float[Tensor, "n c"],
    shift: Float[Tensor, "n c"],
    epsilon: float = 1e-8,
) -> Float[Tensor, "n c h w"]:
    """Noise, bias, leaky ReLU and AdaIN of features that lie channels last, and come out so.

    What a layer does after its convolution, in the form that trains fastest on a processor: noise and
    bias are a product of rank two, and for one batch normalisation to find every picture's maps, the
    pictures are laid beside each other at each place. That keeps the C numbers of a place together,
    and costs a fraction of what bringing whole maps side by side would.
    """
    n, c, h, w = x.shape
    rows = _regrouped(x.permute(0, 2, 3, 1).reshape(-1, c), n)  # (H W N, C)
    factors, weights = [], []
    if noise is not None:
        factors.append(noise.expand(n, -1, -1, -1).reshape(n, -1).t().reshape(-1))
        weights.append(noise_weight)
    if bias is not None:
        factors.append(bias.new_ones(()).expand(len(rows)))
        weights.append(bias)
    if factors:
        rows.addmm_(torch.stack(factors, 1).to(x.dtype), torch.stack(weights).to(x.dtype))
    maps = leaky_relu_(rows).view(1, h * w, 1, n * c).permute(0, 3, 1, 2)
    maps = F.batch_norm(
        maps, None, None, scale.reshape(-1), shift.reshape(-1), training=True, eps=epsilon
    )
    rows = _regrouped(maps.permute(0, 2, 3, 1).reshape(-1, c), h * w)
    return rows.view(n, h, w, c).permute(0, 3, 1, 2)


class StyleGANLayer(nn.Module):
    """One style layer: convolution (or the constant), noise, bias, leaky ReLU, AdaIN (sec. 2, fig. 1b).

    `kind` is `"const"`, `"conv"` or `"up"`; the up-scaling convolution is followed by a blur.
    """

    def __init__(self, kind: str, channels_in: int, level: int, config: StyleGANConfig) -> None:
        super().__init__()
        channels = config.channels(level)
        self.kind = kind
        self.blurs = kind == "up" and config.blur
        self.blurs_bias = self.blurs and config.bias_blurred
        self.epsilon = config.norm_epsilon
        self.resolution = 2**level
        self.conv: nn.Module | None = None
        if kind == "const":
            self.const = nn.Parameter(torch.ones(1, channels, *config.const_size))
        elif kind == "up":
            self.conv = UpscaleConv2d(channels_in, channels, fused=config.is_fused(level))
        else:
            self.conv = EqualizedConv2d(channels_in, channels, bias=False)
        self.noise_weight = nn.Parameter(torch.zeros(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.style = EqualizedLinear(config.w_dim, 2 * channels, gain=1.0)

    def forward(
        self,
        x: Float[Tensor, "n i _ _"] | None,
        w: Float[Tensor, "n w"],
        noise: Float[Tensor, "#n 1 a b"] | None,
    ) -> Float[Tensor, "n c a b"]:
        """Features of this layer.

        Shapes: x (N, C_in, H, W), or None for the constant; w (N, w_dim); noise (1 or N, 1, r, r),
        or None for no noise -> (N, C, r, r).
        """
        count = w.shape[0]
        scale, shift = self._style_of(w)
        if self.conv is not None and x is not None and self.training and x.device.type == "cpu":
            x = self._convolved(x.contiguous(memory_format=torch.channels_last), count)
            own = None if self.blurs_bias else self.bias
            return styled_channels_last(
                x, noise, self.noise_weight, own, scale, shift, self.epsilon
            )
        return instance_norm_with_style(self.unstyled(x, count, noise), scale, shift, self.epsilon)

    def unstyled(
        self,
        x: Float[Tensor, "n i _ _"] | None,
        count: int,
        noise: Float[Tensor, "#n 1 r r"] | None,
    ) -> Float[Tensor, "n c r r"]:
        """What AdaIN is given, as `forward` otherwise; `count` is N where x is the constant."""
        x = self._convolved(x, count)
        bias = self.bias.new_zeros(()) if self.blurs_bias else self.bias[:, None, None]
        if noise is not None:
            bias = bias + noise * self.noise_weight[:, None, None]
        return leaky_relu(x + bias.to(x.dtype))

    def _convolved(
        self, x: Float[Tensor, "n i _ _"] | None, count: int
    ) -> Float[Tensor, "n c r r"]:
        """The constant, or what the convolution gives, filtered where it up-scales."""
        if self.conv is None:
            return self.const.expand(count, -1, -1, -1)
        features: Tensor = self.conv(x)
        if not self.blurs:
            return features
        return blur(features + self.bias[:, None, None] if self.blurs_bias else features)

    def _style_of(self, w: Float[Tensor, "n w"]) -> tuple[Tensor, Tensor]:
        """What AdaIN multiplies by and adds, (N, C) each, in float32."""
        style = self.style(w).unflatten(1, (2, -1))  # (N, 2, C)
        return style[:, 0] + 1.0, style[:, 1]


class StyleGANSynthesis(nn.Module):
    """g: styles and noise -> picture; layer 2k and 2k+1 work at 2^(k+2) px."""

    def __init__(self, config: StyleGANConfig) -> None:
        super().__init__()
        self.config = config
        layers = [StyleGANLayer("const", 0, 2, config)]
        layers.append(StyleGANLayer("conv", config.channels(2), 2, config))
        for level in range(3, config.levels + 1):
            layers.append(StyleGANLayer("up", config.channels(level - 1), level, config))
            layers.append(StyleGANLayer("conv", config.channels(level), level, config))
        self.layers = nn.ModuleList(layers)
        self.to_rgb = nn.ModuleList(
            EqualizedConv2d(config.channels(level), config.img_channels, kernel=1, gain=1.0)
            for level in range(2, config.levels + 1)
        )
        for index in range(len(layers)):
            noise = normal(1, 1, *config.size(index // 2 + 2))
            self.register_buffer(f"noise{index}", noise)

    def stored_noise(self, index: int) -> Float[Tensor, "1 1 a b"]:
        """The noise map kept with the network for layer `index`, (1, 1, r, r)."""
        return self.get_buffer(f"noise{index}")

    def forward(
        self,
        ws: Float[Tensor, "n layers w"],
        noises: Sequence[Float[Tensor, "#n 1 _ _"] | None],
        growth: float | None = None,
    ) -> Float[Tensor, "n k a b"]:
        """Picture at the resolution that `growth` has reached (None = the full one).

        Shapes: ws (N, num_layers, w_dim), noises one per layer -> (N, K, r, r), about -1..1.
        """
        level, alpha = split_growth(self.config.levels if growth is None else growth)
        x: Tensor | None = None
        before: Tensor | None = None
        for index in range(2 * level - 2):
            if index == 2 * level - 4:
                before = x
            x = self.layers[index](x, ws[:, index], noises[index])
        assert x is not None
        image: Tensor = self.to_rgb[level - 2](x)
        if alpha < 1.0 and before is not None:
            old = upscale(self.to_rgb[level - 3](before))
            image = old + (image - old) * alpha
        return image


class StyleGANGenerator(nn.Module):
    """Mapping and synthesis together, with the running mean of W that truncation leans on."""

    w_avg: Tensor

    def __init__(self, config: StyleGANConfig) -> None:
        super().__init__()
        self.config = config
        self.mapping = StyleGANMapping(config)
        self.synthesis = StyleGANSynthesis(config)
        self.register_buffer("w_avg", torch.zeros(config.w_dim))


class StyleGANDiscriminatorBlock(nn.Module):
    """Conv, blur, down-scaling conv: 2^level px -> 2^(level-1) px."""

    def __init__(self, level: int, config: StyleGANConfig) -> None:
        super().__init__()
        self.blurs = config.blur
        self.conv0 = EqualizedConv2d(config.channels(level), config.channels(level))
        self.conv1_down = DownscaleConv2d(config.channels(level), config.channels(level - 1))

    def forward(self, x: Float[Tensor, "n i a b"]) -> Float[Tensor, "n o a//2 b//2"]:
        """(N, C_level, 2^level, 2^level) -> (N, C_(level-1), 2^(level-1), 2^(level-1))."""
        x = leaky_relu_(self.conv0(x))
        return leaky_relu_(self.conv1_down(blur(x) if self.blurs else x))


class StyleGANDiscriminator(nn.Module):
    """The progressively grown critic with minibatch standard deviation (appendix C)."""

    def __init__(self, config: StyleGANConfig) -> None:
        super().__init__()
        self.config = config
        self.from_rgb = nn.ModuleList(
            EqualizedConv2d(config.img_channels, config.channels(level), kernel=1)
            for level in range(2, config.levels + 1)
        )
        self.blocks = nn.ModuleList(
            StyleGANDiscriminatorBlock(level, config) for level in range(3, config.levels + 1)
        )
        top = config.channels(2)
        self.conv = EqualizedConv2d(top + config.mbstd_features, top)
        self.dense0 = EqualizedLinear(math.prod(config.const_size) * top, config.channels(1))
        self.dense1 = EqualizedLinear(config.channels(1), max(config.label_size, 1), gain=1.0)

    def forward(
        self,
        image: Float[Tensor, "n k a b"],
        labels: Float[Tensor, "n classes"] | None = None,
        growth: float | None = None,
        batches: int = 1,
    ) -> Float[Tensor, " n"]:
        """Scores of pictures at the resolution that `growth` has reached.

        `batches` says how many equal batches are stacked along N: real and fake pictures can share
        one pass while the minibatch statistics stay within each.

        Shapes: image (N, K, r, r), labels (N, label_size) -> (N,).
        """
        level, alpha = split_growth(self.config.levels if growth is None else growth)
        image = image.contiguous(memory_format=torch.channels_last)  # fastest with batches
        x = leaky_relu_(self.from_rgb[level - 2](image))
        for current in range(level, 2, -1):
            x = self.blocks[current - 3](x)
            if current == level and alpha < 1.0:
                old = leaky_relu_(self.from_rgb[level - 3](downscale(image)))
                x = old + (x - old) * alpha
        group, features = self.config.mbstd_group_size, self.config.mbstd_features
        if features:
            parts = [minibatch_stddev(part, group, features) for part in x.chunk(batches)]
            x = torch.cat(parts)
        x = leaky_relu_(self.conv(x))
        score: Tensor = self.dense1(leaky_relu_(self.dense0(x.flatten(1))))
        if self.config.label_size and labels is not None:
            return (score * labels).sum(dim=1)
        return score[:, 0] if not self.config.label_size else score.sum(dim=1)


class StyleGANStages(WithoutAttention):
    """The stage chain of a `Generator`; stage i is synthesis layer i."""

    def __init__(self, generator: StyleGANGenerator) -> None:
        self.module = generator
        config = generator.config
        self.stage_names = tuple(layer.name for layer in stylegan_layers(config))

    @property
    def truncation_centre(self) -> Float[Tensor, " d"]:
        """The running mean of W, (w_dim,)."""
        return self.module.w_avg

    def channels(self, resolution: int) -> int:
        """How many feature maps the layers at `resolution` give."""
        return self.module.config.channels(resolution.bit_length() - 1)

    def map(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n w"]:
        """z (N, z_dim), labels (N, classes) -> w (N, w_dim)."""
        w: Tensor = self.module.mapping(z, labels)
        return w

    def stage_style(
        self, stage: int, vector: Float[Tensor, "n w"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n d"]:
        """Every layer takes w whole; the classes are in it already."""
        return vector

    def place(self, name: str) -> int:
        """The resolution whose stages a weight belongs to, in pixels; 0 = it comes before them."""
        part, kind, index, *_ = [*name.split("."), "", ""]
        if part != "synthesis":
            return 0
        if kind == "to_rgb":
            return 4 << int(index)
        return 4 << (int(index if kind == "layers" else kind.removeprefix("noise")) // 2)

    def style_matrix(self, stage: int) -> Float[Tensor, "rows w"]:
        """The weights from w to the layer's scales and biases, (2 C, w_dim)."""
        weight: Tensor = self.module.synthesis.layers[stage].get_parameter("style.weight")
        return weight

    def stored_noise(self, stage: int) -> Float[Tensor, "1 1 a b"]:
        """The map kept in the model file, (1, 1, r, r)."""
        return self.module.synthesis.stored_noise(stage)

    def run_stage(
        self, stage: int, features: Float[Tensor, "n i _ _"] | None, condition: Condition
    ) -> Float[Tensor, "n c a b"]:
        """One style layer: (N, C_in, ., .) -> (N, C, r, r)."""
        assert condition.style is not None
        output: Tensor = self.module.synthesis.layers[stage](
            features, condition.style, condition.noise
        )
        return output

    def reads(self, resolution: int) -> bool:
        """Every resolution has a toRGB."""
        return True

    def to_rgb(
        self, resolution: int, features: Float[Tensor, "n c a b"]
    ) -> Float[Tensor, "n k a b"]:
        """The network's own toRGB at `resolution`, (N, K, r, r)."""
        level = resolution.bit_length() - 1
        image: Tensor = self.module.synthesis.to_rgb[level - 2](features)
        return image

    def to_uint8(self, image: Float[Tensor, "*shape"]) -> UInt8[Tensor, "*shape"]:
        """As published: the integer part of 127.5 x + 128, saturated."""
        return (image * 127.5 + 128.0).clamp(0.0, 255.0).to(torch.uint8)


def stylegan_layers(config: StyleGANConfig) -> tuple[Layer, ...]:
    """The style layers by the paper's names: 4x4/const, 4x4/conv, 8x8/conv0, 8x8/conv1, ..."""
    layers = []
    for index in range(config.num_layers):
        side = 2 ** (index // 2 + 2)
        kind = ("const", "conv")[index] if index < 2 else f"conv{index % 2}"
        layers.append(
            Layer(
                index,
                f"{side}x{side}/{kind}",
                side,
                noise=True,
                classes=config.label_size > 0,
                channels=config.channels(index // 2 + 2),
            )
        )
    return tuple(layers)


def stylegan_capabilities(config: StyleGANConfig, classes: tuple[str, ...]) -> Capabilities:
    """What a StyleGAN of this shape can do."""
    return Capabilities(
        architecture="stylegan",
        resolution=config.resolution,
        layers=stylegan_layers(config),
        classes=classes,
        z_dim=config.z_dim,
        w_dim=config.w_dim,
        has_w=True,
        has_noise=True,
        has_growth=True,
        has_attention=False,
        img_channels=config.img_channels,
        const_size=config.const_size,
        has_extent=True,
    )
