"""`ganlab video` of performances: a sound played by a map, and a recording; in step, and the same again."""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from ganlab_core.cli import main
from ganlab_core.export import read_sound, timeline_from_film
from ganlab_core.export.encoder import ffmpeg_path
from ganlab_core.performance import (
    Mapping,
    PerformanceMap,
    TakeWriter,
    Transform,
    WavWriter,
    sound_beside,
    write_map,
)
from ganlab_core.recipe import Latent, Recipe
from tests.films import decoded
from tests.sounds import RATE, clicks, steady, write_wav

Capture = pytest.CaptureFixture[str]

STEPS = PerformanceMap(mappings=(Mapping(source="audio/onset", control="seed.step"),))
BEATS = steady(90.0, 4.0)


@pytest.fixture
def out(tmp_path: Path, model_file: Path) -> Path:
    """Where films go, with a sound and a map; the model `tiny` is there to make them."""
    folder = tmp_path / "out"
    folder.mkdir()
    write_wav(folder / "song.wav", clicks(BEATS, 4.0, 0.0))
    write_map(folder / "map.json", STEPS)
    return folder


def video(*arguments: str | Path) -> int:
    return main(["video", "tiny", *map(str, arguments)])


def sound_of(film: Path, rate: int = RATE) -> np.ndarray:
    """The sound of a film as players hear it, delays of the codec taken into account; float32 (N,)."""
    done = subprocess.run(
        [ffmpeg_path(), "-v", "error", "-i", film, "-vn", "-ac", "1", "-ar", str(rate),
         "-f", "f32le", "pipe:1"],
        capture_output=True, check=True,
    )  # fmt: skip
    return np.frombuffer(done.stdout, np.float32)


def clicks_in(sound: np.ndarray) -> list[float]:
    """When each click begins."""
    loud = np.flatnonzero(np.abs(sound) > 0.2) / RATE
    return [loud[0], *(loud[1:][np.diff(loud) > 0.2])]


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".mkv", ".mov"])
def test_the_sound_is_in_step_within_a_frame(suffix: str, out: Path, capsys: Capture) -> None:
    """Read back: each click in the film's sound stands beside the frame in which its picture changes."""
    film = out / f"film{suffix}"
    assert video("--audio", out / "song.wav", "--map", out / "map.json", "--out", film) == 0
    assert "keyframes for 120 frames, every number exactly as played" in capsys.readouterr().err
    frames = decoded(film, 16, 16).astype(int)
    assert len(frames) == 120
    sound = sound_of(film)
    assert len(sound) / RATE == pytest.approx(4.0, abs=1 / 30)
    changes = np.flatnonzero(np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3)) > 4.0) + 1
    changes = changes[np.diff(changes, prepend=-9) > 2]  # a lossy codec may take a frame more
    heard = clicks_in(sound)
    assert len(changes) == len(heard) == len(BEATS)
    assert np.abs(changes / 30 - np.array(heard)).max() <= 1 / 30 + 1e-6
    assert np.array(heard) == pytest.approx(BEATS, abs=0.004)


def test_the_same_command_gives_the_same_bytes(out: Path) -> None:
    films = [out / "a.mp4", out / "b.mp4"]
    for film in films:
        assert video("--audio", out / "song.wav", "--map", out / "map.json", "--out", film) == 0
    assert films[0].read_bytes() == films[1].read_bytes()


def test_the_film_carries_what_was_played(out: Path) -> None:
    film = out / "film.mkv"
    assert video("--audio", out / "song.wav", "--map", out / "map.json", "--seeds", "7",
                 "--fps", "25", "--out", film) == 0  # fmt: skip
    timeline = timeline_from_film(film)
    assert (timeline.frame_count, timeline.fps) == (100, 25)
    seeds = [timeline.frame_recipe(frame).latent.seed for frame in range(100)]
    assert seeds[0] == 7
    assert seeds[-1] == 7 + len(BEATS)
    assert video("--timeline", film, "--out", out / "again.mkv") == 0
    assert np.array_equal(decoded(out / "again.mkv", 16, 16), decoded(film, 16, 16))


def test_a_sound_longer_or_shorter_than_its_film_is_fitted(out: Path) -> None:
    for seconds in (1.5, 6.0):
        film = out / f"{seconds}.mp4"
        assert video("--audio", out / "song.wav", "--map", out / "map.json",
                     "--seconds", str(seconds), "--out", film) == 0  # fmt: skip
        assert len(decoded(film, 16, 16)) == seconds * 30
        assert len(sound_of(film)) / RATE == pytest.approx(seconds, abs=1 / 30)


def test_any_film_can_have_a_sound(out: Path) -> None:
    film = out / "walk.mp4"
    assert (
        video("--seeds", "1,2", "--seconds", "2", "--audio", out / "song.wav", "--out", film) == 0
    )
    assert clicks_in(sound_of(film)) == pytest.approx([t for t in BEATS if t < 2.0], abs=0.004)


def test_a_recording_is_filmed_with_the_sound_beside_it(out: Path, capsys: Capture) -> None:
    take = out / "jam.ganlab-take"
    writer = TakeWriter(take)
    for step in range(40):
        writer.write(0.025 * step, Recipe(Latent(step // 10), psi=0.5 + step / 100))
    writer.close(1.0)
    sound = WavWriter(sound_beside(take), RATE)
    sound.write(clicks([0.25, 0.75], 1.0, 0.0))
    sound.close()
    film = out / "jam.mkv"
    assert video("--take", take, "--out", film) == 0
    timeline = timeline_from_film(film)
    assert [timeline.frame_recipe(frame).psi for frame in (0, 3, 29)] == [0.5, 0.54, 0.88]
    assert len(decoded(film, 16, 16)) == 30
    assert clicks_in(sound_of(film)) == pytest.approx([0.25, 0.75], abs=0.004)
    assert video("--take", take, "--tolerance", "0.02", "--out", out / "thin.mkv") == 0
    assert "every number within" in capsys.readouterr().err
    assert len(timeline_from_film(out / "thin.mkv").keyframes) < len(timeline.keyframes) / 3


def test_a_job_file_does_the_same(out: Path) -> None:
    job, first, second = out / "job.json", out / "first.mkv", out / "second.mkv"
    options = ("--audio", out / "song.wav", "--map", out / "map.json")
    assert video(*options, "--out", first) == 0
    assert video(*options, "--out", second, "--write-job", job) == 0
    (out / "map.json").unlink()
    assert main(["video", "--job", str(job)]) == 0
    assert second.read_bytes() == first.read_bytes()


def sentence(capsys: Capture) -> str:
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--map", "no.json"), "Reading the map failed"),
        (("--audio", "no.wav", "--map", "map.json"), "no sound no.wav"),
        (("--audio", "map.json", "--map", "map.json"), "holds no sound"),
        (("--take", "map.json"), "not a ganlab recording"),
        (("--map", "map.json", "--take", "map.json"), "a map or a recording"),
        (("--map", "map.json", "--tolerance", "7"), "tolerance is from 0 to 1"),
        (("--map", "map.json", "--seconds", "9e9"), "seconds"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told(
    options: tuple[str, ...], told: str, out: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(out)
    assert video(*options, "--out", "film.mp4") in (1, 2)
    assert told in sentence(capsys)
    assert not (out / "film.mp4").exists()


def test_a_gif_has_no_sound(out: Path, capsys: Capture) -> None:
    assert (
        video("--audio", out / "song.wav", "--map", out / "map.json", "--out", out / "a.gif") == 2
    )
    assert "has no sound" in sentence(capsys)


def test_a_sound_file_opens_no_other_file(out: Path, capsys: Capture) -> None:
    """Play lists could make ffmpeg read anything."""
    (out / "list.wav").write_text(f"#EXTM3U\n#EXTINF:1,\n{out / 'song.wav'}\n")
    (out / "list2.wav").write_text(f"ffconcat version 1.0\nfile {out / 'song.wav'}\n")
    for name in ("list.wav", "list2.wav"):
        assert video("--audio", out / name, "--map", out / "map.json", "--out", out / "a.mp4") == 1
        assert "no sound that can be read" in sentence(capsys)


def test_a_sound_is_read_as_it_is(out: Path) -> None:
    sound = read_sound(out / "song.wav")
    assert sound.dtype == np.float32
    assert np.abs(sound - clicks(BEATS, 4.0, 0.0)).max() < 1e-4


def test_a_map_for_another_architecture_plays_what_it_can(out: Path) -> None:
    own = PerformanceMap(
        mappings=(
            Mapping(source="audio/onset", control="seed.step"),
            Mapping(source="audio/low", control="class@900"),
            Mapping(source="audio/low", control="attention", transform=Transform(high=4.0)),
        )
    )
    (out / "map.json").write_text(own.to_json())
    film = out / "film.mkv"
    assert (
        video("--audio", out / "song.wav", "--map", out / "map.json", "--json", "--out", film) == 0
    )
    timeline = timeline_from_film(film)
    assert timeline.frame_recipe(119).latent.seed == len(BEATS)
    assert Fraction(30) == timeline.fps
    assert json.loads(timeline.to_json())["keyframes"]
