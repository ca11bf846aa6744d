"""Unpickler: plain data and arrays come back as they were, of every protocol, and nothing else does."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.pickled import ARRAY_MAKERS, ARRAY_MENTIONS, PickledArray
from ganlab_core.importers.unpickler import Allowed, Damaged, read_pickle

PLAIN = Allowed({})
ARRAYS = Allowed(ARRAY_MAKERS, ARRAY_MENTIONS)
PROTOCOLS = (2, 3, 4, 5)

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
data = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(), inner)
        | st.tuples(inner, inner)
        | st.tuples(inner)
    ),
    max_leaves=20,
)


def read(content: bytes, allowed: Allowed = PLAIN) -> object:
    return read_pickle(io.BytesIO(content), allowed)


@given(data, st.sampled_from(PROTOCOLS))
def test_plain_data_comes_back(value: object, protocol: int) -> None:
    assert read(pickle.dumps(value, protocol)) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        read(b"\x80\x04" + content, ARRAYS)
    except (Damaged, CheckpointError):
        return


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=np.float64).reshape(2, 3)),
        np.arange(4, dtype=">i4"),
        np.zeros((3, 0), np.uint8),
        np.array(1.5, np.float32),
        np.array([True, False]),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_arrays_come_back(array: NDArray[np.generic], protocol: int) -> None:
    found = read(pickle.dumps(array, protocol), ARRAYS)
    assert isinstance(found, PickledArray)
    assert found.value is not None
    assert found.value.dtype == array.dtype
    np.testing.assert_array_equal(found.value, array)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_scalars_come_back(protocol: int) -> None:
    found = read(pickle.dumps(np.float32(0.1), protocol), ARRAYS)
    assert isinstance(found, PickledArray)
    assert found.value == np.float32(0.1)


def test_reading_stops_at_the_end_of_a_pickle() -> None:
    file = io.BytesIO(pickle.dumps(1, 2) + pickle.dumps("two", 2) + b"rest")
    assert [read_pickle(file, PLAIN), read_pickle(file, PLAIN)] == [1, "two"]
    assert file.read() == b"rest"


def test_a_name_within_an_allowed_name_is_refused() -> None:
    with pytest.raises(CheckpointError, match=r"numpy\.dtype\.__class__"):
        read(b"\x80\x04\x8c\x05numpy\x8c\x0fdtype.__class__\x93.", ARRAYS)


def test_a_name_is_not_found_by_moving_its_dot() -> None:
    with pytest.raises(CheckpointError):
        read(b"\x80\x04\x8c\x00\x8c\x0bnumpy dtype\x93.", ARRAYS)


def test_a_mentioned_name_cannot_be_called() -> None:
    with pytest.raises(CheckpointError, match=r"numpy\.ndarray"):
        read(b"\x80\x02cnumpy\nndarray\n)R.", ARRAYS)


def test_a_long_name_is_shortened_in_the_sentence() -> None:
    with pytest.raises(CheckpointError) as raised:
        read(b"\x80\x02c" + b"m" * 5000 + b"\nname\n.")
    assert len(raised.value.what) < 200


def test_a_value_given_to_many_calls_is_refused_before_it_costs_the_square() -> None:
    long = b"X" + (100_000).to_bytes(4, "little") + b"x" * 100_000 + b"\x94"
    encode = b"c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R"
    assert read(b"\x80\x04" + long + b"0" + encode + b".", ARRAYS) == b"x" * 100_000
    with pytest.raises(Damaged, match="too many calls"):
        read(b"\x80\x04" + long + encode * 100 + b".", ARRAYS)
