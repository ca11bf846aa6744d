"""Wandering: by itself, by hand, on the map, on the pad, by variations, by dice and padlocks."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.explore.latent_map import TILES
from ganlab.explore.latent_vectors import group_of, with_styles
from ganlab.explore.walk import LatentWalk
from ganlab.settings import Settings
from ganlab_core.recipe import Latent, Mix, Recipe

if TYPE_CHECKING:
    from tests.gui.conftest import Drag, GatedEngine

Show = Callable[[str], None]


def vector_of(app: App) -> np.ndarray:
    """The vector of the desk's latent."""
    latent = app.session.recipe.latent
    if latent.vector:
        return np.array(latent.vector)
    return np.random.default_rng(latent.seed).standard_normal(16)


# --- by itself ---------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def latent_walk(app: App, clock: Clock) -> LatentWalk:
    """A walk whose time and dice the test holds; its own timer is stopped, the test ticks."""
    explorer = app.explore
    explorer.walk_panel.walk_asked.disconnect(explorer.latent_walk.set_running)
    latent_walk = LatentWalk(
        app.session, app.worker, app.explore.vectors, app.explore.walk_panel,
        random.Random(4), clock, parent=app,
    )  # fmt: skip
    latent_walk.motion.timer.timeout.disconnect(latent_walk.tick)
    return latent_walk


def walk_for(
    app: App, latent_walk: LatentWalk, clock: Clock, qtbot: QtBot, seconds: float, ticks: int
) -> None:
    for _ in range(ticks):
        clock.now += seconds / ticks
        before = app.session.recipe
        latent_walk.tick()
        if app.session.recipe != before:
            wanted = app.session.recipe
            qtbot.waitUntil(lambda wanted=wanted: app.play.saver.frame.recipe == wanted)


def begin(app: App, latent_walk: LatentWalk, qtbot: QtBot) -> None:
    latent_walk.set_running(True)
    qtbot.waitUntil(lambda: latent_walk.motion.timer.isActive())


def test_a_walk_is_where_its_time_says_whatever_the_frame_rate(
    app: App, latent_walk: LatentWalk, clock: Clock, qtbot: QtBot
) -> None:
    begin(app, latent_walk, qtbot)
    walk_for(app, latent_walk, clock, qtbot, 4.8, 12)
    latent_walk.stop()
    smooth = vector_of(app)
    app.session.undo()
    latent_walk._source.seed(4)
    begin(app, latent_walk, qtbot)
    walk_for(app, latent_walk, clock, qtbot, 4.8, 2)
    assert vector_of(app) == pytest.approx(smooth, abs=1e-5)


def test_a_closed_walk_comes_back_to_where_it_began(
    app: App, latent_walk: LatentWalk, clock: Clock, qtbot: QtBot
) -> None:
    start = vector_of(app)
    panel = app.explore.walk_panel
    panel.places.set_value(3)
    panel.speed.set_value(1.0)
    begin(app, latent_walk, qtbot)
    walk_for(app, latent_walk, clock, qtbot, 1.5, 2)
    assert vector_of(app) != pytest.approx(start, abs=0.1)
    walk_for(app, latent_walk, clock, qtbot, 1.5, 2)
    assert vector_of(app) == pytest.approx(start, abs=1e-5)


def test_a_walk_stays_where_it_is_stopped_and_is_one_step_to_undo(
    app: App, latent_walk: LatentWalk, clock: Clock, qtbot: QtBot
) -> None:
    before = app.session.recipe
    begin(app, latent_walk, qtbot)
    walk_for(app, latent_walk, clock, qtbot, 2.0, 4)
    latent_walk.stop()
    stopped = app.session.recipe
    clock.now += 5
    assert app.session.recipe == stopped
    assert Recipe.from_json(stopped.to_json()) == stopped
    assert app.session.history.count() == 1
    app.session.undo()
    assert app.session.recipe == before


def test_a_walk_goes_on_while_psi_moves_and_ends_when_the_seed_does(
    app: App, latent_walk: LatentWalk, clock: Clock, qtbot: QtBot
) -> None:
    begin(app, latent_walk, qtbot)
    walk_for(app, latent_walk, clock, qtbot, 1.0, 2)
    app.window.actions_["psi_up"].trigger()
    psi = app.session.recipe.psi
    walk_for(app, latent_walk, clock, qtbot, 1.0, 2)
    assert latent_walk.running
    assert app.session.recipe.psi == psi
    app.window.actions_["dice"].trigger()
    assert not latent_walk.running


def test_an_endless_walk_goes_on_through_new_pictures(
    app: App, latent_walk: LatentWalk, clock: Clock, qtbot: QtBot
) -> None:
    app.explore.walk_panel.returns.set_value(False)
    app.explore.walk_panel.speed.set_value(1.0)
    begin(app, latent_walk, qtbot)
    seen = []
    for _ in range(12):
        known = len(latent_walk._points)
        walk_for(app, latent_walk, clock, qtbot, 1.0, 1)
        qtbot.waitUntil(lambda known=known: not latent_walk._asking)
        seen.append(vector_of(app))
    apart = [float(np.linalg.norm(a - b)) for a, b in zip(seen, seen[1:], strict=False)]
    assert min(apart) > 0.5


# --- by hand -----------------------------------------------------------------------------------------


def test_dragging_the_picture_walks_and_is_one_step(app: App, qtbot: QtBot, drag: Drag) -> None:
    canvas = app.window.canvas
    before = vector_of(app)
    app.explore.walk_panel.hand.click()
    app.explore.map_walk.lay()
    qtbot.waitUntil(lambda: app.explore.map_walk.surface is not None)
    drag(canvas, [(100, 100), (140, 110), (180, 130)])
    there = vector_of(app)
    assert there != pytest.approx(before, abs=0.05)
    assert app.session.history.count() == 1
    drag(canvas, [(180, 130), (100, 100)])
    assert vector_of(app) == pytest.approx(before, abs=1e-4)
    app.session.undo()
    assert vector_of(app) == pytest.approx(there)


def test_a_new_seed_gets_a_new_surface(app: App, qtbot: QtBot, drag: Drag) -> None:
    app.explore.walk_panel.hand.click()
    app.explore.map_walk.lay()
    qtbot.waitUntil(lambda: app.explore.map_walk.surface is not None)
    first = app.explore.map_walk.surface
    app.session.edit(Recipe(latent=Latent(77)), "seed")
    canvas = app.window.canvas
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    qtbot.waitUntil(lambda: app.explore.map_walk.surface not in (None, first))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    assert app.explore.map_walk.surface.at(0, 0) == pytest.approx(vector_of(app), abs=1e-5)


def test_shift_and_the_arrows_walk_too(app: App, qtbot: QtBot) -> None:
    app.window.actions_["walk_by_hand"].trigger()
    app.explore.map_walk.lay()
    qtbot.waitUntil(lambda: app.explore.map_walk.surface is not None)
    before = vector_of(app)
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(app.window.canvas, Qt.Key.Key_Right, shift)
    qtbot.keyClick(app.window.canvas, Qt.Key.Key_Down, shift)
    assert vector_of(app) != pytest.approx(before, abs=0.01)
    qtbot.keyClick(app.window.canvas, Qt.Key.Key_Left, shift)
    qtbot.keyClick(app.window.canvas, Qt.Key.Key_Up, shift)
    assert vector_of(app) == pytest.approx(before, abs=1e-4)


# --- the map -----------------------------------------------------------------------------------------


def test_the_map_fills_in_and_a_click_travels(app: App, show_panel: Show, qtbot: QtBot) -> None:
    show_panel("Map")
    told: list[str] = []
    app.worker.thumbnail_rendered.connect(lambda owner, *_: told.append(owner))
    qtbot.waitUntil(lambda: told.count("map") > 100)
    view = app.explore.map_panel.view
    before = app.session.recipe
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(view.width() // 2 + 40, 60))
    assert app.session.recipe.latent.vector
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(view.width() // 2 - 40, 90))
    assert len(view.path) == 2
    app.session.undo()
    app.session.undo()
    assert app.session.recipe == before


def test_a_hidden_map_asks_for_nothing(app: App, engine: GatedEngine, qtbot: QtBot) -> None:
    app.explore.map_walk.lay()
    qtbot.waitUntil(lambda: app.explore.map_walk.surface is not None)
    app.session.edit(Recipe(latent=Latent(5)), "seed")
    qtbot.waitUntil(lambda: app.play.saver.frame.recipe.latent.seed == 5)
    assert engine.thumbnail_rendered == []


def test_every_tile_of_the_map_is_made_once(app: App, show_panel: Show, qtbot: QtBot) -> None:
    show_panel("Map")
    told: list[Recipe] = []
    app.worker.thumbnail_rendered.connect(lambda _, recipe, __: told.append(recipe))
    qtbot.waitUntil(lambda: len(told) == TILES**2, timeout=30_000)
    assert len(set(told)) == TILES**2


# --- variations --------------------------------------------------------------------------------------


def test_a_variation_is_travelled_to_by_a_click(app: App, show_panel: Show, qtbot: QtBot) -> None:
    show_panel("Variations")
    variations_maker = app.explore.variations_maker
    qtbot.waitUntil(lambda: len(variations_maker.recipes) == 9)
    assert variations_maker.recipes[4] == app.session.recipe
    chosen = variations_maker.recipes[0]
    app.explore.variations_panel.grid.chosen.emit(0)
    assert app.session.recipe == chosen
    qtbot.waitUntil(lambda: variations_maker.recipes[4] == chosen)


def test_only_the_scales_with_a_reach_vary(app: App, show_panel: Show, qtbot: QtBot) -> None:
    panel = app.explore.variations_panel
    panel.radii["coarse"].set_value(0.0)
    panel.radii["middle"].set_value(0.8)
    app.session.edit(Recipe(latent=Latent(3)).with_mix_at(8, Mix(Latent(9))), "mix")
    show_panel("Variations")
    qtbot.waitUntil(lambda: len(app.explore.variations_maker.recipes) == 9)
    vectors = np.random.default_rng(3).standard_normal(16), np.random.default_rng(9)
    for index, recipe in enumerate(app.explore.variations_maker.recipes):
        if index == 4:
            continue
        assert recipe.latent.vector == pytest.approx(vectors[0], abs=1e-5)
        mixes = dict(recipe.mix_at)
        assert mixes[8].latent.vector == pytest.approx(
            np.random.default_rng(9).standard_normal(16), abs=1e-5
        )
        assert {side for side in mixes if group_of(side) == "middle"} == {16, 32}


def test_equal_styles_follow_the_master() -> None:
    recipe = with_styles(Recipe(), Latent(1), {4: Latent(1), 8: Latent(2)})
    assert recipe.mix_at == ((8, Mix(Latent(2))),)


# --- the pad -----------------------------------------------------------------------------------------


def test_the_pad_travels_between_its_corners(app: App, show_panel: Show, qtbot: QtBot) -> None:
    show_panel("Pad")
    pad_blend, pad = app.explore.pad_blend, app.explore.pad_panel.pad
    for corner in range(4):
        app.session.edit(Recipe(latent=Latent(10 + corner)), "seed")
        pad.corner_pressed.emit(corner)
    assert pad_blend.corners == tuple(Latent(10 + corner) for corner in range(4))
    qtbot.waitUntil(lambda: all(pad.has_corner(corner) for corner in range(4)))
    steps = app.session.history.count()
    pad.drag_started.emit()
    pad.moved.emit(0.5, 0.5)
    qtbot.waitUntil(lambda: bool(app.session.recipe.latent.vector))
    pad.moved.emit(1.0, 0.0)
    pad.drag_finished.emit()
    assert vector_of(app) == pytest.approx(np.random.default_rng(11).standard_normal(16), abs=1e-5)
    assert app.session.history.count() == steps + 1


def test_the_pad_can_move_some_scales_only(app: App, show_panel: Show, qtbot: QtBot) -> None:
    show_panel("Pad")
    panel = app.explore.pad_panel
    panel.dice.click()
    panel.first.setCurrentIndex(2)
    panel.pad.moved.emit(0.2, 0.4)
    qtbot.waitUntil(lambda: bool(app.session.recipe.mix_at))
    assert [side for side, _ in app.session.recipe.mix_at] == [16, 32]
    assert app.session.recipe.latent == Latent(0)


# --- dice and padlocks -------------------------------------------------------------------------------


def test_dice_for_some_scales_leave_the_others(app: App) -> None:
    app.window.actions_["reroll_middle"].trigger()
    mixes = dict(app.session.recipe.mix_at)
    assert set(mixes) == {16, 32}
    assert app.session.recipe.latent == Latent(0)
    app.window.actions_["reroll_middle"].trigger()
    assert dict(app.session.recipe.mix_at) != mixes


def test_a_locked_strip_keeps_its_style(app: App) -> None:
    strip = app.play.desk.strips[16]
    strip.head.lock.click()
    assert strip.head.lock.isChecked()
    assert dict(app.session.recipe.mix_at)[16] == Mix(Latent(0))
    app.window.actions_["dice"].trigger()
    app.window.actions_["reroll_middle"].trigger()
    assert dict(app.session.recipe.mix_at)[16] == Mix(Latent(0))
    assert dict(app.session.recipe.mix_at)[32] != Mix(Latent(0))
    assert not strip.source.dice.isEnabled()
    strip.head.lock.click()
    assert 16 not in dict(app.session.recipe.mix_at)
    assert not strip.head.lock.isChecked()


def test_undo_opens_a_lock(app: App) -> None:
    strip = app.play.desk.strips[8]
    strip.head.lock.click()
    app.session.undo()
    assert not strip.head.lock.isChecked()
    app.session.redo()
    assert strip.head.lock.isChecked()


def test_a_strip_between_two_styles_is_locked_to_the_place_between(app: App, qtbot: QtBot) -> None:
    app.session.edit(Recipe().with_mix_at(8, Mix(Latent(1), 0.25)), "mix")
    app.play.desk.strips[8].head.lock.click()
    qtbot.waitUntil(lambda: 8 in app.explore.locks.locked)
    between = np.array(dict(app.session.recipe.mix_at)[8].latent.vector)
    a, b = (np.random.default_rng(seed).standard_normal(16) for seed in (0, 1))
    assert between == pytest.approx(0.75 * a + 0.25 * b, abs=1e-5)


def test_pad_and_variations_leave_locked_strips(app: App, show_panel: Show, qtbot: QtBot) -> None:
    app.play.desk.strips[16].head.lock.click()
    pinned = dict(app.session.recipe.mix_at)[16]
    show_panel("Variations")
    qtbot.waitUntil(lambda: len(app.explore.variations_maker.recipes) == 9)
    for recipe in app.explore.variations_maker.recipes:
        assert dict(recipe.mix_at)[16] == pinned
    panel = app.explore.pad_panel
    panel.dice.click()
    panel.first.setCurrentIndex(2)
    panel.pad.moved.emit(0.2, 0.4)
    qtbot.waitUntil(lambda: 32 in dict(app.session.recipe.mix_at))
    assert dict(app.session.recipe.mix_at)[16] == pinned


def test_a_panel_that_was_shown_is_shown_again(
    app: App, show_panel: Show, engine: GatedEngine, qtbot: QtBot
) -> None:
    show_panel("Map")
    app.window.close()
    again = App(Start(), Settings(app._settings.folder), engine)
    with qtbot.waitSignal(again.worker.thumbnail_rendered):
        again.show()
        again.opener.start("first")
    assert again.explore.map_panel.isVisible()
    assert not again.explore.pad_panel.isVisible()
    again.window.close()
    again.window.deleteLater()


def test_no_panel_makes_a_small_window_taller(app: App, show_panel: Show, qtbot: QtBot) -> None:
    app.window.resize(800, 600)
    low = app.window.minimumSizeHint()
    for name in ("Wander", "Variations", "Pad", "Map", "Favourites", "Compare", "Presets"):
        show_panel(name)
        QApplication.processEvents()
        assert app.window.minimumSizeHint().height() <= max(low.height(), 600), name
        assert app.window.minimumSizeHint().width() <= 800, name
