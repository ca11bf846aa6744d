"""A channel strip: everything one resolution of the generator can do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ganlab import style
from ganlab.bend_editor import BendEditor, without_bends
from ganlab.controls import (
    RESETS,
    FillBar,
    IconButton,
    Label,
    NameButton,
    PaintedButton,
    Picture,
    SeedBox,
    SeedField,
    Segmented,
    Span,
    Thumbnail,
    Toggle,
    Track,
    ValueSlider,
    WordButton,
    place_below,
    set_controls,
    thrown,
)
from ganlab.play.class_mixer import FIRST, ClassMixer
from ganlab.recipe_widget import (
    NO_NOISE,
    NOT_RANDOM,
    PSI_HIGH,
    PSI_LOW,
    PSI_STEP,
    ControlNames,
    RecipeWidget,
    alpha_of,
    growth_for,
    names_for,
    section_title,
)
from ganlab.style import COLOUR
from ganlab_core.recipe import (
    SEED_MAX,
    Capabilities,
    Classes,
    Latent,
    Layer,
    LayerNoise,
    Mix,
    Noise,
    Recipe,
    bent_layer,
    class_name,
    latent_text,
)
from ganlab_core.rendering import Preview


class NoiseHead(QWidget):
    """The word at the left, the kind of noise or its seed at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title, self._note = Label("noise"), Label()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(title, 1)
        row.addWidget(self._note)
        for label in (title, self._note):
            label.setFont(style.font("small"))
            style.set_tone(label, "muted")
            style.set_tip(
                label,
                "The noise added in each layer of this scale"
                " (StyleGAN, Karras et al. 2019, sec. 3.2).",
            )

    def show_noise(self, noise: Noise) -> None:
        """Show the master's noise."""
        self._note.setText(f"seed {noise.seed}" if noise.mode == "random" else noise.mode)


@dataclass(frozen=True, slots=True)
class Offer:
    """What one resolution of a model can do.

    Attributes
    ----------
    source
        Take another latent: a style, or a part of another z.
    psi
        Have a truncation of its own.
    cells
        The layers that have a cell: those that add noise, or where none does, those with a style.
        StyleGAN2's toRGB shares a style and adds no noise, so it has none.
    noise
        Show the noise's heading.
    classes
        Have a class mix of its own.
    attention
        Show the strength of the self-attention.
    growth
        Be faded in.
    second
        Take weights of a second model.
    """

    source: bool
    psi: bool
    cells: tuple[Layer, ...]
    noise: bool
    classes: bool
    attention: bool
    growth: bool
    second: bool = False

    @property
    def editable(self) -> bool:
        """Whether there is anything that could follow the master again."""
        own = self.source or self.psi or bool(self.cells) or self.classes or self.attention
        return own or self.second


def offer_of(layers: tuple[Layer, ...], can: Capabilities) -> Offer:
    """What a strip of these layers offers."""
    styled = any(layer.style for layer in layers)
    classed = any(layer.classes for layer in layers)
    if can.has_noise:
        cells = tuple(layer for layer in layers if layer.noise)
    else:
        cells = tuple(layer for layer in layers if layer.style and can.has_w)
    return Offer(
        source=can.has_mixing and styled,
        psi=can.has_truncation and styled,
        cells=cells,
        noise=can.has_noise and bool(cells),
        classes=bool(can.classes) and classed,
        attention=can.has_attention and any(layer.attention for layer in layers),
        growth=can.has_growth,
        second=layers[0].resolution in can.blendable,
    )


# How the picture of one scale was read, in words.

GROWTH_PAPER = "(progressive growing; ProGAN, Karras et al. 2018, fig. 2)"

_CAPTIONS = {"fitted": "fitted read-out", "phase": "phase read-out", "own": "own toRGB"}

_EXPLAINED = {
    "fitted": "a linear read-out fitted to the finished picture",
    "phase": "the read-out kept from the end of this resolution's own training phase",
    "own": "the network's own toRGB layer, which may be stale in a finished network",
}


def caption_of(readout: str) -> str:
    """The words below a scale's picture; a space keeps their place when there is none."""
    return _CAPTIONS.get(readout, readout) or " "


def explained(readout: str) -> str:
    """One sentence that says what the picture is."""
    how = _EXPLAINED.get(readout, "a read-out of this scale")
    return f"What the network knows at this scale: {how} {GROWTH_PAPER}."


def _bend_button(resolution: int) -> IconButton:
    """What opens a scale's bends; checked while there are some."""
    button = IconButton(
        "bend",
        f"Bend {resolution} px",
        "Bend the feature maps of this scale: turn, move, blur, hold them and more"
        " (network bending; Broad et al. 2021, sec. 3).",
        side=20,
    )
    button.setCheckable(True)
    return button


class StripHead(QWidget):
    """`selected` tells a click on the title; `reset` is the button at the right."""

    selected = Signal()

    def __init__(self, resolution: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._resolution = resolution
        size = f"{resolution} × {resolution}"
        self.title = QPushButton(size)
        self.title.setProperty("quiet", "true")
        self.title.setProperty("flush", "true")
        self.title.setAutoDefault(False)
        self.title.setFont(style.font("body", bold=True))
        self.title.setAccessibleName(f"Select the {resolution} px strip")
        style.set_tip(
            self.title, f"Select this strip: the layers that paint at {size} pixels {GROWTH_PAPER}."
        )
        self.title.clicked.connect(self.selected)
        self.reset = IconButton(
            "reset",
            f"Reset {resolution} px",
            "Let everything on this strip follow the master panel again.",
            side=20,
        )
        self.lock = IconButton(
            "lock",
            f"Lock {resolution} px",
            "Keep this strip's style whatever seed or dice do; press again to let it go"
            " (style mixing; StyleGAN, Karras et al. 2019, sec. 3.1).",
            side=20,
        )
        self.lock.setCheckable(True)
        self.bend = _bend_button(resolution)
        self.percent = Label()
        self.percent.setFont(style.font("small"))
        style.set_tip(self.percent, f"How far this block is faded in {GROWTH_PAPER}.")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self.title)
        row.addStretch(1)
        row.addWidget(self.bend)
        row.addWidget(self.lock)
        row.addWidget(self.reset)
        row.addWidget(self.percent)

    def set_short(self, short: bool) -> None:
        """Write the size in one number where there is little room."""
        side = self._resolution
        self.title.setText(f"{side} px" if short else f"{side} × {side}")

    def keep_in_line(self, most: int) -> None:
        """Be as wide as the head of the largest resolution, so that rows stand in line; 0 = as needed."""
        title, shown = self.title, self.title.text()
        title.setText(f"{most} px")
        wanted = title.sizeHint().width()
        title.setText(shown)
        title.setMinimumWidth(wanted if most else 0)

    def show_alpha(self, alpha: float, *, beyond: bool) -> None:
        """Show the fade-in alpha, 0 to 1; quietly where the growth has not come so far."""
        self.percent.setText(f"{100 * alpha:.0f} %")
        style.set_tone(self.percent, "muted" if beyond else "growth")
        style.set_tone(self.title, "muted" if beyond else "text")


# Where a strip's mixed-in style comes from.

SOURCE_PSI = 0.7
"""The truncation of those pictures, whatever the desk's: turning psi need not draw them anew."""


def other_style(recipe: Recipe) -> Latent:
    """The style that a mix slider reaches for when none was chosen yet.

    The one already mixed in somewhere else, so that strips share it; else the next seed.
    """
    mixes = [mix for _, mix in (*recipe.mix_at, *recipe.mix_layers)]
    if mixes:
        return mixes[0].latent
    seed = recipe.latent.seed
    return Latent(seed + 1 if seed < SEED_MAX else 0)


def with_source(mix: Mix | None, latent: Latent) -> Mix:
    """The mix with another source; one that showed nothing of it now shows all."""
    return Mix(latent, 1.0 if mix is None or mix.amount == 0 else mix.amount)


def source_of(recipe: Recipe, resolution: int) -> Recipe:
    """The picture of what a strip takes: its latent or the master's, of the class it sees."""
    latent, classes, threshold = source_parts(recipe, resolution)
    return Recipe(latent=latent, psi=SOURCE_PSI, classes=classes, threshold=threshold)


def source_parts(recipe: Recipe, resolution: int) -> tuple[Latent, Classes, float | None]:
    """All that the picture of a source depends on."""
    mix = dict(recipe.mix_at).get(resolution)
    latent = recipe.latent if mix is None else mix.latent
    return latent, dict(recipe.classes_at).get(resolution, recipe.classes), recipe.threshold


class StyleSource(QWidget):
    """A seed entry, the source's picture, dice and clear.

    `edited` tells the `Latent` to mix in, None for the master's; `file_dropped` the `Path` of a PNG whose
    Recipe should become the source.
    """

    edited = Signal(object)
    file_dropped = Signal(object)

    def __init__(self, resolution: int, words: ControlNames, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = words
        at = f"at {resolution} px"
        other, master, paper = words.other, words.master, words.mix_paper
        self.field = SeedField(
            f"{_capital(other)} {at}",
            f"Type a seed to mix its {other} in {at}; empty is {master} {paper}.",
            optional=True,
            prefix="seed ",
        )
        self.picture = Thumbnail(
            f"Source of the {other} {at}",
            f"The picture this {other} comes from; drop a seed or a saved PNG here {paper}.",
            40,
            accepts_drops=True,
        )
        self.dice = IconButton(
            "dice", f"Random {other} {at}", f"Mix a random {other} in {at} {paper}.", side=20
        )
        self.clear = IconButton(
            "clear", f"{_capital(master)} {at}", f"Return to {master} {at} {paper}.", side=20
        )
        self._build()
        self._connect()

    def _build(self) -> None:
        self.field.setFont(style.font("small"))
        self.field.setFixedHeight(24)
        self.field.setMinimumWidth(40)
        self.field.setProperty("compact", "true")
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(0)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        self._low = True
        self.set_low(False)

    def set_low(self, low: bool) -> None:
        """Put picture, entry, dice and clear in one line, or the picture and the buttons below."""
        if low == self._low:
            return
        self._low = low
        grid, top = self._grid, Qt.AlignmentFlag.AlignTop
        right = top | Qt.AlignmentFlag.AlignRight
        for part in (self.field, self.picture, self.dice, self.clear):
            grid.removeWidget(part)
        grid.setColumnStretch(0, 0 if low else 1)
        grid.setColumnStretch(1, 1 if low else 0)
        if low:
            middle = Qt.AlignmentFlag.AlignVCenter
            for column, one in enumerate((self.picture, self.field, self.dice, self.clear)):
                grid.addWidget(one, 0, column, Qt.AlignmentFlag(0) if one is self.field else middle)
        else:
            grid.addWidget(self.field, 0, 0, 1, 2)
            grid.addWidget(self.picture, 1, 0, 2, 1, top | Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(self.dice, 1, 1, right)
            grid.addWidget(self.clear, 2, 1, right)
        grid.setHorizontalSpacing(4 if low else 0)
        grid.setRowStretch(2, 0 if low else 1)
        self.picture.set_side(24 if low else 40)

    def _connect(self) -> None:
        self.field.edited.connect(self._on_seed)
        self.dice.clicked.connect(self._on_dice)
        self.clear.clicked.connect(self._on_clear)
        self.picture.clicked.connect(self.field.setFocus)
        self.picture.dropped.connect(self.take)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The picture takes what width and height the entry and the buttons leave."""
        super().resizeEvent(event)
        self._fit_picture()

    def _fit_picture(self) -> None:
        room = min(self.width() - 24, self.height() - 28)
        self.picture.set_side(24 if self._low else max(32, room // 4 * 4))

    def show_mix(self, mix: Mix | None, master: Latent) -> None:
        """Show what is mixed in, None for the master's; emits nothing."""
        words = self._words
        latent = master if mix is None else mix.latent
        if mix is None:
            self.field.set_value(None, words.master)
        elif latent.is_seed:
            self.field.set_value(latent.seed)
        else:
            self.field.set_value(None, f"in {latent.space.upper()}")
        style.set_tone(self.field, "muted" if mix is None else "style")
        nothing = f"This scale shows {words.master} already: nothing is mixed in {words.mix_paper}."
        self.clear.set_available(nothing if mix is None else "")
        self.picture.set_drag_seed(latent.seed if latent.is_seed else None)
        shown = words.master if mix is None else f"{mix.amount:.0%} of {latent_text(latent)}"
        self.field.setAccessibleDescription(f"This scale shows {shown} {words.mix_paper}.")

    def show_picture(self, picture: Picture | None) -> None:
        """Show the source's picture."""
        self.picture.show_picture(picture)

    def take(self, found: int | Path) -> None:
        """Use what was dropped: a seed at once, a file by asking for it."""
        if isinstance(found, int):
            self.edited.emit(Latent(found))
        else:
            self.file_dropped.emit(found)

    def _on_seed(self, seed: int | None) -> None:
        self.edited.emit(None if seed is None else Latent(seed))

    def _on_dice(self) -> None:
        self.edited.emit(Latent(thrown()))

    def _on_clear(self) -> None:
        self.edited.emit(None)


def _capital(words: str) -> str:
    """The words as a name: `"style A"` is written `"Style A"`."""
    return words[:1].upper() + words[1:]


# The classes of one block: as the master's, or its own mix.

AS_MASTER, OWN = "as master", "own"
_PAPER = "(class-conditional batch norm; BigGAN, Brock et al. 2019, sec. 3)"


class ClassCell(RecipeWidget):
    """The name of what this block shows; pressing it opens the block's own class mixer."""

    def __init__(self, resolution: int, can: Capabilities, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._resolution = resolution
        self._names = can.classes
        self._popup: ClassPopup | None = None
        title = Label("class")
        title.setFont(style.font("small"))
        style.set_tone(title, "muted")
        at = f"at {resolution} px"
        self.button = NameButton()
        self.button.setAccessibleName(f"Classes {at}")
        self.button.setProperty("framed", "true")
        self.button.setFixedHeight(24)
        self.clear = IconButton(
            "clear",
            f"Master's classes {at}",
            f"Follow the master's classes {at} again {_PAPER}.",
            side=20,
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(title)
        row.addWidget(self.button, 1)
        row.addWidget(self.clear)
        self.button.clicked.connect(self.open_popup)
        self.clear.clicked.connect(self._on_clear)
        style.set_tip(title, f"What this block is told to paint {_PAPER}.")

    @property
    def popup(self) -> ClassPopup:
        """The block's own class mixer, made when it is first asked for."""
        if self._popup is None:
            self._popup = ClassPopup(self._resolution, self._names, self)
            self._popup.edited.connect(self.edited)
            self.forward_drags(self._popup)
            self._popup.show_recipe(self.recipe)
        return self._popup

    def open_popup(self) -> None:
        """Show the class mixer below the name."""
        place_below(self.popup, self.button)
        self.popup.mode.button(self.popup.mode.value).setFocus(Qt.FocusReason.PopupFocusReason)

    def refresh(self) -> None:
        """Show the name of what this block paints, in colour where it is its own."""
        own = dict(self.recipe.classes_at).get(self._resolution)
        words = mix_text(self.recipe.classes if own is None else own, self._names)
        self.button.setText(words if own is not None else AS_MASTER)
        style.set_tone(self.button, "class" if own is not None else "muted")
        style.set_tip(
            self.button, f"This block paints {words}; press to give it classes of its own {_PAPER}."
        )
        self.clear.set_available("" if own is not None else "It follows the master already.")
        if self._popup is not None:
            self._popup.show_recipe(self.recipe)

    def _on_clear(self) -> None:
        self.propose(
            self.recipe.with_classes_at(self._resolution, None), f"classes at {self._resolution} px"
        )


class ClassPopup(RecipeWidget):
    """As master or own, and a class mixer for the own ones."""

    def __init__(
        self, resolution: int, names: tuple[str, ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.Popup)
        style.set_surface(self, "strip")
        self._resolution = resolution
        self.setAccessibleName(f"Classes at {resolution} px")
        title = Label(f"{resolution} × {resolution} · classes")
        title.setFont(style.font("body", bold=True))
        self.mode = Segmented(
            f"Classes at {resolution} px",
            (
                (AS_MASTER, f"This block paints what the master panel says {_PAPER}."),
                (OWN, f"This block has a class mix of its own {_PAPER}."),
            ),
            COLOUR.CLASS,
        )
        self.mixer = ClassMixer()
        self.mixer.set_names(names)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        for part in (title, self.mode, self.mixer):
            column.addWidget(part)
        self.setFixedWidth(260)
        self.mode.edited.connect(self._on_mode)
        self.mixer.edited.connect(self._on_mix)
        self.mixer.drag_started.connect(self.drag_started)
        self.mixer.drag_finished.connect(self.drag_finished)

    def refresh(self) -> None:
        """Show the block's own mix, or in grey the master's; the window fits its rows."""
        own = dict(self.recipe.classes_at).get(self._resolution)
        self.mode.set_value(AS_MASTER if own is None else OWN)
        before = len(self.mixer.rows)
        self.mixer.show_mix(self.recipe.classes if own is None else own, muted=own is None)
        if self.isVisible() and len(self.mixer.rows) != before:
            self.adjustSize()

    def _on_mode(self, word: str) -> None:
        self._on_mix((self.recipe.classes or FIRST) if word == OWN else ())

    def _on_mix(self, mix: Classes) -> None:
        changed = self.recipe.with_classes_at(self._resolution, mix or None)
        self.propose(changed, f"classes at {self._resolution} px")


def mix_text(classes: Classes, names: tuple[str, ...]) -> str:
    """A mix in a few words: `"tench"`, or `"tench 60 %, goldfish 40 %"`."""
    mix = [(i, w) for i, w in classes if i < len(names)] or list(FIRST)
    if len(mix) == 1:
        return class_name(mix[0][0], names)
    ranked = sorted(mix, key=lambda pair: -abs(pair[1]))
    shown = [f"{class_name(index, names)} {weight:.2g}" for index, weight in ranked[:3]]
    return ", ".join([*shown, "…"] if len(ranked) > 3 else shown)


class AttentionCell(RecipeWidget):
    """A factor on the attention's own strength gamma, which all attention layers share."""

    def __init__(self, resolution: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = ValueSlider(
            "attention", 0, 3, 1.0, 0.05, 2, COLOUR.TEXT,
            "A factor on gamma, the strength of the self-attention: 0 leaves it out, 1 is as trained"
            " (SAGAN, Zhang et al. 2019, eq. 3).",
        )  # fmt: skip
        self.slider.track.setAccessibleName(f"Attention at {resolution} px")
        set_controls(self.slider, "attention")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.slider)
        self.slider.edited.connect(self._on_edited)
        self.forward_drags(self.slider)
        self.setFocusProxy(self.slider)

    def refresh(self) -> None:
        """Show the factor."""
        self.slider.set_value(self.recipe.attention)

    def _on_edited(self, factor: float) -> None:
        self.propose(replace(self.recipe, attention=factor), "attention")


# The small window of one layer: its own style and its own noise.

FROZEN = "This layer has a noise of its own, which stays already."
SILENT = "There is no noise here to keep."
NO_STYLE = "This model has no style vector W, so layers have no style of their own."


class LayerPopup(RecipeWidget):
    """Style mixing and noise of one layer; what is set here wins over its strip."""

    def __init__(self, layer: Layer, can: Capabilities, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.Popup)
        style.set_surface(self, "strip")
        self._layer = layer
        self.setAccessibleName(f"Layer {layer.name}")
        where = "at this one layer (style mixing; StyleGAN, Karras et al. 2019, sec. 3.1)."
        self.source = SeedField(
            f"Style of {layer.name}",
            f"The seed of the style mixed in {where}",
            optional=True,
            prefix="seed ",
        )
        self.dice = IconButton(
            "dice", f"Dice for {layer.name}", f"Mix in a random style {where}", framed=True
        )
        self.clear = IconButton(
            "clear", f"Clear {layer.name}", f"Follow the strip again {where}", framed=True
        )
        self.amount = ValueSlider(
            "mix", 0, 1, None, 0.05, 2, COLOUR.STYLE, f"How much of that style is used {where}"
        )
        self.freeze = WordButton(
            "Freeze",
            "Keep this layer's noise as it is now, whatever the master's does"
            " (StyleGAN, Karras et al. 2019, sec. 3.2).",
            f"Freeze the noise of {layer.name}",
        )
        self.freeze.setProperty("raised", "true")
        self.mode = Segmented(f"Noise of {layer.name}", _modes(), COLOUR.NOISE)
        self.seed = SeedBox(
            f"Noise seed of {layer.name}",
            "The number this layer's own noise is drawn from (StyleGAN, Karras et al. 2019, sec. 3.2).",
            "Throw the dice for other noise in this layer (StyleGAN, Karras et al. 2019, sec. 3.2).",
        )
        self.strength = ValueSlider(
            "strength", 0, 10, 1.0, 0.1, 2, COLOUR.NOISE,
            "How much noise this layer adds, multiplied with the master's strength"
            " (StyleGAN, Karras et al. 2019, sec. 3.2).",
        )  # fmt: skip
        self._build()
        self._connect()
        self._offer(can)

    def _build(self) -> None:
        title = Label(self._layer.name.replace("/", " · "))
        title.setFont(style.font("body", bold=True))
        row = QHBoxLayout()
        row.setSpacing(4)
        for part in (self.source, self.dice, self.clear):
            row.addWidget(part)
        self.source.setFixedHeight(24)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(section_title("STYLE", self.source.accessibleDescription()))
        column.addLayout(row)
        column.addWidget(self.amount)
        head = QHBoxLayout()
        head.addWidget(section_title("NOISE", self.seed.field.accessibleDescription()), 1)
        head.addWidget(self.freeze)
        column.addLayout(head)
        column.addWidget(self.mode)
        column.addWidget(self.seed)
        column.addWidget(self.strength)
        self.setFixedWidth(240)

    def _connect(self) -> None:
        self.source.edited.connect(self._on_source)
        self.dice.clicked.connect(self._on_dice)
        self.clear.clicked.connect(self._on_clear)
        self.amount.edited.connect(self._on_amount)
        self.amount.default_asked.connect(self._on_clear)
        self.freeze.clicked.connect(self._on_freeze)
        self.mode.edited.connect(self._on_mode)
        self.seed.edited.connect(self._on_seed)
        self.strength.edited.connect(self._on_strength)
        self.forward_drags(self.amount, self.strength)

    def _offer(self, can: Capabilities) -> None:
        no_style = "" if can.has_w else NO_STYLE
        for part in (self.source, self.dice, self.clear, self.amount):
            part.set_available(no_style)
        self._no_noise = "" if can.has_noise and self._layer.noise else NO_NOISE
        self.mode.set_available(self._no_noise)
        self.strength.set_available(self._no_noise)
        self.refresh()

    def open_below(self, widget: QWidget) -> None:
        """Show the window under a widget, moved up where the screen ends."""
        place_below(self, widget)
        self.source.setFocus(Qt.FocusReason.PopupFocusReason)

    def refresh(self) -> None:
        """Show this layer's style and noise."""
        layer = self._layer
        own = dict(self.recipe.mix_layers).get(layer.w_plus_index)
        used = self.recipe.mix_of(layer)
        follows = "as the strip" if own is None else latent_text(own.latent)
        seed = own.latent.seed if own is not None and own.latent.is_seed else None
        self.source.set_value(seed, follows)
        self.amount.set_value(used.amount if used is not None else 0.0)
        self.amount.set_muted(own is None, "as the strip")
        noise = self.recipe.layer_noise(layer.index)
        self.mode.set_value("as master" if noise.mode == "master" else noise.mode)
        self.seed.set_value(noise.seed)
        not_random = "" if noise.mode == "random" else NOT_RANDOM
        self.seed.set_available(self._no_noise or not_random)
        self.strength.set_value(noise.strength)
        frozen = "" if noise.mode == "master" else FROZEN
        silent = SILENT if self.recipe.noise.mode == "off" or not noise.on else ""
        self.freeze.set_available(self._no_noise or frozen or silent)

    # --- style -------------------------------------------------------------------------------------

    def _on_source(self, seed: int | None) -> None:
        own = dict(self.recipe.mix_layers).get(self._layer.w_plus_index)
        self._mix(None if seed is None else with_source(own, Latent(seed)))

    def _on_dice(self) -> None:
        self._on_source(thrown())

    def _on_clear(self) -> None:
        self._mix(None)

    def _on_amount(self, amount: float) -> None:
        used = self.recipe.mix_of(self._layer)
        source = used.latent if used is not None else other_style(self.recipe)
        self._mix(Mix(source, amount))

    def _mix(self, mix: Mix | None) -> None:
        recipe = self.recipe.with_mix_layer(self._layer.w_plus_index, mix)
        self.propose(recipe, f"style of {self._layer.name}")

    # --- noise -------------------------------------------------------------------------------------

    def _on_mode(self, word: str) -> None:
        mode = "master" if word == "as master" else word
        self._noise(replace(self._own(), mode=mode, other=None))

    def _on_freeze(self) -> None:
        self._noise(LayerNoise.holding(self.recipe.noise, self._own()))

    def _on_seed(self, seed: int | None) -> None:
        if seed is not None:
            self._noise(replace(self._own(), seed=seed, other=None))

    def _on_strength(self, strength: float) -> None:
        self._noise(replace(self._own(), strength=strength))

    def _own(self) -> LayerNoise:
        return self.recipe.layer_noise(self._layer.index)

    def _noise(self, noise: LayerNoise) -> None:
        recipe: Recipe = self.recipe.with_noise_layer(self._layer.index, noise)
        self.propose(recipe, f"noise of {self._layer.name}")


def _modes() -> tuple[tuple[str, str], ...]:
    paper = "(StyleGAN, Karras et al. 2019, sec. 3.2)."
    return (
        ("as master", f"The same kind of noise as the master panel says {paper}"),
        ("stored", f"The fixed noise kept with the model {paper}"),
        ("random", f"Noise drawn from this layer's own seed {paper}"),
    )


# One layer on its strip: noise on or off, how much, and the way to its own settings.

_NOISE_PAPER = "(StyleGAN, Karras et al. 2019, sec. 3.2)"


class LayerCell(RecipeWidget):
    """A noise toggle with a strength slider below; its arrow opens the layer's `LayerPopup`.

    `beyond` says that the network has not grown to this layer; it is drawn at the next `refresh`.
    """

    def __init__(self, layer: Layer, can: Capabilities, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer = layer
        self._can = can
        self._noisy = can.has_noise and layer.noise
        self._name = layer.name.rsplit("/", 1)[-1]
        self._popup: LayerPopup | None = None
        self.beyond = False
        self.toggle = Toggle(self._name, COLOUR.NOISE, "", has_menu=True)
        self.toggle.setAccessibleName(f"Noise of {layer.name}")
        self.strength = Track(Span(0.0, 2.0, 0.05, 2), COLOUR.NOISE, compact=True)
        self.strength.setAccessibleName(f"Noise strength of {layer.name}")
        set_controls(self.strength, f"noise.strength@{layer.index}", f"noise.on@{layer.index}")
        self.strength.show_number(1.0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.toggle)
        column.addWidget(self.strength)
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        self.toggle.edited.connect(self._on_toggled)
        self.toggle.menu_asked.connect(self.open_popup)
        self.strength.edited.connect(self._on_strength)
        self.strength.default_asked.connect(self._on_default)
        self.forward_drags(self.strength)

    @property
    def popup(self) -> LayerPopup:
        """The layer's own window, made when it is first asked for."""
        if self._popup is None:
            self._popup = LayerPopup(self._layer, self._can, self)
            self._popup.edited.connect(self.edited)
            self.forward_drags(self._popup)
            self._popup.show_recipe(self.recipe)
        return self._popup

    def open_popup(self) -> None:
        """Show the layer's own window below the toggle."""
        self.popup.open_below(self.toggle)

    def refresh(self) -> None:
        """Show this layer's noise, and mark what its own window holds."""
        noise = self.recipe.layer_noise(self._layer.index)
        silent = self.beyond or self.recipe.noise.mode == "off"
        plain = noise.strength == 1.0
        self.toggle.set_value(noise.on and self._noisy)
        self.toggle.set_muted(silent)
        self.toggle.set_note("" if plain else f"×{noise.strength:.2g}")
        self.strength.show_number(noise.strength)
        self.strength.set_muted(silent or not noise.on)
        self.strength.setEnabled(self._noisy)
        self._explain(noise)
        if self._popup is not None:
            self._popup.show_recipe(self.recipe)

    def _explain(self, noise: LayerNoise) -> None:
        """Say in tooltips what this layer does differently, and mark that it does."""
        mix = dict(self.recipe.mix_layers).get(self._layer.w_plus_index)
        own = "" if noise.mode == "master" else f" Own noise: {noise.mode}."
        mixed = "" if mix is None else f" Own style: {latent_text(mix.latent)}, {mix.amount:.0%}."
        off = " The master noise is off." if self.recipe.noise.mode == "off" else ""
        what = f"Adds noise in {self._layer.name} {_NOISE_PAPER}." if self._noisy else NO_NOISE
        self.toggle.set_mark(COLOUR.STYLE if mix else COLOUR.NOISE if own else "")
        self.toggle.set_tooltip(
            f"{what}{off}{own}{mixed} The arrow opens this layer's own settings."
        )
        style.set_tip(
            self.strength,
            f"How much noise {self._layer.name} adds: {noise.strength:.2f} times the master's"
            f" {_NOISE_PAPER}. {RESETS}"
            if self._noisy
            else NO_NOISE,
        )

    def _on_toggled(self, on: bool) -> None:
        if not self._noisy:
            self.toggle.set_value(False)
            self.open_popup()
            return
        self._propose_noise(replace(self._own(), on=on))

    def _on_strength(self, strength: float) -> None:
        self._propose_noise(replace(self._own(), strength=strength))

    def _on_default(self) -> None:
        self.strength.propose(1.0)

    def _own(self) -> LayerNoise:
        return self.recipe.layer_noise(self._layer.index)

    def _propose_noise(self, noise: LayerNoise) -> None:
        recipe = self.recipe.with_noise_layer(self._layer.index, noise)
        self.propose(recipe, f"noise of {self._layer.name}")


class BendPopup(RecipeWidget):
    """The bends of one scale, in a small window of their own."""

    def __init__(self, resolution: int, can: Capabilities, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.Popup)
        style.set_surface(self, "strip")
        self.setAccessibleName(f"Bends at {resolution} px")
        title = Label(f"{resolution} × {resolution} · bends")
        title.setFont(style.font("body", bold=True))
        self.editor = BendEditor()
        self.editor.show_place(can.layers_at(resolution), bent_layer(can, resolution).index)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(self.editor)
        self.setFixedWidth(300)
        self.editor.edited.connect(self.edited)
        self.forward_drags(self.editor)

    def refresh(self) -> None:
        """Show the bends; the window fits what they need."""
        self.editor.show_recipe(self.recipe)
        if self.isVisible():
            self.adjustSize()


class NoiseDot(PaintedButton):
    """All the noise of a strip as one dot: filled while any layer adds some, a ring while none does."""

    def __init__(self, resolution: int) -> None:
        super().__init__(
            f"All noise at {resolution} px",
            f"Switch the noise of every layer of this scale {_NOISE_PAPER}.",
        )
        self._on = self._silent = False
        self.setFixedSize(20, 20)

    def show_noise(self, on: bool, *, silent: bool) -> None:
        """Show whether any layer adds noise; dimmed while the master's is off."""
        if (on, silent) != (self._on, self._silent):
            self._on, self._silent = on, silent
            self.update()

    def ground(self) -> str:
        """A little light under the pointer."""
        return style.HOVER if self.underMouse() else ""

    def paint_content(self, painter: QPainter) -> None:
        """Draw the dot."""
        colour = QColor(style.DISABLED if self._silent else COLOUR.NOISE)
        painter.setPen(QPen(colour, 1.5))
        painter.setBrush(colour if self._on else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QRectF(self.rect()).center(), 4.5, 4.5)


Form = Literal["column", "row", "thin"]
"""A strip beside others; a strip below others; and either with nothing but what is used most."""

MIN_WIDTH = 212
MAX_WIDTH = 320
THIN_WIDTH = 168
PICTURE = 80
ROW_PICTURE, THIN_PICTURE = 72, 36
LARGE_PICTURE = 160
"""Side of the picture where no style controls stand beside it."""

WIDGET_WIDEST = 16777215
"""What Qt takes for no limit."""

_AS_MASTER = "This strip already follows the master."


class ChannelStrip(RecipeWidget):
    """One resolution: its picture, and the controls that its `offer` names.

    `selected` tells a click on the header or the picture; `lock_asked` a press of the padlock;
    `file_dropped` a `Path` whose Recipe should
    become the source of this strip's style.
    """

    selected = Signal()
    lock_asked = Signal()
    file_dropped = Signal(object)

    def __init__(
        self,
        resolution: int,
        layers: tuple[Layer, ...],
        can: Capabilities,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.resolution = resolution
        self._layers = layers
        self._can = can
        self.reached: float | None = None
        self.offer = offer_of(layers, can)
        self._bend_popup: BendPopup | None = None
        style.set_surface(self, "strip")
        self.setAccessibleName(f"Strip {resolution} px")
        self._make_picture()
        self._make_controls()
        self._build()
        self._connect()
        self.show_preview(None)
        self.refresh()

    # --- make ----------------------------------------------------------------------------------------

    def _make_picture(self) -> None:
        self.head = StripHead(self.resolution)
        self.setProperty("opener", self.head.title)  # lays open what a thin strip hides
        self.picture = Thumbnail(
            f"Picture at {self.resolution} px",
            "",
            PICTURE if self._can.has_mixing else LARGE_PICTURE,
            accepts_drops=self.offer.source,
        )
        self.caption = Label()
        self.caption.setFont(style.font("small"))
        style.set_tone(self.caption, "muted")

    def _make_controls(self) -> None:
        at = f"at {self.resolution} px"
        words = names_for(self._can)
        self.source = StyleSource(self.resolution, words)
        self.growth = FillBar(
            f"Growth {at}",
            COLOUR.GROWTH,
            f"Fade this block in or out; finer blocks follow {GROWTH_PAPER}.",
        )
        self.mix = ValueSlider(
            "mix", 0, 1, None, 0.05, 2, COLOUR.STYLE,
            f"How much of the other {words.other} is mixed into {words.master} {at}"
            f" {words.mix_paper}.",
        )  # fmt: skip
        self.psi = ValueSlider(
            "psi", PSI_LOW, PSI_HIGH, None, PSI_STEP, 2, COLOUR.TRUNCATION,
            f"How far from the average the {words.other} may lie {at}; by itself it follows the"
            f" master {words.psi_paper}.",
        )  # fmt: skip
        set_controls(self.mix, f"mix@{self.resolution}", f"mix.step@{self.resolution}")
        set_controls(self.psi, f"psi@{self.resolution}")
        self.mix.track.setAccessibleName(f"Mix {at}")
        self.psi.track.setAccessibleName(f"Psi {at}")
        self.second = ValueSlider(
            "B", 0, 1, None, 0.05, 2, COLOUR.GROWTH,
            f"How much of the second model's weights is {at}: 0 = the first model, 1 = the second;"
            " double-click to follow the master (layer swapping, Pinkney and Adler 2020).",
        )  # fmt: skip
        set_controls(self.second, f"second@{self.resolution}")
        self.second.track.setAccessibleName(f"Second model {at}")
        self.classes = ClassCell(self.resolution, self._can)
        self.attention = AttentionCell(self.resolution)
        self.cells = tuple(LayerCell(layer, self._can) for layer in self.offer.cells)
        self._noise = NoiseHead()
        self.dot = NoiseDot(self.resolution)
        self._noise_box = QWidget()

    def _build(self) -> None:
        cells = QHBoxLayout()
        cells.setSpacing(4)
        for cell in self.cells:
            cells.addWidget(cell, 1)
        noise = QVBoxLayout(self._noise_box)
        noise.setContentsMargins(0, 0, 0, 0)
        noise.setSpacing(4)
        noise.addWidget(self._noise)
        self._noise.setVisible(self.offer.noise)
        noise.addLayout(cells)
        noise.addStretch(1)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(5, 7, 5, 7)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self.form: Form | None = None
        self.growth.setEnabled(self.resolution > 4)
        for part in self._all_parts:  # at once, or the keyboard would come by the late ones last
            part.setParent(self)
        self.set_form("column")

    # --- forms ---------------------------------------------------------------------------------------

    def set_form(self, form: Form) -> None:
        """Stand beside other strips, below them, or thin: thumbnail, one fader, a dot for the noise."""
        if form == self.form:
            return
        self.form = form
        grid = self._grid
        for part in self._all_parts:
            grid.removeWidget(part)
        for index in range(10):
            grid.setRowStretch(index, 0)
            grid.setColumnStretch(index, 0)
            grid.setColumnMinimumWidth(index, 0)
        places = {"column": self._as_column, "row": self._as_row, "thin": self._as_thin}[form]()
        for part in self._all_parts:
            part.setVisible(part in places and self._offers(part))
        for part, place in places.items():
            if self._offers(part):
                grid.addWidget(part, *place)
        thin = form == "thin"
        self.head.set_short(form != "column")
        self._grid.setContentsMargins(5, *((4, 5, 4) if thin else (7, 5, 7)))
        self.head.keep_in_line(self._can.resolution if form == "row" else 0)
        for part, there in (
            (self.head.lock, self.offer.source),
            (self.head.reset, self.offer.editable),
            (self.head.bend, True),
        ):
            part.setVisible(there and not thin)
        self.head.percent.setVisible(self.offer.growth and not (thin and self.offer.source))
        self.source.set_low(form == "row")
        large = PICTURE if self._can.has_mixing else LARGE_PICTURE
        self.picture.set_side({"column": large, "row": ROW_PICTURE, "thin": THIN_PICTURE}[form])
        self.setMinimumWidth(THIN_WIDTH if thin else MIN_WIDTH if form == "column" else 0)
        widest = MAX_WIDTH if self._can.has_mixing else MIN_WIDTH + 16
        self.setMaximumWidth(widest if form == "column" else WIDGET_WIDEST)

    def _as_column(self) -> dict[QWidget, tuple[int, int, int, int]]:
        self._grid.setColumnStretch(1, 1)
        self._grid.setRowStretch(9, 1)
        lines = (
            self.caption, self.mix, self.psi, self.second, self.classes, self.attention,
            self._noise_box,
        )  # fmt: skip
        return {
            self.head: (0, 0, 1, 3),
            self.picture: (1, 0, 1, 1),
            self.source: (1, 1, 1, 1),
            self.growth: (1, 2, 1, 1),
            **{line: (row, 0, 1, 3) for row, line in enumerate(lines, 2)},
        }

    def _as_row(self) -> dict[QWidget, tuple[int, int, int, int]]:
        for column, stretch, least in ((1, 4, 136), (2, 4, 0), (3, 4, 152)):
            self._grid.setColumnStretch(column, stretch)
            self._grid.setColumnMinimumWidth(column, least if column < 3 or self.offer.cells else 0)
        sliders = [
            part
            for part in (self.mix, self.psi, self.classes, self.attention)
            if self._offers(part)
        ]
        second = len(sliders) > 2
        below = second and bool(self.offer.cells)  # classes stand below the noise then
        places = {
            self.picture: (0, 0, 2, 1),
            self.head: (0, 1, 1, 1),
            self.source: (1, 1, 1, 1),
            self._noise_box: (0, 3, 1 if below else 2, 1),
            self.growth: (0, 4, 2, 1),
        }
        places[self.second] = (2, 1, 1, 3)
        for index, part in enumerate(sliders):
            row = 1 if below and index == 2 else index % 2
            places[part] = (row, 2 + index // 2, 1, 1)
        return places

    def _as_thin(self) -> dict[QWidget, tuple[int, int, int, int]]:
        self._grid.setColumnStretch(1, 1)
        return {
            self.picture: (0, 0, 2, 1),
            self.head: (0, 1, 1, 1),
            self.fader: (1, 1, 1, 1),
            self.second: (2, 1, 1, 1),
            self.dot: (0, 2, 2, 1),
            self.growth: (0, 3, 2, 1),
        }

    @property
    def fader(self) -> QWidget:
        """The one control that a thin strip keeps: mixing, else psi, else the read-out's name."""
        order = ((self.mix, self.offer.source), (self.psi, self.offer.psi))
        return next((part for part, there in order if there), self.caption)

    @property
    def _all_parts(self) -> tuple[QWidget, ...]:
        return (
            self.head, self.picture, self.source, self.growth, self.caption, self.mix, self.psi,
            self.second, self.classes, self.attention, self._noise_box, self.dot,
        )  # fmt: skip

    @property
    def tab_stops(self) -> tuple[QWidget, ...]:
        """What Tab comes by, in order.

        A slider as a whole, which hands the focus to its track: Qt moves that along, and moved apart it
        would close the way of Tab within the desk. They are listed, not looked for in the window's chain:
        that gives Qt's own widgets Python objects, which stay when the widgets have gone.
        """
        head, source, classes = self.head, self.source, self.classes
        return (
            head.title, head.bend, head.lock, head.reset, source.field, source.dice, source.clear,
            self.growth, self.mix, self.psi, self.second, classes.button, classes.clear,
            self.attention, *(part for cell in self.cells for part in (cell.toggle, cell.strength)),
            self.dot,
        )  # fmt: skip

    def _offers(self, part: QWidget) -> bool:
        """A strip has no place for controls that mean nothing to this model."""
        offer = self.offer
        return {
            self.source: offer.source,
            self.mix: offer.source,
            self.psi: offer.psi,
            self.second: offer.second,
            self.classes: offer.classes,
            self.attention: offer.attention,
            self._noise_box: bool(offer.cells),
            self.dot: offer.noise,
            self.growth: offer.growth,
        }.get(part, True)

    def _connect(self) -> None:
        self.head.selected.connect(self.selected)
        self.picture.clicked.connect(self.selected)
        self.picture.dropped.connect(self.source.take)
        self.dot.clicked.connect(self._on_dot)
        self.source.edited.connect(self._on_source)
        self.source.file_dropped.connect(self.file_dropped)
        self.mix.edited.connect(self._on_mix)
        self.mix.default_asked.connect(self._on_mix_default)
        self.psi.edited.connect(self._on_psi)
        self.psi.default_asked.connect(self._on_psi_default)
        self.second.edited.connect(self._on_second)
        self.second.default_asked.connect(partial(self._on_second, None))
        self.growth.edited.connect(self._on_growth)
        self.head.reset.clicked.connect(self._on_reset)
        self.head.lock.clicked.connect(self.lock_asked)
        self.head.bend.clicked.connect(self._on_bend)
        self.forward_drags(self.mix, self.psi, self.second, self.growth, *self._parts)
        for part in self._parts:
            part.edited.connect(self.edited)

    @property
    def _parts(self) -> tuple[RecipeWidget, ...]:
        """The parts that show the Recipe by themselves."""
        return self.classes, self.attention, *self.cells

    # --- show ----------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what the Recipe says at this resolution."""
        recipe = self.recipe
        mix = dict(recipe.mix_at).get(self.resolution)
        self.source.show_mix(mix, recipe.latent)
        self.mix.set_value(0.0 if mix is None else mix.amount)
        beyond = self._refresh_growth()
        self.mix.set_muted(beyond)
        self._refresh_psi(beyond)
        own = self.resolution in dict(recipe.second_at)
        self.second.set_value(recipe.second_of(self.resolution))
        self.second.set_muted(not own or beyond, "" if own else "master")
        self._noise.show_noise(recipe.noise)
        self._refresh_dot(beyond)
        for cell in self.cells:
            cell.beyond = beyond
        for part in self._parts:
            part.show_recipe(recipe)
        self.head.reset.set_available("" if self._has_own() else _AS_MASTER)
        self.head.bend.setChecked(self._is_bent())
        if self._bend_popup is not None:
            self._bend_popup.show_recipe(recipe)

    def _refresh_dot(self, beyond: bool) -> None:
        noises = [self.recipe.layer_noise(layer.index) for layer in self.offer.cells]
        silent = beyond or self.recipe.noise.mode == "off"
        self.dot.show_noise(any(noise.on for noise in noises), silent=silent)

    def _refresh_psi(self, beyond: bool) -> None:
        own = dict(self.recipe.psi_at).get(self.resolution)
        styled = [layer for layer in self._layers if layer.style]
        followed = self.recipe.psi_of(styled[0]) if styled else self.recipe.psi
        self.psi.set_value(followed if own is None else own)
        self.psi.set_muted(own is None or beyond, "as master" if own is None else "")

    def _refresh_growth(self) -> bool:
        """Show this block's alpha; True when the growth has not come this far."""
        growth = self.recipe.growth
        alpha = alpha_of(self.reached if growth is None else growth, self.resolution)
        beyond = self._can.has_growth and alpha == 0
        self.growth.set_value(alpha)
        self.head.show_alpha(alpha, beyond=beyond)
        self.picture.set_dimmed(beyond)
        self.source.picture.set_dimmed(beyond)
        return beyond

    def show_reached(self, growth: float | None) -> None:
        """Show this block's alpha as training has reached it, while the Recipe asks for no other."""
        if growth != self.reached:
            self.reached = growth
            self._refresh_growth()

    def show_preview(self, preview: Preview | None) -> None:
        """Show the picture as this scale knows it, and by which read-out; None for nothing yet."""
        self.picture.show_picture(None if preview is None else preview.pixels)
        readout = "" if preview is None else preview.readout
        self.caption.setText(caption_of(readout))
        style.set_tip(self.picture, explained(readout))
        style.set_tip(self.caption, explained(readout))

    def show_locked(self, locked: bool) -> None:
        """Show whether this strip keeps its style; the dice then leave it alone."""
        self.head.lock.setChecked(locked)
        self.source.dice.set_available("This strip is locked: open the padlock first." * locked)

    def show_source(self, picture: Picture | None) -> None:
        """Show the picture of the style this strip takes."""
        self.source.show_picture(picture)

    def set_selected(self, selected: bool) -> None:
        """Draw the strip as the one selected."""
        self.setProperty("selected", "true" if selected else "false")
        self.style().unpolish(self)
        self.style().polish(self)

    def focus(self) -> None:
        """Take the keyboard's focus."""
        self.head.title.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # --- propose -------------------------------------------------------------------------------------

    def _on_source(self, latent: Latent | None) -> None:
        mix = dict(self.recipe.mix_at).get(self.resolution)
        changed = None if latent is None else with_source(mix, latent)
        self.propose(
            self.recipe.with_mix_at(self.resolution, changed),
            self._label(names_for(self._can).other),
        )

    def _on_mix(self, amount: float) -> None:
        mix = dict(self.recipe.mix_at).get(self.resolution)
        source = other_style(self.recipe) if mix is None else mix.latent
        changed = self.recipe.with_mix_at(self.resolution, Mix(source, amount))
        self.propose(changed, self._label("mix"))

    def _on_mix_default(self) -> None:
        if dict(self.recipe.mix_at).get(self.resolution) is not None:
            self._on_mix(0.0)

    def _on_dot(self) -> None:
        """Let every layer of the strip add noise, or none of them if any does."""
        recipe = self.recipe
        on = not any(recipe.layer_noise(layer.index).on for layer in self.offer.cells)
        for layer in self.offer.cells:
            noise = replace(recipe.layer_noise(layer.index), on=on)
            recipe = recipe.with_noise_layer(layer.index, noise)
        self.propose(recipe, self._label("noise"))

    def _on_psi(self, psi: float) -> None:
        self.propose(self.recipe.with_psi_at(self.resolution, psi), self._label("psi"))

    def _on_psi_default(self) -> None:
        self.propose(self.recipe.with_psi_at(self.resolution, None), self._label("psi"))

    def _on_second(self, amount: float | None) -> None:
        self.propose(
            self.recipe.with_second_at(self.resolution, amount), self._label("second model")
        )

    def _on_growth(self, alpha: float) -> None:
        growth = growth_for(self.resolution, alpha, self._can.resolution)
        self.propose(replace(self.recipe, growth=growth), self._label("growth"))

    @property
    def bend_popup(self) -> BendPopup:
        """The window of this scale's bends, made when it is first asked for."""
        if self._bend_popup is None:
            self._bend_popup = BendPopup(self.resolution, self._can, self)
            self._bend_popup.edited.connect(self.edited)
            self.forward_drags(self._bend_popup)
            self._bend_popup.show_recipe(self.recipe)
        return self._bend_popup

    def _on_bend(self) -> None:
        self.head.bend.setChecked(self._is_bent())
        self.bend_popup.editor.show_picture(self.picture.image)
        place_below(self.bend_popup, self.head.bend)

    def _is_bent(self) -> bool:
        own = {layer.index for layer in self._layers}
        return any(bend.stage in own for bend in self.recipe.bends)

    def _on_reset(self) -> None:
        self.propose(self._without_own(), f"reset {self.resolution} px")

    def _has_own(self) -> bool:
        """Whether `_without_own` would change anything; asked at every movement of a hand."""
        recipe, at, cells = self.recipe, self.resolution, self.offer.cells
        if self._is_bent() or (self.offer.attention and recipe.attention != 1.0):
            return True
        own = (recipe.mix_at, recipe.psi_at, recipe.classes_at, recipe.second_at)
        if any(at in dict[int, object](pairs) for pairs in own):
            return True
        mixes, noises = dict(recipe.mix_layers), dict(recipe.noise_layers)
        return any(one.w_plus_index in mixes or one.index in noises for one in cells)

    def _without_own(self) -> Recipe:
        """The Recipe with nothing set at this resolution or in its layers."""
        at = self.resolution
        recipe = self.recipe.with_mix_at(at, None).with_psi_at(at, None).with_classes_at(at, None)
        recipe = recipe.with_second_at(at, None)
        recipe = without_bends(recipe, [layer.index for layer in self._layers])
        if self.offer.attention:
            recipe = replace(recipe, attention=1.0)
        for layer in self.offer.cells:
            recipe = recipe.with_mix_layer(layer.w_plus_index, None)
            recipe = recipe.with_noise_layer(layer.index, None)
        return recipe

    def _label(self, what: str) -> str:
        return f"{what} at {self.resolution} px"
