"""Truncation and mixing in W and Z (Karras et al. 2019, sec. 3.1 and appendix B)."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def truncate(w: Tensor, w_mean: Tensor, psi: float) -> Tensor:
    """w' = w_mean + psi (w - w_mean), for w (N, w_dim); exactly w_mean at 0 and exactly w at 1."""
    if psi == 1.0:
        return w
    mean = w_mean.expand_as(w)
    return mean if psi == 0.0 else torch.lerp(mean, w, psi)


def mix(w: Tensor, other: Tensor, amount: float) -> Tensor:
    """(1 - amount) w + amount other; exactly w at 0 and exactly `other` at 1.

    Mixing before truncating is the same as after, because truncation is affine and both styles of a
    layer share its psi; it is done before, so that psi = 0 gives the mean exactly.
    """
    if amount in (0.0, 1.0):
        return other if amount else w
    return torch.lerp(w, other, amount)


def mix_normal(z: Tensor, other: Tensor, amount: float) -> Tensor:
    """Two normal z blended so that the blend is normal too; exactly z at 0 and `other` at 1."""
    if amount in (0.0, 1.0):
        return other if amount else z
    return torch.lerp(z, other, amount) / math.hypot(1.0 - amount, amount)
