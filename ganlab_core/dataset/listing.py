"""What a folder and a zip have in common: named pictures that can be read as bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ganlab_core.dataset.reasons import Reason, Unusable

MAX_FILE_BYTES = 256 * 2**20
"""Files above this are refused unread; no 1024 px training picture needs as much."""

PICTURE_SUFFIXES = frozenset(
    {".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff",
     ".avif", ".jp2", ".j2k"}
)  # fmt: skip
KINDS = "PNG, JPEG, WebP, BMP, GIF, TIFF, AVIF or JPEG 2000"
_FOREIGN_SUFFIXES = {
    ".heic": "HEIC",
    ".heif": "HEIF",
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


@dataclass(frozen=True, slots=True)
class Picture:
    """One file that looks like a picture: its relative POSIX name, and a stamp of its content."""

    name: str
    stamp: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The pictures of one source in name order, what was refused unread, and how to read one.

    `read` returns a picture's bytes or raises `Unusable`; several threads may call it at once.
    `notes` are the files called dataset.json. `labels` is the class of each picture where one of them
    says it, empty where it says that there are none, and None where folders decide.
    """

    pictures: tuple[Picture, ...]
    refused: tuple[tuple[str, Unusable], ...]
    read: Callable[[Picture], bytes]
    notes: tuple[Picture, ...] = ()
    labels: Mapping[str, int] | None = None


def is_note(name: str) -> bool:
    """Whether the file may say which class each picture has; see `labels`."""
    return PurePosixPath(name).name == "dataset.json"


def looks_like_a_picture(name: str) -> bool:
    """Whether the file's ending is one a person would call a picture, readable here or not."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix in PICTURE_SUFFIXES or suffix in _FOREIGN_SUFFIXES


def is_litter(parts: Sequence[str]) -> bool:
    """Whether an operating system left this path behind: hidden, or a Mac resource fork."""
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def check_kind_and_size(name: str, size: int) -> None:
    """Refuse from name and size (bytes) alone what need not be opened; raises `Unusable`."""
    kind = _FOREIGN_SUFFIXES.get(PurePosixPath(name).suffix.lower())
    if kind:
        raise Unusable(Reason.FOREIGN, f"is a {kind} file, which ganlab does not read")
    if size == 0:
        raise Unusable(Reason.DAMAGED, "is empty")
    if size > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 2**20
        raise Unusable(Reason.TOO_BIG, f"is a file of more than {limit} MiB")
