"""The head of the training room: what the run does now, in words, and the hands on it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ganlab.controls.label import Label
from ganlab.controls.slider import ValueSlider
from ganlab.style import COLOUR, STEP, font, set_tip, set_tone
from ganlab.views.elided_label import ElidedLabel
from ganlab.views.run_words import state_words, where_words
from ganlab_core.training.run_reader import RunStatus

DEFAULT_SHARE = 0.5
"""Part of the machine the exploring takes beside a training until a person says otherwise."""

NO_RUN = "No run is open. Begin one with Ctrl+N, or open a run folder."
NOT_RUNNING = "The run is not training now."
NOT_BESIDE = "No run trains now, so the desk has the whole machine."
NOT_PAUSED = "Pause the run first; then it can be taken step by step."

_PAUSE = ("Pause", "Stand still between two steps; nothing is lost.")
_RESUME = ("Go on", "Train on from the last checkpoint.")
_MAIN_ACTS = {
    "running": _PAUSE,
    "paused": ("Go on", "Train on from where the run stands still."),
    "stopped": _RESUME,
    "died": _RESUME,
    "failed": _RESUME,
    "ended": ("Train longer…", "Let the run learn from more images, from where it has ended."),
}
"""What the first button does in a state: its words, and what they mean."""


class TrainHeader(QWidget):
    """One run's state and its buttons.

    Signals
    -------
    pause_wanted(bool), step_wanted(), stop_wanted(), go_on_wanted()
        To pause or go on, one step, to stop with a checkpoint, to resume a run that has ended early.
    longer_wanted()
        A run that has ended is to be given a new end.
    steer_wanted()
        The learning rate and its like are to be changed.
    share_chosen(float)
        How much of the machine the exploring may take while the run trains, above 0 to 1.
    """

    pause_wanted = Signal(bool)
    step_wanted = Signal()
    stop_wanted = Signal()
    go_on_wanted = Signal()
    longer_wanted = Signal()
    steer_wanted = Signal()
    share_chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._status: RunStatus | None = None
        self.name = ElidedLabel()
        self.name.setFont(font("body", bold=True))
        self.state = Label()
        self.where = Label()
        for label in (self.state, self.where):
            label.setFont(font("small"))
            label.setWordWrap(True)
        set_tone(self.where, "muted")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(STEP)
        self.bar.setAccessibleName("Progress of the run")
        self.pause = _button(*_PAUSE)
        self.step = _button("Step", "Train on one more batch, then show the samples.")
        self.stop = _button("Stop", "Write a checkpoint and end; the run can be resumed later.")
        self.steer = _button(
            "Steer…",
            "Change the learning rate, R1, augmentation or the speed of growth from here on.",
        )
        self.share = ValueSlider(
            "Exploring may take", 5, 100, 100 * DEFAULT_SHARE, 5, 0, COLOUR.MUTED,
            "How much of the time the desk may compute while the run trains; the"
            " run has the rest, and only its speed changes.",
            suffix=" %",
        )  # fmt: skip
        self._build()
        self._connect()
        self.show_run("")

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(2 * STEP)
        top.addWidget(self.name, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(STEP)
        for button in (self.pause, self.step, self.stop, self.steer):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        column.addLayout(top)
        column.addWidget(self.state)
        column.addWidget(self.bar)
        column.addWidget(self.where)
        column.addLayout(buttons)
        column.addWidget(self.share)

    def _connect(self) -> None:
        self.pause.clicked.connect(self._on_pause)
        self.step.clicked.connect(self.step_wanted)
        self.stop.clicked.connect(self.stop_wanted)
        self.steer.clicked.connect(self.steer_wanted)
        self.share.edited.connect(self._on_share)

    def show_run(self, name: str) -> None:
        """Begin with another run."""
        self.name.setText(name)
        self.show_words("Looking at the run…" if name else NO_RUN)
        self.bar.setValue(0)
        self.where.setText("")
        self._offer("none")

    def show_words(self, sentence: str) -> None:
        """Say something in the place of the state, such as what happens before training begins."""
        self.state.setText(sentence)
        self.setAccessibleDescription(sentence)

    def show_starting(self, name: str) -> None:
        """A run has been started and has told nothing yet."""
        self.show_run(name)
        self.show_words("Starting: the pictures are being prepared.")

    def show_status(self, status: RunStatus, speed: float = 0.0) -> None:
        """Tell where the run stands; `speed` in images per second, 0 while unknown."""
        self._status = status
        self.show_words(state_words(status))
        self.where.setText(where_words(status, speed))
        self.bar.setValue(round(1000 * status.images / max(1, status.images_total)))
        self._offer(status.state)

    def _offer(self, state: str) -> None:
        """Let the buttons do what can be done in a state, and say why the others cannot."""
        alive = state in ("running", "paused")
        word, tip = _MAIN_ACTS.get(state, _PAUSE)
        self.pause.setText(word)
        self.pause.setProperty("says", tip)
        _enable(self.pause, state in _MAIN_ACTS, NOT_RUNNING)
        _enable(self.step, state == "paused", NOT_PAUSED if alive else NOT_RUNNING)
        _enable(self.stop, alive, NOT_RUNNING)
        _enable(self.steer, alive, NOT_RUNNING)
        self.share.set_available("" if alive else NOT_BESIDE)

    def _on_pause(self) -> None:
        state = self._status.state if self._status else ""
        if state in ("running", "paused"):
            self.pause_wanted.emit(state == "running")
        elif state == "ended":
            self.longer_wanted.emit()
        else:
            self.go_on_wanted.emit()

    def _on_share(self, percent: float) -> None:
        self.share_chosen.emit(percent / 100.0)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("says", tip)
    button.setAutoDefault(False)
    set_tip(button, tip)
    return button


def _enable(button: QPushButton, on: bool, reason: str) -> None:
    button.setEnabled(on)
    set_tip(button, str(button.property("says")) if on else reason)
