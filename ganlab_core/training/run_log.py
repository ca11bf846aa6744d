"""The event log of an earlier life of a run: what it tells of checkpoints, and where to cut it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ganlab_core.confined import ConfinedFolder
from ganlab_core.reading import json_object

LONGEST = 2**20
"""Bytes of a line; a longer one is no event."""


class RunLog:
    """Reads an event log; every method may raise `OSError`, but not for a log that is missing."""

    def __init__(self, path: Path) -> None:
        self._files, self._name = ConfinedFolder(path.parent), path.name

    def moment(self, log_bytes: int, images: int) -> tuple[int, bool]:
        """Where the log ends at a checkpoint after `images`, and whether its own line follows there.

        That is at `log_bytes`, unless the log was changed since; then it is before the first line
        that tells of more images.
        """
        sound = log_bytes == 0
        for at, event in self._lines():
            if at > log_bytes:
                break
            sound = at == log_bytes
            if _images(event) > images:
                sound = False
                break
        end = log_bytes if sound else self._before(images)
        following = next((event for at, event in self._lines() if at > end), {})
        return end, following.get("event") == "CheckpointSaved" and _images(following) == images

    def _before(self, images: int) -> int:
        """Where the lines end that tell of at most `images`."""
        end = 0
        for at, event in self._lines():
            if _images(event) > images:
                break
            end = at
        return end

    def had_checkpoint(self, due: int) -> bool:
        """Whether it tells of a checkpoint, or of so many images that there must have been one."""
        return any(
            event.get("event") in ("CheckpointSaved", "Ended") or _images(event) > due
            for _, event in self._lines()
        )

    def interludes(self) -> set[int]:
        """Images at which a model file is written without a checkpoint: a new phase, a pause."""
        return {
            _images(event)
            for _, event in self._lines()
            if event.get("event") in ("PhaseBegan", "Steered")
        }

    def _lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each whole line's end, and its event; an empty one for a line that is none."""
        try:
            file = self._files.open(self._name)
        except FileNotFoundError:
            return
        with file:
            while line := file.readline(LONGEST):
                if line.endswith(b"\n"):
                    yield file.tell(), _event(line)


def _event(line: bytes) -> dict[str, Any]:
    return json_object(line) or {}


def _images(event: dict[str, Any]) -> int:
    images = event.get("images", 0)
    return images if isinstance(images, int) and not isinstance(images, bool) else 0
