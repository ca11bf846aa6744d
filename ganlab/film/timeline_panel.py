"""The Timeline panel: what a film is, how it plays, and the controls to make one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls.segmented import Segmented
from ganlab.controls.toggle import Toggle
from ganlab.controls.value_field import ValueField
from ganlab.controls.word_button import WordButton
from ganlab.film.menus import FILLS, easing_menu, fill_reason
from ganlab.panels.sections import NO_MODEL
from ganlab.style import COLOUR, STEP
from ganlab.views.elided_label import ElidedLabel
from ganlab.views.time_scale import UNITS, Counting
from ganlab.views.timeline_view import TimelineView
from ganlab_core.capabilities import Capabilities
from ganlab_core.timeline import NOISES, Timeline
from ganlab_core.timeline_rates import RATES, fps_shown

WIDE = 1200
"""Device-independent pixels from which one line holds all controls."""

NOTHING_YET = "There is no keyframe yet; press K."
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


class TimelinePanel(QFrame):
    """Shows a film and tells what a person wants with it; `view` tells the rest.

    Signals
    -------
    play_asked(), keyframe_asked(), export_asked(), save_asked(), open_asked(), clear_asked()
        The buttons.
    length_asked(float), counting_asked(str, float), rate_asked(Fraction), loop_asked(bool),
    noise_asked(str), space_asked(str)
        The film's length in seconds; unit and beats a minute; and so on.
    fill_asked(FillChoice)
        A film by rule.
    easing_chosen(int, str)
        How this keyframe goes on; -1: all of them.
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
    length_asked = Signal(float)
    counting_asked = Signal(str, float)
    rate_asked = Signal(object)
    loop_asked = Signal(bool)
    noise_asked = Signal(str)
    space_asked = Signal(str)
    fill_asked = Signal(object)
    easing_chosen = Signal(int, str)
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
        self._fields()
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
        self.place = _words("Where the playhead is.")
        self.rate = _words("How many of the frames asked for were shown; an exported film has all.")
        self.note = ElidedLabel()
        self.note.setFont(style.font("small"))
        style.set_tone(self.note, "style")

    def _fill_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        self._fill_actions = []
        for title, tip, choices in FILLS:
            target = menu.addMenu(title) if len(choices) > 1 else menu
            for words, choice in choices:
                action = target.addAction(words or title)
                action.setToolTip(tip)
                action.triggered.connect(_told(self.fill_asked.emit, choice))
                self._fill_actions.append((choice, action, tip))
        return menu

    def _file_menu(self) -> QMenu:
        menu = QMenu(self)
        for words, signal in (
            ("Open Timeline or Film…", self.open_asked),
            ("Save Timeline…", self.save_asked),
            ("Clear", self.clear_asked),
        ):
            menu.addAction(words).triggered.connect(_told(signal.emit))
        return menu

    def _fields(self) -> None:
        self.length = ValueField()
        self.length.setAccessibleName("Length of the film")
        style.set_tip(self.length, "How long the film is; its keyframes keep their places in it.")
        self.length.setFixedWidth(11 * STEP)
        self.bpm = ValueField()
        self.bpm.setAccessibleName("Beats per minute")
        style.set_tip(self.bpm, "Beats per minute.")
        self.bpm.setFixedWidth(11 * STEP)
        self.unit = Segmented(
            "Unit of time", [(UNIT_WORDS[unit], UNIT_TIPS[unit]) for unit in UNITS], COLOUR.MUTED
        )
        self.fps = WordButton("30 fps", "Frames per second of the film and of its preview.")
        rates = QMenu(self)
        for fps in RATES:
            rates.addAction(fps_shown(fps)).triggered.connect(_told(self.rate_asked.emit, fps))
        self.fps.setMenu(rates)
        self.loop = Toggle(
            "Loop", COLOUR.STYLE, "The last keyframe leads back to the first, without a seam."
        )
        self.noise = Segmented(
            "Noise of the film", [(noise, NOISE_TIPS[noise]) for noise in NOISES], COLOUR.NOISE
        )
        self.space = Segmented(
            "Where latents blend",
            [
                ("W", "Latents blend in W, where the way is straightest: the default where a model"
                 " has a mapping network (StyleGAN, Karras et al. 2019, sec. 4.1)."),
                ("Z", "Latents blend in Z, along the sphere: the default for ProGAN and BigGAN,"
                 " which have no W."),
            ],
            COLOUR.STYLE,
        )  # fmt: skip

    def _build(self) -> None:
        self._bpm_name = _words("Beats per minute.", "bpm")
        self.loop.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._playing = _row(self.play, self.place, self.rate, self.note)
        self._settings = _row(
            self.length, self.unit, self.bpm, self._bpm_name, self.fps, self.loop, self.noise,
            self.space,
        )  # fmt: skip
        self._making = _row(self.keyframe, self.fill, self.more, self.export)
        self._head = QGridLayout()
        self._head.setSpacing(STEP)
        self._head.setColumnStretch(0, 1)
        self._head.addWidget(self._playing, 0, 0)
        self._head.addWidget(self._making, 0, 2)
        self._lay_out(wide=False)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.view)
        scroll.viewport().setAutoFillBackground(False)
        scroll.setMinimumHeight(30 * STEP)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * STEP, 2 * STEP, 2 * STEP, STEP)
        column.setSpacing(STEP)
        column.addLayout(self._head)
        column.addWidget(scroll, 1)

    def _lay_out(self, *, wide: bool) -> None:
        """The settings between the buttons where there is room, else in a line of their own."""
        self._wide = wide
        left = Qt.AlignmentFlag.AlignLeft
        if wide:
            self._head.addWidget(self._settings, 0, 1)
        else:
            self._head.addWidget(self._settings, 1, 0, 1, 3, left)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One line of controls, or two."""
        super().resizeEvent(event)
        wide = event.size().width() >= WIDE
        if wide != self._wide:
            self._lay_out(wide=wide)

    def _connect(self) -> None:
        self.play.clicked.connect(self.play_asked)
        self.keyframe.clicked.connect(self.keyframe_asked)
        self.export.clicked.connect(self.export_asked)
        self.length.committed.connect(self._on_length)
        self.bpm.committed.connect(self._on_bpm)
        self.unit.edited.connect(self._on_unit)
        self.loop.edited.connect(self.loop_asked)
        self.noise.edited.connect(self.noise_asked)
        self.space.edited.connect(lambda word: self.space_asked.emit(word.lower()))
        self.view.menu_asked.connect(self._on_menu)
        self.view.easing_asked.connect(self._on_easing)

    # --- what is shown ---------------------------------------------------------------------------

    def show_film(
        self, timeline: Timeline | None, settings: Timeline, selected: int, counting: Counting
    ) -> None:
        """Show a film, None for an empty one, whose settings are shown all the same."""
        self._timeline, self._counting = timeline, counting
        classes: Sequence[str] = () if self._can is None else self._can.classes
        self.view.show_film(timeline, selected, counting, classes)
        self.length.show_text(counting.length(settings.duration))
        self.unit.set_value(UNIT_WORDS[counting.unit])
        self.bpm.show_text(f"{counting.bpm:g}")
        for part in (self.bpm, self._bpm_name):
            part.setVisible(counting.unit == "beats")
        self.fps.setText(f"{fps_shown(settings.fps)} fps")
        self.loop.set_value(settings.loop)
        self.noise.set_value(settings.noise)
        self.space.set_value(settings.latent_space.upper())
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
        self.rate.setText(words)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do; None when no model is open."""
        self._can = can
        reason = NO_MODEL if can is None else ""
        self.keyframe.set_available(reason)
        self.fill.set_available(reason)
        no_noise = "" if can is None or can.has_noise else "This model adds no noise to its layers."
        self.noise.set_available(reason or no_noise)
        no_w = "" if can is None or can.has_w else "This model has no W; its latents blend in Z."
        self.space.set_available(reason or no_w)
        for choice, action, tip in self._fill_actions:
            lacking = reason or fill_reason(choice, can)
            action.setEnabled(not lacking)
            action.setToolTip(lacking or tip)
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

    def keyframe_menu(self, index: int) -> QMenu:
        """What can be done with a keyframe."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for words, act in (
            ("Copy", self.repeat_asked.emit),
            ("Replace by the Desk's Picture", self.update_asked.emit),
            ("Delete", self.view.deleted.emit),
        ):
            menu.addAction(words).triggered.connect(_told(act, index))
        assert self._timeline is not None
        menu.addMenu(self.easing_menu(index))
        return menu

    def easing_menu(self, index: int) -> QMenu:
        """The ways in which a keyframe can go on."""
        assert self._timeline is not None
        now = self._timeline.keyframes[index].easing
        menu = easing_menu(now, self.easing_chosen.emit, index, self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _on_menu(self, index: int, place: QPoint) -> None:
        self.keyframe_menu(index).popup(place)

    def _on_easing(self, index: int, place: QPoint) -> None:
        self.easing_menu(index).popup(place)


def _told(emit: Callable[..., None], *values: object) -> Callable[[], None]:
    """A slot without arguments that tells these values."""
    return lambda: emit(*values)


def _row(*parts: QWidget) -> QWidget:
    """Widgets side by side; the elided one takes what room is left."""
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(STEP)
    for part in parts:
        line.addWidget(part, 1 if isinstance(part, ElidedLabel) else 0)
    return row


def _words(tip: str, text: str = "") -> QLabel:
    label = QLabel(text)
    label.setFont(style.font("small"))
    style.set_tone(label, "muted")
    style.set_tip(label, tip)
    return label
