"""The prepared set on disk is whole or prepared again, whatever happened to it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ganlab_core.data import Images, PrepareOptions, prepare
from ganlab_core.data import preparation as cache
from ganlab_core.errors import DatasetError


@pytest.fixture
def source(make_folder, png) -> Path:
    files = {f"{name}/{index}.png": png(seed=index) for name in "ab" for index in range(4)}
    return make_folder({**files, "b/broken.png": b"x"})


def place_of(images: Images, cache_root: Path) -> Path:
    return cache_root / "datasets" / images.fingerprint


def truncate(place: Path) -> None:
    os.truncate(place / "16.npy", 700)


def empty_a_level(place: Path) -> None:
    (place / "8.npy").write_bytes(b"")


def flip_a_pixel(place: Path) -> None:
    data = bytearray((place / "16.npy").read_bytes())
    data[-1000] ^= 1
    (place / "16.npy").write_bytes(bytes(data))


def lose_a_level(place: Path) -> None:
    (place / "4.npy").unlink()


def lose_the_labels(place: Path) -> None:
    (place / "labels.npy").unlink()


def pickle_the_labels(place: Path) -> None:
    np.save(place / "labels.npy", np.array([{}], object), allow_pickle=True)


def lose_the_note(place: Path) -> None:
    (place / "about.json").unlink()


def scribble_in_the_note(place: Path) -> None:
    (place / "about.json").write_bytes(b"\xff\xfe{")


def empty_the_note(place: Path) -> None:
    (place / "about.json").write_text("[]")


def forget_the_checksums(place: Path) -> None:
    note = json.loads((place / "about.json").read_text())
    (place / "about.json").write_text(json.dumps(note | {"files": []}))


def miscount(place: Path) -> None:
    note = json.loads((place / "about.json").read_text())
    (place / "about.json").write_text(json.dumps(note | {"count": 7}))


def lose_the_classes(place: Path) -> None:
    note = json.loads((place / "about.json").read_text())
    (place / "about.json").write_text(json.dumps(note | {"classes": []}))


def empty_everything(place: Path) -> None:
    shutil.rmtree(place)
    place.mkdir()


def become_a_file(place: Path) -> None:
    shutil.rmtree(place)
    place.write_text("a file")


@pytest.mark.parametrize(
    "damage",
    [
        truncate,
        empty_a_level,
        flip_a_pixel,
        lose_a_level,
        lose_the_labels,
        pickle_the_labels,
        lose_the_note,
        scribble_in_the_note,
        empty_the_note,
        forget_the_checksums,
        miscount,
        lose_the_classes,
        empty_everything,
        become_a_file,
    ],
)
def test_a_damaged_cache_is_prepared_again(damage: Callable[[Path], None], source, cache_root):
    first = prepare(source, 16, cache_root=cache_root)
    pixels = first.batch(np.arange(8), 16)
    place = place_of(first, cache_root)
    kept = cache_root / "kept"
    shutil.copytree(place, kept)
    del first
    damage(place)
    calls: list[tuple[int, int]] = []
    again = prepare(source, 16, cache_root=cache_root, progress=lambda *call: calls.append(call))
    assert calls
    np.testing.assert_array_equal(again.batch(np.arange(8), 16), pixels)
    assert (again.classes, len(again.skipped)) == (("a", "b"), 1)
    for file in kept.iterdir():
        assert file.read_bytes() == (place / file.name).read_bytes()
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_the_levels_are_plain_npy_files(source, cache_root):
    images = prepare(source, 16, cache_root=cache_root)
    level = np.load(place_of(images, cache_root) / "8.npy")
    np.testing.assert_array_equal(level, images.batch(np.arange(8), 8))


@pytest.mark.parametrize("count", [1, 9, 10, 12345])
def test_the_count_fits_into_the_header(count, tmp_path):
    tiny = {4: np.full((3, 4, 4), 7, np.uint8)}
    with cache.LevelWriter(tmp_path, 4, PrepareOptions()) as writer:
        for _ in range(count):
            writer.append(tiny)
    level = np.load(tmp_path / "4.npy")
    assert level.shape == (count, 3, 4, 4)
    assert (level == 7).all()


def test_leavings_of_killed_processes_are_swept_after_a_day(source, cache_root):
    old = cache_root / "datasets" / ".abc.1234.part"
    fresh = cache_root / "datasets" / ".def.5678.part"
    for folder in (old, fresh):
        folder.mkdir(parents=True)
        (folder / "4.npy").write_bytes(b"x")
    for path in (old / "4.npy", old):
        os.utime(path, (1e9, 1e9))
    prepare(source, 16, cache_root=cache_root)
    assert not old.exists()
    assert fresh.exists()


def test_the_other_process_may_be_first(tmp_path):
    place = tmp_path / "set"
    place.mkdir()
    (place / "theirs").write_text("theirs")
    with cache.building(place) as part:
        (part / "ours").write_text("ours")
        cache.publish(part, place)
    assert [path.name for path in place.iterdir()] == ["theirs"]
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_a_folder_that_may_not_be_made_is_told(source, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the cache should be")
    with pytest.raises(DatasetError, match="Preparing the pictures failed") as caught:
        prepare(source, 16, cache_root=blocked)
    assert caught.value.remedy
