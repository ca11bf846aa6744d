"""What lies where on the timeline, and what is said about it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF

from ganlab.views import timeline_paint as shape
from ganlab.views.timeline_paint import Scene

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
    inside = shape.TOP_EASINGS <= point.y() < shape.TOP_EASINGS + shape.EASING
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
    row = int((point.y() - shape.TOP_LANES) // shape.LANE)
    if scene.timeline is None or not 0 <= row < len(scene.lanes):
        return None
    on_name = point.x() < shape.GUTTER - shape.MARGIN
    return LaneHit(scene.lanes[row].name, -1 if on_name else segment_at(scene, point.x()))


def on_lane_name(scene: Scene, point: QPointF) -> LaneHit | None:
    """The lane whose name stands there; None for none."""
    on_name = point.x() < shape.GUTTER - shape.MARGIN
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
        return f"{kind}: {shape.EASING_TIPS[kind]}. Click to change it."
    return TIP if lane is None else lane_tip(scene, lane)


def lane_tip(scene: Scene, hit: LaneHit) -> str:
    """How a lane goes from keyframe to keyframe, and in which space."""
    assert scene.timeline is not None
    lane = next(own for own in scene.lanes if own.name == hit.lane)
    keyframes = scene.timeline.keyframes
    said = [lane.about]
    if hit.index >= 0:
        kind = keyframes[hit.index].easing_of(hit.lane)
        said.append(
            f"Here it goes on {shape.EASING_TIPS[kind]} ({kind}); right-click to change it."
        )
    else:
        said.append("Click to choose how it goes from keyframe to keyframe.")
    return " ".join(part for part in said if part)


def described(scene: Scene) -> str:
    """The film in words, for those who do not see it."""
    line, index = scene.timeline, scene.selected
    if line is None:
        return shape.EMPTY
    count = len(line.keyframes)
    if 0 <= index < count:
        time = scene.counting.moment(line.keyframes[index].time)
        return f"keyframe {index + 1} of {count} selected, at {time}"
    return f"{count} keyframe{'s' if count != 1 else ''}"
