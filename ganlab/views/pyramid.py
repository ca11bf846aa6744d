"""A curve of any length as at most a few points per pixel: the lowest and highest of each bin."""

from __future__ import annotations

import numpy as np

from ganlab_core.training.run_history import Curve


def thinned(x: Curve, y: Curve, low: float, high: float, bins: int) -> tuple[Curve, Curve]:
    """The part of a curve from `low` to `high` on the x axis, and one point beyond each end.

    Of more than two points per bin the lowest and highest are kept in their order, so that no peak is
    lost. x must not fall; bins without a finite value are left out.
    """
    first = max(0, int(np.searchsorted(x, low, "left")) - 1)
    last = min(len(x), int(np.searchsorted(x, high, "right")) + 1)
    x, y = x[first:last], y[first:last]
    size = len(x) // max(1, bins)
    if size <= 2:
        return x, y
    whole = len(x) // size * size
    blocks = y[:whole].reshape(-1, size)
    starts = np.arange(0, whole, size)
    if np.isfinite(blocks).all():
        ends = np.stack([blocks.argmin(axis=1), blocks.argmax(axis=1)])
    else:
        alive = np.isfinite(blocks).any(axis=1)
        starts, blocks = starts[alive], np.where(np.isfinite(blocks), blocks, np.nan)[alive]
        ends = np.stack([np.nanargmin(blocks, axis=1), np.nanargmax(blocks, axis=1)])
    picked = (starts + np.sort(ends, axis=0)).T.reshape(-1)
    picked = np.append(picked, np.arange(whole, len(x)))
    return x[picked], y[picked]
