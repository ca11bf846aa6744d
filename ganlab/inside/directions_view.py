"""Directions that change pictures in nameable ways: found, named, pushed along, kept in files."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ganlab.controls.segmented import Segmented
from ganlab.controls.stops import Stops
from ganlab.inside.direction_row import DirectionRow
from ganlab.inside.live_view import LiveView
from ganlab.inside.parts import Button, SearchBar, scrolling_column, words
from ganlab.inside.pushing import push_along, pushed, stops, stops_of, strangers, styles_of
from ganlab.panels.sections import NO_MODEL
from ganlab.style import COLOUR, STEP
from ganlab_core.inspection.answers import Answer
from ganlab_core.inspection.directions import Direction, DirectionSet
from ganlab_core.inspection.questions import FindDirections

TOPIC = "directions"

NOTHING_YET = "No directions yet. Find them here, or load a file."
NOTHING_TO_SAVE = "There are no directions to save yet."
NOTHING_PUSHED = "The picture is not pushed along any direction."

KINDS = {"pca": "components of W", "features": "components of early features", "factors": "factors"}


class DirectionsView(LiveView):
    """The directions of the model on the desk, a slider each.

    Signals
    -------
    changed(DirectionSet)
        A set was found, or its names or reach were changed: it should be kept.
    load_asked(), save_asked(DirectionSet)
        A person wants a file.
    """

    changed = Signal(object)
    load_asked = Signal()
    save_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found: DirectionSet | None = None
        self._note = ""
        self._strangers: tuple[Direction, ...] = ()
        self.rows: list[DirectionRow] = []
        self._at_hand = 0
        self.kind = Segmented(
            "Kind of directions",
            (
                ("components", "The strongest variations among many samples"
                 " (PCA; GANSpace, Haerkoenen et al. 2020)."),
                ("factors", "What the style weights themselves listen to most, in closed form"
                 " (SeFa, Shen & Zhou 2021)."),
            ),
            COLOUR.STYLE,
        )  # fmt: skip
        self.layers = Stops(
            "Factors of the layers", COLOUR.STYLE,
            "The resolutions whose style weights are taken apart (SeFa, Shen & Zhou 2021, sec. 3.2).",
        )  # fmt: skip
        self.seek = Button(
            "Find", "Find directions in this model; they are kept for the next time."
        )
        self.load = Button("Load…", "Take directions from a file, also one found in another model.")
        self.save = Button("Save…", "Write these directions with their names into a small file.")
        self.reset = Button("Reset", "Take the picture back from all directions.")
        self.search = SearchBar("Search for directions")
        self.status = words(NOTHING_YET)
        self._build()
        self._connect()
        self.offer()

    def _build(self) -> None:
        layout = scrolling_column(self)
        layout.addWidget(self.kind)
        layout.addWidget(self.layers)
        buttons = QHBoxLayout()
        buttons.setSpacing(STEP)
        for button in (self.seek, self.load, self.save, self.reset):
            buttons.addWidget(button)
        layout.addLayout(buttons)
        layout.addWidget(self.search)
        layout.addWidget(self.status)
        self._list = QVBoxLayout()
        self._list.setSpacing(2 * STEP)
        self._list.addStretch(1)
        layout.addLayout(self._list, 1)

    def _connect(self) -> None:
        self.kind.edited.connect(self.offer)
        self.seek.clicked.connect(self._on_find)
        self.search.stopped.connect(self._on_stop)
        self.load.clicked.connect(self.load_asked)
        self.save.clicked.connect(self._on_save)
        self.reset.clicked.connect(self._on_reset)

    # --- what is shown ---------------------------------------------------------------------------

    def offer(self) -> None:
        """Offer the stops of this model."""
        places = stops(self.can) if self.can else ()
        names = [str(resolution) for resolution, _ in places]
        for part in (self.layers, *(row.stops for row in self.rows)):
            part.set_names(names)
        self.layers.setVisible(self.kind.value == "factors" and len(places) > 1)
        for button in (self.seek, self.load):
            button.set_available("" if self.can else NO_MODEL)
        self.refresh()

    def show_set(self, found: DirectionSet | None, note: str = "") -> None:
        """Show a set, with a sentence about it; None shows that there is none."""
        self.found, self._note, self._at_hand, self._strangers = found, note, 0, ()
        self._fill()

    def forget(self) -> None:
        """Forget the directions of the model before."""
        super().forget()
        self.search.show_fraction(None)
        self.show_set(None)

    def refresh(self) -> None:
        """Show how far the Recipe is pushed along each."""
        known = self._directions
        if strangers(self.recipe, known):
            self._fill()
            return
        for row, direction in zip(self.rows, known, strict=True):
            self._show_push(row, direction)
        moved = bool(self.recipe.pushes)
        self.reset.set_available("" if moved else NOTHING_PUSHED)
        self.save.set_available("" if self.found else NOTHING_TO_SAVE)

    def look(self) -> None:
        """Nothing is asked unless a person presses Find."""

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Take the directions that were found."""
        if isinstance(answer, DirectionSet):
            self.show_set(answer)
            self.changed.emit(answer)

    def show_progress(self, topic: str, fraction: float | None) -> None:
        """Tell how far the search is."""
        self.search.show_fraction(fraction)

    @property
    def _own(self) -> tuple[Direction, ...]:
        return () if self.found is None else self.found.directions

    @property
    def _directions(self) -> tuple[Direction, ...]:
        return (*self._own, *self._strangers)

    def _fill(self) -> None:
        """Make the rows anew; a direction the Recipe brought along stays also when taken back to 0."""
        own = {one.vector for one in self._own}
        kept = tuple(one for one in self._strangers if one.vector not in own)
        self._strangers = (*kept, *strangers(self.recipe, (*self._own, *kept)))
        for row in self.rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [self._row(place, one) for place, one in enumerate(self._directions)]
        for place, row in enumerate(self.rows):
            self._list.insertWidget(place, row)
        self.status.setText(self._said())
        self.offer()

    def _said(self) -> str:
        if self.found is None:
            return NOTHING_YET if not self._strangers else "Directions this Recipe brings along."
        kind = KINDS[self.found.kind]
        return " ".join(filter(None, (f"{len(self._own)} {kind}.", self._note)))

    def _row(self, place: int, direction: Direction) -> DirectionRow:
        row = DirectionRow(direction)
        row.moved.connect(partial(self._on_moved, place))
        row.renamed.connect(partial(self._on_renamed, place))
        row.reached.connect(partial(self._on_reached, place))
        row.taken.connect(partial(self._take, place))
        row.drag_started.connect(self.drag_started)
        row.drag_finished.connect(self.drag_finished)
        for part in (row.name, row.slider.track):
            part.installEventFilter(self)
        return row

    def _show_push(self, row: DirectionRow, direction: Direction) -> None:
        push = push_along(self.recipe, direction)
        first, last = (push.first, push.last) if push else (direction.first, direction.last)
        places = stops_of(self.can, first, last) if self.can else (0, 0)
        row.show_push(push.amount if push else 0.0, *places)
        at_hand = self.rows[self._at_hand] is row if self._at_hand < len(self.rows) else False
        row.set_at_hand(at_hand, several=self.can is not None and len(stops(self.can)) > 1)

    # --- what a person does ----------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A row whose parts get the focus is the one at hand."""
        if event.type() == QEvent.Type.FocusIn:
            for place, row in enumerate(self.rows):
                if watched in (row.name, row.slider.track):
                    self._take(place)
        return super().eventFilter(watched, event)

    def _take(self, place: int) -> None:
        if place != self._at_hand:
            self._at_hand = place
            self.refresh()

    def _on_find(self) -> None:
        if self.can is None:
            return
        first, last = styles_of(self.can, *self.layers.value)
        whole = self.kind.value == "components"
        question = FindDirections(self.kind.value, *((0, 64) if whole else (first, last)))
        self.search.show_fraction(0.0)
        self.asked.emit(TOPIC, question)

    def _on_stop(self) -> None:
        self.search.show_fraction(None)
        self.dropped.emit(TOPIC)

    def _on_save(self) -> None:
        if self.found is not None:
            self.save_asked.emit(self.found)

    def _on_reset(self) -> None:
        self.propose(replace(self.recipe, pushes=()), "no directions")

    def _on_moved(self, place: int, amount: float) -> None:
        self._take(place)
        direction = self._directions[place]
        push = push_along(self.recipe, direction)
        if push is not None:
            direction = replace(direction, first=push.first, last=push.last)
        self.propose(pushed(self.recipe, direction, amount), f"direction {direction.name}".strip())

    def _on_renamed(self, place: int, name: str) -> None:
        if self.found is not None and place < len(self._own):
            self._change(self.found.renamed(place, name))
            self.rows[place].show_direction(self._directions[place])
        push = push_along(self.recipe, self._directions[place])
        if push is not None:
            renamed = replace(self._directions[place], name=name, first=push.first, last=push.last)
            self.propose(pushed(self.recipe, renamed, push.amount), "name of a direction")

    def _on_reached(self, place: int, first: int, last: int) -> None:
        if self.can is None:
            return
        styles = styles_of(self.can, first, last)
        if self.found is not None and place < len(self._own):
            self._change(self.found.reaching(place, *styles))
        direction = replace(self._directions[place], first=styles[0], last=styles[1])
        push = push_along(self.recipe, direction)
        if push is not None:
            self.propose(pushed(self.recipe, direction, push.amount), "reach of a direction")

    def _change(self, found: DirectionSet) -> None:
        self.found = found
        self.changed.emit(found)
