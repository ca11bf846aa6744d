"""A grid of feature maps: small pictures in an order, with marks on those that are edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from ganlab import style
from ganlab.inside.pictures import GREYS, SIGNED, indexed
from ganlab.style import COLOUR, FOCUS
from ganlab_core.inspection.answers import Maps

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
            return self.told(self.order[index.row()])
        return None

    def told(self, channel: int) -> str:
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
    """

    picked = Signal(int)
    toggled = Signal(int)

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
        self.setAccessibleName("Feature maps")
        style.set_tip(
            self,
            "The feature maps after this stage, as the network makes them; the arrow keys walk,"
            " Delete ablates (GAN dissection, Bau et al. 2019).",
        )
        self.selectionModel().currentChanged.connect(self._on_current)

    def show_maps(self, maps: Maps | None, order: Sequence[int]) -> None:
        """Show maps in this order; the one at hand stays at hand."""
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
        if self.at_hand in self.maps.order:
            self.setCurrentIndex(self.maps.index(self.maps.order.index(self.at_hand)))
        else:
            self.setCurrentIndex(QModelIndex())
        selection.blockSignals(False)
        self.viewport().update()

    def _on_current(self, index: QModelIndex) -> None:
        if index.isValid():
            self.at_hand = self.maps.order[index.row()]
            self.picked.emit(self.at_hand)

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
