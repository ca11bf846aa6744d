"""Largest singular values of the layers of networks that are not spectrally normalised."""

from __future__ import annotations

import torch
from torch import Tensor, nn

ITERATIONS = 12


@torch.no_grad()
def layer_gains(network: nn.Module, prefix: str) -> dict[str, Tensor]:
    """The largest singular value of every equalized weight as it is used, by `prefix` and its layer.

    Weights are seen as matrices (outputs, rest), as for spectral normalisation (Miyato et al. 2018,
    sec. 2.1). Found by power iteration from a fixed start, so no random number is used up.
    """
    found = {}
    for name, layer in network.named_modules():
        weight, scale = getattr(layer, "weight", None), getattr(layer, "scale", None)
        if isinstance(weight, Tensor) and isinstance(scale, float) and weight.dim() > 1:
            found[f"{prefix}.{name}"] = _largest(weight.detach().float().flatten(1)) * scale
    return found


def _largest(matrix: Tensor) -> Tensor:
    """The largest singular value of (m, n)."""
    v = torch.ones(matrix.shape[1], device=matrix.device) + matrix.sum(dim=0).sign()
    for _ in range(ITERATIONS):
        u = torch.nn.functional.normalize(matrix @ v, dim=0)
        v = torch.nn.functional.normalize(matrix.T @ u, dim=0)
    largest: Tensor = torch.linalg.vector_norm(matrix @ v)
    return largest
