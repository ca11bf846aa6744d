"""An export: what was ordered, how far it is, and what its process says and leaves."""

from __future__ import annotations

import glob
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ganlab_core.atomic import has_writer, sweep
from ganlab_core.reading import json_object

State = Literal[
    "waiting", "running", "paused", "stopping", "done", "failed", "cancelled", "interrupted"
]
OVER: tuple[State, ...] = ("done", "failed", "cancelled", "interrupted")


@dataclass(frozen=True, slots=True)
class Order:
    """An export to be made.

    Attributes
    ----------
    title
        What it is, for people.
    target
        The file or folder it makes.
    arguments
        Of ganlab's command line; `{files}` stands for the folder of `files`.
    files
        Pairs (name, text) that the command reads.
    keeps
        Whether the files finished before a cancel stay: `"frames"`, which are taken up again,
        `"pictures"`, or, empty, nothing.
    """

    title: str
    target: Path
    arguments: tuple[str, ...]
    files: tuple[tuple[str, str], ...] = ()
    keeps: Literal["", "frames", "pictures"] = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an export is.

    Attributes
    ----------
    done, count
        Frames or pictures made, and all of them; 0 of 0 before the first word.
    seconds_left
        Of work; None while unknown.
    bytes_expected
        Of the finished file; None while unknown.
    """

    done: int = 0
    count: int = 0
    seconds_left: float | None = None
    bytes_expected: int | None = None


@dataclass(slots=True, eq=False)
class Job:
    """An export on the list.

    Attributes
    ----------
    number
        Counts the jobs.
    order, state, progress
        What it makes, and how that goes.
    error
        Why it failed, as a sentence.
    """

    number: int
    order: Order
    state: State = "waiting"
    progress: Progress = field(default_factory=Progress)
    error: str = ""


def progress_of(line: bytes) -> Progress | None:
    """What a line of the process says; None for lines that say something else."""
    told = json_object(line) or {}
    if type(told.get("done")) is not int or type(told.get("count")) is not int:
        return None
    seconds, expected = told.get("seconds_left"), told.get("bytes_expected")
    return Progress(
        told["done"],
        told["count"],
        seconds if isinstance(seconds, int | float) else None,
        expected if isinstance(expected, int) else None,
    )


def sentence_of(said: str) -> str:
    """The last thing a process said, without its name; what it says last is why it ended."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = lines[-1] if lines else "The export ended without a word."
    if "Traceback (most recent call last):" in lines:
        last = f"The export met an error of the program: {last}"
    for name in ("ganlab: ", "ganlab video: error: ", "ganlab sheet: error: ",
                 "ganlab render: error: "):  # fmt: skip
        last = last.removeprefix(name)
    return f"{last[:1].upper()}{last[1:]}"


def unfinished_files(target: Path) -> set[Path]:
    """What lies beside and in a target without its final name, and that no living process writes."""
    beside = target.parent.glob(f".{glob.escape(target.name)}.*.part")
    return {path for path in (*beside, *target.glob(".*.part")) if not has_writer(path)}


def sweep_for(target: Path) -> None:
    """Remove what killed processes left beside and in a target."""
    sweep(target.parent)
    sweep(target)
