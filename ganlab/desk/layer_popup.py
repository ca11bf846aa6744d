"""The small window of one layer: its own style and its own noise."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls.icon_button import IconButton
from ganlab.controls.label import Label
from ganlab.controls.popup import place_below
from ganlab.controls.seed_box import SeedBox, SeedField, thrown
from ganlab.controls.segmented import Segmented
from ganlab.controls.slider import ValueSlider
from ganlab.controls.word_button import WordButton
from ganlab.desk.sources import other_style, with_source
from ganlab.panels.recipe_widget import RecipeWidget
from ganlab.panels.sections import NO_NOISE, NOT_RANDOM, section_title
from ganlab.style import COLOUR
from ganlab_core.capabilities import Capabilities, Layer
from ganlab_core.recipe import Latent, LayerNoise, Mix, Recipe
from ganlab_core.recipe_kinds import latent_words

FROZEN = "This layer has a noise of its own, which stays already."
SILENT = "There is no noise here to keep."
NO_STYLE = "This model has no style vector W, so layers have no style of their own."


class LayerPopup(RecipeWidget):
    """Style mixing and noise of one layer; what is set here wins over its strip."""

    def __init__(self, layer: Layer, can: Capabilities, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.Popup)
        style.set_surface(self, "strip")
        self._layer = layer
        self.setAccessibleName(f"Layer {layer.name}")
        where = "at this one layer (style mixing; StyleGAN, Karras et al. 2019, sec. 3.1)."
        self.source = SeedField(
            f"Style of {layer.name}",
            f"The seed of the style mixed in {where}",
            optional=True,
            prefix="seed ",
        )
        self.dice = IconButton(
            "dice", f"Dice for {layer.name}", f"Mix in a random style {where}", framed=True
        )
        self.clear = IconButton(
            "clear", f"Clear {layer.name}", f"Follow the strip again {where}", framed=True
        )
        self.amount = ValueSlider(
            "mix", 0, 1, None, 0.05, 2, COLOUR.STYLE, f"How much of that style is used {where}"
        )
        self.freeze = WordButton(
            "Freeze",
            "Keep this layer's noise as it is now, whatever the master's does"
            " (StyleGAN, Karras et al. 2019, sec. 3.2).",
            f"Freeze the noise of {layer.name}",
        )
        self.freeze.setProperty("raised", "true")
        self.mode = Segmented(f"Noise of {layer.name}", _modes(), COLOUR.NOISE)
        self.seed = SeedBox(
            f"Noise seed of {layer.name}",
            "The number this layer's own noise is drawn from (StyleGAN, Karras et al. 2019, sec. 3.2).",
            "Throw the dice for other noise in this layer (StyleGAN, Karras et al. 2019, sec. 3.2).",
        )
        self.strength = ValueSlider(
            "strength", 0, 10, 1.0, 0.1, 2, COLOUR.NOISE,
            "How much noise this layer adds, multiplied with the master's strength"
            " (StyleGAN, Karras et al. 2019, sec. 3.2).",
        )  # fmt: skip
        self._build()
        self._connect()
        self._offer(can)

    def _build(self) -> None:
        title = Label(self._layer.name.replace("/", " · "))
        title.setFont(style.font("body", bold=True))
        row = QHBoxLayout()
        row.setSpacing(4)
        for part in (self.source, self.dice, self.clear):
            row.addWidget(part)
        self.source.setFixedHeight(24)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(section_title("STYLE", self.source.accessibleDescription()))
        column.addLayout(row)
        column.addWidget(self.amount)
        head = QHBoxLayout()
        head.addWidget(section_title("NOISE", self.seed.field.accessibleDescription()), 1)
        head.addWidget(self.freeze)
        column.addLayout(head)
        column.addWidget(self.mode)
        column.addWidget(self.seed)
        column.addWidget(self.strength)
        self.setFixedWidth(240)

    def _connect(self) -> None:
        self.source.edited.connect(self._on_source)
        self.dice.clicked.connect(self._on_dice)
        self.clear.clicked.connect(self._on_clear)
        self.amount.edited.connect(self._on_amount)
        self.amount.default_asked.connect(self._on_clear)
        self.freeze.clicked.connect(self._on_freeze)
        self.mode.edited.connect(self._on_mode)
        self.seed.edited.connect(self._on_seed)
        self.strength.edited.connect(self._on_strength)
        self.forward_drags(self.amount, self.strength)

    def _offer(self, can: Capabilities) -> None:
        no_style = "" if can.has_w else NO_STYLE
        for part in (self.source, self.dice, self.clear, self.amount):
            part.set_available(no_style)
        self._no_noise = "" if can.has_noise and self._layer.noise else NO_NOISE
        self.mode.set_available(self._no_noise)
        self.strength.set_available(self._no_noise)
        self.refresh()

    def open_below(self, widget: QWidget) -> None:
        """Show the window under a widget, moved up where the screen ends."""
        place_below(self, widget)
        self.source.setFocus(Qt.FocusReason.PopupFocusReason)

    def refresh(self) -> None:
        """Show this layer's style and noise."""
        layer = self._layer
        own = dict(self.recipe.mix_layers).get(layer.w_plus_index)
        used = self.recipe.mix_of(layer)
        follows = "as the strip" if own is None else latent_words(own.latent)
        seed = own.latent.seed if own is not None and own.latent.is_seed else None
        self.source.set_value(seed, follows)
        self.amount.set_value(used.amount if used is not None else 0.0)
        self.amount.set_muted(own is None, "as the strip")
        noise = self.recipe.layer_noise(layer.index)
        self.mode.set_value("as master" if noise.mode == "master" else noise.mode)
        self.seed.set_value(noise.seed)
        not_random = "" if noise.mode == "random" else NOT_RANDOM
        self.seed.set_available(self._no_noise or not_random)
        self.strength.set_value(noise.strength)
        frozen = "" if noise.mode == "master" else FROZEN
        silent = SILENT if self.recipe.noise.mode == "off" or not noise.on else ""
        self.freeze.set_available(self._no_noise or frozen or silent)

    # --- style -------------------------------------------------------------------------------------

    def _on_source(self, seed: int | None) -> None:
        own = dict(self.recipe.mix_layers).get(self._layer.w_plus_index)
        self._mix(None if seed is None else with_source(own, Latent(seed)))

    def _on_dice(self) -> None:
        self._on_source(thrown())

    def _on_clear(self) -> None:
        self._mix(None)

    def _on_amount(self, amount: float) -> None:
        used = self.recipe.mix_of(self._layer)
        source = used.latent if used is not None else other_style(self.recipe)
        self._mix(Mix(source, amount))

    def _mix(self, mix: Mix | None) -> None:
        recipe = self.recipe.with_mix_layer(self._layer.w_plus_index, mix)
        self.propose(recipe, f"style of {self._layer.name}")

    # --- noise -------------------------------------------------------------------------------------

    def _on_mode(self, word: str) -> None:
        mode = "master" if word == "as master" else word
        self._noise(replace(self._own(), mode=mode, other=None))

    def _on_freeze(self) -> None:
        self._noise(LayerNoise.holding(self.recipe.noise, self._own()))

    def _on_seed(self, seed: int | None) -> None:
        if seed is not None:
            self._noise(replace(self._own(), seed=seed, other=None))

    def _on_strength(self, strength: float) -> None:
        self._noise(replace(self._own(), strength=strength))

    def _own(self) -> LayerNoise:
        return self.recipe.layer_noise(self._layer.index)

    def _noise(self, noise: LayerNoise) -> None:
        recipe: Recipe = self.recipe.with_noise_layer(self._layer.index, noise)
        self.propose(recipe, f"noise of {self._layer.name}")


def _modes() -> tuple[tuple[str, str], ...]:
    paper = "(StyleGAN, Karras et al. 2019, sec. 3.2)."
    return (
        ("as master", f"The same kind of noise as the master panel says {paper}"),
        ("stored", f"The fixed noise kept with the model {paper}"),
        ("random", f"Noise drawn from this layer's own seed {paper}"),
    )
