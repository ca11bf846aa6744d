"""What the renderer may skip, and that skipping never changes a pixel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ganlab_core.models import Model
from ganlab_core.recipe import Capabilities, Latent, LayerNoise, Mix, Noise, Recipe
from ganlab_core.rendering import Renderer

Edit = Callable[[Recipe], Recipe]

SIDES = st.sampled_from([4, 8, 16])
LAYERS = st.integers(0, 5)
PSIS = st.sampled_from([-0.5, 0.0, 0.3, 0.7, 1.0, 1.5])
GROWTHS = st.none() | st.floats(2.0, 4.0) | st.sampled_from([2.0, 3.0, 4.0])
SEEDS = st.integers(0, 3)
STRENGTHS = st.sampled_from([0.0, 0.5, 1.0, 2.0])
VECTORS = st.lists(st.floats(-3, 3, width=32), min_size=16, max_size=16).map(tuple)
LATENTS = st.builds(Latent, SEEDS) | st.builds(
    Latent, st.just(0), VECTORS, st.sampled_from(["z", "w"])
)
MIXES = st.none() | st.builds(Mix, LATENTS, st.sampled_from([0.0, 0.3, 0.5, 1.0]))
LAYER_NOISES = st.none() | st.builds(
    LayerNoise, st.booleans(), STRENGTHS, st.sampled_from(["master", "stored", "random"]), SEEDS
)
NOISES = st.builds(Noise, st.sampled_from(["stored", "random", "off"]), SEEDS, STRENGTHS)

EDITS: st.SearchStrategy[Edit] = st.one_of(
    LATENTS.map(lambda v: lambda r: replace(r, latent=v)),
    PSIS.map(lambda v: lambda r: replace(r, psi=v)),
    st.tuples(SIDES, st.none() | PSIS).map(lambda v: lambda r: r.with_psi_at(*v)),
    st.tuples(SIDES, MIXES).map(lambda v: lambda r: r.with_mix_at(*v)),
    st.tuples(LAYERS, MIXES).map(lambda v: lambda r: r.with_mix_layer(*v)),
    NOISES.map(lambda v: lambda r: replace(r, noise=v)),
    st.tuples(LAYERS, LAYER_NOISES).map(lambda v: lambda r: r.with_noise_layer(*v)),
    GROWTHS.map(lambda v: lambda r: replace(r, growth=v)),
    st.sampled_from([None, 2.0]).map(lambda v: lambda r: replace(r, growth=v)),
    MIXES.map(lambda v: lambda r: r.with_mix_at(4, v)),
    (st.none() | st.integers(0, 7)).map(lambda v: lambda r: replace(r, cutoff=v)),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(edits=st.lists(EDITS, min_size=1, max_size=8))
def test_pixels_with_the_cache_equal_pixels_without(model: Model, edits: list[Edit]) -> None:
    kept, recipe = Renderer(model, "cpu"), Recipe()
    for edit in edits:
        recipe = edit(recipe)
        fresh = Renderer(model, "cpu")
        np.testing.assert_array_equal(kept.raw(recipe), fresh.raw(recipe))
        frame = kept.render(recipe, previews=True)
        other = fresh.render(recipe, previews=True)
        np.testing.assert_array_equal(frame.pixels, other.pixels)
        assert frame.previews.keys() == other.previews.keys()
        for side, preview in frame.previews.items():
            np.testing.assert_array_equal(preview.pixels, other.previews[side].pixels)


def names(can: Capabilities, *sides: int) -> tuple[str, ...]:
    return tuple(layer.name for layer in can.layers if layer.resolution in sides)


def test_the_first_frame_runs_every_stage(model: Model) -> None:
    frame = Renderer(model, "cpu").render(Recipe())
    assert frame.stages_run == names(model.capabilities, 4, 8, 16)
    assert frame.stages_total == 6


def test_the_same_recipe_again_runs_nothing(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    renderer.render(Recipe())
    assert renderer.render(Recipe()).stages_run == ()


def test_an_equal_recipe_written_differently_runs_nothing(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    renderer.render(Recipe(latent=Latent(3)))
    same = Recipe(latent=Latent(3), psi=0.1, psi_at=((4, 0.7), (8, 0.7), (16, 0.7)))
    assert renderer.render(same).stages_run == ()


@pytest.mark.parametrize(
    "edit",
    [
        lambda r: r.with_mix_at(16, Mix(Latent(5))),
        lambda r: r.with_psi_at(16, 0.2),
        lambda r: r.with_noise_layer(4, LayerNoise(on=False)),
    ],
)
def test_a_change_of_the_finest_resolution_runs_only_its_stages(model: Model, edit: Edit) -> None:
    renderer = Renderer(model, "cpu")
    renderer.render(Recipe())
    assert renderer.render(edit(Recipe())).stages_run == names(model.capabilities, 16)


def test_a_change_of_one_layer_runs_it_and_what_follows(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    renderer.render(Recipe())
    changed = Recipe().with_noise_layer(3, LayerNoise(strength=2.0))
    assert renderer.render(changed).stages_run == tuple(
        layer.name for layer in model.capabilities.layers[3:]
    )


def test_a_growth_scrub_runs_no_stage(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    renderer.render(Recipe(growth=4.0))
    for growth in (3.9, 3.5, 3.1, 3.0, 2.5, 3.7):
        assert renderer.render(Recipe(growth=growth)).stages_run == ()


def test_stages_above_the_growth_are_not_run(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    assert renderer.render(Recipe(growth=3.0)).stages_run == names(model.capabilities, 4, 8)
    assert renderer.render(Recipe(growth=3.2)).stages_run == names(model.capabilities, 16)


def test_stages_above_the_growth_hold_again_when_it_comes_back(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    renderer.render(Recipe())
    renderer.render(Recipe(growth=2.0))
    assert renderer.render(Recipe()).stages_run == ()


def test_stages_above_the_growth_are_dropped_when_what_they_stand_on_changes(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    renderer.render(Recipe())
    coarse = Recipe().with_mix_at(4, Mix(Latent(1)))
    renderer.render(replace(coarse, growth=2.0))
    assert renderer.render(coarse).stages_run == names(model.capabilities, 8, 16)


def test_previews_run_no_stage(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    renderer.render(Recipe())
    assert renderer.render(Recipe(), previews=True).stages_run == ()


def test_a_thumbnail_leaves_the_cache_alone(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    renderer.render(Recipe())
    renderer.small(Recipe(Latent(9)))
    assert renderer.render(Recipe()).stages_run == ()


def test_forgetting_shows_weights_that_have_changed(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    before = renderer.raw(Recipe())
    with torch.no_grad():
        next(model.network.module.parameters()).add_(1.0)
        model.network.truncation_centre.add_(1.0)
    renderer.forget()
    assert len(renderer.render(Recipe()).stages_run) == 6
    assert not np.array_equal(renderer.raw(Recipe()), before)


def test_rendering_leaves_the_global_random_state_alone(model: Model) -> None:
    before = torch.get_rng_state()
    Renderer(model, "cpu").render(Recipe(noise=Noise("random", 4)), previews=True)
    assert torch.equal(torch.get_rng_state(), before)
