"""The Inspector: questions about the inside of a model in, plain data out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ganlab_core.inspection.answers import (
    Answer,
    AttentionHeat,
    Effects,
    LayerDifference,
    LayerDifferences,
    Maps,
    NoiseComparison,
    PsiPicture,
    PsiStrip,
    Spectrum,
)
from ganlab_core.inspection.attention import attention_gamma, attention_map
from ganlab_core.inspection.channels import (
    channel_effects,
    map_facts,
    map_pictures,
    signed_pictures,
    small_maps,
)
from ganlab_core.inspection.directions import DirectionSet
from ganlab_core.inspection.finding import factor_directions, principal_directions
from ganlab_core.inspection.laboratory import (
    GREY,
    distance_to_mean,
    noise_deviation,
    power_spectrum,
    truncation_strip,
    without_layer,
)
from ganlab_core.inspection.network_map import network_facts
from ganlab_core.inspection.questions import (
    CompareNoise,
    FindDirections,
    LeaveOut,
    MapNetwork,
    MeasureEffects,
    Question,
    SeeAttention,
    SeeMaps,
    SeeSpectrum,
    TryPsis,
    without_gains,
)
from ganlab_core.model import Model
from ganlab_core.recipe import Noise, Recipe
from ganlab_core.rendering.renderer import Renderer

Progress = Callable[[float], bool]
"""Told the fraction done; answering False stops the work."""

SMALL = 128
"""Side of the pictures in strips, in pixels."""


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
        self._table: tuple[tuple[Recipe, int], NDArray[np.float32]] | None = None

    def answer(self, question: Question, progress: Progress) -> Answer | None:
        """What is asked; None when `progress` answered False. Raises `GanlabError`."""
        match question:
            case FindDirections():
                return self._directions(question, progress)
            case SeeMaps():
                return self._maps(question)
            case MeasureEffects():
                return self._effects(question, progress)
            case SeeAttention():
                return self._attention(question)
            case CompareNoise():
                return self._noise(question, progress)
            case LeaveOut():
                return self._left_out(question, progress)
            case TryPsis():
                return self._psis(question, progress)
            case SeeSpectrum():
                return Spectrum(question, self._power(question))
            case MapNetwork():
                return network_facts(self._model, question.recipe, progress=progress)

    def _directions(self, asked: FindDirections, progress: Progress) -> DirectionSet | None:
        if asked.kind == "factors":
            return factor_directions(self._model, asked.first, asked.last)
        return principal_directions(self._model, progress=progress)

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

    def _power(self, asked: SeeSpectrum) -> NDArray[np.float64]:
        if asked.stage is None:
            return power_spectrum(self._renderer.render(asked.recipe).pixels @ GREY)
        maps = self._renderer.features(asked.recipe, asked.stage)
        powers = [power_spectrum(one) for one in maps]
        mean: NDArray[np.float64] = np.mean(powers, axis=0)
        return mean

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
