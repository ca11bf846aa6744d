"""Pickles of the PyTorch edition: the same networks come back, and what lies or means harm does not."""

from __future__ import annotations

import builtins
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ganlab_core.errors import CheckpointError
from ganlab_core.importers import open_published
from ganlab_core.importers.published import import_model
from tests.ada_pickles import Module, ada_discriminator, ada_generator, ada_pickle
from tests.hostile_ada import (
    claimed,
    hostile_ada_files,
    little,
    read_again,
    stored,
    view,
    weights,
)
from tests.stylegan2_models import LABELLED, TINY, discriminator, generator, noise

Content = dict[str, Any]


@pytest.fixture
def content() -> Content:
    """What a published file holds."""
    averaged, plain, critic = generator(), generator(seed=5), discriminator()
    return {
        "training_set_kwargs": {"path": "images.zip", "use_labels": False},
        "G": ada_generator(plain),
        "D": ada_discriminator(critic),
        "G_ema": ada_generator(averaged),
        "augment_pipe": Module("AugmentPipe", {"xflip": 1.0}, None, {"p": torch.zeros(())}),
    }


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Writes a value or bytes as a file: `save(content, protocol=3)`."""

    def save(value: object, protocol: int = 3) -> Path:
        path = tmp_path / "network-snapshot.pkl"
        path.write_bytes(value if isinstance(value, bytes) else ada_pickle(value, protocol))
        return path

    return save


Save = Callable[..., Path]


def refusal(path: Path) -> str:
    """What a person is told, in one sentence; nothing ran."""
    with pytest.raises(CheckpointError) as raised:
        import_model(path)
    assert not hasattr(builtins, "GANLAB_CANARY")
    assert raised.value.what.endswith(".")
    assert "\n" not in raised.value.what
    return raised.value.what


# --- what is right -----------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_weight_comes_back(content: Content, save: Save, protocol: int) -> None:
    model = import_model(save(content, protocol))
    expected = generator().state_dict()
    found = model.network.module.state_dict()
    assert expected.keys() == found.keys()
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor), name
    assert model.info.config["conv_clamp"] == TINY.conv_clamp
    assert model.info.config["resample_filter"] == TINY.resample_filter


def test_a_generator_of_labels_comes_back(save: Save) -> None:
    network = generator(LABELLED)
    model = import_model(save({"G_ema": ada_generator(network), "augment_pipe": None}))
    assert model.capabilities.classes == ("class 0", "class 1", "class 2")
    z, labels = noise(3, TINY.z_dim), torch.eye(3)
    torch.testing.assert_close(model.network.map(z, labels), network.mapping(z, labels))


@pytest.mark.parametrize("kind", ["resnet", "skip", "orig"])
@pytest.mark.parametrize("group", [None, 2])
def test_a_discriminator_scores_as_it_did(
    content: Content, save: Save, kind: str, group: int
) -> None:
    config = dataclasses.replace(
        LABELLED, critic=kind, mbstd_group_size=group, mapping_layers=3, critic_map=6
    )
    network = discriminator(config)
    content["D"] = ada_discriminator(network)
    found = open_published(save(content)).discriminator()
    images, labels = noise(4, 3, 16, 16), torch.eye(4)[:, :3]
    torch.testing.assert_close(found(images, labels), network(images, labels))


def test_the_averaged_generator_is_taken(content: Content, save: Save) -> None:
    published = open_published(save(content))
    averaged, plain = published.generator(), published.generator(averaged=False)
    assert torch.equal(averaged.network.truncation_centre, generator().w_avg)
    assert torch.equal(plain.network.truncation_centre, generator(seed=5).w_avg)


@pytest.mark.parametrize("taps", [(1.0, 1.0), (1.0, 4.0, 2.0, 0.5)])
def test_another_filter_comes_back(save: Save, taps: tuple[float, ...]) -> None:
    network = generator(dataclasses.replace(TINY, resample_filter=taps))
    model = import_model(save({"G_ema": ada_generator(network)}))
    ws = noise(1, 6, TINY.w_dim)
    expected = network.synthesis(ws, [None] * 5)
    torch.testing.assert_close(model.network.module.synthesis(ws, [None] * 5), expected)


def test_halves_and_views_are_read_as_what_they_are(content: Content, save: Save) -> None:
    parameters = content["G_ema"].part("synthesis", "b8", "conv1").state["_parameters"]
    weight = parameters["weight"].detach()
    turned = weight.to(memory_format=torch.channels_last)
    parameters["weight"] = torch.nn.Parameter(turned.half())
    found = import_model(save(content)).network.module.synthesis.layers[2].weight
    assert torch.equal(found, weight.half().float())


def test_numpys_numbers_are_settings(content: Content, save: Save) -> None:
    content["G_ema"].state["img_resolution"] = np.int64(16)
    assert import_model(save(content)).capabilities.resolution == 16


# --- what is not -------------------------------------------------------------------------------------


def test_a_stylegan3_is_called_by_its_name(content: Content, save: Save) -> None:
    size = {"freqs": torch.zeros(2, 2)}
    dense = Module("FullyConnectedLayer", None, {"weight": torch.zeros(4, 2)})
    start = Module("SynthesisInput", None, None, size, {"affine": dense})
    synthesis = Module("SynthesisNetwork", parts={"input": start})
    parts = {"synthesis": synthesis, "mapping": Module("MappingNetwork")}
    assert "StyleGAN3" in refusal(save({"G_ema": Module("Generator", parts=parts)}))


@pytest.mark.parametrize(
    ("names", "key", "value", "words"),
    [
        ((), "img_resolution", 32, "img_resolution"),
        ((), "img_resolution", 2**40, "makes no sense"),
        ((), "img_resolution", 48, "img_resolution"),
        ((), "img_channels", 1, "img_channels"),
        ((), "c_dim", 3, "of the shape"),
        ((), "z_dim", 9, "of the shape"),
        ((), "w_dim", "many", "makes no sense"),
        (("synthesis", "b8"), "architecture", "resnet", "architecture"),
        (("synthesis", "b8", "conv0"), "use_noise", False, "use_noise"),
        (("synthesis", "b8", "conv0"), "up", 1, "up"),
        (("synthesis", "b8", "conv0"), "conv_clamp", 3.0, "conv_clamp"),
        (("synthesis", "b8", "conv0"), "activation", "relu", "activation"),
        (("mapping",), "num_layers", 3, "lacks the part"),
        (("mapping",), "num_layers", 1, "of the shape"),
        (("mapping", "fc0"), "bias_gain", 1.0, "lr_multiplier"),
        (("mapping", "fc0"), "_parameters", None, "lacks the weights"),
        (("mapping", "fc0"), "_parameters", {"weight": 7}, "lacks the weights"),
        (("mapping", "fc0"), "_parameters", {7: torch.zeros(1)}, "lacks the weights"),
    ],
)
def test_attributes_that_the_weights_deny_are_refused(
    content: Content, save: Save, names: tuple[str, ...], key: str, value: object, words: str
) -> None:
    content["G_ema"].part(*names).state[key] = value
    assert words in refusal(save(content))


def test_a_filter_that_is_not_the_same_both_ways_is_refused(content: Content, save: Save) -> None:
    buffers = content["G_ema"].part("synthesis", "b8").state["_buffers"]
    buffers["resample_filter"] = noise(4, 4)
    assert "resample_filter" in refusal(save(content))


def test_weights_too_many_or_not_finite_are_refused(content: Content, save: Save) -> None:
    buffers = content["G_ema"].part("synthesis", "b8", "conv1").state["_buffers"]
    buffers["more"] = torch.zeros(3)
    assert "no place for" in refusal(save(content))
    del buffers["more"]
    buffers["noise_const"][0, 0] = torch.nan
    assert "not finite" in refusal(save(content))


@pytest.mark.parametrize("value", [{}, {"G_ema": 7}, {"G_ema": Module("Generator")}, {7: 7}])
def test_something_else_is_called_that(save: Save, value: Content) -> None:
    assert "no generator that ganlab can play" in refusal(
        save({"augment_pipe": Module("AugmentPipe"), **value})
    )


def test_a_module_alone_is_a_generator_or_none(save: Save) -> None:
    assert import_model(save(ada_generator(generator()))).capabilities.resolution == 16
    assert "no generator that ganlab can play" in refusal(save(ada_discriminator(discriminator())))


def test_a_file_without_a_discriminator_says_so(content: Content, save: Save) -> None:
    del content["D"]
    with pytest.raises(CheckpointError, match="no discriminator"):
        open_published(save(content)).discriminator()


def test_modules_within_modules_without_end_are_refused(content: Content, save: Save) -> None:
    module = Module("Last")
    for _ in range(20):
        module = Module("Between", parts={"a": module, "b": module})
    content["G_ema"].state["_modules"]["more"] = module
    assert "nests more parts" in refusal(save(content))


def test_one_storage_may_not_stand_for_many_weights(content: Content, save: Save) -> None:
    large = torch.zeros(100_000)
    many = {f"part{i}": Module("Part", None, None, {"x": large}) for i in range(40)}
    shared = many["part0"].state["_buffers"]["x"]
    for part in many.values():
        part.state["_buffers"]["x"] = shared
    content["G_ema"].state["_modules"].update(many)
    path = save(content)
    assert path.stat().st_size < 2_000_000  # the numbers stand in it once
    assert "more numbers than it holds" in refusal(path)


@pytest.mark.parametrize(
    "value",
    [
        view(0, 4, 1),
        view(1, 1, 5),
        stored(little(claimed(4), numbers=bytes(16), count=4)),
        read_again(10),
    ],
)
def test_what_the_hostile_files_are_made_of_is_sound(save: Save, value: bytes) -> None:
    assert "no generator that ganlab can play" in refusal(save(weights(value)))


LYING = {
    name: data
    for name, data in hostile_ada_files().items()
    if name.startswith(("ada-view", "ada-storage"))
}


@pytest.mark.parametrize("name", LYING)
def test_a_storage_or_tensor_that_lies_is_found_out_while_reading(save: Save, name: str) -> None:
    what = refusal(save(LYING[name]))
    told = ("is a damaged or incomplete pickle", "wants to run", "more numbers than it holds")
    assert any(words in what for words in told)
