"""Windows on a real X server with two monitors and a window manager: the projector's, and a scaled one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

LACKING = [name for name in ("Xvfb", "xrandr", "openbox") if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(bool(LACKING), reason=f"no {' and no '.join(LACKING)} here")

SCRIPT = """
import json
import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget
from ganlab.perform.perform_panel import PictureWindow, other_screen

qt = QApplication([])
first = QWidget()
first.setStyleSheet("background: rgb(10, 20, 30)")
first.setGeometry(100, 100, 300, 200)
first.show()
now = [0.0]
window = PictureWindow(lambda: now[0])
window.show_pixels(np.full((32, 32, 3), 200, np.uint8))
window.show()
window.go_to(other_screen(first))
window.set_full_screen(True)
found = {}

def look(name, wanted):
    # until the second screen shows what it should, or ten seconds have passed
    look.tries += 1
    shot = QGuiApplication.primaryScreen().grabWindow(0, 0, 0, 2080, 800).toImage()
    places = {"left": (250, 200), "right": (1280 + 400, 300), "edge": (1280 + 20, 300)}
    found[name] = {key: shot.pixelColor(*place).getRgb()[:3] for key, place in places.items()}
    near = max(abs(a - b) for a, b in zip(found[name]["right"], wanted)) <= 2
    if near or look.tries > 100:
        timer.stop()
        steps.pop(0)()

def freeze():
    window.set_frozen(True)
    window.show_pixels(np.full((32, 32, 3), 90, np.uint8))
    watch("frozen", (200, 200, 200))

def fade():
    window.set_frozen(False)
    window.fade_over(2.0)
    window.show_pixels(np.full((32, 32, 3), 100, np.uint8))
    now[0] = 1.0
    watch("fading", (150, 150, 150))

def faded():
    now[0] = 3.0
    watch("faded", (100, 100, 100))

def black():
    window.set_black(True)
    watch("black", (0, 0, 0))

def end():
    found["screens"] = [screen.geometry().getRect() for screen in QGuiApplication.screens()]
    found["window"] = window.geometry().getRect()
    print(json.dumps(found), flush=True)
    qt.quit()

def watch(name, wanted):
    look.tries = 0
    timer.timeout.disconnect()
    timer.timeout.connect(lambda: look(name, wanted))
    timer.start()

timer = QTimer(interval=100)
timer.timeout.connect(int)
steps = [freeze, fade, faded, black, end]
watch("picture", (200, 200, 200))
qt.exec()
"""


@pytest.fixture
def display() -> Iterator[str]:
    """An X server with a screen of 1280 x 800 and another of 800 x 600 to its right, and a manager."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "2080x800x24", "-noreset"],
        pass_fds=(write,), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as told:
        name = f":{told.readline().strip()}"
    try:
        for monitor in (("LEFT", "1280/320x800/200+0+0", "screen"),
                        ("RIGHT", "800/200x600/150+1280+0", "none")):  # fmt: skip
            subprocess.run(
                ["xrandr", "--setmonitor", *monitor],
                env=os.environ | {"DISPLAY": name}, check=True, capture_output=True,
            )  # fmt: skip
        manager = subprocess.Popen(
            ["openbox"], env=os.environ | {"DISPLAY": name}, stderr=subprocess.DEVNULL
        )
        yield name
        manager.terminate()
        manager.wait()
    finally:
        server.terminate()
        server.wait()


def test_it_fills_the_other_screen_and_leaves_the_first_alone(display: str) -> None:
    environment = os.environ | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": "."}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False
    )
    if "could not be initialized" in done.stderr or "no Qt platform plugin" in done.stderr:
        pytest.skip("Qt lacks a library of X here")
    found = json.loads(done.stdout)
    assert found["screens"] == [[0, 0, 1280, 800], [1280, 0, 800, 600]]
    assert found["window"] == [1280, 0, 800, 600]
    assert found["picture"] == {"left": [10, 20, 30], "right": [200] * 3, "edge": [0] * 3}
    greys = [found[name]["right"] for name in ("frozen", "fading", "faded")]
    assert greys == [pytest.approx([grey] * 3, abs=2) for grey in (200, 150, 100)]
    assert all(found[name]["left"] == [10, 20, 30] for name in ("frozen", "fading", "faded"))
    assert found["black"] == {"left": [10, 20, 30], "right": [0] * 3, "edge": [0] * 3}


SCALED = """
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from ganlab.window import MainWindow

qt = QApplication([])
window = MainWindow()
window.resize(701, 401)
window.show()
assert QTest.qWaitForWindowExposed(window)
sizes = []
for step in range(1, 6):
    window.canvas.setMinimumSize(200 + 7 * step, 200 + 5 * step)
    qt.processEvents()
    # the manager answers in order: it shows another window when it has seen the new least size
    other = QWidget()
    other.show()
    assert QTest.qWaitForWindowExposed(other)
    qt.processEvents()
    sizes.append(window.size().toTuple())
print(sizes, flush=True)
"""


def test_a_window_at_150_percent_keeps_its_size_when_its_least_size_changes(display: str) -> None:
    environment = os.environ | {
        "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "QT_SCALE_FACTOR": "1.5", "PYTHONPATH": ".",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SCALED], env=environment, capture_output=True, text=True, check=False
    )
    if "could not be initialized" in done.stderr or "no Qt platform plugin" in done.stderr:
        pytest.skip("Qt lacks a library of X here")
    assert json.loads(done.stdout.replace("(", "[").replace(")", "]")) == [[701, 401]] * 5
