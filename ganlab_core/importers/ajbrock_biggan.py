"""BigGAN and BigGAN-deep in BigGAN-PyTorch's files: `G_ema.pth`, `state_dict.pth` and `D.pth` beside.

The generator's file alone tells every shape; the settings beside it tell the epsilons, and are held
against it. TensorFlow Hub's generators in this form have no `sv0` and an epsilon of their own. Spectral
normalisation is folded into the generator's weights; standing statistics kept as sums are divided.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.ajbrock_rules import ajbrock_rules
from ganlab_core.importers.ajbrock_shapes import (
    Epsilons,
    deep_discriminator_config,
    deep_generator_config,
    discriminator_config,
    generator_config,
)
from ganlab_core.importers.building import build, imported_model
from ganlab_core.importers.class_names import class_names
from ganlab_core.importers.settings import Settings
from ganlab_core.importers.spectral_weights import fold_power_steps, without_vectors
from ganlab_core.importers.torch_files import load_torch_file, tensors_of
from ganlab_core.model import Model
from ganlab_core.networks.biggan import (
    BigGANDeepDiscriminator,
    BigGANDeepGenerator,
    BigGANDiscriminator,
    BigGANGenerator,
    SharedConfig,
    StagedGenerator,
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
    path
        The generator's file.
    content
        The state dict saved in it.
    """

    def __init__(self, path: Path, content: Mapping[str, Any]) -> None:
        self._path = path
        self._source = _plain(content)
        if "output_layer.2.weight" not in self._source:
            raise CheckpointError(
                f"{path.name} is the discriminator of a BigGAN, which makes no pictures.",
                "Choose the generator beside it: G_ema.pth, or G.pth.",
            )
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
        whole, eps, file = _plain(load_torch_file(path)), self._epsilons(), path.name
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

    def _read_settings(self) -> Settings:
        """Those of `state_dict.pth`; none where there is no such file."""
        path = self._beside("state_dict")
        content = {} if path is None else load_torch_file(path)
        settings = Settings(
            content.get("config", {}), "state_dict.pth" if path is None else path.name
        )
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


def _plain(content: Mapping[str, Any]) -> dict[str, Tensor]:
    """A state dict's tensors, without the mark of several GPUs in their names."""
    return {name.removeprefix("module."): value for name, value in tensors_of(content).items()}


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
