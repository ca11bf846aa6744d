"""What is chosen in the export windows, as the jobs that make the bytes the command line makes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from ganlab.film.export_dialogs import (
    ACROSS,
    FILE_KINDS,
    FORMATS,
    PICTURE_KINDS,
    ExportFilmDialog,
    ExportPicturesDialog,
)
from ganlab.film.film_room import kept_of, time_text, title_of
from ganlab_core.cli import job_of_arguments
from ganlab_core.export import ACROSS as CORE_ACROSS
from ganlab_core.export import (
    CODECS,
    ENCODERS,
    FilmJob,
    SheetJob,
    StillJob,
    job_from_json,
    job_to_json,
)
from ganlab_core.recipe import Capabilities, Latent, Recipe
from ganlab_core.timeline import Keyframe, Timeline

MODEL, OTHER = "model.safetensors", "other.safetensors"


def choose(choice: object, value: object) -> None:
    choice.set_value(value)  # type: ignore[attr-defined]
    choice.edited.emit(value)  # type: ignore[attr-defined]


@pytest.fixture
def film(qtbot: QtBot, tmp_path: Path) -> ExportFilmDialog:
    suggested = FilmJob(
        models=(MODEL,), out=tmp_path / "film.mp4", timeline=Timeline(), codec="h264"
    )
    dialog = ExportFilmDialog(suggested, 64, (MODEL, OTHER))
    qtbot.addWidget(dialog)
    return dialog


@pytest.fixture
def pictures(qtbot: QtBot, tmp_path: Path, can: Capabilities) -> ExportPicturesDialog:
    dialog = ExportPicturesDialog(tmp_path / "a", can, Recipe(psi=0.3), (MODEL, OTHER))
    qtbot.addWidget(dialog)
    return dialog


def test_the_kinds_offered_are_those_of_the_core() -> None:
    assert {(kind[0], kind[2]) for kind in FILE_KINDS} == {
        (c.name, c.suffix) for c in CODECS.values()
    }
    assert {f".{name}" for name, _ in FORMATS} <= set(ENCODERS)
    assert {name for name, _ in ACROSS} == set(CORE_ACROSS)


@pytest.mark.parametrize("kind", FILE_KINDS, ids=lambda kind: kind[0])
def test_a_film_as_chosen_is_the_job_of_the_same_options(
    film: ExportFilmDialog, kind: tuple[str, ...], tmp_path: Path
) -> None:
    choose(film.kind, kind[0])
    choose(film.fps, Fraction(30000, 1001))
    choose(film.sides, 256)
    choose(film.method, "nearest")
    choose(film.beside, "seeds")
    film.columns.setValue(3)
    film.seed.setValue(7)
    film.caption.setText("-{time}")
    (tmp_path / "t.json").write_text(Timeline().to_json())
    out = tmp_path / f"film{kind[2]}"
    words = ["video", MODEL, "--timeline", str(tmp_path / "t.json"), "--out", str(out), "--codec", kind[0],
             "--fps", "29.97", "--grid", "3x2", "--seeds", "7-12", "--caption=-{time}",
             "--size", str(film.size_.side), "--upscale", "nearest"]  # fmt: skip
    assert film.job == job_of_arguments(words)
    assert job_from_json(job_to_json(film.job)) == film.job
    assert title_of(film.job) == f"Film {out.name}"
    assert kept_of(film.job) == ("frames" if kind[0] == "png" else "")


def test_a_plain_film_is_the_timeline_and_nothing_else(film: ExportFilmDialog) -> None:
    found = film.job
    assert (found.grid, found.seeds, found.caption, found.models) == (None, (), "", (MODEL,))
    assert found.timeline == Timeline()


def test_a_film_of_several_models_is_ordered_of_all(film: ExportFilmDialog) -> None:
    choose(film.beside, "models")
    assert (film.job.models, film.job.grid, film.job.seeds) == ((MODEL, OTHER), None, ())


def test_a_name_of_another_kind_is_told_before_anything_runs(
    film: ExportFilmDialog, tmp_path: Path
) -> None:
    film.place.line.setText(str(tmp_path / "film.webm"))
    assert "ends in .mp4" in film.summary.text()
    assert not film.do.isEnabled()


@pytest.mark.parametrize("kind", [kind[0] for kind in PICTURE_KINDS])
def test_pictures_as_chosen_are_the_job_of_the_same_options(
    pictures: ExportPicturesDialog, kind: str, tmp_path: Path
) -> None:
    choose(pictures.kind, kind)
    pictures.seeds.setText("3,8")
    pictures.labels.setChecked(False)
    (tmp_path / "r.json").write_text(Recipe(psi=0.3).to_json())
    side = [] if pictures.size_.side is None else ["--size", str(pictures.size_.side)]
    command = ["render"] if kind in ("one", "batch") else ["sheet"]
    words = [*command, MODEL, "--out", str(pictures.place.path), *side,
             "--recipe", str(tmp_path / "r.json")]  # fmt: skip
    words += [] if kind == "one" else ["--seeds", "3,8"]
    words += ["--format", "png"] if command == ["render"] else ["--kind", kind, "--no-labels"]
    words += ["--across", "psi"] if kind == "compare" else []
    assert pictures.job == job_of_arguments(words)
    assert kept_of(pictures.job) == ("pictures" if kind == "batch" else "")
    assert isinstance(pictures.job, StillJob if command == ["render"] else SheetJob)


def test_models_are_compared_with_those_of_the_library(pictures: ExportPicturesDialog) -> None:
    choose(pictures.kind, "compare")
    choose(pictures.across, "models")
    found = pictures.job
    assert isinstance(found, SheetJob)
    assert found.models == (MODEL, OTHER)
    choose(pictures.across, "noise")
    assert found.start.recipe == Recipe(psi=0.3)
    assert isinstance(pictures.job, SheetJob)
    assert pictures.job.models == (MODEL,)


@pytest.mark.parametrize(("seconds", "words"), [(4.2, "4 s"), (150, "2 min"), (7500, "2 h 5 min")])
def test_times_are_told_as_people_do(seconds: float, words: str) -> None:
    assert time_text(seconds) == words


def test_a_film_is_seen_at_even_moments_and_a_grid_by_its_seeds(
    qtbot: QtBot, tmp_path: Path
) -> None:
    line = Timeline((Keyframe(0.0, Recipe(Latent(1))), Keyframe(2.0, Recipe(Latent(2)))), 2.0)
    film = ExportFilmDialog(
        FilmJob(models=(MODEL,), out=tmp_path / "film.mp4", timeline=line, codec="h264"), 64
    )
    qtbot.addWidget(film)
    assert film.seen[0] == line.recipe_at(0.0)
    assert len(set(film.seen)) == 5
    asked: list[list[Recipe]] = []
    film.pictures_wanted.connect(asked.append)
    choose(film.beside, "seeds")
    film.columns.setValue(3)
    film.rows_.setValue(2)
    assert tuple(recipe.latent.seed for recipe in film.seen) == film.job.seeds
    assert asked[-1] == list(film.seen)
    film.show_picture(film.seen[4], np.full((8, 8, 3), 200, np.uint8))
    shown = [film.sketches.cell(index).image is not None for index in range(6)]
    assert shown == [False, False, False, False, True, False]


@pytest.mark.parametrize(
    ("kind", "count"), [("one", 1), ("contact", 16), ("compare", 15), ("strip", 9)]
)
def test_pictures_are_seen_before_they_are_written(
    pictures: ExportPicturesDialog, kind: str, count: int
) -> None:
    choose(pictures.kind, kind)
    assert len(pictures.seen) == count
    assert all(recipe.psi == 0.3 for recipe in pictures.seen) == (kind != "compare")
