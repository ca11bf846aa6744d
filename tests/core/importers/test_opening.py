"""Opening: what a file is called does not matter, what it holds does."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ganlab_core.errors import CheckpointError
from ganlab_core.importers import Container, open_model, recognise
from tests.hostile import GOLDEN


def test_our_own_files_open(model_file: Path) -> None:
    assert open_model(model_file).info.name == "tiny"


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth", "a"])
def test_a_published_file_opens_under_any_name(tmp_path: Path, name: str) -> None:
    shutil.copy(GOLDEN / "stylegan_tf_64" / "network.pkl", tmp_path / name)
    assert open_model(tmp_path / name).capabilities.resolution == 64


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"  <!DOCTYPE html><html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"\x89PNG\r\n", "no published checkpoint"),
    ],
)
def test_what_is_no_model_is_called_what_it_is(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "model.pkl").write_bytes(content)
    with pytest.raises(CheckpointError, match=words):
        open_model(tmp_path / "model.pkl")


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        open_model(tmp_path / "nowhere.pkl")


@pytest.mark.parametrize("length", [0x280, 0x380, 0x480, 0x580])
def test_a_model_file_is_no_pickle_whatever_the_length_of_its_header(
    tmp_path: Path, model_file: Path, length: int
) -> None:
    """The eight bytes of the length come first, and may be those that a pickle begins with."""
    content = model_file.read_bytes()
    header = content[8 : 8 + int.from_bytes(content[:8], "little")]
    longer = (len(header) // 0x10000 + 1) * 0x10000 + length
    path = tmp_path / "model.safetensors"
    path.write_bytes(
        longer.to_bytes(8, "little") + header.ljust(longer) + content[8 + len(header) :]
    )
    assert path.read_bytes()[:2] == length.to_bytes(2, "little")
    assert recognise(path) is Container.NATIVE
    assert open_model(path).info.title == open_model(model_file).info.title
