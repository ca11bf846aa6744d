"""Playing: what the keys and menus do to the Recipe on the desk."""

from __future__ import annotations

import random

from PySide6.QtCore import QObject

from ganlab.actions import Actions
from ganlab.controllers import gestures
from ganlab.session import Session
from ganlab_core.starting import reset_to


class Player(QObject):
    """Turns the actions of the group Play, and Reset All, into edits of the session.

    Parameters
    ----------
    session
        Whose Recipe is played.
    actions
        The window's actions.
    source
        Where the dice come from; unpredictable when None.
    """

    def __init__(
        self,
        session: Session,
        actions: Actions,
        source: random.Random | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._source = source or random.SystemRandom()
        for name, slot in {
            "reset": self.reset,
            "dice": self.dice,
            "random_class": self.random_class,
            "next_seed": self.next_seed,
            "previous_seed": self.previous_seed,
            "cycle_noise": self.cycle_noise,
            "psi_up": self.psi_up,
            "psi_down": self.psi_down,
            "growth_up": self.growth_up,
            "growth_down": self.growth_down,
        }.items():
            actions[name].triggered.connect(slot)

    def reset(self) -> None:
        """Go back to where the model starts, with the seed that is on the desk."""
        session = self._session
        session.edit(reset_to(session.start, session.recipe), "reset all")

    def dice(self) -> None:
        """Take a seed nobody chose."""
        self._session.edit(gestures.dice(self._session.recipe, self._source), "new seed")

    def random_class(self) -> None:
        """Take one class nobody chose."""
        can = self._session.capabilities
        if can is not None and can.classes:
            recipe = gestures.random_class(self._session.recipe, can, self._source)
            self._session.edit(recipe, "new class")

    def next_seed(self) -> None:
        """Go to the next seed."""
        self._step_seed(1)

    def previous_seed(self) -> None:
        """Go to the seed before."""
        self._step_seed(-1)

    def cycle_noise(self) -> None:
        """Go to the next of stored, random and off."""
        self._session.edit(gestures.cycle_noise(self._session.recipe), "noise")

    def psi_up(self) -> None:
        """Raise psi a step."""
        self._step_psi(1)

    def psi_down(self) -> None:
        """Lower psi a step."""
        self._step_psi(-1)

    def growth_up(self) -> None:
        """Grow a step."""
        self._step_growth(1)

    def growth_down(self) -> None:
        """Shrink a step."""
        self._step_growth(-1)

    def _step_seed(self, steps: int) -> None:
        self._session.edit(gestures.step_seed(self._session.recipe, steps), "seed")

    def _step_psi(self, steps: int) -> None:
        self._session.edit(gestures.step_psi(self._session.recipe, steps), "psi")

    def _step_growth(self, steps: int) -> None:
        can = self._session.capabilities
        if can is not None:
            self._session.edit(gestures.step_growth(self._session.recipe, steps, can), "growth")
