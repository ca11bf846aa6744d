"""Pictures larger than trained: what is new, what stays, where edges meet, and styles across."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import numpy as np
import pytest
import torch

from ganlab_core.errors import RecipeError, RenderError
from ganlab_core.models import Model
from ganlab_core.prepared.enlarged import places_across
from ganlab_core.recipe import (
    FILLS,
    Extent,
    Latent,
    LayerNoise,
    Noise,
    Recipe,
    blend_recipes,
    fit,
    recipe_diff,
)
from ganlab_core.rendering import Renderer
from ganlab_core.rendering.noise import random_noise, spread
from tests import stylegan2_models
from tests.stylegan_models import tiny_config, tiny_stylegan
from tests.tiny_progan import small
from tests.tiny_progan import tiny_model as tiny_progan

OBLONG = dataclasses.replace(stylegan2_models.TINY, const_size=(3, 5), img_channels=4)


def uneven(resolution: int) -> Model:
    """A StyleGAN whose constant has been trained."""
    model = tiny_stylegan(resolution)
    const = model.network.module.get_parameter("synthesis.layers.0.const")
    const.copy_(torch.randn(const.shape, generator=torch.Generator().manual_seed(4)))
    return model


MAKERS = {
    "stylegan": lambda: uneven(16),
    "stylegan-fused": lambda: uneven(128),
    "stylegan2": stylegan2_models.model,
    "stylegan2-oblong": lambda: stylegan2_models.model(OBLONG),
}
BASE = Recipe(latent=Latent(3), psi=0.8)
WIDE = replace(BASE, extent=Extent(2.0, 1.5))


@pytest.fixture(params=MAKERS, scope="module")
def model(request) -> Model:
    return MAKERS[request.param]()


@pytest.fixture
def renderer(model: Model) -> Renderer:
    return Renderer(model, "cpu")


def test_the_trained_size_stays_as_it_is(renderer):
    plain = renderer.raw(BASE)
    for extent in (Extent(fill="stretch"), Extent(fill="repeat"), Extent(1.0, 1.0)):
        np.testing.assert_array_equal(renderer.raw(replace(BASE, extent=extent)), plain)
    renderer.raw(WIDE)
    np.testing.assert_array_equal(renderer.raw(BASE), plain)


@pytest.mark.parametrize("fill", FILLS)
def test_a_larger_start_makes_a_larger_picture(fill, renderer):
    can = renderer.model.capabilities
    extent = Extent(2.0, 1.5, fill)
    found = renderer.raw(replace(BASE, extent=extent))
    rows, columns = round(can.const_size[0] * 1.5), can.const_size[1] * 2
    assert found.shape[1:] == (rows * can.resolution // 4, columns * can.resolution // 4)
    assert renderer.render(replace(BASE, extent=extent)).pixels.shape[:2] == found.shape[1:]
    other = renderer.raw(replace(BASE, extent=Extent(2.0, 1.5, FILLS[FILLS.index(fill) - 1])))
    assert np.abs(found - other).max() > 1e-3


def test_the_same_arithmetic_as_the_plain_stages(renderer):
    """Styles that are the same at both ends are the style itself, by the other way through the code."""
    plain = renderer.raw(BASE)
    same = renderer.raw(replace(BASE, across=(BASE.latent,)))
    assert np.abs(same - plain).max() < 2e-5 * np.abs(plain).max()


@pytest.mark.parametrize("seamless", ["across", "down", "both"])
def test_a_seamless_picture_rolls_with_its_start(seamless, renderer):
    """Everything repeats: a picture twice as wide from a repeated start is the smaller one twice."""
    quiet = replace(BASE, noise=Noise("off"))
    once = renderer.raw(replace(quiet, extent=Extent(1.0, 1.0, "repeat", seamless)))
    twice = renderer.raw(replace(quiet, extent=Extent(2.0, 2.0, "repeat", seamless)))
    _, height, width = once.shape
    can = renderer.model.capabilities
    cells = (can.resolution // 4,) * 2
    if seamless in ("across", "both"):
        np.testing.assert_allclose(twice, np.roll(twice, width, axis=2), atol=1e-3)
    else:
        assert np.abs(twice - np.roll(twice, width, axis=2)).max() > 1e-3
    if seamless in ("down", "both"):
        np.testing.assert_allclose(twice, np.roll(twice, height, axis=1), atol=1e-3)
    if seamless == "both":
        top, left = (side // 2 * cell for side, cell in zip(can.const_size, cells, strict=True))
        np.testing.assert_allclose(
            twice[:, top : top + height, left : left + width], once, atol=1e-3
        )


def test_edges_meet_as_the_middle_does(model):
    """A wrapped layer knows no border: moving its start moves all that follows."""
    renderer = Renderer(model, "cpu")
    extent = Extent(2.0, 1.0, "mirror", "both")
    image = renderer.raw(replace(BASE, noise=Noise("off"), extent=extent))
    cell = model.capabilities.resolution // 4
    inner = np.abs(np.diff(image, axis=2))[:, :, cell - 1 :: cell].mean()
    seam = np.abs(image[:, :, 0] - image[:, :, -1]).mean()
    open_ = renderer.raw(replace(BASE, noise=Noise("off"), extent=Extent(2.0, 1.0)))
    assert seam < 3.0 * inner
    assert np.abs(open_ - image).max() > 1e-3


def test_noise_is_that_of_the_trained_picture_in_the_middle():
    tile = lambda row, column: random_noise(7, 2, (8, 8), row, column)  # noqa: E731
    whole = spread(tile, (8, 8), (16, 24), cell=2)
    assert whole.shape == (1, 1, 16, 24)
    torch.testing.assert_close(whole[:, :, 4:12, 8:16], random_noise(7, 2, (8, 8)))
    assert torch.unique(whole).numel() == whole.numel()  # nothing is drawn twice
    torch.testing.assert_close(whole, spread(tile, (8, 8), (16, 24), cell=2))


@pytest.mark.parametrize(
    "noise", [Noise("stored"), Noise("random", 5), Noise("random", 5, other=6, turn=0.3)]
)
def test_equal_recipes_give_equal_larger_pictures(noise, model):
    recipe = replace(WIDE, noise=noise, across=(Latent(8), Latent(9)))
    first = Renderer(model, "cpu").raw(recipe)
    cached = Renderer(model, "cpu")
    cached.render(BASE)
    cached.render(replace(recipe, psi=0.2))
    np.testing.assert_array_equal(cached.raw(recipe), first)


def test_only_what_changed_runs_again(renderer):
    can = renderer.model.capabilities
    renderer.render(WIDE)
    assert renderer.render(WIDE).stages_run == ()
    fine = can.resolutions[-1]
    ran = renderer.render(WIDE.with_psi_at(fine, 0.1)).stages_run
    assert set(ran) == {layer.name for layer in can.layers_at(fine)}
    assert len(renderer.render(replace(WIDE, extent=Extent(2.0, 1.25))).stages_run) == len(
        can.layers
    )


def test_styles_go_from_one_to_the_next_across(renderer):
    quiet = replace(BASE, noise=Noise("off"), extent=Extent(4.0))
    left, right = (replace(quiet, latent=Latent(seed)) for seed in (3, 4))
    walk = renderer.raw(replace(left, across=(Latent(4),)))
    ends = [renderer.raw(one) for one in (left, right)]
    gaps = [np.abs(walk - end).mean(axis=(0, 1)) for end in ends]
    eighth = len(gaps[0]) // 8
    assert gaps[0][:eighth].mean() < gaps[1][:eighth].mean()
    assert gaps[1][-eighth:].mean() < gaps[0][-eighth:].mean()


@pytest.mark.parametrize("loops", [False, True])
def test_every_column_has_whole_shares(loops):
    shares = places_across(3, 96, loops=loops)
    torch.testing.assert_close(shares.sum(dim=0), torch.ones(96, dtype=torch.float64))
    assert shares[0, 0] > 0.95
    assert (shares[0, -1] > 0.95) == loops
    assert (shares[2, -1] > 0.95) != loops
    assert ((shares > 0).sum(dim=0) <= 2).all()


def test_a_mixed_style_holds_everywhere(renderer):
    from ganlab_core.recipe import Mix

    first = renderer.model.capabilities.resolutions
    mixed = WIDE
    for resolution in first:
        mixed = mixed.with_mix_at(resolution, Mix(Latent(11)))
    np.testing.assert_array_equal(
        renderer.raw(replace(mixed, across=(Latent(5),))), renderer.raw(mixed)
    )


def test_a_bf16_picture_is_nearly_the_same(model):
    fine = Renderer(model, "cpu").raw(WIDE)
    coarse = Renderer(model, "cpu", "bf16").raw(WIDE)
    assert np.abs(coarse - fine).mean() < 0.06 * np.abs(fine).max()


def test_growth_previews_and_small_pictures_are_as_wide(renderer):
    can = renderer.model.capabilities
    if not can.has_growth:
        pytest.skip("it does not grow")
    half = replace(WIDE, growth=math_log2(can.resolution) - 0.5)
    frame = renderer.render(half, previews=True)
    assert frame.pixels.shape[1] == 2 * can.size[1]
    assert all(2 * p.pixels.shape[0] > p.pixels.shape[1] for p in frame.previews.values())
    small = renderer.small(WIDE, 32)
    assert small is not None
    assert small.shape == (32, 32, 3)


def math_log2(side: int) -> float:
    return float(side.bit_length() - 1)


def test_layers_of_their_own_noise_and_gains_work_as_well(renderer):
    recipe = WIDE.with_noise_layer(2, LayerNoise(mode="random", seed=9)).with_gain(2, 1, 0.0)
    assert np.abs(renderer.raw(recipe) - renderer.raw(WIDE)).max() > 1e-4


def test_an_absurd_picture_is_refused():
    large = stylegan2_models.model(
        dataclasses.replace(
            stylegan2_models.TINY, const_size=(64, 64), resolution=512, channel_list=(4,) * 8
        )
    )
    with pytest.raises(RenderError, match="pixels"):
        Renderer(large, "cpu").render(replace(BASE, extent=Extent(8.0, 8.0)))


def test_other_models_keep_their_size():
    progan = tiny_progan(small())
    recipe = replace(WIDE, across=(Latent(4),))
    fitted = fit(recipe, progan.capabilities)
    assert (fitted.extent, fitted.across) == (Extent(), ())
    renderer = Renderer(progan, "cpu")
    np.testing.assert_array_equal(renderer.raw(recipe), renderer.raw(BASE))


def test_a_recipe_survives_json_and_says_what_it_is():
    recipe = replace(
        BASE, extent=Extent(2.5, 1.0, "repeat", "across"), across=(Latent(4), Latent(5))
    )
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert "extent" not in BASE.to_json()
    told = recipe_diff(BASE, recipe)
    assert "size as trained → 2.5 × 1, repeat, seamless across" in told
    assert "latents across the same → seed 4, seed 5" in told
    half = blend_recipes([(recipe, 0.5), (replace(recipe, across=(Latent(6), Latent(5))), 0.5)])
    assert half.extent == recipe.extent
    assert half.across[1] == Latent(5)
    assert len(half.across[0].blend) == 2


@pytest.mark.parametrize(
    ("aspect", "cells"),
    [("2:1", (4, 8)), ("16:9", (4, 7)), ("1:2", (8, 4)), ("1:1", (4, 4)), ("5:4", (4, 5))],
)
def test_an_aspect_is_the_smallest_that_covers_the_trained(aspect, cells):
    assert Extent.of_aspect(aspect, (4, 4), Extent()).cells((4, 4)) == cells


@pytest.mark.parametrize("aspect", ["wide", "0:1", "99:1", "2:1:1", ""])
def test_what_is_no_aspect_is_said(aspect):
    with pytest.raises(RecipeError):
        Extent.of_aspect(aspect, (4, 4), Extent())


@pytest.mark.parametrize(
    "changes", [{"wide": 0.5}, {"high": 9.0}, {"fill": "zoom"}, {"seamless": "yes"}]
)
def test_what_is_no_extent_is_said(changes):
    with pytest.raises(RecipeError):
        Extent(**changes)


def test_an_oblong_model_counts_from_its_own_shape():
    extent = Extent.of_aspect("2:1", (4, 8), Extent())
    assert extent.is_plain
    assert tiny_config().const_size == (4, 4)
