"""Layers that the ProGAN family shares: equalized weights, nearest up-scaling, box down-scaling, blur.

Every tensor is NCHW. Weights are stored as N(0, 1 / lr_multiplier^2) and scaled when used (equalized
learning rate, Karras et al. 2018, sec. 4.1): w_hat = w * gain / sqrt(fan_in) * lr_multiplier.
"""

from __future__ import annotations

import functools
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LRELU_SLOPE = 0.2
RELU_GAIN = math.sqrt(2.0)


def normal(*shape: int, deviation: float = 1.0) -> Tensor:
    """Draws from N(0, deviation^2); on the meta device only the shape.

    A network that will be filled from a file is built on the meta device, where drawing numbers
    would cost the import of torch's compiler: a second before the first picture.
    """
    blank = torch.empty(shape)
    return blank if blank.is_meta else blank.normal_(0.0, deviation)


class EqualizedLinear(nn.Module):
    """Dense layer with equalized learning rate; bias times `lr_multiplier`, not times He's constant.

    Shapes: (N, features_in) -> (N, features_out).
    """

    def __init__(
        self,
        features_in: int,
        features_out: int,
        gain: float = RELU_GAIN,
        lr_multiplier: float = 1.0,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(normal(features_out, features_in, deviation=1.0 / lr_multiplier))
        self.bias = nn.Parameter(torch.zeros(features_out)) if bias else None
        self.scale = gain / math.sqrt(features_in) * lr_multiplier
        self.lr_multiplier = lr_multiplier

    def forward(self, x: Tensor) -> Tensor:
        """(N, features_in) -> (N, features_out), linear."""
        bias = None if self.bias is None else self.bias * self.lr_multiplier
        return F.linear(x, self.weight * self.scale, bias)


class EqualizedConv2d(nn.Module):
    """Convolution with equalized learning rate, stride 1, "same" zero padding.

    Shapes: (N, channels_in, H, W) -> (N, channels_out, H, W).
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int = 3,
        gain: float = RELU_GAIN,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(normal(channels_out, channels_in, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(channels_out)) if bias else None
        self.scale = gain / math.sqrt(channels_in * kernel * kernel)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels_in, H, W) -> (N, channels_out, H, W), linear."""
        return F.conv2d(x, self.weight * self.scale, self.bias, padding="same")


class UpscaleConv2d(nn.Module):
    """Nearest x2, then a 3x3 convolution, computed as one transposed convolution.

    One 4x4 transposed convolution of stride 2 equals the pair exactly and costs less. The published
    networks use two kinds of layer that read the same stored kernel differently: the "fused" one
    acts like up-scaling followed by the spatially *flipped* kernel. Which one a layer is belongs to
    the network's configuration; it is not an optimisation that may be switched.

    Shapes: (N, channels_in, H, W) -> (N, channels_out, 2H, 2W).
    """

    def __init__(
        self, channels_in: int, channels_out: int, *, fused: bool, bias: bool = False
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(normal(channels_out, channels_in, 3, 3))
        self.bias = nn.Parameter(torch.zeros(channels_out)) if bias else None
        self.scale = RELU_GAIN / math.sqrt(channels_in * 9)
        self.fused = fused

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels_in, H, W) -> (N, channels_out, 2H, 2W), linear."""
        kernel = shifted_sum(self.weight, self.scale, mirrored=not self.fused).transpose(0, 1)
        return F.conv_transpose2d(x, kernel, self.bias, stride=2, padding=1)


class DownscaleConv2d(nn.Module):
    """A 3x3 convolution, then the 2x2 mean, computed as one 4x4 convolution of stride 2; then bias.

    Shapes: (N, channels_in, H, W) -> (N, channels_out, H/2, W/2).
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(normal(channels_out, channels_in, 3, 3))
        self.bias = nn.Parameter(torch.zeros(channels_out))
        self.scale = RELU_GAIN / math.sqrt(channels_in * 9)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels_in, H, W) -> (N, channels_out, H/2, W/2), linear."""
        kernel = shifted_sum(self.weight, self.scale * 0.25)
        return F.conv2d(x, kernel, self.bias, stride=2, padding=1)


def shifted_sum(weight: Tensor, scale: float = 1.0, *, mirrored: bool = False) -> Tensor:
    """Sum of the four one-pixel shifts of a 3x3 kernel times `scale`, (O, I, 3, 3) -> (O, I, 4, 4).

    One product with a constant matrix, which costs a tenth of padding and adding; with `mirrored`, of
    the kernel turned by half a circle. In the weight's own precision whatever autocast says.
    """
    shifts = _shifts(weight.dtype, weight.device, mirrored) * scale
    rows = weight.flatten(2)
    if weight.is_meta:  # which knows no autocast
        flat = rows @ shifts
    else:
        with torch.autocast(weight.device.type, enabled=False):
            flat = rows @ shifts
    kernel: Tensor = flat.unflatten(2, (4, 4))
    return kernel


@functools.cache
def _shifts(dtype: torch.dtype, device: torch.device, mirrored: bool) -> Tensor:
    """The matrix of `shifted_sum`, (9, 16): which of a 4x4 kernel's places each of 3x3 places adds to."""
    with torch.inference_mode(mode=False):  # kept, and autograd must be able to use it later
        places = torch.zeros(3, 3, 4, 4)
        for row in range(3):
            for column in range(3):
                places[row, column, row : row + 2, column : column + 2] = 1.0
        matrix = places.reshape(9, 16)
        return (matrix.flip(0) if mirrored else matrix).to(device, dtype)


def leaky_relu(x: Tensor, slope: float = LRELU_SLOPE) -> Tensor:
    """Leaky ReLU, of slope 0.2 as in all published networks of the family."""
    return F.leaky_relu(x, slope)


def pixel_norm(x: Tensor, epsilon: float = 1e-8) -> Tensor:
    """Divide each feature vector by its root mean square (Karras et al. 2018, sec. 4.2)."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + epsilon)


def blur(x: Tensor) -> Tensor:
    """Depthwise [1 2 1] x [1 2 1] / 16 with zero padding, so borders darken; keeps the shape."""
    tap = torch.tensor([0.25, 0.5, 0.25], dtype=x.dtype, device=x.device)
    kernel = (tap[:, None] * tap).expand(x.shape[1], 1, 3, 3)
    return F.conv2d(x, kernel, padding=1, groups=x.shape[1])


def upscale(x: Tensor) -> Tensor:
    """Nearest neighbour x2."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def downscale(x: Tensor) -> Tensor:
    """2x2 box mean."""
    return F.avg_pool2d(x, 2)


def minibatch_stddev(x: Tensor, group_size: int, features: int = 1) -> Tensor:
    """Append the standard deviation over groups of samples as extra maps (Karras et al. 2018, sec. 3).

    Groups are strided as published: of N samples in groups of G, group m holds samples m, m + N/G, ...

    The published code needs N to be a multiple of G; here the largest divisor of N up to
    `group_size` is used, which is the same wherever the published code runs.

    Shapes: (N, C, H, W) -> (N, C + features, H, W).
    """
    n, c, h, w = x.shape
    group = max(size for size in range(1, min(group_size, n) + 1) if n % size == 0)
    grouped = x.float().reshape(group, n // group, features, c // features, h, w)
    variance = (grouped - grouped.mean(dim=0)).square().mean(dim=0)
    deviation = (variance + 1e-8).sqrt().mean(dim=(2, 3, 4))  # (N/G, features)
    maps = deviation.repeat(group, 1)[:, :, None, None].expand(n, features, h, w)
    return torch.cat([x, maps.to(x.dtype)], dim=1)
