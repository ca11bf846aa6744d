"""What is chosen in the export windows, as commands that the command line takes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from ganlab.engine.jobs import Order
from ganlab.film.export_controller import film_order, picture_order, time_words
from ganlab.film.export_dialogs import ACROSS, FILM_KINDS, FORMATS, FilmOrder, PictureOrder
from ganlab.film.export_dialogs import PICTURE_KINDS as PICTURES
from ganlab_core.cli.program import build_parser
from ganlab_core.export import ACROSS as CORE_ACROSS
from ganlab_core.export import CODECS, ENCODERS, codec_for
from ganlab_core.recipe import Recipe
from ganlab_core.timeline import Timeline

MODEL = Path("model.safetensors")


def parsed(order: Order, folder: Path):
    for name, text in order.files:
        (folder / name).write_text(text)
    words = [word.replace("{files}", str(folder)) for word in order.arguments]
    return build_parser().parse_args([*words, "--steered"])


def test_the_kinds_offered_are_those_of_the_core() -> None:
    assert {(kind[0], kind[2]) for kind in FILM_KINDS} == {
        (c.name, c.suffix) for c in CODECS.values()
    }
    assert {f".{name}" for name, _ in FORMATS} <= set(ENCODERS)
    assert {name for name, _ in ACROSS} == set(CORE_ACROSS)


@pytest.mark.parametrize("kind", FILM_KINDS, ids=lambda kind: kind[0])
def test_a_film_as_chosen(kind: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / f"film{kind[2]}"
    chosen = FilmOrder(kind[0], path, Fraction(30000, 1001), 60, 256, "nearest", 3, 2, 7,
                       caption="-{time}")  # fmt: skip
    found = parsed(film_order(chosen, Timeline(), MODEL), tmp_path)
    assert (found.codec, found.out, found.fps) == (kind[0], path, Fraction(30000, 1001))
    assert (found.quality, found.size, found.upscale) == (60, 256, "nearest")
    assert (found.grid, found.seeds) == ((3, 2), [7, 8, 9, 10, 11, 12])
    assert found.caption == "-{time}"
    assert Timeline.from_json(Path(found.timeline).read_text()) == Timeline()
    assert codec_for(found.codec, found.out.suffix).name == kind[0]


def test_a_plain_film_is_the_timeline_and_nothing_else(tmp_path: Path) -> None:
    chosen = FilmOrder("h264", tmp_path / "film.mp4", Fraction(30))
    found = parsed(film_order(chosen, Timeline(), MODEL), tmp_path)
    assert (found.grid, found.seeds, found.size, found.caption) == (None, None, None, "")


def test_a_film_of_several_models_is_ordered_of_all(tmp_path: Path) -> None:
    chosen = FilmOrder("h264", tmp_path / "film.mp4", Fraction(30), models=True)
    others = [MODEL, Path("b.safetensors"), *(Path(f"{n}.safetensors") for n in range(20))]
    found = parsed(film_order(chosen, Timeline(), MODEL, others), tmp_path)
    assert found.models[:2] == [str(MODEL), "b.safetensors"]
    assert len(found.models) == 8
    assert (found.grid, found.seeds) == (None, None)


@pytest.mark.parametrize("kind", [kind[0] for kind in PICTURES])
def test_pictures_as_chosen(kind: str, tmp_path: Path) -> None:
    chosen = PictureOrder(kind, tmp_path / "a.png", seeds="3,8", side=64, labels=False)
    order = picture_order(chosen, Recipe(psi=0.3), MODEL)
    found = parsed(order, tmp_path)
    assert Recipe.from_json(Path(found.recipe).read_text()) == Recipe(psi=0.3)
    assert found.seeds == (None if kind == "one" else [3, 8])
    if kind in ("contact", "compare", "strip"):
        assert (found.size, found.no_labels, found.kind) == (64, True, kind)


def test_models_are_compared_with_those_of_the_library(tmp_path: Path) -> None:
    chosen = PictureOrder("compare", tmp_path / "a.png", seeds="0-3", across="models")
    others = [MODEL, *(Path(f"{n}.safetensors") for n in range(20))]
    found = parsed(picture_order(chosen, Recipe(), MODEL, others), tmp_path)
    assert found.models[0] == str(MODEL)
    assert len(found.models) == len(set(found.models)) == 8


@pytest.mark.parametrize(("seconds", "words"), [(4.2, "4 s"), (150, "2 min"), (7500, "2 h 5 min")])
def test_times_are_told_as_people_do(seconds: float, words: str) -> None:
    assert time_words(seconds) == words
