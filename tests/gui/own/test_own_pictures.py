"""A picture dropped on the window becomes a Recipe while one watches, and nothing breaks it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QAbstractButton, QFileDialog
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.controls import LARGEST, to_pixels
from ganlab.own.own_panels import outline
from ganlab_core.export import read_png
from ganlab_core.files import user_models_dir
from ganlab_core.recipe import Latent, Recipe
from tests.gui.conftest import Drag


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    ramp = np.zeros((30, 50, 3), np.uint8)
    ramp[..., 0] = np.linspace(0, 255, 50)[None]
    Image.fromarray(ramp).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def click(button: object) -> None:
    button.click()  # type: ignore[attr-defined]


def test_a_picture_is_chosen_in_a_window(app: App, qtbot: QtBot, photo: Path) -> None:
    app.own.panel.choose.click()
    (dialog,) = app.window.findChildren(QFileDialog)
    with qtbot.waitSignal(app.own.runner.finished):
        dialog.fileSelected.emit(str(photo))
    assert app.own.dock.isVisible()
    assert app.own.panel.target.has_picture
    dialog.reject()


def test_without_a_picture_there_is_a_sentence_and_nothing_that_does_nothing(app: App) -> None:
    app.own.dock.show()
    app.own.dock.raise_()
    panel = app.own.panel
    assert panel.invitation.isVisible()
    assert "Drop any picture" in panel.invitation.text()
    shown = [button for button in panel.findChildren(QAbstractButton) if button.isVisible()]
    assert shown == [panel.choose]
    panel.set_model(None)
    assert not panel.choose.isEnabled()
    assert panel.choose.toolTip() == "Open a model first."
    assert "Open a model first" in panel.invitation.text()


def test_the_square_is_moved_on_the_picture_and_its_fields_follow(
    app: App, qtbot: QtBot, photo: Path, drag: Drag
) -> None:
    panel = app.own.panel
    with qtbot.waitSignal(app.own.runner.finished):
        app.window.paths_dropped.emit([photo])
    view = panel.square
    assert view.isVisible()
    before = to_pixels(panel.target.image)
    drag(view, [view.place(0, 0).toTuple(), view.place(0.3, 0).toTuple()])
    assert panel.crop_x.value == pytest.approx(0.3, abs=0.02)
    assert panel.crop == view.square
    after = to_pixels(panel.target.image)
    assert after.mean() > before.mean()  # the ramp is brighter at the right
    assert panel.how_far.text() == "Again begins with this square."
    assert not app.own.runner.is_running
    panel.crop_side.track.propose(0.5)
    assert view.square == panel.crop
    assert view.square[2] == 0.5
    with qtbot.waitSignal(app.own.runner.finished):
        click(panel.again)
    assert panel.crop[2] == 0.5
    with qtbot.waitSignal(app.own.runner.finished):
        app.window.paths_dropped.emit([photo])
    assert panel.crop == LARGEST


def test_another_square_begins_anew_what_is_under_way(
    app: App, qtbot: QtBot, photo: Path, drag: Drag
) -> None:
    app.own.panel.seconds.set_value(200)
    with qtbot.waitSignal(app.own.runner.progressed):
        app.window.paths_dropped.emit([photo])
    view = app.own.panel.square
    targets: list[np.ndarray] = []
    app.own.runner.prepared.connect(lambda target, share: targets.append(target))
    with qtbot.waitSignal(app.own.runner.read):
        drag(view, [view.place(0, 0).toTuple(), view.place(0.3, 0).toTuple()])
    qtbot.waitUntil(lambda: bool(targets))
    shown = to_pixels(app.own.panel.target.image)
    assert (shown == targets[-1]).all()
    click(app.own.panel.cancel)
    assert view.has_picture()
    assert app.own.panel.again.isEnabled()


def test_a_line_shows_where_the_subject_of_the_model_s_pictures_stands() -> None:
    presence = np.zeros((256, 256), np.float32)
    across = np.abs(np.arange(256) - 127.5)
    presence[:] = np.clip((80 - np.maximum(across[None], across[:, None])) / 20 + 0.5, 0, 1)
    drawn = outline(presence)
    assert drawn.pixelColor(128 + 80, 128).alpha() > 200
    assert drawn.pixelColor(128 + 80, 128).lightness() > 200
    assert drawn.pixelColor(128, 128).alpha() == drawn.pixelColor(250, 128).alpha() == 0
    assert outline(np.ones((256, 256), np.float32)).isNull()  # it fills the pictures


def test_a_dropped_picture_ends_on_the_desk_as_one_step(
    app: App, qtbot: QtBot, photo: Path, tmp_path: Path
) -> None:
    before, steps = app.session.recipe, app.session.history.count()
    with qtbot.waitSignal(app.own.runner.finished) as ended:
        app.window.paths_dropped.emit([photo])
    (last,) = ended.args
    assert app.own.dock.isVisible()
    assert app.session.recipe == last.recipe
    assert app.session.history.count() == steps + 1
    assert app.session.history.undo_label == "own picture"
    qtbot.waitUntil(lambda: app.play.saver.frame.recipe == app.session.fitted)
    shown = app.play.saver.frame.pixels.astype(int)  # which adds up in another order
    assert np.abs(shown - last.pixels).max() <= 1
    panel = app.own.panel
    assert panel.target.has_picture()
    assert " dB after " in panel.likeness.text()
    assert "% of the way" in panel.how_far.text()
    app.session.undo()
    assert app.session.recipe == before


@pytest.mark.long
def test_what_it_became_comes_back_from_its_saved_picture(
    app: App, qtbot: QtBot, photo: Path, tmp_path: Path
) -> None:
    with qtbot.waitSignal(app.own.runner.finished) as ended:
        app.window.paths_dropped.emit([photo])
    qtbot.waitUntil(lambda: app.play.saver.frame.recipe == app.session.fitted)
    saved = tmp_path / "became.png"
    frame, info = app.play.saver.frame, app.session.info
    assert frame is not None
    assert info is not None
    app.play.saver.save_picture(saved, frame, info)
    qtbot.waitUntil(saved.is_file)
    assert read_png(saved).recipe == ended.args[0].recipe
    app.session.edit(Recipe(Latent(5)), "seed")
    app.window.paths_dropped.emit([saved])
    qtbot.waitUntil(lambda: app.session.recipe == ended.args[0].recipe)


@pytest.mark.long
def test_it_waits_while_paused_and_goes_on(app: App, qtbot: QtBot, photo: Path) -> None:
    app.own.panel.seconds.set_value(3)
    with qtbot.waitSignal(app.own.runner.progressed):
        app.window.paths_dropped.emit([photo])
    click(app.own.panel.pause)
    assert app.own.panel.is_paused
    assert app.own.runner.is_running
    click(app.own.panel.pause)
    with qtbot.waitSignal(app.own.runner.finished):
        assert not app.own.panel.is_paused


@pytest.mark.long
def test_it_goes_on_longer_from_where_it_was(app: App, qtbot: QtBot, photo: Path) -> None:
    with qtbot.waitSignal(app.own.runner.finished) as ended:
        app.window.paths_dropped.emit([photo])
    with qtbot.waitSignal(app.own.runner.finished) as longer:
        click(app.own.panel.longer)
    assert longer.args[0].step > ended.args[0].step
    assert longer.args[0].psnr >= ended.args[0].psnr - 0.5


@pytest.mark.long
def test_what_it_became_can_be_a_keyframe(app: App, qtbot: QtBot, photo: Path) -> None:
    with qtbot.waitSignal(app.own.runner.finished) as ended:
        app.window.paths_dropped.emit([photo])
    click(app.own.panel.keyframe)
    app.session.edit(Recipe(Latent(5)), "seed")
    click(app.own.panel.keyframe)
    keys = app.film.filming.film.timeline.keyframes
    assert [key.recipe for key in keys] == [ended.args[0].recipe] * 2
    assert keys[0].time < keys[1].time


def test_cancelling_leaves_the_desk_as_it_was(app: App, qtbot: QtBot, photo: Path) -> None:
    before = app.session.recipe
    app.own.panel.seconds.set_value(200)
    with qtbot.waitSignal(app.own.runner.progressed):
        app.window.paths_dropped.emit([photo])
    click(app.own.panel.cancel)
    assert not app.own.runner.is_running
    assert app.session.recipe == before
    assert not app.own.panel.now.has_picture()


def test_what_it_is_now_can_be_put_on_the_desk(app: App, qtbot: QtBot, photo: Path) -> None:
    app.own.panel.seconds.set_value(200)
    with qtbot.waitSignal(app.own.runner.progressed):
        app.window.paths_dropped.emit([photo])
    click(app.own.panel.use)
    assert app.session.history.undo_label == "own picture"
    assert app.own.runner.is_running
    click(app.own.panel.cancel)


def test_the_weights_can_be_tuned_to_it_and_its_saved_picture_finds_them_again(
    app: App, qtbot: QtBot, photo: Path, tmp_path: Path
) -> None:
    base = tmp_path / "tiny.safetensors"
    user_models_dir().mkdir(parents=True, exist_ok=True)
    own = Path(shutil.copy(base, user_models_dir() / "mine.safetensors"))
    with qtbot.waitSignal(app.session.model_changed):
        app.opener.open_model(str(own))
    assert not app.own.panel.tune.isEnabled()
    with qtbot.waitSignal(app.own.runner.finished) as ended:
        app.window.paths_dropped.emit([photo])
    recipe = ended.args[0].recipe
    with qtbot.waitSignals([app.own.runner.tuning, app.own.tuned, app.session.model_changed]):
        click(app.own.panel.tune)
    info = app.session.info
    assert info is not None
    assert info.name == "mine-photo"
    assert app.session.recipe == recipe
    assert "mine-photo" in app.own.panel.how_far.text()
    qtbot.waitUntil(lambda: app.play.saver.frame.fingerprint == info.fingerprint)
    frame, saved = app.play.saver.frame, tmp_path / "tuned.png"
    app.play.saver.save_picture(saved, frame, info)
    qtbot.waitUntil(saved.is_file)

    with qtbot.waitSignal(app.session.model_changed):
        app.opener.open_model(str(own))
    with qtbot.waitSignal(app.session.model_changed):
        app.window.paths_dropped.emit([saved])  # the library has it
    qtbot.waitUntil(lambda: app.play.saver.frame.fingerprint == info.fingerprint)
    assert (app.play.saver.frame.pixels == frame.pixels).all()

    with qtbot.waitSignal(app.session.model_changed):
        app.opener.open_model(str(own))
    info.path.unlink()
    app.opener.look_for_models()
    qtbot.waitUntil(lambda: info.name not in {one.name for one in app.opener.library})
    app.window.paths_dropped.emit([saved])
    qtbot.waitUntil(lambda: "a tuning that is not in the library" in app.window.banner.text)
    assert app.session.recipe == recipe


def test_a_tuning_that_could_not_be_kept_is_refused_at_once_and_the_picture_stays(
    app: App, qtbot: QtBot, photo: Path
) -> None:
    panel = app.own.panel
    with qtbot.waitSignal(app.own.runner.finished):
        app.window.paths_dropped.emit([photo])
    panel.seconds.set_value(300)
    with qtbot.waitSignal(app.own.runner.failed):
        click(panel.tune)
    assert "not among your models" in app.window.banner.text
    assert panel.now.has_picture()
    assert panel.longer.isEnabled()
    assert panel.tune.isEnabled()


def test_another_model_ends_it_with_a_sentence(
    app: App, qtbot: QtBot, photo: Path, tmp_path: Path
) -> None:
    app.own.panel.seconds.set_value(200)
    with qtbot.waitSignal(app.own.runner.progressed):
        app.window.paths_dropped.emit([photo])
    with qtbot.waitSignal(app.session.model_changed):
        app.opener.open_model(str(tmp_path / "other.safetensors"))
    assert not app.own.runner.is_running
    assert "model has changed" in app.own.panel.how_far.text()


def test_a_second_picture_takes_the_place_of_the_first(
    app: App, qtbot: QtBot, photo: Path, tmp_path: Path
) -> None:
    green = tmp_path / "green.png"
    Image.new("RGB", (20, 20), (0, 255, 0)).save(green)
    app.own.panel.seconds.set_value(200)
    with qtbot.waitSignal(app.own.runner.progressed):
        app.window.paths_dropped.emit([photo])
    app.own.panel.seconds.set_value(1)
    seen: list[np.ndarray] = []
    app.own.runner.prepared.connect(lambda target, _share: seen.append(target))
    with qtbot.waitSignal(app.own.runner.finished):
        app.window.paths_dropped.emit([green])
    assert (seen[-1] == (0, 255, 0)).all()


def test_a_broken_picture_is_told_and_changes_nothing(
    app: App, qtbot: QtBot, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 nothing more")
    before = app.session.recipe
    app.own.bring_in(broken)
    qtbot.waitUntil(app.window.banner.isVisible)
    assert "broken.jpg is" in app.window.banner.text
    assert app.session.recipe == before
    assert not app.own.runner.is_running


def test_closing_the_window_ends_it(app: App, qtbot: QtBot, photo: Path) -> None:
    app.own.panel.seconds.set_value(200)
    with qtbot.waitSignal(app.own.runner.progressed):
        app.window.paths_dropped.emit([photo])
    app.window.close()
    assert not app.own.runner.is_running


def test_liked_pictures_and_others_become_a_slider(app: App, qtbot: QtBot) -> None:
    view = app.inside.panel.directions
    assert not view.labels.make.isEnabled()
    for seed, button in ((1, view.labels.like), (2, view.labels.like), (3, view.labels.unlike)):
        app.session.edit(Recipe(Latent(seed)), "seed")
        button.click()
    assert view.labels.like.text() == "Like 2"
    with qtbot.waitSignal(view.changed) as found:
        view.labels.make.click()
    (direction,) = found.args[0].directions
    assert direction.name == "Liked 1"
    assert view.rows[0].name.text() == "Liked 1"
    assert view.labels.like.text() == "Like"
    view.rows[0].moved.emit(1.5)
    (edit,) = app.session.recipe.pushes
    assert (edit.vector, edit.amount) == (direction.vector, 1.5)


def test_a_picture_is_of_one_kind_only(app: App, qtbot: QtBot) -> None:
    view = app.inside.panel.directions
    view.labels.like.click()
    view.labels.unlike.click()
    assert (view.labels.like.text(), view.labels.unlike.text()) == ("Like", "Not 1")


def test_history_favourites_and_the_sheet_can_be_liked(app: App, qtbot: QtBot) -> None:
    labelled = app.inside.panel.directions.labelled
    app.session.edit(Recipe(Latent(4)), "seed")
    step = app.session.history.now
    app.session.edit(Recipe(Latent(5)), "seed")
    app.library.history_panel.view.labelled.emit(step.number, True)
    assert labelled[True] == [Recipe(Latent(4))]
    qtbot.waitUntil(lambda: app.play.saver.frame.recipe == app.session.fitted)
    app.library.gallery.keep()
    qtbot.waitUntil(lambda: bool(app.library.gallery.known))
    (kept,) = app.library.gallery.known
    app.library.gallery_panel.labelled.emit(kept, False)
    assert labelled[False] == [app.session.fitted]
    sheet = app.explore.variations_maker
    dock = app.window.workspaces.dock("Variations")
    assert dock is not None
    dock.show()
    qtbot.waitUntil(lambda: bool(sheet.recipes))
    app.explore.variations_panel.labelled.emit(0, True)
    assert labelled[True] == [Recipe(Latent(4)), sheet.recipes[0]]
    assert "2 liked, 1 not" in app.window.banner.text
    app.explore.variations_panel.labelled.emit(0, False)  # a change of mind
    assert (len(labelled[True]), len(labelled[False])) == (1, 2)


def test_a_favourite_of_another_model_is_no_label(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    app.library.gallery.keep()
    qtbot.waitUntil(lambda: bool(app.library.gallery.known))
    (kept,) = app.library.gallery.known
    with qtbot.waitSignal(app.session.model_changed):
        app.opener.open_model(str(tmp_path / "other.safetensors"))
    app.library.gallery_panel.labelled.emit(kept, True)
    assert app.inside.panel.directions.labelled == {True: [], False: []}
    assert "That picture is of " in app.window.banner.text
