"""What differs between two Recipes, in words."""

from __future__ import annotations

from dataclasses import replace

from ganlab_core.recipe import (
    Bend,
    Centres,
    EditDirection,
    Extent,
    Latent,
    LayerNoise,
    Mix,
    Noise,
    Recipe,
    bend_text,
    recipe_diff,
)

EVERY_FIELD = Recipe(
    latent=Latent(1),
    psi=0.5,
    psi_at=((8, 0.2),),
    cutoff=3,
    centre=Latent(8),
    mix_at=((16, Mix(Latent(4), 0.4)),),
    mix_layers=((2, Mix(Latent(5))),),
    noise=Noise("random", 7, 0.5),
    noise_layers=((1, LayerNoise(on=False)),),
    growth=4.37,
    threshold=1.5,
    classes=((1, 0.5),),
    classes_at=((8, ((0, 1.0),)),),
    pushes=(EditDirection((1.0, 0.0), 2.0, name="smile"),),
    gains=((0, ((3, 0.0),)),),
    attention=0.5,
    bends=(Bend(6, "rotate", 45.0, strength=0.5, maps="share"),),
    centres=Centres(clusters=4, pick=1.0),
    shift_x=0.25,
    shift_y=-0.5,
    turn=45.0,
    second=0.5,
    second_at=((8, 1.0),),
    second_mapping=0.0,
    extent=Extent(2.0, seamless="across"),
    across=(Latent(5),),
)


def test_equal_recipes_differ_in_nothing() -> None:
    assert recipe_diff(EVERY_FIELD, EVERY_FIELD) == []


def test_every_field_that_differs_has_its_line() -> None:
    lines = recipe_diff(Recipe(), EVERY_FIELD, ("cat", "dog"))
    assert lines == [
        "latent seed 0 → seed 1",
        "psi 0.7 → 0.5",
        "centre the mean of W → seed 8",
        "centres one → 2 of 4 clusters of W",
        "cutoff none → after 3 layers",
        "noise stored, strength 1 → random, seed 7, strength 0.5",
        "growth full → 32 px 37 %",
        "z cut at as the model was made → 1.5",
        "classes the first class → 0.5 dog",
        "attention 1 → 0.5",
        "shift right 0 → 0.25",
        "shift down 0 → -0.5",
        "turn 0 → 45",
        "second model 0 → 0.5",
        "second model's mapping as the master → 0",
        "size as trained → 2 × 1, mirror, seamless across",
        "latents across the same → seed 5",
        "psi at 8 px: as the master → 0.2",
        "style at 16 px: as the master → 40% of seed 4",
        "style of layer 3: as the master → 100% of seed 5",
        "noise of layer 2: as the master → off",
        "classes at 8 px: as the master → 1 cat",
        "feature maps of layer 1: as the master → 3 × 0",
        "second model at 8 px: as the master → 1",
        "with the push smile by 2",
        "with the bend rotate 45 degrees at 50% of 50% of the maps of layer 7",
    ]


def test_no_field_of_a_recipe_is_forgotten() -> None:
    """A field added to the Recipe needs words here."""
    for field in Recipe.__dataclass_fields__:
        if field != "extra":
            changed = replace(Recipe(), **{field: getattr(EVERY_FIELD, field)})
            assert len(recipe_diff(Recipe(), changed)) == 1, field


def test_two_places_in_w_are_sensitivity_specificity() -> None:
    here, there = (Recipe(latent=Latent(0, (x,), "w")) for x in (1.0, 2.0))
    assert recipe_diff(here, there) == ["latent a place in W → another"]


def test_bends_are_told_by_operation_maps_and_place() -> None:
    assert (
        bend_text(Bend(0, "freeze", latent=Latent(4))) == "freeze at seed 4 of all maps of layer 1"
    )
    region = Bend(2, "translate", 0.25, down=-0.5, maps="cluster", clusters=3, region=("0f",))
    assert bend_text(region) == (
        "translate by 0.25, -0.5 pictures of cluster 1 of 3 of layer 3 within a region"
    )
    chosen = Bend(1, "blur", 2.0, maps="chosen", chosen=(5, 1, 2, 3, 4))
    assert bend_text(chosen) == "blur 2 positions of maps 1, 2, 3, 4 and 1 more of layer 2"
