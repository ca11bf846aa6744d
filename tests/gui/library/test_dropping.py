"""Files let go on the start page: each is opened, and shown where it is seen."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.engine import TorchEngine
from ganlab.settings import Settings
from ganlab.train.new_training_dialog import NewTrainingDialog
from ganlab.window.start_page import DROP_HERE, LET_GO
from ganlab_core.export.png import encode_png
from ganlab_core.models import ModelInfo, from_generator, save_model
from ganlab_core.networks import StyleGANConfig, StyleGANGenerator
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.timeline import Keyframe, Timeline
from tests.hands import drag_over, drop

LONG = 60_000


def write_model(path: Path, title: str) -> Path:
    """A StyleGAN of 16 px with random weights."""
    shape = StyleGANConfig(
        resolution=16, fmap_max=8, z_dim=8, w_dim=8, mapping_layers=2, mapping_fmaps=8
    )
    torch.manual_seed(len(title))
    info = ModelInfo(
        path.stem, title, "stylegan", 16, (), "", "", "", dataclasses.asdict(shape), {}, 4.0, path
    )
    save_model(from_generator(StyleGANGenerator(shape).eval(), info), path)
    return path


@pytest.fixture
def app(settings: Settings, qtbot: QtBot, tmp_path: Path) -> Iterator[App]:
    """The program on a small model, on its start page."""
    model = write_model(tmp_path / "first.safetensors", "First")
    app = App(Start(str(model)), Settings(settings.folder), TorchEngine("cpu"))
    with qtbot.waitSignal(app.worker.rendered, timeout=LONG):
        app.show()
    app.window.workspaces.enter("Start")
    yield app
    app.leave()
    app.window.deleteLater()


def room(app: App) -> str:
    return app.window.workspaces.current.name


def test_a_model_comes_to_the_desk(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    second = write_model(tmp_path / "second.safetensors", "The second")
    with qtbot.waitSignal(app.worker.loaded, timeout=LONG):
        drop(app, second)
    qtbot.waitUntil(lambda: app.session.info is not None and app.session.info.title == "The second")
    assert room(app) == "Play"


def test_a_picture_of_ours_brings_its_recipe(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    frame, info = app.play.saver.on_desk() or pytest.fail("no picture")
    saved = tmp_path / "kept.png"
    saved.write_bytes(encode_png(frame.pixels, Recipe(latent=Latent(77), psi=0.25), info))
    drop(app, saved)
    qtbot.waitUntil(lambda: app.session.recipe.latent.seed == 77)
    assert room(app) == "Play"


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "bmp"])
def test_a_picture_of_ones_own_is_brought_in(
    app: App, qtbot: QtBot, tmp_path: Path, ending: str
) -> None:
    photo = tmp_path / f"photo.{ending}"
    Image.new("RGB", (40, 30), (200, 90, 20)).save(photo)
    drop(app, photo)
    qtbot.waitUntil(lambda: app.own.panel.target.has_picture(), timeout=LONG)
    assert room(app) == "Play"
    assert app.own.dock.isVisible()


def test_a_film_is_seen_on_the_timeline(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    keyframes = tuple(Keyframe(float(at), Recipe(latent=Latent(at))) for at in (0, 1, 2))
    film = tmp_path / "walk.mp4"
    film.write_bytes(b"no film at all, but what is beside it says what was filmed")
    note = json.loads(Timeline(keyframes, loop=False).to_json())
    (tmp_path / "walk.mp4.json").write_text(json.dumps(note))
    drop(app, film)
    qtbot.waitUntil(lambda: not app.film.filming.film.empty, timeout=LONG)
    assert room(app) == "Film"
    assert len(app.film.filming.playable.keyframes) == 3


def test_a_run_is_seen_in_the_training_room(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    run = tmp_path / "faces"
    run.mkdir()
    (run / "config.json").write_text('{"ganlab_train_config": 1, "images": 2000}')
    (run / "events.jsonl").write_text('{"event": "Progress", "images": 500, "resolution": 16}\n')
    drop(app, run)
    qtbot.waitUntil(lambda: app.train.run.watcher.folder == run, timeout=LONG)
    assert room(app) == "Train"
    assert app.train.view.header.name.text() == "faces"


def test_a_folder_of_pictures_asks_for_a_training(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "cats"
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (32, 32), (number, 90, 20)).save(folder / f"{number}.png")
    drop(app, folder)
    qtbot.waitUntil(lambda: bool(app.window.findChildren(NewTrainingDialog)), timeout=LONG)
    (dialog,) = app.window.findChildren(NewTrainingDialog)
    qtbot.waitUntil(dialog.isVisible)
    dialog.reject()


def test_a_tile_under_the_pointer_takes_nothing_away(
    app: App, qtbot: QtBot, tmp_path: Path
) -> None:
    page = app.window.start_page
    qtbot.waitUntil(lambda: bool(page.section("Begin").tiles))
    tile = page.section("Begin").tiles[0]
    place = tile.mapTo(app.window, tile.rect().center())
    second = write_model(tmp_path / "second.safetensors", "The second")
    drag_over(app, second, at=place)
    assert page._drop.text() == LET_GO
    with qtbot.waitSignal(app.worker.loaded, timeout=LONG):
        drop(app, second, at=place)
    assert page._drop.text() == DROP_HERE


@pytest.mark.parametrize("name", ["notes.txt", "gone.png", "empty"])
def test_what_cannot_be_opened_is_said_and_the_page_stays(
    app: App, qtbot: QtBot, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    if name == "empty":
        path.mkdir()
    elif name == "notes.txt":
        path.write_text("milk, bread")
    drop(app, path)
    qtbot.waitUntil(app.window.banner.isVisible, timeout=LONG)
    assert name in app.window.banner.text
    assert room(app) == "Start"
    assert app.window.banner.visibleRegion().boundingRect() == app.window.banner.rect()


def test_several_files_end_with_the_last_one(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    second = write_model(tmp_path / "second.safetensors", "The second")
    kept = tmp_path / "kept.json"
    kept.write_text(Recipe(psi=0.25).to_json())
    drop(app, second, kept)
    qtbot.waitUntil(lambda: app.session.info is not None and app.session.info.title == "The second",
                    timeout=LONG)  # fmt: skip
    qtbot.waitUntil(lambda: app.session.recipe.psi == 0.25)


def test_words_carried_over_the_window_are_not_welcomed(app: App) -> None:
    mime = QMimeData()
    mime.setText("https://example.org/a.png")
    mime.setUrls([QUrl("https://example.org/a.png")])
    enter = QDragEnterEvent(
        QPoint(400, 200), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    enter.ignore()
    QApplication.sendEvent(app.window.windowHandle(), enter)
    assert not enter.isAccepted()
    assert app.window.start_page._drop.text() == DROP_HERE
