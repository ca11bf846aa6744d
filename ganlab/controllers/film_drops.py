"""Seeds and pictures dropped on the timeline, as keyframes where they fell."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject

from ganlab.controllers import film_edits as edits
from ganlab.controllers.film_history import Film
from ganlab.film.timeline_panel import TimelinePanel
from ganlab.session import Session
from ganlab.workers.errands import Errands
from ganlab_core.recipe import Latent, Recipe


class FilmKeeper(Protocol):
    """Who holds the film."""

    @property
    def film(self) -> Film:
        """What is on the timeline."""

    def change(self, film: Film, label: str) -> None:
        """Put another film on the timeline as a step to undo."""

    def stop(self) -> None:
        """Stop playing."""


class FilmDrops(QObject):
    """Makes keyframes of what is dropped.

    Parameters
    ----------
    keeper, session
        Who holds the film; whose Recipe a dropped seed takes the place in.
    errands
        Who reads the files.
    panel
        What things are dropped on.
    """

    def __init__(
        self, keeper: FilmKeeper, session: Session, errands: Errands, panel: TimelinePanel
    ) -> None:
        super().__init__(panel)
        self._keeper = keeper
        self._session = session
        self._errands = errands
        panel.view.dropped.connect(self._on_dropped)

    def _on_dropped(self, found: int | Path, time: float) -> None:
        if isinstance(found, int):
            recipe = replace(self._session.recipe, latent=Latent(found))
            self._drop(time, recipe)
        else:
            self._errands.start(partial(_recipe_in, found), partial(self._drop, time))

    def _drop(self, time: float, recipe: Recipe) -> None:
        self._keeper.stop()
        film = edits.suited(self._keeper.film, self._session.capabilities)
        self._keeper.change(edits.with_recipe_at(film, recipe, time), "keyframe")


def _recipe_in(path: Path) -> Recipe:
    """The Recipe of a picture saved by ganlab; the decoders are loaded with the first one."""
    from ganlab_core.export.pictures import read_picture

    return read_picture(path).recipe
