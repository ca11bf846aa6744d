"""`ganlab video`: from seeds, Timelines, grids and runs to films; the same ones again; wrong usage."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.cli import main
from ganlab_core.export import timeline_from_film
from ganlab_core.recipe import Latent, Noise, Recipe
from ganlab_core.timeline import Keyframe, Timeline, difference_of
from tests.benchmarks.film_steps import spread_of
from tests.films import decoded

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def out(tmp_path: Path, model_file: Path) -> Path:
    """Where films go; the model `tiny` is there to make them."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def video(*arguments: str | Path) -> int:
    return main(["video", "tiny", *map(str, arguments)])


def sentence(capsys: Capture) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def test_seeds_become_a_walk(out: Path, capsys: Capture) -> None:
    path = out / "film.mp4"
    assert (
        video("--seeds", "1,5,9", "--seconds", "0.6", "--loop", "--fps", "25", "--out", path) == 0
    )
    assert capsys.readouterr().out == f"{path}\n"
    assert len(decoded(path, 16, 16)) == 15
    timeline = timeline_from_film(path)
    assert [key.recipe.latent for key in timeline.keyframes] == [Latent(1), Latent(5), Latent(9)]
    assert timeline.loop
    assert os.listdir(out) == ["film.mp4"]


def test_a_timeline_file_is_filmed_and_options_override_it(out: Path) -> None:
    timeline = Timeline((Keyframe(0.0, Recipe(Latent(3))), Keyframe(1.0, Recipe(Latent(4)))), 1.0)
    (out / "t.json").write_text(timeline.to_json())
    assert video("--timeline", out / "t.json", "--seconds", "0.2", "--fps", "29.97", "--psi", "0.3",
                 "--noise-moves", "loop", "--out", out / "film.mkv") == 0  # fmt: skip
    found = timeline_from_film(out / "film.mkv")
    assert (found.duration, str(found.fps), found.noise) == (0.2, "30000/1001", "loop")
    assert {key.recipe.psi for key in found.keyframes} == {0.3}
    assert len(decoded(out / "film.mkv", 16, 16)) == 6
    assert video("--timeline", out / "film.mkv", "--out", out / "again.mkv") == 0
    assert (out / "again.mkv").read_bytes() == (out / "film.mkv").read_bytes()


def test_a_film_moves_evenly_unless_it_is_told_otherwise(out: Path) -> None:
    seeds = ("--seeds", "1,5,9", "--psi", "4", "--seconds", "2", "--loop", "--out")
    assert video(*seeds, out / "even") == 0
    assert spread_of(steps_in(out / "even")) <= 1.5
    for easing, least in (("linear", 2.0), ("smooth", 5.0)):
        assert video("--easing", easing, *seeds, out / easing) == 0
        assert spread_of(steps_in(out / easing)) > least


def steps_in(folder: Path) -> np.ndarray:
    """How much each frame of a loop differs from the one before."""
    frames = []
    for path in sorted(folder.glob("*.png")):
        with Image.open(path) as image:
            frames.append(np.asarray(image))
    return np.array([difference_of(own, frames[i - 1]) for i, own in enumerate(frames)])


def test_the_motion_that_was_measured_stays_in_the_film(out: Path) -> None:
    assert video("--seeds", "1,5,9", "--seconds", "0.6", "--out", out / "film.mkv") == 0
    found = timeline_from_film(out / "film.mkv")
    assert found.unmeasured == ()
    assert [key.easing for key in found.keyframes] == ["even"] * 3
    assert found.keyframes[1].time != 0.3
    assert video("--timeline", out / "film.mkv", "--out", out / "again.mkv") == 0
    assert (out / "again.mkv").read_bytes() == (out / "film.mkv").read_bytes()


def test_a_job_without_a_motion_goes_as_smoothly_as_before(out: Path) -> None:
    job = out / "job.json"
    assert video("--seeds", "1,5", "--out", out / "film.mkv", "--write-job", job) == 0
    told = json.loads(job.read_text())
    assert told["plan"].pop("easing") == "even"
    told["plan"]["seconds"] = 0.3
    job.write_text(json.dumps(told))
    assert main(["video", "--job", str(job)]) == 0
    assert {key.easing for key in timeline_from_film(out / "film.mkv").keyframes} == {"smooth"}


def test_seeds_take_the_place_of_a_timelines_own(out: Path) -> None:
    timeline = Timeline((Keyframe(0.0, Recipe(psi=0.1)), Keyframe(0.1, Recipe(psi=0.9))), 0.2)
    (out / "t.json").write_text(timeline.to_json())
    assert video("--timeline", out / "t.json", "--seeds", "6,8", "--out", out / "film.mkv") == 0
    keys = timeline_from_film(out / "film.mkv").keyframes
    assert [(key.recipe.latent, key.recipe.psi) for key in keys] == [
        (Latent(6), 0.1),
        (Latent(8), 0.9),
    ]
    assert video("--timeline", out / "t.json", "--grid", "2x1", "--out", out / "g.mkv") == 2


def test_a_folder_takes_pngs_and_goes_on_where_it_was_left(out: Path) -> None:
    arguments = ("--seeds", "1,2", "--seconds", "0.2", "--out", out / "film")
    assert video(*arguments) == 0
    times = {path.name: path.stat().st_mtime_ns for path in (out / "film").iterdir()}
    assert len(times) == 7
    (out / "film" / "frame000004.png").unlink()
    assert video(*arguments) == 0
    again = {path.name: path.stat().st_mtime_ns for path in (out / "film").iterdir()}
    assert [name for name in again if again[name] != times[name]] == ["frame000004.png"]


@pytest.mark.parametrize(
    "kind", [("circle",), ("circle", "--radius", "0.5"), ("psi",), ("growth",)], ids=" ".join
)
def test_every_kind_makes_a_film(out: Path, kind: tuple[str, ...]) -> None:
    path = out / "film.webp"
    assert video("--kind", *kind, "--seconds", "0.3", "--out", path) == 0
    assert timeline_from_film(path).frame_count == 9
    assert sorted(os.listdir(out)) == ["film.webp", "film.webp.json"]


def test_a_grid_starts_at_successive_seeds(out: Path) -> None:
    assert video("--seeds", "1-4", "--grid", "2x2", "--gap", "2", "--seconds", "0.1", "--fps", "30",
                 "--out", out / "film") == 0  # fmt: skip
    assert main(["render", "tiny", "--seeds", "1-4", "--out", str(out / "stills")]) == 0
    with Image.open(out / "film" / "frame000000.png") as image:
        frame = np.asarray(image)
    for seed, (y, x) in zip(range(1, 5), ((0, 0), (0, 18), (18, 0), (18, 18)), strict=True):
        with Image.open(out / "stills" / f"seed{seed:04d}.png") as image:
            np.testing.assert_array_equal(frame[y : y + 16, x : x + 16], np.asarray(image))


def test_models_stand_side_by_side(out: Path) -> None:
    assert main(["video", "tiny", "tiny", "--seconds", "0.1", "--out", str(out / "film.mkv")]) == 0
    assert decoded(out / "film.mkv", 32, 16).shape[0] == 3


def test_a_run_becomes_a_time_lapse(out: Path) -> None:
    (out / "run" / "sheets").mkdir(parents=True)
    for images in (0, 100):
        Image.new("RGB", (8, 8), (images, 0, 0)).save(out / "run" / "sheets" / f"{images:09d}.png")
    assert (
        main(["video", str(out / "run"), "--kind", "timelapse", "--out", str(out / "f.gif")]) == 0
    )
    assert main(["video", "tiny", "--kind", "timelapse", "--out", str(out / "f.gif")]) == 1


def test_scripts_are_told_what_was_written(out: Path, capsys: Capture) -> None:
    assert video("--seconds", "0.5", "--out", out / "film.gif", "--fps", "24", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bytes"] == (out / "film.gif").stat().st_size
    assert (told["codec"], told["frames"], told["fps"], told["seconds"]) == ("gif", 12, "24", 0.5)


def test_a_gif_too_fast_for_players_comes_with_a_note(out: Path, capsys: Capture) -> None:
    assert video("--seconds", "0.1", "--out", out / "film.gif", "--fps", "60") == 0
    assert "slow" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        ("--fps", "0"), ("--fps", "1e9"), ("--fps", "nan"), ("--seconds", "nan"), ("--seconds", "-1"),
        ("--seconds", "1e308"), ("--seconds", "80000", "--fps", "60"), ("--quality", "101"),
        ("--size", "0"), ("--size", "-3"), ("--grid", "3"), ("--grid", "0x2"), ("--gap", "-1"),
        ("--codec", "h265"), ("--codec", "gif"), ("--kind", "dance"),
        ("--noise-moves", "fast"), ("--psi", "nan"), ("--kind", "circle", "--radius", "0"),
        ("--seeds", "x"), ("--easing", "bouncy"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_values_are_wrong_usage(out: Path, options: tuple[str, ...], capsys: Capture) -> None:
    assert video("--out", out / "film.mp4", *options) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "error: " in captured.err
    assert "Traceback" not in captured.err
    assert not os.listdir(out)


def test_what_this_model_cannot_show_is_a_failure_like_any_other(
    out: Path, capsys: Capture
) -> None:
    assert video("--out", out / "film.mp4", "--kind", "classes") == 1
    assert "no classes to tour" in sentence(capsys)
    assert video("--out", out / "film.mp4", "--class", "3") == 1
    assert "knows no classes" in sentence(capsys)


def test_a_size_that_the_codec_changes_is_told(out: Path, capsys: Capture) -> None:
    odd = ("--seconds", "0.1", "--size", "33")
    assert video(*odd, "--out", out / "film.mp4", "--json") == 0
    captured = capsys.readouterr()
    assert "33 x 33" in captured.err
    assert "34 x 34" in captured.err
    assert json.loads(captured.out)["width"] == 34
    assert len(decoded(out / "film.mp4", 34, 34)) == 3
    assert video(*odd, "--out", out / "film.gif", "--json") == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert json.loads(captured.out)["width"] == 33


def test_wrong_endings_are_wrong_usage(out: Path, capsys: Capture) -> None:
    assert video("--out", out / "film.avi") == 2
    assert "no kind of film" in capsys.readouterr().err


def test_failures_are_told_in_a_sentence(out: Path, capsys: Capture) -> None:
    assert video("--out", out / "nowhere" / "film.mp4") == 1
    assert "does not exist" in sentence(capsys)
    assert video("--timeline", out / "nothing.json", "--out", out / "film.mp4") == 1
    assert "no file" in sentence(capsys)
    (out / "t.json").write_text("{}")
    assert video("--timeline", out / "t.json", "--out", out / "film.mp4") == 1
    assert "Timeline" in sentence(capsys)
    (out / "film").mkdir()
    (out / "film" / "frame000000.png").write_bytes(b"")
    assert video("--out", out / "film") == 1
    assert "another film" in sentence(capsys)


def test_noise_options_reach_every_keyframe(out: Path) -> None:
    assert (
        video("--seeds", "1,2", "--seconds", "0.1", "--noise-seed", "7", "--out", out / "f.mkv")
        == 0
    )
    found = timeline_from_film(out / "f.mkv")
    assert {key.recipe.noise for key in found.keyframes} == {Noise("random", 7)}


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_a_signal_leaves_no_half_film(out: Path, number: int, status: int) -> None:
    arguments = ["video", "tiny", "--seconds", "2000", "--out", str(out / "film.mp4")]
    with subprocess.Popen(
        [sys.executable, "-m", "ganlab_core", *arguments], stderr=subprocess.PIPE
    ) as process:
        while not os.listdir(out):  # until it writes
            with contextlib.suppress(subprocess.TimeoutExpired):
                pytest.fail(f"ended early: {process.wait(0.05)}")
        process.send_signal(number)
        assert process.wait(60) == status
    assert not (out / "film.mp4").exists()
    if number != signal.SIGKILL:  # which leaves nobody to tidy up
        assert not os.listdir(out)
