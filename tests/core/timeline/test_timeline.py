"""Timelines: what every moment shows, the ends exactly, loops, JSON and hostile files."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab_core.errors import RecipeError, TimelineError
from ganlab_core.recipe import (
    COUNTED_NOISE,
    TORCH_NOISE,
    Bend,
    Centres,
    EditDirection,
    Latent,
    LayerNoise,
    Mix,
    Noise,
    Recipe,
)
from ganlab_core.timeline import (
    EASINGS,
    NOISES,
    SPACES,
    Keyframe,
    Timeline,
    fps_shown,
    moving_lanes,
    read_fps,
)
from ganlab_core.timeline.timeline import LANES

SEEDS = st.integers(0, 2**32 - 1)
LATENTS = st.builds(Latent, SEEDS)
UNIT = st.floats(0, 1)
MIXES = st.dictionaries(st.sampled_from([4, 8, 16]), st.builds(Mix, LATENTS, UNIT), max_size=2).map(
    lambda found: tuple(found.items())
)
WEIGHTS = st.dictionaries(st.integers(0, 5), st.floats(-100, 100), max_size=3).map(
    lambda found: tuple(found.items())
)
RECIPES = st.builds(
    Recipe,
    latent=LATENTS,
    psi=st.floats(-10, 10),
    psi_at=st.dictionaries(st.sampled_from([4, 8]), st.floats(-10, 10), max_size=2).map(
        lambda found: tuple(found.items())
    ),
    mix_at=MIXES,
    noise=st.builds(Noise, st.sampled_from(["stored", "random", "off"]), SEEDS, st.floats(0, 10)),
    growth=st.none() | st.floats(2, 10),
    threshold=st.none() | st.floats(0.01, 10),
    centre=st.none() | LATENTS,
    classes=WEIGHTS,
    pushes=st.lists(
        st.builds(EditDirection, st.just((1.0, 2.0)), st.floats(-100, 100), st.integers(0, 3)),
        max_size=2,
    ).map(tuple),
    attention=st.floats(0, 10),
)
LANE_EASINGS = st.dictionaries(
    st.sampled_from(tuple(LANES)), st.sampled_from(EASINGS), max_size=3
).map(lambda found: tuple(found.items()))
ARCS = st.lists(st.floats(0.001, 100), max_size=4).map(lambda own: tuple(sorted(set(own))))
KEYFRAMES = st.lists(
    st.builds(
        Keyframe,
        st.floats(0, 9.9),
        RECIPES,
        st.sampled_from(EASINGS),
        LANE_EASINGS,
        arc=ARCS,
    ),
    min_size=1,
    max_size=4,
).map(tuple)
TIMELINES = st.builds(
    Timeline,
    KEYFRAMES,
    st.floats(10, 100),
    st.booleans(),
    st.sampled_from([Fraction(24), Fraction(30000, 1001), Fraction(60)]),
    st.sampled_from(NOISES),
    st.integers(1, 5),
    st.sampled_from(SPACES),
    st.sampled_from(SPACES),
    st.none() | st.floats(2, 10),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = (
    "keyframes", "duration", "loop", "fps", "noise", "noise_turns", "latent_space", "mix_space",
    "full_growth",
)  # fmt: skip


def two(a: Recipe, b: Recipe, easing: str = "linear", **fields: Any) -> Timeline:
    return Timeline(
        (Keyframe(0.0, a, easing), Keyframe(2.0, b, easing)), **{"duration": 2.0, **fields}
    )


def refusal(text: str) -> str:
    """Why a text is no Timeline; a full stop when it is one."""
    try:
        Timeline.from_json(text)
    except RecipeError as error:
        return error.what
    return "."


@given(TIMELINES)
def test_a_timeline_survives_json(timeline: Timeline) -> None:
    text = timeline.to_json()
    again = Timeline.from_json(text)
    assert again == timeline
    assert hash(again) == hash(timeline)
    assert again.to_json() == text


@given(TIMELINES, st.floats(-1000, 1000))
def test_every_moment_is_a_recipe_that_survives_json(timeline: Timeline, time: float) -> None:
    recipe = timeline.recipe_at(time)
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert timeline.recipe_at(time) == recipe


@given(TIMELINES)
def test_at_a_keyframe_its_own_recipe_is_shown(timeline: Timeline) -> None:
    still = replace(timeline, noise="frozen")
    for keyframe in still.keyframes:
        assert still.recipe_at(keyframe.time) == keyframe.recipe


@given(TIMELINES, st.integers(0, 2000))
def test_a_frame_is_the_recipe_at_its_time(timeline: Timeline, frame: int) -> None:
    assert timeline.frame_recipe(frame) == timeline.recipe_at(frame / timeline.fps)
    assert timeline.frame_recipe(frame) == timeline.recipe_at(float(frame / timeline.fps))


@given(TIMELINES, st.integers(0, 50))
def test_a_loop_comes_round(timeline: Timeline, frame: int) -> None:
    loop = replace(timeline, loop=True, duration=16.0, fps=Fraction(32))
    assert loop.frame_recipe(frame + loop.frame_count) == loop.frame_recipe(frame)


@given(RECIPES, RECIPES, UNIT)
def test_numbers_between_lie_between(a: Recipe, b: Recipe, u: float) -> None:
    recipe = two(a, b).recipe_at(2.0 * u)
    for name in ("psi", "attention"):
        low, high = sorted((getattr(a, name), getattr(b, name)))
        assert low - 1e-9 <= getattr(recipe, name) <= high + 1e-9


@given(RECIPES, st.sampled_from(EASINGS), UNIT)
def test_between_equal_keyframes_nothing_moves(recipe: Recipe, easing: str, u: float) -> None:
    assert two(recipe, recipe, easing).recipe_at(2.0 * u) == recipe
    assert two(recipe, recipe, easing, latent_space="z").recipe_at(2.0 * u) == recipe


def test_easings_decide_how_far_the_way_is_done() -> None:
    a, b = Recipe(psi=0.0), Recipe(psi=1.0)
    at_quarter = {name: two(a, b, name).recipe_at(0.5).psi for name in EASINGS}
    assert at_quarter == pytest.approx(
        {"linear": 0.25, "smooth": 0.15625, "hold": 0.0, "spline": 0.25, "even": 0.25}
    )


@given(TIMELINES, st.floats(0, 100), st.sampled_from(tuple(LANES)))
def test_a_lane_moves_as_if_the_whole_film_went_its_way(
    timeline: Timeline, time: float, lane: str
) -> None:
    moment = min(time, timeline.duration)
    alike = replace(
        timeline,
        keyframes=tuple(
            replace(key, easing=key.easing_of(lane), lanes=()) for key in timeline.keyframes
        ),
    )
    own, other = timeline.recipe_at(moment), alike.recipe_at(moment)
    assert [getattr(own, name) for name in LANES[lane]] == [
        getattr(other, name) for name in LANES[lane]
    ]


def test_lanes_ease_apart() -> None:
    start = Keyframe(0.0, Recipe(psi=0.0, growth=2.0), "linear", (("growth", "hold"),))
    line = Timeline((start, Keyframe(1.0, Recipe(psi=1.0, growth=6.0))), 1.0)
    assert (line.recipe_at(0.5).psi, line.recipe_at(0.5).growth) == (0.5, 2.0)
    assert line.recipe_at(1.0).growth == 6.0


def test_a_film_without_easings_by_lane_is_written_as_older_programs_read_it() -> None:
    plain = two(Recipe(), Recipe(psi=0.2))
    known = json.loads(plain.to_json())
    assert known["ganlab_timeline"] == 1
    assert "lanes" not in known["keyframes"][0]
    first = replace(plain.keyframes[0], lanes=(("psi", "spline"), ("latent", "hold")))
    newer = json.loads(plain.with_keyframe_at(0, first).to_json())
    assert newer["ganlab_timeline"] == 2
    assert newer["keyframes"][0]["lanes"] == {"latent": "hold", "psi": "spline"}


@pytest.mark.parametrize(
    "lanes", [{"colour": "hold"}, {"psi": "bounce"}, {"psi": 3}, ["psi"], "psi", None, 7]
)
def test_impossible_easings_of_lanes_are_refused_in_a_sentence(lanes: object) -> None:
    known = json.loads(Timeline().to_json())
    known["keyframes"][0]["lanes"] = lanes
    assert len(refusal(json.dumps(known))) > 20


def test_a_spline_goes_through_its_keyframes_without_a_corner() -> None:
    psis = (0.0, 1.0, 0.5, 2.0)
    keys = tuple(Keyframe(float(i), Recipe(psi=psi), "spline") for i, psi in enumerate(psis))
    line = Timeline(keys, 3.0)
    assert [line.recipe_at(i).psi for i in range(4)] == list(psis)
    for corner in (1.0, 2.0):
        before, at, after = (line.recipe_at(corner + step).psi for step in (-1e-4, 0.0, 1e-4))
        assert (at - before) == pytest.approx(after - at, abs=1e-6)


def test_a_looped_spline_has_no_corner_at_its_seam() -> None:
    keys = tuple(
        Keyframe(float(i), Recipe(psi=psi), "spline") for i, psi in enumerate((0.0, 1.0, 0.3))
    )
    line = Timeline(keys, 3.5, loop=True)
    before, at, after = (line.recipe_at(step).psi for step in (3.5 - 1e-4, 0.0, 1e-4))
    assert (at - before) == pytest.approx(after - at, abs=1e-6)


def test_latents_in_w_blend_by_weights_that_add_up_to_1() -> None:
    between = two(Recipe(Latent(1)), Recipe(Latent(2))).recipe_at(0.5).latent
    assert between == Latent(1, (), "w", ((Latent(1), 0.75), (Latent(2), 0.25)))


def test_latents_in_z_go_along_the_circle() -> None:
    line = two(Recipe(Latent(1)), Recipe(Latent(2)), latent_space="z")
    (_, first), (_, second) = line.recipe_at(0.5).latent.blend
    assert math.atan2(second, first) == pytest.approx(math.pi / 8)
    assert math.hypot(first, second) == pytest.approx(1.0)


def test_a_point_of_w_makes_the_blend_one_in_w() -> None:
    vector = Latent(0, (1.0, 2.0), "w")
    line = two(Recipe(Latent(1)), Recipe(vector), latent_space="z")
    assert line.recipe_at(1.0).latent.space == "w"


def test_a_moment_of_a_film_can_be_a_keyframe_of_another() -> None:
    first = two(Recipe(Latent(1)), Recipe(Latent(2)))
    again = two(first.recipe_at(1.0), Recipe(Latent(3)))
    parts = dict(again.recipe_at(1.0).latent.blend)
    assert parts == {Latent(1): 0.25, Latent(2): 0.25, Latent(3): 0.5}


def test_modes_and_seeds_of_noise_hold_until_the_next_keyframe() -> None:
    a = Recipe(noise=Noise("random", 3, 0.0), noise_layers=((1, LayerNoise(on=False)),))
    b = Recipe(noise=Noise("stored", 0, 2.0))
    recipe = two(a, b).recipe_at(1.0)
    assert recipe.noise == Noise("random", 3, 1.0)
    assert recipe.noise_layers == ((1, LayerNoise(on=False)),)


def test_mixes_fade_in_and_their_latents_blend() -> None:
    a = Recipe(mix_at=((8, Mix(Latent(5), 0.5)),))
    b = Recipe(mix_at=((8, Mix(Latent(6), 1.0)), (16, Mix(Latent(7), 1.0))))
    found = dict(two(a, b).recipe_at(1.0).mix_at)
    assert found[16] == Mix(Latent(7), 0.5)
    assert found[8].amount == 0.75
    assert dict(found[8].latent.blend) == {Latent(5): 0.5, Latent(6): 0.5}


def test_growth_moves_evenly_in_log2_and_none_is_the_finished_picture() -> None:
    line = two(Recipe(growth=2.0), Recipe(growth=None), full_growth=6.0)
    assert line.recipe_at(1.0).growth == 4.0
    assert line.recipe_at(2.0).growth is None


def test_classes_cross_by_weight_and_no_class_is_the_first() -> None:
    assert two(Recipe(), Recipe(classes=((2, 1.0),))).recipe_at(0.5).classes == (
        (0, 0.75), (2, 0.25)
    )  # fmt: skip


def test_pushes_are_matched_by_what_they_push() -> None:
    smile, age = (
        EditDirection((1.0, 0.0), 2.0, name="smile"),
        EditDirection((0.0, 1.0), 4.0, name="age"),
    )
    pushes = (
        two(Recipe(pushes=(smile,)), Recipe(pushes=(age, replace(smile, amount=0.0))))
        .recipe_at(0.5)
        .pushes
    )
    assert [(push.name, push.amount) for push in pushes] == [("smile", 1.5), ("age", 1.0)]


def test_gains_start_from_1() -> None:
    assert two(Recipe(), Recipe(gains=((3, ((7, 0.0),)),))).recipe_at(1.0).gains == (
        (3, ((7, 0.5),)),
    )


def test_fresh_noise_is_another_each_frame_and_the_same_again() -> None:
    line = Timeline(
        (Keyframe(0.0, Recipe(noise=Noise("stored"))),), 1.0, fps=Fraction(30), noise="fresh"
    )
    seeds = [line.frame_recipe(frame).noise.seed for frame in range(line.frame_count)]
    assert len(set(seeds)) == 30
    assert line.recipe_at(0.1) == line.frame_recipe(3)
    assert line.frame_recipe(3).noise.mode == "random"


def test_looping_noise_goes_round_once_and_off_stays_off() -> None:
    line = Timeline((Keyframe(0.0),), 2.0, loop=True, noise="loop", noise_turns=2)
    noises = [line.recipe_at(time).noise for time in (0.0, 0.25, 1.0, 2.0)]
    assert [noise.turn for noise in noises] == [0.0, 0.25, 0.0, 0.0]
    assert len({noise.other for noise in noises}) == 1
    silent = Timeline((Keyframe(0.0, Recipe(noise=Noise("off"))),), 2.0, noise="loop")
    assert silent.recipe_at(0.3).noise == Noise("off")


@pytest.mark.parametrize("noise", ["fresh", "loop"])
def test_a_film_of_before_moves_the_noise_of_before(noise: str) -> None:
    new = Timeline((Keyframe(0.0),), 2.0, loop=True, noise=noise)
    data = json.loads(new.to_json())
    assert (data["ganlab_timeline"], data.pop("noise_generator")) == (4, COUNTED_NOISE)
    text = json.dumps({**data, "ganlab_timeline": 1}, sort_keys=True)
    old = Timeline.from_json(text)
    assert old != new
    assert json.loads(old.to_json()) == json.loads(text)
    assert old.recipe_at(0.3).noise == replace(new.recipe_at(0.3).noise, generator=TORCH_NOISE)
    assert new.recipe_at(0.3).noise.generator == COUNTED_NOISE
    assert Timeline.from_json(new.to_json()) == new


def test_frozen_noise_names_no_generator() -> None:
    still = Timeline(noise_generator=TORCH_NOISE)
    assert still == Timeline()
    assert "noise_generator" not in json.loads(still.to_json())


@pytest.mark.parametrize(
    ("seconds", "fps", "frames"),
    [(2.0, "24", 48), (1.0, "29.97", 30), (10.0, "29.97", 300), (0.001, "24", 1), (0.5, "25", 13)],
)
def test_the_number_of_frames_is_the_duration_times_fps(
    seconds: float, fps: str, frames: int
) -> None:
    assert Timeline((Keyframe(0.0),), seconds, fps=read_fps(fps)).frame_count == frames


def test_rates_are_exact_fractions() -> None:
    assert read_fps(29.97) == read_fps("30000/1001") == Fraction(30000, 1001)
    assert read_fps("12.5") == Fraction(25, 2)
    assert fps_shown(Fraction(30000, 1001)) == "29.97"
    assert fps_shown(Fraction(60)) == "60"


@pytest.mark.parametrize(
    "fps", ["0", "241", "-1", "nan", "1/0", "x", "1e308", "", None, True, [30], math.nan, math.inf]
)
def test_impossible_rates_are_refused_in_a_sentence(fps: object) -> None:
    with pytest.raises(TimelineError, match="frames a second"):
        read_fps(fps)


def test_edits_keep_the_order_and_the_bounds() -> None:
    line = Timeline((Keyframe(0.0),), 2.0)
    longer = line.with_keyframe(Keyframe(3.0)).with_keyframe(Keyframe(1.0, Recipe(psi=0.1)))
    assert [key.time for key in longer.keyframes] == [0.0, 1.0, 3.0]
    assert longer.duration == 3.0
    assert longer.with_keyframe(Keyframe(1.0)).keyframes[1].recipe == Recipe()
    assert longer.with_loop(on=True).duration == 4.5
    assert [key.time for key in longer.with_duration(6.0).keyframes] == [0.0, 2.0, 6.0]
    moved = longer.with_keyframe_at(2, Keyframe(0.5))
    assert [key.time for key in moved.keyframes] == [0.0, 0.5, 1.0]
    assert line.with_keyframe_at(0, Keyframe(5.0)).duration == 5.0
    with pytest.raises(TimelineError, match="keyframes"):
        line.without_keyframe(0)


def test_the_lanes_hold_every_field_once() -> None:
    fields = [name for lane in LANES.values() for name in lane]
    assert sorted(fields) == sorted(set(Recipe.__dataclass_fields__) - {"extra"})
    line = two(Recipe(), Recipe(psi=0.1, growth=3.0), noise="loop")
    assert moving_lanes(line) == ("psi", "noise", "growth")


@given(st.sampled_from(FIELDS), JSON)
def test_any_value_of_a_field_is_read_or_refused_in_a_sentence(name: str, value: object) -> None:
    known = json.loads(Timeline().to_json())
    assert refusal(json.dumps({**known, name: value})).endswith(".")


@given(st.sampled_from(["time", "recipe", "easing", "lanes", "more"]), JSON)
def test_any_value_in_a_keyframe_is_read_or_refused_in_a_sentence(name: str, value: object) -> None:
    known = json.loads(Timeline().to_json())
    known["keyframes"][0][name] = value
    assert refusal(json.dumps(known)).endswith(".")


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "{" * 5000, "[" * 100_000, '{"ganlab_recipe": 1}', "\x00",
     '{"ganlab_timeline": 1, "keyframes": []}', '{"ganlab_timeline": 1, "duration": NaN}',
     '{"ganlab_timeline": 1, "duration": 1e308}', '{"ganlab_timeline": true}'],
)  # fmt: skip
def test_what_is_no_timeline_is_refused_in_a_sentence(text: str) -> None:
    assert refusal(text).endswith(".")
    assert refusal(text) != "."


def test_a_billion_frames_are_refused() -> None:
    with pytest.raises(TimelineError, match="frames"):
        Timeline((Keyframe(0.0),), 86_400.0, fps=Fraction(240))


def test_a_newer_version_is_refused_and_unknown_fields_are_kept() -> None:
    known = json.loads(Timeline().to_json())
    assert "newer ganlab" in refusal(json.dumps({**known, "ganlab_timeline": 5}))
    known["music"] = "a song"
    known["keyframes"][0]["marker"] = {"x": 1}
    again = json.loads(Timeline.from_json(json.dumps(known)).to_json())
    assert again == known


def test_deep_blends_are_refused_in_a_sentence() -> None:
    latent: dict[str, Any] = {"seed": 1}
    for _ in range(300):
        latent = {"blend": [{"latent": latent, "weight": 1.0}], "space": "w"}
    known = json.loads(Timeline().to_json())
    known["keyframes"][0]["recipe"]["latent"] = latent
    assert "deep" in refusal(json.dumps(known))


@pytest.mark.parametrize("time", [math.nan, math.inf, -math.inf])
def test_a_time_that_is_no_number_is_refused(time: float) -> None:
    with pytest.raises(TimelineError):
        Timeline().recipe_at(time)


def test_timelines_need_neither_torch_nor_qt() -> None:
    code = (
        "import sys, ganlab_core.timeline.generators, ganlab_core.timeline.timeline;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'PySide6')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_bends_move_as_numbers_and_fade_where_a_keyframe_lacks_them() -> None:
    turn, blur = Bend(2, "rotate", 10.0), Bend(4, "blur", 3.0, strength=0.8)
    keys = (
        Keyframe(0.0, Recipe(bends=(turn,)), "linear"),
        Keyframe(1.0, Recipe(bends=(replace(turn, amount=50.0, strength=0.5), blur))),
    )
    film = Timeline(keys, 2.0)
    middle = film.recipe_at(0.25).bends
    assert middle == (
        replace(turn, amount=20.0, strength=0.875),
        replace(blur, strength=0.2),
    )
    assert film.recipe_at(0.0) == keys[0].recipe
    assert film.recipe_at(1.0) == keys[1].recipe


def test_a_freeze_s_latents_blend_and_other_choices_cross() -> None:
    one = Bend(2, "freeze", latent=Latent(1))
    other = replace(one, latent=Latent(2))
    film = Timeline(
        (Keyframe(0.0, Recipe(bends=(one,)), "linear"), Keyframe(1.0, Recipe(bends=(other,)))), 2.0
    )
    (middle,) = film.recipe_at(0.5).bends
    assert middle.latent == Latent(1, (), "w", ((Latent(1), 0.5), (Latent(2), 0.5)))
    left, right = Bend(2, "invert", maps="chosen", chosen=(1,)), Bend(2, "invert", region=("0f",))
    film = Timeline(
        (Keyframe(0.0, Recipe(bends=(left,)), "linear"), Keyframe(1.0, Recipe(bends=(right,)))), 2.0
    )
    assert [bend.strength for bend in film.recipe_at(0.25).bends] == [0.75, 0.25]


def test_a_chosen_centre_moves_on_to_the_next() -> None:
    first, last = Centres(clusters=4, pick=0.0), Centres(clusters=4, pick=3.0)
    keys = (Keyframe(0.0, Recipe(centres=first), "linear"), Keyframe(1.0, Recipe(centres=last)))
    assert Timeline(keys, 2.0).recipe_at(0.5).centres == Centres(clusters=4, pick=1.5)
