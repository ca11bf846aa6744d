"""Banner and top bar."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from ganlab.window.bars import Banner
from ganlab.window.main_window import MainWindow
from ganlab_core.models import ModelInfo


def button(banner: Banner, text: str) -> QPushButton:
    return next(found for found in banner.findChildren(QPushButton) if found.text() == text)


def test_a_banner_is_quiet_until_there_is_something_to_say(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    banner = Banner(window)
    assert banner.isHidden()
    banner.show_text("It broke.")
    assert not banner.isHidden()
    assert button(banner, "Details").isHidden()
    qtbot.mouseClick(button(banner, "Close"), Qt.MouseButton.LeftButton)
    assert banner.isHidden()


def test_details_are_a_click_away(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    banner = Banner(window)
    banner.show_text("It broke.", "Because.")
    with qtbot.waitSignal(banner.details_wanted) as told:
        qtbot.mouseClick(button(banner, "Details"), Qt.MouseButton.LeftButton)
    assert told.args == ["It broke.", "Because."]


def test_a_sentence_is_whole_where_there_is_little_room(qtbot: QtBot) -> None:
    banner = Banner()
    qtbot.addWidget(banner)
    banner.resize(170, 60)
    banner.show_text(
        "The disk is full. Make room, then go on: nothing is lost that was kept.", "Why."
    )
    words = banner.findChild(QLabel)
    qtbot.waitUntil(lambda: banner.height() >= banner.minimumSizeHint().height())
    assert words.height() >= words.heightForWidth(words.width())
    assert button(banner, "Close").geometry().top() >= words.geometry().bottom()
    banner.resize(900, 60)
    qtbot.waitUntil(lambda: button(banner, "Close").geometry().left() >= words.geometry().right())


def test_only_the_sentence_that_no_longer_holds_is_withdrawn(qtbot: QtBot) -> None:
    banner = Banner()
    qtbot.addWidget(banner)
    banner.show_text("It broke.")
    banner.withdraw("Another.")
    assert banner.isVisible()
    banner.withdraw("It broke.")
    assert banner.isHidden()


def test_the_bar_tells_the_model(qtbot: QtBot, info: ModelInfo) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    bar = window.top_bar
    bar.show_model(info)
    assert bar.model_text.split() == ["First", "·", "StyleGAN", "·", "32", "px"]
    bar.show_model(None)
    assert bar.model_text == ""


def test_a_passing_sentence_goes_by_itself(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganlab.window.bars.PASSING_MS", 1)
    window = QWidget()
    qtbot.addWidget(window)
    banner = Banner(window)
    banner.show_text("Saved.", passing=True)
    qtbot.waitUntil(banner.isHidden)
    banner.show_text("Saved.", passing=True)
    banner.show_text("It broke.")
    qtbot.wait(20)
    assert not banner.isHidden()
