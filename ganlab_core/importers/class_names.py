"""Class names of models whose files have none."""

from __future__ import annotations

from ganlab_core.places import resources_dir

IMAGENET = "imagenet_classes.txt"
"""The names of ImageNet's classes in their usual order, one a line."""


def class_names(count: int) -> tuple[str, ...] | None:
    """ImageNet's names for a model of 1000 classes, None for others."""
    if count != 1000:
        return None
    try:
        names = tuple((resources_dir() / IMAGENET).read_text(encoding="utf-8").splitlines())
    except OSError:
        return None
    return names if len(names) == count else None
