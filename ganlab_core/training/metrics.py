"""What is read off the networks now and then: singular values, and the distance to the data."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganlab_core.data import Images
from ganlab_core.evaluation import sliced_wasserstein
from ganlab_core.networks import split_growth
from ganlab_core.training.distributed import seed_for
from ganlab_core.training.events import Event, LayerGains, Measured, Spectra
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

    Attributes
    ----------
    scores
        All distances so far.
    """

    def __init__(self, stepper: Stepper, scores: list[Score]) -> None:
        self._state, self._data = stepper.state, stepper.data
        self.scores = scores

    def singular_values(self) -> Event:
        """Those of every layer."""
        state = self._state
        values = state.adapter.spectra(state.generator, state.discriminator)
        if values:
            return Spectra(state.images, _rounded(values))
        gains = spectral_norms(state.generator, "g") | spectral_norms(state.discriminator, "d")
        return LayerGains(state.images, _rounded(gains))

    def distance(self, growth: float) -> Measured:
        """How far the samples are from the data."""
        distance = distance_to_data(self._state, self._data, growth)
        self.scores.append(Score(self._state.images, growth, distance))
        return Measured(self._state.images, round(growth, 4), round(distance, 4))


def _rounded(values: Mapping[str, Tensor]) -> dict[str, float]:
    return {name: round(float(value), 5) for name, value in values.items()}
