"""Directions of the latent space that change pictures in nameable ways, as values that can be saved.

A direction's vector is as long as one standard deviation of the latent along it, so that amounts are
comparable; a Recipe applies it as a `EditDirection`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ganlab_core.errors import GanlabError, RecipeError, explain_os_error
from ganlab_core.files import (
    Fields,
    atomic_path,
    cache_dir,
    canonical_json,
    parse_json,
    read_up_to,
    refuse_newer,
)
from ganlab_core.models import DIRECTIONS, ModelInfo
from ganlab_core.plain_text import plain_text
from ganlab_core.recipe import Capabilities, EditDirection

VERSION = 1
MOST = 1024
LARGEST_FILE = 64_000_000
KINDS = ("pca", "features", "factors", "labels", "held")


class DirectionsError(GanlabError):
    """A file of directions that cannot be used."""


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction.

    Attributes
    ----------
    name
        What a person calls it.
    vector
        One standard deviation's step, in W or without a W in Z.
    share
        How much of the whole variance it explains, 0 to 1.
    first, last
        The layers it was found for, both included.
    """

    name: str
    vector: tuple[float, ...]
    share: float = 0.0
    first: int = 0
    last: int = 64

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", plain_text(self.name))

    def edit(self, amount: float) -> EditDirection:
        """The Recipe's step of so many standard deviations along it."""
        return EditDirection(self.vector, amount, self.first, self.last, self.name)

    def to_data(self) -> dict[str, object]:
        """As plain JSON."""
        return {
            "name": self.name,
            "vector": list(self.vector),
            "share": self.share,
            "first": self.first,
            "last": self.last,
        }


@dataclass(frozen=True, slots=True)
class DirectionSet:
    """Directions found together in one model.

    Attributes
    ----------
    fingerprint
        Of the model's weights.
    kind
        `"pca"` of W, `"features"` (PCA of early features), `"factors"` of the style weights, or
        `"labels"` (from labelled pictures), `"held"` (to a painted region).
    directions
        The strongest first.
    """

    fingerprint: str
    kind: str
    directions: tuple[Direction, ...]

    def renamed(self, index: int, name: str) -> DirectionSet:
        """The set with one direction called otherwise."""
        found = list(self.directions)
        found[index] = replace(found[index], name=name)
        return replace(self, directions=tuple(found))

    def reaching(self, index: int, first: int, last: int) -> DirectionSet:
        """The set with one direction acting on other layers."""
        found = list(self.directions)
        found[index] = replace(found[index], first=first, last=last)
        return replace(self, directions=tuple(found))

    def to_json(self) -> str:
        """Canonical JSON."""
        return canonical_json(
            {
                "ganlab_directions": VERSION,
                "fingerprint": self.fingerprint,
                "kind": self.kind,
                "directions": [one.to_data() for one in self.directions],
            }
        )


def directions_from_json(text: str | bytes) -> DirectionSet:
    """The inverse of `DirectionSet.to_json`; raises `DirectionsError` with a sentence."""
    data = parse_json(text, "file of directions", DirectionsError)
    fields = Fields("file of directions", data, DirectionsError)
    version = fields.integer("ganlab_directions", 0)
    if version < 1:
        raise DirectionsError("This is not a file of directions.", "Choose one saved by ganlab.")
    refuse_newer(version, VERSION, "This file of directions", DirectionsError)
    kind = fields.text("kind", "pca")
    if kind not in KINDS:
        raise DirectionsError(f"There are no directions of the kind {kind!a}.")
    return DirectionSet(
        fields.text("fingerprint", ""), kind, fields.items("directions", _direction, MOST)
    )


def save_directions(found: DirectionSet, path: Path) -> None:
    """Write a set, whole or not at all; raises `DirectionsError`."""
    try:
        with atomic_path(path) as temporary:
            temporary.write_text(found.to_json())
    except OSError as error:
        raise DirectionsError(explain_os_error(error, "saving the directions")) from None


def load_directions(path: Path) -> DirectionSet:
    """Read a set; raises `DirectionsError`."""
    try:
        return directions_from_json(read_up_to(path, LARGEST_FILE))
    except OSError as error:
        raise DirectionsError(explain_os_error(error, "reading the directions")) from None


def check_fits(found: DirectionSet, fingerprint: str, can: Capabilities) -> str:
    """Say how a set suits a model: nothing when it is its own, a sentence when it was found in another.

    Raises `DirectionsError` when it cannot be used: other lengths, or of W where there is none.
    """
    lengths = {len(one.vector) for one in found.directions}
    if not lengths:
        raise DirectionsError("This file holds no directions.", "Choose another one.")
    space = "W" if can.has_w else "z"
    if lengths != {can.direction_dim}:
        raise DirectionsError(
            f"These directions have {max(lengths)} numbers, this model's {space} has"
            f" {can.direction_dim}.",
            "Open the model they were found in, or find new ones here.",
        )
    if (found.kind == "pca" and not can.has_w) or (found.kind == "features" and can.has_w):
        other = "z" if can.has_w else "W"
        raise DirectionsError(
            f"These directions live in {other}, this model's in {space}.", "Find new ones here."
        )
    if found.fingerprint == fingerprint:
        return ""
    return (
        f"Found in another model; their {can.direction_dim} numbers fit this one's {space}, so they"
        " are used as they are and may mean something else."
    )


def keep_directions(found: DirectionSet) -> Path | None:
    """Write a set into the cache folder, for the next start; None when it cannot be kept there."""
    path = _cache_file(found.fingerprint, found.kind)
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            save_directions(found, path)
    except (OSError, DirectionsError):
        return None  # it can be found again
    return path


def kept_directions(fingerprint: str, kinds: tuple[str, ...] = KINDS) -> DirectionSet | None:
    """The set of the first of these kinds that was kept for a model; None when there is none."""
    for kind in kinds:
        path = _cache_file(fingerprint, kind)
        try:
            if path is not None and path.is_file():
                return load_directions(path)
        except DirectionsError:
            continue  # it can be found again
    return None


def named_directions(info: ModelInfo) -> DirectionSet | None:
    """The directions that a model file came with, in its provenance; None when it came with none.

    One that cannot be read is passed over.
    """
    listed = info.provenance.get(DIRECTIONS)
    found = []
    for data in listed[:MOST] if isinstance(listed, list) else []:
        try:
            found.append(_direction(data))
        except DirectionsError:
            continue
    return DirectionSet(info.fingerprint, "labels", tuple(found)) if found else None


def _cache_file(fingerprint: str, kind: str) -> Path | None:
    """The file in the cache; None for a fingerprint that would not make a file name."""
    if not (fingerprint.isascii() and fingerprint.isalnum() and len(fingerprint) <= 64):
        return None
    return cache_dir() / "directions" / f"{fingerprint}-{kind}.json"


def _direction(data: object) -> Direction:
    fields = Fields("direction", data, DirectionsError)
    direction = Direction(
        fields.text("name", ""),
        fields.numbers("vector"),
        fields.number("share", 0.0),
        fields.integer("first", 0),
        fields.integer("last", 64),
    )
    try:
        direction.edit(0.0)
    except RecipeError as error:  # what a Recipe would refuse is refused here
        raise DirectionsError(str(error)) from None
    return direction
