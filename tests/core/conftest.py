"""What every test of the core shares: one thread, a home of its own, and a tiny StyleGAN."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from ganlab_core.models import Model, load_model, save_model
from tests.stylegan_models import tiny_stylegan

MakeModel = Callable[..., Model]


def pytest_runtest_setup() -> None:
    """Begin each test on one thread: tiny tensors are fastest so, and busy machines stall on more.

    A training on the command line takes all cores of the process that it runs in, and leaves it so.
    """
    torch.set_num_threads(1)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the person's own files that only this test sees."""
    folder = tmp_path / "home"
    monkeypatch.setenv("GANLAB_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def make_model() -> MakeModel:
    """Builds a tiny model: `make_model(resolution=16, classes=(), growth=None)`."""

    return tiny_stylegan


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
