"""What breaks under a run: its process, the window, the disk. Said in a sentence, and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.engine.launcher import start_run
from ganlab.settings import Settings
from ganlab_core.training import (
    FULL,
    Finding,
    RunFolder,
    TrainConfig,
    life_of,
    train,
    with_settings,
)
from ganlab_core.training.run_folder import read_pid_file
from tests.gui.train.conftest import Open, state
from tests.hands import press
from tests.small_disk import fill, small_disk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills by a signal")

PATIENCE = 60_000
TINY: dict[str, object] = {
    "resolution": 8,
    "images": 1000,
    "batch_size": 8,
    "fmap_base": 64,
    "fmap_max": 8,
    "z_dim": 8,
    "w_dim": 8,
    "mapping_layers": 2,
    "sheet_kimg": 0.08,
    "checkpoint_kimg": 0.08,
    "snapshot_kimg": 0.8,
    "sheet_columns": 2,
    "sheet_rows": 2,
    "readout_samples": 0,
    "threads": 1,
    "device": "cpu",
}

WINDOW = """
import sys
from pathlib import Path
from ganlab.app import App, Start
from ganlab.settings import Settings
from ganlab.style import apply_style
from ganlab.engine.launcher import start_run
from PySide6.QtWidgets import QApplication
from tests.gui.conftest import GatedEngine
qt = QApplication([])
apply_style(qt)
app = App(Start(), Settings(Path(sys.argv[1])), GatedEngine())
app.show()
start_run(sys.argv[3], Path(sys.argv[2]))
app.train.starter.started.emit(Path(sys.argv[2]))
qt.exec()
"""


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(16):
        pixels = random.integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return with_settings(TrainConfig(), {**TINY, "data": str(folder)})


@pytest.fixture
def whole(config: TrainConfig, tmp_path: Path) -> bytes:
    """The model of a run that nothing disturbed."""
    list(train(config, tmp_path / "whole"))
    return (tmp_path / "whole/model.safetensors").read_bytes()


def begin(app: App, config: TrainConfig, folder: Path, qtbot: QtBot) -> RunFolder:
    """Start a run from the window and wait for its first checkpoint."""
    start_run(config.to_json(), folder)
    app.train.starter.started.emit(folder)
    run = RunFolder(folder)
    qtbot.waitUntil(lambda: bool(run.checkpoints()), timeout=PATIENCE)
    return run


def kill(folder: Path) -> None:
    sign = read_pid_file(folder)
    assert sign is not None
    os.kill(sign.pid, signal.SIGKILL)


def last(run: RunFolder) -> int:
    """Images of the newest checkpoint."""
    return int(run.checkpoints()[-1].stem)


def test_a_killed_training_is_told_and_goes_on_by_a_click_to_the_same_bytes(
    open_app: Open, config: TrainConfig, whole: bytes, tmp_path: Path, qtbot: QtBot
) -> None:
    app = open_app()
    run = begin(app, config, tmp_path / "run", qtbot)
    before = last(run)
    kill(run.root)
    qtbot.waitUntil(lambda: state(app) == "died", timeout=PATIENCE)
    assert before <= last(run) < config.images
    header = app.train.view.header
    assert "broke off" in header.state.text()
    assert "last checkpoint" in app.window.banner.text
    assert "Go on" in app.window.banner.text
    press(qtbot, header.pause)
    qtbot.waitUntil(lambda: state(app) == "ended", timeout=PATIENCE)
    assert not app.window.banner.isVisible()
    assert run.model.read_bytes() == whole


def test_a_killed_window_leaves_the_training_alone_and_the_next_one_finds_it(
    open_app: Open,
    config: TrainConfig,
    whole: bytes,
    settings: Settings,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    run = RunFolder(tmp_path / "run")
    arguments = [str(settings.folder), str(run.root), config.to_json()]
    with subprocess.Popen([sys.executable, "-c", WINDOW, *arguments]) as window:
        qtbot.waitUntil(lambda: bool(run.checkpoints()), timeout=PATIENCE)
        window.kill()
    assert life_of(run.root) == "running"
    before = last(run)
    app = open_app()
    qtbot.waitUntil(lambda: state(app) in ("running", "ended"), timeout=PATIENCE)
    assert app.train.run.watcher.folder == run.root
    qtbot.waitUntil(lambda: last(run) > before, timeout=PATIENCE)
    qtbot.waitUntil(lambda: state(app) == "ended", timeout=PATIENCE)
    assert run.model.read_bytes() == whole


@pytest.mark.long
def test_a_full_disk_is_told_and_after_making_room_the_run_goes_on_to_the_same_bytes(
    open_app: Open, config: TrainConfig, whole: bytes, tmp_path: Path, qtbot: QtBot
) -> None:
    app = open_app()
    with small_disk(tmp_path / "disk") as disk:
        run = begin(app, config, disk / "run", qtbot)
        kept = last(run)

        def has_failed() -> bool:
            fill(disk)
            return state(app) == "failed"

        qtbot.waitUntil(has_failed, timeout=PATIENCE)
        assert last(run) >= kept
        header, banner = app.train.view.header, app.window.banner
        assert header.state.text().startswith(FULL)
        assert banner.text.startswith(FULL)

        banner.hide()
        fill(disk)
        qtbot.waitUntil(lambda: life_of(run.root) != "running", timeout=PATIENCE)
        press(qtbot, header.pause)
        qtbot.waitUntil(banner.isVisible)
        assert banner.text.startswith(FULL)

        (disk / "filler").unlink()
        press(qtbot, header.pause)
        qtbot.waitUntil(lambda: state(app) == "ended", timeout=PATIENCE)
        assert run.model.read_bytes() == whole
        app.leave()


@pytest.mark.long
def test_a_run_that_went_wrong_is_begun_anew_from_before_by_a_click(
    open_app: Open, config: TrainConfig, tmp_path: Path, qtbot: QtBot
) -> None:
    app = open_app()
    run = begin(app, config, tmp_path / "run", qtbot)
    train_view = app.train.view
    qtbot.waitUntil(lambda: state(app) == "ended", timeout=PATIENCE)
    qtbot.waitUntil(lambda: train_view.history.last_images == config.images, timeout=PATIENCE)
    finding = Finding("collapse", 900, "It is ill.", "Rest.", "variety")
    train_view.show_history(train_view.history, (), (finding,))
    assert "half the learning rates" in train_view._anew.toolTip()
    press(qtbot, train_view._anew)
    again = tmp_path / "run-2"
    qtbot.waitUntil(lambda: app.train.run.watcher.folder == again, timeout=PATIENCE)
    second = RunFolder(again).config()
    assert second.learning_rate == pytest.approx(config.learning_rate / 2)
    assert Path(second.start_from).is_relative_to(run.root)
    assert int(Path(second.start_from).stem) <= 900
    qtbot.waitUntil(lambda: state(app) == "ended", timeout=PATIENCE)
