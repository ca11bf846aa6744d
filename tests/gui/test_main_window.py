"""The window itself."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize

from ganlab.main_window import FIRST_SIZE, first_size


@pytest.mark.parametrize("screen", [QSize(1024, 700), QSize(800, 600), QSize(3840, 2160)])
def test_the_first_window_fits_the_screen(screen: QSize) -> None:
    size = first_size(screen)
    assert size.width() <= screen.width()
    assert size.height() <= screen.height()
    assert size == FIRST_SIZE or screen.width() < FIRST_SIZE.width()
