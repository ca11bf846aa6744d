"""Small pictures: rounded, sharp on every screen; one to drop things on, or many to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QContextMenuEvent,
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QTransform,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from ganlab import style
from ganlab.controls.seed_box import SEED_MAX
from ganlab.style import COLOUR, FOCUS, RADIUS, plain_tip

GAP = 4
CAPTION = 18


@dataclass(slots=True)
class Cell:
    """One picture and what is said about it."""

    caption: str = ""
    image: QImage | None = None
    mime: QMimeData | None = None
    detail: str = ""


class PictureGrid(QWidget):
    """Pictures in rows; all signals tell the index of one.

    `chosen` tells a click or Enter, `menu_asked` a right click or the menu key, `deleted` the Delete key,
    `edit_asked` F2.

    Parameters
    ----------
    name
        What it shows, for a screen reader.
    tooltip
        What a click does, in one sentence.
    columns
        How many stand side by side, filling the width; 0 = as many of `side` as there is room for.
    side
        Of a picture, in device-independent pixels, where `columns` is 0.
    captions
        Whether there is a line of words under each picture.
    """

    chosen = Signal(int)
    menu_asked = Signal(int, QPoint)
    deleted = Signal(int)
    edit_asked = Signal(int)

    def __init__(
        self,
        name: str,
        tooltip: str,
        *,
        columns: int = 0,
        side: int = 80,
        captions: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._cells: list[Cell] = []
        self._columns = columns
        self._side = side
        self._caption = CAPTION if captions else 0
        self._current = 0
        self._marked = -1
        self._frames: dict[int, str] = {}
        self._pressed_at: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        style.set_tip(self, tooltip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setProperty("plain", "true")

    # --- what is shown ---------------------------------------------------------------------------

    def set_cells(self, cells: list[Cell]) -> None:
        """Show these in the place of what was there."""
        self._cells = cells
        self._current = min(self._current, max(0, len(cells) - 1))
        self._settle()

    def set_columns(self, columns: int) -> None:
        """Change how many stand side by side."""
        self._columns = columns
        self._settle()

    def count(self) -> int:
        """How many pictures there are places for."""
        return len(self._cells)

    def cell(self, index: int) -> Cell:
        """What is shown at a place."""
        return self._cells[index]

    @property
    def current(self) -> int:
        """The place that the keyboard is at."""
        return self._current

    def show_picture(self, index: int, picture: Picture | None) -> None:
        """Show a picture at a place, None for a quiet dash."""
        self._cells[index].image = None if picture is None else to_image(picture)
        self.update(self.box(index).toAlignedRect())

    def set_marked(self, index: int) -> None:
        """Draw one place as the one on the desk; -1 for none."""
        if index != self._marked:
            self._marked = index
            self.update()

    def set_frames(self, frames: Mapping[int, str]) -> None:
        """Draw frames in these colours around places, by their index."""
        if frames != self._frames:
            self._frames = dict(frames)
            self.update()

    # --- places ----------------------------------------------------------------------------------

    def columns(self) -> int:
        """How many stand side by side."""
        return self._columns or max(1, (self.width() + GAP) // (self._side + GAP))

    def box(self, index: int) -> QRectF:
        """Where a picture lies."""
        side = self._shown_side()
        row, column = divmod(index, self.columns())
        return QRectF(column * (side + GAP), row * (side + GAP + self._caption), side, side)

    def _shown_side(self) -> float:
        if not self._columns:
            return float(self._side)
        return max(16.0, (self.width() - GAP * (self._columns - 1)) / self._columns)

    def _settle(self) -> None:
        rows = -(-len(self._cells) // self.columns())
        height = rows * (self._shown_side() + self._caption + GAP)
        self.setFixedHeight(max(1, round(height)))
        self._tell_current()
        self.update()

    def _at(self, point: QPointF) -> int | None:
        return next((i for i in range(len(self._cells)) if self.box(i).contains(point)), None)

    def sizeHint(self) -> QSize:
        """Three pictures wide."""
        return QSize(3 * (self._side + GAP), max(1, self.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the rows out anew."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._settle()

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pictures in view, the one on the desk with a frame, the keyboard's with a ring."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setFont(style.font("small"))
            for index, cell in enumerate(self._cells):
                box = self.box(index)
                if box.adjusted(0, 0, 0, self._caption).intersects(QRectF(event.rect())):
                    self._paint_cell(painter, index, cell, box)

    def _paint_cell(self, painter: QPainter, index: int, cell: Cell, box: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(COLOUR.STRIP))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        if cell.image is not None:
            painter.drawImage(box.adjusted(1, 1, -1, -1), cell.image)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if index == self._marked:
            painter.setPen(QPen(QColor(COLOUR.STYLE), 2))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        if index in self._frames:
            painter.setPen(QPen(QColor(self._frames[index]), 3))
            painter.drawRoundedRect(box.adjusted(1.5, 1.5, -1.5, -1.5), RADIUS, RADIUS)
        if index == self._current and self.hasFocus():
            painter.setPen(QPen(QColor(FOCUS), 1))
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        if self._caption and cell.caption:
            line = QRectF(box.left(), box.bottom(), box.width(), self._caption)
            words = painter.fontMetrics().elidedText(
                cell.caption, Qt.TextElideMode.ElideRight, int(box.width())
            )
            painter.setPen(QColor(COLOUR.MUTED))
            painter.drawText(line, Qt.AlignmentFlag.AlignCenter, words)

    def event(self, event: QEvent) -> bool:
        """Name the picture under the pointer where no line of words does."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self._at(QPointF(event.pos()))
            if index is not None and self._cells[index].caption and not self._caption:
                QToolTip.showText(event.globalPos(), plain_tip(self._cells[index].caption), self)
                return True
        return super().event(event)

    # --- hand ------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        index = self._at(event.position())
        if index is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._pressed_at = event.position()
        self._go_to(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Carry away what the cell offers, once the hand has moved far enough."""
        if self._pressed_at is None or not self._cells:
            return
        cell = self._cells[self._current]
        far = (event.position() - self._pressed_at).manhattanLength()
        if cell.mime is None or far < QApplication.startDragDistance():
            return
        self._pressed_at = None
        carried = QMimeData()
        for kind in cell.mime.formats():
            carried.setData(kind, cell.mime.data(kind))
        drag = QDrag(self)
        drag.setMimeData(carried)
        if cell.image is not None:
            drag.setPixmap(QPixmap.fromImage(cell.image.scaledToWidth(self._side)))
        drag.exec(Qt.DropAction.CopyAction)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tell a click that ended where it began."""
        if self._pressed_at is not None and self._at(event.position()) == self._current:
            self.chosen.emit(self._current)
        self._pressed_at = None

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for a menu, with the pointer or the menu key."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self._current if by_key else self._at(QPointF(event.pos()))
        if index is not None and index < len(self._cells):
            self._go_to(index)
            self.menu_asked.emit(index, event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk with the arrows, choose with Enter or Space, delete with Delete."""
        columns = self.columns()
        steps: dict[int, int] = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
            Qt.Key.Key_Home: -len(self._cells),
            Qt.Key.Key_End: len(self._cells),
        }
        if not self._cells:
            event.ignore()
        elif event.key() in steps:
            self._go_to(self._current + steps[event.key()])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self._current)
        elif event.key() == Qt.Key.Key_Delete:
            self.deleted.emit(self._current)
        elif event.key() == Qt.Key.Key_F2:
            self.edit_asked.emit(self._current)
        else:
            event.ignore()

    def _go_to(self, index: int) -> None:
        self._current = min(max(index, 0), len(self._cells) - 1)
        self._tell_current()
        self.update()

    def _tell_current(self) -> None:
        """Say in words where the keyboard is."""
        if self._cells:
            cell = self._cells[self._current]
            said = ", ".join(part for part in (cell.caption, cell.detail) if part)
            self.setAccessibleDescription(
                f"{said or 'picture'}, {self._current + 1} of {len(self._cells)}"
            )
        else:
            self.setAccessibleDescription("empty")


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
            painter.setBrush(QColor(COLOUR.GROUND))  # which stands out from panels and strips alike
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
