"""Files that are either whole or not there: written beside their final name, flushed, then renamed."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def atomic_path(final: Path, *, make_folder: bool = True) -> Iterator[Path]:
    """Lend a temporary path in `final`'s folder; it takes the final name only if the block succeeds.

    The temporary file is flushed to the disk before the rename, so a power cut leaves either the old
    file or the new one. On any failure it is removed and the old file stays. Without `make_folder` a
    folder that is missing, or was removed a moment ago, is an `OSError` and not made anew.
    """
    if make_folder:
        final.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{final.name}.", suffix=".part", dir=final.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _flush(temporary)
        _open_to_others(temporary)
        temporary.replace(final)
        _flush_folder(final.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes_atomically(final: Path, data: bytes, *, make_folder: bool = True) -> None:
    """Write `data` to `final` whole or not at all; see `atomic_path`."""
    with atomic_path(final, make_folder=make_folder) as temporary:
        temporary.write_bytes(data)


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _open_to_others(path: Path) -> None:
    """Give the file the permissions a plain `open` would have given it (mkstemp makes it private)."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)


def _flush_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system allows opening a folder."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
