from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from ganlab.controls.sliders import RESETS, ValueSlider
from ganlab.style import COLOUR


@pytest.fixture
def slider(qtbot) -> ValueSlider:
    made = ValueSlider("psi", -1, 2, 0.7, 0.05, 2, COLOUR.TRUNCATION, "Pulls to the average.")
    qtbot.addWidget(made)
    made.resize(212, 40)
    made.show()
    return made


@pytest.fixture
def edits(slider: ValueSlider) -> list[float]:
    heard: list[float] = []
    slider.edited.connect(heard.append)
    return heard


def wheel(widget: QWidget, notches: int) -> bool:
    event = QWheelEvent(
        QPointF(20, 8), widget.mapToGlobal(QPointF(20, 8)), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


@pytest.mark.parametrize("value", [-7.5, -1, 0, 0.123456, 2, 9.0])
def test_showing_a_value_never_edits_it(slider, edits, value) -> None:
    slider.set_value(value)
    assert slider.value == value
    assert edits == []


def test_a_value_beyond_the_end_is_shown_as_it_is(slider, edits) -> None:
    slider.set_value(5.0)
    assert slider.field.text() == "5.00"
    assert slider.track.handle().x() == slider.track.width() - 6
    assert edits == []


def test_a_drag_reports_start_and_finish(slider, drag) -> None:
    heard = []
    slider.drag_started.connect(lambda: heard.append("start"))
    slider.edited.connect(lambda value: heard.append(value))
    slider.drag_finished.connect(lambda: heard.append("finish"))
    drag(slider.track, [(50, 8), (100, 8), (150, 8)])
    assert heard[0] == "start"
    assert heard[-1] == "finish"
    assert len(heard) == 5
    assert heard[1] < heard[2] < heard[3]


def test_taking_hold_of_the_handle_moves_nothing(slider, edits, drag) -> None:
    handle = slider.track.handle()
    drag(slider.track, [(handle.x() + 3, 8)])
    assert edits == []


def test_a_drag_past_the_end_stays_at_the_end(slider, edits, drag) -> None:
    drag(slider.track, [(100, 8), (900, 8)])
    assert edits[-1] == 2.0


def test_shift_makes_a_drag_ten_times_finer(slider, edits, drag) -> None:
    start = slider.track.handle().x()
    drag(slider.track, [(start, 8), (start + 40, 8)])
    coarse = edits[-1] - 0.7
    slider.set_value(0.7)
    drag(slider.track, [(start, 8), (start + 40, 8)], Qt.KeyboardModifier.ShiftModifier)
    assert edits[-1] - 0.7 == pytest.approx(coarse / 10, abs=0.011)


def test_a_slider_hidden_in_mid_drag_still_reports_the_finish(slider, qtbot) -> None:
    qtbot.mousePress(slider.track, Qt.MouseButton.LeftButton, pos=QPoint(50, 8))
    with qtbot.waitSignal(slider.drag_finished):
        slider.hide()
    qtbot.mouseRelease(slider.track, Qt.MouseButton.LeftButton)


def test_another_button_drags_nothing(slider, edits, qtbot) -> None:
    started = QSignalSpy(slider.drag_started)
    qtbot.mouseClick(slider.track, Qt.MouseButton.RightButton, pos=QPoint(50, 8))
    assert edits == []
    assert started.count() == 0


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (Qt.Key.Key_Right, 0.75),
        (Qt.Key.Key_Up, 0.75),
        (Qt.Key.Key_Left, 0.65),
        (Qt.Key.Key_Down, 0.65),
        (Qt.Key.Key_PageUp, 1.2),
        (Qt.Key.Key_PageDown, 0.2),
        (Qt.Key.Key_Home, -1.0),
        (Qt.Key.Key_End, 2.0),
    ],
)
def test_keys_move_it(slider, edits, qtbot, key, value) -> None:
    qtbot.keyClick(slider.track, key)
    assert edits == [pytest.approx(value)]
    assert slider.field.text() == f"{value:.2f}"


def test_shift_makes_the_arrow_keys_fine(slider, edits, qtbot) -> None:
    qtbot.keyClick(slider.track, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert edits == [pytest.approx(0.71)]


def test_control_and_arrow_are_left_to_the_window(slider, edits, qtbot) -> None:
    qtbot.keyClick(slider.track, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert edits == []


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_delete_gives_the_default(slider, edits, qtbot, key) -> None:
    slider.set_value(1.5)
    qtbot.keyClick(slider.track, key)
    assert edits == [0.7]


def test_a_double_click_gives_the_default(slider, edits, qtbot) -> None:
    slider.set_value(1.5)
    qtbot.mouseDClick(slider.track, Qt.MouseButton.LeftButton, pos=QPoint(60, 8))
    assert edits[-1] == 0.7


def test_without_a_default_it_is_asked_for(qtbot) -> None:
    slider = ValueSlider("psi", -1, 2, None, 0.05, 2, COLOUR.TRUNCATION, "Pulls.")
    qtbot.addWidget(slider)
    with qtbot.waitSignal(slider.default_asked), qtbot.assertNotEmitted(slider.edited):
        qtbot.keyClick(slider.track, Qt.Key.Key_Delete)


def test_the_wheel_turns_it_only_with_the_focus(slider, edits, qtbot) -> None:
    slider.track.clearFocus()
    assert not wheel(slider.track, 1)
    assert edits == []
    slider.track.setFocus()
    qtbot.waitUntil(slider.track.hasFocus)
    assert wheel(slider.track, 2)
    assert edits == [pytest.approx(0.8)]


def test_scrolling_over_sliders_scrolls_the_page(qtbot) -> None:
    area = QScrollArea()
    qtbot.addWidget(area)
    page = QWidget()
    page.setFixedSize(180, 2000)
    slider = ValueSlider("psi", -1, 2, 0.7, 0.05, 2, COLOUR.TRUNCATION, "Pulls.", parent=page)
    area.setWidget(page)
    area.resize(200, 200)
    area.show()
    area.setFocus()
    wheel(area.viewport(), -1)
    assert area.verticalScrollBar().value() > 0
    assert not wheel(slider.track, -1)
    assert slider.value == 0.7


def test_a_typed_number_is_taken(slider, edits, qtbot) -> None:
    qtbot.mouseClick(slider.field, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(slider.field, "1,25")
    qtbot.keyClick(slider.field, Qt.Key.Key_Return)
    assert edits == [1.25]
    assert slider.field.isReadOnly()
    assert slider.field.text() == "1.25"


def test_typing_on_the_track_begins_a_number(slider, edits, qtbot) -> None:
    qtbot.keyClicks(slider.track, "1")
    qtbot.keyClicks(slider.field, ".5")
    qtbot.keyClick(slider.field, Qt.Key.Key_Return)
    assert edits == [1.5]


def test_a_typed_number_beyond_the_end_becomes_the_end(slider, edits, qtbot) -> None:
    slider.field.begin("99")
    qtbot.keyClick(slider.field, Qt.Key.Key_Return)
    assert edits == [2.0]


@pytest.mark.parametrize("text", ["", "abc", "-"])
def test_what_is_no_number_changes_nothing(slider, edits, qtbot, text) -> None:
    slider.field.begin("x")
    slider.field.setText(text)
    qtbot.keyClick(slider.field, Qt.Key.Key_Return)
    assert edits == []
    assert slider.field.text() == "0.70"


def test_escape_forgets_what_was_typed(slider, edits, qtbot) -> None:
    slider.field.begin("1.5")
    qtbot.keyClick(slider.field, Qt.Key.Key_Escape)
    assert edits == []
    assert slider.field.text() == "0.70"


def test_a_value_shown_while_a_person_types_waits(slider, edits, qtbot) -> None:
    slider.field.begin("1.5")
    slider.set_value(0.1)
    assert slider.field.text() == "1.5"
    qtbot.keyClick(slider.field, Qt.Key.Key_Escape)
    assert slider.field.text() == "0.10"


def test_a_muted_slider_can_still_be_moved(slider, edits, qtbot) -> None:
    slider.set_muted(True, "as master")
    qtbot.keyClick(slider.track, Qt.Key.Key_Right)
    assert edits == [pytest.approx(0.75)]


def test_an_unavailable_slider_says_why(slider, edits, drag) -> None:
    slider.set_available("This model has no W.")
    drag(slider.track, [(20, 8), (100, 8)])
    assert edits == []
    assert slider.track.toolTip() == "This model has no W."
    slider.set_available()
    assert slider.track.toolTip().replace("\n", " ") == f"Pulls to the average. {RESETS}"


def test_another_span_keeps_the_value(slider, edits) -> None:
    slider.set_value(1.7)
    slider.set_span(0, 1)
    assert slider.value == 1.7
    assert edits == []


def test_screen_readers_know_it_as_a_slider_with_a_name(slider, edits) -> None:
    told = QAccessible.queryAccessibleInterface(slider.track)
    assert told.role() == QAccessible.Role.Slider
    assert told.text(QAccessible.Text.Name) == "psi"
    told.valueInterface().setCurrentValue(0)
    assert edits == [-1.0]


def test_a_screen_reader_hears_no_edit_when_a_value_is_shown(slider, edits) -> None:
    slider.set_value(2.0)
    told = QAccessible.queryAccessibleInterface(slider.track)
    assert told.valueInterface().currentValue() == told.valueInterface().maximumValue()
    assert edits == []


def test_the_ring_shows_where_the_keyboard_is(slider, qtbot) -> None:
    slider.track.clearFocus()
    slider.track.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(slider.track.hasFocus)
    assert slider.track.ring
    slider.track.grab()
    slider.track.clearFocus()
    assert not slider.track.ring


def test_a_note_is_left_out_where_only_a_part_of_it_has_room(slider: ValueSlider, qtbot) -> None:
    slider.set_muted(True, "as master")
    assert slider._label.text() == "psi · as master"
    slider.resize(90, 40)
    qtbot.waitUntil(lambda: slider._label.text() == "psi")
    slider.resize(212, 40)
    qtbot.waitUntil(lambda: slider._label.text() == "psi · as master")
