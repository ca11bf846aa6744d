"""The model library: what is found, and what a name means."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ganlab_core.errors import CheckpointError
from ganlab_core.files import bundled_models_dir
from ganlab_core.models import Model, find_models, resolve, save_model


def own_models() -> list[str]:
    """Names of the models found that are not bundled."""
    return [info.name for info in find_models() if info.path.parent != bundled_models_dir()]


def test_a_persons_models_are_found_by_name(model_file: Path, model: Model) -> None:
    save_model(model, model_file.with_name("another.safetensors"))
    assert own_models() == ["another", "tiny"]


def test_bundled_models_come_first(model_file: Path) -> None:
    folders = [info.path.parent for info in find_models()]
    assert folders == sorted(folders, key=lambda folder: folder != bundled_models_dir())


@pytest.mark.parametrize(
    ("order", "found"),
    [
        (b"tiny\nmissing\n", ["tiny", "another", "more"]),
        (b"more tiny", ["more", "tiny", "another"]),
        (b"", ["another", "more", "tiny"]),
        (b"\xff\xfe\x00", ["another", "more", "tiny"]),
    ],
)
def test_a_list_beside_them_orders_models(
    model_file: Path, model: Model, order: bytes, found: list[str]
) -> None:
    for name in ("another", "more"):
        save_model(model, model_file.with_name(f"{name}.safetensors"))
    model_file.with_name("order.txt").write_bytes(order)
    assert own_models() == found


def test_broken_files_and_folders_are_passed_over(model_file: Path) -> None:
    (model_file.parent / "noise.safetensors").write_bytes(b"\x00" * 100)
    (model_file.parent / "folder.safetensors").mkdir()
    (model_file.parent / "notes.txt").write_text("hello")
    assert own_models() == ["tiny"]


def test_without_a_folder_there_are_no_own_models(home: Path) -> None:
    assert own_models() == []


@pytest.mark.parametrize("written", ["tiny", "tiny.safetensors"])
def test_a_name_means_the_persons_model(model_file: Path, written: str) -> None:
    assert resolve(written) == model_file


def test_a_path_means_the_file(model_file: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else where.safetensors"
    elsewhere.write_bytes(model_file.read_bytes())
    assert resolve(str(elsewhere)) == elsewhere


def test_a_runs_folder_means_its_model(home: Path, tmp_path: Path, model: Model) -> None:
    run = tmp_path / "run"
    run.mkdir()
    with pytest.raises(CheckpointError, match=r"holds no model\.safetensors"):
        resolve(str(run))
    save_model(model, run / "model.safetensors")
    assert resolve(str(run)) == run / "model.safetensors"


def test_a_mistyped_name_is_answered_with_the_near_one(model_file: Path) -> None:
    with pytest.raises(CheckpointError, match="Did you mean tiny"):
        resolve("tinny")


@pytest.mark.parametrize("text", ["", "\0", "x" * 10_000, "../../..", "~nobody/model", "con:"])
def test_odd_names_are_answered_in_a_sentence(home: Path, text: str) -> None:
    with pytest.raises(CheckpointError):
        resolve(text)


def test_the_library_needs_no_torch(model_file: Path) -> None:
    code = (
        "import sys; from ganlab_core.models.library import find_models; import ganlab_core.export.png; "
        "print(len(find_models()) > 0, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
