"""Plain values, pickled for the engine's schemas and back. The tests of the engine cover its side."""

from __future__ import annotations

import collections
import dataclasses
import json
import pickle
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

import pytest

from shardline._functions import payloads, values
from shardline._functions.payloads import UnencodableValue
from shardline.common import Row, Types

ROW = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.LIST(Types.ROW([Types.STRING()]))])


def test_rows_are_tuples_on_the_way_and_the_type_says_where():
    described, sent = pickle.loads(values.dump([Row(b=[Row("x"), None], a=1), None], ROW))
    assert sent == [[1, [["x"], None]], None]
    assert json.loads(described) == {
        "type": "ROW",
        "names": ["a", "b"],
        "types": [
            {"type": "INT"},
            {"type": "LIST", "element": {"type": "ROW", "names": ["f0"], "types": [{"type": "STRING"}]}},
        ],
    }
    assert values.load(pickle.dumps((described, [(1, [("x",)]), None]))) == [Row(a=1, b=[Row(f0="x")]), None]


def test_rows_that_came_are_rows_like_any_other():
    described = json.dumps(Types.ROW_NAMED(["n"], [Types.INT()])._spec())
    (row,) = values.load(pickle.dumps((described, [(7,)])))
    assert (row.n, row["n"], row[0], row.as_dict(), repr(row)) == (7, 7, 7, {"n": 7}, "Row(n=7)")
    row["n"] = 8
    assert pickle.loads(pickle.dumps(row)) == Row(n=8)


def test_without_a_type_everything_goes_as_it_is():
    sent = [1, "x", None, {"a": [Decimal("1.50")]}]
    assert pickle.loads(values.dump(sent, None)) == (None, sent)
    assert pickle.loads(values.dump([1], Types.INT())) == ('{"type": "INT"}', [1])


def test_data_classes_go_as_their_fields():
    @dataclasses.dataclass
    class Flight:
        id: str
        delay: int = 0

    _, sent = pickle.loads(values.dump([Flight("a"), {"f": Flight("b", 2)}], None))
    assert sent == [{"id": "a", "delay": 0}, {"f": {"id": "b", "delay": 2}}]


class Kind(Enum):
    FARE = "f"


class Point(NamedTuple):
    x: int
    y: int


def test_objects_of_subclasses_become_plain_values():
    @dataclasses.dataclass
    class Item:
        kind: Kind
        at: Point

    class Text(str):
        def __str__(self) -> str:
            return "other"

    sent = [Item(Kind.FARE, Point(1, 2)), Text("x"), collections.Counter("aa"), collections.OrderedDict(b=1)]
    assert pickle.loads(values.dump(sent, None))[1] == [{"kind": "FARE", "at": (1, 2)}, "x", {"a": 2}, {"b": 1}]
    assert [type(value) for value in pickle.loads(values.dump(sent, None))[1]] == [dict, str, dict, dict]


@pytest.mark.parametrize(
    ("sent", "type_info", "position", "message"),
    [
        ([Row(a=1, b=[]), (1, 2)], ROW, 1, "needs a Row, and got tuple"),
        ([Row(a=1, b=[]), Row(a=1)], ROW, 1, "has no field 'b'"),
        ([Row(1)], ROW, 0, "2 fields are declared, and the row has 1"),
        ([1, 2, lambda: None], None, 2, "pickle"),
    ],
)
def test_a_value_that_cannot_go_is_named_by_its_place(sent, type_info, position, message):
    with pytest.raises(UnencodableValue, match=message) as raised:
        payloads.encode("object", sent, type_info=type_info)
    assert raised.value.position == position
