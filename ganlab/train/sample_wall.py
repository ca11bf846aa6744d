"""What a run draws: its samples apart from each other, with their classes, real pictures below them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganlab import style
from ganlab.style import COLOUR, FOCUS, RADIUS, STEP, set_tip

GUTTER = STEP
CAPTION, HEADING = 15, 18
LEAST_SIDE = 60
"""A sample smaller than this tells nothing; then fewer of them are shown."""

LARGEST_SIDE = 200
REALS = "real pictures"
TIP = "The pictures of latents that stay the same. A click puts one on the desk."


@dataclass(frozen=True, slots=True)
class SampleTile:
    """One picture of the wall: where it lies, and which part of which image it is."""

    box: QRectF
    image: QImage
    part: QRectF
    caption: str = ""
    index: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A sheet of samples: one image, cut into rows and columns."""

    image: QImage
    rows: int
    columns: int

    @property
    def count(self) -> int:
        """How many samples there are."""
        return 0 if self.image.isNull() else self.rows * self.columns

    def part(self, index: int) -> QRectF:
        """Where a sample lies in the image."""
        wide, high = self.image.width() / self.columns, self.image.height() / self.rows
        return QRectF(index % self.columns * wide, index // self.columns * high, wide, high)


NO_SHEET = Sheet(QImage(), 1, 1)


class SampleWall(QWidget):
    """As many samples as can be seen well, large; a click or Enter tells which one.

    Signals
    -------
    sample_chosen(int)
        The place of a sample on the sheet, row by row.
    """

    sample_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sheet = NO_SHEET
        self._beside = NO_SHEET
        self._names = ("", "")
        self._reals: list[QImage] = []
        self._classes: tuple[str, ...] = ()
        self._by_row = False
        self._message = ""
        self._current, self._marked, self._under = 0, -1, -1
        self.setAccessibleName("Samples of the run")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        set_tip(self, TIP)

    # --- what is shown ---------------------------------------------------------------------------

    @property
    def image(self) -> QImage:
        """The sheet that is shown; a null one where there is none."""
        return self._sheet.image

    def show_message(self, sentence: str) -> None:
        """Show a sentence in the place of samples, and forget those of another run."""
        self._sheet, self._message = NO_SHEET, sentence
        self._reals, self._classes = [], ()
        self._current, self._marked = 0, -1
        self._tell()

    def show_sheet(self, image: QImage, grid: tuple[int, int]) -> None:
        """Show a sheet of so many rows and columns in the place of the one before."""
        self._sheet = _sheet(image, grid)
        self._tell()

    def show_beside(self, image: QImage, grid: tuple[int, int], names: tuple[str, str]) -> None:
        """Show another run's sheet to the right; `names` are this run's and the other's."""
        self._beside, self._names = _sheet(image, grid), names
        self.update()

    def leave_beside(self) -> None:
        """Show the one run alone again."""
        self._beside = NO_SHEET
        self.update()

    def show_reals(self, image: QImage) -> None:
        """Show some of the data's pictures, from an image that has them side by side."""
        side = image.height()
        count = image.width() // side if side else 0
        self._reals = [image.copy(n * side, 0, side, side) for n in range(count)]
        self.update()

    def show_classes(self, classes: Sequence[str], *, by_row: bool) -> None:
        """Name the class of each sample: in turn, or one for each row of the sheet."""
        self._classes, self._by_row = tuple(classes), by_row
        self._tell()

    def set_marked(self, index: int) -> None:
        """Draw a frame about the sample that is on the desk; -1 for none."""
        self._marked = index
        self.update()

    def caption(self, index: int) -> str:
        """The class of a sample; empty where there are none."""
        if not self._classes:
            return ""
        place = index // self._sheet.columns if self._by_row else index
        return self._classes[place % len(self._classes)]

    # --- places ----------------------------------------------------------------------------------

    def tiles(self) -> list[SampleTile]:
        """Every picture that is shown, in its place."""
        return [tile for _, tiles in self._groups() for tile in tiles]

    def _groups(self) -> Iterator[tuple[tuple[QRectF, str], list[SampleTile]]]:
        """Headings with where they stand, and the tiles below each."""
        whole = QRectF(self.rect())
        if self._sheet.count == 0:
            return
        two = self._beside.count > 0
        head = HEADING if two else 0
        half = (whole.width() - 4 * STEP) / 2 if two else whole.width()
        line = CAPTION if self._classes else 0
        below = HEADING if self._reals else 0
        room = QRectF(0, head, half, whole.height() - head)
        columns, rows, side = _fitted(self._sheet.count, room, line, below)
        for number, sheet in enumerate((self._sheet, self._beside)[: 1 + two]):
            left = number * (half + 4 * STEP)
            made = [
                SampleTile(box, sheet.image, sheet.part(n), self.caption(n), -1 if number else n)
                for n in range(min(sheet.count, columns * rows))
                for box in [_box(n, columns, side, left, head, line)]
            ]
            yield (QRectF(left, 0, half, head), self._names[number] if two else ""), made
        if self._reals:
            shown = -(-min(self._sheet.count, columns * rows) // columns)
            top = head + shown * (side + line + GUTTER)
            across = max(1, int((whole.width() + GUTTER) / (side + GUTTER)))
            made = [
                SampleTile(_box(n, across, side, 0.0, top + HEADING, 0), real, QRectF(real.rect()))
                for n, real in enumerate(self._reals[:across])
            ]
            yield (QRectF(0, top, whole.width(), HEADING), REALS), made

    def _at(self, point: QPointF) -> int:
        return next((tile.index for tile in self.tiles() if tile.box.contains(point)), -1)

    def sizeHint(self) -> QSize:
        """Four rows of four."""
        return QSize(4 * 80, 4 * 80)

    def minimumSizeHint(self) -> QSize:
        """Two samples and a real picture."""
        return QSize(2 * LEAST_SIDE + GUTTER, 2 * LEAST_SIDE + HEADING)

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the samples, and what is said about them."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setFont(style.font("small"))
            painter.setPen(QColor(COLOUR.MUTED))
            if not self._sheet.count:
                words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(QRectF(self.rect()), words, self._message)
            for (line, heading), tiles in self._groups():
                painter.setPen(QColor(COLOUR.MUTED))
                place = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(line, place, heading)
                for tile in tiles:
                    self._paint_tile(painter, tile)

    def _paint_tile(self, painter: QPainter, tile: SampleTile) -> None:
        path = QPainterPath()
        path.addRoundedRect(tile.box, RADIUS / 2, RADIUS / 2)
        painter.save()
        painter.setClipPath(path)
        painter.drawImage(tile.box, tile.image, tile.part)
        painter.restore()
        ring = self._ring(tile.index)
        if ring is not None:
            painter.setPen(ring)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(tile.box.adjusted(1, 1, -1, -1), RADIUS / 2, RADIUS / 2)
        if tile.caption:
            painter.setPen(QColor(COLOUR.MUTED))
            line = QRectF(tile.box.left(), tile.box.bottom(), tile.box.width(), CAPTION)
            words = painter.fontMetrics().elidedText(
                tile.caption, Qt.TextElideMode.ElideRight, int(line.width())
            )
            painter.drawText(line, Qt.AlignmentFlag.AlignCenter, words)

    def _ring(self, index: int) -> QPen | None:
        if index < 0:
            return None
        if index == self._marked:
            return QPen(QColor(COLOUR.STYLE), 2)
        if index == self._current and self.hasFocus():
            return QPen(QColor(FOCUS), 1)
        return QPen(QColor(COLOUR.MUTED), 1) if index == self._under else None

    # --- hand ------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what a click would take."""
        self._hover(self._at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """There is nothing under the pointer any more."""
        self._hover(-1)

    def _hover(self, index: int) -> None:
        if index != self._under:
            self._under = index
            shape = Qt.CursorShape.PointingHandCursor if index >= 0 else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the sample under the pointer."""
        index = self._at(event.position())
        if index >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._current = index
            self._choose(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk with the arrows, take with Enter or Space."""
        shown = [tile for tile in self.tiles() if tile.index >= 0]
        columns = sum(tile.box.top() == shown[0].box.top() for tile in shown) if shown else 0
        steps: dict[int, int] = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
        }
        if not shown:
            event.ignore()
        elif event.key() in steps:
            self._current = min(max(self._current + steps[event.key()], 0), len(shown) - 1)
            self._tell()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self._current)
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        self.update()

    def _choose(self, index: int) -> None:
        self.set_marked(index)
        self._tell()
        self.sample_chosen.emit(index)

    def _tell(self) -> None:
        """Say in words what is shown, and where the keyboard is."""
        said = self._message
        if self._sheet.count:
            named = self.caption(self._current)
            what = f"sample {self._current + 1} of {self._sheet.count}"
            said = f"{what}, {named}" if named else what
        self.setAccessibleDescription(said)
        self.update()


def _sheet(image: QImage, grid: tuple[int, int]) -> Sheet:
    """A sheet as it can be cut: one whose pixels do not divide is one picture."""
    rows, columns = grid
    fits = image.width() % max(1, columns) == 0 and image.height() % max(1, rows) == 0
    return Sheet(image, rows, columns) if fits else Sheet(image, 1, 1)


def _fitted(count: int, room: QRectF, line: int, below: int) -> tuple[int, int, float]:
    """Columns, rows and the side of the largest samples; fewer of them where all would be too small.

    `line` is the height of a caption, `below` that of the heading of a row of real pictures, 0 without.
    """

    def side(columns: int, rows: int) -> float:
        wide = (room.width() - GUTTER * (columns - 1)) / columns
        lines = rows + bool(below)
        high = (room.height() - below - rows * (line + GUTTER)) / lines
        return min(wide, high, LARGEST_SIDE)

    sizes = {columns: side(columns, -(-count // columns)) for columns in range(1, count + 1)}
    columns = max(sizes, key=lambda number: sizes[number])
    if sizes[columns] >= LEAST_SIDE:
        return columns, -(-count // columns), sizes[columns]
    columns = max(1, int((room.width() + GUTTER) // (LEAST_SIDE + GUTTER)))
    lines = (room.height() - below) / (LEAST_SIDE + line + GUTTER)
    rows = max(1, int(lines) - bool(below))
    return columns, rows, max(8.0, side(columns, rows))


def _box(index: int, columns: int, side: float, left: float, top: float, line: int) -> QRectF:
    row, column = divmod(index, columns)
    return QRectF(left + column * (side + GUTTER), top + row * (side + line + GUTTER), side, side)
