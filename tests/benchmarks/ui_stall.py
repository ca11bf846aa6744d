"""How long the window takes to appear, and how long it ever stands still.

Run by hand: `python -m tests.benchmarks.ui_stall [--model FILE] [--seconds 5]`. Without a model a
random one is made whose frames take some hundred milliseconds. A timer of 5 ms beats on the window's
thread; the longest pause between two beats is the longest stall. Prints three phases: from the start
to the first picture (torch is imported meanwhile), steady rendering while psi moves at every beat of
the screen, and the fitting of the read-outs.
"""

# ruff: noqa: E402 - the clock starts before the imports that it measures
from __future__ import annotations

import time

BEGAN = time.perf_counter()

import argparse
import os
import subprocess
import sys
import tempfile

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from ganlab.app import App, Start
from ganlab.settings import Settings
from ganlab.style import apply_style
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Frame

MAKE_MODEL = """
import dataclasses, pathlib, sys
from ganlab_core.models.file import from_generator, save_model
from ganlab_core.models.info import ModelInfo
from ganlab_core.networks.stylegan import Generator, StyleGANConfig
shape = StyleGANConfig(resolution=256, fmap_max=128)
path = pathlib.Path(sys.argv[1])
config = dataclasses.asdict(shape)
info = ModelInfo("random", "Random", "stylegan", 256, (), "", "", "", config, {}, 8.0, path)
save_model(from_generator(Generator(shape).eval(), info), path)
"""

BEAT_MS = 5
SCREEN_MS = 16


class Pulse(QObject):
    """Beats every 5 ms and keeps the pauses between beats, in milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self, interval=BEAT_MS)
        self._timer.timeout.connect(self._on_beat)
        self._last = time.perf_counter()
        self._pauses: list[float] = []
        self._timer.start()

    def _on_beat(self) -> None:
        now = time.perf_counter()
        self._pauses.append(1000 * (now - self._last))
        self._last = now

    def take(self) -> str:
        """What was seen since the last time, in words."""
        pauses, self._pauses = sorted(self._pauses), []
        if not pauses:
            return "no beats"
        rare = pauses[int(0.99 * (len(pauses) - 1))]
        return f"longest stall {pauses[-1]:6.1f} ms, 99 % below {rare:5.1f} ms, {len(pauses)} beats"


class Bench(QObject):
    """Plays by itself, and prints what it saw."""

    def __init__(self, app: App, seconds: float) -> None:
        super().__init__()
        self._app = app
        self._pulse = Pulse()
        self._frames: list[Frame] = []
        self._seconds = seconds
        self._mover = QTimer(self, interval=SCREEN_MS)
        self._mover.timeout.connect(self._on_move)
        self._steps = 0
        app.window.canvas.painted.connect(self._on_painted)
        app.worker.rendered.connect(self._on_frame)

    def _on_painted(self) -> None:
        _say(f"window on screen   {1000 * (time.perf_counter() - BEGAN):7.0f} ms")
        self._pulse.take()

    def _on_frame(self, frame: Frame) -> None:
        self._frames.append(frame)
        if len(self._frames) == 1:
            _say(f"first picture      {1000 * (time.perf_counter() - BEGAN):7.0f} ms")
            _say(f"while starting     {self._pulse.take()}")
            self._app.session.begin_drag()
            self._mover.start()
            QTimer.singleShot(round(1000 * self._seconds), self._on_rest)

    def _on_move(self) -> None:
        self._steps += 1
        psi = (self._steps % 100) / 100
        self._app.window.recipe_edited.emit(
            Recipe(latent=Latent(self._steps // 50), psi=psi), "psi"
        )

    def _on_rest(self) -> None:
        self._mover.stop()
        self._app.session.end_drag()
        times = [frame.milliseconds for frame in self._frames]
        rate = len(times) / self._seconds
        _say(
            f"frames             {rate:.1f} per second, median {sorted(times)[len(times) // 2]:.0f} ms"
        )
        _say(f"while rendering    {self._pulse.take()}")
        QTimer.singleShot(round(1000 * self._seconds), self._on_end)

    def _on_end(self) -> None:
        _say(f"at rest            {self._pulse.take()}  (read-outs are fitted if there are none)")
        self._app.window.close()


def main() -> None:
    """Open the window, play, print, close."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="")
    parser.add_argument("--seconds", type=float, default=5.0)
    asked = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    qt = QApplication(["ganlab"])
    apply_style(qt)
    with tempfile.TemporaryDirectory() as home:
        os.environ["GANLAB_HOME"] = home
        app = App(Start(asked.model or _random_model(home)), Settings())
        bench = Bench(app, asked.seconds)
        app.show()
        qt.exec()
        app.stop()
        del bench


def _random_model(folder: str) -> str:
    """Write a model of 256 px with random weights, in a process of its own: torch is not for here."""
    global BEGAN
    path = f"{folder}/random.safetensors"
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", MAKE_MODEL, path], check=True)
    BEGAN += time.perf_counter() - began
    return path


def _say(words: str) -> None:
    os.write(1, f"{words}\n".encode())


if __name__ == "__main__":
    main()
