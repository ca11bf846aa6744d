"""Picture size: the picture larger or wider than trained, tiled, and a walk across it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import Label, Readout, SeedBox, Segmented, ValueSlider, WordButton, number_in
from ganlab.recipe_widget import NO_MODEL, RecipeWidget, section_title
from ganlab.style import COLOUR
from ganlab_core.recipe import Capabilities, Extent, Latent

PAPER = "(from a larger constant; StyleGAN, Karras et al. 2019, fig. 1)"
NO_CONSTANT = "Only StyleGAN and StyleGAN2 start from a constant that can be larger."
ONE_STYLE = "The whole picture has one style."
LARGEST = 4.0


def _times() -> Readout:
    return Readout(lambda value: f"{value:.2f} ×", number_in)


class ExtentPanel(RecipeWidget):
    """How wide and high the picture is, what its larger start is made of, its edges, and styles across."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Picture size")
        self._can: Capabilities | None = None
        self.wide = ValueSlider(
            "Width", 1, LARGEST, 1.0, 0.25, 2, COLOUR.STYLE,
            f"Make the picture so many times as wide as trained {PAPER}.", readout=_times(),
        )  # fmt: skip
        self.high = ValueSlider(
            "Height", 1, LARGEST, 1.0, 0.25, 2, COLOUR.STYLE,
            f"Make the picture so many times as high as trained {PAPER}.", readout=_times(),
        )  # fmt: skip
        self._build_choices()
        self.plain = WordButton("As trained", f"Let the picture be as it was trained {PAPER}.")
        self.facts = Label()
        self.facts.setFont(style.font("small"))
        self.facts.setWordWrap(True)
        style.set_tone(self.facts, "muted")
        self._build()
        self._connect()
        self.set_capabilities(None)

    def _build_choices(self) -> None:
        self.fill = Segmented(
            "Larger start",
            (
                ("mirror", f"The learned start in the middle, mirrored at its edges {PAPER}."),
                ("repeat", f"The learned start again and again {PAPER}."),
                ("stretch", f"The learned start pulled to the larger size {PAPER}."),
            ),
            COLOUR.STYLE,
        )
        self.seamless = Segmented(
            "Seamless",
            (
                ("no", f"The picture ends at its edges, as trained {PAPER}."),
                ("across", f"The left edge goes on at the right one: a band that tiles {PAPER}."),
                ("down", f"The top edge goes on at the bottom one {PAPER}."),
                ("both", f"All edges go on at the opposite ones: a tile {PAPER}."),
            ),
            COLOUR.STYLE,
        )
        across = "the style goes over to it from left to right, column by column (in W)."
        self.walk = Segmented(
            "Across",
            (
                ("one style", "The same style everywhere."),
                ("walk", f"Another latent at the right edge: {across}"),
            ),
            COLOUR.STYLE,
        )
        self.seed = SeedBox(
            "Seed at the right", f"The latent at the right edge: {across}",
            "Throw the dice for another latent at the right edge.", prefix="seed ",
        )  # fmt: skip

    def _build(self) -> None:
        top = QHBoxLayout()
        top.addWidget(section_title("PICTURE SIZE", f"Larger than trained {PAPER}."), 1)
        top.addWidget(self.plain)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(top)
        for part in (self.wide, self.high, self.facts):
            column.addWidget(part)
        for title, tip, choice in (
            ("LARGER START", f"What the larger constant is made of {PAPER}.", self.fill),
            ("SEAMLESS", f"Which edges go on at the opposite ones {PAPER}.", self.seamless),
            ("ACROSS", "Styles that change from left to right.", self.walk),
        ):
            column.addWidget(section_title(title, tip))
            column.addWidget(choice)
        column.addWidget(self.seed)
        column.addStretch(1)

    def _connect(self) -> None:
        for slider in (self.wide, self.high):
            self.forward_drags(slider)
        self.wide.edited.connect(self._on_wide)
        self.high.edited.connect(self._on_high)
        self.fill.edited.connect(self._on_fill)
        self.seamless.edited.connect(self._on_seamless)
        self.walk.edited.connect(self._on_walk)
        self.seed.edited.connect(self._on_seed)
        self.plain.clicked.connect(self._on_plain)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Be grey for a model that has no constant, and say so."""
        self._can = can
        self.refresh()

    def refresh(self) -> None:
        """Show the extent, and the pixels that it comes to."""
        can, recipe = self._can, self.recipe
        extent, across = recipe.extent, recipe.across
        missing = NO_MODEL if can is None else "" if can.has_extent else NO_CONSTANT
        self.wide.set_value(extent.wide)
        self.high.set_value(extent.high)
        self.fill.set_value(extent.fill)
        self.seamless.set_value(extent.seamless)
        self.walk.set_value("walk" if across else "one style")
        if across:
            self.seed.set_value(across[-1].seed)
        for part in (self.wide, self.high, self.fill, self.seamless, self.walk):
            part.set_available(missing)
        self.seed.set_available(missing or ("" if across else ONE_STYLE))
        self.plain.setEnabled(not missing and (extent != Extent() or bool(across)))
        if missing or can is None:
            self.facts.setText(missing)
            return
        height, width = extent.size_at(can.resolution, can)
        self.facts.setText(f"{width} × {height} px")

    def _on_wide(self, value: float) -> None:
        self._propose_extent(replace(self.recipe.extent, wide=value), "width")

    def _on_high(self, value: float) -> None:
        self._propose_extent(replace(self.recipe.extent, high=value), "height")

    def _on_fill(self, fill: str) -> None:
        self._propose_extent(replace(self.recipe.extent, fill=fill), "larger start")

    def _on_seamless(self, seamless: str) -> None:
        self._propose_extent(replace(self.recipe.extent, seamless=seamless), "seamless")

    def _propose_extent(self, extent: Extent, label: str) -> None:
        self.propose(replace(self.recipe, extent=extent), label)

    def _on_walk(self, word: str) -> None:
        there = (Latent(self.recipe.latent.seed + 1),) if word == "walk" else ()
        self.propose(replace(self.recipe, across=there), "styles across")

    def _on_seed(self, seed: int | None) -> None:
        if seed is not None and self.recipe.across:
            across = (*self.recipe.across[:-1], Latent(seed))
            self.propose(replace(self.recipe, across=across), "styles across")

    def _on_plain(self) -> None:
        self.propose(replace(self.recipe, extent=Extent(), across=()), "size as trained")
