"""Shapes in signatures, held to while tests run: each call must fit its `Float[Tensor, "n c h w"]`.

Only functions that state a shape are checked. What a config or a file may hold is the program's own to
refuse, and a test of that must not pass because of a checker that users do not have.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from beartype import BeartypeConf, beartype
from jaxtyping import config, install_import_hook

CHECKED = (
    "ganlab_core.networks",
    "ganlab_core.rendering.conditions",
    "ganlab_core.rendering.noise",
)
"""Modules and packages whose shapes are checked once `check_shapes` has been called."""

ROOMS = ("networks", "rendering", "latents", "importers")
"""Folders of tests that check shapes: every architecture runs there, imported and built.

Elsewhere the same networks run many thousand times, and checking makes such a test half as slow again.
"""

_typechecked = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int is a float, as for mypy


def typechecked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function checked by beartype, or as it is where it states no shape."""
    stated = str(function.__annotations__.values())
    return _typechecked(function) if "[Tensor," in stated else function


def check_shapes() -> None:
    """Check the shapes of all modules in `CHECKED` that are imported from now on."""
    install_import_hook(CHECKED, f"{__name__}.typechecked")


def check_shapes_of(test: Path) -> None:
    """Check them from now on where the test's folder is one of `ROOMS`, else leave them."""
    config.update("jaxtyping_disable", test.parent.name not in ROOMS)
