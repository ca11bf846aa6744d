"""The two updates of a step, each possibly in several parts whose gradients add up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ganlab_core.networks.layers import split_growth
from ganlab_core.training.augment import augment
from ganlab_core.training.clipping import shown
from ganlab_core.training.losses import (
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    r1_penalty,
)
from ganlab_core.training.ortho import add_orthogonal_gradient
from ganlab_core.training.players.contract import Round
from ganlab_core.training.power import power_vectors
from ganlab_core.training.precision import autocast
from ganlab_core.training.share import Share
from ganlab_core.training.state import TrainState


@dataclass(frozen=True, slots=True)
class Scores:
    """Detached means of a discriminator update."""

    loss: Tensor
    real: Tensor
    fake: Tensor
    penalty: Tensor | None


def update_discriminator(
    state: TrainState, round_: Round, real: Tensor, labels: Tensor | None, fake: Tensor | None
) -> Scores:
    """One step of D on real pictures (N, 3, r, r) and as many fakes; None = draw them here."""
    config = state.config
    parts = []
    for images, one_hot in _parts(state, round_, real, labels):
        if fake is None:
            with torch.no_grad():
                drawn = state.players.fakes(state.generator, round_, len(images), one_hot)
        else:
            drawn = fake.detach()
        drawn = shown(drawn, clip=config.clip_fakes)
        parts.append(_discriminator_gradients(state, round_, images, drawn, one_hot))
    state.team.average_gradients(state.discriminator)
    state.optimizer_d.step()
    state.optimizer_d.zero_grad(set_to_none=True)
    return _mean(parts)


def update_generator(
    state: TrainState, round_: Round, count: int, labels: Tensor | None, fake: Tensor | None
) -> Tensor:
    """One step of G with `count` fakes, None = draw them here; returns its loss."""
    config, players = state.config, state.players
    losses = []
    state.discriminator.requires_grad_(requires_grad=False)
    for which, one_hot in _parts(state, round_, torch.empty(count), labels):
        drawn = fake
        if drawn is None:
            drawn = players.fakes(state.generator, round_, len(which), one_hot)
        images = shown(drawn, clip=config.clip_fakes)
        with autocast(config, state.device):
            seen = augment(images, config.augment, round_.random)
            output = players.discriminate(state.discriminator, seen, one_hot, round_.growth)
        loss = generator_loss(config.loss, output.scores.float())
        if output.label_losses is not None:
            loss = loss + config.label_weight * output.label_losses.mean()
        (loss / config.accumulate if config.accumulate > 1 else loss).backward()
        losses.append(loss.detach())
    state.discriminator.requires_grad_(requires_grad=True)
    state.team.average_gradients(state.generator)
    add_orthogonal_gradient(state.generator, config.ortho_reg)
    state.optimizer_g.step()
    state.optimizer_g.zero_grad(set_to_none=True)
    return torch.stack(losses).mean() if len(losses) > 1 else losses[0]


def _parts(
    state: TrainState, round_: Round, batch: Tensor, labels: Tensor | None
) -> Iterator[tuple[Tensor, Tensor | None]]:
    """The batch in parts that all meet the same draws and the same spectral norms.

    A power iteration starts from a stored vector; every part starts from the same one, so that
    a step moves it once, however many parts there are.
    """
    count = state.config.accumulate
    if count == 1:
        yield batch, labels
        return
    vectors = power_vectors(state.generator) + power_vectors(state.discriminator)
    before = [vector.clone() for vector in vectors]
    here = round_.random.share
    for index in round_.random.parts(count):
        if vectors:
            torch._foreach_copy_(vectors, before)
        yield here.part(batch, count, index), _part(here, labels, count, index)


def _part(share: Share, labels: Tensor | None, count: int, index: int) -> Tensor | None:
    return None if labels is None else share.part(labels, count, index)


def _discriminator_gradients(
    state: TrainState, round_: Round, real: Tensor, fake: Tensor, labels: Tensor | None
) -> Scores:
    """Add the gradients of one part of the batch."""
    config, random = state.config, round_.random
    real, fake = (augment(images, config.augment, random) for images in (real, fake))
    both = None if labels is None else torch.cat([labels, labels])
    with autocast(config, state.device):
        pair = torch.cat([real, fake])
        output = state.players.discriminate(
            state.discriminator, pair, both, round_.growth, batches=2
        )
    real_scores, fake_scores = output.scores.float().chunk(2)
    loss = discriminator_loss(config.loss, real_scores, fake_scores, config.drift)
    if output.label_losses is not None:  # the mean over real and fake counts each with weight 1
        loss = loss + 2.0 * config.label_weight * output.label_losses.mean()
    (loss / config.accumulate if config.accumulate > 1 else loss).backward()
    penalty = _penalty(state, round_, real, fake, labels)
    return Scores(loss.detach(), real_scores.detach().mean(), fake_scores.detach().mean(), penalty)


def _penalty(
    state: TrainState, round_: Round, real: Tensor, fake: Tensor, labels: Tensor | None
) -> Tensor | None:
    """Add the gradient penalty's gradients; lazily, every `r1_interval` steps, for R1."""
    config = state.config

    def critic(images: Tensor) -> Tensor:
        discriminate = state.players.discriminate
        return discriminate(state.discriminator, images, labels, round_.growth).scores

    if config.loss == "wgan-gp":
        mix = round_.random.uniform(real.shape[0], 1, 1, 1)
        penalty = gradient_penalty(critic, real, fake, mix)
        weight = config.gp_lambda
    elif config.loss == "hinge":
        return None
    elif config.r1_gamma > 0 and state.step % config.r1_interval == 0:
        penalty = r1_penalty(critic, real)
        gamma = config.at("r1_gamma", 2 ** split_growth(round_.growth)[0])
        weight = 0.5 * gamma * config.r1_interval
    else:
        return None
    (penalty * (weight / config.accumulate)).backward()
    return penalty.detach()


def _mean(parts: list[Scores]) -> Scores:
    if len(parts) == 1:
        return parts[0]
    penalties = [part.penalty for part in parts if part.penalty is not None]
    return Scores(
        torch.stack([part.loss for part in parts]).mean(),
        torch.stack([part.real for part in parts]).mean(),
        torch.stack([part.fake for part in parts]).mean(),
        torch.stack(penalties).mean() if penalties else None,
    )
