"""How soon a control is seen, and whether a thousand messages a second lose or stall anything.

Run by hand: `QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.performing_speed [--model adventurer]
[--strikes 300] [--flood 60]`. Another process sends OSC messages over 127.0.0.1 to the program's window.

Phase 1: one message every 70 ms or so moves psi; the time from its sending to the canvas painting the
picture with that psi. Phase 2: a thousand messages a second for a minute on eight faders and a pad, while
everything is recorded; every message is counted on both sides, every strike of the pad steps the seed, and
a timer of 2 ms on the window's thread tells how long it ever stands still, and how much of that is its own
work. On a busy machine the others' turns are in all times but the last.
"""

# ruff: noqa: E402
from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from ganlab.app import App, Start
from ganlab.settings import Settings
from ganlab.style import apply_style
from ganlab_core.performance import Mapping, PerformanceMap, read_take
from ganlab_core.rendering import Frame

SENDER = """
import json, socket, struct, sys, time
from pythonosc.osc_message_builder import OscMessageBuilder

port, kind, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

def packet(address, value):
    builder = OscMessageBuilder(address)
    builder.add_arg(float(value), "f")
    return builder.build().dgram

if kind == "strikes":
    for number in range(count):
        data = packet("/psi", number / 1000)
        print(json.dumps([number, time.monotonic()]), flush=True)
        out.sendto(data, ("127.0.0.1", port))
        time.sleep(0.05 + 0.04 * ((number * 7919) % 100) / 100)
else:
    began = time.monotonic()
    for number in range(1000 * count):
        due = began + number / 1000
        wait = due - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        if number % 100 < 2:
            data = packet("/pad", 1 - number % 100)
        else:
            data = packet(f"/fader/{number % 8}", (number % 997) / 997)
        out.sendto(data, ("127.0.0.1", port))
    print(json.dumps([1000 * count, time.monotonic() - began]), flush=True)
"""

OWN = PerformanceMap(
    mappings=(
        Mapping(source="osc/psi", control="psi"),
        Mapping(source="osc/pad", control="seed.step"),
        Mapping(source="osc/fader/0", control="psi"),
        Mapping(source="osc/fader/1", control="noise.strength"),
        Mapping(source="osc/fader/2", control="mix@8"),
        Mapping(source="osc/fader/3", control="mix@16"),
        Mapping(source="osc/fader/4", control="psi@32"),
        Mapping(source="osc/fader/5", control="growth"),
    )
)


class Pulse(QObject):
    """The pauses between two beats of a timer on the window's thread, in milliseconds.

    `pieces` are what the thread itself computed in them, which other programs make no longer.
    """

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self, interval=2)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_beat)
        self._last = time.perf_counter()
        self.pauses: list[float] = []
        self.pieces: list[float] = []
        self._worked = time.thread_time()
        self._timer.start()

    def _on_beat(self) -> None:
        now = time.perf_counter()
        self.pauses.append(1000 * (now - self._last))
        worked = time.thread_time()
        self.pieces.append(1000 * (worked - self._worked))
        self._last, self._worked = now, worked


class Bench(QObject):
    """Plays both phases, prints, and closes."""

    def __init__(self, app: App, strikes: int, flood: int, folder: Path) -> None:
        super().__init__()
        self._app = app
        self._strikes, self._flood = strikes, flood
        self._folder = folder
        self._seen: dict[float, float] = {}
        self._waiting: set[float] = set()
        self._frames = 0
        self._sender: subprocess.Popen[str] | None = None
        app.worker.rendered.connect(self._on_frame)
        app.window.canvas.installEventFilter(self)
        self._began = False

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._waiting:
            now = time.monotonic()
            for psi in self._waiting:
                self._seen.setdefault(psi, now)
            self._waiting.clear()
        return False

    def _on_frame(self, frame: Frame) -> None:
        self._frames += 1
        self._waiting.add(round(frame.recipe.psi, 3))
        if not self._began:
            self._began = True
            QTimer.singleShot(4000, self._begin)

    def _send(self, kind: str, count: int) -> None:
        (port,) = [d.port for d in self._app.perform.live._hub._devices if hasattr(d, "port")]
        self._sender = subprocess.Popen(
            [sys.executable, "-c", SENDER, str(port), kind, str(count)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def _begin(self) -> None:
        room = self._app.perform
        room.set_map(OWN)
        room.live.start(frozenset({"osc"}), ("127.0.0.1", 0))
        QTimer.singleShot(1500, self._begin_strikes)

    def _begin_strikes(self) -> None:
        self._seen.clear()
        self._send("strikes", self._strikes)
        self._poll = QTimer(self, interval=200)
        self._poll.timeout.connect(self._on_strikes)
        self._poll.start()

    def _on_strikes(self) -> None:
        if self._sender is None or self._sender.poll() is None:
            return
        self._poll.stop()
        QTimer.singleShot(500, self._tell_strikes)

    def _tell_strikes(self) -> None:
        assert self._sender is not None
        sent = [json.loads(line) for line in self._sender.stdout or ()]
        late = sorted(
            1000 * (self._seen[round(number / 1000, 3)] - at)
            for number, at in sent
            if round(number / 1000, 3) in self._seen
        )
        _say(f"control to picture   {_spread(late)}, {len(late)} of {len(sent)} seen")
        self._begin_flood()

    def _begin_flood(self) -> None:
        live = self._app.perform.live
        live.record(self._folder / "flood.ganlab-take")
        self._before = live.board.taken
        self._seed = self._app.session.recipe.latent.seed
        self._pulse = Pulse()
        self._frames = 0
        self._send("flood", self._flood)
        self._poll.timeout.disconnect()
        self._poll.timeout.connect(self._on_flood)
        self._poll.start()

    def _on_flood(self) -> None:
        if self._sender is None or self._sender.poll() is None:
            return
        self._poll.stop()
        QTimer.singleShot(1000, self._tell_flood)

    def _tell_flood(self) -> None:
        assert self._sender is not None
        live = self._app.perform.live
        count, seconds = json.loads((self._sender.stdout or iter(())).readline())
        got = live.board.taken - self._before
        steps = self._app.session.recipe.latent.seed - self._seed
        pauses = sorted(self._pulse.pauses)
        _say(
            f"messages             {count} sent in {seconds:.1f} s, {got} heard, {live.board.lost} lost"
        )
        _say(f"strikes              {count // 100} sent, {steps} steps of the seed")
        _say(f"window stands still  {_spread(pauses)}")
        _say(f"of that own work     {_spread(sorted(self._pulse.pieces))}")
        _say(f"pictures             {self._frames / seconds:.1f} a second")
        live.end_recording(self._on_recorded)

    def _on_recorded(self, path: Path) -> None:
        take = read_take(path)
        size = path.stat().st_size / 1e6
        _say(
            f"recording            {len(take.moments)} moments, {take.seconds:.1f} s, {size:.1f} MB"
        )
        self._app.window.close()


def _spread(values: list[float]) -> str:
    def at(share: float) -> float:
        return values[min(len(values) - 1, int(share * len(values)))]

    return (
        f"median {at(0.5):.1f} ms, p95 {at(0.95):.1f}, p99 {at(0.99):.1f}, p99.9 {at(0.999):.1f},"
        f" longest {values[-1]:.1f}"
    )


def _say(words: str) -> None:
    os.write(1, f"{words}\n".encode())


def main() -> None:
    """Open the window, play, print, close."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="adventurer")
    parser.add_argument("--strikes", type=int, default=300)
    parser.add_argument("--flood", type=int, default=60, help="seconds")
    asked = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["GANLAB_HOME"] = home
        qt = QApplication(["ganlab"])
        apply_style(qt)
        app = App(Start(asked.model), Settings())
        bench = Bench(app, asked.strikes, asked.flood, Path(home))
        app.show()
        qt.exec()
        app.stop()
        del bench


if __name__ == "__main__":
    main()
