"""What a person does to a film."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.film import film_controller as edits
from ganlab.film.film_controller import Film, FilmHistory, Stamps, filled
from ganlab.film.timeline_panel import FILLS, FillChoice, fill_reason
from ganlab_core.recipe import Capabilities, Latent, Recipe
from ganlab_core.timeline import EASINGS, Timeline
from ganlab_core.timeline.timeline import LANES

CHOICES = [choice for _, _, choices in FILLS for _, choice in choices]


def film(*times: float, loop: bool = True) -> Film:
    made = Film(Timeline(loop=loop, duration=60.0))
    for index, time in enumerate(times):
        made = edits.with_recipe_at(made, Recipe(Latent(index)), time)
    return made


def times(made: Film) -> list[float]:
    return [key.time for key in made.timeline.keyframes]


def seeds(made: Film) -> list[int]:
    return [key.recipe.latent.seed for key in made.timeline.keyframes]


def test_keyframes_added_one_after_the_other_are_spaced() -> None:
    made = Film()
    for seed in range(4):
        made = edits.with_recipe(made, Recipe(Latent(seed)))
    assert times(made) == [0, 2, 4, 6]
    assert made.timeline.duration == 8.0
    assert made.timeline.loop


def test_a_keyframe_is_put_where_the_playhead_is() -> None:
    made = replace(film(0, 4), place=1.0)
    assert seeds(edits.with_recipe(made, Recipe(Latent(9)))) == [0, 9, 1]


@given(st.integers(0, 2), st.floats(-5, 70), st.booleans())
def test_moving_a_keyframe_never_loses_one(index: int, time: float, loop: bool) -> None:
    made = edits.moved(film(0, 2, 4, loop=loop), index, time)
    assert sorted(seeds(made)) == [0, 1, 2]
    own = made.timeline.keyframes[made.selected]
    assert own.recipe.latent.seed == index
    assert own.time == made.place
    assert 0 <= own.time <= 60


def test_a_copy_beside_the_last_lengthens_the_film() -> None:
    made = edits.repeated(replace(film(0, 2), selected=1), 1)
    assert seeds(made) == [0, 1, 1]
    assert made.selected == 2
    assert seeds(edits.repeated(film(0, 2), 0)) == [0, 0, 1]


def test_without_its_last_keyframe_a_film_is_empty() -> None:
    made = edits.without(edits.without(film(0, 2), 0), 0)
    assert made.empty


@given(
    st.integers(-1, 2),
    st.sampled_from(tuple(LANES)),
    st.sampled_from(EASINGS),
    st.sampled_from(tuple(LANES)),
)
def test_a_lane_gets_an_easing_of_its_own_and_loses_it_again(
    index: int, lane: str, easing: str, other: str
) -> None:
    before = edits.lane_eased(film(0, 2, 4), -1, other, "spline")
    made = edits.lane_eased(before, index, lane, easing)
    for at, key in enumerate(made.timeline.keyframes):
        assert key.easing == "even"
        if index in (-1, at):
            assert key.easing_of(lane) == easing
        else:
            assert key == before.timeline.keyframes[at]
    again = Timeline.from_json(made.timeline.to_json())
    assert again == made.timeline
    for name in {lane, other}:
        made = edits.lane_eased(made, -1, name, "")
    assert made == film(0, 2, 4)


def test_lanes_blend_where_they_are_told() -> None:
    made = edits.lane_in_space(film(0, 2), "mix", "z")
    assert (made.timeline.latent_space, made.timeline.mix_space) == ("w", "z")
    made = edits.lane_in_space(film(0, 2), "latent", "z")
    assert (made.timeline.latent_space, made.timeline.mix_space) == ("z", "w")


def test_stretching_keeps_the_places() -> None:
    made = edits.lasting(replace(film(0, 30), place=30.0), 10.0)
    assert times(made) == [0, 5]
    assert made.place == 5.0


def test_the_way_of_counting_is_kept_in_the_file() -> None:
    made = edits.counted(film(0), "beats", 96.0)
    again = Timeline.from_json(made.timeline.to_json())
    assert edits.counting_of(again) == edits.counting_of(made.timeline)
    assert edits.counting_of(again).bpm == 96.0
    assert edits.counting_of(Timeline(extra='{"bpm":"x","unit":3}')).unit == "seconds"


def test_latents_blend_where_it_suits_the_model(can: Capabilities) -> None:
    assert edits.suited(Film(), can).timeline.latent_space == "w"
    assert edits.suited(Film(), replace(can, has_w=False)).timeline.latent_space == "z"
    assert edits.suited(film(0), replace(can, has_w=False)) == film(0)


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_every_fill_makes_a_film_that_moves(choice: FillChoice, can: Capabilities) -> None:
    can = replace(can, classes=("cat", "dog", "owl"))
    assert fill_reason(choice, can) == ""
    base = Recipe(Latent(5), classes=((1, 1.0),))
    made = filled(Film(), choice, base, can, random.Random(1))
    assert not made.empty
    line = made.timeline
    assert len({line.frame_recipe(frame) for frame in range(0, line.frame_count, 7)}) > 1
    if choice.kind == "walk":
        assert len(line.keyframes) == choice.amount
        assert line.keyframes[0].recipe == base
    if line.loop:
        assert line.recipe_at(line.duration) == line.recipe_at(0.0)


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_a_fill_in_a_model_without_w_blends_in_z(choice: FillChoice, can: Capabilities) -> None:
    can = replace(can, has_w=False, w_dim=0, classes=("cat", "dog"))
    line = filled(Film(), choice, Recipe(), can, random.Random(1)).timeline
    assert (line.latent_space, line.mix_space) == ("z", "z")


# --- history ----------------------------------------------------------------------------------------


def test_a_drag_is_one_step_and_none_when_it_comes_back() -> None:
    history = FilmHistory()
    base = film(0, 2)
    history.push(base, "begin", 1)
    for time in (3.0, 4.0):
        history.push(edits.moved(base, 1, time), "move", 2)
    history.undo()
    assert times(history.film) == [0, 2]
    history.redo()
    assert times(history.film) == [0, 4]
    history.push(edits.moved(base, 1, 2.0), "move", 2)
    assert history.undo_label == "begin"


def test_stamps_are_given_once() -> None:
    stamps = Stamps()
    first = stamps.of_desk(7)
    assert stamps.new() > first
    assert stamps.of_desk(7) == first
