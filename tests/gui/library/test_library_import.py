"""Keeping the model on the desk: a name, a copy among one's own, and a list that shows it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab_core.files import user_models_dir
from ganlab_core.models import save_model
from tests.stylegan_models import tiny_stylegan


def name_it(app: App, qtbot: QtBot, name: str, offered: str = "first") -> None:
    app.window.actions_["keep_model"].trigger()
    dialog = app.window.findChild(QInputDialog)
    assert dialog is not None
    assert dialog.textValue() == offered
    dialog.setTextValue(name)
    dialog.accept()
    qtbot.waitUntil(lambda: app.window.findChild(QInputDialog) is None)


def test_the_model_on_the_desk_is_kept_and_listed(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    save_model(tiny_stylegan(), tmp_path / "first.safetensors")
    name_it(app, qtbot, "My heads")
    qtbot.waitUntil(lambda: [info.name for info in app.opener.library] == ["My heads"])
    assert [path.name for path in user_models_dir().iterdir()] == ["My heads.safetensors"]
    assert app.opener.library[0].title == "My heads"
    name_it(app, qtbot, "My heads")
    qtbot.waitUntil(lambda: "already a model" in app.window.banner.text)
    name_it(app, qtbot, "first")
    qtbot.waitUntil(lambda: len(app.opener.library) == 2)
    name_it(app, qtbot, "first 2", offered="first 2")
    qtbot.waitUntil(lambda: len(app.opener.library) == 3)


def test_a_model_that_is_gone_is_told_in_a_sentence(app: App, qtbot: QtBot) -> None:
    name_it(app, qtbot, "lost")
    qtbot.waitUntil(lambda: bool(app.window.banner.text))
    assert not user_models_dir().exists()
