"""Exports that go wrong in the window's list: a sentence each, no half file, and the list goes on."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ganlab.engine.jobs import KILLED, OVER, Job, Jobs
from ganlab.film.film_room import shown
from ganlab_core.export import CODECS, FilmJob, PictureSize
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.timeline import Keyframe, Timeline
from tests.every_model import saved
from tests.films import decoded

LONG = 90_000
"""Milliseconds; a process begins by loading torch."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills by signal")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny StyleGAN's file."""
    return saved("stylegan", tmp_path_factory.mktemp("models")).info.path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where exports go."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[Jobs]:
    """The list, emptied at the end."""
    jobs = Jobs()
    yield jobs
    jobs.stop()


def film(seconds: float) -> Timeline:
    keys = (Keyframe(0.0, Recipe(Latent(1))), Keyframe(0.1, Recipe(Latent(2))))
    return Timeline(keys, seconds, loop=True, noise="fresh")


def start(jobs: Jobs, model: Path, path: Path, codec: str, seconds: float) -> Job:
    size = PictureSize(side=64)
    return jobs.add(
        FilmJob(models=(str(model),), out=path, timeline=film(seconds), codec=codec, size=size)
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def check_that_the_next_one_works(jobs: Jobs, model: Path, folder: Path, qtbot: QtBot) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / "next.mkv"
    job = start(jobs, model, path, "ffv1", 0.2)
    qtbot.waitUntil(lambda: job.state in OVER, timeout=LONG)
    assert (job.state, job.error) == ("done", "")
    assert len(decoded(path, 64, 64)) == 6


@pytest.mark.parametrize("codec", ["h264", pytest.param("gif", marks=pytest.mark.long)])
def test_a_killed_export_is_told_and_leaves_nothing(
    jobs: Jobs, model: Path, out: Path, qtbot: QtBot, codec: str
) -> None:
    (out / f"film{CODECS[codec].suffix}").write_bytes(b"the old film")
    old = names(out)
    job = start(jobs, model, out / old[0], codec, 600.0)
    qtbot.waitUntil(lambda: job.progress.done >= 2, timeout=LONG)
    assert names(out) != old
    assert jobs._process is not None
    os.kill(jobs._process.processId(), signal.SIGKILL)
    qtbot.waitUntil(lambda: job.state == "failed", timeout=LONG)
    assert job.error == KILLED
    assert names(out) == old
    assert (out / old[0]).read_bytes() == b"the old film"
    check_that_the_next_one_works(jobs, model, out, qtbot)


@pytest.mark.long
def test_a_folder_removed_meanwhile_is_told(
    jobs: Jobs, model: Path, out: Path, qtbot: QtBot
) -> None:
    job = start(jobs, model, out / "film.mp4", "h264", 20.0)
    qtbot.waitUntil(lambda: job.progress.done >= 1, timeout=LONG)
    jobs.pause(job)
    shutil.rmtree(out)
    jobs.go_on(job)
    qtbot.waitUntil(lambda: job.state in OVER, timeout=LONG)
    assert job.error == (
        f"The folder {out} was removed while film.mp4 was being written. Choose another folder."
    )
    assert not out.exists()
    check_that_the_next_one_works(jobs, model, out, qtbot)


def test_a_missing_ffmpeg_is_told(
    jobs: Jobs, model: Path, out: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("IMAGEIO_FFMPEG_EXE", str(out / "no-ffmpeg"))
        job = start(jobs, model, out / "film.mp4", "h264", 1.0)
        qtbot.waitUntil(lambda: job.state in OVER, timeout=LONG)
    assert job.error.startswith("The program ffmpeg, which writes films, was not found.")
    assert names(out) == []


@pytest.mark.parametrize("codec", [pytest.param("h264", marks=pytest.mark.long), "png"])
def test_no_more_room_is_told(jobs: Jobs, model: Path, out: Path, qtbot: QtBot, codec: str) -> None:
    target = out / f"film{CODECS[codec].suffix}"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))  # which the job's own file fits into
    try:
        job = start(jobs, model, target, codec, 2.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    qtbot.waitUntil(lambda: job.state in OVER, timeout=LONG)
    assert job.state == "failed"
    assert "failed: " in job.error or "cannot be used" in job.error
    assert "room" in job.error
    left = [path.name for path in out.rglob("*") if path.is_file()]
    assert left == (["film.json"] if codec == "png" else [])


@pytest.mark.parametrize(
    "draw", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 8))]
)
def test_cancelled_at_any_moment_nothing_half_written_stays(
    jobs: Jobs, model: Path, out: Path, qtbot: QtBot, draw: int
) -> None:
    source = random.Random(draw)
    codec = source.choice(["h264", "vp9", "gif", "webp", "ffv1", "prores"])
    job = start(jobs, model, out / f"film{CODECS[codec].suffix}", codec, 600.0)
    other = start(jobs, model, out / "other.mkv", "ffv1", 0.2)
    frames = source.randrange(60)
    qtbot.waitUntil(lambda: job.progress.done >= frames, timeout=LONG)
    jobs.cancel(job)
    qtbot.waitUntil(lambda: other.state in OVER, timeout=LONG)
    assert (job.state, other.state) == ("cancelled", "done")
    assert names(out) == ["other.mkv"]
    assert shown(job).detail == "Cancelled; nothing was left behind."


@pytest.mark.long
def test_a_cancelled_sequence_says_what_stays_and_goes_on(
    jobs: Jobs, model: Path, out: Path, qtbot: QtBot
) -> None:
    job = start(jobs, model, out / "frames", "png", 4.0)
    qtbot.waitUntil(lambda: job.progress.done >= 5, timeout=LONG)
    jobs.cancel(job)
    qtbot.waitUntil(lambda: job.state in OVER, timeout=LONG)
    kept = sorted((out / "frames").glob("frame*.png"))
    assert 1 <= len(kept) < 120
    assert not list((out / "frames").glob(".*"))
    assert "finished frames stay" in shown(job).detail
    written = {path: path.stat().st_mtime_ns for path in kept}
    jobs.again(job)
    (again,) = jobs.jobs
    qtbot.waitUntil(lambda: again.state in OVER, timeout=LONG)
    assert again.state == "done"
    assert len(list((out / "frames").glob("frame*.png"))) == 120
    assert {path: path.stat().st_mtime_ns for path in kept} == written
