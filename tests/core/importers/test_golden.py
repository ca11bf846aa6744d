"""The published code's outputs, on the networks that come with the tests."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.golden.__main__ import main
from tests.golden.evaluate import evaluate
from tests.hostile import GOLDEN

FOLDERS = [
    "stylegan_tf_64",
    "stylegan_zoo_32",
    "progan_tf_32_fused_cond",
    "biggan_ajbrock_32_unshared",
    "biggandeep_ajbrock_32",
]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_case_agrees_with_the_published_code(folder: str) -> None:
    rows = list(evaluate(GOLDEN / folder))
    cases = json.loads((GOLDEN / folder / "meta.json").read_text())["cases"]
    told = {case["id"] for case in cases if "Informative" not in case["what"]}
    assert {row.case.split(" ")[0] for row in rows} == told
    assert [row for row in rows if not row.passed] == []


WILD = [
    "ada-gray", "akan-progan", "big-deep-depth1", "eps-wide", "genforce-sg2", "legacy-nonsquare",
    "luc-rgba", "ros-nonoises", "sg3-r", "xl-sg2-projected",
]  # fmt: skip


@pytest.mark.parametrize("folder", WILD)
def test_other_projects_files_open_as_they_are(folder: str) -> None:
    rows = list(evaluate(GOLDEN / folder))
    assert rows
    assert [row for row in rows if not row.passed or row.output == "refused"] == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLDEN / "stylegan_zoo_32", tmp_path / "zoo"))


def change(folder: Path, case: int, key: str, value: object) -> None:
    meta = json.loads((folder / "meta.json").read_text())
    meta["cases"] = [meta["cases"][case]]
    meta["cases"][0][key] = value
    (folder / "meta.json").write_text(json.dumps(meta))


def test_a_miss_fails(folder: Path) -> None:
    change(folder, 0, "atol", {"w": 0.0})
    assert main([str(folder)]) == 1


def test_a_case_that_cannot_be_evaluated_fails(folder: Path) -> None:
    change(folder, 0, "outputs", {"unheard_of": "out/mapping/w"})
    assert main([str(folder)]) == 1


def test_a_folder_that_cannot_be_opened_fails(folder: Path, tmp_path: Path) -> None:
    (folder / "model.pth").write_bytes(b"nothing")
    assert main([str(folder)]) == 1
    assert main([str(tmp_path / "nowhere")]) == 1
    assert main([]) == 1
