"""One training step: the losses, the updates of D and of G, and the averaged generator."""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from ganlab_core.data import (
    Images,
    PrepareOptions,
    check_source,
    domain_names,
    fitting_channels,
    joined,
    prepare,
)
from ganlab_core.device import use_threads
from ganlab_core.errors import TrainingError
from ganlab_core.networks import downscale, split_growth, upscale
from ganlab_core.training.adapters import StepContext, autocast, differentiated_twice
from ganlab_core.training.augmentation import augment
from ganlab_core.training.config import DOMAINS, TrainConfig, phase_at, remaining
from ganlab_core.training.distributed import (
    BatchShard,
    DistributedContext,
    StepRandom,
    data_order,
    seed_for,
)
from ganlab_core.training.events import Event, PhaseBegan
from ganlab_core.training.run_folder import applied, changes_from
from ganlab_core.training.state import TrainState

# ------------------------------------------------------------------------------------------------
# The published losses.


T = TypeVar("T")

Critic = Callable[[Tensor], Tensor]
"""Pictures (N, K, h, w) -> scores (N,)."""


def generator_loss(kind: str, fake_scores: Tensor, real_scores: Tensor | None = None) -> Tensor:
    """What G minimises: softplus(-D(fake)) (Goodfellow et al. 2014), or -D(fake) for wgan and hinge.

    Least squares (Mao et al. 2017, eq. 9) want D(fake) to be 1.

    A relativistic G is given the scores of real pictures as well, each beside one of its own:
    softplus(-(D(fake) - D(real))) (Huang et al. 2024, eq. 2).
    """
    if kind in ("wgan", "wgan-gp", "hinge"):
        return -fake_scores.mean()
    if kind == "least-squares":
        return (fake_scores - 1.0).square().mean()
    if real_scores is not None:
        return F.softplus(real_scores - fake_scores).mean()
    return F.softplus(-fake_scores).mean()


def discriminator_loss(kind: str, real_scores: Tensor, fake_scores: Tensor, drift: float) -> Tensor:
    """What D minimises, without its gradient penalty; `drift` keeps WGAN scores near 0.

    The hinge max(0, 1 - real) + max(0, 1 + fake) is that of Lim & Ye 2017, used by BigGAN. The
    relativistic softplus(-(real - fake)) compares pairs (Jolicoeur-Martineau 2019; Huang et al. 2024).
    Least squares (Mao et al. 2017, eq. 9) want 1 for real and 0 for fake.
    """
    if kind == "hinge":
        return F.relu(1.0 - real_scores).mean() + F.relu(1.0 + fake_scores).mean()
    if kind == "least-squares":
        return 0.5 * ((real_scores - 1.0).square().mean() + fake_scores.square().mean())
    if kind == "wgan":  # D approximates the distance; minus it is minimised
        return fake_scores.mean() - real_scores.mean()
    if kind == "wgan-gp":
        loss = fake_scores.mean() - real_scores.mean()
        return loss + drift * real_scores.square().mean()
    if kind == "relativistic":
        return F.softplus(fake_scores - real_scores).mean()
    return F.softplus(fake_scores).mean() + F.softplus(-real_scores).mean()


@torch.no_grad()
def clip_weights(discriminator: nn.Module, bound: float) -> None:
    """w <- clip(w, -bound, bound) for every weight: D becomes Lipschitz (Arjovsky et al. 2017, alg. 1)."""
    for weight in discriminator.parameters():
        weight.clamp_(-bound, bound)


def path_penalty(lengths: Tensor, wanted: Tensor) -> Tensor:
    """Mean of (length - wanted)^2 over the batch (Karras et al. 2020, eq. 4); `wanted` is no variable."""
    return (lengths - wanted.detach()).square().mean()


def r1_penalty(critic: Critic, real: Tensor) -> Tensor:
    """Squared gradient of D at real pictures, mean over the batch (Mescheder et al. 2018, eq. 9)."""
    real = real.detach().requires_grad_()
    gradient = _input_gradient(critic, real)
    return gradient.square().sum(dim=(1, 2, 3)).mean()


def gradient_penalty(critic: Critic, real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    """(|gradient| - 1)^2 between real and fake, mean over the batch (Gulrajani et al. 2017, eq. 3).

    Shapes: real and fake (N, K, h, w), mix (N, 1, 1, 1) in 0..1.
    """
    between = torch.lerp(real, fake, mix).detach().requires_grad_()
    gradient = _input_gradient(critic, between)
    return (gradient.square().sum(dim=(1, 2, 3)).sqrt() - 1.0).square().mean()


def _input_gradient(critic: Critic, images: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(critic(images).sum(), images, create_graph=True)
    return gradient


# ------------------------------------------------------------------------------------------------
# Fake pictures clipped to the displayable range before D sees them.


def shown(image: Tensor, *, clip: bool) -> Tensor:
    """Clip to -1..1, letting gradients through wherever they would lead back inside."""
    if not clip:
        return image
    apply: Callable[[Tensor], Tensor] = (
        _ClipTowardsRange.apply
    )  # typed in some versions of torch only
    return apply(image)


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


# ------------------------------------------------------------------------------------------------
# Orthogonal regularisation of G (Brock, Donahue & Simonyan 2019, sec. 3.1, eq. 3).


EXCLUDED = "shared."
"""The class embedding, whose rows need not be orthogonal."""


@torch.no_grad()
def add_orthogonal_gradient(generator: nn.Module, strength: float) -> None:
    """Add to every weight's gradient that of strength / 2 * |W W^T (1 - I)|^2: rows repel each other.

    W is a weight as a matrix of (its first axis, all others); the diagonal is left alone, so that
    norms stay free. Vectors and the shared class embedding are passed over.
    """
    if strength == 0.0:
        return
    for name, parameter in generator.named_parameters():
        if parameter.ndim < 2 or name.startswith(EXCLUDED) or parameter.grad is None:
            continue
        rows = parameter.flatten(1)
        gram = rows @ rows.t()
        gram.fill_diagonal_(0.0)
        parameter.grad.add_((gram @ rows).view_as(parameter), alpha=2.0 * strength)


# ------------------------------------------------------------------------------------------------
# The two updates of a step, each possibly in several parts whose gradients add up.


@dataclass(frozen=True, slots=True)
class Scores:
    """Detached means of a discriminator update."""

    loss: Tensor
    real: Tensor
    fake: Tensor
    penalty: Tensor | None


def update_discriminator(
    state: TrainState,
    context: StepContext,
    real: Tensor,
    labels: Tensor | None,
    fake: Tensor | None,
) -> Scores:
    """One step of D on real pictures (N, K, h, w) and as many fakes; None = draw them here."""
    config = state.config
    parts = []
    for images, one_hot in _parts(state, context, real, labels):
        if fake is None:
            with torch.no_grad():
                drawn = state.adapter.sample(state.generator, context, len(images), one_hot)
        else:
            drawn = fake.detach()
        drawn = shown(drawn, clip=config.clip_fakes)
        parts.append(_discriminator_gradients(state, context, images, drawn, one_hot))
    for layer in state.adapter.frozen(state.discriminator, config.freeze_d):
        layer.zero_grad(set_to_none=True)
    state.distributed.average_gradients(state.discriminator)
    state.optimizer_d.step()
    if config.clip_weights:
        clip_weights(state.discriminator, config.clip_weights)
    state.optimizer_d.zero_grad(set_to_none=True)
    return _mean(parts)


def update_generator(
    state: TrainState,
    context: StepContext,
    real: Tensor,
    labels: Tensor | None,
    fake: Tensor | None,
) -> Tensor:
    """One step of G with as many fakes as `real`, None = draw them here; returns its loss.

    The real pictures (N, K, h, w) are looked at by a relativistic loss alone.
    """
    config = state.config
    losses = []
    _learn(state.tensors_d.weights, learns=False)
    for images, one_hot in _parts(state, context, real, labels):
        drawn = fake
        if drawn is None:
            drawn = state.adapter.sample(state.generator, context, len(images), one_hot)
        loss = _generator_loss_of(state, context, images, drawn, one_hot)
        (loss / config.accumulate if config.accumulate > 1 else loss).backward()
        losses.append(loss.detach())
    _learn(state.tensors_d.weights, learns=True)
    _regularise_paths(state, context, len(real), labels)
    state.distributed.average_gradients(state.generator)
    add_orthogonal_gradient(state.generator, config.ortho_reg)
    state.optimizer_g.step()
    state.optimizer_g.zero_grad(set_to_none=True)
    return torch.stack(losses).mean() if len(losses) > 1 else losses[0]


def _learn(weights: list[Tensor], *, learns: bool) -> None:
    for weight in weights:
        weight.requires_grad_(learns)


def _generator_loss_of(
    state: TrainState, context: StepContext, real: Tensor, fake: Tensor, labels: Tensor | None
) -> Tensor:
    """What G minimises with one part of the batch."""
    config, adapter = state.config, state.adapter
    images = shown(fake, clip=config.clip_fakes)
    with autocast(config, state.device):
        seen = _augmented(state, context, images)
        compared = None
        if config.loss == "relativistic":
            with torch.no_grad():  # the real half has nothing to teach G: no backward pass for it
                compared = adapter.discriminate(
                    state.discriminator, _augmented(state, context, real), labels, context.growth
                ).scores.float()
        output = adapter.discriminate(state.discriminator, seen, labels, context.growth)
        loss = generator_loss(config.loss, output.scores.float(), compared)
    if output.label_losses is not None:
        loss = loss + config.label_weight * output.label_losses.mean()
    own = adapter.own_loss(state.generator, context, fake, labels)
    return loss if own is None else loss + own


def _augmented(state: TrainState, context: StepContext, images: Tensor) -> Tensor:
    """Pictures as D sees them."""
    return augment(images, state.config.augment, context.random, state.augmentation.p)


def _regularise_paths(
    state: TrainState, context: StepContext, count: int, labels: Tensor | None
) -> None:
    """Add the gradients of (|J_w^T y| - a)^2 every `path_interval` steps (Karras et al. 2020, eq. 4).

    a is a running mean of the lengths; all parts of a step see it as it was before the step.
    """
    config = state.config
    if config.path_weight == 0.0 or state.step % config.path_interval:
        return
    means = []
    for which, one_hot in _parts(state, context, torch.empty(count), labels):
        lengths = state.adapter.path_lengths(state.generator, context, len(which), one_hot)
        if lengths is None:
            return
        penalty = path_penalty(lengths, state.path_length)
        weight = config.path_weight * config.path_interval
        (penalty * (weight / config.accumulate)).backward()
        means.append(lengths.detach().mean())
    mean = state.distributed.mean(torch.stack(means).mean())
    state.path_length.lerp_(mean, config.path_decay)


def _parts(
    state: TrainState, context: StepContext, batch: Tensor, labels: Tensor | None
) -> Iterator[tuple[Tensor, Tensor | None]]:
    """The batch in parts that all meet the same draws and the same spectral norms.

    A power iteration starts from a stored vector; every part starts from the same one, so that
    a step moves it once, however many parts there are.
    """
    count = state.config.accumulate
    if count == 1:
        yield batch, labels
        return
    vectors = state.tensors_g.power + state.tensors_d.power
    before = [vector.clone() for vector in vectors]
    here = context.random.shard
    for index in context.random.parts(count):
        if vectors:
            torch._foreach_copy_(vectors, before)
        yield here.part(batch, count, index), _part(here, labels, count, index)


def _part(shard: BatchShard, labels: Tensor | None, count: int, index: int) -> Tensor | None:
    return None if labels is None else shard.part(labels, count, index)


def _discriminator_gradients(
    state: TrainState, context: StepContext, real: Tensor, fake: Tensor, labels: Tensor | None
) -> Scores:
    """Add the gradients of one part of the batch."""
    config, plain = state.config, real
    real, fake = (_augmented(state, context, images) for images in (real, fake))
    both = None if labels is None else torch.cat([labels, labels])
    with autocast(config, state.device):
        pair = torch.cat([real, fake])
        output = state.adapter.discriminate(
            state.discriminator, pair, both, context.growth, batches=2
        )
    real_scores, fake_scores = output.scores.float().chunk(2)
    loss = discriminator_loss(config.loss, real_scores, fake_scores, config.drift)
    if output.label_losses is not None:  # the mean over real and fake counts each with weight 1
        loss = loss + 2.0 * config.label_weight * output.label_losses.mean()
    (loss / config.accumulate if config.accumulate > 1 else loss).backward()
    at = plain if config.r1_on == "plain" else real
    penalty = _penalty(state, context, at, fake, labels)
    _collect_signs(state, real_scores, fake_scores)
    return Scores(loss.detach(), real_scores.detach().mean(), fake_scores.detach().mean(), penalty)


WITHOUT_ZERO = ("relativistic", "wgan", "wgan-gp")
"""Losses that know scores only by how they differ."""


def _collect_signs(state: TrainState, real_scores: Tensor, fake_scores: Tensor) -> None:
    """Keep what ADA's r_t is the mean of.

    Losses of differences leave scores without a zero: a constant added to all of them changes nothing.
    There a real picture is held against the fake one beside it. Least squares have theirs at 0.5.
    """
    if "ada" in state.config.augment:
        known = state.augmentation
        scores = real_scores.detach()
        if state.config.loss in WITHOUT_ZERO:
            scores = scores - fake_scores.detach()
        elif state.config.loss == "least-squares":
            scores = scores - 0.5
        signs = known.signs + scores.sign().sum()  # without waiting for the device
        state.augmentation = dataclasses.replace(
            known, signs=signs, count=known.count + len(real_scores)
        )


def _move_augmentation(state: TrainState, images: int) -> None:
    """Let ADA's p follow r_t every `ada_interval` steps of `images`; the same in all processes."""
    config = state.config
    if "ada" in config.augment and (state.step + 1) % config.ada_interval == 0:
        known = state.augmentation
        mean = state.distributed.mean(torch.as_tensor(known.signs, device=state.device))
        state.augmentation = dataclasses.replace(known, signs=mean).moved(
            config.ada_target, images * config.ada_interval, 1000.0 * config.ada_kimg
        )


def _penalty(
    state: TrainState, context: StepContext, real: Tensor, fake: Tensor, labels: Tensor | None
) -> Tensor | None:
    """Add the gradient penalty's gradients; lazily, every `r1_interval` steps, for R1."""
    config = state.config

    def critic(images: Tensor) -> Tensor:
        with differentiated_twice(config, state.device):
            discriminate = state.adapter.discriminate
            return discriminate(state.discriminator, images, labels, context.growth).scores.float()

    if config.loss == "wgan-gp":
        mix = context.random.uniform(real.shape[0], 1, 1, 1)
        penalty = gradient_penalty(critic, real, fake, mix)
        weight = config.gp_lambda
    elif config.loss in ("hinge", "wgan", "least-squares"):
        return None
    elif config.r1_gamma > 0 and state.step % config.r1_interval == 0:
        penalty = r1_penalty(critic, real)
        if config.loss == "relativistic":
            penalty = penalty + r1_penalty(critic, fake)  # R2 (Huang et al. 2024, eq. 4)
        resolution = 2 ** split_growth(context.growth)[0]
        gamma = config.scheduled("r1_gamma", resolution, state.images)
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


# ------------------------------------------------------------------------------------------------
# The averaged generator: an exponential moving average of G's weights.


@torch.no_grad()
def update_average(state: TrainState, images: int) -> None:
    """Let the average follow G after `images` more real pictures.

    The half-life is in images; before `ema_start_kimg` the average is a copy. Buffers, such as the mean of
    W, are copied, or averaged too where the architecture wants it.
    """
    config = state.config
    half_life = config.ema_kimg * 1000.0
    if config.ema_rampup > 0.0:
        half_life = min(half_life, config.ema_rampup * (state.images + images))
    beta = 0.5 ** (images / half_life) if half_life > 0 else 0.0
    if state.images < config.ema_start_kimg * 1000.0:
        beta = 0.0
    average, current = state.tensors_average, state.tensors_g
    torch._foreach_lerp_(average.weights, current.weights, 1.0 - beta)
    for mean, buffer in zip(average.buffers, current.buffers, strict=True):
        if state.adapter.averages_buffers and buffer.is_floating_point():
            mean.lerp_(buffer, 1.0 - beta)
        else:
            mean.copy_(buffer)


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

    Shapes as for `run_halves`.
    """
    return whole(run_halves(state, pixels, labels, growth))


def whole(halves: Generator[Scores, None, T]) -> T:
    """What comes of both halves of a step."""
    while True:
        try:
            next(halves)
        except StopIteration as end:
            result: T = end.value
            return result


def run_halves(
    state: TrainState, pixels: NDArray[np.uint8], labels: NDArray[np.int64], growth: float
) -> Generator[Scores, None, StepResult]:
    """A step in halves: yields once D is updated, and then updates G and the average.

    Where the batch is worked on in one part, the last discriminator update and the generator update
    share one batch of fakes, which saves a pass through G.

    Shapes: pixels (N, K, h, w) at the resolution of `growth`, labels (N,); N is this process's shard
    of the batch, times the number of discriminator steps where each is shown real pictures of its own.
    """
    config = state.config
    shard = BatchShard(state.adapter.group_size(state.discriminator)).cut(
        state.distributed.size, state.distributed.rank
    )
    random = StepRandom(config.seed, state.step, state.device, shard)
    context = StepContext(config, random, growth, state.distributed)
    real = to_network_range(sent(pixels, state.device), growth)
    batches = _batches(real, _one_hot(state, labels), config.d_steps, fresh=config.fresh_reals)
    fakes: list[Tensor] = []

    def scored(images: Tensor, one_hot: Tensor | None, *, last: bool) -> Scores:
        if last and state.config.accumulate == 1 and not config.fresh_fakes:
            fakes.append(state.adapter.sample(state.generator, context, len(images), one_hot))
        fake = fakes[0] if fakes else None
        return update_discriminator(state, context, images, one_hot, fake)

    def improved(images: Tensor, one_hot: Tensor | None) -> Tensor:
        return update_generator(state, context, images, one_hot, fakes[0] if fakes else None)

    with state.distributed.synchronised(state.generator, state.discriminator):
        for images, one_hot in batches[:-1]:
            _within_memory(context, state, fakes, partial(scored, images, one_hot, last=False))
            context.styles.clear()
        images, one_hot = batches[-1]
        scores = _within_memory(context, state, fakes, partial(scored, images, one_hot, last=True))
        yield scores
        state.adapter.track(
            state.generator, context
        )  # by draws that are the same however it is cut
        loss_g = _within_memory(context, state, fakes, partial(improved, images, one_hot))
    _move_augmentation(state, len(real) * state.distributed.size)
    update_average(state, len(real) * state.distributed.size)
    return _result(state, loss_g, scores)


def _batches(
    real: Tensor, labels: Tensor | None, count: int, *, fresh: bool
) -> list[tuple[Tensor, Tensor | None]]:
    """What each discriminator step is shown as real."""
    if not fresh:
        return [(real, labels)] * count
    parts = [None] * count if labels is None else list(labels.chunk(count))
    return list(zip(real.chunk(count), parts, strict=True))


def sent(given: NDArray[Any], device: torch.device) -> Tensor:
    """A batch on the device; a GPU fetches it by itself while the step before is still under way."""
    batch = torch.from_numpy(given)
    if device.type != "cuda":
        return batch.to(device)
    return batch.pin_memory().to(device, non_blocking=True)


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
    return sent(np.eye(size, dtype=np.float32)[labels], state.device)


def _result(state: TrainState, loss_g: Tensor, scores: Scores) -> StepResult:
    """The step's scalars as means over the processes."""
    parts = [loss_g, scores.loss, scores.real, scores.fake]
    if scores.penalty is not None:
        parts.append(scores.penalty)
    loss_g, loss_d, real, fake, *penalty = state.distributed.mean(torch.stack(parts)).unbind()
    return StepResult(loss_g, loss_d, real, fake, penalty[0] if penalty else None)


# ------------------------------------------------------------------------------------------------
# Out of memory: recognise it, and find out what would fit.


SIGNS = ("out of memory", "can't allocate memory", "could not create a primitive")
"""How CUDA, torch on the CPU and oneDNN put it."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this error means that the device or the machine has no memory left."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(sign in str(error) for sign in SIGNS)


def _within_memory(
    context: StepContext, state: TrainState, fakes: list[Tensor], update: Callable[[], T]
) -> T:
    """An update; where memory does not do, again in twice as many parts, from here on.

    Nothing of the failed try is left: its draws are taken back, and `fakes` made with it given up. Raises
    what the last try did where the batch cannot be cut any more, and for several processes at once.
    """
    random, styles = context.random, len(context.styles)
    position, shard = random.position(), random.shard
    vectors = state.tensors_g.power + state.tensors_d.power
    before = [vector.clone() for vector in vectors]
    while True:
        try:
            return update()
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error) or not _halve(state):
                raise
        fakes.clear()
        del context.styles[styles:]
        random.shard = shard
        random.rewind(position)
        if vectors:
            torch._foreach_copy_(vectors, before)
        _learn(state.tensors_d.weights, learns=True)
        _forget(state)


def _halve(state: TrainState) -> bool:
    """Have the batch worked on in twice as many parts; False where that cannot be."""
    if not state.distributed.is_alone:
        return False
    try:
        parts = 2 * state.config.accumulate
        state.config = dataclasses.replace(state.config, accumulate=parts)
    except TrainingError:
        return False
    return True


def advice(state: TrainState, resolution: int, batch: int, growth: float) -> TrainingError:
    """Try ever smaller batches, and say which is the largest that fits.

    The state must not be used afterwards: the trial steps change its weights.
    """
    what = f"A batch of {batch} at {resolution} px does not fit into the memory of {state.device}."
    if not state.distributed.is_alone:  # the others cannot be asked to try
        return TrainingError(what, "Use a smaller batch_size, or a larger accumulate.")
    smaller = batch // 2
    while smaller >= 1:
        if _fits(state, resolution, smaller, growth):
            return TrainingError(
                what,
                f"A batch of {smaller} fits: start a run with "
                f"--set batch_size_at.{resolution}={smaller}.",
            )
        smaller //= 2
    return TrainingError(what, "Not even one picture fits: use a smaller fmap_base or resolution.")


def _fits(state: TrainState, resolution: int, batch: int, growth: float) -> bool:
    _forget(state)
    shown = batch * (state.config.d_steps if state.config.fresh_reals else 1)
    pixels = np.zeros((shown, *state.config.picture_shape(resolution)), dtype=np.uint8)
    try:
        run_step(state, pixels, np.zeros(shown, dtype=np.int64), growth)
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if is_out_of_memory(error):
            return False
        raise
    return True


def _forget(state: TrainState) -> None:
    """Free what the failed step left behind."""
    state.optimizer_g.zero_grad(set_to_none=True)
    state.optimizer_d.zero_grad(set_to_none=True)
    gc.collect()
    if state.device.type == "cuda":
        torch.cuda.empty_cache()


# ------------------------------------------------------------------------------------------------
# The stepper: takes a run's steps in order; every process has one, and they keep pace.


def check_batches(config: TrainConfig, distributed: DistributedContext) -> None:
    """Raise `TrainingError` unless every batch can be dealt out to the processes and their parts."""
    parts = distributed.size * config.accumulate
    for name, batch in (("batch_size", config.batch_size), *config.batches_at()):
        if batch % parts:
            raise TrainingError(
                f"{name} is {batch:g}, which {distributed.size} processes with {config.accumulate} parts"
                " each cannot share evenly.",
                f"Make it a multiple of {parts}.",
            )


def prepared(
    config: TrainConfig,
    distributed: DistributedContext,
    preparing: Callable[[int, int], None] | None,
) -> Images:
    """The prepared pictures; the leader prepares, the others find what it has kept."""
    use_threads(distributed.threads(config.threads))
    _check_settings(config, distributed)
    options = prepare_options(config)
    if not distributed.is_leader:
        distributed.barrier()
    images = prepare(Path(config.data), config.resolution, options, progress=preparing)
    if config.data_b:
        other = prepare(Path(config.data_b), config.resolution, options, progress=preparing)
        images = joined(images, other)
    if distributed.is_leader:
        distributed.barrier()
    return images if config.learns_classes else images.without_classes()


def check_start(config: TrainConfig) -> tuple[str, ...]:
    """Raise what a run of this config is refused for before its networks are built; names its classes."""
    _check_settings(config, DistributedContext())
    options = prepare_options(config)
    classes = check_source(Path(config.data), config.resolution, options)
    if not config.data_b:
        return classes
    check_source(Path(config.data_b), config.resolution, options)
    return domain_names(config.data, config.data_b)


def prepare_options(config: TrainConfig) -> PrepareOptions:
    """How the pictures are prepared, by looking at them where their channels are left to them."""
    channels = config.img_channels or fitting_channels(Path(config.data), config.every)
    if config.architecture in DOMAINS:  # which are drawn in colours alone
        channels = 3
    return PrepareOptions(
        config.fit,
        config.background,
        config.every,
        config.left_out,
        channels,
        config.const_size,
    )


def _check_settings(config: TrainConfig, distributed: DistributedContext) -> None:
    if not config.data:
        raise TrainingError(
            "The config does not say where the pictures are.",
            "Say their folder or zip with --data.",
        )
    check_batches(config, distributed)


def follow(stepper: Stepper) -> Iterator[Event]:
    """Take every step together with the leader, who alone tells events, until it says to end.

    What a person has changed holds from the same step on in every process.
    """
    state = stepper.state
    while (words := state.distributed.receive(state.device)) is not None:
        for change in changes_from(words):
            state.config = applied(state.config, change)
        stepper.enter_phase()
        stepper.step()
    yield from ()


def set_learning_rate(state: TrainState, rate: float, rate_d: float | None = None) -> None:
    """Set G's step size and D's; None = the same."""
    rates = (rate, rate if rate_d is None else rate_d)
    for optimizer, chosen in zip((state.optimizer_g, state.optimizer_d), rates, strict=True):
        for group in optimizer.param_groups:
            group["lr"] = chosen


class Stepper:
    """Shows the networks the right pictures at the right growth."""

    def __init__(self, state: TrainState, images: Images) -> None:
        self.state, self.data = state, images

    def enter_phase(self) -> PhaseBegan | None:
        """Take up the phase that the next step belongs to; tells if it is a new one."""
        state = self.state
        number, phase = phase_at(state.config, state.images)
        if number == state.phase and state.step > 0:
            return None
        if number != state.phase and state.config.reset_optimizers:
            state.reset_optimizers()
        state.phase = number
        return PhaseBegan(state.images, phase.resolution, phase.fading)

    def step(self) -> StepResult:
        """One step on the next pictures of the run."""
        return whole(self.halves())

    def halves(self) -> Generator[Scores, None, StepResult]:
        """One step on the next pictures of the run; yields between D's half and G's."""
        state, config = self.state, self.state.config
        _, phase = phase_at(config, state.images)
        rate = config.scheduled("learning_rate", phase.resolution, state.images)
        left = remaining(config.learning_rate_final, state.images / config.images)
        rate_d = None if config.learning_rate_d is None else left * config.learning_rate_d
        set_learning_rate(state, rate, rate_d)
        batch = int(config.at("batch_size", phase.resolution))
        shown = batch * (config.d_steps if config.fresh_reals else 1)
        result = yield from self._on_batch(batch, shown, phase.growth(state.images))
        state.images += shown
        state.step += 1
        return result

    def _on_batch(
        self, batch: int, shown: int, growth: float
    ) -> Generator[Scores, None, StepResult]:
        """A step on this process's shard of every batch shown."""
        state, config = self.state, self.state.config
        resolution = 2 ** split_growth(growth)[0]
        rows = self._my_rows(batch, shown)
        order = data_order(config.seed, state.images, shown, len(self.data))[rows]
        pixels = self.data.batch(order, resolution)
        if config.mirror:
            coin = np.random.default_rng(seed_for(config.seed, "mirror", state.step))
            flipped = coin.random(shown)[rows] < 0.5
            pixels[flipped] = pixels[flipped, :, :, ::-1]
        result: StepResult | None = None
        try:
            result = yield from run_halves(state, pixels, self.data.labels[order], growth)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        if result is None:  # outside the handler, which would keep the failed step's tensors alive
            raise advice(state, resolution, batch, growth)
        return result

    def _my_rows(self, batch: int, shown: int) -> np.ndarray:
        """Which of the `shown` pictures this process works on."""
        distributed, group = (
            self.state.distributed,
            self.state.adapter.group_size(self.state.discriminator),
        )
        rows = BatchShard(group).cut(distributed.size, distributed.rank).rows(batch)
        return np.concatenate([start + rows for start in range(0, shown, batch)])
