"""The classes of one block: as the master's, or its own."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QAbstractButton

from ganlab.play.strip import AS_MASTER, OWN, ClassCell, mix_text
from ganlab_core.recipe import Recipe

MASTER = Recipe(classes=((2, 1.0),))
OWN_GOLDFISH = MASTER.with_classes_at(16, ((1, 1.0),))


@pytest.fixture
def cell(qtbot, biggan64) -> ClassCell:
    made = ClassCell(16, biggan64)
    qtbot.addWidget(made)
    made.edited.connect(lambda recipe, _: made.show_recipe(recipe))
    made.show_recipe(MASTER)
    made.show()
    return made


@pytest.fixture
def edits(cell) -> QSignalSpy:
    return QSignalSpy(cell.edited)


def test_a_block_follows_the_master_until_it_has_its_own(cell) -> None:
    assert cell.button.text() == AS_MASTER
    assert "great white shark" in cell.button.toolTip().replace("\n", " ")
    assert not cell.clear.isEnabled()
    cell.show_recipe(OWN_GOLDFISH)
    assert cell.button.text() == "goldfish"
    assert cell.clear.isEnabled()


def test_own_begins_with_what_the_master_shows(cell, edits, qtbot) -> None:
    qtbot.mouseClick(cell.button, Qt.MouseButton.LeftButton)
    assert cell.popup.isVisible()
    assert cell.popup.mode.value == AS_MASTER
    qtbot.mouseClick(cell.popup.mode.button(OWN), Qt.MouseButton.LeftButton)
    assert edits.at(0) == [MASTER.with_classes_at(16, ((2, 1.0),)), "classes at 16 px"]
    qtbot.mouseClick(cell.popup.mode.button(AS_MASTER), Qt.MouseButton.LeftButton)
    assert edits.at(1)[0] == MASTER
    cell.popup.close()


def test_a_weight_moved_makes_the_mix_the_blocks_own(cell, edits, qtbot) -> None:
    row = cell.popup.mixer.rows[2]
    assert row.weight.track.muted
    qtbot.keyClick(row.weight.track, Qt.Key.Key_Home)
    assert edits.at(0)[0] == MASTER.with_classes_at(16, ((2, -1.0),))
    assert cell.popup.mode.value == OWN


def test_clear_follows_the_master_again(cell, edits, qtbot) -> None:
    cell.show_recipe(OWN_GOLDFISH)
    qtbot.mouseClick(cell.clear, Qt.MouseButton.LeftButton)
    assert edits.at(0) == [MASTER, "classes at 16 px"]


def test_a_drag_in_the_popup_is_reported(cell, drag) -> None:
    started, finished = QSignalSpy(cell.drag_started), QSignalSpy(cell.drag_finished)
    drag(cell.popup.mixer.rows[2].weight.track, [(10, 8), (40, 8)])
    assert (started.count(), finished.count()) == (1, 1)


def test_showing_never_edits(cell, edits) -> None:
    for recipe in (MASTER, OWN_GOLDFISH, Recipe(), Recipe(classes=((9999, 1.0),))):
        cell.show_recipe(recipe)
        assert cell.popup.recipe == recipe
    assert edits.count() == 0


def test_a_mix_is_told_in_few_words(biggan64) -> None:
    names = biggan64.classes
    assert mix_text((), names) == "tench"
    assert mix_text(((1, 0.4), (0, 0.6)), names) == "tench 0.6, goldfish 0.4"
    assert mix_text(tuple((i, 1.0) for i in range(9)), names).endswith("…")


def test_every_button_has_a_name_and_a_tooltip(cell) -> None:
    cell.show_recipe(OWN_GOLDFISH)
    buttons = [*cell.findChildren(QAbstractButton), *cell.popup.findChildren(QAbstractButton)]
    assert len(buttons) >= 8
    assert not [b for b in buttons if not b.accessibleName() or not b.toolTip()]
