"""Choosing among models, and the bar that leads there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QSignalSpy

from ganlab.library.open_controller import NO_MODELS, ROW, ModelCard, ModelPicker
from ganlab.window.bars import TopBar
from ganlab.window.main_window import MainWindow
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Latent, Recipe


def cards() -> list[ModelCard]:
    face = QImage(32, 32, QImage.Format.Format_RGB32)
    face.fill(Qt.GlobalColor.red)
    return [
        ModelCard(Path("/m/first.safetensors"), "First", "StyleGAN", "bundled", face),
        ModelCard(Path("/m/second.pkl"), "x" * 200, "y" * 200, "opened last", None),
    ]


@pytest.fixture
def bar(qtbot) -> TopBar:
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1000, 400)
    window.show()
    return window.top_bar


@pytest.fixture
def picker(qtbot, bar) -> ModelPicker:
    made = ModelPicker(bar)
    made.show_cards(cards())
    yield made
    made.close()


def test_the_model_on_the_desk_is_marked_and_enter_opens_another(picker, bar, qtbot) -> None:
    chosen = QSignalSpy(picker.chosen)
    picker.open_below(bar.model, Path("/m/second.pkl"))
    assert picker.list.currentIndex().row() == 1
    qtbot.keyClick(picker.list, Qt.Key.Key_Up)
    qtbot.keyClick(picker.list, Qt.Key.Key_Return)
    assert chosen.at(0) == [Path("/m/first.safetensors")]
    assert not picker.isVisible()


def test_a_click_opens(picker, bar, qtbot) -> None:
    chosen = QSignalSpy(picker.chosen)
    picker.open_below(bar.model)
    at = QPoint(100, ROW + ROW // 2)
    qtbot.mouseClick(picker.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert chosen.at(0) == [Path("/m/second.pkl")]


def test_without_models_it_says_what_to_do(picker, bar, qtbot) -> None:
    picker.show_cards([])
    picker.open_below(bar.model)
    assert not picker.list.isVisible()
    assert picker._empty.isVisible()
    assert "Open one" in NO_MODELS
    asked = QSignalSpy(picker.file_wanted)
    qtbot.mouseClick(picker.open, Qt.MouseButton.LeftButton)
    assert asked.count() == 1


def test_screen_readers_hear_the_whole_card(picker) -> None:
    index = picker.list.model().index(0, 0)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "First, StyleGAN, bundled"


def test_faces_are_painted(picker, bar) -> None:
    picker.open_below(bar.model)
    image = picker.list.viewport().grab().toImage()
    ratio = image.devicePixelRatio()
    assert image.pixelColor(int(34 * ratio), int(34 * ratio)).red() > 200


def test_the_name_in_the_bar_leads_to_the_models(bar, info: ModelInfo, qtbot) -> None:
    wanted = QSignalSpy(bar.models_wanted)
    bar.show_model(None)
    assert bar.model.text() == "Choose a model"
    bar.show_model(info)
    assert bar.model_text == "First  ·  StyleGAN  ·  32 px"
    qtbot.mouseClick(bar.model, Qt.MouseButton.LeftButton)
    assert wanted.count() == 1


def test_picks_are_offered_where_the_model_has_some(bar, info: ModelInfo) -> None:
    bar.show_model(info)
    assert not bar.picks.isVisible()
    picked = Recipe(latent=Latent(9))
    entry = {"name": "Nine & more", "recipe": json.loads(picked.to_json())}
    bar.show_model(replace(info, provenance={"recipes": [entry]}))
    assert bar.picks.isVisible()
    chosen = QSignalSpy(bar.pick_chosen)
    (action,) = bar.pick_actions
    assert action.text() == "Nine && more"
    action.trigger()
    assert chosen.at(0)[0].recipe == picked
