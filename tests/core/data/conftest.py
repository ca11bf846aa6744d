"""Small real picture files, folders and zips for the dataset tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

MakePng = Callable[..., bytes]
WriteFiles = Callable[[Mapping[str, bytes]], Path]


@pytest.fixture
def png() -> MakePng:
    """Bytes of a picture of one colour; `seed` makes noise instead, other words go to Pillow."""

    def make(
        colour: Any = (200, 100, 50),
        size: tuple[int, int] = (16, 16),
        mode: str = "RGB",
        kind: str = "PNG",
        seed: int | None = None,
    ) -> bytes:
        image = Image.new(mode, size, colour)
        if seed is not None:
            noise = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
            image = Image.fromarray(noise)
        buffer = io.BytesIO()
        image.save(buffer, kind)
        return buffer.getvalue()

    return make


@pytest.fixture
def make_folder(tmp_path: Path) -> WriteFiles:
    """Write a folder of files from relative names and bytes."""

    def write(files: Mapping[str, bytes]) -> Path:
        folder = tmp_path / "pictures"
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return folder

    return write


@pytest.fixture
def make_zip(tmp_path: Path) -> WriteFiles:
    """Write a compressed zip from member names, taken as they are, and bytes."""

    def write(files: Mapping[str, bytes]) -> Path:
        path = tmp_path / "pictures.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        return path

    return write


@pytest.fixture
def cache_root(tmp_path: Path) -> Path:
    """Where the test keeps prepared sets."""
    return tmp_path / "cache"
