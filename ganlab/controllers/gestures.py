"""What the keys do to a Recipe: pure functions, one small step each."""

from __future__ import annotations

import random
from dataclasses import replace

from ganlab_core.capabilities import Capabilities
from ganlab_core.recipe import NOISE_MODES, SEED_MAX, Latent, Recipe

DICE_LIMIT = 1_000_000
"""Seeds from the dice stay below this, short enough to tell somebody; larger ones can be typed."""

PSI_STEP = 0.05
PSI_LOW, PSI_HIGH = -1.0, 2.0
"""How far the keys walk psi; beyond, pictures fall apart, but typing reaches it."""

GROWTH_STEP = 0.25
GROWTH_LOW = 2.0


def dice(recipe: Recipe, source: random.Random) -> Recipe:
    """The same Recipe from a seed nobody chose."""
    return replace(recipe, latent=Latent(source.randrange(DICE_LIMIT)))


def step_seed(recipe: Recipe, steps: int) -> Recipe:
    """The seed so many places further on, around the end."""
    return replace(recipe, latent=Latent((recipe.latent.seed + steps) % (SEED_MAX + 1)))


def step_psi(recipe: Recipe, steps: int) -> Recipe:
    """The truncation psi so many steps of 0.05 up or down, within -1 to 2."""
    psi = round(recipe.psi + steps * PSI_STEP, 2)
    return replace(recipe, psi=min(max(psi, PSI_LOW), PSI_HIGH))


def step_growth(recipe: Recipe, steps: int, can: Capabilities) -> Recipe:
    """The growth so many quarters of a doubling up or down; the top is the finished network."""
    full = float(can.full_growth)
    now = full if recipe.growth is None else min(recipe.growth, full)
    growth = max(GROWTH_LOW, now + steps * GROWTH_STEP)
    return replace(recipe, growth=None if growth >= full else growth)


def cycle_noise(recipe: Recipe) -> Recipe:
    """The next of stored, random, off."""
    following = NOISE_MODES[(NOISE_MODES.index(recipe.noise.mode) + 1) % len(NOISE_MODES)]
    return replace(recipe, noise=replace(recipe.noise, mode=following))


def random_class(recipe: Recipe, can: Capabilities, source: random.Random) -> Recipe:
    """The same Recipe with one class that nobody chose."""
    return replace(recipe, classes=((source.randrange(len(can.classes)), 1.0),))
