"""The network by its stages, and what a layer of one computes.

Every stage with its shape, its time and its weights; a layer's feature maps, each of which can be
edited; and where attention looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.bend_editor import BendEditor, without_bends
from ganlab.controls import PaintedButton, Segmented, Toggle, ValueSlider
from ganlab.inside.views import (
    GREYS,
    QUICK_MS,
    SIGNED,
    SLOW_MS,
    VEIL,
    Button,
    LiveView,
    PictureBox,
    SearchBar,
    ViewChoice,
    as_image,
    column,
    indexed,
    scrolled,
    scrolling_column,
    text_label,
)
from ganlab.recipe_widget import NO_MODEL, section_title
from ganlab.style import COLOUR, FOCUS, HOVER, STEP
from ganlab_core.inspection import (
    Answer,
    AttentionHeat,
    Effects,
    MapNetwork,
    Maps,
    MeasureEffects,
    NetworkFacts,
    SeeAttention,
    SeeMaps,
    StageFacts,
    without_gains,
)
from ganlab_core.recipe import Layer, Recipe
from ganlab_core.rendering import Frame

TOPIC = "map"
_LAMP = 16


class StageRow(PaintedButton):
    """One stage: a lamp, its name, what is known of it, and a bar as long as its time."""

    def __init__(self, layer: Layer) -> None:
        super().__init__(
            layer.name, f"{layer.name}: open its feature maps. Lit = it ran for the last picture."
        )
        self.layer = layer
        self.facts: StageFacts | None = None
        self.lit = False
        self.share = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_facts(self, facts: StageFacts | None, slowest: float) -> None:
        """Show what is known, and its time as a share of the slowest stage's."""
        self.facts = facts
        self.share = facts.milliseconds / max(slowest, 1e-9) if facts else 0.0
        self.setAccessibleDescription(self.described())
        self.update()

    def set_lit(self, lit: bool) -> None:
        """Light the lamp: the stage ran for the last picture."""
        if lit != self.lit:
            self.lit = lit
            self.update()

    def described(self) -> str:
        """Shape, type, time and weights in a line."""
        if self.facts is None:
            return f"{self.layer.channels} maps, {self.layer.resolution} px"
        shape = " x ".join(str(size) for size in self.facts.shape)
        weights = f"{self.facts.parameters:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
        return f"{shape}  {self.facts.dtype}  {weights} weights"

    def sizeHint(self) -> QSize:
        """Two lines."""
        return QSize(160, 2 * self.fontMetrics().height() + 2 * STEP)

    def minimumSizeHint(self) -> QSize:
        """The same height, narrower."""
        return QSize(80, self.sizeHint().height())

    def ground(self) -> str:
        """A strip's ground, lighter under the pointer."""
        return HOVER if self.underMouse() else COLOUR.STRIP

    def paint_content(self, painter: QPainter) -> None:
        """Draw lamp, words, time and bar."""
        line = self.fontMetrics().height()
        self._paint_lamp(painter, QPointF(10, STEP + line / 2))
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        box = QRectF(_LAMP + STEP, STEP, self.width() - _LAMP - 3 * STEP, line)
        painter.setPen(QColor(COLOUR.TEXT if self.lit else COLOUR.MUTED))
        painter.drawText(box, left, self.layer.name)
        if self.facts is not None:
            painter.drawText(box, right, f"{self.facts.milliseconds:.2f} ms")
        painter.setPen(QColor(COLOUR.MUTED))
        told = self.fontMetrics().elidedText(
            self.described(), Qt.TextElideMode.ElideRight, int(box.width())
        )
        painter.drawText(box.translated(0, line), left, told)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(COLOUR.MUTED))
        painter.drawRect(QRectF(box.x(), self.height() - 3, self.share * box.width(), 2))

    def _paint_lamp(self, painter: QPainter, centre: QPointF) -> None:
        painter.setPen(QColor(COLOUR.TEXT if self.lit else COLOUR.MUTED))
        painter.setBrush(QColor(COLOUR.TEXT) if self.lit else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(centre, 3.5, 3.5)


class MapView(LiveView):
    """All stages from the coarsest to the picture; pressing one opens its feature maps.

    Signals
    -------
    stage_chosen(int)
        The number of the stage.
    mapping_chosen()
        What lies before the first stage.
    """

    stage_chosen = Signal(int)
    mapping_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(TOPIC, SLOW_MS)
        self.facts: NetworkFacts | None = None
        self.rows: list[StageRow] = []
        self.note = text_label(NO_MODEL)
        self.again = Button("Measure again", "Run every stage anew and take the times.")
        self.mapping = Button(
            "Mapping network", "Look at z on its way to w, before the first stage."
        )
        inner = QWidget()
        self._list = QVBoxLayout(inner)
        self._list.setContentsMargins(0, 0, 2 * STEP, 0)
        self._list.setSpacing(STEP)
        self._list.addStretch(1)
        layout = column(self)
        layout.addWidget(self.note)
        layout.addWidget(self.mapping)
        layout.addWidget(scrolled(inner), 1)
        layout.addWidget(self.again)
        self.again.clicked.connect(self._on_again)
        self.mapping.clicked.connect(self.mapping_chosen)
        self.offer()

    def offer(self) -> None:
        """List the stages of this model."""
        for row in self.rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        layers = self.can.layers if self.can else ()
        self.rows = [StageRow(layer) for layer in layers]
        for place, row in enumerate(self.rows):
            row.clicked.connect(partial(self.stage_chosen.emit, row.layer.index))
            self._list.insertWidget(place, row)
        self.again.set_available("" if self.can else NO_MODEL)
        self.mapping.setVisible(self.can is not None and self.can.has_w)
        self.note.setText("" if self.can else NO_MODEL)

    def show_frame(self, frame: Frame) -> None:
        """Light the stages that had to run; a frame that ran none only brought its previews."""
        super().show_frame(frame)
        if frame.stages_run:
            for row in self.rows:
                row.set_lit(row.layer.name in frame.stages_run)

    def look(self) -> None:
        """Ask once for each model: shapes and times hardly depend on the picture."""
        if self.frame is not None and self.facts is None:
            self._asker.want(MapNetwork(Recipe()))

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Show what is known of every stage."""
        if not isinstance(answer, NetworkFacts):
            return
        self.facts = answer
        slowest = max((one.milliseconds for one in answer.stages), default=0.0)
        by_name = {one.name: one for one in answer.stages}
        for row in self.rows:
            row.show_facts(by_name.get(row.layer.name), slowest)
        own = sum(one.parameters for one in answer.stages)
        total = sum(one.milliseconds for one in answer.stages)
        self.note.setText(
            f"{_millions(answer.parameters)} weights, {_millions(answer.parameters - own)} of them in"
            f" the mapping or shared by stages; {total:.1f} ms for all stages."
        )

    def forget(self) -> None:
        """Forget the times of the model before."""
        super().forget()
        self.facts = None
        for row in self.rows:
            row.show_facts(None, 0.0)
            row.set_lit(False)

    def _on_again(self) -> None:
        self.facts = None
        self._asker.forget()
        self.look()


def _millions(count: int) -> str:
    """`"1.25 M"`, `"12 k"` or the number itself."""
    if count >= 1_000_000:
        return f"{count / 1e6:.2f} M"
    return f"{count / 1e3:.0f} k" if count >= 10_000 else str(count)


# A grid of feature maps: small pictures in an order, with marks on those that are edited.

SIDE = 48
"""About the side of one small picture, in device-independent pixels; a row is always filled."""

Index = QModelIndex | QPersistentModelIndex


class MapsModel(QAbstractListModel):
    """Feature maps in an order, as Qt's lists want them."""

    def __init__(self) -> None:
        super().__init__()
        self.maps: Maps | None = None
        self.order: list[int] = []
        self.gains: Mapping[int, float] = {}
        self.effects: Sequence[float] | None = None
        self.signed = False

    def rowCount(self, parent: Index | None = None) -> int:
        """How many maps there are."""
        return 0 if parent is not None and parent.isValid() else len(self.order)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Words about one map."""
        if not index.isValid() or self.maps is None:
            return None
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.described(self.order[index.row()])
        return None

    def described(self, channel: int) -> str:
        """The facts of one map in a line."""
        if self.maps is None:
            return ""
        mean, deviation, largest = self.maps.facts[channel]
        parts = [f"map {channel}: mean {mean:.3g}", f"deviation {deviation:.3g}"]
        parts.append(f"largest {largest:.3g}")
        if self.effects is not None and channel < len(self.effects):
            parts.append(f"effect {self.effects[channel]:.2f} grey levels")
        gain = self.gains.get(channel)
        if gain is not None:
            parts.append("ablated" if gain == 0 else f"times {gain:.2f}")
        return ", ".join(parts)

    def show(self, maps: Maps | None, order: Sequence[int]) -> None:
        """Show these maps in this order."""
        if len(order) != len(self.order):
            self.beginResetModel()
            self.maps, self.order = maps, list(order)
            self.endResetModel()
            return
        self.maps, self.order = maps, list(order)
        self.touch()

    def touch(self) -> None:
        """Have everything painted anew."""
        if self.order:
            self.dataChanged.emit(self.index(0), self.index(len(self.order) - 1))


class MapGrid(QListView):
    """The grid itself; arrows walk through it.

    Signals
    -------
    picked(int)
        The map at hand, by its number in the network; only when a person chose it.
    toggled(int)
        A person pressed Delete or Space on this map.
    selected(tuple)
        Several maps, by their numbers, or one, or none; only when a person chose them.
    """

    picked = Signal(int)
    toggled = Signal(int)
    selected = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.maps = MapsModel()
        self.at_hand = -1
        self.setModel(self.maps)
        self.setItemDelegate(_MapDelegate(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setGridSize(QSize(SIDE, SIDE))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setAccessibleName("Feature maps")
        style.set_tip(
            self,
            "The feature maps after this stage, without its gains; the arrow keys walk, Delete ablates"
            " (GAN dissection, Bau et al. 2019), Shift and Ctrl choose several to bend.",
        )
        self.selectionModel().currentChanged.connect(self._on_current)
        self.selectionModel().selectionChanged.connect(self._on_selected)

    def show_maps(self, maps: Maps | None, order: Sequence[int]) -> None:
        """Show maps in this order; the one at hand stays at hand."""
        if list(order) != self.maps.order:
            self.clearSelection()
        self.maps.show(maps, order)
        self._mark()

    def show_gains(self, gains: Mapping[int, float]) -> None:
        """Mark the maps that are edited."""
        if dict(gains) != dict(self.maps.gains):
            self.maps.gains = dict(gains)
            self.maps.touch()

    def set_signed(self, signed: bool) -> None:
        """Show where maps are above and below zero, instead of from least to largest."""
        self.maps.signed = signed
        self.maps.touch()

    def pick(self, channel: int) -> None:
        """Have this map at hand; emits nothing."""
        self.at_hand = channel
        self._mark()

    def _mark(self) -> None:
        """Let Qt's current item be the map at hand, wherever the order puts it."""
        selection = self.selectionModel()
        selection.blockSignals(True)
        index = QModelIndex()
        if self.at_hand in self.maps.order:
            index = self.maps.index(self.maps.order.index(self.at_hand))
        selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        selection.blockSignals(False)
        self.viewport().update()

    def _on_current(self, index: QModelIndex) -> None:
        if index.isValid():
            self.at_hand = self.maps.order[index.row()]
            self.picked.emit(self.at_hand)

    def _on_selected(self) -> None:
        rows = [index.row() for index in self.selectedIndexes()]
        self.selected.emit(tuple(sorted(self.maps.order[row] for row in rows)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill the rows."""
        super().resizeEvent(event)
        width = self.viewport().width() - 1
        side = width // max(1, width // SIDE)
        self.setGridSize(QSize(side, side))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete and Space ablate the map at hand, or give it back."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Space) and self.at_hand >= 0:
            self.toggled.emit(self.at_hand)
        else:
            super().keyPressEvent(event)


class _MapDelegate(QStyledItemDelegate):
    """Paints one map, its mark and its frame."""

    def __init__(self, grid: MapGrid) -> None:
        super().__init__(grid)
        self._grid = grid

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return self._grid.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = self._grid.maps
        if model.maps is None or index.row() >= len(model.order):
            return
        channel = model.order[index.row()]
        rect: QRect = option.rect
        box = QRectF(rect).adjusted(2, 2, -2, -2)
        gain = model.gains.get(channel)
        painter.save()
        levels = (model.maps.signed if model.signed else model.maps.grey)[channel]
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, model.maps.side > SIDE)
        painter.setOpacity(0.25 if gain == 0 else 1.0)
        painter.drawImage(box, indexed(levels, SIGNED if model.signed else GREYS))
        painter.setOpacity(1.0)
        if gain is not None:
            _paint_mark(painter, box, "off" if gain == 0 else f"×{gain:.2g}")
        state = option.state
        if channel == self._grid.at_hand:
            painter.setPen(QPen(QColor(FOCUS), 2.0))
            painter.drawRect(box)
        elif state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(COLOUR.STYLE), 1.5))
            painter.drawRect(box)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(QPen(QColor(COLOUR.MUTED), 1.0))
            painter.drawRect(box)
        painter.restore()


def _paint_mark(painter: QPainter, box: QRectF, words: str) -> None:
    """A word over the lower edge: this map is edited."""
    painter.setFont(style.font("small", bold=True))
    strip = QRectF(box.x(), box.bottom() - 15, box.width(), 15)
    painter.fillRect(strip, QColor(0, 0, 0, 190))
    painter.setPen(QColor(COLOUR.TEXT))
    painter.drawText(strip, Qt.AlignmentFlag.AlignCenter, words)


MAPS, EFFECTS = "maps", "effects"
PAPER = "(GAN dissection, Bau et al. 2019, sec. 3.2)"
NO_MAP = "Choose a map first."
BEND_TIP = (
    "Operations on the maps of this stage, or on those chosen above (Broad et al. 2021, sec. 3)."
)
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
        self.stages = ViewChoice("Stage", "Whose feature maps are shown.")
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
        self.facts = text_label("Choose a map to see it large.")
        self.gain = ValueSlider(
            "Gain", 0, 4, 1.0, 0.1, 2, COLOUR.TEXT,
            f"A factor on this map: 0 ablates it, above 1 boosts it {PAPER}.",
        )  # fmt: skip
        self.ablate = Button("Ablate", f"See the picture without this map {PAPER}.")
        self.reset = Button("Reset", "Give this map back as the network makes it.")
        self.reset_all = Button("Reset stage", "Give all maps of this stage back, unbent.")
        self.bends = BendEditor()
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
        layout.addWidget(section_title("BEND", BEND_TIP))
        layout.addWidget(self.bends)
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
        self.grid.selected.connect(self.bends.offer_maps)
        self.bends.edited.connect(self.edited)
        self.forward_drags(self.bends)

    # --- what is shown ---------------------------------------------------------------------------

    @property
    def channel(self) -> int:
        """The map at hand, by its number; -1 for none."""
        return self.grid.at_hand

    def offer(self) -> None:
        """List the stages of this model."""
        layers = self.can.layers if self.can else ()
        self.stages.show_items([_layer_text(layer) for layer in layers])
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
        layers = () if self.can is None else self.can.layers[self.stage : self.stage + 1]
        self.bends.show_place(layers, self.stage)
        self.bends.show_recipe(self.recipe)
        self.reset_all.set_available("" if gains or self.bends.here else NONE_EDITED)

    def show_frame(self, frame: Frame) -> None:
        """Take the picture that is shown now, also to paint a region over it."""
        if self.isVisible():
            self.bends.show_picture(as_image(frame.pixels))
        super().show_frame(frame)

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
        self.facts.setText(
            self.grid.maps.described(channel).replace(", ", "\n").replace(": ", "\n")
        )
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
        recipe = without_bends(without_gains(self.recipe, self.stage), [self.stage])
        self.propose(recipe, "reset feature maps")

    def _propose(self, channel: int, gain: float) -> None:
        if channel >= 0:
            self.propose(self.recipe.with_gain(self.stage, channel, gain), f"feature map {channel}")


def _layer_text(layer: Layer) -> str:
    """A stage in the list: `"16x16/conv0   96 maps, 16 px"`."""
    maps = f"{layer.channels} maps, " if layer.channels else ""
    return f"{layer.name}   {maps}{layer.resolution} px"


ATTENTION_TOPIC = "attention"
NO_ATTENTION = (
    "This model has no self-attention: BigGAN has one at 64 px (32 px in small ones), where every place"
    " can look at every other."
)
STEPS = 32
"""How many key presses lead across the picture."""


class PointedPicture(PictureBox):
    """A picture with a crosshair; what is not attended to lies in shade.

    Signals
    -------
    pointed(float, float)
        The row and the column a person points at, shares from 0 to 1.
    """

    pointed = Signal(float, float)

    def __init__(self) -> None:
        super().__init__(
            "Where it looks",
            "Point at a place, or walk with the arrow keys: the bright parts are where it looks"
            " (SAGAN, Zhang et al. 2019, fig. 5).",
            most=640,
        )
        self.at = (0.5, 0.5)
        self.heat = QImage()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMinimumSize(40 * STEP, 44 * STEP)

    def show_heat(self, heat: QImage) -> None:
        """Lay this shade over the picture; a null one takes it away."""
        self.heat = heat
        self.update()

    def paint_over(self, painter: QPainter, square: QRectF) -> None:
        """Paint the shade and the crosshair."""
        if self.image.isNull():
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if not self.heat.isNull():
            painter.drawImage(square, self.heat.convertToFormat(QImage.Format.Format_ARGB32))
        row, column_ = self.at
        x, y = square.x() + column_ * square.width(), square.y() + row * square.height()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((QColor(0, 0, 0, 200), 3.5), (QColor(COLOUR.TEXT), 1.5)):
            painter.setPen(QPen(colour, width))
            for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                near, far = 4, 12
                painter.drawLine(
                    round(x + dx * near), round(y + dy * near), round(x + dx * far),
                    round(y + dy * far),
                )  # fmt: skip

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Point there."""
        self._point(*self.share_at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point along."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._point(*self.share_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Stay there."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrow keys walk."""
        ways: dict[int, tuple[int, int]] = {
            Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
            Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1),
        }  # fmt: skip
        if event.key() not in ways:
            event.ignore()
            return
        down, right = ways[event.key()]
        row, column_ = self.at
        places = (row + down / STEPS, column_ + right / STEPS)
        self._point(*(min(0.999, max(0.0, share)) for share in places))

    def _point(self, row: float, column_: float) -> None:
        self.at = (row, column_)
        self.update()
        self.pointed.emit(row, column_)


class AttentionView(LiveView):
    """A copy of the picture to point at, the heat map over it, and the strength of the attention."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(ATTENTION_TOPIC, QUICK_MS)
        self._layers: tuple[Layer, ...] = ()
        self.stages = ViewChoice("Attention layer", "Which self-attention layer is looked at.")
        self.picture = PointedPicture()
        self.told = text_label()
        self.factor = ValueSlider(
            "Attention", 0, 3, 1.0, 0.05, 2, COLOUR.TEXT,
            "A factor on gamma, the strength of the self-attention: 0 leaves it out, 1 is as trained"
            " (SAGAN, Zhang et al. 2019, eq. 3).",
        )  # fmt: skip
        self.lacking = text_label(NO_MODEL)
        layout = scrolling_column(self)
        layout.addWidget(self.lacking)
        layout.addWidget(self.stages)
        layout.addWidget(self.picture, 1)
        layout.addWidget(self.told)
        layout.addWidget(self.factor)
        layout.addStretch(0)
        self.stages.chosen.connect(self.look)
        self.picture.pointed.connect(self.look)
        self.factor.edited.connect(self._on_factor)
        self.forward_drags(self.factor)
        self.offer()

    def offer(self) -> None:
        """Be there for a model with self-attention; else say that there is none."""
        self._layers = (
            tuple(layer for layer in self.can.layers if layer.attention) if self.can else ()
        )
        self.lacking.setText(NO_ATTENTION if self.can else NO_MODEL)
        self.lacking.setVisible(not self._layers)
        self.stages.show_items([layer.name for layer in self._layers])
        self.stages.setVisible(len(self._layers) > 1)
        for part in (self.picture, self.told, self.factor):
            part.setVisible(bool(self._layers))

    def refresh(self) -> None:
        """Show the factor."""
        self.factor.set_value(self.recipe.attention)

    def show_frame(self, frame: Frame) -> None:
        """Copy the picture."""
        if self._layers:
            self.picture.show_image(as_image(frame.pixels))
        super().show_frame(frame)

    def look(self) -> None:
        """Ask where the place pointed at looks."""
        if self.frame is None or not self._layers:
            return
        layer = self._layers[max(0, self.stages.currentIndex())]
        self._asker.want(SeeAttention(self.frame.recipe, layer.index, *self.picture.at))

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Lay the heat map over the picture."""
        if isinstance(answer, AttentionHeat):
            self.picture.show_heat(indexed(answer.heat, VEIL))
            row, column_ = (
                int(share * answer.side) for share in (answer.asked.row, answer.asked.column)
            )
            even = 4.0 / answer.side**2
            self.told.setText(
                f"Position {column_}, {row} of {answer.side} x {answer.side}; its brightest place gets"
                f" {100 * answer.peak:.1f} % of its attention ({answer.peak / even:.0f} times an even"
                f" share). gamma = {answer.gamma:.3f}."
            )
            self.picture.set_caption("bright = attended to")

    def forget(self) -> None:
        """Forget the picture of the model before."""
        super().forget()
        self.picture.show_image(QImage())
        self.picture.show_heat(QImage())
        self.told.setText("")

    def _on_factor(self, factor: float) -> None:
        self.propose(replace(self.recipe, attention=factor), "attention")
