"""ProGAN in PyTorch layouts, against the published formulas on random weights."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.errors import CheckpointError
from ganlab_core.importers import open_published
from ganlab_core.importers.published import import_model
from ganlab_core.models import Model
from ganlab_core.networks.progan import consecutive_stddev
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from tests.core.importers.conftest import Save
from tests.hostile import BaseConfig
from tests.tiny_progan import normal

State = dict[str, Tensor]
DEPTHS = (12, 10, 6)
"""Feature maps at 4, 8 and 16 px."""


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as raised:
        import_model(path)
    return raised.value.what


def unit(x: Tensor) -> Tensor:
    return x / (x.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()


def raw(model: Model, z: Tensor, growth: float | None = None) -> Tensor:
    """What the Renderer shows of each row of z with its class weights behind."""
    renderer, size = Renderer(model, "cpu"), model.capabilities.z_dim
    recipes = [
        Recipe(
            latent=Latent(vector=tuple(row[:size].double().tolist())),
            classes=tuple(enumerate(row[size:].tolist())),
            growth=growth,
        )
        for row in z
    ]
    return torch.stack([torch.from_numpy(renderer.raw(recipe)) for recipe in recipes])


# --- the GAN zoo -----------------------------------------------------------------------------------


def zoo_state(shapes: dict[str, tuple[int, ...]]) -> State:
    state = {}
    for seed, (name, shape) in enumerate(shapes.items()):
        state[f"{name}.module.weight"] = normal(*shape, seed=seed)
        state[f"{name}.module.bias"] = normal(shape[0], seed=1000 + seed)
    return state


def zoo_generator(width: int) -> State:
    shapes: dict[str, tuple[int, ...]] = {
        "formatLayer": (16 * DEPTHS[0], width),
        "groupScale0.0": (DEPTHS[0], DEPTHS[0], 3, 3),
        "toRGBLayers.0": (3, DEPTHS[0], 1, 1),
    }
    for scale in range(len(DEPTHS) - 1):
        before, here = DEPTHS[scale : scale + 2]
        shapes[f"scaleLayers.{scale}.0"] = (here, before, 3, 3)
        shapes[f"scaleLayers.{scale}.1"] = (here, here, 3, 3)
        shapes[f"toRGBLayers.{scale + 1}"] = (3, here, 1, 1)
    return zoo_state(shapes)


def zoo_discriminator(labels: int, extra: int) -> State:
    top = DEPTHS[0]
    shapes: dict[str, tuple[int, ...]] = {
        "groupScaleZero.0": (top, top + extra, 3, 3),
        "groupScaleZero.1": (top, 16 * top),
        "decisionLayer": (1 + labels, top),
        "fromRGBLayers.0": (top, 3, 1, 1),
    }
    for scale in range(len(DEPTHS) - 1):
        below, here = DEPTHS[scale : scale + 2]
        shapes[f"scaleLayers.{scale}.0"] = (here, here, 3, 3)
        shapes[f"scaleLayers.{scale}.1"] = (below, here, 3, 3)
        shapes[f"fromRGBLayers.{scale + 1}"] = (here, 3, 1, 1)
    return zoo_state(shapes)


class Zoo:
    """The zoo's networks in plain steps."""

    def __init__(self, state: State, slope: float = 0.2, *, equalized: bool = True) -> None:
        self.state, self.slope, self.equalized = state, slope, equalized

    def layer(self, x: Tensor, name: str) -> Tensor:
        weight, bias = (self.state[f"{name}.module.{kind}"] for kind in ("weight", "bias"))
        scale = math.sqrt(2 / weight[0].numel()) if self.equalized else 1.0
        if weight.ndim == 2:
            return scale * F.linear(x, weight, bias)
        return scale * F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)

    def act(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, self.slope)

    def image(self, z: Tensor, alpha: float) -> Tensor:
        x = self.act(self.layer(unit(z), "formatLayer")).unflatten(1, (-1, 4, 4))
        x = unit(self.act(self.layer(unit(x), "groupScale0.0")))
        before = x
        for scale in range(len(DEPTHS) - 1):
            before, x = x, F.interpolate(x, scale_factor=2)
            for part in range(2):
                x = unit(self.act(self.layer(x, f"scaleLayers.{scale}.{part}")))
        last = len(DEPTHS) - 1
        old = F.interpolate(self.layer(before, f"toRGBLayers.{last - 1}"), scale_factor=2)
        return alpha * old + (1 - alpha) * self.layer(x, f"toRGBLayers.{last}")

    def decision(self, image: Tensor, alpha: float, *, compares: bool) -> Tensor:
        last = len(DEPTHS) - 1
        old = self.act(self.layer(F.avg_pool2d(image, 2), f"fromRGBLayers.{last - 1}"))
        x = self.act(self.layer(image, f"fromRGBLayers.{last}"))
        for scale in reversed(range(last)):
            for part in range(2):
                x = self.act(self.layer(x, f"scaleLayers.{scale}.{part}"))
            x = F.avg_pool2d(x, 2)
            x = alpha * old + (1 - alpha) * x if scale == last - 1 else x
        x = consecutive_stddev(x, 4) if compares else x
        x = self.act(self.layer(x, "groupScaleZero.0")).flatten(1)
        return self.layer(self.act(self.layer(x, "groupScaleZero.1")), "decisionLayer")


def zoo_file(labels: int = 0, extra: int = 1, **settings: object) -> dict[str, Any]:
    """A file's content with 9 numbers of noise."""
    config = BaseConfig()
    stated = {
        "depthScale0": DEPTHS[0], "depthOtherScales": list(DEPTHS[1:]), "leakyReluLeak": 0.2,
        "alpha": 0.0, "miniBatchStdDev": extra == 1, "equalizedlR": True, "noiseVectorDim": 9,
        "perChannelNormalization": True, "dimOutput": 3, "categoryVectorDim": labels,
        "latentVectorDim": 9 + labels, "attribKeysOrder": None, "lossCriterion": "WGANGP",
    }  # fmt: skip
    vars(config).update(stated | settings)
    generator = zoo_generator(9 + labels)
    return {"config": config, "netG": generator, "netD": zoo_discriminator(labels, extra)}


@pytest.mark.parametrize("old_names", [False, True])
@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.usefixtures("_zoo_class")
def test_the_zoos_classes_stand_behind_the_noise(
    save_torch: Save, old_names: bool, legacy: bool
) -> None:
    content, z = zoo_file(labels=3), normal(2, 12)
    wanted = Zoo(content["netG"]).image(z, 0.0)
    if old_names:
        for key in ("netG", "netD"):
            content[key] = {name.replace(".module", ""): t for name, t in content[key].items()}
    published = open_published(save_torch(content, legacy=legacy))
    torch.testing.assert_close(raw(published.generator(), z), wanted, rtol=1e-4, atol=1e-4)
    assert published.discriminator().config.label_size == 3


@pytest.mark.parametrize(
    "settings", [{"leakyReluLeak": 0.05}, {"equalizedlR": False}, {"lossCriterion": "Logistic"}]
)
@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.usefixtures("_zoo_class")
def test_the_zoos_settings_change_both_networks(
    save_torch: Save, settings: dict[str, Any], alpha: float, extra: int
) -> None:
    content, z, image = (
        zoo_file(extra=extra, alpha=alpha, **settings),
        normal(2, 9),
        normal(4, 3, 16, 16),
    )
    for key in ("netG", "netD"):
        content[key] = {name: 0.3 * tensor for name, tensor in content[key].items()}
    equalized, slope = settings.get("equalizedlR", True), settings.get("leakyReluLeak", 0.2)
    published = open_published(save_torch(content))
    model = published.generator()
    assert model.info.growth == 4.0 - alpha
    wanted = Zoo(content["netG"], slope, equalized=equalized).image(z, alpha)
    torch.testing.assert_close(raw(model, z), wanted, rtol=1e-4, atol=1e-4)
    critic = Zoo(content["netD"], slope, equalized=equalized)
    wanted = critic.decision(image, alpha, compares=extra == 1)
    level = 1 if alpha == 1.0 else 0  # from there on the finest pixels do not matter
    got = published.discriminator()(F.avg_pool2d(image, 2) if level else image, growth=4.0 - alpha)
    torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("attributes", "names"),
    [
        ({"Kind": {"order": 0, "values": ["a", "b", "c"]}}, ("a", "b", "c")),
        (
            {"Size": {"order": 1, "values": ["s"]}, "Kind": {"order": 0, "values": ["a", "b"]}},
            ("Kind: a", "Kind: b", "Size: s"),
        ),
        ({"Kind": {"order": 0, "values": ["a", "b"]}}, ("class 0", "class 1", "class 2")),
        ({"Kind": 5}, ("class 0", "class 1", "class 2")),
        (None, ("class 0", "class 1", "class 2")),
    ],
)
@pytest.mark.usefixtures("_zoo_class")
def test_the_zoos_classes_keep_their_names(
    save_torch: Save, attributes: object, names: tuple[str, ...]
) -> None:
    path = save_torch(zoo_file(labels=3, attribKeysOrder=attributes))
    assert import_model(path).capabilities.classes == names


@pytest.mark.usefixtures("_zoo_class")
def test_a_zoo_network_that_has_not_begun_to_grow_opens(save_torch: Save) -> None:
    content = zoo_file(depthOtherScales=[])
    for key in ("netG", "netD"):
        state = content[key]
        content[key] = {
            name: tensor
            for name, tensor in state.items()
            if not name.startswith(("scaleLayers", "toRGBLayers.1", "toRGBLayers.2"))
            and not name.startswith(("fromRGBLayers.1", "fromRGBLayers.2"))
        }
    published = open_published(save_torch(content))
    assert raw(published.generator(), normal(1, 9)).shape == (1, 3, 4, 4)
    assert published.discriminator()(normal(2, 3, 4, 4)).shape == (2, 1)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("alpha", 2.0, "'alpha'"),
        ("leakyReluLeak", "much", "'leakyReluLeak'"),
        ("dimOutput", 1, "dimOutput"),
        ("perChannelNormalization", False, "perChannelNormalization"),
        ("lossCriterion", "MSE", "lossCriterion"),
        ("lossCriterion", "DCGAN", "lossCriterion"),
        ("depthScale0", 13, "depthScale0"),
        ("depthOtherScales", [10], "depthOtherScales"),
        ("noiseVectorDim", 7, "categoryVectorDim"),
        ("noiseVectorDim", 10, "noiseVectorDim"),
        ("latentVectorDim", 3, "latentVectorDim"),
    ],
)
@pytest.mark.usefixtures("_zoo_class")
def test_zoo_settings_that_the_weights_deny_are_refused(
    save_torch: Save, name: str, value: object, words: str
) -> None:
    assert words in refusal(save_torch(zoo_file(**{name: value})))


@pytest.mark.usefixtures("_zoo_class")
def test_a_zoo_dcgan_is_called_one(save_torch: Save) -> None:
    state = {"formatLayer.weight": torch.zeros(4, 4, 4, 4)}
    assert "DCGAN" in refusal(save_torch({"config": BaseConfig(), "netG": state}))


# --- genforce --------------------------------------------------------------------------------------


def genforce_generator(width: int) -> State:
    state = {"lod": torch.tensor(0.0), "layer0.weight": normal(DEPTHS[0], width, 4, 4)}
    for index in range(6):
        before = DEPTHS[max(0, (index - 1) // 2)]
        here = DEPTHS[index // 2]
        if index:
            state[f"layer{index}.weight"] = normal(here, before, 3, 3, seed=index)
        state[f"layer{index}.bias"] = normal(here, seed=50 + index)
    for block, depth in enumerate(DEPTHS):
        state[f"output{block}.weight"] = normal(3, depth, 1, 1, seed=90 + block)
        state[f"output{block}.bias"] = normal(3, seed=95 + block)
    return state


def genforce_discriminator(labels: int) -> State:
    state = {"lod": torch.tensor(0.0)}
    shapes: list[tuple[int, ...]] = [
        (6, 6, 3, 3), (10, 6, 3, 3), (10, 10, 3, 3), (12, 10, 3, 3), (12, 13, 3, 3), (8, 192),
        (1 + labels, 8),
    ]  # fmt: skip
    for index, shape in enumerate(shapes):
        state[f"layer{index}.weight"] = normal(*shape, seed=index)
        state[f"layer{index}.bias"] = normal(shape[0], seed=20 + index)
    for block, depth in enumerate(reversed(DEPTHS)):
        state[f"input{block}.weight"] = normal(depth, 3, 1, 1, seed=40 + block)
        state[f"input{block}.bias"] = normal(depth, seed=60 + block)
    return state


def genforce_image(state: State, z: Tensor, labels: Tensor) -> Tensor:
    """genforce's generator in plain steps; every layer begins with a pixel norm."""
    x = torch.cat([unit(z), labels], dim=1)[:, :, None, None]
    for index in range(6):
        weight = state[f"layer{index}.weight"]
        x = unit(x)
        x = F.interpolate(x, scale_factor=2) if index in (2, 4) else x
        scale = math.sqrt(2 / weight[0].numel())
        padding = 1 if index else 3
        x = F.conv2d(x, weight * scale, state[f"layer{index}.bias"], padding=padding)
        x = F.leaky_relu(x, 0.2)
    weight = state["output2.weight"]
    return F.conv2d(unit(x), weight / math.sqrt(weight.shape[1]), state["output2.bias"])


@pytest.mark.parametrize("count", [0, 3])
def test_genforce_normalises_z_before_its_labels_join(save_torch: Save, count: int) -> None:
    state = genforce_generator(9 + count)
    content = {"generator": state, "discriminator": genforce_discriminator(count)}
    published = open_published(save_torch({"models": content}))
    z = normal(2, 9 + count)
    wanted = genforce_image(state, z[:, :9], z[:, 9:])
    torch.testing.assert_close(raw(published.generator(), z), wanted, rtol=1e-4, atol=1e-4)
    assert published.discriminator()(normal(4, 3, 16, 16)).shape == (4, 1 + count)


def test_genforces_averaged_generator_is_preferred(save_torch: Save) -> None:
    content = {"generator": genforce_generator(9)}
    plain = import_model(save_torch(content))
    content["generator_smooth"] = {
        name: tensor * 0.5 for name, tensor in genforce_generator(9).items()
    }
    published = open_published(save_torch(content))
    assert published.generator().info.fingerprint != plain.info.fingerprint
    assert published.generator(averaged=False).info.fingerprint == plain.info.fingerprint
    with pytest.raises(CheckpointError, match="no discriminator"):
        published.discriminator()


@pytest.mark.parametrize(
    ("name", "tensor", "words"),
    [
        ("layer3.weight", torch.zeros(10, 10, 5, 5), "of the shape 10 x 10 x 5 x 5"),
        ("layer0.weight", torch.zeros(12, 9), "of the shape 12 x 9"),
        ("layer3.bias", torch.full((10,), torch.nan), "not finite"),
        ("layer3.extra", torch.zeros(1), "no place for"),
        ("layer3.weight", torch.zeros(1).expand(2**24, 10, 3, 3), "more numbers than"),
        ("output3.weight", torch.zeros(3, 6, 1, 1), "lacks the weights"),
        ("lod", torch.tensor(torch.nan), "level of detail"),
    ],
)
def test_a_wrong_weight_of_genforce_is_named(
    save_torch: Save, name: str, tensor: Tensor, words: str
) -> None:
    state = genforce_generator(9) | {name: tensor}
    assert words in refusal(save_torch({"generator": state}))


def test_more_classes_than_inputs_are_refused(save_torch: Save) -> None:
    content = {"generator": genforce_generator(9), "discriminator": genforce_discriminator(9)}
    assert "more classes" in refusal(save_torch(content))


def test_genforce_tells_how_far_it_has_grown(save_torch: Save) -> None:
    state = genforce_generator(9) | {"lod": torch.tensor(0.5)}
    assert import_model(save_torch({"generator": state})).info.growth == 3.5
