"""The two named choices a person makes about how a picture becomes a square of colour."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ganlab_core.errors import DatasetError

FITS = ("crop", "pad", "stretch")
_NAMED = {"white": (255, 255, 255), "black": (0, 0, 0)}
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class PrepareOptions:
    """How pictures that are not square, or not opaque, are made so.

    Parameters
    ----------
    fit
        ``crop`` keeps the centred square, ``pad`` adds background to the shorter side, ``stretch``
        squeezes the longer side.
    background
        What shows through transparency and fills the padding: ``white``, ``black`` or ``#rrggbb``.

    Raises
    ------
    DatasetError
        For any other word.
    """

    fit: str = "crop"
    background: str = "white"

    def __post_init__(self) -> None:
        """Refuse other words."""
        if self.fit not in FITS:
            raise DatasetError(
                f"There is no way of fitting called '{self.fit}'.",
                f"Choose one of {', '.join(FITS)}.",
            )
        if self.background not in _NAMED and not _HEX.fullmatch(self.background):
            raise DatasetError(
                f"'{self.background}' is not a background colour.",
                "Write white, black, or six hexadecimal digits such as #20a0ff.",
            )

    @property
    def colour(self) -> tuple[int, int, int]:
        """The background as red, green, blue in 0..255."""
        if self.background in _NAMED:
            return _NAMED[self.background]
        digits = self.background[1:]
        return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
