"""How soon and how often a moved control is seen: `python -m tests.benchmarks.slider_to_paint`.

Opens the window on each bundled model and moves every kind of control it has, as a slider does. First one
event at a time: milliseconds from the event to the whole picture painted on the canvas, median and p95,
and what one event with its picture costs in CPU time, all threads' and the window's own, which another
program's work lengthens less than the wall's clock. Then events at a hand's pace: pictures painted a
second, and how many of 100 were drafts, which a slow or busy machine shows while the hand moves. Rows are
marked where 60 a second or 33 ms are missed. `--seconds` bounds all but the models' loading.
"""

# ruff: noqa: E402 - the window's own environment comes first
from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, SignalInstance
from PySide6.QtWidgets import QApplication

from ganlab.app import App, Start
from ganlab.settings import Settings
from ganlab.style import apply_style
from ganlab_core.before_torch import use_large_pages, wait_briefly
from ganlab_core.files import bundled_models_dir
from ganlab_core.recipe import Capabilities, Recipe
from ganlab_core.rendering import DraftPicture, Frame

FAST, SOON = 60.0, 33.0
"""Pictures a second, and milliseconds for 95 of 100 events."""

EVENT_MS = 12
"""Between two events of a hand that moves quickly; a screen shows a picture every 17."""

PATIENCE_MS = 5000
MOST_EVENTS = 60

HEAD = """
| model | control | seen after, ms | p95 | a second | drafts, % | CPU ms | window's |
|---|---|---|---|---|---|---|---|"""


@dataclass(frozen=True, slots=True)
class Control:
    """A kind of control: its name, and the n-th Recipe as it is moved."""

    name: str
    recipe: Callable[[int], Recipe]


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of one control; times in milliseconds."""

    model: str
    control: str
    waits: list[float]
    rate: float
    drafts: float
    cpu_ms: float
    window_ms: float

    @property
    def p95(self) -> float:
        """95 of 100 events were seen within this time."""
        return sorted(self.waits)[min(len(self.waits) - 1, int(0.95 * len(self.waits)))]

    def line(self) -> str:
        """As a row of a Markdown table."""
        mark = "" if self.rate >= FAST and self.p95 <= SOON else " missed"
        return (
            f"| {self.model} | {self.control} | {statistics.median(self.waits):.1f} | {self.p95:.1f} |"
            f" {self.rate:.0f} | {100 * self.drafts:.0f} | {self.cpu_ms:.1f} | {self.window_ms:.1f} |{mark}"
        )


def controls(can: Capabilities) -> Iterator[Control]:
    """One of every kind that the model has; styles at the coarsest and the finest resolution."""
    from ganlab_core.speed import edits

    found = edits(can)
    sides = [edit for edit in found if edit.what.startswith("edit at")]
    for edit in found:
        if edit not in sides[1:-1]:
            named = {id(sides[0]): "coarsest", id(sides[-1]): "finest"}.get(id(edit))
            yield Control(f"{named} {edit.what}" if named else edit.what, edit.recipe)


class Hand(QObject):
    """Moves controls and watches the canvas.

    Parameters
    ----------
    app
        Shown, with a model on the desk.
    """

    def __init__(self, app: App) -> None:
        super().__init__()
        self._app = app
        self._drawn: Recipe | None = None
        self._pixels: object = None
        self._is_draft = False
        self.painted = self.drafted = 0
        self.seen: Recipe | None = None
        app.worker.rendered.connect(self._on_frame)
        app.worker.drafted.connect(self._on_draft)
        app.window.canvas.picture_painted.connect(self._on_painted)

    def move(self, recipe: Recipe, name: str) -> Recipe:
        """Let a control send a Recipe; returns the one that will be drawn."""
        self._app.window.recipe_edited.emit(recipe, name)
        return self._app.session.fitted

    def _on_frame(self, frame: Frame) -> None:
        if frame.pixels is not self._pixels:  # else only previews were added to it
            self._pixels, self._drawn = frame.pixels, frame.recipe

    def _on_draft(self, _draft: DraftPicture) -> None:
        self._is_draft = True

    def _on_painted(self) -> None:
        if self._drawn is not None:
            self.painted += 1
            self.seen, self._drawn = self._drawn, None
        elif self._is_draft:
            self.drafted += 1
        self._is_draft = False


def wait(signal: SignalInstance, enough: Callable[[], bool], milliseconds: int) -> bool:
    """Run the window until `enough`, asked whenever the signal comes; False when time was up."""
    loop = QEventLoop()
    timer = QTimer(singleShot=True, interval=milliseconds)
    timer.timeout.connect(loop.quit)
    asked = lambda *_: loop.quit() if enough() else None  # noqa: E731
    signal.connect(asked)
    timer.start()
    if not enough():
        loop.exec()
    signal.disconnect(asked)
    return enough()


def measure(app: App, hand: Hand, model: str, control: Control, seconds: float) -> Row:
    """One control, half of the time event by event and half as fast as a hand can."""
    painted = app.window.canvas.picture_painted
    app.session.begin_drag()
    waits: list[float] = []
    number, until = 0, time.perf_counter() + seconds / 2
    cpu, own = time.process_time(), time.thread_time()
    while len(waits) < 3 or (len(waits) < MOST_EVENTS and time.perf_counter() < until):
        number += 1
        at = time.perf_counter()
        wanted = hand.move(control.recipe(number), control.name)
        if not wait(painted, lambda: hand.seen == wanted, PATIENCE_MS):  # noqa: B023
            raise SystemExit(f"{model}, {control.name}: no picture within {PATIENCE_MS} ms")
        waits.append(1000 * (time.perf_counter() - at))
    cpu, own = time.process_time() - cpu, time.thread_time() - own
    timer = QTimer(interval=EVENT_MS)
    timer.setTimerType(Qt.TimerType.PreciseTimer)

    def move() -> None:
        nonlocal number
        number += 1
        hand.move(control.recipe(number), control.name)

    timer.timeout.connect(move)
    before, began = (hand.painted, hand.drafted), time.perf_counter()
    timer.start()
    wait(painted, lambda: False, round(500 * seconds))
    timer.stop()
    whole, drafts = hand.painted - before[0], hand.drafted - before[1]
    rate = (whole + drafts) / (time.perf_counter() - began)
    share = drafts / max(1, whole + drafts)
    app.session.end_drag()
    events = len(waits)
    return Row(
        model, control.name, waits[1:], rate, share, 1000 * cpu / events, 1000 * own / events
    )


def main() -> None:
    """Measure every bundled model, or those named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--models", default="", help="names, with commas; all that are bundled")
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    paths = sorted(bundled_models_dir().glob("*.safetensors"))
    names = asked.models.split(",") if asked.models else [path.stem for path in paths]
    use_large_pages()
    wait_briefly()
    with tempfile.TemporaryDirectory() as home:
        os.environ["GANLAB_HOME"] = home
        qt = QApplication(["ganlab"])
        apply_style(qt)
        app = App(Start(names[0]), Settings())
        app.window.resize(1440, 900)
        hand = Hand(app)
        app.show()
        try:
            play(app, hand, names, asked.seconds)
        finally:
            app.window.close()
            app.stop()


def play(app: App, hand: Hand, names: list[str], seconds: float) -> None:
    """Open the models in turn and print a row for each control of each."""
    rows: list[Row] = []
    for index, name in enumerate(names):
        if index:
            app.opener.open_model(name)
        opened = wait(app.worker.rendered, lambda: name in _on_desk(app), 60_000)  # noqa: B023
        can = app.session.capabilities
        if not opened or can is None:
            raise SystemExit(f"{name} was not opened")
        if not index:
            print(HEAD, flush=True)
        moved = list(controls(can))
        for control in moved:
            rows.append(measure(app, hand, name, control, seconds / len(names) / len(moved)))
            print(rows[-1].line(), flush=True)
    slow = sum(row.rate < FAST for row in rows)
    waits = [row.p95 for row in rows]
    late = sum(wait > SOON for wait in waits)
    print(f"\nbelow {FAST:.0f} pictures a second: {slow} of {len(rows)}")
    print(f"p95 above {SOON:.0f} ms: {late} of {len(rows)}, at most {max(waits):.0f} ms")


def _on_desk(app: App) -> str:
    return "" if app.session.info is None else app.session.info.path.stem


if __name__ == "__main__":
    main()
