"""Films by rule: what their keyframes say, and that loops have no seam."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganlab_core.errors import TimelineError
from ganlab_core.models import Model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering.conditions import z_from_latent
from ganlab_core.timeline import Pace, Timeline, circle, class_tour, growing, psi_sweep, walk


def path(model: Model, timeline: Timeline) -> list[torch.Tensor]:
    """The z of every frame."""
    frames = range(timeline.frame_count + 1)
    return [z_from_latent(model, timeline.frame_recipe(k).latent, None) for k in frames]


def test_a_walk_visits_every_latent_evenly() -> None:
    latents = [Latent(seed) for seed in (4, 5, 6, 7)]
    line = walk(Recipe(psi=0.4), latents, Pace(8.0, loop=True))
    assert [(key.time, key.recipe.latent) for key in line.keyframes] == list(
        zip((0.0, 2.0, 4.0, 6.0), latents, strict=True)
    )
    assert all(key.recipe.psi == 0.4 for key in line.keyframes)
    open_end = walk(Recipe(), latents, Pace(6.0, loop=False))
    assert [key.time for key in open_end.keyframes] == [0.0, 2.0, 4.0, 6.0]


@given(st.floats(0.001, 86_400), st.integers(1, 40), st.booleans())
def test_a_walk_fits_any_length(seconds: float, count: int, loop: bool) -> None:
    latents = [Latent(seed) for seed in range(count)]
    pace = Pace(seconds, loop, Fraction(1))
    assert len(walk(Recipe(), latents, pace).keyframes) == count


@pytest.mark.parametrize("radius", [None, 0.5])
def test_a_circle_has_even_speed_and_no_seam(model: Model, radius: float | None) -> None:
    points = path(model, circle(Recipe(Latent(3)), 1, 2, radius, Pace(3.0)))
    steps = [float((b - a).norm()) for a, b in zip(points, points[1:], strict=False)]
    assert steps[-1] == pytest.approx(steps[0], rel=0.2)
    assert max(steps) < 1.8 * min(steps)


def test_the_great_circle_goes_through_the_opposite_points(model: Model) -> None:
    line = circle(Recipe(), 1, 2, pace=Pace(4.0))
    at = [z_from_latent(model, line.recipe_at(time).latent, None) for time in (0.0, 1.0, 2.0, 3.0)]
    torch.testing.assert_close(at[2], -at[0])
    torch.testing.assert_close(at[3], -at[1])


def test_a_circle_keeps_the_spread_of_z(model: Model) -> None:
    line = circle(Recipe(), 1, 2, pace=Pace(4.0))
    (_, first), (_, second) = line.recipe_at(0.3).latent.blend
    assert math.hypot(first, second) == pytest.approx(1.0)


def test_a_sweep_goes_there_and_back() -> None:
    line = psi_sweep(Recipe(), -1.0, 1.0, Pace(2.0))
    assert [line.recipe_at(time).psi for time in (0.0, 1.0, 2.0)] == [-1.0, 1.0, -1.0]


def test_growing_starts_at_4_px_and_ends_finished(model: Model) -> None:
    line = growing(Recipe(), model.capabilities, Pace(2.0, loop=False, easing="linear"))
    assert [line.recipe_at(time).growth for time in (0.0, 1.0, 2.0)] == [2.0, 3.0, None]


def test_a_tour_visits_the_classes() -> None:
    line = class_tour(Recipe(), [3, 1], Pace(2.0, loop=False))
    assert line.recipe_at(2.0).classes == ((1, 1.0),)


def test_nothing_to_show_is_refused_in_a_sentence() -> None:
    with pytest.raises(TimelineError, match="something to show"):
        walk(Recipe(), [])
    with pytest.raises(TimelineError, match="radius"):
        circle(Recipe(), 1, 2, math.nan)
    with pytest.raises(TimelineError, match="middle"):
        circle(Recipe(Latent(0, (1.0,), "w")), 1, 2, 0.5)
