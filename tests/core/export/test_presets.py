"""Named parts of a Recipe."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganlab_core.errors import RecipeError
from ganlab_core.export import Preset, read_presets, write_preset
from ganlab_core.recipe import PARTS, Latent, Noise, Recipe


def test_a_preset_changes_its_parts_and_nothing_else() -> None:
    preset = Preset("calm", ("truncation",), Recipe(Latent(1), 0.3, noise=Noise("off")))
    other = Recipe(Latent(9), 1.0, noise=Noise("random", 5), growth=4.0)
    assert preset.applied_to(other) == Recipe(Latent(9), 0.3, noise=Noise("random", 5), growth=4.0)


def test_no_preset_holds_a_latent_and_together_they_hold_all_else() -> None:
    fields = [field for part in PARTS.values() for field in part]
    assert sorted(fields) == sorted(set(Recipe.__dataclass_fields__) - {"latent", "extra"})


def test_a_preset_survives_json_without_what_it_does_not_hold() -> None:
    preset = Preset("calm", ("noise",), Recipe(Latent(77), 0.3, noise=Noise("off")))
    again = Preset.from_json(preset.to_json())
    assert again == Preset("calm", ("noise",), Recipe(noise=Noise("off")))
    assert "77" not in preset.to_json()


def test_presets_are_listed_by_name_and_broken_files_passed_over(tmp_path: Path) -> None:
    for name in ("zebra", "Ant"):
        write_preset(tmp_path, Preset(name, ("growth",), Recipe(growth=3.0)))
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "recipe.json").write_text(Recipe().to_json())
    assert [preset.name for _, preset in read_presets(tmp_path)] == ["Ant", "zebra"]


def test_saving_under_the_same_name_replaces_and_a_like_name_does_not(tmp_path: Path) -> None:
    write_preset(tmp_path, Preset("a/b", ("growth",), Recipe(growth=3.0)))
    write_preset(tmp_path, Preset("a-b", ("growth",), Recipe(growth=4.0)))
    write_preset(tmp_path, Preset("a/b", ("growth",), Recipe(growth=5.0)))
    found = {preset.name: preset.recipe.growth for _, preset in read_presets(tmp_path)}
    assert found == {"a/b": 5.0, "a-b": 4.0}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"ganlab_preset": 1, "name": "x"}'])
def test_what_is_no_preset_is_refused(text: str) -> None:
    with pytest.raises(RecipeError):
        Preset.from_json(text)


def test_a_preset_needs_a_name_and_a_part() -> None:
    for name, parts in (("", ("noise",)), ("x", ()), ("x", ("latent",))):
        with pytest.raises(RecipeError):
            Preset(name, parts, Recipe())
