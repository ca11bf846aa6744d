"""What is played: the same signals at the same times give the same Recipes, on every architecture."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from ganlab_core.performance import (
    BankScene,
    Mapping,
    Modulator,
    PerformanceMap,
    Performer,
    Signal,
    Transform,
    Transition,
    controls_of,
)
from ganlab_core.recipe import Capabilities, EditDirection, Latent, Recipe, fit
from ganlab_core.rendering import Renderer
from tests.every_model import MODELS, edited


@pytest.fixture(scope="module")
def can() -> Capabilities:
    return MODELS["stylegan"]().capabilities


def play(own: PerformanceMap, can: Capabilities, recipe: Recipe = Recipe()) -> Performer:
    return Performer(own, can, recipe)


def mapped(source: str, control: str, **fields: object) -> PerformanceMap:
    return PerformanceMap(mappings=(Mapping(source=source, control=control, **fields),))


def test_the_latest_value_wins_when_a_frame_begins(can: Capabilities) -> None:
    performer = play(mapped("midi/1/cc/7", "psi"), can)
    heard = [Signal("midi/1/cc/7", value, 0.01) for value in (0.1, 0.9, 0.4)]
    assert performer.frame(0.02, heard).recipe.psi == 0.4
    assert performer.frame(0.04).recipe.psi == 0.4


def test_nothing_moves_before_a_source_has_said_anything(can: Capabilities) -> None:
    performer = play(mapped("midi/1/cc/7", "psi"), can, Recipe(psi=0.33))
    assert performer.frame(0.0, [Signal("midi/1/cc/8", 1.0, 0.0)]).recipe == Recipe(psi=0.33)


def test_every_strike_counts_however_many_fall_into_one_frame(can: Capabilities) -> None:
    performer = play(mapped("midi/10/note/36", "seed.step"), can)
    heard = []
    for strike in range(16):
        heard += [Signal("midi/10/note/36", value, 0.001 * strike) for value in (0.8, 0.0)]
    assert performer.frame(0.02, heard).recipe.latent == Latent(16)


def test_a_hand_keeps_what_it_moved_until_the_source_moves_again(can: Capabilities) -> None:
    performer = play(mapped("midi/1/cc/7", "psi"), can)
    shown = performer.frame(0.0, [Signal("midi/1/cc/7", 0.2, 0.0)]).recipe
    performer.moved_by_hand(replace(shown, psi=0.55, growth=3.0))
    assert performer.frame(0.1).recipe == replace(shown, psi=0.55, growth=3.0)
    again = performer.frame(0.2, [Signal("midi/1/cc/7", 0.9, 0.15)]).recipe
    assert again == replace(shown, psi=0.9, growth=3.0)


def test_what_is_added_goes_when_it_ends(can: Capabilities) -> None:
    performer = play(mapped("key/a", "psi", mode="add", transform=Transform(high=0.25)), can)
    assert performer.frame(0.0, [Signal("key/a", 1.0, 0.0)]).recipe.psi == 0.95
    assert performer.frame(0.1).recipe.psi == 0.95
    assert performer.frame(0.2, [Signal("key/a", 0.0, 0.2)]).recipe.psi == 0.7


def test_modulators_move_by_time_alone(can: Capabilities) -> None:
    own = replace_map(
        mapped("mod/wave", "psi"),
        modulators=(Modulator(name="wave", shape="triangle", seconds=2.0),),
    )
    coarse, fine = play(own, can), play(own, can)
    for step in range(50):
        fine.frame(0.01 * step)
    assert coarse.frame(0.5).recipe == fine.frame(0.5).recipe
    assert coarse.frame(1.0).recipe.psi == pytest.approx(1.0)


def replace_map(own: PerformanceMap, **fields: object) -> PerformanceMap:
    known = {name: getattr(own, name) for name in own.__struct_fields__}
    return PerformanceMap(**{**known, **fields})


def test_an_envelope_rises_when_its_trigger_does(can: Capabilities) -> None:
    hit = Modulator(name="hit", kind="envelope", trigger="audio/onset", attack=0.1, release=0.4)
    performer = play(replace_map(mapped("mod/hit", "psi"), modulators=(hit,)), can)
    assert performer.frame(0.0).recipe.psi == 0.7
    assert performer.frame(1.0, [Signal("audio/onset", 1.0, 1.0)]).recipe.psi == 0.0
    assert performer.frame(1.05).recipe.psi == pytest.approx(0.5)
    assert performer.frame(1.3).recipe.psi == pytest.approx(0.5)
    assert performer.frame(2.0).recipe.psi == 0.0


def test_expressions_hear_the_clock_and_the_sound(can: Capabilities) -> None:
    own = mapped("key/a", "psi", transform=Transform(expression="if(x > 0.5, low, beat)"))
    performer = play(own, can)
    heard = [Signal("audio/low", 0.3, 0.0), Signal("key/a", 1.0, 0.0)]
    assert performer.frame(0.0, heard).recipe.psi == pytest.approx(0.3)


@pytest.mark.parametrize("name", MODELS)
def test_a_walk_goes_through_seeds_and_can_turn_back(name: str) -> None:
    can = MODELS[name]().capabilities
    performer = play(
        mapped("key/a", "walk.speed", transform=Transform(high=2.0)), can, Recipe(Latent(5))
    )
    performer.frame(0.0, [Signal("key/a", 1.0, 0.0)])
    between = performer.frame(0.25).recipe.latent
    assert between.blend
    assert between.space == ("w" if can.has_w else "z")
    assert performer.frame(0.5).recipe.latent == Latent(6)
    assert performer.frame(1.0).recipe.latent == Latent(7)
    performer.walk.direction = -1.0
    assert performer.frame(2.0).recipe.latent == Latent(5)


def test_the_pad_reaches_its_corners(can: Capabilities) -> None:
    own = PerformanceMap(
        mappings=(
            Mapping(source="osc/x", control="pad.x"),
            Mapping(source="osc/y", control="pad.y"),
        ),
        corners=(10, 20, 30, 40),
    )
    performer = play(own, can)
    for x, y, seed in ((0, 0, 10), (1, 0, 20), (0, 1, 30), (1, 1, 40)):
        heard = [Signal("osc/x", x, 0.0), Signal("osc/y", y, 0.0)]
        assert performer.frame(0.0, heard).recipe.latent == Latent(seed)
    inside = performer.frame(0.0, [Signal("osc/x", 0.5, 0.0)]).recipe.latent
    assert {part.seed: weight for part, weight in inside.blend} == {30: 0.5, 40: 0.5}


SCENES = (
    BankScene(name="a", recipe=Recipe(Latent(1), psi=0.0)),
    BankScene(name="b", recipe=Recipe(Latent(2), psi=1.0)),
)


def bank(**transition: object) -> PerformanceMap:
    mappings = (
        Mapping(source="key/1", control="scene@1"),
        Mapping(source="key/2", control="scene@2"),
        Mapping(source="key/n", control="scene.next"),
        Mapping(source="midi/1/cc/1", control="noise.strength"),
    )
    return PerformanceMap(
        tempo=60.0, mappings=mappings, scenes=SCENES, transition=Transition(**transition)
    )


def test_a_scene_is_reached_along_its_curve(can: Capabilities) -> None:
    performer = play(bank(seconds=2.0, curve="linear"), can, SCENES[0].recipe)
    performer.frame(0.0, [Signal("key/2", 1.0, 0.0)])
    half = performer.frame(1.0).recipe
    assert half.psi == 0.5
    assert half.latent.blend
    assert performer.frame(2.0).recipe == SCENES[1].recipe


def test_a_scene_waits_for_its_beat(can: Capabilities) -> None:
    performer = play(bank(seconds=0.0, quantise="bar"), can, SCENES[0].recipe)
    performer.frame(0.5, [Signal("key/2", 1.0, 0.5)])
    assert performer.frame(3.99).recipe == SCENES[0].recipe
    assert performer.frame(4.0).recipe == SCENES[1].recipe


def test_what_is_moved_on_the_way_stays_moved(can: Capabilities) -> None:
    performer = play(bank(seconds=2.0), can, SCENES[0].recipe)
    performer.frame(0.0, [Signal("key/2", 1.0, 0.0)])
    performer.frame(1.0, [Signal("midi/1/cc/1", 1.0, 1.0)])
    assert performer.frame(3.0).recipe.noise.strength == 2.0


def test_scenes_go_round(can: Capabilities) -> None:
    performer = play(bank(seconds=0.0), can)
    for time, recipe in ((1.0, SCENES[0].recipe), (2.0, SCENES[1].recipe), (3.0, SCENES[0].recipe)):
        heard = [Signal("key/n", 1.0, time), Signal("key/n", 0.0, time)]
        performer.frame(time, heard)
        assert performer.frame(time + 0.1).recipe == recipe


def test_a_scene_that_is_not_there_is_none(can: Capabilities) -> None:
    performer = play(mapped("key/9", "scene@9"), can)
    assert performer.frame(0.0, [Signal("key/9", 1.0, 0.0)]).recipe == Recipe()


def test_the_film_is_asked_of_the_window(can: Capabilities) -> None:
    performer = play(mapped("key/p", "film.play"), can)
    assert performer.frame(0.0, [Signal("key/p", 1.0, 0.0)]).asked == (("film.play", 1.0),)
    assert performer.frame(0.1).asked == ()


def test_a_changed_map_forgets_nothing_of_what_stays_in_it(can: Capabilities) -> None:
    own = mapped("key/a", "psi", mode="add", transform=Transform(high=0.2))
    performer = play(own, can)
    performer.frame(0.0, [Signal("key/a", 1.0, 0.0)])
    more = replace_map(own, mappings=(*own.mappings, Mapping(source="key/b", control="growth")))
    performer.change_map(more)
    assert performer.frame(0.1).recipe.psi == pytest.approx(0.9)
    assert performer.frame(0.2, [Signal("key/b", 0.0, 0.2)]).recipe.growth == 2.0


def everything(can: Capabilities, source: random.Random) -> PerformanceMap:
    """128 mappings to every control that there is, by sources of every kind."""
    controls = [*controls_of(can, scenes=2, directions=2)]
    sources = [f"midi/1/cc/{number}" for number in range(40)] + [
        "mod/lfo",
        "audio/low",
        "clock/beat",
    ]
    mappings = tuple(
        Mapping(
            source=source.choice(sources),
            control=controls[number % len(controls)].name,
            mode=source.choice(["set", "add"]),
            transform=Transform(attack=source.choice([0.0, 0.2]), steps=source.choice([0, 5])),
        )
        for number in range(128)
    )
    return PerformanceMap(
        modulators=(Modulator(name="lfo", kind="noise"),), mappings=mappings, scenes=SCENES
    )


@pytest.mark.parametrize("name", MODELS)
def test_128_mappings_give_recipes_that_the_model_renders(name: str) -> None:
    """Every Recipe fits the model, is the same when played again, and is drawn."""
    model = MODELS[name]()
    can, source = model.capabilities, random.Random(3)
    start = Recipe(
        pushes=(
            EditDirection((1.0,) * can.direction_dim),
            EditDirection((0.5,) * can.direction_dim),
        )
    )
    own = everything(can, source)
    heard = [
        [
            Signal(f"midi/1/cc/{source.randrange(40)}", source.random(), 0.03 * frame)
            for _ in range(9)
        ]
        + [Signal("audio/low", source.random(), 0.03 * frame)]
        for frame in range(30)
    ]
    hands = {7: edited(start, can, source), 19: edited(start, can, source)}

    def played() -> list[Recipe]:
        performer = play(own, can, start)
        recipes = []
        for frame, signals in enumerate(heard):
            if frame in hands:
                performer.moved_by_hand(hands[frame])
            recipes.append(performer.frame(0.03 * frame, signals).recipe)
        return recipes

    recipes = played()
    assert recipes == played()
    assert len(set(recipes)) > 20
    renderer = Renderer(model)
    for recipe in recipes[::6]:
        assert renderer.render(fit(recipe, can)).pixels.shape[2] == 3


def test_a_map_made_for_one_architecture_plays_on_every_other() -> None:
    own = everything(MODELS["stylegan"]().capabilities, random.Random(1))
    for make in MODELS.values():
        can = make().capabilities
        performer = play(own, can)
        heard = [Signal(f"midi/1/cc/{number}", 0.8, 0.0) for number in range(40)]
        recipe = performer.frame(0.0, heard).recipe
        assert fit(recipe, can).latent is not None
        assert len(own.waiting(can)) < 128
