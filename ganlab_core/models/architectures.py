"""The architectures: how a network is built from the config in a file's header, one entry each."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

from torch import nn

from ganlab_core.models.model import Network
from ganlab_core.networks import (
    BigGANConfig,
    BigGANDeepConfig,
    BigGANDeepDiscriminator,
    BigGANDeepGenerator,
    BigGANDiscriminator,
    BigGANGenerator,
    BigGANStages,
    CoGANConfig,
    CoGANDiscriminator,
    CoGANGenerator,
    CoGANStages,
    CycleGANConfig,
    CycleGANDiscriminator,
    CycleGANGenerator,
    CycleGANStages,
    DCGANConfig,
    DCGANDiscriminator,
    DCGANGenerator,
    DCGANStages,
    DenseGANConfig,
    DenseGANDiscriminator,
    DenseGANGenerator,
    DenseGANStages,
    LucidConfig,
    LucidGenerator,
    LucidStages,
    ProGANConfig,
    ProGANDiscriminator,
    ProGANGenerator,
    ProGANStages,
    SAGANConfig,
    SAGANDiscriminator,
    SAGANGenerator,
    SAGANStages,
    StyleGAN2Config,
    StyleGAN2Discriminator,
    StyleGAN2Generator,
    StyleGAN2Stages,
    StyleGAN3Config,
    StyleGAN3Generator,
    StyleGAN3Stages,
    StyleGANConfig,
    StyleGANDiscriminator,
    StyleGANGenerator,
    StyleGANStages,
    biggan_capabilities,
    biggan_deep_capabilities,
    cogan_capabilities,
    cyclegan_capabilities,
    dcgan_capabilities,
    dense_gan_capabilities,
    lucid_capabilities,
    progan_capabilities,
    sagan_capabilities,
    stylegan2_capabilities,
    stylegan3_capabilities,
    stylegan_capabilities,
)
from ganlab_core.recipe import Capabilities

MOST_LISTED = 256
"""Items of a list in a config."""

LARGEST_NUMBER = 1e30


class NetworkConfig(Protocol):
    """What the configs of all architectures have: a frozen dataclass of plain values."""

    @property
    def resolution(self) -> int:
        """Output side in pixels."""
        ...

    @property
    def label_size(self) -> int:
        """Number of classes; 0 = unconditional."""
        ...

    def check(self) -> None:
        """Raise `ValueError` for sizes from which no network could or should be built."""
        ...


Config = TypeVar("Config", bound=NetworkConfig)
G = TypeVar("G", bound=nn.Module)
D = TypeVar("D", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Architecture(Generic[Config, G, D]):
    """One kind of network.

    Attributes
    ----------
    config
        The class of its settings.
    generator, discriminator
        Their classes: config -> network with fresh weights.
    stages
        Generator -> its chain of stages.
    capabilities
        Config and class names -> what it can do.
    """

    config: type[Config]
    generator: Callable[[Config], G]
    discriminator: type[D]
    stages: Callable[[G], Network]
    capabilities: Callable[[Config, tuple[str, ...]], Capabilities]

    def config_from(self, header: Mapping[str, Any]) -> Config:
        """The config that a file's JSON object describes; raises `TypeError` or `ValueError`."""
        kinds = get_type_hints(self.config)
        for name, value in header.items():
            if name in kinds and not _is_of(value, kinds[name]):
                raise TypeError(f"{name} is of another type")
        config = self.config(**header)
        config.check()
        return config


def _is_of(value: object, kind: Any) -> bool:
    """Whether a JSON value has the type of a config's field; a list stands for a tuple, 1 for 1.0."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return any(_is_of(value, part) for part in parts)
    if origin is tuple:
        if not isinstance(value, list | tuple) or len(value) > MOST_LISTED:
            return False
        if parts[-1] is Ellipsis:
            return all(_is_of(item, parts[0]) for item in value)
        return len(value) == len(parts) and all(map(_is_of, value, parts))
    if kind is float:
        return type(value) in (int, float) and abs(value) <= LARGEST_NUMBER  # type: ignore[arg-type]
    return type(value) is kind


PROGAN = Architecture(
    config=ProGANConfig,
    generator=ProGANGenerator,
    discriminator=ProGANDiscriminator,
    stages=ProGANStages,
    capabilities=progan_capabilities,
)
STYLEGAN = Architecture(
    config=StyleGANConfig,
    generator=StyleGANGenerator,
    discriminator=StyleGANDiscriminator,
    stages=StyleGANStages,
    capabilities=stylegan_capabilities,
)
STYLEGAN2 = Architecture(
    config=StyleGAN2Config,
    generator=StyleGAN2Generator,
    discriminator=StyleGAN2Discriminator,
    stages=StyleGAN2Stages,
    capabilities=stylegan2_capabilities,
)
STYLEGAN3 = Architecture(
    config=StyleGAN3Config,
    generator=StyleGAN3Generator,
    discriminator=StyleGAN2Discriminator,  # theirs as well; it is not trained here
    stages=StyleGAN3Stages,
    capabilities=stylegan3_capabilities,
)
LUCID = Architecture(
    config=LucidConfig,
    generator=LucidGenerator,
    discriminator=StyleGAN2Discriminator,  # not theirs, which is not trained here
    stages=LucidStages,
    capabilities=lucid_capabilities,
)
BIGGAN = Architecture(
    config=BigGANConfig,
    generator=BigGANGenerator,
    discriminator=BigGANDiscriminator,
    stages=BigGANStages,
    capabilities=biggan_capabilities,
)
BIGGAN_DEEP = Architecture(
    config=BigGANDeepConfig,
    generator=BigGANDeepGenerator,
    discriminator=BigGANDeepDiscriminator,
    stages=BigGANStages,
    capabilities=biggan_deep_capabilities,
)

DENSE_GAN = Architecture(
    config=DenseGANConfig,
    generator=DenseGANGenerator,
    discriminator=DenseGANDiscriminator,
    stages=DenseGANStages,
    capabilities=dense_gan_capabilities,
)
DCGAN = Architecture(
    config=DCGANConfig,
    generator=DCGANGenerator,
    discriminator=DCGANDiscriminator,
    stages=DCGANStages,
    capabilities=dcgan_capabilities,
)
SAGAN = Architecture(
    config=SAGANConfig,
    generator=SAGANGenerator,
    discriminator=SAGANDiscriminator,
    stages=SAGANStages,
    capabilities=sagan_capabilities,
)
COGAN = Architecture(
    config=CoGANConfig,
    generator=CoGANGenerator,
    discriminator=CoGANDiscriminator,
    stages=CoGANStages,
    capabilities=cogan_capabilities,
)
CYCLEGAN = Architecture(
    config=CycleGANConfig,
    generator=CycleGANGenerator,
    discriminator=CycleGANDiscriminator,
    stages=CycleGANStages,
    capabilities=cyclegan_capabilities,
)


def _of_dcgan(name: str) -> Architecture[DCGANConfig, DCGANGenerator, DCGANDiscriminator]:
    """DCGAN's networks under the name of what they are trained by."""

    def capabilities(config: DCGANConfig, classes: tuple[str, ...]) -> Capabilities:
        return dataclasses.replace(dcgan_capabilities(config, classes), architecture=name)

    return dataclasses.replace(DCGAN, capabilities=capabilities)


# which types meet under a name is only known when a file has been read: Any from here on
ARCHITECTURES: Mapping[str, Architecture[Any, Any, Any]] = {
    "progan": PROGAN,
    "stylegan": STYLEGAN,
    "biggan": BIGGAN,
    "biggan-deep": BIGGAN_DEEP,
    "stylegan2": STYLEGAN2,
    "stylegan3": STYLEGAN3,
    "gan": DENSE_GAN,
    "cgan": DENSE_GAN,
    "dcgan": DCGAN,
    "wgan": _of_dcgan("wgan"),
    "wgan-gp": _of_dcgan("wgan-gp"),
    "sagan": SAGAN,
    "cogan": COGAN,
    "cyclegan": CYCLEGAN,
    "stylegan2-lucid": LUCID,
}
"""Name in a model file's header -> how to build it."""
