"""The arithmetic a frame is computed in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from ganlab_core.errors import RenderError

PRECISIONS = ("fp32", "bf16")


def check_precision(precision: str) -> str:
    """`precision` if it is one of `PRECISIONS`; raises `RenderError`."""
    if precision not in PRECISIONS:
        raise RenderError(f"There is no precision {precision!r}.", "Use fp32 or bf16.")
    return precision


@contextlib.contextmanager
def arithmetic(device: torch.device, precision: str) -> Iterator[None]:
    """Compute in `precision` inside the block: bf16 through autocast, fp32 without TF32 shortcuts.

    Nothing global is left changed. On CUDA, algorithms that could give other bits on another run
    are ruled out.
    """
    with contextlib.ExitStack() as stack:
        if device.type == "cuda":
            stack.enter_context(
                torch.backends.cudnn.flags(
                    enabled=True, benchmark=False, deterministic=True, allow_tf32=False
                )
            )
        if precision == "bf16":
            stack.enter_context(torch.autocast(device.type, torch.bfloat16, cache_enabled=False))
        yield
