"""A run looked into without touching it: its real pictures, and its next step in halves."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Generator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ganlab_core.data import Images, PrepareOptions, prepare
from ganlab_core.errors import DatasetError, TrainingError
from ganlab_core.inspection import RealPictures
from ganlab_core.models import ModelInfo
from ganlab_core.networks import split_growth
from ganlab_core.training.adapters import fixed_labels
from ganlab_core.training.config import phase_at
from ganlab_core.training.distributed import DistributedContext
from ganlab_core.training.resume import Changes, resume_run
from ganlab_core.training.run_folder import RunFolder
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import Scores, Stepper, StepResult, prepare_options, to_network_range

# ------------------------------------------------------------------------------------------------
# Which run a model is of, and the pictures it was trained on.


def run_folder_of(model: Path) -> Path | None:
    """The folder of the run that a model file, a snapshot or a checkpoint lies in; None = in none."""
    for folder in (model.absolute().parent, model.absolute().parent.parent):
        if RunFolder(folder).log.is_file() and (folder / "config.json").is_file():
            return folder
    return None


MOST_REALS = 1024
"""Real pictures that are looked at, evenly spread over the set."""


def real_pictures(
    info: ModelInfo, side: int, source: Path | None = None, channels: int = 3
) -> RealPictures | None:
    """Real pictures for a model, of a folder or zip, or else those of the run that its file lies in.

    None where its file lies in no run. Their classes are numbered as the model's where both have the
    same names. `side` is a power of two, `channels` what the model draws.
    Raises `DatasetError` and `TrainingError`.
    """
    if source is not None:
        images = prepare(source, side, PrepareOptions(channels=channels))
    else:
        run = run_folder_of(info.path)
        if run is None:
            return None
        config = RunFolder(run).config()
        source = Path(config.data)
        images = prepare(source, config.resolution, prepare_options(config))
    if not len(images):
        raise DatasetError("There is no picture in it.", "Choose a folder or zip of pictures.")
    if info.classes and sorted(images.classes) == sorted(info.classes):
        images = images.in_order(tuple(info.classes))
    chosen = np.unique(
        np.linspace(0, len(images) - 1, min(len(images), MOST_REALS)).astype(np.int64)
    )
    labels = images.labels[chosen]
    known = labels.max(initial=0) < max(1, len(info.classes))
    return RealPictures(
        images.batch(chosen, side), labels if known else np.zeros_like(labels), source.name
    )


# ------------------------------------------------------------------------------------------------
# Half steps.


SHOWN = 8
"""Real and fake pictures whose scores are told before and after."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """How the two networks stand towards each other at a moment.

    Attributes
    ----------
    reals, fakes
        What D says of the same real pictures, and of G's pictures of the same latents, float32 (N,).
    pictures
        Those of G, uint8 (N, r, r, 3).
    """

    reals: NDArray[np.float32]
    fakes: NDArray[np.float32]
    pictures: NDArray[np.uint8]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class HalfStep:
    """One half of a training step.

    Attributes
    ----------
    network
        `"D"` or `"G"`: which was updated.
    step
        The number of the step that it is a half of.
    before, after
        How things stood, and stand.
    """

    network: str
    step: int
    before: Standing
    after: Standing


class HalfSteps:
    """The steps that follow a run's newest checkpoint, one half after the other, in memory alone.

    They are the very steps that the run takes or took: both halves together change the networks as a
    step of the training does, to the byte where the device and the number of threads are the same.

    Parameters
    ----------
    run
        The run's folder, which is only read. Raises `TrainingError` and `DatasetError` where it cannot be
        taken up, or has no checkpoint yet.
    """

    def __init__(self, run: Path) -> None:
        threads = torch.get_num_threads()
        try:
            taken = resume_run(RunFolder(run), DistributedContext(), Changes())
        finally:
            torch.set_num_threads(threads)  # a look into a run slows nothing else down
        if taken.checkpoint is None:
            raise TrainingError("The run has no checkpoint yet.", "Wait for its first one.")
        self._stepper = Stepper(taken.state, taken.pictures)
        self._data: Images = taken.pictures
        self._now: Standing | None = None
        self._halves: Generator[Scores, None, StepResult] | None = None

    @property
    def state(self) -> TrainState:
        """The networks as they are now."""
        return self._stepper.state

    @property
    def due(self) -> str:
        """Which network the next half updates: `"D"` or `"G"`."""
        return "D" if self._halves is None else "G"

    def take(self) -> HalfStep:
        """Take the next half: D's, then G's, then D's of the next step."""
        network, step = self.due, self.state.step
        before = self._now or self._standing()
        if self._halves is None:
            self._stepper.enter_phase()
            self._halves = self._stepper.halves()
            next(self._halves)
        else:
            halves, self._halves = self._halves, None
            if next(halves, None) is not None:
                raise RuntimeError("a step has two halves")
        self._now = self._standing()
        return HalfStep(network, step, before, self._now)

    @torch.no_grad()
    def _standing(self) -> Standing:
        """Nothing of the state changes by it."""
        state = self.state
        growth = phase_at(state.config, state.images)[1].growth(state.images)
        count = min(SHOWN, len(self._data))
        config = dataclasses.replace(
            state.config, sheet_rows=1, sheet_columns=count, sheet_psi=1.0, standing_batches=1
        )
        generator = copy.deepcopy(state.generator).eval()
        fakes = state.adapter.sample_grid(generator, config, growth)[:count]
        resolution = 2 ** split_growth(growth)[0]
        pixels = self._data.batch(np.arange(count), resolution)
        reals = to_network_range(torch.from_numpy(pixels).to(state.device), growth)
        fakes = fakes.to(state.device).float()
        if fakes.shape[-1] != resolution and fakes.shape[-1] == fakes.shape[-2]:
            size = (resolution, resolution)
            fakes = torch.nn.functional.interpolate(fakes, size=size, mode="area")
        shown = (fakes.clamp(-1.0, 1.0) * 127.5 + 127.5).round().to(torch.uint8)
        shown = shown.expand(-1, 3, -1, -1) if shown.shape[1] == 1 else shown[:, :3]
        return Standing(
            self._scores(reals, growth, self._labels(count)),
            self._scores(fakes, growth, fixed_labels(generator, count)),
            shown.permute(0, 2, 3, 1).contiguous().cpu().numpy(),
        )

    def _labels(self, count: int) -> torch.Tensor | None:
        """The classes of the first real pictures, one-hot; None without classes."""
        size = self.state.generator.config.label_size
        if not size:
            return None
        classes = torch.from_numpy(self._data.labels[:count]).to(self.state.device)
        return torch.nn.functional.one_hot(classes, size).float()

    def _scores(
        self, pictures: torch.Tensor, growth: float, labels: torch.Tensor | None
    ) -> NDArray[np.float32]:
        discriminator = copy.deepcopy(self.state.discriminator).eval()
        output = self.state.adapter.discriminate(discriminator, pictures, labels, growth)
        scores: NDArray[np.float32] = output.scores.float().cpu().numpy()
        return scores
