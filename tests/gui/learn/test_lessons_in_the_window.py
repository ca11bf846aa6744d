"""Every lesson driven in the real window: each directive works, each question is answered by doing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.controls import WordButton
from ganlab.engine import TorchEngine
from ganlab.learn import learn_room
from ganlab.settings import Settings
from ganlab_core.files import bundled_models_dir
from ganlab_core.lessons import Ask, done, filled
from tests.quick import quick
from tests.short_lessons import LESSONS, facts

PATIENCE = 30_000


@pytest.fixture
def app(settings: Settings, qtbot: QtBot) -> Iterator[App]:
    """The program with the bundled StyleGAN."""
    app = App(
        Start(str(bundled_models_dir() / "adventurer.safetensors")),
        Settings(settings.folder),
        TorchEngine("cpu"),
    )
    with qtbot.waitSignal(app.worker.rendered, timeout=PATIENCE):
        app.show()
    app.learn.dock.show()
    app.learn.open(0)
    yield app
    app.window.close()
    app.window.deleteLater()


def put(app: App, place: int, ask: Ask, text: str) -> None:
    """Do what the words say: on the desk, or in the question's own field."""
    room, box = app.learn, app.learn.panel.boxes[place]
    text = filled(text, room.known)
    doing = done(text, app.session.recipe)
    if box.choice is not None:
        box.choice.setCurrentIndex(doing.choice)
    elif box.line is not None:
        box.line.setText(doing.cell if ask.cell else f"{doing.value}")
    else:
        app.session.edit(doing.recipe, "by hand")


def said(app: App, qtbot: QtBot, place: int, text: str) -> bool:
    """Whether the answer is found right, by a click on Check."""
    room = app.learn
    before = app.session.recipe
    put(app, place, room.part.asks[place], text)
    with qtbot.waitSignal(room.answered, timeout=PATIENCE) as heard:
        room.panel.boxes[place].button.click()
    app.session.edit(before, "back")
    return bool(heard.args[1])


@pytest.mark.parametrize("identity", quick(LESSONS, "adain", "coarse-middle-fine", "growing"))
def test_every_directive_works_and_every_answer_is_checked(
    app: App, qtbot: QtBot, identity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, number = app.learn, list(LESSONS).index(identity)
    known = facts(identity)
    monkeypatch.setattr(
        learn_room,
        "_measured",
        lambda texts, *_: {t.split()[0]: known[t.split()[0]] for t in texts},
    )
    room.open(number)
    for index, part in enumerate(room.lesson.parts):
        if index:
            qtbot.mouseClick(room.panel.on, Qt.MouseButton.LeftButton)
        if part.measures:
            with qtbot.waitSignal(room.measured, timeout=PATIENCE):
                room.measure()
        room.begin()
        wanted = room.lesson.model or app.session.info.name
        qtbot.waitUntil(lambda name=wanted: app.session.info.name == name, timeout=PATIENCE)
        assert all(room.view(view) for view in part.views), part.views
        assert all(room.point(name) for name in part.points), part.points
        for place, ask in enumerate(part.asks):
            assert not said(app, qtbot, place, ask.wrong[0]), ask.text
            assert said(app, qtbot, place, ask.right[0]), ask.text
            assert f"{identity}/{index}/{place}" in app.learn._settings.answered


def test_progress_is_kept(app: App, qtbot: QtBot, settings: Settings) -> None:
    app.learn.turn(2)
    assert said(app, qtbot, 0, "value=0.1") is False
    assert "first" in app.learn.panel.boxes[0].verdict.text()
    app.learn._known = {"game": {"guess": 1.386}}
    assert said(app, qtbot, 0, "value=1.386") is True
    again = Settings(settings.folder)
    assert "two-players/2/0" in again.answered
    app.learn.turn(-1)
    app.learn.turn(1)
    assert app.learn.panel.boxes[0].verdict.text() == "Answered before."


def test_a_name_that_is_nowhere_is_told(app: App) -> None:
    assert not app.learn.view("Nowhere")
    assert not app.learn.view("Inside/Nowhere")
    assert not app.learn.point("no such control")


def test_a_control_in_a_folded_strip_is_laid_open_when_it_is_pointed_at(
    app: App, qtbot: QtBot
) -> None:
    app.window.resize(1440, 900)
    app.window.workspaces.enter("Learn")
    app.play.desk.set_folded(True)
    strip = app.play.desk.strips[16]
    qtbot.waitUntil(app.play.desk.isVisible, timeout=PATIENCE)
    assert not strip.psi.isVisible()
    assert app.learn.point(strip.psi.track.accessibleName())
    qtbot.waitUntil(strip.psi.isVisible, timeout=PATIENCE)


def test_what_a_lesson_opened_is_put_away_with_it(app: App, qtbot: QtBot) -> None:
    docks = {dock.windowTitle(): dock for dock in app.window.findChildren(QDockWidget)}
    docks["Inside"].hide()
    app.learn.open(list(LESSONS).index("adain"))
    app.learn.begin()
    assert not docks["Inside"].isHidden()
    app.learn.open(list(LESSONS).index("truncation"))
    assert docks["Inside"].isHidden()
    docks["Inside"].show()  # by hand: that stays
    app.learn.open(0)
    assert not docks["Inside"].isHidden()


def test_the_plane_steps_one_network_at_a_time(app: App, qtbot: QtBot) -> None:
    room, panel = app.learn, app.learn.plane_panel
    assert panel.text.text() == "Waking the two networks…"
    room.plane_dock.show()
    room.plane_dock.raise_()
    qtbot.waitUntil(lambda: "Step 0" in panel.text.text(), timeout=PATIENCE)
    before = panel.text.text()
    qtbot.mouseClick(panel.step_d, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.text.text() != before, timeout=PATIENCE)
    assert "Step 0" in panel.text.text()
    qtbot.mouseClick(panel.step_g, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Step 1" in panel.text.text(), timeout=PATIENCE)
    panel.shape.setCurrentText("ring")
    panel.begun.emit()
    qtbot.waitUntil(lambda: "Step 0" in panel.text.text(), timeout=PATIENCE)
    qtbot.mouseClick(panel.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Step 20" in panel.text.text(), timeout=PATIENCE)
    qtbot.mouseClick(panel.run, Qt.MouseButton.LeftButton)


def test_a_lesson_folder_is_there() -> None:
    assert len(LESSONS) == 14
    assert Path("resources/lessons").is_dir()


def test_a_lesson_begins_from_its_tile_on_the_start_page(app: App, qtbot: QtBot) -> None:
    section = app.window.start_page.section("Lessons")
    qtbot.waitUntil(lambda: len(section.tiles) == 14, timeout=PATIENCE)
    assert [button.tile.title for button in section.tiles] == [
        one.title for one in LESSONS.values()
    ]
    section.tiles[6].click()
    assert app.window.workspaces.current.name == "Learn"
    assert app.learn.dock.isVisible()
    assert app.learn.lesson.title == section.tiles[6].tile.title


def test_a_part_without_its_numbers_says_what_fills_them_in(app: App, qtbot: QtBot) -> None:
    app.learn.open(list(LESSONS).index("z-to-w"))
    said = app.learn.panel.progress
    assert "Measure fills in the numbers." in said.text()
    with qtbot.waitSignal(app.learn.measured, timeout=PATIENCE):
        app.learn.measure()
    assert "Measure" not in said.text()


def test_what_a_lesson_opens_stands_below_it_and_takes_half(app: App, qtbot: QtBot) -> None:
    app.window.resize(1440, 900)
    app.window.workspaces.enter("Learn")
    app.learn.open(0)
    column = app.learn.dock
    for view, dock in (("Plane", app.learn.plane_dock), ("Ideas", app.learn.ideas_dock)):
        assert app.learn.view(view)
        qtbot.waitUntil(lambda dock=dock: abs(dock.height() - column.height()) < 40)
        assert column.isVisible()
        assert dock.isVisible()
        assert dock.geometry().top() > column.geometry().bottom()
        assert abs(dock.width() - column.width()) < 2
    assert not app.learn.plane_dock.isVisible()
    app.window.workspaces.enter("Play")
    app.learn.dock.show()
    app.learn.view("Plane")
    assert app.learn.dock.isHidden()


def test_a_comparison_of_ones_own_is_shown_and_none_leaves_what_is_there(
    app: App, qtbot: QtBot, tmp_path: Path
) -> None:
    assert app.learn.view("Ideas")
    panel = app.learn.ideas_panel
    qtbot.waitUntil(lambda: len(panel.rows) > 2, timeout=PATIENCE)
    own = {
        "architecture": "gan",
        "seconds": 3,
        "images": 10,
        "weights": 20,
        "distance": 5,
        "variety": 1,
    }
    told = {"seconds": 3, "resolution": 16, "pictures": "my cats", "runs": [own]}
    (tmp_path / "ideas.json").write_text(json.dumps(told))
    app.learn.show_ideas(tmp_path)
    qtbot.waitUntil(lambda: "my cats" in panel.note.text(), timeout=PATIENCE)
    assert len(panel.rows) == 1
    (tmp_path / "ideas.json").write_text(json.dumps({**told, "runs": [{**own, "variety": "x"}]}))
    app.learn.show_ideas(tmp_path)
    banner = app.window.banner
    qtbot.waitUntil(lambda: "no comparison of ideas" in banner.text, timeout=PATIENCE)
    assert len(panel.rows) == 1


def test_a_view_is_named_down_to_the_words_on_it(app: App) -> None:
    assert app.learn.view("Inside/Stages/styles/channels")
    assert app.inside.panel.styles.which.value == "channels"
    assert app.inside.panel.network.which.value == "styles"
    assert not app.learn.view("Inside/Stages/styles/zebra")


def test_numbers_of_an_earlier_part_can_be_measured_where_they_are_asked_for(
    app: App, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []

    def remember(texts: list[str], *_: object) -> dict[str, object]:
        measured.extend(texts)
        return {"game": {"guess": 1.386}}

    monkeypatch.setattr(learn_room, "_measured", remember)
    app.learn.turn(2)
    assert not app.learn.part.measures
    assert "Measure" in app.learn.panel.progress.text()
    buttons = {one.text(): one for one in app.learn.panel.findChildren(WordButton)}
    with qtbot.waitSignal(app.learn.measured, timeout=PATIENCE):
        qtbot.mouseClick(buttons["Measure"], Qt.MouseButton.LeftButton)
    assert measured == ["game steps=100"]
    assert "Measure" not in app.learn.panel.progress.text()
