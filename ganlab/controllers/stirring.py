"""Stirring: the noise moves by itself, at a speed in rounds per second."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject

from ganlab.controllers.gestures import DICE_LIMIT
from ganlab.controllers.motion import Motion
from ganlab.panels.walk import WalkPanel
from ganlab.session import Session
from ganlab.workers.render_worker import RenderWorker
from ganlab_core.recipe import Noise


def moving(noise: Noise, other: int, turn: float) -> Noise:
    """Random noise at a place of the circle through its own seed and another."""
    kept = noise.other if noise.mode == "random" and noise.other is not None else other
    return replace(noise, mode="random", other=kept, turn=turn % 1.0)


class Stirrer(QObject):
    """Turns the session's noise round the circle through two seeds.

    Layers with a noise of their own stand still. Whatever changes the noise otherwise ends it, but for
    its strength.

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
        self._moving = False
        self._turn = 0.0
        self._other = 0
        self._noise = Noise()
        self.motion = Motion(session, worker, self.tick, clock, parent=self)
        panel.stir_asked.connect(self.set_moving)
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
        self.motion.stop()
        self._panel.show_stirring(False)

    def _start(self) -> None:
        can, noise = self._session.capabilities, self._session.recipe.noise
        if can is None or not can.has_noise:
            self._panel.show_stirring(False)
            return
        self._other = self._source.randrange(DICE_LIMIT)
        self._turn = noise.turn
        self._moving = True
        self._panel.show_stirring(True)
        self.motion.begin()
        self.motion.start()

    def tick(self) -> None:
        """Go on to where the noise is by now."""
        self._turn = (self._turn + self._panel.rounds.value * self.motion.passed()) % 1.0
        if self.motion.due():
            self._step()

    def _step(self) -> None:
        recipe = self._session.recipe
        self._noise = moving(recipe.noise, self._other, self._turn)
        self.motion.move(replace(recipe, noise=self._noise), "moving noise")

    def _on_recipe_changed(self) -> None:
        noise = self._session.recipe.noise
        if self._moving and self.motion.begun and replace(noise, strength=1.0) != self._plain():
            self.stop()

    def _plain(self) -> Noise:
        return replace(self._noise, strength=1.0)
