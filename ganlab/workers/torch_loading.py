"""Importing torch on a thread without holding the window up."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from ganlab_core.errors import GanlabError

_LIBRARIES = ("libtorch_global_deps", "libtorch_cpu")
"""In the order in which torch itself loads them; the first one's symbols are for all."""


def import_torch() -> None:
    """Import torch and leave one processor to the window; raises `GanlabError` when it is broken."""
    _load_libraries()
    try:
        with contextlib.nullcontext() if "torch" in sys.modules else _long_lived():
            device = importlib.import_module("ganlab_core.device")
    except (ImportError, OSError) as error:
        raise GanlabError(
            "PyTorch cannot be loaded.", "Install it again: pip install --force-reinstall torch."
        ) from error
    device.leave_a_core()


@contextlib.contextmanager
def _long_lived() -> Iterator[None]:
    """Spare the garbage collector what is made inside: it stays as long as the program.

    Looking through torch's hundred thousands of objects holds the interpreter lock for some 50 ms.
    Once only: whatever is garbage at that moment stays for ever as well.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def _load_libraries() -> None:
    """Load torch's large libraries without the interpreter lock.

    The import statement holds the lock while the system loads a library, and libtorch_cpu takes
    a fifth of a second: the window would stand still. A foreign function called through ctypes
    runs without the lock. Where this does not work nothing is lost, the import loads them itself.
    """
    folder = _library_folder()
    if folder is None or sys.platform == "win32":
        return
    suffix = ".dylib" if sys.platform == "darwin" else ".so"
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype = ctypes.c_void_p
    dlopen.argtypes = (ctypes.c_char_p, ctypes.c_int)
    for name in _LIBRARIES:
        scope = os.RTLD_GLOBAL if name == _LIBRARIES[0] else os.RTLD_LOCAL
        dlopen(os.fsencode(folder / f"{name}{suffix}"), os.RTLD_NOW | scope)


def _library_folder() -> Path | None:
    if "torch" in sys.modules:
        return None
    spec = importlib.util.find_spec("torch")
    return Path(spec.origin).parent / "lib" if spec and spec.origin else None
