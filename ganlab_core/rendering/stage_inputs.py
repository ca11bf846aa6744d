"""What each stage receives under a Recipe, as plain values that can be compared without computing."""

from __future__ import annotations

from dataclasses import dataclass

from ganlab_core.capabilities import Capabilities, Layer
from ganlab_core.recipe import Classes, Gains, Latent, Noise, Recipe

SILENT = Noise("off", 0, 0.0)

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


def stage_inputs(
    recipe: Recipe, can: Capabilities, stop: int | None = None
) -> tuple[StageInputs, ...]:
    """What each of the first `stop` stages receives under this Recipe."""
    return tuple(_inputs_of(recipe, layer, can) for layer in can.layers[:stop])


def _inputs_of(recipe: Recipe, layer: Layer, can: Capabilities) -> StageInputs:
    noise = recipe.noise_of(layer) if layer.noise else SILENT
    gains = recipe.gains_of(layer.index)
    attention = recipe.attention if layer.attention else 1.0
    psi = _psi(recipe, layer, can) if layer.style or layer.statistics else 1.0
    if not layer.style:
        classes = _classes(recipe, layer, can) if layer.classes else ()
        # a cut of z narrows its spread, which the statistics have to fit; a given z is never cut
        cut = recipe.threshold if layer.statistics and not recipe.latent.vector else None
        return StageInputs(
            None, None, 0.0, psi, noise, classes, cut, gains=gains, attention=attention
        )
    directions = tuple((push.vector, push.amount) for push in recipe.pushes_of(layer))
    latent, other, amount = _latents(recipe, layer, can, psi)
    # with a W the classes act through the mapping network, else on the stage itself
    classes = _classes(recipe, layer, can) if layer.classes and (latent or not can.has_w) else ()
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
    )


def _psi(recipe: Recipe, layer: Layer, can: Capabilities) -> float:
    return recipe.psi_of(layer) if can.has_truncation else 1.0


def _latents(
    recipe: Recipe, layer: Layer, can: Capabilities, psi: float
) -> tuple[Latent | None, Latent | None, float]:
    """The style's latent, the one mixed in, and how much of that."""
    if psi == 0.0:
        return _truncation_centre(recipe, can), None, 0.0
    mixed = recipe.mix_of(layer) if can.has_mixing else None
    if mixed is None or mixed.amount == 0.0 or mixed.latent == recipe.latent:
        return recipe.latent, None, 0.0
    if mixed.amount == 1.0:
        return mixed.latent, None, 0.0
    return recipe.latent, mixed.latent, mixed.amount


def _truncation_centre(recipe: Recipe, can: Capabilities) -> Latent | None:
    """z has no centre but zero."""
    return recipe.centre if can.has_w and can.has_truncation else None


def _classes(recipe: Recipe, layer: Layer, can: Capabilities) -> Classes:
    if not can.classes:
        return ()
    return tuple(pair for pair in recipe.classes_of(layer) if pair[1]) or ((0, 1.0),)
