"""Every lesson walked: what it measures is computed here, every check fails and passes as it says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ganlab_core.cli.program import main
from ganlab_core.lessons import (
    QUESTIONS,
    Bench,
    Lesson,
    Part,
    cell_error,
    done,
    evaluate,
    filled,
    measure,
    state_of,
)
from ganlab_core.lessons.lesson import holes
from ganlab_core.recipe import Capabilities
from tests.quick import quick
from tests.short_lessons import LESSONS, desk, facts


def can(lesson: Lesson) -> Capabilities | None:
    return Bench(lesson.model).model.capabilities if lesson.model else None


def holds(lesson: Lesson, part: Part, check: str, cell: str, text: str) -> bool:
    known, start = facts(lesson.id), desk(part, facts(lesson.id))
    doing = done(filled(text, known), start)
    error = cell_error(cell, doing.cell, Bench(lesson.model, start)) if cell else float("inf")
    return bool(evaluate(check, state_of(doing, start, can(lesson), known, error)))


@pytest.mark.parametrize(
    "identity",
    quick(LESSONS, "adain", "growing", "truncation", "two-players"),
)
def test_every_check_passes_when_right_and_fails_when_wrong(identity: str) -> None:
    lesson = LESSONS[identity]
    for part in lesson.parts:
        for ask in part.asks:
            for text in ask.right:
                assert holds(lesson, part, ask.check, ask.cell, text), (part.title, ask.text, text)
            for text in ask.wrong:
                assert not holds(lesson, part, ask.check, ask.cell, text), (part.title, text)


@pytest.mark.parametrize("identity", LESSONS)
def test_every_number_that_is_stated_is_known_by_then(identity: str) -> None:
    """A text may use what its own part measures and what parts before it did."""
    known: dict[str, Any] = {}
    for part in LESSONS[identity].parts:
        known |= {
            text.partition(" ")[0]: facts(identity)[text.partition(" ")[0]]
            for text in part.measures
        }
        for text in (*part.paragraphs, *(line for ask in part.asks for line in ask.right)):
            for hole in holes(text):
                assert evaluate(hole, known) is not None, hole
            assert "…" not in filled(text, known)


def test_the_lessons_answer_all_exercises_between_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lessons", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert len(listed) == len(LESSONS) == 14
    promised = [number for lesson in listed for number in lesson["questions"]]
    assert sorted(promised) == sorted(QUESTIONS)
    for lesson in listed:
        asked = {one["question"]: one for one in lesson["asked"]}
        assert set(asked) == set(lesson["questions"])
        assert all(one["check"] and one["part"] for one in asked.values())


def test_equal_arguments_give_equal_facts() -> None:
    assert measure("mapping count=64", Bench("adventurer")) == measure(
        "mapping count=64", Bench("adventurer")
    )
    assert measure("game steps=5", Bench()) == measure("game steps=5", Bench())
