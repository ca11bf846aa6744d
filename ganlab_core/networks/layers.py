"""Layers that several papers share, each with the section it comes from.

Every tensor is NCHW. Three groups: the ProGAN family's (equalized learning rate, resampling, minibatch
deviation, growth), filters for up- and down-scaling without aliases (StyleGAN2), and what BigGAN takes from
others (spectral normalisation, self-attention, projection head).
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

LRELU_SLOPE = 0.2
RELU_GAIN = math.sqrt(2.0)
LARGEST_DECAY = 16.0
LARGEST_SIZE = 65536
"""Largest size of anything in a config."""


def check_sizes(*sizes: object) -> None:
    """Raise `ValueError` unless each is a whole number from 1 to 65536."""
    if not all(type(size) is int and 0 < size <= LARGEST_SIZE for size in sizes):
        raise ValueError("absurd size")


def check_counts(*counts: object) -> None:
    """Raise `ValueError` unless each is a whole number from 0 to 65536; None is passed over."""
    if not all(one is None or (type(one) is int and 0 <= one <= LARGEST_SIZE) for one in counts):
        raise ValueError("absurd count")


def check_colours(channels: object) -> None:
    """Raise `ValueError` unless pictures can have so many channels: 1, 3 or 4."""
    if channels not in (1, 3, 4):
        raise ValueError("absurd picture")


def check_decay(decay: object) -> None:
    """Raise `ValueError` unless the widths can fall off so fast."""
    if not isinstance(decay, int | float) or not 0 <= decay <= LARGEST_DECAY:
        raise ValueError("absurd decay")


ADDED = {"added": True}


def added(default: Any) -> Any:
    """A field of a config that configs written before it lack.

    Where it has its default it is left out of a description, so that fingerprints stay.
    """
    return dataclasses.field(default=default, metadata=ADDED)


def describe(config: Any) -> dict[str, Any]:
    """A network's config as plain JSON for a model file."""
    plain: dict[str, Any] = dataclasses.asdict(config)
    for field in dataclasses.fields(config):
        if field.metadata.get("added") and plain[field.name] == field.default:
            del plain[field.name]
    return plain


def check_resolution(resolution: object) -> None:
    """Raise `ValueError` unless it is a power of two from 4 to 1024."""
    if resolution not in (4, 8, 16, 32, 64, 128, 256, 512, 1024):
        raise ValueError("impossible resolution")


def normal(*shape: int, deviation: float = 1.0) -> Tensor:
    """Draws from N(0, deviation^2); on the meta device only the shape.

    A network that will be filled from a file is built on the meta device, where drawing numbers
    would cost the import of torch's compiler: a second before the first picture.
    """
    blank = torch.empty(shape)
    return blank if blank.is_meta else blank.normal_(0.0, deviation)


def init_convolutions(network: nn.Module, deviation: float = 0.02) -> None:
    """Kernels from N(0, deviation^2), no biases, as DCGAN and its children begin; the rest as it is."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) and not layer.weight.is_meta:
            nn.init.normal_(layer.weight, 0.0, deviation)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def split_growth(growth: float) -> tuple[int, float]:
    """Growth -> (level of the newest block, its alpha in (0, 1]): 4.37 -> (5, 0.37), 5.0 -> (5, 1)."""
    level = max(2, math.ceil(growth - 1e-9))
    return level, 1.0 if level == 2 else min(1.0, max(0.0, growth - (level - 1)))


class EqualizedLinear(nn.Module):
    """Dense layer with equalized learning rate; bias times `lr_multiplier`, not times He's constant.

    In float32 whatever autocast says: styles and scores need more than bfloat16 has, and cost nothing.

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

    def forward(self, x: Float[Tensor, "n i"]) -> Float[Tensor, "n o"]:
        """(N, features_in) -> (N, features_out), linear."""
        bias = None if self.bias is None else self.bias * self.lr_multiplier
        if x.is_meta or not torch.is_autocast_enabled(x.device.type):
            return F.linear(x, self.matrix(), bias)
        with torch.autocast(x.device.type, enabled=False):
            return F.linear(x.float(), self.matrix(), bias)

    def matrix(self) -> Float[Tensor, "o i"]:
        """What x is multiplied by, (features_out, features_in)."""
        return self.weight * self.scale


CHANNELS_LAST = (0, 2, 3, 1)
"""A kernel's axes, outermost first, as it lies where it is multiplied."""

UPSCALING_ORDER = (1, 2, 3, 0)
"""The same of the 3x3 kernel that `shifted_sum_writer` makes the up-scaling one of."""


class EqualizedConv2d(nn.Module):
    """Convolution with equalized learning rate, stride 1, "same" zero padding.

    Shapes: (N, channels_in, H, W) -> (N, channels_out, H, W).
    """

    memory_order = CHANNELS_LAST

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

    def forward(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n o h w"]:
        """(N, channels_in, H, W) -> (N, channels_out, H, W), linear."""
        return F.conv2d(x, self.kernel(), self.bias, padding="same")

    def kernel(self) -> Float[Tensor, "o i k k"]:
        """What x is convolved with, (channels_out, channels_in, k, k)."""
        return self.weight * self.scale


class UpscaleConv2d(nn.Module):
    """Nearest x2, then a 3x3 convolution, computed as one transposed convolution.

    One 4x4 transposed convolution of stride 2 equals the pair exactly and costs less. The published
    networks use two kinds of layer that read the same stored kernel differently: the "fused" one
    acts like up-scaling followed by the spatially *flipped* kernel. Which one a layer is belongs to
    the network's configuration; it is not an optimisation that may be switched.

    Shapes: (N, channels_in, H, W) -> (N, channels_out, 2H, 2W).
    """

    memory_order = UPSCALING_ORDER

    def __init__(
        self, channels_in: int, channels_out: int, *, fused: bool, bias: bool = False
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(normal(channels_out, channels_in, 3, 3))
        self.bias = nn.Parameter(torch.zeros(channels_out)) if bias else None
        self.scale = RELU_GAIN / math.sqrt(channels_in * 9)
        self.fused = fused

    def forward(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n o 2*h 2*w"]:
        """(N, channels_in, H, W) -> (N, channels_out, 2H, 2W), linear."""
        return F.conv_transpose2d(x, self.kernel(), self.bias, stride=2, padding=1)

    def kernel(self) -> Float[Tensor, "i o 4 4"]:
        """The transposed convolution's kernel, (channels_in, channels_out, 4, 4)."""
        return shifted_sum(self.weight, self.scale, mirrored=not self.fused).transpose(0, 1)

    def kernel_writer(self, kernel: Float[Tensor, "i o 4 4"]) -> Callable[[], object]:
        """What writes `kernel()` into a tensor that lies channels last, each time it is called."""
        return shifted_sum_writer(self.weight, kernel, self.scale, mirrored=not self.fused)


class DownscaleConv2d(nn.Module):
    """A 3x3 convolution, then the 2x2 mean, computed as one 4x4 convolution of stride 2; then bias.

    Shapes: (N, channels_in, H, W) -> (N, channels_out, H/2, W/2).
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(normal(channels_out, channels_in, 3, 3))
        self.bias = nn.Parameter(torch.zeros(channels_out))
        self.scale = RELU_GAIN / math.sqrt(channels_in * 9)

    def forward(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n o h//2 w//2"]:
        """(N, channels_in, H, W) -> (N, channels_out, H/2, W/2), linear."""
        kernel = shifted_sum(self.weight, self.scale * 0.25)
        return F.conv2d(x, kernel, self.bias, stride=2, padding=1)


def shifted_sum(
    weight: Float[Tensor, "o i 3 3"], scale: float = 1.0, *, mirrored: bool = False
) -> Float[Tensor, "o i 4 4"]:
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


def shifted_sum_writer(
    weight: Float[Tensor, "o i 3 3"],
    kernel: Float[Tensor, "i o 4 4"],
    scale: float = 1.0,
    *,
    mirrored: bool = False,
) -> Callable[[], object]:
    """What writes `shifted_sum`, its first axes exchanged, into a tensor that lies channels last.

    It may be called as often as the weight changes in its place. A third of the cost of turning the
    kernel afterwards where the weight lies in the order (I, 3, 3, O): then one product and no more.
    """
    inputs, outputs = kernel.shape[:2]
    lying = weight.detach().permute(UPSCALING_ORDER)
    shifts = (_shifts(lying.dtype, lying.device, mirrored) * scale).t().expand(inputs, 16, 9)
    places = kernel.permute(0, 2, 3, 1).view(inputs, 16, outputs)
    if lying.is_contiguous():
        return functools.partial(torch.bmm, shifts, lying.view(inputs, 9, outputs), out=places)
    return lambda: torch.bmm(shifts, lying.reshape(inputs, 9, outputs), out=places)


@functools.cache
def _shifts(dtype: torch.dtype, device: torch.device, mirrored: bool) -> Float[Tensor, "9 16"]:
    """The matrix of `shifted_sum`, (9, 16): which of a 4x4 kernel's places each of 3x3 places adds to."""
    with torch.inference_mode(mode=False):  # kept, and autograd must be able to use it later
        places = torch.zeros(3, 3, 4, 4)
        for row in range(3):
            for column in range(3):
                places[row, column, row : row + 2, column : column + 2] = 1.0
        matrix = places.reshape(9, 16)
        return (matrix.flip(0) if mirrored else matrix).to(device, dtype)


def leaky_relu(x: Float[Tensor, "*shape"], slope: float = LRELU_SLOPE) -> Float[Tensor, "*shape"]:
    """Leaky ReLU, of slope 0.2 as in all published networks of the family."""
    return F.leaky_relu(x, slope)


def leaky_relu_(x: Float[Tensor, "*shape"], slope: float = LRELU_SLOPE) -> Float[Tensor, "*shape"]:
    """`leaky_relu` in place, for what nothing else reads: a layer's output as it comes out of it."""
    return F.leaky_relu_(x, slope)


def pixel_norm(
    x: Float[Tensor, "n c *place"], epsilon: float = 1e-8
) -> Float[Tensor, "n c *place"]:
    """Divide each feature vector by its root mean square (Karras et al. 2018, sec. 4.2)."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + epsilon)


def blur(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """Depthwise [1 2 1] x [1 2 1] / 16 with zero padding, so borders darken; keeps the shape.

    On a GPU as two means over 2x2 pixels, which is the same filter, forwards and backwards: a convolution
    of each map by itself, and its gradients, take longer there than the layer's own.
    """
    if x.is_cuda:
        apply: Callable[[Tensor], Tensor] = _Blurred.apply
        return apply(x)
    tap = torch.tensor([0.25, 0.5, 0.25], dtype=x.dtype, device=x.device)
    kernel = (tap[:, None] * tap).expand(x.shape[1], 1, 3, 3)
    return F.conv2d(x, kernel, padding=1, groups=x.shape[1])


class _Blurred(torch.autograd.Function):
    """`blurred_by_means`, which is its own gradient: the filter is symmetric, and zeros lie around."""

    @staticmethod
    def forward(ctx: Any, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        return blurred_by_means(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        apply: Callable[[Tensor], Tensor] = _Blurred.apply
        return apply(gradients[0])


def blurred_by_means(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """The filter of `blur` as a mean over 2x2 pixels twice, (N, C, H, W) -> (N, C, H, W)."""
    return F.avg_pool2d(F.avg_pool2d(x, 2, 1, padding=1), 2, 1)


def blurred_sum(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """The filter of `blur` as a sum of nine shifted maps, in float32: (N, C, H, W) -> (N, C, H, W)."""
    return shifted_maps(x.float(), (0.25, 0.5, 0.25), 1)


def shifted_maps(
    x: Float[Tensor, "n c _ _"], taps: tuple[float, ...], margin: int
) -> Float[Tensor, "n c _ _"]:
    """The filter that is the taps' outer product, as a sum of shifted maps with `margin` zeros around.

    A compiler makes one pass of it; as it stands it is slow.
    """
    around = F.pad(x, (margin, margin, margin, margin))
    height, width = (side - len(taps) + 1 for side in around.shape[2:])
    total: Tensor = sum(  # type: ignore[assignment]
        row * column * around[:, :, i : i + height, j : j + width]
        for i, row in enumerate(taps)
        for j, column in enumerate(taps)
    )
    return total


def upscale(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c 2*h 2*w"]:
    """Nearest neighbour x2."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def downscale(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h//2 w//2"]:
    """2x2 box mean."""
    return F.avg_pool2d(x, 2)


def group_within(count: int, group_size: int) -> int:
    """How many of `count` samples are compared: the largest divisor of it up to `group_size`.

    Where that is 1 the next divisor above, for a batch of a prime size the whole of it: samples that
    are compared with nothing have no deviation.
    """
    sizes = [size for size in range(1, count + 1) if count % size == 0]
    small = [size for size in sizes if size <= group_size]
    return small[-1] if small[-1] > 1 or group_size == 1 or count == 1 else sizes[1]


def minibatch_stddev(
    x: Float[Tensor, "n c h w"], group_size: int, features: int = 1
) -> Float[Tensor, "n c+{features} h w"]:
    """Append the standard deviation over groups of samples as extra maps (Karras et al. 2018, sec. 3).

    Groups are strided as published: of N samples in groups of G, group m holds samples m, m + N/G, ...

    The published code needs N to be a multiple of G; `group_within` is the same wherever it runs.

    Shapes: (N, C, H, W) -> (N, C + features, H, W).
    """
    n, c, h, w = x.shape
    group = group_within(n, group_size)
    grouped = x.float().reshape(group, n // group, features, c // features, h, w)
    variance = (grouped - grouped.mean(dim=0)).square().mean(dim=0)
    deviation = (variance + 1e-8).sqrt().mean(dim=(2, 3, 4))  # (N/G, features)
    maps = deviation.repeat(group, 1)[:, :, None, None].expand(n, features, h, w)
    return torch.cat([x, maps.to(x.dtype)], dim=1)


Taps = tuple[float, ...]


def filter_kernel(taps: Taps, like: Tensor, gain: float = 1.0) -> Float[Tensor, "k k"]:
    """The taps' outer product, normalised and times `gain`, (k, k) of the type of `like`."""
    line = torch.tensor(taps, dtype=like.dtype, device=like.device)
    line = line / line.sum()
    return (line[:, None] * line) * gain


def filtered(
    x: Float[Tensor, "n c _ _"],
    taps: Taps,
    padding: int,
    *,
    stride: int = 1,
    gain: float = 1.0,
    bias: Float[Tensor, " c"] | None = None,
) -> Float[Tensor, "n c _ _"]:
    """Every map filtered, with zeros around it, then `bias` (C,) added.

    Shapes: (N, C, H, W) -> (N, C, H', W') with H' = (H + 2 padding - k) / stride + 1.
    """
    channels = x.shape[1]
    kernel = filter_kernel(taps, x, gain).flip(0, 1)
    kernel = kernel.expand(channels, 1, *kernel.shape).contiguous()
    return F.conv2d(x, kernel, bias, stride=stride, padding=padding, groups=channels)


def upscaled(image: Float[Tensor, "n c h w"], taps: Taps) -> Float[Tensor, "n c 2*h 2*w"]:
    """Zeros put between the pixels, then filtered: (N, C, H, W) -> (N, C, 2H, 2W)."""
    channels = image.shape[1]
    kernel = filter_kernel(taps, image, 4.0)
    kernel = kernel.expand(channels, 1, *kernel.shape).contiguous()
    padding = len(taps) // 2 - 1
    return F.conv_transpose2d(image, kernel, stride=2, padding=padding, groups=channels)


def downscaled(image: Float[Tensor, "n c h w"], taps: Taps) -> Float[Tensor, "n c h//2 w//2"]:
    """Filtered, then every second pixel: (N, C, H, W) -> (N, C, H/2, W/2)."""
    return filtered(image, taps, len(taps) // 2 - 1, stride=2)


def upscaling_conv(
    x: Float[Tensor, "n i h w"],
    weight: Float[Tensor, "o i 3 3"],
    taps: Taps,
    bias: Float[Tensor, " o"] | None = None,
) -> Float[Tensor, "n o 2*h 2*w"]:
    """A transposed 3x3 convolution of stride 2, then the filter, then the bias.

    Shapes: x (N, I, H, W), weight (O, I, 3, 3) -> (N, O, 2H, 2W).
    """
    x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
    return filtered(x, taps, len(taps) // 2 - 1, gain=4.0, bias=bias)


def downscaling_conv(
    x: Float[Tensor, "n i h w"],
    weight: Float[Tensor, "o i 3 3"],
    bias: Float[Tensor, " o"] | None,
    taps: Taps,
) -> Float[Tensor, "n o h//2 w//2"]:
    """The filter, then a 3x3 convolution of stride 2: (N, I, H, W) -> (N, O, H/2, W/2)."""
    return F.conv2d(filtered(x, taps, len(taps) // 2), weight, bias, stride=2)


@dataclass(frozen=True, slots=True)
class Spectral:
    """Whether and how weights are normalised.

    Attributes
    ----------
    on
        False = they are used as they are, because they have been folded.
    eps
        Smallest length that a vector of the power iteration is divided by.
    """

    on: bool = True
    eps: float = 1e-6


class SpectralLayer(nn.Module):
    """A layer with one weight that is normalised, as the matrix (first axis, all others)."""

    u: Tensor

    def __init__(self, shape: tuple[int, ...], spectral: Spectral) -> None:
        super().__init__()
        self.weight = nn.Parameter(normal(*shape, deviation=0.02))
        self.spectral = spectral
        if spectral.on:
            self.register_buffer("u", normal(shape[0]))

    def normal_weight(self) -> Tensor:
        """The weight divided by sigma, of its own shape; in training u takes its step."""
        if not self.spectral.on:
            return self.weight
        # bf16 would be too coarse for sigma
        with torch.autocast(self.weight.device.type, enabled=False):
            matrix = self.weight.flatten(1)
            with torch.no_grad():
                v, u = power_step(matrix, self.u, self.spectral.eps)
                if self.training:
                    self.u.copy_(u)
            return self.weight / torch.dot(u, torch.mv(matrix, v))


def power_step(
    matrix: Float[Tensor, "rows columns"], u: Float[Tensor, " rows"], eps: float
) -> tuple[Float[Tensor, " columns"], Float[Tensor, " rows"]]:
    """One step from u (rows,) of any length: unit vectors v (columns,) and the next u (rows,)."""
    v = F.normalize(torch.mv(matrix.t(), u), dim=0, eps=eps)
    return v, F.normalize(torch.mv(matrix, v), dim=0, eps=eps)


class SpectralLinear(SpectralLayer):
    """Dense layer: (N, features_in) -> (N, features_out)."""

    def __init__(
        self, features_in: int, features_out: int, spectral: Spectral, *, bias: bool = True
    ) -> None:
        super().__init__((features_out, features_in), spectral)
        self.bias = nn.Parameter(torch.zeros(features_out)) if bias else None

    def forward(self, x: Float[Tensor, "n i"]) -> Float[Tensor, "n o"]:
        """(N, features_in) -> (N, features_out), linear."""
        return F.linear(x, self.normal_weight(), self.bias)


class SpectralConv2d(SpectralLayer):
    """Convolution of stride 1 and "same" zero padding: (N, C_in, H, W) -> (N, C_out, H, W)."""

    memory_order: tuple[int, ...] = ()
    """How its weight lies best for rendering: axes, outermost first; empty = as they are indexed."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int,
        spectral: Spectral,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__((channels_out, channels_in, kernel, kernel), spectral)
        self.bias = nn.Parameter(torch.zeros(channels_out)) if bias else None

    def forward(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n o h w"]:
        """(N, C_in, H, W) -> (N, C_out, H, W), linear."""
        return F.conv2d(x, self.normal_weight(), self.bias, padding=self.weight.shape[-1] // 2)

    def after_upscaling(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n o 2*h 2*w"]:
        """Nearest x2, then the 3x3 layer, as one transposed convolution, which costs half as much.

        Shapes: (N, C_in, H, W) -> (N, C_out, 2H, 2W).
        """
        return F.conv_transpose2d(x, self.upscaling_kernel(), self.bias, stride=2, padding=1)

    def upscaling_writer(self, kernel: Float[Tensor, "i o 4 4"]) -> Callable[[], object]:
        """What writes `upscaling_kernel()` into a tensor that lies channels last, when it is called."""
        if self.spectral.on:
            return lambda: shifted_sum_writer(self.normal_weight(), kernel, mirrored=True)()
        return shifted_sum_writer(self.weight, kernel, mirrored=True)

    def upscaling_kernel(self) -> Float[Tensor, "i o 4 4"]:
        """The kernel of `after_upscaling`, (C_in, C_out, 4, 4)."""
        return shifted_sum(self.normal_weight(), mirrored=True).transpose(0, 1)

    def then_downscaling(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n o h//2 w//2"]:
        """The 3x3 layer, then the 2x2 mean, as one convolution of stride 2.

        Shapes: (N, C_in, H, W) -> (N, C_out, H/2, W/2).
        """
        kernel = shifted_sum(self.normal_weight(), 0.25)
        return F.conv2d(x, kernel, self.bias, stride=2, padding=1)


class SpectralEmbedding(SpectralLayer):
    """One vector for each class: class weights (N, classes) -> (N, features)."""

    def __init__(self, classes: int, features: int, spectral: Spectral) -> None:
        super().__init__((classes, features), spectral)

    def forward(self, labels: Float[Tensor, "n classes"]) -> Float[Tensor, "n features"]:
        """(N, classes) -> (N, features), the weighted sum of the classes' vectors."""
        return labels @ self.normal_weight()


class ClassEmbedding(nn.Module):
    """One vector for each class, not normalised: class weights (N, classes) -> (N, features)."""

    def __init__(self, classes: int, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(normal(classes, features, deviation=0.02))

    def forward(self, labels: Float[Tensor, "n classes"]) -> Float[Tensor, "n features"]:
        """(N, classes) -> (N, features), the weighted sum of the classes' vectors."""
        return labels @ self.weight


class SelfAttention(nn.Module):
    """Self-attention over positions (Zhang et al. 2019, SAGAN): x + gamma o(attended values).

    Keys and values are max-pooled 2x2, so that each of the H W positions looks at H W / 4.
    """

    def __init__(self, channels: int, spectral: Spectral) -> None:
        super().__init__()
        keys, values = channels // 8, channels // 2
        self.theta = SpectralConv2d(channels, keys, 1, spectral, bias=False)
        self.phi = SpectralConv2d(channels, keys, 1, spectral, bias=False)
        self.g = SpectralConv2d(channels, values, 1, spectral, bias=False)
        self.o = SpectralConv2d(values, channels, 1, spectral, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def attention(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n h*w h*w//4"]:
        """Where each position looks: (N, C, H, W) -> (N, H W, H W / 4), rows summing to 1."""
        theta = self.theta(x).flatten(2)  # (N, C/8, HW)
        phi = F.max_pool2d(self.phi(x), 2).flatten(2)  # (N, C/8, HW/4)
        return torch.softmax(theta.transpose(1, 2) @ phi, dim=-1)

    def forward(self, x: Float[Tensor, "n c h w"], factor: float = 1.0) -> Float[Tensor, "n c h w"]:
        """(N, C, H, W) -> (N, C, H, W); `factor` multiplies gamma."""
        values = F.max_pool2d(self.g(x), 2).flatten(2)  # (N, C/2, HW/4)
        attended = values @ self.attention(x).transpose(1, 2)
        update: Tensor = self.o(attended.unflatten(2, x.shape[2:]))
        return x + (self.gamma * factor).to(x.dtype) * update


class ProjectionHead(nn.Module):
    """The head of both discriminators: w . h + b + embedding . h, with h summed over positions.

    The second product is the projection on the class (Miyato & Koyama 2018).
    """

    def __init__(self, channels: int, label_size: int, spectral: Spectral) -> None:
        super().__init__()
        self.linear = SpectralLinear(channels, 1, spectral)
        self.embed = SpectralEmbedding(label_size, channels, spectral) if label_size else None

    def forward(
        self, x: Float[Tensor, "n c h w"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, " n"]:
        """Shapes: x (N, C, H, W), labels (N, label_size) -> (N,)."""
        h = F.relu(x).sum(dim=(2, 3))
        score: Tensor = self.linear(h)[:, 0]
        if self.embed is not None and labels is not None:
            score = score + (self.embed(labels) * h).sum(dim=1)
        return score


def init_orthogonal(network: nn.Module) -> None:
    """Orthogonal matrices for all weights of layers, and no biases (Brock et al. 2019, appendix C).

    On the meta device, where a network waits to be filled from a file, nothing is done.
    """
    for layer in network.modules():
        if isinstance(layer, SpectralLayer | ClassEmbedding) and not layer.weight.is_meta:
            nn.init.orthogonal_(layer.weight)


@torch.no_grad()
def folded_weights(network: nn.Module) -> dict[str, Tensor]:
    """The network's state with every normalised weight divided by its sigma, and without the us."""
    state = dict(network.state_dict())
    training = network.training
    network.eval()
    for name, layer in network.named_modules():
        if isinstance(layer, SpectralLayer) and layer.spectral.on:
            prefix = f"{name}." if name else ""
            state[f"{prefix}weight"] = layer.normal_weight().detach()
            del state[f"{prefix}u"]
    network.train(training)
    return state


# ------------------------------------------------------------------------------------------------
# Networks of several domains (CoGAN, CycleGAN): what each has for itself.


class PerDomain(nn.Module):
    """One layer for each domain: y -> sum_d y_d layer_d(x), of which a plain domain needs one alone.

    Parameters
    ----------
    make
        Makes one layer.
    domains
        How many.
    """

    def __init__(self, make: Callable[[], nn.Module], domains: int) -> None:
        super().__init__()
        self.of = nn.ModuleList(make() for _ in range(domains))

    def forward(self, x: Float[Tensor, "n ..."], y: Float[Tensor, "n domains"]) -> Tensor:
        """x (N, C_in, ...), weights of the domains (N, domains) -> (N, C, ...).

        Batch norm of a domain's layer is shown the pictures of that domain only.
        """
        total: Tensor | None = None
        for domain, layer in enumerate(self.of):
            rows = y[:, domain].nonzero()[:, 0]
            if not len(rows):
                continue
            part = layer(x[rows])
            part = part * y[rows, domain].view(-1, *[1] * (part.ndim - 1))
            if total is None:
                total = part.new_zeros(len(x), *part.shape[1:])
            total = total.index_add(0, rows, part)
        return layer(x) * 0.0 if total is None else total
