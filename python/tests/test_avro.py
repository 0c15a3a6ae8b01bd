"""Avro schemas as the program gives them."""

from __future__ import annotations

import dataclasses
import json
import re
from enum import Enum

import pytest

from shardline.common import Types
from shardline.common.typeinfo import RowTypeInfo
from shardline.datastream.formats._avro_types import record_type_spec, row_type_of
from shardline.datastream.formats._data_classes import schema_of
from shardline.datastream.formats.avro import (
    AvroDeserializationSchema,
    AvroRowSerializationSchema,
    AvroSchema,
    GenericRecordAvroTypeInfo,
)


def test_the_type_of_an_avro_schema_is_the_engines():
    schema = {
        "type": "record",
        "name": "a.R",
        "fields": [
            {"name": "day", "type": {"type": "int", "logicalType": "date"}},
            {"name": "self", "type": ["null", "R"]},
            {"name": "kind", "type": {"type": "enum", "name": "K", "symbols": ["A"]}},
            {"name": "kinds", "type": {"type": "map", "values": ["string", "K", "double"]}},
            {"name": "hash", "type": {"type": "fixed", "name": "H", "size": 2}},
            {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}},
        ],
    }
    assert record_type_spec(schema) == {
        "type": "RECORD",
        "names": ["day", "self", "kind", "kinds", "hash", "price"],
        "types": [
            {"type": "LOCAL_DATE"},
            {"type": "ANY"},
            {"type": "STRING"},
            {
                "type": "MAP",
                "key": {"type": "STRING"},
                "value": {"type": "UNION", "types": [{"type": "STRING"}, {"type": "STRING"}, {"type": "DOUBLE"}]},
            },
            {"type": "PRIMITIVE_ARRAY", "element": {"type": "BYTE"}},
            {"type": "BIG_DEC"},
        ],
    }
    rows = row_type_of(schema)
    assert isinstance(rows, RowTypeInfo)
    assert repr(rows.get_field_types()[0]) == repr(Types.SQL_DATE())
    with pytest.raises(ValueError, match="does not define"):
        record_type_spec(["null", "Unknown"])
    with pytest.raises(TypeError, match="record_class or avro_schema_string must be specified"):
        AvroRowSerializationSchema()


class Kind(Enum):
    SLOW = 1
    FAST = 2


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ('{"type": "record", "fields": []}', '{"type": "record", "fields": []} has no \'name\''),
        ('{"type": "record", "name": "F"}', '{"type": "record", "name": "F"} has no \'fields\''),
        ('{"type": "record", "name": "F", "fields": {}}', "has a 'fields' that is not a list"),
        ('{"type": "record", "name": "F", "fields": [{"name": "a"}]}', '{"name": "a"} has no \'type\''),
        ('{"type": "record", "name": "F", "fields": ["a"]}', "\"a\" has no 'type'"),
        ('{"type": "array"}', "has no 'items'"),
        ("42", "42 has no 'type'"),
    ],
)
def test_an_incomplete_avro_schema_fails_where_it_is_given(schema, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        AvroSchema.parse_string(schema)
    with pytest.raises(ValueError, match=re.escape(message)):
        AvroRowSerializationSchema(avro_schema_string=schema)


def test_an_avro_schema_that_is_no_text_says_how_to_make_it_one():
    with pytest.raises(TypeError, match=r"JSON text \(json\.dumps\(\.\.\.\)\), not as dict"):
        AvroRowSerializationSchema(avro_schema_string={"type": "string"})


def test_two_types_of_one_records_name_look_different():
    def flights(fields):
        return AvroSchema.parse_string(json.dumps({"type": "record", "name": "Flight", "fields": fields}))

    many = [{"name": "tags", "type": {"type": "array", "items": "string"}}, {"name": "n", "type": ["null", "int"]}]
    assert repr(GenericRecordAvroTypeInfo(flights(many))) == (
        "GenericRecordAvroTypeInfo(Flight: {tags: LIST<STRING>, n: INT})"
    )
    assert repr(GenericRecordAvroTypeInfo(flights([]))) == "GenericRecordAvroTypeInfo(Flight: {})"


def test_a_type_that_only_a_function_knows_says_where_it_must_be():
    made = dataclasses.make_dataclass("Made", [("legs", "list[Unknown]")])
    for schema in (None, '"string"'):
        with pytest.raises(
            TypeError, match=r"Made's fields cannot be looked up: name 'Unknown' .* names of the module"
        ):
            AvroDeserializationSchema.for_specific(made, schema)


def test_a_default_is_of_the_first_branch_of_its_union():
    @dataclasses.dataclass
    class Fare:
        seats: int | None = 5
        price: float | None = 5
        gate: int | str | None = "B"
        note: str | None = None
        bags: list[str] | None = dataclasses.field(default_factory=list)
        kind: Kind = Kind.FAST
        other: Kind | None = Kind.SLOW

    schema = schema_of(Fare)
    fields = json.loads(schema)["fields"]
    assert [(field["type"], field["default"]) for field in fields] == [
        (["long", "null"], 5),
        (["double", "null"], 5),
        (["string", "long", "null"], "B"),
        (["null", "string"], None),
        ([{"type": "array", "items": "string"}, "null"], []),
        ({"type": "enum", "name": "Kind", "symbols": ["SLOW", "FAST"]}, "FAST"),
        (["Kind", "null"], "SLOW"),
    ]
