"""BigGAN-PyTorch's files: every variant gives the same pictures, and wrong ones are told why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ganlab_core.errors import CheckpointError
from ganlab_core.importers import open_published
from ganlab_core.importers.published import import_model
from ganlab_core.networks import BatchNorm, BigGANConfig, BigGANDeepConfig, SharedConfig
from tests.core.importers.biggan_files import (
    TINY,
    State,
    agree,
    as_published,
    generator_of,
    make_of,
    pictures,
    random_network,
    refusal,
    save,
    seeded,
    wanted,
)


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    "config",
    [
        BigGANConfig(z_dim=12, **TINY),
        BigGANConfig(z_dim=12, attention_after=(1, 3), **TINY),
        BigGANConfig(z_dim=12, attention_after=(2,), hierarchical=False, **TINY),
        BigGANConfig(z_dim=12, hierarchical=False, shared=False, attention_after=(), **TINY),
        BigGANConfig(z_dim=20, **(TINY | {"resolution": 64, "channels": 3, "attention_after": ()})),
        BigGANDeepConfig(z_dim=7, attention_after=(2, 4), **TINY),
        BigGANDeepConfig(z_dim=7, attention_after=(6,), **TINY),
    ],
)
def test_every_variant_tells_its_own_shape(
    tmp_path: Path, config: SharedConfig, legacy: bool
) -> None:
    network, state = generator_of(config)
    path = save(state, tmp_path, legacy=legacy)
    agree(path, network)
    deep = isinstance(config, BigGANDeepConfig)
    assert import_model(path).info.architecture == ("biggan-deep" if deep else "biggan")


def tiny_state() -> tuple[Any, State]:
    return generator_of(BigGANConfig(z_dim=12, attention_after=(2,), **TINY))


def test_several_gpus_and_more_singular_values_change_nothing(tmp_path: Path) -> None:
    network, state = tiny_state()
    more = {
        name.replace("u0", "u1").replace("sv0", "sv1"): torch.full_like(tensor, torch.nan)
        for name, tensor in state.items()
        if name.endswith(("u0", "sv0"))
    }
    whole = {f"module.{name}": tensor for name, tensor in (state | more).items()}
    agree(save(whole, tmp_path), network)


@pytest.mark.parametrize(
    ("inner", "passes"), [("bn.stored_", 0.0), ("bn.stored_", 16.0), ("bn.running_", None)]
)
def test_all_three_kinds_of_batch_norm_are_read(
    tmp_path: Path, inner: str, passes: float | None
) -> None:
    network, state = tiny_state()
    changed: State = {}
    for name, tensor in state.items():
        if ".stored_" not in name:
            changed[name] = tensor
            continue
        stem = name.partition("stored_")[0]
        changed[name.replace("stored_", inner)] = tensor * (passes or 1.0)
        counter = "num_batches_tracked" if passes is None else "accumulation_counter"
        changed[f"{stem}bn.{counter}"] = torch.tensor([passes or 0.0])
    agree(save(changed, tmp_path), network)


def test_ports_of_tensorflow_hub_have_an_epsilon_of_their_own(tmp_path: Path) -> None:
    config = BigGANConfig(z_dim=12, bn_eps=1e-4, attention_after=(2,), **TINY)
    network, state = generator_of(config)
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, BatchNorm):
                layer.variance *= 1e-3  # so that the epsilon shows
    state = as_published(network, make_of(config))
    state = {name: tensor for name, tensor in state.items() if not name.endswith("sv0")}
    path = save(state, tmp_path, "biggan-128.pth")
    torch.testing.assert_close(pictures(path), wanted(network), atol=1e-4, rtol=0)
    config = import_model(path).network.module.config
    assert (config.bn_eps, config.output_eps) == (1e-4, 1e-5)


def settings(**changes: object) -> dict[str, Any]:
    config = {
        "resolution": 32, "n_classes": 3, "G_ch": 4, "BN_eps": 1e-3, "SN_eps": 1e-8, "z_var": 1.0,
        "norm_style": "bn", "G_nl": "inplace_relu", "G_activation": torch.nn.ReLU(inplace=True),
    }  # fmt: skip
    return {"itr": 5, "save_num": 1, "best_IS": np.float64(9.5), "config": config | changes}


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("suffix", ["", "_best0", "_copy1"])
@pytest.mark.parametrize("name", ["G", "G_ema"])
@pytest.mark.filterwarnings("ignore")  # old files hold sources, which torch looks up in vain
def test_companions_are_found_by_the_names_they_are_saved_under(
    tmp_path: Path, name: str, suffix: str, legacy: bool
) -> None:
    config = BigGANConfig(z_dim=12, attention_after=(1,), **TINY)
    _, state = tiny_state()
    critic = random_network(make_of(config, "discriminator"))
    critic_state = as_published(critic, make_of(config, "discriminator"))
    path = save(state, tmp_path, f"{name}{suffix}.pth")
    save(critic_state, tmp_path, f"D{suffix}.pth", legacy=legacy)
    save(settings(), tmp_path, f"state_dict{suffix}.pth", legacy=legacy)
    published = open_published(path)
    assert published.generator().network.module.config.bn_eps == 1e-3
    x, labels = torch.randn(2, 3, 32, 32, generator=seeded(0)), torch.eye(3)[:2]
    opened = published.discriminator()
    torch.testing.assert_close(opened(x, labels), critic(x, labels), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "config",
    [
        BigGANConfig(wide=False, attention_after=(), **TINY),
        BigGANConfig(attention_after=(1, 2, 3, 4), **TINY),
        BigGANConfig(**(TINY | {"resolution": 64, "channels": 8, "attention_after": (1, 2)})),
        BigGANDeepConfig(attention_after=(1, 2, 3), **TINY),
        BigGANDeepConfig(**(TINY | {"resolution": 64, "channels": 8, "attention_after": (1,)})),
    ],
)
def test_every_discriminator_tells_its_own_shape(tmp_path: Path, config: SharedConfig) -> None:
    make = make_of(config, "discriminator")
    critic = random_network(make)
    path = save(tiny_state()[1], tmp_path)
    save(as_published(critic, make), tmp_path, "D.pth")
    side = config.resolution
    x, labels = torch.randn(2, 3, side, side, generator=seeded(0)), torch.eye(3)[:2]
    opened = open_published(path).discriminator()
    torch.testing.assert_close(opened(x, labels), critic(x, labels), atol=1e-4, rtol=1e-4)


def test_other_files_of_a_run_point_to_the_generator(tmp_path: Path) -> None:
    make = make_of(BigGANConfig(attention_after=(), **TINY), "discriminator")
    critic = as_published(random_network(make), make)
    assert "discriminator of a BigGAN" in refusal(save(critic, tmp_path, "D.pth"))
    assert "settings of a training run" in refusal(save(settings(), tmp_path, "state_dict.pth"))
    optimizer = {"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": [{"lr": 1e-4}]}
    assert "state of an optimizer" in refusal(save(optimizer, tmp_path, "G_optim.pth"))
    with pytest.raises(CheckpointError, match="no discriminator"):
        open_published(save(tiny_state()[1], tmp_path / "alone")).discriminator()
    (tmp_path / "config.json").write_text('{"layers": []}')
    assert "pytorch_model.bin" in refusal(tmp_path / "config.json")


@pytest.mark.parametrize(
    ("name", "tensor", "words"),
    [
        ("blocks.0.0.conv1.weight", torch.zeros(16, 16, 5, 5), "shape 16 x 16 x 5 x 5"),
        ("blocks.0.0.bn1.stored_mean", torch.full((16,), torch.nan), "not finite"),
        ("blocks.0.0.conv1.u0", torch.zeros(1, 16), "not finite"),
        ("blocks.0.0.conv1.u0", torch.ones(1, 7), "spectral normalisation"),
        ("blocks.0.0.extra", torch.zeros(1), "no place for"),
        ("linear.weight", torch.zeros(256), "spectral normalisation"),
        ("linear.weight", torch.ones(256, 9), "where its network takes"),
        ("blocks.3.0.conv1.weight", torch.zeros(16, 16, 3, 3), "where its network takes"),
        ("output_layer.2.weight", torch.ones(3, 6, 3, 3), "impossible shape"),
        ("shared.weight", torch.ones(0, 5), "impossible shape"),
    ],
)
def test_a_wrong_weight_is_named(
    tmp_path: Path, name: str, tensor: torch.Tensor, words: str
) -> None:
    state = tiny_state()[1] | {name: tensor}
    assert words in refusal(save(state, tmp_path))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("resolution", 64, "disagree about resolution"),
        ("G_ch", 96, "disagree about G_ch"),
        ("n_classes", 1000, "disagree about n_classes"),
        ("norm_style", "gn", "norm_style"),
        ("G_nl", "leaky_relu", "G_nl"),
        ("BN_eps", "small", "'BN_eps'"),
        ("z_var", -1.0, "'z_var'"),
    ],
)
def test_settings_beside_are_held_against_the_weights(
    tmp_path: Path, name: str, value: object, words: str
) -> None:
    path = save(tiny_state()[1], tmp_path)
    save(settings(**{name: value}), tmp_path, "state_dict.pth")
    assert words in refusal(path)


class Sneaky(torch.nn.Module):
    """Some other module among the settings."""


def test_other_objects_among_the_settings_are_passed_over(tmp_path: Path) -> None:
    path = save(tiny_state()[1], tmp_path)
    save(settings(), tmp_path, "state_dict.pth")
    before = import_model(path).info.fingerprint
    save(settings(G_activation=Sneaky()), tmp_path, "state_dict.pth")
    assert import_model(path).info.fingerprint == before


def test_a_thousand_classes_have_imagenets_names(tmp_path: Path) -> None:
    config = BigGANConfig(z_dim=12, **(TINY | {"label_size": 1000}))
    classes = import_model(save(generator_of(config)[1], tmp_path)).capabilities.classes
    assert (classes[0], classes[207], classes[999]) == (
        "tench",
        "golden retriever",
        "toilet tissue",
    )
    few = import_model(save(tiny_state()[1], tmp_path / "few")).capabilities.classes
    assert few == ("class 0", "class 1", "class 2")
