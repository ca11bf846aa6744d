"""What a run will take on this machine, found out by doing a few real steps of it."""

from __future__ import annotations

import dataclasses
import itertools
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ganlab_core.device import choose_device, use_threads
from ganlab_core.training import step as memory
from ganlab_core.training.adapters import with_precision
from ganlab_core.training.augmentation import Overfitting
from ganlab_core.training.config import AUTO, STYLEGAN2, Phase, TrainConfig, phases
from ganlab_core.training.distributed import seed_for
from ganlab_core.training.state import TrainState, start_from
from ganlab_core.training.step import run_step
from ganlab_core.training.training_presets import ADAPTIVE

SECONDS = 4.0
"""How long the steps at one resolution may take, after the first."""

MOST_STEPS = 8
LIKELY_P = 0.5
"""ADA's probability while a step is timed."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What was measured.

    Attributes
    ----------
    parameters_g, parameters_d
        Numbers of weights.
    memory_bytes
        The most that was in use at the last resolution, on the device that trains.
    seconds_per_kimg
        (resolution, seconds per 1000 real pictures) of each resolution of the run.
    seconds
        Of the whole run, sheets and checkpoints not counted.
    device
        Where it was measured.
    """

    parameters_g: int
    parameters_d: int
    memory_bytes: int
    seconds_per_kimg: tuple[tuple[int, float], ...]
    seconds: float
    device: str

    def to_json(self) -> dict[str, object]:
        """As plain JSON."""
        return dataclasses.asdict(self)


def estimate(config: TrainConfig, classes: int = 0, seconds: float = SECONDS) -> Estimate:
    """Do a few steps at every resolution of a run, with noise for pictures.

    Takes about `seconds` per resolution; a step that takes longer is waited for. Raises
    `TrainingError` when a batch does not fit into memory.
    """
    if config.augment == AUTO:  # the dearer of what it may become
        config = dataclasses.replace(config, augment=ADAPTIVE)
    if not config.img_channels:
        config = dataclasses.replace(config, img_channels=3)
    use_threads(config.threads)
    config, device = with_precision(config), choose_device(config.device)
    state = TrainState.start(config, classes if classes > 1 else 0, device)
    if config.start_from:
        start_from(state, config.start_from)
    if "ada" in config.augment:  # as it may become
        state.augmentation = Overfitting(LIKELY_P)
    plan = phases(config)
    speeds: dict[int, float] = {}
    for resolution in sorted({phase.resolution for phase in plan}):
        speeds[resolution] = 1000.0 * _seconds_per_image(state, resolution, classes, seconds)
    return Estimate(
        sum(weight.numel() for weight in state.generator.parameters()),
        sum(weight.numel() for weight in state.discriminator.parameters()),
        _memory(device),
        tuple(speeds.items()),
        sum(speeds[phase.resolution] * _images(phase, config) / 1000.0 for phase in plan),
        str(device),
    )


def _images(phase: Phase, config: TrainConfig) -> int:
    """How many images of the run fall into a phase."""
    return max(0, min(phase.end, config.images) - min(phase.start, config.images))


def _seconds_per_image(state: TrainState, resolution: int, classes: int, seconds: float) -> float:
    """The median of a few steps; the first, which also plans and allocates, is not counted."""
    steps = TrialSteps(state, resolution, classes)
    steps.take(0)
    rare = [_timed(steps, number) for number in steps.rare]
    times: list[float] = []
    began = time.monotonic()
    while not times or (len(times) < MOST_STEPS and time.monotonic() - began < seconds):
        times.append(_timed(steps, USUAL))
    return steps.spread(rare, float(np.median(times))) / steps.images


USUAL = 1
"""Number of a step that only does what every step does."""


class TrialSteps:
    """Single steps of a run at one resolution, with noise for pictures.

    Attributes
    ----------
    images
        Real pictures of a step.
    rare
        Numbers of steps that do what others go without, those that do most first.
    """

    def __init__(self, state: TrainState, resolution: int, classes: int = 0) -> None:
        config = state.config
        batch = int(config.at("batch_size", resolution))
        self.images = batch * (config.d_steps if config.fresh_reals else 1)
        random = np.random.default_rng(seed_for(config.seed, "estimate"))
        shape = (self.images, *config.picture_shape(resolution))
        self._state, self._intervals = state, _lazy(config)
        self._pixels = random.integers(0, 256, shape, np.uint8)
        self._labels = random.integers(0, max(1, classes), self.images)
        self._growth = math.log2(4 * self._pixels.shape[-1] // config.const_size[1])
        self.rare = (0, *self._intervals[1:])[: len(self._intervals)]

    def take(self, number: int) -> None:
        """Take the step of this number and wait for it; raises `TrainingError` where memory is short."""
        self._state.step = number
        _step(self._state, self._pixels, self._labels, self._growth)

    def spread(self, rare: Sequence[float], usual: float) -> float:
        """What a step costs on average: what R1 and the path penalty add to some is spread over all.

        Step 0 has both penalties and one of the shorter interval has that alone, so differences tell each.
        """
        extra = [longer - shorter for longer, shorter in itertools.pairwise([*rare, usual])]
        parts = zip(extra, self._intervals, strict=True)
        return usual + sum(max(0.0, more) / every for more, every in parts)


def _lazy(config: TrainConfig) -> list[int]:
    """Every how many steps there is a penalty that others go without; different ones, longest first."""
    found = set()
    if config.loss in ("logistic-r1", "relativistic") and config.r1_gamma > 0:
        found.add(config.r1_interval)
    if config.architecture in STYLEGAN2 and config.path_weight > 0:
        found.add(config.path_interval)
    return sorted(found - {1}, reverse=True)


def _timed(steps: TrialSteps, number: int) -> float:
    """Seconds of the step of this number."""
    at = time.perf_counter()
    steps.take(number)
    return time.perf_counter() - at


def _step(
    state: TrainState,
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    labels: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    growth: float,
) -> None:
    failed = False
    try:
        run_step(state, pixels, labels, growth)
        if state.device.type == "cuda":
            torch.cuda.synchronize()
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if not memory.is_out_of_memory(error):
            raise
        failed = True
    if failed:
        raise memory.advice(state, pixels.shape[-1], len(pixels), growth)


def _memory(device: torch.device) -> int:
    """Most bytes in use so far: of the GPU, else of this process."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    try:
        import resource
    except ImportError:  # Windows keeps no such count
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
