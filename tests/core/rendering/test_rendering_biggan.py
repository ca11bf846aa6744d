"""BigGAN under Recipes: what reaches which stage, what is skipped, and what every resolution shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ganlab_core.models import Model
from ganlab_core.recipe import EditDirection, Latent, Mix, Recipe
from ganlab_core.rendering import Conditioner, Renderer, fit_probes
from ganlab_core.rendering.conditions import stage_inputs
from tests.biggan_models import Z_DIM, make_biggan, make_deep

MODELS = {
    "biggan": make_biggan(),
    "flat": make_biggan(hierarchical=False, shared=False),
    "biggan-deep": make_deep(),
}
ALL = pytest.mark.parametrize("name", MODELS)


@ALL
def test_a_picture_is_what_the_whole_network_gives(name: str) -> None:
    model = MODELS[name]
    recipe = Recipe(latent=Latent(4), psi=0.6, classes=((0, 0.5), (2, 1.0)), threshold=2.0)
    z = torch.randn(1, Z_DIM, generator=torch.Generator().manual_seed(4)).double()
    bound = torch.erf(torch.tensor(2.0**0.5, dtype=torch.float64))
    z = (torch.special.erfinv(torch.erf(z * 0.5**0.5) * bound) * 2.0**0.5).float()
    with torch.inference_mode():
        image = model.network.module(0.6 * z, torch.tensor([[0.5, 0.0, 1.0]]), 0.6)[0]
    torch.testing.assert_close(
        torch.from_numpy(Renderer(model, "cpu").raw(recipe)), image, atol=2e-4, rtol=0
    )


Edit = Callable[[Recipe], Recipe]
SIDES = st.sampled_from([4, 8, 16, 32])
PSIS = st.sampled_from([-0.5, 0.0, 0.3, 0.7, 1.0, 1.5])
LATENTS = st.integers(0, 3).map(Latent) | st.lists(
    st.floats(-2, 2, width=32), min_size=Z_DIM, max_size=Z_DIM
).map(lambda numbers: Latent(vector=tuple(numbers)))
MIXES = st.none() | st.builds(Mix, LATENTS, st.sampled_from([0.0, 0.4, 1.0]))
CLASSES = st.dictionaries(st.integers(0, 2), st.floats(-1, 2)).map(lambda d: tuple(d.items()))
PUSHES = st.builds(EditDirection, st.just((1.0,) + (0.0,) * (Z_DIM - 1)), PSIS, st.integers(0, 2))
EDITS: st.SearchStrategy[Edit] = st.one_of(
    LATENTS.map(lambda v: lambda r: replace(r, latent=v)),
    PSIS.map(lambda v: lambda r: replace(r, psi=v)),
    st.tuples(SIDES, st.none() | PSIS).map(lambda v: lambda r: r.with_psi_at(*v)),
    st.tuples(SIDES, MIXES).map(lambda v: lambda r: r.with_mix_at(*v)),
    st.tuples(st.integers(0, 3), MIXES).map(lambda v: lambda r: r.with_mix_layer(*v)),
    CLASSES.map(lambda v: lambda r: replace(r, classes=v)),
    st.tuples(SIDES, CLASSES).map(lambda v: lambda r: replace(r, classes_at=(v,))),
    st.sampled_from([None, 0.5, 2.0]).map(lambda v: lambda r: replace(r, threshold=v)),
    st.sampled_from([0.0, 1.0, 3.0]).map(lambda v: lambda r: replace(r, attention=v)),
    st.tuples(st.integers(0, 6), st.integers(0, 9), PSIS).map(lambda v: lambda r: r.with_gain(*v)),
    PUSHES.map(lambda v: lambda r: replace(r, pushes=(v,))),
    (st.none() | st.integers(0, 5)).map(lambda v: lambda r: replace(r, cutoff=v)),
)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(sorted(MODELS)), edits=st.lists(EDITS, min_size=1, max_size=6))
def test_pixels_with_the_cache_equal_pixels_without(name: str, edits: list[Edit]) -> None:
    kept, recipe = Renderer(MODELS[name], "cpu"), Recipe()
    for edit in edits:
        recipe = edit(recipe)
        np.testing.assert_array_equal(kept.raw(recipe), Renderer(MODELS[name], "cpu").raw(recipe))


def ran(model: Model, before: Recipe, after: Recipe) -> tuple[str, ...]:
    renderer = Renderer(model, "cpu")
    renderer.render(before)
    return renderer.render(after).stages_run


def test_a_class_of_its_own_for_one_resolution_runs_from_there() -> None:
    recipe = Recipe(classes=((0, 1.0),))
    fine = replace(recipe, classes_at=((32, ((2, 1.0),)),))
    assert ran(MODELS["biggan"], recipe, fine) == ("32x32/block", "32x32/output")
    assert ran(MODELS["biggan-deep"], recipe, fine) == ("32x32/block5", "32x32/output")


def test_another_z_for_one_block_runs_from_there() -> None:
    recipe = Recipe()
    assert ran(MODELS["biggan"], recipe, recipe.with_mix_at(32, Mix(Latent(9)))) == (
        "32x32/block", "32x32/output"
    )  # fmt: skip
    # the third part of z, by the paper's counting, belongs to the second block
    assert ran(MODELS["biggan"], recipe, recipe.with_mix_layer(2, Mix(Latent(9))))[0] == (
        "16x16/block"
    )
    flat = ran(MODELS["flat"], recipe, recipe.with_mix_at(4, Mix(Latent(9))))
    assert flat[0] == "4x4/linear"


def test_the_class_does_not_touch_the_first_features_of_biggan() -> None:
    recipe, other = Recipe(classes=((0, 1.0),)), Recipe(classes=((1, 1.0),))
    assert ran(MODELS["biggan"], recipe, other)[0] == "8x8/block"
    assert ran(MODELS["biggan-deep"], recipe, other)[0] == "4x4/linear"


def test_attention_runs_from_itself_on() -> None:
    recipe = Recipe()
    assert ran(MODELS["biggan"], recipe, replace(recipe, attention=2.0)) == (
        "16x16/attention", "32x32/block", "32x32/output"
    )  # fmt: skip


@ALL
def test_attention_can_be_turned_up_and_off(name: str) -> None:
    renderer = Renderer(MODELS[name], "cpu")
    stage = renderer.model.network.stage_names.index("16x16/attention")
    before = renderer.features(Recipe(), stage - 1)
    once, thrice, off = (
        renderer.features(Recipe(attention=factor), stage) for factor in (1.0, 3.0, 0.0)
    )
    np.testing.assert_array_equal(off, before)
    assert np.abs(once - before).max() > 1e-3
    np.testing.assert_allclose(thrice - before, 3.0 * (once - before), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("name", ["flat", "biggan-deep"])
def test_psi_reaches_every_stage_with_statistics(name: str) -> None:
    can = MODELS[name].capabilities
    chain = zip(can.layers, stage_inputs(Recipe(psi=0.3), can), strict=True)
    told = {layer.name.partition("/")[2][:5]: inputs.psi for layer, inputs in chain}
    assert told == {"linea": 0.3, "block": 0.3, "atten": 1.0, "outpu": 0.3}
    one = make_biggan(hierarchical=False, n_stats=1).capabilities
    assert [inputs.psi for inputs in stage_inputs(Recipe(psi=0.3), one)] == [0.3, 1, 1, 1, 1, 1]


def test_one_resolutions_psi_chooses_its_statistics_alone() -> None:
    """With z at 0 only the statistics can change the picture."""
    model = MODELS["biggan-deep"]
    still = Recipe(latent=Latent(vector=(0.0,) * Z_DIM), psi=1.0)
    renderer = Renderer(model, "cpu")
    whole = renderer.raw(still)
    frame = renderer.render(still.with_psi_at(32, 0.5))
    assert frame.stages_run == ("32x32/block5", "32x32/output")
    assert not np.array_equal(renderer.raw(still.with_psi_at(32, 0.5)), whole)


def test_a_cut_of_z_narrows_the_statistics_of_all_stages_alike() -> None:
    can = MODELS["flat"].capabilities
    chain = stage_inputs(Recipe(psi=1.0, threshold=0.5), can)
    assert [inputs.threshold for inputs in chain] == [0.5, 0.5, 0.5, None, 0.5, 0.5]
    conditioner = Conditioner(MODELS["flat"], torch.device("cpu"))
    told = [conditioner.condition(stage, inputs).truncation for stage, inputs in enumerate(chain)]
    assert told[1] == told[2] == told[4] == told[5]
    assert 0.2 < told[1] < 0.5  # the deviation of a normal cut at 0.5 over that of one cut at 2
    given_z = Recipe(latent=Latent(vector=(1.0,) * Z_DIM), threshold=0.5)
    assert [inputs.threshold for inputs in stage_inputs(given_z, can)][1:] == [None] * 5


@ALL
def test_every_resolution_shows_its_picture_once_read_outs_are_fitted(name: str) -> None:
    model = replace(MODELS[name], readouts={})
    renderer = Renderer(model, "cpu")
    assert set(renderer.render(Recipe(), previews=True).previews) == {32}
    assert fit_probes(model, samples=6)
    frame = renderer.render(Recipe(psi=0.8), previews=True)
    assert {side: preview.readout for side, preview in frame.previews.items()} == {
        4: "fitted", 8: "fitted", 16: "fitted", 32: "own"
    }  # fmt: skip
    for side, preview in frame.previews.items():
        assert preview.pixels.shape == (side, side, 3)
        assert len(np.unique(preview.pixels)) > 3


@ALL
def test_bf16_is_close(name: str) -> None:
    fine, coarse = (Renderer(MODELS[name], "cpu", kind) for kind in ("fp32", "bf16"))
    assert np.abs(fine.raw(Recipe()) - coarse.raw(Recipe())).mean() < 0.1


@ALL
def test_what_it_can_do_is_told(name: str) -> None:
    can = MODELS[name].capabilities
    assert (can.has_w, can.has_noise, can.has_growth) == (False, False, False)
    assert can.has_attention
    assert can.has_truncation
    assert can.has_mixing
    assert (can.threshold, can.direction_dim, can.z_dim) == (2.0, Z_DIM, Z_DIM)
    assert can.style_count == {"biggan": 4, "flat": 1, "biggan-deep": 7}[name]
    widths = [
        Renderer(MODELS[name], "cpu").features(Recipe(), layer.index).shape for layer in can.layers
    ]
    assert widths == [(layer.channels, layer.resolution, layer.resolution) for layer in can.layers]


@pytest.mark.parametrize(
    ("rounding", "bytes_"),
    [
        ("nearest", [0, 0, 128, 191, 255, 255]),
        ("truncated", [0, 0, 127, 191, 254, 255]),
        ("truncated-256", [0, 0, 128, 192, 255, 255]),
    ],
)
def test_bytes_are_rounded_as_the_project_does(rounding: str, bytes_: list[int]) -> None:
    image = torch.tensor([-1.5, -1.0, 0.0, 0.5, 0.9999, 1.0])
    got = make_biggan(rounding=rounding).network.to_uint8(image)
    assert got.tolist() == bytes_
