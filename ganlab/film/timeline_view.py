"""The timeline: a ruler, keyframes to take hold of, and lanes of what moves; plain data in, signals out."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal, NamedTuple

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from ganlab.controls import Picture, dropped_in, to_image
from ganlab.style import COLOUR, FOCUS, RADIUS, STEP, blend, font, plain_tip, set_tip
from ganlab_core.recipe import FULLEST, LANES, Classes, Recipe
from ganlab_core.timeline import Keyframe, Point, Timeline, moving_lanes, segment_shares

# What a Timeline's lanes show, as plain numbers: a curve through the film, words at the
# keyframes.

SAMPLES = 240


class LaneLook(NamedTuple):
    """How a lane is shown: its title, its colour, and what blends where; `{space}` is where it does."""

    title: str
    colour: str
    about: str


LANE_LOOKS = {
    "latent": LaneLook("style", COLOUR.STYLE, "Latents {space}"),
    "psi": LaneLook("psi", COLOUR.TRUNCATION, "The truncation psi moves as a number."),
    "mix": LaneLook("mixing", COLOUR.STYLE, "Latents of mixes {space}"),
    "noise": LaneLook(
        "noise", COLOUR.NOISE,
        "The noise's strength moves as a number; its seed and kind change at the keyframe.",
    ),
    "growth": LaneLook(
        "growth", COLOUR.GROWTH, "The growth moves evenly in log2 of the picture's side."
    ),
    "classes": LaneLook(
        "class", COLOUR.CLASS,
        "The weights of the classes cross, so their embeddings blend in a straight line.",
    ),
    "pushes": LaneLook(
        "push", COLOUR.STYLE, "Each push along a direction grows and shrinks by its amount."
    ),
    "gains": LaneLook(
        "maps", COLOUR.TEXT, "The gains of feature maps and of attention move as numbers."
    ),
    "bends": LaneLook(
        "bends", COLOUR.TEXT,
        "A bend's amount and strength move as numbers; one that a keyframe lacks fades.",
    ),
    "placement": LaneLook(
        "placement", COLOUR.STYLE,
        "How far the picture is shifted and turned moves as numbers.",
    ),
    "second": LaneLook(
        "model B", COLOUR.GROWTH, "How much of the second model's weights is where moves as numbers."
    ),
}  # fmt: skip
"""Lane of a film -> how it is shown; a lane with an entry here needs nothing else to be seen."""

SPACE_WORDS = {
    "w": "blend in W, in a straight line (lerp): W is made straight by the mapping network"
    " (StyleGAN, Karras et al. 2019, sec. 4.1).",
    "z": "blend in Z, along the sphere on which the network was trained (slerp, White 2016).",
}
NOISE_WORDS = {"fresh": "fresh each frame", "loop": "goes round"}


@dataclass(frozen=True, slots=True)
class LaneShown:
    """One lane.

    Attributes
    ----------
    name, title, colour
        As the core calls it, as the screen does, and in which colour.
    heights
        Heights from 0 to 1 at even steps from the film's start to its end.
    marks
        Pairs (seconds, words): what begins to be at a keyframe.
    about
        What blends where, as a sentence; empty where there is nothing to say.
    own
        Indices of the keyframes from which it goes on in a way of its own.
    """

    name: str
    title: str
    colour: str
    heights: tuple[float, ...]
    marks: tuple[tuple[float, str], ...]
    about: str = ""
    own: tuple[int, ...] = ()


def lanes_of(timeline: Timeline, classes: Sequence[str] = ()) -> list[LaneShown]:
    """The lanes of everything that moves; numbers as they are, choices as going to and fro."""
    moving = moving_lanes(timeline)
    if not moving:
        return []
    return [_lane(name, timeline, _ways(timeline, name), classes) for name in moving]


def _lane(
    name: str, timeline: Timeline, ways: list[list[tuple[int, float]]], classes: Sequence[str]
) -> LaneShown:
    recipes = [keyframe.recipe for keyframe in timeline.keyframes]
    values = [_NUMBERS[name](recipe) for recipe in recipes] if name in _NUMBERS else []
    if name == "growth":
        full = timeline.full_growth or FULLEST
        values = [full if recipe.growth is None else recipe.growth for recipe in recipes]
    if len(set(values)) < 2:  # what moves is no one number
        values = _to_and_fro([_part(recipe, name) for recipe in recipes])
    heights = _normal([sum(values[index] * share for index, share in way) for way in ways])
    marks = _marks(timeline.keyframes, name, classes)
    if name == "noise" and timeline.noise != "frozen":
        heights, marks = _noise(timeline), [(0.0, NOISE_WORDS[timeline.noise])]
    own = [i for i, key in enumerate(timeline.keyframes) if key.easing_of(name) != key.easing]
    look = LANE_LOOKS[name]
    return LaneShown(
        name, look.title, look.colour, tuple(heights), tuple(marks), _about(timeline, name),
        tuple(own),
    )  # fmt: skip


def _about(timeline: Timeline, lane: str) -> str:
    """Which space a lane blends in, and why that is right."""
    space = timeline.mix_space if lane == "mix" else timeline.latent_space
    return LANE_LOOKS[lane].about.format(space=SPACE_WORDS[space])


def _ways(timeline: Timeline, lane: str) -> list[list[tuple[int, float]]]:
    """At each sample, which keyframes count how much in a lane."""
    points = [Point(k.time, k.recipe, k.easing_of(lane), arc=k.arc) for k in timeline.keyframes]
    count = len(points)
    times = [point.time for point in points]

    def around(index: int) -> Point | None:
        if timeline.loop and count > 1:
            point = points[index % count]
            shift = timeline.duration * (index // count)
            return replace(point, time=point.time + shift)
        return points[index] if 0 <= index < count else None

    def way(time: float) -> list[tuple[int, float]]:
        at = bisect_right(times, time) - 1
        near = [around(at + step) for step in (-1, 0, 1, 2)]
        if near[1] is None or near[2] is None:
            return [(min(max(at, 0), count - 1), 1.0)]
        where = {
            id(point): (at + step) % count for point, step in zip(near, (-1, 0, 1, 2), strict=True)
        }
        shares = segment_shares(near, time, near[1].easing)
        return [(where[id(point)], share) for point, share in shares]

    end = math.nextafter(timeline.duration, 0.0)
    return [way(end * step / (SAMPLES - 1)) for step in range(SAMPLES)]


def _part(recipe: Recipe, lane: str) -> tuple[object, ...]:
    return tuple(getattr(recipe, field) for field in LANES[lane])


def _to_and_fro(parts: list[tuple[object, ...]]) -> list[float]:
    """0 and 1 by turns, another whenever the part is another: the height says only that it changes."""
    heights, height = [], 0.0
    for index, part in enumerate(parts):
        if index and part != parts[index - 1]:
            height = 1.0 - height
        heights.append(height)
    return heights


def _normal(values: list[float]) -> list[float]:
    low, high = min(values), max(values)
    return [0.5 if high == low else (value - low) / (high - low) for value in values]


def _noise(timeline: Timeline) -> list[float]:
    """A wave for noise that goes round, a saw for noise that is another each frame."""
    if timeline.noise == "fresh":
        return [float(step % 2) for step in range(SAMPLES)]
    turns = 2.0 * math.pi * timeline.noise_turns
    return [0.5 + 0.5 * math.sin(turns * step / (SAMPLES - 1)) for step in range(SAMPLES)]


def _marks(
    keyframes: Sequence[Keyframe], lane: str, classes: Sequence[str]
) -> list[tuple[float, str]]:
    found, before = [], ""
    for keyframe in keyframes:
        words = _lane_text(keyframe.recipe, lane, classes)
        if words != before:
            found.append((keyframe.time, words))
        before = words
    return found


def _lane_text(recipe: Recipe, lane: str, classes: Sequence[str]) -> str:
    match lane:
        case "latent":
            latent = recipe.latent
            return f"seed {latent.seed}" if latent.is_seed else "place"
        case "psi":
            return f"{recipe.psi:.2f}"
        case "noise":
            return recipe.noise.mode
        case "growth":
            return "full" if recipe.growth is None else f"{2**recipe.growth:.0f} px"
        case "classes":
            return _class_text(recipe.classes, classes)
        case _:
            return ""


def _class_text(mix: Classes, names: Sequence[str]) -> str:
    if not mix:
        return names[0] if names else "class 0"
    index = max(mix, key=lambda pair: pair[1])[0]
    name = names[index] if index < len(names) else f"class {index}"
    return name if len(mix) == 1 else f"{name} +{len(mix) - 1}"


_NUMBERS: dict[str, Callable[[Recipe], float]] = {
    "psi": lambda recipe: recipe.psi,
    "noise": lambda recipe: recipe.noise.strength,
}


# Where a moment of a film lies on the screen, and how the ruler counts: seconds, frames or beats.

Unit = Literal["seconds", "frames", "beats"]
UNITS: tuple[Unit, ...] = ("seconds", "frames", "beats")

LABEL_ROOM = 56.0
"""Device-independent pixels that a label of the ruler needs."""

SNAP = 6.0
"""Pixels within which a tick draws a dragged keyframe to itself."""

_SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600)
_POWERS = tuple(step * 10**power for power in range(7) for step in (1, 2, 5))
_BEATS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384, 65536)


@dataclass(frozen=True, slots=True)
class Counting:
    """How times are told.

    Attributes
    ----------
    unit
        Seconds, frames or beats.
    fps
        Frames a second.
    bpm
        Beats a minute.
    """

    unit: Unit = "seconds"
    fps: Fraction = Fraction(30)
    bpm: float = 120.0

    @property
    def seconds(self) -> float:
        """How long one unit takes."""
        return {"seconds": 1.0, "frames": float(1 / self.fps), "beats": 60.0 / self.bpm}[self.unit]

    def length(self, seconds: float) -> str:
        """A length in the unit, without its name: `"8"`, `"240"`, `"16"`."""
        return f"{seconds / self.seconds:.2f}".rstrip("0").rstrip(".")

    def read(self, text: str) -> float | None:
        """Seconds from a length as a person types it; None when it is none."""
        number = text.strip().lower().rstrip("abdefmnorst ").strip().replace(",", ".")
        try:
            units = float(number)
        except ValueError:
            return None
        return units * self.seconds if 0 < units < 1e9 else None

    def moment(self, seconds: float) -> str:
        """A moment in the unit: `"1.20"` s, frame `"36"`, beat `"3.5"` counted from 1."""
        if self.unit == "frames":
            return str(round(seconds * self.fps))
        if self.unit == "beats":
            return f"{1 + seconds / self.seconds:.2f}"
        return clock(seconds, 2)

    def steps(self) -> tuple[float, ...]:
        """Distances of labels worth having, in seconds."""
        ladder = {"seconds": _SECONDS, "frames": _POWERS, "beats": _BEATS}[self.unit]
        return tuple(step * self.seconds for step in ladder)

    def label(self, seconds: float) -> str:
        """What stands at a tick."""
        if self.unit == "seconds":
            return clock(seconds, 1 if round(seconds * 10) % 10 else 0)
        return str(round(seconds / self.seconds) + (1 if self.unit == "beats" else 0))


def clock(seconds: float, decimals: int) -> str:
    """Seconds, from a minute on as minutes: `"7.5"`, `"1:30"`."""
    if seconds < 60:
        return f"{seconds:.{decimals}f}"
    minutes, rest = divmod(round(seconds, decimals), 60)
    width = 2 if decimals == 0 else 3 + decimals
    return f"{int(minutes)}:{rest:0{width}.{decimals}f}"


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the ruler; without words it is a minor one."""

    time: float
    words: str = ""


@dataclass(frozen=True, slots=True)
class TimeScale:
    """The part of the film that is in view, and where.

    Attributes
    ----------
    left, width
        Of the film's band, in device-independent pixels.
    start, length
        The seconds in view.
    whole
        The film's length in seconds.
    """

    left: float = 0.0
    width: float = 100.0
    start: float = 0.0
    length: float = 4.0
    whole: float = 4.0

    def x(self, time: float) -> float:
        """Where a moment lies."""
        return self.left + (time - self.start) / self.length * self.width

    def time(self, x: float) -> float:
        """The moment at a place, within the film."""
        time = self.start + (x - self.left) / self.width * self.length
        return min(max(time, 0.0), self.whole)

    def zoomed(self, factor: float, x: float) -> TimeScale:
        """See `factor` times as much detail about a place; never more than the whole film."""
        about = self.time(x)
        length = min(self.whole, max(self.length / factor, 0.25, self.whole / 4096))
        share = (about - self.start) / self.length
        return replace(self, length=length)._at(about - share * length)

    def panned(self, seconds: float) -> TimeScale:
        """See an earlier or later part."""
        return self._at(self.start + seconds)

    def fitted(self, left: float, width: float, whole: float) -> TimeScale:
        """The same view in another place and of a film of another length; all of it, if it was all."""
        everything = self.length >= self.whole
        length = whole if everything else min(self.length, whole)
        moved = replace(self, left=left, width=max(1.0, width), whole=whole, length=length)
        return moved._at(self.start)

    def _at(self, start: float) -> TimeScale:
        return replace(self, start=min(max(0.0, start), max(0.0, self.whole - self.length)))

    def ticks(self, counting: Counting) -> list[Tick]:
        """The marks in view: labels far enough apart to be read, and marks between them."""
        per_pixel = self.length / self.width
        steps = counting.steps()
        major = next((step for step in steps if step >= LABEL_ROOM * per_pixel), steps[-1])
        parts = next((n for n in (5, 4, 2) if major / n >= 6 * per_pixel), 1)
        minor = major / parts
        first = int(self.start / minor)
        last = int((self.start + self.length) / minor + 1e-6)
        return [
            Tick(number * minor, counting.label(number * minor) if number % parts == 0 else "")
            for number in range(first, min(last, first + 2000) + 1)
        ]

    def snapped(self, time: float, counting: Counting) -> float:
        """The moment of a tick within a few pixels, else that of the nearest frame."""
        near = min(self.ticks(counting), key=lambda tick: abs(tick.time - time))
        if abs(self.x(near.time) - self.x(time)) <= SNAP:
            time = near.time
        return on_frame(time, counting.fps)


def on_frame(time: float, fps: Fraction) -> float:
    """The moment of the frame nearest to a time."""
    return float(round(time * fps) / fps)


# How the timeline is painted: ruler, keyframes with their pictures, easings, lanes, the playhead.

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
    "even": "changing by as much in every frame, as measured on small pictures",
    "linear": "at an even speed of the numbers",
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


# What lies where on the timeline, and what is said about it.

TIP = (
    "Drag to scrub; Ctrl+wheel zooms, Shift+wheel moves along. Click a lane's name, or right-click"
    " the lane, to choose how it moves."
)


@dataclass(frozen=True, slots=True)
class LaneHit:
    """A place on a lane.

    Attributes
    ----------
    lane
        Its name in the core.
    index
        The keyframe whose way to the next one lies there; -1 on the lane's name or beyond the film.
    """

    lane: str
    index: int


def keyframe_at(scene: Scene, point: QPointF) -> int:
    """The keyframe whose picture lies there, the uppermost; -1 for none."""
    if scene.timeline is None:
        return -1
    count = len(scene.timeline.keyframes)
    indices = sorted(range(count), key=lambda i: (i != scene.selected, -i))
    return next((i for i in indices if scene.picture_box(i).contains(point)), -1)


def easing_at(scene: Scene, point: QPointF) -> int:
    """The keyframe whose way to the next one is written there; -1 for none."""
    inside = TOP_EASINGS <= point.y() < TOP_EASINGS + EASING
    return segment_at(scene, point.x()) if inside else -1


def segment_at(scene: Scene, x: float) -> int:
    """The keyframe whose way to the next one lies at an x; -1 for none."""
    for index in range(0 if scene.timeline is None else len(scene.timeline.keyframes)):
        box = scene.segment(index)
        if box is not None and box.left() <= x < box.right():
            return index
    return -1


def lane_at(scene: Scene, point: QPointF) -> LaneHit | None:
    """The place on a lane, or on its name; None elsewhere."""
    row = int((point.y() - TOP_LANES) // LANE)
    if scene.timeline is None or not 0 <= row < len(scene.lanes):
        return None
    on_name = point.x() < GUTTER - MARGIN
    return LaneHit(scene.lanes[row].name, -1 if on_name else segment_at(scene, point.x()))


def on_lane_name(scene: Scene, point: QPointF) -> LaneHit | None:
    """The lane whose name stands there; None for none."""
    on_name = point.x() < GUTTER - MARGIN
    return lane_at(scene, point) if on_name else None


def tip_at(scene: Scene, point: QPointF) -> str:
    """What is said about a place."""
    line = scene.timeline
    index, easing, lane = keyframe_at(scene, point), easing_at(scene, point), lane_at(scene, point)
    if line is None:
        return TIP
    if index >= 0:
        time = scene.counting.moment(line.keyframes[index].time)
        return f"Keyframe {index + 1} at {time}: click to edit it, drag to move, Ctrl+drag to copy."
    if easing >= 0:
        kind = line.keyframes[easing].easing
        return f"{kind}: {EASING_TIPS[kind]}. Click to change it."
    return TIP if lane is None else lane_tip(scene, lane)


def lane_tip(scene: Scene, hit: LaneHit) -> str:
    """How a lane goes from keyframe to keyframe, and in which space."""
    assert scene.timeline is not None
    lane = next(own for own in scene.lanes if own.name == hit.lane)
    keyframes = scene.timeline.keyframes
    said = [lane.about]
    if hit.index >= 0:
        kind = keyframes[hit.index].easing_of(hit.lane)
        said.append(f"Here it goes on {EASING_TIPS[kind]} ({kind}); right-click to change it.")
    else:
        said.append("Click to choose how it goes from keyframe to keyframe.")
    return " ".join(part for part in said if part)


def described(scene: Scene) -> str:
    """The film in words, for those who do not see it."""
    line, index = scene.timeline, scene.selected
    if line is None:
        return EMPTY
    count = len(line.keyframes)
    if 0 <= index < count:
        time = scene.counting.moment(line.keyframes[index].time)
        return f"keyframe {index + 1} of {count} selected, at {time}"
    return f"{count} keyframe{'s' if count != 1 else ''}"


# What the keyboard asks of the timeline.

KeyRequest = tuple[Literal["scrub", "select", "delete"], float]
"""What to do, and the moment or the keyframe to do it with."""

_STEPS: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_End: 10**7}
_WAYS: dict[int, int] = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}


def request_of(scene: Scene, key: int, *, far: bool) -> KeyRequest | None:
    """Walk by frames (ten with `far`) and keyframes, or delete; None for a key that asks nothing."""
    line = scene.timeline
    if line is None:
        return None
    if key == Qt.Key.Key_Home:
        return "scrub", 0.0
    if key in _STEPS:
        fps = scene.counting.fps
        frame = round(scene.place * fps) + _STEPS[key] * (10 if far else 1)
        return "scrub", float(min(max(0, frame), line.frame_count - 1) / fps)
    if key in _WAYS:
        way = _WAYS[key]
        now = scene.selected if scene.selected >= 0 else -1 if way > 0 else 0
        return "select", (now + way) % len(line.keyframes)
    if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and scene.selected >= 0:
        return "delete", scene.selected
    return None


WHEEL_ZOOM = 1.25


class TimelineView(QWidget):
    """Shows a film; tells what a person wants and changes nothing by itself.

    Signals
    -------
    scrubbed(float)
        The playhead should be at this moment.
    selected(int)
        This keyframe was clicked; -1: none any more.
    move_started(), moved(int, float), move_finished()
        A keyframe, by its index when the move began, is dragged to this moment.
    copied(int, float)
        A copy of a keyframe should stand at this moment.
    deleted(int)
        A keyframe should go.
    menu_asked(int, QPoint), easing_asked(int, QPoint)
        A menu for a keyframe, or for how it goes on, at this place of the screen.
    lane_asked(str, int, QPoint)
        A menu for a lane, on its way from this keyframe, -1 for all of it.
    dropped(object, float)
        A seed (int) or a picture (Path) was dropped at this moment.
    """

    scrubbed = Signal(float)
    selected = Signal(int)
    move_started = Signal()
    moved = Signal(int, float)
    move_finished = Signal()
    copied = Signal(int, float)
    deleted = Signal(int)
    menu_asked = Signal(int, QPoint)
    easing_asked = Signal(int, QPoint)
    lane_asked = Signal(str, int, QPoint)
    dropped = Signal(object, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene = Scene()
        self._hand = ""
        self._held = -1
        self._grip = 0.0
        self._pressed_at = QPointF()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setAccessibleName("Keyframes")
        set_tip(self, TIP)

    # --- what is shown ---------------------------------------------------------------------------

    def show_film(
        self, timeline: Timeline | None, selected: int, counting: Counting,
        classes: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Show a film, None for an empty one, with a keyframe selected, -1 for none."""
        scene = self.scene
        if timeline != scene.timeline:
            scene.lanes = [] if timeline is None else lanes_of(timeline, classes)
            scene.pictures = [None] * (0 if timeline is None else len(timeline.keyframes))
        scene.timeline, scene.selected, scene.counting = timeline, selected, counting
        self._lay_out()
        self.setMinimumHeight(round(scene.height()))
        self.setAccessibleDescription(described(scene))
        self.update()

    def show_picture(self, index: int, picture: Picture | None) -> None:
        """Show a keyframe's small picture."""
        if index < len(self.scene.pictures):
            self.scene.pictures[index] = None if picture is None else to_image(picture)
            self.update()

    def picture(self, index: int) -> QImage | None:
        """The small picture that is shown for a keyframe."""
        return self.scene.pictures[index]

    def show_place(self, seconds: float) -> None:
        """Put the playhead at a moment."""
        self.scene.place = seconds
        self.update()

    def _lay_out(self) -> None:
        whole = 1.0 if self.scene.timeline is None else self.scene.timeline.duration
        right = PICTURE / 2 + MARGIN
        left = GUTTER + PICTURE / 2 - MARGIN
        self.scene.scale = self.scene.scale.fitted(left, self.width() - left - right, whole)

    def sizeHint(self) -> QSize:
        """As high as its lanes need."""
        return QSize(400, round(self.scene.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the same part in view."""
        super().resizeEvent(event)
        self._lay_out()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint all of it."""
        with QPainter(self) as painter:
            self.scene.focused = self.hasFocus()
            paint(painter, self.scene, QRectF(self.rect()))

    # --- what lies where -------------------------------------------------------------------------

    def keyframe_at(self, point: QPointF) -> int:
        """The keyframe whose picture lies there, the uppermost; -1 for none."""
        return keyframe_at(self.scene, point)

    @property
    def scale(self) -> TimeScale:
        """Which part is in view."""
        return self.scene.scale

    # --- the hand --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of a keyframe or of the playhead, or ask how a keyframe goes on."""
        if event.button() != Qt.MouseButton.LeftButton or self.scene.timeline is None:
            return
        point = event.position()
        self._pressed_at = point
        self._held = self.keyframe_at(point)
        easing = easing_at(self.scene, point)
        lane = on_lane_name(self.scene, point)
        if self._held >= 0:
            self._hand = "press"
            time = self.scene.timeline.keyframes[self._held].time
            self._grip = point.x() - self.scale.x(time)
            self.selected.emit(self._held)
        elif easing >= 0:
            self.easing_asked.emit(easing, event.globalPosition().toPoint())
        elif lane is not None:
            self.lane_asked.emit(lane.lane, lane.index, event.globalPosition().toPoint())
        else:
            self._hand = "scrub"
            self._scrub(point)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what is held; a copy stays behind with Ctrl."""
        point = event.position()
        if self._hand == "scrub":
            self._scrub(point)
        elif self._hand == "press" and self._is_far(point):
            self._take_along(bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        if self._hand == "move":
            self.moved.emit(self._held, self._moment(point))
        elif not self._hand:
            self._hover(self.keyframe_at(point))
            self._point_at_names(point)

    def _is_far(self, point: QPointF) -> bool:
        return (point - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()

    def _take_along(self, copies: bool) -> None:
        self._hand = "copy" if copies else "move"
        self.setCursor(Qt.CursorShape.DragCopyCursor if copies else Qt.CursorShape.SizeHorCursor)
        if not copies:
            self.move_started.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        hand, self._hand = self._hand, ""
        self.unsetCursor()
        if hand == "move":
            self.move_finished.emit()
        elif hand == "copy":
            self.copied.emit(self._held, self._moment(event.position()))

    def _moment(self, point: QPointF) -> float:
        time = self.scale.time(point.x() - self._grip)
        return self.scale.snapped(time, self.scene.counting)

    def _scrub(self, point: QPointF) -> None:
        fps = self.scene.counting.fps
        self.scrubbed.emit(on_frame(self.scale.time(point.x()), fps))

    def _hover(self, index: int) -> None:
        if index != self.scene.hovered:
            self.scene.hovered = index
            self.update()

    def _point_at_names(self, point: QPointF) -> None:
        """A hand where a click opens a menu."""
        opens = on_lane_name(self.scene, point) is not None
        if opens or easing_at(self.scene, point) >= 0:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.unsetCursor()

    def leaveEvent(self, _event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self._hover(-1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """See more detail with Ctrl, an earlier or later part with Shift or sideways."""
        turned, keys = event.angleDelta(), event.modifiers()
        if keys & Qt.KeyboardModifier.ControlModifier:
            factor = WHEEL_ZOOM ** (turned.y() / 120)
            self._look(self.scale.zoomed(factor, event.position().x()))
        elif keys & Qt.KeyboardModifier.ShiftModifier or turned.x():
            steps = (turned.x() or turned.y()) / 120
            self._look(self.scale.panned(-steps * self.scale.length / 8))
        else:
            event.ignore()
            return
        event.accept()

    def _look(self, scale: TimeScale) -> None:
        self.scene.scale = scale
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of what lies there, or of what is selected."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index, easing, lane = self.scene.selected, -1, None
        else:
            point = QPointF(event.pos())
            index, easing = self.keyframe_at(point), easing_at(self.scene, point)
            lane = lane_at(self.scene, point)
        if index >= 0:
            self.selected.emit(index)
            self.menu_asked.emit(index, event.globalPos())
        elif easing >= 0:
            self.easing_asked.emit(easing, event.globalPos())
        elif lane is not None:
            self.lane_asked.emit(lane.lane, lane.index, event.globalPos())

    def event(self, event: QEvent) -> bool:
        """Say what is under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = tip_at(self.scene, QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), plain_tip(words), self)
            return True
        return super().event(event)

    # --- drops -----------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome seeds and pictures."""
        if dropped_in(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell what was dropped at which moment."""
        found: int | Path | None = dropped_in(event.mimeData())
        if found is not None:
            event.acceptProposedAction()
            time = self.scale.snapped(self.scale.time(event.position().x()), self.scene.counting)
            self.dropped.emit(found, time)

    # --- the keyboard ----------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk by frames and keyframes, select, delete."""
        far = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        wish = request_of(self.scene, event.key(), far=far)
        if wish is not None:
            what, value = wish
            if what == "scrub":
                self.scrubbed.emit(value)
            else:
                (self.selected if what == "select" else self.deleted).emit(int(value))
        elif event.key() not in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            super().keyPressEvent(event)
