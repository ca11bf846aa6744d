"""Directions that change pictures in nameable ways: found, named, edited along, kept in files."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import Label, Segmented, Stops, ValueField, ValueSlider
from ganlab.inside.views import Button, LiveView, SearchBar, scrolling_column, text_label
from ganlab.recipe_widget import NO_MODEL
from ganlab.style import COLOUR, STEP
from ganlab_core.inspection import (
    ONLY_CHOOSES,
    Answer,
    Direction,
    DirectionSet,
    FindDirections,
    HoldDirection,
    LearnDirection,
)
from ganlab_core.recipe import Capabilities, EditDirection, Recipe

# One direction: its name, its share of the variance, how far the picture is edited along it.

REACH = 5.0
"""How far the sliders go, in standard deviations; Recipes may go further."""


class NameField(ValueField):
    """A name that can be typed over: with a click, or with Enter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setTextMargins(0, 1, 0, 0)
        self.setMaxLength(60)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter begins to type where nothing is typed yet."""
        if self.isReadOnly() and event.key() in (
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
            Qt.Key.Key_F2,
        ):
            self.begin()
        else:
            super().keyPressEvent(event)


class DirectionRow(QWidget):
    """A slider with a name that can be changed; its reach is offered while it is at hand.

    Signals
    -------
    moved(float), renamed(str), reached(int, int), taken()
        Standard deviations; a name; the first and last stop; the row is at hand now.
    """

    moved = Signal(float)
    renamed = Signal(str)
    reached = Signal(int, int)
    taken = Signal()
    drag_started = Signal()
    drag_finished = Signal()

    def __init__(self, direction: Direction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = ValueSlider(
            direction.name, -REACH, REACH, 0.0, 0.25, 2, COLOUR.STYLE,
            "How far the style is pushed along this direction, in standard deviations"
            " (GANSpace, Haerkoenen et al. 2020; SeFa, Shen & Zhou 2021).",
            origin=0.0,
        )  # fmt: skip
        self.name = NameField()
        self.share = Label()
        self.stops = Stops(
            "Acts on", COLOUR.STYLE,
            "The resolutions this direction acts on: coarse ones change shape, fine ones colour and"
            " texture (GANSpace, Haerkoenen et al. 2020, sec. 3).",
        )  # fmt: skip
        self._build()
        self.slider.edited.connect(self.moved)
        self.slider.drag_started.connect(self.drag_started)
        self.slider.drag_started.connect(self.taken)
        self.slider.drag_finished.connect(self.drag_finished)
        self.name.committed.connect(self._on_name)
        self.name.left.connect(self.slider.track.setFocus)
        self.stops.edited.connect(self.reached)
        self.show_direction(direction)

    def _build(self) -> None:
        self.share.setFont(style.font("small"))
        style.set_tone(self.share, "muted")
        style.set_tip(self.share, "Its share of the whole variance that was found.")
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.name, 1)
        row.addWidget(self.share)
        head.setFocusProxy(self.name)
        self.slider.lead_with(head)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.slider)
        column.addWidget(self.stops)
        QWidget.setTabOrder(self.name, self.slider.track)
        QWidget.setTabOrder(self.slider.track, self.stops)
        self.stops.hide()

    def show_direction(self, direction: Direction) -> None:
        """Show name and share."""
        name = direction.name or "a direction"
        self.name.show_text(name)
        self.name.setAccessibleName(f"Name of {name}")
        style.set_tip(self.name, f"{name}: press Enter or click to call it otherwise.")
        self.slider.track.setAccessibleName(name)
        self.stops.setAccessibleName(f"{name} acts on")
        self.share.setText(f"{100 * direction.share:.1f} %" if direction.share else "")

    def show_edit(self, amount: float, first: int, last: int) -> None:
        """Show how far it is edited, and on which stops."""
        self.slider.set_value(amount)
        self.slider.set_muted(amount == 0.0)
        self.stops.set_value(first, last)

    def set_at_hand(self, at_hand: bool, *, several: bool) -> None:
        """Offer the reach while this is the row at hand, where there are several stops."""
        self.stops.setVisible(at_hand and several)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The row itself takes no focus."""
        super().focusInEvent(event)
        self.taken.emit()

    def _on_name(self, text: str) -> None:
        if text.strip():
            self.renamed.emit(text.strip())


# Directions in a Recipe: how far it is edited along each, and on which resolutions.

EVERYWHERE = (0, 64)
"""All styles that any model has."""


def edit_along(recipe: Recipe, direction: Direction) -> EditDirection | None:
    """The Recipe's push along a direction, None when there is none."""
    return next((push for push in recipe.pushes if push.vector == direction.vector), None)


def edited_along(recipe: Recipe, direction: Direction, amount: float) -> Recipe:
    """The Recipe so many deviations along a direction; 0 takes the push away, others stay in order."""
    made = direction.edit(amount)
    if edit_along(recipe, direction) is None:
        return replace(recipe, pushes=(*recipe.pushes, made)) if amount else recipe
    others = (made if push.vector == direction.vector else push for push in recipe.pushes)
    return replace(recipe, pushes=tuple(push for push in others if push.amount))


def strangers(recipe: Recipe, directions: tuple[Direction, ...]) -> tuple[Direction, ...]:
    """The directions a Recipe brings along that are not among these."""
    known = {one.vector for one in directions}
    return tuple(
        Direction(push.name, push.vector, 0.0, push.first, push.last)
        for push in recipe.pushes
        if push.vector not in known
    )


def stops(can: Capabilities) -> tuple[tuple[int, int], ...]:
    """Pairs (resolution, its first style), coarsest first; resolutions without a style are left out.

    A style that two resolutions share (StyleGAN2's toRGB) belongs to the finer one.
    """
    first: dict[int, int] = {}
    for layer in can.layers:
        if layer.style:
            first.setdefault(layer.resolution, layer.w_plus_index)
    return tuple(first.items())


def styles_of(can: Capabilities, first: int, last: int) -> tuple[int, int]:
    """The styles from the first to the last of these stops, both included; all stops = everywhere."""
    begins = [style for _, style in stops(can)]
    if first <= 0 and last >= len(begins) - 1:
        return EVERYWHERE
    ends = [*(style - 1 for style in begins[1:]), EVERYWHERE[1]]
    return (0 if first <= 0 else begins[first]), max(begins[first], ends[last])


def stops_of(can: Capabilities, first: int, last: int) -> tuple[int, int]:
    """The stops that the styles from `first` to `last` touch."""
    begins = [style for _, style in stops(can)]
    low = max((place for place, style in enumerate(begins) if style <= first), default=0)
    high = max((place for place, style in enumerate(begins) if style <= last), default=0)
    return low, max(low, high)


TOPIC = "directions"

NOTHING_YET = "No directions yet. Find them here, or load a file."
NOTHING_TO_SAVE = "There are no directions to save yet."
NOTHING_EDITED = "The picture is not pushed along any direction."

KINDS = {
    "pca": "components of W",
    "features": "components of early features",
    "factors": "factors",
    "labels": "from labelled pictures",
    "held": "held to a region",
}


class LabelBar(QWidget):
    """Pictures that are liked and pictures that are not, and a slider made from them.

    Signals
    -------
    labelled(bool)
        The picture on the desk is liked, or is not.
    made()
        A slider is wanted.
    """

    labelled = Signal(bool)
    made = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.like = Button("Like", "The picture on the desk has what the slider shall give.")
        self.unlike = Button("Not", "The picture on the desk has it not.")
        self.make = Button("Make a slider", "A direction from the others to the liked ones.")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP)
        for button in (self.like, self.unlike, self.make):
            row.addWidget(button)
        row.addStretch(1)
        self.like.clicked.connect(lambda: self.labelled.emit(True))
        self.unlike.clicked.connect(lambda: self.labelled.emit(False))
        self.make.clicked.connect(self.made)

    def show_counts(self, liked: int, others: int, reason: str) -> None:
        """Tell how many pictures are labelled, and offer what they allow; `reason` says why nothing is."""
        self.like.setText(f"Like {liked}" if liked else "Like")
        self.unlike.setText(f"Not {others}" if others else "Not")
        for button in (self.like, self.unlike):
            button.set_available(reason)
        both = "Label at least one picture of each kind; three of each is good."
        self.make.set_available(reason or ("" if liked and others else both))


NO_PAINT = "Press paint, and paint on the picture where it may change."
NO_DIRECTION = "There is no direction to hold yet."


class RegionBar(QWidget):
    """What the hand paints on the picture, and a direction that changes the painted region alone.

    Signals
    -------
    tool_chosen(str)
        `"off"`, `"paint"` or `"erase"`.
    hold_asked()
        The direction at hand is to be held to what is painted.
    """

    tool_chosen = Signal(str)
    hold_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tool = Segmented(
            "Region",
            (
                ("off", "Look at the picture without the region; what is painted stays."),
                ("paint", "Paint where a direction may change the picture; the rest goes dark."),
                ("erase", "Take paint away."),
            ),
            COLOUR.STYLE,
        )  # fmt: skip
        self.hold = Button(
            "Change only here",
            "Make of the direction at hand one that does the same in the painted region and leaves the"
            " rest alone, as far as the network can (Zhu et al. 2021, LowRankGAN).",
        )  # fmt: skip
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP)
        row.addWidget(self.tool)
        row.addWidget(self.hold)
        row.addStretch(1)
        self.tool.edited.connect(self.tool_chosen)
        self.hold.clicked.connect(self.hold_asked)

    def put_away(self) -> None:
        """Take the brush out of the hand."""
        if self.tool.value != "off":
            self.tool.set_value("off")
            self.tool_chosen.emit("off")


class DirectionsView(LiveView):
    """The directions of the model on the desk, a slider each.

    Signals
    -------
    region_tool(str)
        What the hand is to do on the picture: `"off"`, `"paint"` or `"erase"`.
    region_left()
        What is painted belongs to the picture of another model.
    changed(DirectionSet)
        A set was found, or its names or reach were changed: it should be kept.
    load_asked(), save_asked(DirectionSet)
        A person wants a file.
    """

    changed = Signal(object)
    load_asked = Signal()
    save_asked = Signal(object)
    region_tool = Signal(str)
    region_left = Signal()

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
        self.labels = LabelBar()
        self.region = RegionBar()
        self._painted: NDArray[np.float32] | None = None
        self.labelled: dict[bool, list[Recipe]] = {True: [], False: []}
        self.search = SearchBar("Search for directions")
        self.status = text_label(NOTHING_YET)
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
        layout.addWidget(self.labels)
        layout.addWidget(self.region)
        layout.addWidget(self.search)
        layout.addWidget(self.status)
        self._list = QVBoxLayout()
        self._list.setSpacing(2 * STEP)
        self._list.addStretch(1)
        layout.addLayout(self._list, 1)

    def _connect(self) -> None:
        self.kind.edited.connect(self.offer)
        self.seek.clicked.connect(self._on_find)
        self.labels.labelled.connect(self._on_labelled)
        self.labels.made.connect(self._on_made)
        self.region.tool_chosen.connect(self.region_tool)
        self.region.hold_asked.connect(self._on_hold)
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
            button.set_available(self.no_way)
        self.status.setText(self._said())
        self._show_counts()
        self._offer_region()
        self.refresh()

    def show_set(self, found: DirectionSet | None, note: str = "") -> None:
        """Show a set, with a sentence about it; None shows that there is none."""
        self.found, self._note, self._at_hand, self._strangers = found, note, 0, ()
        self._fill()

    def forget(self) -> None:
        """Forget the directions of the model before."""
        super().forget()
        self.search.show_fraction(None)
        self.labelled = {True: [], False: []}
        self.region.put_away()
        self.region_left.emit()
        self.show_set(None)

    def show_region(self, painted: NDArray[np.float32] | None) -> None:
        """What is painted on the picture, float32 (r, r) from 0 to 1; None = nothing."""
        self._painted = painted
        self._offer_region()

    def _offer_region(self) -> None:
        self.region.tool.set_available(self.no_way)
        lacks = NO_PAINT if self._painted is None else ""
        self.region.hold.set_available(lacks if self._directions else NO_DIRECTION)

    def hideEvent(self, event: QHideEvent) -> None:
        """The picture is the hand's again."""
        super().hideEvent(event)
        self.region.put_away()

    def refresh(self) -> None:
        """Show how far the Recipe is edited along each."""
        known = self._directions
        if strangers(self.recipe, known):
            self._fill()
            return
        for row, direction in zip(self.rows, known, strict=True):
            self._show_edit(row, direction)
        moved = bool(self.recipe.pushes)
        self.reset.set_available("" if moved else NOTHING_EDITED)
        self.save.set_available("" if self.found else NOTHING_TO_SAVE)

    def look(self) -> None:
        """Nothing is asked unless a person presses Find."""

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Take the directions that were found; one of labels or a region stands before those known."""
        self.search.show_fraction(None)
        if isinstance(answer, DirectionSet):
            if answer.kind == "labels":
                self.labelled = {True: [], False: []}
            if answer.kind == "held":
                self.region.put_away()
            if answer.kind in ("labels", "held") and self.found is not None:
                both = (*answer.directions, *self.found.directions)
                answer = replace(self.found, directions=both)
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
        self.offer()

    @property
    def no_way(self) -> str:
        """Why no direction leads anywhere in this model; empty where some do."""
        if self.can is None:
            return NO_MODEL
        return ONLY_CHOOSES[0] if self.can.translates else ""

    def _said(self) -> str:
        if self.can is not None and self.no_way:
            return self.no_way
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

    def _show_edit(self, row: DirectionRow, direction: Direction) -> None:
        push = edit_along(self.recipe, direction)
        first, last = (push.first, push.last) if push else (direction.first, direction.last)
        places = stops_of(self.can, first, last) if self.can else (0, 0)
        row.show_edit(push.amount if push else 0.0, *places)
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

    def label(self, recipe: Recipe, liked: bool) -> None:
        """A picture, wherever it is shown, counts for one kind, and no more for the other."""
        for kind, recipes in self.labelled.items():
            self.labelled[kind] = [one for one in recipes if one != recipe]
        self.labelled[liked].append(recipe)
        self._show_counts()

    def _on_labelled(self, liked: bool) -> None:
        self.label(self.recipe, liked)

    def _on_made(self) -> None:
        number = 1 + sum(one.name.startswith("Liked") for one in self._own)
        liked, others = tuple(self.labelled[True]), tuple(self.labelled[False])
        self.asked.emit(TOPIC, LearnDirection(liked, others, f"Liked {number}"))

    def _on_hold(self) -> None:
        if self._painted is None or self._at_hand >= len(self._directions):
            return
        chosen = self._directions[self._at_hand]
        push = edit_along(self.recipe, chosen)
        first, last = (push.first, push.last) if push else (chosen.first, chosen.last)
        wanted = Direction(f"{chosen.name}, here", chosen.vector, 0.0, first, last)
        self.search.show_fraction(0.0)
        self.asked.emit(TOPIC, HoldDirection(wanted, self.recipe, self._painted))

    def _show_counts(self) -> None:
        self.labels.show_counts(len(self.labelled[True]), len(self.labelled[False]), self.no_way)

    def _on_save(self) -> None:
        if self.found is not None:
            self.save_asked.emit(self.found)

    def _on_reset(self) -> None:
        self.propose(replace(self.recipe, pushes=()), "no directions")

    def _on_moved(self, place: int, amount: float) -> None:
        self._take(place)
        direction = self._directions[place]
        push = edit_along(self.recipe, direction)
        if push is not None:
            direction = replace(direction, first=push.first, last=push.last)
        self.propose(
            edited_along(self.recipe, direction, amount), f"direction {direction.name}".strip()
        )

    def _on_renamed(self, place: int, name: str) -> None:
        if self.found is not None and place < len(self._own):
            self._change(self.found.renamed(place, name))
            self.rows[place].show_direction(self._directions[place])
        push = edit_along(self.recipe, self._directions[place])
        if push is not None:
            renamed = replace(self._directions[place], name=name, first=push.first, last=push.last)
            self.propose(edited_along(self.recipe, renamed, push.amount), "name of a direction")

    def _on_reached(self, place: int, first: int, last: int) -> None:
        if self.can is None:
            return
        styles = styles_of(self.can, first, last)
        if self.found is not None and place < len(self._own):
            self._change(self.found.reaching(place, *styles))
        direction = replace(self._directions[place], first=styles[0], last=styles[1])
        push = edit_along(self.recipe, direction)
        if push is not None:
            self.propose(edited_along(self.recipe, direction, push.amount), "reach of a direction")

    def _change(self, found: DirectionSet) -> None:
        self.found = found
        self.changed.emit(found)
