"""Reading JSON from outside: parsed within bounds, then field by field, with sentences for what is wrong.

Every JSON text that the program reads comes through `parse_json` or `json_object`. Whatever it holds,
what comes out of them is small enough to walk: plain values within each other at most `DEEPEST` deep,
finite numbers, whole numbers of 64 bits, and texts that can be encoded.
"""

from __future__ import annotations

import errno
import json
import math
import os
import re
import stat
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from ganlab_core.errors import GanlabError, RecipeError
from ganlab_core.plain_text import plain_text

V = TypeVar("V")

DEEPEST = 64
"""Lists and objects within each other; the deepest of our own files have a quarter of this."""

LONGEST = 64_000_000
"""Bytes or letters of one JSON text."""

MOST_GROUPS, MOST_ITEMS = 1_000_000, 8_000_000
"""Lists and objects, and values in them, in one JSON text: what bounds the memory they take."""

MOST_SIDES = 8
"""Dimensions of a tensor in a safetensors file."""

_SMALL = 4096
_SUSPECT = re.compile(r"[eE]\+?\d{3}|\d{19}|\\u[dD]|[\ud800-\udfff]")
"""Only a text with one of these can hold a number that is too large, or half a character."""


class JSONError(ValueError):
    """A text that is not JSON within our bounds; its message continues "the file ..."."""


def parse_json(
    text: str | bytes, what: str, error: type[GanlabError], remedy: str = "", deepest: int = DEEPEST
) -> Any:
    """The value of a JSON text; raises `error` with a sentence about "the `what`"."""
    try:
        return load_json(text, deepest=deepest)
    except JSONError as fault:
        raise error(f"The {what} {fault}.", remedy) from None


def refuse_newer(version: object, known: int, what: str, error: type[GanlabError]) -> None:
    """Raise `error` for a version of a format beyond the `known` one; `what` was saved: "This map".

    Every reader of a format of ours asks this; whether something is such a file at all it tells itself.
    """
    if type(version) is int and version > known:
        raise error(f"{what} was saved by a newer ganlab (version {version}).", "Update ganlab.")


def json_object(text: str | bytes, longest: int = LONGEST) -> dict[str, Any] | None:
    """The object that a JSON text is; None for anything else, such as a line still being written.

    Made for what a trainer writes: NaN and infinities come as None, as if nothing had been measured.
    """
    try:
        value = load_json(text, longest=longest, nan_is_none=True)
    except JSONError:
        return None
    return value if isinstance(value, dict) else None


def load_json(
    text: str | bytes, *, longest: int = LONGEST, deepest: int = DEEPEST, nan_is_none: bool = False
) -> Any:
    """The value of a JSON text; raises `JSONError`.

    Of fields of the same name the last counts, as for most readers. Halves of characters become U+FFFD.
    """
    if len(text) > longest:
        raise JSONError("is too long")
    try:
        text = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        groups = text.count("[") + text.count("{")
        if groups > MOST_GROUPS or text.count(",") > MOST_ITEMS:
            raise JSONError("has too many parts")
        value = json.loads(text, parse_constant=_nothing if nan_is_none else _not_finite)
    except JSONError:
        raise
    except RecursionError:
        raise JSONError("is nested too deeply") from None
    except ValueError:  # not JSON, not UTF-8, or a number of thousands of digits
        raise JSONError("is not readable JSON") from None
    if groups <= deepest and len(text) <= _SMALL and not _SUSPECT.search(text):
        return value
    _check_bounds(value, deepest)
    return _encodable(text, value)


def open_plain(path: Path) -> BinaryIO:
    """Open a file for reading; raises `OSError` for a pipe, a device or a folder, and waits for none."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a file", str(path))
    return os.fdopen(descriptor, "rb")


def read_up_to(path: Path, most: int) -> bytes:
    """The bytes of a file; raises `OSError`, also for a file of more than `most`."""
    with open_plain(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, "it is too large", str(path))
    return data


def tensor_header(path: Path) -> dict[str, Any]:
    """The header of a safetensors file; raises `OSError`, or `JSONError` for any other file.

    Shapes and offsets are the format's own reader's to check; here the header is only bounded.
    """
    with open_plain(path) as file:
        size = file.read(8)
        length = struct.unpack("<Q", size)[0] if len(size) == 8 else 0
        if not 2 <= length <= LONGEST:
            raise JSONError("has no header of tensors")
        header = load_json(file.read(length))
    if not isinstance(header, dict):
        raise JSONError("has no header of tensors")
    for tensor in header.values():
        shape = tensor.get("shape", []) if isinstance(tensor, dict) else None
        if shape is None or (isinstance(shape, list) and len(shape) > MOST_SIDES):
            raise JSONError("has no header of tensors")
    return header


def _nothing(_: str) -> None:
    """What NaN and infinities are where they may stand."""


def _not_finite(_: str) -> None:
    raise JSONError("holds a number that is not finite")


def _check_bounds(value: object, deepest: int) -> None:
    """Raise `JSONError` for what is too deep or too large; looks at everything once."""
    layer: list[Any] = [value]
    depth = 0
    while layer:
        below: list[Any] = []
        for item in layer:
            if isinstance(item, dict | list):
                if depth == deepest:
                    raise JSONError("is nested too deeply")
                below.extend(item.values() if isinstance(item, dict) else item)
            elif isinstance(item, float) and not math.isfinite(item):
                raise JSONError("holds a number that is not finite")
            elif isinstance(item, int) and not -(2**63) <= item < 2**63:
                raise JSONError("holds a number that is too large")
        layer, depth = below, depth + 1


def _encodable(text: str, value: Any) -> Any:
    """The value with halves of characters replaced, where there may be any."""
    if "\\u" not in text and text.isascii():
        return value
    again = json.dumps(value, ensure_ascii=False)
    try:
        again.encode()
    except UnicodeEncodeError:
        whole = again.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return json.loads(whole)
    return value


def canonical_json(data: object) -> str:
    """JSON text that is equal for equal data: sorted keys, ASCII; `ValueError` for NaN and infinity."""
    return json.dumps(data, sort_keys=True, allow_nan=False)


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raise `RecipeError` unless `value` lies within [low, high]."""
    if not low <= value <= high:  # NaN is not either
        raise RecipeError(f"{name} must be from {low:g} to {high:g}, not {_shown(value)}.")


def plain(value: float) -> float:
    """The number as equal numbers are written alike: 1 becomes 1.0, -0.0 becomes 0.0."""
    return float(value) + 0.0


def _shown(value: float) -> str:
    try:
        return f"{value:g}"
    except OverflowError:  # a whole number of hundreds of digits
        return "that much"


class Fields:
    """The fields of one JSON object; each is taken once, and what was not taken is known.

    Parameters
    ----------
    what
        What the object is called in error sentences.
    data
        The parsed JSON value.
    error
        The `GanlabError` class to raise.
    """

    def __init__(self, what: str, data: object, error: type[GanlabError]) -> None:
        if not isinstance(data, dict):
            raise error(f"The {what} should be a JSON object.")
        self._what = what
        self._data: dict[str, Any] = dict(data)
        self._error = error

    def take(self, name: str, default: object) -> object:
        """The raw value of a field, removed from what is left."""
        return self._data.pop(name, default)

    def integer(self, name: str, default: int) -> int:
        """A whole number."""
        value = self.take(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, "a whole number", value)
        return value

    def optional_integer(self, name: str) -> int | None:
        """A whole number or null."""
        if self._data.get(name) is None:
            self.take(name, None)
            return None
        return self.integer(name, 0)

    def number(self, name: str, default: float) -> float:
        """A finite number."""
        return self._as_number(name, self.take(name, default))

    def optional_number(self, name: str) -> float | None:
        """A finite number or null."""
        value = self.take(name, None)
        return None if value is None else self._as_number(name, value)

    def text(self, name: str, default: str, keep: str = "") -> str:
        """A string, in plain text but for letters to `keep`: whatever shows it shows one line."""
        return plain_text(self.exact_text(name, default), keep=keep)

    def exact_text(self, name: str, default: str) -> str:
        """A string letter by letter, such as a path."""
        value = self.take(name, default)
        if not isinstance(value, str):
            raise self._wrong(name, "a text", value)
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self.take(name, default)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false", value)
        return value

    def numbers(self, name: str) -> tuple[float, ...]:
        """A list of at most 65536 finite numbers; missing = empty."""
        value = self.take(name, [])
        if not isinstance(value, list) or len(value) > 65536:
            raise self._wrong(name, "a list of numbers", value)
        return tuple(self._as_number(name, item) for item in value)

    def numbered(self, name: str, read: Callable[[object], V]) -> tuple[tuple[int, V], ...]:
        """An object whose keys are whole numbers, as pairs sorted by key."""
        value = self.take(name, {})
        if not isinstance(value, dict) or not all(
            isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 6
            for key in value
        ):
            raise self._wrong(name, "an object with whole numbers as keys", value)
        return tuple(
            sorted(((int(key), read(item)) for key, item in value.items()), key=lambda p: p[0])
        )

    def items(self, name: str, read: Callable[[object], V], most: int = 256) -> tuple[V, ...]:
        """A list of at most `most` parts; missing = empty."""
        value = self.take(name, [])
        if not isinstance(value, list) or len(value) > most:
            raise self._wrong(name, f"a list of at most {most}", value)
        return tuple(read(item) for item in value)

    def unknown(self) -> dict[str, Any]:
        """The fields nobody took."""
        return dict(self._data)

    def refuse_unknown(self) -> None:
        """Raise for a field nobody took: inside a part, an unknown field would change the picture."""
        for name in self._data:
            raise self._error(
                f"The {self._what} has a field {name!r} that this ganlab does not know.",
                "Update ganlab, or remove the field.",
            )

    def _as_number(self, name: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, "a number", value)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self._wrong(name, "a finite number", value)
        return number

    def _wrong(self, name: str, wanted: str, value: object) -> GanlabError:
        shown = shown_value(value)
        return self._error(f"The {self._what}'s {name!r} should be {wanted}, not {shown}.")


def shown_value(value: object) -> str:
    """A value from outside in a few letters for a sentence; what is in a list is not looked at."""
    if isinstance(value, str | bytes):
        shown = repr(value[:41])
    elif isinstance(value, bool | float | None) or (
        isinstance(value, int) and value.bit_length() < 200
    ):
        shown = repr(value)
    else:
        known = {int: "that much", list: "a list", tuple: "a list", dict: "an object"}
        return known.get(type(value), "something else")
    return shown if len(shown) <= 40 else shown[:37] + "..."
