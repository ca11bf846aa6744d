"""How long each action holds the window's thread, by that thread's own CPU time.

Run by hand: `python -m tests.benchmarks.ui_pieces [--only WORDS] [--where]`. Walks through every act
of the actions table, the dialogs, panels and drags, opens published checkpoints, switches the
bundled models and watches a run. A piece is everything between two looks of the event loop at what
came in: for so long the window answers nobody. Only the thread's own CPU time counts, so a busy machine
changes little. Prints a table by action, the longest first. Pieces below a tenth of a millisecond
are not counted. With `--where` a thread samples what the longest pieces did. Nothing is on the screen
before the first row but one, `build`, which is therefore told apart from the rest.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_NO_GLIB"] = "1"  # Qt's own loop tells every turn; glib's only some

from PySide6.QtCore import (
    QAbstractEventDispatcher,
    QEvent,
    QObject,
    QPointF,
    Qt,
    QTimer,
)
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QDialog, QDockWidget, QMenu, QWidget

from ganlab.app import App, Start
from ganlab.settings import Settings
from ganlab.style import apply_style
from ganlab.window.actions import ACTS
from ganlab_core.files import bundled_models_dir
from tests.benchmarks.watching_cost import _long_run, _report, _write_sheet

LEAST = 0.1
"""Milliseconds below which a turn of the loop has done nothing."""

LONGEST, RARE = 50.0, 16.0
"""Milliseconds: what no piece may take, and what one in a thousand may."""

CALM = 0.25
"""Seconds that an action may bring after-effects in."""

BEFORE = "build"
"""The row of what is done before the window is on the screen."""

Steps = Iterator[tuple[str, Callable[[], object]]]


@dataclass
class Pieces:
    """The pieces of each action in milliseconds, and what was seen while the longest went on."""

    by_action: dict[str, list[float]] = field(default_factory=dict)
    where: dict[str, Counter[str]] = field(default_factory=dict)
    action: str = BEFORE
    began: float = 0.0
    seen: list[str] = field(default_factory=list)

    def turn(self) -> None:
        """The loop looks at what came in: a piece has ended."""
        now = time.thread_time()
        taken, self.began = 1000 * (now - self.began), now
        seen, self.seen = self.seen, []
        if taken < LEAST:
            return
        known = self.by_action.setdefault(self.action, [])
        if taken > max(known, default=0.0):
            self.where[self.action] = Counter(seen)
        known.append(taken)

    def table(self, *, where: bool) -> list[str]:
        """The actions in lines, the longest piece first."""
        lines = [f"{'action':34} {'longest':>8} {'99 %':>7} {'pieces':>7} {'over 16':>8}   ms"]
        longest = sorted(self.by_action.items(), key=lambda pair: -max(pair[1]))
        for action, pieces in longest:
            lines.append(
                f"{action:34} {max(pieces):8.1f} {share(pieces, 0.99):7.1f} {len(pieces):7}"
                f" {sum(piece > RARE for piece in pieces):8}"
            )
            if where and max(pieces) > RARE:
                found = self.where.get(action, Counter())
                lines += [f"    {count:4} {place}" for place, count in found.most_common(14)]
        every = [piece for name, row in longest if name != BEFORE for piece in row]
        over = sum(piece > LONGEST for piece in every)
        lines.append(
            f"all but {BEFORE}: {len(every)} pieces, longest {max(every):.1f} ms, {over} over {LONGEST:.0f}"
            f" ms, 99.9 % below {share(every, 0.999):.1f} ms"
        )
        return lines


def share(pieces: list[float], part: float) -> float:
    """What so large a part of the pieces stays below."""
    return sorted(pieces)[min(len(pieces) - 1, int(part * len(pieces)))]


def watch(pieces: Pieces, main: int) -> None:
    """Sample where the window's thread is, every millisecond, as long as the program runs."""
    while True:
        frame = sys._current_frames().get(main)
        names = []
        while frame is not None:
            code = frame.f_code
            names.append(f"{Path(code.co_filename).name}:{code.co_name}:{frame.f_lineno}")
            frame = frame.f_back
        pieces.seen.extend(dict.fromkeys(names[:12]))
        time.sleep(0.001)


class Walk(QObject):
    """Does one step after the other inside the event loop, as events do."""

    def __init__(self, app: App, pieces: Pieces, steps: Steps, only: str) -> None:
        super().__init__()
        self._app, self._pieces, self._steps, self._only = app, pieces, steps, only
        self._timer = QTimer(self, interval=20)
        self._timer.timeout.connect(self._on_time)
        self._until = 0.0
        self._timer.start()

    def _on_time(self) -> None:
        if time.monotonic() < self._until or not settled(self._app):
            return
        for name, do in self._steps:
            if self._only in name:
                self._pieces.action = name
                do()
                self._until = time.monotonic() + CALM
                return
        self._timer.stop()
        self._pieces.action = "quit"
        self._app.leave()


def settled(app: App) -> bool:
    """Whether the picture on the screen is that of the Recipe on the desk."""
    frame, info = app.play.saver.frame, app.session.info
    known = frame is not None and info is not None and frame.fingerprint == info.fingerprint
    return known and app.worker._asked == app.worker._shown


# --- the walk ----------------------------------------------------------------------------------------


def steps(app: App, home: Path) -> Steps:
    """Everything that can be done, by name."""
    yield "start", lambda: None
    yield "at rest", lambda: None
    yield from acts(app)
    yield from panels(app)
    yield from drags(app)
    yield from models(app, home)
    yield from run(app, home)


def acts(app: App) -> Steps:
    """Every act of the table, and away with the window it opens; those that toggle go back."""
    keep_on = ("timeline",)
    for act in ACTS:
        if act.name == "quit":
            continue
        action = app.window.actions_[act.name]
        yield act.name, action.trigger
        yield f"{act.name}, closed", close_windows
        if act.checkable and act.name not in keep_on:
            yield f"{act.name}, off", action.trigger
        if act.name in ("wander", "move_noise", "walk_by_hand", "play_film"):
            yield f"{act.name}, off", action.trigger
        if act.name == "keyframe":
            yield act.name, app.window.actions_["dice"].trigger
            yield act.name, action.trigger


def close_windows() -> None:
    """Close every window but the main one."""
    for widget in QApplication.topLevelWidgets():
        if widget.isVisible() and isinstance(widget, QDialog | QMenu):
            widget.close()
    popup = QApplication.activePopupWidget()
    if popup is not None:
        popup.close()


def panels(app: App) -> Steps:
    """Every panel shown, and its tabs."""
    for dock in app.window.findChildren(QDockWidget):
        name = dock.windowTitle()
        yield f"panel {name}", dock.show
        yield f"panel {name}", dock.raise_
        if name == "Inside":
            for index in range(app.inside.panel.tabs.count()):
                words = app.inside.panel.tabs.tabText(index)
                yield (
                    f"panel {name} {words}",
                    lambda i=index: app.inside.panel.tabs.setCurrentIndex(i),
                )
    for dock in app.window.findChildren(QDockWidget):
        if dock.windowTitle() not in ("Master", "Desk", "Timeline"):
            yield f"panel {dock.windowTitle()}, hidden", dock.hide


def drags(app: App) -> Steps:
    """The controls that are dragged, by the hand of a mouse."""
    window = app.window
    found: list[tuple[str, QWidget]] = []
    for strip in list(app.play.desk.strips.values())[1:3]:
        found += [
            (f"mix {strip.resolution}", strip.mix.track),
            (f"psi {strip.resolution}", strip.psi.track),
        ]
    for name, widget in found:
        for step in range(12):
            yield f"drag {name}", lambda w=widget, s=step: drag(w, s, 12)
    for name, at in (("timeline", 0.3), ("canvas", 0.5)):
        widget = window.canvas if name == "canvas" else app.film.panel.view
        for step in range(12):
            yield f"drag {name}", lambda w=widget, s=step, at=at: drag(w, s, 12, at)
    for resolution in list(app.play.desk.strips)[:2]:
        yield "select strip", lambda r=resolution: app.play.desk.select(r)
    yield "resize window", lambda: window.resize(1500, 950)
    yield "resize window", lambda: window.resize(1200, 820)


def drag(widget: QWidget, step: int, steps: int, height: float = 0.5) -> None:
    """One move of a drag across a widget."""
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    at = QPointF(widget.width() * (0.1 + 0.8 * step / steps), widget.height() * height)
    kinds = [(QEvent.Type.MouseMove, none, left)]
    if step == 0:
        kinds = [(QEvent.Type.MouseButtonPress, left, left)]
    if step == steps - 1:
        kinds.append((QEvent.Type.MouseButtonRelease, left, none))
    for kind, button, held in kinds:
        event = QMouseEvent(
            kind, at, widget.mapToGlobal(at), button, held, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(widget, event)


def models(app: App, home: Path) -> Steps:
    """The bundled models twice round, then files as they are published."""
    for _ in range(2):
        for path in sorted(bundled_models_dir().glob("*.safetensors")):
            yield f"switch to {path.stem}", lambda path=path: app.opener.open(path)
    for path in sorted((home / "published").iterdir()):
        yield f"open {path.name}", lambda path=path: app.opener.open(path)
    first = next(iter(sorted(bundled_models_dir().glob("*.safetensors"))))
    yield f"switch to {first.stem}", lambda: app.opener.open(first)


def run(app: App, home: Path) -> Steps:
    """A run of ten thousand reports is opened, watched, and goes on."""
    folder = home / "run"

    def report(images: int) -> None:
        _write_sheet(folder, images)
        with (folder / "events.jsonl").open("a") as file:
            file.write(_report(images, 0.5))

    def go_on(images: int) -> None:
        """Not on the window's thread: a process of its own trains."""
        threading.Thread(target=report, args=(images,)).start()

    yield "open run", lambda: app.opener.open(folder)
    for turn in range(4):
        yield "watch samples", lambda turn=turn: go_on(10**9 + 1000 * turn)
    yield "curves", lambda: app.train.view.show_page("curves")
    for turn in range(4):
        yield "watch curves", lambda turn=turn: go_on(10**9 + 10**6 + 1000 * turn)
    yield "samples", lambda: app.train.view.show_page("samples")


def publish(folder: Path) -> None:
    """Write checkpoints of the layouts that are published, with random weights."""
    import torch

    from tests.ada_pickles import ada_generator, ada_pickle
    from tests.stylegan2_models import LABELLED, model

    folder.mkdir()
    torch.manual_seed(0)
    network = model(LABELLED).network.module
    (folder / "stylegan2-ada.pkl").write_bytes(ada_pickle({"G_ema": ada_generator(network)}))


def main() -> None:
    """Walk, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="steps whose names hold these letters")
    parser.add_argument("--where", action="store_true", help="sample what the longest pieces do")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        home = Path(name)
        os.environ["GANLAB_HOME"] = name
        if os.fork() == 0:  # torch is not for this process yet
            publish(home / "published")
            os._exit(0)
        os.wait()
        _long_run(home / "run", 10_000)
        pieces = Pieces()
        walk(pieces, home, asked.only, where=asked.where)
        os.write(1, ("\n".join(pieces.table(where=asked.where)) + "\n").encode())


def walk(pieces: Pieces, home: Path, only: str, *, where: bool) -> None:
    """Open the program and walk through it."""
    pieces.began = time.thread_time()
    qt = QApplication(["ganlab"])
    apply_style(qt)
    if where:
        watcher = threading.Thread(target=watch, args=(pieces, threading.get_ident()), daemon=True)
        watcher.start()
    app = App(Start(), Settings())
    app.show()
    pieces.turn()
    pieces.action = "start"
    dispatcher = QAbstractEventDispatcher.instance()
    assert dispatcher is not None
    dispatcher.awake.connect(pieces.turn)
    latent_walk = Walk(app, pieces, steps(app, home), only)
    qt.exec()
    app.stop()
    pieces.turn()
    dispatcher.awake.disconnect(pieces.turn)
    del latent_walk


if __name__ == "__main__":
    main()
