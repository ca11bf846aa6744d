"""TrainConfig: everything that determines a run, frozen, and the schedule that follows from it."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from ganlab_core.errors import TrainingError
from ganlab_core.files import JSONError, canonical_json, load_json, parse_json, refuse_newer

# ------------------------------------------------------------------------------------------------
# What the values of a config may be: a field's metadata, texts turned into values, ranges
# checked.


V = TypeVar("V")
PerResolution = tuple[tuple[int, float], ...]


def setting(
    default: V,
    help: str,  # noqa: A002 - the word a person reads
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    choices: tuple[str, ...] = (),
    only: tuple[str, ...] = (),
) -> V:
    """A field of the config, with the metadata that forms, sliders and checks read.

    `only` names the architectures the field means something to; empty = all of them.
    """
    told = {"help": help, "low": low, "high": high, "unit": unit, "choices": choices, "only": only}
    made: V = field(default=default, metadata=told)
    return made


def per_resolution(name: str, before: dict[int, float], items: object) -> PerResolution:
    """`before` with the resolutions of `items` replaced; raises `TrainingError`."""
    if not isinstance(items, dict):
        raise TrainingError(f"{name} needs a resolution, as in {name}.32=...")
    try:
        merged = before | {int(key): float(value) for key, value in items.items()}
    except (TypeError, ValueError, OverflowError):
        raise TrainingError(f"{name} needs a number for each resolution.") from None
    return tuple(sorted(merged.items()))


def coerced(name: str, kind: str, value: object) -> object:
    """`value` as the field's type; texts are parsed. Raises `TrainingError`."""
    if "None" in kind and value in (None, "", "none", "auto"):
        return None
    if kind == "str" and isinstance(value, str):
        return value
    if kind == "bool":
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if isinstance(value, bool) or str(value).lower() in words:
            return value if isinstance(value, bool) else words[str(value).lower()]
    elif kind != "str" and isinstance(value, str | int | float) and not isinstance(value, bool):
        with contextlib.suppress(ValueError, OverflowError):
            if not kind.startswith("int"):
                return float(value)
            if not isinstance(value, float) or value.is_integer():
                return int(value)
    raise TrainingError(f"{name} cannot be {_shown(value)}.")


def _shown(value: object) -> str:
    """A value in a sentence, whatever was in the file."""
    if isinstance(value, int) and not -(10**15) < value < 10**15:  # its digits may be too many
        return "a number of that size"
    words = f"{value:g}" if isinstance(value, float) else repr(value)
    return words if len(words) <= 60 else f"{words[:57]}..."


def is_json_object(text: str, of: type) -> bool:
    """Whether a text is a JSON object with such values, or empty."""
    try:
        data = load_json(text or "{}")
    except JSONError:
        return False
    return isinstance(data, dict) and all(isinstance(value, of) for value in data.values())


def check(name: str, value: Any, metadata: Any) -> None:
    """Raise `TrainingError` unless the value lies in the field's range or among its choices."""
    if metadata["choices"] and value not in metadata["choices"]:
        raise TrainingError(f"{name} is one of {', '.join(metadata['choices'])}, not {value!r}.")
    if value is None or metadata["low"] is None:
        return
    if not metadata["low"] <= value <= metadata["high"]:
        raise TrainingError(
            f"{name} must be from {metadata['low']:g} to {metadata['high']:g}, not {_shown(value)}."
        )


VERSION = 1

AUGMENTATIONS = {"color", "translation", "cutout", "ada"}
AUTO = "auto"
"""An `augment` decided by the number of pictures as a run begins, or a `precision` by the machine."""

STYLEGAN2 = ("stylegan2",)
STYLED = ("stylegan", *STYLEGAN2)
PROGAN = ("progan",)
BIGGANS = ("biggan", "biggan-deep")
GROWING = ("stylegan", *PROGAN)
"""Architectures that start small and grow; the others have their full resolution from the start."""

DENSE = ("gan", "cgan")
DCGANS = ("dcgan", "wgan", "wgan-gp")
SAGAN = ("sagan",)
COGAN, CYCLEGAN = ("cogan",), ("cyclegan",)
DOMAINS = COGAN + CYCLEGAN
"""Architectures that learn two domains, which are the classes of the set."""

ANCESTORS = DENSE + DCGANS + SAGAN + DOMAINS
"""What came before ProGAN, SAGAN, from which BigGAN came, and what learns two domains."""

WITHOUT_CLASSES = ("gan", *DCGANS)
"""Architectures that learn the pictures alone, whatever classes the set has."""

TRAINABLE = GROWING + STYLEGAN2 + BIGGANS + ANCESTORS
_BY_FMAP = GROWING + STYLEGAN2


NETWORK = (
    "shape", "fmap_base", "fmap_max", "z_dim", "w_dim", "mapping_layers", "channels", "attention",
    "shared_dim", "hierarchical", "blur", "mbstd", "img_channels", "aspect", "own_layers",
)  # fmt: skip
"""Settings that decide which shapes a network's weights have, but for its resolution and classes."""

MOST_SPEED = 100.0
_SPEED = {"low": 0.0, "high": MOST_SPEED, "choices": ()}
"""What a speed of growth may be; 1 = as planned."""


SMALLEST_BIGGAN, LARGEST_BIGGAN = 32, 512


def network_settings(header: Mapping[str, Any]) -> dict[str, object]:
    """The settings of a run that the network of a model file has, by the options in its header."""
    found = {name: value for name, value in header.items() if name in NETWORK and _is_plain(value)}
    found["img_channels"] = header.get("img_channels", 3)
    found["aspect"] = aspect_of(header.get("const_size", (4, 4)))
    attention = header.get("attention")
    if isinstance(attention, list | tuple):
        found["attention"] = attention[0] if attention else 0
    return found


def refuse_other_network(
    settings: Mapping[str, object], network: Mapping[str, object], model: str
) -> None:
    """Raise `TrainingError` for a setting that the model a run starts from has decided otherwise."""
    settings = settings if "channels" in network else of_pictures(settings)
    for name in settings.keys() & network.keys():
        if str(settings[name]).strip().lower() != str(network[name]).lower():
            raise TrainingError(
                f"{name} is {network[name]} in {model}, whose weights the run begins with.",
                f"Leave {name} as it is, or start from another model.",
            )


def aspect_of(const_size: Sequence[int]) -> str:
    """The `aspect` of a network's constant (height, width): 4 by 8 is "2:1"."""
    height, width = const_size
    divisor = math.gcd(height, width) or 1
    return f"{width // divisor}:{height // divisor}"


def const_size_of(aspect: str) -> tuple[int, int]:
    """Height and width of the constant whose shorter side is 4; raises `TrainingError`.

    The longer side is rounded to whole places: 16:9 makes 4 by 7.
    """
    parts = aspect.split(":")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise TrainingError(f"aspect is width:height, as 2:1, not {aspect!r}.")
    width, height = (int(part[:4]) for part in parts)
    if not 0 < max(width, height) <= 16 * min(width, height):
        raise TrainingError(f"aspect is between 1:16 and 16:1, not {aspect}.")
    if width >= height:
        return 4, round(4 * width / height)
    return round(4 * height / width), 4


def _is_plain(value: object) -> bool:
    return isinstance(value, bool | int)


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that determines a run; equal configs and data give equal weights on the CPU."""

    data: str = setting("", "Folder or zip of pictures, or a video.")
    data_b: str = setting(
        "", "Folder or zip of the second domain; empty = the domains are subfolders.", only=DOMAINS
    )
    start_from: str = setting(
        "", "Model file, checkpoint or run whose weights to begin with; empty = none."
    )
    shape: str = setting(
        "",
        "The network's options as JSON, taken over from the model a run starts from; "
        "empty = by the settings below.",
    )
    architecture: str = setting("stylegan", "Which network to train.", choices=TRAINABLE)
    resolution: int = setting(64, "Output side.", low=8, high=1024, unit="px")
    images: int = setting(1_000_000, "Real pictures shown in all.", low=1, high=1e9, unit="images")
    seed: int = setting(0, "Seed of everything random.", low=0, high=2**31)
    # Pictures
    fit: str = setting(
        "crop", "What to do with non-square pictures.", choices=("crop", "pad", "stretch")
    )
    background: str = setting("white", "Put behind transparent pixels: white, black or #rrggbb.")
    img_channels: int = setting(
        3,
        "Channels of a picture: 1 grey, 3 colours, 4 colours and their opacity; 0 = 1 where all pictures "
        "are grey, 4 where all are see-through in places, else 3.",
        low=0,
        high=4,
    )
    aspect: str = setting(
        "1:1",
        "Width to height of a picture, whose shorter side is the resolution; in steps of a quarter of it.",
    )
    every: int = setting(
        0,
        "Of a video, every so-manieth frame; 0 = as many as leave at most 4000.",
        low=0,
        high=1_000_000,
        unit="frames",
    )
    leave_out: str = setting(
        "", "Pictures to leave out, by their names in the folder or zip, one a line."
    )
    mirror: bool = setting(False, "Also show every picture flipped left to right.")
    augment: str = setting(
        "none",
        "Differentiable augmentation for small sets (Zhao et al. 2020): a comma-separated "
        "choice of color, translation and cutout, ada for adaptive augmentation (Karras et al. "
        "2020), none, or auto: by the number of pictures.",
    )
    augment_p: float = setting(
        0.0, "Probability of each of ADA's transforms to begin with.", low=0, high=1
    )
    ada_target: float = setting(
        0.6,
        "What the mean sign of D's scores of real pictures, r_t, should be; ADA's probability rises "
        "above it and falls below.",
        low=-1,
        high=1,
    )
    ada_kimg: float = setting(
        500.0,
        "How long ADA's probability takes from 0 to 1 at the most.",
        low=0.001,
        high=1e6,
        unit="kimg",
    )
    ada_interval: int = setting(
        4, "Move ADA's probability every this many steps.", low=1, high=1024
    )
    conditional: bool = setting(
        True, "Learn the classes that the set has, so that a person can choose among them."
    )
    # Network
    fmap_base: int = setting(
        8192, "Channels times resolution / 2, at most fmap_max.", low=16, high=65536, only=_BY_FMAP
    )
    fmap_max: int = setting(512, "Most channels of a layer.", low=4, high=1024, only=_BY_FMAP)
    z_dim: int = setting(512, "Size of the latent z.", low=2, high=2048)
    w_dim: int = setting(512, "Size of the style w.", low=2, high=2048, only=STYLED)
    blur: bool = setting(
        True, "Filter where the networks scale up and down, as published.", only=STYLED
    )
    mbstd: bool = setting(
        True, "Show D how pictures differ: minibatch standard deviation.", only=STYLED
    )
    mapping_layers: int = setting(8, "Depth of the mapping network.", low=1, high=16, only=STYLED)
    channels: int = setting(
        64, "Unit of the widths (BigGAN's ch).", low=1, high=256, only=BIGGANS + ANCESTORS
    )
    attention: int = setting(
        0,
        "Resolution with self-attention in both networks; 0 = none.",
        low=0,
        high=512,
        unit="px",
        only=BIGGANS + SAGAN,
    )
    shared_dim: int = setting(
        128, "Size of the class embedding that all layers share.", low=1, high=1024, only=BIGGANS
    )
    own_layers: int = setting(
        2,
        "Layers next to the picture that each domain has for itself; the others are shared.",
        low=1,
        high=5,
        only=COGAN,
    )
    hierarchical: bool = setting(True, "Give every block a part of z of its own.", only=("biggan",))
    # Growth
    initial_resolution: int = setting(
        4, "Resolution to start at.", low=4, high=1024, unit="px", only=GROWING
    )
    fade_kimg: float | None = setting(
        None,
        "Length of each fade; empty = spread over the run.",
        low=0,
        high=1e6,
        unit="kimg",
        only=GROWING,
    )
    stable_kimg: float | None = setting(
        None,
        "Length of each stable phase; empty = spread over the run.",
        low=0,
        high=1e6,
        unit="kimg",
        only=GROWING,
    )
    fade_kimg_at: PerResolution = setting(
        (), "Fade length of one resolution, as fade_kimg_at.32=25.", unit="kimg", only=GROWING
    )
    stable_kimg_at: PerResolution = setting(
        (), "Stable length of one resolution.", unit="kimg", only=GROWING
    )
    keep_phases: bool = setting(
        False, "Keep the network as it was at the end of each resolution's phase.", only=GROWING
    )
    growth_images: int | None = setting(
        None,
        "The images that open lengths of growth are spread over; empty = images. Training longer "
        "writes down here what the run was planned for, so that no phase moves.",
        low=1,
        high=1e9,
        unit="images",
        only=GROWING,
    )
    growth_speed_at: PerResolution = setting(
        (),
        "How fast the plan of growth goes on from so many images on, as "
        "growth_speed_at.50000=0.5; 1 = as planned, 0 = alpha stands still.",
    )
    # Optimisation
    batch_size: int = setting(16, "Pictures per step.", low=1, high=4096)
    batch_size_at: PerResolution = setting(
        (), "Batch size of one resolution, as batch_size_at.8=64."
    )
    accumulate: int = setting(
        1,
        "Work on the batch in this many parts, to save memory; gradients add up.",
        low=1,
        high=1024,
    )
    learning_rate: float = setting(0.001, "Adam step size of both networks.", low=1e-6, high=0.1)
    learning_rate_d: float | None = setting(
        None, "Adam step size of D; empty = the same as G's.", low=1e-6, high=0.1
    )
    adam_beta1: float = setting(0.0, "Adam's decay of the mean gradient.", low=0, high=0.999)
    adam_beta2: float = setting(0.99, "Adam's decay of the squared gradient.", low=0, high=0.99999)
    adam_epsilon: float = setting(1e-8, "Adam's smallest divisor.", low=0, high=0.1)
    learning_rate_at: PerResolution = setting((), "Learning rate of one resolution.")
    learning_rate_final: float = setting(
        1.0,
        "What is left of the learning rates at the end of the run, by half a cosine; 1 = all of it.",
        low=0,
        high=1,
    )
    loss: str = setting(
        "logistic-r1",
        "Non-saturating logistic with R1, WGAN, WGAN-GP with drift, hinge, least squares (Mao et al. "
        "2017), or relativistic with R1 and R2 (Huang et al. 2024).",
        choices=("logistic-r1", "wgan", "wgan-gp", "hinge", "least-squares", "relativistic"),
    )
    clip_weights: float = setting(
        0.0,
        "Clip D's weights to plus or minus this after each of its steps (Arjovsky et al. 2017); 0 = no.",
        low=0,
        high=10,
    )
    r1_gamma: float = setting(10.0, "Weight of R1.", low=0, high=1000)
    r1_gamma_at: PerResolution = setting((), "Weight of R1 at one resolution.")
    r1_gamma_final: float = setting(
        1.0,
        "What is left of R1's weight at the end of the run, by half a cosine; 1 = all of it.",
        low=0,
        high=100,
    )
    r1_on: str = setting(
        "augmented",
        "Take R1 at the real pictures as D sees them, or plain, without augmentation.",
        choices=("augmented", "plain"),
    )
    r1_interval: int = setting(1, "Compute R1 every this many steps, scaled up.", low=1, high=64)
    gp_lambda: float = setting(10.0, "Weight of WGAN-GP's gradient penalty.", low=0, high=1000)
    drift: float = setting(0.001, "Weight of WGAN-GP's drift term.", low=0, high=1)
    d_steps: int = setting(1, "Discriminator steps per generator step.", low=1, high=16)
    fresh_reals: bool = setting(
        False, "Show every discriminator step real pictures of its own; they all count."
    )
    fresh_fakes: bool = setting(
        False, "Draw a batch of fakes of its own for G's step, as the published code does."
    )
    cycle_weight: float = setting(
        10.0,
        "Weight of the loss that holds a picture, translated and back, to what it was.",
        low=0,
        high=1000,
        only=CYCLEGAN,
    )
    label_weight: float = setting(
        1.0, "Weight of the auxiliary classifier's loss.", low=0, high=100, only=PROGAN
    )
    ortho_reg: float = setting(
        0.0, "Strength of G's orthogonal regularisation.", low=0, high=1, only=BIGGANS
    )
    clip_fakes: bool = setting(False, "Show D the fake pictures clipped to the displayable range.")
    style_mixing: float = setting(
        0.9, "Probability of mixing regularisation.", low=0, high=1, only=STYLED
    )
    w_avg_beta: float = setting(
        0.995, "Decay of the running mean of W.", low=0, high=1, only=STYLED
    )
    path_weight: float = setting(
        2.0, "Weight of the path length penalty; 0 = none.", low=0, high=1000, only=STYLEGAN2
    )
    path_interval: int = setting(
        4,
        "Compute the path length penalty every this many steps, scaled up.",
        low=1,
        high=64,
        only=STYLEGAN2,
    )
    path_decay: float = setting(
        0.01,
        "How fast the length that paths should have follows the mean one.",
        low=0,
        high=1,
        only=STYLEGAN2,
    )
    freeze_d: int = setting(
        0,
        "Leave so many layers of D as they are, from the picture on (Mo et al. 2020).",
        low=0,
        high=64,
        only=STYLEGAN2,
    )
    ema_kimg: float = setting(
        10.0, "Half-life of the averaged generator.", low=0, high=1e6, unit="kimg"
    )
    ema_rampup: float = setting(
        0.0,
        "The half-life is at most this share of the images seen; 0 = no such limit.",
        low=0,
        high=1,
    )
    ema_start_kimg: float = setting(
        0.0, "Until then the averaged generator is a copy.", low=0, high=1e6, unit="kimg"
    )
    standing_batches: int = setting(
        8,
        "Batches behind the batch-norm statistics of a model file, for each truncation.",
        low=1,
        high=1000,
        only=BIGGANS,
    )
    reset_optimizers: bool = setting(
        True, "Start Adam anew whenever the growth enters a new phase.", only=GROWING
    )
    # Machine
    device: str = setting("auto", "cpu, cuda, mps or auto.")
    precision: str = setting(
        "fp32",
        "Arithmetic of the convolutions; auto takes the faster one of this machine.",
        choices=("fp32", "bf16", AUTO),
    )
    threads: int = setting(0, "CPU threads; 0 = all cores.", low=0, high=256)
    # Keeping
    sheet_kimg: float = setting(4.0, "Between two sample sheets.", low=0.001, high=1e6, unit="kimg")
    checkpoint_kimg: float = setting(
        8.0, "Between two checkpoints.", low=0.001, high=1e6, unit="kimg"
    )
    snapshot_kimg: float = setting(
        50.0,
        "Between two model files that are kept beside the newest.",
        low=0.001,
        high=1e6,
        unit="kimg",
    )
    spectra_kimg: float = setting(
        0.5,
        "Between two readings of the layers' largest singular values.",
        low=0.001,
        high=1e6,
        unit="kimg",
    )
    distance_kimg: float = setting(
        4.0,
        "Between two measurements of how far the samples are from the data, by sliced "
        "Wasserstein distance; 0 = never.",
        low=0,
        high=1e6,
        unit="kimg",
    )
    kid_samples: int = setting(
        500,
        "Samples whose kernel distance to the data (KID) is measured before a checkpoint, at the full "
        "resolution and where the package of the features is installed; 0 = never.",
        low=0,
        high=50_000,
    )
    kid_share: float = setting(
        0.03, "At most this share of the run's time goes into measuring KID.", low=0, high=1
    )
    keep_gb: float = setting(
        2.0,
        "Disk space for checkpoints and snapshots; when it is used up they are thinned out, "
        "but the last two and the best always stay.",
        low=0,
        high=1e5,
        unit="GB",
    )
    sheet_columns: int = setting(8, "Columns of a sheet.", low=1, high=64)
    sheet_rows: int = setting(4, "Rows of a sheet.", low=1, high=64)
    sheet_psi: float = setting(0.7, "Truncation of the sheets.", low=-2, high=2)
    readout_samples: int = setting(
        256,
        "Pictures the final model's read-outs are fitted to; 0 leaves it to the window.",
        low=0,
        high=100_000,
    )
    renamed_classes: str = setting(
        "",
        "Class folders that have another name now, as JSON: the name at the beginning to today's.",
    )
    unknown: str = setting(
        "", "Fields that another version of ganlab wrote, as JSON; kept, and written back."
    )
    name: str = setting("", "What the model is called.")
    licence: str = setting("", "Licence of the model and its data.")
    attribution: str = setting("", "Whom to name for the data.")

    def __post_init__(self) -> None:
        self._check_ranges()
        if self.img_channels == 2:
            raise TrainingError("img_channels is 1, 3 or 4; 0 leaves it to the pictures.")
        if self.const_size != (4, 4) and self.architecture not in STYLED:
            raise TrainingError(
                f"A {self.architecture} makes squares alone.",
                f"Leave aspect at 1:1, or choose one of {', '.join(STYLED)}.",
            )
        for name in ("resolution", "initial_resolution"):
            side = getattr(self, name)
            if side & (side - 1):
                raise TrainingError(f"{name} must be a power of two, not {side}.")
        if self.initial_resolution > self.resolution:
            raise TrainingError("initial_resolution cannot be larger than resolution.")
        for name, batch in (("batch_size", self.batch_size), *self.batches_at()):
            if batch % 1:
                raise TrainingError(f"{name} must be a whole number, not {batch:g}.")
            if batch % self.accumulate:
                raise TrainingError(f"{name} must be a multiple of accumulate.")
        words = {word.strip() for word in self.augment.split(",")} - {"none", ""}
        if self.augment != AUTO and words - AUGMENTATIONS:
            raise TrainingError(
                f"augment does not know {', '.join(sorted(words))}.",
                "Use none, auto, or a choice of color, translation, cutout, ada.",
            )

    def _check_ranges(self) -> None:
        """Every value by its field; what holds at one resolution by the general field."""
        told = {item.name: item.metadata for item in dataclasses.fields(self)}
        for name, metadata in told.items():
            if not name.endswith("_at"):
                check(name, getattr(self, name), metadata)
                continue
            for key, value in getattr(self, name):
                check(f"{name}.{key}", value, told.get(name.removesuffix("_at"), _SPEED))
        if self.architecture in DOMAINS and self.img_channels not in (0, 3):
            raise TrainingError(f"A {self.architecture} draws in colours: leave img_channels at 3.")
        for name in ("shape", "renamed_classes", "unknown"):
            if not is_json_object(getattr(self, name), of=str if "classes" in name else object):
                raise TrainingError(f"{name} is not what a run's config has there.")

    def batches_at(self) -> list[tuple[str, float]]:
        """Every resolution's own batch size, with the name it is set by."""
        return [(f"batch_size_at.{side}", batch) for side, batch in self.batch_size_at]

    @property
    def grows(self) -> bool:
        """Whether the network starts small."""
        return self.architecture in GROWING

    @property
    def left_out(self) -> frozenset[str]:
        """Names of the pictures that are left out."""
        return frozenset(filter(None, self.leave_out.splitlines()))

    @property
    def const_size(self) -> tuple[int, int]:
        """Height and width of the network's constant, and of a picture that counts as 4 px."""
        return const_size_of(self.aspect)

    def picture_shape(self, resolution: int) -> tuple[int, int, int]:
        """Channels, height and width of a picture that counts as `resolution` px."""
        height, width = self.const_size
        return self.img_channels or 3, height * resolution // 4, width * resolution // 4

    @property
    def learns_classes(self) -> bool:
        """Whether the classes of the set are learned, where it has any."""
        return self.conditional and self.architecture not in WITHOUT_CLASSES

    def at(self, name: str, resolution: int) -> float:
        """The value of `name` at a resolution: its own when `name`_at lists one, else the general one."""
        own: PerResolution = getattr(self, f"{name}_at")
        value: float = dict(own).get(resolution, getattr(self, name))
        return value

    def scheduled(self, name: str, resolution: int, images: int) -> float:
        """`at`, times what its schedule leaves when so many images have been seen."""
        value = self.at(name, resolution)
        return value * remaining(getattr(self, f"{name}_final"), images / self.images)

    def today(self, classes: Iterable[str]) -> tuple[str, ...]:
        """The names that the run's classes have in its data set by now."""
        renamed: dict[str, str] = load_json(self.renamed_classes) if self.renamed_classes else {}
        return tuple(renamed.get(name, name) for name in classes)

    @property
    def unknown_fields(self) -> tuple[str, ...]:
        """Names of the fields that only another version of ganlab knows."""
        return tuple(load_json(self.unknown)) if self.unknown else ()

    def to_json(self) -> str:
        """Canonical JSON with a version."""
        data = dataclasses.asdict(self)
        unknown = load_json(data.pop("unknown") or "{}")
        for key, value in data.items():
            if key.endswith("_at"):
                data[key] = {str(resolution): number for resolution, number in value}
        return canonical_json({**unknown, "ganlab_train_config": VERSION, **data})

    @staticmethod
    def from_json(text: str) -> TrainConfig:
        """Read what `to_json` wrote; raises `TrainingError` with a sentence for anything else.

        A field that is missing has its default, which is what a version without it did. One that is
        unknown is kept in `unknown` for the version that knows it.
        """
        return from_fields(config_fields(text))


def config_fields(text: str) -> dict[str, object]:
    """The fields in a config's JSON text, by name; raises `TrainingError`."""
    data = _parsed(text)
    version = data.pop("ganlab_train_config", None) if isinstance(data, dict) else None
    if not isinstance(data, dict) or type(version) is not int or version < 1:
        raise TrainingError("This is not the config of a ganlab run.", "Choose another file.")
    refuse_newer(version, VERSION, "This run's config", TrainingError)
    return data


def _parsed(text: str) -> Any:
    return parse_json(text, "run's config", TrainingError)


def from_fields(data: Mapping[str, object]) -> TrainConfig:
    """The config of these fields as JSON has them; raises `TrainingError`."""
    known = {item.name for item in dataclasses.fields(TrainConfig)} - {"unknown"}
    settings = {name: value for name, value in data.items() if name in known}
    others = {name: value for name, value in data.items() if name not in known}
    config = with_settings(TrainConfig(), settings)
    try:
        return dataclasses.replace(config, unknown=canonical_json(others)) if others else config
    except ValueError:
        raise TrainingError("The run's config holds a number that is not finite.") from None


def lengthened(config: TrainConfig, images: object, seen: int) -> TrainConfig:
    """`config` with its end at `images`, for a run that has seen so many of them.

    The last phase gets longer, or shorter; what was planned before it does not move. Raises
    `TrainingError` for an end that lies behind the run or is no number of images.
    """
    planned = config.images if config.growth_images is None else config.growth_images
    longer = with_settings(config, {"images": images, "growth_images": planned})
    if longer.images < seen:
        raise TrainingError(
            f"The run has seen {seen} images already, so it cannot end at {longer.images}.",
            f"Say a number above {seen}.",
        )
    return longer if longer.images != config.images else config


def chosen(config: TrainConfig, settings: Mapping[str, object]) -> TrainConfig:
    """`config` with what a person chose, which wins: a general value over those of single resolutions.

    Values of single resolutions hold beside it only where they are chosen too. Where `channels` means no
    width it is short for `img_channels`. Raises `TrainingError`.
    """
    architecture = settings.get("architecture", config.architecture)
    settings = of_pictures(settings) if architecture in _BY_FMAP else settings
    general: dict[str, Any] = {
        f"{name}_at": () for name in settings if hasattr(config, f"{name}_at")
    }
    plain: dict[str, object] = dict(settings)
    return with_settings(dataclasses.replace(config, **general), plain)


def of_pictures(settings: Mapping[str, object]) -> Mapping[str, object]:
    """The settings with `channels` as `img_channels`, for the architectures that have no such width."""
    return {("img_channels" if name == "channels" else name): settings[name] for name in settings}


def with_settings(config: TrainConfig, settings: dict[str, object]) -> TrainConfig:
    """`config` with fields replaced; values may be texts as on a command line.

    A key such as `batch_size_at.8` sets one resolution of a per-resolution field. Raises
    `TrainingError` naming the field for an unknown name, a wrong type or a value out of range.
    """
    known = {item.name: item for item in dataclasses.fields(TrainConfig)}
    changes: dict[str, Any] = {}
    for key, value in settings.items():
        name, _, resolution = key.partition(".")
        if name not in known or name == "unknown":
            raise TrainingError(
                f"There is no setting {name!r}.", f"Settings are: {', '.join(sorted(known))}."
            )
        if name.endswith("_at"):
            before = dict(changes.get(name, getattr(config, name))) if resolution else {}
            items = {resolution: value} if resolution else value
            changes[name] = per_resolution(name, before, items)
        else:
            changes[name] = coerced(name, str(known[name].type), value)
    return dataclasses.replace(config, **changes)


# ------------------------------------------------------------------------------------------------
# The growth schedule: how far the network has grown by now (Karras et al. 2018, sec. 2).


GROWING_SHARE = 0.4
"""Part of a run spent growing when the config leaves the lengths open; the rest is the last phase."""

_FADE_WEIGHT, _STABLE_WEIGHT = 1.0, 1.5
_SMALL_WEIGHT = {4: 0.2, 8: 0.6}
"""How much of an equal share the smallest resolutions get: what they learn is learned soon."""


def remaining(final: float, gone: float) -> float:
    """What half a cosine leaves of 1 on its way to `final` when the share `gone` has passed."""
    if final == 1.0:
        return 1.0
    return final + (1.0 - final) * 0.5 * (1.0 + math.cos(math.pi * min(1.0, gone)))


def growth_clock(config: TrainConfig, images: int) -> float:
    """How far the plan of growth has gone when `images` have been seen, in images of the plan."""
    clock, since, speed = 0.0, 0, 1.0
    for start, faster in config.growth_speed_at:
        if start >= images:
            break
        clock += speed * (start - since)
        since, speed = start, max(0.0, faster)
    return clock + speed * (images - since)


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the run at one resolution.

    Attributes
    ----------
    resolution
        Side in pixels of the newest block.
    fading
        Whether its alpha rises from 0 to 1 during the phase.
    start, end
        In images of the plan; the last phase ends with the run.
    clock
        Images seen -> images of the plan.
    """

    resolution: int
    fading: bool
    start: int
    end: int
    clock: Callable[[int], float] = field(default=float, repr=False, compare=False)

    def alpha(self, images: int) -> float:
        """Alpha of the newest block when `images` have been seen, 0 to 1."""
        if not self.fading:
            return 1.0
        gone = self.clock(images) - self.start
        return min(1.0, max(0.0, gone / max(1, self.end - self.start)))

    def growth(self, images: int) -> float:
        """Log2 of the resolution with the fade as its fraction: 4.37 = 32 px at alpha 0.37."""
        return math.log2(self.resolution) - 1.0 + self.alpha(images)


def phases(config: TrainConfig) -> tuple[Phase, ...]:
    """All phases of a run in order: stable at the first resolution, then fade and stable for each.

    An architecture that does not grow has one stable phase at its full resolution. In a run that is
    trained longer the last phase gets longer and no other moves: what is behind the run stays as it was.
    """
    last = int(math.log2(config.resolution))
    first = int(math.log2(config.initial_resolution)) if config.grows else last
    growing = [_weight(2**level, fading=fading) for level, fading in _stretches(first, last)[:-1]]
    planned = config.images if config.growth_images is None else config.growth_images
    share = GROWING_SHARE * planned / max(1.0, sum(growing))
    result: list[Phase] = []
    position = 0
    for level, fading in _stretches(first, last):
        length = _length(config, 2**level, share * _weight(2**level, fading=fading), fading=fading)
        end = position + length
        if level == last and not fading:
            end = max(end, config.images)
        result.append(Phase(2**level, fading, position, end, partial(growth_clock, config)))
        position = end
    return tuple(result)


def _stretches(first: int, last: int) -> list[tuple[int, bool]]:
    """(level, fading) of each phase in order; there is nothing to fade in at the first level."""
    both = [(level, fading) for level in range(first, last + 1) for fading in (True, False)]
    return both[1:]


def _weight(resolution: int, *, fading: bool) -> float:
    return (_FADE_WEIGHT if fading else _STABLE_WEIGHT) * _SMALL_WEIGHT.get(resolution, 1.0)


def phase_just_ended(config: TrainConfig, number: int) -> Phase | None:
    """The stable phase that ended when phase `number` began and with it another resolution."""
    plan = phases(config)
    before = [phase for phase in plan[:number] if phase.end > phase.start]
    if before and before[-1].resolution < plan[number].resolution:
        return before[-1]
    return None


def phase_at(config: TrainConfig, images: int) -> tuple[int, Phase]:
    """Number and phase of the step that starts when `images` have been seen."""
    plan = phases(config)
    at = growth_clock(config, images)
    for index, phase in enumerate(plan):
        if at < phase.end:
            return index, phase
    return len(plan) - 1, plan[-1]


def _length(config: TrainConfig, resolution: int, open_length: float, *, fading: bool) -> int:
    name = "fade_kimg" if fading else "stable_kimg"
    own = dict(getattr(config, f"{name}_at")).get(resolution)
    general: float | None = getattr(config, name)
    kimg = own if own is not None else general
    return round(open_length if kimg is None else kimg * 1000)


def is_due(kimg: float, before: int, now: int) -> bool:
    """Whether a multiple of so many thousand images lies after `before` and not after `now`."""
    every = max(1, round(kimg * 1000))
    return now // every != before // every
