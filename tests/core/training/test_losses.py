"""Losses against hand-computed values."""

from __future__ import annotations

import math

import pytest
import torch

from ganlab_core.training.distributed import StepRandom, data_order
from ganlab_core.training.step import (
    augment,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    r1_penalty,
)


def test_the_logistic_losses_at_zero_are_logarithms_of_two() -> None:
    zero = torch.zeros(3)
    assert generator_loss("logistic-r1", zero).item() == pytest.approx(math.log(2))
    assert discriminator_loss("logistic-r1", zero, zero, 0.0).item() == pytest.approx(
        2 * math.log(2)
    )


def test_the_drift_term_pulls_real_scores_to_zero() -> None:
    real, fake = torch.tensor([3.0, 1.0]), torch.tensor([1.0, 1.0])
    assert discriminator_loss("wgan-gp", real, fake, 0.5).item() == pytest.approx(-1 + 0.5 * 5)


def test_r1_of_a_linear_critic_is_its_squared_slope() -> None:
    slope = torch.randn(3, 4, 4)
    penalty = r1_penalty(lambda x: (x * slope).sum(dim=(1, 2, 3)), torch.randn(5, 3, 4, 4))
    assert penalty.item() == pytest.approx(slope.square().sum().item(), rel=1e-5)


def test_the_gradient_penalty_of_a_unit_slope_is_zero() -> None:
    slope = torch.randn(3, 4, 4)
    slope /= slope.norm()
    mix = torch.rand(5, 1, 1, 1)
    real, fake = torch.randn(2, 5, 3, 4, 4)
    penalty = gradient_penalty(lambda x: (x * slope).sum(dim=(1, 2, 3)), real, fake, mix)
    assert penalty.item() == pytest.approx(0.0, abs=1e-9)


def test_augmentation_lets_gradients_through_and_repeats_for_the_same_step() -> None:
    images = torch.rand(4, 3, 16, 16, requires_grad=True)
    policy = "color,translation,cutout"
    device = torch.device("cpu")
    first = augment(images, policy, StepRandom(0, 7, device))
    again = augment(images, policy, StepRandom(0, 7, device))
    other = augment(images, policy, StepRandom(0, 8, device))
    first.square().sum().backward()
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert images.grad is not None
    assert images.grad.abs().sum() > 0


def test_every_epoch_shows_each_picture_once_in_another_order() -> None:
    order = data_order(seed=1, start=0, count=30, size=10)
    epochs = order.reshape(3, 10)
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert list(epochs[0]) != list(epochs[1])


def test_the_order_does_not_depend_on_where_one_starts() -> None:
    whole = data_order(seed=1, start=0, count=30, size=7)
    assert list(data_order(seed=1, start=13, count=8, size=7)) == list(whole[13:21])
