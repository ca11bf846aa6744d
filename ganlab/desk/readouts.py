"""How the picture of one scale was read, in words."""

from __future__ import annotations

GROWING = "(progressive growing; ProGAN, Karras et al. 2018, fig. 2)"

_CAPTIONS = {"fitted": "fitted read-out", "phase": "phase read-out", "own": "own toRGB"}

_EXPLAINED = {
    "fitted": "a linear read-out fitted to the finished picture",
    "phase": "the read-out kept from the end of this resolution's own training phase",
    "own": "the network's own toRGB layer, which may be stale in a finished network",
}


def caption_of(readout: str) -> str:
    """The words below a scale's picture; a space keeps their place when there is none."""
    return _CAPTIONS.get(readout, readout) or " "


def explained(readout: str) -> str:
    """One sentence that says what the picture is."""
    how = _EXPLAINED.get(readout, "a read-out of this scale")
    return f"What the network knows at this scale: {how} {GROWING}."
