"""The published losses: non-saturating logistic with R1, WGAN-GP with drift, and the hinge."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

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
