"""Bends: operations on the feature maps of a stage while the picture is drawn.

"Network Bending: Expressive Manipulation of Deep Generative Models", Broad et al. 2021, sec. 3. Values
only; what each operation computes stands in `ganlab_core/rendering/bending.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ganlab_core.errors import RecipeError
from ganlab_core.files import Fields, check_range, plain
from ganlab_core.recipe.capabilities import Capabilities, Layer
from ganlab_core.recipe.kinds import (
    Blending,
    Kind,
    Weighted,
    blend_latents,
    fit_latent,
    latent_text,
    weighted_sum,
)
from ganlab_core.recipe.parts import SEED_MAX, Latent


@dataclass(frozen=True, slots=True)
class BendOperation:
    """What an operation's amount means.

    Attributes
    ----------
    low, high
        Its range, both ends included; equal where the operation has no amount.
    default
        Where a new bend begins.
    idle
        The amount at which nothing changes; None = there is none.
    unit
        What the amount counts.
    about
        One sentence for people.
    """

    low: float
    high: float
    default: float
    idle: float | None
    unit: str
    about: str


DEVIATIONS = "deviations"

OPERATIONS: dict[str, BendOperation] = {
    "scale": BendOperation(0.1, 10.0, 1.5, 1.0, "times", "Enlarges the maps about their middle."),
    "rotate": BendOperation(-3600.0, 3600.0, 45.0, 0.0, "degrees", "Turns the maps clockwise."),
    "translate": BendOperation(-2.0, 2.0, 0.25, 0.0, "pictures", "Moves the maps right and down."),
    "mirror": BendOperation(
        -3600.0, 3600.0, 0.0, None, "degrees",
        "Reflects the maps in a line through their middle; 0 swaps left and right, 90 up and down.",
    ),
    "threshold": BendOperation(
        -5.0, 5.0, 0.0, None, DEVIATIONS,
        "Leaves each map two values, the mean of what lies above the threshold and of the rest.",
    ),
    "blur": BendOperation(0.0, 16.0, 1.0, 0.0, "positions", "Blurs the maps by a normal curve."),
    "sharpen": BendOperation(
        0.0, 20.0, 2.0, 0.0, "times", "Adds what a blur by one position takes away, so many times."
    ),
    "dilate": BendOperation(
        0.0, 16.0, 1.0, 0.0, "positions", "Each position takes the largest value around it."
    ),
    "erode": BendOperation(
        0.0, 16.0, 1.0, 0.0, "positions", "Each position takes the least value around it."
    ),
    "invert": BendOperation(
        -5.0, 5.0, 0.0, None, DEVIATIONS, "Turns each map's values over about its own mean."
    ),
    "noise": BendOperation(
        0.0, 10.0, 1.0, 0.0, DEVIATIONS, "Adds normal noise as strong as the map's own spread."
    ),
    "freeze": BendOperation(
        0.0, 0.0, 0.0, None, "", "Holds the maps as another seed makes them, whatever else moves."
    ),
}  # fmt: skip
"""Name -> what its amount means. Lengths are positions of the map, deviations are each map's own."""

CHOICES = ("all", "share", "cluster", "chosen")
"""Which maps of the stage a bend acts on."""

MOST_CLUSTERS = 16
MOST_STAGES = 255
MOST_MAPS = 65536
MOST_BENDS = 64
REGION_SIDE = 64
"""Rows, and columns, that a painted region has at most."""

_DIGITS = re.compile(r"[0-9a-f]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bend:
    """One operation on feature maps after a stage, before the next stage takes them.

    Settings that its operation and its choice of maps do not use are brought to their defaults, so that
    bends that do the same are equal.

    Attributes
    ----------
    stage
        The layer after which it acts, 0 to 255.
    operation
        One of `OPERATIONS`.
    amount
        In the operation's own unit and range.
    down
        Of a translation, -2 to 2 pictures; `amount` is to the right.
    strength
        0 = the maps as they are, 1 = as the operation makes them; between, a weighted mean.
    maps
        `"all"`, a random `"share"`, a `"cluster"` of maps that act alike, or those `"chosen"`.
    share
        Of the maps, 0 to 1.
    seed
        Of the random share, and of noise.
    cluster, clusters
        Which of how many groups, by k-means of the maps' activations; 0 .. clusters - 1 of 2 to 16.
    chosen
        Numbers of maps, sorted; those that a stage lacks are passed over.
    region
        Where it acts: rows from top to bottom, each of equally many hexadecimal digits, 0 = not at all and
        f = fully, laid over the whole picture and interpolated; empty = everywhere.
    latent
        What a freeze holds: the maps as this latent makes them with all else as the Recipe says.
    """

    stage: int
    operation: str
    amount: float = 0.0
    down: float = 0.0
    strength: float = 1.0
    maps: str = "all"
    share: float = 0.5
    seed: int = 0
    cluster: int = 0
    clusters: int = 4
    chosen: tuple[int, ...] = ()
    region: tuple[str, ...] = ()
    latent: Latent = Latent()

    def __post_init__(self) -> None:
        if self.operation not in OPERATIONS:
            raise RecipeError(
                f"A bend is one of {', '.join(OPERATIONS)}, not {self.operation[:40]!r}."
            )
        if self.maps not in CHOICES:
            raise RecipeError(f"A bend's maps are one of {', '.join(CHOICES)}.")
        own = OPERATIONS[self.operation]
        check_range("A bend's stage", self.stage, 0, MOST_STAGES)
        if own.low < own.high:
            check_range(f"The amount of {self.operation}", self.amount, own.low, own.high)
        check_range("A bend's way down", self.down, -2.0, 2.0)
        check_range("A bend's strength", self.strength, 0.0, 1.0)
        check_range("A bend's share of maps", self.share, 0.0, 1.0)
        check_range("A bend's seed", self.seed, 0, SEED_MAX)
        check_range("The number of clusters", self.clusters, 2, MOST_CLUSTERS)
        check_range("A cluster's number", self.cluster, 0, self.clusters - 1)
        for index in self.chosen:
            check_range("A feature map's number", index, 0, MOST_MAPS)
        _check_region(self.region)
        self._simplify()

    def _simplify(self) -> None:
        plain_values: dict[str, Any] = {
            "amount": 0.0 if self.operation == "freeze" else plain(self.amount),
            "down": plain(self.down) if self.operation == "translate" else 0.0,
            "strength": plain(self.strength),
            "share": plain(self.share) if self.maps == "share" else 0.5,
            "seed": self.seed if self.maps == "share" or self.operation == "noise" else 0,
            "cluster": self.cluster if self.maps == "cluster" else 0,
            "clusters": self.clusters if self.maps == "cluster" else 4,
            "chosen": tuple(sorted(set(self.chosen))) if self.maps == "chosen" else (),
            "latent": self.latent if self.operation == "freeze" else Latent(),
        }
        for name, value in plain_values.items():
            object.__setattr__(self, name, value)

    @property
    def idle(self) -> bool:
        """Whether it changes nothing."""
        if self.strength == 0.0 or (self.maps == "share" and self.share == 0.0):
            return True
        if self.maps == "chosen" and not self.chosen:
            return True
        idle = OPERATIONS[self.operation].idle
        return idle is not None and self.amount == idle and self.down == 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; what the bend does not use is not written."""
        used: dict[str, Any] = {
            "stage": self.stage,
            "operation": self.operation,
            "strength": self.strength,
            "maps": self.maps,
        }
        if self.operation == "freeze":
            used["latent"] = self.latent.to_dict()
        else:
            used["amount"] = self.amount
        if self.operation == "translate":
            used["down"] = self.down
        if self.maps == "share" or self.operation == "noise":
            used["seed"] = self.seed
        match self.maps:
            case "share":
                used["share"] = self.share
            case "cluster":
                used.update(cluster=self.cluster, clusters=self.clusters)
            case "chosen":
                used["chosen"] = list(self.chosen)
        return {**used, "region": list(self.region)} if self.region else used

    @staticmethod
    def from_dict(data: object) -> Bend:
        """The inverse of `to_dict`; raises `RecipeError`."""
        fields = Fields("bend", data, RecipeError)
        bend = Bend(
            stage=fields.integer("stage", 0),
            operation=fields.text("operation", ""),
            amount=fields.number("amount", 0.0),
            down=fields.number("down", 0.0),
            strength=fields.number("strength", 1.0),
            maps=fields.text("maps", "all"),
            share=fields.number("share", 0.5),
            seed=fields.integer("seed", 0),
            cluster=fields.integer("cluster", 0),
            clusters=fields.integer("clusters", 4),
            chosen=fields.items("chosen", _whole, MOST_MAPS),
            region=fields.items("region", _row, REGION_SIDE),
            latent=Latent.from_dict(fields.take("latent", {})),
        )
        fields.refuse_unknown()
        return bend


def _whole(value: object) -> int:
    return Fields("bend", {"chosen": value}, RecipeError).integer("chosen", 0)


def _row(value: object) -> str:
    return Fields("bend", {"region": value}, RecipeError).exact_text("region", "")


def _check_region(region: tuple[str, ...]) -> None:
    """Raise `RecipeError` for what is no grid of hexadecimal digits."""
    if len(region) > REGION_SIDE or any(
        len(row) != len(region[0]) or len(row) > REGION_SIDE or not _DIGITS.fullmatch(row)
        for row in region
    ):
        raise RecipeError(
            f"A bend's region has at most {REGION_SIDE} rows of equally many digits 0 to 9 and a to f,"
            f" at most {REGION_SIDE}."
        )


class Bends(Kind["tuple[Bend, ...]"]):
    """Bends in order; amounts, shares and strengths blend, and one that is lacking has strength 0."""

    rank = 2

    def checked(self, name: str, value: tuple[Bend, ...]) -> tuple[Bend, ...]:
        if len(value) > MOST_BENDS:
            raise RecipeError(f"A Recipe has at most {MOST_BENDS} bends.")
        return tuple(value)

    def read(self, fields: Fields, name: str, default: tuple[Bend, ...]) -> tuple[Bend, ...]:
        return fields.items(name, Bend.from_dict, MOST_BENDS)

    def write(self, value: tuple[Bend, ...]) -> object:
        return [bend.to_dict() for bend in value]

    def blend(self, parts: Weighted[tuple[Bend, ...]], how: Blending) -> tuple[Bend, ...]:
        known = [(_by_choice(bends), share) for bends, share in parts]
        keys = dict.fromkeys(key for bends, _ in known for key in bends)
        blended = [
            _between([(bends.get(key), share) for bends, share in known], how) for key in keys
        ]
        return tuple(blended[:MOST_BENDS])

    def describe(self, value: tuple[Bend, ...], classes: Sequence[str]) -> str:
        return ", ".join(map(bend_text, value))

    def differences(
        self,
        label: str,
        before: tuple[Bend, ...],
        after: tuple[Bend, ...],
        classes: Sequence[str],
    ) -> list[str]:
        gone = [f"without the bend {bend_text(bend)}" for bend in before if bend not in after]
        new = [f"with the bend {bend_text(bend)}" for bend in after if bend not in before]
        if not gone and not new and before != after:
            return [f"the {label} in another order"]
        return gone + new

    def fit(
        self, value: tuple[Bend, ...], can: Capabilities, default: tuple[Bend, ...]
    ) -> tuple[Bend, ...]:
        return tuple(
            replace(bend, latent=fit_latent(bend.latent, can))
            for bend in value
            if bend.stage < len(can.layers)
        )


def _by_choice(bends: tuple[Bend, ...]) -> Mapping[tuple[Bend, int], Bend]:
    """(The bend without its numbers, how many like it came before) -> the bend, in order."""
    found: dict[tuple[Bend, int], Bend] = {}
    for bend in bends:
        own = OPERATIONS[bend.operation]
        bare = replace(bend, amount=own.default, down=0.0, strength=1.0, share=0.5, latent=Latent())
        count = 0
        while (bare, count) in found:
            count += 1
        found[(bare, count)] = bend
    return found


def _between(parts: Sequence[tuple[Bend | None, float]], how: Blending) -> Bend:
    """Bends of one choice; where it lacks its strength is 0, and its amount that of the others."""
    there = [(bend, share) for bend, share in parts if bend is not None]
    first, own = there[0][0], OPERATIONS[there[0][0].operation]
    total = sum(share for _, share in there)
    if len(there) == len(parts) or total <= 1e-9:
        total = 1.0
    even = [(bend, share / total) for bend, share in there]
    strengths = [(0.0 if bend is None else bend.strength, share) for bend, share in parts]
    latents = {bend.latent for bend, _ in there}
    return replace(
        first,
        amount=weighted_sum([(bend.amount, share) for bend, share in even], own.low, own.high),
        down=weighted_sum([(bend.down, share) for bend, share in even], -2.0, 2.0),
        strength=weighted_sum(strengths, 0.0, 1.0),
        share=weighted_sum([(bend.share, share) for bend, share in even], 0.0, 1.0),
        latent=first.latent
        if len(latents) == 1
        else blend_latents([(bend.latent, share) for bend, share in even], how.latent_space),
    )


# --- in words ----------------------------------------------------------------------------------------


def bend_text(bend: Bend) -> str:
    """A bend in a few words: `"rotate 45 degrees of 50 % of the maps of layer 7"`."""
    own = OPERATIONS[bend.operation]
    if bend.operation == "freeze":
        what = f"freeze at {latent_text(bend.latent)}"
    elif bend.operation == "translate":
        what = f"translate by {bend.amount:.4g}, {bend.down:.4g} {own.unit}"
    else:
        what = f"{bend.operation} {bend.amount:.4g} {own.unit}"
    partly = "" if bend.strength == 1.0 else f" at {bend.strength:.0%}"
    where = " within a region" if bend.region else ""
    return f"{what}{partly} of {maps_text(bend)} of layer {bend.stage + 1}{where}"


def maps_text(bend: Bend) -> str:
    """Which maps: `"all maps"`, `"cluster 2 of 4"`."""
    match bend.maps:
        case "share":
            return f"{bend.share:.0%} of the maps"
        case "cluster":
            return f"cluster {bend.cluster + 1} of {bend.clusters}"
        case "chosen":
            few = bend.chosen[:4]
            more = f" and {len(bend.chosen) - 4} more" if len(bend.chosen) > 4 else ""
            return f"map{'s' * (len(bend.chosen) != 1)} {', '.join(map(str, few))}{more}"
    return "all maps"


def bent_layer(can: Capabilities, resolution: int) -> Layer:
    """The stage that a bend at a resolution acts after: the last whose maps this scale still draws with."""
    layers = can.layers_at(resolution)
    inner = [
        layer
        for layer in layers
        if layer.name.rsplit("/", 1)[-1] not in ("torgb", "output")
        and layer.channels != can.img_channels
    ]
    return (inner or list(layers))[-1]


_EXAMPLE = "Write it as 16 rotate 45, or 16x16/conv1 blur 2 maps=share:0.5 seed=3 strength=0.8."


def read_bend(text: str, can: Capabilities) -> Bend:
    """A bend from words such as `"16 rotate 45 maps=cluster:2/4 strength=0.8"`; raises `RecipeError`.

    First the stage (a resolution in pixels, a layer's name, or `#` and its number from 1), then the
    operation, its amount (of a translation two, as 0.2,0.1; of a freeze the seed held), then settings.
    """
    words = text.split()
    if len(words) < 2:
        raise RecipeError(f"{text[:60]!r} is no bend.", _EXAMPLE)
    stage, operation, rest = read_stage(words[0], can), words[1], words[2:]
    if operation not in OPERATIONS:
        raise RecipeError(
            f"A bend is one of {', '.join(OPERATIONS)}, not {operation[:40]!r}.", _EXAMPLE
        )
    values: dict[str, Any] = {"amount": OPERATIONS[operation].default}
    if rest and "=" not in rest[0]:
        values |= _amount_of(operation, rest.pop(0))
    for word in rest:
        name, _, value = word.partition("=")
        values |= _setting_of(name, value)
    return Bend(stage, operation, **values)


def read_stage(word: str, can: Capabilities) -> int:
    """A stage by its layer's name, by `#` and its number from 1, or the bent one of a resolution in pixels.

    Raises `RecipeError`.
    """
    for layer in can.layers:
        if word in (layer.name, f"#{layer.index + 1}"):
            return layer.index
    if word.isascii() and word.isdigit() and int(word) in can.resolutions:
        return bent_layer(can, int(word)).index
    sides = ", ".join(map(str, can.resolutions))
    raise RecipeError(
        f"This model has no stage {word[:40]!r}.",
        f"Name one of {sides}, or a layer of `ganlab models`.",
    )


def _amount_of(operation: str, word: str) -> dict[str, Any]:
    if operation == "freeze":
        return {"latent": Latent(_int(word))}
    first, _, second = word.partition(",")
    return {"amount": _float(first), **({"down": _float(second)} if second else {})}


def _setting_of(name: str, value: str) -> dict[str, Any]:
    match name:
        case "strength":
            return {"strength": _float(value)}
        case "seed":
            return {"seed": _int(value)}
        case "maps":
            return _maps_of(value)
        case "region":
            return {"region": tuple(value.lower().split("/"))}
    raise RecipeError(f"A bend has no setting {name[:40]!r}.", _EXAMPLE)


def _maps_of(value: str) -> dict[str, Any]:
    kind, _, which = value.partition(":")
    if kind == "share":
        return {"maps": "share", "share": _float(which or "0.5")}
    if kind == "cluster":
        number, _, count = which.partition("/")
        return {
            "maps": "cluster",
            "cluster": _int(number or "1") - 1,
            "clusters": _int(count or "4"),
        }
    if kind == "all":
        return {"maps": "all"}
    return {"maps": "chosen", "chosen": read_maps(value)}


def read_maps(text: str) -> tuple[int, ...]:
    """Numbers of feature maps, as in 0-7,12; raises `RecipeError`."""
    found: dict[int, None] = {}
    for part in text.split(","):
        match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", part, re.ASCII)
        if match is None or int(match[2] or match[1]) < int(match[1]):
            raise RecipeError(f"{part[:40]!r} is no feature map, or range of them, such as 0-7.")
        found.update(dict.fromkeys(range(int(match[1]), int(match[2] or match[1]) + 1)))
    return tuple(found)


def _float(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RecipeError(f"{word[:40]!r} is no number.", _EXAMPLE)
    return value


def _int(word: str) -> int:
    if not re.fullmatch(r"\d{1,10}", word, re.ASCII):
        raise RecipeError(f"{word[:40]!r} is no whole number.", _EXAMPLE)
    return int(word)
