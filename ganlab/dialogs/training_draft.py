"""A run that is being thought up: what a person has chosen so far, and the config it makes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from ganlab_core.training.config import TrainConfig, chosen, with_settings
from ganlab_core.training.presets import DEFAULT, preset

SNAPSHOTS = 20
"""Model files kept over a run, so that its time can be travelled."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything chosen for a new run.

    Attributes
    ----------
    source
        Folder or zip of pictures; None while there is none.
    architecture, preset, resolution
        The choices of the first pages.
    own
        Settings changed by hand, as texts or values; they win over the preset.
    start_from
        Model or run to begin with; empty for none.
    """

    source: Path | None = None
    architecture: str = "stylegan"
    preset: str = DEFAULT
    resolution: int = 64
    start_from: str = ""
    own: tuple[tuple[str, object], ...] = ()

    def with_own(self, name: str, value: object) -> Draft:
        """The draft with one setting changed by hand."""
        return dataclasses.replace(self, own=tuple((dict(self.own) | {name: value}).items()))

    def config(self) -> TrainConfig:
        """The config; raises `TrainingError` with a sentence for a setting that cannot be."""
        settings = dict(preset(self.preset, self.architecture))
        settings["resolution"] = self.resolution
        settings["data"] = str(self.source.absolute()) if self.source else ""
        settings["start_from"] = self.start_from
        first = settings.get("initial_resolution")
        if isinstance(first, int) and first > self.resolution:
            settings["initial_resolution"] = self.resolution
        planned = with_settings(TrainConfig(), settings)
        kept = max(planned.checkpoint_kimg, planned.images / 1000 / SNAPSHOTS)
        return chosen(with_settings(planned, {"snapshot_kimg": kept}), dict(self.own))
