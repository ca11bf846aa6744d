"""Two domains from two folders: how their pictures meet, what is refused, and what is left of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab_core.cli.program import main
from ganlab_core.data import joined, prepare
from ganlab_core.errors import TrainingError
from ganlab_core.importers import open_model
from ganlab_core.models import read_info
from ganlab_core.training import (
    RunFolder,
    TrainConfig,
    check_start,
    discriminator_loss,
    generator_loss,
    preset,
    train,
    with_settings,
)


def folder(place: Path, level: int, count: int) -> Path:
    place.mkdir(parents=True)
    for index in range(count):
        pixels = np.full((16, 16, 3), level + index, np.uint8)
        Image.fromarray(pixels).save(place / f"{index}.png")
    return place


@pytest.fixture
def night_and_day(tmp_path: Path) -> tuple[Path, Path]:
    return folder(tmp_path / "night", 10, 6), folder(tmp_path / "day", 200, 4)


TINY = [
    "--images", "16", "--resolution", "16", "--set", "channels=2", "--set", "z_dim=4",
    "--set", "batch_size=8", "--set", "threads=1", "--set", "readout_samples=0",
]  # fmt: skip


def test_joined_sets_are_read_as_one_whose_classes_are_the_sets(
    night_and_day: tuple[Path, Path],
) -> None:
    night, day = (prepare(place, 16) for place in night_and_day)
    both = joined(night, day)
    assert len(both) == 10
    assert both.classes == ("night", "day")
    order = np.array([9, 0, 5, 6, 0])
    levels = both.batch(order, 8)[:, 0, 0, 0].tolist()
    assert levels == [203, 10, 15, 200, 10]
    assert both.labels[order].tolist() == [1, 0, 0, 1, 0]
    assert joined(day, night).fingerprint != both.fingerprint


@pytest.mark.parametrize("architecture", ["cogan", "cyclegan"])
def test_two_folders_train_one_model_that_knows_both(
    night_and_day: tuple[Path, Path], tmp_path: Path, architecture: str
) -> None:
    night, day = map(str, night_and_day)
    run = tmp_path / "run"
    words = ["train", "--data", night, "--data-b", day, "--architecture", architecture]
    assert main([*words, "--out", str(run), *TINY]) == 0
    assert read_info(run / "model.safetensors").classes == ("night", "day")
    assert main(["train", "--resume", str(run), "--images", "24"]) == 0
    config = RunFolder(run).config()
    assert (config.images, config.data_b) == (24, day)
    picture = tmp_path / "a.png"
    drawn = ["render", str(run / "model.safetensors"), "--class", "day"]
    assert main([*drawn, "--out", str(picture)]) == 0
    with Image.open(picture) as image:
        assert image.size == (16, 16)


def test_the_gallery_holds_pictures_of_both_domains(
    night_and_day: tuple[Path, Path], tmp_path: Path
) -> None:
    night, day = map(str, night_and_day)
    words = ["train", "--data", night, "--data-b", day, "--architecture", "cyclegan"]
    assert main([*words, "--out", str(tmp_path / "run"), *TINY]) == 0
    kept = open_model(tmp_path / "run/model.safetensors").network.module.gallery.pictures
    assert sorted(kept[0, :, 0, 0, 0].tolist()) == [10, 11, 12, 13]
    assert sorted(kept[1, :, 0, 0, 0].tolist()) == [200, 201, 202, 203]


def config(architecture: str, data: Path, **settings: object) -> TrainConfig:
    size: dict[str, object] = {"data": str(data), "resolution": 16, "channels": 2, "z_dim": 4}
    return with_settings(TrainConfig(), {**preset("minutes", architecture), **size, **settings})


@pytest.mark.parametrize("architecture", ["cogan", "cyclegan"])
def test_one_folder_without_classes_is_refused_with_what_to_say(
    night_and_day: tuple[Path, Path], tmp_path: Path, architecture: str
) -> None:
    with pytest.raises(TrainingError, match="two domains.*--data-b"):
        next(train(config(architecture, night_and_day[0]), tmp_path / "run"))


def test_a_start_is_checked_for_both_folders(night_and_day: tuple[Path, Path]) -> None:
    night, day = night_and_day
    assert check_start(config("cogan", night, data_b=str(day))) == ("night", "day")


def test_least_squares_by_their_formula() -> None:
    real, fake = torch.tensor([0.5, 2.0]), torch.tensor([0.25, -1.0])
    d = 0.5 * ((0.25 + 1.0) / 2 + (0.0625 + 1.0) / 2)
    g = ((0.75) ** 2 + 4.0) / 2
    assert float(discriminator_loss("least-squares", real, fake, 0.0)) == pytest.approx(d)
    assert float(generator_loss("least-squares", fake)) == pytest.approx(g)
