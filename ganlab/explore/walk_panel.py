"""Wander: let the picture walk by itself, walk it by hand, throw the dice for some scales only."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls.buttons import Toggle, WordButton
from ganlab.controls.sliders import ValueSlider
from ganlab.recipe_widget import NO_MODEL, NO_NOISE, section_title
from ganlab.style import COLOUR
from ganlab_core.recipe import Capabilities

NO_MIXING = "This model takes one latent for all scales."
NO_SCALES = "This model has no scales this fine."


class WalkPanel(QFrame):
    """The controls of walking.

    Signals
    -------
    walk_asked(bool)
        To walk, or to stop.
    hand_asked(bool)
        That dragging the picture walks, or no longer does.
    turn_asked()
        That the hand should walk in other directions.
    stir_asked(bool)
        That the noise moves, or stops.
    reroll_asked(str)
        New styles for one group of scales: "coarse", "middle" or "fine".
    """

    walk_asked = Signal(bool)
    hand_asked = Signal(bool)
    turn_asked = Signal()
    stir_asked = Signal(bool)
    reroll_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Wander")
        self._make_walks()
        self._make_noise()
        self.rerolls = {
            group: WordButton(
                group.capitalize(),
                f"New random styles for the {group} scales ({sizes} px); the others and locked"
                " strips stay (style mixing; StyleGAN, Karras et al. 2019, sec. 3.1).",
                f"New styles for the {group} scales",
            )
            for group, sizes in (("coarse", "4–8"), ("middle", "16–32"), ("fine", "64 and more"))
        }
        self.returns.set_value(True)
        self._build()
        self._connect()
        self.set_capabilities(None)

    def _make_walks(self) -> None:
        self.walk = Toggle(
            "Wander", COLOUR.STYLE,
            "Walk from picture to picture until you stop; where it stops is one step to undo.",
        )  # fmt: skip
        self.speed = ValueSlider(
            "speed", -2, 2, 0.25, 0.05, 2, COLOUR.STYLE,
            "Pictures passed per second, whatever the frame rate; below zero the walk goes back.",
            " /s", origin=0.0,
        )  # fmt: skip
        self.returns = Toggle(
            "Come back", COLOUR.STYLE,
            "Walk in a closed loop that ends where it began; off, the walk never ends.",
        )  # fmt: skip
        self.places = ValueSlider(
            "pictures in the loop", 2, 24, 6, 1, 0, COLOUR.STYLE,
            "How many pictures the closed loop goes through, the first included.",
        )  # fmt: skip
        self.hand = Toggle(
            "Drag picture", COLOUR.STYLE,
            "Walk by dragging the picture, or with Shift and the arrows; both directions are smooth and"
            " come back after one round.",
        )  # fmt: skip
        self.turn = WordButton(
            "Other directions", "Let dragging the picture lead in other directions from here."
        )

    def _make_noise(self) -> None:
        self.stir = Toggle(
            "Move the noise", COLOUR.NOISE,
            "Let random noise go round until you stop; layers with a noise of their own stand still"
            " (StyleGAN, Karras et al. 2019, sec. 3.2).",
        )  # fmt: skip
        self.rounds = ValueSlider(
            "rounds", -2, 2, 0.25, 0.05, 2, COLOUR.NOISE,
            "Rounds of the noise per second, whatever the frame rate; after one it is as it was.",
            " /s", origin=0.0,
        )  # fmt: skip

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 12)
        column.setSpacing(8)
        column.addWidget(section_title("WANDER", "A smooth walk through the latent space."))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.walk)
        row.addWidget(self.returns)
        column.addLayout(row)
        column.addWidget(self.speed)
        column.addWidget(self.places)
        column.addSpacing(4)
        column.addWidget(section_title("BY HAND", "Two directions, under the hand."))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.hand)
        row.addWidget(self.turn)
        column.addLayout(row)
        column.addSpacing(4)
        column.addWidget(section_title("NOISE", "The fine random detail, going round."))
        column.addWidget(self.stir)
        column.addWidget(self.rounds)
        column.addSpacing(4)
        column.addWidget(section_title("NEW STYLES FOR", "Dice for some scales only."))
        grid = QGridLayout()
        grid.setSpacing(8)
        for index, button in enumerate(self.rerolls.values()):
            grid.addWidget(button, 0, index)
        column.addLayout(grid)
        column.addStretch(1)
        self.setMinimumWidth(240)

    def _connect(self) -> None:
        self.walk.edited.connect(self.walk_asked)
        self.hand.edited.connect(self.hand_asked)
        self.stir.edited.connect(self.stir_asked)
        self.turn.clicked.connect(self.turn_asked)
        self.returns.edited.connect(self._on_returns)
        for group, button in self.rerolls.items():
            button.clicked.connect(lambda _=False, group=group: self.reroll_asked.emit(group))

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do; None when no model is open."""
        reason = NO_MODEL if can is None else ""
        for part in (self.walk, self.speed, self.places, self.returns, self.hand, self.turn):
            part.set_available(reason)
        silent = reason or ("" if can is None or can.has_noise else NO_NOISE)
        self.stir.set_available(silent)
        self.rounds.set_available(silent)
        sides = () if can is None else can.resolutions
        for group, low in (("coarse", 4), ("middle", 16), ("fine", 64)):
            lacking = "" if any(side >= low for side in sides) else NO_SCALES
            mixing = "" if can is None or can.has_mixing else NO_MIXING
            self.rerolls[group].set_available(reason or mixing or lacking)

    def show_walking(self, walking: bool) -> None:
        """Show whether a walk is under way."""
        self.walk.set_value(walking)

    def show_noise_walk(self, moving: bool) -> None:
        """Show whether the noise moves."""
        self.stir.set_value(moving)

    def _on_returns(self, on: bool) -> None:
        self.places.set_available("" if on else "Only a loop that comes back has a length.")
