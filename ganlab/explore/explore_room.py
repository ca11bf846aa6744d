"""Exploring: builds the panels of wandering and keeping, and those who move them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal

from ganlab.controls import ScrollBox, thrown
from ganlab.engine import BackgroundTasks, RenderWorker
from ganlab.explore.extent_panel import ExtentPanel
from ganlab.explore.latent_map import MapPanel, MapWalk, PadBlend, PadPanel
from ganlab.explore.latent_vectors import Vectors, is_pinned, pin, resolutions_of, travel
from ganlab.explore.psi_curve import PsiCurvePanel
from ganlab.explore.variations import VariationsMaker, VariationsPanel
from ganlab.explore.walk import FirstWalk, LatentWalk, NoiseWalk, WalkPanel
from ganlab.session import Session
from ganlab.window import MainWindow
from ganlab_core.recipe import Latent, Mix, Space, Vector, blend


class StripLocks(QObject):
    """Pins the style a strip shows, as an ordinary edit of the Recipe; undo opens the lock again.

    Parameters
    ----------
    session, vectors
        Whose strips are locked, and who knows their styles.

    Signals
    -------
    shown(frozenset of int)
        The resolutions whose padlocks are closed.
    """

    shown = Signal(object)

    def __init__(self, session: Session, vectors: Vectors, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._vectors = vectors
        self._pins: dict[int, tuple[Mix | None, Mix]] = {}
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
        self.shown.emit(self.locked)

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


RIGHT = Qt.DockWidgetArea.RightDockWidgetArea


class ExploreRoom(QObject):
    """Everything that makes the desk a place to stay in; all of it is hidden at first.

    Parameters
    ----------
    session, window, worker, tasks
        What is explored, where the panels go, who draws, and who reads files.

    Signals
    -------
    labelled(Recipe, bool)
        A picture of the sheet is liked, or not, for a slider to be made.
    """

    labelled = Signal(object, bool)

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        worker: RenderWorker,
        tasks: BackgroundTasks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._window = window
        self.walk_panel = WalkPanel()
        self.map_panel = MapPanel()
        self.variations_panel = VariationsPanel()
        self.pad_panel = PadPanel()
        self.psi_panel = PsiCurvePanel()
        self.extent_panel = ExtentPanel()
        for name, panel in {
            "Wander": self.walk_panel,
            "Variations": self.variations_panel,
            "Pad": self.pad_panel,
            "Psi curve": self.psi_panel,
            "Picture size": self.extent_panel,
            "Map": self.map_panel,
        }.items():
            window.add_panel(name, ScrollBox(panel), RIGHT, on_picture=name == "Variations")
        self.vectors = vectors = Vectors(session, worker, self)
        self.latent_walk = LatentWalk(session, worker, vectors, self.walk_panel, parent=self)
        self.noise_walk = NoiseWalk(session, worker, self.walk_panel, parent=self)
        self.map_walk = MapWalk(
            session, worker, vectors, window.canvas, self.walk_panel, self.map_panel, parent=self
        )
        self.first_walk = FirstWalk(session, window, worker, vectors, parent=self)
        self.locks = StripLocks(session, vectors, self)
        self.variations_maker = VariationsMaker(
            session, worker, vectors, self.variations_panel, self._locked, parent=self
        )
        self.pad_blend = PadBlend(
            session, worker, vectors, tasks, self.pad_panel, self._locked, self
        )
        self._connect()

    def _locked(self) -> frozenset[int]:
        return self.locks.locked

    def _connect(self) -> None:
        actions = self._window.actions_
        actions["wander"].triggered.connect(self.latent_walk.toggle)
        actions["move_noise"].triggered.connect(self.noise_walk.toggle)
        actions["walk_by_hand"].triggered.connect(self.walk_panel.hand.click)
        for group in ("coarse", "middle", "fine"):
            actions[f"reroll_{group}"].triggered.connect(
                lambda _=False, group=group: self.locks.reroll(group)
            )
        self.walk_panel.reroll_asked.connect(self.locks.reroll)
        self.variations_maker.labelled.connect(self.labelled)
        self._session.model_changed.connect(self._on_model_changed)
        panel = self.walk_panel
        panel.walk.toggled.connect(
            partial(self._show_badge, "wander", "wandering", actions["wander"].trigger)
        )
        panel.stir.toggled.connect(
            partial(self._show_badge, "noise", "noise moves", actions["move_noise"].trigger)
        )
        panel.hand.toggled.connect(
            partial(self._show_badge, "drag", "drag to walk", actions["walk_by_hand"].trigger)
        )

    def _show_badge(self, name: str, words: str, end: Callable[[], object], on: bool) -> None:
        """Say on the picture what goes on there; a press on it ends it."""
        badges = self._window.canvas.badges
        if on:
            text = f"\N{BLACK CIRCLE} {words} \N{MIDDLE DOT} press to end"
            badges.show_badge(name, text, f"End this: {words}.", end)
        else:
            badges.hide_badge(name)

    def _on_model_changed(self) -> None:
        self.walk_panel.set_capabilities(self._session.capabilities)
