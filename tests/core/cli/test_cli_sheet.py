"""`ganlab sheet`: contact sheets, comparisons and strips; wrong usage in sentences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from ganlab_core.cli import main
from ganlab_core.export import read_picture
from ganlab_core.recipe import Latent

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def out(tmp_path: Path, model_file: Path) -> Path:
    """Where the sheet goes; the model `tiny` is there to make it."""
    return tmp_path / "sheet.png"


def sheet(out: Path, *arguments: str) -> int:
    return main(["sheet", "tiny", "--out", str(out), *arguments])


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def test_the_default_is_a_contact_sheet_of_16_seeds(out: Path, capsys: Capture) -> None:
    assert sheet(out, "--no-labels") == 0
    assert size(out) == (4 * 16 + 3 * 4, 4 * 16 + 3 * 4)
    assert capsys.readouterr().out == f"{out}\n"
    assert read_picture(out).recipe.latent == Latent(0)


def test_a_comparison_has_a_column_per_value(out: Path) -> None:
    for across, values in (
        ("psi", "0,0.5,1"),
        ("growth", "4,8,16"),
        ("noise", "stored,random,off"),
    ):
        assert sheet(out, "--kind", "compare", "--across", across, "--values", values, "--seeds", "1-2",
                     "--no-labels", "--size", "32") == 0  # fmt: skip
        assert size(out) == (3 * 32 + 2 * 4, 2 * 32 + 4)


def test_models_are_compared(out: Path) -> None:
    assert main(["sheet", "tiny", "tiny", "--kind", "compare", "--across", "models", "--out", str(out),
                 "--no-labels"]) == 0  # fmt: skip
    assert size(out)[0] == 2 * 16 + 4


def test_a_strip_goes_from_one_seed_to_another(out: Path) -> None:
    assert sheet(out, "--kind", "strip", "--seeds", "3,7", "--steps", "5", "--no-labels") == 0
    assert size(out) == (5 * 16, 16)


def test_twice_gives_the_same_bytes(out: Path) -> None:
    assert sheet(out, "--seeds", "0-3") == 0
    first = out.read_bytes()
    assert sheet(out, "--seeds", "0-3") == 0
    assert out.read_bytes() == first


def test_scripts_are_told_what_was_written(out: Path, capsys: Capture) -> None:
    assert sheet(out.with_suffix(".jpg"), "--seeds", "5", "--no-labels", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["width"], told["height"], told["seeds"]) == (16, 16, [5])


@pytest.mark.parametrize(
    "options",
    [
        ("--kind", "compare"), ("--across", "psi"), ("--values", "1"), ("--columns", "0"),
        ("--size", "0"), ("--quality", "-1"), ("--kind", "strip", "--seeds", "1,2,3"),
        ("--kind", "compare", "--across", "psi", "--values", "x"), ("--kind", "poster"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_values_are_wrong_usage(out: Path, options: tuple[str, ...], capsys: Capture) -> None:
    assert sheet(out, *options) == 2
    assert "error: " in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--size", "9999", "--seeds", "0-3"), "pixels"),
        (("--kind", "compare", "--across", "class"), "no class to compare"),
        (("--steps", "1", "--kind", "strip"), "strip"),
    ],
)
def test_failures_are_told_in_a_sentence(
    out: Path, options: tuple[str, ...], words: str, capsys: Capture
) -> None:
    assert sheet(out, *options) == 1
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.err.count("\n") == 1
    assert not out.exists()


def test_a_wrong_kind_of_file_is_told_in_a_sentence(out: Path, capsys: Capture) -> None:
    assert sheet(out.with_suffix(".bmp"), "--seeds", "0") == 2
    assert "no kind of picture" in capsys.readouterr().err
