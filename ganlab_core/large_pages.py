"""How torch asks the system for memory; to be said before torch is loaded."""

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
