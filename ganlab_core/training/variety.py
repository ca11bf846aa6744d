"""How different pictures are from one another: the same measure for the data and for the samples."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from ganlab_core.dataset.images import Images

TILE_SIDE = 16
MOST_CLASSES = 16
PER_CLASS = 32


def variety_of_sheet(sheet: Path | BinaryIO, grid: tuple[int, int]) -> float:
    """Mean distance of two pictures in a row of a sheet, 0 (all alike) to 1; raises `OSError`.

    The pictures come from fixed latents, so that the figures of one run compare. Where there are classes a
    row is of one class, so that classes which differ do not hide that each of them shows one picture.
    """
    rows, columns = grid
    with Image.open(sheet, formats=["PNG"]) as picture:
        small = picture.convert("RGB").resize(
            (columns * TILE_SIDE, rows * TILE_SIDE), Image.Resampling.BOX
        )
    pixels = np.asarray(small, np.float32) / 255.0
    tiles = pixels.reshape(rows, TILE_SIDE, columns, TILE_SIDE, 3).swapaxes(1, 2)
    groups = tiles.reshape(rows, columns, -1)
    if columns == 1:
        groups = groups.swapaxes(0, 1)
    return float(np.mean([_mean_distance(group) for group in groups]))


def variety_of_data(images: Images, resolution: int) -> float:
    """Mean distance of two pictures of one class, over classes and pictures from all over a data set.

    At most as fine as a sheet is looked at; `resolution` is that of the training.
    """
    classes = np.unique(images.labels)
    chosen = classes[_spread(len(classes), MOST_CLASSES)]
    distances = []
    for number in chosen:
        members = np.flatnonzero(images.labels == number)
        pixels = images.batch(members[_spread(len(members), PER_CLASS)], min(TILE_SIDE, resolution))
        distances.append(_mean_distance(pixels.reshape(len(pixels), -1).astype(np.float32) / 255.0))
    return float(np.mean(distances))


def _spread(count: int, most: int) -> npt.NDArray[np.int64]:
    """At most so many numbers below `count`, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


def _mean_distance(vectors: npt.NDArray[np.float32]) -> float:
    count = len(vectors)
    if count < 2:
        return 1.0
    squares = (vectors**2).sum(axis=1)
    between = squares[:, None] + squares[None] - 2.0 * vectors @ vectors.T
    distances = np.sqrt(np.maximum(between, 0.0) / vectors.shape[1])
    return float(distances.sum() / (count * (count - 1)))
