"""The rail shows a sign for every panel, or lists those that have no room."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QDockWidget, QMainWindow
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.window.bars import RAIL, Rail

PANELS = [name for group in RAIL for name in group]


@pytest.fixture
def rail_of(qtbot: QtBot) -> Callable[[int], Rail]:
    """The rail of a window of a height, with every panel, those of the last groups added first."""

    kept: list[QMainWindow] = []

    def make(height: int) -> Rail:
        window, rail = QMainWindow(), Rail()
        kept.append(window)
        qtbot.addWidget(window)
        window.addToolBar(rail)
        rail.setOrientation(rail.orientation().Vertical)
        for name in reversed(PANELS):
            rail.add_panel(name, QDockWidget(name, window))
        rail.setFixedHeight(height)
        window.show()
        return rail

    return make


def shown(rail: Rail) -> list[str]:
    signs = [sign for sign in rail.signs.values() if sign.isVisible()]
    return [sign.accessibleName().removeprefix("Panel ") for sign in signs]


def test_a_high_window_shows_every_sign_in_its_group(rail_of: Callable[[int], Rail]) -> None:
    rail = rail_of(900)
    tops = [rail.signs[name].y() for name in PANELS]
    assert tops == sorted(tops)
    assert not rail.left_out
    assert not rail.more.isVisible()
    groups = iter(RAIL[1:])
    for group in groups:
        above = max(sign.geometry().bottom() for sign in rail.signs.values()
                    if sign.y() < rail.signs[group[0]].y())  # fmt: skip
        assert rail.signs[group[0]].y() - above > 5  # a gap


@pytest.mark.parametrize("height", [500, 340])
def test_a_low_window_lists_what_has_no_room_and_cuts_nothing(
    rail_of: Callable[[int], Rail], height: int
) -> None:
    rail = rail_of(height)
    assert sorted(shown(rail) + rail.left_out) == sorted(PANELS)
    assert rail.left_out
    assert rail.more.isVisible()
    for sign in (*(rail.signs[name] for name in shown(rail)), rail.more):
        assert sign.parentWidget().rect().contains(sign.geometry())
        assert sign.height() >= 24


def test_tab_goes_down_the_rail(rail_of: Callable[[int], Rail]) -> None:
    rail = rail_of(900)
    chain, at = [], rail.signs[PANELS[0]]
    for _ in PANELS:
        chain.append(at)
        at = at.nextInFocusChain()
    assert chain == [rail.signs[name] for name in PANELS]


def test_every_panel_of_the_window_has_its_place_in_a_group(app: App) -> None:
    docks = app.window.findChildren(QDockWidget)
    assert sorted(dock.windowTitle() for dock in docks) == sorted(PANELS)
