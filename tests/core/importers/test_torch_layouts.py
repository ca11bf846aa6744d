"""PyTorch layouts: other names give the same weights, and other networks are called by their names."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from ganlab_core.errors import CheckpointError
from ganlab_core.importers import open_published
from ganlab_core.importers.published import import_model
from ganlab_core.models import load_model, save_model
from ganlab_core.networks import StyleGANConfig, StyleGANGenerator
from ganlab_core.networks.layers import minibatch_stddev
from ganlab_core.networks.progan import consecutive_stddev
from ganlab_core.recipe import Recipe
from ganlab_core.rendering import Renderer
from tests.core.importers.conftest import Save
from tests.hostile import GOLDEN

ZOO = GOLDEN / "stylegan_zoo_32" / "model.pth"


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as raised:
        import_model(path)
    return raised.value.what


def tiny() -> StyleGANGenerator:
    config = StyleGANConfig(
        resolution=16, fmap_base=64, fmap_max=8, z_dim=6, w_dim=5, mapping_layers=2, mapping_fmaps=7
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return StyleGANGenerator(config).eval()


def as_genforce(generator: StyleGANGenerator) -> dict[str, torch.Tensor]:
    """The same weights under genforce's names."""
    state: dict[str, torch.Tensor] = {"synthesis.lod": torch.tensor(0.0)}
    for name, tensor in generator.state_dict().items():
        theirs = name.replace("mapping.dense.", "mapping.dense")
        theirs = theirs.replace("synthesis.layers.", "synthesis.layer")
        theirs = theirs.replace("synthesis.to_rgb.", "synthesis.output")
        theirs = theirs.replace(".conv.weight", ".weight")
        theirs = theirs.replace(".noise_weight", ".apply_noise.weight")
        if name.startswith("synthesis.noise"):
            theirs = f"synthesis.layer{name.removeprefix('synthesis.noise')}.apply_noise.noise"
        state["truncation.w_avg" if name == "w_avg" else theirs] = tensor
    return state


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"generator": state},
        lambda state: {"generator_smooth": state, "generator": {}, "discriminator": {}},
        lambda state: {"models": {"generator_smooth": state}, "running_metadata": {"iter": 3}},
    ],
)
def test_genforce_weights_come_through_unchanged(save_torch: Save, wrap: Any, legacy: bool) -> None:
    generator = tiny()
    model = import_model(save_torch(wrap(as_genforce(generator)), legacy=legacy))
    for name, tensor in generator.state_dict().items():
        assert torch.equal(model.network.module.state_dict()[name], tensor), name


def test_a_genforce_snapshot_tells_its_growth(save_torch: Save) -> None:
    state = as_genforce(tiny()) | {"synthesis.lod": torch.tensor(0.5)}
    assert import_model(save_torch({"generator": state})).info.growth == 3.5


@pytest.mark.parametrize(
    ("name", "tensor", "words"),
    [
        ("synthesis.layer3.weight", torch.zeros(8, 8, 5, 5), "of the shape 8 x 8 x 5 x 5"),
        ("synthesis.layer3.style.bias", torch.full((16,), torch.nan), "not finite"),
        ("synthesis.layer3.extra", torch.zeros(1), "no place for"),
        ("synthesis.layer3.weight", torch.zeros(1).expand(2**24, 8, 3, 3), "more numbers than"),
        ("synthesis.lod", torch.tensor(torch.nan), "level of detail"),
    ],
)
def test_a_wrong_weight_is_named(
    save_torch: Save, name: str, tensor: torch.Tensor, words: str
) -> None:
    state = as_genforce(tiny()) | {name: tensor}
    assert words in refusal(save_torch({"generator": state}))


def test_older_zoo_files_without_modules_in_their_names_open_too(
    zoo: dict[str, Any], save_torch: Save
) -> None:
    for key in ("avgG", "netG", "netD"):
        zoo[key] = {name.replace(".module.", "."): tensor for name, tensor in zoo[key].items()}
    published = open_published(save_torch(zoo))
    assert published.generator().info.fingerprint == import_model(ZOO).info.fingerprint
    published.discriminator()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("alpha", 2.0, "'alpha'"),
        ("equalizedlR", False, "equalizedlR"),
        ("leakyReluLeak", 0.1, "leakyReluLeak"),
        ("dimOutput", 1, "dimOutput"),
    ],
)
def test_zoo_settings_that_change_the_network_are_refused(
    zoo: dict[str, Any], save_torch: Save, name: str, value: object, words: str
) -> None:
    setattr(zoo["config"], name, value)
    assert words in refusal(save_torch(zoo))


def test_a_zoo_model_fading_in_tells_its_growth(zoo: dict[str, Any], save_torch: Save) -> None:
    zoo["config"].alpha = 0.25
    assert import_model(save_torch(zoo)).info.growth == 4.75


def test_an_imported_model_survives_its_own_file(tmp_path: Path) -> None:
    model = import_model(ZOO)
    path = tmp_path / "zoo.safetensors"
    save_model(model, path)
    again = load_model(path)
    assert again.info.fingerprint == model.info.fingerprint
    recipe = Recipe(psi=0.5)
    first, second = (Renderer(each, "cpu").render(recipe).pixels for each in (model, again))
    assert (first == second).all()


def test_channels_of_its_own_must_make_sense(tmp_path: Path) -> None:
    model = import_model(ZOO)
    wrong = {**model.info.config, "channel_list": [1 << 40] * 5}
    model.info = dataclasses.replace(model.info, config=wrong)
    save_model(model, tmp_path / "zoo.safetensors")
    with pytest.raises(CheckpointError, match="damaged"):
        load_model(tmp_path / "zoo.safetensors")


@pytest.mark.parametrize(
    ("name", "whose"),
    [
        ("main.0.weight", "DCGAN"),
        ("module.main.0.weight", "DCGAN"),
        ("l1.weight", "no generator that ganlab can play"),
        ("linear.weight", "no generator that ganlab can play"),
    ],
)
def test_a_foreign_checkpoint_is_called_what_it_is(save_torch: Save, name: str, whose: str) -> None:
    assert whose in refusal(save_torch({name: torch.zeros(2, 2)}))


def test_consecutive_groups_match_the_formula() -> None:
    x = torch.randn(8, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    got = consecutive_stddev(x, 4)[:, 3]
    for group in (slice(0, 4), slice(4, 8)):
        wanted = (x[group].var(dim=0, unbiased=True) + 1e-8).sqrt().mean()
        torch.testing.assert_close(got[group], wanted.expand(4, 4, 4))
    assert not torch.allclose(got, minibatch_stddev(x, 4)[:, 3])
    assert consecutive_stddev(x[:1], 4)[0, 3].eq(0).all()
    one = (x[:6].var(dim=0) + 1e-8).sqrt().mean()
    torch.testing.assert_close(consecutive_stddev(x[:6], 4)[:, 3], one.expand(6, 4, 4))


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (("MainLayers.0.Layers.0.Basis", "AggregationLayer.Layer.weight"), "an R3GAN"),
        (("init.init.0.weight_orig", "feat_8.1.weight_orig"), "a FastGAN"),
        (("synthesis.init.init.0.weight_orig", "mapping.x"), "a FastGAN"),
        (("l1.weight", "block2.c1.weight", "block2.b1.running_mean"), "an SNGAN of mimicry"),
        (("linear0.weight_orig", "conv2d5.weight_orig"), "a network of StudioGAN"),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_what_cannot_be_played_is_called_by_its_name(names, what, wrapped, tmp_path: Path) -> None:
    state = {name: torch.ones(4, 4) for name in names}
    torch.save({"G_ema": state} if wrapped else state, tmp_path / "other.pth")
    assert refusal(tmp_path / "other.pth") == f"other.pth is {what}, which ganlab cannot play."
