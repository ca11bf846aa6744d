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
from torch import Tensor, nn

from ganlab_core.networks.layers import (
    LRELU_SLOPE,
    RELU_GAIN,
    EqualizedLinear,
    normal,
    pixel_norm,
)
from ganlab_core.networks.modulated import modulated_conv
from ganlab_core.networks.resample import upscaled


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

    def __post_init__(self) -> None:
        object.__setattr__(self, "channel_list", tuple(self.channel_list))
        object.__setattr__(self, "resample_filter", tuple(self.resample_filter))

    @property
    def levels(self) -> int:
        """Log2 of the resolution."""
        return self.resolution.bit_length() - 1

    @property
    def num_styles(self) -> int:
        """Styles of W+ (18 at 1024 px): one per convolution and one for the last toRGB."""
        return 2 * self.levels - 2

    def channels(self, level: int) -> int:
        """Feature maps at 2^level px."""
        if self.channel_list:
            return self.channel_list[level - 2]
        return min(self.channel_base >> level, self.channel_max)


class MappingNetwork(nn.Module):
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

    def forward(self, z: Tensor | None, labels: Tensor | None = None) -> Tensor:
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

    def _joined(self, z: Tensor | None, labels: Tensor | None) -> Tensor:
        assert z is not None
        if labels is not None and self.label_size:
            z = torch.cat([z, labels @ self.label_weight], dim=1)
        return pixel_norm(z) if self.normalizes else z

    def _embedded(self, z: Tensor | None, labels: Tensor | None) -> Tensor:
        parts = []
        if z is not None:
            parts.append(pixel_norm(z) if self.normalizes else z)
        if labels is not None and self.label_size:
            parts.append(pixel_norm(self.embed(labels)))
        return torch.cat(parts, dim=1)


def activated(x: Tensor, gain: float = 1.0, clamp: float | None = None) -> Tensor:
    """Leaky ReLU times sqrt(2) and `gain`, cut off at `clamp` * gain on both sides."""
    return clamped(F.leaky_relu(x, LRELU_SLOPE) * (RELU_GAIN * gain), clamp, gain)


def clamped(x: Tensor, clamp: float | None, gain: float = 1.0) -> Tensor:
    """Cut off at `clamp` * gain on both sides; None = nowhere."""
    return x if clamp is None else x.clamp(-clamp * gain, clamp * gain)


def modulation(w_dim: int, features: int) -> EqualizedLinear:
    """A: w -> one scale per feature map, 1 at first."""
    layer = EqualizedLinear(w_dim, features, gain=1.0)
    assert layer.bias is not None
    nn.init.ones_(layer.bias)
    return layer


class SynthesisLayer(nn.Module):
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

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
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
        self.weight = nn.Parameter(normal(3, features, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """(N, C, r, r) and w (N, w_dim) -> (N, 3, r, r)."""
        style = self.style(w) * self.scale
        return clamped(
            modulated_conv(x, self.weight, style, self.bias, demodulate=False), self.clamp
        )


class SynthesisNetwork(nn.Module):
    """g: a learned constant and num_styles styles -> a picture, the sum of all resolutions' parts."""

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.config = config
        self.const = nn.Parameter(normal(1, config.channels(2), 4, 4))
        layers = [SynthesisLayer(config.channels(2), 2, config, up=False)]
        for level in range(3, config.levels + 1):
            layers.append(SynthesisLayer(config.channels(level - 1), level, config, up=True))
            layers.append(SynthesisLayer(config.channels(level), level, config, up=False))
        self.layers = nn.ModuleList(layers)
        self.to_rgb = nn.ModuleList(
            ToRGB(config.channels(level), config) for level in range(2, config.levels + 1)
        )
        for index in range(len(layers)):
            side = 2 ** ((index + 1) // 2 + 2)
            self.register_buffer(f"noise{index}", normal(1, 1, side, side))

    def stored_noise(self, index: int) -> Tensor:
        """The map kept with the network for layer `index`, (1, 1, r, r)."""
        return self.get_buffer(f"noise{index}")

    def forward(self, ws: Tensor, noises: Sequence[Tensor | None]) -> Tensor:
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

    def doubled(self, image: Tensor) -> Tensor:
        """A picture at twice its side, by the network's filter."""
        return upscaled(image, self.config.resample_filter)


class Generator(nn.Module):
    """Mapping and synthesis together, with the running mean of W that truncation leans on."""

    w_avg: Tensor

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.config = config
        self.mapping = MappingNetwork(config, config.z_dim, config.w_dim)
        self.synthesis = SynthesisNetwork(config)
        self.register_buffer("w_avg", torch.zeros(config.w_dim))
