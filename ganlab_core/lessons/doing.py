"""Doings: what a person does on the desk as a line of words, and the state that checks look at.

`psi=0.3 mix@4=7 noise=off` are edits of the Recipe; `choice=2`, `value=0.5` and `cell=...` are answers
that are typed. A cell takes the rest of its line.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ganlab_core.errors import GanlabError, LessonError
from ganlab_core.recipe import Capabilities, Latent, LayerNoise, Mix, Noise, Recipe, fit


@dataclass(frozen=True, slots=True)
class Doing:
    """What was done for an answer.

    Attributes
    ----------
    recipe
        The desk.
    choice
        Which of the choices, from 1; 0 = none.
    value
        The number that was typed.
    cell
        The expression that was written.
    """

    recipe: Recipe
    choice: int = 0
    value: float = float("nan")
    cell: str = ""


Edit = Callable[[Recipe, str, str], Recipe]
"""Recipe, what stands after `@`, what stands after `=` -> the Recipe after."""


def _psi(recipe: Recipe, at: str, value: str) -> Recipe:
    return recipe.with_psi_at(int(at), float(value)) if at else replace(recipe, psi=float(value))


def _noise(recipe: Recipe, at: str, value: str) -> Recipe:
    if at:
        return recipe.with_noise_layer(int(at), LayerNoise(on=value != "off"))
    mode, _, seed = value.partition(":")
    return replace(recipe, noise=Noise(mode, int(seed or 0), 1.0))


def _mix(recipe: Recipe, at: str, value: str) -> Recipe:
    return recipe.with_mix_at(int(at), None if value == "none" else Mix(Latent(int(value))))


def _classes(recipe: Recipe, at: str, value: str) -> Recipe:
    pairs = (item.partition(":") for item in value.split(","))
    mix = tuple((int(index), float(weight or 1.0)) for index, _, weight in pairs)
    return recipe.with_classes_at(int(at), mix) if at else replace(recipe, classes=mix)


def _gain(recipe: Recipe, at: str, value: str) -> Recipe:
    channel, _, factor = value.partition(":")
    return recipe.with_gain(int(at), int(channel), float(factor or 0.0))


EDITS: dict[str, Edit] = {
    "seed": lambda recipe, _at, value: replace(recipe, latent=Latent(int(value))),
    "psi": _psi,
    "noise": _noise,
    "mix": _mix,
    "class": _classes,
    "gain": _gain,
    "growth": lambda r, _at, v: replace(r, growth=None if v == "full" else float(v)),
    "attention": lambda r, _at, v: replace(r, attention=float(v)),
    "threshold": lambda r, _at, v: replace(r, threshold=None if v == "none" else float(v)),
}
"""Word -> what it does to the Recipe."""

ANSWERS = ("choice", "value", "cell")
OPTIONS = ("count", "steps", "images", "seconds", "stage", "side")
"""Words of `:: measure`."""


def parse_doing(text: str) -> tuple[tuple[str, str, str], ...]:
    """(word, place, value) of each item; raises `LessonError`."""
    found: list[tuple[str, str, str]] = []
    rest = text.strip()
    while rest:
        if rest.startswith("cell="):
            return (*found, ("cell", "", rest.removeprefix("cell=").strip()))
        item, _, rest = rest.partition(" ")
        rest = rest.strip()
        word, equals, value = item.partition("=")
        word, _, place = word.partition("@")
        if not equals or word not in (*EDITS, *ANSWERS, *OPTIONS):
            known = ", ".join((*EDITS, *ANSWERS))
            raise LessonError(f"{item!r} is nothing that can be done.", f"There is: {known}.")
        found.append((word, place, value))
    return tuple(found)


def done(text: str, recipe: Recipe) -> Doing:
    """What the words of `text` do from `recipe` on; raises `LessonError`."""
    doing = Doing(recipe)
    for word, place, value in parse_doing(text):
        try:
            if word in EDITS:
                doing = replace(doing, recipe=EDITS[word](doing.recipe, place, value))
            elif word == "cell":
                doing = replace(doing, cell=value)
            else:
                number = int(value) if word == "choice" else float(value)
                doing = replace(doing, **{word: number})  # type: ignore[arg-type]
        except (ValueError, TypeError, GanlabError):
            raise LessonError(f"{word}={value} cannot be done.", "Check the numbers.") from None
    return doing


def state_of(
    doing: Doing,
    before: Recipe,
    can: Capabilities | None,
    measured: Mapping[str, Any],
    cell_error: float = float("inf"),
) -> dict[str, Any]:
    """The names that a check may use.

    `psi seed noise noise_off mixed psi_at classes classes_at growth alpha attention threshold muted` of
    the desk as the model can do it, `changed` (names of the Recipe's fields that differ from `before`),
    `choice value cell`, and what was measured.
    """
    recipe = doing.recipe if can is None else fit(doing.recipe, can)
    started = before if can is None else fit(before, can)
    changed = [
        field.name
        for field in dataclasses.fields(Recipe)
        if getattr(recipe, field.name) != getattr(started, field.name)
    ]
    return {
        **FUNCTIONS,
        **measured,
        "psi": recipe.psi,
        "psi_at": [side for side, _ in recipe.psi_at],
        "seed": recipe.latent.seed,
        "noise": recipe.noise.mode,
        "noise_off": [index for index, own in recipe.noise_layers if not own.on],
        "mixed": [side for side, mix in recipe.mix_at if mix.amount > 0],
        "classes": sum(1 for _, weight in recipe.classes if weight),
        "classes_at": [side for side, _ in recipe.classes_at],
        "growth": _growth(recipe, can),
        "alpha": _growth(recipe, can) % 1.0,
        "attention": recipe.attention,
        "threshold": 0.0 if recipe.threshold is None else recipe.threshold,
        "muted": len(recipe.gains),
        "changed": changed,
        "choice": doing.choice,
        "value": doing.value,
        "cell": {"error": cell_error},
    }


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "len": len,
    "near": lambda a, b, within: abs(a - b) <= within,
}


def _growth(recipe: Recipe, can: Capabilities | None) -> float:
    if recipe.growth is not None:
        return recipe.growth
    return float(can.full_growth) if can is not None else 0.0
