"""Which networks have a prepared form, and how any other is run as it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor

from ganlab_core.models import Network
from ganlab_core.networks import (
    BigGANDeepGenerator,
    BigGANGenerator,
    Condition,
    ProGANGenerator,
    StyleGAN2Generator,
    StyleGANGenerator,
)
from ganlab_core.prepared.maps import StageMaps
from ganlab_core.prepared.prepared_biggan import PreparedBigGAN
from ganlab_core.prepared.prepared_progan import PreparedProGAN
from ganlab_core.prepared.prepared_stylegan import PreparedStyleGAN
from ganlab_core.prepared.prepared_stylegan2 import PreparedStyleGAN2


class PreparedStages(Protocol):
    """The stages of a network as they are rendered, for one picture at a time.

    Weights are folded when a stage is first run and stay so; after they have changed, prepare anew.
    """

    def run(self, stage: int, before: StageMaps | None, condition: Condition) -> StageMaps:
        """What a stage gives; `before` is left as it is, None for the first stage."""
        ...

    def read(self, resolution: int, maps: StageMaps) -> Tensor:
        """The network's own read-out of the last maps at `resolution`, fp32 (1, 3, r, r)."""
        ...


# which generator goes with which form is only known when a model is there: Any
_FORMS: dict[type, Callable[[Any, torch.dtype], PreparedStages]] = {
    BigGANDeepGenerator: PreparedBigGAN,
    BigGANGenerator: PreparedBigGAN,
    ProGANGenerator: PreparedProGAN,
    StyleGAN2Generator: PreparedStyleGAN2,
    StyleGANGenerator: PreparedStyleGAN,
}


def prepared(network: Network, dtype: torch.dtype = torch.float32) -> PreparedStages:
    """The prepared form of a network, with features of this type; where there is none, itself."""
    form = _FORMS.get(type(network.module))
    return PlainStages(network, dtype) if form is None else form(network.module, dtype)


class PlainStages:
    """A network as it stands, in bfloat16 through autocast."""

    def __init__(self, network: Network, dtype: torch.dtype) -> None:
        self._network, self._dtype = network, dtype

    def run(self, stage: int, before: StageMaps | None, condition: Condition) -> StageMaps:
        """The network's own stage."""
        features = None if before is None else before.features
        kind = self._network.truncation_centre.device.type
        lower = self._dtype is not torch.float32
        with torch.autocast(kind, self._dtype, enabled=lower, cache_enabled=False):
            return StageMaps(self._network.run_stage(stage, features, condition))

    def read(self, resolution: int, maps: StageMaps) -> Tensor:
        """The network's own read-out."""
        return self._network.to_rgb(resolution, maps.features.float())
