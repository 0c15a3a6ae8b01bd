"""The job graph of a program."""

from __future__ import annotations

import base64
import pickle

import pytest
from programs import ARN, STRING, edge, graph, source

from shardline import _operator_pickle
from shardline.common import (
    Configuration,
    Duration,
    SimpleStringSchema,
    Types,
    WatermarkStrategy,
)
from shardline.datastream.connectors.kinesis import (
    KinesisStreamsSink,
    PartitionKeyGenerator,
)
from shardline.errors import ConfigurationError, IllegalStateException


def without_pickles(built):
    for transformation in built["transformations"]:
        if "function" in transformation:
            transformation["function"]["pickle"] = "PICKLE"
    return built


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
        "version": 2,
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
                "inputs": [],
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
                "kind": "map",
                "inputs": [edge(1)],
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
                "kind": "filter",
                "inputs": [edge(2)],
                "function": {"type": "python", "pickle": "PICKLE", "mode": "thread"},
                "output": "text",
            },
            {
                "id": 4,
                "uid": "out",
                "name": "out",
                "parallelism": None,
                "maxParallelism": None,
                "kind": "sink",
                "inputs": [edge(3, "rebalance")],
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


def test_a_stream_without_readers_ends_in_a_sink_that_discards(env):
    env.from_collection([1]).map(str).set_parallelism(3)
    discard = graph(env)["transformations"][-1]
    assert (discard["kind"], discard["sink"], discard["parallelism"]) == ("sink", {"type": "discard"}, 3)
    assert discard["inputs"] == [edge(2)]
    assert discard["id"] == 3


def test_print_is_a_function_of_the_driver_that_ends_in_discard(env):
    env.from_collection(["a"], STRING).print("id").name("printer")
    printed, discard = graph(env)["transformations"][1:]
    assert (printed["kind"], printed["function"]["mode"], printed["output"]) == ("print", "driver", "pickle")
    assert printed["name"] == "printer"
    assert tuple(_operator_pickle.load(printed["function"]["pickle"])) == ("id", STRING, None)
    assert discard["sink"] == {"type": "discard"}


@pytest.mark.parametrize("mode", ["thread", "process", "PROCESS"])
def test_functions_run_where_the_configuration_says(env, mode):
    env.from_collection(["a"], STRING).map(str).print()
    env.configure(Configuration.from_dict({"python.execution-mode": mode}))
    modes = [t["function"]["mode"] for t in graph(env)["transformations"] if "function" in t]
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


def test_a_source_without_readers_is_left_out(env):
    env.from_collection([1])
    env.from_collection([2]).map(str)
    assert [t["kind"] for t in graph(env)["transformations"]] == ["source", "map", "sink"]


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
