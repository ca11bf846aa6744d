"""A ProGAN under the Renderer: the same promises as for every architecture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganlab_core.errors import CheckpointError, RenderError
from ganlab_core.models import Model, load_model, save_model
from ganlab_core.recipe import EditDirection, Latent, Recipe, fit
from ganlab_core.rendering import Renderer, fit_probes
from tests.tiny_progan import normal, small, tiny_model

Edit = Callable[[Recipe], Recipe]
VECTORS = st.lists(st.floats(-3, 3, width=32), min_size=10, max_size=10).map(tuple)
LATENTS = st.builds(Latent, st.integers(0, 3)) | st.builds(Latent, st.just(0), VECTORS)
CLASSES = st.dictionaries(st.integers(0, 2), st.sampled_from([0.0, 0.5, 1.0, -1.0])).map(
    lambda mix: tuple(mix.items())
)
EDITS: st.SearchStrategy[Edit] = st.one_of(
    LATENTS.map(lambda v: lambda r: replace(r, latent=v)),
    CLASSES.map(lambda v: lambda r: replace(r, classes=v)),
    st.tuples(st.sampled_from([4, 8]), CLASSES).map(lambda v: lambda r: r.with_classes_at(*v)),
    (st.none() | st.floats(2.0, 4.0)).map(lambda v: lambda r: replace(r, growth=v)),
    st.tuples(st.integers(0, 5), st.integers(0, 9), st.sampled_from([0.0, 1.0, 3.0])).map(
        lambda v: lambda r: r.with_gain(*v)
    ),
    VECTORS.map(lambda v: lambda r: replace(r, pushes=(EditDirection(v, 1.5),))),
)


@pytest.fixture(scope="module")
def model() -> Model:
    return tiny_model(small(label_size=3))


@settings(max_examples=30, deadline=None)
@given(edits=st.lists(EDITS, min_size=1, max_size=6))
def test_pixels_with_the_cache_equal_pixels_without(edits: list[Edit]) -> None:
    model = tiny_model(small(label_size=3))
    kept, recipe = Renderer(model, "cpu"), Recipe()
    for edit in edits:
        recipe = edit(recipe)
        np.testing.assert_array_equal(kept.raw(recipe), Renderer(model, "cpu").raw(recipe))


def test_a_picture_is_what_the_generator_gives(model: Model) -> None:
    z, weights = normal(1, 10), torch.tensor([[0.25, 0.0, 0.75]])
    recipe = Recipe(
        latent=Latent(vector=tuple(z[0].double().tolist())), classes=((0, 0.25), (2, 0.75))
    )
    wanted = model.network.module(z, weights)[0]
    torch.testing.assert_close(torch.from_numpy(Renderer(model, "cpu").raw(recipe)), wanted)


@pytest.mark.parametrize("growth", [2.0, 2.4, 3.0, 3.7, 4.0])
def test_growth_shows_the_published_fade(model: Model, growth: float) -> None:
    z = normal(1, 10)
    recipe = Recipe(latent=Latent(vector=tuple(z[0].double().tolist())), growth=growth)
    raw = torch.from_numpy(Renderer(model, "cpu").raw(recipe))
    wanted = model.network.module(z, torch.tensor([[1.0, 0.0, 0.0]]), growth)[0]
    times = 16 // wanted.shape[-1]
    wanted = wanted.repeat_interleave(times, dim=1).repeat_interleave(times, dim=2)
    torch.testing.assert_close(raw, wanted)


def test_only_what_reaches_the_first_stage_runs_the_chain(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    assert len(renderer.render(Recipe()).stages_run) == 6
    for idle in (
        Recipe(psi=0.3),
        Recipe().with_psi_at(8, 1.4),
        Recipe(growth=3.5),
        Recipe().with_classes_at(8, ((1, 1.0),)),
    ):
        assert renderer.render(idle).stages_run == ()
    assert len(renderer.render(Recipe().with_classes_at(4, ((1, 1.0),))).stages_run) == 6
    assert (
        renderer.render(Recipe().with_classes_at(4, ((1, 1.0),)).with_gain(4, 0, 0.0)).stages_run[0]
        == "16x16/conv0"
    )


def test_previews_are_the_networks_own(model: Model) -> None:
    frame = Renderer(model, "cpu").render(Recipe(), previews=True)
    assert {side: preview.readout for side, preview in frame.previews.items()} == {
        4: "own", 8: "own", 16: "own",
    }  # fmt: skip


def test_readouts_are_fitted_as_for_every_architecture() -> None:
    model = tiny_model(small(label_size=3))
    assert fit_probes(model, samples=12)
    assert sorted(model.readouts) == [4, 8]
    frame = Renderer(model, "cpu").render(Recipe(), previews=True)
    assert frame.previews[8].readout == "fitted"


def test_an_unfinished_network_shows_what_it_has_reached() -> None:
    model = tiny_model(small(), growth=3.4)
    z = normal(1, 10)
    recipe = Recipe(latent=Latent(vector=tuple(z[0].double().tolist())))
    raw = torch.from_numpy(Renderer(model, "cpu").raw(recipe))
    torch.testing.assert_close(raw, model.network.module(z, None, 3.4)[0])


def test_a_recipe_of_a_stylegan_fits(model: Model) -> None:
    w = Recipe(latent=Latent(seed=5, vector=(1.0,) * 16, space="w"), psi=0.5, growth=4.0)
    with pytest.raises(RenderError):
        Renderer(model, "cpu").render(w)
    fitted = fit(w, model.capabilities)
    assert fitted.latent == Latent(5)
    Renderer(model, "cpu").render(fitted)


def test_a_model_file_brings_it_back(tmp_path: Path) -> None:
    config = small(label_size=3, fused=False, dense_bias="per pixel", slope=0.1, epsilon=1e-4)
    model = tiny_model(config)
    save_model(model, tmp_path / "progan.safetensors")
    again = load_model(tmp_path / "progan.safetensors")
    assert again.network.module.config == config
    pixels = [Renderer(each, "cpu").render(Recipe()).pixels for each in (model, again)]
    np.testing.assert_array_equal(*pixels)


@pytest.mark.parametrize(
    "wrong",
    [
        {"resolution": 2**30},
        {"resolution": 24},
        {"z_dim": 2**40},
        {"fmap_max": 2**40, "fmap_base": 2**60},
        {"fmap_base": 0},
        {"fmap_decay": -1e9},
        {"channel_list": [8] * 99},
        {"channel_list": [8, 2**40, 8, 8]},
        {"epsilon": "little"},
        {"slope": 1e30},
        {"unheard_of": 1},
        {"fused": False, "dense_bias": "per pixel"},
    ],
    ids=str,
)
def test_a_header_that_makes_no_sense_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    model = tiny_model(small())
    model.info = replace(model.info, config={**model.info.config, **wrong})
    save_model(model, tmp_path / "wrong.safetensors")
    with pytest.raises(CheckpointError, match="damaged"):
        load_model(tmp_path / "wrong.safetensors")
