"""Writing safetensors files whole or not at all, with failures told in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ganlab_core.atomic import atomic_path
from ganlab_core.errors import CheckpointError, explain_os_error


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write `tensors` and `metadata` to `path`; raises `CheckpointError`, and then nothing changed.

    A single metadata entry keeps the bytes the same from one writing to the next: the format does
    not order several.
    """
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


def read_tensors(path: Path, prefix: str = "") -> dict[str, Tensor]:
    """The tensors of a safetensors file whose names begin so, by name; raises `CheckpointError`."""
    try:
        with safe_open(path, framework="pt") as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
            return {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError, ValueError):
        raise CheckpointError(
            f"{path.name} is damaged or incomplete.", "Choose another file."
        ) from None
