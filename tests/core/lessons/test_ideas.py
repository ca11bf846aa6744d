"""The comparison of ideas: equal CPU time, all of them told, and read again as it was written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.cli.program import main
from ganlab_core.errors import LessonError
from ganlab_core.lessons import IDEAS, REAL, compare_ideas, ideas_dir, read_ideas
from ganlab_core.training import TRAINABLE


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    for name in ("a", "b"):
        place = tmp_path / "pictures" / name
        place.mkdir(parents=True)
        for index in range(20):
            pixels = random.integers(0, 256, (16, 16, 3), np.uint8)
            Image.fromarray(pixels).save(place / f"{index}.png")
    return tmp_path / "pictures"


def test_each_idea_is_given_its_time_and_leaves_a_sheet(pictures: Path, tmp_path: Path) -> None:
    few = [idea for idea in IDEAS if idea.architecture in ("cgan", "progan")]
    out = tmp_path / "out"
    runs = list(compare_ideas(pictures, out, 0.3, 16, "noise", few))
    assert [one.architecture for one in runs] == [REAL, "cgan", "progan"]
    for one in runs[1:]:
        assert one.images > 0
        assert one.weights > 0
        with Image.open(out / f"{one.architecture}.png") as image:
            assert image.size == (8 * 16, 4 * 16)
    assert runs[1].seconds >= 0.3
    report = read_ideas(out)
    assert report.runs == tuple(runs)
    assert (report.seconds, report.resolution, report.pictures) == (0.3, 16, "noise")


@pytest.mark.long
def test_one_idea_is_compared_again_and_the_others_stay(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    one = [IDEAS[0]]
    first = list(compare_ideas(pictures, out, 0.1, 16, "noise", one))
    again = list(compare_ideas(pictures, out, 0.1, 16, "noise", [IDEAS[1]]))
    assert [run.architecture for run in read_ideas(out).runs] == [REAL, "gan", "cgan"]
    assert read_ideas(out).runs[1] == first[1]
    list(compare_ideas(pictures, out, 0.2, 16, "noise", [IDEAS[1]]))
    assert [run.architecture for run in read_ideas(out).runs] == [REAL, "cgan"]
    assert read_ideas(out).runs[1] != again[1]


def test_ideas_are_of_architectures_that_train_in_the_order_of_their_years() -> None:
    assert {idea.architecture for idea in IDEAS} <= set(TRAINABLE)
    assert [idea.year for idea in IDEAS] == sorted(idea.year for idea in IDEAS)


def test_a_folder_without_a_comparison_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="ganlab ideas"):
        read_ideas(tmp_path)
    (tmp_path / "ideas.json").write_text("[1, 2")
    with pytest.raises(LessonError):
        read_ideas(tmp_path)


def test_an_idea_that_nobody_had_is_refused(tmp_path: Path) -> None:
    assert main(["ideas", "--out", str(tmp_path / "out"), "--only", "vae"]) == 2


def test_what_comes_with_ganlab_is_whole() -> None:
    report = read_ideas(ideas_dir())
    assert report.runs[0].architecture == REAL
    for run in report.runs:
        with Image.open(report.sheet(run.architecture)) as image:
            assert image.size == (8 * report.resolution, 4 * report.resolution)
        assert run.architecture == REAL or abs(run.seconds - report.seconds) < 0.2 * report.seconds
