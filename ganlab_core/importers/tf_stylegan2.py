"""StyleGAN2 in the official TensorFlow pickles: `stylegan2-*.pkl` (version 4) and ADA's (version 5).

As StyleGAN's pickles, with these turns: kernels of up-scaling convolutions are stored mirrored, a
style's bias is stored without its 1, and modulated weights are scaled by He's constant before they are
demodulated, which leaves a trace only in the epsilon and is folded into the weights here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import Rule, build, const_size, imported_model, levels_of
from ganlab_core.importers.pickled import CLAMPS, PickledSettings
from ganlab_core.importers.tf_network import TFFile
from ganlab_core.importers.tf_stylegan import dense, kernel
from ganlab_core.models import Model
from ganlab_core.networks import StyleGAN2Config, StyleGAN2Discriminator, StyleGAN2Generator

ADA = 5
"""The version of the pickles of StyleGAN2-ADA."""

_ONLY: dict[str, tuple[object, ...]] = {
    "num_channels": (1, 3, 4),
    "architecture": ("skip",),
    "use_noise": (True,),
    "nonlinearity": ("lrelu",),
    "mapping_nonlinearity": ("lrelu",),
    "dtype": ("float32",),
}
"""Settings that would make another network, and the values that do not."""


class TFStyleGAN2(TFFile):
    """The networks of one pickle."""

    layout = "StyleGAN2, official TensorFlow pickle"

    def generator(self, *, averaged: bool = True) -> Model:
        """Gs, or G."""
        top, file = self._generator_network(averaged=averaged), self._path.name
        parts = top.parts
        if not {"synthesis", "mapping"} <= set(parts):
            raise CheckpointError(f"{file} holds no StyleGAN2 generator.")
        source = top.variables(file) | parts["synthesis"].variables(file)
        source |= parts["mapping"].variables(file)
        source.pop("lod", None)  # nothing grows here
        if any(name.startswith("ToRGB_lod") for name in source):
            raise CheckpointError(
                f"{file} is a StyleGAN2 that grows (config B, C or D), which ganlab cannot open.",
                "Choose one of the configs E and F.",
            )
        settings = top.settings(file)
        for name, allowed in _ONLY.items():
            settings.require(name, allowed)
        config = replace(
            _shared_config(settings, source, "Dense", file),
            z_dim=settings.integer("latent_size", 512),
            w_dim=settings.integer("dlatent_size", 512),
            mapping_layers=settings.integer("mapping_layers", 8, 0, 64),
            mapping_lr=settings.number("mapping_lrmul", 0.01, 1e-9, 1e3),
            normalize_latents=settings.flag("normalize_latents", default=True),
            const_size=const_size(source.get("4x4/Const/const", torch.zeros(())), file),
        )
        network = build(lambda: StyleGAN2Generator(config), _generator_rules(config), source, file)
        facts = {"truncation": _truncation(settings)}
        return imported_model("stylegan2", network, self._path, self.layout, facts=facts)

    def discriminator(self) -> nn.Module:
        """D, where the file holds all three."""
        network, file = self._discriminator_network(), self._path.name
        settings, source = network.settings(file), network.variables(file)
        config = _critic_config(settings, source, network.version == ADA, file)
        return build(lambda: StyleGAN2Discriminator(config), _critic_rules(config), source, file)


def _shared_config(
    settings: PickledSettings, source: Mapping[str, Tensor], mapping: str, file: str
) -> StyleGAN2Config:
    """What generators and discriminators are described by alike; `mapping` begins the dense layers."""
    resolution = settings.integer("resolution", 1024)
    levels = levels_of(resolution, file)
    embedded = "LabelEmbed/weight" in source
    return StyleGAN2Config(
        resolution=resolution,
        channel_list=tuple(_feature_maps(settings, level - 1) for level in range(2, levels + 1)),
        label_size=settings.integer("label_size", 0, 0),
        label_kind="embed" if embedded else "concat",
        label_features=_width(source, "LabelEmbed/weight"),
        mapping_fmaps=_width(source, f"{mapping}0/weight") or 512,
        conv_clamp=settings.optional_number("conv_clamp", None, *CLAMPS),
        resample_filter=_taps(settings, "resample_kernel"),
        img_channels=settings.integer("num_channels", 3),
        const_size=(settings.integer("min_h", 4), settings.integer("min_w", 4)),
    )


def _feature_maps(settings: PickledSettings, stage: int) -> int:
    """nf(stage): the block at 2^r px uses stage r - 1."""
    base = settings.integer("fmap_base", 16384)
    decay = settings.number("fmap_decay", 1.0, 0.0, 10.0)
    low, high = settings.integer("fmap_min", 1), settings.integer("fmap_max", 512)
    return min(max(int(base / 2.0 ** (stage * decay)), low), high)


def _width(source: Mapping[str, Tensor], name: str) -> int:
    """Outputs of a dense layer [in, out]; 0 where there is none."""
    tensor = source.get(name)
    return 0 if tensor is None or tensor.ndim != 2 else tensor.shape[1]


def _taps(settings: PickledSettings, name: str) -> tuple[float, ...]:
    """The filter's taps in one direction; raises `CheckpointError` for other kinds of filter."""
    taps = settings.get(name, [1, 3, 3, 1])
    taps = [1, 1] if taps is None else taps  # the box filter
    if not isinstance(taps, list | tuple) or len(taps) not in range(2, 17, 2):
        raise settings.beyond(name)
    if not all(type(tap) in (int, float) and abs(tap) < 1e6 for tap in taps):
        raise settings.beyond(name)
    if abs(sum(taps)) < 1e-6:
        raise settings.beyond(name)
    return tuple(map(float, taps))


def _truncation(settings: PickledSettings) -> dict[str, float | int | None]:
    """Psi and cutoff as a Recipe's; here no cutoff means all styles."""
    psi = settings.optional_number("truncation_psi", 0.5)
    cutoff = settings.optional_number("truncation_cutoff", None)
    if psi is None or not -10.0 <= psi <= 10.0:
        return {"psi": 1.0, "cutoff": None}
    return {"psi": psi, "cutoff": None if cutoff is None else int(min(max(cutoff, 0.0), 64.0))}


def _generator_rules(config: StyleGAN2Config) -> list[Rule]:
    rules = [Rule("w_avg", "dlatent_avg"), Rule("synthesis.const", "4x4/Const/const")]
    if config.label_size:
        rules += _label_rules("mapping", config.label_kind)
    for index in range(config.mapping_layers):
        rules += _dense_rules(f"mapping.dense.{index}", f"Dense{index}")
    for index in range(config.num_styles - 1):
        rules += _layer_rules(index, config)
    for level in range(2, config.levels + 1):
        ours, theirs = f"synthesis.to_rgb.{level - 2}", f"{2**level}x{2**level}/ToRGB"
        rules += _modulated_rules(ours, theirs)
        rules.append(Rule(f"{ours}.weight", f"{theirs}/weight", kernel))
    return rules


def _label_rules(ours: str, kind: str) -> list[Rule]:
    if kind == "embed":
        return _dense_rules(f"{ours}.embed", "LabelEmbed")
    return [Rule(f"{ours}.label_weight", "LabelConcat/weight")]


def _dense_rules(ours: str, theirs: str) -> list[Rule]:
    weight = Rule(f"{ours}.weight", f"{theirs}/weight", dense)
    return [weight, Rule(f"{ours}.bias", f"{theirs}/bias")]


def _layer_rules(index: int, config: StyleGAN2Config) -> list[Rule]:
    level = (index + 1) // 2 + 2
    kind = "Conv" if index == 0 else "Conv0_up" if index % 2 else "Conv1"
    ours, theirs = f"synthesis.layers.{index}", f"{2**level}x{2**level}/{kind}"
    features = config.channels(level - index % 2)
    scale = 1.0 / math.sqrt(9 * features)
    mirrored = (2, 3) if index % 2 else ()
    return [
        *_modulated_rules(ours, theirs),
        Rule(f"{ours}.weight", f"{theirs}/weight", lambda t: kernel(t).flip(mirrored) * scale),
        Rule(f"{ours}.noise_strength", f"{theirs}/noise_strength"),
        Rule(f"synthesis.noise{index}", f"noise{index}"),
    ]


def _modulated_rules(ours: str, theirs: str) -> list[Rule]:
    return [
        Rule(f"{ours}.style.weight", f"{theirs}/mod_weight", dense),
        Rule(f"{ours}.style.bias", f"{theirs}/mod_bias", lambda t: t + 1.0),
        Rule(f"{ours}.bias", f"{theirs}/bias"),
    ]


# --- the discriminator --------------------------------------------------------------------------------


def _critic_config(
    settings: PickledSettings, source: Mapping[str, Tensor], ada: bool, file: str
) -> StyleGAN2Config:
    for name in ("num_channels", "nonlinearity", "mapping_nonlinearity", "dtype"):
        settings.require(name, _ONLY[name])
    settings.require("architecture", ("resnet", "skip", "orig"))
    if settings.get("architecture", "resnet") == "skip":
        settings.require("conv_clamp", (None,))  # it would act on the last FromRGB here only
    layers = settings.integer("mapping_layers", 0, 0, 64)
    whole = settings.get("mbstd_group_size", None if ada else 4) is None
    group = None if whole else settings.integer("mbstd_group_size", 4, 0)
    features = settings.integer("mbstd_num_features", 1, 0)
    return replace(
        _shared_config(settings, source, "Mapping", file),
        mapping_layers=layers,
        mapping_lr=settings.number("mapping_lrmul", 0.1, 1e-9, 1e3),
        critic=str(settings.get("architecture", "resnet")),
        critic_dense=_feature_maps(settings, 0),
        critic_map=_width(source, "Output/weight") if "LabelEmbed/weight" in source else 0,
        mbstd_group_size=group,
        mbstd_features=features if group is None or group > 1 else 0,
    )


def _critic_rules(config: StyleGAN2Config) -> list[Rule]:
    names = [("conv", "4x4/Conv", kernel), ("dense", "4x4/Dense0", dense), ("out", "Output", dense)]
    if config.label_size and config.label_kind == "embed":
        names.append(("mapping.embed", "LabelEmbed", dense))
        names += [
            (f"mapping.dense.{index}", f"Mapping{index}", dense)
            for index in range(config.mapping_layers)
        ]
    rules = []
    for level in range(2, config.levels + 1):
        ours, side = f"blocks.{level - 3}." if level > 2 else "", f"{2**level}x{2**level}"
        if level == config.levels or config.critic == "skip":
            names.append((f"{ours}from_rgb", f"{side}/FromRGB", kernel))
        if level > 2:
            names.append((f"{ours}conv0", f"{side}/Conv0", kernel))
            names.append((f"{ours}conv1", f"{side}/Conv1_down", kernel))
        if level > 2 and config.critic == "resnet":
            rules.append(Rule(f"{ours}skip.weight", f"{side}/Skip/weight", kernel))
    for ours, theirs, how in names:
        rules.append(Rule(f"{ours}.weight", f"{theirs}/weight", how))
        rules.append(Rule(f"{ours}.bias", f"{theirs}/bias"))
    return rules
