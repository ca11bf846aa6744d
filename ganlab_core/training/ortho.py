"""Orthogonal regularisation of G (Brock, Donahue & Simonyan 2019, sec. 3.1, eq. 3)."""

from __future__ import annotations

import torch
from torch import nn

EXCLUDED = "shared."
"""The class embedding, whose rows need not be orthogonal."""


@torch.no_grad()
def add_orthogonal_gradient(generator: nn.Module, strength: float) -> None:
    """Add to every weight's gradient that of strength / 2 * |W W^T (1 - I)|^2: rows repel each other.

    W is a weight as a matrix of (its first axis, all others); the diagonal is left alone, so that
    norms stay free. Vectors and the shared class embedding are passed over.
    """
    if strength == 0.0:
        return
    for name, parameter in generator.named_parameters():
        if parameter.ndim < 2 or name.startswith(EXCLUDED) or parameter.grad is None:
            continue
        rows = parameter.flatten(1)
        gram = rows @ rows.t()
        gram.fill_diagonal_(0.0)
        parameter.grad.add_((gram @ rows).view_as(parameter), alpha=2.0 * strength)
