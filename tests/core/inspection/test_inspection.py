"""Looking inside: planted directions are found, maps are what they say, timings add up."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganlab_core.errors import RenderError
from ganlab_core.importers import open_model
from ganlab_core.inspection import Direction, DirectionSet, load_directions, save_directions
from ganlab_core.inspection.directions import DirectionsError, directions_from_json
from ganlab_core.inspection.inspector import (
    attention_map,
    attention_stages,
    channel_effects,
    factor_directions,
    map_facts,
    map_pictures,
    network_map,
    noise_deviation,
    power_spectrum,
    principal_directions,
)
from ganlab_core.models import Model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from tests.hostile import GOLDEN


def cosine(vector: tuple[float, ...], other: torch.Tensor) -> float:
    mine = torch.tensor(vector, dtype=torch.float64)
    return float(abs(mine @ other.double()) / mine.norm() / other.double().norm())


def test_principal_directions_find_a_planted_factor(model: Model) -> None:
    """One direction of W is stretched twentyfold, so it must be the first component."""
    planted = torch.nn.functional.normalize(torch.linspace(-1, 2, 16), dim=0)
    mapping = model.network.map

    class Stretched:
        def __getattr__(self, name: str) -> object:
            return getattr(network, name)

        def map(self, z: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
            w = mapping(z, labels)
            return w + 20.0 * (z[:, :1] * w.std()) * planted

    network, model.network = model.network, Stretched()
    found = principal_directions(model, count=3, samples=512)
    assert found is not None
    assert cosine(found.directions[0].vector, planted) > 0.99
    assert found.directions[0].share > 0.9


def test_a_component_is_one_deviation_long(model: Model) -> None:
    found = principal_directions(model, count=2, samples=512)
    assert found is not None
    z = torch.cat(
        [torch.randn(1, 16, generator=torch.Generator().manual_seed(s)) for s in range(512)]
    )
    w = model.network.map(z, None).double()
    first = torch.tensor(found.directions[0].vector, dtype=torch.float64)
    along = (w - w.mean(0)) @ (first / first.norm())
    assert float(along.std()) == pytest.approx(float(first.norm()), rel=1e-3)


def test_factors_find_the_direction_a_layer_listens_to(model: Model) -> None:
    style = model.network.module.synthesis.layers[2].style.weight
    planted = torch.nn.functional.normalize(torch.linspace(1, -3, 16), dim=0)
    with torch.no_grad():
        style.copy_(torch.outer(torch.linspace(-1, 1, style.shape[0]), planted))
    found = factor_directions(model, 2, 2)
    assert cosine(found.directions[0].vector, planted) > 0.999
    assert (found.directions[0].first, found.directions[0].last) == (2, 2)


def test_a_search_can_be_stopped(model: Model) -> None:
    assert principal_directions(model, samples=512, progress=lambda done: False) is None


@given(
    st.builds(
        Direction,
        st.text(max_size=8),
        st.lists(st.floats(-1e6, 1e6), max_size=4).map(tuple),
        st.floats(0, 1),
        st.integers(0, 64),
        st.integers(0, 64),
    )
)
def test_directions_survive_json(direction: Direction) -> None:
    found = DirectionSet("0" * 32, "pca", (direction,))
    assert directions_from_json(found.to_json()) == found


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"ganlab_directions": 2}', '{"ganlab_directions": 1, "kind": "magic"}',
     '{"ganlab_directions": 1, "directions": [{"vector": [1e999]}]}',
     '{"ganlab_directions": 1, "directions": [{"first": -1}]}', "[" * 100_000],
)  # fmt: skip
def test_other_files_are_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(DirectionsError) as refused:
        directions_from_json(text)
    assert refused.value.what.endswith(".")


def test_directions_are_kept_in_a_file(tmp_path: Path) -> None:
    found = DirectionSet("f", "pca", (Direction("smile", (1.0, 2.0)),)).renamed(0, "grin")
    save_directions(found, tmp_path / "mine.json")
    assert load_directions(tmp_path / "mine.json") == found
    assert json.loads((tmp_path / "mine.json").read_text())["directions"][0]["name"] == "grin"


def test_maps_become_pictures_from_black_to_white() -> None:
    features = np.stack([np.arange(16.0).reshape(4, 4), np.zeros((4, 4))]).astype(np.float32)
    pictures = map_pictures(features)
    assert (pictures[0].min(), pictures[0].max()) == (0, 255)
    assert not pictures[1].any()
    np.testing.assert_allclose(map_facts(features)[0], [7.5, np.arange(16).std(), 15], rtol=1e-6)


def test_a_map_nothing_reads_has_no_effect(model: Model) -> None:
    reader = model.network.module.synthesis.layers[3].conv.weight
    with torch.no_grad():
        reader[:, 5] = 0.0
    effects = channel_effects(Renderer(model, "cpu"), Recipe(), 2, reader.shape[1])
    assert effects is not None
    assert effects[5] == 0.0
    assert effects.max() > 0.0


def test_noise_decides_nothing_where_its_strength_is_zero(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    assert noise_deviation(renderer, Recipe(latent=Latent(1)), 4).max() > 0
    with torch.no_grad():
        for layer in model.network.module.synthesis.layers:
            layer.noise_weight.zero_()
    renderer.forget()
    assert noise_deviation(renderer, Recipe(latent=Latent(1)), 4).max() == 0


def test_a_wave_peaks_at_its_frequency() -> None:
    x = np.arange(64)
    wave = np.rint(127 + 100 * np.sin(2 * np.pi * 9 * x / 64)).astype(np.uint8)
    grey = np.broadcast_to(wave[None, :], (64, 64)).copy()
    assert int(power_spectrum(grey).argmax()) == 9


def test_the_map_of_the_network_tells_every_stage(model: Model) -> None:
    facts = network_map(model, Recipe())
    assert [one.name for one in facts] == list(model.network.stage_names)
    assert facts[-1].shape[1:] == (16, 16)
    assert all(one.milliseconds > 0 and one.dtype == "float32" for one in facts)


@pytest.mark.parametrize("folder", ["biggan_ajbrock_32_unshared", "biggandeep_ajbrock_32"])
def test_factors_of_a_biggan_live_in_z(folder: str) -> None:
    model = open_model(GOLDEN / folder / "G_ema.pth")
    found = factor_directions(model, 0, 64)
    assert len(found.directions[0].vector) == model.capabilities.z_dim


def test_attention_rows_sum_to_one_and_match_a_naive_computation() -> None:
    model = open_model(GOLDEN / "biggandeep_ajbrock_32" / "G_ema.pth")
    (stage,) = attention_stages(model)
    renderer = Renderer(model, "cpu")
    table = attention_map(renderer, Recipe(), stage)
    np.testing.assert_allclose(table.sum(axis=(2, 3)), 1.0, atol=1e-5)
    x = torch.from_numpy(renderer.features(Recipe(), stage - 1))
    layer = next(iter(model.network.module.attention.values()))
    query, key = (conv.normal_weight().detach()[:, :, 0, 0] for conv in (layer.theta, layer.phi))
    queries = torch.einsum("kc,chw->khw", query, x)
    keys = torch.einsum("kc,chw->khw", key, x).unfold(1, 2, 2).unfold(2, 2, 2).amax(dim=(3, 4))
    scores = torch.einsum("k,khw->hw", queries[:, 3, 5], keys).double()
    naive = scores.exp() / scores.exp().sum()
    np.testing.assert_allclose(table[3, 5], naive.numpy(), atol=1e-6)


def test_only_attention_has_an_attention_map(model: Model) -> None:
    with pytest.raises(RenderError):
        attention_map(Renderer(model, "cpu"), Recipe(), 1)
