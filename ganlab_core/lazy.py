"""Packages whose parts are loaded when they are first asked for, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

import lazy_loader

_LOCK = threading.Lock()


def attach(
    package: str, file: str
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and `__all__` of a package whose `__init__.pyi` says what it offers.

    One at a time: reading a stub makes a syntax tree, and CPython counts the depth of all threads' trees
    together, so that two at once can end in a SystemError (seen in 3.11).
    """
    with _LOCK:
        found: tuple[Callable[[str], object], Callable[[], list[str]], list[str]]
        found = lazy_loader.attach_stub(package, file)
    return found
