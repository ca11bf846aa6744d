"""Values of options: how they are written, and what is wrong with them in words."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from ganlab_core.errors import GanlabError
from ganlab_core.recipe import SEED_MAX

MOST_SEEDS = 1_000_000


class UsageError(Exception):
    """Options that do not go together; told with the command's usage."""


def seeds(text: str) -> list[int]:
    """Seeds and ranges of seeds, as in 0-7,12, each once and in the order written."""
    found: dict[int, None] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,10})\s*(?:-\s*(\d{1,10})\s*)?", part, re.ASCII)
        if match is None:
            raise argparse.ArgumentTypeError(f"{part!r} is not a seed or a range such as 0-7")
        first, last = int(match[1]), int(match[2] or match[1])
        if last > SEED_MAX or last < first:
            raise argparse.ArgumentTypeError(f"seeds go up from 0 to {SEED_MAX}, not {part!r}")
        if last - first >= MOST_SEEDS or len(found) >= MOST_SEEDS:
            raise argparse.ArgumentTypeError(f"at most {MOST_SEEDS} seeds at a time")
        found.update(dict.fromkeys(range(first, last + 1)))
    return list(found)


def existing_file(text: str) -> Path:
    """The path of a file that is there; raises `GanlabError` for others."""
    path = Path(text).expanduser()
    if not path.is_file():
        raise GanlabError(f"There is no file {text}.", "Check the path.")
    return path


def setting(text: str) -> tuple[str, str]:
    """A pair written as key=value."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form key=value")
    return key.strip(), value.strip()
