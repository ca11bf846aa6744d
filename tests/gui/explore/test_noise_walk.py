"""Noise that moves by itself: by the clock, as one step, until something else changes it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.explore.walk import NoiseWalk
from ganlab_core.recipe import LayerNoise, Noise, Recipe


class Clock:
    def __init__(self) -> None:
        self.now = 10.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def noise_walk(app: App, clock: Clock) -> NoiseWalk:
    """One whose time the test holds, and that ticks only when the test does."""
    panel = app.explore.walk_panel
    panel.stir_asked.disconnect(app.explore.noise_walk.set_running)
    made = NoiseWalk(app.session, app.worker, panel, random.Random(1), clock, parent=app)
    made.motion.timer.timeout.disconnect(made.tick)
    return made


def move_for(
    app: App, noise_walk: NoiseWalk, clock: Clock, qtbot: QtBot, seconds: float, ticks: int
) -> None:
    for _ in range(ticks):
        clock.now += seconds / ticks
        noise_walk.tick()
        wanted = app.session.recipe
        qtbot.waitUntil(lambda wanted=wanted: app.play.saver.frame.recipe == wanted)


@pytest.mark.parametrize("ticks", [2, 9])
def test_where_the_noise_is_depends_on_the_time_and_not_on_the_frames(
    ticks: int, app: App, noise_walk: NoiseWalk, clock: Clock, qtbot: QtBot
) -> None:
    app.explore.walk_panel.rounds.set_value(0.5)
    noise_walk.set_running(True)
    move_for(app, noise_walk, clock, qtbot, 0.6, ticks)
    noise = app.session.recipe.noise
    assert (noise.mode, round(noise.turn, 9)) == ("random", 0.3)
    assert noise.other is not None


def test_moving_noise_is_one_step_and_undo_brings_the_still_noise_back(
    app: App, noise_walk: NoiseWalk, clock: Clock, qtbot: QtBot
) -> None:
    before, steps = app.session.recipe, app.session.history.count()
    noise_walk.set_running(True)
    move_for(app, noise_walk, clock, qtbot, 1.0, 4)
    assert app.session.history.count() == steps + 1
    app.session.undo()
    assert app.session.recipe == before
    assert not noise_walk.running
    assert not app.explore.walk_panel.stir.isChecked()


def test_another_noise_stops_it_but_another_strength_does_not(
    app: App, noise_walk: NoiseWalk, clock: Clock, qtbot: QtBot
) -> None:
    noise_walk.set_running(True)
    move_for(app, noise_walk, clock, qtbot, 1.0, 2)
    noise = app.session.recipe.noise
    app.session.edit(replace(app.session.recipe, noise=replace(noise, strength=0.5)), "strength")
    assert noise_walk.running
    move_for(app, noise_walk, clock, qtbot, 1.0, 2)
    assert app.session.recipe.noise.strength == 0.5
    app.session.edit(replace(app.session.recipe, noise=Noise("off")), "off")
    assert not noise_walk.running


def test_it_goes_on_from_where_it_stopped_and_frozen_layers_stand_still(
    app: App, noise_walk: NoiseWalk, clock: Clock, qtbot: QtBot
) -> None:
    still = Noise("random", 4, 1.0, 9, 0.25)
    kept = LayerNoise.holding(still, LayerNoise())
    app.session.edit(Recipe(noise=still).with_noise_layer(1, kept), "still")
    noise_walk.set_running(True)
    move_for(app, noise_walk, clock, qtbot, 1.0, 2)
    noise = app.session.recipe.noise
    assert (noise.seed, noise.other, round(noise.turn, 9)) == (4, 9, 0.5)
    layers = app.session.capabilities.layers
    assert app.session.recipe.noise_of(layers[1]) == still
    assert app.session.recipe.noise_of(layers[2]) == noise
