"""`ganlab data`: the dataset doctor without a window."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from ganlab_core.cli import main
from ganlab_core.data import survey

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two classes; a picture twice, one that is oblong, and a file that is none."""
    folder = tmp_path / "set"
    for name, colour, size in (
        ("cats/a.png", "red", (16, 16)),
        ("cats/b.png", "red", (16, 16)),
        ("dogs/c.png", "blue", (40, 20)),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, colour).save(folder / name)
    (folder / "dogs" / "d.png").write_bytes(b"no picture")
    return folder


def test_the_report_is_the_doctors_own(pictures: Path, capsys: Capture) -> None:
    assert main(["data", str(pictures)]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = survey(pictures)
    assert lines[: 1 + len(found.advice)] == [found.facts, *found.advice]
    assert found.facts == (
        "3 pictures can be used, 1 cannot. Their shorter sides are 16 to 20 px."
        " 2 classes: cats (2), dogs (1)."
    )
    assert "  dogs/d.png is damaged or not a picture" in lines
    assert "  cats/b.png is cats/a.png once more" in lines


def test_scripts_get_an_object(pictures: Path, capsys: Capture) -> None:
    assert main(["data", str(pictures), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["pictures"], told["smallest"], told["oblong"]) == (3, 16, 1)
    assert told["classes"] == {"cats": 2, "dogs": 1}
    assert told["refused"] == [{"name": "dogs/d.png", "reason": "is damaged or not a picture"}]
    assert told["advice"] == list(survey(pictures).advice)


def test_what_is_no_set_is_told_in_a_sentence(tmp_path: Path, capsys: Capture) -> None:
    assert main(["data", str(tmp_path)]) == 1
    assert "holds no pictures" in capsys.readouterr().err
    (tmp_path / "x.tfrecords").write_bytes(b"x")
    assert main(["data", str(tmp_path / "x.tfrecords")]) == 1
    assert "TFRecords" in capsys.readouterr().err
