from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QLineEdit

from ganlab.play.master import WIDTH, MasterPanel
from ganlab.recipe_widget import NO_MODEL
from ganlab_core.recipe import Latent, Noise, Recipe


@pytest.fixture
def panel(qtbot, can64) -> MasterPanel:
    made = MasterPanel()
    qtbot.addWidget(made)
    made.set_capabilities(can64)
    made.show_recipe(Recipe())
    made.resize(WIDTH, 360)
    made.show()
    return made


@pytest.fixture
def edits(panel: MasterPanel) -> list[tuple[Recipe, str]]:
    """Every edit, which the panel is shown again at once, as the window does."""
    heard: list[tuple[Recipe, str]] = []

    def take(recipe: Recipe, label: str) -> None:
        heard.append((recipe, label))
        panel.show_recipe(recipe)

    panel.edited.connect(take)
    return heard


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_showing_a_recipe_never_edits_it(panel, some_recipe, data) -> None:
    spy = QSignalSpy(panel.edited)
    recipe = data.draw(some_recipe)
    panel.show_recipe(recipe)
    assert spy.count() == 0
    assert panel.recipe == recipe


def test_a_typed_seed_becomes_the_latent(panel, edits, qtbot) -> None:
    field = panel.style_section.seed.field
    field.selectAll()
    qtbot.keyClicks(field, "4294967295")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert edits == [(Recipe(latent=Latent(4294967295)), "seed")]


def test_the_dice_changes_nothing_but_the_latent(panel, edits, qtbot) -> None:
    panel.show_recipe(Recipe(psi=1.2, noise=Noise("off")))
    qtbot.mouseClick(panel.style_section.seed.dice, Qt.MouseButton.LeftButton)
    recipe, label = edits[0]
    assert label == "seed"
    assert replace(recipe, latent=Latent()) == Recipe(psi=1.2, noise=Noise("off"))


def test_a_place_in_w_is_named_and_a_seed_replaces_it(panel, edits, qtbot) -> None:
    panel.show_recipe(Recipe(latent=Latent(3, (0.5,) * 512, "w")))
    field = panel.style_section.seed.field
    assert field.text() == ""
    assert field.placeholderText() == "a place in W"
    qtbot.keyClicks(field, "9")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert edits == [(Recipe(latent=Latent(9)), "seed")]


@pytest.mark.parametrize(
    ("name", "key", "expected", "label"),
    [
        ("psi", Qt.Key.Key_Home, Recipe(psi=-1.0), "psi"),
        ("cutoff", Qt.Key.Key_Left, Recipe(cutoff=9), "cutoff"),
        ("growth", Qt.Key.Key_Home, Recipe(growth=2.0), "growth"),
    ],
)
def test_sliders_of_the_style_edit_their_field(panel, edits, qtbot, name, key, expected, label):
    qtbot.keyClick(getattr(panel.style_section, name).track, key)
    assert edits == [(expected, label)]


def test_the_end_of_the_cutoff_means_all_layers(panel, edits, qtbot) -> None:
    panel.show_recipe(Recipe(cutoff=8))
    cutoff = panel.style_section.cutoff
    assert cutoff.field.text() == "8 of 10"
    qtbot.keyClick(cutoff.track, Qt.Key.Key_End)
    assert edits == [(Recipe(cutoff=None), "cutoff")]
    assert cutoff.field.text() == "all"


def test_the_end_of_growth_means_the_whole_network(panel, edits, qtbot) -> None:
    panel.show_recipe(Recipe(growth=4.37))
    growth = panel.style_section.growth
    assert growth.field.text() == "32 px 37 %"
    qtbot.keyClick(growth.track, Qt.Key.Key_End)
    assert edits == [(Recipe(growth=None), "growth")]
    assert growth.field.text() == "64 px 100 %"


@pytest.mark.parametrize("name", ["psi", "cutoff", "growth"])
def test_delete_brings_a_slider_back(panel, edits, qtbot, name) -> None:
    panel.show_recipe(Recipe(psi=1.5, cutoff=3, growth=4.2))
    qtbot.keyClick(getattr(panel.style_section, name).track, Qt.Key.Key_Delete)
    assert getattr(edits[0][0], name) == getattr(Recipe(), name)


def test_typed_growth_is_understood(panel, edits, qtbot) -> None:
    panel.style_section.growth.field.begin()
    qtbot.keyClicks(panel.style_section.growth.field, "16 px 50 %")
    qtbot.keyClick(panel.style_section.growth.field, Qt.Key.Key_Return)
    assert edits == [(Recipe(growth=3.5), "growth")]


def test_noise_has_a_mode_a_seed_and_a_strength(panel, edits, qtbot) -> None:
    noise = panel.noise_section
    qtbot.mouseClick(noise.mode.button("random"), Qt.MouseButton.LeftButton)
    qtbot.keyClick(noise.seed.field, Qt.Key.Key_Up)
    qtbot.keyClick(noise.strength.track, Qt.Key.Key_End)
    assert [label for _, label in edits] == ["noise mode", "noise seed", "noise strength"]
    assert edits[-1][0] == Recipe(noise=Noise("random", 1, 2.0))


def test_the_noise_seed_is_there_for_random_noise_only(panel) -> None:
    seed = panel.noise_section.seed
    assert not seed.isEnabled()
    assert "random" in seed.field.toolTip().replace("\n", " ")
    panel.show_recipe(Recipe(noise=Noise("random", 77)))
    assert seed.isEnabled()
    assert seed.value == 77


def test_reset_all_asks_for_the_models_own_start(panel, edits, qtbot) -> None:
    with qtbot.waitSignal(panel.reset_asked):
        qtbot.mouseClick(panel.style_section.reset, Qt.MouseButton.LeftButton)
    assert edits == []


def test_delete_on_psi_returns_to_the_models_own_psi(panel, edits, qtbot) -> None:
    panel.show_start(Recipe(psi=0.5))
    qtbot.keyClick(panel.style_section.psi.track, Qt.Key.Key_Delete)
    assert edits == [(Recipe(psi=0.5), "psi")]


def test_a_drag_is_reported_once_from_start_to_finish(panel, edits, drag) -> None:
    started, finished = QSignalSpy(panel.drag_started), QSignalSpy(panel.drag_finished)
    drag(panel.style_section.psi.track, [(20, 8), (60, 8), (90, 8)])
    assert (started.count(), finished.count()) == (1, 1)
    assert {label for _, label in edits} == {"psi"}
    assert len(edits) == 3


def test_an_edit_builds_on_the_recipe_shown_last(panel, edits, qtbot) -> None:
    panel.show_recipe(Recipe(latent=Latent(5), growth=3.0))
    qtbot.keyClick(panel.style_section.psi.track, Qt.Key.Key_End)
    assert edits[0][0] == Recipe(latent=Latent(5), growth=3.0, psi=2.0)


def shown(panel: MasterPanel) -> set[str]:
    """The controls a person sees."""
    style, noise = panel.style_section, panel.noise_section
    parts = {
        "seed": style.seed, "psi": style.psi, "cutoff": style.cutoff, "growth": style.growth,
        "threshold": style.threshold, "classes": panel.class_section.mixer,
        "noise": noise.strength,
    }  # fmt: skip
    return {name for name, part in parts.items() if part.isVisible()}


@pytest.mark.parametrize(
    ("model", "heading", "expected"),
    [
        ("can64", "STYLE A", {"seed", "psi", "cutoff", "growth", "noise"}),
        ("stylegan2_64", "STYLE A", {"seed", "psi", "cutoff", "noise"}),
        ("progan64", "LATENT Z", {"seed", "growth"}),
        ("biggan64", "LATENT Z", {"seed", "psi", "threshold", "classes"}),
    ],
)
def test_each_architecture_has_exactly_its_controls(
    panel, request, model, heading, expected
) -> None:
    panel.set_capabilities(request.getfixturevalue(model))
    assert panel.style_section.title.text() == heading
    assert shown(panel) == expected


def test_a_conditional_stylegan_has_classes_too(panel, can64) -> None:
    panel.set_capabilities(replace(can64, classes=("cat", "dog")))
    assert {"classes", "cutoff"} <= shown(panel)


def test_the_picture_is_shifted_and_turned_where_the_model_can(panel, edits, qtbot, can64) -> None:
    section = panel.placement_section
    assert not section.isVisibleTo(panel)
    panel.set_capabilities(replace(can64, has_placement=True))
    assert section.isVisibleTo(panel)
    qtbot.keyClick(section.right.track, Qt.Key.Key_End)
    qtbot.keyClick(section.down.track, Qt.Key.Key_Home)
    qtbot.keyClick(section.turn.track, Qt.Key.Key_End)
    assert [label for _, label in edits] == ["shift", "shift", "turn"]
    assert edits[-1][0] == Recipe(shift_x=1.0, shift_y=-1.0, turn=180.0)


def test_psi_is_explained_as_the_architecture_means_it(panel, biggan64) -> None:
    assert "appendix B" in panel.style_section.psi.toolTip()
    panel.set_capabilities(biggan64)
    assert "scale of z" in panel.style_section.psi.toolTip().replace("\n", " ")


def test_a_cutoff_that_came_along_is_seen_where_it_counts(panel, biggan64) -> None:
    panel.set_capabilities(biggan64)
    panel.show_recipe(Recipe(cutoff=2))
    assert "cutoff" in shown(panel)
    panel.show_recipe(Recipe())
    assert "cutoff" not in shown(panel)


def test_the_threshold_is_as_made_until_it_is_moved(panel, biggan64, edits, qtbot) -> None:
    slider = panel.style_section.threshold.slider
    panel.set_capabilities(replace(biggan64, threshold=2.0))
    assert (slider.value, slider.track.muted) == (2.0, True)
    qtbot.keyClick(slider.track, Qt.Key.Key_Left)
    assert edits[-1] == (Recipe(threshold=1.95), "threshold")
    assert not slider.track.muted
    qtbot.keyClick(slider.track, Qt.Key.Key_Delete)
    assert edits[-1] == (Recipe(), "threshold")


def test_the_end_of_the_threshold_is_no_cut_at_all(panel, biggan64, edits, qtbot) -> None:
    panel.set_capabilities(biggan64)
    panel.show_recipe(Recipe(threshold=1.0))
    slider = panel.style_section.threshold.slider
    qtbot.keyClick(slider.track, Qt.Key.Key_End)
    assert edits == [(Recipe(), "threshold")]
    assert slider.field.text() == "no cut"


def test_without_a_model_everything_is_grey(panel) -> None:
    panel.set_capabilities(None)
    assert not panel.style_section.seed.isEnabled()
    assert not panel.style_section.reset.isEnabled()
    assert not panel.noise_section.mode.isEnabled()
    assert panel.style_section.psi.track.toolTip() == NO_MODEL


def test_another_model_never_edits_the_recipe(panel, can64, qtbot) -> None:
    panel.show_recipe(Recipe(cutoff=9, growth=5.5))
    smaller = replace(can64, resolution=8, layers=can64.layers[:4])
    with qtbot.assertNotEmitted(panel.edited):
        panel.set_capabilities(smaller)
        panel.set_capabilities(None)
        panel.set_capabilities(can64)


def test_the_panel_fits_into_360_pixels(panel) -> None:
    assert panel.sizeHint().height() <= 340
    assert panel.minimumSizeHint().height() < 240


@pytest.mark.parametrize("width", [WIDTH, 380, 418, 450, 560, 590, 700])
def test_nothing_is_cut_at_any_width(panel, can64, qtbot, width) -> None:
    names = ("desert", "gas", "ice", "lava", "rock", "terran")
    panel.set_capabilities(replace(can64, classes=names))
    panel.show_recipe(Recipe(classes=((5, 1.0),)))
    panel.resize(width, 700)
    qtbot.waitUntil(lambda: panel._content.width() <= width)
    sections = [one for one in panel._sections if one.isVisibleTo(panel)]
    assert len(sections) == 3
    for section in sections:
        section.layout().activate()
        right = section.mapTo(panel, section.rect().topRight()).x()
        assert right < width, (section, right)
        assert section.width() >= section.minimumSizeHint().width(), section
    title = panel.style_section.psi._label
    assert title.width() >= title.sizeHint().width(), (title.width(), title.sizeHint().width())


def test_every_control_has_a_tooltip_and_an_accessible_name(panel) -> None:
    kinds = (QAbstractSlider, QAbstractButton, QLineEdit)
    controls = [
        c for kind in kinds for c in panel.findChildren(kind) if "scroll" not in c.objectName()
    ]
    controls = [c for c in controls if "ScrollBar" not in type(c).__name__]
    assert len(controls) > 10
    assert not [c for c in controls if not c.accessibleName()]
    assert not [c.accessibleName() for c in controls if not c.toolTip()]


def test_tab_reaches_every_control_and_comes_around(panel, qtbot) -> None:
    panel.show_recipe(Recipe(noise=Noise("random")))
    first = panel.style_section.seed.field
    first.setFocus()
    qtbot.waitUntil(first.hasFocus)
    visited = []
    for _ in range(20):
        visited.append(panel.focusWidget())
        panel.focusNextChild()
        if panel.focusWidget() is first:
            break
    style, noise = panel.style_section, panel.noise_section
    assert visited == [
        style.seed.field, style.seed.dice, style.psi.track, style.cutoff.track, style.growth.track,
        style.reset, noise.strength.track, noise.mode.button("random"), noise.seed.field,
        noise.seed.dice,
    ]  # fmt: skip
