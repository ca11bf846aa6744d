"""The master panel: the strip that all other strips follow."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import (
    Cell,
    IconButton,
    Picture,
    PictureGrid,
    Readout,
    SeedBox,
    Segmented,
    ValueSlider,
    WordButton,
    number_in,
    set_controls,
)
from ganlab.play.class_mixer import FIRST, ClassMixer, added
from ganlab.recipe_widget import (
    GROWTH_READOUT,
    NO_MODEL,
    NOT_RANDOM,
    PSI_HIGH,
    PSI_LOW,
    PSI_STEP,
    RecipeWidget,
    names_for,
    section_title,
)
from ganlab.style import COLOUR
from ganlab_core.recipe import (
    MAPPING,
    Capabilities,
    Classes,
    Latent,
    Recipe,
    class_name,
    fit,
    latent_text,
)


class NoiseSection(RecipeWidget):
    """Strength, kind and seed of the noise that all layers follow unless they say otherwise."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._missing = NO_MODEL
        self.strength = ValueSlider(
            "Strength", 0, 2, 1.0, 0.05, 2, COLOUR.NOISE,
            "How much noise every layer adds: 1 is as trained, 0 is none"
            " (StyleGAN, Karras et al. 2019, sec. 3.2).",
        )  # fmt: skip
        set_controls(self.strength, "noise.strength")
        self.mode = Segmented(
            "Noise",
            (
                ("stored", "The fixed noise kept with the model, so that pictures repeat exactly"
                 " (StyleGAN, Karras et al. 2019, sec. 3.2)."),
                ("random", "Noise drawn from the seed below: hair, freckles and texture change, the"
                 " person does not (StyleGAN, Karras et al. 2019, sec. 3.2)."),
                ("off", "No noise anywhere, which shows what the style alone paints"
                 " (StyleGAN, Karras et al. 2019, fig. 5)."),
            ),
            COLOUR.NOISE,
        )  # fmt: skip
        self.seed = SeedBox(
            "Noise seed",
            "The number that random noise is drawn from (StyleGAN, Karras et al. 2019, sec. 3.2).",
            "Throw the dice for other noise (StyleGAN, Karras et al. 2019, sec. 3.2).",
            prefix="seed ",
        )
        self._build()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        title = (
            "Noise adds fine random detail to each layer (StyleGAN, Karras et al. 2019, sec. 3.2)."
        )
        column.addWidget(section_title("NOISE", title))
        for part in (self.strength, self.mode, self.seed):
            column.addWidget(part)
        column.addStretch(1)
        self.strength.edited.connect(self._on_strength)
        self.mode.edited.connect(self._on_mode)
        self.seed.edited.connect(self._on_seed)
        self.forward_drags(self.strength)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Be there for a model that adds noise; without a model, be grey and say why."""
        self._missing = NO_MODEL if can is None else ""
        self.setVisible(can is None or can.has_noise)
        self.refresh()

    def refresh(self) -> None:
        """Show the noise; its seed only counts where it is random."""
        noise = self.recipe.noise
        self.strength.set_value(noise.strength)
        self.mode.set_value(noise.mode)
        self.seed.set_value(noise.seed)
        self.strength.set_available(self._missing)
        self.strength.set_muted(noise.mode == "off", "off")
        self.mode.set_available(self._missing)
        self.seed.set_available(self._missing or ("" if noise.mode == "random" else NOT_RANDOM))

    def _on_strength(self, strength: float) -> None:
        noise = replace(self.recipe.noise, strength=strength)
        self.propose(replace(self.recipe, noise=noise), "noise strength")

    def _on_mode(self, mode: str) -> None:
        noise = replace(self.recipe.noise, mode=mode)
        self.propose(replace(self.recipe, noise=noise), "noise mode")

    def _on_seed(self, seed: int | None) -> None:
        if seed is not None:
            noise = replace(self.recipe.noise, seed=seed, other=None)
            self.propose(replace(self.recipe, noise=noise), "noise seed")


class PlacementSection(RecipeWidget):
    """Where the picture lies and how it is turned; there only for a model that moves it from within."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        within = " from within, beyond its borders too (StyleGAN3, Karras et al. 2021)."
        self.right = ValueSlider(
            "Shift right", -1, 1, 0.0, 0.01, 2, COLOUR.STYLE,
            "Move the picture to the right by so many of its widths," + within,
        )  # fmt: skip
        self.down = ValueSlider(
            "Shift down", -1, 1, 0.0, 0.01, 2, COLOUR.STYLE,
            "Move the picture down by so many of its heights," + within,
        )  # fmt: skip
        self.turn = ValueSlider(
            "Turn", -180, 180, 0.0, 1, 0, COLOUR.STYLE,
            "Turn the picture clockwise by so many degrees," + within,
        )  # fmt: skip
        set_controls(self.right, "shift.x")
        set_controls(self.down, "shift.y")
        set_controls(self.turn, "turn")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        title = "Moves the plane that the picture is painted on (StyleGAN3, Karras et al. 2021)."
        column.addWidget(section_title("PLACEMENT", title))
        for slider, field in self._fields:
            column.addWidget(slider)
            slider.edited.connect(partial(self._on_edited, field))
            self.forward_drags(slider)

    @property
    def _fields(self) -> tuple[tuple[ValueSlider, str], ...]:
        return (self.right, "shift_x"), (self.down, "shift_y"), (self.turn, "turn")

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Be there for a model whose picture can be moved."""
        self.setVisible(can is not None and can.has_placement)
        self.refresh()

    def refresh(self) -> None:
        """Show where the picture lies."""
        for slider, field in self._fields:
            slider.set_value(getattr(self.recipe, field))

    def _on_edited(self, field: str, value: float) -> None:
        changes: dict[str, Any] = {field: value}
        self.propose(replace(self.recipe, **changes), "turn" if field == "turn" else "shift")


class SecondSection(RecipeWidget):
    """A second model: which one, how much of it everywhere, and how much in the mapping network.

    `second_asked` wants one to be chosen, `end_asked` the one there is taken away, `keep_asked` the
    blend kept as a model.
    """

    second_asked = Signal()
    end_asked = Signal()
    keep_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choose = WordButton(
            "Second model\N{HORIZONTAL ELLIPSIS}",
            "Choose a model of equal shape whose weights are blended into this one, scale by scale"
            " (layer swapping, Pinkney and Adler 2020).",
        )
        self.end = IconButton("clear", "End the second model", "Take the second model away.")
        self.keep = WordButton("Keep", "Keep the blend as a model of your own.", "Keep the blend")
        self.amount = ValueSlider(
            "A to B", 0, 1, 0.0, 0.01, 2, COLOUR.GROWTH,
            "How much of the second model's weights is in the network: 0 = the first model, 1 = the"
            " second; strips may have their own (Pinkney and Adler 2020).",
        )  # fmt: skip
        self.mapping = ValueSlider(
            "Mapping", 0, 1, None, 0.01, 2, COLOUR.GROWTH,
            "How much of it is in the mapping network and in the mean of W; double-click to follow"
            " the amount above (StyleGAN, Karras et al. 2019).",
        )  # fmt: skip
        set_controls(self.amount, "second")
        set_controls(self.mapping, "second.mapping")
        self.amount.track.setAccessibleName("Second model")
        self.mapping.track.setAccessibleName("Second model in the mapping")
        self._build()
        self._connect()

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.choose, 1)
        row.addWidget(self.keep)
        row.addWidget(self.end)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        about = "Two models on one desk: their weights blended (Pinkney and Adler 2020)."
        column.addWidget(section_title("SECOND MODEL", about))
        column.addLayout(row)
        for slider in (self.amount, self.mapping):
            column.addWidget(slider)
            self.forward_drags(slider)
        column.addStretch(1)

    def _connect(self) -> None:
        self.choose.clicked.connect(self.second_asked)
        self.end.clicked.connect(self.end_asked)
        self.keep.clicked.connect(self.keep_asked)
        self.amount.edited.connect(self._on_amount)
        self.mapping.edited.connect(self._on_mapping)
        self.mapping.default_asked.connect(partial(self._on_mapping, None))

    def show_second(self, title: str) -> None:
        """Show which model is the second one; empty for none."""
        self.choose.setText(f"B: {title}" if title else "Second model\N{HORIZONTAL ELLIPSIS}")

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Be there where there is a second model."""
        self.setVisible(can is not None and bool(can.blendable))
        self.mapping.setVisible(can is not None and MAPPING in can.blendable)
        self.refresh()

    def refresh(self) -> None:
        """Show the amounts."""
        recipe = self.recipe
        self.amount.set_value(recipe.second)
        self.mapping.set_value(recipe.second_of(MAPPING))
        follows = recipe.second_mapping is None
        self.mapping.set_muted(follows, "as master" if follows else "")

    def _on_amount(self, amount: float) -> None:
        self.propose(replace(self.recipe, second=amount), "second model")

    def _on_mapping(self, amount: float | None) -> None:
        self.propose(replace(self.recipe, second_mapping=amount), "second model's mapping")


MOST_FACES, FACES_IN_ROW = 24, 6
"""Classes of which each has a picture, and pictures in a row."""

FACES_REST_MS = 400
"""The desk rests for so long before classes are drawn anew."""


class ClassSection(RecipeWidget):
    """The class mixer of the master panel; there only for a model that knows classes.

    Few classes are shown as pictures: what is on the desk, in each of them. A click shows that class,
    with Ctrl it is mixed in.

    `faces_wanted` asks for the pictures of a list of Recipes; answer with `show_face`.
    """

    faces_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mixer = ClassMixer()
        self.faces = PictureGrid(
            "Pictures of the classes",
            "Click to show a class and no other; Ctrl+click mixes it in"
            " (class mixing; BigGAN, Brock et al. 2019, sec. 4).",
            columns=FACES_IN_ROW,
        )
        self._wanted: tuple[Recipe, ...] = ()
        self._names: tuple[str, ...] = ()
        self._can: Capabilities | None = None
        self._rest = QTimer(self, singleShot=True, interval=FACES_REST_MS)
        self._rest.timeout.connect(self._ask_for_faces)
        self.faces.chosen.connect(self._on_face)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(
            section_title(
                "CLASSES",
                "What the picture shows: one class, or several mixed (BigGAN, Brock et al. 2019).",
            )
        )
        column.addWidget(self.faces)
        column.addWidget(self.mixer)
        column.addStretch(1)
        self.mixer.edited.connect(self._on_edited)
        self.mixer.drag_started.connect(self.drag_started)
        self.mixer.drag_finished.connect(self.drag_finished)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Be there for a model that knows classes."""
        names = () if can is None else can.classes
        self._can, self._names, self._wanted = can, tuple(names), ()
        self.mixer.set_names(names)
        self.setVisible(bool(names))
        pictured = self._names if 1 < len(names) <= MOST_FACES else ()
        self.faces.set_cells([Cell(class_name(index, names)) for index in range(len(pictured))])
        self.faces.setVisible(bool(pictured))
        self.refresh()

    def refresh(self) -> None:
        """Show the class mix, and once the desk rests what is on it in every class."""
        self.mixer.show_mix(self.recipe.classes)
        if self.faces.count():
            shown = dict(self.recipe.classes or FIRST)
            self.faces.set_frames(
                {index: COLOUR.CLASS for index in shown if 0 <= index < self.faces.count()}
            )
            self._rest.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what was not drawn while nobody looked."""
        super().showEvent(event)
        self._rest.start()

    def show_face(self, recipe: Recipe, picture: Picture) -> None:
        """Take a picture that was asked for."""
        if recipe in self._wanted:
            self.faces.show_picture(self._wanted.index(recipe), picture)

    def _ask_for_faces(self) -> None:
        if self._can is None or not self.faces.count() or not self.isVisible():
            return
        plain = replace(fit(self.recipe, self._can), classes_at=())
        wanted = tuple(
            replace(plain, classes=((index, 1.0),)) for index in range(self.faces.count())
        )
        if wanted != self._wanted:
            self._wanted = wanted
            self.faces_wanted.emit(list(wanted))

    def _on_face(self, index: int) -> None:
        mixes = QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier
        now = self.recipe.classes or FIRST
        self._on_edited(added(now, index) if mixes else ((index, 1.0),))

    def _on_edited(self, classes: Classes) -> None:
        self.propose(replace(self.recipe, classes=classes), "classes")


# How cutoff and threshold are written beside their sliders, and read back from what is typed.


def cutoff_readout(styles: int) -> Readout:
    """`"8 of 12"`, or `"all"` from the last style on."""

    def write(value: float) -> str:
        return "all" if value >= styles else f"{value:.0f} of {styles}"

    def read(text: str) -> float | None:
        return float(styles) if text.strip().lower() == "all" else number_in(text)

    return Readout(write, read)


def threshold_readout(none_from: float) -> Readout:
    """`"1.50"`, or `"no cut"` from the end of the slider on."""

    def write(value: float) -> str:
        return "no cut" if value >= none_from else f"{value:.2f}"

    def read(text: str) -> float | None:
        return none_from if text.strip().lower() in ("no cut", "none") else number_in(text)

    return Readout(write, read)


# Where z's normal distribution is cut: BigGAN's truncation trick as its authors did it.

LOW, HIGH = 0.05, 3.0


class ThresholdSlider(RecipeWidget):
    """A slider that follows the model until it is moved; Delete follows the model again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._made: float | None = None
        self._there = False
        self.slider = ValueSlider(
            "Threshold", LOW, HIGH, None, 0.05, 2, COLOUR.TRUNCATION,
            "Draw z from a normal distribution cut at this many deviations: lower is plainer and"
            " surer (truncation trick; BigGAN, Brock et al. 2019, sec. 3.1).",
            readout=threshold_readout(HIGH),
        )  # fmt: skip
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.slider)
        self.slider.edited.connect(self._on_edited)
        self.slider.default_asked.connect(self._on_default)
        self.forward_drags(self.slider)
        self.setFocusProxy(self.slider)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Be there for a model that is truncated in z."""
        self._there = can is not None and can.has_truncation and not can.has_w
        self._made = None if can is None else can.threshold
        self.refresh()

    def refresh(self) -> None:
        """Show the threshold, in grey while it is as the model was made."""
        asked = self.recipe.threshold
        made = HIGH if self._made is None else self._made
        self.slider.set_value(made if asked is None else asked)
        self.slider.set_muted(asked is None, "as made")
        self.setVisible(self._there)

    def _on_edited(self, threshold: float) -> None:
        uncut = threshold >= HIGH and self._made is None
        self._propose(None if uncut else threshold)

    def _on_default(self) -> None:
        self._propose(None)

    def _propose(self, threshold: float | None) -> None:
        self.propose(replace(self.recipe, threshold=threshold), "threshold")


class StyleSection(RecipeWidget):
    """Seed, truncation and growth; each is there only for a model that can do it.

    `reset_asked` tells that everything should go back to the model's own start.
    """

    reset_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._can: Capabilities | None = None
        self._full = 10
        self._styles = 18
        words = names_for(None)
        self.title = section_title(words.heading, words.heading_tip)
        self.seed = SeedBox(
            words.seed,
            words.seed_tip,
            "Throw the dice for a new seed (latent z; ProGAN, Karras et al. 2018).",
        )
        self.psi = ValueSlider(
            words.psi, PSI_LOW, PSI_HIGH, 0.7, PSI_STEP, 2, COLOUR.TRUNCATION, words.psi_tip
        )  # fmt: skip
        set_controls(self.seed, "seed", "seed.step", "seed.back")
        set_controls(self.psi, "psi")
        self.cutoff = ValueSlider(
            "Cutoff layer", 0, 18, None, 1, 0, COLOUR.TRUNCATION,
            "How many styles, from the coarsest, psi applies to; finer ones keep their full reach"
            " (StyleGAN, Karras et al. 2019, appendix B).",
            readout=cutoff_readout(18),
        )  # fmt: skip
        self.threshold = ThresholdSlider()
        self.growth = ValueSlider(
            "Growth", 2, 10, None, 0.05, 3, COLOUR.GROWTH,
            "How far the network has grown: each block is faded in from 0 to 100 percent"
            " (progressive growing; ProGAN, Karras et al. 2018, fig. 2).",
            readout=GROWTH_READOUT,
        )  # fmt: skip
        set_controls(self.threshold, "threshold")
        set_controls(self.growth, "growth")
        self.reset = IconButton(
            "reset",
            "Reset all",
            "Put everything but the seed back to where this model starts"
            " (its first pick, or the truncation it was published with).",
            side=20,  # hardly higher than the headings beside it
        )
        self._build()
        self._connect()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.seed.field.setFont(style.font("body", bold=True))
        for part in (self.seed, self.psi, self.cutoff, self.threshold, self.growth):
            column.addWidget(part)
        column.addStretch(1)
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.reset)
        column.insertLayout(0, top)  # last, so that Tab reaches the seed first

    def _connect(self) -> None:
        self.seed.edited.connect(self._on_seed)
        self.psi.edited.connect(self._on_psi)
        self.cutoff.edited.connect(self._on_cutoff)
        self.cutoff.default_asked.connect(self._on_cutoff_default)
        self.threshold.edited.connect(self.edited)
        self.growth.edited.connect(self._on_growth)
        self.growth.default_asked.connect(self._on_growth_default)
        self.reset.clicked.connect(self.reset_asked)
        self.forward_drags(self.psi, self.cutoff, self.threshold, self.growth)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do; without a model all is there and grey."""
        self._can = can
        if can is not None:
            self._full = can.full_growth
            self._styles = max(1, can.style_count)
            self.growth.set_span(2, max(self._full, 3))
            self.cutoff.set_span(0, self._styles, cutoff_readout(self._styles))
        self.threshold.set_capabilities(can)
        self._word()
        missing = NO_MODEL if can is None else ""
        for part in (self.seed, self.reset, self.psi, self.cutoff, self.growth):
            part.set_available(missing)
        self.refresh()

    def _word(self) -> None:
        """Call things as this architecture's papers do."""
        words = names_for(self._can)
        self.title.setText(words.heading)
        style.set_tip(self.title, words.heading_tip)
        self.seed.set_names(words.seed, words.seed_tip)
        self.psi.set_tooltip(words.psi_tip)

    def _show_what_it_can(self) -> None:
        """A cutoff that a Recipe brings along counts without a W too, and is then shown."""
        can, recipe = self._can, self.recipe
        self.psi.setVisible(can is None or can.has_truncation)
        cuts = can is None or can.has_w or (can.has_truncation and recipe.cutoff is not None)
        self.cutoff.setVisible(cuts)
        self.growth.setVisible(can is None or can.has_growth)

    def refresh(self) -> None:
        """Show seed, truncation and growth."""
        recipe = self.recipe
        latent = recipe.latent if self._can is None else fit(recipe, self._can).latent
        if latent.is_seed:
            self.seed.set_value(latent.seed)
        else:
            self.seed.set_value(None, latent_text(latent))
        self.psi.set_value(recipe.psi)
        self.cutoff.set_value(self._styles if recipe.cutoff is None else recipe.cutoff)
        self.threshold.show_recipe(recipe)
        self.growth.set_value(self._full if recipe.growth is None else recipe.growth)
        self._show_what_it_can()

    def show_start(self, start: Recipe) -> None:
        """Let psi and the seed go back to where the model starts."""
        self.psi.set_default(start.psi)
        if start.latent.is_seed:
            self.seed.set_default(start.latent.seed)

    def _on_seed(self, seed: int | None) -> None:
        if seed is not None:
            self.propose(replace(self.recipe, latent=Latent(seed)), "seed")

    def _on_psi(self, psi: float) -> None:
        self.propose(replace(self.recipe, psi=psi), "psi")

    def _on_cutoff(self, styles: float) -> None:
        cutoff = None if styles >= self._styles else round(styles)
        self.propose(replace(self.recipe, cutoff=cutoff), "cutoff")

    def _on_cutoff_default(self) -> None:
        self.propose(replace(self.recipe, cutoff=None), "cutoff")

    def _on_growth(self, growth: float) -> None:
        whole = None if growth >= self._full else growth
        self.propose(replace(self.recipe, growth=whole), "growth")

    def _on_growth_default(self) -> None:
        self.propose(replace(self.recipe, growth=None), "growth")


WIDTH = 232
COLUMN = 188
"""What one of the columns needs in which the sections stand side by side, its margins counted."""

MOST_COLUMNS = 3


class MasterPanel(RecipeWidget):
    """Latent, truncation, growth, classes and noise of the whole picture; scrolls where it is low.

    A section is there when the model can do it. `reset_asked` tells that everything but the seed
    should go back to the model's own start.
    """

    reset_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Master")
        self.style_section = StyleSection()
        self.class_section = ClassSection()
        self.noise_section = NoiseSection()
        self.placement_section = PlacementSection()
        self.second_section = SecondSection()
        content = QWidget()
        content.setProperty("plain", "true")
        row = QHBoxLayout(content)
        row.setContentsMargins(16, 4, 16, 8)
        row.setSpacing(24)
        self._columns = [QVBoxLayout() for _ in range(MOST_COLUMNS)]
        for column in self._columns:
            column.setSpacing(12)
            row.addLayout(column)
        self._row = row
        self._content = content
        self._placed: tuple[tuple[QWidget, ...], ...] = ()
        for section in self._sections:  # at once, or the keyboard would come by the late ones last
            section.setParent(content)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        self.setMinimumWidth(WIDTH)
        self._connect()
        self.set_capabilities(None)

    def _connect(self) -> None:
        for section in self._sections:
            section.edited.connect(self.edited)
            self.forward_drags(section)
        self.style_section.reset_asked.connect(self.reset_asked)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the sections side by side where there is the width for it."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """The sections that are there in as many columns as fit; what fits in none stands below."""
        shown = [section for section in self._sections if not section.isHidden()]
        count = max(1, min(self.width() // COLUMN, len(shown), MOST_COLUMNS))
        last = tuple(shown[count - 1 :])
        placed = (*((section,) for section in shown[: count - 1]), last)
        if placed == self._placed:
            return
        self._placed = placed
        for section in self._sections:
            for column in self._columns:
                column.removeWidget(section)
        for index, column in enumerate(self._columns):
            while column.count():
                column.takeAt(0)
            inside = placed[index] if index < count else ()
            for section in inside:
                column.addWidget(section)
            if inside:
                column.addStretch(1)
            self._row.setStretch(index, 1 if inside else 0)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """All controls without scrolling."""
        return QSize(WIDTH, self._content.sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Enough to scroll in."""
        return QSize(WIDTH, 88)

    @property
    def _sections(self) -> tuple[RecipeWidget, ...]:
        own = self.class_section, self.noise_section, self.placement_section
        return self.style_section, *own, self.second_section

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do; None when no model is open."""
        for section in self._sections:
            section.set_capabilities(can)
        self._place()

    def show_start(self, start: Recipe) -> None:
        """Let the defaults be where the model on the desk starts."""
        self.style_section.show_start(start)

    def refresh(self) -> None:
        """Show the Recipe in every section."""
        for section in self._sections:
            section.show_recipe(self.recipe)
