"""What the Timeline's Fill menu offers: films by rule."""

from __future__ import annotations

from dataclasses import dataclass

from ganlab_core.capabilities import Capabilities


@dataclass(frozen=True, slots=True)
class FillChoice:
    """A film by rule.

    Attributes
    ----------
    kind
        walk, circle, round, noise, psi, growth or classes.
    amount
        How many seeds or classes, or how far a circle's points lie; 0 where it means nothing.
    """

    kind: str
    amount: float = 0.0


Choices = tuple[tuple[str, FillChoice], ...]

FILLS: tuple[tuple[str, str, Choices], ...] = (
    ("Walk Through Seeds", "From this picture through random others and back to it.",
     tuple((f"{n} Pictures", FillChoice("walk", n)) for n in (2, 3, 4, 6, 8, 12, 24))),
    ("Circle Around This Picture", "Variations of this picture on a circle in Z, without a seam.",
     (("Close", FillChoice("circle", 0.25)), ("Further", FillChoice("circle", 0.5)),
      ("Far", FillChoice("circle", 1.0)))),
    ("Great Circle", "All the way round the sphere of z through two random seeds.",
     (("", FillChoice("round")),)),
    ("Noise Loop", "The picture stays; only its noise moves, without a seam.",
     (("", FillChoice("noise")),)),
    ("Psi Sweep", "From the average picture to this one and back (truncation trick).",
     (("", FillChoice("psi")),)),
    ("Growth from 4 px", "The network grows from 4 px to the finished picture.",
     (("", FillChoice("growth")),)),
    ("Class Tour", "The same latent through the classes and back.",
     (("4 Classes", FillChoice("classes", 4)), ("10 Classes", FillChoice("classes", 10)),
      ("All Classes, at Most 60", FillChoice("classes", 60)))),
)  # fmt: skip
"""(Title, what it does, pairs (words, rule)); a single rule stands in the menu itself."""


def fill_reason(choice: FillChoice, can: Capabilities | None) -> str:
    """Why a model cannot be filmed by this rule; empty when it can."""
    if can is None:
        return ""
    lacking = {
        "noise": "" if can.has_noise else "This model adds no noise to its layers.",
        "psi": "" if can.has_truncation else "This model has no truncation psi.",
        "growth": "" if can.has_growth else "This model does not grow.",
        "classes": "" if can.classes else "This model has no classes.",
    }
    return lacking.get(choice.kind, "")
