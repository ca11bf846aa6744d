"""StyleGAN2 in the pickles of NVIDIA's PyTorch edition, StyleGAN2-ADA.

The attributes of the pickled modules are what counts: the published code restores them as they are.
Kernels need no mirroring here, a style's bias has its 1, and modulated weights are used unscaled.
Some layers may have run in half precision where they were published; here all is fp32.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import Rule, build, imported_model, levels_of
from ganlab_core.importers.pickled import CLAMPS, PersistentModule, PickledSettings
from ganlab_core.models import Model
from ganlab_core.networks import (
    StyleGAN2Config,
    StyleGAN2Discriminator,
    StyleGAN2Generator,
    filter_kernel,
)

_FILTER = "resample_filter"
_TAPS = (1.0, 3.0, 3.0, 1.0)


class ADAStyleGAN2:
    """The networks of one pickle.

    Parameters
    ----------
    path
        The file.
    modules
        What it holds by name: "G_ema", "G", "D".
    """

    layout = "StyleGAN2, PyTorch edition (ADA)"

    def __init__(self, path: Path, modules: Mapping[str, PersistentModule]) -> None:
        self._path = path
        self._modules = modules

    def generator(self, *, averaged: bool = True) -> Model:
        """G_ema, or G."""
        file = self._path.name
        top = self._modules.get("G_ema" if averaged else "G")
        if top is None or not {"synthesis", "mapping"} <= set(top.parts):
            raise CheckpointError(f"{file} holds no such StyleGAN2 generator.")
        source = top.tensors(self._path)
        config = _generator_config(top, source, file)
        network = build(lambda: StyleGAN2Generator(config), _generator_rules(config), source, file)
        facts = {"truncation": {"psi": 1.0, "cutoff": None}}
        return imported_model("stylegan2", network, self._path, self.layout, facts=facts)

    def discriminator(self) -> nn.Module:
        """D."""
        file = self._path.name
        top = self._modules.get("D")
        if top is None:
            raise CheckpointError(f"{file} holds no discriminator.")
        source = top.tensors(self._path)
        config = _critic_config(top, source, file)
        return build(lambda: StyleGAN2Discriminator(config), _critic_rules(config), source, file)


# --- the filter ---------------------------------------------------------------------------------------


def _filter(source: dict[str, Tensor], used: Iterable[str], file: str) -> tuple[float, ...]:
    """The taps of the filter that the layers named in `used` share.

    All filters are taken out of `source`; layers that keep the size have one without using it.
    """
    every = {name: source.pop(name) for name in [*source] if name.endswith(_FILTER)}
    kernels = [every[f"{name}.{_FILTER}"] for name in used if f"{name}.{_FILTER}" in every]
    taps = _taps(kernels[0]) if kernels else _TAPS
    same = all(torch.equal(kernel, kernels[0]) for kernel in kernels)
    if taps is None or not same:
        raise PickledSettings({}, file).beyond(_FILTER)
    return taps


def _taps(kernel: Tensor) -> tuple[float, ...] | None:
    """One direction of a filter that is the same in both; None for any other."""
    if kernel.ndim not in (1, 2) or len(kernel) not in range(2, 17, 2):
        return None
    line = kernel if kernel.ndim == 1 else kernel.sum(dim=1)
    if not bool(torch.isfinite(line).all()) or abs(float(line.sum()) - 1.0) > 1e-3:
        return None
    for taps in (_TAPS, tuple(line.tolist())):
        whole = filter_kernel(taps, line)
        alike = whole if kernel.ndim == 2 else whole.sum(dim=1)
        if alike.shape == kernel.shape and torch.allclose(alike, kernel, rtol=1e-5, atol=1e-7):
            return taps
    return None


# --- the generator ------------------------------------------------------------------------------------


def _generator_config(
    top: PersistentModule, source: dict[str, Tensor], file: str
) -> StyleGAN2Config:
    settings = top.settings(file)
    resolution = settings.integer("img_resolution", 0, 0)
    levels = levels_of(resolution, file)
    settings.require("img_channels", (3,))
    blocks = {level: _part(top, ("synthesis", f"b{2**level}"), file) for level in _to(levels)}
    clamps = {_synthesis_clamp(block, file) for block in blocks.values()}
    if len(clamps) != 1:
        raise settings.beyond("conv_clamp")
    weights = [f"synthesis.b{2**level}.conv1.weight" for level in blocks]
    scaled = [f"synthesis.b{2**level}{part}" for level in blocks for part in ("", ".conv0")]
    return replace(
        _mapping_config(_part(top, ("mapping",), file), "mapping", source, file),
        resolution=resolution,
        channel_list=tuple(_outputs(source, name, file) for name in weights),
        z_dim=settings.integer("z_dim", 0),
        w_dim=settings.integer("w_dim", 0),
        label_size=settings.integer("c_dim", 0, 0),
        conv_clamp=clamps.pop(),
        resample_filter=_filter(source, scaled, file),
    )


def _synthesis_clamp(block: PersistentModule, file: str) -> float | None:
    """Where a block's convolutions are cut off; raises `CheckpointError` for blocks of other kinds."""
    block.settings(file).require("architecture", ("skip",))
    clamps = set()
    for name, part in block.parts.items():
        settings = part.settings(file)
        clamps.add(settings.optional_number("conv_clamp", None, *CLAMPS))
        if name.startswith("conv"):
            settings.require("use_noise", (True,))
            settings.require("activation", ("lrelu",))
            settings.require("up", (2 if name == "conv0" else 1,))
    if len(clamps) != 1:
        raise block.settings(file).beyond("conv_clamp")
    return clamps.pop()


def _mapping_config(
    mapping: PersistentModule, name: str, source: Mapping[str, Tensor], file: str
) -> StyleGAN2Config:
    """What a mapping network says; of all else the defaults."""
    layers = mapping.settings(file).integer("num_layers", 8, 0, 64)
    rates = set()
    for index in range(layers):
        settings = _part(mapping, (f"fc{index}",), file).settings(file)
        settings.require("activation", ("lrelu",))
        rates.add(settings.number("bias_gain", 0.01, 1e-9, 1e3))
    if len(rates) > 1:
        raise mapping.settings(file).beyond("lr_multiplier")
    embedded = f"{name}.embed.weight"
    return StyleGAN2Config(
        mapping_layers=layers,
        mapping_fmaps=_outputs(source, f"{name}.fc0.weight", file) if layers > 1 else 512,
        mapping_lr=rates.pop() if rates else 0.01,
        label_kind="embed",
        label_features=_outputs(source, embedded, file) if embedded in source else 0,
    )


def _to(levels: int) -> range:
    return range(2, levels + 1)


def _part(top: PersistentModule, names: tuple[str, ...], file: str) -> PersistentModule:
    part = top.part(*names)
    if part is None:
        raise CheckpointError(
            f"{file} lacks the part {'.'.join(names)!a} of its network.",
            "Get the file again from where it was published.",
        )
    return part


def _outputs(source: Mapping[str, Tensor], name: str, file: str) -> int:
    """How many maps or features a layer gives, by its weight."""
    weight = source.get(name)
    if weight is None or weight.ndim < 2:
        raise CheckpointError(
            f"{file} lacks the weights {name!a}.", "Get the file again from where it was published."
        )
    return weight.shape[0]


def _generator_rules(config: StyleGAN2Config) -> list[Rule]:
    rules = [
        Rule("w_avg", "mapping.w_avg"),
        Rule("synthesis.const", "synthesis.b4.const", lambda tensor: tensor[None]),
        *_mapping_rules(config),
    ]
    for index in range(config.num_styles - 1):
        ours = f"synthesis.layers.{index}"
        theirs = f"synthesis.b{2 ** ((index + 1) // 2 + 2)}.conv{(index + 1) % 2}"
        rules += _modulated_rules(ours, theirs)
        rules.append(Rule(f"{ours}.noise_strength", f"{theirs}.noise_strength"))
        noise = Rule(f"synthesis.noise{index}", f"{theirs}.noise_const", lambda t: t[None, None])
        rules.append(noise)
    for level in _to(config.levels):
        rules += _modulated_rules(f"synthesis.to_rgb.{level - 2}", f"synthesis.b{2**level}.torgb")
    return rules


def _mapping_rules(config: StyleGAN2Config) -> list[Rule]:
    names = [
        (f"mapping.dense.{index}", f"mapping.fc{index}") for index in range(config.mapping_layers)
    ]
    if config.label_size:
        names.append(("mapping.embed", "mapping.embed"))
    return _pairs(names)


def _pairs(names: Iterable[tuple[str, str]]) -> list[Rule]:
    """Weight and bias of each layer, as they are."""
    return [
        Rule(f"{ours}.{kind}", f"{theirs}.{kind}")
        for ours, theirs in names
        for kind in ("weight", "bias")
    ]


def _modulated_rules(ours: str, theirs: str) -> list[Rule]:
    return _pairs([(ours, theirs), (f"{ours}.style", f"{theirs}.affine")])


# --- the discriminator --------------------------------------------------------------------------------


def _critic_config(top: PersistentModule, source: dict[str, Tensor], file: str) -> StyleGAN2Config:
    settings = top.settings(file)
    resolution = settings.integer("img_resolution", 0, 0)
    levels = levels_of(resolution, file)
    settings.require("img_channels", (3,))
    labels = settings.integer("c_dim", 0, 0)
    end = _part(top, ("b4",), file)
    kind, clamp = _critic_kind(top, levels, file)
    statistics = end.part("mbstd")
    mbstd = None if statistics is None else statistics.settings(file)
    whole = mbstd is None or mbstd.get("group_size", 4) is None
    weights = ["b4.conv.weight", *(f"b{2**level}.conv0.weight" for level in _to(levels)[1:])]
    scaled = [f"b{2**level}{part}" for level in _to(levels)[1:] for part in ("", ".conv1", ".skip")]
    base = StyleGAN2Config()
    if labels:
        base = _mapping_config(_part(top, ("mapping",), file), "mapping", source, file)
    return replace(
        base,
        resolution=resolution,
        channel_list=tuple(_outputs(source, name, file) for name in weights),
        label_size=labels,
        conv_clamp=clamp,
        resample_filter=_filter(source, scaled, file),
        critic=kind,
        critic_dense=_outputs(source, "b4.fc.weight", file),
        critic_map=_outputs(source, "b4.out.weight", file) if labels else 0,
        mbstd_group_size=None if whole or mbstd is None else mbstd.integer("group_size", 4),
        mbstd_features=0 if mbstd is None else mbstd.integer("num_channels", 1, 0),
    )


def _critic_kind(top: PersistentModule, levels: int, file: str) -> tuple[str, float | None]:
    """How the blocks are joined and where their convolutions are cut off."""
    kinds, clamps = set(), set()
    for level in _to(levels):
        block = _part(top, (f"b{2**level}",), file)
        settings = block.settings(file)
        settings.require("architecture", ("resnet", "skip", "orig"))
        kinds.add(str(settings.get("architecture", "resnet")))
        for name, part in block.parts.items():
            if name not in _CLAMPED or (level == 2 and name == "fromrgb"):
                continue
            part.settings(file).require("activation", ("lrelu",))
            clamps.add(part.settings(file).optional_number("conv_clamp", None, *CLAMPS))
    if len(kinds) != 1 or len(clamps) != 1:
        raise top.settings(file).beyond("architecture" if len(kinds) != 1 else "conv_clamp")
    return kinds.pop(), clamps.pop()


_CLAMPED = ("fromrgb", "conv0", "conv1", "conv")


def _critic_rules(config: StyleGAN2Config) -> list[Rule]:
    names = [("conv", "b4.conv"), ("dense", "b4.fc"), ("out", "b4.out")]
    rules = _mapping_rules(config) if config.label_size else []
    for level in _to(config.levels):
        ours, theirs = f"blocks.{level - 3}." if level > 2 else "", f"b{2**level}."
        if level == config.levels or config.critic == "skip":
            names.append((f"{ours}from_rgb", f"{theirs}fromrgb"))
        if level > 2:
            names += [(f"{ours}{name}", f"{theirs}{name}") for name in ("conv0", "conv1")]
        if level > 2 and config.critic == "resnet":
            rules.append(Rule(f"{ours}skip.weight", f"{theirs}skip.weight"))
    return rules + _pairs(names)
