"""Where on a widget a picture lies, and how large: the geometry behind the canvas."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize

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
