"""BigGAN-deep in the files of pytorch-pretrained-BigGAN: `pytorch_model.bin` with `config.json` beside.

Theirs joins (z, embedding) where ours joins (embedding, z), lays the first features out as (y, x, C), and
ends in a convolution with more outputs than colours; all of that is put right in the weights, into which
spectral normalisation is folded too. Which blocks up-sample only the config tells; without it every
second one does, as in all published networks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.files import load_json
from ganlab_core.importers.ajbrock import checked, fold_stored_vectors
from ganlab_core.importers.building import Rule, build, class_names, imported_model, side_of
from ganlab_core.importers.contents import Found
from ganlab_core.importers.pickled import PickledSettings
from ganlab_core.models import Model
from ganlab_core.networks import BigGANDeepConfig, BigGANDeepGenerator, Blocks

_WEIGHTS, _CONFIG = "pytorch_model.bin", "config.json"
_MOST_BYTES = 1_000_000
_THRESHOLD = 2.0
_NORM_PARTS = {
    "gain": "scale",
    "bias": "offset",
    "mean": "running_means",
    "variance": "running_vars",
}
_OUTPUT_PARTS = {**_NORM_PARTS, "gain": "weight", "bias": "bias"}


class HFBigGAN:
    """The generator of one file; these files never have a discriminator.

    Parameters
    ----------
    found
        Where its generator lies in the file of weights.
    """

    layout = "BigGAN-deep, pytorch-pretrained-BigGAN"

    def __init__(self, found: Found) -> None:
        self._path = found.path
        self._source = fold_stored_vectors(found.weights(), found.file)
        self._settings = _read_settings(found.path)

    def generator(self, *, averaged: bool = True) -> Model:
        """The published weights are averaged ones; there are no others."""
        file = self._path.name
        config, places = self._config()
        make = partial(BigGANDeepGenerator, config)
        network = build(make, _rules(make, config, places), self._source, file)
        names = class_names(config.label_size)
        return imported_model("biggan-deep", network, self._path, self.layout, classes=names)

    def discriminator(self) -> nn.Module:
        """There is none."""
        raise CheckpointError(f"{self._path.name} holds no discriminator; none was published.")

    def _config(self) -> tuple[BigGANDeepConfig, list[int]]:
        """Its shape, and which of their layers are blocks."""
        source, file = self._source, self._path.name
        unit = side_of(source, "generator.conv_to_rgb.weight", 1, file)
        listed, places, attention = _layers(source, unit, file)
        blocks = _stated_blocks(self._settings, listed, file)
        resolution = 4 * 2 ** sum(up for up, _, _ in blocks)
        if self._settings.integer("output_dim", resolution) != resolution:
            raise _disagrees(file, "output_dim")
        eps = self._settings.number("eps", 1e-4, 1e-12, 0.5)
        config = BigGANDeepConfig(
            resolution=resolution,
            channels=unit,
            z_dim=side_of(source, "embeddings.weight", 0, file),
            shared_dim=side_of(source, "embeddings.weight", 0, file),
            label_size=side_of(source, "embeddings.weight", 1, file),
            attention_after=attention,
            bn_eps=eps,
            output_eps=eps,
            n_stats=side_of(source, "generator.bn.running_means", 0, file),
            stats_blend="swapped",
            spectral_norm=False,
            rounding="truncated-256",
            threshold=_THRESHOLD,
            block_list=blocks,
        )
        return checked(config, file), places


def _read_settings(path: Path) -> PickledSettings:
    """Those of the config beside, by the names that pairs are published under; else none."""
    beginning = path.name.removesuffix(_WEIGHTS) if path.name.endswith(_WEIGHTS) else ""
    beside = path.with_name(beginning + _CONFIG)
    if not beside.is_file():
        return PickledSettings({}, path.name)
    try:
        if beside.stat().st_size > _MOST_BYTES:
            raise ValueError
        return PickledSettings(load_json(beside.read_bytes()), beside.name)
    except (OSError, ValueError):
        raise CheckpointError(
            f"{beside.name} beside {path.name} cannot be read.",
            "Get it again from where the weights were published.",
        ) from None


def _layers(
    source: Mapping[str, Tensor], unit: int, file: str
) -> tuple[list[tuple[int, int]], list[int], tuple[int, ...]]:
    """Widths of the blocks in units, their numbers among the layers, and where attention comes."""
    widths: list[tuple[int, int]] = []
    places: list[int] = []
    attention: list[int] = []
    number = 0
    while True:
        name = f"generator.layers.{number}"
        if f"{name}.gamma" in source:
            attention.append(len(widths))
        elif f"{name}.conv_0.weight" in source:
            before = side_of(source, f"{name}.conv_0.weight", 1, file)
            after = side_of(source, f"{name}.conv_3.weight", 0, file)
            if before % unit or after % unit:
                raise CheckpointError(f"{file} has a block {number} of an impossible width.")
            widths.append((before // unit, after // unit))
            places.append(number)
        else:
            return widths, places, tuple(attention)
        number += 1


def _stated_blocks(settings: PickledSettings, widths: list[tuple[int, int]], file: str) -> Blocks:
    """The blocks with whether they up-sample, from the config where there is one."""
    stated = settings.get("layers", None)
    if stated is None:
        return tuple((index % 2 == 1, *pair) for index, pair in enumerate(widths))
    if not isinstance(stated, list) or len(stated) != len(widths):
        raise _disagrees(file, "layers")
    blocks = []
    for layer, pair in zip(stated, widths, strict=True):
        if not isinstance(layer, list) or len(layer) != 3 or tuple(layer[1:]) != pair:
            raise _disagrees(file, "layers")
        if not isinstance(layer[0], bool):
            raise _disagrees(file, "layers")
        blocks.append((layer[0], *pair))
    return tuple(blocks)


def _disagrees(file: str, name: str) -> CheckpointError:
    return CheckpointError(
        f"{file} and the config beside it disagree about {name}.",
        "Put each model's two files into a folder of their own.",
    )


def _rules(
    make: Callable[[], nn.Module], config: BigGANDeepConfig, places: list[int]
) -> list[Rule]:
    """A rule for every weight of ours."""
    with torch.device("meta"):
        names = list(make().state_dict())
    return [Rule(name, _name(name, places), _how(name, config)) for name in names]


def _name(ours: str, places: list[int]) -> str:
    """Theirs: `blocks.3.bn1.gain.weight` is `generator.layers.3.bn_0.scale.weight`."""
    part, *rest = ours.split(".")
    kind = rest[-1]
    match part:
        case "shared":
            return "embeddings.weight"
        case "linear":
            return f"generator.gen_z.{kind}"
        case "output_conv":
            return f"generator.conv_to_rgb.{kind}"
        case "output_norm":
            return f"generator.bn.{_OUTPUT_PARTS[kind]}"
        case "attention":
            layer = f"generator.layers.{_attention_place(int(rest[0]), places)}"
            return f"{layer}.{_attention_part(rest[1])}"
    layer, name = f"generator.layers.{places[int(rest[0])]}", rest[1]
    number = int(name[-1]) - 1
    if name.startswith("conv"):
        return f"{layer}.conv_{number}.{kind}"
    inner = ".".join([_NORM_PARTS[rest[2]], *rest[3:]])
    return f"{layer}.bn_{number}.{inner}"


def _attention_place(after: int, places: list[int]) -> int:
    """Its number among the layers: before the block that it comes before."""
    return places[after] - 1 if after < len(places) else places[-1] + 1


def _attention_part(part: str) -> str:
    if part == "gamma":
        return part
    return f"snconv1x1_{'o_conv' if part == 'o' else part}.weight"


def _how(ours: str, config: BigGANDeepConfig) -> Callable[[Tensor], Tensor]:
    """From their layout to ours."""
    dim = config.z_dim

    def embedding_first(weight: Tensor) -> Tensor:
        return torch.cat([weight[:, dim:], weight[:, :dim]], dim=1)

    def channels_first(rows: Tensor) -> Tensor:
        return rows.reshape(16, -1, *rows.shape[1:]).transpose(0, 1).reshape(rows.shape)

    if ours == "shared.weight":
        return lambda weight: weight.t()
    if ours == "linear.weight":
        return lambda weight: embedding_first(channels_first(weight))
    if ours == "linear.bias":
        return channels_first
    if ours.startswith("output_conv."):
        return lambda rows: rows[:3]
    if ours.endswith((".gain.weight", ".bias.weight")):
        return embedding_first
    if ours.endswith(".gamma"):
        return lambda gamma: gamma.reshape(())
    return lambda tensor: tensor
