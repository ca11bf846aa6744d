"""What a new run decides by the pictures it finds, and says, so that nothing is on or off in silence."""

from __future__ import annotations

import dataclasses

from ganlab_core.class_names import short_name
from ganlab_core.dataset.images import Images
from ganlab_core.training.config import AUTO, TrainConfig
from ganlab_core.training.presets import augmentation_for

NAMED = 8
"""Classes that a sentence names."""


def decided(config: TrainConfig, images: Images) -> tuple[TrainConfig, tuple[str, ...]]:
    """The config with what was left to the pictures filled in, and a sentence for each such choice."""
    said = []
    if config.augment == AUTO:
        config = dataclasses.replace(config, augment=augmentation_for(len(images)))
        if config.augment != "none":
            said.append(
                f"{len(images)} pictures are few: D sees them augmented ({config.augment}); "
                "--set augment=none turns that off."
            )
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
