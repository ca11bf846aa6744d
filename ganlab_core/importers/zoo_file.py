"""What the PyTorch GAN zoo's `.pth` files have in common: settings, and networks under known names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from ganlab_core.importers.settings import Settings
from ganlab_core.importers.torch_files import ZooConfig, tensors_of
from ganlab_core.importers.zoo_layers import with_modules


class ZooFile:
    """The networks of one file.

    Parameters
    ----------
    path
        The file.
    content
        The dict saved in it.

    Raises
    ------
    CheckpointError
        If a setting in `only` has none of the values given there, which would make another network.
    """

    only: Mapping[str, tuple[object, ...]] = {}

    def __init__(self, path: Path, content: Mapping[str, Any]) -> None:
        self._path = path
        self._content = content
        config = content.get("config")
        stated = vars(config) if isinstance(config, ZooConfig) else config
        self._settings = Settings(stated, path.name)
        for name, allowed in self.only.items():
            self._settings.require(name, allowed)

    def _generator_weights(self, *, averaged: bool) -> dict[str, Tensor]:
        """`avgG` where there is one, or `netG`."""
        return self._weights("avgG" if averaged and "avgG" in self._content else "netG")

    def _weights(self, name: str) -> dict[str, Tensor]:
        return with_modules(tensors_of(self._content.get(name)))
