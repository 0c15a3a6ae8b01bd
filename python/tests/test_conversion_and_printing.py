"""Values of declared types where they leave a chain, and their text in `print()`."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from shardline._functions.conversion import converter, payload_type
from shardline._functions.printing import formatter, prefix
from shardline.common import Instant, Row, RowKind, Types

BYTES = Types.PRIMITIVE_ARRAY(Types.BYTE())


@pytest.mark.parametrize(
    ("type_info", "payload"),
    [
        (None, "pickle"),
        (Types.PICKLED_BYTE_ARRAY(), "pickle"),
        (Types.STRING(), "text"),
        (BYTES, "bytes"),
        (Types.PRIMITIVE_ARRAY(Types.INT()), "pickle"),
        (Types.LONG(), "pickle"),
        (Types.ROW([Types.STRING()]), "pickle"),
    ],
)
def test_a_type_decides_how_values_are_carried(type_info, payload):
    assert payload_type(type_info) == payload


@pytest.mark.parametrize(
    ("type_info", "value", "expected"),
    [
        (Types.BYTE(), -128, -128),
        (Types.SHORT(), 32767, 32767),
        (Types.INT(), True, 1),
        (Types.LONG(), 2**63 - 1, 2**63 - 1),
        (Types.FLOAT(), 0.1, 0.10000000149011612),
        (Types.DOUBLE(), 1, 1.0),
        (Types.BOOLEAN(), "yes", True),
        (Types.CHAR(), "x", "x"),
        (Types.BIG_INT(), 2**100, 2**100),
        (Types.BIG_DEC(), Decimal("1.50"), Decimal("1.50")),
        (Types.INSTANT(), Instant(1, 2), Instant(1, 2)),
        (Types.SQL_DATE(), datetime.date(2001, 1, 10), datetime.date(2001, 1, 10)),
        (Types.SQL_DATE(), datetime.datetime(2001, 1, 10, 23, 59), datetime.date(2001, 1, 10)),
        (Types.SQL_TIMESTAMP(), datetime.datetime(2001, 1, 10, 9, 16), datetime.datetime(2001, 1, 10, 9, 16)),
        (
            Types.SQL_TIMESTAMP(),
            datetime.datetime(2001, 1, 10, 9, 16, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
            datetime.datetime(2001, 1, 10, 9, 16),
        ),
        (Types.TUPLE([Types.INT(), Types.STRING()]), [1, "a"], (1, "a")),
        (Types.LIST(Types.FLOAT()), (0.5, 1), [0.5, 1.0]),
        (Types.MAP(Types.STRING(), Types.INT()), {"a": 1}, {"a": 1}),
        (Types.BASIC_ARRAY(Types.INT()), (1, None), [1, None]),
        (BYTES, bytearray(b"a"), b"a"),
        (Types.ROW([Types.INT(), Types.STRING()]), Row(1, "a"), Row(f0=1, f1="a")),
        (Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()]), Row(b="x", a=1), Row(a=1, b="x")),
        (Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()]), Row(1, None), Row(a=1, b=None)),
        (Types.INT(), None, None),
    ],
)
def test_a_value_comes_out_as_its_declared_type(type_info, value, expected):
    result = converter(type_info)(value)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("type_info", "value", "error"),
    [
        (Types.STRING(), 5, TypeError),
        (Types.BYTE(), 128, OverflowError),
        (Types.SHORT(), 43878, OverflowError),
        (Types.INT(), 2**31, OverflowError),
        (Types.LONG(), 2**63, OverflowError),
        (Types.INT(), 1.5, TypeError),
        (Types.INT(), "1", TypeError),
        (Types.FLOAT(), 1e39, OverflowError),
        (Types.DOUBLE(), "1", TypeError),
        (Types.CHAR(), "ab", TypeError),
        (Types.BIG_DEC(), 1.5, TypeError),
        (Types.SQL_TIMESTAMP(), 0, TypeError),
        (Types.SQL_DATE(), "2001-01-10", TypeError),
        (Types.BIG_INT(), "1", TypeError),
        (Types.LIST(Types.INT()), 1, TypeError),
        (Types.MAP(Types.STRING(), Types.INT()), [("a", 1)], TypeError),
        (Types.ROW([Types.INT()]), (1,), TypeError),
        (Types.ROW([Types.INT()]), {"f0": 1}, TypeError),
        (Types.ROW([Types.INT()]), Row(1, 2), ValueError),
        (Types.ROW_NAMED(["a"], [Types.INT()]), Row(b=1), KeyError),
        (Types.TUPLE([Types.INT()]), (None,), TypeError),
        (Types.TUPLE([Types.INT()]), 1, TypeError),
        (Types.LIST(Types.INT()), ["a"], TypeError),
        (BYTES, "a", TypeError),
    ],
)
def test_a_value_of_another_type_fails(type_info, value, error):
    with pytest.raises(error):
        converter(type_info)(value)


ITEM = Types.ROW_NAMED(["price"], [Types.INT()])
ORDER = Types.ROW_NAMED(
    ["id", "items", "notes", "pair"],
    [Types.INT(), Types.LIST(ITEM), Types.MAP(Types.STRING(), Types.INT()), Types.TUPLE([Types.INT(), Types.INT()])],
)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"id": "7"}, "field 'id': the declared type Types.INT() needs int, and got str: '7'"),
        ({"id": 2**31}, "field 'id': 2147483648 does not fit into the declared type Types.INT() (32 bits)"),
        (
            {"items": [Row(price=1), Row(price="free")]},
            "field 'items[].price': the declared type Types.INT() needs int, and got str: 'free'",
        ),
        ({"items": [Row(cost=1)]}, "field 'items[]': Row(cost=1) has no field 'price'"),
        ({"items": [{"price": 1}]}, "field 'items[]': the declared type ROW needs a Row, and got dict: {'price': 1}"),
        ({"items": 3}, "field 'items': the declared type needs a list, and got int: 3"),
        ({"notes": {"a": 1.5}}, "field 'notes{}': the declared type Types.INT() needs int, and got float: 1.5"),
        ({"pair": (1, "2")}, "field 'pair.f1': the declared type Types.INT() needs int, and got str: '2'"),
    ],
)
def test_an_error_names_the_field(fields, said):
    order = {"id": 1, "items": [], "notes": {}, "pair": (1, 2), **fields}
    with pytest.raises((KeyError, OverflowError, TypeError)) as raised:
        converter(ORDER)(Row(**order))
    assert raised.value.args == (said,)


class Flight:
    def __init__(self):
        self.origin = "SFO"
        self.delay = 43878


@pytest.mark.parametrize(
    ("type_info", "value", "expected"),
    [
        (Types.SHORT(), 43878, -21658),
        (Types.INT(), 9147483648, 557549056),
        (Types.FLOAT(), 0.1, 0.10000000149011612),
        (Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.INT()]), {"b": 2, "a": 1}, Row(a=1, b=2)),
        (Types.ROW([Types.INT(), Types.INT()]), (1, 2), Row(f0=1, f1=2)),
        (
            Types.ROW_NAMED(["origin", "delay"], [Types.STRING(), Types.SHORT()]),
            Flight(),
            Row(origin="SFO", delay=-21658),
        ),
    ],
)
def test_a_collection_is_more_lenient_and_wraps_numbers(type_info, value, expected):
    assert converter(type_info, wrap=True)(value) == expected


def test_a_collection_refuses_what_cannot_be_a_row():
    with pytest.raises(ValueError, match="Unexpected tuple 5 with RowTypeInfo"):
        converter(Types.ROW([Types.INT()]), wrap=True)(5)


def test_untyped_values_are_left_alone():
    assert converter(None) is None
    assert converter(Types.PICKLED_BYTE_ARRAY()) is None


def test_the_kind_of_a_row_survives():
    row = converter(Types.ROW([Types.INT()]))(Row.of_kind(RowKind.DELETE, 1))
    assert row.get_row_kind() is RowKind.DELETE


@pytest.mark.parametrize(
    ("identifier", "parallelism", "subtask", "expected"),
    [(None, 1, 0, ""), (None, 2, 1, "2> "), ("id", 1, 0, "id> "), ("id", 4, 0, "id:1> "), ("", 1, 0, "")],
)
def test_the_prefix_of_a_printed_line(identifier, parallelism, subtask, expected):
    assert prefix(identifier, parallelism, subtask) == expected


@pytest.mark.parametrize(
    ("type_info", "value", "expected"),
    [
        (None, {"a": [1, None, True]}, "{'a': [1, None, True]}"),
        (None, None, "None"),
        (Types.STRING(), "a", "a"),
        (Types.STRING(), None, "null"),
        (Types.BOOLEAN(), True, "true"),
        (Types.INT(), 7, "7"),
        (Types.DOUBLE(), 1e10, "1.0E10"),
        (Types.DOUBLE(), 0.5, "0.5"),
        (Types.DOUBLE(), 100.0, "100.0"),
        (Types.DOUBLE(), 9999999.0, "9999999.0"),
        (Types.DOUBLE(), 1e7, "1.0E7"),
        (Types.DOUBLE(), 22222254.02, "2.222225402E7"),
        (Types.DOUBLE(), 0.001, "0.001"),
        (Types.DOUBLE(), 0.00012, "1.2E-4"),
        (Types.DOUBLE(), -0.0, "-0.0"),
        (Types.DOUBLE(), float("nan"), "NaN"),
        (Types.DOUBLE(), float("-inf"), "-Infinity"),
        (Types.FLOAT(), 0.10000000149011612, "0.1"),
        (Types.BIG_DEC(), Decimal("1.50"), "1.50"),
        (Types.TUPLE([Types.INT(), Types.STRING()]), (1, "a"), "(1,a)"),
        (Types.LIST(Types.STRING()), ["a", "b"], "[a, b]"),
        (Types.MAP(Types.STRING(), Types.DOUBLE()), {"a b": 3.0}, "{a b=3.0}"),
        (Types.ROW([Types.STRING(), Types.INT(), Types.STRING()]), Row("a", 1, None), "+I[a,1,None]"),
        (Types.ROW([Types.BOOLEAN()]), Row.of_kind(RowKind.UPDATE_AFTER, True), "+U[True]"),
        (Types.SQL_DATE(), datetime.date(2001, 1, 10), "2001-01-10"),
        (Types.SQL_TIME(), datetime.time(9, 16), "09:16:00"),
        (Types.SQL_TIMESTAMP(), datetime.datetime(2001, 1, 10, 9, 16, 0, 500000), "2001-01-10 09:16:00.5"),
        (Types.SQL_TIMESTAMP(), datetime.datetime(2001, 1, 10, 9, 16), "2001-01-10 09:16:00.0"),
        (Types.INSTANT(), Instant(1, 500_000_000), "1970-01-01T00:00:01.500Z"),
        (Types.INSTANT(), Instant(0, 0), "1970-01-01T00:00:00Z"),
    ],
)
def test_a_value_prints_as_on_flink(type_info, value, expected):
    assert formatter(type_info)(value) == expected
