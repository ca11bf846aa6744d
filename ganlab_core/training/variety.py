"""How different pictures are from one another: the same measure for the data and for the samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from ganlab_core.dataset.images import Images

TILE_SIDE = 16
MOST_TILES = 64


def variety_of_sheet(path: Path, grid: tuple[int, int]) -> float:
    """Mean pairwise distance of a sheet's pictures, 0 (all alike) to 1; raises `OSError`.

    The pictures come from fixed latents, so that the figures of one run compare.
    """
    rows, columns = grid
    with Image.open(path) as sheet:
        small = sheet.convert("RGB").resize(
            (columns * TILE_SIDE, rows * TILE_SIDE), Image.Resampling.BOX
        )
    pixels = np.asarray(small, np.float32) / 255.0
    tiles = pixels.reshape(rows, TILE_SIDE, columns, TILE_SIDE, 3).swapaxes(1, 2)
    return _mean_distance(tiles.reshape(rows * columns, -1)[:MOST_TILES])


def variety_of_data(images: Images, resolution: int) -> float:
    """The same of pictures from all over a data set that is trained at `resolution`."""
    chosen = np.unique(np.linspace(0, len(images) - 1, MOST_TILES).astype(np.int64))
    pixels = images.batch(chosen, min(TILE_SIDE, resolution))
    return _mean_distance(pixels.reshape(len(chosen), -1).astype(np.float32) / 255.0)


def _mean_distance(vectors: npt.NDArray[np.float32]) -> float:
    count = len(vectors)
    if count < 2:
        return 1.0
    squares = (vectors**2).sum(axis=1)
    between = squares[:, None] + squares[None] - 2.0 * vectors @ vectors.T
    distances = np.sqrt(np.maximum(between, 0.0) / vectors.shape[1])
    return float(distances.sum() / (count * (count - 1)))
