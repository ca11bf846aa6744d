"""Which part of a network a growth shows, and which read-outs are in use there."""

from __future__ import annotations

from ganlab_core.model import Model
from ganlab_core.networks.layers import split_growth
from ganlab_core.recipe import Recipe


def reached_growth(model: Model) -> float:
    """Log2 of the resolution that training has faded in, within what the network has."""
    return min(max(model.info.growth, 2.0), float(model.capabilities.full_growth))


def shown_growth(recipe: Recipe, model: Model) -> float:
    """The growth a Recipe shows: its own, but never beyond what training has reached.

    Blocks beyond that hold the random numbers they were born with. None is what training reached.
    """
    reached = reached_growth(model)
    if recipe.growth is None or not model.capabilities.has_growth:
        return reached
    return min(recipe.growth, reached)


def live_resolutions(model: Model) -> frozenset[int]:
    """Where the network's own toRGB is in use, so that it and not a fitted one is shown.

    That is the last resolution training has reached, and the one before while it is being faded
    out: the picture of an unfinished network is then exactly the one that training saw.
    """
    level, alpha = split_growth(reached_growth(model))
    return frozenset({2**level} if alpha >= 1.0 else {2**level, 2 ** (level - 1)})
