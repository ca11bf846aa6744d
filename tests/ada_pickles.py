"""Pickles in the layout of NVIDIA's PyTorch code, written from our own networks."""

from __future__ import annotations

import contextlib
import math
import pickle
import sys
import types
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ganlab_core.networks import StyleGAN2Discriminator, StyleGAN2Generator, filter_kernel
from ganlab_core.networks.layers import EqualizedLinear
from ganlab_core.networks.stylegan2 import StyleGAN2Layer, StyleGAN2Mapping, ToRGB

CANARY = "import builtins; builtins.GANLAB_CANARY = True"
PLAIN = (1.0, 3.0, 3.0, 1.0)


def _reconstruct_persistent_obj(meta: object) -> object:
    raise AssertionError("nothing may call this")


class Module:
    """One module; pickles as the published code's persistent objects do."""

    def __init__(
        self,
        kind: str,
        attributes: Mapping[str, object] | None = None,
        parameters: Mapping[str, Tensor] | None = None,
        buffers: Mapping[str, Tensor] | None = None,
        parts: Mapping[str, Module] | None = None,
    ) -> None:
        own = {name: nn.Parameter(tensor.clone()) for name, tensor in (parameters or {}).items()}
        self.kind = kind
        self.state: dict[str, Any] = {
            "training": False,
            "_parameters": OrderedDict(own),
            "_buffers": OrderedDict(
                {name: tensor.clone() for name, tensor in (buffers or {}).items()}
            ),
            "_non_persistent_buffers_set": set(),
            "_modules": OrderedDict(parts or {}),
            **(attributes or {}),
            "_init_args": (),
            "_init_kwargs": {},
        }

    def part(self, *names: str) -> Any:
        found: Any = self
        for name in names:
            found = found.state["_modules"][name]
        return found

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        described = {
            "type": "class",
            "version": 6,
            "module_src": CANARY,
            "class_name": self.kind,
            "state": self.state,
        }
        return _reconstruct_persistent_obj, (described,)


@contextlib.contextmanager
def _published_names() -> Iterator[None]:
    """Makes pickle write our function by the published name."""
    kept = _reconstruct_persistent_obj.__module__
    module = types.ModuleType("torch_utils.persistence")
    module._reconstruct_persistent_obj = _reconstruct_persistent_obj  # type: ignore[attr-defined]
    _reconstruct_persistent_obj.__module__ = module.__name__
    sys.modules |= {"torch_utils": types.ModuleType("torch_utils"), module.__name__: module}
    try:
        yield
    finally:
        _reconstruct_persistent_obj.__module__ = kept
        del sys.modules["torch_utils"], sys.modules[module.__name__]


def ada_pickle(value: object, protocol: int = 3) -> bytes:
    """What the published code writes."""
    with _published_names():
        return pickle.dumps(value, protocol)


def _dense(layer: EqualizedLinear, activation: str = "linear") -> Module:
    assert layer.bias is not None
    attributes = {
        "activation": activation,
        "weight_gain": np.float64(layer.scale),
        "bias_gain": layer.lr_multiplier,
    }
    return Module("FullyConnectedLayer", attributes, {"weight": layer.weight, "bias": layer.bias})


def _mapping(network: StyleGAN2Mapping, **buffers: Tensor) -> Module:
    parts = {f"fc{index}": _dense(layer, "lrelu") for index, layer in enumerate(network.dense)}
    if network.label_size:
        parts["embed"] = _dense(network.embed)
    return Module("MappingNetwork", {"num_layers": len(network.dense)}, None, buffers, parts)


def _filter(taps: tuple[float, ...]) -> dict[str, Tensor]:
    return {"resample_filter": filter_kernel(taps, torch.zeros(()))}


def _synthesis_layer(layer: StyleGAN2Layer, noise: Tensor) -> Module:
    attributes = {
        "up": 2 if layer.taps else 1,
        "use_noise": True,
        "activation": "lrelu",
        "conv_clamp": layer.clamp,
        "act_gain": np.float64(math.sqrt(2)),
    }
    parameters = {name: getattr(layer, name) for name in ("weight", "noise_strength", "bias")}
    buffers = _filter(layer.taps or PLAIN) | {"noise_const": noise[0, 0]}
    parts = {"affine": _dense(layer.style)}
    return Module("SynthesisLayer", attributes, parameters, buffers, parts)


def _to_rgb(layer: ToRGB) -> Module:
    parameters = {"weight": layer.weight, "bias": layer.bias}
    parts = {"affine": _dense(layer.style)}
    return Module("ToRGBLayer", {"conv_clamp": layer.clamp}, parameters, None, parts)


def ada_generator(network: StyleGAN2Generator) -> Module:
    """Our generator as the published code would pickle its own."""
    config, synthesis = network.config, network.synthesis
    blocks = {}
    for level in range(2, config.levels + 1):
        parts = {"torgb": _to_rgb(synthesis.to_rgb[level - 2])}
        for index in range(max(0, 2 * level - 5), 2 * level - 3):
            layer, noise = synthesis.layers[index], synthesis.stored_noise(index)
            parts[f"conv{(index + 1) % 2}"] = _synthesis_layer(layer, noise)
        const = {"const": synthesis.const[0]} if level == 2 else {}
        buffers, attributes = _filter(config.resample_filter), {"architecture": "skip"}
        blocks[f"b{2**level}"] = Module("SynthesisBlock", attributes, const, buffers, parts)
    attributes = {
        "z_dim": config.z_dim,
        "c_dim": config.label_size,
        "w_dim": config.w_dim,
        "img_resolution": config.resolution,
        "img_channels": 3,
    }
    parts = {
        "synthesis": Module("SynthesisNetwork", parts=blocks),
        "mapping": _mapping(network.mapping, w_avg=network.w_avg),
    }
    return Module("Generator", attributes, parts=parts)


def _conv(layer: Any, clamp: float | None, taps: tuple[float, ...] = PLAIN) -> Module:
    parameters = {name: tensor for name, tensor in layer.named_parameters()}
    attributes = {"activation": "lrelu", "conv_clamp": clamp}
    return Module("Conv2dLayer", attributes, parameters, _filter(taps))


def ada_discriminator(network: StyleGAN2Discriminator) -> Module:
    """Our discriminator as the published code would pickle its own."""
    config, parts = network.config, {}
    clamp, taps, attributes = (
        config.conv_clamp,
        config.resample_filter,
        {"architecture": config.critic},
    )
    for level in range(config.levels, 2, -1):
        block = network.blocks[level - 3]
        own = {"conv0": _conv(block.conv0, clamp), "conv1": _conv(block.conv1, clamp, taps)}
        if block.from_rgb is not None:
            own["fromrgb"] = _conv(block.from_rgb, clamp)
        if config.critic == "resnet":
            own["skip"] = _conv(block.skip, None, taps)
        parts[f"b{2**level}"] = Module("DiscriminatorBlock", attributes, None, _filter(taps), own)
    mbstd = {"group_size": config.mbstd_group_size, "num_channels": config.mbstd_features}
    own = {
        "mbstd": Module("MinibatchStdLayer", mbstd),
        "conv": _conv(network.conv, clamp),
        "fc": _dense(network.dense, "lrelu"),
        "out": _dense(network.out),
    }
    if network.from_rgb is not None:
        own["fromrgb"] = _conv(network.from_rgb, None)
    parts["b4"] = Module("DiscriminatorEpilogue", attributes, parts=own)
    if config.label_size:
        parts["mapping"] = _mapping(network.mapping)
    attributes = {
        "c_dim": config.label_size,
        "img_resolution": config.resolution,
        "img_channels": 3,
    }
    return Module("Discriminator", attributes, parts=parts)
