"""Networks as large as the published ones, with random weights: what they cost is the same."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganlab_core.errors import GanlabError
from ganlab_core.models import ARCHITECTURES, Model, ModelInfo, from_generator

PUBLISHED_SIZES = (
    "stylegan-256",
    "stylegan-1024",
    "stylegan2-1024",
    "progan-1024",
    "biggan-256",
    "biggan-deep-256",
)
"""What is measured where no models are named; any architecture with any of its resolutions goes."""

STATISTICS = 51
"""Sets of batch norm statistics that the published BigGANs come with."""

CLASSES = 1000


def published_size(name: str) -> Model:
    """A model such as `"stylegan-1024"`: an architecture of the published widths, and random weights.

    Features keep about unit size on their way, as in a trained network: what is too small for a
    normal number would be slow. Raises `GanlabError` for a name that says no such thing.
    """
    kind, _, side = name.rpartition("-")
    if kind not in ARCHITECTURES or not (side.isascii() and side.isdigit()):
        raise GanlabError(
            f"There is no published network called {name!r}.",
            f"Use a model's name, or one such as {', '.join(PUBLISHED_SIZES)}.",
        )
    architecture = ARCHITECTURES[kind]
    try:
        config = architecture.config(resolution=int(side), **_published(kind))
        config.check()
    except (ValueError, KeyError):
        raise GanlabError(f"No {kind} has {side} px.", "Use a size it was published in.") from None
    with torch.device("meta"):
        generator = architecture.generator(config)
    generator.load_state_dict(_weights(generator), assign=True)
    info = ModelInfo(
        name, name, kind, config.resolution, _class_names(config.label_size), "", "",
        "0" * 32, dataclasses.asdict(config), {}, math.log2(config.resolution), Path(name),
    )  # fmt: skip
    return from_generator(generator.eval().requires_grad_(requires_grad=False), info)


def _published(kind: str) -> dict[str, Any]:
    """What the published networks' configs say besides the defaults."""
    if kind.startswith("biggan"):
        size = {"z_dim": 128} if kind == "biggan-deep" else {}
        return {"n_stats": STATISTICS, "spectral_norm": False, "label_size": CLASSES, **size}
    return {}


def _class_names(count: int) -> tuple[str, ...]:
    return tuple(f"class {index}" for index in range(count))


def _weights(generator: nn.Module) -> dict[str, Tensor]:
    """Random numbers for every weight and buffer, equal for equal networks."""
    source = torch.Generator().manual_seed(0)
    normalised = hasattr(
        generator, "steps"
    )  # BigGAN's weights are divided by sigma, others by fan-in
    return {
        name: _drawn(name, blank, source, normalised=normalised)
        for name, blank in generator.state_dict().items()
    }


def _drawn(name: str, blank: Tensor, source: torch.Generator, *, normalised: bool) -> Tensor:
    last = name.rpartition(".")[2]
    if last == "variance" or name == "output_norm.gain":
        return torch.ones(blank.shape)
    if last in ("mean", "gamma", "w_avg"):
        return torch.zeros(blank.shape)
    drawn = torch.randn(blank.shape, generator=source)
    if last == "weight" and normalised:
        return drawn * math.sqrt(2.0 / max(1, blank[0].numel()))
    if last in ("bias", "noise_weight", "noise_strength"):
        return drawn * 0.1
    return drawn
