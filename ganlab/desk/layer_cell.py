"""One layer on its strip: noise on or off, how much, and the way to its own settings."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls.span import Span
from ganlab.controls.toggle import Toggle
from ganlab.controls.track import Track
from ganlab.desk.layer_popup import LayerPopup
from ganlab.panels.recipe_widget import RecipeWidget
from ganlab.panels.sections import NO_NOISE
from ganlab.style import COLOUR
from ganlab_core.capabilities import Capabilities, Layer
from ganlab_core.recipe import LayerNoise
from ganlab_core.recipe_kinds import latent_words

_PAPER = "(StyleGAN, Karras et al. 2019, sec. 3.2)"


class LayerCell(RecipeWidget):
    """A noise toggle with a strength slider below; its arrow opens the layer's `LayerPopup`.

    `beyond` says that the network has not grown to this layer; it is drawn at the next `refresh`.
    """

    def __init__(self, layer: Layer, can: Capabilities, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer = layer
        self._can = can
        self._noisy = can.has_noise and layer.noise
        self._name = layer.name.rsplit("/", 1)[-1]
        self._popup: LayerPopup | None = None
        self.beyond = False
        self.toggle = Toggle(self._name, COLOUR.NOISE, "", has_menu=True)
        self.toggle.setAccessibleName(f"Noise of {layer.name}")
        self.strength = Track(Span(0.0, 2.0, 0.05, 2), COLOUR.NOISE, compact=True)
        self.strength.setAccessibleName(f"Noise strength of {layer.name}")
        self.strength.show_number(1.0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.toggle)
        column.addWidget(self.strength)
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        self.toggle.edited.connect(self._on_toggled)
        self.toggle.menu_asked.connect(self.open_popup)
        self.strength.edited.connect(self._on_strength)
        self.strength.default_asked.connect(self._on_default)
        self.forward_drags(self.strength)

    @property
    def popup(self) -> LayerPopup:
        """The layer's own window, made when it is first asked for."""
        if self._popup is None:
            self._popup = LayerPopup(self._layer, self._can, self)
            self._popup.edited.connect(self.edited)
            self.forward_drags(self._popup)
            self._popup.show_recipe(self.recipe)
        return self._popup

    def open_popup(self) -> None:
        """Show the layer's own window below the toggle."""
        self.popup.open_below(self.toggle)

    def refresh(self) -> None:
        """Show this layer's noise, and mark what its own window holds."""
        noise = self.recipe.layer_noise(self._layer.index)
        silent = self.beyond or self.recipe.noise.mode == "off"
        plain = noise.strength == 1.0
        self.toggle.set_value(noise.on and self._noisy)
        self.toggle.set_muted(silent)
        self.toggle.set_note("" if plain else f"×{noise.strength:.2g}")
        self.strength.show_number(noise.strength)
        self.strength.set_muted(silent or not noise.on)
        self.strength.setEnabled(self._noisy)
        self._explain(noise)
        if self._popup is not None:
            self._popup.show_recipe(self.recipe)

    def _explain(self, noise: LayerNoise) -> None:
        """Say in tooltips what this layer does differently, and mark that it does."""
        mix = dict(self.recipe.mix_layers).get(self._layer.w_plus_index)
        own = "" if noise.mode == "master" else f" Own noise: {noise.mode}."
        mixed = "" if mix is None else f" Own style: {latent_words(mix.latent)}, {mix.amount:.0%}."
        off = " The master noise is off." if self.recipe.noise.mode == "off" else ""
        what = f"Adds noise in {self._layer.name} {_PAPER}." if self._noisy else NO_NOISE
        self.toggle.set_mark(COLOUR.STYLE if mix else COLOUR.NOISE if own else "")
        self.toggle.set_tooltip(
            f"{what}{off}{own}{mixed} The arrow opens this layer's own settings."
        )
        style.set_tip(
            self.strength,
            f"How much noise {self._layer.name} adds: {noise.strength:.2f} times the master's"
            f" {_PAPER}."
            if self._noisy
            else NO_NOISE,
        )

    def _on_toggled(self, on: bool) -> None:
        if not self._noisy:
            self.toggle.set_value(False)
            self.open_popup()
            return
        self._propose_noise(replace(self._own(), on=on))

    def _on_strength(self, strength: float) -> None:
        self._propose_noise(replace(self._own(), strength=strength))

    def _on_default(self) -> None:
        self.strength.propose(1.0)

    def _own(self) -> LayerNoise:
        return self.recipe.layer_noise(self._layer.index)

    def _propose_noise(self, noise: LayerNoise) -> None:
        recipe = self.recipe.with_noise_layer(self._layer.index, noise)
        self.propose(recipe, f"noise of {self._layer.name}")
