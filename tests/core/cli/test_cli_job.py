"""Job files on the command line: the same bytes as the options they were written from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ganlab_core.cli import main
from ganlab_core.export import FilmJob, SheetJob, StillJob, read_job
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.timeline import Keyframe, Timeline

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def out(tmp_path: Path, model_file: Path) -> Path:
    """Where things go; the model `tiny` is there to make them."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


COMMANDS = {
    "stills": ["render", "tiny", "--seeds", "3,5-6", "--psi", "0.4", "--size", "32", "--format", "webp",
               "--out", "pictures", "--raw", "raw.npy"],
    "tiff": ["render", "tiny", "--noise-seed", "7", "--out", "one.tif"],
    "recipe": ["render", "tiny", "--recipe", "r.json", "--out", "one.png"],
    "strip": ["sheet", "tiny", "--kind", "strip", "--seeds", "3,8", "--steps", "3", "--out", "s.png"],
    "compare": ["sheet", "tiny", "tiny", "--kind", "compare", "--across", "models", "--seeds", "1",
                "--out", "c.jpg", "--no-labels"],
    "walk": ["video", "tiny", "--seeds", "1,5", "--seconds", "0.2", "--fps", "29.97", "--out", "w.mkv",
             "--caption=-{psi}"],
    "given": ["video", "tiny", "--timeline", "t.json", "--psi", "0.9", "--out", "frames"],
    "grid": ["video", "tiny", "--kind", "circle", "--grid", "2x1", "--seeds", "4,5", "--seconds", "0.2",
             "--out", "g.webp"],
}  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_job_gives_the_bytes_that_its_options_give(
    out: Path, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(out)
    (out / "r.json").write_text(Recipe(Latent(9), psi=0.3).to_json())
    keys = (Keyframe(0.0, Recipe(Latent(3))), Keyframe(0.1, Recipe(Latent(4))))
    (out / "t.json").write_text(Timeline(keys, 0.2).to_json())
    before = files(out)
    assert main(words) == 0
    wanted = files(out)
    for name in wanted.keys() - before.keys():
        (out / name).unlink()
    assert main([*words, "--write-job", "job.json"]) == 0
    assert files(out).keys() == {*before, "job.json"}
    (out / "r.json").unlink()  # the job holds what it needs
    (out / "t.json").unlink()
    assert main([words[0], "--job", "job.json"]) == 0
    made = files(out)
    assert {name: made.get(name) for name in wanted.keys() - before.keys()} == {
        name: wanted[name] for name in wanted.keys() - before.keys()
    }
    assert capsys.readouterr().err == ""


def test_options_become_a_job_of_their_kind(out: Path, capsys: Capture) -> None:
    kinds = {}
    for name, words in (("render", []), ("sheet", []), ("video", ["--seeds", "1"])):
        path = out / f"{name}.json"
        target = out / ("a.png" if name != "video" else "a.mp4")
        words = [name, "tiny", "--out", str(target), *words, "--write-job", str(path)]
        assert main(words) == 0
        kinds[name] = type(read_job(path))
        assert capsys.readouterr().out == f"{path}\n"
    assert kinds == {"render": StillJob, "sheet": SheetJob, "video": FilmJob}


def test_a_job_takes_the_place_of_the_options(out: Path, capsys: Capture) -> None:
    job = out / "job.json"
    assert main(["sheet", "tiny", "--out", str(out / "a.png"), "--write-job", str(job)]) == 0
    capsys.readouterr()
    assert main(["sheet", "tiny", "--job", str(job), "--size", "32"]) == 2
    assert "leave MODEL, --size away" in capsys.readouterr().err
    assert main(["video", "--job", str(job)]) == 1
    assert "ganlab sheet --job" in capsys.readouterr().err
    assert main(["sheet", "--job", str(job), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["file"] == str(out / "a.png")


@pytest.mark.parametrize("command", ["render", "sheet", "video"])
def test_without_a_job_a_model_and_a_place_are_needed(
    out: Path, command: str, capsys: Capture
) -> None:
    for words in ([command], [command, "tiny"]):
        assert main(words) == 2
        assert "error: " in capsys.readouterr().err
    assert main([command, "--job", str(out / "nothing.json")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_hostile_job_is_refused_in_a_sentence(out: Path, capsys: Capture) -> None:
    job = out / "job.json"
    for data in (
        b"[" * 100_000,
        b'{"ganlab_job": "film", "models": ["tiny"], "out": "x.mp4", "x": 1}',
    ):
        job.write_bytes(data)
        assert main(["video", "--job", str(job)]) == 1
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "Traceback" not in said
