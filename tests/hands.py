"""What a person's hands do to the window."""

from __future__ import annotations

import warnings
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from ganlab.app import App

LEFT = Qt.MouseButton.LeftButton


def press(qtbot: QtBot, button: QAbstractButton) -> None:
    """Click a button that can be clicked."""
    assert button.isEnabled(), button.toolTip()
    qtbot.mouseClick(button, LEFT)


def drop(app: App, *paths: Path) -> None:
    """Drop files on the window."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    at, action, key = QPoint(400, 200), Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        enter = QDragEnterEvent(at, action, mime, LEFT, key)  # there is no other constructor
    QApplication.sendEvent(app.window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(app.window, QDropEvent(QPointF(at), action, mime, LEFT, key))
