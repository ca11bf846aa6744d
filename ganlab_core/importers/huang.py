"""StyleGAN in the files of huangzh13's StyleGAN.pytorch: `GAN_GEN_SHADOW_*.pth`, without any settings.

The arithmetic is the published one but for AdaIN's epsilon. Noise maps are drawn anew there every time, so
they are made from a fixed seed here. How far a network has grown only its file's name tells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import (
    DRAWN_NOISE,
    Rule,
    build,
    count_of,
    drawn_maps,
    levels_of,
    side_of,
    stylegan_model,
    weight_and_bias,
)
from ganlab_core.importers.contents import Found
from ganlab_core.models import Model
from ganlab_core.networks import StyleGANConfig, StyleGANGenerator

TORCH_EPSILON = 1e-5
"""Of PyTorch's own instance norm."""

_DEPTH = re.compile(r"GAN_GEN(?:_SHADOW)?_(\d+)_\d+")
_BLUR = ".intermediate.kernel"


class HuangStyleGAN:
    """The generator of one file; its discriminator is in a file of its own.

    Parameters
    ----------
    found
        Where its generators lie.
    """

    layout = "StyleGAN, huangzh13's StyleGAN.pytorch"

    def __init__(self, found: Found) -> None:
        self._found = found
        self._path = found.path

    def generator(self, *, averaged: bool = True) -> Model:
        """The one in the file; averaged ("shadow") and trained ones are files of their own."""
        file, source = self._path.name, self._found.weights(averaged=averaged)
        config = _config(source, file)
        source = {name: tensor for name, tensor in source.items() if not name.endswith(_BLUR)}
        given = drawn_maps(config)
        rules = [rule for rule in _rules(config) if rule.ours not in given]
        network = build(lambda: StyleGANGenerator(config), rules, source, file, given)
        named = _DEPTH.match(file)
        growth = min(int(named[1]) + 2, config.levels) if named else config.levels
        return stylegan_model(
            network, self._path, self.layout, float(growth), (0.7, 8), facts=DRAWN_NOISE
        )

    def discriminator(self) -> nn.Module:
        """There is none."""
        raise CheckpointError(f"{self._path.name} holds no discriminator; it is a file of its own.")


def _config(source: Mapping[str, Tensor], file: str) -> StyleGANConfig:
    levels = count_of(source, "g_synthesis.to_rgb.{}.weight") + 1
    levels_of(2**levels, file)
    dense = count_of(source, "g_mapping.map.dense{}.weight")
    labels = "class_embedding.weight"
    size = side_of(source, labels, 0, file) if labels in source else 0
    width = side_of(source, "g_mapping.map.dense0.weight", 1, file)
    channels = [
        side_of(source, f"g_synthesis.to_rgb.{index}.weight", 1, file)
        for index in range(levels - 1)
    ]
    return StyleGANConfig(
        resolution=2**levels,
        z_dim=width // 2 if size else width,
        w_dim=side_of(source, f"g_mapping.map.dense{dense - 1}.weight", 0, file),
        mapping_layers=dense,
        mapping_fmaps=side_of(source, "g_mapping.map.dense0.weight", 0, file),
        label_size=size,
        channel_list=(channels[0], *channels),
        blur=any(name.endswith(_BLUR) for name in source),
        norm_epsilon=TORCH_EPSILON,
    )


def _rules(config: StyleGANConfig) -> list[Rule]:
    rules = [Rule("w_avg", "truncation.avg_latent")]
    if config.label_size:
        rules.append(Rule("mapping.label_weight", "class_embedding.weight"))
    for index in range(config.mapping_layers):
        rules += weight_and_bias(f"mapping.dense.{index}", f"g_mapping.map.dense{index}")
    rules.append(Rule("synthesis.layers.0.const", "g_synthesis.init_block.const"))
    for index in range(config.num_layers):
        level, second = index // 2 + 2, index % 2
        block = f"g_synthesis.blocks.{level - 3}" if level > 2 else "g_synthesis.init_block"
        conv = f"{block}.{('conv0_up', 'conv1')[second] if level > 2 else 'conv'}"
        ours, epilogue = f"synthesis.layers.{index}", f"{block}.epi{second + 1}"
        if index:
            rules.append(Rule(f"{ours}.conv.weight", f"{conv}.weight"))
        rules += [
            Rule(f"{ours}.bias", f"{conv if index else block}.bias"),
            Rule(f"{ours}.noise_weight", f"{epilogue}.top_epi.noise.weight"),
            *weight_and_bias(f"{ours}.style", f"{epilogue}.style_mod.lin"),
        ]
    for index in range(config.levels - 1):
        rules += weight_and_bias(f"synthesis.to_rgb.{index}", f"g_synthesis.to_rgb.{index}")
    return rules
