"""Learning: right-click a control, move a knob; badges, giving up, conflicts."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.controls import ControlBadge, controls_at, learnable_widgets
from ganlab.perform import PerformRoom
from ganlab_core.performance import (
    Mapping,
    Modulator,
    PerformanceMap,
    Transform,
    find_control,
)
from tests.gui.perform.conftest import Play


def badge(app: App, control: str) -> str:
    for widget in learnable_widgets(app.window):
        found = widget.findChild(ControlBadge, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if control in controls_at(widget) and found is not None and not found.isHidden():
            return found.text
    return ""


def test_a_right_click_on_a_control_offers_to_learn_it(
    app: App, room: PerformRoom, qtbot: QtBot
) -> None:
    widget = next(w for w in learnable_widgets(app.window) if controls_at(w) == ("psi",))
    inside = widget.rect().center()
    place = widget.mapToGlobal(inside)
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, app.window.mapFromGlobal(place), place
    )
    with qtbot.waitSignal(app.window.controls_asked) as asked:
        QApplication.sendEvent(app.window, event)
    assert asked.args[0] == ("psi",)
    for menu in app.window.findChildren(type(room.control_menu(()))):
        menu.close()


def test_learning_takes_what_is_moved_next(app: App, room: PerformRoom, play: Play) -> None:
    menu = room.control_menu(("psi",))
    assert [action.text() for action in menu.actions()] == ["Learn Truncation psi"]
    menu.actions()[0].trigger()
    assert room.live.playing
    assert room.learning == "psi"
    assert badge(app, "psi") == "move a knob"
    play(("audio/level", 0.9), ("clock/tick", 1.0))
    assert room.learning == "psi"
    play(("midi/1/cc/74", 0.5))
    assert room.map.mappings == (Mapping(source="midi/1/cc/74", control="psi"),)
    assert room.learning == ""
    assert badge(app, "psi") == "cc 74 (ch 1)"
    assert "cc 74 (ch 1)  →  Truncation psi" in room.panel.mappings.item(0).text()


def test_learning_can_be_given_up_anywhere(
    app: App, room: PerformRoom, play: Play, qtbot: QtBot
) -> None:
    for how, give_up in {
        "escape": app.window.actions_["to_picture"].trigger,
        "button": room.panel.learn.click,
        "menu": lambda: room.control_menu(("psi",)).actions()[-1].trigger(),
        "model": room._on_model_changed,
    }.items():
        room.learn("psi")
        assert room.learning == "psi", how
        give_up()
        assert room.learning == "", how
        assert badge(app, "psi") == "", how
        play(("midi/1/cc/1", 0.5))
        assert room.map.mappings == (), how


def test_what_was_moved_before_teaches_nothing(room: PerformRoom, play: Play) -> None:
    room.set_playing(True)
    room.live.board.put("midi/1/cc/1", 0.5, 0.0)
    room.learn("psi")
    play()
    assert room.learning == "psi"
    play(("midi/1/note/60", 1.0))
    assert room.map.mappings[0].source == "midi/1/note/60"


def test_conflicts_are_shown_and_can_be_forgotten(room: PerformRoom, play: Play) -> None:
    for source in ("midi/1/cc/1", "midi/1/cc/2"):
        room.learn("psi")
        play((source, 0.5))
    assert "Several sources move Truncation psi" in room.panel.notice.text()
    menu = room.control_menu(("psi",))
    assert [action.text() for action in menu.actions()][1:] == [
        "Forget cc 1 (ch 1)",
        "Forget cc 2 (ch 1)",
    ]
    menu.actions()[1].trigger()
    assert [own.source for own in room.map.mappings] == ["midi/1/cc/2"]
    assert room.panel.notice.text() == ""


def test_the_same_taught_twice_is_one_mapping(room: PerformRoom, play: Play) -> None:
    for _ in range(2):
        room.learn("psi")
        play(("midi/1/cc/1", 0.5))
    assert len(room.map.mappings) == 1


def test_a_key_teaches_as_well(app: App, room: PerformRoom, play: Play, qtbot: QtBot) -> None:
    room.learn("seed.step")
    app.window.canvas.setFocus()
    qtbot.keyClick(app.window.canvas, "q")
    play()
    assert room.map.mappings[0].source == "key/q"


def test_every_control_that_can_be_taught_is_known(app: App, room: PerformRoom) -> None:
    can = app.session.capabilities
    assert can is not None
    widgets = learnable_widgets(app.window)
    named = {name for widget in widgets for name in controls_at(widget)}
    assert {
        "psi",
        "growth",
        "noise.strength",
        "seed.step",
        "mix@8",
        "psi@8",
        "pad.x",
        "walk.speed",
    } <= named
    unknown = [name for name in named if find_control(name, can) is None]
    given = ("threshold", "class", "attention", "shift", "turn", "second")
    assert [name for name in unknown if not name.startswith(given)] == []


def test_the_editor_changes_one_mapping(app: App, room: PerformRoom, play: Play) -> None:
    room.set_map(
        PerformanceMap(
            mappings=(
                Mapping(source="key/a", control="growth"),
                Mapping(source="midi/1/cc/1", control="psi"),
            )
        )
    )
    room.set_playing(True)
    panel = room.panel
    panel.mappings.setCurrentRow(1)
    panel.editor.high.setText("0,5")
    panel.editor.high.editingFinished.emit()
    assert room.map.mappings[1].transform.high == 0.5
    play(("midi/1/cc/1", 1.0))
    assert app.session.recipe.psi == 0.5
    panel.editor.expression.setText("import os")
    panel.editor.expression.editingFinished.emit()
    assert "no name it knows" in panel.editor.wrong.text()
    assert room.map.mappings[1].transform.expression == ""
    panel.editor.expression.setText("1 - x")
    panel.editor.expression.editingFinished.emit()
    assert panel.editor.wrong.text() == ""
    play(("midi/1/cc/1", 1.0))
    assert app.session.recipe.psi == 0.0
    panel.editor.on.click()
    play(("midi/1/cc/1", 0.3))
    assert app.session.recipe.psi == 0.0
    panel.remove.click()
    assert len(room.map.mappings) == 1


def test_a_controls_range_and_formula_go_back_to_none(room: PerformRoom, qtbot: QtBot) -> None:
    how = Transform(low=0.2, high=0.5, expression="x * x")
    room.set_map(
        PerformanceMap(mappings=(Mapping(source="key/a", control="growth", transform=how),))
    )
    panel = room.panel
    panel.mappings.setCurrentRow(0)
    for line in (panel.editor.low, panel.editor.high, panel.editor.expression):
        line.selectAll()
        qtbot.keyClick(line, Qt.Key.Key_Delete)
        assert line.text() == ""
    assert room.map.mappings[0].transform == Transform()


def test_the_menu_of_nothing_is_empty(room: PerformRoom) -> None:
    assert room.control_menu(()).isEmpty()
    assert room.control_menu(("class@5",)).isEmpty()


def test_a_waves_round_is_set_with_its_mapping(room: PerformRoom) -> None:
    """Only a wave has one; a round in beats becomes one in seconds."""
    panel = room.panel
    moves = (
        Mapping(source="mod/slow", control="psi"),
        Mapping(source="mod/hit", control="growth"),
        Mapping(source="osc/a", control="psi"),
    )
    waves = (Modulator(name="slow", beats=4.0), Modulator(name="hit", kind="envelope"))
    room.set_map(PerformanceMap(mappings=moves, modulators=waves))
    offered = []
    for row in (2, 1, 0):
        panel.mappings.setCurrentRow(row)
        offered.append(panel.editor.seconds.isVisibleTo(panel))
    assert offered == [False, False, True]
    panel.editor.seconds.set_value(3.0)
    panel.editor.seconds.edited.emit(3.0)
    assert room.map.modulators == (Modulator(name="slow", seconds=3.0), waves[1])
    assert panel.mappings.currentRow() == 0


def test_a_badge_leaves_label_and_value_of_a_narrow_control(qtbot: QtBot) -> None:
    """On a folded strip it is a dot; while it waits to be taught it says so all the same."""
    control = QWidget()
    qtbot.addWidget(control)
    badge = ControlBadge(control)
    control.resize(220, 30)
    badge.show_source("osc /knob/2")
    wide = badge.width()
    assert wide > 30
    control.resize(100, 30)
    control.show()
    qtbot.waitUntil(lambda: badge.width() < 12)
    badge.show_source("move a knob", waiting=True)
    assert badge.width() > 30
