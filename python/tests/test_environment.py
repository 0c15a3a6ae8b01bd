"""What a program says, and the graph that comes of it. No engine is started here."""

from __future__ import annotations

import base64
import enum
import json
import pickle
import sys
import threading
from typing import NamedTuple

import pytest

from shardline import _operator_pickle
from shardline.common import (
    ByteArraySchema,
    Configuration,
    Duration,
    SimpleStringSchema,
    Types,
    WatermarkStrategy,
)
from shardline.common.watermark_strategy import TimestampAssigner
from shardline.datastream import (
    CheckpointingMode,
    ExternalizedCheckpointRetention,
    KeyedProcessFunction,
    MapFunction,
    ProcessFunction,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
    _graph,
)
from shardline.datastream.connectors import Source
from shardline.datastream.connectors._partition_keys import PartitionKeyFunction
from shardline.datastream.connectors.kinesis import (
    KinesisFirehoseSink,
    KinesisShardAssigner,
    KinesisStreamsSink,
    KinesisStreamsSource,
    PartitionKeyGenerator,
    SinkConfigOptions,
)
from shardline.errors import ConfigurationError, FlinkCompatibilityWarning, IllegalStateException

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/input"
STRING = Types.STRING()


@pytest.fixture
def env():
    return StreamExecutionEnvironment()


def graph(env, name="job"):
    """What would be submitted, with functions in place of their pickles."""
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


def without_pickles(built):
    for transformation in built["transformations"]:
        if transformation["kind"] == "function":
            transformation["function"]["pickle"] = "PICKLE"
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


# ---- the graph


def test_the_graph_of_a_typical_script(env):
    env.set_parallelism(2)
    env.enable_checkpointing(1000)
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5))
    built_source = source(source_init_position="TRIM_HORIZON", aws_endpoint="http://localhost:4567")
    stream = env.from_source(built_source, strategy, "flights", type_info=STRING).uid("in")
    stream = stream.map(str.upper, output_type=STRING).name("Upper").set_parallelism(1)
    stream.filter(bool).rebalance().sink_to(
        KinesisStreamsSink.builder()
        .set_stream_name("output")
        .set_kinesis_client_properties({"aws.region": "us-east-1", "aws.trust.all.certificates": True})
        .set_serialization_schema(SimpleStringSchema())
        .set_partition_key_generator(PartitionKeyGenerator.random())
        .set_max_in_flight_requests(1)
        .set_fail_on_error(True)
        .build()
    ).name("out").uid("out")

    assert without_pickles(graph(env, "delayed flights")) == {
        "version": 1,
        "name": "delayed flights",
        "configuration": {
            "parallelism.default": "2",
            "execution.checkpointing.interval": "1000 ms",
            "execution.checkpointing.mode": "EXACTLY_ONCE",
        },
        "parallelism": 2,
        "maxParallelism": None,
        "transformations": [
            {
                "id": 1,
                "uid": "in",
                "name": "flights",
                "parallelism": None,
                "maxParallelism": None,
                "kind": "source",
                "source": {
                    "type": "kinesis-streams",
                    "streamArn": ARN,
                    "streamName": None,
                    "configuration": {
                        "source.init.position": "TRIM_HORIZON",
                        "aws.endpoint": "http://localhost:4567",
                    },
                    "deserializationSchema": {"type": "simple-string", "charset": "UTF-8"},
                    "deadLetters": None,
                    "shardAssigner": {"type": "uniform"},
                    "preserveShardOrder": True,
                },
                "output": "text",
                "watermarkStrategy": {
                    "type": "bounded-out-of-orderness",
                    "maxOutOfOrdernessMs": 5000,
                    "idlenessMs": None,
                    "timestampAssigner": None,
                    "alignment": None,
                },
            },
            {
                "id": 2,
                "uid": None,
                "name": "Upper",
                "parallelism": 1,
                "maxParallelism": None,
                "kind": "function",
                "inputs": [{"from": 1, "partitioning": None}],
                "operation": "map",
                "function": {"type": "python", "pickle": "PICKLE", "mode": "thread"},
                "output": "text",
                "deserializesFor": None,
            },
            {
                "id": 3,
                "uid": None,
                "name": "Filter",
                "parallelism": None,
                "maxParallelism": None,
                "kind": "function",
                "inputs": [{"from": 2, "partitioning": None}],
                "operation": "filter",
                "function": {"type": "python", "pickle": "PICKLE", "mode": "thread"},
                "output": "text",
                "deserializesFor": None,
            },
            {
                "id": 4,
                "uid": "out",
                "name": "out",
                "parallelism": None,
                "maxParallelism": None,
                "kind": "sink",
                "inputs": [{"from": 3, "partitioning": "rebalance"}],
                "sink": {
                    "type": "kinesis-streams",
                    "streamArn": None,
                    "streamName": "output",
                    "configuration": {"aws.region": "us-east-1", "aws.trust.all.certificates": "true"},
                    "serializationSchema": {"type": "simple-string", "charset": "UTF-8"},
                    "partitionKeyGenerator": {"type": "random"},
                    "deadLetters": None,
                    "failOnError": True,
                    "maxBatchSize": 500,
                    "maxInFlightRequests": 1,
                    "maxBufferedRequests": 10000,
                    "maxBatchSizeInBytes": 5242880,
                    "maxTimeInBufferMs": 5000,
                    "maxRecordSizeInBytes": 1048576,
                },
            },
        ],
    }


def test_a_stream_that_nobody_reads_ends_in_a_sink_that_discards(env):
    env.from_collection([1]).map(str).set_parallelism(3)
    discard = graph(env)["transformations"][-1]
    assert (discard["kind"], discard["sink"], discard["parallelism"]) == ("sink", {"type": "discard"}, 3)
    assert discard["inputs"] == [{"from": 2, "partitioning": None}]
    assert discard["id"] == 3


def test_print_is_a_function_of_the_driver_that_ends_in_discard(env):
    env.from_collection(["a"], STRING).print("id").name("printer")
    printed, discard = graph(env)["transformations"][1:]
    assert (printed["operation"], printed["function"]["mode"], printed["output"]) == ("print", "driver", "pickle")
    assert printed["name"] == "printer"
    assert tuple(_operator_pickle.load(printed["function"]["pickle"])) == ("id", STRING, None)
    assert discard["sink"] == {"type": "discard"}


@pytest.mark.parametrize("mode", ["thread", "process", "PROCESS"])
def test_functions_run_where_the_configuration_says(env, mode):
    env.from_collection(["a"], STRING).map(str).print()
    env.configure(Configuration.from_dict({"python.execution-mode": mode}))
    modes = [t["function"]["mode"] for t in graph(env)["transformations"] if t["kind"] == "function"]
    assert modes == [mode.lower(), "driver"]


def test_an_unknown_execution_mode_fails_before_anything_runs(env):
    env.from_collection([1]).map(str)
    env.configure(Configuration.from_dict({"python.execution-mode": "fiber"}))
    with pytest.raises(ConfigurationError, match=r"python\.execution-mode must be 'thread' or 'process', not 'fiber'"):
        graph(env)


def test_a_program_without_operators_is_an_error(env):
    with pytest.raises(IllegalStateException, match=r"No operators defined in streaming topology\. Cannot execute\."):
        env.execute()
    env.from_collection([1])
    with pytest.raises(IllegalStateException, match="No operators defined"):
        env.execute()


def test_a_source_that_nobody_reads_is_left_out(env):
    env.from_collection([1])
    env.from_collection([2]).map(str)
    assert [t["kind"] for t in graph(env)["transformations"]] == ["source", "function", "sink"]


def test_collections_travel_by_their_type(env):
    values = [
        env.from_collection(["a\ud800"], STRING),
        env.from_collection([b"\0\xff"], Types.PRIMITIVE_ARRAY(Types.BYTE())),
        env.from_collection([{"a": 1}]),
        env.from_collection([43878], Types.SHORT()),
    ]
    specs = [stream._transformation.body["source"]["values"][0] for stream in values]
    assert specs[:2] == ["a?", "AP8="]
    assert [pickle.loads(base64.b64decode(spec)) for spec in specs[2:]] == [{"a": 1}, -21658]
    assert [stream._transformation.body["output"] for stream in values] == ["text", "bytes", "pickle", "pickle"]
    assert {stream._transformation.parallelism for stream in values} == {1}
    assert values[0].get_name() == "Collection Source"


def test_a_list_of_types_is_a_row_type(env):
    stream = env.from_collection([(1, "a")], [Types.INT(), STRING])
    assert stream.get_type() == Types.ROW([Types.INT(), STRING])
    assert stream.map(lambda row: row, [Types.INT(), STRING]).get_type() == Types.ROW([Types.INT(), STRING])


def test_a_collection_cannot_carry_none(env):
    with pytest.raises(TypeError, match="cannot carry None"):
        env.from_collection([1, None])


# ---- functions


def test_a_function_that_cannot_be_pickled_fails_where_it_is_added(env):
    lock = threading.Lock()
    with pytest.raises(TypeError, match=r"cannot pickle '_thread\.lock' object"):
        env.from_collection([1]).map(lambda value: lock)


def test_a_function_cannot_take_the_environment_along(env):
    stream = env.from_collection([1])
    with pytest.raises(TypeError, match="cannot pickle 'StreamExecutionEnvironment' object"):
        stream.map(lambda value: env)
    with pytest.raises(TypeError, match="cannot pickle 'DataStream' object"):
        stream.map(lambda value: stream)


FACTOR = 2


def test_a_function_is_copied_as_it_is_when_it_is_added(env, monkeypatch):
    box = [1]
    stream = env.from_collection([1]).map(lambda value: value * box[0])
    box[0] = 5
    function = _operator_pickle.load(stream._transformation.body["function"]["pickle"]).function
    assert function(1) == 1


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("map", "The input must be a MapFunction or a callable function"),
        ("flat_map", "The input must be a FlatMapFunction or a callable function"),
        ("filter", "The input must be a FilterFunction or a callable function"),
    ],
)
def test_what_is_no_function_is_refused(env, method, message):
    with pytest.raises(TypeError, match=message):
        getattr(env.from_collection([1]), method)(5)


def test_an_output_type_is_not_a_python_class(env):
    with pytest.raises(TypeError, match=r"such as Types\.STRING\(\), not <class 'str'>"):
        env.from_collection([1]).map(str, output_type=str)


def test_types_of_streams(env):
    stream = env.from_collection([1])
    assert stream.get_type() == Types.PICKLED_BYTE_ARRAY()
    assert stream.map(str).get_type() == Types.PICKLED_BYTE_ARRAY()
    assert stream.map(str, STRING).filter(bool).get_type() == STRING


def test_the_type_of_a_filter_is_enforced_behind_it(env):
    stream = env.from_collection([1], Types.INT()).filter(bool)
    assert _operator_pickle.load(stream._transformation.body["function"]["pickle"]).type_info == Types.INT()


def test_setters_of_streams_return_the_stream(env):
    stream = env.from_collection([1]).map(str)
    for setter, argument in (
        ("name", "n"), ("uid", "u"), ("set_uid_hash", "0" * 32), ("set_parallelism", 2), ("set_max_parallelism", 64),
        ("set_buffer_timeout", 5), ("slot_sharing_group", "g"), ("set_description", "d"),
    ):  # fmt: skip
        assert getattr(stream, setter)(argument) is stream
    for setter in ("force_non_parallel", "start_new_chain", "disable_chaining"):
        assert getattr(stream, setter)() is stream
    spec = graph(env)["transformations"][1]
    assert (spec["name"], spec["uid"], spec["parallelism"], spec["maxParallelism"]) == ("n", "u", 1, 1)
    assert stream.get_execution_environment() is env
    assert stream.get_execution_config() == env.get_config()


def test_a_uid_names_one_operator(env):
    stream = env.from_collection([1]).uid("u")
    assert stream.uid("u") is stream
    with pytest.raises(ValueError, match="'u' is already the one of operator 'Collection Source'"):
        stream.map(str).uid("u")


# ---- sources and sinks


def test_a_string_sink_needs_a_stream_of_strings(env):
    with pytest.raises(TypeError, match=r"output_type=Types\.STRING\(\)") as raised:
        read(env).map(str).sink_to(sink())
    assert "PickledByteArrayTypeInfo" in str(raised.value)
    read(env).map(str, STRING).filter(bool).sink_to(sink())


def test_a_bytes_sink_needs_a_stream_of_bytes(env):
    with pytest.raises(TypeError, match=r"output_type=Types\.PRIMITIVE_ARRAY\(Types\.BYTE\(\)\)"):
        read(env).sink_to(sink(ByteArraySchema()))
    read(env).map(str.encode, Types.PRIMITIVE_ARRAY(Types.BYTE())).sink_to(sink(ByteArraySchema()))


def keyed_sink(function):
    builder = KinesisStreamsSink.builder().set_stream_name("output").set_serialization_schema(SimpleStringSchema())
    return builder.set_partition_key_generator(function).build()


def test_a_function_of_the_value_is_a_key_by_before_the_sink(env):
    read(env).map(str.upper, STRING).rebalance().sink_to(keyed_sink(lambda v: (v[0], 7))).set_parallelism(3)
    _, mapped, key_by, sink = graph(env)["transformations"]
    assert (key_by["operation"], key_by["output"], key_by["name"]) == ("key_by", "text", "Partition Key")
    assert key_by["inputs"] == [{"from": mapped["id"], "partitioning": None}]
    assert sink["inputs"] == [{"from": key_by["id"], "partitioning": "rebalance"}]
    assert (key_by["parallelism"], sink["parallelism"]) == (None, 3)
    assert sink["sink"]["partitionKeyGenerator"] == {"type": "key_by"}
    function = _operator_pickle.load(key_by["function"]["pickle"]).function
    assert function("xyz") == ("x", 7)
    assert function(None) is None


def test_keys_are_of_classes_that_the_engine_reads(env):
    class Table(str, enum.Enum):
        FIRST = "first"

    class Key(NamedTuple):
        key: str
        hash_key: int

    class Hash(enum.IntEnum):
        ZERO = 0

    for given, expected in [
        (Table.FIRST, "first"), (Key("k", 5), ("k", 5)), ((Table.FIRST, Hash.ZERO), ("first", 0)),
        (None, None), ((1, True), (1, True)), (["k"], ["k"]),
    ]:  # fmt: skip
        plain = PartitionKeyFunction(lambda value, given=given: given)("v")
        assert plain == expected
        assert type(plain) is type(expected)
        if isinstance(plain, tuple):
            assert list(map(type, plain)) == list(map(type, expected))


def test_each_stream_of_a_union_asks_for_its_keys(env):
    env.from_collection(["a"], STRING).union(read(env)).sink_to(keyed_sink(len))
    transformations = graph(env)["transformations"]
    keys = [t["id"] for t in transformations if t.get("operation") == "key_by"]
    assert len(keys) == 2
    assert [edge["from"] for edge in transformations[-1]["inputs"]] == keys


def test_a_keyed_stream_asks_for_keys_behind_its_edge(env):
    keyed = read(env).key_by(len)
    keyed.sink_to(keyed_sink(str)).set_parallelism(3)
    _, by_length, partition_key, sink = graph(env)["transformations"]
    assert partition_key["inputs"] == [{"from": by_length["id"], "partitioning": "hash"}]
    assert (partition_key["parallelism"], sink["parallelism"]) == (3, 3)
    assert sink["inputs"] == [{"from": partition_key["id"], "partitioning": None}]


def test_the_parallelism_of_a_sink_is_not_that_of_what_is_before(env):
    env.from_collection(["a"], STRING).key_by(len).map(str, STRING).sink_to(sink()).set_parallelism(3)
    assert [t["parallelism"] for t in graph(env)["transformations"]] == [1, None, None, 3]


def test_sink_to_takes_sinks_only(env):
    with pytest.raises(TypeError, match="takes a Sink such as KinesisStreamsSink"):
        read(env).sink_to("output")


def test_a_source_without_type_info_gets_its_schemas_and_a_warning(env):
    with pytest.warns(FlinkCompatibilityWarning, match="Flink fails"):
        stream = env.from_source(source(), WatermarkStrategy.no_watermarks(), "input")
    assert stream.get_type() == STRING
    with pytest.warns(FlinkCompatibilityWarning):
        stream = env.from_source(source(ByteArraySchema()), WatermarkStrategy.no_watermarks(), "input")
    assert stream.get_type() == Types.PRIMITIVE_ARRAY(Types.BYTE())


def test_a_type_info_that_contradicts_the_schema_is_refused(env):
    with pytest.raises(TypeError, match="makes String, and type_info says Integer"):
        env.from_source(source(), WatermarkStrategy.no_watermarks(), "input", Types.INT())


def test_a_timestamp_assigner_warns_that_flink_ignores_it_on_a_source(env):
    class Assigner(TimestampAssigner):
        def extract_timestamp(self, value, record_timestamp):
            return 0

    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Assigner())
    with pytest.warns(
        FlinkCompatibilityWarning, match="timestamp assigner is honoured here, and PyFlink .* ignores it"
    ):
        env.from_source(source(), strategy, "input", STRING)


def test_from_source_checks_what_it_is_given(env):
    with pytest.raises(TypeError, match="takes a Source such as KinesisStreamsSource, not str"):
        env.from_source("input", WatermarkStrategy.no_watermarks(), "input")
    with pytest.raises(TypeError, match="takes a WatermarkStrategy"):
        env.from_source(source(), None, "input")
    with pytest.raises(TypeError, match="Source is not a source that the engine knows"):
        env.from_source(Source(), WatermarkStrategy.no_watermarks(), "input")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b.set_stream_arn(""), "'' is not the ARN of a Kinesis stream"),
        (lambda b: b.set_stream_arn("input"), "'input' is not the ARN of a Kinesis stream"),
        (lambda b: b.set_stream_arn("arn:aws:kinesis:us-east-1:1:stream/a:b"), "is not the ARN of a Kinesis stream"),
        (
            lambda b: b.set_source_config(Configuration.from_dict({"source.init.position": "START"})),
            "source.init.position: 'START' is not one of LATEST, TRIM_HORIZON, AT_TIMESTAMP",
        ),
        (
            lambda b: b.set_source_config(Configuration.from_dict({"source.init.position": "AT_TIMESTAMP"})),
            "needs source.init.timestamp",
        ),
    ],
)
def test_a_source_is_checked_when_it_is_built(change, message):
    builder = KinesisStreamsSource.builder().set_stream_arn(ARN).set_deserialization_schema(SimpleStringSchema())
    with pytest.raises(ConfigurationError, match=message):
        change(builder).build()


def test_a_source_needs_a_schema():
    with pytest.raises(ConfigurationError, match="ARN must be set"):
        KinesisStreamsSource.builder().build()
    with pytest.raises(ConfigurationError, match="a schema must be set"):
        KinesisStreamsSource.builder().set_stream_arn(ARN).build()
    with pytest.raises(TypeError, match="takes a DeserializationSchema"):
        KinesisStreamsSource.builder().set_deserialization_schema(STRING)


def test_the_configuration_of_a_source_is_copied():
    config = Configuration()
    built = (
        KinesisStreamsSource.builder()
        .set_stream_arn(ARN)
        .set_source_config(config)
        .set_deserialization_schema(SimpleStringSchema())
        .build()
    )
    config.set_string("aws.endpoint", "elsewhere")
    assert built._spec()["configuration"] == {}


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


def test_options_of_a_sink_lie_beside_its_clients():
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


# ---- settings


def test_settings_of_the_environment_become_configuration(env, tmp_path):
    assert env.set_parallelism(3).set_max_parallelism(64).set_runtime_mode(RuntimeExecutionMode.STREAMING) is env
    env.enable_checkpointing(5000, CheckpointingMode.AT_LEAST_ONCE)
    env.add_jars("file:///nowhere/a.jar", "file:///nowhere/b.jar")
    env.add_jars("file:///nowhere/c.jar")
    env.add_classpaths("file:///nowhere")
    env.set_python_requirements("requirements.txt", "cache")
    env.add_python_archive("data.zip", "data")
    env.set_python_executable("python3")
    assert env._configuration.to_dict() == {
        "parallelism.default": "3",
        "pipeline.max-parallelism": "64",
        "execution.runtime-mode": "STREAMING",
        "execution.checkpointing.interval": "5000 ms",
        "execution.checkpointing.mode": "AT_LEAST_ONCE",
        "pipeline.jars": "file:///nowhere/a.jar;file:///nowhere/b.jar;file:///nowhere/c.jar",
        "pipeline.classpaths": "file:///nowhere",
        "python.requirements": "requirements.txt#cache",
        "python.archives": "data.zip#data",
        "python.executable": "python3",
    }
    assert (env.get_parallelism(), env.get_max_parallelism()) == (3, 64)
    assert (env.get_checkpoint_interval(), env.get_checkpointing_mode()) == (5000, CheckpointingMode.AT_LEAST_ONCE)


def test_python_files_are_importable(env, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "folder").mkdir()
    (tmp_path / "module.py").write_text("")
    env.add_python_file(str(tmp_path / "folder"))
    env.add_python_file(str(tmp_path / "module.py"))
    assert sys.path[-2:] == [str(tmp_path / "folder"), str(tmp_path)]


def test_the_settings_of_checkpoints(env):
    config = env.get_checkpoint_config()
    assert not config.is_checkpointing_enabled()
    assert config.get_checkpoint_interval() == -1
    assert config.get_checkpointing_mode() is CheckpointingMode.EXACTLY_ONCE
    assert config.get_checkpoint_timeout() == 600_000
    assert config.get_min_pause_between_checkpoints() == 0
    assert config.get_max_concurrent_checkpoints() == 1
    assert config.get_tolerable_checkpoint_failure_number() == 0
    assert config.is_fail_on_checkpointing_errors()
    assert not config.is_unaligned_checkpoints_enabled()
    assert not config.is_externalized_checkpoints_enabled()
    assert config.get_externalized_checkpoint_retention() is ExternalizedCheckpointRetention.NO_EXTERNALIZED_CHECKPOINTS
    assert config.get_alignment_timeout() == Duration.of_millis(0)

    retention = ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION
    config.set_checkpoint_interval(1000).set_checkpoint_timeout(2000).set_min_pause_between_checkpoints(3)
    config.set_max_concurrent_checkpoints(4).set_fail_on_checkpointing_errors(False)
    config.set_externalized_checkpoint_retention(retention).enable_unaligned_checkpoints()
    config.set_alignment_timeout(Duration.of_seconds(6)).set_force_unaligned_checkpoints()

    again = env.get_checkpoint_config()
    assert again.is_checkpointing_enabled()
    assert (again.get_checkpoint_interval(), again.get_checkpoint_timeout()) == (1000, 2000)
    assert (again.get_min_pause_between_checkpoints(), again.get_max_concurrent_checkpoints()) == (3, 4)
    assert not again.is_fail_on_checkpointing_errors()
    assert again.get_externalized_checkpoint_retention() is retention
    assert again.is_externalized_checkpoints_enabled()
    assert again.is_unaligned_checkpoints_enabled()
    assert again.is_force_unaligned_checkpoints()
    assert again.get_aligned_checkpoint_timeout() == Duration.of_seconds(6)
    assert not again.disable_unaligned_checkpoints().is_unaligned_checkpoints_enabled()


def test_checkpoints_can_be_set_by_configuration_alone(env):
    env.configure(
        Configuration.from_dict(
            {"execution.checkpointing.interval": "10 s", "execution.checkpointing.mode": "at-least-once"}
        )
    )
    assert env.get_checkpoint_interval() == 10_000
    assert env.get_checkpointing_mode() is CheckpointingMode.AT_LEAST_ONCE


@pytest.mark.parametrize("interval", [0, -1])
def test_a_checkpoint_interval_is_above_zero(env, interval):
    with pytest.raises(ValueError, match="checkpoint interval"):
        env.enable_checkpointing(interval)


def test_the_default_parallelism_is_the_number_of_cores(env, monkeypatch):
    import os

    assert env.get_parallelism() == os.cpu_count()
    monkeypatch.setattr(StreamExecutionEnvironment, "_default_local_parallelism", None)
    env.set_default_local_parallelism(7)
    assert env.get_parallelism() == env.get_default_local_parallelism() == 7


def test_functions_may_be_classes_with_state_of_their_own(env):
    class Counter(MapFunction):
        def __init__(self):
            self.count = 0

        def map(self, value):
            self.count += 1
            return self.count

    counter = Counter()
    stream = env.from_collection(["a"]).map(counter)
    copy = _operator_pickle.load(stream._transformation.body["function"]["pickle"]).function
    assert copy.map("a") == 1
    assert counter.count == 0


# ---- event time, keyed streams


class Seconds(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return int(value) * 1000


def test_assigning_timestamps_is_an_operator_with_the_assigner_in_it(env):
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Seconds())
    timed = env.from_collection(["1"], STRING).assign_timestamps_and_watermarks(strategy)
    assert timed.get_type() == STRING
    timed.print()
    assigned = graph(env)["transformations"][1]
    assert (assigned["kind"], assigned["output"]) == ("watermarks", "text")
    assigner = assigned["watermarkStrategy"]["timestampAssigner"]
    assert (assigner["type"], assigner["mode"]) == ("python", "thread")
    assert _operator_pickle.load(assigner["pickle"]).function.extract_timestamp("2", 0) == 2000


def test_key_by_is_an_operator_whose_edges_go_by_key(env):
    env.from_collection(["a"], STRING).key_by(lambda v: v[0], STRING).map(len).print()
    key_by, mapped = graph(env)["transformations"][1:3]
    assert (key_by["operation"], key_by["output"], key_by["parallelism"]) == ("key_by", "text", None)
    assert _operator_pickle.load(key_by["function"]["pickle"]).extra == STRING
    assert (mapped["operation"], mapped["inputs"]) == ("process", [{"from": 2, "partitioning": "hash"}])
    assert _operator_pickle.load(mapped["function"]["pickle"]).extra == "map"


def test_a_keyed_stream_that_nobody_reads_is_discarded_by_key(env):
    env.from_collection(["a"], STRING).key_by(len)
    assert graph(env)["transformations"][-1]["inputs"] == [{"from": 2, "partitioning": "hash"}]


def test_a_keyed_stream_can_be_keyed_anew(env):
    stream = env.from_collection(["a"], STRING)
    stream.key_by(len).key_by(str.upper).print()
    again = graph(env)["transformations"][2]
    assert (again["operation"], again["inputs"]) == ("key_by", [{"from": 1, "partitioning": None}])


class Keyed(KeyedProcessFunction):
    def process_element(self, value, ctx):
        return []


class Plain(ProcessFunction):
    def process_element(self, value, ctx):
        return []


def test_what_processes_a_stream_must_fit_it(env):
    stream = env.from_collection(["a"], STRING)
    keyed = stream.key_by(len)
    with pytest.raises(TypeError, match="KeyedProcessFunction is required for KeyedStream"):
        keyed.process(Plain())
    with pytest.raises(TypeError, match="needs a keyed stream: call key_by"):
        stream.process(Keyed())
    with pytest.raises(TypeError, match="takes a ProcessFunction, not function"):
        stream.process(lambda value: value)
    with pytest.raises(TypeError, match="type of KeySelector or a callable"):
        stream.key_by("name")
    with pytest.raises(TypeError, match="takes a WatermarkStrategy, not function"):
        stream.assign_timestamps_and_watermarks(lambda value: 0)
    with pytest.raises(TypeError, match="must be a ReduceFunction or a callable"):
        keyed.reduce(17)


@pytest.mark.parametrize(
    ("setter", "arguments"),
    [("name", ["n"]), ("uid", ["u"]), ("set_parallelism", [1]), ("disable_chaining", []), ("get_name", [])],
)
def test_setters_are_not_for_keyed_streams(env, setter, arguments):
    keyed = env.from_collection(["a"], STRING).key_by(len)
    with pytest.raises(Exception, match="for KeyedStream is not supported"):
        getattr(keyed, setter)(*arguments)
    with pytest.raises(Exception, match="Cannot override partitioning for KeyedStream"):
        keyed.rebalance()
