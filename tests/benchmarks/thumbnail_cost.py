"""What a map that fills in costs the hand on a slider.

Run by hand: `python -m tests.benchmarks.thumbnails [--model FILE] [--moves 12] [--beat 120]`. A hand
moves psi at every beat, first alone, then while 1,000 small pictures wait for a map; what counts is the
time from the move to its picture. Prints both medians and their ratio, which is to stay below 1.3, and
how many small pictures were made meanwhile and afterwards. A hand faster than the machine leaves the map
no time at all, so the beat is a slow one: between two moves there is time for some.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time

from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, QTimer

from ganlab.engine.render_worker import RenderWorker
from ganlab.engine.torch_engine import TorchEngine
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Frame

BEAT_MS = 120
THUMBNAILS = 1000
ALLOWED = 1.3
TURNS = 5


class Hand(QObject):
    """Moves psi at every beat, and keeps how long each picture took to come."""

    def __init__(self, worker: RenderWorker, moves: int, beat: int) -> None:
        super().__init__()
        self._worker = worker
        self._moves = moves
        self._asked: dict[Recipe, float] = {}
        self._timer = QTimer(self, interval=beat)
        self._timer.timeout.connect(self._on_beat)
        worker.rendered.connect(self._on_rendered)
        self.took: list[float] = []
        self._loop = QEventLoop()

    def play(self, latent: int) -> float:
        """The median time from a move to its picture, in milliseconds."""
        self.took, self._asked, self._latent = [], {}, latent
        self._timer.start()
        self._loop.exec()
        self._timer.stop()
        return statistics.median(self.took)

    def _on_beat(self) -> None:
        if len(self._asked) == self._moves:
            self._loop.quit()
            return
        psi = len(self._asked) / self._moves
        recipe = Recipe(latent=Latent(self._latent), psi=psi)
        self._asked[recipe] = time.perf_counter()
        self._worker.request(recipe)

    def _on_rendered(self, frame: Frame) -> None:
        asked = self._asked.get(frame.recipe)
        if asked is not None:
            self.took.append(1000 * (time.perf_counter() - asked))


def main() -> int:
    """Play in turns with and without a map, print the ratio; 1 when it is too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="adventurer")
    parser.add_argument("--moves", type=int, default=12)
    parser.add_argument("--beat", type=int, default=BEAT_MS, help="milliseconds between two moves")
    asked = parser.parse_args()
    qt = QCoreApplication(["thumbnails"])
    worker = RenderWorker(TorchEngine())
    made: list[Recipe] = []
    worker.thumbnail_rendered.connect(lambda _owner, recipe, _pixels: made.append(recipe))
    worker.start()
    loop = QEventLoop()
    worker.loaded.connect(loop.quit)
    worker.open_model(asked.model)
    loop.exec()
    hand = Hand(worker, asked.moves, asked.beat)
    hand.play(0)  # warm
    alone: list[float] = []
    with_map: list[float] = []
    made.clear()
    for turn in range(TURNS):  # in turns, so that other programs disturb both alike
        hand.play(2 * turn)
        alone += hand.took
        worker.request_thumbnails("map", [Recipe(latent=Latent(n)) for n in range(THUMBNAILS)], 32)
        hand.play(2 * turn + 1)
        with_map += hand.took
        worker.request_thumbnails("map", ())
    meanwhile = len(made)
    worker.request_thumbnails("map", [Recipe(latent=Latent(n)) for n in range(THUMBNAILS)], 32)
    ratio = statistics.median(with_map) / statistics.median(alone)
    made.clear()
    QTimer.singleShot(2000, loop.quit)
    loop.exec()
    worker.stop()
    _say(f"alone              {statistics.median(alone):6.1f} ms from move to picture")
    _say(
        f"with a map         {statistics.median(with_map):6.1f} ms, {meanwhile} small pictures made"
    )
    _say(f"ratio              {ratio:6.2f} (allowed {ALLOWED})")
    _say(f"at rest            {len(made) / 2:6.1f} small pictures per second")
    del qt
    return int(ratio > ALLOWED)


def _say(words: str) -> None:
    os.write(1, f"{words}\n".encode())


if __name__ == "__main__":
    sys.exit(main())
