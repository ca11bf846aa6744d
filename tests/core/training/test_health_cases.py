"""The monitor on runs that were really trained: planted to go wrong, and healthy ones.

Recorded by `python -m tests.benchmarks.health_cases --record tests/data/health`, which trains them anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.health_cases import CASES, Case
from tests.health_replay import alarms, from_json

RECORDED = Path(__file__).parents[2] / "data" / "health"
LOOKS = 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_was_planted_is_named_and_a_healthy_run_is_met_with_silence(case: Case) -> None:
    story, variety = from_json((RECORDED / f"{case.name}.json").read_text(encoding="utf-8"))
    told = alarms(story, variety, LOOKS)
    if not case.expected:
        assert told == []
        return
    kinds = {alarm.first.kind for alarm in told}
    assert case.expected <= kinds
    lasting = [alarm for alarm in told if alarm.until is None]
    assert case.expected & {alarm.first.kind for alarm in lasting}
    assert all(alarm.first.since <= alarm.told_at <= story.last_images for alarm in told)
