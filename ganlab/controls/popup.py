"""Where a popup stands: under the widget that opened it, inside the screen."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

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
