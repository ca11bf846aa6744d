"""Being run by another program: progress as lines of JSON on stdout, orders as lines on stdin."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import threading
from collections.abc import Iterator
from types import TracebackType

LOWER_PRIORITY = 5
"""How much nicer a steered process is to others: whoever steers it wants to stay quick."""


def add_steering_option(parser: argparse.ArgumentParser) -> None:
    """Let another program steer the command."""
    parser.add_argument(
        "--steered",
        action="store_true",
        help="for programs: progress as lines of JSON on stdout; pause, go and stop as lines on"
        " stdin, whose end means stop",
    )


class Steering:
    """Tells how far the work is and hears whether to go on; silent unless asked for.

    Parameters
    ----------
    on
        Whether another program steers.
    """

    def __init__(self, *, on: bool) -> None:
        self._on = on
        self._may_go = threading.Event()
        self._may_go.set()
        self._stopped = False
        self._begun = 0

    def __enter__(self) -> Steering:
        if self._on:
            with contextlib.suppress(OSError, AttributeError):
                os.nice(LOWER_PRIORITY)
            threading.Thread(target=self._listen, name="steering", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._on = False

    def goes_on(self, done: int, count: int, seconds_left: float | None = None,
                bytes_expected: int | None = None) -> bool:  # fmt: skip
        """Tell that `done` of `count` are made, wait while paused, and answer whether to go on."""
        if not self._on:
            return True
        told = {"done": done, "count": count, "seconds_left": seconds_left,
                "bytes_expected": bytes_expected}  # fmt: skip
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        self._may_go.wait()
        return not self._stopped

    def next_of(self, count: int) -> None:
        """Tell that the next of `count` things begins; raises `KeyboardInterrupt` when told to stop."""
        if not self.goes_on(self._begun, max(count, self._begun)):
            raise KeyboardInterrupt
        self._begun += 1

    def _listen(self) -> None:
        """Hear orders until the other program lets go of stdin, or ends."""
        for order in _orders():
            match order:
                case "pause":
                    self._may_go.clear()
                case "go":
                    self._may_go.set()
                case "stop":
                    break
        self._stopped = True
        self._may_go.set()


def _orders() -> Iterator[str]:
    """The lines of stdin, read without Python's lock on it, which would hold up the end."""
    rest = b""
    with contextlib.suppress(OSError, ValueError):
        while data := os.read(sys.stdin.fileno(), 4096):
            *lines, rest = (rest + data).split(b"\n")
            yield from (line.decode(errors="replace").strip() for line in lines)
