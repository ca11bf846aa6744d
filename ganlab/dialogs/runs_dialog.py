"""The overview of runs, and what can be done with each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ganlab.controls.label import Label
from ganlab.controls.word_button import WordButton
from ganlab.run_cards import RunCard
from ganlab.style import STEP, font, set_tone
from ganlab.views.elided_label import ElidedLabel
from ganlab.views.run_list import RunList
from ganlab.views.run_words import GAP
from ganlab_core.plain_text import plain_text
from ganlab_core.training.runs import RunFacts, size_words

FIRST_SIZE = QSize(240 * STEP, 160 * STEP)
SMALLEST_SIZE = QSize(160 * STEP, 90 * STEP)
FRAME = 12 * STEP
"""What the frame of a window takes of the screen."""

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
        room = self.screen().availableSize() - QSize(FRAME, FRAME)
        self.setMinimumSize(SMALLEST_SIZE.boundedTo(room))
        self.resize(FIRST_SIZE.boundedTo(room))

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

    def show_words(self, sentence: str) -> None:
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
        self.show_words("")
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
        self.about.setText(about_words(facts) if facts else "")
        for button, reason in zip(
            self._hands,
            _reasons(facts) if facts else [NONE_CHOSEN] * 5,
            strict=True,
        ):
            button.set_available(reason)


def about_words(facts: RunFacts) -> str:
    """Where a run lies, how large it is, and what it says of itself."""
    size = size_words(facts.size) if facts.size else ""
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
