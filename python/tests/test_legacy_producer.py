"""FlinkKinesisProducer, whose constructor shows the lines of the same KinesisStreamsSink."""

from __future__ import annotations

import pytest

from shardline import _alias
from shardline.common import ByteArraySchema, Configuration, SimpleStringSchema
from shardline.datastream import connectors
from shardline.datastream.connectors import kinesis
from shardline.datastream.connectors.kinesis import FlinkKinesisProducer
from shardline.errors import UnsupportedError


def said(*args, **kwargs):
    with pytest.raises(UnsupportedError) as raised:
        FlinkKinesisProducer(*args, **kwargs)
    return str(raised.value)


def built(message):
    """Returns the sink that the lines of the message make."""
    code = message.split("\n\n", 1)[1].rsplit("\n\n", 1)[0]
    scope = {}
    exec(code, scope)
    return scope["sink"]._spec()


def test_it_is_where_scripts_import_it_from_and_is_no_more_than_a_message():
    assert connectors.FlinkKinesisProducer is FlinkKinesisProducer
    assert "FlinkKinesisProducer" in kinesis.__all__
    with pytest.raises(NotImplementedError, match=r"KinesisStreamsSink\.builder\(\)"):
        FlinkKinesisProducer()


def test_its_properties_become_the_builders():
    properties = {
        "aws.region": "eu-west-1",
        "aws.endpoint": "http://127.0.0.1:4567",
        "AggregationMaxCount": 100,
        "AggregationMaxSize": "20000",
        "CollectionMaxCount": "250",
        "CollectionMaxSize": 2 * 1024 * 1024,
        "RecordMaxBufferedTime": 200,
        "RequestTimeout": "6000",
        "MaxConnections": "24",
        "VerifyCertificate": "false",
    }
    spec = built(said(SimpleStringSchema(), properties))
    assert spec["configuration"] == {
        "aws.region": "eu-west-1",
        "aws.endpoint": "http://127.0.0.1:4567",
        "aws.http-client.max-concurrency": "24",
        "aws.trust.all.certificates": "true",
        "sink.aggregation.enabled": "true",
        "sink.aggregation.max-count": "100",
        "sink.aggregation.max-size": "20000",
        "sink.aggregation.max-buffered-time": "200 ms",
        "sink.request.timeout": "6000 ms",
    }
    assert (spec["maxBatchSize"], spec["maxBatchSizeInBytes"], spec["maxTimeInBufferMs"]) == (250, 2 * 1024 * 1024, 200)
    assert spec["partitionKeyGenerator"] == {"type": "random"}


def test_what_the_library_does_by_default_is_said():
    spec = built(said(SimpleStringSchema(), {"aws.region": "eu-west-1"}))
    assert spec["configuration"]["sink.aggregation.enabled"] == "true"
    assert spec["maxTimeInBufferMs"] == 100
    off = built(said({"aws.region": "eu-west-1", "AggregationEnabled": "false", "AggregationMaxCount": "5"}))
    assert off["configuration"] == {"aws.region": "eu-west-1"}


def test_a_schema_a_stream_and_a_configuration_are_found_wherever_they_are():
    message = said(
        producer_config=Configuration().set_string("aws.region", "eu-west-1"), schema=ByteArraySchema(), stream="orders"
    )
    spec = built(message)
    assert (spec["streamName"], spec["serializationSchema"]) == ("orders", {"type": "byte-array"})
    assert built(said(None, {"aws.region": "eu-west-1"}))["serializationSchema"]["type"] == "simple-string"


def test_no_secret_is_shown():
    prefix = "aws.credentials.provider"
    properties = {
        "aws.region": "eu-west-1",
        f"{prefix}": "ASSUME_ROLE",
        f"{prefix}.role.arn": "arn:aws:iam::123456789012:role/writer",
        f"{prefix}.basic.accesskeyid": "AKIASECRET",
        f"{prefix}.basic.secretkey": "very secret",
        f"{prefix}.role.provider.basic.secretkey": "very secret, too",
        "ProxyPassword": "very secret, three",
        "MyPassword": "very secret, four",
    }
    message = said(SimpleStringSchema(), properties)
    assert "very secret" not in message
    assert "AKIASECRET" not in message
    assert f"'{prefix}.basic.secretkey': '...'" in message
    assert built(message)["configuration"][f"{prefix}.role.arn"] == "arn:aws:iam::123456789012:role/writer"


def test_what_has_no_counterpart_is_a_comment_that_says_why():
    message = said({"aws.region": "eu-west-1", "RateLimit": "100", "ThreadingModel": "POOLED", "Nonsense": "1"})
    assert "# RateLimit has no counterpart: the sink adapts its rate to what the service refuses" in message
    assert "# ThreadingModel has no counterpart: there is no process of the library" in message
    assert "# Nonsense is not known" in message
    assert "# AggregationMaxCount: 'many' is not valid" in said({"AggregationMaxCount": "many"})
    assert "# aws.region is not among the properties" in said({})
    built(said({}))


def test_old_names_and_the_librarys_own_endpoint():
    properties = {"Region": "eu-west-1", "KinesisEndpoint": "localhost", "KinesisPort": "4567"}
    spec = built(said({**properties, "aws.producer.collectionMaxCount": "7"}))
    assert spec["configuration"]["aws.endpoint"] == "https://localhost:4567"
    assert spec["configuration"]["aws.region"] == "eu-west-1"
    assert spec["maxBatchSize"] == 7


def test_values_that_the_sink_would_not_take_are_brought_into_its_bounds():
    sizes = {"CollectionMaxCount": "9999", "CollectionMaxSize": "60000", "AggregationMaxCount": 2**60}
    spec = built(said({"aws.region": "eu-west-1", **sizes}))
    assert (spec["maxBatchSize"], spec["maxBatchSizeInBytes"]) == (500, 1024 * 1024)
    assert spec["configuration"]["sink.aggregation.max-count"] == str(2**32 - 1)


def test_the_lines_import_as_the_script_does(monkeypatch):
    assert "from shardline.common import" in said({})
    monkeypatch.setattr(_alias, "is_installed", lambda: True)
    assert "from pyflink.common import" in said({})
