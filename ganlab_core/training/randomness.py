"""Randomness of a run as a function of (seed, step), so that resuming needs no generator state."""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def seed_for(*parts: int | str) -> int:
    """A 63-bit seed that depends on every part."""
    digest = hashlib.sha256("/".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


class StepRandom:
    """The random draws of one training step, in order, on one device."""

    def __init__(self, seed: int, step: int, device: torch.device) -> None:
        self.device = device
        self._host = torch.Generator().manual_seed(seed_for(seed, "host", step))
        self._here = (
            self._host
            if device.type == "cpu"
            else torch.Generator(device).manual_seed(seed_for(seed, "device", step))
        )

    def normal(self, *shape: int) -> Tensor:
        """Standard normal draws on the device."""
        return torch.randn(shape, generator=self._here, device=self.device)

    def uniform(self, *shape: int) -> Tensor:
        """Draws from [0, 1) on the device."""
        return torch.rand(shape, generator=self._here, device=self.device)

    def chance(self) -> float:
        """One draw from [0, 1) as a number, without waiting for the device."""
        return float(torch.rand((), generator=self._host))

    def integer(self, low: int, high: int) -> int:
        """One whole number from low to high - 1, without waiting for the device."""
        return int(torch.randint(low, high, (), generator=self._host))


def data_order(seed: int, start: int, count: int, size: int) -> NDArray[np.int64]:
    """Which pictures the run shows as number `start` to `start + count - 1`: a new shuffle per epoch."""
    position = np.arange(start, start + count)
    epochs = position // size
    order = np.empty(count, dtype=np.int64)
    for epoch in np.unique(epochs):
        shuffle = np.random.default_rng(seed_for(seed, "epoch", int(epoch))).permutation(size)
        here = epochs == epoch
        order[here] = shuffle[position[here] % size]
    return order
