"""Up- and down-scaling with a filter in plain torch operators (Karras et al. 2020, appendix B).

A filter is given by its taps in one direction; it acts as a true convolution with their outer product,
normalised to a sum of 1. Only filters of even length are used, whose borders are the same on all sides.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

Taps = tuple[float, ...]


def filter_kernel(taps: Taps, like: Tensor, gain: float = 1.0) -> Tensor:
    """The taps' outer product, normalised and times `gain`, (k, k) of the type of `like`."""
    line = torch.tensor(taps, dtype=like.dtype, device=like.device)
    line = line / line.sum()
    return (line[:, None] * line) * gain


def filtered(
    x: Tensor,
    taps: Taps,
    padding: int,
    *,
    stride: int = 1,
    gain: float = 1.0,
    bias: Tensor | None = None,
) -> Tensor:
    """Every map filtered, with zeros around it, then `bias` (C,) added.

    Shapes: (N, C, H, W) -> (N, C, H', W') with H' = (H + 2 padding - k) / stride + 1.
    """
    channels = x.shape[1]
    kernel = filter_kernel(taps, x, gain).flip(0, 1)
    kernel = kernel.expand(channels, 1, *kernel.shape).contiguous()
    return F.conv2d(x, kernel, bias, stride=stride, padding=padding, groups=channels)


def upscaled(image: Tensor, taps: Taps) -> Tensor:
    """Zeros put between the pixels, then filtered: (N, C, H, W) -> (N, C, 2H, 2W)."""
    channels = image.shape[1]
    kernel = filter_kernel(taps, image, 4.0)
    kernel = kernel.expand(channels, 1, *kernel.shape).contiguous()
    padding = len(taps) // 2 - 1
    return F.conv_transpose2d(image, kernel, stride=2, padding=padding, groups=channels)


def downscaled(image: Tensor, taps: Taps) -> Tensor:
    """Filtered, then every second pixel: (N, C, H, W) -> (N, C, H/2, W/2)."""
    return filtered(image, taps, len(taps) // 2 - 1, stride=2)


def upscaling_conv(x: Tensor, weight: Tensor, taps: Taps, bias: Tensor | None = None) -> Tensor:
    """A transposed 3x3 convolution of stride 2, then the filter, then the bias.

    Shapes: x (N, I, H, W), weight (O, I, 3, 3) -> (N, O, 2H, 2W).
    """
    x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
    return filtered(x, taps, len(taps) // 2 - 1, gain=4.0, bias=bias)


def downscaling_conv(x: Tensor, weight: Tensor, bias: Tensor | None, taps: Taps) -> Tensor:
    """The filter, then a 3x3 convolution of stride 2: (N, I, H, W) -> (N, O, H/2, W/2)."""
    return F.conv2d(filtered(x, taps, len(taps) // 2), weight, bias, stride=2)
