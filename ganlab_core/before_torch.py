"""What is to be said before torch is loaded: how it asks for memory, and how its threads wait."""

from __future__ import annotations

import os

SWITCH = "THP_MEM_ALLOC_ENABLE"
"""torch's own: blocks of 2 MiB and more are asked for in pages of that size, where Linux has such.

A frame of 1024 px asks for some forty new blocks of 64 MiB, and in pages of 4 KiB the system spends
longer on handing one over, 16,384 times, than the convolution that fills it.
"""


def use_large_pages() -> None:
    """Let torch ask for large pages, unless the environment says otherwise."""
    os.environ.setdefault(SWITCH, "1")


SPINS = "1000"
"""Turns that a waiting thread of GNU's OpenMP spins before it sleeps: some tens of microseconds, which is
as long as one operation takes to follow another. It would spin 300,000 by itself, and on a busy machine
that is most of what a training does."""

BLOCKTIME = "1"
"""Milliseconds, the same for LLVM's and Intel's OpenMP, which spin for 200."""


def wait_briefly() -> None:
    """Let idle threads go to sleep soon, unless the environment says how they should wait."""
    if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"} & set(os.environ):
        os.environ["GOMP_SPINCOUNT"] = SPINS
        os.environ["KMP_BLOCKTIME"] = BLOCKTIME
