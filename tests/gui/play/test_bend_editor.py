"""Bends in the window: added, changed, painted, taken away, on a strip and on chosen feature maps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy

from ganlab.bend_editor import CELLS, SPANS, BendEditor, RegionPad
from ganlab.play.strip import ChannelStrip
from ganlab_core.recipe import OPERATIONS, Bend, Latent, Recipe


@pytest.fixture
def editor(qtbot, can64) -> BendEditor:
    made = BendEditor()
    qtbot.addWidget(made)
    made.edited.connect(lambda recipe, _: made.show_recipe(recipe))
    layers = can64.layers_at(16)
    made.show_place(layers, layers[-1].index)
    made.show()
    return made


def test_an_operation_is_added_with_its_default_and_changed(editor, can64, qtbot) -> None:
    stage = can64.layers_at(16)[-1].index
    editor.operation.set_value("rotate")
    qtbot.mouseClick(editor.add, Qt.MouseButton.LeftButton)
    assert editor.recipe.bends == (Bend(stage, "rotate", 45.0),)
    qtbot.keyClick(editor.amount.track, Qt.Key.Key_End)
    qtbot.keyClick(editor.strength.track, Qt.Key.Key_Home)
    assert editor.recipe.bends == (Bend(stage, "rotate", 180.0, strength=0.0),)
    qtbot.keyClick(editor.amount.track, Qt.Key.Key_Delete)
    assert editor.recipe.bends[0].amount == 45.0
    qtbot.mouseClick(editor.remove, Qt.MouseButton.LeftButton)
    assert editor.recipe.bends == ()
    assert editor.nothing.isVisible()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_operation_shows_the_controls_that_it_has(editor, operation) -> None:
    editor.add_bend(operation)
    assert editor.amount.isVisible() == (operation != "freeze")
    assert editor.down.isVisible() == (operation == "translate")
    assert editor.seed.isVisible() == (operation in ("noise", "freeze"))
    low, high = SPANS[operation]
    own = OPERATIONS[operation]
    assert low <= own.default <= high
    assert operation == "freeze" or own.low <= low < high <= own.high


def test_the_maps_of_a_bend_are_a_share_a_cluster_or_those_chosen(editor) -> None:
    editor.add_bend("blur")
    editor._on_maps("share")
    editor.seed.edited.emit(7)
    assert (editor.bend.maps, editor.bend.seed) == ("share", 7)
    editor._on_maps("cluster")
    editor._on_clusters(3)
    editor.cluster.edited.emit(2)
    assert (editor.bend.cluster, editor.bend.clusters) == (2, 3)
    editor._on_clusters(2)
    assert (editor.bend.cluster, editor.bend.clusters) == (1, 2)
    assert not editor.take.isVisible()
    editor.offer_maps((1, 4))
    editor.take.click()
    assert (editor.bend.maps, editor.bend.chosen) == ("chosen", (1, 4))
    editor.add_bend("erode")
    assert editor.bend == replace(editor.recipe.bends[0], operation="erode")


def test_a_freeze_holds_the_picture_it_was_made_at(editor) -> None:
    editor.show_recipe(Recipe(Latent(5)))
    editor.add_bend("freeze")
    assert editor.bend.latent == Latent(5)
    editor.seed.edited.emit(9)
    assert editor.bend.latent == Latent(9)


def test_bends_of_other_places_are_left_alone(editor, can64) -> None:
    other = Bend(can64.layers_at(8)[0].index, "blur", 1.0)
    editor.show_recipe(Recipe(bends=(other,)))
    assert editor.bend is None
    editor.add_bend("invert")
    assert editor.here == [1]
    editor.remove.click()
    assert editor.recipe.bends == (other,)


def test_a_region_is_painted_and_taken_away(qtbot) -> None:
    pad = RegionPad()
    qtbot.addWidget(pad)
    pad.show()
    spy = QSignalSpy(pad.edited)
    qtbot.mouseClick(pad, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
    region = pad.region
    assert spy.count() == 1
    assert len(region) == CELLS
    assert region[0][0] == "f"
    assert region[-1] == "0" * CELLS
    pad.setFocus()
    for _ in range(CELLS):
        qtbot.keyClick(pad, Qt.Key.Key_Right)
    qtbot.keyClick(pad, Qt.Key.Key_Space)
    assert pad.region[CELLS // 2][-1] == "f"
    qtbot.keyClick(pad, Qt.Key.Key_Delete)
    assert pad.region == region
    pad.show_region(("f0",))
    assert pad.region[0] == "f" * (CELLS // 2) + "0" * (CELLS // 2)
    pad.show_region(())
    assert pad.region == ()


def test_a_strip_bends_marks_and_resets(qtbot, can64) -> None:
    strip = ChannelStrip(16, can64.layers_at(16), can64)
    qtbot.addWidget(strip)
    strip.edited.connect(lambda recipe, _: strip.show_recipe(recipe))
    strip.show_recipe(Recipe())
    strip.show()
    assert not strip.head.bend.isChecked()
    qtbot.mouseClick(strip.head.bend, Qt.MouseButton.LeftButton)
    assert strip.bend_popup.isVisible()
    assert not strip.head.bend.isChecked()
    strip.bend_popup.editor.add.click()
    (bend,) = strip.recipe.bends
    assert (bend.stage, bend.operation) == (can64.layers_at(16)[-1].index, "scale")
    assert strip.head.bend.isChecked()
    strip.bend_popup.hide()
    strip.head.reset.click()
    assert strip.recipe.bends == ()
