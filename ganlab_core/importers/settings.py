"""The settings a published file states about its network, read one by one."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.pickled_arrays import PickledArray

MOST = 65536
_LARGEST = 1e300

CLAMPS = (1e-6, 1e9)
"""Where StyleGAN2's convolutions may be cut off."""


class Settings:
    """Named settings of unknown types; asking for one checks it.

    Parameters
    ----------
    values
        As the file states them.
    file
        Its name, for errors.
    """

    def __init__(self, values: object, file: str) -> None:
        if not isinstance(values, Mapping):
            raise CheckpointError(f"{file} does not say how its network is built.")
        self._values = values
        self._file = file

    def get(self, name: str, default: object) -> object:
        """The value as it is; NumPy's numbers become Python's."""
        value = self._values.get(name, default)
        if isinstance(value, PickledArray) and value.value is not None and value.value.ndim == 0:
            return value.value.item()
        return value

    def integer(self, name: str, default: int, low: int = 1, high: int = MOST) -> int:
        """A whole number within [low, high]."""
        value = self.number(name, default, low, high)
        if value != int(value):
            raise self._wrong(name)
        return int(value)

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """A number within [low, high]."""
        value = self.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name)
        if not low <= value <= high or abs(value) > _LARGEST:  # some whole numbers are no floats
            raise self._wrong(name)
        return float(value)

    def optional_number(
        self, name: str, default: float | None, low: float = -math.inf, high: float = math.inf
    ) -> float | None:
        """A finite number within [low, high], or None where the file says so."""
        if self.get(name, default) is None:
            return None
        return self.number(name, math.nan if default is None else default, low, high)

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false, also written as a number."""
        value = self.get(name, default)
        if value not in (True, False):
            raise self._wrong(name)
        return bool(value)

    def require(self, name: str, allowed: tuple[object, ...]) -> None:
        """Refuse a setting that changes the network into one that ganlab does not have.

        `allowed` holds the values that do not, the default first.
        """
        value = self.get(name, allowed[0])
        plain = isinstance(value, str | int | float | type(None))
        if not plain or value not in allowed:
            raise self.beyond(name)

    def beyond(self, name: str) -> CheckpointError:
        """The refusal of a setting that asks for a network that ganlab does not have."""
        return CheckpointError(
            f"{self._file} was made with {name} set to something that ganlab cannot do.",
            "Only networks close to the published ones can be imported.",
        )

    def _wrong(self, name: str) -> CheckpointError:
        return CheckpointError(f"{self._file} has a setting {name!r} that makes no sense.")
