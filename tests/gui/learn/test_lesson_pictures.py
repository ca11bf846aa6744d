"""Drawings of lessons: every lesson that comes with ganlab has one of its own."""

from __future__ import annotations

from itertools import combinations

from pytestqt.qtbot import QtBot

from ganlab.learn.illustrations import DRAWINGS, lesson_picture
from ganlab_core.lessons import find_lessons


def test_every_lesson_has_a_drawing_of_its_own(qtbot: QtBot) -> None:
    found = {lesson.id: lesson_picture(lesson.id) for lesson in find_lessons()}
    assert found.keys() == DRAWINGS.keys()
    assert all(image is not None for image in found.values())
    for one, other in combinations(found.values(), 2):
        assert one != other


def test_a_teachers_own_lesson_has_none(qtbot: QtBot) -> None:
    assert lesson_picture("my-own") is None
