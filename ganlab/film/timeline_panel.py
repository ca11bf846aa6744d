"""The Timeline panel: what a film is, how it plays, and the controls to make one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import ElidedLabel, Label, Segmented, Toggle, ValueField, WordButton
from ganlab.film.timeline_view import (
    EASING_TIPS,
    LANE_LOOKS,
    SPACE_WORDS,
    UNITS,
    Counting,
    TimelineView,
)
from ganlab.recipe_widget import NO_MODEL
from ganlab.style import COLOUR, STEP, plain_tip
from ganlab_core.recipe import Capabilities
from ganlab_core.timeline import NOISES, RATES, Timeline, fps_shown, moving_lanes

# Small parts of the timeline's head.


def row_of(*parts: QWidget) -> QWidget:
    """Widgets side by side; the elided one takes what room is left."""
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(STEP)
    for part in parts:
        line.addWidget(part, 1 if isinstance(part, ElidedLabel) else 0)
    return row


def label_of(tip: str, text: str = "") -> Label:
    """Small grey words that say what they are when the pointer rests on them."""
    label = Label(text)
    label.setFont(style.font("small"))
    style.set_tone(label, "muted")
    style.set_tip(label, tip)
    return label


# What holds for a whole film: its length and how it is counted, its rate, loop, noise, and space.

UNIT_WORDS = dict(zip(UNITS, ("s", "frames", "beats"), strict=True))
UNIT_TIPS = {
    "seconds": "Count the film in seconds.",
    "frames": "Count the film in frames, from 0.",
    "beats": "Count the film in beats, from 1, so that it goes with music.",
}
NOISE_TIPS = {
    "frozen": "The noise stays as the keyframes say.",
    "fresh": "Another noise in every frame, as in film grain.",
    "loop": "The noise goes round a circle, so that it moves without a seam.",
}
SPACE_TIPS = {
    "W": "Latents blend in W, where the way is straightest: the default where a model has a mapping"
    " network (StyleGAN, Karras et al. 2019, sec. 4.1).",
    "Z": "Latents blend in Z, along the sphere: the default for ProGAN and BigGAN, which have no W.",
}


FIRST_LINE = 2
"""Groups of settings in the first of two lines."""


class SettingsRow(QWidget):
    """Shows them, and tells what a person wants.

    Signals
    -------
    length_asked(float), counting_asked(str, float)
        Seconds; unit and beats a minute.
    rate_asked(Fraction), loop_asked(bool), noise_asked(str), space_asked(str)
        Frames a second; and so on.
    """

    length_asked = Signal(float)
    counting_asked = Signal(str, float)
    rate_asked = Signal(object)
    loop_asked = Signal(bool)
    noise_asked = Signal(str)
    space_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counting = Counting()
        self.length = _field("Length of the film", 11 * STEP,
                             "How long the film is; its keyframes keep their places in it.")  # fmt: skip
        self.bpm = _field("Beats per minute", 11 * STEP, "Beats per minute.")
        self._bpm_name = label_of("Beats per minute.", "bpm")
        self._length_name = label_of("How long the film is.", "length")
        self._noise_name = label_of("What the noise does while the film goes on.", "noise")
        self._space_name = label_of("Where latents blend between keyframes.", "blend in")
        units = [(UNIT_WORDS[unit], UNIT_TIPS[unit]) for unit in UNITS]
        self.unit = Segmented("Unit of time", units, COLOUR.MUTED)
        self.fps = WordButton("30 fps", "Frames per second of the film and of its preview.")
        self.fps.setMenu(self._rates())
        self.loop = Toggle(
            "Loop", COLOUR.STYLE, "The last keyframe leads back to the first, without a seam."
        )
        self.loop.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        noises = [(noise, NOISE_TIPS[noise]) for noise in NOISES]
        self.noise = Segmented("Noise of the film", noises, COLOUR.NOISE)
        self.space = Segmented("Where latents blend", list(SPACE_TIPS.items()), COLOUR.STYLE)
        self._build()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        self._lines = (QHBoxLayout(), QHBoxLayout())
        for line in self._lines:
            line.setSpacing(3 * STEP)
            column.addLayout(line)
        groups: tuple[tuple[QWidget, ...], ...] = (
            (self._length_name, self.length, self.unit, self.bpm, self._bpm_name),
            (self.fps,),
            (self.loop,),
            (self._noise_name, self.noise),
            (self._space_name, self.space),
        )
        self._groups = [row_of(*group) for group in groups]
        self._narrow: bool | None = None
        self.set_narrow(False)
        self.length.committed.connect(self._on_length)
        self.bpm.committed.connect(self._on_bpm)
        self.unit.edited.connect(self._on_unit)
        self.loop.edited.connect(self.loop_asked)
        self.noise.edited.connect(self.noise_asked)
        self.space.edited.connect(self._on_space)

    def set_narrow(self, narrow: bool) -> None:
        """Stand in two lines, or in one."""
        if narrow == self._narrow:
            return
        self._narrow = narrow
        for line in self._lines:
            while line.count():
                line.takeAt(0)
        for number, group in enumerate(self._groups):
            self._lines[int(narrow and number >= FIRST_LINE)].addWidget(group)
        for line in self._lines:
            line.addStretch(1)

    def show_names(self, shown: bool) -> None:
        """Whether each group says what it is about; where there is little room its tooltips do."""
        for name in (self._length_name, self._noise_name, self._space_name):
            name.setVisible(shown)

    def _rates(self) -> QMenu:
        menu = QMenu(self)
        for fps in RATES:
            action = menu.addAction(fps_shown(fps))
            action.triggered.connect(lambda _=False, fps=fps: self._on_rate(fps))
        return menu

    def show_settings(self, line: Timeline, counting: Counting) -> None:
        """Show those of a film."""
        self._counting = counting
        self.length.show_text(counting.length(line.duration))
        self.unit.set_value(UNIT_WORDS[counting.unit])
        self.bpm.show_text(f"{counting.bpm:g}")
        for part in (self.bpm, self._bpm_name):
            part.setVisible(counting.unit == "beats")
        self.fps.setText(f"{fps_shown(line.fps)} fps")
        self.loop.set_value(line.loop)
        self.noise.set_value(line.noise)
        self.space.set_value(line.latent_space.upper())

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do; None when no model is open."""
        reason = NO_MODEL if can is None else ""
        no_noise = "" if can is None or can.has_noise else "This model adds no noise to its layers."
        self.noise.set_available(reason or no_noise)
        no_w = "" if can is None or can.has_w else "This model has no W; its latents blend in Z."
        self.space.set_available(reason or no_w)

    def _on_rate(self, fps: Fraction) -> None:
        self.rate_asked.emit(fps)

    def _on_space(self, word: str) -> None:
        self.space_asked.emit(word.lower())

    def _on_length(self, text: str) -> None:
        seconds = self._counting.read(text)
        if seconds is not None:
            self.length_asked.emit(seconds)

    def _on_bpm(self, text: str) -> None:
        beats = Counting().read(text)
        if beats is not None:
            self.counting_asked.emit(self._counting.unit, beats)

    def _on_unit(self, word: str) -> None:
        unit = next(unit for unit, own in UNIT_WORDS.items() if own == word)
        self.counting_asked.emit(unit, self._counting.bpm)


def _field(name: str, width: int, tip: str) -> ValueField:
    field = ValueField()
    field.setAccessibleName(name)
    field.setFixedWidth(width)
    style.set_tip(field, tip)
    return field


@dataclass(frozen=True, slots=True)
class FillChoice:
    """A film by rule.

    Attributes
    ----------
    kind
        walk, circle, round, noise, psi, growth or classes.
    amount
        How many seeds or classes, or how far a circle's points lie; 0 where it means nothing.
    """

    kind: str
    amount: float = 0.0


Choices = tuple[tuple[str, FillChoice], ...]

FILLS: tuple[tuple[str, str, Choices], ...] = (
    ("Walk Through Seeds", "From this picture through random others and back to it.",
     tuple((f"{n} Pictures", FillChoice("walk", n)) for n in (2, 3, 4, 6, 8, 12, 24))),
    ("Circle Around This Picture", "Variations of this picture on a circle in Z, without a seam.",
     (("Close", FillChoice("circle", 0.25)), ("Further", FillChoice("circle", 0.5)),
      ("Far", FillChoice("circle", 1.0)))),
    ("Great Circle", "All the way round the sphere of z through two random seeds.",
     (("", FillChoice("round")),)),
    ("Noise Loop", "The picture stays; only its noise moves, without a seam.",
     (("", FillChoice("noise")),)),
    ("Psi Sweep", "From the average picture to this one and back (truncation trick).",
     (("", FillChoice("psi")),)),
    ("Growth from 4 px", "The network grows from 4 px to the finished picture.",
     (("", FillChoice("growth")),)),
    ("Class Tour", "The same latent through the classes and back.",
     (("4 Classes", FillChoice("classes", 4)), ("10 Classes", FillChoice("classes", 10)),
      ("All Classes, at Most 60", FillChoice("classes", 60)))),
)  # fmt: skip
"""(Title, what it does, pairs (words, rule)); a single rule stands in the menu itself."""


def fill_reason(choice: FillChoice, can: Capabilities | None) -> str:
    """Why a model cannot be filmed by this rule; empty when it can."""
    if can is None:
        return ""
    lacking = {
        "noise": "" if can.has_noise else "This model adds no noise to its layers.",
        "psi": "" if can.has_truncation else "This model has no truncation psi.",
        "growth": "" if can.has_growth else "This model does not grow.",
        "classes": "" if can.classes else "This model has no classes.",
    }
    return lacking.get(choice.kind, "")


# Menus of how a keyframe, or one lane of it, goes on to the next, and where latents blend.

AS_KEYFRAME = ""
"""The easing of a lane that has none of its own."""

SPACED = ("latent", "mix")
"""The lanes in which latents blend."""

Choose = Callable[[int, str, str], None]
"""Of (keyframe, -1 for all; lane, empty for all of them; easing)."""


def easing_menu(line: Timeline, index: int, choose: Choose, parent: QWidget) -> QMenu:
    """The ways in which a keyframe can go on, each of them for all keyframes, and lanes apart."""
    menu = _menu("Go On to the Next", parent)
    _add_easings(menu, line.keyframes[index].easing, lambda name: choose(index, "", name))
    menu.addSeparator()
    everywhere = menu.addMenu("All Keyframes")
    _add_easings(everywhere, None, lambda name: choose(-1, "", name))
    for lane in moving_lanes(line):
        own = menu.addMenu(f"Only {LANE_LOOKS[lane].title.capitalize()}")
        own.setToolTipsVisible(True)
        _add_lane(own, line, lane, index, choose)
    return menu


def lane_menu(
    line: Timeline, lane: str, index: int, choose: Choose, choose_space: Callable[[str, str], None],
    can: Capabilities | None, parent: QWidget,
) -> QMenu:  # fmt: skip
    """The ways in which a lane can go on, from one keyframe or (-1) from all, and its space."""
    menu = _menu(LANE_LOOKS[lane].title.capitalize(), parent)
    where = "from all keyframes" if index < 0 else f"from keyframe {index + 1} to the next"
    _add_heading(menu, f"{LANE_LOOKS[lane].title.capitalize()}, {where}")
    _add_lane(menu, line, lane, index, choose)
    if lane in SPACED:
        menu.addSeparator()
        _add_heading(menu, "Latents blend")
        now = line.latent_space if lane == "latent" else line.mix_space
        for space, title in (("w", "In W, Straight"), ("z", "In Z, Along the Sphere")):
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(space == now)
            action.setToolTip(
                plain_tip(f"{LANE_LOOKS[lane].title.capitalize()}: latents {SPACE_WORDS[space]}")
            )
            if space == "w" and can is not None and not can.has_w:
                action.setEnabled(False)
                action.setToolTip("This model has no W; its latents blend in Z.")
            action.triggered.connect(_chosen_with(choose_space, lane, space))
    return menu


def _add_lane(menu: QMenu, line: Timeline, lane: str, index: int, choose: Choose) -> None:
    keyframes = line.keyframes if index < 0 else (line.keyframes[index],)
    found = {dict(keyframe.lanes).get(lane, AS_KEYFRAME) for keyframe in keyframes}
    now = found.pop() if len(found) == 1 else None
    plain = menu.addAction("As the Keyframe" if index >= 0 else "As the Keyframes")
    plain.setToolTip("Go on as everything else does.")
    plain.setCheckable(True)
    plain.setChecked(now == AS_KEYFRAME)
    plain.triggered.connect(lambda: choose(index, lane, AS_KEYFRAME))
    _add_easings(menu, now, lambda name: choose(index, lane, name))


def _add_easings(menu: QMenu, now: str | None, choose: Callable[[str], None]) -> None:
    menu.setToolTipsVisible(True)
    for name, tip in EASING_TIPS.items():
        action = menu.addAction(name.capitalize())
        action.setToolTip(plain_tip(f"Go on {tip}."))
        action.setCheckable(True)
        action.setChecked(name == now)
        action.triggered.connect(_chosen_with(choose, name))


def _add_heading(menu: QMenu, words: str) -> None:
    """Words that cannot be chosen; the style sheet shows no words of sections."""
    menu.addAction(words).setEnabled(False)


def _chosen_with(choose: Callable[..., None], *values: str) -> Callable[[], None]:
    return lambda: choose(*values)


def _menu(title: str, parent: QWidget) -> QMenu:
    menu = QMenu(title, parent)
    menu.setToolTipsVisible(True)
    return menu


WIDE = 1200
"""Device-independent pixels from which one line holds all controls."""

ROOM_FOR_NAMES = 780
"""Device-independent pixels from which the groups of settings have headings."""

NARROW, LEAST_WIDTH = 560, 75 * STEP
"""Beside the picture: below the one each line of controls stands alone; the other it always has."""

LEAST_VIEW = 25 * STEP
"""The ruler, the keyframes, and how they go on, in device-independent pixels."""

NOTHING_YET = "There is no keyframe yet; press K."


class TimelinePanel(QFrame):
    """Shows a film and tells what a person wants with it; `view` tells the rest.

    Signals
    -------
    play_asked(), keyframe_asked(), export_asked(), save_asked(), open_asked(), clear_asked()
        The buttons.
    fill_asked(FillChoice)
        A film by rule.
    easing_chosen(int, str, str)
        How this keyframe, -1 for all, goes on in this lane, empty for all of them; an empty easing
        lets a lane go as its keyframe does.
    space_chosen(str, str)
        In this lane latents blend in this space.
    repeat_asked(int), update_asked(int)
        A copy of a keyframe; the desk's picture in its place.
    shown(bool)
        The panel came into view or went.
    """

    play_asked = Signal()
    keyframe_asked = Signal()
    export_asked = Signal()
    save_asked = Signal()
    open_asked = Signal()
    clear_asked = Signal()
    fill_asked = Signal(object)
    easing_chosen = Signal(int, str, str)
    space_chosen = Signal(str, str)
    repeat_asked = Signal(int)
    update_asked = Signal(int)
    shown = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Timeline")
        self._counting = Counting()
        self._can: Capabilities | None = None
        self._timeline: Timeline | None = None
        self._buttons()
        self.settings = SettingsRow()
        self.view = TimelineView()
        self._build()
        self._connect()
        self.show_film(None, Timeline(loop=True), -1, Counting())
        self.set_capabilities(None)

    # --- building --------------------------------------------------------------------------------

    def _buttons(self) -> None:
        self.play = WordButton("Play", "Play the film, or stop where it is (P).")
        self.keyframe = WordButton(
            "+ Keyframe", "Keep the picture on the desk as a keyframe at the playhead (K).",
            "Add keyframe",
        )  # fmt: skip
        self.fill = WordButton("Fill", "Make a film by rule from the picture on the desk.")
        self.more = WordButton("File", "Save this timeline, open one, or begin anew.")
        self.export = WordButton("Export…", "Write the film to a file, beside what you do here.")
        self.fill.setMenu(self._fill_menu())
        self.more.setMenu(self._file_menu())
        self.place = label_of("Where the playhead is.")
        self.rate = label_of(
            "How many of the frames asked for were shown; an exported film has all."
        )
        self.note = ElidedLabel()
        self.note.setFont(style.font("small"))
        style.set_tone(self.note, "style")

    def _fill_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        self._fill_actions: list[tuple[FillChoice, QAction, str]] = []
        self._fill_menus: list[QMenu] = []
        for title, tip, choices in FILLS:
            target = menu.addMenu(title) if len(choices) > 1 else menu
            target.setToolTipsVisible(True)
            self._fill_menus += [target] if target is not menu else []
            for words, choice in choices:
                action = QAction(words or title, target)
                target.addAction(action)
                action.setToolTip(plain_tip(tip))
                action.triggered.connect(_without_arguments(self.fill_asked.emit, choice))
                self._fill_actions.append((choice, action, tip))
        return menu

    def _file_menu(self) -> QMenu:
        menu = QMenu(self)
        for words, signal in (
            ("Open Timeline or Film…", self.open_asked),
            ("Save Timeline…", self.save_asked),
            ("Clear", self.clear_asked),
        ):
            menu.addAction(words).triggered.connect(_without_arguments(signal.emit))
        return menu

    def _build(self) -> None:
        self._playing = row_of(self.play, self.place, self.rate, self.note)
        self._making = row_of(self.keyframe, self.fill, self.more, self.export)
        self._head = QGridLayout()
        self._head.setSpacing(STEP)
        self._head.setColumnStretch(0, 1)
        self._form, self._beside = "", False
        self._lay_out("two")
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.view)
        scroll.viewport().setAutoFillBackground(False)
        scroll.setMinimumHeight(LEAST_VIEW)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * STEP, 2 * STEP, 2 * STEP, STEP)
        column.setSpacing(STEP)
        column.addLayout(self._head)
        column.addWidget(scroll, 1)

    def _lay_out(self, form: str) -> None:
        """The settings between the buttons, below them, or every line by itself, as there is room."""
        if form == self._form:
            return
        self._form = form
        left = Qt.AlignmentFlag.AlignLeft
        for part in (self._playing, self._making, self.settings):
            self._head.removeWidget(part)
        self._head.addWidget(self._playing, 0, 0, 1, 3 if form == "narrow" else 1)
        if form == "narrow":
            self._head.addWidget(self._making, 1, 0, 1, 3, left)
            self._head.addWidget(self.settings, 2, 0, 1, 3, left)
        else:
            self._head.addWidget(self._making, 0, 2)
            place = (0, 1, 1, 1) if form == "one" else (1, 0, 1, 3)
            self._head.addWidget(self.settings, *place, left)
        self.settings.set_narrow(form == "narrow")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One line of controls, two, or one for each kind."""
        super().resizeEvent(event)
        self._fit()

    def set_beside(self, beside: bool) -> None:
        """Stand beside the picture, where it may be narrow and high, or below it."""
        self._beside = beside
        self._fit()
        for part in (
            self.settings,
            self,
        ):  # at once, also unseen: the window asks before it shows them
            if (layout := part.layout()) is not None:
                layout.invalidate()
                layout.activate()
        self.updateGeometry()

    def _fit(self) -> None:
        """Stand as its place and its width ask for."""
        width = self.width()
        self.settings.show_names(width >= ROOM_FOR_NAMES)
        narrow = self._beside and width < NARROW
        self._lay_out("narrow" if narrow else "one" if width >= WIDE else "two")

    def minimumSizeHint(self) -> QSize:
        """Beside the picture as narrow as its narrowest form, whatever stands side by side now."""
        hint = super().minimumSizeHint()
        return QSize(LEAST_WIDTH, hint.height()) if self._beside else hint

    def _connect(self) -> None:
        self.play.clicked.connect(self.play_asked)
        self.keyframe.clicked.connect(self.keyframe_asked)
        self.export.clicked.connect(self.export_asked)
        self.view.menu_asked.connect(self._on_menu)
        self.view.easing_asked.connect(self._on_easing)
        self.view.lane_asked.connect(self._on_lane)

    # --- what is shown ---------------------------------------------------------------------------

    def show_film(
        self, timeline: Timeline | None, settings: Timeline, selected: int, counting: Counting
    ) -> None:
        """Show a film, None for an empty one, whose settings are shown all the same."""
        self._timeline, self._counting = timeline, counting
        classes: Sequence[str] = () if self._can is None else self._can.classes
        self.view.show_film(timeline, selected, counting, classes)
        self.settings.show_settings(settings, counting)
        self.note.setText(f"The desk edits keyframe {selected + 1}" if selected >= 0 else "")
        self._offer()

    def show_place(self, seconds: float) -> None:
        """Put the playhead at a moment."""
        self.view.show_place(seconds)
        whole = "" if self._timeline is None else f" of {self._whole(self._timeline)}"
        self.place.setText(f"{self._counting.moment(seconds)}{whole}")

    def _whole(self, timeline: Timeline) -> str:
        unit = UNIT_WORDS[self._counting.unit]
        return f"{self._counting.length(timeline.duration)} {unit}"

    def show_playing(self, playing: bool) -> None:
        """Show whether the film plays."""
        self.play.setText("Stop" if playing else "Play")

    def show_rate(self, words: str) -> None:
        """Say how many frames were shown."""
        self.rate.setText(f"·  {words} shown" if words else "")

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do; None when no model is open."""
        self._can = can
        reason = NO_MODEL if can is None else ""
        self.keyframe.set_available(reason)
        self.fill.set_available(reason)
        self.settings.set_capabilities(can)
        for choice, action, tip in self._fill_actions:
            lacking = reason or fill_reason(choice, can)
            above = action.parent()  # a rule's own menu, or the menu of all
            for one in (action, above.menuAction()) if above in self._fill_menus else (action,):
                one.setEnabled(not lacking)
                one.setToolTip(plain_tip(lacking or tip))
        self._offer()

    def _offer(self) -> None:
        """Playing and exporting need a model and something to show."""
        reason = NO_MODEL if self._can is None else NOTHING_YET if self._timeline is None else ""
        self.play.set_available(reason)
        self.export.set_available(reason)

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that there is something to fill in for."""
        super().showEvent(event)
        self.shown.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Tell that nobody looks."""
        super().hideEvent(event)
        self.shown.emit(False)

    # --- the hand --------------------------------------------------------------------------------

    def keyframe_menu(self, index: int) -> QMenu:
        """What can be done with a keyframe."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for words, act in (
            ("Copy", self.repeat_asked.emit),
            ("Replace by the Desk's Picture", self.update_asked.emit),
            ("Delete", self.view.deleted.emit),
        ):
            menu.addAction(words).triggered.connect(_without_arguments(act, index))
        assert self._timeline is not None
        menu.addMenu(self.easing_menu(index))
        return menu

    def easing_menu(self, index: int) -> QMenu:
        """The ways in which a keyframe can go on."""
        assert self._timeline is not None
        menu = easing_menu(self._timeline, index, self.easing_chosen.emit, self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def lane_menu(self, lane: str, index: int) -> QMenu:
        """The ways in which a lane can go on from a keyframe, -1 for all, and where it blends."""
        assert self._timeline is not None
        menu = lane_menu(
            self._timeline, lane, index, self.easing_chosen.emit, self.space_chosen.emit,
            self._can, self,
        )  # fmt: skip
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _on_menu(self, index: int, place: QPoint) -> None:
        self.keyframe_menu(index).popup(place)

    def _on_easing(self, index: int, place: QPoint) -> None:
        self.easing_menu(index).popup(place)

    def _on_lane(self, lane: str, index: int, place: QPoint) -> None:
        self.lane_menu(lane, index).popup(place)


def _without_arguments(emit: Callable[..., None], *values: object) -> Callable[[], None]:
    """A slot without arguments that tells these values."""
    return lambda: emit(*values)
