"""What to expect from this machine, from a probe of a second."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from ganlab_core.rendering import DTYPES, fastest_precision

GIGA_OPERATIONS = {
    "StyleGAN at 256 px": 37,
    "StyleGAN at 1024 px": 55,
    "StyleGAN2 at 1024 px": 149,
    "BigGAN-deep at 256 px": 49,
}
"""Multiplications and additions of one frame of the published networks."""

ABOVE_BARE = 1.4
"""A frame takes about so many times its bare products."""

CHANNELS, SIDE = 256, 64
SECONDS = 0.4


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a frame will take.

    Attributes
    ----------
    precision
        The fastest here.
    giga_operations
        Convolved each second in it.
    seconds
        Network -> about what a whole frame of it takes.
    """

    precision: str
    giga_operations: float
    seconds: dict[str, float]


def expect(device: torch.device) -> Expectation:
    """Convolve for a second, and tell from that what published networks will take."""
    precision = fastest_precision(device)
    rate = _rate(device, DTYPES[precision])
    seconds = {name: ABOVE_BARE * work / rate for name, work in GIGA_OPERATIONS.items()}
    return Expectation(precision, rate, seconds)


@torch.inference_mode()
def _rate(device: torch.device, dtype: torch.dtype) -> float:
    """1e9 operations a second of a convolution from the middle of a network; its best of some."""
    x = torch.ones(1, CHANNELS, SIDE, SIDE, device=device, dtype=dtype)
    weight = torch.ones(CHANNELS, CHANNELS, 3, 3, device=device, dtype=dtype)
    x, weight = (one.contiguous(memory_format=torch.channels_last) for one in (x, weight))
    shortest, began = float("inf"), time.perf_counter()
    while shortest == float("inf") or time.perf_counter() - began < SECONDS:
        at = time.perf_counter()
        F.conv2d(x, weight, padding=1)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        shortest = min(shortest, time.perf_counter() - at)
    return 2e-9 * weight.numel() * SIDE * SIDE / shortest
