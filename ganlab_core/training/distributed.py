"""One batch, one or several processes: which pictures each works on, what it draws, and how they agree."""

from __future__ import annotations

import contextlib
import datetime
import functools
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch import Tensor, nn

from ganlab_core.networks import BatchNorm, group_within

# ------------------------------------------------------------------------------------------------
# The processes that train one pair of networks together.


PATIENCE = datetime.timedelta(days=30)
"""How long a process waits for the others: the leader may have been paused by a person."""

END = -1
"""Told in the place of a length: there is no next step."""


class DistributedContext:
    """One process's view of those that train together.

    Attributes
    ----------
    rank, size
        This process's number and how many there are; rank 0 leads and alone writes files.
    """

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank, self.size = rank, size

    @staticmethod
    def from_environment(device: str) -> DistributedContext:
        """Join the processes that `torchrun` has started, over NCCL on GPUs and gloo elsewhere."""
        size = int(os.environ.get("WORLD_SIZE", "1"))
        if size == 1 or not dist.is_available():
            return DistributedContext()
        on_gpu = device in ("auto", "cuda", "") and torch.cuda.is_available()
        if on_gpu:
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        if not dist.is_initialized():
            dist.init_process_group("nccl" if on_gpu else "gloo", timeout=PATIENCE)
        return DistributedContext(dist.get_rank(), size)

    @property
    def is_leader(self) -> bool:
        """Whether this process writes the run folder and tells events."""
        return self.rank == 0

    @property
    def is_alone(self) -> bool:
        """Whether there are no others."""
        return self.size == 1

    def barrier(self) -> None:
        """Wait until all have come here."""
        if not self.is_alone:
            dist.barrier()

    def broadcast(self, device: torch.device, words: bytes = b"", *, go_on: bool) -> None:
        """The leader's word before a step: whether to take it, and what has changed before it."""
        if self.is_alone:
            return
        dist.broadcast(torch.tensor(len(words) if go_on else END, device=device), src=0)
        if go_on and words:
            dist.broadcast(torch.tensor(list(words), dtype=torch.uint8, device=device), src=0)

    def receive(self, device: torch.device) -> bytes | None:
        """What the leader says has changed before the next step; None when there is no next step."""
        length = torch.tensor(END, device=device)
        dist.broadcast(length, src=0)
        if int(length) == END:
            return None
        words = torch.zeros(int(length), dtype=torch.uint8, device=device)
        if len(words):
            dist.broadcast(words, src=0)
        return bytes(words.tolist())

    def mean(self, value: Tensor) -> Tensor:
        """Mean of a detached tensor over the processes; the same tensor when alone."""
        if self.is_alone:
            return value
        total = value.detach().clone()
        dist.all_reduce(total)
        return total / self.size

    @contextlib.contextmanager
    def synchronised(self, *networks: nn.Module) -> Iterator[None]:
        """While the step is taken, batch norm uses the statistics of the whole batch."""
        if self.is_alone:
            yield
            return
        norms = [
            layer
            for network in networks
            for layer in network.modules()
            if isinstance(layer, BatchNorm)
        ]
        for norm in norms:
            norm.exchange = self
        yield
        for norm in norms:
            norm.exchange = None

    def total(self, values: Tensor) -> Tensor:
        """Sum over the processes; gradients go back to all of them."""
        apply: Callable[[Tensor], Tensor] = _Total.apply  # typed in some versions of torch only
        return apply(values)

    def threads(self, wanted: int) -> int:
        """How many CPU threads this process should use, 0 = all cores; those of one machine share them."""
        mates = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        return wanted if wanted or mates == 1 else max(1, (os.cpu_count() or 1) // mates)

    def close(self) -> None:
        """Say goodbye to the others."""
        if not self.is_alone:
            dist.destroy_process_group()

    def average_gradients(self, network: nn.Module) -> None:
        """Replace every gradient by its mean over the processes, in one message."""
        if self.is_alone:
            return
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        mean = self.mean(torch.cat([gradient.reshape(-1) for gradient in gradients]))
        _unpack(mean, gradients)


class _Total(torch.autograd.Function):
    """Sum over the processes, forwards and backwards: every process's loss depends on every part."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone()
        dist.all_reduce(total)
        return total


def _unpack(flat: Tensor, tensors: Iterable[Tensor]) -> None:
    start = 0
    for tensor in tensors:
        tensor.copy_(flat[start : start + tensor.numel()].view_as(tensor))
        start += tensor.numel()


# ------------------------------------------------------------------------------------------------
# Randomness of a run as a function of (seed, step), so that resuming needs no generator state.


# ------------------------------------------------------------------------------------------------
# Shards: which pictures of a batch one process, or one part of an accumulated step, works on.


@dataclass(frozen=True, slots=True)
class BatchShard:
    """A part of a batch that keeps groups of pictures together.

    Minibatch standard deviation compares pictures m, m + N/G, m + 2 N/G, ... of N in groups of G.
    A shard holds whole groups in an order that leads to the same groups again; where the groups
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

    def cut(self, parts: int, index: int) -> BatchShard:
        """Part `index` of `parts` of this shard."""
        return BatchShard(self.group, (*self.cuts, (parts, index)) if parts > 1 else self.cuts)

    @property
    def parts(self) -> int:
        """How many shards of this size make the batch."""
        product = 1
        for parts, _ in self.cuts:
            product *= parts
        return product

    def rows(self, count: int) -> NDArray[np.int64]:
        """Which pictures of a batch of `count` are in the shard; `count` is a multiple of `parts`."""
        return self._arranged(count).reshape(-1)

    def of(self, batch: Tensor) -> Tensor:
        """The shard of a whole batch (N, ...)."""
        if not self.cuts:
            return batch
        return batch[torch.from_numpy(self.rows(len(batch))).to(batch.device)]

    def part(self, mine: Tensor, parts: int, index: int) -> Tensor:
        """What `cut(parts, index)` holds, out of what this shard holds, (n, ...)."""
        shape = self._arranged(len(mine) * self.parts).shape
        rows = _columns(np.arange(len(mine)).reshape(shape), parts, index).reshape(-1)
        return mine[torch.from_numpy(rows).to(mine.device)]

    def _arranged(self, count: int) -> NDArray[np.int64]:
        """The shard's pictures, a group in each column."""
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

    def __init__(
        self, seed: int, step: int, device: torch.device, shard: BatchShard = BatchShard()
    ) -> None:
        self.device = device
        self.shard = shard
        self._host = torch.Generator().manual_seed(seed_for(seed, "host", step))
        self._here = (
            self._host
            if device.type == "cpu"
            else torch.Generator(device).manual_seed(seed_for(seed, "device", step))
        )

    def normal(self, count: int, *shape: int) -> Tensor:
        """Standard normal draws (count, *shape) on the device, one for each picture of the shard."""
        whole = (count * self.shard.parts, *shape)
        return self.shard.of(torch.randn(whole, generator=self._here, device=self.device))

    def uniform(self, count: int, *shape: int) -> Tensor:
        """Draws from [0, 1), (count, *shape) on the device, one for each picture of the shard."""
        whole = (count * self.shard.parts, *shape)
        return self.shard.of(torch.rand(whole, generator=self._here, device=self.device))

    def host_uniform(self, count: int, *shape: int) -> Tensor:
        """As `uniform`, on the host: numbers that can be looked at without waiting for the device."""
        whole = (count * self.shard.parts, *shape)
        return self.shard.of(torch.rand(whole, generator=self._host))

    def position(self) -> tuple[Tensor, Tensor]:
        """Where the draws stand, for `rewind`."""
        return self._host.get_state(), self._here.get_state()

    def rewind(self, position: tuple[Tensor, Tensor]) -> None:
        """Let the draws go on from there again."""
        self._host.set_state(position[0])
        self._here.set_state(position[1])

    def chance(self) -> float:
        """One draw from [0, 1) as a number, the same for all shards, without waiting for the device."""
        return float(torch.rand((), generator=self._host))

    def integer(self, low: int, high: int) -> int:
        """One whole number from low to high - 1, the same for all shards."""
        return int(torch.randint(low, high, (), generator=self._host))

    def parts(self, count: int) -> Iterator[int]:
        """Work on the shard's parts 0 to `count` - 1 in turn; every part meets the same draws."""
        whole = self.shard
        before = self.position()
        for index in range(count):
            self.rewind(before)
            self.shard = whole.cut(count, index)
            yield index
        self.shard = whole


def data_order(seed: int, start: int, count: int, size: int) -> NDArray[np.int64]:
    """Which pictures the run shows as number `start` to `start + count - 1`: a new shuffle per epoch."""
    position = np.arange(start, start + count)
    epochs = position // size
    order = np.empty(count, dtype=np.int64)
    for epoch in np.unique(epochs):
        here = epochs == epoch
        order[here] = _shuffled(seed, int(epoch), size)[position[here] % size]
    return order


@functools.lru_cache(maxsize=2)  # a batch may lie in two epochs
def _shuffled(seed: int, epoch: int, size: int) -> NDArray[np.int64]:
    """An epoch's order of all pictures; made anew for every batch it would cost more than the batch."""
    order = np.random.default_rng(seed_for(seed, "epoch", epoch)).permutation(size)
    order.flags.writeable = False
    return order
