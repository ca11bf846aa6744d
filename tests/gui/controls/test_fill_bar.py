from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy

from ganlab.controls.sliders import FillBar
from ganlab.style import COLOUR


@pytest.fixture
def bar(qtbot) -> FillBar:
    made = FillBar("Growth at 16 px", COLOUR.GROWTH, "Fades the block in.")
    qtbot.addWidget(made)
    made.resize(12, 100)
    made.show()
    return made


@pytest.mark.parametrize("share", [-1.0, 0.0, 0.37, 1.0, 3.0])
def test_showing_a_share_never_edits_it(bar, qtbot, share) -> None:
    with qtbot.assertNotEmitted(bar.edited):
        bar.set_value(share)
    assert bar.number == share


def test_it_fills_from_below(bar, drag) -> None:
    heard: list[float] = []
    bar.edited.connect(heard.append)
    drag(bar, [(6, 75), (6, 25)])
    assert heard == [pytest.approx(0.25), pytest.approx(0.75)]


def test_a_drag_of_the_bar_reports_start_and_finish(bar, qtbot) -> None:
    started, finished = QSignalSpy(bar.drag_started), QSignalSpy(bar.drag_finished)
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(6, 40))
    assert (started.count(), finished.count()) == (1, 1)


def test_keys_fill_and_empty_it(bar, qtbot) -> None:
    heard: list[float] = []
    bar.edited.connect(heard.append)
    qtbot.keyClick(bar, Qt.Key.Key_Home)
    qtbot.keyClick(bar, Qt.Key.Key_Up)
    qtbot.keyClick(bar, Qt.Key.Key_Delete)
    assert heard == [0.0, pytest.approx(0.05), 1.0]
