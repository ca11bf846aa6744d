"""Where a model begins, and how picks come into its file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ganlab_core.errors import CheckpointError
from ganlab_core.models import (
    Model,
    Pick,
    load_model,
    picks,
    plain_start,
    read_info,
    reset_to,
    start_recipe,
    update_provenance,
)
from ganlab_core.recipe import Latent, Recipe

PICKED = Recipe(latent=Latent(7), psi=0.4, growth=3.0)


def with_provenance(model: Model, **facts: Any) -> Model:
    info = replace(model.info, provenance=facts)
    return replace(model, info=info)


def entry(recipe: Recipe, name: str = "Seven") -> dict[str, Any]:
    return {"name": name, "recipe": json.loads(recipe.to_json())}


def test_without_anything_a_model_begins_with_the_plain_recipe(model: Model) -> None:
    assert start_recipe(model.info, model.capabilities) == Recipe()


def test_the_published_truncation_is_where_a_model_begins(model: Model) -> None:
    told = with_provenance(model, truncation={"psi": 0.5, "cutoff": 8})
    assert start_recipe(told.info, told.capabilities) == Recipe(psi=0.5, cutoff=8)


def test_the_first_pick_wins_and_is_fitted(model: Model) -> None:
    other_size = replace(PICKED, latent=Latent(7, (1.0,) * 5))
    told = with_provenance(
        model, truncation={"psi": 0.5}, recipes=[entry(other_size), entry(Recipe(psi=1.0))]
    )
    assert start_recipe(told.info, told.capabilities) == PICKED
    assert [pick.name for pick in picks(told.info)] == ["Seven", "Seven"]


@pytest.mark.parametrize(
    "listed", [None, "text", [3], [{}], [{"name": 3, "recipe": {}}], [{"recipe": {"psi": 99}}]]
)
def test_picks_that_make_no_sense_are_passed_over(model: Model, listed: Any) -> None:
    good = entry(PICKED, name="")
    facts = [*listed, good] if isinstance(listed, list) else listed
    told = with_provenance(model, recipes=facts)
    expected = (Pick("Seed 7", PICKED),) if isinstance(listed, list) else ()
    assert picks(told.info) == expected


@pytest.mark.parametrize("stated", ["0.5", {"psi": "much"}, {"psi": 99}, {"cutoff": 1.5}, [1]])
def test_a_truncation_that_makes_no_sense_is_the_plain_one(model: Model, stated: Any) -> None:
    assert plain_start(with_provenance(model, truncation=stated).info) == Recipe()


def test_a_reset_keeps_the_latent_and_what_it_does_not_know() -> None:
    now = Recipe(latent=Latent(9), psi=1.5, extra='{"later": 1}')
    expected = replace(PICKED, latent=Latent(9), extra='{"later": 1}')
    assert reset_to(PICKED, now) == expected


def test_picks_are_written_without_touching_a_weight(model_file: Path) -> None:
    before = model_file.read_bytes()
    info = update_provenance(model_file, {"recipes": [entry(PICKED)], "by": "us"})
    after = model_file.read_bytes()
    assert (info, info.fingerprint) == (
        read_info(model_file),
        load_model(model_file).info.fingerprint,
    )
    assert picks(info) == (Pick("Seven", PICKED),)
    assert tensors_of(after) == tensors_of(before)
    assert update_provenance(model_file, {"recipes": None, "by": None}).provenance == {}


def test_what_is_no_model_file_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "noise.safetensors"
    path.write_bytes(b"\x00" * 100)
    with pytest.raises(CheckpointError):
        update_provenance(path, {"by": "us"})
    assert path.read_bytes() == b"\x00" * 100


def tensors_of(data: bytes) -> bytes:
    return data[8 + int.from_bytes(data[:8], "little") :]
