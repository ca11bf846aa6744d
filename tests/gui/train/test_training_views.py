"""The training room's widgets: words for every state, buttons that say why not, a way back in time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ganlab.engine.render_worker import RenderWorker
from ganlab.train.sample_wall import FadeView, SampleWall
from ganlab.train.training_panel import (
    BEFORE,
    FIRST_POINT,
    TrainView,
    curves_to_come,
    duration,
    progress_text,
    thousands,
)
from ganlab_core.recipe import Capabilities, Latent, Recipe
from ganlab_core.rendering import FadeParts
from ganlab_core.training import Finding, RunHistory, RunStatus, SheetMark, TrainConfig
from ganlab_core.training.events import State
from tests.gui.conftest import GatedEngine


@pytest.fixture
def view(qtbot: QtBot) -> TrainView:
    view = TrainView()
    qtbot.addWidget(view)
    view.resize(400, 500)
    view.show()
    view.show_run("cats")
    return view


def status(state: State, alpha: float = 1.0) -> RunStatus:
    return RunStatus(500, 1000, 16, alpha, state in ("running", "paused"), "It broke.", state)


def told(last: int) -> RunHistory:
    x = np.array([100.0, float(last)])
    sheets = tuple(SheetMark(at, 8, 1.0, f"sheets/{at}.png") for at in (0, last // 2, last))
    return RunHistory(Path(), 1000, curves={"images": x, "loss_g": x}, sheets=sheets)


@pytest.mark.parametrize(
    ("state", "words", "pause", "usable"),
    [
        ("running", "Training at 16", "Pause", "pause stop steer"),
        ("paused", "Paused", "Go on", "pause step stop steer"),
        ("stopped", "stopped", "Go on", "pause"),
        ("died", "It broke.", "Go on", "pause"),
        ("failed", "It broke.", "Go on", "pause"),
        ("ended", "It broke.", "Train longer…", "pause"),
    ],
)
def test_each_state_has_its_words_and_its_buttons(
    view: TrainView, state: State, words: str, pause: str, usable: str
) -> None:
    view.show_status(status(state))
    header = view.header
    assert words in header.state.text()
    assert header.pause.text() == pause
    buttons = {name: getattr(header, name) for name in ("pause", "step", "stop", "steer")}
    assert [name for name, button in buttons.items() if button.isEnabled()] == usable.split()
    assert all(button.toolTip() for button in buttons.values())


def test_a_fade_is_told_in_words(view: TrainView) -> None:
    view.show_status(status("running", 0.37))
    assert "alpha 37" in view.header.state.text()


def test_what_is_wrong_is_said_and_leads_to_its_curve(view: TrainView, qtbot: QtBot) -> None:
    view.show_history(told(1000), (), ())
    assert view.health_text == ""
    finding = Finding("nan", 500, "It is ill.", "Rest.", "losses")
    view.show_history(told(1000), (), (finding,))
    assert view.health_text == "It is ill. Since 0.5 kimg. Rest."
    qtbot.mouseClick(view._show_chart, Qt.MouseButton.LeftButton)
    assert view.pages.value == "curves"
    with qtbot.waitSignal(view.last_good_wanted) as asked:
        view._last_good.click()
    assert asked.args == [500]


def test_time_goes_back_and_comes_back_to_now(view: TrainView, qtbot: QtBot) -> None:
    view.show_history(told(1000), (), ())
    assert view.time.kimg == 1.0
    with qtbot.waitSignal(view.scrubbed):
        view.time.slider.track.propose(0.4)
    assert not view.time.is_live
    sheet = view.time.sheet_at(0.4)
    assert sheet is not None
    assert sheet.images == 500
    image = QImage(4, 4, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    view.show_sheet(image)
    assert view.wall.image.isNull()
    view.show_history(told(2000), (), ())
    assert view.time.kimg == 0.4
    with qtbot.waitSignal(view.live_wanted):
        view.time.live.click()
    assert view.time.kimg == 2.0
    view.show_sheet(image)
    assert not view.wall.image.isNull()


def sheet(rows: int, columns: int, side: int = 8) -> QImage:
    image = QImage(columns * side, rows * side, QImage.Format.Format_RGB32)
    for index in range(rows * columns):
        row, column = divmod(index, columns)
        for y in range(side):
            for x in range(side):
                image.setPixelColor(column * side + x, row * side + y, QColor(index * 3, 0, 0))
    return image


def test_samples_stand_apart_large_and_a_click_tells_which(qtbot: QtBot) -> None:
    wall = SampleWall()
    qtbot.addWidget(wall)
    wall.resize(500, 400)
    wall.show()
    wall.show_sheet(sheet(2, 4), (2, 4))
    boxes = [tile.box for tile in wall.tiles()]
    assert len(boxes) == 8
    assert min(box.width() for box in boxes) > 100
    assert not any(a.intersects(b) for a in boxes for b in boxes if a != b)
    with qtbot.waitSignal(wall.sample_chosen) as told_:
        qtbot.mouseClick(wall, Qt.MouseButton.LeftButton, pos=boxes[5].center().toPoint())
    assert told_.args == [5]
    shown = wall.grab().toImage().pixelColor(boxes[5].center().toPoint())
    assert abs(shown.red() - 15) <= 1
    qtbot.keyClick(wall, Qt.Key.Key_Right)
    with qtbot.waitSignal(wall.sample_chosen) as told_:
        qtbot.keyClick(wall, Qt.Key.Key_Return)
    assert told_.args == [6]


def test_a_small_wall_shows_fewer_samples_and_keeps_the_real_ones(qtbot: QtBot) -> None:
    wall = SampleWall()
    qtbot.addWidget(wall)
    wall.resize(300, 260)
    wall.show_sheet(sheet(8, 8), (8, 8))
    wall.show_reals(sheet(1, 8))
    wall.show_classes(("cat", "dog"), by_row=False)
    tiles = wall.tiles()
    samples = [tile for tile in tiles if tile.index >= 0]
    assert 4 <= len(samples) < 64
    assert len(tiles) > len(samples)
    assert all(tile.box.width() >= 55 for tile in tiles)
    assert all(wall.rect().toRectF().adjusted(0, 0, 1, 1).contains(tile.box) for tile in tiles)
    assert [tile.caption for tile in samples[:3]] == ["cat", "dog", "cat"]
    wall.show_classes(("cat", "dog"), by_row=True)
    assert (wall.caption(7), wall.caption(8)) == ("cat", "dog")


def test_a_sheet_that_does_not_divide_is_one_picture(qtbot: QtBot) -> None:
    wall = SampleWall()
    qtbot.addWidget(wall)
    wall.show_sheet(sheet(2, 3), (5, 7))
    assert len(wall.tiles()) == 1


def test_both_pages_are_seen_where_there_is_room_and_one_where_not(
    view: TrainView, qtbot: QtBot
) -> None:
    view.resize(900, 600)
    qtbot.waitUntil(lambda: view.wall.isVisible() and view._curves_page.isVisible())
    assert view.pages.isHidden()
    view.resize(400, 500)
    qtbot.waitUntil(lambda: not view._curves_page.isVisible())
    assert view.pages.isVisible()
    view.show_page("curves")
    assert not view.wall.isVisible()


def test_another_run_stands_beside_this_one(view: TrainView, qtbot: QtBot) -> None:
    view.resize(900, 600)
    view.show_history(told(1000), (), ())
    view.show_sheet(sheet(1, 1))
    alone = view.wall.tiles()[0].box.width()
    view.offer_runs([Path("cats"), Path("dogs")])
    assert [action.text() for action in view._runs.actions()] == ["dogs"]
    view.show_other("dogs", told(2000), ())
    path = view.other_sheet()
    assert path is not None
    assert path.name == "2000.png"
    view.time.leave_now(0.9)
    path = view.other_sheet()
    assert path is not None
    assert path.name == "1000.png"
    view.show_other_sheet(sheet(1, 1))
    two = view.wall.tiles()
    assert [tile.index for tile in two] == [0, -1]
    assert two[0].box.width() <= alone
    view.leave_other()
    assert len(view.wall.tiles()) == 1


def test_alpha_stands_in_one_place(view: TrainView) -> None:
    view.resize(900, 600)
    view.show_status(status("running", 0.37))
    view.show_history(told(1000), (), ())
    texts = [label.text() for label in view.findChildren(QLabel)]
    assert sum("alpha" in text.lower() for text in texts) == 1


def test_the_end_is_told_and_an_overshooting_run_is_at_its_end(view: TrainView) -> None:
    done = RunStatus(1016, 1000, 16, 1.0, True, "Training.", "running")
    view.show_status(done)
    assert "read-outs are fitted" in view.header.state.text()
    assert "left" not in view.header.where.text()
    assert view.header.bar.fraction == 1.0


def test_the_time_left_counts_later_resolutions() -> None:
    words = progress_text(status("running"), 50.0, 7200.0)
    assert "50 images/s" in words
    assert "about 2\N{NO-BREAK SPACE}h left" in words
    assert "left" not in progress_text(status("running"), 50.0, None)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "about 5 s"), (600, "about 10 min"), (7200, "about 2 h"), (4e5, "about 5 days")],
)
def test_durations_are_told_as_a_person_would(seconds: float, words: str) -> None:
    assert duration(seconds).replace("\N{NO-BREAK SPACE}", " ") == words


def test_the_fade_is_asked_for_only_where_it_is_seen(qtbot: QtBot, can: Capabilities) -> None:
    view = FadeView()
    qtbot.addWidget(view)
    view.set_capabilities(can)
    with qtbot.assertNotEmitted(view.wanted):
        view.show_recipe(Recipe(growth=3.5))
    with qtbot.waitSignal(view.wanted):
        view.show()
    with qtbot.waitSignal(view.edited) as told_:
        view.growth.track.propose(4.5)
    assert told_.args[0].growth == 4.5


def test_a_fade_comes_from_the_worker_and_a_small_share_lets_others_work(
    engine: GatedEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    worker = RenderWorker(engine)
    worker.start()
    with qtbot.waitSignal(worker.loaded):
        worker.open_model(str(tmp_path / "a.safetensors"))
    with qtbot.waitSignal(worker.faded) as faded:
        worker.request_fade(Recipe(latent=Latent(9)))
    assert faded.args[0].resolution == 32
    worker.set_share(0.05)
    with qtbot.waitSignal(worker.rendered):
        worker.request(Recipe())
    worker.stop()


def test_the_fade_is_shown_from_both_sides(qtbot: QtBot, can: Capabilities) -> None:
    view = FadeView()
    qtbot.addWidget(view)
    view.set_capabilities(can)
    old, new = np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4, 3), np.uint8)
    new[::2] = 200
    blend = (new // 2).astype(np.uint8)
    view.show_parts(FadeParts(4, 0.5, old, new, blend, new))
    assert view._pictures["new"].image.pixelColor(0, 0).red() == 200
    view.show()
    qtbot.mouseClick(view.side.button("discriminator"), Qt.MouseButton.LeftButton)
    reds = {name: pic.image.pixelColor(0, 0).red() for name, pic in view._pictures.items()}
    assert reds == {"old": 50, "new": 100, "blend": 75, "difference": 50}


# --- what a young run says where its curves will be ------------------------------------------------


def words_on_curves(view: TrainView) -> list[str]:
    return [label.text() for label in view._curves_page.findChildren(QLabel) if label.isVisible()]


def test_curves_that_are_not_there_yet_say_when_they_come(view: TrainView) -> None:
    config = TrainConfig(distance_kimg=1.0, sheet_kimg=0.25)
    view.show_page("curves")
    assert BEFORE in words_on_curves(view)
    view.show_history(RunHistory(Path(), 1000, sheets=told(8).sheets[:1]), (), (), None, config)
    assert FIRST_POINT in words_on_curves(view)
    view.prepare_charts()
    view.show_history(told(400), (), (), None, config)
    come = f"To come: how far from the data after {thousands(1000)} pictures, variety after 500"
    assert f"{come} pictures." in words_on_curves(view)


def test_nothing_is_promised_of_a_run_that_is_over(view: TrainView) -> None:
    view.show_page("curves")
    view.show_status(status("stopped"))
    view.show_history(RunHistory(Path(), 1000), (), (), None, TrainConfig())
    assert not {BEFORE, FIRST_POINT} & set(words_on_curves(view))


def test_what_is_never_measured_is_not_promised() -> None:
    config = TrainConfig(distance_kimg=0.0, sheet_kimg=1.0)
    assert "data" not in curves_to_come(told(10), (), config)
    assert curves_to_come(told(10), ("variety",), config) == ""
