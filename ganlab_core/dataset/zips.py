"""Reading pictures straight from a zip: nothing is unpacked to disk, and nothing is trusted."""

from __future__ import annotations

import lzma
import re
import stat
import zipfile
import zlib
from functools import partial
from pathlib import PurePosixPath

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
from ganlab_core.errors import DatasetError

MAX_RATIO = 200
FREE_BYTES = 16 * 2**20
"""A member above `FREE_BYTES` may unpack to `MAX_RATIO` times its size; flat bitmaps below it may
grow as they like."""

MAX_TOTAL_RATIO = 100
FREE_TOTAL_BYTES = 4 * 2**30
"""All pictures together may be `FREE_TOTAL_BYTES`, or `MAX_TOTAL_RATIO` times the archive."""

_DRIVE = re.compile(r"[A-Za-z]:")
_LOCKED_FLAG = 0x1
_MEMBER_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)


def list_zip(archive: zipfile.ZipFile, archive_bytes: int) -> Listing:
    """List the pictures of an open zip of `archive_bytes` bytes from its directory alone.

    Raises
    ------
    DatasetError
        When the pictures together would unpack to absurdly more than the archive.
    """
    members: dict[str, zipfile.ZipInfo] = {}
    notes: list[str] = []
    refused: list[tuple[str, Unusable]] = []
    for info in archive.infolist():
        name = info.filename.replace("\\", "/")
        if name.endswith("/") or not (looks_like_a_picture(name) or is_note(name)):
            continue
        try:
            name = _safe_name(name)
            if is_litter(PurePosixPath(name).parts):
                continue
            _check_member(info, name, members)
        except Unusable as unusable:
            refused.append((name, unusable))
        else:
            members[name] = info
            notes += [name] if is_note(name) else []
    _check_total(members, archive_bytes)
    found = {
        name: Picture(name, f"{info.file_size}:{info.CRC:08x}")
        for name, info in sorted(members.items())
    }
    described = tuple(found.pop(name) for name in notes)
    refused.sort(key=lambda pair: pair[0])
    read = partial(_read, archive, members)
    return Listing(tuple(found.values()), tuple(refused), read, described)


def _safe_name(name: str) -> str:
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or _DRIVE.match(name):
        raise Unusable(Reason.PATH, "has a name that leads out of the archive")
    return "/".join(parts)


def _check_member(info: zipfile.ZipInfo, name: str, members: dict[str, zipfile.ZipInfo]) -> None:
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Unusable(Reason.LINK, "is a link, not a picture")
    if name in members:
        raise Unusable(Reason.TWICE, "is in the zip a second time")
    if info.flag_bits & _LOCKED_FLAG:
        raise Unusable(Reason.LOCKED, "is locked with a password")
    check_kind_and_size(name, info.file_size)
    if info.file_size > FREE_BYTES and info.file_size > MAX_RATIO * info.compress_size:
        raise Unusable(Reason.BOMB, f"unpacks to more than {MAX_RATIO} times its size")


def _check_total(members: dict[str, zipfile.ZipInfo], archive_bytes: int) -> None:
    total = sum(info.file_size for info in members.values())
    if total > max(FREE_TOTAL_BYTES, MAX_TOTAL_RATIO * archive_bytes):
        raise DatasetError(
            f"The zip would unpack to {total / 2**30:.0f} GiB, "
            f"more than {MAX_TOTAL_RATIO} times its size.",
            Reason.BOMB.value,
        )


def _read(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], picture: Picture) -> bytes:
    try:
        with archive.open(members[picture.name]) as member:
            data = member.read(MAX_FILE_BYTES + 1)
    except _MEMBER_ERRORS as error:
        raise Unusable(Reason.DAMAGED, "is damaged inside the zip") from error
    check_kind_and_size(picture.name, len(data))
    return data
