"""What a run draws: its samples apart from each other, and the newest block's picture taken apart.

Samples stand with their classes, real pictures below them, and a line leads back through the run. The
picture taken apart makes alpha visible (Karras et al. 2018, fig. 2).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

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
    QShowEvent,
)
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import Canvas, Label, Segmented, ValueSlider
from ganlab.recipe_widget import GROWTH_READOUT, RecipeWidget, section_title
from ganlab.style import COLOUR, FOCUS, RADIUS, STEP, font, set_surface, set_tip, set_tone
from ganlab_core.recipe import Capabilities
from ganlab_core.rendering import FadeParts, seen_by_discriminator
from ganlab_core.training import RunHistory, SheetMark

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


NOTHING = "There is no block before this one to fade from."
TITLES = (
    ("old", "old path"),
    ("new", "new path"),
    ("blend", "blend"),
    ("difference", "difference"),
)
TIPS = {
    "generator": {
        "old": "The block before, its pixels doubled.",
        "new": "The newest block's own picture.",
        "blend": "(1 - alpha) old + alpha new: the picture that is shown.",
        "difference": "|new - old|: what the newest block adds.",
    },
    "discriminator": {
        "old": "What D's block before reads: the picture at half the resolution.",
        "new": "What D's newest block reads: the picture that is shown.",
        "blend": "(1 - alpha) old + alpha new: how much of each D hears; it mixes features, not pixels.",
        "difference": "|new - old|: the detail that only D's newest block sees.",
    },
}
SIDES = (
    ("generator", "How the newest block's picture is faded in."),
    ("discriminator", "How the shown picture is faded into the discriminator."),
)


class FadeView(RecipeWidget):
    """Four pictures of one fade, and a slider that holds alpha anywhere.

    Signals
    -------
    wanted()
        The parts of the Recipe shown last are wanted; answer with `show_parts`.
    """

    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_surface(self, "panel")
        self._can: Capabilities | None = None
        self._words = Label(NOTHING)
        self._words.setWordWrap(True)
        self._words.setFont(font("small"))
        set_tone(self._words, "muted")
        self._parts: FadeParts | None = None
        self.side = Segmented("Network taken apart", SIDES, COLOUR.GROWTH)
        self.side.edited.connect(self._on_side)
        self._pictures: dict[str, Canvas] = {}
        grid = QGridLayout()
        grid.setSpacing(STEP)
        for index, (name, title) in enumerate(TITLES):
            picture = Canvas()
            picture.setMinimumSize(20 * STEP, 16 * STEP)
            picture.set_smooth(False)
            picture.setAccessibleName(title)
            caption = Label(title)
            caption.setFont(font("small"))
            set_tone(caption, "muted")
            grid.addWidget(picture, 2 * (index // 2), index % 2)
            grid.addWidget(caption, 2 * (index // 2) + 1, index % 2)
            self._pictures[name] = picture
        self.growth = ValueSlider(
            "Hold alpha at", 2, 10, None, 0.02, 3, COLOUR.GROWTH,
            "How far the network has grown; hold it anywhere between two resolutions to see the fade"
            " (ProGAN, Karras et al. 2018, fig. 2).",
            readout=GROWTH_READOUT,
        )  # fmt: skip
        self.growth.edited.connect(self._on_growth)
        self.growth.default_asked.connect(self._on_default)
        self.forward_drags(self.growth)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 3 * STEP)
        column.setSpacing(2 * STEP)
        column.addWidget(section_title("FADE", "The newest block taken apart, in G and in D."))
        column.addWidget(self.side)
        column.addWidget(self._words)
        column.addLayout(grid, 1)
        column.addWidget(self.growth)
        self._on_side("generator")

    def sizeHint(self) -> QSize:
        """Wide enough to see something in the four pictures."""
        return super().sizeHint().expandedTo(QSize(72 * STEP, 0))

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer the growth this model has."""
        self._can = can
        if can is not None and can.has_growth:
            self.growth.set_span(2, max(3, can.full_growth))
            self.growth.set_available()
        else:
            self.growth.set_available("This model does not grow.")
        self.refresh()

    def refresh(self) -> None:
        """Show the Recipe's growth, and ask for its parts."""
        full = self._can.full_growth if self._can else 10
        self.growth.set_value(full if self.recipe.growth is None else self.recipe.growth)
        self.ask()

    def ask(self) -> None:
        """Ask for the parts, as long as somebody sees them."""
        if self.isVisible() and self._can is not None:
            self.wanted.emit()

    def show_parts(self, parts: FadeParts | None) -> None:
        """Show a block taken apart; None where there is nothing to take apart."""
        self._parts = parts
        if parts is None:
            self._words.setText(NOTHING)
            for picture in self._pictures.values():
                picture.show_message("")
            return
        self._words.setText(
            f"{parts.resolution // 2} px \N{RIGHTWARDS ARROW} {parts.resolution} px; alpha is held below."
        )
        shown = seen_by_discriminator(parts) if self.side.value == "discriminator" else parts
        for name, picture in self._pictures.items():
            picture.show_pixels(getattr(shown, name))

    def showEvent(self, event: QShowEvent) -> None:
        """Come up to date."""
        super().showEvent(event)
        self.ask()

    def _on_side(self, side: str) -> None:
        """Take the other network apart."""
        self.side.set_value(side)
        for name, picture in self._pictures.items():
            set_tip(picture, f"{TIPS[side][name]} (ProGAN, Karras et al. 2018, fig. 2)")
        if self._parts is not None:
            self.show_parts(self._parts)

    def _on_growth(self, growth: float) -> None:
        full = self._can.full_growth if self._can else math.inf
        self.propose(replace(self.recipe, growth=None if growth >= full else growth), "growth")

    def _on_default(self) -> None:
        self.propose(replace(self.recipe, growth=None), "growth")


# The way back through a run.


class TimeLine(QWidget):
    """From the run's first sheet to its newest.

    Signals
    -------
    scrubbed(float)
        A person looks at this kimg.
    load_wanted(float)
        The model nearest to it is to be put on the desk.
    live_wanted()
        Back to the newest.
    """

    scrubbed = Signal(float)
    load_wanted = Signal(float)
    live_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._end = 0.0
        self._live = True
        self._sheets: tuple[SheetMark, ...] = ()
        self.slider = ValueSlider(
            "Time", 0, 1, None, 0.001, 3, COLOUR.MUTED,
            "Look back through the run: the samples and the curves follow.",
            suffix=" kimg",
        )  # fmt: skip
        self.load = _button("To the desk", "Put the model kept nearest to this moment on the desk.")
        self.live = _button("Now", "Follow the run's newest samples and model again.")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * STEP)
        row.addWidget(self.slider, 1)
        row.addWidget(self.load)
        row.addWidget(self.live)
        self.slider.edited.connect(self._on_edited)
        self.slider.default_asked.connect(self.go_live)
        self.load.clicked.connect(self._on_load)
        self.live.clicked.connect(self.go_live)
        self.forget()

    @property
    def is_live(self) -> bool:
        """Whether the newest moment is shown."""
        return self._live

    @property
    def kimg(self) -> float:
        """The moment shown."""
        return self.slider.value

    def forget(self) -> None:
        """Begin with another run."""
        self._sheets = ()
        self._end = 0.0
        self._live = True
        self._offer()

    def show_history(self, story: RunHistory) -> None:
        """Take the run's length; the moment looked at stays."""
        self._sheets = story.sheets
        end = story.last_images / 1000.0
        if end > 0 and end != self._end:
            self._end = end
            self.slider.set_span(0.0, end)
        if self._live:
            self.slider.set_value(self._end)
        self._offer()

    def sheet_at(self, kimg: float) -> SheetMark | None:
        """The sheet drawn nearest to a moment."""
        return min(self._sheets, key=lambda sheet: abs(sheet.images / 1000.0 - kimg), default=None)

    def leave_now(self, kimg: float) -> None:
        """Look at this moment."""
        self._live = False
        self.slider.set_value(kimg)
        self._offer()

    def go_live(self) -> None:
        """Show the newest moment."""
        self._live = True
        self.slider.set_value(self._end)
        self._offer()
        self.live_wanted.emit()

    def _offer(self) -> None:
        reason = "" if self._end > 0 else "The run has no samples yet."
        self.slider.set_available(reason)
        self.load.setEnabled(self._end > 0)
        self.live.setEnabled(not self._live)

    def _on_edited(self, kimg: float) -> None:
        self._live = False
        self._offer()
        self.scrubbed.emit(kimg)

    def _on_load(self) -> None:
        self._live = False
        self._offer()
        self.load_wanted.emit(self.kimg)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setFont(font("small"))
    button.setAutoDefault(False)
    set_tip(button, tip)
    return button
