from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QApplication, QLineEdit

from ganlab.controls.picture_grid import Thumbnail, seed_mime
from ganlab.controls.seed_box import DICE_LIMIT
from ganlab.play.desk import Desk
from ganlab.play.strip import MIN_WIDTH, ChannelStrip, other_style
from ganlab_core.recipe import SEED_MAX, Capabilities, Latent, LayerNoise, Mix, Noise, Recipe
from ganlab_core.rendering import Preview
from tests.benchmarks.picture_share import settle
from tests.stylegan_models import tiny_stylegan

FULL = 1.0


def strip_of(qtbot, can: Capabilities, resolution: int) -> ChannelStrip:
    made = ChannelStrip(resolution, can.layers_at(resolution), can)
    qtbot.addWidget(made)
    made.edited.connect(lambda recipe, _: made.show_recipe(recipe))
    made.show_recipe(Recipe())
    made.resize(224, made.sizeHint().height())
    made.show()
    return made


@pytest.fixture
def strip(qtbot, can64) -> ChannelStrip:
    return strip_of(qtbot, can64, 16)


@pytest.fixture
def edits(strip: ChannelStrip) -> list[tuple[Recipe, str]]:
    heard: list[tuple[Recipe, str]] = []
    strip.edited.connect(lambda recipe, label: heard.append((recipe, label)))
    return heard


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_showing_a_recipe_never_edits_it(strip, some_recipe, data) -> None:
    spy = QSignalSpy(strip.edited)
    strip.show_recipe(data.draw(some_recipe))
    assert spy.count() == 0


@pytest.mark.parametrize("model", ["can64", "biggan64"])
def test_a_strip_that_has_gone_waits_for_no_collection(
    model: str, qapp: QApplication, request: pytest.FixtureRequest
) -> None:
    """A strip and its parts do not hold each other: each switch would leave a desk's worth behind."""
    can = request.getfixturevalue(model)
    strip = ChannelStrip(32, can.layers_at(32), can)
    strip.show_recipe(Recipe(psi=0.5))
    known = [weakref.ref(widget) for widget in (strip, *strip.tab_stops)]
    assert not gc.isenabled()
    strip.deleteLater()
    del strip
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert [one() for one in known] == [None] * len(known)


def test_classes_stand_below_the_noise_in_a_row(qtbot) -> None:
    can = tiny_stylegan(16, ("red", "green", "blue")).capabilities
    strip = strip_of(qtbot, can, 8)
    strip.set_form("row")
    strip.resize(560, strip.sizeHint().height())
    settle()
    toggles = [cell.toggle for cell in strip.cells]
    assert toggles
    lowest = max(toggle.mapTo(strip, toggle.rect().bottomLeft()).y() for toggle in toggles)
    assert strip.classes.mapTo(strip, strip.classes.rect().topLeft()).y() > lowest


# --- psi -------------------------------------------------------------------------------------------


def test_psi_edits_this_resolution_alone(strip, edits, qtbot) -> None:
    qtbot.keyClick(strip.psi.track, Qt.Key.Key_End)
    assert edits == [(Recipe(psi_at=((16, 2.0),)), "psi at 16 px")]


def test_psi_follows_the_master_until_it_is_set(strip) -> None:
    strip.show_recipe(Recipe(psi=0.3))
    assert strip.psi.value == 0.3
    assert strip.psi.track.muted
    strip.show_recipe(Recipe(psi=0.3, psi_at=((16, 1.1),)))
    assert strip.psi.value == 1.1
    assert not strip.psi.track.muted


def test_psi_beyond_the_cutoff_is_shown_as_one(strip) -> None:
    strip.show_recipe(Recipe(psi=0.3, cutoff=2))
    assert strip.psi.value == FULL


def test_delete_on_psi_follows_the_master_again(strip, edits, qtbot) -> None:
    strip.show_recipe(Recipe(psi_at=((8, 0.1), (16, 1.1))))
    qtbot.keyClick(strip.psi.track, Qt.Key.Key_Delete)
    assert edits == [(Recipe(psi_at=((8, 0.1),)), "psi at 16 px")]


# --- style mixing ----------------------------------------------------------------------------------


def test_a_typed_seed_mixes_its_style_in_here(strip, edits, qtbot) -> None:
    strip.source.field.setFocus()
    qtbot.waitUntil(strip.source.field.hasFocus)
    qtbot.keyClicks(strip.source.field, "123")
    qtbot.keyClick(strip.source.field, Qt.Key.Key_Return)
    assert edits == [(Recipe(mix_at=((16, Mix(Latent(123), 1.0)),)), "style at 16 px")]
    assert strip.mix.value == FULL


def test_another_seed_keeps_the_amount(strip, edits) -> None:
    strip.show_recipe(Recipe(mix_at=((16, Mix(Latent(1), 0.4)),)))
    strip.source.field.propose(2)
    assert edits[-1][0].mix_at == ((16, Mix(Latent(2), 0.4)),)


def test_the_dice_mixes_some_style_in(strip, edits, qtbot) -> None:
    qtbot.mouseClick(strip.source.dice, Qt.MouseButton.LeftButton)
    ((resolution, mix),) = edits[0][0].mix_at
    assert resolution == 16
    assert 0 <= mix.latent.seed <= DICE_LIMIT


def test_clear_returns_to_style_a(strip, edits, qtbot) -> None:
    strip.show_recipe(Recipe(mix_at=((16, Mix(Latent(1), 0.4)),)))
    qtbot.mouseClick(strip.source.clear, Qt.MouseButton.LeftButton)
    assert edits == [(Recipe(), "style at 16 px")]
    assert strip.source.field.placeholderText() == "style A"


def test_emptying_the_seed_returns_to_style_a(strip, edits) -> None:
    strip.show_recipe(Recipe(mix_at=((16, Mix(Latent(1), 0.4)),)))
    strip.source.field.propose(None)
    assert edits == [(Recipe(), "style at 16 px")]


def test_mix_edits_the_amount(strip, edits, qtbot) -> None:
    strip.show_recipe(Recipe(mix_at=((16, Mix(Latent(1), 0.4)),)))
    qtbot.keyClick(strip.mix.track, Qt.Key.Key_End)
    assert edits == [(Recipe(mix_at=((16, Mix(Latent(1), 1.0)),)), "mix at 16 px")]


def test_mix_without_a_source_takes_the_style_used_elsewhere(strip, edits, qtbot) -> None:
    strip.show_recipe(Recipe(mix_at=((8, Mix(Latent(99), 0.4)),)))
    qtbot.keyClick(strip.mix.track, Qt.Key.Key_End)
    assert dict(edits[0][0].mix_at)[16] == Mix(Latent(99), 1.0)


@pytest.mark.parametrize(("seed", "other"), [(7, 8), (SEED_MAX, 0)])
def test_without_any_other_style_the_next_seed_is_mixed_in(seed: int, other: int) -> None:
    assert other_style(Recipe(latent=Latent(seed))) == Latent(other)


def test_the_source_is_told_in_words(strip) -> None:
    strip.source.field.clearFocus()
    strip.show_recipe(Recipe(mix_at=((16, Mix(Latent(123), 0.8)),)))
    assert strip.source.field.text() == "seed 123"
    assert "80%" in strip.source.field.accessibleDescription()
    strip.show_recipe(Recipe(mix_at=((16, Mix(Latent(1, (0.1,) * 512, "w"))),)))
    assert strip.source.field.placeholderText() == "in W"


@pytest.mark.parametrize("where", ["picture", "source"])
def test_a_seed_dropped_on_the_strip_is_mixed_in(strip, edits, qtbot, where) -> None:
    thumbnail = strip.picture if where == "picture" else strip.source.picture
    drop(thumbnail, seed_mime(55))
    assert edits == [(Recipe(mix_at=((16, Mix(Latent(55), 1.0)),)), "style at 16 px")]


def drop(thumbnail: Thumbnail, data: QMimeData) -> None:
    thumbnail.dropEvent(
        QDropEvent(
            QPointF(4, 4), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )  # fmt: skip


# --- growth ----------------------------------------------------------------------------------------


def test_dragging_growth_of_the_32_px_strip_sets_growth(qtbot, can64, drag) -> None:
    strip = strip_of(qtbot, can64, 32)
    heard: list[tuple[Recipe, str]] = []
    strip.edited.connect(lambda recipe, label: heard.append((recipe, label)))
    height = strip.growth.height()
    drag(strip.growth, [(6, height * 0.5), (6, height * 0.75)])
    recipe, label = heard[-1]
    assert recipe.growth == pytest.approx(4.25, abs=0.02)
    assert label == "growth at 32 px"
    assert strip.head.percent.text() == "25 %"


def test_the_output_strip_at_full_makes_the_network_whole(qtbot, can64) -> None:
    strip = strip_of(qtbot, can64, 64)
    strip.show_recipe(Recipe(growth=5.5))
    with qtbot.waitSignal(strip.edited) as heard:
        qtbot.keyClick(strip.growth, Qt.Key.Key_End)
    assert heard.args == [Recipe(growth=None), "growth at 64 px"]


def test_the_4_px_block_is_always_whole(qtbot, can64) -> None:
    strip = strip_of(qtbot, can64, 4)
    strip.show_recipe(Recipe(growth=2.0))
    assert strip.head.percent.text() == "100 %"
    assert not strip.growth.isEnabled()


@pytest.mark.parametrize(
    ("growth", "percent"), [(None, "100 %"), (3.0, "0 %"), (3.37, "37 %"), (4.0, "100 %")]
)
def test_the_header_tells_alpha(strip, growth, percent) -> None:
    strip.show_recipe(Recipe(growth=growth))
    assert strip.head.percent.text() == percent


def test_a_strip_beyond_the_growth_is_dimmed(strip) -> None:
    strip.show_preview(Preview(np.full((16, 16, 3), 255, np.uint8), "fitted"))
    strip.show_recipe(Recipe(growth=4.0))
    bright = strip.picture.grab().toImage().pixelColor(40, 40).value()
    strip.show_recipe(Recipe(growth=2.5))
    assert strip.picture.grab().toImage().pixelColor(40, 40).value() < bright / 2
    assert strip.mix.track.muted


# --- noise -----------------------------------------------------------------------------------------


def test_each_layer_of_the_scale_has_its_toggle(strip, qtbot, can64) -> None:
    assert [cell.toggle.text() for cell in strip.cells] == ["conv0", "conv1"]
    assert [c.toggle.text() for c in strip_of(qtbot, can64, 4).cells] == ["const", "conv"]


def test_a_toggle_switches_one_layer_off_and_on(strip, edits, qtbot) -> None:
    toggle = strip.cells[1].toggle
    qtbot.mouseClick(toggle, Qt.MouseButton.LeftButton, pos=QPoint(20, 12))
    qtbot.mouseClick(toggle, Qt.MouseButton.LeftButton, pos=QPoint(20, 12))
    off = Recipe(noise_layers=((5, LayerNoise(on=False)),))
    assert edits == [(off, "noise of 16x16/conv1"), (Recipe(), "noise of 16x16/conv1")]


def test_a_layer_has_its_own_strength(strip, edits, qtbot) -> None:
    qtbot.keyClick(strip.cells[0].strength, Qt.Key.Key_End)
    assert edits[-1][0] == Recipe(noise_layers=((4, LayerNoise(strength=2.0)),))
    qtbot.keyClick(strip.cells[0].strength, Qt.Key.Key_Delete)
    assert edits[-1][0] == Recipe()


def test_a_strength_beyond_the_slider_is_kept(strip, edits, qtbot) -> None:
    strip.show_recipe(Recipe(noise_layers=((4, LayerNoise(strength=9.5)),)))
    qtbot.mouseClick(strip.cells[0].toggle, Qt.MouseButton.LeftButton, pos=QPoint(20, 12))
    assert edits[-1][0].layer_noise(4) == LayerNoise(on=False, strength=9.5)


def test_toggles_tell_when_the_master_noise_is_off(strip) -> None:
    strip.show_recipe(Recipe(noise=Noise("off")))
    assert "master noise is off" in strip.cells[0].toggle.toolTip().replace("\n", " ")
    assert strip.cells[0].strength.muted


# --- the strip as a whole --------------------------------------------------------------------------


def test_reset_returns_the_strip_to_the_master(strip, edits, qtbot) -> None:
    others = Recipe(psi_at=((8, 0.1),), mix_at=((8, Mix(Latent(3))),), growth=3.5)
    own = replace(
        others.with_psi_at(16, 0.2)
        .with_mix_at(16, Mix(Latent(1)))
        .with_mix_layer(4, Mix(Latent(2)))
        .with_noise_layer(5, LayerNoise(on=False)),
    )
    strip.show_recipe(own)
    qtbot.mouseClick(strip.head.reset, Qt.MouseButton.LeftButton)
    assert edits == [(others, "reset 16 px")]
    assert not strip.head.reset.isEnabled()
    assert "follows the master" in strip.head.reset.toolTip().replace("\n", " ")


def test_a_drag_on_the_strip_reports_start_and_finish(strip, edits, drag) -> None:
    started, finished = QSignalSpy(strip.drag_started), QSignalSpy(strip.drag_finished)
    for control in (strip.mix.track, strip.psi.track, strip.growth, strip.cells[0].strength):
        drag(control, [(6, 6), (60, 6)])
    assert (started.count(), finished.count()) == (4, 4)


@pytest.mark.parametrize(
    ("readout", "caption"),
    [("fitted", "fitted read-out"), ("phase", "phase read-out"), ("own", "own toRGB")],
)
def test_the_read_out_is_named(strip, readout, caption) -> None:
    strip.show_preview(Preview(np.zeros((16, 16, 3), np.uint8), readout))
    assert strip.caption.text() == caption
    assert strip.picture.has_picture()
    strip.show_preview(None)
    assert strip.caption.text().strip() == ""
    assert not strip.picture.has_picture()


def test_a_click_on_the_header_selects(strip, qtbot) -> None:
    with qtbot.waitSignal(strip.selected):
        qtbot.mouseClick(strip.head.title, Qt.MouseButton.LeftButton)


def test_every_control_has_a_tooltip_and_an_accessible_name(strip) -> None:
    strip.show_recipe(Recipe(mix_at=((16, Mix(Latent(1), 0.4)),)))
    kinds = (QAbstractSlider, QAbstractButton, QLineEdit, Thumbnail)
    controls = [c for kind in kinds for c in strip.findChildren(kind)]
    assert len(controls) >= 15
    assert not [c for c in controls if not c.accessibleName()]
    assert not [c.accessibleName() for c in controls if not c.toolTip()]


def test_nothing_is_cut_off_at_the_least_width(strip) -> None:
    strip.resize(MIN_WIDTH, strip.sizeHint().height())
    assert strip.minimumSizeHint().width() <= MIN_WIDTH
    field = strip.source.field
    strip.show_recipe(Recipe(mix_at=((16, Mix(Latent(SEED_MAX), 0.4)),)))
    assert field.fontMetrics().horizontalAdvance(field.text()) <= field.width() - 8
    header = strip.head.title
    assert header.fontMetrics().horizontalAdvance(header.text()) <= header.width()


CONTROLS = ("source", "mix", "psi", "classes", "attention", "growth")


@pytest.mark.parametrize(
    ("model", "resolution", "expected", "cells"),
    [
        ("can64", 16, {"source", "mix", "psi", "growth"}, ["conv0", "conv1"]),
        ("stylegan2_64", 4, {"source", "mix", "psi"}, ["conv"]),
        ("stylegan2_64", 16, {"source", "mix", "psi"}, ["conv0", "conv1"]),
        ("progan64", 16, {"growth"}, []),
        ("biggan64", 4, {"source", "mix", "psi"}, []),
        ("biggan64", 16, {"source", "mix", "psi", "classes"}, []),
        ("biggan64", 32, {"source", "mix", "psi", "classes", "attention"}, []),
    ],
)
def test_each_architecture_has_exactly_its_controls(
    qtbot, request, model, resolution, expected, cells
) -> None:
    can = request.getfixturevalue(model)
    strip = strip_of(qtbot, can, resolution)
    assert strip.picture.isVisible()
    assert {name for name in CONTROLS if getattr(strip, name).isVisible()} == expected
    assert [cell.toggle.text() for cell in strip.cells] == cells
    assert strip.head.reset.isVisible() == (model != "progan64")


def test_a_cell_mixes_its_own_style_by_the_papers_number(qtbot, stylegan2_64) -> None:
    strip = strip_of(qtbot, stylegan2_64, 16)
    heard = QSignalSpy(strip.edited)
    strip.cells[1].popup.source.propose(5)
    layer = stylegan2_64.layers_at(16)[1]
    assert layer.index != layer.w_plus_index
    assert heard.at(0)[0].mix_layers == ((layer.w_plus_index, Mix(Latent(5))),)


def test_reset_leaves_the_style_that_another_strip_shares(qtbot, stylegan2_64) -> None:
    shared = stylegan2_64.layers_at(8)[0].w_plus_index
    assert shared == stylegan2_64.layers_at(4)[-1].w_plus_index
    strip = strip_of(qtbot, stylegan2_64, 4)
    kept = Recipe().with_mix_layer(shared, Mix(Latent(9)))
    strip.show_recipe(kept.with_psi_at(4, 0.2))
    heard = QSignalSpy(strip.edited)
    qtbot.mouseClick(strip.head.reset, Qt.MouseButton.LeftButton)
    assert heard.at(0)[0] == kept


def test_a_block_speaks_of_z(qtbot, biggan64) -> None:
    strip = strip_of(qtbot, biggan64, 16)
    assert strip.source.field.placeholderText() == "master z"
    assert "BigGAN" in strip.psi.toolTip()


def test_attention_edits_its_factor(qtbot, biggan64) -> None:
    strip = strip_of(qtbot, biggan64, 32)
    heard = QSignalSpy(strip.edited)
    qtbot.keyClick(strip.attention.slider.track, Qt.Key.Key_Home)
    assert heard.at(0) == [Recipe(attention=0.0), "attention"]
    qtbot.mouseClick(strip.head.reset, Qt.MouseButton.LeftButton)
    assert heard.at(1)[0] == Recipe()


def test_a_model_that_does_not_grow_shows_no_growth(qtbot, can64) -> None:
    strip = strip_of(qtbot, replace(can64, has_growth=False), 16)
    strip.show_recipe(Recipe(growth=2.0))
    assert not strip.growth.isVisible()
    assert not strip.mix.track.muted


def test_a_layer_without_noise_offers_its_style_only(qtbot, can64) -> None:
    plain = tuple(replace(layer, noise=False) for layer in can64.layers)
    strip = strip_of(qtbot, replace(can64, has_noise=False, layers=plain), 16)
    cell = strip.cells[0]
    assert not cell.strength.isEnabled()
    with qtbot.assertNotEmitted(strip.edited):
        cell.toggle.click()
    assert not cell.toggle.isChecked()
    assert cell.popup.isVisible()
    cell.popup.close()


def test_rows_stand_in_line_and_cut_no_title(qtbot, can64) -> None:
    desk = Desk()
    qtbot.addWidget(desk)
    desk.set_side(True)
    desk.resize(560, 700)
    desk.show()
    desk.set_capabilities(can64)
    settle()
    strips = list(desk.strips.values())
    assert {strip.form for strip in strips} == {"row"}
    assert len({strip.mix.x() for strip in strips}) == 1
    assert all(s.head.title.width() >= s.head.title.sizeHint().width() for s in strips)
