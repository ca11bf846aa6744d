"""The canvas: pixels as they are, zoom and pan by hand."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganlab.controls.canvas import Canvas
from ganlab.style import COLOUR


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(416, 316)
    with qtbot.waitExposed(canvas):
        canvas.show()
    return canvas


def turn_wheel(canvas: Canvas, at: QPoint, steps: int) -> None:
    event = QWheelEvent(
        QPointF(at),
        QPointF(canvas.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def colour_at(canvas: Canvas, x: int, y: int) -> QColor:
    return canvas.grab().toImage().pixelColor(x, y)


def corners() -> np.ndarray:
    """2 x 2: red, green, blue, white."""
    return np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)


def test_pixels_come_out_as_they_went_in(canvas: Canvas) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (13, 17, 3), np.uint8)
    canvas.show_pixels(pixels)
    for y, x in ((0, 0), (12, 16), (5, 9)):
        assert canvas.image.pixelColor(x, y).getRgb()[:3] == tuple(pixels[y, x])


def test_the_picture_stays_when_the_array_changes(canvas: Canvas) -> None:
    pixels = corners()
    canvas.show_pixels(pixels)
    pixels[:] = 0
    assert canvas.image.pixelColor(0, 0) == QColor(255, 0, 0)


def test_a_fitted_picture_fills_the_height_between_dark(canvas: Canvas) -> None:
    canvas.set_smooth(False)
    canvas.show_pixels(corners())
    assert colour_at(canvas, 208 - 75, 158 - 75) == QColor(255, 0, 0)
    assert colour_at(canvas, 208 + 75, 158 - 75) == QColor(0, 255, 0)
    assert colour_at(canvas, 208 - 75, 158 + 75) == QColor(0, 0, 255)
    assert colour_at(canvas, 20, 158) == QColor(COLOUR.SURROUND)


def test_squares_are_sharp_and_smoothing_is_smooth(canvas: Canvas) -> None:
    canvas.show_pixels(corners())
    canvas.set_smooth(False)
    assert colour_at(canvas, 208 - 5, 40) == QColor(255, 0, 0)
    canvas.set_smooth(True)
    mixed = colour_at(canvas, 208 - 5, 40)
    assert mixed.red() not in (0, 255)


def test_actual_size_is_one_to_one(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.show_pixels(np.full((32, 32, 3), 255, np.uint8))
    with qtbot.waitSignal(canvas.zoomed) as told:
        canvas.actual_size()
    assert told.args == ["100 %"]
    assert colour_at(canvas, 208 - 17, 158) == QColor(COLOUR.SURROUND)
    assert colour_at(canvas, 208 - 15, 158) == QColor(255, 255, 255)


def test_the_wheel_zooms_about_the_pointer(canvas: Canvas) -> None:
    canvas.set_smooth(False)
    canvas.show_pixels(corners())
    at = QPoint(208 + 100, 158 - 100)
    turn_wheel(canvas, at, 12)
    assert colour_at(canvas, at.x(), at.y()) == QColor(0, 255, 0)
    assert colour_at(canvas, 10, 300) == QColor(0, 255, 0)


def test_dragging_moves_a_larger_picture(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.set_smooth(False)
    canvas.show_pixels(corners())
    turn_wheel(canvas, QPoint(208, 158), 8)
    before = colour_at(canvas, 300, 60)
    assert before == QColor(0, 255, 0)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(50, 158))
    qtbot.mouseMove(canvas, QPoint(200, 158))
    qtbot.mouseMove(canvas, QPoint(350, 158))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(350, 158))
    assert colour_at(canvas, 300, 60) == QColor(255, 0, 0)


def test_a_double_click_goes_there_and_back(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.show_pixels(corners())
    words: list[str] = []
    canvas.zoomed.connect(words.append)
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(208, 158))
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(208, 158))
    assert words == ["100 %", "fit, 15000 %"]


def test_the_zoom_stays_when_the_next_picture_comes(canvas: Canvas) -> None:
    canvas.show_pixels(corners())
    canvas.actual_size()
    words: list[str] = []
    canvas.zoomed.connect(words.append)
    canvas.show_pixels(corners()[::-1])
    assert words == []
    canvas.show_pixels(np.zeros((64, 64, 3), np.uint8))
    assert words == ["100 %"]


def test_a_sentence_takes_the_place_of_the_picture(canvas: Canvas) -> None:
    canvas.show_pixels(corners())
    canvas.show_message("Nothing here yet.")
    assert canvas.image.isNull()
    assert colour_at(canvas, 208 - 75, 158 - 75) == QColor(COLOUR.SURROUND)
    assert canvas.accessibleDescription() == "Nothing here yet."


def test_the_first_painting_is_told_once(qtbot: QtBot) -> None:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    painted: list[bool] = []
    canvas.painted.connect(lambda: painted.append(True))
    with qtbot.waitSignal(canvas.painted):
        canvas.show()
    canvas.repaint()
    qtbot.waitUntil(lambda: painted == [True])


def test_a_draft_lies_where_the_picture_does_and_goes_with_the_next(canvas: Canvas) -> None:
    canvas.show_pixels(np.zeros((64, 64, 3), np.uint8))
    before, target = canvas.grab().toImage(), canvas._view.target()
    canvas.show_draft(np.full((8, 8, 3), 200, np.uint8), canvas.image.size(), "preview, 8 px")
    shown = canvas.grab().toImage()
    assert canvas._view.target() == target
    assert shown.pixelColor(target.center().toPoint()).red() == 200
    assert canvas.image.pixelColor(32, 32).red() == 0  # the last whole picture
    canvas.show_pixels(np.zeros((64, 64, 3), np.uint8))
    assert canvas.grab().toImage() == before


def test_a_new_picture_is_told_once_it_is_painted(canvas: Canvas, qtbot: QtBot) -> None:
    with qtbot.waitSignal(canvas.picture_painted):
        canvas.show_pixels(np.zeros((8, 8, 3), np.uint8))
    told: list[int] = []
    canvas.picture_painted.connect(lambda: told.append(1))
    canvas.repaint()
    QApplication.processEvents()
    assert not told
