"""A curve through stops: drawn by hand, moved by key."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from ganlab.controls.pads import CurvePad, Stop
from ganlab.controls.sliders import Span

STOPS = [Stop("4", 0.7), Stop("8", 0.7), Stop("16", 1.0, own=True)]


@pytest.fixture
def pad(qtbot) -> CurvePad:
    made = CurvePad("Psi", "Draw.", Span(-1.0, 2.0, 0.05, 2), "#E87A90")
    qtbot.addWidget(made)
    made.resize(300, 200)
    made.show_stops(STOPS)
    made.show()
    return made


@pytest.fixture
def heard(pad) -> list[tuple[object, ...]]:
    told: list[tuple[object, ...]] = []
    pad.moved.connect(lambda place, value: told.append((place, value)))
    pad.default_asked.connect(lambda place: told.append((place,)))
    pad.drag_started.connect(lambda: told.append(("down",)))
    pad.drag_finished.connect(lambda: told.append(("up",)))
    return told


def test_a_stroke_gives_every_stop_it_passes_the_height_of_the_hand(pad, heard, drag) -> None:
    points = [pad.point(place) for place in range(3)]
    pad.show_stops([Stop(stop.name, value) for stop, value in zip(STOPS, (0, 1, 2), strict=True)])
    heights = [pad.point(place).y() for place in range(3)]
    drag(pad, [(point.x(), y) for point, y in zip(points, heights, strict=True)])
    assert heard == [("down",), (0, 0.0), (1, 1.0), (2, 2.0), ("up",)]


def test_keys_choose_a_stop_move_it_and_let_it_follow(pad, heard, qtbot) -> None:
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Delete):
        qtbot.keyClick(pad, key)
    assert heard == [(1, 0.75), (1, 0.65), (1,)]
    assert pad.accessibleDescription() == "8: 0.70, as the master"


def test_a_hand_outside_the_field_stays_at_its_edges(pad, heard, drag) -> None:
    drag(pad, [(-50, -50), (900, 900)])
    assert heard == [("down",), (0, 2.0), (2, -1.0), ("up",)]
