"""The painted horizontal track of a slider."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganlab.controls.range_control import RangeControl
from ganlab.controls.span import Span
from ganlab.style import COLOUR, DISABLED, FOCUS

_GROOVE = 4.0


class Track(RangeControl):
    """A groove filled up to a round handle; `compact` is lower and has a smaller handle."""

    def __init__(
        self, span: Span, colour: str, *, compact: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(span, colour, parent)
        self.origin: float | None = None
        self._radius = 4.0 if compact else 6.0
        self._height = 12 if compact else 16
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(80, self._height)

    def minimumSizeHint(self) -> QSize:
        """Enough to take hold of."""
        return QSize(40, self._height)

    def share_at(self, point: QPointF) -> float:
        """Where a point lies between the handle's two ends."""
        return (point.x() - self._radius) / max(1.0, self.width() - 2 * self._radius)

    def grabs(self, point: QPointF) -> bool:
        """Whether a point lies on the handle or just beside it."""
        return abs(point.x() - self.handle().x()) <= self._radius + 2

    def handle(self) -> QPointF:
        """The centre of the handle, in the widget's coordinates."""
        return QPointF(self._x_of(self.number), self.height() / 2)

    def _x_of(self, value: float) -> float:
        return self._radius + self.span.share(value) * (self.width() - 2 * self._radius)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the groove, the filled part, the handle and the ring."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            handle = self.handle()
            top = (self.height() - _GROOVE) / 2
            self._bar(painter, COLOUR.LINE, QRectF(0, top, self.width(), _GROOVE))
            if self.isEnabled():
                colour = COLOUR.MUTED if self.muted else self.colour
                begin = 0.0 if self.origin is None else self._x_of(self.origin)
                left, right = sorted((begin, handle.x()))
                self._bar(painter, colour, QRectF(left, top, right - left, _GROOVE))
            self._paint_handle(painter, handle)

    def _bar(self, painter: QPainter, colour: str, rect: QRectF) -> None:
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(rect, _GROOVE / 2, _GROOVE / 2)

    def _paint_handle(self, painter: QPainter, handle: QPointF) -> None:
        quiet = COLOUR.MUTED if self.muted else COLOUR.TEXT
        painter.setBrush(QColor(quiet if self.isEnabled() else DISABLED))
        painter.drawEllipse(handle, self._radius, self._radius)
        if self.ring and self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(FOCUS), 1.0))
            edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(edge, 4, 4)
