"""Ours from Python: Kinesis to Kinesis through `map(lambda s: s)`, 4 PutRecords in flight, a random key a record."""

import sys

from pyflink.common import Configuration, SimpleStringSchema, Types, WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.kinesis import KinesisStreamsSink, KinesisStreamsSource, PartitionKeyGenerator

endpoint = sys.argv[1]
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
config = Configuration()
config.set_string("source.init.position", "TRIM_HORIZON")
config.set_string("aws.endpoint", endpoint)
source = (
    KinesisStreamsSource.builder()
    .set_stream_arn("arn:aws:kinesis:us-east-1:000000000000:stream/bench")
    .set_source_config(config)
    .set_deserialization_schema(SimpleStringSchema())
    .build()
)
sink = (
    KinesisStreamsSink.builder()
    .set_stream_name("bench")
    .set_kinesis_client_properties({"aws.region": "us-east-1", "aws.endpoint": endpoint})
    .set_serialization_schema(SimpleStringSchema())
    .set_partition_key_generator(PartitionKeyGenerator.random())
    .set_max_in_flight_requests(4)
    .build()
)
stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "bench", type_info=Types.STRING())
stream.map(lambda s: s, output_type=Types.STRING()).sink_to(sink)
env.execute("python map")
