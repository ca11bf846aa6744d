"""The picture has the window, and nothing that is shown changes the window or moves the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QDockWidget, QScrollArea, QTabBar
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.controls import ValueSlider, WordButton
from ganlab.settings import Settings
from tests.benchmarks.picture_share import SIZES, layouts, measure, settle, with_picture
from tests.gui.conftest import GatedEngine

LARGE = SIZES["1440x900"]


@pytest.fixture
def at(engine: GatedEngine, settings: Settings, qtbot: QtBot) -> Iterator[Callable[[QSize], App]]:
    """A window of a size, with the strips of a 256 px StyleGAN and a picture."""
    made: list[App] = []

    def open_at(size: QSize) -> App:
        app = App(Start("/nowhere/model.safetensors"), Settings(settings.folder), engine)
        made.append(app)
        app.window.resize(size)
        app.window.show()
        settle()
        with_picture(app)
        return app

    yield open_at
    for app in made:
        app.window.close()
        app.window.deleteLater()


def test_the_picture_has_its_share_of_a_large_window(at: Callable[[QSize], App]) -> None:
    found = {share.layout: share for share in layouts(at(LARGE))}
    assert found["Play"].share >= 0.45
    assert found["Film"].share >= 0.25
    assert found["Play, and Timeline"].share >= 0.25
    assert all(share.side >= 300 for share in found.values()), found


@pytest.mark.parametrize("size", list(SIZES.values()), ids=list(SIZES))
def test_no_panel_and_no_message_makes_the_window_larger(
    at: Callable[[QSize], App], size: QSize
) -> None:
    app = at(size)
    for found in layouts(app):
        if found.layout != "picture alone":  # that fills the screen
            assert found.window == size, found.layout
    for dock in app.window.findChildren(QDockWidget):
        dock.show()
        app.window.show_notice("A sentence. " * 40, "and details")
        assert measure(app, dock.windowTitle()).window == size


def test_a_message_does_not_move_the_picture(at: Callable[[QSize], App]) -> None:
    app = at(LARGE)
    settle()
    canvas = app.window.canvas
    before = QRect(canvas.geometry()), canvas.picture_rect()
    app.window.show_notice("It broke.", "Because.")
    app.window.canvas.badges.show_badge("wander", "wandering", "It walks.", lambda: None)
    settle()
    assert app.window.banner.isVisible()
    assert (canvas.geometry(), canvas.picture_rect()) == before
    assert canvas.rect().contains(canvas.badges.geometry())


def test_an_error_stays_and_comes_back_after_what_passes(at: Callable[[QSize], App]) -> None:
    banner = at(LARGE).window.banner
    banner.show_text("It broke.")
    banner.show_text("Saved.", passing=True)
    assert banner.text == "Saved."
    banner.pass_by()
    assert banner.isVisible()
    assert banner.text == "It broke."
    banner.put_away()
    assert banner.isHidden()


def test_a_workspace_is_found_again_as_it_was_left(at: Callable[[QSize], App]) -> None:
    app = at(LARGE)
    spaces = app.window.workspaces

    def shown() -> set[str]:
        docks = app.window.findChildren(QDockWidget)
        return {dock.windowTitle() for dock in docks if not dock.isHidden()}

    assert shown() == {"Master", "Desk"}
    spaces.enter("Film")
    assert shown() == {"Master", "Desk", "Timeline"}
    master = app.window.findChild(QDockWidget, "masterDock")
    assert master is not None
    master.hide()
    spaces.enter("Play")
    assert shown() == {"Master", "Desk"}
    spaces.enter("Film")
    assert shown() == {"Desk", "Timeline"}
    app.window.actions_["reset_layout"].trigger()
    assert shown() == {"Master", "Desk", "Timeline"}


def test_one_panel_at_a_time_shares_the_place_at_the_right(at: Callable[[QSize], App]) -> None:
    app = at(LARGE)
    docks = {dock.windowTitle(): dock for dock in app.window.findChildren(QDockWidget)}
    docks["Variations"].toggleViewAction().trigger()
    settle()
    docks["Favourites"].toggleViewAction().trigger()
    settle()
    assert docks["Favourites"].isVisible()
    assert docks["Variations"].isHidden()


def test_a_thin_strip_opens_where_it_stands(at: Callable[[QSize], App], qtbot: QtBot) -> None:
    app = at(LARGE)
    desk = app.play.desk
    qtbot.waitUntil(lambda: not desk.thin)
    settle()
    picture = app.window.canvas.geometry()
    desk.fold.click()
    settle()
    assert {strip.form for strip in desk.strips.values()} == {"thin"}
    desk.strips[16].head.title.click()
    settle()
    assert desk.strips[16].form == "row"
    assert desk.strips[16].psi.isVisible()
    assert desk.strips[8].form == "thin"
    assert app.window.canvas.geometry() == picture


def test_the_dot_of_a_thin_strip_silences_all_its_layers(at: Callable[[QSize], App]) -> None:
    app = at(LARGE)
    app.play.desk.set_folded(True)
    app.play.desk.strips[16].dot.click()
    noises = dict(app.session.recipe.noise_layers)
    assert [noises[index].on for index in (4, 5)] == [False, False]
    app.play.desk.strips[16].dot.click()
    assert all(app.session.recipe.layer_noise(index).on for index in (4, 5))


@pytest.mark.parametrize("size", list(SIZES.values()), ids=list(SIZES))
def test_the_training_room_leaves_the_picture_its_size_and_cuts_nothing(
    at: Callable[[QSize], App], size: QSize
) -> None:
    app = at(size)
    app.window.workspaces.enter("Train")
    app.train.view.show_run("faces")
    found = measure(app, "Train")
    assert found.side >= 300
    assert found.window == size
    header = app.train.view.header
    parts = [header.name, header.state, header.bar, header.share, header.pause, header.step]
    for part in (*parts, header.stop, header.steer):
        assert header.rect().contains(part.geometry()), part.accessibleName()
        assert part.width() >= part.minimumSizeHint().width()
    whole = app.train.view.rect()
    for part in (app.train.view.time.load, app.train.view.time.live, app.train.view.wall):
        corner = part.mapTo(app.train.view, part.rect().bottomRight())
        assert whole.contains(corner)


@pytest.mark.parametrize("size", list(SIZES.values()), ids=list(SIZES))
def test_every_workspace_leaves_the_picture_300_px(at: Callable[[QSize], App], size: QSize) -> None:
    app = at(size)
    spaces = app.window.workspaces
    for name in [name for name in spaces.names if not spaces.arrangement(name).page]:
        spaces.enter(name)
        found = measure(app, name)
        assert found.side >= 300, found
        assert found.window == size, name


@pytest.mark.parametrize("size", list(SIZES.values()), ids=list(SIZES))
def test_the_masters_first_controls_are_seen_whole_or_scrolled_to(
    at: Callable[[QSize], App], size: QSize
) -> None:
    app = at(size)
    spaces = app.window.workspaces
    master = spaces.dock("Master")
    assert master is not None
    view = app.play.master.findChild(QScrollArea)
    assert view is not None
    for name in ("Play", "Film"):
        spaces.enter(name)
        settle()
        if master.isHidden():
            continue
        edge = view.viewport().height()
        section = app.play.master.style_section
        for slider in section.findChildren(ValueSlider):
            if not slider.isVisibleTo(section):
                continue
            top = slider.mapTo(view.viewport(), QPoint()).y()
            assert top + slider.height() <= edge or top >= edge - 4, (name, slider.accessibleName())


def test_heads_and_tabs_of_panels_are_whole_in_a_narrow_window(at: Callable[[QSize], App]) -> None:
    app = at(SIZES["1024x640"])
    for name in ("mapDock", "insideDock"):
        dock = app.window.findChild(QDockWidget, name)
        assert dock is not None
        dock.show()
        settle()
        panel = dock.widget().rect()
        for button in dock.findChildren(WordButton):
            if button.isVisible():
                corner = button.mapTo(dock.widget(), button.rect().bottomRight())
                assert panel.left() <= corner.x() <= panel.right(), button.text()
                assert button.width() >= button.sizeHint().width(), button.text()
        for bar in dock.findChildren(QTabBar):
            assert bar.width() >= bar.sizeHint().width()


def test_in_a_low_window_the_film_stands_beside_the_picture(at: Callable[[QSize], App]) -> None:
    app = at(SIZES["1440x900 at 200 %"])
    window, spaces = app.window, app.window.workspaces
    timeline = window.findChild(QDockWidget, "timelineDock")
    assert timeline is not None
    spaces.enter("Explore")  # what stands in for the desk there is not brought along
    spaces.enter("Film")
    settle()
    assert timeline.isVisible()
    assert app.play.master.isVisible()
    assert not app.play.desk.isVisible()
    panel = app.film.filming.panel
    for button in (panel.play, panel.keyframe, panel.fill, panel.export, panel.settings.loop):
        assert panel.rect().contains(button.rect().translated(button.mapTo(panel, QPoint()))), (
            button
        )
        assert button.width() >= button.minimumSizeHint().width(), button.text()
    window.resize(LARGE)
    settle()
    assert window.dockWidgetArea(timeline) == Qt.DockWidgetArea.BottomDockWidgetArea
    assert app.play.desk.isVisible()
    window.resize(SIZES["1440x900 at 200 %"])
    settle()
    assert window.dockWidgetArea(timeline) == Qt.DockWidgetArea.RightDockWidgetArea


def test_the_strips_that_are_thin_leave_the_master_what_they_do_not_need(
    at: Callable[[QSize], App],
) -> None:
    app = at(LARGE)
    spaces = app.window.workspaces
    for name in ("Film", "Perform"):  # whole strips, then thin ones
        spaces.enter(name)
        settle()
    master, desk = app.play.master, app.play.desk
    assert desk.thin
    spare = desk.height() - desk.sizeHint().height()
    assert master.height() >= master.sizeHint().height() or spare < 16, (master.size(), spare)


@pytest.mark.parametrize("size", list(SIZES.values()), ids=list(SIZES))
def test_without_a_run_the_training_room_offers_the_ways_to_one(
    at: Callable[[QSize], App], size: QSize, qtbot: QtBot
) -> None:
    app = at(size)
    app.window.workspaces.enter("Train")
    settle()
    view = app.train.view
    assert not view.header.isVisible()
    assert not view.time.isVisible()
    asked: list[str] = []
    for name in ("watch", "new", "open"):
        getattr(view.nothing, f"{name}_wanted").disconnect()
        getattr(view.nothing, f"{name}_wanted").connect(partial(asked.append, name))
    buttons = view.nothing.findChildren(WordButton)
    for button in buttons:
        assert not button.visibleRegion().isEmpty()
        assert button.visibleRegion().boundingRect() == button.rect()
        button.click()
    assert asked == ["watch", "new", "open"]
