"""Extent: a picture larger or wider than the network was trained to make.

A StyleGAN starts from a learned constant and goes on by convolutions, which mind no size: from a larger
constant they make a larger picture, of the same things side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from ganlab_core.errors import RecipeError
from ganlab_core.files import Fields, check_range, plain
from ganlab_core.recipe.capabilities import Capabilities
from ganlab_core.recipe.kinds import (
    Blending,
    Kind,
    Weighted,
    blend_latents,
    fit_latent,
    latent_text,
)
from ganlab_core.recipe.parts import Latent

FILLS = ("mirror", "repeat", "stretch")
"""How the larger constant is made of the learned one."""

SEAMLESS = ("no", "across", "down", "both")
"""Which edges continue at the opposite ones, so that the picture tiles."""

WIDEST = 8.0
MOST_PLACES = 8


@dataclass(frozen=True, slots=True)
class Extent:
    """How much larger than trained a picture is, and what its start and its edges are.

    Attributes
    ----------
    wide, high
        Times the trained width and height, 1 to 8, rounded to whole places of the constant.
    fill
        `"mirror"`, `"repeat"` or `"stretch"`: what the larger constant is made of. The learned one lies in
        its middle, but for a stretched one.
    seamless
        `"no"`, `"across"`, `"down"` or `"both"`: where convolutions see the opposite edge instead of zeros.
    """

    wide: float = 1.0
    high: float = 1.0
    fill: str = "mirror"
    seamless: str = "no"

    def __post_init__(self) -> None:
        for name, value in (("wide", self.wide), ("high", self.high)):
            check_range(f"How {name} it is", value, 1.0, WIDEST)
            object.__setattr__(self, name, plain(value))
        if self.fill not in FILLS:
            raise RecipeError(f"A start is filled by {', '.join(FILLS)}, not {self.fill!r}.")
        if self.seamless not in SEAMLESS:
            raise RecipeError(f"Seamless is one of {', '.join(SEAMLESS)}, not {self.seamless!r}.")

    @staticmethod
    def of_aspect(aspect: str, const_size: Sequence[int], plain: Extent) -> Extent:
        """The smallest that covers what was trained and is `"width:height"`, else as `plain`.

        Raises `RecipeError` for other words and for what would be more than 8 times as large.
        """
        parts = aspect.split(":")
        if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
            raise RecipeError(f"An aspect is width:height, as 2:1, not {aspect!r}.")
        width, height = (int(part[:6]) for part in parts)
        if not width or not height:
            raise RecipeError(f"An aspect is width:height, as 2:1, not {aspect!r}.")
        ratio = (width / height) * (const_size[0] / const_size[1])
        return Extent(max(1.0, ratio), max(1.0, 1.0 / ratio), plain.fill, plain.seamless)

    @property
    def across(self) -> bool:
        """Whether the left edge continues at the right one."""
        return self.seamless in ("across", "both")

    @property
    def down(self) -> bool:
        """Whether the top edge continues at the bottom one."""
        return self.seamless in ("down", "both")

    @property
    def is_plain(self) -> bool:
        """Whether it is the trained picture."""
        return self.wide == self.high == 1.0 and self.seamless == "no"

    def cells(self, const_size: tuple[int, int]) -> tuple[int, int]:
        """Height and width of the constant."""
        return round(const_size[0] * self.high), round(const_size[1] * self.wide)

    def size_at(self, resolution: int, can: Capabilities) -> tuple[int, int]:
        """Height and width of features and pictures that count as `resolution` px."""
        height, width = self.cells(can.const_size) if can.has_extent else can.const_size
        return height * resolution // 4, width * resolution // 4


class ExtentKind(Kind[Extent]):
    """The extent; a choice, so it does not blend: a film's frames are of one size."""

    def read(self, fields: Fields, name: str, default: Extent) -> Extent:
        inner = Fields("extent", fields.take(name, {}), RecipeError)
        extent = Extent(
            inner.number("wide", 1.0),
            inner.number("high", 1.0),
            inner.text("fill", "mirror"),
            inner.text("seamless", "no"),
        )
        inner.refuse_unknown()
        return extent

    def write(self, value: Extent) -> object:
        return {field.name: getattr(value, field.name) for field in fields(Extent)}

    def blend(self, parts: Weighted[Extent], how: Blending) -> Extent:
        return parts[0][0]

    def describe(self, value: Extent, classes: Sequence[str]) -> str:
        if value == Extent():
            return "as trained"
        seam = {"no": "", "both": ", seamless"}.get(value.seamless, f", seamless {value.seamless}")
        return f"{value.wide:.4g} × {value.high:.4g}, {value.fill}{seam}"

    def fit(self, value: Extent, can: Capabilities, default: Extent) -> Extent:
        return value if can.has_extent else default


class LatentsAcross(Kind["tuple[Latent, ...]"]):
    """Latents at equal distances to the right of the first; equally many blend one by one."""

    def checked(self, name: str, value: tuple[Latent, ...]) -> tuple[Latent, ...]:
        if len(value) > MOST_PLACES:
            raise RecipeError(f"At most {MOST_PLACES} latents lie across a picture.")
        return tuple(value)

    def read(self, fields: Fields, name: str, default: tuple[Latent, ...]) -> tuple[Latent, ...]:
        return fields.items(name, Latent.from_dict, MOST_PLACES)

    def write(self, value: tuple[Latent, ...]) -> object:
        return [latent.to_dict() for latent in value]

    def blend(self, parts: Weighted[tuple[Latent, ...]], how: Blending) -> tuple[Latent, ...]:
        first = parts[0][0]
        if any(len(latents) != len(first) for latents, _ in parts):
            return first
        return tuple(
            blend_latents([(latents[place], share) for latents, share in parts], how.latent_space)
            for place in range(len(first))
        )

    def describe(self, value: tuple[Latent, ...], classes: Sequence[str]) -> str:
        return ", ".join(map(latent_text, value)) or "the same"

    def fit(
        self, value: tuple[Latent, ...], can: Capabilities, default: tuple[Latent, ...]
    ) -> tuple[Latent, ...]:
        return tuple(fit_latent(latent, can) for latent in value) if can.has_extent else default
