"""Ways through the latent space."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab_core.recipe import Recipe, Space, Surface, Vector, along, blend, corner_weights, mutate
from ganlab_core.recipe.latent_walk import spline_weights

SIZE = 16
SPACES = (Space("z", np.zeros(SIZE)), Space("w", np.full(SIZE, 0.3)))

units = st.floats(0, 1)
places = st.floats(-20, 20)
spaces = st.sampled_from(SPACES)
seeds = st.integers(0, 2**16)


def point(seed: int) -> Vector:
    return np.random.default_rng(seed).standard_normal(SIZE)


@given(spaces, seeds, units)
def test_a_walk_goes_through_its_points_and_has_no_jump(space: Space, seed: int, t: float) -> None:
    def points(index: int) -> Vector:
        return point(seed + index % 4)

    assert np.array_equal(along(space, points, 2.0), points(2))
    step = 1e-4
    before, after = along(space, points, 1 + t - step), along(space, points, 1 + t + step)
    assert np.linalg.norm(after - before) < 2 * step * 60
    assert along(space, points, t) == pytest.approx(along(space, points, 4 + t))


@given(spaces, seeds)
def test_a_walk_has_no_kink_at_its_points(space: Space, seed: int) -> None:
    def points(index: int) -> Vector:
        return point(seed + index % 5)

    step = 1e-5
    arriving = (points(2) - along(space, points, 2 - step)) / step
    leaving = (along(space, points, 2 + step) - points(2)) / step
    assert arriving == pytest.approx(leaving, abs=0.02)


@given(units)
def test_weights_sum_to_one(t: float) -> None:
    assert sum(spline_weights(t)) == pytest.approx(1)
    assert sum(corner_weights(t, 1 - t)) == pytest.approx(1)


def test_corners_are_the_points_themselves() -> None:
    corners = [point(seed) for seed in range(4)]
    for index, (x, y) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
        for space in SPACES:
            assert blend(space, corners, corner_weights(x, y)) == pytest.approx(corners[index])


@given(seeds, units)
def test_a_blend_in_z_is_as_long_as_its_parts(seed: int, t: float) -> None:
    parts = [point(seed), point(seed + 1)]
    lengths = [np.linalg.norm(part) for part in parts]
    length = np.linalg.norm(blend(SPACES[0], parts, (1 - t, t)))
    assert min(lengths) - 1e-9 <= length <= max(lengths) + 1e-9


def test_a_blend_in_w_is_linear() -> None:
    parts = [point(1), point(2)]
    assert blend(SPACES[1], parts, (0.25, 0.75)) == pytest.approx(0.25 * parts[0] + 0.75 * parts[1])


@given(spaces, seeds, places, places)
def test_every_place_of_a_surface_is_as_far_from_the_centre_as_its_origin(
    space: Space, seed: int, x: float, y: float
) -> None:
    origin = point(seed)
    surface = Surface.through(space, origin, [point(seed + i) for i in (1, 2, 3)])
    assert surface.at(0, 0) == pytest.approx(origin)
    assert np.linalg.norm(surface.at(x, y) - space.centre) == pytest.approx(
        np.linalg.norm(origin - space.centre)
    )


@given(spaces, seeds, st.floats(-3.1, 3.1), st.floats(-3.1, 3.1))
def test_a_place_of_a_surface_is_found_again(space: Space, seed: int, x: float, y: float) -> None:
    surface = Surface.through(space, point(seed), [point(seed + i) for i in (1, 2, 3)])
    assert surface.find(surface.at(x, y)) == pytest.approx((x, y), abs=1e-6)


@given(spaces, places, places, st.floats(0, 2 * math.pi))
def test_equal_steps_on_a_surface_are_equally_large(
    space: Space, x: float, y: float, way: float
) -> None:
    surface = Surface.through(space, point(1), [point(i) for i in (2, 3, 4)])
    step = 1e-4
    moved = surface.at(x + step * math.cos(way), y + step * math.sin(way)) - surface.at(x, y)
    assert np.linalg.norm(moved) / step == pytest.approx(surface.radius / math.sqrt(2), rel=1e-3)


def test_a_surface_can_be_laid_through_the_centre_and_through_equal_points() -> None:
    for space in SPACES:
        surface = Surface.through(space, space.centre, [point(1), point(1), point(1)])
        assert surface.radius > 1
        assert surface.axes @ surface.axes.T == pytest.approx(np.eye(4), abs=1e-9)


def test_a_mutation_of_radius_nothing_changes_nothing() -> None:
    for space in SPACES:
        assert mutate(space, point(1), point(2), 0.0) == pytest.approx(point(1))


def test_a_vector_becomes_a_latent_that_survives_json() -> None:
    latent = SPACES[1].latent(point(5), seed=9)
    assert latent.seed == 9
    assert Recipe.from_json(Recipe(latent=latent).to_json()).latent == latent
    assert np.array(latent.vector, np.float32).tolist() == list(latent.vector)
