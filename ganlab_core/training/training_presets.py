"""Presets: settings named for what they are for, and what the pictures or a finding decide."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ganlab_core.data import FEW, Images
from ganlab_core.errors import TrainingError
from ganlab_core.recipe import short_name
from ganlab_core.training.config import AUTO, PerResolution, TrainConfig, phase_at

Settings = dict[str, object]

# --- networks that grow ------------------------------------------------------------------------------

_LAPTOP: Settings = {
    "precision": AUTO,
    "z_dim": 128,
    "w_dim": 128,
    "learning_rate": 0.002,
    "r1_interval": 16,
    "clip_fakes": True,
    "batch_size_at.4": 32,
    "batch_size_at.8": 32,
    "batch_size_at.16": 16,
    # Small pictures hide less for R1 to smooth; from 64 px on 8 to 10 are needed against colour casts.
    "r1_gamma": 8.0,
    "r1_gamma_at.4": 1.0,
    "r1_gamma_at.8": 1.0,
    "r1_gamma_at.16": 2.0,
    "r1_gamma_at.32": 4.0,
}

_PAPER_GROWTH: Settings = {
    "learning_rate": 0.001,
    "learning_rate_at.128": 0.0015,
    "learning_rate_at.256": 0.002,
    "learning_rate_at.512": 0.003,
    "learning_rate_at.1024": 0.003,
    "fade_kimg": 600,
    "stable_kimg": 600,
}

_PAIRED: Settings = {
    "loss": "relativistic",
    "initial_resolution": 8,
    "batch_size": 8,
    "batch_size_at.4": 8,
    "batch_size_at.8": 8,
    "batch_size_at.16": 8,
    "r1_gamma": 2.0,
    "r1_gamma_at.16": 1.0,
    "r1_gamma_at.32": 1.0,
    "style_mixing": 0.5,
}
"""What the trials found best for a StyleGAN on a laptop (docs/models/README.md): each picture of G's beside
a real one, with R1 and R2, in many small steps, from the first size at which there is something to see."""

_MINUTES: Settings = {
    **_LAPTOP,
    "fmap_base": 512,
    "fmap_max": 64,
    "images": 60_000,
    "ema_kimg": 1.0,
    "sheet_kimg": 2.0,
}

_EVENING: Settings = {
    **_LAPTOP,
    "fmap_base": 768,
    "fmap_max": 96,
    "images": 300_000,
    "ema_kimg": 3.0,
}

_STYLEGAN: dict[str, Settings] = {
    "minutes": {**_MINUTES, **_PAIRED, "learning_rate": 0.004, "r1_interval": 4},
    "evening": {
        **_EVENING,
        **_PAIRED,
        "images": 240_000,
        "learning_rate": 0.003,
        "learning_rate_final": 0.1,
        "r1_interval": 8,
        "r1_gamma_final": 0.25,
        "ema_kimg": 4.0,
        "fade_kimg": 20.0,
        "fade_kimg_at.16": 8.0,
        "fade_kimg_at.32": 12.0,
        "stable_kimg": 30.0,
        "stable_kimg_at.8": 10.0,
        "stable_kimg_at.16": 15.0,
    },
    "gpu": {
        "learning_rate": 0.002,
        "fmap_max": 256,
        "z_dim": 256,
        "w_dim": 256,
        "batch_size": 32,
        "r1_interval": 16,
        "precision": "bf16",
        "clip_fakes": True,
        "images": 5_000_000,
    },
    "paper": {
        "images": 25_000_000,
        "initial_resolution": 8,
        "batch_size": 32,
        "batch_size_at.8": 256,
        "batch_size_at.16": 128,
        "batch_size_at.32": 64,
        **_PAPER_GROWTH,
    },
}

_STYLEGAN2_LAPTOP: Settings = {
    "precision": AUTO,
    "z_dim": 128,
    "w_dim": 128,
    "mapping_layers": 4,
    "learning_rate": 0.002,
    "r1_interval": 16,
    "path_interval": 8,
    "clip_fakes": True,
}

_STYLEGAN2: dict[str, Settings] = {
    "minutes": {
        **_STYLEGAN2_LAPTOP,
        "fmap_base": 512,
        "fmap_max": 64,
        "r1_gamma": 1.0,
        "images": 60_000,
        "ema_kimg": 1.0,
        "sheet_kimg": 2.0,
    },
    "evening": {
        **_STYLEGAN2_LAPTOP,
        "fmap_base": 1024,
        "fmap_max": 96,
        "r1_gamma": 2.0,
        "images": 300_000,
        "ema_kimg": 3.0,
    },
    "gpu": {
        "learning_rate": 0.0025,
        "fmap_base": 8192,
        "fmap_max": 256,
        "z_dim": 256,
        "w_dim": 256,
        "batch_size": 32,
        "r1_interval": 16,
        "r1_gamma": 2.0,
        "precision": "bf16",
        "images": 5_000_000,
    },
    "paper": {  # config F
        "learning_rate": 0.002,
        "fmap_base": 16_384,
        "batch_size": 32,
        "r1_interval": 16,
        "images": 25_000_000,
    },
}

# A logistic loss learns more from few pictures than the paper's WGAN-GP, so only `paper` has that.
_KEPT: Settings = {"keep_phases": True}


def _without_style(settings: Settings) -> Settings:
    return {key: value for key, value in settings.items() if key != "w_dim"}


_PROGAN: dict[str, Settings] = {
    "minutes": {**_without_style(_MINUTES), **_KEPT},
    "evening": {**_without_style(_EVENING), **_KEPT},
    "gpu": {**_without_style(_STYLEGAN["gpu"]), **_KEPT},
    "paper": {
        "images": 12_000_000,
        "loss": "wgan-gp",
        "batch_size": 32,
        "batch_size_at.4": 512,
        "batch_size_at.8": 256,
        "batch_size_at.16": 128,
        "batch_size_at.32": 64,
        "batch_size_at.64": 64,
        "ema_kimg": 22.0,  # a decay of 0.999 for each step of 32
        **_PAPER_GROWTH,
        **_KEPT,
    },
}

# --- networks that do not ----------------------------------------------------------------------------

_BIG: Settings = {
    "loss": "hinge",
    "adam_beta2": 0.999,
    "adam_epsilon": 1e-6,
    "fresh_reals": True,
    "sheet_rows": 10,
}

_BIG_LAPTOP: Settings = {
    **_BIG,
    "precision": AUTO,
    "resolution": 32,
    "batch_size": 32,
    "z_dim": 80,
    "standing_batches": 4,
    "shared_dim": 64,
    "learning_rate": 2e-4,
    "learning_rate_d": 4e-4,
}

_BIGGAN: dict[str, Settings] = {
    "minutes": {**_BIG_LAPTOP, "channels": 16, "images": 60_000, "ema_kimg": 2.0},
    "evening": {
        **_BIG_LAPTOP,
        "channels": 24,
        "images": 600_000,
        "ema_kimg": 10.0,
        "ema_start_kimg": 20.0,
    },
    "gpu": {
        **_BIG,
        "resolution": 64,
        "channels": 64,
        "attention": 32,
        "batch_size": 256,
        "z_dim": 120,
        "learning_rate": 1e-4,
        "learning_rate_d": 4e-4,
        "ema_kimg": 50.0,
        "ema_start_kimg": 200.0,
        "ortho_reg": 1e-4,
        "precision": "bf16",
        "images": 10_000_000,
    },
    "paper": {
        **_BIG,
        "resolution": 128,
        "channels": 96,
        "attention": 64,
        "batch_size": 2048,
        "accumulate": 8,
        "d_steps": 2,
        "z_dim": 120,
        "learning_rate": 5e-5,
        "learning_rate_d": 2e-4,
        "ema_kimg": 28_400.0,  # a decay of 0.9999 for each step, which shows 2 x 2048 pictures
        "ema_start_kimg": 81_920.0,  # 20,000 such steps
        "ortho_reg": 1e-4,
        "images": 600_000_000,
    },
}

_BIGGAN_DEEP: dict[str, Settings] = {
    "minutes": {**_BIGGAN["minutes"], "channels": 32, "z_dim": 64},
    "evening": {**_BIGGAN["evening"], "channels": 48, "z_dim": 64},
    "gpu": {**_BIGGAN["gpu"], "channels": 96, "z_dim": 128},
    "paper": {**_BIGGAN["paper"], "channels": 128, "z_dim": 128},
}

# --- ancestors ---------------------------------------------------------------------------------------

# None of these papers averages G's weights: what is looked at is G itself.
_ANCESTOR: Settings = {
    "resolution": 32,
    "z_dim": 100,
    "batch_size": 64,
    "ema_kimg": 0.0,
    "r1_gamma": 0.0,
    "adam_beta1": 0.5,
    "adam_beta2": 0.999,
    "fresh_reals": True,
    "sheet_psi": 1.0,
    "images": 60_000,
    "sheet_kimg": 2.0,
}


def _ancestor(small: Settings, published: Settings) -> dict[str, Settings]:
    """The four presets: the larger ones are wider and longer, the last as published."""
    plain = {**_ANCESTOR, **small}
    width = plain["channels"]
    assert isinstance(width, int)
    return {
        "minutes": plain,
        "evening": {**plain, "channels": 2 * width, "images": 600_000},
        "gpu": {**plain, "channels": 4 * width, "images": 5_000_000},
        "paper": {**plain, "images": 5_000_000, **published},
    }


_GAN = _ancestor({"channels": 16, "learning_rate": 2e-4}, {"channels": 64, "batch_size": 100})
_DCGAN = _ancestor(
    {"channels": 16, "learning_rate": 2e-4},
    {"channels": 128, "resolution": 64, "batch_size": 128, "images": 15_000_000},
)
# RMSProp is Adam without a mean of the gradient, but for the correction of the first steps.
_CRITIC: Settings = {"channels": 16, "d_steps": 5, "adam_beta1": 0.0, "drift": 0.0}
_WGAN = _ancestor(
    {**_CRITIC, "loss": "wgan", "clip_weights": 0.01, "learning_rate": 5e-4, "adam_beta2": 0.99},
    {"channels": 64, "resolution": 64, "learning_rate": 5e-5, "images": 50_000_000},
)
_WGAN_GP = _ancestor(
    {**_CRITIC, "loss": "wgan-gp", "learning_rate": 5e-4, "adam_beta2": 0.9},
    {"channels": 64, "resolution": 64, "learning_rate": 1e-4, "images": 50_000_000},
)
_SAGAN = _ancestor(
    {
        "channels": 16,
        "attention": 16,
        "loss": "hinge",
        "adam_beta1": 0.0,
        "adam_beta2": 0.9,
        "learning_rate": 2e-4,
        "learning_rate_d": 8e-4,
        "batch_size": 32,
    },
    {
        "channels": 64,
        "resolution": 128,
        "attention": 32,
        "z_dim": 128,
        "batch_size": 256,
        "learning_rate": 1e-4,
        "learning_rate_d": 4e-4,
        "images": 256_000_000,
    },
)

_COGAN = _ancestor(
    {"channels": 16, "learning_rate": 2e-4},
    {"channels": 64, "resolution": 64, "batch_size": 128, "images": 3_200_000},
)
_CYCLEGAN = _ancestor(
    {"channels": 16, "z_dim": 128, "loss": "least-squares", "learning_rate": 2e-4, "batch_size": 8},
    {"channels": 64, "resolution": 128, "z_dim": 1024, "batch_size": 1, "images": 400_000},
)

# --- three minutes -----------------------------------------------------------------------------------

THREE_MINUTES = "three-minutes"

_WATCHED: Settings = {
    "resolution": 32,
    "images": 14_000,
    "ema_kimg": 0.5,
    "sheet_kimg": 0.25,
    "distance_kimg": 1.0,
    "spectra_kimg": 2.0,
    "checkpoint_kimg": 1.0,
    "kid_samples": 0,
    "readout_samples": 128,
}
"""What lets somebody who watches see a change every few seconds, and an end."""


_HASTY: Settings = {
    "fmap_max": 48,
    "learning_rate": 0.003,
    "batch_size": 8,
    "batch_size_at.4": 8,
    "batch_size_at.8": 8,
    "batch_size_at.16": 8,
    "r1_gamma_at.16": 1.0,
    "r1_gamma_at.32": 1.0,
}
"""What a growing network learns most with in so few pictures: many small steps."""

_HASTY_STYLE: Settings = {
    **_HASTY,
    "images": 12_000,
    "style_mixing": 0.0,
    "learning_rate": 0.005,
    "loss": "relativistic",
    "r1_interval": 4,
    "initial_resolution": 8,
}
"""The best of the trials at 32 px (docs/models/README.md): each picture of G's beside a real one, with R1
and R2, from 8 px on, where there is something to see."""


def _with_three_minutes(named: dict[str, Settings]) -> dict[str, Settings]:
    small = named["minutes"]
    grows = "batch_size_at.4" in small
    hasty = (_HASTY_STYLE if "w_dim" in small else _HASTY) if grows else {}
    return {THREE_MINUTES: {**small, **_WATCHED, **hasty}, **named}


_LARGER: dict[str, dict[str, Settings]] = {
    "stylegan": _STYLEGAN,
    "stylegan2": _STYLEGAN2,
    "progan": _PROGAN,
    "biggan": _BIGGAN,
    "biggan-deep": _BIGGAN_DEEP,
    "gan": _GAN,
    "cgan": _GAN,
    "dcgan": _DCGAN,
    "wgan": _WGAN,
    "wgan-gp": _WGAN_GP,
    "sagan": _SAGAN,
    "cogan": _COGAN,
    "cyclegan": _CYCLEGAN,
}

PRESETS = {name: _with_three_minutes(named) for name, named in _LARGER.items()}
"""Architecture -> name -> settings.

`three-minutes` is watched from beginning to end, at 32 px. `minutes` and `evening` are for a laptop's CPU,
`gpu` for one GPU, `paper` as published (many devices).
"""

PLAYED_ONLY = ("stylegan3",)
"""Architectures that open and that no run trains."""

DEFAULT = "minutes"

ADAPTIVE = "ada"
"""Augmentation for sets that are small: none until D knows them by heart, and no more than it takes then.

A fixed policy takes from the pictures from the first step on (docs/models/README.md, "Few pictures").
"""


def augmentation_for(pictures: int) -> str:
    """The `augment` that suits a set of so many pictures."""
    return ADAPTIVE if pictures < FEW else "none"


def preset(name: str, architecture: str = "stylegan") -> Settings:
    """The settings of an architecture's preset, itself among them.

    Raises `TrainingError` for an unknown name.
    """
    if architecture in PLAYED_ONLY:
        raise TrainingError(
            f"A {architecture} can be opened and played, but not trained.",
            f"Begin with a model that is one of {', '.join(PRESETS)}.",
        )
    if architecture not in PRESETS:
        raise TrainingError(
            f"There is no architecture {architecture!r}.", f"There are: {', '.join(PRESETS)}."
        )
    named = PRESETS[architecture]
    if name not in named:
        raise TrainingError(f"There is no preset {name!r}.", f"Presets are: {', '.join(named)}.")
    return {"architecture": architecture, **named[name]}


# ------------------------------------------------------------------------------------------------
# What a new run decides by the pictures it finds, and says, so that nothing is on or off in
# silence.


NAMED = 8
"""Classes that a sentence names."""


OF_CHANNELS = {
    1: "All pictures are grey: the network has one channel; --set img_channels=3 trains in colours.",
    4: "All pictures are see-through in places: the network learns their opacity as well; "
    "--set img_channels=3 trains on the background instead.",
}
"""What is said of the channels that the pictures decided."""


def decided(config: TrainConfig, images: Images) -> tuple[TrainConfig, tuple[str, ...]]:
    """The config with what was left to the pictures filled in, and a sentence for each such choice."""
    said = []
    if config.augment == AUTO:
        config = dataclasses.replace(config, augment=augmentation_for(len(images)))
        if config.augment != "none":
            said.append(
                f"{len(images)} pictures are few: D sees them augmented once it knows them by heart "
                f"({config.augment}); --set augment=none turns that off."
            )
    if not config.img_channels:
        config = dataclasses.replace(config, img_channels=images.channels)
        said += [OF_CHANNELS[images.channels]] if images.channels in OF_CHANNELS else []
    if images.classes:
        said.append(_of_classes(config, images.classes))
    return config, tuple(said)


def _of_classes(config: TrainConfig, classes: tuple[str, ...]) -> str:
    named = ", ".join(short_name(name) for name in classes[:NAMED])
    more = f" and {len(classes) - NAMED} more" if len(classes) > NAMED else ""
    loss = ""
    if config.architecture == "progan" and config.label_weight:
        loss = " The losses hold the auxiliary classifier's part as well."
    return (
        f"The network learns {len(classes)} classes: {named}{more}.{loss} "
        "--set conditional=false trains on the pictures alone."
    )


# ------------------------------------------------------------------------------------------------
# A run that went wrong, once more: from weights of before, with what the monitor advises.


SLOWER = 0.5
EVERY_POLICY = "color,translation,cutout"

CHANGES = {
    "nan": "half the learning rates",
    "collapse": "half the learning rates",
    "dead": "half the learning rates",
    "spectra": "half the learning rates",
    "overpowering": "half the learning rate of D",
    "guessing": "half the R1 weight",
    "overfitting": "augmentation",
}
"""Kind of a finding -> what `anew` changes, in words; of others it changes nothing."""


def restart_from(config: TrainConfig, kind: str, start: Path, images: int) -> TrainConfig:
    """The run's config to begin with the weights in `start`, which had seen so many `images`.

    A growing network begins at the resolution that it had reached by then.
    """
    settings: dict[str, object] = {"start_from": str(start)}
    if config.grows:
        settings["initial_resolution"] = phase_at(config, images)[1].resolution
    rate_d = config.learning_rate if config.learning_rate_d is None else config.learning_rate_d
    what = CHANGES.get(kind, "")
    if what == CHANGES["nan"]:
        settings["learning_rate"] = SLOWER * config.learning_rate
        settings["learning_rate_at"] = _slower(config.learning_rate_at)
        if config.learning_rate_d is not None:
            settings["learning_rate_d"] = SLOWER * rate_d
    elif kind == "overpowering":
        settings["learning_rate_d"] = SLOWER * rate_d
    elif kind == "guessing":
        settings["r1_gamma"] = SLOWER * config.r1_gamma
        settings["r1_gamma_at"] = _slower(config.r1_gamma_at)
    elif kind == "overfitting":
        settings["augment"] = EVERY_POLICY
    return dataclasses.replace(config, **settings)  # type: ignore[arg-type]


def _slower(rates: PerResolution) -> PerResolution:
    return tuple((side, SLOWER * rate) for side, rate in rates)
