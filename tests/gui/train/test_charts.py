"""Curves: thinned without losing a peak, shaded by phase, read at a moment, written as a table."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from ganlab.train.charts import Charts, charts_for, reference, series_of, steering_marks, thinned
from ganlab_core.training import RunHistory
from ganlab_core.training.events import PhaseMark, SteerMark


def history(count: int) -> RunHistory:
    x = np.arange(1, count + 1) * 100.0
    values = {name: np.sin(x / 1000) for name in ("loss_g", "loss_d", "real_score", "fake_score")}
    alpha = np.clip((x - 1000) / 1000, 0, 1)
    phases = (PhaseMark(0, 4, False), PhaseMark(1000, 8, True), PhaseMark(2000, 8, False))
    extra = {"Spectra.values.g.conv0": (x[:3], np.array([1.0, 2.0, 3.0]))}
    curves = {"images": x, "alpha": alpha, "penalty": np.zeros(count), **values}
    return RunHistory(Path(), 10_000, "logistic-r1", curves=curves, phases=phases, extra=extra)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=2000), st.integers(1, 50))
def test_a_thinned_curve_keeps_its_highest_and_lowest_point(values: list[float], bins: int) -> None:
    y = np.array(values)
    x = np.arange(len(y), dtype=float)
    few_x, few_y = thinned(x, y, 0.0, float(len(y)), bins)
    assert few_y.max() == y.max()
    assert few_y.min() == y.min()
    assert len(few_x) <= 4 * bins + 2 * (len(y) // bins + 1) + 2
    assert bool((np.diff(few_x) >= 0).all())


def test_bins_without_a_number_are_left_out() -> None:
    y = np.full(1000, np.nan)
    y[500] = 3.0
    _, few = thinned(np.arange(1000.0), y, 0, 1000, 10)
    assert np.nanmax(few) == 3.0


def test_only_charts_with_something_to_show_are_drawn(qtbot: QtBot) -> None:
    told = history(50)
    names = [chart.name for chart in charts_for(series_of(told, ((0, 0.1), (900, 0.2))))]
    assert names == ["losses", "variety", "scores", "spectra"]
    assert charts_for(series_of(RunHistory(Path()), ())) == ()


def test_values_are_told_at_the_cursor_and_the_view_follows_the_run(qtbot: QtBot) -> None:
    charts = Charts()
    qtbot.addWidget(charts)
    charts.resize(500, 400)
    charts.show()
    charts.show_history(history(40))
    (low, high), _ = charts.plots["losses"].viewRange()
    assert low <= 0
    assert high >= 4
    charts.show_history(history(60))
    assert charts.plots["scores"].viewRange()[0][1] >= 6
    charts.show_cursor(1.5)
    assert "at 1.5 kimg" in charts.plots["losses"].getPlotItem().titleLabel.text
    assert f"{np.sin(1.5):.3g}" in charts.plots["losses"].getPlotItem().titleLabel.text
    charts.plots["losses"].setXRange(1, 2, padding=0)
    charts.show_history(history(80))
    assert charts.plots["losses"].viewRange()[0][1] == pytest.approx(2)
    charts.show_all()
    assert charts.plots["losses"].viewRange()[0][1] >= 8


def test_the_fade_is_shaded(qtbot: QtBot) -> None:
    charts = Charts()
    qtbot.addWidget(charts)
    charts.resize(500, 400)
    charts.show()
    charts.show_history(history(40))
    qtbot.waitUntil(lambda: bool(charts.plots["losses"]._phases))
    (region,) = charts.plots["losses"]._phases
    assert region.getRegion() == (1.0, 2.0)


def test_curves_are_saved_as_a_picture_and_as_a_table(qtbot: QtBot, tmp_path: Path) -> None:
    charts = Charts()
    qtbot.addWidget(charts)
    charts.show_history(history(5))
    charts.save_csv(tmp_path / "run.csv")
    lines = (tmp_path / "run.csv").read_text().splitlines()
    assert lines[0].startswith("images,alpha")
    assert len(lines) == 6
    assert charts.save_png(tmp_path / "run.png")


def shown(charts: Charts) -> list[str]:
    return [name for name, plot in charts.plots.items() if plot.isVisibleTo(charts)]


def test_two_or_three_charts_are_shown_and_the_others_when_asked(qtbot: QtBot) -> None:
    charts = Charts()
    qtbot.addWidget(charts)
    charts.resize(500, 400)
    charts.show_history(history(40), ((0, 0.1), (900, 0.2)))
    assert shown(charts) == ["losses", "variety"]
    charts.show_every(True)
    assert shown(charts) == ["losses", "variety", "scores", "spectra"]
    charts.show_every(False)
    charts.bring_into_view("scores")
    assert charts.shows_every


def test_the_guessing_line_stands_where_a_loss_says_something_about_guessing() -> None:
    told = history(40)
    line = reference("losses", told, classified=False)
    assert line == (pytest.approx(2 * np.log(2)), "D guesses")
    assert reference("losses", told, classified=True) is None
    assert reference("losses", dataclasses.replace(told, loss="wgan-gp"), classified=False) is None
    of_data = dataclasses.replace(told, variety=0.4)
    assert reference("variety", of_data, classified=False) == (1.0, "the data")
    series = series_of(of_data, ((0, 0.4), (900, 0.2)))
    assert series["variety"].y.tolist() == [1.0, 0.5]


def test_steering_is_marked_and_pauses_are_not(qtbot: QtBot) -> None:
    steered = (
        SteerMark(1000, (("paused", True),)),
        SteerMark(2000, (("r1_gamma", 2.0), ("learning_rate", 0.001))),
    )
    told = dataclasses.replace(history(40), steered=steered)
    assert steering_marks(told) == [(2.0, "R1 2, lr 0.001")]
    charts = Charts()
    qtbot.addWidget(charts)
    charts.resize(500, 400)
    charts.show()
    charts.show_history(told)
    qtbot.waitUntil(lambda: bool(charts.plots["losses"]._marks))
    places = [(mark.angle, mark.value()) for mark in charts.plots["losses"]._marks]
    assert places == [(0, pytest.approx(2 * np.log(2))), (90, 2.0)]


def test_another_run_is_drawn_dashed_and_goes_again(qtbot: QtBot) -> None:
    charts = Charts()
    qtbot.addWidget(charts)
    charts.resize(500, 400)
    charts.show()
    charts.show_history(history(40))
    charts.show_beside(history(80))
    plot = charts.plots["losses"]
    qtbot.waitUntil(lambda: set(plot._dashed) == {"loss_g", "loss_d"})
    assert len(plot._dashed["loss_g"].getData()[0]) == 80
    assert plot.viewRange()[0][1] >= 8
    charts.show_beside(None)
    qtbot.waitUntil(lambda: plot._dashed["loss_g"].getData()[0] is None)


def test_the_numbers_of_the_axis_say_what_they_are(qtbot: QtBot) -> None:
    charts = Charts()
    qtbot.addWidget(charts)
    charts.show_history(history(40))
    axis = charts.plots["losses"].getPlotItem().getAxis("bottom")
    major = axis.tickValues(0.0, 4.0, 300)[0]
    written = axis.tickStrings(major[1], 1.0, major[0])
    assert written[0] == "kimg"
    assert all(float(text) > 0 for text in written[1:])
