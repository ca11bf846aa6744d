"""Bends, each against the plain definition of its operation computed by numpy."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ganlab_core.errors import RecipeError
from ganlab_core.recipe import (
    OPERATIONS,
    Bend,
    Centres,
    Latent,
    Noise,
    Recipe,
    bent_layer,
    read_bend,
)
from ganlab_core.rendering import Renderer
from ganlab_core.rendering.bending import region_mask, share_weights
from ganlab_core.rendering.conditions import centre_of, k_means
from tests.every_model import MODELS

Array = NDArray[np.float64]

AMOUNTS = {
    "scale": 1.7, "rotate": 33.0, "translate": 0.3, "mirror": 20.0, "threshold": 0.4, "blur": 0.8,
    "sharpen": 1.5, "dilate": 1.6, "erode": 1.0, "invert": 0.5, "noise": 0.7, "freeze": 0.0,
}  # fmt: skip


def mirrored_at(map_: Array, row: float, column: float) -> float:
    """Bilinear between positions, those outside taken from the mirror image; one number at a time."""

    def inside(place: int, side: int) -> int:
        place %= 2 * side
        return place if place < side else 2 * side - 1 - place

    top, left = math.floor(row), math.floor(column)
    total = 0.0
    for y, x in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
        weight = (1 - abs(row - y)) * (1 - abs(column - x))
        total += weight * map_[inside(y, map_.shape[0]), inside(x, map_.shape[1])]
    return total


def seen_through(map_: Array, where) -> Array:
    """Each position from the place that `where` names, both counted right and down from the middle."""
    height, width = map_.shape
    found = np.zeros_like(map_)
    for i in range(height):
        for j in range(width):
            right, down = where(j - (width - 1) / 2, i - (height - 1) / 2)
            found[i, j] = mirrored_at(map_, down + (height - 1) / 2, right + (width - 1) / 2)
    return found


def naive_blur(map_: Array, deviation: float) -> Array:
    reach = math.ceil(3 * deviation)
    taps = np.array([math.exp(-0.5 * (k / deviation) ** 2) for k in range(-reach, reach + 1)])
    taps /= taps.sum()
    padded = np.pad(map_, reach, mode="edge")
    found = np.zeros_like(map_)
    for i in range(map_.shape[0]):
        for j in range(map_.shape[1]):
            window = padded[i : i + 2 * reach + 1, j : j + 2 * reach + 1]
            found[i, j] = taps @ window @ taps
    return found


def naive_largest(map_: Array, reach: int) -> Array:
    found = np.zeros_like(map_)
    for i in range(map_.shape[0]):
        for j in range(map_.shape[1]):
            rows = slice(max(0, i - reach), i + reach + 1)
            found[i, j] = map_[rows, max(0, j - reach) : j + reach + 1].max()
    return found


def naive_dilate(map_: Array, reach: float) -> Array:
    low = math.floor(reach)
    share = reach - low
    return (1 - share) * naive_largest(map_, low) + share * naive_largest(map_, low + 1)


def naive_threshold(map_: Array, deviations: float) -> Array:
    above = map_ > map_.mean() + deviations * map_.std()
    found = np.zeros_like(map_)
    found[above], found[~above] = map_[above].mean(), map_[~above].mean()
    return found


def turning(degrees: float):
    """Where a map turned clockwise takes each position from."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return lambda right, down: (c * right + s * down, c * down - s * right)


def naive_mirror(map_: Array, degrees: float) -> Array:
    """Turn the line upright, swap left and right, turn it back."""
    back, there = turning(degrees), turning(-degrees)

    def where(right: float, down: float) -> tuple[float, float]:
        across, along = back(right, down)
        return there(-across, along)

    return seen_through(map_, where)


NAIVE = {
    "scale": lambda m, a: seen_through(m, lambda right, down: (right / a, down / a)),
    "rotate": lambda m, a: seen_through(m, turning(a)),
    "translate": lambda m, a: seen_through(
        m, lambda right, down: (right - a * m.shape[1], down + 0.2 * m.shape[0])
    ),
    "mirror": naive_mirror,
    "threshold": naive_threshold,
    "blur": naive_blur,
    "sharpen": lambda m, a: m + a * (m - naive_blur(m, 1.0)),
    "dilate": naive_dilate,
    "erode": lambda m, a: -naive_dilate(-m, a),
    "invert": lambda m, a: 2 * (m.mean() + a * m.std()) - m,
}

STAGE = 3


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(MODELS["stylegan"](), "cpu")


def bent(renderer: Renderer, bend: Bend, recipe: Recipe = Recipe()) -> Array:
    return renderer.features(replace(recipe, bends=(bend,)), bend.stage).astype(np.float64)


def plain(renderer: Renderer, recipe: Recipe = Recipe()) -> Array:
    return renderer.features(recipe, STAGE).astype(np.float64)


def test_every_operation_has_a_plain_definition_here() -> None:
    assert {*NAIVE, "noise", "freeze"} == set(OPERATIONS) == set(AMOUNTS)


@pytest.mark.parametrize("operation", NAIVE)
def test_an_operation_equals_its_plain_definition(renderer: Renderer, operation: str) -> None:
    bend = Bend(STAGE, operation, AMOUNTS[operation], down=-0.2)
    before = plain(renderer)
    expected = np.stack([NAIVE[operation](one, bend.amount) for one in before])
    np.testing.assert_allclose(bent(renderer, bend), expected, atol=2e-5 * np.abs(before).max())
    assert np.abs(expected - before).max() > 0.05 * np.abs(before).max()


def test_a_turn_is_clockwise_and_a_translation_goes_right_and_down(renderer: Renderer) -> None:
    before = plain(renderer)
    turned = bent(renderer, Bend(STAGE, "rotate", 90.0))
    np.testing.assert_allclose(turned, np.rot90(before, -1, (1, 2)), atol=1e-4)
    side = before.shape[-1]
    moved = bent(renderer, Bend(STAGE, "translate", 2.0 / side, down=1.0 / side))
    np.testing.assert_allclose(moved[:, 1:, 2:], before[:, :-1, :-2], atol=1e-4)


def test_noise_has_each_map_s_own_spread_and_only_the_seed_decides_it(renderer: Renderer) -> None:
    before = plain(renderer)
    bend = Bend(STAGE, "noise", 0.7, seed=3)
    added = (bent(renderer, bend) - before) / before.std(axis=(1, 2), keepdims=True) / 0.7
    assert abs(added.std() - 1.0) < 0.1
    np.testing.assert_array_equal(
        bent(renderer, bend), bent(Renderer(MODELS["stylegan"](), "cpu"), bend)
    )
    assert not np.array_equal(bent(renderer, bend), bent(renderer, replace(bend, seed=4)))
    some = bent(renderer, replace(bend, maps="chosen", chosen=(1,)))
    np.testing.assert_array_equal(some[1], bent(renderer, bend)[1])


def test_a_freeze_holds_what_its_latent_gives_while_the_rest_moves(renderer: Renderer) -> None:
    bend = Bend(STAGE, "freeze", maps="chosen", chosen=(0, 2), latent=Latent(9))
    for seed in (0, 5):
        recipe = Recipe(Latent(seed), noise=Noise("random", 2))
        found = bent(renderer, bend, recipe)
        held = plain(renderer, replace(recipe, latent=Latent(9)))
        np.testing.assert_array_equal(found[[0, 2]], held[[0, 2]])
        np.testing.assert_array_equal(found[1], plain(renderer, recipe)[1])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_strength_and_region_lie_between_the_maps_and_the_bent_ones(
    renderer: Renderer, operation: str
) -> None:
    bend = Bend(STAGE, operation, AMOUNTS[operation], seed=1, latent=Latent(4))
    before, full = plain(renderer), bent(renderer, bend)
    half = bent(renderer, replace(bend, strength=0.25))
    np.testing.assert_allclose(half, 0.75 * before + 0.25 * full, atol=1e-5 * np.abs(full).max())
    left = bent(renderer, replace(bend, region=("f0",)))
    side = before.shape[-1]
    np.testing.assert_array_equal(left[:, :, : side // 4], full[:, :, : side // 4])
    np.testing.assert_array_equal(left[:, :, -side // 4 :], before[:, :, -side // 4 :])


def test_a_region_is_interpolated_over_the_picture() -> None:
    mask = region_mask(("0f",), (4, 4), (4, 4)).numpy()
    np.testing.assert_allclose(mask, np.tile([0.0, 0.25, 0.75, 1.0], (4, 1)), atol=1e-6)
    with_margin = region_mask(("0f",), (6, 8), (4, 4)).numpy()
    np.testing.assert_allclose(with_margin[2, 2:6], [0.0, 0.25, 0.75, 1.0], atol=1e-6)
    np.testing.assert_array_equal(with_margin[0], [0, 0, *with_margin[0, 2:6], 1, 1])


def test_a_share_grows_map_by_map_in_an_order_of_its_seed() -> None:
    low, high = share_weights(7, 2, 8, 0.3), share_weights(7, 2, 8, 0.75)
    assert math.isclose(low.sum(), 2.4, rel_tol=1e-6)
    assert sorted(low)[-3:] == pytest.approx([0.4, 1.0, 1.0])
    assert (high >= low).all()
    assert not np.array_equal(share_weights(8, 2, 8, 0.3), low)
    assert not np.array_equal(share_weights(7, 3, 8, 0.3), low)


def test_k_means_finds_groups_that_lie_apart_largest_first() -> None:
    source = np.random.default_rng(0)
    middles = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    truth = np.repeat([1, 0, 2], [30, 20, 10])
    points = middles[truth] + source.normal(0, 0.5, (60, 2))
    labels, means = k_means(points, 3)
    np.testing.assert_array_equal(labels, np.repeat([0, 1, 2], [30, 20, 10]))
    np.testing.assert_allclose(means, middles[[1, 0, 2]], atol=0.5)
    np.testing.assert_array_equal(k_means(points, 3)[0], labels)


def test_the_clusters_of_a_stage_share_out_its_maps(renderer: Renderer) -> None:
    before = plain(renderer)
    touched = np.zeros(len(before), dtype=int)
    for cluster in range(3):
        found = bent(renderer, Bend(STAGE, "invert", maps="cluster", cluster=cluster, clusters=3))
        touched += (found != before).any(axis=(1, 2))
        assert (found != before).any()
    np.testing.assert_array_equal(touched, np.ones(len(before), dtype=int))


@pytest.mark.parametrize("name", MODELS)
def test_only_the_stages_from_the_bent_one_on_run_again(name: str) -> None:
    model = MODELS[name]()
    renderer, can = Renderer(model, "cpu"), model.capabilities
    before = renderer.render(Recipe())
    stage = bent_layer(can, can.resolutions[-1]).index
    frame = renderer.render(Recipe(bends=(Bend(stage, "rotate", 90.0),)))
    assert frame.stages_run == before.stages_run[stage:]
    assert not np.array_equal(frame.pixels, before.pixels)
    back = renderer.render(Recipe(bends=(Bend(stage, "rotate", 0.0),)))
    np.testing.assert_array_equal(back.pixels, before.pixels)
    frozen = Bend(stage, "freeze", latent=Latent(5))
    renderer.render(Recipe(bends=(frozen,)))
    again = renderer.render(Recipe(bends=(frozen, Bend(stage, "blur", 1.0))))
    assert again.stages_run == before.stages_run[stage:]


@pytest.mark.parametrize("name", MODELS)
def test_the_prepared_stages_bend_as_the_network_s_own_do(name: str) -> None:
    from ganlab_core.inspection import DifferentiableChain
    from tests.every_model import edits

    model = MODELS[name]()
    recipe = edits(model.capabilities)["bends"]
    with torch.no_grad():
        chain = DifferentiableChain(model)
        eager = chain.picture(chain.given_by(recipe))[0].numpy()
    raw = Renderer(model, "cpu").raw(recipe)
    np.testing.assert_allclose(raw, eager, atol=2e-4 * max(1.0, float(np.abs(raw).max())))


def test_gradients_flow_through_bends() -> None:
    from ganlab_core.inspection import DifferentiableChain

    model = MODELS["stylegan2"]()
    chain = DifferentiableChain(model)
    bends = tuple(
        Bend(2, name, AMOUNTS[name]) for name in OPERATIONS if name not in ("threshold", "freeze")
    )
    given = chain.given_by(Recipe(bends=bends))
    style = given[0].condition.style.clone().requires_grad_()
    given = [replace(one, condition=replace(one.condition, style=style)) for one in given]
    chain.picture(given).sum().backward()
    assert style.grad is not None
    assert torch.isfinite(style.grad).all()
    assert (style.grad != 0).any()


def test_truncation_moves_to_the_nearest_or_the_chosen_of_several_centres() -> None:
    model = MODELS["stylegan"]()
    renderer = Renderer(model, "cpu")
    near, far = Latent(1), Latent(2)
    w, *points = renderer.vectors([Latent(1), near, far]).astype(np.float64)
    both = Centres((far, near))
    for centres, centre in (
        (both, points[0]),
        (replace(both, pick=0.0), points[1]),
        (replace(both, pick=0.25), 0.75 * points[1] + 0.25 * points[0]),
    ):
        expected = centre + 0.3 * (w - centre)
        place = Latent(0, tuple(expected.tolist()), "w")
        found = renderer.raw(Recipe(Latent(1), psi=0.3, centres=centres))
        np.testing.assert_allclose(found, renderer.raw(Recipe(place, psi=1.0)), atol=1e-5)
    at_mean = renderer.raw(Recipe(Latent(1), psi=0.0, centres=both))
    np.testing.assert_array_equal(at_mean, renderer.raw(Recipe(Latent(1), psi=1.0)))


def test_soft_centres_go_from_the_nearest_to_the_mean_of_all() -> None:
    points = torch.tensor([[0.0, 0.0], [2.0, 0.0]])
    w = torch.tensor([[0.5, 0.0]])
    hard, soft, flat = (
        float(centre_of(w, points, Centres(clusters=2, softness=own))[0, 0])
        for own in (0.0, 0.7, 4.0)
    )
    assert hard == 0.0
    shares = np.exp([-(0.5**2) / (2 * 0.7**2), -(1.5**2) / (2 * 0.7**2)])
    assert soft == pytest.approx(2.0 * shares[1] / shares.sum(), rel=1e-5)
    assert 0.9 < flat < 1.0


def test_clusters_of_w_are_found_once_and_are_the_same_again() -> None:
    recipe = Recipe(psi=0.0, centres=Centres(clusters=4, pick=2.0))
    first, again = (Renderer(MODELS["stylegan"](), "cpu").raw(recipe) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    others = [
        Renderer(MODELS["stylegan"](), "cpu").raw(
            replace(recipe, centres=replace(recipe.centres, pick=p))
        )
        for p in (0.0, 1.0)
    ]
    assert all(not np.array_equal(first, other) for other in others)


def test_words_say_a_bend() -> None:
    can = MODELS["stylegan"]().capabilities
    assert read_bend("8x8/conv1 rotate 30", can) == Bend(3, "rotate", 30.0)
    assert read_bend("8 translate 0.5,-0.25 strength=0.5", can) == Bend(
        3, "translate", 0.5, -0.25, 0.5
    )
    assert read_bend("#2 noise maps=share:0.25 seed=7", can) == Bend(
        1, "noise", 1.0, maps="share", share=0.25, seed=7
    )
    assert read_bend("4 freeze 9 maps=0-2,5 region=0f/f0", can) == Bend(
        1, "freeze", maps="chosen", chosen=(0, 1, 2, 5), region=("0f", "f0"), latent=Latent(9)
    )
    assert read_bend("4 blur maps=cluster:2/3", can).cluster == 1
    for wrong in ("", "8", "9 blur", "8 melt", "8 blur x", "8 blur maps=few", "8 blur hue=3"):
        with pytest.raises(RecipeError):
            read_bend(wrong, can)


def test_clusters_are_the_first_model_s_whatever_the_second_is_blended_in() -> None:
    from ganlab_core.models import with_second
    from tests.core.rendering.test_second_model import other

    pair = with_second(MODELS["stylegan"](), other("stylegan"))
    recipe = Recipe(second=0.5, bends=(Bend(3, "invert", maps="cluster", clusters=2),))
    kept = Renderer(pair, "cpu")
    first = kept.render(recipe, previews=True)
    again = kept.render(recipe, previews=True)
    kept.forget()
    fresh = kept.render(recipe, previews=True)
    for frame in (again, fresh):
        np.testing.assert_array_equal(frame.pixels, first.pixels)
        for side, preview in frame.previews.items():
            np.testing.assert_array_equal(preview.pixels, first.previews[side].pixels)
