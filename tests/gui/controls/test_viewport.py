"""The viewport: where a picture lies."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF, QSize

from ganlab.controls.canvas import MARGIN, ZOOM_HIGH, ZOOM_LOW, Viewport

SIZES = st.builds(QSize, st.integers(60, 2000), st.integers(60, 2000))
PICTURES = st.builds(QSize, st.integers(4, 1024), st.integers(4, 1024))
RATIOS = st.sampled_from([1.0, 1.25, 1.5, 2.0, 3.0])


def viewport(size: QSize, picture: QSize, ratio: float = 1.0) -> Viewport:
    view = Viewport()
    view.size, view.picture, view.pixel_ratio = size, picture, ratio
    return view


@given(SIZES, PICTURES, RATIOS)
def test_a_fitted_picture_is_whole_and_in_the_middle(
    size: QSize, picture: QSize, ratio: float
) -> None:
    target = viewport(size, picture, ratio).target()
    room = QRectF(0, 0, size.width(), size.height()).adjusted(-1, -1, 1, 1)
    assert room.contains(target)
    assert (target.center() - QPointF(size.width() / 2, size.height() / 2)).manhattanLength() <= 2
    free = min(size.width() - target.width(), size.height() - target.height())
    assert free == pytest.approx(2 * MARGIN)


@given(SIZES, PICTURES, RATIOS)
def test_at_actual_size_pixels_are_pixels(size: QSize, picture: QSize, ratio: float) -> None:
    view = viewport(size, picture, ratio)
    view.zoom_to(1.0, QPointF(0, 0))
    target = view.target()
    assert target.width() * ratio == pytest.approx(picture.width())
    assert target.height() * ratio == pytest.approx(picture.height())
    for edge in (target.left() * ratio, target.top() * ratio):
        assert edge == pytest.approx(round(edge))


@given(SIZES, PICTURES, st.floats(0.1, 0.9), st.floats(0.1, 0.9))
def test_zooming_in_holds_the_point_under_the_pointer(
    size: QSize, picture: QSize, across: float, down: float
) -> None:
    view = viewport(size, picture)
    view.zoom_to(max(size.width() / picture.width(), size.height() / picture.height()), QPointF())
    assume(view.zoom < ZOOM_HIGH / 4)
    about = QPointF(across * size.width(), down * size.height())
    before = view.target()
    held = (about - before.topLeft()) / before.width()
    view.zoom_to(view.zoom * 2, about)
    after = view.target()
    found = after.topLeft() + held * after.width()
    assert (found - about).manhattanLength() < 4


@given(SIZES, PICTURES, st.floats(0.001, 1000), st.floats(-5000, 5000), st.floats(-5000, 5000))
def test_no_room_is_wasted_wherever_it_is_dragged(
    size: QSize, picture: QSize, zoom: float, right: float, down: float
) -> None:
    view = viewport(size, picture)
    view.zoom_to(zoom, QPointF(3, 7))
    view.pan(QPointF(right, down))
    target = view.target()
    assert ZOOM_LOW <= view.zoom <= ZOOM_HIGH
    if target.width() > size.width():
        assert target.left() <= 1
        assert target.right() >= size.width() - 1
    if target.height() > size.height():
        assert target.top() <= 1
        assert target.bottom() >= size.height() - 1


def test_only_a_larger_picture_can_be_moved() -> None:
    view = viewport(QSize(400, 300), QSize(64, 64))
    assert not view.can_pan()
    view.zoom_to(10.0, QPointF(200, 150))
    assert view.can_pan()
    view.fit()
    assert not view.can_pan()


def test_the_zoom_is_told_in_words() -> None:
    view = viewport(QSize(144, 144), QSize(64, 64))
    assert view.describe() == "fit, 200 %"
    view.zoom_to(1.0, QPointF())
    assert view.describe() == "100 %"


def test_nothing_breaks_without_a_picture() -> None:
    view = viewport(QSize(400, 300), QSize())
    view.zoom_to(2.0, QPointF(5, 5))
    view.pan(QPointF(5, 5))
    assert view.target().isEmpty()
