"""What a person wishes of the run that trains, written into its folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from ganlab.dialogs.steer_dialog import SteerDialog
from ganlab.main_window import MainWindow
from ganlab.workers.errands import Errands
from ganlab_core.confined import ConfinedFolder
from ganlab_core.errors import TrainingError
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.steering import (
    Value,
    Wishes,
    applied,
    read_record,
    read_wishes,
    write_wishes,
)


class Steerer(QObject):
    """The buttons of the training room as wishes in the run's folder; nothing else is written there.

    Attributes
    ----------
    folder
        The run that is open; None for none.
    """

    def __init__(self, window: MainWindow, errands: Errands, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._errands = errands
        self.folder: Path | None = None
        header = window.train.header
        header.pause_wanted.connect(self.pause)
        header.step_wanted.connect(self.step)
        header.stop_wanted.connect(self.stop)
        header.steer_wanted.connect(self._on_steer)

    def pause(self, on: bool) -> None:
        """Stand still, or go on."""
        self._wish(lambda wishes: dataclasses.replace(wishes, paused=on))

    def step(self) -> None:
        """One more step while paused."""
        self._wish(lambda wishes: dataclasses.replace(wishes, steps=wishes.steps + 1))

    def stop(self) -> None:
        """Write a checkpoint and end."""
        self._wish(lambda wishes: dataclasses.replace(wishes, stop=True))

    def change(self, settings: dict[str, Value]) -> None:
        """Let these settings hold from the next step on."""

        def changed(wishes: Wishes) -> Wishes:
            merged = dict(wishes.settings) | settings
            return dataclasses.replace(wishes, settings=tuple(merged.items()))

        self._wish(changed)

    def _wish(self, change: Callable[[Wishes], Wishes]) -> None:
        if self.folder is not None:
            self._errands.start(partial(_rewrite, self.folder, change), _nothing)

    def _on_steer(self) -> None:
        if self.folder is not None:
            self._errands.start(partial(config_now, self.folder), self._ask)

    def _ask(self, config: TrainConfig) -> None:
        dialog = SteerDialog(config, self._window)
        dialog.chosen.connect(self.change)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def _rewrite(folder: Path, change: Callable[[Wishes], Wishes]) -> None:
    write_wishes(folder, change(read_wishes(folder)))


def _nothing(_done: None) -> None:
    """The trainer answers by its events."""


def config_now(folder: Path) -> TrainConfig:
    """The run's config with everything that was steered so far; raises `TrainingError`."""
    try:
        config = TrainConfig.from_json(ConfinedFolder(folder).read("config.json").decode())
    except (OSError, UnicodeDecodeError):
        raise TrainingError(f"The config of {folder.name} cannot be read.") from None
    for change in read_record(folder):
        config = applied(config, change)
    return config
