"""What each lesson is about as a small drawing, for its tile on the start page."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPolygonF

from ganlab.style import COLOUR

SIDE = 288
"""Of a drawing, in pixels; all are laid out on 100 x 100."""

Draw = Callable[[QPainter], None]
Place = tuple[float, float]


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
