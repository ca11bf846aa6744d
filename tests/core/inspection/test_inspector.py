"""Every question is answered in plain data that agrees with the renderer, for every architecture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ganlab_core.errors import RenderError
from ganlab_core.importers import open_model
from ganlab_core.inspection import (
    AskCritic,
    AttentionHeat,
    CompareNoise,
    CriticReport,
    Direction,
    DirectionSet,
    Effects,
    FindDirections,
    Inspector,
    LayerDifferences,
    LearnDirection,
    LeaveOut,
    MapNetwork,
    Maps,
    MeasureEffects,
    NetworkFacts,
    NoiseComparison,
    PsiStrip,
    SeeAttention,
    SeeMaps,
    SeeSpectrum,
    Spectrum,
    TryPsis,
    check_fits,
    keep_directions,
    kept_directions,
    named_directions,
)
from ganlab_core.inspection.directions import DirectionsError
from ganlab_core.inspection.inspector import (
    attention_gamma,
    attention_map,
    attention_stages,
    map_facts,
    power_spectrum,
    principal_directions,
    signed_pictures,
    small_maps,
)
from ganlab_core.models import DIRECTIONS, Model, resolve
from ganlab_core.recipe import Latent, LayerNoise, Recipe
from ganlab_core.rendering import Renderer
from tests.hostile import GOLDEN
from tests.stylegan2_models import model as stylegan2

FILES = {
    "biggan": GOLDEN / "biggan_ajbrock_32_unshared" / "G_ema.pth",
    "biggan-deep": GOLDEN / "biggandeep_ajbrock_32" / "G_ema.pth",
    "progan": GOLDEN / "progan_tf_32_fused_cond" / "network.pkl",
    "stylegan": GOLDEN / "stylegan_tf_64" / "network.pkl",
}


def on(_fraction: float) -> bool:
    return True


@pytest.fixture(params=[*FILES, "stylegan2"])
def published(request: pytest.FixtureRequest) -> Model:
    return stylegan2() if request.param == "stylegan2" else open_model(FILES[request.param])


def test_a_map_is_seen_as_it_is_without_its_own_gain(model: Model) -> None:
    recipe = Recipe(latent=Latent(3)).with_gain(2, 5, 0.0)
    seen = Inspector(model, "cpu").answer(SeeMaps(recipe, 2, large=5), on)
    plain = Renderer(model, "cpu").features(Recipe(latent=Latent(3)), 2)
    assert isinstance(seen, Maps)
    np.testing.assert_allclose(seen.facts, map_facts(plain), rtol=1e-5, atol=1e-6)
    assert seen.large is not None
    assert seen.large[0].shape == plain.shape[1:]
    assert seen.grey.shape == plain.shape


def test_zero_is_in_the_middle_of_a_signed_map() -> None:
    features = np.array([[[0.0, -2.0], [1.0, 2.0]]], np.float32)
    assert signed_pictures(features)[0].tolist() == [[128, 1], [192, 255]]


def test_large_maps_are_made_small_by_means() -> None:
    features = np.arange(128 * 128, dtype=np.float32).reshape(1, 128, 128)
    small = small_maps(features)
    assert small.shape == (1, 64, 64)
    assert small[0, 0, 0] == features[0, :2, :2].mean()


def test_every_architecture_tells_what_its_stages_cost(published: Model) -> None:
    found = Inspector(published, "cpu").answer(MapNetwork(Recipe()), on)
    assert isinstance(found, NetworkFacts)
    assert [one.name for one in found.stages] == list(published.network.stage_names)
    counted = sum(one.parameters for one in found.stages)
    assert all(one.parameters >= 0 for one in found.stages)
    assert 0 < counted <= found.parameters
    assert counted > 0.3 * found.parameters


def test_a_stage_counts_its_own_weights_only(model: Model) -> None:
    found = Inspector(model, "cpu").answer(MapNetwork(Recipe()), on)
    assert isinstance(found, NetworkFacts)
    synthesis = sum(p.numel() for p in model.network.module.synthesis.layers.parameters())
    readers = sum(p.numel() for p in model.network.module.synthesis.parameters()) - synthesis
    counted = sum(one.parameters for one in found.stages)
    assert synthesis <= counted <= synthesis + readers


def test_every_architecture_has_directions_that_render(published: Model) -> None:
    found = Inspector(published, "cpu").answer(FindDirections("factors"), on)
    assert isinstance(found, DirectionSet)
    renderer = Renderer(published, "cpu")
    edited_along = replace(Recipe(), pushes=(found.directions[0].edit(5.0),))
    assert (renderer.render(edited_along).pixels != renderer.render(Recipe()).pixels).any()
    assert check_fits(found, published.info.fingerprint, published.capabilities) == ""


def test_components_of_features_are_the_singular_vectors(published: Model) -> None:
    """Those of a model without W come from features; their shares are sorted and sum to at most 1."""
    found = principal_directions(published, count=6, samples=24)
    assert found is not None
    assert found.kind == ("pca" if published.capabilities.has_w else "features")
    shares = [one.share for one in found.directions]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1 + 1e-9


def test_effects_leave_the_stage_s_own_gains_out(model: Model) -> None:
    inspector = Inspector(model, "cpu")
    edited = inspector.answer(MeasureEffects(Recipe().with_gain(3, 1, 0.0), 3), on)
    plain = inspector.answer(MeasureEffects(Recipe(), 3), on)
    assert isinstance(edited, Effects)
    assert isinstance(plain, Effects)
    np.testing.assert_array_equal(edited.values, plain.values)
    assert plain.values[1] > 0


def test_a_measurement_can_be_stopped(model: Model) -> None:
    inspector = Inspector(model, "cpu")
    for question in (
        MeasureEffects(Recipe(), 3),
        CompareNoise(Recipe()),
        LeaveOut(Recipe()),
        TryPsis(Recipe()),
        MapNetwork(Recipe()),
        FindDirections("components"),
    ):
        assert inspector.answer(question, lambda _fraction: False) is None  # fmt: skip


def test_the_heat_is_a_row_of_the_attention_table() -> None:
    model = open_model(FILES["biggan-deep"])
    (stage,) = attention_stages(model)
    recipe = Recipe(latent=Latent(2))
    seen = Inspector(model, "cpu").answer(SeeAttention(recipe, stage, 0.3, 0.8), on)
    assert isinstance(seen, AttentionHeat)
    table = attention_map(Renderer(model, "cpu"), recipe, stage)
    row = table[int(0.3 * len(table)), int(0.8 * len(table))]
    assert seen.peak == pytest.approx(float(row.max()))
    np.testing.assert_allclose(seen.heat / 255 * seen.peak, row, atol=seen.peak / 500)
    layer = next(iter(model.network.module.attention.values()))
    assert attention_gamma(model, stage) == seen.gamma == float(layer.gamma)


def test_noise_is_compared_with_its_absence(model: Model) -> None:
    seen = Inspector(model, "cpu").answer(CompareNoise(Recipe(), draws=4), on)
    assert isinstance(seen, NoiseComparison)
    assert seen.change > 0
    change = np.abs(seen.with_noise.astype(float) - seen.without_noise)
    np.testing.assert_array_equal(seen.difference, np.minimum(change * seen.gain, 255))
    assert seen.deviation.max() == 255


def test_leaving_out_noise_is_switching_it_off(model: Model) -> None:
    seen = Inspector(model, "cpu").answer(LeaveOut(Recipe(latent=Latent(1)), "noise"), on)
    assert isinstance(seen, LayerDifferences)
    assert [one.layer for one in seen.layers] == list(range(len(model.capabilities.layers)))
    renderer = Renderer(model, "cpu")
    recipe = Recipe(latent=Latent(1)).with_noise_layer(2, LayerNoise(on=False))
    np.testing.assert_array_equal(seen.layers[2].without, renderer.render(recipe).pixels)


def test_leaving_out_every_style_is_the_average_picture(published: Model) -> None:
    """Layer by layer each style may be the mean's; where styles are mixed, one of them changes much."""
    seen = Inspector(published, "cpu").answer(LeaveOut(Recipe(latent=Latent(5)), "style"), on)
    assert isinstance(seen, LayerDifferences)
    assert bool(seen.layers) == published.capabilities.has_mixing
    assert not seen.layers or max(one.change for one in seen.layers) > 0


def test_the_distance_from_the_centre_grows_with_psi(published: Model) -> None:
    seen = Inspector(published, "cpu").answer(TryPsis(Recipe(latent=Latent(5))), on)
    assert isinstance(seen, PsiStrip)
    distances = [one.distance for one in seen.pictures]
    assert distances[0] == 0.0
    assert distances == sorted(distances)
    by_psi = {one.psi: one.distance for one in seen.pictures}
    assert by_psi[1.0] == pytest.approx(2.5 * by_psi[0.4])


def test_a_spectrum_reaches_half_the_resolution(published: Model) -> None:
    seen = Inspector(published, "cpu").answer(SeeSpectrum(Recipe()), on)
    assert isinstance(seen, Spectrum)
    assert len(seen.power) == published.capabilities.resolution // 2 + 1


def test_a_stages_spectrum_is_the_mean_of_its_feature_maps(model: Model) -> None:
    stage = 1
    maps = Renderer(model, "cpu").features(Recipe(), stage)
    seen = Inspector(model, "cpu").answer(SeeSpectrum(Recipe(), stage), on)
    assert isinstance(seen, Spectrum)
    np.testing.assert_allclose(seen.power, sum(map(power_spectrum, maps)) / len(maps), rtol=1e-9)


def test_looking_inside_leaves_the_canvas_what_it_knows(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    renderer.render(Recipe())
    Inspector(model, "cpu").answer(MeasureEffects(Recipe(), 1), on)
    assert renderer.render(Recipe()).stages_run == ()


# --- whose directions they are -----------------------------------------------------------------------


def directions(size: int, kind: str = "pca", fingerprint: str = "a1") -> DirectionSet:
    return DirectionSet(fingerprint, kind, (Direction("one", (1.0,) * size),))


def test_directions_of_another_length_are_refused(model: Model) -> None:
    with pytest.raises(DirectionsError, match="have 7 numbers, this model's W has 16"):
        check_fits(directions(7), "b2", model.capabilities)


def test_directions_of_z_are_no_directions_of_w(model: Model) -> None:
    with pytest.raises(DirectionsError, match="live in z"):
        check_fits(directions(16, "features"), "b2", model.capabilities)


def test_directions_of_another_model_are_used_with_a_word(model: Model) -> None:
    assert check_fits(directions(16), "a1", model.capabilities) == ""
    assert "another model" in check_fits(directions(16), "b2", model.capabilities)


def test_directions_are_kept_by_fingerprint(home: Path) -> None:
    found = directions(16).renamed(0, "smile").reaching(0, 1, 3)
    assert keep_directions(found) is not None
    assert kept_directions("a1") == found
    assert kept_directions("b2") is None
    assert keep_directions(replace(found, fingerprint="../escape")) is None


def test_a_model_comes_with_named_directions(model: Model) -> None:
    found = replace(directions(16), fingerprint=model.info.fingerprint, kind="labels")
    kept = [one.to_data() for one in found.directions]
    info = replace(model.info, provenance={DIRECTIONS: [{"vector": "none"}, *kept, 7]})
    assert named_directions(info) == found
    assert named_directions(replace(info, provenance={DIRECTIONS: "none"})) is None
    assert named_directions(replace(info, provenance={})) is None


def test_a_damaged_cache_is_as_none(home: Path) -> None:
    path = keep_directions(directions(16))
    assert path is not None
    path.write_text("{")
    assert kept_directions("a1") is None


def test_equal_models_give_equal_directions(model: Model) -> None:
    torch.manual_seed(7)
    first = principal_directions(model, count=3, samples=300)
    torch.manual_seed(8)
    assert principal_directions(model, count=3, samples=300) == first


def test_labelled_pictures_give_a_direction_of_their_model() -> None:
    model = open_model(FILES["stylegan"])
    liked, others = ((Recipe(Latent(s)), Recipe(Latent(s + 1))) for s in (1, 5))
    found = Inspector(model, "cpu").answer(LearnDirection(liked, others, "mine"), lambda _: True)
    assert isinstance(found, DirectionSet)
    assert (found.kind, found.fingerprint) == ("labels", model.info.fingerprint)
    assert [one.name for one in found.directions] == ["mine"]
    assert check_fits(found, model.info.fingerprint, model.capabilities) == ""


def test_the_critic_in_a_models_file_is_asked_and_a_missing_one_is_told() -> None:
    model = open_model(resolve("garments"))
    told: list[float] = []
    report = Inspector(model, "cpu").answer(
        AskCritic(Recipe(classes=((2, 1.0),))), lambda share: told.append(share) or True
    )
    assert isinstance(report, CriticReport)
    assert report.fakes.shape == (32,)
    assert 0.0 <= report.rank <= 1.0
    assert report.heat.shape == (32, 32)
    assert told[-1] == 1.0
    with pytest.raises(RenderError, match="no discriminator"):
        Inspector(open_model(FILES["progan"]), "cpu").answer(AskCritic(Recipe()), lambda _: True)
