"""What a Recipe says, and in what two Recipes differ, in a person's words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

from ganlab_core.recipe import Classes, Gains, Latent, LayerNoise, Mix, Noise, Push, Recipe

V = TypeVar("V")

NOT_SET = "as the master"


def recipe_diff(before: Recipe, after: Recipe, classes: Sequence[str] = ()) -> list[str]:
    """Every difference as a short line: `"psi 0.7 → 0.5"`; empty for equal Recipes.

    `classes` are the model's names of its classes, where they are known.
    """

    def class_words(mix: Classes) -> str:
        return _classes(mix, classes)

    return [
        *_one("latent", before.latent, after.latent, latent_words),
        *_one("psi", before.psi, after.psi, _number),
        *_one("centre", before.centre, after.centre, _centre),
        *_one("cutoff", before.cutoff, after.cutoff, _cutoff),
        *_one("growth", before.growth, after.growth, _growth),
        *_one("z cut at", before.threshold, after.threshold, _threshold),
        *_one("noise", before.noise, after.noise, _noise),
        *_one("attention", before.attention, after.attention, _number),
        *_one("classes", before.classes, after.classes, class_words),
        *_each("psi at {} px", before.psi_at, after.psi_at, _number),
        *_each("style at {} px", before.mix_at, after.mix_at, _mix),
        *_each("style of layer {}", before.mix_layers, after.mix_layers, _mix, 1),
        *_each("noise of layer {}", before.noise_layers, after.noise_layers, _layer_noise, 1),
        *_each("classes at {} px", before.classes_at, after.classes_at, class_words),
        *_each("feature maps of layer {}", before.gains, after.gains, _gains, 1),
        *_pushes(before.pushes, after.pushes),
    ]


def _one(name: str, before: V, after: V, words: Callable[[V], str]) -> list[str]:
    if before == after:
        return []
    return [f"{name} {_arrow(words(before), words(after))}"]


def _each(
    name: str,
    before: tuple[tuple[int, V], ...],
    after: tuple[tuple[int, V], ...],
    words: Callable[[V], str],
    first: int = 0,
) -> list[str]:
    """One line for every key whose values differ; layers are counted from `first`."""
    old, new = dict(before), dict(after)

    def said(values: dict[int, V], key: int) -> str:
        return words(values[key]) if key in values else NOT_SET

    return [
        f"{name.format(key + first)}: {_arrow(said(old, key), said(new, key))}"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def _pushes(before: tuple[Push, ...], after: tuple[Push, ...]) -> list[str]:
    gone = [f"without the push {_push(push)}" for push in before if push not in after]
    new = [f"with the push {_push(push)}" for push in after if push not in before]
    if not gone and not new and before != after:
        return ["the pushes in another order"]
    return gone + new


def _arrow(before: str, after: str) -> str:
    """Two places in W read alike; then the words say that it is another one."""
    return f"{before} → {after}" if before != after else f"{before} → another"


def latent_words(latent: Latent) -> str:
    """A latent in a few words: `"seed 5"`, `"a place in W"`, `"a blend of 3 in W"`."""
    space = latent.space.upper()
    if latent.blend:
        return f"a blend of {len(latent.blend)} in {space}"
    return f"a place in {space}" if latent.vector else f"seed {latent.seed}"


def _number(value: float) -> str:
    return f"{value:.4g}"


def _centre(centre: Latent | None) -> str:
    return "the mean of W" if centre is None else latent_words(centre)


def _cutoff(cutoff: int | None) -> str:
    return "none" if cutoff is None else f"after {cutoff} layers"


def _growth(growth: float | None) -> str:
    if growth is None:
        return "full"
    percent = round(100 * (growth - math.floor(growth))) or 100
    return f"{2 ** math.ceil(growth)} px {percent} %"


def _threshold(threshold: float | None) -> str:
    return "as the model was made" if threshold is None else f"{threshold:.4g}"


def _noise(noise: Noise) -> str:
    mode = f"random, seed {noise.seed}" if noise.mode == "random" else noise.mode
    return f"{mode}, strength {noise.strength:.4g}"


def _layer_noise(noise: LayerNoise) -> str:
    if not noise.on:
        return "off"
    mode = f"random, seed {noise.seed}" if noise.mode == "random" else noise.mode
    return f"{mode}, strength {noise.strength:.4g}"


def _mix(mix: Mix) -> str:
    return f"{mix.amount:.0%} of {latent_words(mix.latent)}"


def _classes(mix: Classes, names: Sequence[str]) -> str:
    if not mix:
        return "the first class"
    said = [
        f"{weight:.4g} {names[index] if index < len(names) else f'class {index}'}"
        for index, weight in mix
    ]
    return " + ".join(said)


def _gains(gains: Gains) -> str:
    return ", ".join(f"{index} × {gain:.4g}" for index, gain in gains)


def _push(push: Push) -> str:
    return f"{push.name or 'along a direction'} by {push.amount:.4g}"
