"""The film strip of the history: its pictures, and the way to any of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from ganlab.engine.render_worker import RenderWorker
from ganlab.library.history_panel import HistoryPanel, Shot
from ganlab.session import History, Session, Step
from ganlab_core.recipe import Recipe, fit

OWNER = "history"
SETTLE_MS = 120
MOST_ASKED = 48


class HistoryThumbnails(QObject):
    """Lets the panel show the session's history while it is in view.

    Parameters
    ----------
    session, worker, panel
        Whose history it is, who draws its pictures, and where they are seen.
    """

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        panel: HistoryPanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._panel = panel
        self._drawn: dict[int, Recipe] = {}
        self._asked: dict[Recipe, list[int]] = {}
        self._settle = QTimer(panel, singleShot=True, interval=SETTLE_MS)  # ends with what it shows
        self._settle.timeout.connect(self.refresh)
        panel.shown.connect(self._on_shown)
        panel.view.chosen.connect(self._on_chosen)
        worker.thumbnail_rendered.connect(self._on_thumbnail)
        session.history_changed.connect(self._on_history_changed)
        session.model_changed.connect(self._on_model_changed)

    def refresh(self) -> None:
        """Show the history as it is now, and ask for the pictures that are missing, newest first."""
        if not self._panel.isVisible():
            return
        history = self._session.history
        self._panel.show_shots(shots_of(history), history.now.number)
        can = self._session.capabilities
        if can is None:
            return
        self._asked = {}
        missing = [step for step in history.steps() if self._is_missing(step)]
        for step in missing[::-1][:MOST_ASKED]:
            self._asked.setdefault(fit(step.recipe, can), []).append(step.number)
            self._drawn[step.number] = step.recipe
        self._worker.request_thumbnails(OWNER, list(self._asked))

    def _is_missing(self, step: Step) -> bool:
        """Whether a step has no picture, or one of where its walk was before."""
        known = self._panel.view.has_picture(step.number)
        return not known or self._drawn.get(step.number) != step.recipe

    def _on_thumbnail(self, owner: str, recipe: Recipe, pixels: NDArray[np.uint8]) -> None:
        if owner == OWNER:
            for number in self._asked.pop(recipe, ()):
                self._panel.view.show_picture(number, pixels)
            if not self._asked:
                self._on_history_changed()

    def _on_chosen(self, number: int) -> None:
        self._session.go_to(number)
        self.refresh()

    def _on_history_changed(self) -> None:
        if self._panel.isVisible() and not self._settle.isActive():
            self._settle.start()

    def _on_shown(self, shown: bool) -> None:
        if shown:
            self._settle.start()
        else:
            self._asked = {}
            self._worker.request_thumbnails(OWNER, ())

    def _on_model_changed(self) -> None:
        self._panel.view.forget_pictures()
        self._drawn.clear()
        self._settle.start()


def shots_of(history: History) -> list[Shot]:
    """Where each step stands: a first child on its parent's line, the others each on a new one."""
    shots: dict[int, Shot] = {}
    rows = 0
    for step in history.steps():
        parent = step.parent
        before = None if parent is None else shots.get(parent.number)
        if parent is None or before is None:
            column, row = 0, 0
        else:
            first = parent.children[0] is step
            rows += not first
            column, row = before.column + 1, before.row if first else rows
        number = None if parent is None else parent.number
        shots[step.number] = Shot(step.number, step.label, column, row, number)
    return list(shots.values())
