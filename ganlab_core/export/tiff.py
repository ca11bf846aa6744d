"""16-bit TIFF, uncompressed: what Pillow does not write (TIFF 6.0, section 6: baseline RGB)."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray
from PIL import ImageCms

SHORT, LONG, ASCII, RATIONAL, UNDEFINED = 3, 4, 2, 5, 7
SIZES = {SHORT: "H", LONG: "I", RATIONAL: "I"}

DATE = slice(24, 36)
"""Where an ICC profile says when it was made."""

Entry = tuple[int, int, int, bytes]


def encode_tiff(pixels: NDArray[np.uint16], description: str = "") -> bytes:
    """The TIFF file of uint16 (H, W, 3), sRGB, with an ASCII text as ImageDescription."""
    height, width, _ = pixels.shape
    data = pixels.astype("<u2").tobytes()
    entries = [
        _entry(256, LONG, width),
        _entry(257, LONG, height),
        _entry(258, SHORT, 16, 16, 16),
        _entry(259, SHORT, 1),  # no compression
        _entry(262, SHORT, 2),  # RGB
        _text(270, description),
        _entry(273, LONG, 8),  # the one strip follows the header
        _entry(274, SHORT, 1),
        _entry(277, SHORT, 3),
        _entry(278, LONG, height),
        _entry(279, LONG, len(data)),
        _entry(282, RATIONAL, 72, 1),
        _entry(283, RATIONAL, 72, 1),
        _entry(284, SHORT, 1),
        _entry(296, SHORT, 2),
        (34675, UNDEFINED, len(profile := srgb_profile()), profile),
    ]
    place = 8 + len(data)  # even, because each sample has two bytes
    return struct.pack("<2sHI", b"II", 42, place) + data + _directory(entries, place)


def srgb_profile() -> bytes:
    """The ICC profile of sRGB, the same bytes each time."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[DATE] = bytes(12)
    return bytes(profile)


def _entry(tag: int, kind: int, *values: int) -> Entry:
    count = len(values) // 2 if kind == RATIONAL else len(values)
    return tag, kind, count, struct.pack(f"<{len(values)}{SIZES[kind]}", *values)


def _text(tag: int, words: str) -> Entry:
    data = words.encode("ascii", "replace") + b"\0"
    return tag, ASCII, len(data), data


def _directory(entries: list[Entry], place: int) -> bytes:
    """The image file directory at `place`, and after it every value longer than 4 bytes."""
    beyond = place + 2 + 12 * len(entries) + 4
    lines, values = b"", b""
    for tag, kind, count, data in entries:
        if len(data) <= 4:
            inline = data.ljust(4, b"\0")
        else:
            inline = struct.pack("<I", beyond + len(values))
            values += data + b"\0" * (len(data) % 2)
        lines += struct.pack("<HHI", tag, kind, count) + inline
    return struct.pack("<H", len(entries)) + lines + bytes(4) + values
