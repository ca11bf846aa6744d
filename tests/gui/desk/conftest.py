"""Hands for the tests of controls: a real press, move and release."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

Points = list[tuple[float, float]]
Drag = Callable[..., None]


def pytest_itemcollected(item: pytest.Item) -> None:
    """The hidden screen knows no size hints and says so for every small window."""
    item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))


@pytest.fixture
def drag() -> Drag:
    """Press at the first point, move through the others, release at the last."""

    def move_through(
        widget: QWidget,
        points: Points,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        kinds = [(QEvent.Type.MouseButtonPress, left, left, points[0])]
        kinds += [(QEvent.Type.MouseMove, none, left, point) for point in points[1:]]
        kinds += [(QEvent.Type.MouseButtonRelease, left, none, points[-1])]
        for kind, button, held, point in kinds:
            at = QPointF(*point)
            event = QMouseEvent(kind, at, widget.mapToGlobal(at), button, held, modifiers)
            QApplication.sendEvent(widget, event)

    return move_through
