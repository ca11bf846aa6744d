"""What the values of a config may be: a field's metadata, texts turned into values, ranges checked."""

from __future__ import annotations

import contextlib
from dataclasses import field
from typing import Any, TypeVar

from ganlab_core.errors import TrainingError
from ganlab_core.reading import JSONError, load_json

V = TypeVar("V")
PerResolution = tuple[tuple[int, float], ...]


def setting(
    default: V,
    help: str,  # noqa: A002 - the word a person reads
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    choices: tuple[str, ...] = (),
    only: tuple[str, ...] = (),
) -> V:
    """A field of the config, with the metadata that forms, sliders and checks read.

    `only` names the architectures the field means something to; empty = all of them.
    """
    told = {"help": help, "low": low, "high": high, "unit": unit, "choices": choices, "only": only}
    made: V = field(default=default, metadata=told)
    return made


def per_resolution(name: str, before: dict[int, float], items: object) -> PerResolution:
    """`before` with the resolutions of `items` replaced; raises `TrainingError`."""
    if not isinstance(items, dict):
        raise TrainingError(f"{name} needs a resolution, as in {name}.32=...")
    try:
        merged = before | {int(key): float(value) for key, value in items.items()}
    except (TypeError, ValueError, OverflowError):
        raise TrainingError(f"{name} needs a number for each resolution.") from None
    return tuple(sorted(merged.items()))


def coerced(name: str, kind: str, value: object) -> object:
    """`value` as the field's type; texts are parsed. Raises `TrainingError`."""
    if "None" in kind and value in (None, "", "none", "auto"):
        return None
    if kind == "str" and isinstance(value, str):
        return value
    if kind == "bool":
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if isinstance(value, bool) or str(value).lower() in words:
            return value if isinstance(value, bool) else words[str(value).lower()]
    elif kind != "str" and isinstance(value, str | int | float) and not isinstance(value, bool):
        with contextlib.suppress(ValueError, OverflowError):
            if not kind.startswith("int"):
                return float(value)
            if not isinstance(value, float) or value.is_integer():
                return int(value)
    raise TrainingError(f"{name} cannot be {_shown(value)}.")


def _shown(value: object) -> str:
    """A value in a sentence, whatever was in the file."""
    if isinstance(value, int) and not -(10**15) < value < 10**15:  # its digits may be too many
        return "a number of that size"
    words = f"{value:g}" if isinstance(value, float) else repr(value)
    return words if len(words) <= 60 else f"{words[:57]}..."


def is_json_object(text: str, of: type) -> bool:
    """Whether a text is a JSON object with such values, or empty."""
    try:
        data = load_json(text or "{}")
    except JSONError:
        return False
    return isinstance(data, dict) and all(isinstance(value, of) for value in data.values())


def check(name: str, value: Any, metadata: Any) -> None:
    """Raise `TrainingError` unless the value lies in the field's range or among its choices."""
    if metadata["choices"] and value not in metadata["choices"]:
        raise TrainingError(f"{name} is one of {', '.join(metadata['choices'])}, not {value!r}.")
    if value is None or metadata["low"] is None:
        return
    if not metadata["low"] <= value <= metadata["high"]:
        raise TrainingError(
            f"{name} must be from {metadata['low']:g} to {metadata['high']:g}, not {_shown(value)}."
        )
