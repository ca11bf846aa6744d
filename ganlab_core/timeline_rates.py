"""Frames a second as exact fractions, and how they are written."""

from __future__ import annotations

import re
from fractions import Fraction

from ganlab_core.errors import TimelineError

RATES = tuple(map(Fraction, ("24", "25", "30000/1001", "30", "50", "60")))
"""Rates worth offering."""

FASTEST = 240

NTSC = {
    text: Fraction(rate * 1000, 1001)
    for rate, texts in ((24, ("23.976", "23.98")), (30, ("29.97",)), (60, ("59.94",)))
    for text in texts
}
"""What is written as a decimal but means a fraction over 1001."""


def read_fps(value: object) -> Fraction:
    """Frames a second from a number or a text such as 25, 29.97 or 30000/1001; raises `TimelineError`."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Fraction):
        raise _wrong(value)
    text = str(value)
    match = re.fullmatch(r"(\d{1,7}(?:\.\d{1,6})?)(?:/(\d{1,7}))?", text.strip(), re.ASCII)
    if match is None or (match[2] is not None and int(match[2]) == 0):
        raise _wrong(value)
    rate = NTSC.get(match[0]) or Fraction(match[1]) / int(match[2] or 1)
    if not 0 < rate <= FASTEST or rate.denominator > 1_000_000:
        raise _wrong(value)
    return rate


def fps_text(fps: Fraction) -> str:
    """The exact rate, as `read_fps` reads it: 25 or 30000/1001."""
    return str(fps)


def fps_shown(fps: Fraction) -> str:
    """The rate as people write it: 25, 29.97."""
    return f"{float(fps):.3f}".rstrip("0").rstrip(".") if fps.denominator != 1 else str(fps)


def _wrong(value: object) -> TimelineError:
    shown = repr(value) if isinstance(value, str) else str(value)
    return TimelineError(
        f"{shown[:40]} is no number of frames a second.", f"Write one up to {FASTEST}, as 29.97."
    )
