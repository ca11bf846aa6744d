"""A switch with a name, a lamp, and room for a note and a menu."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganlab.controls.painted_button import PaintedButton
from ganlab.style import COLOUR, DISABLED, blend, lit

_ARROW = 16
_LAMP = 18


class Toggle(PaintedButton):
    """On: its colour and a filled lamp; off: dark with an empty one.

    With `has_menu` an arrow at the right edge, a right click, the menu key or the Down key emit
    `menu_asked`.
    """

    edited = Signal(bool)
    menu_asked = Signal()

    def __init__(
        self,
        text: str,
        colour: str,
        tooltip: str,
        *,
        has_menu: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, tooltip, parent)
        self.setText(text)
        self._colour = colour
        self._has_menu = has_menu
        self._muted = False
        self._mark = ""
        self._note = ""
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self.edited)

    def set_value(self, on: bool) -> None:
        """Show on or off; emits nothing that means a person's change."""
        self.setChecked(on)

    def set_muted(self, muted: bool) -> None:
        """Draw in grey what another setting keeps from having an effect; still editable."""
        self._muted = muted
        self.update()

    def set_mark(self, colour: str = "") -> None:
        """Make the lamp a diamond of this colour: there is more to see in the menu."""
        self._mark = colour
        self.update()

    def set_note(self, note: str = "") -> None:
        """Write a short word behind the name, where there is room for it."""
        self._note = note
        self.update()

    def sizeHint(self) -> QSize:
        """Room for lamp, name and arrow."""
        words = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(words + 28 + (_ARROW if self._has_menu else 0), 24)

    def minimumSizeHint(self) -> QSize:
        """Room for a short name."""
        return QSize(60, 24)

    def ground(self) -> str:
        """Its colour when on, grey when that has no effect."""
        if not self.isEnabled():
            return COLOUR.PANEL
        on = COLOUR.LINE if self._muted else lit(self._colour)
        ground = on if self.isChecked() else COLOUR.PANEL
        return blend(COLOUR.TEXT, ground, 0.07) if self.underMouse() else ground

    def paint_content(self, painter: QPainter) -> None:
        """Draw the lamp, the name with its note, and the arrow."""
        quiet = COLOUR.TEXT if self.isChecked() and not self._muted else COLOUR.MUTED
        ink = QColor(quiet if self.isEnabled() else DISABLED)
        self._paint_lamp(painter, ink)
        right = self.width() - (_ARROW if self._has_menu else 6)
        words = QRect(_LAMP, 0, right - _LAMP, self.height())
        painter.setPen(ink)
        shown = self._words(words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        if self._has_menu:
            self._paint_arrow(painter, ink)

    def _words(self, room: int) -> str:
        """The name, with the note where there is room for it."""
        metrics = self.fontMetrics()
        both = f"{self.text()} {self._note}".strip()
        if metrics.horizontalAdvance(both) <= room:
            return both
        return metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)

    def _paint_lamp(self, painter: QPainter, ink: QColor) -> None:
        """A round lamp, or a diamond where the menu holds more; filled when on."""
        on = self.isChecked() and self.isEnabled()
        lamp = QColor(self._mark or self._colour) if on and not self._muted else ink
        painter.setPen(QPen(lamp, 1.2))
        painter.setBrush(lamp if on else Qt.BrushStyle.NoBrush)
        centre = QPointF(10, self.height() / 2)
        if self._mark:
            offsets = ((0, -3.8), (3.8, 0), (0, 3.8), (-3.8, 0))
            painter.drawPolygon(QPolygonF([centre + QPointF(x, y) for x, y in offsets]))
        else:
            painter.drawEllipse(centre, 3, 3)

    def _paint_arrow(self, painter: QPainter, ink: QColor) -> None:
        centre = QPointF(self.width() - _ARROW / 2 - 1, self.height() / 2 + 0.5)
        pen = QPen(ink, 1.3)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        tip = centre + QPointF(0, 1.8)
        painter.drawLine(centre + QPointF(-3, -1.4), tip)
        painter.drawLine(centre + QPointF(3, -1.4), tip)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for the menu at the arrow; press the button elsewhere."""
        left = event.button() == Qt.MouseButton.LeftButton
        if self._has_menu and left and event.position().x() >= self.width() - _ARROW - 2:
            self.menu_asked.emit()
            return
        super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu."""
        if self._has_menu:
            self.menu_asked.emit()
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ask for the menu with Down."""
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if self._has_menu and plain and event.key() == Qt.Key.Key_Down:
            self.menu_asked.emit()
            return
        super().keyPressEvent(event)
