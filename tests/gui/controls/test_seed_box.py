from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QValidator
from PySide6.QtWidgets import QApplication

from ganlab.controls.seed_box import DICE_LIMIT, SEED_MAX, SeedBox, SeedField, SeedValidator, thrown


@pytest.fixture
def box(qtbot) -> SeedBox:
    made = SeedBox("Seed", "The number.", "Throws.")
    qtbot.addWidget(made)
    made.set_value(7)
    made.show()
    return made


@pytest.fixture
def optional(qtbot) -> SeedField:
    made = SeedField("Style", "Mixes.", optional=True, prefix="seed ")
    qtbot.addWidget(made)
    made.resize(160, 24)
    made.show()
    return made


def type_in(qtbot, field: SeedField, text: str) -> None:
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    if text:
        qtbot.keyClicks(field, text)
    else:
        qtbot.keyClick(field, Qt.Key.Key_Backspace)


@pytest.mark.parametrize("seed", [0, 1, 2**31, SEED_MAX])
def test_showing_a_seed_never_edits_it(box, qtbot, seed) -> None:
    with qtbot.assertNotEmitted(box.edited):
        box.set_value(seed)
    assert box.value == seed


@pytest.mark.parametrize("seed", [0, 1729, 2**31, SEED_MAX])
def test_a_typed_seed_arrives_whole(box, qtbot, seed) -> None:
    heard: list[object] = []
    box.edited.connect(heard.append)
    type_in(qtbot, box.field, str(seed))
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    assert heard == [seed]


def test_a_seed_is_told_only_once(box, qtbot) -> None:
    heard: list[object] = []
    box.edited.connect(heard.append)
    type_in(qtbot, box.field, "12")
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    box.field.clearFocus()
    assert heard == [12]


def test_leaving_the_field_takes_what_was_typed(box, qtbot) -> None:
    type_in(qtbot, box.field, "12")
    with qtbot.waitSignal(box.edited) as heard:
        box.field.clearFocus()
    assert heard.args == [12]


@given(st.integers(0, SEED_MAX))
def test_every_seed_is_acceptable(seed: int) -> None:
    assert SeedValidator().validate(f" {seed} ", 0)[0] == QValidator.State.Acceptable


@pytest.mark.parametrize("text", ["4294967296", "-1", "1.5", "abc", "0x10", "١٢"])
def test_what_is_no_seed_cannot_be_typed(text: str) -> None:
    assert SeedValidator().validate(text, 0)[0] == QValidator.State.Invalid


def test_a_seed_too_large_is_not_let_in(box, qtbot) -> None:
    type_in(qtbot, box.field, "42949672961")
    assert int(box.field.text()) <= SEED_MAX


def test_an_emptied_box_brings_its_seed_back(box, qtbot) -> None:
    with qtbot.assertNotEmitted(box.edited):
        type_in(qtbot, box.field, "")
        box.field.clearFocus()
    assert box.field.text() == "7"


def test_escape_brings_the_seed_back(box, qtbot) -> None:
    with qtbot.assertNotEmitted(box.edited):
        type_in(qtbot, box.field, "99")
        qtbot.keyClick(box.field, Qt.Key.Key_Escape)
    assert box.field.text() == "7"


def overridden(field: SeedField, key: Qt.Key, text: str) -> bool:
    """Whether the field keeps a key from the window's shortcuts."""
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier, text)
    event.ignore()
    QApplication.sendEvent(field, event)
    return event.isAccepted()


def test_keys_that_no_seed_can_use_are_left_to_the_window(box, qtbot) -> None:
    assert not overridden(box.field, Qt.Key.Key_Space, " ")
    assert not overridden(box.field, Qt.Key.Key_N, "n")
    assert overridden(box.field, Qt.Key.Key_7, "7")
    qtbot.keyClicks(box.field, "12")
    assert overridden(box.field, Qt.Key.Key_Space, " ")


def test_up_and_down_walk_to_the_next_seeds(box, qtbot) -> None:
    heard: list[object] = []
    box.edited.connect(heard.append)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Down):
        qtbot.keyClick(box.field, key)
    assert heard == [8, 9, 8]


def test_the_walk_stops_at_both_ends(box, qtbot) -> None:
    with qtbot.assertNotEmitted(box.edited):
        box.set_value(0)
        qtbot.keyClick(box.field, Qt.Key.Key_Down)
        box.set_value(SEED_MAX)
        qtbot.keyClick(box.field, Qt.Key.Key_Up)


def test_the_dice_throws_a_seed_that_can_be_read_aloud(box, qtbot) -> None:
    with qtbot.waitSignal(box.edited) as heard:
        qtbot.mouseClick(box.dice, Qt.MouseButton.LeftButton)
    assert 0 <= heard.args[0] <= DICE_LIMIT
    assert all(0 <= thrown() <= DICE_LIMIT for _ in range(100))


def test_a_seed_shown_while_a_person_types_waits(box, qtbot) -> None:
    type_in(qtbot, box.field, "99")
    box.set_value(8)
    assert box.field.text() == "99"
    qtbot.keyClick(box.field, Qt.Key.Key_Escape)
    assert box.field.text() == "8"


def test_an_optional_seed_is_cleared_by_emptying_it(optional, qtbot) -> None:
    optional.set_value(5)
    type_in(qtbot, optional, "")
    with qtbot.waitSignal(optional.edited) as heard:
        qtbot.keyClick(optional, Qt.Key.Key_Return)
    assert heard.args == [None]


def test_an_empty_seed_says_what_is_there_instead(optional) -> None:
    optional.set_value(None, "style A")
    assert optional.text() == ""
    assert optional.placeholderText() == "style A"


def test_the_prefix_stands_there_until_a_person_types(optional, qtbot) -> None:
    optional.clearFocus()
    optional.set_value(123)
    assert optional.text() == "seed 123"
    optional.setFocus()
    qtbot.waitUntil(optional.hasFocus)
    assert optional.text() == "123"


def test_the_prefix_gives_way_to_a_long_seed(optional) -> None:
    optional.clearFocus()
    optional.resize(80, 24)
    optional.set_value(SEED_MAX)
    assert optional.text() == str(SEED_MAX)
