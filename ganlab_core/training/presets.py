"""Presets: settings named for what they are for; anything can be overridden afterwards."""

from __future__ import annotations

from ganlab_core.errors import TrainingError

Settings = dict[str, object]

_LAPTOP: Settings = {
    "z_dim": 128,
    "w_dim": 128,
    "learning_rate": 0.002,
    "r1_interval": 16,
    "clip_fakes": True,
    "batch_size_at.4": 32,
    "batch_size_at.8": 32,
}

PRESETS: dict[str, Settings] = {
    "minutes": {**_LAPTOP, "fmap_base": 512, "fmap_max": 64, "images": 60_000, "ema_kimg": 1.0},
    "evening": {**_LAPTOP, "fmap_base": 768, "fmap_max": 96, "images": 300_000, "ema_kimg": 3.0},
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
        "fade_kimg": 600,
        "stable_kimg": 600,
        "batch_size": 32,
        "batch_size_at.8": 256,
        "batch_size_at.16": 128,
        "batch_size_at.32": 64,
        "learning_rate": 0.001,
        "learning_rate_at.128": 0.0015,
        "learning_rate_at.256": 0.002,
        "learning_rate_at.512": 0.003,
        "learning_rate_at.1024": 0.003,
    },
}
"""`minutes` and `evening` on a laptop's CPU, `gpu` on one GPU, `paper` as published (8 GPUs)."""

DEFAULT = "minutes"


def preset(name: str) -> Settings:
    """The settings of a preset; raises `TrainingError` for an unknown name."""
    if name not in PRESETS:
        raise TrainingError(f"There is no preset {name!r}.", f"Presets are: {', '.join(PRESETS)}.")
    return dict(PRESETS[name])
