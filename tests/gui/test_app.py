"""The whole program with a real window and an engine that can be held."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QDockWidget, QPushButton
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.engine import background_tasks as tasks
from ganlab.engine.threads import left_behind
from ganlab.library import open_controller as opening
from ganlab.library.open_controller import NO_MODEL, Opened, look_at
from ganlab.settings import Settings
from ganlab.window.window_dialogs import FactsDialog, TextDialog
from ganlab_core.export import read_png, save_png
from ganlab_core.files import user_models_dir
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Capabilities, Latent, Mix, Recipe
from tests.hands import drop

if TYPE_CHECKING:
    from tests.gui.conftest import GatedEngine

Open = Callable[..., App]
WriteHeader = Callable[[Path], ModelInfo]


@pytest.fixture
def open_app(engine: GatedEngine, settings: Settings, qtbot: QtBot) -> Iterator[Callable[..., App]]:
    """Open the program as the command line would; it is closed again at the end."""
    apps: list[App] = []

    def open_(start: Start | None = None) -> App:
        app = App(start or Start(), Settings(settings.folder), engine)
        apps.append(app)
        with qtbot.waitSignal(app.window.canvas.painted):
            app.show()
        return app

    yield open_
    engine.gate.set()
    for app in apps:
        app.window.close()
        app.window.deleteLater()


@pytest.fixture
def app(open_app: Open, qtbot: QtBot, tmp_path: Path) -> App:
    """The program with a model on the desk and a picture on the canvas."""
    app = open_app(Start(model=str(tmp_path / "first.safetensors")))
    wait_for_seed(app, qtbot, 0)
    return app


def wait_for_seed(app: App, qtbot: QtBot, seed: int) -> None:
    """Wait until the picture of this seed is on the canvas."""
    qtbot.waitUntil(lambda: grey_of(app) == seed % 256)


def grey_of(app: App) -> int:
    image = app.window.canvas.image
    return -1 if image.isNull() else image.pixelColor(0, 0).red()


def picture_of(app: App, path: Path, recipe: Recipe, fingerprint: str, name: str) -> Path:
    """A PNG as another day's ganlab saved it."""
    info = app.session.info
    assert info is not None
    pixels = app.play.saver.frame.pixels if app.play.saver.frame else None
    assert pixels is not None
    save_png(path, pixels, recipe, replace(info, fingerprint=fingerprint, name=name))
    return path


# --- beginning ---------------------------------------------------------------------------------------


def test_the_window_opens_without_any_model(open_app: Open, qtbot: QtBot) -> None:
    app = open_app()
    qtbot.waitUntil(lambda: app.window.canvas.accessibleDescription() == NO_MODEL)
    assert not app.window.actions_["dice"].isEnabled()
    assert not app.window.actions_["save_png"].isEnabled()
    assert app.window.actions_["open_model"].isEnabled()


def test_the_first_model_of_the_library_is_opened_without_a_click(
    open_app: Open, write_header: WriteHeader, qtbot: QtBot
) -> None:
    write_header(user_models_dir() / "apple.safetensors")
    write_header(user_models_dir() / "pear.safetensors")
    app = open_app()
    wait_for_seed(app, qtbot, 0)
    assert "Apple" in app.window.top_bar.model_text
    assert app.window.windowTitle() == "Apple - ganlab"


def test_model_and_recipe_of_the_command_line_are_on_the_desk(
    open_app: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "r.json").write_text(Recipe(latent=Latent(77)).to_json())
    app = open_app(Start(str(tmp_path / "first.safetensors"), tmp_path / "r.json"))
    wait_for_seed(app, qtbot, 77)
    assert "First" in app.window.top_bar.model_text


def test_a_model_that_is_broken_gives_way_to_the_library(
    open_app: Open, write_header: WriteHeader, qtbot: QtBot
) -> None:
    write_header(user_models_dir() / "apple.safetensors")
    app = open_app(Start(model="broken"))
    wait_for_seed(app, qtbot, 0)
    assert "damaged" in app.window.banner.text


def test_the_desk_is_as_it_was_left(app: App, open_app: Open, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "first.safetensors").touch()
    app.session.edit(Recipe(latent=Latent(9), psi=0.3), "edit")
    app.window.close()
    again = open_app()
    wait_for_seed(again, qtbot, 9)
    assert again.session.recipe == Recipe(latent=Latent(9), psi=0.3)


# --- playing -----------------------------------------------------------------------------------------


def test_dragging_a_slider_is_one_step_to_undo(app: App, qtbot: QtBot) -> None:
    track = app.play.master.style_section.psi.track
    middle = track.height() // 2
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(track, left, pos=QPoint(track.width() // 2, middle))
    for step in range(1, 8):
        qtbot.mouseMove(track, QPoint(track.width() // 2 + 5 * step, middle))
    qtbot.mouseRelease(track, left, pos=QPoint(track.width() // 2 + 35, middle))
    assert app.session.recipe.psi != Recipe().psi
    assert app.session.history.count() == 1
    app.window.actions_["undo"].trigger()
    assert app.session.recipe == Recipe()


def test_the_canvas_follows_the_recipe(app: App, qtbot: QtBot) -> None:
    app.session.edit(Recipe(latent=Latent(42)), "seed")
    wait_for_seed(app, qtbot, 42)


def test_a_key_changes_what_it_says(app: App, qtbot: QtBot) -> None:
    app.window.activateWindow()
    app.window.canvas.setFocus()
    qtbot.waitUntil(app.window.canvas.hasFocus)
    before = app.session.recipe
    for key, changed in (
        (Qt.Key.Key_Space, "latent"),
        (Qt.Key.Key_N, "noise"),
        (Qt.Key.Key_BracketLeft, "psi"),
        (Qt.Key.Key_BracketRight, "psi"),
        (Qt.Key.Key_G, "growth"),
        (Qt.Key.Key_Right, "latent"),
        (Qt.Key.Key_Left, "latent"),
    ):
        qtbot.keyClick(app.window.canvas, key)
        assert getattr(app.session.recipe, changed) != getattr(before, changed), key
        qtbot.keyClick(app.window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert app.session.recipe == before, key


def test_space_presses_the_button_that_tab_has_reached(app: App, qtbot: QtBot) -> None:
    button = QPushButton("own", app.window)
    button.show()
    pressed: list[bool] = []
    button.clicked.connect(lambda: pressed.append(True))
    app.window.activateWindow()
    button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(button.hasFocus)
    before = app.session.recipe
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert pressed == [True]
    assert app.session.recipe == before


def test_escape_brings_the_keyboard_to_the_picture(app: App, qtbot: QtBot) -> None:
    field = app.play.master.style_section.seed.field
    app.window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert app.window.canvas.hasFocus()


def test_the_picture_can_be_alone(app: App) -> None:
    app.window.actions_["picture_alone"].trigger()
    assert app.window.isFullScreen()
    assert not app.play.desk.isVisible()
    assert not app.window.top_bar.isVisible()
    app.window.actions_["to_picture"].trigger()
    assert not app.window.isFullScreen()
    assert app.play.desk.isVisible()
    assert app.window.top_bar.isVisible()


# --- opening -----------------------------------------------------------------------------------------


def test_dropping_a_picture_restores_its_recipe(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    recipe = Recipe(latent=Latent(88), psi=0.4).with_mix_at(8, Mix(Latent(3), 0.5))
    info = app.session.info
    assert info is not None
    drop(app, picture_of(app, tmp_path / "a.png", recipe, info.fingerprint, info.name))
    qtbot.waitUntil(lambda: app.session.recipe == recipe)
    wait_for_seed(app, qtbot, 88)
    assert app.window.banner.isHidden()
    app.window.actions_["undo"].trigger()
    assert app.session.recipe == Recipe()


def test_a_projectors_latent_goes_onto_the_desk(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    can = app.session.capabilities
    assert can is not None
    w = np.linspace(-1.0, 1.0, can.w_dim, dtype=np.float32)
    np.savez(tmp_path / "projected_w.npz", w=np.broadcast_to(w, (1, can.style_count, can.w_dim)))
    drop(app, tmp_path / "projected_w.npz")
    qtbot.waitUntil(lambda: app.session.recipe.latent.in_w)
    assert app.session.recipe.latent.vector == tuple(w.astype(float).tolist())
    np.save(tmp_path / "foreign.npy", np.zeros((1, 3), np.float32))
    drop(app, tmp_path / "foreign.npy")
    qtbot.waitUntil(lambda: "this model has W" in app.window.banner.text)


def test_a_picture_of_another_model_opens_that_model(
    app: App, write_header: WriteHeader, qtbot: QtBot, tmp_path: Path
) -> None:
    other = write_header(user_models_dir() / "other.safetensors")
    app.opener.look_for_models()
    qtbot.waitUntil(lambda: len(app.opener.library) == 1)
    path = picture_of(app, tmp_path / "a.png", Recipe(latent=Latent(6)), other.fingerprint, "other")
    drop(app, path)
    qtbot.waitUntil(lambda: "Other" in app.window.top_bar.model_text)
    wait_for_seed(app, qtbot, 6)


def test_a_picture_of_an_unknown_model_says_so(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    drop(app, picture_of(app, tmp_path / "a.png", Recipe(latent=Latent(6)), "elsewhere", "faces"))
    wait_for_seed(app, qtbot, 6)
    assert "made with faces" in app.window.banner.text


def test_a_picture_that_is_none_says_so(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"no picture")
    drop(app, tmp_path / "photo.png")
    qtbot.waitUntil(app.window.banner.isVisible)
    assert "photo.png is not a readable PNG" in app.window.banner.text


def test_a_picture_dropped_on_a_strip_is_mixed_in_there(
    app: App, qtbot: QtBot, tmp_path: Path
) -> None:
    path = picture_of(app, tmp_path / "a.png", Recipe(latent=Latent(6)), "elsewhere", "faces")
    app.play.desk.file_dropped.emit(8, path)
    mixed = Recipe().with_mix_at(8, Mix(Latent(6)))
    qtbot.waitUntil(lambda: app.session.recipe == mixed)


def test_what_is_nothing_of_ours_is_refused_in_a_sentence(
    app: App, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "text.txt").touch()
    drop(app, tmp_path / "text.txt")
    qtbot.waitUntil(lambda: "text.txt" in app.window.banner.text)


def test_another_model_keeps_the_recipe(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "second.safetensors").touch()
    app.session.edit(Recipe(latent=Latent(5)), "seed")
    drop(app, tmp_path / "second.safetensors")
    qtbot.waitUntil(lambda: "Second" in app.window.top_bar.model_text)
    assert app.session.recipe == Recipe(latent=Latent(5))
    assert app.session.history.undo_label


def test_what_a_slow_disk_brings_late_does_not_replace_what_was_opened_since(
    app: App, engine: GatedEngine, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, answered = threading.Event(), threading.Event()

    def look(path: Path) -> Opened:
        found = look_at(path)
        if path.name == "slow.safetensors":
            answers.wait(60)
            answered.set()
        return found

    monkeypatch.setattr(opening, "look_at", look)
    monkeypatch.setattr(tasks, "STUCK", 0.1)
    for name in ("slow", "second"):
        (tmp_path / f"{name}.safetensors").touch()
        drop(app, tmp_path / f"{name}.safetensors")
    try:
        qtbot.waitUntil(lambda: "Second" in app.window.top_bar.model_text)
    finally:
        answers.set()
    qtbot.waitUntil(lambda: answered.is_set() and not left_behind())
    (tmp_path / "first.safetensors").touch()
    drop(app, tmp_path / "first.safetensors")
    qtbot.waitUntil(lambda: "First" in app.window.top_bar.model_text)
    assert [Path(name).stem for name in engine.loaded] == ["first", "second", "first"]


def test_a_model_that_cannot_be_opened_leaves_the_desk(
    app: App, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "broken.safetensors").touch()
    drop(app, tmp_path / "broken.safetensors")
    qtbot.waitUntil(app.window.banner.isVisible)
    app.session.edit(Recipe(latent=Latent(5)), "seed")
    wait_for_seed(app, qtbot, 5)
    assert "First" in app.window.top_bar.model_text


def test_what_was_opened_is_offered_again(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(Recipe(psi=0.1).to_json())
    drop(app, tmp_path / "a.json")
    qtbot.waitUntil(lambda: app.session.recipe.psi == 0.1)
    assert app.window.menus.recent_names == ["a.json"]


# --- keeping -----------------------------------------------------------------------------------------


def test_a_saved_picture_carries_what_was_shown(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    app.session.edit(Recipe(latent=Latent(12), psi=0.5), "edit")
    wait_for_seed(app, qtbot, 12)
    frame, info = app.play.saver.frame, app.session.info
    assert frame is not None
    assert info is not None
    app.play.saver.save_picture(tmp_path / "out.png", frame, info)
    qtbot.waitUntil(app.window.banner.isVisible)
    found = read_png(tmp_path / "out.png")
    assert found.recipe == Recipe(latent=Latent(12), psi=0.5)
    assert found.fingerprint == info.fingerprint
    assert QImage(str(tmp_path / "out.png")).pixelColor(0, 0).red() == 12


def test_saving_where_one_may_not_is_said_in_a_sentence(
    app: App, qtbot: QtBot, tmp_path: Path
) -> None:
    frame, info = app.play.saver.frame, app.session.info
    assert frame is not None
    assert info is not None
    app.play.saver.save_picture(tmp_path / "no such folder" / "out.png", frame, info)
    qtbot.waitUntil(app.window.banner.isVisible)
    assert "does not exist" in app.window.banner.text


def test_a_recipe_goes_through_the_clipboard(app: App) -> None:
    app.session.edit(Recipe(latent=Latent(5), psi=0.25), "edit")
    app.window.actions_["copy_recipe"].trigger()
    app.window.actions_["undo"].trigger()
    app.window.actions_["paste_recipe"].trigger()
    assert app.session.recipe == Recipe(latent=Latent(5), psi=0.25)


def test_a_clipboard_without_a_recipe_changes_nothing(app: App) -> None:
    QGuiApplication.clipboard().setText("shopping list")
    app.window.actions_["paste_recipe"].trigger()
    assert app.session.recipe == Recipe()
    assert "clipboard" in app.window.banner.text


def test_a_crash_saves_the_desk_before_it_is_reported(
    app: App, settings: Settings, qtbot: QtBot
) -> None:
    app.session.edit(Recipe(latent=Latent(31)), "edit")
    assert not settings.recipe_file.exists()
    app.messages.show_error(ZeroDivisionError("a slip"))
    assert Recipe.from_json(settings.recipe_file.read_text()).latent.seed == 31
    reports = app.window.findChildren(TextDialog)
    app.messages.show_error(ZeroDivisionError("another"))
    assert app.window.findChildren(TextDialog) == reports
    assert len(reports) == 1
    reports[0].reject()


def test_a_slip_of_the_renderer_is_reported(app: App, engine: GatedEngine, qtbot: QtBot) -> None:
    engine.fails = ZeroDivisionError("a slip")
    app.session.edit(Recipe(latent=Latent(31)), "edit")
    qtbot.waitUntil(lambda: bool(app.window.findChildren(TextDialog)))
    app.window.findChildren(TextDialog)[0].reject()
    app.session.edit(Recipe(latent=Latent(32)), "edit")
    wait_for_seed(app, qtbot, 32)


# --- ending ------------------------------------------------------------------------------------------


def test_closing_while_rendering_leaves_no_thread(
    app: App, engine: GatedEngine, qtbot: QtBot
) -> None:
    while engine.entered.acquire(blocking=False):
        pass
    engine.gate.clear()
    app.session.edit(Recipe(latent=Latent(3)), "seed")
    assert engine.entered.acquire(timeout=60)
    engine.gate.set()
    app.window.close()
    assert app.worker.isFinished()


def test_closing_before_anything_was_loaded_leaves_no_thread(open_app: Open) -> None:
    app = open_app()
    app.window.close()
    assert not app.worker.isRunning()


def test_windows_of_facts_can_be_opened(app: App, qtbot: QtBot) -> None:
    for name in ("help", "about", "model_info"):
        app.window.actions_[name].trigger()
    facts = app.window.findChildren(FactsDialog)
    assert len(facts) == 3
    qtbot.waitUntil(lambda: all(window.isVisible() for window in facts))
    for window in facts:
        window.close()


# --- runs --------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder whose first model and sheet are there."""
    folder = tmp_path / "faces"
    (folder / "sheets").mkdir(parents=True)
    (folder / "config.json").write_text('{"ganlab_train_config": 1, "images": 2000}')
    progress = '{"event": "Progress", "images": 500, "resolution": 16, "alpha": 0.5}\n'
    (folder / "events.jsonl").write_text(progress)
    write_sheet(folder, 500, 10)
    (folder / "model.safetensors").write_bytes(b"first")
    return folder


def write_sheet(folder: Path, images: int, grey: int) -> None:
    sheet = QImage(8, 8, QImage.Format.Format_RGB32)
    sheet.fill(QColor(grey, grey, grey))
    assert sheet.save(str(folder / "sheets" / f"{images:09d}.png"))


def sheet_grey(app: App) -> int:
    image = app.train.view.wall.image
    return -1 if image.isNull() else image.pixelColor(0, 0).red()


def test_a_run_is_played_while_it_trains(
    app: App, engine: GatedEngine, run: Path, qtbot: QtBot
) -> None:
    app.session.edit(Recipe(latent=Latent(50)), "seed")
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    drop(app, run)
    model = str(run / "model.safetensors")
    qtbot.waitUntil(lambda: engine.loaded.count(model) == 1 and sheet_grey(app) == 10)
    assert app.train.view.wall.isVisible()
    write_sheet(run, 700, 20)
    (run / "model.safetensors").write_bytes(b"second, longer")
    app.train.run.watcher.look()
    qtbot.waitUntil(lambda: engine.loaded.count(model) == 2 and sheet_grey(app) == 20)
    assert app.session.recipe == Recipe(latent=Latent(50))
    wait_for_seed(app, qtbot, 50)
    before[run / "model.safetensors"] = b"second, longer"
    assert {path: path.read_bytes() for path in before} == before


def test_opening_another_model_lets_the_run_go(
    app: App, engine: GatedEngine, run: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    drop(app, run)
    qtbot.waitUntil(lambda: str(run / "model.safetensors") in engine.loaded)
    (tmp_path / "second.safetensors").touch()
    drop(app, tmp_path / "second.safetensors")
    qtbot.waitUntil(lambda: "Second" in app.window.top_bar.model_text)
    assert not app.train.view.wall.isVisible()
    (run / "model.safetensors").write_bytes(b"second, longer")
    app.train.run.watcher.look()
    assert "Second" in app.window.top_bar.model_text


def test_a_picture_of_the_command_line_brings_its_model(
    app: App, open_app: Open, write_header: WriteHeader, qtbot: QtBot, tmp_path: Path
) -> None:
    other = write_header(user_models_dir() / "other.safetensors")
    path = picture_of(app, tmp_path / "a.png", Recipe(latent=Latent(6)), other.fingerprint, "other")
    again = open_app(Start(model=str(tmp_path / "first.safetensors"), recipe=path))
    qtbot.waitUntil(lambda: "Other" in again.window.top_bar.model_text)
    wait_for_seed(again, qtbot, 6)


# --- where a model starts ----------------------------------------------------------------------------


def with_facts(info: ModelInfo, **facts: object) -> ModelInfo:
    return replace(info, provenance=facts)


def test_reset_all_returns_to_the_models_own_start_with_the_seed_kept(
    app: App, qtbot: QtBot
) -> None:
    info, can = app.session.info, app.session.capabilities
    assert info is not None
    assert can is not None
    told = with_facts(info, truncation={"psi": 0.4, "cutoff": 2})
    app.window.show_model(told, can)
    app.session.set_model(told, can)
    app.session.edit(Recipe(latent=Latent(12), psi=1.5), "edit")
    qtbot.mouseClick(app.play.master.style_section.reset, Qt.MouseButton.LeftButton)
    assert app.session.recipe == Recipe(latent=Latent(12), psi=0.4, cutoff=2)
    assert app.session.history.undo_label == "reset all"


def test_a_pick_is_one_step_that_can_be_undone(app: App) -> None:
    info, can = app.session.info, app.session.capabilities
    entry = {"name": "Nine", "recipe": {"ganlab_recipe": 1, "latent": {"seed": 9}}}
    app.window.show_model(with_facts(info, recipes=[entry]), can)
    (action,) = app.window.top_bar.pick_actions
    action.trigger()
    assert app.session.recipe.latent == Latent(9)
    app.session.undo()
    assert app.session.recipe.latent == Latent(0)


def test_the_picker_offers_the_library_and_what_was_opened_last(
    app: App, write_header: WriteHeader, qtbot: QtBot, tmp_path: Path
) -> None:
    write_header(user_models_dir() / "apple.safetensors")
    other = write_header(tmp_path / "elsewhere" / "pear.safetensors")
    app.opener.open(other.path)
    app.opener.look_for_models()
    qtbot.waitUntil(lambda: len(app.opener.picker.cards) == 2)
    assert [card.title for card in app.opener.picker.cards] == ["Apple", "Pear"]
    app.window.actions_["choose_model"].trigger()
    assert app.opener.picker.isVisible()
    qtbot.keyClick(app.opener.picker.list, Qt.Key.Key_Home)
    qtbot.keyClick(app.opener.picker.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Apple" in app.window.top_bar.model_text)


def test_only_acts_that_do_something_are_at_hand(app: App, request: pytest.FixtureRequest) -> None:
    acts = ("cycle_noise", "psi_up", "growth_up", "random_class")
    expected = {
        "can64": {"cycle_noise", "psi_up", "growth_up"},
        "stylegan2_64": {"cycle_noise", "psi_up"},
        "progan64": {"growth_up"},
        "biggan64": {"psi_up", "random_class"},
    }
    for model, able in expected.items():
        app.window.show_model(app.session.info, request.getfixturevalue(model))
        assert {name for name in acts if app.window.actions_[name].isEnabled()} == able
    assert app.window.actions_["cycle_noise"].toolTip() == "This model adds no noise."
    assert "(C)" in app.window.actions_["random_class"].toolTip()


@pytest.mark.parametrize("model", ["can64", "stylegan2_64", "progan64", "biggan64"])
def test_every_architecture_fits_a_small_screen(
    app: App, request: pytest.FixtureRequest, model: str
) -> None:
    app.window.show_model(app.session.info, request.getfixturevalue(model))
    least = app.window.minimumSizeHint()
    assert least.width() <= 800
    assert least.height() <= 580


def test_typing_a_class_plays_nothing_else(app: App, biggan64: Capabilities, qtbot: QtBot) -> None:
    """Space and C are keys of the window, but letters of a name first."""
    app.window.show_model(app.session.info, biggan64)
    mixer = app.play.master.class_section.mixer
    qtbot.mouseClick(mixer.add, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(mixer.picker.line, "c thing 1")
    assert mixer.picker.line.text() == "c thing 1"
    assert app.session.recipe == Recipe()
    mixer.picker.line.clear()
    qtbot.keyClicks(mixer.picker.line, "crane")
    qtbot.keyClick(mixer.picker.line, Qt.Key.Key_Return)
    assert app.session.recipe == Recipe(classes=((0, 0.5), (3, 0.5)))
    app.session.undo()
    assert app.session.recipe == Recipe()


def test_a_drag_of_a_weight_is_one_step(
    app: App, biggan64: Capabilities, drag: Callable[..., None], qtbot: QtBot
) -> None:
    app.window.show_model(app.session.info, biggan64)
    track = app.play.master.class_section.mixer.rows[0].weight.track
    drag(track, [(20, 8), (60, 8), (90, 8)])
    assert app.session.history.count() == 1
    app.session.undo()
    assert app.session.recipe == Recipe()


# --- small screens -----------------------------------------------------------------------------------


def test_every_panel_fits_a_small_screen(app: App, qtbot: QtBot) -> None:
    window = app.window
    docks = [dock for dock in window.findChildren(QDockWidget) if dock.isHidden()]
    window.resize(800, 600 - 32)
    for dock in docks:
        dock.show()
        qtbot.waitUntil(dock.isVisible)
        QApplication.processEvents()
        assert (window.width(), window.height()) == (800, 568), dock.windowTitle()
        dock.hide()


def test_hiding_a_panel_by_the_palette_gives_the_keyboard_to_the_picture(
    app: App, qtbot: QtBot
) -> None:
    commands = {command.text: command for command in app.window.commands.commands()}
    commands["Show Wander"].run()
    commands["Show Wander"].run()
    qtbot.waitUntil(lambda: app.window.focusWidget() is app.window.canvas)


def test_the_precision_chosen_below_the_picture_is_used_and_remembered(
    app: App, engine: GatedEngine, settings: Settings, qtbot: QtBot
) -> None:
    status = app.window.status

    def choose(name: str) -> None:
        actions = status.place.choices().actions()
        next(action for action in actions if action.data() == name).trigger()

    with qtbot.waitSignal(app.worker.counted):
        choose("bf16")
    assert engine.precisions == ["bf16"]
    assert "at most 7 grey levels" in status.place.cost
    assert Settings(settings.folder).precision == "bf16"
    with qtbot.waitSignal(app.worker.counted):
        choose("fp32")
    assert "grey" not in status.place.cost


# --- a hand that moves -------------------------------------------------------------------------------


def test_panels_follow_a_drag_a_moment_later_and_the_last_of_it_at_once(
    app: App, qtbot: QtBot
) -> None:
    """All of a movement is drawn; the controls need not be painted more often than pictures come."""
    app.window.drag_started.emit()
    for psi in (0.9, 0.8, 0.7):
        app.session.edit(replace(app.session.recipe, psi=psi), "psi")
    shown = app.play.master.style_section.psi
    assert shown.value == 0.9
    qtbot.waitUntil(lambda: shown.value == 0.7)
    app.session.edit(replace(app.session.recipe, psi=0.6), "psi")
    app.session.edit(replace(app.session.recipe, psi=0.5), "psi")
    app.window.drag_finished.emit()
    assert shown.value == 0.5


def test_an_edit_in_the_middle_of_a_drag_knows_all_of_it(app: App) -> None:
    """Another control than the one under the hand, a pad's or a key's, loses nothing of the drag."""
    app.window.drag_started.emit()
    for psi in (0.9, 0.8, 0.7):
        app.session.edit(replace(app.session.recipe, psi=psi), "psi")
    app.play.desk.strips[8].mix.track.propose(0.4)
    app.window.drag_finished.emit()
    assert app.session.recipe.psi == 0.7
    assert dict(app.session.recipe.mix_at)[8].amount == 0.4
