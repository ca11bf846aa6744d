"""Reading plain JSON data field by field, so that a wrong type is told in a sentence, not a traceback."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, TypeVar

from ganlab_core.errors import GanlabError, RecipeError

V = TypeVar("V")


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

    def text(self, name: str, default: str) -> str:
        """A string."""
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
        shown = repr(value)
        shown = shown if len(shown) <= 40 else shown[:37] + "..."
        return self._error(f"The {self._what}'s {name!r} should be {wanted}, not {shown}.")
