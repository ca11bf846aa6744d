"""The first minute: the picture moves until it is touched, and nothing of it is history."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.explore.walk import FIRST_WALK_BADGE, LONGEST_FIRST_WALK, FirstWalk
from ganlab_core.recipe import Recipe


@dataclass
class HandClock:
    """A clock that a test turns."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def walk(app: App, clock: HandClock, qtbot: QtBot) -> Iterator[FirstWalk]:
    made = FirstWalk(
        app.session, app.window, app.worker, app.explore.vectors, random.Random(1), clock, app
    )
    made.start()
    qtbot.waitUntil(lambda: made.running)
    yield made
    made.stop()


def moved(app: App, walk: FirstWalk, clock: HandClock, qtbot: QtBot) -> None:
    clock.now += 2.0
    with qtbot.waitSignal(app.worker.rendered):
        walk.tick()


def test_it_shows_other_pictures_and_edits_nothing(
    app: App, walk: FirstWalk, clock: HandClock, qtbot: QtBot
) -> None:
    before = app.session.recipe
    with qtbot.waitSignal(app.worker.rendered) as shown:
        clock.now += 2.0
        walk.tick()
    assert shown.args[0].recipe.latent != before.latent
    assert app.session.recipe == before
    assert app.session.history.count() == 0
    assert FIRST_WALK_BADGE in app.window.canvas.badges.shown


def test_a_touch_ends_it_and_begins_the_history_with_what_is_seen(
    app: App, walk: FirstWalk, clock: HandClock, qtbot: QtBot
) -> None:
    moved(app, walk, clock, qtbot)
    qtbot.mousePress(app.window.canvas, Qt.MouseButton.LeftButton)
    assert not walk.running
    assert app.session.recipe.latent.vector
    assert app.session.history.count() == 0
    assert app.window.canvas.badges.shown == {}
    qtbot.mouseRelease(app.window.canvas, Qt.MouseButton.LeftButton)


def test_a_key_ends_it(app: App, walk: FirstWalk, clock: HandClock, qtbot: QtBot) -> None:
    moved(app, walk, clock, qtbot)
    qtbot.keyClick(app.window.canvas, Qt.Key.Key_F13)
    assert not walk.running
    app.window.actions_["dice"].trigger()
    assert app.session.history.count() == 1
    assert app.session.recipe.latent.is_seed


def test_its_badge_ends_it(app: App, walk: FirstWalk) -> None:
    app.window.canvas.badges.press(FIRST_WALK_BADGE)
    assert not walk.running


def test_it_rests_after_a_while(app: App, walk: FirstWalk, clock: HandClock) -> None:
    clock.now += LONGEST_FIRST_WALK + 1
    walk.tick()
    assert not walk.running


def test_a_desk_that_was_touched_is_left_alone(app: App, qtbot: QtBot) -> None:
    app.session.edit(Recipe(psi=0.2), "psi")
    app.explore.first_walk.start()
    assert not app.explore.first_walk.running


def test_whole_pictures_are_waited_for_while_it_walks(app: App, walk: FirstWalk) -> None:
    assert app.worker.draft_time > 60
    walk.stop()
    assert app.worker.draft_time < 1
