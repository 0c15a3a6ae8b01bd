"""Sources and sinks of jobs on the scripted engine."""

from __future__ import annotations

from shardline.common import (
    SimpleStringSchema,
    Types,
    WatermarkStrategy,
)
from shardline.datastream.connectors.kinesis import KinesisStreamsSink, KinesisStreamsSource, PartitionKeyGenerator

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/input"
STRING = Types.STRING()


def read(env, schema=None):
    schema = schema or SimpleStringSchema()
    source = KinesisStreamsSource.builder().set_stream_arn(ARN).set_deserialization_schema(schema).build()
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "input", type_info=schema._type_info())


def sink(name="output", schema=None):
    return (
        KinesisStreamsSink.builder()
        .set_stream_name(name)
        .set_serialization_schema(schema or SimpleStringSchema())
        .set_partition_key_generator(PartitionKeyGenerator.fixed())
        .build()
    )
