"""The builders of KinesisStreamsSink and KinesisFirehoseSink."""

from __future__ import annotations

import pytest
from programs import ARN, STRING, graph, read

from shardline.common import (
    Configuration,
    SimpleStringSchema,
)
from shardline.datastream.connectors.kinesis import (
    KinesisFirehoseSink,
    KinesisStreamsSink,
    PartitionKeyGenerator,
    SinkConfigOptions,
)
from shardline.errors import ConfigurationError


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b.set_stream_name(None), "stream name must not be null when initializing the KDS Sink"),
        (lambda b: b.set_stream_name(""), "stream name must be set when initializing the KDS Sink"),
        (lambda b: b.set_stream_name(["a", "b"]), "writes to one stream"),
        (lambda b: b.set_stream_name(ARN), "takes a name, and this is an ARN: .* Call set_stream_arn"),
        (lambda b: b.set_stream_arn("output"), "'output' is not the ARN of a Kinesis stream"),
        (lambda b: b.set_max_batch_size(0), "max_batch_size must be an integer of at least 1"),
        (lambda b: b.set_max_in_flight_requests(True), "max_in_flight_requests must be an integer of at least 1"),
        (lambda b: b.set_max_time_in_buffer_ms(0.5), "max_time_in_buffer_ms must be an integer of at least 1"),
        (lambda b: b.set_fail_on_error("false"), "fail_on_error must be True or False, not 'false'"),
        (lambda b: b.set_max_buffered_requests(500), "should be strictly greater than .* is 500, max_batch_size 500"),
        (lambda b: b.set_max_batch_size_in_bytes(1000), "must be greater than or equal to .* is 1000, .* 1048576"),
        (lambda b: b.set_max_batch_size(501), "over the service's 500 records a request"),
        (lambda b: b.set_max_batch_size_in_bytes(10 * 1024**2 + 1), "over the service's 10485760 bytes a request"),
        (lambda b: b.set_max_record_size_in_bytes(10 * 1024**2 + 1), "over the service's 10485760 bytes a record"),
        (lambda b: b.set_sink_config(Configuration().set_string("sink.ordering", "SOME")), "not one of NONE"),
    ],
)
def test_a_sink_is_checked_when_it_is_built(change, message):
    builder = KinesisStreamsSink.builder().set_stream_name("output").set_serialization_schema(SimpleStringSchema())
    with pytest.raises(ConfigurationError, match=message):
        change(builder.set_partition_key_generator(PartitionKeyGenerator.fixed())).build()


def test_a_sink_needs_a_schema_and_a_partition_key_generator():
    builder = KinesisStreamsSink.builder().set_stream_name(["output"])
    with pytest.raises(ConfigurationError, match=r"No SerializationSchema was .* Call set_serialization_schema\(\)"):
        builder.build()
    with pytest.raises(ConfigurationError, match=r"No PartitionKeyGenerator .* Call set_partition_key_generator\(\)"):
        builder.set_serialization_schema(SimpleStringSchema()).build()
    with pytest.raises(TypeError, match="or a callable of the value, not 'key'"):
        builder.set_partition_key_generator("key")
    with pytest.raises(TypeError, match="takes a SerializationSchema such as"):
        builder.set_serialization_schema(STRING)


def test_an_arn_wins_over_a_name():
    builder = KinesisStreamsSink.builder().set_stream_name("output").set_serialization_schema(SimpleStringSchema())
    spec = builder.set_partition_key_generator(PartitionKeyGenerator.fixed()).set_stream_arn(ARN).build()._spec()
    assert (spec["streamArn"], spec["streamName"]) == (ARN, None)


def firehose():
    builder = KinesisFirehoseSink.builder().set_delivery_stream_name("flights")
    return builder.set_serialization_schema(SimpleStringSchema())


def test_a_firehose_sink_has_flinks_defaults():
    assert firehose().set_firehose_client_properties({"aws.region": "eu-west-1"}).build()._spec() == {
        "type": "kinesis-firehose",
        "deliveryStreamName": "flights",
        "configuration": {"aws.region": "eu-west-1"},
        "serializationSchema": {"type": "simple-string", "charset": "UTF-8"},
        "deadLetters": None,
        "failOnError": False,
        "maxBatchSize": 500,
        "maxInFlightRequests": 50,
        "maxBufferedRequests": 10000,
        "maxBatchSizeInBytes": 4 * 1024 * 1024,
        "maxTimeInBufferMs": 5000,
        "maxRecordSizeInBytes": 1000 * 1024,
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b.set_delivery_stream_name(None), "delivery stream name must not be null when initializing the KDF"),
        (lambda b: b.set_delivery_stream_name(""), "delivery stream name must be set when initializing the KDF Sink"),
        (lambda b: b.set_max_in_flight_requests(0), "KinesisFirehoseSink: max_in_flight_requests must be an integer"),
        (lambda b: b.set_max_batch_size(501), "KinesisFirehoseSink: .* over the service's 500 records a request"),
        (lambda b: b.set_max_batch_size_in_bytes(4 * 1024**2 + 1), "over the service's 4194304 bytes a request"),
        (lambda b: b.set_max_record_size_in_bytes(1024**2), "over the service's 1024000 bytes a record"),
        (lambda b: b.set_sink_config(Configuration().set(SinkConfigOptions.ORDERING, "PARTITION_KEY")), "have keys"),
        (lambda b: b.set_sink_config(Configuration().set(SinkConfigOptions.AGGREGATION_ENABLED, True)), "have keys"),
    ],
)
def test_a_firehose_sink_is_checked_when_it_is_built(change, message):
    with pytest.raises(ConfigurationError, match=message):
        change(firehose()).build()
    with pytest.raises(ConfigurationError, match="No SerializationSchema was supplied to the KinesisFirehoseSink"):
        KinesisFirehoseSink.builder().set_delivery_stream_name("flights").build()


def test_a_firehose_sink_ends_a_stream_of_its_type(env):
    with pytest.raises(TypeError, match=r"output_type=Types\.STRING\(\)"):
        env.from_collection([1]).sink_to(firehose().build())
    read(env).sink_to(firehose().build()).name("delivery").uid("delivery")
    assert graph(env)["transformations"][-1]["sink"]["type"] == "kinesis-firehose"


def test_options_of_a_sink_are_in_one_configuration_with_its_clients():
    config = Configuration().set(SinkConfigOptions.ORDERING, "PARTITION_KEY")
    builder = KinesisStreamsSink.builder().set_stream_arn(ARN).set_serialization_schema(SimpleStringSchema())
    builder.set_partition_key_generator(PartitionKeyGenerator.fixed())
    builder.set_sink_config(config).set_kinesis_client_properties({"aws.endpoint": "http://127.0.0.1:4567"})
    config.set(SinkConfigOptions.ORDERING, "NONE")
    built = builder.set_max_record_size_in_bytes(10 * 1024**2).set_max_batch_size_in_bytes(10 * 1024**2).build()
    assert built._spec()["configuration"] == {
        "aws.endpoint": "http://127.0.0.1:4567",
        "sink.ordering": "PARTITION_KEY",
    }
    with pytest.raises(TypeError, match=r"set_sink_config\(\) takes a Configuration, not dict"):
        builder.set_sink_config({})
