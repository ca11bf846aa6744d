"""Keeping: favourites, the film strip, A and B, presets, copies, the palette."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.library.history_strip import shots_of
from ganlab.session import History
from ganlab.window.palette import Palette
from ganlab_core.export import as_command, as_python
from ganlab_core.export.favourites import keep
from ganlab_core.files import favourites_dir, user_models_dir
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Latent, Mix, Recipe

Show = Callable[[str], None]


def to_seed(app: App, qtbot: QtBot, number: int) -> None:
    app.session.edit(Recipe(latent=Latent(number)), f"seed {number}")
    qtbot.waitUntil(lambda: app.play.saver.frame.recipe.latent.seed == number)


def keep_now(app: App, qtbot: QtBot) -> None:
    before = len(app.library.gallery.known)
    app.window.actions_["keep"].trigger()
    qtbot.waitUntil(lambda: len(app.library.gallery.known) == before + 1)


# --- favourites --------------------------------------------------------------------------------------


def test_a_favourite_brings_its_picture_back(app: App, show_panel: Show, qtbot: QtBot) -> None:
    show_panel("Favourites")
    app.session.edit(Recipe(latent=Latent(41), psi=0.2).with_mix_at(8, Mix(Latent(3))), "edit")
    qtbot.waitUntil(lambda: app.play.saver.frame.recipe.latent.seed == 41)
    kept = app.session.recipe
    keep_now(app, qtbot)
    to_seed(app, qtbot, 5)
    app.library.gallery_panel.grid.chosen.emit(0)
    assert app.session.recipe == kept
    app.session.undo()
    assert app.session.recipe.latent.seed == 5


def test_favourites_are_named_tagged_and_found(app: App, show_panel: Show, qtbot: QtBot) -> None:
    show_panel("Favourites")
    panel = app.library.gallery_panel
    for number in (1, 2):
        to_seed(app, qtbot, number)
        keep_now(app, qtbot)
    qtbot.keyClick(panel.grid, Qt.Key.Key_F2)
    panel.name.setText("Anna")
    panel.tags.setText("red, hat")
    qtbot.keyClick(panel.tags, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.shown[0].tags == ("red", "hat"))
    panel.search.setText("hat")
    assert [favourite.name for favourite in panel.shown] == ["Anna"]
    panel.search.setText("")
    assert len(panel.shown) == 2


def test_a_deleted_favourite_comes_back(app: App, show_panel: Show, qtbot: QtBot) -> None:
    show_panel("Favourites")
    panel = app.library.gallery_panel
    keep_now(app, qtbot)
    qtbot.keyClick(panel.grid, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: panel.shown == [])
    assert panel.restore.isEnabled()
    panel.restore.click()
    qtbot.waitUntil(lambda: len(panel.shown) == 1)


def test_a_favourite_is_a_source_for_a_strip(app: App, qtbot: QtBot) -> None:
    to_seed(app, qtbot, 7)
    keep_now(app, qtbot)
    to_seed(app, qtbot, 8)
    cell = app.library.gallery_panel.grid.cell(0)
    assert cell.mime is not None
    path = Path(cell.mime.urls()[0].toLocalFile())
    app.play.desk.file_dropped.emit(16, path)
    qtbot.waitUntil(lambda: dict(app.session.recipe.mix_at).get(16) == Mix(Latent(7)))


def test_a_favourite_of_another_machine_says_what_differs(
    app: App, info: ModelInfo, tmp_path: Path, qtbot: QtBot
) -> None:
    elsewhere = ModelInfo(
        "faces", "Faces", "stylegan2", 1024, (), "", "", "f" * 32, {}, {}, 10.0, tmp_path
    )
    recipe = Recipe(latent=Latent(6)).with_psi_at(1024, 0.1)
    keep(favourites_dir(), np.zeros((8, 8, 3), np.uint8), recipe, elsewhere)
    app.library.gallery.load()
    qtbot.waitUntil(lambda: len(app.library.gallery.known) == 1)
    told: list[tuple[str, str]] = []
    app.messages.noticed.connect(lambda notice: told.append((notice.text, notice.details)))
    app.library.show_favourite(app.library.gallery.known[0])
    assert app.session.recipe == recipe
    assert "faces" in told[0][0]
    assert "psi at 1024 px: 0.1 → as the master" in told[0][1]


def test_a_favourite_brings_its_model_from_the_library(
    app: App, write_header: Callable[[Path], ModelInfo], qtbot: QtBot
) -> None:
    other = write_header(user_models_dir() / "other.safetensors")
    app.opener.look_for_models()
    qtbot.waitUntil(lambda: len(app.opener.library) == 1)
    kept = keep(favourites_dir(), np.zeros((8, 8, 3), np.uint8), Recipe(Latent(6)), other)
    app.library.show_favourite(kept)
    qtbot.waitUntil(lambda: "Other" in app.window.top_bar.model_text)


# --- the film strip ----------------------------------------------------------------------------------


def test_the_film_strip_shows_every_branch_and_goes_to_any_step(
    app: App, show_panel: Show, qtbot: QtBot
) -> None:
    show_panel("History")
    for number in (1, 2):
        to_seed(app, qtbot, number)
    app.session.undo()
    to_seed(app, qtbot, 3)
    view = app.library.history_panel.view
    qtbot.waitUntil(lambda: len(view.shots) == 4)
    assert [(shot.column, shot.row) for shot in view.shots] == [(0, 0), (1, 0), (2, 0), (2, 1)]
    qtbot.waitUntil(lambda: all(view.has_picture(shot.number) for shot in view.shots))
    left = view.shots[2]
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.box(left.number).center().toPoint())
    assert app.session.recipe.latent.seed == 2
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert app.session.recipe.latent.seed == 1
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert app.session.recipe.latent.seed == 2


def test_no_two_steps_stand_in_one_place() -> None:
    history = History(Recipe())
    numbers = [history.now.number]
    for number in range(1, 60):
        history.go_to(numbers[(7 * number) % len(numbers)])
        history.push(Recipe(latent=Latent(number)), str(number))
        numbers.append(history.now.number)
    places = [(shot.column, shot.row) for shot in shots_of(history)]
    assert len(set(places)) == len(places)


# --- A and B -----------------------------------------------------------------------------------------


def test_the_desk_is_compared_with_what_it_was(
    app: App, qtbot: QtBot, show_panel: Callable[[str], None]
) -> None:
    panel = app.library.compare_panel
    app.window.actions_["take_a"].trigger()
    assert app.window.canvas.wipe == 0.5
    show_panel("Compare")
    app.session.edit(Recipe(latent=Latent(9), psi=0.3), "edit")
    qtbot.waitUntil(lambda: "psi 0.7 → 0.3" in panel.words.toPlainText())
    assert "latent seed 0 → seed 9" in panel.words.toPlainText()
    panel.take_b.click()
    to_seed(app, qtbot, 12)
    assert "seed 0 → seed 9" in panel.words.toPlainText()
    panel.follow.click()
    assert "seed 0 → seed 12" in panel.words.toPlainText()
    panel.go_to_a.click()
    assert app.session.recipe == Recipe()


def test_pictures_of_two_models_are_compared(
    app: App, qtbot: QtBot, tmp_path: Path, show_panel: Callable[[str], None]
) -> None:
    show_panel("Compare")
    app.window.actions_["take_a"].trigger()
    app.opener.start(str(tmp_path / "second.safetensors"))
    words = app.library.compare_panel.words
    qtbot.waitUntil(lambda: "model First → Second" in words.toPlainText())


def test_a_favourite_is_compared_with_the_desk(app: App, qtbot: QtBot) -> None:
    to_seed(app, qtbot, 4)
    keep_now(app, qtbot)
    to_seed(app, qtbot, 5)
    app.library.gallery_panel.compared.emit(app.library.gallery.known[0])
    qtbot.waitUntil(lambda: app.library.comparison.a is not None)
    assert app.library.comparison.a.recipe.latent.seed == 4
    assert app.library.comparison.a.pixels.shape == (32, 32, 3)


def test_a_step_of_the_history_is_compared_with_the_desk(app: App, qtbot: QtBot) -> None:
    first = app.session.history.now.number
    to_seed(app, qtbot, 5)
    app.library.history_panel.view.compared.emit(first)
    words = app.library.compare_panel.words
    qtbot.waitUntil(lambda: "seed 0 → seed 5" in words.toPlainText())


# --- presets -----------------------------------------------------------------------------------------


def test_a_preset_is_saved_applied_and_deleted(app: App, qtbot: QtBot) -> None:
    panel, presets = app.library.presets_panel, app.library.presets
    app.session.edit(Recipe(latent=Latent(2), psi=0.25), "edit")
    panel.name.setText("calm")
    panel.save.click()
    qtbot.waitUntil(lambda: [preset.name for preset in presets.known] == ["calm"])
    app.session.edit(Recipe(latent=Latent(3), growth=4.0), "edit")
    panel.list.setCurrentRow(0)
    panel.apply.click()
    assert app.session.recipe == Recipe(latent=Latent(3), psi=0.25, growth=4.0)
    panel.list.setCurrentRow(0)
    panel.delete.click()
    qtbot.waitUntil(lambda: presets.known == [])


# --- copies ------------------------------------------------------------------------------------------


def test_what_is_copied_makes_the_picture_that_is_shown(app: App, qtbot: QtBot) -> None:
    to_seed(app, qtbot, 21)
    info = app.session.info
    app.window.actions_["copy_command"].trigger()
    assert QGuiApplication.clipboard().text() == as_command(info, app.session.recipe, "cpu")
    app.window.actions_["copy_python"].trigger()
    assert QGuiApplication.clipboard().text() == as_python(info, app.session.recipe, "cpu")


# --- the palette -------------------------------------------------------------------------------------


def palette(app: App) -> Palette:
    app.window.actions_["palette"].trigger()
    return app.window.findChildren(Palette)[-1]


def test_the_palette_reaches_actions_panels_models_presets_and_favourites(
    app: App, write_header: Callable[[Path], ModelInfo], qtbot: QtBot
) -> None:
    write_header(user_models_dir() / "other.safetensors")
    app.opener.look_for_models()
    keep_now(app, qtbot)
    app.library.presets_panel.name.setText("calm")
    app.library.presets_panel.save.click()
    qtbot.waitUntil(lambda: bool(app.opener.library) and bool(app.library.presets.known))
    commands = app.window.commands.commands()
    actions = app.window.actions_
    named = {command.text for command in commands}
    for group in actions.groups():
        for action in actions.group(group):
            text = action.text().replace("&", "").replace("…", "")
            assert text in named or action.objectName() == "palette"
    for dock in app.window.findChildren(QDockWidget):
        assert {f"Show {dock.windowTitle()}", f"Hide {dock.windowTitle()}"} & named
    kinds = {command.kind for command in commands}
    assert {"Model", "Preset", "Favourite", "Panel"} <= kinds


def test_the_palette_is_played_by_the_keyboard_alone(app: App, qtbot: QtBot) -> None:
    opened = palette(app)
    qtbot.keyClicks(opened.line, "sh vari")
    assert opened.shown[0].text == "Show Variations"
    qtbot.keyClick(opened.line, Qt.Key.Key_Return)
    qtbot.waitUntil(app.library.parent().explore.variations_panel.isVisible)
    again = palette(app)
    qtbot.keyClick(again.line, Qt.Key.Key_Down)
    qtbot.keyClick(again.line, Qt.Key.Key_Down)
    assert again.list.currentRow() == 2
    qtbot.keyClick(again.line, Qt.Key.Key_Escape)


def test_the_palette_reaches_the_dice(app: App, qtbot: QtBot) -> None:
    before = app.session.recipe
    opened = palette(app)
    qtbot.keyClicks(opened.line, "new seed")
    qtbot.keyClick(opened.line, Qt.Key.Key_Return)
    assert app.session.recipe.latent != before.latent
