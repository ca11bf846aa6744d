"""Two models on one desk: the weights of a second one blended into the first's, resolution by resolution.

Layer swapping (Pinkney and Adler 2020, "Resolution dependent GAN interpolation"), with a continuous amount
at each resolution. Two networks that came from one another by training on understand each other's features;
of others the coarse and the fine half meet as strangers, which may be what one wants.
"""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.models.architectures import ARCHITECTURES
from ganlab_core.models.info import ModelInfo, architecture_name
from ganlab_core.models.model import Model
from ganlab_core.networks import (
    EqualizedConv2d,
    SpectralConv2d,
    SpectralLayer,
    UpscaleConv2d,
    describe,
    split_growth,
)
from ganlab_core.recipe import MAPPING, Recipe

PARENTS = "parents"
"""In the provenance of a blended model: the two it was made of, and how much of the second is where."""

ARITHMETIC = (
    "blur", "bias_blurred", "norm_epsilon", "normalize_latents", "normalize_z_first", "normalize_first",
    "normalize_features", "epsilon", "slope", "fused", "fused_scale", "dense_bias", "label_kind",
    "conv_clamp", "resample_filter", "noise", "img_channels", "const_size", "mapping_lr", "bn_eps",
    "output_eps", "stats_blend", "hierarchical", "shared", "rounding", "threshold", "first_cutoff",
    "first_stopband", "last_stopband_rel", "margin", "output_scale", "num_critical", "filter_size",
    "lrelu_upsampling", "radial",
)  # fmt: skip
"""Fields of configs that say how a network computes, and not how large it is: both have to agree."""


def with_second(first: Model, second: Model) -> Model:
    """The first model with the second's weights at hand; neither is changed, and both may be dropped.

    It is the first one, bit for bit, until a Recipe asks for something of the second. Raises
    `CheckpointError` with a sentence where they have no resolution of equal shape.
    """
    _check_kind(first, second)
    network, other = _normal(first), _normal(second)
    weights = BlendedWeights(network, other, second)
    places = tuple(sorted(weights.places))
    if not any(places):
        raise CheckpointError(_misfit(first, second), "Choose two of the same widths.")
    pair = Model(
        dataclasses.replace(first.info, second=second.info),
        dataclasses.replace(network.capabilities, blendable=places),
        network.network,
        dict(first.readouts),
        _phases(first, second),
        weights,
    )
    weights.probes = (pair.readouts, dict(first.readouts), dict(second.readouts))
    return pair


@torch.no_grad()
def blended(pair: Model, recipe: Recipe) -> Model:
    """The network that a pair is under a Recipe's amounts, as a model of its own, to be saved.

    Both parents stand in its provenance. Its pictures are the pair's under that Recipe, bit for bit.
    """
    if pair.weights is None:
        raise CheckpointError("There is no second model to blend with.", "Choose one first.")
    amounts = {place: recipe.second_of(place) for place in pair.capabilities.blendable}
    for place, amount in amounts.items():
        pair.weights.hold(place, amount)
        pair.weights.hold_probe(place)
    network = copy.deepcopy(pair.network.module)
    for tensor in (*network.parameters(), *network.buffers()):
        own = tensor.data.clone(memory_format=torch.contiguous_format)
        tensor.data = own  # each in memory of its own again
    architecture = ARCHITECTURES[pair.info.architecture]
    second = pair.weights.second
    info = dataclasses.replace(
        pair.info,
        title=f"{pair.info.title} and {second.title}",
        licence=_joined(pair.info.licence, second.licence),
        attribution=_joined(pair.info.attribution, second.attribution),
        config=describe(network.config),
        provenance=_provenance(pair.info, second, amounts),
        second=None,
    )
    can = dataclasses.replace(pair.capabilities, blendable=())
    phases = {side: blended(phase, recipe) if phase.weights else phase
              for side, phase in pair.phases.items()}  # fmt: skip
    return Model(info, can, architecture.stages(network), dict(pair.readouts), phases)


def _provenance(
    first: ModelInfo, second: ModelInfo, amounts: Mapping[int, float]
) -> dict[str, Any]:
    """Where a blend comes from; picks and thumbnails of the first would show something else."""
    told = {str(place) if place else "mapping": amount for place, amount in sorted(amounts.items())}
    parents = [
        {"title": one.title, "name": one.name, "fingerprint": one.fingerprint}
        for one in (first, second)
    ]
    kept = {key: first.provenance[key] for key in ("truncation",) if key in first.provenance}
    return {**kept, PARENTS: parents, "amounts": told}


def _joined(first: str, second: str) -> str:
    return first if first == second or not second else f"{first}\n{second}".strip()


# ------------------------------------------------------------------------------------------------
# The weights.


ALIGNED = 16
"""Numbers to whose multiples each tensor begins, so that its products round as those of its own memory."""


Axes = tuple[int, ...]


class BlendedTensors:
    """Tensors of a network that lie one behind the other, so that one pass makes all of them.

    Parameters
    ----------
    first, second
        The same names and shapes, of floating point numbers of one type.
    axes
        Names -> the axes, outermost first, in which a tensor lies; others lie as they are indexed.
    normal
        Whether they are standard normal, and stay so in a blend: noise maps.
    """

    def __init__(
        self,
        first: Mapping[str, Tensor],
        second: Mapping[str, Tensor],
        axes: Mapping[str, Axes],
        *,
        normal: bool,
    ) -> None:
        self._axes = {name: axes.get(name, tuple(range(one.dim()))) for name, one in first.items()}
        own, theirs = (
            {name: model[name].permute(order) for name, order in self._axes.items()}
            for model in (first, second)
        )
        self._shapes = {name: tensor.shape for name, tensor in own.items()}
        self._first, self._second = _laid_out(own), _laid_out(theirs)
        self._target, self._normal = self._first.clone(), normal

    def bind(self, owned: Mapping[str, Tensor], device: torch.device) -> None:
        """Let the network's own tensors be these, on a device."""
        if self._target.device != device:
            parts = (self._first, self._second, self._target)
            self._first, self._second, self._target = (part.to(device) for part in parts)
        start = 0
        for name, shape in self._shapes.items():
            order = self._axes[name]
            back = tuple(order.index(axis) for axis in range(len(order)))
            lying = self._target[start : start + shape.numel()].view(shape)
            owned[name].data = lying.permute(back)
            start += _room(shape.numel())

    def set(self, amount: float) -> None:
        """Exactly the first at 0 and the second at 1."""
        if amount in (0.0, 1.0):
            self._target.copy_(self._second if amount else self._first)
            return
        torch.lerp(self._first, self._second, amount, out=self._target)
        if self._normal:
            self._target.div_(math.hypot(1.0 - amount, amount))


def _room(count: int) -> int:
    return -(-count // ALIGNED) * ALIGNED


def _laid_out(tensors: Mapping[str, Tensor]) -> Tensor:
    """The tensors one behind the other, each at a multiple of `ALIGNED` numbers."""
    flat = torch.zeros(sum(_room(tensor.numel()) for tensor in tensors.values()))
    start = 0
    for tensor in tensors.values():
        flat[start : start + tensor.numel()] = tensor.detach().reshape(-1).cpu()
        start += _room(tensor.numel())
    return flat


class BlendedWeights:
    """The weights of a network, made anew in place where the amount of the second model has changed.

    Parameters
    ----------
    first
        Owns the network.
    other
        The second model with its spectral norms divided out.
    second
        The second model as it is.

    Attributes
    ----------
    places
        Where both have the same tensors.
    probes
        What a model shows of fitted read-outs, and those of both.
    """

    def __init__(self, first: Model, other: Model, second: Model) -> None:
        self.second = second.info
        self._module = first.network.module
        self._tensors = _shared_tensors(first, other)
        self._anchor = next(self._module.parameters())
        self._device = torch.device("meta")
        self._follow()
        self._amounts = dict.fromkeys(self._tensors, 0.0)
        self._probed: dict[int, float] = {}
        self._laid_probes: dict[int, tuple[Tensor, Tensor]] = {}
        self._states = dict.fromkeys(self._tensors, 0)
        self.places = frozenset(self._tensors)
        self.probes: tuple[dict[int, Any], dict[int, Any], dict[int, Any]] = ({}, {}, {})

    def hold(self, place: int, amount: float) -> int:
        """Let a place have so much of the second model, 0 to 1; tells which state of it that is.

        To be called in inference mode, or without gradients.
        """
        self._follow()
        if amount != self._amounts.get(place, amount):
            for tensors in self._tensors[place]:
                tensors.set(amount)
            self._amounts[place] = amount
            self._states[place] += 1
        return self._states.get(place, 0)

    def _follow(self) -> None:
        """Be where the network is: a module that was moved has other tensors than before."""
        device = self._anchor.device
        if device == self._device:
            return
        owned = dict(self._module.named_parameters()) | dict(self._module.named_buffers())
        with torch.inference_mode(mode=False):
            for kinds in self._tensors.values():
                for tensors in kinds:
                    tensors.bind(owned, device)
        self._device = device

    def hold_probe(self, place: int) -> None:
        """Let the fitted read-out be as much of the second's as the place has; a lone one serves both."""
        amount = self._amounts.get(place, 0.0)
        if amount == self._probed.get(place, 0.0):
            return
        self._probed[place] = amount
        shown, first, second = self.probes
        before, after = first.get(place), second.get(place)
        before, after = before or after, after or before
        if before is None or after is None:
            return
        if before is after:
            shown[place] = before
            return
        pair = self._laid_probes.get(place)
        if pair is None:
            pair = self._laid_probes[place] = (_joined_probe(before), _joined_probe(after))
        weight, bias = torch.lerp(*pair, amount).split((before[0].numel(), before[1].numel()))
        shown[place] = weight.view_as(before[0]), bias


def _joined_probe(probe: tuple[Tensor, Tensor]) -> Tensor:
    """Weight (3, C) and bias (3,) one behind the other, so that one pass blends both."""
    return torch.cat([part.cpu().reshape(-1) for part in probe])


def _shared_tensors(first: Model, second: Model) -> dict[int, list[BlendedTensors]]:
    """Place -> tensors, where the second has all that the first has, of the same shapes."""
    own, other = _by_place(first), _by_place(second)
    axes = _axes(first.network.module)
    reached = 2 ** split_growth(second.info.growth)[0]
    found = {}
    for place, tensors in own.items():
        theirs = other.get(place, {})
        if place <= reached and _shapes(tensors).items() <= _shapes(theirs).items():
            numbers = {name: one for name, one in tensors.items() if one.is_floating_point()}
            if not numbers:  # pictures that a network chooses from stay the first's
                continue
            noise = {name: one for name, one in numbers.items() if _is_noise(name, one)}
            plain = {name: one for name, one in numbers.items() if name not in noise}
            found[place] = [BlendedTensors(plain, theirs, axes, normal=False)]
            found[place] += [BlendedTensors(noise, theirs, {}, normal=True)] if noise else []
    return found


def _axes(module: nn.Module) -> dict[str, Axes]:
    """How kernels lie that are folded for rendering, so that folding them anew is one pass.

    Those of one pixel lie the same in either order, and are used as they stand.
    """
    return {
        f"{name}.weight": part.memory_order
        for name, part in module.named_modules()
        if isinstance(part, EqualizedConv2d | UpscaleConv2d | SpectralConv2d)
        and part.memory_order
        and part.weight.shape[2] > 1
    }


def _is_noise(name: str, tensor: Tensor) -> bool:
    """Whether it is a kept noise map, whose numbers are standard normal."""
    return name.rpartition(".")[2].startswith("noise") and tensor.dim() == 4


def _by_place(model: Model) -> dict[int, dict[str, Tensor]]:
    found: dict[int, dict[str, Tensor]] = {}
    for name, tensor in model.network.module.state_dict().items():
        found.setdefault(model.network.place(name), {})[name] = tensor
    return found


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in tensors.items()}


@torch.no_grad()
def _normal(model: Model) -> Model:
    """A copy whose spectral norms have been divided out, so that what acts is what is blended."""
    network = copy.deepcopy(model.network.module).eval()
    config: Any = network.config
    if getattr(config, "spectral_norm", False):
        weights = network.state_dict()
        for name, part in network.named_modules():
            if isinstance(part, SpectralLayer):
                weights[f"{name}.weight"] = part.normal_weight().clone()
                del weights[f"{name}.u"]
        config = dataclasses.replace(config, spectral_norm=False)
        architecture = ARCHITECTURES[model.info.architecture]
        with torch.device("meta"):
            network = architecture.generator(config)
        network.load_state_dict(weights, assign=True)
        network.eval().requires_grad_(requires_grad=False)
    stages = ARCHITECTURES[model.info.architecture].stages(network)
    return dataclasses.replace(model, network=stages)


def _phases(first: Model, second: Model) -> dict[int, Model]:
    """What is kept of lower resolutions: blended where both have kept it, else the first's."""
    found = {}
    for side, phase in first.phases.items():
        other = second.phases.get(side)
        try:
            found[side] = phase if other is None else with_second(phase, other)
        except CheckpointError:
            found[side] = phase
    return found


# ------------------------------------------------------------------------------------------------
# Why two models cannot be blended.


COLOURS = {1: "grey", 3: "of three colours", 4: "of three colours with alpha"}


def _check_kind(first: Model, second: Model) -> None:
    """Raise `CheckpointError` unless both compute in the same way."""
    if first.info.architecture != second.info.architecture:
        names = [architecture_name(one.info.architecture) for one in (first, second)]
        raise CheckpointError(
            f"{first.info.title} is a {names[0]} and {second.info.title} a {names[1]}.",
            "Choose two of one architecture.",
        )
    own, other = first.network.module.config, second.network.module.config
    colours = [COLOURS[getattr(config, "img_channels", 3)] for config in (own, other)]
    if colours[0] != colours[1]:
        raise CheckpointError(
            f"The pictures of {first.info.title} are {colours[0]}, and those of"
            f" {second.info.title} {colours[1]}.",
            "Choose two whose pictures have the same channels.",
        )
    for name in ARITHMETIC:
        if getattr(own, name, None) != getattr(other, name, None):
            raise CheckpointError(
                f"{first.info.title} and {second.info.title} are computed differently ({name}).",
                "Choose two that were made by the same program.",
            )


def _misfit(first: Model, second: Model) -> str:
    """Which shapes keep two models apart, told of the coarsest resolution they both have."""
    own, other = _by_place(first), _by_place(second)
    side = min(set(own) & set(other) - {MAPPING}, default=0)
    if not side:
        return f"{first.info.title} and {second.info.title} have no resolution in common."
    widths = [model.network.channels(side) for model in (first, second)]
    if widths[0] != widths[1]:
        return (
            f"At {side} px {first.info.title} has {widths[0]} feature maps and"
            f" {second.info.title} {widths[1]}."
        )
    return f"The layers of {first.info.title} and {second.info.title} have other shapes."
