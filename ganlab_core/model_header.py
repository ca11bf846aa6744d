"""Changing what a model file says of itself, without touching its weights."""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganlab_core.atomic import atomic_path
from ganlab_core.errors import CheckpointError, explain_os_error
from ganlab_core.model_info import ModelInfo, read_info
from ganlab_core.reading import canonical_json, load_json, tensor_header

ALIGNMENT = 8
"""The format's header is padded with spaces to a multiple of this many bytes."""


def update_provenance(path: Path, changes: Mapping[str, Any]) -> ModelInfo:
    """Set entries of a model file's provenance, None removes one; returns the new header.

    The tensors' bytes are copied as they are, so that the fingerprint stays. Raises
    `CheckpointError`, and then nothing changed.
    """
    info = read_info(path)
    kept = {**info.provenance, **changes}
    provenance = {key: value for key, value in kept.items() if value is not None}
    try:
        header = tensor_header(path)
        with path.open("rb") as source, atomic_path(path) as temporary:
            source.seek(struct.unpack("<Q", source.read(8))[0], os.SEEK_CUR)
            ours = load_json(header["__metadata__"]["ganlab"])
            header["__metadata__"]["ganlab"] = canonical_json({**ours, "provenance": provenance})
            packed = json.dumps(header, separators=(",", ":")).encode()
            packed += b" " * (-len(packed) % ALIGNMENT)
            with temporary.open("wb") as target:
                target.write(struct.pack("<Q", len(packed)) + packed)
                shutil.copyfileobj(source, target)
    except OSError as error:
        raise CheckpointError(explain_os_error(error, f"writing {path.name}")) from None
    return read_info(path)
