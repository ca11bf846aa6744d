"""The windows in which exports are chosen."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from msgspec.structs import replace
from pytestqt.qtbot import QtBot

from ganlab.controls.form import bytes_text
from ganlab.film.export_dialogs import (
    FILE_KINDS,
    ExportFilmDialog,
    ExportPicturesDialog,
    estimate,
)
from ganlab_core.export import FilmJob, PictureSize
from ganlab_core.recipe import Capabilities, Recipe
from ganlab_core.timeline import Timeline


@pytest.fixture
def film(qtbot: QtBot, tmp_path: Path) -> ExportFilmDialog:
    line = Timeline(duration=8.0)
    suggested = FilmJob(models=("a",), out=tmp_path / "film.mp4", timeline=line, codec="h264")
    dialog = ExportFilmDialog(suggested, 64, ("a", "b", "c", "d", "e"))
    qtbot.addWidget(dialog)
    return dialog


@pytest.fixture
def pictures(qtbot: QtBot, tmp_path: Path, can: Capabilities) -> ExportPicturesDialog:
    dialog = ExportPicturesDialog(tmp_path / "a", can, Recipe(), ("a",))
    qtbot.addWidget(dialog)
    return dialog


def choose(choice: object, value: object) -> None:
    choice.set_value(value)  # type: ignore[attr-defined]
    choice.edited.emit(value)  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", FILE_KINDS, ids=lambda kind: kind[0])
def test_every_kind_says_what_it_is_for_and_ends_as_it_should(
    film: ExportFilmDialog, kind: tuple[str, ...], tmp_path: Path
) -> None:
    choose(film.kind, kind[0])
    assert film.about.text() == kind[3]
    assert film.place.path == tmp_path / f"film{kind[2]}"
    assert film.quality.isEnabled() == (kind[0] in ("h264", "vp9", "webp"))
    choose(film.kind, "h264")
    assert film.place.path == tmp_path / "film.mp4"


def test_a_name_with_a_dot_is_kept(film: ExportFilmDialog, tmp_path: Path) -> None:
    film.place.line.setText(str(tmp_path / "take.2.mp4"))
    choose(film.kind, "gif")
    assert film.place.path == tmp_path / "take.2.gif"


def test_a_folder_that_is_not_there_is_told_before(film: ExportFilmDialog, tmp_path: Path) -> None:
    film.place.line.setText(str(tmp_path / "no" / "film.mp4"))
    assert not film.do.isEnabled()
    assert "does not exist" in film.summary.text()
    film.place.line.setText("")
    assert not film.do.isEnabled()


def test_a_fast_gif_is_warned_of_and_a_file_that_is_there(
    film: ExportFilmDialog, tmp_path: Path
) -> None:
    choose(film.kind, "gif")
    choose(film.fps, Fraction(60))
    assert "slow a GIF" in film.summary.text()
    (tmp_path / "film.gif").touch()
    film.caption.setText("x")
    choose(film.fps, Fraction(25))
    assert "replaced" in film.summary.text()


def test_a_picture_too_large_for_any_film_is_refused(film: ExportFilmDialog) -> None:
    choose(film.beside, "seeds")
    choose(film.sides, 4096)
    film.columns.setValue(5)
    assert not film.do.isEnabled()
    assert "16384" in film.summary.text()


def test_the_estimate_grows_with_all_that_costs(tmp_path: Path) -> None:
    film = FilmJob(models=("a",), out=tmp_path / "a.mp4", size=PictureSize(side=64))
    small = estimate(film, 100, 64)
    for larger in (
        replace(film, quality=100),
        replace(film, size=PictureSize(side=256)),
        replace(film, out=tmp_path / "a.mkv"),
    ):
        assert estimate(larger, 100, 64) > 1.2 * small
    assert estimate(film, 200, 64) > 1.9 * small
    assert estimate(film, 100, 64, 2) > 1.9 * small


def test_only_what_a_kind_needs_is_asked(pictures: ExportPicturesDialog, tmp_path: Path) -> None:
    assert not pictures.seeds.isVisibleTo(pictures)
    choose(pictures.kind, "compare")
    assert pictures.seeds.isVisibleTo(pictures)
    assert pictures.across.isVisibleTo(pictures)
    assert pictures.labels.isVisibleTo(pictures)
    choose(pictures.kind, "batch")
    assert pictures.place.path == tmp_path / "a"
    assert not pictures.labels.isVisibleTo(pictures)


def test_a_single_picture_can_be_as_large_as_print_wants_it(pictures: ExportPicturesDialog) -> None:
    choose(pictures.sides, 4096)
    assert pictures.job.size == PictureSize(side=4096, method="lanczos")
    choose(pictures.kind, "compare")
    assert max(side for side in pictures.sides._values if isinstance(side, int)) * 4 <= 16384


def test_seeds_or_models_stand_side_by_side(film: ExportFilmDialog) -> None:
    assert not film.seed.isVisibleTo(film)
    assert "1024 × 1024 px" in film.summary.text()
    choose(film.beside, "seeds")
    assert film.seed.isVisibleTo(film)
    assert (film.job.grid, film.job.models) == ((2, 2), ("a",))
    choose(film.beside, "models")
    assert (film.job.grid, film.job.models) == (None, ("a", "b", "c", "d", "e"))
    assert "1152 × 768 px" in film.summary.text()


def test_comparisons_offer_what_the_model_can_vary(pictures: ExportPicturesDialog) -> None:
    words = [pictures.across.itemText(i) for i in range(pictures.across.count())]
    assert words == ["truncation psi", "noise", "growth"]


def test_a_strip_wants_two_seeds(pictures: ExportPicturesDialog) -> None:
    choose(pictures.kind, "strip")
    assert pictures.do.isEnabled()
    pictures.seeds.setText("1,2,3")
    assert not pictures.do.isEnabled()
    pictures.seeds.setText("one")
    assert "not a seed or a range" in pictures.summary.text()


@pytest.mark.parametrize(
    ("size", "words"), [(512, "512 B"), (1500, "1.5 kB"), (23_400_000, "23 MB"), (2.2e9, "2.2 GB")]
)
def test_sizes_are_told_as_people_do(size: float, words: str) -> None:
    assert bytes_text(size) == words


def test_a_film_may_show_feature_maps(film: ExportFilmDialog) -> None:
    choose(film.beside, "maps")
    assert film.rows.isRowVisible(film.shown)
    film.shown.setText("16:0-3")
    assert film.job.show == "16:0-3"
    assert "feature maps as tiles" in film.summary.text()
    film.shown.setText("")
    assert "whose maps" in film.summary.text()
    choose(film.beside, "one")
    assert film.job.show is None
