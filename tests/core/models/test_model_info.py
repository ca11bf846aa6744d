"""The header of a model file, read without torch and without trust."""

from __future__ import annotations

import contextlib
import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ganlab_core.errors import CheckpointError
from ganlab_core.models import read_info
from ganlab_core.models.info import info_from_header

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = (
    "ganlab_model", "title", "architecture", "resolution", "classes", "licence", "attribution",
    "fingerprint", "config", "provenance", "growth",
)  # fmt: skip


def write(path: Path, header: object, *, length: int | None = None) -> Path:
    """A safetensors file without tensors whose ganlab header is `header`."""
    data = json.dumps({"__metadata__": {"ganlab": json.dumps(header)}}).encode()
    path.write_bytes(struct.pack("<Q", len(data) if length is None else length) + data)
    return path


def test_the_header_comes_back(model_file: Path) -> None:
    info = read_info(model_file)
    assert (info.name, info.title, info.resolution) == ("tiny", "Tiny", 16)
    assert info.path == model_file
    assert len(info.fingerprint) == 32
    assert info_from_header(info.to_header(), model_file) == info


def test_reading_it_needs_no_torch(model_file: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from ganlab_core.models.info import read_info; "
        f"print(read_info(Path({str(model_file)!r})).name, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["tiny", "False"]


@given(st.sampled_from(NAMES), JSON)
def test_any_value_in_the_header_is_read_or_refused_in_a_sentence(name: str, value: Any) -> None:
    header = {"ganlab_model": 1, "resolution": 16, name: value}
    with contextlib.suppress(CheckpointError):
        assert info_from_header(header, Path("some.safetensors")).title


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_a_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bytes.safetensors"
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=r"bytes\.safetensors is not a ganlab model"):
        read_info(path)


def test_a_header_that_claims_to_be_huge_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "huge.safetensors", {}, length=2**62)
    with pytest.raises(CheckpointError, match="not a ganlab model"):
        read_info(path)


def test_a_deeply_nested_header_is_refused(tmp_path: Path) -> None:
    data = b"[" * 200_000
    path = tmp_path / "deep.safetensors"
    path.write_bytes(struct.pack("<Q", len(data)) + data)
    with pytest.raises(CheckpointError, match="not a ganlab model"):
        read_info(path)


def test_a_newer_file_is_told_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "new.safetensors", {"ganlab_model": 2})
    with pytest.raises(CheckpointError, match="newer ganlab"):
        read_info(path)


@pytest.mark.parametrize("resolution", [0, 3, 48, 8192, -16])
def test_an_impossible_resolution_is_refused(tmp_path: Path, resolution: int) -> None:
    path = write(tmp_path / "odd.safetensors", {"ganlab_model": 1, "resolution": resolution})
    with pytest.raises(CheckpointError, match="impossible resolution"):
        read_info(path)


def test_a_missing_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_info(tmp_path / "nowhere.safetensors")
