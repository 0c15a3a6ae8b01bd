"""Amazon Kinesis Data Streams, source and sink, and Amazon Data Firehose, a sink.

The builders have the names, the defaults and the checks of Flink's own Kinesis connector, and the keys of its options.
"""

from shardline._absent import module_getattr
from shardline.datastream.connectors._credentials import AwsCredentials, register_credentials_provider
from shardline.datastream.connectors._dead_letters import DeadLetter, DeadLetterHandler, RecordPosition
from shardline.datastream.connectors._firehose_sink import KinesisFirehoseSink, KinesisFirehoseSinkBuilder
from shardline.datastream.connectors._kinesis_options import (
    AWSConfigOptions,
    KinesisSourceConfigOptions,
    SinkConfigOptions,
)
from shardline.datastream.connectors._kinesis_streams_sink import KinesisStreamsSink, KinesisStreamsSinkBuilder
from shardline.datastream.connectors._kinesis_streams_source import KinesisStreamsSource, KinesisStreamsSourceBuilder
from shardline.datastream.connectors._legacy_consumer import FlinkKinesisConsumer
from shardline.datastream.connectors._legacy_producer import FlinkKinesisProducer
from shardline.datastream.connectors._partition_keys import PartitionKeyGenerator
from shardline.datastream.connectors._record_schema import KinesisDeserializationSchema, KinesisRecord
from shardline.datastream.connectors._shard_assigner import KinesisShardAssigner, ShardAssignerContext, ShardToAssign

__all__ = [
    "AWSConfigOptions",
    "AwsCredentials",
    "DeadLetter",
    "DeadLetterHandler",
    "FlinkKinesisConsumer",
    "FlinkKinesisProducer",
    "KinesisDeserializationSchema",
    "KinesisFirehoseSink",
    "KinesisFirehoseSinkBuilder",
    "KinesisRecord",
    "KinesisShardAssigner",
    "KinesisSourceConfigOptions",
    "KinesisStreamsSink",
    "KinesisStreamsSinkBuilder",
    "KinesisStreamsSource",
    "KinesisStreamsSourceBuilder",
    "PartitionKeyGenerator",
    "RecordPosition",
    "ShardAssignerContext",
    "ShardToAssign",
    "SinkConfigOptions",
    "register_credentials_provider",
]

__getattr__ = module_getattr(__name__)
