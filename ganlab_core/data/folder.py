"""Walking a folder of pictures without ever leaving it."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import lzma
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from ganlab_core.errors import DatasetError
from ganlab_core.files import JSONError, load_json

# ------------------------------------------------------------------------------------------------
# Why a single picture is left out: a kind to count by, and words for the person.


class Reason(Enum):
    """A kind of refusal; the value is what a person can do when every picture meets it."""

    TOO_SMALL = "Use bigger pictures or a smaller --resolution."
    DAMAGED = "Open one in a picture viewer and save the set again as PNG or JPEG."
    FOREIGN = "Convert the pictures to PNG or JPEG."
    HEIC = "Install what reads HEIC with pip install 'ganlab-desk[heic]', or convert the pictures."
    TOO_BIG = "Scale the pictures down first."
    BOMB = "Make the zip again from the pictures themselves, or use a folder."
    PATH = "Make the zip again with plain relative names, or use a folder."
    LINK = "Put the pictures themselves into the folder, not links to them."
    LOCKED = "Unpack the zip with its password and choose the folder."
    UNREADABLE = "Check that the files exist and that you may read them."
    LABEL = "Add the pictures to dataset.json, or take the file out of the set."
    ALIKE = "Choose a video in which something moves."
    INVISIBLE = "Save the pictures without transparency."
    TWICE = "Give every picture in the zip a name of its own."


class Unusable(Exception):
    """One picture that is skipped, never a reason to stop.

    Parameters
    ----------
    reason
        The kind of refusal.
    words
        The same in words that follow "it": "is empty", "is 40 x 30 pixels ...".
    side
        The smaller side in pixels, for `Reason.TOO_SMALL`; otherwise 0.
    """

    def __init__(self, reason: Reason, words: str, side: int = 0) -> None:
        super().__init__(reason, words, side)
        self.reason = reason
        self.words = words
        self.side = side


# ------------------------------------------------------------------------------------------------
# What a folder and a zip have in common: named pictures that can be read as bytes.


MAX_FILE_BYTES = 256 * 2**20
"""Files above this are refused unread; no 1024 px training picture needs as much."""

PICTURE_SUFFIXES = frozenset(
    {".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff",
     ".avif", ".jp2", ".j2k", ".heic", ".heif"}
)  # fmt: skip
KINDS = "PNG, JPEG, WebP, BMP, GIF, TIFF, AVIF or JPEG 2000"
_FOREIGN_SUFFIXES = {
    ".jxl": "JPEG XL",
    ".jxr": "JPEG XR",
    ".svg": "SVG",
    ".svgz": "SVG",
    ".psd": "Photoshop",
    ".psb": "Photoshop",
    ".xcf": "GIMP",
    ".kra": "Krita",
    ".clip": "Clip Studio",
    ".afphoto": "Affinity Photo",
    ".ai": "Illustrator",
    ".eps": "PostScript",
    ".tga": "TGA",
    ".ico": "icon",
    ".icns": "icon",
    ".exr": "OpenEXR",
    ".hdr": "HDR",
    ".dds": "DDS",
    ".pcx": "PCX",
    ".ppm": "Netpbm",
    ".pgm": "Netpbm",
    ".pbm": "Netpbm",
    ".pnm": "Netpbm",
    ".qoi": "QOI",
    **dict.fromkeys((".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf"), "raw camera"),
}


FILM_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi"})
_HEIC_SUFFIXES = (".heic", ".heif")


@functools.cache
def heic_is_read() -> bool:
    """Whether the package that reads HEIC, the extra `heic`, is installed."""
    return importlib.util.find_spec("pillow_heif") is not None


@dataclass(frozen=True, slots=True)
class Picture:
    """One file that looks like a picture: its relative POSIX name, and a stamp of its content."""

    name: str
    stamp: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The pictures of one source in name order, what was refused unread, and how to read one.

    `read` returns a picture's bytes or raises `Unusable`; several threads may call it at once.
    `notes` are the files called dataset.json, `films` the videos of a folder. `labels` is the class
    of each picture where a note says it, empty where it says that there are none, and None where
    folders decide.
    """

    pictures: tuple[Picture, ...]
    refused: tuple[tuple[str, Unusable], ...]
    read: Callable[[Picture], bytes]
    notes: tuple[Picture, ...] = ()
    labels: Mapping[str, int] | None = None
    films: tuple[Picture, ...] = ()


def is_note(name: str) -> bool:
    """Whether the file may say which class each picture has; see `labels`."""
    return PurePosixPath(name).name == "dataset.json"


def is_film(name: str) -> bool:
    """Whether the file's ending is that of a video, whose frames are pictures in a folder."""
    return PurePosixPath(name).suffix.lower() in FILM_SUFFIXES


def looks_like_a_picture(name: str) -> bool:
    """Whether the file's ending is one a person would call a picture, readable here or not."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix in PICTURE_SUFFIXES or suffix in _FOREIGN_SUFFIXES


def is_litter(parts: Sequence[str]) -> bool:
    """Whether an operating system left this path behind: hidden, or a Mac resource fork."""
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def check_kind_and_size(name: str, size: int) -> None:
    """Refuse from name and size (bytes) alone what need not be opened; raises `Unusable`."""
    suffix = PurePosixPath(name).suffix.lower()
    kind = _FOREIGN_SUFFIXES.get(suffix)
    if suffix in _HEIC_SUFFIXES and not heic_is_read():
        raise Unusable(
            Reason.HEIC, f"is a {suffix[1:].upper()} file, which needs ganlab-desk[heic]"
        )
    if kind:
        raise Unusable(Reason.FOREIGN, f"is a {kind} file, which ganlab does not read")
    if size == 0:
        raise Unusable(Reason.DAMAGED, "is empty")
    if size > MAX_FILE_BYTES and not is_film(name):
        limit = MAX_FILE_BYTES // 2**20
        raise Unusable(Reason.TOO_BIG, f"is a file of more than {limit} MiB")


_PROBES = 16
"""Files whose content goes into their stamp: where an unpacker gives all files one time, two sets
of equally big pictures can agree in every name, size and time."""


def list_folder(folder: Path) -> Listing:
    """List the pictures below `folder`; links that leave it, and links to folders, are refused."""
    root = folder.resolve()
    pictures: list[Picture] = []
    notes: list[Picture] = []
    films: list[Picture] = []
    refused: list[tuple[str, Unusable]] = []
    for name, found in _walk(root):
        if is_note(name):
            notes += [found] if isinstance(found, Picture) else []
        elif is_film(name) and isinstance(found, Picture):
            films.append(found)
        elif isinstance(found, Unusable):
            refused.append((name, found))
        else:
            pictures.append(found)
    pictures.sort(key=lambda picture: picture.name)
    refused.sort(key=lambda pair: pair[0])
    read = partial(_read, root)
    probed, films_ = _with_probes(pictures, root), tuple(sorted(films, key=lambda film: film.name))
    return Listing(probed, tuple(refused), read, tuple(notes), films=films_)


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
                if looks_like_a_picture(name) or is_note(name) or is_film(name):
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


# ------------------------------------------------------------------------------------------------
# Reading pictures straight from a zip: nothing is unpacked to disk, and nothing is trusted.


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
    read = partial(_read_member, archive, members)
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


def _read_member(
    archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], picture: Picture
) -> bytes:
    try:
        with archive.open(members[picture.name]) as member:
            data = member.read(MAX_FILE_BYTES + 1)
    except _MEMBER_ERRORS as error:
        raise Unusable(Reason.DAMAGED, "is damaged inside the zip") from error
    check_kind_and_size(picture.name, len(data))
    return data


# ------------------------------------------------------------------------------------------------
# The `dataset.json` of NVIDIA's dataset tools: which class each picture has, whatever its folder.
# Their zips put pictures into numbered folders of a thousand, which mean nothing. Beside them
# lies `{"labels": [["00000/img00000000.png", 6], ...]}`, or `{"labels": null}` for a set without
# classes.


LABELS_FILE = "dataset.json"

LARGEST = 48 * 2**20
"""Bytes; the labels of ImageNet's 1.28 million pictures take 42 MB."""

MOST_LISTS = 3_000_000
"""Brackets in the file: what bounds the memory that reading it takes."""

MOST_CLASSES = 1_000_000
REMEDY = f"Mend {LABELS_FILE}, or take it out of the set: then folders are classes."


def labelled(listing: Listing) -> Listing:
    """The listing with the labels of its `dataset.json`; as it is when no file covers all pictures.

    Pictures that the file gives no label are refused. Raises `DatasetError` for a file that cannot
    be understood, because the folders beside one seldom are classes.
    """
    note = _note_of_all(listing)
    if note is None:
        return listing
    folder = note.name.removesuffix(LABELS_FILE)
    labels = read_labels(_bytes(listing, note))
    if labels is None:
        return dataclasses.replace(listing, labels={})
    found = {folder + name: label for name, label in labels.items()}
    kept = tuple(picture for picture in listing.pictures if picture.name in found)
    missing = [
        (picture.name, Unusable(Reason.LABEL, f"has no label in {LABELS_FILE}"))
        for picture in listing.pictures
        if picture.name not in found
    ]
    refused = tuple(sorted([*listing.refused, *missing], key=lambda pair: pair[0]))
    own = {picture.name: found[picture.name] for picture in kept}
    return dataclasses.replace(listing, pictures=kept, refused=refused, labels=own)


def read_labels(data: bytes) -> Mapping[str, int] | None:
    """Name -> class, or None for a set without classes; raises `DatasetError`."""
    if len(data) > LARGEST or data.count(b"[") + data.count(b"{") > MOST_LISTS:
        raise _wrong("is too large")
    try:
        content = load_json(data, longest=LARGEST)
    except JSONError as fault:
        raise _wrong(str(fault)) from None
    if not isinstance(content, dict) or "labels" not in content:
        raise _wrong("has no 'labels'")
    entries = content["labels"]
    if entries is None:
        return None
    if not isinstance(entries, list):
        raise _wrong("has labels that are no list")
    return dict(_entry(entry) for entry in entries)


def _entry(entry: Any) -> tuple[str, int]:
    if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[0], str):
        raise _wrong("has a label that is no pair of a name and a number")
    name, label = entry
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    return "/".join(parts), _class(label)


def _class(label: Any) -> int:
    """A class by its number, or by a vector with a single 1."""
    if isinstance(label, list):
        ones = [index for index, part in enumerate(label) if part == 1]
        if len(ones) != 1 or any(part not in (0, 1) for part in label):
            raise _wrong("has vectors for labels, which only count as classes with a single 1")
        return ones[0]
    if isinstance(label, bool) or not isinstance(label, int) or not 0 <= label < MOST_CLASSES:
        raise _wrong("has a label that is no whole number from 0 up")
    return label


def _note_of_all(listing: Listing) -> Picture | None:
    """The file nearest to the top, if all pictures lie in its folder or below."""
    notes: Sequence[Picture] = sorted(
        listing.notes, key=lambda note: len(PurePosixPath(note.name).parts)
    )
    if not notes:
        return None
    folder = notes[0].name.removesuffix(LABELS_FILE)
    inside = all(picture.name.startswith(folder) for picture in listing.pictures)
    return notes[0] if inside else None


def _bytes(listing: Listing, note: Picture) -> bytes:
    try:
        return listing.read(note)
    except Unusable as unusable:
        raise DatasetError(f"{note.name} {unusable.words}.", REMEDY) from None


def _wrong(why: str) -> DatasetError:
    return DatasetError(f"The set's {LABELS_FILE} {why}.", REMEDY)
