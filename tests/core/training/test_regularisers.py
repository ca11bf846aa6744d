"""Orthogonal regularisation, spectral norm, standing statistics, the averaged generator: by formula."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ganlab_core.networks import BatchNorm, BigGANConfig, BigGANGenerator, SpectralLayer
from ganlab_core.training import TrainConfig, preset, with_settings
from ganlab_core.training.adapters import _random_inputs, settle_power, settled, singular_values
from ganlab_core.training.distributed import seed_for
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import (
    add_orthogonal_gradient,
    discriminator_loss,
    generator_loss,
    update_average,
)

SHAPE = BigGANConfig(resolution=32, channels=2, z_dim=8, shared_dim=4, label_size=3, attention=())
CONFIG = with_settings(
    TrainConfig(), {**preset("minutes", "biggan"), "batch_size": 6, "standing_batches": 3}
)


@pytest.fixture
def generator() -> BigGANGenerator:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        network = BigGANGenerator(SHAPE)
        for parameter in network.parameters():
            nn.init.normal_(parameter, 0.0, 0.3)
    return network


def test_the_hinge_loses_nothing_beyond_the_margin() -> None:
    real, fake = torch.tensor([2.0, 0.5]), torch.tensor([-3.0, 0.0])
    assert discriminator_loss("hinge", real, fake, 0.0).item() == pytest.approx(0.25 + 0.5)
    assert generator_loss("hinge", fake).item() == pytest.approx(1.5)


def test_the_orthogonal_gradient_is_that_of_its_formula(generator: BigGANGenerator) -> None:
    strength, total = 0.01, torch.zeros(())
    for name, parameter in generator.named_parameters():
        parameter.grad = torch.zeros_like(parameter)
        if parameter.ndim >= 2 and not name.startswith("shared."):
            rows = parameter.flatten(1)
            off = rows @ rows.t() * (1.0 - torch.eye(len(rows)))
            total = total + 0.5 * strength * off.square().sum()
    parameters = dict(generator.named_parameters())
    expected = torch.autograd.grad(total, list(parameters.values()), allow_unused=True)
    add_orthogonal_gradient(generator, strength)
    for (name, parameter), gradient in zip(parameters.items(), expected, strict=True):
        wanted = torch.zeros_like(parameter) if gradient is None else gradient
        torch.testing.assert_close(parameter.grad, wanted, msg=name)
    assert parameters["shared.weight"].grad.abs().max() == 0.0
    assert parameters["blocks.0.conv1.weight"].grad.abs().max() > 0.0


def test_a_settled_sigma_is_the_largest_singular_value(generator: BigGANGenerator) -> None:
    for _ in range(20):
        settle_power(generator)
    values = singular_values(generator)
    layers = {n: m for n, m in generator.named_modules() if isinstance(m, SpectralLayer)}
    assert values.keys() == layers.keys()
    for name, layer in layers.items():
        exact = torch.linalg.svdvals(layer.weight.detach().flatten(1))[0]
        assert values[name].item() == pytest.approx(exact.item(), rel=1e-3)


def test_standing_statistics_are_the_moments_of_the_batches(generator: BigGANGenerator) -> None:
    truncation = 0.5
    shown = settled(generator, CONFIG, (truncation,))
    shown.train()
    inputs: dict[str, list[torch.Tensor]] = {}
    for name, layer in shown.named_modules():
        if isinstance(layer, BatchNorm):
            layer.momentum = 0.0
            seen = inputs.setdefault(name, [])
            layer.register_forward_pre_hook(lambda _, args, seen=seen: seen.append(args[0]))
    random = torch.Generator().manual_seed(seed_for(CONFIG.seed, "standing"))
    for _ in range(CONFIG.standing_batches):
        shown(*_random_inputs(shown, CONFIG.batch_size, truncation, random))
    for name, seen in inputs.items():
        layer = shown.get_submodule(name)
        means = torch.stack([x.mean(dim=(0, 2, 3)) for x in seen]).mean(dim=0)
        variances = torch.stack([x.var(dim=(0, 2, 3)) for x in seen]).mean(dim=0)
        torch.testing.assert_close(layer.mean[0], means, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(layer.variance[0], variances, rtol=1e-4, atol=1e-5)


def test_settling_leaves_the_average_alone(generator: BigGANGenerator) -> None:
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    settled(generator, CONFIG, (1.0,))
    assert all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())


def test_the_average_is_a_copy_until_its_start_and_takes_in_buffers() -> None:
    settings = {"channels": 1, "resolution": 32, "z_dim": 4, "shared_dim": 2, "ema_kimg": 0.008}
    config = with_settings(CONFIG, {**settings, "ema_start_kimg": 0.1})
    state = TrainState.start(config, 2, torch.device("cpu"))
    with torch.no_grad():
        for tensor in state.generator.state_dict().values():
            tensor.add_(1.0)
    update_average(state, 8)  # one half-life, but too early
    for mean, value in zip(*_states(state), strict=True):
        assert torch.equal(mean, value)
    with torch.no_grad():
        for tensor in state.generator.state_dict().values():
            tensor.add_(1.0)
    state.images = 100
    update_average(state, 8)
    for mean, value in zip(*_states(state), strict=True):
        torch.testing.assert_close(mean, value - 0.5)


def _states(state: TrainState) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    return (
        list(state.average.state_dict().values()),
        list(state.generator.state_dict().values()),
    )
