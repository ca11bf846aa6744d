"""Alpha made visible: the newest block's picture taken apart (Karras et al. 2018, fig. 2)."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from ganlab.controls import Canvas, Label, Segmented, ValueSlider
from ganlab.recipe_widget import GROWTH_READOUT, RecipeWidget, section_title
from ganlab.style import COLOUR, STEP, font, set_surface, set_tip, set_tone
from ganlab_core.recipe import Capabilities
from ganlab_core.rendering import FadeParts, seen_by_discriminator

NOTHING = "There is no block before this one to fade from."
TITLES = (
    ("old", "old path"),
    ("new", "new path"),
    ("blend", "blend"),
    ("difference", "difference"),
)
TIPS = {
    "generator": {
        "old": "The block before, its pixels doubled.",
        "new": "The newest block's own picture.",
        "blend": "(1 - alpha) old + alpha new: the picture that is shown.",
        "difference": "|new - old|: what the newest block adds.",
    },
    "discriminator": {
        "old": "What D's block before reads: the picture at half the resolution.",
        "new": "What D's newest block reads: the picture that is shown.",
        "blend": "(1 - alpha) old + alpha new: how much of each D hears; it mixes features, not pixels.",
        "difference": "|new - old|: the detail that only D's newest block sees.",
    },
}
SIDES = (
    ("generator", "How the newest block's picture is faded in."),
    ("discriminator", "How the shown picture is faded into the discriminator."),
)


class FadeView(RecipeWidget):
    """Four pictures of one fade, and a slider that holds alpha anywhere.

    Signals
    -------
    wanted()
        The parts of the Recipe shown last are wanted; answer with `show_parts`.
    """

    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_surface(self, "panel")
        self._can: Capabilities | None = None
        self._words = Label(NOTHING)
        self._words.setWordWrap(True)
        self._words.setFont(font("small"))
        set_tone(self._words, "muted")
        self._parts: FadeParts | None = None
        self.side = Segmented("Network taken apart", SIDES, COLOUR.GROWTH)
        self.side.edited.connect(self._on_side)
        self._pictures: dict[str, Canvas] = {}
        grid = QGridLayout()
        grid.setSpacing(STEP)
        for index, (name, title) in enumerate(TITLES):
            picture = Canvas()
            picture.setMinimumSize(20 * STEP, 16 * STEP)
            picture.set_smooth(False)
            picture.setAccessibleName(title)
            caption = Label(title)
            caption.setFont(font("small"))
            set_tone(caption, "muted")
            grid.addWidget(picture, 2 * (index // 2), index % 2)
            grid.addWidget(caption, 2 * (index // 2) + 1, index % 2)
            self._pictures[name] = picture
        self.growth = ValueSlider(
            "Hold alpha at", 2, 10, None, 0.02, 3, COLOUR.GROWTH,
            "How far the network has grown; hold it anywhere between two resolutions to see the fade"
            " (ProGAN, Karras et al. 2018, fig. 2).",
            readout=GROWTH_READOUT,
        )  # fmt: skip
        self.growth.edited.connect(self._on_growth)
        self.growth.default_asked.connect(self._on_default)
        self.forward_drags(self.growth)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 3 * STEP)
        column.setSpacing(2 * STEP)
        column.addWidget(section_title("FADE", "The newest block taken apart, in G and in D."))
        column.addWidget(self.side)
        column.addWidget(self._words)
        column.addLayout(grid, 1)
        column.addWidget(self.growth)
        self._on_side("generator")

    def sizeHint(self) -> QSize:
        """Wide enough to see something in the four pictures."""
        return super().sizeHint().expandedTo(QSize(72 * STEP, 0))

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer the growth this model has."""
        self._can = can
        if can is not None and can.has_growth:
            self.growth.set_span(2, max(3, can.full_growth))
            self.growth.set_available()
        else:
            self.growth.set_available("This model does not grow.")
        self.refresh()

    def refresh(self) -> None:
        """Show the Recipe's growth, and ask for its parts."""
        full = self._can.full_growth if self._can else 10
        self.growth.set_value(full if self.recipe.growth is None else self.recipe.growth)
        self.ask()

    def ask(self) -> None:
        """Ask for the parts, as long as somebody sees them."""
        if self.isVisible() and self._can is not None:
            self.wanted.emit()

    def show_parts(self, parts: FadeParts | None) -> None:
        """Show a block taken apart; None where there is nothing to take apart."""
        self._parts = parts
        if parts is None:
            self._words.setText(NOTHING)
            for picture in self._pictures.values():
                picture.show_message("")
            return
        self._words.setText(
            f"{parts.resolution // 2} px \N{RIGHTWARDS ARROW} {parts.resolution} px; alpha is held below."
        )
        shown = seen_by_discriminator(parts) if self.side.value == "discriminator" else parts
        for name, picture in self._pictures.items():
            picture.show_pixels(getattr(shown, name))

    def showEvent(self, event: QShowEvent) -> None:
        """Come up to date."""
        super().showEvent(event)
        self.ask()

    def _on_side(self, side: str) -> None:
        """Take the other network apart."""
        self.side.set_value(side)
        for name, picture in self._pictures.items():
            set_tip(picture, f"{TIPS[side][name]} (ProGAN, Karras et al. 2018, fig. 2)")
        if self._parts is not None:
            self.show_parts(self._parts)

    def _on_growth(self, growth: float) -> None:
        full = self._can.full_growth if self._can else math.inf
        self.propose(replace(self.recipe, growth=None if growth >= full else growth), "growth")

    def _on_default(self) -> None:
        self.propose(replace(self.recipe, growth=None), "growth")
