"""The timeline under the hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganlab.film import timeline_view as hits
from ganlab.film import timeline_view as shape
from ganlab.film.timeline_view import Counting, TimelineView
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.timeline import Keyframe, Timeline

if TYPE_CHECKING:
    from tests.gui.conftest import Drag

LINE = Timeline(tuple(Keyframe(float(t), Recipe(Latent(t))) for t in (0, 2, 5)), 8.0, loop=True)

RunSnapshot = list[tuple[object, ...]]


@pytest.fixture
def view(qtbot: QtBot) -> TimelineView:
    view = TimelineView()
    qtbot.addWidget(view)
    view.resize(900, 200)
    view.show_film(LINE, -1, Counting())
    view.show()
    return view


@pytest.fixture
def told(view: TimelineView) -> RunSnapshot:
    """What the view tells, in order."""
    told: RunSnapshot = []

    def hear(name: str) -> Callable[..., None]:
        return lambda *values: told.append((name, *values))

    for name in ("scrubbed", "selected", "moved", "copied", "deleted", "easing_asked",
                 "move_started", "move_finished", "lane_asked"):  # fmt: skip
        getattr(view, name).connect(hear(name))
    return told


def middle(view: TimelineView, index: int) -> tuple[float, float]:
    box = view.scene.picture_box(index).center()
    return (box.x(), box.y())


def test_a_dragged_keyframe_tells_its_moment(
    view: TimelineView, told: RunSnapshot, drag: Drag
) -> None:
    x, y = middle(view, 1)
    drag(view, [(x, y), (x + 30, y), (view.scale.x(3.0) + 2, y)])
    assert told[0] == ("selected", 1)
    assert told[1] == ("move_started",)
    assert told[-2] == ("moved", 1, 3.0)
    assert told[-1] == ("move_finished",)


def test_a_click_moves_nothing(view: TimelineView, told: RunSnapshot, drag: Drag) -> None:
    drag(view, [middle(view, 2), middle(view, 2)])
    assert told == [("selected", 2)]


def test_ctrl_leaves_a_copy(view: TimelineView, told: RunSnapshot, drag: Drag) -> None:
    x, y = middle(view, 0)
    points = [(x, y), (x + 40, y), (view.scale.x(4.0), y)]
    drag(view, points, Qt.KeyboardModifier.ControlModifier)
    assert told == [("selected", 0), ("copied", 0, 4.0)]


def test_the_ruler_and_the_lanes_scrub_by_frames(
    view: TimelineView, told: RunSnapshot, drag: Drag
) -> None:
    drag(view, [(view.scale.x(1.0), 8), (view.scale.x(1.512), 8)])
    assert [name for name, *_ in told] == ["scrubbed", "scrubbed"]
    assert told[1][1] == pytest.approx(1.5, abs=0.5 / 30)
    assert float(told[1][1]) * 30 == pytest.approx(round(float(told[1][1]) * 30))


def test_a_click_between_keyframes_asks_how_it_goes_on(
    view: TimelineView, told: RunSnapshot, drag: Drag
) -> None:
    box = view.scene.segment(2)
    assert box is not None
    at = (box.center().x(), box.center().y())
    drag(view, [at, at])
    assert told[0][:2] == ("easing_asked", 2)


def test_a_click_on_a_lanes_name_asks_how_the_lane_moves(
    view: TimelineView, told: RunSnapshot, drag: Drag
) -> None:
    (lane,) = view.scene.lanes
    at = (20.0, shape.TOP_LANES + shape.LANE / 2)
    drag(view, [at, at])
    assert told[0][:3] == ("lane_asked", lane.name, -1)


def test_a_lane_asks_for_the_way_under_the_right_button(
    view: TimelineView, told: RunSnapshot
) -> None:
    point = QPoint(round(view.scale.x(3.0)), round(shape.TOP_LANES + 8))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, view.mapToGlobal(point))
    QApplication.sendEvent(view, event)
    assert told[0][:3] == ("lane_asked", "latent", 1)


def test_a_lane_says_how_it_goes_on_and_where_it_blends(view: TimelineView) -> None:
    own = replace(LINE.keyframes[1], lanes=(("latent", "hold"),))
    view.show_film(LINE.with_keyframe_at(1, own), -1, Counting())
    y = shape.TOP_LANES + 8
    there = hits.tip_at(view.scene, QPointF(view.scale.x(3.0), y))
    assert "W" in there
    assert "lerp" in there
    assert "(hold)" in there
    assert "(smooth)" in hits.tip_at(view.scene, QPointF(view.scale.x(1.0), y))
    view.show_film(replace(LINE, latent_space="z"), -1, Counting())
    assert "slerp" in hits.tip_at(view.scene, QPointF(20.0, y))


def test_the_keyboard_walks_and_deletes(
    view: TimelineView, told: RunSnapshot, qtbot: QtBot
) -> None:
    view.show_place(1.0)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(view, Qt.Key.Key_PageDown)
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert told == [("scrubbed", 31 / 30), ("scrubbed", 20 / 30), ("selected", 0)]
    view.show_film(LINE, 1, Counting())
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    qtbot.keyClick(view, Qt.Key.Key_PageUp)
    assert told[-2:] == [("deleted", 1), ("selected", 0)]


def test_pictures_appear_where_their_keyframes_are(view: TimelineView) -> None:
    view.show_picture(1, np.full((64, 64, 3), (250, 0, 0), np.uint8))
    at = view.scene.picture_box(1).center().toPoint() + QPoint(5, 5)
    shown = view.grab().toImage()
    ratio = shown.devicePixelRatio()
    colour = shown.pixelColor(round(at.x() * ratio), round(at.y() * ratio))
    assert (colour.red(), colour.green()) == (250, 0)


def test_an_empty_film_says_what_to_do(view: TimelineView, told: RunSnapshot, drag: Drag) -> None:
    view.show_film(None, -1, Counting())
    drag(view, [(300, 50), (400, 50)])
    assert told == []
    assert view.accessibleDescription() == shape.EMPTY


def test_showing_tells_nothing(view: TimelineView, told: RunSnapshot) -> None:
    view.show_film(LINE, 2, Counting("beats"))
    view.show_place(3.0)
    QApplication.processEvents()
    assert told == []
    assert view.keyframe_at(QPointF(*middle(view, 2))) == 2
