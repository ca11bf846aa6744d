"""Variety of pictures, and whether they repeat the training set; all by distances of features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.floating]

_ROWS = 1024


def diversity(features: Features) -> float:
    """Mean distance of two different pictures' features (n, d), n >= 2; 0 when all are the same."""
    n = len(features)
    if n < 2:
        raise ValueError(f"need two pictures or more, not {n}")
    total = sum(float(distances(rows, features).sum()) for rows in _parts(features))
    return total / (n * (n - 1))


def nearest(
    queries: Features, references: Features, count: int = 1
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The `count` nearest references of each query: indices and distances, (n, count), nearest first."""
    indices, found = [], []
    for rows in _parts(queries):
        table = distances(rows, references)
        order = np.argsort(table, axis=1, kind="stable")[:, :count]
        indices.append(order)
        found.append(np.take_along_axis(table, order, axis=1))
    return np.concatenate(indices), np.concatenate(found)


def memorising(samples: Features, train: Features, held_out: Features) -> float:
    """Median distance to the nearest training picture: of samples, over that of held-out real ones.

    About 1: samples keep the distance that unseen real pictures keep. Far below 1: they repeat the
    training set. `train` must not contain `held_out`.
    """
    ours = float(np.median(nearest(samples, train)[1]))
    theirs = float(np.median(nearest(held_out, train)[1]))
    return ours / theirs if theirs else float("nan")


def distances(a: Features, b: Features) -> NDArray[np.float64]:
    """Euclidean distances of all pairs, (n, m), of (n, d) and (m, d)."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1)[None, :] - 2.0 * a @ b.T
    table: NDArray[np.float64] = np.sqrt(np.maximum(squares, 0.0))
    return table


def _parts(features: Features) -> list[Features]:
    return [features[start : start + _ROWS] for start in range(0, len(features), _ROWS)]
