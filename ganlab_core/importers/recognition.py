"""What a file is, told by its first bytes and never by its name."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from ganlab_core.errors import CheckpointError
from ganlab_core.files import open_plain, tensor_header

LEGACY_TORCH = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""The pickled magic number that old PyTorch files begin with."""

LARGEST_FILE = 16_000_000_000
"""Bytes of a published checkpoint; it is read into memory as a whole."""

_HEAD = 4096


class Container(Enum):
    """The kinds of file that a model comes in."""

    NATIVE = "a ganlab model file"
    SAFETENSORS = "a safetensors file"
    PICKLE = "a pickle"
    TORCH = "a PyTorch file"


def recognise(path: Path) -> Container:
    """What the file at `path` is; raises `CheckpointError` that says what else it is."""
    try:
        with open_plain(path) as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror or error}.") from None
    json = head[8:9] == b"{"
    # a header's length may begin like a pickle; no pickle has four zeros and a brace there
    begins_like_a_pickle = head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
    if begins_like_a_pickle and not (json and head[4:8] == bytes(4)):
        return Container.TORCH if head.startswith(LEGACY_TORCH) else Container.PICKLE
    if head.startswith(b"PK\x03\x04"):
        return Container.TORCH
    if json:
        return Container.SAFETENSORS if _says_nothing_of_ganlab(path) else Container.NATIVE
    raise _something_else(path, head)


def _says_nothing_of_ganlab(path: Path) -> bool:
    """Whether a safetensors file is sound and somebody else's."""
    try:
        header = tensor_header(path)
    except (OSError, ValueError):
        return False
    return "ganlab" not in header.get("__metadata__", {})


def _something_else(path: Path, head: bytes) -> CheckpointError:
    text = head.lstrip().lower()
    again = "Download the model again, from the link of the file itself."
    if not head:
        return CheckpointError(f"{path.name} is empty.", again)
    if text.startswith(b"version https://git-lfs"):
        return CheckpointError(
            f"{path.name} is a Git LFS pointer, which stands for the model without being it.",
            "Run `git lfs pull`, or download the file itself.",
        )
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        return CheckpointError(f"{path.name} is a web page, not a model.", again)
    if text.startswith(b"{"):
        return CheckpointError(
            f"{path.name} is a text of settings, not a model.",
            "Choose the file of weights beside it, such as pytorch_model.bin.",
        )
    if head.startswith(b"\x89HDF"):
        return CheckpointError(
            f"{path.name} is an HDF5 file, which no model that ganlab knows is published in."
        )
    return CheckpointError(
        f"{path.name} is not a ganlab model file and no published checkpoint that ganlab knows.",
        "Choose a .safetensors file made by ganlab, or a published .pkl, .pth or .bin.",
    )
