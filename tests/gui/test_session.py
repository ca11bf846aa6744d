"""The Session: one place, one history."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from ganlab.session import Session
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Capabilities, Latent, Recipe


@pytest.fixture
def session(qapp: object) -> Session:
    return Session()


def test_an_edit_can_be_undone_and_redone(session: Session) -> None:
    session.edit(Recipe(psi=0.3), "psi")
    session.undo()
    assert session.recipe == Recipe()
    session.redo()
    assert session.recipe.psi == 0.3


def test_an_equal_recipe_is_no_step(session: Session) -> None:
    session.edit(Recipe(), "nothing")
    assert session.history.count() == 0


def test_a_drag_is_one_step(session: Session) -> None:
    session.begin_drag()
    for percent in range(50, 60):
        session.edit(Recipe(psi=percent / 100), "psi")
    session.end_drag()
    assert session.history.count() == 1
    session.undo()
    assert session.recipe == Recipe()


def test_two_drags_are_two_steps(session: Session) -> None:
    for target in (0.5, 0.2):
        session.begin_drag()
        session.edit(Recipe(psi=target + 0.1), "psi")
        session.edit(Recipe(psi=target), "psi")
        session.end_drag()
    session.undo()
    assert session.recipe.psi == 0.5
    session.undo()
    assert session.recipe == Recipe()


def test_edits_outside_a_drag_stay_apart(session: Session) -> None:
    session.edit(Recipe(psi=0.6), "psi")
    session.edit(Recipe(psi=0.5), "psi")
    session.undo()
    assert session.recipe.psi == 0.6


def test_a_drag_that_comes_back_leaves_no_step(session: Session) -> None:
    session.begin_drag()
    session.edit(Recipe(psi=0.1), "psi")
    session.edit(Recipe(), "psi")
    session.end_drag()
    assert session.history.count() == 0
    assert session.recipe == Recipe()


def test_undo_in_the_middle_of_a_drag_starts_a_new_step(session: Session) -> None:
    session.begin_drag()
    session.edit(Recipe(psi=0.1), "psi")
    session.undo()
    session.edit(Recipe(psi=0.4), "psi")
    session.edit(Recipe(psi=0.5), "psi")
    session.undo()
    assert session.recipe.psi == 0.4


def test_every_change_is_told(session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.recipe_changed) as told:
        session.edit(Recipe(psi=0.1), "psi")
    assert told.args == [Recipe(psi=0.1)]
    with qtbot.waitSignal(session.recipe_changed) as told:
        session.undo()
    assert told.args == [Recipe()]


def test_switching_models_keeps_what_was_asked_for(
    session: Session, info: ModelInfo, can: Capabilities
) -> None:
    asked = Recipe(latent=Latent(7)).with_psi_at(1024, 0.1)
    session.edit(asked, "psi")
    session.set_model(info, can)
    assert session.fitted.psi_at == ()
    assert session.recipe == asked
    finest = replace(can.layers[-1], index=len(can.layers), resolution=1024)
    session.set_model(info, replace(can, resolution=1024, layers=(*can.layers, finest)))
    assert session.fitted == asked


def test_a_model_is_told(
    session: Session, info: ModelInfo, can: Capabilities, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(session.model_changed) as told:
        session.set_model(info, can)
    assert told.args == [info]


def test_beginning_with_a_kept_recipe_leaves_nothing_to_undo(session: Session) -> None:
    session.edit(Recipe(psi=0.1), "psi")
    session.begin_with(Recipe(psi=0.2))
    assert not session.history.undo_label
    assert session.recipe.psi == 0.2


def starting(info: ModelInfo, psi: float) -> ModelInfo:
    """A model that was published with this truncation."""
    return replace(info, provenance={"truncation": {"psi": psi, "cutoff": None}})


def test_an_untouched_desk_begins_where_the_model_does(
    session: Session, info: ModelInfo, can: Capabilities
) -> None:
    session.set_model(starting(info, 0.4), can)
    assert session.recipe == session.start == Recipe(psi=0.4)
    session.set_model(starting(info, 0.6), can)
    assert session.recipe == Recipe(psi=0.6)


def test_what_a_person_asked_for_goes_on_to_the_next_model(
    session: Session, info: ModelInfo, can: Capabilities
) -> None:
    session.set_model(starting(info, 0.4), can)
    session.edit(Recipe(psi=0.9), "psi")
    session.set_model(starting(info, 0.6), can)
    assert (session.recipe, session.start) == (Recipe(psi=0.9), Recipe(psi=0.6))


def test_a_restored_desk_stays_as_it_was_left(
    session: Session, info: ModelInfo, can: Capabilities
) -> None:
    session.begin_with(Recipe())
    session.set_model(starting(info, 0.4), can)
    assert session.recipe == Recipe()
