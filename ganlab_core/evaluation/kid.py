"""Kernel distance between two sets of features (Binkowski et al. 2018, "Demystifying MMD GANs")."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Features = npt.NDArray[np.floating]

_ROWS = 2048


def kernel_distance(a: Features, b: Features, block: int = 1000) -> float:
    """Unbiased squared maximum mean discrepancy with the kernel (x . y / d + 1)^3 (sec. 4).

    Its expected value does not depend on the sample size and is 0 for two sets from one source, so
    single values may be slightly negative. It is averaged over shuffled, disjoint blocks of about
    `block` vectors; the shuffle is fixed, so equal arguments give equal values.

    Parameters
    ----------
    a, b
        Features (n, d) and (m, d) with n, m >= 2.
    block
        Vectors per block, at least 2.

    Raises
    ------
    ValueError
        When the shapes do not fit together.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b), block) < 2:
        raise ValueError(f"need (n, d) and (m, d) with n, m >= 2, not {a.shape} and {b.shape}")
    # Sets come sorted by file or class; without the shuffle each block would hold other classes.
    shuffle = np.random.default_rng(0).permutation
    blocks = max(1, round(min(len(a), len(b)) / block))
    blocks = min(blocks, min(len(a), len(b)) // 2)
    parts_of_a = np.array_split(shuffle(len(a)), blocks)
    parts_of_b = np.array_split(shuffle(len(b)), blocks)
    distances = [_mmd(a[i], b[j]) for i, j in zip(parts_of_a, parts_of_b, strict=True)]
    return float(np.mean(distances))


def _mmd(a: Features, b: Features) -> float:
    n, m = len(a), len(b)
    within_a = (_kernel_sum(a, a) - _self_sum(a)) / (n * (n - 1))
    within_b = (_kernel_sum(b, b) - _self_sum(b)) / (m * (m - 1))
    return within_a + within_b - 2 * _kernel_sum(a, b) / (n * m)


def _kernel_sum(a: Features, b: Features) -> float:
    """Sum of the kernel over all pairs, some rows at a time to spare memory."""
    columns = b.astype(np.float64).T
    total = 0.0
    for start in range(0, len(a), _ROWS):
        rows = a[start : start + _ROWS].astype(np.float64)
        total += float((((rows @ columns) / a.shape[1] + 1) ** 3).sum())
    return total


def _self_sum(a: Features) -> float:
    squares = np.square(a.astype(np.float64)).sum(axis=1)
    return float(((squares / a.shape[1] + 1) ** 3).sum())
