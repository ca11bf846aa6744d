"""Starting from another model: what is shared is taken over, the rest stays as it was drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ganlab_core.errors import TrainingError
from ganlab_core.training.config import TrainConfig, with_settings
from ganlab_core.training.events import Started
from ganlab_core.training.loop import train
from ganlab_core.training.run_folder import RunFolder
from ganlab_core.training.state import TrainState
from ganlab_core.training.transfer import start_from

CPU = torch.device("cpu")


@pytest.fixture
def source(tiny: TrainConfig, tmp_path: Path) -> Path:
    """A short run at 8 px."""
    config = with_settings(tiny, {"resolution": 8, "images": 64})
    list(train(config, tmp_path / "source"))
    return tmp_path / "source"


def same(a: torch.nn.Module, b: torch.nn.Module, name: str) -> bool:
    return torch.equal(a.state_dict()[name], b.state_dict()[name])


def test_a_run_gives_g_and_d_at_all_shared_resolutions(tiny: TrainConfig, source: Path) -> None:
    fresh, taken = (TrainState.start(tiny, 0, CPU) for _ in range(2))
    old = TrainState.start(with_settings(tiny, {"resolution": 8}), 0, CPU)
    old.load(RunFolder(source).checkpoints()[-1])
    g, d = start_from(taken, str(source))
    assert g > 10
    assert d > 5
    shared = [name for name in old.generator.state_dict() if name != "w_avg"]
    assert all(same(taken.generator, old.generator, name) for name in shared)
    assert all(same(taken.average, old.average, name) for name in shared)
    assert all(
        same(taken.discriminator, old.discriminator, name)
        for name in old.discriminator.state_dict()
    )
    new = [name for name in fresh.generator.state_dict() if name not in old.generator.state_dict()]
    assert new
    assert all(same(taken.generator, fresh.generator, name) for name in new)


def test_a_model_file_gives_its_generator(tiny: TrainConfig, source: Path) -> None:
    state = TrainState.start(tiny, 0, CPU)
    g, d = start_from(state, str(source / "model.safetensors"))
    assert g > 10
    assert d == 0


def test_a_run_can_be_started_from_another(tiny: TrainConfig, source: Path, tmp_path: Path) -> None:
    config = with_settings(tiny, {"images": 16, "start_from": str(source)})
    assert isinstance(next(iter(list(train(config, tmp_path / "next")))), Started)


def test_a_model_of_another_shape_is_refused_in_a_sentence(tiny: TrainConfig, source: Path) -> None:
    other = with_settings(
        tiny, {"z_dim": 16, "w_dim": 12, "fmap_base": 80, "fmap_max": 10, "mapping_layers": 1}
    )
    state = TrainState.start(other, 0, CPU)
    state.generator = torch.nn.Linear(3, 3)
    with pytest.raises(TrainingError, match="shares no weights"):
        start_from(state, str(source))
    with pytest.raises(TrainingError):
        start_from(state, str(source / "nothing.safetensors"))
