"""The timeline: a ruler, keyframes to take hold of, and lanes of what moves; plain data in, signals out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from ganlab.controls.thumbnail import Picture, dropped_in, to_image
from ganlab.style import set_tip
from ganlab.views import timeline_paint as shape
from ganlab.views.film_lanes import lanes_of
from ganlab.views.time_scale import Counting, TimeScale, on_frame
from ganlab_core.timeline import Timeline

WHEEL_ZOOM = 1.25
TIP = "Drag to scrub; Ctrl+wheel zooms, Shift+wheel moves along."


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
    dropped = Signal(object, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene = shape.Scene()
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
        self._describe()
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
        right = shape.PICTURE / 2 + shape.MARGIN
        left = shape.GUTTER + shape.PICTURE / 2 - shape.MARGIN
        self.scene.scale = self.scene.scale.fitted(left, self.width() - left - right, whole)

    def _describe(self) -> None:
        line, index = self.scene.timeline, self.scene.selected
        if line is None:
            self.setAccessibleDescription(shape.EMPTY)
            return
        count = len(line.keyframes)
        said = f"{count} keyframe{'s' if count != 1 else ''}"
        if 0 <= index < count:
            time = self.scene.counting.moment(line.keyframes[index].time)
            said = f"keyframe {index + 1} of {count} selected, at {time}"
        self.setAccessibleDescription(said)

    def sizeHint(self) -> QSize:
        """As high as its lanes need."""
        return QSize(400, round(self.scene.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the same part in view."""
        super().resizeEvent(event)
        self._lay_out()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint all of it."""
        painter = QPainter(self)
        self.scene.focused = self.hasFocus()
        shape.paint(painter, self.scene, QRectF(self.rect()))
        painter.end()

    # --- what lies where -------------------------------------------------------------------------

    def keyframe_at(self, point: QPointF) -> int:
        """The keyframe whose picture lies there, the uppermost; -1 for none."""
        line = self.scene.timeline
        if line is None:
            return -1
        indices = sorted(range(len(line.keyframes)), key=lambda i: (i != self.scene.selected, -i))
        return next((i for i in indices if self.scene.picture_box(i).contains(point)), -1)

    def easing_at(self, point: QPointF) -> int:
        """The keyframe whose way to the next one lies there; -1 for none."""
        line = self.scene.timeline
        for index in range(0 if line is None else len(line.keyframes)):
            box = self.scene.segment(index)
            if box is not None and box.contains(point):
                return index
        return -1

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
        easing = self.easing_at(point)
        if self._held >= 0:
            self._hand = "press"
            time = self.scene.timeline.keyframes[self._held].time
            self._grip = point.x() - self.scale.x(time)
            self.selected.emit(self._held)
        elif easing >= 0:
            self.easing_asked.emit(easing, event.globalPosition().toPoint())
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
            index, easing = self.scene.selected, -1
        else:
            point = QPointF(event.pos())
            index, easing = self.keyframe_at(point), self.easing_at(point)
        if index >= 0:
            self.selected.emit(index)
            self.menu_asked.emit(index, event.globalPos())
        elif easing >= 0:
            self.easing_asked.emit(easing, event.globalPos())

    def event(self, event: QEvent) -> bool:
        """Say what is under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self._tip_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def _tip_at(self, point: QPointF) -> str:
        line = self.scene.timeline
        index, easing = self.keyframe_at(point), self.easing_at(point)
        if line is not None and index >= 0:
            time = self.scene.counting.moment(line.keyframes[index].time)
            return f"Keyframe {index + 1} at {time}: click to edit it, drag to move, Ctrl+drag to copy."
        if line is not None and easing >= 0:
            kind = line.keyframes[easing].easing
            return f"{kind}: {shape.EASING_TIPS[kind]}. Click to change it."
        return TIP

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
        act = None if self.scene.timeline is None else self._keys().get(event.key())
        if act is None:
            super().keyPressEvent(event)
            return
        frames = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        act(frames)

    def _keys(self) -> dict[int, Callable[[int], None]]:
        return {
            Qt.Key.Key_Left: lambda frames: self._step(-frames),
            Qt.Key.Key_Right: self._step,
            Qt.Key.Key_Home: lambda _: self.scrubbed.emit(0.0),
            Qt.Key.Key_End: lambda _: self._step(10**7),
            Qt.Key.Key_PageUp: lambda _: self._select_next(-1),
            Qt.Key.Key_PageDown: lambda _: self._select_next(1),
            Qt.Key.Key_Delete: lambda _: self._delete(),
            Qt.Key.Key_Backspace: lambda _: self._delete(),
        }

    def _step(self, frames: int) -> None:
        line, fps = self.scene.timeline, self.scene.counting.fps
        assert line is not None
        frame = min(max(0, round(self.scene.place * fps) + frames), line.frame_count - 1)
        self.scrubbed.emit(float(frame / fps))

    def _select_next(self, way: int) -> None:
        line = self.scene.timeline
        assert line is not None
        now = self.scene.selected if self.scene.selected >= 0 else -1 if way > 0 else 0
        self.selected.emit((now + way) % len(line.keyframes))

    def _delete(self) -> None:
        if self.scene.selected >= 0:
            self.deleted.emit(self.scene.selected)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the ring."""
        super().focusOutEvent(event)
        self.update()
