"""Out of memory: recognise it, and find out what would fit."""

from __future__ import annotations

import gc

import numpy as np
import torch

from ganlab_core.errors import TrainingError
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import run_step

SIGNS = ("out of memory", "can't allocate memory", "could not create a primitive")
"""How CUDA, torch on the CPU and oneDNN put it."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this error means that the device or the machine has no memory left."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(sign in str(error) for sign in SIGNS)


def advice(state: TrainState, resolution: int, batch: int, growth: float) -> TrainingError:
    """Try ever smaller batches, and say which is the largest that fits.

    The state must not be used afterwards: the trial steps change its weights.
    """
    what = f"A batch of {batch} at {resolution} px does not fit into the memory of {state.device}."
    if not state.team.alone:  # the others cannot be asked to try
        return TrainingError(what, "Use a smaller batch_size, or a larger accumulate.")
    smaller = batch // 2
    while smaller >= 1:
        if _fits(state, resolution, smaller, growth):
            return TrainingError(
                what,
                f"A batch of {smaller} fits: start a run with "
                f"--set batch_size_at.{resolution}={smaller}.",
            )
        smaller //= 2
    return TrainingError(what, "Not even one picture fits: use a smaller fmap_base or resolution.")


def _fits(state: TrainState, resolution: int, batch: int, growth: float) -> bool:
    _forget(state)
    shown = batch * (state.config.d_steps if state.config.fresh_reals else 1)
    pixels = np.zeros((shown, 3, resolution, resolution), dtype=np.uint8)
    try:
        run_step(state, pixels, np.zeros(shown, dtype=np.int64), growth)
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if is_out_of_memory(error):
            return False
        raise
    return True


def _forget(state: TrainState) -> None:
    """Free what the failed step left behind."""
    state.optimizer_g.zero_grad(set_to_none=True)
    state.optimizer_d.zero_grad(set_to_none=True)
    gc.collect()
    if state.device.type == "cuda":
        torch.cuda.empty_cache()
