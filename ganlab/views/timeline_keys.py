"""What the keyboard asks of the timeline."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt

from ganlab.views.timeline_paint import Scene

Wish = tuple[Literal["scrub", "select", "delete"], float]
"""What to do, and the moment or the keyframe to do it with."""

_STEPS: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_End: 10**7}
_WAYS: dict[int, int] = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}


def wish_of(scene: Scene, key: int, *, far: bool) -> Wish | None:
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
