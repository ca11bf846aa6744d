"""From what a stage should receive, as a value, to the tensors it does receive.

A stage's tensors are computed from its `StageInputs` and the model alone, so equal inputs mean equal
conditions: comparing inputs is all the renderer's cache needs, and it costs no computation. Groups found by
k-means, of feature maps that act alike and of W, are computed once and are the same on the same device.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Protocol, cast

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.errors import RenderError
from ganlab_core.models import Model
from ganlab_core.networks import Condition
from ganlab_core.recipe import (
    MAPPING,
    Bend,
    Capabilities,
    Centres,
    Classes,
    Extent,
    Gains,
    Latent,
    Layer,
    Noise,
    Recipe,
)
from ganlab_core.rendering.noise import AS_TRAINED, NoiseMaps

# ------------------------------------------------------------------------------------------------
# What each stage receives under a Recipe, as plain values that can be compared without computing.


SILENT = Noise("off", 0, 0.0)
UNMOVED = (0.0, 0.0, 0.0)
ONE_CENTRE = Centres()

Directions = tuple[tuple[tuple[float, ...], float], ...]
"""Pairs (direction, amount)."""


@dataclass(frozen=True, slots=True)
class StageInputs:
    """What one stage receives, as a value, in the simplest of all equal forms.

    Attributes
    ----------
    latent
        Where the style comes from; None = the mean of W (psi is 0), or a stage that takes none.
    other, amount
        The style mixed in and how much of it, 0 to 1.
    psi
        Truncation of the mixed style.
    noise
        Mode, seed and strength of the noise.
    classes
        Class weights; empty where the model or the stage takes none.
    threshold
        Where z's distribution is cut; None = as the model was made.
    directions
        Edit directions added to the style, each with its amount.
    gains
        Factors on feature maps after the stage.
    attention
        Factor on the stage's self-attention; 1 where it has none.
    truncation_centre
        What psi moves the style towards; None = the mean of W, or nothing depends on it.
    centres
        Several centres in place of that one.
    placement
        Shift right and down, in pictures, and turn in degrees, of the stage that places the picture.
    second, second_mapping
        How much of a second model's weights the stage has, and what its style comes from; 0 to 1.
    bends
        Operations on feature maps after the stage, in order.
    frozen
        For each bend what the stages up to this one receive for the maps that it holds; empty for all but
        a freeze.
    extent
        How much larger than trained the features are.
    across
        Latents that follow to the right where the style is the start latent's.
    """

    latent: Latent | None
    other: Latent | None
    amount: float
    psi: float
    noise: Noise
    classes: Classes = ()
    threshold: float | None = None
    directions: Directions = ()
    gains: Gains = ()
    attention: float = 1.0
    truncation_centre: Latent | None = None
    placement: tuple[float, float, float] = UNMOVED
    second: float = 0.0
    second_mapping: float = 0.0
    bends: tuple[Bend, ...] = ()
    frozen: tuple[tuple[StageInputs, ...], ...] = ()
    centres: Centres = ONE_CENTRE
    extent: Extent = AS_TRAINED
    across: tuple[Latent, ...] = ()


def stage_inputs(
    recipe: Recipe, can: Capabilities, stop: int | None = None
) -> tuple[StageInputs, ...]:
    """What each of the first `stop` stages receives under this Recipe."""
    inputs = tuple(_inputs_of(recipe, layer, can) for layer in can.layers[:stop])
    if not recipe.bends:
        return inputs
    return tuple(_bent_inputs(recipe, own, stage, can) for stage, own in enumerate(inputs))


def _second(recipe: Recipe, layer: Layer, can: Capabilities) -> tuple[float, float]:
    """How much of the second model a stage and its style meet, where the two models share them."""
    if not can.blendable:
        return 0.0, 0.0
    own = recipe.second_of(layer.resolution) if layer.resolution in can.blendable else 0.0
    depends = MAPPING in can.blendable and takes_mapping(layer)
    return own, recipe.second_of(MAPPING) if depends else 0.0


def takes_mapping(layer: Layer) -> bool:
    """Whether a stage receives anything that is made before the stages: a style, or classes."""
    return layer.style or layer.classes


def _bent_inputs(recipe: Recipe, own: StageInputs, stage: int, can: Capabilities) -> StageInputs:
    bends = recipe.bends_of(stage)
    frozen = tuple(
        stage_inputs(replace(recipe, latent=bend.latent, bends=()), can, stage + 1)
        if bend.operation == "freeze"
        else ()
        for bend in bends
    )
    return replace(own, bends=bends, frozen=frozen) if bends else own


def _inputs_of(recipe: Recipe, layer: Layer, can: Capabilities) -> StageInputs:
    noise = recipe.noise_of(layer) if layer.noise else SILENT
    gains = recipe.gains_of(layer.index)
    attention = recipe.attention if layer.attention else 1.0
    psi = _psi(recipe, layer, can) if layer.style or layer.statistics else 1.0
    second, second_mapping = _second(recipe, layer, can)
    if not layer.style:
        classes = _classes(recipe, layer, can) if layer.classes else ()
        # a cut of z narrows its spread, which the statistics have to fit; a given z is never cut
        cut = recipe.threshold if layer.statistics and not recipe.latent.vector else None
        return StageInputs(
            None, None, 0.0, psi, noise, classes, cut, gains=gains, attention=attention,
            second=second, second_mapping=second_mapping,
        )  # fmt: skip
    directions = tuple((push.vector, push.amount) for push in recipe.pushes_of(layer))
    latent, other, amount = _latents(recipe, layer, can, psi)
    # with a W the classes act through the mapping network, else on the stage itself
    telling = latent or not can.has_w or can.class_centres
    classes = _classes(recipe, layer, can) if layer.classes and telling else ()
    threshold = None if can.has_w else recipe.threshold
    return StageInputs(
        latent,
        other,
        amount,
        psi,
        noise,
        classes,
        threshold,
        directions,
        gains,
        attention,
        _truncation_centre(recipe, can) if psi != 1.0 else None,
        recipe.placement if can.has_placement and layer.index == 0 else UNMOVED,
        second,
        second_mapping,
        centres=_centres(recipe, can) if psi != 1.0 else ONE_CENTRE,
        extent=extent_of(recipe, can),
        across=recipe.across if can.has_extent and latent == recipe.latent else (),
    )


def extent_of(recipe: Recipe, can: Capabilities) -> Extent:
    """How much larger than trained this model's picture is, written alike where it is not."""
    return AS_TRAINED if not can.has_extent or recipe.extent.is_plain else recipe.extent


def _psi(recipe: Recipe, layer: Layer, can: Capabilities) -> float:
    return recipe.psi_of(layer) if can.has_truncation else 1.0


def _latents(
    recipe: Recipe, layer: Layer, can: Capabilities, psi: float
) -> tuple[Latent | None, Latent | None, float]:
    """The style's latent, the one mixed in, and how much of that."""
    if psi == 0.0 and not _centres(recipe, can).count:
        return _truncation_centre(recipe, can), None, 0.0
    mixed = recipe.mix_of(layer) if can.has_mixing else None
    if mixed is None or mixed.amount == 0.0 or mixed.latent == recipe.latent:
        return recipe.latent, None, 0.0
    if mixed.amount == 1.0:
        return mixed.latent, None, 0.0
    return recipe.latent, mixed.latent, mixed.amount


def _truncation_centre(recipe: Recipe, can: Capabilities) -> Latent | None:
    """z has no centre but zero; several take the place of one."""
    one = can.has_w and can.has_truncation and not recipe.centres.count
    return recipe.centre if one else None


def _centres(recipe: Recipe, can: Capabilities) -> Centres:
    return recipe.centres if can.has_w and can.has_truncation else ONE_CENTRE


def _classes(recipe: Recipe, layer: Layer, can: Capabilities) -> Classes:
    if not can.classes:
        return ()
    return tuple(pair for pair in recipe.classes_of(layer) if pair[1]) or ((0, 1.0),)


# ------------------------------------------------------------------------------------------------
# Truncation and mixing in W and Z (Karras et al. 2019, sec. 3.1 and appendix B).


def truncate(
    w: Float[Tensor, "n d"], truncation_centre: Float[Tensor, "... d"], psi: float
) -> Float[Tensor, "n d"]:
    """w' = c + psi (w - c), for w (N, w_dim) and a centre c; exactly c at 0 and exactly w at 1."""
    if psi == 1.0:
        return w
    mean = truncation_centre.expand_as(w)
    return mean if psi == 0.0 else torch.lerp(mean, w, psi)


def centre_of(
    w: Float[Tensor, "1 d"], points: Float[Tensor, "k d"], centres: Centres
) -> Float[Tensor, "1 d"]:
    """The point that a style w (1, w_dim) is truncated towards, of several (K, w_dim).

    Softness is counted in root mean square distances of the points from their mean.
    """
    if centres.pick is not None:
        first = int(centres.pick)
        share = centres.pick - first
        here = points[first : first + 1]
        return here if share == 0.0 else torch.lerp(here, points[first + 1 : first + 2], share)
    distances = (points - w).square().sum(dim=1)
    if centres.softness == 0.0:
        nearest = int(distances.argmin())
        return points[nearest : nearest + 1]
    spread = (points - points.mean(dim=0)).square().sum(dim=1).mean().clamp(min=1e-12)
    shares = torch.softmax(-distances / (2.0 * centres.softness**2 * spread), dim=0)
    return shares[None] @ points


def mix(
    w: Float[Tensor, "n d"], other: Float[Tensor, "n d"], amount: float
) -> Float[Tensor, "n d"]:
    """(1 - amount) w + amount other; exactly w at 0 and exactly `other` at 1.

    Mixing before truncating is the same as after, because truncation is affine and both styles of a
    layer share its psi; it is done before, so that psi = 0 gives the mean exactly.
    """
    if amount in (0.0, 1.0):
        return other if amount else w
    return torch.lerp(w, other, amount)


def mix_normal(
    z: Float[Tensor, "n d"], other: Float[Tensor, "n d"], amount: float
) -> Float[Tensor, "n d"]:
    """Two normal z blended so that the blend is normal too; exactly z at 0 and `other` at 1."""
    if amount in (0.0, 1.0):
        return other if amount else z
    return torch.lerp(z, other, amount) / math.hypot(1.0 - amount, amount)


def blend_normal(parts: list[tuple[Tensor, float]]) -> Tensor:
    """Normal z (N, D) summed by weight, over the root of the sum of squared weights: normal again."""
    root = math.sqrt(sum(weight**2 for _, weight in parts))
    return blend([(z, weight / root) for z, weight in parts])


def blend(parts: list[tuple[Tensor, float]]) -> Tensor:
    """The weighted sum of w (N, D); one w of weight 1 is given as it is."""
    (first, weight), *rest = parts
    total = first if weight == 1.0 else first * weight
    for point, share in rest:
        total = total + point * share
    return total


# ------------------------------------------------------------------------------------------------
# From a Recipe's `Latent` to tensors, the same on every device.


ROOT_HALF = math.sqrt(0.5)


def z_from_seed(seed: int, z_dim: int, threshold: float | None = None) -> Tensor:
    """A normal z of shape (1, z_dim), cut at `threshold` deviations; drawn on the CPU for all devices.

    The truncated normal is drawn through its inverse distribution function from the same uniform
    numbers, so that a moving threshold moves z smoothly. In law it equals drawing the values beyond
    anew, which is BigGAN's truncation trick (Brock et al. 2019, sec. 3.1).
    """
    z = torch.randn(1, z_dim, generator=torch.Generator().manual_seed(seed))
    return z if threshold is None else cut_normal(z, threshold)


def cut_normal(z: Tensor, threshold: float) -> Tensor:
    """Standard normal values squeezed into a normal distribution cut at +-`threshold`."""
    bound = math.erf(threshold * ROOT_HALF)  # P(|z| < threshold)
    inside: Tensor = torch.special.erfinv(torch.erf(z.double() * ROOT_HALF) * bound) / ROOT_HALF
    cut: Tensor = inside.clamp(-threshold, threshold).to(z.dtype)
    return cut


def deviation_of_cut(threshold: float | None) -> float:
    """Standard deviation of a standard normal cut at +-`threshold`; 1 for None."""
    if threshold is None:
        return 1.0
    density = math.exp(-0.5 * threshold**2) / math.sqrt(2.0 * math.pi)
    inside = math.erf(threshold * ROOT_HALF)
    return math.sqrt(max(0.0, 1.0 - 2.0 * threshold * density / inside))


def explicit_vector(latent: Latent, size: int) -> Tensor:
    """The latent's own coordinates as (1, size); raises `RenderError` for another length."""
    if len(latent.vector) != size:
        raise RenderError(
            f"This model's {latent.space} has {size} numbers, the Recipe's {len(latent.vector)}.",
            "Use a Recipe made with this model, or a seed.",
        )
    return torch.tensor([latent.vector], dtype=torch.float32)


def class_weights(model: Model, classes: Classes) -> Tensor | None:
    """A class mix as (1, classes); no classes named = the first; None for a model without classes."""
    count = len(model.capabilities.classes)
    if not count:
        return None
    weights = torch.zeros(1, count)
    for index, weight in classes or ((0, 1.0),):
        if index >= count:
            raise RenderError(f"This model has {count} classes, and no class {index}.")
        weights[0, index] = weight
    return weights


def z_from_latent(model: Model, latent: Latent, threshold: float | None) -> Tensor:
    """The z of a latent, (1, z_dim), on the CPU."""
    can = model.capabilities
    if latent.blend:
        parts = latent.blend
        return blend_normal([(z_from_latent(model, z, threshold), share) for z, share in parts])
    if latent.vector:
        return explicit_vector(latent, can.z_dim)
    cut = can.threshold if threshold is None else threshold
    return z_from_seed(latent.seed, can.z_dim, cut)


def w_from_latent(
    model: Model,
    latent: Latent,
    device: torch.device,
    classes: Classes = (),
    threshold: float | None = None,
) -> Tensor:
    """The untruncated w of a latent, (1, w_dim), on `device`; a w vector is taken as it is.

    Without a W the network's `map` gives z back.
    """
    can = model.capabilities
    if latent.blend and latent.space == "w" and can.has_w:
        return blend(
            [
                (w_from_latent(model, part, device, classes, threshold), weight)
                for part, weight in latent.blend
            ]
        )
    if latent.vector and latent.space == "w":
        return explicit_vector(latent, can.w_dim).to(device)
    z = z_from_latent(model, latent, threshold).to(device)
    labels = class_weights(model, classes)
    return model.network.map(z, None if labels is None else labels.to(device))


class ClassCentred(Protocol):
    """A network that keeps a mean of W for each class."""

    def class_centre(self, labels: Float[Tensor, "n classes"]) -> Float[Tensor, "n w"]:
        """The mean of W of classes mixed by weight, (N, w_dim)."""
        ...


KEPT_STYLES = 64
"""How many latents' w are remembered."""

KEPT_VECTORS = 32
"""How many of what is made of them, mixed and truncated."""

StyleKey = tuple[Latent, Classes, float | None, float]


class Conditioner:
    """Turns stages' inputs into tensors on one device, remembering the w of the last latents.

    Attributes
    ----------
    model
        What the stages belong to.
    device
        Where the tensors are made; the model must lie there too.
    clusters
        The groups of the model's feature maps and of its W.
    noise_maps
        The noise that its stages add.
    """

    def __init__(self, model: Model, device: torch.device) -> None:
        self.model = self._model = model
        self.device = device
        self.clusters = Clusters()
        self.noise_maps = NoiseMaps(model.network, model.capabilities, device)
        self._styles: OrderedDict[StyleKey, Tensor] = OrderedDict()
        self._vectors: OrderedDict[tuple[object, ...], Tensor] = OrderedDict()

    def condition(self, stage: int, inputs: StageInputs) -> Condition:
        """The tensors of `inputs` for `stage`; raises `RenderError` for a vector of wrong length."""
        weights, layers = self._model.weights, self._model.capabilities.layers
        if weights is not None and takes_mapping(layers[stage]):
            weights.hold(MAPPING, inputs.second_mapping)
        others = [self._style(stage, replace(inputs, latent=one)) for one in inputs.across]
        return Condition(
            self._style(stage, inputs),
            self.noise_maps.of(stage, inputs.noise, inputs.extent),
            self._statistics(inputs),
            inputs.attention,
            placed(*inputs.placement).to(self.device) if inputs.placement != UNMOVED else None,
            None if inputs.extent == AS_TRAINED and not others else inputs.extent,
            torch.cat([one for one in others if one is not None]) if others else None,
        )

    def forget(self) -> None:
        """Drop every remembered w, and the groups."""
        self._styles.clear()
        self._vectors.clear()
        self.clusters.forget()

    def plain_features(self, recipe: Recipe, stage: int) -> Float[Tensor, "1 c h w"]:
        """What the network's own stages give up to `stage`, in fp32 and without gains or bends."""
        features: Tensor | None = None
        for index, own in enumerate(stage_inputs(recipe, self._model.capabilities, stage + 1)):
            if self._model.weights is not None:
                place = self._model.capabilities.layers[index].resolution
                self._model.weights.hold(place, own.second)
            condition = self.condition(index, own)
            features = self._model.network.run_stage(index, features, condition)
        assert features is not None
        return features

    def w_of_seeds(self, count: int, classes: Classes) -> Float[Tensor, "n d"]:
        """The w of seeds 0 to count - 1, untruncated, (count, w_dim)."""
        can = self._model.capabilities
        labels = class_weights(self._model, classes)
        with torch.no_grad():
            z = torch.cat([z_from_seed(seed, can.z_dim, can.threshold) for seed in range(count)])
            rows = None if labels is None else labels.to(self.device).expand(count, -1)
            return self._model.network.map(z.to(self.device), rows)

    def _style(self, stage: int, inputs: StageInputs) -> Float[Tensor, "1 d"] | None:
        vector = self._vector(inputs)
        for direction, amount in inputs.directions:
            if len(direction) != vector.shape[1]:
                raise RenderError(
                    f"A direction has {len(direction)} numbers, this model's latent"
                    f" {vector.shape[1]}.",
                    "Use a direction made with this model.",
                )
            step = torch.tensor([direction], dtype=torch.float32, device=self.device)
            vector = vector + amount * step
        labels = class_weights(self._model, inputs.classes)
        labels = None if labels is None else labels.to(self.device)
        return self._model.network.stage_style(stage, vector, labels)

    def _vector(self, inputs: StageInputs) -> Float[Tensor, "1 d"]:
        """`_made_vector`, made once for the many stages of a frame that ask for the same."""
        key = (
            inputs.latent, inputs.other, inputs.amount, inputs.psi, inputs.classes,
            inputs.threshold, inputs.truncation_centre, inputs.second_mapping, inputs.centres,
        )  # fmt: skip
        vector = self._vectors.get(key)
        if vector is None:
            vector = self._vectors[key] = self._made_vector(inputs)
            while len(self._vectors) > KEPT_VECTORS:
                self._vectors.popitem(last=False)
        return vector

    def _made_vector(self, inputs: StageInputs) -> Float[Tensor, "1 d"]:
        """The mixed and truncated w, or z without a W."""
        mean = self._centre(inputs)
        if inputs.latent is None:
            return mean
        if inputs.truncation_centre is not None:
            mean = self._w(inputs, inputs.truncation_centre)
        w = self._w(inputs, inputs.latent)
        if inputs.other is not None:
            blend = mix if self._model.capabilities.has_w else mix_normal
            w = blend(w, self._w(inputs, inputs.other), inputs.amount)
        if inputs.centres.count:
            mean = centre_of(w, self._centres(inputs), inputs.centres)
        return truncate(w, mean, inputs.psi)

    def _centres(self, inputs: StageInputs) -> Float[Tensor, "k d"]:
        own = inputs.centres
        if own.clusters:
            return self.clusters.centres(self, own.clusters, inputs.classes, inputs.second_mapping)
        return torch.cat([self._w(inputs, latent) for latent in own.latents])

    def _centre(self, inputs: StageInputs) -> Float[Tensor, "1 d"]:
        """The mean of W that psi leads to: that of all, or of the classes that are mixed."""
        labels = class_weights(self._model, inputs.classes)
        if not self._model.capabilities.class_centres or labels is None:
            return self._model.network.truncation_centre[None]
        return cast("ClassCentred", self._model.network).class_centre(labels.to(self.device))

    def _w(self, inputs: StageInputs, latent: Latent) -> Float[Tensor, "1 d"]:
        key = (latent, inputs.classes, inputs.threshold, inputs.second_mapping)
        w = self._styles.pop(key, None)
        if w is None:
            w = w_from_latent(self._model, latent, self.device, inputs.classes, inputs.threshold)
        self._styles[key] = w
        while len(self._styles) > KEPT_STYLES:
            self._styles.popitem(last=False)
        return w

    def _statistics(self, inputs: StageInputs) -> float:
        """Which truncation's statistics fit the spread of these inputs' z, 0 to 1.

        A cut normal is narrower than the one the statistics were taken with, so it counts as so much
        more truncated.
        """
        can = self._model.capabilities
        if can.has_w:
            return 1.0
        cut = can.threshold if inputs.threshold is None else inputs.threshold
        drawn = inputs.latent is None or inputs.latent.drawn
        ratio = deviation_of_cut(cut) / deviation_of_cut(can.threshold) if drawn else 1.0
        return min(1.0, max(0.0, abs(inputs.psi) * ratio))


def placed(right: float, down: float, turn: float) -> Float[Tensor, "3 3"]:
    """What moves the plane so that the picture is turned clockwise about its middle, then shifted.

    Shifts are in pictures, the turn in degrees; the matrix is the inverse of that movement.
    """
    angle = math.radians(turn)
    c, s = math.cos(angle), math.sin(angle)
    rows = [
        [c, s, -(c * right + s * down)],
        [-s, c, s * right - c * down],
        [0.0, 0.0, 1.0],
    ]
    return torch.tensor(rows)


PICTURES = 4
"""Of which seeds, from 0, feature maps are compared."""

PATTERN = 8
"""Positions of a side that a map is brought to before it is compared."""

SAMPLES = 4096
"""Of W, from seeds 0 on."""

ROUNDS = 100
"""In which Lloyd's algorithm nearly always comes to rest."""

Numbers = NDArray[np.float64]


def k_means(points: Numbers, count: int) -> tuple[NDArray[np.int64], Numbers]:
    """The group of each of (N, D) points and the groups' means (count, D), largest group first.

    Beginnings are drawn as k-means++ does (Arthur and Vassilvitskii 2007), from a fixed seed. With fewer
    different points than groups some groups stay empty.
    """
    drawn = torch.rand(count, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    means = _beginnings(points, drawn.numpy())
    labels = np.full(len(points), -1)
    for _ in range(ROUNDS):
        found = _distances(points, means).argmin(axis=1)
        if np.array_equal(found, labels):
            break
        labels = found
        for group in range(count):
            if (labels == group).any():
                means[group] = points[labels == group].mean(axis=0)
    order = np.argsort(-np.bincount(labels, minlength=count), kind="stable")
    places = np.empty(count, dtype=np.int64)
    places[order] = np.arange(count)
    return places[labels], means[order]


def _beginnings(points: Numbers, drawn: Numbers) -> Numbers:
    """Points far from each other: each with a chance that grows with the square of its distance."""
    chosen = [min(len(points) - 1, int(drawn[0] * len(points)))]
    for share in drawn[1:]:
        near = _distances(points, points[chosen]).min(axis=1)
        total = np.cumsum(near)
        place = int(np.searchsorted(total, share * total[-1], side="right"))
        chosen.append(min(len(points) - 1, place))
    return points[chosen].copy()


def _distances(points: Numbers, means: Numbers) -> Numbers:
    """Squared distances (N, K), never below 0."""
    squares = (points**2).sum(1)[:, None] + (means**2).sum(1)[None] - 2.0 * points @ means.T
    distances: Numbers = np.maximum(squares, 0.0)
    return distances


class Clusters:
    """The groups of one model, each computed when first asked for.

    They are found by the model's conditioner, which is not kept: it keeps these groups, and a closed model
    would stay until the garbage is collected.
    """

    def __init__(self) -> None:
        self._maps: dict[tuple[int, int], NDArray[np.int64]] = {}
        self._centres: dict[tuple[int, Classes, float], Tensor] = {}

    def forget(self) -> None:
        """Drop all, as after the weights have changed."""
        self._maps.clear()
        self._centres.clear()

    def of_maps(self, conditioner: Conditioner, stage: int, count: int) -> Int[np.ndarray, " c"]:
        """The group, 0 to count - 1, of each feature map after a stage.

        Maps are alike that rise and fall at the same places of the pictures of `PICTURES` seeds, however
        strongly. They are computed by the first model's own stages in fp32.
        """
        key = (stage, count)
        if key not in self._maps:
            self._maps[key] = k_means(_patterns(conditioner, stage), count)[0]
        return self._maps[key]

    def knows(self, stage: int, count: int) -> bool:
        """Whether the groups of a stage's maps have been found."""
        return (stage, count) in self._maps

    def centres(
        self, conditioner: Conditioner, count: int, classes: Classes, second: float = 0.0
    ) -> Float[Tensor, "k d"]:
        """The middles of `count` groups of W under these classes, (count, w_dim), largest group first.

        `second` is how much of a second model the mapping network holds now.
        """
        key = (count, classes, second)
        if key not in self._centres:
            w = conditioner.w_of_seeds(SAMPLES, classes)
            middles = k_means(w.double().cpu().numpy(), count)[1]
            self._centres[key] = torch.from_numpy(middles).to(w)
        return self._centres[key]


@torch.no_grad()
def _patterns(conditioner: Conditioner, stage: int) -> Numbers:
    """What each map looks like over several pictures, at mean 0 and deviation 1: (C, numbers)."""
    layer = conditioner.model.capabilities.layers[stage]
    shown = []
    for seed in range(PICTURES):
        maps = conditioner.plain_features(Recipe(Latent(seed)), stage)
        side = (min(PATTERN, maps.shape[2]), min(PATTERN, maps.shape[3]))
        own = maps[0, : layer.channels or maps.shape[1]]
        shown.append(F.adaptive_avg_pool2d(own.float(), side).flatten(1))
    patterns: Numbers = torch.cat(shown, dim=1).double().cpu().numpy()
    patterns = patterns - patterns.mean(axis=1, keepdims=True)
    spread = patterns.std(axis=1, keepdims=True)
    alike: Numbers = patterns / np.where(spread > 1e-12, spread, np.inf)
    return alike
