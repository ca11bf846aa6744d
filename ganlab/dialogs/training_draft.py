"""A run that is being thought up: what a person has chosen so far, and the config it makes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from ganlab.model_cards import architecture_name
from ganlab_core.errors import TrainingError
from ganlab_core.model_info import ModelInfo
from ganlab_core.training.config import (
    ARCHITECTURES,
    BIGGANS,
    GROWING,
    LARGEST_BIGGAN,
    SMALLEST_BIGGAN,
    TrainConfig,
    chosen,
    network_settings,
    refuse_other_network,
    with_settings,
)
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
    started_with
        What its file says of that model; None where it does not say, as published files.
    """

    source: Path | None = None
    architecture: str = "stylegan"
    preset: str = DEFAULT
    resolution: int = 64
    start_from: str = ""
    started_with: ModelInfo | None = None
    own: tuple[tuple[str, object], ...] = ()

    def with_own(self, name: str, value: object) -> Draft:
        """The draft with one setting changed by hand."""
        return dataclasses.replace(self, own=tuple((dict(self.own) | {name: value}).items()))

    def starting_from(self, path: str, info: ModelInfo | None) -> Draft:
        """The draft of a run that begins with this model, and is of its kind where that is known."""
        known = info is not None and info.architecture in ARCHITECTURES
        return dataclasses.replace(
            self,
            start_from=path,
            started_with=info,
            architecture=info.architecture if info and known else self.architecture,
        )

    def _of_start(self, info: ModelInfo) -> dict[str, object]:
        """What the model decides that the run starts from; raises `TrainingError` where it cannot."""
        if info.architecture != self.architecture:
            raise TrainingError(
                f"{info.title or info.name} is a {architecture_name(info.architecture)}, and the run "
                f"trains a {architecture_name(self.architecture)}.",
                "Choose the network of that model, or another start.",
            )
        network = network_settings(info.config)
        refuse_other_network(dict(self.own), network, info.title or info.name)
        reached = {"initial_resolution": min(info.resolution, self.resolution)}
        return network | (reached if self.architecture in GROWING else {})

    def config(self) -> TrainConfig:
        """The config; raises `TrainingError` with a sentence for a setting that cannot be."""
        settings = dict(preset(self.preset, self.architecture))
        settings["resolution"] = self.resolution
        settings["data"] = str(self.source.absolute()) if self.source else ""
        settings["start_from"] = self.start_from
        first = settings.get("initial_resolution")
        if isinstance(first, int) and first > self.resolution:
            settings["initial_resolution"] = self.resolution
        sizes = SMALLEST_BIGGAN, LARGEST_BIGGAN
        if self.architecture in BIGGANS and not sizes[0] <= self.resolution <= sizes[1]:
            raise TrainingError(
                f"A BigGAN draws pictures of {sizes[0]} to {sizes[1]} px, not {self.resolution}.",
                "Choose another size, or a StyleGAN or ProGAN.",
            )
        if self.started_with is not None:
            settings |= self._of_start(self.started_with)
        planned = with_settings(TrainConfig(), settings)
        kept = max(planned.checkpoint_kimg, planned.images / 1000 / SNAPSHOTS)
        return chosen(with_settings(planned, {"snapshot_kimg": kept}), dict(self.own))
