"""A run whose disk is full: how that is told, and a little room kept aside to tell it in."""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

from ganlab_core.confined import REMEDY as REAL_ONE
from ganlab_core.confined import ConfinedFolder, UnsafePathError
from ganlab_core.errors import GanlabError, TrainingError, explain_os_error

RESERVE = ".reserve"
RESERVED_BYTES = 2**16
"""Kept aside in the run folder while it trains: enough for the log's last words and the sign of life."""

FULL = "The run's disk is full."
REMEDY = "Make room, then go on: nothing that was checkpointed is lost."

_NUMBERS = (errno.ENOSPC, errno.EDQUOT)
_WORDS = tuple(f"os error {number})" for number in (*_NUMBERS, 112))
"""As libraries that are not Python's write them; 112 is Windows's."""


def is_full(root: Path) -> bool:
    """Whether the disk under `root` has no room left to speak of; False where it cannot be told."""
    try:
        return shutil.disk_usage(root).free < RESERVED_BYTES
    except OSError:
        return False


@contextlib.contextmanager
def reserving(root: Path) -> Iterator[None]:
    """While entered, keep some room aside; raises `TrainingError` where there is none to begin with."""
    if is_full(root):
        raise TrainingError(FULL, REMEDY)
    try:
        with ConfinedFolder(root).create(RESERVE) as file:
            file.write(bytes(RESERVED_BYTES))
    except OSError as error:
        release(root)
        raise explained(error) from None
    try:
        yield
    finally:
        release(root)


def release(root: Path) -> None:
    """Give the room back that was kept aside."""
    with contextlib.suppress(OSError):
        ConfinedFolder(root).remove(RESERVE)


def explained(error: OSError | GanlabError) -> GanlabError:
    """A failure to write a run, in a sentence that says what to do."""
    if _lacks_room(error):
        return TrainingError(FULL, REMEDY)
    if isinstance(error, UnsafePathError):
        return TrainingError(explain_os_error(error, "writing the run"), REAL_ONE)
    if isinstance(error, OSError):
        return TrainingError(
            explain_os_error(error, "writing the run"),
            "See that the folder can be written to, then go on with `ganlab train --resume`.",
        )
    return error


def _lacks_room(error: BaseException | None) -> bool:
    """Whether the error, or one that it was raised for, says that there is no space left."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NUMBERS:
            return True
        if any(word in str(error) for word in _WORDS):
            return True
        error = error.__context__
    return False
