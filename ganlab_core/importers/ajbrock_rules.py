"""Which of BigGAN-PyTorch's weights becomes which of ours; almost all keep their names."""

from __future__ import annotations

import re
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganlab_core.importers.building import Rule

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
