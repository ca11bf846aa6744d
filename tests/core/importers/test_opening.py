"""Opening: what a file is called does not matter, what it holds does."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ganlab_core.errors import CheckpointError
from ganlab_core.importers import open_model
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
