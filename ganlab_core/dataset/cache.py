"""The prepared set on disk: one .npy per resolution, labels, and a note about them.

A cache is built in a folder beside its place and takes its name only when whole, so what bears the
name is complete. It is checked again whenever it is opened, and anything odd means: prepare again.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt

from ganlab_core.atomic import has_writer, new_scratch, sweep
from ganlab_core.dataset.images import Images, Skipped
from ganlab_core.reading import load_json

ABOUT = "about.json"
_LABELS = "labels.npy"
_PART = ".part"
_WINDOWS, _WINDOW_BYTES = 32, 2**16
_ABANDONED_SECONDS = 24 * 3600
_UNSOUND = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    EOFError,
    RecursionError,
)


def level_sizes(resolution: int) -> tuple[int, ...]:
    """The powers of two from 4 to `resolution`."""
    return tuple(4 << step for step in range(resolution.bit_length() - 2))


class LevelWriter:
    """Appends pictures to one .npy per resolution; the count is written into them at the end.

    Plain writes instead of a writable memory map: the count is not known before the last picture is
    decoded, and a full disk must raise an error here, where a map would kill the process.
    """

    def __init__(self, folder: Path, resolution: int) -> None:
        self.count = 0
        self._files: dict[int, BinaryIO] = {}
        with contextlib.ExitStack() as opened:
            for size in level_sizes(resolution):
                file = (folder / f"{size}.npy").open("wb", buffering=2**20)
                self._files[size] = opened.enter_context(file)
                self._write_header(size)
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        """Return the writer itself."""
        return self

    def append(self, levels: Mapping[int, npt.NDArray[np.uint8]]) -> None:
        """Add one picture, uint8 (3, r, r) for every r; raises OSError when the disk is full."""
        for size, file in self._files.items():
            file.write(levels[size].data)
        self.count += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the count into the files, flush them to disk and close them."""
        if error is not None:
            with contextlib.suppress(OSError):  # the first error is the one to tell
                self._opened.close()
            return
        with self._opened:
            for size, file in self._files.items():
                file.seek(0)
                self._write_header(size)
                file.flush()
                os.fsync(file.fileno())

    def _write_header(self, size: int) -> None:
        # numpy pads the header for a growing first axis: the last header fits over the first one.
        shape = (self.count, 3, size, size)
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._files[size], header)


@contextlib.contextmanager
def building(place: Path) -> Iterator[Path]:
    """Lend a new folder beside `place`, and remove it afterwards unless it has been moved away."""
    place.parent.mkdir(parents=True, exist_ok=True)
    _sweep(place.parent)
    part = new_scratch(place)
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def seal(
    part: Path,
    labels: npt.NDArray[np.int64],
    classes: Sequence[str],
    skipped: Sequence[Skipped],
    fingerprint: str,
) -> None:
    """Write the labels and the note that makes the folder a cache."""
    with (part / _LABELS).open("wb") as file:
        np.save(file, labels)
        file.flush()
        os.fsync(file.fileno())
    note = {
        "fingerprint": fingerprint,
        "count": len(labels),
        "classes": list(classes),
        "skipped": [[skip.name, skip.reason] for skip in skipped],
        "files": {path.name: _checksum(path) for path in sorted(part.glob("*.npy"))},
    }
    with (part / ABOUT).open("w", encoding="utf-8") as text:
        json.dump(note, text)
        text.flush()
        os.fsync(text.fileno())


def publish(part: Path, place: Path) -> None:
    """Give a sealed folder its name, unless another process was first; then that one stands."""
    try:
        part.rename(place)
    except OSError:
        if not place.exists():
            raise


def open_cache(place: Path, fingerprint: str, resolution: int, source: str) -> Images | None:
    """Map the cache at `place`, or None when there is none or it is damaged in any way."""
    try:
        note = load_json((place / ABOUT).read_bytes())
        count = int(note["count"])
        if note["fingerprint"] != fingerprint or count < 1:
            return None
        if any(_checksum(place / name) != sum_ for name, sum_ in note["files"].items()):
            return None
        levels = {size: _map(place, size, count) for size in level_sizes(resolution)}
        labels = np.load(place / _LABELS, allow_pickle=False)
        classes = tuple(str(name) for name in note["classes"])
        skipped = tuple(Skipped(str(name), str(reason)) for name, reason in note["skipped"])
        if labels.shape != (count,) or not 0 <= labels.min() <= labels.max() < max(1, len(classes)):
            return None
    except _UNSOUND:
        return None
    return Images(
        levels, labels, classes=classes, skipped=skipped, fingerprint=fingerprint, source=source
    )


def discard(place: Path) -> None:
    """Take a damaged cache away, if there is one; OSError when the system holds on to it."""
    if not place.exists():
        return
    with building(place) as grave, contextlib.suppress(FileNotFoundError):
        place.rename(grave / "damaged")


def _map(place: Path, size: int, count: int) -> npt.NDArray[np.uint8]:
    level: npt.NDArray[np.uint8] = np.load(place / f"{size}.npy", mmap_mode="r", allow_pickle=False)
    if level.shape != (count, 3, size, size) or level.dtype != np.uint8:
        raise ValueError(f"{size}.npy has shape {level.shape}")
    return level


def _checksum(path: Path) -> list[int]:
    """Size and CRC of evenly spaced windows: all of a file below 2 MiB, quick on a huge one."""
    size = path.stat().st_size
    step = max(_WINDOW_BYTES, size // _WINDOWS)
    checksum = 0
    with path.open("rb") as file:
        for start in range(0, size, step):
            file.seek(start)
            checksum = zlib.crc32(file.read(_WINDOW_BYTES), checksum)
    return [size, checksum]


def _sweep(folder: Path) -> None:
    """Remove what killed processes left behind; those of older versions when that is long ago."""
    sweep(folder)
    limit = time.time() - _ABANDONED_SECONDS
    for part in folder.glob(f".*{_PART}"):
        with contextlib.suppress(OSError):
            if has_writer(part):
                continue
            newest = max(path.stat().st_mtime for path in (part, *part.iterdir()))
            if newest < limit:
                shutil.rmtree(part, ignore_errors=True)
