"""Whole jobs, on the scripted engine."""

from __future__ import annotations

from shardline.common import SimpleStringSchema, Types, WatermarkStrategy
from shardline.datastream import StreamExecutionEnvironment
from shardline.datastream.connectors.kinesis import KinesisStreamsSink, KinesisStreamsSource, PartitionKeyGenerator

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/input"


def source():
    return KinesisStreamsSource.builder().set_stream_arn(ARN).set_deserialization_schema(SimpleStringSchema()).build()


def sink(name="output"):
    return (
        KinesisStreamsSink.builder()
        .set_stream_name(name)
        .set_serialization_schema(SimpleStringSchema())
        .set_partition_key_generator(PartitionKeyGenerator.fixed())
        .build()
    )


def read(env):
    return env.from_source(source(), WatermarkStrategy.no_watermarks(), "input", type_info=Types.STRING())


def test_a_job_reads_maps_filters_and_writes(fake_engine):
    env = StreamExecutionEnvironment.get_execution_environment()
    fake_engine.configure(env, records=["a", "bb", "ccc"])
    stream = read(env).map(str.upper, output_type=Types.STRING()).filter(lambda value: len(value) > 1)
    stream.sink_to(sink())
    result = env.execute("flights")
    assert fake_engine.written("output") == ["BB", "CCC"]
    assert str(result.get_job_id()) == "job-1"
    assert result.get_net_runtime() >= 0
