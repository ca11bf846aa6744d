"""A whole training by mouse: begin, watch, pause, look back, go on, stop, find again, be killed."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.engine.launcher import start_run
from ganlab.train.new_training_dialog import NewTrainingDialog
from ganlab_core.training import life_of
from ganlab_core.training.run_folder import read_pid_file
from tests.gui.train.conftest import Open, state, wall
from tests.hands import LEFT, drop, press

TINY: dict[str, object] = {
    "images": "100000",
    "fade_kimg": "0.4",
    "stable_kimg": "0.3",
    "batch_size": "8",
    "batch_size_at": "4=8, 8=8",
    "fmap_base": "64",
    "fmap_max": "8",
    "z_dim": "8",
    "w_dim": "8",
    "mapping_layers": "2",
    "sheet_kimg": "0.08",
    "checkpoint_kimg": "0.16",
    "snapshot_kimg": "0.16",
    "sheet_columns": "4",
    "sheet_rows": "2",
    "threads": "1",
    "device": "cpu",
}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Sixty tiny pictures, one of them broken, one a copy."""
    folder = tmp_path / "squares"
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(58):
        pixels = np.full((16, 16, 3), 255, np.uint8)
        x, y = random.integers(2, 8, 2)
        pixels[y : y + 6, x : x + 6] = random.integers(0, 200, 3)
        Image.fromarray(pixels).save(folder / f"{index:03d}.png")
    (folder / "copy.png").write_bytes((folder / "000.png").read_bytes())
    (folder / "bad.png").write_bytes(b"nothing")
    return folder


def begin(app: App, pictures: Path, qtbot: QtBot) -> Path:
    """Drop the pictures, take the laptop preset made tiny, and start."""
    drop(app, pictures)
    qtbot.waitUntil(lambda: app.train.starter.dialog is not None)
    dialog = app.train.starter.dialog
    assert isinstance(dialog, NewTrainingDialog)
    assert not dialog.start.isEnabled()
    qtbot.waitUntil(lambda: "59 pictures" in dialog.pictures.facts.text())
    assert "bad.png is damaged" in dialog.pictures.refused.text()
    assert "copies" in dialog.pictures.advice.text()
    dialog.tabs.setCurrentWidget(dialog.network)
    press(qtbot, dialog.network.preset_button("minutes"))
    assert dialog.draft.resolution == 16
    dialog.tabs.setCurrentWidget(dialog.settings)
    for name, value in TINY.items():
        line = dialog.settings.editors[name]
        line.setText(str(value))  # type: ignore[union-attr]
        line.editingFinished.emit()  # type: ignore[union-attr]
        assert not dialog.words.text()
    press(qtbot, dialog.start)
    assert app.train.starter.dialog is None
    folder = Path(app._settings.last_run)
    qtbot.waitUntil(lambda: state(app) == "running", timeout=40_000)
    return folder


def watch_it_change(app: App, qtbot: QtBot) -> None:
    """The wall changes, and the fade from 4 to 8 px is told."""
    header = app.train.view.header
    qtbot.waitUntil(lambda: bool(wall(app)), timeout=20_000)
    first, said = wall(app), []
    header.state.setText("")
    app.train.run.watcher.progressed.connect(lambda _: said.append(header.state.text()))
    qtbot.waitUntil(lambda: any("Fading 8" in words for words in said), timeout=30_000)
    qtbot.waitUntil(lambda: wall(app) != first, timeout=10_000)


def pause_and_step(app: App, qtbot: QtBot) -> None:
    """Pause, and go on by one step."""
    train = app.train.view
    press(qtbot, train.header.pause)
    qtbot.waitUntil(lambda: state(app) == "paused", timeout=10_000)
    assert train.header.state.text().startswith("Paused")
    before = app.train.run.watcher.status
    press(qtbot, train.header.step)
    qtbot.waitUntil(
        lambda: app.train.run.watcher.status.images == before.images + 8, timeout=10_000
    )
    qtbot.waitUntil(lambda: train.history.last_images == before.images + 8, timeout=10_000)


def look_back(app: App, qtbot: QtBot) -> None:
    """Go back in the run's time, take a model of then to the desk, and come back."""
    train, now = app.train.view, wall(app)
    track = train.time.slider.track
    qtbot.mouseClick(track, LEFT, pos=QPoint(8, track.height() // 2))
    qtbot.waitUntil(lambda: wall(app) != now, timeout=5000)
    if not train.shows_curves:
        press(qtbot, train.pages.button("curves"))
    wanted = {"losses", "scores"}
    qtbot.waitUntil(lambda: wanted <= set(train.charts.plots))
    recipe = app.session.recipe
    press(qtbot, train.time.load)
    qtbot.waitUntil(lambda: "snapshots" in str(app.session.info.path), timeout=5000)
    assert app.session.recipe == recipe
    press(qtbot, train.time.live)
    qtbot.waitUntil(lambda: app.session.info.path.name == "model.safetensors", timeout=5000)


def resume_and_stop(app: App, qtbot: QtBot) -> None:
    """Let it go on, then end it."""
    header = app.train.view.header
    press(qtbot, header.pause)
    qtbot.waitUntil(lambda: state(app) == "running", timeout=10_000)
    press(qtbot, header.stop)
    qtbot.waitUntil(lambda: state(app) == "stopped", timeout=10_000)


def close_and_let_go(app: App, qtbot: QtBot) -> None:
    """Close the window, which asks, and let the run go on."""
    app.window.close()
    dialog = app.train.closing.dialog
    assert dialog is not None
    assert app.window.isVisible()
    press(qtbot, dialog.let_go)
    qtbot.waitUntil(lambda: not app.window.isVisible(), timeout=5000)


def see_it_killed(app: App, folder: Path, qtbot: QtBot) -> None:
    """The process dies: one sentence, and a way to go on."""
    sign = read_pid_file(folder)
    assert sign is not None
    os.kill(sign.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: state(app) == "died", timeout=10_000)
    header = app.train.view.header
    assert "broke off" in header.state.text()
    assert "broke off" in app.window.banner.text
    assert header.pause.text() == "Go on"
    assert header.pause.isEnabled()
    kinds = [json.loads(x)["event"] for x in (folder / "events.jsonl").read_text().splitlines()]
    assert "Failed" not in kinds


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_training_by_mouse_from_the_first_picture_to_the_last_word(
    open_app: Open, pictures: Path, qtbot: QtBot
) -> None:
    app = open_app()
    folder = begin(app, pictures, qtbot)
    watch_it_change(app, qtbot)
    pause_and_step(app, qtbot)
    look_back(app, qtbot)
    resume_and_stop(app, qtbot)
    assert life_of(folder) == "ended"
    app.window.close()

    again = open_app()
    again.opener.open(folder)
    qtbot.waitUntil(lambda: state(again) == "stopped", timeout=5000)
    press(qtbot, again.train.view.header.pause)
    qtbot.waitUntil(lambda: state(again) == "running", timeout=40_000)
    close_and_let_go(again, qtbot)

    third = open_app()
    qtbot.waitUntil(lambda: state(third) == "running", timeout=10_000)
    assert third.train.run.watcher.folder == folder
    see_it_killed(third, folder, qtbot)


def test_a_run_that_cannot_begin_says_why(open_app: Open, tmp_path: Path, qtbot: QtBot) -> None:
    app = open_app()
    start_run("{}", tmp_path / "run")
    app.train.starter.started.emit(tmp_path / "run")
    assert app.train.view.header.state.text().startswith("Starting")
    qtbot.waitUntil(lambda: "not the config" in app.window.banner.text, timeout=20_000)
    assert "not the config" in app.train.view.header.state.text()
