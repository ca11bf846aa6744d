"""Latents that other programs saved, as Recipes: W and W+ of projectors and encoders, and z.

`projected_w.npz` of NVIDIA's code, `.npy` tables, and `.pt` files with tensors. A row for each style is W+,
which a Recipe holds as a style of its own for each; nothing in a file is run.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganlab_core.errors import CheckpointError, RecipeError
from ganlab_core.importers.contents import read_contents
from ganlab_core.recipe import Capabilities, Latent, Mix, Recipe

MOST_PLACES = 100_000
LARGEST = 2_000_000_000
"""Bytes of a file of latents."""

ARRAYS = (".npy", ".npz")
"""How NumPy's files end; others are read as PyTorch's."""

FAULTS = (
    OSError, ValueError, EOFError, OverflowError, MemoryError, SyntaxError, TypeError, KeyError,
    RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What reading a prepared or broken file of NumPy may raise."""

_WANTED = "Choose W of shape (N, w_dim), W+ of shape (N, styles, w_dim), or z of shape (N, z_dim)."


def read_places(path: Path, can: Capabilities, base: Recipe) -> list[Recipe]:
    """A Recipe for each place in a file, in the file's order.

    Parameters
    ----------
    path
        A .npy, .npz, .pt, .pth or .pkl.
    can
        Of the model that the places are in, whose sizes tell W from W+ and z.
    base
        What else the Recipes hold. Places of W come from projectors, which truncate nothing: psi is 1.

    Raises
    ------
    RecipeError
        For a file that holds no such places, or those of another model.
    """
    seen: list[str] = []
    for name, array in _arrays(path):
        found = _places(name, array, can)
        if found is not None:
            return [_recipe(base, *place) for place in found]
        seen.append(" x ".join(map(str, array.shape)) or "one number")
    told = f"arrays of {', '.join(seen[:4])}" if seen else "no arrays"
    w = f"W of {can.w_dim} numbers and {can.style_count} styles, " if can.has_w else ""
    raise RecipeError(
        f"{path.name} holds {told}; this model has {w}z of {can.z_dim} numbers.", _WANTED
    )


Place = tuple[tuple[Latent, ...], bool]
"""One latent, or one for each style; whether it is in W."""


def _places(name: str, array: NDArray[Any], can: Capabilities) -> list[Place] | None:
    """The places in an array; None where it holds none of this model."""
    if array.dtype.kind not in "fiu" or array.ndim not in (1, 2, 3, 4) or not array.size:
        return None
    array = array.reshape(array.shape[1:]) if array.ndim == 4 and len(array) == 1 else array
    table = array.astype(np.float64)
    if not np.isfinite(table).all():
        return None
    size, styles = table.shape[-1], can.style_count
    if can.has_w and styles > 1 and table.shape[-2:] == (styles, can.w_dim):
        return [_styled(rows) for rows in table.reshape(-1, styles, size)[:MOST_PLACES]]
    if table.ndim == 3 and table.shape[1] == 1:
        table = table[:, 0]
    if table.ndim > 2:
        return None
    named_z = name.lower().startswith("z")
    in_w = can.has_w and size == can.w_dim and not (named_z and size == can.z_dim)
    if not in_w and size != can.z_dim:
        return None
    rows = table.reshape(-1, size)[:MOST_PLACES]
    return [((_latent(row, "w" if in_w else "z"),), in_w) for row in rows]


def _styled(rows: NDArray[np.float64]) -> Place:
    """One latent where all styles are the same."""
    if (rows == rows[0]).all():
        return (_latent(rows[0], "w"),), True
    return tuple(_latent(row, "w") for row in rows), True


def _latent(row: NDArray[np.float64], space: str) -> Latent:
    return Latent(vector=tuple(row.tolist()), space=space)


def _recipe(base: Recipe, latents: tuple[Latent, ...], in_w: bool) -> Recipe:
    """The base at a place."""
    mixes = tuple((index, Mix(latent)) for index, latent in enumerate(latents))
    placed = replace(
        base, latent=latents[0], mix_at=(), mix_layers=mixes if len(latents) > 1 else ()
    )
    return replace(placed, psi=1.0, psi_at=()) if in_w else placed


# ------------------------------------------------------------------------------------------------
# The arrays in a file, those first whose names promise most.


def _arrays(path: Path) -> Iterator[tuple[str, NDArray[Any]]]:
    if path.suffix.lower() not in ARRAYS:
        yield from _of_tensors(path)
        return
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.lib.npyio.NpzFile):
                names = sorted(loaded.files, key=lambda name: not name.lower().startswith("w"))
                yield from [(name, loaded[name]) for name in names[:64]]
            elif isinstance(loaded, np.ndarray):
                yield path.stem, loaded
    except FAULTS:
        raise RecipeError(f"{path.name} is no readable table of numbers.", _WANTED) from None


def _of_tensors(path: Path) -> Iterator[tuple[str, NDArray[Any]]]:
    """All tensors of a file by the last part of their names."""
    try:
        contents = read_contents(path)
        for name in list(contents.numbers)[:64]:
            for key, tensor in contents.below(name).items():
                if not key:
                    yield name.rpartition(".")[2], tensor.numpy()
    except CheckpointError as error:
        raise RecipeError(error.what, error.remedy or _WANTED) from None
