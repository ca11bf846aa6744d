"""How alike two pictures are: by pixels, by structure, and in a sentence how far a model came."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

WINDOW = 7
"""Side of the squares whose means, spreads and covariance SSIM compares, in pixels."""

FLAT, FAINT = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2
"""What keeps SSIM from dividing by nothing where both pictures are flat (Wang et al. 2004, eq. 13)."""


def psnr(ours: Pixels, theirs: Pixels) -> float:
    """Peak signal to noise of uint8 pictures of one shape, in dB; infinite for equal ones."""
    error = float(np.square(ours.astype(np.float64) - theirs.astype(np.float64)).mean())
    return 10.0 * math.log10(255.0**2 / error) if error else math.inf


def ssim(ours: Pixels, theirs: Pixels) -> float:
    """Structural similarity (Wang et al. 2004, eq. 13) of uint8 (H, W, 3), -1 to 1, mean over colours.

    Over even windows of 7 pixels, of which every place whose window lies inside counts.
    """
    a, b = ours.astype(np.float64), theirs.astype(np.float64)
    mean_a, mean_b = _means(a), _means(b)
    spread_a, spread_b = _means(a * a) - mean_a**2, _means(b * b) - mean_b**2
    shared = _means(a * b) - mean_a * mean_b
    likeness = ((2.0 * mean_a * mean_b + FLAT) * (2.0 * shared + FAINT)) / (
        (mean_a**2 + mean_b**2 + FLAT) * (spread_a + spread_b + FAINT)
    )
    return float(likeness.mean())


def _means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means over every window, (H, W, C) -> (H - 6, W - 6, C)."""
    windows = np.lib.stride_tricks.sliding_window_view(values, (WINDOW, WINDOW), axis=(0, 1))
    means: NDArray[np.float64] = windows.mean(axis=(-2, -1))
    return means
