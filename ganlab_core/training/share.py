"""Shares: which pictures of a batch one process, or one part of an accumulated step, works on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.networks.layers import group_within


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
