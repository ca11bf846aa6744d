"""A program whose runs are processes, and what is read off it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.engine.launcher import _CHILDREN
from ganlab.settings import Settings
from tests.gui.conftest import GatedEngine

Open = Callable[[], App]


@pytest.fixture
def open_app(settings: Settings, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open the program; every process it started is ended afterwards."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    apps: list[App] = []

    def open_() -> App:
        app = App(Start(), Settings(settings.folder), GatedEngine())
        apps.append(app)
        app.train.run.watcher._timer.setInterval(100)
        with qtbot.waitSignal(app.window.canvas.painted):
            app.show()
        return app

    yield open_
    for app in apps:
        app.leave()
        app.window.deleteLater()
    for child in _CHILDREN:
        child.kill()
        child.wait()
    _CHILDREN.clear()


def state(app: App) -> str:
    """How the run that is watched does; empty where there is none."""
    status = app.train.run.watcher.status
    return status.state if status else ""


def wall(app: App) -> bytes:
    """The pixels of the run's samples; empty where there are none."""
    image = app.train.view.wall.image
    return b"" if image.isNull() else bytes(image.constBits())
