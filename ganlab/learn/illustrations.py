"""Pictures that explain: of each lesson, of the words on cards, and of the ideas from the first GAN on.

A lesson's is a small drawing for its tile. On a card stands the picture on the desk, with a control at
one end and at the other. Of each idea there is what came of it in equal time on the same pictures.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import Label, WordButton, to_image
from ganlab.engine import RenderWorker
from ganlab.recipe_widget import section_title
from ganlab.session import Session
from ganlab.style import COLOUR, STEP
from ganlab.window import MainWindow, TermCard
from ganlab_core.performance import DeskControl, find_control
from ganlab_core.recipe import Capabilities, Latent, LayerNoise, Mix, Noise, Recipe, fit

if TYPE_CHECKING:
    from ganlab_core.lessons import Idea, IdeaRun, IdeasReport

SIDE = 288
"""Of a drawing, in pixels; all are laid out on 100 x 100."""

Draw = Callable[[QPainter], None]
Place = tuple[float, float]


@functools.cache
def lesson_picture(identity: str) -> QImage | None:
    """The drawing of a lesson, `SIDE` pixels square; None for one that has none."""
    draw = DRAWINGS.get(identity)
    if draw is None:
        return None
    image = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)
    image.fill(QColor(COLOUR.STRIP))
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(SIDE / 100, SIDE / 100)
        draw(painter)
    return image


def _pen(painter: QPainter, colour: str, width: float = 1.6) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colour), width, c=Qt.PenCapStyle.RoundCap))


def _fill(painter: QPainter, colour: str, opacity: float = 1.0) -> None:
    shade = QColor(colour)
    shade.setAlphaF(opacity)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(shade)


def _dots(painter: QPainter, places: Sequence[Place], colour: str, radius: float = 2.4) -> None:
    _fill(painter, colour)
    for x, y in places:
        painter.drawEllipse(QPointF(x, y), radius, radius)


def _arrow(painter: QPainter, start: Place, end: Place, colour: str, width: float = 1.6) -> None:
    _pen(painter, colour, width)
    painter.drawLine(QPointF(*start), QPointF(*end))
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    tips = [
        (end[0] - 5 * math.cos(angle + d), end[1] - 5 * math.sin(angle + d)) for d in (-0.5, 0.5)
    ]
    for tip in tips:
        painter.drawLine(QPointF(*end), QPointF(*tip))


def _curve(painter: QPainter, places: Sequence[Place], colour: str, width: float = 2.0) -> None:
    _pen(painter, colour, width)
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in places]))


def _ring(count: int, radius: float, centre: Place = (50, 50)) -> list[Place]:
    angles = [2 * math.pi * k / count for k in range(count)]
    return [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles]


def _cloud(count: int, spread: Place, centre: Place = (50, 50), seed: int = 1) -> list[Place]:
    drawn = np.random.default_rng(seed).normal(size=(count, 2)) * spread + centre
    return [(float(x), float(y)) for x, y in drawn.clip(6, 94)]


def _contest(p: QPainter) -> None:
    _pen(p, COLOUR.STYLE, 2.2)
    p.drawPolygon(QPolygonF([QPointF(14, 42), QPointF(40, 28), QPointF(40, 72), QPointF(14, 58)]))
    _pen(p, COLOUR.CLASS, 2.2)
    p.drawPolygon(QPolygonF([QPointF(86, 42), QPointF(60, 28), QPointF(60, 72), QPointF(86, 58)]))
    _arrow(p, (42, 40), (58, 40), COLOUR.TEXT)
    _arrow(p, (58, 60), (42, 60), COLOUR.GROWTH)


def _breaks(p: QPainter) -> None:
    ring = _ring(8, 32)
    _pen(p, COLOUR.CLASS, 1.6)
    for x, y in ring:
        p.drawEllipse(QPointF(x, y), 7, 7)
    _dots(p, _cloud(26, (2.6, 2.6), ring[7]), COLOUR.STYLE, 1.5)


def _growing(p: QPainter) -> None:
    for index, count in enumerate((2, 4, 8)):
        side, left = (16, 26, 36)[index], (6, 26, 58)[index]
        top, step = 50 - side / 2, side / count
        for row in range(count):
            for at in range(count):
                near = math.hypot(at - (count - 1) / 2, row - (count - 1) / 2) < 0.42 * count
                _fill(p, COLOUR.GROWTH if near else COLOUR.LINE, 1.0 if near else 0.8)
                p.drawRect(QRectF(left + at * step + 0.3, top + row * step + 0.3,
                                  step - 0.6, step - 0.6))  # fmt: skip


def _steadies(p: QPainter) -> None:
    line = np.linspace(8, 92, 60)
    wild = [(float(x), 50 - 0.035 * (x - 8) ** 1.55 * math.sin(x / 3.1)) for x in line]
    calm = [(float(x), 50 - 6 * math.exp(-(x - 8) / 60) * math.sin(x / 3.1)) for x in line]
    _curve(p, wild, COLOUR.TRUNCATION, 1.4)
    _curve(p, calm, COLOUR.TEXT, 2.2)


def _z_to_w(p: QPainter) -> None:
    _pen(p, COLOUR.MUTED, 1.8)
    p.drawEllipse(QPointF(26, 50), 17, 17)
    _dots(p, _cloud(24, (7, 7), (26, 50)), COLOUR.MUTED, 1.3)
    _arrow(p, (46, 50), (58, 50), COLOUR.TEXT)
    path = QPainterPath(QPointF(64, 62))
    path.cubicTo(QPointF(60, 20), QPointF(98, 24), QPointF(90, 46))
    path.cubicTo(QPointF(86, 60), QPointF(80, 84), QPointF(64, 62))
    _pen(p, COLOUR.STYLE, 1.8)
    p.drawPath(path)
    _dots(
        p, [(70, 50), (76, 42), (82, 40), (74, 60), (80, 52), (72, 40), (86, 42)], COLOUR.STYLE, 1.3
    )


def _bell(centre: float, width: float, height: float, base: float = 78) -> list[Place]:
    line = np.linspace(8, 92, 80)
    return [(float(x), base - height * math.exp(-(((x - centre) / width) ** 2))) for x in line]


def _adain(p: QPainter) -> None:
    _curve(p, _bell(34, 20, 24), COLOUR.MUTED)
    _curve(p, _bell(66, 9, 52), COLOUR.STYLE)
    _arrow(p, (44, 46), (57, 40), COLOUR.TEXT)


def _scales(p: QPainter) -> None:
    for index, count in enumerate((2, 4, 10)):
        top, step = 10 + 28 * index, 80 / count
        for at in range(count):
            _fill(p, COLOUR.STYLE if at % 2 else COLOUR.LINE, 1.0 if at % 2 else 0.9)
            p.drawRect(QRectF(10 + at * step, top, step - 0.8, 22))


def _noise(p: QPainter) -> None:
    grain = np.random.default_rng(3).uniform(size=(14, 14))
    for row in range(14):
        for at in range(14):
            share = float(grain[row, at]) * math.exp(-((at - 13) ** 2) / 60)
            _fill(p, COLOUR.NOISE, share)
            p.drawRect(QRectF(8 + 6 * at, 8 + 6 * row, 5.6, 5.6))


def _truncation(p: QPainter) -> None:
    cloud = _cloud(40, (19, 19))
    _dots(p, cloud, COLOUR.MUTED, 1.5)
    near = [(50 + 0.4 * (x - 50), 50 + 0.4 * (y - 50)) for x, y in cloud]
    _dots(p, near, COLOUR.TRUNCATION, 1.9)


def _biggan(p: QPainter) -> None:
    colours = (COLOUR.CLASS, COLOUR.STYLE, COLOUR.GROWTH, COLOUR.NOISE, COLOUR.TRUNCATION)
    for row in range(6):
        for at in range(6):
            _fill(p, colours[(row * 2 + at) % 5], 0.9)
            p.drawRoundedRect(QRectF(9 + 14 * at, 9 + 14 * row, 12, 12), 2, 2)


def _orthogonal(p: QPainter) -> None:
    _arrow(p, (26, 74), (26, 18), COLOUR.STYLE, 2.2)
    _arrow(p, (26, 74), (82, 74), COLOUR.STYLE, 2.2)
    _arrow(p, (26, 74), (66, 42), COLOUR.MUTED, 1.4)
    _arrow(p, (26, 74), (56, 30), COLOUR.MUTED, 1.4)
    _curve(p, [(26, 66), (34, 66), (34, 74)], COLOUR.TEXT, 1.2)


def _attention(p: QPainter) -> None:
    grid = [(18 + 16 * x, 18 + 16 * y) for x in range(5) for y in range(5)]
    looked = [grid[4], grid[9], grid[20], grid[16]]
    for place, width in zip(looked, (2.6, 1.8, 1.2, 0.8), strict=True):
        _curve(p, [grid[11], place], COLOUR.TEXT, width)
    _dots(p, grid, COLOUR.MUTED, 2.4)
    _dots(p, looked, COLOUR.TEXT, 3.2)
    _dots(p, [grid[11]], COLOUR.GROWTH, 4.0)


def _against(p: QPainter) -> None:
    line = np.linspace(10, 90, 40)
    for rate, end, colour in ((14, 44, COLOUR.GROWTH), (30, 66, COLOUR.STYLE)):
        places = [(float(x), end - (end - 16) * math.exp(-(x - 10) / rate)) for x in line]
        _curve(p, places, colour, 2.4)
    _curve(p, [(10, 12), (10, 86), (92, 86)], COLOUR.MUTED, 1.4)


def _whose(p: QPainter) -> None:
    for at, colour, lit in ((30, COLOUR.MUTED, 0.5), (70, COLOUR.CLASS, 1.0)):
        _fill(p, colour, lit)
        p.drawEllipse(QPointF(at, 40), 11, 13)
        p.drawRoundedRect(QRectF(at - 17, 57, 34, 22), 10, 10)
    _pen(p, COLOUR.TEXT, 2.0)
    for y in (40, 46):
        p.drawLine(QPointF(45, y), QPointF(55, y))


DRAWINGS: dict[str, Draw] = {
    "two-players": _contest,
    "why-it-breaks": _breaks,
    "growing": _growing,
    "what-steadies": _steadies,
    "z-to-w": _z_to_w,
    "adain": _adain,
    "coarse-middle-fine": _scales,
    "noise": _noise,
    "truncation": _truncation,
    "biggan": _biggan,
    "orthogonal": _orthogonal,
    "attention": _attention,
    "dcgan-and-stylegan": _against,
    "whose-picture": _whose,
}
"""Lesson -> its drawing."""


MISSING = "There is no comparison of ideas here. `ganlab ideas --out DIR` makes one."


def paragraph(text: str, *, bold: bool = False, size: style.Size = "body", tone: str = "") -> Label:
    """A paragraph."""
    label = Label(text)
    label.setWordWrap(True)
    label.setFont(style.font(size, bold=bold or size != "body"))
    if tone:
        style.set_tone(label, tone)  # type: ignore[arg-type]
    return label


class SheetView(QWidget):
    """A sheet of samples as wide as there is room, its pixels kept crisp where they are enlarged."""

    def __init__(self, image: QImage, name: str) -> None:
        super().__init__()
        self._image = image
        self.setAccessibleName(name)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        """The sheet's own proportions."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As high as the sheet is at this width."""
        return round(width * self._image.height() / max(1, self._image.width()))

    def sizeHint(self) -> QSize:
        """The sheet's own size."""
        return QSize(self._image.width(), self._image.height())

    def minimumSizeHint(self) -> QSize:
        """Half of it."""
        return QSize(self._image.width() // 2, self._image.height() // 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the sheet."""
        with QPainter(self) as painter:
            shrinks = self.width() * self.devicePixelRatioF() < self._image.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks)
            painter.drawImage(self.rect(), self._image)


class IdeasPanel(QFrame):
    """One idea below the other: year, name, what it was to bring, samples, figures, paper.

    Signals
    -------
    another_asked()
        A comparison of one's own is to be shown.
    """

    another_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Ideas")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 3 * STEP)
        self._column.setSpacing(2 * STEP)
        self._column.addWidget(
            section_title("IDEAS", "What each idea since the first GAN brings in equal time.")
        )
        self.note = paragraph(MISSING, tone="muted")
        self._column.addWidget(self.note)
        self.another = WordButton(
            "Another\N{HORIZONTAL ELLIPSIS}",
            "Show a comparison of your own: the folder that `ganlab ideas --out` made.",
            "Another comparison",
        )
        self.another.clicked.connect(self.another_asked)
        self._column.addWidget(self.another, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addStretch(1)
        self.rows: list[QWidget] = []

    def show_report(self, report: IdeasReport, ideas: tuple[Idea, ...], real: str) -> None:
        """Show a comparison, the pictures themselves first."""
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        by_name = {one.architecture: one for one in ideas}
        self.note.setText(
            f"Each was trained for {report.seconds:g} seconds of CPU time, one thread, at"
            f" {report.resolution} px on {report.pictures}, one seed; sheets are what it draws then. The"
            " distance is the sliced Wasserstein distance to the pictures (x 1000, lower is nearer), the"
            " variety 1 where samples differ as the pictures do."
        )
        for run in report.runs:
            image = QImage(str(report.sheet(run.architecture)))
            self._add(run, by_name.get(run.architecture), image, run.architecture == real)

    def _add(self, run: IdeaRun, idea: Idea | None, image: QImage, is_real: bool) -> None:
        row = QFrame()
        style.set_surface(row, "strip")
        column = QVBoxLayout(row)
        column.setSpacing(STEP)
        title = "The pictures" if is_real or idea is None else f"{idea.year}  {idea.title}"
        column.addWidget(paragraph(title, bold=True))
        if idea is not None:
            column.addWidget(paragraph(idea.bought))
        column.addWidget(SheetView(image, f"Samples of {title}"))
        column.addWidget(paragraph(_figures(run, is_real), tone="muted"))
        if idea is not None:
            column.addWidget(paragraph(idea.paper, tone="muted"))
        self.rows.append(row)
        self._column.insertWidget(self._column.count() - 1, row)


def _figures(run: IdeaRun, is_real: bool) -> str:
    if is_real:
        return f"{run.images} pictures; one half is {run.distance:.0f} from the other."
    return (
        f"Distance {run.distance:.0f}, variety {run.variety:.2f}; {run.images} pictures seen,"
        f" {run.weights / 1000:.0f} thousand weights."
    )


OWNER = "card"
CARD_SIDE = 160
"""Of the pictures asked for, in pixels."""

Pair = tuple[tuple[str, Recipe], tuple[str, Recipe]]
"""(words, Recipe) before and after."""

ENDS = {"turn": (0.0, 60.0), "seed": (0.0, 1.0)}
"""Where a control's own ends look alike, others."""


def pair_of(term: str, names: tuple[str, ...], recipe: Recipe, can: Capabilities) -> Pair | None:
    """Two Recipes that differ by what a word means, at a control of these names; None where none do."""
    control = next(
        (one for name in names if (one := find_control(name, can)) is not None and one.put), None
    )
    pair = _of_control(control, recipe) if control is not None else None
    if pair is None and term in BY_TERM:
        pair = BY_TERM[term](recipe, can)
    if pair is None:
        return None
    (before, first), (after, second) = pair
    first, second = fit(first, can), fit(second, can)
    return None if first == second else ((before, first), (after, second))


def _of_control(control: DeskControl, recipe: Recipe) -> Pair | None:
    if control.put is None:
        return None
    if control.kind == "trigger":
        return ("now", recipe), (control.label.lower(), control.put(recipe, 1.0))
    low, high = ENDS.get(control.name, (control.low, control.high))
    name = control.label.lower()
    return (
        (f"{name} {low:g}", control.put(recipe, low)),
        (f"{name} {high:g}", control.put(recipe, high)),
    )


def _seeds(recipe: Recipe, can: Capabilities) -> Pair:
    other = replace(recipe, latent=Latent(recipe.latent.seed + 1))
    return (f"seed {recipe.latent.seed}", recipe), (f"seed {other.latent.seed}", other)


def _cutoff(recipe: Recipe, can: Capabilities) -> Pair:
    low = replace(recipe, psi=0.0, psi_at=())
    half = max(1, can.style_count // 2)
    return ("psi 0 in all layers", replace(low, cutoff=None)), (
        f"in the first {half} alone",
        replace(low, cutoff=half),
    )


def _psi(recipe: Recipe, can: Capabilities) -> Pair:
    plain = replace(recipe, psi_at=())
    return ("psi 0", replace(plain, psi=0.0)), ("psi 1", replace(plain, psi=1.0))


def _noise_pair(recipe: Recipe, can: Capabilities) -> Pair:
    on = recipe if recipe.noise.mode != "off" else replace(recipe, noise=Noise())
    return ("without noise", replace(on, noise=Noise("off"))), ("with noise", on)


def _growth(recipe: Recipe, can: Capabilities) -> Pair:
    small = float(can.full_growth - 2)
    return (f"grown to {2 ** int(small)} px", replace(recipe, growth=small)), (
        "grown to the end",
        replace(recipe, growth=None),
    )


def _alpha(recipe: Recipe, can: Capabilities) -> Pair:
    last = float(can.full_growth)
    return ("alpha 0", replace(recipe, growth=last - 1.0)), (
        "alpha 1",
        replace(recipe, growth=last),
    )


def _mixing(recipe: Recipe, can: Capabilities) -> Pair:
    mixed, other = recipe, Latent(recipe.latent.seed + 1)
    for side in can.resolutions[len(can.resolutions) // 2 :]:
        mixed = mixed.with_mix_at(side, Mix(other))
    return ("one style", recipe), ("finer layers of another", mixed)


def _attention_pair(recipe: Recipe, can: Capabilities) -> Pair:
    return ("without attention", replace(recipe, attention=0.0)), (
        "as trained",
        replace(recipe, attention=1.0),
    )


def _classes(recipe: Recipe, can: Capabilities) -> Pair | None:
    if len(can.classes) < 2:
        return None
    first, second = (replace(recipe, classes=((index, 1.0),), classes_at=()) for index in (0, 1))
    return (can.classes[0], first), (can.classes[1], second)


def _threshold(recipe: Recipe, can: Capabilities) -> Pair:
    return ("z cut at 0.2", replace(recipe, threshold=0.2)), (
        "z cut at 2",
        replace(recipe, threshold=2.0),
    )


def _map(recipe: Recipe, can: Capabilities) -> Pair:
    early = can.layers[min(2, len(can.layers) - 1)].index
    return ("as it is", recipe), ("first map of a layer out", recipe.with_gain(early, 0, 0.0))


def _layer_noise(recipe: Recipe, can: Capabilities) -> Pair | None:
    noisy = [layer.index for layer in can.layers if layer.noise]
    if not noisy:
        return None
    return ("as it is", recipe), (
        "without the finest noise",
        recipe.with_noise_layer(noisy[-1], LayerNoise(on=False)),
    )


BY_TERM: dict[str, Callable[[Recipe, Capabilities], Pair | None]] = {
    "Seed": _seeds,
    "Latent z": _seeds,
    "Truncation psi": _psi,
    "Cutoff layer": _cutoff,
    "Noise": _noise_pair,
    "Growth": _growth,
    "Alpha": _alpha,
    "Style mixing": _mixing,
    "W+": _mixing,
    "Skip-z": _mixing,
    "Attention": _attention_pair,
    "Class": _classes,
    "Threshold": _threshold,
    "Feature map": _map,
}
"""Word of the glossary -> what differs by it."""


class CardPictures(QObject):
    """Draws the pictures of the card that was opened last, with the model on the desk."""

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        worker: RenderWorker,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._worker = session, worker
        self._card: TermCard | None = None
        self._pair: Pair | None = None
        window.card_opened.connect(self._on_opened)
        worker.thumbnail_rendered.connect(self._on_drawn)

    def _on_opened(self, card: TermCard, names: tuple[str, ...]) -> None:
        can = self._session.capabilities
        self._card, self._pair = card, None
        card.finished.connect(functools.partial(self._on_closed, card))
        if can is not None:
            self._pair = pair_of(card.term.name, names, self._session.recipe, can)
        if self._pair is not None:
            self._worker.request_thumbnails(OWNER, [recipe for _, recipe in self._pair], CARD_SIDE)

    def _on_drawn(self, owner: str, recipe: Recipe, pixels: NDArray[np.uint8]) -> None:
        if owner != OWNER or self._card is None or self._pair is None:
            return
        for place, (words, asked) in enumerate(self._pair):
            if recipe == asked:
                self._card.show_picture(place, to_image(pixels), words)

    def _on_closed(self, card: TermCard, _result: int) -> None:
        if self._card is card:
            self._card = self._pair = None
            self._worker.request_thumbnails(OWNER, ())
