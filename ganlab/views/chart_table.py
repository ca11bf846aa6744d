"""Which curves of a run stand in which chart, and in which colour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ganlab.style import COLOUR
from ganlab_core.training.run_history import Curve, Story

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
    """A chart: how the code calls it, its title, and a sentence about it."""

    name: str
    title: str
    lines: tuple[Line, ...]
    tip: str


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Points of one curve: x in kimg, y; x never falls."""

    x: Curve
    y: Curve


CHARTS = (
    Chart("losses", "Loss", (
        Line("loss_g", "G", COLOUR.STYLE), Line("loss_d", "D", COLOUR.TRUNCATION)),
        "What the two optimisers saw (Goodfellow et al. 2014)."),
    Chart("scores", "Score of D", (
        Line("real_score", "real", COLOUR.CLASS), Line("fake_score", "fake", COLOUR.TRUNCATION)),
        "D's mean output for real and for generated pictures; far apart means an easy game for D."),
    Chart("penalty", "Gradient penalty", (Line("penalty", "penalty", COLOUR.NOISE),),
        "R1 or WGAN-GP, before its weight (Mescheder et al. 2018; Gulrajani et al. 2017)."),
    Chart("alpha", "Alpha", (Line("alpha", "alpha", COLOUR.GROWTH),),
        "How far the newest block is faded in (Karras et al. 2018, fig. 2)."),
    Chart("rate", "Learning rate", (Line("learning_rate", "both", COLOUR.TEXT),),
        "Adam's step size; a step in it shows where it was changed."),
    Chart("augmentation", "Augmentation p", (Line("augment_p", "p", COLOUR.NOISE),),
        "How often pictures are augmented before D sees them (Karras et al. 2020)."),
    Chart("variety", "Variety of the samples", (Line("variety", "distance", COLOUR.STYLE),),
        "Mean distance between the pictures of a sheet; a fall to nothing is a mode collapse."),
    Chart("speed", "Images per second", (Line("images_per_second", "images/s", COLOUR.MUTED),),
        "Real pictures seen per second, everything counted."),
)  # fmt: skip

_EXTRA_COLOURS = (
    COLOUR.STYLE, COLOUR.TRUNCATION, COLOUR.CLASS, COLOUR.GROWTH, COLOUR.NOISE, COLOUR.TEXT,
    COLOUR.MUTED, "#5C86C5",
)  # fmt: skip


def series_of(story: Story, diversity: tuple[tuple[int, float], ...]) -> dict[str, Series]:
    """Every curve that can be drawn, by its key."""
    x = story.images / 1000.0
    found = {name: Series(x, y) for name, y in story.curves.items() if name != "images"}
    if "penalty" in found:  # 0 means that no step of the report computed it
        there = found["penalty"].y > 0
        found["penalty"] = Series(x[there], found["penalty"].y[there])
    if len(diversity) > 1:
        pairs = np.array(diversity, float)
        found["variety"] = Series(pairs[:, 0] / 1000.0, pairs[:, 1])
    found |= {name: Series(at / 1000.0, values) for name, (at, values) in story.extra.items()}
    return found


def charts_for(series: Mapping[str, Series]) -> tuple[Chart, ...]:
    """The charts there is something for: the fixed ones, then distances and singular values."""
    known = [chart for chart in CHARTS if any(_lives(series, line.key) for line in chart.lines)]
    rare = [key for key in series if "." in key]
    spectra = sorted(
        (key for key in rare if key.startswith(SPECTRA)),
        key=lambda key: float(-series[key].y[-1]),
    )[:SPECTRA_SHOWN]
    others = [key for key in rare if not key.startswith(SPECTRA)]
    if others:
        tip = (
            "Sliced Wasserstein distance of the samples to the data, times 1000; lower is better"
            " (Karras et al. 2018, sec. 5)."
        )
        lines = _lines(others)
        if others == ["Measured.distance"]:
            lines = (Line(others[0], "sliced Wasserstein", COLOUR.CLASS),)
        known.append(Chart("distances", "Distance to the data", lines, tip))
    if spectra:
        tip = "The largest singular value of each layer's weight (Brock et al. 2019, sec. 4)."
        known.append(Chart("spectra", "Singular values", _lines(spectra), tip))
    return tuple(known)


def _lives(series: Mapping[str, Series], key: str) -> bool:
    """Whether there is anything to see; alpha of a network that does not grow is always 1."""
    if key not in series or not np.isfinite(series[key].y).any():
        return False
    return key != "alpha" or bool((series[key].y < 1.0).any())


def _lines(keys: list[str]) -> tuple[Line, ...]:
    return tuple(
        Line(
            key,
            key.partition(".")[2].removeprefix("values."),
            _EXTRA_COLOURS[index % len(_EXTRA_COLOURS)],
        )
        for index, key in enumerate(keys)
    )
