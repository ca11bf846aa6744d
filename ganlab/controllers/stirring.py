"""Stirring: the noise moves by itself, at a speed in rounds per second."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer

from ganlab.controllers.gestures import DICE_LIMIT
from ganlab.panels.walk import WalkPanel
from ganlab.session import Session
from ganlab.workers.render_worker import RenderWorker
from ganlab_core.recipe import Noise, Recipe

TICK_MS = 16
WAIT_FOR_FRAME = 0.5
"""Seconds after which the noise goes on though the last picture has not come."""


def moving(noise: Noise, other: int, turn: float) -> Noise:
    """Random noise at a place of the circle through its own seed and another."""
    kept = noise.other if noise.mode == "random" and noise.other is not None else other
    return replace(noise, mode="random", other=kept, turn=turn % 1.0)


class Stirrer(QObject):
    """Turns the session's noise round the circle through two seeds.

    Its place depends on the time and the speed alone: a slow machine shows fewer pictures of the same
    round. Layers with a noise of their own stand still. All of it is one step of the history;
    whatever changes the noise otherwise ends it, but for its strength.

    Parameters
    ----------
    session, worker, panel
        Whose noise moves, who draws it, and the controls.
    source, clock
        Where the other seed comes from, unpredictable when None; tells the time in seconds.
    """

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        panel: WalkPanel,
        source: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._panel = panel
        self._source = source or random.SystemRandom()
        self._clock = clock
        self._moving = self._begun = False
        self._turn = self._then = self._waits_since = 0.0
        self._other = 0
        self._shown = True
        self._noise = Noise()
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self.tick)
        panel.stir_asked.connect(self.set_moving)
        worker.rendered.connect(self._on_rendered)
        session.recipe_changed.connect(self._on_recipe_changed)
        session.model_changed.connect(self.stop)

    @property
    def moving(self) -> bool:
        """Whether the noise moves."""
        return self._moving

    def toggle(self) -> None:
        """Let the noise move, or stop it where it is."""
        self.set_moving(not self._moving)

    def set_moving(self, on: bool) -> None:
        """Begin or stop."""
        if on and not self._moving:
            self._start()
        elif not on:
            self.stop()

    def stop(self) -> None:
        """Leave the noise where it is."""
        self._moving = False
        self._timer.stop()
        self._panel.show_stirring(False)

    def _start(self) -> None:
        can, noise = self._session.capabilities, self._session.recipe.noise
        if can is None or not can.has_noise:
            self._panel.show_stirring(False)
            return
        self._other = self._source.randrange(DICE_LIMIT)
        self._turn = noise.turn
        self._moving, self._begun, self._shown = True, False, True
        self._then = self._clock()
        self._panel.show_stirring(True)
        self._timer.start()

    def tick(self) -> None:
        """Go on to where the noise is by now; at most one picture is under way."""
        now = self._clock()
        self._turn = (self._turn + self._panel.rounds.value * (now - self._then)) % 1.0
        self._then = now
        if self._shown or now - self._waits_since > WAIT_FOR_FRAME:
            self._shown, self._waits_since = False, now
            self._step()

    def _step(self) -> None:
        recipe = self._session.recipe
        self._noise = moving(recipe.noise, self._other, self._turn)
        moved: Recipe = replace(recipe, noise=self._noise)
        if self._begun:
            self._session.drift(moved)
        else:
            self._begun = True
            self._session.end_drag()
            self._session.edit(moved, "moving noise")

    def _on_rendered(self) -> None:
        self._shown = True

    def _on_recipe_changed(self) -> None:
        noise = self._session.recipe.noise
        if self._moving and self._begun and replace(noise, strength=1.0) != self._plain():
            self.stop()

    def _plain(self) -> Noise:
        return replace(self._noise, strength=1.0)
