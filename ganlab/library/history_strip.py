"""The history as a film strip that branches: its pictures, and a click that goes to any step of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QFrame,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import Picture, to_image
from ganlab.engine import RenderWorker
from ganlab.recipe_widget import section_title
from ganlab.session import History, Session, Step
from ganlab.style import COLOUR, FOCUS, RADIUS, plain_tip
from ganlab_core.recipe import Recipe, fit

SIDE = 56
ACROSS = SIDE + 16
DOWN = SIDE + 28
PICTURES_KEPT = 512


@dataclass(frozen=True, slots=True)
class Shot:
    """One step as it is shown.

    Attributes
    ----------
    number
        The step's number.
    label
        What was done.
    column, row
        How many steps from the beginning, and on which branch.
    parent
        The number of the step before; None for the first.
    """

    number: int
    label: str
    column: int
    row: int
    parent: int | None


class HistoryView(QWidget):
    """The tree, oldest at the left, each branch on a line of its own.

    `chosen` tells the number of the step to go to, `compared` of one to compare the desk with,
    `labelled` of one that is liked, or not, for a slider to be made.
    """

    chosen = Signal(int)
    compared = Signal(int)
    labelled = Signal(int, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shots: dict[int, Shot] = {}
        self._now = -1
        self.room = 0
        self._pictures: OrderedDict[int, QImage] = OrderedDict()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("History")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setProperty("plain", "true")
        style.set_tip(
            self, "Click a picture to go to that step; what comes after it stays, as a branch."
        )

    def show_shots(self, shots: Sequence[Shot], now: int) -> None:
        """Show these steps, with the one on the desk."""
        self._shots = {shot.number: shot for shot in shots}
        self._now = now
        for number in [known for known in self._pictures if known not in self._shots]:
            del self._pictures[number]
        self.setFixedSize(self.sizeHint())
        shot = self._shots.get(now)
        self.setAccessibleDescription(
            f"{shot.label or 'the beginning'}, step {shot.column}" if shot else "empty"
        )
        self.update()

    def show_picture(self, number: int, picture: Picture) -> None:
        """Show what a step looked like."""
        self._pictures[number] = to_image(picture)
        self._pictures.move_to_end(number)
        while len(self._pictures) > PICTURES_KEPT:
            self._pictures.popitem(last=False)
        self.update()

    def forget_picture(self, number: int) -> None:
        """Another picture of this step will come."""
        self._pictures.pop(number, None)

    def forget_pictures(self) -> None:
        """Another model shows other pictures."""
        self._pictures.clear()
        self.update()

    def has_picture(self, number: int) -> bool:
        """Whether a step's picture is there."""
        return number in self._pictures

    def box(self, number: int) -> QRectF:
        """Where a step's picture lies."""
        shot = self._shots[number]
        return QRectF(8 + shot.column * ACROSS, 4 + shot.row * DOWN, SIDE, SIDE)

    @property
    def shots(self) -> list[Shot]:
        """What is shown."""
        return list(self._shots.values())

    def sizeHint(self) -> QSize:
        """The whole tree, and below it what lets every line be scrolled to the top of the `room`."""
        columns = 1 + max((shot.column for shot in self._shots.values()), default=0)
        rows = 1 + max((shot.row for shot in self._shots.values()), default=0)
        below = self.room % DOWN if rows > self.room // DOWN > 0 else 8
        return QSize(16 + columns * ACROSS, rows * DOWN + below)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the lines between the steps, then those in view."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setFont(style.font("small"))
            seen = QRectF(event.rect()).adjusted(-ACROSS, -DOWN, ACROSS, DOWN)
            painter.setPen(QPen(QColor(COLOUR.LINE), 2))
            for shot in self._shots.values():
                if shot.parent in self._shots and seen.intersects(self.box(shot.number)):
                    painter.drawPath(self._way(self.box(shot.parent), self.box(shot.number)))
            for shot in self._shots.values():
                box = self.box(shot.number)
                if seen.intersects(box):
                    self._paint_shot(painter, shot, box)

    def _way(self, before: QRectF, after: QRectF) -> QPainterPath:
        start = QPointF(before.right(), before.center().y())
        end = QPointF(after.left(), after.center().y())
        way = QPainterPath(start)
        middle = (end.x() - 8) if end.y() != start.y() else start.x()
        way.cubicTo(QPointF(middle, start.y()), QPointF(start.x() + 4, end.y()), end)
        return way

    def _paint_shot(self, painter: QPainter, shot: Shot, box: QRectF) -> None:
        now = shot.number == self._now
        edge = FOCUS if now and self.hasFocus() else COLOUR.STYLE if now else COLOUR.LINE
        painter.setPen(QPen(QColor(edge), 2 if now else 1))
        painter.setBrush(QColor(COLOUR.STRIP))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        picture = self._pictures.get(shot.number)
        if picture is not None:
            painter.drawImage(box.adjusted(2, 2, -2, -2), picture)
        line = QRectF(box.left() - 6, box.bottom() + 2, SIDE + 12, 16)
        words = painter.fontMetrics().elidedText(
            shot.label or "beginning", Qt.TextElideMode.ElideRight, SIDE + 12
        )
        painter.setPen(QColor(COLOUR.TEXT if now else COLOUR.MUTED))
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, words)

    def event(self, event: QEvent) -> bool:
        """Tell the whole label of the step under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            number = self._at(QPointF(event.pos()))
            if number is not None:
                QToolTip.showText(
                    event.globalPos(), plain_tip(self._shots[number].label or "beginning")
                )
                return True
        return super().event(event)

    def _at(self, point: QPointF) -> int | None:
        return next((n for n in self._shots if self.box(n).contains(point)), None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the step under the pointer."""
        number = self._at(event.position())
        if number is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(number)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with the step under the pointer, or with the one on the desk."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        number = self._now if by_key else self._at(QPointF(event.pos()))
        if number is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Go there", lambda: self.chosen.emit(number))
        menu.addAction("Compare with the desk", lambda: self.compared.emit(number))
        menu.addSeparator()
        menu.addAction("Like, for a slider", lambda: self.labelled.emit(number, True))
        menu.addAction("Not, for a slider", lambda: self.labelled.emit(number, False))
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk along a branch with Left and Right, between branches with Up and Down."""
        steps = {
            Qt.Key.Key_Left.value: (-1, 0),
            Qt.Key.Key_Right.value: (1, 0),
            Qt.Key.Key_Up.value: (0, -1),
            Qt.Key.Key_Down.value: (0, 1),
        }
        if event.key() not in steps or self._now not in self._shots:
            event.ignore()
            return
        across, down = steps[event.key()]
        target = self._neighbour(self._shots[self._now], across, down)
        if target is not None:
            self.chosen.emit(target)

    def _neighbour(self, here: Shot, across: int, down: int) -> int | None:
        """The parent, a child on the same line first, or the nearest step of the next line."""
        if across < 0:
            return here.parent
        if across > 0:
            after = [shot for shot in self._shots.values() if shot.parent == here.number]
            after.sort(key=lambda shot: abs(shot.row - here.row))
            return after[0].number if after else None
        line = [shot for shot in self._shots.values() if (shot.row - here.row) * down > 0]
        line.sort(key=lambda shot: (abs(shot.row - here.row), abs(shot.column - here.column)))
        return line[0].number if line else None


class HistoryPanel(QFrame):
    """The film strip in a place to scroll; `shown` tells that it came into view or went."""

    shown = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("History panel")
        self.view = HistoryView()
        self._scroll = QScrollArea()
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 4, 12, 4)
        column.setSpacing(4)
        column.addWidget(
            section_title("HISTORY", "Every step, also those on branches that were left.")
        )
        column.addWidget(self._scroll, 1)
        self.setMinimumHeight(120)

    def show_shots(self, shots: Sequence[Shot], now: int) -> None:
        """Show these steps, with the one on the desk in view."""
        self.view.room = self._scroll.viewport().height()
        self.view.show_shots(shots, now)
        shot = next((shot for shot in shots if shot.number == now), None)
        if shot is not None:
            centre = self.view.box(now).center().toPoint()
            self._scroll.ensureVisible(centre.x(), centre.y(), ACROSS, SIDE)
            lines = max(1, self._scroll.viewport().height() // DOWN)
            self._scroll.verticalScrollBar().setValue(max(0, shot.row - lines + 1) * DOWN)

    def sizeHint(self) -> QSize:
        """One line of pictures."""
        return QSize(480, 120)

    def showEvent(self, event: object) -> None:
        """Tell that there is something to fill in for."""
        self.shown.emit(True)

    def hideEvent(self, event: object) -> None:
        """Tell that nobody looks."""
        self.shown.emit(False)


OWNER = "history"
SETTLE_MS = 120
MOST_ASKED = 48


class HistoryThumbnails(QObject):
    """Lets the panel show the session's history while it is in view.

    Parameters
    ----------
    session, worker, panel
        Whose history it is, who draws its pictures, and where they are seen.
    """

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        panel: HistoryPanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._panel = panel
        self._drawn: dict[int, Recipe] = {}
        self._asked: dict[Recipe, list[int]] = {}
        self._settle = QTimer(panel, singleShot=True, interval=SETTLE_MS)  # ends with what it shows
        self._settle.timeout.connect(self.refresh)
        panel.shown.connect(self._on_shown)
        panel.view.chosen.connect(self._on_chosen)
        worker.thumbnail_rendered.connect(self._on_thumbnail)
        session.history_changed.connect(self._on_history_changed)
        session.model_changed.connect(self._on_model_changed)

    def refresh(self) -> None:
        """Show the history as it is now, and ask for the pictures that are missing, newest first."""
        if not self._panel.isVisible():
            return
        history = self._session.history
        self._panel.show_shots(shots_of(history), history.now.number)
        can = self._session.capabilities
        if can is None:
            return
        self._asked = {}
        missing = [step for step in history.steps() if self._is_missing(step)]
        for step in missing[::-1][:MOST_ASKED]:
            self._asked.setdefault(fit(step.recipe, can), []).append(step.number)
            self._drawn[step.number] = step.recipe
        self._worker.request_thumbnails(OWNER, list(self._asked))

    def _is_missing(self, step: Step) -> bool:
        """Whether a step has no picture, or one of where its walk was before."""
        known = self._panel.view.has_picture(step.number)
        return not known or self._drawn.get(step.number) != step.recipe

    def _on_thumbnail(self, owner: str, recipe: Recipe, pixels: NDArray[np.uint8]) -> None:
        if owner == OWNER:
            for number in self._asked.pop(recipe, ()):
                self._panel.view.show_picture(number, pixels)
            if not self._asked:
                self._on_history_changed()

    def _on_chosen(self, number: int) -> None:
        self._session.go_to(number)
        self.refresh()

    def _on_history_changed(self) -> None:
        if self._panel.isVisible() and not self._settle.isActive():
            self._settle.start()

    def _on_shown(self, shown: bool) -> None:
        if shown:
            self._settle.start()
        else:
            self._asked = {}
            self._worker.request_thumbnails(OWNER, ())

    def _on_model_changed(self) -> None:
        self._panel.view.forget_pictures()
        self._drawn.clear()
        self._settle.start()


def shots_of(history: History) -> list[Shot]:
    """Where each step stands: a first child on its parent's line, the others each on a new one."""
    shots: dict[int, Shot] = {}
    rows = 0
    for step in history.steps():
        parent = step.parent
        before = None if parent is None else shots.get(parent.number)
        if parent is None or before is None:
            column, row = 0, 0
        else:
            first = parent.children[0] is step
            rows += not first
            column, row = before.column + 1, before.row if first else rows
        number = None if parent is None else parent.number
        shots[step.number] = Shot(step.number, step.label, column, row, number)
    return list(shots.values())
