"""Two models on one desk: blends of their weights, live, saved and fitted."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ganlab_core.errors import CheckpointError
from ganlab_core.models import PARENTS, Model, blended, load_model, save_model, with_second
from ganlab_core.recipe import MAPPING, Latent, Noise, Recipe, fit
from ganlab_core.rendering import Renderer
from tests.core.prepared.test_graphed_stages import FakeRecorder
from tests.every_model import MODELS, edited, everything
from tests.stylegan_models import tiny_stylegan
from tests.tiny_progan import small, tiny_model

RECIPES = (Recipe(), Recipe(Latent(3), psi=1.0), Recipe(Latent(4), noise=Noise("random", 2)))


def other(name: str) -> Model:
    """A model of the same shape with other weights."""
    model = MODELS[name]()
    generator = torch.Generator().manual_seed(99)
    for tensor in model.network.module.state_dict().values():
        if tensor.is_floating_point():
            tensor.add_(0.2 * torch.rand(tensor.shape, generator=generator))
    model.info = replace(model.info, title="Other", fingerprint="f" * 32)
    return model


@pytest.mark.parametrize("name", MODELS)
def test_a_blend_of_0_is_the_first_and_of_1_the_second_bit_for_bit(name: str) -> None:
    first, second = MODELS[name](), other(name)
    pair = Renderer(with_second(first, second), "cpu")
    alone, its = Renderer(first, "cpu"), Renderer(second, "cpu")
    assert set(pair.model.capabilities.blendable) >= set(first.capabilities.resolutions)
    for recipe in RECIPES:
        np.testing.assert_array_equal(pair.raw(recipe), alone.raw(recipe))
        np.testing.assert_array_equal(pair.raw(replace(recipe, second=1.0)), its.raw(recipe))
        between = pair.raw(replace(recipe, second=0.4))
        assert not np.array_equal(between, alone.raw(recipe))
        assert not np.array_equal(between, its.raw(recipe))


@pytest.mark.parametrize("name", MODELS)
def test_a_saved_blend_reopens_as_the_same_pictures(name: str, tmp_path: Path) -> None:
    pair = with_second(MODELS[name](), other(name))
    sides = pair.capabilities.resolutions
    recipe = Recipe(Latent(5), second=0.3, second_at=((sides[0], 1.0), (sides[-1], 0.0)))
    recipe = fit(replace(recipe, second_mapping=0.8), pair.capabilities)
    live = Renderer(pair, "cpu").raw(recipe)
    info = save_model(blended(pair, recipe), tmp_path / "both.safetensors")
    opened = load_model(info.path)
    np.testing.assert_array_equal(Renderer(opened, "cpu").raw(recipe), live)
    assert [one["title"] for one in opened.info.provenance[PARENTS]] == [pair.info.title, "Other"]
    assert opened.info.provenance["amounts"][str(sides[0])] == 1.0
    assert info.fingerprint not in (pair.info.fingerprint, "f" * 32)


@pytest.mark.parametrize(
    ("name", "graphed"), [*((name, True) for name in MODELS), ("biggan", False)]
)
def test_whatever_came_before_equal_recipes_give_equal_pixels(name: str, graphed: bool) -> None:
    model = with_second(MODELS[name](), other(name))
    live = Renderer(model, "cpu")
    fresh = Renderer(with_second(MODELS[name](), other(name)), "cpu")
    recorder = FakeRecorder()
    if graphed:
        live._chain._make_recorder = lambda: recorder
        live.forget()
    source, can = random.Random(2), model.capabilities
    recipe = everything(can)
    for number in range(12):
        recipe = edited(recipe, can, source)
        place = source.choice([None, *can.blendable])
        amount = source.choice([0.0, 0.25, 0.5, 1.0])
        recipe = (
            replace(recipe, second=amount)
            if place is None
            else recipe.with_second_at(place, amount)
        )
        fresh.forget()
        np.testing.assert_array_equal(live.raw(recipe), fresh.raw(recipe))
        if number % 5 == 0:
            live.small(replace(recipe, second=0.9))  # another chain changes the weights meanwhile
            live.draft(replace(recipe, second=0.7), 0.0)
            np.testing.assert_array_equal(live.raw(recipe), fresh.raw(recipe))
    for amount in (0.0, 0.2, 0.6, 1.0):  # with nothing else changed, stages are replayed
        recipe = Recipe(Latent(6), second=amount)
        fresh.forget()
        np.testing.assert_array_equal(live.raw(recipe), fresh.raw(recipe))
    assert not graphed or recorder.replayed > 0


def test_only_what_an_amount_changes_runs_again() -> None:
    pair = Renderer(with_second(MODELS["stylegan"](), other("stylegan")), "cpu")
    pair.render(Recipe())
    frame = pair.render(Recipe(second_at=((16, 0.5),)))
    assert frame.stages_run == ("16x16/conv0", "16x16/conv1")
    assert pair.render(Recipe(second_mapping=0.5)).stages_run == frame.stages_run[:0] + tuple(
        pair.model.network.stage_names
    )


def test_the_amounts_of_places_are_layer_swapping() -> None:
    first, second = MODELS["stylegan"](), other("stylegan")
    pair = Renderer(with_second(first, second), "cpu")
    swapped = MODELS["stylegan"]()
    weights, theirs = swapped.network.module.state_dict(), second.network.module.state_dict()
    for name, tensor in weights.items():
        if swapped.network.place(name) >= 8:
            tensor.copy_(theirs[name])
    recipe = Recipe(second=1.0, second_at=((4, 0.0),), second_mapping=0.0)
    np.testing.assert_array_equal(pair.raw(recipe), Renderer(swapped, "cpu").raw(recipe))
    halfway = Renderer(blended(pair.model, Recipe(second=0.5)), "cpu").model
    name = "synthesis.layers.3.conv.weight"
    mean = 0.5 * (weights_of(first, name) + weights_of(second, name))
    torch.testing.assert_close(weights_of(halfway, name), mean)


@pytest.mark.parametrize("name", MODELS)
def test_a_blended_model_has_memory_of_its_own(name: str) -> None:
    pair = with_second(MODELS[name](), other(name))
    alone = blended(pair, Recipe(second=0.5)).network.module.state_dict()
    assert all(tensor.is_contiguous() for tensor in alone.values())
    sizes = {
        tensor.untyped_storage().nbytes() // tensor.element_size() for tensor in alone.values()
    }
    assert sizes <= {tensor.numel() for tensor in alone.values()}


def weights_of(model: Model, name: str) -> torch.Tensor:
    return model.network.module.state_dict()[name]


def test_a_model_of_another_resolution_blends_where_shapes_are_equal() -> None:
    large, little = tiny_model(small(32)), tiny_model(small(16))
    pair = with_second(large, little)
    assert pair.capabilities.blendable == (4, 8, 16)
    recipe = Recipe(Latent(2), second=1.0)
    at_16 = Renderer(pair, "cpu").features(recipe, 5)
    np.testing.assert_array_equal(at_16, Renderer(little, "cpu").features(recipe, 5))
    assert with_second(little, large).capabilities.blendable == (4, 8, 16)


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (lambda: tiny_stylegan(16), "is a ProGAN and"),
        (lambda: tiny_model(small(16, slope=0.1)), "computed differently"),
        (lambda: tiny_model(small(16, fmap_max=6)), "feature maps"),
        (lambda: tiny_model(small(16, img_channels=4)), "of three colours with alpha"),
        (lambda: tiny_model(small(16, img_channels=1)), "are of three colours, .* grey"),
    ],
)
def test_what_cannot_be_blended_is_refused_in_a_sentence(
    second: Callable[[], Model], words: str
) -> None:
    with pytest.raises(CheckpointError, match=words):
        with_second(tiny_model(small(16)), second())


def test_without_a_second_model_the_first_is_drawn() -> None:
    model = MODELS["stylegan"]()
    recipe = Recipe(Latent(1), second=0.7, second_at=((8, 1.0),), second_mapping=0.2)
    assert fit(recipe, model.capabilities) == Recipe(Latent(1))
    alone = Renderer(model, "cpu")
    np.testing.assert_array_equal(alone.raw(recipe), alone.raw(Recipe(Latent(1))))


def test_what_the_models_do_not_share_stays_the_firsts() -> None:
    model = with_second(tiny_model(small(32)), tiny_model(small(16)))
    recipe = fit(Recipe(second_at=((8, 1.0), (32, 1.0)), second_mapping=1.0), model.capabilities)
    assert recipe == Recipe(second_at=((8, 1.0),))
    assert MAPPING not in model.capabilities.blendable


def test_fitted_read_outs_go_with_the_amounts() -> None:
    first, second = MODELS["stylegan"](), other("stylegan")
    for number, model in enumerate((first, second)):
        model.readouts[8] = (torch.full((3, 16), float(number)), torch.full((3,), float(number)))
    pair = Renderer(with_second(first, second), "cpu")
    for amount in (0.0, 0.25, 1.0):
        pair.render(Recipe(second=amount), previews=True)
        assert pair.model.readouts[8][1].tolist() == [amount] * 3
