"""The picture: fitted, life-size or close up, as sharp as the screen allows.

Small words over it say what goes on there, each with a way to end it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ganlab import style
from ganlab.style import COLOUR, RADIUS, STEP


class Badge(QPushButton):
    """What goes on, with a dot in the colour of its idea; a press ends it where that can be."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("badge", "true")
        self.setFont(style.font("small"))
        self.setAutoDefault(False)
        self._end: Callable[[], object] | None = None
        self.clicked.connect(self._on_clicked)

    def say(self, text: str, tip: str, end: Callable[[], object] | None) -> None:
        """Show these words; `end` is called when it is pressed."""
        self._end = end
        self.setText(text)
        self.setAccessibleName(text)
        style.set_tip(self, tip)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if end is None else Qt.FocusPolicy.TabFocus)

    def _on_clicked(self) -> None:
        if self._end is not None:
            self._end()


class Badges(QWidget):
    """The badges of a picture, one below the other in its upper left corner.

    They lie over the picture, so that it never moves.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._badges: dict[str, Badge] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(STEP)
        self.move(3 * STEP, 3 * STEP)
        self.hide()

    @property
    def shown(self) -> dict[str, str]:
        """The words of every badge that is shown, by name."""
        return {name: badge.text() for name, badge in self._badges.items() if not badge.isHidden()}

    def show_badge(
        self, name: str, text: str, tip: str, end: Callable[[], object] | None = None
    ) -> None:
        """Say that something goes on, in the place of what was said under this name before."""
        badge = self._badges.get(name)
        if badge is None:
            badge = self._badges[name] = Badge(self)
            self._column.addWidget(badge, 0, Qt.AlignmentFlag.AlignLeft)
        badge.say(text, tip, end)
        badge.show()
        self._fit()

    def hide_badge(self, name: str) -> None:
        """Say nothing of it any more."""
        badge = self._badges.get(name)
        if badge is not None and not badge.isHidden():
            badge.hide()
            self._fit()

    def press(self, name: str) -> None:
        """End what a badge speaks of, as a person would."""
        self._badges[name].click()

    def _fit(self) -> None:
        self.setVisible(bool(self.shown))
        self._column.activate()
        self.resize(self._column.sizeHint().expandedTo(QSize(1, 1)))
        self.raise_()


# Where on a widget a picture lies, and how large: the geometry behind the canvas.

MARGIN = 8
"""Free space around a fitted picture, in device-independent pixels."""

ZOOM_LOW, ZOOM_HIGH = 1 / 32, 512.0
"""Pixels of the screen per pixel of the picture."""


class Viewport:
    """How a picture of `picture` pixels lies on a widget of `size`.

    Attributes
    ----------
    size
        The widget's, in device-independent pixels.
    picture
        The picture's, in its own pixels.
    pixel_ratio
        Pixels of the screen per device-independent pixel.
    """

    def __init__(self) -> None:
        self.size = QSize()
        self.picture = QSize()
        self.pixel_ratio = 1.0
        self._zoom: float | None = None
        self._centre = QPointF(0.5, 0.5)

    @property
    def is_fitted(self) -> bool:
        """Whether the picture follows the widget's size."""
        return self._zoom is None

    @property
    def zoom(self) -> float:
        """Pixels of the screen per pixel of the picture."""
        return self._fitting() if self._zoom is None else self._zoom

    def fit(self) -> None:
        """Let the picture follow the widget's size."""
        self._zoom = None
        self._centre = QPointF(0.5, 0.5)

    def zoom_to(self, zoom: float, about: QPointF) -> None:
        """Change the zoom so that the point of the picture under `about` stays where it is."""
        before = self._free_target()
        self._zoom = min(max(zoom, ZOOM_LOW), ZOOM_HIGH)
        if before.isEmpty():
            return
        held = QPointF(
            (about.x() - before.x()) / before.width(), (about.y() - before.y()) / before.height()
        )
        after = self._shown_size()
        middle = QPointF(self.size.width() / 2, self.size.height() / 2)
        self._centre = QPointF(
            held.x() + (middle.x() - about.x()) / after.x(),
            held.y() + (middle.y() - about.y()) / after.y(),
        )
        self._keep_in_view()

    def pan(self, by: QPointF) -> None:
        """Move the picture by so many device-independent pixels, as far as there is more to see."""
        shown = self._shown_size()
        if shown.x() > 0 and shown.y() > 0:
            self._centre -= QPointF(by.x() / shown.x(), by.y() / shown.y())
            self._keep_in_view()

    def can_pan(self) -> bool:
        """Whether the picture is larger than the widget."""
        shown = self._shown_size()
        return shown.x() > self.size.width() or shown.y() > self.size.height()

    def target(self) -> QRectF:
        """Where to paint, with its corner on a whole pixel of the screen."""
        self._keep_in_view()
        free = self._free_target()
        ratio = self.pixel_ratio
        corner = QPointF(round(free.x() * ratio) / ratio, round(free.y() * ratio) / ratio)
        return QRectF(corner, free.size())

    def describe(self) -> str:
        """The zoom in words: `"fit, 350 %"`."""
        percent = f"{100 * self.zoom:.0f} %"
        return f"fit, {percent}" if self.is_fitted else percent

    def _fitting(self) -> float:
        if self.picture.isEmpty():
            return 1.0
        width = max(1, self.size.width() - 2 * MARGIN) / self.picture.width()
        height = max(1, self.size.height() - 2 * MARGIN) / self.picture.height()
        return min(width, height) * self.pixel_ratio

    def _shown_size(self) -> QPointF:
        """Width and height on the widget, in device-independent pixels."""
        scale = self.zoom / self.pixel_ratio
        return QPointF(self.picture.width() * scale, self.picture.height() * scale)

    def _free_target(self) -> QRectF:
        shown = self._shown_size()
        left = self.size.width() / 2 - self._centre.x() * shown.x()
        top = self.size.height() / 2 - self._centre.y() * shown.y()
        return QRectF(left, top, shown.x(), shown.y())

    def _keep_in_view(self) -> None:
        shown = self._shown_size()
        self._centre = QPointF(
            _kept(self._centre.x(), shown.x(), self.size.width()),
            _kept(self._centre.y(), shown.y(), self.size.height()),
        )


def _kept(centre: float, shown: float, room: float) -> float:
    """The centre (0 to 1), moved so that no room is wasted; a smaller picture is in the middle."""
    if shown <= room:
        return 0.5
    half = room / shown / 2
    return min(max(centre, half), 1 - half)


WHEEL_STEPS_PER_DOUBLING = 4
KEY_FACTOR = 2**0.5

GRIP = 12.0
"""How near to the line between two pictures it is taken hold of, in device-independent pixels."""

KEY_WALK = 16.0
"""Device-independent pixels that an arrow key walks."""


class Canvas(QWidget):
    """Shows one picture, or one calm sentence while there is none.

    The wheel zooms about the pointer, dragging moves a picture larger than the view, a double
    click goes between the whole picture and its actual size.

    Signals
    -------
    zoomed(str)
        How large the picture is shown, in words.
    painted()
        The widget was on the screen for the first time.
    picture_painted()
        A picture that was not on the screen before is there now.
    walk_started(), walked(float, float), walk_finished()
        The hand walks through the latent space: it moved by so many device-independent pixels.
    """

    zoomed = Signal(str)
    painted = Signal()
    picture_painted = Signal()
    walk_started = Signal()
    walked = Signal(float, float)
    walk_finished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draft, self._draft_note = QImage(), ""
        self._fresh = False
        self._image = QImage()
        self._view = Viewport()
        self._smooth = True
        self._message = ""
        self._note = ""
        self._grip: QPoint | None = None
        self._walks = False
        self._walking_from: QPointF | None = None
        self._seen = False
        self._wash = QImage()
        self._before = QImage()
        self._wipe: float | None = None
        self._wiping = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(32 * STEP, 32 * STEP)
        self.setAccessibleName("Picture")
        self.badges = Badges(self)

    # --- what is shown ---------------------------------------------------------------------------

    @property
    def image(self) -> QImage:
        """The picture as it is, null when there is none."""
        return self._image

    def picture_rect(self) -> QRectF:
        """Where the picture lies, in device-independent pixels; empty when there is none."""
        return QRectF() if self._image.isNull() else self._view.target()

    def show_pixels(self, pixels: NDArray[np.uint8]) -> None:
        """Show a picture, uint8 (height, width, 3), sRGB; its place and zoom stay."""
        height, width, _ = pixels.shape
        data = np.ascontiguousarray(pixels)
        shared = QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self.show_image(shared.convertToFormat(QImage.Format.Format_RGB32))

    def show_draft(self, pixels: NDArray[np.uint8], size: QSize, note: str) -> None:
        """Show a smaller picture as large as one of `size`, with a note that says so.

        It is gone with the next picture; `image` stays the last whole one.
        """
        height, width, _ = pixels.shape
        data = np.ascontiguousarray(pixels)
        shared = QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self._draft = shared.convertToFormat(QImage.Format.Format_RGB32)
        self._draft_note = note
        self._fresh = True
        self._view.picture = size
        self.update()

    def show_image(self, image: QImage) -> None:
        """Show a picture; its place and zoom stay."""
        self._draft = QImage()
        self._fresh = True
        resized = image.size() != self._image.size()
        self._image = image
        self._view.picture = image.size()
        self._message = ""
        if resized:
            self._tell_zoom()
        self.update()

    def show_message(self, sentence: str) -> None:
        """Show a sentence in the place of a picture."""
        self._image = self._draft = QImage()
        self._view.picture = QSize()
        self._message = sentence
        self.setAccessibleDescription(sentence)
        self.zoomed.emit("")
        self.update()

    def show_note(self, sentence: str) -> None:
        """Show a short note in a corner, over the picture; empty takes it away."""
        if sentence != self._note:
            self._note = sentence
            self.update()

    def show_wash(self, image: QImage) -> None:
        """Lay a picture with transparency over the picture, smoothly and as large; null takes it away."""
        self._wash = image
        self.update()

    @property
    def wash(self) -> QImage:
        """What lies over the picture; null when nothing does."""
        return self._wash

    def set_smooth(self, on: bool) -> None:
        """Smooth the pixels of an enlarged picture, or show them as squares."""
        self._smooth = on
        self.update()

    def set_walking(self, on: bool) -> None:
        """Let dragging with the left button walk through the latent space, or move the picture."""
        self._walks = on
        self._show_cursor()

    # --- two pictures ----------------------------------------------------------------------------

    def show_wipe(self, before: QImage) -> None:
        """Show another picture to the left of a line that can be dragged; null shows none."""
        self._before = before
        self._wipe = None if before.isNull() else 0.5
        self._wiping = False
        self.update()

    @property
    def wipe(self) -> float | None:
        """Where the line between two pictures stands, 0 to 1 of the picture; None when there is one."""
        return self._wipe

    def _line(self) -> float:
        """Where the line stands, in device-independent pixels."""
        target = self._view.target()
        return target.x() + target.width() * (self._wipe or 0.0)

    def _is_at_line(self, place: QPointF) -> bool:
        return self._wipe is not None and abs(place.x() - self._line()) <= GRIP

    def _move_line(self, place: QPointF) -> None:
        target = self._view.target()
        if target.width() > 0:
            self._wipe = min(max((place.x() - target.x()) / target.width(), 0.0), 1.0)
            self.update()

    def _paint_wipe(self, painter: QPainter) -> None:
        """Paint the other picture to the left of the line, and the line with its names."""
        target, line = self._view.target(), self._line()
        painter.save()
        painter.setClipRect(QRectF(target.x(), target.y(), line - target.x(), target.height()))
        painter.drawImage(target, self._before)
        painter.restore()
        painter.setPen(QPen(QColor(COLOUR.TEXT), 1.5))
        painter.drawLine(QPointF(line, target.top()), QPointF(line, target.bottom()))
        painter.setBrush(QColor(COLOUR.STRIP))
        painter.drawEllipse(QPointF(line, target.center().y()), 9, 9)
        for word, left in (("A", line - 26), ("now", line + 12)):
            painter.drawText(QPointF(left, target.bottom() - 2 * STEP), word)

    # --- how large -------------------------------------------------------------------------------

    def fit(self) -> None:
        """Show the whole picture, as large as it fits."""
        self._view.fit()
        self._on_moved()

    def actual_size(self) -> None:
        """Show one pixel of the picture as one pixel of the screen."""
        self._view.zoom_to(1.0, self._middle())
        self._on_moved()

    def zoom_in(self) -> None:
        """Show the picture larger, about its middle."""
        self._zoom_by(KEY_FACTOR, self._middle())

    def zoom_out(self) -> None:
        """Show the picture smaller, about its middle."""
        self._zoom_by(1 / KEY_FACTOR, self._middle())

    def _zoom_by(self, factor: float, about: QPointF) -> None:
        self._view.zoom_to(self._view.zoom * factor, about)
        self._on_moved()

    def _middle(self) -> QPointF:
        return QRectF(self.rect()).center()

    def _on_moved(self) -> None:
        self._show_cursor()
        self._tell_zoom()
        self.update()

    def _tell_zoom(self) -> None:
        self.zoomed.emit("" if self._image.isNull() else self._view.describe())

    def _show_cursor(self) -> None:
        if self._walks:
            self.setCursor(Qt.CursorShape.CrossCursor)
        elif self._grip is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._view.can_pan():
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()

    # --- the pointer -----------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer."""
        steps = event.angleDelta().y() / 120
        if steps and not self._image.isNull():
            self._zoom_by(2 ** (steps / WHEEL_STEPS_PER_DOUBLING), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to walk, or take hold of a picture that is larger than the view."""
        if event.button() == Qt.MouseButton.LeftButton and self._is_at_line(event.position()):
            self._wiping = True
            return
        if self._walks and event.button() == Qt.MouseButton.LeftButton:
            self._walking_from = event.position()
            self.walk_started.emit()
            return
        grips = (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton)
        if event.button() in grips and self._view.can_pan():
            self._grip = event.position().toPoint()
            self._show_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Walk, or move the picture or the line between two, with the hand."""
        if self._wiping:
            self._move_line(event.position())
            return
        if self._walking_from is not None:
            moved = event.position() - self._walking_from
            self._walking_from = event.position()
            self.walked.emit(moved.x(), moved.y())
            return
        if self._grip is None:
            return
        here = event.position().toPoint()
        self._view.pan(QPointF(here - self._grip))
        self._grip = here
        self.update()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let the picture go."""
        self._wiping = False
        if self._walking_from is not None:
            self._walking_from = None
            self.walk_finished.emit()
        self._grip = None
        self._show_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go between the whole picture and its actual size."""
        if self._view.is_fitted:
            self._view.zoom_to(1.0, event.position())
            self._on_moved()
        else:
            self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk with Shift and the arrows, where the hand walks too."""
        steps = {
            Qt.Key.Key_Left.value: (-KEY_WALK, 0.0),
            Qt.Key.Key_Right.value: (KEY_WALK, 0.0),
            Qt.Key.Key_Up.value: (0.0, -KEY_WALK),
            Qt.Key.Key_Down.value: (0.0, KEY_WALK),
        }
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if self._walks and shift and event.key() in steps:
            self.walk_started.emit()
            self.walked.emit(*steps[event.key()])
            self.walk_finished.emit()
        else:
            super().keyPressEvent(event)

    # --- painting --------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the picture where it was, or fitted."""
        super().resizeEvent(event)
        self._measure()
        self._on_moved()

    def _measure(self) -> None:
        self._view.size = self.size()
        self._view.pixel_ratio = self.devicePixelRatioF()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the surround, then the picture or the sentence, then the note."""
        if self._view.pixel_ratio != self.devicePixelRatioF():
            self._measure()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLOUR.SURROUND))
            if not (self._image.isNull() or self._image.hasAlphaChannel()):
                # what the picture covers need not be painted before
                covered = self._view.target().toRect().adjusted(1, 1, -1, -1)
                painter.setClipRegion(QRegion(self.rect()) - QRegion(covered))
            painter.drawRoundedRect(self.rect(), 8, 8)
            painter.setClipping(False)
            if self._image.isNull():
                self._paint_message(painter)
            else:
                smooth = self._smooths() or not self._draft.isNull()
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
                painter.setRenderHint(
                    QPainter.RenderHint.Antialiasing, False
                )  # edges lie on pixels
                shown = self._image if self._draft.isNull() else self._draft
                painter.drawImage(self._view.target(), shown)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                if not self._wash.isNull():
                    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                    painter.drawImage(self._view.target(), self._wash)
                if self._wipe is not None:
                    self._paint_wipe(painter)
            if not self._draft.isNull():
                self._paint_note(painter, self._draft_note)
            elif self._note:
                self._paint_note(painter, self._note)
        if not self._seen:
            self._seen = True
            QTimer.singleShot(0, self.painted.emit)
        if self._fresh:
            self._fresh = False
            QTimer.singleShot(0, self.picture_painted.emit)

    def _smooths(self) -> bool:
        """Below its size a picture is always smoothed; squares would only drop pixels."""
        return self._smooth or self._view.zoom < 1

    def _paint_message(self, painter: QPainter) -> None:
        painter.setPen(QColor(COLOUR.MUTED))
        painter.drawText(
            self.rect().adjusted(8 * STEP, 0, -8 * STEP, 0),
            Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
            self._message,
        )

    def _paint_note(self, painter: QPainter, note: str) -> None:
        words = painter.fontMetrics().size(0, note)
        pill = QRectF(0, 0, words.width() + 6 * STEP, words.height() + 2 * STEP)
        pill.moveBottomLeft(QPointF(2 * STEP, self.height() - 2 * STEP))
        painter.setBrush(QColor(COLOUR.STRIP))
        painter.drawRoundedRect(pill, RADIUS, RADIUS)
        painter.setPen(QColor(COLOUR.TEXT))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, note)
