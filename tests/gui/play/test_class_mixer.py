"""The class mixer: showing never edits, and every control edits what it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QLineEdit, QScrollBar

from ganlab.play import class_mixer as mixing
from ganlab.play.master import WIDTH, ClassSection
from ganlab_core.recipe import Latent, Recipe
from tests.gui.conftest import of_biggan
from tests.hands import LEFT

MIXES = st.dictionaries(st.integers(0, 1200), st.floats(-100, 100), max_size=40)


@pytest.fixture
def section(qtbot, biggan64) -> ClassSection:
    made = ClassSection()
    qtbot.addWidget(made)
    made.set_capabilities(biggan64)
    made.show_recipe(Recipe())
    made.resize(WIDTH, 400)
    made.show()
    return made


@pytest.fixture
def mixer(section):
    return section.mixer


@pytest.fixture
def edits(section) -> list[tuple[Recipe, str]]:
    """Every edit, which the section is shown again at once, as the window does."""
    heard: list[tuple[Recipe, str]] = []

    def take(recipe: Recipe, label: str) -> None:
        heard.append((recipe, label))
        section.show_recipe(recipe)

    section.edited.connect(take)
    return heard


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mix=MIXES)
def test_showing_a_mix_never_edits_it(section, mix) -> None:
    spy = QSignalSpy(section.edited)
    section.show_recipe(Recipe(classes=tuple(mix.items())))
    assert spy.count() == 0


def test_an_empty_mix_is_shown_as_the_first_class(mixer) -> None:
    (row,) = mixer.rows.values()
    assert (row.name.text(), row.weight.value) == ("tench", 1.0)
    assert row.weight.track.muted
    assert not row.remove.isEnabled()
    assert "first class" in mixer.total.text()


def test_a_weight_is_edited_as_it_is(mixer, section, edits, qtbot) -> None:
    section.show_recipe(Recipe(classes=((0, 0.6), (2, 0.4))))
    qtbot.keyClick(mixer.rows[2].weight.track, Qt.Key.Key_End)
    assert edits == [(Recipe(classes=((0, 0.6), (2, 2.0))), "classes")]
    assert mixer.total.text() == "weights as they are, sum 2.60"


def test_a_drag_of_a_weight_keeps_its_slider(mixer, section, edits, drag) -> None:
    section.show_recipe(Recipe(classes=((0, 0.6), (2, 0.4))))
    started, finished = QSignalSpy(section.drag_started), QSignalSpy(section.drag_finished)
    drag(mixer.rows[2].weight.track, [(10, 8), (60, 8), (110, 8)])
    assert (started.count(), finished.count()) == (1, 1)
    assert len(edits) == 3


def test_a_found_class_is_mixed_in_at_an_equal_share(mixer, section, edits, qtbot) -> None:
    section.show_recipe(Recipe(classes=((0, 0.6), (2, 0.4))))
    qtbot.mouseClick(mixer.add, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(mixer.picker.line, "goldf")
    qtbot.keyClick(mixer.picker.line, Qt.Key.Key_Return)
    ((recipe, _),) = edits
    assert dict(recipe.classes) == pytest.approx({0: 0.4, 1: 0.3333, 2: 0.2667}, abs=1e-4)
    assert not mixer.picker.isVisible()


def test_only_this_class_with_one_key(mixer, section, edits, qtbot) -> None:
    section.show_recipe(Recipe(classes=((0, 0.6), (2, 0.4))))
    qtbot.mouseClick(mixer.add, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(mixer.picker.line, "207")
    qtbot.keyClick(mixer.picker.line, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert edits[0][0].classes == ((207, 1.0),)


def test_a_name_pressed_puts_another_class_in_its_place(mixer, section, edits, qtbot) -> None:
    section.show_recipe(Recipe(classes=((0, 0.6), (2, 0.4))))
    qtbot.mouseClick(mixer.rows[2].name, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(mixer.picker.line, "thing 10")
    qtbot.keyClick(mixer.picker.line, Qt.Key.Key_Return)
    assert edits[0][0].classes == ((0, 0.6), (10, 0.4))


def test_the_arrows_walk_the_list_that_was_found(mixer, edits, qtbot) -> None:
    qtbot.mouseClick(mixer.rows[0].name, Qt.MouseButton.LeftButton)
    picker = mixer.picker
    qtbot.keyClicks(picker.line, "thing 2")
    first = picker.at_hand
    qtbot.keyClick(picker.line, Qt.Key.Key_Down)
    assert picker.at_hand not in (first, None)
    chosen = picker.at_hand
    qtbot.mouseClick(picker.take, Qt.MouseButton.LeftButton)
    assert edits[0][0].classes == ((chosen, 1.0),)


def test_nothing_found_is_said_and_chooses_nothing(mixer, edits, qtbot) -> None:
    qtbot.mouseClick(mixer.add, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(mixer.picker.line, "zzz")
    assert mixer.picker.at_hand is None
    assert not mixer.picker.take.isEnabled()
    qtbot.keyClick(mixer.picker.line, Qt.Key.Key_Return)
    qtbot.keyClick(mixer.picker.line, Qt.Key.Key_Escape)
    assert edits == []
    assert not mixer.picker.isVisible()


def test_removing_the_last_class_returns_to_the_first(mixer, section, edits, qtbot) -> None:
    section.show_recipe(Recipe(classes=((5, 0.7),)))
    qtbot.mouseClick(mixer.rows[5].remove, Qt.MouseButton.LeftButton)
    assert edits == [(Recipe(), "classes")]
    assert list(mixer.rows) == [0]


def test_the_dice_shows_one_class_of_the_model(mixer, section, edits, qtbot) -> None:
    section.show_recipe(Recipe(classes=((0, 0.6), (2, 0.4))))
    qtbot.mouseClick(mixer.dice, Qt.MouseButton.LeftButton)
    ((index, weight),) = edits[0][0].classes
    assert (0 <= index < 1000, weight) == (True, 1.0)


def test_the_sum_can_be_made_one(mixer, section, edits, qtbot) -> None:
    section.show_recipe(Recipe(classes=((0, 1.0), (2, 3.0))))
    qtbot.mouseClick(mixer.even, Qt.MouseButton.LeftButton)
    assert edits[0][0].classes == ((0, 0.25), (2, 0.75))
    assert not mixer.even.isVisible()


def test_a_soft_label_shows_its_largest_weights(mixer, section) -> None:
    section.show_recipe(Recipe(classes=tuple((i, i / 1000) for i in range(100))))
    assert list(mixer.rows) == list(range(76, 100))
    assert "and 76 more" in mixer.total.text()


def test_classes_of_another_model_are_left_out(mixer, section) -> None:
    section.show_recipe(Recipe(classes=((5000, 1.0), (3, 0.5))))
    assert list(mixer.rows) == [3]


@given(
    mix=st.dictionaries(st.integers(0, 20), st.floats(0.01, 2), min_size=1), new=st.integers(0, 30)
)
def test_adding_a_class_keeps_the_sum(mix, new) -> None:
    pairs = tuple(sorted(mix.items()))
    total = sum(weight for _, weight in mixing.added(pairs, new))
    assert total == pytest.approx(sum(mix.values()), abs=0.002)


@given(mix=st.dictionaries(st.integers(0, 20), st.floats(-2, 2), min_size=1))
def test_an_evened_mix_sums_to_one(mix) -> None:
    total = sum(weight for _, weight in mix.items())
    evened = mixing.evened(tuple(mix.items()))
    if abs(total) < 1e-6 or abs(total) > 0.1:
        assert sum(weight for _, weight in evened) == pytest.approx(1.0, abs=0.01)


def test_every_control_has_a_tooltip_and_an_accessible_name(mixer, section) -> None:
    section.show_recipe(Recipe(classes=((0, 0.6), (2, 0.9))))
    mixer.picker.open_below(mixer.add, "Mix in")
    kinds = (QAbstractSlider, QAbstractButton, QLineEdit)
    controls = [c for kind in kinds for c in section.findChildren(kind)]
    controls = [c for c in controls if not isinstance(c, QScrollBar)]
    assert len(controls) >= 12
    assert not [c for c in controls if not c.accessibleName()]
    assert not [c.accessibleName() for c in controls if not c.toolTip()]
    mixer.picker.close()


def test_tab_goes_through_rows_made_later_in_their_order(mixer, section, qtbot) -> None:
    section.show_recipe(Recipe(classes=((0, 0.6), (2, 0.4))))
    order = [mixer.rows[0].name, mixer.rows[0].weight.track, mixer.rows[0].remove]
    order += [mixer.rows[2].name, mixer.rows[2].weight.track, mixer.rows[2].remove]
    order += [mixer.add, mixer.dice]
    qtbot.waitUntil(order[5].isVisible)
    order[0].setFocus()
    qtbot.waitUntil(order[0].hasFocus)
    for following in [*order[1:], order[0]]:
        section.focusNextChild()
        assert section.focusWidget() is following


def test_another_models_classes_get_their_own_names(section, mixer) -> None:
    section.show_recipe(Recipe(classes=((0, 1.0), (2, 0.5))))
    section.set_capabilities(of_biggan(classes=2))
    section.set_capabilities(replace(of_biggan(classes=3), classes=("coat", "bag", "boot")))
    assert [row.name.text() for row in mixer.rows.values()] == ["coat", "boot"]


def test_few_classes_are_pictures_of_what_is_on_the_desk(qtbot) -> None:
    section = ClassSection()
    qtbot.addWidget(section)
    section.set_capabilities(of_biggan(classes=12))
    asked: list[list[Recipe]] = []
    section.faces_wanted.connect(asked.append)
    section.show_recipe(Recipe(latent=Latent(7), classes=((3, 1.0),)))
    section.show()
    qtbot.waitUntil(lambda: bool(asked))
    assert [recipe.classes for recipe in asked[0]] == [((index, 1.0),) for index in range(12)]
    assert {recipe.latent.seed for recipe in asked[0]} == {7}
    section.show_face(asked[0][5], np.zeros((8, 8, 3), np.uint8))
    assert section.faces.cell(5).image is not None
    heard: list[Recipe] = []
    section.edited.connect(lambda recipe, _: heard.append(recipe))
    qtbot.mouseClick(section.faces, LEFT, pos=section.faces.box(5).center().toPoint())
    assert heard[-1].classes == ((5, 1.0),)


def test_many_classes_stay_names(qtbot, biggan64) -> None:
    section = ClassSection()
    qtbot.addWidget(section)
    section.set_capabilities(biggan64)
    assert section.faces.isHidden()


def test_a_name_without_room_ends_in_dots_and_is_told_by_its_tooltip(qtbot) -> None:
    row = mixing.ClassRow(7, "a red circle with stripes and dots")
    qtbot.addWidget(row)
    row.resize(150, 40)
    row.show()
    assert row.name.width() < row.name.fontMetrics().horizontalAdvance(row.name.text())
    assert row.name.geometry().right() < row.weight.field.geometry().left()
    assert "a red circle with stripes and dots (class 7)" in row.name.toolTip().replace("\n", " ")


def test_the_list_tells_names_it_cuts(mixer, qtbot) -> None:
    qtbot.mouseClick(mixer.add, Qt.MouseButton.LeftButton)
    shown = mixer.picker.list.model().index(1, 0)
    tip = shown.data(Qt.ItemDataRole.ToolTipRole)
    assert tip == shown.data(Qt.ItemDataRole.DisplayRole) == "1  goldfish, Carassius auratus"
    mixer.picker.close()
