"""Holds ganlab's networks against what the published code gave: `python -m tests.golden FOLDER...`.

A folder holds weights in a published layout, `meta.json` with cases, and `cases.npz` with their inputs
and outputs. Every case that is not marked INFORMATIVE is evaluated through the product: its importers,
its Renderer under Recipes, its discriminators. The exit status is 1 on any miss, any case that cannot
be evaluated, and any folder that cannot be opened.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from tests.golden.evaluate import evaluate


def main(arguments: list[str]) -> int:
    """Print the table of all folders; 1 on anything but success."""
    torch.set_num_threads(1)
    rows = [row for argument in arguments for row in evaluate(Path(argument))]
    for row in rows:
        verdict = "ok" if row.passed else "MISS"
        place = f"{row.folder:26} {row.case:36} {row.output:12}"
        figures = row.problem or f"{row.error:10.2e} {row.tolerance:10.2e}"
        sys.stdout.write(f"{verdict:5}{place} {figures}\n")
    missed = sum(not row.passed for row in rows)
    sys.stdout.write(f"{len(rows)} outputs, {missed} missed\n")
    return 1 if missed or not rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
