"""The whole way from a source to batches, and the sentences when it cannot be gone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
import tracemalloc
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from ganlab_core.data import Images, PrepareOptions, prepare
from ganlab_core.errors import DatasetError

Usage = namedtuple("Usage", "total used free")


def everything(images: Images, resolution: int) -> np.ndarray:
    return images.batch(np.arange(len(images)), resolution)


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_pictures_come_in_name_order_at_every_resolution(
    kind, make_folder, make_zip, png, cache_root
):
    make = make_folder if kind == "folder" else make_zip
    source = make({"b.png": png((10, 20, 30)), "a.png": png((40, 50, 60), size=(40, 32))})
    images = prepare(source, 16, cache_root=cache_root)
    assert len(images) == 2
    assert (images.resolution, images.resolutions) == (16, (4, 8, 16))
    assert (images.classes, images.labels.tolist()) == ((), [0, 0])
    assert (images.skipped, images.source) == ((), str(source))
    for size in images.resolutions:
        batch = images.batch(np.array([1, 0, 1]), size)
        assert batch.shape == (3, 3, size, size)
        assert batch.dtype == np.uint8
        assert batch.flags.c_contiguous
        assert batch[:, :, 0, 0].tolist() == [[10, 20, 30], [40, 50, 60], [10, 20, 30]]


def test_a_batch_is_a_copy_and_the_set_cannot_be_written(make_folder, png, cache_root):
    images = prepare(make_folder({"a.png": png((1, 2, 3))}), 4, cache_root=cache_root)
    images.batch(np.array([0]), 4)[:] = 99
    assert images.batch(np.array([0]), 4)[0, 0, 0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        images.labels[0] = 1


def test_a_batch_outside_the_set_is_refused(make_folder, png, cache_root):
    images = prepare(make_folder({"a.png": png()}), 8, cache_root=cache_root)
    with pytest.raises(DatasetError, match="not prepared at 16 px"):
        images.batch(np.array([0]), 16)
    with pytest.raises(IndexError):
        images.batch(np.array([1]), 8)
    assert images.batch(np.array([], np.int64), 8).shape == (0, 3, 8, 8)


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_class_folders_become_labels(kind, make_folder, make_zip, png, cache_root):
    make = make_folder if kind == "folder" else make_zip
    source = make(
        {
            "set/dog/1.png": png(),
            "set/cat/1.png": png(),
            "set/cat/deep/2.png": png(),
            "set/README.txt": b"words",
        }
    )
    images = prepare(source, 8, cache_root=cache_root)
    assert images.classes == ("cat", "dog")
    assert images.labels.tolist() == [0, 0, 1]
    assert images.labels.dtype == np.int64


def test_a_class_without_usable_pictures_leaves_no_hole(make_folder, png, cache_root):
    source = make_folder({"a/1.png": png(), "b/1.png": b"broken", "c/1.png": png()})
    images = prepare(source, 8, cache_root=cache_root)
    assert (images.classes, images.labels.tolist()) == (("a", "c"), [0, 1])


def test_twenty_bad_of_220_are_listed_and_skipped(make_folder, png, cache_root):
    files = {f"{index:03}.png": png((index, 0, 0), size=(8, 8)) for index in range(200)}
    files |= {f"bad{index}.png": b"not a picture" for index in range(10)}
    files |= {f"bad{index}.jpg": png(size=(7, 30)) for index in range(10)}
    calls: list[tuple[int, int]] = []
    images = prepare(
        make_folder(files), 8, cache_root=cache_root, progress=lambda *call: calls.append(call)
    )
    assert len(images) == 200
    assert everything(images, 8)[:, 0, 0, 0].tolist() == list(range(200))
    assert calls == [(done, 220) for done in range(1, 221)]
    reasons = {skipped.name: skipped.reason for skipped in images.skipped}
    assert len(reasons) == 20
    assert reasons["bad0.png"] == "is damaged or not a picture"
    assert reasons["bad0.jpg"] == "is 7 x 30 pixels, below the 8 that training needs"


def test_a_second_call_decodes_nothing(make_folder, png, cache_root):
    source = make_folder({"a/1.png": png(), "b/1.png": png(), "b/2.png": b"broken"})
    first = prepare(source, 8, cache_root=cache_root)
    calls: list[tuple[int, int]] = []
    second = prepare(source, 8, cache_root=cache_root, progress=lambda *call: calls.append(call))
    assert calls == []
    assert (second.fingerprint, second.classes) == (first.fingerprint, first.classes)
    assert second.skipped == first.skipped
    np.testing.assert_array_equal(second.labels, first.labels)
    np.testing.assert_array_equal(everything(second, 8), everything(first, 8))


def test_a_moved_zip_is_not_prepared_again(make_zip, png, cache_root, tmp_path):
    source = make_zip({"a.png": png()})
    first = prepare(source, 8, cache_root=cache_root)
    moved = tmp_path / "moved.zip"
    shutil.copyfile(source, moved)
    calls: list[tuple[int, int]] = []
    second = prepare(moved, 8, cache_root=cache_root, progress=lambda *call: calls.append(call))
    assert (calls, second.fingerprint, second.source) == ([], first.fingerprint, str(moved))


@pytest.mark.parametrize(
    "change", ["content", "name", "more", "option", "background", "resolution"]
)
def test_any_change_prepares_again(change, make_folder, png, cache_root):
    source = make_folder({"a.png": png((1, 1, 1)), "b.png": png((2, 2, 2))})
    first = prepare(source, 8, cache_root=cache_root)
    resolution, options = 8, PrepareOptions()
    if change == "content":
        (source / "a.png").write_bytes(png((3, 3, 3)))
    elif change == "name":
        (source / "a.png").rename(source / "c.png")
    elif change == "more":
        (source / "c.png").write_bytes(png())
    elif change == "option":
        options = PrepareOptions(fit="pad")
    elif change == "background":
        options = PrepareOptions(background="black")
    else:
        resolution = 16
    second = prepare(source, resolution, options, cache_root=cache_root)
    assert second.fingerprint != first.fingerprint
    assert everything(first, 4)[:, 0, 0, 0].tolist() == [1, 2]


def test_two_ways_to_write_a_colour_share_a_set(make_folder, png, cache_root):
    source = make_folder({"a.png": png()})
    white = prepare(source, 8, PrepareOptions(background="white"), cache_root)
    assert prepare(source, 8, PrepareOptions(background="#FFFFFF"), cache_root).fingerprint == (
        white.fingerprint
    )


@pytest.mark.parametrize("resolution", [0, 2, 12, 2048, -8])
def test_a_resolution_that_cannot_be_trained_is_refused(resolution, make_folder, png, cache_root):
    with pytest.raises(DatasetError, match="power of two from 4 to 1024"):
        prepare(make_folder({"a.png": png()}), resolution, cache_root=cache_root)


def test_a_source_without_pictures_is_told(make_folder, cache_root):
    with pytest.raises(DatasetError, match="holds no pictures"):
        prepare(make_folder({"notes.txt": b"words"}), 8, cache_root=cache_root)


def test_too_small_pictures_name_the_resolution_that_would_do(make_folder, png, cache_root):
    files = {f"{index}.png": png(size=(50, 40)) for index in range(3)} | {"broken.png": b"x"}
    with pytest.raises(DatasetError) as caught:
        prepare(make_folder(files), 64, cache_root=cache_root)
    assert "None of the 4 pictures" in caught.value.what
    assert "0.png is 50 x 40 pixels" in caught.value.what
    assert caught.value.remedy == "Choose a smaller resolution, such as --resolution 32."


def test_pictures_below_four_pixels_get_no_resolution_proposed(make_folder, png, cache_root):
    with pytest.raises(DatasetError) as caught:
        prepare(make_folder({"a.png": png(size=(3, 3))}), 8, cache_root=cache_root)
    assert caught.value.remedy == "Use bigger pictures."


def test_the_commonest_reason_has_its_own_remedy(make_folder, png, cache_root):
    files = {"a.psd": b"II", "b.psd": b"II", "c.png": png(size=(2, 2))}
    with pytest.raises(DatasetError, match="Photoshop") as caught:
        prepare(make_folder(files), 8, cache_root=cache_root)
    assert caught.value.remedy == "Convert the pictures to PNG or JPEG."


def test_an_interrupted_preparation_leaves_nothing(make_folder, png, cache_root):
    source = make_folder({f"{index}.png": png() for index in range(40)})

    def interrupt(done: int, total: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(source, 8, cache_root=cache_root, progress=interrupt)
    assert list((cache_root / "datasets").iterdir()) == []
    assert len(prepare(source, 8, cache_root=cache_root)) == 40


def test_a_disk_known_to_be_too_small_is_told_before_work(
    make_folder, png, cache_root, monkeypatch
):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(100, 100, 100))
    calls: list[tuple[int, int]] = []
    with pytest.raises(DatasetError, match="GiB is free") as caught:
        prepare(
            make_folder({"a.png": png()}),
            8,
            cache_root=cache_root,
            progress=lambda *call: calls.append(call),
        )
    assert caught.value.remedy
    assert calls == []


CHILD = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    {before}
    from ganlab_core.data.preparation import prepare
    from ganlab_core.errors import DatasetError
    try:
        images = prepare(Path(sys.argv[1]), 64, cache_root=Path(sys.argv[2]){more})
    except DatasetError as error:
        sys.exit(str(error))
    assert len(images) == int(sys.argv[3]), len(images)
    """
)


def start(
    before: str, more: str, source: Path, cache_root: Path, count: int
) -> subprocess.Popen[str]:
    code = CHILD.format(before=before, more=more)
    command = [sys.executable, "-c", code, str(source), str(cache_root), str(count)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file size limit to set")
def test_a_disk_that_fills_up_is_one_sentence_and_leaves_nothing(make_folder, png, cache_root):
    source = make_folder({f"{index}.png": png(seed=index, size=(64, 64)) for index in range(120)})
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))"
    child = start(limit, "", source, cache_root, 120)
    _, told = child.communicate(timeout=60)
    assert child.returncode == 1
    assert told.startswith("The disk is full:")
    assert told.count("\n") == 1
    assert list((cache_root / "datasets").iterdir()) == []


def test_two_processes_at_once_both_get_whole_sets(make_folder, png, cache_root):
    source = make_folder({f"{index}.png": png(seed=index, size=(64, 64)) for index in range(30)})
    # Each child stops at its first picture until both have got there.
    wait = ", progress=lambda done, total: done == 1 and input()"
    children = [start("", wait, source, cache_root, 30) for _ in range(2)]
    while len(list((cache_root / "datasets").glob(".*.part"))) < 2:
        assert all(child.poll() is None for child in children)
    told = [child.communicate("go\n", timeout=60)[1] for child in children]
    assert [child.returncode for child in children] == [0, 0], told
    assert len(list((cache_root / "datasets").iterdir())) == 1
    assert len(prepare(source, 64, cache_root=cache_root)) == 30


def test_memory_stays_flat_while_the_set_grows(make_zip, png, cache_root):
    picture = png(seed=1, size=(256, 256))
    source = make_zip({f"{index}.png": picture for index in range(120)})
    tracemalloc.start()
    try:
        images = prepare(source, 256, cache_root=cache_root)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(images) == 120
    assert peak < 15e6  # the set itself has 31e6
