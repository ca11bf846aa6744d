"""The published losses: non-saturating logistic with R1, WGAN-GP with drift, and the hinge."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab_core.training.randomness import StepRandom

Critic = Callable[[Tensor], Tensor]
"""Pictures (N, 3, r, r) -> scores (N,)."""


def generator_loss(kind: str, fake_scores: Tensor) -> Tensor:
    """What G minimises: softplus(-D(fake)) (Goodfellow et al. 2014), or -D(fake) for the others."""
    if kind in ("wgan-gp", "hinge"):
        return -fake_scores.mean()
    return F.softplus(-fake_scores).mean()


def discriminator_loss(kind: str, real_scores: Tensor, fake_scores: Tensor, drift: float) -> Tensor:
    """What D minimises, without its gradient penalty; `drift` keeps WGAN scores near 0.

    The hinge max(0, 1 - real) + max(0, 1 + fake) is that of Lim & Ye 2017, used by BigGAN.
    """
    if kind == "hinge":
        return F.relu(1.0 - real_scores).mean() + F.relu(1.0 + fake_scores).mean()
    if kind == "wgan-gp":
        loss = fake_scores.mean() - real_scores.mean()
        return loss + drift * real_scores.square().mean()
    return F.softplus(fake_scores).mean() + F.softplus(-real_scores).mean()


def r1_penalty(critic: Critic, real: Tensor) -> Tensor:
    """Squared gradient of D at real pictures, mean over the batch (Mescheder et al. 2018, eq. 9)."""
    real = real.detach().requires_grad_()
    gradient = _input_gradient(critic, real)
    return gradient.square().sum(dim=(1, 2, 3)).mean()


def gradient_penalty(critic: Critic, real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    """(|gradient| - 1)^2 between real and fake, mean over the batch (Gulrajani et al. 2017, eq. 3).

    Shapes: real and fake (N, 3, r, r), mix (N, 1, 1, 1) in 0..1.
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
# Differentiable augmentation for small sets, and mirroring (Zhao et al. 2020, "DiffAugment").
# Applied alike to real and fake pictures in front of D; gradients pass through to G.


def augment(images: Tensor, policy: str, random: StepRandom) -> Tensor:
    """Augment (N, 3, r, r) in -1..1 by a comma-separated policy of color, translation, cutout."""
    words = [word.strip() for word in policy.split(",")]
    if "color" in words:
        images = _color(images, random)
    if "translation" in words:
        images = _translation(images, random)
    if "cutout" in words:
        images = _cutout(images, random)
    return images


def _color(images: Tensor, random: StepRandom) -> Tensor:
    """Brightness by up to half the range, saturation 0 to 2, contrast 0.5 to 1.5."""
    n = images.shape[0]
    images = images + (random.uniform(n, 1, 1, 1) - 0.5)
    grey = images.mean(dim=1, keepdim=True)
    images = grey + (images - grey) * (2.0 * random.uniform(n, 1, 1, 1))
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (images - mean) * (0.5 + random.uniform(n, 1, 1, 1))


def _translation(images: Tensor, random: StepRandom) -> Tensor:
    """Shift by up to an eighth of the side, zeros (mid grey) moving in."""
    n, _, side, _ = images.shape
    reach = max(1, side // 8)
    shift = (random.uniform(n, 2) * (2 * reach + 1)).long().clamp(max=2 * reach)
    padded = F.pad(images, (reach, reach, reach, reach))
    steps = torch.arange(side, device=images.device)
    rows = (shift[:, 0, None] + steps)[:, None, :, None]
    columns = (shift[:, 1, None] + steps)[:, None, None, :]
    batch = torch.arange(n, device=images.device)[:, None, None, None]
    channels = torch.arange(images.shape[1], device=images.device)[None, :, None, None]
    return padded[batch, channels, rows, columns]


def _cutout(images: Tensor, random: StepRandom) -> Tensor:
    """Blank a square of half the side, centred anywhere."""
    n, _, side, _ = images.shape
    centre = random.uniform(n, 2) * side
    steps = torch.arange(side, device=images.device) + 0.5
    rows = (steps - centre[:, 0, None]).abs() < side / 4
    columns = (steps - centre[:, 1, None]).abs() < side / 4
    hole = (rows[:, :, None] & columns[:, None, :])[:, None]
    return images * (~hole).to(images.dtype)
