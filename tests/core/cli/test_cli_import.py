"""`ganlab import`: a published file becomes one of our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ganlab_core.cli import main
from ganlab_core.models import resolve
from tests.hostile import GOLDEN, SAFETY

ZOO = str(GOLDEN / "stylegan_zoo_32" / "model.pth")


def test_the_file_becomes_one_of_ones_own_models(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", ZOO]) == 0
    assert "GAN zoo: 32 px" in capsys.readouterr().out
    assert resolve("model").is_relative_to(home)
    assert main(["import", ZOO]) == 1
    assert "already a model 'model'" in capsys.readouterr().err


def test_json_tells_all(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "mine.safetensors"
    assert main(["import", ZOO, "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["resolution"], told["growth"]) == ("mine", 32, 5.0)
    assert told["provenance"]["truncation"] == {"psi": 0.5, "cutoff": None}
    assert main(["render", str(out), "--out", str(tmp_path / "a.png")]) == 0
    assert main(["render", ZOO, "--out", str(tmp_path / "b.png")]) == 0


def test_nothing_is_written_for_a_refused_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine.safetensors"
    assert main(["import", str(SAFETY / "tf_eval_in_variables.pkl"), "--out", str(out)]) == 1
    assert capsys.readouterr().err.startswith("ganlab: The file wants to run 'builtins.eval'")
    assert not out.exists()


@pytest.mark.parametrize("out", ["model.pth", "."])
def test_another_kind_of_file_is_not_written(
    tmp_path: Path, out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", ZOO, "--out", str(tmp_path / out)]) == 2
    assert "ending in .safetensors" in capsys.readouterr().err
