"""The workers beside a training: stories, sheets on demand, surveys that can be given up, estimates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from ganlab.engine.launcher import Estimator, SampleFilming, Surveyor, is_starting, last_complaint
from ganlab.engine.run_follower import RunFollower
from ganlab_core.data import Survey
from ganlab_core.errors import DatasetError


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    for name in ("sheets", "snapshots"):
        (folder / name).mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"ganlab_train_config": 1, "images": 100}))
    tell(folder, 8)
    return folder


def tell(folder: Path, images: int) -> None:
    """A report, a sheet and a model."""
    path = f"sheets/{images:09d}.png"
    Image.new("RGB", (8, 8), (images, 0, 0)).save(folder / path)
    (folder / "snapshots" / f"{images:09d}.safetensors").touch()
    with (folder / "events.jsonl").open("a") as file:
        for event in (
            {"event": "Progress", "images": images, "loss_g": 1.0},
            {"event": "SheetSaved", "images": images, "resolution": 8, "alpha": 1, "path": path},
        ):
            file.write(json.dumps(event) + "\n")


@pytest.fixture
def follower(qapp: object) -> Iterator[RunFollower]:
    follower = RunFollower(interval_ms=3_600_000)
    yield follower
    follower.stop()


def test_a_story_is_told_and_told_again_only_when_it_goes_on(
    follower: RunFollower, run: Path, qtbot: QtBot
) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    with qtbot.waitSignal(follower.told) as heard:
        follower.follow(run)
    assert heard.args[0].history.last_images == 8
    assert [images for images, _ in heard.args[0].models] == [8]
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before
    with qtbot.assertNotEmitted(follower.told, wait=100):
        follower.look()
    tell(run, 16)
    with qtbot.waitSignal(follower.told) as heard:
        follower.look()
    assert heard.args[0].diversity == ((8, 1.0), (16, 1.0))


def test_a_folder_that_is_no_run_tells_nothing(
    follower: RunFollower, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(follower.told, wait=100):
        follower.follow(tmp_path)


def test_of_many_sheets_asked_for_the_last_one_comes(
    follower: RunFollower, run: Path, qtbot: QtBot
) -> None:
    colours: list[QColor] = []
    follower.sheet_loaded.connect(lambda _, image: colours.append(image.pixelColor(0, 0)))
    for images in (16, 24, 32):
        tell(run, images)
        follower.load_sheet(run / f"sheets/{images:09d}.png")
    qtbot.waitUntil(lambda: bool(colours) and colours[-1] == QColor(32, 0, 0))
    assert len(colours) <= 2


def test_a_survey_tells_what_it_found_or_why_not(qtbot: QtBot, tmp_path: Path) -> None:
    surveyor = Surveyor()
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    assert image.save(str(tmp_path / "a.png"))
    with qtbot.waitSignal(surveyor.surveyed) as heard:
        surveyor.start(tmp_path)
    assert isinstance(heard.args[1], Survey)
    with qtbot.waitSignal(surveyor.failed) as failed:
        surveyor.start(tmp_path / "nothing")
    assert isinstance(failed.args[1], DatasetError)
    surveyor.finish()


def test_a_survey_given_up_tells_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    surveyor = Surveyor()
    for index in range(40):
        Image.new("RGB", (8, 8)).save(tmp_path / f"{index}.png")
    with qtbot.assertNotEmitted(surveyor.surveyed, wait=150):
        surveyor.start(tmp_path)
        surveyor.cancel()
    surveyor.finish()


def test_a_config_that_cannot_be_measured_is_told_in_a_sentence(qtbot: QtBot) -> None:
    estimator = Estimator()
    with qtbot.waitSignal(estimator.failed, timeout=30_000) as heard:
        estimator.start("{}", 0)
    assert "not the config" in heard.args[0]
    estimator.start("{}", 0)
    estimator.cancel()
    assert not estimator.is_measuring


def test_the_samples_of_a_run_become_a_film(run: Path, qtbot: QtBot, tmp_path: Path) -> None:
    filming = SampleFilming()
    tell(run, 16)
    with qtbot.waitSignal(filming.filmed, timeout=40_000):
        filming.start(run, tmp_path / "run.gif")
    with Image.open(tmp_path / "run.gif") as film:
        assert film.n_frames == 2  # type: ignore[attr-defined]
    with qtbot.waitSignal(filming.failed, timeout=40_000) as heard:
        filming.start(tmp_path, tmp_path / "none.gif")
    assert "no run" in heard.args[0]


def test_nothing_is_starting_where_nothing_was_started(tmp_path: Path) -> None:
    assert not is_starting(tmp_path)
    assert last_complaint(tmp_path) == ""
    (tmp_path / "training.log").write_text("a warning\nganlab: There is no folder.\n")
    assert last_complaint(tmp_path) == "There is no folder."
