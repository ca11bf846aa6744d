"""A channel strip: everything one resolution of the generator can do."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls.fill_bar import FillBar
from ganlab.controls.label import Label
from ganlab.controls.slider import ValueSlider
from ganlab.controls.thumbnail import Picture, Thumbnail
from ganlab.desk.attention_cell import AttentionCell
from ganlab.desk.class_cell import ClassCell
from ganlab.desk.layer_cell import LayerCell
from ganlab.desk.noise_head import NoiseHead
from ganlab.desk.offer import offer_of
from ganlab.desk.readouts import GROWING, caption_of, explained
from ganlab.desk.sources import other_style, with_source
from ganlab.desk.strip_head import StripHead
from ganlab.desk.style_source import StyleSource
from ganlab.panels.growth import alpha_of, growth_for
from ganlab.panels.recipe_widget import RecipeWidget
from ganlab.panels.words import words_for
from ganlab.style import COLOUR
from ganlab_core.capabilities import Capabilities, Layer
from ganlab_core.frame import Preview
from ganlab_core.recipe import Latent, Mix, Recipe

MIN_WIDTH = 212
MAX_WIDTH = 320
PICTURE = 80
LARGE_PICTURE = 160
"""Side of the picture where no style controls stand beside it."""

_AS_MASTER = "This strip already follows the master."


class ChannelStrip(RecipeWidget):
    """One resolution: its picture, and the controls that its `offer` names.

    `selected` tells a click on the header or the picture; `lock_asked` a press of the padlock;
    `file_dropped` a `Path` whose Recipe should
    become the source of this strip's style.
    """

    selected = Signal()
    lock_asked = Signal()
    file_dropped = Signal(object)

    def __init__(
        self,
        resolution: int,
        layers: tuple[Layer, ...],
        can: Capabilities,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.resolution = resolution
        self._layers = layers
        self._can = can
        self.reached: float | None = None
        self.offer = offer_of(layers, can)
        style.set_surface(self, "strip")
        self.setAccessibleName(f"Strip {resolution} px")
        self.setMinimumWidth(MIN_WIDTH)
        self.setMaximumWidth(MAX_WIDTH if can.has_mixing else MIN_WIDTH + 16)
        self._make_picture()
        self._make_controls()
        self._build()
        self._connect()
        self.show_preview(None)
        self.refresh()

    # --- make ----------------------------------------------------------------------------------------

    def _make_picture(self) -> None:
        self.head = StripHead(self.resolution)
        self.picture = Thumbnail(
            f"Picture at {self.resolution} px",
            "",
            PICTURE if self._can.has_mixing else LARGE_PICTURE,
            accepts_drops=self.offer.source,
        )
        self.caption = Label()
        self.caption.setFont(style.font("small"))
        style.set_tone(self.caption, "muted")

    def _make_controls(self) -> None:
        at = f"at {self.resolution} px"
        words = words_for(self._can)
        self.source = StyleSource(self.resolution, words)
        self.growth = FillBar(
            f"Growth {at}",
            COLOUR.GROWTH,
            f"Fade this block in or out; finer blocks follow {GROWING}.",
        )
        self.mix = ValueSlider(
            "mix", 0, 1, None, 0.05, 2, COLOUR.STYLE,
            f"How much of the other {words.other} is mixed into {words.master} {at}"
            f" {words.mix_paper}.",
        )  # fmt: skip
        self.psi = ValueSlider(
            "psi", -1, 2, None, 0.05, 2, COLOUR.TRUNCATION,
            f"How far from the average the {words.other} may lie {at}; double-click to follow the"
            f" master {words.psi_paper}.",
        )  # fmt: skip
        self.mix.track.setAccessibleName(f"Mix {at}")
        self.psi.track.setAccessibleName(f"Psi {at}")
        self.classes = ClassCell(self.resolution, self._can)
        self.attention = AttentionCell(self.resolution)
        self.cells = tuple(LayerCell(layer, self._can) for layer in self.offer.cells)
        self._noise = NoiseHead()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 7, 0, 7)
        column.setSpacing(4)
        column.addWidget(self.head)
        body = QVBoxLayout()
        body.setContentsMargins(11, 0, 11, 0)
        body.setSpacing(4)
        body.addLayout(self._picture_row())
        body.addWidget(self.caption)
        body.addWidget(self.mix)
        body.addWidget(self.psi)
        body.addWidget(self.classes)
        body.addWidget(self.attention)
        body.addWidget(self._noise)
        body.addLayout(self._cell_row())
        column.addLayout(body)
        column.addStretch(1)
        self._hide_what_it_lacks()

    def _hide_what_it_lacks(self) -> None:
        """A strip has no place for controls that mean nothing to this model."""
        offer = self.offer
        for part, there in (
            (self.source, offer.source),
            (self.mix, offer.source),
            (self.head.lock, offer.source),
            (self.psi, offer.psi),
            (self.classes, offer.classes),
            (self.attention, offer.attention),
            (self._noise, offer.noise),
            (self.head.reset, offer.editable),
            (self.growth, offer.growth),
            (self.head.percent, offer.growth),
        ):
            if not there:
                part.hide()
        self.growth.setEnabled(self.resolution > 4)

    def _picture_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.picture)
        row.addWidget(self.source, 1)
        if not self.offer.source:
            row.addStretch(1)
        row.addWidget(self.growth)
        return row

    def _cell_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        for cell in self.cells:
            row.addWidget(cell, 1)
        return row

    def _connect(self) -> None:
        self.head.selected.connect(self.selected)
        self.picture.clicked.connect(self.selected)
        self.picture.dropped.connect(self.source.take)
        self.source.edited.connect(self._on_source)
        self.source.file_dropped.connect(self.file_dropped)
        self.mix.edited.connect(self._on_mix)
        self.mix.default_asked.connect(self._on_mix_default)
        self.psi.edited.connect(self._on_psi)
        self.psi.default_asked.connect(self._on_psi_default)
        self.growth.edited.connect(self._on_growth)
        self.head.reset.clicked.connect(self._on_reset)
        self.head.lock.clicked.connect(self.lock_asked)
        self.forward_drags(self.mix, self.psi, self.growth, *self._parts)
        for part in self._parts:
            part.edited.connect(self.edited)

    @property
    def _parts(self) -> tuple[RecipeWidget, ...]:
        """The parts that show the Recipe by themselves."""
        return self.classes, self.attention, *self.cells

    # --- show ----------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what the Recipe says at this resolution."""
        recipe = self.recipe
        mix = dict(recipe.mix_at).get(self.resolution)
        self.source.show_mix(mix, recipe.latent)
        self.mix.set_value(0.0 if mix is None else mix.amount)
        beyond = self._refresh_growth()
        self.mix.set_muted(beyond)
        self._refresh_psi(beyond)
        self._noise.show_noise(recipe.noise)
        for cell in self.cells:
            cell.beyond = beyond
        for part in self._parts:
            part.show_recipe(recipe)
        self.head.reset.set_available("" if self._has_own() else _AS_MASTER)

    def _refresh_psi(self, beyond: bool) -> None:
        own = dict(self.recipe.psi_at).get(self.resolution)
        styled = [layer for layer in self._layers if layer.style]
        followed = self.recipe.psi_of(styled[0]) if styled else self.recipe.psi
        self.psi.set_value(followed if own is None else own)
        self.psi.set_muted(own is None or beyond, "as master" if own is None else "")

    def _refresh_growth(self) -> bool:
        """Show this block's alpha; True when the growth has not come this far."""
        growth = self.recipe.growth
        alpha = alpha_of(self.reached if growth is None else growth, self.resolution)
        beyond = self._can.has_growth and alpha == 0
        self.growth.set_value(alpha)
        self.head.show_alpha(alpha, beyond=beyond)
        self.picture.set_dimmed(beyond)
        self.source.picture.set_dimmed(beyond)
        return beyond

    def show_reached(self, growth: float | None) -> None:
        """Show this block's alpha as training has reached it, while the Recipe asks for no other."""
        if growth != self.reached:
            self.reached = growth
            self._refresh_growth()

    def show_preview(self, preview: Preview | None) -> None:
        """Show the picture as this scale knows it, and by which read-out; None for nothing yet."""
        self.picture.show_picture(None if preview is None else preview.pixels)
        readout = "" if preview is None else preview.readout
        self.caption.setText(caption_of(readout))
        style.set_tip(self.picture, explained(readout))
        style.set_tip(self.caption, explained(readout))

    def show_locked(self, locked: bool) -> None:
        """Show whether this strip keeps its style; the dice then leave it alone."""
        self.head.lock.setChecked(locked)
        self.source.dice.set_available("This strip is locked: open the padlock first." * locked)

    def show_source(self, picture: Picture | None) -> None:
        """Show the picture of the style this strip takes."""
        self.source.show_picture(picture)

    def set_selected(self, selected: bool) -> None:
        """Draw the strip as the one selected."""
        self.setProperty("selected", "true" if selected else "false")
        self.style().unpolish(self)
        self.style().polish(self)

    def focus(self) -> None:
        """Take the keyboard's focus."""
        self.head.title.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # --- propose -------------------------------------------------------------------------------------

    def _on_source(self, latent: Latent | None) -> None:
        mix = dict(self.recipe.mix_at).get(self.resolution)
        changed = None if latent is None else with_source(mix, latent)
        self.propose(
            self.recipe.with_mix_at(self.resolution, changed),
            self._label(words_for(self._can).other),
        )

    def _on_mix(self, amount: float) -> None:
        mix = dict(self.recipe.mix_at).get(self.resolution)
        source = other_style(self.recipe) if mix is None else mix.latent
        changed = self.recipe.with_mix_at(self.resolution, Mix(source, amount))
        self.propose(changed, self._label("mix"))

    def _on_mix_default(self) -> None:
        if dict(self.recipe.mix_at).get(self.resolution) is not None:
            self._on_mix(0.0)

    def _on_psi(self, psi: float) -> None:
        self.propose(self.recipe.with_psi_at(self.resolution, psi), self._label("psi"))

    def _on_psi_default(self) -> None:
        self.propose(self.recipe.with_psi_at(self.resolution, None), self._label("psi"))

    def _on_growth(self, alpha: float) -> None:
        growth = growth_for(self.resolution, alpha, self._can.resolution)
        self.propose(replace(self.recipe, growth=growth), self._label("growth"))

    def _on_reset(self) -> None:
        self.propose(self._without_own(), f"reset {self.resolution} px")

    def _has_own(self) -> bool:
        """Whether `_without_own` would change anything; asked at every movement of a hand."""
        recipe, at, cells = self.recipe, self.resolution, self.offer.cells
        if self.offer.attention and recipe.attention != 1.0:
            return True
        own = (recipe.mix_at, recipe.psi_at, recipe.classes_at)
        if any(at in dict[int, object](pairs) for pairs in own):
            return True
        mixes, noises = dict(recipe.mix_layers), dict(recipe.noise_layers)
        return any(one.w_plus_index in mixes or one.index in noises for one in cells)

    def _without_own(self) -> Recipe:
        """The Recipe with nothing set at this resolution or in its layers."""
        at = self.resolution
        recipe = self.recipe.with_mix_at(at, None).with_psi_at(at, None).with_classes_at(at, None)
        if self.offer.attention:
            recipe = replace(recipe, attention=1.0)
        for layer in self.offer.cells:
            recipe = recipe.with_mix_layer(layer.w_plus_index, None)
            recipe = recipe.with_noise_layer(layer.index, None)
        return recipe

    def _label(self, what: str) -> str:
        return f"{what} at {self.resolution} px"
