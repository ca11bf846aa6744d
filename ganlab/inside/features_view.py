"""The feature-map browser: what every map after a stage holds, and what the picture is without it."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ganlab.controls.segmented import Segmented
from ganlab.controls.slider import ValueSlider
from ganlab.controls.toggle import Toggle
from ganlab.inside.live_view import QUICK_MS, SLOW_MS, LiveView
from ganlab.inside.map_grid import MapGrid
from ganlab.inside.parts import Button, Choice, SearchBar, scrolling_column, words
from ganlab.inside.pictures import GREYS, SIGNED, PictureBox, indexed
from ganlab.style import COLOUR, STEP
from ganlab_core.capabilities import Layer
from ganlab_core.inspection.answers import Answer, Effects, Maps
from ganlab_core.inspection.questions import MeasureEffects, SeeMaps, without_gains

MAPS, EFFECTS = "maps", "effects"
PAPER = "(GAN dissection, Bau et al. 2019, sec. 3.2)"
NO_MAP = "Choose a map first."
UNEDITED = "This map is as the network makes it."
NONE_EDITED = "No map of this stage is edited."


class FeaturesView(LiveView):
    """Feature maps of one stage in a grid; the one at hand can be ablated or boosted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maps_asker = self.add_asker(MAPS, QUICK_MS)
        self._effects_asker = self.add_asker(EFFECTS, SLOW_MS)
        self.maps: Maps | None = None
        self._effects: Effects | None = None
        self.stage = 0
        self.stages = Choice("Stage", "Whose feature maps are shown.")
        self.sorting = Segmented(
            "Order",
            (
                ("number", "In the order the network keeps them."),
                ("strength", "The largest magnitude first (root mean square over the map)."),
                ("effect", "First the map without which the picture changes most; each is left out once"
                 f" {PAPER}."),
            ),
            COLOUR.TEXT,
        )  # fmt: skip
        self.signed = Toggle(
            "signed", COLOUR.TEXT,
            "Black at zero, orange above and blue below, instead of from least to largest.",
        )  # fmt: skip
        self.grid = MapGrid()
        self.search = SearchBar("Measuring effects")
        self.large = PictureBox("Map", "The map at hand, as large as it fits.", most=160)
        self.facts = words("Choose a map to see it large.")
        self.gain = ValueSlider(
            "Gain", 0, 4, 1.0, 0.1, 2, COLOUR.TEXT,
            f"A factor on this map: 0 ablates it, above 1 boosts it {PAPER}.",
        )  # fmt: skip
        self.ablate = Button("Ablate", f"See the picture without this map {PAPER}.")
        self.reset = Button("Reset", "Give this map back as the network makes it.")
        self.reset_all = Button("Reset stage", "Give all maps of this stage back.")
        self._build()
        self._connect()
        self.offer()

    def _build(self) -> None:
        layout = scrolling_column(self)
        top = QHBoxLayout()
        top.setSpacing(STEP)
        top.addWidget(self.stages, 1)
        top.addWidget(self.signed)
        layout.addLayout(top)
        layout.addWidget(self.sorting)
        layout.addWidget(self.search)
        layout.addWidget(self.grid, 1)
        below = QHBoxLayout()
        below.setSpacing(2 * STEP)
        below.addWidget(self.large, 2)
        side = QVBoxLayout()
        side.setSpacing(STEP)
        side.addWidget(self.facts, 1)
        side.addWidget(self.gain)
        buttons = QHBoxLayout()
        buttons.setSpacing(STEP)
        buttons.addWidget(self.ablate)
        buttons.addWidget(self.reset)
        side.addLayout(buttons)
        side.addWidget(self.reset_all)
        below.addLayout(side, 3)
        layout.addLayout(below)
        self.large.setMinimumSize(24 * STEP, 28 * STEP)
        self.grid.setMinimumHeight(28 * STEP)

    def _connect(self) -> None:
        self.stages.chosen.connect(self.open_stage)
        self.sorting.edited.connect(self._on_sorting)
        self.signed.edited.connect(self._on_signed)
        self.grid.picked.connect(self._on_picked)
        self.grid.toggled.connect(self._on_toggled)
        self.search.stopped.connect(self._on_stop)
        self.gain.edited.connect(self._on_gain)
        self.forward_drags(self.gain)
        self.ablate.clicked.connect(self._on_ablate)
        self.reset.clicked.connect(self._on_reset)
        self.reset_all.clicked.connect(self._on_reset_all)

    # --- what is shown ---------------------------------------------------------------------------

    @property
    def channel(self) -> int:
        """The map at hand, by its number; -1 for none."""
        return self.grid.at_hand

    def offer(self) -> None:
        """List the stages of this model."""
        layers = self.can.layers if self.can else ()
        self.stages.show_items([_told(layer) for layer in layers])
        self.stages.setEnabled(bool(layers))
        self.stage = min(self.stage, max(0, len(layers) - 1))
        self.stages.setCurrentIndex(self.stage if layers else -1)
        self.refresh()

    def open_stage(self, stage: int) -> None:
        """Show the maps after this stage."""
        if stage != self.stage:
            self.stage = stage
            self.stages.setCurrentIndex(stage)
            self._clear()
            self.refresh()
        if self.isVisible():
            self.look()

    def refresh(self) -> None:
        """Mark what the Recipe does to the maps of this stage."""
        gains = dict(self.recipe.gains_of(self.stage))
        self.grid.show_gains(gains)
        self.gain.set_value(gains.get(self.channel, 1.0))
        self._show_at_hand()
        self.reset_all.set_available("" if gains else NONE_EDITED)

    def look(self) -> None:
        """See the maps of the picture that is shown, and their effects where they give the order."""
        if self.frame is None or self.can is None or self.stage >= len(self.can.layers):
            return
        recipe = without_gains(self.frame.recipe, self.stage)
        large = self.channel if self.channel >= 0 else None
        self._maps_asker.want(SeeMaps(recipe, self.stage, large))
        by_effect = self.sorting.value == "effect"
        self._effects_asker.want(MeasureEffects(recipe, self.stage) if by_effect else None)

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Show maps, or put them into the order of their effects."""
        if isinstance(answer, Maps) and answer.asked.stage == self.stage:
            self.maps = answer
            if self.channel >= len(answer.facts):
                self.grid.pick(-1)
            self._show_order()
            self._show_at_hand()
        elif isinstance(answer, Effects) and answer.asked.stage == self.stage:
            self._effects = answer
            self.grid.maps.effects = answer.values.tolist()
            self._show_order()
            self._show_at_hand()

    def show_progress(self, topic: str, fraction: float | None) -> None:
        """Tell how far the effects are measured."""
        if topic == EFFECTS:
            self.search.show_fraction(fraction)

    def forget(self) -> None:
        """Forget the maps of the model before."""
        super().forget()
        self.search.show_fraction(None)
        self._clear()

    def _clear(self) -> None:
        self.maps = self._effects = None
        self.grid.maps.effects = None
        self.grid.pick(-1)
        self.grid.show_maps(None, [])

    def _show_order(self) -> None:
        if self.maps is not None:
            self.grid.show_maps(self.maps, self._order(self.maps))

    def _order(self, maps: Maps) -> list[int]:
        count = len(maps.facts)
        if self.sorting.value == "strength":
            strength = np.hypot(maps.facts[:, 0], maps.facts[:, 1])
            return [int(one) for one in np.argsort(-strength, kind="stable")]
        effects = self._effects
        if self.sorting.value == "effect" and effects is not None and len(effects.values) == count:
            return [int(one) for one in np.argsort(-effects.values, kind="stable")]
        return list(range(count))

    def _show_at_hand(self) -> None:
        """Show the map at hand large, with its facts."""
        channel, maps = self.channel, self.maps
        chosen = "" if channel >= 0 else NO_MAP
        edited = channel in dict(self.recipe.gains_of(self.stage))
        self.gain.set_available(chosen)
        self.ablate.set_available(chosen)
        self.reset.set_available(chosen or ("" if edited else UNEDITED))
        if maps is None or channel < 0 or channel >= len(maps.facts):
            self.facts.setText("Choose a map to see it large.")
            return
        self.facts.setText(self.grid.maps.told(channel).replace(", ", "\n").replace(": ", "\n"))
        large = maps.large if maps.asked.large == channel else None
        grey, signed = large or (maps.grey[channel], maps.signed[channel])
        on = self.signed.isChecked()
        self.large.show_image(indexed(signed if on else grey, SIGNED if on else GREYS))
        self.large.set_caption(f"map {channel}, {maps.side} x {maps.side}")

    # --- what a person does ----------------------------------------------------------------------

    def _on_sorting(self) -> None:
        self._show_order()
        self.look()

    def _on_signed(self, on: bool) -> None:
        self.grid.set_signed(on)
        self._show_at_hand()

    def _on_picked(self, channel: int) -> None:
        self.refresh()
        self.look()

    def _on_stop(self) -> None:
        self.sorting.set_value("number")
        self._on_sorting()

    def _on_toggled(self, channel: int) -> None:
        gone = dict(self.recipe.gains_of(self.stage)).get(channel) == 0.0
        self._propose(channel, 1.0 if gone else 0.0)

    def _on_gain(self, gain: float) -> None:
        self._propose(self.channel, gain)

    def _on_ablate(self) -> None:
        self._propose(self.channel, 0.0)

    def _on_reset(self) -> None:
        self._propose(self.channel, 1.0)

    def _on_reset_all(self) -> None:
        self.propose(without_gains(self.recipe, self.stage), "reset feature maps")

    def _propose(self, channel: int, gain: float) -> None:
        if channel >= 0:
            self.propose(self.recipe.with_gain(self.stage, channel, gain), f"feature map {channel}")


def _told(layer: Layer) -> str:
    """A stage in the list: `"16x16/conv0   96 maps, 16 px"`."""
    maps = f"{layer.channels} maps, " if layer.channels else ""
    return f"{layer.name}   {maps}{layer.resolution} px"
