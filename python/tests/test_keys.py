"""Keys as canonical bytes, which are the same as those of the engine, and back."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline._functions import keys
from shardline.common import Instant, Row, RowKind

VECTORS = json.loads((Path(__file__).parents[2] / "schemas" / "vectors" / "keys.json").read_text())["keys"]


def key_of(described):
    kind, value = described["type"], described.get("value")
    if kind == "int":
        return int(value)
    if kind == "float":
        return float(value)
    if kind == "bytes":
        return bytes.fromhex(value)
    if kind == "tuple":
        return tuple(map(key_of, value))
    if kind == "row":
        return Row.of_kind(RowKind(described["kind"]), *map(key_of, value))
    if kind == "named_row":
        return Row.of_kind(RowKind(described["kind"]), **{name: key_of(field) for name, field in value})
    if kind == "instant":
        return Instant.of_epoch_milli(int(value))
    return value


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: json.dumps(vector["key"])[:60])
def test_keys_are_the_bytes_of_all_languages(vector):
    key = key_of(vector["key"])
    assert keys.encode(key).hex() == vector["bytes"]
    back = keys.decode(bytes.fromhex(vector["bytes"]))
    assert type(back) is type(key)
    assert back == key or math.isnan(key)


def test_one_is_three_keys():
    assert len({keys.encode(1), keys.encode(1.0), keys.encode(True)}) == 3


simple = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
nested = st.recursive(simple, lambda inner: st.lists(inner, max_size=4).map(tuple), max_leaves=8)


@given(st.lists(nested, max_size=6).map(tuple))
def test_every_key_comes_back(key):
    assert keys.decode(keys.encode(key)) == key


@given(nested, nested)
def test_different_keys_have_different_bytes(one, other):
    if keys.encode(one) == keys.encode(other):
        assert one == other


def test_keys_of_other_classes_are_pickled():
    assert keys.decode(keys.encode(Decimal("1.5"))) == Decimal("1.5")
    assert keys.decode(keys.encode(Instant(5, 1))) == Instant(5, 1)
    assert keys.encode(bytearray(b"ab")) == keys.encode(b"ab")


def test_bytes_that_are_no_key_are_an_error():
    with pytest.raises(ValueError, match="no key begins with the byte 99"):
        keys.decode(b"c")
