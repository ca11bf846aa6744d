"""Prepared networks against the networks as their papers read: equal within float tolerance."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from ganlab_core.models import Model
from ganlab_core.networks import Condition, blurred_sum
from ganlab_core.prepared import StageMaps, prepared, with_gains
from ganlab_core.prepared.passes import (
    add_doubled_,
    add_noise_,
    blur_kernel,
    blurred,
    channels_last,
    instance_norm_,
    pixel_norm_,
    scale_,
    scaled,
)
from ganlab_core.recipe import Recipe
from ganlab_core.rendering import Conditioner, stage_inputs
from ganlab_core.speed import published_size
from tests import stylegan2_models
from tests.every_model import MODELS, edits
from tests.stylegan_models import tiny_stylegan
from tests.tiny_progan import small, tiny_model

NETWORKS: dict[str, Callable[[], Model]] = {
    **MODELS,
    "stylegan at 128 px, fused": lambda: tiny_stylegan(128),
    "progan unfused": lambda: tiny_model(small(16, fused=False)),
    "progan plain": lambda: tiny_model(small(16, normalize_features=False, slope=0.0)),
    "progan per pixel": lambda: tiny_model(small(16, dense_bias="per pixel")),
}
LARGEST = 2e-5
"""Of the features' largest value."""

STEEP = 2e-3
"""The same where rounding is drawn out: a flat constant without noise is divided by nearly nothing, and
random attention and tanh decide hard."""


def conditions(model: Model, recipe: Recipe) -> list[Condition]:
    conditioner = Conditioner(model, torch.device("cpu"))
    inputs = stage_inputs(recipe, model.capabilities)
    return [conditioner.condition(stage, one) for stage, one in enumerate(inputs)]


def apart(one: Tensor, other: Tensor) -> float:
    """Largest difference over largest value."""
    return float((one.float() - other).abs().max() / other.abs().max().clamp(min=1e-3))


def furthest(model: Model, recipe: Recipe, dtype: torch.dtype = torch.float32) -> float:
    """The largest difference of any stage or read-out along a whole frame."""
    network, can = model.network, model.capabilities
    network.module.eval()
    stages, maps, features, found = prepared(network, dtype), None, None, [0.0]
    with torch.inference_mode():
        for layer, condition in zip(can.layers, conditions(model, recipe), strict=True):
            maps = stages.run(layer.index, maps, condition)
            features = network.run_stage(layer.index, features, condition)
            found.append(apart(maps.whole, features))
        assert maps is not None
        assert features is not None
        image = stages.read(can.resolution, maps)
        found.append(apart(image, network.to_rgb(can.resolution, features)))
    return max(found)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_prepared_network_gives_what_the_plain_one_gives(name: str) -> None:
    model = NETWORKS[name]()
    assert furthest(model, Recipe()) < (STEEP if "biggan" in name else LARGEST)
    for name, recipe in edits(model.capabilities).items():
        if name not in ("extent", "across"):  # which only prepared networks know
            assert furthest(model, recipe) < STEEP


@pytest.mark.parametrize(
    "name", ["stylegan-64", "stylegan2-64", "progan-64", "biggan-32", "biggan-deep-32"]
)
def test_so_it_does_at_published_widths(name: str) -> None:
    """Where kernels outweigh features and where they do not, other ways are taken."""
    model = published_size(name)
    assert furthest(model, Recipe()) < STEEP


@pytest.mark.parametrize("name", ["progan", "stylegan", "stylegan2", "biggan-deep"])
def test_bfloat16_is_near(name: str) -> None:
    model = MODELS[name]()
    assert 1e-4 < furthest(model, Recipe(), torch.bfloat16) < 0.2


@pytest.mark.parametrize("name", MODELS)
def test_a_stage_leaves_what_it_is_given_alone(name: str) -> None:
    """The cache keeps it, and the next edit begins from there."""
    model = MODELS[name]()
    stages, maps = prepared(model.network), None
    with torch.inference_mode():
        for layer, condition in zip(
            model.capabilities.layers, conditions(model, Recipe()), strict=True
        ):
            before = None if maps is None else maps.whole.clone()
            after = stages.run(layer.index, maps, condition)
            if maps is not None:
                assert torch.equal(maps.whole, before)
                assert maps.image is None or torch.equal(maps.image, before[:, -3:])
            assert torch.equal(stages.run(layer.index, maps, condition).whole, after.whole)
            maps = after


def features(channels: int = 6, side: int = 8, dtype: torch.dtype = torch.float32) -> Tensor:
    drawn = torch.randn(1, channels, side, side, generator=torch.Generator().manual_seed(channels))
    return channels_last(drawn.to(dtype))


@pytest.mark.parametrize("channels", [1, 3, 16, 64, 65])
def test_passes_do_what_they_say(channels: int) -> None:
    x, other = features(channels), features(channels, 16)
    scale, shift = torch.rand(channels) + 0.5, torch.randn(channels)
    noise = torch.randn(1, 1, 8, 8)
    wanted = x * scale[:, None, None] + shift[:, None, None]
    torch.testing.assert_close(scaled(x, scale, shift), wanted)
    torch.testing.assert_close(scale_(x.clone(), scale, shift), wanted)
    torch.testing.assert_close(
        add_noise_(x.clone(), noise, scale), x + noise * scale[:, None, None]
    )
    variance, mean = torch.var_mean(x, dim=(2, 3), keepdim=True, correction=0)
    wanted = (x - mean) * torch.rsqrt(variance + 1e-8) * scale[:, None, None] + shift[:, None, None]
    torch.testing.assert_close(instance_norm_(x.clone(), scale, shift, 1e-8), wanted)
    wanted = x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)
    torch.testing.assert_close(pixel_norm_(x.clone(), 1e-8), wanted)
    half = pixel_norm_(x.bfloat16(), 1e-8).float()
    torch.testing.assert_close(half, wanted, atol=0.02, rtol=0.01)
    doubled = other + torch.nn.functional.interpolate(x, scale_factor=2.0)
    torch.testing.assert_close(add_doubled_(other.clone(), x), doubled)


def test_passes_take_features_in_any_order() -> None:
    x = features().contiguous()
    scale, shift = torch.rand(6), torch.randn(6)
    wanted = x * scale[:, None, None] + shift[:, None, None]
    torch.testing.assert_close(scaled(x, scale, shift), wanted)
    torch.testing.assert_close(scale_(x, scale, shift), wanted)


def test_the_blur_of_a_gpu_is_the_blur() -> None:
    x, bias = features(), torch.randn(6)
    plain = blurred(x, blur_kernel(6, x), bias)
    torch.testing.assert_close(blurred_sum(x) + bias[:, None, None], plain)


def test_gains_reach_the_picture_that_travels_along() -> None:
    maps = StageMaps(features(4), features(3))
    gained = with_gains(maps, ((1, 2.0), (5, -1.0), (90, 3.0)))
    wanted = maps.whole.clone()
    wanted[:, 1] *= 2.0
    wanted[:, 5] *= -1.0
    assert torch.equal(gained.whole, wanted)
    assert with_gains(maps, ()).features is maps.features


@pytest.mark.parametrize("colours", [1, 4])
def test_other_pictures_than_squares_of_three_colours(colours: int) -> None:
    config = dataclasses.replace(stylegan2_models.TINY, img_channels=colours, const_size=(3, 5))
    assert furthest(stylegan2_models.model(config), Recipe()) < LARGEST
