"""The signs of the panels, drawn in lines on a grid of 24."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from ganlab.style import COLOUR

SIDE = 20
_SCALE = 4
"""Drawn this many times larger, so that it is sharp on every screen."""

_PATHS = {
    "Master": "M5 7h9M18 7h1M5 12h3M12 12h7M5 17h11M19 17h0M16 5v4M10 10v4M17 15v4",
    "Desk": "M4 5h4v14H4zM10 5h4v14h-4zM16 5h4v14h-4zM4 11h4M10 15h4M16 9h4",
    "Wander": "M4 17c4-9 6 4 9-3s4-6 7-4M18 8l2.5 2-2 2.500",
    "Variations": "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
    "Pad": "M4 4h16v16H4zM12 4v16M4 12h16M15.500 8.500a1 1 0 1 0 .1 0z",
    "Psi curve": "M4 20V4M4 20h16M5 16c5 0 6-9 14-9",
    "Map": "M4 6l5-2 6 2 5-2v14l-5 2-6-2-5 2zM9 4v14M15 6v14",
    "Favourites": "M12 4l2.400 5.200 5.600.7-4.100 3.900 1.100 5.600L12 16.600 7 19.400"
    "l1.100-5.600L4 9.900l5.600-.7z",
    "Compare": "M4 5h16v14H4zM12 3v18M15 9l2 3-2 3",
    "Presets": "M5 5h14v4H5zM5 12h14M5 16h14M5 20h8",
    "History": "M5 5v5h5M5.600 10A7.500 7.500 0 1 1 4.600 14M12 8v5l3.500 2",
    "Timeline": "M3 12h18M6 9v6M12 6v12M18 9v6M12 6l-2-2h4z",
    "Exports": "M12 3v11M8 10l4 4 4-4M4 16v4h16v-4",
    "Inside": "M4 12c3-5 5-6.500 8-6.500s5 1.500 8 6.500c-3 5-5 6.500-8 6.500S7 17 4 12z"
    "M12 9.500a2.500 2.500 0 1 0 .1 0z",
    "Own picture": "M4 5h16v14H4zM4 16l5-5 4 4 3-2 4 3M15.500 8a1.200 1.200 0 1 0 .1 0z",
    "Run": "M4 19V5M4 19h16M6 8c3 6 5 8 13 8.500M8 5h0M6 16c4-1 6-3 12-3.500",
    "Fade": "M4 6h10v10H4zM10 10h10v10H10z",
    "Stage": "M4 17h16M7 17V9M12 17V5M17 17v-6M4 20h16",
    "Learn": "M3 8l9-4 9 4-9 4zM7 10v5c3 3 7 3 10 0v-5M21 8v6",
    "Plane": "M4 4v16h16M9 8.500a1.300 1.300 0 1 0 .1 0zM16 7a1.300 1.300 0 1 0 .1 0z"
    "M13 13.500a1.300 1.300 0 1 0 .1 0z",
}


def panel_icon(name: str) -> QIcon:
    """The sign of a panel, muted, and bright while it is shown; its first letter where none is known."""
    icon = QIcon()
    for state, colour in ((QIcon.State.Off, COLOUR.MUTED), (QIcon.State.On, COLOUR.TEXT)):
        icon.addPixmap(_drawn(name, colour), QIcon.Mode.Normal, state)
    return icon


def _drawn(name: str, colour: str) -> QPixmap:
    path = _PATHS.get(name)
    sign = (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6"'
        ' stroke-linecap="round" stroke-linejoin="round"/>'
        if path
        else f'<text x="12" y="18" font-size="16" text-anchor="middle" fill="{colour}">'
        f"{name[:1]}</text>"
    )
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{sign}</svg>'
    image = QImage(QSize(SIDE, SIDE) * _SCALE, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        QSvgRenderer(QByteArray(svg.encode())).render(painter)
    image.setDevicePixelRatio(_SCALE)
    return QPixmap.fromImage(image)
