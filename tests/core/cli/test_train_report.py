"""The terminal has a line for every event."""

from __future__ import annotations

import dataclasses
import typing

import pytest

from ganlab_core.cli.train_report import Report, describe
from ganlab_core.training.events import Event

SAMPLES: dict[str, object] = {
    "bool": True, "int": 8, "float": 1.5, "str": "a word", "dict[str, float]": {"g.conv": 2.0},
    "dict[str, object]": {"paused": True},
}  # fmt: skip


@pytest.mark.parametrize("kind", typing.get_args(Event))
def test_every_event_can_be_told(
    kind: type[typing.Any], capsys: pytest.CaptureFixture[str]
) -> None:
    event = kind(**{item.name: SAMPLES[str(item.type)] for item in dataclasses.fields(kind)})
    assert describe(event)
    with Report(100) as report:
        report.tell(event)
    assert "None" not in capsys.readouterr().out
