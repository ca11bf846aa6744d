"""A kept checkpoint opens as the model the run would have written then."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab_core.errors import GanlabError
from ganlab_core.models import load_model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.training import (
    CheckpointSaved,
    TrainConfig,
    open_any,
    preset,
    sample_recipe,
    train,
    with_settings,
)
from ganlab_core.training.config import phase_at
from ganlab_core.training.model_export import is_checkpoint, open_checkpoint

SMALL: dict[str, object] = {
    "fmap_base": 64, "fmap_max": 8, "z_dim": 8, "w_dim": 8, "mapping_layers": 2, "channels": 2,
    "shared_dim": 4, "batch_size": 8, "batch_size_at.4": 8, "batch_size_at.8": 8, "threads": 1,
    "device": "cpu", "readout_samples": 0, "standing_batches": 1, "sheet_rows": 2,
    "sheet_columns": 2, "distance_kimg": 0, "spectra_kimg": 1000,
}  # fmt: skip


@pytest.fixture
def squares(tmp_path: Path) -> Path:
    """Sixteen pictures of 32 px."""
    folder = tmp_path / "squares"
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(16):
        pixels = random.integers(0, 256, (32, 32, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


@pytest.mark.parametrize("architecture", ["stylegan", "progan", "biggan", "biggan-deep"])
def test_a_checkpoint_is_the_model_file_of_its_moment(
    architecture: str, squares: Path, tmp_path: Path
) -> None:
    side = 32 if architecture.startswith("biggan") else 16
    settings = {**preset("minutes", architecture), **SMALL, "data": str(squares)}
    settings |= {"resolution": side, "images": 96, "checkpoint_kimg": 0.032, "snapshot_kimg": 0.032}
    run = tmp_path / "run"
    list(train(with_settings(TrainConfig(), settings), run))
    checkpoints = sorted((run / "checkpoints").glob("*.safetensors"))
    assert len(checkpoints) == 3
    for path in checkpoints[:2]:
        model, written = open_any(path), load_model(run / "snapshots" / path.name)
        assert model.info.fingerprint == written.info.fingerprint
        assert model.info.growth == written.info.growth
        assert model.info.provenance == written.info.provenance
        recipe = Recipe(latent=Latent(3))
        one, other = (Renderer(each, "cpu").render(recipe).pixels for each in (model, written))
        assert (one == other).all()


@pytest.mark.parametrize("architecture", ["stylegan", "stylegan2", "progan", "biggan", "sagan"])
def test_a_sample_of_the_sheet_can_be_had_as_a_recipe(
    architecture: str, squares: Path, tmp_path: Path
) -> None:
    for index, path in enumerate(sorted(squares.glob("*.png"))):
        folder = squares / f"class{index % 2}"
        folder.mkdir(exist_ok=True)
        path.rename(folder / path.name)
    settings = {**preset("minutes", architecture), **SMALL, "data": str(squares)}
    settings |= {"resolution": 32, "images": 96, "sheet_kimg": 0.096, "attention": 0}
    settings["sheet_psi"] = 1.0  # the centre of truncation is not settled after so few pictures
    config = with_settings(TrainConfig(), settings)
    run = tmp_path / "run"
    list(train(config, run))
    sheet = np.asarray(Image.open(sorted((run / "sheets").glob("*.png"))[-1])).astype(int)
    renderer = Renderer(load_model(run / "model.safetensors"), "cpu")
    for index in range(4):
        row, column = divmod(index, 2)
        tile = sheet[32 * row : 32 * row + 32, 32 * column : 32 * column + 32]
        pixels = renderer.render(sample_recipe(config, index, 2)).pixels.astype(int)
        others = [renderer.render(Recipe(latent=Latent(seed))).pixels for seed in range(4)]
        off = np.abs(pixels - tile).mean()
        assert off < 6
        assert off < 0.5 * min(np.abs(other.astype(int) - tile).mean() for other in others) + 1
    reals = np.asarray(Image.open(run / "reals.png"))
    assert reals.shape == (32, 64, 3)
    assert any(
        (np.asarray(Image.open(one)) == reals[:, :32]).all() for one in squares.rglob("*.png")
    )


def test_a_checkpoint_of_a_run_that_trains_opens_while_it_grows(
    tiny: TrainConfig, tmp_path: Path
) -> None:
    run = train(tiny, tmp_path / "run")
    for event in run:
        if isinstance(event, CheckpointSaved) and event.images >= 32:
            break
    path = tmp_path / "run" / event.path
    assert is_checkpoint(path)
    reached = phase_at(tiny, event.images)[1].resolution
    assert reached < tiny.resolution
    assert open_checkpoint(path).capabilities.resolution == reached
    run.close()


def test_a_damaged_a_missing_and_a_homeless_checkpoint_say_so(
    tiny: TrainConfig, tmp_path: Path
) -> None:
    list(train(with_settings(tiny, {"images": 32}), tmp_path / "run"))
    path = next((tmp_path / "run" / "checkpoints").glob("*.safetensors"))
    alone = tmp_path / "elsewhere" / "checkpoints" / path.name
    alone.parent.mkdir(parents=True)
    shutil.copy(path, alone)
    with pytest.raises(GanlabError, match="holds no run"):
        open_checkpoint(alone)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(GanlabError, match="damaged"):
        open_checkpoint(path)
    path.unlink()
    with pytest.raises(GanlabError, match="not there any more"):
        open_checkpoint(path)


def test_opening_a_checkpoint_leaves_the_global_generator_alone(
    tiny: TrainConfig, tmp_path: Path
) -> None:
    list(train(with_settings(tiny, {"images": 32}), tmp_path / "run"))
    path = next((tmp_path / "run" / "checkpoints").glob("*.safetensors"))
    before = torch.get_rng_state()
    open_checkpoint(path)
    assert torch.equal(before, torch.get_rng_state())
