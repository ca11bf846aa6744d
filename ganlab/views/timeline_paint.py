"""How the timeline is painted: ruler, keyframes with their pictures, easings, lanes, the playhead."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPolygonF

from ganlab.style import COLOUR, FOCUS, RADIUS, STEP, blend, font
from ganlab.views.film_lanes import LaneShown
from ganlab.views.time_scale import Counting, TimeScale
from ganlab_core.timeline import Timeline

GUTTER = 56.0
"""Where the lanes' names stand."""

RULER = 20.0
PICTURE = 44.0
EASING = 16.0
LANE = 22.0
MARGIN = 8.0

TOP_PICTURES = RULER + STEP
TOP_EASINGS = TOP_PICTURES + PICTURE + STEP
TOP_LANES = TOP_EASINGS + EASING + STEP

EASING_TIPS = {
    "linear": "at an even speed",
    "smooth": "starting and ending slowly",
    "hold": "staying until the next keyframe",
    "spline": "on one curve through the neighbours (Catmull and Rom 1974)",
}
EMPTY = "Press K to keep the picture as the first keyframe, or drop a picture saved by ganlab here."


@dataclass(slots=True)
class Scene:
    """Everything there is to paint.

    Attributes
    ----------
    timeline
        None while the film is empty.
    lanes
        What moves.
    pictures
        By keyframe; None where there is none yet.
    selected, hovered
        Index of a keyframe, -1 for none.
    place
        Where the playhead is, in seconds.
    scale, counting
        Which part is in view, and how the ruler counts.
    focused
        Whether the keyboard speaks to it.
    """

    timeline: Timeline | None = None
    lanes: list[LaneShown] = field(default_factory=list)
    pictures: list[QImage | None] = field(default_factory=list)
    selected: int = -1
    hovered: int = -1
    place: float = 0.0
    scale: TimeScale = TimeScale()
    counting: Counting = Counting()
    focused: bool = False

    def picture_box(self, index: int) -> QRectF:
        """Where a keyframe's picture lies, its middle over its time."""
        assert self.timeline is not None
        x = self.scale.x(self.timeline.keyframes[index].time)
        return QRectF(x - PICTURE / 2, TOP_PICTURES, PICTURE, PICTURE)

    def segment(self, index: int) -> QRectF | None:
        """The band between a keyframe and the next one; None where there is no next."""
        line = self.timeline
        assert line is not None
        start = line.keyframes[index].time
        if index + 1 < len(line.keyframes):
            end = line.keyframes[index + 1].time
        elif line.loop and len(line.keyframes) > 1:
            end = line.duration
        else:
            return None
        left, right = self.scale.x(start), self.scale.x(end)
        return QRectF(left + 2, TOP_EASINGS, max(0.0, right - left - 4), EASING)

    def height(self) -> float:
        """Of everything, in device-independent pixels."""
        return TOP_LANES + LANE * len(self.lanes) + STEP


def paint(painter: QPainter, scene: Scene, rect: QRectF) -> None:
    """Paint the scene into a widget's rectangle."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setFont(font("small"))
    if scene.timeline is None:
        painter.setPen(QColor(COLOUR.MUTED))
        box = rect.adjusted(16, 8, -16, -8)
        flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        painter.drawText(box, flags, EMPTY)
        return
    band = QRectF(GUTTER - MARGIN, 0, rect.width() - GUTTER + MARGIN, rect.height())
    _paint_names(painter, scene)
    painter.save()
    painter.setClipRect(band)
    _paint_ruler(painter, scene, band)
    _paint_lanes(painter, scene, band)
    _paint_easings(painter, scene)
    _paint_pictures(painter, scene)
    _paint_playhead(painter, scene, rect.height())
    painter.restore()
    if scene.focused:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(FOCUS), 1))
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)


def _paint_names(painter: QPainter, scene: Scene) -> None:
    for index, lane in enumerate(scene.lanes):
        box = QRectF(STEP, TOP_LANES + index * LANE, GUTTER - MARGIN - 2 * STEP, LANE)
        painter.setPen(QColor(lane.colour))
        words = painter.fontMetrics().elidedText(
            lane.title, Qt.TextElideMode.ElideRight, int(box.width())
        )
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)


def _paint_ruler(painter: QPainter, scene: Scene, band: QRectF) -> None:
    for tick in scene.scale.ticks(scene.counting):
        x = scene.scale.x(tick.time)
        painter.setPen(QPen(QColor(COLOUR.LINE), 1))
        painter.drawLine(QPointF(x, RULER - (7 if tick.words else 4)), QPointF(x, RULER))
        if tick.words:
            painter.setPen(QColor(COLOUR.MUTED))
            box = QRectF(x - 40, 0, 80, RULER - 6)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, tick.words)
    painter.setPen(QPen(QColor(COLOUR.LINE), 1))
    painter.drawLine(QPointF(band.left(), RULER), QPointF(band.right(), RULER))


def _paint_lanes(painter: QPainter, scene: Scene, band: QRectF) -> None:
    for index, lane in enumerate(scene.lanes):
        box = QRectF(band.left(), TOP_LANES + index * LANE, band.width(), LANE)
        painter.setPen(QPen(QColor(blend(COLOUR.LINE, COLOUR.PANEL, 0.6)), 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        _paint_curve(painter, scene, lane, box.adjusted(0, 4, 0, -4))
        _paint_marks(painter, scene, lane, box)
        _paint_own_easings(painter, scene, lane, box)


def _paint_curve(painter: QPainter, scene: Scene, lane: LaneShown, box: QRectF) -> None:
    assert scene.timeline is not None
    step = scene.timeline.duration / (len(lane.heights) - 1)
    points = [
        QPointF(scene.scale.x(index * step), box.bottom() - height * box.height())
        for index, height in enumerate(lane.heights)
    ]
    ground = QPainterPath()
    ground.addPolygon(
        QPolygonF([QPointF(points[0].x(), box.bottom()), *points,
                   QPointF(points[-1].x(), box.bottom())])
    )  # fmt: skip
    tint = QColor(lane.colour)
    tint.setAlphaF(0.16)
    painter.fillPath(ground, tint)
    painter.setPen(QPen(QColor(lane.colour), 1.4))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF(points))


def _paint_marks(painter: QPainter, scene: Scene, lane: LaneShown, box: QRectF) -> None:
    """Words at the keyframes where they fit, on a little ground of their own."""
    metrics, free_from = painter.fontMetrics(), box.left()
    for time, words in lane.marks:
        x = scene.scale.x(time) + 4
        width = metrics.horizontalAdvance(words)
        if not words or x < free_from or x > box.right():
            continue
        place = QRectF(x, box.top() + 3, width + 8, box.height() - 6)
        shade = QColor(COLOUR.PANEL)
        shade.setAlphaF(0.82)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawRoundedRect(place, 4, 4)
        painter.setPen(QColor(COLOUR.TEXT))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
        free_from = place.right() + 4


def _paint_own_easings(painter: QPainter, scene: Scene, lane: LaneShown, box: QRectF) -> None:
    """Where a lane goes on in a way of its own: which, at the end of the way, where there is room."""
    assert scene.timeline is not None
    for index in lane.own:
        words = scene.timeline.keyframes[index].easing_of(lane.name)
        segment = scene.segment(index)
        width = painter.fontMetrics().horizontalAdvance(words) + 12
        if segment is None or segment.width() < 2 * width:
            continue
        place = QRectF(segment.right() - width, box.top() + 4, width, box.height() - 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(COLOUR.STRIP))
        painter.drawRoundedRect(place, 4, 4)
        painter.setPen(QColor(COLOUR.MUTED))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)


def _paint_easings(painter: QPainter, scene: Scene) -> None:
    """Between keyframes: a line, and in words how it goes on; a click there changes it."""
    assert scene.timeline is not None
    metrics = painter.fontMetrics()
    for index, keyframe in enumerate(scene.timeline.keyframes):
        box = scene.segment(index)
        if box is None or box.width() < 8:
            continue
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(COLOUR.STRIP))
        painter.drawRoundedRect(box, 4, 4)
        words = keyframe.easing
        if metrics.horizontalAdvance(words) + 8 > box.width():
            words = words[0] if box.width() > 14 else ""
        painter.setPen(QColor(COLOUR.MUTED))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


def _paint_pictures(painter: QPainter, scene: Scene) -> None:
    line = scene.timeline
    assert line is not None
    if line.loop:
        _paint_return(painter, scene)
    order = sorted(range(len(line.keyframes)), key=lambda i: (i == scene.selected, i))
    for index in order:
        box = scene.picture_box(index)
        _paint_picture(painter, scene, index, box)


def _paint_return(painter: QPainter, scene: Scene) -> None:
    """The first keyframe once more at the end of a loop, faint: there it goes back to."""
    assert scene.timeline is not None
    x = scene.scale.x(scene.timeline.duration + scene.timeline.keyframes[0].time)
    box = QRectF(x - PICTURE / 2, TOP_PICTURES, PICTURE, PICTURE)
    painter.setOpacity(0.35)
    image = scene.pictures[0] if scene.pictures else None
    _paint_card(painter, box, image, QPen(QColor(COLOUR.LINE), 1, Qt.PenStyle.DashLine))
    painter.setOpacity(1.0)


def _paint_picture(painter: QPainter, scene: Scene, index: int, box: QRectF) -> None:
    selected = index == scene.selected
    edge = QColor(COLOUR.STYLE if selected else COLOUR.LINE)
    if index == scene.hovered and not selected:
        edge = QColor(COLOUR.MUTED)
    image = scene.pictures[index] if index < len(scene.pictures) else None
    _paint_card(painter, box, image, QPen(edge, 2 if selected else 1))


def _paint_card(painter: QPainter, box: QRectF, image: QImage | None, edge: QPen) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(COLOUR.STRIP))
    painter.drawRoundedRect(box, 4, 4)
    if image is not None:
        painter.drawImage(box.adjusted(1, 1, -1, -1), image)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(edge)
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)


def _paint_playhead(painter: QPainter, scene: Scene, height: float) -> None:
    x = scene.scale.x(scene.place)
    painter.setPen(QPen(QColor(COLOUR.TEXT), 1.2))
    painter.drawLine(QPointF(x, RULER - 6), QPointF(x, height))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(COLOUR.TEXT))
    top = RULER - 12
    corners = [(-5, 0), (5, 0), (5, 5), (0, 10), (-5, 5)]
    painter.drawPolygon(QPolygonF([QPointF(x + dx, top + dy) for dx, dy in corners]))
