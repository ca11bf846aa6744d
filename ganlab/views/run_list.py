"""Runs as pictures: each with its newest samples, its name, and what it does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ganlab import style
from ganlab.model_cards import architecture_name
from ganlab.run_cards import RunCard
from ganlab.style import COLOUR, RADIUS, STEP
from ganlab.views.run_words import GAP, thousands
from ganlab_core.plain_text import plain_text
from ganlab_core.training.runs import RunFacts, ago

Index = QModelIndex | QPersistentModelIndex

LEAST_WIDTH = 56 * STEP
"""Of a card; all of a row share what is left."""

PAD = 2 * STEP
GAP_BETWEEN = STEP
BAR = STEP
LONGEST_NAME = 200


class RunList(QListView):
    """A grid of runs; the arrows walk, Enter or a double click opens, Delete takes away.

    Signals
    -------
    chosen(RunFacts or None), opened(RunFacts), deleted(RunFacts)
        The run at hand is another, or says something else; it is to be opened, or to go.
    """

    chosen = Signal(object)
    opened = Signal(object)
    deleted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards = _Cards(self)
        self.setModel(self._cards)
        self._painter = _CardPainter(self)
        self.setItemDelegate(self._painter)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Training runs")
        style.set_tip(self, "Arrows walk, Enter opens, Delete removes.")
        self.selectionModel().currentChanged.connect(self._on_current)
        self.doubleClicked.connect(self._on_opened)

    @property
    def cards(self) -> tuple[RunCard, ...]:
        """What is shown, in its order."""
        return tuple(self._cards.cards)

    @property
    def current(self) -> RunFacts | None:
        """The run at hand; None when there is none."""
        row = self.currentIndex().row()
        return self._cards.cards[row].facts if 0 <= row < len(self._cards.cards) else None

    def show_cards(self, cards: Sequence[RunCard]) -> None:
        """Show these runs; the one at hand and the place scrolled to stay."""
        before, at = self.current, self.verticalScrollBar().value()
        self._cards.replace(cards)
        if before is not None and (self.current is None or self.current.folder != before.folder):
            self.choose(before.folder)
        if self.current is None and cards:
            self.setCurrentIndex(self._cards.index(0))
        self.verticalScrollBar().setValue(at)
        if self.current != before:
            self.chosen.emit(self.current)

    def choose(self, folder: Path) -> None:
        """Take the run in this folder in hand, where it is listed."""
        for row, card in enumerate(self._cards.cards):
            if card.facts.folder == folder:
                self.setCurrentIndex(self._cards.index(row))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width among as many cards as fit; the scroll bar's place is always left free."""
        super().resizeEvent(event)
        room = self.contentsRect().width() - self.verticalScrollBar().sizeHint().width() - 2 * STEP
        width = room // max(1, room // LEAST_WIDTH)
        if width != self._painter.width:
            self._painter.width = width
            self.doItemsLayout()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the run at hand, Delete asks to remove it."""
        facts = self.current
        if facts is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(facts)
        elif facts is not None and event.key() == Qt.Key.Key_Delete:
            self.deleted.emit(facts)
        else:
            super().keyPressEvent(event)

    def _on_current(self) -> None:
        self.chosen.emit(self.current)

    def _on_opened(self) -> None:
        if self.current is not None:
            self.opened.emit(self.current)


class _Cards(QAbstractListModel):
    """The cards as Qt wants them; screen readers hear everything that is painted."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.cards: list[RunCard] = []

    def replace(self, cards: Sequence[RunCard]) -> None:
        """Take other cards; rows that stay are not taken down."""
        wanted = {card.facts.folder for card in cards}
        for row in reversed(range(len(self.cards))):
            if self.cards[row].facts.folder not in wanted:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self.cards[row]
                self.endRemoveRows()
        for row, card in enumerate(cards):
            at = self._row_of(card.facts.folder, row)
            if at < 0:
                self.beginInsertRows(QModelIndex(), row, row)
                self.cards.insert(row, card)
                self.endInsertRows()
            elif at > row:
                self.beginMoveRows(QModelIndex(), at, at, QModelIndex(), row)
                self.cards.insert(row, self.cards.pop(at))
                self.endMoveRows()
        self.cards = list(cards)
        if self.cards:
            self.dataChanged.emit(self.index(0), self.index(len(self.cards) - 1))

    def _row_of(self, folder: Path, first: int) -> int:
        """The row of a run from `first` on; -1 for none."""
        rows = range(first, len(self.cards))
        return next((row for row in rows if self.cards[row].facts.folder == folder), -1)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.cards)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self.cards):
            return None
        facts = self.cards[index.row()].facts
        if role == Qt.ItemDataRole.DisplayRole:
            return name_words(facts)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (name_words(facts), *lines(facts))))
        return None


class _CardPainter(QStyledItemDelegate):
    """Paints the samples, a bar of how far it is, the name, and three lines."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.width = LEAST_WIDTH

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        text = _height("body", bold=True) + 3 * _height("small")
        face = (self.width - 2 * PAD - GAP_BETWEEN) // 2
        return QSize(self.width, face + BAR + 3 * STEP + text + PAD + GAP_BETWEEN)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, _Cards)
        card = model.cards[index.row()]
        state: QStyle.StateFlag = option.state
        half = GAP_BETWEEN / 2
        box = QRectF(option.rect).adjusted(half, half, -half, -half)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLOUR.LINE if chosen else style.HOVER))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        wide = box.width() - 2 * PAD
        face = QRectF(box.x() + PAD, box.y() + PAD, wide, wide // 2)
        _paint_face(painter, face, card.face)
        bar = QRectF(face.x(), face.bottom() + STEP, face.width(), BAR)
        _paint_bar(painter, bar, card.facts)
        _paint_words(painter, box.adjusted(PAD, bar.bottom() - box.y(), -PAD, 0), card.facts)
        painter.restore()


def name_words(facts: RunFacts) -> str:
    """A run's name as it may be shown."""
    return plain_text(facts.name, LONGEST_NAME)


def lines(facts: RunFacts) -> tuple[str, str, str]:
    """What is said of a run below its name: what it does, how far it is, what it is."""
    age = ago(time.time() - facts.changed) if facts.changed else ""
    state = facts.state[:1].upper() + facts.state[1:]
    first = GAP.join(filter(None, (state, age)))
    if facts.state == "unreadable":
        return first, plain_text(facts.message, LONGEST_NAME), ""
    reached = facts.reached if facts.is_alive or facts.reached < facts.resolution else 0
    side = f"{reached} of {facts.resolution} px" if reached else f"{facts.resolution} px"
    what = (architecture_name(facts.architecture), side, facts.data)
    return (
        first,
        f"{thousands(facts.images)} of {thousands(facts.images_total)} images",
        plain_text(GAP.join(filter(None, what)), LONGEST_NAME),
    )


def _paint_face(painter: QPainter, box: QRectF, face: QImage | None) -> None:
    """The samples as large as they fit, in round corners; small ones stay sharp."""
    clip = QPainterPath()
    clip.addRoundedRect(box, RADIUS, RADIUS)
    painter.save()
    painter.setClipPath(clip)
    painter.fillRect(box, QColor(COLOUR.GROUND))
    if face is None:
        painter.setPen(QColor(COLOUR.MUTED))
        painter.setFont(style.font("small"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "no samples yet")
    else:
        size = face.size().scaled(box.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(box.center())
        shrinks = face.width() > size.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks)
        painter.drawPixmap(place, QPixmap.fromImage(face), QRectF(face.rect()))
    painter.restore()


def _paint_bar(painter: QPainter, box: QRectF, facts: RunFacts) -> None:
    """How much of the run is done; brighter while it trains."""
    done = min(1.0, facts.images / facts.images_total) if facts.images_total else 0.0
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(COLOUR.STRIP))
    painter.drawRoundedRect(box, BAR / 2, BAR / 2)
    if done > 0:
        painter.setBrush(QColor(COLOUR.STYLE if facts.is_alive else COLOUR.MUTED))
        painter.drawRoundedRect(
            QRectF(box.x(), box.y(), max(BAR, done * box.width()), BAR), BAR / 2, BAR / 2
        )


def _paint_words(painter: QPainter, box: QRectF, facts: RunFacts) -> None:
    bold, small = style.font("body", bold=True), style.font("small")
    y = _paint_line(painter, box, box.y(), name_words(facts), bold, COLOUR.TEXT)
    for place, line in enumerate(lines(facts)):
        colour = COLOUR.TEXT if place == 0 and facts.is_alive else COLOUR.MUTED
        y = _paint_line(painter, box, y, line, small, colour)


def _paint_line(
    painter: QPainter, box: QRectF, y: float, text: str, font: QFont, colour: str
) -> float:
    """One line, cut short where there is no room; returns where the next begins."""
    metrics = QFontMetrics(font)
    painter.setFont(font)
    painter.setPen(QColor(colour))
    row = QRectF(box.x(), y, box.width(), metrics.height())
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(row, left | Qt.TextFlag.TextSingleLine, shown)
    return y + metrics.height()


def _height(size: style.Size, *, bold: bool = False) -> int:
    return QFontMetrics(style.font(size, bold=bold)).height()
