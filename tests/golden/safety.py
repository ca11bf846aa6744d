"""Folders of files that a loader must refuse, or read without running anything: `index.json` lists them."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from pathlib import Path

from ganlab_core.errors import GanlabError
from ganlab_core.importers import open_model
from tests.golden.row import Row

CANARY = "GANLAB_CANARY"
"""An attribute of `builtins` that code in a file would set."""


def safety_rows(folder: Path) -> Iterator[Row]:
    """One row for each file: passed when it was refused in a sentence, or read, and no code ran."""
    try:
        listed = json.loads((folder / "index.json").read_text())
        names = [(item["file"], item["expect"]) for item in listed]
    except (OSError, ValueError, LookupError, TypeError) as error:
        yield Row(folder.name, "", "", 0.0, 0.0, f"cannot be read: {error!r}")
        return
    for name, expected in names:
        yield Row(folder.name, name, "refused", 0.0, 0.0, _problem(folder / name, expected))


def _problem(path: Path, expected: str) -> str:
    """What is wrong with how a file is taken; empty for nothing."""
    may_open = not expected.startswith(("refuse", "clear"))
    try:
        open_model(path)
    except GanlabError as error:
        problem = "" if error.what.endswith(".") else f"no sentence: {error.what}"
    except Exception as error:  # noqa: BLE001 - whatever comes is what is being looked for
        problem = f"broke: {error!r}"
    else:
        problem = "" if may_open else "was opened"
    return "its code ran" if hasattr(builtins, CANARY) else problem
