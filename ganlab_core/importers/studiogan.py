"""BigGAN in StudioGAN's files: `model=G_ema-*.pth`, BigGAN-PyTorch's network under other names.

Self-attention counts among the blocks there, spectral normalisation is PyTorch's own, and every batch norm
has an epsilon of 1e-4. Weights are renamed to BigGAN-PyTorch's and go the same way from there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.ajbrock import (
    Epsilons,
    ajbrock_rules,
    averaged_statistics,
    fold_stored_vectors,
    generator_config,
)
from ganlab_core.importers.building import build, class_names, imported_model
from ganlab_core.importers.contents import Found
from ganlab_core.models import Model
from ganlab_core.networks import BigGANGenerator

_EPS = Epsilons(batch_norm=1e-4, spectral=1e-6)
_BLOCK = re.compile(r"blocks\.(\d+)\.0\.(.+)")
_PARTS = {
    "conv2d0.": "conv_sc.", "conv2d1.": "conv1.", "conv2d2.": "conv2.", "conv1x1_theta.": "theta.",
    "conv1x1_phi.": "phi.", "conv1x1_g.": "g.", "conv1x1_attn.": "o.", "sigma": "gamma",
}  # fmt: skip
_BEGINNINGS = {
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
    numbers = sorted({int(match[1]) for name in source if (match := _BLOCK.match(name))})
    attends = {number for number in numbers if f"blocks.{number}.0.sigma" in source}
    found = {}
    for name, tensor in source.items():
        match = _BLOCK.fullmatch(name)
        if match is None:
            found[_replaced(name, _BEGINNINGS)] = tensor
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
