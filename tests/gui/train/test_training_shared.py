"""A run from somebody else in the window: whatever lies in its folder, the window goes on."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from ganlab.engine import run_follower as run_story
from ganlab.engine import run_follower as run_watcher
from ganlab.engine.background_tasks import Background
from ganlab.engine.run_follower import RunFollower, RunWatcher
from ganlab.train.train_room import ELSEWHERE
from tests.gui.conftest import write_header
from tests.gui.train.conftest import Open

pytestmark = pytest.mark.skipif(os.name != "posix", reason="makes pipes and links")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with a sheet and a model."""
    folder = tmp_path / "shared"
    (folder / "sheets").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"ganlab_train_config": 1, "images": 2000}))
    Image.new("RGB", (8, 8), "red").save(folder / "sheets" / "000000500.png")
    write_header(folder / "model.safetensors")
    tell(folder, event="Progress", images=500, resolution=8, alpha=1.0, loss_g=1.0)
    return folder


def tell(folder: Path, **event: object) -> None:
    with (folder / "events.jsonl").open("a") as log:
        log.write(json.dumps(event) + "\n")


def tell_sheet(folder: Path, images: int, path: object) -> None:
    tell(folder, event="SheetSaved", images=images, resolution=8, alpha=1.0, path=path)


def check_that_the_window_goes_on(open_app: Open, run: Path, qtbot: QtBot) -> None:
    """The run is followed, another model is opened, and the run is let go, none of it waiting."""
    app = open_app()
    app.opener.open(run)
    qtbot.waitUntil(lambda: app.train._told is not None)
    app.train._on_live()
    app.train._on_scrubbed(0.6)
    app.opener.open(write_header(run.parent / "another.safetensors").path)
    qtbot.waitUntil(lambda: app.train.run.watcher.folder is None)
    app.stop()


@pytest.mark.parametrize("place", ["/fifo", "/../fifo", "../fifo", "sheets/fifo.png"])
def test_a_pipe_in_the_log_is_not_waited_for(
    open_app: Open, run: Path, qtbot: QtBot, place: str
) -> None:
    os.mkfifo(run.parent / "fifo")
    os.mkfifo(run / "sheets" / "fifo.png")
    tell_sheet(run, 600, place.replace("/fifo", str(run.parent / "fifo")))
    check_that_the_window_goes_on(open_app, run, qtbot)


@pytest.mark.parametrize("name", ["sheets/000000600.png", "alive.json", "steering.json"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(
    open_app: Open, run: Path, qtbot: QtBot, name: str
) -> None:
    os.mkfifo(run / name)
    tell_sheet(run, 600, "sheets/000000600.png")
    check_that_the_window_goes_on(open_app, run, qtbot)


def test_samples_elsewhere_are_told_once_and_not_read(
    open_app: Open, run: Path, qtbot: QtBot
) -> None:
    Image.new("RGB", (8, 8), "blue").save(run.parent / "own.png")
    tell_sheet(run, 600, str(run.parent / "own.png"))
    app = open_app()
    told: list[str] = []
    app.messages.noticed.connect(lambda notice: told.append(notice.text))
    app.opener.open(run)
    qtbot.waitUntil(lambda: app.train._told is not None)
    assert told.count(ELSEWHERE) == 1
    assert app.train._told is not None
    assert app.train._told.history.sheets == ()


# --- a disk that does not answer ---------------------------------------------------------------------


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A disk on the network that is gone: whoever opens a run on it waits until the end of the test."""
    answers, reached = threading.Event(), threading.Event()
    opened = run_watcher.open_run

    def wait(folder: Path) -> object:
        if folder.name == "gone":
            reached.set()
            answers.wait()
        return opened(folder)

    monkeypatch.setattr(run_watcher, "open_run", wait)
    monkeypatch.setattr(run_story, "open_run", wait)
    yield reached
    answers.set()
    for thread in threading.enumerate():
        if thread.name == "run-reader":
            thread.join()


def test_a_reader_that_never_comes_back_holds_up_neither_another_run_nor_the_end(
    run: Path, stuck: threading.Event, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ganlab.engine.background_tasks.CLOSING_SECONDS", 0.01)
    gone = run.parent / "gone"
    watcher, follower = RunWatcher(3_600_000), RunFollower(3_600_000)
    watcher.watch(gone)
    follower.follow(gone)
    assert stuck.wait(60)
    with qtbot.waitSignals([watcher.model_saved, follower.told]):
        watcher.watch(run)
        follower.follow(run)
    watcher.watch(gone)
    follower.follow(gone)
    watcher.stop()
    follower.stop()
    assert not watcher.is_looking


def test_what_was_left_behind_is_not_told(qtbot: QtBot) -> None:
    background, gate, told = Background(), threading.Event(), []
    background.done.connect(lambda subject, result: told.append((subject, result)))
    background.start("first", gate.wait)
    first = background._piece
    assert first is not None
    background.start("second", lambda: 2)
    gate.set()
    first.runner.join()
    qtbot.waitUntil(lambda: bool(told))
    assert told == [("second", 2)]
    background.start("third", lambda: 1 // 0)
    qtbot.waitUntil(lambda: len(told) == 2)
    assert isinstance(told[1][1], ZeroDivisionError)
