"""StyleGAN prepared: folded kernels, blur with the bias, noise of rank one, AdaIN as one affine."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.networks import (
    Condition,
    EqualizedConv2d,
    StyleGANGenerator,
    StyleGANLayer,
    UpscaleConv2d,
)
from ganlab_core.prepared.maps import StageMaps
from ganlab_core.prepared.passes import (
    add_noise_,
    blur_kernel,
    blurred,
    channels_last,
    instance_norm_,
    packed,
)

SLOPE = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class StyleLayer:
    """The tensors of one style layer: of the features' type, those of its style in fp32.

    Attributes
    ----------
    weight
        The constant (1, C, 4, 4), the kernel (C, C_in, 3, 3), or the up-scaling one (C_in, C, 4, 4).
    kind
        `"const"`, `"conv"` or `"up"`.
    blur
        The blur's kernel (C, 1, 3, 3), None where there is none.
    bias, noise
        (C,).
    style, style_bias
        From w to scales less 1 and shifts, (2 C, w_dim) and (2 C,).
    blurs_bias
        Whether the bias is blurred with the features.
    epsilon
        What AdaIN adds to the variance.
    """

    weight: Tensor
    kind: str
    blur: Tensor | None
    bias: Tensor
    noise: Tensor
    style: Tensor
    style_bias: Tensor
    blurs_bias: bool
    epsilon: float


class PreparedStyleGAN:
    """The stages of a StyleGAN generator."""

    def __init__(self, generator: StyleGANGenerator, dtype: torch.dtype) -> None:
        self._synthesis = generator.synthesis
        self._dtype = dtype
        self._layers: dict[int, StyleLayer] = {}

    def run(self, stage: int, before: StageMaps | None, condition: Condition) -> StageMaps:
        """One style layer."""
        layer = self._layer(stage)
        x = _convolved(layer, before)
        if condition.noise is not None:
            add_noise_(x, condition.noise, layer.noise)
        F.leaky_relu(x, SLOPE, inplace=True)
        assert condition.style is not None
        style = F.linear(condition.style, layer.style, layer.style_bias)[0]
        scale, shift = style.chunk(2)
        scale = scale + 1.0
        return StageMaps(instance_norm_(x, scale, shift, layer.epsilon).to(self._dtype))

    def read(self, resolution: int, maps: StageMaps) -> Tensor:
        """The network's own toRGB."""
        image: Tensor = self._synthesis.to_rgb[resolution.bit_length() - 3](maps.features.float())
        return image

    def _layer(self, stage: int) -> StyleLayer:
        if stage not in self._layers:
            layer = self._synthesis.layers[stage]
            assert isinstance(layer, StyleGANLayer)
            self._layers[stage] = _folded(layer, self._dtype)
        return self._layers[stage]


def _convolved(layer: StyleLayer, before: StageMaps | None) -> Tensor:
    """The layer's features with their bias, as a tensor of their own."""
    if before is None:
        return layer.weight + layer.bias[:, None, None]
    x = channels_last(before.features)
    if layer.kind == "conv":
        return F.conv2d(x, layer.weight, layer.bias, padding=1)
    if layer.blur is None:
        return F.conv_transpose2d(x, layer.weight, layer.bias, stride=2, padding=1)
    if layer.blurs_bias:
        x = F.conv_transpose2d(x, layer.weight, layer.bias, stride=2, padding=1)
        return blurred(x, layer.blur, torch.zeros_like(layer.bias))
    x = F.conv_transpose2d(x, layer.weight, stride=2, padding=1)
    return blurred(x, layer.blur, layer.bias)


def _folded(layer: StyleGANLayer, dtype: torch.dtype) -> StyleLayer:
    if isinstance(layer.conv, EqualizedConv2d | UpscaleConv2d):
        weight = packed(layer.conv.kernel(), dtype)
    else:
        dtype = torch.float32  # its noise is a small part of it, and all that AdaIN leaves
        weight = packed(layer.const, dtype)
    assert layer.style.bias is not None
    bias = layer.bias.detach().to(dtype)
    return StyleLayer(
        weight,
        layer.kind,
        blur_kernel(len(bias), bias) if layer.blurs else None,
        bias,
        layer.noise_weight.detach().to(dtype),
        layer.style.matrix().detach(),
        layer.style.bias.detach(),
        layer.blurs_bias,
        layer.epsilon,
    )
