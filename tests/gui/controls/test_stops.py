"""A stretch of neighbouring stops, by hand and by key."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt

from ganlab.controls.sliders import Stops


@pytest.fixture
def stops(qtbot) -> Stops:
    made = Stops("Acts on", "#4FC3D9", "Where it acts.")
    qtbot.addWidget(made)
    made.set_names(["4", "8", "16", "32"])
    made.resize(400, 20)
    made.show()
    return made


@pytest.fixture
def edits(stops) -> list[tuple[int, int]]:
    heard: list[tuple[int, int]] = []
    stops.edited.connect(lambda first, last: heard.append((first, last)))
    return heard


def test_all_are_chosen_at_first_and_showing_tells_nothing(stops, edits) -> None:
    assert stops.value == (0, 3)
    stops.set_value(1, 9)
    assert stops.value == (1, 3)
    assert stops.accessibleDescription() == "8 to 32"
    assert edits == []


def test_a_drag_chooses_a_stretch_whichever_way_it_goes(stops, edits, drag) -> None:
    drag(stops, [(250, 10), (160, 10), (110, 10)])
    assert edits == [(1, 2)]


def test_a_click_chooses_one_and_a_double_click_all(stops, edits, qtbot) -> None:
    qtbot.mouseClick(stops, Qt.MouseButton.LeftButton, pos=QPoint(50, 10))
    qtbot.mouseDClick(stops, Qt.MouseButton.LeftButton, pos=QPoint(50, 10))
    assert edits[0] == (0, 0)
    assert stops.value == (0, 3)


def test_arrows_move_the_last_one_and_with_shift_the_first(stops, edits, qtbot) -> None:
    qtbot.keyClick(stops, Qt.Key.Key_Left)
    qtbot.keyClick(stops, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert edits == [(0, 2), (1, 2)]
    qtbot.keyClick(stops, Qt.Key.Key_Delete)
    assert stops.value == (0, 3)
    qtbot.keyClick(stops, Qt.Key.Key_Right)
    assert len(edits) == 3  # there is nothing beyond the last one
