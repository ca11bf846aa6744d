"""From a latent to styles to statistics: what is shown is what the network does, by plain formulas."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from ganlab_core.errors import RenderError
from ganlab_core.importers import open_model
from ganlab_core.inspection import (
    ChannelStyles,
    ClassPictures,
    CriticMaps,
    Inspector,
    MappingActivations,
    NoiseStrengths,
    SeeClasses,
    SeeCritic,
    SeeMapping,
    SeeNoiseStrengths,
    SeeSpectrum,
    SeeStyles,
    normalised_at,
    read_critic,
    styled_stages,
)
from ganlab_core.models import resolve
from ganlab_core.recipe import Latent, LayerNoise, Mix, Noise, Recipe
from ganlab_core.rendering import Renderer
from tests.every_model import MODELS


def go_on(_fraction: float) -> bool:
    return True


@pytest.fixture
def stylegan() -> Inspector:
    return Inspector(MODELS["stylegan"](), "cpu")


def test_each_layer_of_the_mapping_network_is_the_formula_of_its_paper() -> None:
    model = MODELS["stylegan"]()
    recipe = Recipe(latent=Latent(3), classes=((1, 1.0),))
    seen = Inspector(model, "cpu").answer(SeeMapping(recipe), go_on)
    assert isinstance(seen, MappingActivations)
    mapping = model.network.module.mapping
    z = torch.randn(1, model.capabilities.z_dim, generator=torch.Generator().manual_seed(3))
    x = torch.cat([z, torch.eye(3)[[1]] @ mapping.label_weight], dim=1)
    x = x / (x.square().mean(1, keepdim=True) + 1e-8).sqrt()
    wanted = [x]
    for layer in mapping.dense:
        x = layer(x)
        x = torch.where(x > 0, x, 0.2 * x)
        wanted.append(x)
    assert len(seen.layers) == len(wanted)
    for (_, values), one in zip(seen.layers, wanted, strict=True):
        np.testing.assert_allclose(values, one[0].detach().numpy(), rtol=1e-4, atol=1e-5)
    assert (np.diff(seen.shares) <= 1e-6).all()
    assert seen.cloud.std(0)[0] >= seen.cloud.std(0)[1]


def test_psi_pulls_the_place_in_w_to_the_centre(stylegan: Inspector) -> None:
    centre = stylegan.answer(SeeMapping(Recipe(Latent(3), psi=0.0)), go_on)
    half = stylegan.answer(SeeMapping(Recipe(Latent(3), psi=0.5)), go_on)
    assert isinstance(centre, MappingActivations)
    assert isinstance(half, MappingActivations)
    middle = (centre.truncated + half.place) / 2
    np.testing.assert_allclose(half.truncated, middle, rtol=1e-4, atol=1e-5)


EDITED = (
    Recipe(Latent(2)),
    Recipe(Latent(2), psi=0.4, noise=Noise("random", 5, 1.5)),
    Recipe(Latent(2), noise=Noise("off")).with_psi_at(8, 1.2),
    Recipe(Latent(2)).with_mix_at(8, Mix(Latent(9), 0.6)).with_noise_layer(2, LayerNoise(on=False)),
)


@pytest.mark.parametrize("recipe", EDITED)
@pytest.mark.parametrize("stage", [1, 2, 3])  # the constant has no deviation without noise
def test_adain_is_the_formula_whatever_is_on_the_desk(recipe: Recipe, stage: int) -> None:
    renderer = Renderer(MODELS["stylegan"](), "cpu")
    found = normalised_at(renderer, recipe, stage)
    x = found.before
    mean, deviation = x.mean((1, 2), keepdim=True), x.var((1, 2), correction=0, keepdim=True)
    wanted = found.scale[:, None, None] * (x - mean) / (deviation + 1e-8).sqrt()
    wanted = wanted + found.bias[:, None, None]
    torch.testing.assert_close(found.after, wanted, rtol=1e-3, atol=1e-4)
    shown = renderer.features(recipe, stage)
    np.testing.assert_allclose(found.after.numpy(), shown, rtol=1e-3, atol=1e-4)


def test_a_style_that_is_exchanged_gives_the_other_pictures_statistics(stylegan: Inspector) -> None:
    recipe = Recipe(Latent(2), psi=1.0)
    here = stylegan.answer(SeeStyles(recipe, 2, other=7), go_on)
    there = stylegan.answer(SeeStyles(replace(recipe, latent=Latent(7)), 2, other=2), go_on)
    mixed = stylegan.answer(SeeStyles(recipe.with_mix_layer(2, Mix(Latent(7))), 2), go_on)
    for one in (here, there, mixed):
        assert isinstance(one, ChannelStyles)
        assert one.kind == "AdaIN"
    np.testing.assert_allclose(mixed.channels[:, 2:4], there.channels[:, 2:4], rtol=1e-5)
    np.testing.assert_array_equal(here.pictures[0], there.pictures[1])
    np.testing.assert_array_equal(here.pictures[2], there.pictures[3])
    assert (here.pictures[2] != here.pictures[0]).any()


@pytest.mark.parametrize("name", ["biggan", "sagan"])
def test_class_norms_take_their_gain_from_the_class(name: str) -> None:
    model = MODELS[name]()
    stage = styled_stages(model.capabilities)[0]
    inspector = Inspector(model, "cpu")
    seen = [
        inspector.answer(SeeStyles(Recipe(Latent(1), classes=((c, 1.0),)), stage), go_on)
        for c in (0, 1)
    ]
    for one in seen:
        assert isinstance(one, ChannelStyles)
        assert one.kind == "conditional batch norm"
    assert not np.allclose(seen[0].channels[:, 2:4], seen[1].channels[:, 2:4])
    found = normalised_at(Renderer(model, "cpu"), Recipe(Latent(1), classes=((1, 1.0),)), stage)
    flat = found.after.flatten(1)
    x = found.before.flatten(1)
    slope = (flat[:, 1] - flat[:, 0]) / (x[:, 1] - x[:, 0])
    ratio = slope / found.scale  # 1 / deviation of the statistics: the same for every class
    other = normalised_at(Renderer(model, "cpu"), Recipe(Latent(1), classes=((0, 1.0),)), stage)
    flat, x = other.after.flatten(1), other.before.flatten(1)
    again = (flat[:, 1] - flat[:, 0]) / (x[:, 1] - x[:, 0]) / other.scale
    torch.testing.assert_close(ratio, again, rtol=1e-2, atol=1e-3)


def test_stages_that_normalise_nothing_say_so() -> None:
    inspector = Inspector(MODELS["progan"](), "cpu")
    with pytest.raises(RenderError, match="normalises nothing"):
        inspector.answer(SeeStyles(Recipe(), 1), go_on)
    with pytest.raises(RenderError, match="no mapping network"):
        inspector.answer(SeeMapping(Recipe()), go_on)
    with pytest.raises(RenderError, match="no noise"):
        inspector.answer(SeeNoiseStrengths(), go_on)


@pytest.mark.parametrize("name", ["stylegan", "stylegan2"])
def test_noise_strengths_are_the_learned_factors(name: str) -> None:
    model = MODELS[name]()
    seen = Inspector(model, "cpu").answer(SeeNoiseStrengths(), go_on)
    assert isinstance(seen, NoiseStrengths)
    layers = model.network.module.synthesis.layers
    assert len(seen.layers) == len(layers)
    for (_, _, values), layer in zip(seen.layers, layers, strict=True):
        factor = layer.noise_weight if name == "stylegan" else layer.noise_strength
        np.testing.assert_array_equal(values, factor.detach().reshape(-1).numpy())


def test_the_critics_blocks_are_looked_into_as_the_generators() -> None:
    model = open_model(resolve("adventurer"))
    inspector = Inspector(model, "cpu")
    seen = inspector.answer(SeeCritic(Recipe(Latent(5)), 1), go_on)
    assert isinstance(seen, CriticMaps)
    critic = read_critic(model.info)
    assert critic is not None
    raw = [Renderer(model, "cpu").raw(Recipe(Latent(seed))) for seed in (5, 0, 1, 2)]
    pictures = torch.from_numpy(np.stack(raw))
    assert seen.score == pytest.approx(float(critic.scores(pictures)[0]), abs=1e-4)
    features = critic.features(pictures)
    assert seen.blocks == tuple(tuple(one.shape[1:3]) for one in features)
    assert seen.maps is not None
    assert len(seen.maps.facts) == features[1].shape[1]
    np.testing.assert_allclose(
        seen.maps.facts[:, 0], features[1][0].mean((1, 2)).numpy(), atol=1e-4
    )


def test_one_latent_in_every_class_differs_by_the_class_alone() -> None:
    model = MODELS["cogan"]()
    seen = Inspector(model, "cpu").answer(SeeClasses(Recipe(Latent(4))), go_on)
    assert isinstance(seen, ClassPictures)
    assert [words for words, _ in seen.pictures] == ["red", "green", "blue"]
    renderer = Renderer(model, "cpu")
    for index, (_, pixels) in enumerate(seen.pictures):
        wanted = renderer.render(Recipe(Latent(4), classes=((index, 1.0),))).pixels
        np.testing.assert_array_equal(pixels, wanted)


def test_a_translating_network_shows_a_picture_there_and_back() -> None:
    model = MODELS["cyclegan"]()
    recipe = Recipe(Latent(4), classes=((1, 1.0),))
    seen = Inspector(model, "cpu").answer(SeeClasses(recipe), go_on)
    assert isinstance(seen, ClassPictures)
    assert [words for words, _ in seen.pictures] == ["of red", "as green", "back as red"]
    np.testing.assert_array_equal(seen.pictures[1][1], Renderer(model, "cpu").render(recipe).pixels)
    given, _, back = (pixels.astype(float) for _, pixels in seen.pictures)
    said = float(seen.told.split(" by ")[1].split(" of")[0])
    assert said == pytest.approx(np.abs(given - back).mean(), abs=0.6)


def test_the_plane_of_a_spectrum_has_the_means_of_its_circles(stylegan: Inspector) -> None:
    for window in ("hann", "none"):
        seen = stylegan.answer(SeeSpectrum(Recipe(), None, window), go_on)
        side = len(seen.plane)
        assert seen.plane[side // 2, side // 2 + 1] == pytest.approx(
            seen.plane[side // 2, side // 2 - 1], abs=1e-3
        )
        ring = [seen.plane[side // 2 + dy, side // 2 + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)
                if (dy, dx) != (0, 0)]  # fmt: skip
        assert np.mean(10.0 ** np.array(ring)) == pytest.approx(seen.power[1], rel=1e-3)


@pytest.mark.parametrize("name", MODELS)
def test_stages_that_are_offered_can_be_looked_into(name: str) -> None:
    model = MODELS[name]()
    renderer = Renderer(model, "cpu")
    recipe = Recipe(Latent(1), classes=((0, 1.0),))
    for stage in styled_stages(model.capabilities):
        found = normalised_at(renderer, recipe, stage)
        assert found.before.shape[0] == found.scale.shape[0] == found.bias.shape[0]


def test_another_thread_at_the_same_network_is_not_noted() -> None:
    model = MODELS["stylegan"]()
    ours, theirs = Recipe(Latent(2)), Recipe(Latent(9), psi=-1.0)
    wanted = normalised_at(Renderer(model, "cpu"), ours, 2)
    stop = threading.Event()

    def disturb() -> None:
        renderer = Renderer(model, "cpu")
        while not stop.is_set():
            normalised_at(renderer, theirs, 2)

    other = threading.Thread(target=disturb)
    other.start()
    try:
        found = [normalised_at(Renderer(model, "cpu"), ours, 2) for _ in range(30)]
    finally:
        stop.set()
        other.join()
    for one in found:
        torch.testing.assert_close(one.scale, wanted.scale)
        torch.testing.assert_close(one.after, wanted.after)
