"""BigGAN and BigGAN-deep in BigGAN-PyTorch's files: `G_ema.pth`, `state_dict.pth` and `D.pth` beside.

The generator's file alone tells every shape; the settings beside it tell the epsilons, and are held
against it. TensorFlow Hub's generators in this form have no `sv0` and an epsilon of their own. Spectral
normalisation is folded into the generator's weights; standing statistics kept as sums are divided.

StudioGAN's files (`model=G_ema-*.pth`) hold the same network under other names. Self-attention counts
among the blocks there, spectral normalisation is PyTorch's own, and every batch norm has an epsilon of
1e-4. Weights are renamed to BigGAN-PyTorch's and go the same way from there.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import (
    Rule,
    build,
    class_names,
    count_of,
    imported_model,
    side_of,
)
from ganlab_core.importers.contents import Found, read_contents, settings_of
from ganlab_core.importers.pickled import PickledSettings
from ganlab_core.models import Model
from ganlab_core.networks import (
    DISCRIMINATOR_WIDTHS,
    GENERATOR_WIDTHS,
    BigGANConfig,
    BigGANDeepConfig,
    BigGANDeepDiscriminator,
    BigGANDeepGenerator,
    BigGANDiscriminator,
    BigGANGenerator,
    Blocks,
    SharedConfig,
    StagedGenerator,
    power_step,
)

# ------------------------------------------------------------------------------------------------
# Which of BigGAN-PyTorch's weights becomes which of ours; almost all keep their names.


_BLOCK = re.compile(r"blocks\.(\d+)\.(.+)")
_ATTENTION = re.compile(r"attention\.(\d+)\.(.+)")
_BEGINNINGS = {
    "output_norm.": "output_layer.0.",
    "output_conv.": "output_layer.2.",
    "head.linear.": "linear.",
    "head.embed.": "embed.",
}


def ajbrock_rules(make: Callable[[], nn.Module]) -> list[Rule]:
    """A rule for every weight of the network that `make` makes.

    Their blocks are lists: one block, or the two of a stage in BigGAN-deep's discriminator, and
    self-attention behind.
    """
    with torch.device("meta"):
        network = make()
    pairs = any(name.startswith("blocks.0.0.") for name in network.state_dict())
    return [
        Rule(name, _kind(_name(name, pairs=pairs)), _how(name)) for name in network.state_dict()
    ]


def _name(ours: str, *, pairs: bool) -> str:
    for beginning, theirs in _BEGINNINGS.items():
        if ours.startswith(beginning):
            return theirs + ours.removeprefix(beginning)
    if match := _ATTENTION.fullmatch(ours):
        return f"blocks.{int(match[1]) - 1}.{2 if pairs else 1}.{match[2]}"
    if not pairs and (match := _BLOCK.fullmatch(ours)):
        return f"blocks.{match[1]}.0.{match[2]}"
    return ours


def _kind(name: str) -> str:
    stem, _, kind = name.rpartition(".")
    return f"{stem}.{ {'variance': 'var', 'u': 'u0'}.get(kind, kind) }"


def _how(ours: str) -> Callable[[Tensor], Tensor]:
    """Statistics become one row, vectors lose their row."""
    kind = ours.rpartition(".")[2]
    if kind in ("mean", "variance"):
        return lambda tensor: tensor[None]
    if kind == "u":
        return lambda tensor: tensor.reshape(-1)
    return lambda tensor: tensor


# ------------------------------------------------------------------------------------------------
# The shape of a BigGAN-PyTorch network, told by its weights alone.


Source = Mapping[str, Tensor]
C = TypeVar("C", bound=SharedConfig)


@dataclass(frozen=True, slots=True)
class Epsilons:
    """Of the conditional batch norms and of spectral normalisation."""

    batch_norm: float
    spectral: float


def generator_config(source: Source, eps: Epsilons, file: str) -> BigGANConfig:
    """A BigGAN's generator; raises `CheckpointError` for shapes that none has."""
    count = count_of(source, "blocks.{}.0.conv1.weight")
    resolution = _resolution(count, file)
    shared = "shared.weight" in source
    gain = "blocks.0.0.bn1.gain.weight"
    first = side_of(source, "linear.weight", 1, file)
    embedding = side_of(source, "shared.weight", 1, file) if shared else 1
    hierarchical = shared and side_of(source, gain, 1, file) > embedding
    config = BigGANConfig(
        resolution=resolution,
        channels=_unit(source, "output_layer.2.weight", 1, GENERATOR_WIDTHS[resolution][-1], file),
        z_dim=first * (count + 1) if hierarchical else first,
        shared_dim=embedding,
        label_size=side_of(source, "shared.weight" if shared else gain, 0, file),
        attention_after=_attention(source, count),
        bn_eps=eps.batch_norm,
        sn_eps=eps.spectral,
        spectral_norm=False,
        rounding="truncated",
        hierarchical=hierarchical,
        shared=shared,
    )
    return checked(config, file)


def deep_generator_config(source: Source, eps: Epsilons, file: str) -> BigGANDeepConfig:
    """A BigGAN-deep's generator; raises `CheckpointError` for shapes that none has."""
    count = count_of(source, "blocks.{}.0.conv1.weight")
    resolution, channels, depth = _deep_blocks(source, count, file)
    embedding = side_of(source, "shared.weight", 1, file)
    widths = GENERATOR_WIDTHS[resolution]
    config = BigGANDeepConfig(
        resolution=resolution,
        channels=channels,
        block_list=() if depth == 2 else _block_list(widths, depth),
        z_dim=side_of(source, "linear.weight", 1, file) - embedding,
        shared_dim=embedding,
        label_size=side_of(source, "shared.weight", 0, file),
        attention_after=_attention(source, count),
        bn_eps=eps.batch_norm,
        sn_eps=eps.spectral,
        spectral_norm=False,
        rounding="truncated",
    )
    return checked(config, file)


def discriminator_config(source: Source, eps: Epsilons, file: str) -> BigGANConfig:
    """A BigGAN's discriminator; raises `CheckpointError` for shapes that none has."""
    count = count_of(source, "blocks.{}.0.conv1.weight")
    first = side_of(source, "blocks.0.0.conv2.weight", 0, file)
    resolution = _scored_resolution(source, count, first, file)
    return BigGANConfig(
        resolution=resolution,
        channels=_unit(
            source, "blocks.0.0.conv2.weight", 0, DISCRIMINATOR_WIDTHS[resolution][0], file
        ),
        label_size=_label_size(source, file),
        attention_after=_attention(source, count),
        sn_eps=eps.spectral,
        spectral_norm="linear.u0" in source,
        wide=side_of(source, "blocks.0.0.conv1.weight", 0, file) == first,
    )


def deep_discriminator_config(source: Source, eps: Epsilons, file: str) -> BigGANDeepConfig:
    """A BigGAN-deep's discriminator; raises `CheckpointError` for shapes that none has."""
    count = count_of(source, "blocks.{}.0.conv1.weight")
    first = side_of(source, "input_conv.weight", 0, file)
    resolution = _scored_resolution(source, count + 1, first, file)
    return BigGANDeepConfig(
        resolution=resolution,
        channels=_unit(source, "input_conv.weight", 0, DISCRIMINATOR_WIDTHS[resolution][0], file),
        label_size=_label_size(source, file),
        attention_after=_attention(source, count, position=2),
        sn_eps=eps.spectral,
        spectral_norm="linear.u0" in source,
    )


def _deep_blocks(source: Source, count: int, file: str) -> tuple[int, int, int]:
    """Side in pixels, unit of widths, and blocks for each resolution, told by all blocks' widths."""
    sides = [
        (
            side_of(source, f"blocks.{index}.0.conv1.weight", 1, file),
            side_of(source, f"blocks.{index}.0.conv4.weight", 0, file),
        )
        for index in range(count)
    ]
    for resolution, widths in GENERATOR_WIDTHS.items():
        depth = count // (len(widths) - 1)
        unit = sides[-1][1] // widths[-1]
        blocks = [(before * unit, after * unit) for _, before, after in _block_list(widths, depth)]
        if blocks == sides:
            return resolution, unit, depth
    raise CheckpointError(f"{file} has the widths of no BigGAN-deep of 32 to 512 px.")


def _block_list(widths: tuple[int, ...], depth: int) -> Blocks:
    """Blocks as (whether it up-scales, units before, units after); the last of a resolution up-scales."""
    return tuple(
        (last := index == depth - 1, before, after if last else before)
        for before, after in itertools.pairwise(widths)
        for index in range(depth)
    )


def _resolution(levels: float, file: str) -> int:
    """Side in pixels that so many up-scaling blocks give."""
    for resolution in GENERATOR_WIDTHS:
        if 4 * 2**levels == resolution:
            return resolution
    raise CheckpointError(
        f"{file} is a BigGAN with {levels:g} scales, where those of 32 to 512 px have 3 to 7.",
        "Choose one that was trained with the published number of blocks.",
    )


def _scored_resolution(source: Source, count: int, first: int, file: str) -> int:
    """Side in pixels of what a discriminator with so many widths scores.

    Networks for 32 px are told from larger ones by all their widths being the same.
    """
    last = side_of(source, "linear.weight", 1, file)
    for resolution, widths in DISCRIMINATOR_WIDTHS.items():
        if len(widths) == count and widths[-1] * first == widths[0] * last:
            return resolution
    raise CheckpointError(f"{file} has the widths of no BigGAN's discriminator.")


def _label_size(source: Source, file: str) -> int:
    return side_of(source, "embed.weight", 0, file) if "embed.weight" in source else 0


def _unit(source: Source, name: str, axis: int, multiple: int, file: str) -> int:
    """The unit of widths, from a weight that has a multiple of it."""
    side = side_of(source, name, axis, file)
    if side % multiple:
        raise CheckpointError(f"{file} has weights {name!a} of an impossible shape.")
    return side // multiple


def _attention(source: Source, count: int, position: int = 1) -> tuple[int, ...]:
    """After how many blocks self-attention comes; it lies behind the block of that number."""
    return tuple(
        index + 1 for index in range(count) if f"blocks.{index}.{position}.gamma" in source
    )


def checked(config: C, file: str) -> C:
    """The config itself; raises `CheckpointError` where no network could be built from it."""
    try:
        config.check()
    except ValueError as error:
        raise CheckpointError(f"{file} is of no BigGAN that could be run: {error}.") from None
    return config


# ------------------------------------------------------------------------------------------------
# Weights that published BigGANs divide by a singular value when they are used, divided
# beforehand.


def fold_power_steps(source: Mapping[str, Tensor], eps: float, file: str) -> dict[str, Tensor]:
    """BigGAN-PyTorch: sigma is what one step of power iteration from the stored `u0` gives.

    `sv0` is a record without effect, and further pairs `u1`, `sv1`, ... divide nothing.
    """
    folded = without_vectors(source)
    for name, tensor in source.items():
        if not name.endswith(".u0"):
            continue
        weight = f"{name[:-3]}.weight"
        matrix = _matrix(source.get(weight), tensor.numel(), weight, file)
        v, u = power_step(matrix, tensor.double().reshape(-1), eps)
        sigma = torch.dot(u, torch.mv(matrix, v))
        folded[weight] = (matrix / sigma).float().reshape(source[weight].shape)
    return folded


def without_vectors(source: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors without those that only spectral normalisation needs."""
    return {
        name: tensor
        for name, tensor in source.items()
        if not (
            _numbered(name.rpartition(".")[2]) and f"{name.rpartition('.')[0]}.weight" in source
        )
    }


def _numbered(kind: str) -> bool:
    """`u0`, `sv0`, `u1`, ..."""
    return kind.removeprefix("sv").isdigit() or kind.removeprefix("u").isdigit()


def fold_stored_vectors(source: Mapping[str, Tensor], file: str) -> dict[str, Tensor]:
    """PyTorch's own: sigma = u . W v with the stored vectors; `weight_orig` becomes `weight`."""
    folded = {}
    for name, tensor in source.items():
        stem, _, kind = name.rpartition(".")
        if kind in ("weight_u", "weight_v") and f"{stem}.weight_orig" in source:
            continue
        if kind != "weight_orig":
            folded[name] = tensor
            continue
        u, v = (_vector(source, f"{stem}.{part}", file) for part in ("weight_u", "weight_v"))
        matrix = _matrix(tensor, u.numel(), name, file)
        if matrix.shape[1] != v.numel():
            raise _wrong(name, file)
        sigma = torch.dot(u, torch.mv(matrix, v))
        folded[f"{stem}.weight"] = (matrix / sigma).float().reshape(tensor.shape)
    return folded


def _vector(source: Mapping[str, Tensor], name: str, file: str) -> Tensor:
    if name not in source:
        raise CheckpointError(
            f"{file} lacks the weights {name!a}.", "Get the file again from where it was published."
        )
    return source[name].double().reshape(-1)


def _matrix(weight: Tensor | None, rows: int, name: str, file: str) -> Tensor:
    if weight is None or weight.ndim < 2 or weight.shape[0] != rows or not weight.numel():
        raise _wrong(name, file)
    return weight.double().flatten(1)


def _wrong(name: str, file: str) -> CheckpointError:
    return CheckpointError(
        f"{file} has weights {name!a} that do not fit their spectral normalisation.",
        "Get the file again from where it was published.",
    )


_NAME = re.compile(r"G(?:_ema)?(?P<suffix>_\w+)?\.pth")
_HUB_EPS = 1e-4
_ONLY: dict[str, tuple[object, ...]] = {
    "norm_style": ("bn",),
    "G_nl": ("relu", "inplace_relu", "ir"),
    "D_nl": ("relu", "inplace_relu", "ir"),
}


class AjbrockBigGAN:
    """The networks of one folder.

    Parameters
    ----------
    found
        Where its generator lies in the file opened.
    """

    def __init__(self, found: Found) -> None:
        self._path = found.path
        self._source = found.weights()
        self._deep = "blocks.0.0.conv4.weight" in self._source
        self._settings = self._read_settings()

    @property
    def layout(self) -> str:
        """What it is, for people."""
        return f"{'BigGAN-deep' if self._deep else 'BigGAN'}, BigGAN-PyTorch"

    def generator(self, *, averaged: bool = True) -> Model:
        """The one in the file opened; averaged and trained ones are files of their own."""
        file, eps = self._path.name, self._epsilons()
        source = fold_power_steps(averaged_statistics(self._source), eps.spectral, file)
        if self._deep:
            deep = deep_generator_config(source, eps, file)
            return self._model("biggan-deep", deep, partial(BigGANDeepGenerator, deep), source)
        config = generator_config(source, eps, file)
        return self._model("biggan", config, partial(BigGANGenerator, config), source)

    def _model(
        self,
        architecture: str,
        config: SharedConfig,
        make: Callable[[], StagedGenerator],
        source: Mapping[str, Tensor],
    ) -> Model:
        self._hold_against(config)
        generator = build(make, ajbrock_rules(make), source, self._path.name)
        facts = {"z_deviation": self._settings.number("z_var", 1.0, 0.0, 1000.0)}
        names = class_names(config.label_size)
        return imported_model(
            architecture, generator, self._path, self.layout, classes=names, facts=facts
        )

    def discriminator(self) -> nn.Module:
        """The one in the `D.pth` beside; raises `CheckpointError` where there is none."""
        path = self._beside("D")
        if path is None:
            raise CheckpointError(f"There is no discriminator beside {self._path.name}.")
        whole, eps, file = read_contents(path).below(""), self._epsilons(), path.name
        vectors = {name: value for name, value in whole.items() if name.endswith(".u0")}
        source = without_vectors(whole) | vectors
        make: Callable[[], nn.Module]
        if "input_conv.weight" in source:
            deep = deep_discriminator_config(source, eps, file)
            make = partial(BigGANDeepDiscriminator, deep)
        else:
            make = partial(BigGANDiscriminator, discriminator_config(source, eps, file))
        return build(make, ajbrock_rules(make), source, file)

    def _beside(self, kind: str) -> Path | None:
        """A file of another kind that belongs to the one opened, by the names they are saved under."""
        match = _NAME.fullmatch(self._path.name)
        if match is None:
            return None
        path = self._path.with_name(f"{kind}{match['suffix'] or ''}.pth")
        return path if path.is_file() else None

    def _read_settings(self) -> PickledSettings:
        """Those of `state_dict.pth`; none where there is no such file."""
        path = self._beside("state_dict")
        content = {} if path is None else read_contents(path).value
        stated = content.get("config", {}) if isinstance(content, Mapping) else {}
        settings = settings_of(stated, "state_dict.pth" if path is None else path.name)
        for name, allowed in _ONLY.items():
            settings.require(name, allowed)
        return settings

    def _epsilons(self) -> Epsilons:
        hub = not any(name.endswith(".sv0") for name in self._source)
        batch_norm = self._settings.number("BN_eps", _HUB_EPS if hub else 1e-5, 1e-12, 0.5)
        spectral = self._settings.number("SN_eps", _HUB_EPS if hub else 1e-6, 1e-30, 0.5)
        return Epsilons(batch_norm, spectral)

    def _hold_against(self, config: SharedConfig) -> None:
        """Raise `CheckpointError` where the settings speak of another network than the weights."""
        told = {
            "resolution": config.resolution,
            "G_ch": config.channels,
            "n_classes": config.label_size,
        }
        for name, value in told.items():
            if self._settings.integer(name, value) != value:
                raise CheckpointError(
                    f"{self._path.name} and the settings beside it disagree about {name}.",
                    "Put files of one training run into a folder of their own.",
                )


def averaged_statistics(source: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same with one name for each kind of statistics, and sums over passes divided by their count."""
    found: dict[str, Tensor] = {}
    for name, tensor in source.items():
        stem, _, kind = name.rpartition(".")
        if kind in ("accumulation_counter", "num_batches_tracked"):
            continue
        plain = {"stored_mean": "mean", "stored_var": "var", "running_mean": "mean",
                 "running_var": "var"}.get(kind)  # fmt: skip
        if plain is None:
            found[name] = tensor
            continue
        passes = source.get(f"{stem}.accumulation_counter", torch.zeros(()))
        many = passes.numel() == 1 and float(passes) > 0.0
        found[f"{stem.removesuffix('.bn')}.{plain}"] = tensor / passes.float() if many else tensor
    return found


_EPS = Epsilons(batch_norm=1e-4, spectral=1e-6)
_STUDIO_BLOCK = re.compile(r"blocks\.(\d+)\.0\.(.+)")
_PARTS = {
    "conv2d0.": "conv_sc.", "conv2d1.": "conv1.", "conv2d2.": "conv2.", "conv1x1_theta.": "theta.",
    "conv1x1_phi.": "phi.", "conv1x1_g.": "g.", "conv1x1_attn.": "o.", "sigma": "gamma",
}  # fmt: skip
_STUDIO_BEGINNINGS = {
    "linear0.": "linear.",
    "bn4.weight": "output_layer.0.gain",
    "bn4.": "output_layer.0.",
    "conv2d5.": "output_layer.2.",
}


class StudioBigGAN:
    """The generator of one file; its discriminator is in a file of its own.

    Parameters
    ----------
    found
        Where its generator lies.
    """

    layout = "BigGAN, StudioGAN"

    def __init__(self, found: Found) -> None:
        self._found = found
        self._path = found.path

    def generator(self, *, averaged: bool = True) -> Model:
        """The one in the file; averaged and trained ones are files of their own."""
        file = self._path.name
        folded = fold_stored_vectors(self._found.weights(averaged=averaged), file)
        source = averaged_statistics(_renamed(folded))
        config = replace(generator_config(source, _EPS, file), output_eps=_EPS.batch_norm)
        make = partial(BigGANGenerator, config)
        network = build(make, ajbrock_rules(make), source, file)
        names = class_names(config.label_size)
        return imported_model("biggan", network, self._path, self.layout, classes=names)

    def discriminator(self) -> nn.Module:
        """There is none."""
        raise CheckpointError(f"{self._path.name} holds no discriminator; it is a file of its own.")


def _renamed(source: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors under BigGAN-PyTorch's names, where attention stands beside a block."""
    numbers = sorted({int(match[1]) for name in source if (match := _STUDIO_BLOCK.match(name))})
    attends = {number for number in numbers if f"blocks.{number}.0.sigma" in source}
    found = {}
    for name, tensor in source.items():
        match = _STUDIO_BLOCK.fullmatch(name)
        if match is None:
            found[_replaced(name, _STUDIO_BEGINNINGS)] = tensor
            continue
        number = int(match[1])
        before = sum(one not in attends for one in numbers if one < number)
        place = f"{before - 1}.1" if number in attends else f"{before}.0"
        part = _replaced(match[2], _PARTS)
        found[f"blocks.{place}.{part}"] = tensor.reshape(()) if part == "gamma" else tensor
    return found


def _replaced(name: str, beginnings: Mapping[str, str]) -> str:
    for beginning, ours in beginnings.items():
        if name.startswith(beginning):
            return ours + name.removeprefix(beginning)
    return name
