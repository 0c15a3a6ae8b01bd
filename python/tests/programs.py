"""Parts of programs for tests: sources, sinks and job graphs."""

from __future__ import annotations

import json

from shardline.common import (
    Configuration,
    SimpleStringSchema,
    Types,
    WatermarkStrategy,
)
from shardline.datastream import (
    _graph,
)
from shardline.datastream.connectors.kinesis import (
    KinesisShardAssigner,
    KinesisStreamsSink,
    KinesisStreamsSource,
    PartitionKeyGenerator,
)

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/input"
STRING = Types.STRING()


def graph(env, name="job"):
    """Returns the job graph that would be submitted."""
    configuration = env._configuration
    built = _graph.build(
        name,
        env._transformations,
        configuration.to_dict(),
        configuration.get_integer("parallelism.default", 0) or None,
        configuration.get_integer("pipeline.max-parallelism", 0) or None,
    )
    json.dumps(built, allow_nan=False)
    return built


def source(schema=None, **options):
    return (
        KinesisStreamsSource.builder()
        .set_stream_arn(ARN)
        .set_deserialization_schema(schema or SimpleStringSchema())
        .set_kinesis_shard_assigner(KinesisShardAssigner.uniform_shard_assigner())
        .set_source_config(Configuration.from_dict({k.replace("_", "."): v for k, v in options.items()}))
        .build()
    )


def sink(schema=None):
    return (
        KinesisStreamsSink.builder()
        .set_stream_name("output")
        .set_serialization_schema(schema or SimpleStringSchema())
        .set_partition_key_generator(PartitionKeyGenerator.fixed())
        .build()
    )


def read(env):
    return env.from_source(source(), WatermarkStrategy.no_watermarks(), "input", type_info=STRING)


def edge(source, partitioning=None):
    """An edge of a job graph to the first input of a transformation."""
    partitioner = None if partitioning is None else {"type": partitioning}
    return {"from": source, "tag": None, "input": 0, "partitioner": partitioner}
