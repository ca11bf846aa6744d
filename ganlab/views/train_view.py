"""The training room: a run's state, its samples and its curves, and a way back through its time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ganlab.controls.label import Label
from ganlab.controls.segmented import Segmented
from ganlab.slices import Slices
from ganlab.style import COLOUR, STEP, font, set_surface, set_tip, set_tone
from ganlab.views.sheet_view import SheetView
from ganlab.views.time_line import TimeLine
from ganlab.views.train_header import TrainHeader
from ganlab_core.training.anew import CHANGES
from ganlab_core.training.health_monitor import Finding
from ganlab_core.training.run_history import Story
from ganlab_core.training.run_reader import RunStatus

if TYPE_CHECKING:
    from ganlab.views.charts import Charts

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
    anew_wanted(Finding)
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
    anew_wanted = Signal(object)
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
        self._story: Story | None = None
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
        self._anew.clicked.connect(self._on_anew)
        self._film.clicked.connect(self.film_wanted)
        self._png.clicked.connect(self._on_png)
        self._csv.clicked.connect(self._on_csv)

    def heightForWidth(self, width: int) -> int:
        """The least: the samples and the curves do with what there is, and so does a low window."""
        layout = self.layout()
        return -1 if layout is None else layout.totalMinimumHeightForWidth(width)

    # --- what is shown -------------------------------------------------------------------------------

    @property
    def story(self) -> Story | None:
        """The run as it was last told."""
        return self._story

    @property
    def health_words(self) -> str:
        """What is said about the run's health; empty for a healthy run."""
        return self._health_words.text() if self._finding else ""

    @property
    def charts(self) -> Charts:
        """The curves; their library is loaded when they are first needed."""
        if self._charts is None:
            from ganlab.views.charts import Charts

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

    def show_story(
        self,
        story: Story,
        diversity: tuple[tuple[int, float], ...],
        findings: tuple[Finding, ...],
    ) -> None:
        """Show a run's curves, its length, and what is wrong with it."""
        self._story, self._diversity = story, diversity
        speeds = story.curves.get("images_per_second")
        self._speed = float(speeds[-5:].mean()) if speeds is not None and len(speeds) else 0.0
        if self._status is not None:
            self.header.show_status(self._status, self._speed)
        self.time.show_story(story)
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
            self.charts.show_story(self._story, self._diversity)
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

    def _on_anew(self) -> None:
        if self._finding is not None:
            self.anew_wanted.emit(self._finding)

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
