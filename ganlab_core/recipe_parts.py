"""The parts of a Recipe beside its latent: what is mixed in, what noise and pushes are added."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ganlab_core.errors import RecipeError
from ganlab_core.reading import Fields, check_range, plain
from ganlab_core.recipe_latent import SEED_MAX, Latent

NOISE_MODES = ("stored", "random", "off")


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


@dataclass(frozen=True, slots=True)
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
    """

    mode: str = "stored"
    seed: int = 0
    strength: float = 1.0
    other: int | None = None
    turn: float = 0.0

    def __post_init__(self) -> None:
        if self.mode not in NOISE_MODES:
            raise RecipeError(f"Noise is one of {', '.join(NOISE_MODES)}, not {self.mode!r}.")
        check_range("The noise strength", self.strength, 0.0, 10.0)
        object.__setattr__(self, "strength", plain(self.strength))
        _check_circle(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; the circle is written only where there is one."""
        line = {"mode": self.mode, "seed": self.seed, "strength": self.strength}
        return line if self.other is None else {**line, "other": self.other, "turn": self.turn}

    @staticmethod
    def from_dict(data: object) -> Noise:
        """The inverse of `to_dict`; raises `RecipeError`."""
        fields = Fields("noise", data, RecipeError)
        noise = Noise(
            fields.text("mode", "stored"),
            fields.integer("seed", 0),
            fields.number("strength", 1.0),
            fields.optional_integer("other"),
            fields.number("turn", 0.0),
        )
        fields.refuse_unknown()
        return noise


@dataclass(frozen=True, slots=True)
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
    other, turn
        As in `Noise`: a point on the circle through two seeds.
    """

    on: bool = True
    strength: float = 1.0
    mode: str = "master"
    seed: int = 0
    other: int | None = None
    turn: float = 0.0

    def __post_init__(self) -> None:
        if self.mode not in ("master", "stored", "random"):
            raise RecipeError(
                f"A layer's noise is one of master, stored, random, not {self.mode!r}."
            )
        check_range("The noise strength", self.strength, 0.0, 10.0)
        object.__setattr__(self, "strength", plain(self.strength))
        _check_circle(self)

    @staticmethod
    def holding(noise: Noise, own: LayerNoise) -> LayerNoise:
        """A layer's noise that stays what the master's `noise` makes of it now."""
        mode = "random" if noise.mode == "random" else "stored"
        return replace(own, mode=mode, seed=noise.seed, other=noise.other, turn=noise.turn)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; the circle is written only where there is one."""
        line = {"on": self.on, "strength": self.strength, "mode": self.mode, "seed": self.seed}
        return line if self.other is None else {**line, "other": self.other, "turn": self.turn}

    @staticmethod
    def from_dict(data: object) -> LayerNoise:
        """The inverse of `to_dict`; raises `RecipeError`."""
        fields = Fields("layer noise", data, RecipeError)
        noise = LayerNoise(
            fields.flag("on", default=True),
            fields.number("strength", 1.0),
            fields.text("mode", "master"),
            fields.integer("seed", 0),
            fields.optional_integer("other"),
            fields.number("turn", 0.0),
        )
        fields.refuse_unknown()
        return noise


def _check_circle(noise: Noise | LayerNoise) -> None:
    """Raise `RecipeError` for seeds or a turn out of range; without another seed there is no turn."""
    check_range("The noise seed", noise.seed, 0, SEED_MAX)
    check_range("The noise's turn", noise.turn, 0.0, 1.0)
    object.__setattr__(noise, "turn", 0.0 if noise.other is None else plain(noise.turn))
    if noise.other is not None:
        check_range("The noise's other seed", noise.other, 0, SEED_MAX)


@dataclass(frozen=True, slots=True)
class Push:
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
    def from_dict(data: object) -> Push:
        """The inverse of `to_dict`; raises `RecipeError`."""
        fields = Fields("push", data, RecipeError)
        push = Push(
            fields.numbers("vector"),
            fields.number("amount", 1.0),
            fields.integer("first", 0),
            fields.integer("last", 64),
            fields.text("name", ""),
        )
        fields.refuse_unknown()
        return push
