"""StageMaps: what a prepared stage gives, its features and the picture that travels with them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from ganlab_core.recipe import Gains


@dataclass(slots=True, eq=False)
class StageMaps:
    """The features after a stage.

    Attributes
    ----------
    features
        (1, C, r, r).
    image
        The picture so far, where it travels with the features (StyleGAN2), (1, 3, r, r) or of another
        number of colours. To the outside it is more feature maps; here they stay apart, because
        joining them copies all.
    """

    features: Tensor
    image: Tensor | None = None
    _whole: Tensor | None = field(default=None, repr=False)

    @property
    def whole(self) -> Tensor:
        """Features and picture as one tensor, the same one each time: (1, C, r, r)."""
        if self.image is None:
            return self.features
        if self._whole is None:
            self._whole = torch.cat([self.features, self.image.to(self.features.dtype)], dim=1)
        return self._whole


def with_gains(maps: StageMaps, gains: Gains) -> StageMaps:
    """Single maps multiplied; maps that are not there are passed over."""
    count = maps.features.shape[1]
    features = _multiplied(maps.features, gains)
    if maps.image is None:
        return maps if features is maps.features else replace(maps, features=features, _whole=None)
    later = tuple((index - count, gain) for index, gain in gains if index >= count)
    return StageMaps(features, _multiplied(maps.image, later))


def _multiplied(features: Tensor, gains: Gains) -> Tensor:
    inside = [(index, gain) for index, gain in gains if index < features.shape[1]]
    if not inside:
        return features
    factors = torch.ones(features.shape[1], dtype=features.dtype, device=features.device)
    for index, gain in inside:
        factors[index] = gain
    return features * factors[:, None, None]
