"""Cells: an expression that a person writes, held against the network's own arithmetic.

The names and functions of each are those of its paper; a text is evaluated by `predicate`, never run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ganlab_core.errors import LessonError
from ganlab_core.lessons.experiments import Bench, adain_parts
from ganlab_core.lessons.predicate import evaluate

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "mean": lambda x: x.mean((-2, -1), keepdim=True),
    "var": lambda x: x.var((-2, -1), correction=0, keepdim=True),
    "std": lambda x: x.std((-2, -1), correction=0, keepdim=True),
    "sqrt": lambda x: torch.as_tensor(x).sqrt(),
    "abs": abs,
    "where": torch.where,
    "up": lambda x: x.repeat_interleave(2, -2).repeat_interleave(2, -1),
}
"""What a cell may call; mean, var and std are those of each channel over its places."""


def _adain(bench: Bench) -> tuple[dict[str, Any], Tensor]:
    x, scale, bias, after = adain_parts(bench)
    row = (slice(None), None, None)
    return {"x": x, "scale": scale[row], "bias": bias[row], "eps": 1e-8}, after


def _fading(bench: Bench) -> tuple[dict[str, Any], Tensor]:
    random = torch.Generator().manual_seed(0)
    old, new = torch.randn(3, 8, 8, generator=random), torch.randn(3, 16, 16, generator=random)
    alpha = 0.37
    wanted = torch.lerp(FUNCTIONS["up"](old), new, alpha)
    return {"old": old, "new": new, "alpha": alpha}, wanted


def _truncation(bench: Bench) -> tuple[dict[str, Any], Tensor]:
    network = bench.network
    with torch.no_grad():
        w = network.mapping(torch.randn(8, bench.model.capabilities.z_dim))
    return {"w": w, "mean": network.w_avg, "psi": 0.6}, torch.lerp(network.w_avg, w, 0.6)


def _rejection(bench: Bench) -> tuple[dict[str, Any], Tensor]:
    random = torch.Generator().manual_seed(0)
    z, again = torch.randn(2, 64, generator=random)
    again = again.clamp(-0.9, 0.9)
    return {"z": z, "again": again, "threshold": 1.0}, torch.where(z.abs() > 1.0, again, z)


Given = Callable[[Bench], tuple[dict[str, Any], Tensor]]

CELLS: dict[str, Given] = {
    "adain": _adain,
    "fading": _fading,
    "truncation": _truncation,
    "rejection": _rejection,
}
"""Name -> the names with their values, and what the expression should be."""


def cell_error(name: str, text: str, bench: Bench) -> float:
    """The largest difference of an expression from what the network itself computes.

    Raises `LessonError` for an expression that has no value, or another shape.
    """
    names, wanted = CELLS[name](bench)
    found = evaluate(text, {**FUNCTIONS, **names})
    if not isinstance(found, Tensor) or found.shape != wanted.shape:
        raise LessonError(
            f"The expression has the wrong shape; {tuple(wanted.shape)} is wanted.",
            "Keep one map for every channel.",
        )
    return float((found - wanted).abs().max())
