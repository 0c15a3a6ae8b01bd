"""Keyed streams in the job graph."""

from __future__ import annotations

import pytest
from programs import STRING, edge, graph

from shardline import _operator_pickle
from shardline.common import Types
from shardline.datastream import (
    KeyedProcessFunction,
    ProcessFunction,
)

PAIR = Types.TUPLE([STRING, Types.INT()])


def test_key_by_is_an_operator_whose_edges_go_by_key(env):
    env.from_collection(["a"], STRING).key_by(lambda v: v[0], STRING).map(len).print()
    key_by, mapped = graph(env)["transformations"][1:3]
    assert (key_by["kind"], key_by["output"], key_by["parallelism"]) == ("key_by", "text", None)
    assert _operator_pickle.load(key_by["function"]["pickle"]).extra == STRING
    assert (mapped["kind"], mapped["inputs"]) == ("process", [edge(2, "hash")])
    assert _operator_pickle.load(mapped["function"]["pickle"]).extra == "map"


def test_a_keyed_stream_without_readers_is_discarded_by_key(env):
    env.from_collection(["a"], STRING).key_by(len)
    assert graph(env)["transformations"][-1]["inputs"] == [edge(2, "hash")]


def test_a_keyed_stream_can_be_keyed_anew(env):
    stream = env.from_collection(["a"], STRING)
    stream.key_by(len).key_by(str.upper).print()
    again = graph(env)["transformations"][2]
    assert (again["kind"], again["inputs"]) == ("key_by", [edge(1)])


@pytest.mark.parametrize("aggregate", ["sum", "min", "max", "min_by", "max_by"])
def test_an_aggregate_is_an_operator_with_the_position_of_the_field(env, aggregate):
    keyed = env.from_collection([("a", 1)], PAIR).key_by(lambda v: v[0])
    assert getattr(keyed, aggregate)(1).get_type() == PAIR
    added = graph(env)["transformations"][2]
    assert (added["kind"], added["name"], added["inputs"][0]["partitioner"]["type"]) == (aggregate, "Reduce", "hash")
    assert added["position"] == 1
    assert tuple(_operator_pickle.load(added["function"]["pickle"])) == (1, PAIR, None)


def test_the_position_of_a_field_is_an_int_or_a_str(env):
    keyed = env.from_collection([("a", 1)], PAIR).key_by(lambda v: v[0])
    with pytest.raises(TypeError) as raised:
        keyed.sum(1.5)
    assert str(raised.value) == (  # PyFlink's text
        "The field position must be of int or str type to locate the value to calculate for min, max, min_by, max_by "
        "and sum.The given type is: <class 'float'>"
    )


class Keyed(KeyedProcessFunction):
    def process_element(self, value, ctx):
        return []


class Plain(ProcessFunction):
    def process_element(self, value, ctx):
        return []


def test_the_function_of_a_stream_must_have_the_right_class(env):
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
