"""Films by the real ffmpeg: every frame, its time, what they carry, and how they fail."""

from __future__ import annotations

import contextlib
import importlib
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.errors import ExportError
from ganlab_core.export import (
    CODECS,
    FilmCell,
    FilmLook,
    FilmProgress,
    codec_for,
    filmed,
    of_pictures,
    read_png,
    run_sheets,
    timeline_from_film,
    write_film,
)
from ganlab_core.export.encoder import ffmpeg_path
from ganlab_core.export.film import frame_path
from ganlab_core.files.atomic import sweep
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.timeline import Keyframe, Timeline
from tests.films import MakeCell, decoded, psnr

VIDEOS = [name for name, codec in CODECS.items() if codec.suffix]
RATES = [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(60)]


def write(
    path: Path, *cells: FilmCell, look: FilmLook = FilmLook(), quality: int = 80
) -> FilmProgress:
    """The last step of a film written."""
    steps = list(write_film(path, filmed(cells, look), codec_for(None, path.suffix), quality))
    assert steps[-1].finished
    return steps[-1]


def film_of(folder: Path, name: str) -> Path:
    return folder / f"film{CODECS[name].suffix}"


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def times(path: Path) -> tuple[list[float], float]:
    """When each frame of a film is shown and how long all take, in seconds."""
    if path.suffix == ".webp":
        with Image.open(path) as image:
            lengths = []
            for frame in range(image.n_frames):  # type: ignore[attr-defined]
                image.seek(frame)
                image.load()
                lengths.append(image.info["duration"] / 1000)
        return [sum(lengths[:k]) for k in range(len(lengths))], sum(lengths)
    done = subprocess.run(
        [ffmpeg_path(), "-v", "error", "-i", path, "-c", "copy", "-f", "framecrc", "pipe:1"],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    tick = Fraction(next(line.split()[-1] for line in lines if line.startswith("#tb")))
    shown = sorted(
        (int(line.split(",")[2]), int(line.split(",")[3])) for line in lines if line[0] != "#"
    )
    start = shown[0][0]
    last, length = shown[-1]
    return [float((pts - start) * tick) for pts, _ in shown], float((last + length - start) * tick)


@pytest.mark.parametrize("fps", RATES, ids=str)
@pytest.mark.parametrize("name", VIDEOS)
def test_a_film_has_exactly_its_frames_at_exactly_their_times(
    tmp_path: Path, cell: MakeCell, walk: Timeline, name: str, fps: Fraction
) -> None:
    path = film_of(tmp_path, name)
    timeline = replace(walk, fps=fps, duration=0.4)
    write(path, cell(timeline))
    shown, length = times(path)
    coarse = {"gif": 0.0101, "webp": 0.00101, "vp9": 0.00101, "ffv1": 0.00101}.get(name, 1e-9)
    assert len(shown) == timeline.frame_count == len(decoded(path, 16, 16))
    assert shown == pytest.approx([float(k / fps) for k in range(len(shown))], abs=coarse)
    assert length == pytest.approx(float(timeline.frame_count / fps), abs=2 * coarse)


@pytest.mark.parametrize("name", VIDEOS)
def test_a_picture_that_stands_still_has_its_frames_too(
    tmp_path: Path, cell: MakeCell, name: str
) -> None:
    path = film_of(tmp_path, name)
    write(path, cell(Timeline((Keyframe(0.0),), 0.4)))
    assert len(times(path)[0]) == 12


def test_a_frame_of_a_sequence_is_the_picture_of_its_recipe(
    tmp_path: Path, cell: MakeCell, renderer: Renderer, walk: Timeline
) -> None:
    timeline = replace(walk, fps=Fraction(30000, 1001), noise="loop")
    write(tmp_path / "film", cell(timeline))
    for frame in range(timeline.frame_count):
        recipe = timeline.recipe_at(frame / timeline.fps)
        path = frame_path(tmp_path / "film", frame)
        np.testing.assert_array_equal(pixels(path), renderer.render(recipe).pixels)
        assert read_png(path).recipe == recipe


def test_ffv1_keeps_every_pixel_even_of_odd_sides(
    tmp_path: Path, cell: MakeCell, renderer: Renderer, walk: Timeline
) -> None:
    write(tmp_path / "film.mkv", cell(walk))
    frames = decoded(tmp_path / "film.mkv", 16, 16)
    for frame in range(walk.frame_count):
        np.testing.assert_array_equal(
            frames[frame], renderer.render(walk.frame_recipe(frame)).pixels
        )
    write(tmp_path / "odd.mkv", cell(walk), look=FilmLook(side=17, method="nearest"))
    assert decoded(tmp_path / "odd.mkv", 17, 17).shape[0] == walk.frame_count


@pytest.mark.parametrize(
    ("name", "floor"),
    [("h264", 30.0), ("vp9", 30.0), ("webp", 28.0), ("prores", 33.0), ("gif", 21.0)],
)
def test_lossy_films_stay_near_the_picture(
    tmp_path: Path, cell: MakeCell, walk: Timeline, name: str, floor: float
) -> None:
    footage = filmed([cell(walk)], FilmLook(side=192, method="lanczos"))
    path = film_of(tmp_path, name)
    write(path, cell(walk), look=footage.look)
    frames = decoded(path, 192, 192)
    drawn = np.stack([footage.picture(k) for k in range(footage.count)])
    assert min(psnr(a, b) for a, b in zip(frames, drawn, strict=True)) > floor
    tint = (frames.astype(float) - drawn).mean((0, 1, 2))
    assert np.abs(tint).max() < (4.0 if name == "gif" else 0.7), (
        "the colours are those of another matrix or range"
    )


@pytest.mark.parametrize("name", VIDEOS)
def test_odd_sides_work_by_one_more_row_where_they_must(
    tmp_path: Path, cell: MakeCell, walk: Timeline, name: str
) -> None:
    path = film_of(tmp_path, name)
    write(path, cell(walk), look=FilmLook(side=33, method="nearest"))
    side = 34 if CODECS[name].even else 33
    frames = decoded(path, side, side)
    assert len(frames) == walk.frame_count
    if CODECS[name].even:
        assert psnr(frames[0][33], frames[0][32]) > 25.0


def test_quality_decides_the_size(tmp_path: Path, cell: MakeCell, walk: Timeline) -> None:
    look = FilmLook(side=64, method="nearest")
    sizes = [
        write(tmp_path / f"{quality}{suffix}", cell(walk), look=look, quality=quality).bytes_written
        for suffix in (".mp4", ".webm", ".webp")
        for quality in (10, 95)
    ]
    assert all(rough < fine for rough, fine in zip(sizes[::2], sizes[1::2], strict=True))


@pytest.mark.parametrize("name", CODECS)
def test_twice_gives_the_same_bytes(
    tmp_path: Path, cell: MakeCell, walk: Timeline, name: str
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write(film_of(tmp_path / folder, name), cell(walk))
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*"))
    assert files
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize("name", CODECS)
def test_a_film_carries_its_timeline(
    tmp_path: Path, cell: MakeCell, walk: Timeline, name: str
) -> None:
    path = film_of(tmp_path, name)
    marked = replace(walk, extra='{"name": "a=b;c#d\\\\e\\nf"}')
    vector = Recipe(Latent(0, tuple(k / 7 for k in range(16))), psi=0.3)
    heavy = marked.with_keyframe(Keyframe(0.4, vector))
    write(path, cell(heavy))
    assert timeline_from_film(path) == heavy


def test_even_a_timeline_of_a_megabyte_is_carried(
    tmp_path: Path, cell: MakeCell, walk: Timeline
) -> None:
    large = replace(
        walk, duration=0.1, keyframes=walk.keyframes[:1], extra=f'{{"x": "{"y" * 10**6}"}}'
    )
    for name in ("h264", "vp9", "ffv1", "prores"):
        write(film_of(tmp_path, name), cell(large))
        assert timeline_from_film(film_of(tmp_path, name)) == large


def test_a_film_says_that_it_is_srgb(tmp_path: Path, cell: MakeCell, walk: Timeline) -> None:
    for name in ("h264", "vp9", "prores"):
        path = film_of(tmp_path, name)
        write(path, cell(walk))
        told = subprocess.run(
            [ffmpeg_path(), "-i", path], capture_output=True, text=True, check=False
        )
        assert "bt709" in told.stderr
    assert "bt709/bt709/iec61966-2-1" in subprocess.run(
        [ffmpeg_path(), "-i", film_of(tmp_path, "h264")], capture_output=True, text=True, check=False
    ).stderr  # fmt: skip


def test_a_loops_seam_is_no_larger_than_its_neighbours(
    tmp_path: Path, cell: MakeCell, walk: Timeline
) -> None:
    looping = replace(
        walk,
        duration=1.0,
        noise="loop",
        keyframes=tuple(
            Keyframe(k / 4, Recipe(Latent(seed)), "spline") for k, seed in enumerate((1, 2, 3, 4))
        ),
    )
    write(tmp_path / "film.mkv", cell(looping))
    frames = decoded(tmp_path / "film.mkv", 16, 16).astype(float)
    steps = [
        np.abs(frames[k] - frames[k - 1]).mean() for k in range(len(frames))
    ]  # the first: the seam
    assert steps[0] <= 1.2 * max(steps[-3:] + steps[1:4])


def test_several_cells_stand_side_by_side(
    tmp_path: Path, cell: MakeCell, renderer: Renderer, walk: Timeline
) -> None:
    cells = [cell(walk.with_latents((Latent(seed),))) for seed in range(5)]
    footage = filmed(cells, FilmLook(columns=3, gap=2))
    frame = footage.picture(0)
    assert frame.shape == (16 * 2 + 2, 16 * 3 + 4, 3)
    np.testing.assert_array_equal(frame[18:, 18:34], renderer.render(Recipe(Latent(4))).pixels)
    write(tmp_path / "film.mp4", *cells, look=footage.look)
    assert len(decoded(tmp_path / "film.mp4", 52, 34)) == walk.frame_count


def test_a_caption_stands_below_the_picture(cell: MakeCell, walk: Timeline) -> None:
    plain = filmed([cell(walk)], FilmLook(side=128))
    worded = filmed([cell(walk)], FilmLook(side=128, caption="{model} {time} psi {psi} {frame}"))
    assert worded.picture(3).shape[0] > 128
    np.testing.assert_array_equal(worded.picture(3)[:128], plain.picture(3))
    assert not np.array_equal(worded.picture(3)[128:], worded.picture(4)[128:])


def test_progress_counts_up_to_the_whole(tmp_path: Path, cell: MakeCell, walk: Timeline) -> None:
    long = replace(walk, duration=2.0)
    path = tmp_path / "film.mp4"
    steps = list(write_film(path, filmed([cell(long)]), CODECS["h264"]))
    drawn = [step.frame for step in steps]
    assert drawn == sorted(drawn)
    assert [step.frame for step in steps if not step.finished][:60] == list(range(1, 61))
    assert all(step.seconds_left is not None and step.seconds_left >= 0.0 for step in steps)
    assert steps[-1] == FilmProgress(60, 60, 0.0, path.stat().st_size, path.stat().st_size, True)
    assert not any(step.finished for step in steps[:-1])


# --- going wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VIDEOS)
@pytest.mark.parametrize("steps", [0, 1, 7])
def test_a_cancelled_film_leaves_nothing(
    tmp_path: Path, cell: MakeCell, walk: Timeline, name: str, steps: int
) -> None:
    path = film_of(tmp_path, name)
    path.write_bytes(b"the old film")
    job = write_film(path, filmed([cell(walk)]), CODECS[name])
    for _ in range(steps):
        next(job)
    job.close()  # type: ignore[attr-defined]
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == b"the old film"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ffmpeg")]


def test_a_gif_can_be_given_up_while_it_is_painted(
    tmp_path: Path, cell: MakeCell, walk: Timeline
) -> None:
    """Its second pass begins when all frames are drawn."""
    job = write_film(tmp_path / "film.gif", filmed([cell(walk)]), CODECS["gif"])
    step = next(step for step in job if step.seconds_left is None)
    assert step.frame == walk.frame_count
    job.close()  # type: ignore[attr-defined]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", CODECS)
def test_a_folder_removed_meanwhile_is_told_in_a_sentence(
    tmp_path: Path, cell: MakeCell, walk: Timeline, name: str
) -> None:
    (tmp_path / "out").mkdir()
    job = write_film(film_of(tmp_path / "out", name), filmed([cell(walk)]), CODECS[name])
    next(job)
    (tmp_path / "out").rename(tmp_path / "elsewhere")
    with pytest.raises(ExportError, match=r"folder .* was removed"):
        list(job)
    assert [path.name for path in tmp_path.iterdir()] == ["elsewhere"]


def test_a_rendering_that_fails_leaves_nothing(
    tmp_path: Path, cell: MakeCell, walk: Timeline
) -> None:
    broken = replace(
        cell(walk), render=lambda recipe: cell(walk).render(Recipe(Latent(vector=(1.0,))))
    )
    with pytest.raises(Exception, match="numbers"):
        write(tmp_path / "film.mp4", broken)
    assert not list(tmp_path.iterdir())


def test_an_ffmpeg_that_is_killed_is_told_in_a_sentence(
    tmp_path: Path, cell: MakeCell, walk: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = importlib.import_module("ganlab_core.export.encoder")
    started: list[subprocess.Popen[bytes]] = []
    real = encoder._started

    def watched(arguments: list[str]) -> subprocess.Popen[bytes]:
        started.append(real(arguments))
        return started[-1]

    monkeypatch.setattr(encoder, "_started", watched)
    job = write_film(
        tmp_path / "film.mp4", filmed([cell(replace(walk, duration=9.0))]), CODECS["h264"]
    )
    next(job)
    started[0].kill()
    with pytest.raises(ExportError, match="ended by signal 9"):
        list(job)
    assert not list(tmp_path.iterdir())


@contextlib.contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("name", CODECS)
def test_a_full_disk_is_told_in_a_sentence_and_leaves_nothing(
    tmp_path: Path, cell: MakeCell, walk: Timeline, name: str
) -> None:
    noisy = replace(walk, noise="fresh")
    path = film_of(tmp_path, name)
    with no_file_larger_than(600), pytest.raises(ExportError) as caught:
        write(path, cell(noisy))
    assert "failed: " in caught.value.what or "cannot be used" in caught.value.what
    assert caught.value.what.count(".") <= 4
    assert "room" in caught.value.remedy
    assert ".part" not in caught.value.what
    assert not [found for found in tmp_path.iterdir() if found.is_file()]
    assert name == "png" or not list(tmp_path.iterdir())


DIES = """
import os, signal, sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from ganlab_core.export.encoder import CODECS
from ganlab_core.export.film import write_film
from ganlab_core.export.footage import of_pictures

footage = of_pictures([Path(sys.argv[1])] * 400, Fraction(30))

def picture(frame):
    if frame == 200:
        os.kill(os.getpid(), signal.SIGKILL)
    return footage.picture(frame)

list(write_film(Path(sys.argv[2]), replace(footage, picture=picture), CODECS[sys.argv[3]]))
"""


@pytest.mark.parametrize("name", ["h264", "gif"])
def test_what_a_killed_export_leaves_goes_with_the_next_film_in_that_folder(
    tmp_path: Path, name: str
) -> None:
    picture = tmp_path / "picture.png"
    Image.new("RGB", (64, 64), "red").save(picture)
    (tmp_path / "out").mkdir()
    path = film_of(tmp_path / "out", name)
    command = [sys.executable, "-c", DIES, str(picture), str(path), name]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert len(list((tmp_path / "out").iterdir())) == 2
    other = tmp_path / "out" / "other.mkv"
    list(write_film(other, of_pictures([picture], Fraction(30)), CODECS["ffv1"]))
    # the ffmpeg that the killed process left may have made a file since; a later start takes that
    while list((tmp_path / "out").iterdir()) != [other]:
        sweep(tmp_path / "out")


@pytest.mark.parametrize("name", CODECS)
def test_a_missing_folder_is_told_in_a_sentence(
    tmp_path: Path, cell: MakeCell, walk: Timeline, name: str
) -> None:
    with pytest.raises(ExportError, match="does not exist"):
        write(film_of(tmp_path / "nowhere", name), cell(walk))
    assert not list(tmp_path.iterdir())


def test_without_ffmpeg_a_sentence_says_so_and_a_sequence_still_works(
    tmp_path: Path, cell: MakeCell, walk: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    import imageio_ffmpeg

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: str(tmp_path / "no-ffmpeg"))
    with pytest.raises(ExportError, match="ffmpeg, which writes films, was not found"):
        write(tmp_path / "film.mp4", cell(walk))
    assert not list(tmp_path.iterdir())
    write(tmp_path / "film", cell(walk))


# --- sequences -----------------------------------------------------------------------------------


def test_a_sequence_is_taken_up_where_it_was_left(
    tmp_path: Path, cell: MakeCell, walk: Timeline
) -> None:
    asked: list[Recipe] = []
    watched = replace(cell(walk), render=lambda r: (asked.append(r), cell(walk).render(r))[1])
    job = write_film(tmp_path / "film", filmed([watched]), CODECS["png"])
    for _ in range(5):
        next(job)
    job.close()  # type: ignore[attr-defined]
    broken = frame_path(tmp_path / "film", 2)
    broken.write_bytes(broken.read_bytes()[:40])
    asked.clear()
    write(tmp_path / "film", watched)
    expected = [walk.frame_recipe(k) for k in (2, *range(5, walk.frame_count))]
    assert asked == expected
    assert len(list((tmp_path / "film").glob("*.png"))) == walk.frame_count


def test_another_films_folder_is_refused(tmp_path: Path, cell: MakeCell, walk: Timeline) -> None:
    write(tmp_path / "film", cell(walk))
    with pytest.raises(ExportError, match="another film"):
        write(tmp_path / "film", cell(replace(walk, loop=False)))
    (tmp_path / "film" / "film.json").unlink()
    with pytest.raises(ExportError, match="another film"):
        write(tmp_path / "film", cell(walk))


# --- time-lapses, names, reading -----------------------------------------------------------------


def test_a_run_becomes_a_time_lapse_of_its_sheets(tmp_path: Path) -> None:
    sheets = tmp_path / "run" / "sheets"
    sheets.mkdir(parents=True)
    for images in (0, 1000, 20000):
        Image.new("RGB", (20, 10), (images // 100, 0, 0)).save(sheets / f"{images:09d}.png")
    (sheets / ".000000099.png.part").write_bytes(b"")
    footage = of_pictures(run_sheets(tmp_path / "run"), Fraction(10))
    assert list(write_film(tmp_path / "film.mkv", footage, CODECS["ffv1"]))[-1].finished
    assert [int(frame[0, 0, 0]) for frame in decoded(tmp_path / "film.mkv", 20, 10)] == [0, 10, 200]
    with pytest.raises(ExportError, match="no run"):
        run_sheets(tmp_path)


@pytest.mark.parametrize(
    ("name", "suffix"),
    [(None, ".avi"), ("h264", ".webm"), ("h265", ".mp4"), ("png", ".mp4"), ("gif", "")],
)
def test_a_wrong_kind_is_refused_in_a_sentence(name: str | None, suffix: str) -> None:
    with pytest.raises(ExportError):
        codec_for(name, suffix)


def test_a_fast_gif_comes_with_a_note() -> None:
    assert CODECS["gif"].note(Fraction(50)) == ""
    assert "slow" in CODECS["gif"].note(Fraction(60))


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"GIF89a", b"\x1aE\xdf\xa3", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"],
)
@pytest.mark.parametrize("suffix", [".mp4", ".gif", ".json"])
def test_a_file_without_a_timeline_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes, suffix: str
) -> None:
    path = tmp_path / f"film{suffix}"
    path.write_bytes(content)
    with pytest.raises(Exception, match=r"Timeline") as caught:
        timeline_from_film(path)
    assert caught.type.__name__ in ("ExportError", "TimelineError")


def test_reading_what_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no file"):
        timeline_from_film(tmp_path / "film.mp4")
    with pytest.raises(ExportError, match="no ganlab Timeline"):
        timeline_from_film(tmp_path)
