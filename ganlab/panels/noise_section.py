"""The noise of all layers, which they follow unless they say otherwise."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ganlab.controls.seed_box import SeedBox
from ganlab.controls.segmented import Segmented
from ganlab.controls.slider import ValueSlider
from ganlab.panels.recipe_widget import RecipeWidget
from ganlab.panels.sections import NO_MODEL, NOT_RANDOM, section_title
from ganlab.style import COLOUR
from ganlab_core.capabilities import Capabilities


class NoiseSection(RecipeWidget):
    """Strength, kind and seed of the noise that all layers follow unless they say otherwise."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._missing = NO_MODEL
        self.strength = ValueSlider(
            "Strength", 0, 2, 1.0, 0.05, 2, COLOUR.NOISE,
            "How much noise every layer adds: 1 is as trained, 0 is none"
            " (StyleGAN, Karras et al. 2019, sec. 3.2).",
        )  # fmt: skip
        self.mode = Segmented(
            "Noise",
            (
                ("stored", "The fixed noise kept with the model, so that pictures repeat exactly"
                 " (StyleGAN, Karras et al. 2019, sec. 3.2)."),
                ("random", "Noise drawn from the seed below: hair, freckles and texture change, the"
                 " person does not (StyleGAN, Karras et al. 2019, sec. 3.2)."),
                ("off", "No noise anywhere, which shows what the style alone paints"
                 " (StyleGAN, Karras et al. 2019, fig. 5)."),
            ),
            COLOUR.NOISE,
        )  # fmt: skip
        self.seed = SeedBox(
            "Noise seed",
            "The number that random noise is drawn from (StyleGAN, Karras et al. 2019, sec. 3.2).",
            "Throw the dice for other noise (StyleGAN, Karras et al. 2019, sec. 3.2).",
            prefix="seed ",
        )
        self._build()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        title = (
            "Noise adds fine random detail to each layer (StyleGAN, Karras et al. 2019, sec. 3.2)."
        )
        column.addWidget(section_title("NOISE", title))
        for part in (self.strength, self.mode, self.seed):
            column.addWidget(part)
        self.strength.edited.connect(self._on_strength)
        self.mode.edited.connect(self._on_mode)
        self.seed.edited.connect(self._on_seed)
        self.forward_drags(self.strength)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Be there for a model that adds noise; without a model, be grey and say why."""
        self._missing = NO_MODEL if can is None else ""
        self.setVisible(can is None or can.has_noise)
        self.refresh()

    def refresh(self) -> None:
        """Show the noise; its seed only counts where it is random."""
        noise = self.recipe.noise
        self.strength.set_value(noise.strength)
        self.mode.set_value(noise.mode)
        self.seed.set_value(noise.seed)
        self.strength.set_available(self._missing)
        self.strength.set_muted(noise.mode == "off", "off")
        self.mode.set_available(self._missing)
        self.seed.set_available(self._missing or ("" if noise.mode == "random" else NOT_RANDOM))

    def _on_strength(self, strength: float) -> None:
        noise = replace(self.recipe.noise, strength=strength)
        self.propose(replace(self.recipe, noise=noise), "noise strength")

    def _on_mode(self, mode: str) -> None:
        noise = replace(self.recipe.noise, mode=mode)
        self.propose(replace(self.recipe, noise=noise), "noise mode")

    def _on_seed(self, seed: int | None) -> None:
        if seed is not None:
            noise = replace(self.recipe.noise, seed=seed, other=None)
            self.propose(replace(self.recipe, noise=noise), "noise seed")
