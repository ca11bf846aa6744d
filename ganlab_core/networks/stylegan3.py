"""StyleGAN3 (Karras et al. 2021, "Alias-Free Generative Adversarial Networks").

The generator treats its features as samples of continuous signals, so that details move with the objects
they belong to: it starts from Fourier features of the plane, every layer works on a band of frequencies
that its sampling rate can hold, and each non-linearity acts on up-sampled features, which are low-pass
filtered before they are sampled again (sec. 2.2). Shifting and turning the input plane does so to the
picture: configuration T is equivariant to translation, R also to rotation (sec. 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from ganlab_core.networks.condition import Condition, WithoutAttention
from ganlab_core.networks.layers import (
    LRELU_SLOPE,
    RELU_GAIN,
    EqualizedLinear,
    added,
    check_counts,
    check_resolution,
    check_sizes,
    normal,
    pixel_norm,
)
from ganlab_core.recipe import Capabilities, Layer


@dataclass(frozen=True, slots=True)
class StyleGAN3Config:
    """Shape of a StyleGAN3; the defaults are those of the published configuration T.

    Attributes
    ----------
    resolution
        Output side in pixels, a power of two, 16 to 1024.
    img_channels
        Of a picture: 1 grey, 3 colours, 4 colours and their opacity.
    z_dim, w_dim
        Sizes of the latent and of the style vector.
    label_size
        Number of classes; 0 = unconditional. They are embedded, and normalised apart from z.
    mapping_layers, mapping_lr
        Depth and learning rate multiplier of the mapping network.
    channel_base, channel_max
        A layer of cutoff f has min(channel_base / 2f, channel_max) feature maps.
    channel_list
        Feature maps of the input and of each layer instead; empty = by the formula.
    num_layers, num_critical
        Layers besides the input and toRGB, and how many of the last of them are critically sampled:
        with a cutoff of half the sampling rate, as the picture itself.
    first_cutoff, first_stopband
        Of the first layer, in cycles per picture.
    last_stopband_rel
        Stopband of the last layer over its cutoff.
    margin
        Pixels around the picture that layers compute as well, so that its border is nothing special.
    output_scale
        What the last layer is multiplied by.
    conv_kernel
        Side of the convolutions: 3 (T), 1 (R).
    filter_size, lrelu_upsampling
        Length of the filters per sampling factor; how many times non-linearities are up-sampled.
    radial
        Whether down-sampling filters are radially symmetric (R).
    conv_clamp
        Where layers are cut off; None = nowhere.
    label_features
        Width of the embedded labels; 0 = w_dim.
    class_centres
        Whether truncation leads to the mean of W of the class (StyleGAN-XL), not of all.
    band_list
        What the input and every layer give instead of the formula, as the numbers of a `Band`, then the
        layer's kernel and 1 where its down-sampling filter is radial: for networks that were made larger
        by layers put on a finished one (StyleGAN-XL).
    """

    resolution: int = 1024
    img_channels: int = 3
    z_dim: int = 512
    w_dim: int = 512
    label_size: int = 0
    mapping_layers: int = 2
    mapping_lr: float = 0.01
    channel_base: int = 32768
    channel_max: int = 512
    channel_list: tuple[int, ...] = ()
    num_layers: int = 14
    num_critical: int = 2
    first_cutoff: float = 2.0
    first_stopband: float = 2.0**2.1
    last_stopband_rel: float = 2.0**0.3
    margin: int = 10
    output_scale: float = 0.25
    conv_kernel: int = 3
    filter_size: int = 6
    lrelu_upsampling: int = 2
    radial: bool = False
    conv_clamp: float | None = 256.0
    label_features: int = added(0)
    class_centres: bool = added(False)
    band_list: tuple[tuple[float, ...], ...] = added(())

    def __post_init__(self) -> None:
        object.__setattr__(self, "channel_list", tuple(self.channel_list))
        object.__setattr__(self, "band_list", tuple(map(tuple, self.band_list)))

    def check(self) -> None:
        """Raise `ValueError` for sizes from which no network could or should be built."""
        check_sizes(self.z_dim, self.w_dim, self.channel_base, self.channel_max, *self.channel_list)
        check_resolution(self.resolution)
        check_counts(self.label_size, self.margin)
        if self.resolution < 16 or self.img_channels not in (1, 3, 4):
            raise ValueError("absurd picture")
        if not (0 <= self.num_critical < self.num_layers <= 64 and 0 <= self.mapping_layers <= 64):
            raise ValueError("absurd depth")
        if self.channel_list and len(self.channel_list) != self.num_layers + 2:
            raise ValueError("channel_list has another length than the network")
        numbers = (self.first_cutoff, self.first_stopband, self.last_stopband_rel, self.mapping_lr)
        if not all(1e-6 < number < 1e4 for number in numbers) or not abs(self.output_scale) < 1e4:
            raise ValueError("absurd frequency")
        if self.conv_kernel not in (1, 3) or not 1 <= self.filter_size <= 16 or self.margin > 256:
            raise ValueError("absurd filter")
        if not 1 <= self.lrelu_upsampling <= 4 or 2 * self.first_cutoff > self.resolution:
            raise ValueError("absurd filter")
        if self.conv_clamp is not None and not 0.0 < self.conv_clamp < math.inf:
            raise ValueError("absurd clamp")
        check_counts(self.label_features)
        if self.class_centres and not self.label_size:
            raise ValueError("centres of classes that are not there")
        self._check_bands()

    def _check_bands(self) -> None:
        """Raise `ValueError` for a list of bands that no layers in a row could have."""
        if not self.band_list:
            return
        if len(self.band_list) != self.num_layers + 2:
            raise ValueError("band_list has another length than the network")
        for band in self.band_list:
            rate, cutoff, half, size, channels, kernel, radial = band
            if not (16 <= rate <= 2048 and rate % 1 == 0 and int(rate).bit_count() == 1):
                raise ValueError("absurd sampling rate")
            if not (0.0 < cutoff <= rate / 2 and 0.0 <= half < 4096 and 1 <= size <= rate + 512):
                raise ValueError("absurd band")
            if kernel not in (1, 3) or radial not in (0, 1):
                raise ValueError("absurd filter")
            check_sizes(int(size), int(channels))
        rates = [band[0] for band in self.band_list]
        if any(not before <= after for before, after in zip(rates, rates[1:], strict=False)):
            raise ValueError("sampling rates that fall")
        if rates[-1] != self.resolution or self.band_list[-1][4] != self.img_channels:
            raise ValueError("a picture that is not the last band's")

    def layer_kernel(self, index: int) -> tuple[int, bool]:
        """Side of a layer's convolution, and whether its down-sampling filter is radial."""
        if self.band_list:
            return int(self.band_list[index + 1][5]), bool(self.band_list[index + 1][6])
        kernel = 1 if index == self.num_layers else self.conv_kernel
        return kernel, self.radial and index < self.num_layers - self.num_critical

    def bands(self) -> tuple[Band, ...]:
        """What the input and every layer give, by the geometric progressions of sec. 3.2."""
        if self.band_list:
            return tuple(
                Band(int(rate), cutoff, half, int(size), int(channels))
                for rate, cutoff, half, size, channels, _, _ in self.band_list
            )
        last = self.resolution / 2
        stop = last * self.last_stopband_rel
        found = []
        for index in range(self.num_layers + 1):
            place = min(index / (self.num_layers - self.num_critical), 1.0)
            cutoff = self.first_cutoff * (last / self.first_cutoff) ** place
            stopband = self.first_stopband * (stop / self.first_stopband) ** place
            rate = 2 ** math.ceil(math.log2(min(stopband * 2, self.resolution)))
            half = max(stopband, rate / 2) - cutoff
            inner = index < self.num_layers - 1
            size = rate + 2 * self.margin if inner else self.resolution
            channels = round(min(self.channel_base / 2 / cutoff, self.channel_max))
            channels = self.channel_list[index + 1] if self.channel_list else channels
            colours = self.img_channels if index == self.num_layers else channels
            found.append(Band(rate, cutoff, half, size, colours))
        first = self.channel_list[0] if self.channel_list else found[0].channels
        return (
            Band(found[0].rate, found[0].cutoff, found[0].half_width, found[0].size, first),
            *found,
        )


@dataclass(frozen=True, slots=True)
class Band:
    """What a layer's features hold: frequencies up to a cutoff, at a sampling rate.

    Attributes
    ----------
    rate
        Samples per picture width.
    cutoff, half_width
        Of the frequencies, in cycles per picture; half of the band in which filters fall off.
    size
        Side in samples, margins included.
    channels
        Feature maps.
    """

    rate: int
    cutoff: float
    half_width: float
    size: int
    channels: int


def lowpass(taps: int, cutoff: float, width: float, rate: float, *, radial: bool) -> Tensor:
    """A Kaiser low-pass filter (appendix C.1): (taps,), or (taps, taps) where radially symmetric.

    `width` is that of the transition band; like the others in cycles and samples per picture.
    """
    x = (np.arange(taps) - (taps - 1) / 2) / rate
    window = np.kaiser(taps, kaiser_beta(taps, width / (rate / 2)))
    if not radial:
        line = np.sinc(2.0 * cutoff * x) * window
        return torch.as_tensor(line / line.sum(), dtype=torch.float32)
    r = np.hypot(*np.meshgrid(x, x))
    r = np.maximum(r, 1e-12)
    jinc = torch.special.bessel_j1(torch.from_numpy(2.0 * np.pi * cutoff * r)).numpy() / (np.pi * r)
    plane = jinc * np.outer(window, window)
    return torch.as_tensor(plane / plane.sum(), dtype=torch.float32)


def kaiser_beta(taps: int, width: float) -> float:
    """Kaiser's own formulae for a filter's attenuation and for the window that gives it."""
    attenuation = 2.285 * (taps - 1) * math.pi * width + 7.95
    if attenuation > 50.0:
        return 0.1102 * (attenuation - 8.7)
    if attenuation > 21.0:
        return float(0.5842 * (attenuation - 21.0) ** 0.4 + 0.07886 * (attenuation - 21.0))
    return 0.0


class StyleGAN3Mapping(nn.Module):
    """f: Z -> W, two layers; classes are embedded and normalised apart from z."""

    def __init__(self, config: StyleGAN3Config) -> None:
        super().__init__()
        self.label_size = config.label_size
        features = config.z_dim
        if config.label_size:
            width = config.label_features or config.w_dim
            self.embed = EqualizedLinear(config.label_size, width, gain=1.0)
            features += width
        layers = []
        for _ in range(config.mapping_layers):
            layers.append(EqualizedLinear(features, config.w_dim, 1.0, config.mapping_lr))
            features = config.w_dim
        self.dense = nn.ModuleList(layers)

    def forward(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None = None
    ) -> Float[Tensor, "n w"]:
        """z (N, z_dim) and labels (N, label_size), one-hot or weights -> w (N, w_dim)."""
        w = pixel_norm(z)
        if self.label_size:
            if labels is None:
                labels = z.new_zeros(z.shape[0], self.label_size)
            w = torch.cat([w, pixel_norm(self.embed(labels))], dim=1)
        for layer in self.dense:
            w = F.leaky_relu(layer(w), LRELU_SLOPE) * RELU_GAIN
        return w


def style_layer(w_dim: int, features: int) -> EqualizedLinear:
    """A: w -> one scale per feature map, 1 at first."""
    layer = EqualizedLinear(w_dim, features, gain=1.0)
    assert layer.bias is not None
    nn.init.ones_(layer.bias)
    return layer


class FourierInput(nn.Module):
    """Sinusoids over the plane, which w turns and shifts, then a trained mixture of them (sec. 3.1)."""

    freqs: Tensor
    phases: Tensor
    transform: Tensor

    def __init__(self, config: StyleGAN3Config) -> None:
        super().__init__()
        band = config.bands()[0]
        self.band = band
        self.affine = EqualizedLinear(config.w_dim, 4, gain=1.0)
        self.weight = nn.Parameter(normal(band.channels, band.channels))
        freqs = normal(band.channels, 2)
        radii = freqs.square().sum(dim=1, keepdim=True).sqrt()
        spread = radii * radii.square().exp().pow(0.25)
        self.register_buffer("freqs", freqs / spread * band.cutoff)
        self.register_buffer("phases", torch.zeros(band.channels))
        self.register_buffer("transform", torch.eye(3))
        if not self.weight.is_meta:
            with torch.no_grad():
                self.affine.weight.zero_()
                assert self.affine.bias is not None
                self.affine.bias.copy_(torch.tensor([1.0, 0.0, 0.0, 0.0]))

    def forward(
        self, w: Float[Tensor, "n w"], placement: Float[Tensor, "3 3"] | None = None
    ) -> Float[Tensor, "n c s s"]:
        """w (N, w_dim) -> features (N, C, S, S); `placement` moves the picture by its inverse."""
        plane = self._plane(w)
        plane = plane if placement is None else plane @ placement
        phases = self.phases + (self.freqs @ plane[:, :2, 2:])[..., 0]  # (N, C)
        freqs = self.freqs @ plane[:, :2, :2]  # (N, C, 2)
        # what a placement lifts out of the band fades
        beyond = (freqs.norm(dim=2) - self.band.cutoff) / (self.band.rate / 2 - self.band.cutoff)
        amplitudes = (1.0 - beyond).clamp(0.0, 1.0)
        grid = self._grid(w)  # (S, S, 2)
        waves = torch.einsum("hwd,ncd->nhwc", grid, freqs) + phases[:, None, None]
        waves = torch.sin(waves * (2.0 * math.pi)) * amplitudes[:, None, None]
        mixed: Tensor = waves @ (self.weight / math.sqrt(self.band.channels)).T
        return mixed.permute(0, 3, 1, 2).contiguous()

    def _plane(self, w: Float[Tensor, "n w"]) -> Float[Tensor, "n 3 3"]:
        """The plane as w places it: turned, then shifted, both inverted, and as the file places it."""
        t = self.affine(w)
        t = t / t[:, :2].norm(dim=1, keepdim=True)
        turn = torch.eye(3, device=w.device).repeat(len(w), 1, 1)
        turn[:, 0, 0], turn[:, 0, 1] = t[:, 0], -t[:, 1]
        turn[:, 1, 0], turn[:, 1, 1] = t[:, 1], t[:, 0]
        shift = torch.eye(3, device=w.device).repeat(len(w), 1, 1)
        shift[:, :2, 2] = -t[:, 2:]
        placed: Tensor = turn @ shift @ self.transform
        return placed

    def _grid(self, w: Tensor) -> Float[Tensor, "s s 2"]:
        """The samples' places (x, y) in pictures, 0 in the middle."""
        size, rate = self.band.size, self.band.rate
        theta = torch.zeros(1, 2, 3, device=w.device)
        theta[0, 0, 0] = theta[0, 1, 1] = 0.5 * size / rate
        grid: Tensor = F.affine_grid(theta, [1, 1, size, size], align_corners=False)[0]
        return grid


class StyleGAN3Layer(nn.Module):
    """Modulated convolution, then a non-linearity between an up- and a down-sampling filter (sec. 3.2).

    The last layer, toRGB, neither demodulates nor bends its features.
    """

    magnitude_ema: Tensor
    up_filter: Tensor | None
    down_filter: Tensor | None

    def __init__(self, config: StyleGAN3Config, index: int) -> None:
        super().__init__()
        bands = config.bands()
        before, after = bands[index], bands[index + 1]
        self.to_rgb, self.clamp = index == config.num_layers, config.conv_clamp
        kernel, radial = config.layer_kernel(index)
        self.style = style_layer(config.w_dim, before.channels)
        self.weight = nn.Parameter(normal(after.channels, before.channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(after.channels))
        self.register_buffer("magnitude_ema", torch.ones(()))
        rate = max(before.rate, after.rate) * (1 if self.to_rgb else config.lrelu_upsampling)
        self.up, self.down = rate // before.rate, rate // after.rate
        self._filter("up_filter", config, before, self.up, rate, radial=False)
        self._filter("down_filter", config, after, self.down, rate, radial=radial)
        self.padding = self._padding(before, after, kernel)

    def _filter(
        self,
        name: str,
        config: StyleGAN3Config,
        band: Band,
        factor: int,
        rate: int,
        *,
        radial: bool,
    ) -> None:
        """Keep the filter that goes with a factor, where one is needed."""
        kernel = None
        if factor > 1 and not self.to_rgb:
            width = 2.0 * band.half_width
            taps = config.filter_size * factor
            kernel = lowpass(taps, band.cutoff, width, rate, radial=radial)
        # not drawn on the meta device: filters are known, and files have them too
        self.register_buffer(name, None if kernel is None else kernel.to(self.weight.device))

    def _padding(self, before: Band, after: Band, kernel: int) -> tuple[int, int]:
        """Zeros before and behind the up-sampled features, so that samples stay in place (app. C.3)."""
        taps = sum(0 if one is None else len(one) - 1 for one in (self.up_filter, self.down_filter))
        total = (after.size - 1) * self.down + 1 - (before.size + kernel - 1) * self.up + taps
        low = (total + self.up) // 2
        return low, total - low

    def forward(
        self, x: Float[Tensor, "n i h w"], w: Float[Tensor, "n d"]
    ) -> Float[Tensor, "n o _ _"]:
        """x (N, I, S, S), w (N, w_dim) -> (N, O, S', S')."""
        x = self._convolved(x, self.style(w))
        if self.to_rgb:
            return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)
        x = upsampled(x, self.up_filter, self.up, self.padding)
        x = F.leaky_relu(x, LRELU_SLOPE, inplace=True)
        x = x if self.clamp is None else x.clamp(-self.clamp, self.clamp)
        return downsampled(x, self.down_filter, self.down)

    def _convolved(
        self, x: Float[Tensor, "n i h w"], style: Float[Tensor, "n i"]
    ) -> Float[Tensor, "n o _ _"]:
        """The convolution with its bias, times the gain of the non-linearity that follows.

        Modulation before it and demodulation behind it are the same as on the weights, and the gain
        costs least where there are fewest samples: lrelu(x) sqrt(2) = lrelu(x sqrt(2)).
        """
        gain, kernel = torch.rsqrt(self.magnitude_ema), self.weight.shape[2]
        if self.to_rgb:
            style = style / math.sqrt(self.weight.shape[1] * kernel**2)
            return F.conv2d(_scaled(x, style * gain), self.weight, self.bias)
        weight = self.weight * self.weight.square().mean(dim=(1, 2, 3), keepdim=True).rsqrt()
        style = style * style.square().mean(dim=1, keepdim=True).rsqrt()
        energy = (style.square()[:, None] * weight.square().sum(dim=(2, 3))).sum(dim=2)
        y = F.conv2d(_scaled(x, style * gain), weight, padding=kernel - 1)
        y = _scaled(y, torch.rsqrt(energy + 1e-8) * RELU_GAIN)
        return y + (self.bias * RELU_GAIN)[:, None, None].to(y.dtype)


def _scaled(x: Float[Tensor, "n c h w"], factors: Float[Tensor, "n c"]) -> Tensor:
    """Each feature map times a factor of its own."""
    return x * factors[:, :, None, None].to(x.dtype)


def upsampled(
    x: Float[Tensor, "n c h w"], kernel: Tensor | None, factor: int, padding: tuple[int, int]
) -> Float[Tensor, "n c _ _"]:
    """Zeros between the samples and `padding` of them around, low-pass filtered: (N, C, H, W)."""
    if kernel is None:
        return F.pad(x, (*padding, *padding))
    channels, taps = x.shape[1], len(kernel)
    line = (kernel * factor).to(x.dtype)
    across, down = line.view(1, 1, 1, -1), line.view(1, 1, -1, 1)
    low, high = padding[0] - (taps - 1), padding[1] - taps + factor
    x = F.conv_transpose2d(
        x, across.expand(channels, 1, 1, taps), stride=(1, factor), groups=channels
    )
    x = F.pad(x, (low, high, 0, 0))
    x = F.conv_transpose2d(
        x, down.expand(channels, 1, taps, 1), stride=(factor, 1), groups=channels
    )
    return F.pad(x, (0, 0, low, high))


def downsampled(
    x: Float[Tensor, "n c h w"], kernel: Tensor | None, factor: int
) -> Float[Tensor, "n c _ _"]:
    """Low-pass filtered, every `factor`-th sample: (N, C, H, W); filters are symmetric."""
    if kernel is None:
        return x[:, :, ::factor, ::factor]
    channels, kernel = x.shape[1], kernel.to(x.dtype)
    if kernel.ndim == 2:
        plane = kernel.expand(channels, 1, *kernel.shape)
        return F.conv2d(x, plane, stride=factor, groups=channels)
    taps = len(kernel)
    across = kernel.view(1, 1, 1, -1).expand(channels, 1, 1, taps)
    down = kernel.view(1, 1, -1, 1).expand(channels, 1, taps, 1)
    x = F.conv2d(x, across, stride=(1, factor), groups=channels)
    return F.conv2d(x, down, stride=(factor, 1), groups=channels)


class StyleGAN3Synthesis(nn.Module):
    """g: num_layers + 2 styles -> a picture."""

    def __init__(self, config: StyleGAN3Config) -> None:
        super().__init__()
        self.config = config
        self.input = FourierInput(config)
        self.layers = nn.ModuleList(
            StyleGAN3Layer(config, index) for index in range(config.num_layers + 1)
        )

    def forward(
        self, ws: Float[Tensor, "n styles w"], placement: Float[Tensor, "3 3"] | None = None
    ) -> Float[Tensor, "n colours r r"]:
        """ws (N, num_layers + 2, w_dim) -> picture (N, C, r, r), about -1..1."""
        x = self.input(ws[:, 0], placement)
        for index, layer in enumerate(self.layers):
            x = layer(x, ws[:, index + 1])
        picture: Tensor = x * self.config.output_scale
        return picture


class StyleGAN3Generator(nn.Module):
    """Mapping and synthesis together, with the running mean of W that truncation leans on."""

    w_avg: Tensor

    def __init__(self, config: StyleGAN3Config) -> None:
        super().__init__()
        self.config = config
        self.mapping = StyleGAN3Mapping(config)
        self.synthesis = StyleGAN3Synthesis(config)
        self.register_buffer("w_avg", torch.zeros(config.w_dim))
        if config.class_centres:
            self.register_buffer("class_w_avg", torch.zeros(config.label_size, config.w_dim))


class StyleGAN3Stages(WithoutAttention):
    """The stage chain of a `StyleGAN3Generator`: the input, then one stage a layer."""

    def __init__(self, generator: StyleGAN3Generator) -> None:
        self.module = generator
        self.stage_names = tuple(layer.name for layer in stylegan3_layers(generator.config))

    @property
    def truncation_centre(self) -> Float[Tensor, " d"]:
        """The running mean of W, (w_dim,)."""
        return self.module.w_avg

    def class_centre(self, labels: Float[Tensor, "n classes"]) -> Float[Tensor, "n w"]:
        """The running mean of W of classes mixed by weight, (N, w_dim); only where there is one each."""
        return labels @ self.module.get_buffer("class_w_avg")

    def channels(self, resolution: int) -> int:
        """Of the last layer at that sampling rate."""
        return [b.channels for b in self.module.config.bands() if b.rate == resolution][-1]

    def map(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n w"]:
        """z (N, z_dim), labels (N, classes) -> w (N, w_dim)."""
        w: Tensor = self.module.mapping(z, labels)
        return w

    def stage_style(
        self, stage: int, vector: Float[Tensor, "n w"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n d"]:
        """Every stage takes w whole; the classes are in it already."""
        return vector

    def place(self, name: str) -> int:
        """The resolution whose stages a weight belongs to, in pixels; 0 = it comes before them."""
        part, kind, index, *_ = [*name.split("."), "", ""]
        if part != "synthesis":
            return 0
        bands = self.module.config.bands()
        return bands[0 if kind == "input" else int(index) + 1].rate

    def style_matrix(self, stage: int) -> Float[Tensor, "rows w"]:
        """The weights from w to the plane's placement, or to the scales of features, (rows, w_dim)."""
        synthesis = self.module.synthesis
        layer = (
            synthesis.layers[stage - 1].get_submodule("style") if stage else synthesis.input.affine
        )
        weight: Tensor = layer.get_parameter("weight")
        return weight

    def stored_noise(self, stage: int) -> Float[Tensor, "1 1 r r"]:
        """StyleGAN3 has no noise."""
        raise LookupError(stage)

    def run_stage(
        self, stage: int, features: Float[Tensor, "n i _ _"] | None, condition: Condition
    ) -> Float[Tensor, "n c _ _"]:
        """One layer; the first stage takes None."""
        w, synthesis = condition.style, self.module.synthesis
        assert w is not None
        result: Tensor
        if features is None:
            result = synthesis.input(w, condition.placement)
        else:
            result = synthesis.layers[stage - 1](features, w)
        return result

    def reads(self, resolution: int) -> bool:
        """Only the last layer gives a picture."""
        return resolution == self.module.config.resolution

    def to_rgb(
        self, resolution: int, features: Float[Tensor, "n c r r"]
    ) -> Float[Tensor, "n k r r"]:
        """The last layer's features are the picture but for its scale, (N, C, r, r)."""
        return features * self.module.config.output_scale

    def to_uint8(self, image: Float[Tensor, "*shape"]) -> UInt8[Tensor, "*shape"]:
        """As published: the integer part of 127.5 x + 128, saturated."""
        return (image * 127.5 + 128.0).clamp(0.0, 255.0).to(torch.uint8)


def stylegan3_layers(config: StyleGAN3Config) -> tuple[Layer, ...]:
    """The stages by their sampling rates: 16x16/input, 16x16/L0, ..., 1024x1024/torgb."""
    last = config.num_layers + 1
    return tuple(
        Layer(
            index,
            f"{band.rate}x{band.rate}/"
            + ("input" if index == 0 else "torgb" if index == last else f"L{index - 1}"),
            band.rate,
            noise=False,
            classes=config.label_size > 0,
            channels=band.channels,
        )
        for index, band in enumerate(config.bands())
    )


def stylegan3_capabilities(config: StyleGAN3Config, classes: tuple[str, ...]) -> Capabilities:
    """What a StyleGAN3 of this shape can do."""
    return Capabilities(
        architecture="stylegan3",
        resolution=config.resolution,
        layers=stylegan3_layers(config),
        classes=classes,
        z_dim=config.z_dim,
        w_dim=config.w_dim,
        has_w=True,
        has_noise=False,
        has_growth=False,
        has_attention=False,
        img_channels=config.img_channels,
        has_placement=True,
        class_centres=config.class_centres,
    )
