"""The XY pad's hand: four places, and the way between them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import Label, WordButton, XYPad, set_controls, thrown
from ganlab.engine import BackgroundTasks, RenderWorker
from ganlab.explore.latent_vectors import Vectors, travel
from ganlab.recipe_widget import NO_MODEL, section_title
from ganlab.session import Session
from ganlab_core.recipe import (
    Capabilities,
    Latent,
    Recipe,
    Space,
    Vector,
    blend,
    corner_weights,
    fit,
)

# The XY pad: travel between four saved places with one hand.

ALL = "all scales"


class PadPanel(QFrame):
    """The pad, and which scales it moves.

    `filled` asks for four new places by the dice.
    """

    filled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Pad")
        self.pad = XYPad(
            "Pad between four places",
            "Drag to travel between the corners; click a corner, or press 1 to 4, to put the place"
            " on the desk there, or drop a seed, a favourite or a saved PNG on it.",
        )
        set_controls(self.pad, "pad.x", "pad.y")
        self.first = self._choice("From", "The coarsest scale that the pad moves.")
        self.last = self._choice("to", "The finest scale that the pad moves.")
        self.dice = WordButton("Fill", "Put a random place into every corner that is still empty.")
        self.dice.clicked.connect(self.filled)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(section_title("PAD", "Between four places, blended in W (in Z without a W)."))
        top.addStretch(1)
        for label, box in (("from", self.first), ("to", self.last)):
            word = Label(label)
            word.setFont(style.font("small"))
            style.set_tone(word, "muted")
            top.addWidget(word)
            top.addWidget(box)
        top.addWidget(self.dice)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.pad, 1)
        self.set_capabilities(None)

    def _choice(self, name: str, tooltip: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(f"{name} scale")
        box.setFont(style.font("small"))
        style.set_tip(box, tooltip)
        return box

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer this model's scales; None when no model is open."""
        sides = () if can is None else can.resolutions
        for box, at in ((self.first, 0), (self.last, len(sides) - 1)):
            box.clear()
            box.addItems([f"{side} px" for side in sides])
            box.setCurrentIndex(at)
            box.setEnabled(can is not None and can.has_mixing)
        self.dice.set_available(NO_MODEL if can is None else "")

    def resolutions(self, can: Capabilities) -> tuple[int, ...] | None:
        """The scales the pad moves; None for all."""
        low, high = sorted((self.first.currentIndex(), self.last.currentIndex()))
        if not can.has_mixing or (low <= 0 and high >= len(can.resolutions) - 1):
            return None
        return can.resolutions[low : high + 1]


OWNER = "pad"


class PadBlend(QObject):
    """Keeps the four places of the pad, and travels between them.

    Parameters
    ----------
    session, worker, vectors, tasks, panel
        What is moved, who draws, who knows the places, who reads files, and the pad.
    locked
        Tells the resolutions whose strips keep their style.
    """

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        vectors: Vectors,
        tasks: BackgroundTasks,
        panel: PadPanel,
        locked: Callable[[], Collection[int]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._vectors = vectors
        self._tasks = tasks
        self._panel = panel
        self._locked = locked
        self._corners: list[Latent | None] = [None] * 4
        self._asked: dict[Recipe, int] = {}
        self._place: tuple[float, float] = (0.5, 0.5)
        panel.filled.connect(self.fill)
        panel.pad.corner_pressed.connect(self._on_corner)
        panel.pad.dropped.connect(self._on_dropped)
        panel.pad.drag_started.connect(session.begin_drag)
        panel.pad.drag_finished.connect(session.end_drag)
        panel.pad.moved.connect(self.move_to)
        worker.thumbnail_rendered.connect(self._on_thumbnail)
        session.model_changed.connect(self._on_model_changed)

    @property
    def corners(self) -> tuple[Latent | None, ...]:
        """The four places, top left first."""
        return tuple(self._corners)

    def set_corner(self, corner: int, latent: Latent) -> None:
        """Put a place into a corner."""
        self._corners[corner] = latent
        self._panel.pad.show_corner(corner, None)
        self._panel.pad.set_usable(None not in self._corners)
        self._draw_corners()

    def fill(self) -> None:
        """Put random places into the corners that are empty."""
        for corner, known in enumerate(self._corners):
            if known is None:
                self.set_corner(corner, Latent(thrown()))

    def move_to(self, x: float, y: float) -> None:
        """Travel to a place between the corners, once their vectors are known."""
        known = [latent for latent in self._corners if latent is not None]
        self._place = (x, y)
        if len(known) == 4:
            self._vectors.when_known(known, self._on_known)

    def _on_known(self, space: Space, vectors: list[Vector]) -> None:
        can = self._session.capabilities
        if can is None:
            return
        vector = blend(space, vectors, corner_weights(*self._place))
        recipe = self._session.recipe
        latent = space.latent(vector, recipe.latent.seed)
        sides = self._panel.resolutions(can)
        free = None if sides is None else [side for side in sides if side not in self._locked()]
        moved = travel(recipe, latent, free)
        self._session.edit(moved, "travel on the pad")

    def _on_corner(self, corner: int) -> None:
        self.set_corner(corner, self._session.fitted.latent)

    def _on_dropped(self, corner: int, found: int | Path) -> None:
        if isinstance(found, int):
            self.set_corner(corner, Latent(found))
        else:
            self._tasks.start(partial(_latent_in, found), partial(self.set_corner, corner))

    def _draw_corners(self) -> None:
        missing = {}
        for corner, latent in enumerate(self._corners):
            if latent is not None and not self._panel.pad.has_corner(corner):
                fitted = self._session.fitted
                missing[Recipe(latent=latent, psi=fitted.psi, classes=fitted.classes)] = corner
        self._asked.update(missing)
        self._worker.request_thumbnails(OWNER, list(self._asked))

    def _on_thumbnail(self, owner: str, recipe: Recipe, pixels: NDArray[np.uint8]) -> None:
        if owner != OWNER or self._asked.pop(recipe, None) is None:
            return
        for corner, latent in enumerate(self._corners):
            if latent == recipe.latent:
                self._panel.pad.show_corner(corner, pixels)

    def _on_model_changed(self) -> None:
        """The seeds still mean something to another model; their pictures are made anew."""
        can = self._session.capabilities
        self._panel.set_capabilities(can)
        self._asked.clear()
        for corner, latent in enumerate(self._corners):
            if latent is not None and can is not None:
                self._corners[corner] = fit(Recipe(latent=latent), can).latent
            self._panel.pad.show_corner(corner, None)
        self._draw_corners()


def _latent_in(path: Path) -> Latent:
    """The latent of a picture saved by ganlab; the decoder is loaded with the first one."""
    from ganlab_core.export import read_png

    return read_png(path).recipe.latent
