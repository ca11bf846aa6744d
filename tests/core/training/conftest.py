"""Real pictures and tiny configs for training tests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.training import TrainConfig, train, with_settings

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


def hashes(folder: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too, and what is in it."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


Trained = Callable[[TrainConfig], Path]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty pictures of coloured squares on white; all tests share them."""
    folder = tmp_path_factory.mktemp("squares") / "pictures"
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(40):
        pixels = np.full((16, 16, 3), 255, np.uint8)
        x, y = random.integers(2, 8, 2)
        pixels[y : y + 6, x : x + 6] = random.integers(0, 200, 3)
        Image.fromarray(pixels).save(folder / f"{index:03d}.png")
    return folder


@pytest.fixture(scope="session")
def tiny(pictures: Path) -> TrainConfig:
    return with_settings(TrainConfig(), {**TINY, "data": str(pictures)})


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The folder of the finished run of a config, trained by the first test that asks for it.

    All tests share it: look, and copy it before changing anything.
    """
    runs: dict[TrainConfig, Path] = {}

    def folder_of(config: TrainConfig) -> Path:
        if config not in runs:
            folder = tmp_path_factory.mktemp("trained") / "run"
            list(train(config, folder))
            runs[config] = folder
        return runs[config]

    return folder_of
