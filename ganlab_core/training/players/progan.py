"""ProGAN as the trainer sees it (Karras, Aila, Laine & Lehtinen 2018)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.networks.progan import ProGANConfig, ProGANDiscriminator, ProGANGenerator
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.players.common import cut_generator, fixed_labels, fixed_latents
from ganlab_core.training.players.contract import DiscriminatorOutput, Round
from ganlab_core.training.precision import autocast


class ProGANPlayers:
    """A normalised latent with its class behind it; a critic with an auxiliary classifier."""

    averages_buffers = False

    def shape(self, config: TrainConfig, label_size: int) -> ProGANConfig:
        """The networks' config."""
        return ProGANConfig(
            resolution=config.resolution,
            fmap_base=config.fmap_base,
            fmap_max=config.fmap_max,
            z_dim=config.z_dim,
            label_size=label_size,
        )

    def group_size(self, discriminator: ProGANDiscriminator) -> int:
        """That of the minibatch standard deviation."""
        return discriminator.config.mbstd_group_size

    def fakes(
        self, generator: ProGANGenerator, round_: Round, count: int, labels: Tensor | None
    ) -> Tensor:
        """Pictures of fresh latents, (count, 3, r, r)."""
        z = round_.random.normal(count, round_.config.z_dim)
        with autocast(round_.config, z.device):
            image: Tensor = generator(z, labels, round_.growth)
        return image.float()

    def track(self, generator: ProGANGenerator, round_: Round) -> None:
        """Nothing of G follows its latents."""

    def discriminate(
        self,
        discriminator: ProGANDiscriminator,
        images: Tensor,
        labels: Tensor | None,
        growth: float,
        batches: int = 1,
    ) -> DiscriminatorOutput:
        """The score of each picture, and the cross-entropy of its class (AC-GAN) where there is one."""
        output: Tensor = discriminator(images, growth, batches=batches)
        if labels is None:
            return DiscriminatorOutput(output[:, 0])
        wrong = F.cross_entropy(output[:, 1:].float(), labels, reduction="none")
        return DiscriminatorOutput(output[:, 0], wrong)

    def show(self, average: ProGANGenerator, config: TrainConfig, growth: float) -> Tensor:
        """Pictures of the fixed latents; ProGAN knows no truncation."""
        z = fixed_latents(config, config.z_dim, next(average.parameters()).device)
        labels = fixed_labels(average, len(z))
        parts = [None] * len(z) if labels is None else list(labels.split(config.sheet_columns))
        rows: list[Tensor] = [
            average(part, label, growth)
            for part, label in zip(z.split(config.sheet_columns), parts, strict=False)
        ]
        return torch.cat(rows)

    def publish(self, average: ProGANGenerator, config: TrainConfig, level: int) -> ProGANGenerator:
        """A copy cut to 2^level px."""
        generator: ProGANGenerator = cut_generator(average, level)
        return generator

    def spectra(
        self, generator: ProGANGenerator, discriminator: ProGANDiscriminator
    ) -> Mapping[str, Tensor]:
        """No layer is spectrally normalised."""
        return {}
