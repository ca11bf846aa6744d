"""One training step: discriminator updates, a generator update, and the averaged generator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.networks.layers import downscale, split_growth, upscale
from ganlab_core.training.average import update_average
from ganlab_core.training.players.contract import Round
from ganlab_core.training.randomness import StepRandom
from ganlab_core.training.share import Share
from ganlab_core.training.state import TrainState
from ganlab_core.training.updates import Scores, update_discriminator, update_generator


@dataclass(frozen=True, slots=True)
class StepResult:
    """Detached scalars of one step; `penalty` is None when it was not computed."""

    loss_g: Tensor
    loss_d: Tensor
    real_score: Tensor
    fake_score: Tensor
    penalty: Tensor | None


def run_step(
    state: TrainState, pixels: NDArray[np.uint8], labels: NDArray[np.int64], growth: float
) -> StepResult:
    """Update D on real and fake pictures, then G through the updated D, then the average.

    Where the batch is worked on in one part, the last discriminator update and the generator update
    share one batch of fakes, which saves a pass through G.

    Shapes: pixels (N, 3, r, r) at the resolution of `growth`, labels (N,); N is this process's share
    of the batch, times the number of discriminator steps where each is shown real pictures of its own.
    """
    config = state.config
    share = Share(state.players.group_size(state.discriminator)).cut(
        state.team.size, state.team.rank
    )
    random = StepRandom(config.seed, state.step, state.device, share)
    round_ = Round(config, random, growth, state.team)
    real = to_network_range(torch.from_numpy(pixels).to(state.device), growth)
    batches = _batches(real, _one_hot(state, labels), config.d_steps, fresh=config.fresh_reals)
    with state.team.playing(state.generator, state.discriminator):
        for images, one_hot in batches[:-1]:
            update_discriminator(state, round_, images, one_hot, None)
            round_.styles.clear()
        images, one_hot = batches[-1]
        fake = None
        if config.accumulate == 1:
            fake = state.players.fakes(state.generator, round_, len(images), one_hot)
        scores = update_discriminator(state, round_, images, one_hot, fake)
        state.players.track(state.generator, round_)  # by draws that are the same however it is cut
        loss_g = update_generator(state, round_, len(images), one_hot, fake)
    update_average(state, len(real) * state.team.size)
    return _result(state, loss_g, scores)


def _batches(
    real: Tensor, labels: Tensor | None, count: int, *, fresh: bool
) -> list[tuple[Tensor, Tensor | None]]:
    """What each discriminator step is shown as real."""
    if not fresh:
        return [(real, labels)] * count
    parts = [None] * count if labels is None else list(labels.chunk(count))
    return list(zip(real.chunk(count), parts, strict=True))


def to_network_range(pixels: Tensor, growth: float) -> Tensor:
    """uint8 -> -1..1, faded like the network: at alpha a the newest octave of detail counts for a."""
    images = pixels.float() / 127.5 - 1.0
    _, alpha = split_growth(growth)
    if alpha < 1.0:
        old = upscale(downscale(images))
        images = old + (images - old) * alpha
    return images


def _one_hot(state: TrainState, labels: NDArray[np.int64]) -> Tensor | None:
    size = state.generator.config.label_size
    if not size:
        return None
    return F.one_hot(torch.from_numpy(labels).to(state.device), size).float()


def _result(state: TrainState, loss_g: Tensor, scores: Scores) -> StepResult:
    """The step's scalars as means over the team."""
    parts = [loss_g, scores.loss, scores.real, scores.fake]
    if scores.penalty is not None:
        parts.append(scores.penalty)
    loss_g, loss_d, real, fake, *penalty = state.team.mean(torch.stack(parts)).unbind()
    return StepResult(loss_g, loss_d, real, fake, penalty[0] if penalty else None)
