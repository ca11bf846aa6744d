"""The benchmark against the published package compares like with like."""

from __future__ import annotations

import pytest
import torch

from tests.benchmarks import peer


@pytest.fixture(scope="module")
def gan() -> object:
    found = peer.find()
    if found is None:
        pytest.skip("pro-gan-pth is not here; PRO_GAN_PTH can name its unpacked folder")
    return found


def sizes(network: torch.nn.Module) -> list[int]:
    return sorted(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("shape", [peer.Shape(16, 64, 16), peer.Shape(64, 768, 96)])
@pytest.mark.parametrize("fused", [True, False])
def test_both_have_the_same_parameters_in_every_layer(
    gan: object, shape: peer.Shape, fused: bool
) -> None:
    ours, theirs = peer.our_state(shape, 4, fused=fused), peer.their_gan(gan, shape)
    assert sizes(ours.generator) == sizes(theirs.gen)
    assert sizes(ours.discriminator) == sizes(theirs.dis)


def test_both_learn_by_the_same_settings(gan: object) -> None:
    config = peer.Shape().config(8)
    assert config.drift == gan.WganGP().drift
    assert config.gp_lambda == gan.WganGP._gradient_penalty.__defaults__[0]
    assert 0.5 ** (8 / (config.ema_kimg * 1000.0)) == pytest.approx(0.999, abs=1e-5)
