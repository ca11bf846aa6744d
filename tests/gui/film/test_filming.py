"""Films in the window: keyframes, the desk that edits them, scrubbing, playing, undo."""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.film import film_controller as edits
from ganlab.film.film_controller import FilmEditor, FilmPlayer
from ganlab.film.timeline_panel import FillChoice
from ganlab_core.export import save_png
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.timeline import Keyframe, Timeline

if TYPE_CHECKING:
    from tests.gui.conftest import Drag, GatedEngine

Show = Callable[[str], None]


@pytest.fixture
def filming(app: App) -> FilmEditor:
    """Who holds the film."""
    return app.film.filming


@pytest.fixture
def three(app: App, filming: FilmEditor) -> FilmEditor:
    """A film of the seeds 10, 20, 30 at 0, 2 and 4 seconds; the desk is at seed 40."""
    for seed in (10, 20, 30):
        app.session.edit(Recipe(latent=Latent(seed)), "seed")
        act(app, "keyframe")
    app.session.edit(Recipe(latent=Latent(40)), "seed")
    return filming


def act(app: App, name: str) -> None:
    app.window.actions_[name].trigger()


def seeds(filming: FilmEditor) -> list[int]:
    return [key.recipe.latent.seed for key in filming.film.timeline.keyframes]


def psis(filming: FilmEditor) -> list[float]:
    return [key.recipe.psi for key in filming.film.timeline.keyframes]


def wait_for(app: App, qtbot: QtBot, recipe: Recipe) -> None:
    """Wait until the canvas shows this Recipe's picture."""
    qtbot.waitUntil(
        lambda: app.play.saver.frame is not None and app.play.saver.frame.recipe == recipe
    )


# --- keyframes ---------------------------------------------------------------------------------------


def test_k_keeps_pictures_one_after_the_other_and_shows_the_timeline(
    three: FilmEditor, app: App
) -> None:
    assert seeds(three) == [10, 20, 30]
    assert three.panel.isVisible()
    assert app.window.actions_["timeline"].isChecked()


def test_the_desk_edits_the_selected_keyframe_and_no_other(
    three: FilmEditor, app: App, qtbot: QtBot
) -> None:
    three.select(1)
    wait_for(app, qtbot, Recipe(latent=Latent(20)))
    app.session.edit(replace(app.session.recipe, psi=0.25), "psi")
    assert psis(three) == [0.7, 0.25, 0.7]
    three.scrub(1.0)
    app.session.edit(replace(app.session.recipe, psi=0.9), "psi")
    assert psis(three) == [0.7, 0.25, 0.7]


def test_small_pictures_are_drawn_for_the_keyframes(
    three: FilmEditor, engine: GatedEngine, qtbot: QtBot
) -> None:
    view = three.panel.view
    qtbot.waitUntil(lambda: all(view.picture(i) is not None for i in range(3)), timeout=10000)
    picture = view.picture(1)
    assert picture is not None
    assert picture.pixelColor(0, 0).red() == 20


def test_a_dropped_picture_becomes_a_keyframe_where_it_fell(
    three: FilmEditor, app: App, qtbot: QtBot, tmp_path: Path
) -> None:
    info, frame = app.session.info, app.play.saver.frame
    assert info is not None
    assert frame is not None
    path = tmp_path / "a.png"
    save_png(path, frame.pixels, Recipe(latent=Latent(77)), info)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    view = three.panel.view
    at = QPointF(view.scale.x(3.0), 40)
    how = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
           Qt.KeyboardModifier.NoModifier)  # fmt: skip
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        enter = QDragEnterEvent(at.toPoint(), *how)  # there is no other constructor
    QApplication.sendEvent(view, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(view, QDropEvent(at, *how))
    qtbot.waitUntil(lambda: seeds(three) == [10, 20, 77, 30])


def test_another_model_with_other_abilities_is_offered_other_things(
    filming: FilmEditor, app: App
) -> None:
    assert filming.panel.settings.space.isEnabled()
    can = replace(app.session.capabilities, has_w=False, has_noise=False)
    app.session.set_model(app.session.info, can)
    assert not filming.panel.settings.space.isEnabled()
    assert filming.film.timeline.latent_space == "z"
    assert "no W" in filming.panel.settings.space.button("W").toolTip()


def test_timeline_and_picture_fit_into_a_small_window(three: FilmEditor, app: App) -> None:
    app.window.resize(800, 600)
    QApplication.processEvents()
    assert app.window.minimumSizeHint().width() <= 800
    assert three.panel.minimumSizeHint().width() <= 784


def test_in_a_low_window_the_timeline_leaves_room_for_the_picture(app: App) -> None:
    app.window.resize(800, 600)
    act(app, "timeline")
    QApplication.processEvents()
    assert app.window.height() <= 600
    assert app.window.canvas.height() >= 300


# --- the playhead ------------------------------------------------------------------------------------


def test_scrubbing_shows_the_films_own_recipe(three: FilmEditor, app: App, qtbot: QtBot) -> None:
    for moment in (0.0, 0.7, 2.0, 3.1, 5.5):
        three.scrub(moment)
        wait_for(app, qtbot, three.playable.recipe_at(moment))
        assert app.session.recipe == three.playable.recipe_at(moment), moment


def test_scrubbing_is_one_step_to_undo(three: FilmEditor, app: App) -> None:
    for step in range(20):
        three.scrub(step / 10)
    three.select(2)
    act(app, "undo")
    assert app.session.recipe == Recipe(latent=Latent(40))
    assert three.film.selected == -1


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(three: FilmEditor, app: App, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The player's time, in the test's hand; its timer ticks no more by itself."""
    clock = Clock()
    monkeypatch.setattr(three.player, "_clock", clock)
    three.player._timer.timeout.disconnect(three.player.tick)
    return clock


def play_on(player: FilmPlayer, clock: Clock, seconds: float) -> None:
    clock.now += seconds
    player.tick()


def test_playing_goes_by_the_clock_and_round(
    three: FilmEditor, app: App, clock: Clock, qtbot: QtBot
) -> None:
    three.scrub(0.0)
    three.toggle()
    for seconds in (0.5, 1.0, 5.0):
        qtbot.waitUntil(lambda: not three.player._waits)
        play_on(three.player, clock, seconds)
        place = round((clock.now - 100.0) * 30) % 180 / 30
        assert three.film.place == pytest.approx(place)
        wait_for(app, qtbot, three.playable.recipe_at(three.film.place))
    act(app, "play_film")
    assert not three.player.playing


def test_frames_without_time_are_dropped_and_told(
    three: FilmEditor, app: App, clock: Clock, engine: GatedEngine, qtbot: QtBot
) -> None:
    three.scrub(0.0)
    three.toggle()
    for _ in range(9):
        qtbot.waitUntil(lambda: not three.player._waits)
        play_on(three.player, clock, 0.1)
    assert three.panel.rate.text() == "·  10 of 30 fps shown"
    three.stop()
    assert three.panel.rate.text() == ""


def test_a_busy_network_is_asked_for_one_frame_at_a_time(
    three: FilmEditor, app: App, clock: Clock, engine: GatedEngine, qtbot: QtBot
) -> None:
    three.scrub(0.0)
    wait_for(app, qtbot, three.playable.recipe_at(0.0))
    engine.gate.clear()
    three.toggle()
    play_on(three.player, clock, 0.1)
    before = app.session.recipe
    play_on(three.player, clock, 0.1)
    assert app.session.recipe == before
    engine.gate.set()


def test_an_open_film_ends(three: FilmEditor, app: App, clock: Clock, qtbot: QtBot) -> None:
    three.panel.settings.loop_asked.emit(False)
    three.scrub(3.0)
    three.toggle()
    play_on(three.player, clock, 99.0)
    assert not three.player.playing
    assert three.panel.play.text() == "Play"
    assert three.film.place == pytest.approx(three.playable.frame_time(179))


def test_turning_a_knob_stops_the_film(three: FilmEditor, app: App) -> None:
    three.toggle()
    app.session.edit(Recipe(psi=0.1), "psi")
    assert not three.player.playing
    assert app.session.recipe == Recipe(psi=0.1)


# --- undo --------------------------------------------------------------------------------------------


def test_a_dragged_keyframe_is_one_step_to_undo(three: FilmEditor, app: App, drag: Drag) -> None:
    view = three.panel.view
    box = view.scene.picture_box(1).center()
    drag(view, [(box.x(), box.y()), (box.x() + 40, box.y()), (view.scale.x(3.0), box.y())])
    assert [key.time for key in three.film.timeline.keyframes] == [0, 3, 4]
    act(app, "undo")
    assert [key.time for key in three.film.timeline.keyframes] == [0, 2, 4]
    act(app, "redo")
    assert [key.time for key in three.film.timeline.keyframes] == [0, 3, 4]


def test_the_menu_of_a_lane_eases_it_apart_and_is_undone(three: FilmEditor, app: App) -> None:
    for words in ("Hold", "In Z, Along the Sphere"):
        menu = three.panel.lane_menu("latent", -1)
        next(action for action in menu.actions() if action.text() == words).trigger()
    line = three.film.timeline
    assert {key.lanes for key in line.keyframes} == {(("latent", "hold"),)}
    assert (line.latent_space, line.mix_space) == ("z", "w")
    assert three.playable.recipe_at(1.9).latent.seed == 10
    act(app, "undo")
    act(app, "undo")
    assert {key.lanes for key in three.film.timeline.keyframes} == {()}


def test_undo_takes_back_the_last_thing_whether_on_the_desk_or_in_the_film(
    three: FilmEditor, app: App
) -> None:
    three.panel.settings.length_asked.emit(12.0)
    app.session.edit(Recipe(latent=Latent(50)), "seed")
    three.panel.settings.loop_asked.emit(False)
    done = []
    for _ in range(4):
        act(app, "undo")
        line = three.film.timeline
        done.append((line.loop, line.duration, app.session.recipe.latent.seed))
    assert done == [(True, 12.0, 50), (True, 12.0, 40), (True, 6.0, 40), (True, 6.0, 30)]
    for _ in range(4):
        act(app, "redo")
    line = three.film.timeline
    assert (line.loop, line.duration, app.session.recipe.latent.seed) == (False, 12.0, 50)


def test_an_edited_keyframe_and_the_desk_go_back_together(three: FilmEditor, app: App) -> None:
    three.select(1)
    app.session.edit(replace(app.session.recipe, psi=0.25), "psi")
    three.scrub(3.0)
    act(app, "undo")
    assert psis(three) == [0.7, 0.7, 0.7]
    assert three.film.selected == 1
    assert app.session.recipe == Recipe(latent=Latent(20))
    act(app, "redo")
    assert psis(three) == [0.7, 0.25, 0.7]
    act(app, "undo")
    act(app, "undo")
    assert app.session.recipe.latent.seed == 40
    assert three.film.selected == -1


def test_a_knob_turned_and_turned_back_is_no_step(three: FilmEditor, app: App) -> None:
    three.select(1)
    before = (app.session.history.count(), three.history.undo_stamp)
    app.session.begin_drag()
    for psi in (0.6, 0.3, 0.7):
        app.session.edit(replace(app.session.recipe, psi=psi), "psi")
    app.session.end_drag()
    assert psis(three) == [0.7, 0.7, 0.7]
    assert (app.session.history.count(), three.history.undo_stamp) == before


def test_undo_says_what_it_would_take_back(three: FilmEditor, app: App) -> None:
    three.panel.settings.noise_asked.emit("loop")
    assert "film noise" in app.window.actions_["undo"].toolTip()
    act(app, "undo")
    assert "film noise" in app.window.actions_["redo"].toolTip()
    app.session.edit(Recipe(psi=0.1), "psi")
    assert not app.window.actions_["redo"].isEnabled()


# --- files -------------------------------------------------------------------------------------------


def test_a_timeline_is_saved_and_opened_again(
    three: FilmEditor, app: App, qtbot: QtBot, tmp_path: Path
) -> None:
    line = three.film.timeline
    path = tmp_path / "walk.json"
    app.film.files.save(str(path))
    qtbot.waitUntil(path.is_file)
    three.clear()
    assert three.film.empty
    app.opener.open(path)
    qtbot.waitUntil(lambda: three.film.timeline == line and not three.film.empty)
    act(app, "undo")
    act(app, "undo")
    assert not three.film.empty


def film_note(path: Path, line: Timeline, fingerprint: str) -> Path:
    """What lies beside a film that cannot hold its Timeline."""
    model = {"name": "faces", "fingerprint": fingerprint}
    known = {"ganlab_film": 1, "timelines": [json.loads(line.to_json())], "model": model}
    path.write_text(json.dumps(known))
    return path


def test_a_film_brings_its_model_from_the_library(
    three: FilmEditor, app: App, engine: GatedEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    assert app.session.info is not None
    other = replace(app.session.info, fingerprint="f" * 32, path=tmp_path / "faces.safetensors")
    qtbot.waitUntil(lambda: app.opener._looked)
    app.opener._matcher.show_library([other])
    line = three.film.timeline
    three.clear()
    app.opener.open(film_note(tmp_path / "walk.json", line, "f" * 32))
    qtbot.waitUntil(lambda: engine.loaded[-1] == str(other.path))
    assert three.film.timeline == line


def test_a_film_whose_model_is_missing_is_shown_with_this_one_and_says_so(
    three: FilmEditor, app: App, qtbot: QtBot, tmp_path: Path
) -> None:
    line = three.film.timeline
    three.clear()
    qtbot.waitUntil(lambda: app.opener._looked)
    app.opener.open(film_note(tmp_path / "walk.json", line, "e" * 32))
    qtbot.waitUntil(lambda: app.window.banner.isVisible())
    assert "This film was made with faces, which is not in the library" in app.window.banner.text
    assert three.film.timeline == line


def test_a_recipe_is_still_a_recipe(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(Recipe(latent=Latent(66)).to_json())
    app.opener.open(path)
    qtbot.waitUntil(lambda: app.session.recipe.latent.seed == 66)
    assert app.film.filming.film.empty


def test_a_film_beyond_this_model_is_shown_as_it_can_be(
    filming: FilmEditor, app: App, qtbot: QtBot
) -> None:
    vector = Latent(5, vector=(0.1,) * 512, space="w")
    line = Timeline((Keyframe(0.0, Recipe(vector)), Keyframe(1.0, Recipe(Latent(6)))), 2.0)
    filming.open(line)
    assert filming.film.timeline == line
    wait_for(app, qtbot, Recipe(latent=Latent(5)))


# --- even motion -------------------------------------------------------------------------------------


def test_the_way_between_keyframes_is_measured_and_goes_with_what_is_saved(
    three: FilmEditor, app: App, qtbot: QtBot, tmp_path: Path
) -> None:
    qtbot.waitUntil(lambda: not three.playable.unmeasured, timeout=30_000)
    assert {key.easing for key in three.film.timeline.keyframes} == {"even"}
    assert [key.time for key in three.playable.keyframes] == [0.0, 2.0, 4.0]
    assert not any(key.arc for key in three.film.timeline.keyframes)
    app.film.files.save(str(tmp_path / "film.json"))
    qtbot.waitUntil((tmp_path / "film.json").exists)
    saved = Timeline.from_json((tmp_path / "film.json").read_bytes())
    assert saved == three.playable


def test_a_film_that_was_measured_keeps_its_motion(three: FilmEditor, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not three.playable.unmeasured, timeout=30_000)
    own = three.playable.with_arcs({0: (1.0, 5.0)})
    three.open(own)
    assert three.playable == own
    three.open(replace(own, full_growth=None))
    assert three.playable.keyframes == own.keyframes
    three.apply(edits.moved, "move keyframe", 1, 3.0)
    assert three.playable.keyframes[0].arc == (1.0, 5.0)
    three.apply(edits.without, "delete keyframe", 1)
    assert three.playable.keyframes[0].arc != (1.0, 5.0)


def test_a_walk_by_rule_gives_a_longer_way_more_time(
    app: App, filming: FilmEditor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    # two pictures that chance makes alike share a frame, and then no keyframe is moved
    monkeypatch.setattr(filming, "_source", random.Random(1))
    app.window.actions_["timeline"].trigger()
    filming.fill(FillChoice("walk", 3))
    assert [key.time for key in filming.film.timeline.keyframes] == [0.0, 2.0, 4.0]
    qtbot.waitUntil(lambda: not filming.playable.unmeasured, timeout=30_000)
    keys = filming.playable.keyframes
    lengths = [key.arc[-1] for key in keys]
    assert keys[1].time == pytest.approx(6.0 * lengths[0] / sum(lengths), abs=0.03)
    assert filming.history.undo_label == "fill timeline"
    app.film.undo_redo.undo()
    assert filming.film.empty
