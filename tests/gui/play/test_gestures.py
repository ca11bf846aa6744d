"""Gestures: what keys do to a Recipe."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.play import play_room as gestures
from ganlab_core.recipe import SEED_MAX, Capabilities, Latent, Mix, Noise, Recipe, fit

SEEDS = st.integers(0, SEED_MAX)


@given(SEEDS)
def test_next_and_previous_seed_are_opposites(seed: int) -> None:
    recipe = Recipe(latent=Latent(seed))
    assert gestures.step_seed(gestures.step_seed(recipe, 1), -1) == recipe


def test_seeds_go_around_the_end() -> None:
    assert gestures.step_seed(Recipe(latent=Latent(0)), -1).latent.seed == SEED_MAX


@given(SEEDS)
def test_the_dice_change_the_seed_and_nothing_else(seed: int) -> None:
    recipe = Recipe(latent=Latent(3), psi=0.2).with_mix_at(8, Mix(Latent(5)))
    thrown = gestures.dice(recipe, random.Random(seed))
    assert thrown.latent.seed < gestures.DICE_LIMIT
    assert (thrown.psi, thrown.mix_at) == (recipe.psi, recipe.mix_at)


@given(st.lists(st.sampled_from([-1, 1]), max_size=100))
def test_psi_stays_where_pictures_hold_together(steps: list[int]) -> None:
    recipe = Recipe()
    for step in steps:
        recipe = gestures.step_psi(recipe, step)
        assert gestures.PSI_LOW <= recipe.psi <= gestures.PSI_HIGH


def test_a_step_of_psi_is_five_hundredths() -> None:
    assert gestures.step_psi(Recipe(psi=0.7), 1).psi == 0.75
    assert gestures.step_psi(Recipe(psi=0.7), -1).psi == 0.65


def test_growth_at_the_top_is_the_finished_network(can: Capabilities) -> None:
    smaller = gestures.step_growth(Recipe(), -1, can)
    assert smaller.growth == 4.75
    assert gestures.step_growth(smaller, 1, can).growth is None
    assert gestures.step_growth(Recipe(), 1, can) == Recipe()


@given(st.lists(st.sampled_from([-1, 1]), max_size=60))
def test_growth_stays_within_the_network(steps: list[int]) -> None:
    can = Capabilities("stylegan", 32, (), (), 16, 16, True, True, True, False)
    recipe = Recipe()
    for step in steps:
        recipe = gestures.step_growth(recipe, step, can)
        assert fit(recipe, can) == recipe
        assert recipe.growth is None or 2 <= recipe.growth < 5


@pytest.mark.parametrize(
    ("mode", "following"), [("stored", "random"), ("random", "off"), ("off", "stored")]
)
def test_noise_goes_round(mode: str, following: str) -> None:
    recipe = Recipe(noise=Noise(mode, 4, 0.5))
    assert gestures.cycle_noise(recipe).noise == Noise(following, 4, 0.5)


def test_a_random_class_is_one_class_of_the_model(biggan64: Capabilities) -> None:
    recipe = Recipe(latent=Latent(7), classes=((1, 0.5), (2, 0.5)))
    changed = gestures.random_class(recipe, biggan64, random.Random(3))
    ((index, weight),) = changed.classes
    assert (0 <= index < 1000, weight, changed.latent) == (True, 1.0, Latent(7))
