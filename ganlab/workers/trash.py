"""Removing runs from the window: to the system's trash, or for good."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QFile

from ganlab_core.training.removal import delete_run, held_for_removal, unlink_run


def trash_run(folder: Path) -> bool:
    """Move a run's folder to the trash; a link to one is taken away, and the run it leads to stays.

    False where the system has no trash for it. Raises `GanlabError`.
    """
    with held_for_removal(folder):
        return unlink_run(folder) or QFile(str(folder)).moveToTrash()


def delete_for_good(folder: Path) -> bool:
    """Delete a run's folder; raises `GanlabError`."""
    delete_run(folder)
    return True
