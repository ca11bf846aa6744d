"""What the timeline's controls ask for, as edits of the film."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

from PySide6.QtCore import QObject

from ganlab.controllers import film_edits as edits
from ganlab.controllers.film_history import Film, Stamps
from ganlab.film.timeline_panel import TimelinePanel


class FilmMaker(Protocol):
    """Who holds the film."""

    stamps: Stamps

    @property
    def film(self) -> Film:
        """What is on the timeline."""

    def apply(self, edit: Callable[..., Film], label: str, *values: object) -> None:
        """Change the film by one of the edits, as a step to undo."""

    def change(self, film: Film, label: str, stamp: int | None = None) -> None:
        """Put another film on the timeline as a step to undo."""


class FilmRequests(QObject):
    """Hears the panel and asks the maker; a dragged keyframe is one step, however far it goes.

    Parameters
    ----------
    maker
        Who holds the film; lives as long as this.
    panel
        Whose controls are heard.
    """

    def __init__(self, maker: FilmMaker, panel: TimelinePanel) -> None:
        super().__init__(panel)
        self._maker = maker
        self._drag: tuple[Film, int] | None = None
        view, settings = panel.view, panel.settings
        settings.length_asked.connect(self._on_length)
        settings.counting_asked.connect(self._on_counting)
        settings.rate_asked.connect(self._on_rate)
        settings.loop_asked.connect(self._on_loop)
        settings.noise_asked.connect(self._on_noise)
        settings.space_asked.connect(self._on_space)
        panel.easing_chosen.connect(self._on_easing)
        panel.space_chosen.connect(self._on_lane_space)
        panel.repeat_asked.connect(self._on_repeat)
        view.move_started.connect(self._on_move_started)
        view.moved.connect(self._on_moved)
        view.move_finished.connect(self._on_move_finished)
        view.copied.connect(self._on_copied)
        view.deleted.connect(self._on_deleted)

    # --- the whole -------------------------------------------------------------------------------

    def _on_length(self, seconds: float) -> None:
        self._maker.apply(edits.lasting, "film length", seconds)

    def _on_counting(self, unit: str, bpm: float) -> None:
        self._maker.apply(edits.counted, "ruler", unit, bpm)

    def _on_rate(self, fps: Fraction) -> None:
        self._maker.apply(edits.at_rate, "frame rate", fps)

    def _on_loop(self, on: bool) -> None:
        self._maker.apply(lambda film: edits.looping(film, on=on), "loop")

    def _on_noise(self, name: str) -> None:
        self._maker.apply(edits.with_noise, "film noise", name)

    def _on_space(self, name: str) -> None:
        self._maker.apply(edits.in_space, "film space", name)

    def _on_lane_space(self, lane: str, name: str) -> None:
        self._maker.apply(edits.lane_in_space, "lane space", lane, name)

    # --- keyframes -------------------------------------------------------------------------------

    def _on_easing(self, index: int, lane: str, easing: str) -> None:
        if lane:
            self._maker.apply(edits.lane_eased, "lane easing", index, lane, easing)
        elif index < 0:
            self._maker.apply(edits.all_eased, "easing", easing)
        else:
            self._maker.apply(edits.eased, "easing", index, easing)

    def _on_repeat(self, index: int) -> None:
        self._maker.apply(edits.repeated, "copy keyframe", index)

    def _on_copied(self, index: int, time: float) -> None:
        self._maker.apply(edits.copied, "copy keyframe", index, time)

    def _on_deleted(self, index: int) -> None:
        self._maker.apply(edits.without, "delete keyframe", index)

    def _on_move_started(self) -> None:
        self._drag = (self._maker.film, self._maker.stamps.new())

    def _on_moved(self, index: int, time: float) -> None:
        if self._drag is not None:
            base, stamp = self._drag
            self._maker.change(edits.moved(base, index, time), "move keyframe", stamp)

    def _on_move_finished(self) -> None:
        self._drag = None
