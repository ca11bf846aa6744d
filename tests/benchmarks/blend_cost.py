"""`python -m tests.benchmarks.blend_cost [A B]`: what a frame costs while a second model is blended in.

Without names, every two of the bundled models that fit together, and those that fit with no other beside
themselves. A frame of A alone, one with another amount everywhere and one with another amount at one
strip are drawn in turn, each in seconds of this thread; the medians of their ratios, and between which
values those of single rounds lie.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import time
from collections.abc import Iterator

import torch

from ganlab_core.errors import CheckpointError
from ganlab_core.files import bundled_models_dir
from ganlab_core.models import Model, resolve, with_second
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.training import open_any

ROUNDS, FRAMES = 5, 40

Kind = str
"""`"plain"`, `"master"` or `"strip"`."""


def main(names: list[str]) -> None:
    """Print the medians of each pair."""
    torch.set_num_threads(1)
    for first, second in [(names[0], names[1])] if names else fitting_pairs():
        one, other = (open_any(resolve(name)) for name in (first, second))
        print(f"{first} + {second}:")
        tell(one, with_second(one, other))


def fitting_pairs() -> Iterator[tuple[str, str]]:
    """The names of two bundled models of equal shape; of one twice where no other is."""
    names = sorted(path.stem for path in bundled_models_dir().glob("*.safetensors"))
    models = {name: open_any(resolve(name)) for name in names}
    pairs = [pair for pair in itertools.combinations(names, 2) if fit_together(models, pair)]
    paired = set(itertools.chain.from_iterable(pairs))
    yield from pairs
    yield from ((name, name) for name in names if name not in paired)


def fit_together(models: dict[str, Model], pair: tuple[str, str]) -> bool:
    """Whether two models can be blended at every resolution of the first."""
    try:
        both = with_second(*(models[name] for name in pair))
    except CheckpointError:
        return False
    return set(both.capabilities.resolutions) <= set(both.capabilities.blendable)


def tell(first: Model, pair: Model) -> None:
    """Print what frames of a pair cost beside those of its first model."""
    renderers = Renderer(first, "cpu"), Renderer(pair, "cpu")
    strip = first.capabilities.resolutions[-2]
    numbers = itertools.count()
    rounds = [measured(renderers, strip, numbers) for _ in range(ROUNDS + 1)][1:]
    plain = statistics.median(seconds for one in rounds for seconds in one["plain"])
    print(f"  a plain frame takes {1e3 * plain:.2f} ms; with the amount moved it takes")
    for kind, words in (
        ("master", "for the master and another latent"),
        ("strip", f"for the strip at {strip} px alone"),
    ):
        each = [middle(one["plain"], one[kind]) for one in rounds]
        all_plain, all_moved = (
            [seconds for one in rounds for seconds in one[name]] for name in ("plain", kind)
        )
        print(
            f"  {middle(all_plain, all_moved):.2f} times as long {words}"
            f" (rounds: {min(each):.2f} to {max(each):.2f})"
        )


def measured(
    renderers: tuple[Renderer, Renderer], strip: int, numbers: Iterator[int]
) -> dict[Kind, list[float]]:
    """Seconds of one round's frames; which of the two that move everything comes first changes."""
    alone, pair = renderers
    found: dict[Kind, list[float]] = {"plain": [], "master": [], "strip": []}
    for number in itertools.islice(numbers, FRAMES):
        amount = (number * 37 % 97 + 1) / 99
        master = Recipe(Latent(number), second=amount)
        frames = [("plain", alone, Recipe(Latent(number))), ("master", pair, master)]
        for kind, renderer, recipe in frames if number % 2 else frames[::-1]:
            found[kind].append(seconds_of(renderer, recipe))
        at_one = ((strip, 1.0 - amount),)
        moved = Recipe(Latent(number), second=amount, second_at=at_one)
        found["strip"].append(seconds_of(pair, moved))
    return found


def seconds_of(renderer: Renderer, recipe: Recipe) -> float:
    """Of this thread, for one frame with its previews."""
    began = time.thread_time()
    renderer.render(recipe, previews=True)
    return time.thread_time() - began


def middle(plain: list[float], other: list[float]) -> float:
    """The median of paired ratios."""
    return statistics.median(now / before for before, now in zip(plain, other, strict=True))


if __name__ == "__main__":
    main(sys.argv[1:])
