"""`ganlab runs`: the training runs there are, how far each is, and what it does."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import say, say_json, say_table
from ganlab_core.errors import TrainingError
from ganlab_core.files import runs_dir
from ganlab_core.plain_text import plain_text
from ganlab_core.training import RunFacts, Runs, ago, known_runs, size_text

EXAMPLES = """
ganlab runs
ganlab runs my-runs --json
"""
WHERE = (
    "Without FOLDER, those that were begun or opened here before are listed, wherever they lie, and "
    "those in the current folder and in its folder runs."
)
HEAD = ("NAME", "STATE", "IMAGES", "MODEL", "DATA", "CHANGED", "SIZE", "FOLDER")
LONGEST_CELL = 40


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "runs", run, EXAMPLES, WHERE)
    parser.add_argument(
        "folders", nargs="*", type=Path, metavar="FOLDER", help="a run, or a folder with runs in it"
    )
    parser.add_argument("--json", action="store_true", help="print a list of objects")


def run(arguments: argparse.Namespace) -> int:
    """Print the runs."""
    named = [_existing(folder) for folder in arguments.folders]
    here = Path.cwd()
    places = named or [runs_dir(), here, here / "runs"]
    found = Runs().look(places, [] if named else known_runs())
    if arguments.json:
        say_json([_object(facts) for facts in found])
        return 0
    readable = [facts for facts in found if facts.state != "unreadable"]
    if not found:
        say(_none_in(named))
    if readable:
        now = time.time()
        say_table([HEAD, *(_row(facts, now) for facts in readable)])
    for facts in found:
        if facts.state == "unreadable":
            say(f"{facts.folder} cannot be read: {facts.message}")
    return 0


def _existing(folder: Path) -> Path:
    """The folder in full; raises `TrainingError` when it is not there."""
    folder = folder.expanduser()
    if not folder.is_dir():
        raise TrainingError(
            f"There is no folder {folder}.", "Name a run, or a folder with runs in it."
        )
    return folder.absolute()


def _none_in(named: list[Path]) -> str:
    where = ", ".join(map(str, named)) or f"{runs_dir()}, and none in this folder or its runs"
    return plain_text(
        f"There are no runs in {where}. Begin one with `ganlab train --data PICTURES --out runs/NAME`,"
        " or say where they are: `ganlab runs FOLDER`."
    )


def _object(facts: RunFacts) -> dict[str, object]:
    return {
        "name": facts.name,
        "folder": str(facts.folder),
        "state": facts.state,
        "message": facts.message,
        "images": facts.images,
        "images_total": facts.images_total,
        "resolution": facts.resolution,
        "reached": facts.reached,
        "architecture": facts.architecture,
        "data": facts.data,
        "began": _moment(facts.began),
        "changed": _moment(facts.changed),
        "bytes": facts.size,
        "sheet": str(facts.sheet) if facts.sheet else None,
        "has_model": facts.has_model,
    }


def _moment(seconds: float) -> str | None:
    """A time as scripts read it: `"2026-01-31T12:00:00+00:00"`."""
    try:
        return datetime.fromtimestamp(round(seconds), UTC).isoformat() if seconds else None
    except (ValueError, OverflowError, OSError):  # a file from a year that no calendar has
        return None


def _row(facts: RunFacts, now: float) -> tuple[str, ...]:
    cells = (
        facts.name,
        facts.state,
        f"{facts.images} of {facts.images_total}",
        f"{facts.architecture} {facts.resolution} px",
        facts.data or "-",
        ago(now - facts.changed) if facts.changed else "-",
        size_text(facts.size),
    )
    return (*(plain_text(cell, LONGEST_CELL) for cell in cells), plain_text(str(facts.folder)))
