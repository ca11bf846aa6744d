"""The Inspector: questions about the inside of a model in, plain data out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ganlab_core.errors import RenderError
from ganlab_core.inspection.critic import (
    GROUP,
    Critic,
    read_critic,
    report_of_critic,
    scores_in_company,
    seen_vectors,
    threshold_between,
)
from ganlab_core.inspection.directions import Direction, DirectionSet
from ganlab_core.inspection.labelled import LabelledDirections
from ganlab_core.inspection.questions import (
    NO_CRITIC,
    Answer,
    AskCritic,
    AttentionHeat,
    ChannelStyles,
    ClassPictures,
    CompareNoise,
    CriticMaps,
    CriticReport,
    Effects,
    FindDirections,
    FindNearestReals,
    HoldDirection,
    LayerDifference,
    LayerDifferences,
    LearnDirection,
    LeaveOut,
    LineUp,
    MakeLineUp,
    MapNetwork,
    MappingActivations,
    Maps,
    MeasureEffects,
    NearestReals,
    NetworkFacts,
    NoiseComparison,
    NoiseStrengths,
    PsiPicture,
    PsiStrip,
    Question,
    RealPictures,
    SeeAttention,
    SeeClasses,
    SeeCritic,
    SeeMapping,
    SeeMaps,
    SeeNoiseStrengths,
    SeeSpectrum,
    SeeStyles,
    Spectrum,
    StageFacts,
    TryPsis,
    without_gains,
)
from ganlab_core.inspection.styles import channel_styles, mapping_activations, noise_strengths
from ganlab_core.models import Model
from ganlab_core.networks import CycleGANGenerator
from ganlab_core.recipe import Latent, Layer, LayerNoise, Mix, Noise, Recipe, short_name
from ganlab_core.rendering import (
    Chain,
    Conditioner,
    Renderer,
    class_weights,
    to_pixels,
    w_from_latent,
    z_from_latent,
    z_from_seed,
)

# ------------------------------------------------------------------------------------------------
# Where self-attention looks (Zhang et al. 2019, SAGAN, fig. 5).


def attention_stages(model: Model) -> tuple[int, ...]:
    """The stages of self-attention, coarsest first; empty where there are none."""
    return tuple(layer.index for layer in model.capabilities.layers if layer.attention)


@torch.inference_mode()
def attention_map(renderer: Renderer, recipe: Recipe, stage: int) -> NDArray[np.float32]:
    """How much each position attends to each: (r, r, r/2, r/2), summing to 1 over the last two.

    The keys are max-pooled 2x2, hence half the side. Raises `RenderError` for other stages.
    """
    model = renderer.model
    if stage not in attention_stages(model):
        raise RenderError(f"Stage {stage} of this model is no self-attention.")
    features = torch.from_numpy(renderer.features(recipe, stage - 1))[None]
    table = model.network.attention(stage, features.to(model.network.truncation_centre.device))[0]
    side = features.shape[-1]
    array: NDArray[np.float32] = table.float().cpu().numpy()
    return array.reshape(side, side, side // 2, side // 2)


def attention_gamma(model: Model, stage: int) -> float:
    """The trained strength gamma of a self-attention stage (SAGAN, eq. 3); raises `RenderError`."""
    if stage not in attention_stages(model):
        raise RenderError(f"Stage {stage} of this model is no self-attention.")
    return model.network.gamma(stage)


# ------------------------------------------------------------------------------------------------
# Feature maps of one picture: what they are, and how much each of them does to it.


def map_pictures(features: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Feature maps (C, r, r) as grey pictures, each stretched from its least to its largest value."""
    low = features.min(axis=(1, 2), keepdims=True)
    span = features.max(axis=(1, 2), keepdims=True) - low
    scaled = (features - low) / np.where(span > 0, span, 1.0)
    pictures: NDArray[np.uint8] = np.rint(scaled * 255.0).astype(np.uint8)
    return pictures


def signed_pictures(features: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Feature maps (C, r, r) with zero at 128 and each one's largest magnitude at 1 or 255."""
    largest = np.abs(features).max(axis=(1, 2), keepdims=True)
    scaled = features / np.where(largest > 0, largest, 1.0)
    pictures: NDArray[np.uint8] = np.rint(scaled * 127.0 + 128.0).astype(np.uint8)
    return pictures


def small_maps(features: NDArray[np.float32], side: int = 64) -> NDArray[np.float32]:
    """Feature maps (C, r, r) as box means of at most `side` positions a side; r is a power of two."""
    channels, r, _ = features.shape
    if r <= side:
        return features
    box = r // side
    means: NDArray[np.float32] = features.reshape(channels, side, box, side, box).mean(axis=(2, 4))
    return means


def map_facts(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean, deviation and largest magnitude of each feature map: (C, 3)."""
    columns = (
        features.mean(axis=(1, 2)),
        features.std(axis=(1, 2)),
        np.abs(features).max(axis=(1, 2)),
    )
    return np.stack(columns, axis=1)


def channel_effects(
    renderer: Renderer,
    recipe: Recipe,
    stage: int,
    channels: int,
    progress: Callable[[float], bool] | None = None,
) -> NDArray[np.float64] | None:
    """Mean change of the picture in grey levels when each map is ablated; None when stopped.

    Each costs the stages after `stage` only, because those before are kept.
    """
    whole = renderer.render(recipe).pixels.astype(np.float64)
    effects = np.zeros(channels)
    for channel in range(channels):
        without = renderer.render(recipe.with_gain(stage, channel, 0.0)).pixels
        effects[channel] = np.abs(without - whole).mean()
        if progress is not None and not progress((channel + 1) / channels):
            return None
    return effects


# ------------------------------------------------------------------------------------------------
# What noise and truncation do to one picture, and what its spectrum says.


GREY = np.array([0.299, 0.587, 0.114])


def noise_deviation(
    renderer: Renderer,
    recipe: Recipe,
    draws: int = 16,
    progress: Callable[[float], bool] | None = None,
) -> NDArray[np.float64] | None:
    """Standard deviation of each pixel over draws of the noise, in grey levels, (R, R).

    As StyleGAN's figure 4 shows it: bright where the noise decides, dark where the style does. None
    when stopped by `progress`.
    """
    pictures = []
    for seed in range(draws):
        drawn = replace(recipe, noise=Noise("random", seed, recipe.noise.strength))
        pictures.append(renderer.render(drawn).pixels.astype(np.float64) @ GREY)
        if progress is not None and not progress((seed + 1) / draws):
            return None
    deviation: NDArray[np.float64] = np.stack(pictures).std(axis=0)
    return deviation


def difference(a: NDArray[np.uint8], b: NDArray[np.uint8], gain: float = 1.0) -> NDArray[np.uint8]:
    """Absolute difference of two pictures (R, R, 3), multiplied by `gain` and cut at 255."""
    change = np.abs(a.astype(np.float64) - b.astype(np.float64)) * gain
    return np.rint(np.minimum(change, 255.0)).astype(np.uint8)


def truncation_strip(recipe: Recipe, psis: tuple[float, ...]) -> tuple[Recipe, ...]:
    """The Recipe at each psi, its resolutions' own psi left out."""
    return tuple(replace(recipe, psi=psi, psi_at=()) for psi in psis)


def distance_to_mean(model: Model, recipe: Recipe) -> float:
    """How far the truncated style lies from the centre: ||psi (w - centre)||, without a W ||psi z||.

    The centre is the mean of W unless the Recipe says otherwise.
    """
    device = model.network.truncation_centre.device
    w = w_from_latent(model, recipe.latent, device, recipe.classes, recipe.threshold)
    centre = model.network.truncation_centre
    if recipe.centre is not None and model.capabilities.has_w:
        centre = w_from_latent(model, recipe.centre, device, recipe.classes)
    return abs(recipe.psi) * float((w - centre).norm())


def without_layer(model: Model, recipe: Recipe, layer: Layer, part: str) -> Recipe | None:
    """The Recipe with one layer's `"noise"` off, or its `"style"` the mean; None where it has none.

    The mean of W is the average style; the mean of z, for BigGAN, is zero.
    """
    if part == "noise":
        silent = LayerNoise(on=False)
        return recipe.with_noise_layer(layer.index, silent) if layer.noise else None
    if not (layer.style and model.capabilities.has_mixing):
        return None
    mean = tuple(float(value) for value in model.network.truncation_centre)
    space = "w" if model.capabilities.has_w else "z"
    average = Mix(Latent(vector=mean, space=space))
    return recipe.with_mix_layer(layer.w_plus_index, average)


def power_spectrum(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean power over circles of equal frequency, from 0 to R / 2 cycles a picture: (R // 2 + 1,).

    Of one grey picture or feature map (R, R), its mean taken out, under a Hann window, so that borders
    do not ring.
    """
    return over_circles(power_plane(values))


def power_plane(values: NDArray[np.floating], window: str = "hann") -> NDArray[np.float64]:
    """The power at every frequency of a grey picture (R, R), its mean taken out, as `fft2` orders them."""
    grey = values.astype(np.float64)
    side = grey.shape[0]
    shape = np.hanning(side) if window == "hann" else np.ones(side)
    spectrum = np.fft.fft2((grey - grey.mean()) * shape[:, None] * shape[None, :])
    power: NDArray[np.float64] = np.abs(spectrum) ** 2 / side**2
    return power


def over_circles(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means over circles of equal frequency, (R, R) -> (R // 2 + 1,)."""
    side = power.shape[0]
    frequency = np.fft.fftfreq(side) * side
    circle = np.rint(np.hypot(frequency[:, None], frequency[None, :])).astype(int)
    inside = circle <= side // 2
    totals = np.bincount(circle[inside], power[inside], minlength=side // 2 + 1)
    counts = np.bincount(circle[inside], minlength=side // 2 + 1)
    means: NDArray[np.float64] = totals / np.maximum(counts, 1)
    return means


# ------------------------------------------------------------------------------------------------
# The network as a list of its stages: shapes, numbers of weights, and milliseconds as they run.


def network_map(model: Model, recipe: Recipe, repeats: int = 3) -> tuple[StageFacts, ...]:
    """Every stage run on its own, on the device the model lies on."""
    found = network_facts(model, recipe, repeats)
    assert found is not None
    return found.stages


@torch.inference_mode()
def network_facts(
    model: Model,
    recipe: Recipe,
    repeats: int = 3,
    progress: Callable[[float], bool] | None = None,
) -> NetworkFacts | None:
    """Every stage run on its own `repeats` times, then once to see its weights; None when stopped."""
    conditioner = Conditioner(model, model.network.truncation_centre.device)
    times = []
    for repeat in range(repeats):
        times.append(_times(model, conditioner, recipe))
        if progress is not None and not progress((repeat + 1) / (repeats + 1)):
            return None
    best = [min(column) for column in zip(*times, strict=True)]
    total = sum(weights.numel() for weights in model.network.module.parameters())
    return NetworkFacts(_facts(model, conditioner, recipe, best), total)


def _times(model: Model, conditioner: Conditioner, recipe: Recipe) -> list[float]:
    """Milliseconds of each stage in one run from the first to the last."""
    chain, device = Chain(model, conditioner), conditioner.device
    took = []
    for stage in range(len(model.network.stage_names)):
        _wait(device)
        began = time.perf_counter()
        chain.reach_stage(recipe, stage)
        _wait(device)
        took.append(1000.0 * (time.perf_counter() - began))
    return took


def _facts(
    model: Model, conditioner: Conditioner, recipe: Recipe, best: Sequence[float]
) -> tuple[StageFacts, ...]:
    """What each stage gives and uses; w is known by now, so the mapping network is not seen."""
    chain = Chain(model, conditioner)
    shapes, used = [], []
    for stage in range(len(model.network.stage_names)):
        with _Weights() as seen:
            chain.reach_stage(recipe, stage)
        features = chain.features(stage)
        shapes.append((tuple(features.shape[1:]), str(features.dtype).removeprefix("torch.")))
        used.append(seen.sizes)
    shared = _repeated(key for sizes in used for key in sizes)
    return tuple(
        StageFacts(name, shape, dtype, took, _sum_without(sizes, shared))
        for name, (shape, dtype), took, sizes in zip(
            model.network.stage_names, shapes, best, used, strict=True
        )
    )


def _repeated(keys: Iterable[int]) -> set[int]:
    once: set[int] = set()
    twice: set[int] = set()
    for key in keys:
        (twice if key in once else once).add(key)
    return twice


def _sum_without(sizes: dict[int, int], shared: set[int]) -> int:
    return sum(size for key, size in sizes.items() if key not in shared)


class _Weights(TorchFunctionMode):
    """Notes which weights torch is handed meanwhile, whatever the architecture does with them."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: dict[int, int] = {}

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Run `func` as it is, and note the weights among its arguments."""
        self._note((*args, *(kwargs or {}).values()))
        return func(*args, **(kwargs or {}))

    def _note(self, values: Iterable[Any]) -> None:
        for value in values:
            if isinstance(value, nn.Parameter):
                self.sizes[id(value)] = value.numel()
            elif isinstance(value, list | tuple):
                self._note(value)


def _wait(device: torch.device) -> None:
    """Let a GPU finish, so that its time is counted where it belongs."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


# ------------------------------------------------------------------------------------------------
# Finding directions of the latent space.
# By principal components (Haerkoenen et al. 2020, GANSpace), and in closed form from the style
# weights (Shen & Zhou 2021, SeFa).


SAMPLES = 4096
FEATURE_SAMPLES = 1024
COUNT = 32


def principal_directions(
    model: Model, count: int = COUNT, samples: int | None = None, progress: Progress | None = None
) -> DirectionSet | None:
    """PCA of W where there is one, else of early features with z regressed on them (GANSpace, sec. 2).

    Equal models give equal directions. None when stopped by `progress`.
    """
    if model.capabilities.has_w:
        latents = _ws(model, samples or SAMPLES, progress)
        return None if latents is None else _pca_set(model, latents, count)
    found = _zs_and_features(model, samples or FEATURE_SAMPLES, progress)
    return None if found is None else _regressed_set(model, *found, count)


def factor_directions(model: Model, first: int, last: int, count: int = COUNT) -> DirectionSet:
    """Eigenvectors of A^T A, where A holds the style weights of layers `first` to `last` (SeFa, eq. 4).

    A step of one latent standard deviation: the vectors have the length of W's mean deviation, or 1
    in Z.
    """
    layers = [
        layer
        for layer in model.capabilities.layers
        if layer.style and first <= layer.w_plus_index <= last
    ]
    matrices = [model.network.style_matrix(layer.index) for layer in layers]
    rows = [_normalised(matrix) for matrix in matrices if matrix is not None]
    weights = torch.cat(rows).double().cpu()
    values, vectors = torch.linalg.eigh(weights.T @ weights)
    order = values.argsort(descending=True)[:count]
    scale = _latent_deviation(model)
    share = values / values.sum()
    directions = tuple(
        _direction(
            f"factor {rank + 1}", vectors[:, index] * scale, float(share[index]), first, last
        )
        for rank, index in enumerate(order.tolist())
    )
    return DirectionSet(model.info.fingerprint, "factors", directions)


def _normalised(matrix: Tensor) -> Tensor:
    """Each layer counts alike."""
    weights = matrix.detach()
    scaled: Tensor = weights / torch.linalg.vector_norm(weights).clamp(min=1e-12)
    return scaled


@torch.inference_mode()
def _ws(model: Model, samples: int, progress: Progress | None) -> Tensor | None:
    device = model.network.truncation_centre.device
    count = max(1, len(model.capabilities.classes))
    found = []
    for start in range(0, samples, 256):
        seeds = range(start, min(samples, start + 256))
        z = torch.cat([z_from_seed(seed, model.capabilities.z_dim) for seed in seeds]).to(device)
        labels = [class_weights(model, ((seed % count, 1.0),)) for seed in seeds]
        given = [label for label in labels if label is not None]
        found.append(model.network.map(z, torch.cat(given).to(device) if given else None).cpu())
        if progress is not None and not progress((seeds[-1] + 1) / samples):
            return None
    return torch.cat(found)


def _pca_set(model: Model, latents: Tensor, count: int) -> DirectionSet:
    """Eigenvectors of the covariance: as the singular vectors, and much cheaper."""
    centred = latents.double() - latents.double().mean(dim=0)
    found, vectors = torch.linalg.eigh(centred.T @ centred / max(1, len(latents) - 1))
    variances, components = found.flip(0).clamp(min=0.0), vectors.flip(1).T
    share = variances / variances.sum()
    directions = tuple(
        _direction(f"component {i + 1}", components[i] * variances[i].sqrt(), float(share[i]))
        for i in range(min(count, len(components), len(latents)))
    )
    return DirectionSet(model.info.fingerprint, "pca", directions)


def early_stage(model: Model) -> int:
    """The stage whose features are analysed: the last one at the second resolution."""
    second = model.capabilities.resolutions[min(1, len(model.capabilities.resolutions) - 1)]
    return model.capabilities.layers_at(second)[-1].index


@torch.inference_mode()
def _zs_and_features(
    model: Model, samples: int, progress: Progress | None
) -> tuple[Tensor, Tensor] | None:
    """z (N, z_dim) and the features after the early stage, flattened (N, F)."""
    conditioner = Conditioner(model, model.network.truncation_centre.device)
    stage = early_stage(model)
    zs, features = [], []
    for seed in range(samples):
        chain = Chain(model, conditioner)
        chain.reach_stage(Recipe(latent=Latent(seed), psi=1.0), stage)
        features.append(chain.features(stage).flatten().cpu())
        zs.append(z_from_seed(seed, model.capabilities.z_dim, model.capabilities.threshold)[0])
        if progress is not None and not progress((seed + 1) / samples):
            return None
    return torch.stack(zs), torch.stack(features)


def _regressed_set(model: Model, z: Tensor, features: Tensor, count: int) -> DirectionSet:
    """Components of the features, each with the step in z that best explains it (GANSpace, eq. 2).

    There are fewer samples than features, so the samples' products are taken apart instead of the
    features' covariance; the scores are the same.
    """
    centred = features - features.mean(dim=0)
    products = torch.zeros(len(z), len(z), dtype=torch.float64)
    for part in centred.split(4096, dim=1):
        products += part.double() @ part.double().T
    found, left = torch.linalg.eigh(products)
    variances, scores = found.flip(0).clamp(min=0.0), left.flip(1)
    share = variances / variances.sum()
    most = min(count, len(z) - 1, z.shape[1])
    solution = torch.linalg.lstsq(
        scores[:, :most] / scores[:, :most].std(dim=0), z.double() - z.double().mean(dim=0)
    ).solution  # (most, z_dim): one standard deviation of each component
    directions = tuple(
        _direction(f"component {i + 1}", solution[i], float(share[i])) for i in range(len(solution))
    )
    return DirectionSet(model.info.fingerprint, "features", directions)


def _latent_deviation(model: Model) -> float:
    """Root mean square of the deviations of W's coordinates; 1 in Z."""
    if not model.capabilities.has_w:
        return 1.0
    latents = _ws(model, 512, None)
    assert latents is not None
    deviation = latents.double().std(dim=0).square().mean().sqrt()
    return float(deviation) * math.sqrt(latents.shape[1])


def _direction(
    name: str, vector: Tensor, share: float, first: int = 0, last: int = 64
) -> Direction:
    """Signed so that its largest coordinate is positive: an eigenvector's own sign is arbitrary."""
    largest = vector[vector.abs().argmax()]
    signed = vector if largest >= 0 else -vector
    return Direction(name, tuple(signed.tolist()), share, first, last)


Progress = Callable[[float], bool]
"""Told the fraction done; answering False stops the work."""

SMALL = 128
"""Side of the pictures in strips, in pixels."""


MOST_CLASSES = 24
"""That one latent is drawn in at once."""

FAKES = 35
"""Fresh fakes that the critic's score of a picture is held against."""

MOST_REALS = 64
"""Real pictures whose scores stand beside those of fakes."""

FRESH = 10_000
"""Fakes of a row are drawn from seeds from here on: the others are held against the picture."""


class _Eye:
    """What the critic of one model says; it keeps the critic, and what it has said of the same fakes.

    Parameters
    ----------
    renderer
        Draws what it looks at.
    """

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        critic = read_critic(renderer.model.info)
        if critic is None:
            raise RenderError(*NO_CRITIC)
        self._critic: Critic = critic
        self._fakes: tuple[Recipe, Tensor] | None = None
        self._known: tuple[RealPictures, Tensor] | None = None

    def report(self, asked: AskCritic, progress: Progress) -> CriticReport | None:
        """The picture's score among others', and because of where."""
        fakes = self._samples_beside(asked.recipe, progress)
        if fakes is None:
            return None
        labels = class_weights(self._renderer.model, asked.recipe.classes)
        reals = real_labels = None
        if asked.reals is not None:
            reals, real_labels = self._reals(
                asked.reals, _spread(len(asked.reals.pixels), MOST_REALS)
            )
        picture = self._drawn(asked.recipe)
        return report_of_critic(self._critic, picture, fakes, reals, labels, real_labels)

    def line_up(self, asked: MakeLineUp, progress: Progress) -> LineUp | None:
        """Reals and fakes shuffled, what the critic says of each, and where it tells others apart."""
        fakes = self._samples_beside(asked.recipe, progress)
        if fakes is None:
            return None
        random = np.random.default_rng(asked.seed)
        half = min(asked.count // 2, len(asked.reals.pixels) // 2)
        if half < 1:
            raise RenderError("A line-up needs two real pictures at least.", "Choose more of them.")
        order = random.permutation(len(asked.reals.pixels))
        seeds = FRESH + random.choice(2**31, half, replace=False)
        others, other_labels = self._reals(asked.reals, order[half:][:MOST_REALS])
        chosen, real_labels = self._reals(asked.reals, order[:half])
        drawn = torch.cat([self._drawn(_plainly(asked.recipe, int(seed))) for seed in seeds])
        labels, company = (
            class_weights(self._renderer.model, asked.recipe.classes),
            fakes[: GROUP - 1],
        )
        scored = [
            self._scores(one, company, own)
            for one, own in (
                (chosen, real_labels), (drawn, labels), (others, other_labels),
                (fakes[GROUP - 1 :], labels),
            )
        ]  # fmt: skip
        shuffled = random.permutation(2 * half)
        pictures = _as_pictures(torch.cat([chosen, drawn]))[shuffled]
        return LineUp(
            pictures,
            (np.arange(2 * half) < half)[shuffled],
            np.concatenate(scored[:2])[shuffled],
            threshold_between(scored[2], scored[3]),
        )

    def nearest(self, asked: FindNearestReals, progress: Progress) -> NearestReals | None:
        """The real pictures whose features at the critic's last block are nearest."""
        fakes = self._samples_beside(asked.recipe, lambda _share: True)
        assert fakes is not None
        company = fakes[: GROUP - 1]
        rows = self._rows(asked.reals, company, progress)
        if rows is None:
            return None
        labels = class_weights(self._renderer.model, asked.recipe.classes)
        shown = self._drawn(asked.recipe).clamp(-1.0, 1.0)
        own = seen_vectors(self._critic, shown, company, labels)
        away = (rows - own).square().sum(1)
        near = away.argsort()[: asked.count]
        some = rows[_spread(len(rows), MOST_REALS)]
        between = (some[:, None] - rows[None]).square().sum(2).sort(1).values
        usual = float(between[:, min(1, len(rows) - 1)].median())
        pictures, _ = self._reals(asked.reals, near.numpy())
        return NearestReals(_as_pictures(pictures), away[near].numpy(), usual)

    def _rows(self, reals: RealPictures, company: Tensor, progress: Progress) -> Tensor | None:
        """Every real picture's vector, kept for the next question."""
        if self._known is None or self._known[0] is not reals:
            found, count = [], len(reals.pixels)
            for first in range(0, count, 16):
                pictures, labels = self._reals(reals, np.arange(first, min(count, first + 16)))
                found.append(seen_vectors(self._critic, pictures, company, labels))
                if not progress(min(1.0, (first + 16) / count)):
                    return None
            self._known = (reals, torch.cat(found))
        return self._known[1]

    def _samples_beside(self, recipe: Recipe, progress: Progress) -> Tensor | None:
        """Fresh fakes drawn as the picture is, but for its latent and what was done by hand."""
        plain = _plainly(recipe, 0)
        if self._fakes is None or self._fakes[0] != plain:
            found = []
            for seed in range(FAKES):
                found.append(self._drawn(_plainly(recipe, seed)))
                if not progress((seed + 1) / FAKES):
                    return None
            self._fakes = (plain, torch.cat(found))
        return self._fakes[1]

    def _drawn(self, recipe: Recipe) -> Tensor:
        raw: Tensor = torch.from_numpy(self._renderer.raw(recipe))[None]
        return self._critic.fitting(raw)

    def _reals(self, reals: RealPictures, which: NDArray[np.int64]) -> tuple[Tensor, Tensor | None]:
        """Some real pictures from -1 to 1 and their labels one-hot, (N, classes)."""
        pictures = torch.from_numpy(reals.pixels[which]).float() / 127.5 - 1.0
        count = len(self._renderer.model.capabilities.classes)
        labels = torch.from_numpy(reals.labels[which])
        one_hot = torch.nn.functional.one_hot(labels, count).float() if count else None
        return self._critic.fitting(pictures), one_hot

    @torch.no_grad()
    def _scores(
        self, pictures: Tensor, company: Tensor, labels: Tensor | None
    ) -> NDArray[np.float32]:
        scores: NDArray[np.float32] = scores_in_company(
            self._critic, pictures, company, labels
        ).numpy()
        return scores


def _plainly(recipe: Recipe, seed: int) -> Recipe:
    """The Recipe with a latent of its own, and without what edits this one picture alone."""
    return replace(
        recipe, latent=Latent(seed), mix_at=(), mix_layers=(), gains=(), pushes=(), classes_at=()
    )


def _spread(count: int, most: int) -> NDArray[np.int64]:
    """At most so many indices below `count`, evenly spread."""
    spread: NDArray[np.int64] = np.unique(np.linspace(0, count - 1, min(count, most)).round())
    return spread.astype(np.int64)


def _as_pictures(images: Tensor) -> NDArray[np.uint8]:
    """(N, C, r, r) from -1 to 1 -> uint8 (N, r, r, 3): grey as colours, and without opacity."""
    shown = ((images.clamp(-1.0, 1.0) + 1.0) * 127.5).round().to(torch.uint8)
    shown = shown.expand(-1, 3, -1, -1) if shown.shape[1] == 1 else shown[:, :3]
    pictures: NDArray[np.uint8] = shown.permute(0, 2, 3, 1).contiguous().numpy()
    return pictures


class Inspector:
    """Answers questions about one model; the caches of whoever draws with it are left alone.

    Parameters
    ----------
    model
        What is looked into; it must lie on the device already.
    device
        `"cpu"`, `"cuda"`, `"mps"`; the best there is when None.
    """

    def __init__(self, model: Model, device: str | None = None) -> None:
        self._model = model
        self._renderer = Renderer(model, device)
        self._critic: Critic | None = None
        self._table: tuple[tuple[Recipe, int], NDArray[np.float32]] | None = None
        self._eye: _Eye | None = None

    def answer(self, question: Question, progress: Progress) -> Answer | None:
        """What is asked; None when `progress` answered False. Raises `GanlabError`."""
        match question:
            case FindDirections() | LearnDirection() | HoldDirection():
                return self._directions(question, progress)
            case AskCritic() | MakeLineUp() | FindNearestReals():
                return self._of_critic(question, progress)
            case SeeMaps():
                return self._maps(question)
            case MeasureEffects():
                return self._effects(question, progress)
            case SeeAttention():
                return self._attention(question)
            case CompareNoise():
                return self._noise(question, progress)
            case SeeMapping() | SeeStyles() | SeeNoiseStrengths():
                return self._styles(question)
            case SeeCritic() | SeeClasses():
                return self._beside(question, progress)
            case _:
                return self._of_layers(question, progress)

    def _of_layers(
        self, question: LeaveOut | TryPsis | SeeSpectrum | MapNetwork, progress: Progress
    ) -> LayerDifferences | PsiStrip | Spectrum | NetworkFacts | None:
        match question:
            case LeaveOut():
                return self._left_out(question, progress)
            case TryPsis():
                return self._psis(question, progress)
            case SeeSpectrum():
                return self._spectrum(question)
            case MapNetwork():
                return network_facts(self._model, question.recipe, progress=progress)

    def _directions(
        self, asked: FindDirections | LearnDirection | HoldDirection, progress: Progress
    ) -> DirectionSet | None:
        if isinstance(asked, LearnDirection):
            found = LabelledDirections(self._model).find(asked.liked, asked.others, asked.name)
            return DirectionSet(self._model.info.fingerprint, "labels", (found,))
        if isinstance(asked, HoldDirection):
            held = LabelledDirections(self._model).within(
                asked.direction, asked.recipe, asked.mask, progress
            )
            mark = self._model.info.fingerprint
            return None if held is None else DirectionSet(mark, "held", (held,))
        if asked.kind == "factors":
            return factor_directions(self._model, asked.first, asked.last)
        return principal_directions(self._model, progress=progress)

    def _of_critic(
        self, asked: AskCritic | MakeLineUp | FindNearestReals, progress: Progress
    ) -> CriticReport | LineUp | NearestReals | None:
        self._eye = self._eye or _Eye(self._renderer)
        match asked:
            case AskCritic():
                return self._eye.report(asked, progress)
            case MakeLineUp():
                return self._eye.line_up(asked, progress)
            case FindNearestReals():
                return self._eye.nearest(asked, progress)

    def _styles(
        self, asked: SeeMapping | SeeStyles | SeeNoiseStrengths
    ) -> MappingActivations | ChannelStyles | NoiseStrengths:
        if isinstance(asked, SeeMapping):
            return mapping_activations(self._model, asked)
        if isinstance(asked, SeeStyles):
            return channel_styles(self._renderer, asked)
        return noise_strengths(self._model)

    def _beside(
        self, asked: SeeCritic | SeeClasses, progress: Progress
    ) -> CriticMaps | ClassPictures | None:
        if isinstance(asked, SeeCritic):
            return self._critics_maps(asked)
        return self._classes(asked, progress)

    def _own_critic(self) -> Critic:
        """The model's own discriminator, read once."""
        if self._critic is None:
            self._critic = read_critic(self._model.info)
        if self._critic is None:
            raise RenderError(
                "This model's file carries no discriminator.",
                "Models that ganlab train makes have one; published ones mostly leave it out.",
            )
        return self._critic

    @torch.inference_mode()
    def _critics_maps(self, asked: SeeCritic) -> CriticMaps:
        """The picture is looked at beside three fakes, since some discriminators compare."""
        if self._critic is None and read_critic(self._model.info) is None:
            return CriticMaps(asked, (), None, math.nan, ())
        critic = self._own_critic()
        plain = replace(asked.recipe, mix_at=(), mix_layers=(), gains=(), pushes=())
        beside = [replace(plain, latent=Latent(seed)) for seed in range(GROUP - 1)]
        pictures = np.stack([self._renderer.raw(one) for one in (asked.recipe, *beside)])
        labels = class_weights(self._model, asked.recipe.classes)
        given = torch.from_numpy(pictures)
        spread = None if labels is None else labels.expand(len(given), -1)
        seen = critic.features(given, spread)
        scores = critic.scores(given, spread).tolist()
        block = min(asked.block, len(seen) - 1)
        features = seen[block][0].float().numpy()
        small = small_maps(features)
        maps = Maps(
            SeeMaps(asked.recipe, block), map_pictures(small), signed_pictures(small),
            map_facts(features), features.shape[-1],
        )  # fmt: skip
        blocks = tuple((one.shape[1], one.shape[2]) for one in seen)
        return CriticMaps(asked, blocks, maps, scores[0], tuple(scores[1:]))

    def _classes(self, asked: SeeClasses, progress: Progress) -> ClassPictures | None:
        names = self._model.capabilities.classes
        if not names:
            raise RenderError("This model knows no classes.")
        if self._model.capabilities.translates:
            return self._there_and_back(asked)
        pictures, latest = [], names[:MOST_CLASSES]
        for index, name in enumerate(latest):
            recipe = replace(asked.recipe, classes=((index, 1.0),), classes_at=())
            pictures.append((short_name(name), _small(self._renderer.render(recipe).pixels)))
            if not progress((index + 1) / len(latest)):
                return None
        more = f"; the first {MOST_CLASSES} are shown" if len(names) > MOST_CLASSES else ""
        told = f"One latent in {len(names)} classes{more}: all else is the same."
        return ClassPictures(asked, tuple(pictures), told)

    @torch.inference_mode()
    def _there_and_back(self, asked: SeeClasses) -> ClassPictures:
        """The picture that z chooses, translated, and translated back (Zhu et al. 2017, fig. 3)."""
        network = self._model.network.module
        assert isinstance(network, CycleGANGenerator)
        names, device = self._model.capabilities.classes, next(network.parameters()).device
        wanted = max(asked.recipe.classes or ((0, 1.0),), key=lambda pair: pair[1])[0]
        to = torch.eye(len(names), device=device)[[wanted]]
        z = z_from_latent(self._model, asked.recipe.latent, asked.recipe.threshold).to(device)
        source = network.source(z, to)
        there = network.translate(source, to)
        back = network.translate(there, to.flip(1))
        change = 127.5 * float((back - source).abs().mean())
        one, other = short_name(names[1 - wanted]), short_name(names[wanted])
        words = (f"of {one}", f"as {other}", f"back as {one}")
        pictures = [_small(to_pixels(self._model, x)) for x in (source, there, back)]
        told = f"There and back the picture changes by {change:.1f} of 255 grey levels on average."
        return ClassPictures(asked, tuple(zip(words, pictures, strict=True)), told)

    def _maps(self, asked: SeeMaps) -> Maps:
        recipe = without_gains(asked.recipe, asked.stage)
        features = self._renderer.features(recipe, asked.stage)
        large = None
        if asked.large is not None and asked.large < len(features):
            one = features[asked.large][None]
            large = (map_pictures(one)[0], signed_pictures(one)[0])
        small = small_maps(features)
        return Maps(
            asked,
            map_pictures(small),
            signed_pictures(small),
            map_facts(features),
            features.shape[-1],
            large,
        )

    def _effects(self, asked: MeasureEffects, progress: Progress) -> Effects | None:
        recipe = without_gains(asked.recipe, asked.stage)
        count = len(self._renderer.features(recipe, asked.stage))
        values = channel_effects(self._renderer, recipe, asked.stage, count, progress)
        return None if values is None else Effects(asked, values)

    def _attention(self, asked: SeeAttention) -> AttentionHeat:
        table = self._attention_table(asked.recipe, asked.stage)
        side = len(table)
        row, column = (min(side - 1, int(share * side)) for share in (asked.row, asked.column))
        heat = table[row, column]
        peak = float(heat.max())
        pixels = np.rint(heat * (255.0 / max(peak, 1e-12))).astype(np.uint8)
        return AttentionHeat(asked, pixels, peak, side, attention_gamma(self._model, asked.stage))

    def _attention_table(self, recipe: Recipe, stage: int) -> NDArray[np.float32]:
        """The whole table, kept while a hand moves over one picture."""
        if self._table is None or self._table[0] != (recipe, stage):
            self._table = ((recipe, stage), attention_map(self._renderer, recipe, stage))
        return self._table[1]

    def _noise(self, asked: CompareNoise, progress: Progress) -> NoiseComparison | None:
        recipe = asked.recipe
        if recipe.noise.mode == "off":
            recipe = replace(recipe, noise=Noise())
        with_noise = self._renderer.render(recipe).pixels
        without = self._renderer.render(replace(recipe, noise=Noise("off"))).pixels
        deviation = noise_deviation(self._renderer, recipe, asked.draws, progress)
        if deviation is None:
            return None
        change = _change(with_noise, without)
        gain = _gain([change])
        peak = float(deviation.max())
        return NoiseComparison(
            with_noise,
            without,
            _amplified(change, gain),
            np.rint(deviation * (255.0 / max(peak, 1e-12))).astype(np.uint8),
            gain,
            peak,
            float(change.mean()),
        )

    def _left_out(self, asked: LeaveOut, progress: Progress) -> LayerDifferences | None:
        """One picture per layer; layers that share a style are one."""
        whole = self._renderer.render(asked.recipe).pixels
        named: list[tuple[int, str]] = []
        pictures, changes = [], []
        layers, seen = self._model.capabilities.layers, set()
        for done, layer in enumerate(
            reversed(layers)
        ):  # the finest first: the coarse ones stay known
            recipe = without_layer(self._model, asked.recipe, layer, asked.part)
            if recipe is not None and recipe not in seen:
                seen.add(recipe)
                pixels = self._renderer.render(recipe).pixels
                named.append((layer.index, layer.name))
                pictures.append(_small(pixels))
                changes.append(_change(whole, pixels))
            if not progress((done + 1) / len(layers)):
                return None
        gain = _gain(changes)
        found = [
            LayerDifference(
                index, name, picture, _small(_amplified(change, gain)), float(change.mean())
            )
            for (index, name), picture, change in zip(named, pictures, changes, strict=True)
        ]
        return LayerDifferences(asked, _small(whole), gain, tuple(reversed(found)))

    def _spectrum(self, asked: SeeSpectrum) -> Spectrum:
        if asked.stage is None:
            maps = (self._renderer.render(asked.recipe).pixels @ GREY)[None]
        else:
            maps = self._renderer.features(asked.recipe, asked.stage)
        planes = [power_plane(one, asked.window) for one in maps]
        plane: NDArray[np.float64] = np.mean(planes, axis=0)
        shown = np.log10(np.maximum(np.fft.fftshift(plane), 1e-12)).astype(np.float32)
        return Spectrum(asked, over_circles(plane), shown)

    def _psis(self, asked: TryPsis, progress: Progress) -> PsiStrip | None:
        found = []
        for done, recipe in enumerate(truncation_strip(asked.recipe, asked.psis)):
            pixels = _small(self._renderer.render(recipe).pixels)
            found.append(PsiPicture(recipe.psi, pixels, distance_to_mean(self._model, recipe)))
            if not progress((done + 1) / len(asked.psis)):
                return None
        return PsiStrip(tuple(found))


def _change(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.float32]:
    change: NDArray[np.float32] = np.abs(a.astype(np.float32) - b.astype(np.float32))
    return change


def _gain(changes: list[NDArray[np.float32]]) -> float:
    """The whole factor, 1 to 32, at which all but the largest hundredth of the changes are in range."""
    largest = max((float(np.percentile(change, 99.0)) for change in changes), default=0.0)
    return float(min(32, max(1, int(255.0 / max(largest, 1.0)))))


def _amplified(change: NDArray[np.float32], gain: float) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = np.rint(np.minimum(change * gain, 255.0)).astype(np.uint8)
    return pixels


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture (R, R, 3) as box means of at most `SMALL` pixels a side."""
    side = pixels.shape[0]
    if side <= SMALL:
        return pixels
    box = side // SMALL
    means = pixels.reshape(SMALL, box, SMALL, box, 3).mean(axis=(1, 3))
    small: NDArray[np.uint8] = np.rint(means).astype(np.uint8)
    return small
