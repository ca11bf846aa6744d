"""What the campaigns once found stays found: every file of the corpus is read or refused."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz.campaign import CORPUS, judged, verdict_apart
from tests.fuzz.formats import FORMATS, Format

KEPT = sorted(
    path for path in CORPUS.rglob("*") if path.is_file() and not path.name.startswith(".")
)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_find_is_read_or_refused_in_a_sentence(path: Path, tmp_path: Path) -> None:
    assert judged(FORMATS[path.parent.name], path.read_bytes(), tmp_path) in ("", "read")


@pytest.mark.parametrize("name", ["recipe", "alive", "record"])
def test_equal_seeds_give_equal_inputs_that_differ_from_the_valid_ones(name: str) -> None:
    from tests.fuzz.campaign import Campaign

    one, two = Campaign(name, 3), Campaign(name, 3)
    inputs = [one.input(index) for index in range(20)]
    assert inputs == [two.input(index) for index in range(20)]
    assert inputs[: len(one.valid)] == one.valid
    assert len(set(inputs)) > 10


@pytest.mark.parametrize(
    ("read", "verdict"),
    [
        (lambda path: 1 / 0, "ZeroDivisionError in"),
        (lambda path: "x".join(str(n) for n in iter(random.random, 2.0)), "over 0.2 s"),
        (lambda path: path.read_bytes(), "read"),
    ],
)
def test_the_watchdog_tells_what_a_reader_does(
    read: object, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fuzz.campaign.MOST_SECONDS", 0.2)
    form = Format("x", lambda _: [], lambda data, *_: data, read)  # type: ignore[arg-type]
    assert verdict in verdict_apart(form, b"x")


@pytest.mark.parametrize("name", FORMATS)
def test_the_valid_files_that_inputs_are_made_from_are_read(name: str, tmp_path: Path) -> None:
    from tests.fuzz.campaign import Campaign

    campaign = Campaign(name)
    verdicts = [judged(campaign.form, data, tmp_path) for data in campaign.valid]
    assert "read" in verdicts
    assert set(verdicts) <= {"read", ""}
