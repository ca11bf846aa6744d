"""Small buttons with a painted sign: dice, clear, reset, more."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganlab.controls.painted_button import PaintedButton
from ganlab.style import COLOUR, DISABLED, blend

Sign = Literal["dice", "clear", "reset", "lock"]

_PIPS = ((0.3, 0.3), (0.7, 0.3), (0.5, 0.5), (0.3, 0.7), (0.7, 0.7))


class IconButton(PaintedButton):
    """A square button; `name` and `tooltip` say in words what the sign means."""

    def __init__(
        self,
        sign: Sign,
        name: str,
        tooltip: str,
        *,
        side: int = 24,
        framed: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(name, tooltip, parent)
        self._sign = sign
        self._side = side
        self._framed = framed
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(self._side, self._side)

    def minimumSizeHint(self) -> QSize:
        """The same square."""
        return self.sizeHint()

    def ground(self) -> str:
        """A little light under the pointer, less where framed."""
        if self.underMouse() and self.isEnabled():
            return blend(COLOUR.TEXT, COLOUR.STRIP, 0.14)
        return blend(COLOUR.TEXT, COLOUR.STRIP, 0.04) if self._framed else ""

    def paint_content(self, painter: QPainter) -> None:
        """Draw the sign, brighter under the pointer or with the focus."""
        bright = self.underMouse() or self.hasFocus()
        colour = QColor(COLOUR.TEXT if bright else COLOUR.MUTED)
        pen = QPen(colour if self.isEnabled() else QColor(DISABLED), 1.4)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        side = min(14.0, self._side - 8.0)
        box = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        if self._sign == "lock":
            _lock(painter, box, self.isChecked())
        else:
            {"dice": _dice, "clear": _clear, "reset": _reset}[self._sign](painter, box)


def _dice(painter: QPainter, box: QRectF) -> None:
    painter.drawRoundedRect(box, 3, 3)
    painter.setBrush(painter.pen().color())
    painter.setPen(Qt.PenStyle.NoPen)
    radius = box.width() * 0.085
    for x, y in _PIPS:
        centre = QPointF(box.x() + x * box.width(), box.y() + y * box.height())
        painter.drawEllipse(centre, radius, radius)


def _clear(painter: QPainter, box: QRectF) -> None:
    inner = box.adjusted(2, 2, -2, -2)
    painter.drawLine(inner.topLeft(), inner.bottomRight())
    painter.drawLine(inner.topRight(), inner.bottomLeft())


def _lock(painter: QPainter, box: QRectF, closed: bool) -> None:
    """A padlock; its bow stands open, and its body is empty, unless it is closed."""
    inner = box.adjusted(1.5, 0, -1.5, -0.5)
    body = QRectF(inner.left(), inner.center().y() - 1, inner.width(), inner.height() / 2 + 1)
    bow = QPainterPath()
    lift = 0.0 if closed else 2.0
    ring = QRectF(body.left() + 2, inner.top() + 0.5, body.width() - 4, body.height() + 2)
    bow.moveTo(ring.left(), body.top())
    bow.lineTo(ring.left(), ring.center().y() - lift)
    bow.arcTo(ring.translated(0, -lift / 2), 180, -180)
    if closed:
        bow.lineTo(ring.right(), body.top())
    painter.drawPath(bow)
    if closed:
        painter.setBrush(painter.pen().color())
    painter.drawRoundedRect(body, 1.5, 1.5)


def _reset(painter: QPainter, box: QRectF) -> None:
    """Three quarters of a circle, against the clock, with an arrow head."""
    ring = box.adjusted(1.5, 1.5, -1.5, -1.5)
    path = QPainterPath()
    path.arcMoveTo(ring, 150)
    path.arcTo(ring, 150, -300)
    painter.drawPath(path)
    tip = QPainterPath()
    tip.arcMoveTo(ring, 150)
    at = tip.currentPosition()
    painter.drawLine(at, at + QPointF(0.2, -4.0))
    painter.drawLine(at, at + QPointF(4.0, 0.2))
