"""ArchitectureAdapter: what an architecture has to say for itself to be trained."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab_core.data import Images
from ganlab_core.device import TwiceDifferentiated, choose_device
from ganlab_core.errors import TrainingError
from ganlab_core.networks import (
    GENERATOR_WIDTHS,
    BigGANConfig,
    BigGANDeepConfig,
    CoGANConfig,
    CycleGANConfig,
    CycleGANGenerator,
    DCGANConfig,
    DCGANDiscriminator,
    DenseGANConfig,
    LatentGenerator,
    ProGANConfig,
    ProGANDiscriminator,
    ProGANGenerator,
    SAGANConfig,
    SAGANGenerator,
    SharedConfig,
    SpectralLayer,
    StagedGenerator,
    StyleGAN2Config,
    StyleGAN2Discriminator,
    StyleGAN2Generator,
    StyleGANConfig,
    StyleGANDiscriminator,
    StyleGANGenerator,
    cycle_loss,
    folded_weights,
    measure_statistics,
    power_step,
    ready_to_render,
    split_growth,
)
from ganlab_core.rendering import fastest_precision
from ganlab_core.training.config import AUTO, TrainConfig
from ganlab_core.training.distributed import DistributedContext, StepRandom, seed_for


@dataclass(frozen=True, slots=True)
class StepContext:
    """What one pass of a step works under.

    Attributes
    ----------
    config
        Of the run.
    random
        The draws of the step, in order.
    growth
        Log2 of the resolution reached.
    distributed
        The processes that share the batch.
    styles
        Means of W over the fakes drawn so far, one for each part of the batch.
    sources
        The pictures that the fakes drawn so far were translated from, (n, 3, r, r) for each part.
    """

    config: TrainConfig
    random: StepRandom
    growth: float
    distributed: DistributedContext
    styles: list[Tensor] = field(default_factory=list)
    sources: list[Tensor] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DiscriminatorOutput:
    """What D says of N pictures: scores (N,), and how wrong it is about their classes, (N,) or None."""

    scores: Tensor
    label_losses: Tensor | None = None


class ArchitectureAdapter(Protocol):
    """One architecture's G and D, without state: the networks are handed in.

    Attributes
    ----------
    averages_buffers
        Whether the averaged generator averages G's buffers too, or copies them.
    """

    averages_buffers: bool

    def shape(self, config: TrainConfig, label_size: int) -> Any:
        """The networks' config; `label_size` is the number of classes of the data, 0 = none."""
        ...

    def group_size(self, discriminator: Any) -> int:
        """How many pictures D looks at together; a batch must not be cut inside such a group."""
        ...

    def keep_data(self, generator: Any, images: Images) -> None:
        """Let G keep what it needs of the data, once, when a run begins."""
        ...

    def own_loss(
        self, generator: Any, context: StepContext, fake: Tensor, labels: Tensor | None
    ) -> Tensor | None:
        """What G minimises besides what D says of its last fakes (n, 3, r, r); None = nothing."""
        ...

    def sample(
        self, generator: Any, context: StepContext, count: int, labels: Tensor | None
    ) -> Tensor:
        """`count` fresh pictures of the one-hot `labels` (count, classes), (count, K, h, w)."""
        ...

    def track(self, generator: Any, context: StepContext) -> None:
        """Let what follows G's latents follow: once for a step, into however many parts it is cut."""
        ...

    def discriminate(
        self,
        discriminator: Any,
        images: Tensor,
        labels: Tensor | None,
        growth: float,
        batches: int = 1,
    ) -> DiscriminatorOutput:
        """What D says of `batches` equal batches that are stacked along N."""
        ...

    def sample_grid(self, average: Any, config: TrainConfig, growth: float) -> Tensor:
        """Pictures (rows * columns, K, h, w) of latents that stay the same for the whole run."""
        ...

    def export_ema(self, average: Any, config: TrainConfig, level: int) -> Any:
        """A copy of the averaged G on the CPU, cut to 2^level px and ready to be kept in a file."""
        ...

    def path_lengths(
        self, generator: Any, context: StepContext, count: int, labels: Tensor | None
    ) -> Tensor | None:
        """Lengths (count,) of G's Jacobian for fresh latents; None where nothing is regularised."""
        ...

    def frozen(self, discriminator: Any, count: int) -> Sequence[nn.Module]:
        """D's first `count` layers from the picture on, whose weights stay as they are."""
        ...

    def spectra(self, generator: Any, discriminator: Any) -> Mapping[str, Tensor]:
        """The largest singular value of each spectrally normalised layer, by `g.` or `d.` and its name."""
        ...


# ------------------------------------------------------------------------------------------------
# The arithmetic of a run's convolutions.


def autocast(config: TrainConfig, device: torch.device) -> torch.autocast:
    """bfloat16 where the config asks for it, or has decided for it; else nothing."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=config.precision == "bf16")


@contextlib.contextmanager
def differentiated_twice(config: TrainConfig, device: torch.device) -> Iterator[None]:
    """How D is run where a gradient of its gradient is asked for.

    On a GPU in the run's own arithmetic, by convolutions whose second gradients are fast there; elsewhere
    in float32, whose second gradients cost no more.
    """
    if device.type != "cuda":
        yield
        return
    with TwiceDifferentiated(), autocast(config, device):
        yield


def with_precision(
    config: TrainConfig, distributed: DistributedContext = DistributedContext()
) -> TrainConfig:
    """The config with the faster arithmetic of its device where that was left to the machine.

    Of several processes all must find bfloat16 faster; the slowest would keep the others waiting.
    """
    if config.precision != AUTO:
        return config
    device = choose_device(config.device)
    vote = torch.tensor(float(fastest_precision(device) == "bf16"), device=device)
    all_of_them = float(distributed.mean(vote)) == 1.0
    return dataclasses.replace(config, precision="bf16" if all_of_them else "fp32")


BFLOAT16 = (
    "This machine convolves faster in bfloat16, so the run does; "
    "--set precision=fp32 is slower and finer."
)


def slow_precision(config: TrainConfig) -> tuple[str, ...]:
    """What to say of a run whose bfloat16 is no gain on this machine: at most one sentence."""
    device = choose_device(config.device)
    if config.precision != "bf16" or fastest_precision(device) == "bf16":
        return ()
    return (
        "The run trains in bfloat16, which this machine convolves no faster than float32; a new run "
        "with its weights and --set precision=fp32 (`ganlab train --from RUN`) may be quicker here.",
    )


# ------------------------------------------------------------------------------------------------
# Spectral norm's power iteration as the trainer handles it: its stored vectors, its singular
# values.


SETTLING_STEPS = 20
"""Steps after which sigma is taken to be the singular value itself."""


def power_vectors(network: nn.Module) -> list[Tensor]:
    """Every stored vector u of a network, in the order of its layers; empty without spectral norm."""
    return [layer.u for _, layer in _layers(network)]


@torch.no_grad()
def settle_power(network: nn.Module) -> None:
    """Iterate every u until it has come to rest."""
    for _, layer in _layers(network):
        matrix = layer.weight.flatten(1)
        for _ in range(SETTLING_STEPS):
            layer.u.copy_(power_step(matrix, layer.u, layer.spectral.eps)[1])


@torch.no_grad()
def singular_values(network: nn.Module) -> dict[str, Tensor]:
    """Layer -> the estimate of its largest singular value that its weight is divided by."""
    values = {}
    for name, layer in _layers(network):
        matrix = layer.weight.flatten(1)
        v, u = power_step(matrix, layer.u, layer.spectral.eps)
        values[name] = torch.dot(u, torch.mv(matrix, v))
    return values


def _layers(network: nn.Module) -> Iterator[tuple[str, SpectralLayer]]:
    for name, layer in network.named_modules():
        if isinstance(layer, SpectralLayer) and layer.spectral.on:
            yield name, layer


# ------------------------------------------------------------------------------------------------
# What several adapters have in common: the latents of the sheets, generators that can be cut.


def fixed_latents(config: TrainConfig, z_dim: int, device: torch.device) -> Tensor:
    """The z of a run's sample sheets, (rows * columns, z_dim)."""
    count = config.sheet_rows * config.sheet_columns
    random = torch.Generator().manual_seed(seed_for(config.seed, "sheet"))
    return torch.randn(count, z_dim, generator=random).to(device)


def fixed_labels(average: Any, count: int) -> Tensor | None:
    """One-hot classes in turn, (count, classes), or None for an unconditional network."""
    size = average.config.label_size
    if not size:
        return None
    return torch.eye(size, device=next(average.parameters()).device)[torch.arange(count) % size]


def cut_generator(average: Any, level: int) -> Any:
    """A copy of a growing generator on the CPU that ends at 2^level px."""
    config = dataclasses.replace(average.config, resolution=2**level)
    whole = copy.deepcopy(average).cpu().state_dict()
    with torch.device("meta"):
        generator = type(average)(config)
    kept = {name: whole[name].clone() for name in generator.state_dict()}
    generator.load_state_dict(kept, assign=True)
    return generator.requires_grad_(requires_grad=False)


# ------------------------------------------------------------------------------------------------
# StyleGAN as the trainer sees it (Karras, Laine & Aila 2019).


MEAN_STYLES = 4096
"""How many latents the centre of truncation is measured from."""


class _Plain:
    """What most architectures have nothing of."""

    def keep_data(self, generator: Any, images: Images) -> None:
        """G knows the data by D alone."""

    def own_loss(
        self, generator: Any, context: StepContext, fake: Tensor, labels: Tensor | None
    ) -> Tensor | None:
        """G is told by D alone."""
        return None

    def track(self, generator: Any, context: StepContext) -> None:
        """Nothing of G follows its latents."""

    def path_lengths(
        self, generator: Any, context: StepContext, count: int, labels: Tensor | None
    ) -> Tensor | None:
        """Paths are not regularised."""
        return None

    def frozen(self, discriminator: Any, count: int) -> Sequence[nn.Module]:
        """All layers learn."""
        return ()

    def spectra(self, generator: Any, discriminator: Any) -> Mapping[str, Tensor]:
        """No layer is spectrally normalised."""
        return {}


class StyleGANAdapter(_Plain):
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
            blur=config.blur,
            mbstd_features=int(config.mbstd),
            img_channels=config.img_channels,
            const_size=config.const_size,
        )

    def group_size(self, discriminator: StyleGANDiscriminator) -> int:
        """That of the minibatch standard deviation."""
        config = discriminator.config
        return config.mbstd_group_size if config.mbstd_features else 1

    def sample(
        self, generator: StyleGANGenerator, context: StepContext, count: int, labels: Tensor | None
    ) -> Tensor:
        """Pictures with mixing regularisation (sec. 3.1) and fresh noise, (count, K, h, w)."""
        config, random = context.config, context.random
        level, _ = split_growth(context.growth)
        layers = 2 * level - 2
        z, crossover = random.normal(count, config.z_dim), layers
        if random.chance() < config.style_mixing:
            crossover = random.integer(1, layers)
            z = torch.cat([z, random.normal(count, config.z_dim)])
            labels = None if labels is None else torch.cat([labels, labels])
        w = generator.mapping(z, labels)  # of both latents at once, which costs as much as of one
        context.styles.append(w[:count].detach().mean(dim=0))
        ws = torch.cat(
            [
                w[:count, None].expand(-1, crossover, -1),
                w[-count:, None].expand(-1, layers - crossover, -1),
            ],
            dim=1,
        )
        sizes = [generator.config.size(index // 2 + 2) for index in range(layers)]
        noises = [random.normal(count, 1, *size) for size in sizes]
        with autocast(config, w.device):
            image: Tensor = generator.synthesis(ws, noises, context.growth)
        return image.float()

    def track(self, generator: StyleGANGenerator, context: StepContext) -> None:
        """Let the running mean of W follow."""
        track_mean_style(generator.w_avg, context)

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

    def sample_grid(self, average: StyleGANGenerator, config: TrainConfig, growth: float) -> Tensor:
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

    def export_ema(
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


@torch.no_grad()
def track_mean_style(w_avg: Tensor, context: StepContext) -> None:
    """Let a running mean of W follow the means that the step has left in `context.styles`."""
    parts = context.styles
    mean = parts[0] if len(parts) == 1 else torch.stack(parts).mean(dim=0)
    w_avg.lerp_(context.distributed.mean(mean), 1.0 - context.config.w_avg_beta)


def mean_style(
    average: StyleGANGenerator | StyleGAN2Generator,
    labels: Tensor | None,
    seed: int,
    count: int = MEAN_STYLES,
) -> Tensor:
    """Mean of W under `average`'s own mapping network, (w_dim,): steadier than the running one."""
    device = average.w_avg.device
    random = StepRandom(seed, -1, device)
    z = random.normal(count, average.config.z_dim)
    if labels is not None:
        labels = labels.to(device)[torch.arange(count, device=device) % len(labels)]
    w: Tensor = average.mapping(z, labels)
    return w.mean(dim=0)


# ------------------------------------------------------------------------------------------------
# StyleGAN2 as the trainer sees it (Karras et al. 2020, "Analyzing and Improving ...").


class StyleGAN2Adapter(_Plain):
    """As StyleGAN, without growth, with path length regularisation."""

    averages_buffers = False

    def shape(self, config: TrainConfig, label_size: int) -> StyleGAN2Config:
        """The networks' config."""
        return StyleGAN2Config(
            resolution=config.resolution,
            channel_base=2 * config.fmap_base,
            channel_max=config.fmap_max,
            z_dim=config.z_dim,
            w_dim=config.w_dim,
            mapping_layers=config.mapping_layers,
            mapping_fmaps=config.w_dim,
            label_size=label_size,
            resample_filter=PUBLISHED_FILTER if config.blur else BOX,
            mbstd_features=int(config.mbstd),
            img_channels=config.img_channels,
            const_size=config.const_size,
        )

    def group_size(self, discriminator: StyleGAN2Discriminator) -> int:
        """That of the minibatch standard deviation; without a limit it is the whole batch."""
        config = discriminator.config
        return (config.mbstd_group_size or WHOLE_BATCH) if config.mbstd_features else 1

    def sample(
        self, generator: StyleGAN2Generator, context: StepContext, count: int, labels: Tensor | None
    ) -> Tensor:
        """Pictures with mixing regularisation and fresh noise, (count, K, H, W)."""
        ws = self._styles(generator, context, count, labels)
        context.styles.append(ws[:, 0].detach().mean(dim=0))
        return self._pictures(generator, context, self._mixed(generator, context, ws, labels))

    def _styles(
        self, generator: StyleGAN2Generator, context: StepContext, count: int, labels: Tensor | None
    ) -> Tensor:
        """Styles of fresh latents, the same for all layers, (count, num_styles, w_dim)."""
        w: Tensor = generator.mapping(context.random.normal(count, generator.config.z_dim), labels)
        return w[:, None].expand(-1, generator.config.num_styles, -1)

    def _mixed(
        self,
        generator: StyleGAN2Generator,
        context: StepContext,
        ws: Tensor,
        labels: Tensor | None,
    ) -> Tensor:
        """Other latents' styles from some layer on, as often as `style_mixing` says."""
        random, layers = context.random, ws.shape[1]
        if random.chance() >= context.config.style_mixing:
            return ws
        crossover = random.integer(1, layers)
        other = self._styles(generator, context, len(ws), labels)
        return torch.cat([ws[:, :crossover], other[:, crossover:]], dim=1)

    def _pictures(self, generator: StyleGAN2Generator, context: StepContext, ws: Tensor) -> Tensor:
        """Pictures of styles with fresh noise, in float32."""
        shape, count = generator.config, len(ws)
        sizes = [shape.size((index + 1) // 2 + 2) for index in range(shape.num_styles - 1)]
        noises = [context.random.normal(count, 1, *size) if shape.noise else None for size in sizes]
        with autocast(context.config, ws.device):
            image: Tensor = generator.synthesis(ws, noises)
        return image.float()

    def track(self, generator: StyleGAN2Generator, context: StepContext) -> None:
        """Let the running mean of W follow."""
        track_mean_style(generator.w_avg, context)

    def path_lengths(
        self, generator: StyleGAN2Generator, context: StepContext, count: int, labels: Tensor | None
    ) -> Tensor:
        """|J_w^T y| for y ~ N(0, I) over the number of pixels (sec. 3.2), a root mean over the layers.

        Of the whole batch: half of it, as published, could not be dealt out to several processes.
        """
        ws = self._mixed(
            generator, context, self._styles(generator, context, count, labels), labels
        )
        images = self._pictures(generator, context, ws)
        y = context.random.normal(count, *images.shape[1:])
        return path_lengths(images, ws, y)

    def discriminate(
        self,
        discriminator: StyleGAN2Discriminator,
        images: Tensor,
        labels: Tensor | None,
        growth: float,
        batches: int = 1,
    ) -> DiscriminatorOutput:
        """The score of each picture as one of its class."""
        return DiscriminatorOutput(discriminator(images, labels, batches))

    def sample_grid(
        self, average: StyleGAN2Generator, config: TrainConfig, growth: float
    ) -> Tensor:
        """Pictures of the fixed latents, truncated, with the stored noise."""
        z = fixed_latents(config, average.config.z_dim, average.w_avg.device)
        w = average.mapping(z, fixed_labels(average, len(z)))
        ws = torch.lerp(average.w_avg, w, config.sheet_psi)
        layers = average.config.num_styles
        stored = [average.synthesis.stored_noise(index) for index in range(layers - 1)]
        noises = stored if average.config.noise else [None] * len(stored)
        rows: list[Tensor] = [
            average.synthesis(part[:, None].expand(-1, layers, -1), noises)
            for part in ws.split(config.sheet_columns)
        ]
        return torch.cat(rows)

    def export_ema(
        self, average: StyleGAN2Generator, config: TrainConfig, level: int
    ) -> StyleGAN2Generator:
        """A copy, its centre of truncation measured anew as for StyleGAN."""
        generator = copy.deepcopy(average).cpu()
        labels = fixed_labels(generator, max(1, generator.config.label_size))
        with torch.no_grad():
            generator.w_avg.copy_(mean_style(generator, labels, config.seed))
        return generator

    def frozen(self, discriminator: StyleGAN2Discriminator, count: int) -> Sequence[nn.Module]:
        """D's first `count` layers from the picture on."""
        return discriminator.layers()[:count]


PUBLISHED_FILTER, BOX = (1.0, 3.0, 3.0, 1.0), (1.0, 1.0)
"""The filter for up- and down-scaling, and one that only repeats and averages pixels."""

WHOLE_BATCH = 2**20
"""More pictures than any batch has."""


def path_lengths(images: Tensor, ws: Tensor, y: Tensor) -> Tensor:
    """Lengths of J_w^T y, y over the root of a picture's pixels (Karras et al. 2020, eq. 4).

    Shapes: images (N, C, H, W), made from styles ws (N, layers, w_dim); y like images, standard normal
    -> (N,). The graph is kept for another derivative.
    """
    pixels = images.shape[2] * images.shape[3]
    total = (images * y).sum() / math.sqrt(pixels)
    (gradient,) = torch.autograd.grad(total, ws, create_graph=True)
    return gradient.square().sum(dim=2).mean(dim=1).sqrt()


# ------------------------------------------------------------------------------------------------
# ProGAN as the trainer sees it (Karras, Aila, Laine & Lehtinen 2018).


class ProGANAdapter(_Plain):
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
            img_channels=config.img_channels,
        )

    def group_size(self, discriminator: ProGANDiscriminator) -> int:
        """That of the minibatch standard deviation."""
        return discriminator.config.mbstd_group_size

    def sample(
        self, generator: ProGANGenerator, context: StepContext, count: int, labels: Tensor | None
    ) -> Tensor:
        """Pictures of fresh latents, (count, K, h, w)."""
        z = context.random.normal(count, context.config.z_dim)
        with autocast(context.config, z.device):
            image: Tensor = generator(z, labels, context.growth)
        return image.float()

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

    def sample_grid(self, average: ProGANGenerator, config: TrainConfig, growth: float) -> Tensor:
        """Pictures of the fixed latents; ProGAN knows no truncation."""
        z = fixed_latents(config, config.z_dim, next(average.parameters()).device)
        labels = fixed_labels(average, len(z))
        parts = [None] * len(z) if labels is None else list(labels.split(config.sheet_columns))
        rows: list[Tensor] = [
            average(part, label, growth)
            for part, label in zip(z.split(config.sheet_columns), parts, strict=False)
        ]
        return torch.cat(rows)

    def export_ema(
        self, average: ProGANGenerator, config: TrainConfig, level: int
    ) -> ProGANGenerator:
        """A copy cut to 2^level px."""
        generator: ProGANGenerator = cut_generator(average, level)
        return generator


# ------------------------------------------------------------------------------------------------
# BigGAN and BigGAN-deep as the trainer sees them (Brock, Donahue & Simonyan 2019).


TRUNCATIONS = tuple(step / 10 for step in range(11))
"""Where a model file's standing statistics are measured; between them they are interpolated."""


class BigGANAdapter(_Plain):
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
            "img_channels": config.img_channels,
        }
        if self._deep:
            return BigGANDeepConfig(z_dim=config.z_dim, **common)
        parts = len(GENERATOR_WIDTHS.get(config.resolution, (1,))) if config.hierarchical else 1
        z_dim = config.z_dim // parts * parts
        return BigGANConfig(z_dim=z_dim, hierarchical=config.hierarchical, **common)

    def group_size(self, discriminator: nn.Module) -> int:
        """Pictures do not meet in D."""
        return 1

    def sample(
        self, generator: StagedGenerator, context: StepContext, count: int, labels: Tensor | None
    ) -> Tensor:
        """Pictures of fresh latents, (count, K, H, W), normalised by the statistics of this batch."""
        z = context.random.normal(count, generator.config.z_dim)
        with autocast(context.config, z.device):
            image: Tensor = generator(z, labels)
        return image.float()

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

    def sample_grid(self, average: StagedGenerator, config: TrainConfig, growth: float) -> Tensor:
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

    def export_ema(
        self, average: StagedGenerator, config: TrainConfig, level: int
    ) -> StagedGenerator:
        """A copy with its weights divided by sigma and standing statistics (appendix D)."""
        generator = settled(average, config, TRUNCATIONS)
        return generator.cpu()

    def spectra(self, generator: StagedGenerator, discriminator: nn.Module) -> Mapping[str, Tensor]:
        """The largest singular value of each weight before it is divided by it."""
        return both_spectra(generator, discriminator)


def both_spectra(generator: nn.Module, discriminator: nn.Module) -> dict[str, Tensor]:
    """`singular_values` of G and D by `g.` or `d.` and the layer's name."""
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


# ------------------------------------------------------------------------------------------------
# The ancestors as the trainer sees them: one latent in, one picture out.


class LatentAdapter(_Plain):
    """What GAN, CGAN, DCGAN, WGAN and SAGAN have in common."""

    averages_buffers = False

    def group_size(self, discriminator: Any) -> int:
        """Pictures do not meet in D."""
        return 1

    def sample(
        self, generator: LatentGenerator, context: StepContext, count: int, labels: Tensor | None
    ) -> Tensor:
        """Pictures of fresh latents, (count, K, H, W); G's batch norm uses the batch itself."""
        z = context.random.normal(count, context.config.z_dim)
        with autocast(context.config, z.device):
            image: Tensor = generator(z, labels)
        return image.float()

    def discriminate(
        self,
        discriminator: nn.Module,
        images: Tensor,
        labels: Tensor | None,
        growth: float,
        batches: int = 1,
    ) -> DiscriminatorOutput:
        """The score of each picture, as one of its class where D knows classes."""
        return DiscriminatorOutput(discriminator(images, labels, batches))

    def sample_grid(self, average: LatentGenerator, config: TrainConfig, growth: float) -> Tensor:
        """Pictures of the fixed latents, classes in turn."""
        z = fixed_latents(config, config.z_dim, _device(average))
        picture: Tensor = average(z, fixed_labels(average, len(z)))
        return picture

    def export_ema(
        self, average: LatentGenerator, config: TrainConfig, level: int
    ) -> LatentGenerator:
        """A copy, its batch norm with the running statistics of training."""
        return copy.deepcopy(average).cpu().requires_grad_(requires_grad=False)


class DenseGANAdapter(LatentAdapter):
    """GAN and CGAN (Goodfellow et al. 2014; Mirza & Osindero 2014)."""

    def shape(self, config: TrainConfig, label_size: int) -> DenseGANConfig:
        """The networks' config."""
        if config.architecture == "cgan" and not label_size:
            raise TrainingError(
                "A CGAN learns classes, and these pictures have none.",
                "Choose pictures in one folder for each class, or --architecture gan.",
            )
        return DenseGANConfig(
            config.resolution, config.channels, config.z_dim, label_size, config.img_channels
        )


class DCGANAdapter(LatentAdapter):
    """DCGAN, WGAN and WGAN-GP.

    Parameters
    ----------
    critic_norm
        What normalises D's layers.
    """

    def __init__(self, critic_norm: str) -> None:
        self._critic_norm = critic_norm

    def shape(self, config: TrainConfig, label_size: int) -> DCGANConfig:
        """The networks' config."""
        return DCGANConfig(
            config.resolution,
            config.channels,
            config.z_dim,
            critic_norm=self._critic_norm,
            img_channels=config.img_channels,
        )

    def group_size(self, discriminator: DCGANDiscriminator) -> int:
        """The whole batch, where batch norm lets pictures meet."""
        return WHOLE_BATCH if discriminator.config.critic_norm == "batch" else 1


class SAGANAdapter(LatentAdapter):
    """SAGAN (Zhang et al. 2019)."""

    def shape(self, config: TrainConfig, label_size: int) -> SAGANConfig:
        """The networks' config."""
        return SAGANConfig(
            config.resolution,
            config.channels,
            config.z_dim,
            label_size,
            config.attention,
            img_channels=config.img_channels,
        )

    def export_ema(
        self, average: LatentGenerator, config: TrainConfig, level: int
    ) -> LatentGenerator:
        """A copy with its weights divided by sigma."""
        source = copy.deepcopy(average).cpu()
        assert isinstance(source, SAGANGenerator)
        settle_power(source)
        shape = dataclasses.replace(source.config, spectral_norm=False)
        with torch.device("meta"):
            generator = SAGANGenerator(shape)
        generator.load_state_dict(folded_weights(source), assign=True)
        return generator.eval().requires_grad_(requires_grad=False)

    def spectra(self, generator: nn.Module, discriminator: nn.Module) -> Mapping[str, Tensor]:
        """The largest singular value of each weight before it is divided by it."""
        return both_spectra(generator, discriminator)


class DomainAdapter(LatentAdapter):
    """What CoGAN and CycleGAN have in common: the classes of the data are the domains."""

    def sample(
        self, generator: LatentGenerator, context: StepContext, count: int, labels: Tensor | None
    ) -> Tensor:
        """As others; a batch that lacks a domain gives its layers no gradient to be averaged."""
        if not context.distributed.is_alone:
            raise TrainingError(
                f"A {context.config.architecture} learns in one process.",
                "Leave out --processes.",
            )
        return super().sample(generator, context, count, labels)

    def sample_grid(self, average: LatentGenerator, config: TrainConfig, growth: float) -> Tensor:
        """Pictures of the fixed latents, each in all domains in turn."""
        z = fixed_latents(config, config.z_dim, _device(average))
        labels = fixed_labels(average, len(z))
        assert labels is not None
        picture: Tensor = average(z.repeat_interleave(labels.shape[1], dim=0)[: len(z)], labels)
        return picture


def two_domains(config: TrainConfig, label_size: int) -> None:
    """Raise `TrainingError` unless the data has the domains that an architecture learns."""
    if label_size < 2 or (config.architecture == "cyclegan" and label_size != 2):
        raise TrainingError(
            f"A {config.architecture} learns two domains, and these pictures have "
            f"{label_size or 'no'} classes.",
            "Say the pictures of one with --data and those of the other with --data-b.",
        )


class CoGANAdapter(DomainAdapter):
    """CoGAN (Liu & Tuzel 2016)."""

    def shape(self, config: TrainConfig, label_size: int) -> CoGANConfig:
        """The networks' config."""
        two_domains(config, label_size)
        return CoGANConfig(
            config.resolution, config.channels, config.z_dim, label_size, config.own_layers
        )

    def group_size(self, discriminator: nn.Module) -> int:
        """The whole batch: batch norm lets pictures meet."""
        return WHOLE_BATCH


class CycleGANAdapter(DomainAdapter):
    """CycleGAN (Zhu et al. 2017)."""

    def shape(self, config: TrainConfig, label_size: int) -> CycleGANConfig:
        """The networks' config."""
        two_domains(config, label_size)
        return CycleGANConfig(config.resolution, config.channels, config.z_dim)

    def keep_data(self, generator: CycleGANGenerator, images: Images) -> None:
        """Fill the gallery with pictures of each domain, over again where there are too few."""
        side, count = generator.config.resolution, generator.config.z_dim
        for domain, kept in enumerate(generator.gallery.pictures):
            mine = np.flatnonzero(images.labels == domain)
            chosen = np.resize(mine[:: max(1, len(mine) // count)], count)
            kept.copy_(torch.from_numpy(images.batch(chosen, side)))

    def sample(
        self, generator: LatentGenerator, context: StepContext, count: int, labels: Tensor | None
    ) -> Tensor:
        """Translations of pictures that fresh latents choose; the pictures are noted."""
        before = context.random.position()
        z = context.random.normal(count, context.config.z_dim)
        context.random.rewind(before)
        assert isinstance(generator, CycleGANGenerator)
        context.sources.append(generator.source(z, labels))
        return super().sample(generator, context, count, labels)

    def own_loss(
        self,
        generator: CycleGANGenerator,
        context: StepContext,
        fake: Tensor,
        labels: Tensor | None,
    ) -> Tensor | None:
        """The cycle loss of the last fakes, weighed (eq. 2 and 3)."""
        back = None if labels is None else labels.flip(1)
        with autocast(context.config, fake.device):
            returned = generator.translate(fake, back)
        loss = cycle_loss(context.sources[-1], returned.float())
        return context.config.cycle_weight * loss


# ------------------------------------------------------------------------------------------------
# Which adapter belongs to which architecture.


ADAPTERS: dict[str, ArchitectureAdapter] = {
    "stylegan": StyleGANAdapter(),
    "stylegan2": StyleGAN2Adapter(),
    "progan": ProGANAdapter(),
    "biggan": BigGANAdapter(deep=False),
    "biggan-deep": BigGANAdapter(deep=True),
    "gan": DenseGANAdapter(),
    "cgan": DenseGANAdapter(),
    "dcgan": DCGANAdapter("batch"),
    "wgan": DCGANAdapter("batch"),
    "wgan-gp": DCGANAdapter("layer"),
    "sagan": SAGANAdapter(),
    "cogan": CoGANAdapter(),
    "cyclegan": CycleGANAdapter(),
}
"""Name in a config -> its adapter."""
