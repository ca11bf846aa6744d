"""StyleGAN2 prepared: the constant parts of demodulation kept, features and picture apart.

A style scales the kernel where that has fewer numbers than the features, else the features before and
after the convolution; both are sec. 2.2's weight demodulation. Styles are computed in fp32.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.networks import (
    RELU_GAIN,
    Condition,
    StyleGAN2Config,
    StyleGAN2Generator,
    StyleGAN2Layer,
    ToRGB,
    filter_kernel,
)
from ganlab_core.prepared.maps import StageMaps
from ganlab_core.prepared.passes import add_noise_, channels_last, packed, scale_, scaled

SLOPE = 0.2
DEMODULATION_EPS = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class ModulatedLayer:
    """The tensors of one modulated convolution, in fp32 but for `weight`.

    Attributes
    ----------
    kernel
        (O, I, k, k) times the gain of what follows.
    weight
        The same as it is multiplied: of the features' type, (I, O, 3, 3) where it up-scales.
    energy
        Of each input in each output, (O, I), without the gain; None = no demodulation.
    style, style_bias
        From w to a factor for each input, (I, w_dim) and (I,).
    bias, noise
        (O,), times the gain; noise is None for a toRGB.
    filter
        The filter after up-scaling (O, 1, k, k), None where there is none.
    """

    kernel: Tensor
    weight: Tensor
    energy: Tensor | None
    style: Tensor
    style_bias: Tensor
    bias: Tensor
    noise: Tensor | None
    filter: Tensor | None


class PreparedStyleGAN2:
    """The stages of a StyleGAN2 generator: 4x4/conv, 4x4/torgb, then conv0, conv1, torgb."""

    def __init__(self, generator: StyleGAN2Generator, dtype: torch.dtype) -> None:
        self._synthesis = generator.synthesis
        self._config = generator.config
        self._dtype = dtype
        self._layers: dict[int, ModulatedLayer] = {}
        self._doubling = _doubling_kernel(self._config, self._synthesis.const)

    def run(self, stage: int, before: StageMaps | None, condition: Condition) -> StageMaps:
        """One convolution or toRGB."""
        layer = self._layer(stage)
        assert condition.style is not None
        style = F.linear(condition.style, layer.style, layer.style_bias)[0]
        if before is None:
            first = packed(self._synthesis.const, self._dtype)
            return StageMaps(self._convolved(layer, first, style, condition))
        if _kind(stage) == "torgb":
            part = self._clamped(_modulated(layer, before.features, style)).float()
            return StageMaps(before.features, part if before.image is None else before.image + part)
        image = before.image
        if _kind(stage) == "conv0" and image is not None:
            image = self._doubled(image)
        return StageMaps(self._convolved(layer, before.features, style, condition), image)

    def read(self, resolution: int, maps: StageMaps) -> Tensor:
        """The picture summed up to `resolution`."""
        assert maps.image is not None
        return maps.image

    def _convolved(
        self, layer: ModulatedLayer, x: Tensor, style: Tensor, condition: Condition
    ) -> Tensor:
        x = _modulated(layer, x, style)
        if condition.noise is not None and layer.noise is not None:
            add_noise_(x, condition.noise, layer.noise)
        return self._clamped(F.leaky_relu(x, SLOPE, inplace=True))

    def _clamped(self, x: Tensor) -> Tensor:
        clamp = self._config.conv_clamp
        return x if clamp is None else x.clamp_(-clamp, clamp)

    def _doubled(self, image: Tensor) -> Tensor:
        padding = len(self._config.resample_filter) // 2 - 1
        kernel = self._doubling
        return F.conv_transpose2d(image, kernel, stride=2, padding=padding, groups=len(kernel))

    def _layer(self, stage: int) -> ModulatedLayer:
        if stage not in self._layers:
            self._layers[stage] = self._folded(stage)
        return self._layers[stage]

    def _folded(self, stage: int) -> ModulatedLayer:
        if _kind(stage) == "torgb":
            read = self._synthesis.to_rgb[0 if stage == 1 else (stage - 4) // 3 + 1]
            assert isinstance(read, ToRGB)
            return _folded_read(read, self._dtype)
        layer = self._synthesis.layers[
            0 if not stage else 2 * ((stage - 2) // 3) + 1 + (stage - 2) % 3
        ]
        assert isinstance(layer, StyleGAN2Layer)
        return _folded_layer(layer, self._dtype)


def _kind(stage: int) -> str:
    """What a stage is, from its place: 4x4 has one convolution, every other resolution two."""
    return ("conv", "torgb")[stage] if stage < 2 else ("conv0", "conv1", "torgb")[(stage - 2) % 3]


def _folded_layer(layer: StyleGAN2Layer, dtype: torch.dtype) -> ModulatedLayer:
    weight, bias = layer.weight.detach(), layer.style.bias
    kernel = weight * RELU_GAIN
    assert bias is not None
    taps = layer.taps
    strength = layer.noise_strength.detach() * RELU_GAIN
    return ModulatedLayer(
        kernel,
        packed(kernel if taps is None else kernel.transpose(0, 1), dtype),
        weight.square().sum(dim=(2, 3)),
        layer.style.matrix().detach(),
        bias.detach(),
        layer.bias.detach() * RELU_GAIN,
        strength.expand(len(weight)).contiguous(),
        None if taps is None else _filter(taps, weight, dtype),
    )


def _folded_read(read: ToRGB, dtype: torch.dtype) -> ModulatedLayer:
    kernel, bias = read.weight.detach(), read.style.bias
    assert bias is not None
    return ModulatedLayer(
        kernel,
        packed(kernel, dtype),
        None,
        read.style.matrix().detach() * read.scale,
        bias.detach() * read.scale,
        read.bias.detach(),
        None,
        None,
    )


def _filter(taps: tuple[float, ...], like: Tensor, dtype: torch.dtype) -> Tensor:
    kernel = filter_kernel(taps, like, 4.0).flip(0, 1)
    return kernel.expand(len(like), 1, *kernel.shape).contiguous().to(dtype)


def _doubling_kernel(config: StyleGAN2Config, like: Tensor) -> Tensor:
    kernel = filter_kernel(config.resample_filter, like.detach(), 4.0)
    return kernel.expand(config.img_channels, 1, *kernel.shape).contiguous()


def _modulated(layer: ModulatedLayer, x: Tensor, style: Tensor) -> Tensor:
    """The convolution under a style factor for each input, (1, O, r, r), with its bias."""
    x = channels_last(x)
    if layer.kernel.numel() < x.numel():
        own = layer.kernel * style[:, None, None]
        if layer.energy is not None:
            own.mul_(_demodulation(layer.energy, style)[:, None, None, None])
        weight = own if layer.filter is None else own.transpose(0, 1)
        return _conv(layer, x, packed(weight, x.dtype), layer.bias.to(x.dtype))
    y = _conv(layer, scaled(x, style, torch.zeros_like(style)), layer.weight, None)
    if layer.energy is None:
        return y.add_(layer.bias.to(y.dtype)[:, None, None])
    return scale_(y, _demodulation(layer.energy, style), layer.bias)


def _demodulation(energy: Tensor, style: Tensor) -> Tensor:
    """1 / length of each output's kernel under the style, (O,)."""
    return torch.rsqrt(torch.mv(energy, style.square()) + DEMODULATION_EPS)


def _conv(layer: ModulatedLayer, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    if layer.filter is None:
        return F.conv2d(x, weight, bias, padding=weight.shape[2] // 2)
    x = F.conv_transpose2d(x, weight, stride=2)
    padding = layer.filter.shape[2] // 2 - 1
    return F.conv2d(x, layer.filter, bias, padding=padding, groups=len(layer.filter))
