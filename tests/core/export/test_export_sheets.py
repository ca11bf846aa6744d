"""Sheets: which picture stands where, with or without words, and sizes that make sense."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab_core.errors import ExportError, GanlabError
from ganlab_core.export import (
    METHODS,
    Column,
    SheetLook,
    columns_across,
    comparison,
    contact_sheet,
    resized,
    strip_recipes,
)
from ganlab_core.export.sheets import GROUND, labelled, squarest, text_line, tiled
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer

BARE = SheetLook(gap=2, labels=False)


def draw(recipe: Recipe) -> np.ndarray:
    """A picture that tells its seed and psi."""
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:] = (recipe.latent.seed, round(100 * recipe.psi), 7)
    return pixels


def recipes(count: int) -> list[Recipe]:
    return [Recipe(Latent(seed)) for seed in range(count)]


def test_a_contact_sheet_goes_row_by_row() -> None:
    sheet = contact_sheet(draw, recipes(5), [""] * 5, 3, BARE)
    assert sheet.shape == (18, 28, 3)
    assert [int(sheet[4, x, 0]) for x in (4, 14, 24)] == [0, 1, 2]
    assert [int(sheet[14, x, 0]) for x in (4, 14)] == [3, 4]
    assert tuple(sheet[14, 24]) == GROUND
    assert tuple(sheet[9, 4]) == GROUND


def test_labels_stand_below_and_leave_the_pictures_alone() -> None:
    plain = contact_sheet(draw, recipes(1), ["seed 0"], 1, SheetLook(96, "nearest", labels=False))
    worded = contact_sheet(draw, recipes(1), ["seed 0"], 1, SheetLook(96, "nearest"))
    np.testing.assert_array_equal(worded[:96], plain)
    assert (worded[96:] > 128).any()


def test_a_comparison_has_seeds_down_and_variations_across() -> None:
    columns = [
        Column(f"psi {psi}", lambda recipe, psi=psi: replace(recipe, psi=psi), draw)
        for psi in (0.0, 0.5, 1.0)
    ]
    rows = [(f"seed {seed}", Recipe(Latent(seed))) for seed in (4, 9)]
    sheet = comparison(rows, columns, BARE)
    assert sheet[4, 4].tolist() == [4, 0, 7]
    assert sheet[14, 24].tolist() == [9, 100, 7]
    worded = comparison(rows, columns, SheetLook(side=64, method="nearest"))
    assert worded.shape[0] > 2 * 64
    np.testing.assert_array_equal(worded[-64:, -64:], resized(sheet[-8:, -8:], 64, "nearest"))


def test_columns_come_from_values_as_written(renderer: Renderer) -> None:
    can = replace(renderer.model.capabilities, classes=("cat", "dog"))

    def labels(what: str, *values: str) -> list[str]:
        return [column.label for column in columns_across(what, values, draw, can)]

    assert labels("psi", "-1", "0.5") == ["psi -1", "psi 0.5"]
    assert labels("growth") == ["4 px", "8 px", "16 px"]
    assert labels("class", "dog", "0") == ["dog", "cat"]
    assert labels("noise") == ["stored noise", "random noise", "no noise"]
    edit = columns_across("growth", ["8"], draw, can)[0].edit
    assert edit(Recipe()).growth == 3.0


@pytest.mark.parametrize(
    ("what", "value"),
    [("psi", "x"), ("psi", "nan"), ("psi", "99"), ("growth", "5"), ("growth", "2048"), ("class", "2"),
     ("class", "-1"), ("class", "cow"), ("noise", "loud")],
)  # fmt: skip
def test_values_that_make_no_sense_are_refused(renderer: Renderer, what: str, value: str) -> None:
    can = replace(renderer.model.capabilities, classes=("cat", "dog"))
    with pytest.raises(GanlabError):
        columns_across(what, [value], draw, can)


def test_what_a_model_cannot_vary_is_refused(renderer: Renderer) -> None:
    with pytest.raises(ExportError, match="no class"):
        columns_across("class", [], draw, renderer.model.capabilities)


def test_a_strip_starts_and_ends_exactly() -> None:
    first, last = Recipe(Latent(1), psi=0.0), Recipe(Latent(2), psi=1.0)
    steps = strip_recipes(first, last, 5)
    assert (steps[0], steps[-1]) == (first, last)
    assert [step.psi for step in steps] == [0.0, 0.25, 0.5, 0.75, 1.0]
    with pytest.raises(ExportError):
        strip_recipes(first, last, 1)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 64), st.sampled_from(sorted(METHODS)))
def test_resizing_makes_the_larger_side_exact(h: int, w: int, side: int, method: str) -> None:
    assert max(resized(np.zeros((h, w, 3), np.uint8), side, method).shape) == max(side, 3)
    assert max(resized(np.zeros((h, w, 3), np.uint8), side, method).shape[:2]) == side


def test_nearest_repeats_pixels() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8)
    np.testing.assert_array_equal(resized(pixels, 12, "nearest"), pixels.repeat(3, 0).repeat(3, 1))


def test_a_sheet_of_absurd_size_is_refused_before_it_is_made() -> None:
    with pytest.raises(ExportError, match="pixels"):
        tiled([np.zeros((1024, 1024, 3), np.uint8)] * 32, 1)


def test_words_are_drawn_in_the_middle_and_cut_at_the_edge() -> None:
    line = text_line("psi 0.7", 100, 12)
    assert line.shape == (18, 100, 3)
    columns = np.flatnonzero((line > 128).any((0, 2)))
    assert abs((columns[0] + columns[-1]) / 2 - 50) < 4
    assert text_line("a long sentence indeed " * 9, 40, 12).shape == (18, 40, 3)
    assert labelled(np.zeros((8, 30, 3), np.uint8), "x", 10).shape == (23, 30, 3)
    assert [squarest(count) for count in (1, 2, 4, 5, 9, 10)] == [1, 2, 2, 3, 3, 4]
