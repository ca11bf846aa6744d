"""Export jobs: equal after a trip through JSON, checked where made, refused in a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganlab_core.errors import ExportError, GanlabError
from ganlab_core.export import (
    CODECS,
    FILM_KINDS,
    ExportJob,
    FilmJob,
    FilmPlan,
    Machine,
    PictureSize,
    RecipeChanges,
    SheetJob,
    StartRecipe,
    StillJob,
    job_from_json,
    job_to_json,
    read_job,
    write_job,
)
from ganlab_core.recipe import COUNTED_NOISE, TORCH_NOISE, Latent, Noise, Recipe
from ganlab_core.timeline import Keyframe, Timeline

SEEDS = st.lists(st.integers(0, 2**32 - 1), max_size=5).map(tuple)
NAMES = st.text("abcäß -_/.%{}'\"", min_size=1, max_size=12)
RECIPES = st.builds(
    Recipe,
    latent=st.builds(Latent, st.integers(0, 2**32 - 1)),
    psi=st.floats(-10, 10),
    noise=st.builds(Noise, st.sampled_from(("stored", "random", "off"))),
    extra=st.sampled_from(("{}", '{"newer": 1}')),
)
CHANGES = st.builds(
    RecipeChanges,
    classes=st.none() | NAMES,
    psi=st.none() | st.floats(-10, 10),
    cutoff=st.none() | st.integers(0, 18),
    growth=st.none() | st.floats(2, 10),
    noise=st.none() | st.sampled_from(("stored", "random", "off")),
    noise_seed=st.none() | st.integers(0, 2**32 - 1),
)
STARTS = st.builds(
    StartRecipe, recipe=st.none() | RECIPES, fingerprint=NAMES, changes=CHANGES,
    noise_generator=st.sampled_from((TORCH_NOISE, COUNTED_NOISE)),
)  # fmt: skip
COMMON = {
    "start": STARTS,
    "size": st.builds(
        PictureSize,
        side=st.none() | st.integers(1, 16384),
        method=st.sampled_from(("nearest", "lanczos")),
    ),
    "machine": st.builds(Machine, device=NAMES, precision=st.sampled_from(("fp32", "bf16"))),
    "quality": st.integers(0, 100),
}
PLANS = st.builds(
    FilmPlan,
    kind=st.sampled_from([kind for kind in FILM_KINDS if kind != "timelapse"]),
    tour=SEEDS,
    radius=st.none() | st.floats(0.1, 10),
    seconds=st.none() | st.floats(0.1, 100),
    fps=st.none() | st.fractions(1, 240, max_denominator=1001),
    loop=st.booleans(),
    noise=st.none() | st.sampled_from(("frozen", "fresh", "loop")),
)
TIMELINES = st.builds(
    lambda recipes, loop: Timeline(
        tuple(Keyframe(float(at), recipe) for at, recipe in enumerate(recipes)), 9.0, loop=loop
    ),
    st.lists(RECIPES, min_size=1, max_size=4),
    st.booleans(),
)
STILLS = st.builds(StillJob, model=NAMES, out=st.just(Path("out/pictures")), seeds=SEEDS, **COMMON)
SHEETS = st.builds(
    SheetJob, models=st.tuples(NAMES), out=st.just(Path("ä.tif")), labels=st.booleans(),
    across=st.just("psi"), kind=st.just("compare"), values=st.just(("0", "1.5")), **COMMON,
)  # fmt: skip
FILMS = st.builds(
    FilmJob, models=st.lists(NAMES, min_size=1, max_size=3).map(tuple), out=st.just(Path("a/b.mkv")),
    timeline=st.none() | TIMELINES, plan=PLANS, seeds=SEEDS,
    caption=st.text(max_size=9).filter(str.isprintable), gap=st.integers(0, 256), **COMMON,
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(STILLS | SHEETS | FILMS)
def test_a_job_is_the_same_after_a_trip_through_json(job: ExportJob) -> None:
    text = job_to_json(job)
    again = job_from_json(text)
    assert again == job
    assert type(again) is type(job)
    assert job_to_json(again) == text


def film(**more: object) -> FilmJob:
    known: dict[str, object] = {"models": ("tiny",), "out": Path("film.mkv")}
    return FilmJob(**{**known, **more})  # type: ignore[arg-type]


def test_unknown_fields_of_a_recipe_and_a_timeline_survive() -> None:
    line = Timeline((Keyframe(0.0, Recipe(extra='{"newer": 1}')),), extra='{"newest": 2}')
    found = job_from_json(job_to_json(film(timeline=line)))
    assert isinstance(found, FilmJob)
    assert found.timeline == line


def test_every_field_is_written_so_that_a_job_outlives_defaults() -> None:
    written = json.loads(job_to_json(film()))
    assert set(written) == {"ganlab_job", *FilmJob.__struct_fields__}
    assert set(written["plan"]) == set(FilmPlan.__struct_fields__)


def with_field(name: str, value: object) -> str:
    data = json.loads(job_to_json(film()))
    *parts, last = name.split(".")
    place = data
    for part in parts:
        place = place[part]
    place[last] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("scent", "loud", "has a field 'scent' that this ganlab does not know"),
        ("plan.tempo", 3, "has a field 'tempo' in its 'plan'"),
        ("start.changes.hue", 3, "has a field 'hue' in its 'start.changes'"),
        ("ganlab_job", "poster", "wrong at 'ganlab_job'"),
        ("version", 2, "saved by a newer ganlab"),
        ("version", 0, "version is 0"),
        ("version", "1", "wrong at 'version'"),
        ("models", [], "From 1 to 64 models"),
        ("models", "tiny", "wrong at 'models'"),
        ("models", [3], "wrong at 'models[0]'"),
        ("out", "film.avi", "no kind of film"),
        ("out", "", "wrong at 'out'"),
        ("out", "a\0b.mp4", "wrong at 'out'"),
        ("out", 5, "wrong at 'out'"),
        ("quality", 101, "quality is from 0 to 100"),
        ("quality", 8.5, "wrong at 'quality'"),
        ("seeds", [-1], "Seeds go from 0"),
        ("seeds", [2**40], "Seeds go from 0"),
        ("seeds", [[]], "wrong at 'seeds[0]'"),
        ("grid", [0, 1], "grid has from 1x1"),
        ("grid", [1, 2, 3], "wrong at 'grid'"),
        ("grid", [99, 99], "grid has from 1x1"),
        ("gap", -1, "a gap at most 256"),
        ("codec", "gif", "ends in .gif"),
        ("plan.fps", 1e9, "frames a second"),
        ("plan.fps", [], "frames a second"),
        ("plan.seconds", 0, "length in seconds"),
        ("plan.seconds", 80_000, "at most 1000000 frames"),
        ("plan.kind", "dance", "kind of film is one of"),
        ("plan.easing", "bouncy", "easing"),
        ("plan.radius", 0, "radius"),
        ("plan.tour", [-4], "Classes are numbered"),
        ("start.changes.psi", 11, "psi"),
        ("start.changes.noise", "loud", "Noise is one of"),
        ("start.recipe", {}, "not a ganlab Recipe"),
        ("start.recipe", [], "Recipe"),
        ("timeline", {"ganlab_timeline": 99}, "newer ganlab"),
        ("timeline", 3, "Timeline"),
        ("size.side", 99_999, "pixels"),
        ("size.method", "magic", "resized by"),
        ("machine.precision", "fp8", "precision is one of"),
    ],
)  # fmt: skip
def test_a_wrong_job_is_refused_in_a_sentence(name: str, value: object, words: str) -> None:
    text = with_field(name, value)
    with pytest.raises(GanlabError) as caught:
        job_from_json(text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 99, b"[" * 99_999, b"{}", b"[]", b"3", b'{"ganlab_job": null}', b"\xff\xfe{}",
     b'{"ganlab_job": "film"}', b'{"ganlab_job": {"a": 1}}', b'{"ganlab_job": "film", "version": 1e999}',
     Recipe().to_json().encode(), Timeline().to_json().encode()],
)  # fmt: skip
def test_what_is_no_job_is_refused_in_a_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "job.json"
    path.write_bytes(data)
    with pytest.raises(GanlabError) as caught:
        read_job(path)
    assert "\n" not in str(caught.value)


def test_places_that_cannot_be_read_or_written_are_told(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"No such file|cannot find"):
        read_job(tmp_path / "nothing.json")
    with pytest.raises(ExportError, match="Reading the export job failed"):
        read_job(tmp_path)
    with pytest.raises(ExportError, match=r"Writing job\.json failed"):
        write_job(tmp_path / "gone" / "job.json", film())
    write_job(tmp_path / "job.json", film())
    assert read_job(tmp_path / "job.json") == film()
    assert [path.name for path in tmp_path.iterdir()] == ["job.json"]


REFUSED: dict[str, Callable[[], ExportJob]] = {
    "nowhere": lambda: StillJob(model="a"),
    "both": lambda: StillJob(model="a", out=Path("b"), seeds=(1,), latents=Path("z.npy")),
    "raw": lambda: StillJob(model="a", raw=Path("b.txt")),
    "ending": lambda: StillJob(model="a", out=Path("b.png"), format="tif"),
    "several": lambda: StillJob(model="a", out=Path("b.png"), seeds=(1, 2)),
    "strip": lambda: SheetJob(models=("a",), out=Path("b.png"), kind="strip", seeds=(1, 2, 3)),
    "across": lambda: SheetJob(models=("a",), out=Path("b.png"), kind="compare"),
    "values": lambda: SheetJob(models=("a",), out=Path("b.png"), values=("1",)),
    "models": lambda: SheetJob(models=("a", "b"), out=Path("b.png")),
    "grid": lambda: film(timeline=Timeline(), grid=(2, 1)),
    "places": lambda: film(models=("a", "b"), grid=(3, 1)),
    "lapse": lambda: film(plan=FilmPlan(kind="timelapse"), timeline=Timeline()),
}


@pytest.mark.parametrize("made", REFUSED.values(), ids=REFUSED)
def test_what_does_not_go_together_is_refused_where_it_is_made(
    made: Callable[[], ExportJob],
) -> None:
    with pytest.raises(ExportError):
        made()


def test_a_plan_is_laid_over_the_jobs_own_timeline() -> None:
    line = Timeline((Keyframe(0.0), Keyframe(1.0, Recipe(psi=0.2))), 2.0)
    plan = FilmPlan(seconds=0.5, fps=Fraction(24), loop=True, noise="loop")
    start = StartRecipe(changes=RecipeChanges(psi=0.9))
    found = film(timeline=line, plan=plan, start=start).changed(line)
    assert (found.duration, found.fps, found.loop, found.noise) == (0.5, 24, True, "loop")
    assert {key.recipe.psi for key in found.keyframes} == {0.9}
    assert film(timeline=line).changed(line) == line


def test_a_job_of_before_draws_the_noise_of_before() -> None:
    """It names no generator; the Recipe, the changes and the film that it makes have the first."""
    changes = RecipeChanges(noise_seed=7)
    line = Timeline((Keyframe(0.0), Keyframe(1.0, Recipe(psi=0.2))), 2.0)
    plan, start = FilmPlan(noise="loop"), StartRecipe(changes=changes)
    job = film(timeline=line, plan=plan, start=start)
    data = json.loads(job_to_json(job))
    assert data["start"].pop("noise_generator") == COUNTED_NOISE
    old = job_from_json(json.dumps(data))
    assert isinstance(old, FilmJob)
    for one, generator in ((job, COUNTED_NOISE), (old, TORCH_NOISE)):
        changed = one.changed(line)
        assert changed.noise_generator == generator
        assert changed.keyframes[0].recipe.noise == Noise("random", 7, generator=generator)
        assert one.start.applied(Recipe()).noise.generator == generator
        kept = Recipe(noise=Noise("random", 3, generator=TORCH_NOISE))
        assert one.start.applied(kept).noise == Noise("random", 7, generator=TORCH_NOISE)
    del data["start"]
    bare = job_from_json(json.dumps(data))
    assert bare.start == StartRecipe(noise_generator=TORCH_NOISE)
    assert job_from_json(job_to_json(old)) == old


def test_a_generator_of_no_kind_is_refused() -> None:
    with pytest.raises(GanlabError, match="generator"):
        job_from_json(with_field("start.noise_generator", 3))


def test_every_codec_makes_a_job() -> None:
    for codec in CODECS.values():
        made = film(out=Path(f"film{codec.suffix}"), codec=codec.name)
        assert made.kind_of_film is codec
        assert replace(made.look, gap=3) != made.look
