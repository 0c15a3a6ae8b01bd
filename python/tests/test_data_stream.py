"""Streams: their functions, types, settings and sinks."""

from __future__ import annotations

import threading

import pytest
from programs import STRING, graph, read, sink

from shardline import _operator_pickle
from shardline.common import (
    ByteArraySchema,
    Types,
    WatermarkStrategy,
)
from shardline.common.watermark_strategy import TimestampAssigner
from shardline.datastream import (
    MapFunction,
)


def test_a_function_that_cannot_be_pickled_fails_where_it_is_added(env):
    lock = threading.Lock()
    with pytest.raises(TypeError, match=r"cannot pickle '_thread\.lock' object"):
        env.from_collection([1]).map(lambda value: lock)


def test_a_function_must_not_use_the_environment(env):
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
def test_an_object_that_is_no_function_is_refused(env, method, message):
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
    with pytest.raises(ValueError, match="'u' is already that of operator 'Collection Source'"):
        stream.map(str).uid("u")


def test_a_string_sink_needs_a_stream_of_strings(env):
    with pytest.raises(TypeError, match=r"output_type=Types\.STRING\(\)") as raised:
        read(env).map(str).sink_to(sink())
    assert "PickledByteArrayTypeInfo" in str(raised.value)
    read(env).map(str, STRING).filter(bool).sink_to(sink())


def test_a_bytes_sink_needs_a_stream_of_bytes(env):
    with pytest.raises(TypeError, match=r"output_type=Types\.PRIMITIVE_ARRAY\(Types\.BYTE\(\)\)"):
        read(env).sink_to(sink(ByteArraySchema()))
    read(env).map(str.encode, Types.PRIMITIVE_ARRAY(Types.BYTE())).sink_to(sink(ByteArraySchema()))


def test_sink_to_takes_sinks_only(env):
    with pytest.raises(TypeError, match="takes a Sink such as KinesisStreamsSink"):
        read(env).sink_to("output")


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
