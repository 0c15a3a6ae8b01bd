"""Rows."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.common import (
    Row,
    RowKind,
)


def test_a_named_row_keeps_the_order_in_which_it_was_written():
    row = Row(b=2, a=1)
    assert list(row) == [2, 1]
    assert repr(row) == "Row(b=2, a=1)"
    assert (row.b, row["a"], row[0], row[0:2]) == (2, 1, 2, [2, 1])
    assert "a" in row
    assert 2 not in row


def test_an_unnamed_row_has_positions_only():
    row = Row(1, "a")
    assert repr(row) == "<Row(1, 'a')>"
    assert "a" in row
    with pytest.raises(TypeError):
        row.as_dict()


def test_a_row_of_names_makes_rows():
    person = Row("name", "age")
    assert person("Ada", 36) == Row(name="Ada", age=36)
    with pytest.raises(TypeError):
        person("Ada", 36, "too much")


def test_a_row_takes_values_or_names_and_not_both():
    with pytest.raises(ValueError, match="Can not use both args and kwargs to create Row"):
        Row(1, a=2)


def test_a_missing_field_is_an_attribute_error_by_dot_and_a_value_error_by_index():
    row = Row(a=1)
    with pytest.raises(AttributeError):
        row.b  # noqa: B018
    with pytest.raises(ValueError, match="no field 'b'"):
        row["b"]


def test_fields_are_set_by_index_and_never_by_dot():
    row = Row(a=1, b=2)
    row["a"] = 3
    row[1] = 4
    assert row == Row(a=3, b=4)
    with pytest.raises(AttributeError):
        row.a = 5


def test_rows_are_equal_in_any_order_of_their_names():
    assert Row(a=1, b=2) == Row(b=2, a=1)
    assert Row(1) != Row(a=1)
    assert Row(a=1) != Row.of_kind(RowKind.DELETE, a=1)
    assert hash(Row(a=1, b=2)) == hash(Row(1, 2)) == hash((1, 2))


def test_a_row_becomes_a_dict_and_so_do_its_inner_rows_with_recursive():
    row = Row(a=Row(b=1), c=[Row(d=2)])
    assert row.as_dict() == {"a": Row(b=1), "c": [Row(d=2)]}
    assert row.as_dict(True) == {"a": {"b": 1}, "c": [{"d": 2}]}


@given(st.dictionaries(st.from_regex(r"[a-z]+", fullmatch=True), st.integers(), min_size=1), st.sampled_from(RowKind))
def test_a_row_survives_pickling_with_names_and_kind(fields, kind):
    row = Row.of_kind(kind, **fields)
    for restored in (pickle.loads(pickle.dumps(row)), copy.deepcopy(row)):
        assert restored == row
        assert restored.get_row_kind() is kind
        assert repr(restored) == repr(row)


def test_row_kinds_print_as_in_a_changelog():
    assert [str(kind) for kind in RowKind] == ["+I", "-U", "+U", "-D"]
