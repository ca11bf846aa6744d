"""What every strip follows unless it says otherwise: seed, truncation and growth."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls.icon_button import IconButton
from ganlab.controls.seed_box import SeedBox
from ganlab.controls.slider import ValueSlider
from ganlab.panels.growth import GROWTH_READOUT
from ganlab.panels.readouts import cutoff_readout
from ganlab.panels.recipe_widget import RecipeWidget
from ganlab.panels.sections import NO_MODEL, section_title
from ganlab.panels.threshold import ThresholdSlider
from ganlab.panels.words import words_for
from ganlab.style import COLOUR
from ganlab_core.capabilities import Capabilities
from ganlab_core.recipe import Latent, Recipe, fit
from ganlab_core.recipe_kinds import latent_words


class StyleSection(RecipeWidget):
    """Seed, truncation and growth; each is there only for a model that can do it.

    `reset_asked` tells that everything should go back to the model's own start.
    """

    reset_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._can: Capabilities | None = None
        self._full = 10
        self._styles = 18
        words = words_for(None)
        self.title = section_title(words.heading, words.heading_tip)
        self.seed = SeedBox(
            words.seed,
            words.seed_tip,
            "Throw the dice for a new seed (latent z; ProGAN, Karras et al. 2018).",
        )
        self.psi = ValueSlider(
            words.psi, -1, 2, 0.7, 0.05, 2, COLOUR.TRUNCATION, words.psi_tip
        )  # fmt: skip
        self.cutoff = ValueSlider(
            "Cutoff layer", 0, 18, None, 1, 0, COLOUR.TRUNCATION,
            "How many styles, from the coarsest, psi applies to; finer ones keep their full reach"
            " (StyleGAN, Karras et al. 2019, appendix B).",
            readout=cutoff_readout(18),
        )  # fmt: skip
        self.threshold = ThresholdSlider()
        self.growth = ValueSlider(
            "Growth", 2, 10, None, 0.05, 3, COLOUR.GROWTH,
            "How far the network has grown: each block is faded in from 0 to 100 percent"
            " (progressive growing; ProGAN, Karras et al. 2018, fig. 2).",
            readout=GROWTH_READOUT,
        )  # fmt: skip
        self.reset = IconButton(
            "reset",
            "Reset all",
            "Put everything but the seed back to where this model starts"
            " (its first pick, or the truncation it was published with).",
        )
        self._build()
        self._connect()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.seed.field.setFont(style.font("body", bold=True))
        for part in (self.seed, self.psi, self.cutoff, self.threshold, self.growth):
            column.addWidget(part)
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.reset)
        column.insertLayout(0, top)  # last, so that Tab reaches the seed first

    def _connect(self) -> None:
        self.seed.edited.connect(self._on_seed)
        self.psi.edited.connect(self._on_psi)
        self.cutoff.edited.connect(self._on_cutoff)
        self.cutoff.default_asked.connect(self._on_cutoff_default)
        self.threshold.edited.connect(self.edited)
        self.growth.edited.connect(self._on_growth)
        self.growth.default_asked.connect(self._on_growth_default)
        self.reset.clicked.connect(self.reset_asked)
        self.forward_drags(self.psi, self.cutoff, self.threshold, self.growth)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do; without a model all is there and grey."""
        self._can = can
        if can is not None:
            self._full = can.full_growth
            self._styles = max(1, can.style_count)
            self.growth.set_span(2, max(self._full, 3))
            self.cutoff.set_span(0, self._styles, cutoff_readout(self._styles))
        self.threshold.set_capabilities(can)
        self._word()
        missing = NO_MODEL if can is None else ""
        for part in (self.seed, self.reset, self.psi, self.cutoff, self.growth):
            part.set_available(missing)
        self.refresh()

    def _word(self) -> None:
        """Call things as this architecture's papers do."""
        words = words_for(self._can)
        self.title.setText(words.heading)
        style.set_tip(self.title, words.heading_tip)
        self.seed.set_words(words.seed, words.seed_tip)
        self.psi.set_tooltip(words.psi_tip)

    def _show_what_it_can(self) -> None:
        """A cutoff that a Recipe brings along counts without a W too, and is then shown."""
        can, recipe = self._can, self.recipe
        self.psi.setVisible(can is None or can.has_truncation)
        cuts = can is None or can.has_w or (can.has_truncation and recipe.cutoff is not None)
        self.cutoff.setVisible(cuts)
        self.growth.setVisible(can is None or can.has_growth)

    def refresh(self) -> None:
        """Show seed, truncation and growth."""
        recipe = self.recipe
        latent = recipe.latent if self._can is None else fit(recipe, self._can).latent
        if latent.is_seed:
            self.seed.set_value(latent.seed)
        else:
            self.seed.set_value(None, latent_words(latent))
        self.psi.set_value(recipe.psi)
        self.cutoff.set_value(self._styles if recipe.cutoff is None else recipe.cutoff)
        self.threshold.show_recipe(recipe)
        self.growth.set_value(self._full if recipe.growth is None else recipe.growth)
        self._show_what_it_can()

    def show_start(self, start: Recipe) -> None:
        """Let a double click on psi return to where the model starts."""
        self.psi.set_default(start.psi)

    def _on_seed(self, seed: int | None) -> None:
        if seed is not None:
            self.propose(replace(self.recipe, latent=Latent(seed)), "seed")

    def _on_psi(self, psi: float) -> None:
        self.propose(replace(self.recipe, psi=psi), "psi")

    def _on_cutoff(self, styles: float) -> None:
        cutoff = None if styles >= self._styles else round(styles)
        self.propose(replace(self.recipe, cutoff=cutoff), "cutoff")

    def _on_cutoff_default(self) -> None:
        self.propose(replace(self.recipe, cutoff=None), "cutoff")

    def _on_growth(self, growth: float) -> None:
        whole = None if growth >= self._full else growth
        self.propose(replace(self.recipe, growth=whole), "growth")

    def _on_growth_default(self) -> None:
        self.propose(replace(self.recipe, growth=None), "growth")
