"""The curves of a run: one chart under the other, one axis in kimg, phases shaded behind."""

from __future__ import annotations

import csv
import html
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QShowEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from ganlab.style import COLOUR, STEP, blend, font, set_tip
from ganlab.views.chart_table import Chart, Series, charts_for, series_of
from ganlab.views.pyramid import thinned
from ganlab_core.plain_text import plain_text
from ganlab_core.training.run_history import Story

HEIGHT = 28 * STEP
AXIS = 44
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
        self._column.addStretch(1)
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
        self._story: Story | None = None
        self._end = 0.0

    def show_story(self, story: Story, diversity: tuple[tuple[int, float], ...] = ()) -> None:
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
            plot.take(self._series, story, end)
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
            next(iter(self.plots.values())).setXRange(0, self._end, padding=0.01)

    def bring_into_view(self, name: str) -> None:
        """Scroll to a chart."""
        if name in self.plots:
            self._area.ensureWidgetVisible(self.plots[name])

    def save_png(self, path: Path) -> bool:
        """Write all charts as they are shown now."""
        for plot in self.plots.values():
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
        self, story: Story, diversity: tuple[tuple[int, float], ...] = ()
    ) -> Iterator[None]:
        """Make the charts of a run, one at each step, before `show_story` shows them."""
        return self._making(charts_for(series_of(story, diversity)))

    def lacks(self, story: Story, diversity: tuple[tuple[int, float], ...] = ()) -> bool:
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
            self._column.insertWidget(len(self.plots), plot)
            plot.hovered.connect(self._on_hovered)
            plot.all_asked.connect(self.show_all)
            if self.plots:
                plot.setXLink(next(iter(self.plots.values())))
            self.plots[chart.name] = plot
            yield

    def _on_hovered(self, kimg: float) -> None:
        self.show_cursor(kimg)
        self.hovered.emit(kimg)


class _Plot(pg.PlotWidget):  # type: ignore[misc]
    """One chart."""

    hovered = Signal(float)
    all_asked = Signal()

    def __init__(self, chart: Chart) -> None:
        super().__init__(background=COLOUR.PANEL, enableMenu=False)
        self.chart = chart
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(chart.title)
        set_tip(self, chart.tip)
        self._title = pg.LabelItem(justify="left")
        self._dress()
        self._curves: dict[str, pg.PlotDataItem] = {}
        self._series: Mapping[str, Series] = {}
        self._story: Story | None = None
        self._end = 0.0
        self._stale = False
        self._phases: list[pg.LinearRegionItem] = []
        self._phase_key: tuple[object, ...] = ()
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
        view = plot.getViewBox()
        view.setMouseEnabled(x=True, y=False)
        view.enableAutoRange(y=True)
        view.setAutoVisible(y=True)
        view.setLimits(xMin=0)

    # --- what is shown -------------------------------------------------------------------------------

    def take(self, series: Mapping[str, Series], story: Story, end: float) -> None:
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
            self._redraw()
            self._show_phases(self._story, self._end)

    def _show_phases(self, story: Story, end: float) -> None:
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
                curve.setData(*thinned(one.x, one.y, low, high, bins), connect="finite")
        self._fit_constant()
        if not self._cursor.isVisible():
            self._tell(None)

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
            shown = "" if value is None else f"{value:.4g}"
            parts.append(f'<span style="color:{line.colour}">{name}{shown}</span>')
        if kimg is not None:
            parts.append(f'<span style="color:{COLOUR.MUTED}">at {kimg:.4g} kimg</span>')
        self.getPlotItem().titleLabel.setText(
            "&nbsp;&nbsp;".join(parts), color=COLOUR.MUTED, size=f"{font('small').pointSizeF()}pt"
        )

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
