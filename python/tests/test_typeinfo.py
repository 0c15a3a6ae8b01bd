"""Types, and the internal forms of their values."""

from __future__ import annotations

import datetime
import pickle

import cloudpickle
import pytest

from shardline.common import (
    Instant,
    Row,
    Types,
)

ALL_TYPES = [
    *(
        getattr(Types, name)()
        for name in [
            "STRING",
            "BYTE",
            "BOOLEAN",
            "SHORT",
            "INT",
            "LONG",
            "FLOAT",
            "DOUBLE",
            "CHAR",
            "BIG_INT",
            "BIG_DEC",
            "INSTANT",
            "SQL_DATE",
            "SQL_TIME",
            "SQL_TIMESTAMP",
            "PICKLED_BYTE_ARRAY",
        ]
    ),
    Types.ROW([Types.INT()]),
    Types.ROW_NAMED(["a"], [Types.INT()]),
    Types.TUPLE([Types.INT()]),
    Types.PRIMITIVE_ARRAY(Types.BYTE()),
    Types.BASIC_ARRAY(Types.INT()),
    Types.OBJECT_ARRAY(Types.STRING()),
    Types.MAP(Types.STRING(), Types.INT()),
    Types.LIST(Types.INT()),
]


def test_types_are_equal_to_themselves_only():
    for position, type_info in enumerate(ALL_TYPES):
        same = pickle.loads(cloudpickle.dumps(type_info))
        assert same == type_info
        assert hash(same) == hash(type_info)
        assert all(type_info != other for at, other in enumerate(ALL_TYPES) if at != position)


def test_types_have_pyflinks_representations():
    assert repr(Types.MAP(Types.STRING(), Types.LIST(Types.INT()))) == "MapTypeInfo<String, ListTypeInfo<Integer>>"
    assert repr(Types.ROW_NAMED(["a"], [Types.INT()])) == "RowTypeInfo(a: Integer)"


def test_a_row_type_knows_its_fields():
    row = Types.ROW([Types.INT(), Types.STRING()])
    assert row.get_field_names() == ["f0", "f1"]
    assert row.get_field_types() == [Types.INT(), Types.STRING()]
    assert (row.get_field_index("f1"), row.get_field_index("x")) == (1, -1)


@pytest.mark.parametrize("names", [["a"], ["a", "a"], ["a", "b", "c"]])
def test_names_and_types_of_a_row_must_match(names):
    with pytest.raises(ValueError, match="ROW"):
        Types.ROW_NAMED(names, [Types.INT(), Types.INT()])


@pytest.mark.parametrize("wrong", [str, "STRING", None, Types.STRING])
def test_a_type_is_not_a_python_class(wrong):
    with pytest.raises(TypeError, match=r"such as Types\.STRING\(\)"):
        Types.LIST(wrong)


@pytest.mark.parametrize(
    ("type_info", "value", "internal"),
    [
        (Types.SQL_DATE(), datetime.date(1970, 1, 11), 10),
        (Types.SQL_TIME(), datetime.time(0, 0, 1, 5), 1_000_005),
        (Types.INSTANT(), Instant(1, 5_000_000), 1005),
        (Types.TUPLE([Types.SQL_DATE(), Types.INT()]), (datetime.date(1970, 1, 2), 5), (1, 5)),
        (Types.INT(), 5, 5),
    ],
)
def test_a_value_has_an_internal_form_and_comes_back(type_info, value, internal):
    assert type_info.to_internal_type(value) == internal
    assert type_info.from_internal_type(internal) == value
    assert type_info.need_conversion() == (type_info != Types.INT())


def test_a_timestamp_is_local_time():
    moment = datetime.datetime(2001, 1, 10, 9, 16, 0, 5)
    internal = Types.SQL_TIMESTAMP().to_internal_type(moment)
    assert internal == int(moment.replace(microsecond=0).timestamp()) * 10**6 + 5
    assert Types.SQL_TIMESTAMP().from_internal_type(internal) == moment


@pytest.mark.parametrize("value", [Row(b=2, a=1), {"a": 1, "b": 2}, (1, 2), [1, 2]])
def test_a_row_type_takes_rows_dicts_and_sequences(value):
    row_type = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.INT()])
    assert row_type.to_internal_type(value) == (1, 2)
    assert row_type.from_internal_type((1, 2)) == Row(a=1, b=2)


def test_a_java_type_says_that_there_is_no_jvm():
    with pytest.raises(AttributeError, match="need a JVM"):
        Types.STRING().get_java_type_info()
