"""TensorFlow pickles of StyleGAN2, versions 4 and 5, written from our own networks and read again."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ganlab_core.errors import CheckpointError
from ganlab_core.importers import open_published
from ganlab_core.importers.published import import_model
from ganlab_core.networks import StyleGAN2Config, StyleGAN2Discriminator, StyleGAN2Generator
from tests.core.importers.conftest import Save
from tests.hostile import Network
from tests.stylegan2_models import LABELLED, TINY, discriminator, generator, noise

JOINED = dataclasses.replace(LABELLED, label_kind="concat")
Variables = list[tuple[str, Any]]


def tf_network(
    version: int, builder: str, settings: object, variables: Variables, **parts: Any
) -> Any:
    network = Network()
    network.__dict__ |= {
        "version": version,
        "name": builder,
        "static_kwargs": settings,
        "components": parts,
        "build_module_src": "import builtins; builtins.GANLAB_CANARY = True",
        "build_func_name": builder,
        "variables": variables,
    }
    return network


def settings_of(config: StyleGAN2Config) -> dict[str, Any]:
    """What gives 12, 10 and 6 feature maps at 4, 8 and 16 px, and 5 in the last dense layer."""
    return {
        "resolution": config.resolution,
        "label_size": config.label_size,
        "fmap_base": 25,
        "fmap_decay": 1.0,
        "fmap_max": 12,
        "mapping_layers": config.mapping_layers,
        "conv_clamp": config.conv_clamp,
        "resample_kernel": list(map(int, config.resample_filter)),
    }


SHAPED = {"channel_list": (12, 6, 3), "critic_dense": 12}


def array(tensor: Tensor) -> Any:
    return tensor.numpy().copy()


def dense(name: str, layer: Any) -> Variables:
    return [(f"{name}/weight", array(layer.weight.T)), (f"{name}/bias", array(layer.bias))]


def modulated(name: str, layer: Any, *, mirrored: bool = False, scale: float = 1.0) -> Variables:
    weight = layer.weight.flip(2, 3) if mirrored else layer.weight
    return [
        (f"{name}/weight", array(weight.permute(2, 3, 1, 0) * scale)),
        (f"{name}/mod_weight", array(layer.style.weight.T)),
        (f"{name}/mod_bias", array(layer.style.bias - 1.0)),
        (f"{name}/bias", array(layer.bias)),
    ]


def tf_generator(network: StyleGAN2Generator, version: int, **more: object) -> Any:
    config, synthesis = network.config, network.synthesis
    settings = settings_of(config) | {"latent_size": config.z_dim, "dlatent_size": config.w_dim}
    mapping: Variables = []
    for index, layer in enumerate(network.mapping.dense):
        mapping += dense(f"Dense{index}", layer)
    if config.label_size and config.label_kind == "concat":
        mapping.append(("LabelConcat/weight", array(network.mapping.label_weight)))
    elif config.label_size:
        mapping += dense("LabelEmbed", network.mapping.embed)
    variables: Variables = [("4x4/Const/const", array(synthesis.const))]
    for index, layer in enumerate(synthesis.layers):
        side, kind = 2 ** ((index + 1) // 2 + 2), "Conv0_up" if index % 2 else "Conv1"
        name = f"{side}x{side}/{kind if index else 'Conv'}"
        he = math.sqrt(9 * layer.weight.shape[1])
        variables += modulated(name, layer, mirrored=bool(index % 2), scale=he)
        variables.append((f"{name}/noise_strength", array(layer.noise_strength)))
        variables.append((f"noise{index}", array(synthesis.stored_noise(index))))
    for index, layer in enumerate(synthesis.to_rgb):
        variables += modulated(f"{2 ** (index + 2)}x{2 ** (index + 2)}/ToRGB", layer)
    own = [("dlatent_avg", array(network.w_avg))]
    own += [("lod", np.zeros((), np.float32))] if version == 4 else []
    return tf_network(
        version, "G_main", settings | more, own,
        synthesis=tf_network(version, "G_synthesis", settings, variables),
        mapping=tf_network(version, "G_mapping", settings, mapping),
    )  # fmt: skip


def tf_discriminator(network: StyleGAN2Discriminator, version: int, **more: object) -> Any:
    config = network.config

    def conv(name: str, layer: Any) -> Variables:
        found = [(f"{name}/weight", array(layer.weight.permute(2, 3, 1, 0)))]
        bias = getattr(layer, "bias", None)
        return found if bias is None else [*found, (f"{name}/bias", array(bias))]

    variables = conv("4x4/Conv", network.conv) + dense("4x4/Dense0", network.dense)
    variables += dense("Output", network.out)
    if network.from_rgb is not None:
        variables += conv("4x4/FromRGB", network.from_rgb)
    for index, block in enumerate(network.blocks):
        side = f"{2 ** (index + 3)}x{2 ** (index + 3)}"
        variables += conv(f"{side}/Conv0", block.conv0) + conv(f"{side}/Conv1_down", block.conv1)
        if block.from_rgb is not None:
            variables += conv(f"{side}/FromRGB", block.from_rgb)
        if config.critic == "resnet":
            variables += conv(f"{side}/Skip", block.skip)
    if network.maps:
        variables += dense("LabelEmbed", network.mapping.embed)
        for index, layer in enumerate(network.mapping.dense):
            variables += dense(f"Mapping{index}", layer)
    settings = settings_of(config) | {"architecture": config.critic}
    return tf_network(version, "D_stylegan2", settings | more, variables)


def shaped(config: StyleGAN2Config) -> StyleGAN2Config:
    """As the settings give it."""
    return dataclasses.replace(config, **SHAPED)


@pytest.mark.parametrize(("version", "config"), [(4, TINY), (5, TINY), (4, JOINED), (5, LABELLED)])
def test_every_weight_comes_back(save_tf: Save, version: int, config: StyleGAN2Config) -> None:
    network = generator(shaped(config))
    model = import_model(save_tf(tf_generator(network, version)))
    expected, found = network.state_dict(), model.network.module.state_dict()
    assert expected.keys() == found.keys()
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name], tensor, msg=name)
    assert model.info.provenance["truncation"] == {"psi": 0.5, "cutoff": None}
    assert len(model.capabilities.classes) == config.label_size


@pytest.mark.parametrize("group", [None, 2])
@pytest.mark.parametrize(
    ("version", "config"), [(4, TINY), (4, JOINED), (5, LABELLED), (5, TINY)]
)  # fmt: skip
def test_a_discriminator_scores_as_it_did(
    save_tf: Save, version: int, config: StyleGAN2Config, group: int | None
) -> None:
    config = dataclasses.replace(
        shaped(config), mbstd_group_size=group, mapping_lr=0.1, critic_map=9
    )
    network = discriminator(config)
    top = tf_generator(generator(shaped(config)), version)
    path = save_tf((top, tf_discriminator(network, version, mbstd_group_size=group), top))
    images, labels = noise(4, 3, 16, 16), torch.eye(4)[:, :3]
    found = open_published(path).discriminator()
    torch.testing.assert_close(found(images, labels), network(images, labels))


@pytest.mark.parametrize(("version", "group"), [(4, 4), (5, None)])
def test_the_groups_of_the_batch_are_each_codes_own(
    save_tf: Save, version: int, group: int | None
) -> None:
    top, critic = tf_generator(generator(shaped(TINY)), version), discriminator(shaped(TINY))
    path = save_tf((top, tf_discriminator(critic, version), top))
    found: Any = open_published(path).discriminator()
    assert found.config.mbstd_group_size == group


def test_its_own_truncation_is_kept(save_tf: Save) -> None:
    top = tf_generator(generator(shaped(TINY)), 4, truncation_psi=0.3, truncation_cutoff=2)
    assert import_model(save_tf(top)).info.provenance["truncation"] == {"psi": 0.3, "cutoff": 2}
    top.static_kwargs["truncation_psi"] = None
    assert import_model(save_tf(top)).info.provenance["truncation"]["psi"] == 1.0


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("architecture", "resnet", "architecture"),
        ("resolution", 32, "lacks the weights"),
        ("resolution", 8, "no place for"),
        ("fmap_max", 7, "of the shape"),
        ("num_channels", 1, "of the shape"),
        ("use_noise", False, "use_noise"),
        ("conv_clamp", -1.0, "makes no sense"),
        ("resample_kernel", [1, 2, 1], "resample_kernel"),
        ("resample_kernel", [1, -1], "resample_kernel"),
        ("label_size", 3, "lacks the weights"),
    ],
)
def test_settings_that_the_weights_deny_are_refused(
    save_tf: Save, name: str, value: object, words: str
) -> None:
    top = tf_generator(generator(shaped(TINY)), 4, **{name: value})
    with pytest.raises(CheckpointError, match=words):
        import_model(save_tf(top))


def test_a_growing_relative_is_refused(save_tf: Save) -> None:
    top = tf_generator(generator(shaped(TINY)), 4)
    synthesis = top.components["synthesis"]
    synthesis.variables = [
        (name.replace("16x16/ToRGB", "ToRGB_lod0"), value) for name, value in synthesis.variables
    ]
    with pytest.raises(CheckpointError, match="grows"):
        import_model(save_tf(top))
