"""lucidrains' StyleGAN2: `model_*.pt`, with averaged and trained generators and mapping networks.

Noise is one uniform picture there, drawn anew each time; it is drawn from a fixed seed here. The mean of W
is estimated, as the published code does when it draws.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import (
    DRAWN_NOISE,
    Rule,
    build,
    count_of,
    estimate_mean,
    imported_model,
    levels_of,
    side_of,
)
from ganlab_core.importers.contents import Found
from ganlab_core.models import Model
from ganlab_core.networks import LucidConfig, LucidGenerator

_BLURS = ".upsample.1.f"


class LucidrainsStyleGAN2:
    """The generators of one file: `GE` with `SE`, and `G` with `S`.

    Parameters
    ----------
    found
        Where they lie.
    """

    layout = "StyleGAN2, lucidrains' stylegan2-pytorch"

    def __init__(self, found: Found) -> None:
        self._found = found
        self._path = found.path

    def generator(self, *, averaged: bool = True) -> Model:
        """`GE`, or `G`."""
        file, root = self._path.name, self._found.root(averaged=averaged)
        source = {
            name: tensor
            for name, tensor in self._found.weights(averaged=averaged).items()
            if not name.endswith(_BLURS)
        }
        style = self._found.contents.beside(root, "S" if root.endswith("G.") else "SE", "S")
        if style is None:
            raise CheckpointError(f"{file} lacks the mapping network that goes with its generator.")
        source |= {f"S.{n}": tensor for n, tensor in self._found.contents.below(style).items()}
        if any(name.startswith(("attns.", "to_initial_block.")) for name in source):
            raise CheckpointError(
                f"{file} is a StyleGAN2 of lucidrains with attention or without a constant, "
                "which ganlab cannot play.",
                "Choose one that was trained without --attn-layers and --no-const.",
            )
        config = _config(source, file)
        given = {"w_avg": torch.zeros(config.z_dim), "noise": _noise(config)}
        network = build(lambda: LucidGenerator(config), _rules(config), source, file, given)
        facts = {
            **DRAWN_NOISE,
            "mean_of_w": estimate_mean(network),
            "truncation": {"psi": 0.75, "cutoff": None},
        }
        return imported_model("stylegan2-lucid", network, self._path, self.layout, facts=facts)

    def discriminator(self) -> nn.Module:
        """Such networks are not trained here."""
        raise CheckpointError(f"Networks as in {self._path.name} cannot be trained further.")


def _noise(config: LucidConfig) -> Tensor:
    side = config.resolution
    return torch.randn(1, 1, side, side, generator=torch.Generator().manual_seed(0))


def _config(source: Mapping[str, Tensor], file: str) -> LucidConfig:
    blocks = count_of(source, "blocks.{}.conv1.weight")
    levels_of(2 ** (blocks + 1), file)
    layers = 0
    while f"S.net.{2 * layers}.weight" in source:
        layers += 1
    maps = [side_of(source, f"blocks.{index}.conv1.weight", 0, file) for index in range(blocks)]
    return LucidConfig(
        resolution=2 ** (blocks + 1),
        channel_list=(side_of(source, "initial_block", 1, file), *maps),
        z_dim=side_of(source, "S.net.0.weight", 1, file),
        mapping_layers=layers,
        img_channels=side_of(source, "blocks.0.to_rgb.conv.weight", 0, file),
    )


def _rules(config: LucidConfig) -> list[Rule]:
    rules = [Rule("const", "initial_block"), *_pair("start", "initial_conv")]
    for index in range(config.mapping_layers):
        rules += _pair(f"mapping.dense.{index}", f"S.net.{2 * index}")
    for index in range(config.blocks):
        block = f"blocks.{index}"
        for number in (1, 2):
            rules.append(Rule(f"{block}.conv{number}.weight", f"{block}.conv{number}.weight"))
            rules += _pair(f"{block}.conv{number}.style", f"{block}.to_style{number}")
            rules += _pair(f"{block}.noise{number}", f"{block}.to_noise{number}")
        rules.append(Rule(f"{block}.to_rgb.weight", f"{block}.to_rgb.conv.weight"))
        rules += _pair(f"{block}.to_rgb.style", f"{block}.to_rgb.to_style")
    return rules


def _pair(ours: str, theirs: str) -> list[Rule]:
    return [Rule(f"{ours}.{kind}", f"{theirs}.{kind}") for kind in ("weight", "bias")]
