"""The spectrum of the picture: how much power its coarse and fine detail have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.inside.live_view import SLOW_MS, LiveView
from ganlab.inside.parts import Button, Choice, column, words
from ganlab.style import COLOUR, STEP
from ganlab_core.inspection.answers import Answer, Spectrum
from ganlab_core.inspection.questions import SeeSpectrum

if TYPE_CHECKING:
    import pyqtgraph

TOPIC = "spectrum"
PICTURE = "the picture"
NOTHING_SEEN = "There is no spectrum to keep yet."


class SpectrumView(LiveView):
    """Radial power over frequency, both logarithmic, beside that of the picture before."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(TOPIC, SLOW_MS)
        self.power: NDArray[np.float64] | None = None
        self.before: NDArray[np.float64] | None = None
        self._held = False
        self._plot: pyqtgraph.PlotWidget | None = None
        self._now: pyqtgraph.PlotDataItem | None = None
        self._then: pyqtgraph.PlotDataItem | None = None
        self._place = QVBoxLayout()
        self.of = Choice(
            "Spectrum of",
            "What is looked at: the picture, or the feature maps of a stage on average"
            " (Durall et al. 2020).",
        )
        self.told = words(
            "White: this picture. Grey: the one before. Power falls with frequency as in photographs;"
            " peaks at the right are the traces of up-scaling (Durall et al. 2020)."
        )
        self.hold = Button("Keep for comparison", "Compare with this picture from now on.")
        self.let_go = Button("Let go", "Compare with the picture before again.")
        buttons = QHBoxLayout()
        buttons.setSpacing(STEP)
        buttons.addWidget(self.hold)
        buttons.addWidget(self.let_go)
        layout = column(self)
        layout.addWidget(self.of)
        layout.addLayout(self._place, 1)
        layout.addWidget(self.told)
        layout.addLayout(buttons)
        self.of.chosen.connect(self._on_of)
        self.hold.clicked.connect(self._on_hold)
        self.let_go.clicked.connect(self._on_let_go)
        self._show_buttons()
        self.offer()

    @property
    def stage(self) -> int | None:
        """The stage whose feature maps are looked at; None for the picture."""
        at = self.of.currentIndex()
        return at - 1 if at > 0 else None

    def offer(self) -> None:
        """Name what this model has a spectrum of."""
        layers = self.can.layers if self.can else ()
        self.of.show_items([PICTURE, *(f"maps of {layer.name}" for layer in layers)])

    def look(self) -> None:
        """Ask for the spectrum of what is shown."""
        if self.frame is not None:
            self._asker.want(SeeSpectrum(self.frame.recipe, self.stage))

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Draw the spectrum; the one drawn until now becomes the one before."""
        if isinstance(answer, Spectrum) and answer.asked.stage == self.stage:
            if not self._held:
                self.before = self.power
            self.power = answer.power
            self._draw()

    def forget(self) -> None:
        """Forget the pictures of the model before."""
        super().forget()
        self._clear()

    def _clear(self) -> None:
        self.power = self.before = None
        self._held = False
        if self._plot is not None:
            self._draw()

    def _on_of(self) -> None:
        """Something else is looked at: what was seen before does not compare with it."""
        self._clear()
        self.look()

    def _draw(self) -> None:
        self._make_plot()
        for curve, power in ((self._then, self.before), (self._now, self.power)):
            assert curve is not None
            if power is None:
                curve.setData([], [])
            else:
                cycles = np.arange(1, len(power))
                curve.setData(np.log2(cycles), np.log10(np.maximum(power[1:], 1e-12)))
        self._show_buttons()

    def _make_plot(self) -> None:
        """The plot is made with the first spectrum, so that no window waits for its library."""
        if self._plot is not None:
            return
        import pyqtgraph as pg

        plot = pg.PlotWidget(background=COLOUR.PANEL)
        plot.setAccessibleName("Spectrum")
        style.set_tip(plot, "Mean power over circles of equal frequency, under a Hann window.")
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=False, y=False)
        plot.getPlotItem().showGrid(x=True, y=True, alpha=0.15)
        for side, said in (("bottom", "cycles per picture"), ("left", "power, as a power of ten")):
            plot.getAxis(side).setPen(COLOUR.LINE)
            plot.getAxis(side).setTextPen(COLOUR.MUTED)
            plot.setLabel(side, said, color=COLOUR.MUTED)
        plot.getAxis("bottom").setTicks([[(step, str(2**step)) for step in range(11)]])
        self._then = plot.plot(pen=pg.mkPen(COLOUR.MUTED, width=1))
        self._now = plot.plot(pen=pg.mkPen(COLOUR.TEXT, width=2))
        plot.setMinimumHeight(30 * STEP)
        self._place.addWidget(plot)
        self._plot = plot

    def _show_buttons(self) -> None:
        self.hold.set_available("" if self.power is not None else NOTHING_SEEN)
        self.let_go.set_available("" if self._held else "Nothing is kept for comparison.")

    def _on_hold(self) -> None:
        self.before, self._held = self.power, True
        self._draw()

    def _on_let_go(self) -> None:
        self._held = False
        self._show_buttons()
