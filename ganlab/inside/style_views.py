"""How a latent becomes styles, and styles statistics: the mapping network, the channels, the noise."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import PaintedButton, ValueSlider
from ganlab.inside.views import (
    QUICK_MS,
    SIGNED,
    SLOW_MS,
    Button,
    LiveView,
    PartsView,
    PictureBox,
    ViewChoice,
    as_image,
    indexed,
    scrolling_column,
    text_label,
)
from ganlab.recipe_widget import NO_MODEL
from ganlab.style import COLOUR, HOVER, STEP
from ganlab_core.inspection import (
    Answer,
    ChannelStyles,
    MappingActivations,
    NoiseStrengths,
    SeeMapping,
    SeeNoiseStrengths,
    SeeStyles,
    styled_stages,
)
from ganlab_core.recipe import LayerNoise

if TYPE_CHECKING:
    import pyqtgraph

PAPER = "(StyleGAN, Karras et al. 2019, sec. 2)"
BAR = 3 * STEP
"""Height of the strip of numbers, in device-independent pixels."""


class ValueStrip(PaintedButton):
    """Many numbers side by side as a strip of colours, with a name and what they come to above.

    Orange is above 0, blue below, black is 0; the largest magnitude has the full colour.
    """

    def __init__(self, name: str, tooltip: str) -> None:
        super().__init__(name, tooltip)
        self.name, self.told = name, ""
        self._strip = QImage()
        self.lit = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_values(self, values: NDArray[np.float32], told: str) -> None:
        """Show these numbers (n,), and words about them."""
        largest = float(np.abs(values).max()) or 1.0
        levels = np.rint(128 + 127 * values / largest).clip(1, 255).astype(np.uint8)
        self._strip = indexed(levels[None], SIGNED)
        self.told = told
        self.setAccessibleDescription(told)
        self.update()

    def set_lit(self, lit: bool) -> None:
        """Frame it: it is the one at hand."""
        self.lit = lit
        self.update()

    def sizeHint(self) -> QSize:
        """A line and the strip."""
        return QSize(160, self.fontMetrics().height() + BAR + 3 * STEP)

    def minimumSizeHint(self) -> QSize:
        """The same height, narrower."""
        return QSize(80, self.sizeHint().height())

    def ground(self) -> str:
        """A strip's ground, lighter under the pointer and when at hand."""
        return HOVER if self.underMouse() or self.lit else COLOUR.STRIP

    def paint_content(self, painter: QPainter) -> None:
        """Draw the words and the strip."""
        line = self.fontMetrics().height()
        box = QRectF(2 * STEP, STEP, self.width() - 4 * STEP, line)
        painter.setPen(QColor(COLOUR.TEXT))
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft, self.name)
        painter.setPen(QColor(COLOUR.MUTED))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight, self.told)
        if not self._strip.isNull():
            place = QRectF(box.x(), line + 2 * STEP - 2, box.width(), BAR)
            painter.drawImage(place, self._strip)


class StripList(QWidget):
    """Strips below each other; pressing one tells which.

    Signals
    -------
    pressed(int)
        The place of the strip, counted from 0.
    """

    pressed = Signal(int)

    def __init__(self, tooltip: str) -> None:
        super().__init__()
        self._tooltip = tooltip
        self.strips: list[ValueStrip] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(STEP)

    def set_names(self, names: list[str]) -> None:
        """Have one strip for each of these."""
        if [one.name for one in self.strips] == names:
            return
        for strip in self.strips:
            self._column.removeWidget(strip)
            strip.hide()
            strip.deleteLater()
        self.strips = [ValueStrip(name, self._tooltip) for name in names]
        for place, strip in enumerate(self.strips):
            strip.clicked.connect(partial(self.pressed.emit, place))
            self._column.addWidget(strip)


# The mapping network: every layer's numbers for this z, and where w lies in W.

MAPPING_TOPIC = "mapping"
NO_MAPPING = "This model has no mapping network: its layers take z as it is."


class MappingView(LiveView):
    """z on its way to w, layer by layer, and the shape of W by its two largest components."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(MAPPING_TOPIC, QUICK_MS)
        self._plot: pyqtgraph.PlotWidget | None = None
        self.lacking = text_label(NO_MODEL)
        self.layers = StripList(f"What this layer makes of the z on the desk {PAPER}.")
        self.told = text_label()
        self._place = QVBoxLayout()
        self._body = QWidget()
        inside = QVBoxLayout(self._body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(2 * STEP)
        inside.addWidget(self.layers)
        inside.addLayout(self._place)
        inside.addWidget(self.told)
        layout = scrolling_column(self)
        layout.addWidget(self.lacking)
        layout.addWidget(self._body)
        layout.addStretch(1)
        self.offer()

    def offer(self) -> None:
        """Be there for a model with a W."""
        has = self.can is not None and self.can.has_w
        self.lacking.setText(NO_MAPPING if self.can else NO_MODEL)
        self.lacking.setVisible(not has)
        self._body.setVisible(has)

    def look(self) -> None:
        """Ask about the latent on the desk."""
        if self.frame is not None and self.can is not None and self.can.has_w:
            recipe = self.frame.recipe
            self._asker.want(
                SeeMapping(replace(recipe, noise=type(recipe.noise)(), gains=(), growth=None))
            )

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Show the strips and the plane."""
        if not isinstance(answer, MappingActivations):
            return
        self.layers.set_names([name for name, _ in answer.layers])
        for strip, (_, values) in zip(self.layers.strips, answer.layers, strict=True):
            strip.show_values(values, f"{len(values)} numbers, length {np.linalg.norm(values):.1f}")
        self._draw(answer)
        size = len(answer.layers[-1][1])
        self.told.setText(
            f"W by its two largest directions (grey: 1024 latents), this w (cyan), and where psi puts it"
            f" (rose). The largest direction holds {100 * answer.shares[0]:.0f} % of W's variance, and"
            f" {answer.half} of {size} hold half; in Z they would be {size // 2}."
        )

    def forget(self) -> None:
        """Forget the latent of the model before."""
        super().forget()
        self.layers.set_names([])
        self.told.setText("")

    def _draw(self, answer: MappingActivations) -> None:
        if self._plot is None:
            self._make_plot()
        self._cloud.setData(answer.cloud[:, 0], answer.cloud[:, 1])
        self._truncated.setData(*([float(x)] for x in answer.truncated))
        self._here.setData(*([float(x)] for x in answer.place))

    def _make_plot(self) -> None:
        import pyqtgraph as pg

        self._plot = plot = pg.PlotWidget(background=COLOUR.GROUND)
        plot.setAccessibleName("The shape of W")
        style.set_tip(plot, "Samples of W along its two largest principal components.")
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=False, y=False)
        plot.hideAxis("left")
        plot.hideAxis("bottom")
        plot.setAspectLocked(lock=True)
        plot.setMinimumHeight(50 * STEP)
        self._cloud = pg.ScatterPlotItem(size=3, pen=None, brush=COLOUR.MUTED)
        self._truncated = pg.ScatterPlotItem(size=11, pen=None, brush=COLOUR.TRUNCATION, symbol="d")
        self._here = pg.ScatterPlotItem(size=11, pen=None, brush=COLOUR.STYLE, symbol="o")
        for item in (self._cloud, self._truncated, self._here):
            plot.addItem(item)
        self._place.addWidget(plot)


# AdaIN and class-conditional batch norm: each channel before and after, and two pictures that swap.

CHANNELS_TOPIC = "channels"
NO_CHANNELS = (
    "In this network no norm takes a style or a class: StyleGAN's AdaIN does, and the batch norm of"
    " BigGAN and SAGAN. StyleGAN2 scales its weights instead."
)


class ChannelsView(LiveView):
    """One layer's channels before and after its norm, and its style exchanged between two pictures."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(CHANNELS_TOPIC, SLOW_MS)
        self.found: ChannelStyles | None = None
        self._stages: tuple[int, ...] = ()
        self._order: list[int] = []
        self.other = 1
        self.lacking = text_label(NO_MODEL)
        self.stages = ViewChoice("Layer", "Whose statistics are looked at and exchanged.")
        self.again = Button("Another", "Exchange with another picture, or another class.")
        self.channels = ViewChoice("Channel", "A channel of the layer, the most scaled first.")
        self.told = text_label()
        self.boxes = [
            PictureBox("this picture", "The picture as it is shown."),
            PictureBox("the other", "The picture that a style is exchanged with."),
            PictureBox(
                "this, with its style", "This picture with the other's style in this layer."
            ),
            PictureBox("the other, with ours", "The other picture with this one's style there."),
        ]
        self._build()
        self.stages.chosen.connect(self.look)
        self.channels.chosen.connect(self._show_channel)
        self.again.clicked.connect(self._on_again)
        self.offer()

    def _build(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(2 * STEP)
        for place, box in enumerate(self.boxes):
            grid.addWidget(box, place // 2, place % 2)
        self._body = QWidget()
        inside = QVBoxLayout(self._body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(2 * STEP)
        head = QHBoxLayout()
        head.addWidget(self.stages, 1)
        head.addWidget(self.again)
        inside.addLayout(head)
        inside.addLayout(grid)
        inside.addWidget(self.channels)
        inside.addWidget(self.told)
        layout = scrolling_column(self)
        layout.addWidget(self.lacking)
        layout.addWidget(self._body)
        layout.addStretch(1)

    def offer(self) -> None:
        """List the layers whose norm takes a style or a class."""
        self._stages = styled_stages(self.can) if self.can else ()
        names = [] if self.can is None else [self.can.layers[s].name for s in self._stages]
        self.stages.show_items(names)
        self.lacking.setText(NO_CHANNELS if self.can else NO_MODEL)
        self.lacking.setVisible(not self._stages)
        self._body.setVisible(bool(self._stages))

    def look(self) -> None:
        """Ask about the layer at hand."""
        if self.frame is not None and self._stages:
            stage = self._stages[max(0, self.stages.currentIndex())]
            self._asker.want(SeeStyles(self.frame.recipe, stage, self.other))

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Show pictures and channels."""
        if not isinstance(answer, ChannelStyles):
            return
        self.found = answer
        for box, picture in zip(self.boxes, answer.pictures, strict=True):
            box.show_image(as_image(picture))
        scales = answer.channels[:, 2]
        self._order = [int(c) for c in np.argsort(-np.abs(scales), kind="stable")]
        self.channels.show_items([f"channel {c}   scale {scales[c]:.2f}" for c in self._order])
        self._show_channel()

    def forget(self) -> None:
        """Forget the pictures of the model before."""
        super().forget()
        self.found = None
        self.told.setText("")
        for box in self.boxes:
            box.show_image(QImage())

    def _show_channel(self, _place: int = 0) -> None:
        if self.found is None or not self._order:
            return
        channel = self._order[max(0, self.channels.currentIndex())]
        mean, deviation, scale, bias, after, spread = self.found.channels[channel]
        by = "the style" if self.found.kind == "AdaIN" else "the class"
        self.told.setText(
            f"{self.found.kind} of {self.found.layer}, channel {channel}: before, mean {mean:.3f} and"
            f" deviation {deviation:.3f}; {by} asks for scale {scale:.3f} and bias {bias:.3f}; after, mean"
            f" {after:.3f} and deviation {spread:.3f}."
        )

    def _on_again(self) -> None:
        self.other += 1
        self.look()


# How strongly each layer learned to add its noise, and a hand on it.

STRENGTHS_TOPIC = "strengths"
NO_STRENGTHS = "This model adds no noise."


class StrengthsView(LiveView):
    """The learned factor of every layer's noise, channel by channel; the layer at hand can be scaled."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(STRENGTHS_TOPIC, QUICK_MS)
        self.found: NoiseStrengths | None = None
        self._at_hand = 0
        self.lacking = text_label(NO_MODEL)
        self.layers = StripList(
            "The learned factor of this layer's noise, one for each channel: press to take it in hand"
            " (StyleGAN, Karras et al. 2019, sec. 3.2)."
        )
        self.strength = ValueSlider(
            "Noise strength", 0, 3, 1.0, 0.05, 2, COLOUR.NOISE,
            "A factor on the noise of the layer at hand: 0 leaves it out, 1 is as learned"
            " (StyleGAN, Karras et al. 2019, sec. 3.2).",
        )  # fmt: skip
        self.told = text_label()
        layout = scrolling_column(self)
        for widget in (self.lacking, self.strength, self.told, self.layers):
            layout.addWidget(widget)
        layout.addStretch(1)
        self.layers.pressed.connect(self._on_pressed)
        self.strength.edited.connect(self._on_strength)
        self.forward_drags(self.strength)
        self.offer()

    def offer(self) -> None:
        """Be there for a model that adds noise."""
        has = self.can is not None and self.can.has_noise
        self.lacking.setText(NO_STRENGTHS if self.can else NO_MODEL)
        self.lacking.setVisible(not has)
        for part in (self.strength, self.told, self.layers):
            part.setVisible(has)

    def look(self) -> None:
        """Ask once for each model."""
        if self.frame is not None and self.can is not None and self.can.has_noise:
            self._asker.want(SeeNoiseStrengths())

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Show the factors."""
        if not isinstance(answer, NoiseStrengths):
            return
        self.found = answer
        self.layers.set_names([name for _, name, _ in answer.layers])
        for strip, (_, _, values) in zip(self.layers.strips, answer.layers, strict=True):
            size = np.abs(values)
            range_ = f", {size.min():.3f} to {size.max():.3f}" if len(size) > 1 else ""
            strip.show_values(values, f"mean {size.mean():.3f}{range_}")
        self._show_at_hand()

    def refresh(self) -> None:
        """Show the strength of the layer at hand."""
        self._show_at_hand()

    def forget(self) -> None:
        """Forget the model before."""
        super().forget()
        self.found, self._at_hand = None, 0
        self.layers.set_names([])

    def _show_at_hand(self) -> None:
        if self.found is None:
            return
        index, name, _ = self.found.layers[min(self._at_hand, len(self.found.layers) - 1)]
        for place, strip in enumerate(self.layers.strips):
            strip.set_lit(place == self._at_hand)
        self.strength.set_value(self.recipe.layer_noise(index).strength)
        self.told.setText(f"Noise of {name}:")

    def _on_pressed(self, place: int) -> None:
        self._at_hand = place
        self._show_at_hand()

    def _on_strength(self, strength: float) -> None:
        if self.found is not None:
            index = self.found.layers[self._at_hand][0]
            own: LayerNoise = replace(self.recipe.layer_noise(index), strength=strength)
            self.propose(self.recipe.with_noise_layer(index, own), "noise")


class StylesView(PartsView):
    """The mapping network, the channels, and the noise, one at a time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.mapping, self.channels = MappingView(), ChannelsView()
        self.strengths = StrengthsView()
        parts = (
            ("Z to W", f"The mapping network layer by layer, and the shape of W {PAPER}.",
             COLOUR.STYLE, self.mapping),
            ("channels", "AdaIN and class-conditional batch norm: each channel before and after"
             " (Huang & Belongie 2017; BigGAN, Brock et al. 2019, appendix B).",
             COLOUR.STYLE, self.channels),
            ("noise", "The learned strength of each layer's noise"
             " (StyleGAN, Karras et al. 2019, sec. 3.2).", COLOUR.NOISE, self.strengths),
        )  # fmt: skip
        super().__init__("Styles", parts, parent)
