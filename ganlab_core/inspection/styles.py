"""From a latent to styles, and from styles to the statistics of feature maps: what each step does.

The mapping network layer by layer with the shape of W; AdaIN and class-conditional batch norm channel by
channel; the learned strength of each layer's noise.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganlab_core.errors import RenderError
from ganlab_core.inspection.questions import (
    ChannelStyles,
    MappingActivations,
    NoiseStrengths,
    SeeMapping,
    SeeStyles,
)
from ganlab_core.models import Model
from ganlab_core.networks import ClassBatchNorm, ConditionalBatchNorm, StyleGANLayer
from ganlab_core.recipe import Latent, Layer, Mix, Recipe
from ganlab_core.rendering import (
    Conditioner,
    Renderer,
    class_weights,
    stage_inputs,
    w_from_latent,
    z_from_seed,
)

Array = NDArray[np.float32]

CLOUD = 1024
"""Latents whose w draw the shape of W."""

COMPONENTS = 16


@torch.inference_mode()
def mapping_activations(model: Model, asked: SeeMapping) -> MappingActivations:
    """What each layer of the mapping network makes of a Recipe's z, and where its w lies in W.

    Raises `RenderError` for a model without a mapping network, and for a latent that is a w already.
    """
    mapping = getattr(model.network.module, "mapping", None)
    if mapping is None or not model.capabilities.has_w:
        raise RenderError("This model has no mapping network: z goes into its layers as it is.")
    device = model.network.truncation_centre.device
    recipe = asked.recipe
    entered: list[Tensor] = []
    hooks = [
        layer.register_forward_pre_hook(lambda _layer, inputs: entered.append(inputs[0]))
        for layer in mapping.dense
    ]
    try:
        w = w_from_latent(model, recipe.latent, device, recipe.classes)
    finally:
        for hook in hooks:
            hook.remove()
    steps = [one[:1] for one in entered[: len(mapping.dense)]]
    names = ["z as it enters", *(f"after layer {k}" for k in range(1, len(steps)))]
    layers = [(n, _numbers(x[0])) for n, x in zip(names, steps, strict=False)]
    return MappingActivations(asked, (*layers, ("w", _numbers(w[0]))), *_place(model, recipe, w))


def _place(model: Model, recipe: Recipe, w: Tensor) -> tuple[Array, Array, Array, Array]:
    """Samples of W along its first two components (N, 2), w and what psi makes of it, and the shares."""
    can, device = model.capabilities, w.device
    z = torch.cat([z_from_seed(seed, can.z_dim) for seed in range(CLOUD)]).to(device)
    labels = class_weights(model, recipe.classes)
    known = None if labels is None else labels.to(device).expand(CLOUD, -1)
    cloud = model.network.map(z, known)
    mean = cloud.mean(dim=0)
    _, sizes, axes = torch.linalg.svd((cloud - mean).float().cpu(), full_matrices=False)
    plane = axes[:2].to(device).T
    shares = sizes.square() / sizes.square().sum()
    centre = model.network.truncation_centre
    truncated = centre + recipe.psi * (w - centre)
    points = [_numbers((x - mean) @ plane) for x in (cloud, w[0], truncated[0])]
    return points[0], points[1], points[2], _numbers(shares[:COMPONENTS])


def _numbers(x: Tensor) -> Array:
    found: Array = x.float().cpu().numpy().copy()
    return found


# ------------------------------------------------------------------------------------------------
# AdaIN and class-conditional batch norm, channel by channel.


@dataclass(frozen=True, slots=True, eq=False)
class Normalised:
    """Features before and after a norm, (C, h, w), and what its condition asked for, (C,)."""

    kind: str
    before: Tensor
    scale: Tensor
    bias: Tensor
    after: Tensor


@torch.inference_mode()
def normalised_at(renderer: Renderer, recipe: Recipe, stage: int) -> Normalised:
    """What the norm of a stage does under a Recipe; raises `RenderError` where there is none."""
    model = renderer.model
    layers = model.capabilities.layers
    if not 0 <= stage < len(layers):
        raise RenderError(f"This model has no stage {stage}.")
    inputs = stage_inputs(recipe, model.capabilities, stage + 1)[stage]
    device = model.network.truncation_centre.device
    condition = Conditioner(model, device).condition(stage, inputs)
    features = None
    if stage:
        features = torch.from_numpy(renderer.features(recipe, stage - 1))[None].to(device)
    with _watched(model.network.module) as seen:
        model.network.run_stage(stage, features, condition)
    if not seen:
        raise RenderError(f"{layers[stage].name} normalises nothing by a style or a class.")
    return seen[0]


@contextmanager
def _watched(module: nn.Module) -> Iterator[list[Normalised]]:
    """While entered, what norms with a condition do in this thread is noted, in their order."""
    seen: list[Normalised] = []
    mine = threading.get_ident()  # the same network may be run by another thread meanwhile
    hooks = [
        layer.register_forward_hook(partial(_noting, hook, mine))
        for layer in module.modules()
        if (hook := _hook_of(layer, seen)) is not None
    ]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def _noting(
    hook: Callable[[Any, Any, Any], None], thread: int, layer: Any, given: Any, after: Any
) -> None:
    if threading.get_ident() == thread:
        hook(layer, given, after)


def _hook_of(layer: nn.Module, seen: list[Normalised]) -> Any:
    if isinstance(layer, StyleGANLayer):

        def adain(one: StyleGANLayer, given: tuple[Any, ...], after: Tensor) -> None:
            x, w, noise = given
            scale, bias = one.style(w)[0].chunk(2)
            before = one.unstyled(x, len(w), noise)[0]
            seen.append(Normalised("AdaIN", before, scale + 1.0, bias, after[0].clone()))

        return adain
    if isinstance(layer, ConditionalBatchNorm):

        def conditional(one: ConditionalBatchNorm, given: tuple[Any, ...], after: Tensor) -> None:
            x, y = given[0], given[1]
            gain, bias = 1.0 + one.gain(y)[0], one.bias(y)[0]
            before, now = x[0].clone(), after[0].clone()  # what follows may work in place
            seen.append(Normalised("conditional batch norm", before, gain, bias, now))

        return conditional
    if isinstance(layer, ClassBatchNorm):

        def of_class(one: ClassBatchNorm, given: tuple[Any, ...], after: Tensor) -> None:
            x, y = given[0], given[1]
            y = x.new_ones(1, 1) if y is None else y
            gain, bias = (y @ one.gain)[0], (y @ one.bias)[0]
            before, now = x[0].clone(), after[0].clone()  # what follows may work in place
            seen.append(Normalised("conditional batch norm", before, gain, bias, now))

        return of_class
    return None


def channel_styles(renderer: Renderer, asked: SeeStyles) -> ChannelStyles:
    """Every channel of a stage before and after its norm; pictures with each other's style there."""
    recipe, model = asked.recipe, renderer.model
    found = normalised_at(renderer, recipe, asked.stage)
    layer = model.capabilities.layers[asked.stage]
    other = _other_picture(model, recipe, asked.other)
    columns = [
        *_statistics(found.before), found.scale.float(), found.bias.float(),
        *_statistics(found.after),
    ]  # fmt: skip
    swapped = _with_style_of(model, recipe, other, layer)
    back = _with_style_of(model, other, recipe, layer)
    return ChannelStyles(
        asked,
        found.kind,
        layer.name,
        _numbers(torch.stack(columns, dim=1)),
        (
            _picture(renderer, recipe),
            _picture(renderer, other),
            _picture(renderer, swapped),
            _picture(renderer, back),
        ),
    )


def _picture(renderer: Renderer, recipe: Recipe) -> NDArray[np.uint8]:
    found = renderer.small(recipe, 128)
    assert found is not None
    return found


def _statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each channel over its places; x (C, h, w) -> twice (C,)."""
    x = x.float()
    return x.mean((1, 2)), x.std((1, 2), correction=0)


def _other_picture(model: Model, recipe: Recipe, other: int) -> Recipe:
    """The picture of another seed, or without styles of another class."""
    if model.capabilities.has_w:
        return replace(recipe, latent=Latent(other), mix_at=(), mix_layers=())
    count = len(model.capabilities.classes)
    return replace(recipe, classes=((other % count, 1.0),), classes_at=()) if count else recipe


def _with_style_of(model: Model, recipe: Recipe, other: Recipe, layer: Layer) -> Recipe:
    """A Recipe whose layer takes the other's style, or whose block takes its class."""
    if model.capabilities.has_w:
        return recipe.with_mix_layer(layer.w_plus_index, Mix(other.latent))
    classes = other.classes or ((0, 1.0),)
    return recipe.with_classes_at(layer.resolution, classes)


# ------------------------------------------------------------------------------------------------
# How strongly each layer learned to add its noise.


def noise_strengths(model: Model) -> NoiseStrengths:
    """The learned factor of each layer's noise, one for every channel where there is one each."""
    synthesis: Any = getattr(model.network.module, "synthesis", None)
    layers = [layer for layer in model.capabilities.layers if layer.noise]
    found = []
    for layer, one in zip(layers, getattr(synthesis, "layers", ()), strict=False):
        factor = getattr(one, "noise_weight", getattr(one, "noise_strength", None))
        if factor is not None:
            found.append((layer.index, layer.name, _numbers(factor.detach().reshape(-1))))
    if not found:
        raise RenderError("This model adds no noise with a learned strength.")
    return NoiseStrengths(tuple(found))
