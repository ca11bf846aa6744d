"""The run watcher: reads only, and tells what is new."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from ganlab.engine.run_follower import RunWatcher
from ganlab_core.errors import GanlabError
from ganlab_core.training import RunStatus


class Heard(QObject):
    """Everything a watcher told."""

    def __init__(self, watcher: RunWatcher) -> None:
        super().__init__()
        self.models: list[Path] = []
        self.colours: list[QColor] = []
        self.statuses: list[RunStatus] = []
        watcher.model_saved.connect(self._on_model)
        watcher.sheet_drawn.connect(self._on_sheet)
        watcher.progressed.connect(self._on_status)

    def _on_model(self, path: Path) -> None:
        self.models.append(path)

    def _on_sheet(self, image: QImage) -> None:
        self.colours.append(image.pixelColor(0, 0))

    def _on_status(self, status: RunStatus) -> None:
        self.statuses.append(status)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder with one sheet and one model file."""
    folder = tmp_path / "faces"
    (folder / "sheets").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"ganlab_train_config": 1, "images": 2000}))
    progress = {"event": "Progress", "images": 500, "resolution": 16, "alpha": 0.5}
    (folder / "events.jsonl").write_text(json.dumps(progress) + "\n")
    write_sheet(folder, 500, "red")
    (folder / "model.safetensors").write_bytes(b"first")
    return folder


def write_sheet(folder: Path, images: int, colour: str) -> None:
    sheet = QImage(8, 8, QImage.Format.Format_RGB32)
    sheet.fill(QColor(colour))
    assert sheet.save(str(folder / "sheets" / f"{images:09d}.png"))


@pytest.fixture
def watcher(qapp: object) -> Iterator[RunWatcher]:
    watcher = RunWatcher(interval_ms=3_600_000)
    yield watcher
    watcher.stop()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_run_tells_its_model_sheet_and_progress(
    watcher: RunWatcher, run: Path, qtbot: QtBot
) -> None:
    before = contents(run)
    heard = Heard(watcher)
    watcher.watch(run)
    qtbot.waitUntil(lambda: bool(heard.models))
    assert heard.models == [run / "model.safetensors"]
    assert heard.colours == [QColor("red")]
    (status,) = heard.statuses
    assert (status.images, status.images_total, status.resolution) == (500, 2000, 16)
    assert contents(run) == before


def test_nothing_new_is_not_told_again(watcher: RunWatcher, run: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(watcher.model_saved):
        watcher.watch(run)
    heard = Heard(watcher)
    watcher.look()
    watcher.finish_looking()
    qtbot.waitUntil(lambda: not watcher.is_looking)
    assert (heard.models, heard.colours, heard.statuses) == ([], [], [])


def test_a_newer_sheet_and_model_are_told(watcher: RunWatcher, run: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(watcher.model_saved):
        watcher.watch(run)
    write_sheet(run, 700, "blue")
    (run / "model.safetensors").write_bytes(b"second one")
    heard = Heard(watcher)
    watcher.look()
    qtbot.waitUntil(lambda: bool(heard.models))
    assert heard.models == [run / "model.safetensors"]
    assert heard.colours == [QColor("blue")]


def test_a_sheet_that_is_still_being_written_is_looked_at_again(
    watcher: RunWatcher, run: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(watcher.model_saved):
        watcher.watch(run)
    whole = (run / "sheets" / "000000500.png").read_bytes()
    half = run / "sheets" / "000000900.png"
    half.write_bytes(whole[:30])
    with qtbot.assertNotEmitted(watcher.sheet_drawn):
        watcher.look()
        watcher.finish_looking()
        qtbot.waitUntil(lambda: not watcher.is_looking)
    half.write_bytes(whole)
    with qtbot.waitSignal(watcher.sheet_drawn):
        watcher.look()


def test_a_run_without_a_model_yet_is_no_failure(
    watcher: RunWatcher, run: Path, qtbot: QtBot
) -> None:
    (run / "model.safetensors").unlink()
    with qtbot.waitSignal(watcher.sheet_drawn), qtbot.assertNotEmitted(watcher.failed):
        watcher.watch(run)


def test_a_folder_that_is_no_run_ends_the_watching(
    watcher: RunWatcher, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(watcher.failed) as told:
        watcher.watch(tmp_path)
    assert isinstance(told.args[0], GanlabError)
    assert watcher.folder is None


def test_of_two_runs_the_last_one_is_watched(
    watcher: RunWatcher, run: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    heard = Heard(watcher)
    watcher.watch(tmp_path)
    watcher.watch(run)
    qtbot.waitUntil(lambda: heard.models == [run / "model.safetensors"])
    assert watcher.folder == run
