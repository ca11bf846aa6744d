"""The Recipe: everything besides the weights that determines one picture.

Every control edits a Recipe and nothing else; undo steps, favourites, PNG metadata and film keyframes
are all Recipes. Values only: no torch, no Qt, no knowledge of a particular model.

Each field is declared once, with its kind. Checking, JSON, blending between keyframes, differences in
words, fitting to a model, the parts of a preset and the lanes of a film all follow from that.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from ganlab_core.errors import RecipeError
from ganlab_core.files import Fields, canonical_json, parse_json, refuse_newer
from ganlab_core.recipe.bends import Bend, Bends
from ganlab_core.recipe.capabilities import MAPPING, Capabilities, Layer
from ganlab_core.recipe.extent import Extent, ExtentKind, LatentsAcross
from ganlab_core.recipe.kinds import (
    BLENDED,
    CLASS_MIX,
    FULLEST,
    LAYER,
    MAP_GAINS,
    RESOLUTION,
    STYLE,
    Blending,
    Cutoff,
    EditDirections,
    FollowingNumber,
    Growth,
    Kind,
    MasterNoise,
    Number,
    OneLayersNoise,
    OptionalNumber,
    PerPlace,
    StartLatent,
    StyleMix,
    TruncationCentre,
    TruncationCentres,
)
from ganlab_core.recipe.parts import (
    NOISE_MODES,
    SEED_MAX,
    Centres,
    Classes,
    EditDirection,
    Gains,
    Latent,
    LayerNoise,
    Mix,
    Noise,
    with_pair,
)

DEEPEST = 32
"""Lists and objects within each other, so that a Recipe fits into the files that hold several."""

_REMEDY = "Choose a .json or .png file saved by ganlab."

__all__ = [
    "LANES",
    "NOISE_MODES",
    "PARTS",
    "SEED_MAX",
    "VERSION",
    "Classes",
    "Gains",
    "Latent",
    "LayerNoise",
    "Mix",
    "Noise",
    "EditDirection",
    "Recipe",
    "blend_recipes",
    "fit",
    "recipe_diff",
]

V = TypeVar("V")

VERSION = 1
"""The version written into every Recipe; a file with a higher one is refused."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What is said of a field beside its name and default.

    Attributes
    ----------
    kind
        What its values are, and all that follows from it.
    default
        A value of that kind.
    label
        How differences name it.
    called
        How error sentences name it.
    part
        The part of a preset that holds it; empty = none.
    lane
        The lane of a film that moves it.
    added
        Whether Recipes written before it lack it; where it has its default it is not written.
    """

    kind: Kind[Any]
    default: Any
    label: str
    called: str
    part: str
    lane: str
    added: bool = False


def declared(
    kind: Kind[V],
    default: V,
    label: str,
    *,
    part: str,
    lane: str,
    called: str = "",
    added: bool = False,
) -> V:
    """A field of the Recipe; its error sentences say "The <label>" unless told otherwise."""
    about = Declared(kind, default, label, called or f"The {label}", part, lane, added)
    return dataclasses.field(default=default, metadata={"declared": about})


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
    centres
        Several such points, of which each style has the nearest, or one is chosen; they win over `centre`.
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
    bends
        Operations on feature maps after single stages, in order (network bending).
    shift_x, shift_y
        How far the picture is moved right and down from within (StyleGAN3), in pictures, -2 to 2.
    turn
        How far it is turned clockwise about its middle before, in degrees, -3600 to 3600.
    second
        How much of a second model's weights is in the network, 0 to 1: 0 = the first model, 1 = the
        second (layer swapping, Pinkney and Adler 2020). Means nothing without a second model.
    second_at
        Pairs (resolution in pixels, amount) that win over `second` at that resolution.
    second_mapping
        The amount in the mapping network and in the mean of W, or in the class embedding; None = as
        `second`.
    extent
        How much larger than trained the picture is (StyleGAN, StyleGAN2).
    across
        Latents at equal distances to the right of `latent`, the last at the right edge: the style goes from
        one to the next column by column. Empty = the same everywhere.
    extra
        Fields this version does not know, as canonical JSON, kept so that saving loses nothing.
    """

    latent: Latent = declared(StartLatent(), Latent(), "latent", part="", lane="latent")
    psi: float = declared(
        Number(-10.0, 10.0), 0.7, "psi", part="truncation", lane="psi", called="psi"
    )
    psi_at: tuple[tuple[int, float], ...] = declared(
        PerPlace(RESOLUTION, Number(-10.0, 10.0), follows="psi"),
        (), "psi", part="truncation", lane="psi", called="psi",
    )  # fmt: skip
    centre: Latent | None = declared(
        TruncationCentre(), None, "centre", part="truncation", lane="psi"
    )
    centres: Centres = declared(
        TruncationCentres(), Centres(), "centres", part="truncation", lane="psi", added=True
    )
    cutoff: int | None = declared(Cutoff(), None, "cutoff", part="truncation", lane="psi")
    mix_at: tuple[tuple[int, Mix], ...] = declared(
        PerPlace(RESOLUTION, StyleMix()), (), "style", part="styles", lane="mix"
    )
    mix_layers: tuple[tuple[int, Mix], ...] = declared(
        PerPlace(STYLE, StyleMix()), (), "style", part="styles", lane="mix"
    )
    noise: Noise = declared(MasterNoise(), Noise(), "noise", part="noise", lane="noise")
    noise_layers: tuple[tuple[int, LayerNoise], ...] = declared(
        PerPlace(LAYER, OneLayersNoise(), missing=LayerNoise()),
        (), "noise", part="noise", lane="noise",
    )  # fmt: skip
    growth: float | None = declared(
        Growth(2.0, 10.0, "full"), None, "growth", part="growth", lane="growth"
    )
    threshold: float | None = declared(
        OptionalNumber(0.01, 10.0, "as the model was made"),
        None, "z cut at", part="truncation", lane="latent", called="The threshold",
    )  # fmt: skip
    classes: Classes = declared(CLASS_MIX, (), "classes", part="classes", lane="classes")
    classes_at: tuple[tuple[int, Classes], ...] = declared(
        PerPlace(RESOLUTION, CLASS_MIX, follows="classes"),
        (), "classes", part="classes", lane="classes",
    )  # fmt: skip
    pushes: tuple[EditDirection, ...] = declared(
        EditDirections(), (), "pushes", part="pushes", lane="pushes"
    )
    gains: tuple[tuple[int, Gains], ...] = declared(
        PerPlace(LAYER, MAP_GAINS, missing=()), (), "feature maps", part="pushes", lane="gains"
    )
    attention: float = declared(
        Number(0.0, 10.0, needs=lambda can: can.has_attention),
        1.0, "attention", part="pushes", lane="gains",
    )  # fmt: skip
    bends: tuple[Bend, ...] = declared(Bends(), (), "bends", part="bends", lane="bends", added=True)
    shift_x: float = declared(
        Number(-2.0, 2.0, needs=lambda can: can.has_placement),
        0.0, "shift right", part="placement", lane="placement", added=True,
    )  # fmt: skip
    shift_y: float = declared(
        Number(-2.0, 2.0, needs=lambda can: can.has_placement),
        0.0, "shift down", part="placement", lane="placement", added=True,
    )  # fmt: skip
    turn: float = declared(
        Number(-3600.0, 3600.0, needs=lambda can: can.has_placement),
        0.0, "turn", part="placement", lane="placement", added=True,
    )  # fmt: skip
    second: float = declared(
        Number(0.0, 1.0, needs=lambda can: bool(can.blendable)),
        0.0, "second model", part="second", lane="second", added=True,
    )  # fmt: skip
    second_at: tuple[tuple[int, float], ...] = declared(
        PerPlace(BLENDED, Number(0.0, 1.0), follows="second"),
        (), "second model", part="second", lane="second", added=True,
    )  # fmt: skip
    second_mapping: float | None = declared(
        FollowingNumber(0.0, 1.0, "as the master", "second", lambda can: MAPPING in can.blendable),
        None, "second model's mapping", part="second", lane="second", added=True,
    )  # fmt: skip
    extent: Extent = declared(
        ExtentKind(), Extent(), "size", part="placement", lane="placement", added=True
    )
    across: tuple[Latent, ...] = declared(
        LatentsAcross(), (), "latents across", part="placement", lane="placement", added=True
    )
    extra: str = "{}"

    def __post_init__(self) -> None:
        for name, about in DECLARED.items():
            value = getattr(self, name)
            if value is not about.default:  # most fields of most Recipes need no check
                object.__setattr__(self, name, about.kind.checked(about.called, value))

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

    def pushes_of(self, layer: Layer) -> tuple[EditDirection, ...]:
        """The pushes that act on this layer."""
        return tuple(
            push
            for push in self.pushes
            if push.first <= layer.w_plus_index <= push.last and push.amount != 0.0
        )

    def gains_of(self, layer: int) -> Gains:
        """The feature maps ablated or boosted after a layer."""
        return dict(self.gains).get(layer, ())

    def bends_of(self, layer: int) -> tuple[Bend, ...]:
        """What bends the feature maps after a layer, in order; what changes nothing is left out."""
        return tuple(bend for bend in self.bends if bend.stage == layer and not bend.idle)

    def second_of(self, place: int) -> float:
        """How much of the second model's weights is at a resolution in pixels, or in `MAPPING`."""
        if place == MAPPING:
            return self.second if self.second_mapping is None else self.second_mapping
        return dict(self.second_at).get(place, self.second)

    @property
    def asks_for_second(self) -> bool:
        """Whether a second model's weights are asked for anywhere."""
        own = [self.second_mapping or 0.0, *(amount for _, amount in self.second_at)]
        return self.second > 0.0 or any(amount > 0.0 for amount in own)

    def noise_of(self, layer: Layer) -> Noise:
        """The noise this layer adds, with master and layer settings combined."""
        own = dict(self.noise_layers).get(layer.index, LayerNoise())
        strength = min(10.0, self.noise.strength * own.strength)
        if self.noise.mode == "off" or not own.on or strength == 0.0:
            return Noise("off", 0, 0.0)
        asked = self.noise
        if own.mode != "master":
            asked = Noise(own.mode, own.seed, 1.0, own.other, own.turn, own.generator)
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

    def with_second_at(self, place: int, amount: float | None) -> Recipe:
        """Set how much of the second model a place has, or with None let it follow the master."""
        if place == MAPPING:
            return replace(self, second_mapping=amount)
        return replace(self, second_at=with_pair(self.second_at, place, amount))

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

    def with_bend(self, index: int, bend: Bend | None) -> Recipe:
        """Put a bend in the place of another, or at the end; None takes it out."""
        added = () if bend is None else (bend,)
        return replace(self, bends=(*self.bends[:index], *added, *self.bends[index + 1 :]))

    @property
    def placement(self) -> tuple[float, float, float]:
        """Shift right and down, and turn."""
        return self.shift_x, self.shift_y, self.turn

    def layer_noise(self, layer: int) -> LayerNoise:
        """Own noise setting of a layer, the default when it has none."""
        return dict(self.noise_layers).get(layer, LayerNoise())

    # --- JSON --------------------------------------------------------------------------------------

    def to_json(self) -> str:
        """Canonical JSON, equal for equal Recipes; unknown fields that were read are written again."""
        known = {
            name: about.kind.write(getattr(self, name))
            for name, about in DECLARED.items()
            if not about.added or getattr(self, name) != getattr(PLAIN, name)
        }
        return canonical_json({**json.loads(self.extra), "ganlab_recipe": VERSION, **known})

    @staticmethod
    def from_json(text: str | bytes) -> Recipe:
        """Read what `to_json` wrote; raises `RecipeError` with a sentence for anything else."""
        data = parse_json(text, "Recipe", RecipeError, _REMEDY, DEEPEST)
        fields = Fields("Recipe", data, RecipeError)
        version = fields.integer("ganlab_recipe", 0)
        if version < 1:
            raise RecipeError("This is not a ganlab Recipe.", _REMEDY)
        refuse_newer(version, VERSION, "This Recipe", RecipeError)
        known: dict[str, Any] = {
            name: about.kind.read(fields, name, getattr(PLAIN, name))
            for name, about in DECLARED.items()
        }
        return Recipe(**known, extra=canonical_json(fields.unknown()))


DECLARED: dict[str, Declared] = {
    field.name: field.metadata["declared"]
    for field in dataclasses.fields(Recipe)
    if "declared" in field.metadata
}
"""Name -> what is said of it, for every field that decides the picture."""

PLAIN = Recipe()
"""The Recipe in which nothing was asked for."""


def _grouped(by: str) -> dict[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for name, about in DECLARED.items():
        key = getattr(about, by)
        groups[key] = (*groups.get(key, ()), name)
    groups.pop("", None)
    return groups


PARTS = _grouped("part")
"""What a preset can hold -> which fields that is; the latent is never among them."""

LANES = _grouped("lane")
"""Lane of a film -> fields that move together; every field that changes pixels is in one lane."""


def fit(recipe: Recipe, can: Capabilities) -> Recipe:
    """The nearest Recipe this model can render; a Recipe may outlive the model it was made with."""
    fitted: dict[str, Any] = {
        name: about.kind.fit(value, can, getattr(PLAIN, name))
        for name, about in DECLARED.items()
        if (value := getattr(recipe, name)) is not about.default  # which suits every model
    }
    return replace(recipe, **fitted)


def blend_recipes(
    shares: Sequence[tuple[Recipe, float]],
    latent_space: str = "w",
    mix_space: str = "w",
    full_growth: float | None = None,
) -> Recipe:
    """The Recipe between Recipes: every number is a weighted sum, every choice holds.

    `shares` are pairs (Recipe, weight) whose weights add up to 1, the Recipe that holds the discrete
    choices first. Splines have four shares and weights outside 0 to 1; what leaves a number's range is
    brought back to its edge. `full_growth` is what a growth of None counts as, log2 of the finished
    picture's side.
    """
    how = Blending(latent_space, mix_space, FULLEST if full_growth is None else full_growth)
    blended: dict[str, Any] = {}
    for name, about in DECLARED.items():
        parts = [(getattr(recipe, name), share) for recipe, share in shares]
        kind = about.kind
        if kind.follows:
            followed = [getattr(recipe, kind.follows) for recipe, _ in shares]
            blended[name] = kind.blend_over(parts, followed, how)
        else:
            blended[name] = kind.blend(parts, how)
    return replace(shares[0][0], **blended)


def recipe_diff(before: Recipe, after: Recipe, classes: Sequence[str] = ()) -> list[str]:
    """Every difference as a short line: `"psi 0.7 → 0.5"`; empty for equal Recipes.

    `classes` are the model's names of its classes, where they are known.
    """
    lines = [
        (about.kind.rank, line)
        for name, about in DECLARED.items()
        for line in about.kind.differences(
            about.label, getattr(before, name), getattr(after, name), classes
        )
    ]
    return [line for _, line in sorted(lines, key=lambda told: told[0])]


RECIPE_BYTES = 8 * 2**20
"""No Recipe is this large; a file that is, is something else."""


def read_recipe(path: Path) -> Recipe:
    """The Recipe in a JSON file; raises `RecipeError` or `OSError`."""
    with path.open("rb") as file:
        text = file.read(RECIPE_BYTES).decode("utf-8", errors="replace")
    return Recipe.from_json(text)
