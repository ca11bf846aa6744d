"""The curves of a run: one chart under the other, one axis in kimg, phases shaded behind."""

from __future__ import annotations

import csv
import html
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QShowEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from ganlab.style import COLOUR, STEP, blend, font, set_tip
from ganlab_core.plain_text import plain_text
from ganlab_core.training import GUESSING, Curve, RunHistory

# Which curves of a run stand in which chart, and in which colour.

SPECTRA = ("Spectra.", "LayerGains.")
"""What the names of singular values begin with."""

SPECTRA_SHOWN = 8
"""Singular values drawn; of more layers, the largest at the end."""


@dataclass(frozen=True, slots=True)
class Line:
    """One curve of a chart: its key among the series, its name on the screen, its colour."""

    key: str
    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: how the code calls it, its title, a sentence about it, and what its numbers are.

    A `main` one is always shown, the others among all curves.
    """

    name: str
    title: str
    lines: tuple[Line, ...]
    tip: str
    unit: str = ""
    main: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Points of one curve: x in kimg, y; x never falls."""

    x: Curve
    y: Curve


CHARTS = (
    Chart("losses", "Who is winning", (
        Line("loss_g", "G", COLOUR.STYLE), Line("loss_d", "D", COLOUR.TRUNCATION)),
        "What the two optimisers saw: the lower, the better that network does (Goodfellow et al. 2014).",
        "loss", main=True),
    Chart("kid", "How far from the data", (Line("Evaluated.kid", "KID", COLOUR.GROWTH),),
        "Kernel distance of 500 samples to the data, before a checkpoint; lower is better"
        " (Binkowski et al. 2018).",
        "KID", main=True),
    Chart("distances", "How far from the data", (
        Line("Measured.distance", "distance", COLOUR.CLASS),),
        "Sliced Wasserstein distance of the samples to the data, times 1000, at the resolution reached;"
        " lower is better (Karras et al. 2018, sec. 5).",
        "SWD", main=True),
    Chart("variety", "Variety", (Line("variety", "variety", COLOUR.STYLE),),
        "Mean distance between the pictures of a sheet, measured by that of the data; a fall to nothing"
        " is a mode collapse.", "1 = as the data", main=True),
    Chart("scores", "Score of D", (
        Line("real_score", "real", COLOUR.CLASS), Line("fake_score", "fake", COLOUR.TRUNCATION)),
        "D's mean output for real and for generated pictures; far apart means an easy game for D.",
        "logit"),
    Chart("penalty", "Gradient penalty", (Line("penalty", "penalty", COLOUR.NOISE),),
        "R1 or WGAN-GP, before its weight (Mescheder et al. 2018; Gulrajani et al. 2017).",
        "squared gradient"),
    Chart("rate", "Learning rate", (Line("learning_rate", "both", COLOUR.TEXT),),
        "Adam's step size; a step in it shows where it was changed.", "per step"),
    Chart("augmentation", "Augmentation p", (
        Line("augment_p", "p", COLOUR.NOISE), Line("r_t", "r_t", COLOUR.TRUNCATION)),
        "How often pictures are augmented, and how sure D is of real ones (Karras et al. 2020).",
        "share"),
    Chart("speed", "Speed", (Line("images_per_second", "pictures/s", COLOUR.MUTED),),
        "Real pictures seen per second, everything counted.", "pictures per second"),
)  # fmt: skip

_EXTRA_COLOURS = (
    COLOUR.STYLE, COLOUR.TRUNCATION, COLOUR.CLASS, COLOUR.GROWTH, COLOUR.NOISE, COLOUR.TEXT,
    COLOUR.MUTED, COLOUR.FURTHER,
)  # fmt: skip


def series_of(story: RunHistory, diversity: tuple[tuple[int, float], ...]) -> dict[str, Series]:
    """Every curve that can be drawn, by its key."""
    x = story.images / 1000.0
    found = {name: Series(x, y) for name, y in story.curves.items() if name != "images"}
    if "penalty" in found:  # 0 means that no step of the report computed it
        there = found["penalty"].y > 0
        found["penalty"] = Series(x[there], found["penalty"].y[there])
    if len(diversity) > 1:
        pairs = np.array(diversity, float)
        of_data = story.variety if story.variety > 0 else float(pairs[:, 1].max()) or 1.0
        found["variety"] = Series(pairs[:, 0] / 1000.0, pairs[:, 1] / of_data)
    found |= {name: Series(at / 1000.0, values) for name, (at, values) in story.extra.items()}
    return found


def charts_for(series: Mapping[str, Series]) -> tuple[Chart, ...]:
    """The charts there is something for: those that are always shown, the others, singular values."""
    known = [chart for chart in CHARTS if any(_lives(series, line.key) for line in chart.lines)]
    if any(chart.name == "kid" for chart in known):  # both say how far it is: one of them first
        known = [replace(one, main=one.main and one.name != "distances") for one in known]
    known.sort(key=lambda chart: not chart.main)
    rare = [key for key in series if "." in key]
    spectra = sorted(
        (key for key in rare if key.startswith(SPECTRA)),
        key=lambda key: float(-series[key].y[-1]),
    )[:SPECTRA_SHOWN]
    shown = {line.key for chart in CHARTS for line in chart.lines}
    others = [
        key for key in rare if not key.startswith((*SPECTRA, "Evaluated.")) and key not in shown
    ]
    if others:
        known.append(Chart("told", "Also told", _lines(others), "What else the run has told."))
    if spectra:
        tip = "The largest singular value of each layer's weight (Brock et al. 2019, sec. 4)."
        known.append(
            Chart("spectra", "Singular values", _lines(spectra), tip, "largest of a layer")
        )
    return tuple(known)


def _lives(series: Mapping[str, Series], key: str) -> bool:
    """Whether there is anything to see."""
    return key in series and bool(np.isfinite(series[key].y).any())


_STEERED = {
    "learning_rate": "lr",
    "learning_rate_d": "lr of D",
    "r1_gamma": "R1",
    "augment": "augment",
    "growth_speed": "growth ×",
}
"""How a mark in a chart calls a setting."""

MOST_MARKS = 40


def steering_marks(history: RunHistory) -> list[tuple[float, str]]:
    """(kimg, words) of what was changed on the way; pauses change nothing."""
    marks = []
    for mark in history.steered[-MOST_MARKS:]:
        changed = [
            f"{_STEERED[name]} {value:g}"
            if isinstance(value, float)
            else f"{_STEERED[name]} {value}"
            for name, value in mark.changes
            if name in _STEERED
        ]
        if changed:
            marks.append((mark.images / 1000.0, plain_text(", ".join(changed), 40)))
    return marks


def reference(chart: str, history: RunHistory, *, classified: bool) -> tuple[float, str] | None:
    """What a curve is to be measured by: its height, and what it is; None where there is nothing.

    With the auxiliary classifier's part in it (`classified`) a loss says nothing about guessing.
    """
    if chart == "losses" and not classified and history.loss in GUESSING:
        return GUESSING[history.loss], "D guesses"
    if chart == "variety" and history.variety > 0:
        return 1.0, "the data"
    return None


def _lines(keys: list[str]) -> tuple[Line, ...]:
    return tuple(
        Line(
            key,
            key.partition(".")[2].removeprefix("values."),
            _EXTRA_COLOURS[index % len(_EXTRA_COLOURS)],
        )
        for index, key in enumerate(keys)
    )


# A curve of any length as at most a few points per pixel: the lowest and highest of each bin.


def thinned(x: Curve, y: Curve, low: float, high: float, bins: int) -> tuple[Curve, Curve]:
    """The part of a curve from `low` to `high` on the x axis, and one point beyond each end.

    Of more than two points per bin the lowest and highest are kept in their order, so that no peak is
    lost. x must not fall; bins without a finite value are left out.
    """
    first = max(0, int(np.searchsorted(x, low, "left")) - 1)
    last = min(len(x), int(np.searchsorted(x, high, "right")) + 1)
    x, y = x[first:last], y[first:last]
    size = len(x) // max(1, bins)
    if size <= 2:
        return x, y
    whole = len(x) // size * size
    blocks = y[:whole].reshape(-1, size)
    starts = np.arange(0, whole, size)
    if np.isfinite(blocks).all():
        ends = np.stack([blocks.argmin(axis=1), blocks.argmax(axis=1)])
    else:
        alive = np.isfinite(blocks).any(axis=1)
        starts, blocks = starts[alive], np.where(np.isfinite(blocks), blocks, np.nan)[alive]
        ends = np.stack([np.nanargmin(blocks, axis=1), np.nanargmax(blocks, axis=1)])
    picked = (starts + np.sort(ends, axis=0)).T.reshape(-1)
    picked = np.append(picked, np.arange(whole, len(x)))
    return x[picked], y[picked]


HEIGHT = 28 * STEP
AXIS = 38
FADING = QColor(blend(COLOUR.GROWTH, COLOUR.PANEL, 0.16))
STABLE = QColor(blend(COLOUR.TEXT, COLOUR.PANEL, 0.03))
CURSOR = QColor(blend(COLOUR.TEXT, COLOUR.PANEL, 0.6))


class Charts(QWidget):
    """All charts of one run; the wheel zooms the shared axis, a double click shows everything.

    Signals
    -------
    hovered(float)
        The pointer is over this kimg.
    """

    hovered = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Curves")
        self._page = QWidget()
        self._page.setProperty("plain", "true")
        self._column = QVBoxLayout(self._page)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(STEP)
        self._column.addStretch(0)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self._page)
        self._area.verticalScrollBar().valueChanged.connect(self._draw_seen)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._area)
        self.plots: dict[str, _Plot] = {}
        self._series: dict[str, Series] = {}
        self._beside: dict[str, Series] = {}
        self._story: RunHistory | None = None
        self._end = 0.0
        self._all = False
        self.classified = False

    @property
    def shows_every(self) -> bool:
        """Whether all curves are shown, not only those that say how the run does."""
        return self._all

    def show_every(self, on: bool) -> None:
        """Show all curves, or only those that say how the run does."""
        self._all = on
        for plot in self.plots.values():
            plot.setVisible(on or plot.chart.main)
        QTimer.singleShot(0, self, self._draw_seen)

    def show_beside(
        self, story: RunHistory | None, diversity: tuple[tuple[int, float], ...] = ()
    ) -> None:
        """Draw another run's curves dashed over this one's; None takes them away."""
        self._beside = {} if story is None else series_of(story, diversity)
        if self._story is not None:
            for plot in self.plots.values():
                plot.take_beside(self._beside)
            self.show_all()
            self._draw_seen()

    def show_history(
        self, story: RunHistory, diversity: tuple[tuple[int, float], ...] = ()
    ) -> None:
        """Draw a run as it is now; where a person has zoomed in, the view stays."""
        self._series = series_of(story, diversity)
        self._story = story
        charts = charts_for(self._series)
        for _ in self._making(charts):
            pass
        end = max(0.001, story.last_images / 1000.0)
        whole = self._shows_all()
        self._end = end
        for plot in self.plots.values():
            plot.classified = self.classified
            plot.take(self._series, story, end)
            plot.take_beside(self._beside)
        if whole:
            self.show_all()
        self._draw_seen()

    def _draw_seen(self) -> None:
        """Bring the charts up to date that are not scrolled away."""
        for plot in self.plots.values():
            plot.draw_if_seen()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what has come while nobody looked."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._draw_seen)

    def show_cursor(self, kimg: float | None) -> None:
        """Mark a moment in every chart; None for none."""
        for plot in self.plots.values():
            plot.show_cursor(kimg)

    def show_all(self) -> None:
        """Show the whole run."""
        if self.plots:
            ends = [float(one.x[-1]) for one in self._beside.values() if len(one.x)]
            end = max([self._end, *ends])
            next(iter(self.plots.values())).setXRange(0, end, padding=0.01)

    def bring_into_view(self, name: str) -> None:
        """Scroll to a chart."""
        if name in self.plots:
            if not self.plots[name].chart.main:
                self.show_every(True)
            self._area.ensureWidgetVisible(self.plots[name])

    def save_png(self, path: Path) -> bool:
        """Write all charts as they are shown now."""
        for plot in self.plots.values():
            if plot.isVisibleTo(self._page):
                plot.draw()
        return self._page.grab().save(str(path), "PNG")

    def save_csv(self, path: Path) -> None:
        """Write every report of the run, one row each; raises `OSError`."""
        if self._story is None:
            return
        curves = self._story.curves
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(curves)
            rows.writerows(zip(*(curve.tolist() for curve in curves.values()), strict=True))

    def _shows_all(self) -> bool:
        if not self.plots or not self._end:
            return True
        (low, high), _ = next(iter(self.plots.values())).viewRange()
        return bool(low <= 0 and high >= self._end)

    def making_ready(
        self, story: RunHistory, diversity: tuple[tuple[int, float], ...] = ()
    ) -> Iterator[None]:
        """Make the charts of a run, one at each step, before `show_history` shows them."""
        return self._making(charts_for(series_of(story, diversity)))

    def lacks(self, story: RunHistory, diversity: tuple[tuple[int, float], ...] = ()) -> bool:
        """Whether charts that this run needs have not been made."""
        wanted = charts_for(series_of(story, diversity))
        return list(self.plots) != [chart.name for chart in wanted]

    def _making(self, charts: tuple[Chart, ...]) -> Iterator[None]:
        """Make what is missing; charts of another kind of run go first."""
        if list(self.plots) != [chart.name for chart in charts][: len(self.plots)]:
            for plot in self.plots.values():
                self._column.removeWidget(plot)
                plot.deleteLater()
            self.plots = {}
        for chart in charts[len(self.plots) :]:
            plot = _Plot(chart)
            for _ in plot.adding_curves():
                yield
            self._column.insertWidget(len(self.plots), plot, 1)
            plot.setVisible(self._all or chart.main)
            plot.hovered.connect(self._on_hovered)
            plot.all_asked.connect(self.show_all)
            if self.plots:
                plot.setXLink(next(iter(self.plots.values())))
            self.plots[chart.name] = plot
            yield

    def _on_hovered(self, kimg: float) -> None:
        self.show_cursor(kimg)
        self.hovered.emit(kimg)


class _KimgAxis(pg.AxisItem):  # type: ignore[misc]
    """Thousands of images; the unit stands where the zero would."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """The numbers as they are, and the unit."""
        told: list[str] = super().tickStrings(values, scale, spacing)
        pairs = zip(told, values, strict=True)
        return ["kimg" if value == 0 else text for text, value in pairs]


def _draw(curve: pg.PlotDataItem, x: Curve, y: Curve) -> None:
    """Draw these points as a line; the first one, which makes no line yet, as a dot."""
    alone = int(np.isfinite(y).sum()) == 1
    colour = curve.opts["pen"].color()
    curve.setData(
        x, y, connect="finite", symbol="o" if alone else None, symbolSize=5,
        symbolBrush=colour, symbolPen=None,
    )  # fmt: skip


class _Plot(pg.PlotWidget):  # type: ignore[misc]
    """One chart."""

    hovered = Signal(float)
    all_asked = Signal()

    def __init__(self, chart: Chart) -> None:
        axes = {"bottom": _KimgAxis("bottom")}
        super().__init__(background=COLOUR.PANEL, enableMenu=False, axisItems=axes)
        self.chart = chart
        self.classified = False
        self.setMinimumHeight(HEIGHT)
        if not chart.main:
            self.setFixedHeight(HEIGHT)
        self.setAccessibleName(chart.title)
        set_tip(self, chart.tip)
        self._title = pg.LabelItem(justify="left")
        self._dress()
        self._curves: dict[str, pg.PlotDataItem] = {}
        self._dashed: dict[str, pg.PlotDataItem] = {}
        self._series: Mapping[str, Series] = {}
        self._beside: Mapping[str, Series] = {}
        self._story: RunHistory | None = None
        self._end = 0.0
        self._stale = False
        self._phases: list[pg.LinearRegionItem] = []
        self._phase_key: tuple[object, ...] = ()
        self._marks: list[pg.InfiniteLine] = []
        self._mark_key: tuple[object, ...] = ()
        self._cursor = pg.InfiniteLine(pen=pg.mkPen(CURSOR, width=1))
        self._cursor.hide()
        self.addItem(self._cursor, ignoreBounds=True)
        self.sigXRangeChanged.connect(self._on_range)
        self.scene().sigMouseMoved.connect(self._on_moved)
        self._tell(None)

    def adding_curves(self) -> Iterator[None]:
        """Add the chart's curves, each after a step: an empty chart is work enough for one."""
        for line in self.chart.lines:
            yield
            self._curves[line.key] = self.plot(pen=pg.mkPen(line.colour, width=1))

    def _dress(self) -> None:
        plot = self.getPlotItem()
        plot.hideButtons()
        plot.setMenuEnabled(False)
        plot.setContentsMargins(0, 0, STEP, 0)
        plot.titleLabel.setMaximumHeight(18)
        plot.titleLabel.setVisible(True)
        plot.layout.setRowFixedHeight(0, 18)
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.setPen(pg.mkPen(COLOUR.LINE))
            axis.setTextPen(pg.mkPen(COLOUR.MUTED))
            axis.setStyle(tickFont=font("small"), tickLength=-4, maxTickLevel=1)
            axis.enableAutoSIPrefix(False)
        plot.getAxis("left").setWidth(AXIS)
        plot.getAxis("bottom").setStyle(hideOverlappingLabels=False)
        view = plot.getViewBox()
        view.setMouseEnabled(x=True, y=False)
        view.enableAutoRange(y=True)
        view.setAutoVisible(y=True)
        view.setLimits(xMin=0)

    # --- what is shown -------------------------------------------------------------------------------

    def take(self, series: Mapping[str, Series], story: RunHistory, end: float) -> None:
        """Keep the newest points; they are drawn when somebody sees them."""
        self._series = series
        self._story, self._end = story, end
        self._stale = True

    def draw_if_seen(self) -> None:
        """Draw what is kept and not drawn yet, unless the chart is scrolled out of sight."""
        if self._stale and not self.visibleRegion().isEmpty():
            self.draw()

    def draw(self) -> None:
        """Draw what is kept."""
        self._stale = False
        if self._story is not None:
            self._show_marks(self._story)
            self._redraw()
            self._show_phases(self._story, self._end)

    def take_beside(self, series: Mapping[str, Series]) -> None:
        """Keep another run's points, to be drawn dashed."""
        self._beside = series
        self._stale = True

    def _show_marks(self, story: RunHistory) -> None:
        """Mark where the run was steered, and what the curves are measured by."""
        known = reference(self.chart.name, story, classified=self.classified)
        key = (known, len(story.steered), self.chart.name)
        if key == self._mark_key:
            return
        self._mark_key = key
        for mark in self._marks:
            self.removeItem(mark)
        self._marks = []
        if known is not None:
            self._mark(known[0], 0, known[1], Qt.PenStyle.DashLine)
        for kimg, words in steering_marks(story):
            self._mark(kimg, 90, words if self.chart.name == "losses" else "", Qt.PenStyle.DotLine)

    def _mark(self, at: float, angle: int, words: str, line: Qt.PenStyle) -> None:
        """One straight line with its words; it does not stretch the chart."""
        look = {"position": 0.02 if angle == 0 else 0.9, "color": COLOUR.MUTED, "movable": False}
        look["anchors"] = [(0, 1), (0, 1)] if angle == 0 else [(0, 0.5), (1, 0.5)]
        made = pg.InfiniteLine(
            at, angle, pg.mkPen(COLOUR.MUTED, style=line), label=words or None, labelOpts=look
        )
        if made_label := getattr(made, "label", None):
            made_label.setFont(font("small"))
        made.setZValue(-5)
        self.addItem(made, ignoreBounds=angle == 90)
        self._marks.append(made)

    def _show_phases(self, story: RunHistory, end: float) -> None:
        """Shade what was faded in when."""
        phases = story.phases
        key = (phases, end if phases else 0)
        if key == self._phase_key:
            return
        self._phase_key = key
        for region in self._phases:
            self.removeItem(region)
        self._phases = []
        starts = [phase.images / 1000.0 for phase in phases]
        for phase, low, high in zip(phases, starts, [*starts[1:], end], strict=False):
            if phase.fading and high > low:
                region = pg.LinearRegionItem((low, high), movable=False, brush=FADING, pen=None)
                for line in region.lines:
                    line.setPen(pg.mkPen(None))
                region.setZValue(-10)
                self.addItem(region, ignoreBounds=True)
                self._phases.append(region)

    def show_cursor(self, kimg: float | None) -> None:
        """Mark a moment, and write the values there."""
        self._cursor.setVisible(kimg is not None)
        if kimg is not None:
            self._cursor.setValue(kimg)
        self._tell(kimg)

    def _on_range(self) -> None:
        self._stale = True
        QTimer.singleShot(0, self, self.draw_if_seen)

    def _redraw(self) -> None:
        (low, high), _ = self.viewRange()
        bins = max(50, self.width() // 3)
        for key, curve in self._curves.items():
            one = self._series.get(key)
            if one is not None:
                _draw(curve, *thinned(one.x, one.y, low, high, bins))
        self._redraw_beside(low, high, bins)
        self._fit_constant()
        if not self._cursor.isVisible():
            self._tell(None)

    def _redraw_beside(self, low: float, high: float, bins: int) -> None:
        for line in self.chart.lines:
            one, curve = self._beside.get(line.key), self._dashed.get(line.key)
            if one is None and curve is None:
                continue
            if curve is None:
                pen = pg.mkPen(line.colour, width=1, style=Qt.PenStyle.DashLine)
                curve = self._dashed[line.key] = self.plot(pen=pen)
            nothing = np.empty(0)
            points = (nothing, nothing) if one is None else thinned(one.x, one.y, low, high, bins)
            _draw(curve, *points)

    def _fit_constant(self) -> None:
        """Let a curve that never changes lie in the middle, with its value on the axis."""
        ends = [(np.nanmin(one.y), np.nanmax(one.y)) for one in self._drawn()]
        constant = bool(ends) and min(low for low, _ in ends) == max(high for _, high in ends)
        if constant and ends[0][0] != 0:
            self.setYRange(*sorted((0.0, 2.0 * float(ends[0][0]))))
        else:
            self.enableAutoRange(y=True)

    def _drawn(self) -> list[Series]:
        """The series of this chart that have a value."""
        known = (self._series.get(line.key) for line in self.chart.lines)
        return [one for one in known if one is not None and np.isfinite(one.y).any()]

    def _tell(self, kimg: float | None) -> None:
        """The title with each curve's value, in its colour."""
        parts = [f"<b>{self.chart.title}</b>"]
        for line in self.chart.lines:
            value = self._value(line.key, kimg)
            name = "" if len(self.chart.lines) == 1 else f"{html.escape(plain_text(line.name))} "
            shown = "" if value is None else f"{value:.3g}"
            parts.append(f'<span style="color:{line.colour}">{name}{shown}</span>')
        unit = f"{self.chart.unit}, with the classifier's part" if self._mixed else self.chart.unit
        said = unit if kimg is None else f"at {kimg:.4g} kimg"
        parts.append(f'<span style="color:{COLOUR.MUTED}">{html.escape(said)}</span>')
        self.getPlotItem().titleLabel.setText(
            "&nbsp;".join(parts),
            color=COLOUR.MUTED,
            size=f"{font('small').pointSizeF()}pt",
            justify="left",
        )

    @property
    def _mixed(self) -> bool:
        return self.classified and self.chart.name == "losses"

    def _value(self, key: str, kimg: float | None) -> float | None:
        one = self._series.get(key)
        if one is None or not len(one.x):
            return None
        at = len(one.x) - 1
        if kimg is not None:
            at = min(at, int(np.searchsorted(one.x, kimg)))
        value = float(one.y[at])
        return value if math.isfinite(value) else None

    # --- the pointer ---------------------------------------------------------------------------------

    def _on_moved(self, at: QPointF) -> None:
        view = self.getPlotItem().getViewBox()
        if view.sceneBoundingRect().contains(at):
            self.hovered.emit(max(0.0, float(view.mapSceneToView(at).x())))

    def mouseDoubleClickEvent(self, event: object) -> None:
        """Show the whole run."""
        self.all_asked.emit()
