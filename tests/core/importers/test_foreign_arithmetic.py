"""Options that only other projects' networks have: the renderer computes as the network file does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from ganlab_core.networks import (
    Condition,
    ProGANConfig,
    ProGANGenerator,
    ProGANStages,
    StyleGANConfig,
    StyleGANGenerator,
    StyleGANStages,
)
from ganlab_core.networks.layers import blur
from ganlab_core.prepared import prepared
from tests.core.importers.test_torch_layouts import tiny
from tests.tiny_progan import small

STYLES: tuple[dict[str, object], ...] = ({}, {"bias_blurred": True}, {"norm_epsilon": 0.5})


def styled(**changes: object) -> StyleGANGenerator:
    config: StyleGANConfig = replace(tiny().config, **changes)  # type: ignore[arg-type]
    network = StyleGANGenerator(config).eval().requires_grad_(requires_grad=False)
    draws = torch.Generator().manual_seed(2)
    for tensor in network.state_dict().values():
        tensor.copy_(torch.randn(tensor.shape, generator=draws))
    return network


@pytest.mark.parametrize("changes", STYLES)
def test_a_prepared_stylegan_has_the_options_of_its_network(changes: dict[str, object]) -> None:
    network = styled(**changes)
    stages, plain = prepared(StyleGANStages(network)), StyleGANStages(network)
    w = torch.randn(1, network.config.w_dim, generator=torch.Generator().manual_seed(1))
    maps, features = None, None
    for index in range(network.config.num_layers):
        condition = Condition(w, network.synthesis.stored_noise(index))
        maps = stages.run(index, maps, condition)
        features = plain.run_stage(index, features, condition)
        torch.testing.assert_close(maps.whole, features, rtol=1e-4, atol=1e-4)


def test_a_blurred_bias_darkens_the_border() -> None:
    plain, blurred = styled().synthesis.layers[2], styled(bias_blurred=True).synthesis.layers[2]
    x, w = torch.zeros(1, 8, 4, 4), torch.zeros(1, 5)
    bias = blurred.bias[None, :, None, None].expand(1, -1, 8, 8)
    torch.testing.assert_close(blur(bias)[0, :, 0, 0], bias[0, :, 0, 0] * 0.5625)
    # without anything else AdaIN sees only the border
    assert np.ptp(plain(x, w, None).numpy()[0, 0]) < 1e-3
    assert np.ptp(blurred(x, w, None).numpy()[0, 0]) > 1e-3


@pytest.mark.parametrize("normalized", [True, False])
def test_a_prepared_progan_has_the_option_of_its_network(normalized: bool) -> None:
    config: ProGANConfig = replace(small(16), normalize_first=normalized)
    network = ProGANGenerator(config).eval().requires_grad_(requires_grad=False)
    stages, plain = prepared(ProGANStages(network)), ProGANStages(network)
    z = torch.randn(1, config.z_dim, generator=torch.Generator().manual_seed(1))
    condition = Condition(network.start(z), None)
    found = stages.run(0, None, condition).whole
    torch.testing.assert_close(found, plain.run_stage(0, None, condition), rtol=1e-4, atol=1e-5)
    length = found.square().mean(dim=1)
    assert bool(torch.allclose(length, torch.ones(()), atol=1e-3)) is normalized
