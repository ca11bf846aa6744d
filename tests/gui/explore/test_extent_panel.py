"""The panel of the picture's size: it proposes, shows, and says why it is grey."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from ganlab.explore.walk import NO_CONSTANT, ExtentPanel
from ganlab_core.recipe import Capabilities, Extent, Latent, Recipe
from tests.stylegan_models import tiny_stylegan


@pytest.fixture
def can() -> Capabilities:
    return tiny_stylegan(16).capabilities


@pytest.fixture
def panel(qtbot: QtBot, can: Capabilities) -> ExtentPanel:
    panel = ExtentPanel()
    qtbot.addWidget(panel)
    panel.set_capabilities(can)
    panel.edited.connect(lambda recipe, _label: panel.show_recipe(recipe))
    return panel


def test_every_control_proposes_its_part(panel: ExtentPanel) -> None:
    panel.wide.edited.emit(2.0)
    panel.high.edited.emit(1.5)
    panel.fill.edited.emit("stretch")
    panel.seamless.edited.emit("across")
    assert panel.recipe == Recipe(extent=Extent(2.0, 1.5, "stretch", "across"))
    assert panel.facts.text() == "32 × 24 px"
    panel.walk.edited.emit("walk")
    assert panel.recipe.across == (Latent(panel.recipe.latent.seed + 1),)
    panel.seed.edited.emit(77)
    assert panel.recipe.across == (Latent(77),)
    panel.plain.click()
    assert panel.recipe == Recipe()
    assert not panel.plain.isEnabled()


def test_showing_a_recipe_edits_nothing(panel: ExtentPanel) -> None:
    heard: list[object] = []
    panel.edited.connect(lambda recipe, _label: heard.append(recipe))
    panel.show_recipe(Recipe(extent=Extent(3.0, seamless="both"), across=(Latent(4), Latent(9))))
    assert (panel.wide.value, panel.seed.field.value) == (3.0, 9)
    assert panel.seed.isEnabled()
    assert not heard


def test_a_model_without_a_constant_is_told(panel: ExtentPanel, can: Capabilities) -> None:
    panel.set_capabilities(replace(can, has_extent=False))
    assert panel.facts.text() == NO_CONSTANT
    assert not panel.wide.isEnabled()
    assert not panel.plain.isEnabled()
