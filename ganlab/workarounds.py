"""What has to be put right in the libraries below, each with its reason and its end."""

from __future__ import annotations

import ctypes
import sys

import PySide6

_FAULTY = (6, 12, 0)
_SPARE_REFERENCES = sys.maxsize // 4


def hold_singletons() -> None:
    """Keep `None`, `True`, `False` and `NotImplemented` alive under PySide6 6.12.0.

    That version returns them without counting the reference, which is right where they are
    immortal, from Python 3.12 on (PEP 683). Up to 3.11 each call gives away one reference, and the
    interpreter dies when the last is gone, after some thousand calls. References to spare bridge
    the gap; to be removed with the support of that version. Calling it twice does no harm.
    """
    if sys.version_info >= (3, 12) or PySide6.__version_info__[:3] != _FAULTY:
        return
    for singleton in (None, True, False, NotImplemented):
        if sys.getrefcount(singleton) < _SPARE_REFERENCES // 2:
            ctypes.c_ssize_t.from_address(id(singleton)).value += _SPARE_REFERENCES
