"""Watching a network learn: one click on the start page trains on the bundled pictures, visibly."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.engine.launcher import _CHILDREN
from ganlab.settings import Settings
from ganlab.train import train_room
from ganlab.window import StartPage
from ganlab_core.data import survey
from ganlab_core.files import bundled_pictures
from tests.gui.train.conftest import Open, state, wall
from tests.gui.train.test_training_by_mouse import WALK, Walk
from tests.hands import LEFT, press

TINY: dict[str, object] = {
    "resolution": 8,
    "images": 256,
    "fmap_base": 64,
    "fmap_max": 8,
    "z_dim": 8,
    "w_dim": 8,
    "mapping_layers": 2,
    "batch_size_at.4": 8,
    "batch_size_at.8": 8,
    "sheet_kimg": 0.06,
    "checkpoint_kimg": 0.1,
    "readout_samples": 0,
    "threads": 1,
}
THREE_MINUTES = 180.0


def click_watch(app: App, qtbot: QtBot) -> None:
    """To the start page by its tab, and there on the tile, with the mouse alone."""
    tabs = app.window.top_bar.tabs
    start = next(n for n in range(tabs.count()) if tabs.tabText(n) == "Start")
    qtbot.mouseClick(tabs, LEFT, pos=tabs.tabRect(start).center())
    page = app.window.start_page
    assert isinstance(page, StartPage)
    qtbot.waitUntil(lambda: bool(page.section("Begin").tiles))
    tile = page.section("Begin").tiles[0]
    assert tile.tile.title == "Watch it learn"
    assert tile.tile.picture is not None
    press(qtbot, tile)


def on_desk(app: App) -> Path | None:
    """The file of the model on the desk."""
    return app.session.info.path if app.session.info else None


def test_the_bundled_pictures_are_small_sound_and_of_six_kinds() -> None:
    path = bundled_pictures()
    assert path.stat().st_size < 3_000_000
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
    found = survey(path)
    assert (found.smallest, found.largest, found.refused, found.copies) == (32, 32, (), ())
    assert found.pictures == 2400
    assert {count for _, count in found.classes} == {400}
    assert len(found.classes) == 6
    assert not found.few


def test_one_click_trains_and_the_network_is_on_the_desk(
    open_app: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_room, "WATCHED", train_room.WATCHED | TINY)
    app = open_app()
    click_watch(app, qtbot)
    assert app.window.workspaces.current.name == "Train"
    run = Path(app._settings.last_run)
    qtbot.waitUntil(lambda: state(app) in ("running", "ended"), timeout=60_000)
    qtbot.waitUntil(lambda: bool(wall(app)), timeout=60_000)
    qtbot.waitUntil(lambda: state(app) == "ended", timeout=60_000)
    qtbot.waitUntil(lambda: on_desk(app) == run / "model.safetensors", timeout=60_000)
    assert app.train.run.watcher.status.images == 256

    before = app.session.recipe  # a click on a sample puts it on the desk
    view = app.train.view
    qtbot.waitUntil(lambda: len(view.wall.tiles()) > 8 and view.wall.caption(0) != "")
    tile = view.wall.tiles()[3]
    qtbot.mouseClick(view.wall, LEFT, pos=tile.box.center().toPoint())
    qtbot.waitUntil(lambda: app.session.recipe != before)
    assert app.session.recipe.classes == ((3, 1.0),)
    assert len(app.session.recipe.latent.vector) == 8
    assert any(tile.index < 0 for tile in view.wall.tiles())  # real pictures

    app.window.workspaces.enter("Start")
    page = app.window.start_page
    qtbot.waitUntil(lambda: [b.tile.title for b in page.section("Runs").tiles] == ["planets"])
    app.window.workspaces.enter("Train")
    click_watch(app, qtbot)  # once more: a run of its own beside the first
    assert Path(app._settings.last_run).name == "planets-2"


@pytest.fixture
def real_app(tmp_path: Path) -> Iterator[App]:
    """The program as a person starts it for the first time."""
    app = App(Start(), Settings(tmp_path / "settings"))
    app.window.resize(1440, 900)
    yield app
    app.leave()
    app.stop()
    app.window.deleteLater()
    for child in _CHILDREN:
        child.kill()
        child.wait()
    _CHILDREN.clear()


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_three_minutes_with_the_mouse_alone(real_app: App, qtbot: QtBot, tmp_path: Path) -> None:
    """From the window's first picture to the network on the desk; needs two cores of its own."""
    app = real_app
    with qtbot.waitSignal(app.window.canvas.painted, timeout=30_000):
        app.show()
    walk = Walk(Path(WALK) if WALK else tmp_path / "walk")
    click_watch(app, qtbot)
    run = Path(app._settings.last_run)
    walls: set[bytes] = set()

    def seen(more: int) -> bool:
        walls.add(wall(app))
        return len(walls) > more

    qtbot.waitUntil(lambda: seen(2), timeout=120_000)
    walk.reached("the wall changes", app.window)
    qtbot.waitUntil(lambda: seen(20), timeout=600_000)
    walk.reached("twenty sheets later", app.window)
    qtbot.waitUntil(lambda: state(app) == "ended", timeout=300_000)
    qtbot.waitUntil(lambda: on_desk(app) == run / "model.safetensors", timeout=30_000)
    took = walk.reached("the network is on the desk", app.window)
    assert took < THREE_MINUTES
