"""A square on a picture is moved and resized by hand, wheel and keys, and says where it is."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganlab.controls import LARGEST, SquareView, to_pixels
from tests.gui.conftest import Drag


def halves() -> QImage:
    """Twice as wide as high: red at the left, blue at the right."""
    image = QImage(200, 100, QImage.Format.Format_RGBA8888)
    image.fill(QColor(255, 0, 0))
    for x in range(100, 200):
        for y in range(100):
            image.setPixelColor(x, y, QColor(0, 0, 255))
    return image


@pytest.fixture
def view(qtbot: QtBot) -> SquareView:
    made = SquareView("Square", "Drag it.")
    qtbot.addWidget(made)
    made.resize(made.sizeHint())
    made.show()
    made.show_picture(halves())
    return made


def pull(view: SquareView, drag: Drag, start: QPointF, end: QPointF) -> None:
    drag(view, [start.toTuple(), ((start + end) / 2).toTuple(), end.toTuple()])


def test_a_drag_moves_it_and_keeps_it_on_the_picture(view: SquareView, drag: Drag) -> None:
    spy = QSignalSpy(view.edited)
    pull(view, drag, view.place(0, 0), view.place(0.2, 0.3))
    assert view.square == pytest.approx((0.2, 0.0, 1.0), abs=0.01)
    assert spy.at(spy.count() - 1) == [view.square]
    pull(view, drag, view.place(0.2, 0), view.place(5, 0))
    assert view.square == pytest.approx((0.5, 0.0, 1.0), abs=0.01)


@pytest.mark.parametrize(("right", "down"), [(-1, -1), (1, -1), (-1, 1), (1, 1)])
def test_a_corner_resizes_it_and_the_opposite_one_stays(
    view: SquareView, drag: Drag, right: int, down: int
) -> None:
    fixed = view.corner(-right, -down)
    start = view.corner(right, down)
    pull(view, drag, start, start - QPointF(right * 40, down * 40))
    assert view.square[2] < 0.8
    now = view.corner(-right, -down)
    x, y, side = view.square
    assert (x - right * side / 2, y - down * side / 2) == pytest.approx(
        (-right * 0.5, -down * 0.5), abs=0.01
    )
    assert (now - fixed).manhattanLength() < 2


def test_the_wheel_resizes_it_about_its_middle(view: SquareView) -> None:
    at = QPointF(view.rect().center())
    none = Qt.MouseButton.NoButton
    turned = QWheelEvent(
        at, view.mapToGlobal(at), QPoint(), QPoint(0, 120), none, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    for _ in range(4):
        QApplication.sendEvent(view, turned)
    assert view.square == pytest.approx((0, 0, 2**-0.5), abs=0.01)
    for _ in range(40):
        QApplication.sendEvent(view, turned)
    assert view.square[2] == 0.2


def test_keys_move_and_resize_it_and_home_is_the_way_back(view: SquareView, qtbot: QtBot) -> None:
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right):
        qtbot.keyClick(view, key)
    x, y, side = view.square
    assert (x, y) == (0.02, 0.02)
    qtbot.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert view.square == pytest.approx((0.12, 0.02, side))
    assert view.accessibleDescription() == f"side {side:.2f}, right 0.12, down 0.02"
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.square == LARGEST


def test_a_double_click_makes_it_as_large_as_fits(view: SquareView, qtbot: QtBot) -> None:
    view.show_square((0.3, 0.1, 0.4))
    spy = QSignalSpy(view.edited)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=view.rect().center())
    assert view.square == LARGEST
    assert spy.count() == 1


def test_showing_a_square_edits_nothing(view: SquareView) -> None:
    spy = QSignalSpy(view.edited)
    view.show_square((0.9, 0.9, 1.7))
    assert (view.square, spy.count()) == ((0.9, 0.9, 1.7), 0)


def test_what_it_cuts_is_the_picture_over_the_ground(view: SquareView) -> None:
    view.show_ground(QColor(0, 255, 0), QImage())
    view.show_square((0.0, 0.0, 2.0))
    found = to_pixels(view.cut(40))
    assert found is not None
    assert found.shape == (40, 40, 3)
    for row, column, colour in (
        (2, 20, (0, 255, 0)), (37, 20, (0, 255, 0)), (20, 5, (255, 0, 0)), (20, 35, (0, 0, 255)),
    ):  # fmt: skip
        assert tuple(found[row, column]) == colour


def test_outside_the_square_it_is_darker(view: SquareView) -> None:
    view.show_square((0.5, 0.0, 0.8))
    shown = to_pixels(view.grab().toImage())
    assert shown is not None
    ratio = view.devicePixelRatioF()

    def at(x: float, y: float) -> np.ndarray:
        place = view.place(x, y) * ratio
        return shown[int(place.y()), int(place.x())]

    assert at(0.5, 0.1)[2] > 240
    assert at(-0.5, 0.1)[0] < 130


def test_without_a_picture_a_hand_does_nothing(qtbot: QtBot, drag: Drag) -> None:
    view = SquareView("Square", "Drag it.")
    qtbot.addWidget(view)
    view.resize(view.sizeHint())
    spy = QSignalSpy(view.edited)
    pull(view, drag, view.place(0, 0), view.place(0.3, 0.3))
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert spy.count() == 0
