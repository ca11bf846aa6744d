"""How large the window is before a person has chosen a size."""

from __future__ import annotations

from PySide6.QtCore import QSize

FIRST_SIZE = QSize(1440, 900)
"""The size the desk was drawn for, in device-independent pixels."""

FRAME_HEIGHT = 40
"""What a desktop's title bar takes at most, in device-independent pixels: no part of our size."""


def first_size(screen: QSize) -> QSize:
    """What the window was drawn for, or as much of it as the screen has."""
    return FIRST_SIZE.boundedTo(screen - QSize(0, FRAME_HEIGHT))
