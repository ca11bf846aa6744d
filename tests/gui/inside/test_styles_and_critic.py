"""The views of styles and of D: what they ask, what they show, and what a hand on them does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ganlab_core.recipe import Latent, Recipe
from tests.every_model import MODELS
from tests.gui.inside.conftest import frame_of


def shown(panel, qtbot, desk, tab, recipe: Recipe | None = None) -> None:
    parts = {panel.map: "stages", panel.styles: "styles", panel.critic: "D"}
    if tab in parts:
        panel.network.show_part(parts[tab])
    panel.tabs.setCurrentWidget(panel.network if tab in parts else tab)
    panel.show_recipe(recipe or Recipe())
    panel.show_frame(frame_of(recipe))
    qtbot.waitUntil(lambda: bool(desk.asked))


@pytest.fixture
def can():
    return MODELS["stylegan"]().capabilities


def test_the_mapping_network_is_reached_from_the_stages(panel, desk, qtbot) -> None:
    shown(panel, qtbot, desk, panel.map)
    panel.map.mapping.click()
    assert panel.styles.mapping.isVisible()
    qtbot.waitUntil(lambda: "SeeMapping" in desk.kinds())
    view = panel.styles.mapping
    assert [strip.name for strip in view.layers.strips] == ["layer 0", "layer 1", "layer 2"]
    assert "40 % of W's variance" in view.told.text()


def test_noise_and_gains_do_not_make_the_mapping_be_asked_again(panel, desk, qtbot) -> None:
    recipe = Recipe(latent=Latent(3))
    shown(panel, qtbot, desk, panel.styles, recipe)
    panel.show_frame(frame_of(recipe.with_gain(1, 2, 0.0)))
    panel.show_frame(frame_of(replace(recipe, latent=Latent(4))))
    qtbot.waitUntil(lambda: desk.kinds() == ["SeeMapping", "SeeMapping"])


def test_a_channel_is_told_with_its_statistics(panel, desk, qtbot) -> None:
    panel.styles.which.button("channels").click()
    shown(panel, qtbot, desk, panel.styles)
    view = panel.styles.channels
    qtbot.waitUntil(lambda: view.found is not None)
    assert view.channels.itemText(0).startswith("channel 3")
    assert "scale 20.000" in view.told.text()
    view.again.click()
    qtbot.waitUntil(lambda: desk.asked[-1].other == 2)
    assert view.boxes[0].image.pixelColor(0, 0).red() == 2


def test_the_noise_of_a_layer_is_scrubbed(panel, desk, qtbot) -> None:
    panel.styles.which.button("noise").click()
    shown(panel, qtbot, desk, panel.styles)
    view = panel.styles.strengths
    qtbot.waitUntil(lambda: view.found is not None)
    view.layers.strips[1].click()
    view.strength.edited.emit(0.25)
    recipe, _ = desk.edits[-1]
    assert recipe.layer_noise(2).strength == 0.25
    assert "mean 0.267" in view.layers.strips[0].told


def test_d_shows_its_maps_its_scores_and_where_it_looks(panel, desk, qtbot) -> None:
    shown(panel, qtbot, desk, panel.critic)
    qtbot.waitUntil(lambda: panel.critic.grid.maps.rowCount() == 6)
    assert "1.25" in panel.critic.told.text()
    panel.critic.compare.click()
    qtbot.waitUntil(lambda: "75 %" in panel.critic.told.text())
    lit = panel.critic.where.image
    assert lit.pixelColor(4, 3).red() > lit.pixelColor(20, 20).red()
    panel.critic.blocks.chosen.emit(1)
    qtbot.waitUntil(lambda: getattr(desk.asked[-1], "block", 0) == 1)


def test_a_class_that_is_pressed_is_chosen(panel, desk, qtbot) -> None:
    panel.lab.which.button("classes").click()
    shown(panel, qtbot, desk, panel.lab)
    qtbot.waitUntil(lambda: len(panel.lab.classes.grid.boxes) == 2)
    panel.lab.classes.grid.boxes[1].pressed.emit()
    assert desk.edits[-1][0].classes == ((1, 1.0),)


def test_the_plane_of_the_spectrum_follows_its_range(panel, desk, qtbot) -> None:
    panel.lab.which.button("spectrum").click()
    view = panel.lab.spectrum
    view.shown.button("plane").click()
    shown(panel, qtbot, desk, panel.lab)
    qtbot.waitUntil(lambda: not view.picture.image.isNull())
    black = [np.sum([view.picture.image.pixelColor(x, y).red() == 0 for x in range(32)
                     for y in range(32)])]  # fmt: skip
    view.range.edited.emit(2.0)
    view.range.set_value(2.0)
    view.range.edited.emit(2.0)
    black.append(np.sum([view.picture.image.pixelColor(x, y).red() == 0 for x in range(32)
                         for y in range(32)]))  # fmt: skip
    assert black[1] > black[0]
    view.window_.button("none").click()
    qtbot.waitUntil(lambda: desk.asked[-1].window == "none")
