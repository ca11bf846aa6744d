"""Starting from another model: what is shared is taken over, the rest stays as it was drawn."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from ganlab_core.errors import TrainingError
from ganlab_core.importers import open_model, open_published
from ganlab_core.models import add_discriminator, read_info, save_model
from ganlab_core.networks import BigGANDeepConfig, BigGANDeepDiscriminator
from ganlab_core.training import (
    RunFolder,
    Started,
    TrainConfig,
    adopted,
    preset,
    train,
    with_settings,
)
from ganlab_core.training.state import TrainState, start_from
from tests.biggan_models import make_biggan
from tests.core.training.conftest import Trained
from tests.hostile import GOLDEN

CPU = torch.device("cpu")


@pytest.fixture
def source(tiny: TrainConfig, trained: Trained) -> Path:
    """A short run at 8 px."""
    return trained(with_settings(tiny, {"resolution": 8, "images": 64}))


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


def test_a_model_file_that_carries_its_discriminator_gives_that_too(
    tiny: TrainConfig, source: Path
) -> None:
    path, old = source / "model.safetensors", TrainState.start(tiny, 0, CPU).discriminator
    before = open_model(path).info.fingerprint
    add_discriminator(path, old.state_dict())
    add_discriminator(path, old.state_dict())
    state = TrainState.start(with_settings(tiny, {"seed": 1}), 0, CPU)
    assert start_from(state, str(path))[1] == len(old.state_dict())
    for name, tensor in old.state_dict().items():
        torch.testing.assert_close(
            state.discriminator.state_dict()[name], tensor, rtol=1e-3, atol=1e-3
        )
    assert open_model(path).info.fingerprint == before == read_info(path).fingerprint


def test_a_run_takes_over_the_widths_of_the_run_it_starts_from(
    tiny: TrainConfig, source: Path
) -> None:
    other = with_settings(tiny, {"z_dim": 16, "w_dim": 12, "fmap_base": 80, "mapping_layers": 1})
    for start in (source, RunFolder(source).checkpoints()[-1]):
        taken = adopted(with_settings(other, {"start_from": str(start), "seed": 5}))
        assert (taken.z_dim, taken.w_dim, taken.fmap_base) == (
            tiny.z_dim, tiny.w_dim, tiny.fmap_base,
        )  # fmt: skip
        assert taken.seed == 5
        state = TrainState.start(taken, 0, CPU)
        assert min(start_from(state, str(start))) > 5


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


@pytest.mark.parametrize(
    ("folder", "architecture", "resolution"),
    [
        ("progan_tf_32_fused_cond/network.pkl", "progan", 16),
        ("stylegan_tf_64/network.pkl", "stylegan", 16),
        ("biggan_ajbrock_32_unshared/G_ema.pth", "biggan", 32),
    ],
)
def test_a_published_network_is_trained_further_with_its_discriminator(
    tiny: TrainConfig, tmp_path: Path, folder: str, architecture: str, resolution: int
) -> None:
    settings = {
        "architecture": architecture, "start_from": str(GOLDEN / folder),
        "resolution": resolution, "initial_resolution": resolution, "images": 16,
        "loss": "hinge" if architecture == "biggan" else "logistic-r1",
    }  # fmt: skip
    config = adopted(with_settings(tiny, settings))
    state = TrainState.start(config, 0 if architecture != "biggan" else 10, CPU)
    g, d = start_from(state, config.start_from)
    assert g > 10
    assert d > 5
    published = open_published(GOLDEN / folder).discriminator().state_dict()
    ours = state.discriminator.state_dict()
    name = next(name for name in ours if name.startswith("blocks.0") and ours[name].ndim == 4)
    assert torch.equal(ours[name], published[name])
    assert state.generator.config.z_dim == config.z_dim or architecture == "biggan"


def test_a_run_from_a_published_network_resumes_without_it(
    tiny: TrainConfig, tmp_path: Path
) -> None:
    given = tmp_path / "given.pkl"
    given.write_bytes((GOLDEN / "stylegan_tf_64" / "network.pkl").read_bytes())
    settings = {"start_from": str(given), "resolution": 8, "initial_resolution": 8, "images": 16}
    list(train(with_settings(tiny, settings), tmp_path / "run"))
    given.unlink()
    assert open_model(tmp_path / "run" / "model.safetensors").capabilities.z_dim == 32
    list(train(TrainConfig(), tmp_path / "run", resume=True))


def test_a_model_of_another_architecture_is_refused_by_name(tiny: TrainConfig) -> None:
    start = GOLDEN / "progan_tf_32_fused_cond" / "network.pkl"
    with pytest.raises(TrainingError, match="is a progan"):
        adopted(with_settings(tiny, {"start_from": str(start)}))


def test_a_run_of_another_architecture_is_refused_by_name(tiny: TrainConfig, source: Path) -> None:
    progan = with_settings(TrainConfig(), {"architecture": "progan", "start_from": str(source)})
    with pytest.raises(TrainingError, match="is a stylegan"):
        adopted(progan)


def test_the_config_of_a_run_says_what_the_start_models_network_has(tmp_path: Path) -> None:
    model = make_biggan()
    save_model(model, tmp_path / "start.safetensors")
    other = with_settings(TrainConfig(), preset("minutes", "biggan"))
    taken = adopted(
        dataclasses.replace(other, resolution=32, start_from=str(tmp_path / "start.safetensors"))
    )
    shape = model.info.config
    assert (taken.channels, taken.z_dim) == (shape["channels"], shape["z_dim"])
    assert [taken.attention] == (list(shape["attention"]) or [0])


def test_what_can_only_be_played_says_so() -> None:
    with pytest.raises(TrainingError, match="can be opened and played, but not trained"):
        preset("minutes", "stylegan3")


def test_a_generators_places_of_attention_are_not_asked_of_a_discriminator_without_them() -> None:
    """As of a published BigGAN-deep, whose G has twice the blocks of its D."""
    config = BigGANDeepConfig(
        resolution=32, channels=2, z_dim=8, shared_dim=4, attention=(16,), attention_after=(5,)
    )
    critic = BigGANDeepDiscriminator(config)
    plain = BigGANDeepDiscriminator(dataclasses.replace(config, attention_after=None))
    assert critic.state_dict().keys() == plain.state_dict().keys()
