"""How cutoff and threshold are written beside their sliders, and read back from what is typed."""

from __future__ import annotations

from ganlab.controls.span import Readout, number_in


def cutoff_readout(styles: int) -> Readout:
    """`"8 of 12"`, or `"all"` from the last style on."""

    def write(value: float) -> str:
        return "all" if value >= styles else f"{value:.0f} of {styles}"

    def read(text: str) -> float | None:
        return float(styles) if text.strip().lower() == "all" else number_in(text)

    return Readout(write, read)


def threshold_readout(none_from: float) -> Readout:
    """`"1.50"`, or `"no cut"` from the end of the slider on."""

    def write(value: float) -> str:
        return "no cut" if value >= none_from else f"{value:.2f}"

    def read(text: str) -> float | None:
        return none_from if text.strip().lower() in ("no cut", "none") else number_in(text)

    return Readout(write, read)
