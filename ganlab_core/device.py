"""Choosing where to compute; only calls choose, importing does nothing."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import threading
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from ganlab_core.errors import RenderError


def choose_device(name: str | None = None) -> torch.device:
    """`"auto"` or None = CUDA, else MPS, else the CPU; a named one must be there (`RenderError`)."""
    if name in (None, "", "auto"):
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(str(name))
    except RuntimeError:
        raise RenderError(f"There is no device called {name!r}.", "Use cpu, cuda or mps.") from None
    missing = (device.type == "cuda" and not torch.cuda.is_available()) or (
        device.type == "mps" and not torch.backends.mps.is_available()
    )
    if missing:
        raise RenderError(f"This machine has no {device.type} device.", "Use --device cpu.")
    return device


def leave_a_core() -> int:
    """Let torch use all cores but one, which belongs to the window or the encoder; returns how many.

    Everything that renders asks for this, because the number of threads decides in which order a
    convolution adds up, and with it the last bit of a picture. `OMP_NUM_THREADS` has the last word.

    Where the main thread renders, freed memory is kept: a frame of 1024 px takes a third longer without.
    The C library keeps it only there, and a window's render thread is another.
    """
    if threading.current_thread() is threading.main_thread():
        _keep_freed_memory()
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(min(torch.get_num_threads(), max(1, _cores() - 1)))
    return torch.get_num_threads()


def use_threads(count: int) -> int:
    """Set how many CPU threads torch uses; 0 = all cores this process may use. Returns the number.

    Gradients are made ready for several: see `weight_gradient`.
    """
    _keep_freed_memory()
    chosen = count or _cores()
    if chosen > 1:
        _share_weight_gradients()
    torch.set_num_threads(chosen)
    return chosen


def _cores() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _keep_freed_memory() -> None:
    """Ask glibc to keep big freed blocks instead of giving them back to the system.

    Each step frees and asks for the same tensors; returning them costs a page fault per 4 KiB every
    time. `tests/benchmarks/training_speed.py` shows the difference.
    """
    if not sys.platform.startswith("linux"):
        return
    trim_threshold, top_pad, mmap_max = -1, -2, -4  # the numbers of malloc.h
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # another C library, such as musl
        return
    mallopt(mmap_max, 0)
    mallopt(trim_threshold, 2**31 - 1)
    mallopt(top_pad, 2**28)


# ------------------------------------------------------------------------------------------------
# Gradients of kernels in bfloat16, by several threads.


def weight_gradient(
    picture: Float[Tensor, "n i _ _"],
    gradient: Float[Tensor, "n o _ _"],
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
) -> Float[Tensor, "o i _ _"]:
    """What a convolution's kernel gets, as one product of matrices.

    oneDNN has its threads meet for each picture of a batch when it makes this in bfloat16, and they wait
    by spinning: where another program has one of the cores, each meeting costs a slice of its time, and a
    step of training ten times the processor's. In a product they meet nowhere.

    Parameters
    ----------
    picture
        What was convolved, (N, I, H, W).
    gradient
        That of what came out, (N, O, H', W').
    kernel, stride, padding
        Down and across, in pixels.

    Returns
    -------
    Tensor
        (O, I, *kernel), lying channels last.
    """
    (n, outputs, *sides), channels = gradient.shape, picture.shape[1]
    down, across = padding
    if down or across:
        picture = F.pad(picture, (across, across, down, down))
    lying = picture.permute(0, 2, 3, 1).contiguous()
    each, row, column, _ = lying.stride()
    seen = lying.as_strided(  # what each place of the output was made of
        (n, *sides, kernel[0], kernel[1] * channels),
        (each, stride[0] * row, stride[1] * column, row, 1),
    )
    given = gradient.permute(0, 2, 3, 1).reshape(-1, outputs)
    flat = given.t() @ seen.reshape(len(given), -1)
    return flat.view(outputs, *kernel, channels).permute(0, 3, 1, 2)


@functools.cache
def _share_weight_gradients() -> torch.library.Library:
    """Let this process's convolutions make their kernels' gradients by `weight_gradient` where it helps.

    That is on the CPU, in bfloat16, with several threads; all else is torch's own to the bit. It stands
    below autograd, so gradients of gradients need nothing more. It holds while what is returned lives.
    """
    plain = torch.library.get_kernel(torch.ops.aten.convolution_backward.default, "CPU")

    def backward(
        keys: torch._C.DispatchKeySet, gradient: Tensor, x: Tensor, weight: Tensor, *how: Any
    ) -> tuple[Tensor | None, ...]:
        def by_torch(*wanted: bool) -> tuple[Tensor | None, ...]:
            return plain.call_boxed(keys, gradient, x, weight, *how[:-1], wanted)  # type: ignore[no-any-return]

        _bias, stride, padding, dilation, transposed, _more, groups, wanted = how
        of_x, of_weight, of_bias = wanted
        picture, made = (gradient, x) if transposed else (x, gradient)
        known = x.dtype == torch.bfloat16 and x.ndim == 4 and groups == max(dilation) == 1
        shared = known and torch.get_num_threads() > 1 and (of_weight or of_bias)
        if not shared or _meets_nowhere(picture, weight, stride):
            return by_torch(*wanted)
        kernel = weight.shape[2:]
        return (
            by_torch(True, False, False)[0] if of_x else None,
            weight_gradient(picture, made, kernel, stride, padding) if of_weight else None,
            gradient.sum(dim=(0, 2, 3)) if of_bias else None,
        )

    library = torch.library.Library("aten", "IMPL")
    library.impl("convolution_backward", backward, "CPU", with_keyset=True)
    return library


def _meets_nowhere(picture: Tensor, weight: Tensor, stride: Sequence[int]) -> bool:
    """Whether oneDNN's threads share this gradient without meeting for each picture, as found by trying.

    They do where 3x3 kernels of stride 1 meet large pictures with neither few nor very many maps. A
    product would take up to three times as long there.
    """
    (one, other, *kernel), (height, width) = weight.shape, picture.shape[2:]
    return (
        [*kernel, *stride] == [3, 3, 1, 1]
        and height * width >= 16 * 16
        and min(one, other) >= 16
        and max(one, other) <= 192
    )
