"""NVIDIA's `dataset.json`: its labels are the classes, and numbered folders are none."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from ganlab_core.data import prepare, survey
from ganlab_core.data.folder import LARGEST, read_labels
from ganlab_core.errors import DatasetError

NAMES = [f"{index // 4:05d}/img{index:08d}.png" for index in range(8)]


@pytest.fixture(params=["folder", "zip"])
def write(request, make_folder, make_zip, png):
    """Write eight pictures in two numbered folders, in a folder or a zip, and a dataset.json."""

    def make(note: object, wrap: str = "") -> Path:
        text = note if isinstance(note, bytes) else json.dumps(note).encode()
        files = {wrap + name: png(seed=index) for index, name in enumerate(NAMES)}
        source = {"folder": make_folder, "zip": make_zip}[request.param]
        return source(files | {f"{wrap}dataset.json": text})

    return make


@pytest.mark.parametrize("wrap", ["", "set/"])
def test_labels_are_the_classes_whatever_the_folder(write, wrap: str, cache_root: Path) -> None:
    labels = [12, 2, 2, 12, 2, 2, 12, 2]
    source = write({"labels": [list(pair) for pair in zip(NAMES, labels, strict=True)]}, wrap)
    images = prepare(source, 8, cache_root=cache_root)
    assert images.classes == ("2", "12")
    assert images.labels.tolist() == [1, 0, 0, 1, 0, 0, 1, 0]
    assert survey(source).classes == (("2", 5), ("12", 3))


@pytest.mark.parametrize("note", [{"labels": None}, {"labels": [[name, 3] for name in NAMES]}])
def test_numbered_folders_are_no_classes_where_there_are_no_labels(
    write, note: object, cache_root: Path
) -> None:
    source = write(note)
    assert prepare(source, 8, cache_root=cache_root).classes == ()
    assert survey(source).classes == ()


def test_vectors_with_a_single_one_are_classes(write, cache_root: Path) -> None:
    vectors = [[1, 0, 0], [0, 0, 1.0]] * 4
    source = write({"labels": [list(pair) for pair in zip(NAMES, vectors, strict=True)]})
    assert prepare(source, 8, cache_root=cache_root).classes == ("0", "2")


def test_other_labels_are_another_set(write, cache_root: Path) -> None:
    first = prepare(write({"labels": [[name, 1] for name in NAMES]}), 8, cache_root=cache_root)
    labels = [[name, index % 2] for index, name in enumerate(NAMES)]
    second = prepare(write({"labels": labels}), 8, cache_root=cache_root)
    assert (first.classes, second.classes) == ((), ("0", "1"))


def test_pictures_without_a_label_are_left_out_by_name(write, cache_root: Path) -> None:
    images = prepare(write({"labels": [[NAMES[0], 0], [NAMES[5], 1]]}), 8, cache_root=cache_root)
    assert len(images) == 2
    assert [skip.name for skip in images.skipped] == [
        name for name in NAMES if name not in (NAMES[0], NAMES[5])
    ]
    assert "no label" in images.skipped[0].reason


WRONG = [
    b"", b"{", b"\xff\xfe", b"[]", b"{}", b"5", b'{"labels": 5}', b'{"labels": {"a.png": 1}}',
    b'{"labels": [1]}', b'{"labels": [["a.png"]]}', b'{"labels": [[1, 2]]}',
    b'{"labels": [["a.png", "b"]]}', b'{"labels": [["a.png", -1]]}', b'{"labels": [["a.png", 1.5]]}',
    b'{"labels": [["a.png", true]]}', b'{"labels": [["a.png", NaN]]}', b'{"labels": [["a.png", null]]}',
    b'{"labels": [["a.png", [0.5, 0.5]]]}', b'{"labels": [["a.png", 1' + b"0" * 9000 + b"]]}",
    b"[" * 200_000, b'{"labels": ' + b"[" * 2_000_000, b" " * (LARGEST + 1),
    b'{"labels": [' + b"[]," * 3_100_000 + b"[]]}",
]  # fmt: skip


@pytest.mark.parametrize("data", WRONG, ids=range(len(WRONG)))
def test_labels_that_make_no_sense_are_told_in_a_sentence_at_once(data: bytes) -> None:
    began = time.process_time()
    with pytest.raises(DatasetError, match=r"dataset\.json .+\. Mend dataset\.json"):
        read_labels(data)
    assert time.process_time() - began < 5


def test_a_set_with_broken_labels_is_refused_and_not_taken_by_its_folders(
    write, cache_root: Path
) -> None:
    source = write(b'{"labels": [[')
    with pytest.raises(DatasetError, match="not readable JSON"):
        prepare(source, 8, cache_root=cache_root)
    with pytest.raises(DatasetError, match="not readable JSON"):
        survey(source)


def test_a_file_of_labels_deep_in_the_set_says_nothing_of_the_rest(
    make_folder, png, cache_root: Path
) -> None:
    note = json.dumps({"labels": None}).encode()
    files = {"cat/a.png": png(seed=0), "dog/b.png": png(seed=1), "dog/dataset.json": note}
    assert prepare(make_folder(files), 8, cache_root=cache_root).classes == ("cat", "dog")
