"""The two halves of the master panel: the style all strips share, and the noise of all layers."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls.icon_button import IconButton
from ganlab.controls.seed_box import SeedBox
from ganlab.controls.segmented import Segmented
from ganlab.controls.slider import ValueSlider
from ganlab.controls.span import Readout, number_in
from ganlab.panels.growth import GROWTH_READOUT
from ganlab.panels.recipe_widget import RecipeWidget
from ganlab.style import COLOUR
from ganlab_core.capabilities import Capabilities
from ganlab_core.recipe import Latent

NO_MODEL = "Open a model first."
NO_W = "This model has no style vector W, so there is nothing to truncate."
NO_NOISE = "This model adds no noise to its layers."
NO_GROWTH = "This model does not grow: it was trained at one resolution."
NOT_RANDOM = "Only random noise has a seed: choose random above."


def cutoff_readout(layers: int) -> Readout:
    """`"8 of 12"`, or `"all"` from the last layer on."""

    def write(value: float) -> str:
        return "all" if value >= layers else f"{value:.0f} of {layers}"

    def read(text: str) -> float | None:
        return float(layers) if text.strip().lower() == "all" else number_in(text)

    return Readout(write, read)


def section_title(text: str, tooltip: str) -> QLabel:
    """The quiet heading of a group of controls."""
    label = QLabel(text)
    label.setFont(style.font("small", bold=True))
    style.set_tip(label, tooltip)
    style.set_tone(label, "section")
    return label


class StyleSection(RecipeWidget):
    """Seed, truncation and growth: what every strip follows unless it says otherwise."""

    reset_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._full = 10
        self._layers = 18
        self.seed = SeedBox(
            "Seed of style A",
            "The number that style A is drawn from: every strip shows it unless it mixes in another"
            " style (style mixing; StyleGAN, Karras et al. 2019, sec. 3.1).",
            "Throw the dice for a new seed (latent z; ProGAN, Karras et al. 2018).",
        )
        self.psi = ValueSlider(
            "Truncation psi", -1, 2, 0.7, 0.05, 2, COLOUR.TRUNCATION,
            "How far from the average picture the style may lie: 0 is the average, 1 is as trained"
            " (truncation trick; StyleGAN, Karras et al. 2019, appendix B).",
        )  # fmt: skip
        self.cutoff = ValueSlider(
            "Cutoff layer", 0, 18, None, 1, 0, COLOUR.TRUNCATION,
            "How many layers, from the coarsest, psi applies to; finer ones keep the full style"
            " (StyleGAN, Karras et al. 2019, appendix B).",
            readout=cutoff_readout(18),
        )  # fmt: skip
        self.growth = ValueSlider(
            "Growth", 2, 10, None, 0.05, 3, COLOUR.GROWTH,
            "How far the network has grown: each block is faded in from 0 to 100 percent"
            " (progressive growing; ProGAN, Karras et al. 2018, fig. 2).",
            readout=GROWTH_READOUT,
        )  # fmt: skip
        self.reset = IconButton(
            "reset",
            "Reset all",
            "Put everything but the seed back to how the model was trained"
            " (StyleGAN, Karras et al. 2019).",
        )
        self._build()
        self._connect()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.seed.field.setFont(style.font("body", bold=True))
        for part in (self.seed, self.psi, self.cutoff, self.growth):
            column.addWidget(part)
        top = QHBoxLayout()
        top.addWidget(
            section_title(
                "STYLE A",
                "Style A is what every strip shows; a strip can mix in another style at its own"
                " scale (StyleGAN, Karras et al. 2019, sec. 3.1).",
            ),
            1,
        )
        top.addWidget(self.reset)
        column.insertLayout(0, top)  # last, so that Tab reaches the seed first

    def _connect(self) -> None:
        self.seed.edited.connect(self._on_seed)
        self.psi.edited.connect(self._on_psi)
        self.cutoff.edited.connect(self._on_cutoff)
        self.cutoff.default_asked.connect(self._on_cutoff_default)
        self.growth.edited.connect(self._on_growth)
        self.growth.default_asked.connect(self._on_growth_default)
        self.reset.clicked.connect(self.reset_asked)
        self.forward_drags(self.psi, self.cutoff, self.growth)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do; grey out the rest and say why."""
        if can is not None:
            self._full = can.full_growth
            self._layers = max(1, len(can.layers))
            self.growth.set_span(2, max(self._full, 3))
            self.cutoff.set_span(0, self._layers, cutoff_readout(self._layers))
        missing = NO_MODEL if can is None else ""
        no_w = missing or ("" if can is not None and can.has_w else NO_W)
        self.seed.set_available(missing)
        self.reset.set_available(missing)
        self.psi.set_available(no_w)
        self.cutoff.set_available(no_w)
        self.growth.set_available(
            missing or ("" if can is not None and can.has_growth else NO_GROWTH)
        )
        self.refresh()

    def refresh(self) -> None:
        """Show seed, truncation and growth."""
        recipe = self.recipe
        if recipe.latent.vector:
            self.seed.set_value(None, f"a place in {recipe.latent.space.upper()}")
        else:
            self.seed.set_value(recipe.latent.seed)
        self.psi.set_value(recipe.psi)
        self.cutoff.set_value(self._layers if recipe.cutoff is None else recipe.cutoff)
        self.growth.set_value(self._full if recipe.growth is None else recipe.growth)

    def _on_seed(self, seed: int | None) -> None:
        if seed is not None:
            self.propose(replace(self.recipe, latent=Latent(seed)), "seed")

    def _on_psi(self, psi: float) -> None:
        self.propose(replace(self.recipe, psi=psi), "psi")

    def _on_cutoff(self, layers: float) -> None:
        cutoff = None if layers >= self._layers else round(layers)
        self.propose(replace(self.recipe, cutoff=cutoff), "cutoff")

    def _on_cutoff_default(self) -> None:
        self.propose(replace(self.recipe, cutoff=None), "cutoff")

    def _on_growth(self, growth: float) -> None:
        whole = None if growth >= self._full else growth
        self.propose(replace(self.recipe, growth=whole), "growth")

    def _on_growth_default(self) -> None:
        self.propose(replace(self.recipe, growth=None), "growth")


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
        """Grey out, with the reason, when the model adds no noise."""
        self._missing = NO_MODEL if can is None else "" if can.has_noise else NO_NOISE
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
            noise = replace(self.recipe.noise, seed=seed)
            self.propose(replace(self.recipe, noise=noise), "noise seed")
