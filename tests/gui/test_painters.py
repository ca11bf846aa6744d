"""Painting survives whoever looks at it: a profiler, a debugger, a crash report that keeps the stack."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import FrameType

import pytest
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QDockWidget
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.engine.torch_engine import TorchEngine
from ganlab.settings import Settings
from tests.every_model import saved

ROOT = Path(__file__).parents[2]


class Paints:
    """A profiler that looks at every `paintEvent` as it ends."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.unended: set[str] = set()

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        if event != "return" or frame.f_code.co_name != "paintEvent":
            return
        widget = frame.f_code.co_qualname.partition(".")[0]
        self.seen.add(widget)
        painters = [one for one in frame.f_locals.values() if isinstance(one, QPainter)]
        if any(painter.isActive() for painter in painters):
            self.unended.add(widget)


def test_every_painter_has_ended_when_its_event_is_over_even_if_the_stack_is_kept(
    tmp_path: Path, qtbot: QtBot, settings: Settings
) -> None:
    """Qt crashes on a painter that lives on, as it does in a frame that another thread holds."""
    models = [saved(name, tmp_path) for name in ("stylegan", "biggan")]
    app = App(Start(str(models[0].info.path)), settings, TorchEngine("cpu"))
    app.window.resize(2400, 1600)  # in a narrow window a panel stands in for the desk
    app.show()
    qtbot.waitUntil(lambda: app.play.saver.frame is not None)
    for dock in app.window.findChildren(QDockWidget):
        dock.show()
    paints = Paints()
    sys.setprofile(paints)
    try:
        for model in models:
            app.worker.open_model(str(model.info.path))
            qtbot.waitUntil(lambda model=model: app.session.info.path == model.info.path)
            for dock in app.window.findChildren(QDockWidget):
                dock.raise_()
                QApplication.processEvents()
                app.window.grab()
    finally:
        sys.setprofile(None)
    app.window.close()
    assert {"PaintedButton", "Canvas", "Track", "Thumbnail"} <= paints.seen
    assert not paints.unended


@pytest.mark.long
@pytest.mark.timeout(600)
def test_models_are_switched_while_a_profiler_holds_the_stack(tmp_path: Path) -> None:
    environment = {**os.environ, "GANLAB_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", PROFILED],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "painter" not in done.stderr
    assert int(done.stdout.split()[-1]) > 1000


PROFILED = """
import sys, tempfile, threading, time
from pathlib import Path
from PySide6.QtWidgets import QApplication, QDockWidget
from ganlab.app import App, Start
from ganlab.settings import Settings
from ganlab.style import apply_style
from ganlab_core.models.library import find_models

qt = QApplication([])
apply_style(qt)
app = App(Start(), Settings(Path(tempfile.mkdtemp())))
app.show()
models = [info for info in find_models()]
over, held = False, []

def watch():
    main = threading.main_thread().ident
    while not over:
        held.append(sys._current_frames()[main])
        del held[:-5]
        watch.looks += 1
        time.sleep(0.003)

def wait(done):
    until = time.monotonic() + 60
    while not done():
        assert time.monotonic() < until
        qt.processEvents()

wait(lambda: app.play.saver.frame is not None)
for dock in app.window.findChildren(QDockWidget):
    dock.show()
sys.setswitchinterval(0.0002)
watch.looks = 0
thread = threading.Thread(target=watch)
thread.start()
for turn in range(60):
    info = models[turn % len(models)]
    app.worker.open_model(str(info.path))
    wait(lambda: app.play.saver.frame.fingerprint == info.fingerprint)
over = True
thread.join()
app.leave()
app.stop()
print(watch.looks)
"""
