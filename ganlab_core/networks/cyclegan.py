"""CycleGAN (Zhu, Park, Isola & Efros 2017): a picture in, the same picture of another domain out.

Two generators, G to one domain and F back, and a discriminator for each domain; what was translated and
translated back shall be what it was (eq. 2), since no picture is ever shown beside its counterpart.

A translator is c7s1, two strided convolutions, residual blocks, two fractionally-strided convolutions,
c7s1, with instance norm and reflected borders (appendix 7.2); a discriminator looks at patches (PatchGAN).

It draws nothing from chance. So that it is played like the others, it keeps a gallery: as many real
pictures of each domain as z has numbers, of which the largest number of z chooses the one to translate;
the domain that is wanted is said as a class is. The paper's pool of earlier fakes is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from ganlab_core.networks.condition import Condition
from ganlab_core.networks.latent_stages import (
    LatentGenerator,
    LatentStages,
    latent_capabilities,
)
from ganlab_core.networks.layers import LRELU_SLOPE, PerDomain, check_sizes, init_convolutions
from ganlab_core.recipe import Capabilities, Layer

DOMAINS = 2
SHARPNESS = 60.0
"""How clearly the largest number of z outvotes the next: of equal ones the pictures are dissolved."""


@dataclass(frozen=True, slots=True)
class CycleGANConfig:
    """Shape of a CycleGAN; the paper's at 128 px has 64 channels.

    Attributes
    ----------
    resolution
        Side of the pictures, a power of two from 16 to 256.
    channels
        Feature maps at full resolution; twice and four times as many at half and a quarter of it.
    z_dim
        How many pictures of each domain the gallery holds.
    label_size
        Domains: 2.
    """

    resolution: int = 32
    channels: int = 16
    z_dim: int = 128
    label_size: int = DOMAINS

    def check(self) -> None:
        """Raise `ValueError` for sizes from which no network could or should be built."""
        if self.resolution not in (16, 32, 64, 128, 256):
            raise ValueError("impossible resolution")
        if self.label_size != DOMAINS:
            raise ValueError("a CycleGAN has two domains")
        check_sizes(self.z_dim, 8 * self.channels)

    @property
    def img_channels(self) -> int:
        """Three colours."""
        return 3

    @property
    def blocks(self) -> int:
        """Residual blocks: 9 at 256 px, 6 at 128 px as in the paper, 3 for the small pictures here."""
        return 9 if self.resolution > 128 else 6 if self.resolution > 32 else 3

    @property
    def patch_strides(self) -> int:
        """Strided layers of a discriminator: patches of 16 px at 32 px, of 70 px at 256 px."""
        return min(3, max(1, self.resolution.bit_length() - 5))


def _norm(channels: int) -> nn.Module:
    return nn.InstanceNorm2d(channels)


class Reflected(nn.Module):
    """A convolution of stride 1 over reflected borders, instance norm and ReLU but for the last."""

    def __init__(self, channels_in: int, channels: int, kernel: int, *, last: bool = False) -> None:
        super().__init__()
        self.pad = nn.ReflectionPad2d(kernel // 2)
        self.conv = nn.Conv2d(channels_in, channels, kernel)
        self.norm = None if last else _norm(channels)

    def forward(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n c h w"]:
        """(N, C_in, H, W) -> (N, C, H, W)."""
        x = self.conv(self.pad(x))
        return x if self.norm is None else torch.relu(self.norm(x))


class Down(nn.Module):
    """d_k: a 3x3 convolution of stride 2, instance norm, ReLU."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels, 3, 2, 1)
        self.norm = _norm(channels)

    def forward(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n c h//2 w//2"]:
        """(N, C_in, H, W) -> (N, C, H/2, W/2)."""
        return torch.relu(self.norm(self.conv(x)))


class Residual(nn.Module):
    """R_k: x + norm(conv(relu(norm(conv(x))))), 3x3 over reflected borders."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = Reflected(channels, channels, 3)
        self.second = Reflected(channels, channels, 3, last=True)
        self.norm = _norm(channels)

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """(N, C, H, W) -> (N, C, H, W)."""
        return x + self.norm(self.second(self.first(x)))  # type: ignore[no-any-return]


class Up(nn.Module):
    """u_k: a fractionally-strided 3x3 convolution, instance norm, ReLU."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(channels_in, channels, 3, 2, 1, output_padding=1)
        self.norm = _norm(channels)

    def forward(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n c 2*h 2*w"]:
        """(N, C_in, H, W) -> (N, C, 2H, 2W)."""
        return torch.relu(self.norm(self.conv(x)))


class Gallery(nn.Module):
    """Real pictures of both domains, of which z chooses: sum_k softmax(60 z)_k picture_k."""

    pictures: UInt8[Tensor, "domains k 3 r r"]

    def __init__(self, config: CycleGANConfig) -> None:
        super().__init__()
        side = config.resolution
        empty = torch.zeros(DOMAINS, config.z_dim, 3, side, side, dtype=torch.uint8)
        self.register_buffer("pictures", empty)

    def forward(
        self, z: Float[Tensor, "n z"], domain: Float[Tensor, "n d"]
    ) -> Float[Tensor, "n 3 r r"]:
        """z (N, K) and the weights of the domains to choose from (N, 2) -> pictures from -1 to 1."""
        shares = torch.softmax(SHARPNESS * z, dim=1)
        known = self.pictures.to(z.dtype) / 127.5 - 1.0
        return torch.einsum("nk,nd,dkchw->nchw", shares, domain, known)


class CycleGANGenerator(LatentGenerator):
    """Both translators and the gallery; `layers` are those of the translator to the wanted domain."""

    def __init__(self, config: CycleGANConfig) -> None:
        super().__init__()
        self.config = config
        c = config.channels
        self.gallery = Gallery(config)

        def begin() -> nn.Module:
            return nn.Sequential(Reflected(3, c, 7), Down(c, 2 * c), Down(2 * c, 4 * c))

        makers = [begin, *[lambda: Residual(4 * c)] * config.blocks, lambda: Up(4 * c, 2 * c)]

        def end() -> nn.Module:
            return nn.Sequential(Up(2 * c, c), Reflected(c, 3, 7, last=True))

        self.layers = nn.ModuleList(PerDomain(make, DOMAINS) for make in (*makers, end))
        init_convolutions(self)

    def start(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n d"]:
        """z with the wanted domain behind it; the second domain where none is named."""
        return super().start(z, self.wanted(z, labels))

    def wanted(
        self, like: Float[Tensor, "n ..."], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n classes"]:
        """The weights of the wanted domains."""
        if labels is not None:
            return labels
        return like.new_tensor([[0.0, 1.0]]).expand(len(like), -1)

    def source(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None = None
    ) -> Float[Tensor, "n 3 r r"]:
        """The picture that is translated, of the domain that is not wanted."""
        pictures: Tensor = self.gallery(z, self.wanted(z, labels).flip(1))
        return pictures

    def translate(
        self, picture: Float[Tensor, "n 3 r r"], labels: Float[Tensor, "n classes"] | None = None
    ) -> Float[Tensor, "n 3 r r"]:
        """Pictures (N, 3, R, R) from -1 to 1 -> the same in the wanted domain."""
        x, wanted = picture, self.wanted(picture, labels)
        for layer in self.layers:
            x = layer(x, wanted)
        return self.picture(x)

    def forward(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None = None
    ) -> Float[Tensor, "n 3 r r"]:
        """The picture of the gallery that z chooses, translated into the wanted domain."""
        return self.translate(self.source(z, labels), labels)


def cycle_loss(
    source: Float[Tensor, "n 3 r r"], returned: Float[Tensor, "n 3 r r"]
) -> Float[Tensor, ""]:
    """E |F(G(x)) - x|_1 as a mean over pictures and pixels (eq. 2)."""
    return (returned - source).abs().mean()


class Patches(nn.Module):
    """C_k: a 4x4 convolution, instance norm but for the first, leaky ReLU."""

    def __init__(self, channels_in: int, channels: int, stride: int, *, first: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels, 4, stride, 1)
        self.norm: nn.Module = nn.Identity() if first else _norm(channels)

    def forward(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n c _ _"]:
        """(N, C_in, H, W) -> (N, C, ., .)."""
        return nn.functional.leaky_relu(self.norm(self.conv(x)), LRELU_SLOPE)


class CycleGANDiscriminator(nn.Module):
    """Picture of a domain -> how real each of its patches looks."""

    def __init__(self, config: CycleGANConfig) -> None:
        super().__init__()
        self.config = config
        c, strides = config.channels, config.patch_strides
        widths = [3, *(c * 2 ** min(i, 3) for i in range(strides + 1))]
        self.blocks = nn.ModuleList(
            PerDomain(
                lambda i=index, a=before, b=after: Patches(  # type: ignore[misc]
                    a, b, 2 if i < strides else 1, first=i == 0
                ),
                DOMAINS,
            )
            for index, (before, after) in enumerate(zip(widths, widths[1:], strict=False))
        )
        self.score = PerDomain(lambda: nn.Conv2d(widths[-1], 1, 4, 1, 1), DOMAINS)
        init_convolutions(self)

    def forward(
        self,
        image: Float[Tensor, "n 3 r r"],
        labels: Float[Tensor, "n classes"] | None = None,
        batches: int = 1,
    ) -> Float[Tensor, "n patches"]:
        """Scores (N, patches); pictures do not meet in D."""
        y = image.new_tensor([[0.0, 1.0]]).expand(len(image), -1) if labels is None else labels
        x = image
        for block in self.blocks:
            x = block(x, y)
        scores: Tensor = self.score(x, y)
        return scores.flatten(1)


class CycleGANStages(LatentStages):
    """The stage chain of a `CycleGANGenerator`; every stage takes the wanted domain."""

    def __init__(self, generator: CycleGANGenerator) -> None:
        super().__init__(generator, cyclegan_layers(generator.config), generator.config)
        self.module: CycleGANGenerator = generator

    def stage_style(
        self, stage: int, vector: Float[Tensor, "n w"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n d"] | None:
        """z with the wanted domain for the first stage, the domain for the others."""
        return self.module.wanted(vector, labels) if stage else self.module.start(vector, labels)

    def style_matrix(self, stage: int) -> Float[Tensor, "rows w"] | None:
        """No weights meet z, whose every number is a picture's vote: the identity."""
        return None if stage else torch.eye(self.module.config.z_dim)

    def run_stage(
        self, stage: int, features: Float[Tensor, "n i _ _"] | None, condition: Condition
    ) -> Float[Tensor, "n c r r"]:
        """One layer: (N, C_in, ., .), or the first stage's z and domain (N, z_dim + 2)."""
        taken = condition.style
        assert taken is not None
        if stage:
            x, wanted = features, taken
        else:
            z, wanted = taken[:, :-DOMAINS], taken[:, -DOMAINS:]
            x = self.module.source(z, wanted)
        output: Tensor = self.module.layers[stage](x, wanted)
        return output


def cyclegan_layers(config: CycleGANConfig) -> tuple[Layer, ...]:
    """The layers: the encoder with what it is given, the residual blocks, and both steps up."""
    quarter, half, full = config.resolution // 4, config.resolution // 2, config.resolution
    c = config.channels
    kinds = [(quarter, "encode", 4 * c)]
    kinds += [(quarter, f"residual{index}", 4 * c) for index in range(config.blocks)]
    kinds += [(half, "up", 2 * c), (full, "output", 3)]
    return tuple(
        Layer(
            index, f"{side}x{side}/{kind}", side,
            noise=False, style=index == 0, classes=True, channels=maps,
        )
        for index, (side, kind, maps) in enumerate(kinds)
    )  # fmt: skip


def cyclegan_capabilities(config: CycleGANConfig, classes: tuple[str, ...]) -> Capabilities:
    """What a CycleGAN of this shape can do; z only chooses, so there is nothing to truncate."""
    plain = latent_capabilities("cyclegan", config, cyclegan_layers(config), classes)
    return replace(plain, has_truncation=False, translates=True)
