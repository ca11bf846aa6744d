"""Edits of a class mix: each gives a new one."""

from __future__ import annotations

from ganlab_core.recipe import Classes

FIRST: Classes = ((0, 1.0),)
"""What an empty mix means: the model's first class alone."""


def with_weight(mix: Classes, index: int, weight: float) -> Classes:
    """The mix with one class's weight set."""
    return tuple(sorted({**dict(mix), index: weight}.items()))


def without(mix: Classes, index: int) -> Classes:
    """The mix without a class."""
    return tuple(pair for pair in mix if pair[0] != index)


def replaced(mix: Classes, old: int, new: int) -> Classes:
    """The mix with a class in another's place, with that one's weight."""
    return with_weight(without(mix, old), new, dict(mix)[old])


def added(mix: Classes, index: int) -> Classes:
    """The mix with one class more, which takes an equal share; the sum of the weights stays."""
    if index in dict(mix):
        return mix
    share = 1.0 / (len(mix) + 1)
    total = sum(weight for _, weight in mix)
    others = {key: round(weight * (1.0 - share), 4) for key, weight in mix}
    return with_weight(tuple(others.items()), index, round(total * share, 4))


def evened(mix: Classes) -> Classes:
    """The mix with weights that sum to 1; one whose sum is 0 gets equal weights."""
    total = sum(weight for _, weight in mix)
    if abs(total) < 1e-6:
        return tuple((key, round(1.0 / len(mix), 4)) for key, _ in mix)
    return tuple((key, round(weight / total, 4)) for key, weight in mix)
