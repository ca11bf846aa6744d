"""Every case of a folder evaluated, one row for each output."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ganlab_core.errors import GanlabError
from ganlab_core.importers import open_published
from tests.golden.biggan import BigGANCase
from tests.golden.case import Arrays, Case
from tests.golden.progan import ProGANCase
from tests.golden.row import Row
from tests.golden.safety import safety_rows
from tests.golden.stylegan import StyleGANCase
from tests.golden.stylegan2 import StyleGAN2Case
from tests.golden.wild import is_wild, wild_folder

FAMILIES: dict[str, type[Case]] = {
    "progan": ProGANCase,
    "biggan": BigGANCase,
    "biggan-deep": BigGANCase,
    "stylegan": StyleGANCase,
    "stylegan2": StyleGAN2Case,
}
"""The family that `meta.json` names -> how its cases are evaluated."""


def evaluate(folder: Path) -> Iterator[Row]:
    """All outputs of all cases of a folder, once per weight file that they hold for."""
    if (folder / "index.json").is_file():
        yield from safety_rows(folder)
        return
    if is_wild(folder):
        yield from wild_folder(folder)
        return
    try:
        meta = json.loads((folder / "meta.json").read_text())
        with np.load(folder / "cases.npz", allow_pickle=False) as stored:
            arrays = dict(stored)
        first, *others = meta["weights"]
        named = {case["settings"].get("file") for case in meta["cases"]}
        apart = {*named, *FAMILIES[meta["family"]].companions}
        twins = [file for file in others if file not in apart]
        cases = [case for case in meta["cases"] if "informative" not in case["what"].lower()]
    except (OSError, ValueError, KeyError) as error:
        yield Row(folder.name, "", "", 0.0, 0.0, f"cannot be read: {error!r}")
        return
    if not cases:
        yield Row(folder.name, "", "", 0.0, 0.0, "has no cases")
    for file in (first, *twins):
        for case in cases:
            own = case["settings"].get("file", first)
            if file == first or own == first:
                yield from _case_rows(folder, case, own if file == first else file, arrays, meta)


def _case_rows(
    folder: Path, case: dict[str, Any], file: str, arrays: Arrays, meta: dict[str, Any]
) -> Iterator[Row]:
    name = case["id"] if file == meta["weights"][0] else f"{case['id']} ({file})"
    try:
        run = FAMILIES[meta["family"]](open_published(folder / file), case, arrays)
    except (GanlabError, KeyError) as error:
        yield Row(folder.name, name, "", 0.0, 0.0, str(error))
        return
    for output, key in case["outputs"].items():
        wanted, allowed = arrays[key], case["atol"].get(output, 0.0)
        try:
            got = run.output(output).numpy().astype(np.float64)
        except (GanlabError, LookupError, NotImplementedError, RuntimeError) as error:
            yield Row(folder.name, name, output, 0.0, allowed, f"not evaluated: {error!r}")
            continue
        if got.ndim == 2 and wanted.ndim == 3:  # one w per sample, the same for all layers
            got = got[:, None].repeat(wanted.shape[1], axis=1)
        if got.shape != wanted.shape:
            yield Row(folder.name, name, output, 0.0, allowed, f"shape {got.shape}")
            continue
        error = np.abs(got - wanted).max()
        yield Row(folder.name, name, output, float(error), allowed)
