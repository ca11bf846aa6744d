"""StyleGAN as the trainer sees it (Karras, Laine & Aila 2019)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ganlab_core.networks.layers import split_growth
from ganlab_core.networks.stylegan import StyleGANConfig, StyleGANDiscriminator, StyleGANGenerator
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.players.common import cut_generator, fixed_labels, fixed_latents
from ganlab_core.training.players.contract import DiscriminatorOutput, Round
from ganlab_core.training.precision import autocast
from ganlab_core.training.randomness import StepRandom

MEAN_STYLES = 4096
"""How many latents the centre of truncation is measured from."""


class StyleGANPlayers:
    """A mapping network with mixing regularisation and noise; a projection-like score per class."""

    averages_buffers = False

    def shape(self, config: TrainConfig, label_size: int) -> StyleGANConfig:
        """The networks' config."""
        return StyleGANConfig(
            resolution=config.resolution,
            fmap_base=config.fmap_base,
            fmap_max=config.fmap_max,
            z_dim=config.z_dim,
            w_dim=config.w_dim,
            mapping_layers=config.mapping_layers,
            mapping_fmaps=config.w_dim,
            label_size=label_size,
        )

    def group_size(self, discriminator: StyleGANDiscriminator) -> int:
        """That of the minibatch standard deviation."""
        config = discriminator.config
        return config.mbstd_group_size if config.mbstd_features else 1

    def fakes(
        self, generator: StyleGANGenerator, round_: Round, count: int, labels: Tensor | None
    ) -> Tensor:
        """Pictures with mixing regularisation (sec. 3.1) and fresh noise, (count, 3, r, r)."""
        config, random = round_.config, round_.random
        level, _ = split_growth(round_.growth)
        layers = 2 * level - 2
        w = generator.mapping(random.normal(count, config.z_dim), labels)
        round_.styles.append(w.detach().mean(dim=0))
        ws = w[:, None].expand(-1, layers, -1)
        if random.chance() < config.style_mixing:
            crossover = random.integer(1, layers)
            other = generator.mapping(random.normal(count, config.z_dim), labels)[:, None]
            ws = torch.cat([ws[:, :crossover], other.expand(-1, layers - crossover, -1)], dim=1)
        sides = [2 ** (index // 2 + 2) for index in range(layers)]
        noises = [random.normal(count, 1, side, side) for side in sides]
        with autocast(config, w.device):
            image: Tensor = generator.synthesis(ws, noises, round_.growth)
        return image.float()

    def track(self, generator: StyleGANGenerator, round_: Round) -> None:
        """Let the running mean of W follow."""
        with torch.no_grad():
            parts = round_.styles
            mean = parts[0] if len(parts) == 1 else torch.stack(parts).mean(dim=0)
            generator.w_avg.lerp_(round_.team.mean(mean), 1.0 - round_.config.w_avg_beta)

    def discriminate(
        self,
        discriminator: StyleGANDiscriminator,
        images: Tensor,
        labels: Tensor | None,
        growth: float,
        batches: int = 1,
    ) -> DiscriminatorOutput:
        """The score of each picture as one of its class."""
        return DiscriminatorOutput(discriminator(images, labels, growth, batches))

    def show(self, average: StyleGANGenerator, config: TrainConfig, growth: float) -> Tensor:
        """Pictures of the fixed latents, truncated, with the stored noise."""
        z = fixed_latents(config, config.z_dim, average.w_avg.device)
        w = average.mapping(z, fixed_labels(average, len(z)))
        ws = torch.lerp(average.w_avg, w, config.sheet_psi)
        layers = 2 * split_growth(growth)[0] - 2
        noises = [average.synthesis.stored_noise(index) for index in range(layers)]
        rows: list[Tensor] = [
            average.synthesis(part[:, None].expand(-1, layers, -1), noises, growth)
            for part in ws.split(config.sheet_columns)
        ]
        return torch.cat(rows)

    def publish(
        self, average: StyleGANGenerator, config: TrainConfig, level: int
    ) -> StyleGANGenerator:
        """A copy cut to 2^level px.

        Its centre of truncation is measured anew under the averaged mapping network, because the
        running mean follows the un-averaged one.
        """
        generator: StyleGANGenerator = cut_generator(average, level)
        labels = fixed_labels(generator, max(1, generator.config.label_size))
        with torch.no_grad():
            generator.w_avg.copy_(mean_style(generator, labels, config.seed))
        return generator

    def spectra(
        self, generator: StyleGANGenerator, discriminator: StyleGANDiscriminator
    ) -> Mapping[str, Tensor]:
        """No layer is spectrally normalised."""
        return {}


def mean_style(
    average: StyleGANGenerator, labels: Tensor | None, seed: int, count: int = MEAN_STYLES
) -> Tensor:
    """Mean of W under `average`'s own mapping network, (w_dim,): steadier than the running one."""
    device = average.w_avg.device
    random = StepRandom(seed, -1, device)
    z = random.normal(count, average.config.z_dim)
    if labels is not None:
        labels = labels.to(device)[torch.arange(count, device=device) % len(labels)]
    w: Tensor = average.mapping(z, labels)
    return w.mean(dim=0)
