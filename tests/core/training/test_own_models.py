"""Keeping models among one's own: what they bring along, and which names they can have."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ganlab_core.cli import main
from ganlab_core.errors import CheckpointError
from ganlab_core.models import (
    Model,
    add_discriminator,
    read_discriminator,
    read_info,
    resolve,
    save_model,
)
from ganlab_core.training import TrainConfig, keep_model, train, with_settings

TINY = {
    "resolution": 8, "images": 16, "batch_size": 8, "batch_size_at.4": 8, "batch_size_at.8": 8,
    "fmap_base": 64, "fmap_max": 8, "z_dim": 8, "w_dim": 8, "mapping_layers": 2,
    "sheet_columns": 2, "sheet_rows": 2, "readout_samples": 0, "threads": 1, "device": "cpu",
}  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, home: Path) -> Path:
    """A short run called mine."""
    from PIL import Image

    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for index in range(8):
        Image.new("RGB", (8, 8), (30 * index, 9, 9)).save(pictures / f"{index}.png")
    list(train(with_settings(TrainConfig(), {**TINY, "data": str(pictures)}), tmp_path / "mine"))
    return tmp_path / "mine"


def test_a_runs_model_is_kept_with_its_discriminator(run: Path) -> None:
    info = keep_model(str(run))
    assert info.name == "mine"
    assert info.fingerprint == read_info(run / "model.safetensors").fingerprint
    assert resolve("mine") == info.path
    assert len(read_discriminator(info.path)) > 5


def test_a_checkpoint_is_kept_under_another_name(run: Path) -> None:
    newest = sorted((run / "checkpoints").glob("*.safetensors"))[-1]
    info = keep_model(str(newest), "then")
    assert info.title == "then"
    assert resolve("then") == info.path
    assert len(read_discriminator(info.path)) > 5


def test_a_model_file_brings_along_what_it_carries(
    home: Path, tmp_path: Path, model: Model
) -> None:
    path = tmp_path / "given.safetensors"
    save_model(model, path)
    assert read_discriminator(keep_model(str(path)).path) == {}
    add_discriminator(path, {"conv.weight": torch.ones(3)})
    kept = keep_model(str(path), "given too").path
    assert read_discriminator(kept)["conv.weight"].tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden", "x" * 61, "tiny", "adventurer", "a\nb"])
def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(
    model_file: Path, name: str
) -> None:
    before = sorted(model_file.parent.iterdir())
    with pytest.raises(CheckpointError):
        keep_model(str(model_file), name)
    assert sorted(model_file.parent.iterdir()) == before


def test_the_command_keeps_a_run(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(run), "--name", "faces"]) == 0
    assert "stylegan: 8 px" in capsys.readouterr().out
    assert main(["render", "faces", "--out", str(run / "a.png")]) == 0
    assert main(["import", str(run), "--name", "faces"]) == 1


@pytest.mark.parametrize(
    "name",
    ["CON", "aux", "com1.txt", "lpt¹", "dot.", " . ", "a\x1bb", "\udcff", "a\u202eb", "x" * 61,
     "é" * 31, "a/b"],
)  # fmt: skip
def test_a_name_that_some_system_cannot_write_is_refused_and_nothing_is_written(
    home: Path, tmp_path: Path, model: Model, name: str
) -> None:
    path = tmp_path / "given.safetensors"
    save_model(model, path)
    with pytest.raises(CheckpointError, match=r"A model's name .*\. Give another name\."):
        keep_model(str(path), name)
    assert not list((home / "data").rglob("*"))


def test_a_name_that_differs_only_in_its_capitals_is_taken(home: Path, model_file: Path) -> None:
    with pytest.raises(CheckpointError, match="already a model"):
        keep_model(str(model_file), "TINY")


def test_a_file_whose_name_is_not_utf_8_is_told_as_that_and_not_as_damaged(
    home: Path, tmp_path: Path, model: Model
) -> None:
    path = tmp_path / "\udcff.safetensors"
    with pytest.raises(CheckpointError, match=r"name \\udcff\.safetensors .*not in UTF-8"):
        save_model(model, path)
    assert not path.exists()


def test_a_model_that_would_state_nan_is_refused_in_a_sentence(
    tmp_path: Path, model: Model
) -> None:
    model.info = replace(model.info, provenance={"psi": float("nan")})
    with pytest.raises(CheckpointError, match="not finite"):
        save_model(model, tmp_path / "x.safetensors")
    assert not list(tmp_path.glob("*.safetensors"))


def test_half_a_character_in_one_title_leaves_the_list_of_all_models_whole(
    home: Path, model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    escape = "\x1b]0;owned\x07\ud800"
    text = model_file.read_bytes()
    other = model_file.with_name("other.safetensors")
    header = json.loads(
        json.loads(text[8 : 8 + int.from_bytes(text[:8], "little")])["__metadata__"]["ganlab"]
    )
    packed = json.dumps(
        {
            "__metadata__": {
                "ganlab": json.dumps(header | {"title": escape, "licence": escape + "\nNAME"})
            }
        }
    )
    other.write_bytes(len(packed).to_bytes(8, "little") + packed.encode())
    assert main(["models", "--json"]) == 0
    shown = capsys.readouterr().out
    assert {one["name"] for one in json.loads(shown)} >= {"tiny", "other"}
    assert main(["models"]) == 0
    table = capsys.readouterr().out
    assert len(table.splitlines()) == len(json.loads(shown)) + 1
    assert not {"\x1b", "\x07", "\ud800"} & set(shown + table)
