"""What watching a run costs: stalls of the window, and the speed of the training beside it.

Run by hand: `python -m tests.benchmarks.watching_cost stalls|speed [--points N] [--seconds S]`.
`stalls` prints how long the window stands still while charts of 100,000 points and a wall of 64
pictures are brought up to date twice a second, beside a training at full tilt on every core. `speed`
prints the images per second of one training that goes on all the time: without a window and with one
open in turn (A B A B), then minimised (A C A C). The window is a process of its own, as in life.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from ganlab.app import App, Start
from ganlab.engine.launcher import _CHILDREN, start_run
from ganlab.settings import Settings
from ganlab.style import apply_style
from ganlab_core.training import TrainConfig, with_settings
from tests.benchmarks.ui_stall import Pulse

SMALL = {
    "resolution": 32, "initial_resolution": 32, "fmap_base": 512, "fmap_max": 64, "z_dim": 64,
    "w_dim": 64, "threads": 0, "device": "cpu", "sheet_kimg": 0.5, "checkpoint_kimg": 1,
    "readout_samples": 0, "images": 100_000_000, "distance_kimg": 0, "sheet_rows": 8,
}  # fmt: skip
SETTLE = 4.0
"""Seconds between two phases in which nothing is counted: a window starts or ends."""


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("stalls", "speed", "window"))
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--minimised", action="store_true")
    asked = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ["GANLAB_HOME"] = home
        if asked.what == "window":
            _window(asked.run, minimised=asked.minimised)
            return
        with _training(Path(home)) as run:
            if asked.what == "stalls":
                _stalls(Path(home), asked.points, asked.seconds)
            else:
                _speeds(run, asked.seconds)


# --- stalls ------------------------------------------------------------------------------------------


def _stalls(home: Path, points: int, seconds: float) -> None:
    """Show a long run that goes on, a sheet and a report twice a second."""
    qt, app = _app()
    run = _long_run(home / "long", points)
    app.opener.open(run)
    _until(qt, lambda: app.train._told is not None)
    app.train.view.show_page("curves")
    _spin(qt, 3.0)
    feeder = _Feeder(run)
    for page in ("curves", "samples"):
        app.train.view.show_page(page)
        _spin(qt, 0.5)
        pulse = Pulse()
        _spin(qt, seconds)
        _say(f"{page:8} {pulse.take()}")
        pulse.deleteLater()
    began = time.perf_counter()
    app.train.view.show_page("curves")
    qt.processEvents()
    _say(f"to the curves       {1000 * (time.perf_counter() - began):.0f} ms")
    del feeder
    app.leave()
    app.stop()


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


# --- speed -------------------------------------------------------------------------------------------


def _speeds(run: Path, seconds: float) -> None:
    """Images per second of one run, phase by phase."""
    for words, options in (("open     ", ()), ("minimised", ("--minimised",))):
        alone, watched = [], []
        for _ in range(2):
            alone.append(_rate(run, seconds))
            with _window_process(run, options):
                watched.append(_rate(run, seconds))
            _say(f"  {words} {alone[-1]:.1f} without, {watched[-1]:.1f} with")
        shard = sum(watched) / sum(alone)
        shown = "  ".join(f"{a:.1f} {b:.1f}" for a, b in zip(alone, watched, strict=True))
        _say(f"window {words}  without / with, twice: {shown} images/s   {100 * shard:.1f} %")


def _rate(run: Path, seconds: float) -> float:
    """Images per second from the first to the last report within so many seconds."""
    time.sleep(SETTLE)
    end = time.perf_counter() + seconds
    seen: list[tuple[float, int]] = []
    with (run / "events.jsonl").open() as log:
        log.seek(0, 2)
        while time.perf_counter() < end:
            line = log.readline()
            if '"Progress"' in line and line.endswith("\n"):
                seen.append((time.perf_counter(), json.loads(line)["images"]))
            elif not line:
                time.sleep(0.02)
    (began, first), (ended, last) = seen[0], seen[-1]
    return (last - first) / (ended - began)


@contextlib.contextmanager
def _training(home: Path) -> Iterator[Path]:
    """A small run that trains all the while."""
    pictures = home / "pictures"
    pictures.mkdir()
    random = np.random.default_rng(0)
    for index in range(64):
        pixels = random.integers(0, 256, (32, 32, 3), np.uint8)
        Image.fromarray(pixels).save(pictures / f"{index}.png")
    config = with_settings(TrainConfig(), {**SMALL, "data": str(pictures)})
    run = home / "run"
    start_run(config.to_json(), run)
    while not (run / "events.jsonl").exists():
        time.sleep(0.1)
    time.sleep(SETTLE)
    yield run
    for child in _CHILDREN:
        child.kill()
        child.wait()


@contextlib.contextmanager
def _window_process(run: Path, options: tuple[str, ...]) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.benchmarks.watching_cost", "window"]
    with subprocess.Popen(
        [*command, "--run", str(run), *options], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it is open
        yield
        process.terminate()


def _window(run: Path, *, minimised: bool) -> None:
    """A window with the run in it, until it is ended."""
    qt, app = _app()
    app.opener.open(run)
    _until(qt, lambda: app.train._told is not None)
    _until(qt, lambda: not app.window.canvas.image.isNull())
    if minimised:
        app.window.showMinimized()
    _say("open")
    qt.exec()


def _app() -> tuple[QApplication, App]:
    qt = QApplication(["ganlab"])
    apply_style(qt)
    app = App(Start(), Settings())
    app.show()
    return qt, app


def _until(qt: QApplication, holds: Callable[[], bool]) -> None:
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
