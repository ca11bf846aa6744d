"""Padlocks on strips, and dice for some scales only."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject

from ganlab.controllers.moves import is_pinned, pin, resolutions_of, travel
from ganlab.controllers.vectors import Vectors
from ganlab.controls.seed_box import thrown
from ganlab.desk.desk import Desk
from ganlab.session import Session
from ganlab_core.recipe import Latent, Mix
from ganlab_core.wandering import Space, Vector, blend


class Locker(QObject):
    """Pins the style a strip shows, as an ordinary edit of the Recipe; undo opens the lock again.

    Parameters
    ----------
    session, vectors, desk
        Whose strips are locked, who knows their styles, and where the padlocks are.
    """

    def __init__(
        self, session: Session, vectors: Vectors, desk: Desk, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._vectors = vectors
        self._desk = desk
        self._pins: dict[int, tuple[Mix | None, Mix]] = {}
        desk.lock_asked.connect(self.toggle)
        session.recipe_changed.connect(self.show)
        session.model_changed.connect(self.show)

    @property
    def locked(self) -> frozenset[int]:
        """The resolutions whose strips are locked."""
        recipe = self._session.recipe
        return frozenset(
            side for side, (_, mix) in self._pins.items() if is_pinned(recipe, side, mix)
        )

    def show(self) -> None:
        """Let the padlocks show what is locked."""
        self._desk.show_locks(self.locked)

    def toggle(self, resolution: int) -> None:
        """Lock a strip, or let it go back to what it followed before."""
        recipe = self._session.recipe
        mix = dict(recipe.mix_at).get(resolution)
        if resolution in self.locked:
            before, _ = self._pins.pop(resolution)
            self._session.edit(recipe.with_mix_at(resolution, before), f"unlock {resolution} px")
        elif mix is None or mix.amount == 0:
            self._lock(resolution, mix, recipe.latent)
        elif mix.amount == 1:
            self._lock(resolution, mix, mix.latent)
        else:
            known = partial(self._on_known, resolution, mix)
            self._vectors.when_known([self._session.fitted.latent, mix.latent], known)
        self.show()

    def _on_known(self, resolution: int, mix: Mix, space: Space, vectors: list[Vector]) -> None:
        """A strip between two styles is locked to the very place between them."""
        vector = blend(space, vectors, (1 - mix.amount, mix.amount))
        self._lock(resolution, mix, space.latent(vector, mix.latent.seed))

    def _lock(self, resolution: int, before: Mix | None, latent: Latent) -> None:
        self._pins[resolution] = (before, Mix(latent))
        pinned = pin(self._session.recipe, resolution, latent)
        self._session.edit(pinned, f"lock {resolution} px")
        self.show()

    def reroll(self, group: str) -> None:
        """Mix a new random style in at a group's scales, but for the locked ones."""
        can = self._session.capabilities
        if can is None or not can.has_mixing:
            return
        free = [side for side in resolutions_of(group, can) if side not in self.locked]
        rolled = travel(self._session.recipe, Latent(thrown()), free)
        self._session.edit(rolled, f"new {group} styles")
