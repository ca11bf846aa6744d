"""`ganlab lessons`: which lessons there are, which exercises they answer, and what they measure here."""

from __future__ import annotations

import argparse
from pathlib import Path

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import say, say_json, say_table
from ganlab_core.lessons import Lesson, find_lessons, read_lesson

EXAMPLES = """
ganlab lessons
ganlab lessons --json
ganlab lessons --check my-lesson.md
ganlab lessons --measure z-to-w
"""


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "lessons", run, EXAMPLES)
    add = parser.add_argument
    add("--json", action="store_true", help="print a list of objects")
    add("--check", type=Path, metavar="FILE", help="only say whether a lesson can be read")
    add("--measure", metavar="ID", help="compute what a lesson states, here and now, as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the lessons."""
    if arguments.check is not None:
        lesson = read_lesson(arguments.check)
        say(f"{lesson.title}: {len(lesson.parts)} parts, {len(_numbers(lesson))} exercises.")
        return 0
    if arguments.measure is not None:
        return _measure(arguments.measure)
    lessons = find_lessons()
    if arguments.json:
        say_json([_object(lesson) for lesson in lessons])
    else:
        head = ("ID", "TITLE", "MINUTES", "EXERCISES")
        say_table([head, *(_row(lesson) for lesson in lessons)])
    return 0


def _measure(wanted: str) -> int:
    from ganlab_core.errors import LessonError
    from ganlab_core.lessons import Bench, measure

    found = {lesson.id: lesson for lesson in find_lessons()}
    if wanted not in found:
        raise LessonError(f"There is no lesson {wanted!r}.", f"There are: {', '.join(found)}.")
    facts: dict[str, object] = {}
    for part in found[wanted].parts:
        for text in part.measures:
            facts |= measure(text, Bench(found[wanted].model))
    say_json(facts)
    return 0


def _numbers(lesson: Lesson) -> list[str]:
    return [ask.number for part in lesson.parts for ask in part.asks if ask.number]


def _object(lesson: Lesson) -> dict[str, object]:
    asked = [
        {"question": ask.number, "part": part.title, "views": part.views, "check": ask.check}
        for part in lesson.parts
        for ask in part.asks
        if ask.number
    ]
    return {
        "id": lesson.id,
        "title": lesson.title,
        "minutes": lesson.minutes,
        "model": lesson.model,
        "questions": list(lesson.questions),
        "asked": asked,
    }


def _row(lesson: Lesson) -> tuple[str, ...]:
    return (lesson.id, lesson.title, f"{lesson.minutes:g}", " ".join(lesson.questions) or "-")
