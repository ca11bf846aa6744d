"""Latents and labels for `ganlab render`, from .npy files; nothing in them is run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganlab_core.errors import RecipeError
from ganlab_core.recipe import Classes, Latent

MOST_ROWS = 1_000_000


def read_latents(path: Path) -> list[Latent]:
    """Latents z from a .npy file of shape (N, z_dim).

    Raises `RecipeError` for anything but a table of finite numbers.
    """
    wanted = "Save a float array of shape (N, z_dim) with numpy.save."
    table = _numbers(path, wanted)
    if table.ndim != 2:
        raise RecipeError(f"{path.name} holds no table of latents.", wanted)
    return [Latent(vector=tuple(row.astype(np.float64).tolist())) for row in table]


def read_labels(path: Path, count: int) -> list[Classes]:
    """Class mixes from a .npy file of (N,) class numbers, or of (N, `count`) weights.

    Raises `RecipeError` for anything else, and for a model without classes (`count` 0).
    """
    if not count:
        raise RecipeError("This model knows no classes.", "Leave the labels away.")
    wanted = f"Save whole numbers of shape (N,), or weights of shape (N, {count})."
    table = _numbers(path, wanted)
    if table.ndim == 1 and table.dtype.kind in "iu":
        if int(table.min()) < 0 or int(table.max()) >= count:
            raise RecipeError(f"{path.name} holds a class beyond 0 to {count - 1}.", wanted)
        return [((int(index), 1.0),) for index in table]
    if table.ndim != 2 or table.shape[1] != count:
        raise RecipeError(f"{path.name} holds no labels for {count} classes.", wanted)
    return [_mix(row, path.name) for row in table]


def _mix(row: NDArray[np.generic], file: str) -> Classes:
    """The weights that are not 0; no weight at all would mean the first class."""
    weights = row.astype(np.float64)
    mix = tuple((int(index), float(weights[index])) for index in np.flatnonzero(weights))
    if not mix:
        raise RecipeError(f"{file} has a row without any class.", "Give each row a weight.")
    return mix


def _numbers(path: Path, wanted: str) -> NDArray[np.generic]:
    """The array in a .npy file: real numbers, not empty."""
    try:
        table = np.load(path, mmap_mode="r", allow_pickle=False)  # mapped: a lying header fails
    except (OSError, ValueError, EOFError, OverflowError, MemoryError, SyntaxError, TypeError):
        raise RecipeError(f"{path.name} is not a readable .npy file.", wanted) from None
    if isinstance(table, np.lib.npyio.NpzFile):
        table.close()
    array: object = table
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu" or not array.size:
        raise RecipeError(f"{path.name} holds no table of numbers.", wanted)
    if array.ndim not in (1, 2):
        raise RecipeError(f"{path.name} holds no table of numbers.", wanted)
    if len(array) > MOST_ROWS:
        raise RecipeError(f"{path.name} holds more than {MOST_ROWS} rows.", "Split it.")
    return array
