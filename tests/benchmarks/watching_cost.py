"""What watching a run costs: stalls of the window, and the speed of the training beside it.

Run by hand: `python -m tests.benchmarks.watching_cost [--points 100000] [--seconds 10]`. Prints how
long the window stands still while charts of many points and a wall of 64 pictures are brought up to
date every second, and the images per second of a small run without a window and with one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from ganlab.app import App, Start
from ganlab.settings import Settings
from ganlab.style import apply_style
from ganlab_core.training.config import TrainConfig, with_settings
from tests.benchmarks.ui_stall import Pulse

SMALL = {
    "resolution": 32, "initial_resolution": 32, "fmap_base": 512, "fmap_max": 64, "z_dim": 64,
    "w_dim": 64, "threads": 1, "device": "cpu", "sheet_kimg": 0.5, "checkpoint_kimg": 1,
    "readout_samples": 0, "images": 1_000_000,
}  # fmt: skip


def main() -> None:
    """Measure both, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    asked = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    qt = QApplication(["ganlab"])
    apply_style(qt)
    with tempfile.TemporaryDirectory() as home:
        os.environ["GANLAB_HOME"] = home
        app = App(Start(), Settings())
        app.show()
        _stalls(qt, app, _long_run(Path(home) / "long", asked.points), asked.seconds)
        _speeds(qt, app, Path(home), asked.seconds)
        app.leave()
        app.stop()


def _stalls(qt: QApplication, app: App, run: Path, seconds: float) -> None:
    """Show a long run that goes on, a sheet and some reports a second."""
    app.opener.open(run)
    _until(qt, lambda: app.training._told is not None)
    app.window.train.show_page("curves")
    _spin(qt, 2.0)
    feeder = _Feeder(run)
    for page in ("curves", "samples"):
        app.window.train.show_page(page)
        _spin(qt, 0.5)
        pulse = Pulse()
        _spin(qt, seconds)
        _say(f"{page:8} {pulse.take()}")
        pulse.deleteLater()
    began = time.perf_counter()
    app.window.train.show_page("curves")
    qt.processEvents()
    _say(f"to the curves       {1000 * (time.perf_counter() - began):.0f} ms")
    del feeder


def _speeds(qt: QApplication, app: App, home: Path, seconds: float) -> None:
    """Images per second of the same small run, watched and unwatched."""
    pictures = home / "pictures"
    pictures.mkdir()
    random = np.random.default_rng(0)
    for index in range(64):
        pixels = random.integers(0, 256, (32, 32, 3), np.uint8)
        Image.fromarray(pixels).save(pictures / f"{index}.png")
    for watched in (False, True):
        run = home / f"run-{watched}"
        config = with_settings(TrainConfig(), {**SMALL, "data": str(pictures)})
        (home / "config.json").write_text(config.to_json())
        command = ["train", "--config", str(home / "config.json"), "--out", str(run)]
        with subprocess.Popen(
            [sys.executable, "-m", "ganlab_core", *command], stdout=subprocess.DEVNULL
        ) as process:
            _until(qt, (run / "events.jsonl").exists)
            if watched:
                app.opener.open(run)
            _spin(qt, seconds + 3)
            process.terminate()
        events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
        speeds = [event["images_per_second"] for event in events if event["event"] == "Progress"]
        words = "with the window " if watched else "without it      "
        _say(f"{words}    {float(np.median(speeds[1:] or speeds)):.1f} images/s")


class _Feeder(QObject):
    """Lets the long run go on."""

    def __init__(self, run: Path) -> None:
        super().__init__()
        self._run = run
        self._images = 10**9
        self._timer = QTimer(self, interval=500)
        self._timer.timeout.connect(self._on_time)
        self._timer.start()

    def _on_time(self) -> None:
        self._images += 1000
        _write_sheet(self._run, self._images)
        with (self._run / "events.jsonl").open("a") as file:
            file.write(_report(self._images, 0.5))


def _long_run(run: Path, points: int) -> Path:
    (run / "sheets").mkdir(parents=True)
    config = with_settings(TrainConfig(), {"sheet_rows": 8, "sheet_columns": 8})
    (run / "config.json").write_text(config.to_json())
    noise = np.random.default_rng(0).random(points)
    lines = [_report(1000 * index, float(value)) for index, value in enumerate(noise)]
    (run / "events.jsonl").write_text("".join(lines))
    _write_sheet(run, 1000)
    return run


def _report(images: int, value: float) -> str:
    names = ("loss_g", "loss_d", "real_score", "fake_score", "penalty", "learning_rate", "alpha")
    fields = dict.fromkeys((*names, "images_per_second"), value)
    event = {"event": "Progress", "images": images, "resolution": 64, **fields}
    return json.dumps(event) + "\n"


def _write_sheet(run: Path, images: int) -> None:
    """A wall of 8 x 8 pictures of 64 px."""
    sheet = QImage(512, 512, QImage.Format.Format_RGB32)
    sheet.fill(images % 2**24)
    sheet.save(str(run / "sheets" / f"{images:09d}.png"))


def _until(qt: QApplication, holds: object) -> None:
    assert callable(holds)
    while not holds():
        qt.processEvents()
        time.sleep(0.005)


def _spin(qt: QApplication, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        qt.processEvents()
        time.sleep(0.001)


def _say(words: str) -> None:
    os.write(1, f"{words}\n".encode())


if __name__ == "__main__":
    main()
