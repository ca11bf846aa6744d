"""Truncation and mixing in W and Z (Karras et al. 2019, sec. 3.1 and appendix B)."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor


def truncate(
    w: Float[Tensor, "n d"], truncation_centre: Float[Tensor, "... d"], psi: float
) -> Float[Tensor, "n d"]:
    """w' = c + psi (w - c), for w (N, w_dim) and a centre c; exactly c at 0 and exactly w at 1."""
    if psi == 1.0:
        return w
    mean = truncation_centre.expand_as(w)
    return mean if psi == 0.0 else torch.lerp(mean, w, psi)


def mix(
    w: Float[Tensor, "n d"], other: Float[Tensor, "n d"], amount: float
) -> Float[Tensor, "n d"]:
    """(1 - amount) w + amount other; exactly w at 0 and exactly `other` at 1.

    Mixing before truncating is the same as after, because truncation is affine and both styles of a
    layer share its psi; it is done before, so that psi = 0 gives the mean exactly.
    """
    if amount in (0.0, 1.0):
        return other if amount else w
    return torch.lerp(w, other, amount)


def mix_normal(
    z: Float[Tensor, "n d"], other: Float[Tensor, "n d"], amount: float
) -> Float[Tensor, "n d"]:
    """Two normal z blended so that the blend is normal too; exactly z at 0 and `other` at 1."""
    if amount in (0.0, 1.0):
        return other if amount else z
    return torch.lerp(z, other, amount) / math.hypot(1.0 - amount, amount)


def blend_normal(parts: list[tuple[Tensor, float]]) -> Tensor:
    """Normal z (N, D) summed by weight, over the root of the sum of squared weights: normal again."""
    root = math.sqrt(sum(weight**2 for _, weight in parts))
    return blend([(z, weight / root) for z, weight in parts])


def blend(parts: list[tuple[Tensor, float]]) -> Tensor:
    """The weighted sum of w (N, D); one w of weight 1 is given as it is."""
    (first, weight), *rest = parts
    total = first if weight == 1.0 else first * weight
    for point, share in rest:
        total = total + point * share
    return total
