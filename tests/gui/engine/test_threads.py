"""Work that never ends keeps neither the rest nor the end of the program waiting."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from ganlab.engine import background_tasks as errands_module
from ganlab.engine.background_tasks import BackgroundTasks
from ganlab.engine.threads import left_behind

ROOT = Path(__file__).parents[3]


class Hearer(QObject):
    """What came back."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[object] = []

    def hear(self, result: object) -> None:
        self.results.append(result)


@pytest.fixture
def gate(qtbot: QtBot) -> Iterator[threading.Event]:
    """Opened at the end, and everything that was left behind ends."""
    gate = threading.Event()
    yield gate
    gate.set()
    qtbot.waitUntil(lambda: not left_behind())


def test_work_that_hangs_holds_neither_other_work_nor_the_end(
    gate: threading.Event, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands_module, "STUCK", 0.1)
    tasks, hearer, entered = BackgroundTasks(), Hearer(), threading.Event()

    def hang() -> str:
        entered.set()
        gate.wait()
        return "late"

    tasks.start(hang, hearer.hear)
    entered.wait()
    for number in range(3):
        tasks.start(lambda number=number: number, hearer.hear)
    qtbot.waitUntil(lambda: hearer.results == [0, 1, 2])
    assert left_behind()
    gate.set()
    qtbot.waitUntil(lambda: hearer.results == [0, 1, 2, "late"])

    gate.clear()
    entered.clear()
    tasks.start(hang, hearer.hear)
    entered.wait()
    tasks.finish(10)  # it comes back
    assert left_behind()


PROGRAM = """
import sys, threading
from PySide6.QtCore import QTimer
from ganlab import app as program
from ganlab.__main__ import main
from ganlab.engine.background_tasks import BackgroundTasks
from tests.gui.conftest import GatedEngine

def hang():
    print("hangs", flush=True)
    QTimer.singleShot(0, window, window.close)
    threading.Event().wait()

class App(program.App):
    def __init__(self, start, settings):
        global window
        super().__init__(start, settings, GatedEngine())
        window = self.window
        self.window.canvas.painted.connect(lambda: self.tasks.start(hang, print))

BackgroundTasks.finish.__defaults__ = (300,)
program.App = App
sys.exit(main(sys.argv[1:]))
"""


def test_the_program_ends_though_its_disk_never_answers(tmp_path: Path) -> None:
    environment = {**os.environ, "GANLAB_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True,
        text=True, timeout=100,
    )  # fmt: skip
    assert "hangs" in done.stdout, done.stderr
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes in the file system")
def test_a_pipe_is_no_model(tmp_path: Path) -> None:
    from ganlab.library.open_controller import look_at
    from ganlab_core.errors import GanlabError

    os.mkfifo(tmp_path / "a.safetensors")
    with pytest.raises(GanlabError, match="is no file"):
        look_at(tmp_path / "a.safetensors")
