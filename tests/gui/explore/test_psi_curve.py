"""The psi curve: what it shows, and what drawing proposes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ganlab.explore.explore_room import NO_PSI, PsiCurvePanel
from ganlab_core.recipe import Centres, Latent, Recipe


@pytest.fixture
def panel(qtbot, can64) -> PsiCurvePanel:
    made = PsiCurvePanel()
    qtbot.addWidget(made)
    made.set_capabilities(can64)
    made.edited.connect(lambda recipe, _: made.show_recipe(recipe))
    return made


def test_it_shows_every_resolutions_psi_and_which_are_their_own(panel) -> None:
    panel.show_recipe(Recipe(psi=0.5, cutoff=4, psi_at=((8, 1.2),)))
    shown = [(stop.name, stop.value, stop.own) for stop in panel.curve.stops]
    assert shown == [
        ("4", 0.5, False), ("8", 1.2, True), ("16", 1.0, False), ("32", 1.0, False),
        ("64", 1.0, False),
    ]  # fmt: skip


def test_drawing_gives_a_resolution_its_own_psi_and_all_can_follow_again(panel) -> None:
    assert not panel.level.isEnabled()
    panel.curve.moved.emit(2, 0.3)
    assert panel.recipe == Recipe(psi_at=((16, 0.3),))
    panel.curve.moved.emit(3, 0.1)
    panel.curve.default_asked.emit(2)
    assert panel.recipe == Recipe(psi_at=((32, 0.1),))
    panel.level.click()
    assert panel.recipe == Recipe()


def test_a_model_without_truncation_is_told_why(panel, progan64) -> None:
    panel.set_capabilities(progan64)
    assert not panel.curve.isEnabled()
    assert panel.hint.text() == NO_PSI


def test_psi_can_lead_to_any_picture_and_back_to_the_mean(panel) -> None:
    panel.show_recipe(Recipe(latent=Latent(7)))
    panel.here.click()
    assert panel.recipe == Recipe(latent=Latent(7), centre=Latent(7))
    assert not panel.here.isEnabled()
    panel.show_recipe(replace(panel.recipe, latent=Latent(8)))
    assert panel.centre.text() == "Psi leads towards seed 7."
    panel.mean.click()
    assert panel.recipe == Recipe(latent=Latent(8))


def test_psi_leads_to_the_nearest_or_to_a_chosen_of_several_centres(panel) -> None:
    panel.several.edited.emit(4)
    assert panel.recipe == Recipe(centres=Centres(clusters=4))
    assert panel.centre.text() == "Psi leads towards the nearest of 4 clusters of W."
    panel.softness.track.propose(0.5)
    assert panel.recipe.centres == Centres(clusters=4, softness=0.5)
    panel.pick.edited.emit(2)
    assert panel.recipe.centres == Centres(clusters=4, pick=2.0)
    assert panel.centre.text() == "Psi leads towards centre 3 of 4 clusters of W."
    panel.mean.click()
    assert panel.recipe == Recipe()


def test_liked_pictures_become_centres(panel) -> None:
    for seed in (3, 8):
        panel.show_recipe(replace(panel.recipe, latent=Latent(seed)))
        panel.like.click()
    assert panel.recipe.centres == Centres((Latent(3), Latent(8)))
    assert not panel.like.isEnabled()
    assert panel.several.currentText() == "pictures: 2"
    panel.here.click()
    assert (panel.recipe.centres, panel.recipe.centre) == (Centres(), Latent(8))
