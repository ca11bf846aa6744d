"""A tiny StyleGAN whose every weight is random, so that every quirk of the network shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from ganlab_core.checkpoint import from_generator, load_model, save_model
from ganlab_core.model import Model
from ganlab_core.model_info import ModelInfo
from ganlab_core.networks.stylegan import Generator, StyleGANConfig

MakeModel = Callable[..., Model]

settings.register_profile("core", deadline=None, max_examples=50)
settings.load_profile("core")


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Tiny tensors are fastest on one thread, and busy machines stall on more."""
    torch.set_num_threads(1)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the person's own files that only this test sees."""
    folder = tmp_path / "home"
    monkeypatch.setenv("GANLAB_HOME", str(folder))
    return folder


def tiny_config(resolution: int = 16, label_size: int = 0) -> StyleGANConfig:
    return StyleGANConfig(
        resolution=resolution,
        fmap_base=128,
        fmap_max=16,
        z_dim=16,
        w_dim=16,
        mapping_layers=3,
        mapping_fmaps=16,
        label_size=label_size,
    )


def random_generator(config: StyleGANConfig) -> Generator:
    """A generator with random biases, noise weights, style biases and mean of W as well."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1234)
        generator = Generator(config)
        with torch.no_grad():
            for name, parameter in generator.named_parameters():
                if name.endswith("bias") or "noise_weight" in name:
                    scale = 20.0 if name.startswith("mapping") else 0.3
                    parameter.normal_(0.0, scale)
            generator.w_avg.normal_(0.0, 0.3)
    return generator.eval().requires_grad_(requires_grad=False)


@pytest.fixture(scope="session")
def make_model() -> MakeModel:
    """Builds a tiny model: `make_model(resolution=16, classes=(), growth=None)`."""

    def make(
        resolution: int = 16, classes: tuple[str, ...] = (), growth: float | None = None
    ) -> Model:
        config = tiny_config(resolution, len(classes))
        info = ModelInfo(
            name="tiny",
            title="Tiny",
            architecture="stylegan",
            resolution=resolution,
            classes=classes,
            licence="CC0",
            attribution="",
            fingerprint="0" * 32,
            config=dataclasses.asdict(config),
            provenance={},
            growth=float(config.levels) if growth is None else growth,
            path=Path("tiny.safetensors"),
        )
        return from_generator(random_generator(config), info)

    return make


@pytest.fixture
def model(make_model: MakeModel) -> Model:
    """A tiny 16 px model."""
    return make_model()


@pytest.fixture
def model_file(home: Path, model: Model) -> Path:
    """The tiny model as one of the person's own, by the name `tiny`."""
    path = home / "data" / "models" / "tiny.safetensors"
    path.parent.mkdir(parents=True)
    save_model(model, path)
    return path


@pytest.fixture
def loaded(model_file: Path) -> Model:
    """The tiny model as it comes back from its file."""
    return load_model(model_file)
