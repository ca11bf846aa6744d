"""What can be turned to bring a model's picture somewhere, with gradients, and as a Recipe.

Whatever is found by climbing down a gradient must be a Recipe in the end, so only what a Recipe can say is
turned: a style for each layer (W+), or without a W one z, a class mix for each resolution, and, where the
picture matters more than what comes after, a factor for each feature map.

One who turns them stands here: points of a picture dragged elsewhere (Pan et al. 2023, "Drag Your GAN"). A
step has two halves. Motion supervision (sec. 3.2, eq. 1) moves the latent so that the features around each
handle appear a little nearer to its target; point tracking (sec. 3.3, eq. 2) looks for where the handle
has gone, by the feature it had in the beginning. Only features up to a middle stage are computed, so a step
costs less than a picture and its gradient.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.errors import GanlabError, RenderError
from ganlab_core.inspection.differentiable import DifferentiableChain, Given
from ganlab_core.inspection.questions import ONLY_CHOOSES
from ganlab_core.models import Model
from ganlab_core.recipe import Classes, Latent, Layer, Mix, Recipe
from ganlab_core.rendering import class_weights, w_from_latent

STYLE_RATE, LATENT_RATE, CLASS_RATE, GAIN_RATE = 0.14, 0.05, 0.03, 0.02
"""Adam's step sizes: of styles in deviations of W, of z, of class weights, of feature maps' factors."""

APART = 4.0
"""How much more styles are held together than they are held to W's mean."""


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """Numbers to turn.

    Attributes
    ----------
    values
        A tensor that asks for its gradient.
    rate
        Adam's step size for it.
    """

    values: Tensor
    rate: float


class Handles(Protocol):
    """A place among a model's pictures that can be moved by gradients and written as a Recipe."""

    @property
    def leaves(self) -> list[Leaf]:
        """What is turned."""
        ...

    def given(self) -> list[Given]:
        """What each stage receives here."""
        ...

    def strain(self) -> Float[Tensor, ""]:
        """How far this lies from where the model's own pictures lie; about 1 for one of them."""
        ...

    def recipe(self) -> Recipe:
        """The Recipe of this place; it renders the picture that `given` describes."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Beginning:
    """Where to begin.

    Attributes
    ----------
    vector
        A w, or a z without a W, (1, D).
    classes
        The class mix, empty without classes.
    seed
        What the vector was drawn from; what another model falls back on.
    """

    vector: Float[Tensor, "1 d"]
    classes: Classes = ()
    seed: int = 0


def vector_of(values: Float[Tensor, " d"], space: str, seed: int) -> Latent:
    """The Recipe's form of a vector."""
    return Latent(seed, tuple(values.detach().float().cpu().tolist()), space)


class StyleHandles:
    """A style for each layer, W+ (Abdal et al. 2019), or one for all.

    Parameters
    ----------
    model, chain
        What draws.
    start
        Where to begin; every layer begins with the same style.
    deviation
        W's deviation in each direction, (w_dim,).
    one_style
        Whether all layers keep the same style: a plain point of W.
    """

    def __init__(
        self,
        model: Model,
        chain: DifferentiableChain,
        start: Beginning,
        deviation: Float[Tensor, " d"],
        *,
        one_style: bool = False,
    ) -> None:
        self._can = model.capabilities
        self._start = start
        self._centre = model.network.truncation_centre.detach().clone()
        self._deviation = deviation.clamp_min(1e-6)
        self._plain = Recipe(Latent(start.seed), psi=1.0, classes=start.classes)
        self._base = chain.given_by(self._plain)
        count = 1 if one_style else self._can.style_count
        self._styles = start.vector[:, None].repeat(1, count, 1).clone().requires_grad_()

    @property
    def leaves(self) -> list[Leaf]:
        """The styles."""
        return [Leaf(self._styles, STYLE_RATE * float(self._deviation.mean()))]

    def given(self) -> list[Given]:
        """Each layer's own style, with the noise as stored."""
        last = self._styles.shape[1] - 1
        return [
            replace(one, condition=replace(
                one.condition, style=self._styles[:, min(layer.w_plus_index, last)]
            ))
            for layer, one in zip(self._can.layers, self._base, strict=False)
        ]  # fmt: skip

    def strain(self) -> Float[Tensor, ""]:
        """Mean squared distance to W's mean, and `APART` times that to each other, in deviations."""
        from_centre = ((self._styles - self._centre) / self._deviation).square().mean()
        mean = self._styles.mean(1, keepdim=True)
        return from_centre + APART * ((self._styles - mean) / self._deviation).square().mean()

    def recipe(self) -> Recipe:
        """The mean style as the latent, and each layer's own mixed in."""
        seed, styles = self._start.seed, self._styles[0]
        recipe = replace(self._plain, latent=vector_of(styles.mean(0), "w", seed))
        if len(styles) == 1:
            return recipe
        return replace(
            recipe,
            mix_layers=tuple(
                (index, Mix(vector_of(style, "w", seed))) for index, style in enumerate(styles)
            ),
        )


class LatentHandles:
    """z with a class mix for each resolution, and factors of feature maps where asked for.

    Parameters
    ----------
    model, chain
        What draws.
    start
        Where to begin.
    gains
        Whether each feature map may be made stronger and weaker.
    one_mix
        Whether all resolutions keep the same class mix.
    """

    def __init__(
        self,
        model: Model,
        chain: DifferentiableChain,
        start: Beginning,
        *,
        gains: bool,
        one_mix: bool = False,
    ) -> None:
        self._model, self._start = model, start
        can = model.capabilities
        self._layers = can.layers[: chain.stages]
        self._plain = Recipe(Latent(start.seed), psi=1.0, classes=start.classes)
        self._base = chain.given_by(self._plain)
        self._z = start.vector.clone().requires_grad_()
        self._sides = sorted({layer.resolution for layer in self._layers if layer.classes})
        self._mix: Tensor | None = None
        if can.classes and self._sides:
            weights = torch.zeros(len(can.classes), device=chain.device)
            for index, weight in start.classes or ((0, 1.0),):
                weights[index] = weight
            rows = 1 if one_mix else len(self._sides)
            self._mix = weights[None].repeat(rows, 1).clone().requires_grad_()
        self._gains = [
            torch.ones(1, layer.channels, device=chain.device, requires_grad=True)
            for layer in self._layers
            if gains and layer.channels
        ]

    @property
    def leaves(self) -> list[Leaf]:
        """z, the class weights, the factors."""
        mixes = [] if self._mix is None else [Leaf(self._mix, CLASS_RATE)]
        return [
            Leaf(self._z, LATENT_RATE),
            *mixes,
            *(Leaf(gains, GAIN_RATE) for gains in self._gains),
        ]

    def given(self) -> list[Given]:
        """Each stage's part of z and of the class mix at its resolution."""
        return [
            Given(
                replace(
                    one.condition,
                    style=self._model.network.stage_style(
                        layer.index, self._z, self._labels_at(layer.resolution)
                    ),
                ),
                self._gains[layer.index] if self._gains else one.gains,
            )
            for layer, one in zip(self._layers, self._base, strict=True)
        ]

    def strain(self) -> Float[Tensor, ""]:
        """How far z's length is from a normal one's, mixes from each other, and factors from 1."""
        total = 1.0 + (self._z.square().mean() - 1.0).square()
        if self._mix is not None:
            total = total + APART * (self._mix - self._mix.mean(0)).square().mean()
        for gains in self._gains:
            total = total + APART * (gains - 1.0).square().mean()
        return total

    def recipe(self) -> Recipe:
        """z as a vector, the class mixes, and the feature maps' factors."""
        recipe = replace(self._plain, latent=vector_of(self._z[0], "z", self._start.seed))
        if self._mix is not None:
            rows = [_classes(row) for row in self._mix]
            recipe = replace(recipe, classes=_classes(self._mix.mean(0)))
            if len(rows) > 1:
                recipe = replace(recipe, classes_at=tuple(zip(self._sides, rows, strict=True)))
        gains = tuple(
            (layer.index, tuple(enumerate(factors[0].detach().cpu().tolist())))
            for layer, factors in zip(self._layers, self._gains, strict=False)
        )
        return replace(recipe, gains=gains) if gains else recipe

    def _labels_at(self, side: int) -> Tensor | None:
        if self._mix is None:
            return None
        row = self._sides.index(side) if side in self._sides and len(self._mix) > 1 else 0
        return self._mix[row : row + 1]


class RecipeHandles:
    """A Recipe whose styles, or whose z, can be moved from where they are; all else stays as it is.

    Parameters
    ----------
    model, chain
        What draws.
    recipe
        Where to begin.
    last
        The last style of W+ that moves; finer ones stay.

    Raises `RenderError` for a model whose z only chooses a picture.
    """

    def __init__(
        self, model: Model, chain: DifferentiableChain, recipe: Recipe, last: int = 64
    ) -> None:
        if model.capabilities.translates:
            raise RenderError(*ONLY_CHOOSES)
        self._model, self._recipe = model, recipe
        self._can = model.capabilities
        self._layers = self._can.layers[: chain.stages]
        self._base = chain.given_by(recipe)
        self._last = last
        start = self._styles_now() if self._can.has_w else self._z_now(chain.device)
        self._start = start.detach()
        self._values = start.detach().clone().requires_grad_()

    @property
    def leaves(self) -> list[Leaf]:
        """The styles, or z."""
        return [Leaf(self._values, LATENT_RATE)]

    def given(self) -> list[Given]:
        """What each stage receives with them where they are now."""
        return [
            replace(one, condition=replace(one.condition, style=self._style(layer)))
            if layer.style and layer.w_plus_index <= self._last and self._moves(layer)
            else one
            for layer, one in zip(self._layers, self._base, strict=True)
        ]

    def strain(self) -> Float[Tensor, ""]:
        """Mean squared distance from where it began."""
        return (self._values - self._start).square().mean()

    def recipe(self) -> Recipe:
        """The Recipe of where it is: each style as a vector of its own, or z as one."""
        seed = self._recipe.latent.seed
        if not self._can.has_w:
            latent = vector_of(self._values[0], "z", seed)
            return replace(self._recipe, latent=latent, threshold=None)
        styles = [vector_of(style, "w", seed) for style in self._values[0]]
        return replace(
            self._recipe, psi=1.0, psi_at=(), cutoff=None, centre=None, pushes=(), mix_at=(),
            mix_layers=tuple((index, Mix(style)) for index, style in enumerate(styles)),
        )  # fmt: skip

    def _styles_now(self) -> Float[Tensor, "1 layers d"]:
        """The style that each place of W+ receives; where none is received, the first."""
        found = {
            layer.w_plus_index: one.condition.style
            for layer, one in zip(self._layers, self._base, strict=True)
            if one.condition.style is not None
        }
        first = next(style for style in found.values() if style is not None)
        every = [found.get(index) for index in range(self._can.style_count)]
        return torch.stack([first if style is None else style for style in every], 1)

    def _z_now(self, device: torch.device) -> Float[Tensor, "1 z"]:
        recipe = self._recipe
        return w_from_latent(self._model, recipe.latent, device, recipe.classes, recipe.threshold)

    def _moves(self, layer: Layer) -> bool:
        """A layer without a W that takes another latent keeps that one."""
        return self._can.has_w or not self._can.has_mixing or self._recipe.mix_of(layer) is None

    def _style(self, layer: Layer) -> Tensor | None:
        if self._can.has_w:
            return self._values[:, layer.w_plus_index]
        psi = self._recipe.psi_of(layer) if self._can.has_truncation else 1.0
        vector = psi * self._values
        for edit in self._recipe.pushes_of(layer):
            vector = vector + edit.amount * torch.tensor([edit.vector]).to(vector)
        labels = class_weights(self._model, self._recipe.classes_of(layer))
        own = None if labels is None else labels.to(vector)
        return self._model.network.stage_style(layer.index, vector, own)


def _classes(weights: Float[Tensor, " classes"]) -> Classes:
    return tuple(enumerate(weights.detach().cpu().tolist()))


def handles_from(
    model: Model,
    chain: DifferentiableChain,
    start: Beginning,
    deviation: Float[Tensor, " d"],
    editable: float,
) -> Handles:
    """What to turn in a model, from close to the picture (0) to easy to edit afterwards (1)."""
    if model.capabilities.has_w:
        return StyleHandles(model, chain, start, deviation, one_style=editable >= 1.0)
    return LatentHandles(
        model, chain, start, gains=editable < MANY_HANDLES, one_mix=editable >= 1.0
    )


MANY_HANDLES = 0.5
"""Below this, feature maps have factors of their own in models without a W."""


FIRST, SECOND, LEAST = 0.9, 0.99, 1e-8
"""Adam's decay of the mean of gradients and of their squares, and what is added to their root."""


class Adam:
    """Adam (Kingma & Ba 2015, alg. 1) over leaves, each with its own step size.

    torch's own loads its compiler with the first one that is made, which takes seconds.

    Parameters
    ----------
    leaves
        What is moved, in place.
    second, first
        The decay of the mean of the gradients' squares, and of the gradients.
    """

    def __init__(
        self, leaves: Sequence[Leaf], second: float = SECOND, first: float = FIRST
    ) -> None:
        self._leaves = tuple(leaves)
        self._second, self._first = second, first
        self._moments = [
            (torch.zeros_like(leaf.values), torch.zeros_like(leaf.values)) for leaf in leaves
        ]
        self._steps = 0

    @torch.no_grad()
    def descend(self, loss: Float[Tensor, ""], size: float = 1.0) -> None:
        """One step down a loss; `size` is a factor on every step size."""
        with torch.enable_grad():
            slopes = torch.autograd.grad(loss, [leaf.values for leaf in self._leaves])
        self._steps += 1
        first, second = 1.0 - self._first**self._steps, 1.0 - self._second**self._steps
        for leaf, (mean, square), slope in zip(self._leaves, self._moments, slopes, strict=True):
            mean.lerp_(slope, 1.0 - self._first)
            square.mul_(self._second).addcmul_(slope, slope, value=1.0 - self._second)
            root = (square / second).sqrt_().add_(LEAST)
            leaf.values.addcdiv_(mean, root, value=-leaf.rate * size / first)


def pixel_distance(
    ours: Float[Tensor, "n 3 r r"], theirs: Float[Tensor, "#n 3 r r"], smallest: int = 8
) -> Float[Tensor, " n"]:
    """Mean squared distance of pictures at their own and every halved side down to `smallest`, (N,)."""
    found = []
    while True:
        found.append((ours - theirs).square().mean((1, 2, 3)))
        if ours.shape[-1] <= smallest:
            return torch.stack(found).mean(0)
        ours, theirs = F.avg_pool2d(ours, 2), F.avg_pool2d(theirs, 2)


NEAR_SHARE, SEEK_SHARE = 3 / 64, 6 / 64
"""Radius of what is moved around a handle, and of where it is looked for, of the picture's side."""

HOLD = 20.0
"""Weight of what the mask holds fast (the paper's lambda)."""

DRAG_RATE = 0.02
"""Adam's step size."""

DRAG_SECOND = 0.999
"""Its decay of the mean of the gradients' squares."""

ARRIVED = 1.0
"""A handle this near to its target has arrived, in pixels."""


class DragError(GanlabError):
    """Points that cannot be dragged."""


@dataclass(frozen=True, slots=True)
class DragPoint:
    """A handle and where it is to go, in pixels of the picture: (0, 0) is the middle of the first pixel."""

    x: float
    y: float
    to_x: float
    to_y: float

    @property
    def distance(self) -> float:
        """How far it still has to go, in pixels."""
        return math.hypot(self.to_x - self.x, self.to_y - self.y)


class Drag:
    """A drag of one or several points of a Recipe's picture.

    Parameters
    ----------
    model
        On the device it lies on. StyleGANs move the styles of the layers up to the middle, as the paper
        does; ProGAN and BigGAN move their one z, so more of the picture changes along.
    recipe
        Whose picture is dragged.
    points
        At least one, within the picture.
    mask
        float (r, r) from 0 to 1 of any side: what may move; None = everything.

    Attributes
    ----------
    points
        Where the handles are now.
    steps
        Steps made.
    """

    def __init__(
        self,
        model: Model,
        recipe: Recipe,
        points: Sequence[DragPoint],
        mask: NDArray[np.float32] | None = None,
    ) -> None:
        self._chain = DifferentiableChain(model)
        self._side = self._chain.side
        _check(points, self._side)
        self._stage = _middle(model, self._side)
        self._handles = RecipeHandles(
            model, self._chain, recipe, model.capabilities.layers[self._stage - 1].w_plus_index
        )
        self._adam = Adam(
            [Leaf(leaf.values, DRAG_RATE) for leaf in self._handles.leaves], DRAG_SECOND
        )
        self.points = tuple(points)
        self.steps = 0
        self._features = self._now()
        self._first = self._features.detach()
        self._sought = [_at(self._first, _grid([point], self._side)) for point in points]
        self._fast = None if mask is None else _held(mask, self._first)

    @property
    def recipe(self) -> Recipe:
        """The Recipe of what it is now; renders the picture in which the points are where they are."""
        return self._handles.recipe()

    @property
    def arrived(self) -> bool:
        """Whether every handle is at its target."""
        return all(point.distance <= ARRIVED for point in self.points)

    def step(self) -> tuple[DragPoint, ...]:
        """Move, and track where the handles went; nothing happens once all have arrived."""
        if not self.arrived:
            self._adam.descend(self._motion(self._features))
            self._features = self._now()
            self.points = tuple(
                self._tracked(point, sought)
                for point, sought in zip(self.points, self._sought, strict=True)
            )
            self.steps += 1
        return self.points

    def _now(self) -> Float[Tensor, "1 c r r"]:
        return self._chain.features(self._handles.given(), self._stage)

    def _motion(self, features: Float[Tensor, "1 c r r"]) -> Float[Tensor, ""]:
        """Features a step towards the target shall be what those at the handle are (eq. 1)."""
        fixed = features.detach()
        total = features.new_zeros(())
        for point in self.points:
            if point.distance <= ARRIVED:
                continue
            step = min(1.0, 1.0 / point.distance)
            shift = (step * (point.to_x - point.x), step * (point.to_y - point.y))
            patch = _around(point, NEAR_SHARE * self._side)
            here = _at(fixed, _grid(patch, self._side))
            ahead = _at(features, _grid(patch, self._side, shift))
            total = total + (here - ahead).abs().mean()
        if self._fast is not None:
            total = total + HOLD * ((features - self._first).abs() * self._fast).mean()
        return total

    @torch.no_grad()
    def _tracked(self, point: DragPoint, sought: Float[Tensor, "c 1"]) -> DragPoint:
        """Where the handle's first feature is found again nearby (eq. 2)."""
        places = _around(point, SEEK_SHARE * self._side)
        seen = _at(self._features, _grid(places, self._side))
        best = places[int((seen - sought).abs().sum(0).argmin())]
        return DragPoint(best.x, best.y, point.to_x, point.to_y)


def _check(points: Sequence[DragPoint], side: int) -> None:
    if not points:
        raise DragError("Nothing is dragged yet.", "Set a point and where it shall go.")
    for point in points:
        numbers = (point.x, point.y, point.to_x, point.to_y)
        if not all(-0.5 <= number <= side - 0.5 for number in numbers):
            raise DragError("A point lies outside the picture.", "Set it on the picture.")


def _middle(model: Model, side: int) -> int:
    """How many stages give the features that are dragged: to half the picture's side, at least 8 px."""
    wanted = max(8, side // 2)
    layers = [layer for layer in model.capabilities.layers if layer.resolution <= wanted]
    return 1 + max((layer.index for layer in layers), default=0)


def _held(
    mask: NDArray[np.float32], features: Float[Tensor, "1 c r r"]
) -> Float[Tensor, "1 1 r r"]:
    painted = torch.from_numpy(np.asarray(mask, np.float32)).to(features)[None, None]
    return 1.0 - F.interpolate(painted, size=features.shape[-2:], mode="area").clamp(0.0, 1.0)


def _around(point: DragPoint, radius: float) -> list[DragPoint]:
    """Whole and half pixels within a radius, as points with the same target."""
    reach = max(2, round(2 * radius))
    return [
        DragPoint(point.x + 0.5 * x, point.y + 0.5 * y, point.to_x, point.to_y)
        for y in range(-reach, reach + 1)
        for x in range(-reach, reach + 1)
        if x * x + y * y <= reach * reach
    ]


def _grid(
    points: Sequence[DragPoint], side: int, shift: tuple[float, float] = (0.0, 0.0)
) -> Float[Tensor, "n 2"]:
    """Places in -1..1 as `grid_sample` counts them, from pixels of the picture."""
    places = torch.tensor([(point.x + shift[0], point.y + shift[1]) for point in points])
    return (2.0 * places + 1.0) / side - 1.0


def _at(features: Float[Tensor, "1 c r r"], places: Float[Tensor, "n 2"]) -> Float[Tensor, "c n"]:
    """Features at places, between pixels bilinearly, (C, N)."""
    grid = places.to(features)[None, None]
    found = F.grid_sample(features, grid, padding_mode="border", align_corners=False)
    return found[0, :, 0]
