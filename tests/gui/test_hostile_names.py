"""Names that others chose, walked through the whole window: none is a document, none commands anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractItemModel
from PySide6.QtGui import QAction, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.settings import Settings
from ganlab_core.export import Preset, write_preset
from ganlab_core.export.favourites import keep
from ganlab_core.files import favourites_dir, presets_dir, user_models_dir
from ganlab_core.models import save_model
from ganlab_core.plain_text import plain_text
from ganlab_core.recipe import EditDirection, Recipe
from ganlab_core.training import TrainConfig
from tests.biggan_models import make_biggan

NASTY = "<img src='file:///dev/shm/seen.png' width=900>&Nasty\x1b]0;x\x07\u202e\ud800"
SHOWN = plain_text(NASTY)


@pytest.fixture
def app(tmp_path: Path, qtbot: QtBot) -> Iterator[App]:
    """The program in a home where every name is hostile, with a model of such a name on the desk."""
    model = make_biggan()
    classes = tuple(f"{NASTY} {index}" for index in range(len(model.info.classes)))
    picks = [{"name": NASTY, "recipe": json.loads(Recipe().to_json())}] * 2
    model.info = replace(
        model.info, title=NASTY, classes=classes, licence=NASTY, attribution=NASTY,
        provenance={"picks": picks, "data": NASTY},
    )  # fmt: skip
    user_models_dir().mkdir(parents=True)
    info = save_model(model, user_models_dir() / "one<b>&x.safetensors")
    pixels = model_pixels()
    keep(favourites_dir(), pixels, Recipe(), info, NASTY, (NASTY,))
    write_preset(presets_dir(), Preset("<b>&x", ("noise",), Recipe()))
    (presets_dir() / "two.json").write_text(
        Preset("plain", ("noise",), Recipe())
        .to_json()
        .replace("plain", "<img src=x>&\\u001b\\ud800")
    )
    app = App(Start(model=str(info.path)), Settings(tmp_path / "config"))
    app.show()
    qtbot.waitUntil(lambda: app.play.saver.frame is not None)
    yield app
    app.window.close()
    app.deleteLater()
    app.window.deleteLater()


def model_pixels() -> object:
    import numpy as np

    return np.zeros((8, 8, 3), np.uint8)


def texts_of(widget: QWidget) -> Iterator[tuple[str, str]]:
    """What a widget shows as text, and what it shows as a tooltip, each with its kind."""
    yield "tip", widget.toolTip()
    if isinstance(widget, QLabel):
        yield (
            "label" if widget.textFormat() == Qt.TextFormat.PlainText else "document",
            widget.text(),
        )
    if isinstance(widget, QAbstractButton):
        yield "button", widget.text()
    for action in widget.actions():
        yield from texts_of_action(action)
    if isinstance(widget, QAbstractItemView) and widget.model() is not None:
        yield from texts_in(widget.model())


def texts_of_action(action: QAction) -> Iterator[tuple[str, str]]:
    yield "tip", action.toolTip()
    yield "menu", action.text()
    if action.menu() is not None:
        for inner in action.menu().actions():  # type: ignore[attr-defined]
            yield from texts_of_action(inner)


def texts_in(model: QAbstractItemModel) -> Iterator[tuple[str, str]]:
    for row in range(model.rowCount()):
        index = model.index(row, 0)
        yield "item", str(index.data(Qt.ItemDataRole.DisplayRole) or "")
        yield "tip", str(index.data(Qt.ItemDataRole.ToolTipRole) or "")


def all_texts() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for widget in QApplication.allWidgets():
        found += texts_of(widget)
    return found


def check(found: list[tuple[str, str]]) -> None:
    for kind, text in found:
        assert kind != "document" or not Qt.mightBeRichText(text), text
        assert not {"\x1b", "\x07", "\u202e", "\ud800"} & set(text), (kind, text)
        if kind == "tip" and Qt.mightBeRichText(text):
            assert "<img" not in text, text
            assert "<b" not in text, text


def test_no_hostile_name_is_drawn_as_a_document_or_commands_anything(
    app: App, qtbot: QtBot, tmp_path: Path
) -> None:
    reports: list[str] = []
    app.messages.crashed.connect(reports.append)
    app.session.edit(Recipe(pushes=(EditDirection((0.0,) * 4, 1.0, name=NASTY),)), NASTY)
    app.messages.tell(NASTY, NASTY)
    run = hostile_run(tmp_path)
    app.opener.open(run)
    qtbot.waitUntil(lambda: any("Nasty" in text for kind, text in all_texts() if kind == "label"))
    for dock in app.window.docks if hasattr(app.window, "docks") else []:
        dock.show()
    qtbot.waitUntil(lambda: any(SHOWN in text for _, text in all_texts()))
    found = all_texts()
    check(found)
    kinds = {kind for kind, text in found if "img src" in text}
    assert {"label", "item"} <= kinds, kinds  # the names were there to be seen
    assert any("&&Nasty" in text for kind, text in found if kind == "menu")
    assert not reports


def hostile_run(folder: Path) -> Path:
    run = folder / "run <b>&x"
    run.mkdir()
    config = TrainConfig(data=NASTY, name=NASTY, licence=NASTY, attribution=NASTY)
    (run / "config.json").write_text(config.to_json())
    events = [
        {"event": "Started", "images": 0, "device": NASTY, "pictures": 10**400, "variety": 1},
        {"event": "Progress", "images": 16, "resolution": 8, "alpha": 10**300, NASTY: 1.0},
        {"event": "LayerGains", "images": 16, "values": {NASTY: 1.5, "g.x": 2}},
        {"event": "Steered", "images": 16, "step": 1, "changes": {NASTY: NASTY}},
        {"event": "Failed", "images": 10**18, "message": NASTY},
        {"event": "Failed", "images": 32, "message": NASTY},
    ]
    (run / "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in events))
    return run
