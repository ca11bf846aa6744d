"""Filming: the timeline's hand. Keyframes, the playhead, and the desk that shows and edits them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from ganlab.controllers import film_edits as edits
from ganlab.controllers.film_drops import FilmDrops
from ganlab.controllers.film_fills import filled
from ganlab.controllers.film_history import Film, FilmHistory, Stamps
from ganlab.controllers.film_pictures import FilmPictures
from ganlab.controllers.film_requests import FilmRequests
from ganlab.controllers.projecting import Projector
from ganlab.controllers.showing import Showing
from ganlab.film.menus import FillChoice
from ganlab.film.timeline_panel import TimelinePanel
from ganlab.messages import Messages
from ganlab.session import Session
from ganlab.workers.errands import Errands
from ganlab.workers.render_worker import RenderWorker
from ganlab_core.errors import GanlabError
from ganlab_core.recipe import Recipe
from ganlab_core.timeline import Timeline


class Filming(QObject):
    """Holds the film and its history, and shows its moments on the desk.

    Scrubbing and playing put `recipe_at` of the film on the desk, as the export does frame by frame.
    While a keyframe is selected, the desk shows that keyframe and every turn of a knob edits it.

    Parameters
    ----------
    session, worker, errands, messages
        The desk, who draws, who reads files, and where failures are told.
    panel
        The timeline on the screen.
    source
        Where seeds come from; unpredictable when None.

    Signals
    -------
    history_changed()
        There is something else to undo or redo.
    changed()
        The film, its selection or its playhead is another one.
    """

    history_changed = Signal()
    changed = Signal()

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        errands: Errands,
        messages: Messages,
        panel: TimelinePanel,
        source: random.Random | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._messages = messages
        self.panel = panel
        self._source = source or random.SystemRandom()
        self.stamps = Stamps()
        self.history = FilmHistory()
        self.showing = Showing(session, self)
        self.projector = Projector(worker, parent=self)
        self.pictures = FilmPictures(worker, panel, self)
        self._playable: tuple[object, Timeline] | None = None
        self._connect()
        self._requests = FilmRequests(self, panel)
        self._drops = FilmDrops(self, session, errands, panel)
        self._refresh()

    def _connect(self) -> None:
        panel, view = self.panel, self.panel.view
        panel.play_asked.connect(self.toggle)
        panel.keyframe_asked.connect(self.add_keyframe)
        panel.clear_asked.connect(self.clear)
        panel.fill_asked.connect(self.fill)
        panel.update_asked.connect(self._on_update)
        view.scrubbed.connect(self.scrub)
        view.selected.connect(self.select)
        self.showing.edited.connect(self._on_desk_edited)
        self.showing.vanished.connect(self._on_vanished)
        self.showing.left.connect(self._on_left)
        self.projector.due.connect(self._on_due)
        self.projector.passed.connect(self._on_passed)
        self.projector.ended.connect(self._on_ended)
        self.projector.rate_told.connect(panel.show_rate)
        self._session.model_changed.connect(self._on_model_changed)

    # --- what there is ---------------------------------------------------------------------------

    @property
    def film(self) -> Film:
        """What is on the timeline."""
        return self.history.film

    @property
    def playable(self) -> Timeline:
        """The film as the model on the desk can show it; this is played and exported."""
        key = (self.film.timeline, self._session.capabilities)
        if self._playable is None or self._playable[0] != key:
            self._playable = (key, edits.fitted(*key))
        return self._playable[1]

    # --- changes ---------------------------------------------------------------------------------

    def apply(self, edit: Callable[..., Film], label: str, *values: object) -> None:
        """Change the film by one of the edits, as a step to undo; one that makes no sense is told."""
        try:
            film = edit(self.film, *values)
        except GanlabError as error:
            self._messages.show_error(error)
            self._refresh()
        else:
            self.change(film, label)

    def change(self, film: Film, label: str, stamp: int | None = None) -> None:
        """Put another film on the timeline as a step to undo."""
        if film == self.film:
            self._refresh()
            return
        self.history.push(film, label, self.stamps.new() if stamp is None else stamp)
        self._refresh()
        self._follow()
        self.history_changed.emit()

    def _put(self, film: Film) -> None:
        """Change the selection or the playhead, which is no step."""
        self.history.put(film)
        self._refresh()

    def _refresh(self) -> None:
        film = self.film
        counting = edits.counting_of(film.timeline)
        shown = None if film.empty else film.timeline
        self.panel.show_film(shown, film.timeline, film.selected, counting)
        self.panel.show_place(film.place)
        self.pictures.fill(shown)
        self.changed.emit()

    def _follow(self) -> None:
        """Let what is on the desk follow a change of the film."""
        if self.film.empty:
            self.stop()
        elif self.projector.playing:
            self.projector.change(self.playable)
        elif self.film.selected >= 0:
            self.showing.show(self._selected_recipe())
        elif self.showing.is_on():
            self.showing.show(self.playable.recipe_at(self.film.place))

    def _selected_recipe(self) -> Recipe:
        return self.film.timeline.keyframes[self.film.selected].recipe

    # --- keyframes -------------------------------------------------------------------------------

    def add_keyframe(self) -> None:
        """Keep the picture on the desk as a keyframe at the playhead, or after the last one."""
        if self._session.capabilities is None:
            return
        self.stop()
        film = edits.suited(self.film, self._session.capabilities)
        self.change(edits.with_recipe(film, self._session.recipe), "keyframe")

    def select(self, index: int) -> None:
        """Put a keyframe on the desk, to be edited there; -1: none any more."""
        self.stop()
        film = self.film
        if not 0 <= index < len(film.timeline.keyframes) or film.empty:
            self._put(replace(film, selected=-1))
            return
        place = film.timeline.keyframes[index].time
        self._put(replace(film, selected=index, place=place))
        self.showing.show(self._selected_recipe())

    def clear(self) -> None:
        """Begin anew; the old film is one undo away."""
        self.stop()
        film = replace(self.film, empty=True, selected=-1, place=0.0)
        self.change(edits.suited(film, self._session.capabilities), "clear timeline")

    def fill(self, choice: FillChoice) -> None:
        """Make the film by rule from the picture on the desk."""
        can = self._session.capabilities
        if can is not None:
            self.stop()
            base = self._session.fitted
            try:
                film = filled(self.film, choice, base, can, self._source)
            except GanlabError as error:
                self._messages.show_error(error)
            else:
                self._begin_with(film, "fill timeline")

    def open(self, line: Timeline) -> None:
        """Put a film that was saved on the timeline, and its beginning on the desk: one step to undo."""
        self.stop()
        self._begin_with(Film(line, empty=False), "open timeline")

    def _begin_with(self, film: Film, label: str) -> None:
        """Put a whole film on the timeline and its beginning on the desk: one step to undo."""
        before = self.showing.step
        line = edits.fitted(film.timeline, self._session.capabilities)
        self.showing.show(line.recipe_at(0.0))
        step = self.showing.step
        stamp = None if step == before else self.stamps.of_desk(step)
        self.change(film, label, stamp)

    def _on_update(self, index: int) -> None:
        film = replace(self.film, selected=index)
        self.change(edits.edited(film, self._session.recipe), "replace keyframe")

    # --- the playhead ----------------------------------------------------------------------------

    def scrub(self, seconds: float) -> None:
        """Put the playhead at a moment, and that moment on the desk."""
        if self.film.empty:
            return
        self.stop()
        self._put(replace(self.film, place=seconds, selected=-1))
        self.showing.show(self.playable.recipe_at(seconds))

    def toggle(self) -> None:
        """Play from the playhead on, or stop."""
        if self.projector.playing:
            self.stop()
        elif not self.film.empty and self._session.capabilities is not None:
            line = self.playable
            at_end = not line.loop and self.film.place >= line.frame_time(line.frame_count - 1)
            place = 0.0 if at_end else self.film.place
            self._put(replace(self.film, selected=-1, place=place))
            self.panel.show_playing(True)
            self.projector.play(line, place)

    def stop(self) -> None:
        """Stay where the film is."""
        if self.projector.playing:
            self.projector.stop()
            self._on_ended()

    def _on_due(self, _frame: int, recipe: Recipe) -> None:
        self.showing.show(recipe)

    def _on_passed(self, frame: int) -> None:
        place = self.playable.frame_time(frame)
        self.history.put(replace(self.film, place=place))
        self.panel.show_place(place)
        self.changed.emit()

    def _on_ended(self) -> None:
        self.panel.show_playing(False)
        self.panel.show_rate("")

    # --- the desk's news -------------------------------------------------------------------------

    def _on_desk_edited(self, recipe: Recipe) -> None:
        """A knob was turned: the selected keyframe follows, else the desk goes its own way."""
        self.stop()
        if self.film.selected >= 0 and not self.film.empty:
            stamp = self.stamps.of_desk(self.showing.claim())
            self._let_follow(edits.edited(self.film, recipe), stamp)

    def _let_follow(self, film: Film, stamp: int) -> None:
        """Let a keyframe follow the desk; it is undone together with the desk's step."""
        if film != self.film:
            self.history.push(film, "edit keyframe", stamp)
            self._refresh()
            self.history_changed.emit()

    def _on_vanished(self, number: int) -> None:
        """A knob was turned and turned back: the keyframe is as it was, too."""
        self.history.drop(self.stamps.of_desk(number))
        self._refresh()
        self.history_changed.emit()

    def _on_left(self) -> None:
        """The desk is elsewhere in its history: no keyframe is edited any more."""
        self.stop()
        if self.film.selected >= 0:
            self._put(replace(self.film, selected=-1))

    def restore(self, history: FilmHistory, stamps: Stamps) -> None:
        """Go on with the film of another day; its keyframe is edited if it is on the desk."""
        self.history, self.stamps = history, stamps
        film = self.film
        known = 0 <= film.selected < len(film.timeline.keyframes) and not film.empty
        if not known or self._selected_recipe() != self._session.recipe:
            self.history.put(replace(film, selected=-1))
        self._refresh()
        self.history_changed.emit()

    def restored(self) -> None:
        """After undo or redo of the film: show it, and its moment where the desk shows the film."""
        self.stop()
        away = not self.showing.is_on() and self.film.selected >= 0
        if away and self._selected_recipe() != self._session.recipe:
            self.history.put(replace(self.film, selected=-1))
        self._refresh()
        self._follow()

    def _on_model_changed(self) -> None:
        can = self._session.capabilities
        self.panel.set_capabilities(can)
        self.history.put(edits.suited(self.film, can))
        self.pictures.forget()
        self._refresh()
