"""Kinds of values that a Recipe's fields hold, and all that follows from knowing the kind.

A field is declared once, in `recipe.py`, by its kind. From that follow how it is checked, read and
written as JSON, blended between keyframes, told in words and fitted to a model.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from ganlab_core.errors import RecipeError
from ganlab_core.files import Fields, check_range, plain
from ganlab_core.recipe.capabilities import Capabilities
from ganlab_core.recipe.parts import (
    DEEPEST,
    MOST_PARTS,
    TORCH_NOISE,
    Centres,
    Classes,
    EditDirection,
    Gains,
    Latent,
    LayerNoise,
    Mix,
    Noise,
    pairs_to_dict,
    read_number,
    read_pairs,
    sorted_pairs,
)

V = TypeVar("V")
Weighted = Sequence[tuple[V, float]]
"""Pairs (value, weight), the one that decides discrete choices first."""

FIRST_CLASS: Classes = ((0, 1.0),)
"""What an empty class mix counts as."""
FULLEST = 10.0
"""Growth of the largest picture there is."""
NOT_SET = "as the master"


@dataclass(frozen=True, slots=True)
class Blending:
    """In which space latents and mixes blend, and what a growth of None counts as."""

    latent_space: str = "w"
    mix_space: str = "w"
    full_growth: float = FULLEST


class Kind(ABC, Generic[V]):
    """What a field holds. `name` is what error sentences call it, `label` what differences do."""

    rank = 0
    """Differences are told by rank: values of the whole first, then those of single places."""
    follows = ""
    """The field whose value counts where this one has none; empty = no other's."""

    def checked(self, name: str, value: V) -> V:
        """The value with equal settings written alike; raises `RecipeError` out of range."""
        return value

    @abstractmethod
    def read(self, fields: Fields, name: str, default: V) -> V:
        """Take the field from a JSON object; raises `RecipeError`."""

    def write(self, value: V) -> object:
        """Plain JSON types."""
        return value

    def read_item(self, data: object, default: V) -> V:
        """Read one value of a per-place field; raises `RecipeError`."""
        return self.read(Fields("Recipe", {"weights": data}, RecipeError), "weights", default)

    @abstractmethod
    def blend(self, parts: Weighted[V], how: Blending) -> V:
        """The value between values, weighted; the weights add up to 1."""

    def blend_over(self, parts: Weighted[V], followed: Sequence[Any], how: Blending) -> V:
        """As `blend`; where a part has no value, the one of `followed` counts."""
        return self.blend(parts, how)

    @abstractmethod
    def describe(self, value: V, classes: Sequence[str]) -> str:
        """The value in a person's words; `classes` are the model's names where known."""

    def differences(self, label: str, before: V, after: V, classes: Sequence[str]) -> list[str]:
        """Short lines that tell one from the other; empty for equal ones."""
        if before == after:
            return []
        return [f"{label} {_arrow(self.describe(before, classes), self.describe(after, classes))}"]

    def fit(self, value: V, can: Capabilities, default: V) -> V:
        """The nearest value that a model can render."""
        return value


def _arrow(before: str, after: str) -> str:
    """Two places in W read alike; then the words say that it is another one."""
    return f"{before} → {after}" if before != after else f"{before} → another"


# --- numbers -----------------------------------------------------------------------------------------


def weighted_sum(parts: Weighted[float], low: float, high: float) -> float:
    """The weighted sum within a range; equal numbers stay exactly what they are."""
    first = parts[0][0]
    if all(value == first for value, _ in parts):
        return first
    return min(high, max(low, sum(value * share for value, share in parts)))


@dataclass(frozen=True, slots=True)
class Number(Kind[float]):
    """A number within a range, both ends included; without what `needs` of a model it has no meaning."""

    low: float
    high: float
    needs: Callable[[Capabilities], bool] | None = None

    def checked(self, name: str, value: float) -> float:
        check_range(name, value, self.low, self.high)
        return plain(value)

    def read(self, fields: Fields, name: str, default: float) -> float:
        return fields.number(name, default)

    def read_item(self, data: object, default: float) -> float:
        return read_number(data)

    def blend(self, parts: Weighted[float], how: Blending) -> float:
        return weighted_sum(parts, self.low, self.high)

    def describe(self, value: float, classes: Sequence[str]) -> str:
        return f"{value:.4g}"

    def fit(self, value: float, can: Capabilities, default: float) -> float:
        return value if self.needs is None or self.needs(can) else default


@dataclass(frozen=True, slots=True)
class OptionalNumber(Kind["float | None"]):
    """A number or None, which has words of its own; blended where all have one."""

    low: float
    high: float
    none: str

    def checked(self, name: str, value: float | None) -> float | None:
        if value is None:
            return None
        check_range(name, value, self.low, self.high)
        return plain(value)

    def read(self, fields: Fields, name: str, default: float | None) -> float | None:
        return fields.optional_number(name)

    def blend(self, parts: Weighted[float | None], how: Blending) -> float | None:
        known = [(value, share) for value, share in parts if value is not None]
        return weighted_sum(known, self.low, self.high) if len(known) == len(parts) else parts[0][0]

    def describe(self, value: float | None, classes: Sequence[str]) -> str:
        return self.none if value is None else f"{value:.4g}"


@dataclass(frozen=True, slots=True)
class FollowingNumber(OptionalNumber):
    """A number or None, which counts as the value of the field it follows."""

    follows: str = ""
    needs: Callable[[Capabilities], bool] | None = None

    def blend_over(
        self, parts: Weighted[float | None], followed: Sequence[Any], how: Blending
    ) -> float | None:
        """None where no part has a value of its own."""
        if all(value is None for value, _ in parts):
            return None
        known = [
            (other if value is None else value, share)
            for (value, share), other in zip(parts, followed, strict=True)
        ]
        return weighted_sum(known, self.low, self.high)

    def fit(self, value: float | None, can: Capabilities, default: float | None) -> float | None:
        return value if self.needs is None or self.needs(can) else default


class Cutoff(Kind["int | None"]):
    """How many styles psi applies to, or None for all of them; a choice, so it does not blend."""

    def checked(self, name: str, value: int | None) -> int | None:
        if value is not None:
            check_range(name, value, 0, 64)
        return value

    def read(self, fields: Fields, name: str, default: int | None) -> int | None:
        return fields.optional_integer(name)

    def blend(self, parts: Weighted[int | None], how: Blending) -> int | None:
        return parts[0][0]

    def describe(self, value: int | None, classes: Sequence[str]) -> str:
        return "none" if value is None else f"after {value} layers"


class Growth(OptionalNumber):
    """Log2 of the resolution shown; None = full, which counts as the finished picture's in a blend."""

    __slots__ = ()

    def blend(self, parts: Weighted[float | None], how: Blending) -> float | None:
        if all(value is None for value, _ in parts):
            return None
        known = [(how.full_growth if value is None else value, share) for value, share in parts]
        return weighted_sum(known, self.low, self.high)

    def describe(self, value: float | None, classes: Sequence[str]) -> str:
        if value is None:
            return self.none
        percent = round(100 * (value - math.floor(value))) or 100
        return f"{2 ** math.ceil(value)} px {percent} %"

    def fit(self, value: float | None, can: Capabilities, default: float | None) -> float | None:
        if value is None or not can.has_growth or value >= can.full_growth:
            return None
        return value


# --- latents -----------------------------------------------------------------------------------------


def latent_text(latent: Latent) -> str:
    """A latent in a few words: `"seed 5"`, `"a place in W"`, `"a blend of 3 in W"`."""
    space = latent.space.upper()
    if latent.blend:
        return f"a blend of {len(latent.blend)} in {space}"
    return f"a place in {space}" if latent.vector else f"seed {latent.seed}"


def blend_latents(parts: Weighted[Latent], space: str) -> Latent:
    """The latent between latents, blended in `"w"` or `"z"`; a latent of w makes it a blend in w.

    Blends within the same space are dissolved, so that keyframes may be blends themselves. Two
    latents in z go along the circle: shares 1 - u and u weigh cos and sin of a quarter turn.
    """
    space = "w" if any(latent.in_w for latent, _ in parts) else space
    if space == "z" and len(parts) == 2:
        turn = 0.5 * math.pi * parts[1][1]
        parts = [(parts[0][0], math.cos(turn)), (parts[1][0], math.sin(turn))]
    merged: dict[Latent, float] = {}
    for latent, share in parts:
        for inner, weight in _dissolved(latent, space):
            merged[inner] = merged.get(inner, 0.0) + share * weight
    kept = [(latent, weight) for latent, weight in merged.items() if abs(weight) > 1e-9]
    if not _is_a_blend(kept):  # too many at once, or all cancelled: the nearest keyframe's own
        return max(parts, key=lambda part: part[1])[0]
    heaviest = max(kept, key=lambda part: part[1])[0]
    if len(kept) == 1 and kept[0][1] > 0.0:
        return heaviest
    return Latent(heaviest.seed, (), space, tuple(kept))


def _dissolved(latent: Latent, space: str) -> tuple[tuple[Latent, float], ...]:
    """The parts of a blend in this space, weighted as they are drawn; anything else is its own part."""
    if not latent.blend or latent.space != space:
        return ((latent, 1.0),)
    if space == "w":
        return latent.blend
    root = math.sqrt(sum(weight**2 for _, weight in latent.blend))
    return tuple((part, weight / root) for part, weight in latent.blend)


def _is_a_blend(parts: Weighted[Latent]) -> bool:
    return (
        0 < len(parts) <= MOST_PARTS
        and all(part.depth < DEEPEST and abs(weight) <= 100.0 for part, weight in parts)
        and sum(weight**2 for _, weight in parts) > 1e-12
    )


def fit_latent(latent: Latent, can: Capabilities) -> Latent:
    """A vector of another model's size means nothing here; its seed still does."""
    if _has_right_size(latent, can):
        return latent
    parts = tuple((fit_latent(part, can), weight) for part, weight in latent.blend)
    return replace(latent, blend=parts) if parts else Latent(latent.seed)


def _blended_in_z(latent: Latent) -> Latent:
    """The same latent as a model without a W takes it."""
    if not latent.blend:
        return latent
    parts = tuple((_blended_in_z(part), weight) for part, weight in latent.blend)
    return replace(latent, space="z", blend=parts)


def _has_right_size(latent: Latent, can: Capabilities) -> bool:
    if latent.blend:
        return all(_has_right_size(part, can) for part, _ in latent.blend)
    return not latent.vector or len(latent.vector) == (
        can.w_dim if latent.space == "w" else can.z_dim
    )


class StartLatent(Kind[Latent]):
    """The latent that every style comes from."""

    def read(self, fields: Fields, name: str, default: Latent) -> Latent:
        return Latent.from_dict(fields.take(name, {}))

    def write(self, value: Latent) -> object:
        return value.to_dict()

    def blend(self, parts: Weighted[Latent], how: Blending) -> Latent:
        return blend_latents(parts, how.latent_space)

    def describe(self, value: Latent, classes: Sequence[str]) -> str:
        return latent_text(value)

    def fit(self, value: Latent, can: Capabilities, default: Latent) -> Latent:
        fitted = fit_latent(value, can)
        return fitted if can.has_w else _blended_in_z(fitted)


class TruncationCentre(Kind["Latent | None"]):
    """What psi moves a style of W towards; None = the mean of W, which is no latent to blend with."""

    def read(self, fields: Fields, name: str, default: Latent | None) -> Latent | None:
        value = fields.take(name, None)
        return None if value is None else Latent.from_dict(value)

    def write(self, value: Latent | None) -> object:
        return None if value is None else value.to_dict()

    def blend(self, parts: Weighted[Latent | None], how: Blending) -> Latent | None:
        known = [(value, share) for value, share in parts if value is not None]
        if len(known) < len(parts) or len({centre for centre, _ in known}) == 1:
            return parts[0][0]
        return blend_latents(known, "w")

    def describe(self, value: Latent | None, classes: Sequence[str]) -> str:
        return "the mean of W" if value is None else latent_text(value)

    def fit(self, value: Latent | None, can: Capabilities, default: Latent | None) -> Latent | None:
        return None if value is None or not can.has_w else fit_latent(value, can)


class TruncationCentres(Kind[Centres]):
    """Several centres; a chosen one moves on to the next as a number, and so does the softness."""

    def read(self, fields: Fields, name: str, default: Centres) -> Centres:
        value = fields.take(name, None)
        return default if value is None else Centres.from_dict(value)

    def write(self, value: Centres) -> object:
        return value.to_dict()

    def blend(self, parts: Weighted[Centres], how: Blending) -> Centres:
        first = parts[0][0]
        if any((one.latents, one.clusters) != (first.latents, first.clusters) for one, _ in parts):
            return first
        picks = [(one.pick, share) for one, share in parts if one.pick is not None]
        pick = first.pick
        if len(picks) == len(parts):
            pick = weighted_sum(picks, 0.0, max(0, first.count - 1))
        softness = weighted_sum([(one.softness, share) for one, share in parts], 0.0, 4.0)
        return replace(first, pick=pick, softness=softness)

    def describe(self, value: Centres, classes: Sequence[str]) -> str:
        if not value.count:
            return "one"
        kind = "clusters of W" if value.clusters else "pictures"
        if value.pick is None:
            soft = f", softness {value.softness:.4g}" if value.softness else ""
            return f"the nearest of {value.count} {kind}{soft}"
        return f"{value.pick + 1:.4g} of {value.count} {kind}"

    def fit(self, value: Centres, can: Capabilities, default: Centres) -> Centres:
        if not can.has_w or not can.has_truncation:
            return default
        return replace(value, latents=tuple(fit_latent(one, can) for one in value.latents))


class StyleMix(Kind["Mix | None"]):
    """A style mixed in; mixes fade in from 0 and out to 0, latents blend among those that have one."""

    def read(self, fields: Fields, name: str, default: Mix | None) -> Mix | None:
        return Mix.from_dict(fields.take(name, {}))

    def write(self, value: Mix | None) -> object:
        return None if value is None else value.to_dict()

    def blend(self, parts: Weighted[Mix | None], how: Blending) -> Mix | None:
        present = [(mix, share) for mix, share in parts if mix is not None]
        amount = weighted_sum(
            [(mix.amount if mix else 0.0, share) for mix, share in parts], 0.0, 1.0
        )
        if len({mix.latent for mix, _ in present}) == 1:
            return Mix(present[0][0].latent, amount)
        total = sum(share for _, share in present)
        if total <= 1e-9:  # the overshoot of a spline: nearly nothing of it is seen
            return Mix(present[0][0].latent, amount)
        latents = [(mix.latent, share / total) for mix, share in present]
        return Mix(blend_latents(latents, how.mix_space), amount)

    def describe(self, value: Mix | None, classes: Sequence[str]) -> str:
        return NOT_SET if value is None else f"{value.amount:.0%} of {latent_text(value.latent)}"

    def fit(self, value: Mix | None, can: Capabilities, default: Mix | None) -> Mix | None:
        return value if value is not None and _has_right_size(value.latent, can) else None


# --- noise -------------------------------------------------------------------------------------------


class MasterNoise(Kind[Noise]):
    """The noise of all layers; strength blends, and the turn among those on one circle."""

    def read(self, fields: Fields, name: str, default: Noise) -> Noise:
        return Noise.from_dict(fields.take(name, {}))

    def write(self, value: Noise) -> object:
        return value.to_dict()

    def blend(self, parts: Weighted[Noise], how: Blending) -> Noise:
        strengths = [(noise.strength, share) for noise, share in parts]
        blended = replace(parts[0][0], strength=weighted_sum(strengths, 0.0, 10.0))
        if {noise.other for noise, _ in parts} == {blended.other}:
            turns = [(noise.turn, share) for noise, share in parts]
            blended = replace(blended, turn=weighted_sum(turns, 0.0, 1.0))
        return blended

    def describe(self, value: Noise, classes: Sequence[str]) -> str:
        return _noise_text(value)


class OneLayersNoise(Kind[LayerNoise]):
    """What one layer does differently; strength blends, mode, seed and the switch hold."""

    def read(self, fields: Fields, name: str, default: LayerNoise) -> LayerNoise:
        return LayerNoise.from_dict(fields.take(name, {}))

    def write(self, value: LayerNoise) -> object:
        return value.to_dict()

    def blend(self, parts: Weighted[LayerNoise], how: Blending) -> LayerNoise:
        strengths = [(noise.strength, share) for noise, share in parts]
        return replace(parts[0][0], strength=weighted_sum(strengths, 0.0, 10.0))

    def describe(self, value: LayerNoise, classes: Sequence[str]) -> str:
        return _noise_text(value) if value.on else "off"


def _noise_text(noise: Noise | LayerNoise) -> str:
    mode = f"random, seed {noise.seed}" if noise.mode == "random" else noise.mode
    before = noise.mode == "random" and noise.generator == TORCH_NOISE
    return f"{mode}, strength {noise.strength:.4g}{', drawn as before' if before else ''}"


# --- classes and feature maps ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Weights(Kind[Classes]):
    """Pairs (index, weight) from -100 to 100; `missing` is the weight of an index that is not named."""

    missing: float
    called: str
    exists: Callable[[Capabilities, int], bool] | None = None

    def checked(self, name: str, value: Classes) -> Classes:
        for _, weight in value:
            check_range(self.called, weight, -100.0, 100.0)
        return tuple((key, plain(weight)) for key, weight in sorted_pairs(value))

    def read(self, fields: Fields, name: str, default: Classes) -> Classes:
        return read_pairs(fields.take(name, {}))

    def write(self, value: Classes) -> object:
        return pairs_to_dict(value)

    def blend(self, parts: Weighted[Classes], how: Blending) -> Classes:
        known = [(dict(own), share) for own, share in parts]
        keys = sorted({key for own, _ in known for key in own})
        return tuple(
            (
                key,
                weighted_sum([(own.get(key, self.missing), w) for own, w in known], -100.0, 100.0),
            )
            for key in keys
        )

    def describe(self, value: Classes, classes: Sequence[str]) -> str:
        return ", ".join(f"{index} × {weight:.4g}" for index, weight in value)

    def fit(self, value: Classes, can: Capabilities, default: Classes) -> Classes:
        exists = self.exists
        return value if exists is None else tuple(p for p in value if exists(can, p[0]))


class ClassMix(Weights):
    """A mix of class embeddings; empty counts as the first class."""

    __slots__ = ()

    def read(self, fields: Fields, name: str, default: Classes) -> Classes:
        return fields.numbered(name, read_number)

    def blend(self, parts: Weighted[Classes], how: Blending) -> Classes:
        if all(own == parts[0][0] for own, _ in parts):
            return parts[0][0]
        blended = super().blend([(own or FIRST_CLASS, share) for own, share in parts], how)
        return tuple(pair for pair in blended if pair[1] != 0.0) or FIRST_CLASS

    def describe(self, value: Classes, classes: Sequence[str]) -> str:
        if not value:
            return "the first class"
        return " + ".join(
            f"{weight:.4g} {classes[index] if index < len(classes) else f'class {index}'}"
            for index, weight in value
        )


CLASS_MIX = ClassMix(0.0, "A class's weight", lambda can, index: index < len(can.classes))
MAP_GAINS: Kind[Gains] = Weights(1.0, "A feature map's gain")


# --- values of single places -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """What the keys of a per-place field count: how it is told, and whether a model has it."""

    label: str
    first: int
    exists: Callable[[Capabilities, int], bool]


RESOLUTION = Place("at {} px", 0, lambda can, key: key in can.resolutions)
LAYER = Place("of layer {}", 1, lambda can, key: key < len(can.layers))
STYLE = Place("of layer {}", 1, lambda can, key: key < can.style_count)
BLENDED = Place("at {} px", 0, lambda can, key: key in can.blendable)


@dataclass(frozen=True, slots=True)
class PerPlace(Kind["tuple[tuple[int, Any], ...]"], Generic[V]):
    """Pairs (place, value), sorted by place.

    `follows` names the field whose value a place has that is not named; without one it has `missing`.
    A value of None or empty is not kept.
    """

    rank = 1
    place: Place
    kind: Kind[V]
    follows: str = ""
    missing: object = None

    def checked(self, name: str, value: tuple[tuple[int, V], ...]) -> tuple[tuple[int, V], ...]:
        pairs = (
            (key, self.kind.checked(f"{name} {self.place.label.format(key)}", own))
            for key, own in sorted_pairs(value)
        )
        return _present(pairs)

    def read(
        self, fields: Fields, name: str, default: tuple[tuple[int, V], ...]
    ) -> tuple[tuple[int, V], ...]:
        return fields.numbered(name, self._read_one)

    def _read_one(self, data: object) -> V:
        default: Any = self.missing
        return self.kind.read_item(data, default)

    def write(self, value: tuple[tuple[int, V], ...]) -> object:
        return {str(key): self.kind.write(own) for key, own in value}

    def blend(
        self, parts: Weighted[tuple[tuple[int, V], ...]], how: Blending
    ) -> tuple[tuple[int, V], ...]:
        return self.blend_over(parts, [self.missing] * len(parts), how)

    def blend_over(
        self,
        parts: Weighted[tuple[tuple[int, V], ...]],
        missing: Sequence[Any],
        how: Blending,
    ) -> tuple[tuple[int, V], ...]:
        """Every place that any part names; where one does not, it has its own of `missing`."""
        own = [
            (dict(pairs), other, share)
            for (pairs, share), other in zip(parts, missing, strict=True)
        ]
        keys = sorted({key for known, _, _ in own for key in known})
        return _present(
            (key, self.kind.blend([(known.get(key, other), w) for known, other, w in own], how))
            for key in keys
        )

    def describe(self, value: tuple[tuple[int, V], ...], classes: Sequence[str]) -> str:
        return ", ".join(
            f"{self.place.label.format(key + self.place.first)}: {self.kind.describe(own, classes)}"
            for key, own in value
        )

    def differences(
        self,
        label: str,
        before: tuple[tuple[int, V], ...],
        after: tuple[tuple[int, V], ...],
        classes: Sequence[str],
    ) -> list[str]:
        old, new = dict(before), dict(after)

        def said(values: dict[int, V], key: int) -> str:
            return self.kind.describe(values[key], classes) if key in values else NOT_SET

        return [
            f"{label} {self.place.label.format(key + self.place.first)}:"
            f" {_arrow(said(old, key), said(new, key))}"
            for key in sorted(old.keys() | new.keys())
            if old.get(key) != new.get(key)
        ]

    def fit(
        self,
        value: tuple[tuple[int, V], ...],
        can: Capabilities,
        default: tuple[tuple[int, V], ...],
    ) -> tuple[tuple[int, V], ...]:
        here = ((key, own) for key, own in value if self.place.exists(can, key))
        return _present((key, self.kind.fit(own, can, own)) for key, own in here)


def _present(pairs: Iterable[tuple[int, Any]]) -> tuple[tuple[int, Any], ...]:
    return tuple(pair for pair in pairs if pair[1] is not None and pair[1] != ())


# --- pushes ------------------------------------------------------------------------------------------


class EditDirections(Kind["tuple[EditDirection, ...]"]):
    """Steps along directions; equal ones but for their amounts are one, and a lacking one is 0."""

    rank = 2

    def read(
        self, fields: Fields, name: str, default: tuple[EditDirection, ...]
    ) -> tuple[EditDirection, ...]:
        return fields.items(name, EditDirection.from_dict)

    def write(self, value: tuple[EditDirection, ...]) -> object:
        return [push.to_dict() for push in value]

    def blend(
        self, parts: Weighted[tuple[EditDirection, ...]], how: Blending
    ) -> tuple[EditDirection, ...]:
        known = [(_amounts(pushes), share) for pushes, share in parts]
        keys = dict.fromkeys(key for amounts, _ in known for key in amounts)
        blended = []
        for key in keys:
            amounts = [(own.get(key, 0.0), share) for own, share in known]
            blended.append(replace(key[0], amount=weighted_sum(amounts, -100.0, 100.0)))
        return tuple(blended)

    def describe(self, value: tuple[EditDirection, ...], classes: Sequence[str]) -> str:
        return ", ".join(map(_edit_text, value))

    def differences(
        self,
        label: str,
        before: tuple[EditDirection, ...],
        after: tuple[EditDirection, ...],
        classes: Sequence[str],
    ) -> list[str]:
        gone = [f"without the push {_edit_text(push)}" for push in before if push not in after]
        new = [f"with the push {_edit_text(push)}" for push in after if push not in before]
        if not gone and not new and before != after:
            return [f"the {label} in another order"]
        return gone + new

    def fit(
        self,
        value: tuple[EditDirection, ...],
        can: Capabilities,
        default: tuple[EditDirection, ...],
    ) -> tuple[EditDirection, ...]:
        return tuple(push for push in value if len(push.vector) == can.direction_dim)


def _edit_text(push: EditDirection) -> str:
    return f"{push.name or 'along a direction'} by {push.amount:.4g}"


def _amounts(pushes: tuple[EditDirection, ...]) -> Mapping[tuple[EditDirection, int], float]:
    """(EditDirection of amount 0, how many like it came before) -> amount, in order."""
    found: dict[tuple[EditDirection, int], float] = {}
    for push in pushes:
        bare = replace(push, amount=0.0)
        count = 0
        while (bare, count) in found:
            count += 1
        found[(bare, count)] = push.amount
    return found
