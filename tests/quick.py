"""Which of many cases the quick suite takes; the others run with `pytest -m long`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

ARCHITECTURES = ("progan", "stylegan", "stylegan2", "biggan")
"""A growing one, one with styles, one that sums up its picture, and one with classes and attention."""


def quick(cases: Iterable[Any], *chosen: str) -> list[Any]:
    """All cases as parameters of a test; those that were not chosen, by their names, are long.

    A name that is no case is an error: nothing may drop out of the quick suite by a slip.
    """
    known = list(cases)
    missing = set(chosen) - {str(case) for case in known}
    assert not missing, f"no cases: {sorted(missing)}"
    return [
        case if str(case) in chosen else pytest.param(case, marks=pytest.mark.long)
        for case in known
    ]
