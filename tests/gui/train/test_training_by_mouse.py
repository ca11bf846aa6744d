"""From a clean start to a run that goes on again: a real laptop training by mouse only, with screenshots.

It needs a processor of its own: `GANLAB_WALK=FOLDER pytest -m long -k by_mouse`. The folder gets a picture
of every station and `walk.txt`, which says when each was reached.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.engine.launcher import _CHILDREN
from ganlab.settings import Settings
from ganlab.train.new_training_dialog import NewTrainingDialog
from ganlab_core.export import read_picture
from tests.gui.train.conftest import state, wall
from tests.hands import LEFT, drop, press

WALK = os.environ.get("GANLAB_WALK", "")
A_MINUTE = 60.0


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Four hundred faces of 64 px: a disc, two eyes, a mouth, in many colours."""
    folder = tmp_path / "faces"
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(400):
        image = Image.new("RGB", (256, 256), tuple(random.integers(180, 256, 3)))
        draw = ImageDraw.Draw(image)
        x, y, r = *random.integers(-24, 24, 2), int(random.integers(70, 100))
        skin = tuple(random.integers(60, 220, 3))
        draw.ellipse((128 + x - r, 128 + y - r, 128 + x + r, 128 + y + r), fill=skin)
        for side in (-1, 1):
            eye = 128 + x + side * r // 3, 118 + y
            draw.ellipse((eye[0] - 12, eye[1] - 12, eye[0] + 12, eye[1] + 12), fill="white")
            draw.ellipse((eye[0] - 5, eye[1] - 5, eye[0] + 5, eye[1] + 5), fill="black")
        draw.arc((98 + x, 120 + y, 158 + x, 180 + y), 20, 160, fill="black", width=7)
        image.resize((64, 64), Image.Resampling.BOX).save(folder / f"{index:03d}.png")
    return folder


class Walk:
    """Writes down when a station was reached, and what the window looked like."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.began, self.count = folder, time.monotonic(), 0
        (folder / "walk.txt").unlink(missing_ok=True)

    def reached(self, words: str, widget: QWidget) -> float:
        seconds = time.monotonic() - self.began
        self.count += 1
        name = f"{self.count:02d}-{words.replace(' ', '-')}.png"
        widget.grab().save(str(self.folder / name))
        with (self.folder / "walk.txt").open("a") as file:
            file.write(f"{seconds:6.1f} s  {words}\n")
        return seconds


@pytest.fixture
def open_app(tmp_path: Path) -> Iterator[Callable[[QtBot], App]]:
    """Open the real program with the real render thread; end every process afterwards."""
    apps: list[App] = []

    def open_(qtbot: QtBot) -> App:
        app = App(Start(), Settings(tmp_path / "settings"))
        app.window.resize(1440, 900)
        apps.append(app)
        with qtbot.waitSignal(app.window.canvas.painted, timeout=30_000):
            app.show()
        return app

    yield open_
    for app in apps:
        app.leave()
        app.stop()
        app.window.deleteLater()
    for child in _CHILDREN:
        child.kill()
        child.wait()
    _CHILDREN.clear()


def choose(qtbot: QtBot, app: App, *words: str) -> None:
    """Click through the menus, level by level."""
    here: QWidget = app.window.top_bar.menus
    for word in words:
        action = next(one for one in here.actions() if plain(one.text()) == word)
        below = action.menu()
        qtbot.mouseClick(here, LEFT, pos=here.actionGeometry(action).center())
        if below is not None:
            qtbot.waitUntil(below.isVisible)
            here = below


def plain(text: str) -> str:
    return text.replace("&", "").partition("\t")[0]


def to_tab(qtbot: QtBot, dialog: NewTrainingDialog, index: int) -> None:
    bar = dialog.tabs.tabBar()
    qtbot.mouseClick(bar, LEFT, pos=bar.tabRect(index).center())
    assert dialog.tabs.currentIndex() == index


def begin(app: App, pictures: Path, walk: Walk, qtbot: QtBot) -> Path:
    drop(app, pictures)
    qtbot.waitUntil(lambda: app.train.starter.dialog is not None)
    dialog = app.train.starter.dialog
    assert isinstance(dialog, NewTrainingDialog)
    qtbot.waitUntil(lambda: "400 pictures" in dialog.pictures.facts.text(), timeout=30_000)
    walk.reached("pictures dropped", dialog)
    to_tab(qtbot, dialog, 1)
    press(qtbot, dialog.network.preset_button("minutes"))
    walk.reached("laptop preset", dialog)
    to_tab(qtbot, dialog, 2)
    walk.reached("all settings", dialog)
    press(qtbot, dialog.start)
    return Path(app._settings.last_run)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_laptop_training_by_mouse_only(
    open_app: Callable[[QtBot], App], pictures: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    walk = Walk(Path(WALK) if WALK else tmp_path / "walk")
    app = open_app(qtbot)
    walk.reached("clean start", app.window)
    folder = begin(app, pictures, walk, qtbot)
    train, began = app.train.view, time.monotonic()

    # within a minute: the pictures on the wall change, and 8 px fade in on their strip
    qtbot.waitUntil(lambda: bool(wall(app)), timeout=120_000)
    first = wall(app)
    walk.reached("first samples", app.window)
    qtbot.waitUntil(lambda: wall(app) != first, timeout=120_000)
    walk.reached("the wall changes", app.window)
    qtbot.waitUntil(lambda: fading_on_the_strip(app), timeout=120_000)
    walk.reached("8 px fade in on the strip", app.window)
    took = time.monotonic() - began
    with (walk.folder / "walk.txt").open("a") as file:
        file.write(f"{took:6.1f} s  from Start to both\n")
    assert took < A_MINUTE

    # pause, back in time, the model of then on the desk, now, on
    press(qtbot, train.header.pause)
    qtbot.waitUntil(lambda: state(app) == "paused", timeout=30_000)
    track = train.time.slider.track
    now = wall(app)
    qtbot.mouseClick(track, LEFT, pos=QPoint(8, track.height() // 2))
    qtbot.waitUntil(lambda: wall(app) != now, timeout=10_000)
    walk.reached("paused and scrubbed back", app.window)
    qtbot.waitUntil(lambda: train.shows_curves)
    walk.reached("curves", app.window)
    press(qtbot, train.time.live)
    press(qtbot, train.header.pause)
    qtbot.waitUntil(lambda: state(app) == "running", timeout=30_000)
    walk.reached("resumed", app.window)

    # explore while it trains, and save a picture of it
    shown = bytes(app.window.canvas.image.constBits())
    explore(app, qtbot)
    qtbot.waitUntil(lambda: bytes(app.window.canvas.image.constBits()) != shown, timeout=20_000)
    assert state(app) == "running"
    walk.reached("explored while it trains", app.window)
    saved = save_picture(app, qtbot)
    assert read_picture(saved).recipe == app.session.fitted
    walk.reached("picture saved", app.window)

    # stop; later go on
    press(qtbot, train.header.stop)
    qtbot.waitUntil(lambda: state(app) == "stopped", timeout=60_000)
    walk.reached("stopped", app.window)
    images = app.train.run.watcher.status.images
    app.window.close()
    again = open_app(qtbot)
    choose(qtbot, again, "File", "Recent", folder.name)
    qtbot.waitUntil(lambda: state(again) == "stopped", timeout=20_000)
    walk.reached("reopened", again.window)
    press(qtbot, again.train.view.header.pause)
    qtbot.waitUntil(lambda: state(again) == "running", timeout=60_000)
    qtbot.waitUntil(lambda: again.train.run.watcher.status.images > images, timeout=60_000)
    walk.reached("going on", again.window)
    press(qtbot, again.train.view.header.stop)
    qtbot.waitUntil(lambda: state(again) == "stopped", timeout=60_000)


def fading_on_the_strip(app: App) -> bool:
    """Whether the strip of 8 px is there and its alpha is on the way."""
    strip, status = app.play.desk.strips.get(8), app.train.run.watcher.status
    return strip is not None and status.resolution == 8 and 0 < status.alpha < 1


def explore(app: App, qtbot: QtBot) -> None:
    """Drag the truncation on the master panel."""
    track = app.play.master.style_section.psi.track
    middle = QPoint(track.width() // 2, track.height() // 2)
    qtbot.mousePress(track, LEFT, pos=middle)
    for step in range(1, 6):
        qtbot.mouseMove(track, middle + QPoint(8 * step, 0))
        qtbot.wait(40)
    qtbot.mouseRelease(track, LEFT, pos=middle + QPoint(40, 0))


def save_picture(app: App, qtbot: QtBot) -> Path:
    """Press Save PNG, and Save in the window that asks where to."""
    buttons = app.window.findChildren(QAbstractButton)
    button = next(one for one in buttons if one.text() == "Save PNG")
    press(qtbot, button)
    qtbot.waitUntil(lambda: any(d.isVisible() for d in app.window.findChildren(QFileDialog)))
    dialog = next(d for d in app.window.findChildren(QFileDialog) if d.isVisible())
    target = Path(dialog.selectedFiles()[0])
    save = next(one for one in dialog.findChildren(QPushButton) if plain(one.text()) == "Save")
    press(qtbot, save)
    qtbot.waitUntil(target.exists, timeout=20_000)
    return target
