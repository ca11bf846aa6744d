"""Randomness of a run as a function of (seed, step), so that resuming needs no generator state."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.networks import group_within

# ------------------------------------------------------------------------------------------------
# Shares: which pictures of a batch one process, or one part of an accumulated step, works on.


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a batch that keeps groups of pictures together.

    Minibatch standard deviation compares pictures m, m + N/G, m + 2 N/G, ... of N in groups of G.
    A share holds whole groups in an order that leads to the same groups again; where the groups
    cannot be dealt out evenly, it is a run of neighbours.

    Attributes
    ----------
    group
        Largest size of such a group, 1 where pictures do not meet.
    cuts
        Pairs (number of parts, which one), outermost first.
    """

    group: int = 1
    cuts: tuple[tuple[int, int], ...] = ()

    def cut(self, parts: int, index: int) -> Share:
        """Part `index` of `parts` of this share."""
        return Share(self.group, (*self.cuts, (parts, index)) if parts > 1 else self.cuts)

    @property
    def parts(self) -> int:
        """How many shares of this size make the batch."""
        product = 1
        for parts, _ in self.cuts:
            product *= parts
        return product

    def rows(self, count: int) -> NDArray[np.int64]:
        """Which pictures of a batch of `count` are in the share; `count` is a multiple of `parts`."""
        return self._arranged(count).reshape(-1)

    def of(self, batch: Tensor) -> Tensor:
        """The share of a whole batch (N, ...)."""
        if not self.cuts:
            return batch
        return batch[torch.from_numpy(self.rows(len(batch))).to(batch.device)]

    def part(self, mine: Tensor, parts: int, index: int) -> Tensor:
        """What `cut(parts, index)` holds, out of what this share holds, (n, ...)."""
        shape = self._arranged(len(mine) * self.parts).shape
        rows = _columns(np.arange(len(mine)).reshape(shape), parts, index).reshape(-1)
        return mine[torch.from_numpy(rows).to(mine.device)]

    def _arranged(self, count: int) -> NDArray[np.int64]:
        """The share's pictures, a group in each column."""
        group = group_within(count, self.group)
        rows = np.arange(count).reshape(group, -1)
        for parts, index in self.cuts:
            rows = _columns(rows, parts, index)
        return rows


def _columns(rows: NDArray[np.int64], parts: int, index: int) -> NDArray[np.int64]:
    """Part `index` of the columns; of the neighbours where the columns do not divide."""
    if rows.shape[1] % parts:
        rows = rows.reshape(1, -1)
    width = rows.shape[1] // parts
    return rows[:, index * width : (index + 1) * width]


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
