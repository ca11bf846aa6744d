"""Pictures of numbers: colour tables, and a box that shows one picture with words below."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    qRgba,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganlab import style
from ganlab.controls.range_control import by_keyboard
from ganlab.controls.thumbnail import to_image
from ganlab.style import COLOUR, FOCUS, RADIUS

GREYS = [qRgba(level, level, level, 255) for level in range(256)]
"""0 black, 255 white."""

_BELOW, _ABOVE = (96, 160, 224), (240, 176, 96)


def _signed(level: int) -> int:
    """128 is black; below it grows blue, above it orange."""
    share = abs(level - 128) / 127
    hue = _BELOW if level < 128 else _ABOVE
    red, green, blue = (min(255, round(channel * share)) for channel in hue)
    return qRgba(red, green, blue, 255)


SIGNED = [_signed(level) for level in range(256)]

VEIL = [qRgba(0, 0, 0, round(215 * (1 - level / 255) ** 1.5)) for level in range(256)]
"""A shade over a picture: 255 leaves it as bright as it is."""


def indexed(levels: NDArray[np.uint8], colours: list[int]) -> QImage:
    """Levels (h, w), uint8, as a picture in these 256 colours."""
    rows = np.ascontiguousarray(levels)
    height, width = rows.shape
    image = QImage(rows.data, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(colours)
    return image.copy()


def as_image(picture: NDArray[np.uint8]) -> QImage:
    """uint8 RGB (h, w, 3), or levels (h, w) in greys, as an image of its own."""
    return indexed(picture, GREYS) if picture.ndim == 2 else to_image(picture)


class PictureBox(QWidget):
    """A picture as large as its square, with a word or two below; it may be pressed.

    Signals
    -------
    pressed()
        It was clicked, or chosen with Enter or Space.
    """

    pressed = Signal()

    def __init__(
        self,
        name: str,
        tooltip: str,
        *,
        pressable: bool = False,
        most: int = 320,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._caption = name
        self._pressable = pressable
        self._lit = self._ring = False
        self._lamp = COLOUR.TEXT
        self._most = most
        self.setAccessibleName(name)
        style.set_tip(self, tooltip)
        self.setFont(style.font("small"))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        if pressable:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_image(self, image: QImage) -> None:
        """Show a picture; a null one leaves the square dark."""
        self._image = image
        self.update()

    def set_caption(self, caption: str) -> None:
        """Say something below the picture; it is the accessible description too."""
        self._caption = caption
        self.setAccessibleDescription(caption)
        self.update()

    def set_lit(self, lit: bool, colour: str = COLOUR.TEXT) -> None:
        """Frame the picture: it is the one at hand."""
        if (lit, colour) != (self._lit, self._lamp):
            self._lit, self._lamp = lit, colour
            self.update()

    @property
    def image(self) -> QImage:
        """What is shown."""
        return self._image

    @property
    def caption(self) -> str:
        """What is said below."""
        return self._caption

    def hasHeightForWidth(self) -> bool:
        """As high as it is wide, and a line more."""
        return True

    def heightForWidth(self, width: int) -> int:
        """A square and the line below it."""
        return min(width, self._most) + self._line()

    def sizeHint(self) -> QSize:
        """A small square and its line."""
        return QSize(96, 96 + self._line())

    def minimumSizeHint(self) -> QSize:
        """Enough to see something."""
        return QSize(48, 48 + self._line())

    def square(self) -> QRectF:
        """Where the picture stands."""
        side = float(min(self.width(), self.height() - self._line(), self._most))
        return QRectF((self.width() - side) / 2, 0, side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the picture, the words, and the frame."""
        with QPainter(self) as painter:
            square = self.square()
            painter.fillRect(square, QColor(COLOUR.GROUND))
            if not self._image.isNull():
                ratio = self.devicePixelRatioF()
                smooth = self._image.width() > square.width() * ratio
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
                painter.drawImage(square, self._image)
            self.paint_over(painter, square)
            self._paint_words(painter, square)
            if self._lit or (self._ring and self.hasFocus()):
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                ringed = self._ring and self.hasFocus()
                painter.setPen(QPen(QColor(FOCUS if ringed else self._lamp), 2.0))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(square.adjusted(1, 1, -1, -1), RADIUS / 2, RADIUS / 2)

    def paint_over(self, painter: QPainter, square: QRectF) -> None:
        """Paint something on the picture; by default nothing."""

    def _paint_words(self, painter: QPainter, square: QRectF) -> None:
        painter.setPen(QColor(COLOUR.TEXT if self._lit else COLOUR.MUTED))
        box = QRectF(0, square.bottom(), self.width(), self._line())
        words = self.fontMetrics().elidedText(
            self._caption, Qt.TextElideMode.ElideRight, self.width()
        )
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _line(self) -> int:
        return self.fontMetrics().height() + 4

    def share_at(self, point: QPointF) -> tuple[float, float]:
        """Where a point lies on the picture: (row, column), shares from 0 to just below 1."""
        square = self.square()
        side = max(1.0, square.width())
        inside = (point.y() - square.y()) / side, (point.x() - square.x()) / side
        row, column = (min(0.999, max(0.0, share)) for share in inside)
        return row, column

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a picture that may be pressed."""
        if self._pressable and event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space press it."""
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if self._pressable and event.key() in keys:
            self.pressed.emit()
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring when the keyboard brought the focus."""
        self._ring = by_keyboard(event)
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:
        """Hide the ring."""
        self._ring = False
        self.update()
