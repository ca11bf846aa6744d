"""How commands speak: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from tqdm import tqdm

from ganlab_core.export.progress import FilmProgress
from ganlab_core.plain_text import json_text, plain_text

T = TypeVar("T")


MOST_LETTERS = 100_000
"""In one line."""


def say(line: str) -> None:
    """One line of result; what names and titles bring into it commands no terminal."""
    sys.stdout.write(plain_text(line, MOST_LETTERS) + "\n")


def say_table(rows: Sequence[Sequence[str]]) -> None:
    """A result in lines and columns."""
    for line in table(rows).split("\n"):
        say(line)


def say_json(data: object, *, lines: bool = True) -> None:
    """A result for a script, over several lines or on one; texts come back from it as they are."""
    text = json.dumps(data, indent=2 if lines else None, ensure_ascii=False)
    sys.stdout.write(json_text(text) + "\n")


def complain(line: str) -> None:
    """One line that is not a result."""
    sys.stderr.write(plain_text(line, MOST_LETTERS) + "\n")


def on_terminal() -> bool:
    """Whether a person watches stderr."""
    return sys.stderr.isatty()


def progress(items: Iterable[T], total: int, unit: str) -> Iterator[T]:
    """The items, behind a progress bar where a person watches and more than one is to come."""
    bar = tqdm(items, total=total, unit=unit, leave=False, disable=total < 2 or not on_terminal())
    yield from bar


def counting(unit: str) -> tqdm[object]:
    """A bar to update by hand, where a person watches; its `total` may be set later."""
    return tqdm(unit=unit, leave=False, disable=not on_terminal())


def film_progress(steps: Iterable[FilmProgress], count: int) -> Iterator[FilmProgress]:
    """The steps of a film, behind a bar with its size where a person watches."""
    with tqdm(total=count, unit="frame", leave=False, disable=not on_terminal()) as bar:
        for step in steps:
            bar.update(step.frame - bar.n)
            if step.bytes_expected:
                bar.set_postfix_str(f"about {step.bytes_expected / 1e6:.1f} MB", refresh=False)
            yield step


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as aligned columns, in plain text; the last column may be long."""
    rows = [[plain_text(cell, MOST_LETTERS) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)
