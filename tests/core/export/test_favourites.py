"""Pictures that are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.errors import ExportError
from ganlab_core.export import Favourite, read_png
from ganlab_core.export.favourites import (
    SIDE,
    delete,
    empty_bin,
    keep,
    read_favourites,
    rename,
    restore,
)
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Latent, Recipe

RECIPE = Recipe(latent=Latent(5, (0.25, -1.5), "w"), psi=0.4)


@pytest.fixture
def favourite(tmp_path: Path) -> Favourite:
    info = ModelInfo(
        "faces", "Faces", "stylegan", 512, (), "", "", "f" * 32, {}, {}, 9.0, tmp_path / "m"
    )
    pixels = np.random.default_rng(0).integers(0, 255, (512, 512, 3), np.uint8)
    return keep(tmp_path / "kept", pixels, RECIPE, info, "Anna", ("red", "hat"))


def test_a_favourite_is_a_small_png_that_opens_like_any_other(favourite: Favourite) -> None:
    with Image.open(favourite.path) as image:
        assert image.size == (SIDE, SIDE)
    embedded = read_png(favourite.path)
    assert (embedded.recipe, embedded.fingerprint) == (RECIPE, "f" * 32)


def test_favourites_are_read_back_as_they_were_kept(favourite: Favourite) -> None:
    assert read_favourites(favourite.path.parent) == [favourite]


def test_a_favourite_is_found_by_name_tag_and_model(favourite: Favourite) -> None:
    for search in ("anna", "RED", "hat anna", "faces", ""):
        assert favourite.answers(search)
    assert not favourite.answers("anna blue")


def test_renaming_keeps_picture_and_recipe(favourite: Favourite) -> None:
    with Image.open(favourite.path) as image:
        before = np.asarray(image)
    again = rename(favourite, "Ünë", ("blue",))
    assert (again.name, again.tags, again.recipe) == ("Ünë", ("blue",), RECIPE)
    with Image.open(again.path) as image:
        assert np.array_equal(np.asarray(image), before)


def test_a_deleted_favourite_can_be_brought_back_until_another_day(favourite: Favourite) -> None:
    folder = favourite.path.parent
    aside = delete(favourite)
    assert read_favourites(folder) == []
    assert restore(aside) == favourite
    aside = delete(favourite)
    empty_bin(folder)
    with pytest.raises(ExportError):
        restore(aside)


def test_other_pictures_in_the_folder_are_passed_over(favourite: Favourite) -> None:
    Image.new("RGB", (4, 4)).save(favourite.path.parent / "other.png")
    (favourite.path.parent / "broken.png").write_bytes(b"x")
    assert len(read_favourites(favourite.path.parent)) == 1
