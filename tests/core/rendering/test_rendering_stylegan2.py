"""What holds for every architecture holds for StyleGAN2 as well."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ganlab_core.inspection.inspector import factor_directions, network_map, principal_directions
from ganlab_core.models import Model, load_model, save_model
from ganlab_core.recipe import Latent, LayerNoise, Mix, Noise, Recipe
from ganlab_core.rendering import Renderer, fit_probes
from tests import stylegan2_models
from tests.stylegan2_models import LABELLED, TINY

BASE = Recipe(latent=Latent(3))
RECIPES = [
    BASE,
    BASE.with_mix_layer(1, Mix(Latent(8))),
    BASE.with_mix_at(16, Mix(Latent(8), 0.4)),
    BASE.with_noise_layer(2, LayerNoise(on=False)),
    BASE.with_gain(3, 2, 0.0),
    Recipe(latent=Latent(3), psi=0.5, cutoff=3),
    Recipe(latent=Latent(3), noise=Noise("random", 5)),
    Recipe(latent=Latent(4), noise=Noise("off")),
]


@pytest.fixture
def model() -> Model:
    return stylegan2_models.model()


def test_equal_recipes_give_equal_pixels_whatever_came_before(model: Model) -> None:
    fresh = [Renderer(stylegan2_models.model(), "cpu").raw(recipe) for recipe in RECIPES]
    used = Renderer(model, "cpu")
    for _ in range(2):
        for recipe, expected in zip(RECIPES, fresh, strict=True):
            np.testing.assert_array_equal(used.raw(recipe), expected)
    assert len({image.tobytes() for image in fresh}) == len(RECIPES)


def test_only_what_follows_a_change_is_run(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    renderer.render(BASE)
    assert renderer.render(BASE).stages_run == ()
    frame = renderer.render(BASE.with_mix_layer(3, Mix(Latent(8))))
    assert frame.stages_run == ("8x8/torgb", "16x16/conv0", "16x16/conv1", "16x16/torgb")
    frame = renderer.render(BASE.with_mix_layer(5, Mix(Latent(9))))
    assert frame.stages_run[-1] == "16x16/torgb"


def test_a_cutoff_counts_styles_and_not_stages(model: Model) -> None:
    def styles(cutoff: int) -> int:
        recipe = Recipe(latent=Latent(3), psi=0.0, cutoff=cutoff)
        return sum(recipe.psi_of(layer) == 0.0 for layer in model.capabilities.layers)

    assert [styles(cutoff) for cutoff in (0, 1, 2, 3, 6)] == [0, 1, 3, 4, 8]
    assert model.capabilities.style_count == TINY.levels * 2 - 2


def test_a_class_changes_the_picture() -> None:
    renderer = Renderer(stylegan2_models.model(LABELLED), "cpu")
    first = renderer.raw(Recipe(classes=((0, 1.0),)))
    assert not np.array_equal(first, renderer.raw(Recipe(classes=((2, 1.0),))))


def test_previews_are_the_sums_so_far_until_readouts_are_fitted(model: Model) -> None:
    def kinds() -> dict[int, str]:
        previews = Renderer(model, "cpu").render(BASE, previews=True).previews
        return {side: preview.readout for side, preview in previews.items()}

    assert kinds() == {4: "own", 8: "own", 16: "own"}
    assert fit_probes(model, samples=4)
    assert kinds() == {4: "fitted", 8: "fitted", 16: "own"}


def test_a_model_file_keeps_all_of_it(model: Model, tmp_path: Path) -> None:
    fit_probes(model, samples=4)
    save_model(model, tmp_path / "tiny2.safetensors")
    loaded = load_model(tmp_path / "tiny2.safetensors")
    assert loaded.has_probes
    assert loaded.network.module.config == TINY
    expected = Renderer(model, "cpu").raw(BASE)
    np.testing.assert_array_equal(Renderer(loaded, "cpu").raw(BASE), expected)


def test_reduced_precision_stays_near(model: Model) -> None:
    exact = Renderer(model, "cpu").raw(BASE)
    rough = Renderer(stylegan2_models.model(), "cpu", "bf16").raw(BASE)
    assert np.abs(rough - exact).mean() < 0.05 * np.abs(exact).max()


def test_feature_maps_carry_the_picture(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    maps = renderer.features(BASE, 7)
    assert maps.shape == (model.capabilities.layers[7].channels + 3, 16, 16)
    np.testing.assert_array_equal(maps[-3:], renderer.raw(BASE))


def test_it_can_be_looked_into(model: Model) -> None:
    can = model.capabilities
    assert len(network_map(model, BASE, repeats=1)) == len(can.layers)
    for found in (factor_directions(model, 0, 64, 3), principal_directions(model, 3, samples=64)):
        assert found is not None
        assert {len(one.vector) for one in found.directions} == {can.direction_dim}
