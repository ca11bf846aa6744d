"""What is seen of own pictures: the panels of bringing one in, of point drag, and of the critic's eye."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import (
    LARGEST,
    LEAST_SIDE,
    MOST_SIDE,
    Cell,
    Label,
    PictureGrid,
    PictureMarks,
    SaidLabel,
    Segmented,
    Square,
    SquareView,
    Thumbnail,
    Toggle,
    ValueSlider,
    WordButton,
    muted,
)
from ganlab.recipe_widget import NO_MODEL, section_title
from ganlab.style import COLOUR, RADIUS, STEP
from ganlab_core.inspection import ONLY_CHOOSES, CriticReport, LineUp, NearestReals
from ganlab_core.recipe import Capabilities

Scores = NDArray[np.float32]

BINS = 24
PERCENT = "\N{NO-BREAK SPACE}%"
LOOKING = "Looking for the model's discriminator…"
NO_REALS = "Choose a folder of real pictures first."
TOPICS = ("critic", "line-up", "nearest reals")
"""What the critic is asked about."""

DRAGS_A, PLEASES_WITH_A, BRINGS_INTO_A = (
    "Beside a model B, points follow the picture of A alone.",
    "Beside a model B, the critic is that of A, and Please it follows the picture of A alone.",
    "Beside a model B, your picture goes into A alone, and Tune moves the weights of A alone.",
)
"""What each panel says while a second model is on the desk."""

MIXES = "This model translates real pictures of its own; yours can only become a mixture of those."


def missing_way(can: Capabilities | None) -> str:
    """Why the picture of a model cannot be moved along its latent space; empty where it can."""
    if can is None:
        return NO_MODEL
    return ONLY_CHOOSES[0] if can.translates else ""


class Caveat(SaidLabel):
    """What a person should know of the models on the desk before a panel is used."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(style.font("small"))

    def say(self, *sentences: str) -> None:
        """Say these, or nothing."""
        self.setText(" ".join(filter(None, sentences)))


def _beside_b(can: Capabilities | None, sentence: str) -> str:
    """A sentence that is true of a model with a second one beside it, and nothing of any other."""
    return sentence if can is not None and can.blendable else ""


def _line(level: NDArray[np.float32], width: float) -> tuple[Scores, Scores]:
    """A line where `level` is 0, `width` pixels to each side, and a rim twice as wide; 0 to 1 each.

    It is as wide everywhere, because distances are measured by the slope there.
    """
    slope = np.maximum(np.hypot(*np.gradient(level)), 4e-3)
    away = np.abs(level) / slope
    return np.clip(width - away, 0.0, 1.0), np.clip(2.0 * width - away, 0.0, 1.0)


def _painted(
    veil: NDArray[np.float32], colour: str, light: NDArray[np.float32], rim: NDArray[np.float32]
) -> QImage:
    """A line with a dark rim over a veil of a colour, which is opaque where it is 1."""
    under = QColor(colour)
    ink = np.array((under.red(), under.green(), under.blue()), np.float32)
    ink, opaque = np.broadcast_to(ink, (*veil.shape, 3)), veil
    for strength, over in ((0.45 * rim, 0.0), (0.9 * light, 255.0)):
        whole = strength + opaque * (1.0 - strength)
        share = (strength / np.maximum(whole, 1e-6))[..., None]
        ink, opaque = ink * (1.0 - share) + over * share, whole
    drawn = np.concatenate([ink, 255.0 * opaque[..., None]], 2)
    pixels = np.rint(drawn).clip(0, 255).astype(np.uint8)
    height, width = veil.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()


def outline(presence: NDArray[np.float32]) -> QImage:
    """Where a model's subject mostly stands, as a light line with a dark rim; null where it fills all.

    The line is where `presence` has half its largest value.
    """
    level = presence / max(float(presence.max()), 1e-6) - 0.5
    if min(level[0].min(), level[-1].min(), level[:, 0].min(), level[:, -1].min()) > 0.0:
        return QImage()
    return _painted(np.zeros_like(level), COLOUR.GROUND, *_line(level, 2.2))


FOG_SHARE = 0.8
"""How thickly the fog lies at most over the places that the score does not listen to."""

SEEN_SIDE = 256
"""Pixels, at most, that what it looks at is drawn with."""

LISTENS = (50.0, 98.0)
"""Percent of the places that lie wholly in the fog, and of those that are not wholly clear."""


def attention_wash(heat: NDArray[np.float32]) -> QImage:
    """A fog over a picture that is clear where `heat` (N, N) is largest, with a line around those places.

    A gradient is grainy, so it is smoothed; and it spans decades, so places are ranked.
    """
    smooth = _blurred(_blurred(_resampled(heat)))
    low, high = np.percentile(smooth, LISTENS)
    clear = np.clip((smooth - low) / max(float(high - low), 1e-12), 0.0, 1.0)
    return _painted(FOG_SHARE * (1.0 - clear), COLOUR.FOG, *_line(clear - 0.5, 1.5))


def _resampled(heat: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same with about `SEEN_SIDE` pixels a side: repeated, or means of squares."""
    side = len(heat)
    times, every = -(-SEEN_SIDE // side), side // SEEN_SIDE
    if every <= 1:
        return heat.repeat(times, 0).repeat(times, 1)
    kept = side // every
    squares = heat[: kept * every, : kept * every].reshape(kept, every, kept, every)
    means: NDArray[np.float32] = squares.mean((1, 3))
    return means


def _blurred(heat: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of squares that are a sixteenth of the side wide."""
    reach = len(heat) // 32
    for axis in (0, 1):
        around = [(reach + 1, reach) if axis == each else (0, 0) for each in (0, 1)]
        sums = np.pad(heat, around, mode="edge").astype(np.float64).cumsum(axis)
        width = 2 * reach + 1
        until, before = np.moveaxis(sums, axis, 0)[width:], np.moveaxis(sums, axis, 0)[:-width]
        heat = np.moveaxis((until - before) / width, 0, axis).astype(np.float32)
    return heat


class ScoreHistogram(QWidget):
    """How often the scores of fake and of real pictures fall where, and a line where the picture's is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kinds: tuple[Scores, Scores] = (np.empty(0, np.float32), np.empty(0, np.float32))
        self._score: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(22 * STEP)
        self.setAccessibleName("Scores of fake and real pictures")
        style.set_tip(
            self, "Scores from the least real at the left to the most at the right: fakes as full bars,"
            " real pictures as outlines, the picture on the desk as the line.",
        )  # fmt: skip

    def show_scores(self, fakes: Scores, reals: Scores, score: float | None) -> None:
        """Show these; None = no picture."""
        self._kinds, self._score = (fakes, reals), score
        self.update()

    def bars(self) -> tuple[NDArray[np.int64], NDArray[np.int64], float, float]:
        """Counts of fakes and of reals in each bin, and the least and the largest score shown."""
        known = np.concatenate([*self._kinds, [] if self._score is None else [self._score]])
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
        margin = 0.04 * (high - low) or 0.5
        low, high = low - margin, high + margin
        fakes, reals = (np.histogram(kind, BINS, (low, high))[0] for kind in self._kinds)
        return fakes, reals, low, high

    def sizeHint(self) -> QSize:
        """As wide as a panel."""
        return QSize(280, 22 * STEP)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the bars, the line and the two ends of the scale."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(style.font("small"))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLOUR.STRIP))
            painter.drawRoundedRect(self.rect(), RADIUS, RADIUS)
            room = QRectF(self.rect()).adjusted(8, 8, -8, -20)
            fakes, reals, low, high = self.bars()
            self._paint_bars(painter, room, fakes, filled=True)
            self._paint_bars(painter, room, reals, filled=False)
            if self._score is not None:
                at = room.left() + room.width() * (self._score - low) / (high - low)
                painter.setPen(QPen(QColor(COLOUR.TEXT), 2))
                painter.drawLine(round(at), round(room.top()) - 4, round(at), round(room.bottom()))
            if self._score is None and not fakes.any():
                return
            painter.setPen(QColor(COLOUR.MUTED))
            line = QRectF(room.left(), room.bottom() + 2, room.width(), 16)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, f"{low:.2f} fake")
            painter.drawText(line, Qt.AlignmentFlag.AlignRight, f"real {high:.2f}")

    def _paint_bars(
        self, painter: QPainter, room: QRectF, counts: NDArray[np.int64], *, filled: bool
    ) -> None:
        total = counts.sum()
        if not total:
            return
        top = max(1, int(counts.max()))
        width = room.width() / BINS
        colour = QColor(COLOUR.NOISE if filled else COLOUR.CLASS)
        painter.setPen(Qt.PenStyle.NoPen if filled else QPen(colour, 1.5))
        painter.setBrush(colour if filled else Qt.BrushStyle.NoBrush)
        for index, count in enumerate(counts):
            if count:
                height = room.height() * count / top
                left = room.left() + index * width
                painter.drawRect(QRectF(left + 1, room.bottom() - height, width - 2, height))


class CriticPanel(QFrame):
    """Tells what the discriminator says, and lets a person try against it.

    Signals
    -------
    shown(bool)
        Somebody looks, or nobody does.
    eye_asked(bool)
        Where it looks is to lie over the picture, or not.
    please_asked(), stop_asked()
        Climb the score; stay where it is.
    folder_asked(), nearest_asked(), row_asked()
        Choose real pictures; those most like this one; a row of real and fake ones.
    half_asked(), again_asked()
        The next half of a training step; from the newest checkpoint again.
    """

    shown = Signal(bool)
    eye_asked = Signal(bool)
    please_asked = Signal()
    stop_asked = Signal()
    folder_asked = Signal()
    nearest_asked = Signal()
    row_asked = Signal()
    half_asked = Signal()
    again_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Critic")
        self._row: LineUp | None = None
        self._called: set[int] = set()
        self._reason = self._no_way = NO_MODEL
        self._has_reals = self._runs = False
        self._body = QWidget()
        self.score = Label()
        self.score.setWordWrap(True)
        self.histogram = ScoreHistogram()
        self.eye = Toggle(
            "Where it looks",
            COLOUR.TEXT,
            "Leaves the picture clear where a change would change the score most, and lays a fog over the"
            " rest (gradient of the score; Simonyan et al. 2014).",
        )  # fmt: skip
        self.please = WordButton(
            "Please it",
            "Climb the score by the picture's styles, or its z, as one step of the history.",
        )
        self.stop = WordButton("Stop", "Stay where it is now.")
        self.caveat = Caveat()
        self.reals = muted("")
        self.folder = WordButton("Folder…", "Choose a folder of real pictures to compare with.")
        self.nearest = WordButton(
            "Nearest", "The real pictures that the discriminator finds most like this one: near ones may"
            " have been learnt by heart.",
        )  # fmt: skip
        self.nearest_grid = PictureGrid(
            "Nearest real pictures", "The nearest first.", columns=4, captions=True
        )
        self.nearest_said = _answer()
        self.row = WordButton("Line-up", "A row of real and fake pictures, to be told apart.")
        self.tell = WordButton("Tell", "See which were fake, and how well you and the critic did.")
        self.row_grid = PictureGrid(
            "Real or fake?", "Click each picture that you think is fake.", columns=4, captions=True
        )
        self.row_said = _answer()
        self._make_halves()
        self._build()
        self._connect()
        self.set_model(NO_MODEL)

    def _make_halves(self) -> None:
        """What is seen for a run's model alone."""
        self.half = WordButton("D step", "The next half of a training step.")
        self.again = WordButton("Again", "From the run's newest checkpoint once more.")
        self.before, self.after = (
            PictureGrid(f"Fakes {when}", f"The same latents {when} the half step.", columns=8)
            for when in ("before", "after")
        )
        self.half_said = _answer()
        self.titles = _answer(), _answer()
        self._halves = QWidget()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addWidget(
            section_title("CRITIC", "The model's own discriminator D (Goodfellow et al. 2014).")
        )
        column.addWidget(self.score)
        column.addWidget(self.caveat)
        column.addWidget(self._body)
        column.addWidget(self._halves)
        column.addStretch(1)
        self._build_body()
        self._build_halves()
        self.setMinimumWidth(276)

    def _build_body(self) -> None:
        """What is there where there is a critic."""
        column = QVBoxLayout(self._body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.histogram)
        column.addWidget(muted("Full bars: fakes. Outlines: real. Line: this one."))
        column.addLayout(_row(self.eye, self.please, self.stop))
        column.addWidget(section_title("REAL PICTURES", "Of the model's training, or of a folder."))
        column.addWidget(self.reals)
        column.addLayout(_row(self.folder, self.nearest, self.row))
        for widget in (self.nearest_said, self.nearest_grid, self.row_said, self.row_grid):
            column.addWidget(widget)
        column.addLayout(_row(self.tell))

    def _build_halves(self) -> None:
        """What is there for a run's model."""
        halves = QVBoxLayout(self._halves)
        halves.setContentsMargins(0, 0, 0, 0)
        halves.setSpacing(8)
        halves.addWidget(
            section_title(
                "HALF STEPS", "One update of D, then one of G; the run itself is not touched."
            )
        )
        halves.addLayout(_row(self.half, self.again))
        first, then = self.titles
        for widget in (self.half_said, first, self.before, then, self.after):
            halves.addWidget(widget)

    def _connect(self) -> None:
        self.eye.edited.connect(self.eye_asked)
        self.please.clicked.connect(self.please_asked)
        self.stop.clicked.connect(self.stop_asked)
        self.folder.clicked.connect(self.folder_asked)
        self.nearest.clicked.connect(self.nearest_asked)
        self.row.clicked.connect(self.row_asked)
        self.tell.clicked.connect(self._on_tell)
        self.row_grid.chosen.connect(self._on_called)
        self.half.clicked.connect(self.half_asked)
        self.again.clicked.connect(self.again_asked)

    # --- what it shows ---------------------------------------------------------------------------

    def set_model(self, reason: str, *, runs: bool = False) -> None:
        """Another model is on the desk; `reason` says why it has no critic. `runs` = it is of a run."""
        self._reason, self._runs, self._has_reals = reason, runs, False
        self.score.setText(reason)
        self.histogram.show_scores(np.empty(0, np.float32), np.empty(0, np.float32), None)
        self.show_reals("", 0)
        self._show_row(None)
        self.nearest_said.setText("")
        self.nearest_grid.set_cells([])
        self._body.setVisible(reason in ("", LOOKING))
        self._halves.setVisible(runs)
        self.show_half("", [], [])
        self.show_due("D")
        self.show_pleasing(running=False)

    def show_report(self, report: CriticReport) -> None:
        """What it says of the picture."""
        beside = (
            f"more real than {100 * report.rank:.0f}{PERCENT} of {len(report.fakes)} fresh fakes"
        )
        if report.reals.size:
            share = float((report.reals < report.score).mean())
            beside += f" and {100 * share:.0f}{PERCENT} of {len(report.reals)} real pictures"
        self.score.setText(f"{report.score:.2f}: {beside}")
        self.histogram.show_scores(report.fakes, report.reals, report.score)

    def show_progress(self, fraction: float | None) -> None:
        """It looks at fakes to compare with first."""
        if fraction is not None and not self.histogram.bars()[0].any():
            self.score.setText(f"Looking at fresh fakes: {100 * fraction:.0f} %")

    def show_reals(self, source: str, count: int) -> None:
        """Which real pictures are at hand."""
        self._has_reals = count > 0
        self.reals.setText(f"{count} pictures of {source}" if count else NO_REALS)
        self._offer()

    def show_nearest(self, found: NearestReals) -> None:
        """The real pictures most like the one on the desk."""
        self.nearest_grid.set_cells([Cell(f"{distance:.3f}") for distance in found.distances])
        for index, picture in enumerate(found.pictures):
            self.nearest_grid.show_picture(index, picture)
        self.nearest_said.setText(
            f"Distances of D's features; real pictures have their nearest at {found.usual:.3f}."
        )

    def show_row(self, row: LineUp) -> None:
        """A row to be told apart."""
        self._show_row(row)
        self.row_said.setText(
            f"{int((~row.real).sum())} of these are fake. Click those, then Tell."
        )

    def offer_way(self, can: Capabilities | None) -> None:
        """Say of this model whether its picture can climb, and what of it is moved."""
        self._no_way = missing_way(can)
        cannot = self._no_way if can is not None else ""
        self.caveat.say(cannot, _beside_b(can, PLEASES_WITH_A))
        self.show_pleasing(running=False)

    def show_pleasing(self, *, running: bool) -> None:
        """Whether the score is being climbed."""
        reason = self._no_way or self._reason
        self.please.set_available(reason or ("It is under way." if running else ""))
        self.stop.set_available("" if running else "Nothing is under way.")

    def show_due(self, network: str) -> None:
        """Which network the next half step updates; empty while one is being taken."""
        if network:
            self.half.setText(f"{network} step")
        self.half.set_available("" if network else "It is under way.")

    def show_half(
        self, said: str, before: Sequence[NDArray[np.uint8]], after: Sequence[NDArray[np.uint8]]
    ) -> None:
        """What a half step has changed."""
        self.half_said.setText(said)
        for label, word in zip(self.titles, ("Fakes before", "Fakes after"), strict=True):
            label.setText(word if before else "")
        for grid, pictures in ((self.before, before), (self.after, after)):
            grid.set_cells([Cell() for _ in pictures])
            for index, picture in enumerate(pictures):
                grid.show_picture(index, picture)

    def _offer(self) -> None:
        self.eye.set_available(self._reason)
        self.folder.set_available(self._reason)
        for button in (self.nearest, self.row):
            button.set_available(self._reason or ("" if self._has_reals else NO_REALS))

    # --- you against the critic ------------------------------------------------------------------

    @property
    def called_fake(self) -> NDArray[np.bool_]:
        """Which pictures of the row a person calls fake."""
        count = self.row_grid.count()
        called: NDArray[np.bool_] = np.isin(np.arange(count), sorted(self._called))
        return called

    def _show_row(self, row: LineUp | None) -> None:
        self._row, self._called = row, set()
        pictures = [] if row is None else list(row.pictures)
        self.row_grid.set_cells([Cell() for _ in pictures])
        for index, picture in enumerate(pictures):
            self.row_grid.show_picture(index, picture)
        self.row_grid.set_frames({})
        self.row_said.setText("")
        self.tell.setVisible(row is not None)

    def _on_called(self, index: int) -> None:
        if self._row is None:
            return
        self._called ^= {index}
        captions = [
            "fake?" if place in self._called else "" for place in range(self.row_grid.count())
        ]
        self._caption(captions, {place: COLOUR.NOISE for place in self._called})

    def _on_tell(self) -> None:
        row = self._row
        if row is None:
            return
        self.tell.hide()
        self._row = None
        right = self.called_fake != row.real
        captions = [
            f"{'real' if real else 'fake'} {'✓' if known else '✗'}"
            for real, known in zip(row.real, right, strict=True)
        ]
        frames = {
            index: COLOUR.CLASS if real else COLOUR.NOISE for index, real in enumerate(row.real)
        }
        self._caption(captions, frames)
        self.row_said.setText(
            f"You: {_shares(*row.sensitivity_specificity(self.called_fake))}."
            f"\nThe critic: {_shares(*row.sensitivity_specificity(row.by_critic))}."
        )

    def _caption(self, captions: Sequence[str], frames: dict[int, str]) -> None:
        for index, caption in enumerate(captions):
            self.row_grid.cell(index).caption = caption
        self.row_grid.set_frames(frames)

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that somebody looks."""
        super().showEvent(event)
        self.shown.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Tell that nobody does."""
        super().hideEvent(event)
        self.shown.emit(False)


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row


def _answer() -> SaidLabel:
    """Small grey words that take no room while there are none."""
    label = SaidLabel()
    label.setFont(style.font("small"))
    style.set_tone(label, "muted")
    return label


def _shares(sensitivity: float, specificity: float) -> str:
    return (
        f"sensitivity {100 * sensitivity:.0f} % (fakes found),"
        f" specificity {100 * specificity:.0f} % (reals left)"
    )


HOW_TO_DRAG = (
    "Press on the picture and pull to where that point shall go. Paint what may move; without paint, all"
    " may. Then Start."
)
NO_POINTS = "Set a point on the picture first, and pull it to where it shall go."
NOTHING_DRAGGED = "Nothing has been dragged yet."


class DragPanel(QFrame):
    """Chooses what the hand does on the picture, starts and stops, and tells how far it is.

    Parameters
    ----------
    marks
        What lies on the picture while this is seen.

    Signals
    -------
    start_asked(), stop_asked(), film_asked()
        Drag what is marked; stay where it is; put the way it took on the timeline.
    """

    start_asked = Signal()
    stop_asked = Signal()
    film_asked = Signal()

    def __init__(self, marks: PictureMarks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Drag")
        self._marks = marks
        self._missing = NO_MODEL
        self._is_running = self._has_way = False
        self.tool = Segmented(
            "The hand on the picture",
            (
                ("points", "Press on a point and pull it where it shall go; a right click takes it away."),
                ("paint", "Paint what may move; the rest is held."),
                ("erase", "Take paint away."),
            ),
            COLOUR.STYLE,
        )  # fmt: skip
        self.brush = ValueSlider(
            "Brush", 0.02, 0.3, marks.brush, 0.01, 2, COLOUR.STYLE,
            "Radius of what is painted at a time, in shares of the picture.",
        )  # fmt: skip
        self.start = WordButton(
            "Start", "Move the points to their targets, as one step of the history."
        )
        self.stop = WordButton("Stop", "Stay where it is now.")
        self.clear = WordButton("Clear", "Take all points and all paint away.")
        self.film = WordButton(
            "To the timeline",
            "Put the way that the last drag took on the timeline, as a film of it.",
        )
        self.how_far = SaidLabel()
        self.said = muted(HOW_TO_DRAG)
        self.caveat = Caveat()
        self._build()
        self.tool.edited.connect(marks.set_tool)
        self.brush.edited.connect(self._on_brush)
        self.start.clicked.connect(self.start_asked)
        self.stop.clicked.connect(self.stop_asked)
        self.clear.clicked.connect(self._on_clear)
        self.film.clicked.connect(self.film_asked)
        marks.changed.connect(self._offer)
        self._offer()

    def _build(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button in (self.start, self.stop, self.clear, self.film):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addWidget(section_title("DRAG", "Point drag (Pan et al. 2023, DragGAN)."))
        for widget in (self.said, self.caveat, self.tool, self.brush):
            column.addWidget(widget)
        column.addLayout(buttons)
        column.addWidget(self.how_far)
        column.addStretch(1)
        self.setMinimumWidth(276)

    # --- what it shows ---------------------------------------------------------------------------

    def set_model(self, can: Capabilities | None) -> None:
        """Offer what this model can do; None when no model is open."""
        self._missing = missing_way(can)
        cannot = self._missing if can is not None else ""
        self.said.setVisible(not cannot)
        self.caveat.say(cannot, _beside_b(can, DRAGS_A))
        for control in (self.tool, self.brush):
            control.set_available(self._missing)
        self._show_marks()
        self._offer()

    def show_running(self, *, running: bool) -> None:
        """Whether points are on their way; nobody marks meanwhile."""
        self._is_running = running
        self._marks.set_locked(running)
        self._offer()

    def show_progress(self, steps: int, left: float) -> None:
        """How many steps were made, and how many pixels the farthest point has still to go."""
        told = "arrived" if left <= 0.0 else f"{left:.1f} px to go"
        self.how_far.setText(f"Step {steps}: {told}")
        self._has_way = True

    def show_sentence(self, sentence: str) -> None:
        """Say what happened."""
        self.how_far.setText(sentence)

    def forget_way(self) -> None:
        """The way of the last drag belongs to another model."""
        self._has_way = False
        self.how_far.setText("")
        self._offer()

    def _offer(self) -> None:
        reason = self._missing or ("" if self._marks.arrows else NO_POINTS)
        self.start.set_available(reason or ("It is under way." if self._is_running else ""))
        self.stop.set_available("" if self._is_running else "Nothing is under way.")
        empty = not self._marks.arrows and self._marks.painted is None
        nothing = "There are no points and no paint." if empty else ""
        self.clear.set_available("It is under way." if self._is_running else nothing)
        ready = self._has_way and not self._is_running
        self.film.set_available("" if ready else NOTHING_DRAGGED)

    def _show_marks(self) -> None:
        """Marks lie on a picture that can be moved, while somebody looks at this panel."""
        self._marks.setVisible(self.isVisible() and self._missing in ("", NO_MODEL))

    def _on_brush(self, radius: float) -> None:
        self._marks.brush = radius

    def _on_clear(self) -> None:
        self._marks.clear()
        self._offer()

    def showEvent(self, event: QShowEvent) -> None:
        """Take the picture into the hand."""
        super().showEvent(event)
        self._show_marks()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the picture as it is."""
        super().hideEvent(event)
        self._marks.hide()


SIDE = 124
"""Of the two pictures, in pixels of the screen."""

EMPTY = "Drop any picture here, or choose one: it is brought into the model as a Recipe."
EMPTY_DESK = "Open a model first; then drop a picture here, or choose one."
NEW_SQUARE = "Again begins with this square."

MOST_SHOWN = 768
"""Pixels of the longer side of a picture that is shown to be cut."""


def _shown(whole: NDArray[np.uint8]) -> QImage:
    """A picture of its own memory from uint8 (H, W, 4), not larger than is looked at."""
    data = np.ascontiguousarray(whole)
    height, width, _ = data.shape
    image = QImage(data.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    if max(height, width) <= MOST_SHOWN:
        return image.copy()
    ratio, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.scaled(MOST_SHOWN, MOST_SHOWN, ratio, smooth)


class OwnPanel(QFrame):
    """Watches an own picture on its way into the model.

    Signals
    -------
    choose_asked()
        A picture is to be chosen in a window.
    again_asked(), pause_asked(bool), longer_asked(), cancel_asked(), use_asked(), keyframe_asked()
        Begin once more with these settings; wait or go on; go on when the time is over; leave it; put
        what it is now on the desk; keep it as a keyframe of the film.
    tune_asked()
        Tune the weights to the picture.
    square_edited()
        A person has moved or resized the square that is cut out.
    """

    square_edited = Signal()
    choose_asked = Signal()
    again_asked = Signal()
    pause_asked = Signal(bool)
    longer_asked = Signal()
    cancel_asked = Signal()
    use_asked = Signal()
    keyframe_asked = Signal()
    tune_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Own picture")
        self.square = SquareView(
            "Square of your picture",
            "Drag to move the square, its corners or the wheel to resize it; a double click makes it as"
            " large as fits. The line is where the model's own pictures have their subject.",
        )  # fmt: skip
        self.target = Thumbnail(
            "Your picture", "What is aimed at, cut to the model's square.", SIDE
        )
        self.now = Thumbnail("What it became", "The picture of the Recipe as it is now.", SIDE)
        self.bar = _thin_bar("How much of the time is over")
        self.likeness = SaidLabel()
        self.how_far = muted("")
        self.invitation = muted(EMPTY_DESK)
        self.caveat = Caveat()
        self._make_sliders()
        self.again = WordButton("Again", "Begin once more, with this square and these settings.")
        self.choose = WordButton("Choose a picture…", "Choose a picture of your own in a window.")
        self.pause = WordButton("Pause", "Wait before the next step, or go on.")
        self.longer = WordButton("Longer", "Go on for the same time again.")
        self.cancel = WordButton("Cancel", "Leave it; the desk stays as it is.")
        self.use = WordButton("To the desk", "Put the Recipe as it is now on the desk.")
        self.keyframe = WordButton("Keyframe", "Keep what it is now as a keyframe of the film.")
        self.tune = WordButton(
            "Tune",
            "Tune the weights for the same time, holding other pictures to what they were, and keep what"
            " differs as a model of your own (pivotal tuning, Roich et al. 2021).",
        )  # fmt: skip
        self._is_paused = self._is_running = False
        self._can: Capabilities | None = None
        self._drop, self._work = QFrame(), QWidget()
        self._build()
        self._connect()
        self.set_model(None)
        self.show_empty()

    def _make_sliders(self) -> None:
        """How it is brought in, and which square of it."""
        self.editable = ValueSlider(
            "Editable", 0, 1, 0.25, 0.05, 2, COLOUR.STYLE,
            "0 keeps close to the picture; 1 keeps to where the model's own pictures lie, so that all"
            " that edits those edits it (Tov et al. 2021, sec. 3).",
        )  # fmt: skip
        self.seconds = ValueSlider(
            "Time", 1, 300, 30, 1, 0, COLOUR.STYLE, "Seconds of work, pauses not counted.", " s"
        )
        self.crop_x = _crop_slider(
            "Right", "Moves the square right, in shares of the shorter side."
        )
        self.crop_y = _crop_slider("Down", "Moves the square down, in shares of the shorter side.")
        self.crop_side = ValueSlider(
            "Size", LEAST_SIDE, MOST_SIDE, 1, 0.02, 2, COLOUR.STYLE,
            "Side of the square; 1 is as large as fits. Outside the picture is the model's ground.",
        )  # fmt: skip

    def _build(self) -> None:
        head = QHBoxLayout()
        title = section_title("OWN PICTURE", "Projection (Abdal et al. 2019, Image2StyleGAN).")
        head.addWidget(title, 1)
        head.addWidget(self.choose)
        style.set_surface(self._drop, "strip")
        self.invitation.setAlignment(Qt.AlignmentFlag.AlignCenter)
        inside = QVBoxLayout(self._drop)
        inside.setContentsMargins(16, 40, 16, 40)
        inside.addWidget(self.invitation)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._drop)
        column.addWidget(self._work)
        column.addWidget(self.caveat)
        column.addStretch(1)
        self._build_work()
        self.setMinimumWidth(276)

    def _build_work(self) -> None:
        """What is there once there is a picture."""
        pictures = QGridLayout()
        pictures.setHorizontalSpacing(8)
        pictures.setVerticalSpacing(2)
        for place, thumbnail in enumerate((self.target, self.now)):
            pictures.addWidget(thumbnail, 0, place)
            pictures.addWidget(muted(("Yours", "The model's")[place]), 1, place)
        pictures.setColumnStretch(2, 1)
        settings = QGridLayout()
        settings.setSpacing(8)
        settings.addWidget(self.editable, 0, 0)
        settings.addWidget(self.seconds, 0, 1)
        settings.addWidget(self.again, 1, 0, 1, 2)
        square = QHBoxLayout()
        square.setSpacing(12)
        for slider in (self.crop_x, self.crop_y, self.crop_side):
            square.addWidget(slider, 1)
        column = QVBoxLayout(self._work)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.square)
        column.addLayout(square)
        column.addLayout(pictures)
        column.addWidget(self.bar)
        column.addWidget(self.likeness)
        column.addWidget(self.how_far)
        column.addLayout(_row(self.pause, self.longer, self.cancel))
        column.addLayout(_row(self.use, self.keyframe, self.tune))
        column.addLayout(settings)

    def _connect(self) -> None:
        self.choose.clicked.connect(self.choose_asked)
        self.again.clicked.connect(self.again_asked)
        self.pause.clicked.connect(self._on_pause)
        self.longer.clicked.connect(self.longer_asked)
        self.cancel.clicked.connect(self.cancel_asked)
        self.use.clicked.connect(self.use_asked)
        self.keyframe.clicked.connect(self.keyframe_asked)
        self.tune.clicked.connect(self.tune_asked)
        self.square.edited.connect(self._on_square)
        for slider in (self.crop_x, self.crop_y, self.crop_side):
            slider.edited.connect(self._on_crop)

    # --- what it shows ---------------------------------------------------------------------------

    def set_model(self, can: Capabilities | None) -> None:
        """Say what of this model a picture goes into; where its subject stands is not known yet."""
        self._can = can
        chooses = MIXES if can is not None and can.translates else ""
        self.caveat.say(chooses, _beside_b(can, BRINGS_INTO_A))
        self.choose.set_available(NO_MODEL if can is None else "")
        self.invitation.setText(EMPTY if can is not None else EMPTY_DESK)
        self.square.show_ground(QColor(COLOUR.STRIP), QImage())

    def show_empty(self, sentence: str = "") -> None:
        """There is no picture; `sentence` says why, or nothing."""
        self.square.show_picture(QImage())
        if sentence:
            self.invitation.setText(sentence)
        self.show_stopped("")

    def show_stopped(self, sentence: str) -> None:
        """Nothing is on its way; what there is of a picture stays, to begin again with."""
        self.target.show_picture(self._cut())
        self.now.show_picture(None)
        self.bar.setValue(0)
        self.likeness.setText("")
        self.how_far.setText(sentence)
        self._offer(running=False, begun=False)

    def show_new(self) -> None:
        """Another picture is on its way, and the square is as large as fits."""
        self.square.show_picture(QImage())
        self._show_square(LARGEST)

    def show_whole(self, whole: NDArray[np.uint8]) -> None:
        """The picture itself, uint8 (H, W, 4)."""
        image = _shown(whole)
        self.square.show_picture(image)
        far = max(1.0, max(image.width(), image.height()) / min(image.width(), image.height()) / 2)
        for slider in (self.crop_x, self.crop_y):
            slider.set_span(-far, far)

    def show_surroundings(
        self, ground: tuple[int, int, int], presence: NDArray[np.float32]
    ) -> None:
        """The colour around the subject of the model's own pictures, and how often that is where."""
        self.square.show_ground(QColor(*ground), outline(presence))

    @property
    def crop(self) -> Square:
        """The square that is cut out."""
        return self.crop_x.value, self.crop_y.value, self.crop_side.value

    def _show_square(self, square: Square) -> None:
        for slider, value in zip((self.crop_x, self.crop_y, self.crop_side), square, strict=True):
            slider.set_value(value)
        self.square.show_square(square)

    def _cut(self) -> QImage | None:
        """What lies in the square, as large as the model's pictures; None without a picture."""
        if not self.square.has_picture():
            return None
        return self.square.cut(self._can.resolution if self._can is not None else SIDE)

    def _on_square(self, square: Square) -> None:
        self._show_square(square)
        self.target.show_picture(self._cut())
        if not self._is_running:
            self.how_far.setText(NEW_SQUARE)
        self.square_edited.emit()

    def _on_crop(self) -> None:
        self._on_square(self.crop)

    def show_prepared(self, target: NDArray[np.uint8] | None, share: float) -> None:
        """The model's seeds are drawn so far; and then the square that is aimed at."""
        if target is not None:
            self.target.show_picture(target)
        self.bar.setValue(round(1000 * share))
        self.likeness.setText("")
        self.how_far.setText("Looking for the nearest of many seeds…")
        self._offer(running=True, begun=False)

    def show_progress(
        self, pixels: NDArray[np.uint8], share: float, psnr: float, steps: int, sentence: str
    ) -> None:
        """What it has become, 0 to 1 of the time, in dB and words."""
        self.now.show_picture(pixels)
        self.bar.setValue(round(1000 * share))
        told = "the same picture" if math.isinf(psnr) else f"{psnr:.1f} dB"
        self.likeness.setText(f"{told} after {steps} steps")
        self.how_far.setText(sentence)
        self._offer(running=True, begun=True)

    def show_tuning(self, pixels: NDArray[np.uint8], share: float, psnr: float, steps: int) -> None:
        """What the tuned weights draw so far, 0 to 1 of the time, in dB."""
        self.now.show_picture(pixels)
        self.bar.setValue(round(1000 * share))
        told = "the same picture" if math.isinf(psnr) else f"{psnr:.1f} dB"
        self.likeness.setText(f"{told}, weights tuned by {steps} steps")
        self._offer(running=True, begun=False)

    def show_tuned(self, sentence: str) -> None:
        """The tuned model is kept; its picture is shown."""
        self.bar.setValue(1000)
        self.how_far.setText(sentence)
        self._offer(running=False, begun=False)

    def show_finished(self) -> None:
        """The time is over; it may go on."""
        self.bar.setValue(1000)
        self._offer(running=False, begun=True)

    @property
    def is_paused(self) -> bool:
        """Whether a person asked to wait."""
        return self._is_paused

    def _offer(self, *, running: bool, begun: bool) -> None:
        """Offer what can be done; nothing but to choose a picture where there is none."""
        self._is_running = running
        known = running or self.square.has_picture()
        self._drop.setVisible(not known)
        self._work.setVisible(known)
        self.pause.set_available("" if running else "Nothing is under way.")
        self.cancel.set_available("" if running else "Nothing is under way.")
        for button in (self.longer, self.tune):
            ready = begun and not running
            button.set_available("" if ready else "There is no picture whose time is over.")
        for button in (self.use, self.keyframe):
            button.set_available("" if begun else "There is nothing to put there yet.")
        if not running:
            self._set_paused(False)

    def _on_pause(self) -> None:
        self._set_paused(not self._is_paused)
        self.pause_asked.emit(self._is_paused)

    def _set_paused(self, paused: bool) -> None:
        self._is_paused = paused
        self.pause.setText("Go on" if paused else "Pause")


def _thin_bar(name: str) -> QProgressBar:
    bar = QProgressBar()
    bar.setRange(0, 1000)
    bar.setTextVisible(False)
    bar.setFixedHeight(6)
    bar.setAccessibleName(name)
    return bar


def _crop_slider(title: str, tooltip: str) -> ValueSlider:
    return ValueSlider(title, -1, 1, 0, 0.02, 2, COLOUR.STYLE, tooltip, origin=0.0)
