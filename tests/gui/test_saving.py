"""Where pictures go, under which name and how large; the clipboard, and the picture's own menu."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.controls.form import large_side
from ganlab.film.export_dialogs import ExportFilmDialog, ExportPicturesDialog
from ganlab.film.timeline_panel import FillChoice
from ganlab.play.master import StyleSection
from ganlab.play.play_room import FOREIGN, OWN_TYPE, sizes_of
from ganlab.settings import Settings
from ganlab_core.export import PictureSize, read_png
from ganlab_core.export.png import encode_png
from ganlab_core.files import bundled_models_dir, is_programs_own, pictures_dir, videos_dir
from ganlab_core.recipe import Capabilities, Latent, Recipe

if TYPE_CHECKING:
    from tests.gui.conftest import GatedEngine

D = TypeVar("D", bound=QWidget)


@pytest.fixture
def app(engine: GatedEngine, settings: Settings, qtbot: QtBot, tmp_path: Path) -> Iterator[App]:
    """The program with a model on the desk and a picture on the canvas."""
    app = App(Start(str(tmp_path / "first.safetensors")), Settings(settings.folder), engine)
    with qtbot.waitSignal(app.window.canvas.painted):
        app.show()
    qtbot.waitUntil(lambda: app.play.saver.frame is not None)
    yield app
    app.leave()
    app.window.deleteLater()


def dialog_of(app: App, kind: type[D]) -> D:
    return app.window.findChildren(kind)[-1]


def copied(app: App, qtbot: QtBot) -> None:
    """Copy the picture, and wait until the clipboard has it."""
    QGuiApplication.clipboard().setText("something else")
    app.window.actions_["copy_picture"].trigger()
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().mimeData().hasFormat(OWN_TYPE))


# --- where to, and by which name ---------------------------------------------------------------------


def test_pictures_are_offered_among_the_persons_pictures(app: App) -> None:
    app._settings.last_folder = bundled_models_dir()
    app._settings.keep_saving_folder("pictures", bundled_models_dir())
    app.session.edit(Recipe(latent=Latent(42)), "seed")
    app.play.saver.frame = replace(app.play.saver.frame, recipe=app.session.recipe)
    app.window.actions_["save_png"].trigger()
    dialog = dialog_of(app, QFileDialog)
    assert Path(dialog.directory().absolutePath()) == pictures_dir()
    assert Path(dialog.selectedFiles()[0]).name == "first-seed0042.png"
    dialog.reject()
    assert not pictures_dir().exists()


def test_films_are_offered_among_the_persons_films(app: App, qtbot: QtBot) -> None:
    app._settings.last_folder = bundled_models_dir()
    app.film.filming.add_keyframe()
    app.window.actions_["export_film"].trigger()
    film = dialog_of(app, ExportFilmDialog)
    assert film.place.path == videos_dir() / "first-seed0000-film.mp4"
    assert film.do.isEnabled()
    app.window.actions_["export_pictures"].trigger()
    pictures = dialog_of(app, ExportPicturesDialog)
    assert pictures.place.path == pictures_dir() / "first-seed0000.png"
    pictures.kind.set_value("batch")
    pictures.kind.edited.emit("batch")
    assert pictures.place.path == pictures_dir() / "first-pictures"
    qtbot.waitUntil(pictures.isVisible)
    film.reject()
    pictures.reject()


def test_the_folder_of_the_last_picture_is_offered_again(app: App, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    app._settings.keep_saving_folder("pictures", mine)
    assert app._settings.saving_folder("pictures") == mine
    assert app._settings.saving_folder("videos") == videos_dir()
    mine.rmdir()
    assert app._settings.saving_folder("pictures") == pictures_dir()


def test_the_programs_own_folders_are_known(tmp_path: Path) -> None:
    assert is_programs_own(bundled_models_dir())
    assert is_programs_own(bundled_models_dir() / "deeper")
    assert not is_programs_own(tmp_path / "pictures")


# --- how large ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resolution", "count", "side"),
    [(64, 1, 1024), (96, 1, 1056), (64, 4, 256), (512, 1, 1024), (1024, 1, None), (512, 4, None)],
)
def test_small_pictures_are_enlarged_by_a_whole_number(
    resolution: int, count: int, side: int | None
) -> None:
    assert large_side(resolution, count) == side


def test_a_picture_is_saved_large_and_comes_back(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    frame, info = app.play.saver.on_desk() or pytest.fail("no picture")
    sizes = sizes_of(frame)
    assert list(sizes) == [
        "1024 px, enlarged by Lanczos, smooth",
        "1024 px, enlarged by nearest neighbour, in squares",
        "32 px, as rendered",
    ]
    app.window.actions_["save_png"].trigger()
    dialog = dialog_of(app, QFileDialog)
    for index, (words, pixels) in enumerate(zip(sizes, (1024, 1024, 32), strict=True)):
        assert f"PNG, {words} (*.png)" in dialog.nameFilters()
        dialog.selectNameFilter(dialog.nameFilters()[index])
        path = tmp_path / f"{index}.png"
        dialog.fileSelected.emit(str(path))
        qtbot.waitUntil(path.exists)
        with Image.open(path) as image:
            assert image.size == (pixels, pixels)
        assert read_png(path).recipe == frame.recipe
    dialog.reject()


def test_exports_are_large_and_as_rendered_is_one_click(
    qtbot: QtBot, tmp_path: Path, can: Capabilities
) -> None:
    dialog = ExportPicturesDialog(tmp_path / "a", can, Recipe(), ("a",))
    qtbot.addWidget(dialog)
    assert dialog.job.size == PictureSize(side=1024, method="lanczos")
    assert "Enlarged from 32 px by Lanczos" in dialog.summary.text()
    dialog.kind.set_value("contact")
    dialog.kind.edited.emit("contact")
    assert dialog.job.size.side == 256
    dialog.size_.native.click()
    assert dialog.job.size.side is None
    assert "32 × 32 px" in dialog.summary.text()
    dialog.kind.set_value("one")
    dialog.kind.edited.emit("one")
    assert dialog.job.size.side is None


# --- the clipboard -----------------------------------------------------------------------------------


def test_a_copied_picture_is_a_picture_and_comes_back(app: App, qtbot: QtBot) -> None:
    recipe = Recipe(latent=Latent(77), psi=0.25)
    app.session.edit(recipe, "edit")
    qtbot.waitUntil(
        lambda: app.play.saver.frame is not None and app.play.saver.frame.recipe == recipe
    )
    copied(app, qtbot)
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (1024, 1024)
    assert image.pixelColor(512, 512).red() == 77
    app.session.edit(Recipe(), "away")
    app.window.actions_["paste_recipe"].trigger()
    qtbot.waitUntil(lambda: app.session.recipe == recipe)
    assert app.session.history.now.label == "paste picture"


def test_a_picture_copied_elsewhere_from_our_file_comes_back(app: App, qtbot: QtBot) -> None:
    frame, info = app.play.saver.on_desk() or pytest.fail("no picture")
    data = encode_png(frame.pixels, Recipe(latent=Latent(5)), info)
    mime = QMimeData()
    mime.setData("image/png", data)
    QGuiApplication.clipboard().setMimeData(mime)
    app.window.actions_["paste_recipe"].trigger()
    qtbot.waitUntil(lambda: app.session.recipe.latent.seed == 5)


@pytest.mark.parametrize("own", [b"", b"{", b'{"recipe": 5}', b"\xff" * 100])
def test_a_foreign_picture_is_answered_in_a_sentence(app: App, qtbot: QtBot, own: bytes) -> None:
    mime = QMimeData()
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    mime.setImageData(image)
    if own:
        mime.setData(OWN_TYPE, own)
    QGuiApplication.clipboard().setMimeData(mime)
    before = app.session.recipe
    app.window.actions_["paste_recipe"].trigger()
    qtbot.waitUntil(lambda: app.window.banner.text == FOREIGN)
    assert app.session.recipe == before


# --- the picture's own menu --------------------------------------------------------------------------


def test_the_picture_offers_what_one_does_with_it(app: App, qapp: QApplication) -> None:
    canvas = app.window.canvas
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(9, 9), QPoint(9, 9))
    qapp.sendEvent(canvas, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    names = {action.objectName() for action in menu.actions()}
    assert {"copy_picture", "save_png", "keep", "keyframe", "take_a", "reset"} <= names
    assert "Variations" in [action.text() for action in menu.actions()]
    next(act for act in menu.actions() if act.objectName() == "keyframe").trigger()
    assert not app.film.filming.film.empty
    menu.close()


# --- films by rule, and blends -----------------------------------------------------------------------


def test_filling_shows_where_the_playhead_is(app: App) -> None:
    filming = app.film.filming
    before = app.session.recipe
    filming.fill(FillChoice("circle", 1.0))
    assert filming.film.place == 0.0
    assert app.session.recipe == filming.playable.recipe_at(0.0) != before
    app.window.actions_["undo"].trigger()
    assert filming.film.empty
    assert app.session.recipe == before


def test_a_tour_of_classes_is_not_offered_without_classes(app: App, can: Capabilities) -> None:
    def offered() -> QAction:
        actions = app.film.panel.fill.menu().actions()
        return next(action for action in actions if action.text() == "Class Tour")

    assert not offered().isEnabled()
    assert "no classes" in offered().toolTip()
    app.film.panel.set_capabilities(replace(can, classes=("a", "b")))
    assert offered().isEnabled()


def test_a_blend_is_told_in_the_space_that_the_model_has(qtbot: QtBot, can: Capabilities) -> None:
    section = StyleSection()
    qtbot.addWidget(section)
    blend = Latent(3, (), "w", ((Latent(3), 0.5), (Latent(4), 0.5)))
    section.show_recipe(Recipe(latent=blend))
    section.set_capabilities(can)
    assert "a blend of 2 in W" in section.seed.field.placeholderText()
    section.set_capabilities(replace(can, has_w=False))
    assert "a blend of 2 in Z" in section.seed.field.placeholderText()
