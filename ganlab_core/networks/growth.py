"""Growth: how far a progressively grown network reaches (Karras et al. 2018, sec. 2).

It is log2 of the resolution reached: 4.37 means that the 32 px block is faded in by alpha = 0.37. The
published code counts the other way: its level of detail is log2 of the full resolution less growth.
"""

from __future__ import annotations

import math


def split_growth(growth: float) -> tuple[int, float]:
    """Growth -> (level of the newest block, its alpha in (0, 1]): 4.37 -> (5, 0.37), 5.0 -> (5, 1)."""
    level = max(2, math.ceil(growth - 1e-9))
    return level, 1.0 if level == 2 else min(1.0, max(0.0, growth - (level - 1)))
