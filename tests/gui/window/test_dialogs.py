"""Dialogs: everything that is told can be read and copied."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from ganlab.controls import resize_on_screen
from ganlab.style import STEP
from ganlab.window.actions import ACTS, Actions
from ganlab.window.file_dialogs import ask_file, ask_picture, ask_png, ask_timeline
from ganlab.window.window_dialogs import FactsDialog, TextDialog, key_sections, model_sections
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Capabilities


def texts(dialog: QWidget) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel)]


def test_a_report_can_be_copied(qtbot: QtBot) -> None:
    dialog = TextDialog("Report", "Please copy.", "line one\nline two")
    qtbot.addWidget(dialog)
    dialog.copy()
    assert QGuiApplication.clipboard().text() == "line one\nline two"


def test_the_help_lists_every_key_from_the_actions_themselves(qtbot: QtBot) -> None:
    window, picture = QWidget(), QWidget()
    qtbot.addWidget(window)
    qtbot.addWidget(picture)
    dialog = FactsDialog("Keys", key_sections(Actions(window, picture)))
    qtbot.addWidget(dialog)
    dialog.open()
    for act in ACTS:
        if act.keys:
            assert act.tip in texts(dialog), act.name


def test_no_two_acts_share_a_key() -> None:
    keys = [key for act in ACTS for key in act.keys]
    assert len(keys) == len(set(keys))


def test_a_model_tells_its_licence_and_where_it_is(
    qtbot: QtBot, info: ModelInfo, can: Capabilities
) -> None:
    dialog = FactsDialog("Model", model_sections(info, can))
    qtbot.addWidget(dialog)
    dialog.open()
    assert {info.licence, info.attribution, info.fingerprint, str(info.path)} <= set(texts(dialog))


ASKING: list[Callable[[QWidget, Path], object]] = [
    lambda parent, folder: ask_file(parent, folder, print),
    lambda parent, folder: ask_picture(parent, folder, print),
    lambda parent, folder: ask_timeline(parent, folder, print),
    lambda parent, folder: ask_png(parent, folder / "a.png", ["64 x 64", "large " * 40], print),
]


@pytest.mark.parametrize("ask", ASKING)
def test_a_window_for_choosing_files_lies_within_the_screen(
    qtbot: QtBot, tmp_path: Path, ask: Callable[[QWidget, Path], object]
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    ask(parent, tmp_path)
    (dialog,) = parent.findChildren(QFileDialog)
    room = dialog.screen().availableSize()
    assert dialog.width() < room.width()
    assert dialog.height() < room.height()
    assert dialog.minimumSizeHint().width() < 160 * STEP
    dialog.reject()


def test_a_window_is_no_larger_than_its_screen(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.setMinimumSize(2000, 100)
    resize_on_screen(window, QSize(3000, 200))
    window.show()
    room = window.screen().availableSize()
    assert window.width() < room.width()
    assert window.height() == 200
