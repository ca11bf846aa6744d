"""The convolution whose weights a style scales (Karras et al. 2020, sec. 2.2)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.networks.resample import upscaling_conv

EPSILON = 1e-8


def modulated_conv(
    x: Tensor,
    weight: Tensor,
    style: Tensor,
    bias: Tensor,
    *,
    demodulate: bool = True,
    gain: float = 1.0,
    taps: tuple[float, ...] | None = None,
) -> Tensor:
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
            own = own * torch.rsqrt(own.square().sum(dim=(1, 2, 3), keepdim=True) + EPSILON)
        return _conv(x, own * gain, bias, taps)
    y = _conv(x * style[:, :, None, None].to(x.dtype), weight, None, taps)
    bias = bias[:, None, None]
    if not demodulate:
        return y * gain + bias
    # not as a matrix product, which autocast would compute in bfloat16
    energy = (style.square()[:, None] * weight.square().sum(dim=(2, 3))).sum(dim=2)
    return torch.addcmul(bias, y, (torch.rsqrt(energy + EPSILON) * gain)[:, :, None, None])


def _conv(x: Tensor, weight: Tensor, bias: Tensor | None, taps: tuple[float, ...] | None) -> Tensor:
    if taps is not None:
        return upscaling_conv(x, weight, taps, bias)
    return F.conv2d(x, weight, bias, padding=weight.shape[2] // 2)
