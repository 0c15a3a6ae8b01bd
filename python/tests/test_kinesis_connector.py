"""Kinesis sources without an engine: shard assigners, constants of options, and Flink 1.x's consumer."""

from __future__ import annotations

import datetime
import json
import warnings
from pathlib import Path

import pytest
from programs import edge

from shardline import _compatibility
from shardline._bridge import requests
from shardline._bridge.rpc import UnknownMethodError
from shardline.common import Configuration, Duration, SimpleStringSchema, Types
from shardline.datastream import StreamExecutionEnvironment, _graph
from shardline.datastream.connectors import kinesis
from shardline.datastream.connectors.kinesis import (
    AWSConfigOptions,
    FlinkKinesisConsumer,
    KinesisShardAssigner,
    KinesisSourceConfigOptions,
    KinesisStreamsSource,
    SinkConfigOptions,
)
from shardline.errors import ConfigurationError

ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/flights"
LOCAL = {"aws.region": "eu-west-1", "aws.endpoint": "http://127.0.0.1:4567"}


def source(assigner=None):
    builder = KinesisStreamsSource.builder().set_stream_arn(ARN).set_deserialization_schema(SimpleStringSchema())
    if assigner is not None:
        builder.set_kinesis_shard_assigner(assigner)
    return builder.build()


@pytest.fixture(autouse=True)
def _quiet():
    _compatibility._said.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


# ---- shard assigners


def shards(*ids):
    return [
        {
            "streamArn": ARN,
            "shardId": f"shardId-{i:012}",
            "parentShardIds": [],
            "startingHashKey": "0",
            "endingHashKey": str(2**128 - 1),
        }
        for i in ids
    ]


def test_the_two_assigners_of_flink_are_the_engines():
    assert source()._spec()["shardAssigner"] == {"type": "uniform"}
    assert source(KinesisShardAssigner.uniform_shard_assigner())._spec()["shardAssigner"] == {"type": "uniform"}
    assert source(KinesisShardAssigner.default_shard_assigner())._spec()["shardAssigner"] == {"type": "default"}


def test_a_callable_assigns_and_sees_where_the_shards_before_went():
    seen = []

    class Least(KinesisShardAssigner):
        def assign(self, shard, context):
            counts = [len(shards) for shards in context.assigned]
            return counts.index(min(counts))

    def by_number(shard, context):
        seen.append(context.assigned)
        assert shard.ending_hash_key == 2**128 - 1
        return int(shard.shard_id[-1]) % context.parallelism

    for assigner, expected in [(Least(), [1, 0, 1]), (by_number, [1, 0, 1])]:
        spec = source(assigner)._spec()["shardAssigner"]
        assert spec["type"] == "python"
        params = {"pickle": spec["pickle"], "shards": shards(1, 2, 3), "parallelism": 2, "assigned": [["x"], []]}
        assert requests.answer("driver/assignShards", params) == {"subtasks": expected}


@pytest.mark.parametrize("answer", [2, -1, 1.0, True, None])
def test_an_answer_that_is_no_subtask_is_an_error_that_names_the_shard(answer):
    spec = source(lambda shard, context: answer)._spec()["shardAssigner"]
    params = {"pickle": spec["pickle"], "shards": shards(7), "parallelism": 2, "assigned": [[], []]}
    with pytest.raises(ValueError, match=r"shardId-000000000007; it must be an int from 0 to 1"):
        requests.answer("driver/assignShards", params)


def test_an_object_that_is_no_assigner_is_refused():
    with pytest.raises(TypeError, match="takes a KinesisShardAssigner or a callable"):
        source("uniform")
    with pytest.raises(UnknownMethodError):
        requests.answer("driver/unheardOf", {})


def test_preserve_shard_order_is_on_by_default():
    assert source()._spec()["preserveShardOrder"] is True
    builder = KinesisStreamsSource.builder().set_stream_arn(ARN).set_deserialization_schema(SimpleStringSchema())
    assert builder.set_preserve_shard_order(False).build()._spec()["preserveShardOrder"] is False
    with pytest.raises(ConfigurationError, match="preserve_shard_order must be True or False, not 'false'"):
        builder.set_preserve_shard_order("false")


# ---- options as constants


def test_the_constants_are_those_of_the_engines_table():
    table = json.loads((Path(__file__).parents[2] / "schemas" / "options.json").read_text())
    expected = {}
    for option in table["options"]:
        if option["constant"] is not None:
            expected[option["constant"]] = (option["key"], option["default"])
    actual = {
        f"{group.__name__}.{name}": (option._key, _text(option._default_value))
        for group in (AWSConfigOptions, KinesisSourceConfigOptions, SinkConfigOptions)
        for name, option in vars(group).items()
        if not name.startswith("_")
    }
    assert {name: key for name, (key, _) in actual.items()} == {name: key for name, (key, _) in expected.items()}
    assert actual == {name: (key, default and _text(_parsed(default))) for name, (key, default) in expected.items()}


def _parsed(text):
    return {"true": True, "false": False}.get(text, text)


def _text(value):
    if isinstance(value, float):
        return f"{value:g}"
    return None if value is None else str(value)


def test_options_are_set_by_their_constants():
    config = (
        Configuration()
        .set(KinesisSourceConfigOptions.READER_TYPE, "EFO")
        .set(KinesisSourceConfigOptions.SHARD_DISCOVERY_INTERVAL, Duration.of_seconds(3))
        .set(AWSConfigOptions.TRUST_ALL_CERTIFICATES_OPTION, True)
    )
    assert config.to_dict() == {
        "source.reader.type": "EFO",
        "source.shard.discovery.interval": "3000 ms",
        "aws.trust.all.certificates": "true",
    }
    with pytest.raises(TypeError, match="takes an option"):
        config.set("source.reader.type", "EFO")


# ---- FlinkKinesisConsumer


def configuration(properties, streams="flights"):
    return FlinkKinesisConsumer(streams, SimpleStringSchema(), {**LOCAL, **properties})._sources()[0]._spec()


def test_old_properties_become_those_of_the_source_that_stays():
    spec = configuration(
        {
            "flink.stream.initpos": "AT_TIMESTAMP",
            "flink.stream.initpos.timestamp": "31/01/2026",
            "flink.stream.initpos.timestamp.format": "dd/MM/yyyy",
            "flink.stream.recordpublisher": "EFO",
            "flink.stream.efo.consumername": "me",
            "flink.stream.efo.registration": "NONE",
            "flink.shard.discovery.intervalmillis": 500,
            "flink.shard.getrecords.maxrecordcount": "100",
            "flink.shard.getrecords.intervalmillis": "1000",
            "flink.shard.getrecords.maxretries": "3",
            "flink.shard.subscribetoshard.timeout": "30",
            "flink.shard.adaptivereads": "true",
            "aws.credentials.provider": "BASIC",
            "aws.credentials.provider.basic.accesskeyid": "a",
            "aws.credentials.provider.basic.secretkey": "s",
        }
    )
    assert (spec["streamArn"], spec["streamName"]) == (None, "flights")
    assert spec["shardAssigner"] == {"type": "default"}
    assert spec["configuration"] == {
        **LOCAL,
        "source.deaggregate": "true",
        "source.init.position": "AT_TIMESTAMP",
        "source.init.timestamp": "31/01/2026",
        "source.init.timestamp.format": "dd/MM/yyyy",
        "source.reader.type": "EFO",
        "source.efo.consumer.name": "me",
        "source.efo.lifecycle": "SELF_MANAGED",
        "source.shard.discovery.interval": "500 ms",
        "source.shard.get-records.max-record-count": "100",
        "source.reader.empty-records-fetch-interval": "1000 ms",
        "source.reader.nonempty-records-fetch-interval": "1000 ms",
        "retry-strategy.attempts.max": "4",
        "source.efo.subscription.timeout": "30 s",
        "aws.credentials.provider": "BASIC",
        "aws.credentials.provider.basic.accesskeyid": "a",
        "aws.credentials.provider.basic.secretkey": "s",
    }


def test_by_default_it_starts_at_the_latest_record_and_unpacks_aggregates():
    assert configuration({})["configuration"] == {**LOCAL, "source.deaggregate": "true"}


def test_a_consumer_arn_names_the_consumer():
    properties = {
        "flink.stream.recordpublisher": "EFO",
        "flink.stream.efo.registration": "NONE",
        "flink.stream.efo.consumerarn.flights": f"{ARN}/consumer/mine:1700000000",
    }
    assert configuration(properties)["configuration"]["source.efo.consumer.name"] == "mine"


def test_an_endpoint_alone_is_enough_and_neither_is_not(monkeypatch):
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    consumer = FlinkKinesisConsumer("flights", SimpleStringSchema(), {"aws.endpoint": "http://127.0.0.1:1"})
    assert consumer._configurations[0]["aws.region"] == "us-east-1"
    with pytest.raises(ConfigurationError, match=r"AWS region .* and/or AWS endpoint"):
        FlinkKinesisConsumer("flights", SimpleStringSchema(), {})


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"flink.stream.initpos": "EARLIEST"}, "source.init.position: 'EARLIEST' is not one of"),
        ({"flink.stream.initpos": "AT_TIMESTAMP"}, "needs source.init.timestamp"),
        ({"flink.shard.getrecords.maxretries": "many"}, "flink.shard.getrecords.maxretries: 'many' is not a number"),
        ({"flink.stream.efo.registration": "SOON"}, "is not one of LAZY, EAGER, NONE"),
    ],
)
def test_wrong_values_fail_at_the_call(properties, message):
    with pytest.raises(ConfigurationError, match=message):
        configuration(properties)


def test_wrong_arguments_fail_at_the_call():
    with pytest.raises(ConfigurationError, match="Number of streams must be at least 1"):
        FlinkKinesisConsumer([], SimpleStringSchema(), LOCAL)
    with pytest.raises(TypeError, match="takes a DeserializationSchema"):
        FlinkKinesisConsumer("flights", Types.STRING(), LOCAL)
    with pytest.raises(NotImplementedError, match="assign_timestamps_and_watermarks"):
        FlinkKinesisConsumer("flights", SimpleStringSchema(), LOCAL).set_periodic_watermark_assigner(object())


def test_warnings_show_the_new_form_without_secrets_and_each_key_without_effect():
    properties = {
        **LOCAL,
        "stream.initpos": "TRIM_HORIZON",
        "aws.credentials.provider.basic.accesskeyid": "AKIA",
        "aws.credentials.provider.basic.secretkey": "hush",
    }
    with pytest.warns() as caught:
        FlinkKinesisConsumer("flights", SimpleStringSchema(), properties)
    texts = [str(w.message) for w in caught]
    (deprecation,) = [str(w.message) for w in caught if w.category is DeprecationWarning]
    assert (
        "KinesisStreamsSource.builder().set_stream_arn('arn:aws:kinesis:eu-west-1:<account>:stream/flights')"
        in deprecation
    )
    assert "hush" not in "".join(texts)
    assert "AKIA" not in "".join(texts)
    assert any("'stream.initpos' is not known" in text and "'flink.stream.initpos'" in text for text in texts)


def test_several_streams_are_one_stream_with_a_state_each():
    env = StreamExecutionEnvironment()
    consumer = FlinkKinesisConsumer(streams=["a", "b"], deserializer=SimpleStringSchema(), config_props=LOCAL)
    stream = env.add_source(consumer, "both").uid("in").set_parallelism(2)
    stream.map(str.upper, output_type=Types.STRING()).print()
    graph = _graph.build("job", env._transformations, {}, 2, None)
    sources = [t for t in graph["transformations"] if t["kind"] == "source"]
    assert [(s["name"], s["uid"], s["parallelism"], s["source"]["streamName"]) for s in sources] == [
        ("both (a)", "in-a", 2, "a"),
        ("both (b)", "in-b", 2, "b"),
    ]
    mapped = next(t for t in graph["transformations"] if t["name"] == "Map")
    assert [edge["from"] for edge in mapped["inputs"]] == [s["id"] for s in sources]


def test_add_source_takes_the_consumer_only():
    with pytest.raises(TypeError, match="every other source goes to from_source"):
        StreamExecutionEnvironment().add_source(source())


def test_a_union_has_all_edges_and_wants_one_type():
    env = StreamExecutionEnvironment()
    a, b = (env.from_collection([x], Types.STRING()) for x in "ab")
    numbers = env.from_collection([1], Types.INT())
    a.union(b).rebalance().map(str.upper).print()
    mapped = next(t for t in env._transformations if t.name == "Map")
    assert [of.spec() for of in mapped.inputs] == [
        edge(a._transformation.id, "rebalance"),
        edge(b._transformation.id, "rebalance"),
    ]
    with pytest.raises(TypeError, match="this stream's type is"):
        a.union(numbers)
    with pytest.raises(TypeError, match="not keyed"):
        a.union(b.key_by(len))


def test_the_consumer_is_found_where_old_scripts_look():
    from shardline.datastream import connectors

    assert connectors.FlinkKinesisConsumer is kinesis.FlinkKinesisConsumer


# ---- credentials of the script


def credentials(name, configuration=None):
    return requests.answer("driver/credentials", {"name": name, "configuration": configuration or {}})


def test_a_registered_provider_is_asked_with_the_configuration():
    seen = []

    def provider(configuration):
        seen.append(configuration)
        expiry = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.timezone.utc)
        return kinesis.AwsCredentials("AKIA", "hush", "token", expiry)

    kinesis.register_credentials_provider("vault", provider)
    assert credentials("vault", {"vault.path": "x"}) == {
        "accessKeyId": "AKIA",
        "secretAccessKey": "hush",
        "sessionToken": "token",
        "expiration": 1769860800000,
    }
    assert seen == [{"vault.path": "x"}]
    assert "hush" not in repr(provider({}))


def test_what_boto3_has_and_what_can_be_imported_will_do(tmp_path, monkeypatch):
    (tmp_path / "vaulted.py").write_text(
        "from botocore.credentials import ReadOnlyCredentials\n"
        "def fetch(configuration):\n    return ReadOnlyCredentials('a', 's', None)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert credentials("vaulted:fetch") == {
        "accessKeyId": "a",
        "secretAccessKey": "s",
        "sessionToken": None,
        "expiration": None,
    }


def test_a_provider_that_is_not_there_or_answers_something_else_is_an_error():
    with pytest.raises(LookupError, match="no credentials provider is registered as 'nobody'"):
        credentials("nobody")
    kinesis.register_credentials_provider("wrong", lambda configuration: ("a", "s"))
    with pytest.raises(TypeError, match="'wrong' answered tuple, not AwsCredentials"):
        credentials("wrong")
    with pytest.raises(TypeError, match="is a callable"):
        kinesis.register_credentials_provider("text", "a")
