"""Writing safetensors files whole or not at all, with failures told in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ganlab_core.atomic import atomic_path
from ganlab_core.errors import CheckpointError, explain_os_error
from ganlab_core.model_info import check_encodable
from ganlab_core.reading import tensor_header


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write `tensors` and `metadata` to `path`; raises `CheckpointError`, and then nothing changed.

    A single metadata entry keeps the bytes the same from one writing to the next: the format does
    not order several.
    """
    check_encodable(path)
    packed = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        with atomic_path(path, in_scratch=True) as temporary:
            save_file(packed, temporary, dict(metadata))
    except OSError as error:
        raise CheckpointError(explain_os_error(error, f"writing {path.name}"), _REMEDY) from None
    except SafetensorError as error:  # the library's own wrapping of a full disk
        reason = str(error).rpartition("I/O error: ")[2]
        raise CheckpointError(f"Writing {path.name} failed: {reason}.", _REMEDY) from None


_REMEDY = "Make room on the disk, or choose another folder."


FAULTS = (
    OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError, AttributeError,
    NotImplementedError,
)  # fmt: skip
"""What opening a file and reading its tensors may raise."""


def open_tensors(path: Path) -> Any:
    """A safetensors file to read tensors from, in a `with`; raises one of `FAULTS`.

    Its header is read within our bounds first: the format's own reader has none for their number.
    """
    check_encodable(path)
    tensor_header(path)
    return safe_open(path, framework="pt")


def read_tensors(path: Path, prefix: str = "") -> dict[str, Tensor]:
    """The tensors of a safetensors file whose names begin so, by name; raises `CheckpointError`."""
    try:
        with open_tensors(path) as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
            return {name: file.get_tensor(name) for name in names}
    except FAULTS:
        raise CheckpointError(
            f"{path.name} is damaged or incomplete.", "Choose another file."
        ) from None
