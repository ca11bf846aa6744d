"""Comparing: A is a still, B the desk or another still; models may differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from ganlab.panels.compare import ComparePanel
from ganlab.session import Session
from ganlab.workers.render_worker import RenderWorker
from ganlab_core.frame import Frame
from ganlab_core.recipe import Recipe, recipe_diff

OWNER = "compare"
SAME = "Both are the same Recipe."


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """One side of the comparison.

    Attributes
    ----------
    recipe, pixels
        What it is and how it looks, uint8 (H, W, 3).
    model, fingerprint
        What made it.
    """

    recipe: Recipe
    pixels: NDArray[np.uint8]
    model: str
    fingerprint: str


class Comparer(QObject):
    """Keeps A and B, and tells what differs.

    Parameters
    ----------
    session, worker, panel
        Whose desk is compared, who draws, and where it is seen.
    """

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        panel: ComparePanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._panel = panel
        self._a: Still | None = None
        self._kept_b: Still | None = None
        self._desk: Still | None = None
        self._drawing: Recipe | None = None
        panel.take_a_asked.connect(self.take_a)
        panel.take_b_asked.connect(self.take_b)
        panel.follow_asked.connect(self.follow)
        panel.go_to_a_asked.connect(self.go_to_a)
        panel.shown.connect(self._refresh)
        worker.rendered.connect(self._on_rendered)
        worker.sketched.connect(self._on_sketched)
        self._refresh()

    @property
    def a(self) -> Still | None:
        """The left side."""
        return self._a

    @property
    def b(self) -> Still | None:
        """The right side."""
        return self._kept_b or self._desk

    def take_a(self) -> None:
        """Keep the picture on the desk as A."""
        self._a = self._desk
        self._refresh()

    def take_b(self) -> None:
        """Keep the picture on the desk as B."""
        self._kept_b = self._desk
        self._refresh()

    def follow(self) -> None:
        """Let B be whatever is on the desk."""
        self._kept_b = None
        self._refresh()

    def go_to_a(self) -> None:
        """Put A's Recipe on the desk."""
        if self._a is not None:
            self._session.edit(self._a.recipe, "back to A")

    def draw_as_a(self, recipe: Recipe) -> None:
        """Make A of any Recipe, with the model on the desk; it is rendered once."""
        can = self._session.capabilities
        if can is not None:
            self._drawing = recipe
            self._worker.request_sketches(OWNER, [recipe], can.resolution)

    def put_as_a(self, still: Still) -> None:
        """Make A of a still, as of another model."""
        self._a = still
        self._refresh()

    def _on_sketched(self, owner: str, recipe: Recipe, pixels: NDArray[np.uint8]) -> None:
        info = self._session.info
        if owner == OWNER and recipe == self._drawing and info is not None:
            self._drawing = None
            self.put_as_a(Still(recipe, pixels, info.title or info.name, info.fingerprint))

    def _on_rendered(self, frame: Frame) -> None:
        info = self._session.info
        if info is None or frame.fingerprint != info.fingerprint:
            return
        first = self._desk is None
        name = info.title or info.name
        self._desk = Still(frame.recipe, frame.pixels, name, frame.fingerprint)
        if first:
            self._panel.set_available()
        if self._kept_b is None:
            self._refresh()

    def _refresh(self) -> None:
        if not self._panel.isVisible():
            return
        a, b = self._a, self.b
        self._panel.show_state(has_a=a is not None, b_is_kept=self._kept_b is not None)
        self._panel.view.show_pair(None if a is None else a.pixels, None if b is None else b.pixels)
        if a is None or b is None:
            self._panel.show_words("", ())
            return
        info = self._session.info
        lines = recipe_diff(a.recipe, b.recipe, () if info is None else info.classes)
        if a.fingerprint != b.fingerprint:
            lines.insert(0, f"model {a.model} → {b.model}")
        self._panel.show_words(f"A: {a.model}.  B: {b.model}.", lines or [SAME])
