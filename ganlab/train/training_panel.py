"""The training room: a run's state, its samples and its curves, and a way back through its time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ganlab.controls import ElidedLabel, Label, Segmented, Toggle, ValueSlider, WordButton, muted
from ganlab.slices import Slices
from ganlab.style import COLOUR, STEP, font, menu_text, set_surface, set_tip, set_tone
from ganlab.train.sample_wall import SampleWall, TimeLine
from ganlab_core.plain_text import plain_text
from ganlab_core.training import CHANGES, Finding, RunHistory, RunStatus, TrainConfig

# A run's state in a person's words.

GAP = "  \N{MIDDLE DOT}  "
SPACE = "\N{NO-BREAK SPACE}"


FITTING = (
    "All pictures are seen. The read-outs are fitted and the model is written; then it is done."
)


def state_text(status: RunStatus) -> str:
    """What the run does, in one sentence; the one place where its alpha stands."""
    resolution = f"{status.resolution}{SPACE}px"
    fading = status.alpha < 1
    match status.state:
        case "running" if status.images >= status.images_total > 0:
            return FITTING
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


def progress_text(status: RunStatus, speed: float, left: float | None = None) -> str:
    """How far it is: `"412 000 of 1 200 000 images  ·  38 images/s  ·  about 6 h left"`.

    `left` is in seconds, later resolutions counted; None while nothing has been timed.
    """
    parts = [f"{thousands(status.images)} of {thousands(status.images_total)} images"]
    if status.state == "running" and status.images < status.images_total:
        if speed > 0:
            parts.append(f"{speed:.0f} images/s" if speed >= 10 else f"{speed:.2g} images/s")
        if left is not None:
            parts.append(f"{duration(left)} left, then the model is fitted")
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


BESIDE = 580
"""From this width on, in device-independent pixels, things stand beside each other."""


class RunBar(QWidget):
    """How far a run is, at which resolutions it was when, and where it was steered."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images, self._total = 0, 0
        self._phases: list[tuple[int, int]] = []
        self._marks: list[float] = []
        self.setAccessibleName("Progress of the run")
        self.setFixedHeight(6 * STEP)
        self.setProperty("plain", "true")
        set_tip(self, "How far the run is; below it the resolutions, each where it came in.")

    @property
    def fraction(self) -> float:
        """How far the run is, 0 to 1; a run that saw more than it was meant to is at its end."""
        return min(1.0, self._images / self._total) if self._total > 0 else 0.0

    def show_run(self, images: int, total: int) -> None:
        """So many of so many pictures are seen."""
        self._images, self._total = images, total
        self.setAccessibleDescription(f"{100 * self.fraction:.0f} %")
        self.update()

    def show_history(self, history: RunHistory | None) -> None:
        """Mark when each resolution came in, and when the run was steered."""
        seen: dict[int, int] = {}
        for phase in history.phases if history else ():
            if phase.resolution:
                seen.setdefault(phase.resolution, phase.images)
        self._phases = [(images, side) for side, images in seen.items()] if len(seen) > 1 else []
        self._marks = [mark.images for mark in history.steered] if history else []
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar, and what stands below it."""
        bar = QRectF(0, STEP, self.width(), 1.5 * STEP)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLOUR.STRIP))
            painter.drawRoundedRect(bar, 3, 3)
            done = QRectF(bar)
            done.setWidth(bar.width() * self.fraction)
            painter.setBrush(QColor(COLOUR.GROWTH))
            painter.drawRoundedRect(done, 3, 3)
            for at in self._marks:
                x = self._x(at)
                painter.fillRect(QRectF(x, 0, 1, 3.5 * STEP), QColor(COLOUR.TEXT))
            painter.setFont(font("small"))
            painter.setPen(QColor(COLOUR.MUTED))
            free = 0.0
            for at, side in self._phases:
                words = f"{side} px" if at == self._phases[-1][0] else f"{side}"
                x = max(0.0, min(self._x(at), self.width() - 40.0))
                if x >= free:
                    painter.drawText(QRectF(x, 2.4 * STEP, 60, 3.6 * STEP), words)
                    free = x + painter.fontMetrics().horizontalAdvance(words) + STEP

    def _x(self, images: float) -> float:
        return self.width() * min(1.0, images / self._total) if self._total > 0 else 0.0


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
        self.bar = RunBar()
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
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(STEP)
        for button in (self.pause, self.step, self.stop, self.steer):
            self._buttons.addWidget(button)
        self._says = QHBoxLayout()
        self._says.setSpacing(3 * STEP)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(3 * STEP)
        self._grid.setVerticalSpacing(STEP)
        self._grid.setColumnStretch(0, 1)
        self._place(wide=False)

    def _place(self, *, wide: bool) -> None:
        """Stand beside each other where there is room, else below each other."""
        self._wide = wide
        self.where.setWordWrap(not wide)
        self.share.setMinimumWidth(48 * STEP if wide else 0)
        grid = self._grid
        parts: list[QWidget] = [self.name, self.state, self.where, self.bar, self.share]
        for part in parts:
            grid.removeWidget(part)
            self._says.removeWidget(part)
        for line in (self._buttons, self._says):
            grid.removeItem(line)
        if wide:
            grid.addWidget(self.name, 0, 0)
            grid.addWidget(self.share, 0, 1)
            grid.addLayout(self._buttons, 0, 2)
            self._says.addWidget(self.state, 1)
            self._says.addWidget(self.where)
            grid.addLayout(self._says, 1, 0, 1, 3)
            grid.addWidget(self.bar, 2, 0, 1, 3)
            return
        for row, part in enumerate((self.name, self.state, self.bar, self.where)):
            grid.addWidget(part, row, 0)
        grid.addLayout(self._buttons, 4, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self.share, 5, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the width there is."""
        super().resizeEvent(event)
        if (event.size().width() >= BESIDE) != self._wide:
            self._place(wide=not self._wide)

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
        self.bar.show_run(0, 0)
        self.bar.show_history(None)
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

    def show_status(self, status: RunStatus, speed: float = 0.0, left: float | None = None) -> None:
        """Tell where the run stands; `speed` in images per second, 0 while unknown; `left` in seconds."""
        self._status = status
        self.show_text(state_text(status))
        self.where.setText(progress_text(status, speed, left))
        self.bar.show_run(status.images, status.images_total)
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


if TYPE_CHECKING:
    from ganlab.train.charts import Charts


WHAT_A_RUN_SHOWS = "A run trains a network: here its samples, its curves and its fade are watched."

# What a young run's curves wait for.

BEFORE = "The curves begin with the run's first report."
FIRST_POINT = "The first points come two seconds after training has begun."


def curves_to_come(
    history: RunHistory | None, drawn: Collection[str], config: TrainConfig | None
) -> str:
    """A sentence on the curves that are still to come, with the pictures they come after.

    Parameters
    ----------
    history
        The run so far; None before its first word.
    drawn
        Names of the charts there is something for.
    config
        What it is trained by; None where that cannot be read.
    """
    if history is None:
        return BEFORE
    if not len(history.images):
        return FIRST_POINT
    if config is None:
        return ""
    measured = {"kid", "distances"} & set(drawn) or not config.distance_kimg
    every = {} if measured else {"how far from the data": config.distance_kimg}
    every |= {} if "variety" in drawn else {"variety": config.sheet_kimg}
    coming = [
        f"{name} after {thousands(_next(kimg, history.last_images))} pictures"
        for name, kimg in every.items()
    ]
    return f"To come: {', '.join(coming)}." if coming else ""


def _next(kimg: float, images: int) -> int:
    """The next multiple of so many thousand images."""
    step = max(1, round(kimg * 1000))
    return step * (images // step + 1)


SAMPLES_SHARE = 0.6
"""What the samples have of the width, where the curves stand beside them."""

PAGES = (
    ("samples", "The pictures of fixed latents, as the run last drew them."),
    ("curves", "Losses, scores and everything else the run has told, over the images seen."),
)


class Pair(QWidget):
    """Two pages side by side where there is room, else the one that is asked for.

    Signals
    -------
    widened(bool)
        Whether both are seen now.
    """

    widened = Signal(bool)

    def __init__(self, first: QWidget, second: QWidget, share: float) -> None:
        super().__init__()
        self._pages = (first, second)
        self._share = share
        self._shown = 0
        self.wide = False
        for page in self._pages:
            page.setParent(self)
        self._lay_out()

    def show_page(self, index: int) -> None:
        """Show this one, where not both are seen."""
        self._shown = index
        self._lay_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the pages out anew."""
        super().resizeEvent(event)
        wide = self.width() >= BESIDE
        if wide != self.wide:
            self.wide = wide
            self.widened.emit(wide)
        self._lay_out()

    def _lay_out(self) -> None:
        gap = 3 * STEP
        left = round((self.width() - gap) * self._share)
        for index, page in enumerate(self._pages):
            page.setVisible(self.wide or index == self._shown)
            if not self.wide:
                page.setGeometry(self.rect())
        if self.wide:
            self._pages[0].setGeometry(0, 0, left, self.height())
            self._pages[1].setGeometry(left + gap, 0, self.width() - left - gap, self.height())

    def sizeHint(self) -> QSize:
        """Room for both."""
        return QSize(BESIDE, 90 * STEP)

    def minimumSizeHint(self) -> QSize:
        """Room for one that is small: it never makes the panel wider."""
        return QSize(60 * STEP, 45 * STEP)


class NoRun(QWidget):
    """What stands in the place of a run while none is open: what it is for, and the ways to one.

    Signals
    -------
    watch_wanted(), new_wanted(), open_wanted()
        Three minutes on the bundled pictures; a training of one's own; a run there is.
    """

    watch_wanted = Signal()
    new_wanted = Signal()
    open_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title, about = Label("No run is open."), muted(WHAT_A_RUN_SHOWS)
        title.setFont(font("large", bold=True))
        column = QVBoxLayout(self)
        column.setSpacing(3 * STEP)
        column.addStretch(1)
        for label in (title, about):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        for words, tip, signal in (
            (
                "Watch it learn",
                "Train on the bundled planets, for three minutes.",
                self.watch_wanted,
            ),
            ("Train on pictures…", "Begin a training on pictures of your own.", self.new_wanted),
            ("Open a run…", "Open the folder of a training run.", self.open_wanted),
        ):
            button = WordButton(words, tip)
            button.setProperty("raised", "true")
            button.setFixedWidth(48 * STEP)
            button.clicked.connect(signal)
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)


class TrainView(QFrame):
    """Everything about one run in one place.

    Attributes
    ----------
    nothing
        What is shown while no run is open.

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
    sample_chosen(int)
        A sample, by its place on the sheet, is to be put on the desk.
    beside_wanted(Path or None)
        Another run is to be shown beside this one; None = no other any more.
    """

    scrubbed = Signal(float)
    load_wanted = Signal(float)
    live_wanted = Signal()
    last_good_wanted = Signal(int)
    restart_wanted = Signal(object)
    export_wanted = Signal(str)
    film_wanted = Signal()
    sample_chosen = Signal(int)
    beside_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_surface(self, "panel")
        self.nothing = NoRun()
        self.header = TrainHeader()
        self.wall = SampleWall()
        self.time = TimeLine()
        self.pages = Segmented("Shown of the run", PAGES, COLOUR.STYLE)
        self._samples_page, self._curves_page = QWidget(), QWidget()
        self._pair = Pair(self._samples_page, self._curves_page, SAMPLES_SHARE)
        self._sheet = QImage()
        self._name = ""
        self._other: tuple[str, RunHistory] | None = None
        self._charts: Charts | None = None
        self._classified = False
        self._may_chart = False
        self._slices = Slices(self)
        self._story: RunHistory | None = None
        self._config: TrainConfig | None = None
        self._diversity: tuple[tuple[int, float], ...] = ()
        self._finding: Finding | None = None
        self._speed = 0.0
        self._left: float | None = None
        self._status: RunStatus | None = None
        self._build_health()
        self._build_pages()
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 2 * STEP)
        column.setSpacing(2 * STEP)
        column.addWidget(self.nothing, 1)
        column.addWidget(self.header)
        column.addWidget(self._health)
        column.addWidget(self.pages)
        column.addWidget(self._pair, 1)
        column.addWidget(self.time)
        self._connect()
        self._show_parts()

    def _build_health(self) -> None:
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

    def _build_pages(self) -> None:
        """Samples to the left, curves to the right, each under a line of its own."""
        self._film = _quiet("Film…", "Save a film of all samples, one frame each.")
        self._beside = _quiet(
            "Beside…", "Show another run beside this one: its samples and, dashed, its curves."
        )
        self._runs = QMenu(self._beside)
        self._beside.setMenu(self._runs)
        self.every = Toggle(
            "All", COLOUR.STYLE, "Show everything the run has told, not only how it does."
        )
        self._png = _quiet("PNG", "Save the curves as they are shown.")
        self._csv = _quiet("CSV", "Save every report as a table.")
        self._to_come = muted("")
        self._curves_room = QVBoxLayout()
        self._curves_room.addWidget(self._to_come)
        pages = (
            (self._samples_page, "What it draws", (self._film, self._beside), self.wall),
            (
                self._curves_page,
                "Curves",
                (self.every, self._png, self._csv),
                self._curves_room,
            ),
        )
        for page, title, buttons, content in pages:
            heading = Label(title)
            heading.setFont(font("body", bold=True))
            line = QHBoxLayout()
            line.setSpacing(STEP)
            line.addWidget(heading, 1)
            for button in buttons:
                line.addWidget(button)
            column = QVBoxLayout(page)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(STEP)
            column.addLayout(line)
            if isinstance(content, QWidget):
                column.addWidget(content, 1)
            else:
                column.addLayout(content, 1)

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
        self.every.edited.connect(self._on_every)
        self.wall.sample_chosen.connect(self.sample_chosen)
        self._pair.widened.connect(self._on_widened)

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
            self._charts.show_every(self.every.isChecked())
            self._curves_room.insertWidget(0, self._charts, 1)
        return self._charts

    def _tell_to_come(self) -> None:
        """Say what the curves wait for: in their place while there are none, else below them."""
        drawn = () if self._charts is None else tuple(self._charts.plots)
        if self._charts is not None:
            self._charts.setVisible(bool(drawn))
        lives = self._status is None or self._status.state in ("running", "paused")
        words = curves_to_come(self._story, drawn, self._config) if lives and self._name else ""
        self._to_come.setText(words)
        self._to_come.setVisible(bool(words))
        places = Qt.AlignmentFlag
        self._to_come.setAlignment(places.AlignLeft if drawn else places.AlignCenter)

    def prepare_charts(self) -> None:
        """Make the charts a slice at a time from now on, as their library has been loaded elsewhere."""
        self._may_chart = True
        if self._story is not None and self._lacks_charts():
            making = self.charts.making_ready(self._story, self._diversity)
            self._slices.start(making, self._draw_if_seen)

    def _lacks_charts(self) -> bool:
        return self._story is not None and self.charts.lacks(self._story, self._diversity)

    def _show_parts(self) -> None:
        """A run's parts where one is open, else the ways to one."""
        there = bool(self._name)
        self.nothing.setVisible(not there)
        for part in (self.header, self._pair, self.time):
            part.setVisible(there)
        self.pages.setVisible(there and not self._pair.wide)

    def show_run(self, name: str) -> None:
        """Begin with another run."""
        self.leave_other()
        self._name = name
        self._show_parts()
        self._sheet = QImage()
        self.wall.show_message("The first samples are on their way.")
        self.header.show_run(name)
        self._story, self._diversity, self._config = None, (), None
        self._speed, self._left, self._status = 0.0, None, None
        self.time.forget()
        self._show_finding(None)
        self._tell_to_come()

    def show_status(self, status: RunStatus) -> None:
        """Tell where the run stands."""
        self._status = status
        self.header.show_status(status, self._speed, self._left)
        self._tell_to_come()

    def show_history(
        self,
        story: RunHistory,
        diversity: tuple[tuple[int, float], ...],
        findings: tuple[Finding, ...],
        left: float | None = None,
        config: TrainConfig | None = None,
    ) -> None:
        """Show a run's curves, its length, what is wrong with it, and how many seconds are left.

        `config` says when the curves come that are not there yet.
        """
        self._config = config
        before, self._story, self._diversity = self._story, story, diversity
        speeds = story.curves.get("images_per_second")
        self._speed = float(speeds[-5:].mean()) if speeds is not None and len(speeds) else 0.0
        self._left = left
        if self._status is not None:
            self.header.show_status(self._status, self._speed, left)
        self.header.bar.show_history(story)
        self.time.show_history(story)
        self._show_finding(findings[0] if findings else None)
        if before is None or before.grid != story.grid:
            self._show_samples(self._sheet)
        if self._may_chart and self._lacks_charts():
            self.prepare_charts()
        else:
            self._draw_if_seen()
        self._tell_to_come()

    def show_sheet(self, image: QImage) -> None:
        """Show the newest samples, unless an older sheet is being looked at."""
        if self.time.is_live:
            self._show_samples(image)

    def show_old_sheet(self, image: QImage) -> None:
        """Show the samples of the moment that is being looked at."""
        self._show_samples(image)

    def _show_samples(self, image: QImage) -> None:
        self._sheet = image
        if not image.isNull():
            self.wall.show_sheet(image, self._story.grid if self._story else (1, 1))

    def show_classes(self, classes: tuple[str, ...], *, by_row: bool, classified: bool) -> None:
        """Name the classes of the samples; `classified` where the losses hold the classifier's part."""
        self.wall.show_classes(classes, by_row=by_row)
        self._classified = classified
        if self._charts is not None:
            self._charts.classified = classified

    # --- another run beside this one -----------------------------------------------------------------

    def offer_runs(self, runs: Sequence[Path]) -> None:
        """List what can be shown beside this run."""
        self._runs.clear()
        for folder in runs:
            if folder.name != self._name:
                ask = partial(self.beside_wanted.emit, folder)
                self._runs.addAction(menu_text(plain_text(folder.name, 60)), ask)
        if self._runs.isEmpty():
            self._runs.addAction("There is no other run.").setEnabled(False)
        if self._other is not None:
            self._runs.addSeparator()
            self._runs.addAction("This run alone", partial(self.beside_wanted.emit, None))

    def show_other(
        self, name: str, history: RunHistory, diversity: tuple[tuple[int, float], ...]
    ) -> None:
        """Draw another run's curves dashed over this one's."""
        self._other = name, history
        self._beside.setText(f"Beside {plain_text(name, 20)}")
        self.charts.show_beside(history, diversity)

    def other_sheet(self) -> Path | None:
        """The other run's sheet of the moment that is looked at; None where there is none."""
        if self._other is None or not self._other[1].sheets:
            return None
        history = self._other[1]
        at = 1000.0 * (self.time.kimg if not self.time.is_live else float("inf"))
        nearest = min(
            history.sheets, key=lambda one: abs(one.images - min(at, history.last_images))
        )
        return history.root / nearest.path

    def show_other_sheet(self, image: QImage) -> None:
        """Show the other run's samples to the right of this one's."""
        if self._other is not None:
            name, history = self._other
            self.wall.show_beside(image, history.grid, (self._name, plain_text(name, 40)))

    def leave_other(self) -> None:
        """Show the one run alone again."""
        self._other = None
        self._beside.setText("Beside…")
        self.wall.leave_beside()
        if self._charts is not None:
            self._charts.show_beside(None)

    # --- pages ---------------------------------------------------------------------------------------

    @property
    def shows_curves(self) -> bool:
        """Whether the curves are seen."""
        return self._pair.wide or self.pages.value == "curves"

    def show_page(self, name: str) -> None:
        """Show the samples or the curves, where not both are seen."""
        self.pages.set_value(name)
        self._pair.show_page(int(name == "curves"))
        self._bring_curves()

    def _on_widened(self, _wide: bool) -> None:
        self._show_parts()
        self._bring_curves()

    def _bring_curves(self) -> None:
        if self.shows_curves and self._may_chart and self._lacks_charts():
            self.prepare_charts()
        else:
            self._draw_if_seen()

    def _on_every(self, on: bool) -> None:
        self.charts.show_every(on)

    def _draw_if_seen(self) -> None:
        if self.shows_curves and self._may_chart:
            self._draw()

    def _draw(self) -> None:
        self._slices.stop()
        if self._story is not None:
            self.charts.classified = self._classified
            self.charts.show_history(self._story, self._diversity)
            self.charts.show_cursor(None if self.time.is_live else self.time.kimg)
        self._tell_to_come()

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
        if self._charts is not None:
            self._charts.show_cursor(kimg)
        self.scrubbed.emit(kimg)

    def _on_live(self) -> None:
        if self._charts is not None:
            self._charts.show_cursor(None)
        self.live_wanted.emit()

    def _on_show_chart(self) -> None:
        if self._finding is not None:
            self.show_page("curves")
            self.charts.bring_into_view(self._finding.chart)
            self.every.setChecked(self.charts.shows_every)

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
