"""Every control of the desk by name, so that a mapping can say which one it moves.

Names outlive models: `psi@64` is the truncation of the 64 px strip of whatever model is open. What a
model lacks, `find_control` tells in a sentence, and the mapping waits for another model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ganlab_core.recipe import (
    MAPPING,
    OPERATIONS,
    SEED_MAX,
    Capabilities,
    Latent,
    Layer,
    Mix,
    Recipe,
    class_name,
)

LISTED_BENDS = 4
"""Bends whose numbers are offered by name; any of a Recipe's can be mapped."""

MOST_LISTED = 64
"""Classes that are offered by name; each of a thousand can still be mapped."""

Put = Callable[[Recipe, float], Recipe]
Get = Callable[[Recipe], float]


@dataclass(frozen=True, slots=True)
class DeskControl:
    """A control that a mapping can move.

    Attributes
    ----------
    name
        As maps write it: `"psi"`, `"noise.strength@3"`, `"scene@2"`.
    label
        As people read it.
    group
        What it belongs to on the desk.
    kind
        `"number"`, `"switch"` (on from 0.5) or `"trigger"` (does something whenever it rises).
    low, high
        What 0 and 1 of a source mean unless the mapping says otherwise, in the control's unit.
    put
        The Recipe with this control at a value; of a trigger, with its step taken. None for what
        belongs to the performance itself: walks, pads, scenes, films.
    get
        Where a number of the Recipe stands now; None for all else.
    """

    name: str
    label: str
    group: str
    kind: str = "number"
    low: float = 0.0
    high: float = 1.0
    put: Put | None = None
    get: Get | None = None


# --- what each does to a Recipe ----------------------------------------------------------------------


def within(value: float, low: float, high: float) -> float:
    """The value brought into a range."""
    return min(high, max(low, value))


def _psi(recipe: Recipe, value: float) -> Recipe:
    return replace(recipe, psi=within(value, -10.0, 10.0))


def _seed(recipe: Recipe, value: float) -> Recipe:
    return replace(recipe, latent=Latent(int(within(round(value), 0, SEED_MAX))))


def _seed_step(by: int) -> Put:
    def put(recipe: Recipe, _value: float) -> Recipe:
        return replace(recipe, latent=Latent((recipe.latent.seed + by) % (SEED_MAX + 1)))

    return put


def _noise_strength(recipe: Recipe, value: float) -> Recipe:
    return replace(recipe, noise=replace(recipe.noise, strength=within(value, 0.0, 10.0)))


def _noise_turn(recipe: Recipe, value: float) -> Recipe:
    """Random noise at a place of the circle through its own seed and the next."""
    noise = recipe.noise
    other = (noise.seed + 1) % (SEED_MAX + 1) if noise.other is None else noise.other
    return replace(recipe, noise=replace(noise, mode="random", other=other, turn=value % 1.0))


def _noise_step(recipe: Recipe, _value: float) -> Recipe:
    seed = (recipe.noise.seed + 1) % (SEED_MAX + 1)
    return replace(recipe, noise=replace(recipe.noise, mode="random", seed=seed))


def _noise_on(recipe: Recipe, value: float) -> Recipe:
    if (recipe.noise.mode != "off") == (value >= 0.5):
        return recipe
    return replace(
        recipe, noise=replace(recipe.noise, mode="stored" if value >= 0.5 else "off", other=None)
    )


def _threshold(recipe: Recipe, value: float) -> Recipe:
    return replace(recipe, threshold=within(value, 0.01, 10.0))


def _attention(recipe: Recipe, value: float) -> Recipe:
    return replace(recipe, attention=within(value, 0.0, 10.0))


def _psi_at(side: int) -> DeskControl:
    def put(recipe: Recipe, value: float) -> Recipe:
        return recipe.with_psi_at(side, within(value, -10.0, 10.0))

    def get(recipe: Recipe) -> float:
        return dict(recipe.psi_at).get(side, recipe.psi)

    return DeskControl(f"psi@{side}", f"psi at {side} px", "strips", put=put, get=get)


def _mixed(recipe: Recipe, resolution: int) -> Mix:
    """The style mixed in at a resolution; where there is none, that of the next seed."""
    following = Latent((recipe.latent.seed + 1) % (SEED_MAX + 1))
    return dict(recipe.mix_at).get(resolution) or Mix(following, 0.0)


def _mix_amount(side: int) -> DeskControl:
    def put(recipe: Recipe, value: float) -> Recipe:
        mix = replace(_mixed(recipe, side), amount=within(value, 0.0, 1.0))
        return recipe.with_mix_at(side, mix)

    def get(recipe: Recipe) -> float:
        mix = dict(recipe.mix_at).get(side)
        return 0.0 if mix is None else mix.amount

    return DeskControl(f"mix@{side}", f"Mix at {side} px", "strips", put=put, get=get)


def _mix_step(side: int) -> DeskControl:
    def put(recipe: Recipe, _value: float) -> Recipe:
        mix = dict(recipe.mix_at).get(side) or Mix(recipe.latent)
        other = Latent((mix.latent.seed + 1) % (SEED_MAX + 1))
        return recipe.with_mix_at(side, replace(mix, latent=other))

    label = f"Other style at {side} px"
    return DeskControl(f"mix.step@{side}", label, "strips", "trigger", put=put)


def _layer_strength(layer: Layer) -> DeskControl:
    index = layer.index

    def put(recipe: Recipe, value: float) -> Recipe:
        own = replace(recipe.layer_noise(index), strength=within(value, 0.0, 10.0))
        return recipe.with_noise_layer(index, own)

    def get(recipe: Recipe) -> float:
        return recipe.layer_noise(index).strength

    label = f"Noise of {layer.name}"
    return DeskControl(f"noise.strength@{index}", label, "noise", "number", 0.0, 2.0, put, get)


def _layer_on(layer: Layer) -> DeskControl:
    def put(recipe: Recipe, value: float) -> Recipe:
        own = replace(recipe.layer_noise(layer.index), on=value >= 0.5)
        return recipe.with_noise_layer(layer.index, own)

    label = f"Noise of {layer.name} on"
    return DeskControl(f"noise.on@{layer.index}", label, "noise", "switch", put=put)


def _growth(can: Capabilities) -> DeskControl:
    full = float(can.full_growth)

    def put(recipe: Recipe, value: float) -> Recipe:
        return replace(recipe, growth=None if value >= full else within(value, 2.0, 10.0))

    def get(recipe: Recipe) -> float:
        return full if recipe.growth is None else recipe.growth

    return DeskControl("growth", "Growth", "growth", "number", 2.0, full, put, get)


def _class_weight(index: int, can: Capabilities) -> DeskControl:
    def put(recipe: Recipe, value: float) -> Recipe:
        others = dict(recipe.classes or ((0, 1.0),))
        others[index] = within(value, 0.0, 1.0)
        if all(weight == 0.0 for weight in others.values()):
            others[index] = 1e-3  # a mix of nothing is none
        return replace(recipe, classes=tuple(sorted(others.items())))

    def get(recipe: Recipe) -> float:
        return dict(recipe.classes or ((0, 1.0),)).get(index, 0.0)

    label = f"Class {class_name(index, can.classes)}"
    return DeskControl(f"class@{index}", label, "classes", put=put, get=get)


def _class_pick(count: int) -> Put:
    def put(recipe: Recipe, value: float) -> Recipe:
        return replace(recipe, classes=((int(within(value, 0, count - 1)), 1.0),))

    return put


def _class_step(count: int) -> Put:
    def put(recipe: Recipe, _value: float) -> Recipe:
        now = max(recipe.classes, key=lambda pair: pair[1])[0] if recipe.classes else 0
        return replace(recipe, classes=(((now + 1) % count, 1.0),))

    return put


def _direction(index: int) -> DeskControl:
    def put(recipe: Recipe, value: float) -> Recipe:
        if index >= len(recipe.pushes):
            return recipe
        pushes = list(recipe.pushes)
        pushes[index] = replace(pushes[index], amount=within(value, -100.0, 100.0))
        return replace(recipe, pushes=tuple(pushes))

    def get(recipe: Recipe) -> float:
        return recipe.pushes[index].amount if index < len(recipe.pushes) else 0.0

    label = f"Direction {index + 1}"
    return DeskControl(f"direction@{index}", label, "directions", "number", -3.0, 3.0, put, get)


def _bend(index: int, name: str) -> DeskControl:
    """The strength or the amount of a bend, by its place in the Recipe."""

    def put(recipe: Recipe, value: float) -> Recipe:
        if index >= len(recipe.bends):
            return recipe
        bend = recipe.bends[index]
        if name == "strength":
            return recipe.with_bend(index, replace(bend, strength=within(value, 0.0, 1.0)))
        own = OPERATIONS[bend.operation]
        return recipe.with_bend(index, replace(bend, amount=within(value, own.low, own.high)))

    def get(recipe: Recipe) -> float:
        return float(getattr(recipe.bends[index], name)) if index < len(recipe.bends) else 0.0

    label = f"Bend {index + 1}: {name}"
    return DeskControl(f"bend.{name}@{index}", label, "bends", "number", 0.0, 1.0, put, get)


# --- which there are ---------------------------------------------------------------------------------

_PLAIN = (
    DeskControl("seed.step", "Next seed", "latent", "trigger", put=_seed_step(1)),
    DeskControl("seed.back", "Seed before", "latent", "trigger", put=_seed_step(-1)),
    DeskControl("seed", "Seed", "latent", "number", 0.0, 127.0, _seed, lambda own: own.latent.seed),
    DeskControl("walk.speed", "Walk: pictures a second", "latent", low=0.0, high=2.0),
    DeskControl("walk.direction", "Walk: back or on", "latent", low=-1.0, high=1.0),
    DeskControl("pad.x", "Pad across", "latent"),
    DeskControl("pad.y", "Pad down", "latent"),
    DeskControl("film.play", "Film: play or stop", "film", "trigger"),
    DeskControl("film.position", "Film: place", "film"),
    DeskControl("scene.next", "Next scene", "scenes", "trigger"),
    DeskControl("scene.back", "Scene before", "scenes", "trigger"),
    DeskControl("tempo.tap", "Tap the tempo", "clock", "trigger"),
)
_PSI = DeskControl("psi", "Truncation psi", "truncation", put=_psi, get=lambda recipe: recipe.psi)
_THRESHOLD = DeskControl(
    "threshold", "z cut at", "truncation", "number", 0.2, 2.0, _threshold,
    lambda recipe: recipe.threshold or 1.0,
)  # fmt: skip
_ATTENTION = DeskControl(
    "attention", "Attention", "directions", "number", 0.0, 2.0, _attention,
    lambda recipe: recipe.attention,
)  # fmt: skip
_NOISE = (
    DeskControl(
        "noise.strength",
        "Noise strength",
        "noise",
        "number",
        0.0,
        2.0,
        _noise_strength,
        lambda recipe: recipe.noise.strength,
    ),
    DeskControl(
        "noise.turn", "Noise turns", "noise", put=_noise_turn, get=lambda own: own.noise.turn
    ),
    DeskControl("noise.step", "Other noise", "noise", "trigger", put=_noise_step),
    DeskControl("noise.on", "Noise on", "noise", "switch", put=_noise_on),
)


_PLACEMENT = (
    DeskControl(
        "shift.x", "Shift right", "placement", "number", -0.5, 0.5,
        lambda recipe, value: replace(recipe, shift_x=within(value, -2.0, 2.0)),
        lambda recipe: recipe.shift_x,
    ),
    DeskControl(
        "shift.y", "Shift down", "placement", "number", -0.5, 0.5,
        lambda recipe, value: replace(recipe, shift_y=within(value, -2.0, 2.0)),
        lambda recipe: recipe.shift_y,
    ),
    DeskControl(
        "turn", "Turn", "placement", "number", -180.0, 180.0,
        lambda recipe, value: replace(recipe, turn=within(value, -3600.0, 3600.0)),
        lambda recipe: recipe.turn,
    ),
)  # fmt: skip


def _second_at(place: int) -> DeskControl:
    def put(recipe: Recipe, value: float) -> Recipe:
        return recipe.with_second_at(place, within(value, 0.0, 1.0))

    def get(recipe: Recipe) -> float:
        return recipe.second_of(place)

    name = "second.mapping" if place == MAPPING else f"second@{place}"
    where = "in the mapping" if place == MAPPING else f"at {place} px"
    return DeskControl(name, f"Second model {where}", "second model", put=put, get=get)


_SECOND = DeskControl(
    "second", "Second model", "second model", "number", 0.0, 1.0,
    lambda recipe, value: replace(recipe, second=within(value, 0.0, 1.0)),
    lambda recipe: recipe.second,
)  # fmt: skip


def controls_of(can: Capabilities, scenes: int = 8, directions: int = 4) -> Iterator[DeskControl]:
    """Every control that such a model has, in the order of the desk, with so many scenes and directions."""
    yield from _PLAIN
    for number in range(1, scenes + 1):
        yield DeskControl(f"scene@{number}", f"Scene {number}", "scenes", "trigger")
    if can.has_truncation:
        yield _PSI
        if not can.has_w:
            yield _THRESHOLD
    if can.has_growth:
        yield _growth(can)
    if can.has_noise:
        yield from _NOISE
    if can.has_placement:
        yield from _PLACEMENT
    if can.blendable:
        yield _SECOND
        yield from map(_second_at, can.blendable)
    yield from map(_direction, range(directions))
    yield from _of_bends(min(directions, LISTED_BENDS))
    if can.has_attention:
        yield _ATTENTION
    yield from _of_classes(can, min(len(can.classes), MOST_LISTED))
    yield from _of_strips(can)
    yield from _of_layers(can)


def _of_bends(listed: int) -> Iterator[DeskControl]:
    for index in range(listed):
        yield _bend(index, "strength")
        yield _bend(index, "amount")


def _of_classes(can: Capabilities, listed: int) -> Iterator[DeskControl]:
    count = len(can.classes)
    if count:
        yield DeskControl(
            "class.pick", "Class", "classes", "number", 0.0, count - 1, _class_pick(count)
        )
        yield DeskControl("class.next", "Next class", "classes", "trigger", put=_class_step(count))
    for index in range(listed):
        yield _class_weight(index, can)


def _of_strips(can: Capabilities) -> Iterator[DeskControl]:
    for side in can.resolutions:
        styled = any(layer.style or layer.statistics for layer in can.layers_at(side))
        if styled and can.has_truncation:
            yield _psi_at(side)
        if styled and can.has_mixing:
            yield _mix_amount(side)
            yield _mix_step(side)


def _of_layers(can: Capabilities) -> Iterator[DeskControl]:
    for layer in can.layers:
        if layer.noise and can.has_noise:
            yield _layer_strength(layer)
            yield _layer_on(layer)


CONTROL_NAME = re.compile(r"[a-z]+(?:\.[a-z]+)?(?:@[0-9]{1,6})?", re.ASCII)
"""What a control may be called, in this version or a later one."""

_SCENE = re.compile(r"scene@([1-9][0-9]{0,2})", re.ASCII)
_CLASS = re.compile(r"class@([0-9]{1,6})", re.ASCII)
_BEND = re.compile(r"bend\.(strength|amount)@([0-9]{1,2})", re.ASCII)
_DIRECTION = re.compile(r"direction@([0-9]{1,2})", re.ASCII)


def find_control(name: str, can: Capabilities) -> DeskControl | None:
    """The control of this name, or None where such a model has none."""
    if match := _SCENE.fullmatch(name):
        return DeskControl(name, f"Scene {int(match[1])}", "scenes", "trigger")
    if match := _DIRECTION.fullmatch(name):
        return _direction(int(match[1]))
    if match := _BEND.fullmatch(name):
        return _bend(int(match[2]), match[1])
    if match := _CLASS.fullmatch(name):
        index = int(match[1])
        return _class_weight(index, can) if index < len(can.classes) else None
    return next((own for own in controls_of(can, 0, 0) if own.name == name), None)
