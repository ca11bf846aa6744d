"""Seeds as a person types them."""

from __future__ import annotations

import re

MOST = 100_000
SEED_MAX = 2**32 - 1


def seeds_in(text: str) -> list[int] | None:
    """The seeds of a list such as `"0-7,12"`; None when it is none, or absurdly long."""
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,10})\s*(?:-\s*(\d{1,10})\s*)?", part, re.ASCII)
        if match is None:
            return None
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last > SEED_MAX or last - first >= MOST - len(found):
            return None
        found += range(first, last + 1)
    return found
