"""Playing a film: by the clock, a frame at a time, dropping those the machine has no time for."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from ganlab.workers.render_worker import RenderWorker
from ganlab_core.frame import Frame
from ganlab_core.recipe import Recipe
from ganlab_core.timeline import Timeline

TICK_MS = 4
WAIT_FOR_FRAME = 0.5
"""Seconds after which the film goes on though the last picture has not come."""

WINDOW = 1.0
"""Seconds over which the pictures shown are counted."""

SETTLED = 0.4
"""Seconds of playing before the count means something."""


class Projector(QObject):
    """Says which frame of a film is due; where it is depends on the time alone.

    Parameters
    ----------
    worker
        Draws the frames; the next one is due only when the last has come.
    clock
        Tells the time in seconds.

    Signals
    -------
    due(int, Recipe)
        Show this frame now; told only when its Recipe is another than the last one's.
    passed(int)
        This frame is where the film is.
    ended()
        The film is over; a loop never is.
    rate_told(str)
        How many frames of those asked for were shown in the last second: `"18 of 30 fps"`.
    """

    due = Signal(int, object)
    passed = Signal(int)
    ended = Signal()
    rate_told = Signal(str)

    def __init__(
        self,
        worker: RenderWorker,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._timeline = Timeline()
        self._began = self._asked_at = self._told_at = 0.0
        self._frame = -1
        self._waits = False
        self._recipe: Recipe | None = None
        self._pixels: object = None
        self._shown: deque[float] = deque()
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self.tick)
        worker.rendered.connect(self._on_rendered)

    @property
    def playing(self) -> bool:
        """Whether the film plays."""
        return self._timer.isActive()

    def play(self, timeline: Timeline, place: float) -> None:
        """Play from a moment on."""
        now = self._clock()
        self._timeline = timeline
        self._began, self._told_at = now - place, now
        self._frame, self._waits, self._recipe = -1, False, None
        self._shown.clear()
        self._timer.start()
        self.tick()

    def change(self, timeline: Timeline) -> None:
        """Go on with an edited film."""
        self._timeline = timeline

    def stop(self) -> None:
        """Stay where the film is."""
        self._timer.stop()
        self.rate_told.emit("")

    def tick(self) -> None:
        """Ask for the frame that is due by now, if it is another one."""
        now = self._clock()
        self._tell_rate(now)
        line = self._timeline
        frame = int((now - self._began) * line.fps + 1e-6)
        if frame >= line.frame_count and not line.loop:
            self._ask(line.frame_count - 1, now)
            self.stop()
            self.ended.emit()
        elif not self._waits or now - self._asked_at > WAIT_FOR_FRAME:
            self._ask(frame % line.frame_count, now)

    def _ask(self, frame: int, now: float) -> None:
        if frame == self._frame:
            return
        self._frame, self._asked_at = frame, now
        recipe = self._timeline.frame_recipe(frame)
        self.passed.emit(frame)
        self._waits = recipe != self._recipe
        if self._waits:
            self._recipe = recipe
            self.due.emit(frame, recipe)
        else:
            self._shown.append(now)

    def _on_rendered(self, frame: Frame) -> None:
        """Count the picture that is waited for; one nobody asked for, or with previews only, is none."""
        if self._waits and frame.pixels is not self._pixels and self.playing:
            self._pixels, self._waits = frame.pixels, False
            self._shown.append(self._clock())

    def _tell_rate(self, now: float) -> None:
        while self._shown and self._shown[0] < now - WINDOW:
            self._shown.popleft()
        if now - self._told_at < SETTLED or len(self._shown) < 2:
            return
        self._told_at = now
        seconds = self._shown[-1] - self._shown[0]
        wanted = float(self._timeline.fps)
        shown = min(wanted, (len(self._shown) - 1) / seconds if seconds else wanted)
        self.rate_told.emit(f"{shown:.0f} of {wanted:.3g} fps")
