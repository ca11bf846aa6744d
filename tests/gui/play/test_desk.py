from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from ganlab.play.desk import Desk
from ganlab.play.strip import SOURCE_PSI
from ganlab_core.recipe import Latent, Mix, Recipe
from ganlab_core.rendering import Frame, Preview


@pytest.fixture
def desk(qtbot, can64) -> Desk:
    made = Desk()
    qtbot.addWidget(made)
    made.set_capabilities(can64)
    made.edited.connect(lambda recipe, _: made.show_recipe(recipe))
    made.resize(1416, made.sizeHint().height())
    made.show()
    return made


def picture(grey: int) -> np.ndarray:
    return np.full((8, 8, 3), grey, np.uint8)


def frame(*resolutions: int) -> Frame:
    previews = {r: Preview(np.full((r, r, 3), 200, np.uint8), "fitted") for r in resolutions}
    return Frame(Recipe(), picture(9), previews, (), 10, 1.0, "cpu", "fp32", "")


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_showing_a_recipe_never_edits_it(desk, some_recipe, data) -> None:
    spy = QSignalSpy(desk.edited)
    desk.show_recipe(data.draw(some_recipe))
    assert spy.count() == 0


def test_there_is_one_strip_per_resolution(desk) -> None:
    assert list(desk.strips) == [4, 8, 16, 32, 64]


def test_without_a_model_there_is_one_calm_sentence(desk, can64) -> None:
    desk.set_capabilities(None)
    assert desk.strips == {}
    assert "Open a model to begin" in words_on(desk)
    desk.set_capabilities(can64)
    assert "Open a model to begin" not in words_on(desk)


def test_the_empty_desk_stays_silent_while_a_model_is_on_its_way(desk) -> None:
    desk.set_capabilities(None)
    desk.invite(False)
    assert "Open a model to begin" not in words_on(desk)
    desk.invite(True)
    assert "Open a model to begin" in words_on(desk)


def words_on(desk: Desk) -> list[str]:
    return [label.text() for label in desk.findChildren(QLabel) if label.isVisible()]


def test_another_model_brings_its_own_strips(desk, can64, qtbot) -> None:
    with qtbot.assertNotEmitted(desk.edited):
        desk.set_capabilities(replace(can64, resolution=16, layers=can64.layers[:6]))
    assert list(desk.strips) == [4, 8, 16]


def test_every_strip_shows_its_scale_of_a_frame(desk) -> None:
    desk.show_frame(frame(4, 8, 16))
    assert [s.picture.has_picture() for s in desk.strips.values()] == [True] * 3 + [False] * 2


def test_a_frame_without_previews_leaves_the_pictures_standing(desk) -> None:
    desk.show_frame(frame(4, 8, 16, 32, 64))
    desk.show_frame(frame())
    assert all(s.picture.has_picture() for s in desk.strips.values())


def test_an_edit_on_a_strip_is_the_desks_edit(desk, qtbot) -> None:
    desk.show_recipe(Recipe(psi=0.2))
    with qtbot.waitSignal(desk.edited) as heard:
        qtbot.keyClick(desk.strips[32].psi.track, Qt.Key.Key_End)
    assert heard.args == [Recipe(psi=0.2, psi_at=((32, 2.0),)), "psi at 32 px"]


def test_edits_on_two_strips_add_up(desk, qtbot) -> None:
    qtbot.keyClick(desk.strips[8].psi.track, Qt.Key.Key_End)
    qtbot.keyClick(desk.strips[32].psi.track, Qt.Key.Key_Home)
    assert desk.recipe == Recipe(psi_at=((8, 2.0), (32, -1.0)))


def test_a_drag_on_any_strip_is_reported_by_the_desk(desk, drag) -> None:
    started, finished = QSignalSpy(desk.drag_started), QSignalSpy(desk.drag_finished)
    drag(desk.strips[64].mix.track, [(6, 8), (60, 8), (90, 8)])
    assert (started.count(), finished.count()) == (1, 1)


def test_a_model_that_goes_in_mid_drag_ends_the_drag(desk, qtbot) -> None:
    track = desk.strips[8].psi.track
    qtbot.mousePress(track, Qt.MouseButton.LeftButton, pos=QPoint(30, 8))
    with qtbot.waitSignal(desk.drag_finished):
        desk.set_capabilities(None)
    qtbot.mouseRelease(desk, Qt.MouseButton.LeftButton)


# --- sources ---------------------------------------------------------------------------------------


def of(seed: int) -> Recipe:
    """What the desk asks for when a strip takes a seed."""
    return Recipe(latent=Latent(seed), psi=SOURCE_PSI)


def test_each_source_is_asked_for_once(qtbot, can64) -> None:
    desk = Desk()
    qtbot.addWidget(desk)
    desk.show_recipe(Recipe(latent=Latent(1), mix_at=((16, Mix(Latent(2))), (32, Mix(Latent(2))))))
    wanted: list[Recipe] = []
    desk.source_wanted.connect(wanted.append)
    desk.set_capabilities(can64)
    desk.show_recipe(desk.recipe)
    assert wanted == [of(1), of(2)]


def test_sources_passed_by_in_a_drag_are_not_asked_for(desk, qtbot) -> None:
    qtbot.waitUntil(lambda: not desk._pause.isActive())
    wanted: list[Recipe] = []
    desk.source_wanted.connect(wanted.append)
    for seed in range(100, 200):
        desk.show_recipe(Recipe(latent=Latent(seed)))
    qtbot.waitUntil(lambda: of(199) in wanted)
    assert len(wanted) == 2


def test_a_sources_picture_reaches_the_strips_that_take_it(desk) -> None:
    desk.show_recipe(Recipe(latent=Latent(1), mix_at=((16, Mix(Latent(2))),)))
    desk.show_source(of(1), picture(10))
    desk.show_source(of(2), picture(250))
    assert grey_of(desk, 16) == 250
    assert grey_of(desk, 32) == 10
    desk.show_recipe(Recipe(latent=Latent(1), mix_at=((32, Mix(Latent(2))),)))
    assert grey_of(desk, 16) == 10
    assert grey_of(desk, 32) == 250


def grey_of(desk: Desk, resolution: int) -> int:
    shown = desk.strips[resolution].source.picture.grab().toImage()
    return shown.pixelColor(shown.width() // 2, shown.height() // 2).red()


def test_a_source_that_is_known_is_not_asked_for_again(desk, qtbot) -> None:
    desk.show_source(of(5), picture(10))
    qtbot.waitUntil(lambda: not desk._pause.isActive())
    with qtbot.assertNotEmitted(desk.source_wanted):
        desk.show_recipe(Recipe(latent=Latent(5)))


def test_forgotten_sources_are_asked_for_anew(desk, qtbot) -> None:
    desk.show_recipe(Recipe(latent=Latent(5)))
    desk.show_source(of(5), picture(10))
    with qtbot.waitSignal(desk.source_wanted) as heard:
        desk.forget_sources()
    assert heard.args == [of(5)]


def test_the_desk_remembers_a_bounded_number_of_sources(desk) -> None:
    for seed in range(300):
        desk.show_source(of(seed), picture(seed % 256))
    assert len(desk._sources) <= 64


def test_a_source_is_shown_in_the_class_that_its_strip_sees(qtbot, biggan64) -> None:
    desk = Desk()
    qtbot.addWidget(desk)
    dog = Recipe(latent=Latent(1), classes=((2, 1.0),), classes_at=((16, ((3, 1.0), (2000, 1.0))),))
    desk.show_recipe(dog)
    wanted: list[Recipe] = []
    desk.source_wanted.connect(wanted.append)
    desk.set_capabilities(biggan64)
    assert {source.classes for source in wanted} == {((2, 1.0),), ((3, 1.0),)}


def test_a_file_dropped_on_a_strip_is_told_with_its_place(desk, qtbot) -> None:
    with qtbot.waitSignal(desk.file_dropped) as heard:
        desk.strips[16].source.take(Path("face.png"))
    assert heard.args == [16, Path("face.png")]


# --- selection -------------------------------------------------------------------------------------


def test_a_click_on_a_header_selects_and_a_second_one_lets_go(desk, qtbot) -> None:
    heard: list[int | None] = []
    desk.selected.connect(heard.append)
    for _ in range(2):
        qtbot.mouseClick(desk.strips[16].head.title, Qt.MouseButton.LeftButton)
    assert heard == [16, None]


def test_control_and_arrows_move_between_strips(desk, qtbot) -> None:
    desk.select(8)
    qtbot.waitUntil(desk.strips[8].head.title.hasFocus)
    ctrl = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(desk.strips[8].head.title, Qt.Key.Key_Right, ctrl)
    assert desk.selected_resolution == 16
    qtbot.keyClick(desk.strips[16].psi.track, Qt.Key.Key_Left, ctrl)
    assert desk.selected_resolution == 8


def test_the_keys_move_on_from_where_the_focus_is(desk, qtbot) -> None:
    track = desk.strips[32].psi.track
    track.setFocus()
    qtbot.waitUntil(track.hasFocus)
    qtbot.keyClick(track, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert desk.selected_resolution == 64
    assert desk.recipe == Recipe()


def test_the_selection_stops_at_both_ends(desk) -> None:
    desk.select(64)
    desk.select_next()
    assert desk.selected_resolution == 64
    desk.select(4)
    desk.select_previous()
    assert desk.selected_resolution == 4


# --- room ------------------------------------------------------------------------------------------


def test_six_strips_fit_at_1440_pixels(qtbot, can64) -> None:
    desk = Desk()
    qtbot.addWidget(desk)
    finest = tuple(
        replace(layer, index=layer.index + 2, resolution=128, name=f"128x128/conv{k}")
        for k, layer in enumerate(can64.layers[-2:])
    )
    desk.set_capabilities(replace(can64, resolution=128, layers=can64.layers + finest))
    desk.resize(1416, desk.sizeHint().height())
    desk.show()
    assert len(desk.strips) == 6
    assert desk.findChild(QScrollArea).horizontalScrollBar().maximum() == 0


@pytest.mark.parametrize("model", ["can64", "biggan64", "progan64", "stylegan2_64"])
def test_tab_goes_through_the_strips_of_another_model_as_they_stand(
    model: str, can, qtbot, request: pytest.FixtureRequest
) -> None:
    """After the desk's head, strip by strip, down each, and on to what stands behind the desk."""
    window, desk, behind = QWidget(), Desk(), QPushButton("behind")
    column = QVBoxLayout(window)
    for part in (desk, behind):
        column.addWidget(part)
    qtbot.addWidget(window)
    desk.set_capabilities(can)
    desk.set_capabilities(request.getfixturevalue(model))
    window.resize(1600, window.sizeHint().height())
    window.show()
    qtbot.waitExposed(window)
    wanted = [
        part
        for strip in desk.strips.values()
        for part in strip.findChildren(QWidget)
        if part.isVisible() and part.isEnabled() and part.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    desk.fold.setFocus()
    walked = []
    while window.focusNextChild() and window.focusWidget() is not behind:
        walked.append(window.focusWidget())
    assert len(walked) == len(set(walked))
    assert set(walked) == set(wanted)
    strips = list(desk.strips.values())
    places = [next(s for s in strips if s.isAncestorOf(stop)) for stop in walked]
    assert [strip for strip, _ in itertools.groupby(places)] == strips


def test_a_narrow_desk_scrolls_to_the_selected_strip(desk, qtbot) -> None:
    desk.resize(600, desk.height())
    bar = desk.findChild(QScrollArea).horizontalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    desk.select(64)
    assert bar.value() > bar.maximum() / 2


def test_the_wheel_scrolls_sideways(desk, qtbot) -> None:
    desk.resize(600, desk.height())
    area = desk.findChild(QScrollArea)
    bar = area.horizontalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    QApplication.sendEvent(
        area.viewport(),
        QWheelEvent(
            QPointF(5, 5), area.mapToGlobal(QPointF(5, 5)), QPoint(), QPoint(0, -120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        ),
    )  # fmt: skip
    assert bar.value() > 0


def test_the_desk_leaves_the_window_to_the_picture(desk) -> None:
    assert desk.sizeHint().height() <= 304


def test_without_a_model_its_head_offers_nothing_and_says_why(desk, can64) -> None:
    desk.set_capabilities(None)
    for button in (desk.second, desk.fold):
        assert not button.isEnabled()
        assert button.toolTip() == "Open a model first."
    desk.set_capabilities(can64)
    assert desk.second.isEnabled()
    assert desk.fold.isEnabled()


def places(desk) -> list[QPoint]:
    return [strip.mapTo(desk, QPoint()) for strip in desk.strips.values()]


def test_a_low_wide_desk_at_the_side_shows_every_strip_whole(desk, qtbot) -> None:
    desk.set_side(True)
    desk.layout().activate()
    desk.resize(623, 217)
    qtbot.waitUntil(lambda: len({place.x() for place in places(desk)}) == 3)
    for strip, place in zip(desk.strips.values(), places(desk), strict=True):
        assert strip.form == "thin"
        assert place.x() >= 0
        assert place.x() + strip.width() <= desk.width()
        assert place.y() + strip.height() <= desk.height()
    desk.resize(623, 700)
    qtbot.waitUntil(lambda: len({place.x() for place in places(desk)}) == 1)
    assert {strip.form for strip in desk.strips.values()} == {"row"}


def test_a_strip_opened_in_a_low_desk_is_seen_whole(desk, qtbot) -> None:
    desk.set_side(True)
    desk.layout().activate()
    desk.resize(623, 217)
    qtbot.waitUntil(lambda: desk.thin)
    desk.select(32)
    strip = desk.strips[32]
    assert strip.form == "row"
    qtbot.waitUntil(lambda: strip.visibleRegion().boundingRect() == strip.rect())
    desk.select(32)
    qtbot.waitUntil(lambda: len({place.x() for place in places(desk)}) == 3)
