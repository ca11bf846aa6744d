"""How torch's threads wait for one another; to be said before torch is loaded."""

from __future__ import annotations

import os

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
