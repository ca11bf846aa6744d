"""What `ganlab render` is asked for, as a list of named Recipes."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from ganlab_core.capabilities import Capabilities
from ganlab_core.class_names import read_classes
from ganlab_core.cli.render_arrays import read_labels, read_latents
from ganlab_core.cli.values import UsageError
from ganlab_core.errors import RecipeError, explain_os_error
from ganlab_core.export.pictures import ENCODERS, read_picture
from ganlab_core.model_info import ModelInfo
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.starting import plain_start

LARGEST_RECIPE = 16_000_000
"""Bytes; a Recipe of several full latent vectors stays far below."""


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to make.

    Attributes
    ----------
    name
        File name without its ending.
    recipe
        What to render.
    fingerprint
        The model the Recipe says it was made with; empty when it does not say.
    """

    name: str
    recipe: Recipe
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """What all pictures of one call share, known before the model is opened.

    Attributes
    ----------
    recipe
        The Recipe to start from, with what the options say.
    fingerprint
        The model it says it was made with; empty when it does not say.
    truncated
        Whether its truncation was asked for; else the model's own is taken.
    """

    recipe: Recipe
    fingerprint: str
    truncated: bool


def base_of(arguments: argparse.Namespace) -> Base:
    """The Recipe that all jobs share; raises `UsageError` or `RecipeError`."""
    recipe, fingerprint = _given(arguments.recipe)
    if arguments.recipe_json is not None:
        recipe = Recipe.from_json(_text(arguments.recipe_json))
    asked = (arguments.recipe, arguments.recipe_json, arguments.psi, arguments.cutoff)
    truncated = any(one is not None for one in asked)
    return Base(with_options(recipe, arguments), fingerprint, truncated)


def jobs(
    arguments: argparse.Namespace, base: Base, info: ModelInfo, can: Capabilities
) -> list[Job]:
    """One job per seed or latent; the Recipe's own latent when neither is given."""
    found = _jobs_of_latents(arguments, settled(base, arguments, info, can), base.fingerprint)
    return found if arguments.labels is None else _labelled(found, arguments.labels, can)


def settled(
    base: Base, arguments: argparse.Namespace, info: ModelInfo, can: Capabilities
) -> Recipe:
    """The Recipe that all pictures share, with what only the opened model could tell.

    That is its own truncation where none was asked for, and its classes' names.
    """
    recipe = base.recipe
    if not base.truncated:
        start = plain_start(info)
        recipe = replace(recipe, psi=start.psi, cutoff=start.cutoff)
    if arguments.classes is not None:
        recipe = replace(recipe, classes=read_classes(arguments.classes, can.classes))
    return recipe


def _jobs_of_latents(arguments: argparse.Namespace, base: Recipe, fingerprint: str) -> list[Job]:
    if arguments.latents:
        return [
            Job(f"latent-{index:04d}", replace(base, latent=latent))
            for index, latent in enumerate(read_latents(arguments.latents))
        ]
    if arguments.seeds:
        return [
            Job(f"seed{seed:04d}", replace(base, latent=Latent(seed))) for seed in arguments.seeds
        ]
    name = (
        "latent-0000" if base.latent.vector or base.latent.blend else f"seed{base.latent.seed:04d}"
    )
    return [Job(name, base, fingerprint)]


def _labelled(found: list[Job], path: Path, can: Capabilities) -> list[Job]:
    """The jobs with one row of labels each; a single job is repeated for every row."""
    rows = read_labels(path, len(can.classes))
    if len(rows) == len(found):
        pairs = zip(found, rows, strict=True)
        return [replace(job, recipe=replace(job.recipe, classes=row)) for job, row in pairs]
    if len(found) == 1:
        name = found[0].name
        return [
            replace(found[0], name=f"{name}-{i:04d}", recipe=replace(found[0].recipe, classes=row))
            for i, row in enumerate(rows)
        ]
    raise RecipeError(
        f"{path.name} holds {len(rows)} labels for {len(found)} pictures.",
        "Give one label for each seed or latent.",
    )


def _given(path: Path | None) -> tuple[Recipe, str]:
    """The Recipe in a .json or a picture, and the fingerprint of its model."""
    if path is None:
        return Recipe(), ""
    if path.suffix.lower() in ENCODERS:
        embedded = read_picture(path)
        return embedded.recipe, embedded.fingerprint
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_RECIPE + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise RecipeError(explain_os_error(error, "reading the Recipe")) from None
    except UnicodeDecodeError:
        text = ""
    return Recipe.from_json(text if len(data) <= LARGEST_RECIPE else ""), ""


def _text(given: str) -> str:
    """What was given, or with "-" what comes in, up to the largest Recipe."""
    return sys.stdin.read(LARGEST_RECIPE) if given == "-" else given


def with_options(recipe: Recipe, arguments: argparse.Namespace) -> Recipe:
    """The Recipe with what the options say; a value out of range is wrong usage."""
    noise = recipe.noise
    try:
        if arguments.noise is not None:
            noise = replace(noise, mode=arguments.noise)
        if arguments.noise_seed is not None:
            noise = replace(noise, seed=arguments.noise_seed, mode=arguments.noise or "random")
        names = ("psi", "cutoff", "growth", "threshold", "attention")
        chosen = {name: getattr(arguments, name) for name in names}
        given = {name: value for name, value in chosen.items() if value is not None}
        return replace(recipe, noise=noise, **given)
    except RecipeError as error:
        raise UsageError(str(error)) from None
