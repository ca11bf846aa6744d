"""The page to begin on: everything that can be opened, as pictures, by headings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import Label, PaintedButton
from ganlab.style import COLOUR, RADIUS, STEP
from ganlab.window.bars import panel_icon

FACE = 144
SIGN = 56
"""Sides in device-independent pixels."""

LINES = 44
GAP = 3 * STEP


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """Something to begin with.

    Attributes
    ----------
    title, line
        Its name, and a few words about it.
    picture
        What it looks like; None where nobody knows.
    run
        Opens it.
    sign
        The name of a drawn sign in the place of a picture.
    tip
        All that is to be said, where the line is too short for it.
    """

    title: str
    line: str
    picture: QImage | None
    run: Callable[[], object]
    sign: str = ""
    tip: str = ""


class TileButton(PaintedButton):
    """A picture with a title and a line under it."""

    def __init__(self, tile: Tile) -> None:
        line = tile.tip or tile.line
        super().__init__(f"{tile.title}, {line}" if line else tile.title, line or tile.title)
        self.tile = tile
        self.setFixedSize(FACE, FACE + LINES)
        self.clicked.connect(self._on_clicked)

    def _on_clicked(self) -> None:
        self.tile.run()

    def ground(self) -> str:
        """A little light under the pointer."""
        return style.HOVER if self.underMouse() else ""

    def paint_content(self, painter: QPainter) -> None:
        """Draw picture, title and line."""
        box = QRectF(2, 2, FACE - 4, FACE - 4)
        clip = QPainterPath()
        clip.addRoundedRect(box, RADIUS, RADIUS)
        painter.save()
        painter.setClipPath(clip)
        painter.fillRect(box, QColor(COLOUR.STRIP))
        picture = self.tile.picture
        if picture is None and self.tile.sign:
            middle = QRectF(0, 0, SIGN, SIGN)
            middle.moveCenter(box.center())
            panel_icon(self.tile.sign).paint(painter, middle.toRect())
        elif picture is None:
            painter.setPen(QColor(COLOUR.MUTED))
            painter.setFont(style.font("large", bold=True))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.tile.title[:1].upper())
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(box, picture, _middle_square(picture))
        painter.restore()
        words = QRectF(4, FACE + 2, FACE - 8, LINES - 4)
        self._write(painter, words, self.tile.title, COLOUR.TEXT, bold=True)
        words.translate(0, LINES / 2 - 2)
        self._write(painter, words, self.tile.line, COLOUR.MUTED, bold=False)

    def _write(self, painter: QPainter, box: QRectF, text: str, colour: str, *, bold: bool) -> None:
        painter.setFont(style.font("small", bold=bold))
        painter.setPen(QColor(colour))
        shown = painter.fontMetrics().elidedText(
            text, Qt.TextElideMode.ElideRight, round(box.width())
        )
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, shown)


def _middle_square(picture: QImage) -> QRectF:
    """The largest square in the middle of a picture."""
    side = min(picture.width(), picture.height())
    return QRectF((picture.width() - side) / 2, (picture.height() - side) / 2, side, side)


class TileSection(QWidget):
    """A heading and tiles under it, as many in a row as fit."""

    def __init__(self, heading: str) -> None:
        super().__init__()
        self._tiles: list[TileButton] = []
        title = Label(heading)
        title.setFont(style.font("body", bold=True))
        self._grid = QGridLayout()
        self._grid.setSpacing(GAP)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * STEP)
        column.addWidget(title)
        column.addLayout(self._grid)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.hide()

    @property
    def tiles(self) -> list[TileButton]:
        """The tiles in their order."""
        return self._tiles

    def show_tiles(self, tiles: Sequence[Tile], width: int) -> None:
        """Offer these; without any the heading goes too."""
        for button in self._tiles:
            self._grid.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._tiles = [TileButton(tile) for tile in tiles]
        self.setVisible(bool(tiles))
        self.lay_out(width)

    def lay_out(self, width: int) -> None:
        """Put as many in a row as fit."""
        columns = max(1, (width + GAP) // (FACE + GAP))
        for button in self._tiles:
            self._grid.removeWidget(button)
        for index, button in enumerate(self._tiles):
            place = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
            self._grid.addWidget(button, index // columns, index % columns, place)
            button.show()
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 0)
        self._grid.setColumnStretch(columns, 1)


SECTIONS = ("Begin", "Models", "Recent", "Runs", "Lessons")
MOST_RECENT = 12

DROP_HERE = (
    "Drop a model, a run, a film, a picture, or a folder to train on, anywhere in this window."
)
LET_GO = "\N{DOWNWARDS ARROW}  Let go to open."


class StartPage(QScrollArea):
    """Headings with tiles; each room fills its own by `show_section`."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Start")
        page = QWidget()
        page.setProperty("plain", "true")
        self._column = QVBoxLayout(page)
        self._column.setContentsMargins(8 * STEP, 6 * STEP, 8 * STEP, 6 * STEP)
        self._column.setSpacing(6 * STEP)
        self._sections: dict[str, TileSection] = {}
        self._drop = Label(DROP_HERE)
        self._drop.setFont(style.font("small"))
        self._drop.setWordWrap(True)
        self._column.addWidget(self._drop)
        self.show_aimed(False)
        for name in SECTIONS:
            self._section(name)
        self._column.addStretch(1)
        self.setWidget(page)

    def section(self, name: str) -> TileSection:
        """The tiles under a heading."""
        return self._sections[name]

    def show_section(self, name: str, tiles: Sequence[Tile]) -> None:
        """Offer these under a heading, in the place of those before; a new heading comes last."""
        self._section(name).show_tiles(tiles, self._width())

    def show_aimed(self, aimed: bool) -> None:
        """Whether something is carried over the window, to be let go."""
        self._drop.setText(LET_GO if aimed else DROP_HERE)
        style.set_tone(self._drop, "style" if aimed else "muted")

    def _section(self, name: str) -> TileSection:
        known = self._sections.get(name)
        if known is None:
            known = self._sections[name] = TileSection(name)
            self._column.insertWidget(len(self._sections), known)
        return known

    def _width(self) -> int:
        return self.viewport().width() - 16 * STEP

    def sizeHint(self) -> QSize:
        """It scrolls: no size of its own."""
        return QSize(100, 100)

    def minimumSizeHint(self) -> QSize:
        """It scrolls: it never makes the window larger."""
        return QSize(100, 100)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put as many tiles in a row as fit."""
        super().resizeEvent(event)
        for section in self._sections.values():
            section.lay_out(self._width())
