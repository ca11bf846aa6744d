"""Variations: pictures around the one on the desk, each an ordinary Recipe."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QScrollArea, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import DICE_LIMIT, Cell, PictureGrid, Segmented, ValueSlider, WordButton
from ganlab.engine import RenderWorker
from ganlab.explore.latent_vectors import GROUPS, Vectors, group_of, with_styles
from ganlab.recipe_widget import NO_MODEL, section_title
from ganlab.session import Session
from ganlab.style import COLOUR
from ganlab_core.recipe import Capabilities, Latent, Mix, Recipe, Space, Vector, blend, mutate

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
