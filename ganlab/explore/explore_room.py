"""Exploring: the room, and its panels of the psi curve and of variations.

The psi curve is truncation drawn over the resolutions; variations are pictures around the one on the
desk, each an ordinary Recipe.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QScrollArea, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import (
    DICE_LIMIT,
    Cell,
    Choice,
    CurvePad,
    Label,
    PictureGrid,
    ScrollBox,
    Segmented,
    Span,
    Stop,
    ValueSlider,
    WordButton,
    thrown,
)
from ganlab.engine import BackgroundTasks, RenderWorker
from ganlab.explore.latent_map import MapPanel, MapWalk, PadBlend, PadPanel
from ganlab.explore.latent_vectors import (
    GROUPS,
    Vectors,
    group_of,
    is_pinned,
    pin,
    resolutions_of,
    travel,
    with_styles,
)
from ganlab.explore.walk import ExtentPanel, FirstWalk, LatentWalk, NoiseWalk, WalkPanel
from ganlab.recipe_widget import NO_MODEL, PSI_HIGH, PSI_LOW, PSI_STEP, RecipeWidget, section_title
from ganlab.session import Session
from ganlab.style import COLOUR
from ganlab.window import MainWindow
from ganlab_core.recipe import (
    MOST_CENTRES,
    Capabilities,
    Centres,
    Latent,
    Mix,
    Recipe,
    Space,
    Vector,
    blend,
    latent_text,
    mutate,
)


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


PAPER = "(truncation; StyleGAN, Karras et al. 2019, appendix B; BigGAN, Brock et al. 2019)"
NO_PSI = "This model normalises its z, so there is nothing to truncate."
FOLLOWS = "Every resolution follows the master's psi already."
NO_W = "This model has no W: psi scales z, towards zero."
SEVERAL = "(multi-modal truncation; Mokady et al. 2022, sec. 3.3)"
CLUSTERS = (2, 3, 4, 6, 8, 12, 16)
IS_ONE = "This picture is among the centres already."
IS_FULL = f"There are at most {MOST_CENTRES} centres."
IS_HERE = "Psi leads to this picture already."
IS_MEAN = "Psi leads to the mean already."
HINT = "Draw, or walk with the arrow keys. Delete or a double click: as the master again."


class PsiCurvePanel(RecipeWidget):
    """Every resolution's psi as one line; drawing gives them a psi of their own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Psi curve")
        self._sides: tuple[int, ...] = ()
        self._can: Capabilities | None = None
        self.curve = CurvePad(
            "Psi over the resolutions",
            f"Draw how far each resolution's style may lie from the average {PAPER}.",
            Span(PSI_LOW, PSI_HIGH, PSI_STEP, 2),
            COLOUR.TRUNCATION,
        )
        self.level = WordButton(
            "As master", f"Let every resolution follow the master's psi again {PAPER}."
        )
        self.here = WordButton("This picture", f"Let psi lead to the picture on the desk {PAPER}.")
        self.mean = WordButton("Mean of W", f"Let psi lead to the average style again {PAPER}.")
        self.like = WordButton(
            "Add this picture", f"Let psi lead to this picture where it is the nearest {SEVERAL}."
        )
        self.several = Choice(
            "Centres", f"Psi leads each style to the nearest of several centres {SEVERAL}."
        )
        self.pick = Choice("Which centre", f"The nearest to each style, or always one {SEVERAL}.")
        self.softness = ValueSlider(
            "softness", 0, 4, 0.0, 0.1, 2, COLOUR.TRUNCATION,
            f"0 = the nearest alone; above, all centres count, so that nothing jumps in a walk {SEVERAL}.",
        )  # fmt: skip
        self.centre = Label()
        self.hint = Label(HINT)
        for label in (self.centre, self.hint):
            label.setFont(style.font("small"))
            label.setWordWrap(True)
            style.set_tone(label, "muted")
        style.set_tip(self.centre, f"What psi 0 shows at every resolution {PAPER}.")
        self._build()
        self._connect()
        self.set_capabilities(None)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.addWidget(section_title("PSI CURVE", f"Psi from coarse to fine {PAPER}."), 1)
        top.addWidget(self.level)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.curve, 1)
        column.addWidget(self.hint)
        column.addWidget(section_title("CENTRE", f"What psi leads towards {PAPER}."))
        column.addWidget(self.centre)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.here)
        row.addWidget(self.mean)
        column.addLayout(row)
        more = QHBoxLayout()
        more.setSpacing(8)
        more.addWidget(self.several, 1)
        more.addWidget(self.like)
        column.addLayout(more)
        column.addWidget(self.pick)
        column.addWidget(self.softness)
        for part in (self.several, self.pick):
            part.setFont(style.font("small"))
            part.setMinimumWidth(64)

    def _connect(self) -> None:
        self.curve.moved.connect(self._on_moved)
        self.curve.default_asked.connect(self._on_default)
        self.curve.drag_started.connect(self.drag_started)
        self.curve.drag_finished.connect(self.drag_finished)
        self.level.clicked.connect(self._on_level)
        self.here.clicked.connect(self._on_here)
        self.mean.clicked.connect(self._on_mean)
        self.like.clicked.connect(self._on_like)
        self.several.edited.connect(self._on_several)
        self.pick.edited.connect(self._on_pick)
        self.softness.edited.connect(self._on_softness)
        self.softness.drag_started.connect(self.drag_started)
        self.softness.drag_finished.connect(self.drag_finished)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer the resolutions that take a style; None when no model is open."""
        self._can = can
        styled = {layer.resolution for layer in can.layers if layer.style} if can else set()
        self._sides = tuple(sorted(styled)) if can and can.has_truncation else ()
        self.refresh()

    def refresh(self) -> None:
        """Show what the Recipe says at each resolution."""
        can, recipe = self._can, self.recipe
        own = dict(recipe.psi_at)
        stops = []
        for side in self._sides:
            assert can is not None
            layer = next(layer for layer in can.layers_at(side) if layer.style)
            stops.append(Stop(str(side), recipe.psi_of(layer), side in own))
        self.curve.show_stops(stops)
        lacking = NO_MODEL if can is None else "" if self._sides else NO_PSI
        self.curve.set_available(lacking)
        some = any(side in own for side in self._sides)
        self.level.set_available(lacking or ("" if some else FOLLOWS))
        self.hint.setText(lacking or HINT)
        self._refresh_centre(lacking)

    def _refresh_centre(self, lacking: str) -> None:
        centre, centres = self.recipe.centre, self.recipe.centres
        has_w = self._can is not None and self._can.has_w
        lacking = lacking or ("" if has_w else NO_W)
        own = "the mean of W" if centre is None else latent_text(centre)
        if centres.count:
            own = _centres_text(centres)
        self.centre.setText(lacking or f"Psi leads towards {own}.")
        here = centre == self.recipe.latent and not centres.count
        self.here.set_available(lacking or (IS_HERE if here else ""))
        is_mean = centre is None and not centres.count
        self.mean.set_available(lacking or (IS_MEAN if is_mean else ""))
        there = IS_ONE if self.recipe.latent in centres.latents else ""
        full = IS_FULL if len(centres.latents) >= MOST_CENTRES else ""
        self.like.set_available(lacking or there or full)
        self._refresh_several(lacking)

    def _refresh_several(self, lacking: str) -> None:
        centres = self.recipe.centres
        offered: list[tuple[str, object]] = [("one centre", 0)]
        offered += [
            (f"{count} clusters of W", count)
            for count in sorted({*CLUSTERS, centres.clusters} - {0})
        ]
        if centres.latents:
            offered.append((f"pictures: {len(centres.latents)}", -1))
        self.several.set_options(offered)
        self.several.set_value(-1 if centres.latents else centres.clusters)
        self.several.setEnabled(not lacking)
        numbers = [(f"always centre {number + 1}", number) for number in range(centres.count)]
        self.pick.set_options([("the nearest", None), *numbers])
        self.pick.set_value(None if centres.pick is None else round(centres.pick))
        self.softness.set_value(centres.softness)
        self.pick.setVisible(centres.count > 0)
        self.softness.setVisible(centres.count > 0 and centres.pick is None)

    def _on_moved(self, place: int, psi: float) -> None:
        self.propose(self.recipe.with_psi_at(self._sides[place], psi), "psi curve")

    def _on_default(self, place: int) -> None:
        self.propose(self.recipe.with_psi_at(self._sides[place], None), "psi curve")

    def _on_here(self) -> None:
        recipe = replace(self.recipe, centre=self.recipe.latent, centres=Centres())
        self.propose(recipe, "centre here")

    def _on_mean(self) -> None:
        self.propose(replace(self.recipe, centre=None, centres=Centres()), "centre at the mean")

    def _on_like(self) -> None:
        latents = (*self.recipe.centres.latents, self.recipe.latent)
        self._centres(Centres(latents, softness=self.recipe.centres.softness))

    def _on_several(self, clusters: int) -> None:
        if clusters >= 0:
            self._centres(Centres(clusters=clusters))

    def _on_pick(self, number: int | None) -> None:
        pick = None if number is None else float(number)
        self._centres(replace(self.recipe.centres, pick=pick))

    def _on_softness(self, softness: float) -> None:
        self._centres(replace(self.recipe.centres, softness=softness))

    def _centres(self, centres: Centres) -> None:
        self.propose(replace(self.recipe, centres=centres), "centres")

    def _on_level(self) -> None:
        self.propose(replace(self.recipe, psi_at=()), "psi as master")


def _centres_text(centres: Centres) -> str:
    kind = "clusters of W" if centres.clusters else "pictures"
    if centres.pick is not None:
        return f"centre {centres.pick + 1:.4g} of {centres.count} {kind}"
    if centres.count == 1:
        return "one picture"
    return f"the nearest of {centres.count} {kind}"


# A sheet of variations of the picture on the desk; a click travels to one.

SIZES = {"3 × 3": 3, "5 × 5": 5}


class VariationsPanel(QFrame):
    """The sheet, how far its pictures stray at coarse, middle and fine scales, and a dice.

    `changed` tells that other pictures are wanted, `diced` that others of the same kind are, `chosen`
    the index of the picture to travel to, `shown` that the panel came into view or went, `labelled` the
    index of one that is liked, or not, for a slider to be made.
    """

    changed = Signal()
    diced = Signal()
    chosen = Signal(int)
    shown = Signal(bool)
    labelled = Signal(int, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Variations")
        self.sheet_size = Segmented(
            "Size of the sheet",
            [(word, f"Show {count * count} pictures; the one on the desk is in the middle.")
             for word, count in SIZES.items()],
            COLOUR.STYLE,
        )  # fmt: skip
        self.dice = WordButton("Others", "Throw the dice for other variations of the same reach.")
        self.radii = {
            group: ValueSlider(
                f"{group}", 0, 1, default, 0.05, 2, COLOUR.STYLE,
                f"How far the variations stray at the {group} scales, {sizes} px; 1 is as far as"
                " pictures differ from the average (Karras et al. 2019, sec. 3.1).",
            )
            for group, sizes, default in (
                ("coarse", "4 to 8", 0.35), ("middle", "16 to 32", 0.35), ("fine", "from 64", 0.35)
            )
        }  # fmt: skip
        for group, slider in self.radii.items():
            slider.track.setAccessibleName(f"Reach at {group} scales")
        self.grid = PictureGrid(
            "Variations", "Click a picture to travel there; the one in the middle is the desk's. A right"
            " click likes one, or not, for a slider.",
            columns=3,
        )  # fmt: skip
        self._build()
        self._connect()
        self.set_capabilities(None)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(
            section_title("VARIATIONS", "Pictures around the one on the desk; click to travel.")
        )
        top.addStretch(1)
        top.addWidget(self.sheet_size)
        top.addWidget(self.dice)
        sliders = QHBoxLayout()
        sliders.setSpacing(12)
        for slider in self.radii.values():
            sliders.addWidget(slider)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.grid)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addLayout(sliders)
        column.addWidget(scroll, 1)
        self.setMinimumWidth(260)

    def _connect(self) -> None:
        self.sheet_size.edited.connect(self._on_size)
        self.dice.clicked.connect(self.diced)
        self.grid.chosen.connect(self.chosen)
        self.grid.menu_asked.connect(self._on_menu)
        for slider in self.radii.values():
            slider.edited.connect(self.changed)

    def _on_menu(self, index: int, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Travel there", lambda: self.chosen.emit(index))
        menu.addAction("Like, for a slider", lambda: self.labelled.emit(index, True))
        menu.addAction("Not, for a slider", lambda: self.labelled.emit(index, False))
        menu.popup(at)

    @property
    def side(self) -> int:
        """How many pictures stand side by side."""
        return SIZES[self.sheet_size.value]

    def radius(self, group: str) -> float:
        """How far the variations stray at a group of scales, 0 to 1."""
        return self.radii[group].value

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do; None when no model is open."""
        reason = NO_MODEL if can is None else ""
        self.sheet_size.set_available(reason)
        self.dice.set_available(reason)
        for slider in self.radii.values():
            slider.set_available(reason)
        if can is None:
            return
        if not can.has_mixing:
            for group in ("middle", "fine"):
                self.radii[group].set_available("This model takes one latent for all scales.")
        if can.resolution < 64:
            self.radii["fine"].set_available("This model has no scales this fine.")

    def show_empty(self) -> None:
        """Make room for the pictures; the one in the middle is marked."""
        count = self.side**2
        self.grid.set_columns(self.side)
        self.grid.set_cells([Cell(caption=f"variation {n + 1}") for n in range(count)])
        self.grid.set_marked(count // 2)

    def _on_size(self) -> None:
        self.show_empty()
        self.changed.emit()

    def showEvent(self, event: object) -> None:
        """Tell that there is something to fill in for."""
        self.shown.emit(True)

    def hideEvent(self, event: object) -> None:
        """Tell that nobody looks."""
        self.shown.emit(False)


OWNER = "variations"
SETTLE_MS = 150


class VariationsMaker(QObject):
    """Fills the sheet, and travels to the picture that is chosen.

    Parameters
    ----------
    session, worker, vectors, panel
        Whose Recipe is varied, who draws, who knows the places, and where the sheet is.
    locked
        Tells the resolutions whose strips keep their style.
    source
        Where the variations come from; unpredictable when None.

    Signals
    -------
    labelled(Recipe, bool)
        A picture of the sheet is liked, or not, for a slider to be made.
    """

    labelled = Signal(object, bool)

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        vectors: Vectors,
        panel: VariationsPanel,
        locked: Callable[[], Collection[int]],
        source: random.Random | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._vectors = vectors
        self._panel = panel
        self._locked = locked
        self._source = source or random.SystemRandom()
        self._throw = self._source.randrange(DICE_LIMIT)
        self._base = Recipe()
        self._recipes: list[Recipe] = []
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.fill)
        panel.changed.connect(self._on_changed)
        panel.diced.connect(self._on_diced)
        panel.chosen.connect(self._on_chosen)
        panel.shown.connect(self._on_shown)
        panel.labelled.connect(self._on_labelled)
        worker.thumbnail_rendered.connect(self._on_thumbnail)
        session.recipe_changed.connect(self._on_changed)
        session.model_changed.connect(self._on_model_changed)

    @property
    def recipes(self) -> list[Recipe]:
        """The Recipes of the sheet, row by row; the desk's own in the middle."""
        return self._recipes

    def fill(self) -> None:
        """Make the sheet of what is on the desk now."""
        can = self._session.capabilities
        if can is None or not self._panel.isVisible():
            return
        self._base = self._session.fitted
        sources = [self._base.latent, *(mix.latent for _, mix in self._base.mix_at)]
        count = self._panel.side**2
        throws = np.random.default_rng(self._throw).integers(0, 2**32, (count, len(GROUPS)))
        others = [Latent(int(seed)) for seed in throws.flatten()]
        self._vectors.when_known([*sources, *others], self._on_known)

    def _on_known(self, space: Space, vectors: list[Vector]) -> None:
        count = self._panel.side**2
        sources = [self._base.latent, *(mix.latent for _, mix in self._base.mix_at)]
        if len(vectors) != len(sources) + count * len(GROUPS):
            return  # the size of the sheet has changed meanwhile
        known = dict(zip(sources, vectors, strict=False))
        others = vectors[len(sources) :]
        self._recipes = [
            self._base
            if index == count // 2
            else self._variation(space, known, others[3 * index : 3 * index + 3])
            for index in range(count)
        ]
        self._panel.show_empty()
        self._worker.request_thumbnails(OWNER, self._recipes)

    def _variation(self, space: Space, known: dict[Latent, Vector], others: list[Vector]) -> Recipe:
        """The desk's Recipe with each scale's style moved by its group's reach."""
        can, base = self._session.capabilities, self._base
        assert can is not None
        throws = dict(zip(GROUPS, others, strict=True))

        @functools.cache
        def moved(mix: Mix | None, group: str) -> Latent:
            """One latent for all the scales that share it, which keeps the Recipe small."""
            own, radius = known[base.latent], self._panel.radius(group)
            if mix is not None:
                own = blend(space, [own, known[mix.latent]], (1 - mix.amount, mix.amount))
            varied = own if radius == 0 else mutate(space, own, throws[group], radius)
            return space.latent(varied, base.latent.seed)

        master = moved(None, "coarse")
        if not can.has_mixing:
            return replace(base, latent=master)
        mixes, locked = dict(base.mix_at), self._locked()
        styles = {
            side: moved(mixes.get(side), group_of(side))
            for side in can.resolutions
            if side not in locked
        }
        return with_styles(base, master, styles)

    def _on_chosen(self, index: int) -> None:
        if index < len(self._recipes):
            chosen = self._recipes[index]
            if chosen != self._base:
                self._throw = self._source.randrange(DICE_LIMIT)
                self._session.edit(chosen, "variation")

    def _on_labelled(self, index: int, liked: bool) -> None:
        if index < len(self._recipes):
            self.labelled.emit(self._recipes[index], liked)

    def _on_thumbnail(self, owner: str, recipe: Recipe, pixels: NDArray[np.uint8]) -> None:
        if owner != OWNER:
            return
        for index, own in enumerate(self._recipes):
            if own == recipe:
                self._panel.grid.show_picture(index, pixels)

    def _on_changed(self) -> None:
        if self._panel.isVisible():
            self._settle.start()

    def _on_diced(self) -> None:
        self._throw = self._source.randrange(DICE_LIMIT)
        self.fill()

    def _on_shown(self, shown: bool) -> None:
        if shown:
            self._settle.start()
        else:
            self._worker.request_thumbnails(OWNER, ())

    def _on_model_changed(self) -> None:
        self._panel.set_capabilities(self._session.capabilities)
        self._on_changed()
