"""The official TensorFlow pickles of ProGAN, StyleGAN and StyleGAN2, and their training snapshots.

Kernels are stored as [k, k, in, out] and dense weights as [in, out].

StyleGAN (`karras2019stylegan-*.pkl`): the top network's own variables are `lod` and the mean of W; the
copy of `lod` in the synthesis network is stale.

StyleGAN2 (`stylegan2-*.pkl`, version 4, and ADA's, version 5), with these turns: kernels of up-scaling
convolutions are stored mirrored, a style's bias is stored without its 1, and modulated weights are scaled
by He's constant before they are demodulated, which leaves a trace only in the epsilon and is folded into
the weights here.

ProGAN (`karras2018iclr-*.pkl`): only the first code's fused up-scaling has [k, k, out, in]. Whether a
network is fused shows in its variables' names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import (
    Rule,
    build,
    const_size,
    imported_model,
    levels_of,
    lod_of,
    stylegan_model,
)
from ganlab_core.importers.pickled import CLAMPS, PickledSettings
from ganlab_core.importers.tf_network import TFFile
from ganlab_core.models import Model
from ganlab_core.networks import (
    LRELU_SLOPE,
    RELU_GAIN,
    ProGANConfig,
    ProGANDiscriminator,
    ProGANGenerator,
    StyleGAN2Config,
    StyleGAN2Discriminator,
    StyleGAN2Generator,
    StyleGANConfig,
    StyleGANDiscriminator,
    StyleGANGenerator,
)

OUR_LR_MULTIPLIER = 0.01
_FUSED: dict[object, str] = {"auto": "auto", True: "always", False: "never"}

_ONLY_STYLEGAN: dict[str, tuple[object, ...]] = {
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
        config = _stylegan_config(settings, file)
        own = top.variables(file)
        lod = own.pop("lod", None)
        synthesis = parts["synthesis"].variables(file)
        synthesis.pop("lod", None)
        source = own | synthesis | parts["mapping"].variables(file)
        factor = settings.number("mapping_lrmul", OUR_LR_MULTIPLIER, 1e-9, 1e3) / OUR_LR_MULTIPLIER
        rules = _stylegan_rules(config, factor)
        generator = build(lambda: StyleGANGenerator(config), rules, source, file)
        growth = float(config.levels)
        if settings.get("structure", "auto") != "fixed":
            growth -= lod_of(lod, file)
        return stylegan_model(
            generator, self._path, self.layout, growth, _stylegan_truncation(settings)
        )

    def discriminator(self) -> nn.Module:
        """D, where the file holds all three."""
        network, file = self._discriminator_network(), self._path.name
        config = _stylegan_discriminator_config(network.settings(file), file)
        source = network.variables(file)
        source.pop("lod", None)
        return build(
            lambda: StyleGANDiscriminator(config),
            _stylegan_discriminator_rules(config),
            source,
            file,
        )


def _stylegan_config(settings: PickledSettings, file: str) -> StyleGANConfig:
    for name, allowed in _ONLY_STYLEGAN.items():
        settings.require(name, allowed)
    return StyleGANConfig(
        resolution=_stylegan_resolution(settings, file),
        fmap_base=settings.integer("fmap_base", 8192),
        fmap_decay=settings.number("fmap_decay", 1.0, 0.0, 10.0),
        fmap_max=settings.integer("fmap_max", 512),
        z_dim=settings.integer("latent_size", 512),
        w_dim=settings.integer("dlatent_size", 512),
        mapping_layers=settings.integer("mapping_layers", 8, 1, 64),
        mapping_fmaps=settings.integer("mapping_fmaps", 512),
        label_size=settings.integer("label_size", 0, 0),
        fused_scale=_stylegan_fused(settings),
        blur=_blur(settings),
        normalize_latents=settings.flag("normalize_latents", default=True),
    )


def _stylegan_discriminator_config(settings: PickledSettings, file: str) -> StyleGANConfig:
    for name in ("num_channels", "use_wscale", "nonlinearity", "dtype"):
        settings.require(name, _ONLY_STYLEGAN[name])
    group = settings.integer("mbstd_group_size", 4, 0)
    return StyleGANConfig(
        resolution=_stylegan_resolution(settings, file),
        fmap_base=settings.integer("fmap_base", 8192),
        fmap_decay=settings.number("fmap_decay", 1.0, 0.0, 10.0),
        fmap_max=settings.integer("fmap_max", 512),
        label_size=settings.integer("label_size", 0, 0),
        fused_scale=_stylegan_fused(settings),
        mbstd_group_size=group,
        mbstd_features=settings.integer("mbstd_num_features", 1) if group > 1 else 0,
        blur=_blur(settings),
    )


def _stylegan_resolution(settings: PickledSettings, file: str) -> int:
    resolution = settings.integer("resolution", 1024)
    levels_of(resolution, file)
    return resolution


def _stylegan_fused(settings: PickledSettings) -> str:
    settings.require("fused_scale", ("auto", True, False))
    return _FUSED[settings.get("fused_scale", "auto")]


def _blur(settings: PickledSettings) -> bool:
    """Whether there is a blur; the only other filter allowed is none."""
    taps = settings.get("blur_filter", [1, 2, 1])
    if isinstance(taps, list | tuple) and len(taps) == 3 and all(type(tap) is int for tap in taps):
        taps = "published" if 2 * taps[0] == taps[1] == 2 * taps[2] else "other"
    PickledSettings({"blur_filter": taps}, "The file").require("blur_filter", ("published", None))
    return taps is not None


def _stylegan_truncation(settings: PickledSettings) -> tuple[float, int | None]:
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


def _stylegan_rules(config: StyleGANConfig, factor: float) -> list[Rule]:
    """`factor` is what the mapping network's learning rate multiplier differs by from ours."""
    rules = [Rule("w_avg", "dlatent_avg")]
    if config.label_size:
        rules.append(Rule("mapping.label_weight", "LabelConcat/weight"))
    for index in range(config.mapping_layers):
        ours, theirs = f"mapping.dense.{index}", f"Dense{index}"
        rules.append(Rule(f"{ours}.weight", f"{theirs}/weight", lambda t: dense(t) * factor))
        rules.append(Rule(f"{ours}.bias", f"{theirs}/bias", lambda t: t * factor))
    for index in range(config.num_layers):
        rules += _stylegan_layer_rules(index)
    return rules + rgb_rules("synthesis.to_rgb", "ToRGB", config.levels)


def _stylegan_layer_rules(index: int) -> list[Rule]:
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


def _stylegan_discriminator_rules(config: StyleGANConfig) -> list[Rule]:
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


ADA = 5
"""The version of the pickles of StyleGAN2-ADA."""

_ONLY_STYLEGAN2: dict[str, tuple[object, ...]] = {
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
        for name, allowed in _ONLY_STYLEGAN2.items():
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
        network = build(lambda: StyleGAN2Generator(config), _stylegan2_rules(config), source, file)
        facts = {"truncation": _stylegan2_truncation(settings)}
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


def _stylegan2_truncation(settings: PickledSettings) -> dict[str, float | int | None]:
    """Psi and cutoff as a Recipe's; here no cutoff means all styles."""
    psi = settings.optional_number("truncation_psi", 0.5)
    cutoff = settings.optional_number("truncation_cutoff", None)
    if psi is None or not -10.0 <= psi <= 10.0:
        return {"psi": 1.0, "cutoff": None}
    return {"psi": psi, "cutoff": None if cutoff is None else int(min(max(cutoff, 0.0), 64.0))}


def _stylegan2_rules(config: StyleGAN2Config) -> list[Rule]:
    rules = [Rule("w_avg", "dlatent_avg"), Rule("synthesis.const", "4x4/Const/const")]
    if config.label_size:
        rules += _label_rules("mapping", config.label_kind)
    for index in range(config.mapping_layers):
        rules += _dense_rules(f"mapping.dense.{index}", f"Dense{index}")
    for index in range(config.num_styles - 1):
        rules += _stylegan2_layer_rules(index, config)
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


def _stylegan2_layer_rules(index: int, config: StyleGAN2Config) -> list[Rule]:
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
        settings.require(name, _ONLY_STYLEGAN2[name])
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


FIRST_VERSION = 2
"""Of the state that ProGAN's own code wrote; StyleGAN's, which has ProGAN too, wrote later ones."""

_ONLY_PROGAN: dict[str, tuple[object, ...]] = {
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
        fused = _progan_fused(settings, source, "8x8/Conv0_up/weight", file)
        config = _progan_config(settings, fused, file)
        growth = config.levels - lod_of(source.pop("lod", None), file)
        up = swapped_kernel if network.version == FIRST_VERSION else kernel
        rules = _progan_rules(config, up if fused else kernel)
        rules = rules if settings.flag("use_wscale", default=True) else [_plain(r) for r in rules]
        generator = build(lambda: ProGANGenerator(config), rules, source, file)
        return imported_model("progan", generator, self._path, self.layout, growth=growth)

    def discriminator(self) -> nn.Module:
        """D, where the file holds all three."""
        network, file = self._discriminator_network(), self._path.name
        settings, source = network.settings(file), network.variables(file)
        source.pop("lod", None)
        fused = _progan_fused(settings, source, "8x8/Conv1_down/weight", file)
        config = _progan_discriminator_config(settings, fused, file)
        rules = _progan_discriminator_rules(config)
        rules = rules if settings.flag("use_wscale", default=True) else [_plain(r) for r in rules]
        return build(lambda: ProGANDiscriminator(config), rules, source, file)


def _progan_fused(settings: PickledSettings, names: Collection[str], fused: str, file: str) -> bool:
    """What the variables' names say; refuses a setting that says otherwise."""
    found = fused in names
    stated = settings.flag("fused_scale", default=found)
    if stated != found and settings.integer("resolution", 32) > 4:
        raise CheckpointError(
            f"{file} says otherwise about fused scaling than the names of its weights do.",
            "Get the file again from where it was published.",
        )
    return found


def _progan_config(settings: PickledSettings, fused: bool, file: str) -> ProGANConfig:
    for name, allowed in _ONLY_PROGAN.items():
        settings.require(name, allowed)
    base, most = settings.integer("fmap_base", 8192), settings.integer("fmap_max", 512)
    stated = settings.get("latent_size", None) is not None
    return ProGANConfig(
        resolution=_progan_resolution(settings, file),
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


def _progan_discriminator_config(settings: PickledSettings, fused: bool, file: str) -> ProGANConfig:
    for name, allowed in _ONLY_PROGAN.items():
        settings.require(name, allowed)
    return ProGANConfig(
        resolution=_progan_resolution(settings, file),
        fmap_base=settings.integer("fmap_base", 8192),
        fmap_decay=settings.number("fmap_decay", 1.0, 0.0, 10.0),
        fmap_max=settings.integer("fmap_max", 512),
        label_size=settings.integer("label_size", 0, 0),
        fused=fused,
        mbstd_group_size=settings.integer("mbstd_group_size", 4, 0),
    )


def _progan_resolution(settings: PickledSettings, file: str) -> int:
    resolution = settings.integer("resolution", 32)
    levels_of(resolution, file, smallest=4)
    return resolution


def swapped_kernel(tensor: Tensor) -> Tensor:
    """[k, k, out, in] -> (out, in, k, k)."""
    return tensor.permute(2, 3, 0, 1)


def _progan_rules(config: ProGANConfig, up: How) -> list[Rule]:
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


def _progan_discriminator_rules(config: ProGANConfig) -> list[Rule]:
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
