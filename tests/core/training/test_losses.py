"""Losses against hand-computed values."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import pytest
import torch

from ganlab_core.training import Ended, TrainConfig, train, with_settings
from ganlab_core.training.adapters import StepContext
from ganlab_core.training.augmentation import augment
from ganlab_core.training.config import remaining
from ganlab_core.training.distributed import DistributedContext, StepRandom, data_order
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import (
    clip_weights,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    r1_penalty,
    update_discriminator,
)

SMALL: dict[str, object] = {
    "fmap_base": 64,
    "fmap_max": 8,
    "z_dim": 8,
    "w_dim": 8,
    "mapping_layers": 2,
    "batch_size": 8,
}


def test_the_logistic_losses_at_zero_are_logarithms_of_two() -> None:
    zero = torch.zeros(3)
    assert generator_loss("logistic-r1", zero).item() == pytest.approx(math.log(2))
    assert discriminator_loss("logistic-r1", zero, zero, 0.0).item() == pytest.approx(
        2 * math.log(2)
    )


def test_the_drift_term_pulls_real_scores_to_zero() -> None:
    real, fake = torch.tensor([3.0, 1.0]), torch.tensor([1.0, 1.0])
    assert discriminator_loss("wgan-gp", real, fake, 0.5).item() == pytest.approx(-1 + 0.5 * 5)


def test_the_relativistic_losses_compare_pairs() -> None:
    real, fake = torch.tensor([2.0, -1.0]), torch.tensor([0.0, 1.0])
    expected = (math.log1p(math.exp(-2.0)) + math.log1p(math.exp(2.0))) / 2
    assert discriminator_loss("relativistic", real, fake, 0.0).item() == pytest.approx(expected)
    assert generator_loss("relativistic", fake, real).item() == pytest.approx(
        discriminator_loss("relativistic", fake, real, 0.0).item()
    )


def test_half_a_cosine_leads_from_1_to_what_is_left() -> None:
    assert [remaining(0.1, gone) for gone in (0.0, 0.5, 1.0, 1.2)] == pytest.approx(
        [1.0, 0.55, 0.1, 0.1]
    )
    config = with_settings(
        TrainConfig(), {"images": 1000, "learning_rate": 0.01, "learning_rate_final": 0.2}
    )
    assert config.scheduled("learning_rate", 64, 1000) == pytest.approx(0.002)
    assert config.scheduled("r1_gamma", 64, 1000) == config.r1_gamma


@pytest.mark.parametrize("interval", [1, 2])
def test_a_relativistic_step_adds_r1_and_r2(interval: int) -> None:
    """The step's gradient of D is that of the loss and of gamma / 2 (R1 + R2), written out again."""
    settings = {"loss": "relativistic", "r1_gamma": 3.0, "r1_interval": interval, "resolution": 8}
    config = with_settings(TrainConfig(), {**SMALL, **settings})
    state = TrainState.start(config, 0, torch.device("cpu"))
    state.optimizer_d = torch.optim.SGD(state.discriminator.parameters(), lr=1.0)  # type: ignore[assignment]
    before = copy.deepcopy(state.discriminator)
    real, fake = torch.rand(8, 3, 8, 8) * 2 - 1, torch.rand(8, 3, 8, 8) * 2 - 1
    random = StepRandom(0, 0, torch.device("cpu"))
    context = StepContext(config, random, 3.0, DistributedContext())
    update_discriminator(state, context, real, None, fake)
    real.requires_grad_()
    fake.requires_grad_()
    scores = [before(x, None, 3.0) for x in (real, fake)]
    loss = torch.nn.functional.softplus(scores[1] - scores[0]).mean()
    for x, score in zip((real, fake), scores, strict=True):
        (slope,) = torch.autograd.grad(score.sum(), x, create_graph=True)
        loss = loss + 1.5 * interval * slope.square().sum(dim=(1, 2, 3)).mean()
    loss.backward()
    for (name, old), new in zip(
        before.named_parameters(), state.discriminator.parameters(), strict=True
    ):
        expected = old if old.grad is None else old - old.grad
        torch.testing.assert_close(new, expected, rtol=1e-4, atol=1e-5, msg=name)


@pytest.mark.parametrize("architecture", ["stylegan", "stylegan2"])
@pytest.mark.parametrize(
    "settings",
    [
        {"loss": "relativistic", "mbstd": False},
        {"blur": False},
        {"fresh_fakes": True},
        {"r1_on": "plain", "augment": "color"},
        {"learning_rate_final": 0.1, "r1_gamma_final": 0.1},
        {"ema_rampup": 0.01},
    ],
)
def test_each_choice_makes_another_run_that_is_finite(
    architecture: str, settings: dict[str, object], tiny: TrainConfig, tmp_path: Path
) -> None:
    plain = {"images": 48, "initial_resolution": 16, "readout_samples": 0, "r1_interval": 1}
    own = {"augment": settings.get("augment", "none"), "architecture": architecture}
    base = with_settings(tiny, {**plain, **own})
    runs = {"base": base, "other": with_settings(base, dict(settings))}
    for name, config in runs.items():
        assert isinstance(list(train(config, tmp_path / name))[-1], Ended)
    one, other = (tmp_path / name / "model.safetensors" for name in runs)
    assert one.read_bytes() != other.read_bytes()


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


def test_the_wasserstein_losses_are_differences_of_means() -> None:
    real, fake = torch.tensor([3.0, 1.0]), torch.tensor([1.0, -2.0])
    assert discriminator_loss("wgan", real, fake, 0.5).item() == pytest.approx(-0.5 - 2.0)
    assert generator_loss("wgan", fake).item() == pytest.approx(0.5)


def test_clipping_puts_every_weight_of_a_critic_into_the_box() -> None:
    critic = torch.nn.Linear(2, 2)
    critic.weight.data = torch.tensor([[0.5, -0.005], [0.01, -3.0]])
    critic.bias.data = torch.tensor([0.002, 0.02])
    clip_weights(critic, 0.01)
    wanted = torch.tensor([[0.01, -0.005], [0.01, -0.01]])
    assert torch.equal(critic.weight, wanted)
    assert torch.equal(critic.bias, torch.tensor([0.002, 0.01]))


def test_the_gradient_penalty_is_that_of_the_slope_between_real_and_fake() -> None:
    """D(x) = |x|^2 / 2 has the gradient x, so the penalty is (|x between| - 1)^2."""
    real, fake = torch.randn(2, 5, 3, 4, 4)
    mix = torch.rand(5, 1, 1, 1)
    between = (1 - mix) * real + mix * fake
    wanted = (between.flatten(1).norm(dim=1) - 1).square().mean().item()
    found = gradient_penalty(lambda x: 0.5 * x.square().sum(dim=(1, 2, 3)), real, fake, mix)
    assert found.item() == pytest.approx(wanted, rel=1e-5)
