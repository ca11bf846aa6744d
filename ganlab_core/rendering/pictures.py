"""Reading pictures from features: by the network's own toRGB, or by a fitted linear read-out."""

from __future__ import annotations

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.model import Model
from ganlab_core.rendering.growth import live_resolutions
from ganlab_core.rendering.precision import arithmetic

Readout = tuple[Tensor, Tensor]


class Pictures:
    """The picture as each resolution knows it, kept while its features stay the same tensor."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._live = live_resolutions(model)
        self._kept: dict[int, tuple[Tensor, Readout | None, Tensor]] = {}

    def can_read(self, resolution: int) -> bool:
        """Whether there is a read-out at `resolution`, fitted or the network's own."""
        return self._readout(resolution) is not None or self._model.network.reads(resolution)

    def kind(self, resolution: int) -> str:
        """How `resolution` is read: `"own"` or `"fitted"`."""
        return "own" if self._readout(resolution) is None else "fitted"

    def picture(self, resolution: int, features: Tensor) -> Tensor:
        """What the last features at `resolution`, (1, C, r, r), show: fp32 (1, 3, r, r)."""
        readout = self._readout(resolution)
        kept = self._kept.get(resolution)
        if kept is not None and kept[0] is features and kept[1] is readout:
            return kept[2]
        with arithmetic(features.device, "fp32"):
            if readout is None:
                image = self._model.network.to_rgb(resolution, features.float())
            else:
                image = read(features, readout)
        self._kept[resolution] = (features, readout, image)
        return image

    def forget(self) -> None:
        """Drop the kept pictures."""
        self._kept.clear()

    def _readout(self, resolution: int) -> Readout | None:
        """The fitted read-out in use, None where the network's own toRGB is."""
        return None if resolution in self._live else self._model.readouts.get(resolution)


def read(features: Tensor, readout: Readout) -> Tensor:
    """A linear read-out, weight (3, C) and bias (3,), of (N, C, r, r) -> (N, 3, r, r)."""
    weight, bias = (part.to(features.device) for part in readout)
    return F.conv2d(features.float(), weight[:, :, None, None], bias)


def to_pixels(model: Model, image: Tensor) -> NDArray[np.uint8]:
    """(1, 3, r, r) in the network's range -> uint8 (r, r, 3), rounded as published."""
    pixels = model.network.to_uint8(image)[0].permute(1, 2, 0)
    array: NDArray[np.uint8] = pixels.contiguous().cpu().numpy()
    return array
