"""StyleGAN in the official TensorFlow pickle (`karras2019stylegan-*.pkl` and its training snapshots).

Kernels are stored as [k, k, in, out] and dense weights as [in, out]. The top network's own variables
are `lod` and the mean of W; the copy of `lod` in the synthesis network is stale.
"""

from __future__ import annotations

import math

from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import Rule, build, levels_of, lod_of, stylegan_model
from ganlab_core.importers.pickled import PickledSettings
from ganlab_core.importers.tf_network import TFFile
from ganlab_core.models import Model
from ganlab_core.networks import StyleGANConfig, StyleGANDiscriminator, StyleGANGenerator

OUR_LR_MULTIPLIER = 0.01
_FUSED: dict[object, str] = {"auto": "auto", True: "always", False: "never"}

_ONLY: dict[str, tuple[object, ...]] = {
    "num_channels": (3,),
    "use_styles": (True,),
    "const_input_layer": (True,),
    "use_noise": (True,),
    "use_pixel_norm": (False,),
    "use_instance_norm": (True,),
    "use_wscale": (True,),
    "mapping_use_wscale": (True,),
    "nonlinearity": ("lrelu",),
    "mapping_nonlinearity": ("lrelu",),
    "dtype": ("float32",),
}
"""Settings that would make another network, and the values that do not."""


class TFStyleGAN(TFFile):
    """The networks of one pickle."""

    layout = "StyleGAN, official TensorFlow pickle"

    def generator(self, *, averaged: bool = True) -> Model:
        """Gs, or G."""
        top, file = self._generator_network(averaged=averaged), self._path.name
        parts = top.parts
        if not {"synthesis", "mapping"} <= set(parts):
            raise CheckpointError(f"{file} holds no StyleGAN generator.")
        settings = top.settings(file)
        config = _generator_config(settings, file)
        own = top.variables(file)
        lod = own.pop("lod", None)
        synthesis = parts["synthesis"].variables(file)
        synthesis.pop("lod", None)
        source = own | synthesis | parts["mapping"].variables(file)
        factor = settings.number("mapping_lrmul", OUR_LR_MULTIPLIER, 1e-9, 1e3) / OUR_LR_MULTIPLIER
        rules = _generator_rules(config, factor)
        generator = build(lambda: StyleGANGenerator(config), rules, source, file)
        growth = float(config.levels)
        if settings.get("structure", "auto") != "fixed":
            growth -= lod_of(lod, file)
        return stylegan_model(generator, self._path, self.layout, growth, _truncation(settings))

    def discriminator(self) -> nn.Module:
        """D, where the file holds all three."""
        network, file = self._discriminator_network(), self._path.name
        config = _discriminator_config(network.settings(file), file)
        source = network.variables(file)
        source.pop("lod", None)
        return build(
            lambda: StyleGANDiscriminator(config), _discriminator_rules(config), source, file
        )


def _generator_config(settings: PickledSettings, file: str) -> StyleGANConfig:
    for name, allowed in _ONLY.items():
        settings.require(name, allowed)
    return StyleGANConfig(
        resolution=_resolution(settings, file),
        fmap_base=settings.integer("fmap_base", 8192),
        fmap_decay=settings.number("fmap_decay", 1.0, 0.0, 10.0),
        fmap_max=settings.integer("fmap_max", 512),
        z_dim=settings.integer("latent_size", 512),
        w_dim=settings.integer("dlatent_size", 512),
        mapping_layers=settings.integer("mapping_layers", 8, 1, 64),
        mapping_fmaps=settings.integer("mapping_fmaps", 512),
        label_size=settings.integer("label_size", 0, 0),
        fused_scale=_fused(settings),
        blur=_blur(settings),
        normalize_latents=settings.flag("normalize_latents", default=True),
    )


def _discriminator_config(settings: PickledSettings, file: str) -> StyleGANConfig:
    for name in ("num_channels", "use_wscale", "nonlinearity", "dtype"):
        settings.require(name, _ONLY[name])
    group = settings.integer("mbstd_group_size", 4, 0)
    return StyleGANConfig(
        resolution=_resolution(settings, file),
        fmap_base=settings.integer("fmap_base", 8192),
        fmap_decay=settings.number("fmap_decay", 1.0, 0.0, 10.0),
        fmap_max=settings.integer("fmap_max", 512),
        label_size=settings.integer("label_size", 0, 0),
        fused_scale=_fused(settings),
        mbstd_group_size=group,
        mbstd_features=settings.integer("mbstd_num_features", 1) if group > 1 else 0,
        blur=_blur(settings),
    )


def _resolution(settings: PickledSettings, file: str) -> int:
    resolution = settings.integer("resolution", 1024)
    levels_of(resolution, file)
    return resolution


def _fused(settings: PickledSettings) -> str:
    settings.require("fused_scale", ("auto", True, False))
    return _FUSED[settings.get("fused_scale", "auto")]


def _blur(settings: PickledSettings) -> bool:
    """Whether there is a blur; the only other filter allowed is none."""
    taps = settings.get("blur_filter", [1, 2, 1])
    if isinstance(taps, list | tuple) and len(taps) == 3 and all(type(tap) is int for tap in taps):
        taps = "published" if 2 * taps[0] == taps[1] == 2 * taps[2] else "other"
    PickledSettings({"blur_filter": taps}, "The file").require("blur_filter", ("published", None))
    return taps is not None


def _truncation(settings: PickledSettings) -> tuple[float, int | None]:
    """Psi and cutoff as a Recipe's; the published code does not truncate when either is None."""
    psi = settings.optional_number("truncation_psi", 0.7)
    cutoff = settings.optional_number("truncation_cutoff", 8)
    if psi is None or cutoff is None or not math.isfinite(psi) or not -10.0 <= psi <= 10.0:
        return 1.0, None
    return psi, int(min(max(cutoff, 0.0), 64.0))


def kernel(tensor: Tensor) -> Tensor:
    """[k, k, in, out] -> (out, in, k, k)."""
    return tensor.permute(3, 2, 0, 1)


def dense(tensor: Tensor) -> Tensor:
    """[in, out] -> (out, in)."""
    return tensor.permute(1, 0)


def _generator_rules(config: StyleGANConfig, factor: float) -> list[Rule]:
    """`factor` is what the mapping network's learning rate multiplier differs by from ours."""
    rules = [Rule("w_avg", "dlatent_avg")]
    if config.label_size:
        rules.append(Rule("mapping.label_weight", "LabelConcat/weight"))
    for index in range(config.mapping_layers):
        ours, theirs = f"mapping.dense.{index}", f"Dense{index}"
        rules.append(Rule(f"{ours}.weight", f"{theirs}/weight", lambda t: dense(t) * factor))
        rules.append(Rule(f"{ours}.bias", f"{theirs}/bias", lambda t: t * factor))
    for index in range(config.num_layers):
        rules += _layer_rules(index)
    return rules + rgb_rules("synthesis.to_rgb", "ToRGB", config.levels)


def _layer_rules(index: int) -> list[Rule]:
    side = 2 ** (index // 2 + 2)
    kind = ("Const", "Conv")[index] if index < 2 else ("Conv0_up", "Conv1")[index % 2]
    ours, theirs = f"synthesis.layers.{index}", f"{side}x{side}/{kind}"
    first = Rule(f"{ours}.const", f"{theirs}/const")
    convolution = Rule(f"{ours}.conv.weight", f"{theirs}/weight", kernel)
    return [
        convolution if index else first,
        Rule(f"{ours}.noise_weight", f"{theirs}/Noise/weight"),
        Rule(f"{ours}.bias", f"{theirs}/bias"),
        Rule(f"{ours}.style.weight", f"{theirs}/StyleMod/weight", dense),
        Rule(f"{ours}.style.bias", f"{theirs}/StyleMod/bias"),
        Rule(f"synthesis.noise{index}", f"noise{index}"),
    ]


def rgb_rules(ours: str, theirs: str, levels: int) -> list[Rule]:
    """The 1x1 convolutions to or from RGB, coarsest first in our lists."""
    rules = []
    for level in range(2, levels + 1):
        name = f"{theirs}_lod{levels - level}"
        rules.append(Rule(f"{ours}.{level - 2}.weight", f"{name}/weight", kernel))
        rules.append(Rule(f"{ours}.{level - 2}.bias", f"{name}/bias"))
    return rules


def _discriminator_rules(config: StyleGANConfig) -> list[Rule]:
    rules = rgb_rules("from_rgb", "FromRGB", config.levels)
    names = [("conv", "4x4/Conv", kernel)]
    names += [(f"dense{index}", f"4x4/Dense{index}", dense) for index in range(2)]
    for level in range(3, config.levels + 1):
        ours, theirs = f"blocks.{level - 3}", f"{2**level}x{2**level}"
        names.append((f"{ours}.conv0", f"{theirs}/Conv0", kernel))
        names.append((f"{ours}.conv1_down", f"{theirs}/Conv1_down", kernel))
    for ours, theirs, how in names:
        rules.append(Rule(f"{ours}.weight", f"{theirs}/weight", how))
        rules.append(Rule(f"{ours}.bias", f"{theirs}/bias"))
    return rules
