"""The stage chain with gradients agrees with the renderer's pictures and the network file's autograd."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from ganlab_core.inspection import DifferentiableChain
from ganlab_core.inspection.differentiable import Given
from ganlab_core.models import Model
from ganlab_core.networks import Condition
from ganlab_core.recipe import Extent, Latent, Recipe
from ganlab_core.rendering import Renderer
from tests.every_model import MODELS, edits, everything


@pytest.mark.parametrize("name", MODELS)
def test_its_picture_is_the_renderers_under_every_edit(name: str) -> None:
    model = MODELS[name]()
    chain, renderer = DifferentiableChain(model), Renderer(copy.deepcopy(model), "cpu")
    for recipe in (Recipe(), *edits(model.capabilities).values(), everything(model.capabilities)):
        # of the trained picture; growth is how far the picture is drawn, not a stage's
        shown = replace(recipe, growth=None, extent=Extent(), across=())
        ours = chain.picture(chain.given_by(shown))[0].numpy(force=True)
        steep = 5e-3 if "biggan" in name else 2e-5  # random attention and tanh decide hard
        np.testing.assert_allclose(ours, renderer.raw(shown), atol=steep)


def _whole(
    name: str, model: Model
) -> tuple[list[Tensor], Callable[[], Tensor], Callable[[], Sequence[Condition]]]:
    """Leaves, the network file's own forward pass, and the same as conditions of stages."""
    network, can = model.network.module, model.capabilities
    normal = torch.Generator().manual_seed(5)
    z = torch.randn(2, can.z_dim, generator=normal, requires_grad=True)
    drawn = torch.rand(2, len(can.classes), generator=normal).requires_grad_()
    labels = drawn if can.classes else None
    if not can.has_w:
        return (
            [z] if labels is None else [z, labels],
            lambda: network(z, labels),
            lambda: [
                Condition(model.network.stage_style(layer.index, z, labels), None)
                for layer in can.layers
            ],
        )
    ws = torch.randn(2, can.style_count, can.w_dim, generator=normal, requires_grad=True)
    noises = [model.network.stored_noise(one.index) if one.noise else None for one in can.layers]
    own = [noise for noise in noises if noise is not None]
    return (
        [ws],
        lambda: network.synthesis(ws, own) if own else network.synthesis(ws),
        lambda: [
            Condition(ws[:, layer.w_plus_index], noise)
            for layer, noise in zip(can.layers, noises, strict=True)
        ],
    )


@pytest.mark.parametrize("name", MODELS)
def test_its_gradients_are_those_of_autograd_through_the_network_file(name: str) -> None:
    model = MODELS[name]()
    leaves, forward, conditions = _whole(name, model)
    target = torch.randn(
        2, 3, model.info.resolution, model.info.resolution,
        generator=torch.Generator().manual_seed(7),
    )  # fmt: skip
    theirs = forward()
    expected = torch.autograd.grad((theirs - target).square().sum(), leaves)
    ours = DifferentiableChain(model).picture([Given(one) for one in conditions()])
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
    found = torch.autograd.grad((ours - target).square().sum(), leaves)
    for one, other in zip(found, expected, strict=True):
        assert float(other.abs().max()) > 0.0
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4 * float(other.abs().max()))


def test_it_goes_on_from_features_in_the_middle() -> None:
    model = MODELS["stylegan2"]()
    chain = DifferentiableChain(model)
    given = chain.given_by(Recipe())
    middle = chain.features(given, 3)
    assert torch.equal(chain.picture(given, 3, middle), chain.picture(given))


def test_a_half_grown_network_is_read_as_training_saw_it() -> None:
    model = MODELS["stylegan"]()
    model.info = replace(model.info, growth=3.4)
    chain = DifferentiableChain(model)
    ours = chain.picture(chain.given_by(Recipe(psi=1.0)))
    assert ours.shape[-1] == chain.side == 16
    raw = Renderer(model, "cpu").raw(Recipe(psi=1.0))
    np.testing.assert_allclose(ours[0].numpy(force=True), raw, atol=2e-5)


def test_gradients_are_of_the_trained_picture() -> None:
    model = MODELS["stylegan2"]()
    chain = DifferentiableChain(model)
    wide = Recipe(extent=Extent(2.0, seamless="both"), across=(Latent(4),))
    ours = chain.picture(chain.given_by(wide))
    torch.testing.assert_close(ours, chain.picture(chain.given_by(Recipe())))
