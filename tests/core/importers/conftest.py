"""Published files, opened so that a test can change something in them and save them again."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.hostile import GOLDEN, BaseConfig, Network, OldNetwork

ZOO_CONFIG = "models.utils.config.BaseConfig"

Networks = tuple[Any, Any, Any]
Save = Callable[..., Path]


@pytest.fixture
def _tf_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the standard pickle module write our stand-ins by the published classes' names."""
    monkeypatch.setitem(sys.modules, "tfutil", types.ModuleType("tfutil"))
    monkeypatch.setattr(OldNetwork, "__module__", "tfutil")
    sys.modules["tfutil"].Network = OldNetwork  # type: ignore[attr-defined]
    for name in ("dnnlib", "dnnlib.tflib", "dnnlib.tflib.network"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setattr(Network, "__module__", "dnnlib.tflib.network")
    sys.modules["dnnlib.tflib.network"].Network = Network  # type: ignore[attr-defined]


@pytest.fixture
def networks(_tf_class: None) -> Networks:
    """(G, D, Gs) of the small TensorFlow file, their states as attributes."""
    found: Networks = pickle.loads((GOLDEN / "stylegan_tf_64" / "network.pkl").read_bytes())
    return found


@pytest.fixture
def progans(_tf_class: None) -> Networks:
    """(G, D, Gs) of the small ProGAN file, their states as attributes."""
    path = GOLDEN / "progan_tf_32_fused_cond" / "network.pkl"
    found: Networks = pickle.loads(path.read_bytes())
    return found


@pytest.fixture
def save_tf(_tf_class: None, tmp_path: Path) -> Save:
    """Writes networks as a pickle: `save_tf(value, protocol=4)`."""

    def save(value: object, protocol: int = 4) -> Path:
        path = tmp_path / "changed.pkl"
        path.write_bytes(pickle.dumps(value, protocol))
        return path

    return save


@pytest.fixture
def _zoo_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes PyTorch write our stand-in by the published class's name."""
    module, _, name = ZOO_CONFIG.rpartition(".")
    for part in ("models", "models.utils", module):
        monkeypatch.setitem(sys.modules, part, types.ModuleType(part))
    monkeypatch.setattr(BaseConfig, "__module__", module)
    setattr(sys.modules[module], name, BaseConfig)


@pytest.fixture
def zoo(_zoo_class: None) -> dict[str, Any]:
    """The content of the small GAN-zoo file."""
    with torch.serialization.safe_globals([(BaseConfig, ZOO_CONFIG)]):
        content: dict[str, Any] = torch.load(
            GOLDEN / "stylegan_zoo_32" / "model.pth", weights_only=True
        )
    return content


@pytest.fixture
def save_torch(tmp_path: Path) -> Save:
    """Writes a PyTorch file: `save_torch(value, legacy=False)`."""

    def save(value: object, *, legacy: bool = False) -> Path:
        path = tmp_path / "changed.pth"
        torch.save(value, path, _use_new_zipfile_serialization=not legacy)
        return path

    return save
