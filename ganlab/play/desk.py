"""The desk: the generator as a row of channel strips, coarsest first."""

from __future__ import annotations

import contextlib
import itertools
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut, QWheelEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import Label, Picture, WordButton, place_below
from ganlab.play.strip import THIN_WIDTH, WIDGET_WIDEST, ChannelStrip, Form, source_of, source_parts
from ganlab.recipe_widget import NO_MODEL, RecipeWidget, section_title
from ganlab.slices import Slices
from ganlab_core.recipe import Capabilities, Recipe, fit
from ganlab_core.rendering import Frame

INVITATION = "Open a model to begin"
_KEPT_SOURCES = 64
_ASK_EVERY_MS = 120
_BAR = 8
_MARGIN = 12
_EMPTY_HEIGHT, _EMPTY_THIN = 268, 64
_HEAD = 36
_SIDE_WIDTH, _LEAST_SIDE = 236, 60
_GAP = 8
_ALL = 1000
"""Of the room that is left, beside 1 for an empty place at the end."""

ROW_ROOM = 512
"""A desk at the side that is narrower than this, in device-independent pixels, has thin strips."""

LEAST_ROWS = 2
"""A desk at the side too low for so many whole strips has thin ones, in columns where it is wide."""

ROW_HEIGHT = 104
"""Of a whole strip at the side."""


def _second_button() -> WordButton:
    """Asks for a second model."""
    button = WordButton(
        "Second model",
        "Choose a model of equal shape whose weights are blended into this one, strip by strip"
        " (layer swapping, Pinkney and Adler 2020).",
    )
    button.setProperty("quiet", "true")
    button.setFixedHeight(16)
    return button


class Desk(RecipeWidget):
    """All strips of a model, or one calm sentence when there is none.

    It stands below the picture, strips side by side, or beside it, strips one below the other. Where
    the room is little, or when it is folded, strips are thin: a thumbnail, one fader and a dot for the
    noise. Choosing a thin strip opens it: at the side in its place, below the picture in a window of
    its own, so that the picture keeps its size.

    `source_wanted` asks for the picture of a `Recipe` (answer with `show_source`); `selected` tells
    the resolution of the strip chosen, None for none; `lock_asked` the resolution whose padlock was
    pressed (answer with `show_locks`); `file_dropped` a resolution and the `Path` of a
    PNG whose latent should be mixed in there.
    """

    source_wanted = Signal(object)
    selected = Signal(object)
    lock_asked = Signal(int)
    file_dropped = Signal(object, object)
    folded_changed = Signal(bool)

    made_out_of_sight = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Desk")
        self.strips: dict[int, ChannelStrip] = {}
        self._selected: int | None = None
        self._can: Capabilities | None = None
        self._fitted: dict[object, Recipe] = {}
        self._sources: OrderedDict[Recipe, Picture] = OrderedDict()
        self._asked: set[Recipe] = set()
        self._shown: _Strips | None = None
        self._made: _Strips | None = None
        self._leaving: list[QWidget] = []
        self._side = self._folded = False
        self._room = WIDGET_WIDEST
        self._popup: StripPopup | None = None
        self._removal = Slices(self)
        self._pause = QTimer(self, singleShot=True, interval=_ASK_EVERY_MS)
        self._pause.timeout.connect(self._ask_for_sources)
        self._build()
        self._add_shortcut("Ctrl+Right", 1)
        self._add_shortcut("Ctrl+Left", -1)
        self.set_capabilities(None)

    def _build(self) -> None:
        self._empty = Label(INVITATION)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setFont(style.font("large"))
        style.set_tone(self._empty, "muted")
        self._stack = QWidget()
        self._pages = QStackedLayout(self._stack)
        self._pages.addWidget(self._empty)
        title = section_title(
            "DESK",
            "The generator itself, one strip per resolution (ProGAN, Karras et al. 2018;"
            " StyleGAN, Karras et al. 2019; BigGAN, Brock et al. 2019).",
        )
        subtitle = Label("the generator, one strip per resolution")
        subtitle.setFont(style.font("small"))
        style.set_tone(subtitle, "muted")
        self._subtitle = subtitle
        self.fold = WordButton(
            "Fold",
            "Leave of each strip its thumbnail, one fader and a dot for the noise; choosing a strip"
            " opens it.",
            "Fold the strips",
        )
        self.second = _second_button()
        self.fold.setCheckable(True)
        self.fold.setProperty("quiet", "true")
        self.fold.setFixedHeight(16)
        self.fold.toggled.connect(self.set_folded)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(title)
        head.addWidget(subtitle, 1)
        head.addStretch()  # what keeps the buttons at the end where the subtitle has no room
        head.addWidget(self.second)
        head.addWidget(self.fold)
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, 8, _MARGIN, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self._stack, 1)
        self.set_side(False)

    # --- where it stands -----------------------------------------------------------------------------

    @property
    def at_side(self) -> bool:
        """Whether the strips stand one below the other."""
        return self._side

    @property
    def folded(self) -> bool:
        """Whether a person wants thin strips; where there is little room they are thin anyway."""
        return self._folded

    def set_side(self, side: bool) -> None:
        """Stand beside the picture, or below it."""
        self._side = side
        vertical = QSizePolicy.Policy.Preferred if side else QSizePolicy.Policy.Fixed
        self.setSizePolicy(QSizePolicy.Policy.Preferred, vertical)
        self._lay_out()

    def set_folded(self, folded: bool) -> None:
        """Make the strips thin, or as large as there is room for."""
        if folded == self._folded:
            return
        self._folded = folded
        self.fold.setChecked(folded)
        self._lay_out()
        self.folded_changed.emit(folded)

    def set_room(self, height: int) -> None:
        """How high it may become below the picture, in device-independent pixels."""
        if height != self._room:
            self._room = height
            self._lay_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show what there is room for."""
        super().resizeEvent(event)
        if self._side and event.oldSize() != event.size():
            self._lay_out()

    @property
    def thin(self) -> bool:
        """Whether the strips are thin now."""
        if self._folded:
            return True
        if self._side:
            rows = LEAST_ROWS * (ROW_HEIGHT + _GAP) - _GAP
            return self.width() < ROW_ROOM or self.height() - _HEAD < rows
        return self._shown is not None and self._shown.area.full + _HEAD > self._room

    def _lay_out(self) -> None:
        """Give every strip the form for the place and the room there is."""
        shown = self._shown
        if shown is not None and not self._side and not shown.area.full:
            shown.area.set_side(False)
            for strip in self.strips.values():
                strip.set_form("column")
            shown.area.full = shown.area.needed
        thin = self.thin
        self._subtitle.setVisible(not self._side or self.width() >= ROW_ROOM)
        cramped = "There is no room for more." if thin and not self._folded else ""
        self.fold.set_available(NO_MODEL if shown is None else cramped)
        self.second.set_available(NO_MODEL if shown is None else "")
        if shown is None:
            low = _EMPTY_THIN if self._side or self._folded else _EMPTY_HEIGHT
            self._fix_height(min(low, max(_EMPTY_THIN, self._room - _HEAD)))
            return
        opened = self._selected in self.strips
        shown.area.set_side(self._side, self._columns if thin and not opened else 1)
        for resolution, strip in self.strips.items():
            strip.set_form(self._form(thin, opened=self._side and resolution == self._selected))
        self._fix_height(shown.area.needed)
        self.updateGeometry()  # the height it would like is another one, and what is around keeps the old

    @property
    def _columns(self) -> int:
        """How many thin strips stand beside each other at the side."""
        return max(1, (self.width() - 2 * _MARGIN) // (THIN_WIDTH + 3 * _GAP))

    def _form(self, thin: bool, *, opened: bool) -> Form:
        """How one strip stands; an opened one among thin strips takes the width there is."""
        if not thin:
            return "row" if self._side else "column"
        if not opened:
            return "thin"
        return "row" if self.width() >= ROW_ROOM else "column"

    def _fix_height(self, height: int) -> None:
        """Below the picture exactly as high as the strips; beside it whatever there is."""
        self._stack.setMinimumHeight(40 if self._side else height)
        self._stack.setMaximumHeight(WIDGET_WIDEST if self._side else height)

    def minimumSizeHint(self) -> QSize:
        """At the side enough to scroll in."""
        hint = super().minimumSizeHint()
        return QSize(_SIDE_WIDTH, _LEAST_SIDE) if self._side else hint

    def sizeHint(self) -> QSize:
        """At the side all strips without scrolling, where there is room."""
        hint = super().sizeHint()
        if not self._side or self._shown is None:
            return hint
        return QSize(max(_SIDE_WIDTH, hint.width()), self._shown.area.needed + _HEAD)

    def _add_shortcut(self, keys: str, by: int) -> None:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self.select_next if by > 0 else self.select_previous)

    # --- model ---------------------------------------------------------------------------------------

    def making(self, can: Capabilities) -> Iterator[None]:
        """Make a model's strips out of sight, one at each step, for `set_capabilities` to show."""
        made = _Strips(can, _StripArea())
        self._pages.addWidget(made.area)
        whole = False
        try:
            for resolution in can.resolutions:
                strip = ChannelStrip(resolution, can.layers_at(resolution), can)
                strip.set_form(self._form(self._folded, opened=False))
                self._connect(strip)
                made.strips[resolution] = strip
                made.area.add(strip)
                strip.show_recipe(self.recipe)
                yield
            whole = True
        finally:
            waste = self._made if whole else made
            if waste is not None:
                self._remove(waste)
            if whole:
                self._made = made

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Show the strips of a model, or with None the empty desk."""
        self._sources.clear()
        self._asked.clear()
        self._pause.stop()
        self._selected = None
        self._can = can
        self._fitted.clear()
        old, self._shown = self._shown, self._strips_of(can)
        self.strips = {} if self._shown is None else self._shown.strips
        area = None if self._shown is None else self._shown.area
        self._pages.setCurrentWidget(area or self._empty)
        if self._popup is not None:
            self._popup.deleteLater()
            self._popup = None
        self._lay_out()
        self._order_tabs()
        if old is not None:
            self._remove(old)
        self.refresh()

    def _order_tabs(self) -> None:
        """Have the keyboard come by the new strips after the desk's head, and not at the window's end."""
        inside = [stop for strip in self.strips.values() for stop in strip.tab_stops]
        with _taking_focus(inside):
            for before, after in itertools.pairwise([self.second, self.fold, *inside]):
                QWidget.setTabOrder(before, after)

    def _strips_of(self, can: Capabilities | None) -> _Strips | None:
        """Those that were made for the model, else new ones."""
        if can is not None and (self._made is None or self._made.can != can):
            for _ in self.making(can):
                pass
        made, self._made = self._made, None
        if made is not None and made.can != can:
            self._remove(made)
            return None
        return made

    def _remove(self, strips: _Strips) -> None:
        """Take strips away one by one; the one that is just being dragged let go as it was hidden."""
        self._pages.removeWidget(strips.area)
        strips.area.hide()
        self._leaving += [*strips.strips.values(), strips.area]
        self._removal.start(self._let_go())

    def _let_go(self) -> Iterator[None]:
        while self._leaving:
            self._leaving.pop(0).deleteLater()
            yield

    def invite(self, on: bool) -> None:
        """Whether the empty desk asks for a model; it stays silent while one is on its way."""
        self._empty.setText(INVITATION if on else "")

    def _connect(self, strip: ChannelStrip) -> None:
        resolution = strip.resolution
        strip.edited.connect(self.edited)
        self.forward_drags(strip)
        strip.selected.connect(lambda: self._on_chosen(resolution))
        strip.lock_asked.connect(lambda: self.lock_asked.emit(resolution))
        strip.file_dropped.connect(lambda path: self._on_file_dropped(resolution, path))

    # --- show ----------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the Recipe on every strip, and ask for pictures of new sources."""
        for _, strip in self._all_strips():
            strip.show_recipe(self.recipe)
        self._show_sources()
        if not self._pause.isActive():
            self._ask_for_sources()

    def show_frame(self, frame: Frame) -> None:
        """Show each scale's picture; a Frame without any leaves the last ones standing."""
        if not frame.previews:
            return
        for resolution, strip in self._all_strips():
            strip.show_preview(frame.previews.get(resolution))

    def show_reached(self, growth: float | None) -> None:
        """Fill the strips' alpha as far as training has come; None = all of it."""
        for _, strip in self._all_strips():
            strip.show_reached(growth)

    def show_source(self, source: Recipe, picture: Picture) -> None:
        """Take the picture that `source_wanted` asked for."""
        self._asked.discard(source)
        self._sources[source] = picture
        self._sources.move_to_end(source)
        while len(self._sources) > _KEPT_SOURCES:
            self._sources.popitem(last=False)
        self._show_sources()

    def show_locks(self, resolutions: Collection[int]) -> None:
        """Close the padlocks of these strips, and open the others."""
        for resolution, strip in self._all_strips():
            strip.show_locked(resolution in resolutions)

    def forget_sources(self) -> None:
        """Ask anew for every source's picture, after the model's weights changed."""
        self._sources.clear()
        self._asked.clear()
        self._ask_for_sources()

    def _show_sources(self) -> None:
        """Where a picture is still missing, the one before stays until it comes."""
        for resolution, strip in self._with_source():
            picture = self._sources.get(self._source(resolution))
            if picture is not None:
                strip.show_source(picture)

    def _with_source(self) -> list[tuple[int, ChannelStrip]]:
        return [pair for pair in self._all_strips() if pair[1].offer.source]

    def _all_strips(self) -> list[tuple[int, ChannelStrip]]:
        """Those of the desk, and the one that is open in a window of its own."""
        popup = [] if self._popup is None else [self._popup.strip]
        opened = [(strip.resolution, strip) for strip in popup]
        return [*self.strips.items(), *opened]

    def _ask_for_sources(self) -> None:
        """Ask for what is missing, at most every few frames: a drag passes by many latents."""
        if not self.strips:
            return
        shown = {self._source(resolution): None for resolution, _ in self._with_source()}
        self._asked &= set(shown)
        missing = [one for one in shown if one not in self._sources and one not in self._asked]
        if missing:
            self._pause.start()
        for source in missing:
            self._asked.add(source)
            self.source_wanted.emit(source)

    def _source(self, resolution: int) -> Recipe:
        """What to draw beside a strip, as far as this model can."""
        parts = source_parts(self.recipe, resolution)
        known = self._fitted.get(parts)
        if known is None:  # most strips share one, and a drag of psi changes none
            source = source_of(self.recipe, resolution)
            known = source if self._can is None else fit(source, self._can)
            if len(self._fitted) >= _KEPT_SOURCES:
                self._fitted.clear()
            self._fitted[parts] = known
        return known

    # --- selection -----------------------------------------------------------------------------------

    @property
    def selected_resolution(self) -> int | None:
        """The resolution of the selected strip, None for none."""
        return self._selected

    def select(self, resolution: int | None) -> None:
        """Select a strip and bring it into view; choosing it again, or None, selects none."""
        self._selected = None if resolution == self._selected else resolution
        for own, strip in self.strips.items():
            strip.set_selected(own == self._selected)
        if self._side:
            self._lay_out()
        if self._selected in self.strips:
            strip = self.strips[self._selected]
            strip.focus()
            if self._shown is not None:
                self._shown.area.bring_into_view(strip)
        self.selected.emit(self._selected)

    def _on_chosen(self, resolution: int) -> None:
        """Select a strip; one that is thin below the picture opens over it."""
        if not self._side and self.thin and self._can is not None:
            self.open_popup(resolution)
        else:
            self.select(resolution)

    def open_popup(self, resolution: int) -> None:
        """Show all of a thin strip in a window of its own."""
        assert self._can is not None
        if self._popup is not None:
            self._popup.deleteLater()
        strip = ChannelStrip(resolution, self._can.layers_at(resolution), self._can)
        self._connect(strip)
        strip.selected.disconnect()
        self._popup = StripPopup(strip, self)
        self.refresh()
        place_below(self._popup, self.strips[resolution])

    @property
    def popup(self) -> StripPopup | None:
        """The strip that is open in a window of its own; None when there is none."""
        return self._popup if self._popup is not None and self._popup.isVisible() else None

    def select_next(self) -> None:
        """Move the selection to the next finer strip."""
        self._step(1)

    def select_previous(self) -> None:
        """Move the selection to the next coarser strip."""
        self._step(-1)

    def _step(self, by: int) -> None:
        order = list(self.strips)
        here = self._focused() or self._selected
        if not order:
            return
        at = order.index(here) + by if here in order else 0
        target = order[min(len(order) - 1, max(0, at))]
        if target != self._selected:
            self.select(target)
        else:
            self.strips[target].focus()

    def _focused(self) -> int | None:
        """The strip that has the keyboard's focus."""
        for resolution, strip in self.strips.items():
            focus = strip.focusWidget()
            if focus is not None and focus.hasFocus():
                return resolution
        return None

    def _on_file_dropped(self, resolution: int, path: Path) -> None:
        self.file_dropped.emit(resolution, path)


def _passes_focus(widget: QWidget) -> bool:
    """Whether a widget gives the focus to one within it."""
    proxy = widget.focusProxy()
    return proxy is not None and widget.isAncestorOf(proxy)


@contextlib.contextmanager
def _taking_focus(widgets: Sequence[QWidget]) -> Iterator[None]:
    """Let those that hand the focus on take it meanwhile: Qt leaves others where they stand.

    Left behind they would lead Tab back to what is within them, and the way would close.
    """
    whole = [widget for widget in widgets if _passes_focus(widget)]
    within = []
    for widget in whole:
        last = widget
        while _passes_focus(last) and (proxy := last.focusProxy()) is not None:
            last = proxy
        within.append((widget, last, last.focusPolicy()))
        widget.setFocusPolicy(last.focusPolicy())  # theirs, and that of all they hand on to
    yield
    for widget, last, policy in within:
        widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        last.setFocusPolicy(policy)


class StripPopup(QWidget):
    """A whole strip in a small window over the picture."""

    def __init__(self, strip: ChannelStrip, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.Popup)
        self.setAccessibleName(strip.accessibleName())
        self.strip = strip
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(strip)
        self.setFixedWidth(_SIDE_WIDTH)


class _StripArea(QScrollArea):
    """The strips beside or below each other; a wheel over those side by side scrolls sideways."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._content = QWidget()
        self._content.setProperty("plain", "true")
        self._grid = QGridLayout(self._content)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_GAP)
        self._strips: list[ChannelStrip] = []
        self.full = 0
        """The height that whole strips side by side need; 0 as long as none were shown."""
        self._side, self._columns = True, 0
        self.set_side(False)
        self.setWidget(self._content)

    def set_side(self, side: bool, columns: int = 1) -> None:
        """Put the strips one below the other in so many columns, or all side by side."""
        if (side, columns) == (self._side, self._columns):
            return
        self._side, self._columns = side, columns
        off, needed = Qt.ScrollBarPolicy.ScrollBarAlwaysOff, Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.setVerticalScrollBarPolicy(needed if side else off)
        self.setHorizontalScrollBarPolicy(off if side else needed)
        self._place()

    def _place(self) -> None:
        """Give each strip its cell, and what is left of the room to nobody."""
        grid, count = self._grid, len(self._strips)
        across = self._columns if self._side else max(1, count)
        for strip in self._strips:
            grid.removeWidget(strip)
        for index in range(max(grid.rowCount(), grid.columnCount(), count + 1)):
            grid.setRowStretch(index, 0)
            grid.setColumnStretch(index, 0)
        for index, strip in enumerate(self._strips):
            grid.addWidget(strip, index // across, index % across)
            grid.setColumnStretch(index % across, _ALL)
        if self._side:
            grid.setRowStretch(-(-count // across), _ALL)
        else:
            grid.setColumnStretch(count, 1)  # where the strips are as wide as they may be

    def add(self, strip: ChannelStrip) -> None:
        """Put a strip behind the others, with its looks on, though nobody sees it yet."""
        self._strips.append(strip)
        self._place()
        strip.ensurePolished()

    @property
    def needed(self) -> int:
        """The height in which every strip can be read."""
        self._grid.invalidate()
        return self._content.minimumSizeHint().height() + (0 if self._side else _BAR)

    def bring_into_view(self, strip: ChannelStrip) -> None:
        """Scroll as far as needed."""
        self._grid.activate()
        least = self._content.minimumSizeHint()  # which Qt itself would give it only later
        self._content.resize(self._content.size().expandedTo(least))
        self.ensureWidgetVisible(strip, 0 if self._side else 8, 8 if self._side else 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the way the strips go."""
        if self._side:
            super().wheelEvent(event)
            return
        turned = event.angleDelta()
        bar = self.horizontalScrollBar()
        by = turned.x() or turned.y()
        bar.setValue(bar.value() - by)
        event.accept()


@dataclass(frozen=True, slots=True, eq=False)
class _Strips:
    """The strips of a model, coarsest first, and what they scroll in."""

    can: Capabilities
    area: _StripArea
    strips: dict[int, ChannelStrip] = field(default_factory=dict)
