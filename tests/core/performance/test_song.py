"""A sound played by a map: in step, and the same each time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from ganlab_core.errors import PerformanceError
from ganlab_core.performance import Mapping, Modulator, PerformanceMap, Transform, song_recipes
from ganlab_core.recipe import Capabilities, Latent, Recipe
from tests.every_model import MODELS
from tests.sounds import RATE, clicks, sine, steady

FPS = Fraction(30)


@pytest.fixture(scope="module")
def can() -> Capabilities:
    return MODELS["stylegan"]().capabilities


def one(source: str, control: str, **transform: object) -> PerformanceMap:
    return PerformanceMap(
        mappings=(Mapping(source=source, control=control, transform=Transform(**transform)),)
    )


def test_a_seed_steps_within_a_frame_of_each_click(can: Capabilities) -> None:
    beats = steady(100.0, 10.0)
    sound = clicks(beats, 10.0, 0.0)
    recipes = song_recipes(sound, RATE, one("audio/onset", "seed.step"), can, Recipe(), FPS)
    seeds = [recipe.latent.seed for recipe in recipes]
    steps = [frame for frame in range(1, len(seeds)) if seeds[frame] != seeds[frame - 1]]
    assert len(recipes) == 300
    assert steps == pytest.approx([beat * 30 for beat in beats], abs=1.0)


def test_loudness_moves_a_number(can: Capabilities) -> None:
    sound = np.concatenate([sine(100.0, 1.0, 1.0), sine(100.0, 1.0, 0.001)])
    recipes = song_recipes(sound, RATE, one("audio/low", "psi"), can, Recipe(), FPS)
    assert recipes[20].psi == pytest.approx(1.0, abs=0.03)
    assert recipes[50].psi == pytest.approx(0.0, abs=0.03)


def test_the_beat_of_the_sound_is_the_clock(can: Capabilities) -> None:
    own = PerformanceMap(
        clock="audio",
        modulators=(Modulator(name="round", beats=1.0, shape="saw"),),
        mappings=(Mapping(source="mod/round", control="psi"),),
    )
    recipes = song_recipes(clicks(steady(150.0, 16.0), 16.0, 0.0), RATE, own, can, Recipe(), FPS)
    late = [recipe.psi for recipe in recipes[300:]]
    falls = sum(after < before - 0.5 for before, after in zip(late, late[1:], strict=False))
    assert falls == pytest.approx(len(late) / 30 * 150 / 60, abs=1.5)


def test_the_same_sound_gives_the_same_film_at_every_rate(can: Capabilities) -> None:
    sound = clicks(steady(90.0, 4.0), 4.0, 0.01)
    own = one("audio/onset", "psi", release=0.4)
    first = song_recipes(sound, RATE, own, can, Recipe(), FPS)
    assert song_recipes(sound, RATE, own, can, Recipe(), FPS) == first
    twice = song_recipes(sound, RATE, own, can, Recipe(), 2 * FPS)
    for frame, recipe in enumerate(first):
        assert twice[2 * frame].psi == pytest.approx(recipe.psi, abs=1e-6)


def test_a_part_of_a_sound_or_more_than_it_can_be_asked_for(can: Capabilities) -> None:
    sound, own = sine(100.0, 2.0), one("audio/low", "psi")
    start = Recipe(Latent(9))
    assert len(song_recipes(sound, RATE, own, can, start, FPS, seconds=0.5)) == 15
    assert len(song_recipes(sound, RATE, own, can, start, FPS, seconds=3.0)) == 90
    for wrong, seconds in ((np.zeros(0, np.float32), None), (sound, 9e9), (sound, -1.0)):
        with pytest.raises(PerformanceError, match="3600"):
            song_recipes(wrong, RATE, own, can, start, FPS, seconds)


def test_without_a_sound_the_modulators_play_alone(can: Capabilities) -> None:
    own = PerformanceMap(
        modulators=(Modulator(name="a", shape="triangle", seconds=2.0),),
        mappings=(Mapping(source="mod/a", control="psi"),),
    )
    recipes = song_recipes(np.zeros(0, np.float32), RATE, own, can, Recipe(), FPS, 2.0)
    assert [recipes[frame].psi for frame in (0, 15, 30)] == pytest.approx([0.0, 0.5, 1.0])
