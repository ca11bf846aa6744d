"""Even motion: arcs measured on pictures, read backwards, kept in JSON, dropped when they are stale."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ganlab_core.errors import TimelineError
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.timeline import (
    PARTS,
    Keyframe,
    Pace,
    Timeline,
    arc_of,
    difference_of,
    measured,
    psi_sweep,
    walk,
)

SWEEP = psi_sweep(Recipe(), 0.0, 1.0, Pace(4.0, loop=True, easing="even"))


def late(recipe: Recipe) -> NDArray[np.uint8]:
    """A picture that grows brighter ever faster as psi rises."""
    return np.full((8, 8, 3), round(255 * recipe.psi**3), np.uint8)


def steps(line: Timeline) -> NDArray[np.float64]:
    pictures = [late(line.frame_recipe(frame)) for frame in range(line.frame_count)]
    return np.array([difference_of(one, pictures[i - 1]) for i, one in enumerate(pictures)])


def test_pictures_change_by_as_much_in_every_frame() -> None:
    uneven, even = steps(SWEEP), steps(measured(SWEEP, late))
    assert uneven.max() > 30 * np.percentile(uneven, 10)
    assert even.min() > 2.0
    assert even.max() < 8.0  # 510 levels in 120 frames are 4.25 each


def test_keyframes_move_so_that_a_longer_way_takes_longer() -> None:
    recipes = [Recipe(psi=0.0), Recipe(psi=0.5), Recipe(psi=1.0)]
    keys = tuple(Keyframe(2.0 + 2.0 * i, own, "even") for i, own in enumerate(recipes))
    line = measured(Timeline(keys, 8.0), late)
    times = [key.time for key in line.with_even_times().keyframes]
    assert times == pytest.approx([2.0, 2.5, 6.0], abs=0.03)  # 0.5 ** 3 is an eighth
    assert line.with_even_times().duration == 8.0
    loop = replace(line, loop=True)
    assert loop.with_even_times() == loop  # the way back has not been measured
    back = measured(loop, late).with_even_times()
    assert [key.time for key in back.keyframes] == pytest.approx([2.0, 2.375, 5.0], abs=0.03)


def test_what_is_not_measured_is_linear_and_left_in_its_place() -> None:
    linear = replace(SWEEP, keyframes=tuple(replace(k, easing="linear") for k in SWEEP.keyframes))
    for time in (0.0, 0.3, 1.7, 3.9):
        assert SWEEP.recipe_at(time) == linear.recipe_at(time)
    assert SWEEP.with_even_times() == SWEEP
    assert measured(linear, late) == linear


def test_a_measured_way_is_never_measured_again() -> None:
    line = measured(SWEEP, late)
    assert line.unmeasured == ()
    assert measured(line, lambda _: pytest.fail("drawn again")) == line
    assert Timeline.from_json(line.to_json()) == line


def test_pictures_that_are_all_alike_go_linearly() -> None:
    still = measured(SWEEP, lambda _: np.zeros((4, 4, 3), np.uint8))
    assert [still.recipe_at(t).psi for t in (0.5, 1.0, 1.5)] == pytest.approx([0.25, 0.5, 0.75])


def test_a_way_between_other_recipes_is_measured_anew() -> None:
    line = measured(walk(Recipe(), list(map(Latent, (1, 2, 3))), Pace(6.0, easing="even")), ramp())
    other = replace(line.keyframes[1], recipe=Recipe(Latent(9)))
    assert line.with_keyframe_at(1, other).unmeasured == (0, 1)
    assert line.with_keyframe(Keyframe(1.0, Recipe(), "even")).unmeasured == (0, 1)
    assert line.without_keyframe(0).unmeasured == (1,)
    assert line.with_latents((Latent(1), Latent(2), Latent(4))).unmeasured == (2,)
    assert line.with_duration(3.0).unmeasured == ()


def ramp() -> Callable[[Recipe], NDArray[np.uint8]]:
    """Draws pictures one brighter than the other, whatever the Recipe."""
    levels = iter(range(10_000))
    return lambda _: np.full((2, 2, 3), next(levels) % 256, np.uint8)


def test_only_even_motion_needs_the_newest_version() -> None:
    assert json.loads(SWEEP.to_json())["ganlab_timeline"] == 3
    assert json.loads(measured(SWEEP, late).to_json())["ganlab_timeline"] == 3
    lanes = Keyframe(0.0, lanes=(("latent", "even"),))
    assert json.loads(Timeline((lanes,)).to_json())["ganlab_timeline"] == 3
    assert json.loads(Timeline().to_json())["ganlab_timeline"] == 1


@pytest.mark.parametrize("arc", ["1", "{}", "[0]", "[2, 1]", "[1, 1]", "[NaN]", "[1, Infinity]",
                                 "[true]", '["1"]', "[-1, 2]", str(list(range(1, 1026)))])  # fmt: skip
def test_an_arc_that_is_none_is_refused_in_a_sentence(arc: str) -> None:
    text = SWEEP.to_json().replace('"easing": "even"', f'"easing": "even", "arc": {arc}', 1)
    text = text.replace('"easing":"even"', f'"easing":"even","arc":{arc}', 1)
    assert '"arc"' in text
    with pytest.raises(TimelineError, match=r"arc|not finite"):
        Timeline.from_json(text)


@given(st.lists(st.integers(0, 255), min_size=2, max_size=40), st.floats(0.0, 4.0))
def test_any_pictures_make_an_arc_and_any_arc_leads_from_end_to_end(
    levels: list[int], time: float
) -> None:
    arc = arc_of(np.full((2, 2, 3), level, np.uint8) for level in levels)
    assert len(arc) == len(levels) - 1
    line = SWEEP.with_arcs({0: arc, 1: arc})
    assert 0.0 <= line.recipe_at(time).psi <= 1.0
    assert line.recipe_at(2.0).psi == 1.0
    assert line.recipe_at(time) == Timeline.from_json(line.to_json()).recipe_at(time)


def test_the_pictures_measured_are_those_of_even_parts_of_the_blend() -> None:
    way = SWEEP.way_from(1, 4)
    assert [recipe.psi for recipe in way] == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.0])
    assert len(measured(SWEEP, late).keyframes[0].arc) == PARTS
