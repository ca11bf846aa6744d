"""The bends of one place of the network: which operations act on its feature maps, on which, and where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import (
    Choice,
    IconButton,
    Label,
    Readout,
    SeedBox,
    ValueSlider,
    WordButton,
    number_in,
)
from ganlab.recipe_widget import RecipeWidget, section_title
from ganlab.style import COLOUR, FOCUS, STEP
from ganlab_core.recipe import (
    MOST_BENDS,
    OPERATIONS,
    Bend,
    Latent,
    Layer,
    Recipe,
    maps_text,
)

PAPER = "(network bending; Broad et al. 2021, sec. 3)"
NO_BEND = "Nothing is bent here. Choose an operation and add it."

SPANS: dict[str, tuple[float, float]] = {
    "scale": (0.25, 4.0), "rotate": (-180.0, 180.0), "translate": (-0.5, 0.5), "mirror": (0.0, 180.0),
    "threshold": (-2.0, 2.0), "blur": (0.0, 4.0), "sharpen": (0.0, 5.0), "dilate": (0.0, 4.0),
    "erode": (0.0, 4.0), "invert": (-2.0, 2.0), "noise": (0.0, 3.0), "freeze": (0.0, 1.0),
}  # fmt: skip
"""What the window offers of each amount; a Recipe may hold more."""

CLUSTERS = (2, 3, 4, 6, 8, 12, 16)


# --- a region, painted over the picture ----------------------------------------------------------------

CELLS = 16
BRUSH = 1.6
"""Cells from its middle to where the brush ends."""


class RegionPad(QWidget):
    """Where a bend acts: painted with the left button, taken away with the right one.

    The arrow keys move a cell's frame, Space paints there and Delete takes away.

    Signals
    -------
    edited(tuple)
        The rows of digits a person painted; empty where all was taken away.
    drag_started(), drag_finished()
        The hand takes hold of the brush, and lets go.
    """

    edited = Signal(object)
    drag_started = Signal()
    drag_finished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._levels = [[0] * CELLS for _ in range(CELLS)]
        self._picture = QImage()
        self._at = (CELLS // 2, CELLS // 2)
        self.setFixedSize(32 * STEP, 32 * STEP)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Region of the bend")
        style.set_tip(
            self,
            "Paint where the bend acts; the right button takes away. Arrow keys move, Space paints,"
            " Delete takes away. Nothing painted means everywhere.",
        )

    @property
    def region(self) -> tuple[str, ...]:
        """The rows of hexadecimal digits; empty where nothing is painted."""
        if not any(level for row in self._levels for level in row):
            return ()
        return tuple("".join(f"{level:x}" for level in row) for row in self._levels)

    def show_region(self, region: Sequence[str]) -> None:
        """Show a region, read at the middle of each cell; emits nothing."""
        if tuple(region) != self.region:
            self._levels = [
                [_level_at(region, (y + 0.5) / CELLS, (x + 0.5) / CELLS) for x in range(CELLS)]
                for y in range(CELLS)
            ]
            self.update()

    def show_picture(self, picture: QImage) -> None:
        """Show the picture that is painted over."""
        self._picture = picture
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The picture, dark where the bend does not act, and the frame of the keyboard's cell."""
        with QPainter(self) as painter:
            box = QRectF(self.rect())
            painter.fillRect(box, QColor(COLOUR.GROUND))
            if not self._picture.isNull():
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(box, self._picture)
            whole = not self.region
            side = box.width() / CELLS
            for y, row in enumerate(self._levels):
                for x, level in enumerate(row):
                    cell = QRectF(x * side, y * side, side, side)
                    if not whole:
                        painter.fillRect(cell, QColor(0, 0, 0, 190 - 190 * level // 15))
                    if level:
                        tint = QColor(COLOUR.STYLE)
                        tint.setAlpha(6 * level)
                        painter.fillRect(cell, tint)
            if self.hasFocus():
                painter.setPen(QPen(QColor(FOCUS), 1.5))
                painter.drawRect(QRectF(self._at[1] * side, self._at[0] * side, side, side))
            painter.setPen(QPen(QColor(COLOUR.LINE), 1.0))
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to paint."""
        self.drag_started.emit()
        self._brush(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Paint along."""
        self._brush(event)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go of the brush."""
        self.drag_finished.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the frame, paint or take away at it."""
        ways: dict[int, tuple[int, int]] = {
            Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
            Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1),
        }  # fmt: skip
        y, x = self._at
        if event.key() in ways:
            down, right = ways[event.key()]
            self._at = (min(CELLS - 1, max(0, y + down)), min(CELLS - 1, max(0, x + right)))
            self.update()
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Delete):
            self._paint_at(x + 0.5, y + 0.5, erase=event.key() == Qt.Key.Key_Delete)
        else:
            super().keyPressEvent(event)

    def _brush(self, event: QMouseEvent) -> None:
        place: QPointF = event.position() * (CELLS / self.width())
        erase = bool(event.buttons() & Qt.MouseButton.RightButton)
        self._paint_at(place.x(), place.y(), erase=erase)

    def _paint_at(self, across: float, down: float, *, erase: bool) -> None:
        before = self.region
        for y in range(CELLS):
            for x in range(CELLS):
                away = max(0.0, ((x + 0.5 - across) ** 2 + (y + 0.5 - down) ** 2) ** 0.5 - 0.5)
                level = round(15 * max(0.0, 1.0 - away / BRUSH))
                own = self._levels[y][x]
                self._levels[y][x] = max(0, own - level) if erase else max(own, level)
        self.update()
        if self.region != before:
            self.edited.emit(self.region)


def _level_at(region: Sequence[str], down: float, across: float) -> int:
    if not region:
        return 0
    row = region[int(down * len(region))]
    return int(row[int(across * len(row))], 16)


# --- the editor ------------------------------------------------------------------------------------------


class BendEditor(RecipeWidget):
    """The bends after some stages: a list, a way to add one, and the controls of the one at hand.

    Attributes
    ----------
    offered
        Maps that a new bend is given, by their numbers; empty = all.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: tuple[Layer, ...] = ()
        self._stage = 0
        self._at_hand = 0
        self.offered: tuple[int, ...] = ()
        self.operation = Choice(
            "Operation of a new bend", f"What is done to the feature maps {PAPER}.",
            [(name, name) for name in OPERATIONS],
        )  # fmt: skip
        self.add = WordButton("Add", f"Bend the feature maps of this place {PAPER}.", "Add a bend")
        self.add.setProperty("raised", "true")
        self.bends = Choice("Bend at hand", "The bends of this place, in the order they act in.")
        self.remove = IconButton("clear", "Remove this bend", "Take this bend away.", framed=True)
        self.nothing = Label(NO_BEND)
        self._make_controls()
        self._build()
        self._connect()
        self.refresh()

    def _make_controls(self) -> None:
        self.amount = ValueSlider(
            "amount", 0, 1, None, 0.05, 2, COLOUR.STYLE, f"How far the operation goes {PAPER}."
        )
        self.down = ValueSlider(
            "down", -0.5, 0.5, 0.0, 0.05, 2, COLOUR.STYLE,
            f"How far the maps move down, in pictures {PAPER}.",
        )  # fmt: skip
        self.strength = ValueSlider(
            "strength", 0, 1, 1.0, 0.05, 2, COLOUR.STYLE,
            f"Between the maps as they are, 0, and as the operation makes them, 1 {PAPER}.",
        )  # fmt: skip
        self.maps = Choice("Maps of the bend", f"Which feature maps are bent {PAPER}.")
        self.take = WordButton("Take the maps chosen", "Bend the maps chosen in the grid instead.")
        self.share = ValueSlider(
            "share of the maps", 0, 1, 0.5, 0.05, 2, COLOUR.STYLE,
            "How many of the maps, drawn by the seed below; a growing share keeps those it has.",
        )  # fmt: skip
        self.clusters = Choice(
            "Number of clusters",
            "Into how many groups of maps that act alike the stage is shared out (k-means).",
            [(f"of {count}", count) for count in CLUSTERS],
        )
        self.cluster = Choice("Cluster", "Which of the groups; the first holds most maps.")
        self.seed = SeedBox(
            "Seed of the bend",
            "The number that the random share, the noise or the held maps come from.",
            "Throw the dice for another share, noise or held picture.",
        )
        self.region = RegionPad()
        self.everywhere = WordButton(
            "Everywhere", "Take the painted region away: the bend acts on the whole picture."
        )

        for button in (self.take, self.everywhere):
            button.setProperty("raised", "true")

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * STEP)
        column.addLayout(_row((self.operation, 1), (self.add, 0)))
        column.addLayout(_row((self.bends, 1), (self.remove, 0)))
        self.nothing.setWordWrap(True)
        self.nothing.setFont(style.font("small"))
        style.set_tone(self.nothing, "muted")
        column.addWidget(self.nothing)
        for part in (self.amount, self.down, self.strength, self.maps, self.take, self.share):
            column.addWidget(part)
        column.addLayout(_row((self.cluster, 1), (self.clusters, 1)))
        column.addWidget(self.seed)
        self.where = section_title("WHERE", "Paint the part of the picture where the bend acts.")
        beside = QVBoxLayout()
        beside.setSpacing(STEP)
        beside.addWidget(self.where)
        beside.addWidget(self.everywhere)
        beside.addStretch(1)
        whole = QHBoxLayout()
        whole.setSpacing(2 * STEP)
        whole.addWidget(self.region)
        whole.addLayout(beside, 1)
        column.addLayout(whole)
        for part in (self.operation, self.bends, self.maps, self.cluster, self.clusters):
            part.setFont(style.font("small"))
            part.setMinimumWidth(16 * STEP)

    def _connect(self) -> None:
        self.add.clicked.connect(self._on_add)
        self.remove.clicked.connect(self._on_remove)
        self.bends.edited.connect(self._on_picked)
        self.amount.edited.connect(lambda value: self._change(amount=value))
        self.amount.default_asked.connect(self._on_default)
        self.down.edited.connect(lambda value: self._change(down=value))
        self.strength.edited.connect(lambda value: self._change(strength=value))
        self.share.edited.connect(lambda value: self._change(share=value))
        self.maps.edited.connect(self._on_maps)
        self.take.clicked.connect(lambda: self._change(maps="chosen", chosen=self.offered))
        self.cluster.edited.connect(lambda value: self._change(cluster=value))
        self.clusters.edited.connect(self._on_clusters)
        self.seed.edited.connect(self._on_seed)
        self.region.edited.connect(lambda value: self._change(region=value))
        self.region.drag_started.connect(self.drag_started)
        self.region.drag_finished.connect(self.drag_finished)
        self.everywhere.clicked.connect(lambda: self._change(region=()))
        self.forward_drags(self.amount, self.down, self.strength, self.share)

    # --- what is shown ---------------------------------------------------------------------------

    def show_place(self, layers: Sequence[Layer], stage: int) -> None:
        """Show the bends after these layers; a new one acts after `stage`."""
        if (tuple(layers), stage) != (self._layers, self._stage):
            self._layers, self._stage, self._at_hand = tuple(layers), stage, 0
            self.refresh()

    def offer_maps(self, maps: tuple[int, ...]) -> None:
        """Let a new bend act on these maps; on all where there are none."""
        if maps != self.offered:
            self.offered = maps
            count = f"{len(maps)} map{'s' * (len(maps) != 1)}"
            self.add.setText(f"Add to {count}" if maps else "Add")
            self.take.setText(f"Take the {count} chosen")
            self.refresh()

    def show_picture(self, picture: QImage) -> None:
        """Show the picture that a region is painted over."""
        self.region.show_picture(picture)

    @property
    def here(self) -> list[int]:
        """Where the bends of this place stand in the Recipe."""
        stages = {layer.index for layer in self._layers}
        return [at for at, bend in enumerate(self.recipe.bends) if bend.stage in stages]

    @property
    def bend(self) -> Bend | None:
        """The bend at hand; None while nothing is bent here."""
        here = self.here
        return self.recipe.bends[here[min(self._at_hand, len(here) - 1)]] if here else None

    def refresh(self) -> None:
        """Show the bends of this place, and the controls of the one at hand."""
        here = self.here
        self._at_hand = max(0, min(self._at_hand, len(here) - 1))
        names = [
            (f"{place + 1}  {self._name(self.recipe.bends[at])}", place)
            for place, at in enumerate(here)
        ]
        if names != [(self.bends.itemText(i), i) for i in range(self.bends.count())]:
            self.bends.set_options(names)
        self.bends.set_value(self._at_hand)
        bend = self.bend
        self.nothing.setVisible(bend is None)
        full = f"A Recipe has at most {MOST_BENDS} bends." if self._is_full else ""
        self.add.setEnabled(bool(self._layers) and not full)
        for part in (self.bends, self.remove, self.strength, self.maps, self.region, self.where):
            part.setVisible(bend is not None)
        self.everywhere.setVisible(bend is not None)
        self.everywhere.setEnabled(bend is not None and bool(bend.region))
        if bend is not None:
            self._show_numbers(bend)
        self._show_choices(bend)

    @property
    def _is_full(self) -> bool:
        return len(self.recipe.bends) >= MOST_BENDS

    def _name(self, bend: Bend) -> str:
        layer = next(layer for layer in self._layers if layer.index == bend.stage)
        where = layer.name.rsplit("/", 1)[-1] if len(self._layers) > 1 else ""
        return f"{bend.operation}, {maps_text(bend)}{f', {where}' if where else ''}"

    def _show_numbers(self, bend: Bend) -> None:
        own = OPERATIONS[bend.operation]
        low, high = SPANS[bend.operation]
        self.amount.set_span(low, high, Readout(_with_unit(own.unit), number_in))
        self.amount.set_value(bend.amount)
        self.amount.set_tooltip(f"{own.about} In {own.unit or 'no unit'} {PAPER}.")
        self.down.set_value(bend.down)
        self.strength.set_value(bend.strength)
        self.share.set_value(bend.share)
        self.region.show_region(bend.region)

    def _show_choices(self, bend: Bend | None) -> None:
        operation = "" if bend is None else bend.operation
        kind = "" if bend is None else bend.maps
        for part, there in (
            (self.amount, operation not in ("", "freeze")),
            (self.down, operation == "translate"),
            (self.take, bool(bend and self.offered and self.offered != bend.chosen)),
            (self.share, kind == "share"),
            (self.cluster, kind == "cluster"),
            (self.clusters, kind == "cluster"),
            (self.seed, kind == "share" or operation in ("noise", "freeze")),
        ):
            part.setVisible(there)
        if bend is None:
            return
        self.maps.set_options(self._kinds(bend))
        self.maps.set_value(bend.maps)
        self.clusters.set_options([(f"of {count}", count) for count in _counts(bend.clusters)])
        self.clusters.set_value(bend.clusters)
        self.cluster.set_options([(f"cluster {n + 1}", n) for n in range(bend.clusters)])
        self.cluster.set_value(bend.cluster)
        held = operation == "freeze"
        self.seed.set_value(bend.latent.seed if held else bend.seed)

    def _kinds(self, bend: Bend) -> list[tuple[str, object]]:
        kinds: list[tuple[str, object]] = [
            ("all maps", "all"), ("a random share", "share"), ("a cluster that acts alike", "cluster"),
        ]  # fmt: skip
        chosen = bend.chosen or self.offered
        if chosen or bend.maps == "chosen":
            count = len(chosen)
            kinds.append((f"{count} chosen map{'s' * (count != 1)}", "chosen"))
        return kinds

    # --- what a person does ----------------------------------------------------------------------

    def _on_add(self) -> None:
        self.add_bend(str(self.operation.value))

    def add_bend(self, operation: str) -> None:
        """Bend this place by an operation, on the maps offered or on all, and have that at hand."""
        own = OPERATIONS[operation]
        maps = "chosen" if self.offered else "all"
        latent: Latent = self.recipe.latent if operation == "freeze" else Latent()
        bend = Bend(
            self._stage, operation, own.default, maps=maps, chosen=self.offered, latent=latent
        )
        self._at_hand = len(self.here)
        recipe = replace(self.recipe, bends=(*self.recipe.bends, bend))
        self.propose(recipe, f"bend: {operation}")

    def _on_remove(self) -> None:
        bend = self.bend
        if bend is not None:
            recipe = self.recipe.with_bend(self.here[self._at_hand], None)
            self.propose(recipe, f"without bend: {bend.operation}")

    def _on_picked(self, place: int) -> None:
        self._at_hand = place
        self.refresh()

    def _on_default(self) -> None:
        bend = self.bend
        if bend is not None:
            self._change(amount=OPERATIONS[bend.operation].default)

    def _on_maps(self, kind: str) -> None:
        bend = self.bend
        if bend is not None:
            self._change(maps=kind, chosen=bend.chosen or self.offered)

    def _on_clusters(self, count: int) -> None:
        bend = self.bend
        if bend is not None:
            self._change(clusters=count, cluster=min(bend.cluster, count - 1))

    def _on_seed(self, seed: int | None) -> None:
        bend = self.bend
        if seed is None or bend is None:
            return
        if bend.operation == "freeze":
            self._change(latent=Latent(seed))
        else:
            self._change(seed=seed)

    def _change(self, **values: object) -> None:
        bend = self.bend
        if bend is None:
            return
        changed = replace(bend, **values)  # type: ignore[arg-type]
        recipe: Recipe = self.recipe.with_bend(self.here[self._at_hand], changed)
        self.propose(recipe, f"bend: {bend.operation}")


def without_bends(recipe: Recipe, stages: Sequence[int]) -> Recipe:
    """The Recipe with nothing bent after these stages."""
    return replace(recipe, bends=tuple(own for own in recipe.bends if own.stage not in stages))


def _with_unit(unit: str) -> Callable[[float], str]:
    short = {"degrees": "°", "times": "×", "pictures": "", "positions": " px", "deviations": " dev"}
    return lambda value: f"{value:.2f}{short.get(unit, '')}"


def _counts(count: int) -> list[int]:
    return sorted({*CLUSTERS, count})


def _row(*parts: tuple[QWidget, int]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(STEP)
    for part, stretch in parts:
        row.addWidget(part, stretch)
    return row
