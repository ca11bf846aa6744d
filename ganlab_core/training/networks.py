"""The pair of networks a config asks for."""

from __future__ import annotations

import torch

from ganlab_core.networks.stylegan import Discriminator, Generator, StyleGANConfig
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.randomness import seed_for


def network_config(config: TrainConfig, label_size: int) -> StyleGANConfig:
    """The shape of the networks; `label_size` is the number of classes of the data, 0 = none."""
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


def build(config: TrainConfig, label_size: int) -> tuple[Generator, Discriminator]:
    """G and D with weights drawn from the config's seed; the global generator is left as it was."""
    shape = network_config(config, label_size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_for(config.seed, "weights"))
        return Generator(shape), Discriminator(shape)
