"""What `ganlab evaluate` found, as tables for people or one JSON object."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ganlab_core.cli.output import say, say_json, say_table

if TYPE_CHECKING:
    from ganlab_core.evaluation.measures import Measure

TITLES = {
    "kid": "KID (lower is better)",
    "diversity": "diversity (near the real one is better)",
    "memorising": "distance to the nearest real picture (1 = as unseen ones)",
}

CURVES = {"psi": "curve", "threshold": "thresholds"}
"""Name of a truncation -> that of its curve in JSON."""


@dataclass(slots=True)
class Report:
    """All figures of one evaluation.

    Attributes
    ----------
    pictures, psi, threshold
        How many on each side, and the truncation of the samples.
    distances
        Measures by name.
    curves
        Name of a truncation -> its value -> KID, diversity as a share of the real pictures', and
        where a classifier was asked for how often it was right.
    classes
        A classifier's accuracy on real pictures and on samples; empty when not asked for.
    """

    pictures: int
    psi: float
    distances: dict[str, Measure]
    threshold: float | None = None
    curves: dict[str, dict[float, dict[str, float]]] = field(default_factory=dict)
    classes: dict[str, float] = field(default_factory=dict)

    def show(self, *, as_json: bool) -> None:
        """Print everything there is."""
        if as_json:
            say_json(self._plain())
            return
        cut = "" if self.threshold is None else f", threshold {self.threshold:g}"
        say(f"{self.pictures} pictures on each side, psi {self.psi:g}{cut}")
        rows = [("", "model", "real")]
        rows += [(_title(name), _number(m.model), _number(m.real)) for name, m in self._sorted()]
        say_table(rows)
        for name, curve in self.curves.items():
            say("")
            say_table(_curve_rows(name, curve))
        if self.classes:
            real, model = (100 * self.classes[key] for key in ("real", "model"))
            say("")
            say(f"class named right: {real:.1f} % of real pictures, {model:.1f} % of samples")

    def _sorted(self) -> list[tuple[str, Measure]]:
        return sorted(self.distances.items(), key=lambda pair: (pair[0].startswith("swd"), 0))

    def _plain(self) -> dict[str, object]:
        data: dict[str, object] = {
            "pictures": self.pictures,
            "psi": self.psi,
            "threshold": self.threshold,
            "distances": {name: dataclasses.asdict(m) for name, m in self.distances.items()},
        }
        for name, curve in self.curves.items():
            data[CURVES[name]] = {f"{value:g}": found for value, found in curve.items()}
        if self.classes:
            data["classes"] = self.classes
        return data


def _curve_rows(name: str, curve: dict[float, dict[str, float]]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for value, found in curve.items():
        row = (f"{value:g}", _number(found["kid"]), f"{100 * found['diversity']:.0f} %")
        rows.append((*row, f"{100 * found['right']:.1f} %") if "right" in found else row)
    heads = (name, "KID", "diversity, of the real ones'", "class named right")
    return [heads[: len(rows[0])], *rows]


def _title(name: str) -> str:
    if name.startswith("swd_"):
        return f"SWD x 1000, {name.removeprefix('swd_')} px (lower is better)"
    return TITLES.get(name, name)


def _number(value: float) -> str:
    return f"{value:.3f}"
