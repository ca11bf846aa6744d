"""The program with tiny models for the rooms of own pictures."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.engine import TorchEngine, torch_engine
from ganlab.settings import Settings
from ganlab_core.models import save_model
from tests.every_model import MODELS

FEW = 48
"""Seeds to begin from instead of hundreds."""


@pytest.fixture(autouse=True)
def _few_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    made = torch_engine._made_ready

    def ready(path: Path) -> torch_engine.Ready:
        found = made(path)
        found.beginnings.count = FEW
        return found

    monkeypatch.setattr(torch_engine, "_made_ready", ready)


@pytest.fixture
def app(settings: Settings, qtbot: QtBot, tmp_path: Path) -> Iterator[App]:
    """The program with a tiny StyleGAN, and a second model beside it."""
    for name, kind in (("tiny", "stylegan"), ("other", "progan")):
        save_model(copy.deepcopy(MODELS[kind]()), tmp_path / f"{name}.safetensors")
    start = Start(str(tmp_path / "tiny.safetensors"))
    app = App(start, Settings(settings.folder), TorchEngine("cpu"))
    with qtbot.waitSignal(app.worker.rendered):
        app.show()
    app.own.panel.seconds.set_value(1)
    yield app
    app.window.close()
    app.window.deleteLater()
