"""StyleGAN3 in the pickles of NVIDIA's PyTorch code, configurations T and R, and as tensors alone.

Filters are taken from the file as they are. What shapes the layers is told by attributes and by their
names; both are held against the layers that such a network has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import (
    UNKNOWN_VARIANT,
    Rule,
    build,
    count_of,
    imported_model,
    side_of,
)
from ganlab_core.importers.contents import Found
from ganlab_core.importers.pickled import CLAMPS, PickledObject, PickledSettings
from ganlab_core.models import Model
from ganlab_core.networks import StyleGAN3Config, StyleGAN3Generator

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
