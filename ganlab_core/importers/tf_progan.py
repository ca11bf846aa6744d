"""ProGAN in the official TensorFlow pickle (`karras2018iclr-*.pkl` and its training snapshots).

Kernels are stored as [k, k, in, out] and dense weights as [in, out]; only the first code's fused
up-scaling has [k, k, out, in]. Whether a network is fused shows in its variables' names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import Rule, build, imported_model, levels_of, lod_of
from ganlab_core.importers.pickled import PickledSettings
from ganlab_core.importers.tf_network import TFFile
from ganlab_core.importers.tf_stylegan import dense, kernel, rgb_rules
from ganlab_core.models import Model
from ganlab_core.networks import (
    LRELU_SLOPE,
    RELU_GAIN,
    ProGANConfig,
    ProGANDiscriminator,
    ProGANGenerator,
)

FIRST_VERSION = 2
"""Of the state that ProGAN's own code wrote; StyleGAN's, which has ProGAN too, wrote later ones."""

_ONLY: dict[str, tuple[object, ...]] = {
    "num_channels": (3,),
    "dtype": ("float32", "float16"),
}
"""Settings that would make another network, and the values that do not."""

How = Callable[[Tensor], Tensor]


class TFProGAN(TFFile):
    """The networks of one pickle."""

    layout = "ProGAN, official TensorFlow pickle"

    def generator(self, *, averaged: bool = True) -> Model:
        """Gs, or G."""
        network, file = self._generator_network(averaged=averaged), self._path.name
        settings, source = network.settings(file), network.variables(file)
        if "4x4/Dense/weight" not in source:
            raise CheckpointError(f"{file} holds no ProGAN generator.")
        fused = _fused(settings, source, "8x8/Conv0_up/weight", file)
        config = _generator_config(settings, fused, file)
        growth = config.levels - lod_of(source.pop("lod", None), file)
        up = swapped_kernel if network.version == FIRST_VERSION else kernel
        rules = _generator_rules(config, up if fused else kernel)
        rules = rules if settings.flag("use_wscale", default=True) else [_plain(r) for r in rules]
        generator = build(lambda: ProGANGenerator(config), rules, source, file)
        return imported_model("progan", generator, self._path, self.layout, growth=growth)

    def discriminator(self) -> nn.Module:
        """D, where the file holds all three."""
        network, file = self._discriminator_network(), self._path.name
        settings, source = network.settings(file), network.variables(file)
        source.pop("lod", None)
        fused = _fused(settings, source, "8x8/Conv1_down/weight", file)
        config = _discriminator_config(settings, fused, file)
        rules = _discriminator_rules(config)
        rules = rules if settings.flag("use_wscale", default=True) else [_plain(r) for r in rules]
        return build(lambda: ProGANDiscriminator(config), rules, source, file)


def _fused(settings: PickledSettings, names: Collection[str], fused: str, file: str) -> bool:
    """What the variables' names say; refuses a setting that says otherwise."""
    found = fused in names
    stated = settings.flag("fused_scale", default=found)
    if stated != found and settings.integer("resolution", 32) > 4:
        raise CheckpointError(
            f"{file} says otherwise about fused scaling than the names of its weights do.",
            "Get the file again from where it was published.",
        )
    return found


def _generator_config(settings: PickledSettings, fused: bool, file: str) -> ProGANConfig:
    for name, allowed in _ONLY.items():
        settings.require(name, allowed)
    base, most = settings.integer("fmap_base", 8192), settings.integer("fmap_max", 512)
    stated = settings.get("latent_size", None) is not None
    return ProGANConfig(
        resolution=_resolution(settings, file),
        fmap_base=base,
        fmap_decay=settings.number("fmap_decay", 1.0, 0.0, 10.0),
        fmap_max=most,
        z_dim=settings.integer("latent_size", 512) if stated else min(base, most),
        label_size=settings.integer("label_size", 0, 0),
        fused=fused,
        normalize_latents=settings.flag("normalize_latents", default=True),
        normalize_features=settings.flag("use_pixelnorm", default=True),
        epsilon=settings.number("pixelnorm_epsilon", 1e-8, 0.0, 1.0),
        slope=LRELU_SLOPE if settings.flag("use_leakyrelu", default=True) else 0.0,
    )


def _discriminator_config(settings: PickledSettings, fused: bool, file: str) -> ProGANConfig:
    for name, allowed in _ONLY.items():
        settings.require(name, allowed)
    return ProGANConfig(
        resolution=_resolution(settings, file),
        fmap_base=settings.integer("fmap_base", 8192),
        fmap_decay=settings.number("fmap_decay", 1.0, 0.0, 10.0),
        fmap_max=settings.integer("fmap_max", 512),
        label_size=settings.integer("label_size", 0, 0),
        fused=fused,
        mbstd_group_size=settings.integer("mbstd_group_size", 4, 0),
    )


def _resolution(settings: PickledSettings, file: str) -> int:
    resolution = settings.integer("resolution", 32)
    levels_of(resolution, file, smallest=4)
    return resolution


def swapped_kernel(tensor: Tensor) -> Tensor:
    """[k, k, out, in] -> (out, in, k, k)."""
    return tensor.permute(2, 3, 0, 1)


def _generator_rules(config: ProGANConfig, up: How) -> list[Rule]:
    rules = [
        Rule("layers.0.dense.weight", "4x4/Dense/weight", dense),
        Rule("layers.0.bias", "4x4/Dense/bias", lambda tensor: tensor[:, None, None]),
        *_layer("layers.1.conv", "4x4/Conv"),
        *rgb_rules("to_rgb", "ToRGB", config.levels),
    ]
    first = "Conv0_up" if config.fused else "Conv0"
    for level in range(3, config.levels + 1):
        index, side = 2 * level - 4, f"{2**level}x{2**level}"
        rules += _layer(f"layers.{index}.conv", f"{side}/{first}", up)
        rules += _layer(f"layers.{index + 1}.conv", f"{side}/Conv1")
    return rules


def _discriminator_rules(config: ProGANConfig) -> list[Rule]:
    rules = [
        *_layer("conv", "4x4/Conv"),
        *_layer("dense0", "4x4/Dense0", dense),
        *_layer("dense1", "4x4/Dense1", dense),
        *rgb_rules("from_rgb", "FromRGB", config.levels),
    ]
    second = "Conv1_down" if config.fused else "Conv1"
    for level in range(3, config.levels + 1):
        ours, side = f"blocks.{level - 3}", f"{2**level}x{2**level}"
        rules += _layer(f"{ours}.conv0", f"{side}/Conv0")
        rules += _layer(f"{ours}.conv1", f"{side}/{second}")
    return rules


def _layer(ours: str, theirs: str, how: How = kernel) -> list[Rule]:
    weight = Rule(f"{ours}.weight", f"{theirs}/weight", how)
    return [weight, Rule(f"{ours}.bias", f"{theirs}/bias")]


def _plain(rule: Rule) -> Rule:
    """The rule for a network without equalized learning rate: its weights are used as they are."""
    if not rule.ours.endswith(".weight"):
        return rule
    gain = RELU_GAIN
    if rule.ours.startswith("to_rgb") or rule.ours == "dense1.weight":
        gain = 1.0
    elif rule.ours == "layers.0.dense.weight":
        gain = RELU_GAIN / 4.0

    def unscaled(tensor: Tensor) -> Tensor:
        ours = rule.how(tensor)
        return ours * (math.sqrt(ours[0].numel()) / gain)

    return Rule(rule.ours, rule.theirs, unscaled)
