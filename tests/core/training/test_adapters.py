"""What every architecture promises the trainer: it learns, resumes exactly, and leaves a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab_core.importers import open_model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.training import (
    BIGGANS,
    DOMAINS,
    TRAINABLE,
    WITHOUT_CLASSES,
    SheetSaved,
    Spectra,
    TrainConfig,
    preset,
    train,
    with_settings,
)
from tests.quick import ARCHITECTURES, quick

COLOURS = np.array([[30, 60, 220], [220, 60, 30]])
SMALL: dict[str, object] = {
    "threads": 1,
    "device": "cpu",
    "fmap_base": 64,
    "fmap_max": 8,
    "z_dim": 8,
    "w_dim": 8,
    "mapping_layers": 2,
    "channels": 2,
    "shared_dim": 4,
    "batch_size": 8,
    "batch_size_at.4": 8,
    "batch_size_at.8": 8,
    "ema_kimg": 0.1,
    "ema_start_kimg": 0,
    "sheet_rows": 2,
    "sheet_columns": 4,
    "checkpoint_kimg": 100,
    "spectra_kimg": 0.032,
    "standing_batches": 1,
    "readout_samples": 0,
}


@pytest.fixture
def two_colours(tmp_path: Path) -> Path:
    """Plain pictures: a class of blue ones and a class of red ones."""
    random = np.random.default_rng(0)
    for name, colour in zip(("blue", "red"), COLOURS, strict=True):
        folder = tmp_path / "two-colours" / name
        folder.mkdir(parents=True)
        for index in range(12):
            pixels = np.full((32, 32, 3), colour) + random.integers(-20, 20, 3)
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"{index}.png")
    return tmp_path / "two-colours"


def small(architecture: str, data: Path, **settings: object) -> TrainConfig:
    """A tiny network of this architecture; those that grow go from 4 to 8 px."""
    side = 32 if architecture in BIGGANS else 16 if architecture in (*DOMAINS, "sagan") else 8
    size: dict[str, object] = {"resolution": side, "data": str(data)}
    if architecture == "sagan":
        size |= {"attention": 8, "channels": 4}
    rate = {"learning_rate": 0.002, "learning_rate_d": 0.004} if architecture in BIGGANS else {}
    return with_settings(
        TrainConfig(), {**preset("minutes", architecture), **SMALL, **size, **rate, **settings}
    )


def distance(sheet: Path) -> float:
    """How far the pictures of a 2 x 4 sheet are from the nearer of the two colours."""
    pixels = np.asarray(Image.open(sheet)).astype(np.float64)
    side = pixels.shape[0] // 2
    means = pixels.reshape(2, side, 4, side, 3).mean(axis=(1, 3))
    return float(np.abs(means[:, :, None] - COLOURS).mean(axis=-1).min(axis=-1).mean())


@pytest.mark.parametrize("architecture", quick(TRAINABLE, *ARCHITECTURES))
def test_it_learns_two_colours_and_leaves_a_model_that_renders(
    architecture: str, two_colours: Path, tmp_path: Path
) -> None:
    speed = {"learning_rate": 0.01, "images": 1600 if architecture == "stylegan2" else 800}
    if architecture in BIGGANS:
        speed = {"images": 640}
    if architecture == "biggan-deep":
        speed = {"images": 400, "learning_rate": 0.004, "learning_rate_d": 0.008}
    if architecture == "wgan":  # whose critic has to be far before G can learn: it takes five steps
        speed = {"images": 8000, "learning_rate": 0.002}
    config = small(architecture, two_colours, sheet_kimg=0.08, initial_resolution=8, **speed)
    run = train(config, tmp_path / "run")
    off = []
    for event in run:
        if isinstance(event, SheetSaved):
            off.append(distance(tmp_path / "run" / event.path))
            if off[-1] < 0.6 * off[0]:
                break
    run.close()
    assert off[-1] < 0.7 * off[0]
    model = open_model(tmp_path / "run/model.safetensors")
    assert model.info.architecture == architecture
    known = () if architecture in WITHOUT_CLASSES else ("blue", "red")
    assert model.capabilities.architecture == architecture
    assert model.capabilities.classes == known
    frame = Renderer(model, "cpu").render(Recipe(latent=Latent(3), psi=0.7, classes=((1, 1.0),)))
    assert frame.pixels.shape == (config.resolution, config.resolution, 3)


@pytest.mark.parametrize("architecture", quick(TRAINABLE, *ARCHITECTURES))
def test_it_resumes_to_the_same_bytes(architecture: str, two_colours: Path, tmp_path: Path) -> None:
    config = small(architecture, two_colours, images=48, sheet_kimg=100, checkpoint_kimg=0.024)
    list(train(config, tmp_path / "whole"))
    run = train(config, tmp_path / "broken")
    for event in run:
        if event.images >= 32:
            break
    run.close()
    list(train(config, tmp_path / "broken", resume=True))
    whole, broken = (tmp_path / name / "model.safetensors" for name in ("whole", "broken"))
    assert broken.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("architecture", ["progan", "stylegan2", "biggan", "biggan-deep"])
def test_it_trains_without_classes(architecture: str, two_colours: Path, tmp_path: Path) -> None:
    config = small(architecture, two_colours / "red", images=16, sheet_kimg=100)
    list(train(config, tmp_path / "run"))
    assert open_model(tmp_path / "run/model.safetensors").capabilities.classes == ()


def test_biggan_tells_the_singular_values_of_both_networks(
    two_colours: Path, tmp_path: Path
) -> None:
    config = small("biggan", two_colours, images=64, d_steps=2, sheet_kimg=100)
    spectra = [e for e in train(config, tmp_path / "run") if isinstance(e, Spectra)]
    assert [event.images for event in spectra] == [32, 64]
    names = spectra[0].values.keys()
    assert {name[:2] for name in names} == {"g.", "d."}
    assert all(value > 0 for value in spectra[0].values.values())


def test_biggans_file_holds_statistics_for_eleven_truncations(
    two_colours: Path, tmp_path: Path
) -> None:
    config = small("biggan", two_colours, images=16, sheet_kimg=100)
    list(train(config, tmp_path / "run"))
    generator = open_model(tmp_path / "run/model.safetensors").network.module
    assert generator.config.n_stats == 11
    assert not generator.config.spectral_norm
    means = generator.output_norm.mean
    assert torch.unique(means, dim=0).shape[0] == 11
