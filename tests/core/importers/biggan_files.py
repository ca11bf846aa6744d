"""BigGANs of random weights, saved under the published names."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.ajbrock import ajbrock_rules
from ganlab_core.importers.published import import_model
from ganlab_core.models.architectures import BIGGAN, BIGGAN_DEEP
from ganlab_core.networks import BatchNorm, BigGANDeepConfig, SharedConfig
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer

State = dict[str, torch.Tensor]
TINY = {"resolution": 32, "channels": 4, "shared_dim": 5, "label_size": 3}


def random_network(make: Callable[[], Any]) -> Any:
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(11)
        network = make()
        for name, parameter in network.named_parameters():
            if name.endswith(("bias", "gamma", "norm.gain")):
                parameter.normal_(0.0, 0.5)
        for layer in network.modules():
            if isinstance(layer, BatchNorm):
                layer.mean.normal_()
                layer.variance.uniform_(0.5, 2.0)
    return network.eval()


def as_published(network: Any, make: Callable[[], Any]) -> State:
    """The same weights under BigGAN-PyTorch's names."""
    ours, theirs = network.state_dict(), {}
    for rule in ajbrock_rules(make):
        kind = rule.theirs.rpartition(".")[2]
        stem = rule.theirs.removesuffix(kind)
        tensor = ours[rule.ours]
        if kind in ("mean", "var"):
            theirs[f"{stem}stored_{kind}"] = tensor[0]
        elif kind == "u0":
            theirs[rule.theirs] = 3.0 * tensor[None]  # of no particular length
            theirs[f"{stem}sv0"] = torch.tensor([17.0])
        else:
            theirs[rule.theirs] = tensor
    return theirs


def make_of(config: SharedConfig, kind: str = "generator") -> Callable[[], Any]:
    architecture = BIGGAN_DEEP if isinstance(config, BigGANDeepConfig) else BIGGAN
    return partial(getattr(architecture, kind), config)


def generator_of(config: SharedConfig) -> tuple[Any, State]:
    make = make_of(config)
    network = random_network(make)
    return network, as_published(network, make)


def save(state: object, folder: Path, name: str = "G_ema.pth", *, legacy: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(state, folder / name, _use_new_zipfile_serialization=not legacy)
    return folder / name


def pictures(path: Path) -> torch.Tensor:
    renderer = Renderer(import_model(path), "cpu")
    can = renderer.model.capabilities
    recipes = (
        Recipe(latent=Latent(seed), psi=1.0, classes=((seed % len(can.classes), 1.0),))
        for seed in range(2)
    )
    return torch.stack([torch.from_numpy(renderer.raw(recipe)) for recipe in recipes])


def wanted(network: Any) -> torch.Tensor:
    z = [torch.randn(1, network.config.z_dim, generator=seeded(seed)) for seed in range(2)]
    with torch.inference_mode():
        pictures: torch.Tensor = network(torch.cat(z), torch.eye(network.config.label_size)[:2])
    return pictures


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def agree(path: Path, network: Any) -> None:
    torch.testing.assert_close(pictures(path), wanted(network), atol=2e-5, rtol=0)


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as raised:
        import_model(path)
    return str(raised.value)


def hf_files() -> tuple[State, dict[str, Any]]:
    """A random network's weights under the published names, and its config."""
    width, dim, classes, rows, draw = 8, 6, 4, 5, seeded(3)
    layers = [[False, 4, 4], [True, 4, 2], [False, 2, 2], [True, 2, 2], [False, 2, 2], [True, 2, 1]]
    state: State = {}

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=draw)

    def spectral(name: str, *shape: int, bias: bool = True) -> None:
        state[f"{name}.weight_orig"] = normal(*shape)
        state[f"{name}.weight_u"] = normal(shape[0])
        state[f"{name}.weight_v"] = normal(int(np.prod(shape[1:])))
        if bias:
            state[f"{name}.bias"] = normal(shape[0])

    def norm(name: str, channels: int) -> None:
        state[f"{name}.running_means"] = normal(rows, channels)
        state[f"{name}.running_vars"] = normal(rows, channels).abs() + 0.5

    state["embeddings.weight"] = normal(dim, classes)
    spectral("generator.gen_z", 16 * 4 * width, 2 * dim)
    number = 0
    for index, (_, before, after) in enumerate(layers):
        if index == 3:
            name, channels = f"generator.layers.{number}", before * width
            state[f"{name}.gamma"] = normal(1)
            for part, out, into in (("theta", 8, 1), ("phi", 8, 1), ("g", 2, 1), ("o_conv", 1, 2)):
                shape = (channels // out, channels // into, 1, 1)
                spectral(f"{name}.snconv1x1_{part}", *shape, bias=False)
            number += 1
        name, hidden = f"generator.layers.{number}", before * width // 4
        inside = (before * width, hidden, hidden, hidden)
        outside = (hidden, hidden, hidden, after * width)
        for layer, (into, out, kernel) in enumerate(
            zip(inside, outside, (1, 3, 3, 1), strict=True)
        ):
            norm(f"{name}.bn_{layer}", into)
            for part in ("scale", "offset"):
                spectral(f"{name}.bn_{layer}.{part}", into, 2 * dim, bias=False)
            spectral(f"{name}.conv_{layer}", out, into, kernel, kernel)
        number += 1
    norm("generator.bn", width)
    state |= {"generator.bn.weight": normal(width), "generator.bn.bias": normal(width)}
    spectral("generator.conv_to_rgb", width, width, 3, 3)
    config = {
        "output_dim": 32, "z_dim": dim, "class_embed_dim": dim, "channel_width": width,
        "num_classes": classes, "layers": layers, "attention_layer_position": 3, "eps": 1e-4,
        "n_stats": rows,
    }  # fmt: skip
    return state, config


def save_hf(folder: Path, config: object, beginning: str = "") -> Path:
    path = save(hf_files()[0], folder, f"{beginning}pytorch_model.bin", legacy=True)
    (folder / f"{beginning}config.json").write_text(json.dumps(config))
    return path
