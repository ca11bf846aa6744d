"""The lab: what noise, single layers and truncation do to this picture, and its spectrum."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLayout,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import Segmented, ValueSlider
from ganlab.inside.views import (
    SLOW_MS,
    Button,
    LiveView,
    PartsView,
    PictureBox,
    SearchBar,
    ViewChoice,
    as_image,
    column,
    scrolled,
    text_label,
)
from ganlab.recipe_widget import NO_MODEL, NO_NOISE
from ganlab.style import COLOUR, STEP
from ganlab_core.inspection import (
    PSIS,
    Answer,
    ClassPictures,
    CompareNoise,
    LayerDifferences,
    LeaveOut,
    NoiseComparison,
    PsiStrip,
    SeeClasses,
    SeeSpectrum,
    Spectrum,
    TryPsis,
)
from ganlab_core.recipe import Recipe

# The noise lab: with and without, what differs, and where noise decides.

TOPIC = "noise"
PAPER = "(StyleGAN, Karras et al. 2019, fig. 4)"


def _lay_out(
    view: LiveView, head: Iterable[QWidget], body: Iterable[QWidget | QLayout], spacing: int = -1
) -> QWidget:
    """Put the head above the body in a view, and let the body scroll; gives what scrolls."""
    inner = QWidget()
    stack = QVBoxLayout(inner)
    stack.setContentsMargins(0, 0, 2 * STEP, 0)
    if spacing >= 0:
        stack.setSpacing(spacing)
    for part in body:
        if isinstance(part, QLayout):
            stack.addLayout(part)
        else:
            stack.addWidget(part)
    stack.addStretch(1)
    area = scrolled(inner)
    layout = column(view)
    for widget in head:
        layout.addWidget(widget)
    layout.addWidget(area, 1)
    return area


class NoiseView(LiveView):
    """Four pictures: with noise, without, their difference, the deviation over draws."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(TOPIC, SLOW_MS)
        self.lacking = text_label(NO_MODEL)
        self.search = SearchBar("Comparing noise")
        self.with_noise = PictureBox("with noise", "The picture as it is shown.")
        self.without = PictureBox("without noise", f"What the style alone paints {PAPER}.")
        self.difference = PictureBox("difference", "Where the two differ, made brighter.")
        self.deviation = PictureBox(
            "deviation",
            f"How much each pixel varies over draws of the noise: bright where noise decides {PAPER}.",
        )
        self.told = text_label()
        grid = QGridLayout()
        grid.setSpacing(2 * STEP)
        for place, box in enumerate(self.boxes):
            grid.addWidget(box, place // 2, place % 2)
        self._area = _lay_out(self, (self.lacking, self.search), (grid, self.told))
        self.search.stopped.connect(self._asker.drop)
        self.offer()

    @property
    def boxes(self) -> tuple[PictureBox, ...]:
        """The four pictures."""
        return self.with_noise, self.without, self.difference, self.deviation

    def offer(self) -> None:
        """Be there for a model that adds noise."""
        has = self.can is not None and self.can.has_noise
        self.lacking.setText(NO_NOISE if self.can else NO_MODEL)
        self.lacking.setVisible(not has)
        self._area.setVisible(has)

    def look(self) -> None:
        """Ask about the noise of the picture that is shown."""
        if self.frame is not None and self.can is not None and self.can.has_noise:
            self._asker.want(CompareNoise(self.frame.recipe))

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Show the four pictures."""
        if not isinstance(answer, NoiseComparison):
            return
        pictures = (
            answer.with_noise, answer.without_noise, answer.difference, answer.deviation
        )  # fmt: skip
        for box, picture in zip(self.boxes, pictures, strict=True):
            box.show_image(as_image(picture))
        self.difference.set_caption(f"difference x {answer.gain:.0f}")
        self.deviation.set_caption(f"deviation, white = {answer.peak:.1f}")
        self.told.setText(
            f"Without noise the picture changes by {answer.change:.2f} of 255 grey levels on average;"
            f" over draws the most restless pixel deviates by {answer.peak:.1f}."
        )

    def show_progress(self, topic: str, fraction: float | None) -> None:
        """Tell how far it is."""
        self.search.show_fraction(fraction)

    def forget(self) -> None:
        """Forget the pictures of the model before."""
        super().forget()
        self.search.show_fraction(None)
        self.told.setText("")
        for box in self.boxes:
            box.show_image(QImage())


# The spectrum of the picture: how much power its coarse and fine detail have.

if TYPE_CHECKING:
    import pyqtgraph

SPECTRUM_TOPIC = "spectrum"
PICTURE = "the picture"
CURVE_TOLD = (
    "White: this picture. Grey: the one before. Power falls with frequency as in photographs; peaks at"
    " the right are the traces of up-scaling (Durall et al. 2020)."
)
PLANE_TOLD = (
    "The middle is the mean, the rim the finest detail. A grid of bright points is the trace of"
    " up-scaling (Durall et al. 2020)."
)
NOTHING_SEEN = "There is no spectrum to keep yet."


class SpectrumView(LiveView):
    """Radial power over frequency, both logarithmic, beside that of the picture before.

    Or the plane of all frequencies, zero in the middle, over a range that a person chooses.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(SPECTRUM_TOPIC, SLOW_MS)
        self.power: NDArray[np.float64] | None = None
        self.plane: NDArray[np.float32] | None = None
        self.before: NDArray[np.float64] | None = None
        self._held = False
        self._plot: pyqtgraph.PlotWidget | None = None
        self._now: pyqtgraph.PlotDataItem | None = None
        self._then: pyqtgraph.PlotDataItem | None = None
        self._place = QVBoxLayout()
        self._make_choices()
        self.of = ViewChoice(
            "Spectrum of",
            "What is looked at: the picture, or the feature maps of a stage on average"
            " (Durall et al. 2020).",
        )
        self.told = text_label(CURVE_TOLD)
        self.hold = Button("Keep for comparison", "Compare with this picture from now on.")
        self.let_go = Button("Let go", "Compare with the picture before again.")
        self._build()
        self._show_kind()
        self._show_buttons()
        self.offer()

    def _make_choices(self) -> None:
        """Curve or plane, how borders are faded, over which range."""
        self.shown = Segmented(
            "Spectrum shown",
            (
                ("curve", "The mean power over circles of equal frequency (Durall et al. 2020)."),
                ("plane", "The power of every frequency, zero in the middle (Durall et al. 2020)."),
            ),
            COLOUR.TEXT,
        )
        self.window_ = Segmented(
            "Window",
            (
                ("hann", "Fade the borders by a Hann window first, so that they do not ring."),
                ("none", "Leave the borders as they are: they show as a cross."),
            ),
            COLOUR.TEXT,
        )
        self.range = ValueSlider(
            "Range", 1, 10, 6.0, 0.5, 1, COLOUR.TEXT,
            "How many powers of ten below the strongest frequency are told apart (Durall et al. 2020).",
        )  # fmt: skip
        self.picture = PictureBox("all frequencies", "Bright where the picture has more power.")

    def _build(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(STEP)
        buttons.addWidget(self.hold)
        buttons.addWidget(self.let_go)
        layout = column(self)
        layout.addWidget(self.of)
        layout.addWidget(self.shown)
        layout.addWidget(self.window_)
        layout.addLayout(self._place, 1)
        layout.addWidget(self.picture, 1)
        layout.addWidget(self.range)
        layout.addWidget(self.told)
        layout.addLayout(buttons)
        self.of.chosen.connect(self._on_of)
        self.window_.edited.connect(self._on_of)
        self.shown.edited.connect(self._show_kind)
        self.range.edited.connect(self._show_plane)
        self.hold.clicked.connect(self._on_hold)
        self.let_go.clicked.connect(self._on_let_go)

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
            self._asker.want(SeeSpectrum(self.frame.recipe, self.stage, self.window_.value))

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Draw the spectrum; the one drawn until now becomes the one before."""
        if isinstance(answer, Spectrum) and answer.asked.stage == self.stage:
            if not self._held:
                self.before = self.power
            self.power, self.plane = answer.power, answer.plane
            self._draw()
            self._show_plane()

    def forget(self) -> None:
        """Forget the pictures of the model before."""
        super().forget()
        self._clear()

    def _show_kind(self, _word: str = "") -> None:
        """Curve or plane."""
        plane = self.shown.value == "plane"
        for part in (self.picture, self.range):
            part.setVisible(plane)
        for button in (self.hold, self.let_go):
            button.setVisible(not plane)
        if self._plot is not None:
            self._plot.setVisible(not plane)
        self.told.setText(PLANE_TOLD if plane else CURVE_TOLD)

    def _show_plane(self, _range: float = 0.0) -> None:
        """The plane as grey levels over the range."""
        if self.plane is None:
            self.picture.show_image(QImage())
            return
        top, decades = float(self.plane.max()), self.range.value
        levels = (self.plane - (top - decades)) / decades
        self.picture.show_image(as_image(np.rint(255 * levels.clip(0, 1)).astype(np.uint8)))
        self.picture.set_caption(f"black = {decades:g} powers of ten below white")

    def _clear(self) -> None:
        self.power = self.before = self.plane = None
        self._show_plane()
        self._held = False
        if self._plot is not None:
            self._draw()

    def _on_of(self, _which: object = None) -> None:
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
        for side, said in (("bottom", "cycles per picture"), ("left", "log10 of power")):
            plot.getAxis(side).setPen(COLOUR.LINE)
            plot.getAxis(side).setTextPen(COLOUR.MUTED)
            plot.setLabel(side, said, color=COLOUR.MUTED)
        plot.getAxis("bottom").setTicks([[(step, str(2**step)) for step in range(11)]])
        self._then = plot.plot(pen=pg.mkPen(COLOUR.MUTED, width=1))
        self._now = plot.plot(pen=pg.mkPen(COLOUR.TEXT, width=2))
        plot.setMinimumHeight(30 * STEP)
        self._place.addWidget(plot)
        self._plot = plot
        self._show_kind()

    def _show_buttons(self) -> None:
        self.hold.set_available("" if self.power is not None else NOTHING_SEEN)
        self.let_go.set_available("" if self._held else "Nothing is kept for comparison.")

    def _on_hold(self) -> None:
        self.before, self._held = self.power, True
        self._draw()

    def _on_let_go(self) -> None:
        self._held = False
        self._show_buttons()


# Many small pictures with words below, as many beside each other as there is room for.

LEAST = 20 * STEP
"""The least width of one picture, in device-independent pixels."""


class LabPictureGrid(QWidget):
    """Pictures that can be pressed.

    Signals
    -------
    pressed(int)
        The place of the picture, counted from 0.
    """

    pressed = Signal(int)

    def __init__(self, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tooltip = tooltip
        self.boxes: list[PictureBox] = []
        self._across = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2 * STEP)

    def set_names(self, names: Sequence[str]) -> None:
        """Have one picture for each of these, by its accessible name."""
        while len(self.boxes) > len(names):
            box = self.boxes.pop()
            self._grid.removeWidget(box)
            box.hide()
            box.deleteLater()
        while len(self.boxes) < len(names):
            box = PictureBox("", self._tooltip, pressable=True, most=160)
            box.pressed.connect(partial(self.pressed.emit, len(self.boxes)))
            self.boxes.append(box)
            self._across = 0
        for box, name in zip(self.boxes, names, strict=True):
            box.setAccessibleName(name)
        self._arrange()

    def light(self, place: int, colour: str) -> None:
        """Frame one picture in a colour, -1 for none."""
        for at, box in enumerate(self.boxes):
            box.set_lit(at == place, colour)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put as many beside each other as there is room for."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        across = max(1, (self.width() + 2 * STEP) // (LEAST + 2 * STEP))
        if across == self._across:
            return
        self._across = across
        for place, box in enumerate(self.boxes):
            self._grid.addWidget(box, place // across, place % across)
        for index in range(self._grid.columnCount()):
            self._grid.setColumnStretch(index, 1 if index < across else 0)


# The difference each layer makes: the picture without its noise, or with the average style there.

LAYERS_TOPIC = "layers"
COLOURS = {"noise": COLOUR.NOISE, "style": COLOUR.STYLE}
NOTHING = "No layer of this model adds noise or can take another style by itself."


class LayersView(LiveView):
    """One difference picture per layer; the one pressed is shown beside the picture without it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(LAYERS_TOPIC, SLOW_MS)
        self.found: LayerDifferences | None = None
        self._at_hand = 0
        self.lacking = text_label(NO_MODEL)
        self.part = Segmented(
            "Leave out",
            (
                ("noise", "Each layer without its noise (StyleGAN, Karras et al. 2019, sec. 3.2)."),
                ("style", "Each layer with the average style, or z = 0 for BigGAN's blocks"
                 " (style mixing; StyleGAN, Karras et al. 2019, sec. 3.1)."),
            ),
            COLOURS,
        )  # fmt: skip
        self.search = SearchBar("Leaving layers out")
        self.told = text_label()
        self.whole = PictureBox("as it is", "The picture as it is shown.")
        self.without = PictureBox("without", "The picture without this layer's part.")
        self.difference = PictureBox("difference", "Where the two differ, made brighter.")
        self.grid = LabPictureGrid("Where this layer's part changes the picture: press to compare.")
        self._build()
        self.part.edited.connect(self._on_part)
        self.search.stopped.connect(self._asker.drop)
        self.grid.pressed.connect(self.show_layer)
        self.offer()

    def _build(self) -> None:
        three = QHBoxLayout()
        three.setSpacing(2 * STEP)
        for box in (self.whole, self.without, self.difference):
            three.addWidget(box)
        head, body = (self.lacking, self.part, self.search), (three, self.told, self.grid)
        self._area = _lay_out(self, head, body, 2 * STEP)

    def offer(self) -> None:
        """Offer what can be left out of this model's layers."""
        can = self.can
        has_noise = can is not None and can.has_noise
        has_style = can is not None and can.has_mixing
        if not has_noise and has_style:
            self.part.set_value("style")
        elif not has_style:
            self.part.set_value("noise")
        self.part.setVisible(has_noise and has_style)
        self.lacking.setText(NOTHING if can else NO_MODEL)
        self.lacking.setVisible(not (has_noise or has_style))
        self._area.setVisible(has_noise or has_style)

    def look(self) -> None:
        """Ask about every layer of the picture that is shown."""
        can = self.can
        if self.frame is not None and can is not None and (can.has_noise or can.has_mixing):
            self._asker.want(LeaveOut(self.frame.recipe, self.part.value))

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Show the differences."""
        if not isinstance(answer, LayerDifferences) or answer.asked.part != self.part.value:
            return
        self.found = answer
        self.grid.set_names([one.name for one in answer.layers])
        for box, one in zip(self.grid.boxes, answer.layers, strict=True):
            box.show_image(as_image(one.difference))
            box.set_caption(f"{short(one.name)}  {one.change:.2f}")
        self.whole.show_image(as_image(answer.whole))
        self.show_layer(min(self._at_hand, len(answer.layers) - 1))

    def show_layer(self, place: int) -> None:
        """Compare one layer's picture with the whole one."""
        if self.found is None or place < 0:
            return
        self._at_hand = place
        self.grid.light(place, COLOURS[self.found.asked.part])
        one, part = self.found.layers[place], self.found.asked.part
        self.without.show_image(as_image(one.without))
        self.difference.show_image(as_image(one.difference))
        self.difference.set_caption(f"difference x {self.found.gain:.0f}")
        what = "its noise" if part == "noise" else "its own style"
        self.told.setText(
            f"{one.name}: without {what} the picture changes by {one.change:.2f} of 255 grey levels on"
            " average. All differences are made brighter alike."
        )

    def show_progress(self, topic: str, fraction: float | None) -> None:
        """Tell how far it is."""
        self.search.show_fraction(fraction)

    def forget(self) -> None:
        """Forget the pictures of the model before."""
        super().forget()
        self.found, self._at_hand = None, 0
        self.search.show_fraction(None)
        self.told.setText("")
        self.grid.set_names([])
        for box in (self.whole, self.without, self.difference):
            box.show_image(QImage())

    def _on_part(self) -> None:
        if self.isVisible():
            self.look()


def short(name: str) -> str:
    """A stage's name where there is little room: `"16x16/conv0"` is `"16 conv0"`."""
    side, _, rest = name.partition("/")
    return f"{side.partition('x')[0]} {rest}"


# The truncation lab: the picture over psi, and how far its style lies from the centre.

PSI_TOPIC = "psis"
NO_PSI = "This model normalises its z, so there is nothing to truncate."


class PsiView(LiveView):
    """The picture at several psi; pressing one takes that psi."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(PSI_TOPIC, SLOW_MS)
        self.lacking = text_label(NO_MODEL)
        self.search = SearchBar("Drawing the strip over psi")
        self.told = text_label()
        self.grid = LabPictureGrid(
            "The picture at this psi, and how far its style lies from the centre: press to take it"
            " (truncation; StyleGAN, Karras et al. 2019, appendix B; BigGAN, Brock et al. 2019)."
        )
        self.grid.set_names([f"psi {psi:g}" for psi in PSIS])
        self._area = _lay_out(self, (self.lacking, self.search), (self.grid, self.told))
        self.search.stopped.connect(self._asker.drop)
        self.grid.pressed.connect(self._on_pressed)
        self.offer()

    def offer(self) -> None:
        """Be there for a model that can be truncated, and name what is measured."""
        has = self.can is not None and self.can.has_truncation
        self.lacking.setText(NO_PSI if self.can else NO_MODEL)
        self.lacking.setVisible(not has)
        self._area.setVisible(has)
        w = self.can is not None and self.can.has_w
        formula = "||w - mean of W||" if w else "||z||, as psi scales it"
        self.told.setText(f"Below each picture: psi, and the distance from the centre, {formula}.")

    def refresh(self) -> None:
        """Frame the picture of the psi on the desk."""
        own = self.recipe.psi_at
        near = [place for place, psi in enumerate(PSIS) if abs(psi - self.recipe.psi) < 0.005]
        self.grid.light(near[0] if near and not own else -1, COLOUR.TRUNCATION)

    def look(self) -> None:
        """Ask for the strip of the picture that is shown; its own psi does not matter."""
        if self.frame is not None and self.can is not None and self.can.has_truncation:
            self._asker.want(TryPsis(_any_psi(self.frame.recipe)))

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Show the strip."""
        if isinstance(answer, PsiStrip):
            for box, one in zip(self.grid.boxes, answer.pictures, strict=False):
                box.show_image(as_image(one.pixels))
                box.set_caption(f"psi {one.psi:g}  ·  {one.distance:.1f}")

    def show_progress(self, topic: str, fraction: float | None) -> None:
        """Tell how far it is."""
        self.search.show_fraction(fraction)

    def forget(self) -> None:
        """Forget the pictures of the model before."""
        super().forget()
        self.search.show_fraction(None)
        for box in self.grid.boxes:
            box.show_image(QImage())

    def _on_pressed(self, place: int) -> None:
        """What is pressed is what is shown then: no resolution keeps a psi of its own."""
        self.propose(replace(self.recipe, psi=PSIS[place], psi_at=()), "psi")


def _any_psi(recipe: Recipe) -> Recipe:
    """Equal for Recipes that give the same strip."""
    return replace(recipe, psi=1.0, psi_at=())


# One latent in every class; of a network that translates, a picture there and back.

CLASSES_TOPIC = "classes"
NO_CLASSES = "This model knows no classes."


class ClassesView(LiveView):
    """The same latent in every class or domain; pressing one chooses it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(CLASSES_TOPIC, SLOW_MS)
        self.lacking = text_label(NO_MODEL)
        self.search = SearchBar("Drawing the classes")
        self.told = text_label()
        self.grid = LabPictureGrid(
            "The picture in this class, all else the same: press to choose it (CoGAN, Liu & Tuzel 2016;"
            " CycleGAN, Zhu et al. 2017; BigGAN, Brock et al. 2019)."
        )
        self._area = _lay_out(self, (self.lacking, self.search), (self.grid, self.told))
        self.search.stopped.connect(self._asker.drop)
        self.grid.pressed.connect(self._on_pressed)
        self.offer()

    def offer(self) -> None:
        """Be there for a model with classes."""
        has = self.can is not None and bool(self.can.classes)
        self.lacking.setText(NO_CLASSES if self.can else NO_MODEL)
        self.lacking.setVisible(not has)
        self._area.setVisible(has)

    def look(self) -> None:
        """Ask for the pictures; where only the class differs they are the same."""
        if self.frame is None or self.can is None or not self.can.classes:
            return
        recipe = self.frame.recipe
        if not self.can.translates:
            recipe = replace(recipe, classes=(), classes_at=())
        self._asker.want(SeeClasses(recipe))

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Show the pictures."""
        if isinstance(answer, ClassPictures):
            self.grid.set_names([words for words, _ in answer.pictures])
            for box, (words, pixels) in zip(self.grid.boxes, answer.pictures, strict=True):
                box.show_image(as_image(pixels))
                box.set_caption(words)
            self.told.setText(answer.told)

    def show_progress(self, topic: str, fraction: float | None) -> None:
        """Tell how far it is."""
        self.search.show_fraction(fraction)

    def forget(self) -> None:
        """Forget the pictures of the model before."""
        super().forget()
        self.search.show_fraction(None)
        self.told.setText("")
        self.grid.set_names([])

    def _on_pressed(self, place: int) -> None:
        """What is pressed is the class; of a translating network, the way that leads there."""
        if self.can is None:
            return
        chosen = place
        if self.can.translates:
            now = max(self.recipe.classes or ((0, 1.0),), key=lambda pair: pair[1])[0]
            chosen = now if place == 1 else 1 - now
        self.propose(replace(self.recipe, classes=((chosen, 1.0),), classes_at=()), "class")


class LabView(PartsView):
    """Five experiments, one at a time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.noise, self.layers, self.psi = NoiseView(), LayersView(), PsiView()
        self.classes, self.spectrum = ClassesView(), SpectrumView()
        parts = (
            ("noise", "The picture with and without noise, and where noise decides"
             " (StyleGAN, Karras et al. 2019, fig. 4).", COLOUR.NOISE, self.noise),
            ("layers", "What the picture loses without the noise or the style of each layer.",
             COLOUR.TEXT, self.layers),
            ("psi", "The picture over the truncation psi (StyleGAN, Karras et al. 2019, fig. 8).",
             COLOUR.TRUNCATION, self.psi),
            ("classes", "One latent in every class, or a picture there and back"
             " (CoGAN, Liu & Tuzel 2016; CycleGAN, Zhu et al. 2017).", COLOUR.CLASS, self.classes),
            ("spectrum", "The power of the picture's frequencies (Durall et al. 2020).",
             COLOUR.TEXT, self.spectrum),
        )  # fmt: skip
        super().__init__("Experiment", parts, parent)

    def show_experiment(self, name: str) -> None:
        """Turn to one of them."""
        self.show_part(name)
