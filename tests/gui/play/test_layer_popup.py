from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QLineEdit

from ganlab.play.strip import LayerCell, LayerPopup
from ganlab_core.recipe import Latent, LayerNoise, Mix, Noise, Recipe


@pytest.fixture
def popup(qtbot, can64) -> LayerPopup:
    made = LayerPopup(can64.layers[4], can64)
    qtbot.addWidget(made)
    made.edited.connect(lambda recipe, _: made.show_recipe(recipe))
    made.show_recipe(Recipe())
    return made


@pytest.fixture
def edits(popup: LayerPopup) -> list[tuple[Recipe, str]]:
    heard: list[tuple[Recipe, str]] = []
    popup.edited.connect(lambda recipe, label: heard.append((recipe, label)))
    return heard


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_showing_a_recipe_never_edits_it(popup, some_recipe, data) -> None:
    spy = QSignalSpy(popup.edited)
    popup.show_recipe(data.draw(some_recipe))
    assert spy.count() == 0


def test_a_layer_takes_a_style_of_its_own(popup, edits) -> None:
    popup.source.propose(77)
    assert edits == [(Recipe(mix_layers=((4, Mix(Latent(77), 1.0)),)), "style of 16x16/conv0")]


def test_its_amount_starts_from_the_strip(popup, edits, qtbot) -> None:
    strip = Recipe(mix_at=((16, Mix(Latent(5), 0.5)),))
    popup.show_recipe(strip)
    assert popup.amount.value == 0.5
    assert popup.amount.track.muted
    qtbot.keyClick(popup.amount.track, Qt.Key.Key_Home)
    assert edits[0][0] == strip.with_mix_layer(4, Mix(Latent(5), 0.0))


def test_clear_follows_the_strip_again(popup, edits, qtbot) -> None:
    popup.show_recipe(Recipe(mix_layers=((4, Mix(Latent(77))), (5, Mix(Latent(8))))))
    qtbot.mouseClick(popup.clear, Qt.MouseButton.LeftButton)
    assert edits == [(Recipe(mix_layers=((5, Mix(Latent(8))),)), "style of 16x16/conv0")]


def test_the_dice_gives_the_layer_some_style(popup, edits, qtbot) -> None:
    qtbot.mouseClick(popup.dice, Qt.MouseButton.LeftButton)
    assert [layer for layer, _ in edits[0][0].mix_layers] == [4]


def test_a_layer_has_noise_from_its_own_seed(popup, edits, qtbot) -> None:
    assert not popup.seed.isEnabled()
    qtbot.mouseClick(popup.mode.button("random"), Qt.MouseButton.LeftButton)
    assert popup.seed.isEnabled()
    popup.seed.field.propose(12)
    assert edits[-1] == (
        Recipe(noise_layers=((4, LayerNoise(mode="random", seed=12)),)),
        "noise of 16x16/conv0",
    )


def test_as_master_is_the_plain_default(popup, edits, qtbot) -> None:
    popup.show_recipe(Recipe(noise_layers=((4, LayerNoise(mode="stored")),)))
    assert popup.mode.value == "stored"
    qtbot.mouseClick(popup.mode.button("as master"), Qt.MouseButton.LeftButton)
    assert edits == [(Recipe(), "noise of 16x16/conv0")]


def test_strength_reaches_as_far_as_a_recipe_allows(popup, edits, qtbot) -> None:
    qtbot.keyClick(popup.strength.track, Qt.Key.Key_End)
    assert edits[0][0].layer_noise(4).strength == 10.0


def test_a_model_without_w_greys_the_style(qtbot, can64) -> None:
    popup = LayerPopup(can64.layers[4], replace(can64, has_w=False))
    qtbot.addWidget(popup)
    assert not popup.source.isEnabled()
    assert "no style vector" in popup.amount.track.toolTip().replace("\n", " ")
    assert popup.mode.isEnabled()


def test_every_control_has_a_tooltip_and_an_accessible_name(popup) -> None:
    kinds = (QAbstractSlider, QAbstractButton, QLineEdit)
    controls = [c for kind in kinds for c in popup.findChildren(kind)]
    assert len(controls) >= 10
    assert not [c for c in controls if not c.accessibleName()]
    assert not [c.accessibleName() for c in controls if not c.toolTip()]


@pytest.fixture
def cell(qtbot, can64) -> LayerCell:
    made = LayerCell(can64.layers[4], can64)
    qtbot.addWidget(made)
    made.resize(96, 36)
    made.show()
    return made


def test_the_arrow_opens_the_layers_own_window(cell, qtbot) -> None:
    at = QPoint(cell.toggle.width() - 6, 12)
    qtbot.mouseClick(cell.toggle, Qt.MouseButton.LeftButton, pos=at)
    assert cell.popup.isVisible()
    assert cell.popup.screen().geometry().contains(cell.popup.geometry())
    cell.popup.close()


def test_an_edit_in_the_window_is_the_cells_edit(cell, qtbot) -> None:
    cell.show_recipe(Recipe(psi=0.2))
    with qtbot.waitSignal(cell.edited) as heard:
        cell.popup.source.propose(3)
    assert heard.args[0] == Recipe(psi=0.2, mix_layers=((4, Mix(Latent(3))),))


def test_the_window_shows_what_the_cell_shows(cell) -> None:
    cell.popup.show_recipe(Recipe())
    cell.show_recipe(Recipe(noise_layers=((4, LayerNoise(mode="random", seed=9)),)))
    assert cell.popup.seed.value == 9


def test_the_toggle_tells_what_is_set_in_the_window(cell) -> None:
    plain = cell.toggle.grab().toImage()
    cell.show_recipe(Recipe(mix_layers=((4, Mix(Latent(3), 0.5)),)))
    assert "seed 3, 50%" in cell.toggle.toolTip().replace("\n", " ")
    assert cell.toggle.grab().toImage() != plain


@pytest.mark.parametrize(
    ("master", "held"),
    [
        (Noise("stored"), LayerNoise(strength=0.5, mode="stored")),
        (Noise("random", 3), LayerNoise(strength=0.5, mode="random", seed=3)),
        (
            Noise("random", 3, 1.0, 8, 0.25),
            LayerNoise(strength=0.5, mode="random", seed=3, other=8, turn=0.25),
        ),
    ],
)
def test_frozen_noise_is_what_the_layer_has_now_whatever_the_master_does(
    popup, can64, master, held
) -> None:
    layer = can64.layers[4]
    before = Recipe(noise=master).with_noise_layer(4, LayerNoise(strength=0.5))
    popup.show_recipe(before)
    popup.freeze.click()
    assert popup.recipe.layer_noise(4) == held
    assert popup.recipe.noise_of(layer) == before.noise_of(layer)
    assert not popup.freeze.isEnabled()
    moved = replace(popup.recipe, noise=Noise("random", 77))
    assert moved.noise_of(layer) == before.noise_of(layer)
    assert Recipe.from_json(moved.to_json()) == moved


def test_there_is_nothing_to_freeze_where_noise_is_off(popup) -> None:
    popup.show_recipe(Recipe(noise=Noise("off")))
    assert not popup.freeze.isEnabled()
