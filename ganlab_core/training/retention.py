"""Which weights of a run stay on the disk: as many as its budget allows, spread over its time."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganlab_core.files import ConfinedFolder
from ganlab_core.training.events import read_event

ALWAYS = 2
"""Newest checkpoints that always stay: should the last one be damaged, there is one before it."""

FREE = 3.0
"""Room left on the disk for so many files of the newest checkpoint's size, whatever the budget says."""

LONGEST_LINE = 2**20
MOST_BYTES = 2**28
"""Read of an event log, whose events are a few hundred bytes each."""

_NAME = re.compile(r"[0-9]{9,15}\.safetensors")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of weights: where it is, the images seen, its size in bytes."""

    path: Path
    images: int
    size: int


@dataclass(frozen=True, slots=True)
class Score:
    """How far the samples were from the data after `images`, at a growth; smaller is better."""

    images: int
    growth: float
    distance: float


def known_scores(log: Path) -> list[Score]:
    """The scores an event log tells of, oldest first; lines that cannot be read are passed over."""
    found = []
    with contextlib.suppress(OSError), ConfinedFolder(log.parent).open(log.name) as file:
        while file.tell() < MOST_BYTES and (line := file.readline(LONGEST_LINE)):
            if b'"Measured"' in line:
                event = read_event(line) or {}
                values: list[Any] = [event.get(name) for name in ("images", "growth", "distance")]
                if all(isinstance(value, int | float) for value in values):
                    found.append(Score(*values))
    return found


def best_of(checkpoints: Sequence[Kept], scores: Sequence[Score]) -> Kept | None:
    """The checkpoint whose samples were nearest to the data; None while nothing is known.

    Distances of different resolutions do not compare, so only those at the furthest growth count.
    A checkpoint has the newest score from its time or before.
    """
    furthest = max((score.growth for score in scores), default=0.0)
    best: tuple[float, Kept] | None = None
    for kept in checkpoints:
        known = [score for score in scores if score.images <= kept.images]
        if not known or known[-1].growth < furthest:
            continue
        if best is None or known[-1].distance <= best[0]:
            best = (known[-1].distance, kept)
    return None if best is None else best[1]


def too_many(
    files: Sequence[Kept], always: Sequence[Path], budget: float, free: float = float("inf")
) -> list[Kept]:
    """The files to delete so that what stays takes at most `budget` bytes and `free` more are there.

    One by one the file goes whose going leaves the smallest gap in time, the larger first where two
    lie at the same moment; so what stays is spread over the run. Those in `always` stay.
    """
    left = sorted(files, key=lambda one: one.images)
    need = max(sum(one.size for one in left) - budget, FREE * _newest_size(left) - free)
    dropped: list[Kept] = []
    while need > 0:
        loose = [index for index, one in enumerate(left) if one.path not in always]
        if not loose:
            break
        index = min(loose, key=lambda at: (_gap(left, at), -left[at].size))
        dropped.append(left.pop(index))
        need -= dropped[-1].size
    return dropped


def _newest_size(files: Sequence[Kept]) -> int:
    """Size of a checkpoint, which is the largest of the files."""
    return max((one.size for one in files), default=0)


def _gap(files: Sequence[Kept], index: int) -> int:
    """Images between the neighbours of a file, 0 where one is of the same moment."""
    here = files[index].images
    before = files[index - 1].images if index else 0
    after = files[index + 1].images if index + 1 < len(files) else here + 1
    return 0 if here in (before, after) else after - before


def kept_in(folder: Path) -> list[Kept]:
    """The files of weights in a folder, by the images in their names; none where it cannot be read."""
    found = []
    with contextlib.suppress(OSError):
        for entry in ConfinedFolder(folder.parent).files(folder.name):
            if _NAME.fullmatch(entry.name):
                found.append(Kept(entry.path, int(entry.path.stem), entry.size))
    return sorted(found, key=lambda one: one.images)


def keep_within(
    root: Path, scores: Sequence[Score], gigabytes: float, litter: Sequence[Path] = ()
) -> None:
    """Delete checkpoints and snapshots of the run in `root` until they take so much at most.

    The newest checkpoints and the best one always stay. What lies there as `litter` counts as well.
    Only plain files in the run's own folders go, and only those with a name that the trainer gives.
    """
    checkpoints, snapshots = (kept_in(root / name) for name in ("checkpoints", "snapshots"))
    budget = gigabytes * 1e9 - sum(_size(path) for path in litter)
    best = best_of(checkpoints, scores)
    always = [one.path for one in checkpoints[-ALWAYS:]]
    always += [best.path] if best else []
    free = shutil.disk_usage(root).free
    files = ConfinedFolder(root)
    for one in too_many([*checkpoints, *snapshots], always, budget, free):
        with contextlib.suppress(OSError):
            files.remove(one.path.relative_to(root).as_posix())


def _size(path: Path) -> int:
    """Bytes of a file, or of the files in a folder; nothing is followed."""
    with contextlib.suppress(OSError):
        facts = path.lstat()
        if not stat.S_ISDIR(facts.st_mode):
            return facts.st_size
        return sum(entry.stat(follow_symlinks=False).st_size for entry in os.scandir(path))
    return 0
