"""Deserialization schemas of the program."""

from __future__ import annotations

import pytest

from shardline.common import Row, Types, WatermarkStrategy
from shardline.datastream import StreamExecutionEnvironment
from shardline.datastream.connectors.kinesis import (
    KinesisDeserializationSchema,
    KinesisStreamsSink,
    KinesisStreamsSource,
)
from shardline.datastream.formats.json import JsonRowDeserializationSchema, JsonRowSerializationSchema

ROW = Types.ROW_NAMED(["a", "b"], [Types.STRING(), Types.LONG()])


def test_a_schema_of_the_program_must_read():
    class Nothing(KinesisDeserializationSchema):
        pass

    with pytest.raises(TypeError, match="must override deserialize"):
        Nothing()._spec()


def test_a_schema_of_the_program_with_another_type_fails_with_a_hint():
    class Lines(KinesisDeserializationSchema):
        def deserialize(self, record, stream, shard_id):
            yield record.data.decode()

    arn = "arn:aws:kinesis:us-east-1:000000000000:stream/flights"
    source = KinesisStreamsSource.builder().set_stream_arn(arn).set_deserialization_schema(Lines()).build()
    env = StreamExecutionEnvironment()
    with pytest.raises(TypeError, match=r"get_produced_type\(\) must return the same type"):
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
def test_an_object_that_is_no_schema_for_a_source_is_refused_with_a_hint(schema, hint):
    with pytest.raises(TypeError, match=rf"set_deserialization_schema\(\) takes a DeserializationSchema .*{hint}"):
        KinesisStreamsSource.builder().set_deserialization_schema(schema)


def test_a_schema_for_sources_is_refused_by_a_sink():
    reading = JsonRowDeserializationSchema.builder().type_info(ROW).build()
    with pytest.raises(TypeError, match="a JsonRowDeserializationSchema, which is for sources"):
        KinesisStreamsSink.builder().set_serialization_schema(reading)


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
