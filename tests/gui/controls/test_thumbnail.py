from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication

from ganlab.controls.picture_grid import SEED_MIME, Thumbnail, dropped_in, seed_mime, to_image


@pytest.fixture
def thumbnail(qtbot) -> Thumbnail:
    made = Thumbnail("Source", "Where it comes from.", 40, accepts_drops=True)
    qtbot.addWidget(made)
    made.resize(40, 40)
    made.show()
    return made


def checker() -> np.ndarray:
    """Red, green, blue, white, one pixel each."""
    return np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)


def let_go(widget: Thumbnail, data: QMimeData) -> QDropEvent:
    held = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton)
    with warnings.catch_warnings():  # the newest Qt takes a QPointF here, older ones a QPoint only
        warnings.simplefilter("ignore", DeprecationWarning)
        enter = QDragEnterEvent(QPoint(9, 9), *held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, enter)
    event = QDropEvent(QPointF(9, 9), *held, Qt.KeyboardModifier.NoModifier)
    event.setAccepted(False)
    QApplication.sendEvent(widget, event)
    return event


def test_an_array_becomes_an_image_of_its_own_memory() -> None:
    pixels = checker()
    image = to_image(pixels)
    pixels[:] = 0
    assert image.pixelColor(0, 0) == QColor(255, 0, 0)
    assert image.pixelColor(1, 1) == QColor(255, 255, 255)


@pytest.mark.parametrize("width", [1, 3, 5, 7])
def test_odd_widths_are_not_sheared(width: int) -> None:
    pixels = np.random.default_rng(width).integers(0, 256, (4, width, 3), np.uint8)
    image = to_image(pixels[:, ::-1])
    assert image.pixelColor(0, 3).getRgb()[:3] == tuple(pixels[3, width - 1])


def test_a_small_picture_is_enlarged_with_sharp_squares(thumbnail) -> None:
    thumbnail.show_picture(checker())
    shown = thumbnail.grab().toImage()
    side = shown.width()
    near, far = round(side * 0.3), round(side * 0.7)
    assert shown.pixelColor(near, near) == QColor(255, 0, 0)
    assert shown.pixelColor(side // 2 - 1, near) == QColor(255, 0, 0)
    assert shown.pixelColor(side // 2, near) == QColor(0, 255, 0)
    assert shown.pixelColor(far, far) == QColor(255, 255, 255)


def test_a_large_picture_is_reduced_smoothly(thumbnail) -> None:
    pixels = np.zeros((400, 400, 3), np.uint8)
    pixels[::2] = 255
    thumbnail.show_picture(pixels)
    assert 100 < thumbnail.grab().toImage().pixelColor(20, 20).red() < 155


def test_an_image_is_shown_too(thumbnail) -> None:
    image = QImage(8, 8, QImage.Format.Format_RGB888)
    image.fill(QColor(10, 200, 30))
    thumbnail.show_picture(image)
    assert thumbnail.grab().toImage().pixelColor(20, 20) == QColor(10, 200, 30)


def test_without_a_picture_there_is_a_quiet_dash(thumbnail) -> None:
    thumbnail.show_picture(checker())
    assert thumbnail.has_picture()
    thumbnail.show_picture(None)
    assert not thumbnail.has_picture()
    thumbnail.grab()


def test_a_dimmed_picture_is_darker(thumbnail) -> None:
    thumbnail.show_picture(np.full((8, 8, 3), 255, np.uint8))
    bright = thumbnail.grab().toImage().pixelColor(20, 20).value()
    thumbnail.set_dimmed(True)
    assert thumbnail.grab().toImage().pixelColor(20, 20).value() < bright / 2


def test_a_badge_is_written_over_the_lower_edge(thumbnail) -> None:
    thumbnail.show_picture(np.full((8, 8, 3), 255, np.uint8))
    thumbnail.set_badge("B")
    shown = thumbnail.grab().toImage()
    assert shown.pixelColor(20, 10) == QColor(255, 255, 255)
    assert shown.pixelColor(7, 30).value() < 128


def test_a_click_is_told(thumbnail, qtbot) -> None:
    with qtbot.waitSignal(thumbnail.clicked):
        qtbot.mouseClick(thumbnail, Qt.MouseButton.LeftButton)


def test_a_press_let_go_elsewhere_is_no_click(thumbnail, qtbot) -> None:
    with qtbot.assertNotEmitted(thumbnail.clicked):
        qtbot.mousePress(thumbnail, Qt.MouseButton.LeftButton)
        qtbot.mouseRelease(thumbnail, Qt.MouseButton.LeftButton, pos=QPoint(90, 90))


def test_a_dropped_seed_is_told(thumbnail, qtbot) -> None:
    with qtbot.waitSignal(thumbnail.dropped) as heard:
        event = let_go(thumbnail, seed_mime(4294967295))
    assert heard.args == [4294967295]
    assert event.isAccepted()


def test_a_dropped_png_is_told(thumbnail, qtbot, tmp_path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "Face.PNG"))])
    with qtbot.waitSignal(thumbnail.dropped) as heard:
        let_go(thumbnail, data)
    assert heard.args == [Path(tmp_path / "Face.PNG")]


@pytest.mark.parametrize("digits", [b"", b"-1", b"4294967296", b"12a", b"\xff\xfe"])
def test_a_seed_that_is_none_is_not_taken(thumbnail, qtbot, digits) -> None:
    data = QMimeData()
    data.setData(SEED_MIME, digits)
    with qtbot.assertNotEmitted(thumbnail.dropped):
        let_go(thumbnail, data)


def test_other_files_are_not_taken() -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/a.png"), QUrl.fromLocalFile("/a/b.jpg")])
    assert dropped_in(data) is None


def test_the_picture_fills_a_sharp_screen_too(thumbnail) -> None:
    thumbnail.show_picture(checker())
    thumbnail.set_side(44)
    assert thumbnail.sizeHint().width() == 44
