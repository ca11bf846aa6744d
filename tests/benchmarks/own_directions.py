"""What else a slider changes: `python -m tests.benchmarks.own_directions OUT.jsonl [--models NAME...]`.

Of pictures of many seeds the three in which something is most and the three in which it is least are
labelled: how bright the middle is, how warm the upper third is. The direction that follows from the six is
held against the best of PCA's first 32: the one that changes that most for what it changes elsewhere. Both
are turned up until pictures of other seeds have changed by one deviation of that something, and then the
rest is compared: everything outside the region, as EfficientNet-Lite0 sees it. 0 = nothing else changes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from ganlab_core.evaluation import lite0_features, load_lite0
from ganlab_core.inspection import Direction, LabelledDirections
from ganlab_core.inspection.inspector import principal_directions
from ganlab_core.models import load_model, resolve
from ganlab_core.recipe import EditDirection, Latent, Recipe
from ganlab_core.rendering import Renderer

SEEDS, HELD, TRIED = range(160), range(1000, 1012), range(500, 505)
"""Pictures to label from, to measure on, and to choose PCA's best on."""

MOST = 12.0
"""Deviations of the direction; what needs more is said not to get there."""

Picture = np.ndarray


@dataclass(frozen=True)
class Wanted:
    """Something that can be measured in a region of a picture float (r, r, 3), 0 to 255."""

    name: str
    region: Callable[[int], np.ndarray]
    measure: Callable[[Picture], float]


def _middle(side: int) -> np.ndarray:
    mask = np.zeros((side, side), bool)
    mask[side // 4 : 3 * side // 4, side // 4 : 3 * side // 4] = True
    return mask


def _top(side: int) -> np.ndarray:
    mask = np.zeros((side, side), bool)
    mask[: side // 3] = True
    return mask


WANTED = (
    Wanted("middle brighter", _middle, lambda part: float(part.mean())),
    Wanted("top warmer", _top, lambda part: float((part[:, 0] - part[:, 2]).mean())),
)


class Trial:
    """One model and one wanted change."""

    def __init__(self, name: str, wanted: Wanted) -> None:
        self.name, self.wanted = name, wanted
        self.model = load_model(resolve(name))
        self.renderer = Renderer(self.model, "cpu")
        self.can = self.model.capabilities
        self.mask = wanted.region(self.can.resolution)
        self.lite0 = load_lite0()

    def recipe(self, seed: int) -> Recipe:
        classes = ((seed % len(self.can.classes), 1.0),) if self.can.classes else ()
        return Recipe(Latent(seed), psi=1.0, classes=classes)

    def pixels(self, recipe: Recipe) -> Picture:
        return self.renderer.render(recipe).pixels.astype(np.float32)

    def amount_of(self, picture: Picture) -> float:
        return self.wanted.measure(picture[self.mask])

    def moved(self, direction: Direction, amount: float, seeds: range) -> list[Picture]:
        push = EditDirection(direction.vector, amount, direction.first, direction.last)
        return [self.pixels(replace(self.recipe(seed), pushes=(push,))) for seed in seeds]

    def change(self, before: list[Picture], after: list[Picture]) -> float:
        return float(np.mean([self.amount_of(b) - self.amount_of(a)
                              for a, b in zip(before, after, strict=True)]))  # fmt: skip

    def measured(self) -> list[dict[str, object]]:
        known = {seed: self.amount_of(self.pixels(self.recipe(seed))) for seed in SEEDS}
        order = sorted(known, key=lambda seed: known[seed])
        goal = float(np.std(list(known.values())))
        liked, others = ([self.recipe(seed) for seed in part] for part in (order[-3:], order[:3]))
        found = LabelledDirections(self.model).find(liked, others)
        ways = {
            f"six labels, styles {found.first} to {found.last}": found,
            "six labels, all styles": replace(found, first=0, last=64),
            "best of PCA": self.best_of_pca(),
        }
        return [self.line(way, direction, goal) for way, direction in ways.items()]

    def best_of_pca(self) -> Direction:
        """The component, either way, that changes most of what is wanted for what it changes elsewhere."""
        known = principal_directions(self.model)
        assert known is not None
        before = [self.pixels(self.recipe(seed)) for seed in TRIED]
        best, most = known.directions[0], 0.0
        for direction in known.directions:
            after = self.moved(direction, 1.0, TRIED)
            rest = np.mean([np.square((b - a)[~self.mask]).mean()
                            for a, b in zip(before, after, strict=True)])  # fmt: skip
            change = self.change(before, after)
            if abs(change) / (np.sqrt(rest) + 1e-3) > most:
                most = abs(change) / (np.sqrt(rest) + 1e-3)
                sign = 1.0 if change > 0 else -1.0
                vector = tuple(sign * number for number in direction.vector)
                best = replace(direction, vector=vector)
        return best

    def line(self, way: str, direction: Direction, goal: float) -> dict[str, object]:
        """The amount that is needed, what was reached with it, and what else has changed."""
        before = [self.pixels(self.recipe(seed)) for seed in HELD]
        low, high = 0.0, 1.0
        while high < MOST and self.change(before, self.moved(direction, high, HELD)) < goal:
            low, high = high, min(MOST, 2.0 * high)
        for _ in range(5):
            middle = 0.5 * (low + high)
            enough = self.change(before, self.moved(direction, middle, HELD)) >= goal
            low, high = (low, middle) if enough else (middle, high)
        after = self.moved(direction, high, HELD)
        return {
            "model": self.name,
            "wanted": self.wanted.name,
            "way": way,
            "amount": high,
            "reached": self.change(before, after) / goal,
            "rest": self.rest(before, after),
        }

    def rest(self, before: list[Picture], after: list[Picture]) -> float:
        """Lite0's distance between pictures that have the same region: what else is another."""
        pairs = []
        for ours, theirs in zip(before, after, strict=True):
            pasted = theirs.copy()
            pasted[self.mask] = ours[self.mask]
            pairs += [ours, pasted]
        seen = lite0_features(self.lite0, np.stack(pairs).astype(np.uint8).transpose(0, 3, 1, 2))
        return float(np.linalg.norm(seen[0::2] - seen[1::2], axis=1).mean())


def table(out: Path) -> str:
    """Every line as Markdown."""
    rows = [
        "| model | wanted | way | amount | reached | rest changed by (Lite0) |",
        "|---|---|---|---|---|---|",
    ]
    for text in out.read_text().splitlines():
        line = json.loads(text)
        rows.append(
            f"| {line['model']} | {line['wanted']} | {line['way']} | {line['amount']:.2f}"
            f" | {100 * line['reached']:.0f} % | {line['rest']:.1f} |"
        )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--models", nargs="*", default=("adventurer", "toon-heads", "scripts", "garments")
    )
    given = parser.parse_args()
    torch.set_num_threads(1)
    given.out.touch()
    done = [json.loads(text) for text in given.out.read_text().splitlines()]
    for name in given.models:
        for wanted in WANTED:
            if any((line["model"], line["wanted"]) == (name, wanted.name) for line in done):
                continue
            for line in Trial(name, wanted).measured():
                with given.out.open("a") as file:
                    file.write(json.dumps(line) + "\n")
    print(table(given.out))


if __name__ == "__main__":
    main()
