"""The window itself."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDockWidget, QLabel
from pytestqt.qtbot import QtBot

from ganlab.play.desk import Desk
from ganlab.play.play_room import PlayPanels
from ganlab.window.actions import ACTS
from ganlab.window.main_window import FIRST_SIZE, MainWindow, first_size
from ganlab_core.recipe import Capabilities


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(FIRST_SIZE)
    window.show()
    return window


@pytest.fixture
def desk(window: MainWindow) -> Desk:
    desk = PlayPanels(window, window).desk
    window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, desk_dock(window))
    return desk


def desk_dock(window: MainWindow) -> QDockWidget:
    dock = window.findChild(QDockWidget, "deskDock")
    assert isinstance(dock, QDockWidget)
    return dock


def fits(window: MainWindow, desk: Desk) -> bool:
    """Whether the desk's dock is no higher than the desk needs."""
    return desk_dock(window).height() <= desk.sizeHint().height() + 12


@pytest.mark.parametrize("screen", [QSize(1024, 700), QSize(800, 600), QSize(3840, 2160)])
def test_the_first_window_fits_the_screen(screen: QSize) -> None:
    size = first_size(screen)
    assert size.width() <= screen.width()
    assert size.height() <= screen.height()
    assert size == FIRST_SIZE or screen.width() < FIRST_SIZE.width()


def test_the_first_window_leaves_room_for_a_title_bar() -> None:
    assert first_size(QSize(1440, 900)).height() <= 900 - 32


def test_the_desk_leaves_no_gap_when_the_strips_get_lower(
    window: MainWindow, desk: Desk, can64: Capabilities, progan64: Capabilities, qtbot: QtBot
) -> None:
    desk.set_capabilities(can64)
    qtbot.waitUntil(lambda: fits(window, desk))
    high = desk_dock(window).height()
    window.resizeDocks([desk_dock(window)], [high], Qt.Orientation.Vertical)
    desk.set_capabilities(progan64)
    qtbot.waitUntil(lambda: fits(window, desk) and desk_dock(window).height() < high)


def test_the_desk_leaves_no_gap_when_a_panel_beside_it_has_gone(
    window: MainWindow, desk: Desk, can64: Capabilities, qtbot: QtBot
) -> None:
    desk.set_capabilities(can64)
    content = QLabel("a film")
    content.setMinimumHeight(100)
    film = window.add_panel("Film", content, Qt.DockWidgetArea.BottomDockWidgetArea)
    film.show()
    window.splitDockWidget(film, desk_dock(window), Qt.Orientation.Vertical)
    window.resizeDocks([film], [240], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: film.height() > 200)
    film.hide()
    qtbot.waitUntil(lambda: fits(window, desk))
    assert window.canvas.height() > 400


def test_the_menus_stand_in_the_order_of_the_work() -> None:
    groups = list(dict.fromkeys(act.group for act in ACTS))
    assert groups == ["File", "Edit", "Play", "Explore", "Film", "Perform", "View", "Help"]
