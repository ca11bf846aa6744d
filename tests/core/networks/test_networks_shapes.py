"""Shapes in signatures are checked while tests run, and a wrong one is told by its name."""

from __future__ import annotations

import jaxtyping
import pytest
import torch

from ganlab_core.networks import ProGANConfig, ProGANGenerator
from ganlab_core.networks.layers import EqualizedConv2d, pixel_norm, upscaling_conv
from ganlab_core.rendering.conditions import truncate
from ganlab_core.rendering.noise import random_noise

x = torch.zeros(2, 3, 4, 4)


@pytest.mark.parametrize(
    "call",
    [
        lambda: pixel_norm(torch.zeros(3)),
        lambda: EqualizedConv2d(3, 5)(x[0]),
        lambda: upscaling_conv(x, torch.zeros(5, 3, 3, 3), (1.0, 1.0), torch.zeros(1)),
        lambda: upscaling_conv(x, torch.zeros(5, 3, 3, 3), (1.0, 3.0, 1.0)),  # odd: 2 r - 1
        lambda: truncate(torch.zeros(2, 3), torch.zeros(1), 0.5),
        lambda: random_noise(0, 0, (-4, -4)),
    ],
)
def test_a_wrong_shape_is_refused(call) -> None:
    with pytest.raises((jaxtyping.TypeCheckError, RuntimeError)):
        call()


def test_integers_are_no_pictures() -> None:
    with pytest.raises(jaxtyping.TypeCheckError, match="x"):
        pixel_norm(torch.ones(1, 3, 4, 4, dtype=torch.int64))


def test_a_config_is_left_to_its_own_check() -> None:
    assert ProGANConfig(resolution="big").resolution == "big"  # type: ignore[arg-type]


def test_sizes_of_a_network_belong_to_its_shapes() -> None:
    generator = ProGANGenerator(ProGANConfig(resolution=8, fmap_max=4, z_dim=6, label_size=2))
    assert generator(torch.zeros(1, 6), torch.zeros(1, 2)).shape == (1, 3, 8, 8)
    with pytest.raises(jaxtyping.TypeCheckError, match="z_dim"):
        generator(torch.zeros(1, 8), torch.zeros(1, 0))
