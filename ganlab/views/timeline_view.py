"""The timeline: a ruler, keyframes to take hold of, and lanes of what moves; plain data in, signals out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
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
from ganlab.style import plain_tip, set_tip
from ganlab.views import timeline_hits as hits
from ganlab.views import timeline_paint as shape
from ganlab.views.film_lanes import lanes_of
from ganlab.views.time_scale import Counting, TimeScale, on_frame
from ganlab.views.timeline_keys import wish_of
from ganlab_core.timeline import Timeline

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
        set_tip(self, hits.TIP)

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
        self.setAccessibleDescription(hits.described(scene))
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
            shape.paint(painter, self.scene, QRectF(self.rect()))

    # --- what lies where -------------------------------------------------------------------------

    def keyframe_at(self, point: QPointF) -> int:
        """The keyframe whose picture lies there, the uppermost; -1 for none."""
        return hits.keyframe_at(self.scene, point)

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
        easing = hits.easing_at(self.scene, point)
        lane = hits.on_lane_name(self.scene, point)
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
        opens = hits.on_lane_name(self.scene, point) is not None
        if opens or hits.easing_at(self.scene, point) >= 0:
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
            index, easing = self.keyframe_at(point), hits.easing_at(self.scene, point)
            lane = hits.lane_at(self.scene, point)
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
            words = hits.tip_at(self.scene, QPointF(event.pos()))
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
        wish = wish_of(self.scene, event.key(), far=far)
        if wish is not None:
            what, value = wish
            if what == "scrub":
                self.scrubbed.emit(value)
            else:
                (self.selected if what == "select" else self.deleted).emit(int(value))
        elif event.key() not in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            super().keyPressEvent(event)
