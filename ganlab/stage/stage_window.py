"""The window for the projector: the picture and nothing else, on any screen."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QScreen,
)
from PySide6.QtWidgets import QWidget

from ganlab import style

FITS = ("fit", "fill", "pixels")
"""The whole picture; the whole screen, cut where it does not fit; one pixel as one pixel."""

FADE_MS = 16


def placed(fit: str, picture: QSizeF, room: QSizeF, ratio: float) -> QRectF:
    """Where a picture lies in a room, in device-independent pixels, `ratio` of the screen's each."""
    across, down = room.width() / picture.width(), room.height() / picture.height()
    scale = {"fit": min(across, down), "fill": max(across, down), "pixels": 1.0 / ratio}[fit]
    size = picture * scale
    corner = QPointF((room.width() - size.width()) / 2, (room.height() - size.height()) / 2)
    return QRectF(corner, size)


class StageWindow(QWidget):
    """Shows the picture as it comes; black, frozen or faded over when asked to.

    Escape leaves the full screen, and from there closes it; B makes it black, F freezes, T shows the
    caption, a double click fills the screen or comes back.

    Parameters
    ----------
    clock
        Tells the time in seconds.

    Signals
    -------
    changed()
        It is black, frozen, captioned or placed otherwise than before.
    closed()
        The window has gone.
    """

    changed = Signal()
    closed = Signal()

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self.setWindowTitle("ganlab stage")
        self.setAccessibleName("Stage")
        self.resize(640, 640)
        self.setMinimumSize(64, 64)
        self._windowed = self.geometry()
        self._clock = clock
        self._image = QImage()
        self._before = QImage()
        self._fade_began = self._fade_seconds = 0.0
        self._fading = QTimer(self, interval=FADE_MS)
        self._fading.timeout.connect(self._on_fading)
        self.fit = "fit"
        self.smooth = True
        self.black = self.frozen = False
        self.caption = ""
        self.captioned = False

    # --- what is shown ---------------------------------------------------------------------------

    @property
    def image(self) -> QImage:
        """The picture that is shown, black and fading aside."""
        return self._image

    @property
    def fading(self) -> bool:
        """Whether one picture still shines through the other."""
        return self._fading.isActive()

    def show_pixels(self, pixels: NDArray[np.uint8]) -> None:
        """Show a picture, uint8 (height, width, 3), unless frozen."""
        height, width, _ = pixels.shape
        data = np.ascontiguousarray(pixels)
        shared = QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self.show_image(shared.convertToFormat(QImage.Format.Format_RGB32))

    def show_image(self, image: QImage) -> None:
        """Show a picture, unless frozen."""
        if not self.frozen:
            self._image = image
            self.update()

    def fade_over(self, seconds: float) -> None:
        """Let what is shown now shine through for so long while other pictures come."""
        if seconds <= 0.0 or self._image.isNull() or self.frozen:
            return
        self._before = self._image
        self._fade_began, self._fade_seconds = self._clock(), seconds
        self._fading.start()

    def set_black(self, on: bool) -> None:
        """Show nothing, or the picture again."""
        self.black = on
        self._on_changed()

    def set_frozen(self, on: bool) -> None:
        """Keep the picture that is shown, whatever comes."""
        self.frozen = on
        self._on_changed()

    def set_fit(self, fit: str) -> None:
        """One of `FITS`."""
        self.fit = fit
        self._on_changed()

    def set_caption(self, words: str) -> None:
        """What stands below, where a caption is shown."""
        self.caption = words
        self.update()

    def set_captioned(self, on: bool) -> None:
        """Whether the caption is shown."""
        self.captioned = on
        self._on_changed()

    def set_full_screen(self, on: bool) -> None:
        """Fill the screen that the window is on, or come back."""
        if on and not self.isFullScreen():
            self._windowed = self.geometry()
        if on:  # the place first: not every window manager knows of full screens
            self.setGeometry(self.screen().geometry())
            self.showFullScreen()
        else:
            self.showNormal()
            self.setGeometry(self._windowed)
        self.setCursor(Qt.CursorShape.BlankCursor if on else Qt.CursorShape.ArrowCursor)
        self._on_changed()

    def go_to(self, screen: QScreen) -> None:
        """Move to a screen, in its middle, and fill it if this one was filled."""
        full = self.isFullScreen()
        if full:
            self.set_full_screen(False)
        area = screen.availableGeometry()
        self.setScreen(screen)
        size = self.size().boundedTo(area.size())
        self.resize(size)
        self.move(area.center() - self.rect().center())
        if full:
            self.set_full_screen(True)
        self._on_changed()

    def _on_changed(self) -> None:
        self.update()
        self.changed.emit()

    def _on_fading(self) -> None:
        if self._share() >= 1.0:
            self._fading.stop()
            self._before = QImage()
        self.update()

    def _share(self) -> float:
        """How much of the new picture is seen, 0 to 1."""
        if self._before.isNull():
            return 1.0
        return min(1.0, (self._clock() - self._fade_began) / self._fade_seconds)

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the picture on black."""
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(0, 0, 0))
            if self.black or self._image.isNull():
                return
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.smooth)
            share = self._share()
            if share < 1.0:
                self._paint(painter, self._before)
                painter.setOpacity(share)
            self._paint(painter, self._image)
            painter.setOpacity(1.0)
            if self.captioned and self.caption:
                self._paint_caption(painter)

    def _paint(self, painter: QPainter, image: QImage) -> None:
        room, size = QSizeF(self.size()), QSizeF(image.size())
        painter.drawImage(placed(self.fit, size, room, self.devicePixelRatioF()), image)

    def _paint_caption(self, painter: QPainter) -> None:
        painter.setFont(style.font("body"))
        place = self.rect().adjusted(24, 24, -24, -24)
        corner = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
        for step, colour in ((1, QColor(0, 0, 0)), (0, QColor(255, 255, 255))):
            painter.setPen(colour)
            painter.drawText(place.translated(step, step), corner, self.caption)

    # --- keys ------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The few keys that are needed on a stage."""
        match event.key():
            case Qt.Key.Key_Escape if self.isFullScreen():
                self.set_full_screen(False)
            case Qt.Key.Key_Escape:
                self.close()
            case Qt.Key.Key_B:
                self.set_black(not self.black)
            case Qt.Key.Key_F:
                self.set_frozen(not self.frozen)
            case Qt.Key.Key_T:
                self.set_captioned(not self.captioned)
            case _:
                super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Fill the screen, or come back."""
        self.set_full_screen(not self.isFullScreen())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell that it goes."""
        self._fading.stop()
        super().closeEvent(event)
        self.closed.emit()


def other_screen(of: QWidget) -> QScreen:
    """The first screen that a window is not on; its own where there is no other."""
    return next((one for one in QGuiApplication.screens() if one is not of.screen()), of.screen())
