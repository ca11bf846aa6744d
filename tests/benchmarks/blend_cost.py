"""`python -m tests.benchmarks.blend_cost [A B]`: what a frame costs while a second model is blended in.

Paired frames of A alone and of both, first with another amount everywhere and then at one strip, in
seconds of this thread; the medians of their ratios.
"""

from __future__ import annotations

import statistics
import sys
import time

import torch

from ganlab_core.models import resolve, with_second
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.training import open_any

FRAMES = 80


def seconds(renderer: Renderer, recipe: Recipe) -> float:
    """Of this thread, for one frame with its previews."""
    began = time.thread_time()
    renderer.render(recipe, previews=True)
    return time.thread_time() - began


def main(names: list[str]) -> None:
    """Print the medians."""
    torch.set_num_threads(1)
    first, second = (open_any(resolve(name)) for name in names or ["adventurer", "portraits"])
    alone, pair = Renderer(first, "cpu"), Renderer(with_second(first, second), "cpu")
    strip = first.capabilities.resolutions[-2]
    plain, master, one = [], [], []
    for number in range(FRAMES):
        amount = (number * 37 % 97 + 1) / 99
        plain.append(seconds(alone, Recipe(Latent(number))))
        master.append(seconds(pair, Recipe(Latent(number), second=amount)))
        at_one = ((strip, 1.0 - amount),)
        one.append(seconds(pair, Recipe(Latent(number), second=amount, second_at=at_one)))
    print(
        f"a plain frame takes {1e3 * statistics.median(plain):.2f} ms; with the amount moved it takes"
    )
    print(f"  {middle(plain, master):.2f} times as long for the master and another latent")
    print(f"  {middle(plain, one):.2f} times as long for the strip at {strip} px alone")


def middle(plain: list[float], other: list[float]) -> float:
    """The median of paired ratios."""
    return statistics.median(now / before for before, now in zip(plain, other, strict=True))


if __name__ == "__main__":
    main(sys.argv[1:])
