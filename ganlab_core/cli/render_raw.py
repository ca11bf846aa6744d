"""A .npy file that grows picture by picture and appears only when it is whole."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ganlab_core.atomic import atomic_path
from ganlab_core.errors import ExportError


class RawFile:
    """The open file; float32 pictures of one shape are appended to it."""

    def __init__(self, file: BinaryIO, shape: tuple[int, ...]) -> None:
        self._file = file
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)

    def append(self, picture: NDArray[np.float32]) -> None:
        """Add one picture, (C, H, W)."""
        self._file.write(picture.astype("<f4").tobytes())


@contextlib.contextmanager
def raw_file(path: Path, shape: tuple[int, int, int, int]) -> Iterator[RawFile]:
    """Lend a file for `shape` = (N, C, H, W) float32; raises `ExportError` when it cannot be written."""
    if not path.parent.is_dir():
        raise ExportError(f"The folder {path.parent} does not exist.", "Choose another --raw.")
    try:
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            yield RawFile(file, shape)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ExportError(
            f"Writing {path.name} failed: {error.strerror or type(error).__name__}.",
            "Choose another --raw, or make room on the disk.",
        ) from None
