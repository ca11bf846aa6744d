"""The base of buttons that paint themselves: hover, focus ring, keys."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QWidget

from ganlab import style
from ganlab.controls.range_control import by_keyboard
from ganlab.style import COLOUR, FOCUS, HOVER, RADIUS


class PaintedButton(QPushButton):
    """A push button that draws its own ground and content, with a ring for the keyboard's focus."""

    def __init__(self, name: str, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ring = False
        self._tooltip = tooltip
        self.setFont(style.font("small"))
        self.setAccessibleName(name)
        style.set_tip(self, tooltip)
        self.setAccessibleDescription(tooltip)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAutoDefault(False)

    def set_available(self, reason: str = "") -> None:
        """Grey the button out and say why in its tooltip; without a reason it works again."""
        self.setEnabled(not reason)
        style.set_tip(self, reason or self._tooltip)

    def set_tooltip(self, tooltip: str) -> None:
        """Say what the button does."""
        self._tooltip = tooltip
        style.set_tip(self, tooltip)
        self.setAccessibleDescription(tooltip)

    def ground(self) -> str:
        """The colour behind the content, empty for none."""
        return HOVER if self.underMouse() and self.isEnabled() else ""

    def paint_content(self, painter: QPainter) -> None:
        """Draw what is on the button."""
        raise NotImplementedError

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground, the content, and the ring."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ground = self.ground()
            if ground:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(COLOUR.LINE if self.isDown() else ground))
                painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
            self.paint_content(painter)
            if self._ring and self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(FOCUS), 1.0))
                edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
                painter.drawRoundedRect(edge, RADIUS, RADIUS)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring when the keyboard brought the focus."""
        self._ring = by_keyboard(event)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the ring."""
        self._ring = False
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and Enter press it; everything else is left to the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Select):
            super().keyPressEvent(event)
        else:
            event.ignore()
