"""What is read off the networks now and then: singular values, and the distance to the data."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganlab_core.data import Images
from ganlab_core.errors import GanlabError
from ganlab_core.evaluation import kernel_distance, lite0_features, load_lite0, sliced_wasserstein
from ganlab_core.networks import split_growth
from ganlab_core.training.config import phase_at
from ganlab_core.training.distributed import seed_for
from ganlab_core.training.events import MOST_GROWTH, Evaluated, Event, LayerGains, Measured, Spectra
from ganlab_core.training.run_folder import Score
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import Stepper, to_network_range

# ------------------------------------------------------------------------------------------------
# How far a run's samples are from its data, measured now and then without touching the run.
# The pictures are the averaged generator's, from latents that stay the same and without
# truncation; they are compared with a fixed part of the data by sliced Wasserstein distance
# (Karras et al. 2018, sec. 5). So few pictures give higher numbers than published ones: compare
# within one run.


ROWS, COLUMNS = 10, 10
"""Pictures on each side are the product; a row is one class where there are classes."""

STANDING = 1
"""Batches behind a BigGAN's batch-norm statistics here; its sheets and files have more."""


@torch.no_grad()
def distance_to_data(state: TrainState, images: Images, growth: float) -> float:
    """Mean sliced Wasserstein distance times 1000 over the levels of the pyramid, at this growth.

    Nothing of the state changes, and no random number of the run is used up.
    """
    config = dataclasses.replace(
        state.config,
        sheet_rows=ROWS,
        sheet_columns=COLUMNS,
        sheet_psi=1.0,
        standing_batches=min(STANDING, state.config.standing_batches),
    )
    count = min(ROWS * COLUMNS, len(images))
    fake = state.adapter.sample_grid(state.average, config, growth)[:count]
    resolution = 2 ** split_growth(growth)[0]
    seed = seed_for(config.seed, "distance")
    order = np.random.default_rng(seed).permutation(len(images))[:count]
    real = to_network_range(torch.from_numpy(images.batch(order, resolution)), growth)
    levels = sliced_wasserstein(_uint8(real), _uint8(fake), seed=seed % 2**31)
    return float(np.mean(list(levels.values())))


FEWEST_SAMPLES = 8
FIRST_GUESS = 0.03
"""Seconds that a sample is thought to take before the first KID has been measured."""


@torch.no_grad()
def sample_pictures(state: TrainState, count: int) -> NDArray[np.uint8]:
    """Pictures uint8 (count, C, H, W) of the averaged generator at full growth, without truncation.

    Their latents are the same for a whole run; nothing of the state changes.
    """
    config = dataclasses.replace(
        state.config,
        sheet_rows=-(-count // COLUMNS),
        sheet_columns=COLUMNS,
        sheet_psi=1.0,
        standing_batches=min(STANDING, state.config.standing_batches),
    )
    growth = math.log2(config.resolution)
    return _uint8(state.adapter.sample_grid(state.average, config, growth)[:count])


def _uint8(pictures: Tensor) -> NDArray[np.uint8]:
    shown = (pictures.float() * 127.5 + 127.5).round().clamp(0, 255)
    pixels: NDArray[np.uint8] = shown.to(torch.uint8).cpu().numpy()
    return pixels


# ------------------------------------------------------------------------------------------------
# Largest singular values of the layers of networks that are not spectrally normalised.


ITERATIONS = 12


@torch.no_grad()
def spectral_norms(network: nn.Module, prefix: str) -> dict[str, Tensor]:
    """The largest singular value of every equalized weight as it is used, by `prefix` and its layer.

    Weights are seen as matrices (outputs, rest), as for spectral normalisation (Miyato et al. 2018,
    sec. 2.1). Found by power iteration from a fixed start, so no random number is used up.
    """
    found = {}
    for name, layer in network.named_modules():
        weight, scale = getattr(layer, "weight", None), getattr(layer, "scale", None)
        if isinstance(weight, Tensor) and isinstance(scale, float) and weight.dim() > 1:
            found[f"{prefix}.{name}"] = _largest(weight.detach().float().flatten(1)) * scale
    return found


def _largest(matrix: Tensor) -> Tensor:
    """The largest singular value of (m, n)."""
    v = torch.ones(matrix.shape[1], device=matrix.device) + matrix.sum(dim=0).sign()
    for _ in range(ITERATIONS):
        u = torch.nn.functional.normalize(matrix @ v, dim=0)
        v = torch.nn.functional.normalize(matrix.T @ u, dim=0)
    largest: Tensor = torch.linalg.vector_norm(matrix @ v)
    return largest


class Readings:
    """Reads a run's networks, and changes nothing of them.

    Parameters
    ----------
    stepper
        The run.
    scores
        Distances that are known from an earlier life of the run, oldest first.
    clock
        Seconds that pass; what measuring KID may take is a share of them.

    Attributes
    ----------
    scores
        All distances so far.
    """

    def __init__(
        self, stepper: Stepper, scores: list[Score], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._state, self._data = stepper.state, stepper.data
        self.scores = scores
        self._clock, self._began = clock, clock()
        self._kid_spent = self._kid_last = 0.0
        self._real: NDArray[np.float32] | None = None

    def singular_values(self) -> Event:
        """Those of every layer."""
        state = self._state
        values = state.adapter.spectra(state.generator, state.discriminator)
        if values:
            return Spectra(state.images, _rounded(values))
        gains = spectral_norms(state.generator, "g") | spectral_norms(state.discriminator, "d")
        return LayerGains(state.images, _rounded(gains))

    def evaluated(self) -> Evaluated | None:
        """KID of the samples, if the run has come to its full resolution and has time for it.

        None as well where the features' package is not installed. The average's samples come from
        latents that stay the same, without truncation; they meet a fixed part of the data.
        """
        config, state, clock = self._state.config, self._state, self._clock
        count = min(config.kid_samples, len(self._data))
        grown = phase_at(config, state.images)[1].growth(state.images) >= math.log2(
            config.resolution
        )
        began = clock()
        allowed = config.kid_share * (began - self._began)
        if count < FEWEST_SAMPLES or not grown or self._kid_spent + self._kid_cost(count) > allowed:
            return None
        try:
            kid = self._kid(count)
        except GanlabError:
            self._kid_spent = math.inf
            return None
        self._kid_last = clock() - began
        self._kid_spent += self._kid_last
        self.scores.append(Score(state.images, MOST_GROWTH, kid, kid=True))
        return Evaluated(state.images, round(kid, 5), count, round(self._kid_last, 3))

    def _kid_cost(self, count: int) -> float:
        """Seconds that the next measurement will take."""
        return self._kid_last if self._kid_last else count * FIRST_GUESS

    def _kid(self, count: int) -> float:
        state, config = self._state, self._state.config
        network = load_lite0(state.device)
        if self._real is None:
            seed = seed_for(config.seed, "kid")
            order = np.random.default_rng(seed).permutation(len(self._data))[:count]
            self._real = lite0_features(network, self._data.batch(order, config.resolution))
        fake = sample_pictures(state, count)
        return kernel_distance(lite0_features(network, fake), self._real)

    def distance(self, growth: float) -> Measured:
        """How far the samples are from the data."""
        distance = distance_to_data(self._state, self._data, growth)
        self.scores.append(Score(self._state.images, growth, distance))
        return Measured(self._state.images, round(growth, 4), round(distance, 4))


def _rounded(values: Mapping[str, Tensor]) -> dict[str, float]:
    return {name: round(float(value), 5) for name, value in values.items()}


# ------------------------------------------------------------------------------------------------
# What a run takes: the time, and the energy where the machine counts it.


RAPL = Path("/sys/class/powercap")
"""Where Linux tells the energy of processors (Intel's and AMD's), for those who may read it."""


class Meter:
    """Time and energy since it was made; reading it costs some file reads.

    Parameters
    ----------
    rapl
        The folder of the processors' counters.
    """

    def __init__(self, rapl: Path = RAPL) -> None:
        self._rapl = rapl
        self._began = time.monotonic()
        self._before = self._counts()

    def seconds(self) -> float:
        """Since it was made."""
        return time.monotonic() - self._began

    def watt_hours(self) -> float | None:
        """Of processors and GPUs, everything counted that runs on them; None where nothing tells.

        A counter that began again meanwhile counts up to its end.
        """
        now = self._counts()
        joules = [
            (count - before) % ends
            for name, (count, ends) in now.items()
            if (before := self._before.get(name, (None, 0.0))[0]) is not None
        ]
        return sum(joules) / 3600.0 if joules else None

    def _counts(self) -> dict[str, tuple[float, float]]:
        """Counter -> (joules, joules at which it begins again)."""
        found = {}
        with contextlib.suppress(OSError):
            for folder in sorted(self._rapl.glob("intel-rapl:?")):
                with contextlib.suppress(OSError, ValueError):
                    count = int((folder / "energy_uj").read_text()) / 1e6
                    ends = int((folder / "max_energy_range_uj").read_text()) / 1e6
                    found[folder.name] = (count, ends)
        return found | _gpu_counts()


def _gpu_counts() -> dict[str, tuple[float, float]]:
    """What NVIDIA's library tells, where its Python package is installed."""
    try:
        import pynvml  # type: ignore[import-not-found]

        pynvml.nvmlInit()
        handles = [
            pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())
        ]
        return {
            f"gpu{index}": (pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1e3, math.inf)
            for index, handle in enumerate(handles)
        }
    except Exception:  # noqa: BLE001 - the package, its driver or this counter may be missing
        return {}
