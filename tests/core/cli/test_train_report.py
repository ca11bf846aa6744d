"""The terminal has a line for every event."""

from __future__ import annotations

import typing
from pathlib import Path

import msgspec
import pytest

from ganlab_core.cli.train import TrainingReport, describe
from ganlab_core.training import Event, Progress, TrainConfig

SAMPLES: dict[str, object] = {
    "fading": True, "device": "cpu", "message": "a word", "path": "sheets/8.png",
    "values": {"g.conv": 2.0}, "changes": {"paused": True}, "alpha": 0.5, "augment_p": 0.5, "growth": 3.5,
}  # fmt: skip


@pytest.mark.parametrize("kind", typing.get_args(Event))
def test_every_event_can_be_told(
    kind: type[typing.Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [item.name for item in msgspec.structs.fields(kind)]
    told = {"event": kind.__name__, **{name: SAMPLES.get(name, 8) for name in names}}
    event = msgspec.convert(told, kind)
    assert describe(event)
    with TrainingReport(TrainConfig(images=100), tmp_path) as report:
        report.tell(event)
    assert "None" not in capsys.readouterr().out


def test_progress_tells_the_total_and_the_time_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = TrainConfig(images=10_000, resolution=64)
    with TrainingReport(config, tmp_path) as report:
        for images, resolution in ((1000, 16), (9000, 64)):
            report.tell(Progress(images, resolution, 1.0, 0.5, 1.0, 0.0, 0.0, 0.0, 0.001, 2.5))
    growing, grown = capsys.readouterr().out.splitlines()
    assert "9000 of 10000 images" in grown
    assert grown.endswith("2.5 img/s, about 7 min left")
    hours = int(growing.rpartition("about ")[2].split()[0])
    assert growing.endswith("h left")
    assert hours >= 2  # an hour at this speed, and larger pictures take longer
