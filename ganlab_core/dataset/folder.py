"""Walking a folder of pictures without ever leaving it."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from ganlab_core.dataset.listing import (
    MAX_FILE_BYTES,
    Listing,
    Picture,
    check_kind_and_size,
    is_litter,
    is_note,
    looks_like_a_picture,
)
from ganlab_core.dataset.reasons import Reason, Unusable

_PROBES = 16
"""Files whose content goes into their stamp: where an unpacker gives all files one time, two sets
of equally big pictures can agree in every name, size and time."""


def list_folder(folder: Path) -> Listing:
    """List the pictures below `folder`; links that leave it, and links to folders, are refused."""
    root = folder.resolve()
    pictures: list[Picture] = []
    notes: list[Picture] = []
    refused: list[tuple[str, Unusable]] = []
    for name, found in _walk(root):
        if is_note(name):
            notes += [found] if isinstance(found, Picture) else []
        elif isinstance(found, Unusable):
            refused.append((name, found))
        else:
            pictures.append(found)
    pictures.sort(key=lambda picture: picture.name)
    refused.sort(key=lambda pair: pair[0])
    read = partial(_read, root)
    return Listing(_with_probes(pictures, root), tuple(refused), read, tuple(notes))


def _walk(root: Path) -> Iterator[tuple[str, Picture | Unusable]]:
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(root / prefix) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield prefix or ".", _unreadable(error)
            continue
        for entry in found:
            if is_litter((entry.name,)):
                continue
            name = f"{prefix}{entry.name}"
            if not _leads_to_folder(entry):
                if looks_like_a_picture(name) or is_note(name):
                    yield name, _inspect(root, entry, name)
            elif _is_redirected(root, name):
                yield name, _redirected(root, name)
            else:
                waiting.append(f"{name}/")


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_redirected(root: Path, name: str) -> bool:
    """Whether the path is a symbolic link or a junction, or anything else that leads elsewhere."""
    expected = os.path.normcase(root / name)
    return os.path.normcase(os.path.realpath(root / name)) != expected


def _redirected(root: Path, name: str) -> Unusable:
    if (root / name).resolve().is_relative_to(root):
        words = "is a link to a folder of the same set, whose pictures are used where they lie"
    else:
        words = "is a link that leaves the folder"
    return Unusable(Reason.LINK, words)


def _inspect(root: Path, entry: os.DirEntry[str], name: str) -> Picture | Unusable:
    try:
        status = entry.stat()
        if entry.is_symlink() and not Path(os.path.realpath(entry.path)).is_relative_to(root):
            raise Unusable(Reason.LINK, "is a link that leaves the folder")
        if not stat.S_ISREG(status.st_mode):
            raise Unusable(Reason.UNREADABLE, "is not an ordinary file")
        check_kind_and_size(name, status.st_size)
    except OSError as error:
        if entry.is_symlink():
            return Unusable(Reason.LINK, "is a link that leads nowhere")
        return _unreadable(error)
    except Unusable as unusable:
        return unusable
    # Being allowed to read a file again changes neither its size nor its time.
    readable = os.access(entry.path, os.R_OK)
    return Picture(name, f"{status.st_size}:{status.st_mtime_ns}:{int(readable)}")


def _with_probes(pictures: list[Picture], root: Path) -> tuple[Picture, ...]:
    step = max(1, len(pictures) // _PROBES)
    for index in range(0, len(pictures), step):
        picture = pictures[index]
        try:
            checksum = zlib.crc32(_read(root, picture))
        except Unusable:
            continue
        pictures[index] = replace(picture, stamp=f"{picture.stamp}:{checksum:08x}")
    return tuple(pictures)


def _read(root: Path, picture: Picture) -> bytes:
    try:
        with (root / picture.name).open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _unreadable(error) from error
    check_kind_and_size(picture.name, len(data))
    return data


def _unreadable(error: OSError) -> Unusable:
    return Unusable(Reason.UNREADABLE, f"cannot be read ({error.strerror or 'unknown reason'})")
