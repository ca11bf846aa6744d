"""What a training run promises: it grows, tells, keeps, stops, and resumes exactly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab_core.errors import TrainingError
from ganlab_core.models import load_model
from ganlab_core.training import (
    CheckpointSaved,
    Progress,
    RunFolder,
    SheetSaved,
    TrainConfig,
    train,
    with_settings,
)
from tests.core.training.conftest import Trained


def run_through(config: TrainConfig, folder: Path, *, resume: bool = False) -> list[object]:
    return list(train(config, folder, resume=resume))


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def test_a_run_grows_from_4_to_16_with_alpha_rising(tiny: TrainConfig, trained: Trained) -> None:
    log = (trained(tiny) / "events.jsonl").read_text()
    events = [json.loads(line) for line in log.splitlines()]
    began = [(e["resolution"], e["fading"]) for e in events if e["event"] == "PhaseBegan"]
    assert began == [(4, False), (8, True), (8, False), (16, True), (16, False)]
    assert events[-1]["event"] == "Ended"
    alphas = [e["alpha"] for e in events if e["event"] == "Progress" and e["resolution"] == 16]
    assert alphas == sorted(alphas)
    assert alphas[-1] == 1.0


def test_the_run_leaves_a_model_that_opens(tiny: TrainConfig, trained: Trained) -> None:
    model = load_model(trained(tiny) / "model.safetensors")
    assert model.capabilities.resolution == 16
    assert model.info.provenance["kimg"] == 0.16


def test_a_model_saved_while_growing_ends_at_the_resolution_reached(
    tiny: TrainConfig, tmp_path: Path
) -> None:
    run = train(tiny, tmp_path / "run")
    for event in run:
        if isinstance(event, Progress) and event.resolution == 8:
            break
    run.close()
    assert load_model(tmp_path / "run/model.safetensors").capabilities.resolution in (4, 8)


def test_stopping_and_resuming_gives_the_same_bytes(
    tiny: TrainConfig, trained: Trained, tmp_path: Path
) -> None:
    run = train(tiny, tmp_path / "broken")
    for _ in range(6):
        next(run)
    run.close()
    run_through(tiny, tmp_path / "broken", resume=True)
    assert weights(tmp_path / "broken") == weights(trained(tiny))


@pytest.mark.parametrize(
    "settings",
    [
        {"loss": "wgan-gp", "style_mixing": 0.0},
        {"augment": "color,translation,cutout", "mirror": True},
        {"d_steps": 2, "clip_fakes": True, "reset_optimizers": False},
        {"precision": "bf16"},
    ],
    ids=["wgan-gp", "augmented", "two-d-steps", "bf16"],
)
def test_every_kind_of_run_resumes_exactly(
    tiny: TrainConfig, tmp_path: Path, settings: dict[str, object]
) -> None:
    config = with_settings(tiny, {**settings, "images": 96, "readout_samples": 0})
    run_through(config, tmp_path / "whole")
    run = train(config, tmp_path / "broken")
    for _ in range(4):
        next(run)
    run.close()
    run_through(config, tmp_path / "broken", resume=True)
    assert weights(tmp_path / "broken") == weights(tmp_path / "whole")


def test_a_run_killed_at_any_moment_resumes_exactly(
    tiny: TrainConfig, trained: Trained, tmp_path: Path
) -> None:
    killed = tmp_path / "killed"
    subprocess.run(
        [sys.executable, "-c", KILLED_THREE_TIMES, str(killed), tiny.to_json()],
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
        check=True,
    )
    run_through(tiny, killed, resume=True)
    assert weights(killed) == weights(trained(tiny))


KILLED_THREE_TIMES = """
import os, signal, sys
from pathlib import Path
import torch
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.loop import train

folder, config = Path(sys.argv[1]), TrainConfig.from_json(sys.argv[2])
torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])  # the first one imports a lot
for events in (3, 5, 8):
    reading, writing = os.pipe()
    child = os.fork()  # a process of its own, that need not import torch again
    if child == 0:
        with os.fdopen(writing, "w") as told:
            for event in train(config, folder, resume=(folder / "config.json").exists()):
                print(event, file=told, flush=True)
        os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as told:
        for _ in range(events):
            assert told.readline(), "it ended before it could be killed"
        os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
"""
"""Trains in processes that are killed after so many events."""


def test_after_a_kill_the_log_tells_each_image_count_once(
    tiny: TrainConfig, tmp_path: Path
) -> None:
    run = train(tiny, tmp_path / "run")
    for event in run:
        if isinstance(event, SheetSaved) and event.images > 0:
            break
    folder = RunFolder(tmp_path / "run")
    newest = folder.checkpoints()[-1]
    run.close()
    for path in folder.checkpoints():  # as if the process had died before the closing checkpoint
        if path > newest:
            path.unlink()
    run_through(tiny, tmp_path / "run", resume=True)
    lines = [json.loads(line) for line in folder.log.read_text().splitlines()]
    sheets = [line["images"] for line in lines if line["event"] == "SheetSaved"]
    assert sheets == sorted(set(sheets))


def test_a_damaged_newest_checkpoint_is_passed_over(
    tiny: TrainConfig, trained: Trained, tmp_path: Path
) -> None:
    run = train(tiny, tmp_path / "run")
    for event in run:
        if isinstance(event, SheetSaved) and event.images > 100:
            break
    run.close()
    newest = RunFolder(tmp_path / "run").checkpoints()[-1]
    newest.write_bytes(newest.read_bytes()[:1000])
    run_through(tiny, tmp_path / "run", resume=True)
    assert weights(tmp_path / "run") == weights(trained(tiny))


def test_nan_stops_the_run_and_names_the_last_good_checkpoint(
    tiny: TrainConfig, tmp_path: Path
) -> None:
    run = train(tiny, tmp_path / "run")
    for event in run:
        if isinstance(event, CheckpointSaved):
            break
    loop_state = run.gi_frame.f_locals  # type: ignore[attr-defined]
    with torch.no_grad():
        loop_state["state"].discriminator.dense1.bias.fill_(float("nan"))
    with pytest.raises(TrainingError, match="last good checkpoint is checkpoints/"):
        list(run)


def test_a_second_trainer_in_the_same_folder_is_refused(tiny: TrainConfig, tmp_path: Path) -> None:
    first = train(tiny, tmp_path / "run")
    next(first)
    with pytest.raises(TrainingError, match=f"Process {os.getpid()} on"):
        next(train(tiny, tmp_path / "run", resume=True))
    first.close()


def test_a_folder_with_a_run_is_not_overwritten(tiny: TrainConfig, tmp_path: Path) -> None:
    run_through(with_settings(tiny, {"images": 16}), tmp_path / "run")
    with pytest.raises(TrainingError, match="already holds a run"):
        next(train(tiny, tmp_path / "run"))


def test_class_folders_train_a_conditional_model(tmp_path: Path, tiny: TrainConfig) -> None:
    data = tmp_path / "classes"
    for number, name in enumerate(("dark", "light")):
        (data / name).mkdir(parents=True)
        for index in range(8):
            pixels = np.full((16, 16, 3), 60 + 140 * number + index, np.uint8)
            Image.fromarray(pixels).save(data / name / f"{index}.png")
    config = with_settings(tiny, {"data": str(data), "images": 64})
    run_through(config, tmp_path / "run")
    model = load_model(tmp_path / "run/model.safetensors")
    assert model.capabilities.classes == ("dark", "light")


def test_training_moves_the_samples_towards_the_data(tiny: TrainConfig, tmp_path: Path) -> None:
    """Mostly white data: within some hundred steps the mean picture becomes much lighter."""
    config = with_settings(
        tiny,
        {
            "images": 3200,
            "resolution": 8,
            "learning_rate": 0.005,
            "ema_kimg": 0.1,
            "sheet_kimg": 0.4,
            "checkpoint_kimg": 100,
            "readout_samples": 0,
        },
    )
    run = train(config, tmp_path / "run")
    off = []
    for event in run:
        if isinstance(event, SheetSaved):
            pixels = np.asarray(Image.open(tmp_path / "run" / event.path))
            off.append(abs(float(pixels.mean()) - 225))
            if off[-1] < 35:
                break
    run.close()
    assert off[0] > 70
    assert off[-1] < 35
