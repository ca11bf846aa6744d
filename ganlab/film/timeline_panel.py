"""The Timeline panel: what a film is, how it plays, and the controls to make one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QMenu,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls.word_button import WordButton
from ganlab.film.easing_menus import easing_menu, lane_menu
from ganlab.film.menus import FILLS, FillChoice, fill_reason
from ganlab.film.rows import row_of, words_of
from ganlab.film.settings_row import UNIT_WORDS, SettingsRow
from ganlab.panels.sections import NO_MODEL
from ganlab.style import STEP, plain_tip
from ganlab.views.elided_label import ElidedLabel
from ganlab.views.time_scale import Counting
from ganlab.views.timeline_view import TimelineView
from ganlab_core.capabilities import Capabilities
from ganlab_core.timeline import Timeline

WIDE = 1200
"""Device-independent pixels from which one line holds all controls."""

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
        self.place = words_of("Where the playhead is.")
        self.rate = words_of(
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

    def _build(self) -> None:
        self._playing = row_of(self.play, self.place, self.rate, self.note)
        self._making = row_of(self.keyframe, self.fill, self.more, self.export)
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
            self._head.addWidget(self.settings, 0, 1)
        else:
            self._head.addWidget(self.settings, 1, 0, 1, 3, left)

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
            menu.addAction(words).triggered.connect(_told(act, index))
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


def _told(emit: Callable[..., None], *values: object) -> Callable[[], None]:
    """A slot without arguments that tells these values."""
    return lambda: emit(*values)
