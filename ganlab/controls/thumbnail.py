"""A small picture: rounded, sharp on every screen, a place to drop things on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QTransform,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from ganlab import style
from ganlab.controls.seed_box import SEED_MAX
from ganlab.style import COLOUR, FOCUS, RADIUS

SEED_MIME = "application/x-ganlab-seed"
"""The mime type of a seed being dragged: its decimal digits."""

Picture = NDArray[np.uint8] | QImage


def to_image(picture: Picture) -> QImage:
    """A QImage of its own memory from uint8 RGB (h, w, 3), or the QImage itself."""
    if isinstance(picture, QImage):
        return picture
    pixels = np.ascontiguousarray(picture, dtype=np.uint8)
    height, width, _ = pixels.shape
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def to_pixels(image: QImage) -> NDArray[np.uint8] | None:
    """uint8 RGB (h, w, 3) of its own memory from a QImage; None from an empty one."""
    if image.isNull():
        return None
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()


def seed_mime(seed: int) -> QMimeData:
    """What a dragged seed carries: the seed itself, and as text for other programs."""
    data = QMimeData()
    data.setData(SEED_MIME, str(seed).encode())
    data.setText(str(seed))
    return data


def dropped_in(data: QMimeData) -> int | Path | None:
    """The seed or the PNG file that a drag carries, None when it is neither."""
    if data.hasFormat(SEED_MIME):
        digits = bytes(data.data(SEED_MIME).data()).decode("ascii", "replace").strip()
        if digits.isdigit() and int(digits) <= SEED_MAX:
            return int(digits)
    for url in data.urls():
        if url.isLocalFile() and url.toLocalFile().lower().endswith(".png"):
            return Path(url.toLocalFile())
    return None


class Thumbnail(QWidget):
    """Shows a picture as large as the square allows.

    `clicked` tells a click; `dropped` an int (a seed) or a `Path` (a .png file) let go on it, when
    `accepts_drops`. `set_drag_seed` lets a person carry a seed away from here.
    """

    clicked = Signal()
    dropped = Signal(object)

    def __init__(
        self,
        name: str,
        tooltip: str,
        side: int,
        *,
        accepts_drops: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._side = side
        self._image: QImage | None = None
        self._scaled: QPixmap | None = None
        self._badge = ""
        self._dimmed = False
        self._aimed = False
        self._given: Picture | None = None
        self._seed: int | None = None
        self._pressed_at: QPointF | None = None
        self.setAccessibleName(name)
        style.set_tip(self, tooltip)
        self.setAcceptDrops(accepts_drops)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def image(self) -> QImage:
        """The picture shown; a null one while there is none."""
        return QImage() if self._image is None else self._image

    def show_picture(self, picture: Picture | None) -> None:
        """Show uint8 RGB (h, w, 3) or a QImage; None shows a quiet dash."""
        if picture is self._given and picture is not None:
            return
        self._given = picture
        self._image = None if picture is None else to_image(picture)
        self._scaled = None
        self.update()

    def has_picture(self) -> bool:
        """Whether there is a picture to see."""
        return self._image is not None

    def set_badge(self, text: str) -> None:
        """Write a word over the lower edge; empty removes it."""
        self._badge = text
        self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        """Draw the picture faintly: it has no part in the result."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.update()

    def set_drag_seed(self, seed: int | None) -> None:
        """The seed a person can drag away from here; None for none."""
        self._seed = seed

    def set_side(self, side: int) -> None:
        """Change the side of the square, in device-independent pixels."""
        if side != self._side:
            self._side = side
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """The square."""
        return QSize(self._side, self._side)

    def minimumSizeHint(self) -> QSize:
        """The same square."""
        return self.sizeHint()

    # --- paint -----------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture or the dash, the badge, and the frame of a drop."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            box = QRectF(self.rect())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLOUR.PANEL))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
            if self._image is None:
                painter.setPen(QColor(COLOUR.MUTED))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "–")
            else:
                self._paint_picture(painter, box)
            if self._badge:
                self._paint_badge(painter, box)
            if self._aimed:
                painter.setPen(QPen(QColor(FOCUS), 2.0))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), RADIUS, RADIUS)

    def _paint_picture(self, painter: QPainter, box: QRectF) -> None:
        """A texture brush gives smooth corners, which a clip path would not."""
        scaled = self._scaled_picture()
        ratio = scaled.width() / box.width()
        brush = QBrush(scaled)
        brush.setTransform(QTransform.fromScale(1 / ratio, 1 / ratio))
        painter.setBrush(brush)
        painter.setOpacity(0.3 if self._dimmed else 1.0)
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        painter.setOpacity(1.0)

    def _scaled_picture(self) -> QPixmap:
        """The picture at the screen's own pixels: sharp squares when enlarged, smooth when reduced."""
        side = max(1, round(self.width() * self.devicePixelRatioF()))
        if self._scaled is None or self._scaled.width() != side:
            assert self._image is not None
            enlarged = self._image.width() < side
            how = (
                Qt.TransformationMode.FastTransformation
                if enlarged
                else Qt.TransformationMode.SmoothTransformation
            )
            shape = Qt.AspectRatioMode.IgnoreAspectRatio
            self._scaled = QPixmap.fromImage(self._image.scaled(side, side, shape, how))
        return self._scaled

    def _paint_badge(self, painter: QPainter, box: QRectF) -> None:
        painter.setFont(style.font("small"))
        height = painter.fontMetrics().height() + 4
        strip = QRectF(4, box.height() - height - 4, box.width() - 8, height)
        ground = QColor(COLOUR.GROUND)
        ground.setAlphaF(0.78)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(strip, 4, 4)
        painter.setPen(QColor(COLOUR.TEXT))
        painter.drawText(strip, Qt.AlignmentFlag.AlignCenter, self._badge)

    # --- hand ------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click, or a drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = event.position()
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Carry the seed away once the hand has moved far enough."""
        if self._pressed_at is None or self._seed is None:
            return
        far = (event.position() - self._pressed_at).manhattanLength()
        if far >= QApplication.startDragDistance():
            self._pressed_at = None
            drag = QDrag(self)
            drag.setMimeData(seed_mime(self._seed))
            if self._image is not None:
                drag.setPixmap(self.grab())
            drag.exec(Qt.DropAction.CopyAction)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tell a click that ended where it began."""
        if self._pressed_at is not None and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()
        self._pressed_at = None

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome a seed or a PNG."""
        if dropped_in(event.mimeData()) is not None:
            event.acceptProposedAction()
            self._aim(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Take the welcome back."""
        self._aim(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell what was let go here."""
        found = dropped_in(event.mimeData())
        self._aim(False)
        if found is not None:
            event.acceptProposedAction()
            self.dropped.emit(found)

    def _aim(self, aimed: bool) -> None:
        self._aimed = aimed
        self.update()
