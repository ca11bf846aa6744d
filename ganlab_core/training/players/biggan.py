"""BigGAN and BigGAN-deep as the trainer sees them (Brock, Donahue & Simonyan 2019)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ganlab_core.networks.biggan import (
    GENERATOR_WIDTHS,
    BigGANConfig,
    BigGANDeepConfig,
    SharedConfig,
    StagedGenerator,
    measure_statistics,
    ready_to_render,
)
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.players.common import fixed_latents
from ganlab_core.training.players.contract import DiscriminatorOutput, Round
from ganlab_core.training.power import settle_power, singular_values
from ganlab_core.training.precision import autocast
from ganlab_core.training.randomness import seed_for

TRUNCATIONS = tuple(step / 10 for step in range(11))
"""Where a model file's standing statistics are measured; between them they are interpolated."""


class BigGANPlayers:
    """Class-conditional batch norm against a projection; both spectrally normalised.

    Parameters
    ----------
    deep
        Whether the bottleneck networks are meant.
    """

    averages_buffers = True

    def __init__(self, *, deep: bool) -> None:
        self._deep = deep

    def shape(self, config: TrainConfig, label_size: int) -> SharedConfig:
        """The networks' config; z is shortened to a whole number of chunks, as published."""
        attention = (config.attention,) if config.attention else ()
        common: dict[str, Any] = {
            "resolution": config.resolution,
            "channels": config.channels,
            "shared_dim": config.shared_dim,
            "label_size": label_size,
            "attention": attention,
        }
        if self._deep:
            return BigGANDeepConfig(z_dim=config.z_dim, **common)
        parts = len(GENERATOR_WIDTHS.get(config.resolution, (1,))) if config.hierarchical else 1
        z_dim = config.z_dim // parts * parts
        return BigGANConfig(z_dim=z_dim, hierarchical=config.hierarchical, **common)

    def group_size(self, discriminator: nn.Module) -> int:
        """Pictures do not meet in D."""
        return 1

    def fakes(
        self, generator: StagedGenerator, round_: Round, count: int, labels: Tensor | None
    ) -> Tensor:
        """Pictures of fresh latents, (count, 3, R, R), normalised by the statistics of this batch."""
        z = round_.random.normal(count, generator.config.z_dim)
        with autocast(round_.config, z.device):
            image: Tensor = generator(z, labels)
        return image.float()

    def track(self, generator: StagedGenerator, round_: Round) -> None:
        """Nothing of G follows its latents."""

    def discriminate(
        self,
        discriminator: nn.Module,
        images: Tensor,
        labels: Tensor | None,
        growth: float,
        batches: int = 1,
    ) -> DiscriminatorOutput:
        """The score of each picture as one of its class."""
        return DiscriminatorOutput(discriminator(images, labels))

    def show(self, average: StagedGenerator, config: TrainConfig, growth: float) -> Tensor:
        """Pictures of fixed latents, scaled by the sheet's psi; each row is one class."""
        z = fixed_latents(config, average.config.z_dim, _device(average)) * config.sheet_psi
        generator = settled(average, config, (abs(config.sheet_psi),))
        labels: Tensor | None = None
        if average.config.label_size:
            row = torch.arange(len(z), device=z.device) // config.sheet_columns
            labels = _one_hot(row % average.config.label_size, average.config.label_size)
        starts = range(0, len(z), config.sheet_columns)
        rows: list[Tensor] = [
            generator(*(_rows(part, start, config.sheet_columns) for part in (z, labels)))
            for start in starts
        ]
        return torch.cat(rows)

    def publish(self, average: StagedGenerator, config: TrainConfig, level: int) -> StagedGenerator:
        """A copy with its weights divided by sigma and standing statistics (appendix D)."""
        generator = settled(average, config, TRUNCATIONS)
        return generator.cpu()

    def spectra(self, generator: StagedGenerator, discriminator: nn.Module) -> Mapping[str, Tensor]:
        """The largest singular value of each weight before it is divided by it."""
        return {
            f"{prefix}.{name}": value
            for prefix, network in (("g", generator), ("d", discriminator))
            for name, value in singular_values(network).items()
        }


@torch.no_grad()
def settled(
    average: StagedGenerator, config: TrainConfig, truncations: Sequence[float]
) -> StagedGenerator:
    """A copy of the averaged G to be looked at: sigma divided out, statistics measured anew.

    The average of the running statistics is not what the averaged weights give. They are
    measured over `standing_batches` batches of random latents and classes for each truncation; the
    power iteration is run on until sigma is that of the averaged weights.
    """
    source = copy.deepcopy(average)
    settle_power(source)
    generator = ready_to_render(source, len(truncations)).requires_grad_(requires_grad=False)
    batch = config.batch_size // config.accumulate
    for row, truncation in enumerate(truncations):
        random = torch.Generator().manual_seed(seed_for(config.seed, "standing"))

        def run(scale: float = truncation, random: torch.Generator = random) -> None:
            generator(*_random_inputs(generator, batch, scale, random))

        measure_statistics(generator, row, config.standing_batches, run)
    return generator


def _random_inputs(
    generator: StagedGenerator, count: int, scale: float, random: torch.Generator
) -> tuple[Tensor, Tensor | None]:
    """Latents (count, z_dim) and one-hot classes (count, classes)."""
    device, shape = _device(generator), generator.config
    z = scale * torch.randn(count, shape.z_dim, generator=random)
    if not shape.label_size:
        return z.to(device), None
    classes = torch.randint(shape.label_size, (count,), generator=random)
    return z.to(device), _one_hot(classes.to(device), shape.label_size)


def _one_hot(classes: Tensor, size: int) -> Tensor:
    return torch.eye(size, device=classes.device)[classes]


def _rows(values: Tensor | None, start: int, count: int) -> Tensor | None:
    return None if values is None else values[start : start + count]


def _device(network: nn.Module) -> torch.device:
    return next(network.parameters()).device
