"""The status line: what the last frame took."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from ganlab.window.bars import StatusLine, describe_stages
from ganlab_core.recipe import Recipe
from ganlab_core.rendering import Frame, GreyError, Preview


def frame() -> Frame:
    stages = ("64x64/conv0", "64x64/conv1")
    return Frame(Recipe(), np.zeros((8, 8, 3), np.uint8), {}, stages, 10, 9.44, "cpu", "fp32", "f")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def line(qtbot: QtBot, clock: Clock) -> StatusLine:
    line = StatusLine(clock=clock)
    qtbot.addWidget(line)
    return line


def words(line: StatusLine) -> str:
    line.tell()
    return shown_words(line)


def shown_words(line: StatusLine) -> str:
    parts = (*line.findChildren(QLabel), *line.findChildren(QPushButton))
    return " | ".join(part.text() for part in parts if part.text())


def test_stages_are_counted_and_placed() -> None:
    assert describe_stages(frame()) == "stages re-run: 2 of 10 (64x64)"
    wider = replace(frame(), stages_run=("16x16/conv0", "32x32/conv1"))
    assert describe_stages(wider) == "stages re-run: 2 of 10 (16x16 to 32x32)"
    assert describe_stages(replace(frame(), stages_run=())) == "stages re-run: 0 of 10"


def test_one_frame_tells_its_time_and_place(line: StatusLine) -> None:
    line.show_frame(frame())
    assert "9.4 ms" in words(line)
    assert "cpu fp32" in words(line)
    assert "fps" not in words(line)


def test_the_rate_is_told_while_something_moves(line: StatusLine, clock: Clock) -> None:
    for number in range(10):
        clock.now = number / 25
        line.show_frame(frame())
    assert "25 fps" in words(line)


def test_a_rest_is_no_slow_frame(line: StatusLine, clock: Clock) -> None:
    for now in (0.0, 0.05, 0.1, 60.0, 60.05, 60.1, 60.15):
        clock.now = now
        line.show_frame(frame())
    assert "20 fps" in words(line)


def test_a_slow_network_has_a_rate_too(line: StatusLine, clock: Clock) -> None:
    for number in range(4):
        clock.now = number / 2
        line.show_frame(replace(frame(), milliseconds=480.0))
    assert "2 fps" in words(line)


def test_keys_pressed_now_and_then_are_no_rate(line: StatusLine, clock: Clock) -> None:
    for number in range(8):
        clock.now = number / 4
        line.show_frame(frame())
    assert "fps" not in words(line)


def test_previews_that_follow_are_no_new_frame(line: StatusLine, clock: Clock) -> None:
    shown = frame()
    previews = {4: Preview(np.zeros((4, 4, 3), np.uint8), "fitted")}
    for now in (0.0, 0.05, 0.1, 0.15):
        clock.now = now
        shown = frame()
        line.show_frame(shown)
        line.show_frame(replace(shown, previews=previews))
    assert "20 fps" in words(line)


def test_a_hint_gives_way_to_the_keys(line: StatusLine) -> None:
    line.show_hint("Learning previews: 5 %")
    assert "5 %" in words(line)
    line.show_hint("")
    assert "F1: all keys" in words(line)


@pytest.mark.parametrize(
    ("model", "there", "not_there"),
    [
        ("can64", ("N: noise", "psi"), ("C: class",)),
        ("progan64", ("G: growth",), ("N: noise", "psi", "C: class")),
        ("biggan64", ("C: class", "psi"), ("N: noise", "G: growth")),
    ],
)
def test_only_keys_that_do_something_are_told(
    line: StatusLine,
    request: pytest.FixtureRequest,
    model: str,
    there: tuple[str, ...],
    not_there: tuple[str, ...],
) -> None:
    line.offer(request.getfixturevalue(model))
    assert all(key in words(line) for key in there)
    assert not any(key in words(line) for key in not_there)


def test_what_is_told_is_when_the_eye_saw_it(line: StatusLine, clock: Clock) -> None:
    line.note_edit(Recipe())
    clock.now = 0.010
    line.show_frame(frame())
    line.note_painted()
    assert "9.4 ms, seen after 10 ms" in words(line)
    clock.now = 5.0
    line.note_painted()  # the same picture again, after another window lay over it
    assert "seen after 10 ms" in words(line)


def test_words_follow_quick_pictures_a_little_later(line: StatusLine, qtbot: QtBot) -> None:
    line.show_frame(frame())
    line.show_frame(replace(frame(), milliseconds=7.0))
    assert "9.4 ms" in shown_words(line)
    qtbot.waitUntil(lambda: "7.0 ms" in shown_words(line))


def test_a_picture_that_no_hand_asked_for_just_now_tells_no_wait(line: StatusLine) -> None:
    line.note_edit(Recipe(psi=0.1))
    line.show_frame(frame())
    line.note_painted()
    assert "seen" not in words(line)


def test_a_picture_that_rests_has_its_hash_and_whether_it_is_exact(line: StatusLine) -> None:
    line.show_frame(frame())
    assert line.hash.text() == ""
    line.hash.tell()
    digits = hashlib.sha256(frame().pixels.tobytes()).hexdigest()[:6]
    assert line.hash.text() == f"exact {digits}"
    for other in (replace(frame(), precision="bf16"), replace(frame(), device="cuda:0")):
        line.show_frame(other)
        line.hash.tell()
        assert line.hash.text() == f"near {digits}"


def test_the_precision_is_chosen_where_it_is_told(line: StatusLine, qtbot: QtBot) -> None:
    line.show_choice("fp32")
    line.show_frame(frame())
    actions = offered(line)
    assert {name for name, one in actions.items() if one.isEnabled()} == {"fp32", "bf16", "auto"}
    assert [name for name, one in actions.items() if one.isChecked()] == ["fp32"]
    with qtbot.waitSignal(line.precision_wanted) as heard:
        actions["bf16"].trigger()
    assert heard.args == ["bf16"]
    line.show_frame(replace(frame(), device="cuda:0"))
    assert all(action.isEnabled() for action in offered(line).values())


def offered(line: StatusLine) -> dict[str, QAction]:
    """What the menu of the precisions offers, by name."""
    return {one.data(): one for one in line.place.choices().actions() if one.data()}


def test_what_a_precision_costs_is_told_in_grey_levels(line: StatusLine) -> None:
    line.show_cost(GreyError(7, 0.214))
    assert "at most 7 grey levels off, 0.21 on average" in line.place.cost
    line.show_cost(None)
    assert "grey" not in line.place.cost


def test_words_that_change_with_every_picture_lay_nothing_out_anew(
    line: StatusLine, clock: Clock
) -> None:
    requests: list[QEvent] = []

    class Watch(QObject):
        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.LayoutRequest:
                requests.append(event)
            return False

    watch = Watch()
    line.resize(1200, 30)
    line.show()
    line.show_frame(replace(frame(), milliseconds=20.25))
    line.hash.tell()
    QApplication.processEvents()
    line.installEventFilter(watch)
    for milliseconds in (9.5, 11.25, 8.75):
        clock.now += 10.0
        line.show_frame(replace(frame(), milliseconds=milliseconds, stages_run=()))
        QApplication.processEvents()
    assert requests == []
