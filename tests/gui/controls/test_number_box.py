"""A whole number in a range: how it is typed, and the ways back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu

from ganlab.controls import NumberBox, Resettable


@pytest.fixture
def box(qtbot) -> NumberBox:
    made = NumberBox("Steps", "Pictures of the strip.", 2, 64, 9)
    qtbot.addWidget(made)
    made.show()
    made.setFocus()
    qtbot.waitUntil(made.hasFocus)
    return made


def test_delete_on_the_whole_number_goes_back(box: NumberBox, qtbot) -> None:
    assert isinstance(box, Resettable)
    box.setValue(12)
    box.selectAll()
    qtbot.keyClick(box, Qt.Key.Key_Delete)
    assert box.value() == 9
    assert box.lineEdit().selectedText() == "9"  # ready to be typed over


def test_after_an_arrow_delete_goes_back(box: NumberBox, qtbot) -> None:
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert box.value() == 10
    qtbot.keyClick(box, Qt.Key.Key_Delete)
    assert box.value() == 9


def test_a_double_click_goes_back(box: NumberBox, qtbot) -> None:
    box.setValue(12)
    qtbot.mouseDClick(box.lineEdit(), Qt.MouseButton.LeftButton)
    assert box.value() == 9


def test_keys_that_edit_digits_edit_digits(box: NumberBox, qtbot) -> None:
    box.setValue(16)
    line = box.lineEdit()
    line.setCursorPosition(1)
    qtbot.keyClick(box, Qt.Key.Key_Delete)
    qtbot.keyClicks(box, "8")
    assert box.value() == 18
    line.selectAll()
    qtbot.keyClick(box, Qt.Key.Key_Delete)  # the number that was just typed, not the default
    qtbot.keyClicks(box, "33")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == 33
    box.selectAll()
    qtbot.keyClick(box, Qt.Key.Key_Delete)  # typing is over
    assert box.value() == 9


def test_its_tooltip_and_its_menu_tell_the_way_back(box: NumberBox) -> None:
    assert "Delete or a double click" in box.toolTip().replace("\n", " ")
    box.setValue(12)
    place = QPoint(4, 4)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, place, box.mapToGlobal(place))
    QApplication.sendEvent(box, event)
    menu = box.findChild(QMenu)
    assert menu is not None
    first = menu.actions()[0]
    assert first.text() == "Reset"
    first.trigger()
    assert box.value() == 9
    menu.close()
