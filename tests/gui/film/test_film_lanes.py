"""What the lanes show of a film."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from ganlab.film.timeline_view import LANE_LOOKS, SAMPLES, lanes_of
from ganlab_core.recipe import LANES, Latent, Recipe
from ganlab_core.timeline import EASINGS, Keyframe, Timeline


def film(*recipes: Recipe, easing: str = "linear", loop: bool = False, noise: str = "frozen"):
    keys = tuple(Keyframe(float(i), recipe, easing) for i, recipe in enumerate(recipes))
    return Timeline(keys, float(len(recipes)), loop, noise=noise)


def test_only_what_moves_has_a_lane() -> None:
    still = film(Recipe(), Recipe())
    assert lanes_of(still) == []
    moving = film(Recipe(psi=0.2), Recipe(psi=0.8, growth=3.0))
    assert [lane.name for lane in lanes_of(moving)] == ["psi", "growth"]


def test_every_lane_of_the_recipe_can_be_shown() -> None:
    assert set(LANE_LOOKS) == set(LANES)


@pytest.mark.parametrize("easing", EASINGS)
@pytest.mark.parametrize("loop", [False, True])
def test_a_curve_is_what_the_film_does(easing: str, loop: bool) -> None:
    """The heights are psi of the film's own Recipes, brought to 0 to 1."""
    line = film(*(Recipe(psi=p) for p in (0.0, 1.0, 0.4, 0.9)), easing=easing, loop=loop)
    lane = lanes_of(line)[0]
    times = [line.duration * step / (SAMPLES - 1) for step in range(SAMPLES - 1)]
    truth = [line.recipe_at(time).psi for time in times]
    low, high = min(truth), max(truth)
    for height, psi in itertools.islice(zip(lane.heights, truth, strict=False), None, None, 7):
        assert height == pytest.approx((psi - low) / (high - low), abs=0.03)


def test_a_lane_with_an_easing_of_its_own_is_drawn_by_it() -> None:
    line = film(Recipe(psi=0.0, growth=2.0), Recipe(psi=1.0, growth=4.0))
    first = replace(line.keyframes[0], lanes=(("growth", "hold"),))
    psi, growth = lanes_of(line.with_keyframe_at(0, first))
    assert (psi.own, growth.own) == ((), (0,))
    assert psi.heights[SAMPLES // 4] == pytest.approx(0.5, abs=0.02)
    assert growth.heights[SAMPLES // 4] == 0.0


def test_latents_go_to_and_fro_where_they_change() -> None:
    line = film(*(Recipe(Latent(seed)) for seed in (1, 1, 2, 3)), easing="hold")
    (lane,) = lanes_of(line)
    at = [lane.heights[round((i + 0.5) / 4 * (SAMPLES - 1))] for i in range(4)]
    assert at == [0.0, 0.0, 1.0, 0.0]
    assert lane.marks == ((0.0, "seed 1"), (2.0, "seed 2"), (3.0, "seed 3"))


def test_classes_are_called_by_name() -> None:
    line = film(Recipe(classes=((1, 1.0),)), Recipe(classes=((0, 0.4), (2, 0.6))))
    (lane,) = lanes_of(line, ("cat", "dog", "owl"))
    assert lane.marks == ((0.0, "dog"), (1.0, "owl +1"))


def test_noise_that_moves_has_a_lane_of_its_own() -> None:
    (lane,) = lanes_of(film(Recipe(), noise="loop"))
    assert (lane.name, lane.marks) == ("noise", ((0.0, "goes round"),))
    assert max(lane.heights) > 0.9
