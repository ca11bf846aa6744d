"""ProGAN's TensorFlow pickles: every setting against the published formulas, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.errors import CheckpointError
from ganlab_core.importers import open_published
from ganlab_core.importers.published import import_model
from ganlab_core.networks.layers import minibatch_stddev
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from tests.core.importers.conftest import Networks, Save
from tests.hostile import GOLDEN, Network, OldNetwork
from tests.tiny_progan import normal

WHOLE = GOLDEN / "progan_tf_32_fused_cond" / "network.pkl"


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as raised:
        import_model(path)
    return raised.value.what


class Published:
    """The published networks in plain steps, from their variables and settings."""

    def __init__(self, network: Any) -> None:
        self.vars = {name: torch.tensor(array) for name, array in network.variables}
        self.kwargs = network.static_kwargs

    def weight(self, name: str, gain: float, axes: tuple[int, ...]) -> Tensor:
        weight = self.vars[f"{name}/weight"].permute(axes)
        scale = gain / math.sqrt(weight[0].numel())
        return weight * scale if self.kwargs.get("use_wscale", True) else weight

    def conv(
        self, x: Tensor, name: str, gain: float = math.sqrt(2), *, mirrored: bool = False
    ) -> Tensor:
        weight = self.weight(name, gain, (2, 3, 0, 1) if mirrored else (3, 2, 0, 1))
        weight = weight.flip(2, 3) if mirrored else weight
        return F.conv2d(x, weight, self.vars[f"{name}/bias"], padding=weight.shape[-1] // 2)

    def norm(self, x: Tensor) -> Tensor:
        epsilon = self.kwargs.get("pixelnorm_epsilon", 1e-8)
        return x / (x.square().mean(dim=1, keepdim=True) + epsilon).sqrt()

    def act(self, x: Tensor) -> Tensor:
        x = F.leaky_relu(x, 0.2) if self.kwargs.get("use_leakyrelu", True) else F.relu(x)
        return self.norm(x) if self.kwargs.get("use_pixelnorm", True) else x

    def image(self, z: Tensor) -> Tensor:
        x = self.norm(z) if self.kwargs.get("normalize_latents", True) else z
        x = x @ self.weight("4x4/Dense", math.sqrt(2) / 4, (1, 0)).T
        x = x.unflatten(1, (-1, 4, 4)) + self.vars["4x4/Dense/bias"][:, None, None]
        x = self.act(self.conv(self.act(x), "4x4/Conv"))
        for side in (8, 16, 32):
            up, fused = F.interpolate(x, scale_factor=2), f"{side}x{side}/Conv0_up"
            if f"{fused}/weight" in self.vars:
                x = self.act(self.conv(up, fused, mirrored=True))
            else:
                x = self.act(self.conv(up, f"{side}x{side}/Conv0"))
            x = self.act(self.conv(x, f"{side}x{side}/Conv1"))
        return self.conv(x, "ToRGB_lod0", 1.0)


def unfused(generator: OldNetwork) -> None:
    """The same variables under the names, and of the shapes, of the unfused network."""
    generator.static_kwargs["fused_scale"] = False
    generator.variables = [
        (name.replace("_up", ""), array.transpose(0, 1, 3, 2) if "_up/weight" in name else array)
        for name, array in generator.variables
    ]


def raw(path: Path, z: Tensor) -> Tensor:
    """What the Renderer shows of each row of z and labels; the first 20 numbers are z."""
    renderer = Renderer(import_model(path), "cpu")
    recipes = [
        Recipe(
            latent=Latent(vector=tuple(row[:20].double().tolist())),
            classes=tuple(enumerate(row[20:].tolist())),
        )
        for row in z
    ]
    return torch.stack([torch.from_numpy(renderer.raw(recipe)) for recipe in recipes])


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"normalize_latents": False},
        {"use_wscale": False},
        {"use_leakyrelu": False},
        {"use_pixelnorm": False},
        {"pixelnorm_epsilon": 0.1},
    ],
    ids=str,
)
def test_every_setting_gives_the_published_picture(
    progans: Networks, save_tf: Save, settings: dict[str, object], fused: bool
) -> None:
    network = progans[2]
    if not fused:
        unfused(network)
    if "use_wscale" in settings:
        network.variables = [(name, 0.1 * array) for name, array in network.variables]
    network.static_kwargs.update(settings)
    z = normal(2, 25)
    with torch.inference_mode():
        wanted = Published(network).image(z)
    torch.testing.assert_close(raw(save_tf(network), z), wanted, rtol=1e-4, atol=1e-4)


def test_a_discriminator_without_equalized_rates_or_comparison_is_one_too(
    progans: Networks, save_tf: Save
) -> None:
    network = progans[1]
    network.static_kwargs.update(use_wscale=False, mbstd_group_size=1)
    named = dict(network.variables)
    named["4x4/Conv/weight"] = named["4x4/Conv/weight"][:, :, :-1]
    network.variables = list(named.items())
    found = open_published(save_tf(progans)).discriminator()
    plain = Published(network)
    with torch.no_grad():
        x = F.leaky_relu(plain.conv(normal(3, 3, 4, 4), "FromRGB_lod3"), 0.2)
        x = F.leaky_relu(plain.conv(x, "4x4/Conv"), 0.2).flatten(1)
        dense = plain.weight("4x4/Dense0", 1.0, (1, 0))
        x = F.leaky_relu(F.linear(x, dense, plain.vars["4x4/Dense0/bias"]), 0.2)
        dense = plain.weight("4x4/Dense1", 1.0, (1, 0))
        wanted = F.linear(x, dense, plain.vars["4x4/Dense1/bias"])
        got = found(normal(3, 3, 4, 4), growth=2.0)
    torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-4 * float(wanted.abs().max()))


def test_the_group_size_of_the_discriminator_is_a_setting(progans: Networks, save_tf: Save) -> None:
    scores = []
    for size in (2, 8):
        progans[1].static_kwargs["mbstd_group_size"] = size
        discriminator = open_published(save_tf(progans)).discriminator()
        assert discriminator.config.mbstd_group_size == size
        scores.append(discriminator(normal(8, 3, 32, 32)))
    assert not torch.allclose(*scores)
    assert minibatch_stddev(normal(8, 3, 4, 4), 2).shape == (8, 4, 4, 4)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_gives_the_same_model(
    progans: Networks, save_tf: Save, protocol: int
) -> None:
    again = import_model(save_tf(progans, protocol))
    assert again.info.fingerprint == import_model(WHOLE).info.fingerprint


def test_a_single_network_is_taken_as_it_is(progans: Networks, save_tf: Save) -> None:
    path = save_tf(progans[2])
    assert import_model(path).info.fingerprint == import_model(WHOLE).info.fingerprint
    with pytest.raises(CheckpointError, match="no discriminator"):
        open_published(path).discriminator()


def test_the_averaged_generator_is_taken_of_three() -> None:
    published = open_published(WHOLE)
    averaged, plain = published.generator(), published.generator(averaged=False)
    assert averaged.info.fingerprint != plain.info.fingerprint


def test_stylegans_code_stores_fused_kernels_the_other_way_round(
    progans: Networks, save_tf: Save
) -> None:
    newer = []
    for old in progans:
        network = Network()
        vars(network).update(vars(old), version=3, components={})
        network.variables = [
            (name, array.transpose(0, 1, 3, 2) if "Conv0_up/weight" in name else array)
            for name, array in old.variables
        ]
        newer.append(network)
    again = import_model(save_tf(tuple(newer)))
    assert again.info.fingerprint == import_model(WHOLE).info.fingerprint


def test_the_latents_size_defaults_to_the_most_feature_maps(
    progans: Networks, save_tf: Save
) -> None:
    network = progans[2]
    network.static_kwargs["latent_size"] = None
    named = dict(network.variables)
    named["4x4/Dense/weight"] = np.zeros((24 + 5, 24 * 16), np.float32)
    network.variables = list(named.items())
    assert import_model(save_tf(network)).capabilities.z_dim == 24
    del network.static_kwargs["latent_size"]
    assert import_model(save_tf(network)).capabilities.z_dim == 24


def test_the_stored_level_of_detail_is_how_far_it_has_grown(
    progans: Networks, save_tf: Save
) -> None:
    network = progans[2]
    network.variables[0] = ("lod", np.float32(1.25))
    assert import_model(save_tf(network)).info.growth == 3.75
    network.variables[0] = ("lod", np.float32(-3.0))
    assert "level of detail" in refusal(save_tf(network))


def test_classes_are_numbered_as_long_as_nobody_names_them() -> None:
    assert import_model(WHOLE).capabilities.classes == tuple(f"class {i}" for i in range(5))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("resolution", 64, "lacks the weights"),
        ("resolution", 16, "of the shape"),
        ("resolution", 2**40, "makes no sense"),
        ("resolution", 48, "pictures of 48 px"),
        ("fmap_max", 16, "of the shape"),
        ("fmap_base", 300, "of the shape"),
        ("latent_size", 64, "of the shape"),
        ("label_size", 3, "of the shape"),
        ("fused_scale", False, "fused scaling"),
        ("fused_scale", "auto", "fused_scale"),
        ("num_channels", 1, "num_channels"),
        ("normalize_latents", 3, "normalize_latents"),
        ("pixelnorm_epsilon", float("nan"), "makes no sense"),
    ],
)
def test_settings_that_the_weights_deny_are_refused(
    progans: Networks, save_tf: Save, name: str, value: object, words: str
) -> None:
    progans[2].static_kwargs[name] = value
    assert words in refusal(save_tf(progans))


def test_a_missing_and_a_surplus_weight_are_named(progans: Networks, save_tf: Save) -> None:
    network = progans[2]
    place = [name for name, _ in network.variables].index("8x8/Conv1/weight")
    taken = network.variables.pop(place)
    assert "lacks the weights '8x8/Conv1/weight'" in refusal(save_tf(progans))
    network.variables += [taken, ("8x8/Conv9/weight", taken[1].copy())]
    assert "no place for: '8x8/Conv9/weight'" in refusal(save_tf(progans))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(
    progans: Networks, save_tf: Save, value: float
) -> None:
    named = dict(progans[2].variables)
    named["4x4/Dense/bias"][0] = value
    assert "not finite" in refusal(save_tf(progans))


@pytest.mark.parametrize("shape", [(), (3,), (3, 3, 24), (1, 1, 24, 24)])
def test_kernels_of_other_dimensions_are_refused(
    progans: Networks, save_tf: Save, shape: tuple[int, ...]
) -> None:
    named = dict(progans[2].variables)
    named["8x8/Conv0_up/weight"] = np.zeros(shape, np.float32)
    progans[2].variables = list(named.items())
    assert "of the shape" in refusal(save_tf(progans))


def test_a_discriminator_alone_is_no_generator(progans: Networks, save_tf: Save) -> None:
    assert "no generator" in refusal(save_tf(progans[1]))


def test_three_networks_in_another_order_are_refused(progans: Networks, save_tf: Save) -> None:
    generator, discriminator, averaged = progans
    path = save_tf((discriminator, generator, averaged))
    with pytest.raises(CheckpointError, match="no ProGAN generator"):
        open_published(path).generator(averaged=False)
    with pytest.raises(CheckpointError):
        open_published(path).discriminator()
