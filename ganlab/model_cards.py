"""What lists of models show of each: its name, one line, and its face.

The face is the PNG in the header's provenance (`"thumbnail"`, base64), else `<model>.png` beside the
file: the whole of it when it is square, and the first tile when it is a sheet of samples.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from ganlab_core.errors import CheckpointError
from ganlab_core.model_info import ModelInfo, read_info
from ganlab_core.places import bundled_models_dir
from ganlab_core.starting import THUMBNAIL

SIDE = 96
"""Pixels kept of a face."""

PUBLISHED = (".pkl", ".pth", ".pt", ".bin")
LARGEST_PICTURE = 32 * 2**20

_NAMES = {
    "progan": "ProGAN",
    "stylegan": "StyleGAN",
    "stylegan2": "StyleGAN2",
    "biggan": "BigGAN",
    "biggan-deep": "BigGAN-deep",
}


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model in a list.

    Attributes
    ----------
    path
        Its file.
    title
        Its name for people.
    line
        Architecture, size, classes and licence.
    group
        `"bundled"`, `"yours"` or `"opened last"`.
    face
        At most 96 px wide; None when it has none.
    """

    path: Path
    title: str
    line: str
    group: str
    face: QImage | None


def architecture_name(architecture: str) -> str:
    """As the papers write it."""
    return _NAMES.get(architecture, architecture)


def read_cards(models: Sequence[ModelInfo], recent: Iterable[Path]) -> list[ModelCard]:
    """Cards of the library's models, then of those opened last that are not among them."""
    bundled = bundled_models_dir()
    cards = [
        card_of(info, "bundled" if info.path.parent == bundled else "yours") for info in models
    ]
    known = {info.path for info in models}
    fresh = (card for path in recent if path not in known if (card := _recent_card(path)))
    return [*cards, *fresh]


def card_of(info: ModelInfo, group: str) -> ModelCard:
    """The card of a model file of ours."""
    facts = [architecture_name(info.architecture), f"{info.resolution} px"]
    facts += [f"{len(info.classes)} classes"] if info.classes else []
    facts += [info.licence] if info.licence else []
    line = " \N{MIDDLE DOT} ".join(facts)
    return ModelCard(info.path, info.title or info.name, line, group, face_of(info))


def face_of(info: ModelInfo) -> QImage | None:
    """The picture that stands for a model; None when nobody gave it one."""
    kept = info.provenance.get(THUMBNAIL)
    image = _decoded(kept) if isinstance(kept, str) else QImage()
    if image.isNull():
        image = _beside(info)
    if image.isNull():
        return None
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image if image.width() <= SIDE else image.scaled(SIDE, SIDE, keep, smooth)


def _recent_card(path: Path) -> ModelCard | None:
    if path.suffix.lower() in PUBLISHED:
        return ModelCard(path, path.stem, "a published checkpoint", "opened last", None)
    if path.suffix.lower() != ".safetensors":
        return None
    try:
        return card_of(read_info(path), "opened last")
    except CheckpointError:
        return None


def _decoded(text: str) -> QImage:
    try:
        return QImage.fromData(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return QImage()


def _beside(info: ModelInfo) -> QImage:
    path = info.path.with_suffix(".png")
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_PICTURE:
            return QImage()
    except OSError:
        return QImage()
    image = QImage(str(path))
    side = info.resolution
    tiled = image.width() % side == 0 and image.height() % side == 0
    if image.isNull() or image.width() == image.height() or not tiled:
        return image
    return image.copy(0, 0, side, side)
