"""Labels: what has no room is left out whole, and nothing said leaves no gap."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ganlab.controls import ElidedLabel, SaidLabel


def test_parts_without_room_are_left_out_whole(qtbot: QtBot) -> None:
    label = ElidedLabel(" | ")
    qtbot.addWidget(label)
    label.setText("one | two | three")
    room = label.fontMetrics().horizontalAdvance
    assert label.fitting(room("one | two | three")) == "one | two | three"
    assert label.fitting(room("one | two | thr")) == "one | two"
    assert label.fitting(room("o")) == "one"  # which is then cut
    assert label.text() == "one | two | three"


def test_words_that_are_gone_leave_no_gap(qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    label = SaidLabel()
    column = QVBoxLayout(page)
    column.addWidget(label)
    page.show()
    empty = column.contentsMargins().top() + column.contentsMargins().bottom()
    label.setText("a device")
    assert page.sizeHint().height() > empty
    label.setText("")
    assert page.sizeHint().height() == empty
