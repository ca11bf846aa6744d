"""The desk: the generator as a row of channel strips, coarsest first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QWheelEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import Label, Picture
from ganlab.play.strip import ChannelStrip, source_of
from ganlab.recipe_widget import RecipeWidget, section_title
from ganlab.slices import Slices
from ganlab_core.recipe import Capabilities, Recipe, fit
from ganlab_core.rendering import Frame

INVITATION = "Open a model to begin"
_KEPT_SOURCES = 64
_ASK_EVERY_MS = 120
_BAR = 8
_EMPTY_HEIGHT = 268


class Desk(RecipeWidget):
    """All strips of a model, or one calm sentence when there is none.

    `source_wanted` asks for the picture of a `Recipe` (answer with `show_source`); `selected` tells
    the resolution of the strip chosen, None for none; `lock_asked` the resolution whose padlock was
    pressed (answer with `show_locks`); `file_dropped` a resolution and the `Path` of a
    PNG whose latent should be mixed in there.
    """

    source_wanted = Signal(object)
    selected = Signal(object)
    lock_asked = Signal(int)
    file_dropped = Signal(object, object)

    made_out_of_sight = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Desk")
        self.strips: dict[int, ChannelStrip] = {}
        self._selected: int | None = None
        self._can: Capabilities | None = None
        self._sources: OrderedDict[Recipe, Picture] = OrderedDict()
        self._asked: set[Recipe] = set()
        self._shown: _Strips | None = None
        self._made: _Strips | None = None
        self._leaving: list[QWidget] = []
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
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(title)
        head.addWidget(subtitle, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self._stack)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

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
        old, self._shown = self._shown, self._strips_of(can)
        self.strips = {} if self._shown is None else self._shown.strips
        area = None if self._shown is None else self._shown.area
        self._pages.setCurrentWidget(area or self._empty)
        self._stack.setFixedHeight(_EMPTY_HEIGHT if area is None else area.needed)
        if old is not None:
            self._remove(old)
        self.refresh()

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
        strip.selected.connect(lambda: self.select(resolution))
        strip.lock_asked.connect(lambda: self.lock_asked.emit(resolution))
        strip.file_dropped.connect(lambda path: self._on_file_dropped(resolution, path))

    # --- show ----------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the Recipe on every strip, and ask for pictures of new sources."""
        for strip in self.strips.values():
            strip.show_recipe(self.recipe)
        self._show_sources()
        if not self._pause.isActive():
            self._ask_for_sources()

    def show_frame(self, frame: Frame) -> None:
        """Show each scale's picture; a Frame without any leaves the last ones standing."""
        if not frame.previews:
            return
        for resolution, strip in self.strips.items():
            strip.show_preview(frame.previews.get(resolution))

    def show_reached(self, growth: float | None) -> None:
        """Fill the strips' alpha as far as training has come; None = all of it."""
        for strip in self.strips.values():
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
        for resolution, strip in self.strips.items():
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
        return [pair for pair in self.strips.items() if pair[1].offer.source]

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
        source = source_of(self.recipe, resolution)
        return source if self._can is None else fit(source, self._can)

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
        if self._selected in self.strips:
            strip = self.strips[self._selected]
            strip.focus()
            if self._shown is not None:
                self._shown.area.ensureWidgetVisible(strip, 8, 0)
        self.selected.emit(self._selected)

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


class _StripArea(QScrollArea):
    """The strips side by side; a wheel over them scrolls sideways."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._content = QWidget()
        self._content.setProperty("plain", "true")
        self._row = QHBoxLayout(self._content)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._row.addStretch(0)
        self.setWidget(self._content)

    def add(self, strip: ChannelStrip) -> None:
        """Put a strip to the right of the others, with its looks on, though nobody sees it yet."""
        self._row.insertWidget(self._row.count() - 1, strip, 1)
        strip.ensurePolished()

    @property
    def needed(self) -> int:
        """The height in which every strip can be read."""
        return self._content.minimumSizeHint().height() + _BAR

    def wheelEvent(self, event: QWheelEvent) -> None:
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
