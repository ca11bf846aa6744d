"""Growth in a person's words: which block is being faded in, and how far (Karras et al. 2018, fig. 2)."""

from __future__ import annotations

import math
import re

from ganlab.controls.span import Readout, number_in

_PIXELS = re.compile(r"(\d+)\s*px")
_PERCENT = re.compile(r"(\d+([.,]\d*)?)\s*%")
_LARGEST_LOG2 = 10


def alpha_of(growth: float | None, resolution: int) -> float:
    """The fade-in alpha, 0 to 1, of one resolution's block; the 4 px block is always whole."""
    if growth is None or resolution <= 4:
        return 1.0
    return min(1.0, max(0.0, growth - (math.log2(resolution) - 1)))


def growth_for(resolution: int, alpha: float, output: int) -> float | None:
    """The growth at which this resolution's block has this alpha; None when the network is whole."""
    growth = math.log2(resolution) - 1 + alpha
    return None if growth >= math.log2(output) else max(2.0, growth)


def write_growth(growth: float) -> str:
    """`"32 px 37 %"`: the resolution being faded in and its alpha."""
    percent = round(100 * (growth - math.floor(growth)))
    if percent == 0:
        return f"{2 ** math.floor(growth)} px 100 %"
    return f"{2 ** math.ceil(growth)} px {percent} %"


def read_growth(text: str) -> float | None:
    """Understand `"32 px 37 %"`, `"32 px"`, `"32"` as pixels and `"4.37"` as log2 of pixels."""
    pixels, percent = _PIXELS.search(text), _PERCENT.search(text)
    if pixels is None:
        return None if percent else _bare(number_in(text))
    whole = math.log2(max(4, int(pixels.group(1))))
    if percent is None:
        return whole
    return max(2.0, whole - 1 + float(percent.group(1).replace(",", ".")) / 100)


def _bare(number: float | None) -> float | None:
    """A power of two from 4 up means pixels, as does all above 10; the rest is log2 already."""
    if number is None or number <= 0:
        return None
    power = number >= 4 and math.log2(number).is_integer()
    return math.log2(number) if power or number > _LARGEST_LOG2 else number


GROWTH_READOUT = Readout(write_growth, read_growth)
