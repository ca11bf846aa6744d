"""What `ganlab evaluate` found, as tables for people or one JSON object."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ganlab_core.cli.output import say, say_json, table

if TYPE_CHECKING:
    from ganlab_core.evaluation.measures import Measure

TITLES = {
    "kid": "KID (lower is better)",
    "diversity": "diversity (near the real one is better)",
    "memorising": "distance to the nearest real picture (1 = as unseen ones)",
}


@dataclass(slots=True)
class Report:
    """All figures of one evaluation.

    Attributes
    ----------
    pictures, psi
        How many on each side, and the truncation of the samples.
    distances
        Measures by name.
    curve
        Truncation -> KID and diversity as a share of the real pictures'.
    classes
        A classifier's accuracy on real pictures and on samples; empty when not asked for.
    """

    pictures: int
    psi: float
    distances: dict[str, Measure]
    curve: dict[float, dict[str, float]] = field(default_factory=dict)
    classes: dict[str, float] = field(default_factory=dict)

    def show(self, *, as_json: bool) -> None:
        """Print everything there is."""
        if as_json:
            say_json(self._plain())
            return
        say(f"{self.pictures} pictures on each side, psi {self.psi:g}")
        rows = [("", "model", "real")]
        rows += [(_title(name), _number(m.model), _number(m.real)) for name, m in self._sorted()]
        say(table(rows))
        if self.curve:
            say("")
            rows = [("psi", "KID", "diversity, of the real ones'")]
            for psi, found in self.curve.items():
                rows.append(
                    (f"{psi:g}", _number(found["kid"]), f"{100 * found['diversity']:.0f} %")
                )
            say(table(rows))
        if self.classes:
            real, model = (100 * self.classes[key] for key in ("real", "model"))
            say(f"\nclass named right: {real:.1f} % of real pictures, {model:.1f} % of samples")

    def _sorted(self) -> list[tuple[str, Measure]]:
        return sorted(self.distances.items(), key=lambda pair: (pair[0].startswith("swd"), 0))

    def _plain(self) -> dict[str, object]:
        data: dict[str, object] = {
            "pictures": self.pictures,
            "psi": self.psi,
            "distances": {name: dataclasses.asdict(m) for name, m in self.distances.items()},
        }
        if self.curve:
            data["curve"] = {f"{psi:g}": found for psi, found in self.curve.items()}
        if self.classes:
            data["classes"] = self.classes
        return data


def _title(name: str) -> str:
    if name.startswith("swd_"):
        return f"SWD x 1000, {name.removeprefix('swd_')} px (lower is better)"
    return TITLES.get(name, name)


def _number(value: float) -> str:
    return f"{value:.3f}"
