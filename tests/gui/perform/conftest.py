"""The room of performing, with its time held by the test."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.perform import PerformRoom
from ganlab_core.performance import DeviceHub

Play = Callable[..., None]


class HeldClock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def room(app: App, clock: HeldClock, monkeypatch: pytest.MonkeyPatch) -> PerformRoom:
    """The room without devices; it plays when the test lets a frame begin."""
    monkeypatch.setattr("ganlab.perform.perform_room.DeviceHub", SilentHub)
    app.perform.live.now = clock
    app.perform.live._timer.timeout.disconnect()
    return app.perform


class SilentHub(DeviceHub):
    """Looks after nothing."""

    def add(self, device: object) -> None:
        device.close()  # type: ignore[attr-defined]


@pytest.fixture
def play(app: App, room: PerformRoom, clock: HeldClock, qtbot: QtBot) -> Play:
    """Let signals be heard, a frame begin, and wait until it is on the canvas."""

    def go_on(*signals: tuple[str, float], seconds: float = 0.02) -> None:
        clock.time += seconds
        for name, value in signals:
            room.live.board.put(name, value, clock.time)
        room.live.tick()
        wanted = app.session.fitted
        qtbot.waitUntil(lambda: app.play.saver.frame.recipe == wanted)

    return go_on
