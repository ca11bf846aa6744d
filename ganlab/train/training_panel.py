"""The training room: a run's state, its samples and its curves, and a way back through its time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ganlab.controls import Canvas, ElidedLabel, Label, Segmented, ValueSlider
from ganlab.slices import Slices
from ganlab.style import COLOUR, STEP, font, set_surface, set_tip, set_tone
from ganlab.train.charts import TimeLine
from ganlab_core.training import CHANGES, Finding, RunHistory, RunStatus

# A run's state in a person's words.

GAP = "  \N{MIDDLE DOT}  "
SPACE = "\N{NO-BREAK SPACE}"


def state_text(status: RunStatus) -> str:
    """What the run does, in one sentence."""
    resolution = f"{status.resolution}{SPACE}px"
    fading = status.alpha < 1
    match status.state:
        case "running" if fading:
            return f"Fading {resolution} in: alpha {100 * status.alpha:.0f}{SPACE}%."
        case "running":
            return f"Training at {resolution}."
        case "paused":
            return f"Paused at {resolution}. Go on whenever you like."
        case "died":
            return f"{status.message} Press Go on."
        case "stopped":
            return "Training has stopped; Go on takes it up again."
    return status.message


def broke_text(status: RunStatus) -> str:
    """What is said beside the picture of a run that has not ended in order."""
    if status.state == "died":
        return f"{status.message} Press Go on in the Run panel."
    return status.message


def progress_text(status: RunStatus, speed: float) -> str:
    """How far it is: `"412 000 of 1 200 000 images  ·  38 images/s  ·  about 6 h left"`."""
    parts = [f"{thousands(status.images)} of {thousands(status.images_total)} images"]
    if status.state == "running" and speed > 0:
        parts.append(f"{speed:.0f} images/s" if speed >= 10 else f"{speed:.2g} images/s")
        left = (status.images_total - status.images) / speed
        parts.append(f"{duration(left)} left at this speed")
    return GAP.join(parts)


def duration(seconds: float) -> str:
    """A length of time as a person would say it: `"about 3 h"`."""
    for size, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 1.5 * size:
            return f"about {seconds / size:.0f}{SPACE}{unit}"
    return f"about {max(1, round(seconds))}{SPACE}s"


def thousands(count: int) -> str:
    """12 345 with a narrow space that does not break."""
    return f"{count:,}".replace(",", SPACE)


# The head of the training room: what the run does now, in words, and the hands on it.

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
        self.show_text("Looking at the run…" if name else NO_RUN)
        self.bar.setValue(0)
        self.where.setText("")
        self._offer("none")

    def show_text(self, sentence: str) -> None:
        """Say something in the place of the state, such as what happens before training begins."""
        self.state.setText(sentence)
        self.setAccessibleDescription(sentence)

    def show_starting(self, name: str) -> None:
        """A run has been started and has told nothing yet."""
        self.show_run(name)
        self.show_text("Starting: the pictures are being prepared.")

    def show_status(self, status: RunStatus, speed: float = 0.0) -> None:
        """Tell where the run stands; `speed` in images per second, 0 while unknown."""
        self._status = status
        self.show_text(state_text(status))
        self.where.setText(progress_text(status, speed))
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


class SheetView(QFrame):
    """Shows one run: its name, its samples, its progress."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_surface(self, "panel")
        self._name = Label()
        self._name.setFont(font("body", bold=True))
        self._progress = Label()
        self._progress.setFont(font("small"))
        self._progress.setWordWrap(True)
        set_tone(self._progress, "muted")
        self.sheet = Canvas()
        self.sheet.setAccessibleName("Sample sheet")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * STEP, 3 * STEP, 3 * STEP, 3 * STEP)
        layout.setSpacing(2 * STEP)
        layout.addWidget(self._name)
        layout.addWidget(self.sheet, 1)
        layout.addWidget(self._progress)

    def set_bare(self) -> None:
        """Show the samples alone: name and progress are told elsewhere."""
        self._name.hide()
        self._progress.hide()
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(0, 0, 0, 0)

    def show_run(self, name: str) -> None:
        """Begin with another run, before anything is known about it."""
        self._name.setText(name)
        self._progress.setText("")
        self.sheet.show_message("The first samples are on their way.")

    def show_sheet(self, image: QImage) -> None:
        """Show a sample sheet in the place of the one before."""
        self.sheet.show_image(image)

    def show_status(self, status: RunStatus) -> None:
        """Tell how far the run is."""
        self._progress.setText(describe_run(status))


def describe_run(status: RunStatus) -> str:
    """How far a run is: `"412 000 of 1 200 000 images, 64 px fading in at 37 %. Training."`."""
    resolution = f"{status.resolution} px"
    if status.alpha < 1:
        resolution += f" fading in at {100 * status.alpha:.0f} %"
    images = f"{_thousands(status.images)} of {_thousands(status.images_total)} images"
    state = status.message or ("Training." if status.running else "Training has ended.")
    return f"{images}, {resolution}. {state}"


def _thousands(count: int) -> str:
    return f"{count:,}".replace(",", "\N{NO-BREAK SPACE}")


if TYPE_CHECKING:
    from ganlab.train.charts import Charts

PAGES = (
    ("samples", "The pictures of fixed latents, as the run last drew them."),
    ("curves", "Losses, scores and everything else the run has told, over the images seen."),
)


class TrainView(QFrame):
    """Everything about one run in one place.

    Signals
    -------
    scrubbed(float)
        A person looks at this kimg of the run.
    load_wanted(float)
        The model nearest to this kimg is to be put on the desk.
    live_wanted()
        The run's newest model and sheet are to be followed again.
    last_good_wanted(int)
        The newest model from before so many images is to be put on the desk.
    restart_wanted(Finding)
        The run is to be stopped, and begun anew from weights of before the finding.
    export_wanted(str)
        The curves are to be saved as `"png"` or `"csv"`.
    film_wanted()
        A film of the samples is to be made.
    """

    scrubbed = Signal(float)
    load_wanted = Signal(float)
    live_wanted = Signal()
    last_good_wanted = Signal(int)
    restart_wanted = Signal(object)
    export_wanted = Signal(str)
    film_wanted = Signal()

    def __init__(self, sheet: SheetView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_surface(self, "panel")
        self.header = TrainHeader()
        self.sheet = sheet
        self.sheet.set_bare()
        self.time = TimeLine()
        self.pages = Segmented("Shown of the run", PAGES, COLOUR.STYLE)
        self._stack = QStackedWidget()
        self._curves_page = QWidget()
        self._charts: Charts | None = None
        self._may_chart = False
        self._slices = Slices(self)
        self._story: RunHistory | None = None
        self._diversity: tuple[tuple[int, float], ...] = ()
        self._finding: Finding | None = None
        self._speed = 0.0
        self._status: RunStatus | None = None
        self._build()
        self._connect()

    def _build(self) -> None:
        self._health = QFrame()
        set_surface(self._health, "strip")
        self._health_words = Label()
        self._health_words.setWordWrap(True)
        self._health_words.setFont(font("small"))
        self._show_chart = _quiet("Show", "Show the curve that this is seen in.")
        self._last_good = _quiet("Last good", "Put the newest model from before this on the desk.")
        self._anew = _quiet("Begin anew", "")
        hands = QHBoxLayout()
        hands.setSpacing(STEP)
        hands.addStretch(1)
        hands.addWidget(self._show_chart)
        hands.addWidget(self._last_good)
        hands.addWidget(self._anew)
        words = QVBoxLayout(self._health)
        words.setContentsMargins(2 * STEP, STEP, STEP, STEP)
        words.setSpacing(STEP)
        words.addWidget(self._health_words)
        words.addLayout(hands)
        self._health.hide()
        self._stack.addWidget(self.sheet)
        self._stack.addWidget(self._curves_page)
        self._png = _quiet("PNG", "Save the curves as they are shown.")
        self._csv = _quiet("CSV", "Save every report as a table.")
        tabs = QHBoxLayout()
        tabs.setSpacing(STEP)
        tabs.addWidget(self.pages, 1)
        self._film = _quiet("Film…", "Save a film of all samples, one frame each.")
        for button in (self._film, self._png, self._csv):
            tabs.addWidget(button)
            button.setVisible(button is self._film)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 2 * STEP)
        column.setSpacing(2 * STEP)
        column.addWidget(self.header)
        column.addWidget(self._health)
        column.addLayout(tabs)
        column.addWidget(self._stack, 1)
        column.addWidget(self.time)

    def _connect(self) -> None:
        self.pages.edited.connect(self.show_page)
        self.time.scrubbed.connect(self._on_scrubbed)
        self.time.live_wanted.connect(self._on_live)
        self.time.load_wanted.connect(self.load_wanted)
        self._show_chart.clicked.connect(self._on_show_chart)
        self._last_good.clicked.connect(self._on_last_good)
        self._anew.clicked.connect(self._on_restart)
        self._film.clicked.connect(self.film_wanted)
        self._png.clicked.connect(self._on_png)
        self._csv.clicked.connect(self._on_csv)

    def heightForWidth(self, width: int) -> int:
        """The least: the samples and the curves do with what there is, and so does a low window."""
        layout = self.layout()
        return -1 if layout is None else layout.totalMinimumHeightForWidth(width)

    # --- what is shown -------------------------------------------------------------------------------

    @property
    def history(self) -> RunHistory | None:
        """The run as it was last told."""
        return self._story

    @property
    def health_text(self) -> str:
        """What is said about the run's health; empty for a healthy run."""
        return self._health_words.text() if self._finding else ""

    @property
    def charts(self) -> Charts:
        """The curves; their library is loaded when they are first needed."""
        if self._charts is None:
            from ganlab.train.charts import Charts

            self._charts = Charts()
            layout = QVBoxLayout(self._curves_page)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.addWidget(self._charts)
        return self._charts

    def prepare_charts(self) -> None:
        """Make the charts a slice at a time from now on, as their library has been loaded elsewhere."""
        self._may_chart = True
        if self._story is not None and self._lacks_charts():
            making = self.charts.making_ready(self._story, self._diversity)
            self._slices.start(making, self._draw_if_seen)

    def _lacks_charts(self) -> bool:
        return self._story is not None and self.charts.lacks(self._story, self._diversity)

    def show_run(self, name: str) -> None:
        """Begin with another run."""
        self.sheet.show_run(name)
        self.header.show_run(name)
        self._story, self._diversity = None, ()
        self._speed = 0.0
        self.time.forget()
        self._show_finding(None)

    def show_status(self, status: RunStatus) -> None:
        """Tell where the run stands."""
        self._status = status
        self.header.show_status(status, self._speed)

    def show_history(
        self,
        story: RunHistory,
        diversity: tuple[tuple[int, float], ...],
        findings: tuple[Finding, ...],
    ) -> None:
        """Show a run's curves, its length, and what is wrong with it."""
        self._story, self._diversity = story, diversity
        speeds = story.curves.get("images_per_second")
        self._speed = float(speeds[-5:].mean()) if speeds is not None and len(speeds) else 0.0
        if self._status is not None:
            self.header.show_status(self._status, self._speed)
        self.time.show_history(story)
        self._show_finding(findings[0] if findings else None)
        if self._may_chart and self._lacks_charts():
            self.prepare_charts()
        elif self.pages.value == "curves":
            self._draw()

    def show_sheet(self, image: QImage) -> None:
        """Show the newest samples, unless an older sheet is being looked at."""
        if self.time.is_live:
            self.sheet.show_sheet(image)

    def show_old_sheet(self, image: QImage) -> None:
        """Show the samples of the moment that is being looked at."""
        self.sheet.show_sheet(image)

    def show_page(self, name: str) -> None:
        """Show the samples or the curves."""
        self.pages.set_value(name)
        curves = name == "curves"
        if curves and self._may_chart and self._lacks_charts():
            self.prepare_charts()
        elif curves:
            self._draw()
        self._stack.setCurrentIndex(int(curves))
        for button in (self._png, self._csv):
            button.setVisible(curves)
        self._film.setVisible(not curves)

    def _draw_if_seen(self) -> None:
        if self.pages.value == "curves":
            self._draw()

    def _draw(self) -> None:
        self._slices.stop()
        if self._story is not None:
            self.charts.show_history(self._story, self._diversity)
            self.charts.show_cursor(None if self.time.is_live else self.time.kimg)

    def _show_finding(self, finding: Finding | None) -> None:
        self._finding = finding
        self._health.setVisible(finding is not None)
        if finding is not None:
            words = f"{finding.sentence} Since {finding.since / 1000:.4g} kimg. {finding.advice}"
            self._health_words.setText(words)
            changes = CHANGES.get(finding.kind, "the same settings")
            set_tip(
                self._anew,
                f"Stop this run, and begin another from the newest model of before, with {changes}.",
            )
            self._health.setAccessibleDescription(words)

    # --- what a person does --------------------------------------------------------------------------

    def save_curves(self, path: Path) -> None:
        """Write the curves as PNG or CSV, by the ending; raises `OSError`."""
        self._draw()
        if path.suffix.lower() == ".csv":
            self.charts.save_csv(path)
        elif not self.charts.save_png(path):
            raise OSError(f"{path.name} could not be written")

    def _on_scrubbed(self, kimg: float) -> None:
        if self.pages.value == "curves":
            self.charts.show_cursor(kimg)
        self.scrubbed.emit(kimg)

    def _on_live(self) -> None:
        if self._charts is not None:
            self._charts.show_cursor(None)
        self.live_wanted.emit()

    def _on_show_chart(self) -> None:
        if self._finding is not None:
            self.show_page("curves")
            self.charts.bring_into_view(self._finding.chart)

    def _on_last_good(self) -> None:
        if self._finding is not None:
            self.last_good_wanted.emit(self._finding.since)

    def _on_restart(self) -> None:
        if self._finding is not None:
            self.restart_wanted.emit(self._finding)

    def _on_png(self) -> None:
        self.export_wanted.emit("png")

    def _on_csv(self) -> None:
        self.export_wanted.emit("csv")


def _quiet(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setFont(font("small"))
    button.setAutoDefault(False)
    set_tone(button, "muted")
    set_tip(button, tip)
    return button
