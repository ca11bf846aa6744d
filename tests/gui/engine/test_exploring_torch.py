"""Exploring with a real, tiny network: places between seeds are pictures like any other."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.engine.torch_engine import TorchEngine
from ganlab.settings import Settings
from ganlab_core.models import ModelInfo, from_generator, save_model
from ganlab_core.networks import StyleGANConfig, StyleGANGenerator
from ganlab_core.recipe import Latent, Mix, Recipe


@pytest.fixture
def app(settings: Settings, qtbot: QtBot, tmp_path: Path) -> Iterator[App]:
    """The program with a StyleGAN of 16 px with random weights."""
    shape = StyleGANConfig(
        resolution=16, fmap_max=8, z_dim=8, w_dim=8, mapping_layers=2, mapping_fmaps=8
    )
    torch.manual_seed(1)
    path = tmp_path / "tiny.safetensors"
    info = ModelInfo(
        "tiny", "Tiny", "stylegan", 16, (), "", "", "", dataclasses.asdict(shape), {}, 4.0, path
    )
    save_model(from_generator(StyleGANGenerator(shape).eval(), info), path)
    app = App(Start(str(path)), Settings(settings.folder), TorchEngine("cpu"))
    with qtbot.waitSignal(app.worker.rendered, timeout=30_000):
        app.show()
    yield app
    app.window.close()
    app.window.deleteLater()


def picture(app: App, qtbot: QtBot) -> np.ndarray:
    """What is on the canvas once the desk is rendered."""
    qtbot.waitUntil(lambda: app.play.saver.frame.recipe == app.session.fitted)
    return app.play.saver.frame.pixels


def test_the_corners_of_the_pad_are_the_pictures_of_their_seeds(app: App, qtbot: QtBot) -> None:
    wanted = []
    for corner in range(4):
        app.session.edit(Recipe(latent=Latent(corner)), "seed")
        wanted.append(picture(app, qtbot))
        app.explore.pad_blend.set_corner(corner, Latent(corner))
    for corner, place in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
        before = app.session.recipe
        app.explore.pad_blend.move_to(*place)
        qtbot.waitUntil(lambda before=before: app.session.recipe != before)
        assert np.abs(picture(app, qtbot).astype(int) - wanted[corner]).max() <= 1


def test_the_map_is_laid_through_the_picture_on_the_desk(app: App, qtbot: QtBot) -> None:
    app.session.edit(Recipe(latent=Latent(3)), "seed")
    wanted = picture(app, qtbot)
    app.explore.map_walk.lay()
    qtbot.waitUntil(lambda: app.explore.map_walk.surface is not None)
    app.explore.map_panel.view.travelled.emit(1.0, 0.5)
    assert (picture(app, qtbot) != wanted).any()
    app.explore.map_panel.view.travelled.emit(0.0, 0.0)
    assert np.abs(picture(app, qtbot).astype(int) - wanted).max() <= 1


def test_locking_a_strip_between_two_styles_changes_no_picture(app: App, qtbot: QtBot) -> None:
    app.session.edit(Recipe().with_mix_at(8, Mix(Latent(5), 0.4)), "mix")
    wanted = picture(app, qtbot)
    app.explore.locks.toggle(8)
    qtbot.waitUntil(lambda: 8 in app.explore.locks.locked)
    assert np.abs(picture(app, qtbot).astype(int) - wanted).max() <= 1


def test_variations_without_reach_are_the_picture_itself(app: App, qtbot: QtBot) -> None:
    panel = app.explore.variations_panel
    for slider in panel.radii.values():
        slider.set_value(0.0)
    app.session.edit(Recipe(latent=Latent(2)).with_mix_at(16, Mix(Latent(5), 0.4)), "mix")
    wanted = picture(app, qtbot)
    dock = app.window.findChild(QDockWidget, "variationsDock")
    assert dock is not None
    dock.show()
    qtbot.waitUntil(lambda: len(app.explore.variations_maker.recipes) == 9)
    panel.chosen.emit(0)
    assert np.abs(picture(app, qtbot).astype(int) - wanted).max() <= 1


def test_a_walk_shows_pictures_and_stops(app: App, qtbot: QtBot) -> None:
    seen: list[np.ndarray] = []
    app.worker.rendered.connect(lambda frame: seen.append(frame.pixels))
    app.explore.walk_panel.speed.set_value(2.0)
    app.window.actions_["wander"].trigger()
    qtbot.waitUntil(lambda: len(seen) > 8, timeout=20_000)
    app.window.actions_["wander"].trigger()
    assert not app.explore.latent_walk.running
    assert app.session.history.count() == 1
    assert any((picture != seen[0]).any() for picture in seen)
