"""The small pictures of the keyframes, asked of the render thread while the canvas needs nothing."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from ganlab.controls.thumbnail import to_image
from ganlab.film.timeline_panel import TimelinePanel
from ganlab.workers.render_worker import RenderWorker
from ganlab_core.recipe import Recipe
from ganlab_core.timeline import Timeline

OWNER = "timeline"
SIDE = 64
KEPT = 512


class FilmPictures(QObject):
    """Knows the pictures of Recipes, and asks for those that are shown and not known."""

    def __init__(
        self, worker: RenderWorker, panel: TimelinePanel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._worker = worker
        self._panel = panel
        self._known: OrderedDict[Recipe, QImage] = OrderedDict()
        self._asked: list[Recipe] = []
        self._shown: tuple[Recipe, ...] = ()
        worker.sketched.connect(self._on_sketched)
        panel.shown.connect(self._ask)

    def fill(self, line: Timeline | None) -> None:
        """Show the pictures of a film's keyframes as they come."""
        self._shown = () if line is None else tuple(key.recipe for key in line.keyframes)
        for index, recipe in enumerate(self._shown):
            if recipe in self._known:
                self._panel.view.show_picture(index, self._known[recipe])
        self._ask()

    def forget(self) -> None:
        """Another model draws other pictures."""
        self._known.clear()
        self._asked = []
        for index in range(len(self._shown)):
            self._panel.view.show_picture(index, None)

    def _ask(self) -> None:
        missing = [own for own in dict.fromkeys(self._shown) if own not in self._known]
        wanted = missing if self._panel.isVisible() else []
        if wanted != self._asked:
            self._asked = wanted
            self._worker.request_sketches(OWNER, wanted, SIDE)

    def _on_sketched(self, owner: str, recipe: Recipe, pixels: NDArray[np.uint8]) -> None:
        if owner != OWNER:
            return
        self._known[recipe] = image = to_image(pixels)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        self._asked = [own for own in self._asked if own != recipe]
        for index, own in enumerate(self._shown):
            if own == recipe:
                self._panel.view.show_picture(index, image)
