"""Recipes: round trips, what every layer receives, and hostile files."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab_core.errors import RecipeError
from ganlab_core.recipe import (
    CHOICES,
    COUNTED_NOISE,
    DECLARED,
    OPERATIONS,
    TORCH_NOISE,
    Bend,
    Capabilities,
    Centres,
    EditDirection,
    Latent,
    Layer,
    LayerNoise,
    Mix,
    Noise,
    Recipe,
    blend_recipes,
    fit,
    recipe_diff,
)
from tests.every_model import MODELS

SEEDS = st.integers(0, 2**32 - 1)
NUMBERS = st.floats(-1e6, 1e6)
PSIS = st.floats(-10, 10)
STRENGTHS = st.floats(0, 10)
SIDES = st.sampled_from([4, 8, 16, 32, 1024])
INDICES = st.integers(0, 17)
POINTS = st.builds(
    Latent, SEEDS, st.lists(NUMBERS, max_size=4).map(tuple), st.sampled_from(["z", "w"])
).map(lambda latent: latent if latent.vector else Latent(latent.seed))
SHARES = st.floats(0, 1).map(lambda share: (share, 1.0 - share))
BLENDS = st.builds(
    lambda a, b, shares, seed: Latent(seed, (), "w", ((a, shares[0]), (b, shares[1]))),
    POINTS,
    POINTS,
    SHARES,
    SEEDS,
)
LATENTS = POINTS | BLENDS
MIXES = st.builds(Mix, LATENTS, st.floats(0, 1))
GENERATORS = st.sampled_from([TORCH_NOISE, COUNTED_NOISE])
NOISES = st.builds(
    Noise,
    st.sampled_from(["stored", "random", "off"]),
    SEEDS,
    STRENGTHS,
    st.none() | SEEDS,
    st.floats(0, 1),
    GENERATORS,
)
LAYER_NOISES = st.builds(
    LayerNoise,
    st.booleans(),
    STRENGTHS,
    st.sampled_from(["master", "stored", "random"]),
    SEEDS,
    generator=GENERATORS,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = (
    "latent", "psi", "psi_at", "cutoff", "mix_at", "mix_layers", "noise", "noise_layers", "growth",
    "threshold", "classes", "classes_at", "pushes", "gains", "attention", "centre", "bends", "centres",
)  # fmt: skip


def pairs(keys: st.SearchStrategy[int], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(keys, values, max_size=3).map(lambda found: tuple(found.items()))


WEIGHTS = pairs(INDICES, st.floats(-100, 100))
PUSHES = st.builds(
    EditDirection,
    st.lists(NUMBERS, max_size=4).map(tuple),
    st.floats(-100, 100),
    st.integers(0, 64),
    st.integers(0, 64),
    st.text(max_size=8),
)
BENDS = st.builds(
    Bend,
    st.integers(0, 40),
    st.sampled_from(sorted(OPERATIONS)),
    st.floats(0.1, 2),
    st.floats(-2, 2),
    st.floats(0, 1),
    st.sampled_from(CHOICES),
    st.floats(0, 1),
    SEEDS,
    st.integers(0, 1),
    st.integers(2, 16),
    st.lists(st.integers(0, 600), max_size=3).map(tuple),
    st.sampled_from([(), ("0f",), ("00", "8a")]),
    LATENTS,
)
CENTRES = st.builds(Centres, st.lists(LATENTS, min_size=1, max_size=3).map(tuple)) | st.builds(
    Centres, st.just(()), st.integers(2, 16), st.none() | st.floats(0, 1), st.floats(0, 4)
)

RECIPES = st.builds(
    Recipe,
    latent=LATENTS,
    psi=PSIS,
    psi_at=pairs(SIDES, PSIS),
    centre=st.none() | LATENTS,
    cutoff=st.none() | st.integers(0, 64),
    mix_at=pairs(SIDES, MIXES),
    mix_layers=pairs(INDICES, MIXES),
    noise=NOISES,
    noise_layers=pairs(INDICES, LAYER_NOISES),
    growth=st.none() | st.floats(2, 10),
    threshold=st.none() | st.floats(0.01, 10),
    classes=WEIGHTS,
    classes_at=pairs(SIDES, WEIGHTS),
    pushes=st.lists(PUSHES, max_size=2).map(tuple),
    gains=pairs(INDICES, WEIGHTS),
    attention=STRENGTHS,
    bends=st.lists(BENDS, max_size=3).map(tuple),
    centres=st.just(Centres()) | CENTRES,
)


def with_field(name: str, value: object) -> str:
    return json.dumps({"ganlab_recipe": 1, name: value})


def refusal(text: str) -> str:
    """Why a text is no Recipe; a full stop when it is one."""
    try:
        Recipe.from_json(text)
    except RecipeError as error:
        return error.what
    return "."


def rich(whole: float, none: float) -> Recipe:
    """Every number of a Recipe as `whole` or `none`."""
    latent = Latent(1, (whole, none), "z")
    return Recipe(
        latent=Latent(blend=((latent, whole), (Latent(2), none))),
        psi=none,
        psi_at=((4, whole),),
        mix_at=((8, Mix(latent, none)),),
        noise=Noise("random", 1, whole, 2, none),
        noise_layers=((1, LayerNoise(strength=none)),),
        growth=2 * whole,
        threshold=whole,
        classes=((0, whole),),
        classes_at=((8, ((1, none),)),),
        pushes=(EditDirection((whole, none), none),),
        gains=((1, ((2, none),)),),
        attention=whole,
        bends=(Bend(1, "translate", whole, none, whole, "share", none),),
        centres=Centres(clusters=3, pick=whole),
    )


def test_equal_recipes_are_written_alike() -> None:
    one, other = rich(1, -0.0), rich(1.0, 0.0)
    assert one == other
    assert one.to_json() == other.to_json() == Recipe.from_json(one.to_json()).to_json()


@given(RECIPES)
def test_a_recipe_survives_json(recipe: Recipe) -> None:
    text = recipe.to_json()
    again = Recipe.from_json(text)
    assert again == recipe
    assert hash(again) == hash(recipe)
    assert again.to_json() == text


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_any_json_object_is_read_or_refused_in_a_sentence(data: dict[str, Any]) -> None:
    text = json.dumps({"ganlab_recipe": 1, **data})
    assert refusal(text).endswith(".")


@given(st.sampled_from(FIELDS), JSON)
def test_any_value_of_a_field_is_read_or_refused_in_a_sentence(name: str, value: object) -> None:
    assert refusal(with_field(name, value)).endswith(".")


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_any_text_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(RecipeError):
        Recipe.from_json(text)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e308", "1e999", "1" * 400])
@pytest.mark.parametrize(
    "place",
    [
        '"psi": X', '"growth": X', '"cutoff": X', '"psi_at": {"8": X}',
        '"latent": {"seed": X}', '"latent": {"vector": [X]}', '"noise": {"strength": X}',
        '"mix_at": {"8": {"amount": X}}', '"noise_layers": {"1": {"seed": X}}',
    ],
)  # fmt: skip
def test_absurd_numbers_are_refused_in_a_sentence(place: str, number: str) -> None:
    with pytest.raises(RecipeError):
        Recipe.from_json(f'{{"ganlab_recipe": 1, {place.replace("X", number)}}}')


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_unknown_fields_must_be_finite_too(number: str) -> None:
    with pytest.raises(RecipeError, match="not finite"):
        Recipe.from_json(f'{{"ganlab_recipe": 1, "later": [{number}]}}')


def test_deep_nesting_is_refused_in_a_sentence() -> None:
    with pytest.raises(RecipeError, match="nested too deeply"):
        Recipe.from_json('{"ganlab_recipe": 1, "later": ' + "[" * 200_000 + "]" * 200_000 + "}")


def test_a_newer_version_is_refused_by_name() -> None:
    with pytest.raises(RecipeError, match="newer ganlab"):
        Recipe.from_json('{"ganlab_recipe": 2}')


@pytest.mark.parametrize("text", ["{}", "[]", "3", '{"ganlab_recipe": 0}', '{"psi": 0.7}'])
def test_other_json_is_no_recipe(text: str) -> None:
    with pytest.raises(RecipeError):
        Recipe.from_json(text)


def test_unknown_fields_are_kept() -> None:
    recipe = Recipe.from_json(with_field("later", {"3": 0.5}))
    assert json.loads(recipe.to_json())["later"] == {"3": 0.5}
    assert json.loads(recipe.with_psi_at(8, 0.1).to_json())["later"] == {"3": 0.5}


def test_unknown_fields_inside_a_part_are_refused() -> None:
    with pytest.raises(RecipeError, match="colour"):
        Recipe.from_json(with_field("noise", {"colour": "pink"}))


def test_a_missing_field_has_its_default() -> None:
    assert Recipe.from_json('{"ganlab_recipe": 1}') == Recipe()


@given(RECIPES, SIDES, PSIS, MIXES)
def test_the_order_of_edits_to_different_places_does_not_matter(
    recipe: Recipe, side: int, psi: float, mix: Mix
) -> None:
    one = recipe.with_psi_at(side, psi).with_mix_at(side, mix)
    other = recipe.with_mix_at(side, mix).with_psi_at(side, psi)
    assert one == other
    assert one.to_json() == other.to_json()


@given(RECIPES, SIDES, PSIS)
def test_taking_an_edit_back_leaves_no_trace(recipe: Recipe, side: int, psi: float) -> None:
    clean = recipe.with_psi_at(side, None)
    assert clean.with_psi_at(side, psi).with_psi_at(side, None) == clean


@pytest.mark.parametrize(
    "build",
    [
        lambda: Recipe(psi=math.nan),
        lambda: Recipe(growth=1.9),
        lambda: Recipe(cutoff=-1),
        lambda: Recipe(psi_at=((4, 11.0),)),
        lambda: Latent(-1),
        lambda: Latent(2**32),
        lambda: Latent(vector=(math.inf,)),
        lambda: Latent(space="y"),
        lambda: Mix(Latent(), 1.1),
        lambda: Noise("loud"),
        lambda: Noise(strength=11),
        lambda: LayerNoise(mode="off"),
    ],
)
def test_values_out_of_range_are_refused(build: Any) -> None:
    with pytest.raises(RecipeError):
        build()


LAYERS = tuple(
    Layer(index, f"layer{index}", 2 ** (index // 2 + 2), noise=True) for index in range(6)
)


def test_a_resolutions_psi_wins_over_the_cutoff() -> None:
    recipe = Recipe(psi=0.5, cutoff=1, psi_at=((16, 0.2),))
    assert [recipe.psi_of(layer) for layer in LAYERS] == [0.5, 1.0, 1.0, 1.0, 0.2, 0.2]


def test_a_layers_mix_wins_over_its_resolutions() -> None:
    coarse, fine = Mix(Latent(1)), Mix(Latent(2))
    recipe = Recipe().with_mix_at(8, coarse).with_mix_layer(3, fine)
    assert [recipe.mix_of(layer) for layer in LAYERS] == [None, None, coarse, fine, None, None]


def test_layer_noise_multiplies_the_masters_strength() -> None:
    recipe = Recipe(noise=Noise("random", 7, 0.5)).with_noise_layer(1, LayerNoise(strength=3.0))
    assert recipe.noise_of(LAYERS[1]) == Noise("random", 7, 1.5)
    assert recipe.noise_of(LAYERS[2]) == Noise("random", 7, 0.5)


def test_a_layer_can_have_its_own_noise_seed() -> None:
    recipe = Recipe().with_noise_layer(1, LayerNoise(mode="random", seed=9))
    assert recipe.noise_of(LAYERS[1]) == Noise("random", 9, 1.0)


OLD_NOISE = '{"ganlab_recipe": 1, "noise": {"mode": "random", "seed": 7, "strength": 1.0}}'


def test_a_recipe_that_names_no_generator_keeps_the_first_whatever_is_edited() -> None:
    old = Recipe.from_json(OLD_NOISE)
    assert old.noise == Noise("random", 7, generator=TORCH_NOISE) != Noise("random", 7)
    assert "generator" not in old.to_json()
    silent = replace(old, noise=replace(old.noise, mode="off"))
    assert replace(silent, noise=replace(silent.noise, mode="random")) == old
    own = LayerNoise.holding(old.noise, LayerNoise())
    assert Recipe().with_noise_layer(1, own).noise_of(LAYERS[1]).generator == TORCH_NOISE
    assert Recipe.from_json(old.with_noise_layer(1, own).to_json()).layer_noise(1) == own


def test_random_noise_names_its_generator_and_other_noise_none() -> None:
    written = Recipe(noise=Noise("random", 7)).with_noise_layer(1, LayerNoise(mode="random"))
    data = json.loads(written.to_json())
    assert data["noise"]["generator"] == COUNTED_NOISE
    assert data["noise_layers"]["1"]["generator"] == COUNTED_NOISE
    for mode in ("stored", "off"):
        plain = Recipe(noise=Noise(mode, 7))
        assert "generator" not in plain.to_json()
        assert plain == Recipe(noise=Noise(mode, 7, generator=TORCH_NOISE))
        assert Recipe.from_json(plain.to_json()).noise.generator == COUNTED_NOISE


def test_pictures_between_two_generators_have_the_noise_of_one() -> None:
    old, new = Recipe.from_json(OLD_NOISE), Recipe(noise=Noise("random", 7, 2.0))
    assert blend_recipes([(old, 0.5), (new, 0.5)]).noise == replace(old.noise, strength=1.5)
    assert recipe_diff(old, replace(new, noise=replace(new.noise, strength=1.0))) == [
        "noise random, seed 7, strength 1, drawn as before → random, seed 7, strength 1"
    ]


@pytest.mark.parametrize("generator", [0, 3, -1, "2", True, None, 1.5])
def test_a_generator_that_is_not_known_is_refused_in_a_sentence(generator: object) -> None:
    data = {"ganlab_recipe": 1, "noise": {"mode": "random", "generator": generator}}
    with pytest.raises(RecipeError, match=r"newer ganlab|must be from|whole number"):
        Recipe.from_json(json.dumps(data))


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(noise=Noise("off")).with_noise_layer(0, LayerNoise(mode="random")),
        Recipe().with_noise_layer(0, LayerNoise(on=False)),
        Recipe().with_noise_layer(0, LayerNoise(strength=0.0)),
    ],
)
def test_silence_wins(recipe: Recipe) -> None:
    assert recipe.noise_of(LAYERS[0]).mode == "off"


CAN = Capabilities(
    "stylegan", 16, LAYERS, (), z_dim=4, w_dim=4,
    has_w=True, has_noise=True, has_growth=True, has_attention=False,
)  # fmt: skip


@pytest.mark.parametrize("architecture", MODELS)
def test_what_a_field_is_at_first_suits_every_model(architecture: str) -> None:
    can = MODELS[architecture]().capabilities
    for name, about in DECLARED.items():
        assert about.kind.fit(about.default, can, getattr(Recipe(), name)) == about.default, name
        assert about.kind.checked(about.called, about.default) == about.default, name


@given(RECIPES)
def test_a_fitted_recipe_fits(recipe: Recipe) -> None:
    fitted = fit(recipe, CAN)
    assert fit(fitted, CAN) == fitted
    assert {side for side, _ in fitted.psi_at + fitted.mix_at} <= {4, 8, 16}
    assert all(index < 6 for index, _ in fitted.mix_layers + fitted.noise_layers)
    assert fitted.growth is None or fitted.growth < 4.0
    assert len(fitted.latent.vector) in (0, 4)
    assert fitted.psi == recipe.psi


def test_fitting_keeps_what_fits() -> None:
    recipe = Recipe(psi_at=((8, 0.3),), growth=3.5).with_mix_at(4, Mix(Latent(3)))
    assert fit(recipe, CAN) == recipe


@pytest.mark.parametrize(
    "latent",
    [
        {"blend": [{"latent": {"seed": 1}, "weight": 0.5}], "space": "w"},
        {"blend": [{"latent": {"seed": 1}, "weight": 0.0}], "space": "z"},
        {"blend": [{"latent": {"seed": 1}, "weight": 1.0}], "vector": [1.0]},
        {"blend": [{"latent": {"vector": [1.0], "space": "w"}, "weight": 1.0}], "space": "z"},
        {"blend": [{"latent": {"seed": 1}, "weight": 1e308}, {"latent": {}, "weight": -1e308}]},
        {"blend": [{"latent": {"seed": 1}, "weight": 1.0, "more": 1}]},
        {"blend": [{}] * 17},
        {"blend": {"seed": 1}},
        {"blend": [None]},
    ],
)
def test_a_blend_that_is_no_point_is_refused_in_a_sentence(latent: dict[str, Any]) -> None:
    assert refusal(with_field("latent", latent)) not in (".", "")


def test_a_blend_with_parts_of_another_models_size_keeps_its_seeds() -> None:
    can = Capabilities("stylegan", 16, (), (), 4, 4, True, True, True, False)
    foreign = Latent(7, (1.0, 2.0), "w")
    recipe = Recipe(Latent(1, (), "w", ((Latent(1), 0.25), (foreign, 0.75))))
    assert fit(recipe, can).latent.blend == ((Latent(1), 0.25), (Latent(7), 0.75))


def test_a_layer_with_its_own_seed_leaves_the_circle() -> None:
    recipe = Recipe(noise=Noise("random", 1, 2.0, other=9, turn=0.25))
    layer = Layer(0, "4x4/const", 4, noise=True)
    assert recipe.noise_of(layer) == Noise("random", 1, 2.0, 9, 0.25)
    own = recipe.with_noise_layer(0, LayerNoise(mode="random", seed=5))
    assert own.noise_of(layer) == Noise("random", 5, 2.0)


def test_bends_that_do_the_same_are_equal() -> None:
    assert Bend(1, "blur", 2, seed=4, cluster=1, share=0.2) == Bend(1, "blur", 2.0)
    assert Bend(1, "freeze", 3.0) == Bend(1, "freeze")
    assert Bend(1, "noise", 1.0, seed=4) != Bend(1, "noise", 1.0)


@pytest.mark.parametrize(
    ("bend", "said"),
    [
        ({"operation": "melt"}, "A bend is one of scale"),
        ({"amount": 17.0}, "The amount of blur must be from 0 to 16"),
        ({"maps": "some"}, "A bend's maps are one of all, share"),
        ({"region": ["0f", "0"]}, "equally many digits"),
        ({"region": ["0g"]}, "equally many digits"),
        ({"cluster": 4}, "A cluster's number"),
        ({"hue": 1}, "a field 'hue'"),
    ],
)
def test_a_bend_that_is_none_is_refused(bend: dict[str, Any], said: str) -> None:
    assert said in refusal(with_field("bends", [{"operation": "blur", "amount": 1.0, **bend}]))


def test_centres_are_latents_or_clusters_with_one_chosen_among_them() -> None:
    assert "not both" in refusal(with_field("centres", {"latents": [{"seed": 1}], "clusters": 2}))
    assert "from 2 to 16" in refusal(with_field("centres", {"clusters": 1}))
    assert "A centre's number" in refusal(with_field("centres", {"clusters": 3, "pick": 2.5}))
    assert Centres(pick=0.0, softness=2.0) == Centres()
