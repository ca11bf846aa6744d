"""How far a film is, and how long the work on it took so far."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FilmProgress:
    """How far a film is.

    Attributes
    ----------
    frame, count
        Frames drawn so far, and all of them.
    seconds_left
        Of work, pauses not counted; None while unknown, 0 at the end.
    bytes_written
        On the disk so far.
    bytes_expected
        Of the finished film, guessed from the frames encoded; None while unknown.
    finished
        Whether the film lies under its name.
    """

    frame: int
    count: int
    seconds_left: float | None
    bytes_written: int
    bytes_expected: int | None
    finished: bool = False


class Clock:
    """Seconds of work: the time between giving a step away and being asked for the next is a pause."""

    def __init__(self) -> None:
        self._worked = 0.0
        self._since = time.perf_counter()

    def worked(self) -> float:
        """Seconds so far."""
        return self._worked + time.perf_counter() - self._since

    @contextlib.contextmanager
    def pausing(self) -> Iterator[None]:
        """While inside, no time passes."""
        self._worked = self.worked()
        yield
        self._since = time.perf_counter()
