"""Lesson files: what they may say, and the sentence with a line number for what they may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganlab_core.cli.program import main
from ganlab_core.errors import LessonError
from ganlab_core.lessons import evaluate, filled, parse_lesson, read_lesson
from ganlab_core.lessons.lesson import LONGEST

GOOD = """# A lesson
id: one
questions: 2.5
minutes: 3

## First
Some text
on two lines.

Another paragraph with {adain.scale:.2f}.
:: set psi=0.5 seed=3 noise=off mix@4=7
:: ask 2.5 Lower it.
:: check psi < 0.4
:: right psi=0.3
:: wrong psi=0.9
"""


def test_a_lesson_is_read_as_it_is_written() -> None:
    lesson = parse_lesson(GOOD)
    part = lesson.parts[0]
    assert (lesson.id, lesson.title, lesson.minutes) == ("one", "A lesson", 3.0)
    assert part.paragraphs[0] == "Some text on two lines."
    assert len(part.paragraphs) == 2
    assert part.asks[0].number == "2.5"
    assert part.asks[0].text == "Lower it."


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        (":: set", ":: sett", 11, "no directive 'sett'"),
        ("psi=0.5", "psy=0.5", 11, "nothing that can be done"),
        (":: check psi < 0.4", ":: check psi <", 13, "is no expression"),
        (":: check psi < 0.4", ":: check [x for x in y]", 13, "not computed"),
        ("{adain.scale:.2f}", "{lambda: 1}", 10, "no expression"),
        ("minutes: 3", "hours: 3", 4, "not known here"),
        ("minutes: 3", "# Another", 4, "one title"),
        (":: right psi=0.3", ":: right", 14, "says nothing"),
        (":: right psi=0.3\n", "", 14, "lacks a check"),
        ("questions: 2.5", "questions: 9.9", 15, "no question 9.9"),
        ("questions: 2.5", "questions: 2.5 1.1", 15, "1.1 is promised"),
        (":: ask 2.5 Lower it.\n", "", 12, "no question that this belongs"),
        ("id: one\n", "", 14, "a title, an id"),
    ],
)
def test_a_fault_is_a_sentence_with_its_line(old: str, new: str, line: int, words: str) -> None:
    assert old in GOOD
    with pytest.raises(LessonError, match=words) as found:
        parse_lesson(GOOD.replace(old, new), "mine.md")
    assert str(found.value).startswith(f"mine.md, line {line}: ")


def test_the_command_line_checks_a_lesson(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.md"
    path.write_text(GOOD, encoding="utf-8")
    assert main(["lessons", "--check", str(path)]) == 0
    path.write_text(GOOD.replace(":: set", ":: sett"), encoding="utf-8")
    assert main(["lessons", "--check", str(path)]) == 1
    assert "mine.md, line 11" in capsys.readouterr().err


def test_a_file_that_is_no_text_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LessonError, match="cannot be read as text"):
        read_lesson(tmp_path / "x.md")


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "().__class__",
        "x.__class__",
        "(lambda: 1)()",
        "f'{x}'",
        "x[0]",
        "[y for y in [1]]",
        "open('a')",
        "(x := 3)",
        "9 ** 9 ** 9 ** 'a'",
        "x" * (LONGEST + 1),
        "1 / 0",
    ],
)
def test_nothing_but_arithmetic_is_read(text: str) -> None:
    with pytest.raises(LessonError):
        evaluate(text, {"x": 1.0})


def test_expressions_are_what_they_say() -> None:
    names = {"a": {"b": 2.0}, "x": 3.0, "double": lambda value: 2 * value}
    assert evaluate("a.b + double(x) * 2 - -1 == 15 and not x < 3 <= 4 - 1", names)
    assert evaluate("2 ** 3 in [8, 9] and 'a' != 'b'", names)
    assert filled("{x:.2f} and {a.b + 1:.0f} and {nothing.yet}", names) == "3.00 and 3 and …"
