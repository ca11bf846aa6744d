"""The window for the projector: picture only, black, frozen, faded over, captioned."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QSizeF, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.perform import PerformRoom
from ganlab.perform.perform_panel import PictureWindow, placed
from tests.gui.conftest import flat
from tests.gui.perform.conftest import HeldClock, Play


@pytest.fixture
def window(qtbot: QtBot, clock: HeldClock) -> PictureWindow:
    made = PictureWindow(clock)
    qtbot.addWidget(made)
    made.resize(300, 200)
    made.show()
    made.show_pixels(flat(32, 200))
    return made


def at(window: PictureWindow, x: int, y: int) -> int:
    """The grey at a place of the window, in device-independent pixels."""
    image = window.grab().toImage()
    scale = image.width() / window.width()
    colour = image.pixelColor(round(x * scale), round(y * scale))
    assert colour.red() == colour.green() == colour.blue()
    return colour.red()


def test_only_the_picture_is_there_on_black(window: PictureWindow) -> None:
    assert (at(window, 10, 100), at(window, 150, 100), at(window, 290, 100)) == (0, 200, 0)
    assert (at(window, 150, 2), at(window, 150, 197)) == (200, 200)
    window.set_fit("fill")
    assert (at(window, 2, 100), at(window, 297, 100)) == (200, 200)
    window.set_fit("pixels")
    assert (at(window, 150, 100), at(window, 100, 100)) == (200, 0)


@pytest.mark.parametrize(
    ("fit", "place"),
    [("fit", (50.0, 0.0, 200.0, 200.0)), ("fill", (0.0, -50.0, 300.0, 300.0)),
     ("pixels", (142.0, 92.0, 16.0, 16.0))],
)  # fmt: skip
def test_where_the_picture_lies(fit: str, place: tuple[float, ...]) -> None:
    found = placed(fit, QSizeF(32, 32), QSizeF(300, 200), 2.0)
    assert found.getRect() == pytest.approx(place)


def test_black_shows_nothing_and_freeze_keeps_the_picture(
    window: PictureWindow, qtbot: QtBot
) -> None:
    qtbot.keyClick(window, Qt.Key.Key_B)
    assert at(window, 150, 100) == 0
    qtbot.keyClick(window, Qt.Key.Key_B)
    qtbot.keyClick(window, Qt.Key.Key_F)
    window.show_pixels(flat(32, 90))
    assert at(window, 150, 100) == 200
    qtbot.keyClick(window, Qt.Key.Key_F)
    window.show_pixels(flat(32, 90))
    assert at(window, 150, 100) == 90


def test_a_scene_is_faded_over(window: PictureWindow, clock: HeldClock, qtbot: QtBot) -> None:
    window.fade_over(2.0)
    window.show_pixels(flat(32, 100))
    greys = []
    for _ in range(4):
        greys.append(at(window, 150, 100))
        clock.time += 0.5
    assert greys == pytest.approx([200, 175, 150, 125], abs=2)
    clock.time += 1.0
    qtbot.waitUntil(lambda: not window.fading)
    assert at(window, 150, 100) == 100


def test_the_caption_is_there_when_asked_for(window: PictureWindow, qtbot: QtBot) -> None:
    window.set_fit("pixels")
    window.set_caption("Adventurer, seed 5")
    before = window.grab().toImage()
    qtbot.keyClick(window, Qt.Key.Key_T)
    after = window.grab().toImage()
    assert before != after
    assert QColor(255, 255, 255).rgb() in {
        after.pixel(x, y) for x in range(after.width()) for y in range(after.height())
    }


def test_escape_leaves_the_full_screen_and_then_closes(window: PictureWindow, qtbot: QtBot) -> None:
    window.set_full_screen(True)
    assert window.isFullScreen()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isFullScreen()
    assert window.isVisible()
    with qtbot.waitSignal(window.closed):
        qtbot.keyClick(window, Qt.Key.Key_Escape)


def test_the_stage_shows_what_the_desk_shows(app: App, room: PerformRoom, play: Play) -> None:
    window = room.open_window()
    assert window is room.open_window()
    app.session.edit(app.session.recipe.__class__(app.session.recipe.latent.__class__(9)), "seed")
    play()
    shown = window.image.pixelColor(3, 3).red()
    assert shown == 9
    assert np.array_equal(app.play.saver.frame.pixels[0, 0], [9, 9, 9])
    room.panel.fade.set_value(1.0)
    room._on_scene(0)
    assert window.fading
    window.close()
    assert room.picture_window is None


def test_the_panel_steers_the_window(app: App, room: PerformRoom, qtbot: QtBot) -> None:
    panel = room.panel
    assert not panel.black.isEnabled()
    window = room.open_window()
    panel.black.click()
    panel.freeze.click()
    panel.caption.click()
    panel.fit.edited.emit("fill")
    assert (window.black, window.frozen, window.captioned, window.fit) == (True, True, True, "fill")
    qtbot.keyClick(window, Qt.Key.Key_B)
    assert not panel.black.isChecked()
    panel.next_screen.click()
    assert window.isVisible()
    window.close()
    assert not panel.freeze.isEnabled()
    assert not panel.freeze.isChecked()
