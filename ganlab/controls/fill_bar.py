"""A vertical bar that fills from below, 0 to 1."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganlab import style
from ganlab.controls.range_control import RangeControl
from ganlab.controls.span import Span
from ganlab.style import COLOUR, DISABLED, FOCUS

_BAR = 8.0


class FillBar(RangeControl):
    """A share of one, drawn as a level; dragged, turned and keyed like a slider.

    `set_value` shows a share without emitting; Delete or a double click asks for `default`.
    """

    def __init__(
        self,
        name: str,
        colour: str,
        tooltip: str,
        *,
        default: float = 1.0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Span(0.0, 1.0, 0.05, 3), colour, parent)
        self._default = default
        self.setOrientation(Qt.Orientation.Vertical)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        style.set_tip(self, tooltip)
        self.show_number(default)
        self.default_asked.connect(self._on_default_asked)

    def set_value(self, share: float) -> None:
        """Show a share, 0 to 1; emits nothing."""
        self.show_number(share)

    def sizeHint(self) -> QSize:
        """Slim and as tall as a picture."""
        return QSize(12, 80)

    def minimumSizeHint(self) -> QSize:
        """Half as tall."""
        return QSize(12, 40)

    def share_at(self, point: QPointF) -> float:
        """The level at a point: 1 at the top."""
        return 1.0 - point.y() / max(1.0, self.height())

    def grabs(self, point: QPointF) -> bool:
        """Nothing to take hold of: the level jumps to the pointer."""
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar, its level, and the ring."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            height = float(self.height())
            bar = QRectF(self.width() - _BAR, 0, _BAR, height)
            painter.setBrush(QColor(COLOUR.LINE))
            painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
            level = height * self.span.share(self.number)
            if level > 0:
                painter.setClipRect(QRectF(0, height - level, self.width(), level))
                painter.setBrush(QColor(self.colour if self.isEnabled() else DISABLED))
                painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
                painter.setClipping(False)
            if self.ring and self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(FOCUS), 1.0))
                painter.drawRoundedRect(bar.adjusted(-2.5, 0.5, -0.5, -0.5), 4, 4)

    def _on_default_asked(self) -> None:
        self.propose(self._default)
