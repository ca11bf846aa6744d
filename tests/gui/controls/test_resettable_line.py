"""A line of numbers with a default: how it is typed, and the ways back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from ganlab.controls import Resettable, ResettableLine


@pytest.fixture
def line(qtbot: QtBot) -> ResettableLine:
    made = ResettableLine("Sizes", "Pictures at once, by resolution.", "8=64, 16=32")
    qtbot.addWidget(made)
    made.show()
    made.setFocus()
    qtbot.waitUntil(made.hasFocus)
    return made


def test_delete_on_the_whole_goes_back_and_tells(line: ResettableLine, qtbot: QtBot) -> None:
    assert isinstance(line, Resettable)
    line.setText("8=16")
    line.selectAll()
    with qtbot.waitSignal(line.reset):
        qtbot.keyClick(line, Qt.Key.Key_Delete)
    assert line.text() == "8=64, 16=32"
    assert line.selectedText() == line.text()  # ready to be typed over


def test_a_double_click_goes_back(line: ResettableLine, qtbot: QtBot) -> None:
    line.setText("8=16")
    with qtbot.waitSignal(line.reset):
        qtbot.mouseDClick(line, Qt.MouseButton.LeftButton)
    assert line.text() == "8=64, 16=32"


def test_keys_that_edit_text_edit_text(line: ResettableLine, qtbot: QtBot) -> None:
    line.setText("116")
    line.setCursorPosition(0)
    with qtbot.assertNotEmitted(line.reset):
        qtbot.keyClick(line, Qt.Key.Key_Delete)
        qtbot.keyClicks(line, "8")
        assert line.text() == "816"
        line.selectAll()
        qtbot.keyClick(line, Qt.Key.Key_Delete)  # what was just typed, not the default
        assert line.text() == ""
    qtbot.keyClicks(line, "33")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    line.selectAll()
    qtbot.keyClick(line, Qt.Key.Key_Delete)  # typing is over
    assert line.text() == "8=64, 16=32"


def test_another_default_is_gone_back_to(line: ResettableLine) -> None:
    line.set_default("4=8")
    assert line.text() == "8=64, 16=32"
    line.ask_default()
    assert line.text() == "4=8"


def test_what_is_shown_upon_going_back_is_marked(line: ResettableLine) -> None:
    line.reset.connect(lambda: line.setText("as it turned out"))
    line.ask_default()
    assert line.selectedText() == "as it turned out"


def test_its_tooltip_and_its_menu_tell_the_way_back(line: ResettableLine) -> None:
    assert "Delete or a double click" in line.toolTip().replace("\n", " ")
    line.setText("8=16")
    place = QPoint(4, 4)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, place, line.mapToGlobal(place))
    QApplication.sendEvent(line, event)
    menu = line.findChild(QMenu)
    assert menu is not None
    first = menu.actions()[0]
    assert first.text() == "Reset"
    first.trigger()
    assert line.text() == "8=64, 16=32"
    menu.close()
