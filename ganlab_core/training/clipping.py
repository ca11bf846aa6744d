"""Fake pictures clipped to the displayable range before D sees them."""

from __future__ import annotations

import torch
from torch import Tensor


def shown(image: Tensor, *, clip: bool) -> Tensor:
    """Clip to -1..1, letting gradients through wherever they would lead back inside."""
    if not clip:
        return image
    clipped: Tensor = _ClipTowardsRange.apply(image)  # type: ignore[no-untyped-call]
    return clipped


class _ClipTowardsRange(torch.autograd.Function):
    """Clamp to -1..1 whose gradient vanishes only where descent would push further out.

    A plain clamp would leave pixels outside the range without any gradient to return by.
    """

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, image: Tensor) -> Tensor:
        ctx.save_for_backward(image)
        return image.clamp(-1.0, 1.0)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, *gradients: Tensor) -> Tensor:
        (image,) = ctx.saved_tensors  # type: ignore[attr-defined]
        (gradient,) = gradients
        outward = ((image > 1.0) & (gradient < 0.0)) | ((image < -1.0) & (gradient > 0.0))
        return gradient.masked_fill(outward, 0.0)
