"""ProGAN prepared: folded kernels with their bias, then leaky ReLU and pixel norm in place."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.networks import Condition, EqualizedConv2d, ProGANGenerator, UpscaleConv2d
from ganlab_core.prepared.maps import StageMaps
from ganlab_core.prepared.passes import channels_last, packed, pixel_norm_


@dataclass(frozen=True, slots=True, eq=False)
class FoldedLayer:
    """The tensors of one layer, of the features' type.

    Attributes
    ----------
    weight
        The dense matrix (16 C, D), the kernel (C, C_in, 3, 3), or the up-scaling one (C_in, C, 4, 4).
    bias
        (C,); of the dense layer (C, 1, 1) or (C, 4, 4).
    up
        Whether it doubles the side.
    """

    weight: Tensor
    bias: Tensor | None
    up: bool


class PreparedProGAN:
    """The stages of a ProGAN generator."""

    def __init__(self, generator: ProGANGenerator, dtype: torch.dtype) -> None:
        self._generator = generator
        self._dtype = dtype
        self._layers: dict[int, FoldedLayer] = {}

    def run(self, stage: int, before: StageMaps | None, condition: Condition) -> StageMaps:
        """One layer; the first takes the condition's style."""
        config = self._generator.config
        x = self._convolved(self._layer(stage), before, condition)
        F.leaky_relu(x, config.slope, inplace=True)
        normal = config.normalize_features and (stage > 0 or config.normalize_first)
        return StageMaps(pixel_norm_(x, config.epsilon) if normal else x)

    def read(self, resolution: int, maps: StageMaps) -> Tensor:
        """The network's own toRGB."""
        image: Tensor = self._generator.to_rgb[resolution.bit_length() - 3](maps.features.float())
        return image

    def _convolved(
        self, layer: FoldedLayer, before: StageMaps | None, condition: Condition
    ) -> Tensor:
        if before is None:
            assert condition.style is not None
            assert layer.bias is not None
            x = F.linear(condition.style.to(self._dtype), layer.weight)
            return channels_last(x.unflatten(1, (-1, 4, 4)) + layer.bias)
        x = channels_last(before.features)
        if layer.up:
            return F.conv_transpose2d(x, layer.weight, layer.bias, stride=2, padding=1)
        return F.conv2d(x, layer.weight, layer.bias, padding=1)

    def _layer(self, stage: int) -> FoldedLayer:
        if stage not in self._layers:
            self._layers[stage] = self._folded(stage)
        return self._layers[stage]

    def _folded(self, stage: int) -> FoldedLayer:
        first, dtype = self._generator.layers[0], self._dtype
        if not stage:
            bias = first.get_parameter("bias").detach().to(dtype)
            return FoldedLayer(packed(self._generator.first_matrix(), dtype), bias, up=False)
        conv = self._generator.layers[stage].get_submodule("conv")
        assert isinstance(conv, EqualizedConv2d | UpscaleConv2d)
        own = None if conv.bias is None else conv.bias.detach().to(dtype)
        return FoldedLayer(packed(conv.kernel(), dtype), own, up=isinstance(conv, UpscaleConv2d))
