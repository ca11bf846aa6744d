"""A long day at the desk: memory does not grow with what is done there."""

from __future__ import annotations

import gc
import random
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.engine.torch_engine import TorchEngine
from ganlab.settings import Settings
from tests.every_model import MODELS, edited, saved

EDITS = 3000
ALLOWED = 24 * 2**20


def resident() -> int:
    """Bytes of memory that this process holds now."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def go_on(app: App, source: random.Random) -> None:
    """Undo, redo, go to any step, or edit."""
    session, kind = app.session, source.random()
    if kind < 0.1:
        session.undo()
    elif kind < 0.15:
        session.redo()
    elif kind < 0.2:
        session.go_to(source.choice(list(session.history.steps())).number)
    else:
        assert session.capabilities is not None
        session.edit(edited(session.recipe, session.capabilities, source), "edit")


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux for its memory")
def test_memory_stays_flat_once_the_history_is_full(tmp_path: Path, qtbot: QtBot) -> None:
    models = [saved(name, tmp_path).info.path for name in MODELS]
    app = App(Start(str(models[0])), Settings(tmp_path / "config"), TorchEngine("cpu"))
    app.show()
    qtbot.waitUntil(lambda: app.play.saver.frame is not None)
    app.window.findChild(QDockWidget, "historyDock").show()
    source, sizes = random.Random(5), []
    for turn in range(EDITS):
        if turn % 100 == 0:
            path = models[turn // 100 % len(models)]
            app.worker.open_model(str(path))
            qtbot.waitUntil(lambda path=path: app.session.info.path == path)
        go_on(app, source)
        if turn % 10 == 0:
            wanted = app.session.fitted
            qtbot.waitUntil(lambda wanted=wanted: app.play.saver.frame.recipe == wanted)
        if turn % 250 == 249:
            sizes.append(resident())
    app.window.close()
    app.window.deleteLater()
    assert app.session.history.count() == 999
    # the history holds its thousand steps by two thirds; from then on what comes, replaces
    assert max(sizes[8:]) - sizes[7] < ALLOWED, [size >> 20 for size in sizes]
