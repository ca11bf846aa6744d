"""A stage whose time the test holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.stage import StageRoom
from ganlab_core.performance import DeviceHub

Play = Callable[..., None]


class StageClock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> StageClock:
    return StageClock()


@pytest.fixture
def stage(app: App, clock: StageClock, monkeypatch: pytest.MonkeyPatch) -> StageRoom:
    """The stage without devices; it plays when the test lets a frame begin."""
    monkeypatch.setattr("ganlab.stage.stage_room.DeviceHub", SilentHub)
    app.stage.live.now = clock
    app.stage.live._timer.timeout.disconnect()
    return app.stage


class SilentHub(DeviceHub):
    """Looks after nothing."""

    def add(self, device: object) -> None:
        device.close()  # type: ignore[attr-defined]


@pytest.fixture
def play(app: App, stage: StageRoom, clock: StageClock, qtbot: QtBot) -> Play:
    """Let signals be heard, a frame begin, and wait until it is on the canvas."""

    def go_on(*signals: tuple[str, float], seconds: float = 0.02) -> None:
        clock.time += seconds
        for name, value in signals:
            stage.live.board.put(name, value, clock.time)
        stage.live.tick()
        wanted = app.session.fitted
        qtbot.waitUntil(lambda: app.play.saver.frame.recipe == wanted)

    return go_on
