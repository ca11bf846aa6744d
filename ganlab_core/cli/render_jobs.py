"""What `ganlab render` is asked for, as a list of named Recipes."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganlab_core.cli.values import UsageError
from ganlab_core.errors import RecipeError, explain_os_error
from ganlab_core.export.pictures import ENCODERS, read_picture
from ganlab_core.recipe import Latent, Recipe

LARGEST_RECIPE = 16_000_000
"""Bytes; a Recipe of several full latent vectors stays far below."""

MOST_LATENTS = 1_000_000


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


def jobs(arguments: argparse.Namespace) -> list[Job]:
    """One job per seed or latent; the Recipe's own latent when neither is given."""
    base, fingerprint = base_recipe(arguments)
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


def base_recipe(arguments: argparse.Namespace) -> tuple[Recipe, str]:
    """The Recipe that the options say, and the fingerprint of the model it was made with."""
    if arguments.recipe and arguments.recipe_json is not None:
        raise UsageError("--recipe and --recipe-json exclude each other")
    recipe, fingerprint = _given(arguments.recipe)
    if arguments.recipe_json is not None:
        recipe = Recipe.from_json(_text(arguments.recipe_json))
    return with_options(recipe, arguments), fingerprint


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
        chosen = {name: getattr(arguments, name) for name in ("psi", "cutoff", "growth")}
        given = {name: value for name, value in chosen.items() if value is not None}
        return replace(recipe, noise=noise, **given)
    except RecipeError as error:
        raise UsageError(str(error)) from None


def read_latents(path: Path) -> list[Latent]:
    """Latents z from a .npy file of shape (N, z_dim); nothing in the file is run.

    Raises `RecipeError` for anything but a table of finite numbers.
    """
    wanted = "Save a float array of shape (N, z_dim) with numpy.save."
    try:
        table = np.load(path, mmap_mode="r", allow_pickle=False)  # mapped: a lying header fails
    except (OSError, ValueError, EOFError, OverflowError, MemoryError, SyntaxError, TypeError):
        raise RecipeError(f"{path.name} is not a readable .npy file.", wanted) from None
    if isinstance(table, np.lib.npyio.NpzFile):
        table.close()
    if not _is_table(table):
        raise RecipeError(f"{path.name} holds no table of latents.", wanted)
    if len(table) > MOST_LATENTS:
        raise RecipeError(f"{path.name} holds more than {MOST_LATENTS} latents.", "Split it.")
    return [Latent(vector=tuple(row.astype(np.float64).tolist())) for row in table]


def _is_table(table: NDArray[np.generic] | object) -> bool:
    """Whether it is (N, D) of real numbers with neither empty."""
    return (
        isinstance(table, np.ndarray)
        and table.ndim == 2
        and table.dtype.kind in "fiu"
        and table.size > 0
    )
