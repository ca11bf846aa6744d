"""What a person's hands do to the window."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from ganlab.app import App

LEFT = Qt.MouseButton.LeftButton


def press(qtbot: QtBot, button: QAbstractButton) -> None:
    """Click a button that can be clicked."""
    assert button.isEnabled(), button.toolTip()
    qtbot.mouseClick(button, LEFT)


MIDDLE = QPoint(400, 200)
COPY, NO_KEY = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier


def drag_over(app: App, *paths: Path, at: QPoint = MIDDLE) -> None:
    """Carry files over the window; the event goes to the system's window, which finds who lies there."""
    mime = _carried(paths)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        enter = QDragEnterEvent(at, COPY, mime, LEFT, NO_KEY)  # there are no other constructors
        move = QDragMoveEvent(at, COPY, mime, LEFT, NO_KEY)
    QApplication.sendEvent(app.window.windowHandle(), enter)
    assert enter.isAccepted()
    move.acceptProposedAction()  # as the system does where the enter was accepted
    QApplication.sendEvent(app.window.windowHandle(), move)
    assert move.isAccepted()


def drop(app: App, *paths: Path, at: QPoint = MIDDLE) -> None:
    """Drop files on the window."""
    drag_over(app, *paths, at=at)
    mime = _carried(paths)  # the event does not keep it
    let_go = QDropEvent(QPointF(at), COPY, mime, LEFT, NO_KEY)
    QApplication.sendEvent(app.window.windowHandle(), let_go)
    assert let_go.isAccepted()


def _carried(paths: Sequence[Path]) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime
