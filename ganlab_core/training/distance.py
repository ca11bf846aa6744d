"""How far a run's samples are from its data, measured now and then without touching the run.

The pictures are the averaged generator's, from latents that stay the same and without truncation;
they are compared with a fixed part of the data by sliced Wasserstein distance (Karras et al. 2018,
sec. 5). So few pictures give higher numbers than published ones: compare within one run.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.dataset.images import Images
from ganlab_core.evaluation.sliced_wasserstein import sliced_wasserstein
from ganlab_core.networks.layers import split_growth
from ganlab_core.training.randomness import seed_for
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import to_network_range

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
    fake = state.players.show(state.average, config, growth)[:count]
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
