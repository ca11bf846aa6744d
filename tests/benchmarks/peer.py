"""The published package `pro-gan-pth` beside our ProGAN: equal networks, each with its own step.

The package is not installed with ours. To get it:

    pip download --no-deps --no-binary :all: pro-gan-pth
    tar xf pro-gan-pth-*.tar.gz

and name the unpacked folder, as an argument or in the variable PRO_GAN_PTH. Its networks, its loss and
its two updates run as they are shipped. Of the modules that they import, those for picture files and
TensorBoard, which no update touches, are replaced by empty ones where they are missing.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import importlib
import importlib.util
import io
import os
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ganlab_core.networks import ProGANConfig, ProGANDiscriminator, ProGANGenerator
from ganlab_core.training import TrainConfig
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import run_step

PACKAGE = "pro_gan_pytorch"
RATE = 0.003
"""Step size of both networks by the package's default."""

EMPTY = {
    f"{PACKAGE}.data_tools": "get_data_loader",
    "torchvision.utils": "save_image",
    "torch.utils.tensorboard": "SummaryWriter",
}
"""What its `gan` imports for files and logs, and asks of it, what needs the others first."""

Pixels = NDArray[np.uint8]
Step = Callable[[Pixels], None]


@dataclass(frozen=True, slots=True)
class Shape:
    """What both networks are built by: z is as wide as the widest layer, as the package has it."""

    resolution: int = 64
    fmap_base: int = 768
    fmap_max: int = 96

    def config(self, batch: int) -> TrainConfig:
        """A run of ours with the package's loss and settings."""
        return TrainConfig(
            architecture="progan",
            resolution=self.resolution,
            fmap_base=self.fmap_base,
            fmap_max=self.fmap_max,
            z_dim=self.fmap_max,
            batch_size=batch,
            loss="wgan-gp",
            learning_rate=RATE,
            adam_beta1=0.0,
            adam_beta2=0.99,
            ema_kimg=batch * 0.693,  # a decay of 0.999 for each step
            device="cpu",
        )

    def layers(self) -> ProGANConfig:
        """Our networks' shape, which knows the channels of each resolution."""
        return ProGANConfig(
            resolution=self.resolution,
            fmap_base=self.fmap_base,
            fmap_max=self.fmap_max,
            z_dim=self.fmap_max,
        )


def find(folder: str | None = None) -> Any | None:
    """The package's module `gan`, from the unpacked folder or installed; None if it is nowhere."""
    place = folder or os.environ.get("PRO_GAN_PTH")
    if place and str(place) not in sys.path:
        sys.path.insert(0, str(Path(place).resolve()))
    if importlib.util.find_spec(PACKAGE) is None:
        return None
    with _empty_modules():
        gan = importlib.import_module(f"{PACKAGE}.gan")
    # A private method of PyTorch asks for one more number by now; what it answers here is always 0.
    layers = sys.modules[f"{PACKAGE}.custom_layers"]
    layers.EqualizedConvTranspose2d._output_padding = lambda *_: (0, 0)
    return gan


@contextlib.contextmanager
def _empty_modules() -> Iterator[None]:
    """While it lasts, modules that are missing are there and empty."""
    added = []
    for name, word in EMPTY.items():
        try:
            importlib.import_module(name)
        except ImportError:
            module = types.ModuleType(name)
            setattr(module, word, None)
            sys.modules[name] = module
            added.append(name)
    try:
        yield
    finally:
        for name in added:
            del sys.modules[name]


def our_state(shape: Shape, batch: int, *, fused: bool = True) -> TrainState:
    """A fresh run of ours; without `fused`, D scales down after the activation, as the package's does."""
    config = dataclasses.replace(shape.layers(), fused=fused)
    generator, discriminator = ProGANGenerator(config), ProGANDiscriminator(config)
    average = copy.deepcopy(generator).eval().requires_grad_(False)
    return TrainState(shape.config(batch), generator, discriminator, average, torch.device("cpu"))


def their_gan(gan: Any, shape: Shape) -> Any:
    """A fresh `ProGAN` of theirs with as many channels at each resolution as ours has."""
    config = shape.layers()
    networks = sys.modules[f"{PACKAGE}.networks"]
    published = networks.nf
    networks.nf = lambda stage: config.channels(stage + 1)
    try:
        generator = networks.Generator(config.levels, 3, config.z_dim)
        discriminator = networks.Discriminator(config.levels, 3, config.z_dim)
    finally:
        networks.nf = published
    with contextlib.redirect_stdout(io.StringIO()):  # it prints both networks
        return gan.ProGAN(generator, discriminator, torch.device("cpu"))


def our_step(shape: Shape, batch: int, *, fused: bool = True) -> Step:
    """One step of ours, with D's update, G's, and the average."""
    state = our_state(shape, batch, fused=fused)
    labels = np.zeros(batch, np.int64)
    growth = float(state.generator.config.levels)

    def step(pixels: Pixels) -> None:
        run_step(state, pixels, labels, growth)
        state.step += 1

    return step


def their_step(gan: Any, shape: Shape, batch: int) -> Step:
    """One step of theirs in the order of its `train`."""
    player = their_gan(gan, shape)
    loss = gan.WganGP()
    depth, alpha = player.depth, 1
    adam_g, adam_d = (
        torch.optim.Adam(network.parameters(), RATE, betas=(0.0, 0.99), eps=1e-8)
        for network in (player.gen, player.dis)
    )

    def step(pixels: Pixels) -> None:
        images = torch.from_numpy(pixels).float() / 127.5 - 1.0
        noise = torch.randn(batch, player.latent_size)
        player.optimize_discriminator(loss, adam_d, noise, images, depth, alpha)
        gan.update_average(player.gen_shadow, player.gen, beta=player.ema_beta)
        player.optimize_generator(loss, adam_g, noise, images, depth, alpha)

    return step
