"""What the sections of the master panel share: their heading, and why something is greyed out."""

from __future__ import annotations

from ganlab import style
from ganlab.controls.label import Label

NO_MODEL = "Open a model first."
NO_NOISE = "This model adds no noise to its layers."
NOT_RANDOM = "Only random noise has a seed: choose random above."


def section_title(text: str, tooltip: str) -> Label:
    """The quiet heading of a group of controls."""
    label = Label(text)
    label.setFont(style.font("small", bold=True))
    style.set_tip(label, tooltip)
    style.set_tone(label, "section")
    return label
