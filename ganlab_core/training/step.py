"""One training step: a discriminator update, a generator update, and the averaged generator."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.networks.growth import split_growth
from ganlab_core.networks.layers import downscale, upscale
from ganlab_core.networks.stylegan import Generator
from ganlab_core.training.augment import augment
from ganlab_core.training.losses import (
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    r1_penalty,
)
from ganlab_core.training.randomness import StepRandom
from ganlab_core.training.state import TrainState


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

    The last discriminator update and the generator update share one batch of fakes, which saves a
    pass through G. Shapes: pixels (N, 3, r, r) at the resolution of `growth`, labels (N,).
    """
    random = StepRandom(state.config.seed, state.step, state.device)
    real = to_network_range(torch.from_numpy(pixels).to(state.device), growth)
    one_hot = _one_hot(state, labels)
    for _ in range(state.config.d_steps - 1):
        with torch.no_grad():
            extra = generate(state, random, len(pixels), one_hot, growth)
        _update_discriminator(state, random, real, extra, one_hot, growth)
    fake = generate(state, random, len(pixels), one_hot, growth)
    d_scores = _update_discriminator(state, random, real, fake.detach(), one_hot, growth)
    loss_g = _update_generator(state, random, fake, one_hot, growth)
    _update_average(state, real.shape[0])
    return StepResult(loss_g, *d_scores)


def to_network_range(pixels: Tensor, growth: float) -> Tensor:
    """uint8 -> -1..1, faded like the network: at alpha a the newest octave of detail counts for a."""
    images = pixels.float() / 127.5 - 1.0
    _, alpha = split_growth(growth)
    if alpha < 1.0:
        old = upscale(downscale(images))
        images = old + (images - old) * alpha
    return images


def generate(
    state: TrainState, random: StepRandom, count: int, labels: Tensor | None, growth: float
) -> Tensor:
    """`count` fake pictures with mixing regularisation (Karras et al. 2019, sec. 3.1) and fresh noise."""
    config, generator = state.config, state.generator
    level, _ = split_growth(growth)
    layers = 2 * level - 2
    w = generator.mapping(random.normal(count, config.z_dim), labels)
    with torch.no_grad():
        generator.w_avg.lerp_(w.mean(dim=0), 1.0 - config.w_avg_beta)
    ws = w[:, None].expand(-1, layers, -1)
    if random.chance() < config.style_mixing:
        crossover = random.integer(1, layers)
        other = generator.mapping(random.normal(count, config.z_dim), labels)[:, None]
        ws = torch.cat([ws[:, :crossover], other.expand(-1, layers - crossover, -1)], dim=1)
    noises = [random.normal(count, 1, 2 ** (i // 2 + 2), 2 ** (i // 2 + 2)) for i in range(layers)]
    with _autocast(state):
        image: Tensor = generator.synthesis(ws, noises, growth)
    return _shown(image.float(), clip=config.clip_fakes)


def _shown(image: Tensor, *, clip: bool) -> Tensor:
    """Clip to -1..1, letting gradients through wherever they would lead back inside."""
    if not clip:
        return image
    clipped: Tensor = _ClipTowardsRange.apply(image)  # type: ignore[no-untyped-call]
    return clipped


class _ClipTowardsRange(torch.autograd.Function):
    """Clamp to -1..1 whose gradient vanishes only where descent would push further out.

    A plain clamp would leave pixels outside the range without any gradient to return by.
    """

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, image: Tensor) -> Tensor:
        ctx.save_for_backward(image)
        return image.clamp(-1.0, 1.0)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, *gradients: Tensor) -> Tensor:
        (image,) = ctx.saved_tensors  # type: ignore[attr-defined]
        (gradient,) = gradients
        outward = ((image > 1.0) & (gradient < 0.0)) | ((image < -1.0) & (gradient > 0.0))
        return gradient.masked_fill(outward, 0.0)


def _update_discriminator(
    state: TrainState,
    random: StepRandom,
    real: Tensor,
    fake: Tensor,
    labels: Tensor | None,
    growth: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    config = state.config
    real, fake = (augment(images, config.augment, random) for images in (real, fake))
    both = None if labels is None else torch.cat([labels, labels])
    with _autocast(state):
        scores = state.discriminator(torch.cat([real, fake]), both, growth, batches=2)
    real_scores, fake_scores = scores.float().chunk(2)
    loss = discriminator_loss(config.loss, real_scores, fake_scores, config.drift)
    loss.backward()
    penalty = _penalty(state, random, real, fake, labels, growth)
    state.optimizer_d.step()
    state.optimizer_d.zero_grad(set_to_none=True)
    return loss.detach(), real_scores.detach().mean(), fake_scores.detach().mean(), penalty


def _penalty(
    state: TrainState,
    random: StepRandom,
    real: Tensor,
    fake: Tensor,
    labels: Tensor | None,
    growth: float,
) -> Tensor | None:
    """Add the gradient penalty's gradients; lazily, every `r1_interval` steps, for R1."""
    config = state.config
    critic = partial(state.discriminator, labels=labels, growth=growth)
    if config.loss == "wgan-gp":
        mix = random.uniform(real.shape[0], 1, 1, 1)
        penalty = gradient_penalty(critic, real, fake, mix)
        weight = config.gp_lambda
    elif config.r1_gamma > 0 and state.step % config.r1_interval == 0:
        penalty = r1_penalty(critic, real)
        gamma = config.at("r1_gamma", 2 ** split_growth(growth)[0])
        weight = 0.5 * gamma * config.r1_interval
    else:
        return None
    (penalty * weight).backward()
    return penalty.detach()


def _update_generator(
    state: TrainState, random: StepRandom, fake: Tensor, labels: Tensor | None, growth: float
) -> Tensor:
    state.discriminator.requires_grad_(requires_grad=False)
    with _autocast(state):
        seen = augment(fake, state.config.augment, random)
        scores = state.discriminator(seen, labels, growth).float()
    loss = generator_loss(state.config.loss, scores)
    loss.backward()
    state.discriminator.requires_grad_(requires_grad=True)
    state.optimizer_g.step()
    state.optimizer_g.zero_grad(set_to_none=True)
    return loss.detach()


@torch.no_grad()
def _update_average(state: TrainState, batch: int) -> None:
    """EMA of the weights with a half-life in images; buffers such as the mean of W are copied."""
    half_life = state.config.ema_kimg * 1000.0
    beta = 0.5 ** (batch / half_life) if half_life > 0 else 0.0
    average: list[Tensor] = list(state.average.parameters())
    current = [parameter.detach() for parameter in state.generator.parameters()]
    torch._foreach_lerp_(average, current, 1.0 - beta)
    for mean, buffer in zip(state.average.buffers(), state.generator.buffers(), strict=True):
        mean.copy_(buffer)


def mean_style(average: Generator, labels: Tensor | None, seed: int, count: int = 4096) -> Tensor:
    """Mean of W under `average`'s own mapping network, (w_dim,): steadier than the running one."""
    device = average.w_avg.device
    random = StepRandom(seed, -1, device)
    z = random.normal(count, average.config.z_dim)
    if labels is not None:
        labels = labels[torch.arange(count, device=device) % len(labels)]
    w: Tensor = average.mapping(z, labels)
    return w.mean(dim=0)


def _one_hot(state: TrainState, labels: NDArray[np.int64]) -> Tensor | None:
    size = state.generator.config.label_size
    if not size:
        return None
    return F.one_hot(torch.from_numpy(labels).to(state.device), size).float()


def _autocast(state: TrainState) -> torch.autocast:
    mixed = state.config.precision == "bf16"
    return torch.autocast(state.device.type, dtype=torch.bfloat16, enabled=mixed)
