"""Choosing where to compute; only calls choose, importing does nothing."""

from __future__ import annotations

import ctypes
import os
import sys
import threading

import torch

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
    """Set how many CPU threads torch uses; 0 = all cores this process may use. Returns the number."""
    _keep_freed_memory()
    chosen = count or _cores()
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
