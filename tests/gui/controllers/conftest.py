"""The whole program with a model on the desk, for the tests of what joins its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.settings import Settings

if TYPE_CHECKING:
    from tests.gui.conftest import GatedEngine


@pytest.fixture
def app(engine: GatedEngine, settings: Settings, qtbot: QtBot, tmp_path: Path) -> Iterator[App]:
    """The program with a model of 32 px on the desk and a picture on the canvas."""
    app = App(Start(str(tmp_path / "first.safetensors")), Settings(settings.folder), engine)
    with qtbot.waitSignal(app.worker.rendered):
        app.show()
    yield app
    engine.gate.set()
    engine.sketch_gate.set()
    app.window.close()
    app.window.deleteLater()


@pytest.fixture
def show_panel(app: App) -> Callable[[str], None]:
    """Show a panel by its name, as the View menu does."""

    def show(name: str) -> None:
        found = app.window.findChild(QDockWidget, f"{name.lower()}Dock")
        assert found is not None
        found.show()
        found.raise_()

    return show
