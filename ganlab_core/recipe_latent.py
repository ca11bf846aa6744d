"""Latent: a point of the latent space to start from, the part of a Recipe that all others build on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ganlab_core.errors import RecipeError
from ganlab_core.reading import Fields, check_range, plain

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
