"""Removing a run: only what is a run's folder, never one that trains, and never through a link."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from ganlab_core.confined import ConfinedFolder, UnsafePathError
from ganlab_core.errors import TrainingError, explain_os_error
from ganlab_core.places import runs_dir
from ganlab_core.training.heartbeat import life_of, trained_by
from ganlab_core.training.run_folder import RunFolder

OWN = frozenset({
    "config.json", "start.json", "events.jsonl", "training.log", "alive.json", "steering.json",
    "steering.jsonl", "model.safetensors", "sheets", "checkpoints", "snapshots", "phases",
    ".writing", ".reserve", ".process",
})  # fmt: skip
"""What a run has in its folder, besides temporary files that a kill has left."""

LEFT_BY_KILLS = (".part", ".tmp")
SIGNS = ("events.jsonl", "start.json", "checkpoints", "sheets")
"""Beside a config, what tells a run's folder from another program's."""

_ASIDE = re.compile(r"\..*\.[0-9a-f]{16}\.removed", re.DOTALL)
"""The name of a run while it is deleted."""

NO_RUN = "Nothing was removed."


def sweep_removed(place: Path) -> None:
    """Delete what is left of runs whose deletion was broken off, directly in a folder of runs."""
    with contextlib.suppress(OSError):
        for path in place.iterdir():
            if _ASIDE.fullmatch(path.name) and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def held_for_removal(folder: Path) -> Iterator[None]:
    """While entered, the run in `folder` may be moved or deleted: no process can begin to train it.

    A link to a run is not followed: what may be removed then is the link. Raises `TrainingError` for
    what is no run, or trains, or cannot be held.
    """
    _check_is_a_run(folder)
    try:
        if folder.is_symlink():
            yield
            return
        with contextlib.ExitStack() as held:
            _check_is_at_rest(folder)
            with contextlib.suppress(UnsafePathError):  # nobody trains in such a folder
                held.enter_context(RunFolder(folder).held())
            _check_is_at_rest(folder)
            if os.name != "posix":  # there an open file would keep its folder where it is
                held.close()
            yield
    except OSError as error:
        raise TrainingError(explain_os_error(error, f"removing {folder.name}")) from None


def unlink_run(folder: Path) -> bool:
    """Take away a link to a run, and leave the run; False for what is no link."""
    if not folder.is_symlink():
        return False
    folder.unlink()
    return True


def delete_run(folder: Path) -> None:
    """Delete a run's folder for good; links in it go, and what they lead to stays.

    It takes another name first, so that a deletion that breaks off leaves nothing that looks like a
    run. Raises `TrainingError`, also where somebody else's files are in the folder.
    """
    with held_for_removal(folder):
        if unlink_run(folder):
            return
        _refuse_what_is_not_the_runs(folder)
        aside = folder.with_name(f".{folder.name[:100]}.{secrets.token_hex(8)}.removed")
        folder.rename(aside)
        shutil.rmtree(aside)


def _check_is_a_run(folder: Path) -> None:
    """Refuse every folder that is not surely a run's, and one that a person lives in."""
    real = Path(os.path.realpath(folder))
    lived_in = [Path.home().resolve(), runs_dir().resolve()]
    is_run = ConfinedFolder(folder).is_file("config.json") and any(
        os.path.lexists(folder / name) for name in SIGNS
    )
    if not is_run or any(place.is_relative_to(real) for place in lived_in) or os.path.ismount(real):
        raise TrainingError(f"{folder.name} is not the folder of a training run.", NO_RUN)


def _check_is_at_rest(folder: Path) -> None:
    if life_of(folder) == "running":
        raise TrainingError(
            f"{trained_by(folder)} is training {folder.name}.", "Stop it first, then remove it."
        )


def _refuse_what_is_not_the_runs(folder: Path) -> None:
    others = sorted(
        name
        for name in os.listdir(folder)
        if name not in OWN and not (name.startswith(".") and name.endswith(LEFT_BY_KILLS))
    )
    if others:
        more = " and others" * (len(others) > 3)
        raise TrainingError(
            f"{folder.name} also holds what is not the run's: {', '.join(others[:3])}{more}.",
            "Move that elsewhere, then remove the run.",
        )
