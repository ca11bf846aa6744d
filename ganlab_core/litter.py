"""Sweeping a person's ganlab folders of what killed processes left half-written."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from ganlab_core.atomic import sweep
from ganlab_core.places import (
    cache_dir,
    config_dir,
    favourites_dir,
    presets_dir,
    runs_dir,
    user_models_dir,
)

MOST_FOLDERS = 1000
"""Folders that are looked into at one level; runs beyond that are swept when they go on."""


def sweep_own_folders() -> None:
    """Remove what killed processes left among models, favourites, presets, settings, caches and runs.

    What a living process writes stays, and so does everything that is not ganlab's by its name.
    """
    for place in (user_models_dir(), favourites_dir(), presets_dir(), config_dir(), cache_dir()):
        for folder in (place, *_folders_in(place)):
            sweep(folder, "ganlab")
    sweep(runs_dir(), "ganlab")
    for run in _folders_in(runs_dir()):
        for folder in (run, *_folders_in(run)):
            sweep(folder, "ganlab")


def _folders_in(place: Path) -> Iterator[Path]:
    """The real folders directly in a place that are not hidden."""
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        for entry in itertools.islice(entries, MOST_FOLDERS):
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                yield place / entry.name
