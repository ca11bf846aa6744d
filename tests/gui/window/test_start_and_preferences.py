"""The start page, the preferences, a line between two pictures, and the menu of a knob."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QContextMenuEvent, QDragEnterEvent, QDragLeaveEvent, QImage
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.settings import Settings
from ganlab.window import PreferencesDialog, StartPage, Tile
from ganlab_core.recipe import Recipe
from tests.benchmarks.picture_share import settle
from tests.gui.conftest import Drag
from tests.hands import drop


def test_the_start_page_is_one_key_away_and_leads_back(app: App) -> None:
    window = app.window
    window.workspaces.enter("Film")
    assert window.actions_["start_page"].shortcut().toString() == "H"
    window.actions_["start_page"].trigger()
    assert window.middle.page == "start"
    window.actions_["start_page"].trigger()
    assert window.middle.page == ""
    assert window.workspaces.current.name == "Film"


def test_tiles_open_what_they_show_and_wrap_where_the_page_is_narrow(qtbot: QtBot) -> None:
    done: list[str] = []
    page = StartPage()
    qtbot.addWidget(page)
    page.resize(1000, 600)
    page.show()
    tiles = [
        Tile(f"model {n}", "64 px", QImage(), lambda n=n: done.append(f"{n}")) for n in range(5)
    ]
    page.show_section("Models", tiles)
    settle()
    buttons = page.section("Models").tiles
    assert {button.y() for button in buttons} == {buttons[0].y()}
    qtbot.mouseClick(buttons[3], Qt.MouseButton.LeftButton)
    assert done == ["3"]
    page.resize(400, 600)
    settle()
    assert len({button.y() for button in buttons}) == 3
    page.show_section("Models", [])
    assert page.section("Models").isHidden()


def test_the_library_is_shown_as_pictures(app: App, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(app.window.start_page.section("Begin").tiles))
    titles = [button.tile.title for button in app.window.start_page.section("Begin").tiles]
    assert titles == ["Watch it learn", "Train on pictures", "Open a run"]


def test_preferences_are_kept_when_saved_and_only_then(settings: Settings, qtbot: QtBot) -> None:
    dialog = PreferencesDialog(settings)
    dialog.motion.setChecked(True)
    dialog.reject()
    assert not settings.reduced_motion
    dialog = PreferencesDialog(settings)
    qtbot.addWidget(dialog)
    dialog.motion.setChecked(True)
    dialog.device.setCurrentIndex(1)
    dialog.size_of_things.setCurrentIndex(3)
    dialog.budget.setCurrentIndex(2)
    dialog.choose_folder("videos", settings.folder)
    settings.folder.mkdir(parents=True, exist_ok=True)
    dialog.accept()
    again = Settings(settings.folder)
    assert (again.device, again.precision) == ("cpu", "fp32")
    assert (again.interface_size, again.preview_budget) == (150, 100)
    assert again.reduced_motion
    assert again.saving_folder("videos") == settings.folder


def test_preferences_that_are_damaged_become_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "ganlab.ini").write_text(
        "[render]\ndevice=toaster\npreview_budget=99999\n[window]\ninterface_size=-7\n"
    )
    settings = Settings(tmp_path)
    assert settings.device == ""
    assert (settings.preview_budget, settings.interface_size) == (45, 100)


def test_a_line_between_two_pictures_is_dragged_on_the_picture(
    app: App, qtbot: QtBot, drag: Drag
) -> None:
    canvas = app.window.canvas
    app.window.actions_["take_a"].trigger()
    assert canvas.wipe == 0.5
    target = canvas.picture_rect()
    middle, quarter = target.center(), target.x() + target.width() / 4
    drag(canvas, [(middle.x(), middle.y()), (quarter, middle.y())])
    assert abs((canvas.wipe or 0) - 0.25) < 0.01
    canvas.badges.press("wipe")
    assert canvas.wipe is None


def test_every_knob_has_a_menu_with_what_it_is(app: App) -> None:
    knob = app.play.master.style_section.psi
    place = knob.mapToGlobal(knob.rect().center())
    at = app.window.mapFromGlobal(place)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(at), place)
    QApplication.sendEvent(app.window, event)
    menu = next(m for m in app.window.findChildren(QMenu) if m.isVisible())
    words = [action.text().replace("&", "") for action in menu.actions() if action.text()]
    assert words[:4] == ["Reset", "Type a value…", "Add Keyframe", "What is Truncation psi?"]
    menu.close()


def test_the_picture_alone_may_keep_a_thin_desk(app: App) -> None:
    window, desk = app.window, app.play.desk
    window.actions_["thin_desk"].setChecked(True)
    window.actions_["picture_alone"].setChecked(True)
    settle()
    assert desk.isVisible()
    assert desk.folded
    assert not app.play.master.isVisible()
    window.actions_["picture_alone"].setChecked(False)
    settle()
    assert desk.at_side
    assert not desk.folded
    assert app.play.master.isVisible()
    assert window.rail.isVisible()


def test_a_file_that_is_carried_over_the_window_is_welcomed(app: App, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.png"))])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(app.window, QDragEnterEvent(QPoint(9, 9), copy, data, left, none))
    assert "drop" in app.window.canvas.badges.shown
    QApplication.sendEvent(app.window, QDragLeaveEvent())
    assert "drop" not in app.window.canvas.badges.shown


def test_reduced_motion_keeps_the_first_picture_still(app: App) -> None:
    app._settings.reduced_motion = True
    assert not app._is_first_minute()
    app._settings.reduced_motion = False
    assert app._is_first_minute()


def test_what_is_dropped_on_the_start_page_is_shown_where_it_is_seen(
    app: App, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "kept.json"
    path.write_text(Recipe(psi=0.25).to_json())
    app.window.workspaces.enter("Start")
    drop(app, path)
    qtbot.waitUntil(lambda: app.session.recipe.psi == 0.25)
    assert app.window.workspaces.current.name == "Play"
    assert app.window.middle.page == ""


def test_the_status_of_a_drawn_picture_makes_no_window_wider(app: App, qtbot: QtBot) -> None:
    status = app.window.status
    qtbot.waitUntil(lambda: status.hash.text() != "")
    assert status.minimumSizeHint().width() < 200
    status.resize(420, status.height())
    parts = [part for part in status.findChildren(QWidget) if not part.isHidden()]
    assert parts
    assert all(status.rect().contains(part.geometry()) for part in parts)
