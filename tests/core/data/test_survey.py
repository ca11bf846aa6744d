"""The dataset doctor: counts, classes, bad files with reasons, sizes, copies, thumbnails."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.data import PrepareOptions, prepare, survey
from ganlab_core.errors import DatasetError


def picture(path: Path, size: tuple[int, int], seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = size
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(path)


def test_the_doctor_tells_all_it_finds(tmp_path: Path) -> None:
    for index in range(6):
        picture(tmp_path / "cats" / f"{index}.png", (40, 40), index)
        picture(tmp_path / "dogs" / f"{index}.png", (80, 64), 10 + index)
    (tmp_path / "cats" / "copy.png").write_bytes((tmp_path / "cats" / "0.png").read_bytes())
    (tmp_path / "dogs" / "bad.png").write_bytes(b"nothing")
    heard: list[tuple[int, int]] = []
    found = survey(tmp_path, lambda done, total: heard.append((done, total)))
    assert found.pictures == 13
    assert found.classes == (("cats", 7), ("dogs", 6))
    assert [(bad.name, bad.reason) for bad in found.refused] == [
        ("dogs/bad.png", "is damaged or not a picture")
    ]
    assert (found.copies, found.oblong) == ((("cats/copy.png", "cats/0.png"),), 6)
    assert (found.smallest, found.middle, found.largest) == (40, 40, 64)
    assert found.resolution == 32
    assert len(found.thumbnails) == 13
    assert heard[-1] == (14, 14)
    assert any("copies" in sentence for sentence in found.advice)
    assert any(sentence.startswith("6 are not square") for sentence in found.advice)
    assert found.few


def test_the_shorter_sides_reach_from_the_smallest_to_the_largest(tmp_path: Path) -> None:
    for index, side in enumerate([60, *[120] * 10, 256]):
        picture(tmp_path / f"{index}.png", (side, side), index)
    found = survey(tmp_path)
    assert (found.smallest, found.tenth, found.middle, found.largest) == (60, 120, 120, 256)
    assert found.resolution == 64


def test_the_doctor_sees_the_classes_that_training_sees(tmp_path: Path, cache_root: Path) -> None:
    for name in ("cats/0.png", "dogs/0.png"):
        picture(tmp_path / "set" / name, (16, 16), 0)
    (tmp_path / "set" / "beside.png").write_bytes(b"no picture, but beside the folders")
    found = survey(tmp_path / "set")
    assert [name for name, _ in found.classes] == list(
        prepare(tmp_path / "set", 8, cache_root=cache_root).classes
    )


def test_an_error_raised_by_progress_ends_the_survey(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", (8, 8), 0)

    def give_up(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        survey(tmp_path, give_up)


def test_a_folder_without_pictures_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no pictures"):
        survey(tmp_path)


def test_a_folder_of_bad_files_is_surveyed_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    found = survey(tmp_path)
    assert (found.pictures, len(found.refused)) == (0, 1)


def smooth(seed: int, side: int = 64) -> Image.Image:
    """A picture with a few large shapes, as photographs have."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def test_pictures_that_look_alike_are_named_and_others_are_not(tmp_path: Path) -> None:
    for index in range(12):
        smooth(index).save(tmp_path / f"{index:02d}.png")
    smooth(3).save(tmp_path / "packed.jpg", quality=70)
    smooth(5).resize((40, 40)).save(tmp_path / "smaller.png")
    changed = smooth(9)  # another mouth in the same face
    changed.paste((128, 128, 128), (20, 40, 44, 52))
    changed.save(tmp_path / "changed.png")
    Image.eval(smooth(7), lambda value: 255 - value).save(tmp_path / "turned.png")
    found = survey(tmp_path)
    assert dict(found.alike) == {"packed.jpg": "03.png", "smaller.png": "05.png"}
    assert found.copies == ()
    assert {"packed.jpg", "03.png"} <= {one.name for one in found.thumbnails}
    assert any("look like another" in sentence for sentence in found.advice)


def test_the_balance_of_the_classes_is_told_in_a_sentence(tmp_path: Path) -> None:
    for index in range(9):
        picture(tmp_path / "cats" / f"{index}.png", (8, 8), index)
    for index in range(3):
        picture(tmp_path / "dogs" / f"{index}.png", (8, 8), 20 + index)
    assert survey(tmp_path).balance == (
        "cats has 3 times the pictures of dogs (9 against 3): it will be drawn better."
    )
    for index in range(3, 9):
        picture(tmp_path / "dogs" / f"{index}.png", (8, 8), 20 + index)
    assert "about even" in survey(tmp_path).balance


def test_a_thumbnail_shows_every_way_of_fitting(tmp_path: Path) -> None:
    image = Image.new("RGBA", (200, 100), (255, 0, 0, 255))
    image.paste((0, 0, 0, 0), (90, 40, 110, 60))
    image.save(tmp_path / "wide.png")
    (found,) = survey(tmp_path).thumbnails
    crop = found.fitted(PrepareOptions("crop", "#0000ff"))
    pad = found.fitted(PrepareOptions("pad", "#0000ff"))
    stretch = found.fitted(PrepareOptions("stretch", "white"))
    assert crop.shape == pad.shape == stretch.shape == (64, 64, 3)
    assert crop[0, 0].tolist() == pad[32, 0].tolist() == [255, 0, 0]
    assert pad[0, 0].tolist() == crop[32, 32].tolist() == [0, 0, 255]
    assert stretch[32, 32].tolist() == [255, 255, 255]


def test_what_is_left_out_is_not_prepared(tmp_path: Path, cache_root: Path) -> None:
    for index in range(4):
        picture(tmp_path / "set" / f"{index}.png", (16, 16), index)
    every = prepare(tmp_path / "set", 8, cache_root=cache_root)
    some = prepare(
        tmp_path / "set", 8, PrepareOptions(leave_out=frozenset({"1.png", "gone.png"})), cache_root
    )
    assert (len(every), len(some)) == (4, 3)
    assert some.fingerprint != every.fingerprint
    assert (some.batch(np.arange(3), 8) == every.batch(np.array([0, 2, 3]), 8)).all()
    names = frozenset(f"{index}.png" for index in range(4))
    with pytest.raises(DatasetError, match="Every picture is left out"):
        prepare(tmp_path / "set", 8, PrepareOptions(leave_out=names), cache_root)
