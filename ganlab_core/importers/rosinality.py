"""StyleGAN2 of rosinality's stylegan2-pytorch, and of lucidrains' package of the same name.

rosinality's are converted from TensorFlow, trained, or bare. Modulated weights are scaled by He's
constant before they are demodulated, which is folded into them here. The mean of W stands beside the
network where there is one; it and noise maps that are missing are made from fixed seeds.

lucidrains' are `model_*.pt`, with averaged and trained generators and mapping networks. Noise is one
uniform picture there, drawn anew each time; it is drawn from a fixed seed here. The mean of W is
estimated, as the published code does when it draws.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import (
    DRAWN_NOISE,
    Rule,
    build,
    const_size,
    count_of,
    drawn_noise,
    estimate_mean,
    imported_model,
    levels_of,
    shared_taps,
    side_of,
    weight_and_bias,
)
from ganlab_core.importers.contents import Found
from ganlab_core.models import Model
from ganlab_core.networks import (
    LucidConfig,
    LucidGenerator,
    StyleGAN2Config,
    StyleGAN2Discriminator,
    StyleGAN2Generator,
)

MOST_LAYERS = 64


class RosinalityStyleGAN2:
    """The networks of one file: `g_ema`, `g` and `d`, or a generator alone.

    Parameters
    ----------
    found
        Where its generators lie.
    """

    layout = "StyleGAN2, rosinality's stylegan2-pytorch"

    def __init__(self, found: Found) -> None:
        self._found = found
        self._path = found.path

    def generator(self, *, averaged: bool = True) -> Model:
        """`g_ema`, or `g`."""
        file, source = self._path.name, self._found.weights(averaged=averaged)
        config = _generator_config(source, file)
        given = {} if "noises.noise_0" in source else drawn_noise(config)
        mean = self._found.contents.tensor_beside(self._found.root(averaged=averaged), "latent_avg")
        given["w_avg"] = torch.zeros(config.w_dim) if mean is None else mean.reshape(-1)
        rules = [rule for rule in _generator_rules(config) if rule.ours not in given]
        network = build(lambda: StyleGAN2Generator(config), rules, source, file, given)
        facts: dict[str, object] = {"truncation": {"psi": 1.0, "cutoff": None}}
        if "synthesis.noise0" in given:
            facts.update(DRAWN_NOISE)
        if mean is None:
            facts["mean_of_w"] = estimate_mean(network)
        return imported_model("stylegan2", network, self._path, self.layout, facts=facts)

    def discriminator(self) -> nn.Module:
        """`d`, where there is one."""
        source, file = self._found.critic("d"), self._path.name
        if not source:
            raise CheckpointError(f"{file} holds no discriminator.")
        config = _critic_config(source, file)
        return build(lambda: StyleGAN2Discriminator(config), _critic_rules(config), source, file)


# --- the generator ------------------------------------------------------------------------------------


def _generator_config(source: dict[str, Tensor], file: str) -> StyleGAN2Config:
    levels = count_of(source, "to_rgbs.{}.conv.weight") + 2
    levels_of(2**levels, file)
    layers = 0
    while f"style.{layers + 1}.weight" in source and layers < MOST_LAYERS:
        layers += 1
    last = f"style.{layers}.weight"
    convs = ["conv1", *(f"convs.{2 * level - 5}" for level in range(3, levels + 1))]
    return StyleGAN2Config(
        resolution=2**levels,
        channel_list=tuple(side_of(source, f"{name}.activate.bias", 0, file) for name in convs),
        z_dim=side_of(source, "style.1.weight", 1, file),
        w_dim=side_of(source, last, 0, file),
        mapping_layers=layers,
        mapping_fmaps=side_of(source, "style.1.weight", 0, file) if layers > 1 else 512,
        resample_filter=shared_taps(source, (".blur.kernel", ".upsample.kernel"), 4.0, file),
        img_channels=side_of(source, "to_rgb1.bias", 1, file),
        const_size=const_size(source["input.input"], file),
    )


def _generator_rules(config: StyleGAN2Config) -> list[Rule]:
    rules = [Rule("synthesis.const", "input.input")]
    for index in range(config.mapping_layers):
        rules += weight_and_bias(f"mapping.dense.{index}", f"style.{index + 1}")
    for index in range(config.num_styles - 1):
        theirs = f"convs.{index - 1}" if index else "conv1"
        rules += _layer_rules(index, theirs, config.channels((index + 1) // 2 + 2 - index % 2))
    for level in range(config.levels - 1):
        ours, theirs = f"synthesis.to_rgb.{level}", f"to_rgbs.{level - 1}" if level else "to_rgb1"
        rules += [
            Rule(f"{ours}.weight", f"{theirs}.conv.weight", lambda t: t[0]),
            Rule(f"{ours}.bias", f"{theirs}.bias", lambda t: t.reshape(-1)),
            *weight_and_bias(f"{ours}.style", f"{theirs}.conv.modulation"),
        ]
    return rules


def _layer_rules(index: int, theirs: str, features: int) -> list[Rule]:
    ours, scale = f"synthesis.layers.{index}", 1.0 / math.sqrt(9 * features)
    return [
        Rule(f"{ours}.weight", f"{theirs}.conv.weight", lambda t: t[0] * scale),
        Rule(f"{ours}.noise_strength", f"{theirs}.noise.weight", lambda t: t.reshape(())),
        Rule(f"{ours}.bias", f"{theirs}.activate.bias"),
        Rule(f"synthesis.noise{index}", f"noises.noise_{index}"),
        *weight_and_bias(f"{ours}.style", f"{theirs}.conv.modulation"),
    ]


# --- the discriminator --------------------------------------------------------------------------------


def _critic_config(source: dict[str, Tensor], file: str) -> StyleGAN2Config:
    levels = _blocks(source) + 2
    levels_of(2**levels, file)
    channels = [
        side_of(source, f"convs.{levels - level + 1}.conv1.1.bias", 0, file)
        for level in range(3, levels + 1)
    ]
    top = side_of(source, "final_conv.1.bias", 0, file)
    maps = side_of(source, "final_conv.0.weight", 1, file)
    return StyleGAN2Config(
        resolution=2**levels,
        channel_list=(top, *channels),
        resample_filter=shared_taps(source, (".kernel",), 1.0, file),
        critic_dense=side_of(source, "final_linear.0.bias", 0, file),
        mbstd_features=maps - top,
        img_channels=side_of(source, "convs.0.0.weight", 1, file),
    )


def _blocks(source: Mapping[str, Tensor]) -> int:
    """How many residual blocks there are; they count from 1 at the finest resolution."""
    count = 0
    while f"convs.{count + 1}.conv1.0.weight" in source:
        count += 1
    return count


def _critic_rules(config: StyleGAN2Config) -> list[Rule]:
    names = [(f"blocks.{config.levels - 3}.from_rgb", "convs.0.0", "convs.0.1")]
    for level in range(3, config.levels + 1):
        ours, theirs = f"blocks.{level - 3}", f"convs.{config.levels - level + 1}"
        names += [
            (f"{ours}.conv0", f"{theirs}.conv1.0", f"{theirs}.conv1.1"),
            (f"{ours}.conv1", f"{theirs}.conv2.1", f"{theirs}.conv2.2"),
        ]
    names += [("conv", "final_conv.0", "final_conv.1")]
    names += [("dense", "final_linear.0", "final_linear.0")]
    names += [("out", "final_linear.1", "final_linear.1")]
    rules = []
    for ours, weight, bias in names:
        rules.append(Rule(f"{ours}.weight", f"{weight}.weight"))
        rules.append(Rule(f"{ours}.bias", f"{bias}.bias"))
    for level in range(3, config.levels + 1):
        theirs = f"convs.{config.levels - level + 1}.skip.1.weight"
        rules.append(Rule(f"blocks.{level - 3}.skip.weight", theirs))
    return rules


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
    rules = [Rule("const", "initial_block"), *weight_and_bias("start", "initial_conv")]
    for index in range(config.mapping_layers):
        rules += weight_and_bias(f"mapping.dense.{index}", f"S.net.{2 * index}")
    for index in range(config.blocks):
        block = f"blocks.{index}"
        for number in (1, 2):
            rules.append(Rule(f"{block}.conv{number}.weight", f"{block}.conv{number}.weight"))
            rules += weight_and_bias(f"{block}.conv{number}.style", f"{block}.to_style{number}")
            rules += weight_and_bias(f"{block}.noise{number}", f"{block}.to_noise{number}")
        rules.append(Rule(f"{block}.to_rgb.weight", f"{block}.to_rgb.conv.weight"))
        rules += weight_and_bias(f"{block}.to_rgb.style", f"{block}.to_rgb.to_style")
    return rules
