"""BigGAN's and BigGAN-deep's published shapes, and how they behave in training and afterwards."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from ganlab_core.models.architectures import BIGGAN, BIGGAN_DEEP, Architecture
from ganlab_core.networks import (
    GENERATOR_WIDTHS,
    BatchNorm,
    BigGANConfig,
    BigGANDeepConfig,
    BigGANDeepDiscriminator,
    BigGANDeepGenerator,
    BigGANDiscriminator,
    BigGANGenerator,
    SpectralLayer,
    measure_statistics,
    ready_to_render,
)
from ganlab_core.networks.biggan import Norm, OutputBatchNorm
from ganlab_core.networks.layers import ClassEmbedding, SelfAttention, Spectral, SpectralLinear

Kind = Architecture[Any, Any, Any]
SMALL = {"resolution": 32, "channels": 4, "shared_dim": 5, "label_size": 3, "attention": (16,)}
CONFIGS = [
    pytest.param(BIGGAN, BigGANConfig(z_dim=12, **SMALL), id="biggan"),
    pytest.param(BIGGAN_DEEP, BigGANDeepConfig(z_dim=7, **SMALL), id="biggan-deep"),
]


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def built(make: Any, config: Any) -> Any:
    """A network whose every weight is random."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(7)
        network = make(config)
        for name, parameter in network.named_parameters():
            if name.endswith(("bias", "gamma", "norm.gain")):
                parameter.normal_(0.0, 0.5)
        for layer in network.modules():
            if isinstance(layer, BatchNorm):
                layer.mean.normal_()
                layer.variance.uniform_(0.5, 2.0)
    return network


def parameters(make: Any, config: Any) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in make(config).parameters())


def test_the_published_networks_have_as_many_parameters_as_published() -> None:
    assert parameters(BigGANGenerator, BigGANConfig()) == 70_433_988
    assert parameters(BigGANDiscriminator, BigGANConfig()) == 87_982_370
    assert parameters(BigGANDeepGenerator, BigGANDeepConfig()) == 50_244_484
    assert parameters(BigGANDeepDiscriminator, BigGANDeepConfig()) == 34_590_210


@pytest.mark.parametrize("side", [32, 64, 128, 256, 512])
def test_every_resolution_is_reached_and_scored(side: int) -> None:
    for kind, config in (
        (
            BIGGAN,
            BigGANConfig(resolution=side, channels=8, z_dim=len(GENERATOR_WIDTHS[side])),
        ),
        (BIGGAN_DEEP, BigGANDeepConfig(resolution=side, channels=8)),
    ):
        config = dataclasses.replace(config, spectral_norm=False)
        config.check()
        with torch.device("meta"):
            generator, critic = kind.generator(config), kind.discriminator(config)
            image = generator(torch.empty(2, config.z_dim), torch.empty(2, 1000))
            assert image.shape == (2, 3, side, side)
            assert critic(image, torch.empty(2, 1000)).shape == (2,)
        assert [step.resolution for step in generator.steps][-1] == side


def test_stages_are_named_by_what_they_give() -> None:
    config = BigGANConfig(resolution=64, attention=(32,))
    assert [step.name for step in config.steps] == [
        "4x4/linear", "8x8/block", "16x16/block", "32x32/block", "32x32/attention", "64x64/block",
        "64x64/output",
    ]  # fmt: skip
    deep = BigGANDeepConfig(resolution=32, attention=(16,))
    assert [step.name for step in deep.steps] == [
        "4x4/linear", "4x4/block0", "8x8/block1", "8x8/block2", "16x16/block3", "16x16/attention",
        "16x16/block4", "32x32/block5", "32x32/output",
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "config"), CONFIGS)
def test_both_networks_learn_and_move_their_vectors(kind: Kind, config: Any) -> None:
    generator, critic = built(kind.generator, config), built(kind.discriminator, config)
    us = [layer.u.clone() for layer in generator.modules() if isinstance(layer, SpectralLayer)]
    labels = torch.eye(3)
    critic(generator(normal(3, config.z_dim), labels), labels).sum().backward()
    for network in (generator, critic):
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name
    after = [layer.u for layer in generator.modules() if isinstance(layer, SpectralLayer)]
    assert not any(torch.equal(old, new) for old, new in zip(us, after, strict=True))


@pytest.mark.parametrize(("kind", "config"), CONFIGS)
def test_both_networks_learn_in_bf16(kind: Kind, config: Any) -> None:
    generator, critic = built(kind.generator, config), built(kind.discriminator, config)
    with torch.autocast("cpu", torch.bfloat16):
        score = critic(generator(normal(3, config.z_dim), torch.eye(3)), torch.eye(3))
    score.float().sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in generator.parameters())


@pytest.mark.parametrize(("kind", "config"), CONFIGS)
def test_rendering_changes_nothing_in_a_network(kind: Kind, config: Any) -> None:
    generator = built(kind.generator, config).eval()
    before = {name: tensor.clone() for name, tensor in generator.state_dict().items()}
    z, labels = normal(2, config.z_dim), torch.eye(3)[:2]
    first = generator(z, labels)
    assert torch.equal(first, generator(z, labels))
    for name, tensor in generator.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    alone = torch.cat([generator(z[i : i + 1], labels[i : i + 1]) for i in range(2)])
    torch.testing.assert_close(alone, first, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("kind", "config"), CONFIGS)
def test_a_folded_copy_gives_the_same_pictures_without_vectors(kind: Kind, config: Any) -> None:
    generator = built(kind.generator, config)
    before = {name: tensor.clone() for name, tensor in generator.state_dict().items()}
    folded = ready_to_render(generator, n_stats=3)
    assert generator.training
    assert all(torch.equal(before[name], now) for name, now in generator.state_dict().items())
    z, labels = normal(2, config.z_dim), torch.eye(3)[:2]
    wanted = generator.eval()(z, labels)
    for truncation in (0.0, 0.3, 1.0):
        torch.testing.assert_close(folded(z, labels, truncation), wanted, atol=1e-5, rtol=0)
    assert not [name for name in folded.state_dict() if name.endswith(".u")]
    assert folded.output_norm.mean.shape[0] == folded.config.n_stats == 3


@pytest.mark.parametrize(("kind", "config"), CONFIGS)
def test_networks_without_classes_work_too(kind: Kind, config: Any) -> None:
    plain = dataclasses.replace(config, label_size=0)
    plain.check()
    generator, critic = kind.generator(plain), kind.discriminator(plain)
    assert critic(generator(normal(2, config.z_dim))).shape == (2,)


def test_the_vectors_converge_to_the_largest_singular_value() -> None:
    layer = SpectralLinear(6, 9, Spectral())
    with torch.no_grad():
        layer.weight.copy_(normal(9, 6))
    for _ in range(100):
        weight = layer.normal_weight()
    assert torch.linalg.matrix_norm(weight, 2).item() == pytest.approx(1.0, abs=1e-4)
    # sigma depends on the weight, so scaling the weight has no gradient
    (layer.normal_weight() * normal(9, 6, seed=1)).sum().backward()
    assert (layer.weight.grad * layer.weight).sum().item() == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize(("kind", "config"), CONFIGS)
def test_weights_are_born_orthogonal(kind: Kind, config: Any) -> None:
    for network in (kind.generator(config), kind.discriminator(config)):
        for layer in network.modules():
            if isinstance(layer, SpectralLayer | ClassEmbedding):
                matrix = layer.weight.detach().flatten(1)
                wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.t()
                product = wide @ wide.t()
                torch.testing.assert_close(product, torch.eye(len(product)), atol=1e-4, rtol=0)


def test_each_block_hears_only_its_own_part_of_z() -> None:
    config = BigGANConfig(z_dim=12, **SMALL)
    generator = built(BigGANGenerator, config).eval()
    z = normal(1, 12)
    embedding = generator.embed(torch.eye(3)[:1], z)
    steps = [step for step in generator.steps if step.kind in ("linear", "block")]
    for chunk, _ in enumerate(steps):
        other = z.clone()
        other[:, 3 * chunk : 3 * chunk + 3] += 1.0
        changed = [
            not torch.equal(
                generator.condition(step, z, embedding), generator.condition(step, other, embedding)
            )
            for step in steps
        ]
        assert changed == [index == chunk for index in range(4)]
    first = generator.condition(steps[1], z, embedding)
    assert torch.equal(first, torch.cat([embedding, z[:, 3:6]], dim=1))


def test_without_hierarchy_blocks_hear_the_class_alone() -> None:
    config = BigGANConfig(z_dim=10, hierarchical=False, shared=False, **SMALL)
    generator = built(BigGANGenerator, config).eval()
    z, labels = normal(1, 10), torch.tensor([[0.25, 0.0, 2.0]])
    linear, block = generator.steps[0], generator.steps[1]
    assert torch.equal(generator.condition(linear, z, labels), z)
    assert torch.equal(generator.condition(block, z, generator.embed(labels, z)), labels)
    norm = generator.blocks[0].bn1
    table = norm.gain.weight
    torch.testing.assert_close(norm.gain(labels)[0], 0.25 * table[0] + 2.0 * table[2])


# --- batch norm ------------------------------------------------------------------------------------


def counting(rows: int, blend: str) -> BatchNorm:
    norm = BatchNorm(1, Norm(n_stats=rows, blend=blend))
    norm.mean.copy_(torch.arange(float(rows))[:, None])
    norm.variance.copy_(10.0 + torch.arange(float(rows))[:, None])
    return norm.eval()


@pytest.mark.parametrize(
    ("truncation", "row"), [(0.0, 0.0), (0.25, 1.0), (0.3, 1.2), (0.99, 3.96), (1.0, 4.0)]
)
def test_statistics_lie_on_an_even_grid_of_truncations(truncation: float, row: float) -> None:
    mean, variance = counting(5, "linear").statistics(truncation)
    assert (mean.item(), variance.item()) == (pytest.approx(row), pytest.approx(10.0 + row))


@pytest.mark.parametrize(
    ("truncation", "row"),
    [
        (1.0, 50.0),
        (0.4, 20.0),
        (0.427, 21.65),  # 21.35 with its weights exchanged
        (0.58, 28.0),  # 28.999999999999996 in double precision, weights exchanged
        (0.14, 8.0),  # 7.000000000000001
        (0.999, 49.05),
        (0.0, 0.0),
    ],
)
def test_published_statistics_are_blended_as_published(truncation: float, row: float) -> None:
    mean, _ = counting(51, "swapped").statistics(truncation)
    assert mean.item() == pytest.approx(row, abs=1e-4)


@pytest.mark.parametrize("rows", range(2, 60))
def test_no_grid_is_left_at_its_ends(rows: int) -> None:
    for blend in ("linear", "swapped"):
        assert counting(rows, blend).statistics(0.0)[0].item() == 0.0
        assert counting(rows, blend).statistics(1.0)[0].item() == pytest.approx(rows - 1)


def test_batch_norm_is_what_its_name_says() -> None:
    norm = built(partial(OutputBatchNorm, 4), Norm(eps=1e-3, n_stats=3))
    x = normal(5, 4, 6, 6) * 3.0 + 1.0
    trained = norm(x)
    wanted = F.batch_norm(x, None, None, norm.gain, norm.bias, training=True, eps=1e-3)
    torch.testing.assert_close(trained, wanted)
    norm.eval()
    mean, variance = norm.mean[1], norm.variance[1]
    wanted = F.batch_norm(x, mean, variance, norm.gain, norm.bias, eps=1e-3)
    torch.testing.assert_close(norm(x, 0.5), wanted, atol=1e-5, rtol=1e-5)


def test_training_keeps_a_running_mean_for_truncation_1() -> None:
    norm = OutputBatchNorm(2, Norm(n_stats=3))
    x = normal(4, 2, 8, 8) + 5.0
    norm(x)
    torch.testing.assert_close(norm.mean[2], 0.1 * x.mean(dim=(0, 2, 3)))
    assert norm.mean[:2].abs().sum() == 0.0


def test_standing_statistics_are_the_mean_over_batches() -> None:
    config = BigGANConfig(z_dim=12, n_stats=3, spectral_norm=False, **SMALL)
    generator = built(BigGANGenerator, config).eval()
    before = generator.output_norm.mean.clone()
    seen: list[torch.Tensor] = []
    generator.output_norm.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    seeds = iter(range(4))
    with torch.no_grad():
        measure_statistics(
            generator,
            1,
            4,
            lambda: generator(normal(6, 12, seed=next(seeds)), torch.eye(3)[[0] * 6]),
        )
    wanted = torch.stack([x.mean(dim=(0, 2, 3)) for x in seen]).mean(dim=0)
    torch.testing.assert_close(generator.output_norm.mean[1], wanted, atol=1e-5, rtol=1e-5)
    assert torch.equal(generator.output_norm.mean[[0, 2]], before[[0, 2]])
    assert not generator.training


# --- attention -------------------------------------------------------------------------------------


def test_attention_looks_somewhere_and_can_be_turned_off() -> None:
    layer = built(partial(SelfAttention, 16), Spectral()).eval()
    x = normal(2, 16, 6, 6)
    looks = layer.attention(x)
    assert looks.shape == (2, 36, 9)
    torch.testing.assert_close(looks.sum(dim=-1), torch.ones(2, 36))
    assert torch.equal(layer(x, 0.0), x)
    torch.testing.assert_close(layer(x, 3.0) - x, 3.0 * (layer(x) - x), atol=1e-5, rtol=1e-4)


def test_new_attention_adds_nothing_yet() -> None:
    x = normal(1, 16, 4, 4)
    assert torch.equal(SelfAttention(16, Spectral())(x), x)


# --- discriminators --------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "config"), CONFIGS)
def test_the_class_is_scored_by_its_projection(kind: Kind, config: Any) -> None:
    critic = built(kind.discriminator, config).eval()
    image = normal(1, 3, 32, 32)
    scores = [critic(image, row[None]).item() for row in torch.eye(3)]
    assert len(set(scores)) == 3
    both = critic(image, torch.tensor([[1.0, 1.0, 0.0]])).item()
    assert both == pytest.approx(scores[0] + scores[1] - critic(image).item(), abs=1e-3)


# --- settings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"resolution": 1024},
        {"resolution": 48},
        {"z_dim": 3},
        {"z_dim": 13},
        {"channels": 0},
        {"channels": 1 << 20},
        {"label_size": -1},
        {"label_size": 0, "hierarchical": False},
        {"rounding": "up"},
        {"stats_blend": "cubic"},
        {"n_stats": 0},
        {"bn_eps": 0.0},
        {"channels": 1},  # attention needs eight maps
        {"attention_after": (9,)},
    ],
)
def test_absurd_settings_are_refused(changes: dict[str, Any]) -> None:
    config = BigGANConfig(z_dim=12, **SMALL)
    config.check()
    with pytest.raises(ValueError):  # noqa: PT011
        dataclasses.replace(config, **changes).check()


@pytest.mark.parametrize(
    "blocks",
    [
        ((True, 4, 4),),
        ((True, 4, 3), (True, 3, 3), (True, 3, 3)),
        ((True, 4, 4), (True, 2, 2), (True, 2, 2)),
        ((True, 0, 0),) * 3,
        ((False, 4, 4),) * 70,
    ],
)
def test_blocks_that_do_not_fit_together_are_refused(blocks: Any) -> None:
    config = BigGANDeepConfig(z_dim=7, **SMALL)
    config.check()
    with pytest.raises(ValueError):  # noqa: PT011
        dataclasses.replace(config, block_list=blocks).check()
