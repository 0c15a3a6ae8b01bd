"""Schemas as scripts build them; what they read and write is tested with the engine."""

from __future__ import annotations

import dataclasses
import datetime
import json
import pickle
import re
import uuid
import warnings
from decimal import Decimal
from enum import Enum
from pathlib import Path

import pytest

from shardline import _options
from shardline.common import Row, SimpleStringSchema, Types, WatermarkStrategy
from shardline.common.serialization import TypeInformationSerializationSchema
from shardline.common.typeinfo import RowTypeInfo
from shardline.datastream import StreamExecutionEnvironment
from shardline.datastream.connectors.kinesis import (
    KinesisDeserializationSchema,
    KinesisStreamsSink,
    KinesisStreamsSource,
    PartitionKeyGenerator,
)
from shardline.datastream.formats._avro_types import record_type_spec, row_type_of
from shardline.datastream.formats._data_classes import maker_of, schema_of
from shardline.datastream.formats._json_schema import row_type_of as json_row_type_of
from shardline.datastream.formats.avro import (
    AvroDeserializationSchema,
    AvroRowSerializationSchema,
    AvroSchema,
    AvroSerializationSchema,
    GenericRecordAvroTypeInfo,
)
from shardline.datastream.formats.csv import CsvRowDeserializationSchema, CsvRowSerializationSchema
from shardline.datastream.formats.glue import (
    AWSSchemaRegistryConstants,
    GlueSchemaRegistryAvroDeserializationSchema,
    GlueSchemaRegistryAvroSerializationSchema,
    GlueSchemaRegistryJsonDeserializationSchema,
    GlueSchemaRegistryJsonSerializationSchema,
    JsonDataWithSchema,
)
from shardline.datastream.formats.json import JsonRowDeserializationSchema, JsonRowSerializationSchema
from shardline.errors import ConfigurationError

VECTORS = Path(__file__).parents[2] / "test" / "schemas" / "flink" / "vectors" / "json-schema.json"
ROW = Types.ROW_NAMED(["a", "b"], [Types.STRING(), Types.LONG()])


@pytest.mark.parametrize("vector", json.loads(VECTORS.read_text()), ids=lambda vector: vector["schema"][:60])
def test_a_json_schema_is_the_row_that_flink_makes_of_it(vector):
    try:
        json.loads(vector["schema"])
    except ValueError:  # comments and single quotes, which Flink reads
        with pytest.raises(ValueError, match="Invalid JSON schema"):
            json_row_type_of(vector["schema"])
        return
    if vector.get("type", {}).get("type") == "ROW":
        assert json_row_type_of(vector["schema"])._spec() == vector["type"]
        return
    said = "must describe an object" if "type" in vector else vector["error"].partition(": ")[2]
    # Of several things that are wrong, either may be found first; and a cycle is one wherever it is seen.
    expected = "Unsupported type|Cyclic references" if re.match("Unsupported|Cyclic", said) else re.escape(said)
    with pytest.raises(ValueError, match=expected):
        json_row_type_of(vector["schema"])


def test_json_rows_are_described_and_what_contradicts_itself_is_refused():
    built = JsonRowDeserializationSchema.builder().type_info(ROW).ignore_parse_errors().build()
    assert built._spec() == {
        "type": "json-row",
        "typeInfo": {"type": "ROW", "names": ["a", "b"], "types": [{"type": "STRING"}, {"type": "LONG"}]},
        "failOnMissingField": False,
        "ignoreParseErrors": True,
    }
    with pytest.raises(ValueError, match="both enabled"):
        JsonRowDeserializationSchema.builder().type_info(ROW).ignore_parse_errors().fail_on_missing_field().build()
    with pytest.raises(TypeError, match=r"Typeinfo should be set\."):
        JsonRowSerializationSchema.builder().build()
    with pytest.raises(TypeError, match="takes a row type"):
        JsonRowSerializationSchema.builder().with_type_info(Types.STRING())
    with pytest.raises(TypeError, match="stay in Python"):
        JsonRowDeserializationSchema.builder().type_info(Types.ROW([Types.PICKLED_BYTE_ARRAY()]))


def test_csv_rows_are_described():
    built = CsvRowDeserializationSchema.Builder(ROW).set_field_delimiter("|").set_null_literal("-").build()
    assert {k: v for k, v in built._spec().items() if k != "typeInfo"} == {
        "type": "csv-row",
        "fieldDelimiter": "|",
        "lineDelimiter": "\n",
        "arrayElementDelimiter": ";",
        "quoteCharacter": '"',
        "escapeCharacter": None,
        "nullLiteral": "-",
        "allowComments": False,
        "ignoreParseErrors": False,
    }
    assert CsvRowSerializationSchema.Builder(ROW).disable_quote_character().build()._spec()["quoteCharacter"] is None
    with pytest.raises(ValueError, match="one character"):
        CsvRowSerializationSchema.Builder(ROW).set_field_delimiter("||")


def test_the_schemas_of_flink_1_x_are_where_they_were():
    from shardline.common.serialization import JsonRowDeserializationSchema as Old

    assert Old is JsonRowDeserializationSchema


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


def test_a_class_and_a_schema_that_do_not_fit_are_told_at_the_call():
    trips = '{"type": "record", "name": "Leg", "fields": [{"name": "minutes", "type": "double"}, %s]}'
    with pytest.raises(TypeError, match="Leg takes no field 'gate', which the schema has"):
        AvroDeserializationSchema.for_specific(Leg, trips % '{"name": "gate", "type": "string"}')
    with pytest.raises(TypeError, match="Leg needs 'minutes', which the schema does not have: give it a default"):
        GlueSchemaRegistryAvroDeserializationSchema.for_specific(
            Leg, {}, '{"type": "record", "name": "Leg", "fields": []}'
        )


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
def test_what_an_avro_schema_lacks_is_told_where_it_is_given(schema, message):
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


def test_a_class_may_bring_its_schema():
    @dataclasses.dataclass
    class Own:
        AVRO_SCHEMA = '"string"'

    assert str(AvroDeserializationSchema.for_specific(Own)._schema) == '"string"'
    assert str(AvroDeserializationSchema.for_specific(Own, AvroSchema.parse_string('"int"'))._schema) == '"int"'


def test_glue_schemas_are_described_and_their_configuration_is_checked():
    configs = {"registry.name": "r", "tags": {"a": "b"}, "secondaryDeserializer": SimpleStringSchema()}
    assert GlueSchemaRegistryAvroDeserializationSchema.for_generic('"string"', configs)._spec() == {
        "type": "glue-avro",
        "schema": '"string"',
        "transportName": None,
        "configs": {"registry.name": "r", "tags": {"a": "b"}},
        "secondary": {"type": "simple-string", "charset": "UTF-8"},
        "convert": None,
    }
    with pytest.raises(TypeError, match="secondaryDeserializer is a schema"):
        GlueSchemaRegistryAvroDeserializationSchema.for_generic('"string"', {"secondaryDeserializer": "a.Class"})
    of_class = AvroDeserializationSchema.for_specific(Leg)
    with pytest.raises(TypeError, match="a schema that the engine reads by itself"):
        GlueSchemaRegistryAvroDeserializationSchema.for_generic('"string"', {"secondaryDeserializer": of_class})
    with pytest.raises(TypeError, match="transport_name is the stream's name"):
        GlueSchemaRegistryAvroSerializationSchema.for_generic('"string"', "", {})
    with pytest.raises(TypeError, match="configs is a dict"):
        GlueSchemaRegistryJsonSerializationSchema("s", "registry")


def test_a_configuration_in_a_wrong_place_is_not_shown_with_its_secrets():
    configs = {"aws.credentials.provider.basic.secretkey": "hush"}
    for call in (
        lambda: GlueSchemaRegistryAvroDeserializationSchema.for_generic(configs, '"string"'),
        lambda: GlueSchemaRegistryAvroDeserializationSchema.for_generic('"string"', [configs]),
        lambda: GlueSchemaRegistryAvroSerializationSchema.for_generic('"string"', configs, "flights"),
        lambda: GlueSchemaRegistryAvroDeserializationSchema.for_specific(configs, Leg),
        lambda: GlueSchemaRegistryJsonDeserializationSchema(configs, "flights", JsonDataWithSchema),
        lambda: GlueSchemaRegistryJsonSerializationSchema(configs, "flights"),
    ):
        with pytest.raises(TypeError, match=r"is needed, not dict|is the stream's name, not dict|not list") as raised:
            call()
        assert "hush" not in str(raised.value)


def test_what_the_secondary_deserializer_gives_is_not_made_an_object_of():
    plain, secondary = {"region": "r"}, {"region": "r", "secondaryDeserializer": SimpleStringSchema()}
    for schema_with, own, made in [
        (lambda c: GlueSchemaRegistryAvroDeserializationSchema.for_specific(Leg, c), {"minutes": 1.5}, Leg(1.5)),
        (lambda c: GlueSchemaRegistryJsonDeserializationSchema(Leg, "s", c), {"minutes": 1}, Leg(1.0)),
        (
            lambda c: GlueSchemaRegistryJsonDeserializationSchema(JsonDataWithSchema, "s", c),
            {"schema": "{}", "payload": "1"},
            JsonDataWithSchema("{}", "1"),
        ),
    ]:
        step = pickle.loads(pickle.dumps(schema_with(secondary)._step()))
        assert (step.function(own), step.function("old")) == (made, "old")
        with pytest.raises((TypeError, AttributeError)):
            schema_with(plain)._step().function("old")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("compression", "GZIP", "one of NONE, ZLIB"),
        ("schemaAutoRegistrationEnabled", "yes", "'true' or 'false'"),
        ("cacheSize", 0, "a whole number from 1 to"),
        ("aws.credentials.provider", "MAGIC", "one of AUTO, BASIC"),
    ],
)
def test_a_wrong_value_of_glues_fails_at_the_call(key, value, expected):
    with pytest.raises(ConfigurationError) as raised:
        GlueSchemaRegistryJsonDeserializationSchema(JsonDataWithSchema, "s", {key: value})
    assert str(raised.value).startswith(f"{key}: '{value}' is not {expected}")


def test_a_key_that_glue_does_not_know_is_warned_about():
    right = {
        "schemaAutoRegistrationEnabled": True,
        "cacheSize": 5,
        "aws.region": "r",
        "tags": {"a": "b"},
        "schemaName": None,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GlueSchemaRegistryAvroDeserializationSchema.for_generic('"string"', right)
    with pytest.warns(UserWarning, match=r"'registryName' is not known .* Did you mean 'registry\.name'"):
        GlueSchemaRegistryAvroDeserializationSchema.for_generic('"string"', {"registryName": "r"})
    with pytest.warns(UserWarning, match=r"'source\.stop-at' is not known"):
        GlueSchemaRegistryAvroDeserializationSchema.for_generic('"string"', {"source.stop-at": "latest"})


def test_the_constants_of_glue_are_those_of_the_engines_table():
    expected = {o["constant"]: o["key"] for o in _options.glue_table().options if o["group"] == "Glue Schema Registry"}
    del expected[None]
    ours = {f"AWSSchemaRegistryConstants.{k}": v for k, v in vars(AWSSchemaRegistryConstants).items() if k[0] != "_"}
    assert ours == expected


def sink(schema, key=None):
    built = KinesisStreamsSink.builder().set_stream_name("s").set_serialization_schema(schema)
    return built.set_partition_key_generator(key or PartitionKeyGenerator.random()).build()


def test_a_sink_takes_streams_that_its_schema_can_write():
    env = StreamExecutionEnvironment()
    untyped, rows = env.from_collection([1]), env.from_collection([("a", 1)], ROW)
    json_rows = JsonRowSerializationSchema.builder().with_type_info(ROW).build()
    with pytest.raises(TypeError, match="JsonRowSerializationSchema writes values of type RowTypeInfo"):
        untyped.sink_to(sink(json_rows))
    renamed = JsonRowSerializationSchema.builder().with_type_info(Types.ROW(ROW.get_field_types())).build()
    rows.sink_to(sink(renamed))
    with pytest.raises(TypeError, match="writes values of type"):
        rows.sink_to(sink(JsonRowSerializationSchema.builder().with_type_info(Types.ROW([Types.STRING()])).build()))
    untyped.sink_to(sink(AvroSerializationSchema.for_generic('"long"')))
    with pytest.raises(TypeError, match="writes records"):
        untyped.map(str, Types.STRING()).sink_to(sink(AvroSerializationSchema.for_generic('"long"')))


def test_what_is_pickled_is_taken_apart_before_such_a_sink_and_nothing_else_is():
    def operators(build):
        env = StreamExecutionEnvironment()
        build(env)
        return [(t.name, t.body.get("output")) for t in env._transformations]

    json_rows = JsonRowSerializationSchema.builder().with_type_info(ROW).build()
    plain = operators(lambda env: env.from_collection([("a", 1)], ROW).sink_to(sink(json_rows)))
    assert plain == [("Collection Source", "pickle"), ("Plain Values", "object"), ("Sink", None)]
    keyed = operators(lambda env: env.from_collection([("a", 1)], ROW).sink_to(sink(json_rows, lambda row: row.a)))
    assert keyed == [("Collection Source", "pickle"), ("Partition Key", "object"), ("Sink", None)]
    text = operators(lambda env: env.from_collection(["a"], Types.STRING()).sink_to(sink(SimpleStringSchema())))
    assert text == [("Collection Source", "text"), ("Sink", None)]


def test_a_schema_of_the_program_must_read():
    class Nothing(KinesisDeserializationSchema):
        pass

    with pytest.raises(TypeError, match="must override deserialize"):
        Nothing()._spec()


def test_a_schema_of_the_program_that_says_another_type_is_told_how_to_say_this_one():
    class Lines(KinesisDeserializationSchema):
        def deserialize(self, record, stream, shard_id):
            yield record.data.decode()

    arn = "arn:aws:kinesis:us-east-1:000000000000:stream/flights"
    source = KinesisStreamsSource.builder().set_stream_arn(arn).set_deserialization_schema(Lines()).build()
    env = StreamExecutionEnvironment()
    with pytest.raises(TypeError, match=r"let get_produced_type\(\) say so too"):
        env.from_source(source, WatermarkStrategy.no_watermarks(), "flights", Types.STRING())


@pytest.mark.parametrize(
    ("schema", "hint"),
    [
        (
            JsonRowSerializationSchema.builder().with_type_info(ROW).build(),
            "a JsonRowSerializationSchema, which is for",
        ),
        (JsonRowDeserializationSchema.builder().type_info(ROW), r"Builder: call its build\(\)"),
        (JsonRowDeserializationSchema, "the class JsonRowDeserializationSchema: make one of it"),
        (None, "not None"),
    ],
)
def test_what_is_no_schema_for_a_source_is_refused_with_a_hint(schema, hint):
    with pytest.raises(TypeError, match=rf"set_deserialization_schema\(\) takes a DeserializationSchema .*{hint}"):
        KinesisStreamsSource.builder().set_deserialization_schema(schema)


def test_a_schema_for_sources_is_none_for_a_sink():
    reading = JsonRowDeserializationSchema.builder().type_info(ROW).build()
    with pytest.raises(TypeError, match="a JsonRowDeserializationSchema, which is for sources"):
        KinesisStreamsSink.builder().set_serialization_schema(reading)


def test_a_type_is_needed_for_flinks_binary_format():
    with pytest.raises(TypeError, match=r"a type such as Types\.STRING\(\) is needed, not 'long'"):
        TypeInformationSerializationSchema("long")


def test_only_a_schema_that_pyflink_has_is_compared_with_flink():
    """The others are in no script that goes on to Flink."""

    class Lines(KinesisDeserializationSchema):
        def deserialize(self, record, stream, shard_id):
            yield record.data

    def warnings_with(schema):
        arn = "arn:aws:kinesis:us-east-1:000000000000:stream/flights"
        source = KinesisStreamsSource.builder().set_stream_arn(arn).set_deserialization_schema(schema).build()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            StreamExecutionEnvironment().from_source(source, WatermarkStrategy.no_watermarks(), "flights")
        return [str(warning.message) for warning in caught]

    assert warnings_with(Lines()) == []
    assert warnings_with(AvroDeserializationSchema.for_generic('"long"')) == []
    assert warnings_with(GlueSchemaRegistryJsonDeserializationSchema(Leg, "s", {})) == []
    json_rows = JsonRowDeserializationSchema.builder().type_info(ROW).build()
    assert [said[:34] for said in warnings_with(json_rows)] == ["from_source() without type_info: R"]


RECORD = (b"ab", "key", "1", None, None, "flights", "shardId-000000000000")


@pytest.mark.parametrize("returned", ["ab", b"ab", {"a": 1}, Row(a=1), 5])
def test_one_value_is_not_taken_apart_into_many(returned):
    class One(KinesisDeserializationSchema):
        def deserialize(self, record, stream, shard_id):
            return returned

    with pytest.raises(TypeError, match=f"returned one {type(returned).__name__}: yield it, or return a list"):
        One()._step().function.flat_map(RECORD)


@pytest.mark.parametrize("returned", [None, [], ["ab"], ("ab", "c"), iter([1])])
def test_any_number_of_values_is_taken(returned):
    class Many(KinesisDeserializationSchema):
        def deserialize(self, record, stream, shard_id):
            return returned

    assert Many()._step().function.flat_map(RECORD) == (() if returned is None else returned)
