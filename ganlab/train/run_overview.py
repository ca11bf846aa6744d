"""The overview of all runs: each with its newest samples, and what its buttons do."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHideEvent,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPixmap,
    QResizeEvent,
    QShowEvent,
    QValidator,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QListView,
    QMenu,
    QMessageBox,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import ElidedLabel, Label, NumberBox, WordButton, resize_on_screen
from ganlab.engine import BackgroundTasks, RunCard, RunLister, delete_for_good, trash_run
from ganlab.settings import Settings
from ganlab.style import COLOUR, RADIUS, STEP, font, set_tone
from ganlab.train.training_panel import GAP, thousands
from ganlab.window import MainWindow, Messages, Notice
from ganlab_core.errors import GanlabError
from ganlab_core.files import runs_dir
from ganlab_core.models import architecture_name
from ganlab_core.plain_text import plain_text
from ganlab_core.training import RunFacts, ago, size_text, sweep_removed

if TYPE_CHECKING:
    from ganlab.train.train_room import TrainRoom

# Runs as pictures: each with its newest samples, its name, and what it does.

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
        self._cards = _RunCards(self)
        self.setModel(self._cards)
        self._painter = _RunCardPainter(self)
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


class _RunCards(QAbstractListModel):
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
            return run_title(facts)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (run_title(facts), *lines(facts))))
        return None


class _RunCardPainter(QStyledItemDelegate):
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
        assert isinstance(model, _RunCards)
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
        _paint_text(painter, box.adjusted(PAD, bar.bottom() - box.y(), -PAD, 0), card.facts)
        painter.restore()


def run_title(facts: RunFacts) -> str:
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


def _paint_text(painter: QPainter, box: QRectF, facts: RunFacts) -> None:
    bold, small = style.font("body", bold=True), style.font("small")
    y = _paint_line(painter, box, box.y(), run_title(facts), bold, COLOUR.TEXT)
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


FIRST_SIZE = QSize(240 * STEP, 160 * STEP)
SMALLEST_SIZE = QSize(160 * STEP, 90 * STEP)
LOOKING = "Looking for runs…"
EMPTY = "No runs yet. A training learns from pictures of your own; every run is listed here."
NONE_CHOSEN = "Choose a run first."
UNREADABLE = "This run cannot be read."
ENDED = "It has come to its end; Train longer gives it a new one."
ALIVE = "It is training already."
NOT_ENDED = "Only a run that has come to its end can be given a new one."
NO_MODEL = "The run has saved no model yet."
TRAINS = "It is training. Stop it first, then it can be removed."


class RunsDialog(QDialog):
    """Runs as pictures, one of them at hand, and the buttons that act on it.

    Signals
    -------
    open_wanted(RunFacts), go_on_wanted(RunFacts), longer_wanted(RunFacts), keep_wanted(RunFacts),
    remove_wanted(RunFacts)
        What to do with a run.
    new_wanted()
        To begin another.
    seen(bool)
        Whether there is somebody to look.
    """

    open_wanted = Signal(object)
    go_on_wanted = Signal(object)
    longer_wanted = Signal(object)
    keep_wanted = Signal(object)
    remove_wanted = Signal(object)
    new_wanted = Signal()
    seen = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Runs")
        self.list = RunList()
        self._empty = Label(LOOKING)
        self.begin = WordButton(
            "New Training…", "Train a network on pictures of your own.", "Begin the first training"
        )
        self.about = ElidedLabel()
        self.words = Label()
        self.open_ = WordButton("Open", "Watch it: its samples, its curves, its model on the desk.")
        self.go_on = WordButton("Go on", "Train on from the last checkpoint.")
        self.longer = WordButton(
            "Train longer…", "Let a run that has ended learn from more images."
        )
        self.keep = WordButton(
            "Keep the model…", "Copy its newest model among your own; it stays when the run goes."
        )
        self.remove = WordButton("Remove…", "Move the run and all that is in it to the trash.")
        self.new = WordButton("New Training…", "Train a network on pictures of your own.")
        self.leave = WordButton("Close", "Go back to the desk.")
        self._build()
        self._connect()
        self._offer(None)
        self.setMinimumSize(SMALLEST_SIZE)
        resize_on_screen(self, FIRST_SIZE)

    def _build(self) -> None:
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_tone(self._empty, "muted")
        self.about.setFont(font("small"))
        set_tone(self.about, "muted")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        nothing = QWidget()
        middle = QVBoxLayout(nothing)
        middle.setSpacing(3 * STEP)
        middle.addStretch(1)
        middle.addWidget(self._empty)
        middle.addWidget(self.begin, 0, Qt.AlignmentFlag.AlignCenter)
        middle.addStretch(1)
        self._pages = QStackedWidget()
        self._pages.addWidget(nothing)
        self._pages.addWidget(self.list)
        acts = QHBoxLayout()
        acts.setSpacing(STEP)
        self._hands = (self.open_, self.go_on, self.longer, self.keep, self.remove)
        for button in self._hands:
            acts.addWidget(button)
        acts.addStretch(1)
        acts.addWidget(self.new)
        acts.addWidget(self.leave)
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * STEP, 4 * STEP, 4 * STEP, 4 * STEP)
        column.setSpacing(2 * STEP)
        column.addWidget(self._pages, 1)
        for part in (self.about, self.words):
            column.addWidget(part)
        column.addLayout(acts)
        self.words.hide()
        self.begin.hide()

    def _connect(self) -> None:
        self.list.chosen.connect(self._offer)
        self.list.opened.connect(self.open_.click)
        self.list.deleted.connect(self.remove.click)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._on_menu)
        for button, signal in (
            (self.open_, self.open_wanted),
            (self.go_on, self.go_on_wanted),
            (self.longer, self.longer_wanted),
            (self.keep, self.keep_wanted),
            (self.remove, self.remove_wanted),
        ):
            button.clicked.connect(lambda _=False, signal=signal: signal.emit(self.list.current))
        self.begin.clicked.connect(self.new_wanted)
        self.new.clicked.connect(self.new_wanted)
        self.leave.clicked.connect(self.reject)

    # --- what is shown -------------------------------------------------------------------------------

    def show_runs(self, cards: Sequence[RunCard]) -> None:
        """Show these runs, or how to begin one."""
        self.list.show_cards(cards)
        self._empty.setText(EMPTY)
        self.begin.setVisible(not cards)
        for button in (*self._hands, self.new):
            button.setVisible(bool(cards))
        was, now = self._pages.currentIndex(), 1 if cards else 0
        self._pages.setCurrentIndex(now)
        if was != now or not cards:
            (self.list if cards else self.begin).setFocus()
        self._offer(self.list.current)

    def show_text(self, sentence: str) -> None:
        """Say what came of something; an empty sentence says nothing."""
        self.words.setText(sentence)
        self.words.setVisible(bool(sentence))
        self.words.setAccessibleName(sentence)

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that there is somebody to look."""
        super().showEvent(event)
        self.list.setFocus()
        self.seen.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Tell that nobody looks any more, and forget what was said."""
        super().hideEvent(event)
        self.show_text("")
        self.seen.emit(False)

    def menu(self) -> QMenu:
        """What can be done with the run at hand, in the words of the buttons."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for button in self._hands:
            if button.isEnabled():
                menu.addAction(button.text(), button.click)
        return menu

    def _on_menu(self, at: QPoint) -> None:
        if self.list.indexAt(at).isValid():
            self.menu().popup(self.list.viewport().mapToGlobal(at))

    def _offer(self, facts: RunFacts | None) -> None:
        """Let the buttons do what can be done with a run, and say why the others cannot."""
        self.about.setText(about_text(facts) if facts else "")
        for button, reason in zip(
            self._hands,
            _reasons(facts) if facts else [NONE_CHOSEN] * 5,
            strict=True,
        ):
            button.set_available(reason)


def about_text(facts: RunFacts) -> str:
    """Where a run lies, how large it is, and what it says of itself."""
    size = size_text(facts.size) if facts.size else ""
    return plain_text(GAP.join(filter(None, (str(facts.folder), size, facts.message))))


def _reasons(facts: RunFacts) -> list[str]:
    """Why a run cannot be opened, go on, be trained longer, have its model kept, be removed."""
    if facts.state == "unreadable":
        return [UNREADABLE] * 4 + [""]
    ended = facts.state == "ended"
    return [
        "",
        ALIVE if facts.is_alive else ENDED if ended else "",
        "" if ended else NOT_ENDED,
        "" if facts.has_model else NO_MODEL,
        TRAINS if facts.is_alive else "",
    ]


# Asks for the new end of a run that is to be trained longer.

LONGER = 1.5
"""The suggested end, in lengths of the run so far."""

MOST_IMAGES = 1_000_000_000
SUFFIX = " images"


class TrainLongerDialog(QDialog):
    """A number of images in all, and what that adds to the run.

    Parameters
    ----------
    name
        Of the run.
    images
        Real pictures it has seen, where it goes on from.

    Signals
    -------
    chosen(int)
        The run's new end in images.
    """

    chosen = Signal(int)

    def __init__(self, name: str, images: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Train longer")
        self._images = min(max(images, 1), MOST_IMAGES - 1)
        words = Label(
            f"The run {name} goes on from its last checkpoint. Until how many images in all?"
        )
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setWordWrap(True)
        self.end = _Count(
            "Images in all",
            "How many real pictures the networks will have seen when the run ends.",
            self._images + 1,
            MOST_IMAGES,
            suggested_end(self._images),
        )
        self.end.setSingleStep(rounded(max(1, self._images // 10)))
        self.end.setSuffix(SUFFIX)
        self.more = Label()
        self.more.setFont(font("small"))
        set_tone(self.more, "muted")
        buttons = QDialogButtonBox()
        self.do = buttons.addButton("Train Longer", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        self.do.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * STEP, 4 * STEP, 4 * STEP, 4 * STEP)
        column.setSpacing(3 * STEP)
        for part in (words, self.end, self.more, buttons):
            column.addWidget(part)
        self.setMinimumWidth(100 * STEP)
        self.end.valueChanged.connect(self._on_changed)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        self._on_changed()
        self.end.selectAll()

    def _on_changed(self) -> None:
        more = self.end.value() - self._images
        self.more.setText(
            f"{thousands(more)} more than the {thousands(self._images)} so far:"
            f" {1 + more / self._images:.2g} times as long in all."
        )

    def _on_accepted(self) -> None:
        self.accept()
        self.chosen.emit(self.end.value())


class _Count(NumberBox):
    """A whole number, with a gap between its thousands as everywhere in the window."""

    def textFromValue(self, value: int) -> str:
        """As it is shown."""
        return thousands(value)

    def valueFromText(self, text: str) -> int:
        """As it is meant."""
        return min(int(_digits(text)[:12] or 0), self.maximum())

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Whether it may stand there: digits and gaps, of a number in range sooner or later."""
        digits = _digits(text)
        state = QValidator.State.Intermediate
        if digits and (not digits.isdecimal() or int(digits[:12]) > self.maximum()):
            state = QValidator.State.Invalid
        elif digits and int(digits) >= self.minimum():
            state = QValidator.State.Acceptable
        return state, text, position


def _digits(text: str) -> str:
    return "".join(text.removesuffix(SUFFIX).split())


def suggested_end(images: int) -> int:
    """Half as long again as the run has been, as a round number."""
    return min(MOST_IMAGES, max(images + 1, rounded(round(images * LONGER))))


def rounded(count: int) -> int:
    """The number with two digits and zeros behind them."""
    unit = int(10 ** max(0, len(str(count)) - 2))
    return -(-count // unit) * unit


class RunsOverview(QObject):
    """Owns the overview from its first opening on.

    Parameters
    ----------
    window, room, tasks, messages, settings
        Where it opens, who watches and trains a run, who handles files, where failures nobody
        thought of are told, which runs are remembered.

    Signals
    -------
    keep_wanted(Path)
        A model file is to be kept among the person's own.
    """

    keep_wanted = Signal(object)

    def __init__(
        self,
        window: MainWindow,
        room: TrainRoom,
        tasks: BackgroundTasks,
        messages: Messages,
        settings: Settings,
    ) -> None:
        super().__init__(room)
        self._window, self._room = window, room
        self._tasks, self._messages, self._settings = tasks, messages, settings
        self.lister = RunLister(parent=self)
        self.dialog: RunsDialog | None = None
        self.question: QMessageBox | None = None
        window.actions_["runs"].triggered.connect(self.open)
        self.lister.failed.connect(messages.show_error)
        messages.noticed.connect(self._on_noticed)
        tasks.start(partial(sweep_removed, runs_dir()), _nothing)

    def open(self) -> None:
        """Show every run; the one that is open is at hand."""
        if self.dialog is None:
            self.dialog = dialog = RunsDialog(self._window)
            dialog.seen.connect(self._on_seen)
            dialog.open_wanted.connect(self._on_open)
            dialog.go_on_wanted.connect(self._on_go_on)
            dialog.longer_wanted.connect(self._on_longer)
            dialog.keep_wanted.connect(self._on_keep)
            dialog.remove_wanted.connect(self._on_remove)
            dialog.new_wanted.connect(self._on_new)
            self.lister.listed.connect(dialog.show_runs)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def stop(self) -> None:
        """Close it, and look at nothing any more."""
        if self.dialog is not None:
            self.dialog.close()
        self.lister.stop()

    def _on_seen(self, seen: bool) -> None:
        if seen:
            self.lister.follow()
        else:
            self.lister.rest()

    def _on_noticed(self, notice: Notice) -> None:
        """Say it here as well: the window lies under the overview."""
        if self.dialog is not None and self.dialog.isVisible():
            self.dialog.show_text(notice.text)

    # --- one run -------------------------------------------------------------------------------------

    def _on_open(self, facts: RunFacts) -> None:
        self._close()
        self._room.open(facts.folder)

    def _on_go_on(self, facts: RunFacts) -> None:
        self._close()
        self._room.go_on(facts.folder)

    def _on_longer(self, facts: RunFacts) -> None:
        parent = self.dialog or self._window
        self._room.ask_longer(facts.folder, facts.images, parent).accepted.connect(self._close)

    def _on_keep(self, facts: RunFacts) -> None:
        self.keep_wanted.emit(facts.folder / "model.safetensors")

    def _on_new(self) -> None:
        self._close()
        self._window.actions_["new_training"].trigger()

    def _close(self) -> None:
        if self.dialog is not None:
            self.dialog.close()

    # --- removing ------------------------------------------------------------------------------------

    def _on_remove(self, facts: RunFacts) -> None:
        """Ask first: a run may hold days of work."""
        name = plain_text(facts.name, 80)
        size = f" ({size_text(facts.size)})" if facts.size else ""
        self._ask(
            "Remove the run?",
            f"The run {name} goes to the trash.",
            f"All that is in its folder goes with it{size}: samples, checkpoints, models. A model "
            "that was kept among your own stays.",
            "Remove",
            partial(self._remove, facts.folder, for_good=False),
        )

    def _ask(self, title: str, text: str, more: str, verb: str, then: partial[None]) -> None:
        box = QMessageBox(self.dialog or self._window)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setWindowTitle(title)
        box.setText(text)
        box.setInformativeText(more)
        stay = box.addButton("Keep It", QMessageBox.ButtonRole.RejectRole)
        go = box.addButton(verb, QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        go.clicked.connect(then)
        box.finished.connect(box.deleteLater)
        self.question = box
        box.open()

    def _remove(self, folder: Path, *, for_good: bool) -> None:
        if self._room.run.watcher.folder == folder:
            self._room.run.leave()
        self._say(f"Removing {plain_text(folder.name, 80)}…")
        work = delete_for_good if for_good else trash_run
        self._tasks.start(partial(_tried, work, folder), partial(self._on_removed, folder))

    def _on_removed(self, folder: Path, result: bool | GanlabError) -> None:
        if isinstance(result, GanlabError):
            self._say(str(result))
        elif result:
            if self._settings.last_run == str(folder):
                self._settings.last_run = ""
            self._say(f"{plain_text(folder.name, 80)} is removed.")
        else:
            self._say("")
            self._ask(
                "Delete the run for good?",
                f"There is no trash for the run {plain_text(folder.name, 80)}.",
                "It can be deleted for good, with its samples, checkpoints and models.",
                "Delete for Good",
                partial(self._remove, folder, for_good=True),
            )
        self.lister.look()

    def _say(self, sentence: str) -> None:
        if self.dialog is not None and self.dialog.isVisible():
            self.dialog.show_text(sentence)
        elif sentence:
            self._messages.tell(sentence, passing=True)


def _nothing(_done: None) -> None:
    """Nobody waits for it."""


def _tried(work: Callable[[Path], bool], folder: Path) -> bool | GanlabError:
    """What came of the work: a refusal is an answer, which belongs beside the list."""
    try:
        return work(folder)
    except GanlabError as error:
        return error
