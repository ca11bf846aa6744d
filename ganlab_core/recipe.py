"""The Recipe: everything besides the weights that determines one picture.

Every control edits a Recipe and nothing else; undo steps, favourites, PNG metadata and film keyframes
are all Recipes. Values only: no torch, no Qt, no knowledge of a particular model.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from ganlab_core.capabilities import Layer
from ganlab_core.errors import RecipeError
from ganlab_core.reading import Fields, canonical_json, check_range, parse_json, plain
from ganlab_core.recipe_latent import SEED_MAX, Latent
from ganlab_core.recipe_pairs import (
    Classes,
    Gains,
    pairs_to_dict,
    plain_pairs,
    read_number,
    read_pairs,
    sorted_pairs,
    with_pair,
)
from ganlab_core.recipe_parts import NOISE_MODES, LayerNoise, Mix, Noise, Push

VERSION = 1
"""The version written into every Recipe; a file with a higher one is refused."""

DEEPEST = 32
"""Lists and objects within each other, so that a Recipe fits into the files that hold several."""

_REMEDY = "Choose a .json or .png file saved by ganlab."

__all__ = [
    "NOISE_MODES",
    "SEED_MAX",
    "VERSION",
    "Classes",
    "Gains",
    "Latent",
    "LayerNoise",
    "Mix",
    "Noise",
    "Push",
    "Recipe",
]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything besides the weights that determines one picture; immutable and hashable.

    Attributes
    ----------
    latent
        Where the style of every layer comes from unless mixed.
    psi
        Truncation, -10 to 10: about the mean of W, 1 = the whole distribution, 0 = the mean; for
        BigGAN the scale of z, which also chooses among the batch norm's statistics.
    psi_at
        Pairs (resolution in pixels, psi) that win over `psi` and `cutoff` at that resolution.
    centre
        What psi moves a style of W towards; None = the mean of W.
    cutoff
        How many styles, from the coarsest, `psi` applies to; None = all.
    mix_at
        Pairs (resolution in pixels, Mix).
    mix_layers
        Pairs (style index, Mix) that win over `mix_at`.
    noise
        The noise of all layers.
    noise_layers
        Pairs (layer index, LayerNoise).
    growth
        Log2 of the resolution shown, 2 to 10: 4.37 = the 32 px block faded in by 37 %. None = full.
    threshold
        z is drawn from a normal distribution cut at this many deviations, 0.01 to 10 (BigGAN's
        truncation trick); None = as the model was made. Vectors are taken as they are.
    classes
        The class mix of all layers.
    classes_at
        Pairs (resolution in pixels, class mix) that win over `classes`.
    pushes
        Steps along directions, in order.
    gains
        Pairs (layer index, pairs (feature map, factor)): maps ablated or boosted after that layer.
    attention
        Factor on the self-attention's own strength gamma, 0 to 10; 1 = as trained.
    extra
        Fields this version does not know, as canonical JSON, kept so that saving loses nothing.
    """

    latent: Latent = Latent()
    psi: float = 0.7
    psi_at: tuple[tuple[int, float], ...] = ()
    centre: Latent | None = None
    cutoff: int | None = None
    mix_at: tuple[tuple[int, Mix], ...] = ()
    mix_layers: tuple[tuple[int, Mix], ...] = ()
    noise: Noise = Noise()
    noise_layers: tuple[tuple[int, LayerNoise], ...] = ()
    growth: float | None = None
    threshold: float | None = None
    classes: Classes = ()
    classes_at: tuple[tuple[int, Classes], ...] = ()
    pushes: tuple[Push, ...] = ()
    gains: tuple[tuple[int, Gains], ...] = ()
    attention: float = 1.0
    extra: str = "{}"

    def __post_init__(self) -> None:
        for name in _PAIRED:
            object.__setattr__(self, name, sorted_pairs(getattr(self, name)))
        for name in ("classes_at", "gains"):
            inner = tuple((key, sorted_pairs(pairs)) for key, pairs in getattr(self, name))
            object.__setattr__(self, name, tuple(pair for pair in inner if pair[1]))
        check_weights(self)
        check_range("psi", self.psi, -10.0, 10.0)
        for resolution, psi in self.psi_at:
            check_range(f"psi at {resolution} px", psi, -10.0, 10.0)
        if self.cutoff is not None:
            check_range("The cutoff", self.cutoff, 0, 64)
        if self.growth is not None:
            check_range("The growth", self.growth, 2.0, 10.0)
        if self.threshold is not None:
            check_range("The threshold", self.threshold, 0.01, 10.0)
        check_range("The attention", self.attention, 0.0, 10.0)
        _write_alike(self)

    # --- what a layer receives -------------------------------------------------------------------

    def psi_of(self, layer: Layer) -> float:
        """The truncation psi this layer's style gets (Karras et al. 2019, appendix B)."""
        own = dict(self.psi_at).get(layer.resolution)
        if own is not None:
            return own
        beyond = self.cutoff is not None and layer.w_plus_index >= self.cutoff
        return 1.0 if beyond else self.psi

    def mix_of(self, layer: Layer) -> Mix | None:
        """The style mixed into this layer: its own, else its resolution's, else none."""
        return dict(self.mix_layers).get(
            layer.w_plus_index, dict(self.mix_at).get(layer.resolution)
        )

    def classes_of(self, layer: Layer) -> Classes:
        """The class mix this layer sees: its resolution's own, else that of all."""
        return dict(self.classes_at).get(layer.resolution, self.classes)

    def pushes_of(self, layer: Layer) -> tuple[Push, ...]:
        """The pushes that act on this layer."""
        return tuple(
            push
            for push in self.pushes
            if push.first <= layer.w_plus_index <= push.last and push.amount != 0.0
        )

    def gains_of(self, layer: int) -> Gains:
        """The feature maps ablated or boosted after a layer."""
        return dict(self.gains).get(layer, ())

    def noise_of(self, layer: Layer) -> Noise:
        """The noise this layer adds, with master and layer settings combined."""
        own = dict(self.noise_layers).get(layer.index, LayerNoise())
        strength = min(10.0, self.noise.strength * own.strength)
        if self.noise.mode == "off" or not own.on or strength == 0.0:
            return Noise("off", 0, 0.0)
        asked = self.noise
        if own.mode != "master":
            asked = Noise(own.mode, own.seed, 1.0, own.other, own.turn)
        if asked.mode != "random":
            return Noise(asked.mode, 0, strength)
        return replace(asked, strength=strength)

    # --- edits: each gives a new Recipe ------------------------------------------------------------

    def with_psi_at(self, resolution: int, psi: float | None) -> Recipe:
        """Set this resolution's own psi, or with None let it follow the master."""
        return replace(self, psi_at=with_pair(self.psi_at, resolution, psi))

    def with_mix_at(self, resolution: int, mix: Mix | None) -> Recipe:
        """Mix a style in at this resolution, or with None take it out."""
        return replace(self, mix_at=with_pair(self.mix_at, resolution, mix))

    def with_mix_layer(self, layer: int, mix: Mix | None) -> Recipe:
        """Mix a style in at this one layer, or with None let it follow its resolution."""
        return replace(self, mix_layers=with_pair(self.mix_layers, layer, mix))

    def with_noise_layer(self, layer: int, noise: LayerNoise | None) -> Recipe:
        """Set one layer's noise; None or the plain default let it follow the master."""
        kept = None if noise == LayerNoise() else noise
        return replace(self, noise_layers=with_pair(self.noise_layers, layer, kept))

    def with_classes_at(self, resolution: int, classes: Classes | None) -> Recipe:
        """Give this resolution its own class mix, or with None let it follow the master."""
        return replace(self, classes_at=with_pair(self.classes_at, resolution, classes))

    def with_gain(self, layer: int, channel: int, gain: float) -> Recipe:
        """Multiply one feature map after a layer; 1 takes the edit back."""
        own = with_pair(self.gains_of(layer), channel, None if gain == 1.0 else gain)
        return replace(self, gains=with_pair(self.gains, layer, own or None))

    def layer_noise(self, layer: int) -> LayerNoise:
        """Own noise setting of a layer, the default when it has none."""
        return dict(self.noise_layers).get(layer, LayerNoise())

    # --- JSON --------------------------------------------------------------------------------------

    def to_json(self) -> str:
        """Canonical JSON, equal for equal Recipes; unknown fields that were read are written again."""
        known: dict[str, Any] = {
            "ganlab_recipe": VERSION,
            "latent": self.latent.to_dict(),
            "psi": self.psi,
            "psi_at": {str(key): value for key, value in self.psi_at},
            "centre": None if self.centre is None else self.centre.to_dict(),
            "cutoff": self.cutoff,
            "mix_at": {str(key): mix.to_dict() for key, mix in self.mix_at},
            "mix_layers": {str(key): mix.to_dict() for key, mix in self.mix_layers},
            "noise": self.noise.to_dict(),
            "noise_layers": {str(key): noise.to_dict() for key, noise in self.noise_layers},
            "growth": self.growth,
            "threshold": self.threshold,
            "classes": pairs_to_dict(self.classes),
            "classes_at": {str(key): pairs_to_dict(own) for key, own in self.classes_at},
            "pushes": [push.to_dict() for push in self.pushes],
            "gains": {str(key): pairs_to_dict(own) for key, own in self.gains},
            "attention": self.attention,
        }
        return canonical_json({**json.loads(self.extra), **known})

    @staticmethod
    def from_json(text: str | bytes) -> Recipe:
        """Read what `to_json` wrote; raises `RecipeError` with a sentence for anything else."""
        data = parse_json(text, "Recipe", RecipeError, _REMEDY, DEEPEST)
        fields = Fields("Recipe", data, RecipeError)
        version = fields.integer("ganlab_recipe", 0)
        if version < 1:
            raise RecipeError("This is not a ganlab Recipe.", _REMEDY)
        if version > VERSION:
            raise RecipeError(
                f"This Recipe was saved by a newer ganlab (version {version}).", "Update ganlab."
            )
        return Recipe(
            latent=Latent.from_dict(fields.take("latent", {})),
            psi=fields.number("psi", 0.7),
            psi_at=fields.numbered("psi_at", read_number),
            centre=_latent_or_none(fields.take("centre", None)),
            cutoff=fields.optional_integer("cutoff"),
            mix_at=fields.numbered("mix_at", Mix.from_dict),
            mix_layers=fields.numbered("mix_layers", Mix.from_dict),
            noise=Noise.from_dict(fields.take("noise", {})),
            noise_layers=fields.numbered("noise_layers", LayerNoise.from_dict),
            growth=fields.optional_number("growth"),
            threshold=fields.optional_number("threshold"),
            classes=fields.numbered("classes", read_number),
            classes_at=fields.numbered("classes_at", read_pairs),
            pushes=fields.items("pushes", Push.from_dict),
            gains=fields.numbered("gains", read_pairs),
            attention=fields.number("attention", 1.0),
            extra=canonical_json(fields.unknown()),
        )


_PAIRED = (
    "psi_at", "mix_at", "mix_layers", "noise_layers", "classes", "classes_at", "gains"
)  # fmt: skip


def _write_alike(recipe: Recipe) -> None:
    """Make equal numbers the same number, so that equal Recipes have equal JSON."""
    for name in ("psi", "growth", "threshold", "attention"):
        value = getattr(recipe, name)
        object.__setattr__(recipe, name, None if value is None else plain(value))
    for name in ("psi_at", "classes"):
        object.__setattr__(recipe, name, plain_pairs(getattr(recipe, name)))
    for name in ("classes_at", "gains"):
        inner = tuple((key, plain_pairs(pairs)) for key, pairs in getattr(recipe, name))
        object.__setattr__(recipe, name, inner)


def check_weights(recipe: Recipe) -> None:
    """Raise `RecipeError` for class weights or gains out of range."""
    for mix in (recipe.classes, *(own for _, own in recipe.classes_at)):
        for _, weight in mix:
            check_range("A class's weight", weight, -100.0, 100.0)
    for _, own in recipe.gains:
        for _, gain in own:
            check_range("A feature map's gain", gain, -100.0, 100.0)


def _latent_or_none(value: object) -> Latent | None:
    return None if value is None else Latent.from_dict(value)
