"""What every panel and every strip is: a widget that shows one Recipe and proposes another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFrame, QWidget

from ganlab import style
from ganlab.controls.label import Label
from ganlab.controls.sliders import FillBar, Track, ValueSlider
from ganlab_core.recipe import Capabilities, Recipe


class RecipeWidget(QFrame):
    """Shows a Recipe without editing it; `edited` carries the Recipe a person wants and its label.

    `drag_started` and `drag_finished` bracket the edits of one movement of the hand.
    """

    edited = Signal(object, str)
    drag_started = Signal()
    drag_finished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.recipe = Recipe()

    def show_recipe(self, recipe: Recipe) -> None:
        """Show this Recipe; never emits `edited`."""
        self.recipe = recipe
        self.refresh()

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do, None when no model is open; by default nothing depends on it."""

    def refresh(self) -> None:
        """Bring every control to what `recipe` says."""
        raise NotImplementedError

    def propose(self, recipe: Recipe, label: str) -> None:
        """Tell what a person wants, when it differs from what is shown."""
        if recipe != self.recipe:
            self.edited.emit(recipe, label)

    def forward_drags(self, *parts: ValueSlider | Track | FillBar | RecipeWidget) -> None:
        """Pass on when the hand takes hold of one of these and lets go."""
        for part in parts:
            part.drag_started.connect(self.drag_started)
            part.drag_finished.connect(self.drag_finished)


# ------------------------------------------------------------------------------------------------
# What the sections of the master panel share: their heading, and why something is greyed out.


NO_MODEL = "Open a model first."
NO_NOISE = "This model adds no noise to its layers."
NOT_RANDOM = "Only random noise has a seed: choose random above."


def section_title(text: str, tooltip: str) -> Label:
    """The quiet heading of a group of controls."""
    label = Label(text)
    label.setFont(style.font("small", bold=True))
    style.set_tip(label, tooltip)
    style.set_tone(label, "section")
    return label


# ------------------------------------------------------------------------------------------------
# What the controls are called, which depends on what a model can do: styles of W, or parts of z.


@dataclass(frozen=True, slots=True)
class Words:
    """Names and explanations of the controls that all architectures share.

    Attributes
    ----------
    heading, heading_tip
        Of the master panel's first section.
    master, other
        What a strip shows by itself, and the kind of thing that can be mixed in: `"style A"`, `"style"`.
    seed, seed_tip
        Of the master's seed.
    psi, psi_tip
        Of the truncation.
    mix_paper, psi_paper
        Where mixing and truncation are described.
    """

    heading: str
    heading_tip: str
    master: str
    other: str
    seed: str
    seed_tip: str
    psi: str
    psi_tip: str
    mix_paper: str
    psi_paper: str


_STYLE = Words(
    heading="STYLE A",
    heading_tip="Style A is what every strip shows; a strip can mix in another style at its own"
    " scale (StyleGAN, Karras et al. 2019, sec. 3.1).",
    master="style A",
    other="style",
    seed="Seed of style A",
    seed_tip="The number that style A is drawn from: every strip shows it unless it mixes in another"
    " style (style mixing; StyleGAN, Karras et al. 2019, sec. 3.1).",
    psi="Truncation psi",
    psi_tip="How far from the average picture the style may lie: 0 is the average, 1 is as trained"
    " (truncation trick; StyleGAN, Karras et al. 2019, appendix B).",
    mix_paper="(style mixing; StyleGAN, Karras et al. 2019, sec. 3.1)",
    psi_paper="(truncation trick; StyleGAN, Karras et al. 2019, appendix B)",
)

_BLOCKS = Words(
    heading="LATENT Z",
    heading_tip="The random vector z that the picture grows from; every block takes its part of it,"
    " or of another z (skip-z; BigGAN, Brock et al. 2019, sec. 3).",
    master="master z",
    other="z",
    seed="Seed of z",
    seed_tip="The number that z is drawn from: every block takes its part of it unless it mixes in"
    " another z (skip-z; BigGAN, Brock et al. 2019, sec. 3).",
    psi="Truncation psi",
    psi_tip="The scale of z: towards 0 pictures become plainer and more alike, 1 is as trained"
    " (truncation trick; BigGAN, Brock et al. 2019, sec. 3.1).",
    mix_paper="(skip-z; BigGAN, Brock et al. 2019, sec. 3)",
    psi_paper="(truncation trick as the scale of z; BigGAN, Brock et al. 2019, sec. 3.1)",
)

_LATENT = Words(
    heading="LATENT Z",
    heading_tip="The random vector z that the whole picture grows from (ProGAN, Karras et al. 2018).",
    master="master z",
    other="z",
    seed="Seed of z",
    seed_tip="The number that z is drawn from; each seed is a picture (ProGAN, Karras et al. 2018).",
    psi="Truncation psi",
    psi_tip="This model normalises z, so there is nothing to truncate (ProGAN, Karras et al. 2018).",
    mix_paper="(ProGAN, Karras et al. 2018)",
    psi_paper="(ProGAN, Karras et al. 2018)",
)


def words_for(can: Capabilities | None) -> Words:
    """The words for a model; those of styles while there is none."""
    if can is None or can.has_w:
        return _STYLE
    return _BLOCKS if can.has_mixing or can.has_truncation else _LATENT


# ------------------------------------------------------------------------------------------------
# The panels that are kept in step with the Recipe and the model: told alike, heard as one.


class Followers(QObject):
    """All panels that show and edit the Recipe.

    Signals
    -------
    edited(Recipe, str), drag_started(), drag_finished()
        What a person did with any of them.
    """

    edited = Signal(object, str)
    drag_started = Signal()
    drag_finished = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panels: list[RecipeWidget] = []
        self._can: Capabilities | None = None
        self._ready: list[RecipeWidget] = []

    def add(self, panel: RecipeWidget) -> None:
        """Hear a panel's edits, and show it what changes from now on."""
        self._panels.append(panel)
        panel.edited.connect(self.edited)
        panel.drag_started.connect(self.drag_started)
        panel.drag_finished.connect(self.drag_finished)
        panel.set_capabilities(self._can)

    def making_ready(self, can: Capabilities, but: RecipeWidget) -> Iterator[None]:
        """Let one panel after the other offer what the model can do, all but one: less is left to do."""
        self._can, self._ready = can, []
        for panel in self._panels:
            if panel is but:
                continue
            panel.set_capabilities(can)
            self._ready.append(panel)
            yield

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Let every panel offer what the model can do."""
        ready = self._ready if can == self._can else []
        self._can, self._ready = can, []
        for panel in self._panels:
            if panel not in ready:
                panel.set_capabilities(can)

    def show_recipe(self, recipe: Recipe) -> None:
        """Let every panel show this Recipe."""
        for panel in self._panels:
            panel.show_recipe(recipe)
