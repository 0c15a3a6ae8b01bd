"""Data classes: their Avro schemas, and records as their objects."""

from __future__ import annotations

import dataclasses
import datetime
import json
import uuid
from decimal import Decimal
from enum import Enum

import pytest

from shardline.datastream.formats._data_classes import maker_of, schema_of
from shardline.datastream.formats.avro import (
    AvroDeserializationSchema,
    AvroSchema,
    AvroSerializationSchema,
)
from shardline.datastream.formats.glue import (
    GlueSchemaRegistryAvroDeserializationSchema,
)


class Kind(Enum):
    SLOW = 1
    FAST = 2


@dataclasses.dataclass
class Leg:
    minutes: float


@dataclasses.dataclass
class Trip:
    id: str
    kind: Kind
    legs: list[Leg]
    by: dict[str, Leg]
    day: datetime.date
    key: uuid.UUID
    seats: int = 1
    note: str | None = None


def test_a_data_class_has_a_schema_and_is_made_of_records():
    assert json.loads(schema_of(Trip)) == {
        "type": "record",
        "name": "Trip",
        "fields": [
            {"name": "id", "type": "string"},
            {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["SLOW", "FAST"]}},
            {
                "name": "legs",
                "type": {
                    "type": "array",
                    "items": {"type": "record", "name": "Leg", "fields": [{"name": "minutes", "type": "double"}]},
                },
            },
            {"name": "by", "type": {"type": "map", "values": "Leg"}},
            {"name": "day", "type": {"type": "int", "logicalType": "date"}},
            {"name": "key", "type": {"type": "string", "logicalType": "uuid"}},
            {"name": "seats", "type": "long", "default": 1},
            {"name": "note", "type": ["null", "string"], "default": None},
        ],
    }
    day, key = datetime.date(2026, 1, 2), uuid.uuid4()
    record = {
        "id": "a",
        "kind": "FAST",
        "legs": [{"minutes": 1}],
        "by": {"x": {"minutes": 2.5}},
        "day": day,
        "key": key,
    }
    made = maker_of(Trip, of_json=True)(record)
    assert made == Trip("a", Kind.FAST, [Leg(1.0)], {"x": Leg(2.5)}, day, key)
    assert type(made.legs[0].minutes) is float
    with pytest.raises(TypeError, match=r"a data class \(@dataclass\) is needed, not dict"):
        AvroDeserializationSchema.for_specific(dict)

    @dataclasses.dataclass
    class Odd:
        what: complex

    with pytest.raises(TypeError, match=r"Odd\.what: .* has no type in Avro"):
        AvroSerializationSchema.for_specific(Odd)


@dataclasses.dataclass
class Ticket:
    fare: Decimal
    seat: Decimal | None
    day: datetime.date
    at: datetime.datetime
    gate: datetime.time
    key: uuid.UUID
    code: bytes
    days: list[datetime.date]
    weight: float
    ok: bool


def test_an_object_that_was_written_as_json_becomes_the_same_again():
    key = uuid.uuid4()
    utc = datetime.timezone.utc
    day = datetime.date(2026, 1, 2)
    ticket = Ticket(
        Decimal("12.34"),
        None,
        day,
        datetime.datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=utc),
        datetime.time(10, 15, 0, 500000),
        key,
        b"abc",
        [day],
        2.0,
        True,
    )
    record = {
        "fare": 12.34,
        "seat": None,
        "day": "2026-01-02",
        "at": "2026-01-02T03:04:05.6789Z",
        "gate": "10:15:00.5",
        "key": str(key),
        "code": "YWJj",
        "days": ["2026-01-02"],
        "weight": 2,
        "ok": True,
    }
    make = maker_of(Ticket, of_json=True)
    assert make(record) == ticket
    assert type(make(record).weight) is float
    assert make({**record, "at": "2026-01-02T03:04:05.678900123Z", "fare": "12.340"}).fare == Decimal("12.340")
    assert make({**record, "at": "2026-01-02T03:04:05"}).at == datetime.datetime(2026, 1, 2, 3, 4, 5)
    with pytest.raises(ValueError, match="'soon'"):
        make({**record, "day": "soon"})


def test_a_class_and_a_schema_that_do_not_fit_fail_at_the_call():
    trips = '{"type": "record", "name": "Leg", "fields": [{"name": "minutes", "type": "double"}, %s]}'
    with pytest.raises(TypeError, match="Leg takes no field 'gate', which the schema has"):
        AvroDeserializationSchema.for_specific(Leg, trips % '{"name": "gate", "type": "string"}')
    with pytest.raises(TypeError, match="Leg needs 'minutes', which the schema does not have: give it a default"):
        GlueSchemaRegistryAvroDeserializationSchema.for_specific(
            Leg, {}, '{"type": "record", "name": "Leg", "fields": []}'
        )


def test_a_class_may_bring_its_schema():
    @dataclasses.dataclass
    class Own:
        AVRO_SCHEMA = '"string"'

    assert str(AvroDeserializationSchema.for_specific(Own)._schema) == '"string"'
    assert str(AvroDeserializationSchema.for_specific(Own, AvroSchema.parse_string('"int"'))._schema) == '"int"'
