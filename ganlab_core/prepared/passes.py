"""Passes over memory, each done once and in place: what stands between the products of a frame.

Feature maps lie channels last, one picture at a time: the C numbers of a pixel side by side. So a
factor for each map is a short row that is repeated, and a number for each pixel a product of rank one.
What a stage gives, its features and the picture that travels with them, is a StageMaps.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from ganlab_core.device import FusedPass
from ganlab_core.networks import LRELU_SLOPE, blurred_by_means, blurred_sum, shifted_maps
from ganlab_core.recipe import Gains

ROW = 64
"""Numbers that a row is made long at least, so that the processor's vectors are filled in any type."""


STRIP = 2**15
"""Pixels of few maps that are passed over together, because they stay in a cache meanwhile."""

FEW = 2**18
"""Numbers that fit into a cache, so that passes over them cost nothing."""


def packed(weight: Tensor, dtype: torch.dtype) -> Tensor:
    """A layer's weight as it is multiplied: detached, of that type, channels last."""
    weight = weight.detach().to(dtype)
    return weight.contiguous(memory_format=torch.channels_last) if weight.dim() == 4 else weight


def channels_last(x: Float[Tensor, "1 c h w"]) -> Float[Tensor, "1 c h w"]:
    """The same features with a pixel's numbers side by side; a copy only where they are not so yet."""
    return x.contiguous(memory_format=torch.channels_last)


def pixels(x: Float[Tensor, "1 c h w"]) -> Float[Tensor, "1 h w c"]:
    """A view of features that lie channels last, a pixel's numbers in its last axis."""
    return x.permute(0, 2, 3, 1)


def scaled(
    x: Float[Tensor, "1 c h w"], scale: Float[Tensor, " c"], shift: Float[Tensor, " c"]
) -> Float[Tensor, "1 c h w"]:
    """scale x + shift for each map, as new features."""
    return _scaled(x, scale, shift, torch.empty_like(x))


def scale_(
    x: Float[Tensor, "1 c h w"], scale: Float[Tensor, " c"], shift: Float[Tensor, " c"]
) -> Float[Tensor, "1 c h w"]:
    """scale x + shift for each map, in place."""
    return _scaled(x, scale, shift, x)


def _scaled(x: Tensor, scale: Tensor, shift: Tensor, out: Tensor) -> Tensor:
    scale, shift = scale.to(x.dtype), shift.to(x.dtype)
    if x.is_cuda or not (pixels(x).is_contiguous() and pixels(out).is_contiguous()):
        torch.addcmul(shift[:, None, None], x, scale[:, None, None], out=out)
        return out
    times = _repeats(x)
    rows = (-1, times * x.shape[1])
    torch.addcmul(
        shift.repeat(times), pixels(x).view(rows), scale.repeat(times), out=pixels(out).view(rows)
    )
    return out


def _repeats(x: Tensor) -> int:
    """How many pixels make a row long enough, a power of two that divides their number."""
    places, times = x.shape[2] * x.shape[3], 1
    while times * x.shape[1] < ROW and places % (2 * times) == 0:
        times *= 2
    return times


def add_noise_(
    x: Float[Tensor, "1 c h w"], noise: Float[Tensor, "1 1 h w"], weight: Float[Tensor, " c"]
) -> Float[Tensor, "1 c h w"]:
    """x + noise weight, in place: on a CPU as a product of rank one, whose loop is the fastest."""
    noise, weight = noise.to(x.dtype), weight.to(x.dtype)
    if x.is_cuda or not pixels(x).is_contiguous():
        return x.addcmul_(noise, weight[:, None, None])
    pixels(x).view(-1, x.shape[1]).addmm_(noise.reshape(-1, 1), weight[None])
    return x


def instance_norm_(
    x: Float[Tensor, "1 c h w"], scale: Float[Tensor, " c"], shift: Float[Tensor, " c"], eps: float
) -> Float[Tensor, "1 c h w"]:
    """scale (x - mean) / sqrt(variance + eps) + shift for each map: AdaIN as one affine, in place.

    Few numbers are normalised map by map instead, as the plain network does it: a learned constant
    may be flat, and then all that is left of it is how its mean was rounded.
    """
    if x.numel() <= FEW:
        y = F.batch_norm(x.float().contiguous(), None, None, scale, shift, training=True, eps=eps)
        return channels_last(y.to(x.dtype))
    mean, variance = torch.batch_norm_update_stats(x, None, None, 0.0)
    factor = scale * torch.rsqrt(variance.float() + eps)
    return scale_(x, factor, shift - mean.float() * factor)


def pixel_norm_(x: Float[Tensor, "1 c h w"], epsilon: float) -> Float[Tensor, "1 c h w"]:
    """Each pixel's numbers over their root mean square, in place."""
    narrow = x.shape[1] < ROW // 2 and x.dtype is torch.float32
    if narrow and not x.is_cuda and pixels(x).is_contiguous():
        share = x.new_full((x.shape[1],), 1.0 / x.shape[1])
        for strip in pixels(x).view(-1, x.shape[1]).split(STRIP):
            strip.mul_(torch.mv(strip.square(), share).add_(epsilon).rsqrt_()[:, None])
        return x
    length = torch.linalg.vector_norm(pixels(x), dim=-1, keepdim=True, dtype=torch.float32)
    factor = torch.rsqrt(length.square_().div_(x.shape[1]).add_(epsilon)).to(x.dtype)
    times = 1 if x.is_cuda or x.dtype is torch.float32 else _repeats(x)
    if times == 1 or not pixels(x).is_contiguous():
        pixels(x).mul_(factor)
        return x
    spread = torch.eye(times, dtype=x.dtype).repeat_interleave(x.shape[1], dim=1)
    pixels(x).view(-1, times * x.shape[1]).mul_(factor.view(-1, times) @ spread)
    return x


def blur_kernel(channels: int, like: Tensor) -> Float[Tensor, "c 1 3 3"]:
    """[1 2 1] x [1 2 1] / 16 for each map."""
    tap = torch.tensor([0.25, 0.5, 0.25], dtype=like.dtype, device=like.device)
    return (tap[:, None] * tap).expand(channels, 1, 3, 3).contiguous()


def blurred(
    x: Float[Tensor, "1 c h w"], kernel: Float[Tensor, "c 1 3 3"], bias: Float[Tensor, " c"]
) -> Float[Tensor, "1 c h w"]:
    """Every map filtered by `blur_kernel` with zeros around it, then the bias."""
    if x.is_cuda:
        return blurred_by_means(x).add_(bias[:, None, None])
    return F.conv2d(x, kernel, bias, padding=1, groups=x.shape[1])


def add_doubled_(
    x: Float[Tensor, "1 c 2*h 2*w"], small: Float[Tensor, "1 c h w"]
) -> Float[Tensor, "1 c 2*h 2*w"]:
    """x + nearest x2 of `small`, in place, without making the doubled one."""
    one = pixels(x)
    if not one.is_contiguous():
        return x.add_(F.interpolate(small, scale_factor=2.0))
    height, width, channels = small.shape[2], small.shape[3], small.shape[1]
    four = one.view(height, 2, width, 2, channels)
    four.add_(pixels(small)[0][:, None, :, None, :])
    return x


# ------------------------------------------------------------------------------------------------
# What follows a convolution, as the one pass that a GPU can make of it. Sums over maps or places stay with
# torch's own kernels: what its compiler makes of them for all sizes at once took two to five times as long.


def fuses(x: Float[Tensor, "1 c h w"]) -> bool:
    """Whether these passes are made as one: on a GPU, of features that cost something."""
    return x.device.type in FusedPass.devices and x.numel() > FEW


def _activated(x: Tensor, bias: Tensor, noise: Tensor | None, weight: Tensor) -> Tensor:
    """Bias, noise and leaky ReLU, in float32."""
    y = x.float() + bias.float()[:, None, None]
    if noise is not None:
        y = y + noise.float() * weight.float()[:, None, None]
    return F.leaky_relu(y, LRELU_SLOPE)


def _noised_in_one(
    x: Tensor, blurs: bool, bias: Tensor, noise: Tensor | None, weight: Tensor
) -> Tensor:
    y = blurred_sum(x) if blurs else x
    return _activated(y, bias, noise, weight).to(x.dtype)


def _noised_by_passes(
    x: Tensor, blurs: bool, bias: Tensor, noise: Tensor | None, weight: Tensor
) -> Tensor:
    x = (blurred_by_means(x) if blurs else x) + bias.to(x.dtype)[:, None, None]
    if noise is not None:
        add_noise_(x, noise, weight)
    return F.leaky_relu_(x, LRELU_SLOPE)


noised = FusedPass(_noised_by_passes, _noised_in_one)
"""A StyleGAN's layer between its convolution and AdaIN: (features (1, C, H, W), whether they are blurred,
bias (C,), noise (1, 1, H, W) or None and its weight (C,)) -> (1, C, H, W)."""


def _filtered_in_one(
    x: Tensor,
    taps: tuple[float, ...],
    bias: Tensor,
    noise: Tensor | None,
    weight: Tensor,
    clamp: float | None,
) -> Tensor:
    y = x.float()
    if taps:
        y = shifted_maps(y, taps, len(taps) // 2 - 1)
    y = _activated(y, bias, noise, weight)
    return (y if clamp is None else y.clamp(-clamp, clamp)).to(x.dtype)


def _filtered_by_passes(
    x: Tensor,
    taps: tuple[float, ...],
    bias: Tensor,
    noise: Tensor | None,
    weight: Tensor,
    clamp: float | None,
) -> Tensor:
    if taps:
        line = torch.tensor(taps, dtype=x.dtype, device=x.device)
        kernel = (line[:, None] * line).expand(x.shape[1], 1, -1, -1)
        x = F.conv2d(x, kernel, padding=len(taps) // 2 - 1, groups=x.shape[1])
    x = x + bias.to(x.dtype)[:, None, None]
    if noise is not None:
        add_noise_(x, noise, weight)
    x = F.leaky_relu_(x, LRELU_SLOPE)
    return x if clamp is None else x.clamp_(-clamp, clamp)


filtered = FusedPass(_filtered_by_passes, _filtered_in_one)
"""A StyleGAN2's layer after its convolution: (features (1, C, H, W), taps of its filter in the order they
are laid on or (), bias (C,), noise (1, 1, H', W') or None and its weight (C,), clamp or None)
-> (1, C, H', W')."""


@dataclass(slots=True, eq=False)
class StageMaps:
    """The features after a stage.

    Attributes
    ----------
    features
        (1, C, r, r).
    image
        The picture so far, where it travels with the features (StyleGAN2), (1, 3, r, r) or of another
        number of colours. To the outside it is more feature maps; here they stay apart, because
        joining them copies all.
    """

    features: Tensor
    image: Tensor | None = None
    _whole: Tensor | None = field(default=None, repr=False)

    @property
    def whole(self) -> Tensor:
        """Features and picture as one tensor, the same one each time: (1, C, r, r)."""
        if self.image is None:
            return self.features
        if self._whole is None:
            self._whole = torch.cat([self.features, self.image.to(self.features.dtype)], dim=1)
        return self._whole


def overwrite(old: Any, new: Any) -> None:
    """Copy the tensors of folded weights into those of the same shape that are in use already."""
    if isinstance(old, Tensor):
        if old.data_ptr() != new.data_ptr():
            old.copy_(new)
    elif is_dataclass(old):
        for part in fields(old):
            overwrite(getattr(old, part.name), getattr(new, part.name))
    elif isinstance(old, dict):
        for key, part in old.items():
            overwrite(part, new[key])
    elif isinstance(old, list | tuple):
        for before, after in zip(old, new, strict=True):
            overwrite(before, after)


def with_gains(maps: StageMaps, gains: Gains) -> StageMaps:
    """Single maps multiplied; maps that are not there are passed over."""
    count = maps.features.shape[1]
    features = _multiplied(maps.features, gains)
    if maps.image is None:
        return maps if features is maps.features else replace(maps, features=features, _whole=None)
    later = tuple((index - count, gain) for index, gain in gains if index >= count)
    return StageMaps(features, _multiplied(maps.image, later))


def _multiplied(features: Tensor, gains: Gains) -> Tensor:
    inside = [(index, gain) for index, gain in gains if index < features.shape[1]]
    if not inside:
        return features
    factors = torch.ones(features.shape[1], dtype=features.dtype, device=features.device)
    for index, gain in inside:
        factors[index] = gain
    return features * factors[:, None, None]
