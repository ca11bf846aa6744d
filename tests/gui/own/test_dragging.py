"""Points marked on the picture are dragged while one watches; whatever happens meanwhile breaks nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.engine import Moved
from ganlab.own.own_panels import BRINGS_INTO_A, DRAGS_A, MIXES, PLEASES_WITH_A
from ganlab.own.own_room import PointDrag
from ganlab_core.inspection import ONLY_CHOOSES
from ganlab_core.models import save_model
from ganlab_core.recipe import Latent, Recipe
from tests.every_model import MODELS
from tests.gui.conftest import Drag
from tests.stylegan_models import tiny_stylegan


@pytest.fixture
def dragging(app: App, drag: Drag) -> PointDrag:
    """The panel is open, and one point is marked that lies far from where it shall go."""
    found = app.own.point_drag
    found.dock.show()
    found.dock.raise_()
    assert found.marks.isVisible()
    pull(found, drag, (0.2, 0.2), (0.9, 0.9))
    return found


def pull(
    dragging: PointDrag, drag: Drag, start: tuple[float, float], end: tuple[float, float]
) -> None:
    """Press on the picture and pull, as a hand does."""
    drag(dragging.marks, [dragging.marks.place(*share).toTuple() for share in (start, end)])


def test_a_hand_marks_a_point_and_where_it_shall_go(dragging: PointDrag, drag: Drag) -> None:
    (arrow,) = dragging.marks.arrows
    assert arrow == pytest.approx((0.2, 0.2, 0.9, 0.9), abs=0.02)
    pull(dragging, drag, (0.9, 0.9), (0.5, 0.4))
    (arrow,) = dragging.marks.arrows
    assert arrow == pytest.approx((0.2, 0.2, 0.5, 0.4), abs=0.02)
    assert dragging.panel.start.isEnabled()


def test_two_presses_make_an_arrow_and_a_right_press_takes_it_away(
    dragging: PointDrag, drag: Drag, qtbot: QtBot
) -> None:
    left, right = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
    marks = dragging.marks
    for share in ((0.6, 0.2), (0.6, 0.5)):
        qtbot.mouseClick(marks, left, pos=marks.place(*share).toPoint())
    assert marks.arrows[1] == pytest.approx((0.6, 0.2, 0.6, 0.5), abs=0.02)
    for share in ((0.6, 0.2), (0.2, 0.2)):
        qtbot.mouseClick(marks, right, pos=marks.place(*share).toPoint())
    assert marks.arrows == ()
    assert not dragging.panel.start.isEnabled()


def test_the_keyboard_marks_as_well(app: App, qtbot: QtBot) -> None:
    found = app.own.point_drag
    found.dock.show()
    found.marks.setFocus()
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Space, Qt.Key.Key_Down, Qt.Key.Key_Space):
        qtbot.keyClick(found.marks, key)
    (arrow,) = found.marks.arrows
    assert arrow == pytest.approx((0.5 - 1 / 64, 0.5, 0.5 - 1 / 64, 0.5 + 1 / 64))
    assert found.marks.accessibleDescription().startswith("1 point, cross at 48")
    qtbot.keyClick(found.marks, Qt.Key.Key_Delete)
    assert found.marks.arrows == ()


def test_what_may_move_is_painted_and_taken_away(dragging: PointDrag, drag: Drag) -> None:
    panel, marks = dragging.panel, dragging.marks
    assert marks.painted is None
    panel.tool.button("paint").click()
    pull(dragging, drag, (0.3, 0.3), (0.4, 0.3))
    mask = marks.painted
    assert mask is not None
    assert (mask[38, 45], mask[100, 100]) == (1.0, 0.0)
    panel.tool.button("erase").click()
    panel.brush.edited.emit(0.5)
    pull(dragging, drag, (0.35, 0.3), (0.35, 0.3))
    assert marks.painted is None
    assert len(marks.arrows) == 1


def test_a_fast_stroke_paints_all_of_its_way(dragging: PointDrag, drag: Drag) -> None:
    dragging.panel.tool.button("paint").click()
    pull(dragging, drag, (0.2, 0.3), (0.8, 0.6))
    mask = dragging.marks.painted
    assert mask is not None
    side = len(mask)
    for share in np.linspace(0.0, 1.0, 25):
        assert mask[int(side * (0.3 + 0.3 * share)), int(side * (0.2 + 0.6 * share))] == 1.0
    assert mask[int(side * 0.3), int(side * 0.8)] == 0.0


def test_a_drag_is_one_step_with_a_live_picture(
    app: App, dragging: PointDrag, qtbot: QtBot
) -> None:
    before, steps = app.session.recipe, app.session.history.count()
    drawn: list[Recipe] = []
    app.worker.rendered.connect(lambda frame: drawn.append(frame.recipe))
    moves: list[Moved] = []
    dragging.mover.moved.connect(moves.append)
    dragging.panel.start.click()
    assert not dragging.panel.start.isEnabled()

    def shown_on_the_way() -> int:
        return len({recipe for recipe in drawn if recipe in dragging.way})

    qtbot.waitUntil(lambda: len(moves) > 8 and shown_on_the_way() >= 2)
    dragging.panel.stop.click()
    now = app.session.recipe
    assert now == dragging.way[-1]
    assert app.session.history.count() == steps + 1
    assert app.session.history.undo_label == "drag points"
    assert dragging.marks.arrows[0][:2] != (0.2, 0.2)
    assert " px to go" in dragging.panel.how_far.text()
    app.session.undo()
    assert app.session.recipe == before
    app.session.redo()
    assert app.session.recipe == now


def test_the_next_drag_is_a_step_of_its_own(app: App, dragging: PointDrag, qtbot: QtBot) -> None:
    steps = app.session.history.count()
    for _ in range(2):
        with qtbot.waitSignal(dragging.mover.moved):
            dragging.panel.start.click()
        dragging.panel.stop.click()
    assert app.session.history.count() == steps + 2


def test_a_drag_while_another_runs_takes_its_place(
    app: App, dragging: PointDrag, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(dragging.mover.moved):
        dragging.start()
    with qtbot.waitSignal(dragging.mover.moved) as moved:
        dragging.start()
    assert moved.args[0].steps == 1
    assert app.session.recipe == dragging.way[-1]
    assert len(dragging.way) == 2
    dragging.stop()


def test_turning_a_knob_or_undo_ends_a_drag(app: App, dragging: PointDrag, qtbot: QtBot) -> None:
    before = app.session.recipe
    with qtbot.waitSignal(dragging.mover.moved):
        dragging.start()
    app.session.edit(Recipe(Latent(77)), "seed")
    assert not dragging.mover.is_running
    assert app.session.recipe == Recipe(Latent(77))
    assert "desk was changed" in dragging.panel.how_far.text()
    with qtbot.waitSignal(dragging.mover.moved):
        dragging.start()
    app.session.undo()
    assert (app.session.recipe, dragging.mover.is_running) == (Recipe(Latent(77)), False)
    app.session.undo()
    app.session.undo()
    assert app.session.recipe == before


def test_another_model_ends_a_drag_and_takes_the_marks_away(
    app: App, dragging: PointDrag, qtbot: QtBot, tmp_path: Path
) -> None:
    with qtbot.waitSignal(dragging.mover.moved):
        dragging.start()
    with qtbot.waitSignal(app.session.model_changed):
        app.opener.open_model(str(tmp_path / "other.safetensors"))
    assert not dragging.mover.is_running
    assert dragging.marks.arrows == ()
    assert not dragging.panel.film.isEnabled()


def test_closing_the_window_ends_a_drag(app: App, dragging: PointDrag, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dragging.mover.moved):
        dragging.start()
    app.window.close()
    assert not dragging.mover.is_running


def test_a_model_that_has_gone_is_told(
    app: App, dragging: PointDrag, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "tiny.safetensors").unlink()
    dragging.start()
    qtbot.waitUntil(app.window.banner.isVisible)
    assert dragging.panel.start.isEnabled()


def test_the_way_of_a_drag_is_a_film(app: App, dragging: PointDrag, qtbot: QtBot) -> None:
    moves: list[Moved] = []
    dragging.mover.moved.connect(moves.append)
    dragging.start()
    qtbot.waitUntil(lambda: len(moves) > 4)
    dragging.stop()
    way = list(dragging.way)
    with qtbot.waitSignal(dragging.film_made) as made:
        dragging.panel.film.click()
    (line,) = made.args
    assert app.film.filming.film.timeline == line
    assert line.frame_count == len(way)
    for frame in (0, len(way) - 1):
        shown = line.frame_recipe(frame)
        assert len(shown.mix_layers) == len(way[frame].mix_layers)
        for (_, ours), (_, theirs) in zip(shown.mix_layers, way[frame].mix_layers, strict=True):
            np.testing.assert_allclose(ours.latent.vector, theirs.latent.vector, atol=0.021)


def test_hiding_the_panel_gives_the_picture_back(
    app: App, dragging: PointDrag, drag: Drag, qtbot: QtBot
) -> None:
    dragging.dock.hide()
    assert not dragging.marks.isVisible()
    middle = QPointF(app.window.canvas.rect().center())
    assert app.window.canvas.childAt(middle.toPoint()) is None


def test_a_direction_is_held_to_a_painted_region(app: App, drag: Drag, qtbot: QtBot) -> None:
    view, marks = app.inside.panel.directions, app.inside.region
    app.inside.dock.show()
    app.inside.dock.raise_()
    qtbot.waitUntil(view.isVisible)
    assert not view.region.hold.isEnabled()
    with qtbot.waitSignal(view.changed):
        view.seek.click()
    plain = view.found.directions[0]  # type: ignore[union-attr]
    view.region.tool.button("paint").click()
    assert marks.isVisible()
    places = [marks.place(0.5, y).toTuple() for y in (0.1, 0.3)]
    drag(marks, places)
    view.region.tool.button("off").click()
    assert not marks.isVisible()
    assert marks.painted is not None  # what is painted stays
    with qtbot.waitSignal(view.changed):
        view.region.hold.click()
    held, *others = view.found.directions  # type: ignore[union-attr]
    assert held.name == f"{plain.name}, here"
    assert held.vector != plain.vector
    assert plain in others
    view.rows[0].moved.emit(1.0)
    assert app.session.recipe.pushes[0].vector == held.vector


def test_another_model_takes_the_region_away(
    app: App, drag: Drag, qtbot: QtBot, tmp_path: Path
) -> None:
    view, marks = app.inside.panel.directions, app.inside.region
    app.inside.dock.show()
    app.inside.dock.raise_()
    qtbot.waitUntil(view.isVisible)
    view.region.tool.button("paint").click()
    drag(marks, [marks.place(0.3, 0.3).toTuple(), marks.place(0.4, 0.3).toTuple()])
    assert marks.painted is not None
    with qtbot.waitSignal(app.session.model_changed):
        app.opener.open_model(str(tmp_path / "other.safetensors"))
    qtbot.waitUntil(lambda: marks.painted is None)
    assert not marks.isVisible()
    assert view.region.tool.value == "off"


def test_a_model_whose_z_only_chooses_says_that_nothing_can_be_moved(
    app: App, drag: Drag, qtbot: QtBot, tmp_path: Path
) -> None:
    own, directions = app.own, app.inside.panel.directions
    points, critic = own.point_drag, own.critic_eye.panel
    points.dock.show()
    points.dock.raise_()
    save_model(MODELS["cyclegan"](), tmp_path / "translator.safetensors")
    with qtbot.waitSignal(app.session.model_changed):
        app.opener.open_model(str(tmp_path / "translator.safetensors"))
    cannot = ONLY_CHOOSES[0]
    assert points.panel.caveat.isVisible()
    assert not points.panel.said.isVisible()
    assert not points.marks.isVisible()
    assert points.panel.caveat.text() == critic.caveat.text() == directions.status.text() == cannot
    labels = directions.labels
    for control in (
        points.panel.start, points.panel.tool, critic.please, directions.seek, labels.like, labels.make
    ):  # fmt: skip
        assert not control.isEnabled()
    for button in (points.panel.start, critic.please, directions.seek, labels.make):
        assert cannot in " ".join(button.toolTip().split())
    app.inside.label(Recipe(Latent(4)), liked=True)
    assert app.window.banner.text == cannot
    assert directions.labelled[True] == []
    assert own.panel.caveat.text() == MIXES
    with qtbot.waitSignal(app.session.model_changed):
        app.opener.open_model(str(tmp_path / "tiny.safetensors"))
    pull(points, drag, (0.2, 0.2), (0.9, 0.9))
    assert points.panel.start.isEnabled()
    assert not any(one.caveat.text() for one in (points.panel, critic, own.panel))
    assert directions.status.text() != cannot


def test_beside_a_second_model_each_panel_says_which_is_moved(
    app: App, qtbot: QtBot, tmp_path: Path
) -> None:
    panels = (app.own.point_drag.panel, app.own.critic_eye.panel, app.own.panel)
    save_model(tiny_stylegan(16, ("red", "green", "blue")), tmp_path / "b.safetensors")
    assert [one.caveat.text() for one in panels] == ["", "", ""]
    with qtbot.waitSignal(app.session.model_changed):
        app.opener.open_second(tmp_path / "b.safetensors")
    assert [one.caveat.text() for one in panels] == [DRAGS_A, PLEASES_WITH_A, BRINGS_INTO_A]
    with qtbot.waitSignal(app.session.model_changed):
        app.opener.end_second()
    assert [one.caveat.text() for one in panels] == ["", "", ""]
    assert all(one.caveat.isHidden() for one in panels)
