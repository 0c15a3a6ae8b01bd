"""JSON and CSV rows, and the checks of sinks that take rows."""

from __future__ import annotations

import dataclasses
import json
import re
import warnings
from pathlib import Path

import pytest

from shardline.common import SimpleStringSchema, Types, WatermarkStrategy
from shardline.common.serialization import TypeInformationSerializationSchema
from shardline.datastream import StreamExecutionEnvironment
from shardline.datastream.connectors.kinesis import (
    KinesisDeserializationSchema,
    KinesisStreamsSink,
    KinesisStreamsSource,
    PartitionKeyGenerator,
)
from shardline.datastream.formats._json_schema import row_type_of as json_row_type_of
from shardline.datastream.formats.avro import (
    AvroDeserializationSchema,
    AvroSerializationSchema,
)
from shardline.datastream.formats.csv import CsvRowDeserializationSchema, CsvRowSerializationSchema
from shardline.datastream.formats.glue import (
    GlueSchemaRegistryJsonDeserializationSchema,
)
from shardline.datastream.formats.json import JsonRowDeserializationSchema, JsonRowSerializationSchema

VECTORS = Path(__file__).parents[2] / "test" / "schemas" / "flink" / "vectors" / "json-schema.json"
ROW = Types.ROW_NAMED(["a", "b"], [Types.STRING(), Types.LONG()])


@pytest.mark.parametrize("vector", json.loads(VECTORS.read_text()), ids=lambda vector: vector["schema"][:60])
def test_a_json_schema_is_the_row_that_flink_makes_of_it(vector):
    try:
        json.loads(vector["schema"])
    except ValueError:  # with comments and single quotes, which Flink reads
        with pytest.raises(ValueError, match="Invalid JSON schema"):
            json_row_type_of(vector["schema"])
        return
    if vector.get("type", {}).get("type") == "ROW":
        assert json_row_type_of(vector["schema"])._spec() == vector["type"]
        return
    said = "must describe an object" if "type" in vector else vector["error"].partition(": ")[2]
    # Of several errors, any may be found first. A cycle is an error wherever it is found.
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


@dataclasses.dataclass
class Leg:
    minutes: float


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


def test_pickled_values_are_unpickled_before_a_sink_with_plain_values():
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


def test_a_type_is_needed_for_flinks_binary_format():
    with pytest.raises(TypeError, match=r"a type such as Types\.STRING\(\) is needed, not 'long'"):
        TypeInformationSerializationSchema("long")


def test_only_a_schema_that_pyflink_has_is_compared_with_flink():
    """Scripts with other schemas do not run on Flink."""

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
