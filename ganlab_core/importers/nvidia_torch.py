"""StyleGAN2 and StyleGAN3 in the pickles of NVIDIA's PyTorch code, and as tensors alone.

StyleGAN2-ADA: the attributes of the pickled modules are what counts: the published code restores them
as they are. Kernels need no mirroring here, a style's bias has its 1, and modulated weights are used
unscaled. Some layers may have run in half precision where they were published; here all is fp32.

StyleGAN3, configurations T and R: filters are taken from the file as they are. What shapes the layers is
told by attributes and by their names; both are held against the layers that such a network has.

StyleGAN-XL is made of it (Sauer et al. 2022): classes are vectors of another network, projected; each has a
mean of W of its own; and layers put on a finished network made it larger, so that its bands follow no one
formula and are told by the layers' names.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import (
    UNKNOWN_VARIANT,
    USUAL_TAPS,
    Rule,
    build,
    const_size,
    count_of,
    imported_model,
    levels_of,
    side_of,
    silent_noise,
    taps_of,
)
from ganlab_core.importers.contents import Found
from ganlab_core.importers.pickled import CLAMPS, PickledObject, PickledSettings
from ganlab_core.models import Model
from ganlab_core.networks import (
    LRELU_SLOPE,
    RELU_GAIN,
    StyleGAN2Config,
    StyleGAN2Discriminator,
    StyleGAN2Generator,
    StyleGAN3Config,
    StyleGAN3Generator,
)

_FILTER = "resample_filter"


class ADAStyleGAN2:
    """The networks of one file: `G_ema`, `G` and `D`, pickled with their attributes or as tensors alone.

    Parameters
    ----------
    found
        Where its generators lie.
    """

    layout = "StyleGAN2, PyTorch edition (ADA)"

    def __init__(self, found: Found) -> None:
        self._path = found.path
        self._found = found

    def generator(self, *, averaged: bool = True) -> Model:
        """G_ema, or G."""
        file, source = self._path.name, self._found.weights(averaged=averaged)
        parts = _Parts(self._found.contents.module(self._found.root(averaged=averaged)), file)
        config, given = _generator_config(parts, source, file), {}
        if not config.noise:
            given = silent_noise(config)
        rules = [rule for rule in _generator_rules(config) if rule.ours not in given]
        network = build(lambda: StyleGAN2Generator(config), rules, source, file, given)
        facts = {"truncation": {"psi": 1.0, "cutoff": None}}
        return imported_model("stylegan2", network, self._path, self.layout, facts=facts)

    def discriminator(self) -> nn.Module:
        """D."""
        file = self._path.name
        root = self._found.contents.beside(self._found.root(), "D")
        top = None if root is None else self._found.contents.module(root)
        if root is None or top is None:
            raise CheckpointError(f"{file} holds no discriminator.")
        if top.part("b4") is None:
            raise CheckpointError(
                f"{file} has a discriminator of another kind ({top.kind[:40]!a}) than StyleGAN2's.",
                "Train on with a discriminator that begins anew.",
            )
        source = self._found.contents.below(root)
        const = self._found.contents.shape(self._found.root() + "synthesis.b4.const")
        size = (const[-2], const[-1])
        config = replace(_critic_config(top, source, file), const_size=size)
        return build(lambda: StyleGAN2Discriminator(config), _critic_rules(config), source, file)


class _Parts:
    """What a pickled network says of its parts; tensors alone say nothing."""

    def __init__(self, top: PickledObject | None, file: str) -> None:
        self._top = top
        self._file = file

    def settings(self, *names: str) -> PickledSettings:
        """The attributes of the part at a path of names."""
        if self._top is None:
            return PickledSettings({}, self._file)
        return _part(self._top, names, self._file).settings(self._file)


# --- the filter ---------------------------------------------------------------------------------------


def _filter(source: dict[str, Tensor], used: Iterable[str], file: str) -> tuple[float, ...]:
    """The taps of the filter that the layers named in `used` share.

    All filters are taken out of `source`; layers that keep the size have one without using it.
    """
    every = {name: source.pop(name) for name in [*source] if name.endswith(_FILTER)}
    kernels = [every[f"{name}.{_FILTER}"] for name in used if f"{name}.{_FILTER}" in every]
    taps = taps_of(kernels[0]) if kernels else USUAL_TAPS
    same = all(torch.equal(kernel, kernels[0]) for kernel in kernels)
    if taps is None or not same:
        raise PickledSettings({}, file).beyond(_FILTER)
    return taps


# --- the generator ------------------------------------------------------------------------------------


def _generator_config(parts: _Parts, source: dict[str, Tensor], file: str) -> StyleGAN2Config:
    sides = [side for side in _SIDES if f"synthesis.b{side}.conv1.weight" in source]
    levels = len(sides) + 1
    if sides != list(_SIDES[: len(sides)]):
        raise CheckpointError(f"{file} is a StyleGAN2 without a block at each resolution.")
    levels_of(2**levels, file)
    if "synthesis.b4.torgb.weight" not in source:
        raise CheckpointError(
            f"{file} is a StyleGAN2 with residual blocks in its generator, which ganlab cannot play.",
            "Choose one whose blocks add to the picture at each resolution (architecture 'skip').",
        )
    top = parts.settings()
    clamps = {_synthesis_clamp(parts, side, source, file) for side in sides}
    if len(clamps) != 1:
        raise top.beyond("conv_clamp")
    colours = side_of(source, "synthesis.b4.torgb.weight", 0, file)
    for name, value in (("img_resolution", 2**levels), ("img_channels", colours)):
        if top.integer(name, value, 0, 2**20) != value:
            raise CheckpointError(
                f"{file} says otherwise about {name} than its weights do.", UNKNOWN_VARIANT
            )
    const = source["synthesis.b4.const"]
    weights = [f"synthesis.b{side}.conv1.weight" for side in sides]
    scaled = [f"synthesis.b{side}{part}" for side in sides for part in ("", ".conv0")]
    mapping = _mapping_config(parts, ("mapping",), "mapping.", source, file)
    width = side_of(source, "mapping.fc0.weight", 1, file)
    embedded = mapping.label_features if "mapping.embed.weight" in source else 0
    return replace(
        mapping,
        resolution=2**levels,
        channel_list=tuple(side_of(source, name, 0, file) for name in weights),
        z_dim=top.integer("z_dim", width - embedded),
        w_dim=top.integer("w_dim", side_of(source, "mapping.w_avg", 0, file)),
        label_size=top.integer("c_dim", _label_size(source, file), 0),
        conv_clamp=clamps.pop(),
        resample_filter=_filter(source, scaled, file),
        img_channels=colours,
        const_size=const_size(const, file),
        noise="synthesis.b4.conv1.noise_strength" in source,
    )


_SIDES = tuple(2**level for level in range(2, 11))
_USUAL_CLAMP = 256.0
"""Where the published training cut convolutions off; tensors alone do not say."""


def _label_size(source: Mapping[str, Tensor], file: str) -> int:
    embedded = "mapping.embed.weight"
    return side_of(source, embedded, 1, file) if embedded in source else 0


def _synthesis_clamp(
    parts: _Parts, side: int, source: Mapping[str, Tensor], file: str
) -> float | None:
    """Where a block's convolutions are cut off; raises `CheckpointError` for blocks of other kinds."""
    parts.settings("synthesis", f"b{side}").require("architecture", ("skip",))
    clamps = set()
    for name in ("conv0", "conv1", "torgb"):
        place = f"synthesis.b{side}.{name}"
        if f"{place}.weight" not in source:
            continue
        settings = parts.settings("synthesis", f"b{side}", name)
        clamps.add(settings.optional_number("conv_clamp", _USUAL_CLAMP, *CLAMPS))
        if name != "torgb":
            settings.require("activation", ("lrelu",))
            settings.require("up", (2 if name == "conv0" else 1,))
            settings.require("use_noise", (f"{place}.noise_strength" in source,))
    if len(clamps) != 1:
        raise parts.settings("synthesis", f"b{side}").beyond("conv_clamp")
    return clamps.pop()


def _mapping_config(
    parts: _Parts, place: tuple[str, ...], root: str, source: Mapping[str, Tensor], file: str
) -> StyleGAN2Config:
    """What a mapping network says; of all else the defaults."""
    layers = parts.settings(*place).integer(
        "num_layers", count_of(source, root + "fc{}.weight"), 0, 64
    )
    rates = set()
    for index in range(layers):
        settings = parts.settings(*place, f"fc{index}")
        settings.require("activation", ("lrelu",))
        rates.add(settings.number("bias_gain", 0.01, 1e-9, 1e3))
    if len(rates) > 1:
        raise parts.settings(*place).beyond("lr_multiplier")
    embedded = f"{root}embed.weight"
    return StyleGAN2Config(
        mapping_layers=layers,
        mapping_fmaps=side_of(source, f"{root}fc0.weight", 0, file) if layers > 1 else 512,
        mapping_lr=rates.pop() if rates else 0.01,
        label_kind="embed",
        label_features=side_of(source, embedded, 0, file) if embedded in source else 0,
    )


def _to(levels: int) -> range:
    return range(2, levels + 1)


def _part(top: PickledObject, names: tuple[str, ...], file: str) -> PickledObject:
    part = top.part(*names)
    if part is None:
        raise CheckpointError(
            f"{file} lacks the part {'.'.join(names)!a} of its network.", UNKNOWN_VARIANT
        )
    return part


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


def _critic_config(top: PickledObject, source: dict[str, Tensor], file: str) -> StyleGAN2Config:
    settings = top.settings(file)
    resolution = settings.integer("img_resolution", 0, 0)
    levels = levels_of(resolution, file)
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
        base = _mapping_config(_Parts(top, file), ("mapping",), "mapping.", source, file)
    return replace(
        base,
        resolution=resolution,
        channel_list=tuple(side_of(source, name, 0, file) for name in weights),
        label_size=labels,
        conv_clamp=clamp,
        resample_filter=_filter(source, scaled, file),
        img_channels=settings.integer("img_channels", 3, 1, 4),
        critic=kind,
        critic_dense=side_of(source, "b4.fc.weight", 0, file),
        critic_map=side_of(source, "b4.out.weight", 0, file) if labels else 0,
        mbstd_group_size=None if whole or mbstd is None else mbstd.integer("group_size", 4),
        mbstd_features=0 if mbstd is None else mbstd.integer("num_channels", 1, 0),
    )


def _critic_kind(top: PickledObject, levels: int, file: str) -> tuple[str, float | None]:
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


_LAYER = re.compile(r"synthesis\.(L(\d+)_(\d+)_(\d+))\.weight")
_INPUT = ("weight", "freqs", "phases", "transform", "affine.weight", "affine.bias")


class NvidiaStyleGAN3:
    """The generators of one file: `G_ema` and `G`.

    Parameters
    ----------
    found
        Where they lie.
    """

    layout = "StyleGAN3, PyTorch"

    def __init__(self, found: Found) -> None:
        self._found = found
        self._path = found.path

    def generator(self, *, averaged: bool = True) -> Model:
        """G_ema, or G."""
        file, source = self._path.name, self._found.weights(averaged=averaged)
        top = self._found.contents.module(self._found.root(averaged=averaged))
        names = _layer_names(source, file)
        config = _config(top, source, names, file)
        _hold_against(config, names, file)
        rules = _rules(config, names, source)
        network = build(lambda: StyleGAN3Generator(config), rules, source, file)
        facts = {"truncation": {"psi": 1.0, "cutoff": None}}
        return imported_model("stylegan3", network, self._path, self.layout, facts=facts)

    def discriminator(self) -> nn.Module:
        """Its discriminator is a StyleGAN2's, which no generator of this kind trains with here."""
        raise CheckpointError(f"StyleGAN3s as in {self._path.name} cannot be trained further.")


class StyleGANXL(NvidiaStyleGAN3):
    """The generators of one file of StyleGAN-XL, of its smallest resolution or made larger."""

    layout = "StyleGAN-XL, PyTorch"

    def generator(self, *, averaged: bool = True) -> Model:
        """G_ema, or G; each class's vector is folded into a row."""
        file, source = self._path.name, dict(self._found.weights(averaged=averaged))
        top = self._found.contents.module(self._found.root(averaged=averaged))
        names = _layer_names(source, file)
        side_of(source, "mapping.w_avg", 0, file)  # that it is there
        given = _classes_of(source, file)
        config = _xl_config(top, source, names, given, file)
        try:
            config.check()
        except ValueError as error:
            raise CheckpointError(f"{file} is a StyleGAN-XL that cannot be run: {error}.") from None
        rules = [one for one in _rules(config, names, source) if one.ours not in given]
        network = build(lambda: StyleGAN3Generator(config), rules, source, file, given)
        facts = {"truncation": {"psi": 1.0, "cutoff": None}}
        return imported_model("stylegan3", network, self._path, self.layout, facts=facts)


def _classes_of(source: dict[str, Tensor], file: str) -> dict[str, Tensor]:
    """Our weights of the classes, whose tensors are taken out of `source`; those of W's mean."""
    table = source.pop("mapping.embed.weight").float()
    centres = source.pop("mapping.w_avg").float()
    if "mapping.embed_proj.weight" not in source:
        return {"w_avg": centres}
    weight = source.pop("mapping.embed_proj.weight").float()
    bias = source.pop("mapping.embed_proj.bias").float()
    classes = len(centres)
    if centres.ndim != 2 or weight.ndim != 2 or table.shape[1:] != weight.shape[1:]:
        raise CheckpointError(f"{file} is a StyleGAN-XL of another kind.", UNKNOWN_VARIANT)
    if not 0 < classes <= len(table) or bias.shape != weight.shape[:1]:
        raise CheckpointError(f"{file} is a StyleGAN-XL of another kind.", UNKNOWN_VARIANT)
    rows = table[:classes] @ (weight / math.sqrt(weight.shape[1])).T + bias
    rows = F.leaky_relu(rows, LRELU_SLOPE) * RELU_GAIN
    return {
        "mapping.embed.weight": rows.T.contiguous() * math.sqrt(classes),
        "mapping.embed.bias": rows.new_zeros(rows.shape[1]),
        "class_w_avg": centres,
        "w_avg": centres.mean(dim=0),
    }


def _xl_config(
    top: PickledObject | None,
    source: Mapping[str, Tensor],
    names: list[str],
    given: Mapping[str, Tensor],
    file: str,
) -> StyleGAN3Config:
    synthesis = _settings(top, file, "synthesis")
    layers = [_settings(top, file, "synthesis", name) for name in names]
    mapping = [_settings(top, file, "mapping", f"fc{n}") for n in range(_dense(source))]
    clamps = {layer.optional_number("conv_clamp", 256.0, *CLAMPS) for layer in layers}
    rates = {part.number("bias_gain", 0.01, 1e-9, 1e3) for part in mapping}
    if len(clamps) != 1 or len(rates) > 1:
        raise synthesis.beyond("conv_clamp" if len(clamps) != 1 else "lr_multiplier")
    embed = given.get("mapping.embed.weight")
    features = 0 if embed is None else len(embed)
    usual = StyleGAN3Config()
    bands = _bands(top, source, names, file)
    return StyleGAN3Config(
        resolution=int(bands[-1][0]),
        img_channels=int(bands[-1][4]),
        z_dim=side_of(source, "mapping.fc0.weight", 1, file) - features,
        w_dim=given["w_avg"].shape[-1],
        label_size=0 if embed is None else embed.shape[1],
        label_features=features,
        class_centres=embed is not None,
        mapping_layers=_dense(source),
        mapping_lr=rates.pop() if rates else 0.01,
        num_layers=len(names) - 1,
        output_scale=synthesis.number("output_scale", usual.output_scale, -1e3, 1e3),
        filter_size=_filter_size(layers[0], source, names),
        conv_clamp=clamps.pop(),
        band_list=bands,
    )


def _bands(
    top: PickledObject | None, source: Mapping[str, Tensor], names: list[str], file: str
) -> tuple[tuple[float, ...], ...]:
    """What the input and every layer give, as `StyleGAN3Config.band_list` has it.

    Layers have margins around the picture but for the last two; what they say of their frequencies only
    decided filters, which the file has.
    """
    margin = _settings(top, file, "synthesis").integer("margin_size", 10, 0, 256)
    sizes = [int(name.split("_")[1]) for name in names]
    found = []
    for index, (name, size) in enumerate(zip(names, sizes, strict=True)):
        rate = size if index >= len(names) - 2 else size - 2 * margin
        layer = _settings(top, file, "synthesis", name)
        cutoff = layer.number("out_cutoff", max(rate, 1) / 4, 1e-6, 1e6)
        half = layer.number("out_half_width", max(rate, 1) / 8, 0.0, 1e6)
        channels = side_of(source, f"synthesis.{name}.weight", 0, file)
        down = source.get(f"synthesis.{name}.down_filter")
        kernel = side_of(source, f"synthesis.{name}.weight", 2, file)
        radial = down is not None and down.ndim == 2
        found.append((rate, min(cutoff, max(rate, 1) / 2), half, size, channels, kernel, radial))
    bandwidth = _settings(top, file, "synthesis", "input").number("bandwidth", 2.0, 1e-3, 1e4)
    rate, size = found[0][0], found[0][3]
    first = side_of(source, "synthesis.input.weight", 0, file)
    return tuple(
        tuple(map(float, band))
        for band in ((rate, bandwidth, found[0][2], size, first, 1, 0), *found)
    )


def _layer_names(source: Mapping[str, Tensor], file: str) -> list[str]:
    """The layers' names in order: L0_36_512, L1_36_512, ..."""
    found = {int(match[2]): match[1] for name in source if (match := _LAYER.fullmatch(name))}
    if sorted(found) != list(range(len(found))) or len(found) < 3:
        raise CheckpointError(f"{file} is a StyleGAN3 without layers in a row.", UNKNOWN_VARIANT)
    return [found[index] for index in range(len(found))]


def _settings(top: PickledObject | None, file: str, *names: str) -> PickledSettings:
    part = None if top is None else top.part(*names)
    return PickledSettings({}, file) if part is None else part.settings(file)


def _config(
    top: PickledObject | None, source: Mapping[str, Tensor], names: list[str], file: str
) -> StyleGAN3Config:
    synthesis = _settings(top, file, "synthesis")
    layers = [_settings(top, file, "synthesis", name) for name in names]
    first = _settings(top, file, "synthesis", "input")
    mapping = [_settings(top, file, "mapping", f"fc{n}") for n in range(_dense(source))]
    clamps = {layer.optional_number("conv_clamp", 256.0, *CLAMPS) for layer in layers}
    rates = {part.number("bias_gain", 0.01, 1e-9, 1e3) for part in mapping}
    if len(clamps) != 1 or len(rates) > 1:
        raise synthesis.beyond("conv_clamp" if len(clamps) != 1 else "lr_multiplier")
    kernel = side_of(source, f"synthesis.{names[0]}.weight", 2, file)
    down = source.get(f"synthesis.{names[0]}.down_filter")
    usual = StyleGAN3Config()
    channels = [side_of(source, f"synthesis.{name}.weight", 0, file) for name in names]
    embedded = "mapping.embed.weight"
    return StyleGAN3Config(
        resolution=int(names[-1].split("_")[1]),
        img_channels=channels[-1],
        z_dim=side_of(source, "mapping.fc0.weight", 1, file)
        - (side_of(source, embedded, 0, file) if embedded in source else 0),
        w_dim=side_of(source, "mapping.w_avg", 0, file),
        label_size=side_of(source, embedded, 1, file) if embedded in source else 0,
        mapping_layers=_dense(source),
        mapping_lr=rates.pop() if rates else 0.01,
        channel_list=(side_of(source, "synthesis.input.weight", 0, file), *channels),
        num_layers=len(names) - 1,
        num_critical=synthesis.integer("num_critical", usual.num_critical, 0, 64),
        first_cutoff=first.number("bandwidth", usual.first_cutoff, 1e-3, 1e4),
        last_stopband_rel=_last_stopband(layers[-1], usual.last_stopband_rel),
        margin=synthesis.integer("margin_size", usual.margin, 0, 256),
        output_scale=synthesis.number("output_scale", usual.output_scale, -1e3, 1e3),
        conv_kernel=kernel,
        filter_size=_filter_size(layers[0], source, names),
        radial=down is not None and down.ndim == 2,
        conv_clamp=clamps.pop(),
    )


def _dense(source: Mapping[str, Tensor]) -> int:
    return count_of(source, "mapping.fc{}.weight")


def _last_stopband(layer: PickledSettings, usual: float) -> float:
    """What the last layer's transition band says of its stopband."""
    cutoff = layer.number("out_cutoff", 1.0, 1e-6, 1e6)
    half = layer.number("out_half_width", cutoff * (usual - 1.0), 0.0, 1e6)
    return (cutoff + half) / cutoff


def _filter_size(layer: PickledSettings, source: Mapping[str, Tensor], names: list[str]) -> int:
    """Taps for each factor of up-sampling; the first layer always doubles at least."""
    taps = source.get(f"synthesis.{names[0]}.up_filter")
    factor = layer.integer("up_factor", 2, 1, 64)
    return 6 if taps is None else max(1, len(taps) // factor)


def _hold_against(config: StyleGAN3Config, names: list[str], file: str) -> None:
    """Raise `CheckpointError` where the layers are not those of such a network."""
    try:
        config.check()
    except ValueError as error:
        raise CheckpointError(f"{file} is a StyleGAN3 that cannot be run: {error}.") from None
    bands = config.bands()[1:]
    expected = [f"L{i}_{band.size}_{band.channels}" for i, band in enumerate(bands)]
    if expected != names:
        wrong = next(pair for pair in zip(names, expected, strict=True) if pair[0] != pair[1])
        raise CheckpointError(
            f"{file} is a StyleGAN3 with a layer {wrong[0]!a} where the published ones have {wrong[1]}.",
            UNKNOWN_VARIANT,
        )


def _rules(config: StyleGAN3Config, names: list[str], source: Mapping[str, Tensor]) -> list[Rule]:
    pairs = [("w_avg", "mapping.w_avg")]
    for index in range(config.mapping_layers):
        pairs += _pair(f"mapping.dense.{index}", f"mapping.fc{index}")
    if config.label_size:
        pairs += _pair("mapping.embed", "mapping.embed")
    pairs += [(f"synthesis.input.{kind}", f"synthesis.input.{kind}") for kind in _INPUT]
    for index, name in enumerate(names):
        ours, theirs = f"synthesis.layers.{index}", f"synthesis.{name}"
        pairs += [*_pair(ours, theirs), *_pair(f"{ours}.style", f"{theirs}.affine")]
        pairs.append((f"{ours}.magnitude_ema", f"{theirs}.magnitude_ema"))
        for kind in ("up_filter", "down_filter"):
            if f"{theirs}.{kind}" in source:
                pairs.append((f"{ours}.{kind}", f"{theirs}.{kind}"))
    return [Rule(ours, theirs) for ours, theirs in pairs]


def _pair(ours: str, theirs: str) -> list[tuple[str, str]]:
    return [(f"{ours}.{kind}", f"{theirs}.{kind}") for kind in ("weight", "bias")]
