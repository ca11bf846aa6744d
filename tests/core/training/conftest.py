"""Real pictures and tiny configs for training tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.training.config import TrainConfig, with_settings

TINY: dict[str, object] = {
    "resolution": 16,
    "images": 160,
    "fmap_base": 64,
    "fmap_max": 8,
    "z_dim": 8,
    "w_dim": 8,
    "mapping_layers": 2,
    "batch_size": 8,
    "r1_interval": 2,
    "checkpoint_kimg": 0.032,
    "sheet_kimg": 0.064,
    "snapshot_kimg": 0.08,
    "sheet_columns": 2,
    "sheet_rows": 2,
    "threads": 1,
    "readout_samples": 16,
    "device": "cpu",
}


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_HOME", str(tmp_path / "home"))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Forty pictures of coloured squares on white."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(40):
        pixels = np.full((16, 16, 3), 255, np.uint8)
        x, y = random.integers(2, 8, 2)
        pixels[y : y + 6, x : x + 6] = random.integers(0, 200, 3)
        Image.fromarray(pixels).save(folder / f"{index:03d}.png")
    return folder


@pytest.fixture
def tiny(pictures: Path) -> TrainConfig:
    return with_settings(TrainConfig(), {**TINY, "data": str(pictures)})
