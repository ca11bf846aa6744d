"""Which ganlab this is."""

from __future__ import annotations

import importlib.metadata


def ganlab_version() -> str:
    """The installed version; "unknown" when run from files that were never installed."""
    try:
        return importlib.metadata.version("ganlab-desk")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
