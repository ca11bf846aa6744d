"""The list of models to choose from: each with its face, its name and one line."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPixmap,
)
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import Label, place_below
from ganlab.style import COLOUR, RADIUS, plain_tip
from ganlab_core.errors import CheckpointError
from ganlab_core.files import bundled_models_dir
from ganlab_core.models import THUMBNAIL, ModelInfo, architecture_name, read_info

# What lists of models show of each: its name, one line, and its face.
# The face is the PNG in the header's provenance (`"thumbnail"`, base64), else `<model>.png`
# beside the file: the whole of it when it is square, and the first tile when it is a sheet of
# samples.

SIDE = 96
"""Pixels kept of a face."""

PUBLISHED = (".pkl", ".pth", ".pt", ".bin")
LARGEST_PICTURE = 32 * 2**20


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model in a list.

    Attributes
    ----------
    path
        Its file.
    title
        Its name for people.
    line
        Architecture, size, classes and licence.
    group
        `"bundled"`, `"yours"` or `"opened last"`.
    face
        At most 96 px wide; None when it has none.
    """

    path: Path
    title: str
    line: str
    group: str
    face: QImage | None


def read_cards(models: Sequence[ModelInfo], recent: Iterable[Path]) -> list[ModelCard]:
    """Cards of the library's models, then of those opened last that are not among them."""
    bundled = bundled_models_dir()
    cards = [
        card_of(info, "bundled" if info.path.parent == bundled else "yours") for info in models
    ]
    known = {info.path for info in models}
    fresh = (card for path in recent if path not in known if (card := _recent_card(path)))
    return [*cards, *fresh]


def card_of(info: ModelInfo, group: str) -> ModelCard:
    """The card of a model file of ours."""
    facts = [architecture_name(info.architecture), f"{info.resolution} px"]
    facts += [f"{len(info.classes)} classes"] if info.classes else []
    facts += [info.licence] if info.licence else []
    line = " \N{MIDDLE DOT} ".join(facts)
    return ModelCard(info.path, info.title or info.name, line, group, face_of(info))


def face_of(info: ModelInfo) -> QImage | None:
    """The picture that stands for a model; None when nobody gave it one."""
    kept = info.provenance.get(THUMBNAIL)
    image = _decoded(kept) if isinstance(kept, str) else QImage()
    if image.isNull():
        image = _beside(info)
    if image.isNull():
        return None
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image if image.width() <= SIDE else image.scaled(SIDE, SIDE, keep, smooth)


def _recent_card(path: Path) -> ModelCard | None:
    if path.suffix.lower() in PUBLISHED:
        return ModelCard(path, path.stem, "a published checkpoint", "opened last", None)
    if path.suffix.lower() != ".safetensors":
        return None
    try:
        return card_of(read_info(path), "opened last")
    except CheckpointError:
        return None


def _decoded(text: str) -> QImage:
    try:
        return QImage.fromData(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return QImage()


def _beside(info: ModelInfo) -> QImage:
    path = info.path.with_suffix(".png")
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_PICTURE:
            return QImage()
    except OSError:
        return QImage()
    image = QImage(str(path))
    side = info.resolution
    tiled = image.width() % side == 0 and image.height() % side == 0
    if image.isNull() or image.width() == image.height() or not tiled:
        return image
    return image.copy(0, 0, side, side)


FACE = 56
ROW = FACE + 12
WIDTH = 400
MOST_ROWS_SEEN = 6
EMPTY = "No models here yet. Open one from a file, or drop it on the window."

Index = QModelIndex | QPersistentModelIndex


class ModelPicker(QFrame):
    """A popup: Up and Down walk, Enter or a click opens, Escape leaves.

    `chosen` carries the `Path` of a model; `file_wanted` asks for the system's own window.
    """

    chosen = Signal(object)
    file_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        style.set_surface(self, "strip")
        self.setAccessibleName("Models")
        self._cards = _Cards(self)
        self.list = QListView()
        self.list.setModel(self._cards)
        self.list.setItemDelegate(_CardPainter(self.list))
        self.list.setAccessibleName("Models to choose from")
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._empty = Label(EMPTY)
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setMinimumHeight(ROW)
        style.set_tone(self._empty, "muted")
        self.open = QPushButton("Open a file…")
        self.open.setAutoDefault(False)
        self.open.setProperty("raised", "true")
        self.open.setAccessibleName("Open a model from a file")
        style.set_tip(self.open, "Open a model file, or a published checkpoint, from anywhere.")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        for part in (self._empty, self.list, self.open):
            column.addWidget(part)
        self.setFixedWidth(WIDTH)
        self.list.clicked.connect(self._on_clicked)
        self.open.clicked.connect(self._on_open)
        self.show_cards([])

    def show_cards(self, cards: Sequence[ModelCard]) -> None:
        """Offer these models."""
        self._cards.replace(cards)
        self.list.setVisible(bool(cards))
        self._empty.setVisible(not cards)
        self.list.setFixedHeight(min(len(cards), MOST_ROWS_SEEN) * ROW + 12)
        if self.isVisible():
            self.adjustSize()

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """The models offered."""
        return self._cards.cards

    def open_below(self, widget: QWidget, at: object = None) -> None:
        """Show the list under a widget, the model at the path `at` marked."""
        paths = [card.path for card in self.cards]
        row = paths.index(at) if at in paths else 0
        self.list.setCurrentIndex(self._cards.index(row))
        place_below(self, widget)
        first = self.list if self.cards else self.open
        first.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the model at hand."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.list.hasFocus():
            self._on_clicked(self.list.currentIndex())
            return
        super().keyPressEvent(event)

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.isValid():
            self.close()
            self.chosen.emit(self.cards[index.row()].path)

    def _on_open(self) -> None:
        self.close()
        self.file_wanted.emit()


class _Cards(QAbstractListModel):
    """The cards as Qt wants them; screen readers hear title, line and group."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.cards: tuple[ModelCard, ...] = ()

    def replace(self, cards: Sequence[ModelCard]) -> None:
        self.beginResetModel()
        self.cards = tuple(cards)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.cards)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        card = self.cards[index.row()]
        words = {
            Qt.ItemDataRole.DisplayRole: card.title,
            Qt.ItemDataRole.ToolTipRole: plain_tip(str(card.path)),
            Qt.ItemDataRole.AccessibleTextRole: f"{card.title}, {card.line}, {card.group}",
        }
        return words.get(Qt.ItemDataRole(role))


class _CardPainter(QStyledItemDelegate):
    """Paints a face, a title, a line, and the group at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, _Cards)
        card = model.cards[index.row()]
        state: QStyle.StateFlag = option.state
        box = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            chosen = bool(state & QStyle.StateFlag.State_Selected)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLOUR.LINE if chosen else style.HOVER))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        face = QRectF(box.x() + 6, box.y() + 6, FACE, FACE)
        _paint_face(painter, face, card)
        _paint_text(painter, box.adjusted(FACE + 18, 12, -10, -12), card)
        painter.restore()


def _paint_face(painter: QPainter, box: QRectF, card: ModelCard) -> None:
    """The face in round corners, or the first letter of the name."""
    clip = QPainterPath()
    clip.addRoundedRect(box, RADIUS, RADIUS)
    painter.save()
    painter.setClipPath(clip)
    painter.fillRect(box, QColor(COLOUR.PANEL))
    if card.face is None:
        painter.setPen(QColor(COLOUR.MUTED))
        painter.setFont(style.font("large", bold=True))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, card.title[:1].upper())
    else:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(box, QPixmap.fromImage(card.face), QRectF(card.face.rect()))
    painter.restore()


def _paint_text(painter: QPainter, box: QRectF, card: ModelCard) -> None:
    small, bold = style.font("small"), style.font("body", bold=True)
    group = QFontMetrics(small).horizontalAdvance(card.group)
    top, bottom = QRectF(box), QRectF(box)
    top.setHeight(box.height() / 2)
    bottom.setTop(box.center().y())
    painter.setFont(small)
    painter.setPen(QColor(COLOUR.MUTED))
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(top, right, card.group)
    painter.drawText(bottom, left, _elided(card.line, small, box.width()))
    painter.setFont(bold)
    painter.setPen(QColor(COLOUR.TEXT))
    painter.drawText(top, left, _elided(card.title, bold, box.width() - group - 12))


def _elided(text: str, font: QFont, room: float) -> str:
    metrics = QFontMetrics(font)
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, round(room))
