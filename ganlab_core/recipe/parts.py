"""The parts of a Recipe beside its latent: what is mixed in, what noise and pushes are added."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ganlab_core.errors import RecipeError
from ganlab_core.files import Fields, check_range, plain, refuse_newer
from ganlab_core.plain_text import plain_text

# ------------------------------------------------------------------------------------------------
# Latent: a point of the latent space to start from, the part of a Recipe that all others build
# on.


SEED_MAX = 2**32 - 1
MOST_PARTS = 16
"""Latents in one blend."""
DEEPEST = 4
"""How deep blends of blends may go."""


@dataclass(frozen=True, slots=True)
class Latent:
    """A point to start from: a seed, an explicit vector in Z or W, or a blend of other points.

    Attributes
    ----------
    seed
        0 to 2**32 - 1; the seed of a standard normal z. Ignored beside a `vector` or a `blend`.
    vector
        The coordinates themselves; empty means "drawn from the seed".
    space
        `"z"` or `"w"`: where `vector` lives, or where `blend` is blended.
    blend
        Pairs (latent, weight). In w the weighted sum, its weights add up to 1; in z the weighted sum
        over the root of the sum of squared weights, so that a blend of normal z is normal too. Models
        without a W blend in z. Excludes `vector`.
    """

    seed: int = 0
    vector: tuple[float, ...] = ()
    space: str = "z"
    blend: tuple[tuple[Latent, float], ...] = ()

    def __post_init__(self) -> None:
        check_range("The seed", self.seed, 0, SEED_MAX)
        if self.space not in ("z", "w"):
            raise RecipeError(f"A latent lives in z or w, not in {self.space!r}.")
        for coordinate in self.vector:
            check_range("A latent coordinate", coordinate, -1e6, 1e6)
        object.__setattr__(self, "vector", tuple(map(plain, self.vector)))
        if self.is_seed:  # a seed's point is of neither; equal seeds are equal
            object.__setattr__(self, "space", "z")
        if self.blend:
            _check_blend(self)
            blend = tuple((part, plain(weight)) for part, weight in self.blend)
            object.__setattr__(self, "blend", blend)

    @property
    def in_w(self) -> bool:
        """Whether only W has this point, so that it is no point of Z."""
        return self.space == "w" and bool(self.vector or self.blend)

    @property
    def is_seed(self) -> bool:
        """Whether its seed alone decides it; beside a vector or a blend the seed means nothing."""
        return not self.vector and not self.blend

    @property
    def drawn(self) -> bool:
        """Whether seeds alone decide it."""
        return not self.vector and all(part.drawn for part, _ in self.blend)

    @property
    def depth(self) -> int:
        """How many blends lie within each other; 0 for a seed or a vector."""
        return 1 + max(part.depth for part, _ in self.blend) if self.blend else 0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; a vector or a blend takes the place of the seed."""
        if self.blend:
            parts = [{"latent": part.to_dict(), "weight": weight} for part, weight in self.blend]
            return {"seed": self.seed, "blend": parts, "space": self.space}
        if self.vector:
            return {"seed": self.seed, "vector": list(self.vector), "space": self.space}
        return {"seed": self.seed}

    @staticmethod
    def from_dict(data: object, depth: int = 0) -> Latent:
        """The inverse of `to_dict`, `depth` blends deep; raises `RecipeError`."""
        if depth > DEEPEST:
            raise RecipeError(f"Blends of latents go at most {DEEPEST} deep.")
        fields = Fields("latent", data, RecipeError)
        latent = Latent(
            fields.integer("seed", 0),
            fields.numbers("vector"),
            fields.text("space", "z"),
            fields.items("blend", lambda part: _part_from(part, depth + 1), MOST_PARTS),
        )
        fields.refuse_unknown()
        return latent


def _part_from(data: object, depth: int) -> tuple[Latent, float]:
    fields = Fields("part of a blend", data, RecipeError)
    part = (Latent.from_dict(fields.take("latent", {}), depth), fields.number("weight", 1.0))
    fields.refuse_unknown()
    return part


def _check_blend(latent: Latent) -> None:
    """Raise `RecipeError` for a blend that is no point of its space."""
    weights = [weight for _, weight in latent.blend]
    for weight in weights:
        check_range("A latent's weight", weight, -100.0, 100.0)
    if latent.vector:
        raise RecipeError("A latent is a vector or a blend, not both.")
    if latent.depth > DEEPEST:
        raise RecipeError(f"Blends of latents go at most {DEEPEST} deep.")
    if len(weights) > MOST_PARTS:
        raise RecipeError(f"At most {MOST_PARTS} latents blend.")
    if latent.space == "w" and abs(sum(weights) - 1.0) > 1e-3:
        raise RecipeError("The weights of a blend in w add up to 1.")
    if latent.space == "z" and sum(weight**2 for weight in weights) < 1e-12:
        raise RecipeError("A blend in z needs a weight that is not 0.")
    if latent.space == "z" and any(part.in_w for part, _ in latent.blend):
        raise RecipeError("A latent of w has no place in a blend in z.", "Blend in w.")


MOST_CENTRES = 16


@dataclass(frozen=True, slots=True)
class Centres:
    """Several centres of truncation, in place of the one mean of W (Mokady et al. 2022, sec. 3.3).

    Attributes
    ----------
    latents
        Points whose w are the centres, at most 16: pictures that one likes.
    clusters
        Instead of them the middles of so many groups of the model's own W, 2 to 16; 0 = none.
    pick
        The centre that psi moves to, from 0; between whole numbers a point between two of them. None =
        the nearest to each style.
    softness
        0 = only the nearest; above, up to 4, nearer ones count more but all do, so that a style that
        moves past the middle between two centres makes no jump.
    """

    latents: tuple[Latent, ...] = ()
    clusters: int = 0
    pick: float | None = None
    softness: float = 0.0

    def __post_init__(self) -> None:
        if self.latents and self.clusters:
            raise RecipeError("Centres are latents or clusters of W, not both.")
        if self.clusters == 1 or len(self.latents) > MOST_CENTRES:
            raise RecipeError(f"There are from 2 to {MOST_CENTRES} centres of truncation.")
        check_range("The number of centres", self.clusters, 0, MOST_CENTRES)
        check_range("The softness of centres", self.softness, 0.0, 4.0)
        if self.pick is not None:
            check_range("A centre's number", self.pick, 0.0, max(0, self.count - 1))
        there = self.count > 0
        pick = plain(self.pick) if there and self.pick is not None else None
        object.__setattr__(self, "pick", pick)
        object.__setattr__(
            self, "softness", plain(self.softness) if there and pick is None else 0.0
        )

    @property
    def count(self) -> int:
        """How many there are; 0 = none, so that the mean of W, or the Recipe's own centre, counts."""
        return self.clusters or len(self.latents)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "latents": [latent.to_dict() for latent in self.latents],
            "clusters": self.clusters,
            "pick": self.pick,
            "softness": self.softness,
        }

    @staticmethod
    def from_dict(data: object) -> Centres:
        """The inverse of `to_dict`; raises `RecipeError`."""
        fields = Fields("centres", data, RecipeError)
        centres = Centres(
            fields.items("latents", Latent.from_dict, MOST_CENTRES),
            fields.integer("clusters", 0),
            fields.optional_number("pick"),
            fields.number("softness", 0.0),
        )
        fields.refuse_unknown()
        return centres


def read_centres(text: str) -> Centres:
    """Centres from words: `"4"` the nearest of 4 clusters of W, `"4/2"` the second of them, `"seeds:3,8"`.

    Raises `RecipeError`.
    """
    remedy = "Write 4 for the nearest of 4 clusters of W, 4/2 for the second, seeds:3,8 for seeds."
    which, _, seeds = text.strip().partition(":")
    if which == "seeds" and all(part.strip().isdecimal() for part in seeds.split(",")):
        return Centres(tuple(Latent(int(part)) for part in seeds.split(",")))
    count, _, pick = text.strip().partition("/")
    if not count.isdecimal() or (pick and not pick.isdecimal()) or len(count + pick) > 4:
        raise RecipeError(f"{text[:40]!r} names no centres of truncation.", remedy)
    return Centres(clusters=int(count), pick=float(pick) - 1.0 if pick else None)


NOISE_MODES = ("stored", "random", "off")

TORCH_NOISE = 1
"""The generator of Recipes that name none: torch's for CPUs, seeded anew for each stage."""

COUNTED_NOISE = 2
"""The generator of new Recipes: a hash of seed, stage and place, which every device computes itself."""


@dataclass(frozen=True, slots=True)
class Mix:
    """Another latent's style, blended in (style mixing, Karras et al. 2019, sec. 3.1).

    Attributes
    ----------
    latent
        Where the other style comes from.
    amount
        0 = none of it, 1 = only it; the two styles are interpolated linearly in W.
    """

    latent: Latent
    amount: float = 1.0

    def __post_init__(self) -> None:
        check_range("The mix amount", self.amount, 0.0, 1.0)
        object.__setattr__(self, "amount", plain(self.amount))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"latent": self.latent.to_dict(), "amount": self.amount}

    @staticmethod
    def from_dict(data: object) -> Mix:
        """The inverse of `to_dict`; raises `RecipeError`."""
        fields = Fields("mix", data, RecipeError)
        mix = Mix(Latent.from_dict(fields.take("latent", {})), fields.number("amount", 1.0))
        fields.refuse_unknown()
        return mix


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """The noise of all layers.

    Attributes
    ----------
    mode
        `"stored"` (the maps kept with the model), `"random"` (drawn from `seed`) or `"off"`.
    seed
        0 to 2**32 - 1, used by `mode="random"`.
    strength
        0 to 10; 1 = as trained.
    other, turn
        A second seed and the place on the circle through both: a random map is cos(2 pi turn) of the
        first's plus sin(2 pi turn) of the other's, so that every map stays normal and turn 0 and 1
        meet. None = the first's alone; `turn`, 0 to 1, is ignored then.
    generator
        What draws random maps: `TORCH_NOISE` or `COUNTED_NOISE`. Noise that is not random keeps it for
        when it is again, but neither compares nor writes it.
    """

    mode: str = "stored"
    seed: int = 0
    strength: float = 1.0
    other: int | None = None
    turn: float = 0.0
    generator: int = COUNTED_NOISE

    def __post_init__(self) -> None:
        if self.mode not in NOISE_MODES:
            raise RecipeError(f"Noise is one of {', '.join(NOISE_MODES)}, not {self.mode!r}.")
        check_range("The noise strength", self.strength, 0.0, 10.0)
        object.__setattr__(self, "strength", plain(self.strength))
        _check_drawing(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Noise) and self._decides() == other._decides()

    def __hash__(self) -> int:
        return hash(self._decides())

    def _decides(self) -> tuple[object, ...]:
        """What the maps follow from."""
        return self.mode, self.seed, self.strength, self.other, self.turn, _drawn_by(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; circle and generator are written only where they say something."""
        line = {"mode": self.mode, "seed": self.seed, "strength": self.strength}
        return {**line, **_drawing(self)}

    @staticmethod
    def from_dict(data: object) -> Noise:
        """The inverse of `to_dict`; raises `RecipeError`."""
        fields = Fields("noise", data, RecipeError)
        mode = fields.text("mode", "stored")
        noise = Noise(
            mode,
            fields.integer("seed", 0),
            fields.number("strength", 1.0),
            fields.optional_integer("other"),
            fields.number("turn", 0.0),
            read_generator(fields, "generator", draws=mode == "random"),
        )
        fields.refuse_unknown()
        return noise


@dataclass(frozen=True, slots=True, eq=False)
class LayerNoise:
    """What one layer does differently from the master noise.

    Attributes
    ----------
    on
        Whether this layer adds noise at all.
    strength
        0 to 10, multiplied with the master's strength.
    mode
        `"master"` (as all the others), `"stored"`, or `"random"` drawn from `seed`.
    seed
        0 to 2**32 - 1, used by `mode="random"`.
    other, turn, generator
        As in `Noise`: a point on the circle through two seeds, and what draws.
    """

    on: bool = True
    strength: float = 1.0
    mode: str = "master"
    seed: int = 0
    other: int | None = None
    turn: float = 0.0
    generator: int = COUNTED_NOISE

    def __post_init__(self) -> None:
        if self.mode not in ("master", "stored", "random"):
            raise RecipeError(
                f"A layer's noise is one of master, stored, random, not {self.mode!r}."
            )
        check_range("The noise strength", self.strength, 0.0, 10.0)
        object.__setattr__(self, "strength", plain(self.strength))
        _check_drawing(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LayerNoise) and self._decides() == other._decides()

    def __hash__(self) -> int:
        return hash(self._decides())

    def _decides(self) -> tuple[object, ...]:
        """What the map follows from."""
        drawn = self.mode, self.seed, self.other, self.turn, _drawn_by(self)
        return self.on, self.strength, *drawn

    @staticmethod
    def holding(noise: Noise, own: LayerNoise) -> LayerNoise:
        """A layer's noise that stays what the master's `noise` makes of it now."""
        mode = "random" if noise.mode == "random" else "stored"
        return replace(
            own, mode=mode, seed=noise.seed, other=noise.other, turn=noise.turn,
            generator=noise.generator,
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; circle and generator are written only where they say something."""
        line = {"on": self.on, "strength": self.strength, "mode": self.mode, "seed": self.seed}
        return {**line, **_drawing(self)}

    @staticmethod
    def from_dict(data: object) -> LayerNoise:
        """The inverse of `to_dict`; raises `RecipeError`."""
        fields = Fields("layer noise", data, RecipeError)
        on, strength = fields.flag("on", default=True), fields.number("strength", 1.0)
        mode = fields.text("mode", "master")
        noise = LayerNoise(
            on,
            strength,
            mode,
            fields.integer("seed", 0),
            fields.optional_integer("other"),
            fields.number("turn", 0.0),
            read_generator(fields, "generator", draws=mode == "random"),
        )
        fields.refuse_unknown()
        return noise


def read_generator(fields: Fields, name: str, *, draws: bool) -> int:
    """The generator that a file names for its noise; raises `RecipeError` for one of a newer ganlab.

    Where noise is drawn (`draws`) a file without the name is of before there was a choice, and means the
    first; where none is, nothing is named, and the newest is meant.
    """
    generator = fields.integer(name, TORCH_NOISE if draws else COUNTED_NOISE)
    refuse_newer(generator, COUNTED_NOISE, "This noise", RecipeError)
    return generator


def _drawn_by(noise: Noise | LayerNoise) -> int | None:
    return noise.generator if noise.mode == "random" else None


def _drawing(noise: Noise | LayerNoise) -> dict[str, Any]:
    """The circle and the generator, where there is one and where it is not the first."""
    circle = {} if noise.other is None else {"other": noise.other, "turn": noise.turn}
    named = _drawn_by(noise) not in (None, TORCH_NOISE)
    return {**circle, "generator": noise.generator} if named else circle


def _check_drawing(noise: Noise | LayerNoise) -> None:
    """Raise `RecipeError` for seeds or a turn out of range; without another seed there is no turn."""
    check_range("The noise generator", noise.generator, TORCH_NOISE, COUNTED_NOISE)
    check_range("The noise seed", noise.seed, 0, SEED_MAX)
    check_range("The noise's turn", noise.turn, 0.0, 1.0)
    object.__setattr__(noise, "turn", 0.0 if noise.other is None else plain(noise.turn))
    if noise.other is not None:
        check_range("The noise's other seed", noise.other, 0, SEED_MAX)


@dataclass(frozen=True, slots=True)
class EditDirection:
    """A step along a direction of the latent space, at some layers (GANSpace, Haerkoenen et al. 2020).

    The direction lives where the model's styles do: in W where there is one, else in Z. It is added
    after mixing and truncation.

    Attributes
    ----------
    vector
        The direction; its length is the step that amount 1 makes.
    amount
        How far along it, -100 to 100.
    first, last
        The layers it acts on, both included, 0 to 64.
    name
        What a person calls it; it changes no pixel.
    """

    vector: tuple[float, ...]
    amount: float = 1.0
    first: int = 0
    last: int = 64
    name: str = ""

    def __post_init__(self) -> None:
        check_range("A push's amount", self.amount, -100.0, 100.0)
        check_range("A push's first layer", self.first, 0, 64)
        check_range("A push's last layer", self.last, 0, 64)
        for coordinate in self.vector:
            check_range("A direction's coordinate", coordinate, -1e6, 1e6)
        object.__setattr__(self, "vector", tuple(map(plain, self.vector)))
        object.__setattr__(self, "amount", plain(self.amount))
        object.__setattr__(self, "name", plain_text(self.name))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "vector": list(self.vector),
            "amount": self.amount,
            "first": self.first,
            "last": self.last,
            "name": self.name,
        }

    @staticmethod
    def from_dict(data: object) -> EditDirection:
        """The inverse of `to_dict`; raises `RecipeError`."""
        fields = Fields("push", data, RecipeError)
        push = EditDirection(
            fields.numbers("vector"),
            fields.number("amount", 1.0),
            fields.integer("first", 0),
            fields.integer("last", 64),
            fields.text("name", ""),
        )
        fields.refuse_unknown()
        return push


# ------------------------------------------------------------------------------------------------
# Pairs of a whole number and a value: how a Recipe keeps what it says per resolution, layer or
# class.
# Pairs and not dicts, because a Recipe is hashable; sorted by number with one value each, so that
# equal settings are equal however they came about.


V = TypeVar("V")

Classes = tuple[tuple[int, float], ...]
"""Pairs (class index, weight), a mix of class embeddings; empty = the model's first class."""

Gains = tuple[tuple[int, float], ...]
"""Pairs (feature map, factor): 0 ablates it, above 1 boosts it."""


def sorted_pairs(pairs: tuple[tuple[int, V], ...]) -> tuple[tuple[int, V], ...]:
    """Sorted by key; of several values for one key the last stays."""
    return tuple(sorted(dict(pairs).items(), key=lambda pair: pair[0]))


def with_pair(
    pairs: tuple[tuple[int, V], ...], key: int, value: V | None
) -> tuple[tuple[int, V], ...]:
    """The pairs with `key` set, or removed for None; always sorted."""
    others = tuple(pair for pair in pairs if pair[0] != key)
    return sorted_pairs(others if value is None else (*others, (key, value)))


def plain_pairs(pairs: tuple[tuple[int, float], ...]) -> tuple[tuple[int, float], ...]:
    """The pairs with equal numbers written alike, as `plain` does."""
    return tuple((key, plain(value)) for key, value in pairs)


def pairs_to_dict(pairs: tuple[tuple[int, float], ...]) -> dict[str, float]:
    """The pairs as a JSON object, which has texts for keys."""
    return {str(key): value for key, value in pairs}


def read_pairs(value: object) -> tuple[tuple[int, float], ...]:
    """The inverse of `pairs_to_dict`; raises `RecipeError`."""
    return Fields("Recipe", {"weights": value}, RecipeError).numbered("weights", read_number)


def read_number(value: object) -> float:
    """A number; raises `RecipeError` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RecipeError(f"A number was expected in the Recipe, not {value!r}.")
    try:
        return float(value)
    except OverflowError:
        return math.inf  # which no range allows
