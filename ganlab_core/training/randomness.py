"""Randomness of a run as a function of (seed, step), so that resuming needs no generator state."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.training.share import Share


def seed_for(*parts: int | str) -> int:
    """A 63-bit seed that depends on every part."""
    digest = hashlib.sha256("/".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


class StepRandom:
    """The random draws of one training step, in order, on one device.

    Draws are made for the whole batch, whichever part of it is being worked on, so that one process
    and several, one part and many see the same numbers.
    """

    def __init__(self, seed: int, step: int, device: torch.device, share: Share = Share()) -> None:
        self.device = device
        self.share = share
        self._host = torch.Generator().manual_seed(seed_for(seed, "host", step))
        self._here = (
            self._host
            if device.type == "cpu"
            else torch.Generator(device).manual_seed(seed_for(seed, "device", step))
        )

    def normal(self, count: int, *shape: int) -> Tensor:
        """Standard normal draws (count, *shape) on the device, one for each picture of the share."""
        whole = (count * self.share.parts, *shape)
        return self.share.of(torch.randn(whole, generator=self._here, device=self.device))

    def uniform(self, count: int, *shape: int) -> Tensor:
        """Draws from [0, 1), (count, *shape) on the device, one for each picture of the share."""
        whole = (count * self.share.parts, *shape)
        return self.share.of(torch.rand(whole, generator=self._here, device=self.device))

    def chance(self) -> float:
        """One draw from [0, 1) as a number, the same for all shares, without waiting for the device."""
        return float(torch.rand((), generator=self._host))

    def integer(self, low: int, high: int) -> int:
        """One whole number from low to high - 1, the same for all shares."""
        return int(torch.randint(low, high, (), generator=self._host))

    def parts(self, count: int) -> Iterator[int]:
        """Work on the share's parts 0 to `count` - 1 in turn; every part meets the same draws."""
        whole = self.share
        before = (self._host.get_state(), self._here.get_state())
        for index in range(count):
            self._host.set_state(before[0])
            self._here.set_state(before[1])
            self.share = whole.cut(count, index)
            yield index
        self.share = whole


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
