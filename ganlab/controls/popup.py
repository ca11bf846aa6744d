"""Where a popup stands: under the widget that opened it, inside the screen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget

GAP = 4


def place_below(popup: QWidget, widget: QWidget) -> None:
    """Show a popup under a widget, above it where the screen ends, never off the screen."""
    popup.adjustSize()
    corner = widget.mapToGlobal(QPoint(0, widget.height() + GAP))
    room = widget.screen().availableGeometry()
    if corner.y() + popup.height() > room.bottom():
        corner.setY(widget.mapToGlobal(QPoint(0, -GAP)).y() - popup.height())
    corner.setX(max(room.left(), min(corner.x(), room.right() - popup.width())))
    corner.setY(max(room.top(), min(corner.y(), room.bottom() - popup.height())))
    popup.move(corner)
    popup.show()


class KeySharing(QObject):
    """Says which keys the focused control of a window keeps from the window's shortcuts."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._focus_by_mouse = False
        qt = QApplication.instance()
        if isinstance(qt, QApplication):
            qt.focusChanged.connect(self._on_focus_changed)

    def keeps(self, event: QEvent) -> bool:
        """Whether this `ShortcutOverride` asks for a key that the control at hand has a use for."""
        return isinstance(event, QKeyEvent) and self._belongs_to_control(event.key())

    def _belongs_to_control(self, key: int) -> bool:
        focus = self._window.focusWidget()
        if key == Qt.Key.Key_Space:
            return not self._focus_by_mouse and isinstance(focus, QAbstractButton)
        return key == Qt.Key.Key_Escape and isinstance(focus, QLineEdit) and focus.isModified()

    def _on_focus_changed(self) -> None:
        """Space presses a button that Tab has reached, but not one that was merely clicked."""
        self._focus_by_mouse = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
