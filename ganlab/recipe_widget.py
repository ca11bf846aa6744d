"""What every panel and every strip is: a widget that shows one Recipe and proposes another."""

from __future__ import annotations

import math
import re
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFrame, QWidget

from ganlab import style
from ganlab.controls import FillBar, Label, Readout, Track, ValueSlider, number_in
from ganlab_core.recipe import Capabilities, Recipe


def _nothing() -> None:
    """What a weak reference gives when its object has gone."""


class RecipeWidget(QFrame):
    """Shows a Recipe without editing it; `edited` carries the Recipe a person wants and its label.

    `drag_started` and `drag_finished` bracket the edits of one movement of the hand.
    """

    edited = Signal(object, str)
    drag_started = Signal()
    drag_finished = Signal()

    made_out_of_sight = False
    """Whether `making` does the long part, and `set_capabilities` then shows it at one stroke."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recipe = self._refreshed = Recipe()
        self._around: Callable[[], RecipeWidget | None] = _nothing

    @property
    def recipe(self) -> Recipe:
        """What is shown, and in the middle of a drag what will be: what a person wants is based on it.

        A part that was shown the Recipe of the widget around it knows what that one holds.
        """
        around = self._around() or self._find_around()
        follows = around is not None and around._refreshed is self._recipe
        return around.recipe if around is not None and follows else self._recipe

    def _find_around(self) -> RecipeWidget | None:
        """The widget whose part this is; known for good once it stands there.

        It is held weakly: a whole and its parts would else hold each other when they have gone from the
        desk, until all garbage is collected.
        """
        above = self.parentWidget()
        while above is not None and not isinstance(above, RecipeWidget):
            above = above.parentWidget()
        self._around = _nothing if above is None else weakref.ref(above)
        return above

    def show_recipe(self, recipe: Recipe) -> None:
        """Show this Recipe; never emits `edited`."""
        self._recipe = self._refreshed = recipe
        self.refresh()

    def know(self, recipe: Recipe) -> None:
        """Know this Recipe, which is shown soon: a hand moves faster than there is need to paint."""
        self._recipe = recipe

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do, None when no model is open; by default nothing depends on it."""

    def making(self, _can: Capabilities) -> Iterator[None]:
        """Make what takes long before a model can be shown, a slice at each step; nothing by default."""
        yield from ()

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


PSI_LOW, PSI_HIGH, PSI_STEP = -1.0, 2.0, 0.05
"""What the desk offers of the truncation psi; a Recipe may hold more."""


@dataclass(frozen=True, slots=True)
class ControlNames:
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


_STYLE = ControlNames(
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

_BLOCKS = ControlNames(
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

_LATENT = ControlNames(
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


def names_for(can: Capabilities | None) -> ControlNames:
    """The words for a model; those of styles while there is none."""
    if can is None or can.has_w:
        return _STYLE
    return _BLOCKS if can.has_mixing or can.has_truncation else _LATENT


# Growth in a person's words: which block is being faded in, and how far (Karras et al. 2018, fig.
# 2).

_PIXELS = re.compile(r"(\d+)\s*px")
_PERCENT = re.compile(r"(\d+([.,]\d*)?)\s*%")
_LARGEST_LOG2 = 10


def alpha_of(growth: float | None, resolution: int) -> float:
    """The fade-in alpha, 0 to 1, of one resolution's block; the 4 px block is always whole."""
    if growth is None or resolution <= 4:
        return 1.0
    return min(1.0, max(0.0, growth - (math.log2(resolution) - 1)))


def growth_for(resolution: int, alpha: float, output: int) -> float | None:
    """The growth at which this resolution's block has this alpha; None when the network is whole."""
    growth = math.log2(resolution) - 1 + alpha
    return None if growth >= math.log2(output) else max(2.0, growth)


def write_growth(growth: float) -> str:
    """`"32 px 37 %"`: the resolution being faded in and its alpha."""
    percent = round(100 * (growth - math.floor(growth)))
    if percent == 0:
        return f"{2 ** math.floor(growth)} px 100 %"
    return f"{2 ** math.ceil(growth)} px {percent} %"


def read_growth(text: str) -> float | None:
    """Understand `"32 px 37 %"`, `"32 px"`, `"32"` as pixels and `"4.37"` as log2 of pixels."""
    pixels, percent = _PIXELS.search(text), _PERCENT.search(text)
    if pixels is None:
        return None if percent else _bare(number_in(text))
    whole = math.log2(max(4, int(pixels.group(1))))
    if percent is None:
        return whole
    return max(2.0, whole - 1 + float(percent.group(1).replace(",", ".")) / 100)


def _bare(number: float | None) -> float | None:
    """A power of two from 4 up means pixels, as does all above 10; the rest is log2 already."""
    if number is None or number <= 0:
        return None
    power = number >= 4 and math.log2(number).is_integer()
    return math.log2(number) if power or number > _LARGEST_LOG2 else number


GROWTH_READOUT = Readout(write_growth, read_growth)


FOLLOWING_MS = 40
"""How long a panel may stay behind a hand that moves, where no picture comes."""


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
        self._held: Recipe | None = None
        self._late = QTimer(self, singleShot=True, interval=FOLLOWING_MS)
        self._late.timeout.connect(self.catch_up)

    def add(self, panel: RecipeWidget) -> None:
        """Hear a panel's edits, and show it what changes from now on."""
        self._panels.append(panel)
        panel.edited.connect(self.edited)
        panel.drag_started.connect(self.drag_started)
        panel.drag_finished.connect(self.drag_finished)
        panel.set_capabilities(self._can)

    def making_ready(self, can: Capabilities) -> Iterator[None]:
        """Let one panel after the other offer what the model can do, so that less is left to do."""
        for panel in self._panels:
            yield from panel.making(can)
        self._can, self._ready = can, []
        for panel in self._panels:
            if panel.made_out_of_sight:
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
        self._held = None
        for panel in self._panels:
            panel.show_recipe(recipe)

    def follow(self, recipe: Recipe) -> None:
        """Let every panel know the Recipe of a hand that moves, and show it with the next picture.

        The first movement is shown at once. A hand moves a hundred times a second; what that costs the
        window, the pictures lack.
        """
        if not self._late.isActive():
            self.show_recipe(recipe)
            self._late.start()
            return
        self._held = recipe
        for panel in self._panels:
            panel.know(recipe)

    def catch_up(self) -> None:
        """Show what the panels know already, if anything."""
        if self._held is not None:
            self.show_recipe(self._held)
            self._late.start()

    def catch_up_with_picture(self) -> None:
        """The same where it is time: a picture is painted now, and one painting is enough for both."""
        if self._late.remainingTime() < FOLLOWING_MS // 2:
            self.catch_up()
