"""A team: the processes that train one pair of networks together, each on its part of the batch.

Started by `torchrun`, which tells each process its rank through the environment. One process alone
is a team too, whose operations do nothing.
"""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Callable, Iterable, Iterator

import torch
import torch.distributed as dist
from torch import Tensor, nn

from ganlab_core.networks import BatchNorm

PATIENCE = datetime.timedelta(days=30)
"""How long a process waits for the others: the leader may have been paused by a person."""

END = -1
"""Told in the place of a length: there is no next step."""


class Team:
    """One process's view of its team.

    Attributes
    ----------
    rank, size
        This process's number and how many there are; rank 0 leads and alone writes files.
    """

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank, self.size = rank, size

    @staticmethod
    def from_environment(device: str) -> Team:
        """Join the team that `torchrun` has started, over NCCL on GPUs and gloo elsewhere."""
        size = int(os.environ.get("WORLD_SIZE", "1"))
        if size == 1 or not dist.is_available():
            return Team()
        on_gpu = device in ("auto", "cuda", "") and torch.cuda.is_available()
        if on_gpu:
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        if not dist.is_initialized():
            dist.init_process_group("nccl" if on_gpu else "gloo", timeout=PATIENCE)
        return Team(dist.get_rank(), size)

    @property
    def leads(self) -> bool:
        """Whether this process writes the run folder and tells events."""
        return self.rank == 0

    @property
    def alone(self) -> bool:
        """Whether there are no others."""
        return self.size == 1

    def wait(self) -> None:
        """Until all have come here."""
        if not self.alone:
            dist.barrier()

    def lead(self, device: torch.device, words: bytes = b"", *, go_on: bool) -> None:
        """The leader's word before a step: whether to take it, and what has changed before it."""
        if self.alone:
            return
        dist.broadcast(torch.tensor(len(words) if go_on else END, device=device), src=0)
        if go_on and words:
            dist.broadcast(torch.tensor(list(words), dtype=torch.uint8, device=device), src=0)

    def hear(self, device: torch.device) -> bytes | None:
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
        if self.alone:
            return value
        total = value.detach().clone()
        dist.all_reduce(total)
        return total / self.size

    @contextlib.contextmanager
    def playing(self, *networks: nn.Module) -> Iterator[None]:
        """While the step is taken, batch norm uses the statistics of the whole team's batch."""
        norms = [
            layer
            for network in networks
            for layer in network.modules()
            if isinstance(layer, BatchNorm)
        ]
        for norm in norms:
            norm.exchange = None if self.alone else self
        yield
        for norm in norms:
            norm.exchange = None

    def total(self, values: Tensor) -> Tensor:
        """Sum over the processes; gradients go back to all of them."""
        apply: Callable[[Tensor], Tensor] = _Total.apply  # typed in some versions of torch only
        return apply(values)

    def threads(self, wanted: int) -> int:
        """How many CPU threads this process should use, 0 = all cores; a machine's team shares them."""
        mates = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        return wanted if wanted or mates == 1 else max(1, (os.cpu_count() or 1) // mates)

    def leave(self) -> None:
        """Say goodbye to the others."""
        if not self.alone:
            dist.destroy_process_group()

    def average_gradients(self, network: nn.Module) -> None:
        """Replace every gradient by its mean over the processes, in one message."""
        if self.alone:
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
