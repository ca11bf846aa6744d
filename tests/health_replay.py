"""What the health monitor would have said while a run went on, read from its folder afterwards."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganlab_core.training import (
    Curve,
    Finding,
    LogReader,
    RunHistory,
    findings,
    open_run,
    variety_of_sheet,
)
from ganlab_core.training.health import Diversity

MOST_LOOKS = 400
CURVES = ("images", "resolution", "loss_g", "loss_d", "real_score", "fake_score")


@dataclass(frozen=True, slots=True)
class Alarm:
    """One finding over the time it was spoken of; `until` is None where it still holds at the end."""

    first: Finding
    told_at: int
    until: int | None


def read_run(folder: Path) -> tuple[RunHistory, Diversity]:
    """A run's story and the variety of its sheets."""
    history = LogReader(folder, open_run(folder).config)
    history.update()
    story = history.history()
    variety = []
    for sheet in story.sheets:
        path = folder / sheet.path
        if path.is_file():
            variety.append((sheet.images, variety_of_sheet(path, story.grid)))
    return story, variety


def to_json(story: RunHistory, variety: Diversity) -> str:
    """Everything of a run that the monitor looks at, in a few kilobytes."""
    return json.dumps(
        {
            "loss": story.loss,
            "pictures": story.pictures,
            "variety": story.variety,
            "failed": story.failed,
            "curves": {name: _short(story.curves[name]) for name in CURVES},
            "spectra": {name: [_short(x), _short(y)] for name, (x, y) in story.extra.items()},
            "sheets": [[images, round(value, 4)] for images, value in variety],
        }
    )


def from_json(text: str) -> tuple[RunHistory, Diversity]:
    """What `to_json` wrote."""
    data = json.loads(text)
    story = RunHistory(
        Path(),
        loss=data["loss"],
        pictures=data["pictures"],
        variety=data["variety"],
        failed=data["failed"],
        curves={name: np.array(values) for name, values in data["curves"].items()},
        extra={name: (np.array(x), np.array(y)) for name, (x, y) in data["spectra"].items()},
    )
    return story, [(images, value) for images, value in data["sheets"]]


def _short(values: Curve) -> list[float]:
    return [float(f"{value:.5g}") for value in values]


def until(story: RunHistory, images: float) -> RunHistory:
    """The story as it was known after so many images."""
    reports = int(np.searchsorted(story.images, images, side="right"))
    extra = {
        name: (x[: (count := int(np.searchsorted(x, images, side="right")))], y[:count])
        for name, (x, y) in story.extra.items()
    }
    return dataclasses.replace(
        story,
        curves={name: values[:reports] for name, values in story.curves.items()},
        extra=extra,
        phases=tuple(phase for phase in story.phases if phase.images <= images),
        sheets=tuple(sheet for sheet in story.sheets if sheet.images <= images),
        failed=story.failed if images >= story.last_images else "",
    )


def alarms(story: RunHistory, diversity: Diversity, looks: int = MOST_LOOKS) -> list[Alarm]:
    """All that a person who looked on the whole time would have been told, in the order of time."""
    told: list[Alarm] = []
    standing: dict[str, Alarm] = {}
    for at in _looks(story, looks):
        seen = [one for one in diversity if one[0] <= at]
        now = {finding.kind: finding for finding in findings(until(story, at), seen)}
        for kind in standing.keys() - now.keys():
            told.append(dataclasses.replace(standing.pop(kind), until=at))
        for kind in now.keys() - standing.keys():
            standing[kind] = Alarm(now[kind], at, None)
    return sorted([*told, *standing.values()], key=lambda alarm: alarm.told_at)


def _looks(story: RunHistory, most: int) -> Iterator[int]:
    count = len(story.images)
    if count:
        chosen = np.unique(np.linspace(0, count - 1, min(count, most)).astype(int))
        yield from (int(at) for at in story.images[chosen])
        if story.last_images > story.images[-1]:
            yield story.last_images
