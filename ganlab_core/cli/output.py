"""How commands speak: results on stdout, everything else on stderr."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import TypeVar

from tqdm import tqdm

from ganlab_core.errors import ExportError, GanlabError
from ganlab_core.export import FilmProgress, read_seeds
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


MANY = 20
"""Items from which on a log is told of each tenth."""


def progress(items: Iterable[T], total: int, unit: str, what: str = "") -> Iterator[T]:
    """The items, behind a progress bar where a person watches and more than one is to come.

    With `what` is done, as `"sampling"`, a log has a line at the start and one after each tenth of many.
    """
    watched = on_terminal()
    logged = bool(what) and not watched and total > 1
    if logged:
        complain(f"ganlab: {what}: {total} {unit}s")
    bar = tqdm(
        items, total=total, unit=unit, leave=False, desc=what or None,
        disable=total < 2 or not watched,
    )  # fmt: skip
    for done, item in enumerate(bar, 1):
        yield item
        if logged and total >= MANY and 10 * done // total > 10 * (done - 1) // total:
            complain(f"ganlab: {what}: {done} of {total} {unit}s")


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


# ------------------------------------------------------------------------------------------------
# Values of options: how they are written, and what is wrong with them in words.


class UsageError(Exception):
    """Options that do not go together; told with the command's usage."""


def seeds(text: str) -> tuple[int, ...]:
    """Seeds and ranges of seeds, as in 0-7,12, as an option is written."""
    try:
        return read_seeds(text)
    except ExportError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


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


# ------------------------------------------------------------------------------------------------
# Stopping on a signal at the next good moment; a second signal does not wait for it.


class Stopping:
    """While entered, SIGINT and SIGTERM are noted instead of ending the process.

    Attributes
    ----------
    signal
        The signal that asked to stop; None while nobody has.
    """

    class Asked(Exception):
        """Raised by `give_up_if_asked`."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self._before: dict[int, object] = {}

    def __enter__(self) -> Stopping:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    @property
    def status(self) -> int:
        """The exit status: 0, or 128 + the signal's number as shells have it."""
        return 0 if self.signal is None else 128 + self.signal

    def give_up_if_asked(self) -> None:
        """Raise `Asked` if a signal has come: for work that leaves nothing to save."""
        if self.signal is not None:
            raise Stopping.Asked

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number
