"""The Inside panel: what is seen is asked about, what is hidden is not, and every edit is a Recipe."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QItemSelectionModel, QPointF, Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QComboBox,
    QLineEdit,
    QListView,
    QScrollBar,
    QToolButton,
)

from ganlab.inside.directions_panel import edited_along, stops, stops_of, styles_of
from ganlab.inside.feature_maps import NO_ATTENTION
from ganlab_core.inspection import PSIS, FindDirections
from ganlab_core.recipe import Bend, EditDirection, Latent, Noise, Recipe

TABS = ("directions", "features", "attention", "lab", "map")


def open_tab(panel, name: str) -> None:
    panel.tabs.setCurrentIndex(TABS.index(name))


def seen(panel, frame_of, recipe: Recipe | None = None) -> None:
    panel.show_recipe(recipe or Recipe())
    panel.show_frame(frame_of(recipe))


# --- only what is seen -------------------------------------------------------------------------------


def test_nothing_is_asked_while_its_tab_is_hidden(panel, desk, frame_of, qtbot) -> None:
    open_tab(panel, "map")
    seen(panel, frame_of, Recipe(latent=Latent(5)))
    qtbot.waitUntil(lambda: desk.kinds() == ["MapNetwork"])
    panel.hide()
    seen(panel, frame_of, Recipe(latent=Latent(6)))
    open_tab(panel, "features")
    qtbot.wait(0)
    assert desk.kinds() == ["MapNetwork"]
    panel.show()
    qtbot.waitUntil(lambda: desk.kinds() == ["MapNetwork", "SeeMaps"])
    assert desk.asked[-1].recipe.latent.seed == 6


def test_an_answer_on_its_way_is_given_up_when_its_tab_is_left(
    panel, desk, frame_of, qtbot
) -> None:
    desk.answering = False
    open_tab(panel, "features")
    seen(panel, frame_of)
    qtbot.waitUntil(lambda: desk.kinds() == ["SeeMaps"])
    open_tab(panel, "directions")
    assert desk.dropped == ["maps"]
    open_tab(panel, "features")
    qtbot.waitUntil(lambda: desk.kinds() == ["SeeMaps", "SeeMaps"])


def test_one_picture_is_asked_about_once(panel, desk, frame_of, qtbot) -> None:
    open_tab(panel, "features")
    seen(panel, frame_of)
    qtbot.waitUntil(lambda: desk.kinds() == ["SeeMaps"])
    seen(panel, frame_of)
    open_tab(panel, "directions")
    open_tab(panel, "features")
    seen(panel, frame_of, Recipe(latent=Latent(2)))
    qtbot.waitUntil(lambda: len(desk.asked) == 2)
    assert [question.recipe.latent.seed for question in desk.asked] == [0, 2]


def test_another_model_is_asked_about_anew(panel, desk, frame_of, qtbot) -> None:
    open_tab(panel, "features")
    seen(panel, frame_of)
    qtbot.waitUntil(lambda: panel.features.maps is not None)
    panel.forget()
    assert panel.features.maps is None
    seen(panel, frame_of)
    qtbot.waitUntil(lambda: len(desk.asked) == 2)


# --- directions --------------------------------------------------------------------------------------


@pytest.fixture
def directions(panel, directions_of):
    panel.directions.show_set(directions_of())
    return panel.directions


def test_find_asks_and_the_answer_is_listed_and_kept(panel, desk, qtbot) -> None:
    spy = QSignalSpy(panel.directions.changed)
    qtbot.mouseClick(panel.directions.seek, Qt.MouseButton.LeftButton)
    assert desk.asked == [FindDirections("components")]
    assert [row.name.text() for row in panel.directions.rows][0] == "component 1"
    assert panel.directions.rows[0].share.text() == "50.0 %"
    assert spy.count() == 1


def test_a_search_shows_its_progress_and_can_be_stopped(panel, desk, qtbot) -> None:
    desk.answering = False
    panel.directions.kind.button("factors").click()
    panel.directions.layers.set_value(1, 2)
    panel.directions.seek.click()
    assert desk.asked == [FindDirections("factors", 1, 2)]
    panel.show_progress("directions", 0.4)
    assert panel.directions.search.bar.value() == 40
    panel.directions.search.stop.click()
    assert desk.dropped == ["directions"]
    assert not panel.directions.search.isVisible()


def test_a_slider_edits_the_pushes_of_the_recipe(directions, desk, qtbot) -> None:
    track = directions.rows[1].slider.track
    track.setFocus()
    for _ in range(4):
        qtbot.keyClick(track, Qt.Key.Key_Right)
    (push,) = desk.edits[-1][0].pushes
    assert push == EditDirection(directions.found.directions[1].vector, 1.0, 0, 64, "component 2")
    qtbot.keyClick(track, Qt.Key.Key_Delete)
    assert desk.edits[-1][0].pushes == ()


def test_a_drag_of_a_slider_is_bracketed(panel, directions, drag) -> None:
    begun, ended = QSignalSpy(panel.drag_started), QSignalSpy(panel.drag_finished)
    track = directions.rows[0].slider.track
    middle = track.height() / 2
    drag(track, [(track.width() / 2, middle), (track.width() - 8, middle)])
    assert (begun.count(), ended.count()) == (1, 1)


def test_showing_a_recipe_never_edits_it(panel, desk, directions, frame_of) -> None:
    push = directions.found.directions[0].edit(7.5)
    panel.show_recipe(Recipe(pushes=(push,), psi=0.4, gains=((1, ((2, 0.0),)),), attention=2.0))
    assert directions.rows[0].slider.value == 7.5
    assert desk.edits == []


def test_a_direction_acts_on_the_resolutions_chosen(directions, desk) -> None:
    directions.rows[0].slider.track.propose(2.0)
    directions.rows[0].stops.edited.emit(1, 2)
    (push,) = desk.edits[-1][0].pushes
    assert (push.first, push.last, push.amount) == (1, 2, 2.0)
    assert (directions.found.directions[0].first, directions.found.directions[0].last) == (1, 2)
    directions.rows[0].slider.track.propose(3.0)
    assert desk.edits[-1][0].pushes[0].last == 2


def test_a_name_typed_over_is_kept_with_the_set_and_the_push(directions, desk, qtbot) -> None:
    directions.rows[0].slider.track.propose(2.0)
    spy = QSignalSpy(directions.changed)
    name = directions.rows[0].name
    name.setFocus()
    qtbot.keyClick(name, Qt.Key.Key_Return)
    qtbot.keyClick(name, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(name, "smile")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert spy.at(0)[0].directions[0].name == "smile"
    assert desk.edits[-1][0].pushes[0].name == "smile"
    assert name.text() == "smile"


def test_directions_a_recipe_brings_along_are_listed_too(directions, panel, desk) -> None:
    foreign = EditDirection((9.0,) + (0.0,) * 15, 1.5, 0, 1, "beard")
    panel.show_recipe(Recipe(pushes=(foreign,)))
    assert directions.rows[-1].name.text() == "beard"
    directions.rows[-1].slider.track.propose(0.0)
    assert desk.edits[-1][0].pushes == ()
    assert directions.rows[-1].name.text() == "beard"  # so that the hand can go back


def test_reset_takes_all_pushes_back(directions, panel, desk) -> None:
    assert not directions.reset.isEnabled()
    panel.show_recipe(Recipe(pushes=(directions.found.directions[0].edit(2.0),)))
    directions.reset.click()
    assert desk.edits[-1][0] == Recipe()


def test_pushes_keep_their_order(directions_of) -> None:
    one, two, _ = directions_of().directions
    recipe = edited_along(edited_along(Recipe(), one, 1.0), two, 2.0)
    assert [push.amount for push in edited_along(recipe, one, 3.0).pushes] == [3.0, 2.0]


def test_styles_and_resolutions_go_both_ways(can64, stylegan2_64, progan64, biggan64) -> None:
    assert styles_of(can64, 1, 2) == (2, 5)
    assert stops_of(can64, 2, 5) == (1, 2)
    assert styles_of(can64, 0, 4) == (0, 64)
    assert stops(stylegan2_64)[1] == (8, 1)  # the 4 px toRGB takes the style of 8 px
    assert styles_of(stylegan2_64, 0, 0) == (0, 0)
    assert len(stops(progan64)) == 1
    for can in (can64, stylegan2_64, biggan64):
        for place in range(len(stops(can))):
            assert stops_of(can, *styles_of(can, place, place)) == (place, place)


# --- feature maps ------------------------------------------------------------------------------------


@pytest.fixture
def features(panel, desk, frame_of, qtbot):
    open_tab(panel, "features")
    seen(panel, frame_of)
    panel.features.open_stage(2)
    qtbot.waitUntil(lambda: panel.features.maps is not None)
    return panel.features


def test_a_map_is_chosen_with_a_click_and_shown_large(features, desk, qtbot) -> None:
    place = features.grid.visualRect(features.grid.maps.index(4)).center()
    qtbot.mouseClick(features.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert features.channel == 4
    qtbot.waitUntil(lambda: desk.asked[-1].large == 4)
    assert "mean 2" in features.facts.text()
    assert features.large.image.pixelColor(0, 0).red() == 40


def test_ablate_boost_and_reset_edit_the_gains(features, desk, qtbot) -> None:
    features.grid.setCurrentIndex(features.grid.maps.index(3))
    features.ablate.click()
    assert desk.edits[-1][0].gains == ((2, ((3, 0.0),)),)
    assert dict(features.grid.maps.gains) == {3: 0.0}
    features.gain.track.propose(2.5)
    assert desk.edits[-1][0].gains == ((2, ((3, 2.5),)),)
    features.reset.click()
    assert desk.edits[-1][0].gains == ()


def test_delete_ablates_and_gives_back(features, desk, qtbot) -> None:
    features.grid.setCurrentIndex(features.grid.maps.index(1))
    qtbot.keyClick(features.grid, Qt.Key.Key_Delete)
    assert desk.edits[-1][0].gains == ((2, ((1, 0.0),)),)
    qtbot.keyClick(features.grid, Qt.Key.Key_Delete)
    assert desk.edits[-1][0].gains == ()


def test_an_edit_of_a_map_asks_nothing_new_about_its_stage(features, desk, qtbot) -> None:
    features.grid.setCurrentIndex(features.grid.maps.index(1))
    qtbot.waitUntil(lambda: desk.asked[-1].large == 1)
    before = len(desk.asked)
    features.ablate.click()
    open_tab(features.window(), "features")
    qtbot.wait(0)
    assert len(desk.asked) == before


def test_maps_are_put_into_the_order_of_their_effect(features, desk, qtbot) -> None:
    features.grid.setCurrentIndex(features.grid.maps.index(2))
    features.sorting.button("effect").click()
    qtbot.waitUntil(lambda: features.grid.maps.order == [3, 1, 4, 2, 5, 0])
    assert features.channel == 2
    assert features.grid.currentIndex().row() == 3
    features.sorting.button("strength").click()
    assert features.grid.maps.order == [0, 1, 2, 3, 4, 5]


def test_measuring_effects_can_be_stopped(features, desk, panel, qtbot) -> None:
    desk.answering = False
    features.sorting.button("effect").click()
    qtbot.waitUntil(lambda: desk.kinds()[-1] == "MeasureEffects")
    panel.show_progress("effects", 0.5)
    features.search.stop.click()
    assert desk.dropped == ["effects"]
    assert features.sorting.value == "number"


def test_maps_of_another_stage_come_too_late(features, desk, panel, qtbot) -> None:
    desk.answering = False
    late = features.maps
    features.open_stage(3)
    panel.show_answer("maps", late)
    assert features.maps is None


# --- attention ---------------------------------------------------------------------------------------


def test_a_model_without_attention_says_so(panel, desk, frame_of) -> None:
    open_tab(panel, "attention")
    seen(panel, frame_of)
    assert panel.attention.lacking.text() == NO_ATTENTION
    assert not panel.attention.picture.isVisible()
    assert desk.asked == []


def test_pointing_at_the_picture_asks_where_it_looks(
    panel, desk, biggan64, frame_of, qtbot
) -> None:
    panel.set_capabilities(biggan64)
    open_tab(panel, "attention")
    seen(panel, frame_of)
    picture = panel.attention.picture
    qtbot.waitUntil(lambda: not picture.heat.isNull())
    square = picture.square()
    at = (square.topLeft() + QPointF(0.75, 0.25) * square.width()).toPoint()
    qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: len(desk.asked) == 2)
    asked = desk.asked[-1]
    assert asked.stage == 4
    assert (asked.row, asked.column) == (
        pytest.approx(0.25, abs=0.02),
        pytest.approx(0.75, abs=0.02),
    )
    assert picture.heat.size().width() == 8
    assert "gamma = 0.844" in panel.attention.told.text()
    qtbot.keyClick(picture, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: len(desk.asked) == 3)
    assert desk.asked[-1].row > asked.row


def test_the_factor_edits_the_recipe(panel, desk, biggan64) -> None:
    panel.set_capabilities(biggan64)
    panel.attention.factor.track.propose(0.5)
    assert desk.edits == [(Recipe(attention=0.5), "attention")]


# --- the lab -----------------------------------------------------------------------------------------


def test_each_experiment_is_asked_when_it_is_turned_to(panel, desk, frame_of, qtbot) -> None:
    open_tab(panel, "lab")
    seen(panel, frame_of)
    for name in ("noise", "layers", "psi", "spectrum"):
        panel.lab.which.button(name).click()
        count = len(set(desk.kinds()))
        qtbot.waitUntil(lambda before=count: len(set(desk.kinds())) >= max(1, before))
    kinds = ["CompareNoise", "LeaveOut", "TryPsis", "SeeSpectrum"]
    qtbot.waitUntil(lambda: desk.kinds()[-1:] == kinds[-1:])
    assert set(desk.kinds()) <= set(kinds)


def test_noise_is_shown_side_by_side(panel, desk, frame_of, qtbot) -> None:
    open_tab(panel, "lab")
    seen(panel, frame_of)
    noise = panel.lab.noise
    qtbot.waitUntil(lambda: not noise.deviation.image.isNull())
    assert noise.difference.caption == "difference x 4"
    assert "12.5" in noise.deviation.caption
    assert noise.without.image.pixelColor(0, 0).red() == 2


def test_pressing_a_picture_of_the_strip_takes_its_psi(panel, desk, frame_of, qtbot) -> None:
    panel.lab.show_experiment("psi")
    open_tab(panel, "lab")
    seen(panel, frame_of, Recipe(psi=0.5, psi_at=((8, 0.1),)))
    boxes = panel.lab.psi.grid.boxes
    qtbot.waitUntil(lambda: not boxes[2].image.isNull())
    assert boxes[2].caption == "psi 0.4  ·  2.0"
    qtbot.mouseClick(boxes[2], Qt.MouseButton.LeftButton)
    assert desk.edits == [(Recipe(psi=PSIS[2]), "psi")]
    boxes[-1].setFocus()
    qtbot.keyClick(boxes[-1], Qt.Key.Key_Return)
    assert desk.edits[-1][0].psi == PSIS[-1]
    assert desk.kinds() == ["TryPsis"]  # the strip is the same at every psi


def test_a_layer_is_compared_with_the_whole_picture(panel, desk, frame_of, qtbot) -> None:
    panel.lab.show_experiment("layers")
    open_tab(panel, "lab")
    seen(panel, frame_of)
    layers = panel.lab.layers
    qtbot.waitUntil(lambda: layers.found is not None)
    qtbot.mouseClick(layers.grid.boxes[3], Qt.MouseButton.LeftButton)
    assert "layer 3: without its noise the picture changes by 3.00" in layers.told.text()
    assert layers.without.image.pixelColor(0, 0).red() == 3
    layers.part.button("style").click()
    qtbot.waitUntil(lambda: desk.asked[-1].part == "style" and layers.found.asked.part == "style")


def test_models_without_noise_or_psi_say_so(panel, desk, progan64, frame_of, qtbot) -> None:
    panel.set_capabilities(progan64)
    open_tab(panel, "lab")
    for name in ("noise", "layers", "psi"):
        panel.lab.show_experiment(name)
        seen(panel, frame_of)
        assert panel.lab.views[("noise", "layers", "psi").index(name)].lacking.isVisible()
    assert desk.asked == []


def test_a_spectrum_is_compared_with_the_one_before_or_the_one_kept(
    panel, desk, frame_of, qtbot
) -> None:
    panel.lab.show_experiment("spectrum")
    open_tab(panel, "lab")
    spectrum = panel.lab.spectrum
    for number in (0, 1, 2):
        seen(panel, frame_of, Recipe(latent=Latent(number)))
        qtbot.waitUntil(lambda count=number + 1: len(desk.asked) == count)
        if number == 1:
            assert spectrum.before[0] == 100.0
            spectrum.hold.click()
    assert (spectrum.before[0], spectrum.power[0]) == (200.0, 300.0)
    spectrum.let_go.click()
    assert not spectrum.let_go.isEnabled()


def test_the_feature_maps_of_a_stage_have_a_spectrum_too(panel, desk, frame_of, qtbot) -> None:
    panel.lab.show_experiment("spectrum")
    open_tab(panel, "lab")
    spectrum = panel.lab.spectrum
    seen(panel, frame_of)
    qtbot.waitUntil(lambda: spectrum.power is not None)
    spectrum.of.setCurrentIndex(2)
    spectrum.of.chosen.emit(2)
    assert spectrum.power is None
    qtbot.waitUntil(lambda: spectrum.power is not None)
    assert desk.asked[-1].stage == 1
    assert spectrum.before is None


# --- the stages --------------------------------------------------------------------------------------


def test_stages_that_ran_are_lit_and_open_their_maps(panel, desk, frame_of, qtbot) -> None:
    open_tab(panel, "map")
    panel.show_recipe(Recipe())
    panel.show_frame(frame_of(stages=("16x16/conv", "32x32/conv")))
    qtbot.waitUntil(lambda: panel.map.facts is not None)
    assert [row.lit for row in panel.map.rows] == [False, False, True, True]
    panel.show_frame(frame_of(stages=()))  # the previews of the same picture
    assert [row.lit for row in panel.map.rows] == [False, False, True, True]
    assert "8 x 16 x 16  float32" in panel.map.rows[2].described()
    assert "10 k weights" in panel.map.note.text()
    qtbot.mouseClick(panel.map.rows[2], Qt.MouseButton.LeftButton)
    assert panel.tabs.currentWidget() is panel.features
    qtbot.waitUntil(lambda: desk.kinds()[-1] == "SeeMaps")
    assert desk.asked[-1].stage == 2


# --- for everybody -----------------------------------------------------------------------------------


def test_every_control_has_a_tooltip_and_an_accessible_name(
    panel, desk, biggan64, directions_of, frame_of, qtbot
) -> None:
    panel.set_capabilities(biggan64)
    panel.directions.show_set(directions_of(120, 2, "features"))
    seen(panel, frame_of, Recipe(noise=Noise("off")))
    kinds = (QAbstractSlider, QAbstractButton, QLineEdit, QComboBox, QListView)
    controls = [c for kind in kinds for c in panel.findChildren(kind)]
    own = [c for c in controls if not isinstance(c, QScrollBar | QToolButton)]
    own = [c for c in own if not c.inherits("QComboBoxListView")]
    assert len(own) > 25
    assert not [c for c in own if not c.accessibleName()]
    assert not [c.accessibleName() for c in own if not c.toolTip()]


@pytest.mark.parametrize("name", TABS)
def test_every_tab_fits_where_there_is_little_room(panel, desk, frame_of, name, qtbot) -> None:
    panel.resize(panel.minimumSizeHint())
    open_tab(panel, name)
    seen(panel, frame_of)
    qtbot.waitUntil(lambda: panel.tabs.currentWidget().isVisible())
    assert panel.width() <= 280
    bar = panel.tabs.tabBar()
    assert bar.tabRect(bar.count() - 1).right() <= bar.width()


def test_chosen_maps_are_bent_and_the_stage_is_reset(features, desk) -> None:
    select = features.grid.selectionModel().select
    for row in (3, 1):
        select(features.grid.maps.index(row), QItemSelectionModel.SelectionFlag.Select)
    features.bends.add_bend("blur")
    assert desk.edits[-1][0].bends == (Bend(2, "blur", 1.0, maps="chosen", chosen=(1, 3)),)
    features.show_recipe(desk.edits[-1][0])
    features.reset_all.click()
    assert desk.edits[-1][0].bends == ()
